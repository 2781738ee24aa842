//! Clients: devices or places whose hosts move together.

use std::sync::Arc;

use super::{Actor, Draft, Receipt, accounts, changed, hosts, made};
use crate::account::Action;
use crate::change::{Change, Delta};
use crate::command::{ClientEdit, HostEdit, NewClient};
use crate::host::{Client, Host};
use crate::name::Fqdn;
use crate::policy;
use crate::refusal::{Kind, Refusal};
use crate::value::{ClientKey, ClientNo, Heartbeat, HostAddress, Offline};

pub(super) fn add(draft: &mut Draft<'_>, actor: &Actor, new: &NewClient) -> Result<Receipt, Refusal> {
    make(draft, actor, new, None)
}

fn make(
    draft: &mut Draft<'_>,
    actor: &Actor,
    new: &NewClient,
    heartbeat: Option<Heartbeat>,
) -> Result<Receipt, Refusal> {
    actor.manage_all()?;
    let registry = draft.registry();
    let owner = registry.account(new.owner).ok_or_else(|| Refusal::not_found(Kind::Account, new.owner.get()))?;
    if !actor.may_act_for(new.owner) {
        return Err(Refusal::not_yours(Kind::Account, &owner.login));
    }
    accounts::check_confirmed(owner)?;
    if registry.client(&new.key).is_some() {
        return Err(Refusal::taken(&new.key));
    }
    if registry.clients_of(new.owner).count() >= policy::CLIENTS_PER_ACCOUNT {
        return Err(Refusal::quota(Kind::Client, policy::CLIENTS_PER_ACCOUNT as u64));
    }
    let now = draft.now;
    let client = Client {
        number: draft.number(ClientNo::new)?,
        key: new.key.clone(),
        owner: new.owner,
        offline: after(Offline::No, Some(new.offline)),
        ipv4: None,
        ipv6: None,
        heartbeat,
        created: now,
        updated: now,
    };
    Ok(Receipt::Client { client: made(client, Change::Client, draft), made: true })
}

pub(super) fn put(
    draft: &mut Draft<'_>,
    actor: &Actor,
    key: &ClientKey,
    edit: ClientEdit,
    must_exist: bool,
) -> Result<Receipt, Refusal> {
    if draft.registry().client(key).is_none() {
        return match actor.number() {
            Some(owner) if !must_exist => {
                let new = NewClient { key: key.clone(), owner, offline: edit.offline.unwrap_or(false) };
                make(draft, actor, &new, edit.heartbeat.flatten())
            }
            _ => Err(Refusal::not_found(Kind::Client, key)),
        };
    }
    let before = own(draft, actor, key, edit.action())?;
    if edit.heartbeat.is_some() {
        actor.allow(Action::Manage)?;
    }
    if edit != ClientEdit::default() {
        check_scope(draft, actor, &before)?;
    }
    let offline = after(before.offline, edit.offline);
    let heartbeat = edit.heartbeat.unwrap_or(before.heartbeat);
    let after = Client { offline, heartbeat, ..Client::clone(&before) };
    let comes_back = !before.offline.is_online() && after.offline.is_online();
    let source = if comes_back { actor.source().ok() } else { None };
    let client = match source {
        Some(source) => carry(draft, &before, after, source)?,
        None => put_changed(draft, &before, after),
    };
    Ok(Receipt::Client { client, made: false })
}

impl ClientEdit {
    /// What a scope must allow at least: what a client is like is another thing than where it is.
    fn action(&self) -> Action {
        if self.heartbeat.is_some() && self.offline.is_none() { Action::Manage } else { Action::Update }
    }
}

/// `Manual` comes and goes by word alone; an empty word leaves everything as it is.
fn after(present: Offline, word: Option<bool>) -> Offline {
    match word {
        Some(true) => Offline::Manual,
        Some(false) => Offline::No,
        None => present,
    }
}

pub(super) fn move_hosts(
    draft: &mut Draft<'_>,
    actor: &Actor,
    key: &ClientKey,
    address: Option<HostAddress>,
) -> Result<Receipt, Refusal> {
    let before = own(draft, actor, key, Action::Update)?;
    check_scope(draft, actor, &before)?;
    let address = match address {
        Some(address) => address,
        None => actor.source()?,
    };
    let offline = if before.offline == Offline::Missed { Offline::No } else { before.offline };
    let client = carry(draft, &before, Client { offline, ..Client::clone(&before) }, address)?;
    Ok(Receipt::Client { client, made: false })
}

/// Sets one family's address of the client, which becomes `after` otherwise, and of every host on it.
fn carry(
    draft: &mut Draft<'_>,
    before: &Arc<Client>,
    mut after: Client,
    address: HostAddress,
) -> Result<Arc<Client>, Refusal> {
    match address {
        HostAddress::V4(address) => {
            hosts::check_addresses(draft.registry(), Some(address), None)?;
            after.ipv4 = Some(address);
        }
        HostAddress::V6(address) => {
            hosts::check_addresses(draft.registry(), None, Some(address))?;
            after.ipv6 = Some(address);
        }
    }
    let client = put_changed(draft, before, after);
    let edit = HostEdit::default().with_address(address);
    for host in draft.registry().hosts_on(client.number).cloned().collect::<Vec<_>>() {
        hosts::edited(draft, &host, edit);
    }
    Ok(client)
}

fn put_changed(draft: &mut Draft<'_>, before: &Arc<Client>, mut after: Client) -> Arc<Client> {
    if after != **before {
        after.updated = draft.now;
    }
    changed(before, after, Change::Client, draft)
}

pub(super) fn remove(draft: &mut Draft<'_>, actor: &Actor, key: &ClientKey) -> Result<Receipt, Refusal> {
    let client = own(draft, actor, key, Action::Manage)?;
    check_scope(draft, actor, &client)?;
    for host in draft.registry().hosts_on(client.number).cloned().collect::<Vec<_>>() {
        let after = Host { client: None, updated: draft.now, ..Host::clone(&host) };
        draft.host(&host, after);
    }
    draft.put(Change::Client(Delta::removed(&client)));
    Ok(Receipt::Done)
}

/// What hangs its own host on a client needs none there before.
pub(super) fn attach(draft: &mut Draft<'_>, actor: &Actor, key: &ClientKey, name: &Fqdn) -> Result<Receipt, Refusal> {
    let client = owned(draft, actor, key, Action::Manage)?;
    let host = actor.host(draft.registry(), name, Action::Manage)?;
    if host.owner != client.owner {
        return Err(Refusal::not_yours(Kind::Host, name));
    }
    if host.client != Some(client.number) {
        let after = Host { client: Some(client.number), updated: draft.now, ..Host::clone(&host) };
        draft.host(&host, after);
    }
    Ok(Receipt::Client { client, made: false })
}

pub(super) fn detach(draft: &mut Draft<'_>, actor: &Actor, key: &ClientKey, name: &Fqdn) -> Result<Receipt, Refusal> {
    let client = own(draft, actor, key, Action::Manage)?;
    let host = actor.host(draft.registry(), name, Action::Manage)?;
    if host.client != Some(client.number) {
        return Err(Refusal::not_found(Kind::Host, format_args!("{name} on client {key}")));
    }
    let after = Host { client: None, updated: draft.now, ..Host::clone(&host) };
    draft.host(&host, after);
    Ok(Receipt::Client { client, made: false })
}

/// A client that the actor may act on, in this way: with a scope over some hosts, one that carries one of them.
fn own(draft: &mut Draft<'_>, actor: &Actor, key: &ClientKey, action: Action) -> Result<Arc<Client>, Refusal> {
    let client = owned(draft, actor, key, action)?;
    let mut on = draft.registry().hosts_on(client.number);
    let reaches = actor.covers_all() || on.any(|host| actor.covers(&host.name));
    if reaches { Ok(client) } else { Err(Refusal::OutOfScope) }
}

/// A client of an account that the actor may act for, in this way.
fn owned(draft: &mut Draft<'_>, actor: &Actor, key: &ClientKey, action: Action) -> Result<Arc<Client>, Refusal> {
    let client = draft.registry().client(key).cloned().ok_or_else(|| Refusal::not_found(Kind::Client, key))?;
    if !actor.may_act_for(client.owner) {
        return Err(Refusal::not_yours(Kind::Client, key));
    }
    actor.allow(action)?;
    Ok(client)
}

/// What is about every host of a client needs a scope over all of them; and over all that there may be, where it has none.
fn check_scope(draft: &mut Draft<'_>, actor: &Actor, client: &Client) -> Result<(), Refusal> {
    let mut on = draft.registry().hosts_on(client.number).peekable();
    let all = if on.peek().is_none() { actor.covers_all() } else { on.all(|host| actor.covers(&host.name)) };
    if all { Ok(()) } else { Err(Refusal::OutOfScope) }
}
