//! A store in trouble: nobody is told "done" unless it is, and everything recovers by itself.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use ddns_core::Change;
use ddns_service::{Service, ServiceError};
use ddns_store::{Fault, LogQuery, Store};

use crate::tools::{Dice, soak};
use crate::world::{address, eventually, memory, set, start};

fn unavailable(service: &Service, name: &str, address: &str) {
    let answer = service.submit_blocking(set(name, address));
    assert!(matches!(answer, Err(ServiceError::Unavailable(_))), "{answer:?}");
}

fn changed(service: &Service, name: &str, wanted: &str) {
    let reply = service.submit_blocking(set(name, wanted)).unwrap();
    assert!(reply.changed);
    assert_eq!(address(&reply.snapshot, name), wanted);
}

#[test]
fn a_refused_batch_is_an_error_and_nothing_more() {
    let (service, store, _) = memory();
    let before = service.snapshot().version;
    store.fail_next(Fault::Refused);
    unavailable(&service, "a.dyn.example", "192.0.2.1");
    assert_eq!(service.snapshot().version, before);
    changed(&service, "a.dyn.example", "192.0.2.1");
    assert!(service.health().ready, "what works is said at once");
}

#[test]
fn an_unknown_outcome_is_settled_before_it_is_answered() {
    let (service, store, _) = memory();
    for failures in 0..3 {
        store.fail_settling(failures);
        store.fail_next(Fault::UnknownKept);
        changed(&service, "a.dyn.example", &format!("192.0.2.{failures}"));
        assert!(service.health().ready);
        store.fail_settling(failures);
        store.fail_next(Fault::UnknownLost);
        unavailable(&service, "a.dyn.example", &format!("192.0.3.{failures}"));
        assert_eq!(address(&service.snapshot(), "a.dyn.example"), format!("192.0.2.{failures}"));
    }
}

/// A store that stays out of order: an error and a reason for as long as it lasts, and then the truth.
#[test]
fn a_long_trouble_ends_by_itself() {
    for (fault, finally) in [(Fault::UnknownKept, "192.0.2.1"), (Fault::UnknownLost, "")] {
        let (service, store, _) = memory();
        store.fail_settling(1_000_000);
        store.fail_next(fault);
        unavailable(&service, "a.dyn.example", "192.0.2.1");
        let health = service.health();
        assert!(!health.ready && health.reason.unwrap().contains("a fault was asked for"));
        assert_eq!(address(&service.snapshot(), "a.dyn.example"), "", "what is not settled is not served");
        unavailable(&service, "b.dyn.example", "192.0.2.2");
        assert!(!service.health().ready);
        store.fail_settling(0);
        eventually("recovery", || service.health().ready);
        service.catch_up();
        assert_eq!(address(&service.snapshot(), "a.dyn.example"), finally);
        assert_eq!(address(&service.snapshot(), "b.dyn.example"), "");
        changed(&service, "b.dyn.example", "192.0.2.3");
    }
}

/// Whoever broke the store in its turn (a list, a backup): the writer settles it, even if it never rests.
#[test]
fn trouble_ends_under_constant_load() {
    let (service, store, _) = memory();
    store.fail_next(Fault::UnknownLost);
    let broken = service.with_store(|store| {
        let since = store.newest().unwrap();
        let mut entry = store.log(&LogQuery { limit: 1, ..LogQuery::default() }).unwrap();
        let entry = entry.remove(0);
        let entries =
            vec![ddns_store::NewEntry { time: entry.time, actor: None, origin: String::new(), changes: vec![] }];
        let id = ddns_store::BatchId(7);
        let mut batch = Some(ddns_store::Batch {
            id,
            entries,
            secrets: vec![],
            heads: vec![],
            differences: vec![],
            last_number: 0,
        });
        store.transact(since, &mut |_| batch.take()).is_err()
    });
    assert!(broken.unwrap());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    for last in 1..3 {
                        let _whatever = service.submit_blocking(set("b.dyn.example", &format!("192.0.2.{last}")));
                    }
                }
            });
        }
        let mut last = 0u8;
        eventually("an acknowledged change", || {
            last = last.wrapping_add(1);
            service.submit_blocking(set("a.dyn.example", &format!("192.0.2.{last}"))).is_ok_and(|reply| reply.changed)
        });
        eventually("readiness", || service.health().ready);
        stop.store(true, Ordering::SeqCst);
    });
}

/// Random faults under several writers: what was acknowledged is there.
#[test]
fn nobody_is_told_done_unless_it_is() {
    const WRITERS: usize = 4;
    let mut dice = Dice::new();
    let (service, store, joe) = memory();
    for writer in 0..WRITERS {
        service.submit_blocking(crate::world::add_host(&format!("h{writer}.dyn.example"), joe)).unwrap();
    }
    let wanted = soak(300, 10_000);
    let stop = AtomicBool::new(false);
    let told: Vec<(usize, String)> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let service = &service;
                scope.spawn(move || {
                    let address = |round: u32| std::net::Ipv4Addr::from(0x0a00_0000 + round).to_string();
                    let done = (1..).map(address).filter(|address| {
                        let request = set(&format!("h{writer}.dyn.example"), address);
                        let answer = service.submit_blocking(request);
                        if answer.is_err() {
                            std::thread::sleep(std::time::Duration::from_millis(5));
                        }
                        answer.is_ok_and(|reply| reply.changed)
                    });
                    done.take(wanted).map(|address| (writer, address)).collect::<Vec<_>>()
                })
            })
            .collect();
        let troublemaker = scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                store.fail_settling(dice.below(4) as u32);
                store.fail_next([Fault::Refused, Fault::UnknownKept, Fault::UnknownLost][dice.below(3) as usize]);
                dice.wait_millis_below(60);
            }
        });
        let told = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        stop.store(true, Ordering::SeqCst);
        troublemaker.join().unwrap();
        told
    });
    assert_eq!(told.len(), WRITERS * wanted);
    store.fail_settling(0);
    service.stop();
    let read = |store: &mut dyn Store| store.log(&LogQuery { limit: usize::MAX, ..LogQuery::default() }).unwrap();
    let log = start(store).with_store(read).unwrap();
    let there: BTreeSet<(String, String)> = log.iter().flat_map(|entry| &entry.changes).filter_map(set_to).collect();
    let lost =
        told.iter().find(|(writer, address)| !there.contains(&(format!("h{writer}.dyn.example"), address.clone())));
    assert_eq!(lost, None, "it was acknowledged and is not there");
}

fn set_to(change: &Change) -> Option<(String, String)> {
    let Change::Host(delta) = change else { return None };
    let host = delta.after.as_ref()?;
    Some((host.name.to_string(), host.ipv4?.addr().to_string()))
}

/// A full disk can still be read, and that alone once made the service call itself ready.
#[test]
fn not_ready_until_something_can_be_written() {
    let (service, store, _) = memory();
    store.fill_up(true);
    unavailable(&service, "a.dyn.example", "192.0.2.1");
    for _ in 0..20 {
        service.catch_up();
        assert!(!service.health().ready);
    }
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert!(!service.health().ready, "a trial of its own does not work out either");
    store.fill_up(false);
    eventually("readiness without anybody asking for a change", || service.health().ready);
    changed(&service, "a.dyn.example", "192.0.2.1");
}

/// A writer that has failed is told, and nobody waits for it.
#[test]
fn a_dead_writer_is_noticed() {
    let (service, _store, _) = memory();
    let answer = service.with_store(|_| -> () { panic!("a bug, on purpose") });
    assert!(answer.is_err());
    eventually("the end of the writer", || !service.health().ready);
    assert!(service.health().reason.unwrap().contains("started anew"));
    unavailable(&service, "a.dyn.example", "192.0.2.1");
    service.stop();
}
