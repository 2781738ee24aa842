//! Resource records: their types, their data, and the text form that people and APIs write.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::name::{Name, NameError};
use crate::policy::{CHARACTER_STRING_MAX, TXT_MAX};
use crate::value::{AccountNo, Description, DomainNo, Mailbox, Serial, Timestamp, Ttl};

/// A resource record that somebody put into a domain.
///
/// What the service derives (a host's addresses, SOA, NS, glue) is no `Record`: it shows in answers and lists only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The public id.
    pub id: Uuid,
    /// The longest enclosing domain of `name`.
    pub domain: DomainNo,
    /// Who made it; none for the operator at the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AccountNo>,
    /// The owner name; its first label may be `*`.
    pub name: Name,
    /// Type and data in one.
    #[serde(flatten)]
    pub data: RecordData,
    /// Its own time to live; none takes the domain's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// A free text beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// How often it was written, from 1.
    pub version: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed; none if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
}

/// A record type by its number (RFC 1035, section 3.2.2, and the IANA registry).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

macro_rules! record_types {
    ($($(#[$doc:meta])* $constant:ident = $number:literal $text:literal;)+) => {
        impl RecordType {
            $($(#[$doc])* pub const $constant: RecordType = RecordType($number);)+

            fn mnemonic(self) -> Option<&'static str> {
                match self.0 { $($number => Some($text),)+ _ => None }
            }

            fn from_mnemonic(text: &str) -> Option<RecordType> {
                $(if text.eq_ignore_ascii_case($text) { return Some(RecordType($number)); })+
                None
            }
        }
    };
}

record_types! {
    /// IPv4 address (RFC 1035).
    A = 1 "A";
    /// Name server (RFC 1035).
    NS = 2 "NS";
    /// Canonical name (RFC 1035).
    CNAME = 5 "CNAME";
    /// Start of authority (RFC 1035).
    SOA = 6 "SOA";
    /// Pointer (RFC 1035).
    PTR = 12 "PTR";
    /// Mail exchange (RFC 1035).
    MX = 15 "MX";
    /// Text (RFC 1035).
    TXT = 16 "TXT";
    /// IPv6 address (RFC 3596).
    AAAA = 28 "AAAA";
    /// Service location (RFC 2782).
    SRV = 33 "SRV";
    /// SSH key fingerprint (RFC 4255).
    SSHFP = 44 "SSHFP";
    /// Sender policy, obsolete (RFC 7208, section 3.1), kept for Designate.
    SPF = 99 "SPF";
    /// Any type: a question only (RFC 8482).
    ANY = 255 "ANY";
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(text) => f.pad(text),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for RecordType {
    type Err = RecordDataError;

    fn from_str(text: &str) -> Result<RecordType, RecordDataError> {
        if let Some(known) = RecordType::from_mnemonic(text) {
            return Ok(known);
        }
        let number = text.get(..4).filter(|start| start.eq_ignore_ascii_case("TYPE")).and_then(|_| text.get(4..));
        let number = number.filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
        number.and_then(|number| number.parse().ok()).map(RecordType).ok_or(RecordDataError::UnknownType)
    }
}

/// A record's type and data. Its text form is a master file's (RFC 1035, section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawData", into = "RawData")]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Another name for the owner.
    Cname(Name),
    /// A name server.
    Ns(Name),
    /// A name, mostly in reverse zones.
    Ptr(Name),
    /// A mail server; the root as exchange means that none takes mail (RFC 7505).
    Mx {
        /// The smaller, the earlier it is tried.
        preference: u16,
        /// The mail server.
        exchange: Name,
    },
    /// A service's server.
    Srv {
        /// The smaller, the earlier it is tried.
        priority: u16,
        /// Share among those of one priority.
        weight: u16,
        /// TCP or UDP port.
        port: u16,
        /// The server; the root means that there is none.
        target: Name,
    },
    /// Text.
    Txt(Text),
    /// A sender policy in its obsolete type.
    Spf(Text),
    /// The fingerprint of an SSH host key.
    Sshfp {
        /// Key algorithm (IANA).
        algorithm: u8,
        /// Fingerprint type (IANA).
        fingerprint_type: u8,
        /// The fingerprint.
        fingerprint: Box<[u8]>,
    },
    /// The zone's start of authority; derived, never stored.
    Soa(Soa),
}

/// Start of authority (RFC 1035, section 3.3.13); times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Soa {
    /// The primary name server.
    pub mname: Name,
    /// The responsible person.
    pub rname: Mailbox,
    /// The zone's serial.
    pub serial: Serial,
    /// How often secondaries ask.
    pub refresh: u32,
    /// How soon they ask again after a failure.
    pub retry: u32,
    /// How long they serve without having asked.
    pub expire: u32,
    /// How long a negative answer may be cached (RFC 2308).
    pub minimum: u32,
}

impl PartialOrd for Soa {
    fn partial_cmp(&self, other: &Soa) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Soa {
    fn cmp(&self, other: &Soa) -> std::cmp::Ordering {
        let key = |soa: &Soa| (soa.serial.0, soa.refresh, soa.retry, soa.expire, soa.minimum);
        key(self).cmp(&key(other)).then_with(|| (&self.mname, &self.rname).cmp(&(&other.mname, &other.rname)))
    }
}

/// The content of a TXT record: kept as given, and cut into character-strings for the wire.
///
/// A text wholly in quotes is RFC 1035 character-strings (`"one" "two"`, with `\"`, `\\` and `\DDD`); any other text is
/// literal and cut every 255 octets. Texts are equal where their strings are: DNS cannot tell them apart.
#[derive(Clone, Debug)]
pub struct Text {
    given: Box<str>,
    strings: Box<[Box<[u8]>]>,
}

impl Text {
    /// Text as one literal, cut every 255 octets, whatever its first character.
    ///
    /// # Errors
    /// [`RecordDataError::TextTooLong`].
    pub fn literal(text: &str) -> Result<Text, RecordDataError> {
        if text.len() > TXT_MAX {
            return Err(RecordDataError::TextTooLong);
        }
        if quoted_strings(text).is_none() {
            return Ok(Text { given: text.into(), strings: cut(text) });
        }
        // Written down as it is, it would be read back as strings in quotes.
        let given = quoted(text);
        if given.len() > TXT_MAX {
            return Err(RecordDataError::TextTooLong);
        }
        Ok(Text { given: given.into(), strings: cut(text) })
    }

    /// The text as it was given; it parses to the same strings.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// The character-strings, each of at most 255 octets; at least one.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        self.strings.iter().map(AsRef::as_ref)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.strings == other.strings
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Text) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Text) -> std::cmp::Ordering {
        self.strings.cmp(&other.strings)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.strings.hash(state);
    }
}

impl FromStr for Text {
    type Err = RecordDataError;

    fn from_str(text: &str) -> Result<Text, RecordDataError> {
        if text.len() > TXT_MAX {
            return Err(RecordDataError::TextTooLong);
        }
        match quoted_strings(text) {
            Some(strings) => {
                let strings = strings?;
                Ok(Text { given: text.into(), strings: strings.into() })
            }
            None => Text::literal(text),
        }
    }
}

/// A literal as character-strings.
fn cut(text: &str) -> Box<[Box<[u8]>]> {
    if text.is_empty() {
        return Box::new([Box::default()]);
    }
    text.as_bytes().chunks(CHARACTER_STRING_MAX).map(Box::from).collect()
}

/// A literal as character-strings in quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for string in cut(text) {
        quoted.push_str(if quoted.is_empty() { "\"" } else { " \"" });
        for octet in string {
            match octet {
                b'"' | b'\\' => quoted.extend(['\\', char::from(octet)]),
                b' '..=b'~' => quoted.push(char::from(octet)),
                _ => quoted.push_str(&format!("\\{octet:03}")),
            }
        }
        quoted.push('"');
    }
    quoted
}

/// The character-strings of a text that is wholly in quotes; none if it is not.
fn quoted_strings(text: &str) -> Option<Result<Vec<Box<[u8]>>, RecordDataError>> {
    let mut strings = Vec::new();
    let mut rest = text.trim_ascii_start().as_bytes();
    while !rest.is_empty() {
        let (string, behind) = match quoted_string(rest.strip_prefix(b"\"")?)? {
            Ok(both) => both,
            Err(error) => return Some(Err(error)),
        };
        strings.push(string);
        let next = behind.trim_ascii_start();
        if !next.is_empty() && next.len() == behind.len() {
            return None;
        }
        rest = next;
    }
    if strings.is_empty() { None } else { Some(Ok(strings)) }
}

type Quoted<'a> = Result<(Box<[u8]>, &'a [u8]), RecordDataError>;

/// One string up to its closing quote, and what stands behind it; none if no quote closes it.
fn quoted_string(mut rest: &[u8]) -> Option<Quoted<'_>> {
    let mut string = Vec::new();
    loop {
        let (first, behind) = rest.split_first()?;
        rest = behind;
        match first {
            b'"' => break,
            b'\\' => {
                let (octet, behind) = escaped(rest)?;
                string.push(octet);
                rest = behind;
            }
            octet => string.push(*octet),
        }
    }
    if string.len() > CHARACTER_STRING_MAX {
        return Some(Err(RecordDataError::StringTooLong));
    }
    Some(Ok((string.into(), rest)))
}

/// The octet that an escape stands for: `\DDD` or the character itself.
fn escaped(rest: &[u8]) -> Option<(u8, &[u8])> {
    let (first, behind) = rest.split_first()?;
    if !first.is_ascii_digit() {
        return Some((*first, behind));
    }
    let (digits, behind) = rest.split_at_checked(3)?;
    let octet = str::from_utf8(digits).ok()?.parse().ok()?;
    Some((octet, behind))
}

impl RecordData {
    /// The record type that this data belongs to.
    pub fn record_type(&self) -> RecordType {
        match self {
            RecordData::A(_) => RecordType::A,
            RecordData::Aaaa(_) => RecordType::AAAA,
            RecordData::Cname(_) => RecordType::CNAME,
            RecordData::Ns(_) => RecordType::NS,
            RecordData::Ptr(_) => RecordType::PTR,
            RecordData::Mx { .. } => RecordType::MX,
            RecordData::Srv { .. } => RecordType::SRV,
            RecordData::Txt(_) => RecordType::TXT,
            RecordData::Spf(_) => RecordType::SPF,
            RecordData::Sshfp { .. } => RecordType::SSHFP,
            RecordData::Soa(_) => RecordType::SOA,
        }
    }

    /// Whether a host answers this type itself, so that no such record may stand where one does.
    pub fn clashes_with_host(&self) -> bool {
        matches!(self, RecordData::A(_) | RecordData::Aaaa(_) | RecordData::Cname(_))
    }

    /// Reads the text form of one type's data.
    ///
    /// # Errors
    /// [`RecordDataError`], with the rule that the text breaks.
    pub fn parse(record_type: RecordType, text: &str) -> Result<RecordData, RecordDataError> {
        let mut fields = Fields(text.split_ascii_whitespace());
        let data = match record_type {
            RecordType::A => RecordData::A(fields.next("an IPv4 address")?),
            RecordType::AAAA => RecordData::Aaaa(fields.next("an IPv6 address")?),
            RecordType::CNAME => RecordData::Cname(fields.name()?),
            RecordType::NS => RecordData::Ns(fields.name()?),
            RecordType::PTR => RecordData::Ptr(fields.name()?),
            RecordType::MX => RecordData::Mx { preference: fields.next("a preference")?, exchange: fields.name()? },
            RecordType::SRV => RecordData::Srv {
                priority: fields.next("a priority")?,
                weight: fields.next("a weight")?,
                port: fields.next("a port")?,
                target: fields.name()?,
            },
            RecordType::TXT => return text.parse().map(RecordData::Txt),
            RecordType::SPF => return text.parse().map(RecordData::Spf),
            RecordType::SSHFP => RecordData::Sshfp {
                algorithm: fields.next("a key algorithm")?,
                fingerprint_type: fields.next("a fingerprint type")?,
                fingerprint: fields.hex()?,
            },
            RecordType::SOA => RecordData::Soa(Soa {
                mname: fields.name()?,
                rname: fields.mailbox()?,
                serial: Serial(fields.next("a serial")?),
                refresh: fields.next("a refresh time")?,
                retry: fields.next("a retry time")?,
                expire: fields.next("an expiry time")?,
                minimum: fields.next("a negative ttl")?,
            }),
            _ => return Err(RecordDataError::UnknownType),
        };
        fields.end()?;
        Ok(data)
    }
}

/// The fields of one record's text, taken one after the other.
struct Fields<'a>(std::str::SplitAsciiWhitespace<'a>);

impl<'a> Fields<'a> {
    fn field(&mut self, what: &'static str) -> Result<&'a str, RecordDataError> {
        self.0.next().ok_or(RecordDataError::Field(what))
    }

    fn next<T: FromStr>(&mut self, what: &'static str) -> Result<T, RecordDataError> {
        let field = self.field(what)?;
        // Rust reads a sign before a number; a master file has none.
        if field.starts_with('+') {
            return Err(RecordDataError::Field(what));
        }
        field.parse().map_err(|_| RecordDataError::Field(what))
    }

    fn name(&mut self) -> Result<Name, RecordDataError> {
        let name: Name = self.field("a name")?.parse()?;
        if name.is_wildcard() { Err(RecordDataError::Name(NameError::Wildcard)) } else { Ok(name) }
    }

    /// An RNAME: labels with dots inside the first written as `\.`.
    fn mailbox(&mut self) -> Result<Mailbox, RecordDataError> {
        const WHAT: &str = "a mailbox";
        let text = self.field(WHAT)?;
        let mut local = String::new();
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => local.extend(characters.next().map(|(_, escaped)| escaped)),
                '.' => {
                    let domain = text.get(at.saturating_add(1)..).unwrap_or_default();
                    return format!("{local}@{domain}").parse().map_err(|_| RecordDataError::Field(WHAT));
                }
                plain => local.push(plain),
            }
        }
        Err(RecordDataError::Field(WHAT))
    }

    fn hex(&mut self) -> Result<Box<[u8]>, RecordDataError> {
        const WHAT: &str = "a fingerprint in hexadecimal";
        let digits: String = self.0.by_ref().collect();
        if digits.is_empty() || !digits.len().is_multiple_of(2) || digits.len() > 2 * CHARACTER_STRING_MAX {
            return Err(RecordDataError::Field(WHAT));
        }
        let pair = |pair: &[u8]| {
            let text = str::from_utf8(pair).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
            text.and_then(|text| u8::from_str_radix(text, 16).ok())
        };
        let octets: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(pair).collect();
        octets.map(Into::into).ok_or(RecordDataError::Field(WHAT))
    }

    fn end(mut self) -> Result<(), RecordDataError> {
        if self.0.next().is_none() { Ok(()) } else { Err(RecordDataError::Field("nothing more")) }
    }
}

impl fmt::Display for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordData::A(address) => write!(f, "{address}"),
            RecordData::Aaaa(address) => write!(f, "{address}"),
            RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => write!(f, "{}", Absolute(name)),
            RecordData::Mx { preference, exchange } => write!(f, "{preference} {}", Absolute(exchange)),
            RecordData::Srv { priority, weight, port, target } => {
                write!(f, "{priority} {weight} {port} {}", Absolute(target))
            }
            RecordData::Txt(text) | RecordData::Spf(text) => f.write_str(text.given()),
            RecordData::Sshfp { algorithm, fingerprint_type, fingerprint } => {
                write!(f, "{algorithm} {fingerprint_type} ")?;
                fingerprint.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
            RecordData::Soa(soa) => write!(
                f,
                "{} {}.{} {} {} {} {} {}",
                Absolute(&soa.mname),
                soa.rname.local().replace('.', "\\."),
                Absolute(soa.rname.domain()),
                soa.serial,
                soa.refresh,
                soa.retry,
                soa.expire,
                soa.minimum
            ),
        }
    }
}

/// A name with its trailing dot.
struct Absolute<'a>(&'a Name);

impl fmt::Display for Absolute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0, if self.0.is_root() { "" } else { "." })
    }
}

/// The form in the log: type and text.
#[derive(Serialize, Deserialize)]
struct RawData {
    #[serde(rename = "type")]
    record_type: String,
    data: String,
}

impl TryFrom<RawData> for RecordData {
    type Error = RecordDataError;

    fn try_from(raw: RawData) -> Result<RecordData, RecordDataError> {
        RecordData::parse(raw.record_type.parse()?, &raw.data)
    }
}

impl From<RecordData> for RawData {
    fn from(data: RecordData) -> RawData {
        RawData { record_type: data.record_type().to_string(), data: data.to_string() }
    }
}

/// Why a text is no record data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordDataError {
    /// The type is one that the service keeps.
    #[error("this record type is not kept here")]
    UnknownType,
    /// Each field has its form and its range.
    #[error("expected {0}")]
    Field(&'static str),
    /// Names in record data are domain names.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A character-string has at most 255 octets.
    #[error("a character-string is longer than {CHARACTER_STRING_MAX} octets")]
    StringTooLong,
    /// A text has at most 4096 octets.
    #[error("the text is longer than {TXT_MAX} octets")]
    TextTooLong,
}
