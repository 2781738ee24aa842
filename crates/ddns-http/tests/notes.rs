//! What a refused router leaves with the host, for its owner.

use ddns_store::{SoftKey, SoftRefusal, Store};

use crate::client::ask;
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
    let too = "the program named \"eve.dyn.example\" too, which is not one host that its token reaches";
    check("/update?domains=home,eve.dyn.example&token=TOKEN&txt=a", "duckdns", too);
    check("/update?domains=home,eve.dyn.example&token=TOKEN", "duckdns", too);
}

#[test]
fn long_and_strange_texts_are_cut() {
    let long = sentence("joe", &format!("hostname=home.dyn.example&myip=%1b[31m{}", "x".repeat(500))).unwrap();
    assert!(long.len() < 160 && !long.contains('\u{1b}'), "{long}");
}

#[test]
fn strangers_and_narrow_tokens_leave_nothing() {
    assert_eq!(sentence("eve", "hostname=home.dyn.example&myip=x"), None);
    assert_eq!(sentence("joe/wrong", "hostname=home.dyn.example&myip=x"), None);
    assert_eq!(sentence("joe", "hostname=eve.dyn.example&myip=x"), None);
    assert!(sentence("home-only", "hostname=home.dyn.example&myip=x").is_some());
}
