//! Rules that rewrite names.

use std::fmt;

use super::RecordDataError;
use super::fields::{Absolute, Fields, Quoted};
use crate::name::Name;

/// A rewriting rule of a dynamic delegation discovery system (RFC 3403, section 4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Naptr {
    order: u16,
    preference: u16,
    flags: Box<[u8]>,
    services: Box<[u8]>,
    regexp: Box<[u8]>,
    replacement: Name,
}

impl Naptr {
    /// The smaller, the earlier the rule is tried.
    pub fn order(&self) -> u16 {
        self.order
    }

    /// The smaller, the more the rule is preferred among those of one order.
    pub fn preference(&self) -> u16 {
        self.preference
    }

    /// What follows the rule: letters and digits, at most 255 octets.
    pub fn flags(&self) -> &[u8] {
        &self.flags
    }

    /// What the rule leads to: at most 255 octets.
    pub fn services(&self) -> &[u8] {
        &self.services
    }

    /// The substitution, at most 255 octets; empty where there is a replacement.
    pub fn regexp(&self) -> &[u8] {
        &self.regexp
    }

    /// The next name; the root where there is a substitution.
    pub fn replacement(&self) -> &Name {
        &self.replacement
    }

    /// Reads the master-file form. A rule substitutes or replaces, but not both (RFC 3403, section 4.1).
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Naptr, RecordDataError> {
        const FLAGS: &str = "flags of letters and digits";
        let naptr = Naptr {
            order: fields.next("an order")?,
            preference: fields.next("a preference")?,
            flags: fields.character_string(FLAGS)?,
            services: fields.character_string("services in quotes or without blanks")?,
            regexp: fields.character_string("a regular expression in quotes or without blanks")?,
            replacement: fields.name()?,
        };
        if !naptr.flags.iter().all(u8::is_ascii_alphanumeric) {
            return Err(RecordDataError::Field(FLAGS));
        }
        if !naptr.regexp.is_empty() && !naptr.replacement.is_root() {
            return Err(RecordDataError::RegexpAndReplacement);
        }
        Ok(naptr)
    }
}

impl fmt::Display for Naptr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strings = [&self.flags, &self.services, &self.regexp];
        write!(f, "{} {} ", self.order, self.preference)?;
        strings.into_iter().try_for_each(|string| write!(f, "{} ", Quoted(string)))?;
        Absolute(&self.replacement).fmt(f)
    }
}
