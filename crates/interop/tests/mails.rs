//! Mails from `ddnsd` through a real relay: people sign up, follow links, and lose their passwords; relays come and go.

use std::path::Path;
use std::time::Duration;

use ddns_scenario::http::{self, Received, Request};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::site::{Server, Site, until};
use crate::smtp::{Certificate, Encryption, Fate, Message, Options, SmtpServer};

const RELAY_PASSWORD: &str = "open sesame";
const LOGIN: (&str, &str) = ("ddns", RELAY_PASSWORD);
const PASSWORD: &str = "staple battery horse";
const NEW_PASSWORD: &str = "another horse battery";

/// A site that sends mails, and whose sign-up is by confirmation.
struct Service {
    site: Site,
    options: Vec<String>,
    /// Where the relay's password is, if it wants one.
    _place: Option<TempDir>,
}

impl Service {
    fn start(relay: &str, more: &[&str]) -> Service {
        let mut site = Site::with_hosts::<&str>(&[]);
        let always = ["--sign-up", "confirm", "--base-url", "https://ddns.example.org", "--log-level", "trace"];
        let mails = ["--mail-relay", relay, "--mail-from", "Dynamic names <ddns@example.org>"];
        let options: Vec<String> = [&always[..], &mails, more].concat().into_iter().map(str::to_owned).collect();
        site.server.kill();
        site.server = serve(&site, &options);
        Service { site, options, _place: None }
    }

    /// With a relay that wants us to sign in.
    fn signing_in(relay: &SmtpServer, more: &[&str]) -> Service {
        let place = TempDir::new().unwrap();
        let password = place.path().join("password");
        std::fs::write(&password, format!("{RELAY_PASSWORD}\n")).unwrap();
        let login = ["--mail-user", "ddns", "--mail-password-file", password.to_str().unwrap()];
        let service = Service::start(&relay.address.to_string(), &[&login, more].concat());
        Service { _place: Some(place), ..service }
    }

    fn start_again(&mut self) {
        self.site.server = serve(&self.site, &self.options);
    }

    fn ask(&self, method: &str, target: &str, who: Option<&str>, headers: &[(&str, &str)], body: &str) -> Received {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (method, target, body) = (method.to_owned(), target.to_owned(), Some(body.to_owned()));
        let request = Request { method, target, signed_in: who.map(str::to_owned), headers, body };
        http::send(self.site.server.http, &request).and_then(http::Unread::read).unwrap()
    }

    fn json(&self, method: &str, target: &str, who: Option<&str>, body: &Value) -> Received {
        self.ask(method, target, who, &[("Content-Type", "application/json")], &body.to_string())
    }

    fn sign_up(&self, login: &str, language: &str) {
        let body = json!({ "email": login, "password": PASSWORD });
        let headers = [("Content-Type", "application/json"), ("Accept-Language", language)];
        let received = self.ask("POST", "/users", None, &headers, &body.to_string());
        assert_eq!((received.status.as_str(), received.body), ("201", json!({ "email": login }).to_string()));
    }

    /// What the page behind a link says, as many times as anybody looks.
    fn look(&self, link: &str) -> Received {
        self.ask("GET", path(link), None, &[], "")
    }

    /// What following it does, as a script is told.
    fn follow(&self, link: &str, form: &str) -> Received {
        let headers = [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", path(link), None, &headers, form)
    }

    fn status(&self, who: &str) -> String {
        self.ask("GET", "/users/me", Some(who), &[], "").status
    }

    fn waiting(&self) -> Vec<Value> {
        let list = self.site.ddns(&["mail", "list", "--output", "json"]);
        serde_json::from_str::<Vec<Value>>(&list).unwrap()
    }

    fn until_sent(&self) {
        until(|| self.waiting().is_empty());
    }

    /// How often each mail has failed, the oldest first.
    fn attempts(&self) -> Vec<u64> {
        self.waiting().iter().map(|mail| mail["attempts"].as_u64().unwrap()).collect()
    }

    /// Has every mail that failed tried at once.
    fn retry(&self) {
        for mail in self.waiting().iter().filter(|mail| mail["attempts"] != 0) {
            self.site.ddns(&["mail", "retry", mail["id"].as_str().unwrap()]);
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.site.directory.path().join("ddnsd.log")).unwrap()
    }

    /// None of these secrets rests in the data or the log.
    fn keeps_nothing_of(&self, secrets: &[&str]) {
        for file in std::fs::read_dir(self.site.data()).unwrap().map(|entry| entry.unwrap().path()) {
            let octets = std::fs::read(&file).unwrap();
            let text = String::from_utf8_lossy(&octets);
            for secret in secrets {
                assert!(!text.contains(secret), "{secret} is in {}", file.display());
            }
        }
        let log = self.log();
        for secret in secrets {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    }
}

fn serve(site: &Site, options: &[String]) -> Server {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    Server::start_with(site.directory.path(), &options)
}

fn path(link: &str) -> &str {
    link.strip_prefix("https://ddns.example.org").unwrap()
}

fn code(link: &str) -> &str {
    path(link).strip_prefix("/confirm/").unwrap()
}

fn link(message: &Message) -> &str {
    let links = message.links();
    assert_eq!(links.len(), 1, "{message:#?}");
    links[0]
}

/// The newest of so many messages.
fn newest(relay: &SmtpServer, messages: usize) -> Message {
    relay.wait_for(messages).pop().unwrap()
}

/// A certificate for the loopback address by an authority of our own, and that authority's.
fn certificate(place: &Path) -> (Certificate, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let own = authority.self_signed(&key).unwrap();
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&leaf_key, &Issuer::new(authority, key)).unwrap();
    let file = |name: &str, text: String| {
        let path = place.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = Certificate { chain: file("chain.pem", leaf.pem()), key: file("key.pem", leaf_key.serialize_pem()) };
    (files, file("ca.pem", own.pem()).to_str().unwrap().to_owned())
}

/// The whole life of an account that makes itself, in German, through a relay with STARTTLS and a password.
#[test]
fn a_person_signs_up_forgets_the_password_and_moves() {
    let place = TempDir::new().unwrap();
    let (certificate, ca) = certificate(place.path());
    let protected = Options { encryption: Encryption::StartTls(certificate), login: Some(LOGIN), ..Options::default() };
    let Some(relay) = SmtpServer::start(&protected) else { return };
    let mut service = Service::signing_in(&relay, &["--mail-ca", &ca]);

    service.sign_up("ann@example.com", "de-CH, en;q=0.5");
    let confirm = newest(&relay, 1);
    let (from, to) = (confirm.from.as_str(), confirm.to.as_slice());
    assert_eq!((from, to), ("ddns@example.org", &["ann@example.com".to_owned()][..]));
    assert_eq!((confirm.encrypted, confirm.login.as_deref()), (true, Some("ddns")));
    assert_eq!(confirm.helo, "ddns.example.org");
    assert_eq!(confirm.header("Subject"), "Bitte bestätigen Sie Ihr Konto bei ddns.example.org");
    assert_eq!(confirm.header("From"), "Dynamic names <ddns@example.org>");
    assert_eq!(confirm.header("Content-Language"), "de");
    assert_eq!(confirm.header("Auto-Submitted"), "auto-generated");
    assert!(confirm.text().starts_with("Willkommen bei ddns.example.org!"), "{confirm:#?}");

    let with_password = |password: &str| format!("ann@example.com:{password}");
    for _ in 0..2 {
        let page = service.look(link(&confirm));
        assert!(page.status == "200" && page.body.contains("<html lang=\"de\""), "{page:?}");
        assert_eq!(service.status(&with_password(PASSWORD)), "401", "a mail scanner confirms nothing");
    }
    let confirmed = service.follow(link(&confirm), "");
    assert_eq!(confirmed.status, "200", "{confirmed:?}");
    let token = serde_json::from_str::<Value>(&confirmed.body).unwrap()["api_token"].as_str().unwrap().to_owned();
    assert_eq!(service.follow(link(&confirm), "").status, "410", "it works once");
    let with_token = with_password(&token);
    let host = json!({ "fqdn": "ann.dyn.example", "ip_address": "192.0.2.7" });
    assert_eq!(service.json("POST", "/hosts", Some(&with_token), &host).status, "201");
    assert_eq!(service.site.served("ann.dyn.example", "A"), ["192.0.2.7"]);

    let forgotten = json!({ "email": "ann@example.com" });
    assert_eq!(service.json("POST", "/users/password", None, &forgotten).status, "202");
    let reset = newest(&relay, 2);
    assert_eq!(reset.header("Subject"), "Ein neues Passwort für ddns.example.org");
    assert!(service.look(link(&reset)).body.contains("type=\"password\""));
    assert_eq!(service.follow(link(&reset), "password=short").status, "422");
    assert_eq!(service.follow(link(&reset), "password=another+horse+battery").status, "200");
    assert_eq!(service.status(&with_password(PASSWORD)), "401");
    assert_eq!(service.status(&with_password(NEW_PASSWORD)), "200");
    assert_eq!(service.status(&with_token), "200", "devices go on");
    let told = newest(&relay, 3);
    assert_eq!(told.header("Subject"), "Ihr Konto bei ddns.example.org hat ein neues Passwort");
    assert_eq!((told.to.as_slice(), told.links().len()), (&["ann@example.com".to_owned()][..], 0));

    let moving = json!({ "email": "ann@example.net" });
    assert_eq!(service.json("PUT", "/users/me", Some(&with_password(NEW_PASSWORD)), &moving).status, "200");
    let change = newest(&relay, 4);
    assert_eq!(change.to, ["ann@example.net"]);
    assert_eq!(service.status(&with_token), "200", "until the link is followed");
    assert_eq!(service.follow(link(&change), "").status, "200");
    let changed = newest(&relay, 5);
    assert_eq!((changed.to.as_slice(), changed.links().len()), (&["ann@example.com".to_owned()][..], 0));
    assert_eq!(service.status(&with_token), "401");
    assert_eq!(service.status(&format!("ann@example.net:{token}")), "200");

    service.sign_up("ann@example.net", "en");
    let again = newest(&relay, 6);
    assert_eq!(again.header("Subject"), "Sie haben bereits ein Konto bei ddns.example.org");
    service.until_sent();
    let secrets = [code(link(&confirm)), code(link(&reset)), code(link(&change)), &token, RELAY_PASSWORD];
    service.keeps_nothing_of(&[&secrets[..], &[PASSWORD, NEW_PASSWORD]].concat());
    service.site.server.kill();
    service.start_again();
    assert_eq!(service.follow(link(&reset), "password=another+horse+battery").status, "410");
    service.keeps_nothing_of(&secrets);
    assert_eq!(relay.messages().len(), 6);
}

#[test]
fn a_relay_with_tls_from_the_first_octet() {
    let place = TempDir::new().unwrap();
    let (certificate, ca) = certificate(place.path());
    let protected = Options { encryption: Encryption::Implicit(certificate), login: Some(LOGIN), ..Options::default() };
    let Some(relay) = SmtpServer::start(&protected) else { return };
    let service = Service::signing_in(&relay, &["--mail-tls", "tls", "--mail-ca", &ca]);
    service.sign_up("joe@example.com", "en");
    let message = newest(&relay, 1);
    assert!(message.encrypted && message.login.as_deref() == Some("ddns"), "{message:#?}");
    assert_eq!(message.header("Subject"), "Confirm your account at ddns.example.org");
    service.until_sent();
}

/// One that nobody we know vouches for is told no password; nor is one that does not know ours forgotten about.
#[test]
fn a_relay_that_cannot_be_trusted_or_does_not_trust_us() {
    let place = TempDir::new().unwrap();
    let (certificate, ca) = certificate(place.path());
    let encryption = Encryption::StartTls(certificate);
    let protected = Options { encryption, login: Some(("ddns", "another")), ..Options::default() };
    let Some(relay) = SmtpServer::start(&protected) else { return };
    let unknown = Service::signing_in(&relay, &[]);
    unknown.sign_up("joe@example.com", "en");
    until(|| unknown.attempts() == [1]);
    assert!(unknown.log().contains("UnknownIssuer"), "{}", unknown.log());
    assert_eq!(relay.attempts(), Vec::<String>::new());
    let wrong = Service::signing_in(&relay, &["--mail-ca", &ca]);
    wrong.sign_up("joe@example.com", "en");
    until(|| wrong.attempts() == [1]);
    assert_eq!(relay.wait_for_attempts(1), ["unauthenticated"]);
    assert!(wrong.log().contains("535 "), "{}", wrong.log());
    wrong.keeps_nothing_of(&[RELAY_PASSWORD, PASSWORD]);
}

#[test]
fn nothing_is_lost_while_the_relay_is_away_and_the_server_is_killed() {
    let Some(relay) = SmtpServer::start(&Options::default()) else { return };
    let address = relay.address;
    drop(relay);
    let mut service = Service::start(&address.to_string(), &["--mail-tls", "none"]);
    service.sign_up("joe@example.com", "en");
    until(|| service.attempts() == [1]);
    service.sign_up("ann@example.com", "de");
    service.site.server.kill();
    assert_eq!(service.attempts(), [1, 0], "who comes while the relay is away waits");
    let relay = SmtpServer::start(&Options { port: address.port(), ..Options::default() }).unwrap();
    service.start_again();
    service.retry();
    let messages = relay.wait_for(2);
    let mut to: Vec<&str> = messages.iter().map(|message| message.to[0].as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ann@example.com", "joe@example.com"]);
    service.until_sent();
    for message in &messages {
        assert_eq!(service.look(link(message)).status, "200");
    }
}

#[test]
fn a_relay_refuses_cuts_off_and_forgets_to_answer() {
    let fates = vec![Fate::Later, Fate::Broken, Fate::Unanswered, Fate::Never];
    let options = Options { fates, strangers: vec!["nobody@example.com"], ..Options::default() };
    let Some(relay) = SmtpServer::start(&options) else { return };
    let service = Service::start(&relay.address.to_string(), &["--mail-tls", "none"]);
    service.sign_up("joe@example.com", "en");
    for attempts in 1..=3 {
        until(|| service.attempts() == [attempts]);
        service.retry();
    }
    until(|| service.waiting().is_empty());
    assert_eq!(relay.attempts(), ["later", "broken", "unanswered", "never"]);
    assert!(service.log().contains("550 5.7.1 not here"), "{}", service.log());
    service.sign_up("nobody@example.com", "en");
    service.until_sent();
    assert!(service.log().contains("550 5.1.1 nobody of that name"), "{}", service.log());
    service.sign_up("ann@example.com", "en");
    assert_eq!(newest(&relay, 2).to, ["ann@example.com"], "one was kept, and never answered");
    assert!(!service.log().contains("/confirm/"), "{}", service.log());
}

#[test]
fn a_mail_that_came_twice_is_known_for_the_same() {
    let Some(relay) = SmtpServer::start(&Options { fates: vec![Fate::Unanswered], ..Options::default() }) else {
        return;
    };
    let service = Service::start(&relay.address.to_string(), &["--mail-tls", "none"]);
    service.sign_up("joe@example.com", "en");
    until(|| service.attempts() == [1]);
    service.retry();
    let messages = relay.wait_for(2);
    assert_eq!(messages[0].header("Message-ID"), messages[1].header("Message-ID"));
    assert_eq!(service.follow(link(&messages[0]), "").status, "200");
    assert_eq!(service.follow(link(&messages[1]), "").status, "410", "either works, and once");
}

#[test]
fn at_the_stop_the_mail_on_its_way_arrives() {
    let slow = Fate::Slow(Duration::from_secs(2));
    let Some(relay) = SmtpServer::start(&Options { fates: vec![slow], ..Options::default() }) else { return };
    let service = Service::start(&relay.address.to_string(), &["--mail-tls", "none"]);
    service.sign_up("joe@example.com", "en");
    let Service { site: Site { directory, server, token }, options, .. } = service;
    server.stop();
    assert_eq!(relay.messages().len(), 1, "before the next start");
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Server::start_with(directory.path(), &options);
    let site = Site { directory, server, token };
    until(|| site.ddns(&["mail", "list"]).is_empty());
    assert_eq!(relay.wait_for_attempts(1), ["taken"]);
    relay.wait_for(1);
}
