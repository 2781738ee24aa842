//! Designate with much of everything: long lists, and many callers at the same moment.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use ddns_core::{AccountEdit, Caller, Command, NewRecord, RecordData};
use ddns_service::{Origin, Request, fresh};
use serde_json::{Value, json};

use crate::client::{Answer, ask, connect};
use crate::described;
use crate::house::{House, behind_a_proxy};

/// A house in which joe may have as much as he likes, and where his records are.
fn roomy() -> (House, String) {
    let house = House::new();
    decide(
        &house,
        Command::SetAccount {
            account: house.joe(),
            edit: AccountEdit {
                max_records: Some(10_000),
                max_rrsets: Some(10_000),
                max_domains: Some(1_000),
                ..AccountEdit::default()
            },
        },
    );
    let records = format!("/v1/domains/{}/records", joes(&house));
    (house, records)
}

fn decide(house: &House, command: Command) {
    house.service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap();
}

fn joes(house: &House) -> String {
    let snapshot = house.service.snapshot();
    snapshot.registry.domain_by_name(&"joe.example".parse().unwrap()).unwrap().id.to_string()
}

fn add(house: &House, name: &str, data: &str) {
    decide(
        house,
        Command::AddRecord(NewRecord {
            id: fresh::uuid(),
            name: name.parse().unwrap(),
            data: RecordData::parse("A".parse().unwrap(), data).unwrap(),
            ttl: None,
            description: None,
            domain: None,
            narrow: false,
        }),
    );
}

fn head(house: &House, line: &str) -> String {
    let token = house.token("joe");
    format!("{line}\r\nHost: x\r\nX-Auth-Token: {token}\r\nContent-Type: application/json\r\n")
}

fn by_joe(house: &House, line: &str, body: &str) -> Answer {
    let length = body.len();
    ask(house.address, format!("{}Content-Length: {length}\r\n\r\n{body}", head(house, &format!("{line} HTTP/1.1"))))
}

fn ids(answer: &Answer, list: &str) -> Vec<String> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
    body[list].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

/// What comes over a connection until it ends.
fn everything(house: &House, requests: &str) -> Vec<u8> {
    let mut stream = connect(house.address);
    stream.write_all(requests.as_bytes()).unwrap();
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    octets
}

/// The first answer in what came, whole, and what is behind it.
fn first(octets: &[u8]) -> (Answer, &[u8]) {
    let end = octets.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(octets[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let (version, status) = lines.next().unwrap().split_once(' ').unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let mut answer = Answer {
        version: version.to_owned(),
        status: status[..3].parse().unwrap(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: String::new(),
    };
    let rest = octets[end..].strip_prefix(b"\r\n\r\n").unwrap();
    let (body, rest) = match (answer.header("transfer-encoding"), answer.header("content-length")) {
        (Some("chunked"), None) => dechunked(rest),
        (None, Some(length)) => {
            let (body, rest) = rest.split_at(length.parse().unwrap());
            (body.to_vec(), rest)
        }
        (None, None) => (rest.to_vec(), &rest[rest.len()..]),
        other => panic!("{other:?}"),
    };
    answer.body = String::from_utf8(body).unwrap();
    (answer, rest)
}

fn dechunked(mut octets: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut body = Vec::new();
    loop {
        let end = octets.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&octets[..end]).unwrap(), 16).unwrap();
        let (chunk, rest) = octets[end..].strip_prefix(b"\r\n").unwrap().split_at(size);
        body.extend_from_slice(chunk);
        octets = rest.strip_prefix(b"\r\n").unwrap();
        if size == 0 {
            return (body, octets);
        }
    }
}

const LONG: usize = 1_500;

#[test]
fn a_long_list_arrives_whole() {
    let (house, records) = roomy();
    for number in 0..LONG {
        add(&house, &format!("n{number:04}.joe.example"), "192.0.2.1");
    }
    let get = |version: &str, more: &str| head(&house, &format!("GET {records} {version}")) + more + "\r\n";
    let short = head(&house, "GET /v1/limits HTTP/1.1") + "Connection: close\r\n\r\n";
    // HTTP/1.1: in parts, and the connection goes on.
    let octets = everything(&house, &(get("HTTP/1.1", "") + &short));
    let (whole, rest) = first(&octets);
    described::check(get("HTTP/1.1", "").as_bytes(), &whole);
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("application/json")));
    assert_eq!(ids(&whole, "records").len(), LONG + 2);
    assert_eq!(first(rest).0.status, 200, "the next answer on the same connection");
    // HTTP/1.0: as it is, until the connection ends.
    for more in ["", "Connection: keep-alive\r\n"] {
        let octets = everything(&house, &get("HTTP/1.0", more));
        let (old, rest) = first(&octets);
        assert_eq!((old.header("transfer-encoding"), rest.len()), (None, 0), "{more}");
        assert_eq!(old.body, whole.body, "{more}");
    }
    // HEAD: nothing of it.
    let octets = everything(&house, &(head(&house, &format!("HEAD {records} HTTP/1.1")) + "Connection: close\r\n\r\n"));
    let end = octets.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    assert_eq!((octets.len(), octets.starts_with(b"HTTP/1.1 200 ")), (end + 4, true));
    let head = String::from_utf8(octets).unwrap().to_lowercase();
    assert!(head.contains("content-type: application/json") && head.contains("x-openstack-request-id: req-"), "{head}");
    // Somebody who goes away in the middle takes nothing along.
    let mut gone = connect(house.address);
    gone.write_all(get("HTTP/1.1", "").as_bytes()).unwrap();
    gone.read_exact(&mut [0; 1000]).unwrap();
    drop(gone);
    let octets = everything(&house, &get("HTTP/1.1", "Connection: close\r\n"));
    assert_eq!(first(&octets).0.body, whole.body);
    pages_join(&house, &records, "records", &[97, 1_000]);
}

/// Whatever the pages' size, they join to the list.
fn pages_join(house: &House, target: &str, list: &str, limits: &[usize]) {
    let octets = everything(house, &(head(house, &format!("GET {target} HTTP/1.0")) + "\r\n"));
    let whole = ids(&first(&octets).0, list);
    for limit in limits {
        let mut joined: Vec<String> = Vec::new();
        loop {
            let marker = joined.last().map_or(String::new(), |last| format!("&marker={last}"));
            let request = head(house, &format!("GET {target}?limit={limit}{marker} HTTP/1.0")) + "\r\n";
            let page = ids(&first(&everything(house, &request)).0, list);
            assert!(page.len() <= *limit, "{page:?}");
            if page.is_empty() {
                break;
            }
            joined.extend(page);
        }
        assert_eq!(joined, whole, "{limit} at a time");
    }
}

/// Records of every source, several at one name and at one moment.
#[test]
fn pages_join_to_the_whole() {
    let (house, records) = roomy();
    for name in ["ns1.example.org", "ns2.joe.example"] {
        let addresses = vec!["192.0.2.53".parse().unwrap(), "2001:db8::53".parse().unwrap()];
        decide(&house, Command::AddServer { id: fresh::uuid(), name: name.parse().unwrap(), addresses });
    }
    for number in 0..3 {
        house.add_host(&format!("h{number}.joe.example"), house.joe());
        let host = format!("h{number}.joe.example").parse().unwrap();
        let edit = ddns_core::HostEdit {
            ipv4: ddns_core::AddressEdit::Set("192.0.2.1".parse::<std::net::Ipv4Addr>().unwrap().try_into().unwrap()),
            wildcard: Some(true),
            ..ddns_core::HostEdit::default()
        };
        decide(&house, Command::SetHosts { hosts: vec![host], edit, together: ddns_core::Together::AllOrNothing });
        add(&house, &format!("r{number}.joe.example"), "192.0.2.1");
        add(&house, "r.joe.example", &format!("192.0.2.{number}"));
        house.clock.advance(std::time::Duration::from_micros(number % 2));
    }
    for number in 0..10 {
        let body = json!({ "name": format!("d{number}.example."), "email": "a@b" }).to_string();
        assert_eq!(by_joe(&house, "POST /v1/domains", &body).status, 200);
    }
    let list = by_joe(&house, &format!("GET {records}"), "");
    let whole = ids(&list, "records");
    assert_eq!(whole.iter().collect::<std::collections::BTreeSet<_>>().len(), whole.len(), "each has an id of its own");
    assert!(whole.len() >= 15, "{}", list.body);
    for id in &whole {
        let shown: Value = serde_json::from_str(&by_joe(&house, &format!("GET {records}/{id}"), "").body).unwrap();
        let listed: Value = serde_json::from_str(&list.body).unwrap();
        let listed = listed["records"].as_array().unwrap().iter().find(|record| record["id"] == id.as_str()).cloned();
        assert_eq!(Some(shown), listed, "a list shows what there is");
    }
    pages_join(&house, &records, "records", &[1, 2, 3, 4, 7, 1_000]);
    pages_join(&house, "/v1/domains", "domains", &[1, 2, 3, 11, 12]);
}

const MANY: usize = 64;

/// How many answers of each status so many callers get at the same moment.
fn together(house: &House, request: impl Fn(usize) -> (String, String) + Sync) -> BTreeMap<u16, usize> {
    let start = std::sync::Barrier::new(MANY);
    let one = |number: usize| {
        let (line, body) = request(number);
        start.wait();
        by_joe(house, &line, &body).status
    };
    let one = &one;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..MANY).map(|number| scope.spawn(move || one(number))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    let mut counts = BTreeMap::new();
    for status in statuses {
        let count: &mut usize = counts.entry(status).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

fn a(name: &str, data: &str) -> String {
    json!({ "name": name, "type": "A", "data": data }).to_string()
}

#[test]
fn of_many_who_make_the_same_record_one_does() {
    let (house, records) = roomy();
    let before = house.entries();
    let seen = together(&house, |_| (format!("POST {records}"), a("a.joe.example.", "192.0.2.1")));
    assert_eq!(seen, BTreeMap::from([(200, 1), (409, MANY - 1)]));
    assert_eq!(house.entries(), before + 1);
    let seen =
        together(&house, |_| ("POST /v1/domains".to_owned(), r#"{"name":"n.example.","email":"a@b"}"#.to_owned()));
    assert_eq!(seen, BTreeMap::from([(200, 1), (409, MANY - 1)]));
    let seen = together(&house, |number| {
        let body = json!({ "name": "c.joe.example.", "type": "CNAME", "data": format!("t{number}.example.") });
        (format!("POST {records}"), body.to_string())
    });
    assert_eq!(seen, BTreeMap::from([(200, 1), (400, MANY - 1)]), "an alias stands alone");
}

#[test]
fn many_who_fill_a_set_fill_it_to_its_quota() {
    let (house, records) = roomy();
    let fill = |number: usize| (format!("POST {records}"), a("a.joe.example.", &format!("192.0.2.{}", number + 1)));
    assert_eq!(together(&house, fill), BTreeMap::from([(200, 20), (413, MANY - 20)]));
    let edit = AccountEdit { max_records: Some(30), max_domains: Some(3), ..AccountEdit::default() };
    decide(&house, Command::SetAccount { account: house.joe(), edit });
    let fill = |number: usize| (format!("POST {records}"), a(&format!("n{number}.joe.example."), "192.0.2.1"));
    assert_eq!(together(&house, fill), BTreeMap::from([(200, 10), (413, MANY - 10)]));
    let fill = |number: usize| {
        ("POST /v1/domains".to_owned(), json!({ "name": format!("d{number}.example."), "email": "a@b" }).to_string())
    };
    assert_eq!(together(&house, fill), BTreeMap::from([(200, 2), (413, MANY - 2)]));
}

#[test]
fn many_who_change_a_set_leave_one_ttl_and_one_name() {
    let (house, records) = roomy();
    let mut made = Vec::new();
    for number in 1..=4 {
        let answer = by_joe(&house, &format!("POST {records}"), &a("a.joe.example.", &format!("192.0.2.{number}")));
        made.push(serde_json::from_str::<Value>(&answer.body).unwrap()["id"].as_str().unwrap().to_owned());
    }
    let domain = records.trim_end_matches("/records");
    let serial = || {
        let body: Value = serde_json::from_str(&by_joe(&house, &format!("GET {domain}"), "").body).unwrap();
        body["serial"].as_u64().unwrap()
    };
    let before = serial();
    let change = |number: usize| {
        let line = format!("PUT {records}/{}", made[number % 4]);
        let body = if number.is_multiple_of(2) {
            json!({ "ttl": number + 1 })
        } else {
            json!({ "name": format!("n{number}.joe.example.") })
        };
        (line, body.to_string())
    };
    assert_eq!(together(&house, change), BTreeMap::from([(200, MANY)]));
    let grown = serial() - before; // Those that are written down together go up one together.
    assert!((1..=MANY as u64).contains(&grown), "{grown}");
    let list: Value = serde_json::from_str(&by_joe(&house, &format!("GET {records}"), "").body).unwrap();
    let of_set = list["records"].as_array().unwrap().iter().filter(|record| record["type"] == "A");
    let seen: std::collections::BTreeSet<String> =
        of_set.map(|record| format!("{} {}", record["name"], record["ttl"])).collect();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

/// The dialect's documentation shows both in its example of a list, and its own client takes neither.
/// Who changes the priority keeps the data as it is at that moment, and the reverse: neither loses the other's change.
#[test]
fn halves_of_a_record_are_changed_at_once() {
    let (house, records) = roomy();
    let body = json!({ "name": "m.joe.example.", "type": "MX", "data": "a.example.", "priority": 0 }).to_string();
    let made = by_joe(&house, &format!("POST {records}"), &body);
    let id = serde_json::from_str::<Value>(&made.body).unwrap()["id"].as_str().unwrap().to_owned();
    let place = format!("{records}/{id}");
    for round in 1..=MANY {
        let halves = [json!({ "priority": round }), json!({ "data": format!("host{round}.example.") })];
        std::thread::scope(|scope| {
            for half in &halves {
                scope.spawn(|| assert_eq!(by_joe(&house, &format!("PUT {place}"), &half.to_string()).status, 200));
            }
        });
        let shown: Value = serde_json::from_str(&by_joe(&house, &format!("GET {place}"), "").body).unwrap();
        assert_eq!((&shown["priority"], &shown["data"]), (&json!(round), &json!(format!("host{round}.example."))));
    }
}

#[test]
fn a_list_tells_tenant_and_version_where_the_operator_wants_it_so() {
    let house = House::with(ddns_http::HttpSettings { list_tenant_and_version: true, ..behind_a_proxy() });
    let records = format!("/v1/domains/{}/records", joes(&house));
    let made: Value =
        serde_json::from_str(&by_joe(&house, &format!("POST {records}"), &a("a.joe.example.", "192.0.2.1")).body)
            .unwrap();
    let one = format!("{records}/{}", made["id"].as_str().unwrap());
    let changed: Value = serde_json::from_str(&by_joe(&house, &format!("PUT {one}"), r#"{"ttl":60}"#).body).unwrap();
    for single in [&made, &changed] {
        assert!(single.get("tenant_id").is_none() && single.get("version").is_none(), "{single}");
    }
    let list: Value = serde_json::from_str(&by_joe(&house, &format!("GET {records}"), "").body).unwrap();
    let snapshot = house.service.snapshot();
    let joe = snapshot.registry.account(house.joe()).unwrap().id.to_string();
    let listed = list["records"].as_array().unwrap();
    assert!(listed.iter().all(|record| record["tenant_id"] == joe.as_str()), "{list}");
    assert_eq!(listed.last().unwrap()["version"], 2, "{list}");
}
