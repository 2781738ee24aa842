//! A credential reads and changes what it was made for, and nothing else: every route, in every dialect.
//!
//! `tests/data/isolation.txt` has at least one row for each row of the route table, and none for anything else. With each
//! token of [`COLUMNS`], all of which are for the host `home` alone, each row is asked; then the whole registry is compared
//! with what it was before, and the answer is searched for everything that the token must not know of. Where a row names
//! something else, it is asked three times: about another one of the same account, about another account's, and about one
//! that there is not. Nobody who holds such a token can tell these three apart.

use std::collections::BTreeSet;
use std::time::Duration;

use ddns_core::{
    AccountNo, Actions, AddressEdit, Caller, Change, Command, Delta, HostEdit, HostScope, NewClient, NewRecord,
    NewToken, RecordData, Scope, Timestamp, Together,
};
use ddns_http::routes;
use ddns_service::{Origin, Request, fresh};
use ddns_store::SoftKey;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::client::{Answer, ask};
use crate::house::House;

/// The tokens of a cell each. All are joe's and for `home` alone: one that may do everything, one for challenge values, one
/// for updates, and one that reads.
const COLUMNS: [(&str, Actions); 4] = [
    ("everything", Actions { update: true, acme_challenge: true, read: true, manage: true }),
    ("certs", Actions { update: false, acme_challenge: true, read: false, manage: false }),
    ("updates", Actions { update: true, acme_challenge: false, read: false, manage: false }),
    ("reads", Actions { update: false, acme_challenge: false, read: true, manage: false }),
];
const HOME: &str = "home.dyn.example";

/// What is joe's and out of these tokens' reach, what is eve's, and what there is not: for each word of a row one of each.
const OTHERS: [(&str, [&str; 3]); 3] = [
    ("OTHER", ["vault.dyn.example", "burrow.dyn.example", "gone.dyn.example"]),
    ("LABEL", ["vault", "burrow", "gone"]),
    ("TENANT", ["TENANT_JOE", "TENANT_EVE", "TENANT_NONE"]),
];
/// Likewise ids, which are filled in by [`Place`].
const IDS: [&str; 5] = ["DOMAIN_ID", "RECORD_ID", "TOKEN_ID", "SERVER_ID", "TSIGKEY_ID"];

/// What no answer may hold, unless it was asked for.
const UNKNOWN: &[&str] = &[
    "vault",
    "burrow.dyn.example",
    "nas.joe.example",
    "www.joe.example",
    "joe.example",
    "eve.example",
    "eve@example.org",
    "sue@example.org",
    "evebox",
    "203.0.113.",
    "2001:db8:f00d",
    "of-others",
    "value-of-",
];

/// A row: the route, the request, and the cell of each column.
struct Row {
    route: String,
    target: String,
    body: String,
    cells: Vec<String>,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("data/isolation.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(Row::read).collect()
}

impl Row {
    /// `METHOD PATTERN | TARGET | BODY | CELL …`
    fn read(line: &str) -> Row {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [route, target, body, cells] = parts[..] else { panic!("{line}") };
        let route = route.split_whitespace().collect::<Vec<_>>().join(" ");
        let cells: Vec<String> = cells.split_whitespace().map(str::to_owned).collect();
        assert!(cells.len() == COLUMNS.len() || cells == ["public"], "{line}");
        Row { route, target: target.to_owned(), body: body.to_owned(), cells }
    }

    fn method(&self) -> &str {
        self.route.split(' ').next().unwrap()
    }

    fn dialect(&self) -> &'static str {
        let route =
            routes().into_iter().find(|route| format!("{} {}", route.method, route.path) == self.route).unwrap();
        if self.target.contains("SECRET") { "duckdns" } else { route.dialect }
    }

    /// Whether it looks at no credentials.
    fn is_public(&self) -> bool {
        self.cells == ["public"]
    }

    /// Which of three others it is asked about; one time where it is about none.
    fn variants(&self) -> std::ops::Range<usize> {
        let words = OTHERS.iter().map(|(word, _)| *word).chain(IDS);
        let about_others = words.into_iter().any(|word| self.target.contains(word) || self.body.contains(word));
        0..if about_others { 3 } else { 1 }
    }
}

/// A house with things of everybody's, and the four tokens.
struct Place {
    house: House,
    tokens: Vec<(Uuid, String)>,
    ids: Vec<[Uuid; 3]>,
    tenants: [Uuid; 3],
}

impl Place {
    fn new() -> Place {
        let house = House::new();
        let eve = owner_of(&house, "eve.dyn.example");
        let joe = house.joe();
        for (host, owner, address) in
            [("vault.dyn.example", joe, 7), ("nas.joe.example", joe, 8), ("burrow.dyn.example", eve, 9)]
        {
            house.add_host(host, owner);
            give(&house, host, address);
        }
        give(&house, HOME, 1);
        for (key, owner, hosts) in [
            ("both", joe, &[HOME, "vault.dyn.example"][..]),
            ("vaultbox", joe, &["nas.joe.example"]),
            ("evebox", eve, &["burrow.dyn.example"]),
        ] {
            run(&house, Command::AddClient(NewClient { key: key.parse().unwrap(), owner, offline: false }));
            for host in hosts {
                run(&house, Command::AttachHost { key: key.parse().unwrap(), host: host.parse().unwrap() });
            }
        }
        for host in [HOME, "vault.dyn.example", "burrow.dyn.example"] {
            let value = format!("value-of-{}", host.split('.').next().unwrap());
            let command =
                Command::AddChallenge { host: host.parse().unwrap(), value: value.parse().unwrap(), keep: None };
            run(&house, command);
        }
        let records = [record(&house, "www.joe.example"), record(&house, "www.eve.example"), fresh::uuid()];
        let server = fresh::uuid();
        run(&house, Command::AddServer { id: server, name: "ns1.example.org".parse().unwrap(), addresses: Vec::new() });
        let of_others = |account| add_token(&house, account, "of-others", Scope::FULL).0;
        let tokens = [of_others(joe), of_others(eve), fresh::uuid()];
        let domain = |name: &str| house.service.snapshot().registry.domain_by_name(&name.parse().unwrap()).unwrap().id;
        let domains = [domain("joe.example"), domain("eve.example"), fresh::uuid()];
        let ids = vec![domains, records, tokens, [server, server, fresh::uuid()], [fresh::uuid(); 3]];
        let account = |number| house.service.snapshot().registry.account(number).unwrap().id;
        let tenants = [account(joe), account(eve), fresh::uuid()];
        let only_home = || HostScope::Only(vec![HOME.parse().unwrap()]);
        let scope = |actions| Scope { hosts: only_home(), actions, ..Scope::FULL };
        let tokens = COLUMNS.map(|(label, actions)| add_token(&house, joe, label, scope(actions))).to_vec();
        Place { house, tokens, ids, tenants }
    }

    /// A row's text for this token and this one of three others.
    fn filled(&self, text: &str, token: &(Uuid, String), variant: usize) -> String {
        let text = OTHERS.iter().fold(text.to_owned(), |text, (word, others)| text.replace(word, others[variant]));
        let ids = IDS.iter().zip(&self.ids).map(|(word, ids)| (*word, ids[variant]));
        let tenants = ["TENANT_JOE", "TENANT_EVE", "TENANT_NONE"].into_iter().zip(self.tenants);
        let text = ids.chain(tenants).fold(text, |text, (word, id)| text.replace(word, &id.to_string()));
        text.replace("SECRET", &token.1).replace("USER", &token.0.to_string())
    }

    /// The same with what differs between the three left out.
    fn without_names(&self, text: &str, variant: usize) -> String {
        let text = OTHERS.iter().fold(text.to_owned(), |text, (word, others)| text.replace(others[variant], word));
        let ids = self.ids.iter().chain([&self.tenants]).map(|ids| ids[variant].to_string());
        let text = ids.fold(text, |text, id| text.replace(&id, "ID"));
        match text.split_once("\"request_id\":\"") {
            Some((before, rest)) => format!("{before}{}", rest.split_once('"').unwrap().1),
            None => text,
        }
    }

    /// The answer to a row with this token, and what has changed.
    fn ask(&self, row: &Row, token: &(Uuid, String), variant: usize) -> Answer {
        ask(self.house.address, self.request(row, token, variant, ""))
    }

    fn request(&self, row: &Row, token: &(Uuid, String), variant: usize, headers: &str) -> String {
        let (target, body) = (self.filled(&row.target, token, variant), self.filled(&row.body, token, variant));
        let credentials = match row.dialect() {
            "duckdns" => String::new(),
            "designate" => format!("X-Auth-Token: {}\r\n", token.1),
            "acme-dns" if row.target == "/update" => format!("X-Api-User: {}\r\nX-Api-Key: {}\r\n", token.0, token.1),
            _ => format!("Authorization: Bearer {}\r\n", token.1),
        };
        let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let kind = if row.dialect() == "designate" { "application/json" } else { kind };
        let length = body.len();
        let head = format!("{} {target} HTTP/1.1\r\nHost: ddns.test\r\n{headers}{credentials}", row.method());
        format!("{head}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}")
    }

    /// Everything that there is, and what is kept of hosts beside it, but for `home` itself and what belongs to it.
    fn everything_else(&self, token: Uuid) -> (Vec<Change>, Vec<String>) {
        let snapshot = self.house.service.snapshot();
        let named = |name: &str| name == HOME;
        let is_home = |change: &Change| match change {
            Change::Host(host) => named(&of(host).name.to_string()),
            Change::Challenge(challenge) => named(&of(challenge).host.to_string()),
            Change::Reservation(reservation) => named(&of(reservation).name.to_string()),
            // What it made for parts of its own scope; and if its host goes, exact entries of scopes go with it.
            Change::Token(made) => {
                let made = of(made);
                let of_home = |pattern: &ddns_core::HostPattern| named(&pattern.to_string());
                let home_alone = matches!(&made.scope.hosts, HostScope::Only(list) if list.iter().all(of_home));
                made.id == token || made.parent == Some(token) || home_alone
            }
            _ => false,
        };
        let soft = |name: &str| {
            let number = snapshot.registry.host(&name.parse().unwrap()).unwrap().number;
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            format!("{:?}", runtime.block_on(self.house.service.soft(SoftKey::Host(number))).unwrap())
        };
        let others = ["vault.dyn.example", "nas.joe.example", "burrow.dyn.example"];
        (snapshot.registry.snapshot().filter(|change| !is_home(change)).collect(), others.map(soft).to_vec())
    }
}

fn of<T>(delta: &Delta<T>) -> &T {
    delta.any().unwrap()
}

fn owner_of(house: &House, host: &str) -> AccountNo {
    house.service.snapshot().registry.host(&host.parse().unwrap()).unwrap().owner
}

fn run(house: &House, command: Command) {
    house.service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap();
}

/// Addresses that are nobody else's.
fn give(house: &House, host: &str, last: u8) {
    let (ipv4, ipv6) = (format!("203.0.113.{last}"), format!("2001:db8:f00d::{last}"));
    let ipv4 = if host == HOME {
        AddressEdit::Keep
    } else {
        AddressEdit::Set(ipv4.parse::<std::net::Ipv4Addr>().unwrap().try_into().unwrap())
    };
    let ipv6 = if host == HOME { "2001:db8::1".to_owned() } else { ipv6 };
    let ipv6 = AddressEdit::Set(ipv6.parse::<std::net::Ipv6Addr>().unwrap().try_into().unwrap());
    let edit = HostEdit { ipv4, ipv6, ..HostEdit::default() };
    run(house, Command::SetHosts { hosts: vec![host.parse().unwrap()], edit, together: Together::AllOrNothing });
}

fn record(house: &House, name: &str) -> Uuid {
    let (id, data) = (fresh::uuid(), RecordData::parse("A".parse().unwrap(), "203.0.113.10").unwrap());
    let name = name.parse().unwrap();
    run(
        house,
        Command::AddRecord(NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false }),
    );
    id
}

fn add_token(house: &House, account: AccountNo, label: &str, scope: Scope) -> (Uuid, String) {
    let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
    let token = NewToken { id, account, label: label.parse().unwrap(), scope, secret };
    let request = Request::new(Caller::Local, Command::AddToken(token), Origin::new("test"));
    house.service.submit_blocking(request.with_secret(secret, digest)).unwrap();
    (id, text.expose_secret().to_owned())
}

#[test]
fn every_route_has_a_row() {
    let served: BTreeSet<String> = routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let named: BTreeSet<String> = rows().into_iter().map(|row| row.route).collect();
    assert_eq!(served, named, "the route table on the left, tests/data/isolation.txt on the right");
}

/// A cell is a status, with `*` at its end where something changes, which is then the host's own; everywhere else the log
/// stays as it is.
#[test]
fn a_token_of_one_host_reads_and_changes_nothing_else() {
    let wrong = in_parts(rows(), |rows| rows.iter().flat_map(check_row).collect());
    assert!(wrong.is_empty(), "{} are otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

/// What each of several threads finds wrong with its part of the rows.
fn in_parts(rows: Vec<Row>, check: impl Fn(&[Row]) -> Vec<String> + Sync) -> Vec<String> {
    std::thread::scope(|scope| {
        let check = &check;
        let threads: Vec<_> = rows.chunks(8).map(|rows| scope.spawn(move || check(rows))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn check_row(row: &Row) -> Vec<String> {
    if row.is_public() {
        return check_public(row).err().into_iter().collect();
    }
    let mut place = None;
    let mut wrong = Vec::new();
    for (column, cell) in row.cells.iter().enumerate() {
        let mut seen: Option<String> = None;
        for variant in row.variants() {
            let here = place.take().unwrap_or_else(Place::new);
            let asked =
                format!("{} {} {} by {} about {variant}", row.method(), row.target, row.body, COLUMNS[column].0);
            match check(&here, row, &here.tokens[column], variant, cell) {
                Err(otherwise) => wrong.push(format!("{asked}: {otherwise}")),
                Ok(answer) => {
                    if seen.get_or_insert_with(|| answer.clone()) != &answer {
                        wrong.push(format!("{asked}: {answer} tells that it is there: {seen:?}"));
                    }
                }
            }
            place = Some(here).filter(|_| !cell.ends_with('*'));
        }
    }
    wrong
}

/// The answer with what differs between the three left out.
fn check(place: &Place, row: &Row, token: &(Uuid, String), variant: usize, cell: &str) -> Result<String, String> {
    let (entries, before) = (place.house.entries(), place.everything_else(token.0));
    let answer = place.ask(row, token, variant);
    let (status, changes) = cell.strip_suffix('*').map_or((cell, false), |status| (status, true));
    let got = format!("{} {}", answer.status, answer.body.replace('\n', "~"));
    let grown = place.house.entries().abs_diff(entries);
    if answer.status.to_string() != status || (grown > 0) != changes {
        return Err(format!("expected {cell}, got {got} and {grown} log entries"));
    }
    let after = place.everything_else(token.0);
    if before != after {
        let new: Vec<_> = after.0.iter().filter(|change| !before.0.contains(change)).collect();
        return Err(format!("{got} changed {new:?}, or what is kept beside: {:?} {:?}", before.1, after.1));
    }
    let asked = place.request(row, token, variant, "");
    let told = format!("{:?} {}", answer.headers, answer.body);
    if let Some(word) = UNKNOWN.iter().find(|word| told.contains(**word) && !asked.contains(**word)) {
        return Err(format!("{got} tells {word}"));
    }
    Ok(place.without_names(&got, variant))
}

/// What is everybody's is the same for everybody, and changes nothing that is there.
fn check_public(row: &Row) -> Result<(), String> {
    let place = Place::new();
    let before = place.everything_else(Uuid::nil());
    let answer = place.ask(row, &place.tokens[0], 0);
    let after = place.everything_else(Uuid::nil());
    let stays = before.0.iter().all(|change| after.0.contains(change)) && before.1 == after.1;
    let stranger = Place::new();
    let request = stranger.request(row, &(Uuid::nil(), "no token".to_owned()), 0, "");
    let without = |line: &&str| !line.starts_with("Authorization: ") && !line.starts_with("X-Auth-Token: ");
    let request = request.split("\r\n").filter(without).collect::<Vec<_>>().join("\r\n");
    let other = ask(stranger.house.address, request);
    let same =
        (answer.status, place.without_names(&answer.body, 0)) == (other.status, place.without_names(&other.body, 0));
    match stays && same {
        true => Ok(()),
        false => Err(format!("{} {}: {answer:?}, and for a stranger {other:?}", row.method(), row.target)),
    }
}

/// What each dialect says to a credential that is none any more: its status and its body, where it has one.
const REFUSALS: &[(&str, u16, &str)] = &[
    ("two-dns", 401, "{\"message\":\"Sign in with your e-mail address and your API token\"}"),
    ("clients", 401, "{\"message\":\"Sign in with your user name and your password or token\"}"),
    ("dyndns2", 401, "badauth"),
    ("two-dns-update", 401, "badauth"),
    ("duckdns", 200, "KO"),
    ("httpreq", 401, "{\"message\":\"Sign in with your user name and a token that may set challenge values\"}"),
    ("acme-dns", 401, "{\"error\":\"forbidden\"}"),
    ("designate", 401, "{\"code\":401,\"message\":\"Access Denied\",\"type\":\"unauthorized\"}"),
];

/// A token that has ended, one that was revoked, one whose maker was revoked, one that comes from elsewhere, and one that
/// never was: for all routes of all dialects they are the same, and refused in the dialect's words.
#[test]
fn a_token_that_is_none_any_more_is_refused_in_each_dialects_words() {
    let named: BTreeSet<&str> = rows().iter().filter(|row| !row.is_public()).map(Row::dialect).collect();
    assert_eq!(REFUSALS.iter().map(|(dialect, ..)| *dialect).collect::<BTreeSet<_>>(), named);
    let wrong = in_parts(rows(), |rows| {
        let place = Place::new();
        let tokens = void(&place);
        let entries = place.house.entries();
        let private = rows.iter().filter(|row| !row.is_public());
        let wrong =
            private.flat_map(|row| tokens.iter().filter_map(|token| refused(&place, row, token).err())).collect();
        assert_eq!(place.house.entries(), entries, "nothing was changed");
        wrong
    });
    assert!(wrong.is_empty(), "{} are otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

/// A void token, how it became so, and a header with which it was none.
type Void = (&'static str, (Uuid, String));

fn void(place: &Place) -> Vec<Void> {
    let (house, joe) = (&place.house, place.house.joe());
    let scope = Scope { hosts: HostScope::Only(vec![HOME.parse().unwrap()]), ..Scope::FULL };
    let end = Some(Timestamp::from_secs(1_800_000_060));
    let expired = add_token(house, joe, "expired", Scope { end, ..scope.clone() });
    let office = vec!["198.51.100.0/24".parse().unwrap()];
    let elsewhere = add_token(house, joe, "elsewhere", Scope { networks: office, ..scope.clone() });
    let revoked = add_token(house, joe, "revoked", scope.clone());
    let of_eve = add_token(house, owner_of(house, "burrow.dyn.example"), "of-eve", Scope::FULL);
    // They are tokens, until they are none.
    for (token, from) in [(&expired, "203.0.113.99"), (&elsewhere, "198.51.100.9"), (&revoked, "203.0.113.99")] {
        assert_eq!(show_home(house, token, from).status, 200);
    }
    assert_eq!(show_home(house, &elsewhere, "203.0.113.99").status, 401);
    assert_eq!(show_home(house, &of_eve, "203.0.113.99").status, 404);
    house.clock.advance(Duration::from_secs(60));
    run(house, Command::RevokeToken { token: revoked.0 });
    run(house, Command::RevokeToken { token: of_eve.0 });
    let never = (fresh::uuid(), "0123456789abcdef0123456789abcdef01234567".to_owned());
    vec![
        ("expired", expired),
        ("from elsewhere", elsewhere),
        ("revoked", revoked),
        ("eve's, revoked", of_eve),
        ("no token", never),
    ]
}

fn show_home(house: &House, token: &(Uuid, String), from: &str) -> Answer {
    let head = format!("GET /hosts/{HOME} HTTP/1.1\r\nHost: ddns.test\r\nX-Forwarded-For: {from}\r\n");
    ask(house.address, format!("{head}Authorization: Bearer {}\r\n\r\n", token.1))
}

fn refused(place: &Place, row: &Row, (how, token): &Void) -> Result<(), String> {
    let answer = ask(place.house.address, place.request(row, token, 0, "X-Forwarded-For: 203.0.113.99\r\n"));
    let (_, status, body) = REFUSALS.iter().find(|(dialect, ..)| *dialect == row.dialect()).unwrap();
    let sorted = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).map_or(text.to_owned(), |mut value| {
            if let Some(object) = value.as_object_mut() {
                object.remove("request_id");
            }
            value.to_string()
        })
    };
    let challenged =
        answer.status != 401 || answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic "));
    let words = row.method() == "HEAD" || sorted(&answer.body) == sorted(body);
    if answer.status == *status && words && challenged {
        return Ok(());
    }
    Err(format!("{} {} with one that is {how}: {} {:?}", row.method(), row.target, answer.status, answer.body))
}
