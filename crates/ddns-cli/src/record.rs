//! `ddns record`: what domains hold beside the hosts.

use std::fmt;
use std::sync::Arc;

use clap::{Args, Subcommand};
use ddns_core::listing::{self, Listed, Source};
use ddns_core::{
    Change, Command, Description, Domain, Name, NewRecord, Receipt, RecordData, RecordEdit, RecordType, Refusal,
    Registry, Ttl, ZoneName,
};
use ddns_service::{Reply, fresh};
use ddns_store::Kind;
use serde_json::Value;
use uuid::Uuid;

use crate::door;
use crate::failure::Failure;
use crate::output::{Object, moment, text};
use crate::page::{self, Page};
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Make a record
    Add(Add),
    /// List a domain's records by id; with --managed in the order of their making
    List(List),
    /// Show a record, also one that the service makes by itself
    Show(Which),
    /// Change a record; its name and ttl are those of all records of its name and type, so all of them follow
    Set(Set),
    /// Remove a record
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name, inside a domain; the first label may be *
    #[arg(value_parser = door::name, value_name = "NAME")]
    name: Name,
    /// Its type, such as MX or TYPE65280
    #[arg(value_name = "TYPE")]
    record_type: RecordType,
    /// Its data as a master file has it, such as 10 mail.example.org.; a text stands as it is, or wholly in quotes as
    /// strings; several words are joined by blanks, and behind -- they may begin with a hyphen
    #[arg(value_name = "DATA", required = true, num_args = 1..)]
    words: Vec<String>,
    /// How long it may be cached, in seconds, if it is the first of its name and type [default: the domain's]
    #[arg(long, value_name = "N", value_parser = door::ttl)]
    ttl: Option<Ttl>,
    /// A free text
    #[arg(long, value_name = "TEXT")]
    description: Option<Description>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The domain
    #[arg(value_parser = door::zone, value_name = "DOMAIN")]
    domain: ZoneName,
    /// Only those of this type
    #[arg(long = "type", value_name = "TYPE")]
    record_type: Option<RecordType>,
    /// Only those of this name
    #[arg(long, value_name = "NAME", value_parser = door::name)]
    name: Option<Name>,
    /// Also what the service makes by itself: SOA and NS, addresses of name servers and hosts, challenge values
    #[arg(long)]
    managed: bool,
    #[command(flatten)]
    page: Page,
}

/// One record: by its id, or by its name, type and data.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its id; or its name, followed by its type
    #[arg(value_name = "ID|NAME")]
    which: String,
    /// Its type, where it is named
    #[arg(value_name = "TYPE")]
    record_type: Option<RecordType>,
    /// Its data, where there are several of that name and type
    #[arg(value_name = "DATA")]
    words: Vec<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Set {
    #[command(flatten)]
    which: Which,
    /// The name that it has from now on, and with it all records of its name and type
    #[arg(long = "name", value_name = "NEW", value_parser = door::name, group = "change")]
    new_name: Option<Name>,
    /// Its data from now on, of the same type
    #[arg(long = "rdata", value_name = "DATA", num_args = 1.., group = "change")]
    new_words: Vec<String>,
    /// How long it may be cached from now on, in seconds, and with it all records of its name and type
    #[arg(long, value_name = "N", value_parser = door::ttl, group = "change", conflicts_with = "no_ttl")]
    ttl: Option<Ttl>,
    /// It takes the domain's ttl from now on, and with it all records of its name and type
    #[arg(long, group = "change")]
    no_ttl: bool,
    /// A free text; an empty one removes it
    #[arg(long, value_name = "TEXT", group = "change")]
    description: Option<Description>,
}

impl RecordCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            RecordCommand::Add(add) => add.run(session),
            RecordCommand::List(list) => list.run(session),
            RecordCommand::Show(which) => which.show(session),
            RecordCommand::Set(set) => set.run(session),
            RecordCommand::Remove(which) => which.remove(session),
        }
    }
}

impl Add {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let (asked, what) = (self.ttl, format!("{} {}", self.name, self.record_type));
        let added = session.submit(Command::AddRecord(self.means()?));
        let reply = added.map_err(|failure| failure.during(format_args!("cannot add {what}")))?;
        let (domain, listed) = receipt(&reply)?;
        session.out.done(&format!("added {}", Told(&listed)), &detailed(&domain, &listed))?;
        tell_ttl(session, &domain, &listed, asked)
    }

    fn means(self) -> Result<NewRecord, Failure> {
        Ok(NewRecord {
            id: fresh::uuid(),
            data: data(self.record_type, &self.words)?,
            name: self.name,
            ttl: self.ttl,
            description: self.description.filter(|text| !text.as_str().is_empty()),
            domain: None,
            narrow: false,
        })
    }
}

impl List {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let after = self.page.after.as_deref().map(|key| key.parse::<Uuid>().map_err(Failure::usage)).transpose()?;
        let listed = if self.managed { self.everything(session, after)? } else { self.records(session, after)? };
        let rows = listed.iter().map(|listed| (listed.id.to_string(), view(listed))).collect();
        let columns = ["id", "name", "type", "ttl", "data", "description", "managed"];
        let shown =
            if self.managed { &columns[..] } else { columns.split_last().map_or(&columns[..], |(_, rest)| rest) };
        page::print(session, shown, rows, self.page.limit)
    }

    /// What people made, page by page from the store.
    fn records(&self, session: &mut Session<'_>, after: Option<Uuid>) -> Result<Vec<Listed>, Failure> {
        let domain = session.domain_number(&self.domain)?;
        let after = after.map(|id| id.to_string());
        let source = page::Source { kind: Kind::Record, owner: None, domain: Some(domain), after };
        source.first(session, self.page.limit.saturating_add(1), |change| match change {
            Change::Record(delta) => {
                let record = delta.any().filter(|record| self.wants(&record.name, &record.data));
                record.map(|record| listing::of_record(&self.domain, record))
            }
            _ => None,
        })
    }

    /// All that the zone shows; what is managed follows from everything else, so the whole state is loaded for it.
    fn everything(&self, session: &mut Session<'_>, after: Option<Uuid>) -> Result<Vec<Listed>, Failure> {
        let registry = session.registry()?;
        let missing = || Failure::not_found(ddns_core::Kind::Domain, &self.domain);
        let domain = registry.domain_by_name(&self.domain).ok_or_else(missing)?;
        let place = |id| {
            let found = listing::find(&registry, domain, id).map(|listed| listed.place);
            found.ok_or_else(|| Failure::not_found(ddns_core::Kind::Record, id))
        };
        let after = after.map(place).transpose()?;
        let wanted =
            listing::records(&registry, domain, after).filter(|listed| self.wants(&listed.owner, &listed.data));
        Ok(wanted.take(self.page.limit.saturating_add(1)).collect())
    }

    fn wants(&self, name: &Name, data: &RecordData) -> bool {
        self.name.as_ref().is_none_or(|wanted| wanted == name)
            && self.record_type.is_none_or(|wanted| wanted == data.record_type())
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let (domain, listed) = self.find(&registry)?;
        session.out.show(&detailed(&domain, &listed))
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry_to_change()?;
        let during = |failure: Failure| failure.during(format_args!("cannot remove {self}"));
        let listed = self.find(&registry).and_then(own).map_err(during)?;
        session.submit(Command::RemoveRecord { record: listed.id }).map_err(during)?;
        let object = Object::new([("removed", text(Some(listed.id)))]);
        session.out.done(&format!("removed {}", Told(&listed)), &object)
    }

    /// The record that is meant, if it is one.
    fn find(&self, registry: &Registry) -> Result<(Arc<Domain>, Listed), Failure> {
        match self.record_type {
            Some(record_type) => self.by_name(registry, record_type),
            None => self.by_id(registry),
        }
    }

    fn by_id(&self, registry: &Registry) -> Result<(Arc<Domain>, Listed), Failure> {
        let id = self.which.parse::<Uuid>().map_err(|_| {
            let failure = Failure::usage(format!("{} is not the id of a record", self.which));
            failure.hint("a record goes by its id, or by its name and type, and its data if there are several")
        })?;
        let of_somebody = registry.record(id).and_then(|record| registry.domain(record.domain));
        let mut domains = of_somebody.into_iter().chain(registry.domains());
        let found = domains.find_map(|domain| Some((domain.clone(), listing::find(registry, domain, id)?)));
        found.ok_or_else(|| Failure::not_found(ddns_core::Kind::Record, id))
    }

    fn by_name(&self, registry: &Registry, record_type: RecordType) -> Result<(Arc<Domain>, Listed), Failure> {
        let name = door::name(&self.which).map_err(Failure::usage)?;
        let wanted = if self.words.is_empty() { None } else { Some(data(record_type, &self.words)?) };
        let fits = |data: &RecordData| wanted.as_ref().is_none_or(|wanted| wanted == data);
        let domain = registry.enclosing_domain(&name).ok_or_else(|| Refusal::NoDomain { name: name.clone() })?;
        let records = registry.rrset(&name, record_type).filter(|record| fits(&record.data));
        let mut found: Vec<Listed> = records.map(|record| listing::of_record(&domain.name, record)).collect();
        if found.is_empty() {
            let same = |listed: &Listed| listed.owner == name && listed.data.record_type() == record_type;
            let managed = listing::records(registry, domain, None);
            found = managed.filter(|listed| same(listed) && fits(&listed.data)).collect();
        }
        match (found.pop(), found.len()) {
            (None, _) => Err(Failure::not_found(ddns_core::Kind::Record, self)),
            (Some(listed), 0) => Ok((domain.clone(), listed)),
            (Some(_), others) => {
                let words = format!("there are {} records {name} {record_type}", others.saturating_add(1));
                let list = format!("ddns record list {} --name {name} --type {record_type}", domain.name);
                Err(Failure::usage(words).hint(format!("say the data or the id of one of them; see them with: {list}")))
            }
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.which)?;
        self.record_type.map_or(Ok(()), |record_type| write!(f, " {record_type}"))?;
        self.words.iter().try_for_each(|word| write!(f, " {word}"))
    }
}

impl Set {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry_to_change()?;
        let during = |failure: Failure| failure.during(format_args!("cannot change {}", self.which));
        let listed = self.which.find(&registry).and_then(own).map_err(during)?;
        let edit = self.means(listed.data.record_type())?;
        let changed = session.submit(Command::SetRecord { record: listed.id, edit });
        let reply = changed.map_err(during)?;
        let (domain, after) = receipt(&reply)?;
        let count = if reply.changed { differences(&registry, &reply.snapshot.registry, &listed) } else { 0 };
        let others = count.saturating_sub(1);
        let sentence = match (count, others) {
            (0, _) => format!("nothing to change in {}", Told(&after)),
            (_, 0) => format!("changed {}", Told(&after)),
            _ => format!("changed {}, and {others} more of its name and type", Told(&after)),
        };
        session.out.done(&sentence, &detailed(&domain, &after).with("changed_records", count.into()))?;
        tell_ttl(session, &domain, &after, self.ttl)
    }

    fn means(&self, record_type: RecordType) -> Result<RecordEdit, Failure> {
        Ok(RecordEdit {
            instead_of: None,
            name: self.new_name.clone(),
            data: if self.new_words.is_empty() { None } else { Some(data(record_type, &self.new_words)?) },
            ttl: if self.no_ttl { Some(None) } else { self.ttl.map(Some) },
            description: self.description.clone().map(|text| Some(text).filter(|text| !text.as_str().is_empty())),
        })
    }
}

/// Tells where another ttl than the one that was asked for comes from.
fn tell_ttl(session: &mut Session<'_>, domain: &Domain, listed: &Listed, asked: Option<Ttl>) -> Result<(), Failure> {
    if asked.is_none() || asked == listed.ttl {
        return Ok(());
    }
    let (why, change) = match listed.source {
        Source::FurtherNs => ("a zone's NS records have the domain's ttl", format!("ddns domain set {}", domain.name)),
        _ => ("its ttl is that of the records of its name and type", format!("ddns record set {}", listed.id)),
    };
    session.out.say(format_args!("  hint: {why}; change it with: {change} --ttl N"))
}

/// How many records of an RRset are not as they were.
fn differences(before: &Registry, after: &Registry, one: &Listed) -> usize {
    let set = before.rrset(&one.owner, one.data.record_type());
    set.filter(|member| after.record(member.id) != Some(*member)).count()
}

/// A record that somebody made, and that can be changed by hand.
fn own((_, listed): (Arc<Domain>, Listed)) -> Result<Listed, Failure> {
    let hint = match listed.source {
        Source::Record | Source::FurtherNs => return Ok(listed),
        Source::Soa => "change its domain with: ddns domain set",
        Source::NameServer | Source::ServerAddress => "change the name servers with: ddns server set, add and remove",
        Source::Host(_) => "change the host with: ddns host set",
        Source::Challenge(_) => "a challenge value goes by itself within an hour",
    };
    Err(Failure::refused("this record is made by the service itself").hint(hint))
}

/// Data as it is typed, of a type that is known.
fn data(record_type: RecordType, words: &[String]) -> Result<RecordData, Failure> {
    RecordData::parse(record_type, &words.join(" ")).map_err(|error| {
        let failure = Failure::usage(format!("this is no data of type {record_type}: {error}"));
        match example(record_type) {
            Some(example) => failure.hint(format!("it looks like this: {example}")),
            None => failure,
        }
    })
}

/// What a type's data looks like.
fn example(record_type: RecordType) -> Option<&'static str> {
    Some(match record_type {
        RecordType::A => "192.0.2.1",
        RecordType::AAAA => "2001:db8::1",
        RecordType::CNAME | RecordType::NS | RecordType::PTR => "name.example.org.",
        RecordType::MX => "10 mail.example.org.",
        RecordType::SRV => "10 0 5060 sip.example.org. (priority, weight, port, server)",
        RecordType::TXT | RecordType::SPF => "'v=spf1 mx -all', or '\"one string\" \"another\"'",
        RecordType::SSHFP => "4 2 0123456789abcdef… (algorithm, fingerprint type, fingerprint)",
        RecordType::CAA => "0 issue letsencrypt.org (flags, tag, value)",
        RecordType::TLSA => "3 1 1 0123456789abcdef… (usage, selector, matching type, data)",
        RecordType::SVCB | RecordType::HTTPS => "1 . alpn=h2,h3 (priority, target, parameters)",
        RecordType::NAPTR => r#"100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" ."#,
        RecordType::DS => "60485 13 2 0123456789abcdef… (key tag, algorithm, digest type, digest)",
        _ => return None,
    })
}

/// The record that a command made or changed, and its domain.
fn receipt(reply: &Reply) -> Result<(Arc<Domain>, Listed), Failure> {
    let missing = || Failure::internal("the record has no receipt");
    let Receipt::Record(record) = &reply.receipt else { return Err(missing()) };
    let domain = reply.snapshot.registry.domain(record.domain).ok_or_else(missing)?;
    Ok((domain.clone(), listing::of_record(&domain.name, record)))
}

/// A record in a sentence.
struct Told<'a>(&'a Listed);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listed { id, owner, data, .. } = self.0;
        write!(f, "record {id}: {owner} {}", data.record_type())
    }
}

fn detailed(domain: &Domain, listed: &Listed) -> Object {
    view(listed).with("domain", text(Some(&domain.name)))
}

/// A record as a list has it.
fn view(listed: &Listed) -> Object {
    Object::new([
        ("id", text(Some(listed.id))),
        ("name", text(Some(&listed.owner))),
        ("type", text(Some(listed.data.record_type()))),
        ("data", text(Some(&listed.data))),
        ("ttl", listed.ttl.map_or(Value::Null, |ttl| ttl.secs().into())),
        ("description", text(listed.description.as_ref())),
        ("managed", managed(listed.source)),
        ("created", moment(listed.created)),
        ("updated", listed.updated.map_or(Value::Null, moment)),
    ])
}

/// What a managed record is made of.
fn managed(source: Source) -> Value {
    Value::from(match source {
        Source::Record => return Value::Null,
        Source::FurtherNs => "zone-ns",
        Source::Soa => "soa",
        Source::NameServer => "name-server",
        Source::ServerAddress => "server-address",
        Source::Host(_) => "host",
        Source::Challenge(_) => "challenge",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_data() {
        for number in 0..=u16::MAX {
            let Some(example) = example(RecordType(number)) else { continue };
            let typed = example.split(" (").next().unwrap_or_default();
            if !typed.contains('…') {
                assert!(RecordData::parse(RecordType(number), typed).is_ok(), "{example}");
            }
        }
    }
}
