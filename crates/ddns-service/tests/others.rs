//! Other processes on the same store: their changes count at once, and are served within a moment.

use std::time::Duration;

use ddns_core::{Command, NewToken, Scope};
use ddns_service::{AuthError, Service, fresh};
use ddns_store::{FileStore, MemoryStore, SoftKey, Store};

use crate::world::{add_account, add_host, address, ask, eventually, furnish, local, set, start};

/// A test on two services that share a memory store, and on two that share a file.
fn on_both(test: impl Fn(&Service, &Service)) {
    let memory = MemoryStore::new();
    let directory = tempfile::tempdir().unwrap();
    let open = || FileStore::open(directory.path()).unwrap();
    test(&start(memory.clone()), &start(memory));
    test(&start(open()), &start(open()));
}

/// A router's repeat is not answered "unchanged" from a state that another process has just changed.
#[test]
fn a_repeat_is_not_answered_from_the_past() {
    on_both(|one, two| {
        furnish(one);
        one.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
        for _ in 0..50 {
            assert!(two.submit_blocking(set("a.dyn.example", "192.0.2.2")).unwrap().changed);
            let repeat = one.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
            assert!(repeat.changed, "the other process had changed it");
            assert_eq!(address(&repeat.snapshot, "a.dyn.example"), "192.0.2.1");
        }
    });
}

/// Likewise a refusal.
#[test]
fn a_refusal_is_not_answered_from_the_past() {
    on_both(|one, two| {
        let joe = furnish(one);
        for round in 0..20 {
            let name = format!("h{round}.dyn.example");
            two.submit_blocking(add_host(&name, joe)).unwrap();
            assert!(one.submit_blocking(set(&name, "192.0.2.1")).unwrap().changed, "the host has just been made");
        }
    });
}

#[test]
fn an_idle_service_serves_what_others_did() {
    on_both(|one, two| {
        furnish(one);
        two.catch_up();
        let mut longest = Duration::ZERO;
        for round in 1..=10 {
            let text = format!("192.0.2.{round}");
            one.submit_blocking(set("a.dyn.example", &text)).unwrap();
            longest = longest.max(eventually("the change", || address(&two.snapshot(), "a.dyn.example") == text));
        }
        println!("served after {longest:?} at most");
        one.submit_blocking(set("a.dyn.example", "192.0.2.99")).unwrap();
        two.catch_up();
        assert_eq!(address(&two.snapshot(), "a.dyn.example"), "192.0.2.99", "on demand it is at once");
    });
}

/// When a zone came to its serial is the same for everybody: whoever changed it, heard of it, or starts later.
#[test]
fn zones_stand_at_the_same_time_for_everybody() {
    let memory = MemoryStore::new();
    let (one, two) = (start(memory.clone()), start(memory.clone()));
    furnish(&one);
    let head = |service: &Service| {
        let registry = &service.snapshot().registry;
        let domain = registry.domain_by_name(&"dyn.example".parse().unwrap()).unwrap();
        (registry.zone_head(domain.number), domain.created)
    };
    two.catch_up();
    let (made, created) = head(&two);
    assert_eq!(head(&one), (made, created));
    one.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
    two.catch_up();
    let (changed, _) = head(&two);
    assert!(changed.serial.is_after(made.serial) && changed.changed > created);
    for service in [&one, &start(memory)] {
        assert_eq!(head(service).0, changed);
    }
}

/// A token that another process has made works here, and one that it has revoked does not.
#[test]
fn tokens_come_and_go_with_others() {
    on_both(|one, two| {
        let joe = furnish(one);
        let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
        let new = NewToken { id, account: joe, label: "x".parse().unwrap(), scope: Scope::FULL, secret };
        one.submit_blocking(local(Command::AddToken(new)).with_secret(secret, digest)).unwrap();
        two.catch_up();
        assert_eq!(two.authenticate_token(&text, None).unwrap().login.as_str(), "joe");
        ask(one, Command::RevokeToken { token: id });
        two.catch_up();
        assert_eq!(two.authenticate_token(&text, None), Err(AuthError::Wrong));
    });
}

#[test]
fn two_services_lose_nothing_under_load() {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 25;
    on_both(|one, two| {
        let joe = furnish(one);
        std::thread::scope(|scope| {
            for (side, service) in [one, two].into_iter().enumerate() {
                for writer in 0..WRITERS {
                    scope.spawn(move || {
                        for round in 0..ROUNDS {
                            service
                                .submit_blocking(add_host(&format!("h{side}-{writer}-{round}.dyn.example"), joe))
                                .unwrap();
                        }
                    });
                }
            }
        });
        one.catch_up();
        two.catch_up();
        assert_eq!(one.snapshot().registry.host_count(joe), 2 + 2 * WRITERS * ROUNDS);
        assert_eq!(one.snapshot().version, two.snapshot().version);
        let entities = |service: &Service| service.snapshot().registry.snapshot().collect::<Vec<_>>();
        assert!(entities(one) == entities(two));
    });
}

/// A process that was stopped for so long that the history it missed has been pruned takes the store's state.
#[test]
fn who_missed_the_history_loads_afresh() {
    on_both(|one, two| {
        furnish(one);
        two.catch_up();
        let (asleep, wake) = std::sync::mpsc::channel::<()>();
        let sleeper = {
            let two = two.clone();
            std::thread::spawn(move || two.with_store(move |_| asleep_until(&wake)).unwrap())
        };
        std::thread::sleep(Duration::from_millis(100));
        one.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
        one.with_store(|store: &mut dyn Store| {
            store.tidy(true).unwrap();
            store.prune(ddns_core::Timestamp::from_micros(u64::MAX >> 1), u64::MAX).unwrap()
        })
        .unwrap();
        asleep.send(()).unwrap();
        sleeper.join().unwrap();
        eventually("the present", || address(&two.snapshot(), "a.dyn.example") == "192.0.2.1");
        eventually("readiness", || two.health().ready);
        assert!(two.submit_blocking(set("a.dyn.example", "192.0.2.2")).unwrap().changed);
    });
}

/// Likewise a process that missed what has been erased meanwhile.
#[test]
fn who_missed_what_was_erased_loads_afresh() {
    on_both(|one, two| {
        let joe = furnish(one);
        let ann = add_account(one, "ann", None);
        one.submit_blocking(add_host("c.dyn.example", ann)).unwrap();
        two.catch_up();
        let (asleep, wake) = std::sync::mpsc::channel::<()>();
        let sleeper = {
            let two = two.clone();
            std::thread::spawn(move || two.with_store(move |_| asleep_until(&wake)).unwrap())
        };
        std::thread::sleep(Duration::from_millis(100));
        one.submit_blocking(set("c.dyn.example", "192.0.2.1")).unwrap();
        ask(one, Command::RemoveAccount { account: joe });
        let erased = one.with_store(move |store| store.erase(joe)).unwrap().unwrap();
        assert!(erased.entries >= 4, "{erased:?}");
        asleep.send(()).unwrap();
        sleeper.join().unwrap();
        eventually("the present", || two.snapshot().registry.account(joe).is_none());
        eventually("readiness", || two.health().ready);
        assert_eq!(address(&two.snapshot(), "c.dyn.example"), "192.0.2.1");
        assert!(two.submit_blocking(set("c.dyn.example", "192.0.2.2")).unwrap().changed);
    });
}

/// What a service has noted of a token is not written any more once another process has removed and erased its account.
#[test]
fn nothing_is_noted_of_what_is_erased() {
    on_both(|one, two| {
        let joe = furnish(one);
        let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
        let new = NewToken { id, account: joe, label: "x".parse().unwrap(), scope: Scope::FULL, secret };
        one.submit_blocking(local(Command::AddToken(new)).with_secret(secret, digest)).unwrap();
        two.catch_up();
        two.authenticate_token(&text, None).unwrap();
        ask(one, Command::RemoveAccount { account: joe });
        one.with_store(move |store| store.erase(joe)).unwrap().unwrap();
        two.stop();
        assert_eq!(one.with_store(move |store| store.soft(&SoftKey::Token(id))).unwrap().unwrap(), None);
    });
}

fn asleep_until(wake: &std::sync::mpsc::Receiver<()>) {
    wake.recv().unwrap();
}
