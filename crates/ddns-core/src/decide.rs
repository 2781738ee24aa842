//! The business rules: what a command would change, or why it may not. Nothing here changes anything.

mod accounts;
mod clients;
mod domains;
mod heartbeats;
mod hosts;
mod mails;
mod records;
mod strangers;

use std::net::IpAddr;
use std::sync::Arc;

pub(crate) use accounts::take_away as take_account_away;

use crate::account::{Account, AccountState, Action, HostScope, Role, Scope, Token};
use crate::change::{Change, Delta};
use crate::command::{Caller, Command};
use crate::domain::{Domain, Server};
use crate::host::{Client, Host};
use crate::name::Fqdn;
use crate::record::Record;
use crate::refusal::{Kind, Refusal};
use crate::registry::Registry;
use crate::value::{AccountNo, HostAddress, Timestamp};

/// Decides a command on one state of the data.
///
/// # Errors
/// The [`Refusal`] that the caller is told. Then there is nothing to apply.
pub fn decide(registry: &Registry, caller: &Caller, command: &Command, now: Timestamp) -> Result<Decision, Refusal> {
    let mut draft = Draft::new(registry, now);
    let receipt = match command {
        Command::SignUp(new) => strangers::sign_up(&mut draft, new),
        Command::AskPassword { login, mail } => strangers::ask_password(&mut draft, login, *mail),
        Command::Confirm(token) => strangers::confirm(&mut draft, caller, token),
        Command::SetPassword { account, from, to } => strangers::set_password(&mut draft, caller, *account, *from, *to),
        Command::SetLogin { account, from, to, mail } => {
            strangers::set_login(&mut draft, caller, *account, from, to, *mail)
        }
        command => {
            let actor = Actor::new(registry, caller, now)?;
            act(&mut draft, &actor, command)
        }
    }?;
    Ok(Decision { changes: std::mem::take(&mut draft.changes), receipt })
}

/// What takes somebody who has proved who it is.
fn act(draft: &mut Draft<'_>, actor: &Actor, command: &Command) -> Result<Receipt, Refusal> {
    match command {
        Command::AddAccount(new) => accounts::add(draft, actor, new),
        Command::SetAccount { account, edit } => accounts::set(draft, actor, *account, edit),
        Command::RemoveAccount { account } => accounts::remove(draft, actor, *account),
        Command::AddToken(new) => accounts::add_token(draft, actor, new),
        Command::SetToken { token, edit } => accounts::set_token(draft, actor, *token, edit),
        Command::RevokeToken { token } => accounts::revoke_token(draft, actor, *token),
        Command::AddTsigKey(key) => accounts::add_key(draft, actor, key),
        Command::SetTsigKey { id, edit } => accounts::set_key(draft, actor, *id, edit),
        Command::RemoveTsigKey { key } => accounts::remove_key(draft, actor, key),
        Command::AddDomain(new) => domains::add(draft, actor, new),
        Command::SetDomain { domain, edit } => domains::set(draft, actor, domain, edit),
        Command::TouchDomain { domain } => domains::touch(draft, actor, domain),
        Command::RemoveDomain { domain } => domains::remove(draft, actor, domain),
        Command::AddServer { id, name, addresses } => domains::add_server(draft, actor, *id, name, addresses),
        Command::SetServer { name, edit } => domains::set_server(draft, actor, name, edit),
        Command::RemoveServer { name, keep_one } => domains::remove_server(draft, actor, name, *keep_one),
        Command::PutPeer(peer) => domains::put_peer(draft, actor, peer),
        Command::RemovePeer { address } => domains::remove_peer(draft, actor, *address),
        Command::SetSettings(settings) => domains::set_settings(draft, actor, settings),
        Command::AddHost(new) => hosts::add(draft, actor, new),
        Command::AdoptHost { name, owner } => hosts::adopt(draft, actor, name, *owner),
        Command::SetHosts { hosts, edit, together } => hosts::set(draft, actor, hosts, *edit, *together),
        Command::SetAllHosts { edit, among } => hosts::set_all(draft, actor, *edit, *among),
        Command::RemoveHost { host } => hosts::remove(draft, actor, host),
        Command::ReleaseName { name } => hosts::release(draft, actor, name),
        Command::AddChallenge { host, value, keep } => hosts::add_challenge(draft, actor, host, value, *keep),
        Command::RemoveChallenge { host, value } => hosts::remove_challenge(draft, actor, host, value.as_ref()),
        Command::AddClient(new) => clients::add(draft, actor, new),
        Command::PutClient { key, edit, must_exist } => clients::put(draft, actor, key, *edit, *must_exist),
        Command::MissHeartbeats { hosts, clients } => heartbeats::miss(draft, actor, hosts, clients),
        Command::MoveClient { key, address } => clients::move_hosts(draft, actor, key, *address),
        Command::RemoveClient { key } => clients::remove(draft, actor, key),
        Command::AttachHost { key, host } => clients::attach(draft, actor, key, host),
        Command::DetachHost { key, host } => clients::detach(draft, actor, key, host),
        Command::AddRecord(new) => records::add(draft, actor, new),
        Command::SetRecord { record, edit } => records::set(draft, actor, *record, edit),
        Command::RemoveRecord { record } => records::remove(draft, actor, *record),
        Command::AskLogin { account, to, mail } => mails::ask_login(draft, actor, *account, to, *mail),
        Command::RemoveMail { mail } => mails::remove(draft, actor, *mail),
        Command::RetryMail { mail, next } => mails::retry(draft, actor, *mail, *next),
        Command::SetServerKey { secret } => mails::set_server_key(draft, actor, *secret),
        Command::RenewToken(new) => accounts::renew_token(draft, actor, new),
        Command::Elapse => crate::due::elapse(draft, actor),
        Command::SignUp(_)
        | Command::AskPassword { .. }
        | Command::Confirm(_)
        | Command::SetPassword { .. }
        | Command::SetLogin { .. } => Err(Refusal::NotSignedIn), // Decided before anybody is an actor.
    }
}

/// What a command changes, and what its caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The changes, in order; none if everything already was as asked.
    pub changes: Vec<Change>,
    /// What the caller is told once the changes are durable.
    pub receipt: Receipt,
}

/// What the caller of a command is told once its changes are durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is done.
    Done,
    /// The account as it is now.
    Account(Arc<Account>),
    /// The token as it is now.
    Token(Arc<Token>),
    /// The domain as it is now.
    Domain(Arc<Domain>),
    /// The name server as it is now.
    Server(Arc<Server>),
    /// Each host that was named, in that order.
    Hosts(Vec<HostLine>),
    /// The client as it is now.
    Client {
        /// The client.
        client: Arc<Client>,
        /// Whether it was made by this command.
        made: bool,
    },
    /// The record as it is now.
    Record(Arc<Record>),
}

/// What became of one host of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLine {
    /// Its name.
    pub name: Fqdn,
    /// What became of it.
    pub outcome: Result<HostOutcome, Refusal>,
}

/// A host as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOutcome {
    /// The host.
    pub host: Arc<Host>,
    /// Whether the command changed it.
    pub changed: bool,
}

/// Who acts, proved on the newest state.
pub(crate) struct Actor {
    account: Option<Arc<Account>>,
    token: Option<Arc<Token>>,
    source: Option<IpAddr>,
}

impl Actor {
    fn new(registry: &Registry, caller: &Caller, now: Timestamp) -> Result<Actor, Refusal> {
        let identity = match caller {
            Caller::Local => return Ok(Actor { account: None, token: None, source: None }),
            Caller::Account(identity) => identity,
            Caller::Guest | Caller::Mailed(_) => return Err(Refusal::NotSignedIn),
        };
        let account = registry.account(identity.account).ok_or(Refusal::Inactive)?;
        if account.state != AccountState::Active {
            return Err(Refusal::Inactive);
        }
        let token = match identity.token {
            None => None,
            Some(id) => {
                let token = registry.token(id).filter(|token| token.account == account.number);
                let token = token.ok_or(Refusal::TokenVoid)?;
                if token.scope.has_ended(now) || !token.scope.admits(identity.source) {
                    return Err(Refusal::TokenVoid);
                }
                Some(token.clone())
            }
        };
        Ok(Actor { account: Some(account.clone()), token, source: identity.source })
    }

    pub(crate) fn is_operator(&self) -> bool {
        self.account.as_ref().is_none_or(|account| account.role == Role::Operator)
    }

    fn number(&self) -> Option<AccountNo> {
        self.account.as_ref().map(|account| account.number)
    }

    /// Whether the actor is this account, or an operator.
    fn may_act_for(&self, account: AccountNo) -> bool {
        self.is_operator() || self.number() == Some(account)
    }

    fn scope(&self) -> Option<&Scope> {
        self.token.as_ref().map(|token| &token.scope)
    }

    fn allow(&self, action: Action) -> Result<(), Refusal> {
        if self.scope().is_none_or(|scope| scope.allows(action)) { Ok(()) } else { Err(Refusal::OutOfScope) }
    }

    fn covers(&self, host: &Fqdn) -> bool {
        self.scope().is_none_or(|scope| scope.covers(host))
    }

    /// Whether whatever hosts there may come to be are in the actor's scope.
    fn covers_all(&self) -> bool {
        self.scope().is_none_or(|scope| scope.hosts == HostScope::All)
    }

    /// What touches no single host needs a token for all of them.
    fn manage_all(&self) -> Result<(), Refusal> {
        self.allow(Action::Manage)?;
        if self.covers_all() { Ok(()) } else { Err(Refusal::OutOfScope) }
    }

    /// What gives a credential to somebody takes a scope that includes its own.
    fn hand_on(&self, scope: &Scope) -> Result<(), Refusal> {
        if self.scope().is_none_or(|own| own.includes(scope)) { Ok(()) } else { Err(Refusal::OutOfScope) }
    }

    pub(crate) fn operate(&self) -> Result<(), Refusal> {
        self.manage_all()?;
        if self.is_operator() { Ok(()) } else { Err(Refusal::OperatorOnly) }
    }

    /// A host that exists, that the actor may act on, and in this way.
    fn host(&self, registry: &Registry, name: &Fqdn, action: Action) -> Result<Arc<Host>, Refusal> {
        let host = registry.host(name).ok_or_else(|| Refusal::not_found(Kind::Host, name))?;
        if !self.may_act_for(host.owner) {
            return Err(Refusal::not_yours(Kind::Host, name));
        }
        self.allow(action)?;
        if self.covers(name) { Ok(host.clone()) } else { Err(Refusal::OutOfScope) }
    }

    /// The caller's own address, as a host can have it.
    fn source(&self) -> Result<HostAddress, Refusal> {
        self.source.and_then(|source| source.try_into().ok()).ok_or(Refusal::NoSource)
    }
}

/// The changes of one command so far, and the state with them: a command of several steps decides each on the one before.
pub(crate) struct Draft<'r> {
    base: &'r Registry,
    work: Option<Registry>,
    applied: usize,
    changes: Vec<Change>,
    pub(crate) now: Timestamp,
}

impl<'r> Draft<'r> {
    fn new(base: &'r Registry, now: Timestamp) -> Draft<'r> {
        Draft { base, work: None, applied: 0, changes: Vec::new(), now }
    }

    /// The state with all changes so far. One step needs no copy; the second makes it.
    pub(crate) fn registry(&mut self) -> &Registry {
        if self.applied < self.changes.len() {
            let work = self.work.get_or_insert_with(|| self.base.clone());
            for change in self.changes.iter().skip(self.applied) {
                let applied = work.apply(change);
                debug_assert_eq!(applied, Ok(()), "a decided change always applies");
            }
            self.applied = self.changes.len();
        }
        self.work.as_ref().unwrap_or(self.base)
    }

    pub(crate) fn put(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn host(&mut self, before: &Arc<Host>, after: Host) -> Arc<Host> {
        let delta = Delta::changed(before, after);
        let after = delta.after.clone().unwrap_or_else(|| before.clone());
        self.put(Change::Host(delta));
        after
    }

    /// The number of the next account, domain, host or client.
    fn number<T>(&mut self, number: impl Fn(u32) -> Option<T>) -> Result<T, Refusal> {
        let next = self.registry().next_number();
        if next == u32::MAX { Err(Refusal::Exhausted) } else { number(next).ok_or(Refusal::Exhausted) }
    }
}

fn made<T>(value: T, change: impl Fn(Delta<T>) -> Change, draft: &mut Draft<'_>) -> Arc<T> {
    let value = Arc::new(value);
    draft.put(change(Delta { before: None, after: Some(value.clone()) }));
    value
}

/// Records a changed value, unless it is as before; hands back what is there now.
fn changed<T: PartialEq>(
    before: &Arc<T>,
    after: T,
    change: impl Fn(Delta<T>) -> Change,
    draft: &mut Draft<'_>,
) -> Arc<T> {
    if **before == after {
        return before.clone();
    }
    let after = Arc::new(after);
    draft.put(change(Delta { before: Some(before.clone()), after: Some(after.clone()) }));
    after
}
