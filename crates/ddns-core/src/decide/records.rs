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
use crate::zone;

pub(super) fn add(draft: &mut Draft<'_>, actor: &Actor, new: &NewRecord) -> Result<Receipt, Refusal> {
    actor.manage_all()?;
    let created = draft.now;
    let registry = draft.registry();
    if registry.record(new.id).is_some() {
        return Err(Refusal::taken(new.id));
    }
    let domain = place(registry, actor, &new.name)?;
    if held(registry, &domain, actor) >= policy::RECORDS_PER_DOMAIN {
        return Err(Refusal::quota(Kind::Record, policy::RECORDS_PER_DOMAIN as u64));
    }
    check(registry, &domain, None, &new.name, &new.data)?;
    let record = Record {
        id: new.id,
        domain: domain.number,
        owner: actor.number(),
        name: new.name.clone(),
        data: new.data.clone(),
        ttl: new.ttl,
        description: new.description.clone(),
        version: 1,
        created,
        updated: None,
    };
    Ok(Receipt::Record(made(record, Change::Record, draft)))
}

/// How many records count against the quota: the domain's, and in a shared one each account's own, so that nobody uses
/// up the others'.
fn held(registry: &Registry, domain: &Domain, actor: &Actor) -> usize {
    match actor.number().filter(|_| domain.shared) {
        Some(owner) => registry.records_of(owner).filter(|record| record.domain == domain.number).count(),
        None => registry.record_count(domain.number),
    }
}

pub(super) fn set(draft: &mut Draft<'_>, actor: &Actor, id: Uuid, edit: &RecordEdit) -> Result<Receipt, Refusal> {
    let before = own(draft, actor, id)?;
    let registry = draft.registry();
    let name = edit.name.clone().unwrap_or_else(|| before.name.clone());
    let data = edit.data.clone().unwrap_or_else(|| before.data.clone());
    let domain = place(registry, actor, &name)?;
    if domain.number != before.domain {
        return Err(Refusal::NoDomain { name });
    }
    check(registry, &domain, Some(&before), &name, &data)?;
    let mut after = Record {
        name,
        data,
        ttl: edit.ttl.unwrap_or(before.ttl),
        description: edit.description.clone().unwrap_or_else(|| before.description.clone()),
        ..Record::clone(&before)
    };
    if after != *before {
        after.version = after.version.saturating_add(1);
        after.updated = Some(draft.now);
    }
    Ok(Receipt::Record(changed(&before, after, Change::Record, draft)))
}

pub(super) fn remove(draft: &mut Draft<'_>, actor: &Actor, id: Uuid) -> Result<Receipt, Refusal> {
    let record = own(draft, actor, id)?;
    draft.put(Change::Record(Delta::removed(&record)));
    Ok(Receipt::Done)
}

/// A record that the actor may change.
fn own(draft: &mut Draft<'_>, actor: &Actor, id: Uuid) -> Result<Arc<Record>, Refusal> {
    let registry = draft.registry();
    let record = registry.record(id).cloned().ok_or_else(|| Refusal::not_found(Kind::Record, id))?;
    let in_own_domain = registry.domain(record.domain).is_some_and(|domain| domain.owner == actor.number());
    if !actor.is_operator() && record.owner != actor.number() && !in_own_domain {
        return Err(Refusal::not_yours(Kind::Record, id));
    }
    actor.manage_all()?;
    Ok(record)
}

/// The domain in which the actor may have a record of this name: its own, or a shared one at and below its own host.
fn place(registry: &Registry, actor: &Actor, name: &Name) -> Result<Arc<Domain>, Refusal> {
    let domain = registry.enclosing_domain(name).ok_or_else(|| Refusal::NoDomain { name: name.clone() })?;
    let mine = |owner| actor.number() == Some(owner);
    let under_own_host = domain.shared && hosts::above(registry, name, domain).any(|host| mine(host.owner));
    if under_own_host {
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

/// Whether data may stand at a name, in the place of `before` if that is given.
fn check(
    registry: &Registry,
    domain: &Domain,
    before: Option<&Record>,
    name: &Name,
    data: &RecordData,
) -> Result<(), Refusal> {
    let apex = name == domain.name.name();
    match data {
        RecordData::Soa(_) => return Err(Refusal::Managed { what: "a zone's SOA record" }),
        RecordData::Ns(_) if apex => return Err(Refusal::Managed { what: "a zone's own NS record" }),
        RecordData::Cname(_) if apex => {
            return Err(Refusal::Conflict { name: name.clone(), other: "SOA record".to_owned() });
        }
        RecordData::Ns(_) => check_delegation(registry, name)?,
        RecordData::A(_) | RecordData::Aaaa(_) | RecordData::Cname(_) => check_host(registry, name)?,
        RecordData::Ptr(_) | RecordData::Mx { .. } | RecordData::Srv { .. } => (),
        RecordData::Txt(_) | RecordData::Spf(_) | RecordData::Sshfp { .. } => (),
    }
    let others =
        || registry.records_at(name).iter().filter(|record| before.is_none_or(|before| before.id != record.id));
    if let Some(same) = others().find(|record| record.data == *data) {
        return Err(Refusal::taken(format!("{name} {} {}", same.data.record_type(), same.data)));
    }
    let has_challenges = registry.node(name.key()).and_then(|node| node.extras.as_ref());
    let has_challenges = has_challenges.is_some_and(|extras| !extras.challenges.is_empty());
    if stands_alone(data) && (others().next().is_some() || has_challenges) {
        return Err(Refusal::Conflict { name: name.clone(), other: "record".to_owned() });
    }
    if others().any(|record| stands_alone(&record.data)) {
        return Err(Refusal::Conflict { name: name.clone(), other: "CNAME record".to_owned() });
    }
    let record_type = data.record_type();
    if others().filter(|record| record.data.record_type() == record_type).count() >= policy::RECORDS_PER_RRSET {
        return Err(Refusal::TooMany { what: "records of one type at one name", max: policy::RECORDS_PER_RRSET });
    }
    Ok(())
}

/// No host, server or child domain may answer where an address or alias would stand.
fn check_host(registry: &Registry, name: &Name) -> Result<(), Refusal> {
    let taken = match registry.host_by_name(name.key()) {
        Some(_) => Some("host"),
        None if is_name_server(registry, name) => Some("name server"),
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
        "wildcard label".to_owned()
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
