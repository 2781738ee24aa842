//! Designate v1, statement by statement: `tests/data/designate_*.txt`, each case in a house of its own.
//!
//! ```text
//! == what the case is about
//! ! name servers                                    ns1.example.org. and ns2.example.org. from here on; more below
//! > joe POST records {"name":"www.joe.example.",…}   who, method, target and body
//! . Accept: text/html                               a header more; Content-Type is JSON unless it is said here, `-` is none
//! < 200 +1 @www {"ttl":null}                        status, log entries, a name for the id, members that the body must have
//! < 400 invalid_object name:format :oneOf           status, type, all errors: path and validator of each
//! < 400 bad_request "Renaming …"                    status, type, message
//! < 200 @soa:0                                      a name for the id of the list's first record
//! < 404 bare                                        status, and nothing else than `code`
//! < Location: http://api.test/v1/domains/$www       a header
//! = {"code":404,…}                                  all members of the body
//! ```
//!
//! `-` is nobody, a name a token in `X-Auth-Token`, a name with a way (see house.rs) an `Authorization`. `records` stands for
//! `/v1/domains/$joe/records`, `$joe` for the id of `joe.example`, `$tenant-joe` for that of the account, `{token eve}` for a token, `<<a*3>>` for `aaa`.
//! What succeeds with POST, PUT or DELETE adds one entry to the log, everything else none, unless `+N` says so; `s+N` says how
//! far the serial of `joe.example` went up. `"*"` stands for any value, and an array for one of that length.
//!
//! Whatever a row says, each answer has its id, each error its code, each object exactly its members, each time its form.

use std::collections::BTreeMap;
use std::time::Duration;

use ddns_core::{Caller, Command, DomainNo, HostTtl, NewDomain, NewHost, NewRecord, Receipt, RecordData};
use ddns_service::{Origin, Request, fresh};
use serde_json::Value;

use crate::client::{Answer, ask};
use crate::house::House;

#[test]
fn domains() {
    run(include_str!("data/designate_domains.txt"), 20);
}

#[test]
fn records() {
    run(include_str!("data/designate_records.txt"), 20);
}

#[test]
fn order() {
    run(include_str!("data/designate_order.txt"), 10);
}

/// At least so many cases there are: a file that is not read as meant fails. All that is wrong is told at once.
fn run(file: &'static str, at_least: usize) {
    let cases: Vec<&str> = file.split("\n== ").skip(1).collect();
    assert!(cases.len() >= at_least, "only {} cases", cases.len());
    let threads: Vec<_> = cases.chunks(cases.len().div_ceil(4)).map(<[&str]>::to_vec).map(start).collect();
    let wrong: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(wrong.is_empty(), "{} rows are otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

fn start(cases: Vec<&'static str>) -> std::thread::JoinHandle<Vec<String>> {
    std::thread::spawn(move || {
        let of = |case: &str| {
            let (title, rows) = case.split_once('\n').unwrap();
            Case::new(title).run(rows)
        };
        cases.into_iter().flat_map(of).collect()
    })
}

struct Case {
    title: String,
    house: House,
    ids: BTreeMap<String, String>,
    wrong: Vec<String>,
}

/// A request and what is expected of its answer.
#[derive(Default)]
struct Row {
    request: String,
    headers: Vec<String>,
    status: String,
    expected_headers: Vec<String>,
    body: Option<String>,
}

impl Case {
    fn new(title: &str) -> Case {
        let house = House::new();
        let mut ids = BTreeMap::new();
        for name in ["joe", "eve", "dyn"] {
            let domain = format!("{name}.example").parse().unwrap();
            ids.insert(
                name.to_owned(),
                house.service.snapshot().registry.domain_by_name(&domain).unwrap().id.to_string(),
            );
        }
        for (name, login) in
            [("tenant-joe", "joe@example.org"), ("tenant-eve", "eve@example.org"), ("tenant-ann", "ann")]
        {
            let login = login.parse().unwrap();
            let snapshot = house.service.snapshot();
            ids.insert(name.to_owned(), snapshot.registry.account_by_login(&login).unwrap().id.to_string());
        }
        Case { title: title.to_owned(), house, ids, wrong: Vec::new() }
    }

    /// What is otherwise.
    fn run(mut self, rows: &str) -> Vec<String> {
        let mut row = Row::default();
        for line in rows.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            if matches!(kind, ">" | "!") && !row.request.is_empty() {
                self.talk(&std::mem::take(&mut row));
            }
            match kind {
                ">" => row.request = rest.to_owned(),
                "." => row.headers.push(rest.to_owned()),
                "<" if rest.starts_with(|first: char| first.is_ascii_digit()) => row.status = rest.to_owned(),
                "<" => row.expected_headers.push(rest.to_owned()),
                "=" => row.body = Some(rest.to_owned()),
                "!" => self.prepare(rest),
                other => panic!("{}: what is {other:?}?", self.title),
            }
        }
        self.talk(&row);
        self.wrong
    }

    fn talk(&mut self, row: &Row) {
        let raw = self.raw(row);
        let (before, serial) = (self.house.entries(), self.serial());
        let answer = ask(self.house.address, &raw);
        let grown = self.house.entries().abs_diff(before);
        let stepped = self.serial().wrapping_sub(serial);
        let method = row.request.split(' ').nth(1).unwrap_or_default();
        let mut seen = Seen { answer, grown, stepped, changes: ["POST", "PUT", "DELETE"].contains(&method) };
        if let Err(why) = self.compare(row, &mut seen) {
            let request: String = self.filled(&row.request).chars().take(400).collect();
            let body: String = seen.answer.body.chars().take(600).collect();
            self.wrong.push(format!(
                "{}\n  > {request}\n  < {}\n    {why}\n    {} +{grown} s+{stepped} {body}",
                self.title, row.status, seen.answer.status
            ));
        }
    }

    fn serial(&self) -> u32 {
        let snapshot = self.house.service.snapshot();
        let domain = snapshot.registry.domain_by_name(&"joe.example".parse().unwrap());
        domain.map_or(0, |domain| snapshot.registry.serial(domain.number).0)
    }

    fn raw(&self, row: &Row) -> String {
        let request = self.filled(&row.request);
        let mut words = request.splitn(4, ' ');
        let (who, method, target) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let body = words.next().unwrap_or_default();
        let target = match target.strip_prefix("records") {
            Some(rest) => format!("/v1/domains/{}/records{rest}", self.ids["joe"]),
            None => target.to_owned(),
        };
        let version = if row.headers.iter().any(|header| header == "HTTP/1.0") { "HTTP/1.0" } else { "HTTP/1.1" };
        let mut raw = format!("{method} {target} {version}\r\nHost: ddns.test\r\n");
        match who {
            "-" => (),
            who if who.contains('/') => raw += &format!("Authorization: {}\r\n", self.house.authorization(who)),
            who => raw += &format!("X-Auth-Token: {}\r\n", self.house.token(who)),
        }
        let typed = row.headers.iter().any(|header| header.starts_with("Content-Type:"));
        if !typed && ["POST", "PUT", "PATCH"].contains(&method) {
            raw += "Content-Type: application/json\r\n";
        }
        for header in row.headers.iter().filter(|header| *header != "HTTP/1.0" && *header != "Content-Type: -") {
            let header = self.filled(header);
            let filled = header
                .split_once("{token ")
                .map(|(before, who)| format!("{before}{}", self.house.token(who.trim_end_matches('}'))));
            raw += &format!("{}\r\n", filled.unwrap_or(header));
        }
        if !body.is_empty() {
            raw += &format!("Content-Length: {}\r\n", body.len());
        }
        raw + "\r\n" + body
    }

    /// A text with what its placeholders stand for.
    fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        while let Some((before, rest)) = filled.split_once("<<") {
            let (repeated, after) = rest.split_once(">>").unwrap();
            let (unit, times) = repeated.rsplit_once('*').unwrap();
            filled = format!("{before}{}{after}", unit.repeat(times.parse().unwrap()));
        }
        let mut parts = filled.split('$');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |done, part| {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            let Some(plain) = name.strip_suffix("-plain") else {
                let Some(plain) = name.strip_suffix("-upper") else { return done + self.id(name) + rest };
                return done + &self.id(plain).to_uppercase() + rest;
            };
            done + &self.id(plain).replace('-', "") + rest
        })
    }

    fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("{}: who is {name:?}?", self.title))
    }
}

/// What came of a request.
struct Seen {
    answer: Answer,
    grown: u64,
    stepped: u32,
    changes: bool,
}

impl Case {
    fn compare(&mut self, row: &Row, seen: &mut Seen) -> Result<(), String> {
        check_frame(&seen.answer)?;
        let mut rest = row.status.as_str();
        let mut first = true;
        let mut grown = None;
        let mut errors: Option<Vec<(String, String)>> = None;
        let body: Value = serde_json::from_str(&seen.answer.body).unwrap_or_default();
        while !rest.is_empty() {
            if rest.starts_with(['{', '[', '"']) {
                let wanted: Value = serde_json::from_str(&self.filled(rest)).map_err(|why| format!("{why}: {rest}"))?;
                match wanted {
                    Value::String(message) => is("message", &body["message"], &Value::from(message))?,
                    wanted => within(&wanted, &body)?,
                }
                break;
            }
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = after.trim_start();
            match word {
                status if first => is("status", &seen.answer.status.to_string(), &status.to_owned())?,
                "bare" => is("body", &body, &serde_json::json!({ "code": seen.answer.status }))?,
                "empty" => is("body", &seen.answer.body.as_str(), &"")?,
                word if word.starts_with("s+") => is("serial", &seen.stepped, &word[2..].parse().unwrap())?,
                word if word.starts_with('+') => grown = Some(word[1..].parse().unwrap()),
                word if word.starts_with('@') => {
                    let (name, number) = word[1..].split_once(':').unwrap_or((&word[1..], ""));
                    let object = number.parse().map_or(&body, |number: usize| &body["records"][number]);
                    self.ids.insert(name.to_owned(), object["id"].as_str().unwrap_or_default().to_owned());
                }
                word => match word.split_once(':') {
                    Some((path, validator)) => {
                        errors.get_or_insert_default().push((path.to_owned(), validator.to_owned()));
                    }
                    None => is("type", &body["type"], &Value::from(word))?,
                },
            }
            first = false;
        }
        if let Some(errors) = errors {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let found = body["errors"].as_array().cloned().unwrap_or_default();
            let found: Vec<_> = found.iter().map(|error| (text(&error["path"]), text(&error["validator"]))).collect();
            is("errors", &found, &errors)?;
        }
        let usual = u64::from(seen.changes && seen.answer.status == 200);
        is("log entries", &seen.grown, &grown.unwrap_or(usual))?;
        for header in &row.expected_headers {
            let (name, value) = header.split_once(": ").unwrap();
            is(name, &seen.answer.header(name), &Some(self.filled(value).as_str()))?;
        }
        match &row.body {
            Some(wanted) => {
                let wanted: Value = serde_json::from_str(&self.filled(wanted)).unwrap();
                within(&wanted, &body)?;
                is("members", &members(&body), &members(&wanted))
            }
            None => Ok(()),
        }
    }
}

fn is<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?} and not {wanted:?}")) }
}

/// The names of an object's members, in their order.
fn members(object: &Value) -> Vec<&str> {
    object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// Whether a value has all that is wanted of it.
fn within(wanted: &Value, found: &Value) -> Result<(), String> {
    match (wanted, found) {
        (Value::String(any), _) if any == "*" => Ok(()),
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().try_for_each(|(name, wanted)| {
            let found = found.get(name).ok_or_else(|| format!("no {name}"))?;
            within(wanted, found).map_err(|why| format!("{name}: {why}"))
        }),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            wanted.iter().zip(found).try_for_each(|(wanted, found)| within(wanted, found))
        }
        (wanted, found) => is("value", found, wanted),
    }
}

/// What holds for each answer of this dialect.
fn check_frame(answer: &Answer) -> Result<(), String> {
    if answer.header("transfer-encoding").is_none() {
        answer.check_framing();
    }
    let id = answer.header("x-openstack-request-id").ok_or("no request id")?;
    let is_id = id.strip_prefix("req-").is_some_and(|id| id.len() == 36 && uuid::Uuid::try_parse(id).is_ok());
    is("a request id", &is_id, &true)?;
    let kind = if answer.body.is_empty() { answer.header("content-type") } else { None };
    if answer.status == 200 && answer.body.is_empty() && kind.is_some_and(|kind| kind.starts_with("text/html")) {
        return is("length", &answer.header("content-length"), &Some("0"));
    }
    is("content type", &answer.header("content-type"), &Some("application/json"))?;
    let body: Value = match serde_json::from_str(&answer.body) {
        Ok(body) => body,
        Err(_) if answer.body.is_empty() => return Ok(()),
        Err(why) => return Err(why.to_string()),
    };
    if answer.status == 200 { check_objects(&body) } else { check_error(&body, answer.status, id) }
}

fn check_error(body: &Value, status: u16, id: &str) -> Result<(), String> {
    is("code", &body["code"], &Value::from(status))?;
    let members = members(body);
    let of_router = members == ["code"] || (status == 405 && members == ["code", "type"]);
    if of_router {
        return Ok(());
    }
    is("request_id", &body["request_id"], &Value::from(id))?;
    let known = ["code", "errors", "message", "request_id", "type"];
    is("members of the error", &members.iter().all(|name| known.contains(name)), &true)?;
    is("type of the error", &body["type"].is_string(), &true)
}

/// An object, or a list of them: exactly the members of its kind, and times as they are written.
fn check_objects(body: &Value) -> Result<(), String> {
    if let Some(list) = ["records", "domains"].into_iter().find_map(|name| body[name].as_array()) {
        return list.iter().try_for_each(check_objects);
    }
    let members = members(body);
    if members.contains(&"domain_id") {
        let of_record =
            ["created_at", "data", "description", "domain_id", "id", "name", "priority", "ttl", "type", "updated_at"];
        is("members of a record", &members, &of_record.to_vec())?;
    } else if members.contains(&"serial") {
        let of_domain = ["created_at", "description", "email", "id", "name", "serial", "ttl", "updated_at"];
        is("members of a domain", &members, &of_domain.to_vec())?;
    }
    for name in ["created_at", "updated_at"].into_iter().filter(|name| members.contains(name)) {
        let time = body[name].as_str();
        let good = time.is_some_and(is_time) || (name == "updated_at" && body[name].is_null());
        is(name, &good, &true)?;
    }
    Ok(())
}

/// `YYYY-MM-DDTHH:MM:SS.ffffff`, with no zone.
fn is_time(text: &str) -> bool {
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    form == "0000-00-00T00:00:00.000000"
}

impl Case {
    /// What is so before the next request.
    fn prepare(&mut self, what: &str) {
        let what = self.filled(what);
        let words: Vec<&str> = what.split(' ').collect();
        match words.as_slice() {
            ["name", "servers"] => {
                for name in ["ns1.example.org", "ns2.example.org"] {
                    self.decide(Command::AddServer {
                        id: fresh::uuid(),
                        name: name.parse().unwrap(),
                        addresses: vec![],
                    });
                }
            }
            ["clock", secs] => self.house.clock.advance(Duration::from_secs(secs.parse().unwrap())),
            ["host", name, address] => self.host(name, address),
            ["domain", name, owner, id] => self.domain(name, owner, id),
            ["record", name, kind, data @ ..] => self.record(name, kind, &data.join(" ")),
            ["records", count] => self.records(count.parse().unwrap()),
            ["quota", what, most] => self.quota(what, most.parse().unwrap()),
            other => panic!("{}: what is {other:?}?", self.title),
        }
    }

    fn decide(&self, command: Command) -> Receipt {
        let request = Request::new(Caller::Local, command, Origin::new("test"));
        self.house.service.submit_blocking(request).unwrap().receipt
    }

    fn host(&self, name: &str, address: &str) {
        let name = name.parse().unwrap();
        let ipv4 = Some(address.parse::<std::net::Ipv4Addr>().unwrap().try_into().unwrap());
        self.decide(Command::AddHost(NewHost {
            name,
            owner: self.house.joe(),
            ipv4,
            ipv6: None,
            ttl: HostTtl::S60,
            wildcard: false,
            suffix: None,
            heartbeat: None,
        }));
    }

    fn domain(&mut self, name: &str, owner: &str, id: &str) {
        let snapshot = self.house.service.snapshot();
        let owner = snapshot.registry.account_by_login(&owner.parse().unwrap()).map(|account| account.number);
        let new = NewDomain {
            id: fresh::uuid(),
            name: name.parse().unwrap(),
            owner,
            shared: false,
            email: None,
            ttl: None,
            description: None,
        };
        self.ids.insert(id.to_owned(), new.id.to_string());
        self.decide(Command::AddDomain(new));
    }

    /// A record that another protocol made.
    fn record(&self, name: &str, kind: &str, data: &str) {
        self.add(name, RecordData::parse(kind.parse().unwrap(), data).unwrap(), None);
    }

    /// So many of different names, each made a second after the other.
    fn records(&self, count: u32) {
        for number in 0..count {
            let data = RecordData::parse("A".parse().unwrap(), "192.0.2.1").unwrap();
            self.add(&format!("n{number:05}.joe.example"), data, None);
        }
    }

    fn add(&self, name: &str, data: RecordData, domain: Option<DomainNo>) {
        self.decide(Command::AddRecord(NewRecord {
            id: fresh::uuid(),
            name: name.parse().unwrap(),
            data,
            ttl: None,
            description: None,
            domain,
            narrow: false,
        }));
    }

    fn quota(&self, what: &str, most: u32) {
        let mut edit = ddns_core::AccountEdit::default();
        *match what {
            "domains" => &mut edit.max_domains,
            "records" => &mut edit.max_records,
            "sets" => &mut edit.max_rrsets,
            "set" => &mut edit.max_rrset_records,
            other => panic!("what is {other}?"),
        } = Some(most);
        self.decide(Command::SetAccount { account: self.house.joe(), edit });
    }
}
