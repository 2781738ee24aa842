//! What a TLS server's certificate must be.

use std::fmt;

use super::RecordDataError;
use super::fields::{Fields, Hex, check_len};

/// A certificate association of a TLS server (RFC 6698).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tlsa {
    usage: u8,
    selector: u8,
    matching_type: u8,
    association: Box<[u8]>,
}

impl Tlsa {
    /// Which certificate of the chain is meant (RFC 6698, section 2.1.1).
    pub fn usage(&self) -> u8 {
        self.usage
    }

    /// Which part of it (RFC 6698, section 2.1.2).
    pub fn selector(&self) -> u8 {
        self.selector
    }

    /// How it is presented (RFC 6698, section 2.1.3): 0 is the whole, 1 its SHA-256, 2 its SHA-512.
    pub fn matching_type(&self) -> u8 {
        self.matching_type
    }

    /// What must match; as long as the matching type says, where that is known.
    pub fn association(&self) -> &[u8] {
        &self.association
    }

    /// Reads the master-file form (RFC 6698, section 2.2): numbers, not the acronyms of RFC 7218, which are for people.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Tlsa, RecordDataError> {
        const WHAT: &str = "certificate data in hexadecimal";
        let (usage, selector) = (fields.next("a certificate usage")?, fields.next("a selector")?);
        let matching_type = fields.next("a matching type")?;
        let association = fields.hex(WHAT)?;
        check_len(association.len().saturating_add(3))?;
        match (matching_type, association.len()) {
            (_, 0) => Err(RecordDataError::Field(WHAT)),
            (1, 32) | (2, 64) | (0 | 3.., _) => Ok(Tlsa { usage, selector, matching_type, association }),
            (1, _) => Err(RecordDataError::Length { what: "data of matching type 1 (SHA-256)", octets: 32 }),
            (2, _) => Err(RecordDataError::Length { what: "data of matching type 2 (SHA-512)", octets: 64 }),
        }
    }
}

impl fmt::Display for Tlsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.usage, self.selector, self.matching_type, Hex(&self.association))
    }
}
