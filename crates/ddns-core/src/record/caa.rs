//! Who may issue certificates.

use std::fmt;

use super::RecordDataError;
use super::fields::{Fields, Quoted, check_len};
use crate::policy::CHARACTER_STRING_MAX;

/// One property of a certification authority authorisation (RFC 8659).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caa {
    flags: u8,
    tag: Box<str>,
    value: Box<[u8]>,
}

impl Caa {
    /// The flags; 128 is "issuer critical".
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// The property's tag in lower case: 1 to 255 letters and digits.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The property's value; what it may be depends on the tag, and an authority judges it.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Reads the master-file form (RFC 8659, section 4.1.1): the value is in quotes or has no blanks, may be empty, and
    /// may be longer than a character-string. Tags are folded, for they are matched without case (section 4.1).
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Caa, RecordDataError> {
        const TAG: &str = "a tag of letters and digits";
        let flags = fields.next("flags from 0 to 255")?;
        let tag = fields.field(TAG)?.to_ascii_lowercase();
        if !tag.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
            return Err(RecordDataError::Field(TAG));
        }
        if tag.len() > CHARACTER_STRING_MAX {
            return Err(RecordDataError::StringTooLong);
        }
        let value = fields.string("a value in quotes or without blanks")?;
        check_len(tag.len().saturating_add(value.len()).saturating_add(2))?;
        Ok(Caa { flags, tag: tag.into(), value })
    }
}

impl fmt::Display for Caa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.flags, self.tag, Quoted(&self.value))
    }
}
