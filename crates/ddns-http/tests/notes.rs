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
    check("ip6lanprefix=2001:db8::/64", "the router sent a prefix and no address");
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
