//! Data of types that have no form here.

use std::fmt;

use super::fields::{Fields, Hex, check_len};
use super::{RecordDataError, RecordType};

/// Data of a type that the service knows nothing of, as octets (RFC 3597). It is served as it is.
///
/// A type that gets a form of its own one day must go on reading this one: it may have been stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown {
    record_type: RecordType,
    octets: Box<[u8]>,
}

/// What the text of such data begins with.
const MARK: &str = "\\#";

impl Unknown {
    /// The type; none that has a form of its own, and none that may not stand here.
    pub fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The data; it may be empty.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Reads `\# 4 c0000201`: a mark, the count of octets, and the octets (RFC 3597, section 5).
    pub(super) fn read(record_type: RecordType, fields: &mut Fields<'_>) -> Result<Unknown, RecordDataError> {
        const WHAT: &str = "\\#, a count and octets in hexadecimal, as for every type without a form here";
        if fields.field(WHAT)? != MARK {
            return Err(RecordDataError::Field(WHAT));
        }
        let count: u16 = fields.next("a count of octets")?;
        check_len(count.into())?;
        let octets = fields.hex("octets in hexadecimal")?;
        if octets.len() != usize::from(count) {
            return Err(RecordDataError::Field("as many octets as were announced"));
        }
        Ok(Unknown { record_type, octets })
    }
}

/// Whether a text is meant as data of an unknown type.
pub(super) fn is_generic(text: &str) -> bool {
    Fields::new(text).field(MARK) == Ok(MARK)
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blank = if self.octets.is_empty() { "" } else { " " };
        write!(f, "{MARK} {}{blank}{}", self.octets.len(), Hex(&self.octets))
    }
}
