//! Names: the `domain` crate is the oracle, tables hold the cruel cases.

use std::str::FromStr;

use ddns_core::{Fqdn, Name, NameError, QueryName, ZoneName};
use domain::base::cmp::CanonicalOrd;
use proptest::prelude::*;

use crate::support::{assert_json_refused, assert_json_round_trip, cases, parse};

type Oracle = domain::base::Name<Vec<u8>>;

fn oracle(text: &str) -> Oracle {
    Oracle::from_str(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Labels on the wire, put together by hand.
fn wire(labels: &[&[u8]]) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in labels {
        wire.push(u8::try_from(label.len()).unwrap());
        wire.extend_from_slice(label);
    }
    wire.push(0);
    wire
}

fn from_wire(labels: &[&[u8]]) -> QueryName {
    QueryName::from_wire(&wire(labels)).unwrap()
}

// -- what is taken

/// A label of a few characters, so that equal labels and prefixes are frequent; now and then a long one.
fn label() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[abAB_0-]{1,3}", 1 => "[a-zA-Z0-9_-]{1,63}", 1 => "[a-c]{60,63}"]
}

fn text() -> impl Strategy<Value = String> {
    let labels = prop::collection::vec(label(), 1..6);
    (labels, prop::bool::weighted(0.2), any::<bool>()).prop_map(|(labels, wildcard, dot)| {
        let name = labels.join(".");
        format!("{}{name}{}", if wildcard { "*." } else { "" }, if dot { "." } else { "" })
    })
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn what_the_oracle_takes_is_taken_and_comes_back(text in text()) {
        match (Name::from_str(&text), Oracle::from_str(&text)) {
            (Ok(name), Ok(oracle)) => {
                prop_assert_eq!(name.to_string(), text.trim_end_matches('.').to_ascii_lowercase());
                prop_assert_eq!(Name::from_str(&name.to_string()), Ok(name.clone()));
                prop_assert_eq!(Name::from_key(name.key()), Ok(name.clone()));
                prop_assert_eq!(name.wire_len(), oracle.len());
                prop_assert_eq!(name.label_count(), oracle.label_count() - 1);
                let (asked, same) = (QueryName::from_wire(oracle.as_slice()).unwrap(), QueryName::from(&name));
                prop_assert!(asked.key() == name.key() && same.key() == name.key());
                let labels: Vec<&str> = name.labels().collect();
                prop_assert_eq!(labels.join("."), name.to_string());
            }
            (Err(NameError::TooLong), Err(_)) => (),
            // The oracle takes 256 octets where the text has no dot at its end (domain 0.12.3).
            (Err(NameError::TooLong), Ok(oracle)) => prop_assert_eq!(oracle.len(), 256),
            (ours, theirs) => prop_assert!(false, "ours {ours:?}, theirs {theirs:?}"),
        }
    }

    #[test]
    fn order_is_canonical_order(one in text(), two in text()) {
        if let (Ok(a), Ok(b)) = (Name::from_str(&one), Name::from_str(&two)) {
            prop_assert_eq!(a.cmp(&b), oracle(&one).canonical_cmp(&oracle(&two)));
            prop_assert_eq!(a == b, oracle(&one) == oracle(&two));
        }
    }

    #[test]
    fn ancestors_are_suffixes(one in text(), two in text()) {
        if let (Ok(a), Ok(b)) = (Name::from_str(&one), Name::from_str(&two)) {
            prop_assert_eq!(a.is_at_or_below(&b), oracle(&one).ends_with(&oracle(&two)));
            prop_assert_eq!(a.is_below(&b), a != b && oracle(&one).ends_with(&oracle(&two)));
            let mut up = a.clone();
            while let Some(parent) = up.parent() {
                prop_assert!(up.is_below(&parent));
                prop_assert_eq!(parent.child(up.first_label()), Ok(up.clone()));
                up = parent;
            }
            prop_assert!(up.is_root(), "every ancestry ends at the root");
        }
    }

    #[test]
    fn arbitrary_octets_end_the_key_and_never_panic(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..8)) {
        let slices: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
        let query = from_wire(&slices);
        let could_exist = |label: &&&[u8]| Name::ROOT.child(&String::from_utf8_lossy(label)).is_ok();
        let kept: Vec<String> =
            slices.iter().rev().take_while(could_exist).map(|label| String::from_utf8_lossy(label).to_ascii_lowercase()).collect();
        let key = kept.join("\0");
        prop_assert_eq!(query.key(), key.as_bytes());
        prop_assert_eq!(query.is_whole(), kept.len() == slices.len());
    }

    #[test]
    fn malformed_wire_is_refused_and_never_panics(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let ours = QueryName::from_wire(&octets).is_ok();
        prop_assert_eq!(ours, Oracle::from_octets(octets).is_ok());
    }

    #[test]
    fn any_text_is_refused_or_ascii(text in "\\PC{0,80}") {
        if let Ok(name) = Name::from_str(&text) {
            prop_assert!(text.is_ascii() && name.to_string().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.*".contains(&b)));
        }
    }
}

// -- tables

#[test]
fn names_that_are_taken() {
    let longest_label = "a".repeat(63);
    let longest = format!("{0}.{0}.{0}.{1}", longest_label, "a".repeat(61));
    let deepest = vec!["a"; 127].join(".");
    for (text, printed) in [
        (".", "."),
        ("example", "example"),
        ("Example.ORG.", "example.org"),
        ("*", "*"),
        ("*.example", "*.example"),
        ("_acme-challenge.example", "_acme-challenge.example"),
        ("-a-.example", "-a-.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("0.0.127.in-addr.arpa", "0.0.127.in-addr.arpa"),
        (&longest_label, &longest_label),
        (&longest, &longest),
        (&deepest, &deepest),
    ] {
        assert_eq!(parse::<Name>(text).to_string(), printed);
        assert_json_round_trip(&parse::<Name>(text));
    }
    assert_eq!(longest.len(), 253);
    assert_eq!(parse::<Name>(&longest).wire_len(), 255);
    assert_eq!(parse::<Name>(&deepest).label_count(), 127);
}

#[test]
fn names_that_are_refused() {
    use NameError::{BadCharacter, EmptyLabel, LabelTooLong, NotAscii, TooLong, Wildcard};
    let label64 = "a".repeat(64);
    let long = |last: usize| format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(last));
    let (octets254, dotted254, octets255) = (long(62), format!("{}.", long(62)), long(63));
    let (deep128, deep129) = (vec!["a"; 128].join("."), vec!["a"; 129].join("."));
    for (text, error) in [
        ("", EmptyLabel),
        ("..", EmptyLabel),
        (".example", EmptyLabel),
        ("a..example", EmptyLabel),
        ("example..", EmptyLabel),
        (&label64, LabelTooLong),
        (&octets254, TooLong),
        (&dotted254, TooLong),
        (&octets255, TooLong),
        (&deep128, TooLong),
        (&deep129, TooLong),
        ("\u{212a}elvin.example", NotAscii),
        ("a\u{3002}example", NotAscii),
        ("\u{ff41}.example", NotAscii),
        ("a\u{ad}.example", NotAscii),
        ("a\u{200d}.example", NotAscii),
        ("b\u{fc}cher.example", NotAscii),
        ("a%2eexample", BadCharacter),
        ("a\\.example", BadCharacter),
        ("a b.example", BadCharacter),
        (" example", BadCharacter),
        ("example\n", BadCharacter),
        ("a\0b.example", BadCharacter),
        ("a*.example", BadCharacter),
        ("**.example", BadCharacter),
        ("a.*.example", Wildcard),
        ("*.*.example", Wildcard),
        ("example.*", Wildcard),
    ] {
        assert_eq!(text.parse::<Name>(), Err(error), "{text:?}");
        assert_json_refused::<Name>(&serde_json::to_string(text).unwrap());
    }
    assert_json_refused::<Name>("7");
}

#[test]
fn host_names() {
    use NameError::{NotHostLabel, TooFewLabels};
    for (text, error) in [
        ("example", TooFewLabels),
        (".", TooFewLabels),
        ("_a.example", NotHostLabel),
        ("a_b.example", NotHostLabel),
        ("a.b_c", NotHostLabel),
        ("*.example", NotHostLabel),
        ("-a.example", NotHostLabel),
        ("a-.example", NotHostLabel),
        ("a.-example", NotHostLabel),
        ("a.example-", NotHostLabel),
    ] {
        assert_eq!(text.parse::<Fqdn>(), Err(error), "{text:?}");
        assert_json_refused::<Fqdn>(&format!("{text:?}"));
    }
    for text in ["a.b", "a-b.example", "a--b.example", "1.example", "xn--bcher-kva.example"] {
        assert_json_round_trip(&parse::<Fqdn>(text));
    }
}

#[test]
fn zone_names() {
    for (text, error) in [
        (".", NameError::TooFewLabels),
        ("*.example", NameError::Wildcard),
        ("*", NameError::Wildcard),
        ("-a.example", NameError::NotHostLabel),
        ("a-.example", NameError::NotHostLabel),
    ] {
        assert_eq!(text.parse::<ZoneName>(), Err(error), "{text:?}");
        assert_json_refused::<ZoneName>(&format!("{text:?}"));
    }
    for text in ["example", "dyn.example", "_tcp.example", "127.in-addr.arpa"] {
        assert_json_round_trip(&parse::<ZoneName>(text));
    }
}

#[test]
fn children_and_wildcards() {
    let name = |text: &str| parse::<Name>(text);
    assert_eq!(Name::ROOT.child("Example").unwrap(), name("example"));
    assert_eq!(name("example").wildcard(), Some(name("*.example")));
    assert_eq!(Name::ROOT.wildcard(), Some(name("*")));
    assert_eq!(name("*.example").wildcard(), None, "a wildcard label is first or not at all");
    assert!(name("*.example").is_wildcard() && name("*").is_wildcard());
    assert!(!name("example").is_wildcard() && !Name::ROOT.is_wildcard());
    for (label, error) in [
        ("", NameError::EmptyLabel),
        ("a.b", NameError::BadCharacter),
        ("a\0b", NameError::BadCharacter),
        ("\u{fc}", NameError::NotAscii),
    ] {
        assert_eq!(name("example").child(label), Err(error), "{label:?}");
    }
    assert_eq!(name("*.example").child("a"), Err(NameError::Wildcard));
    let long = name(&format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(59)));
    assert_eq!(long.wire_len(), 253);
    assert_eq!(long.wildcard().map(|name| name.wire_len()), Some(255));
    assert_eq!(long.child("ab"), Err(NameError::TooLong));
    assert_eq!(Name::ROOT.parent(), None);
    assert_eq!(name("example").parent(), Some(Name::ROOT));
    assert_eq!(name("*.example").parent(), Some(name("example")));
}

#[test]
fn an_ancestor_ends_at_a_label() {
    let below = |name: &str, ancestor: &str| parse::<Name>(name).is_at_or_below(&parse(ancestor));
    assert!(below("a.example", "example") && below("example", "example") && below("example", "."));
    assert!(!below("aexample", "example"), "a longer label is another label");
    assert!(!below("a.examples", "example") && !below("example", "a.example") && !below(".", "example"));
}

#[test]
fn keys_come_back_only_if_they_are_names() {
    assert_eq!(Name::from_key(b""), Ok(Name::ROOT));
    assert_eq!(Name::from_key(b"example\0www"), Ok(parse("www.example")));
    for (key, error) in [
        (&b"\0"[..], NameError::EmptyLabel),
        (b"example\0", NameError::EmptyLabel),
        (b"\0example", NameError::EmptyLabel),
        (b"*\0www", NameError::Wildcard),
        (b"a.b", NameError::BadCharacter),
        (b"\xff", NameError::NotAscii),
    ] {
        assert_eq!(Name::from_key(key), Err(error), "{key:?}");
    }
}

#[test]
fn questions() {
    let key = |labels: &[&[u8]]| {
        let query = from_wire(labels);
        (String::from_utf8(query.key().to_vec()).unwrap(), query.is_whole())
    };
    assert_eq!(key(&[]), (String::new(), true));
    assert_eq!(key(&[b"WWW", b"Example"]), ("example\0www".to_owned(), true));
    assert_eq!(key(&[b"a.b", b"example"]), ("example".to_owned(), false), "a dot inside a label is no separator");
    assert_eq!(key(&[b"www", b"\0", b"example"]), ("example".to_owned(), false));
    assert_eq!(key(&[b"example", b"\xe2\x84\xaa"]), (String::new(), false));
    assert_eq!(key(&[b"*", b"example"]), ("example\0*".to_owned(), true));
    let longest = vec![&b"a"[..]; 127];
    assert_eq!(key(&longest), (vec!["a"; 127].join("\0"), true));
}

#[test]
fn questions_that_are_no_names() {
    let pointer = [0xc0, 0x0c];
    let too_long = wire(&[&[b'a'; 63], &[b'a'; 63], &[b'a'; 63], &[b'a'; 62]]);
    assert_eq!(too_long.len(), 256);
    for octets in [&[][..], &[1], &[1, b'a'], &[64; 66], &pointer, &[0, 0], &[1, b'a', 0, 0], &too_long] {
        assert!(QueryName::from_wire(octets).is_err(), "{octets:?}");
    }
}
