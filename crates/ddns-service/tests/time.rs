//! Time as a source of commands, on a clock that tests move.

use std::sync::Arc;
use std::time::Duration;

use ddns_core::{Command, Fqdn, Timestamp, policy};
use ddns_service::{ManualClock, Options, Service};
use ddns_store::{LogQuery, MemoryStore, Store};

use crate::world::{add_host, ask, eventually, furnish, set};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn start(store: &MemoryStore, clock: &Arc<ManualClock>) -> Service {
    Service::start(Box::new(store.clone()), Options { clock: clock.clone(), ..Options::default() }).unwrap()
}

fn challenge(service: &Service) {
    let host = "a.dyn.example".parse().unwrap();
    ask(service, Command::AddChallenge { host, value: "proof".parse().unwrap(), keep: None });
}

fn challenges(service: &Service) -> usize {
    service.snapshot().registry.challenges(&"a.dyn.example".parse::<Fqdn>().unwrap()).len()
}

#[test]
fn what_is_due_is_done() {
    let (store, clock) = (MemoryStore::new(), ManualClock::at(NOW));
    let service = start(&store, &clock);
    furnish(&service);
    challenge(&service);
    clock.advance(Duration::from_secs(policy::CHALLENGE_LIFE_SECS.into()) - Duration::from_secs(1));
    service.catch_up();
    assert_eq!(challenges(&service), 1, "it has not ended yet");
    clock.advance(Duration::from_secs(1));
    eventually("the end", || challenges(&service) == 0);
    let newest = service.with_store(|store| store.log(&LogQuery { limit: 1, ..LogQuery::default() })).unwrap().unwrap();
    assert_eq!((newest[0].origin.as_str(), newest[0].actor), ("time", None));
}

#[test]
fn overdue_work_is_done_before_the_start_returns() {
    let (store, clock) = (MemoryStore::new(), ManualClock::at(NOW));
    let service = start(&store, &clock);
    furnish(&service);
    challenge(&service);
    service.stop();
    clock.advance(Duration::from_secs(policy::CHALLENGE_LIFE_SECS.into()));
    assert_eq!(challenges(&start(&store, &clock)), 0);
}

/// More ends at once than one command carries out.
#[test]
fn a_thousand_ends_at_once() {
    let (store, clock) = (MemoryStore::new(), ManualClock::at(NOW));
    let service = start(&store, &clock);
    let joe = furnish(&service);
    for number in 0..1_000 {
        let name = format!("h{number}.dyn.example");
        service.submit_blocking(add_host(&name, joe)).unwrap();
        ask(&service, Command::RemoveHost { host: name.parse().unwrap() });
    }
    let reserved =
        |service: &Service| service.snapshot().registry.reservation(&"h999.dyn.example".parse().unwrap()).is_some();
    assert!(reserved(&service));
    service.stop();
    clock.advance(Duration::from_secs(u64::from(policy::RESERVATION_DAYS) * 86_400));
    assert!(!reserved(&start(&store, &clock)));
}

/// A clock that is set back stops nothing, and serials still rise.
#[test]
fn a_clock_that_goes_backwards() {
    let (store, clock) = (MemoryStore::new(), ManualClock::at(NOW));
    let service = start(&store, &clock);
    furnish(&service);
    let serial = |service: &Service| {
        let snapshot = service.snapshot();
        let domain = snapshot.registry.domains().next().unwrap().number;
        snapshot.registry.serial(domain)
    };
    clock.advance(Duration::from_secs(1_000));
    service.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
    let before = serial(&service);
    clock.set(Timestamp::from_secs(NOW.secs() - 100_000));
    service.submit_blocking(set("a.dyn.example", "192.0.2.2")).unwrap();
    assert!(serial(&service).is_after(before));
    service.stop();
    assert!(serial(&start(&store, &clock)).is_after(before));
}

/// History is bounded on a server that never rests, too.
#[test]
fn old_history_goes_under_load() {
    let (mut store, clock) = (MemoryStore::new(), ManualClock::at(NOW));
    let service = start(&store, &clock);
    furnish(&service);
    service.stop();
    clock.advance(policy::HISTORY_LIFE + Duration::from_secs(1));
    let service = start(&store, &clock);
    let mut round = 0u32;
    eventually("pruning", || {
        round += 1;
        service
            .submit_blocking(set("a.dyn.example", &std::net::Ipv4Addr::from(0x0a00_0000 + round).to_string()))
            .unwrap();
        let log = store.log(&LogQuery { limit: usize::MAX, ..LogQuery::default() }).unwrap();
        log.iter().all(|entry| entry.time > NOW)
    });
}
