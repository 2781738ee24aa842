//! The account's own story over HTTP: what a stranger learns (nothing), what makes what void, and what stays.

use std::time::{Duration, Instant};

use ddns_core::{AccountState, Caller, Command, Mail, MailKind, NewDomain, Settings, SignUp, policy};
use ddns_service::{Origin, Request, fresh};
use secrecy::ExposeSecret;

use crate::client::{Answer, ask};
use crate::house::{House, PASSWORD};

/// A service that confirms addresses by mail.
pub(crate) fn confirming() -> Settings {
    Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() }
}

/// Sends a request: `METHOD /target`, header lines as they are, and a body.
pub(crate) fn send(house: &House, what: &str, headers: &[&str], body: &str) -> Answer {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    let request = format!("{what} HTTP/1.1\r\nHost: ddns.test\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    ask(house.address, request)
}

/// Likewise, signed in as somebody of the house.
pub(crate) fn send_as(house: &House, who: &str, what: &str, body: &str) -> Answer {
    send(house, what, &[&format!("Authorization: {}", house.authorization(who))], body)
}

/// The header of somebody whom the house does not know.
pub(crate) fn basic(login: &str, secret: &str) -> String {
    use base64::Engine;
    format!("Authorization: Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{login}:{secret}")))
}

/// The only mail of this kind to this address.
pub(crate) fn mail(house: &House, kind: MailKind, to: &str) -> Mail {
    let snapshot = house.service.snapshot();
    let mails: Vec<_> =
        snapshot.registry.mails().filter(|mail| mail.kind == kind && mail.to.as_str() == to).cloned().collect();
    let [mail] = mails.as_slice() else { panic!("{} mails to {to}: {mails:?}", mails.len()) };
    Mail::clone(mail)
}

/// The code of its link.
pub(crate) fn code(house: &House, kind: MailKind, to: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let code = runtime.block_on(house.service.link_code(&mail(house, kind, to))).unwrap();
    code.expect("a link").expose_secret().to_owned()
}

/// What is behind a key of a JSON object.
pub(crate) fn value(answer: &Answer, key: &str) -> String {
    let object: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
    object[key].as_str().unwrap_or_else(|| panic!("no {key} in {answer:?}")).to_owned()
}

fn sign_up(house: &House, email: &str) -> Answer {
    send(house, "POST /users", &[], &format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#))
}

fn status(house: &House, header: &str) -> u16 {
    send(house, "GET /users/me", &[header], "").status
}

/// An answer with everything in it but the moment, and with the address that was asked about left out.
fn shape(answer: &Answer, email: &str) -> String {
    let headers = answer.headers.iter().filter(|(name, _)| name != "Date" && name != "Content-Length");
    let headers: String = headers.map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{} {}\n{headers}\n{}", answer.version, answer.status, answer.body.replace(email, "EMAIL"))
}

const KNOWN: &[&str] = &["joe@example.org", "sue@example.org", "waiting@example.org"];
const UNKNOWN: &str = "nobody@example.org";

#[test]
fn a_stranger_does_not_learn_which_accounts_there_are() {
    let house = House::new();
    house.settle(confirming());
    assert_eq!(sign_up(&house, "waiting@example.org").status, 201);
    for what in ["POST /users", "POST /users/password"] {
        let said = |email: &str| {
            let begin = Instant::now();
            let password = if what == "POST /users" { format!(r#","password":"{PASSWORD}""#) } else { String::new() };
            let answer = send(&house, what, &[], &format!(r#"{{"email":"{email}"{password}}}"#));
            assert!(begin.elapsed() >= policy::QUIET_ANSWER, "{what} {email}");
            shape(&answer, email)
        };
        let unknown = said(UNKNOWN);
        assert!(unknown.contains(" 20"), "{unknown}");
        for email in KNOWN {
            assert_eq!(said(email), unknown, "{what} {email}");
        }
    }
    mail(&house, MailKind::AlreadyRegistered, "joe@example.org");
    mail(&house, MailKind::ResetPassword, "joe@example.org");
}

#[test]
fn who_has_signed_in_does_not_learn_it_either() {
    let house = House::new();
    house.settle(confirming());
    assert_eq!(sign_up(&house, "waiting@example.org").status, 201);
    let ask = |email: &str| {
        let answer = send_as(&house, "eve", "PUT /users/me", &format!(r#"{{"email":"{email}"}}"#));
        assert_eq!(answer.status, 200);
        (shape(&answer, email), left(&house, "eve"))
    };
    let before = left(&house, "eve");
    let unknown = ask(UNKNOWN);
    assert_eq!(unknown.1, before, "a mail is no change of the hour's");
    for email in KNOWN {
        assert_eq!(ask(email), unknown, "{email}");
    }
    assert_eq!(mail(&house, MailKind::ChangeLogin, UNKNOWN).kind, MailKind::ChangeLogin);
    mail(&house, MailKind::AlreadyRegistered, "joe@example.org");
}

/// How many changes somebody has left in this hour, as the answers to an update tell it.
fn left(house: &House, who: &str) -> String {
    let answer = send_as(house, who, "GET /update?hostname=none.dyn.example&ip=192.0.2.1", "");
    answer.header("x-ratelimit-remaining").unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// In every mode, and for every way in which the account does not act: the same as for a wrong password.
#[test]
fn an_account_that_waits_signs_in_like_one_that_does_not_exist() {
    let house = House::new();
    house.settle(confirming());
    sign_up(&house, "waiting@example.org");
    let refused =
        |login: &str, password: &str| shape(&send(&house, "GET /users/me", &[&basic(login, password)], ""), login);
    let unknown = refused(UNKNOWN, PASSWORD);
    assert!(unknown.contains(" 401"), "{unknown}");
    for (login, password) in
        [("waiting@example.org", PASSWORD), ("waiting@example.org", "wrong"), ("sue@example.org", PASSWORD)]
    {
        assert_eq!(refused(login, password), unknown, "{login}");
    }
}

#[test]
fn strangers_have_a_share_of_each_hour() {
    let house = House::with_strangers(3);
    house.settle(confirming());
    for number in 1..=3 {
        assert_eq!(sign_up(&house, &format!("n{number}@example.org")).status, 201);
    }
    let before = house.entries();
    for (what, body) in [
        ("POST /users", format!(r#"{{"email":"n4@example.org","password":"{PASSWORD}"}}"#)),
        ("POST /users/password", r#"{"email":"joe@example.org"}"#.to_owned()),
    ] {
        let answer = send(&house, what, &[], &body);
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3600")), "{what}");
        assert_eq!(answer.body, r#"{"message":"Too many changes in this hour; nothing was changed"}"#);
    }
    let asked = send_as(&house, "joe", "PUT /users/me", r#"{"email":"n5@example.org","password":"another horse"}"#);
    assert_eq!(asked.status, 429, "mails to anybody's address have the same share");
    assert_eq!(house.entries(), before);
    let signed_in = send_as(&house, "joe/password", "PUT /users/me", r#"{"language":"de"}"#);
    assert_eq!(signed_in.status, 200, "who has signed in and mails nobody is no stranger");
    let elsewhere = ["X-Forwarded-For: 198.51.100.7"];
    assert_eq!(send(&house, "POST /users/password", &elsewhere, r#"{"email":"joe@example.org"}"#).status, 202);
    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(sign_up(&house, "n4@example.org").status, 201, "the next hour is another one");
}

#[test]
fn one_address_cannot_be_flooded_from_everywhere() {
    let house = House::new();
    house.settle(confirming());
    let from = |number: u32| {
        let header = format!("X-Forwarded-For: 198.51.100.{number}");
        send(&house, "POST /users/password", &[&header], r#"{"email":"joe@example.org"}"#).status
    };
    assert!((1..=policy::MAILS_PER_LOGIN).all(|number| from(number) == 202));
    assert_eq!(from(100), 429);
}

#[test]
fn a_new_account_speaks_the_language_of_its_browser() {
    let house = House::new();
    house.settle(Settings { sign_up: SignUp::Open, ..Settings::default() });
    for (email, header, body, language) in [
        ("a@example.org", "Accept-Language: de-AT,de;q=0.9,en;q=0.5", "", "de"),
        ("b@example.org", "Accept-Language: fr", "", "en"),
        ("c@example.org", "Accept-Language: de", r#","language":"en""#, "en"),
        ("d@example.org", "X: y", r#","language":"de""#, "de"),
    ] {
        let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"{body}}}"#);
        assert_eq!(send(&house, "POST /users", &[header], &body).status, 201);
        let snapshot = house.service.snapshot();
        let account = snapshot.registry.account_by_login(&email.parse().unwrap()).unwrap();
        assert_eq!((account.language.tag(), account.state), (language, AccountState::Active), "{email}");
    }
}

/// The service remembers right passwords for a while: not those that are void.
#[test]
fn another_password_voids_the_one_before_and_no_token() {
    let house = House::new();
    let (old, new) = (basic("joe@example.org", PASSWORD), basic("joe@example.org", "another horse battery"));
    let token = basic("joe@example.org", house.token("joe"));
    assert_eq!(status(&house, &old), 200);
    assert_eq!(send_as(&house, "joe/password", "PUT /users/me", r#"{"password":"another horse battery"}"#).status, 200);
    assert_eq!([status(&house, &old), status(&house, &new), status(&house, &token)], [401, 200, 200]);
    assert_eq!(send_as(&house, "joe", "PUT /users/me", r#"{"password":"a third horse"}"#).status, 200, "by a token");
    assert_eq!(status(&house, &new), 401);
}

/// A change voids links: the one that is asked for with it is not among them.
#[test]
fn everything_can_be_changed_at_once() {
    let house = House::new();
    house.settle(confirming());
    let body = r#"{"email":"joe@elsewhere.example","password":"another horse battery","language":"de"}"#;
    assert_eq!(send_as(&house, "joe", "PUT /users/me", body).status, 200);
    assert_eq!(status(&house, &basic("joe@example.org", "another horse battery")), 200);
    let link = code(&house, MailKind::ChangeLogin, "joe@elsewhere.example");
    assert_eq!(send(&house, &format!("POST /confirm/{link}"), &[], "").status, 200);
    assert_eq!(status(&house, &basic("joe@elsewhere.example", "another horse battery")), 200);
}

/// The hour's changes would tell otherwise whether there was somebody to mail.
#[test]
fn an_address_can_be_asked_for_when_the_hours_changes_are_made() {
    let house = House::with_changes(1);
    house.settle(confirming());
    let body = r#"{"email":"joe@elsewhere.example","language":"de"}"#;
    assert_eq!(send_as(&house, "joe", "PUT /users/me", body).status, 200);
    assert_eq!(send_as(&house, "joe", "PUT /users/me", r#"{"language":"en"}"#).status, 429);
    for email in ["new@elsewhere.example", "eve@example.org", "sue@example.org"] {
        let answer = send_as(&house, "joe", "PUT /users/me", &format!(r#"{{"email":"{email}"}}"#));
        assert_eq!(answer.status, 200, "{email}");
    }
}

/// For less than the account, too.
#[test]
fn a_narrow_token_renews_itself() {
    let house = House::new();
    let renewed = send_as(&house, "home-only", "POST /users/me/api_token", "");
    assert_eq!(renewed.status, 201);
    let new = basic("joe@example.org", &value(&renewed, "api_token"));
    assert_eq!(send_as(&house, "home-only", "GET /hosts", "").status, 401);
    let hosts = send(&house, "GET /hosts", &[&new], "").body;
    assert!(hosts.contains("home.dyn.example") && !hosts.contains("cam.dyn.example"), "{hosts}");
    assert_eq!(send(&house, "PUT /users/me", &[&new], r#"{"language":"de"}"#).status, 403, "it can do no more");
}

#[test]
fn a_renewed_token_takes_the_place_of_the_one_that_asked() {
    let house = House::new();
    let renewed = send_as(&house, "joe", "POST /users/me/api_token", "{}");
    assert_eq!(renewed.status, 201);
    let new = value(&renewed, "api_token");
    assert!(
        renewed.body.starts_with(&format!(r#"{{"api_token":"{new}","email":"joe@example.org","max_"#)),
        "{renewed:?}"
    );
    assert_eq!((new.len(), status(&house, &basic("joe@example.org", &new))), (40, 200));
    let old = house.authorization("joe");
    let update = "GET /nic/update?hostname=home.dyn.example&myip=192.0.2.7";
    assert_eq!(send(&house, update, &[&format!("Authorization: {old}")], "").status, 401);
    assert_eq!(send_as(&house, "joe/bearer", "GET /hosts", "").status, 401);
    assert_eq!(send_as(&house, "home-only", "GET /hosts", "").status, 200, "others stay");
    let again = send(&house, "POST /users/me/api_token", &[&format!("Authorization: Bearer {new}")], "");
    assert_eq!(again.status, 201);
    assert_eq!(status(&house, &basic("joe@example.org", &new)), 401);
}

#[test]
fn under_a_password_the_api_token_is_renewed() {
    let house = House::new();
    let renew = || value(&send_as(&house, "joe/password", "POST /users/me/api_token", ""), "api_token");
    let (first, second) = (renew(), renew());
    let signs_in = |token: &str| status(&house, &basic("joe@example.org", token));
    assert_eq!([signs_in(&first), signs_in(&second), signs_in(house.token("joe"))], [401, 200, 200]);
    assert_eq!(send_as(&house, "joe/password", "GET /users/me", "").body.find(r#""api_token":null"#), Some(1));
}

#[test]
fn an_account_that_holds_others_hosts_cannot_end() {
    let house = House::new();
    let new = NewDomain {
        id: fresh::uuid(),
        name: "shared.example".parse().unwrap(),
        owner: Some(house.joe()),
        shared: true,
        email: None,
        ttl: None,
        description: None,
    };
    let request = Request::new(Caller::Local, Command::AddDomain(new), Origin::new("test"));
    house.service.submit_blocking(request).unwrap();
    let body = r#"{"fqdn":"home.shared.example","ip_address":"192.0.2.1"}"#;
    assert_eq!(send_as(&house, "eve", "POST /hosts", body).status, 201);
    let before = house.entries();
    let answer = send_as(&house, "joe", "DELETE /users/me", "");
    let words = r#"{"message":"the domain shared.example still has hosts; remove them first"}"#;
    assert_eq!((answer.status, answer.body.as_str()), (422, words));
    assert_eq!(house.entries(), before);
    assert_eq!(send_as(&house, "eve", "DELETE /hosts/home.shared.example", "").status, 204);
    assert_eq!(send_as(&house, "joe", "DELETE /users/me", "").status, 204);
    assert!(house.service.snapshot().registry.account(house.joe()).is_none());
}

/// Two asks at once: nobody has more accounts, or learns more, than one after the other.
#[test]
fn of_many_who_sign_up_for_one_address_one_gets_it() {
    let house = House::new();
    house.settle(Settings { sign_up: SignUp::Open, ..Settings::default() });
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = |_| scope.spawn(|| sign_up(&house, "many@example.org").status);
        let asking: Vec<_> = (0..policy::MAILS_PER_LOGIN).map(ask).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), statuses.len() - 1, "{statuses:?}");
}
