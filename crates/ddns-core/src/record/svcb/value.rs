//! The values of a service binding's parameters: their text, and the octets that stand for it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::SvcKey;

/// A value's text as octets on the wire; none if it has not the key's form.
pub(super) fn read(key: SvcKey, text: &[u8]) -> Option<Vec<u8>> {
    match key {
        SvcKey::MANDATORY => read_keys(text),
        SvcKey::ALPN => read_protocols(text),
        SvcKey::PORT => number(text).map(|port| port.to_be_bytes().to_vec()),
        SvcKey::IPV4HINT => read_list(text, |address: Ipv4Addr| address.octets().to_vec()),
        SvcKey::ECH => STANDARD.decode(text).ok(),
        SvcKey::IPV6HINT => read_list(text, |address: Ipv6Addr| address.octets().to_vec()),
        _ => Some(text.to_vec()),
    }
}

/// The text of a value that fits its key.
pub(super) fn shown(key: SvcKey, value: &[u8]) -> Vec<u8> {
    match key {
        SvcKey::MANDATORY => list(keys(value)),
        SvcKey::ALPN => protocols(value).map(escape).collect::<Vec<_>>().join(&b','),
        SvcKey::PORT => list(value.first_chunk().map(|octets| u16::from_be_bytes(*octets))),
        SvcKey::IPV4HINT => list(chunks(value).map(|octets: [u8; 4]| Ipv4Addr::from(octets))),
        SvcKey::ECH => STANDARD.encode(value).into(),
        SvcKey::IPV6HINT => list(chunks(value).map(|octets: [u8; 16]| Ipv6Addr::from(octets))),
        _ => value.to_vec(),
    }
}

/// Whether octets are a value of the key on the wire.
pub(super) fn fits(key: SvcKey, value: &[u8]) -> bool {
    match key {
        SvcKey::MANDATORY => {
            let ascending = keys(value).is_sorted_by(|a, b| a < b);
            !value.is_empty()
                && value.len().is_multiple_of(2)
                && ascending
                && !keys(value).any(|key| !may_be_listed(key))
        }
        SvcKey::ALPN => {
            let octets = protocols(value).fold(0usize, |sum, name| sum.saturating_add(1).saturating_add(name.len()));
            !value.is_empty() && octets == value.len() && protocols(value).all(|name| !name.is_empty())
        }
        SvcKey::NO_DEFAULT_ALPN | SvcKey::OHTTP => value.is_empty(),
        SvcKey::PORT => value.len() == 2,
        SvcKey::IPV4HINT => !value.is_empty() && value.len().is_multiple_of(4),
        SvcKey::ECH => !value.is_empty(),
        SvcKey::IPV6HINT => !value.is_empty() && value.len().is_multiple_of(16),
        SvcKey::DOHPATH => str::from_utf8(value).is_ok_and(is_path_of_dns),
        _ => true,
    }
}

/// What a key's value is, in words.
pub(super) fn form(key: SvcKey) -> &'static str {
    match key {
        SvcKey::MANDATORY => "a list of other keys, none of them twice",
        SvcKey::ALPN => "a list of protocols' names of 1 to 255 octets",
        SvcKey::NO_DEFAULT_ALPN | SvcKey::OHTTP => "no value",
        SvcKey::PORT => "a port from 0 to 65535",
        SvcKey::IPV4HINT => "a list of IPv4 addresses",
        SvcKey::ECH => "a list of configurations in base64",
        SvcKey::IPV6HINT => "a list of IPv6 addresses",
        SvcKey::DOHPATH => "a path with a variable \"dns\", such as /dns-query{?dns}",
        _ => "any value",
    }
}

/// The keys that a value of `mandatory` lists.
pub(super) fn keys(value: &[u8]) -> impl Iterator<Item = SvcKey> {
    chunks(value).map(|octets| SvcKey(u16::from_be_bytes(octets)))
}

/// `mandatory` does not list itself, nor the number that is no key (RFC 9460, sections 8 and 14.3.2).
fn may_be_listed(key: SvcKey) -> bool {
    key != SvcKey::MANDATORY && key.0 < u16::MAX
}

/// Text lists keys in any order, the wire in theirs (RFC 9460, section 8).
fn read_keys(text: &[u8]) -> Option<Vec<u8>> {
    let mut keys = BTreeSet::new();
    for name in str::from_utf8(text).ok()?.split(',') {
        if !keys.insert(SvcKey::from_text(name)?) {
            return None;
        }
    }
    Some(keys.into_iter().flat_map(|key| key.0.to_be_bytes()).collect())
}

/// A list in which `\,` and `\\` stand for a comma and a backslash in a name (RFC 9460, appendix A.1).
fn read_protocols(text: &[u8]) -> Option<Vec<u8>> {
    let mut names = vec![Vec::new()];
    let mut octets = text.iter();
    while let Some(octet) = octets.next() {
        match octet {
            b',' => names.push(Vec::new()),
            b'\\' => names.last_mut()?.push(*octets.next().filter(|octet| matches!(octet, b',' | b'\\'))?),
            plain => names.last_mut()?.push(*plain),
        }
    }
    let mut value = Vec::new();
    for name in names {
        value.push(u8::try_from(name.len()).ok()?);
        value.extend(name);
    }
    Some(value)
}

/// The names that a value of `alpn` lists; it ends before one that is cut.
fn protocols(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (len, behind) = rest.split_first()?;
        let (name, behind) = behind.split_at_checked(usize::from(*len))?;
        rest = behind;
        Some(name)
    })
}

fn escape(name: &[u8]) -> Vec<u8> {
    let escaped = name.iter().flat_map(|octet| match octet {
        b',' | b'\\' => [Some(b'\\'), Some(*octet)],
        _ => [None, Some(*octet)],
    });
    escaped.flatten().collect()
}

/// A URI template, relative to the server, with the variable that takes the question (RFC 9461, section 5).
fn is_path_of_dns(text: &str) -> bool {
    let mut expressions = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    let names_dns = |expression: &str| {
        let variables = expression.trim_start_matches(|first: char| "+#./;?&".contains(first));
        variables.split(',').any(|variable| variable.trim_end_matches('*') == "dns")
    };
    text.starts_with('/') && expressions.any(|(expression, _)| names_dns(expression))
}

fn number(text: &[u8]) -> Option<u16> {
    let digits = str::from_utf8(text).ok().filter(|digits| digits.bytes().all(|octet| octet.is_ascii_digit()))?;
    digits.parse().ok()
}

fn read_list<T: std::str::FromStr>(text: &[u8], octets: impl Fn(T) -> Vec<u8>) -> Option<Vec<u8>> {
    let items = str::from_utf8(text).ok()?.split(',').map(|item| item.parse().ok().map(&octets));
    items.collect::<Option<Vec<_>>>().map(|items| items.concat())
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> Vec<u8> {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",").into()
}

fn chunks<const LEN: usize>(value: &[u8]) -> impl Iterator<Item = [u8; LEN]> {
    value.as_chunks().0.iter().copied()
}
