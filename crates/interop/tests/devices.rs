//! What routers, cameras and update programs send, replayed to the real server: the files of `crates/ddns-http/tests/data/devices`,
//! which that crate's own tests play to a service in memory.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::site::{PATIENCE, Server, Site, until};

const HOSTS: [&str; 2] = ["home.dyn.example", "cam.dyn.example"];

#[test]
fn every_device_against_the_real_server() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ddns-http/tests/data/devices");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let yard = Yard::new();
    let mut cases = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for case in text.split("\n== ").skip(1) {
            let (title, steps) = case.split_once('\n').unwrap();
            yard.reset();
            Case { yard: &yard, title: format!("{}: {title}", file.display()), step: Step::default() }.play(steps);
            cases += 1;
        }
    }
    assert!(cases >= 35, "only {cases} cases");
    yard.site.server.stop();
}

/// Two people and their hosts, served behind a proxy to whoever sends credentials as parameters too.
struct Yard {
    site: Site,
    /// Logins and tokens, by the names that the files have for them.
    credentials: BTreeMap<&'static str, (&'static str, String)>,
}

impl Yard {
    fn new() -> Yard {
        let mut site = Site::with_hosts::<&str>(&[]);
        site.add_account("joe@example.org", 5);
        site.add_account("eve@example.org", 5);
        for host in HOSTS {
            site.ddns(&["host", "add", host, "--owner", "joe@example.org"]);
        }
        site.ddns(&["host", "set", "cam.dyn.example", "--suffix", "::c0de"]);
        site.ddns(&["host", "add", "eve.dyn.example", "--owner", "eve@example.org"]);
        let scopes: [(&str, &str, &[&str]); 5] = [
            ("joe", "joe@example.org", &[]),
            ("eve", "eve@example.org", &[]),
            ("home-only", "joe@example.org", &["--host", "home.dyn.example"]),
            ("update-only", "joe@example.org", &["--action", "update"]),
            ("revoked", "joe@example.org", &["--label", "revoked"]),
        ];
        let token = |login: &str, scope: &[&str]| site.ddns(&[&["token", "create", login][..], scope].concat());
        let credentials = scopes.map(|(name, login, scope)| (name, (login, token(login, scope).trim().to_owned())));
        let tokens: Value = serde_json::from_str(&site.ddns(&["token", "list", "--output", "json"])).unwrap();
        let revoked = tokens.as_array().unwrap().iter().find(|token| token["label"] == "revoked").unwrap();
        site.ddns(&["token", "revoke", revoked["id"].as_str().unwrap()]);
        site.server.kill();
        let more = ["--trusted-proxies", "127.0.0.1/32", "--dyndns-query-credentials", "true"];
        site.server = Server::start_with(site.directory.path(), &more);
        Yard { site, credentials: credentials.into() }
    }

    /// Hosts as they are at the beginning of each case.
    fn reset(&self) {
        for host in HOSTS {
            let nothing = ["--no-ipv4", "--no-ipv6", "--wildcard", "false", "--offline", "false"];
            self.site.ddns(&[&["host", "set", host][..], &nothing].concat());
        }
    }

    fn authorization(&self, who: &str) -> String {
        let (name, how) = who.split_once('/').unwrap_or((who, "token"));
        let nobody = ("nobody@example.org", "correct horse battery".to_owned());
        let (login, token) = self.credentials.get(name).unwrap_or(&nobody);
        let login = if how == "escaped" { login.replace('@', "%40") } else { (*login).to_owned() };
        let secret = if how == "wrong" { "wrong horse battery" } else { token };
        format!("Basic {}", BASE64_STANDARD.encode(format!("{login}:{secret}")))
    }

    fn filled(&self, text: &str) -> String {
        let fill = |text: String, (name, (_, token)): (&&str, &(&str, String))| {
            text.replace(&format!("{{token {name}}}"), token)
        };
        self.credentials.iter().fold(text.to_owned(), fill)
    }

    /// The newest entry's number.
    fn version(&self) -> u64 {
        let log: Value = serde_json::from_str(&self.site.ddns(&["log", "--limit", "1", "--output", "json"])).unwrap();
        log[0]["version"].as_u64().unwrap()
    }

    /// A host as the files have it, from the store; and DNS answers so, at once or when it has seen the last reset.
    fn host(&self, name: &str) -> String {
        let host: Value = serde_json::from_str(&self.site.ddns(&["host", "show", name, "--output", "json"])).unwrap();
        let address = |family: &str| host[family].as_str().unwrap_or("-").to_owned();
        let wildcard = if host["wildcard"] == true { "wildcard" } else { "plain" };
        if host["offline"] == "no" {
            for (family, record_type) in [("ipv4", "A"), ("ipv6", "AAAA")] {
                let expected: Vec<&str> = host[family].as_str().into_iter().collect();
                until(|| self.site.served(name, record_type) == expected);
            }
        }
        let offline = host["offline"].as_str().unwrap();
        format!("{} {} {} {wildcard} {offline}", address("ipv4"), address("ipv6"), host["ttl"])
    }
}

/// One case of a file.
struct Case<'y> {
    yard: &'y Yard,
    title: String,
    step: Step,
}

/// A request, and what its answer must be.
#[derive(Default)]
struct Step {
    request: Vec<String>,
    body: Vec<String>,
    answer: Vec<String>,
    answer_body: Vec<String>,
    before: u64,
}

impl Case<'_> {
    fn play(mut self, steps: &str) {
        for line in steps.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            if matches!(kind, ">" | "?") && !self.step.answer.is_empty() {
                self.talk();
            }
            let rest = self.yard.filled(rest);
            match kind {
                ">" => self.step.request.push(rest),
                "." => self.step.body.push(rest),
                "<" => self.step.answer.push(rest),
                "=" => self.step.answer_body.push(rest),
                "?" => self.look(&rest),
                other => panic!("{}: what is {other:?}?", self.title),
            }
        }
        if !self.step.answer.is_empty() {
            self.talk();
        }
    }

    fn talk(&mut self) {
        let step = Step { before: self.yard.version(), ..Step::default() };
        let asked = std::mem::replace(&mut self.step, step);
        let request = asked.octets(self.yard);
        let (status, headers, body) = ask(&self.yard.site, &request);
        let title = format!("{}\n{request}\n{status}\n{headers}\n{body}", self.title);
        assert_eq!(status, asked.answer[0], "{title}");
        for header in &asked.answer[1..] {
            let expected = header.to_ascii_lowercase();
            assert!(headers.to_ascii_lowercase().lines().any(|line| line == expected), "{header}: {title}");
        }
        assert_eq!(body, asked.answer_body.join("\n"), "{title}");
    }

    fn look(&self, what: &str) {
        let (name, expected) = what.split_once(' ').unwrap();
        let seen = match name {
            "entries" => self.yard.version().abs_diff(self.step.before).to_string(),
            host => self.yard.host(host),
        };
        assert_eq!(seen, expected, "{}: {name}", self.title);
    }
}

impl Step {
    fn octets(&self, yard: &Yard) -> String {
        let mut lines = self.request.iter();
        let first = lines.next().unwrap();
        let versioned = first.contains(" HTTP/");
        let mut raw =
            if versioned { format!("{first}\r\n") } else { format!("{first} HTTP/1.1\r\nHost: ddns.test\r\n") };
        for line in lines {
            match line.strip_prefix("Authorization: ").filter(|who| !who.is_empty() && !who.contains(' ')) {
                Some(who) => raw.push_str(&format!("Authorization: {}\r\n", yard.authorization(who))),
                None => raw.push_str(&format!("{line}\r\n")),
            }
        }
        let body = self.body.join("\n");
        if !body.is_empty() {
            raw.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        format!("{raw}\r\n{body}")
    }
}

/// The status, the headers and the body of an answer, whose length is told.
fn ask(site: &Site, request: &str) -> (String, String, String) {
    let mut stream = TcpStream::connect(site.server.http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (mut received, mut octet) = (Vec::new(), [0]);
    while !received.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet).unwrap();
        received.extend(octet);
    }
    let head = String::from_utf8(received).unwrap().replace("\r\n", "\n");
    let (status, headers) = head.split_once('\n').unwrap();
    let length =
        headers.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_else(|| panic!("an answer without its length: {head}"))];
    stream.read_exact(&mut body).unwrap();
    (status.split(' ').nth(1).unwrap().to_owned(), headers.to_owned(), String::from_utf8(body).unwrap())
}
