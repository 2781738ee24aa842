//! What waits is sent once, in order, and taken out.

use std::time::Duration;

use ddns_core::{AccountEdit, Command, Language, policy};
use ddns_service::Purpose;

use crate::peer::{Deed, Peer, Plan, Stage};
use crate::world::{START, World, code, header, settings, text, until};

#[test]
fn a_mail_is_sent_at_once_and_its_link_opens() {
    let (mut world, peer) = (World::new(), Peer::with([]));
    let outbox = world.send_to(peer.address);
    let id = world.sign_up("joe@example.com", Language::English);
    world.until_sent();
    outbox.stop();
    let mails = peer.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!((mails[0].from.as_str(), mails[0].to.as_str()), ("ddns@example.org", "joe@example.com"));
    assert_eq!(header(&mails[0].raw, "Message-ID"), format!("<{id}@example.org>"));
    let link = world.service.open_link(&code(&mails[0].raw)).unwrap();
    assert_eq!((link.purpose, link.account.login.as_str()), (Purpose::Confirm, "joe@example.com"));
    assert_eq!(peer.seen().lines[0], "EHLO ddns.example.org");
}

#[test]
fn the_oldest_comes_first_and_one_conversation_serves_many() {
    let (mut world, peer) = (World::new(), Peer::with([]));
    let names: Vec<String> = (0..policy::MAILS_PER_CONVERSATION + 1).map(|number| format!("n{number}")).collect();
    for name in &names {
        world.mail(name);
    }
    let outbox = world.send_to(peer.address);
    world.until_sent();
    outbox.stop();
    let sent: Vec<String> = peer.mails().iter().map(|mail| mail.to.replace("@example.com", "")).collect();
    assert_eq!(sent, names);
    assert_eq!(peer.seen().connections, 2);
    assert_eq!(peer.seen().lines.iter().filter(|line| *line == "QUIT").count(), 2);
}

#[test]
fn what_is_about_nothing_any_more_is_removed_without_a_word_to_the_relay() {
    let (mut world, peer) = (World::new(), Peer::with([]));
    world.mail("confirmed");
    world.mail("moved");
    let edit = |world: &World, name: &str, edit| {
        let account = world.account(&format!("{name}@example.com")).number;
        world.ask(Command::SetAccount { account, edit });
    };
    let active = || AccountEdit { state: Some(ddns_core::AccountState::Active), ..AccountEdit::default() };
    edit(&world, "confirmed", active());
    edit(&world, "moved", active());
    let mail = world.id();
    world.ask(Command::AskPassword { login: "moved@example.com".parse().unwrap(), mail });
    assert!(world.waiting().iter().any(|waiting| waiting.id == mail), "a link for a new password waits");
    edit(&world, "moved", AccountEdit { login: Some("moved@example.net".parse().unwrap()), ..AccountEdit::default() });
    let outbox = world.send_to(peer.address);
    world.until_sent();
    outbox.stop();
    assert_eq!(peer.seen().connections, 0, "no link goes to an address that the account has given up");
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    let (mut world, peer) = (World::new(), Peer::with([(Stage::Rcpt, Deed::Say("450 later"))]));
    world.mail("joe");
    let outbox = world.send_to(peer.address);
    until("the first attempt", || world.attempts() == [1]);
    world.clock.set(ddns_core::Timestamp::from_secs(START.secs() - 365 * 86_400));
    world.until_sent();
    outbox.stop();
    assert_eq!(header(&peer.mails()[0].raw, "Date"), "Sat, 22 Nov 2025 12:05:00 +0000");
}

#[test]
fn a_mail_is_written_when_it_is_sent() {
    let (mut world, peer) = (World::new(), Peer::with([]));
    world.mail("joe");
    world.clock.advance(Duration::from_secs(3 * 3_600));
    let account = world.account("joe@example.com").number;
    let german = AccountEdit { language: Some(Language::German), ..AccountEdit::default() };
    world.ask(Command::SetAccount { account, edit: german });
    let outbox = world.send_to(peer.address);
    world.until_sent();
    outbox.stop();
    let raw = &peer.mails()[0].raw;
    assert_eq!(header(raw, "Date"), "Sun, 22 Nov 2026 15:05:01 +0000");
    assert!(text(raw).starts_with("Willkommen bei ddns.example.org!"), "{}", text(raw));
}

#[test]
fn a_service_without_a_name_calls_itself_by_its_address() {
    for (base_url, hello) in
        [("http://192.0.2.1:8053", "EHLO [192.0.2.1]"), ("http://[2001:db8::1]", "EHLO [IPv6:2001:db8::1]")]
    {
        let (mut world, peer) = (World::new(), Peer::start(Plan::default()));
        world.mail("joe");
        let outbox =
            world.send(ddns_mail::MailSettings { base_url: base_url.parse().unwrap(), ..settings(peer.address) });
        world.until_sent();
        outbox.stop();
        assert_eq!(peer.seen().lines[0], hello);
        assert!(text(&peer.mails()[0].raw).contains(&format!("\n{base_url}/confirm/")));
    }
}
