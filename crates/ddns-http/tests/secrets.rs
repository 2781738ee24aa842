//! Secrets reach no log line at any level, in no form; each request leaves one event.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use ddns_core::MailKind;

use crate::accounts::{basic, code, confirming, send, value};
use crate::client::ask;
use crate::house::{House, PASSWORD, behind_a_proxy};

/// Everything that this process logs, from every test.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// From now on everything is logged at every level.
pub(crate) fn listen() {
    static BEGIN: Once = Once::new();
    let level = tracing_subscriber::filter::LevelFilter::TRACE;
    BEGIN.call_once(|| tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(|| Log).init());
}

/// Everything that was logged since somebody listened.
pub(crate) fn logged() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

#[test]
fn no_log_line_at_any_level_holds_a_secret() {
    listen();
    let house = House::with(ddns_http::HttpSettings { query_credentials: true, ..behind_a_proxy() });
    let token = house.token("joe").to_owned();
    for who in ["joe", "joe/password", "joe/bearer", "joe/wrong", "home-only"] {
        let authorization = house.authorization(who);
        for path in [
            "/nic/update?hostname=home.dyn.example&password={}",
            "/hosts",
            "/users/me",
            "/nic/delete?hostname=home.dyn.example&username=joe@example.org&pass={}",
            "/update?domains=home&token={}",
            "/update?hostname=home.dyn.example&key={}",
            "/update/home/{}",
            "/update/home/{}/x",
            "/{}",
            "/hosts/{}",
        ] {
            let path = path.replace("{}", &token);
            ask(house.address, format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"));
            ask(
                house.address,
                format!(
                    "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: 40\r\n\r\n{token}"
                ),
            );
        }
    }
    let of_accounts = secrets_of_accounts(&house);
    let of_designate = secrets_of_designate(&house);
    let of_acme = secrets_of_acme(&house);
    let log = logged();
    let basic = house.authorization("joe");
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let of_joe = [
        token.clone(),
        PASSWORD.to_owned(),
        basic.replace("Basic ", ""),
        BASE64_STANDARD.encode(&token),
        escaped(&token),
    ];
    for secret in of_joe.into_iter().chain(of_accounts).chain(of_designate).chain(of_acme) {
        assert!(!log.contains(&secret), "{secret}");
    }
    assert!(log.contains("TRACE"), "the log reaches down to the lowest level");
    let parts = [" INFO ", "method=\"GET\"", "route=\"/users/me\"", "status=200", "micros=", "peer=127.0.0.1"];
    let is_event = |line: &str| parts.iter().all(|part| line.contains(part));
    assert!(log.lines().any(is_event), "each request leaves an event");
    for route in ["/hosts/{fqdn}", "/confirm/{code}"] {
        assert!(log.lines().any(|line| line.contains(&format!("route={route:?}"))), "{route}: a pattern, and no path");
    }
}

/// A credential for challenge values, made, used and refused.
fn secrets_of_acme(house: &House) -> Vec<String> {
    let post = |target: &str, headers: &str, body: &str| {
        let length = body.len();
        let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n");
        ask(house.address, head + body)
    };
    let made = post("/register", &format!("Authorization: {}\r\n", house.authorization("certs")), "");
    let (user, key) = (value(&made, "username"), value(&made, "password"));
    let headers = format!("X-Api-User: {user}\r\nX-Api-Key: {key}\r\n");
    for body in [&format!(r#"{{"subdomain":"{user}","txt":"{key}aaa"}}"#), &key, r#"{"subdomain":"x"}"#] {
        post("/update", &headers, body);
    }
    for target in ["/present", "/cleanup", "/register"] {
        post(target, &format!("Authorization: Bearer {key}\r\n"), &key);
    }
    post("/update", &format!("X-Api-User: {key}\r\nX-Api-Key: {user}\r\n"), "{}");
    vec![key, house.token("certs").to_owned()]
}

/// A token in the header of Designate's own, and the secret of a TSIG key that is made, shown, renamed and refused.
fn secrets_of_designate(house: &House) -> Vec<String> {
    let (token, secret) = (house.token("ann"), BASE64_STANDARD.encode("a key for transfers"));
    let ask = |line: &str, body: &str| {
        let head = format!("X-Auth-Token: {token}\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
        ask(house.address, format!("{line} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}"))
    };
    let key = |name: &str| format!(r#"{{"name":"{name}","algorithm":"hmac-sha256","secret":"{secret}"}}"#);
    let made = ask("POST /v1/tsigkeys", &key("transfers"));
    let place = made.header("location").unwrap().strip_prefix("http://api.test").unwrap();
    for (line, body) in [
        ("POST /v1/tsigkeys", key("transfers")),
        ("POST /v1/tsigkeys", key("no key..")),
        ("POST /v1/tsigkeys", key("two\",\"name\":\"keys")),
        ("GET /v1/tsigkeys", String::new()),
        (&format!("PUT {place}"), key("others")),
        (&format!("PUT {place}"), secret.clone()),
    ] {
        ask(line, &body);
    }
    let kept = [token, &secret, "a key for transfers"].map(str::to_owned).to_vec();
    let refused = ask("POST /v1/tsigkeys", &key("no key..").replace("\"secret\":\"", "\"secret\":\"!"));
    assert!(refused.status == 400 && !refused.body.contains(&secret), "{refused:?}");
    kept
}

/// Every secret in the life of an account: passwords, tokens, and the codes of links, each used rightly and wrongly.
fn secrets_of_accounts(house: &House) -> Vec<String> {
    house.settle(confirming());
    let (mine, next) = ("my own secret horse", "my+other+secret+horse");
    let body = format!(r#"{{"email":"ann@example.org","password":"{mine}"}}"#);
    send(house, "POST /users", &[], &body);
    let confirm = code(house, MailKind::Confirm, "ann@example.org");
    let post =
        |code: &str, body: &str| send(house, &format!("POST /confirm/{code}"), &["Accept: application/json"], body);
    let first = value(&post(&confirm, ""), "api_token");
    let renewed = send(house, "POST /users/me/api_token", &[&basic("ann@example.org", &first)], "");
    send(house, "POST /users/password", &[], r#"{"email":"ann@example.org"}"#);
    let forgotten = code(house, MailKind::ResetPassword, "ann@example.org");
    for body in ["password=short", &format!("password={next}"), &format!("password={next}")] {
        post(&forgotten, body);
    }
    for code in [&confirm, &forgotten, &forgotten.to_uppercase()] {
        send(house, &format!("GET /confirm/{code}"), &[], "");
        send(house, &format!("DELETE /confirm/{code}"), &["Origin: https://evil.example"], "");
        send(house, &format!("GET /confirm/{code}/more"), &[], "");
    }
    let renewed = value(&renewed, "api_token");
    [mine, next, &next.replace('+', " "), &confirm, &forgotten, &first, &renewed].map(str::to_owned).to_vec()
}
