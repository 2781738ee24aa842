//! Secrets reach no log line, whatever level is logged, and nothing that is kept: they are presented in every way in which
//! programs present them, rightly and wrongly, and then everything is searched for them, in every form in which they may
//! have got there.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::Value;

use crate::site::{Server, Site};

/// What [`Site`] makes joe with.
const PASSWORD: &str = "correct horse battery";
/// What nobody has, but somebody might by another letter.
const GUESS: &str = "correct horse bbatery";
const NEW_PASSWORD: &str = "staple battery horse";
const SIGN_UP: &str = "paper clip on a horse";
const VALUE: &str = "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM";

#[test]
fn no_secret_is_in_a_log_line_for_people() {
    check("human");
}

#[test]
fn no_secret_is_in_a_log_line_for_programs() {
    check("json");
}

fn check(format: &str) {
    let mut site = Site::with_hosts(&["home.dyn.example"]);
    site.server.kill();
    // Whoever guesses is slowed otherwise, which would take the test minutes.
    let more = [
        ["--log-level", "trace,actix_http::h1::decoder=trace"],
        ["--log-format", format],
        ["--sign-up", "open"],
        ["--dyndns-query-credentials", "true"],
        ["--slow-sign-ins", "false"],
    ];
    site.server = Server::start_with(site.directory.path(), &more.concat());
    let secrets = present_all(&site);
    let told = [
        &["log", "--limit", "1000"][..],
        &["host", "show", "home.dyn.example"],
        &["token", "list"],
        &["account", "list"],
    ]
    .map(|words| site.ddns(&[&["--output", "json"], words].concat()));
    let Site { directory, server, .. } = site;
    let said = server.stop();
    let log = std::fs::read_to_string(directory.path().join("ddnsd.log")).unwrap();

    // What must be there, so that this is the right log, at the lowest level, of these requests; and what is kept.
    for there in ["TRACE", "DEBUG", "/nic/update", "/users/me/api_token", "/update/{domains}/{token}", "127.0.0.1"] {
        assert!(log.contains(there), "{there} is not in the log");
    }
    assert!(told[0].contains("dyndns2") && told[2].contains("label-that-is-no-secret"), "{}", told[0]);
    assert!(told[1].contains("last_refusal"), "{}", told[1]);
    let kept = files(&directory.path().join("data"));
    assert!(found(&kept, &Secret::new("label-that-is-no-secret")).is_some(), "the data is read");

    for secret in &secrets {
        let places = [("the log", log.as_str()), ("standard output", &said), ("the data", &kept)];
        for (place, text) in places.into_iter().chain(told.iter().map(|told| ("what ddns tells", told.as_str()))) {
            if let Some(line) = found(text, secret) {
                panic!("{} is in {place}: {line}", secret.text);
            }
        }
    }
}

/// Presents secrets in every way that there is, and hands them all over.
fn present_all(site: &Site) -> Vec<Secret> {
    let caller = Caller { site };
    let mut secrets = vec![Secret::of("joe", PASSWORD), Secret::of("joe", GUESS), Secret::of("joe", NEW_PASSWORD)];
    secrets.push(Secret::of("new@example.org", SIGN_UP));
    let made = caller.json(
        "POST /users/me/tokens",
        &basic("joe", PASSWORD),
        &json(&[("label", "label-that-is-no-secret")])
            .replace('}', r#","hosts":["*"],"actions":["update","read","manage","acme-challenge"]}"#),
    );
    let token = text(&made, "api_token");
    let registered = caller.json("POST /register", &bearer(&token), r#"{"host":"home.dyn.example"}"#);
    let (user, key) = (text(&registered, "username"), text(&registered, "password"));
    let renewed = caller.json("POST /users/me/api_token", &bearer(&site.token), "");
    secrets.extend(
        [("joe", site.token.as_str()), ("joe", &token), ("joe", &text(&renewed, "api_token")), (&user, &key)]
            .map(|(login, secret)| Secret::of(login, secret)),
    );

    for secret in [token.as_str(), key.as_str(), PASSWORD, GUESS] {
        caller.present("joe", secret);
    }
    caller.accounts();
    caller.certificates(&user, &key);
    secrets
}

/// Somebody who speaks to the real server, byte for byte.
struct Caller<'s> {
    site: &'s Site,
}

impl Caller<'_> {
    /// One secret at all places at which any dialect may have one, and at those where somebody puts it by mistake.
    fn present(&self, login: &str, secret: &str) {
        let (encoded, plus) = (percent(secret), secret.replace(' ', "+"));
        let headers = [
            String::new(),
            basic(login, secret),
            bearer(secret),
            format!("X-Auth-Token: {secret}\r\n"),
            format!("X-Api-User: {login}\r\nX-Api-Key: {secret}\r\n"),
            format!("Authorization: {secret}\r\n"),
            format!("Authorization: Digest username=\"{login}\", response=\"{secret}\"\r\n"),
            format!("Proxy-Authorization: Basic {}\r\nCookie: token={secret}\r\n", BASE64_STANDARD.encode(secret)),
        ];
        let targets = [
            "GET /nic/update?hostname=home.dyn.example&myip=192.0.2.7".to_owned(),
            format!("GET /nic/update?hostname=home.dyn.example&myip=192.0.2.8&username={login}&password={encoded}"),
            format!("GET /nic/update?hostname=home.dyn.example&myip=192.0.2.9&user={login}&pass={plus}"),
            format!("GET /nic/update?hostname=home.dyn.example&myip=192.0.2.9&token={encoded}&key={encoded}"),
            format!("GET /update?hostname=home.dyn.example&ip=192.0.2.10&password={encoded}&username={login}"),
            format!("GET /update?domains=home&token={encoded}&ip=192.0.2.11&verbose=true"),
            format!("GET /update?domains=home&token={encoded}&txt={VALUE}"),
            format!("GET /update/home/{encoded}"),
            format!("GET /update/home/{encoded}/192.0.2.12"),
            format!("GET /update/home/{encoded}/192.0.2.12/more"),
            format!("GET /nic/delete?hostname=home.dyn.example&token={encoded}"),
            "GET /users/me".to_owned(),
            "GET /users/me/tokens".to_owned(),
            "GET /ddns/clients/box".to_owned(),
            "GET /v1/domains".to_owned(),
            format!("GET /hosts/{encoded}"),
            format!("GET /{encoded}"),
            format!("GET /docs/{encoded}"),
            format!("GET /confirm/{encoded}"),
            format!("GET /ddns/clients/{encoded}/hosts"),
            format!("GET /v1/domains/{encoded}/records"),
            format!("DELETE /users/me/tokens/{encoded}"),
            format!("GET http://{login}:{encoded}@127.0.0.1/hosts"),
        ];
        for (at, target) in targets.iter().enumerate() {
            // Every place with a header, and every header with a place.
            for header in
                [headers.first(), headers.get(at.checked_rem(headers.len()).unwrap_or_default())].into_iter().flatten()
            {
                self.ask(&format!("{target} HTTP/1.1\r\nHost: ddns.test\r\n{header}Connection: close\r\n\r\n"));
            }
        }
        // By a device whose fields were mixed up: the host's owner is told what it sent, but for this.
        for target in ["/nic/update?hostname=home.dyn.example&myip", "/update?hostname=home.dyn.example&ip"] {
            let head = format!("GET {target}={encoded} HTTP/1.1\r\nHost: ddns.test\r\nUser-Agent: box {secret}\r\n");
            self.ask(&format!("{head}{}Connection: close\r\n\r\n", basic(login, secret)));
        }
        let told = self.post("GET /hosts/home.dyn.example/last-refusal", &basic(login, secret), "");
        let is_told = told.starts_with("HTTP/1.1 200");
        assert!(is_told || secret != PASSWORD, "{told}");
        assert!(!is_told || (told.contains("the router sent") && told.contains("box …")), "{told}");
        self.ask(&format!(
            "GET /update?domains=home&token={encoded}&ip={encoded} HTTP/1.0\r\nUser-Agent: {secret}\r\n\r\n"
        ));
        self.post(
            "PUT /hosts/home.dyn.example",
            &format!("User-Agent: {secret}\r\n{}", basic(login, secret)),
            &json(&[("ip_address", secret)]),
        );
        for header in &headers {
            self.ask(&format!("GET /users/me HTTP/1.0\r\n{header}\r\n"));
        }
        self.forms(login, secret);
        self.mistakes(secret);
    }

    /// In bodies.
    fn forms(&self, login: &str, secret: &str) {
        let form = format!("hostname=home.dyn.example&myip=192.0.2.13&username={login}&password={}", percent(secret));
        for (line, body) in [
            ("POST /nic/update", form.clone()),
            ("POST /nic/delete", form.clone()),
            ("POST /v2/update", secret.to_owned()),
            ("POST /hosts", format!(r#"{{"fqdn":"{secret}","password":"{secret}""#)),
            ("POST /hosts", json(&[("fqdn", secret), ("ip_address", secret)])),
            ("PUT /hosts/home.dyn.example", json(&[(secret, secret)])),
            ("POST /update", json(&[("subdomain", secret), ("txt", secret)])),
            ("POST /present", json(&[("fqdn", secret), ("value", secret)])),
            ("POST /register", json(&[("host", secret)])),
            ("PUT /ddns/clients/box", json(&[("offline", secret)])),
            ("POST /confirm/nothing", format!("password={}", percent(secret))),
        ] {
            self.post(line, &bearer(secret), &body);
            self.post(line, &basic(login, secret), &body);
        }
    }

    /// Where no secret belongs, in what is no request of HTTP at all.
    fn mistakes(&self, secret: &str) {
        let long = "x".repeat(100_000);
        for request in [
            format!("GET /nic/update?token={secret}\r\n\r\n"),
            format!("{secret} / HTTP/1.1\r\nHost: x\r\n\r\n"),
            format!("GET /{secret} HTTP/9.9\r\nHost: x\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {secret}\r\nno header {secret}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization {secret}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: {secret}\r\n{secret}: x\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {secret}\u{1}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}{long}\r\n\r\n"),
            format!("GET /update/home/{secret}/{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
            format!(
                "GET /update?token={secret}&x={} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "x".repeat(5_000)
            ),
            format!("POST /hosts HTTP/1.1\r\nHost: x\r\nContent-Length: {secret}\r\n\r\n{secret}"),
            format!(
                "POST /hosts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{secret}\r\n{secret}\r\n0\r\n\r\n"
            ),
            format!("POST /hosts HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{secret}"),
            secret.to_owned(),
            format!("\u{16}\u{3}\u{1}{secret}"),
        ] {
            self.ask(&request);
        }
    }

    /// Passwords that are made and changed, and asked for.
    fn accounts(&self) {
        for password in [SIGN_UP, "short", &SIGN_UP.repeat(100)] {
            self.post("POST /users", "", &json(&[("email", "new@example.org"), ("password", password)]));
        }
        self.post("POST /users", "", &format!(r#"{{"email":"new@example.org","password":"{SIGN_UP}"#));
        self.post("POST /users", "", &json(&[("password", "new@example.org"), ("email", SIGN_UP)]));
        self.post("POST /users/password", "", &json(&[("email", SIGN_UP)]));
        self.post(
            "PUT /users/me",
            &basic("new@example.org", SIGN_UP),
            &json(&[("password", NEW_PASSWORD), ("x", NEW_PASSWORD)]),
        );
        self.post("PUT /users/me", &basic("joe", PASSWORD), &json(&[("password", NEW_PASSWORD)]));
        self.post("GET /users/me", &basic("joe", NEW_PASSWORD), "");
        self.post("PUT /users/me", &basic("joe", NEW_PASSWORD), &json(&[("password", PASSWORD)]));
    }

    /// A credential for challenge values, as acme-dns's clients present it.
    fn certificates(&self, user: &str, key: &str) {
        let headers = format!("X-Api-User: {user}\r\nX-Api-Key: {key}\r\n");
        let body = json(&[("subdomain", user), ("txt", VALUE)]);
        let set = self.json("POST /update", &headers, &body);
        assert_eq!(text(&set, "txt"), VALUE);
        for body in [json(&[("subdomain", key), ("txt", key)]), key.to_owned()] {
            self.post("POST /update", &headers, &body);
        }
        self.post("POST /update", &format!("X-Api-User: {key}\r\nX-Api-Key: {user}\r\n"), &body);
    }

    fn json(&self, line: &str, headers: &str, body: &str) -> Value {
        let answer = self.post(line, headers, body);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{line}: {answer}"));
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{line}: {error}: {answer}"))
    }

    fn post(&self, line: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        let head = format!("{line} HTTP/1.1\r\nHost: ddns.test\r\n{headers}Connection: close\r\n");
        self.ask(&format!("{head}Content-Length: {length}\r\n\r\n{body}"))
    }

    /// Whatever is answered until the connection ends; nothing, where it is not even a request.
    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.site.server.http).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let _ = stream.write_all(request.as_bytes()); // The server may have had enough before the end.
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn basic(login: &str, secret: &str) -> String {
    format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode(format!("{login}:{secret}")))
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

fn json(members: &[(&str, &str)]) -> String {
    let members = members.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
    Value::Object(members.collect()).to_string()
}

fn text(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap_or_else(|| panic!("{member} is not in {body}")).to_owned()
}

/// Every octet escaped, for a URL.
fn percent(text: &str) -> String {
    text.bytes().map(|octet| format!("%{octet:02x}")).collect()
}

/// All that is kept, as text.
fn files(directory: &Path) -> String {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { lossy(&path) };
    entries.map(read).collect()
}

fn lossy(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

/// A secret, and what it may look like.
struct Secret {
    text: String,
    /// In any case of letters.
    in_any_case: Vec<String>,
    /// As it is.
    exact: Vec<String>,
}

impl Secret {
    fn new(text: &str) -> Secret {
        let octets = text.bytes().map(|octet| octet.to_string()).collect::<Vec<_>>();
        let hex = text.bytes().map(|octet| format!("{octet:02x}")).collect::<String>();
        let in_any_case = [
            text.to_owned(),
            percent(text),
            text.replace(' ', "%20"),
            text.replace(' ', "+"),
            hex,
            octets.join(", "),
            octets.join(","),
        ];
        let engines = [BASE64_STANDARD, BASE64_URL_SAFE];
        let exact = engines.iter().flat_map(|engine| (0..3).map(|shift| in_base64(text, shift, engine))).collect();
        Secret {
            text: text.to_owned(),
            in_any_case: in_any_case.iter().map(|form| form.to_lowercase()).collect(),
            exact,
        }
    }

    /// Behind a login, too: what stands before it moves its base64, which all three alignments find.
    fn of(login: &str, text: &str) -> Secret {
        let mut secret = Secret::new(text);
        secret.exact.push(BASE64_STANDARD.encode(format!("{login}:{text}")));
        secret
    }
}

/// What is in base64 of a text whatever stands before and behind it, where so many octets more than threes stand before it.
fn in_base64(text: &str, shift: usize, engine: &impl Engine) -> String {
    let encoded = engine.encode(format!("{}{text}", "\0".repeat(shift)));
    let (first, end) =
        (usize::saturating_mul(shift, 8).div_ceil(6), usize::saturating_add(shift, text.len()).saturating_mul(8) / 6);
    encoded[first..end].to_owned()
}

/// The line in which a secret is, in one of its forms.
fn found<'t>(text: &'t str, secret: &Secret) -> Option<&'t str> {
    let is_in = |line: &&str| {
        let lower = line.to_lowercase();
        secret.in_any_case.iter().any(|form| lower.contains(form))
            || secret.exact.iter().any(|form| line.contains(form))
    };
    text.lines().find(is_in)
}

/// The search finds what it is for.
#[test]
fn a_secret_is_found_in_every_form() {
    let secret = Secret::of("joe", PASSWORD);
    let behind = |login: &str| BASE64_STANDARD.encode(format!("{login}:{PASSWORD}"));
    for form in [
        PASSWORD.to_owned(),
        PASSWORD.to_uppercase(),
        percent(PASSWORD),
        percent(PASSWORD).to_uppercase(),
        "correct+horse+battery".to_owned(),
        "correct%20horse%20battery".to_owned(),
        behind("a"),
        behind("ab"),
        behind("abc"),
        BASE64_STANDARD.encode(format!("{PASSWORD} and more")),
        BASE64_URL_SAFE.encode(PASSWORD),
        format!("{:?}", PASSWORD.as_bytes()),
    ] {
        assert!(found(&format!("a line\nand {form}, another\n"), &secret).is_some(), "{form}");
    }
    assert_eq!(found("correct house battery\n", &secret), None);
}
