//! Names that stand in the message already are pointed at (RFC 1035, section 4.1.4).

use ddns_core::RecordType;

use crate::support::{Query, World, wire};

fn occurrences(message: &[u8], needle: &[u8]) -> usize {
    message.windows(needle.len()).filter(|window| window.eq_ignore_ascii_case(needle)).count()
}

#[test]
fn an_address_has_a_pointer_to_the_question() {
    let mut world = World::new();
    world.host("home.dyn.example", &["192.0.2.7"], false);
    let query = Query::new("home.dyn.example", RecordType::A);
    let answer = world.ask(&query);
    let behind = &answer.0.as_slice()[query.octets().len()..];
    assert_eq!(behind, [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
}

#[test]
fn each_name_is_written_once() {
    let mut world = World::new();
    let tail = wire("dyn.example");
    for number in 0..10 {
        world.record("dyn.example", RecordType::MX, &format!("10 mail{number}.hub.dyn.example."));
    }
    let answer = world.ask(&Query::new("DYN.example", RecordType::MX));
    assert_eq!(answer.answer().len(), 10);
    assert_eq!(occurrences(answer.0.as_slice(), &tail), 1);
    assert_eq!(occurrences(answer.0.as_slice(), b"\x03hub"), 1);
    assert!(answer.answer()[9].eq_ignore_ascii_case("dyn.example. 3600 MX 10 mail9.hub.dyn.example."));
}

#[test]
fn a_service_target_is_written_in_full() {
    let mut world = World::new();
    world.record("_sip._udp.dyn.example", RecordType::SRV, "1 2 5060 sip.dyn.example.");
    let answer = world.ask(&Query::new("_sip._udp.dyn.example", RecordType::SRV));
    assert_eq!(occurrences(answer.0.as_slice(), &wire("sip.dyn.example")), 1);
}

/// Beyond 16 KiB nothing can be pointed at, and the table of names has an end; names are written out then.
#[test]
fn long_messages_with_many_names() {
    let mut world = World::new();
    let labels =
        |number: usize| (0..8).map(|label| format!("l{label}x{number}x{}.", "f".repeat(20))).collect::<String>();
    for number in 0..100 {
        world.record("dyn.example", RecordType::MX, &format!("{number} {}example.net.", labels(number)));
    }
    let query = Query::new("dyn.example", RecordType::MX);
    let answer = world.ask_by(ddns_wire::Transport::Tcp, &query);
    assert!(answer.len() > 16_384 && !answer.0.header().tc());
    for (number, line) in answer.answer().iter().enumerate() {
        assert_eq!(*line, format!("dyn.example. 3600 MX {number} {}example.net.", labels(number)));
    }
}
