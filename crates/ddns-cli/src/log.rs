//! `ddns log`: what was changed, by whom and when.

use clap::Args;
use ddns_core::{AccountNo, Change, Delta, Fqdn, Ipv6Suffix, Login};
use ddns_store::{Entry, LogQuery, Version};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::door;
use crate::failure::Failure;
use crate::output::{Format, Object, moment, text};
use crate::page::{self, Page};
use crate::session::Session;

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Only changes of this host
    #[arg(long, value_name = "FQDN", value_parser = door::fqdn)]
    host: Option<Fqdn>,
    /// Only changes that this account asked for
    #[arg(long, value_name = "LOGIN")]
    account: Option<Login>,
    #[command(flatten)]
    page: Page,
}

/// Fields that change with everything, or that lead to secrets.
const UNTOLD: [&str; 3] = ["updated", "password", "secret"];

impl Log {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let query = LogQuery {
            before: self.page.after.as_deref().map(version).transpose()?,
            actor: self.account.as_ref().map(|login| session.account_number(login)).transpose()?,
            host: self.host,
            limit: self.page.limit.saturating_add(1),
        };
        let entries = session.reader()?.log(&query)?;
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let actor = entry.actor.map(|actor| who(session, actor)).transpose()?;
            let sentences = session.out.format == Format::Table;
            rows.push((entry.version.to_string(), view(&entry, actor, sentences)));
        }
        page::print(session, &["version", "time", "account", "origin", "changes"], rows, self.page.limit)
    }
}

/// An account's login; its number where it has been removed since.
fn who(session: &mut Session<'_>, actor: AccountNo) -> Result<String, Failure> {
    Ok(session.login(actor)?.unwrap_or_else(|| format!("#{}", actor.get())))
}

fn version(typed: &str) -> Result<Version, Failure> {
    let number = typed.parse().map_err(|_| Failure::usage("--after takes the number of an entry"))?;
    Ok(Version(number))
}

fn view(entry: &Entry, actor: Option<String>, sentences: bool) -> Object {
    let told = entry.changes.iter().map(Told::of);
    let changes: Vec<Value> = told.map(|told| if sentences { told.sentence().into() } else { told.value() }).collect();
    let actor = actor.or_else(|| (sentences && entry.erased).then(|| "(erased)".to_owned()));
    Object::new([
        ("version", entry.version.0.into()),
        ("time", moment(entry.time)),
        ("account", text(actor)),
        ("origin", entry.origin.as_str().into()),
        ("changes", changes.into()),
        ("erased", entry.erased.into()),
    ])
}

/// One change, as it is told.
struct Told {
    kind: &'static str,
    name: String,
    what: &'static str,
    /// Each changed field, before and after.
    fields: Map<String, Value>,
}

impl Told {
    fn of(change: &Change) -> Told {
        match change {
            Change::Account(delta) => told("account", delta, |account| account.login.to_string()),
            Change::Token(delta) => told("token", delta, |token| token.id.to_string()),
            Change::Domain(delta) => told("domain", delta, |domain| domain.name.to_string()),
            Change::Server(delta) => told("server", delta, |server| server.name.to_string()),
            Change::Host(delta) => told("host", delta, |host| host.name.to_string()),
            Change::Client(delta) => told("client", delta, |client| client.key.to_string()),
            Change::Record(delta) => told("record", delta, |record| record.name.to_string()),
            Change::Challenge(delta) => told("challenge", delta, |challenge| challenge.host.to_string()),
            Change::Reservation(delta) => told("reservation", delta, |reservation| reservation.name.to_string()),
            Change::TsigKey(delta) => told("tsig-key", delta, |key| key.name.to_string()),
            Change::Peer(delta) => told("peer", delta, |peer| peer.address.to_string()),
            Change::Mail(delta) => told("mail", delta, |mail| mail.id.to_string()),
            Change::ServerKey(delta) => told("server key", delta, |_| String::new()),
            Change::Settings(delta) => told("settings", delta, |_| String::new()),
        }
    }

    fn value(self) -> Value {
        let mut object = Map::new();
        object.insert("kind".to_owned(), self.kind.into());
        object.insert("name".to_owned(), self.name.into());
        object.insert("change".to_owned(), self.what.into());
        object.insert("fields".to_owned(), self.fields.into());
        Value::Object(object)
    }

    fn sentence(self) -> String {
        let fields: Vec<String> =
            self.fields.iter().map(|(field, values)| format!("{field} {}", arrow(values))).collect();
        let Told { kind, name, what, .. } = self;
        if fields.is_empty() {
            format!("{what} {kind} {name}")
        } else {
            format!("{what} {kind} {name}: {}", fields.join(", "))
        }
    }
}

fn told<T: Serialize>(kind: &'static str, delta: &Delta<T>, name: impl Fn(&T) -> String) -> Told {
    let what = match (&delta.before, &delta.after) {
        (None, _) => "made",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "removed",
    };
    let fields = match (&delta.before, &delta.after) {
        (Some(before), Some(after)) => difference(before.as_ref(), after.as_ref()),
        _ => Map::new(),
    };
    Told { kind, name: delta.any().map(name).unwrap_or_default(), what, fields }
}

/// The fields in which two values differ.
fn difference<T: Serialize>(before: &T, after: &T) -> Map<String, Value> {
    let (Ok(Value::Object(before)), Ok(Value::Object(after))) =
        (serde_json::to_value(before), serde_json::to_value(after))
    else {
        return Map::new();
    };
    let mut fields = Map::new();
    for field in before.keys().chain(after.keys()).filter(|field| !UNTOLD.contains(&field.as_str())) {
        let values = [before.get(field), after.get(field)].map(|value| as_typed(field, value));
        let [old, new] = &values;
        if old != new {
            fields.insert(field.clone(), Value::from(values.to_vec()));
        }
    }
    fields
}

/// A value as people type it: the log has suffixes in their parts.
fn as_typed(field: &str, value: Option<&Value>) -> Value {
    let suffix = value.filter(|_| field == "suffix").and_then(|value| Ipv6Suffix::deserialize(value).ok());
    suffix.map_or_else(|| value.cloned().unwrap_or_default(), |suffix| suffix.to_string().into())
}

fn arrow(values: &Value) -> String {
    let text = |at: usize| match values.get(at) {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    format!("{} -> {}", text(0), text(1))
}
