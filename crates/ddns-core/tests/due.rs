//! Time as a source of commands: things end exactly on time, once, and never because a clock went back.

use std::time::Duration;

use ddns_core::*;

use crate::stage::Stage;
use crate::support::parse;
use crate::universe::{EVE, JOE, START, account};

fn at(stage: &mut Stage, micros: u64) {
    stage.now = Timestamp::from_micros(micros);
}

/// What time brings about now.
fn elapse(stage: &mut Stage) -> Vec<Change> {
    stage.ask(&Caller::Local, &Command::Elapse).unwrap().changes
}

fn challenge(stage: &mut Stage, value: &str) {
    let command = Command::AddChallenge { host: parse("a.dyn.example"), value: parse(value), keep: None };
    stage.ask(&Caller::Local, &command).unwrap();
}

fn values(stage: &Stage) -> Vec<String> {
    stage.registry.challenges(&parse("a.dyn.example")).iter().map(|challenge| challenge.value.to_string()).collect()
}

/// A moment, the one before it, and what is said of both: due only at the moment itself.
fn ends_exactly_at(stage: &mut Stage, end: Timestamp) {
    at(stage, end.micros() - 1);
    assert_eq!(due(&stage.registry, stage.now), Due { overdue: false, next: Some(end) });
    assert_eq!(elapse(stage), [], "not a microsecond early");
    at(stage, end.micros());
    assert_eq!(due(&stage.registry, stage.now), Due { overdue: true, next: Some(end) });
    assert!(!elapse(stage).is_empty(), "on time");
    assert_eq!(elapse(stage), [], "twice is nothing");
    assert!(due(&stage.registry, stage.now).next.is_none_or(|next| next > end));
}

/// The one thing in the beginning that ends by itself is eve's account.
fn without_eve() -> Stage {
    let mut stage = Stage::new();
    stage.ask(&Caller::Local, &Command::RemoveAccount { account: account(EVE) }).unwrap();
    assert_eq!(due(&stage.registry, stage.now), Due { overdue: false, next: None });
    assert_eq!(due(&Registry::new(), Timestamp::from_micros(u64::MAX)), Due { overdue: false, next: None });
    stage
}

#[test]
fn challenge_values() {
    let mut stage = without_eve();
    challenge(&mut stage, "one");
    at(&mut stage, START.micros() + 10);
    challenge(&mut stage, "two");
    challenge(&mut stage, "three");
    ends_exactly_at(&mut stage, START.after(Duration::from_secs(3_600)));
    assert_eq!(values(&stage), ["two", "three"]);
    ends_exactly_at(&mut stage, Timestamp::from_micros(START.micros() + 10).after(Duration::from_secs(3_600)));
    assert_eq!(values(&stage), [""; 0]);
    assert_eq!(due(&stage.registry, stage.now).next, None);
}

#[test]
fn of_two_values_with_one_end_the_other_still_ends() {
    let mut stage = without_eve();
    challenge(&mut stage, "one");
    challenge(&mut stage, "two");
    let clear = Command::RemoveChallenge { host: parse("a.dyn.example"), value: Some(parse("one")) };
    stage.ask(&Caller::Local, &clear).unwrap();
    ends_exactly_at(&mut stage, START.after(Duration::from_secs(3_600)));
    assert_eq!(values(&stage), [""; 0]);
}

#[test]
fn a_challenge_set_again_lives_longer() {
    let mut stage = without_eve();
    challenge(&mut stage, "one");
    at(&mut stage, START.micros() + 1_000_000);
    challenge(&mut stage, "one");
    assert_eq!(values(&stage), ["one"]);
    ends_exactly_at(&mut stage, START.after(Duration::from_secs(3_601)));
}

#[test]
fn a_challenge_cleared_by_hand_leaves_nothing_due() {
    let mut stage = without_eve();
    challenge(&mut stage, "one");
    let clear = Command::RemoveChallenge { host: parse("a.dyn.example"), value: Some(parse("one")) };
    stage.ask(&Caller::Local, &clear).unwrap();
    assert_eq!(due(&stage.registry, stage.now).next, None);
    challenge(&mut stage, "one");
    stage.ask(&Caller::Local, &Command::RemoveHost { host: parse("a.dyn.example") }).unwrap();
    let reservation = stage.registry.reservation(&parse("a.dyn.example")).unwrap().end;
    assert_eq!(due(&stage.registry, stage.now).next, Some(reservation), "the host's values went with it");
}

#[test]
fn reservations() {
    let mut stage = without_eve();
    stage.ask(&Caller::Local, &Command::RemoveHost { host: parse("a.dyn.example") }).unwrap();
    let ann = account(crate::universe::ANN);
    let name: Fqdn = parse("a.dyn.example");
    let new = NewHost {
        name: name.clone(),
        owner: ann,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    let take = Command::AddHost(new);
    let end = START.after(Duration::from_secs(30 * 86_400));
    at(&mut stage, end.micros() - 1);
    let refused = stage.ask(&Caller::Local, &take);
    assert_eq!(refused, Err(Refusal::Reserved { name: name.clone() }));
    ends_exactly_at(&mut stage, end);
    assert!(stage.ask(&Caller::Local, &take).is_ok());
}

#[test]
fn unconfirmed_accounts() {
    let mut stage = Stage::new();
    let end = START.after(Duration::from_secs(7 * 86_400));
    assert!(stage.registry.account(account(EVE)).is_some());
    ends_exactly_at(&mut stage, end);
    assert!(stage.registry.account(account(EVE)).is_none());
    assert!(stage.registry.account(account(JOE)).is_some());
}

#[test]
fn a_confirmed_account_stays() {
    let mut stage = Stage::new();
    let edit = AccountEdit { state: Some(AccountState::Active), ..AccountEdit::default() };
    stage.ask(&Caller::Local, &Command::SetAccount { account: account(EVE), edit }).unwrap();
    at(&mut stage, u64::MAX);
    assert_eq!(due(&stage.registry, stage.now), Due { overdue: false, next: None });
    assert_eq!(elapse(&mut stage), []);
}

/// What would hold the end of an account back must not be: time would knock for ever.
#[test]
fn an_unconfirmed_account_is_given_nothing() {
    let mut stage = Stage::new();
    let owner = account(EVE);
    let edit = DomainEdit { owner: Some(Some(owner)), ..DomainEdit::default() };
    let host = NewHost {
        name: parse("e.dyn.example"),
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    for command in [Command::SetDomain { domain: parse("ann.example"), edit }, Command::AddHost(host)] {
        assert_eq!(stage.ask(&Caller::Local, &command), Err(Refusal::Inactive), "{command:?}");
    }
}

#[test]
fn a_clock_that_goes_back_ends_nothing() {
    let mut stage = Stage::new();
    challenge(&mut stage, "one");
    for earlier in [START.micros() - 1, START.micros() / 2, 0] {
        at(&mut stage, earlier);
        assert!(!due(&stage.registry, stage.now).overdue);
        assert_eq!(elapse(&mut stage), []);
    }
    assert_eq!(values(&stage), ["one"]);
}

/// One command does a bounded amount of work; as long as something is overdue, the next one goes on.
#[test]
fn a_heap_of_ends_is_worked_off() {
    let mut stage = without_eve();
    let settings = Settings { reservation_days: 1, ..Settings::default() };
    stage.ask(&Caller::Local, &Command::SetSettings(settings)).unwrap();
    for number in 0..600 {
        let name: Fqdn = parse(&format!("h{number}.dyn.example"));
        let owner = account(JOE);
        let new = NewHost {
            name: name.clone(),
            owner,
            ipv4: None,
            ipv6: None,
            ttl: HostTtl::S60,
            wildcard: false,
            suffix: None,
            heartbeat: None,
        };
        stage.ask(&Caller::Local, &Command::AddHost(new)).unwrap();
        stage.ask(&Caller::Local, &Command::RemoveHost { host: name }).unwrap();
    }
    stage.pass(86_400);
    let mut rounds = 0;
    while due(&stage.registry, stage.now).overdue {
        assert!(!elapse(&mut stage).is_empty(), "overdue, and yet nothing to do");
        rounds += 1;
    }
    assert!(rounds > 1, "all at once");
    assert!(stage.registry.reservation(&parse("h599.dyn.example")).is_none());
}

#[test]
fn only_an_operator_winds_the_clock() {
    let stage = Stage::new();
    let joe = Caller::Account(Identity { account: account(JOE), token: None, source: None });
    assert_eq!(decide(&stage.registry, &joe, &Command::Elapse, stage.now), Err(Refusal::OperatorOnly));
}
