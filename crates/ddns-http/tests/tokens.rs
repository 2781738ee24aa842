//! Tokens over HTTP: made with a scope, shown once, listed without their secrets, and void at once.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::client::{Answer, ask};
use crate::house::House;

const JOE: &str = "joe@example.org";

/// One request with an `Authorization` header of its own.
fn send(house: &House, authorization: &str, request: &str, body: &str) -> Answer {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("{request} HTTP/1.1\r\nHost: ddns.test\r\nAuthorization: {authorization}\r\n{length}");
    ask(house.address, format!("{head}\r\n{body}"))
}

fn call(house: &House, who: &str, request: &str, body: &str) -> Answer {
    send(house, &house.authorization(who), request, body)
}

fn value(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// Makes a token: its id, and the `Authorization` header that it is.
#[track_caller]
fn make(house: &House, who: &str, body: &Value) -> (String, String) {
    let answer = call(house, who, "POST /users/me/tokens", &body.to_string());
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = value(&answer);
    let secret = made["api_token"].as_str().unwrap();
    assert!(secret.len() == 40 && secret.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{made}");
    assert!(
        answer.body.starts_with("{\"api_token\":\""),
        "one client takes the secret to be the first key: {answer:?}"
    );
    let basic = BASE64_STANDARD.encode(format!("{JOE}:{secret}"));
    (made["id"].as_str().unwrap().to_owned(), format!("Basic {basic}"))
}

fn labels(answer: &Answer) -> Vec<String> {
    let list = value(answer);
    list.as_array().unwrap().iter().map(|token| token["label"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn refused(house: &House, who: &str, body: &str, status: u16, expected: &str) {
    let before = house.entries();
    let answer = call(house, who, "POST /users/me/tokens", body);
    assert_eq!((answer.status, answer.body.as_str()), (status, expected), "{body}");
    assert_eq!(house.entries(), before, "{body}");
}

#[test]
fn a_token_that_nothing_is_said_of_updates_its_hosts_and_does_nothing_else() {
    let house = House::new();
    let (_, router) = make(&house, "joe", &json!({ "label": "router", "hosts": ["home.dyn.example"] }));
    let status = |request: &str, body: &str| send(&house, &router, request, body).status;
    assert_eq!(status("PUT /hosts/home.dyn.example", "{\"ip_address\":\"192.0.2.7\"}"), 200);
    assert_eq!(status("GET /nic/update?hostname=home.dyn.example&myip=192.0.2.8", ""), 200);
    assert_eq!(house.host("home.dyn.example"), "192.0.2.8 - 60 plain no");
    assert_eq!(status("PUT /hosts/cam.dyn.example", "{\"ip_address\":\"192.0.2.7\"}"), 404);
    assert_eq!(status("GET /hosts/home.dyn.example", ""), 403);
    assert_eq!(status("DELETE /hosts/home.dyn.example", ""), 403);
    assert_eq!(status("GET /users/me/tokens", ""), 403);
    assert_eq!(status("POST /users/me/tokens", "{\"label\":\"x\",\"hosts\":[\"home.dyn.example\"]}"), 403);
    assert_eq!(status("PUT /users/me", "{\"password\":\"another horse battery\"}"), 403);
}

#[test]
fn the_list_has_everything_but_secrets() {
    let house = House::new();
    let body = json!({
        "label": "proxy", "hosts": ["Home.dyn.example.", "*.cam.dyn.example"], "actions": ["acme-challenge", "read"],
        "networks": ["192.0.2.9/24", "2001:db8::1"], "expires": 3600,
    });
    let before = house.entries();
    let (id, proxy) = make(&house, "joe/password", &body);
    assert_eq!(house.entries(), before + 1);
    let expected = json!({
        "id": id, "label": "proxy", "hosts": ["home.dyn.example", "*.cam.dyn.example"],
        "actions": ["acme-challenge", "read"], "networks": ["192.0.2.0/24", "2001:db8::1/128"],
        "expires": "2027-01-15T09:00:00Z", "created": "2027-01-15T08:00:00Z", "last_used": null,
    });
    let find = || {
        let list = value(&call(&house, "joe/password", "GET /users/me/tokens", ""));
        list.as_array().unwrap().iter().find(|token| token["id"] == id.as_str()).unwrap().clone()
    };
    assert_eq!(find(), expected);
    let secret = BASE64_STANDARD.decode(proxy.split_once(' ').unwrap().1).unwrap();
    let secret = String::from_utf8(secret).unwrap().split_once(':').unwrap().1.to_owned();
    assert!(!call(&house, "joe", "GET /users/me/tokens", "").body.contains(&secret));
    assert_eq!(send(&house, &proxy, "GET /hosts", "").status, 401, "it comes from another network");
    let via = format!("{proxy}\r\nX-Forwarded-For: 192.0.2.77");
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(send(&house, &via, "GET /hosts", "").status, 200);
    assert_eq!(find()["last_used"], "2027-01-15T08:01:00Z");
    house.clock.advance(Duration::from_secs(3_540));
    assert_eq!(send(&house, &via, "GET /hosts", "").status, 401, "it has ended");
}

#[test]
fn ends_are_moments_or_seconds() {
    let house = House::new();
    let end = |expires: Value| {
        let body = json!({ "label": "x", "hosts": ["*"], "expires": expires });
        value(&call(&house, "joe", "POST /users/me/tokens", &body.to_string()))["expires"].clone()
    };
    assert_eq!(end(json!("2027-01-16T01:00:00+01:00")), "2027-01-16T00:00:00Z");
    assert_eq!(end(json!("86400")), "2027-01-16T08:00:00Z");
    assert_eq!(end(Value::Null), Value::Null);
    for wrong in
        [json!("2027-01-15T08:00:00Z"), json!(0), json!(-1), json!(1.5), json!("x"), json!(""), json!(u64::MAX)]
    {
        let body = json!({ "label": "x", "hosts": ["*"], "expires": wrong });
        refused(&house, "joe", &body.to_string(), 422, "{\"expires\":[\"is invalid\"]}");
    }
}

#[test]
fn every_field_has_its_complaint() {
    let house = House::new();
    let check = |body: Value, expected: Value| refused(&house, "joe", &body.to_string(), 422, &expected.to_string());
    refused(&house, "joe", "{}", 422, "{\"label\":[\"can't be blank\"],\"hosts\":[\"can't be blank\"]}");
    refused(&house, "joe", "[]", 400, "{\"message\":\"JSON could not be parsed\"}");
    refused(&house, "joe", "{\"name\":\"x\"}", 422, "{\"message\":\"JSON contains wrong attributes\"}");
    let long = "x".repeat(65);
    for label in [json!(long), json!("a\nb"), json!(5)] {
        check(json!({ "label": label, "hosts": ["*"] }), json!({ "label": ["is invalid"] }));
    }
    for (hosts, words) in [
        (json!([]), "can't be blank"),
        (json!("home.dyn.example"), "is invalid"),
        (json!(["a..b"]), "is invalid"),
        (json!(["home.dyn.example", 5]), "is invalid"),
        (json!(vec!["home.dyn.example"; 101]), "has too many entries (maximum is 100)"),
    ] {
        check(json!({ "label": "x", "hosts": hosts }), json!({ "hosts": [words] }));
    }
    for (actions, words) in [
        (json!([]), "can't be blank"),
        (json!(null), "can't be blank"),
        (json!(["delete"]), "is not included in the list"),
        (json!(["Update"]), "is not included in the list"),
        (json!("update"), "is invalid"),
    ] {
        check(json!({ "label": "x", "hosts": ["*"], "actions": actions }), json!({ "actions": [words] }));
    }
    for networks in [json!(["192.0.2.0/33"]), json!(["localhost"]), json!("192.0.2.0/24"), json!([null])] {
        check(json!({ "label": "x", "hosts": ["*"], "networks": networks }), json!({ "networks": ["is invalid"] }));
    }
    // What a program does not know of its networks is not taken for all of them.
    let unknown = json!({ "label": "x", "hosts": ["*"], "networks": null });
    check(unknown, json!({ "networks": ["can't be blank"] }));
}

#[test]
fn nobody_hands_on_more_than_it_has() {
    let house = House::new();
    let scope = "{\"message\":\"the token's scope does not allow this\"}";
    let all = "{\"label\":\"x\",\"hosts\":[\"*\"]}";
    for who in ["home-only", "update-only", "read-only"] {
        refused(&house, who, all, 403, scope);
    }
    let manages = json!({ "label": "m", "hosts": ["*"], "actions": ["manage", "update"], "expires": 3600 });
    let (_, manager) = make(&house, "joe", &manages);
    let status = |body: &Value| send(&house, &manager, "POST /users/me/tokens", &body.to_string()).status;
    let update = |expires: Value| json!({ "label": "u", "hosts": ["home.dyn.example"], "expires": expires });
    assert_eq!(status(&update(json!(3600))), 201);
    assert_eq!(status(&update(json!(3601))), 403, "for longer than itself");
    assert_eq!(status(&update(Value::Null)), 403);
    assert_eq!(status(&json!({ "label": "r", "hosts": ["*"], "actions": ["read"], "expires": 60 })), 403);
    let (_, here) = make(
        &house,
        "joe",
        &json!({
            "label": "here", "hosts": ["*"], "actions": ["manage", "update"], "networks": ["127.0.0.0/8"],
        }),
    );
    let status = |networks: Value| {
        let body = json!({ "label": "n", "hosts": ["*"], "networks": networks });
        send(&house, &here, "POST /users/me/tokens", &body.to_string()).status
    };
    assert_eq!((status(json!(["127.0.0.1"])), status(json!([])), status(json!(["0.0.0.0/0"]))), (201, 403, 403));
}

/// A proxy that only has certificates made gets credentials for nothing but that, and they go with its own.
#[test]
fn a_token_for_challenges_makes_parts_of_itself() {
    let house = House::new();
    let scope = json!({ "label": "proxy", "hosts": ["home.dyn.example"], "actions": ["acme-challenge", "update"] });
    let (id, proxy) = make(&house, "joe", &scope);
    let part = |body: Value| send(&house, &proxy, "POST /users/me/tokens", &body.to_string());
    let only = json!({ "label": "part", "hosts": ["home.dyn.example"], "actions": ["acme-challenge"] });
    let made = part(only.clone());
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(value(&made)["made_by"], id.as_str());
    assert_eq!(part(json!({ "label": "p", "hosts": ["cam.dyn.example"], "actions": ["acme-challenge"] })).status, 403);
    assert_eq!(part(json!({ "label": "p", "hosts": ["home.dyn.example"] })).status, 403);
    let secret = value(&made)["api_token"].as_str().unwrap().to_owned();
    let present = "{\"fqdn\":\"_acme-challenge.home.dyn.example.\",\"value\":\"x\"}";
    assert_eq!(send(&house, &format!("Bearer {secret}"), "POST /present", present).status, 200);
    assert_eq!(call(&house, "joe", &format!("DELETE /users/me/tokens/{id}"), "").status, 204);
    assert_eq!(send(&house, &format!("Bearer {secret}"), "POST /cleanup", present).status, 401);
}

#[test]
fn a_token_sees_those_that_are_for_no_other_hosts() {
    let house = House::new();
    make(&house, "joe", &json!({ "label": "router", "hosts": ["home.dyn.example"] }));
    make(&house, "joe", &json!({ "label": "camera", "hosts": ["cam.dyn.example"] }));
    let list = |who: &str| labels(&call(&house, who, "GET /users/me/tokens", ""));
    let all = list("joe/password");
    assert!(["joe", "home-only", "office-only", "router", "camera"].iter().all(|label| all.iter().any(|l| l == label)));
    assert!(!all.iter().any(|label| ["eve", "ann", "revoked"].contains(&label.as_str())), "{all:?}");
    assert_eq!((list("joe"), list("read-only")), (all.clone(), all));
    let mut narrow = list("home-only");
    narrow.sort();
    assert_eq!(narrow, ["certs", "home-only", "router"]);
    assert_eq!(list("eve"), ["eve"]);
    assert_eq!(list("ann"), ["ann"], "an operator's own");
    assert_eq!(call(&house, "update-only", "GET /users/me/tokens", "").status, 403);
}

/// A token outlives its hosts. Of which it was made for is kept no more, so that no other token for some hosts sees it.
#[test]
fn a_token_whose_hosts_are_gone_is_seen_by_those_for_all_hosts() {
    let house = House::new();
    let (camera, _) = make(&house, "joe", &json!({ "label": "camera", "hosts": ["cam.dyn.example"] }));
    assert_eq!(call(&house, "joe", "DELETE /hosts/cam.dyn.example", "").status, 204);
    let sees = |who: &str| labels(&call(&house, who, "GET /users/me/tokens", "")).contains(&"camera".to_owned());
    assert_eq!((sees("joe/password"), sees("joe"), sees("home-only")), (true, true, false));
    let delete = |who: &str| call(&house, who, &format!("DELETE /users/me/tokens/{camera}"), "").status;
    assert_eq!((delete("home-only"), delete("joe")), (404, 204));
}

/// When each was last used is good to know. The list is there without it, too.
#[test]
fn the_list_is_there_while_nobody_knows_of_last_use() {
    let house = House::new();
    make(&house, "joe", &json!({ "label": "router", "hosts": ["home.dyn.example"] }));
    let used = || {
        let list = value(&call(&house, "joe", "GET /users/me/tokens", ""));
        list.as_array().unwrap().iter().filter(|token| !token["last_used"].is_null()).count()
    };
    assert_eq!(used(), 1, "the one that asks");
    house.service.stop();
    assert_eq!(used(), 0);
}

#[test]
fn a_long_list_comes_in_parts() {
    let house = House::new();
    for number in 0..5 {
        house.clock.advance(Duration::from_secs(1));
        make(&house, "eve", &json!({ "label": format!("t{number}"), "hosts": ["*"] }));
    }
    let get = |query: &str| call(&house, "eve", &format!("GET /users/me/tokens{query}"), "");
    assert_eq!(labels(&get("")), ["eve", "t0", "t1", "t2", "t3", "t4"]);
    let (mut seen, mut query) = (Vec::new(), "?limit=4".to_owned());
    loop {
        let part = get(&query);
        let Some(last) = value(&part).as_array().unwrap().last().map(|last| last["id"].as_str().unwrap().to_owned())
        else {
            break;
        };
        seen.extend(labels(&part));
        query = format!("?limit=4&marker={last}");
    }
    assert_eq!(seen, ["eve", "t0", "t1", "t2", "t3", "t4"]);
    for (query, words) in [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("marker=x", "marker")]
    {
        let answer = get(&format!("?{query}"));
        assert_eq!((answer.status, value(&answer)), (422, json!({ words: ["is invalid"] })), "{query}");
    }
    let unknown = get("?marker=2e32e609-3a4f-45ba-bdef-e50eacd345ad");
    assert_eq!((unknown.status, value(&unknown)), (422, json!({ "marker": ["is invalid"] })));
}

#[test]
fn a_token_is_void_at_once_and_for_its_account_alone() {
    let house = House::new();
    let (id, router) = make(&house, "joe", &json!({ "label": "router", "hosts": ["home.dyn.example"] }));
    let (cam, _) = make(&house, "joe", &json!({ "label": "camera", "hosts": ["cam.dyn.example"] }));
    let delete = |who: &str, id: &str| call(&house, who, &format!("DELETE /users/me/tokens/{id}"), "");
    let update = || send(&house, &router, "PUT /hosts/home.dyn.example", "{\"ip_address\":\"192.0.2.7\"}").status;
    let before = house.entries();
    for (who, id, status) in [
        ("eve", id.as_str(), 404),
        ("ann", &id, 404),
        ("home-only", &cam, 404),
        ("home-only", &id, 403),
        ("read-only", &id, 403),
        ("joe", "x", 404),
        ("joe", "2e32e609-3a4f-45ba-bdef-e50eacd345ad", 404),
    ] {
        assert_eq!(delete(who, id).status, status, "{who} {id}");
    }
    assert_eq!(house.entries(), before);
    assert_eq!(update(), 200);
    let gone = delete("joe", &id);
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    assert_eq!(update(), 401);
    assert_eq!(delete("joe", &id).status, 404);
}

#[test]
fn an_account_has_so_many() {
    let house = House::new();
    let body = json!({ "label": "x", "hosts": ["*"] });
    let statuses: Vec<u16> =
        (0..100).map(|_| call(&house, "eve", "POST /users/me/tokens", &body.to_string()).status).collect();
    assert!(statuses[..99].iter().all(|status| *status == 201));
    let full = "{\"message\":\"the account may hold 100 tokens and does; remove one, or ask the operator for more\"}";
    refused(&house, "eve", &body.to_string(), 422, full);
    assert_eq!(labels(&call(&house, "eve", "GET /users/me/tokens", "")).len(), 100);
}
