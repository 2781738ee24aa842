//! Domains, name servers, peers and settings.

use std::net::IpAddr;
use std::sync::Arc;

use uuid::Uuid;

use super::{Actor, Draft, Receipt, accounts, changed, made, records};
use crate::account::Peer;
use crate::change::{Change, Delta};
use crate::command::{DomainEdit, DomainKey, NewDomain, ServerEdit};
use crate::domain::{Domain, Server, Settings, SoaTimers};
use crate::name::Name;
use crate::policy;
use crate::refusal::{Kind, Refusal};
use crate::registry::Registry;
use crate::value::{DomainNo, Mailbox};

pub(super) fn add(draft: &mut Draft<'_>, actor: &Actor, new: &NewDomain) -> Result<Receipt, Refusal> {
    actor.manage_all()?;
    if new.shared || new.owner.is_none() {
        actor.operate()?;
    }
    let now = draft.now;
    let registry = draft.registry();
    if let Some(number) = new.owner {
        let owner = registry.account(number).ok_or_else(|| Refusal::not_found(Kind::Account, number.get()))?;
        if !actor.may_act_for(number) {
            return Err(Refusal::not_yours(Kind::Account, &owner.login));
        }
        accounts::check_confirmed(owner)?;
        if registry.domains_of(number).count() as u64 >= u64::from(owner.max_domains) {
            return Err(Refusal::quota(Kind::Domain, owner.max_domains));
        }
    }
    check_owners(registry, new)?;
    if registry.domain_by_name(&new.name).is_some() || registry.domain_by_id(new.id).is_some() {
        return Err(Refusal::taken(&new.name));
    }
    check_contained(registry, new.name.name())?;
    let name = new.name.clone();
    let domain = Domain {
        number: draft.number(DomainNo::new)?,
        id: new.id,
        email: new.email.clone().unwrap_or_else(|| Mailbox::hostmaster(name.name())),
        name,
        owner: new.owner,
        shared: new.shared,
        ttl: new.ttl.unwrap_or(Domain::DEFAULT_TTL),
        timers: SoaTimers::default(),
        description: new.description.clone(),
        offline_ipv4: None,
        offline_ipv6: None,
        created: now,
        updated: now,
    };
    Ok(Receipt::Domain(made(domain, Change::Domain, draft)))
}

/// Not above or below what another account has.
fn check_owners(registry: &Registry, new: &NewDomain) -> Result<(), Refusal> {
    let name = new.name.name();
    let above = name.parent().and_then(|parent| registry.enclosing_domain(&parent));
    let below = registry.domains_at_or_below(name).filter(|other| other.name != new.name);
    if let Some(other) = above.into_iter().chain(below).find(|other| other.owner != new.owner) {
        return Err(Refusal::Overlaps { name: name.clone(), other: other.name.name().clone() });
    }
    let ancestors = std::iter::successors(Some(name.clone()), Name::parent);
    let mut hosts_above = ancestors.filter_map(|ancestor| registry.host_by_name(ancestor.key()));
    if let Some(host) = hosts_above.find(|host| new.owner != Some(host.owner)) {
        return Err(Refusal::Overlaps { name: name.clone(), other: host.name.name().clone() });
    }
    Ok(())
}

/// Not over hosts, records or below a delegation.
fn check_contained(registry: &Registry, name: &Name) -> Result<(), Refusal> {
    let above = registry.enclosing_domain(name);
    let inside = |owner: &Name| {
        registry.enclosing_domain(owner).map(|domain| domain.number) == above.map(|domain| domain.number)
    };
    if let Some(host) = registry.hosts_at_or_below(name).find(|host| inside(host.name.name())) {
        return Err(Refusal::Conflict { name: name.clone(), other: format!("host {}", host.name) });
    }
    if let Some(record) = registry.records_at_or_below(name).find(|record| inside(&record.name)) {
        let other = format!("{} record at {}", record.data.record_type(), record.name);
        return Err(Refusal::Conflict { name: name.clone(), other });
    }
    match records::delegation_above(registry, name) {
        Some(cut) => Err(Refusal::Conflict { name: name.clone(), other: format!("delegation at {cut}") }),
        None => Ok(()),
    }
}

pub(super) fn set(
    draft: &mut Draft<'_>,
    actor: &Actor,
    key: &DomainKey,
    edit: &DomainEdit,
) -> Result<Receipt, Refusal> {
    let before = own(draft, actor, key)?;
    if edit.owner.is_some() || edit.shared.is_some() {
        actor.operate()?;
    }
    if let Some(Some(number)) = edit.owner {
        let owner = draft.registry().account(number);
        accounts::check_confirmed(owner.ok_or_else(|| Refusal::not_found(Kind::Account, number.get()))?)?;
    }
    let mut after = Domain {
        owner: edit.owner.unwrap_or(before.owner),
        shared: edit.shared.unwrap_or(before.shared),
        email: edit.email.clone().unwrap_or_else(|| before.email.clone()),
        ttl: edit.ttl.unwrap_or(before.ttl),
        timers: edit.timers.unwrap_or(before.timers),
        description: edit.description.clone().unwrap_or_else(|| before.description.clone()),
        offline_ipv4: edit.offline_ipv4.unwrap_or(before.offline_ipv4),
        offline_ipv6: edit.offline_ipv6.unwrap_or(before.offline_ipv6),
        ..Domain::clone(&before)
    };
    if (after.offline_ipv4, after.offline_ipv6) != (before.offline_ipv4, before.offline_ipv6) {
        super::hosts::check_addresses(draft.registry(), after.offline_ipv4, after.offline_ipv6)?;
    }
    if after.owner != before.owner || after.shared != before.shared {
        check_contents(draft.registry(), &before, &after)?;
    }
    if after != *before {
        after.updated = draft.now;
    }
    Ok(Receipt::Domain(changed(&before, after, Change::Domain, draft)))
}

/// A write that changes nothing but the time of the last one, and that is enough for another serial.
pub(super) fn touch(draft: &mut Draft<'_>, actor: &Actor, key: &DomainKey) -> Result<Receipt, Refusal> {
    let before = own(draft, actor, key)?;
    let later = before.updated.after(std::time::Duration::from_micros(1));
    let after = Domain { updated: draft.now.max(later), ..Domain::clone(&before) };
    Ok(Receipt::Domain(changed(&before, after, Change::Domain, draft)))
}

/// With another owner or another openness, everything inside must still be allowed there.
fn check_contents(registry: &Registry, before: &Domain, after: &Domain) -> Result<(), Refusal> {
    let apex = after.name.name();
    let domain = || apex.clone();
    if before.owner != after.owner {
        let above = apex.parent().and_then(|parent| registry.enclosing_domain(&parent));
        let below = registry.domains_at_or_below(apex).filter(|below| below.number != after.number);
        if let Some(other) = above.into_iter().chain(below).find(|other| other.owner != after.owner) {
            return Err(Refusal::Overlaps { name: domain(), other: other.name.name().clone() });
        }
        if let Some(owner) = after.owner.and_then(|owner| registry.account(owner))
            && registry.domains_of(owner.number).count() as u64 >= u64::from(owner.max_domains)
        {
            return Err(Refusal::quota(Kind::Domain, owner.max_domains));
        }
    }
    for host in registry.hosts_at_or_below(apex).filter(|host| host.domain == after.number) {
        if after.shared && host.name.name() == apex {
            return Err(Refusal::Apex { name: domain() });
        }
        if after.shared && super::hosts::has_reserved_label(registry, &host.name) {
            return Err(Refusal::ReservedLabel { name: host.name.clone() });
        }
        if !after.shared && after.owner != Some(host.owner) {
            return Err(Refusal::PrivateDomain { domain: domain() });
        }
    }
    Ok(())
}

pub(super) fn remove(draft: &mut Draft<'_>, actor: &Actor, key: &DomainKey) -> Result<Receipt, Refusal> {
    let domain = own(draft, actor, key)?;
    let apex = domain.name.name();
    let below = draft.registry().domains_at_or_below(apex).find(|below| below.number != domain.number);
    if let Some(child) = below {
        let child = child.name.name().clone();
        return Err(Refusal::HasSubdomains { domain: apex.clone(), child });
    }
    take_away(draft, &domain)?;
    Ok(Receipt::Done)
}

/// Removes a domain without hosts, and its records with it.
pub(super) fn take_away(draft: &mut Draft<'_>, domain: &Arc<Domain>) -> Result<(), Refusal> {
    let registry = draft.registry();
    let apex = domain.name.name();
    if registry.hosts_at_or_below(apex).any(|host| host.domain == domain.number) {
        return Err(Refusal::DomainInUse { domain: apex.clone() });
    }
    let inside = registry.records_at_or_below(apex).filter(|record| record.domain == domain.number);
    for record in inside.cloned().collect::<Vec<_>>() {
        draft.put(Change::Record(Delta::removed(&record)));
    }
    draft.put(Change::Domain(Delta::removed(domain)));
    Ok(())
}

/// A domain that the actor may manage.
fn own(draft: &mut Draft<'_>, actor: &Actor, key: &DomainKey) -> Result<Arc<Domain>, Refusal> {
    let registry = draft.registry();
    let found = match key {
        DomainKey::Name(name) => registry.domain_by_name(name),
        DomainKey::Id(id) => registry.domain_by_id(*id),
    };
    let domain = found.cloned().ok_or_else(|| Refusal::not_found(Kind::Domain, key))?;
    if !actor.is_operator() && domain.owner != actor.number() {
        return Err(Refusal::not_yours(Kind::Domain, key));
    }
    actor.manage_all()?;
    Ok(domain)
}

pub(super) fn add_server(
    draft: &mut Draft<'_>,
    actor: &Actor,
    id: Uuid,
    name: &Name,
    addresses: &[IpAddr],
) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let created = draft.now;
    let registry = draft.registry();
    if registry.server(name).is_some() || registry.server_by_id(id).is_some() {
        return Err(Refusal::taken(name));
    }
    if registry.servers().count() >= policy::SERVERS {
        return Err(Refusal::TOO_MANY_SERVERS);
    }
    let server = Server { id, name: name.clone(), addresses: distinct(addresses), created, updated: None };
    check_server(registry, &server)?;
    Ok(Receipt::Server(made(server, Change::Server, draft)))
}

/// A name server's name is one, and nothing else answers for it.
fn check_server(registry: &Registry, server: &Server) -> Result<(), Refusal> {
    let name = &server.name;
    if name.is_root() || name.is_wildcard() {
        return Err(Refusal::Managed { what: "a name server at the root or a wildcard" });
    }
    if server.addresses.len() > policy::SERVER_ADDRESSES {
        return Err(Refusal::TOO_MANY_ADDRESSES);
    }
    match records::answers_at(registry, name) {
        Some(other) => Err(Refusal::Conflict { name: name.clone(), other }),
        None => Ok(()),
    }
}

pub(super) fn set_server(
    draft: &mut Draft<'_>,
    actor: &Actor,
    name: &Name,
    edit: &ServerEdit,
) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let registry = draft.registry();
    let before = registry.server(name).cloned().ok_or_else(|| Refusal::not_found(Kind::Server, name))?;
    let mut after = Server::clone(&before);
    after.name = edit.name.clone().unwrap_or(after.name);
    after.addresses = edit.addresses.as_deref().map_or(after.addresses, distinct);
    if after == *before {
        return Ok(Receipt::Server(before));
    }
    if after.name != before.name && registry.server(&after.name).is_some() {
        return Err(Refusal::taken(&after.name));
    }
    if after.name != before.name || !after.addresses.is_empty() {
        check_server(registry, &after)?;
    }
    after.updated = Some(draft.now);
    if after.name == before.name {
        return Ok(Receipt::Server(changed(&before, after, Change::Server, draft)));
    }
    // It is kept under its name: one goes, and one comes.
    draft.put(Change::Server(Delta::removed(&before)));
    Ok(Receipt::Server(made(after, Change::Server, draft)))
}

pub(super) fn remove_server(
    draft: &mut Draft<'_>,
    actor: &Actor,
    name: &Name,
    keep_one: bool,
) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let registry = draft.registry();
    let server = registry.server(name).cloned().ok_or_else(|| Refusal::not_found(Kind::Server, name))?;
    if keep_one && registry.servers().count() == 1 {
        return Err(Refusal::LastServer { name: name.clone() });
    }
    draft.put(Change::Server(Delta::removed(&server)));
    Ok(Receipt::Done)
}

pub(super) fn put_peer(draft: &mut Draft<'_>, actor: &Actor, peer: &Peer) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let before = draft.registry().peer(peer.address).cloned();
    if before.as_deref() != Some(peer) {
        draft.put(Change::Peer(Delta { before, after: Some(Arc::new(peer.clone())) }));
    }
    Ok(Receipt::Done)
}

pub(super) fn remove_peer(draft: &mut Draft<'_>, actor: &Actor, address: IpAddr) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let peer = draft.registry().peer(address).cloned().ok_or_else(|| Refusal::not_found(Kind::Peer, address))?;
    draft.put(Change::Peer(Delta::removed(&peer)));
    Ok(Receipt::Done)
}

pub(super) fn set_settings(draft: &mut Draft<'_>, actor: &Actor, settings: &Settings) -> Result<Receipt, Refusal> {
    actor.operate()?;
    if settings.ns_addresses.len() > policy::SERVER_ADDRESSES {
        return Err(Refusal::TOO_MANY_ADDRESSES);
    }
    let before = draft.registry().settings().clone();
    let after = Settings { ns_addresses: distinct(&settings.ns_addresses), ..settings.clone() };
    changed(&before, after, Change::Settings, draft);
    Ok(Receipt::Done)
}

/// Each address once, in its canonical form, in the order given.
fn distinct(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut kept: Vec<IpAddr> = Vec::new();
    for address in addresses.iter().map(IpAddr::to_canonical) {
        if !kept.contains(&address) {
            kept.push(address);
        }
    }
    kept
}
