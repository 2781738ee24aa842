//! Many at once over one domain's records. After each round everybody tells the same: the list, the command line and DNS; and
//! the records of one name and type have one time to live.

use std::collections::{BTreeMap, BTreeSet};

use ddns_scenario::dns;
use ddns_scenario::http::{Received, Request};
use serde_json::{Value, json};

use crate::designate::{ask, make_domain, object, request};
use crate::races::{AT_ONCE, at_once, count, rounds};
use crate::site::Site;

/// A name, its type, and how long its records may be cached; and their data.
type Sets = BTreeMap<Key, Content>;
type Key = (String, String);
type Content = (u64, BTreeSet<String>);

/// A site whose joe may hold much, and a domain of his.
struct Stage {
    site: Site,
    domain: String,
}

const ZONE: &str = "own.example";

impl Stage {
    fn new() -> Stage {
        let site = Site::with_hosts::<&str>(&[]);
        site.ddns(&["quota", "set", "joe", "--rrset-records", "1000"]);
        let domain = make_domain(&site, &format!("{ZONE}."));
        Stage { site, domain }
    }

    fn request(&self, method: &str, target: &str, body: Option<Value>) -> Request {
        request(&self.site.token, method, target, body.as_ref())
    }

    fn records(&self) -> String {
        format!("{}/records", self.domain)
    }

    fn post(&self, name: &str, address: &str) -> Request {
        let body = json!({ "name": format!("{name}.{ZONE}."), "type": "A", "data": address, "ttl": 60 });
        self.request("POST", &self.records(), Some(body))
    }

    /// Makes one, and hands over its path.
    fn make(&self, name: &str, address: &str, ttl: u32) -> String {
        let body = json!({ "name": format!("{name}.{ZONE}."), "type": "A", "data": address, "ttl": ttl });
        let made = object(&ask(&self.site, "POST", &self.records(), Some(&body)));
        format!("{}/{}", self.records(), made["id"].as_str().unwrap())
    }

    fn race(&self, one: impl Fn(usize) -> Request) -> Vec<Received> {
        at_once(&self.site, &(0..AT_ONCE).map(one).collect::<Vec<_>>())
    }

    fn begin_anew(&mut self) {
        assert_eq!(ask(&self.site, "DELETE", &self.domain, None).status, "200");
        self.domain = make_domain(&self.site, &format!("{ZONE}."));
    }

    /// The addresses that the list shows; the command line and DNS show the same, and none at these names beside.
    fn agreed(&self, names: &[&str]) -> Sets {
        let listed = object(&ask(&self.site, "GET", &self.records(), None));
        let listed = sets(listed["records"].as_array().unwrap());
        let told = self.site.ddns(&["record", "list", ZONE, "--managed", "--limit", "1000", "--output", "json"]);
        assert_eq!(sets(serde_json::from_str::<Value>(&told).unwrap().as_array().unwrap()), listed);
        let seen: Sets = names.iter().filter_map(|name| self.asked(&format!("{name}.{ZONE}"))).collect();
        assert_eq!(seen, listed);
        listed
    }

    /// What DNS shows at a name.
    fn asked(&self, name: &str) -> Option<(Key, Content)> {
        let lines = dns::ask_tcp(self.site.server.dns, name, "A").unwrap().lines().unwrap();
        let records = lines.iter().filter_map(|line| line.strip_prefix(&format!("{name}. "))?.split_once(" A "));
        let records: Vec<(&str, &str)> = records.collect();
        let ttls: BTreeSet<u64> = records.iter().map(|(ttl, _)| ttl.parse().unwrap()).collect();
        assert!(ttls.len() <= 1, "{lines:?}");
        let data = records.iter().map(|(_, data)| (*data).to_owned()).collect();
        Some(((name.to_owned(), "A".to_owned()), (ttls.into_iter().next()?, data)))
    }
}

/// Addresses by name and type; each comes once, and all of a set have one time to live.
fn sets(records: &[Value]) -> Sets {
    let mut sets = Sets::new();
    for record in records.iter().filter(|record| record["type"] == "A") {
        let text = |key: &str| record[key].as_str().unwrap().trim_end_matches('.').to_owned();
        let ttl = record["ttl"].as_u64().unwrap();
        let (set_ttl, data) = sets.entry((text("name"), text("type"))).or_insert((ttl, BTreeSet::new()));
        assert_eq!(*set_ttl, ttl, "{records:?}");
        assert!(data.insert(text("data")), "{records:?}");
    }
    sets
}

/// The addresses of a set with this time to live.
fn set(name: &str, ttl: u64, addresses: &[&str]) -> (Key, Content) {
    let data = addresses.iter().map(|address| (*address).to_owned()).collect();
    ((format!("{name}.{ZONE}"), "A".to_owned()), (ttl, data))
}

#[test]
fn one_record_is_made_once() {
    let stage = Stage::new();
    for round in 0..rounds() {
        let replies = stage.race(|_| stage.post("www", "192.0.2.1"));
        assert_eq!((count(&replies, "200"), count(&replies, "409")), (1, AT_ONCE - 1), "round {round}");
        assert_eq!(stage.agreed(&["www"]), Sets::from([set("www", 60, &["192.0.2.1"])]), "round {round}");
        let made = replies.iter().find(|reply| reply.status == "200").unwrap();
        let record = format!("{}/{}", stage.records(), object(made)["id"].as_str().unwrap());
        let replies = stage.race(|_| stage.request("DELETE", &record, None));
        assert_eq!((count(&replies, "200"), count(&replies, "404")), (1, AT_ONCE - 1), "round {round}");
        assert_eq!(stage.agreed(&["www"]), Sets::new(), "round {round}");
    }
}

/// A record is in a domain that is there, or nowhere.
#[test]
fn records_are_made_while_their_domain_is_removed() {
    let mut stage = Stage::new();
    for round in 0..rounds() {
        let names: Vec<String> = (0..AT_ONCE).map(|number| format!("r{number}")).collect();
        let replies = stage.race(|number| match number % 8 {
            0 => stage.request("DELETE", &stage.domain, None),
            _ => stage.post(&names[number], "192.0.2.1"),
        });
        let mut removed = 0;
        for (number, reply) in replies.iter().enumerate() {
            match reply.status.as_str() {
                "200" => removed += usize::from(number % 8 == 0),
                "404" => assert!(reply.body.contains("domain_not_found"), "round {round}: {reply:?}"),
                _ => panic!("round {round}, request {number}: {reply:?}"),
            }
        }
        assert_eq!(removed, 1, "round {round}");
        for name in &names {
            let answer = dns::ask_udp(stage.site.server.dns, &format!("{name}.{ZONE}"), "A").unwrap().lines().unwrap();
            assert!(answer[0].starts_with("REFUSED"), "round {round}: {answer:?}");
        }
        assert_eq!(ask(&stage.site, "GET", &stage.records(), None).status, "404", "round {round}");
        // The name is free, and nothing of the domain before is in the new one.
        stage.domain = make_domain(&stage.site, &format!("{ZONE}."));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(stage.agreed(&names), Sets::new(), "round {round}");
    }
}

#[test]
fn a_record_is_removed_while_it_is_changed() {
    let stage = Stage::new();
    for round in 0..rounds() {
        let record = stage.make("www", "192.0.2.200", 60);
        let address = |number: usize| format!("192.0.2.{number}");
        let replies = stage.race(|number| match number % 4 {
            0 => stage.request("DELETE", &record, None),
            1 => stage.request("GET", &record, None),
            _ => stage.request("PUT", &record, Some(json!({ "data": address(number) }))),
        });
        for (number, reply) in replies.iter().enumerate() {
            match reply.status.as_str() {
                "200" if number % 4 > 1 => assert_eq!(object(reply)["data"], address(number), "round {round}"),
                "200" => (),
                "404" => assert!(reply.body.contains("record_not_found"), "round {round}: {reply:?}"),
                _ => panic!("round {round}, request {number}: {reply:?}"),
            }
        }
        let removed = replies.iter().step_by(4).filter(|reply| reply.status == "200").count();
        assert_eq!(removed, 1, "round {round}");
        assert_eq!(stage.agreed(&["www"]), Sets::new(), "round {round}");
    }
}

/// A name has a host, or records.
#[test]
fn a_host_and_a_record_want_one_name() {
    let stage = Stage::new();
    let host = format!("home.{ZONE}");
    for round in 0..rounds() {
        let new_host = json!({ "fqdn": host, "ip_address": "192.0.2.1" });
        let replies = stage.race(|number| match number.is_multiple_of(2) {
            true => Request {
                signed_in: Some(format!("joe:{}", stage.site.token)),
                ..request("", "POST", "/hosts", Some(&new_host))
            },
            false => stage.post("home", "192.0.2.1"),
        });
        let won = replies.iter().position(|reply| ["200", "201"].contains(&reply.status.as_str())).unwrap();
        let successes = count(&replies, "200") + count(&replies, "201");
        assert_eq!(successes, 1, "round {round}: {replies:?}");
        let is_host = won.is_multiple_of(2);
        for (number, reply) in replies.iter().enumerate().filter(|(number, _)| *number != won) {
            let expected = match (number.is_multiple_of(2), is_host) {
                (true, _) => "422",
                (false, true) => "400",
                (false, false) => "409",
            };
            assert_eq!(reply.status, expected, "round {round}, request {number}: {reply:?}");
        }
        assert_eq!(stage.agreed(&["home"]), Sets::from([set("home", 60, &["192.0.2.1"])]), "round {round}");
        let listed = object(&ask(&stage.site, "GET", &stage.records(), None));
        let record = listed["records"].as_array().unwrap().iter().find(|record| record["type"] == "A").unwrap();
        let path = format!("{}/{}", stage.records(), record["id"].as_str().unwrap());
        let removed = ask(&stage.site, "DELETE", &path, None);
        if is_host {
            assert!(removed.body.contains("Managed records may not be deleted"), "round {round}: {removed:?}");
            stage.site.ddns(&["host", "remove", &host]);
            crate::site::until(|| ask(&stage.site, "GET", &path, None).status == "404");
        } else {
            assert_eq!(removed.status, "200", "round {round}: {removed:?}");
        }
        assert_eq!(stage.agreed(&["home"]), Sets::new(), "round {round}");
    }
}

#[test]
fn the_last_place_of_a_quota_is_taken_once() {
    let mut stage = Stage::new();
    for quota in ["--records", "--rrsets"] {
        stage.site.ddns(&["quota", "reset", "joe"]);
        stage.site.ddns(&["quota", "set", "joe", quota, "3"]);
        let names: Vec<String> = (0..AT_ONCE).map(|number| format!("r{number}")).collect();
        for round in 0..rounds() / 2 {
            stage.begin_anew();
            stage.make("first", "192.0.2.1", 60);
            stage.make("second", "192.0.2.2", 60);
            let replies = stage.race(|number| stage.post(&names[number], "192.0.2.3"));
            assert_eq!((count(&replies, "200"), count(&replies, "413")), (1, AT_ONCE - 1), "{quota}, round {round}");
            let won = replies.iter().position(|reply| reply.status == "200").unwrap();
            let all: Vec<&str> = names.iter().map(String::as_str).chain(["first", "second"]).collect();
            let expected = [
                set("first", 60, &["192.0.2.1"]),
                set("second", 60, &["192.0.2.2"]),
                set(&names[won], 60, &["192.0.2.3"]),
            ];
            assert_eq!(stage.agreed(&all), Sets::from(expected), "{quota}, round {round}");
        }
    }
}

/// A set moves as a whole: what came into it before has moved along, what comes later begins a new one.
#[test]
fn a_set_is_renamed_while_records_come_into_it() {
    let mut stage = Stage::new();
    for round in 0..rounds() {
        let (first, second) = (stage.make("old", "192.0.2.201", 300), stage.make("old", "192.0.2.202", 60));
        let address = |number: usize| format!("192.0.2.{number}");
        let rename = json!({ "name": format!("new.{ZONE}.") });
        let replies = stage.race(|number| match number % 4 {
            0 => stage.request("PUT", &first, Some(rename.clone())),
            2 => stage.request("PUT", &second, Some(rename.clone())),
            _ => stage.post("old", &address(number)),
        });
        let mut moved = BTreeSet::from(["192.0.2.201".to_owned(), "192.0.2.202".to_owned()]);
        let mut later = BTreeSet::new();
        for (number, reply) in replies.iter().enumerate() {
            let shown = object(reply);
            match (number % 2, shown["ttl"].as_u64()) {
                (0, ttl) => assert_eq!((&shown["name"], ttl), (&rename["name"], Some(300)), "round {round}: {shown}"),
                // The set's, not what it asked for.
                (_, Some(300)) => assert!(moved.insert(address(number)), "round {round}: {shown}"),
                _ => assert!(later.insert(address(number)), "round {round}: {shown}"),
            }
        }
        let mut expected = Sets::from([((format!("new.{ZONE}"), "A".to_owned()), (300, moved))]);
        if !later.is_empty() {
            expected.insert((format!("old.{ZONE}"), "A".to_owned()), (60, later));
        }
        assert_eq!(stage.agreed(&["old", "new"]), expected, "round {round}");
        stage.begin_anew();
    }
}
