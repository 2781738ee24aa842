//! The door for names and times as people type them: international labels become A-labels, and the core's own doors do
//! the rest.

use std::str::FromStr;

use ddns_core::{Fqdn, Name, NameError, Ttl, ValueError, ZoneName};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// A domain name as it was typed.
pub(crate) fn name(text: &str) -> Result<Name, NameError> {
    folded(text)
}

/// A host's name as it was typed.
pub(crate) fn fqdn(text: &str) -> Result<Fqdn, NameError> {
    folded(text)
}

/// A zone's name as it was typed.
pub(crate) fn zone(text: &str) -> Result<ZoneName, NameError> {
    folded(text)
}

/// A time of records as it was typed, in seconds.
pub(crate) fn ttl(text: &str) -> Result<Ttl, ValueError> {
    text.parse::<u32>().ok().and_then(|secs| Ttl::try_from(secs).ok()).ok_or(ValueError::Ttl)
}

/// ASCII goes to the core as it is; anything else is converted first (UTS 46, non-transitional), or refused.
fn folded<T: FromStr<Err = NameError>>(text: &str) -> Result<T, NameError> {
    if text.is_ascii() {
        return text.parse();
    }
    let ascii = Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Check, DnsLength::Ignore);
    ascii.map_err(|_| NameError::NotAscii)?.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn international_labels_become_a_labels() {
        assert_eq!(fqdn("Bücher.dyn.example").unwrap().to_string(), "xn--bcher-kva.dyn.example");
        assert_eq!(fqdn("straße.example").unwrap().to_string(), "xn--strae-oqa.example", "non-transitional");
        assert_eq!(zone("例え.テスト").unwrap().to_string(), "xn--r8jz45g.xn--zckzah");
        assert_eq!(fqdn("xn--bcher-kva.example").unwrap().to_string(), "xn--bcher-kva.example");
    }

    #[test]
    fn what_is_no_label_is_refused() {
        for bad in ["bü cher.example", "a\u{202e}b.example", "ü..example", "", "ü"] {
            assert!(fqdn(bad).is_err(), "{bad:?}");
        }
        assert_eq!(name("_dmarc.Example.ORG.").unwrap().to_string(), "_dmarc.example.org");
    }
}
