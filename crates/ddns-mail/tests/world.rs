//! A service whose clock stands still, with a relay that may be anything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ddns_core::{Account, Caller, Command, Language, Login, Mail, MailAddress, NewSignUp, Settings, SignUp, Timestamp};
use ddns_mail::{Encryption, Limits, MailSettings, Outbox};
use ddns_service::{ManualClock, Options, Origin, Reply, Request, Service, fresh};
use ddns_store::MemoryStore;
use secrecy::SecretString;
use uuid::Uuid;

/// 2026-11-22 12:05:00 UTC.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_795_349_100);

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: MemoryStore,
    next: u128,
}

impl World {
    /// Sign-up is by confirmation, and mails can be sent.
    pub(crate) fn new() -> World {
        let (store, clock) = (MemoryStore::new(), ManualClock::at(START));
        let options = Options { clock: clock.clone(), ..Options::default() };
        let service = Service::start(Box::new(store.clone()), options).unwrap();
        let world = World { service, clock, store, next: 1 };
        world.ask(Command::SetSettings(Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() }));
        world
    }

    pub(crate) fn ask(&self, command: Command) -> Reply {
        self.service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap()
    }

    /// The next of ids that are the same in every run.
    pub(crate) fn id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    /// Somebody signs up; the mail that asks for confirmation waits.
    pub(crate) fn sign_up(&mut self, login: &str, language: Language) -> Uuid {
        let (mail, password) = (self.id(), fresh::secret_id());
        let new = NewSignUp { id: self.id(), login: login.parse().unwrap(), password, language, mail };
        let hash = ddns_store::Secret::PasswordHash(String::from("$argon2id$no").into());
        let request = Request::new(Caller::Guest, Command::SignUp(new), Origin::new("test"));
        self.service.submit_blocking(request.with_secret(password, hash)).unwrap();
        mail
    }

    /// One more mail to somebody new, made a second after the one before.
    pub(crate) fn mail(&mut self, name: &str) -> Uuid {
        self.clock.advance(Duration::from_secs(1));
        self.sign_up(&format!("{name}@example.com"), Language::English)
    }

    pub(crate) fn account(&self, login: &str) -> Arc<Account> {
        let login: Login = login.parse().unwrap();
        self.service.snapshot().registry.account_by_login(&login).unwrap().clone()
    }

    /// The mails that wait, the oldest first.
    pub(crate) fn waiting(&self) -> Vec<Mail> {
        let mut mails: Vec<Mail> = self.service.snapshot().registry.mails().map(|mail| Mail::clone(mail)).collect();
        mails.sort_by_key(|mail| mail.created);
        mails
    }

    pub(crate) fn attempts(&self) -> Vec<u32> {
        self.waiting().iter().map(|mail| mail.attempts).collect()
    }

    /// Begins to send, unprotected and without signing in.
    pub(crate) fn send_to(&self, relay: SocketAddr) -> Outbox {
        self.send(settings(relay))
    }

    pub(crate) fn send(&self, settings: MailSettings) -> Outbox {
        ddns_mail::start(self.service.clone(), settings).unwrap()
    }

    pub(crate) fn until_sent(&self) {
        until("everything is sent", || self.waiting().is_empty());
    }
}

/// With limits that nobody has to wait for: a clock that a test moves is looked at all the time.
pub(crate) fn settings(relay: SocketAddr) -> MailSettings {
    MailSettings {
        relay: relay.to_string().parse().unwrap(),
        encryption: Encryption::None,
        authorities: None,
        login: None,
        from: "Dynamic names <ddns@example.org>".parse().unwrap(),
        base_url: "https://ddns.example.org".parse().unwrap(),
        limits: Limits { look: Duration::from_millis(2), ..Limits::default() },
    }
}

pub(crate) fn address(text: &str) -> MailAddress {
    text.parse().unwrap()
}

pub(crate) fn password(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

/// Waits until something holds, for as long as a slow machine may take.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A header's value where it is there exactly once.
pub(crate) fn header(raw: &str, name: &str) -> String {
    let head = raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
    let start = format!("{}:", name.to_lowercase());
    let values: Vec<&str> = head.split("\r\n").filter(|line| line.to_lowercase().starts_with(&start)).collect();
    assert_eq!(values.len(), 1, "{name} in {raw}");
    let value = values[0][start.len()..].trim();
    decoded_words(value)
}

/// RFC 2047, as far as we write it.
fn decoded_words(value: &str) -> String {
    let words = value.split(' ').map(|word| {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        encoded.map_or(word.to_owned(), |text| String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The text behind the headers, decoded (RFC 2045, section 6.7).
pub(crate) fn text(raw: &str) -> String {
    assert_eq!(header(raw, "Content-Transfer-Encoding"), "quoted-printable");
    let body = raw.split_once("\r\n\r\n").unwrap().1.replace("=\r\n", "");
    let mut octets = Vec::new();
    let mut rest = body.as_str();
    while let Some((before, after)) = rest.split_once('=') {
        octets.extend_from_slice(before.as_bytes());
        octets.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = &after[2..];
    }
    octets.extend_from_slice(rest.as_bytes());
    String::from_utf8(octets).unwrap().replace("\r\n", "\n")
}

/// The code of the one link in a mail.
pub(crate) fn code(raw: &str) -> String {
    let text = text(raw);
    let links: Vec<&str> = text.lines().filter_map(|line| line.split_once("/confirm/")).map(|(_, code)| code).collect();
    assert_eq!(links.len(), 1, "{text}");
    links[0].to_owned()
}
