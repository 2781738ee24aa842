//! What an operator's change of a managed record is a change of.

use ddns_core::listing::{Listed, Source};
use ddns_core::{
    AddressEdit, Command, Domain, DomainEdit, DomainKey, HostEdit, HostNo, HostTtl, Kind, RecordData, RecordEdit,
    Registry, Soa, SoaTimers, Together, Ttl, UnicastV4, UnicastV6, ValueError,
};

use super::wrong::Wrong;

/// The command that an edit of a managed record stands for.
///
/// # Errors
/// [`Wrong::bad_request`], with the place where such a thing is changed.
pub(super) fn command(
    registry: &Registry,
    domain: &Domain,
    listed: &Listed,
    edit: &RecordEdit,
) -> Result<Command, Wrong> {
    if edit.name.as_ref().is_some_and(|name| *name != listed.owner) {
        return Err(Wrong::bad_request("A managed record keeps its name"));
    }
    if edit.description.as_ref().is_some_and(Option::is_some) {
        return Err(Wrong::bad_request("A managed record has no description"));
    }
    match listed.source {
        Source::Soa => set_soa(domain, listed, edit),
        Source::Host(number) => set_host(registry, number, edit),
        Source::NameServer | Source::ServerAddress => {
            Err(Wrong::bad_request("It is made of the name servers; change those at /v1/servers"))
        }
        Source::Challenge(_) => Err(Wrong::bad_request("It is a challenge value, and ends by itself")),
        Source::Record | Source::FurtherNs => Err(Wrong::bad_request("It is not managed")),
    }
}

/// The responsible person and the times are the domain's; its serial and its first name server are nobody's to choose.
fn set_soa(domain: &Domain, listed: &Listed, edit: &RecordEdit) -> Result<Command, Wrong> {
    if edit.ttl.is_some_and(|ttl| ttl.is_some()) {
        return Err(Wrong::bad_request("The SOA record has the domain's ttl; change that"));
    }
    let mut change = DomainEdit::default();
    if let (RecordData::Soa(present), Some(RecordData::Soa(wanted))) = (&listed.data, &edit.data) {
        if (&wanted.mname, wanted.serial) != (&present.mname, present.serial) {
            return Err(Wrong::bad_request("A zone's first name server and its serial are made by the service itself"));
        }
        change.email = Some(wanted.rname.clone());
        change.timers = Some(timers(wanted)?);
    }
    Ok(Command::SetDomain { domain: DomainKey::Id(domain.id), edit: change })
}

fn timers(soa: &Soa) -> Result<SoaTimers, Wrong> {
    let time = |secs: u32| Ttl::try_from(secs).map_err(refused);
    Ok(SoaTimers {
        refresh: time(soa.refresh)?,
        retry: time(soa.retry)?,
        expire: time(soa.expire)?,
        minimum: time(soa.minimum)?,
    })
}

fn set_host(registry: &Registry, number: HostNo, edit: &RecordEdit) -> Result<Command, Wrong> {
    let host = registry.host_by_number(number).ok_or_else(|| Wrong::not_found(Kind::Record))?;
    let mut change = HostEdit::default();
    match &edit.data {
        Some(RecordData::A(address)) => {
            change.ipv4 = AddressEdit::Set(UnicastV4::try_from(*address).map_err(refused)?);
        }
        Some(RecordData::Aaaa(address)) => {
            change.ipv6 = AddressEdit::Set(UnicastV6::try_from(*address).map_err(refused)?);
        }
        _ => (),
    }
    if let Some(ttl) = edit.ttl {
        let secs = ttl.map_or(HostTtl::default().secs(), Ttl::secs);
        change.ttl = Some(HostTtl::try_from(secs).map_err(refused)?);
    }
    let hosts = vec![host.name.clone()];
    Ok(Command::SetHosts { hosts, edit: change, together: Together::AllOrNothing })
}

fn refused(error: ValueError) -> Wrong {
    Wrong::bad_request(error.to_string())
}
