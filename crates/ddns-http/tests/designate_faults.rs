//! What Designate says of faults, and the id that every answer has.

use std::collections::BTreeSet;

use ddns_core::policy;
use ddns_store::Fault;

use crate::client::{Answer, ask};
use crate::hostile::unescaped;
use crate::house::House;
use crate::secrets::{listen, logged};

/// Asks with a token in Designate's own header.
fn by(house: &House, who: &str, line: &str, body: &[u8]) -> Answer {
    let token = house.token(who);
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nContent-Type: application/json\r\n");
    let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
    ask(house.address, [head.as_bytes(), body].concat())
}

/// The id in an answer's header.
fn id(answer: &Answer) -> &str {
    let id = answer.header("x-openstack-request-id").unwrap_or_else(|| panic!("{answer:?}"));
    let uuid = id.strip_prefix("req-").unwrap_or_default();
    assert!(uuid.len() == 36 && uuid::Uuid::try_parse(uuid).is_ok(), "{id}");
    id
}

/// The parts of an error that are always the same, and when to try again.
fn error(answer: &Answer) -> (u16, String, Option<String>) {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["code"], answer.status, "{answer:?}");
    assert_eq!(body["request_id"], id(answer), "{answer:?}");
    let retry = answer.header("retry-after").map(str::to_owned);
    (answer.status, body["type"].as_str().unwrap().to_owned(), retry)
}

#[test]
fn every_answer_has_an_id_of_its_own_and_the_log_knows_it() {
    listen();
    let house = House::new();
    let nobody = "GET /v1/limits HTTP/1.1\r\nHost: x\r\n\r\n";
    let answers = [
        by(&house, "joe", "GET /v1/limits", b""),
        by(&house, "joe", "GET /v1/limits", b""),
        by(&house, "joe", "HEAD /v1/limits", b""),
        by(&house, "joe", "OPTIONS /v1/limits", b""),
        by(&house, "joe", "DELETE /v1/limits", b""),
        by(&house, "joe", "GET /v1", b""),
        by(&house, "joe", "GET /v1/nothing", b""),
        by(&house, "joe", "GET /v1/servers", b""),
        by(&house, "ann", "POST /v1/servers", b"{"),
        by(&house, "ann", "POST /v1/servers", b"{}"),
        by(&house, "ann", "POST /v1/domains/sync", b""),
        by(&house, "ann", "GET /v1/domains/x/records", b""),
        ask(house.address, nobody),
        ask(house.address, nobody.replace("/v1/limits", "/")),
    ];
    let log = logged();
    for answer in &answers {
        assert!(log.contains(&format!("id={}", id(answer).trim_start_matches("req-"))), "{answer:?}");
    }
    assert_eq!(answers.iter().map(id).collect::<BTreeSet<_>>().len(), answers.len());
}

#[test]
fn a_body_that_is_too_large_is_told_from_a_quota_that_is_reached() {
    let house = House::new();
    let padded = |size: usize| format!("{{}}{}", " ".repeat(size - 2)).into_bytes();
    let status = |size: usize| error(&by(&house, "ann", "POST /v1/servers", &padded(size)));
    assert_eq!(status(policy::BODY_MAX), (400, "invalid_object".to_owned(), None));
    assert_eq!(status(policy::BODY_MAX + 1), (413, "request_too_large".to_owned(), None));
}

#[test]
fn a_url_that_is_too_long() {
    let house = House::new();
    for path in ["/v1/limits?", "/v1/nothing?"] {
        let target = format!("{path}{}", "x".repeat(policy::URL_MAX));
        assert_eq!(error(&by(&house, "joe", &format!("GET {target}"), b"")), (414, "url_too_long".to_owned(), None));
    }
}

#[test]
fn too_many_changes_in_an_hour() {
    let house = House::with_changes(1);
    let make = |name: &str| by(&house, "ann", "POST /v1/servers", format!(r#"{{"name":"{name}."}}"#).as_bytes());
    assert_eq!(make("ns1.example.org").status, 200);
    let retry = Some(policy::RETRY_LIMITED.as_secs().to_string());
    assert_eq!(error(&make("ns2.example.org")), (429, "over_limit".to_owned(), retry));
    house.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(error(&make("ns2.example.org")), (429, "over_limit".to_owned(), Some("3000".to_owned())));
    assert_eq!(by(&house, "ann", "GET /v1/servers", b"").body.matches("\"name\"").count(), 1);
}

#[test]
fn a_store_that_takes_nothing() {
    let house = House::new();
    house.store.fail_next(Fault::Refused);
    let answer = by(&house, "ann", "POST /v1/servers", br#"{"name":"ns1.example.org."}"#);
    let retry = Some(policy::RETRY_UNAVAILABLE.as_secs().to_string());
    assert_eq!(error(&answer), (503, "unavailable".to_owned(), retry));
}

/// What programs look for that read a schema before they ask.
#[test]
fn schemas_are_shown() {
    let house = House::new();
    for name in ["domain", "domains", "record", "records", "server", "servers", "limits", "tsigkey", "tsigkeys"] {
        let answer = by(&house, "joe", &format!("GET /v1/schemas/{name}"), b"");
        let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        for key in ["id", "$schema", "title", "description", "additionalProperties", "properties"] {
            assert!(document.get(key).is_some(), "{name}: {key}");
        }
        assert_eq!(document["id"], format!("/schemas/{name}"), "{name}");
    }
}

/// What is no JSON object is told so, and changes nothing.
#[test]
fn bodies_that_are_none() {
    let house = House::new();
    let before = house.entries();
    for line in include_str!("data/hostile_json.txt").lines().filter(|line| !line.starts_with('#')) {
        for target in ["POST /v1/servers", "POST /v1/tsigkeys", "PUT /v1/quotas/ann", "POST /v1/domains"] {
            let answer = by(&house, "ann", target, &unescaped(line));
            let bare = answer.body == r#"{"code":400}"#;
            assert!(
                answer.status == 400 && (bare || error(&answer).1 == "invalid_object"),
                "{target} {line}: {answer:?}"
            );
        }
    }
    assert_eq!(house.entries(), before);
}
