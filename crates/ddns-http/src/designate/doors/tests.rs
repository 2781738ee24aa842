//! The doors by their table, and by what nobody would write.

mod laws;

use std::fmt::Write;

use ddns_core::{Description, Domain, DomainNo, Name, RecordData, SoaTimers, Timestamp, Ttl};
use uuid::Uuid;

use super::*;
use crate::json::{self, Object};

/// Each row is an object, and below it, indented, what the door makes of it: `ok` and the values, or all complaints.
#[test]
fn the_doors_do_as_their_table_says() {
    let table = include_str!("../../../tests/data/designate_doors.txt");
    let mut door = Door::NewDomain;
    let mut rows = 0;
    let mut lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("== ") {
            door = Door::of(title);
            continue;
        }
        let mut expected = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("    ")) {
            writeln!(expected, "{}", repeated(line.trim_start())).unwrap();
        }
        let object = json::object(repeated(line).as_bytes()).unwrap_or_else(|_| panic!("{line}"));
        assert_eq!(door.outcome(&object), expected, "{line}");
        rows += 1;
    }
    assert_eq!(rows, ROWS);
}

const ROWS: usize = 429;

/// A door, and what is stored behind it.
pub(super) enum Door {
    NewDomain,
    DomainEdit(Box<Domain>),
    NewRecord,
    RecordEdit { name: Name, data: RecordData, ttl: Option<Ttl>, description: Option<Description> },
    NewServer,
    ServerEdit(Name),
    TsigKey,
    TsigKeyEdit,
    Quotas,
}

impl Door {
    fn of(title: &str) -> Door {
        let (what, stored) = title.split_once(": ").unwrap_or((title, ""));
        match what {
            "new domain" => Door::NewDomain,
            "domain" => Door::DomainEdit(Box::new(domain(stored))),
            "new record" => Door::NewRecord,
            "record" => record(stored),
            "new server" => Door::NewServer,
            "server" => Door::ServerEdit(stored.parse().unwrap()),
            "new tsig key" => Door::TsigKey,
            "tsig key" => Door::TsigKeyEdit,
            "quotas" => Door::Quotas,
            _ => panic!("{title}"),
        }
    }

    /// What the door makes of an object, in words.
    pub(super) fn outcome(&self, given: &Object) -> String {
        let outcome = match self {
            Door::NewDomain => new_domain(given).map(|new| {
                let values = [Some(new.name.to_string()), Some(new.email.to_string()), new.ttl.map(secs)];
                ok(&values, &[("description", new.description.map(Some).map(quoted))])
            }),
            Door::DomainEdit(stored) => domain_edit(given, stored).map(|edit| {
                let email = edit.email.map(|email| email.to_string());
                let description = edit.description.map(quoted);
                ok(&[], &[("email", email), ("ttl", edit.ttl.map(secs)), ("description", description)])
            }),
            Door::NewRecord => new_record(given).map(|new| {
                let values = [Some(new.name.to_string()), Some(written(&new.data))];
                let description = new.description.map(Some).map(quoted);
                ok(&values, &[("ttl", new.ttl.map(secs)), ("description", description)])
            }),
            Door::RecordEdit { name, data, ttl, description } => {
                let stored = StoredRecord { name, data, ttl: *ttl, description: description.as_ref() };
                record_edit(given, stored).map(|edit| {
                    let ttl = edit.ttl.map(|ttl| ttl.map_or("null".to_owned(), secs));
                    let fields = [
                        ("name", edit.name.map(|name| name.to_string())),
                        ("data", edit.data.as_ref().map(written)),
                        ("ttl", ttl),
                        ("description", edit.description.map(quoted)),
                    ];
                    ok(&[], &fields)
                })
            }
            Door::NewServer => new_server(given).map(|name| ok(&[Some(name.to_string())], &[])),
            Door::ServerEdit(stored) => {
                server_edit(given, stored).map(|name| ok(&[name.map(|name| name.to_string())], &[]))
            }
            Door::TsigKey => tsig_key(given).map(|key| {
                let (algorithm, secret) = (format!("{:?}", key.algorithm), format!("{:?}", &*key.secret));
                ok(&[Some(key.name.to_string()), Some(algorithm), Some(secret)], &[])
            }),
            Door::TsigKeyEdit => tsig_key_edit(given).map(|edit| {
                let name = edit.name.map(|name| name.to_string());
                let algorithm = edit.algorithm.map(|algorithm| format!("{algorithm:?}"));
                let secret = edit.secret.map(|secret| format!("{:?}", &*secret));
                ok(&[], &[("name", name), ("algorithm", algorithm), ("secret", secret)])
            }),
            Door::Quotas => quotas(given).map(|quotas| {
                let fields = [
                    ("domains", quotas.domains),
                    ("domain_records", quotas.domain_records),
                    ("domain_recordsets", quotas.domain_recordsets),
                    ("recordset_records", quotas.recordset_records),
                ];
                ok(&[], &fields.map(|(name, value)| (name, value.map(|value| value.to_string()))))
            }),
        };
        outcome.unwrap_or_else(|invalid| wrong(&invalid))
    }
}

fn ok(values: &[Option<String>], fields: &[(&str, Option<String>)]) -> String {
    let mut words = vec!["ok".to_owned()];
    words.extend(values.iter().flatten().cloned());
    words.extend(fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))));
    words.join(" ") + "\n"
}

fn wrong(invalid: &Invalid) -> String {
    match invalid {
        Invalid::Schema(violations) => violations
            .iter()
            .map(|one| {
                format!("{} {}: {}\n", if one.path.is_empty() { "-" } else { &one.path }, one.validator, one.message)
            })
            .collect(),
        Invalid::Request(message) => format!("bad request: {message}\n"),
        Invalid::UnknownKeys => "unknown keys\n".to_owned(),
        Invalid::OtherId => "other id\n".to_owned(),
        Invalid::UnknownQuota => "unknown quota\n".to_owned(),
    }
}

fn secs(ttl: Ttl) -> String {
    ttl.secs().to_string()
}

fn quoted(description: Option<Description>) -> String {
    description.map_or("null".to_owned(), |description| format!("{:?}", description.as_str()))
}

/// Type, data, and the priority in front if there is one.
fn written(data: &RecordData) -> String {
    let (text, priority) = data_and_priority(data);
    let priority = priority.map_or(String::new(), |priority| format!("{priority} | "));
    format!("{} {priority}{text:?}", data.record_type())
}

/// `<<a*3>>` is written for `aaa`.
fn repeated(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, text, count, after)) = repetition(rest) {
        out.push_str(before);
        out.push_str(&text.repeat(count));
        rest = after;
    }
    out + rest
}

fn repetition(line: &str) -> Option<(&str, &str, usize, &str)> {
    let (before, behind) = line.split_once("<<")?;
    let (inside, after) = behind.split_once(">>")?;
    let (text, count) = inside.rsplit_once('*')?;
    Some((before, text, count.parse().ok()?, after))
}

/// A stored domain: its ttl and description.
fn domain(stored: &str) -> Domain {
    let (ttl, description) = stored.split_once(' ').unwrap();
    Domain {
        number: DomainNo::new(1).unwrap(),
        id: Uuid::from_u128(0x89acac79_38e7_497d_807c_a011e1310438),
        name: "dyn.example".parse().unwrap(),
        owner: None,
        shared: false,
        email: "joe@dyn.example".parse().unwrap(),
        ttl: Ttl::try_from(ttl.parse::<u32>().unwrap()).unwrap(),
        timers: SoaTimers::default(),
        description: Some(description.parse().unwrap()),
        offline_ipv4: None,
        offline_ipv6: None,
        created: Timestamp::from_secs(1),
        updated: Timestamp::from_secs(1),
    }
}

/// A stored record: its name, ttl, type and data.
fn record(stored: &str) -> Door {
    let [name, ttl, record_type, data] = stored.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
    let ttl = ttl.parse::<u32>().ok().map(Ttl::clamped);
    let data = RecordData::parse(record_type.parse().unwrap(), data).unwrap();
    Door::RecordEdit { name: name.parse().unwrap(), data, ttl, description: ttl.map(|_| "old".parse().unwrap()) }
}
