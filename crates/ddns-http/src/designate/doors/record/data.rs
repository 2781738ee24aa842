//! What each type's records may be, and how their data is written.

use std::net::{Ipv4Addr, Ipv6Addr};

use ddns_core::{RecordData, RecordType, policy};

use super::super::names::{absolute, is_domain_name, is_host_name};
use super::Facts;
use crate::json::Json;

/// A type of records and its rules.
pub(crate) struct Kind {
    /// As it is written.
    pub(crate) name: &'static str,
    record_type: RecordType,
    /// Whether a priority has to be given; none of the others may have one.
    pub(crate) has_priority: bool,
    /// Reads the data; the priority stands beside it.
    read: fn(RecordType, &str, u16) -> Option<RecordData>,
    takes_name: fn(&str) -> bool,
}

/// All types of this dialect.
pub(crate) static KINDS: [Kind; 11] = [
    Kind::new("A", RecordType::A, |_, data, _| ipv4(data)),
    Kind::new("AAAA", RecordType::AAAA, |_, data, _| ipv6(data)),
    Kind::new("CNAME", RecordType::CNAME, host),
    Kind { has_priority: true, ..Kind::new("MX", RecordType::MX, exchange) },
    Kind { has_priority: true, takes_name: is_service, ..Kind::new("SRV", RecordType::SRV, service) },
    Kind::new("TXT", RecordType::TXT, plain),
    Kind::new("SPF", RecordType::SPF, plain),
    Kind::new("NS", RecordType::NS, host),
    Kind { takes_name: is_reverse, ..Kind::new("PTR", RecordType::PTR, host) },
    Kind::new("SSHFP", RecordType::SSHFP, fingerprint),
    Kind::new("SOA", RecordType::SOA, plain),
];

/// Whether records can be what this dialect's schemas say: of a type that they know, and with a text that is not too long.
/// The official client takes no list with others in it.
pub(crate) fn is_known(data: &RecordData) -> bool {
    let fits = match data {
        RecordData::Txt(text) | RecordData::Spf(text) => text.given().chars().count() <= policy::NARROW_TEXT_MAX,
        _ => true,
    };
    fits && KINDS.iter().any(|kind| kind.record_type == data.record_type())
}

/// The types that a field `type` leaves open: one, all where it is missing, none where it names none.
pub(super) fn of_type(given: Option<&Json>) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(move |kind| match given {
        Some(Json::Text(text)) => kind.name == text,
        Some(_) => false,
        None => true,
    })
}

impl Kind {
    const fn new(
        name: &'static str,
        record_type: RecordType,
        read: fn(RecordType, &str, u16) -> Option<RecordData>,
    ) -> Kind {
        Kind { name, record_type, has_priority: false, read, takes_name: |_| true }
    }

    /// Data and priority as one, if they are this type's.
    pub(super) fn read(&self, data: &str, priority: u16) -> Option<RecordData> {
        (self.read)(self.record_type, data, priority)
    }

    /// Whether no fact breaks a rule of this type.
    pub(super) fn fits(&self, facts: Facts<'_>) -> bool {
        facts.name.is_none_or(self.takes_name)
            && facts.data.is_none_or(|data| self.takes_data(data))
            && facts.priority.is_none_or(|priority| self.takes_priority(priority))
    }

    fn takes_data(&self, data: &str) -> bool {
        // Nobody makes such a record, and that is said before anything about its data.
        self.record_type == RecordType::SOA || self.read(data, 0).is_some()
    }

    /// The range is asked about elsewhere.
    fn takes_priority(&self, priority: &Json) -> bool {
        match priority {
            Json::Integer(_) | Json::Negative(_) => self.has_priority,
            Json::Null => !self.has_priority,
            _ => false,
        }
    }
}

/// A record's data as this dialect writes it, and the priority that it keeps apart.
pub(crate) fn data_and_priority(data: &RecordData) -> (String, Option<u16>) {
    match data {
        RecordData::Mx { preference, exchange } => (absolute(exchange), Some(*preference)),
        RecordData::Srv { priority, weight, port, target } => {
            (format!("{weight} {port} {}", absolute(target)), Some(*priority))
        }
        _ => (data.to_string(), None),
    }
}

fn ipv4(data: &str) -> Option<RecordData> {
    let address = data.parse().ok().filter(|address: &Ipv4Addr| !address.is_unspecified());
    address.map(RecordData::A)
}

fn ipv6(data: &str) -> Option<RecordData> {
    data.parse::<Ipv6Addr>().ok().map(RecordData::Aaaa)
}

fn host(record_type: RecordType, data: &str, _: u16) -> Option<RecordData> {
    if is_host_name(data) { RecordData::parse(record_type, data).ok() } else { None }
}

fn exchange(record_type: RecordType, data: &str, preference: u16) -> Option<RecordData> {
    if is_host_name(data) { RecordData::parse(record_type, &format!("{preference} {data}")).ok() } else { None }
}

/// Weight, port and target, with one white-space character between them.
fn service(_: RecordType, data: &str, priority: u16) -> Option<RecordData> {
    let mut fields = data.split([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let (weight, port) = (decimal(fields.next()?)?, decimal(fields.next()?)?);
    let target = fields.next().filter(|target| is_domain_name(target))?.parse().ok()?;
    fields.next().is_none().then_some(RecordData::Srv { priority, weight, port, target })
}

fn plain(record_type: RecordType, data: &str, _: u16) -> Option<RecordData> {
    RecordData::parse(record_type, data).ok()
}

/// Key algorithm, fingerprint type and fingerprint, with one space between them; those that IANA has registered.
fn fingerprint(record_type: RecordType, data: &str, _: u16) -> Option<RecordData> {
    let data = data.strip_suffix('\n').unwrap_or(data);
    let mut fields = data.split(' ');
    let (algorithm, fingerprint_type, digits) = (fields.next()?, fields.next()?, fields.next()?);
    let length = match fingerprint_type {
        "1" => 40,
        "2" => 64,
        _ => return None,
    };
    let registered = ["1", "2", "3", "4", "6"].contains(&algorithm);
    let good = digits.len() == length && digits.bytes().all(|b| b.is_ascii_hexdigit()) && fields.next().is_none();
    if registered && good { RecordData::parse(record_type, data).ok() } else { None }
}

/// A number without leading zeros.
fn decimal(text: &str) -> Option<u16> {
    let padded = text.len() > 1 && text.starts_with('0');
    if padded || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// Two labels with `_` in front, and more behind them.
fn is_service(name: &str) -> bool {
    let mut labels = name.split('.');
    let mut is_underscored = || labels.next().is_some_and(|label| label.len() > 1 && label.starts_with('_'));
    is_underscored() && is_underscored() && labels.next().is_some()
}

/// The whole reverse name of an address, in lower case.
fn is_reverse(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let is_number = |label: &&str| (1..=3).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_digit());
    let is_nibble = |label: &&str| label.len() == 1 && label.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match labels.as_slice() {
        [numbers @ .., "in-addr", "arpa", ""] => numbers.len() == 4 && numbers.iter().all(is_number),
        [nibbles @ .., "ip6", "arpa", ""] => nibbles.len() == 32 && nibbles.iter().all(is_nibble),
        _ => false,
    }
}
