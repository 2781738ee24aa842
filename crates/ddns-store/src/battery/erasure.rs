//! The laws of erasing: what goes, what stays, and who notices.

use std::collections::BTreeSet;
use std::time::Duration;

use ddns_core::{
    AccountEdit, AccountNo, Caller, Change, Command, DomainEdit, HostPattern, HostScope, Identity, NewRecord, NewToken,
    RecordData, RecordType, Registry, Scope, SecretId, Settings, TsigAlgorithm, TsigKey, policy,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value;
use uuid::Uuid;

use super::process::{START, assert_same, new_domain, new_host, set_host};
use super::story::{command, seed, some_caller};
use super::{Make, Opener, Process};
use crate::{Entry, Erased, SoftKey, SoftRefusal, SoftState, StoreError};

/// What only one account has: none of it may be found in the history of an erased one.
const PERSONAL: &[&str] = &[
    "jonathan",
    "a.dyn.example",
    "joe@mail.test",
    "home-of-joe",
    "jonathans-zone",
    "203.0.113.77",
    "2001:db8:77::1",
    "key-of-joe",
    "label-of-joe",
    "value-of-joe",
    "words-of-joe",
    "198.51.100.77",
];

/// Nothing of an erased account is read in the history any more, whatever it had; the state stays, other accounts'
/// history stays, and the log stays dense. Erasing once more changes nothing.
pub fn what_is_erased_leaves_no_trace(make: Make<'_>) {
    let open = make();
    let mut one = Process::start(&open);
    let (joe, ann) = inhabited(&mut one);
    let soft = noted(&mut one, joe);
    one.ask_as(Caller::Account(from(ann)), set_host("b.dyn.example", "192.0.2.9")).unwrap();
    one.ask(Command::RemoveAccount { account: joe });
    one.ask_as(Caller::Account(from(ann)), set_host("b.dyn.example", "192.0.2.10")).unwrap();
    let before = one.log();
    let told = texts(&before);
    assert!(PERSONAL.iter().all(|word| told.contains(word)), "there is something to erase");
    let erased = one.store.erase(joe).unwrap();
    one.assert_loaded_by_others(&open);
    let after = one.log();
    assert_untraceable(&after, joe);
    let told = texts(&after);
    assert!(PERSONAL.iter().all(|word| !told.contains(word)), "{told}");
    assert!(told.contains("b.dyn.example") && told.contains("198.51.100.1"), "others' history stays");
    assert_eq!(erased.entries, after.iter().filter(|entry| entry.erased).count() as u64);
    assert_eq!(erased.remains, None);
    for (old, new) in before.iter().zip(&after) {
        assert_eq!((new.version, new.time), (old.version, old.time));
        assert!(new.erased || new == old, "what is not marked is as it was");
    }
    assert_eq!(after.len(), before.len(), "an emptied entry stays");
    assert!(soft.iter().all(|key| one.store.soft(key).unwrap().is_none()));
    assert_eq!(one.store.erase(joe).unwrap(), Erased::default());
    one.store.tidy(true).unwrap();
    assert_eq!(one.log(), after);
    one.assert_loaded_by_others(&open);
    one.set_host("b.dyn.example", "192.0.2.11");
    one.assert_loaded_by_others(&open);
}

/// After any story, exactly that goes which belonged to the account when it was changed: found here by walking forward
/// through all states.
pub fn erasing_takes_what_was_the_accounts_and_no_more(make: Make<'_>) {
    let cases = if std::env::var_os("DDNS_SOAK").is_some() { 1_000 } else { 15 };
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed()), failure_persistence: None, ..Config::default() };
    let asked = (some_caller(), prop_oneof![12 => command(), 1 => hand_over()]);
    let steps = prop::collection::vec(prop::collection::vec(asked, 1..4), 1..60);
    let told = TestRunner::new(config).run(&(steps, any::<bool>()), |(steps, tidy)| {
        erase_after(&make(), &steps, tidy);
        Ok(())
    });
    if let Err(error) = told {
        panic!("{error}");
    }
}

fn erase_after(open: &Opener, steps: &[Vec<(Caller, Command)>], tidy: bool) {
    let mut one = Process::start(open);
    let (joe, ann) = (one.add_account("joe"), one.add_account("ann"));
    one.ask(new_domain("dyn.example", None));
    one.ask(new_domain("joe.example", Some(joe)));
    for step in steps {
        one.batch(step);
        one.pass(40);
    }
    if tidy {
        one.store.tidy(true).unwrap();
    }
    take_away(&mut one, joe);
    let before = one.log();
    let after = erase_one(&mut one, open, joe);
    for (found, wanted) in after.iter().zip(expected(&before, joe)) {
        assert_eq!(*found, wanted);
    }
    // A second erasure reads what the first has left, and may take a little more: of a zone that one gave to the other.
    take_away(&mut one, ann);
    erase_one(&mut one, open, ann);
}

fn erase_one(one: &mut Process, open: &Opener, account: AccountNo) -> Vec<Entry> {
    let before = one.log();
    let erased = one.store.erase(account).unwrap();
    let after = one.log();
    assert_eq!(after.len(), before.len());
    for (old, new) in before.iter().zip(&after) {
        let mut left = old.changes.iter();
        assert!(new.changes.iter().all(|change| left.any(|old| old == change)), "what is left is what was there");
    }
    let lost = before.iter().zip(&after).filter(|(old, new)| old != new).count();
    assert_eq!(erased.entries, lost as u64);
    assert_untraceable(&after, account);
    one.assert_loaded_by_others(open);
    after
}

/// Whoever had not yet taken over what was erased is told, and does not decide on a state with a hole. Who had goes on.
pub fn whoever_missed_what_was_erased_loads_afresh(make: Make<'_>) {
    let open = make();
    let mut one = Process::start(&open);
    let mut late = Process::start(&open);
    let (joe, _) = inhabited(&mut one);
    one.ask(Command::RemoveAccount { account: joe });
    let mut present = Process::start(&open);
    one.store.erase(joe).unwrap();
    let asked = late.store.transact(late.version, &mut |_| panic!("there is nothing to decide on"));
    assert!(matches!(asked, Err(StoreError::Contradiction(_))), "{asked:?}");
    let loaded = late.store.load().unwrap();
    assert_same(&loaded.registry, &one.registry);
    (late.version, late.registry) = (loaded.version, loaded.registry);
    late.set_host("b.dyn.example", "192.0.2.3");
    late.assert_loaded_by_others(&open);
    assert_eq!(present.follow().entries.len(), 1, "what was known before it was erased is not missed");
    assert_same(&present.registry, &late.registry);
    present.set_host("b.dyn.example", "192.0.2.4");
    present.assert_loaded_by_others(&open);
}

/// An account that is there, even for a handle that has not heard that another was removed, keeps its history; of a number
/// that no account ever had there is none.
pub fn only_what_is_gone_is_erased(make: Make<'_>) {
    let open = make();
    let mut one = Process::start(&open);
    let (joe, ann) = inhabited(&mut one);
    let before = one.log();
    for fold in [false, true] {
        if fold {
            one.store.tidy(true).unwrap();
        }
        for account in [joe, ann] {
            let refused = one.store.erase(account);
            assert!(matches!(refused, Err(StoreError::NotRemoved(number)) if number == account.get()), "{refused:?}");
        }
        assert_eq!(one.store.erase(AccountNo::new(4_000_000).unwrap()).unwrap(), Erased::default());
        assert_eq!(one.log(), before);
    }
    one.set_host("b.dyn.example", "192.0.2.1");
    one.assert_loaded_by_others(&open);
}

/// Of a zone that served the account's names no difference is left from before, those that come later are a chain; other
/// zones' differences stay.
pub fn erasing_is_pruning_for_a_zone(make: Make<'_>) {
    let open = make();
    let mut one = Process::start(&open);
    let joe = one.add_account("joe");
    let ann = one.add_account("ann");
    let (zone, other) = (one.add_domain("shared.example"), one.add_domain("other.example"));
    one.add_host("ann.shared.example", ann);
    let starts = [zone, other].map(|zone| one.registry.serial(zone));
    one.add_host("joe.shared.example", joe);
    one.ask(record(1, "x.other.example", "TXT", "x"));
    one.ask(Command::RemoveHost { host: "joe.shared.example".parse().unwrap() });
    one.set_host("ann.shared.example", "192.0.2.1");
    let between = one.registry.serial(zone);
    one.set_host("ann.shared.example", "192.0.2.2");
    one.ask(Command::RemoveAccount { account: joe });
    one.store.erase(joe).unwrap();
    let newest = one.registry.serial(zone);
    assert_eq!(one.store.differences(zone, starts[0]).unwrap(), None);
    assert_eq!(one.store.differences(zone, between).unwrap(), None);
    assert_eq!(one.store.differences(zone, newest).unwrap(), Some(Vec::new()));
    assert_eq!(one.store.differences(other, starts[1]).unwrap().unwrap().len(), 1, "another zone keeps its history");
    one.set_host("ann.shared.example", "192.0.2.3");
    one.set_host("ann.shared.example", "192.0.2.4");
    one.store.erase(AccountNo::new(4_000_000).unwrap()).unwrap();
    assert_eq!(one.store.differences(zone, newest).unwrap().unwrap().len(), 2);
    // What is counted for pruning is what is there.
    one.store.tidy(true).unwrap();
    let rest: usize = one.log().iter().map(|entry| serde_json::to_string(&entry.changes).unwrap().len()).sum();
    let chains = [(zone, newest), (other, starts[1])].map(|(zone, from)| one.store.differences(zone, from));
    let chains: usize = chains
        .into_iter()
        .flat_map(|chain| chain.unwrap().unwrap())
        .map(|one| serde_json::to_string(&one).unwrap().len())
        .sum();
    assert_eq!(one.store.prune(START, (rest + chains) as u64).unwrap(), 0, "what fits stays");
    assert!(one.store.prune(START, (rest + chains) as u64 - 1).unwrap() > 0, "nothing else is counted");
    one.assert_loaded_by_others(&open);
}

// -- helpers

/// Two accounts in a shared domain; the first has one of everything, and a past.
fn inhabited(one: &mut Process) -> (AccountNo, AccountNo) {
    one.ask(Command::SetSettings(Settings { mail: true, ..Settings::default() }));
    let (joe, ann) = (one.add_account("jonathan"), one.add_account("ann"));
    one.ask(new_domain("dyn.example", None));
    for (name, owner) in [("a.dyn.example", joe), ("b.dyn.example", ann)] {
        one.ask_as(Caller::Account(from(owner)), new_host(name, owner)).unwrap();
    }
    let edit = AccountEdit { login: "joe@mail.test".parse().ok(), ..AccountEdit::default() };
    one.ask(Command::SetAccount { account: joe, edit });
    one.ask_as(Caller::Account(from(joe)), set_host("a.dyn.example", "203.0.113.77")).unwrap();
    one.ask_as(Caller::Account(from(joe)), set_host("a.dyn.example", "2001:db8:77::1")).unwrap();
    belongings(one, joe);
    // Values of both hosts end with one entry.
    for (host, value) in [("a.dyn.example", "value-of-joe"), ("b.dyn.example", "value-of-ann")] {
        one.ask(Command::AddChallenge { host: host.parse().unwrap(), value: value.parse().unwrap(), keep: None });
    }
    one.pass(u64::from(policy::CHALLENGE_LIFE_SECS) + 1);
    one.ask(Command::Elapse);
    (joe, ann)
}

fn belongings(one: &mut Process, joe: AccountNo) {
    let scope =
        Scope { hosts: HostScope::Only(vec![HostPattern::Exact("a.dyn.example".parse().unwrap())]), ..Scope::FULL };
    let (id, secret) = (Uuid::from_u128(77), SecretId::new(77).unwrap());
    one.ask(Command::AddToken(NewToken { id, account: joe, label: "label-of-joe".parse().unwrap(), scope, secret }));
    one.ask(Command::AddTsigKey(TsigKey {
        id: Uuid::from_u128(79),
        name: "key-of-joe".parse().unwrap(),
        algorithm: TsigAlgorithm::HmacSha256,
        account: joe,
        scope: Scope::FULL,
        secret: SecretId::new(78).unwrap(),
        created: START,
    }));
    one.ask(Command::AskPassword { login: "joe@mail.test".parse().unwrap(), mail: Uuid::from_u128(7_777) });
    let key = || "home-of-joe".parse().unwrap();
    let put = Command::PutClient { key: key(), edit: ddns_core::ClientEdit::default(), must_exist: false };
    one.ask_as(Caller::Account(from(joe)), put).unwrap();
    one.ask(Command::AttachHost { key: key(), host: "a.dyn.example".parse().unwrap() });
    one.ask(new_domain("jonathans-zone.test", Some(joe)));
    one.ask_as(Caller::Account(from(joe)), new_host("jonathans-zone.test", joe)).unwrap();
    // What the operator puts into its zone is its, too.
    one.ask(record(1, "www.jonathans-zone.test", "TXT", "words-of-joe"));
    one.ask_as(Caller::Account(from(joe)), record(2, "x.jonathans-zone.test", "TXT", "words-of-joe")).unwrap();
    one.ask(Command::RemoveRecord { record: Uuid::from_u128(2) });
}

/// An account's own router, at an address that is its own.
fn from(account: AccountNo) -> Identity {
    let last = if account.get() == 1 { 77 } else { 1 };
    Identity { account, token: None, source: Some([198, 51, 100, last].into()) }
}

/// Notes soft state of everything that an account has; hands back the keys.
fn noted(one: &mut Process, account: AccountNo) -> Vec<SoftKey> {
    let mut keys: Vec<SoftKey> = one.registry.hosts_of(account).map(|host| SoftKey::Host(host.number)).collect();
    keys.extend(one.registry.tokens_of(account).map(|token| SoftKey::Token(token.id)));
    keys.extend(one.registry.clients_of(account).map(|client| SoftKey::Client(client.key.clone())));
    let refusal = SoftRefusal {
        time: START,
        source: Some([198, 51, 100, 77].into()),
        dialect: "battery".to_owned(),
        agent: String::new(),
        sentence: "no".to_owned(),
    };
    let state = SoftState { last_contact: Some(START), last_refusal: Some(refusal) };
    let states: Vec<_> = keys.iter().map(|key| (key.clone(), state.clone())).collect();
    assert!(keys.len() > 3 && one.store.save_soft(one.version, &states).unwrap());
    keys
}

fn record(id: u128, name: &str, kind: &str, text: &str) -> Command {
    let data = RecordData::parse(kind.parse::<RecordType>().unwrap(), text).unwrap();
    let (id, name) = (Uuid::from_u128(id), name.parse().unwrap());
    Command::AddRecord(NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false })
}

/// Domains go from one owner to another.
fn hand_over() -> impl Strategy<Value = Command> {
    let owner = prop::sample::select(vec![None, AccountNo::new(1), AccountNo::new(2)]);
    owner.prop_map(|owner| Command::SetDomain {
        domain: "joe.example".parse().unwrap(),
        edit: DomainEdit { owner: Some(owner), ..DomainEdit::default() },
    })
}

/// Removes an account, with others' hosts in its domains, which would hold it back.
fn take_away(one: &mut Process, account: AccountNo) {
    if one.registry.account(account).is_none() {
        return;
    }
    let in_its_domains = |registry: &Registry| {
        let owns = |domain| registry.domain(domain).is_some_and(|domain| domain.owner == Some(account));
        registry.hosts().filter(|host| owns(host.domain)).map(|host| host.name.clone()).collect::<Vec<_>>()
    };
    for host in in_its_domains(&one.registry) {
        one.ask(Command::RemoveHost { host });
    }
    one.pass(Duration::from_secs(1).as_secs());
    one.ask(Command::RemoveAccount { account });
}

/// What the log shall be without an account: found by walking through all states from the empty one on.
fn expected(log: &[Entry], account: AccountNo) -> Vec<Entry> {
    let mut registry = Registry::new();
    log.iter().map(|entry| without(&mut registry, entry, account)).collect()
}

fn without(registry: &mut Registry, entry: &Entry, account: AccountNo) -> Entry {
    let before = registry.clone();
    let mut left = entry.clone();
    left.changes.clear();
    for change in &entry.changes {
        registry.apply(change).unwrap();
        if !(mentions(change, account) || hangs_on(&before, registry, change, account)) {
            left.changes.push(change.clone());
        }
    }
    if left.changes.len() < entry.changes.len() || entry.actor == Some(account) {
        left.actor = None;
        left.origin = "battery".to_owned();
        left.erased = true;
    }
    left
}

/// Whether a change says of itself whose it is.
fn mentions(change: &Change, account: AccountNo) -> bool {
    let number = Value::from(account.get());
    let value = serde_json::to_value(change).unwrap();
    let sides = value.as_object().unwrap().values().next().unwrap().as_object().unwrap().clone();
    sides.values().any(|side| {
        side.get("owner") == Some(&number)
            || side.get("account") == Some(&number)
            || (matches!(change, Change::Account(_)) && side["number"] == number)
    })
}

/// Whether a change is of something that hangs on what belonged to the account, just before or just after.
fn hangs_on(before: &Registry, after: &Registry, change: &Change, account: AccountNo) -> bool {
    [before, after].into_iter().any(|registry| match change {
        Change::Challenge(delta) => registry.host(&delta.any().unwrap().host).is_some_and(|host| host.owner == account),
        Change::Record(delta) => [&delta.before, &delta.after].into_iter().flatten().any(|record| {
            let domain = registry.domain(record.domain);
            record.owner.is_none() && domain.is_some_and(|domain| domain.owner == Some(account))
        }),
        _ => false,
    })
}

fn texts(log: &[Entry]) -> String {
    serde_json::to_string(log).unwrap()
}

/// No entry says that the account did anything, or had anything.
pub(super) fn assert_untraceable(log: &[Entry], account: AccountNo) {
    let found: BTreeSet<u64> = log
        .iter()
        .filter(|entry| entry.actor == Some(account) || entry.changes.iter().any(|change| mentions(change, account)))
        .map(|entry| entry.version.0)
        .collect();
    assert!(found.is_empty(), "entries {found:?} still tell of account {}", account.get());
}
