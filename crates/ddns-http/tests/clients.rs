//! The clients API and input that was made to hurt: the right error, and nothing changed.

use ddns_core::policy;

use crate::client::{Answer, ask};
use crate::hostile::unescaped;
use crate::house::{House, Keeps};

/// Every operation, with a body that it takes.
const OPERATIONS: [(&str, &str, &str); 7] = [
    ("PUT", "", r#"{"offline":true}"#),
    ("GET", "", ""),
    ("GET", "/hosts", ""),
    ("POST", "/action", r#"{"updateIP":"192.0.2.7"}"#),
    ("PUT", "/hosts/home.dyn.example", ""),
    ("DELETE", "/hosts/home.dyn.example", ""),
    ("DELETE", "", ""),
];

/// Sends a request of joe's; the answer is whole, and no header of it came from the request.
fn request(house: &House, method: &str, target: &str, body: &[u8]) -> Answer {
    let (authorization, length) = (house.authorization("joe"), body.len());
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n"
    );
    let answer = ask(house.address, [head.as_bytes(), body].concat());
    answer.check_framing();
    assert_eq!(answer.header("x-injected"), None, "{target}");
    answer
}

/// Joe's client `router` with one host on it.
fn with_router() -> House {
    furnish(House::new())
}

/// The same in any house.
fn furnish(house: House) -> House {
    assert_eq!(request(&house, "PUT", "/ddns/clients/router", b"").status, 201);
    assert_eq!(request(&house, "PUT", "/ddns/clients/router/hosts/home.dyn.example", b"").status, 201);
    house
}

/// Nothing is otherwise than [`with_router`] left it.
fn check_unchanged(house: &House, entries: u64, what: &str) {
    assert_eq!(house.client("router"), "joe@example.org no - - home.dyn.example", "{what}");
    assert_eq!(house.host("home.dyn.example"), "- - 60 plain no", "{what}");
    assert_eq!(house.entries(), entries, "{what}");
}

fn lines(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.starts_with('#'))
}

#[test]
fn keys_that_are_none() {
    for keeps in Keeps::ALL {
        check_keys(&furnish(House::that(keeps)));
    }
}

fn check_keys(house: &House) {
    let entries = house.entries();
    let long = "k".repeat(3_000);
    let keys = lines(include_str!("data/hostile_keys.txt")).chain([long.as_str()]);
    for key in keys.filter(|key| !key.contains('/')) {
        for (method, below, body) in OPERATIONS {
            let answer = request(house, method, &format!("/ddns/clients/{key}{below}"), body.as_bytes());
            let expected =
                r#"{"message":"A client key is 1 to 64 of A-Z a-z 0-9 . _ : - and neither one dot nor two"}"#;
            let title = format!("{method} {key} {below}");
            assert_eq!((answer.status, answer.body.as_str()), (400, expected), "{title}");
            assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{title}");
        }
    }
    check_unchanged(house, entries, "keys");
}

/// Two of the keys hold a slash as it is, and so are other paths; nothing is resolved on the way.
#[test]
fn paths_are_taken_as_they_are() {
    let house = with_router();
    let entries = house.entries();
    for (target, status) in [
        ("/ddns/clients/", 404),
        ("/ddns/clients", 404),
        ("/ddns/clients//hosts", 404),
        ("/ddns/clients/router/", 404),
        ("/ddns/clients/router/hosts/", 404),
        ("/ddns/clients/router/hosts/a/b", 404),
        ("/ddns/clients/car/../router", 404),
        ("/ddns/clients/router/hosts/../../car", 404),
        ("/ddns/clients/../clients", 404),
        ("/ddns/clients/../action", 405),
        ("/ddns/clients/router/hosts/..", 404),
    ] {
        assert_eq!(request(&house, "PUT", target, b"").status, status, "{target}");
    }
    check_unchanged(&house, entries, "paths");
}

#[test]
fn a_key_longer_than_a_url_may_be() {
    let house = with_router();
    let entries = house.entries();
    let long = "k".repeat(policy::URL_MAX + 1);
    for (method, below, body) in OPERATIONS {
        let answer = request(&house, method, &format!("/ddns/clients/{long}{below}"), body.as_bytes());
        assert_eq!((answer.status, answer.body.as_str()), (414, r#"{"message":"The URL is too long"}"#), "{method}");
    }
    check_unchanged(&house, entries, "a long key");
}

#[test]
fn bodies_that_are_no_json_object() {
    let house = with_router();
    let entries = house.entries();
    let deep = format!("{{\"offline\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let bodies = lines(include_str!("data/hostile_json.txt")).map(unescaped).chain([deep.into_bytes(), b" ".to_vec()]);
    for body in bodies {
        let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        for (method, below) in [("PUT", ""), ("POST", "/action"), ("PUT", "/hosts/cam.dyn.example")] {
            let answer = request(&house, method, &format!("/ddns/clients/router{below}"), &body);
            let expected = (400, r#"{"message":"The body must be one JSON object"}"#);
            assert_eq!((answer.status, answer.body.as_str()), expected, "{method} {below} {start}");
        }
    }
    check_unchanged(&house, entries, "bodies");
}

#[test]
fn bodies_have_their_bound() {
    let house = with_router();
    let entries = house.entries();
    let padded = |size: usize| format!("{{}}{}", " ".repeat(size - 2)).into_bytes();
    for (method, below, within) in [("PUT", "", 200), ("POST", "/action", 400), ("PUT", "/hosts/home.dyn.example", 201)]
    {
        let target = format!("/ddns/clients/router{below}");
        assert_eq!(request(&house, method, &target, &padded(policy::BODY_MAX)).status, within, "{target}");
        let answer = request(&house, method, &target, &padded(policy::BODY_MAX + 1));
        let expected = (413, r#"{"message":"The body is too large"}"#);
        assert_eq!((answer.status, answer.body.as_str()), expected, "{target}");
    }
    check_unchanged(&house, entries, "bounds");
}

#[test]
fn addresses_that_are_none() {
    let house = with_router();
    let entries = house.entries();
    for address in lines(include_str!("data/hostile_addresses.txt")) {
        let body = format!("{{\"updateIP\":\"{address}\"}}");
        let answer = request(&house, "POST", "/ddns/clients/router/action", body.as_bytes());
        let says = answer.body.contains("names one action");
        assert_eq!((answer.status, says), (400, true), "{address:?}: {answer:?}");
    }
    check_unchanged(&house, entries, "addresses");
}

/// Names that only people take for joe's host are no aliases of it, neither for joe nor for eve.
#[test]
fn hosts_have_one_spelling() {
    let house = with_router();
    let entries = house.entries();
    for name in [
        "home.dyn.example%00",
        "home%E3%80%82dyn.example",
        "%EF%BD%88ome.dyn.example",
        "ho%C2%ADme.dyn.example",
        "ho%E2%80%8Dme.dyn.example",
        "home.dyn.example%20",
        "home.dyn.example..",
        "home..dyn.example",
        ".home.dyn.example",
        "home.dyn.example%0d%0aX-Injected:%20yes",
        "home.dyn.example%2f..",
        "%ff",
    ] {
        for method in ["PUT", "DELETE"] {
            let answer = request(&house, method, &format!("/ddns/clients/router/hosts/{name}"), b"");
            let expected = (404, r#"{"message":"There is no host of this name"}"#);
            assert_eq!((answer.status, answer.body.as_str()), expected, "{method} {name}");
        }
    }
    check_unchanged(&house, entries, "names");
}

/// Found by thought: in a sequence of octets that is no UTF-8 nothing of the path may be guessed.
#[test]
fn octets_as_they_come() {
    let house = with_router();
    let entries = house.entries();
    let authorization = house.authorization("joe");
    for key in [&b"rout\xffer"[..], b"rout\xc3\xa9r", b"rou<t>er", b"rou\"ter"] {
        let head = [b"PUT /ddns/clients/", key, b" HTTP/1.1\r\nHost: x\r\nAuthorization: "].concat();
        let answer = ask(house.address, [&head, authorization.as_bytes(), b"\r\n\r\n"].concat());
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    for key in [&b"rou\0ter"[..], b"rou\rter"] {
        let head = [b"PUT /ddns/clients/", key, b" HTTP/1.1\r\nHost: x\r\nAuthorization: "].concat();
        let answer = ask(house.address, [&head, authorization.as_bytes(), b"\r\n\r\n"].concat());
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    check_unchanged(&house, entries, "octets");
}
