//! Input that was made to hurt, at the doors of Designate: the right error in the right form, and nothing half-done.

use serde_json::Value;

use crate::client::{Answer, ask};
use crate::hostile::unescaped;
use crate::house::House;

/// A house, and what the next request is compared with.
struct Place {
    house: House,
    domain: String,
    record: String,
}

impl Place {
    fn new() -> Place {
        let house = House::new();
        let snapshot = house.service.snapshot();
        let domain = snapshot.registry.domain_by_name(&"joe.example".parse().unwrap()).unwrap().id.to_string();
        let mut place = Place { house, domain, record: String::new() };
        let target = format!("/v1/domains/{}/records", place.domain);
        let body = br#"{"name":"mx.joe.example.","type":"MX","data":"a.example.","priority":1,"ttl":60}"#;
        let made: Value = serde_json::from_str(&place.send("joe", "POST", &target, "", body).body).unwrap();
        place.record = made["id"].as_str().unwrap().to_owned();
        place
    }

    /// Sends a request, and checks what holds for each: it is refused and changes nothing, or it is done as a whole.
    fn send(&self, who: &str, method: &str, target: &str, headers: &str, body: &[u8]) -> Answer {
        self.send_raw(who, method, target.as_bytes(), headers.as_bytes(), body)
    }

    fn send_raw(&self, who: &str, method: &str, target: &[u8], headers: &[u8], body: &[u8]) -> Answer {
        let before = self.house.entries();
        let token = self.house.token(who);
        let head = format!(" HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nContent-Type: application/json\r\n");
        let length = format!("Content-Length: {}\r\n\r\n", body.len());
        let line = [method.as_bytes(), b" ", target].concat();
        let request = [&line, head.as_bytes(), headers, length.as_bytes(), body].concat();
        let answer = ask(self.house.address, &request);
        let what = String::from_utf8_lossy(&request[..request.len().min(500)]).into_owned();
        assert!(answer.status < 500, "{what}: {answer:?}");
        assert_eq!(answer.header("x-injected"), None, "{what}: {answer:?}");
        let grown = self.house.entries().abs_diff(before);
        assert!(if answer.status == 200 { grown <= 1 } else { grown == 0 }, "+{grown} {what}: {answer:?}");
        self.check_error(&answer, &what);
        answer
    }

    /// An error is in this dialect's form, unless the request never came as far as that.
    fn check_error(&self, answer: &Answer, what: &str) {
        let elsewhere = answer.header("x-openstack-request-id").is_none();
        if answer.status == 200 || answer.body.is_empty() || (elsewhere && what.contains("/a/a/a/")) {
            return;
        }
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{what}: {answer:?}"));
        assert_eq!(body["code"], answer.status, "{what}: {answer:?}");
        let bare = body.as_object().unwrap().len() == 1 || answer.status == 405;
        assert!(bare || answer.header("x-openstack-request-id") == body["request_id"].as_str(), "{what}: {answer:?}");
    }

    /// What was made can be shown, listed, and removed.
    fn check_made(&self, collection: &str, list: &str, answer: &Answer) {
        let made: Value = serde_json::from_str(&answer.body).unwrap();
        let target = format!("{collection}/{}", made["id"].as_str().unwrap());
        let shown = self.send("joe", "GET", &target, "", b"");
        assert_eq!(serde_json::from_str::<Value>(&shown.body).unwrap(), made, "{answer:?}");
        let listed: Value = serde_json::from_str(&self.send("joe", "GET", collection, "", b"").body).unwrap();
        assert!(listed[list].as_array().unwrap().contains(&made), "{answer:?}");
        assert_eq!(self.send("joe", "DELETE", &target, "", b"").status, 200, "{answer:?}");
    }
}

/// `<<x*N>>` is N times x; an x that ends with `*` does not occur.
fn repeated(line: &str) -> String {
    let mut text = line.to_owned();
    while let Some((before, rest)) = text.split_once("<<") {
        let (repeated, after) = rest.split_once(">>").unwrap();
        let (unit, times) = repeated.rsplit_once('*').unwrap();
        text = format!("{before}{}{after}", unit.repeat(times.parse().unwrap()));
    }
    text
}

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.starts_with('#'))
}

const VALUES: &str = include_str!("data/designate_values.txt");

/// An object with one member replaced, whatever that makes of it.
fn with(object: &str, member: &str, value: &str) -> String {
    let object: Value = serde_json::from_str(object).unwrap();
    let others = object.as_object().unwrap().iter().filter(|(name, _)| *name != member);
    let others = others.map(|(name, value)| format!(",\"{name}\":{value}"));
    format!("{{\"{member}\":{value}{}}}", others.collect::<String>())
}

#[test]
fn values_of_new_domains() {
    let place = Place::new();
    for value in lines(VALUES).map(repeated) {
        for member in ["name", "email", "ttl", "description", "serial", "id", "x"] {
            let body = with(r#"{"name":"new.example.","email":"a@b"}"#, member, &value);
            let answer = place.send("joe", "POST", "/v1/domains", "", body.as_bytes());
            assert!([200, 400].contains(&answer.status), "{body}: {answer:?}");
            if answer.status == 200 {
                place.check_made("/v1/domains", "domains", &answer);
            }
        }
    }
}

#[test]
fn values_of_new_records() {
    let place = Place::new();
    let collection = format!("/v1/domains/{}/records", place.domain);
    let kinds = ["A", "AAAA", "CNAME", "MX", "SRV", "TXT", "SPF", "NS", "PTR", "SSHFP", "SOA"];
    let objects = kinds.map(|kind| format!(r#"{{"name":"_x._y.joe.example.","type":"{kind}","data":"192.0.2.1"}}"#));
    for value in lines(VALUES).map(repeated) {
        let members = ["name", "type", "ttl", "description", "priority", "id", "domain_id", "created_at", "updated_at"];
        let of_first = members.into_iter().chain(["tenant_id", ""]).map(|member| with(&objects[0], member, &value));
        let of_all = objects.iter().map(|object| with(object, "data", &value));
        for body in of_first.chain(of_all) {
            let answer = place.send("joe", "POST", &collection, "", body.as_bytes());
            assert!([200, 400].contains(&answer.status), "{body}: {answer:?}");
            if answer.status == 200 {
                place.check_made(&collection, "records", &answer);
            }
        }
    }
}

/// What is refused leaves a domain and a record as they were; what is taken is answered as it is shown.
#[test]
fn values_of_changes() {
    let place = Place::new();
    let domain = format!("/v1/domains/{}", place.domain);
    let record = format!("{domain}/records/{}", place.record);
    for value in lines(VALUES).map(repeated) {
        let members =
            ["name", "type", "data", "ttl", "priority", "email", "serial", "description", "id", "updated_at", "x", ""];
        for (target, member) in [&domain, &record].into_iter().flat_map(|target| members.map(|member| (target, member)))
        {
            let before = place.send("joe", "GET", target, "", b"").body;
            let body = with("{}", member, &value);
            let answer = place.send("joe", "PUT", target, "", body.as_bytes());
            assert!([200, 400, 404].contains(&answer.status), "{body}: {answer:?}");
            let after = place.send("joe", "GET", target, "", b"").body;
            assert_eq!(after, if answer.status == 200 { answer.body } else { before }, "{body}");
        }
    }
}

#[test]
fn bodies_that_are_none() {
    let place = Place::new();
    let (domain, before) = (format!("/v1/domains/{}", place.domain), place.house.entries());
    let deep = ["[", "{\"a\":", "[{\"a\":"].map(|opening| opening.repeat(10_000).into_bytes());
    let nested = format!("{{\"ttl\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000)).into_bytes();
    let wide = format!("{{{}\"a\":1}}", (0..4_000).map(|number| format!("\"k{number}\":1,")).collect::<String>());
    let bodies = lines(include_str!("data/hostile_json.txt")).map(unescaped);
    for body in bodies.chain(deep).chain([nested, wide.into_bytes()]) {
        for (method, target) in [
            ("POST", "/v1/domains".to_owned()),
            ("PUT", domain.clone()),
            ("POST", format!("{domain}/records")),
            ("PUT", format!("{domain}/records/{}", place.record)),
            ("PUT", format!("{}/records/{}", domain.trim_start_matches("/v1"), place.record)),
        ] {
            let answer = place.send("joe", method, &target, "", &body);
            let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert_eq!(answer.status, 400, "{method} {target} {start}: {answer:?}");
        }
    }
    assert_eq!(place.house.entries(), before);
}

/// Octets that stand where an id, a name or a tenant would.
const WORDS: &[&str] = &[
    "%00",
    "%",
    "%zz",
    "%ff%fe",
    "%c0%af",
    "%2e%2e",
    "..",
    ".",
    "*",
    "~",
    "%0d%0aX-Injected:1",
    "0",
    "-1",
    "null",
    "%f0%9f%98%80",
    "%e2%80%ae",
    "384a9b20-239c-11e2-81c1-0800200c9a6",
    "384a9b20-239c-11e2-81c1-0800200c9a666",
    "384a9b20239c11e281c10800200c9a6g",
    "{384a9b20-239c-11e2-81c1-0800200c9a66}",
    "urn:uuid:384a9b20-239c-11e2-81c1-0800200c9a66",
    "384a9b20_239c_11e2_81c1_0800200c9a66",
    "%33%384a9b20-239c-11e2-81c1-0800200c9a66",
    "٣٨٤a9b20-239c-11e2-81c1-0800200c9a66",
    ";DROP",
    "a%2fb",
    "a%5cb",
    "a;b=c",
    "a,b",
    "a&b",
    "%252e",
];

#[test]
fn words_in_paths() {
    let place = Place::new();
    let (domain, record) = (place.domain.clone(), place.record.clone());
    let long = ["x".repeat(7_000), "%41".repeat(2_300), "a/".repeat(3_000), "0".repeat(36), "0".repeat(32)];
    for word in WORDS.iter().map(|word| (*word).to_owned()).chain(long) {
        for target in [
            format!("/v1/{word}"),
            format!("/v1/domains/{word}"),
            format!("/v1/domains/{word}/records"),
            format!("/v1/domains/{word}/records/{record}"),
            format!("/v1/domains/{domain}/{word}"),
            format!("/v1/domains/{domain}/records/{word}"),
            format!("/domains/{word}/records"),
            format!("/domains/{domain}/records/{word}"),
            format!("/v1/servers/{word}"),
            format!("/v1/tsigkeys/{word}"),
            format!("/v1/reports/counts/{word}"),
            format!("/v1/schemas/{word}"),
        ] {
            for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST"] {
                let body: &[u8] = if ["PUT", "POST"].contains(&method) { b"{}" } else { b"" };
                let answer = place.send_raw("ann", method, target.as_bytes(), b"", body);
                assert!(answer.status != 200 || ["HEAD", "OPTIONS", "GET"].contains(&method), "{method} {target}");
            }
        }
        // Tenants may be called anything.
        for (method, target) in [("GET", "/v1/quotas"), ("DELETE", "/v1/quotas"), ("GET", "/v1/reports/tenants")] {
            place.send("ann", method, &format!("{target}/{word}"), "", b"");
        }
    }
    assert_eq!(place.send("joe", "GET", &format!("/v1/domains/{domain}/records/{record}"), "", b"").status, 200);
}

#[test]
fn words_in_queries() {
    let place = Place::new();
    let records = format!("/v1/domains/{}/records", place.domain);
    for word in WORDS.iter().map(|word| (*word).to_owned()).chain(["9".repeat(3_000), "&a".repeat(3_000)]) {
        for name in ["limit", "marker", "all_types", "all_tenants", "edit_managed_records", "%00", "", "limit%00"] {
            for collection in ["/v1/domains", &records] {
                let answer = place.send("ann", "GET", &format!("{collection}?{name}={word}"), "", b"");
                assert!([200, 400, 404, 414].contains(&answer.status), "{name}={word}: {answer:?}");
            }
        }
        for both in [format!("limit=1&limit={word}"), format!("marker={word}&limit=0"), format!("?{word}#{word}")] {
            place.send("joe", "GET", &format!("{records}?{both}"), "", b"");
        }
    }
}

#[test]
fn words_in_headers() {
    let place = Place::new();
    let records = format!("/v1/domains/{}/records", place.domain);
    let words: [&[u8]; 16] = [
        b"",
        b" ",
        b"\t",
        b"\xff\xfe",
        b"\xc0\xaf",
        "é😀\u{202e}".as_bytes(),
        b"%00",
        b"true,true",
        b"true;q=1",
        b"'; DROP TABLE accounts; --",
        b"joe@example.org,eve@example.org",
        b"joe@example.org\teve@example.org",
        b"384a9b20-239c-11e2-81c1-0800200c9a66",
        b"{384a9b20-239c-11e2-81c1-0800200c9a66}",
        b"../joe@example.org",
        &[b'x'; 3_000],
    ];
    for word in words {
        for name in [
            "X-Auth-Sudo-Tenant-ID",
            "X-Auth-Sudo-Project-ID",
            "X-Auth-All-Projects",
            "X-Designate-Edit-Managed-Records",
            "X-Auth-Token",
            "Accept",
            "Content-Type",
            "X-Roles",
            "X-Auth-Project-ID",
        ] {
            for who in ["joe", "ann"] {
                let header = [name.as_bytes(), b": ", word, b"\r\n"].concat();
                let answer = place.send_raw(who, "GET", records.as_bytes(), &header, b"");
                assert!([200, 400, 401, 403, 404, 406].contains(&answer.status), "{name}: {answer:?}");
                let says = !word.trim_ascii().is_empty();
                let accepts = !word.is_ascii() || !says; // What is no ASCII says nothing.
                let sees = who == "joe" && name != "X-Auth-Token" && (name != "Accept" || accepts);
                let seen = answer.status == 200;
                let asks = says && name.starts_with("X-Auth-Sudo");
                assert!(!seen || (sees && !asks), "{who} {name} {word:?}: {answer:?}");
                place.send_raw(who, "PUT", records.as_bytes(), &header, b"{}");
            }
        }
    }
    let control = place.send_raw("ann", "GET", records.as_bytes(), b"X-Auth-Sudo-Tenant-ID: a\0b\r\n", b"");
    assert_eq!((control.status, control.body.as_str()), (400, ""), "no HTTP");
}

/// Each spelling that is no name stays none, wherever Designate takes one; and those of one name are one.
#[test]
fn names_have_one_spelling_but_for_case() {
    let place = Place::new();
    let collection = format!("/v1/domains/{}/records", place.domain);
    for line in lines(include_str!("data/hostile_names.txt")) {
        let (_, spelling) = line.split_once(' ').unwrap();
        let octets: Vec<u8> = percent_encoding::percent_decode_str(spelling).collect();
        let Ok(text) = String::from_utf8(octets) else { continue };
        for text in [text.clone(), format!("{text}."), text.replace("dyn.example", "joe.example") + "."] {
            let record = serde_json::json!({ "name": text, "type": "A", "data": "192.0.2.1" }).to_string();
            let answer = place.send("joe", "POST", &collection, "", record.as_bytes());
            assert!([200, 400].contains(&answer.status), "{record}: {answer:?}");
            if answer.status == 200 {
                let made: Value = serde_json::from_str(&answer.body).unwrap();
                let plain = text.trim_start_matches('.').to_ascii_lowercase();
                assert_eq!(made["name"].as_str().unwrap().to_ascii_lowercase(), plain, "{record}");
                let again = serde_json::json!({ "name": text.to_uppercase(), "type": "A", "data": "192.0.2.1" });
                let again = place.send("joe", "POST", &collection, "", again.to_string().as_bytes());
                assert!([400, 409].contains(&again.status), "{record}: {again:?}");
                place.check_made(&collection, "records", &answer);
            }
        }
    }
}
