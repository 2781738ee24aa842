//! What a refused router leaves with the host, for its owner.

use ddns_core::Settings;
use ddns_store::{SoftKey, SoftRefusal, Store};
use serde_json::Value;

use crate::client::{Answer, ask};
use crate::house::House;

/// The notes that requests leave with joe's `home` and with eve's host.
fn notes(who: &str, queries: &[&str]) -> [Option<SoftRefusal>; 2] {
    let house = House::new();
    let authorization = house.authorization(who);
    for query in queries {
        let head = format!("GET /nic/update?{query} HTTP/1.0\r\nX-Forwarded-For: 192.0.2.9\r\nUser-Agent: box/1\r\n");
        ask(house.address, format!("{head}Authorization: {authorization}\r\n\r\n"));
    }
    last_refusals(house)
}

fn last_refusals(house: House) -> [Option<SoftRefusal>; 2] {
    let snapshot = house.service.snapshot();
    let number = |name: &str| snapshot.registry.host(&name.parse().unwrap()).unwrap().number;
    house.service.stop();
    let mut store = house.store.clone();
    ["home.dyn.example", "eve.dyn.example"].map(|name| store.soft(&SoftKey::Host(number(name))).unwrap()?.last_refusal)
}

fn sentence(who: &str, query: &str) -> Option<String> {
    let [home, eve] = notes(who, &[query]);
    assert_eq!(eve, None, "nobody leaves anything with another's host");
    home.map(|note| note.sentence)
}

#[test]
fn the_owner_is_told_what_the_router_sent() {
    let [note, _] = notes("joe", &["hostname=home.dyn.example&myip=192.0.2.7&myipv6=<ip6addr>"]);
    let note = note.unwrap();
    assert_eq!(note.sentence, "the router sent <ip6addr> unexpanded");
    assert_eq!((note.dialect.as_str(), note.agent.as_str()), ("dyndns2", "box/1"));
    assert_eq!(note.source, Some("192.0.2.9".parse().unwrap()));
}

#[test]
fn every_reason_has_its_sentence() {
    let check = |query: &str, expected: &str| {
        assert_eq!(
            sentence("joe", &format!("hostname=home.dyn.example&{query}")).as_deref(),
            Some(expected),
            "{query}"
        );
    };
    check("myip=192.0.2.999", "the router sent \"192.0.2.999\", which is no address that a host can have");
    check("myip=224.0.0.1", "the router sent \"224.0.0.1\", which is no address that a host can have");
    check("myip=192.0.2.1,192.0.2.2", "the router sent two different addresses of one family");
    check(
        "ip6lanprefix=2001:db8::/64",
        "home.dyn.example has no IPv6 address and no suffix to put behind a prefix; give it one of them first",
    );
    check("ip6lanprefix=<ip6lanprefix>", "the router sent <ip6lanprefix> unexpanded");
    check("ip6lanprefix=2001:db8::/72", "the router sent the prefix 2001:db8::/72, which is longer than a /64");
    check("myipv6=2001:db8::7/128", "the router sent the prefix 2001:db8::7/128, which is longer than a /64");
    check("ip6lanprefix=2001:db8::/40", "the router sent the prefix 2001:db8::/40, which is shorter than a /48");
    check("ip6lanprefix=192.0.2.0/24", "the router sent \"192.0.2.0/24\", which is no IPv6 prefix");
    check(
        "ip6lanprefix=2001:db8::/64,2001:db8:1::/64",
        "the router sent \"2001:db8::/64,2001:db8:1::/64\", which is no IPv6 prefix",
    );
    check("ip6lanprefix=2001:db8::/64&ip6=2001:db8:1::/64", "the router sent two different prefixes");
    check(
        "ip6lanprefix=2001:db8::/64&myipv6=preserve",
        "the router sent an IPv6 prefix, and asked to leave or to remove the IPv6 address",
    );
}

#[test]
fn a_call_for_the_whole_site_leaves_its_reason_with_each_host() {
    let check = |query: &str, expected: &str| assert_eq!(sentence("joe", query).as_deref(), Some(expected), "{query}");
    check("ip6lanprefix=<ip6lanprefix>", "the router sent <ip6lanprefix> unexpanded");
    let both = "ip6lanprefix=2001:db8::/64&myip=192.0.2.7";
    check(both, "the router sent an address beside its prefix, and named no host");
    assert_eq!(sentence("joe", "myip=x"), None, "without a prefix it is about no host");
}

#[test]
fn removals_and_duckdns_leave_reasons_too() {
    let check = |target: &str, dialect: &str, expected: &str| {
        let house = House::new();
        let (authorization, target) = (house.authorization("joe"), target.replace("TOKEN", house.token("joe")));
        ask(house.address, format!("GET {target} HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"));
        let note = last_refusals(house)[0].clone().unwrap();
        assert_eq!((note.dialect.as_str(), note.sentence.as_str()), (dialect, expected), "{target}");
    };
    let no_address = "the router sent \"x\", which is no address that a host can have";
    check("/nic/delete?hostname=home.dyn.example&myip=x", "dyndns2", no_address);
    let prefix = "the router sent a prefix where it asked to remove an address";
    check("/nic/delete?hostname=home.dyn.example&myip=2001:db8::/64", "dyndns2", prefix);
    let nothing = "the router asked to remove an address, and to leave it";
    check("/nic/delete?hostname=home.dyn.example&myip=preserve", "dyndns2", nothing);
    check("/update?domains=home&token=TOKEN&ip=x", "duckdns", no_address);
    check("/update/home/TOKEN/x", "duckdns", no_address);
    let empty = "the program sent an empty text, and did not ask to clear it";
    check("/update?domains=home&token=TOKEN&txt=", "duckdns", empty);
    let unprintable = "a challenge value is 1 to 255 printable ASCII characters";
    check("/update?domains=home&token=TOKEN&txt=a%20b", "duckdns", unprintable);
    let several = "the program sent a text for several hosts; send one for each";
    check("/update?domains=home,cam&token=TOKEN&txt=a", "duckdns", several);
    check("/update?domains=home,cam&token=TOKEN&txt=&clear=true", "duckdns", several);
    let too = "another host of the same call is not one that its token reaches, and the call is all or nothing";
    check("/update?domains=home,eve.dyn.example&token=TOKEN&txt=a", "duckdns", too);
    check("/update?domains=home,eve.dyn.example&token=TOKEN", "duckdns", too);
}

#[test]
fn long_and_strange_texts_are_cut() {
    let long = sentence("joe", &format!("hostname=home.dyn.example&myip=%1b[31m{}", "x".repeat(500))).unwrap();
    assert!(long.len() < 160 && !long.contains('\u{1b}'), "{long}");
}

/// Whoever looks at a host's last refusal sees what would change the order of a text, or hide in it, for what it is.
#[test]
fn whatever_a_program_sends_is_shown_in_ascii() {
    let shown = sentence("joe", "hostname=home.dyn.example&myip=1%E2%80%AE2%C2%85%EF%BB%BF%1b").unwrap();
    let expected = r#""1\u{202e}2\u{85}\u{feff}\u{1b}""#;
    assert_eq!(shown, format!("the router sent {expected}, which is no address that a host can have"));
    let long = sentence("joe", &format!("hostname=home.dyn.example&myip={}", "%E2%80%AE".repeat(99))).unwrap();
    assert!(long.matches(r"\u{202e}").count() == 8 && long.contains(r#"\u{202e}","#), "{long}");
    let house = House::new();
    let ttl = "{\"ttl\":\"6\u{2066}0\"}";
    assert_eq!(put(&house, "joe", "/hosts/home.dyn.example", "", ttl).status, 422);
    let message = read(&house, "home.dyn.example").unwrap().0;
    assert!(message.is_ascii() && message.contains(r#""6\u{2066}0""#), "{message}");
}

/// A token for one host reads that host's last refusal, so that it tells nothing of others.
#[test]
fn a_refusal_of_all_hosts_is_told_with_the_one_that_it_is_about() {
    let another = "another host of the same call was refused, and the call is all or nothing";
    let suffix = "{\"ip6_suffix\":\"0:0:0:3:0:0:0:7\"}";
    let check = |target: &str, send: &dyn Fn(&House), expected: &str| {
        let house = House::new();
        assert_eq!(put(&house, "joe", "/hosts/cam.dyn.example", "", suffix).status, 200);
        send(&house);
        let told = |host: &str| read(&house, host).map(|(message, ..)| message);
        assert_eq!(told("cam.dyn.example").as_deref(), Some(expected), "{target}");
        assert_eq!(told("home.dyn.example").as_deref(), Some(another), "{target}");
    };
    let get = |target: &str| {
        let target = target.to_owned();
        move |house: &House| {
            let (joe, target) = (house.authorization("joe"), target.replace("TOKEN", house.token("joe")));
            ask(house.address, format!("GET {target} HTTP/1.0\r\nAuthorization: {joe}\r\n\r\n"));
        }
    };
    let no_room = "2001:db8:1:2::/64 has no room for the subnet of cam.dyn.example, which is 0x3; ask for a shorter prefix or \
                   give the host another subnet";
    let all = |house: &House| {
        let body = "{\"ip6_prefix\":\"2001:db8:1:2::/64\"}";
        assert_eq!(put(house, "joe", "/hosts/all", "", body).status, 422);
    };
    check("/hosts/all", &all, no_room);
    let site = "/nic/update?ip6lanprefix=2001:db8:1:2::/64";
    check(site, &get(site), no_room);
    let duck = "/update?domains=cam,home&token=TOKEN&ip6lanprefix=2001:db8:1:2::/64";
    check(duck, &get(duck), no_room);
}

/// Each host that an ambiguous name may mean is told, and none of them is told of the other.
#[test]
fn a_label_that_fits_several_hosts() {
    let house = House::new();
    let (joe, body) = (house.authorization("joe"), r#"{"fqdn":"home.a-dyn.example","ip_address":"192.0.2.1"}"#);
    let head = format!("POST /hosts HTTP/1.0\r\nAuthorization: {joe}\r\nContent-Length: {}\r\n\r\n", body.len());
    assert_eq!(ask(house.address, head + body).status, 201);
    let url = format!("/update?domains=cam,home&token={}&ip=192.0.2.7", house.token("joe"));
    assert_eq!(ask(house.address, format!("GET {url} HTTP/1.0\r\n\r\n")).body, "KO");
    for host in ["home.dyn.example", "home.a-dyn.example"] {
        let (sentence, dialect, _) = read(&house, host).unwrap();
        let expected = "the program sent only a label, with which several hosts begin; name the host whole";
        assert_eq!((sentence.as_str(), dialect.as_str()), (expected, "duckdns"), "{host}");
    }
    assert!(read(&house, "cam.dyn.example").is_some());
}

#[test]
fn strangers_and_narrow_tokens_leave_nothing() {
    assert_eq!(sentence("eve", "hostname=home.dyn.example&myip=x"), None);
    assert_eq!(sentence("joe/wrong", "hostname=home.dyn.example&myip=x"), None);
    assert_eq!(sentence("joe", "hostname=eve.dyn.example&myip=x"), None);
    assert!(sentence("home-only", "hostname=home.dyn.example&myip=x").is_some());
}

/// The sentence, dialect and program of a host's last refusal, as its owner reads them.
fn read(house: &House, host: &str) -> Option<(String, String, Option<String>)> {
    let joe = house.authorization("joe");
    let request = format!("GET /hosts/{host}/last-refusal HTTP/1.1\r\nHost: x\r\nAuthorization: {joe}\r\n\r\n");
    let answer = ask(house.address, request);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    (answer.status == 200).then(|| (text("message").unwrap(), text("protocol").unwrap(), text("user_agent")))
}

fn put(house: &House, who: &str, target: &str, headers: &str, body: &str) -> Answer {
    let authorization = house.authorization(who);
    let head = format!("PUT {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n{headers}");
    ask(house.address, format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
}

#[test]
fn a_limited_caller_is_told_so_and_a_repeat_is_no_refusal() {
    let house = House::with_changes(1);
    let to = |address: &str| {
        put(&house, "joe", "/hosts/home.dyn.example", "", &format!("{{\"ip_address\":\"{address}\"}}")).status
    };
    assert_eq!((to("192.0.2.1"), to("192.0.2.1")), (200, 200));
    assert_eq!(read(&house, "home.dyn.example"), None);
    assert_eq!(to("192.0.2.2"), 429);
    let (message, protocol, _) = read(&house, "home.dyn.example").unwrap();
    assert!(message.contains("in this hour") && protocol == "two-dns", "{message}");
    assert_eq!(put(&house, "joe", "/hosts/all", "", "{\"ttl\":300}").status, 429);
    let all = read(&house, "cam.dyn.example").map(|(message, ..)| message);
    assert_eq!(all, Some(message), "all hosts were to change");
}

#[test]
fn a_program_may_call_itself_anything() {
    let house = House::new();
    let agent = |agent: &str| {
        let headers = format!("User-Agent: {agent}\r\n");
        assert_eq!(put(&house, "joe", "/hosts/home.dyn.example", &headers, "{\"ttl\":61}").status, 422);
        read(&house, "home.dyn.example").unwrap().2
    };
    assert_eq!(agent("b\u{202e}o\tx \u{85}/1").as_deref(), Some("box /1"));
    assert_eq!(agent("\u{fffd}"), None);
    assert_eq!(agent(&"x".repeat(5_000)), Some("x".repeat(128)));
}

/// An address record of a host is the host's. Who edits it and is refused leaves why with the host.
#[test]
fn a_managed_record_of_designate() {
    let house = House::new();
    house.add_host("nas.joe.example", house.joe());
    let start = put(&house, "joe", "/hosts/nas.joe.example", "", "{\"ip_address\":\"192.0.2.1\"}");
    assert_eq!(start.status, 200);
    let registry = house.service.snapshot();
    let domain = registry.registry.domain_by_name(&"joe.example".parse().unwrap()).unwrap().id;
    let ann = house.authorization("ann");
    let list = format!(
        "GET /v1/domains/{domain}/records HTTP/1.1\r\nHost: x\r\nX-Auth-All-Projects: 1\r\nAuthorization: {ann}"
    );
    let records: Value = serde_json::from_str(&ask(house.address, format!("{list}\r\n\r\n")).body).unwrap();
    let mut records = records["records"].as_array().unwrap().iter();
    let id = records.find(|record| record["name"] == "nas.joe.example.").unwrap()["id"].as_str().unwrap().to_owned();
    let target = format!("/v1/domains/{domain}/records/{id}");
    let edit = |who: &str, headers: &str, body: &str| {
        let headers = format!("Content-Type: application/json\r\nUser-Agent: designate\r\n{headers}");
        put(&house, who, &target, &headers, body).status
    };
    let managed = "X-Auth-All-Projects: 1\r\nX-Designate-Edit-Managed-Records: 1\r\n";
    let check = |expected: &str| {
        let (message, protocol, agent) = read(&house, "nas.joe.example").unwrap();
        assert_eq!((message.as_str(), protocol.as_str(), agent.as_deref()), (expected, "designate", Some("designate")));
    };
    assert_eq!(edit("eve", "", "{\"data\":\"192.0.2.2\"}"), 404);
    assert_eq!(read(&house, "nas.joe.example"), None, "she sees neither the domain nor the host");
    assert_eq!(edit("joe", "", "{\"data\":\"192.0.2.2\"}"), 400);
    check("Managed records may not be updated");
    assert_eq!(edit("ann", managed, "{\"data\":\"224.0.0.1\"}"), 400);
    check("a host's address is unicast: not unspecified, multicast, broadcast or reserved");
    house.settle(Settings { public_addresses_only: true, ..Settings::default() });
    assert_eq!(edit("ann", managed, "{\"data\":\"192.168.0.1\"}"), 400);
    check("this service takes public addresses only");
    assert_eq!(edit("ann", managed, "{\"data\":\"8.8.8.8\"}"), 200);
}
