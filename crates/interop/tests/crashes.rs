//! `kill -9` in the middle of updates: what was acknowledged is there.

use std::net::Ipv4Addr;
use std::sync::Barrier;
use std::time::Duration;

use crate::site::{Site, numbered};

const LOOPS: usize = 8;
const ROUNDS: u8 = 10;

/// What one update loop knows when the server dies.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    acknowledged: Option<Ipv4Addr>,
    /// The last one that was sent; it may or may not have been taken.
    sent: Option<Ipv4Addr>,
    /// How many were acknowledged.
    updates: u16,
}

#[test]
fn every_acknowledged_address_survives() {
    let mut site = Site::with_hosts(&(0..LOOPS).map(host).collect::<Vec<_>>());
    let mut known = [Known::default(); LOOPS];
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        known = killed_while_updating(&site, round, known);
        site.crash();
        for (number, known) in (0..).zip(&mut known) {
            let served = site.served(&host(number), "A").first().map(|address| address.parse().unwrap());
            assert!(
                served == known.acknowledged || served == known.sent,
                "round {round}, host {number}: {served:?} is served, {known:?}"
            );
            acknowledged += u32::from(std::mem::take(&mut known.updates));
            known.acknowledged = served;
        }
    }
    assert!(acknowledged >= 100, "the server was killed before much was acknowledged: {acknowledged}");
    site.server.stop();
}

/// Eight loops, each with a host of its own, until the server is gone.
fn killed_while_updating(site: &Site, round: u8, known: [Known; LOOPS]) -> [Known; LOOPS] {
    let begin = Barrier::new(LOOPS.saturating_add(1));
    let process = site.server.pid();
    std::thread::scope(|scope| {
        let begin = &begin;
        let start = |(number, known)| scope.spawn(move || update_until_refused(site, begin, round, number, known));
        let loops: Vec<_> = (0..).zip(known).map(start).collect();
        begin.wait();
        std::thread::sleep(
            Duration::from_millis(100).saturating_add(Duration::from_millis(37).saturating_mul(round.into())),
        );
        rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
        let known: Vec<Known> = loops.into_iter().map(|one| one.join().unwrap()).collect();
        known.try_into().unwrap()
    })
}

fn update_until_refused(site: &Site, begin: &Barrier, round: u8, number: usize, mut known: Known) -> Known {
    begin.wait();
    for count in 1.. {
        let address = numbered(round, count);
        known.sent = Some(address);
        let answer = site.http("GET", &format!("/nic/update?hostname={}&myip={address}", host(number)));
        match answer.as_deref() {
            Some("911") | None => break,
            Some(good) => assert_eq!(good, format!("good {address}")),
        }
        known.acknowledged = known.sent;
        known.updates = count;
    }
    known
}

fn host(number: usize) -> String {
    format!("host{number}.dyn.example")
}
