//! Who may do what: every route against every kind of credentials.
//!
//! `tests/data/credentials.txt` has at least one row for each row of the route table, and none for anything else.

use std::collections::BTreeSet;

use ddns_core::{Caller, Command, NewClient, Settings, SignUp};
use ddns_http::{RouteInfo, routes};
use ddns_service::{Origin, Request};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::client::ask;
use crate::house::{House, Keeps};

/// The columns of the file, as `House::authorization` knows them; `no` is none at all.
const COLUMNS: &[&str] = &[
    "no",
    "joe/wrong",
    "eve",
    "joe",
    "revoked",
    "ann",
    "suspended",
    "update-only",
    "home-only",
    "joe/bearer",
    "joe/password",
];

pub(crate) struct Row {
    pub(crate) route: String,
    request: String,
    body: String,
    cells: Vec<String>,
}

impl Row {
    /// Whether joe changes something with it.
    pub(crate) fn changes(&self) -> bool {
        self.cells[COLUMNS.iter().position(|who| *who == "joe").unwrap()].ends_with('*')
    }

    /// Whether its answers have bodies, and those are JSON.
    fn answers_in_json(&self) -> bool {
        let is_this = |route: &RouteInfo| format!("{} {}", route.method, route.path) == self.route;
        let dialect = routes().into_iter().find(is_this).unwrap().dialect;
        ["two-dns", "clients", "confirm", "designate"].contains(&dialect) && !self.route.starts_with("HEAD ")
    }

    /// What the body is said to be: Designate wants to hear that it is JSON, even where there is none.
    fn kind(&self) -> &'static str {
        let (_, path) = self.route.split_once(' ').unwrap();
        if path.starts_with("/v1/") || path.starts_with("/domains/{") {
            return "Content-Type: application/json\r\n";
        }
        if self.body.starts_with('{') { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" }
    }

    /// The request with more headers, each with its line's end.
    pub(crate) fn raw(&self, code: &str, headers: &str) -> String {
        let (request, body) = (self.request.replace("CODE", code), &self.body);
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let kind = self.kind();
        format!("{request} HTTP/1.1\r\nHost: ddns.test\r\n{headers}{kind}{length}\r\n{body}")
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let text = include_str!("data/credentials.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(row).collect()
}

/// `METHOD PATTERN | TARGET | BODY | CELL …`
fn row(line: &str) -> Row {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [route, target, body, cells] = parts[..] else { panic!("{line}") };
    let route = route.split_whitespace().collect::<Vec<_>>().join(" ");
    let method = route.split(' ').next().unwrap();
    let cells: Vec<String> = cells.split_whitespace().map(str::to_owned).collect();
    assert_eq!(cells.len(), COLUMNS.len(), "{line}");
    Row { request: format!("{method} {target}"), route, body: body.to_owned(), cells }
}

#[test]
fn every_route_has_a_row() {
    let served: BTreeSet<String> = routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let named: BTreeSet<String> = rows().into_iter().map(|row| row.route).collect();
    assert_eq!(served, named, "the route table on the left, tests/data/credentials.txt on the right");
}

/// Each cell is a status, with `=words` the whole body too (`~` is a space), and `*` at its end where something changes:
/// everywhere else the log stays as it is.
#[test]
fn every_route_with_every_kind_of_credentials() {
    let rows = rows();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts = Keeps::ALL.into_iter().flat_map(|keeps| rows.chunks(8).map(move |rows| (keeps, rows)));
        let threads: Vec<_> = parts.map(|(keeps, rows)| scope.spawn(move || check_rows(keeps, rows))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} cells are otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is otherwise.
fn check_rows(keeps: Keeps, rows: &[Row]) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in rows {
        for (who, cell) in COLUMNS.iter().zip(&row.cells) {
            if let Err(otherwise) = check(keeps, row, who, cell) {
                wrong.push(format!("{} by {who}, {keeps:?}: {otherwise}", row.request));
            }
        }
    }
    wrong
}

fn check(keeps: Keeps, row: &Row, who: &str, cell: &str) -> Result<(), String> {
    let (house, code) = furnish(House::that(keeps));
    let before = house.entries();
    let authorization = match who {
        "no" => String::new(),
        who => format!("Authorization: {}\r\n", house.authorization(who)),
    };
    let answer = ask(house.address, row.raw(&code, &authorization));
    let (said, changes) = cell.strip_suffix('*').map_or((cell, false), |said| (said, true));
    let (status, words) = said.split_once('=').map_or((said, None), |(status, words)| (status, Some(words)));
    let is_challenge = |value: &str| value.starts_with("Basic ");
    let right = [
        answer.status.to_string() == status,
        words.is_none_or(|words| answer.body == words.replace('~', " ")),
        answer.status != 401 || answer.header("www-authenticate").is_some_and(is_challenge),
        answer.status != 401 || !row.answers_in_json() || has_message(&answer.body),
        (house.entries() != before) == changes,
    ];
    let grown = house.entries().abs_diff(before);
    if right.contains(&false) {
        return Err(format!("expected {cell}, got {} {} and {grown} log entries", answer.status, answer.body));
    }
    Ok(())
}

/// Whether a body is one sentence for people.
fn has_message(body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["message"].as_str().is_some_and(|message| !message.is_empty())
}

/// The house with joe's client `box`, on which `home` hangs, with open sign-up, and with a link by which joe may choose a new
/// password.
pub(crate) fn furnished() -> (House, String) {
    furnish(House::new())
}

/// Likewise, with a house of other settings.
pub(crate) fn furnish(house: House) -> (House, String) {
    let run = |command: Command| {
        house.service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap()
    };
    let (key, host) = ("box".parse::<ddns_core::ClientKey>().unwrap(), "home.dyn.example".parse().unwrap());
    run(Command::AddClient(NewClient { key: key.clone(), owner: house.joe(), offline: false }));
    run(Command::AttachHost { key, host });
    run(Command::SetSettings(Settings { sign_up: SignUp::Open, mail: true, ..Settings::default() }));
    let mail = ddns_service::fresh::uuid();
    let reply = run(Command::AskPassword { login: "joe@example.org".parse().unwrap(), mail });
    let mail = reply.snapshot.registry.mail(mail).unwrap().clone();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let code = runtime.block_on(house.service.link_code(&mail)).unwrap().unwrap();
    (house, code.expose_secret().to_owned())
}
