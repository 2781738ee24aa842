//! The parts of a record's text: what is read and what is written in a master file (RFC 1035, section 5.1).

use std::fmt;
use std::str::FromStr;

use super::RecordDataError;
use crate::name::{Name, NameError};
use crate::policy::{CHARACTER_STRING_MAX, RDATA_MAX};

/// The fields of one record's text, taken one after the other; what was not taken yet.
pub(super) struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    pub(super) fn new(text: &'a str) -> Fields<'a> {
        Fields(text)
    }

    /// What stands before the next blank.
    pub(super) fn field(&mut self, what: &'static str) -> Result<&'a str, RecordDataError> {
        let text = self.0.trim_ascii_start();
        let end = text.find(|character: char| character.is_ascii_whitespace()).unwrap_or(text.len());
        let (field, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        self.0 = rest;
        if field.is_empty() { Err(RecordDataError::Field(what)) } else { Ok(field) }
    }

    pub(super) fn next<T: FromStr>(&mut self, what: &'static str) -> Result<T, RecordDataError> {
        let field = self.field(what)?;
        // Rust reads a sign before a number; a master file has none.
        if field.starts_with('+') {
            return Err(RecordDataError::Field(what));
        }
        field.parse().map_err(|_| RecordDataError::Field(what))
    }

    /// A name whose first label is no `*`.
    pub(super) fn name(&mut self) -> Result<Name, RecordDataError> {
        let name = self.any_name()?;
        if name.is_wildcard() { Err(RecordDataError::Name(NameError::Wildcard)) } else { Ok(name) }
    }

    /// A name, also one whose first label is `*`: as data that means nothing more than itself.
    pub(super) fn any_name(&mut self) -> Result<Name, RecordDataError> {
        Ok(self.field("a name")?.parse()?)
    }

    /// A string of any length, in quotes or without blanks.
    pub(super) fn string(&mut self, what: &'static str) -> Result<Box<[u8]>, RecordDataError> {
        let text = self.0.trim_ascii_start();
        let (octets, rest) = string(text).filter(|_| !text.is_empty()).ok_or(RecordDataError::Field(what))?;
        self.0 = rest;
        Ok(octets.into())
    }

    /// A string of at most 255 octets.
    pub(super) fn character_string(&mut self, what: &'static str) -> Result<Box<[u8]>, RecordDataError> {
        let string = self.string(what)?;
        if string.len() > CHARACTER_STRING_MAX { Err(RecordDataError::StringTooLong) } else { Ok(string) }
    }

    /// `key` or `key=string`, if there is one more; a key has neither blanks nor escapes.
    pub(super) fn pair(&mut self) -> Result<Option<(&'a str, Vec<u8>)>, RecordDataError> {
        let text = self.0.trim_ascii_start();
        let end = text.find(|character: char| character == '=' || character.is_ascii_whitespace());
        let (key, rest) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, ""));
        let (octets, rest) = match rest.strip_prefix('=') {
            Some(rest) => string(rest).ok_or(RecordDataError::Field("a value in quotes or without blanks"))?,
            None => (Vec::new(), rest),
        };
        self.0 = rest;
        Ok(if text.is_empty() { None } else { Some((key, octets)) })
    }

    /// All that is left, as octets in hexadecimal, with or without blanks between the digits.
    pub(super) fn hex(&mut self, what: &'static str) -> Result<Box<[u8]>, RecordDataError> {
        let digits: Vec<u8> = self.0.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect();
        self.0 = "";
        check_len(digits.len() / 2)?;
        let octets: Option<Vec<u8>> = digits.chunks(2).map(hex_octet).collect();
        octets.map(Into::into).ok_or(RecordDataError::Field(what))
    }

    pub(super) fn end(self) -> Result<(), RecordDataError> {
        if self.0.trim_ascii_start().is_empty() { Ok(()) } else { Err(RecordDataError::Field("nothing more")) }
    }
}

/// Data of types that set no bound themselves ends at ours.
pub(super) fn check_len(octets: usize) -> Result<(), RecordDataError> {
    if octets > RDATA_MAX { Err(RecordDataError::DataTooLong) } else { Ok(()) }
}

fn hex_octet(pair: &[u8]) -> Option<u8> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let [high, low] = pair else { return None };
    Some(digit(high)? << 4 | digit(low)?)
}

/// One string with its escapes resolved, and what stands behind it; none if it is malformed.
///
/// Only what every master file takes for itself is taken: other octets than printable ASCII are written `\DDD`, and
/// outside of quotes the characters that mean something else there are escaped.
fn string(text: &str) -> Option<(Vec<u8>, &str)> {
    let (quoted, mut rest) = text.strip_prefix('"').map_or((false, text), |rest| (true, rest));
    let mut octets = Vec::new();
    loop {
        let mut characters = rest.chars();
        match characters.next() {
            None if quoted => return None,
            None => break,
            Some('"') if quoted => {
                rest = characters.as_str();
                break;
            }
            Some(blank) if !quoted && blank.is_ascii_whitespace() => break,
            Some('\\') => {
                let (octet, behind) = escaped(characters.as_str())?;
                octets.push(octet);
                rest = behind;
            }
            Some(plain) => {
                octets.push(u8::try_from(plain).ok().filter(|octet| is_plain(*octet, quoted))?);
                rest = characters.as_str();
            }
        }
    }
    let ends = rest.chars().next().is_none_or(|next| next.is_ascii_whitespace());
    ends.then_some((octets, rest))
}

/// The octet that an escape stands for, `\DDD` or a printable character itself, and what stands behind it.
pub(super) fn escaped(rest: &str) -> Option<(u8, &str)> {
    let mut characters = rest.chars();
    let first = u8::try_from(characters.next()?).ok()?;
    if first.is_ascii_digit() {
        let (digits, behind) = rest.split_at_checked(3)?;
        return Some((digits.parse().ok()?, behind));
    }
    (b' '..=b'~').contains(&first).then_some((first, characters.as_str()))
}

/// Whether an octet stands for itself.
fn is_plain(octet: u8, quoted: bool) -> bool {
    match octet {
        b'"' | b'\\' => false,
        b' ' | b'(' | b')' | b';' => quoted,
        other => other.is_ascii_graphic(),
    }
}

/// A string in quotes.
pub(super) struct Quoted<'a>(pub(super) &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for octet in self.0 {
            match octet {
                b'"' | b'\\' => write!(f, "\\{}", char::from(*octet))?,
                b' '..=b'~' => write!(f, "{}", char::from(*octet))?,
                _ => write!(f, "\\{octet:03}")?,
            }
        }
        f.write_str("\"")
    }
}

/// A string without quotes, where it needs none.
pub(super) struct Bare<'a>(pub(super) &'a [u8]);

impl fmt::Display for Bare<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match str::from_utf8(self.0) {
            Ok(text) if !text.is_empty() && text.bytes().all(|octet| is_plain(octet, false)) => f.write_str(text),
            _ => Quoted(self.0).fmt(f),
        }
    }
}

/// Octets in hexadecimal.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A name with its trailing dot.
pub(super) struct Absolute<'a>(pub(super) &'a Name);

impl fmt::Display for Absolute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0, if self.0.is_root() { "" } else { "." })
    }
}
