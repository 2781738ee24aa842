//! Words of others: other sites that send a browser here, and headers in which callers say where they come from.

use ddns_http::HttpSettings;

use crate::client::ask;
use crate::credentials::{furnish, furnished, rows};
use crate::house::{House, behind_a_proxy};

/// What browsers say of a request that another site made them send, and a sibling name's.
const OTHER_SITES: &[&str] = &[
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
    "Sec-Fetch-Site: cross-site\r\nOrigin: http://ddns.test",
    "Origin: https://evil.example",
    "Origin: http://ddns.test.evil.example",
    "Origin: http://evil.ddns.test",
    "Origin: null",
];

#[test]
fn no_other_site_makes_a_browser_change_anything() {
    let mut tried = 0;
    for row in &rows() {
        let Some(who) = row.changed_by() else { continue };
        for other in OTHER_SITES {
            let (house, code) = furnished();
            let before = house.entries();
            let headers = format!("Authorization: {}\r\n{other}\r\n", house.authorization(who));
            let answer = ask(house.address, row.raw(&house, &code, &headers));
            let refused = answer.status == 403 || ["badagent", "KO"].contains(&answer.body.as_str());
            assert!(refused && house.entries() == before, "{} with {other}: {answer:?}", row.route);
            tried += 1;
        }
    }
    assert!(tried >= 40 * OTHER_SITES.len(), "only {tried} requests change something");
}

/// A browser older than Fetch Metadata, behind a proxy that rewrites `Host`, knows the site by its base URL.
#[test]
fn the_origin_of_the_base_url_is_no_other_site() {
    let status = |origin: &str| {
        let house = House::new();
        send(&house, "PUT /hosts/home.dyn.example", r#"{"ttl":300}"#, &format!("Origin: {origin}")).status
    };
    for own in ["http://api.test", "http://API.test:80", "http://x"] {
        assert_eq!(status(own), 200, "{own}");
    }
    for other in ["https://api.test", "http://api.test:8080", "http://www.api.test", "http://api.test.evil.example"] {
        assert_eq!(status(other), 403, "{other}");
    }
}

/// Headers in which a caller may claim another address.
const CLAIMS: &[&str] = &[
    "X-Forwarded-For: 192.0.2.66",
    "Forwarded: for=192.0.2.66",
    "Forwarded: for=\"192.0.2.66:80\";proto=https",
    "X-Real-IP: 192.0.2.66",
    "True-Client-IP: 192.0.2.66",
    "CF-Connecting-IP: 192.0.2.66",
    "X-Client-IP: 192.0.2.66",
    "Client-IP: 192.0.2.66",
    "Via: 192.0.2.66",
    "X-Forwarded-For: 127.0.0.1, 192.0.2.66\r\nX-Real-IP: 192.0.2.66\r\nForwarded: for=192.0.2.66",
];

/// Each request that takes the caller's own address, and the host that has it afterwards.
const OWN_ADDRESS: &[(&str, &str, &str)] = &[
    ("POST /hosts", r#"{"fqdn":"new.dyn.example","ip_address":"auto"}"#, "new.dyn.example"),
    ("PUT /hosts/home.dyn.example", r#"{"ip_address":"auto"}"#, "home.dyn.example"),
    ("PUT /hosts/all", r#"{"ip_address":"auto"}"#, "home.dyn.example"),
    ("GET /nic/update?hostname=home.dyn.example", "", "home.dyn.example"),
    ("POST /nic/update?hostname=home.dyn.example", "", "home.dyn.example"),
    ("GET /v2/update?hostname=home.dyn.example", "", "home.dyn.example"),
    ("GET /v3/update?hostname=home.dyn.example", "", "home.dyn.example"),
    ("GET /update?hostname=home.dyn.example", "", "home.dyn.example"),
    ("GET /update?domains=home&token=TOKEN", "", "home.dyn.example"),
    ("GET /update/home/TOKEN", "", "home.dyn.example"),
    ("POST /ddns/clients/box/action", r#"{"updateIP":"default"}"#, "home.dyn.example"),
    (COMES_BACK, r#"{"offline":false}"#, "home.dyn.example"),
];

/// It takes an address of a client only that was offline.
const COMES_BACK: &str = "PUT /ddns/clients/box";

/// What the hosts are after each of [`OWN_ADDRESS`], in a house of its own.
#[track_caller]
fn check_own_address(settings: impl Fn() -> HttpSettings, claim: &str, taken: &str) {
    for (request, body, host) in OWN_ADDRESS {
        let (house, _) = furnish(House::with(settings()));
        if *request == COMES_BACK {
            assert_eq!(send(&house, request, r#"{"offline":true}"#, "X: x").status, 200);
        }
        let answer = send(&house, request, body, claim);
        assert!(answer.status < 300, "{request} with {claim}: {answer:?}");
        assert_eq!(house.host(host), format!("{taken} - 60 plain no"), "{request} with {claim}");
    }
}

fn send(house: &House, request: &str, body: &str, header: &str) -> crate::client::Answer {
    let authorization = house.authorization("joe");
    let length = body.len();
    let request = request.replace("TOKEN", house.token("joe"));
    let head = format!("{request} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n{header}\r\n");
    ask(house.address, format!("{head}Content-Length: {length}\r\n\r\n{body}"))
}

/// The peer is no trusted proxy: whatever it says of other addresses, its own is taken.
#[test]
fn a_caller_cannot_claim_another_address() {
    for claim in CLAIMS {
        check_own_address(HttpSettings::default, claim, "127.0.0.1");
        let (house, _) = furnish(House::with(HttpSettings::default()));
        assert_eq!(send(&house, "GET /myip", "", claim).body, "127.0.0.1", "{claim}");
        assert!(send(&house, "GET /checkip", "", claim).body.contains(": 127.0.0.1<"), "{claim}");
    }
}

/// Behind a trusted proxy its own words count, and only in the two headers that a proxy is told to set.
#[test]
fn a_trusted_proxy_tells_where_its_callers_are() {
    for claim in CLAIMS {
        let believed = claim.starts_with("X-Forwarded-For:") || claim.starts_with("Forwarded:");
        let seen = if believed { "192.0.2.66" } else { "127.0.0.1" };
        check_own_address(behind_a_proxy, claim, seen);
    }
}
