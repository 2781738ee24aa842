//! Names as this dialect writes them: absolute, with the final dot, and nothing escaped.

use ddns_core::{Mailbox, Name, policy};
use uuid::Uuid;

/// A name with its final dot.
pub(crate) fn absolute(name: &Name) -> String {
    if name.is_root() { name.to_string() } else { format!("{name}.") }
}

/// A domain's name: labels of letters, digits, `_` and inner hyphens, each with its dot, at most 254 octets in all.
pub(super) fn is_domain_name(text: &str) -> bool {
    labels(text).is_some_and(|mut labels| labels.all(is_label))
}

/// A record's or server's name: likewise, and the first label may be `*`.
pub(super) fn is_host_name(text: &str) -> bool {
    labels(text).is_some_and(|mut labels| {
        labels.next().is_some_and(|first| first == "*" || is_label(first)) && labels.all(is_label)
    })
}

/// A record's name without a dot in front: that is how some write the apex.
pub(super) fn undotted(text: &str) -> &str {
    text.strip_prefix('.').unwrap_or(text)
}

/// One `@`, in whose place a dot makes a domain's name; and what a SOA record can hold.
pub(super) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@').filter(|(_, domain)| !domain.contains('@'));
    parts.is_some_and(|(local, domain)| is_domain_name(&format!("{local}.{domain}.")))
        && text.parse::<Mailbox>().is_ok()
}

/// An id as it is written, with hyphens or without.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    match text.len() {
        32 | 36 => Uuid::try_parse(text).ok(),
        _ => None,
    }
}

fn labels(text: &str) -> Option<std::str::Split<'_, char>> {
    let text = text.strip_suffix('.').filter(|_| text.len() < policy::NAME_WIRE_MAX);
    text.map(|text| text.split('.'))
}

fn is_label(label: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let hyphens = label.starts_with('-') || label.ends_with('-');
    (1..=policy::LABEL_MAX).contains(&label.len()) && !hyphens && label.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_two_forms() {
        let id = Uuid::from_u128(0x89ab_cdef_0123_4567_89ab_cdef_0123_4567);
        for form in
            ["89abcdef-0123-4567-89ab-cdef01234567", "89ABCDEF012345678 9abcdef01234567".replace(' ', "").as_str()]
        {
            assert_eq!(uuid(form), Some(id), "{form}");
        }
        for junk in [
            "",
            "zzz",
            "{89abcdef-0123-4567-89ab-cdef01234567}",
            "urn:uuid:89abcdef-0123-4567-89ab-cdef01234567",
            "89abcdef-0123-4567-89ab-cdef0123456",
            "89abcdef0-123-4567-89ab-cdef01234567",
            "{89abcdef0123456789abcdef0123456}",
        ] {
            assert_eq!(uuid(junk), None, "{junk}");
        }
    }
}
