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

#[test]
fn names_that_differ_only_to_people_are_no_aliases() {
    let house = House::new();
    let authorization = house.authorization("eve");
    let names = [
        "h%6fme.dyn.example",
        "home.dyn.example%00",
        "home%E3%80%82dyn.example",
        "%EF%BD%88ome.dyn.example",
        "ho%C2%ADme.dyn.example",
        "home.dyn.example%20",
    ];
    for name in names {
        let get = format!("GET /hosts/{name} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n");
        assert_eq!(ask(house.address, get).status, 404, "{name}");
        let update = format!(
            "GET /nic/update?hostname={name}&myip=192.0.2.7 HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"
        );
        let answer = ask(house.address, update);
        assert!(["nohost", "notfqdn"].contains(&answer.body.as_str()), "{name}: {answer:?}");
    }
    assert_eq!(house.host("home.dyn.example"), "- - 60 plain no");
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
