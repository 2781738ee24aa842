//! Resource records: their types, their data, and the text form that people and APIs write.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::name::{Name, NameError};
use crate::policy::{CHARACTER_STRING_MAX, RDATA_MAX, TXT_MAX};
use crate::value::{AccountNo, Description, DomainNo, Timestamp, Ttl};

mod caa;
mod ds;
mod fields;
mod naptr;
mod soa;
mod sshfp;
mod svcb;
mod text;
mod tlsa;
mod types;
mod unknown;

pub use self::caa::Caa;
pub use self::ds::Ds;
use self::fields::{Absolute, Fields};
pub use self::naptr::Naptr;
pub use self::soa::Soa;
pub use self::sshfp::Sshfp;
pub use self::svcb::{SvcKey, Svcb, SvcbError};
pub use self::text::Text;
pub use self::tlsa::Tlsa;
pub use self::types::RecordType;
pub use self::unknown::Unknown;

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
    Sshfp(Sshfp),
    /// The zone's start of authority; derived, never stored.
    Soa(Soa),
    /// Who may issue certificates.
    Caa(Caa),
    /// What a TLS server's certificate must be.
    Tlsa(Tlsa),
    /// Where a service is and how it is spoken to.
    Svcb(Svcb),
    /// The same for HTTP.
    Https(Svcb),
    /// A rule that rewrites names.
    Naptr(Box<Naptr>),
    /// The key of a signed child zone.
    Ds(Ds),
    /// Data of a type that has no form here.
    Unknown(Unknown),
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
            RecordData::Sshfp(_) => RecordType::SSHFP,
            RecordData::Soa(_) => RecordType::SOA,
            RecordData::Caa(_) => RecordType::CAA,
            RecordData::Tlsa(_) => RecordType::TLSA,
            RecordData::Svcb(_) => RecordType::SVCB,
            RecordData::Https(_) => RecordType::HTTPS,
            RecordData::Naptr(_) => RecordType::NAPTR,
            RecordData::Ds(_) => RecordType::DS,
            RecordData::Unknown(unknown) => unknown.record_type(),
        }
    }

    /// Whether a host answers this type itself, so that no such record may stand where one does.
    pub fn clashes_with_host(&self) -> bool {
        matches!(self, RecordData::A(_) | RecordData::Aaaa(_) | RecordData::Cname(_))
    }

    /// Reads the text form of one type's data; of a type without a form here, that of RFC 3597.
    ///
    /// # Errors
    /// [`RecordDataError`], with the rule that the text breaks.
    pub fn parse(record_type: RecordType, text: &str) -> Result<RecordData, RecordDataError> {
        if let Some(why) = record_type.refused() {
            return Err(RecordDataError::RefusedType(why));
        }
        match RecordData::parse_known(record_type, text) {
            Ok(Some(data)) => Ok(data),
            Ok(None) => RecordData::parse_unknown(record_type, text),
            Err(_) if unknown::is_generic(text) => Err(RecordDataError::HasOwnForm),
            Err(error) => Err(error),
        }
    }

    fn parse_known(record_type: RecordType, text: &str) -> Result<Option<RecordData>, RecordDataError> {
        let mut fields = Fields::new(text);
        let data = match record_type {
            RecordType::A => RecordData::A(fields.next("an IPv4 address")?),
            RecordType::AAAA => RecordData::Aaaa(fields.next("an IPv6 address")?),
            RecordType::CNAME => RecordData::Cname(fields.any_name()?),
            RecordType::NS => RecordData::Ns(fields.any_name()?),
            RecordType::PTR => RecordData::Ptr(fields.any_name()?),
            RecordType::MX => RecordData::Mx { preference: fields.next("a preference")?, exchange: fields.any_name()? },
            RecordType::SRV => RecordData::Srv {
                priority: fields.next("a priority")?,
                weight: fields.next("a weight")?,
                port: fields.next("a port")?,
                target: fields.name()?,
            },
            RecordType::TXT => return text.parse().map(RecordData::Txt).map(Some),
            RecordType::SPF => return text.parse().map(RecordData::Spf).map(Some),
            RecordType::SSHFP => RecordData::Sshfp(Sshfp::read(&mut fields)?),
            RecordType::SOA => RecordData::Soa(Soa::read(&mut fields)?),
            RecordType::CAA => RecordData::Caa(Caa::read(&mut fields)?),
            RecordType::TLSA => RecordData::Tlsa(Tlsa::read(&mut fields)?),
            RecordType::SVCB => RecordData::Svcb(Svcb::read(&mut fields)?),
            RecordType::HTTPS => RecordData::Https(Svcb::read(&mut fields)?),
            RecordType::NAPTR => RecordData::Naptr(Naptr::read(&mut fields)?.into()),
            RecordType::DS => RecordData::Ds(Ds::read(&mut fields)?),
            _ => return Ok(None),
        };
        fields.end()?;
        Ok(Some(data))
    }

    fn parse_unknown(record_type: RecordType, text: &str) -> Result<RecordData, RecordDataError> {
        Unknown::read(record_type, &mut Fields::new(text)).map(RecordData::Unknown)
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
            RecordData::Sshfp(sshfp) => sshfp.fmt(f),
            RecordData::Soa(soa) => soa.fmt(f),
            RecordData::Caa(caa) => caa.fmt(f),
            RecordData::Tlsa(tlsa) => tlsa.fmt(f),
            RecordData::Svcb(svcb) | RecordData::Https(svcb) => svcb.fmt(f),
            RecordData::Naptr(naptr) => naptr.fmt(f),
            RecordData::Ds(ds) => ds.fmt(f),
            RecordData::Unknown(unknown) => unknown.fmt(f),
        }
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
    /// A type is a mnemonic, or `TYPE` and a number (RFC 3597, section 5).
    #[error("this record type is not known here; write TYPE and its number")]
    UnknownType,
    /// The type is one that callers may make records of.
    #[error("this record type is not kept here: {0}")]
    RefusedType(&'static str),
    /// Data of a type that has a form of its own is written in that.
    #[error("this record type has a form of its own; \\# is for types that have none")]
    HasOwnForm,
    /// Each field has its form and its range.
    #[error("expected {0}")]
    Field(&'static str),
    /// Names in record data are domain names.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A character-string has at most 255 octets.
    #[error("a character-string is longer than {CHARACTER_STRING_MAX} octets")]
    StringTooLong,
    /// Fingerprints and digests are as long as their type says.
    #[error("{what} has {octets} octets")]
    Length {
        /// What is measured.
        what: &'static str,
        /// How long it is.
        octets: usize,
    },
    /// A rule has a regular expression or a replacement, but not both (RFC 3403, section 4.1).
    #[error("a rule has a regular expression or a replacement, not both; write \"\" or . for the other")]
    RegexpAndReplacement,
    /// A service binding's parameters keep the rules of RFC 9460.
    #[error(transparent)]
    Svcb(#[from] SvcbError),
    /// The data of a record has at most 4096 octets, as far as its type sets no bound itself.
    #[error("the data is longer than {RDATA_MAX} octets")]
    DataTooLong,
    /// A text has at most 4096 octets.
    #[error("the text is longer than {TXT_MAX} octets")]
    TextTooLong,
}
