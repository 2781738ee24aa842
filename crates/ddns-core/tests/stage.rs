//! Plays a story on a registry, as the service would, and watches it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ddns_core::zone::{self, ZoneDifference, ZoneRecord};
use ddns_core::*;

use crate::universe::{START, Step, beginning, follow};

pub(crate) struct Stage {
    pub(crate) registry: Registry,
    pub(crate) now: Timestamp,
    /// Each zone as a secondary has it: its first transfer and every difference since.
    mirrors: BTreeMap<DomainNo, BTreeSet<ZoneRecord>>,
    last_serials: BTreeMap<ZoneName, Serial>,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let mut stage =
            Stage { registry: Registry::new(), now: START, mirrors: BTreeMap::new(), last_serials: BTreeMap::new() };
        for (caller, command) in beginning() {
            stage.ask(&caller, &command).unwrap();
        }
        stage
    }

    /// Decides, applies and publishes one command.
    pub(crate) fn ask(&mut self, caller: &Caller, command: &Command) -> Result<Decision, Refusal> {
        let before = self.registry.clone();
        let decision = decide(&self.registry, caller, command, self.now)?;
        self.take_over(&decision.changes);
        self.publish(&before, &decision.changes);
        Ok(decision)
    }

    /// Plays a step and tells its changes; they are applied and not yet published.
    pub(crate) fn play(&mut self, step: &Step) -> Vec<Change> {
        let decided = |caller: &Caller, command: &Command| {
            decide(&self.registry, caller, command, self.now).map(|decision| decision.changes).unwrap_or_default()
        };
        let changes = match step {
            Step::Ask(caller, command) => decided(caller, command),
            Step::Follow(place, holder, link) => follow(&self.registry, *place, holder, link)
                .map(|(caller, command)| decided(&caller, &command))
                .unwrap_or_default(),
            Step::Pass(secs) => {
                self.pass(*secs);
                Vec::new()
            }
            Step::MissHost(name) => self.missed_host(name),
            Step::MissClient(key) => self.missed_client(key),
        };
        self.take_over(&changes);
        changes
    }

    pub(crate) fn pass(&mut self, secs: i64) {
        self.now = Timestamp::from_secs(self.now.secs().checked_add_signed(secs).unwrap());
    }

    pub(crate) fn missed_host(&self, name: &Fqdn) -> Vec<Change> {
        let online = self.registry.host(name).filter(|host| host.offline == Offline::No);
        let missed = |host: &Arc<Host>| Delta::changed(host, Host { offline: Offline::Missed, ..Host::clone(host) });
        online.map(|host| Change::Host(missed(host))).into_iter().collect()
    }

    pub(crate) fn missed_client(&self, key: &ClientKey) -> Vec<Change> {
        let online = self.registry.client(key).filter(|client| client.offline == Offline::No);
        let missed =
            |client: &Arc<Client>| Delta::changed(client, Client { offline: Offline::Missed, ..Client::clone(client) });
        online.map(|client| Change::Client(missed(client))).into_iter().collect()
    }

    pub(crate) fn take_over(&mut self, changes: &[Change]) {
        for change in changes {
            self.registry.apply(change).unwrap_or_else(|error| panic!("{error}: {change:?}"));
        }
    }

    /// Gives every touched zone its serial, and hands the differences to the secondary.
    pub(crate) fn publish(&mut self, before: &Registry, changes: &[Change]) {
        let differences = zone::advance(before, &mut self.registry, changes, self.now);
        let mut zones = BTreeSet::new();
        for difference in &differences {
            assert!(zones.insert(difference.domain), "one step for each zone: {differences:?}");
            assert_eq!(difference.from, before.serial(difference.domain));
            assert_eq!(difference.to, self.registry.serial(difference.domain));
            assert!(difference.to.is_after(difference.from), "{difference:?}");
            assert_eq!(difference.to, difference.from.next(self.now), "one step for a commit");
        }
        self.mirrors.retain(|number, _| self.registry.domain(*number).is_some());
        let gone = before.domains().filter(|domain| self.registry.domain(domain.number).is_none());
        self.last_serials.extend(gone.map(|domain| (domain.name.clone(), before.serial(domain.number))));
        for domain in self.registry.domains() {
            let difference = differences.iter().find(|difference| difference.domain == domain.number);
            let present = records(&self.registry, domain);
            match (before.domain(domain.number), difference) {
                (None, None) => {
                    let ZoneHead { serial, changed } = self.registry.zone_head(domain.number);
                    assert_eq!(changed, domain.created, "{} is new", domain.name);
                    match self.last_serials.get(&domain.name) {
                        Some(last) => assert!(serial.is_after(*last), "{} is there again", domain.name),
                        None => assert_eq!(serial, Serial::at(self.now)),
                    }
                    self.mirrors.insert(domain.number, present);
                    continue;
                }
                (None, Some(_)) => panic!("a new zone has no difference"),
                (Some(old), difference) => {
                    let changed = old != domain || content(before, old) != content(&self.registry, domain);
                    assert_eq!(changed, difference.is_some(), "{}: {difference:?}", domain.name);
                    let (last, head) = (before.zone_head(domain.number), self.registry.zone_head(domain.number));
                    let expected = if changed { self.now } else { last.changed };
                    assert_eq!(head.changed, expected, "{} was published", domain.name);
                    assert_eq!(head.serial == last.serial, !changed, "{}", domain.name);
                }
            }
            let mirror = self.mirrors.get_mut(&domain.number).unwrap();
            if let Some(difference) = difference {
                transfer(mirror, difference);
            }
            assert_eq!(*mirror, present, "the secondary of {} differs", domain.name);
        }
    }
}

/// A zone's records; no record is there twice, and an RRset has one time to live (RFC 2181, sections 5 and 5.2).
pub(crate) fn records(registry: &Registry, domain: &Domain) -> BTreeSet<ZoneRecord> {
    let list = zone::records(registry, domain);
    assert!(list.is_sorted_by_key(|record| &record.owner), "canonical order of owners");
    let mut seen = BTreeSet::new();
    let mut ttls = BTreeMap::new();
    for record in &list {
        let ttl = *ttls.entry((&record.owner, record.data.record_type().0)).or_insert(record.ttl);
        assert_eq!(ttl, record.ttl, "one RRset in {}: {record:?}", domain.name);
        assert!(seen.insert((&record.owner, &record.data)), "twice in {}: {record:?}", domain.name);
    }
    list.into_iter().collect()
}

/// A zone's records but for its serial.
fn content(registry: &Registry, domain: &Domain) -> BTreeSet<ZoneRecord> {
    let mut records = records(registry, domain);
    let is_soa = |record: &ZoneRecord| record.data.record_type() == RecordType::SOA;
    let soa = records.iter().find(|record| is_soa(record)).cloned().unwrap();
    records.remove(&soa);
    let RecordData::Soa(data) = soa.data else { unreachable!("it was found by its type") };
    let data = RecordData::Soa(Soa { serial: Serial(0), ..data });
    records.insert(ZoneRecord { data, ..soa });
    records
}

/// RFC 1995, section 4: what goes was there, what comes was not.
fn transfer(mirror: &mut BTreeSet<ZoneRecord>, difference: &ZoneDifference) {
    for record in &difference.removed {
        assert!(mirror.remove(record), "{record:?} goes and was not there");
    }
    for record in &difference.added {
        assert!(mirror.insert(record.clone()), "{record:?} comes and was there");
    }
}
