//! TSIG keys in Designate's dialect: who is shown their secrets, and what becomes of them when several change one at the same
//! moment.

use ddns_core::{Actions, Caller, Command, HostScope, NewToken, Scope};
use ddns_service::{Origin, Request, fresh};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::client::{Answer, ask};
use crate::house::House;

/// How often callers meet.
const ROUNDS: usize = 64;

const KEYS: &str = "/v1/tsigkeys";
const FIRST: &str = "c2VjcmV0IHNlY3JldA==";
const SECOND: &str = "b3RoZXIgc2VjcmV0";

/// A secret does more than to read: whoever has it may ask for whole zones as long as the key is there.
#[test]
fn only_who_may_manage_everything_is_shown_secrets() {
    let house = House::new();
    let ann = house.token("ann");
    let place = made(&house, "transfers");
    let all = Scope::FULL.actions;
    let none = Actions { update: false, acme_challenge: false, read: false, manage: false };
    let home = HostScope::Only(vec!["home.dyn.example".parse().unwrap()]);
    for (hosts, actions, shown) in [
        (HostScope::All, all, true),
        (HostScope::All, Actions { manage: true, ..none }, true),
        (HostScope::All, Actions { read: true, ..none }, false),
        (HostScope::All, Actions { manage: false, ..all }, false),
        (home, all, false),
    ] {
        let scope = Scope { hosts, actions, ..Scope::FULL };
        let token = token_of_ann(&house, scope);
        for target in [KEYS, &place] {
            let answer = by(&house, &token, &format!("GET {target}"), &json!(null));
            assert_eq!(answer.status, if shown { 200 } else { 403 }, "{actions:?} {target}: {answer:?}");
            assert_eq!(answer.body.contains(FIRST), shown, "{actions:?} {target}: {answer:?}");
            assert!(shown || value(&answer)["type"] == "forbidden", "{answer:?}");
            let answer = by(&house, &token, &format!("HEAD {target}"), &json!(null));
            assert_eq!(answer.status, if shown { 200 } else { 403 }, "{actions:?} {target}: {answer:?}");
        }
    }
    for who in ["joe", "read-only"] {
        assert_eq!(by(&house, house.token(who), &format!("GET {place}"), &json!(null)).status, 403, "{who}");
    }
    assert_eq!(by(&house, ann, &format!("GET {place}"), &json!(null)).status, 200);
}

/// An operator's token that does not read everything is for no other tenant's things, and does not tell which tenants there are.
#[test]
fn a_narrow_token_asks_for_nothing_special() {
    let house = House::new();
    let home = HostScope::Only(vec!["home.dyn.example".parse().unwrap()]);
    let scope = Scope { hosts: home, ..Scope::FULL };
    let token = token_of_ann(&house, scope);
    for (name, value) in [
        ("X-Auth-Sudo-Tenant-ID", "joe"),
        ("X-Auth-Sudo-Tenant-ID", "nobody"),
        ("X-Auth-All-Projects", "true"),
        ("X-Designate-Edit-Managed-Records", "true"),
    ] {
        let request = format!(
            "GET /v1/schemas/domain HTTP/1.1\r\nHost: ddns.example\r\nX-Auth-Token: {token}\r\n{name}: {value}\r\n\
             Connection: close\r\n\r\n"
        );
        assert_eq!(ask(house.address, request).status, 403, "{name}: {value}");
    }
}

/// Whatever changes a key while it is removed: it does not come back.
#[test]
fn a_removed_key_stays_away() {
    let house = House::new();
    let edits = [
        json!({"algorithm":"hmac-sha512"}),
        json!({"name":"renamed"}),
        json!({"secret":SECOND}),
        json!({"name":"test-key"}),
    ];
    for edit in edits.iter().cycle().take(ROUNDS) {
        let place = made(&house, "test-key");
        let (changed, removed) =
            at_once(&house, (&format!("PUT {place}"), edit), (&format!("DELETE {place}"), &json!(null)));
        assert!([200, 404].contains(&changed.status), "{edit} {changed:?}");
        assert_eq!(removed.status, 200, "{edit} {removed:?}");
        assert_eq!(by_ann(&house, &format!("GET {place}"), &json!(null)).status, 404, "{edit} {changed:?}");
        assert_eq!(value(&by_ann(&house, &format!("GET {KEYS}"), &json!(null))), json!({"tsigkeys":[]}), "{edit}");
    }
}

/// Two who change different things of one key at the same moment have both their will.
#[test]
fn no_change_of_a_key_is_lost() {
    let house = House::new();
    let (name, algorithm) = (json!({"name":"renamed"}), json!({"algorithm":"hmac-sha512"}));
    let secret = json!({"secret":SECOND});
    for (one, other) in [(&name, &secret), (&name, &algorithm), (&algorithm, &secret)].iter().cycle().take(ROUNDS) {
        let place = made(&house, "test-key");
        let line = format!("PUT {place}");
        let (first, second) = at_once(&house, (&line, one), (&line, other));
        assert_eq!((first.status, second.status), (200, 200), "{one} {first:?} {other} {second:?}");
        let now = value(&by_ann(&house, &format!("GET {place}"), &json!(null)));
        for (member, wanted) in one.as_object().unwrap().iter().chain(other.as_object().unwrap()) {
            assert_eq!(now[member], *wanted, "{one} {other}");
        }
        assert!(*one == &algorithm || *other == &secret || now["secret"] == FIRST, "{now}");
        assert_eq!(by_ann(&house, &format!("DELETE {place}"), &json!(null)).status, 200);
    }
}

/// Where a new key with the secret [`FIRST`] is.
fn made(house: &House, name: &str) -> String {
    let key = json!({"name":name,"algorithm":"hmac-sha256","secret":FIRST});
    let answer = by_ann(house, &format!("POST {KEYS}"), &key);
    answer
        .header("location")
        .unwrap_or_else(|| panic!("{answer:?}"))
        .strip_prefix("http://api.test")
        .unwrap()
        .to_owned()
}

fn at_once(house: &House, one: (&str, &Value), other: (&str, &Value)) -> (Answer, Answer) {
    std::thread::scope(|scope| {
        let [one, other] = [one, other].map(|(line, body)| scope.spawn(move || by_ann(house, line, body)));
        (one.join().unwrap(), other.join().unwrap())
    })
}

fn by_ann(house: &House, line: &str, body: &Value) -> Answer {
    by(house, house.token("ann"), line, body)
}

fn by(house: &House, token: &str, line: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!("X-Auth-Token: {token}\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
    ask(house.address, format!("{line} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}"))
}

fn value(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

/// A token of the operator's that reaches so far.
fn token_of_ann(house: &House, scope: Scope) -> String {
    let (text, digest) = fresh::token();
    let secret = fresh::secret_id();
    let account = house.service.snapshot().registry.account_by_login(&"ann".parse().unwrap()).unwrap().number;
    let token = NewToken { id: fresh::uuid(), account, label: "narrow".parse().unwrap(), scope, secret };
    let request = Request::new(Caller::Local, Command::AddToken(token), Origin::new("test"));
    house.service.submit_blocking(request.with_secret(secret, digest)).unwrap();
    text.expose_secret().to_owned()
}
