//! Who may do what: every route against every kind of credentials.
//!
//! `tests/data/credentials.txt` has at least one row for each row of the route table, and none for anything else.

use std::collections::BTreeSet;

use ddns_core::{
    Caller, Command, Name, NewClient, NewRecord, RecordData, Scope, Settings, SignUp, TsigAlgorithm, TsigKey,
};
use ddns_http::{RouteInfo, routes};
use ddns_service::{Origin, Request, fresh};
use ddns_store::Secret;
use secrecy::ExposeSecret;
use serde_json::Value;
use uuid::Uuid;

use crate::client::ask;
use crate::house::{House, Keeps, PASSWORD};

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
    /// Whether its answers have bodies, and those are JSON.
    fn answers_in_json(&self) -> bool {
        let in_json = ["two-dns", "clients", "confirm", "designate", "httpreq"].contains(&self.dialect());
        in_json && !self.route.starts_with("HEAD ")
    }

    fn dialect(&self) -> &'static str {
        let is_this = |route: &RouteInfo| format!("{} {}", route.method, route.path) == self.route;
        routes().into_iter().find(is_this).unwrap().dialect
    }

    /// What the body is said to be: Designate wants to hear that it is JSON, even where there is none.
    fn kind(&self) -> &'static str {
        let (_, path) = self.route.split_once(' ').unwrap();
        if path.starts_with("/v1/") || path.starts_with("/domains/{") {
            return "Content-Type: application/json\r\n";
        }
        if self.body.starts_with('{') { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" }
    }

    /// Whether it is about Designate, which takes a token in a header of its own.
    fn is_designate(&self) -> bool {
        self.dialect() == "designate"
    }

    /// Who changes something with it, of joe and the operator.
    pub(crate) fn changed_by(&self) -> Option<&'static str> {
        ["joe", "ann"].into_iter().find(|who| self.cell(who).ends_with('*'))
    }

    /// Whether what a cell tells is nothing that counts for the next request.
    fn leaves_as_is(&self, cell: &str) -> bool {
        let reads = self.route.starts_with("GET ") || self.route.starts_with("HEAD ");
        !cell.ends_with('*') && (reads || cell.starts_with('4'))
    }

    /// Whether a stranger is refused.
    pub(crate) fn needs_credentials(&self) -> bool {
        self.cell("no").starts_with("401")
    }

    /// Whether every account that may act reads the same there, whatever its token is for.
    pub(crate) fn tells_anybody(&self) -> bool {
        self.cell("update-only").starts_with("200") && !self.cell("joe").ends_with('*')
    }

    /// Whether its path is this one.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.route.split_once(' ').is_some_and(|(_, pattern)| pattern == path)
    }

    fn cell(&self, who: &str) -> &str {
        &self.cells[COLUMNS.iter().position(|column| *column == who).unwrap()]
    }

    /// The request with more headers, each with its line's end.
    pub(crate) fn raw(&self, house: &House, code: &str, headers: &str) -> String {
        let (request, body) = (filled(house, ids(house, &self.request).replace("CODE", code)), &self.body);
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let kind = self.kind();
        format!("{request} HTTP/1.1\r\nHost: ddns.test\r\n{headers}{kind}{length}\r\n{body}")
    }
}

/// A request line with ids of what the house has: joe's domain, a record in it, a name server, a TSIG key, joe's token
/// for the office, joe's account.
fn ids(house: &House, line: &str) -> String {
    let snapshot = house.service.snapshot();
    let registry = &snapshot.registry;
    let name = |text: &str| text.parse::<Name>().unwrap();
    let domain = registry.domain_by_name(&"joe.example".parse().unwrap()).map(|domain| domain.id);
    let server = registry.servers().find(|server| server.name == name("ns2.example.org")).map(|server| server.id);
    let meanings = [
        ("DOMAIN_ID", domain),
        ("RECORD_ID", registry.records_at(&name("www.joe.example")).first().map(|record| record.id)),
        ("SERVER_ID", server),
        ("TSIGKEY_ID", registry.tsig_keys().next().map(|key| key.id)),
        ("TOKEN_ID", registry.tokens().find(|token| token.label.as_str() == "office-only").map(|token| token.id)),
        ("TENANT_ID", registry.account(house.joe()).map(|account| account.id)),
    ];
    let filled =
        |line: String, (word, id): (&str, Option<Uuid>)| line.replace(word, &id.unwrap_or_default().to_string());
    meanings.into_iter().fold(line.to_owned(), filled)
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
        // What changes nothing leaves the house as it is for the next one.
        let mut furnished = None;
        for (who, cell) in COLUMNS.iter().zip(&row.cells) {
            let place = furnished.take().unwrap_or_else(|| furnish(House::that(keeps)));
            let headers = match *who {
                "no" => String::new(),
                who => format!("Authorization: {}\r\n", place.0.authorization(who)),
            };
            if let Err(otherwise) = check(&place, row, &headers, cell) {
                wrong.push(format!("{} by {who}, {keeps:?}: {otherwise}", row.request));
            }
            furnished = Some(place).filter(|_| row.leaves_as_is(cell));
        }
    }
    wrong
}

fn check((house, code): &(House, String), row: &Row, headers: &str, cell: &str) -> Result<(), String> {
    let before = house.entries();
    let answer = ask(house.address, row.raw(house, code, headers));
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

/// A token in the header of Designate's own proves there what it proves elsewhere, and counts alone; to every other dialect it
/// is nothing.
#[test]
fn every_route_with_every_kind_of_token_in_the_header_of_its_own() {
    let rows = rows();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = rows.chunks(16).map(|rows| scope.spawn(move || check_tokens(rows))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} are otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

fn check_tokens(rows: &[Row]) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in rows {
        let mut place = None;
        for (what, headers, cell) in tokens(row) {
            let here = place.take().unwrap_or_else(furnished);
            if let Err(otherwise) = check(&here, row, &filled(&here.0, headers), &cell) {
                wrong.push(format!("{} {what}: {otherwise}", row.request));
            }
            place = Some(here).filter(|_| row.leaves_as_is(&cell));
        }
    }
    wrong
}

/// What stands in the headers, and the cell that comes of it.
fn tokens(row: &Row) -> Vec<(String, String, String)> {
    let token = |who: &str| format!("X-Auth-Token: {{{who}}}\r\n");
    let basic = |who: &str| format!("Authorization: <{who}>\r\n");
    let (nobody, wrong) = (row.cell("no").to_owned(), row.cell("joe/wrong").to_owned());
    if !row.is_designate() {
        return vec![("with joe's token".to_owned(), token("joe"), nobody)];
    }
    let mut tokens: Vec<_> = ["eve", "joe", "revoked", "ann", "suspended", "update-only", "home-only"]
        .into_iter()
        .map(|who| (format!("with the token {who}"), token(who), row.cell(who).to_owned()))
        .collect();
    let reads = row.route.starts_with("GET ") || row.route.starts_with("HEAD ") || row.cell("no") == "200";
    let read_only = if reads { row.cell("joe") } else { "403" };
    for (what, headers, cell) in [
        ("with one that only reads", token("read-only"), read_only.to_owned()),
        ("with none in it", "X-Auth-Token:\r\n".to_owned(), wrong.clone()),
        ("with a password", format!("X-Auth-Token: {PASSWORD}\r\n"), wrong.clone()),
        ("with junk", "X-Auth-Token: 0123456789abcdef0123456789abcdef01234567\r\n".to_owned(), wrong.clone()),
        ("with two", token("joe") + &token("joe"), wrong.clone()),
        ("with joe's, and a wrong password", token("joe") + &basic("joe/wrong"), row.cell("joe").to_owned()),
        ("with joe's, and eve's besides", basic("eve") + &token("joe"), row.cell("joe").to_owned()),
        ("with a revoked one, and joe's besides", token("revoked") + &basic("joe"), wrong),
    ] {
        tokens.push((what.to_owned(), headers, cell));
    }
    tokens
}

/// Headers, or a request line, with the house's tokens and authorizations.
fn filled(house: &House, headers: String) -> String {
    let mut filled = headers;
    while let Some((before, rest)) = filled.split_once('{') {
        let (who, after) = rest.split_once('}').unwrap();
        filled = format!("{before}{}{after}", house.token(who));
    }
    while let Some((before, rest)) = filled.split_once('<') {
        let (who, after) = rest.split_once('>').unwrap();
        filled = format!("{before}{}{after}", house.authorization(who));
    }
    filled
}

/// Whether a body is one sentence for people.
fn has_message(body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["message"].as_str().is_some_and(|message| !message.is_empty())
}

/// The house with joe's client `box`, on which `home` hangs, with a challenge value of `home`, with open sign-up, a record `www` in joe's domain, two name servers
/// and a TSIG key, and with a link by which joe may choose a new password.
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
    for name in ["ns1.example.org", "ns2.example.org"] {
        run(Command::AddServer { id: fresh::uuid(), name: name.parse().unwrap(), addresses: Vec::new() });
    }
    run(Command::AddRecord(www()));
    let home = "home.dyn.example".parse().unwrap();
    run(Command::AddChallenge { host: home, value: "there".parse().unwrap(), keep: None });
    add_key(&house);
    run(Command::SetSettings(Settings { sign_up: SignUp::Open, mail: true, ..Settings::default() }));
    let mail = ddns_service::fresh::uuid();
    let reply = run(Command::AskPassword { login: "joe@example.org".parse().unwrap(), mail });
    let mail = reply.snapshot.registry.mail(mail).unwrap().clone();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let code = runtime.block_on(house.service.link_code(&mail)).unwrap().unwrap();
    (house, code.expose_secret().to_owned())
}

fn www() -> NewRecord {
    NewRecord {
        id: fresh::uuid(),
        name: "www.joe.example".parse().unwrap(),
        data: RecordData::parse("A".parse().unwrap(), "192.0.2.1").unwrap(),
        ttl: None,
        description: None,
        domain: None,
        narrow: false,
    }
}

/// A TSIG key of joe's.
fn add_key(house: &House) {
    let secret = fresh::secret_id();
    let key = TsigKey {
        id: fresh::uuid(),
        name: "transfers".parse().unwrap(),
        algorithm: TsigAlgorithm::HmacSha256,
        account: house.joe(),
        scope: Scope::FULL,
        secret,
        created: house.service.now(),
    };
    let request = Request::new(Caller::Local, Command::AddTsigKey(key), Origin::new("test"));
    let octets = b"secret of two sides".to_vec();
    house.service.submit_blocking(request.with_secret(secret, Secret::TsigKey(octets.into()))).unwrap();
}
