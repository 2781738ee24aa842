//! The stop, and the start after it.

use std::thread;
use std::time::Duration;

use ddns_mail::{Limits, MailSettings};

use crate::peer::{Deed, Peer, Stage};
use crate::world::{World, settings, until};

#[test]
fn the_mail_under_way_arrives_and_the_next_one_waits() {
    let (go, wait) = Deed::wait();
    let (mut world, peer) = (World::new(), Peer::with([(Stage::Dot, wait)]));
    world.mail("joe");
    world.mail("ann");
    let limits = Limits { stop: Duration::from_secs(60), ..settings(peer.address).limits };
    let outbox = world.send(MailSettings { limits, ..settings(peer.address) });
    until("the first mail is on its way", || peer.seen().lines.contains(&"DATA".to_owned()));
    let stop = thread::spawn(|| outbox.stop());
    go.send(()).unwrap();
    stop.join().unwrap();
    let waiting: Vec<String> = world.waiting().iter().map(|mail| mail.to.to_string()).collect();
    assert_eq!(waiting.len() + peer.mails().len(), 2, "{waiting:?}");
    assert!(!waiting.contains(&"joe@example.com".to_owned()), "what arrived is taken out");
}

#[test]
fn a_relay_that_hangs_does_not_hold_up_the_stop_and_the_next_start_sends() {
    let (mut world, peer) = (World::new(), Peer::with([(Stage::Dot, Deed::Hang)]));
    world.mail("joe");
    let limits = Limits { stop: Duration::from_millis(10), ..settings(peer.address).limits };
    let outbox = world.send(MailSettings { limits, ..settings(peer.address) });
    until("the mail is on its way", || peer.seen().lines.contains(&"DATA".to_owned()));
    outbox.stop();
    assert_eq!(world.attempts(), [0], "nobody knows that it failed");
    let outbox = world.send_to(peer.address);
    world.until_sent();
    outbox.stop();
    assert_eq!(peer.mails().len(), 1);
}

#[test]
fn an_outbox_that_is_dropped_sends_nothing_more() {
    let (mut world, peer) = (World::new(), Peer::with([]));
    drop(world.send_to(peer.address));
    let outbox = world.send_to(peer.address);
    world.mail("joe");
    world.until_sent();
    outbox.stop();
    assert_eq!(peer.mails().len(), 1);
}

#[test]
fn it_ends_when_the_service_has_stopped() {
    let (mut world, peer) = (World::new(), Peer::with([]));
    let outbox = world.send_to(peer.address);
    world.mail("joe");
    world.until_sent();
    world.service.stop();
    outbox.stop();
}
