//! A zone's records as lists show them: those that people made, and those that the service makes by itself.
//!
//! The apex's own come first (SOA, NS, the name servers' addresses), then hosts' addresses and records in the order of their
//! making. A managed record has an id that leads back to what it is made of, without an index.
//!
//! It is what [`zone::records`] has at the domain's own names. What stands in a zone because of a domain below it (the
//! delegation's NS and glue) is in the list of that domain alone. Where somebody's record and the service say the same,
//! the zone has it once, and the list has it as the record.

use uuid::{Builder, Uuid};

use crate::domain::Domain;
use crate::host::Host;
use crate::name::{Name, ZoneName};
use crate::record::{Record, RecordData, Text};
use crate::registry::{Registry, challenge_name};
use crate::value::{Description, HostNo, Timestamp, Ttl};
use crate::zone;

/// A record as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its public id.
    pub id: Uuid,
    /// The owner name.
    pub owner: Name,
    /// Type and data.
    pub data: RecordData,
    /// Its own time to live; none takes the domain's.
    pub ttl: Option<Ttl>,
    /// A free text beside it.
    pub description: Option<Description>,
    /// How often it was written, as far as that is counted.
    pub version: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed; none if never.
    pub updated: Option<Timestamp>,
    /// What it is made of.
    pub source: Source,
    /// Where it stands in the list.
    pub place: Place,
}

/// What a listed record is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A record that somebody made.
    Record,
    /// A record that somebody put into the RRset of the zone's name servers, which is managed as a whole.
    FurtherNs,
    /// The domain: the start of authority.
    Soa,
    /// A name server of all zones.
    NameServer,
    /// A name server's address.
    ServerAddress,
    /// A host's address, its own or that of its wildcard.
    Host(HostNo),
    /// A challenge value of a host.
    Challenge(HostNo),
}

/// A place in a list, from which it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The apex's own, by their number.
    Apex(usize),
    /// Everything else, by the time of its making.
    Made(Timestamp, Item),
}

/// What stands at a place, among what was made at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// One of a host's records, by its id: whatever else the host answers by then, the list goes on behind it.
    Host(HostNo, Uuid),
    /// A record.
    Record(Uuid),
}

impl Listed {
    /// Whether the service keeps it up by itself.
    pub fn is_managed(&self) -> bool {
        self.source != Source::Record
    }
}

/// A domain's records behind a place; all of them without one.
pub fn records<'r>(
    registry: &'r Registry,
    domain: &'r Domain,
    after: Option<Place>,
) -> impl Iterator<Item = Listed> + use<'r> {
    let apex = if matches!(after, None | Some(Place::Apex(_))) { of_apex(registry, domain) } else { Vec::new() };
    let (from_host, from_record) = starts(after);
    let mut hosts = registry.hosts_in(domain.number, from_host).peekable();
    let mut records = registry.records_in(domain.number, from_record).peekable();
    let made = std::iter::from_fn(move || {
        let host_first = match (hosts.peek(), records.peek()) {
            (Some(host), Some(record)) => host.created <= record.created,
            (host, _) => host.is_some(),
        };
        if host_first {
            return hosts.next().map(|host| of_host(registry, domain, host));
        }
        records.next().map(|record| vec![of_record(&domain.name, record)])
    });
    apex.into_iter().chain(made.flatten()).filter(move |listed| after.is_none_or(|after| listed.place > after))
}

/// A domain's record by its id.
pub fn find(registry: &Registry, domain: &Domain, id: Uuid) -> Option<Listed> {
    if let Some(record) = registry.record(id) {
        return Some(of_record(&domain.name, record)).filter(|_| record.domain == domain.number);
    }
    let host = number_of(id).and_then(|number| registry.host_by_number(number));
    let host = host.filter(|host| host.domain == domain.number).map(|host| of_host(registry, domain, host));
    of_apex(registry, domain).into_iter().chain(host.into_iter().flatten()).find(|listed| listed.id == id)
}

/// When a domain, or anything that its zone holds, was last changed; none if never.
pub fn updated(registry: &Registry, domain: &Domain) -> Option<Timestamp> {
    let last = domain.updated.max(registry.zone_head(domain.number).changed);
    Some(last).filter(|last| *last > domain.created)
}

/// Where hosts and records begin that may stand behind a place.
fn starts(after: Option<Place>) -> ((Timestamp, HostNo), (Timestamp, Uuid)) {
    let (first, last) = (HostNo::MIN, HostNo::MAX);
    match after {
        None | Some(Place::Apex(_)) => ((Timestamp::default(), first), (Timestamp::default(), Uuid::nil())),
        Some(Place::Made(time, Item::Host(number, _))) => ((time, number), (time, Uuid::nil())),
        Some(Place::Made(time, Item::Record(id))) => ((time, last), (time, id)),
    }
}

/// A record of a domain as its list shows it.
pub fn of_record(zone: &ZoneName, record: &Record) -> Listed {
    let source = if zone::is_own_ns(zone, &record.name, &record.data) { Source::FurtherNs } else { Source::Record };
    Listed {
        id: record.id,
        owner: record.name.clone(),
        data: record.data.clone(),
        ttl: record.ttl,
        description: record.description.clone(),
        version: record.version,
        created: record.created,
        updated: record.updated,
        source,
        place: Place::Made(record.created, Item::Record(record.id)),
    }
}

/// SOA, NS, the addresses of name servers whose names lie in the zone, and the challenge values of a host right above it.
fn of_apex(registry: &Registry, domain: &Domain) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut add = |kind, owner: &Name, data: RecordData, updated, source| {
        let id = managed_id(domain.number.get(), kind, owner, &data);
        let (owner, created) = (owner.clone(), domain.created);
        let place = Place::Apex(listed.len());
        let (ttl, description, version) = (None, None, 1);
        listed.push(Listed { id, owner, data, ttl, description, version, created, updated, source, place });
    };
    let apex = domain.name.name();
    add(KIND_SOA, apex, RecordData::Soa(zone::soa(registry, domain)), updated(registry, domain), Source::Soa);
    zone::each_name_server(registry, domain, &mut |name| {
        let changed = registry.server(&name).and_then(|server| server.updated);
        let data = RecordData::Ns(name);
        if !is_record(registry, apex, &data) {
            add(KIND_NS, apex, data, changed, Source::NameServer);
        }
    });
    zone::each_server_in(registry, domain, &mut |name, data| {
        add(KIND_SERVER_ADDRESS, name, data.clone(), None, Source::ServerAddress);
    });
    // A domain at `_acme-challenge.<host>` takes over what the host's has there.
    let above = apex.parent().and_then(|above| registry.host_by_name(above.key()));
    for mut value in above.map(|host| challenges(registry, domain, host)).unwrap_or_default() {
        value.place = Place::Apex(listed.len());
        listed.push(value);
    }
    listed
}

/// Whether a record says this.
fn is_record(registry: &Registry, name: &Name, data: &RecordData) -> bool {
    registry.records_at(name).iter().any(|record| record.data == *data)
}

/// What a host answers, by name and by wildcard, and its challenge values.
fn of_host(registry: &Registry, domain: &Domain, host: &Host) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut add = |kind, owner: Name, data: RecordData, ttl: Ttl| {
        listed.push(managed_by(host, kind, owner, data, ttl, Source::Host(host.number)));
    };
    let name = host.name.name();
    let wildcard = name.wildcard().filter(|_| host.wildcard);
    for (owner, kind) in [(Some(name.clone()), KIND_HOST), (wildcard, KIND_WILDCARD)] {
        let Some(owner) = owner else { continue };
        zone::each_address(registry, domain, host, &mut |ttl, data| add(kind, owner.clone(), data.clone(), ttl));
    }
    listed.extend(challenges(registry, domain, host));
    listed.sort_by_key(|one| one.place);
    listed
}

/// The challenge values of a host that a domain answers, but for those that a record says as well.
fn challenges(registry: &Registry, domain: &Domain, host: &Host) -> Vec<Listed> {
    let answers = |name: &Name| registry.enclosing_domain(name).is_some_and(|found| found.number == domain.number);
    let Some(owner) = challenge_name(&host.name).filter(answers) else { return Vec::new() };
    let ttl = zone::challenge_ttl(registry, domain, &owner);
    let values = registry.challenges(&host.name).iter().filter(|_| zone::answers_for(registry, &host.name));
    let data = values.filter_map(|challenge| Text::literal(challenge.value.as_str()).ok()).map(RecordData::Txt);
    let own = data.filter(|data| !is_record(registry, &owner, data));
    own.map(|data| managed_by(host, KIND_CHALLENGE, owner.clone(), data, ttl, Source::Challenge(host.number))).collect()
}

/// A record that a host makes.
fn managed_by(host: &Host, kind: u8, owner: Name, data: RecordData, ttl: Ttl, source: Source) -> Listed {
    let id = managed_id(host.number.get(), kind, &owner, &data);
    let place = Place::Made(host.created, Item::Host(host.number, id));
    let (created, updated) = (host.created, Some(host.updated).filter(|updated| *updated > host.created));
    Listed { id, owner, data, ttl: Some(ttl), description: None, version: 1, created, updated, source, place }
}

const KIND_SOA: u8 = 1;
const KIND_NS: u8 = 2;
const KIND_SERVER_ADDRESS: u8 = 3;
const KIND_HOST: u8 = 4;
const KIND_WILDCARD: u8 = 5;
const KIND_CHALLENGE: u8 = 6;

/// A UUID of version 8 (RFC 9562, section 5.8): the number of a domain or host, the kind and the type of the record, and
/// what tells several of these apart. Addresses and the SOA keep theirs when they change.
fn managed_id(number: u32, kind: u8, owner: &Name, data: &RecordData) -> Uuid {
    let [a, b, c, d] = number.to_be_bytes();
    let [high, low] = data.record_type().0.to_be_bytes();
    let stays = matches!(kind, KIND_SOA | KIND_HOST | KIND_WILDCARD);
    let apart = match kind {
        KIND_SERVER_ADDRESS => format!("{owner} {data}"), // Two name servers may have one address.
        _ => data.to_string(),
    };
    let [_, e, f, g, h, i, j, k] = if stays { [0; 8] } else { digest(&apart).to_be_bytes() };
    Builder::from_custom_bytes([a, b, c, d, kind, high, 0, low, 0, e, f, g, h, i, j, k]).into_uuid()
}

/// The host whose record has this id; none where it is no host's.
fn number_of(id: Uuid) -> Option<HostNo> {
    let [a, b, c, d, kind, ..] = *id.as_bytes();
    let of_host = matches!(kind, KIND_HOST | KIND_WILDCARD | KIND_CHALLENGE);
    HostNo::new(u32::from_be_bytes([a, b, c, d])).filter(|_| of_host)
}

/// FNV-1a: nobody gains by two ids that are alike, so nothing stronger is needed; and it must never change.
fn digest(text: &str) -> u64 {
    let step = |hash: u64, octet: &u8| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3);
    text.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
}
