//! One writer: commands share commits, and every answer waits for the commit that it rests on.

use std::thread::spawn;
use std::time::Duration;

use ddns_core::Refusal;
use ddns_service::{Options, Service, ServiceError};
use ddns_store::{FileStore, MemoryStore};

use crate::world::{Asked, Gated, add_host, address, furnish, memory, set, start};

/// Long enough for a wrong answer to arrive.
const MOMENT: Duration = Duration::from_millis(100);

#[test]
fn many_writers_share_commits() {
    const WRITERS: usize = 64;
    let directory = tempfile::tempdir().unwrap();
    let (store, gate) = Gated::new(FileStore::open(directory.path()).unwrap());
    let service = start(store);
    let joe = furnish(&service);
    for writer in 0..WRITERS {
        service.submit_blocking(add_host(&format!("h{writer}.dyn.example"), joe)).unwrap();
    }
    let before = gate.batches().len();
    gate.close();
    let update = |writer| Asked::new(&service, set(&format!("h{writer}.dyn.example"), "192.0.2.1"));
    let writers: Vec<_> = (0..WRITERS).map(update).collect();
    gate.until_waiting();
    gate.open();
    assert!(writers.into_iter().all(|writer| writer.answer().unwrap().changed));
    let batches = gate.batches()[before..].to_vec();
    assert_eq!(batches.iter().sum::<usize>(), WRITERS);
    assert!(batches.len() <= WRITERS / 4, "{WRITERS} updates took the commits {batches:?}");
}

#[test]
fn an_answer_waits_for_its_commit() {
    let (store, gate) = Gated::new(MemoryStore::new());
    let service = start(store);
    furnish(&service);
    let before = service.snapshot().version;
    gate.close();
    let mut waiting = Asked::new(&service, set("a.dyn.example", "192.0.2.1"));
    gate.until_waiting();
    std::thread::sleep(MOMENT);
    assert!(!waiting.answered(), "nothing is answered before it is committed");
    assert_eq!(service.snapshot().version, before, "nothing is served before it is committed");
    gate.open();
    let reply = waiting.answer().unwrap();
    assert_eq!(address(&reply.snapshot, "a.dyn.example"), "192.0.2.1");
    assert!(service.snapshot().version >= reply.snapshot.version, "what is answered is served");
}

/// Refusals and no-changes rest on their neighbours' changes, and so wait with them.
#[test]
fn every_answer_of_a_batch_waits_for_it() {
    let (store, gate) = Gated::new(MemoryStore::new());
    let service = start(store);
    let joe = furnish(&service);
    gate.close();
    let submit = |request| Asked::new(&service, request);
    let first = submit(set("a.dyn.example", "192.0.2.1"));
    gate.until_waiting();
    let (update, new) = (submit(set("b.dyn.example", "192.0.2.2")), submit(add_host("c.dyn.example", joe)));
    let (repeat, taken) = (submit(set("b.dyn.example", "192.0.2.2")), submit(add_host("c.dyn.example", joe)));
    gate.pass();
    assert!(first.answer().unwrap().changed);
    gate.until_waiting();
    std::thread::sleep(MOMENT);
    let mut answers = [update, new, repeat, taken];
    assert!(answers.iter_mut().all(|answer| !answer.answered()), "nobody is answered before the commit");
    gate.open();
    let [update, new, repeat, taken] = answers.map(Asked::answer);
    assert!(update.unwrap().changed && new.unwrap().changed);
    let repeat = repeat.unwrap();
    assert!(!repeat.changed);
    assert_eq!(address(&repeat.snapshot, "b.dyn.example"), "192.0.2.2");
    assert!(matches!(taken, Err(ServiceError::Refused(Refusal::Taken { .. }))));
}

#[test]
fn a_full_queue_is_busy_at_once() {
    let (store, gate) = Gated::new(MemoryStore::new());
    let service = Service::start(Box::new(store), Options { queue: 2, ..Options::default() }).unwrap();
    furnish(&service);
    gate.close();
    let submit = |last: u8| Asked::new(&service, set("a.dyn.example", &format!("192.0.2.{last}")));
    let first = submit(1);
    gate.until_waiting();
    let others = [submit(2), submit(3)];
    let mut busy = submit(9);
    assert!(busy.answered(), "a full queue is told, not waited for");
    assert_eq!(busy.answer().map(|reply| reply.changed), Err(ServiceError::Busy));
    gate.open();
    assert!(first.answer().is_ok());
    assert!(others.into_iter().all(|other| other.answer().is_ok()));
    assert!(service.submit_blocking(set("a.dyn.example", "192.0.2.9")).unwrap().changed);
}

#[test]
fn an_unchanged_repeat_writes_nothing() {
    let (store, gate) = Gated::new(MemoryStore::new());
    let service = start(store);
    let joe = furnish(&service);
    service.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
    let (version, commits) = (service.snapshot().version, gate.batches().len());
    let transactions = gate.transactions();
    for _ in 0..100 {
        let reply = service.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
        assert!(!reply.changed);
        assert_eq!(reply.snapshot.version, version);
        assert!(matches!(service.submit_blocking(add_host("a.dyn.example", joe)), Err(ServiceError::Refused(_))));
    }
    assert_eq!((service.snapshot().version, gate.batches().len()), (version, commits));
    assert!(gate.transactions() <= transactions + 1, "the snapshot answers");
}

#[test]
fn stopping_does_what_was_queued() {
    let (store, gate) = Gated::new(MemoryStore::new());
    let service = start(store);
    furnish(&service);
    gate.close();
    let submit = |last: u8| Asked::new(&service, set("a.dyn.example", &format!("192.0.2.{last}")));
    let first = submit(0);
    gate.until_waiting();
    let queued: Vec<_> = (1..=10).map(submit).collect();
    let stopping = {
        let service = service.clone();
        spawn(move || service.stop())
    };
    std::thread::sleep(MOMENT);
    assert!(!stopping.is_finished(), "a stop waits for what was queued");
    gate.open();
    stopping.join().unwrap();
    assert!(first.answer().is_ok());
    assert!(queued.into_iter().all(|one| one.answer().is_ok()));
    let late = service.submit_blocking(set("b.dyn.example", "192.0.2.1"));
    assert!(matches!(late, Err(ServiceError::Unavailable(_))));
    assert!(matches!(service.with_store(|_| ()), Err(ServiceError::Unavailable(_))));
    assert!(!service.health().ready);
    service.catch_up();
    service.stop();
}

#[test]
fn the_feed_tells_every_commit_in_order() {
    let (service, store, _) = memory();
    let other = start(store);
    let mut feed = service.changes();
    let first = service.snapshot().version.0;
    for last in 1..=5 {
        service.submit_blocking(set("a.dyn.example", &format!("192.0.2.{last}"))).unwrap();
        other.submit_blocking(set("b.dyn.example", &format!("192.0.2.{last}"))).unwrap();
    }
    service.catch_up();
    let (mut told, mut versions, mut serial) = (0, Vec::new(), None);
    while let Ok(commit) = feed.try_recv() {
        told += commit.changes.len();
        versions.push(commit.version.0);
        for difference in &commit.differences {
            assert!(serial.is_none_or(|serial| difference.to.is_after(serial)));
            serial = Some(difference.to);
        }
    }
    assert_eq!(told, 10, "every change is told once");
    assert!(versions.is_sorted() && *versions.last().unwrap() == first + 10);
}
