//! What a caller may see of the hosts: its account's, as far as its token's scope reaches.

use std::sync::Arc;

use ddns_core::{Action, Fqdn, Host, Identity, Registry, Role, Scope};

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
        let mine = host.owner == self.identity.account || self.is_operator();
        (mine && self.covers(name)).then_some(host)
    }

    /// Whether the scope covers a name.
    pub(crate) fn covers(&self, name: &Fqdn) -> bool {
        self.identity.token.is_none() || self.scope.is_some_and(|scope| scope.covers(name))
    }

    fn is_operator(&self) -> bool {
        self.registry.account(self.identity.account).is_some_and(|account| account.role == Role::Operator)
    }
}
