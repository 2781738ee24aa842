//! A relay that refuses, fails, or is not there.

use std::collections::BTreeSet;
use std::time::Duration;

use ddns_core::{Command, policy};
use ddns_mail::{Limits, MailSettings, RelayLogin};

use crate::logs;
use crate::peer::{Deed, Peer, Plan, Stage};
use crate::world::{World, code, header, password, settings, until};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn what_is_refused_for_now_comes_again_each_time_after_twice_as_long() {
    let later = || (Stage::Rcpt, Deed::Say("451 4.7.1 greylisted"));
    let (mut world, peer) = (World::new(), Peer::with([later(), later(), (Stage::Dot, Deed::Say("452 full"))]));
    world.mail("joe");
    let outbox = world.send_to(peer.address);
    for (attempts, wait) in [(1, MINUTE), (2, 2 * MINUTE), (3, 4 * MINUTE)] {
        until("the attempt", || world.attempts() == [attempts]);
        assert_eq!(world.waiting()[0].next, world.service.now().after(wait));
        world.clock.advance(wait - Duration::from_secs(1));
        world.service.catch_up(); // Time for one who comes too early.
        world.clock.advance(Duration::from_secs(1));
    }
    world.until_sent();
    outbox.stop();
    assert_eq!(peer.seen().lines.iter().filter(|line| line.starts_with("MAIL ")).count(), 4);
    assert_eq!(header(&peer.mails()[0].raw, "Date"), "Sun, 22 Nov 2026 12:12:01 +0000");
}

#[test]
fn what_is_refused_for_good_is_given_up_and_holds_up_no_other() {
    logs::begin();
    let never = (Stage::Rcpt, Deed::Say("550 5.1.1 Quixotic-Recipient unknown"));
    let (mut world, peer) = (World::new(), Peer::with([never]));
    let refused = world.mail("nobody");
    world.mail("joe");
    let account = world.account("nobody@example.com").number.get();
    let outbox = world.send_to(peer.address);
    world.until_sent();
    outbox.stop();
    let seen = peer.seen();
    assert_eq!(seen.mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["joe@example.com"]);
    assert_eq!(seen.connections, 1, "the conversation goes on");
    let lines = logs::with("Quixotic-Recipient");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert!(line.contains("ERROR") && line.contains(&refused.to_string()), "{line}");
    assert!(line.contains(&format!("account={account} ")) && line.contains("550 5.1.1"), "{line}");
    assert!(!line.contains("/confirm/"), "{line}");
}

#[test]
fn a_relay_that_is_not_there_costs_one_mail_one_attempt_in_each_pause() {
    let (mut world, nowhere) = (World::new(), Peer::nowhere());
    for name in ["first", "second", "third"] {
        world.mail(name);
    }
    let outbox = world.send_to(nowhere);
    until("an attempt", || world.attempts() == [1, 0, 0]);
    world.mail("fourth");
    world.clock.advance(MINUTE - Duration::from_secs(2));
    assert_eq!(world.attempts(), [1, 0, 0, 0]);
    world.clock.advance(MINUTE);
    until("another attempt", || world.attempts().iter().sum::<u32>() == 2);
    let peer = Peer::start(Plan { address: Some(nowhere), ..Plan::default() });
    world.clock.advance(policy::MAIL_PAUSE_MAX);
    world.until_sent();
    outbox.stop();
    assert_eq!(peer.mails().len(), 4);
}

#[test]
fn a_relay_that_fails_on_the_way_keeps_no_mail() {
    let stages = [Stage::Greeting, Stage::Hello, Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot];
    for stage in stages {
        for deed in [Deed::Close, Deed::Hang, Deed::Say("421 closing down"), Deed::Say("299 what is this?")] {
            let (mut world, peer) = (World::new(), Peer::with([(stage, deed)]));
            world.mail("joe");
            world.mail("ann");
            let soon = Duration::from_millis(200);
            let limits = Limits { connect: soon, command: soon, taken: soon, ..settings(peer.address).limits };
            let outbox = world.send(MailSettings { limits, ..settings(peer.address) });
            until("an attempt", || world.attempts().iter().any(|attempts| *attempts > 0));
            until("both are sent in the end", || {
                let last = world.waiting().iter().map(|mail| mail.next).max();
                if let Some(later) = last.filter(|next| *next > world.service.now()) {
                    world.clock.set(later.after(policy::MAIL_PAUSE_MAX));
                }
                last.is_none()
            });
            outbox.stop();
            let sent: BTreeSet<String> = peer.mails().into_iter().map(|mail| mail.to).collect();
            assert_eq!(sent.len(), 2, "{stage:?}: {sent:?}");
        }
    }
}

/// Wrong credentials and a sender that is not wanted are the operator's to mend; no mail is lost by them.
#[test]
fn a_relay_that_does_not_let_us_in_loses_no_mail() {
    let refusals = [
        (Stage::SignIn, "535 5.7.8 wrong"),
        (Stage::Mail, "550 5.7.1 not in this name"),
        (Stage::Mail, "530 5.7.0 sign in first"),
        (Stage::Rcpt, "530 5.7.0 sign in first"),
        (Stage::Hello, "550 we do not know you"),
        (Stage::Greeting, "554 no service"),
    ];
    for (stage, words) in refusals {
        let (script, offers) = (vec![(stage, Deed::Say(words))], vec!["AUTH PLAIN"]);
        let (mut world, peer) = (World::new(), Peer::start(Plan { script, offers, ..Plan::default() }));
        world.mail("joe");
        let login = Some(RelayLogin::new("ddns", password("open sesame")).unwrap());
        let outbox = world.send(MailSettings { login, ..settings(peer.address) });
        until("an attempt", || world.attempts() == [1]);
        world.clock.advance(MINUTE);
        world.until_sent();
        outbox.stop();
        assert_eq!(peer.mails().len(), 1, "{words}");
    }
}

/// A relay that passes mails on has taken them (RFC 5321, section 4.2.2).
#[test]
fn a_recipient_whose_mail_is_passed_on_has_it() {
    let (mut world, peer) = (World::new(), Peer::with([(Stage::Rcpt, Deed::Say("251 will forward"))]));
    world.mail("joe");
    world.mail("ann");
    let outbox = world.send_to(peer.address);
    world.until_sent();
    outbox.stop();
    let sent: Vec<String> = peer.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(
        (sent.as_slice(), peer.seen().connections),
        (&["joe@example.com", "ann@example.com"].map(str::to_owned)[..], 1)
    );
}

/// Whose mailbox takes its time keeps nobody else waiting; what the relay might still say is asked nobody else about.
#[test]
fn a_mail_that_the_relay_is_silent_about_holds_up_no_other() {
    for stage in [Stage::Rcpt, Stage::Data, Stage::Dot] {
        let (mut world, peer) = (World::new(), Peer::with([(stage, Deed::Hang)]));
        let slow = world.mail("joe");
        world.mail("ann");
        let soon = Duration::from_millis(200);
        let limits = Limits { command: soon, taken: soon, ..settings(peer.address).limits };
        let outbox = world.send(MailSettings { limits, ..settings(peer.address) });
        until("the other is sent", || world.waiting().iter().map(|mail| mail.id).eq([slow]));
        until("the attempt", || world.attempts() == [1]);
        assert_eq!(world.waiting()[0].next, world.service.now().after(MINUTE));
        assert_eq!((peer.mails().len(), peer.seen().connections), (1, 2), "{stage:?}");
        world.clock.advance(MINUTE);
        world.until_sent();
        outbox.stop();
        assert_eq!(peer.mails().len(), 2);
    }
}

#[test]
fn a_mail_that_cannot_be_handed_over_for_days_is_given_up() {
    logs::begin();
    let (mut world, nowhere) = (World::new(), Peer::nowhere());
    let id = world.mail("joe");
    let outbox = world.send_to(nowhere);
    until("an attempt", || world.attempts() == [1]);
    world.clock.advance(policy::MAIL_LIFE);
    world.until_sent();
    outbox.stop();
    let lines = logs::with(&id.to_string());
    assert!(lines.iter().any(|line| line.contains("ERROR") && line.contains("given up")), "{lines:?}");
}

/// At least once, and so that a mail program knows the second for the first.
#[test]
fn a_relay_that_took_a_mail_without_saying_so_gets_the_same_again() {
    let (mut world, peer) = (World::new(), Peer::with([(Stage::Dot, Deed::Unanswered)]));
    world.mail("joe");
    let outbox = world.send_to(peer.address);
    until("an attempt", || world.attempts() == [1]);
    world.clock.advance(MINUTE);
    world.until_sent();
    outbox.stop();
    let mails = peer.mails();
    let ids: Vec<String> = mails.iter().map(|mail| header(&mail.raw, "Message-ID")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert!(mails.iter().all(|mail| world.service.open_link(&code(&mail.raw)).is_ok()), "either link is good");
}

#[test]
fn whoever_asks_for_a_mail_at_once_gets_it_at_once() {
    let (mut world, nowhere) = (World::new(), Peer::nowhere());
    let mail = world.mail("joe");
    world.mail("ann");
    let outbox = world.send_to(nowhere);
    until("an attempt", || world.attempts() == [1, 0]);
    let peer = Peer::start(Plan { address: Some(nowhere), ..Plan::default() });
    world.ask(Command::RetryMail { mail, next: world.service.now() });
    assert!(!world.waiting().iter().any(|mail| mail.attempts > 1), "asking is no failure");
    world.until_sent();
    outbox.stop();
    assert_eq!(peer.mails().len(), 2, "the relay is well again, so nothing waits any longer");
}

#[test]
fn the_log_keeps_the_relays_words_and_no_secret() {
    logs::begin();
    let plain = "550 5.7.1 Loquacious \u{7} open sesame AGRkbnMAb3BlbiBzZXNhbWU= b3BlbiBzZXNhbWU=";
    let script = vec![(Stage::Dot, Deed::Say(plain))];
    let plan = Plan { script, offers: vec!["AUTH PLAIN"], ..Plan::default() };
    let (mut world, peer) = (World::new(), Peer::start(plan));
    world.mail("joe");
    let login = Some(RelayLogin::new("ddns", password("open sesame")).unwrap());
    let outbox = world.send(MailSettings { login, ..settings(peer.address) });
    world.until_sent();
    outbox.stop();
    assert!(peer.seen().lines.contains(&"AUTH PLAIN AGRkbnMAb3BlbiBzZXNhbWU=".to_owned()), "it was said indeed");
    let lines = logs::with("Loquacious");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("550 5.7.1 Loquacious   […] […] […]"), "{lines:?}");
}

/// A relay may repeat the very link that it did not like.
#[test]
fn the_log_keeps_no_link() {
    logs::begin();
    let (mut world, peer) = (World::new(), Peer::with([(Stage::Dot, Deed::Repeat("550 5.7.1 Suspicious"))]));
    world.mail("joe");
    let outbox = world.send_to(peer.address);
    world.until_sent();
    outbox.stop();
    let lines = logs::with("Suspicious");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("Suspicious https://ddns.example.org/confirm/[…]"), "{lines:?}");
    assert_eq!(logs::with(&peer.seen().links[0]), Vec::<String>::new());
}

#[test]
fn while_nothing_can_be_stored_nothing_is_sent_twice() {
    let (go, wait) = Deed::wait();
    let (mut world, peer) = (World::new(), Peer::with([(Stage::Dot, wait)]));
    world.mail("joe");
    world.mail("ann");
    let outbox = world.send_to(peer.address);
    until("the first mail is on its way", || peer.seen().lines.contains(&"DATA".to_owned()));
    world.store.fill_up(true);
    go.send(()).unwrap();
    until("it is taken", || peer.mails().len() == 1);
    until("the service knows", || !world.service.health().ready);
    assert_eq!(world.attempts(), [0, 0]);
    world.store.fill_up(false);
    world.until_sent();
    outbox.stop();
    let sent: Vec<String> = peer.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(sent, ["joe@example.com", "ann@example.com"]);
}
