//! Tokens that make others for a part of what they may do themselves.

use ddns_core::*;
use uuid::Uuid;

use crate::stage::Stage;
use crate::support::{assert_json_round_trip, parse};
use crate::universe::{ANN, JOE, START, account, scopes, token_id};

/// By their places in the scopes of the tests.
const FULL: usize = 0;
const ONE_HOST: usize = 1;
const UPDATE: usize = 4;
const CHALLENGE_AND_UPDATE: usize = 7;
const CHALLENGE: usize = 8;
const CHALLENGE_ELSEWHERE: usize = 9;
const CHALLENGE_BY_NETWORK: usize = 10;
const CHALLENGE_UNTIL: usize = 11;
const CHALLENGE_AND_READ: usize = 12;

fn by(id: Uuid) -> Caller {
    Caller::Account(Identity { account: account(JOE), token: Some(id), source: Some(parse("8.8.8.8")) })
}

fn joe() -> Caller {
    Caller::Account(Identity { account: account(JOE), token: None, source: None })
}

fn part_id(id: u128) -> Uuid {
    Uuid::from_u128(90_000 + id)
}

fn new(id: u128, label: &str, scope: Scope) -> NewToken {
    let secret = SecretId::new(90_000 + id as u64).unwrap();
    NewToken { id: part_id(id), account: account(JOE), label: parse(label), scope, secret }
}

fn challenge_of(hosts: &[&str]) -> Scope {
    let hosts = HostScope::Only(hosts.iter().map(|host| parse(host)).collect());
    Scope { hosts, actions: Actions { acme_challenge: true, ..Actions::default() }, ..Scope::FULL }
}

/// A part of the token for updates and challenge values.
fn with_part(label: &str) -> (Stage, Uuid) {
    let mut stage = Stage::new();
    let parent = token_id(JOE, CHALLENGE_AND_UPDATE);
    let made = stage.ask(&by(parent), &Command::AddToken(new(1, label, challenge_of(&["a.dyn.example"])))).unwrap();
    let Receipt::Token(part) = made.receipt else { panic!("a token") };
    assert_eq!((part.id, part.parent), (part_id(1), Some(parent)));
    made.changes.iter().for_each(assert_json_round_trip);
    (stage, parent)
}

/// Which tokens make which parts, and in whose name.
#[test]
fn who_makes_parts() {
    let all = || Scope { hosts: HostScope::All, ..challenge_of(&[]) };
    let here = || challenge_of(&["a.dyn.example"]);
    let part = |scope| Ok(Some(token_id(JOE, scope)));
    let refused = Err(Refusal::OutOfScope);
    for (scope, wanted, expected) in [
        (CHALLENGE_AND_UPDATE, here(), part(CHALLENGE_AND_UPDATE)),
        (CHALLENGE_AND_UPDATE, challenge_of(&["a.joe.example"]), part(CHALLENGE_AND_UPDATE)),
        (CHALLENGE_AND_UPDATE, challenge_of(&["*.joe.example"]), part(CHALLENGE_AND_UPDATE)),
        (CHALLENGE_AND_UPDATE, challenge_of(&[]), part(CHALLENGE_AND_UPDATE)),
        (CHALLENGE_AND_UPDATE, all(), refused.clone()),
        (CHALLENGE_AND_UPDATE, challenge_of(&["b.dyn.example"]), refused.clone()),
        (CHALLENGE_AND_UPDATE, challenge_of(&["a.dyn.example", "b.dyn.example"]), refused.clone()),
        (CHALLENGE_AND_UPDATE, challenge_of(&["*.dyn.example"]), refused.clone()),
        (CHALLENGE, here(), part(CHALLENGE)),
        (CHALLENGE, challenge_of(&["a.joe.example"]), refused.clone()),
        (CHALLENGE_ELSEWHERE, here(), refused.clone()),
        (CHALLENGE_AND_READ, all(), part(CHALLENGE_AND_READ)),
        // Its networks and its end are bounds.
        (CHALLENGE_BY_NETWORK, here(), refused.clone()),
        (CHALLENGE_BY_NETWORK, Scope { networks: vec![parse("8.8.8.8/32")], ..here() }, part(CHALLENGE_BY_NETWORK)),
        (CHALLENGE_BY_NETWORK, Scope { networks: vec![parse("8.8.8.0/24")], ..here() }, refused.clone()),
        (CHALLENGE_UNTIL, here(), refused.clone()),
        (CHALLENGE_UNTIL, Scope { end: scopes()[CHALLENGE_UNTIL].end, ..here() }, part(CHALLENGE_UNTIL)),
        (
            CHALLENGE_UNTIL,
            Scope { end: Some(START.after(std::time::Duration::from_secs(4_001))), ..here() },
            refused.clone(),
        ),
        // It manages some hosts, but no tokens.
        (ONE_HOST, here(), part(ONE_HOST)),
        (ONE_HOST, Scope { actions: Actions { update: true, ..Actions::default() }, ..here() }, refused.clone()),
        (UPDATE, here(), refused.clone()),
        // Anything else than challenge values is no part.
        (CHALLENGE_AND_UPDATE, scopes()[CHALLENGE_AND_UPDATE].clone(), refused.clone()),
        (CHALLENGE_AND_READ, scopes()[CHALLENGE_AND_READ].clone(), refused.clone()),
        (CHALLENGE, Scope { actions: Actions::default(), ..here() }, refused.clone()),
        // Who may make tokens makes whole ones.
        (FULL, here(), Ok(None)),
    ] {
        let mut stage = Stage::new();
        let said = format!("{scope} for {wanted:?}");
        let made = stage.ask(&by(token_id(JOE, scope)), &Command::AddToken(new(1, "part", wanted)));
        let parent = made.map(|made| match made.receipt {
            Receipt::Token(token) => token.parent,
            other => panic!("{other:?}"),
        });
        assert_eq!(parent, expected, "{said}");
        assert_eq!(stage.registry.token(part_id(1)).is_some(), expected.is_ok(), "{said}");
    }
    let mut stage = Stage::new();
    let foreign = NewToken { account: account(ANN), ..new(1, "part", here()) };
    let asked = stage.ask(&by(token_id(JOE, CHALLENGE_AND_UPDATE)), &Command::AddToken(foreign));
    assert!(matches!(asked, Err(Refusal::NotYours { .. })), "{asked:?}");
}

#[test]
fn a_part_is_good_for_one_thing() {
    let (mut stage, _) = with_part("part");
    let part = by(part_id(1));
    let (host, value) = (parse::<Fqdn>("a.dyn.example"), parse::<ChallengeValue>("v"));
    let add = |host: &str| Command::AddChallenge { host: parse(host), value: value.clone(), keep: Some(2) };
    assert_eq!(stage.ask(&part, &add("a.dyn.example")).unwrap().changes.len(), 1);
    assert_eq!(stage.ask(&part, &add("a.joe.example")), Err(Refusal::OutOfScope));
    let edit = HostEdit::default().with_address(parse("192.0.2.1"));
    let update = Command::SetHosts { hosts: vec![host.clone()], edit, together: Together::AllOrNothing };
    for refused in [
        update,
        Command::SetAllHosts { edit, among: Among::All },
        Command::RemoveHost { host: host.clone() },
        Command::RevokeToken { token: part_id(1) },
        // A part of a part there is not.
        Command::AddToken(new(2, "part", challenge_of(&["a.dyn.example"]))),
    ] {
        assert_eq!(stage.ask(&part, &refused), Err(Refusal::OutOfScope), "{refused:?}");
    }
    assert_eq!(stage.ask(&part, &Command::RemoveChallenge { host, value: None }).unwrap().changes.len(), 1);
}

#[test]
fn a_part_goes_with_its_token() {
    type Way = fn(&mut Stage, Uuid);
    let ways: [(&str, Way); 4] = [
        ("revoked", |stage, token| drop(stage.ask(&joe(), &Command::RevokeToken { token }).unwrap())),
        ("renewed by itself", |stage, token| {
            drop(stage.ask(&by(token), &Command::RenewToken(new(2, "whatever", Scope::FULL))).unwrap());
        }),
        ("renewed by its label", |stage, token| {
            let label = stage.registry.token(token).unwrap().label.clone();
            let new = NewToken { label, ..new(2, "x", Scope::FULL) };
            drop(stage.ask(&joe(), &Command::RenewToken(new)).unwrap());
        }),
        ("narrowed", |stage, token| {
            let hosts = Some(HostScope::Only(vec![parse("a.joe.example")]));
            let edit = TokenEdit { hosts, ..TokenEdit::default() };
            drop(stage.ask(&joe(), &Command::SetToken { token, edit }).unwrap());
        }),
    ];
    for (said, way) in ways {
        let (mut stage, parent) = with_part("part");
        way(&mut stage, parent);
        assert_eq!(stage.registry.token(part_id(1)), None, "{said}");
        let add = Command::AddChallenge { host: parse("a.dyn.example"), value: parse("v"), keep: None };
        assert_eq!(stage.ask(&by(part_id(1)), &add), Err(Refusal::TokenVoid), "{said}");
    }
}

/// A part that is called as its token is goes once, whichever of the two comes first by its id.
#[test]
fn a_part_of_the_same_label() {
    for id in [1, 1 << 100] {
        let mut stage = Stage::new();
        let parent = token_id(JOE, CHALLENGE_AND_UPDATE);
        let label = stage.registry.token(parent).unwrap().label.clone();
        let part = NewToken { id: Uuid::from_u128(id), label: label.clone(), ..new(1, "x", challenge_of(&[])) };
        stage.ask(&by(parent), &Command::AddToken(part)).unwrap();
        let again = NewToken { label: label.clone(), ..new(2, "x", Scope::FULL) };
        stage.ask(&joe(), &Command::RenewToken(again)).unwrap();
        let left: Vec<Uuid> =
            stage.registry.tokens_of(account(JOE)).filter(|token| token.label == label).map(|token| token.id).collect();
        assert_eq!(left, [part_id(2)]);
    }
}

#[test]
fn a_part_stays_where_its_token_still_includes_it() {
    let (mut stage, parent) = with_part("part");
    for (edit, stays) in [
        (TokenEdit { label: Some(parse("another")), ..TokenEdit::default() }, true),
        (TokenEdit { hosts: Some(HostScope::Only(vec![parse("*.dyn.example")])), ..TokenEdit::default() }, true),
        (TokenEdit { hosts: Some(HostScope::All), ..TokenEdit::default() }, true),
        (TokenEdit { actions: Some(scopes()[CHALLENGE].actions), ..TokenEdit::default() }, true),
        (TokenEdit { networks: Some(vec![parse("8.8.8.0/24")]), ..TokenEdit::default() }, false),
    ] {
        stage.ask(&joe(), &Command::SetToken { token: parent, edit: edit.clone() }).unwrap();
        assert_eq!(stage.registry.token(part_id(1)).is_some(), stays, "{edit:?}");
    }
    for edit in [
        TokenEdit { end: Some(Some(START.after(std::time::Duration::from_secs(60)))), ..TokenEdit::default() },
        TokenEdit { actions: Some(scopes()[UPDATE].actions), ..TokenEdit::default() },
    ] {
        let (mut stage, parent) = with_part("part");
        stage.ask(&joe(), &Command::SetToken { token: parent, edit }).unwrap();
        assert_eq!(stage.registry.token(part_id(1)), None, "longer, or more, than its token");
    }
}

/// A part renews itself, remains one, and nothing else goes by that.
#[test]
fn a_part_renews_itself() {
    let (mut stage, parent) = with_part("part");
    let made = stage.ask(&by(part_id(1)), &Command::RenewToken(new(2, "more", Scope::FULL))).unwrap();
    let Receipt::Token(again) = made.receipt else { panic!("a token") };
    assert_eq!((again.parent, again.label.to_string().as_str()), (Some(parent), "part"));
    assert_eq!(again.scope, challenge_of(&["a.dyn.example"]));
    assert!(stage.registry.token(part_id(1)).is_none() && stage.registry.token(parent).is_some());
    stage.ask(&joe(), &Command::RevokeToken { token: parent }).unwrap();
    assert_eq!(stage.registry.token(part_id(2)), None);
}

#[test]
fn a_part_alone_is_revoked() {
    let (mut stage, parent) = with_part("part");
    assert_eq!(stage.ask(&joe(), &Command::RevokeToken { token: part_id(1) }).unwrap().changes.len(), 1);
    assert!(stage.registry.token(parent).is_some());
}

/// A token has ten parts: one more takes the place of the oldest, so that a program which forgets its own can go on.
#[test]
fn the_eleventh_part_takes_the_place_of_the_oldest() {
    let mut stage = Stage::new();
    let parent = by(token_id(JOE, CHALLENGE_AND_UPDATE));
    let add = |id| Command::AddToken(new(id, "part", challenge_of(&["a.dyn.example"])));
    stage.ask(&by(token_id(JOE, CHALLENGE)), &add(50)).unwrap();
    // The later ones have the smaller ids, but for the first two, which are as old as each other.
    stage.ask(&parent, &add(31)).unwrap();
    stage.ask(&parent, &add(30)).unwrap();
    for id in (0..policy::TOKENS_PER_TOKEN as u128 - 2).rev() {
        stage.pass(1);
        stage.ask(&parent, &add(id)).unwrap();
    }
    assert_eq!(policy::TOKENS_PER_TOKEN, 10);
    let there = |stage: &Stage, id| stage.registry.token(part_id(id)).is_some();
    for (id, goes) in [(60, 30), (61, 31), (62, 7), (63, 6)] {
        assert!(there(&stage, goes), "{goes}");
        assert_eq!(stage.ask(&parent, &add(id)).unwrap().changes.len(), 2, "the old one goes and the new one comes");
        assert!(there(&stage, id) && !there(&stage, goes), "{id} for {goes}");
    }
    assert!(there(&stage, 50) && there(&stage, 5), "another token's, and the next");
    let again = stage.ask(&parent, &add(5));
    assert!(matches!(again, Err(Refusal::Taken { .. })), "its own id is no place: {again:?}");
    let wider = NewToken { scope: challenge_of(&["b.dyn.example"]), ..new(64, "x", Scope::FULL) };
    assert_eq!(stage.ask(&parent, &Command::AddToken(wider)), Err(Refusal::OutOfScope));
    assert!(there(&stage, 5), "what is refused takes nobody's place");
}

/// An account that is full has no more, but one part for another.
#[test]
fn an_account_that_is_full_exchanges_parts() {
    let mut stage = Stage::new();
    let (one, other) = (by(token_id(JOE, CHALLENGE_AND_UPDATE)), by(token_id(JOE, CHALLENGE)));
    let add = |id| Command::AddToken(new(id, "part", challenge_of(&["a.dyn.example"])));
    for id in 0..policy::TOKENS_PER_TOKEN as u128 {
        stage.ask(&one, &add(id)).unwrap();
    }
    let count = |stage: &Stage| stage.registry.tokens_of(account(JOE)).count();
    for id in 0..(policy::TOKENS_PER_ACCOUNT - count(&stage)) as u128 {
        stage.ask(&joe(), &Command::AddToken(new(100 + id, "whole", Scope::FULL))).unwrap();
    }
    assert!(matches!(stage.ask(&other, &add(98)), Err(Refusal::Quota { kind: Kind::Token, .. })));
    stage.ask(&one, &add(99)).unwrap();
    assert_eq!(count(&stage), policy::TOKENS_PER_ACCOUNT);
}

/// A token revokes what it made, and nothing else: not itself, nor another's part.
#[test]
fn a_token_revokes_its_parts() {
    let (mut stage, parent) = with_part("part");
    let revoke = |token| Command::RevokeToken { token };
    let other = token_id(JOE, CHALLENGE);
    stage.ask(&by(other), &Command::AddToken(new(2, "part", challenge_of(&["a.dyn.example"])))).unwrap();
    for token in [parent, other, part_id(2)] {
        assert_eq!(stage.ask(&by(parent), &revoke(token)), Err(Refusal::OutOfScope));
    }
    assert_eq!(stage.ask(&by(parent), &revoke(part_id(1))).unwrap().changes.len(), 1);
    assert!(stage.registry.token(part_id(1)).is_none() && stage.registry.token(parent).is_some());
}

/// Written before there were parts, a token has no parent; and one without is written as before.
#[test]
fn tokens_as_json() {
    let (stage, parent) = with_part("part");
    let whole = serde_json::to_value(&**stage.registry.token(parent).unwrap()).unwrap();
    assert!(whole.get("parent").is_none(), "{whole}");
    let part = serde_json::to_value(&**stage.registry.token(part_id(1)).unwrap()).unwrap();
    assert_eq!(part["parent"], parent.to_string());
}
