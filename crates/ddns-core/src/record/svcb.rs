//! Where a service is and how it is spoken to.

use std::collections::BTreeMap;
use std::fmt;

use super::RecordDataError;
use super::fields::{Absolute, Bare, Fields, check_len};
use crate::name::Name;

mod value;

/// A service binding (RFC 9460): the data of SVCB and HTTPS records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Svcb {
    priority: u16,
    target: Name,
    /// Values as they are on the wire, in the order of their keys.
    params: Box<[(SvcKey, Box<[u8]>)]>,
}

/// The key of a service binding's parameter (RFC 9460, section 14.3.2, and the IANA registry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SvcKey(u16);

impl Svcb {
    /// The smaller, the earlier it is tried; 0 is an alias, which has no parameters (RFC 9460, section 2.4.2).
    pub fn priority(&self) -> u16 {
        self.priority
    }

    /// The server; the root means the owner itself, and in an alias that there is no such service.
    pub fn target(&self) -> &Name {
        &self.target
    }

    /// The parameters as they are on the wire, the smaller key first, no key twice.
    pub fn params(&self) -> impl Iterator<Item = (SvcKey, &[u8])> {
        self.params.iter().map(|(key, value)| (*key, value.as_ref()))
    }

    /// Reads the master-file form (RFC 9460, section 2.1), in which parameters may have any order.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Svcb, RecordDataError> {
        let (priority, target) = (fields.next("a priority")?, fields.name()?);
        let mut params = BTreeMap::new();
        while let Some((key, text)) = fields.pair()? {
            let (key, value) = SvcKey::read(key, &text)?;
            if params.insert(key, value).is_some() {
                return Err(SvcbError::Repeated(key).into());
            }
        }
        check(priority, &params)?;
        let params: Box<[(SvcKey, Box<[u8]>)]> = params.into_iter().map(|(key, value)| (key, value.into())).collect();
        let octets = params.iter().fold(0usize, |sum, (_, value)| sum.saturating_add(4).saturating_add(value.len()));
        check_len(octets.saturating_add(target.wire_len()).saturating_add(2))?;
        Ok(Svcb { priority, target, params })
    }
}

/// The rules between parameters (RFC 9460, sections 2.4.2, 7.1.1 and 8).
fn check(priority: u16, params: &BTreeMap<SvcKey, Vec<u8>>) -> Result<(), SvcbError> {
    if priority == 0 && !params.is_empty() {
        return Err(SvcbError::AliasWithParams);
    }
    if params.contains_key(&SvcKey::NO_DEFAULT_ALPN) && !params.contains_key(&SvcKey::ALPN) {
        return Err(SvcbError::NoAlpn);
    }
    let mandatory = params.get(&SvcKey::MANDATORY).map(Vec::as_slice).unwrap_or_default();
    match value::keys(mandatory).find(|key| !params.contains_key(key)) {
        Some(missing) => Err(SvcbError::MandatoryMissing(missing)),
        None => Ok(()),
    }
}

impl SvcKey {
    /// Keys that must be understood (RFC 9460, section 8).
    pub const MANDATORY: SvcKey = SvcKey(0);
    /// Protocols besides the default one (RFC 9460, section 7.1).
    pub const ALPN: SvcKey = SvcKey(1);
    /// The default protocol is not spoken (RFC 9460, section 7.1).
    pub const NO_DEFAULT_ALPN: SvcKey = SvcKey(2);
    /// Another port (RFC 9460, section 7.2).
    pub const PORT: SvcKey = SvcKey(3);
    /// IPv4 addresses to begin with (RFC 9460, section 7.3).
    pub const IPV4HINT: SvcKey = SvcKey(4);
    /// What encrypts a TLS hello (RFC 9848).
    pub const ECH: SvcKey = SvcKey(5);
    /// IPv6 addresses to begin with (RFC 9460, section 7.3).
    pub const IPV6HINT: SvcKey = SvcKey(6);
    /// The path of DNS over HTTPS (RFC 9461, section 5).
    pub const DOHPATH: SvcKey = SvcKey(7);
    /// Oblivious HTTP is spoken (RFC 9540, section 4).
    pub const OHTTP: SvcKey = SvcKey(8);

    /// The number.
    pub fn number(self) -> u16 {
        self.0
    }

    fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// Reads a name, or `keyNNNNN` without leading zeros; the last number is no key (RFC 9460, sections 2.1 and 14.3.2).
    fn from_text(text: &str) -> Option<SvcKey> {
        if let Some(at) = NAMES.iter().position(|name| *name == text) {
            return u16::try_from(at).ok().map(SvcKey);
        }
        let digits = text.strip_prefix("key").filter(|digits| digits.bytes().all(|octet| octet.is_ascii_digit()))?;
        let number = digits.parse().ok().filter(|_| digits == "0" || !digits.starts_with('0'))?;
        (number < u16::MAX).then_some(SvcKey(number))
    }

    /// Reads one parameter. Behind `keyNNNNN` stands the value as it is on the wire, of known keys, too: RFC 9460 writes
    /// `key1=\002h2` for `alpn=h2` (section 7.1.1).
    fn read(key: &str, text: &[u8]) -> Result<(SvcKey, Vec<u8>), SvcbError> {
        let number = SvcKey::from_text(key).ok_or(SvcbError::Key)?;
        let value = if number.name() == Some(key) { value::read(number, text) } else { Some(text.to_vec()) };
        match value.filter(|value| value::fits(number, value)) {
            Some(value) => Ok((number, value)),
            None => Err(SvcbError::Value(number, value::form(number))),
        }
    }
}

/// The names of the first keys, in the order of their numbers.
const NAMES: [&str; 9] =
    ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"];

impl fmt::Display for SvcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "key{}", self.0),
        }
    }
}

impl fmt::Display for Svcb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.priority, Absolute(&self.target))?;
        for (key, value) in self.params() {
            write!(f, " {key}")?;
            if !value.is_empty() {
                write!(f, "={}", Bare(&value::shown(key, value)))?;
            }
        }
        Ok(())
    }
}

/// Why a service binding's parameters are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SvcbError {
    /// An alias has no parameters (RFC 9460, section 2.4.2).
    #[error("an alias (priority 0) has no parameters")]
    AliasWithParams,
    /// A key is a registered name, or `keyNNNNN` with a number below 65535.
    #[error("this is no parameter's key; an unregistered one is written key and its number")]
    Key,
    /// No key stands twice.
    #[error("the parameter {0} stands twice")]
    Repeated(SvcKey),
    /// A value has the form that its key asks for.
    #[error("the parameter {0} takes {1}")]
    Value(SvcKey, &'static str),
    /// What `mandatory` lists is there (RFC 9460, section 8).
    #[error("the parameter {0} is listed as mandatory and is not there")]
    MandatoryMissing(SvcKey),
    /// Without the default protocol there is another one (RFC 9460, section 7.1.1).
    #[error("no-default-alpn needs alpn beside it")]
    NoAlpn,
}
