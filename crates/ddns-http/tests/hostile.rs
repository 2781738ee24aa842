//! Input that was made to hurt: the right error, and nothing changed.

use ddns_core::policy;

use crate::client::{Answer, ask};
use crate::house::House;

const NOT_JSON: (u16, &str) = (400, r#"{"message":"JSON could not be parsed"}"#);

/// Sends a body to `PUT /hosts/home.dyn.example` as it is.
fn put(house: &House, body: &[u8]) -> Answer {
    let authorization = house.authorization("joe");
    let length = body.len();
    let head = format!(
        "PUT /hosts/home.dyn.example HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n"
    );
    ask(house.address, [head.as_bytes(), body].concat())
}

fn check(house: &House, body: &[u8], (status, expected): (u16, &str)) {
    let answer = put(house, body);
    let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
    answer.check_framing();
    assert_eq!((answer.status, answer.body.as_str()), (status, expected), "{start}");
    assert_eq!(house.host("home.dyn.example"), "- - 60 plain no", "{start}");
}

#[test]
fn bodies_that_are_no_json_object() {
    let house = House::new();
    for line in include_str!("data/hostile_json.txt").lines().filter(|line| !line.starts_with('#')) {
        check(&house, &unescaped(line), NOT_JSON);
    }
}

/// `\xHH` in the file stands for an octet; a lone `\` for itself.
pub(crate) fn unescaped(line: &str) -> Vec<u8> {
    let mut parts = line.split("\\x");
    let mut octets = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        octets.push(u8::from_str_radix(&part[..2], 16).unwrap());
        octets.extend_from_slice(&part.as_bytes()[2..]);
    }
    octets
}

/// The same bodies wherever else Two-DNS takes one: the same error, and nothing changed.
#[test]
fn bodies_that_are_none_anywhere() {
    let house = House::new();
    let before = house.entries();
    let deep = format!("{{\"email\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let lines = include_str!("data/hostile_json.txt").lines().filter(|line| !line.starts_with('#'));
    for body in lines.map(unescaped).chain([deep.into_bytes()]) {
        for (method, target) in [
            ("POST", "/hosts"),
            ("PUT", "/hosts/all"),
            ("POST", "/users"),
            ("POST", "/users/password"),
            ("PUT", "/users/me"),
            ("POST", "/users/me/api_token"),
        ] {
            let authorization = house.authorization("joe");
            let length = body.len();
            let head = format!(
                "{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n"
            );
            let answer = ask(house.address, [head.as_bytes(), &body].concat());
            let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert_eq!((answer.status, answer.body.as_str()), NOT_JSON, "{method} {target} {start}");
        }
    }
    assert_eq!(house.entries(), before);
}

#[test]
fn depth_has_its_bound() {
    let house = House::new();
    let nested = |levels: usize| format!("{{\"ttl\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    check(&house, nested(policy::JSON_DEPTH - 1).as_bytes(), (422, r#"{"ttl":["is not included in the list"]}"#));
    check(&house, nested(policy::JSON_DEPTH).as_bytes(), NOT_JSON);
    check(&house, nested(30_000).as_bytes(), NOT_JSON);
    check(&house, "[".repeat(60_000).as_bytes(), NOT_JSON);
}

#[test]
fn size_has_its_bound() {
    let house = House::new();
    let padded = |size: usize| format!("{{\"ttl\":61}}{}", " ".repeat(size - 10));
    check(&house, padded(policy::BODY_MAX).as_bytes(), (422, r#"{"ttl":["is not included in the list"]}"#));
    check(&house, padded(policy::BODY_MAX + 1).as_bytes(), (413, r#"{"message":"The body is too large"}"#));
}

#[test]
fn a_chunked_body_has_the_same_bound() {
    let house = House::new();
    let head = |authorization: String| {
        format!(
            "PUT /hosts/home.dyn.example HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
    };
    let mut big = head(house.authorization("joe"));
    for _ in 0..=policy::BODY_MAX / 0x1000 {
        big.push_str(&format!("1000\r\n{}\r\n", " ".repeat(0x1000)));
    }
    assert_eq!(ask(house.address, big + "0\r\n\r\n").status, 413);
    let small = head(house.authorization("joe")) + "5\r\n{\"ttl\r\n6\r\n\":300}\r\n0\r\n\r\n";
    let answer = ask(house.address, small);
    assert_eq!(answer.status, 200);
    answer.check_framing();
}

#[test]
fn urls_have_their_bound() {
    let house = House::new();
    let authorization = house.authorization("joe");
    let get = |path: &str, size: usize| {
        let target = format!("{path}{}", "x".repeat(size - path.len()));
        let answer =
            ask(house.address, format!("GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"));
        answer.check_framing();
        (answer.status, answer.body)
    };
    let owned = |status: u16, body: &str| (status, body.to_owned());
    assert_eq!(
        get("/domains?", policy::URL_MAX),
        owned(200, r#"[{"name":"a-dyn.example"},{"name":"dyn.example"},{"name":"joe.example"}]"#)
    );
    assert_eq!(get("/domains?", policy::URL_MAX + 1), owned(414, r#"{"message":"The URL is too long"}"#));
    let update = "/nic/update?hostname=home.dyn.example&myip=192.0.2.7&x=";
    assert_eq!(get(update, policy::URL_MAX + 1), owned(200, "numhost"));
    assert_eq!(house.host("home.dyn.example"), "- - 60 plain no");
    assert_eq!(get(update, policy::URL_MAX), owned(200, "good 192.0.2.7"));
}

/// One spelling of a name, in every place of every dialect that takes one: joe has `kirk.dyn.example`, and eve wants it.
#[test]
fn names_have_one_spelling_but_for_case_and_the_last_dot() {
    let house = House::new();
    house.add_host("kirk.dyn.example", house.joe());
    let mut tried = 0;
    for line in include_str!("data/hostile_names.txt").lines().filter(|line| !line.starts_with('#')) {
        let (meant, spelling) = line.split_once(' ').unwrap();
        seen_in_paths(&house, spelling, meant == "same");
        seen_in_queries(&house, spelling, meant);
        taken_in_bodies(&house, spelling, meant);
        tried += 1;
    }
    assert!(tried > 40, "only {tried} spellings");
    assert_eq!(house.host("kirk.dyn.example"), "- - 60 plain no");
}

fn by(house: &House, who: &str, method: &str, target: &str, body: &str) -> Answer {
    let authorization = house.authorization(who);
    let length = body.len();
    let head = format!("{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n");
    let answer = ask(house.address, format!("{head}Content-Length: {length}\r\n\r\n{body}"));
    answer.check_framing();
    assert_eq!(answer.header("x-injected"), None, "{target}");
    answer
}

/// Joe finds his host under its own name alone, and eve under none.
fn seen_in_paths(house: &House, spelling: &str, same: bool) {
    let before = house.entries();
    let path = format!("/hosts/{spelling}");
    assert_eq!(by(house, "joe", "GET", &path, "").status, if same { 200 } else { 404 }, "{path}");
    for (method, body) in [("GET", ""), ("PUT", r#"{"ttl":300}"#), ("DELETE", "")] {
        let answer = by(house, "eve", method, &path, body);
        assert_eq!((answer.status, answer.body.as_str()), NOT_THERE, "{method} {path}");
    }
    assert_eq!(house.entries(), before, "{path}");
}

const NOT_THERE: (u16, &str) = (404, r#"{"message":"Sorry, resource does not exist"}"#);

fn seen_in_queries(house: &House, spelling: &str, meant: &str) {
    let before = house.entries();
    let expected: &[&str] = if meant == "none" { &["notfqdn", "nohost"] } else { &["nohost"] };
    for path in ["/nic/update", "/v2/update", "/v3/update", "/update"] {
        let target = format!("{path}?hostname={spelling}&myip=192.0.2.7&ip=192.0.2.7");
        let answer = by(house, "eve", "GET", &target, "");
        assert!(answer.status == 200 && expected.contains(&answer.body.as_str()), "{target}: {answer:?}");
    }
    assert_eq!(house.entries(), before, "{spelling}");
}

/// The same octets as the text of a JSON string: what is no name makes no host, and what is taken is taken.
fn taken_in_bodies(house: &House, spelling: &str, meant: &str) {
    let octets: Vec<u8> = percent_encoding::percent_decode_str(spelling).collect();
    let (Ok(text), true) = (String::from_utf8(octets), meant != "other") else { return };
    let before = house.entries();
    let body = serde_json::json!({ "fqdn": text, "ip_address": "192.0.2.7" }).to_string();
    let answer = by(house, "eve", "POST", "/hosts", &body);
    let words = if meant == "same" { "has already been taken" } else { "is invalid" };
    let expected = (422, format!("{{\"hostname\":[\"{words}\"]}}"));
    assert_eq!((answer.status, answer.body), expected, "{body}");
    assert_eq!(house.entries(), before, "{body}");
}

/// An address is one literal: what is none, or none that a host can have, changes nothing in any dialect.
#[test]
fn addresses_that_are_none() {
    let house = House::new();
    let before = house.entries();
    let lines = include_str!("data/hostile_addresses.txt").lines().filter(|line| !line.starts_with('#'));
    for literal in lines.filter(|line| !["auto", ""].contains(line)) {
        let text: String = serde_json::from_str(&format!("\"{literal}\"")).unwrap();
        let answer = by(&house, "joe", "PUT", "/hosts/home.dyn.example", &format!("{{\"ip_address\":\"{literal}\"}}"));
        let expected = (422, r#"{"ip_address":["is invalid"]}"#);
        assert_eq!((answer.status, answer.body.as_str()), expected, "{literal}");
        if has_a_meaning_of_its_own(&text) {
            continue;
        }
        let query = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        for (path, name) in [("/nic/update", "myip"), ("/update", "ip")] {
            let target = format!("{path}?hostname=home.dyn.example&{name}={query}");
            let answer = by(&house, "joe", "GET", &target, "");
            assert_eq!((answer.status, answer.body.as_str()), (200, "dnserr"), "{target}");
        }
    }
    assert_eq!((house.entries(), house.host("home.dyn.example").as_str()), (before, "- - 60 plain no"));
}

/// What dyndns2 takes for something else than one address: white space around it does not count, a list is a list, `0.0.0.0`
/// and `::` remove an address, and a prefix waits for its suffix.
fn has_a_meaning_of_its_own(text: &str) -> bool {
    text.trim() != text
        || text.contains(',')
        || text.contains('/')
        || ["0.0.0.0", "::", "::ffff:0.0.0.0"].contains(&text)
}

#[test]
fn error_lines_hold_no_word_that_a_client_could_take_for_success() {
    let house = House::new();
    let authorization = house.authorization("joe");
    for name in ["good", "good.example", "nochg.dyn.example", "ok.good.nochg.example"] {
        for address in ["good", "192.0.2.7"] {
            let get = format!(
                "GET /nic/update?hostname={name}&myip={address} HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"
            );
            let answer = ask(house.address, get);
            assert!(["nohost", "notfqdn", "dnserr"].contains(&answer.body.as_str()), "{name}: {answer:?}");
        }
    }
}

#[test]
fn requests_that_are_none_end_the_connection_and_nothing_else() {
    let house = House::new();
    for bytes in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n",
    ] {
        assert_eq!(ask(house.address, bytes).status, 400, "{bytes:?}");
    }
    let smuggled = "POST /nic/update HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    assert_eq!(ask(house.address, smuggled).status, 400);
    assert_eq!(ask(house.address, "GET /healthz HTTP/1.0\r\n\r\n").status, 200);
}
