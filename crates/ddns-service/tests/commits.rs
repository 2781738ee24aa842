//! One writer: commands share commits, and every answer waits for the commit that it rests on.

use std::thread::spawn;
use std::time::{Duration, Instant};

use ddns_core::Refusal;
use ddns_service::{Options, Service, ServiceError};
use ddns_store::{FileStore, MemoryStore};

use crate::world::{Gated, add_host, address, furnish, memory, set, start};

/// Long enough for a command to reach the queue, or for a wrong answer to arrive.
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
    let update = |writer: usize| {
        let service = service.clone();
        spawn(move || service.submit_blocking(set(&format!("h{writer}.dyn.example"), "192.0.2.1")).unwrap().changed)
    };
    let writers: Vec<_> = (0..WRITERS).map(update).collect();
    gate.until_waiting();
    std::thread::sleep(MOMENT);
    gate.open();
    assert!(writers.into_iter().all(|writer| writer.join().unwrap()));
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
    let waiting = {
        let service = service.clone();
        spawn(move || service.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap())
    };
    gate.until_waiting();
    std::thread::sleep(MOMENT);
    assert!(!waiting.is_finished(), "nothing is answered before it is committed");
    assert_eq!(service.snapshot().version, before, "nothing is served before it is committed");
    gate.open();
    let reply = waiting.join().unwrap();
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
    let submit = |request| {
        let service = service.clone();
        spawn(move || service.submit_blocking(request))
    };
    let first = submit(set("a.dyn.example", "192.0.2.1"));
    gate.until_waiting();
    let (update, new) = (submit(set("b.dyn.example", "192.0.2.2")), submit(add_host("c.dyn.example", joe)));
    std::thread::sleep(MOMENT);
    let (repeat, taken) = (submit(set("b.dyn.example", "192.0.2.2")), submit(add_host("c.dyn.example", joe)));
    std::thread::sleep(MOMENT);
    gate.pass();
    assert!(first.join().unwrap().unwrap().changed);
    gate.until_waiting();
    std::thread::sleep(MOMENT);
    let answers = [update, new, repeat, taken];
    assert!(answers.iter().all(|answer| !answer.is_finished()), "nobody is answered before the commit");
    gate.open();
    let [update, new, repeat, taken] = answers.map(|answer| answer.join().unwrap());
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
    let submit = |last: u8| {
        let service = service.clone();
        spawn(move || service.submit_blocking(set("a.dyn.example", &format!("192.0.2.{last}"))))
    };
    let first = submit(1);
    gate.until_waiting();
    let others = [submit(2), submit(3)];
    std::thread::sleep(MOMENT);
    let asked = Instant::now();
    let busy = service.submit_blocking(set("a.dyn.example", "192.0.2.9"));
    assert_eq!(busy.map(|reply| reply.changed), Err(ServiceError::Busy));
    assert!(asked.elapsed() < Duration::from_secs(5), "a full queue is told, not waited for");
    gate.open();
    assert!(first.join().unwrap().is_ok());
    assert!(others.into_iter().all(|other| other.join().unwrap().is_ok()));
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
    let submit = |last: u8| {
        let service = service.clone();
        spawn(move || service.submit_blocking(set("a.dyn.example", &format!("192.0.2.{last}"))))
    };
    let first = submit(0);
    gate.until_waiting();
    let queued: Vec<_> = (1..=10).map(submit).collect();
    std::thread::sleep(MOMENT);
    let stopping = {
        let service = service.clone();
        spawn(move || service.stop())
    };
    std::thread::sleep(MOMENT);
    assert!(!stopping.is_finished(), "a stop waits for what was queued");
    gate.open();
    stopping.join().unwrap();
    assert!(first.join().unwrap().is_ok());
    assert!(queued.into_iter().all(|one| one.join().unwrap().is_ok()));
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
