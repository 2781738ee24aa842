//! The pages behind mailed links: what is shown, what changes when, and what never does.

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ddns_core::{MailKind, policy};
use sha2::{Digest, Sha256};

use crate::accounts::{basic, code, confirming, mail, send, send_as, value};
use crate::client::Answer;
use crate::house::{House, PASSWORD};

const JSON: &str = "Accept: application/json";
const NEW: &str = "new@example.org";

fn house() -> House {
    let house = House::new();
    house.settle(confirming());
    house
}

fn sign_up(house: &House, language: &str) -> String {
    let body = format!(r#"{{"email":"{NEW}","password":"{PASSWORD}","language":"{language}"}}"#);
    assert_eq!(send(house, "POST /users", &[], &body).status, 201);
    code(house, MailKind::Confirm, NEW)
}

fn forgotten(house: &House) -> String {
    assert_eq!(send(house, "POST /users/password", &[], r#"{"email":"joe@example.org"}"#).status, 202);
    code(house, MailKind::ResetPassword, "joe@example.org")
}

fn moving(house: &House, to: &str) -> String {
    assert_eq!(send_as(house, "joe", "PUT /users/me", &format!(r#"{{"email":"{to}"}}"#)).status, 200);
    code(house, MailKind::ChangeLogin, to)
}

fn get(house: &House, code: &str) -> Answer {
    send(house, &format!("GET /confirm/{code}"), &[], "")
}

fn post(house: &House, code: &str, body: &str) -> Answer {
    send(house, &format!("POST /confirm/{code}"), &["Content-Type: application/x-www-form-urlencoded"], body)
}

fn post_json(house: &House, code: &str, body: &str) -> Answer {
    send(house, &format!("POST /confirm/{code}"), &[JSON, "Content-Type: application/json"], body)
}

fn signs_in(house: &House, login: &str, secret: &str) -> bool {
    send(house, "GET /users/me", &[&basic(login, secret)], "").status == 200
}

/// What holds for every page: headers that keep the code and the page to themselves, and nothing from elsewhere.
fn check_page(page: &Answer, code: &str) {
    let style = page.body.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).unwrap().0;
    let hash = BASE64_STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("content-security-policy", policy.as_str()),
        ("referrer-policy", "strict-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(page.header(name), Some(value), "{page:?}");
    }
    let html = page.body.replace(style, "");
    for foreign in ["<script", " src=", "<link", "<img", "url(", "style=", "onload", "@import", code] {
        assert!(!html.contains(foreign) && !style.contains(foreign), "{foreign} in {html}");
    }
    for ours in ["<!DOCTYPE html>", "<html lang=\"", "<meta name=\"viewport\"", "<title>", "<main>", "<h1>"] {
        assert!(html.contains(ours), "{ours} in {html}");
    }
}

fn language(page: &Answer) -> &str {
    page.body.split_once("<html lang=\"").unwrap().1.split('"').next().unwrap()
}

#[test]
fn opening_a_link_changes_nothing_and_its_button_confirms_once() {
    let house = house();
    let code = sign_up(&house, "en");
    let before = house.entries();
    for _ in 0..2 {
        let page = get(&house, &code);
        check_page(&page, &code);
        assert_eq!((page.status, language(&page)), (200, "en"));
        assert!(page.body.contains(NEW) && page.body.contains("<form method=\"post\">"), "{page:?}");
        assert!(page.body.contains("If it was not you who did that, please do not confirm"), "{page:?}");
    }
    let head = send(&house, &format!("HEAD /confirm/{code}"), &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(house.entries(), before);
    assert!(!signs_in(&house, NEW, PASSWORD));

    let page = post(&house, &code, "");
    check_page(&page, &code);
    assert_eq!(page.status, 200);
    let token = shown_token(&page);
    assert!(signs_in(&house, NEW, token) && signs_in(&house, NEW, PASSWORD));
    assert!(page.body.contains("http://api.test/nic/update?hostname=home.a-dyn.example"), "{page:?}");
    assert!(page.body.contains("If you did not choose it yourself, choose another now"), "{page:?}");
    let ask = r#"'{"email":"new@example.org"}' http://api.test/users/password"#;
    assert!(page.body.contains(ask), "{page:?}");

    let before = house.entries();
    for again in [post(&house, &code, ""), get(&house, &code), post_json(&house, &code, "")] {
        assert_eq!(again.status, 410, "{again:?}");
        assert!(!again.body.contains(token));
    }
    assert_eq!(house.entries(), before);
}

/// The forty digits that a page shows.
fn shown_token(page: &Answer) -> &str {
    let is_token = |text: &&str| text.len() == 40 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    page.body.split(['<', '>']).find(is_token).unwrap_or_else(|| panic!("no token in {page:?}"))
}

#[test]
fn a_script_follows_a_link_in_json() {
    let house = house();
    let code = sign_up(&house, "de");
    let answer = post_json(&house, &code, "");
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let token = value(&answer, "api_token");
    assert_eq!(answer.body, format!(r#"{{"api_token":"{token}","email":"{NEW}"}}"#));
    assert!(signs_in(&house, NEW, &token));
    let words = r#"{"message":"this link has been used, has ended, or was not copied whole; ask for a new one"}"#;
    assert_eq!(post_json(&house, &code, "").body, words);
    let browser = "Accept: text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8";
    let page = send(&house, &format!("POST /confirm/{code}"), &[browser], "");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "browsers are shown a page");
}

#[test]
fn pages_speak_the_language_of_the_account_and_void_ones_that_of_the_browser() {
    let house = house();
    let code = sign_up(&house, "de");
    let english = "Accept-Language: en";
    let open = |code: &str, header| send(&house, &format!("GET /confirm/{code}"), &[header], "");
    let page = open(&code, english);
    assert_eq!((language(&page), page.body.contains("Konto bestätigen")), ("de", true));
    let page = send(&house, &format!("POST /confirm/{code}"), &[english], "");
    assert_eq!((language(&page), page.body.contains("Ihr Konto ist bestätigt")), ("de", true));
    for (header, tag, words) in [
        ("Accept-Language: de-DE,de;q=0.9,en;q=0.8", "de", "Dieser Link funktioniert nicht"),
        (english, "en", "This link does not work"),
        ("X: y", "en", "This link does not work"),
    ] {
        let page = open(&code, header);
        check_page(&page, &code);
        assert_eq!((page.status, language(&page), page.body.contains(words)), (410, tag, true), "{header}");
    }
}

#[test]
fn links_end_with_their_time() {
    let house = house();
    let (confirm, password, login) =
        (sign_up(&house, "en"), forgotten(&house), moving(&house, "joe@elsewhere.example"));
    house.clock.advance(policy::LINK_LIFE - Duration::from_secs(1));
    for code in [&confirm, &password, &login] {
        assert_eq!(get(&house, code).status, 200);
    }
    house.clock.advance(Duration::from_secs(1));
    for code in [&password, &login] {
        assert_eq!(get(&house, code).status, 410);
        assert_eq!(post(&house, code, "password=another+horse+battery").status, 410);
    }
    house.clock.advance(policy::UNCONFIRMED_LIFE - policy::LINK_LIFE);
    house.service.catch_up();
    assert_eq!(post(&house, &confirm, "").status, 410);
    assert!(signs_in(&house, "joe@example.org", PASSWORD));
}

#[test]
fn a_code_that_is_none_does_nothing_and_says_no_more() {
    let house = house();
    let good = forgotten(&house);
    let other = sign_up(&house, "en");
    let octets = BASE64_URL_SAFE_NO_PAD.decode(&good).unwrap();
    let changed = |position: usize| {
        let mut octets = octets.clone();
        octets[position] ^= 1;
        BASE64_URL_SAFE_NO_PAD.encode(octets)
    };
    let mut codes: Vec<String> = (0..octets.len()).map(changed).collect();
    codes.extend([&good[1..], &good[..good.len() - 2], "x", "-", "%00", "..%2f", "%E2%98%83"].map(str::to_owned));
    codes
        .push(BASE64_URL_SAFE_NO_PAD.encode([BASE64_URL_SAFE_NO_PAD.decode(&other).unwrap(), octets.clone()].concat()));
    codes.push("A".repeat(policy::URL_MAX - "/confirm/".len()));
    let before = house.entries();
    let usual = get(&house, "AQ");
    for code in codes {
        let answers = [get(&house, &code), post(&house, &code, "password=another+horse+battery")];
        for answer in answers {
            assert_eq!((answer.status, &answer.body), (410, &usual.body), "{code}");
        }
    }
    assert_eq!(house.entries(), before);
    assert_eq!(get(&house, "").status, 404);
    assert_eq!(get(&house, &format!("{good}/x")).status, 404);
    assert_eq!(get(&house, &good).status, 200);
}

#[test]
fn a_link_for_a_password_is_void_once_the_password_is_another() {
    let house = house();
    let link = forgotten(&house);
    assert_eq!(send_as(&house, "joe", "PUT /users/me", r#"{"password":"another horse battery"}"#).status, 200);
    assert_eq!(get(&house, &link).status, 410);
    assert_eq!(post(&house, &link, "password=a+third+password").status, 410);
    assert!(signs_in(&house, "joe@example.org", "another horse battery"));
}

#[test]
fn a_new_password_is_taken_exactly_as_it_was_typed() {
    let house = house();
    let link = forgotten(&house);
    let page = get(&house, &link);
    check_page(&page, &link);
    for part in ["autocomplete=\"new-password\"", "type=\"password\"", "minlength=\"8\"", "value=\"joe@example.org\""] {
        assert!(page.body.contains(part), "{part} in {page:?}");
    }
    let before = house.entries();
    for (body, words) in [
        ("password=short&again=short", "This password is too short."),
        ("", "This password is too short."),
        ("password=correct+horse&again=correct+horsf", "You typed two different passwords."),
        (&format!("password={}", "x".repeat(1_025)), "This password is too long."),
    ] {
        let page = post(&house, &link, body);
        check_page(&page, &link);
        assert_eq!(page.status, 422);
        assert!(page.body.contains(words) && page.body.contains("aria-invalid=\"true\""), "{page:?}");
        assert!(!page.body.contains("horse"), "what was typed is not shown again");
    }
    assert_eq!(post(&house, &link, "password=correct+horse&password=another+horse").status, 400);
    assert_eq!(post_json(&house, &link, r#"{"password":"#).status, 400);
    let short = post_json(&house, &link, r#"{"password":"short"}"#);
    assert_eq!(
        (short.status, short.body.as_str()),
        (422, r#"{"password":["is too short (minimum is 8 characters)"]}"#)
    );
    assert_eq!(house.entries(), before);

    let page = post(
        &house,
        &link,
        "email=eve%40example.org&password=+%C3%BC%26%3D%2B%22%3Cb%3E+&again=+%c3%bc%26%3d%2b%22%3cb%3e+",
    );
    check_page(&page, &link);
    assert_eq!((page.status, page.body.contains("joe@example.org")), (200, true), "{page:?}");
    assert!(signs_in(&house, "joe@example.org", " ü&=+\"<b> "));
    assert!(!signs_in(&house, "joe@example.org", PASSWORD));
    assert!(signs_in(&house, "joe@example.org", house.token("joe")), "tokens stay");
    assert_eq!(post(&house, &link, "password=a+third+password").status, 410);
}

#[test]
fn another_address_is_confirmed_there_and_told_here() {
    let house = house();
    let link = moving(&house, "joe@elsewhere.example");
    assert!(!signs_in(&house, "joe@elsewhere.example", PASSWORD));
    let page = get(&house, &link);
    check_page(&page, &link);
    assert!(page.body.contains("joe@example.org") && page.body.contains("joe@elsewhere.example"), "{page:?}");
    assert_eq!(post(&house, &link, "").status, 200);
    assert!(signs_in(&house, "joe@elsewhere.example", PASSWORD) && !signs_in(&house, "joe@example.org", PASSWORD));
    assert!(signs_in(&house, "joe@elsewhere.example", house.token("joe")));
    mail(&house, MailKind::LoginChanged, "joe@example.org");
    assert_eq!(post(&house, &link, "").status, 410);
}

#[test]
fn an_address_that_is_another_accounts_by_then_is_refused() {
    let house = house();
    let link = moving(&house, NEW);
    assert_eq!(post(&house, &sign_up(&house, "en"), "").status, 200);
    let before = house.entries();
    let page = post(&house, &link, "");
    check_page(&page, &link);
    assert_eq!((page.status, page.body.contains("This address is taken")), (422, true));
    let answer = post_json(&house, &link, "");
    assert_eq!((answer.status, answer.body.as_str()), (422, r#"{"email":["has already been taken"]}"#));
    assert_eq!(house.entries(), before);
    assert!(signs_in(&house, "joe@example.org", PASSWORD));
}

/// The first password could be anybody's, once a second person has claimed the address.
#[test]
fn after_two_claims_to_one_address_its_owner_gets_a_token_and_nobody_a_password() {
    let house = house();
    let first = sign_up(&house, "en");
    let again = format!(r#"{{"email":"{NEW}","password":"another horse battery"}}"#);
    assert_eq!(send(&house, "POST /users", &[], &again).status, 201);
    let page = post(&house, &first, "");
    assert_eq!((page.status, page.body.contains("The account has no password.")), (200, true), "{page:?}");
    assert!(signs_in(&house, NEW, shown_token(&page)));
    assert!(!signs_in(&house, NEW, PASSWORD) && !signs_in(&house, NEW, "another horse battery"));
}

#[test]
fn what_people_chose_is_text_and_no_markup() {
    let house = house();
    let email = "o'b&c{x}@example.org";
    let link = moving(&house, email);
    let page = get(&house, &link);
    assert!(page.body.contains("o&#39;b&#38;c{x}@example.org") && !page.body.contains("b&c"), "{page:?}");
}

#[test]
fn only_the_page_itself_presses_its_button() {
    let house = house();
    let link = sign_up(&house, "en");
    let before = house.entries();
    for header in
        ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"]
    {
        let page = send(&house, &format!("POST /confirm/{link}"), &[header], "");
        check_page(&page, &link);
        assert_eq!(page.status, 403, "{header}");
    }
    assert_eq!(house.entries(), before);
    for header in ["Origin: http://ddns.test", "Sec-Fetch-Site: same-origin"] {
        let page = send(&house, &format!("POST /confirm/{link}"), &[header], "");
        assert!([200, 410].contains(&page.status), "{header}");
    }
    assert!(signs_in(&house, NEW, PASSWORD));
}

#[test]
fn other_methods_and_large_bodies_are_told_on_a_page() {
    let house = house();
    let link = forgotten(&house);
    let page = send(&house, &format!("DELETE /confirm/{link}"), &[], "");
    check_page(&page, &link);
    assert_eq!((page.status, page.header("allow")), (405, Some("GET, HEAD, POST")));
    let page = post(&house, &link, &"x".repeat(policy::BODY_MAX + 1));
    check_page(&page, &link);
    assert_eq!(page.status, 413);
}
