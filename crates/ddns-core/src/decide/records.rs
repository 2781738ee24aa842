//! Records beside the hosts.

use std::sync::Arc;

use uuid::Uuid;

use super::{Actor, Draft, Receipt, changed, hosts, made};
use crate::change::{Change, Delta};
use crate::command::{NewRecord, RecordEdit};
use crate::domain::Domain;
use crate::name::Name;
use crate::policy;
use crate::record::{Record, RecordData, RecordType};
use crate::refusal::{Kind, Refusal};
use crate::registry::{Registry, stands_alone};
use crate::value::{AccountNo, DomainNo};
use crate::zone::{self, is_own_ns};

pub(super) fn add(draft: &mut Draft<'_>, actor: &Actor, new: &NewRecord) -> Result<Receipt, Refusal> {
    actor.manage_all()?;
    let created = draft.now;
    let registry = draft.registry();
    if registry.record(new.id).is_some() {
        return Err(Refusal::taken(new.id));
    }
    let domain = place(registry, actor, &new.name, new.domain)?;
    check(registry, &domain, &[], &new.name, &new.data)?;
    let owner = holder(registry, actor, &domain, &new.name);
    check_room(registry, owner, &domain, new)?;
    check_new(registry, &domain, None, &new.name, &new.data)?;
    let set = registry.rrset(&new.name, new.data.record_type()).next();
    let record = Record {
        id: new.id,
        domain: domain.number,
        owner,
        name: new.name.clone(),
        data: new.data.clone(),
        ttl: if is_own_ns(&domain.name, &new.name, &new.data) { None } else { set.map_or(new.ttl, |set| set.ttl) },
        description: new.description.clone(),
        version: 1,
        created,
        updated: None,
    };
    Ok(Receipt::Record(made(record, Change::Record, draft)))
}

/// Whose a record is in a shared domain: the actor's; where that is no account, the host's at or below whose name it stands.
/// In a private domain all records are its owner's, whoever makes them.
fn holder(registry: &Registry, actor: &Actor, domain: &Domain, name: &Name) -> Option<AccountNo> {
    let nearest = || hosts::above(registry, name, domain).next().map(|host| host.owner);
    actor.number().or_else(nearest).filter(|_| domain.shared)
}

/// Whether the quotas leave room for one more: those of the domain's owner; in a shared domain each account's own, so that
/// nobody uses up the others'. What belongs to nobody has no quota.
fn check_room(registry: &Registry, holder: Option<AccountNo>, domain: &Domain, new: &NewRecord) -> Result<(), Refusal> {
    let payer = if domain.shared { holder.or(domain.owner) } else { domain.owner };
    if let Some(account) = payer.and_then(|payer| registry.account(payer)) {
        if held(registry, domain, holder) >= u64::from(account.max_records) {
            return Err(Refusal::quota(Kind::Record, account.max_records));
        }
        let opens_set = registry.rrset(&new.name, new.data.record_type()).next().is_none();
        if opens_set && !domain.shared && registry.rrset_count(domain.number) as u64 >= u64::from(account.max_rrsets) {
            return Err(Refusal::quota(Kind::Rrset, account.max_rrsets));
        }
    }
    let narrow = payer.and_then(|payer| registry.account(payer)).map(|account| account.max_rrset_records);
    let narrow = narrow.unwrap_or(policy::RECORDS_PER_NARROW_RRSET);
    let present = registry.rrset(&new.name, new.data.record_type()).count();
    if new.narrow && present as u64 >= u64::from(narrow) {
        return Err(Refusal::quota(Kind::Record, narrow));
    }
    if present >= policy::RECORDS_PER_RRSET {
        return Err(Refusal::TooMany { what: "records of one type at one name", max: policy::RECORDS_PER_RRSET });
    }
    Ok(())
}

/// How many records count against the quota.
fn held(registry: &Registry, domain: &Domain, holder: Option<AccountNo>) -> u64 {
    let count = match holder.filter(|_| domain.shared) {
        Some(owner) => registry.record_share(domain.number, owner),
        None => registry.record_count(domain.number),
    };
    count as u64
}

pub(super) fn set(draft: &mut Draft<'_>, actor: &Actor, id: Uuid, edit: &RecordEdit) -> Result<Receipt, Refusal> {
    let before = own(draft.registry(), actor, id)?;
    let registry = draft.registry();
    if edit.instead_of.as_ref().is_some_and(|data| *data != before.data) {
        return Err(Refusal::Stale);
    }
    let record_type = before.data.record_type();
    let data = edit.data.clone().unwrap_or_else(|| before.data.clone());
    if data.record_type() != record_type {
        return Err(Refusal::OtherType { record_type });
    }
    let name = edit.name.clone().unwrap_or_else(|| before.name.clone());
    let domain = place(registry, actor, &name, Some(before.domain))?;
    let set = rrset_of(registry, actor, &before, edit)?;
    let (moves, data_changes) = (name != before.name, data != before.data);
    if moves && registry.rrset(&name, record_type).next().is_some() {
        return Err(Refusal::RrsetExists { name, record_type });
    }
    if moves || data_changes {
        check(registry, &domain, &set, &name, &data)?;
        check_new(registry, &domain, Some(before.id), &name, &data)?;
    }
    for other in set.iter().filter(|other| moves && other.id != before.id) {
        if other.data == data {
            return Err(taken(&name, &data));
        }
        check_new(registry, &domain, None, &name, &other.data)?;
    }
    let ttl = if is_own_ns(&domain.name, &name, &data) { Some(None) } else { edit.ttl };
    let mut receipt = before.clone();
    for present in &set {
        let itself = present.id == before.id;
        let after = Record {
            name: name.clone(),
            data: if itself { data.clone() } else { present.data.clone() },
            ttl: ttl.unwrap_or(present.ttl),
            description: edit.description.clone().filter(|_| itself).unwrap_or_else(|| present.description.clone()),
            ..Record::clone(present)
        };
        let after = written(draft, present, after);
        receipt = if itself { after } else { receipt };
    }
    Ok(Receipt::Record(receipt))
}

/// Records a changed record as its next version, unless it is as before.
fn written(draft: &mut Draft<'_>, before: &Arc<Record>, mut after: Record) -> Arc<Record> {
    if after != **before {
        after.version = after.version.saturating_add(1);
        after.updated = Some(draft.now);
    }
    changed(before, after, Change::Record, draft)
}

/// The records that an edit touches: the whole RRset, where it is about what belongs to that. The actor must be allowed to
/// change each.
fn rrset_of(
    registry: &Registry,
    actor: &Actor,
    record: &Arc<Record>,
    edit: &RecordEdit,
) -> Result<Vec<Arc<Record>>, Refusal> {
    let moves = edit.name.as_ref().is_some_and(|name| *name != record.name);
    if !moves && edit.ttl.is_none_or(|ttl| ttl == record.ttl) {
        return Ok(vec![record.clone()]);
    }
    let set = registry.rrset(&record.name, record.data.record_type());
    set.map(|member| own(registry, actor, member.id)).collect()
}

pub(super) fn remove(draft: &mut Draft<'_>, actor: &Actor, id: Uuid) -> Result<Receipt, Refusal> {
    let record = own(draft.registry(), actor, id)?;
    draft.put(Change::Record(Delta::removed(&record)));
    Ok(Receipt::Done)
}

/// A record that the actor may change.
fn own(registry: &Registry, actor: &Actor, id: Uuid) -> Result<Arc<Record>, Refusal> {
    let record = registry.record(id).cloned().ok_or_else(|| Refusal::not_found(Kind::Record, id))?;
    let domain = registry.domain(record.domain);
    let in_own_domain = domain.is_some_and(|domain| domain.owner == actor.number());
    let own = domain.is_some_and(|domain| domain.shared) && record.owner == actor.number();
    if !actor.is_operator() && !own && !in_own_domain {
        return Err(Refusal::not_yours(Kind::Record, id));
    }
    actor.manage_all()?;
    let own_ns = domain.is_some_and(|domain| is_own_ns(&domain.name, &record.name, &record.data));
    if own_ns && !actor.is_operator() {
        return Err(Refusal::Managed { what: "a zone's own NS RRset" });
    }
    Ok(record)
}

/// The domain in which the actor may have a record of this name: its own, or a shared one at and below its own host.
fn place(registry: &Registry, actor: &Actor, name: &Name, wanted: Option<DomainNo>) -> Result<Arc<Domain>, Refusal> {
    if let Some(wanted) = wanted {
        check_inside(registry, name, wanted)?;
    }
    let domain = registry.enclosing_domain(name).ok_or_else(|| Refusal::NoDomain { name: name.clone() })?;
    let mine = |owner| actor.number() == Some(owner);
    // Who is no account acts for the host's owner.
    let acts_for = |owner| mine(owner) || actor.number().is_none();
    if domain.shared && hosts::above(registry, name, domain).any(|host| acts_for(host.owner)) {
        return Ok(domain.clone());
    }
    if !actor.is_operator() && domain.owner != actor.number() {
        return Err(Refusal::PrivateDomain { domain: domain.name.name().clone() });
    }
    let foreign = if domain.shared && name != domain.name.name() {
        hosts::neighbour(registry, name, domain, |host| !mine(host.owner))
    } else {
        None
    };
    match foreign {
        Some(host) => Err(Refusal::Overlaps { name: name.clone(), other: host.name.name().clone() }),
        None => Ok(domain.clone()),
    }
}

/// A name lies in this domain, and in no other between.
fn check_inside(registry: &Registry, name: &Name, wanted: DomainNo) -> Result<(), Refusal> {
    let domain = registry.domain(wanted).ok_or_else(|| Refusal::not_found(Kind::Domain, wanted.get()))?;
    let apex = domain.name.name();
    if !name.is_at_or_below(apex) {
        return Err(Refusal::OutsideDomain { name: name.clone(), domain: apex.clone() });
    }
    match registry.enclosing_domain(name).filter(|enclosing| enclosing.number != wanted) {
        Some(child) => Err(Refusal::InChildDomain { name: name.clone(), child: child.name.name().clone() }),
        None => Ok(()),
    }
}

/// Whether a type of data may stand at a name, when these records have gone from where they are.
fn check(
    registry: &Registry,
    domain: &Domain,
    going: &[Arc<Record>],
    name: &Name,
    data: &RecordData,
) -> Result<(), Refusal> {
    let apex = name == domain.name.name();
    match data {
        RecordData::Soa(_) => return Err(Refusal::Managed { what: "a zone's SOA record" }),
        RecordData::Cname(_) | RecordData::Ds(_) if apex => {
            return Err(Refusal::NotAtApex { name: name.clone(), record_type: data.record_type() });
        }
        RecordData::Ns(_) if !apex => check_delegation(registry, name)?,
        RecordData::A(_) | RecordData::Aaaa(_) | RecordData::Cname(_) => check_host(registry, name, data)?,
        _ => (),
    }
    let mut others = registry.records_at(name).iter().filter(|record| going.iter().all(|gone| gone.id != record.id));
    let has_challenges = registry.node(name.key()).and_then(|node| node.extras.as_ref());
    let has_challenges = has_challenges.is_some_and(|extras| !extras.challenges.is_empty());
    let beside_others = stands_alone(data) && (others.next().is_some() || has_challenges);
    if beside_others || others.any(|record| stands_alone(&record.data)) {
        return Err(Refusal::NotAlone { name: name.clone() });
    }
    Ok(())
}

/// An RRset has no record twice (RFC 2181, section 5).
fn check_new(
    registry: &Registry,
    domain: &Domain,
    before: Option<Uuid>,
    name: &Name,
    data: &RecordData,
) -> Result<(), Refusal> {
    let mut others = registry.records_at(name).iter().filter(|record| before != Some(record.id));
    let derived = is_own_ns(&domain.name, name, data) && zone::has_name_server(registry, domain, data);
    if derived || others.any(|record| record.data == *data) {
        return Err(taken(name, data));
    }
    Ok(())
}

fn taken(name: &Name, data: &RecordData) -> Refusal {
    Refusal::taken(format!("{name} {} {data}", data.record_type()))
}

/// No host, server or child domain may answer where an address or alias would stand.
fn check_host(registry: &Registry, name: &Name, data: &RecordData) -> Result<(), Refusal> {
    let taken = match registry.host_by_name(name.key()) {
        Some(_) => Some("host"),
        None if is_name_server(registry, name) => Some("name server"),
        // An NS record never leads to an alias (RFC 2181, section 10.3).
        None if stands_alone(data) && zone::names_server(registry, name) => Some("name server"),
        None => None,
    };
    let wildcard = name.is_wildcard().then(|| name.parent()).flatten();
    let wildcard = wildcard.and_then(|parent| registry.host_by_name(parent.key())).filter(|host| host.wildcard);
    match (taken, wildcard) {
        (Some(other), _) => Err(Refusal::Conflict { name: name.clone(), other: other.to_owned() }),
        (None, Some(_)) => Err(Refusal::Conflict { name: name.clone(), other: "host's wildcard".to_owned() }),
        (None, None) => Ok(()),
    }
}

/// A delegation hides everything at and below it.
fn check_delegation(registry: &Registry, name: &Name) -> Result<(), Refusal> {
    let other = if let Some(host) = registry.hosts_at_or_below(name).next() {
        format!("host {}", host.name)
    } else if let Some(domain) = registry.domains_at_or_below(name).next() {
        format!("domain {}", domain.name)
    } else if name.is_wildcard() {
        return Err(Refusal::WildcardDelegation { name: name.clone() });
    } else {
        return Ok(());
    };
    Err(Refusal::Conflict { name: name.clone(), other })
}

/// The delegation to somebody else's name servers at or above a name, below its apex.
pub(super) fn delegation_above(registry: &Registry, name: &Name) -> Option<Name> {
    let apex = registry.enclosing_domain(name)?.name.name().clone();
    let ancestors = std::iter::successors(Some(name.clone()), Name::parent);
    let mut inside = ancestors.take_while(|ancestor| ancestor.is_below(&apex));
    inside
        .find(|ancestor| registry.records_at(ancestor).iter().any(|record| record.data.record_type() == RecordType::NS))
}

/// Whether a name is one of our name servers', so that its addresses are derived.
pub(super) fn is_name_server(registry: &Registry, name: &Name) -> bool {
    zone::server_addresses(registry, name).is_some_and(|addresses| !addresses.is_empty())
}

/// What answers for addresses at a name already.
pub(super) fn answers_at(registry: &Registry, name: &Name) -> Option<String> {
    if registry.host_by_name(name.key()).is_some() {
        return Some("host".to_owned());
    }
    let clash = registry.records_at(name).iter().find(|record| record.data.clashes_with_host());
    clash.map(|record| format!("{} record", record.data.record_type()))
}
