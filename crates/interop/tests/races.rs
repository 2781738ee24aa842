//! Many at once over the same thing: however they come, the outcome is one that could have come of some order.
//!
//! Against the real `ddnsd` on its file store: 64 parallel requests each, 20 rounds, and 200 with `DDNS_SOAK=1`.

use std::sync::Barrier;

use ddns_scenario::dns;
use ddns_scenario::http::{self, Received, Request};

use crate::site::Site;

pub(crate) const AT_ONCE: usize = 64;

/// How often each race is run.
pub(crate) fn rounds() -> usize {
    if std::env::var_os("DDNS_SOAK").is_some() { 200 } else { 20 }
}

/// A site with the accounts `joe` and `ann`, and what each signs in with.
struct Rivals {
    site: Site,
    joe: String,
    ann: String,
}

impl Rivals {
    fn new() -> Rivals {
        let site = Site::with_hosts::<&str>(&[]);
        let ann = site.add_account("ann", 5);
        let joe = format!("joe:{}", site.token);
        Rivals { site, joe, ann }
    }

    fn at_once(&self, requests: &[Request]) -> Vec<Received> {
        at_once(&self.site, requests)
    }

    fn ask(&self, who: &str, method: &str, target: &str, body: &str) -> Received {
        self.at_once(&[request(who, method, target, body)]).remove(0)
    }

    fn is_served(&self, host: &str) -> bool {
        let answer = dns::ask_udp(self.site.server.dns, host, "A").unwrap().lines().unwrap();
        answer.first().is_some_and(|verdict| verdict.starts_with("NOERROR"))
    }
}

/// Sends all requests at the same moment, and hands over the replies in the order of the requests.
pub(crate) fn at_once(site: &Site, requests: &[Request]) -> Vec<Received> {
    let ready = Barrier::new(requests.len());
    let ask = |request| {
        ready.wait();
        http::send(site.server.http, request).and_then(http::Unread::read).unwrap()
    };
    std::thread::scope(|scope| {
        let asked: Vec<_> = requests.iter().map(|request| scope.spawn(|| ask(request))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

fn request(who: &str, method: &str, target: &str, body: &str) -> Request {
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        signed_in: Some(who.to_owned()),
        body: (!body.is_empty()).then(|| body.to_owned()),
        ..Request::default()
    }
}

fn new_host(host: &str) -> String {
    format!(r#"{{"fqdn":"{host}","ip_address":"192.0.2.1"}}"#)
}

/// How many were answered so.
pub(crate) fn count(replies: &[Received], status: &str) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

#[test]
fn one_name_has_one_owner() {
    let rivals = Rivals::new();
    for round in 0..rounds() {
        let host = format!("wanted{round}.dyn.example");
        let who = |number: usize| if number.is_multiple_of(2) { &rivals.joe } else { &rivals.ann };
        let wanted = |number| request(who(number), "POST", "/hosts", &new_host(&host));
        let replies = rivals.at_once(&(0..AT_ONCE).map(wanted).collect::<Vec<_>>());
        assert_eq!((count(&replies, "201"), count(&replies, "422")), (1, AT_ONCE - 1), "round {round}");
        for loser in replies.iter().filter(|reply| reply.status != "201") {
            assert_eq!(loser.body, r#"{"hostname":["has already been taken"]}"#, "round {round}");
        }
        let winner = replies.iter().position(|reply| reply.status == "201").unwrap();
        let target = format!("/hosts/{host}");
        assert_eq!(rivals.ask(who(winner), "GET", &target, "").status, "200", "round {round}");
        assert_eq!(rivals.ask(who(winner + 1), "GET", &target, "").status, "404", "round {round}");
        assert!(rivals.is_served(&host), "round {round}");
        assert_eq!(rivals.ask(who(winner), "DELETE", &target, "").status, "204", "round {round}");
    }
}

#[test]
fn a_quota_is_never_exceeded() {
    let rivals = Rivals::new();
    for round in 0..rounds() {
        let host = |number: usize| format!("h{number}.dyn.example");
        let wanted = |number| request(&rivals.ann, "POST", "/hosts", &new_host(&host(number)));
        let replies = rivals.at_once(&(0..AT_ONCE).map(wanted).collect::<Vec<_>>());
        assert_eq!((count(&replies, "201"), count(&replies, "422")), (5, AT_ONCE - 5), "round {round}");
        let made: Vec<usize> = (0..AT_ONCE).filter(|number| replies[*number].status == "201").collect();
        let shown = rivals.ask(&rivals.ann, "GET", "/hosts", "").body;
        assert_eq!(shown.matches("\"fqdn\"").count(), 5, "round {round}");
        for number in 0..AT_ONCE {
            assert_eq!(rivals.is_served(&host(number)), made.contains(&number), "round {round}, host {number}");
        }
        let deletes: Vec<_> = made
            .iter()
            .map(|number| request(&rivals.ann, "DELETE", &format!("/hosts/{}", host(*number)), ""))
            .collect();
        assert_eq!(count(&rivals.at_once(&deletes), "204"), 5, "round {round}");
    }
}

/// Whoever is told that the host is gone is right, and so is whoever was told before that it has a new address.
#[test]
fn a_host_is_deleted_while_it_is_updated() {
    let rivals = Rivals::new();
    let host = "home.dyn.example";
    for round in 0..rounds() {
        assert_eq!(rivals.ask(&rivals.joe, "POST", "/hosts", &new_host(host)).status, "201", "round {round}");
        let one = |number: usize| match number % 4 {
            0 => request(&rivals.joe, "DELETE", &format!("/hosts/{host}"), ""),
            1 => {
                let body = format!(r#"{{"ip_address":"198.51.100.{}"}}"#, number + 1);
                request(&rivals.joe, "PUT", &format!("/hosts/{host}"), &body)
            }
            2 => {
                request(&rivals.joe, "GET", &format!("/nic/update?hostname={host}&myip=198.51.100.{}", number + 1), "")
            }
            _ => request(&rivals.joe, "PUT", "/hosts/all", r#"{"ttl":300}"#),
        };
        let replies = rivals.at_once(&(0..AT_ONCE).map(one).collect::<Vec<_>>());
        let mut deleted = 0;
        for (number, reply) in replies.iter().enumerate() {
            let told = format!("round {round}, request {number}: {reply:?}");
            match (number % 4, reply.status.as_str()) {
                (0, "204") => deleted += 1,
                (0, "404") | (1, "404") => {}
                (1, "200") => assert!(reply.body.contains(&format!("198.51.100.{}\"", number + 1)), "{told}"),
                (2, "200") => {
                    let updated = format!("good 198.51.100.{}", number + 1);
                    assert!([updated.as_str(), "nohost"].contains(&reply.body.as_str()), "{told}");
                }
                (3, "200") => assert!(reply.body == "[]" || reply.body.contains("\"ttl\":300"), "{told}"),
                _ => panic!("{told}"),
            }
        }
        assert_eq!(deleted, 1, "round {round}");
        assert!(!rivals.is_served(host), "round {round}");
    }
}

/// A host hangs on a client that is there, or on none.
#[test]
fn a_host_is_attached_while_its_client_and_it_are_deleted() {
    let rivals = Rivals::new();
    let (joe, host) = (&rivals.joe, "home.dyn.example");
    for round in 0..rounds() {
        assert_eq!(rivals.ask(joe, "POST", "/hosts", &new_host(host)).status, "201", "round {round}");
        assert_eq!(rivals.ask(joe, "PUT", "/ddns/clients/box", "").status, "201", "round {round}");
        let attach = format!("/ddns/clients/box/hosts/{host}");
        let one = |number: usize| match number % 8 {
            0 => request(joe, "DELETE", "/ddns/clients/box", ""),
            1 if round.is_multiple_of(2) => request(joe, "DELETE", &format!("/hosts/{host}"), ""),
            2 => request(joe, "POST", "/ddns/clients/box/action", r#"{"updateIP":"192.0.2.7"}"#),
            _ => request(joe, "PUT", &attach, ""),
        };
        let replies = rivals.at_once(&(0..AT_ONCE).map(one).collect::<Vec<_>>());
        for (number, reply) in replies.iter().enumerate() {
            let allowed: &[&str] = if number % 8 < 3 { &["204", "404", "201"] } else { &["201", "404"] };
            assert!(allowed.contains(&reply.status.as_str()), "round {round}, request {number}: {reply:?}");
        }
        let removed = (0..AT_ONCE).filter(|number| number % 8 == 0 && replies[*number].status == "204").count();
        assert_eq!(removed, 1, "round {round}");
        assert_eq!(rivals.ask(joe, "GET", "/ddns/clients/box/hosts", "").status, "404", "round {round}");
        assert_eq!(rivals.is_served(host), !round.is_multiple_of(2), "round {round}");
        // The key is free again, and nothing hangs on it that hung on the one before.
        assert_eq!(rivals.ask(joe, "PUT", "/ddns/clients/box", "").status, "201", "round {round}");
        assert_eq!(rivals.ask(joe, "GET", "/ddns/clients/box/hosts", "").body, r#"{"hosts":[]}"#, "round {round}");
        assert_eq!(rivals.ask(joe, "DELETE", "/ddns/clients/box", "").status, "204", "round {round}");
        if !round.is_multiple_of(2) {
            assert_eq!(rivals.ask(joe, "DELETE", &format!("/hosts/{host}"), "").status, "204", "round {round}");
        }
    }
}
