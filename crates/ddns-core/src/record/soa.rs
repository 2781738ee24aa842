//! The start of authority.

use std::fmt;

use super::RecordDataError;
use super::fields::{Absolute, Fields, escaped};
use crate::name::Name;
use crate::value::{Mailbox, Serial};

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

impl Soa {
    /// Reads the master-file form.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Soa, RecordDataError> {
        Ok(Soa {
            mname: fields.name()?,
            rname: mailbox(fields)?,
            serial: Serial(fields.next("a serial")?),
            refresh: fields.next("a refresh time")?,
            retry: fields.next("a retry time")?,
            expire: fields.next("an expiry time")?,
            minimum: fields.next("a negative ttl")?,
        })
    }
}

/// An RNAME: its first label is the local part, whose dots are escaped (RFC 1035, sections 5.1 and 8).
fn mailbox(fields: &mut Fields<'_>) -> Result<Mailbox, RecordDataError> {
    const WHAT: RecordDataError = RecordDataError::Field("a mailbox");
    let mut rest = fields.field("a mailbox")?;
    let mut local = String::new();
    loop {
        let mut characters = rest.chars();
        match characters.next().ok_or(WHAT)? {
            '\\' => {
                let (octet, behind) = escaped(characters.as_str()).ok_or(WHAT)?;
                local.push(char::from(octet));
                rest = behind;
            }
            '.' => return format!("{local}@{}", characters.as_str()).parse().map_err(|_| WHAT),
            plain => {
                local.push(plain);
                rest = characters.as_str();
            }
        }
    }
}

impl fmt::Display for Soa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.rname.local().replace('.', "\\.");
        write!(f, "{} {local}.{} ", Absolute(&self.mname), Absolute(self.rname.domain()))?;
        write!(f, "{} {} {} {} {}", self.serial, self.refresh, self.retry, self.expire, self.minimum)
    }
}
