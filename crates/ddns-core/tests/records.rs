//! Record data: its text, its JSON, and what is refused.

use ddns_core::zone::ZoneRecord;
use ddns_core::{NameError, RecordData, RecordDataError, RecordType, Text, Ttl};
use proptest::prelude::*;

use crate::support::{assert_json_refused, assert_json_round_trip, cases, parse};
use crate::texts::{damaged, deliberate, master_file, read_by_domain};

fn text(text: &str) -> Text {
    parse(text)
}

fn strings(given: &str) -> Vec<Vec<u8>> {
    text(given).strings().map(<[u8]>::to_vec).collect()
}

// -- round trips

fn given_text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,300}", "[\" \\\\a0-9]{0,12}", "\"([a \\\\\"0-9]|\\\\[0-9]{3}){0,6}\"", "[a\"]{254,258}"]
}

/// What is right by construction; random quoting alone may make one string too long.
fn typed() -> impl Strategy<Value = (RecordType, String)> {
    let text = || given_text().prop_map(|text| (RecordType::TXT, text));
    prop_oneof![4 => master_file(), 1 => text(), 1 => text().prop_map(|(_, text)| (RecordType::SPF, text))]
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn data_comes_back((record_type, text) in typed()) {
        match RecordData::parse(record_type, &text) {
            Ok(data) => {
                prop_assert_eq!(data.record_type(), record_type);
                prop_assert_eq!(RecordData::parse(record_type, &data.to_string()), Ok(data.clone()));
                assert_json_round_trip(&data);
            }
            Err(error) => prop_assert_eq!(error, RecordDataError::StringTooLong),
        }
    }

    #[test]
    fn a_literal_is_exactly_its_octets(literal in given_text()) {
        let text = Text::literal(&literal).unwrap();
        let octets: Vec<u8> = text.strings().flatten().copied().collect();
        prop_assert_eq!(octets, literal.as_bytes());
        prop_assert!(text.strings().all(|string| string.len() <= 255));
        let back = text.given().parse::<Text>().unwrap();
        prop_assert!(back.strings().eq(text.strings()), "{:?} comes back as {:?}", text, back);
    }

    #[test]
    fn any_text_is_judged_without_panic(record_type in prop_oneof![0u16..70, 250u16..260], text in "\\PC{0,40}") {
        if let Ok(data) = RecordData::parse(RecordType(record_type), &text) {
            prop_assert_eq!(RecordData::parse(RecordType(record_type), &data.to_string()), Ok(data));
        }
    }

    #[test]
    fn a_master_file_is_taken_as_domain_takes_it((record_type, text) in master_file()) {
        prop_assert!(RecordData::parse(record_type, &text).is_ok());
        if let Err(error) = read_by_domain(record_type, &text) {
            let why = deliberate(record_type, &text);
            prop_assert!(why.is_some(), "{record_type} {text:?}: {error}");
        }
    }

    #[test]
    fn what_domain_refuses_is_refused_or_taken_on_purpose((record_type, text) in damaged()) {
        let Ok(data) = RecordData::parse(record_type, &text) else { return Ok(()) };
        prop_assert_eq!(RecordData::parse(record_type, &data.to_string()), Ok(data.clone()));
        if let Err(error) = read_by_domain(record_type, &text) {
            let why = deliberate(record_type, &text);
            prop_assert!(why.is_some(), "{record_type} {text:?} was taken as {data}: {error}");
        }
    }
}

// -- TXT

#[test]
fn texts_in_every_form() {
    let long = |count: usize| vec![b'a'; count];
    let cut = |given: &str, expected: &[&[u8]]| {
        assert_eq!(strings(given), expected, "{given:?}");
        assert_eq!(text(given).given(), given, "kept as given");
    };
    cut("", &[b""]);
    cut(" ", &[b" "]);
    cut("v=spf1 -all", &[b"v=spf1 -all"]);
    cut("\u{fc}", &["\u{fc}".as_bytes()]);
    cut("a\\b", &[b"a\\b"]);
    cut("say \"hi\"", &[b"say \"hi\""]);
    cut(&"a".repeat(255), &[&long(255)]);
    cut(&"a".repeat(256), &[&long(255), b"a"]);
    cut(&"a".repeat(510), &[&long(255), &long(255)]);
    // Wholly in quotes: RFC 1035 character-strings.
    cut("\"\"", &[b""]);
    cut("\"a\"", &[b"a"]);
    cut("\"a\" \"b\"", &[b"a", b"b"]);
    cut("  \"a\"\t\"b\"  ", &[b"a", b"b"]);
    cut("\"a b\"", &[b"a b"]);
    cut("\"\\\"\\\\\"", &[b"\"\\"]);
    cut("\"\\065\\255\\000\"", &[b"A\xff\0"]);
    cut("\"\\x\"", &[b"x"]);
    cut(&format!("\"{}\"", "a".repeat(255)), &[&long(255)]);
    cut(&format!("\"{}\"", "\\097".repeat(255)), &[&long(255)]);
    // A quote that does not open and close the whole text is a character like any other.
    cut("\"a", &[b"\"a"]);
    cut("a\"", &[b"a\""]);
    cut("\"a\" b", &[b"\"a\" b"]);
    cut("\"a\"\"b\"", &[b"\"a\"\"b\""]);
    cut("\"a\\\"", &[b"\"a\\\""]);
    cut("\"\\256\"", &[b"\"\\256\""]);
    cut("\"\\25\"", &[b"\"\\25\""]);
    cut("\"", &[b"\""]);
}

#[test]
fn texts_too_long() {
    assert_eq!(format!("\"{}\"", "a".repeat(256)).parse::<Text>(), Err(RecordDataError::StringTooLong));
    assert!("a".repeat(4_096).parse::<Text>().is_ok());
    assert_eq!("a".repeat(4_097).parse::<Text>(), Err(RecordDataError::TextTooLong));
    assert_eq!("\u{fc}".repeat(2_049).parse::<Text>(), Err(RecordDataError::TextTooLong));
    assert_eq!(Text::literal(&"a".repeat(4_097)), Err(RecordDataError::TextTooLong));
}

/// Found by thought: a challenge value may be `"x"` with its quotes, and a difference in the store is text.
#[test]
fn a_literal_in_quotes_survives_the_store() {
    for literal in ["\"x\"", "\"a\\\\b\"", "\"\\065\"", "\"\" \"\""] {
        let data = RecordData::Txt(Text::literal(literal).unwrap());
        let record = ZoneRecord { owner: parse("a.example"), ttl: Ttl::clamped(60), data };
        assert_json_round_trip(&record);
        let RecordData::Txt(text) = record.data else { unreachable!() };
        assert_eq!(text.strings().collect::<Vec<_>>(), [literal.as_bytes()]);
    }
}

/// DNS knows only the strings: two records that differ in quoting alone would be one record twice in an RRset.
#[test]
fn texts_are_equal_as_dns_sees_them() {
    assert_eq!(text("a"), text("\"a\""));
    assert_eq!(text("\"A\""), text("\"\\065\""));
    assert_ne!(text("a b"), text("\"a\" \"b\""));
    assert_ne!(text("a"), text("A"));
}

// -- malformed

#[test]
fn malformed_fields() {
    use RecordType as T;
    for (record_type, text) in [
        (T::A, ""),
        (T::A, "192.0.2"),
        (T::A, "192.0.2.256"),
        (T::A, "192.0.2.7 192.0.2.8"),
        (T::A, "::1"),
        (T::A, "192.0.2.07"),
        (T::AAAA, ""),
        (T::AAAA, "192.0.2.7"),
        (T::AAAA, "::1::"),
        (T::AAAA, "fe80::1%1"),
        (T::CNAME, ""),
        (T::CNAME, "a b"),
        (T::CNAME, "a..b"),
        (T::CNAME, "*.b"),
        (T::NS, "\u{fc}.example"),
        (T::PTR, "a b"),
        (T::MX, "mail.example"),
        (T::MX, "10"),
        (T::MX, "10 mail.example x"),
        (T::MX, "-1 mail.example"),
        (T::MX, "+1 mail.example"),
        (T::MX, "65536 mail.example"),
        (T::MX, "1.0 mail.example"),
        (T::SRV, "1 2 mail.example"),
        (T::SRV, "1 2 3"),
        (T::SRV, "1 2 65536 a"),
        (T::SRV, "1 2 3 4 a"),
        (T::SSHFP, "1 1"),
        (T::SSHFP, "1 1 0"),
        (T::SSHFP, "1 1 0g"),
        (T::SSHFP, "1 1 +1"),
        (T::SSHFP, "256 1 00"),
        (T::SSHFP, "1 1 \u{fc}"),
        (T::SOA, "a b.c 1 2 3 4"),
        (T::SOA, "a b.c 1 2 3 4 5 6"),
        (T::SOA, "a b 1 2 3 4 5"),
        (T::SOA, "a b.c.. 1 2 3 4 5"),
        (T::SOA, "a b.c 4294967296 2 3 4 5"),
        (T::SOA, "a b@c 1 2 3 4 5"),
        (T::ANY, "x"),
        (RecordType(0), ""),
        (RecordType(257), "0 issue \"x\""),
    ] {
        assert!(RecordData::parse(record_type, text).is_err(), "{record_type} {text:?} was taken");
        let json = serde_json::json!({ "type": record_type.to_string(), "data": text });
        assert_json_refused::<RecordData>(&json.to_string());
    }
    assert_eq!(
        RecordData::parse(T::CNAME, "*.b"),
        Err(RecordDataError::Name(NameError::Wildcard)),
        "a wildcard is an owner, never a target"
    );
    assert_json_refused::<RecordData>("{\"type\":\"A\"}");
    assert_json_refused::<RecordData>("{\"data\":\"192.0.2.7\"}");
}

#[test]
fn printed_forms() {
    use RecordType as T;
    for (record_type, given, printed) in [
        (T::AAAA, "2001:DB8:0::1", "2001:db8::1"),
        (T::CNAME, "Target.Example", "target.example."),
        (T::MX, "0 .", "0 ."),
        (T::SRV, "0 0 0 .", "0 0 0 ."),
        (T::SSHFP, "1 2 AB cd", "1 2 abcd"),
        (T::SOA, "ns.example a\\.b.example 1 2 3 4 5", "ns.example. a\\.b.example. 1 2 3 4 5"),
    ] {
        assert_eq!(RecordData::parse(record_type, given).unwrap().to_string(), printed);
    }
}

#[test]
fn record_types() {
    for (text, number) in
        [("A", 1), ("aaaa", 28), ("Txt", 16), ("ANY", 255), ("TYPE1", 1), ("type65535", 65_535), ("TYPE0", 0)]
    {
        assert_eq!(parse::<RecordType>(text), RecordType(number));
    }
    for text in ["", "B", "TYPE", "TYPE65536", "TYPE-1", "TYPE+1", "TYPE 1", "TYP\u{fc}1", "\u{ff34}YPE1", "A "] {
        assert_eq!(text.parse::<RecordType>(), Err(RecordDataError::UnknownType), "{text:?}");
    }
    assert_eq!(RecordType(64).to_string(), "TYPE64");
    assert_eq!(RecordType::AAAA.to_string(), "AAAA");
}
