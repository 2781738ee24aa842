//! Domain names: parsed once, kept lower-cased, ordered as DNS orders them.
//!
//! A [`Name`] is kept as its *canonical key*: its labels from the root down, with a NUL between them, so
//! `www.example.org` is kept as `org␀example␀www`. Comparing two keys as bytes is exactly the canonical order of
//! RFC 4034, section 6.1; everything at and below a name is one contiguous range; and an ancestor is a prefix. Zone
//! walks, "is anything below this name" and "which zone encloses it" are therefore all ordinary map operations.
//!
//! [`Fqdn`] (a host's name) and [`ZoneName`] (an apex) hold a `Name` and promise more. They do not convert into each
//! other:
//!
//! ```compile_fail
//! let host: ddns_core::Fqdn = "home.dyn.example".parse().unwrap();
//! let zone: ddns_core::ZoneName = host.into();
//! ```

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use smol_str::{SmolStr, SmolStrBuilder};

use crate::policy::{LABEL_MAX, NAME_WIRE_MAX};

/// Separates labels in a key. Lower than every octet a label may hold, which is what makes byte order canonical order.
pub(crate) const SEPARATOR: u8 = 0;

/// An absolute domain name of letters, digits, hyphens and underscores, with `*` allowed as the whole first label.
///
/// Case is folded (ASCII only), a trailing dot is optional when parsing and absent when printing. The root is `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(SmolStr);

/// A host's name: at least two labels of letters, digits and inner hyphens (RFC 952 and 1123).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fqdn(Name);

/// The name of a zone's apex: at least one label, no wildcard.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ZoneName(Name);

impl Name {
    /// The root of all names.
    pub const ROOT: Name = Name(SmolStr::new_static(""));

    /// The canonical key: labels from the root down, NUL between them.
    pub fn key(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Rebuilds a name from a key that [`Name::key`] gave.
    ///
    /// # Errors
    /// The rule of [`NameError`] that the key breaks.
    pub fn from_key(key: &[u8]) -> Result<Name, NameError> {
        let key = str::from_utf8(key).map_err(|_| NameError::NotAscii)?;
        let labels: Vec<&str> = if key.is_empty() { Vec::new() } else { key.rsplit('\0').collect() };
        Name::from_labels(&labels)
    }

    /// The labels, the one nearest the root first.
    pub fn labels_from_root(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('\0').filter(|label| !label.is_empty())
    }

    /// The labels as they are written, the leftmost first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.labels_from_root().rev()
    }

    /// How many labels the name has; 0 for the root.
    pub fn label_count(&self) -> usize {
        self.labels_from_root().count()
    }

    /// Octets of the uncompressed name on the wire.
    pub fn wire_len(&self) -> usize {
        if self.is_root() { 1 } else { self.0.len().saturating_add(2) }
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0 == "*" || self.0.ends_with("\0*")
    }

    /// The name without its first label; none for the root.
    pub fn parent(&self) -> Option<Name> {
        let key = parent_key(self.key())?;
        Some(Name(SmolStr::new(str::from_utf8(key).unwrap_or_default())))
    }

    /// The leftmost label; empty for the root.
    pub fn first_label(&self) -> &str {
        self.0.rsplit('\0').next().unwrap_or_default()
    }

    /// Whether this name is `ancestor` or lies below it.
    pub fn is_at_or_below(&self, ancestor: &Name) -> bool {
        is_at_or_below(self.key(), ancestor.key())
    }

    /// Whether this name lies strictly below `ancestor`.
    pub fn is_below(&self, ancestor: &Name) -> bool {
        self != ancestor && self.is_at_or_below(ancestor)
    }

    /// This name with one more label in front.
    ///
    /// # Errors
    /// [`NameError`] if the label is not one, or the name becomes too long.
    pub fn child(&self, label: &str) -> Result<Name, NameError> {
        if self.is_wildcard() {
            return Err(NameError::Wildcard);
        }
        check_label(label, true)?;
        let mut key = SmolStrBuilder::new();
        key.push_str(&self.0);
        if !self.is_root() {
            key.push('\0');
        }
        push_lower(&mut key, label);
        let name = Name(key.finish());
        if name.wire_len() > NAME_WIRE_MAX { Err(NameError::TooLong) } else { Ok(name) }
    }

    /// `*.` in front of this name; none where that would be too long.
    pub fn wildcard(&self) -> Option<Name> {
        self.child("*").ok()
    }

    fn from_labels(labels: &[&str]) -> Result<Name, NameError> {
        let mut key = SmolStrBuilder::new();
        for (position, label) in labels.iter().enumerate().rev() {
            check_label(label, position == 0)?;
            if position.saturating_add(1) != labels.len() {
                key.push('\0');
            }
            push_lower(&mut key, label);
        }
        let name = Name(key.finish());
        if name.wire_len() > NAME_WIRE_MAX { Err(NameError::TooLong) } else { Ok(name) }
    }
}

impl Fqdn {
    /// The name itself.
    pub fn name(&self) -> &Name {
        &self.0
    }

    /// Proves that a name can be a host's.
    ///
    /// # Errors
    /// The rule of [`NameError`] that it breaks.
    pub fn new(name: Name) -> Result<Fqdn, NameError> {
        if name.label_count() < 2 {
            return Err(NameError::TooFewLabels);
        }
        for label in name.labels() {
            if label.contains('_') || label == "*" || label.starts_with('-') || label.ends_with('-') {
                return Err(NameError::NotHostLabel);
            }
        }
        Ok(Fqdn(name))
    }
}

impl ZoneName {
    /// The name itself.
    pub fn name(&self) -> &Name {
        &self.0
    }

    /// Proves that a name can be an apex.
    ///
    /// # Errors
    /// The rule of [`NameError`] that it breaks.
    pub fn new(name: Name) -> Result<ZoneName, NameError> {
        if name.is_root() {
            return Err(NameError::TooFewLabels);
        }
        if name.is_wildcard() {
            return Err(NameError::Wildcard);
        }
        if name.labels().any(|label| label.starts_with('-') || label.ends_with('-')) {
            return Err(NameError::NotHostLabel);
        }
        Ok(ZoneName(name))
    }
}

/// A name as it stands in a question: any octets, folded to lower case, ready for a look-up, held without the heap.
///
/// Labels that no [`Name`] can hold end the key: what is kept is the longest enclosing part that could exist here, and
/// [`QueryName::is_whole`] tells whether that is all of it.
#[derive(Clone)]
pub struct QueryName {
    key: [u8; NAME_WIRE_MAX],
    len: u8,
    whole: bool,
}

impl QueryName {
    /// Reads an uncompressed name in wire format, root label included.
    ///
    /// # Errors
    /// [`NameError`] if a length octet points outside, is a compression pointer, or the name is too long.
    pub fn from_wire(wire: &[u8]) -> Result<QueryName, NameError> {
        if wire.len() > NAME_WIRE_MAX {
            return Err(NameError::TooLong);
        }
        let mut labels: [(u8, u8); 128] = [(0, 0); 128];
        let mut count = 0usize;
        let mut at = 0usize;
        loop {
            let len = usize::from(*wire.get(at).ok_or(NameError::Malformed)?);
            if len == 0 {
                break;
            }
            if len > LABEL_MAX {
                return Err(NameError::Malformed);
            }
            let start = at.saturating_add(1);
            let slot = labels.get_mut(count).ok_or(NameError::TooLong)?;
            *slot = (
                u8::try_from(start).map_err(|_| NameError::TooLong)?,
                u8::try_from(len).map_err(|_| NameError::TooLong)?,
            );
            count = count.saturating_add(1);
            at = start.saturating_add(len);
        }
        if at.saturating_add(1) != wire.len() {
            return Err(NameError::Malformed);
        }
        let mut query = QueryName { key: [0; NAME_WIRE_MAX], len: 0, whole: true };
        for &(start, len) in labels.iter().take(count).rev() {
            let end = usize::from(start).saturating_add(usize::from(len));
            let label = wire.get(usize::from(start)..end).ok_or(NameError::Malformed)?;
            if !label.iter().copied().all(is_label_octet) && label != b"*" {
                query.whole = false;
                break;
            }
            if query.len > 0 {
                query.push(SEPARATOR);
            }
            for octet in label {
                query.push(octet.to_ascii_lowercase());
            }
        }
        Ok(query)
    }

    /// The canonical key of the part that could exist here.
    pub fn key(&self) -> &[u8] {
        self.key.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether the key is the whole name that was asked for.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    fn push(&mut self, octet: u8) {
        if let Some(slot) = self.key.get_mut(usize::from(self.len)) {
            *slot = octet;
            self.len = self.len.saturating_add(1);
        }
    }
}

impl From<&Name> for QueryName {
    fn from(name: &Name) -> QueryName {
        let mut query = QueryName { key: [0; NAME_WIRE_MAX], len: 0, whole: true };
        for octet in name.key() {
            query.push(*octet);
        }
        query
    }
}

/// The key of the name one label up; none for the root.
pub(crate) fn parent_key(key: &[u8]) -> Option<&[u8]> {
    if key.is_empty() {
        return None;
    }
    let end = key.iter().rposition(|octet| *octet == SEPARATOR).unwrap_or(0);
    key.get(..end)
}

/// Whether the name of `key` is the name of `ancestor` or lies below it.
pub(crate) fn is_at_or_below(key: &[u8], ancestor: &[u8]) -> bool {
    match key.strip_prefix(ancestor) {
        Some(rest) => ancestor.is_empty() || rest.is_empty() || rest.first() == Some(&SEPARATOR),
        None => false,
    }
}

fn is_label_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_'
}

fn check_label(label: &str, first: bool) -> Result<(), NameError> {
    if label.is_empty() {
        return Err(NameError::EmptyLabel);
    }
    if label.len() > LABEL_MAX {
        return Err(NameError::LabelTooLong);
    }
    if label == "*" {
        return if first { Ok(()) } else { Err(NameError::Wildcard) };
    }
    if !label.is_ascii() {
        return Err(NameError::NotAscii);
    }
    if label.bytes().all(is_label_octet) { Ok(()) } else { Err(NameError::BadCharacter) }
}

fn push_lower(key: &mut SmolStrBuilder, label: &str) {
    for character in label.chars() {
        key.push(character.to_ascii_lowercase());
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Name, NameError> {
        if text == "." {
            return Ok(Name::ROOT);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        let mut labels: [&str; 128] = [""; 128];
        let mut count = 0usize;
        for label in text.split('.') {
            *labels.get_mut(count).ok_or(NameError::TooLong)? = label;
            count = count.saturating_add(1);
        }
        Name::from_labels(labels.get(..count).unwrap_or_default())
    }
}

impl FromStr for Fqdn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Fqdn, NameError> {
        Fqdn::new(text.parse()?)
    }
}

impl FromStr for ZoneName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<ZoneName, NameError> {
        ZoneName::new(text.parse()?)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.pad(".");
        }
        let mut text = [0u8; NAME_WIRE_MAX];
        let mut at = 0usize;
        for (position, label) in self.labels().enumerate() {
            if position > 0 {
                if let Some(slot) = text.get_mut(at) {
                    *slot = b'.';
                }
                at = at.saturating_add(1);
            }
            let end = at.saturating_add(label.len());
            if let Some(slot) = text.get_mut(at..end) {
                slot.copy_from_slice(label.as_bytes());
            }
            at = end;
        }
        f.pad(text.get(..at).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Borrow<[u8]> for Name {
    fn borrow(&self) -> &[u8] {
        self.key()
    }
}

impl Borrow<[u8]> for Fqdn {
    fn borrow(&self) -> &[u8] {
        self.0.key()
    }
}

macro_rules! text_serde {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize<'de>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use text_serde;

text_serde!(Name, Fqdn, ZoneName);

/// Why a text is not a domain name of the kind that was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No label is empty: no two dots in a row, none in front.
    #[error("the name has an empty label")]
    EmptyLabel,
    /// A label has at most 63 octets.
    #[error("a label is longer than {LABEL_MAX} octets")]
    LabelTooLong,
    /// A name has at most 255 octets on the wire, 253 as text.
    #[error("the name is longer than {NAME_WIRE_MAX} octets on the wire")]
    TooLong,
    /// Names are ASCII; an international label is written as its A-label (`xn--…`).
    #[error("the name is not ASCII; write international labels in their xn-- form")]
    NotAscii,
    /// Labels consist of letters, digits, hyphens and underscores.
    #[error("a label has a character that is not a letter, digit, hyphen or underscore")]
    BadCharacter,
    /// `*` stands alone in the first label, and only where the kind of name allows it.
    #[error("a wildcard label may only be the first label")]
    Wildcard,
    /// A host's label has letters, digits and inner hyphens only.
    #[error("a host name's label has letters, digits and inner hyphens only")]
    NotHostLabel,
    /// A host's name has two labels or more, an apex one or more.
    #[error("the name has too few labels")]
    TooFewLabels,
    /// A name in wire format is a run of labels that ends with the root label.
    #[error("the name is not in wire format")]
    Malformed,
}
