//! Hosts, and what goes with a host's name.

use std::sync::Arc;

use uuid::Uuid;

use super::{Actor, Draft, HostLine, HostOutcome, Receipt, accounts, made, records};
use crate::account::{AccountState, Action, Scope, Token, TsigKey};
use crate::change::{Change, Delta};
use crate::command::{AddressEdit, Among, HostEdit, NewHost, Together};
use crate::domain::Domain;
use crate::host::{Challenge, Host, Reservation};
use crate::name::{Fqdn, Name};
use crate::policy;
use crate::record::RecordData;
use crate::refusal::{Kind, Refusal};
use crate::registry::Registry;
use crate::value::{
    AccountNo, ChallengeValue, HostNo, HostTtl, Ipv6Prefix, Ipv6Suffix, Offline, PrefixMisfit, Ttl, UnicastV4,
    UnicastV6,
};

pub(super) fn add(draft: &mut Draft<'_>, actor: &Actor, new: &NewHost) -> Result<Receipt, Refusal> {
    actor.allow(Action::Manage)?;
    if !actor.covers(&new.name) {
        return Err(Refusal::OutOfScope);
    }
    let now = draft.now;
    let registry = draft.registry();
    let owner = registry.account(new.owner).ok_or_else(|| Refusal::not_found(Kind::Account, new.owner.get()))?;
    if !actor.may_act_for(new.owner) {
        return Err(Refusal::not_yours(Kind::Account, &owner.login));
    }
    accounts::check_confirmed(owner)?;
    let domain = place(registry, &new.name, new.owner)?.number;
    if registry.host_count(new.owner) as u64 >= u64::from(owner.max_hosts) {
        return Err(Refusal::quota(Kind::Host, owner.max_hosts));
    }
    check_addresses(registry, new.ipv4, new.ipv6)?;
    check_free(registry, new.name.name())?;
    if new.wildcard {
        check_wildcard_free(registry, new.name.name())?;
    }
    let host = Host {
        number: draft.number(HostNo::new)?,
        name: new.name.clone(),
        domain,
        owner: new.owner,
        client: None,
        ttl: new.ttl,
        wildcard: new.wildcard,
        offline: Offline::No,
        ipv4: new.ipv4,
        ipv6: new.ipv6,
        suffix: new.suffix.map(Box::new),
        heartbeat: new.heartbeat,
        created: now,
        updated: now,
    };
    if let Some(reservation) = draft.registry().reservation(&new.name).cloned() {
        draft.put(Change::Reservation(Delta::removed(&reservation)));
    }
    let host = made(host, Change::Host, draft);
    Ok(one(HostOutcome { host, changed: true }))
}

/// Makes a host of the address records at a name, which go. Nothing becomes a host without this word.
pub(super) fn adopt(
    draft: &mut Draft<'_>,
    actor: &Actor,
    name: &Fqdn,
    owner: Option<AccountNo>,
) -> Result<Receipt, Refusal> {
    let registry = draft.registry();
    if registry.host(name).is_some() {
        return Err(Refusal::taken(name));
    }
    let enclosing = registry.enclosing_domain(name.name());
    let domain = enclosing.cloned().ok_or_else(|| Refusal::NoDomain { name: name.name().clone() })?;
    let owner = owner.or(domain.owner).or(actor.number()).ok_or_else(|| Refusal::NoOwner { name: name.clone() })?;
    let records = Adopted::at(registry, &domain, name.name())?;
    let records = records.ok_or_else(|| Refusal::NotOneAddress { name: name.clone() })?;
    let (ipv4, ipv6) = (records.ipv4, records.ipv6);
    let below = name.name().wildcard().and_then(|wildcard| Adopted::at(registry, &domain, &wildcard).ok().flatten());
    let wildcard = below.filter(|below| (below.ipv4, below.ipv6) == (ipv4, ipv6));
    let ttl = wildcard.iter().fold(records.ttl, |ttl, wildcard| ttl.min(wildcard.ttl));
    let (ttl, has_wildcard) = (HostTtl::at_most(ttl), wildcard.is_some());
    for id in wildcard.into_iter().flat_map(|wildcard| wildcard.ids).chain(records.ids) {
        records::remove(draft, actor, id)?;
    }
    // The hosts of an account that is not active may not be served, and the records were.
    if draft.registry().account(owner).is_some_and(|owner| owner.state != AccountState::Active) {
        return Err(Refusal::Inactive);
    }
    add(
        draft,
        actor,
        &NewHost { name: name.clone(), owner, ipv4, ipv6, ttl, wildcard: has_wildcard, suffix: None, heartbeat: None },
    )
}

/// The address records at a name, as a host has them.
struct Adopted {
    ids: Vec<Uuid>,
    ipv4: Option<UnicastV4>,
    ipv6: Option<UnicastV6>,
    /// The shortest time for which one of them may be cached.
    ttl: Ttl,
}

impl Adopted {
    /// None if there is no address record at all.
    fn at(registry: &Registry, domain: &Domain, name: &Name) -> Result<Option<Adopted>, Refusal> {
        let refused = || match Fqdn::new(name.clone()) {
            Ok(name) => Refusal::NotOneAddress { name },
            Err(_) => Refusal::Conflict { name: name.clone(), other: "record that no host can be made of".to_owned() },
        };
        let mut found = Adopted { ids: Vec::new(), ipv4: None, ipv6: None, ttl: Ttl::MAX };
        for record in registry.records_at(name).iter().filter(|record| record.data.clashes_with_host()) {
            let fits = match &record.data {
                RecordData::A(address) if found.ipv4.is_none() => {
                    found.ipv4 = UnicastV4::try_from(*address).ok();
                    found.ipv4.is_some()
                }
                RecordData::Aaaa(address) if found.ipv6.is_none() => {
                    found.ipv6 = UnicastV6::try_from(*address).ok();
                    found.ipv6.is_some()
                }
                _ => false,
            };
            if !fits {
                return Err(refused());
            }
            found.ttl = found.ttl.min(record.ttl.unwrap_or(domain.ttl));
            found.ids.push(record.id);
        }
        Ok(Some(found).filter(|found| !found.ids.is_empty()))
    }
}

/// The domain in which an account may have a host of this name.
fn place<'r>(registry: &'r Registry, name: &Fqdn, owner: AccountNo) -> Result<&'r Arc<Domain>, Refusal> {
    if registry.host(name).is_some() {
        return Err(Refusal::taken(name));
    }
    let own = || name.name().clone();
    let domain = registry.enclosing_domain(name.name()).ok_or_else(|| Refusal::NoDomain { name: own() })?;
    if !domain.shared && !domain.is_owned_by(owner) {
        return Err(Refusal::PrivateDomain { domain: domain.name.name().clone() });
    }
    if name.name() == domain.name.name() && (domain.shared || !domain.is_owned_by(owner)) {
        return Err(Refusal::Apex { name: own() });
    }
    if domain.shared {
        if has_reserved_label(registry, name) {
            return Err(Refusal::ReservedLabel { name: name.clone() });
        }
        if let Some(kept) = kept_for_another(registry, name, domain, owner) {
            return Err(Refusal::Reserved { name: kept.name.clone() });
        }
        if let Some(other) = neighbour(registry, name.name(), domain, |host| host.owner != owner) {
            return Err(Refusal::Overlaps { name: own(), other: other.name.name().clone() });
        }
        if let Some(other) = registry.domains_at_or_below(name.name()).find(|other| !other.is_owned_by(owner)) {
            return Err(Refusal::Overlaps { name: own(), other: other.name.name().clone() });
        }
    }
    if let Some(cut) = records::delegation_above(registry, name.name()) {
        return Err(Refusal::Conflict { name: own(), other: format!("delegation at {cut}") });
    }
    Ok(domain)
}

/// A freed name at, above or below a host's that is kept for somebody else: whoever took a name below it would answer
/// for the old owner's.
fn kept_for_another<'r>(
    registry: &'r Registry,
    name: &Fqdn,
    domain: &Domain,
    owner: AccountNo,
) -> Option<&'r Arc<Reservation>> {
    let ancestors = std::iter::successors(Some(name.name().clone()), Name::parent);
    let inside = ancestors.take_while(|ancestor| ancestor.is_below(domain.name.name()));
    let mut above = inside.filter_map(|ancestor| registry.reservation_by_name(ancestor.key()));
    let foreign = |kept: &&Arc<Reservation>| kept.owner != owner;
    above.find(foreign).or_else(|| registry.reservations_at_or_below(name.name()).find(foreign))
}

/// A host of the domain at, above or below a name, of the kind that is looked for.
pub(super) fn neighbour<'r>(
    registry: &'r Registry,
    name: &Name,
    domain: &Domain,
    wanted: impl Fn(&Host) -> bool,
) -> Option<&'r Arc<Host>> {
    let inside = |host: &&Arc<Host>| host.domain == domain.number && wanted(host);
    above(registry, name, domain).find(inside).or_else(|| registry.hosts_at_or_below(name).find(inside))
}

/// The hosts at and above a name, up to the apex.
pub(super) fn above<'r>(registry: &'r Registry, name: &Name, domain: &Domain) -> impl Iterator<Item = &'r Arc<Host>> {
    let apex = domain.name.name().clone();
    let ancestors = std::iter::successors(Some(name.clone()), Name::parent);
    let inside = ancestors.take_while(move |ancestor| ancestor.is_at_or_below(&apex));
    inside.filter_map(|ancestor| registry.host_by_name(ancestor.key()))
}

pub(super) fn has_reserved_label(registry: &Registry, name: &Fqdn) -> bool {
    let first = name.name().first_label();
    registry.settings().reserved_labels.iter().any(|label| label.as_str() == first)
}

pub(super) fn check_addresses(
    registry: &Registry,
    ipv4: Option<UnicastV4>,
    ipv6: Option<UnicastV6>,
) -> Result<(), Refusal> {
    let public = ipv4.is_none_or(UnicastV4::is_public) && ipv6.is_none_or(UnicastV6::is_public);
    if public || !registry.settings().public_addresses_only { Ok(()) } else { Err(Refusal::NotPublic) }
}

/// No address record, alias or name server may answer where the host will.
fn check_free(registry: &Registry, name: &Name) -> Result<(), Refusal> {
    let clash = registry.records_at(name).iter().find(|record| record.data.clashes_with_host());
    if let Some(record) = clash {
        let other = format!("{} record", record.data.record_type());
        return Err(Refusal::Conflict { name: name.clone(), other });
    }
    if records::is_name_server(registry, name) {
        return Err(Refusal::Conflict { name: name.clone(), other: "name server".to_owned() });
    }
    Ok(())
}

/// Likewise where its wildcard will.
fn check_wildcard_free(registry: &Registry, name: &Name) -> Result<(), Refusal> {
    name.wildcard().map_or(Ok(()), |wildcard| check_free(registry, &wildcard))
}

pub(super) fn set(
    draft: &mut Draft<'_>,
    actor: &Actor,
    hosts: &[Fqdn],
    edit: HostEdit,
    together: Together,
) -> Result<Receipt, Refusal> {
    if hosts.len() > policy::HOSTS_PER_UPDATE {
        return Err(Refusal::TooMany { what: "hosts in one call", max: policy::HOSTS_PER_UPDATE });
    }
    let mut lines = Vec::with_capacity(hosts.len());
    for name in hosts {
        let outcome = set_one(draft, actor, name, edit);
        if together == Together::AllOrNothing
            && let Err(refusal) = outcome
        {
            return Err(refusal);
        }
        lines.push(HostLine { name: name.clone(), outcome });
    }
    Ok(Receipt::Hosts(lines))
}

pub(super) fn set_all(draft: &mut Draft<'_>, actor: &Actor, edit: HostEdit, among: Among) -> Result<Receipt, Refusal> {
    let account = actor.number().ok_or(Refusal::NotFound { kind: Kind::Account, name: "of the caller".to_owned() })?;
    actor.allow(Action::Update)?;
    let hosts: Vec<Arc<Host>> = draft.registry().hosts_of(account).cloned().collect();
    let mut lines = Vec::with_capacity(hosts.len());
    for host in hosts.into_iter().filter(|host| actor.covers(&host.name)) {
        if let Some(edit) = edit_of_all(&host, edit, among) {
            let outcome = Ok(set_one(draft, actor, &host.name, edit)?);
            lines.push(HostLine { name: host.name.clone(), outcome });
        }
    }
    Ok(Receipt::Hosts(lines))
}

/// An edit of all hosts as it is one of them's: where nothing stands behind a prefix, it means nothing, and alone changes
/// nothing.
fn edit_of_all(host: &Host, edit: HostEdit, among: Among) -> Option<HostEdit> {
    let movable = host.ipv6.is_some() || edit.suffix.unwrap_or(host.suffix.as_deref().copied()).is_some();
    match (among, edit.prefix) {
        (Among::Movable, _) => movable.then_some(edit),
        (Among::All, Some(Some(_))) if !movable => {
            let rest = HostEdit { prefix: None, ..edit };
            (rest != HostEdit::default()).then_some(rest)
        }
        (Among::All, _) => Some(edit),
    }
}

fn set_one(draft: &mut Draft<'_>, actor: &Actor, name: &Fqdn, edit: HostEdit) -> Result<HostOutcome, Refusal> {
    let registry = draft.registry();
    let before = actor.host(registry, name, Action::Update)?;
    if edit.configures() {
        actor.allow(Action::Manage)?;
    }
    let edit = behind_prefix(&before, edit)?;
    if let AddressEdit::Set(address) = edit.ipv4 {
        check_addresses(registry, Some(address), None)?;
    }
    if let AddressEdit::Set(address) = edit.ipv6 {
        check_addresses(registry, None, Some(address))?;
    }
    if edit.wildcard == Some(true) && !before.wildcard {
        check_wildcard_free(registry, name.name())?;
    }
    Ok(edited(draft, &before, edit))
}

/// An edit's prefix as what it means for a host's address. A host that has a suffix follows the prefix; one that has none
/// takes the address that comes beside it, which is the caller's own.
fn behind_prefix(host: &Host, mut edit: HostEdit) -> Result<HostEdit, Refusal> {
    let suffix = edit.suffix.unwrap_or(host.suffix.as_deref().copied());
    edit.ipv6 = match (edit.prefix, edit.ipv6) {
        (Some(Some(prefix)), ipv6) if suffix.is_some() || ipv6 == AddressEdit::Keep => {
            AddressEdit::Set(address_behind(host, prefix, suffix)?)
        }
        // Its site has no prefix, and the address is the router's. That there is no IPv6 any more is true of it, too.
        (Some(None), AddressEdit::Set(_)) if suffix.is_some() => AddressEdit::Keep,
        (_, ipv6) => ipv6,
    };
    Ok(edit)
}

fn address_behind(host: &Host, prefix: Ipv6Prefix, suffix: Option<Ipv6Suffix>) -> Result<UnicastV6, Refusal> {
    let name = || host.name.clone();
    prefix.address_of(suffix, host.ipv6).map_err(|misfit| match misfit {
        PrefixMisfit::NoSuffix => Refusal::NoSuffix { name: name() },
        PrefixMisfit::Subnet => {
            let subnet = suffix.and_then(Ipv6Suffix::subnet).unwrap_or_default();
            Refusal::NoSubnet { name: name(), prefix, subnet }
        }
    })
}

/// Carries an edit out that was allowed.
pub(super) fn edited(draft: &mut Draft<'_>, before: &Arc<Host>, edit: HostEdit) -> HostOutcome {
    let ipv4 = address_after(before.ipv4, edit.ipv4);
    let ipv6 = address_after(before.ipv6, edit.ipv6);
    let ttl = edit.ttl.unwrap_or(before.ttl);
    let wildcard = edit.wildcard.unwrap_or(before.wildcard);
    let offline = match (edit.offline, before.offline) {
        (Some(true), _) => Offline::Manual,
        (Some(false), _) => Offline::No,
        (None, Offline::Missed) if edit.is_update() => Offline::No,
        (None, present) => present,
    };
    let suffix = edit.suffix.map_or_else(|| before.suffix.clone(), |suffix| suffix.map(Box::new));
    let heartbeat = edit.heartbeat.unwrap_or(before.heartbeat);
    let mut after = Host { ipv4, ipv6, ttl, wildcard, offline, suffix, heartbeat, ..Host::clone(before) };
    if after == **before {
        return HostOutcome { host: before.clone(), changed: false };
    }
    after.updated = draft.now;
    HostOutcome { host: draft.host(before, after), changed: true }
}

fn address_after<T>(before: Option<T>, edit: AddressEdit<T>) -> Option<T> {
    match edit {
        AddressEdit::Keep => before,
        AddressEdit::Set(address) => Some(address),
        AddressEdit::Remove => None,
    }
}

pub(super) fn remove(draft: &mut Draft<'_>, actor: &Actor, name: &Fqdn) -> Result<Receipt, Refusal> {
    let host = actor.host(draft.registry(), name, Action::Manage)?;
    take_away(draft, &host);
    Ok(Receipt::Done)
}

/// Removes a host with its challenge values, tokens' exact entries and, in a shared domain, the records that stood there
/// only because of it; and reserves the name.
pub(super) fn take_away(draft: &mut Draft<'_>, host: &Arc<Host>) {
    for challenge in draft.registry().challenges(&host.name).to_vec() {
        draft.put(Change::Challenge(Delta::removed(&challenge)));
    }
    for token in draft.registry().tokens_naming(&host.name).cloned().collect::<Vec<_>>() {
        if let Some(scope) = token.scope.without(&host.name) {
            let after = Token { scope, ..Token::clone(&token) };
            draft.put(Change::Token(Delta::changed(&token, after)));
        }
    }
    take_out_of_keys(draft, host);
    let shared = draft.registry().domain(host.domain).filter(|domain| domain.shared).cloned();
    if let Some(domain) = shared {
        take_dependent_records(draft, host, &domain);
        reserve(draft, host);
    }
    draft.put(Change::Host(Delta::removed(host)));
}

fn take_out_of_keys(draft: &mut Draft<'_>, host: &Host) {
    let without =
        |key: &Arc<TsigKey>| -> Option<(Arc<TsigKey>, Scope)> { Some((key.clone(), key.scope.without(&host.name)?)) };
    for (key, scope) in draft.registry().tsig_keys().filter_map(without).collect::<Vec<_>>() {
        let after = TsigKey { scope, ..TsigKey::clone(&key) };
        draft.put(Change::TsigKey(Delta::changed(&key, after)));
    }
}

/// In a shared domain a host's owner may hold records at and below it; they go unless another host of the owner holds them.
fn take_dependent_records(draft: &mut Draft<'_>, host: &Host, domain: &Domain) {
    let registry = draft.registry();
    let held = |name: &Name| {
        domain.is_owned_by(host.owner)
            || above(registry, name, domain).any(|other| other.owner == host.owner && other.number != host.number)
    };
    let below = registry.records_at_or_below(host.name.name());
    let going = below
        .filter(|record| record.domain == domain.number && record.owner == Some(host.owner) && !held(&record.name));
    for record in going.cloned().collect::<Vec<_>>() {
        draft.put(Change::Record(Delta::removed(&record)));
    }
}

fn reserve(draft: &mut Draft<'_>, host: &Host) {
    let now = draft.now;
    let registry = draft.registry();
    let days = u64::from(registry.settings().reservation_days);
    if days == 0 {
        return;
    }
    let end = now.after(std::time::Duration::from_secs(days.saturating_mul(86_400)));
    let reservation = Reservation { name: host.name.clone(), owner: host.owner, end };
    let before = registry.reservation(&host.name).cloned();
    draft.put(Change::Reservation(Delta { before, after: Some(Arc::new(reservation)) }));
}

pub(super) fn release(draft: &mut Draft<'_>, actor: &Actor, name: &Fqdn) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let reservation = draft.registry().reservation(name).cloned();
    let reservation = reservation.ok_or_else(|| Refusal::not_found(Kind::Reservation, name))?;
    draft.put(Change::Reservation(Delta::removed(&reservation)));
    Ok(Receipt::Done)
}

pub(super) fn add_challenge(
    draft: &mut Draft<'_>,
    actor: &Actor,
    name: &Fqdn,
    value: &ChallengeValue,
    keep: Option<usize>,
) -> Result<Receipt, Refusal> {
    let now = draft.now;
    let registry = draft.registry();
    let end = now.after(registry.settings().challenge_life.duration());
    let host = actor.host(registry, name, Action::AcmeChallenge)?;
    let owner_name = crate::registry::challenge_name(&host.name)
        .ok_or(Refusal::TooMany { what: "octets of the challenge's name", max: policy::NAME_WIRE_MAX })?;
    if registry.records_at(&owner_name).iter().any(|record| crate::registry::stands_alone(&record.data)) {
        return Err(Refusal::NotAlone { name: owner_name });
    }
    let present = registry.challenges(name).to_vec();
    let before = present.iter().find(|challenge| challenge.value == *value).cloned();
    let mut others: Vec<_> = present.into_iter().filter(|challenge| challenge.value != *value).collect();
    others.sort_by_key(|challenge| challenge.end);
    let too_many = keep.map_or(0, |keep| others.len().saturating_add(1).saturating_sub(keep));
    let going: Vec<_> = others.drain(..too_many.min(others.len())).collect();
    if before.is_none() && others.len() >= policy::CHALLENGES_PER_HOST {
        return Err(Refusal::quota(Kind::Challenge, policy::CHALLENGES_PER_HOST as u64));
    }
    for challenge in &going {
        draft.put(Change::Challenge(Delta::removed(challenge)));
    }
    if before.as_ref().is_none_or(|before| before.end != end) {
        let after = Arc::new(Challenge { host: name.clone(), value: value.clone(), end });
        draft.put(Change::Challenge(Delta { before, after: Some(after) }));
    }
    Ok(Receipt::Done)
}

pub(super) fn remove_challenge(
    draft: &mut Draft<'_>,
    actor: &Actor,
    name: &Fqdn,
    value: Option<&ChallengeValue>,
) -> Result<Receipt, Refusal> {
    let registry = draft.registry();
    actor.host(registry, name, Action::AcmeChallenge)?;
    let meant = |challenge: &&Arc<Challenge>| value.is_none_or(|value| challenge.value == *value);
    for challenge in registry.challenges(name).iter().filter(meant).cloned().collect::<Vec<_>>() {
        draft.put(Change::Challenge(Delta::removed(&challenge)));
    }
    Ok(Receipt::Done)
}

fn one(outcome: HostOutcome) -> Receipt {
    Receipt::Hosts(vec![HostLine { name: outcome.host.name.clone(), outcome: Ok(outcome) }])
}
