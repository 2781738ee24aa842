//! Text, as people write it and as DNS cuts it.

use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::RecordDataError;
use super::fields::Quoted;
use crate::policy::{CHARACTER_STRING_MAX, TXT_MAX};

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
    let strings: Vec<String> = cut(text).iter().map(|string| Quoted(string).to_string()).collect();
    strings.join(" ")
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

type Unquoted<'a> = Result<(Box<[u8]>, &'a [u8]), RecordDataError>;

/// One string up to its closing quote, and what stands behind it; none if no quote closes it.
fn quoted_string(mut rest: &[u8]) -> Option<Unquoted<'_>> {
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
