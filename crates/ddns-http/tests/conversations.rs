//! Conversations as data: `tests/data/*.txt`, each case in a house of its own.
//!
//! ```text
//! == what the case is about
//! > GET /nic/update?hostname=home.dyn.example       a request; "> " again for each header, ". " for each line of a body
//! > Authorization: joe                              credentials by name (see house.rs)
//! < 200                                             the status; "< " again for each header that must be there
//! = good 127.0.0.1                                  the whole body, line by line
//! ? home.dyn.example 127.0.0.1 - 60 plain no        a host afterwards: IPv4, IPv6, ttl, wildcard, offline; or "absent"
//! ? client car joe@example.org no 127.0.0.1 - a b  a client afterwards: owner, offline, IPv4, IPv6, its hosts; or "absent"
//! ? values home.dyn.example a b                     its challenge values afterwards
//! ? entries 1                                       how many entries the request added to the log
//! ! {"sign_up":"open"}                              the operator's settings from here on
//! ```
//!
//! A request line without a version is HTTP/1.1 with a `Host`. `{token NAME}` stands for a token, `{account LOGIN}` and
//! `{domain NAME}` for an id, `{request}` in a body for the id that the answer's header tells. `{new NAME}` in an answer stands
//! for an id that nobody knew before, and `{id NAME}` for the same one from there on.

use std::collections::BTreeMap;

use crate::client::ask;
use crate::house::House;

#[test]
fn two_dns() {
    run(include_str!("data/two_dns.txt"), 34);
}

#[test]
fn refusals() {
    run(include_str!("data/refusals.txt"), 12);
}

#[test]
fn clients() {
    run(include_str!("data/clients.txt"), 28);
}

#[test]
fn accounts() {
    run(include_str!("data/accounts.txt"), 15);
}

#[test]
fn acme() {
    run(include_str!("data/acme.txt"), 16);
}

#[test]
fn dyndns() {
    run(include_str!("data/dyndns.txt"), 43);
}

#[test]
fn duckdns() {
    run(include_str!("data/duckdns.txt"), 21);
}

#[test]
fn update_url() {
    run(include_str!("data/update_url.txt"), 6);
}

#[test]
fn plain() {
    run(include_str!("data/plain.txt"), 7);
}

#[test]
fn designate_frame() {
    run(include_str!("data/designate_frame.txt"), 27);
}

/// At least so many cases there are: a file that is not read as meant fails.
fn run(file: &str, at_least: usize) {
    run_in(House::new, file, at_least);
}

/// Likewise, in houses of another kind.
pub(crate) fn run_in(house: fn() -> House, file: &str, at_least: usize) {
    let cases: Vec<&str> = file.split("\n== ").skip(1).collect();
    assert!(cases.len() >= at_least, "only {} cases", cases.len());
    for case in cases {
        let (title, steps) = case.split_once('\n').unwrap();
        Case::new(title, house()).run(steps);
    }
}

struct Case<'c> {
    title: &'c str,
    house: House,
    request: Vec<&'c str>,
    body: Vec<&'c str>,
    expected: Vec<&'c str>,
    expected_body: Vec<&'c str>,
    before: u64,
    /// Ids that answers told.
    ids: BTreeMap<String, String>,
}

impl<'c> Case<'c> {
    fn new(title: &'c str, house: House) -> Case<'c> {
        let before = house.entries();
        let [request, body, expected, expected_body] = [const { Vec::new() }; 4];
        Case { title, house, request, body, expected, expected_body, before, ids: BTreeMap::new() }
    }

    fn run(mut self, steps: &'c str) {
        for line in steps.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            if matches!(kind, ">" | "?" | "!") && !self.expected.is_empty() {
                self.talk();
            }
            match kind {
                ">" => self.request.push(rest),
                "." => self.body.push(rest),
                "<" => self.expected.push(rest),
                "=" => self.expected_body.push(rest),
                "?" => self.look(rest),
                "!" => self.house.settle(serde_json::from_str(rest).unwrap()),
                other => panic!("{}: what is {other:?}?", self.title),
            }
        }
        if !self.expected.is_empty() {
            self.talk();
        }
        assert!(self.request.is_empty(), "{}: a request without an answer", self.title);
    }

    /// Sends the request and compares the answer.
    fn talk(&mut self) {
        self.before = self.house.entries();
        let request = self.raw();
        let answer = ask(self.house.address, &request);
        answer.check_framing();
        let title = format!("{}\n{request}\n{answer:?}", self.title);
        let mut expected = self.expected.drain(..);
        assert_eq!(Some(answer.status.to_string().as_str()), expected.next(), "{title}");
        let headers: Vec<_> = expected.map(|header| header.split_once(": ").unwrap()).collect();
        for (name, value) in headers {
            let found = answer.header(&name.to_lowercase()).unwrap_or_default();
            let value = self.learnt(&self.filled(value), found);
            assert_eq!(found, value, "{name}: {title}");
        }
        let found = match answer.header("x-openstack-request-id") {
            Some(id) => answer.body.replace(id, "{request}"),
            None => answer.body.clone(),
        };
        let body = self.learnt(&self.filled(&self.expected_body.join("\n")), &found);
        assert_eq!(found, body, "{title}");
        self.request.clear();
        self.body.clear();
        self.expected_body.clear();
    }

    fn raw(&self) -> String {
        let mut lines = self.request.iter().map(|line| self.filled(line));
        let first = lines.next().unwrap_or_else(|| panic!("{}: an answer without a request", self.title));
        let versioned = first.contains(" HTTP/");
        let mut raw =
            if versioned { format!("{first}\r\n") } else { format!("{first} HTTP/1.1\r\nHost: ddns.test\r\n") };
        for line in lines {
            let line = match line.strip_prefix("Authorization: ") {
                Some(who) => format!("Authorization: {}", self.house.authorization(who)),
                None => line,
            };
            raw.push_str(&format!("{line}\r\n"));
        }
        let body = self.filled(&self.body.join("\n"));
        assert!(!format!("{raw}{body}").contains("{id "), "{}: an id that nobody has told: {raw}{body}", self.title);
        if !self.body.is_empty() {
            raw.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        raw + "\r\n" + &body
    }

    fn look(&self, what: &str) {
        let (name, mut expected) = what.split_once(' ').unwrap();
        let seen = match name {
            "entries" => self.house.entries().abs_diff(self.before).to_string(),
            "client" => {
                let (key, line) = expected.split_once(' ').unwrap();
                expected = line;
                self.house.client(key)
            }
            "values" => {
                let (host, line) = expected.split_once(' ').unwrap_or((expected, ""));
                expected = line;
                self.house.values(host)
            }
            host => self.house.host(host),
        };
        assert_eq!(seen, expected, "{}: {name}", self.title);
    }
}

impl Case<'_> {
    /// A text with what its placeholders stand for.
    fn filled(&self, text: &str) -> String {
        let registry = &self.house.service.snapshot().registry;
        let meaning = |kind: &str, name: &str| match kind {
            "token" => self.house.token(name).to_owned(),
            "account" => registry.account_by_login(&name.parse().unwrap()).unwrap().id.to_string(),
            _ => registry.domain_by_name(&name.parse().unwrap()).unwrap().id.to_string(),
        };
        let known = |text: String, (name, id): (&String, &String)| text.replace(&format!("{{id {name}}}"), id);
        let mut filled = self.ids.iter().fold(text.to_owned(), known);
        for kind in ["token", "account", "domain"] {
            while let Some((before, rest)) = filled.split_once(&format!("{{{kind} ")) {
                let (name, after) = rest.split_once('}').unwrap();
                filled = format!("{before}{}{after}", meaning(kind, name));
            }
        }
        filled
    }

    /// What is expected, with the ids that are new in what was found.
    fn learnt(&mut self, expected: &str, found: &str) -> String {
        let mut learnt = expected.to_owned();
        let is_secret = |text: &str| text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
        for (kind, len) in [("{new ", 36), ("{secret ", 40)] {
            while let Some((before, rest)) = learnt.split_once(kind) {
                let (name, after) = rest.split_once('}').unwrap();
                let new = found.get(before.len()..).and_then(|rest| rest.get(..len)).unwrap_or_default().to_owned();
                assert!(new.len() == len, "{}: {found}", self.title);
                assert!(uuid::Uuid::try_parse(&new).is_ok() || is_secret(&new), "{}: {found}", self.title);
                self.ids.insert(name.to_owned(), new.clone());
                learnt = format!("{before}{new}{after}");
            }
        }
        self.filled(&learnt)
    }
}
