//! What a caller may see of hosts and clients: its account's, as far as its token's scope reaches.

use std::sync::Arc;

use ddns_core::{
    AccountNo, Action, Client, ClientKey, Domain, Fqdn, Host, HostScope, Identity, Kind, Refusal, Registry, Role,
    Scope, Token,
};

/// A registry through a caller's eyes.
pub(crate) struct Sight<'r> {
    registry: &'r Registry,
    identity: &'r Identity,
    scope: Option<&'r Scope>,
}

impl<'r> Sight<'r> {
    pub(crate) fn new(registry: &'r Registry, identity: &'r Identity) -> Sight<'r> {
        let token = identity.token.and_then(|id| registry.token(id));
        Sight { registry, identity, scope: token.map(|token| &token.scope) }
    }

    /// Whether the caller may read at all. A token that is gone in this snapshot may not.
    pub(crate) fn may_read(&self) -> bool {
        self.identity.token.is_none() || self.scope.is_some_and(|scope| scope.allows(Action::Read))
    }

    /// The account's hosts that the scope covers, in canonical order.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &'r Arc<Host>> {
        self.registry.hosts_of(self.identity.account).filter(|host| self.covers(&host.name))
    }

    /// A host, if it is there for this caller: a foreign one is not, except for operators.
    pub(crate) fn host(&self, name: &Fqdn) -> Option<&'r Arc<Host>> {
        let host = self.registry.host(name)?;
        (self.acts_for(host.owner) && self.covers(name)).then_some(host)
    }

    /// Whether a domain of its own account is there for the caller: to a token for some hosts, those that one of them is in.
    pub(crate) fn sees_domain(&self, domain: &Domain) -> bool {
        let own = domain.owner == Some(self.identity.account) && self.may_read();
        own && (self.is_for_all() || self.hosts().any(|host| host.domain == domain.number))
    }

    /// A client to read.
    ///
    /// # Errors
    /// Why the caller may not: keys are no secret, so a foreign one is told from one that is not there.
    pub(crate) fn client(&self, key: &ClientKey) -> Result<&'r Arc<Client>, Refusal> {
        let name = || key.to_string();
        let client = self.registry.client(key);
        let client = client.ok_or_else(|| Refusal::NotFound { kind: Kind::Client, name: name() })?;
        if !self.acts_for(client.owner) {
            return Err(Refusal::NotYours { kind: Kind::Client, name: name() });
        }
        if self.may_read() && self.reaches(client) { Ok(client) } else { Err(Refusal::OutOfScope) }
    }

    /// Whether a client is within a scope for some hosts: it carries one of them.
    fn reaches(&self, client: &Client) -> bool {
        self.is_for_all() || self.hosts_on(client).next().is_some()
    }

    /// Whether whatever hosts there may come to be are in sight.
    fn is_for_all(&self) -> bool {
        self.identity.token.is_none() || self.scope.is_some_and(|scope| scope.hosts == HostScope::All)
    }

    /// The hosts on a client that the scope covers, in canonical order.
    pub(crate) fn hosts_on(&self, client: &Client) -> impl Iterator<Item = &'r Arc<Host>> {
        self.registry.hosts_on(client.number).filter(|host| self.covers(&host.name))
    }

    /// Likewise those on a client that is found by its key; none on a foreign one.
    pub(crate) fn hosts_carried_by(&self, key: &ClientKey) -> impl Iterator<Item = &'r Arc<Host>> {
        let client = self.registry.client(key).filter(|client| self.acts_for(client.owner));
        client.into_iter().flat_map(|client| self.hosts_on(client))
    }

    /// The account's tokens whose hosts are among those of the scope, those to come included. Of which hosts one was whose
    /// hosts are all gone nobody knows any more, so that it is in no scope for some.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &'r Arc<Token>> {
        self.registry.tokens_of(self.identity.account).filter(|token| self.includes_hosts(&token.scope.hosts))
    }

    fn includes_hosts(&self, hosts: &HostScope) -> bool {
        let is_for_none = matches!(hosts, HostScope::Only(patterns) if patterns.is_empty());
        let alike = |own: &Scope| own.includes(&Scope { hosts: hosts.clone(), ..own.clone() });
        self.is_for_all() || (!is_for_none && self.scope.is_some_and(alike))
    }

    /// Whether the scope covers a name.
    pub(crate) fn covers(&self, name: &Fqdn) -> bool {
        self.identity.token.is_none() || self.scope.is_some_and(|scope| scope.covers(name))
    }

    fn acts_for(&self, owner: AccountNo) -> bool {
        owner == self.identity.account || self.is_operator()
    }

    fn is_operator(&self) -> bool {
        self.registry.account(self.identity.account).is_some_and(|account| account.role == Role::Operator)
    }
}
