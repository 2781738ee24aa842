//! HTTP as it goes over the wire: versions, connections, links, sources.

use ddns_http::HttpSettings;

use crate::client::{Line, ask};
use crate::house::House;

#[test]
fn http_1_0_without_a_host_is_answered_and_closed() {
    let house = House::new();
    let mut line = Line::to(house.address);
    let authorization = house.authorization("joe");
    line.send(format!(
        "GET /nic/update?hostname=home.dyn.example&myip=192.0.2.7 HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"
    ));
    let answer = line.receive(false);
    assert_eq!((answer.version.as_str(), answer.status, answer.body.as_str()), ("HTTP/1.0", 200, "good 192.0.2.7"));
    assert_eq!(answer.header("content-length"), Some("14"));
    answer.check_framing();
    assert!(line.is_closed());
}

#[test]
fn header_names_are_spelled_as_old_routers_search_for_them() {
    let house = House::new();
    for path in ["/nic/update?hostname=home.dyn.example", "/hosts", "/nowhere", "/myip"] {
        let answer = ask(house.address, format!("GET {path} HTTP/1.0\r\n\r\n"));
        let names: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"Content-Length") && names.contains(&"Content-Type"), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with(char::is_uppercase)), "{names:?}");
    }
}

#[test]
fn http_1_1_stays_open_until_it_is_told_to_close() {
    let house = House::new();
    let mut line = Line::to(house.address);
    for _ in 0..2 {
        line.send("GET /myip HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(line.receive(false).body, "127.0.0.1");
    }
    line.send("GET /myip HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = line.receive(false);
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(line.is_closed());
}

#[test]
fn http_1_0_keeps_alive_where_asked() {
    let house = House::new();
    let mut line = Line::to(house.address);
    line.send("GET /myip HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let answer = line.receive(false);
    assert_eq!(answer.header("connection"), Some("keep-alive"));
    assert!(line.stays_open());
}

#[test]
fn requests_in_one_packet_are_answered_in_order() {
    let house = House::new();
    let mut line = Line::to(house.address);
    line.send("GET /myip HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz?<> HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(line.receive(false).body, "127.0.0.1");
    assert_eq!(line.receive(false).body, r#"{"alive":true}"#);
}

#[test]
fn a_request_in_single_octets_is_one_request() {
    let house = House::new();
    let mut line = Line::to(house.address);
    let authorization = house.authorization("joe");
    let request = format!(
        "GET /nic/update?hostname=home.dyn.example&myip=<ipaddr> HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"
    );
    for octet in request.as_bytes() {
        line.send([*octet]);
    }
    assert_eq!(line.receive(false).body, "good 127.0.0.1");
}

#[test]
fn unescaped_octets_come_through_whatever_their_number() {
    let house = House::new();
    let authorization = house.authorization("joe");
    let junk = "<\"^`{|}>ü".repeat(150);
    let request = format!(
        "GET /nic/update?hostname=home.dyn.example&junk={junk} HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"
    );
    assert_eq!(
        ask(house.address, request).body,
        "numhost",
        "the URL is measured as it is read: with every octet escaped"
    );
    let junk = "<\"^`{|}>ü".repeat(100);
    let request = format!(
        "GET /nic/update?hostname=home.dyn.example&junk={junk} HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"
    );
    assert_eq!(ask(house.address, request).body, "good 127.0.0.1");
}

#[test]
fn head_is_get_without_a_body_where_nothing_is_changed() {
    let house = House::new();
    let authorization = house.authorization("joe");
    for path in
        ["/checkip", "/myip", "/healthz", "/readyz", "/domains", "/hosts", "/hosts/home.dyn.example", "/users/me"]
    {
        let request = format!("{path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n");
        let mut line = Line::to(house.address);
        line.send(format!("HEAD {request}"));
        let head = line.receive(true);
        line.send(format!("GET {request}"));
        let get = line.receive(false);
        assert_eq!((head.status, head.header("content-length")), (200, get.header("content-length")), "{path}");
    }
    let update = format!(
        "HEAD /nic/update?hostname=home.dyn.example HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
    );
    assert_eq!(ask(house.address, update).status, 405);
    assert_eq!(house.host("home.dyn.example"), "- - 60 plain no");
}

/// The link of a host, for a `Host` header.
fn link(settings: HttpSettings, host: &str) -> (House, String) {
    let house = House::with(settings);
    let authorization = house.authorization("joe");
    let answer = ask(
        house.address,
        format!("GET /hosts/home.dyn.example HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n\r\n"),
    );
    let (_, link) = answer.body.split_once(r#""url":""#).unwrap();
    let link = link.strip_suffix("/hosts/home.dyn.example\"}").unwrap().to_owned();
    (house, link)
}

#[test]
fn links_begin_with_what_somebody_vouches_for() {
    let bare = HttpSettings::default;
    let allowed =
        || HttpSettings { allowed_hosts: vec!["API.example".to_owned(), "other.example:8053".to_owned()], ..bare() };
    let (house, reached) = link(bare(), "evil.example");
    assert_eq!(reached, format!("http://{}", house.address));
    let (house, reached) = link(allowed(), "evil.example");
    assert_eq!(reached, format!("http://{}", house.address));
    assert_eq!(link(allowed(), "api.EXAMPLE").1, "http://api.example");
    assert_eq!(link(allowed(), "api.example:8053").1, "http://api.example:8053");
    assert_eq!(link(allowed(), "other.example:8053").1, "http://other.example:8053");
    let (house, reached) = link(allowed(), "other.example:9999");
    assert_eq!(reached, format!("http://{}", house.address));
    let based = HttpSettings { base_url: Some("https://ddns.example".parse().unwrap()), ..allowed() };
    assert_eq!(link(based, "api.example").1, "https://ddns.example");
}

#[test]
fn forged_sources_count_for_nothing() {
    let house = House::with(HttpSettings::default());
    for header in ["X-Forwarded-For: 192.0.2.66", "Forwarded: for=192.0.2.66", "X-Real-IP: 192.0.2.66"] {
        let answer = ask(house.address, format!("GET /myip HTTP/1.0\r\n{header}\r\n\r\n"));
        assert_eq!(answer.body, "127.0.0.1", "{header}");
    }
    let authorization = house.authorization("office-only");
    let answer = ask(
        house.address,
        format!(
            "GET /nic/update?hostname=home.dyn.example HTTP/1.0\r\nX-Forwarded-For: 198.51.100.4\r\nAuthorization: {authorization}\r\n\r\n"
        ),
    );
    assert_eq!(answer.body, "badauth");
}
