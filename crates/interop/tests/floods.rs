//! Many who try passwords at the same time: whoever is in the right does not notice, and the server stays what it was.
//!
//! Against the real `ddnsd`: 64 of them with five passwords each, and 500 with twenty with `DDNS_SOAK=1`. How fast everybody
//! else is served meanwhile is measured by `cargo run --release -p ddns-bench -- flood`.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ddns_scenario::http::{self, Received, Request};

use crate::lists::Memory;
use crate::programs::skip;
use crate::site::{Site, numbered};

const PASSWORD: &str = "joe:correct horse battery";
/// How far the server's memory may grow: what two hashes take at a time, and as much again for each of three other things.
const BOUND_KIB: u64 = 160 * 1024;
/// Routers with a token, each with a host of its own.
const ROUTERS: u8 = 3;
const REST: Duration = Duration::from_millis(50);

/// How many try passwords at the same time, and how many each.
fn volume() -> (usize, usize) {
    if std::env::var_os("DDNS_SOAK").is_some() { (500, 20) } else { (64, 5) }
}

/// Everybody comes from one network, and half of the passwords are tried with the login of those who are in the right.
#[test]
fn whoever_is_in_the_right_does_not_notice_a_flood_of_wrong_passwords() {
    let hosts: Vec<String> = (0..ROUTERS).map(host).collect();
    let site = Site::with_hosts(&hosts);
    assert_eq!(ask(&site, &get("/users/me", PASSWORD)).status, "200");
    let memory = Memory::of(site.server.pid());
    let (guessers, guesses) = volume();
    let under_way = AtomicUsize::new(guessers);
    let is_over = || under_way.load(Ordering::Acquire) == 0;
    std::thread::scope(|scope| {
        for guesser in 0..guessers {
            let (site, under_way) = (&site, &under_way);
            scope.spawn(move || {
                let _counted = Counted(under_way);
                (0..guesses).for_each(|guess| be_refused(site, guesser, guess));
            });
        }
        for router in 0..ROUTERS {
            let (site, is_over) = (&site, &is_over);
            scope.spawn(move || {
                for number in 1.. {
                    report(site, router, numbered(router, number));
                    std::thread::sleep(REST);
                    if is_over() {
                        break;
                    }
                }
            });
        }
        // A password that was right a short while ago.
        while !is_over() {
            assert_eq!(ask(&site, &get("/users/me", PASSWORD)).status, "200");
            std::thread::sleep(REST);
        }
    });
    match memory {
        Some(memory) => assert!(memory.growth() < BOUND_KIB, "the server grew by {} KiB", memory.growth()),
        None => skip("the memory under a flood", "this system tells no process's peak"),
    }
    report(&site, 0, Ipv4Addr::new(192, 0, 2, 1));
    site.server.stop();
}

/// Takes itself off the count, however it ends: the others wait for the last one.
struct Counted<'c>(&'c AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn host(router: u8) -> String {
    format!("home{router}.dyn.example")
}

fn get(target: &str, who: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        target: target.to_owned(),
        signed_in: Some(who.to_owned()),
        ..Request::default()
    }
}

fn ask(site: &Site, request: &Request) -> Received {
    http::send(site.server.http, request).and_then(http::Unread::read).unwrap()
}

/// A new address with a token: it is taken, and DNS serves it before the answer is read.
fn report(site: &Site, router: u8, address: Ipv4Addr) {
    let target = format!("/nic/update?hostname={}&myip={address}", host(router));
    let request = get(&target, &format!("joe:{}", site.token));
    let unread = http::send(site.server.http, &request).unwrap();
    assert_eq!(site.served(&host(router), "A"), [address.to_string()]);
    let answer = unread.read().unwrap();
    assert_eq!((answer.status.as_str(), answer.body.trim()), ("200", format!("good {address}").as_str()));
}

/// A wrong password at one place or another is answered that it is wrong, or that there were too many.
fn be_refused(site: &Site, guesser: usize, guess: usize) {
    let places =
        ["/nic/update?hostname=home0.dyn.example&myip=192.0.2.9", "/users/me", "/ddns/clients/box", "/v1/domains"];
    let login = if guess.is_multiple_of(2) { "joe".to_owned() } else { format!("nobody{guesser}") };
    let place = places[usize::wrapping_add(guesser, guess).checked_rem(places.len()).unwrap()];
    let answer = ask(site, &get(place, &format!("{login}:wrong {guesser} {guess}")));
    let told = format!("{place} as {login}: {answer:?}");
    match answer.status.as_str() {
        "401" | "429" | "503" => assert!(!answer.body.contains("good"), "{told}"),
        "200" => assert!(place.starts_with("/nic/") && ["abuse", "911"].contains(&answer.body.trim()), "{told}"),
        _ => panic!("{told}"),
    }
}
