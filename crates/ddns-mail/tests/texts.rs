//! Every mail in every language, as `data/` has it: the headers as they go over the wire, and the text as a person reads
//! it. `DDNS_BLESS=1` writes them anew.

use std::path::Path;
use std::time::Duration;

use ddns_core::{AccountEdit, AccountState, Caller, Command, Language, SecretId};
use ddns_service::{Origin, Request};

use crate::peer::{Mail, Peer};
use crate::world::{World, address, code, text};

const LANGUAGES: [Language; 2] = [Language::English, Language::German];

#[test]
fn confirm() {
    check("confirm", |world, language| {
        world.sign_up("joe@example.com", language);
    });
}

#[test]
fn already_registered() {
    check("already-registered", |world, language| {
        confirmed(world, language);
        world.sign_up("joe@example.com", language);
    });
}

#[test]
fn reset_password() {
    check("reset-password", |world, language| {
        confirmed(world, language);
        let mail = world.id();
        world.ask(Command::AskPassword { login: "joe@example.com".parse().unwrap(), mail });
    });
}

#[test]
fn change_login() {
    check("change-login", |world, language| {
        let (account, mail) = (confirmed(world, language), world.id());
        world.ask(Command::AskLogin { account, to: address("joe@example.net"), mail });
    });
}

#[test]
fn login_changed() {
    check("login-changed", |world, language| {
        let (account, mail) = (confirmed(world, language), world.id());
        let from = "joe@example.com".parse().unwrap();
        world.ask(Command::SetLogin { account, from, to: address("joe@example.net"), mail });
    });
}

#[test]
fn password_changed() {
    check("password-changed", |world, language| {
        let account = confirmed(world, language);
        let from = world.account("joe@example.com").password;
        let to = SecretId::new(0x0123_4567_89ab_cdef).unwrap();
        let hash = ddns_store::Secret::PasswordHash(String::from("$argon2id$no").into());
        let request = Request::new(Caller::Local, Command::SetPassword { account, from, to }, Origin::new("test"));
        world.service.submit_blocking(request.with_secret(to, hash)).unwrap();
    });
}

/// Joe's account, active and without a mail that waits.
fn confirmed(world: &mut World, language: Language) -> ddns_core::AccountNo {
    world.sign_up("joe@example.com", language);
    let account = world.account("joe@example.com").number;
    let edit = AccountEdit { state: Some(AccountState::Active), ..AccountEdit::default() };
    world.ask(Command::SetAccount { account, edit });
    for mail in world.waiting() {
        world.ask(Command::RemoveMail { mail: mail.id });
    }
    account
}

/// What `cause` puts into the outbox is sent a minute later, and reads as the file says.
fn check(name: &str, cause: impl Fn(&mut World, Language)) {
    for language in LANGUAGES {
        let (mut world, peer) = (World::new(), Peer::with([]));
        cause(&mut world, language);
        assert_eq!(world.waiting().len(), 1, "{name}");
        world.clock.advance(Duration::from_secs(60));
        let outbox = world.send_to(peer.address);
        world.until_sent();
        outbox.stop();
        let mails = peer.mails();
        is_well_formed(&mails[0]);
        compare(&format!("{name}.{language}.txt"), &readable(&mails[0]));
    }
}

fn readable(mail: &Mail) -> String {
    let head = mail.raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n", "\n");
    let (text, code) = (text(&mail.raw), link(mail));
    format!("{head}\n\n{}", if code.is_empty() { text } else { text.replace(&code, "CODE") })
}

fn link(mail: &Mail) -> String {
    if text(&mail.raw).contains("/confirm/") { code(&mail.raw) } else { String::new() }
}

fn is_well_formed(mail: &Mail) {
    assert!(mail.raw.is_ascii() && mail.raw.lines().all(|line| line.len() <= 78), "{}", mail.raw);
    for line in text(&mail.raw).lines().filter(|line| !line.contains("/confirm/")) {
        assert!(line.chars().count() <= 72 && line.trim() == line, "{line:?}");
    }
}

fn compare(name: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    if std::env::var_os("DDNS_BLESS").is_some() {
        std::fs::write(&path, written).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, kept, "{name}; DDNS_BLESS=1 writes it anew");
}
