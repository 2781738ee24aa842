//! What is no question, and what becomes of it.

use ddns_core::RecordType;
use ddns_wire::Transport;
use domain::base::iana::OptRcode;

use crate::support::{Query, World};

fn home() -> Query {
    Query::new("home.dyn.example", RecordType::A)
}

/// The rcode, and whether the question came back.
fn check(query: &Query, rcode: OptRcode, with_question: bool) {
    let world = World::new();
    let answer = world.ask(query);
    assert_eq!((answer.rcode(), answer.0.header().id()), (rcode, query.id), "{query:?}");
    assert_eq!(answer.0.header().opcode().to_int(), (query.flags >> 11) as u8 & 15, "{query:?}");
    assert!(answer.0.header().qr() && !answer.0.header().aa(), "{query:?}");
    assert_eq!(answer.0.header_counts().qdcount(), u16::from(with_question), "{query:?}");
    assert_eq!(answer.0.as_slice()[12..].starts_with(&query.question()), with_question, "{query:?}");
    assert!(answer.answer().is_empty() && answer.authority().is_empty() && answer.additional().is_empty());
}

#[test]
fn what_has_no_header_or_is_a_response_gets_no_answer() {
    let world = World::new();
    let octets = home().octets();
    for len in 0..12 {
        assert!(world.reply(Transport::Udp, &octets[..len]).is_none(), "{len}");
    }
    let response = Query { flags: 0x8000, ..home() };
    assert!(world.reply(Transport::Tcp, &response.octets()).is_none());
}

#[test]
fn every_cut_of_a_request_is_a_format_error() {
    let octets = home().edns(1_232).octets();
    for len in 12..octets.len() {
        let reply = World::new().reply(Transport::Udp, &octets[..len]).unwrap();
        assert_eq!(reply.header().rcode().to_int(), 1, "{len}");
    }
}

#[test]
fn one_question_exactly() {
    check(&Query { counts: [0, 0, 0, 0], ..home() }, OptRcode::FORMERR, false);
    let two = Query { counts: [2, 0, 0, 0], behind: home().question(), ..home() };
    check(&two, OptRcode::FORMERR, false);
}

#[test]
fn names_that_are_none() {
    let long: Vec<u8> = [[63u8; 64]; 4].concat().into_iter().chain([0]).collect();
    for name in [vec![0xC0, 12], vec![0x40, 1, 0], long] {
        let query = Query { name, ..home() };
        check(&query, OptRcode::FORMERR, false);
    }
}

#[test]
fn octets_behind_the_message() {
    check(&Query { behind: vec![0], ..home() }, OptRcode::FORMERR, true);
    check(&Query { counts: [1, 1, 0, 0], ..home() }, OptRcode::FORMERR, true);
    check(&Query { counts: [1, 0, 0, 1], ..home() }, OptRcode::FORMERR, true);
}

/// Records that mean nothing to us are skipped, so that an unknown addition to DNS does no harm.
#[test]
fn other_records_in_a_request_are_skipped() {
    let record = [0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 1, b'x'];
    let query = Query { counts: [1, 1, 1, 1], behind: record.repeat(3), ..home() };
    check_no_error(&query.clone());
    let with_opt = query.edns(1_232);
    check_no_error(&with_opt);
}

fn check_no_error(query: &Query) {
    let mut world = World::new();
    world.host("home.dyn.example", &["192.0.2.7"], false);
    let answer = world.ask(query);
    assert_eq!((answer.rcode(), answer.answer().len()), (OptRcode::NOERROR, 1));
}

#[test]
fn opcodes() {
    for opcode in 1..16 {
        check(&Query { flags: opcode << 11, ..home() }, OptRcode::NOTIMP, true);
    }
    check(&Query { flags: 5 << 11, counts: [1, 0, 1, 0], ..home() }, OptRcode::NOTIMP, true);
    check(&Query { flags: 4 << 11, counts: [0, 0, 0, 0], ..home() }, OptRcode::NOTIMP, false);
}

#[test]
fn classes() {
    for class in [0, 2, 3, 4, 254, 255, 65_535] {
        check(&Query { class, ..home() }, OptRcode::REFUSED, true);
    }
}

#[test]
fn types_that_no_record_has() {
    for record_type in [252, 251] {
        check(&Query { record_type, ..home() }, OptRcode::REFUSED, true);
    }
    for record_type in [254, 253] {
        check(&Query { record_type, ..home() }, OptRcode::NOTIMP, true);
    }
    for record_type in [41, 128, 249, 250] {
        check(&Query { record_type, ..home() }, OptRcode::FORMERR, true);
    }
}

#[test]
fn only_rd_is_copied() {
    let mut world = World::new();
    world.host("home.dyn.example", &["192.0.2.7"], false);
    let answer = world.ask(&Query { flags: 0x07F0, ..home() });
    assert_eq!((answer.flags().as_str(), answer.rcode()), ("QR AA RD", OptRcode::NOERROR));
    let answer = world.ask(&Query { flags: 0, ..home() });
    assert_eq!(answer.flags(), "QR AA");
}
