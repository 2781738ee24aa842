//! Certificates for hosts beside the conversations: hostile bodies, callers at the same time, and what a registered credential
//! cannot do.

use std::sync::Barrier;
use std::time::Duration;

use ddns_core::{Actions, Caller, Command, HostScope, NewToken, Scope, policy};
use ddns_service::{Origin, Request, fresh};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::client::{Answer, ask};
use crate::credentials::{furnish, rows};
use crate::hostile::unescaped;
use crate::house::House;

const NAME: &str = "_acme-challenge.home.dyn.example.";

fn post(house: &House, target: &str, headers: &str, body: impl AsRef<[u8]>) -> Answer {
    let body = body.as_ref();
    let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    let answer = ask(house.address, [head.as_bytes(), body].concat());
    answer.check_framing();
    answer
}

fn by(house: &House, who: &str) -> String {
    format!("Authorization: {}\r\n", house.authorization(who))
}

/// A credential for `home`, that `certs` registers.
struct Account {
    id: String,
    headers: String,
    secret: String,
}

impl Account {
    fn new(house: &House) -> Account {
        let answer = post(house, "/register", &by(house, "certs"), "");
        assert_eq!(answer.status, 201, "{answer:?}");
        let account: Value = serde_json::from_str(&answer.body).unwrap();
        let member = |name: &str| account[name].as_str().unwrap().to_owned();
        let (id, secret) = (member("username"), member("password"));
        Account { headers: format!("X-Api-User: {id}\r\nX-Api-Key: {secret}\r\n"), id, secret }
    }

    fn sets(&self, house: &House, value: &str) -> Answer {
        let body = format!(r#"{{"subdomain":"{}","txt":"{value}"}}"#, self.id);
        post(house, "/update", &self.headers, body)
    }
}

/// A value as a digest is written.
fn numbered(number: usize) -> String {
    format!("{number:a>43}")
}

#[test]
fn bodies_that_are_no_json_object_set_nothing() {
    let house = House::new();
    let (account, signed_in) = (Account::new(&house), by(&house, "certs"));
    let before = house.entries();
    let deep = format!("{{\"txt\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let lines = include_str!("data/hostile_json.txt").lines().filter(|line| !line.starts_with('#'));
    let not_json = [
        ("/present", &signed_in, r#"{"message":"The body must be one JSON object"}"#),
        ("/cleanup", &signed_in, r#"{"message":"The body must be one JSON object"}"#),
        ("/register", &signed_in, r#"{"error":"malformed_json_payload"}"#),
        ("/update", &account.headers, r#"{"error":"malformed_json_payload"}"#),
    ];
    // No body is a registration without wishes.
    for body in lines.map(unescaped).chain([deep.into_bytes()]).filter(|body| !body.is_empty()) {
        let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        for (target, headers, words) in not_json {
            let answer = post(&house, target, headers, &body);
            assert_eq!((answer.status, answer.body.as_str()), (400, words), "{target} {start}");
        }
    }
    let large = " ".repeat(policy::BODY_MAX + 1);
    for (target, headers, _) in not_json {
        assert_eq!(post(&house, target, headers, &large).status, 413, "{target}");
    }
    assert_eq!((house.entries(), house.values("home.dyn.example").as_str()), (before, ""));
}

/// Spellings of a name of joe's, by eve: none of them is her host, and none tells that it is somebody's.
#[test]
fn names_in_odd_spelling_are_nobodys() {
    let house = House::new();
    house.add_host("kirk.dyn.example", house.joe());
    let before = house.entries();
    let bad = r#"{"message":"fqdn is _acme-challenge. and behind it a host's name, and domain is a host's name"}"#;
    let missing = r#"{"message":"There is no host of this name"}"#;
    let mut tried = 0;
    for line in include_str!("data/hostile_names.txt").lines().filter(|line| !line.starts_with('#')) {
        let (meant, spelling) = line.split_once(' ').unwrap();
        let octets: Vec<u8> = percent_encoding::percent_decode_str(spelling).collect();
        let Ok(text) = String::from_utf8(octets) else { continue };
        let made = serde_json::json!({ "fqdn": format!("_acme-challenge.{text}"), "value": "x" });
        let raw = serde_json::json!({ "domain": text, "keyAuth": "x" });
        for body in [made, raw] {
            let answer = post(&house, "/present", &by(&house, "eve"), body.to_string());
            let expected = if meant == "none" { [(400, bad), (404, missing)] } else { [(404, missing); 2] };
            assert!(expected.contains(&(answer.status, &answer.body)), "{body}: {answer:?}");
            tried += 1;
        }
    }
    assert!(tried > 80, "only {tried}");
    assert_eq!((house.entries(), house.values("kirk.dyn.example").as_str()), (before, ""));
}

/// Lists of networks and values at their bounds.
#[test]
fn there_is_an_end_to_everything() {
    let house = House::new();
    let list = |count: usize| serde_json::json!({ "allowfrom": vec!["192.0.2.0/24"; count] }).to_string();
    let register = |count: usize| post(&house, "/register", &by(&house, "certs"), list(count));
    assert_eq!(register(policy::SCOPE_ENTRIES).status, 201);
    let answer = register(policy::SCOPE_ENTRIES + 1);
    assert_eq!((answer.status, answer.body.as_str()), (409, r#"{"error":"too_many"}"#));
    let tokens = || house.service.snapshot().registry.tokens().count();
    let before = tokens();
    assert!((0..policy::TOKENS_PER_ACCOUNT).all(|_| register(1).status == 201), "a program may register at each start");
    assert_eq!(tokens(), before + policy::TOKENS_PER_TOKEN - 1, "the oldest go");
    let present = |number: usize| {
        let body = format!(r#"{{"fqdn":"{NAME}","value":"{number}"}}"#);
        post(&house, "/present", &by(&house, "certs"), body)
    };
    assert!((0..policy::CHALLENGES_PER_HOST).all(|number| present(number).status == 200));
    let answer = present(policy::CHALLENGES_PER_HOST);
    let words = "The host has 10 challenge values, which is as many as it may; clear one first";
    assert_eq!((answer.status, answer.body), (409, format!("{{\"message\":\"{words}\"}}")));
    assert_eq!(present(0).status, 200, "what is there is set again");
}

/// A host whose name has no room for the label in front of it can have no values, and nobody gets a credential for them.
#[test]
fn a_name_too_long_to_be_proved() {
    let house = House::new();
    let long = "x".repeat(63);
    let host = format!("{long}.{long}.{long}.{}.dyn.example", "x".repeat(40));
    house.add_host(&host, house.joe());
    let before = house.entries();
    let answer = post(&house, "/register", &by(&house, "joe"), format!(r#"{{"host":"{host}"}}"#));
    assert_eq!((answer.status, answer.body.as_str()), (400, r#"{"error":"bad_host"}"#));
    assert_eq!(house.entries(), before);
}

/// A host and all names below it are proved at the same moment: both values stand, whoever is first, by either dialect.
#[test]
fn values_that_are_set_at_the_same_moment_all_stand() {
    let house = House::new();
    let account = Account::new(&house);
    for round in 0..20 {
        let [one, other] = [2 * round, 2 * round + 1].map(numbered);
        at_once(&[&|| assert_eq!(account.sets(&house, &one).status, 200), &|| {
            assert_eq!(account.sets(&house, &other).status, 200);
        }]);
        let mut values: Vec<String> = house.values("home.dyn.example").split(' ').map(str::to_owned).collect();
        values.sort();
        let mut expected = vec![one, other];
        expected.sort();
        assert_eq!(values, expected, "round {round}");
        house.clock.advance(Duration::from_secs(1));
    }
    let httpreq = |target: &str, value: &str| {
        let body = format!(r#"{{"fqdn":"{NAME}","value":"{value}"}}"#);
        assert_eq!(post(&house, target, &by(&house, "certs"), body).status, 200);
    };
    for _ in 0..20 {
        at_once(&[&|| httpreq("/present", "host"), &|| httpreq("/present", "wildcard")]);
        let values = house.values("home.dyn.example");
        assert!(["host", "wildcard"].iter().all(|value| values.split(' ').any(|there| there == *value)), "{values}");
        at_once(&[&|| httpreq("/cleanup", "host"), &|| httpreq("/cleanup", "wildcard")]);
        let values = house.values("home.dyn.example");
        assert_eq!(values.split(' ').count(), 2, "those of the other dialect stay: {values}");
    }
}

fn at_once(callers: &[&(dyn Fn() + Sync)]) {
    let barrier = Barrier::new(callers.len());
    std::thread::scope(|scope| {
        for caller in callers {
            scope.spawn(|| {
                barrier.wait();
                caller();
            });
        }
    });
}

/// A registered credential reads nothing and changes nothing on any other route.
#[test]
fn what_is_registered_opens_no_other_door() {
    let (house, code) = furnish(House::new());
    let account = Account::new(&house);
    let others = ["/present", "/cleanup", "/register", "/update"];
    let mut tried = 0;
    for row in rows().iter().filter(|row| row.needs_credentials() && !others.iter().any(|path| row.is_at(path))) {
        let before = house.entries();
        for header in ["Authorization: Bearer ", "X-Auth-Token: "] {
            let answer = ask(house.address, row.raw(&house, &code, &format!("{header}{}\r\n", account.secret)));
            let refused = matches!(answer.status, 400 | 401 | 403 | 404 | 422) || answer.body == "nohost";
            let told = answer.status == 200 && row.tells_anybody();
            assert!(refused || told, "{} with {header}: {answer:?}", row.route);
            assert_eq!(house.entries(), before, "{}", row.route);
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried}");
}

/// It goes with its host, and ends with the token that made it.
#[test]
fn what_is_registered_ends() {
    let house = House::new();
    let account = Account::new(&house);
    assert_eq!(account.sets(&house, &numbered(1)).status, 200);
    let removed = by(&house, "joe");
    let head = format!("DELETE /hosts/home.dyn.example HTTP/1.1\r\nHost: x\r\n{removed}\r\n");
    assert_eq!(ask(house.address, head).status, 204);
    house.add_host("home.dyn.example", house.joe());
    let answer = account.sets(&house, &numbered(2));
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"error":"forbidden"}"#));
    assert_eq!(house.values("home.dyn.example"), "");

    let parent = for_an_hour(&house);
    let registered = post(&house, "/register", &format!("Authorization: Bearer {parent}\r\n"), "");
    let made: Value = serde_json::from_str(&registered.body).unwrap();
    let (id, key) = (made["username"].as_str().unwrap(), made["password"].as_str().unwrap());
    let headers = format!("X-Api-User: {id}\r\nX-Api-Key: {key}\r\n");
    let account = Account { id: id.to_owned(), headers, secret: key.to_owned() };
    assert_eq!(account.sets(&house, &numbered(3)).status, 200);
    house.clock.advance(Duration::from_secs(3_600));
    let answer = account.sets(&house, &numbered(4));
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"error":"forbidden"}"#));
    let body = format!(r#"{{"fqdn":"{NAME}","value":"x"}}"#);
    let answer = post(&house, "/present", &format!("Authorization: Bearer {parent}\r\n"), body);
    assert_eq!(answer.status, 401, "{answer:?}");
}

/// A token of joe's for the values of `home`.
fn for_an_hour(house: &House) -> String {
    let ((text, digest), secret) = (fresh::token(), fresh::secret_id());
    let scope = Scope {
        hosts: HostScope::Only(vec!["home.dyn.example".parse().unwrap()]),
        actions: Actions { acme_challenge: true, ..Actions::default() },
        networks: Vec::new(),
        end: Some(house.service.now().after(Duration::from_secs(3_600))),
    };
    let label = "for an hour".parse().unwrap();
    let token = NewToken { id: fresh::uuid(), account: house.joe(), label, scope, secret };
    let request = Request::new(Caller::Local, Command::AddToken(token), Origin::new("test"));
    house.service.submit_blocking(request.with_secret(secret, digest)).unwrap();
    text.expose_secret().to_owned()
}
