//! The laws, each a test of its own.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ddns_core::{
    AccountEdit, AccountNo, Actions, Caller, Change, ClientEdit, ClientKey, Command, Delta, DomainNo, Fqdn, Heartbeat,
    HostEdit, HostNo, Identity, Ipv6Suffix, Name, NewClient, NewHost, NewRecord, NewToken, Offline, RecordData,
    RecordEdit, RecordType, Registry, Scope, SecretId, Serial, Settings, Together, TsigAlgorithm, TsigKey, TsigKeyEdit,
    TsigKeyKey, UnicastV4, UnicastV6, ZoneHead, policy, zone,
};
use uuid::Uuid;

use super::process::{
    START, assert_same, caller, led_to, name_uuid, new_account, new_domain, new_host, secret_of, set_host,
};
use super::{Make, Opener, Process};
use crate::{Batch, BatchId, Kind, Listing, LogQuery, NewEntry, SoftKey, SoftRefusal, SoftState, StoreError, Version};

/// What was committed is there when the data is opened again, with all that its log entry says.
pub fn durable(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let joe = one.account("joe").number;
    one.pass(5);
    one.ask_as(caller(joe), set_host("a.dyn.example", "192.0.2.1")).unwrap();
    one.assert_loaded_by_others(&open);
    let expected = one.log();
    let (registry, version) = (one.registry.clone(), one.version);
    drop(one);
    let mut again = Process::start(&open);
    assert_eq!(again.version, version);
    assert_same(&again.registry, &registry);
    assert_eq!(again.log(), expected);
    let newest = expected.last().unwrap();
    assert_eq!(
        (newest.version, newest.time, newest.actor),
        (version, again.now.after(Duration::from_secs(5)), Some(joe))
    );
    assert_eq!((newest.origin.as_str(), newest.changes.len()), ("battery", 1));
}

/// Several processes count in one host's address at the same time: no step is lost, versions are given once and without
/// a gap.
pub fn exclusive(make: Make<'_>) {
    const THREADS: u32 = 4;
    const STEPS: u32 = 25;
    let open = make();
    let mut one = furnished(&open);
    one.set_host("a.dyn.example", "10.0.0.0");
    let count = || -> Vec<Version> {
        let mut process = Process::start(&open);
        let next = |registry: &Registry| {
            let address = u32::from(address_of(registry, "a.dyn.example").addr()) + 1;
            vec![(Caller::Local, set_host("a.dyn.example", &std::net::Ipv4Addr::from(address).to_string()))]
        };
        (0..STEPS).map(|_| process.batch_made_of(next).0).collect()
    };
    let given: Vec<Version> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(count)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let expected: BTreeSet<Version> = (1..=THREADS * STEPS).map(|step| one.version.after(step as usize)).collect();
    assert_eq!(given.len(), expected.len());
    assert_eq!(given.into_iter().collect::<BTreeSet<_>>(), expected);
    one.follow();
    assert_eq!(u32::from(address_of(&one.registry, "a.dyn.example").addr()), 0x0a00_0000 + THREADS * STEPS);
    one.assert_loaded_by_others(&open);
    let log = one.log();
    assert!(log.iter().enumerate().all(|(place, entry)| entry.version.0 == place as u64 + 1), "the log is dense");
}

/// A process is handed what others did, in order, with where the zones stand and the secrets that were made.
pub fn hands_over_what_others_did(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut two = Process::start(&open);
    assert!(two.follow().entries.is_empty(), "nothing has happened since it was loaded");
    let mut expected = Vec::new();
    for last in 1..=3 {
        one.set_host("a.dyn.example", &format!("192.0.2.{last}"));
        expected.push(one.version);
    }
    let eve = one.add_account("eve");
    expected.push(one.version);
    let foreign = two.follow();
    assert_eq!(foreign.entries.iter().map(|entry| entry.version).collect::<Vec<_>>(), expected);
    let domain = one.domain("dyn.example").number;
    assert!(foreign.heads.contains(&(domain, one.registry.zone_head(domain))), "heads say where the zones stand");
    let password = one.registry.account(eve).unwrap().password.unwrap();
    assert_eq!(foreign.secrets, [(password, secret_of(password))]);
    assert_same(&two.registry, &one.registry);
    two.set_host("a.dyn.example", "192.0.2.9");
    assert_eq!(one.follow().entries.len(), 1);
    assert_same(&one.registry, &two.registry);
}

/// Of secrets that others made and voided meanwhile, only what is left is handed over.
pub fn hands_over_what_is_left_of_secrets(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut two = Process::start(&open);
    let joe = one.account("joe").number;
    one.ask(new_token(1, joe, 11));
    one.ask(new_token(2, joe, u64::MAX));
    one.ask(Command::RevokeToken { token: Uuid::from_u128(1) });
    let secrets = two.follow().secrets;
    let kept = SecretId::new(u64::MAX).unwrap();
    assert_eq!(secrets, [(kept, secret_of(kept))]);
}

/// Without a batch, and with an empty one, nothing is written: not even what would come with it.
pub fn empty_batches_write_nothing(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let domain = one.domain("dyn.example").number;
    let watch = one.store.watch().unwrap();
    let batches: [fn(DomainNo) -> Option<Batch>; 2] = [
        |_| None,
        |domain| {
            let id = SecretId::new(5).unwrap();
            Some(Batch {
                id: BatchId(1),
                entries: Vec::new(),
                secrets: vec![(id, secret_of(id))],
                heads: vec![(domain, ZoneHead { serial: Serial(1), changed: START })],
                differences: Vec::new(),
                last_number: 1_000,
            })
        },
    ];
    for batch in batches {
        let version = one.store.transact(one.version, &mut |_| batch(domain)).unwrap();
        assert_eq!((version, watch.newest().unwrap()), (one.version, one.version));
        one.assert_loaded_by_others(&open);
    }
}

/// Loading gives the same wherever the tables stand.
pub fn loads_the_same_at_every_fold(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    for step in 0..12u8 {
        one.set_host("a.dyn.example", &format!("192.0.2.{step}"));
        one.assert_loaded_by_others(&open);
        if step % 4 == 3 {
            one.store.tidy(step % 8 == 7).unwrap();
            one.assert_loaded_by_others(&open);
        }
    }
}

/// The log is paged by version, by who asked and by host, the newest entry first.
pub fn log_pages(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let (joe, ann) = (one.account("joe").number, one.account("ann").number);
    one.ask_as(caller(ann), new_host("b.dyn.example", ann)).unwrap();
    for last in 1..=3 {
        one.ask_as(caller(joe), set_host("a.dyn.example", &format!("192.0.2.{last}"))).unwrap();
        one.ask_as(caller(ann), set_host("b.dyn.example", &format!("192.0.2.{last}"))).unwrap();
    }
    let text = record(1, "a.dyn.example", "TXT", "\"name\":\"b.dyn.example\"");
    one.ask_as(caller(joe), text).unwrap(); // names both hosts without being about one
    let all = one.log();
    let versions = |query: &LogQuery, one: &mut Process| -> Vec<u64> {
        one.store.log(query).unwrap().iter().map(|entry| entry.version.0).collect()
    };
    let newest = one.version.0;
    let page = LogQuery { limit: 2, ..LogQuery::default() };
    assert_eq!(versions(&page, &mut one), [newest, newest - 1]);
    let next = LogQuery { before: Some(Version(newest - 1)), limit: 2, ..LogQuery::default() };
    assert_eq!(versions(&next, &mut one), [newest - 2, newest - 3]);
    assert!(versions(&LogQuery { limit: 0, ..page.clone() }, &mut one).is_empty());
    assert!(versions(&LogQuery { before: Some(Version(1)), ..page.clone() }, &mut one).is_empty());
    let by_ann: Vec<u64> =
        all.iter().rev().filter(|entry| entry.actor == Some(ann)).map(|entry| entry.version.0).collect();
    assert_eq!(versions(&LogQuery { actor: Some(ann), limit: usize::MAX, ..page.clone() }, &mut one), by_ann);
    let is_a = |change: &Change| matches!(change, Change::Host(delta) if delta.any().unwrap().name.to_string() == "a.dyn.example");
    let of_a: Vec<u64> =
        all.iter().rev().filter(|entry| entry.changes.iter().any(is_a)).map(|entry| entry.version.0).collect();
    assert_eq!(of_a.len(), 4);
    let host = Some("a.dyn.example".parse().unwrap());
    assert_eq!(versions(&LogQuery { host: host.clone(), limit: 100, ..page.clone() }, &mut one), of_a);
    assert_eq!(versions(&LogQuery { host: host.clone(), limit: 3, ..page.clone() }, &mut one), of_a[..3]);
    let later = LogQuery { host, before: Some(Version(of_a[1])), actor: Some(joe), limit: 1 };
    assert_eq!(versions(&later, &mut one), of_a[2..3]);
}

/// Pruning forgets entries that are old, and nothing that they did; versions go on.
pub fn prune_forgets_the_old_and_not_the_effect(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let old = one.version.0;
    one.pass(100);
    let line = one.now;
    one.set_host("a.dyn.example", "192.0.2.1");
    one.set_host("a.dyn.example", "192.0.2.2");
    one.store.tidy(true).unwrap();
    assert_eq!(one.store.prune(START, u64::MAX).unwrap(), 0, "nothing is older than the beginning");
    assert_eq!(prune_all(&mut one, line.micros(), u64::MAX), old);
    let left: Vec<u64> = one.log().iter().map(|entry| entry.version.0).collect();
    assert_eq!(left, [old + 1, old + 2]);
    one.assert_loaded_by_others(&open);
    prune_all(&mut one, u64::MAX, u64::MAX);
    assert!(one.log().is_empty());
    one.assert_loaded_by_others(&open);
    one.set_host("a.dyn.example", "192.0.2.3");
    assert_eq!(one.version.0, old + 3);
    one.assert_loaded_by_others(&open);
}

/// Pruning forgets the oldest entries beyond a size.
pub fn prune_bounds_the_size(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    for last in 0..100 {
        one.set_host("a.dyn.example", &format!("192.0.2.{last}"));
    }
    one.store.tidy(true).unwrap();
    let size = |one: &mut Process| -> usize {
        one.log().iter().map(|entry| serde_json::to_string(&entry.changes).unwrap().len()).sum()
    };
    let half = size(&mut one) as u64 / 2;
    prune_all(&mut one, 0, half);
    let left = size(&mut one) as u64;
    // The zones' differences count too; they are about as large as the changes.
    assert!(left <= half && left > half / 4, "{left} of {half} octets are left");
    assert_eq!(prune_all(&mut one, 0, half), 0, "what fits stays");
    assert_eq!(one.log().last().unwrap().version, one.version, "the newest entry stays");
    one.assert_loaded_by_others(&open);
}

/// Whoever was away for longer than the history reaches is told, and does not decide on a state with a hole.
pub fn behind_a_pruned_log_is_an_error(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut late = Process::start(&open);
    one.set_host("a.dyn.example", "192.0.2.1");
    one.set_host("a.dyn.example", "192.0.2.2");
    one.store.tidy(true).unwrap();
    one.store.prune(one.now.after(Duration::from_secs(1)), u64::MAX).unwrap();
    let asked = late.store.transact(late.version, &mut |_| panic!("there is nothing to decide on"));
    assert!(matches!(asked, Err(StoreError::Contradiction(_))), "{asked:?}");
    let loaded = late.store.load().unwrap();
    assert_same(&loaded.registry, &one.registry);
    late.version = loaded.version;
    late.registry = loaded.registry;
    late.set_host("a.dyn.example", "192.0.2.3");
    late.assert_loaded_by_others(&open);
}

/// What a handle remembers from long ago never comes over what others made of it since.
pub fn a_stale_handle_does_not_fold_the_past_over_the_present(make: Make<'_>) {
    let open = make();
    let mut stale = furnished(&open);
    stale.set_host("a.dyn.example", "192.0.2.1");
    let mut one = Process::start(&open);
    one.set_host("a.dyn.example", "192.0.2.2");
    one.store.tidy(true).unwrap();
    one.store.prune(one.now.after(Duration::from_secs(1)), u64::MAX).unwrap();
    one.add_host("c.dyn.example", one.account("joe").number);
    assert_eq!(stale.list(&listing(Kind::Host)).len(), 2);
    stale.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
}

/// Lists of every kind come in the order of their keys, in pages, and filtered.
pub fn lists_in_order(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let (joe, ann) = (one.account("joe").number, one.account("ann").number);
    let own = one.add_domain("zoo.example");
    for number in 0..12 {
        one.add_host(&format!("h{number}.zoo.example"), if number % 2 == 0 { joe } else { ann });
        one.ask(record(100 - number, &format!("r{number}.zoo.example"), "TXT", "x"));
        one.ask(new_token(u128::from(200 - number), joe, 1_000 + u64::from(number)));
        one.add_account(&format!("user{number}"));
        let key = format!("client-{number}").parse().unwrap();
        one.ask_as(caller(joe), Command::PutClient { key, edit: ClientEdit::default(), must_exist: false }).unwrap();
    }
    for name in ["ns2.test", "ns1.test", "a.ns.test"] {
        let (id, name) = (name_uuid(name), name.parse().unwrap());
        one.ask(Command::AddServer { id, name, addresses: Vec::new() });
    }
    let kinds = [Kind::Account, Kind::Token, Kind::Domain, Kind::Server, Kind::Host, Kind::Client, Kind::Record];
    for kind in kinds {
        let mut expected: Vec<Change> =
            one.registry.snapshot().filter(|change| key(change).is_some_and(|(of, ..)| of == kind)).collect();
        expected.sort_by_key(|change| key(change).unwrap());
        assert!(expected.len() > 1, "{kind:?}");
        assert_eq!(one.list(&listing(kind)), expected, "{kind:?}");
        for size in [1, 2, 5] {
            assert_eq!(pages(&mut one, kind, size), expected, "{kind:?} in pages of {size}");
        }
    }
    let of_joe = |change: &Change| matches!(change, Change::Host(delta) if delta.any().unwrap().owner == joe);
    let of_ann_in_zoo = one.list(&Listing { owner: Some(ann), domain: Some(own), ..listing(Kind::Host) });
    assert_eq!(of_ann_in_zoo.len(), 6);
    let after = Some("h2.zoo.example".to_owned());
    let rest = one.list(&Listing { owner: Some(joe), after, limit: 2, ..listing(Kind::Host) });
    assert_eq!(
        rest.iter().map(|change| key(change).unwrap().2).collect::<Vec<_>>(),
        ["h4.zoo.example", "h6.zoo.example"]
    );
    assert!(rest.iter().all(of_joe));
    assert!(one.list(&Listing { owner: AccountNo::new(4_000), ..listing(Kind::Host) }).is_empty());
}

/// Records are listed by domain too, in pages, wherever the tables stand.
pub fn lists_records_of_a_domain(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let (zoo, sub, none) =
        (one.add_domain("zoo.example"), one.add_domain("sub.zoo.example"), one.add_domain("none.example"));
    let add = |one: &mut Process, ids: std::ops::Range<u32>| {
        for id in ids {
            let domain = ["zoo.example", "sub.zoo.example", "dyn.example"][id as usize % 3];
            // Ids in another order than that of making.
            one.ask(record(id.wrapping_mul(0x9e37_79b9), &format!("r{id}.{domain}"), "TXT", "x"));
        }
    };
    add(&mut one, 0..12);
    one.store.tidy(true).unwrap();
    add(&mut one, 12..24);
    for id in [0, 1, 12, 13u32] {
        one.ask(Command::RemoveRecord { record: Uuid::from_u128(id.wrapping_mul(0x9e37_79b9).into()) });
    }
    for fold in [false, true] {
        if fold {
            one.store.tidy(true).unwrap();
        }
        for (domain, count) in [(zoo, 6), (sub, 6), (none, 0)] {
            let in_domain =
                |change: &Change| matches!(change, Change::Record(delta) if delta.any().unwrap().domain == domain);
            let mut expected: Vec<Change> = one.registry.snapshot().filter(in_domain).collect();
            expected.sort_by_key(|change| key(change).unwrap());
            assert_eq!(expected.len(), count);
            let wanted = Listing { domain: Some(domain), ..listing(Kind::Record) };
            for limit in [1, 2, usize::MAX] {
                assert_eq!(pages_of(&mut one, &Listing { limit, ..wanted.clone() }), expected, "pages of {limit}");
            }
        }
    }
}

/// A list shows what another process committed before it was asked for, however fast that one goes on.
pub fn lists_what_others_did_while_they_do_it(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let joe = one.account("joe").number;
    let mut reader = Process::start(&open);
    let done = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let started = Instant::now();
            let mut number = 0;
            while number < 300 && started.elapsed() < Duration::from_secs(10) {
                one.add_host(&format!("w{number}.dyn.example"), joe);
                number += 1;
                done.store(number, std::sync::atomic::Ordering::SeqCst);
            }
        });
        while !writer.is_finished() {
            let committed = done.load(std::sync::atomic::Ordering::SeqCst) as usize;
            let listed = reader.list(&listing(Kind::Host)).len();
            assert!(listed > committed, "{listed} of at least {} hosts are listed", committed + 1);
        }
    });
}

/// The differences from a serial on lead from that zone to the present one; from an unknown serial there are none.
pub fn differences_are_a_chain(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let number = one.domain("dyn.example").number;
    let served = |one: &Process| -> BTreeSet<zone::ZoneRecord> {
        zone::records(&one.registry, one.domain("dyn.example")).into_iter().collect()
    };
    let mut stages = vec![(one.registry.serial(number), served(&one))];
    let other = one.add_domain("zoo.example");
    for step in 0..6u64 {
        one.pass(step % 2);
        one.set_host("a.dyn.example", &format!("192.0.2.{step}"));
        stages.push((one.registry.serial(number), served(&one)));
        one.ask(record(step as u32, "x.zoo.example", "TXT", &format!("{step}")));
    }
    for fold in [false, true] {
        if fold {
            one.store.tidy(true).unwrap();
        }
        for (at, (serial, records)) in stages.iter().enumerate() {
            let chain = one.store.differences(number, *serial).unwrap().unwrap();
            assert_eq!(chain.len(), stages.len() - 1 - at);
            let mut records = records.clone();
            for difference in &chain {
                assert_eq!(difference.domain, number);
                assert!(difference.removed.iter().all(|gone| records.remove(gone)), "what goes was there");
                assert!(difference.added.iter().cloned().all(|new| records.insert(new)), "what comes was not");
            }
            assert_eq!(records, stages.last().unwrap().1);
        }
        assert_eq!(one.store.differences(number, Serial(7)).unwrap(), None);
        assert_eq!(one.store.differences(DomainNo::new(999).unwrap(), Serial(0)).unwrap(), None);
        assert_eq!(one.store.differences(other, one.registry.serial(other)).unwrap(), Some(Vec::new()));
    }
    prune_all(&mut one, u64::MAX, u64::MAX);
    assert_eq!(one.store.differences(number, stages[0].0).unwrap(), None, "the history is pruned as the log is");
    assert_eq!(one.store.differences(number, stages.last().unwrap().0).unwrap(), Some(Vec::new()));
}

/// A zone that is gone has no differences; one of the same name is another zone.
pub fn differences_end_with_their_zone(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let old = one.add_domain("zoo.example");
    let serial = one.registry.serial(old);
    one.ask(record(1, "x.zoo.example", "TXT", "x"));
    assert_eq!(one.store.differences(old, serial).unwrap().unwrap().len(), 1);
    one.ask(Command::RemoveDomain { domain: "zoo.example".parse().unwrap() });
    assert_eq!(one.store.differences(old, serial).unwrap(), None);
    let new = one.add_domain("zoo.example");
    assert_ne!(old, new);
    assert_eq!(one.store.differences(new, one.registry.serial(new)).unwrap(), Some(Vec::new()));
    one.assert_loaded_by_others(&open);
}

/// Where a removed zone's serial stood is known to everybody who may make the zone again.
pub fn serials_outlive_their_zone(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut late = Process::start(&open);
    one.add_domain("zoo.example");
    late.follow();
    for number in 1..5 {
        one.ask(record(number, "x.zoo.example", "TXT", &number.to_string()));
    }
    let zoo = one.domain("zoo.example");
    let (zone, last) = (zoo.name.name().clone(), one.registry.serial(zoo.number));
    one.ask(Command::RemoveDomain { domain: "zoo.example".parse().unwrap() });
    late.follow();
    let unfolded = Process::start(&open);
    one.store.tidy(true).unwrap();
    for process in [&one, &late, &unfolded, &Process::start(&open)] {
        assert_eq!(process.registry.retired_serial(&zone), Some(last));
    }
    let again = late.add_domain("zoo.example");
    assert!(late.registry.serial(again).is_after(last));
}

/// When a zone came to its serial is known to whoever loads, follows or starts again; what does not touch a zone leaves it.
pub fn zone_heads_carry_their_time(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut late = Process::start(&open);
    let (zoo, dyn_) = (one.add_domain("zoo.example"), one.domain("dyn.example").number);
    let made = one.now;
    let check = |one: &Process, late: &mut Process, zoo_changed, dyn_changed| {
        late.follow();
        for registry in [&one.registry, &late.registry, &Process::start(&open).registry] {
            assert_eq!(registry.zone_head(zoo).changed, zoo_changed);
            assert_eq!(registry.zone_head(dyn_).changed, dyn_changed);
            assert_eq!(registry.zone_head(zoo), one.registry.zone_head(zoo));
        }
    };
    check(&one, &mut late, made, made);
    one.pass(10);
    one.set_host("a.dyn.example", "192.0.2.1");
    let first = one.now;
    check(&one, &mut late, made, first);
    one.pass(10);
    one.ask(Command::TouchDomain { domain: "zoo.example".parse().unwrap() });
    let second = one.now;
    check(&one, &mut late, second, first);
    one.pass(10);
    one.add_account("eve");
    check(&one, &mut late, second, first);
    one.store.tidy(true).unwrap();
    check(&one, &mut late, second, first);
    prune_all(&mut one, u64::MAX, u64::MAX);
    one.pass(10);
    one.set_host("a.dyn.example", "192.0.2.2");
    check(&one, &mut late, second, one.now);
    one.ask(Command::RemoveDomain { domain: "zoo.example".parse().unwrap() });
    late.follow();
    assert_eq!(late.registry.zone_head(zoo), ZoneHead::default(), "what is gone stands nowhere");
    one.pass(10);
    let again = late.add_domain("zoo.example");
    assert_eq!(late.registry.zone_head(again).changed, late.now);
    late.assert_loaded_by_others(&open);
}

/// A store that stands at an older version than somebody has seen is not the one that was seen: a restored copy, say.
pub fn a_store_that_went_back_is_noticed(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let beyond = one.version.after(1);
    let mut asked = false;
    let answer = one.store.transact(beyond, &mut |_| {
        asked = true;
        None
    });
    assert!(matches!(answer, Err(StoreError::Contradiction(_))), "{answer:?}");
    assert!(!asked, "nothing is decided on it");
    one.assert_loaded_by_others(&open);
}

/// Whoever only looks waits for nobody who writes, and sees what is in the log alone, too.
pub fn lists_take_no_lock(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut other = Process::start(&open);
    one.store.tidy(true).unwrap();
    one.set_host("a.dyn.example", "192.0.2.77");
    let hosts = Listing { kind: Kind::Host, after: None, owner: None, domain: None, limit: 1 };
    let shown = |found: &[Change]| match found {
        [Change::Host(delta)] => delta.any().and_then(|host| host.ipv4).map(|address| address.addr().to_string()),
        _ => None,
    };
    let started = Instant::now();
    assert_eq!(shown(&other.list(&hosts)), Some("192.0.2.77".to_owned()));
    assert!(started.elapsed() < Duration::from_secs(4), "a list waits for no lock");
}

/// Soft state is kept, replaced, and no part of the log.
pub fn soft_state_is_kept(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let keys = [
        SoftKey::Token(Uuid::from_u128(1)),
        SoftKey::Client("a:b".parse().unwrap()),
        SoftKey::Host(HostNo::new(u32::MAX).unwrap()),
    ];
    let refusal = SoftRefusal {
        time: START,
        source: Some("2001:db8::1".parse().unwrap()),
        dialect: "dyndns2".to_owned(),
        agent: "Fritz!Box 🦀 \"'".to_owned(),
        sentence: "there is no host ä".to_owned(),
    };
    let full = SoftState { last_contact: Some(START), last_refusal: Some(refusal) };
    assert!(one.store.save_soft(one.version, &keys.clone().map(|key| (key, full.clone()))).unwrap());
    let newer = SoftState { last_contact: Some(START.after(Duration::from_secs(1))), last_refusal: None };
    assert!(one.store.save_soft(one.version, &[(keys[1].clone(), newer.clone())]).unwrap());
    assert!(one.store.save_soft(one.version, &[]).unwrap());
    let older = Version(one.version.0 - 1);
    let refused = [(keys[0].clone(), newer.clone())];
    assert!(!one.store.save_soft(older, &refused).unwrap(), "what was noted in the past is not kept");
    let mut other = open();
    let found: Vec<_> = keys.iter().map(|key| other.soft(key).unwrap()).collect();
    assert_eq!(found, [Some(full.clone()), Some(newer), Some(full)]);
    assert_eq!(other.soft(&SoftKey::Token(Uuid::nil())).unwrap(), None);
    one.assert_loaded_by_others(&open);
}

/// Secrets go with what leads to them: replaced, revoked, and even made and voided within one batch.
pub fn secrets_are_wiped(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let joe = one.account("joe").number;
    let before = led_to(&one.registry);
    one.ask(new_token(1, joe, 11));
    one.ask(new_token(2, joe, 12));
    one.assert_loaded_by_others(&open);
    one.ask(Command::RevokeToken { token: Uuid::from_u128(1) });
    one.assert_loaded_by_others(&open);
    let password = |id| Command::SetAccount {
        account: joe,
        edit: AccountEdit { password: SecretId::new(id), ..AccountEdit::default() },
    };
    one.ask(password(1 << 63));
    one.assert_loaded_by_others(&open);
    one.ask(Command::AddTsigKey(TsigKey {
        id: Uuid::from_u128(9),
        name: "key".parse().unwrap(),
        algorithm: TsigAlgorithm::HmacSha1,
        account: joe,
        scope: Scope::FULL,
        secret: SecretId::new(21).unwrap(),
        created: START,
    }));
    one.ask(set_key(9, None, 22));
    one.assert_loaded_by_others(&open);
    let batch = [
        new_token(3, joe, 13),
        Command::RevokeToken { token: Uuid::from_u128(3) },
        Command::RevokeToken { token: Uuid::from_u128(2) },
        password(31),
        password(32),
        Command::RemoveTsigKey { key: TsigKeyKey::Name("key".parse().unwrap()) },
    ];
    assert!(one.batch(&batch.map(|command| (Caller::Local, command))).iter().all(Result::is_ok));
    one.assert_loaded_by_others(&open);
    assert_eq!(led_to(&one.registry).len(), before.len());
    one.ask(Command::RemoveAccount { account: joe });
    one.assert_loaded_by_others(&open);
}

/// A watch sees every commit at once, its own process's and others', from any thread, and nothing else.
pub fn watches_others(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let watch = one.store.watch().unwrap();
    assert_eq!(watch.newest().unwrap(), one.version);
    let mut two = Process::start(&open);
    two.set_host("a.dyn.example", "192.0.2.1");
    assert_eq!(watch.newest().unwrap(), two.version);
    one.follow();
    one.set_host("a.dyn.example", "192.0.2.2");
    let seen = std::thread::spawn(move || (watch.newest().unwrap(), watch)).join().unwrap();
    assert_eq!(seen.0, one.version);
    one.store.tidy(true).unwrap();
    one.store.save_soft(one.version, &[(SoftKey::Token(Uuid::nil()), SoftState::default())]).unwrap();
    assert_eq!(seen.1.newest().unwrap(), one.version);
}

/// A name that is freed may be taken by somebody else, before any table has heard of it.
pub fn names_are_freed_and_taken_again(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let (joe, ann) = (one.account("joe").number, one.account("ann").number);
    one.ask(Command::SetSettings(Settings { reservation_days: 0, ..Settings::default() }));
    one.store.tidy(true).unwrap();
    let remove = |name: &str| Command::RemoveHost { host: name.parse().unwrap() };
    for owner in [ann, joe, ann] {
        one.ask(remove("a.dyn.example"));
        one.ask(new_host("a.dyn.example", owner));
        one.assert_loaded_by_others(&open);
    }
    let both = [remove("a.dyn.example"), new_host("a.dyn.example", joe)].map(|command| (Caller::Local, command));
    assert!(one.batch(&both).iter().all(Result::is_ok));
    one.assert_loaded_by_others(&open);
    one.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
    let login = |account, login: &str| Command::SetAccount {
        account,
        edit: AccountEdit { login: login.parse().ok(), ..AccountEdit::default() },
    };
    one.ask(login(joe, "was-joe"));
    one.ask(login(ann, "joe"));
    one.assert_loaded_by_others(&open);
    one.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
}

/// Two records swap their data, which no two may share at a time, before any table has heard of it.
pub fn records_swap_their_data(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    one.ask(record(1, "x.dyn.example", "TXT", "left"));
    one.ask(record(2, "x.dyn.example", "TXT", "right"));
    one.store.tidy(true).unwrap();
    let set = |id: u32, text: &str| Command::SetRecord {
        record: Uuid::from_u128(id.into()),
        edit: RecordEdit { data: Some(data("TXT", text)), ..RecordEdit::default() },
    };
    for (id, text) in [(1, "between"), (2, "left"), (1, "right")] {
        one.ask(set(id, text));
        one.assert_loaded_by_others(&open);
    }
    one.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
}

/// Whole sets of records move, one into the place of another, and data goes from record to record: in one batch, and before
/// any table has heard of it.
pub fn record_sets_change_places(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let place = |name: &str| format!("{name}.dyn.example");
    let add = |id, name, text| record(id, &place(name), "TXT", text);
    let id = |id: u32| Uuid::from_u128(id.into());
    let set = |record, name: Option<&str>, text: Option<&str>| Command::SetRecord {
        record: id(record),
        edit: RecordEdit {
            name: name.map(|name| place(name).parse().unwrap()),
            data: text.map(|text| data("TXT", text)),
            ..RecordEdit::default()
        },
    };
    let beginning = [add(1, "x", "one"), add(2, "x", "two"), add(3, "y", "one"), add(4, "y", "two")];
    let all_of = |one: &mut Process, commands: &[Command]| {
        let asked: Vec<_> = commands.iter().map(|command| (Caller::Local, command.clone())).collect();
        for outcome in one.batch(&asked) {
            outcome.unwrap();
        }
    };
    all_of(&mut one, &beginning);
    one.store.tidy(true).unwrap();
    let steps = [
        // The one set takes the other's place, and that one the first's.
        vec![set(1, Some("z"), None), set(4, Some("x"), None), set(2, Some("y"), None)],
        // Both swap their data, through a third value.
        vec![set(1, None, Some("between")), set(2, None, Some("one")), set(1, None, Some("two"))],
        // New records take the data of those that go, one under an id that was used before.
        vec![Command::RemoveRecord { record: id(1) }, add(5, "y", "two"), add(1, "z", "one")],
        vec![Command::RemoveRecord { record: id(5) }, set(2, None, Some("two")), add(5, "y", "one")],
    ];
    for tidy in [true, false] {
        for step in &steps[..if tidy { 2 } else { 4 }] {
            all_of(&mut one, step);
            one.assert_loaded_by_others(&open);
            if tidy {
                one.store.tidy(true).unwrap();
                one.assert_loaded_by_others(&open);
            }
        }
        if tidy {
            // Back to where it began, for the same without a fold in between.
            let back = [1, 2, 3, 4].map(|record| Command::RemoveRecord { record: id(record) });
            all_of(&mut one, &back.into_iter().chain(beginning.clone()).collect::<Vec<_>>());
        }
    }
    one.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
}

fn set_key(id: u128, name: Option<&str>, secret: u64) -> Command {
    let (name, secret) = (name.map(|name| name.parse().unwrap()), SecretId::new(secret));
    Command::SetTsigKey { id: Uuid::from_u128(id), edit: TsigKeyEdit { name, secret, ..TsigKeyEdit::default() } }
}

/// A key that gets another name has another secret from then on; the old one is wiped.
pub fn tsig_keys_change_their_names(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut late = Process::start(&open);
    let joe = one.account("joe").number;
    let add = |id: u128, name: &str, secret| {
        Command::AddTsigKey(TsigKey {
            id: Uuid::from_u128(id),
            name: name.parse().unwrap(),
            algorithm: TsigAlgorithm::HmacSha256,
            account: joe,
            scope: Scope::FULL,
            secret: SecretId::new(secret).unwrap(),
            created: START,
        })
    };
    one.ask(add(1, "first", 21));
    for (fold, name, secret) in [(false, "second", 22), (true, "third", 23), (true, "first", 24)] {
        if fold {
            one.store.tidy(true).unwrap();
        }
        one.ask(set_key(1, Some(name), secret));
        one.assert_loaded_by_others(&open);
        let present = led_to(&one.registry);
        assert!(present.contains(&SecretId::new(secret).unwrap()) && !present.contains(&SecretId::new(21).unwrap()));
        let key = one.registry.tsig_key_by_id(Uuid::from_u128(1)).unwrap();
        assert_eq!((key.name.to_string().as_str(), one.registry.tsig_keys().count()), (name, 1));
    }
    let kept = SecretId::new(24).unwrap();
    assert!(late.follow().secrets.contains(&(kept, secret_of(kept))));
    assert_same(&late.registry, &one.registry);
    // Two keys change places in one batch.
    one.ask(add(2, "other", 25));
    let places = [set_key(1, Some("between"), 26), set_key(2, Some("first"), 27), set_key(1, Some("other"), 28)];
    assert!(one.batch(&places.map(|command| (Caller::Local, command))).iter().all(Result::is_ok));
    one.assert_loaded_by_others(&open);
    one.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
}

/// An account's quotas come back as they were, each of them.
pub fn quotas_are_kept(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut late = Process::start(&open);
    let joe = one.account("joe").number;
    let edit = AccountEdit {
        max_hosts: Some(1),
        max_domains: Some(2),
        max_records: Some(3),
        max_rrsets: Some(0),
        max_rrset_records: Some(u32::MAX),
        ..AccountEdit::default()
    };
    one.ask(Command::SetAccount { account: joe, edit });
    for fold in [false, true] {
        if fold {
            one.store.tidy(true).unwrap();
        }
        late.follow();
        for registry in [&late.registry, &Process::start(&open).registry] {
            let account = registry.account(joe).unwrap();
            let quotas = [account.max_hosts, account.max_domains, account.max_records];
            assert_eq!(quotas, [1, 2, 3]);
            assert_eq!([account.max_rrsets, account.max_rrset_records], [0, u32::MAX]);
        }
    }
}

/// What a host keeps behind its prefix, who may be silent for how long and was, which token is a part of which, and how long
/// challenge values live come back as they were.
pub fn sites_and_parts_are_kept(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let mut late = Process::start(&open);
    let joe = one.account("joe").number;
    let (host, client): (Fqdn, ClientKey) = ("a.dyn.example".parse().unwrap(), "home".parse().unwrap());
    let suffix: Ipv6Suffix = "::9/48".parse().unwrap();
    let heartbeat: Heartbeat = "2592000".parse().unwrap();
    let moved = HostEdit {
        prefix: Some(Some("2001:db8:1::/48".parse().unwrap())),
        suffix: Some(Some(suffix)),
        heartbeat: Some(Some(heartbeat)),
        ..HostEdit::default()
    };
    one.ask(Command::SetHosts { hosts: vec![host.clone()], edit: moved, together: Together::AllOrNothing });
    one.ask(Command::AddClient(NewClient { key: client.clone(), owner: joe, offline: false }));
    let edit = ClientEdit { offline: None, heartbeat: Some(Some(heartbeat)) };
    one.ask(Command::PutClient { key: client.clone(), edit, must_exist: true });
    let (hosts, clients) =
        (vec![one.registry.host(&host).unwrap().number], vec![one.registry.client(&client).unwrap().number]);
    one.ask(Command::MissHeartbeats { hosts, clients });
    let challenge = Actions { acme_challenge: true, ..Actions::default() };
    let new = |id, actions| {
        let (id, secret) = (Uuid::from_u128(id), SecretId::new(id as u64).unwrap());
        let scope = Scope { actions, ..Scope::FULL };
        Command::AddToken(NewToken { id, account: joe, label: "x".parse().unwrap(), scope, secret })
    };
    let parent = Uuid::from_u128(801);
    one.ask(new(801, Actions { update: true, ..challenge }));
    let by = Caller::Account(Identity { account: joe, token: Some(parent), source: None });
    assert!(one.batch(&[(by, new(802, challenge))])[0].is_ok());
    let settings = Settings {
        challenge_life: "604800".parse().unwrap(),
        base_url: Some("https://dyn.example".to_owned()),
        ..Settings::default()
    };
    one.ask(Command::SetSettings(settings.clone()));
    for fold in [false, true] {
        if fold {
            one.store.tidy(true).unwrap();
        }
        late.follow();
        one.assert_loaded_by_others(&open);
        for registry in [&late.registry, &Process::start(&open).registry] {
            let found = registry.host(&host).unwrap();
            let address: std::net::Ipv6Addr = "2001:db8:1::9".parse().unwrap();
            assert_eq!(found.ipv6.map(UnicastV6::addr), Some(address));
            assert_eq!((found.suffix.as_deref(), found.heartbeat), (Some(&suffix), Some(heartbeat)));
            assert_eq!(registry.hosts_with_heartbeat().count(), 1);
            let found = (found.offline, registry.client(&client).unwrap().offline);
            assert_eq!(found, (Offline::Missed, Offline::Missed));
            assert_eq!(registry.clients_with_heartbeat().next().unwrap().heartbeat, Some(heartbeat));
            assert_eq!(registry.token(Uuid::from_u128(802)).unwrap().parent, Some(parent));
            assert_eq!(**registry.settings(), settings);
        }
    }
    one.ask(Command::RevokeToken { token: parent });
    one.assert_loaded_by_others(&open);
    assert!(one.registry.token(Uuid::from_u128(802)).is_none());
}

/// The largest values and every script come back as they were.
pub fn largest_values(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let label = "x".repeat(policy::LABEL_MAX);
    // Three labels of 63 and one that fills up the 255 octets above dyn.example.
    let name = format!("{}.{label}.{label}.{label}.dyn.example", "y".repeat(policy::NAME_WIRE_MAX - 3 * 64 - 13 - 1));
    assert_eq!(name.parse::<Name>().unwrap().wire_len(), policy::NAME_WIRE_MAX);
    let login = "l".repeat(policy::LOGIN_MAX);
    let joe = one.add_account(&login);
    one.ask(Command::AddHost(NewHost {
        name: name.parse().unwrap(),
        owner: joe,
        ipv4: std::net::Ipv4Addr::new(223, 255, 255, 255).try_into().ok(),
        ipv6: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".parse::<std::net::Ipv6Addr>().unwrap().try_into().ok(),
        ttl: ddns_core::HostTtl::S86400,
        wildcard: false,
        suffix: "0:0:0:ffff:ffff:ffff:ffff:ffff".parse().ok(),
        heartbeat: "2592000".parse().ok(),
    }));
    for (id, text) in
        ["漢".repeat(policy::TXT_MAX / 3), "\\\"\u{0}\u{1}\t\n🦀'; DROP TABLE hosts; --".to_owned()].iter().enumerate()
    {
        one.ask(Command::AddRecord(NewRecord {
            id: Uuid::from_u128(u128::MAX - id as u128),
            name: "big.dyn.example".parse().unwrap(),
            data: RecordData::Txt(ddns_core::Text::literal(text).unwrap()),
            ttl: Some(ddns_core::Ttl::MAX),
            description: Some("é\u{0}\"".repeat(policy::DESCRIPTION_MAX / 3).parse().unwrap()),
            domain: None,
            narrow: false,
        }));
    }
    one.ask(Command::AddToken(NewToken {
        id: Uuid::max(),
        account: joe,
        label: "🦀".repeat(policy::TOKEN_LABEL_MAX / 4).parse().unwrap(),
        scope: Scope { end: Some(ddns_core::Timestamp::from_micros(i64::MAX as u64)), ..Scope::FULL },
        secret: SecretId::new(u64::MAX).unwrap(),
    }));
    let value = "v".repeat(policy::CHALLENGE_MAX);
    one.ask(Command::AddChallenge {
        host: "a.dyn.example".parse().unwrap(),
        value: value.parse().unwrap(),
        keep: None,
    });
    one.assert_loaded_by_others(&open);
    one.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
    let many: Vec<_> =
        (0..policy::BATCH).map(|host| (Caller::Local, new_host(&format!("h{host}.dyn.example"), joe))).collect();
    assert!(one.batch(&many).iter().all(Result::is_ok));
    one.assert_loaded_by_others(&open);
}

/// Settling tells whether a batch is there, and under which version its last entry is; then work goes on.
pub fn settles(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let joe = one.account("joe").number;
    let mut entries = Vec::new();
    for name in ["x.dyn.example", "y.dyn.example"] {
        let decided = ddns_core::decide(&one.registry, &Caller::Local, &new_host(name, joe), START).unwrap();
        one.registry.apply(&decided.changes[0]).unwrap();
        entries.push(NewEntry { time: START, actor: None, origin: String::new(), changes: decided.changes });
    }
    let last_number = one.registry.last_number();
    let mut batch = Some(Batch {
        id: BatchId(u64::MAX),
        entries,
        secrets: Vec::new(),
        heads: Vec::new(),
        differences: Vec::new(),
        last_number,
    });
    one.version = one.store.transact(one.version, &mut |_| batch.take()).unwrap();
    assert_eq!(one.store.settle(BatchId(1)).unwrap(), None);
    assert_eq!(one.store.settle(BatchId(u64::MAX)).unwrap(), Some(one.version));
    one.set_host("x.dyn.example", "192.0.2.1");
    assert_eq!(one.store.settle(BatchId(u64::MAX)).unwrap(), Some(Version(one.version.0 - 1)));
    one.store.tidy(true).unwrap();
    one.assert_loaded_by_others(&open);
}

/// A handle that never loaded may write; what stands between the tables and its own batch is not lost by that.
pub fn an_unloaded_handle_loses_nothing(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    one.set_host("a.dyn.example", "192.0.2.1");
    let mut two = Process { store: open(), registry: one.registry.clone(), version: one.version, now: one.now };
    two.add_host("c.dyn.example", two.account("joe").number);
    two.store.tidy(true).unwrap();
    two.assert_loaded_by_others(&open);
}

/// Bringing tables up changes no answer.
pub fn housekeeping_changes_no_answer(make: Make<'_>) {
    let open = make();
    let mut one = furnished(&open);
    let serial = one.registry.serial(one.domain("dyn.example").number);
    one.set_host("a.dyn.example", "192.0.2.1");
    one.add_domain("zoo.example");
    one.ask(Command::RemoveDomain { domain: "zoo.example".parse().unwrap() });
    let mut answers = || {
        let number = one.domain("dyn.example").number;
        one.assert_loaded_by_others(&open);
        (
            one.log(),
            one.list(&listing(Kind::Host)),
            one.list(&listing(Kind::Domain)),
            one.store.differences(number, serial).unwrap(),
        )
    };
    let before = answers();
    let mut other = Process::start(&open);
    other.store.tidy(false).unwrap();
    other.store.tidy(true).unwrap();
    assert_eq!(answers(), before);
}

// -- helpers

/// Two accounts, a shared domain and a host in it.
fn furnished(open: &Opener) -> Process {
    let mut one = Process::start(open);
    let joe = one.add_account("joe");
    one.add_account("ann");
    one.ask(new_domain("dyn.example", None));
    one.add_host("a.dyn.example", joe);
    assert_eq!(one.version, Version(4));
    assert!(matches!(one.ask_as(Caller::Local, new_account("joe")), Err(ddns_core::Refusal::Taken { .. })));
    one
}

fn address_of(registry: &Registry, name: &str) -> UnicastV4 {
    registry.host(&name.parse::<Fqdn>().unwrap()).unwrap().ipv4.unwrap()
}

fn new_token(id: u128, account: AccountNo, secret: u64) -> Command {
    let (label, secret) = ("token".parse().unwrap(), SecretId::new(secret).unwrap());
    Command::AddToken(NewToken { id: Uuid::from_u128(id), account, label, scope: Scope::FULL, secret })
}

fn data(kind: &str, text: &str) -> RecordData {
    RecordData::parse(kind.parse::<RecordType>().unwrap(), text).unwrap()
}

fn record(id: u32, name: &str, kind: &str, text: &str) -> Command {
    let (id, name, data) = (Uuid::from_u128(id.into()), name.parse().unwrap(), data(kind, text));
    Command::AddRecord(NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false })
}

fn listing(kind: Kind) -> Listing {
    Listing { kind, after: None, owner: None, domain: None, limit: usize::MAX }
}

/// By what a listing orders: numbers as numbers, everything else as text.
fn key(change: &Change) -> Option<(Kind, u32, String)> {
    fn of<T>(kind: Kind, delta: &Delta<T>, key: impl Fn(&T) -> (u32, String)) -> Option<(Kind, u32, String)> {
        let (number, text) = key(delta.any()?);
        Some((kind, number, text))
    }
    let number = |number: u32| (number, number.to_string());
    match change {
        Change::Account(delta) => of(Kind::Account, delta, |account| number(account.number.get())),
        Change::Domain(delta) => of(Kind::Domain, delta, |domain| number(domain.number.get())),
        Change::Client(delta) => of(Kind::Client, delta, |client| number(client.number.get())),
        Change::Token(delta) => of(Kind::Token, delta, |token| (0, token.id.to_string())),
        Change::Server(delta) => of(Kind::Server, delta, |server| (0, server.name.to_string())),
        Change::Host(delta) => of(Kind::Host, delta, |host| (0, host.name.to_string())),
        Change::Record(delta) => of(Kind::Record, delta, |record| (0, record.id.to_string())),
        _ => None,
    }
}

fn pages(one: &mut Process, kind: Kind, limit: usize) -> Vec<Change> {
    pages_of(one, &Listing { limit, ..listing(kind) })
}

fn pages_of(one: &mut Process, wanted: &Listing) -> Vec<Change> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = one.list(&Listing { after, ..wanted.clone() });
        assert!(page.len() <= wanted.limit);
        let Some(last) = page.last() else { return all };
        after = key(last).map(|(_, _, text)| text);
        all.extend(page);
    }
}

/// Prunes until nothing more goes.
fn prune_all(one: &mut Process, before: u64, max_bytes: u64) -> u64 {
    let mut count = 0;
    loop {
        match one.store.prune(ddns_core::Timestamp::from_micros(before), max_bytes).unwrap() {
            0 => return count,
            some => count += some,
        }
    }
}
