//! EDNS(0), RFC 6891.

use ddns_core::{RecordType, policy};
use domain::base::iana::OptRcode;

use crate::support::{Query, World};

const DO: u32 = 1 << 15;

fn home() -> Query {
    Query::new("home.dyn.example", RecordType::A)
}

fn world() -> World {
    let mut world = World::new();
    world.host("home.dyn.example", &["192.0.2.7"], false);
    world
}

#[test]
fn an_opt_record_answers_an_opt_record() {
    assert!(world().ask(&home()).0.opt().is_none());
    for dnssec_ok in [0, DO] {
        let answer = world().ask(&home().opt(4_096, dnssec_ok));
        let opt = answer.0.opt().unwrap();
        assert_eq!((opt.udp_payload_size(), opt.version()), (policy::UDP_ANSWER_MAX, 0));
        assert_eq!((opt.dnssec_ok(), opt.opt().is_empty()), (dnssec_ok != 0, true));
        assert_eq!((answer.rcode(), answer.answer().len()), (OptRcode::NOERROR, 1));
    }
}

#[test]
fn every_refusal_has_it_too() {
    for query in [
        Query::new("example.net", RecordType::A),
        Query { class: 3, ..home() },
        Query { flags: 4 << 11, ..home() },
        Query { record_type: 250, ..home() },
    ] {
        assert!(world().ask(&query.edns(1_232)).0.opt().is_some());
    }
}

#[test]
fn another_version_is_refused_with_ours() {
    let answer = world().ask(&home().opt(1_232, DO | 1 << 16));
    let opt = answer.0.opt().unwrap();
    assert_eq!((answer.rcode(), opt.version(), opt.dnssec_ok()), (OptRcode::BADVERS, 0, true));
    assert!(answer.answer().is_empty() && !answer.0.header().aa());
    assert!(answer.0.sole_question().is_ok());
}

#[test]
fn unknown_flags_and_options_are_ignored() {
    let mut query = home().opt(1_232, 0xFF00_7FFF);
    query.behind.truncate(9);
    query.behind.extend([0, 7, 0xFD, 0xE9, 0, 3, 1, 2, 3]);
    let answer = world().ask(&query);
    assert_eq!((answer.rcode(), answer.answer().len()), (OptRcode::NOERROR, 1));
    assert!(!answer.0.opt().unwrap().dnssec_ok());
}

#[test]
fn what_is_no_opt_record_is_a_format_error() {
    let twice = home().edns(1_232).edns(1_232);
    let mut named = home().edns(1_232);
    named.behind.splice(0..1, [1, b'x', 0]);
    let mut cut_option = home().edns(1_232);
    cut_option.behind.splice(9.., [0, 4, 0, 3, 0, 9]);
    for query in [twice, named, cut_option] {
        let answer = world().ask(&query);
        assert_eq!((answer.rcode(), answer.answer().len()), (OptRcode::FORMERR, 0), "{query:?}");
    }
}
