//! Who has to report and does not goes offline by itself, and comes back with the next update; nobody else does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ddns_core::{
    AccountNo, Caller, ClientEdit, Command, DomainEdit, Fqdn, HostAddress, HostEdit, Identity, Name, Offline, Owner,
    QueryName, RecordData, RecordType, Sections, Timestamp, Together, Ttl, answer,
};
use ddns_service::{ManualClock, Options, Origin, Request, Service, ServiceError};
use ddns_store::{Fault, FileStore, LogQuery, MemoryStore, Store};

use crate::world::{Asked, Gated, add_host, ask, eventually, furnish, local, set};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const INTERVAL: Duration = Duration::from_secs(600);
const SECOND: Duration = Duration::from_secs(1);
const HOST: &str = "a.dyn.example";
/// Long enough for what must not happen.
const MOMENT: Duration = Duration::from_millis(200);

struct House {
    service: Service,
    clock: Arc<ManualClock>,
    joe: AccountNo,
}

impl House {
    /// Host `a` has to report, and its domain has an address for what is offline; `b` need not.
    fn new(store: impl Store + 'static) -> House {
        let clock = ManualClock::at(NOW);
        let service = start(store, &clock);
        let joe = furnish(&service);
        let edit = DomainEdit {
            offline_ipv4: Some(Some(std::net::Ipv4Addr::new(192, 0, 2, 254).try_into().unwrap())),
            ..DomainEdit::default()
        };
        ask(&service, Command::SetDomain { domain: "dyn.example".parse().unwrap(), edit });
        for name in [HOST, "b.dyn.example"] {
            service.submit_blocking(set(name, "192.0.2.1")).unwrap();
        }
        beat(&service, HOST, Some(INTERVAL));
        House { service, clock, joe }
    }

    /// Lets time pass, and the writer see it.
    fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.service.catch_up();
        std::thread::sleep(MOMENT);
    }

    fn offline(&self) -> Offline {
        offline(&self.service, HOST)
    }

    fn until_missed(&self) {
        eventually("the miss", || self.offline() == Offline::Missed);
    }

    /// As a router does it.
    fn calls(&self, address: &str) -> bool {
        self.service.submit_blocking(call(self.joe, HOST, address)).unwrap().changed
    }
}

fn start(store: impl Store + 'static, clock: &Arc<ManualClock>) -> Service {
    Service::start(Box::new(store), Options { clock: clock.clone(), ..Options::default() }).unwrap()
}

fn edit(service: &Service, name: &str, edit: HostEdit) {
    let hosts = vec![name.parse::<Fqdn>().unwrap()];
    ask(service, Command::SetHosts { hosts, edit, together: Together::AllOrNothing });
}

fn beat(service: &Service, name: &str, interval: Option<Duration>) {
    let heartbeat = interval.map(|interval| u32::try_from(interval.as_secs()).unwrap().try_into().unwrap());
    edit(service, name, HostEdit { heartbeat: Some(heartbeat), ..HostEdit::default() });
}

fn call(account: AccountNo, name: &str, address: &str) -> Request {
    let command = set(name, address).command;
    Request::new(Caller::Account(Identity { account, token: None, source: None }), command, Origin::new("test"))
}

fn offline(service: &Service, name: &str) -> Offline {
    service.snapshot().registry.host(&name.parse().unwrap()).unwrap().offline
}

/// The A records that DNS answers with.
fn resolved(service: &Service) -> Vec<String> {
    struct Found(Vec<String>);
    impl Sections for Found {
        fn answer(&mut self, _: Owner<'_>, _: Ttl, data: &RecordData) {
            self.0.push(data.to_string());
        }
        fn authority(&mut self, _: &Name, _: Ttl, _: &RecordData) {}
        fn additional(&mut self, _: &Name, _: Ttl, _: &RecordData) {}
    }
    let mut found = Found(Vec::new());
    let question = QueryName::from_wire(b"\x01a\x03dyn\x07example\0").unwrap();
    answer(&service.snapshot().registry, &question, RecordType::A, &mut found);
    found.0
}

#[test]
fn silence_takes_a_host_offline_and_the_next_update_brings_it_back() {
    let house = House::new(MemoryStore::new());
    house.pass(INTERVAL - SECOND);
    assert_eq!((house.offline(), resolved(&house.service)), (Offline::No, vec!["192.0.2.1".to_owned()]));
    house.clock.advance(SECOND);
    house.until_missed();
    assert_eq!(resolved(&house.service), ["192.0.2.254"]);
    assert_eq!(offline(&house.service, "b.dyn.example"), Offline::No, "it has no heartbeat");
    let newest = house.service.with_store(|store| store.log(&LogQuery { limit: 1, ..LogQuery::default() }));
    let newest = newest.unwrap().unwrap();
    assert_eq!((newest[0].origin.as_str(), newest[0].actor), ("heartbeat", None));

    assert!(house.calls("192.0.2.1"), "the same address, and yet a change");
    assert_eq!((house.offline(), resolved(&house.service)), (Offline::No, vec!["192.0.2.1".to_owned()]));
    house.pass(INTERVAL - SECOND);
    assert_eq!(house.offline(), Offline::No, "it has its whole interval again");
    house.clock.advance(SECOND);
    house.until_missed();
}

#[test]
fn an_unchanged_repeat_is_a_sign_of_life() {
    let house = House::new(MemoryStore::new());
    let version = house.service.snapshot().version;
    for _ in 0..5 {
        house.pass(INTERVAL - SECOND);
        assert!(!house.calls("192.0.2.1"));
    }
    assert_eq!((house.offline(), house.service.snapshot().version), (Offline::No, version));
    // An update of something else is none, and no more is one that is refused.
    house.pass(INTERVAL - SECOND);
    edit(&house.service, HOST, HostEdit { wildcard: Some(false), ..HostEdit::default() });
    let stranger =
        house.service.submit_blocking(call(crate::world::add_account(&house.service, "ann", None), HOST, "192.0.2.1"));
    assert!(matches!(stranger, Err(ServiceError::Refused(_))));
    house.clock.advance(SECOND);
    house.until_missed();
}

#[test]
fn what_somebody_took_offline_stays_so() {
    let house = House::new(MemoryStore::new());
    edit(&house.service, HOST, HostEdit { offline: Some(true), ..HostEdit::default() });
    house.pass(INTERVAL * 2);
    assert_eq!(house.offline(), Offline::Manual);
    house.calls("192.0.2.2");
    assert_eq!(house.offline(), Offline::Manual);
    edit(&house.service, HOST, HostEdit { offline: Some(false), ..HostEdit::default() });
    house.pass(INTERVAL - SECOND);
    assert_eq!(house.offline(), Offline::No, "since it is back it has a whole interval");
    house.clock.advance(SECOND);
    house.until_missed();
}

#[test]
fn a_restart_fires_nothing() {
    let store = MemoryStore::new();
    let house = House::new(store.clone());
    house.pass(INTERVAL - SECOND);
    house.service.stop();
    house.clock.advance(INTERVAL * 100);
    let service = start(store, &house.clock);
    let house = House { service, ..house };
    house.pass(INTERVAL - SECOND);
    assert_eq!(house.offline(), Offline::No, "it has not listened for a whole interval");
    house.clock.advance(SECOND);
    house.until_missed();
}

#[test]
fn setting_the_time_of_day_fires_nothing() {
    let house = House::new(MemoryStore::new());
    for now in [NOW.secs() + 1_000_000_000, 1_000, NOW.secs()] {
        house.clock.jump(Timestamp::from_secs(now));
        house.pass(Duration::ZERO);
        assert_eq!(house.offline(), Offline::No);
    }
    house.pass(INTERVAL - SECOND);
    house.clock.jump(Timestamp::from_secs(1_000));
    assert_eq!(house.offline(), Offline::No);
    house.clock.advance(SECOND);
    house.until_missed();
}

#[test]
fn a_heartbeat_comes_changes_and_goes() {
    let house = House::new(MemoryStore::new());
    beat(&house.service, HOST, None);
    house.pass(INTERVAL * 2);
    assert_eq!(house.offline(), Offline::No);
    beat(&house.service, HOST, Some(INTERVAL * 3));
    house.pass(INTERVAL * 2);
    assert_eq!(house.offline(), Offline::No);
    beat(&house.service, HOST, Some(INTERVAL));
    house.pass(INTERVAL - SECOND);
    assert_eq!(house.offline(), Offline::No, "the new one begins now");
    house.clock.advance(SECOND);
    house.until_missed();
    ask(&house.service, Command::RemoveHost { host: HOST.parse().unwrap() });
    house.pass(INTERVAL * 2);
    assert!(house.service.health().ready);
}

#[test]
fn a_client_has_one_too() {
    let house = House::new(MemoryStore::new());
    beat(&house.service, HOST, None);
    let by = |command| {
        let identity = Identity { account: house.joe, token: None, source: Some("192.0.2.9".parse().unwrap()) };
        let request = Request::new(Caller::Account(identity), command, Origin::new("test"));
        house.service.submit_blocking(request).unwrap()
    };
    let key = || "box".parse().unwrap();
    let put = |offline| {
        by(Command::PutClient { key: key(), edit: ClientEdit { offline, ..ClientEdit::default() }, must_exist: false })
    };
    let client = || house.service.snapshot().registry.client(&key()).unwrap().offline;
    put(None);
    by(Command::AttachHost { key: key(), host: HOST.parse().unwrap() });
    by(Command::PutClient {
        key: key(),
        must_exist: true,
        edit: ClientEdit { offline: None, heartbeat: Some(Some(600.try_into().unwrap())) },
    });
    house.pass(INTERVAL - SECOND);
    put(Some(false));
    house.pass(INTERVAL - SECOND);
    let move_it = || by(Command::MoveClient { key: key(), address: Some("192.0.2.1".parse::<HostAddress>().unwrap()) });
    move_it();
    house.pass(INTERVAL - SECOND);
    assert!(!move_it().changed);
    house.pass(INTERVAL - SECOND);
    assert_eq!(client(), Offline::No);
    put(None);
    house.clock.advance(SECOND);
    eventually("the miss", || client() == Offline::Missed);
    assert_eq!(resolved(&house.service), ["192.0.2.254"]);
    put(Some(false));
    assert_eq!((client(), resolved(&house.service)), (Offline::No, vec!["192.0.2.9".to_owned()]));
    house.pass(INTERVAL - SECOND);
    assert_eq!(client(), Offline::No);
}

/// A repeat that comes while its host is being taken offline is not answered "unchanged" and left offline.
#[test]
fn a_repeat_in_the_last_moment_brings_the_host_back() {
    // On files, which can be asked for their newest version while somebody commits.
    let directory = tempfile::tempdir().unwrap();
    let (store, gate) = Gated::new(FileStore::open(directory.path()).unwrap());
    let house = House::new(store);
    gate.close();
    house.clock.advance(INTERVAL);
    gate.until_waiting();
    assert_eq!(house.offline(), Offline::No, "it is not committed yet");
    let mut repeat = Asked::new(&house.service, call(house.joe, HOST, "192.0.2.1"));
    let mut other = Asked::new(&house.service, call(house.joe, "b.dyn.example", "192.0.2.1"));
    assert!(!repeat.answered(), "it waits for the writer");
    assert!(other.answered(), "another host's need not");
    gate.open();
    assert!(repeat.answer().unwrap().changed);
    assert_eq!(house.offline(), Offline::No);
    house.pass(INTERVAL - SECOND);
    assert_eq!(house.offline(), Offline::No);
}

/// While nothing can be stored, nobody goes offline, signs of life are heard, and the writer does not run hot.
#[test]
fn while_nothing_can_be_stored() {
    let memory = MemoryStore::new();
    let (store, gate) = Gated::new(memory.clone());
    let house = House::new(store);
    let tried = gate.transactions();
    memory.fill_up(true);
    house.clock.advance(INTERVAL);
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(house.offline(), Offline::No);
    assert!(gate.transactions() - tried <= 10, "{}", gate.transactions() - tried);
    assert!(!house.calls("192.0.2.1"));
    memory.fill_up(false);
    eventually("readiness", || house.service.health().ready);
    house.pass(INTERVAL - SECOND);
    assert_eq!(house.offline(), Offline::No, "it was heard");
    memory.fail_next(Fault::UnknownLost);
    house.clock.advance(SECOND);
    // What could not be stored is tried again after a while.
    std::thread::sleep(MOMENT);
    house.clock.advance(SECOND);
    house.until_missed();
}

/// Other processes' updates are signs of life here, and they take nobody offline.
#[test]
fn a_command_line_beside_the_server() {
    let store = MemoryStore::new();
    let house = House::new(store.clone());
    let options = Options { clock: house.clock.clone(), housekeeping: false, ..Options::default() };
    let other = Service::start(Box::new(store), options).unwrap();
    house.pass(INTERVAL - SECOND);
    other.submit_blocking(set(HOST, "192.0.2.7")).unwrap();
    house.pass(INTERVAL - SECOND);
    assert_eq!(house.offline(), Offline::No);
    other.catch_up();
    beat(&other, "b.dyn.example", Some(INTERVAL));
    house.service.stop();
    house.clock.advance(INTERVAL * 2);
    other.catch_up();
    std::thread::sleep(MOMENT);
    assert_eq!([HOST, "b.dyn.example"].map(|name| offline(&other, name)), [Offline::No; 2]);
}

/// What another process configures is watched here, and its miss is told to it.
#[test]
fn a_heartbeat_that_another_process_has_set() {
    let store = MemoryStore::new();
    let house = House::new(store.clone());
    let options = Options { clock: house.clock.clone(), housekeeping: false, ..Options::default() };
    let other = Service::start(Box::new(store), options).unwrap();
    beat(&other, "b.dyn.example", Some(INTERVAL / 2));
    house.pass(Duration::ZERO);
    house.clock.advance(INTERVAL / 2);
    eventually("the miss", || offline(&house.service, "b.dyn.example") == Offline::Missed);
    other.catch_up();
    assert_eq!(offline(&other, "b.dyn.example"), Offline::Missed);
}

#[test]
fn ten_thousand_at_once() {
    const MANY: usize = 10_000;
    let (store, gate) = Gated::new(MemoryStore::new());
    let clock = ManualClock::at(NOW);
    let service = start(store, &clock);
    let joe = furnish(&service);
    let names: Vec<String> = (0..MANY - 2).map(|number| format!("h{number}.dyn.example")).collect();
    for some in names.chunks(1_000) {
        let asked: Vec<_> = some.iter().map(|name| Asked::new(&service, add_host(name, joe))).collect();
        asked.into_iter().for_each(|asked| drop(asked.answer().unwrap()));
        for some in some.chunks(20) {
            let hosts = some.iter().map(|name| name.parse().unwrap()).collect();
            let edit = HostEdit { heartbeat: Some(Some(600.try_into().unwrap())), ..HostEdit::default() };
            ask(&service, Command::SetHosts { hosts, edit, together: Together::AllOrNothing });
        }
    }
    let before = gate.batches().len();
    clock.advance(INTERVAL / 2);
    // Half of them are heard.
    for name in names.iter().step_by(2) {
        let edit = HostEdit { ipv4: ddns_core::AddressEdit::Remove, ..HostEdit::default() };
        let hosts = vec![name.parse().unwrap()];
        let together = Together::AllOrNothing;
        assert!(!service.submit_blocking(local(Command::SetHosts { hosts, edit, together })).unwrap().changed);
    }
    clock.advance(INTERVAL / 2);
    let missed = |offline| {
        let snapshot = service.snapshot();
        snapshot.registry.hosts_with_heartbeat().filter(|host| host.offline == offline).count()
    };
    let started = Instant::now();
    eventually("half of them", || missed(Offline::Missed) == names.len() / 2);
    println!("{} were missed within {:?}", names.len() / 2, started.elapsed());
    let batches = gate.batches().len() - before;
    assert!(batches >= 19, "bounded pieces: {batches}");
    assert_eq!(missed(Offline::No), names.len() / 2);
    clock.advance(INTERVAL / 2);
    eventually("the others", || missed(Offline::Missed) == names.len());
}
