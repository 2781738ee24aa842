//! A zone as DNS sees it: the records at each name, and the difference that a change makes.
//!
//! Everything that serves a zone (answers, transfers, differences, lists of managed records) asks
//! [`each_record`] and so sees the same records.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::AccountState;
use crate::change::Change;
use crate::domain::{self, Domain};
use crate::host::Host;
use crate::name::{self, Fqdn, Name, SEPARATOR, ZoneName};
use crate::policy;
use crate::record::{Record, RecordData, RecordType, Soa, Text};
use crate::registry::{Node, Registry, challenge_name};
use crate::value::{AccountNo, ClientNo, DomainNo, Serial, Timestamp, Ttl, ZoneHead};

/// One record of a zone as it is served.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ZoneRecord {
    /// The owner name.
    pub owner: Name,
    /// Its time to live.
    pub ttl: Ttl,
    /// Type and data.
    #[serde(flatten)]
    pub data: RecordData,
}

/// What one commit made of a zone: the content of one IXFR step (RFC 1995).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneDifference {
    /// Which zone.
    pub domain: DomainNo,
    /// Its serial before.
    pub from: Serial,
    /// Its serial after.
    pub to: Serial,
    /// The records that went, the old SOA among them.
    pub removed: Vec<ZoneRecord>,
    /// The records that came, the new SOA among them.
    pub added: Vec<ZoneRecord>,
}

/// Takes over the serials that a batch of changes brings, one step for each zone that it touches: one in which a record
/// comes or goes, or whose domain is changed in any way.
///
/// `before` is the last published state and `after` is that state with `changes` applied. A zone that is new takes the
/// clock's serial, one that is there again a later one than its last, and neither has a difference.
pub fn advance(before: &Registry, after: &mut Registry, changes: &[Change], now: Timestamp) -> Vec<ZoneDifference> {
    let mut differences = Vec::new();
    for (number, names) in touched(before, after, changes) {
        let Some(new) = after.domain(number).cloned() else { continue };
        let Some(old) = before.domain(number) else {
            let last = after.retired_serial(new.name.name());
            let serial = last.map_or(Serial::at(now), |last| last.next(now));
            after.set_zone_head(number, ZoneHead { serial, changed: new.created });
            continue;
        };
        let mut removed = records_at_all(before, old, &names);
        let mut added = records_at_all(after, &new, &names);
        let kept: BTreeSet<ZoneRecord> = removed.intersection(&added).cloned().collect();
        removed.retain(|record| !kept.contains(record));
        added.retain(|record| !kept.contains(record));
        let soa_changed = soa(before, old) != soa(after, &new);
        if removed.is_empty() && added.is_empty() && !soa_changed && *old == new {
            continue;
        }
        let from = before.serial(number);
        let to = from.next(now);
        let apex = |ttl, soa| ZoneRecord { owner: new.name.name().clone(), ttl, data: RecordData::Soa(soa) };
        removed.insert(apex(old.ttl, soa(before, old)));
        after.set_zone_head(number, ZoneHead { serial: to, changed: now });
        added.insert(apex(new.ttl, soa(after, &new)));
        let (removed, added) = (removed.into_iter().collect(), added.into_iter().collect());
        differences.push(ZoneDifference { domain: number, from, to, removed, added });
    }
    differences
}

/// All records of a zone, in canonical order of their owners: the content of an AXFR (RFC 5936).
pub fn records(registry: &Registry, domain: &Domain) -> Vec<ZoneRecord> {
    let mut records = Vec::new();
    for owner in names(registry, domain) {
        each_record(registry, domain, owner.key(), &mut |ttl, data| {
            records.push(ZoneRecord { owner: owner.clone(), ttl, data: data.clone() });
        });
    }
    records
}

/// Calls `f` for each record of `domain` at the owner name with this key.
///
/// Below and at the apex of a child domain the zone has only the delegation: NS records and glue.
pub fn each_record(registry: &Registry, domain: &Domain, owner: &[u8], f: &mut dyn FnMut(Ttl, &RecordData)) {
    match child_above(registry, domain, owner) {
        None => each_own_record(registry, domain, owner, f),
        Some(child) => each_cut_record(registry, domain, child, owner, f),
    }
}

/// The records at a name of which `domain` is the longest enclosing one.
pub(crate) fn each_own_record(registry: &Registry, domain: &Domain, owner: &[u8], f: &mut dyn FnMut(Ttl, &RecordData)) {
    if owner == domain.name.name().key() {
        f(domain.ttl, &RecordData::Soa(soa(registry, domain)));
        each_name_server(registry, domain, &mut |name| f(domain.ttl, &RecordData::Ns(name)));
    }
    if let Some(node) = registry.node(owner) {
        if let Some(host) = &node.host {
            each_address(registry, domain, host, f);
        }
        if let Some(extras) = &node.extras {
            let served = |record: &&Arc<Record>| is_served(registry, domain, record);
            for record in extras.records.iter().filter(served).filter(|record| !is_derived(registry, domain, record)) {
                f(record.ttl.unwrap_or(domain.ttl), &record.data);
            }
            let ttl = challenge_ttl_beside(domain, &extras.records);
            for challenge in extras.challenges.iter().filter(|challenge| answers_for(registry, &challenge.host)) {
                let Ok(text) = Text::literal(challenge.value.as_str()) else { continue };
                let data = RecordData::Txt(text);
                // A record of the same text stands for both: an RRset has no record twice (RFC 2181, section 5).
                if !extras.records.iter().filter(served).any(|record| record.data == data) {
                    f(ttl, &data);
                }
            }
        }
    }
    if let Some(host) = wildcard_host(registry, owner) {
        each_address(registry, domain, host, f);
    }
    each_server_address(registry, domain, owner, f);
}

/// How long the challenge values at a name may be cached.
pub(crate) fn challenge_ttl(registry: &Registry, domain: &Domain, owner: &Name) -> Ttl {
    challenge_ttl_beside(domain, registry.records_at(owner))
}

/// Beside other texts it is theirs: an RRset has one time to live (RFC 2181, section 5.2).
fn challenge_ttl_beside(domain: &Domain, records: &[Arc<Record>]) -> Ttl {
    let text = records.iter().find(|record| record.data.record_type() == RecordType::TXT);
    text.map_or(Ttl::clamped(policy::CHALLENGE_TTL), |record| record.ttl.unwrap_or(domain.ttl))
}

/// The records that a parent has of a child domain: its NS at the cut, and glue.
fn each_cut_record(
    registry: &Registry,
    domain: &Domain,
    child: &Domain,
    owner: &[u8],
    f: &mut dyn FnMut(Ttl, &RecordData),
) {
    if owner == child.name.name().key() {
        each_ns(registry, child, &mut |name| f(domain.ttl, &RecordData::Ns(name)));
    }
    if is_ns(registry, child, owner) {
        let enclosing = registry.enclosing(owner).map_or(child, |enclosing| enclosing);
        each_own_record(registry, enclosing, owner, &mut |_, data| {
            if matches!(data, RecordData::A(_) | RecordData::Aaaa(_)) {
                f(domain.ttl, data);
            }
        });
    }
}

/// The host whose wildcard the owner name `*.host` is.
fn wildcard_host<'r>(registry: &'r Registry, owner: &[u8]) -> Option<&'r Host> {
    let parent = owner.strip_suffix(b"*").and_then(|rest| rest.strip_suffix(&[SEPARATOR]))?;
    registry.host_by_name(parent).map(AsRef::as_ref).filter(|host| host.wildcard)
}

pub(crate) fn each_address(registry: &Registry, domain: &Domain, host: &Host, f: &mut dyn FnMut(Ttl, &RecordData)) {
    let (ipv4, ipv6) = served_addresses(registry, domain, host);
    if let Some(address) = ipv4 {
        f(host.ttl.ttl(), &RecordData::A(address));
    }
    if let Some(address) = ipv6 {
        f(host.ttl.ttl(), &RecordData::Aaaa(address));
    }
}

/// Whether a record is served: not while the account is suspended whose it is. In a private domain that is the domain's owner,
/// whoever made it.
pub(crate) fn is_served(registry: &Registry, domain: &Domain, record: &Record) -> bool {
    let maker = record.owner.filter(|_| domain.shared);
    maker.or(domain.owner).is_none_or(|owner| !is_suspended(registry, owner))
}

/// Whether a host's challenge values are served.
pub(crate) fn answers_for(registry: &Registry, host: &Fqdn) -> bool {
    registry.host(host).is_some_and(|host| !is_suspended(registry, host.owner))
}

fn is_suspended(registry: &Registry, account: AccountNo) -> bool {
    registry.account(account).is_some_and(|account| account.state == AccountState::Suspended)
}

/// What a host answers now: its own addresses, its domain's offline addresses, or nothing while its account is suspended.
pub fn served_addresses(registry: &Registry, domain: &Domain, host: &Host) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
    if is_suspended(registry, host.owner) {
        return (None, None);
    }
    let client = host.client.and_then(|client| registry.client_by_number(client));
    let online = host.offline.is_online() && client.is_none_or(|client| client.offline.is_online());
    let (ipv4, ipv6) = if online { (host.ipv4, host.ipv6) } else { (domain.offline_ipv4, domain.offline_ipv6) };
    (ipv4.map(Into::into), ipv6.map(Into::into))
}

/// A zone's SOA record.
pub fn soa(registry: &Registry, domain: &Domain) -> Soa {
    let first = registry.servers().next().map(|server| server.name.clone());
    Soa {
        mname: first.unwrap_or_else(|| default_server(domain)),
        rname: domain.email.clone(),
        serial: registry.serial(domain.number),
        refresh: domain.timers.refresh.secs(),
        retry: domain.timers.retry.secs(),
        expire: domain.timers.expire.secs(),
        minimum: domain.timers.minimum.secs(),
    }
}

/// The names of a zone's name servers: those of the service, or `ns1.<zone>` while it has none.
pub(crate) fn each_name_server(registry: &Registry, domain: &Domain, f: &mut dyn FnMut(Name)) {
    let mut any = false;
    for server in registry.servers() {
        any = true;
        f(server.name.clone());
    }
    if !any {
        f(default_server(domain));
    }
}

/// The names in a zone's own NS RRset, each once: its name servers', and those that somebody put beside them.
fn each_ns(registry: &Registry, domain: &Domain, f: &mut dyn FnMut(Name)) {
    each_name_server(registry, domain, f);
    for record in registry.rrset(domain.name.name(), RecordType::NS) {
        if !is_served(registry, domain, record) {
            continue;
        }
        if let RecordData::Ns(name) = &record.data
            && !has_name_server(registry, domain, &record.data)
        {
            f(name.clone());
        }
    }
}

/// Whether a zone's own NS RRset has the name with this key.
fn is_ns(registry: &Registry, domain: &Domain, key: &[u8]) -> bool {
    let mut found = false;
    each_ns(registry, domain, &mut |name| found |= name.key() == key);
    found
}

/// Whether data joins the RRset that tells which name servers a zone has. It takes the domain's time to live.
pub(crate) fn is_own_ns(zone: &ZoneName, name: &Name, data: &RecordData) -> bool {
    name == zone.name() && data.record_type() == RecordType::NS
}

/// Whether a record says again what a zone's name servers say: one became such after the record was made.
fn is_derived(registry: &Registry, domain: &Domain, record: &Record) -> bool {
    is_own_ns(&domain.name, &record.name, &record.data) && has_name_server(registry, domain, &record.data)
}

/// Whether data names one of a zone's name servers.
pub(crate) fn has_name_server(registry: &Registry, domain: &Domain, data: &RecordData) -> bool {
    let mut found = false;
    each_name_server(registry, domain, &mut |name| found |= RecordData::Ns(name) == *data);
    found
}

/// `ns1.<zone>`, or the apex itself where that would be too long a name.
fn default_server(domain: &Domain) -> Name {
    domain.name.name().child(DEFAULT_SERVER).unwrap_or_else(|_| domain.name.name().clone())
}

const DEFAULT_SERVER: &str = "ns1";

/// The addresses of a name server of this name, if it is one of ours.
pub(crate) fn server_addresses<'r>(registry: &'r Registry, name: &Name) -> Option<&'r [IpAddr]> {
    if let Some(server) = registry.server(name) {
        return Some(&server.addresses);
    }
    let domain = registry.enclosing_domain(name)?;
    let default = registry.servers().next().is_none() && default_server(domain) == *name;
    default.then(|| registry.settings().ns_addresses.as_slice())
}

/// Whether a name is that of a zone's name server, with addresses of ours or without.
pub(crate) fn names_server(registry: &Registry, name: &Name) -> bool {
    let is_default = |domain: &Arc<Domain>| registry.servers().next().is_none() && default_server(domain) == *name;
    registry.server(name).is_some() || registry.enclosing_domain(name).is_some_and(is_default)
}

fn each_server_address(registry: &Registry, domain: &Domain, owner: &[u8], f: &mut dyn FnMut(Ttl, &RecordData)) {
    let addresses = match registry.server_by_key(owner) {
        Some(server) => &server.addresses,
        None if is_default_server(registry, domain, owner) => &registry.settings().ns_addresses,
        None => return,
    };
    domain::v4(addresses).for_each(|address| f(domain.ttl, &RecordData::A(address)));
    domain::v6(addresses).for_each(|address| f(domain.ttl, &RecordData::Aaaa(address)));
}

/// Calls `f` for each address of a name server whose name the zone answers for itself.
pub(crate) fn each_server_in(registry: &Registry, domain: &Domain, f: &mut dyn FnMut(&Name, &RecordData)) {
    let mut names = BTreeSet::new();
    each_name_server(registry, domain, &mut |name| {
        names.insert(name);
    });
    let here = |name: &&Name| registry.enclosing_domain(name).is_some_and(|found| found.number == domain.number);
    for name in names.iter().filter(here) {
        each_server_address(registry, domain, name.key(), &mut |_, data| f(name, data));
    }
}

/// Whether the service has no name server of a name, and nobody gave `ns1.<zone>` another meaning.
fn is_default_server(registry: &Registry, domain: &Domain, owner: &[u8]) -> bool {
    if registry.servers().next().is_some() || registry.node(owner).is_some_and(Node::answers_addresses) {
        return false;
    }
    let below = owner.strip_suffix(DEFAULT_SERVER.as_bytes()).and_then(|rest| rest.strip_suffix(&[SEPARATOR]));
    below == Some(domain.name.name().key())
}

/// The child domain of `domain` that lies at or above a name, the one nearest to `domain`.
fn child_above<'r>(registry: &'r Registry, domain: &Domain, owner: &'r [u8]) -> Option<&'r Domain> {
    let apex = domain.name.name().key().len();
    domains_at_or_above(registry, owner).take_while(|child| child.name.name().key().len() > apex).last()
}

/// The domains at and above a name, the longest first.
fn domains_at_or_above<'r>(registry: &'r Registry, key: &'r [u8]) -> impl Iterator<Item = &'r Domain> {
    let keys = std::iter::successors(Some(key), |key| name::parent_key(key));
    keys.filter_map(|key| registry.domain_at(key)).map(AsRef::as_ref)
}

/// The owner names of a zone, in canonical order.
fn names(registry: &Registry, domain: &Domain) -> BTreeSet<Name> {
    let apex = domain.name.name();
    let mut names = BTreeSet::from([apex.clone()]);
    for (name, node) in registry.nodes_at_or_below(apex.key()) {
        if child_above(registry, domain, name.key()).is_none() {
            names.extend(node.host.iter().filter(|host| host.wildcard).filter_map(|_| name.wildcard()));
            names.insert(name.clone());
        }
    }
    let mut add_servers = |of: &Domain| {
        each_ns(registry, of, &mut |name| {
            if name.is_at_or_below(apex) {
                names.insert(name);
            }
        });
    };
    add_servers(domain);
    for child in registry.domains_at_or_below(apex).filter(|child| child.number != domain.number) {
        add_servers(child);
    }
    names.extend(registry.domains_at_or_below(apex).map(|child| child.name.name().clone()));
    names
}

fn records_at_all(registry: &Registry, domain: &Domain, names: &BTreeSet<Name>) -> BTreeSet<ZoneRecord> {
    let mut records = BTreeSet::new();
    for owner in names {
        each_record(registry, domain, owner.key(), &mut |ttl, data| {
            if !matches!(data, RecordData::Soa(_)) {
                records.insert(ZoneRecord { owner: owner.clone(), ttl, data: data.clone() });
            }
        });
    }
    records
}

/// The names whose records the changes may have changed, by zone. Zones that are new come without names.
fn touched(before: &Registry, after: &Registry, changes: &[Change]) -> BTreeMap<DomainNo, BTreeSet<Name>> {
    let mut touched = Touched { before, after, zones: BTreeMap::new() };
    for change in changes {
        match change {
            Change::Host(delta) => {
                delta.before.iter().chain(&delta.after).for_each(|host| touched.host(host));
            }
            Change::Record(delta) => {
                delta.before.iter().chain(&delta.after).for_each(|record| touched.record(record));
            }
            Change::Challenge(delta) => {
                if let Some(name) = delta.any().and_then(|challenge| challenge_name(&challenge.host)) {
                    touched.enclosed(&name);
                }
            }
            Change::Client(delta) => {
                if let Some(client) = delta.any() {
                    touched.client(client.number);
                }
            }
            Change::Account(delta) => {
                if let Some(account) = delta.any() {
                    touched.account(account.number);
                }
            }
            Change::Domain(delta) => {
                delta.before.iter().chain(&delta.after).for_each(|domain| touched.domain(domain));
            }
            Change::Server(delta) => {
                delta.before.iter().chain(&delta.after).for_each(|server| touched.enclosed(&server.name));
                touched.servers();
            }
            Change::Settings(_) => touched.servers(),
            Change::Token(_) | Change::Reservation(_) | Change::TsigKey(_) => (),
            Change::Peer(_) | Change::Mail(_) | Change::ServerKey(_) => (),
        }
    }
    touched.zones
}

struct Touched<'r> {
    before: &'r Registry,
    after: &'r Registry,
    zones: BTreeMap<DomainNo, BTreeSet<Name>>,
}

impl Touched<'_> {
    fn name(&mut self, domain: DomainNo, name: &Name) {
        self.zones.entry(domain).or_default().insert(name.clone());
        self.glue(name);
    }

    /// What answers at a name server's name is glue in a zone that delegates to it.
    fn glue(&mut self, name: &Name) {
        for registry in [self.before, self.after] {
            let mut child = None;
            for domain in domains_at_or_above(registry, name.key()) {
                if child.is_some_and(|child| is_ns(registry, child, name.key())) {
                    self.zones.entry(domain.number).or_default().insert(name.clone());
                }
                child = Some(domain);
            }
        }
    }

    fn record(&mut self, record: &Record) {
        self.name(record.domain, &record.name);
        // The name servers of a zone show in the zones above it.
        if let Some(domain) = self.after.domain(record.domain)
            && is_own_ns(&domain.name, &record.name, &record.data)
        {
            self.cut(domain);
        }
    }

    fn host(&mut self, host: &Host) {
        self.name(host.domain, host.name.name());
        if host.wildcard
            && let Some(name) = host.name.name().wildcard()
        {
            self.name(host.domain, &name);
        }
    }

    fn enclosed(&mut self, name: &Name) {
        for registry in [self.before, self.after] {
            if let Some(domain) = registry.enclosing_domain(name) {
                self.name(domain.number, name);
            }
        }
    }

    fn client(&mut self, client: ClientNo) {
        for registry in [self.before, self.after] {
            registry.hosts_on(client).for_each(|host| self.host(host));
        }
    }

    fn account(&mut self, account: AccountNo) {
        let state = |registry: &Registry| registry.account(account).map(|account| account.state);
        if state(self.before) == state(self.after) {
            return;
        }
        for registry in [self.before, self.after] {
            for host in registry.hosts_of(account) {
                self.host(host);
                if !registry.challenges(&host.name).is_empty()
                    && let Some(name) = challenge_name(&host.name)
                {
                    self.enclosed(&name);
                }
            }
            registry.records_of(account).for_each(|record| self.record(record));
            for domain in registry.domains_of(account) {
                let records = registry.records_at_or_below(domain.name.name());
                records.filter(|record| record.domain == domain.number).for_each(|record| self.record(record));
            }
        }
    }

    /// A domain's values show at all its names, and its being there shows in its parents.
    fn domain(&mut self, domain: &Domain) {
        self.zones.entry(domain.number).or_default();
        let values = |registry: &Registry| {
            let shown = |domain: &Arc<Domain>| (domain.ttl, domain.offline_ipv4, domain.offline_ipv6);
            // Whose its records are: those of a suspended account are not served.
            let holder = |domain: &Arc<Domain>| (domain.owner, domain.shared);
            registry.domain(domain.number).map(|domain| (shown(domain), holder(domain)))
        };
        for registry in [self.before, self.after] {
            if values(self.before) != values(self.after)
                && let Some(domain) = registry.domain(domain.number)
            {
                self.zones.entry(domain.number).or_default().extend(names(registry, domain));
            }
        }
        // A name server of a domain above may have its name in this one.
        for registry in [self.before, self.after] {
            domains_at_or_above(registry, domain.name.name().key()).for_each(|above| self.cut(above));
        }
        if self.before.domain(domain.number).is_none() || self.after.domain(domain.number).is_none() {
            // What comes or goes between two others hides or shows the delegations below it.
            for registry in [self.before, self.after] {
                registry.domains_at_or_below(domain.name.name()).for_each(|below| self.cut(below));
            }
        }
    }

    /// The delegation of a domain, with its glue, in every domain above it.
    fn cut(&mut self, domain: &Domain) {
        let apex = domain.name.name();
        for registry in [self.before, self.after] {
            let mut names = BTreeSet::from([apex.clone()]);
            each_ns(registry, domain, &mut |name| {
                if name.is_at_or_below(apex) {
                    names.insert(name);
                }
            });
            for parent in domains_at_or_above(registry, apex.key()).filter(|parent| parent.number != domain.number) {
                self.zones.entry(parent.number).or_default().extend(names.iter().cloned());
            }
        }
    }

    /// Every zone's NS, and the name servers' own addresses.
    fn servers(&mut self) {
        for registry in [self.before, self.after] {
            for domain in registry.domains() {
                self.name(domain.number, domain.name.name());
                for other in [self.before, self.after] {
                    each_name_server(other, domain, &mut |name| self.enclosed(&name));
                }
                self.cut(domain);
            }
        }
    }
}
