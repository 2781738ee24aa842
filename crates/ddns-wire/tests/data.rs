//! Every type's data, octet by octet: as `domain` reads it from a master file, and as the RFCs print it.

use ddns_core::{RecordData, RecordType};
use ddns_wire::Transport;
use domain::base::Message;
use domain::base::rdata::ComposeRecordData;
use proptest::prelude::*;

use crate::properties::cases;
use crate::support::{ParsedData, Query, World};
use crate::texts::{damaged, deliberate, master_file, read_by_domain};

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn data_has_the_octets_that_domain_gives_it((record_type, text) in master_file()) {
        if let Some((ours, theirs)) = compared(record_type, &text) {
            prop_assert_eq!(ours, theirs, "{} {:?}", record_type, text);
        }
    }

    /// `domain` keeps the case of names and tags, which ours fold.
    #[test]
    fn damaged_data_has_the_octets_that_domain_gives_it_or_is_refused((record_type, text) in damaged()) {
        if let Some((ours, theirs)) = compared(record_type, &text) {
            prop_assert_eq!(ours.to_ascii_lowercase(), theirs.to_ascii_lowercase(), "{} {:?}", record_type, text);
        }
    }
}

/// The octets that we serve and those that `domain` reads, of what both take and read alike.
fn compared(record_type: RecordType, text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let data = RecordData::parse(record_type, text).ok()?;
    // Start of authority is made, not added: another test compares it.
    if record_type == RecordType::SOA || (deliberate(record_type, text).is_some() && !is_in_quotes(&data, text)) {
        return None;
    }
    let expected = read_by_domain(record_type, text).ok()?;
    let mut theirs = Vec::new();
    expected.compose_rdata(&mut theirs).unwrap();
    Some((written(data), theirs))
}

/// Whether a text was read as strings in quotes, not as a literal.
fn is_in_quotes(data: &RecordData, text: &str) -> bool {
    matches!(data, RecordData::Txt(found) if found.strings().flatten().ne(text.as_bytes()))
}

/// The octets of a record's data as they are served, with names in full.
fn written(data: RecordData) -> Vec<u8> {
    let (record_type, name) = (data.record_type(), "r.dyn.example");
    let mut world = World::new();
    world.add(name, data);
    let answer = world.ask_by(Transport::Tcp, &Query::new(name, record_type));
    let message = answer.0.for_slice_ref();
    let mut records = message.answer().unwrap().chain(message.authority().unwrap());
    let record = records.next().unwrap().unwrap();
    assert_eq!(record.rtype().to_int(), record_type.0);
    let mut octets = Vec::new();
    match record.rtype().to_int() {
        2 | 5 | 12 | 15 => {
            let record = record.into_record::<ParsedData<'_>>().unwrap().unwrap();
            record.data().compose_rdata(&mut octets).unwrap();
        }
        // No pointer stands in these, so they are compared as they are (RFC 3597, section 4).
        _ => octets.extend(raw(&message, record.rdlen())),
    }
    octets
}

/// The last record's data, as it stands in a message without OPT.
fn raw<'m>(message: &Message<&'m [u8]>, len: u16) -> &'m [u8] {
    let octets = message.as_octets();
    &octets[octets.len() - usize::from(len)..]
}

fn octets(record_type: &str, text: &str) -> String {
    let data = RecordData::parse(record_type.parse().unwrap(), text).unwrap();
    written(data).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The test vectors of RFC 9460, appendix D.
#[test]
fn service_bindings_of_the_rfc() {
    let com = "03666f6f076578616d706c6503636f6d00";
    let org = "03666f6f076578616d706c65036f726700";
    for (record_type, text, expected) in [
        ("HTTPS", "0 foo.example.com.", format!("0000{com}")),
        ("SVCB", "1 .", "000100".to_owned()),
        ("SVCB", "16 foo.example.com. port=53", format!("0010{com}000300020035")),
        ("SVCB", "1 foo.example.com. key667=hello", format!("0001{com}029b000568656c6c6f")),
        ("SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"", format!("0001{com}029b000968656c6c6fd2716f6f")),
        (
            "SVCB",
            "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
            format!("0001{com}0006002020010db800000000000000000000000120010db8000000000000000000530001"),
        ),
        (
            "SVCB",
            "1 example.com. ipv6hint=\"2001:db8:122:344::192.0.2.33\"",
            "0001076578616d706c6503636f6d000006001020010db80122034400000000c0000221".to_owned(),
        ),
        (
            "SVCB",
            "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
            format!("0010{org}0000000400010004000100090268320568332d313900040004c0000201"),
        ),
        (
            "SVCB",
            "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
            format!("0010{org}0001000c08665c6f6f2c626172026832"),
        ),
        (
            "SVCB",
            "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
            format!("0010{org}0001000c08665c6f6f2c626172026832"),
        ),
    ] {
        assert_eq!(octets(record_type, text), expected, "{text}");
    }
}

/// RFC 4034, section 5.4; RFC 3597, section 5; RFC 8659, section 4.1; RFC 9461, section 5.
#[test]
fn data_of_other_rfcs() {
    for (record_type, text, expected) in [
        (
            "DS",
            "60485 RSASHA1 1 2BB183AF5F22588179A53B0A 98631FAD1A292118",
            "ec4505012bb183af5f22588179a53b0a98631fad1a292118",
        ),
        ("TYPE62347", "\\# 6 abcdef 01 23 45", "abcdef012345"),
        ("TYPE65280", "\\# 0", ""),
        ("CAA", "128 Issue \"ca1.example.net\"", "800569737375656361312e6578616d706c652e6e6574"),
        ("CAA", "0 issue \";\"", "000569737375653b"),
        ("SVCB", "1 . dohpath=/q{?dns}", "000100000700082f717b3f646e737d"),
        ("SVCB", "1 . ech=AEj+ ohttp", "000100000500030048fe00080000"),
        ("NAPTR", "1 2 u \"\" \"!a!\\\\1!\" .", "00010002017500062161215c312100"),
    ] {
        assert_eq!(octets(record_type, text), expected, "{record_type} {text}");
    }
}

/// A name that stands in the question is written out in these types, and pointed at in those of RFC 1035.
#[test]
fn new_types_have_no_pointers() {
    let name = "0172".to_owned() + "0364796e" + "076578616d706c65" + "00";
    assert_eq!(octets("NAPTR", "0 0 \"\" \"\" \"\" r.dyn.example"), format!("00000000000000{name}"));
    assert_eq!(octets("SVCB", "1 r.dyn.example"), format!("0001{name}"));
    assert_eq!(octets("HTTPS", "0 r.dyn.example"), format!("0000{name}"));
}
