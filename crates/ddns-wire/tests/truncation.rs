//! Replies at, below and above their limits.

use ddns_core::RecordType;
use ddns_wire::Transport;

use crate::support::{Answer, Query, World};

const NAME: &str = "t.dyn.example";
/// Header, question, and one TXT record without its text: pointer, type, class, ttl, length.
const BASE: usize = 12 + (15 + 4) + 12;

/// A world in which the whole reply to a TXT question without EDNS(0) has this many octets.
fn world(len: usize) -> World {
    let strings = |text: usize| text + text.div_ceil(255);
    let text = (1..2_000).find(|text| BASE + strings(*text) == len).unwrap();
    let mut world = World::new();
    world.record(NAME, RecordType::TXT, &"x".repeat(text));
    world
}

fn is_whole(answer: &Answer) -> bool {
    let whole = answer.answer().len() == 1;
    assert_eq!(answer.0.header().tc(), !whole);
    assert!(answer.0.sole_question().is_ok());
    whole
}

fn check(payload: Option<u16>, len: usize, whole: bool) {
    let opt = if payload.is_some() { 11 } else { 0 };
    let world = world(len - opt);
    let plain = Query::new(NAME, RecordType::TXT);
    let query = payload.map_or(plain.clone(), |payload| plain.clone().edns(payload));
    let answer = world.ask(&query);
    assert_eq!(is_whole(&answer), whole, "{payload:?} {len}");
    assert_eq!(answer.0.opt().is_some(), payload.is_some());
    assert_eq!(answer.len(), if whole { len } else { 31 + opt });
    assert!(is_whole(&world.ask_by(Transport::Tcp, &query)));
}

#[test]
fn without_edns_512_octets() {
    check(None, 511, true);
    check(None, 512, true);
    check(None, 513, false);
}

#[test]
fn with_edns_what_the_client_offers() {
    for (payload, limit) in
        [(600, 600), (1_231, 1_231), (1_232, 1_232), (1_233, 1_232), (4_096, 1_232), (65_535, 1_232)]
    {
        check(Some(payload), limit - 1, true);
        check(Some(payload), limit, true);
        check(Some(payload), limit + 1, false);
    }
}

#[test]
fn an_offer_below_512_counts_as_512() {
    for payload in [0, 1, 511, 512] {
        check(Some(payload), 511, true);
        check(Some(payload), 512, true);
        check(Some(payload), 513, false);
    }
}

/// An alias fits, its target's addresses do not all: none of them is left.
#[test]
fn a_rrset_stays_whole_or_goes() {
    let mut world = World::new();
    world.record("alias.dyn.example", RecordType::CNAME, "many.dyn.example.");
    for number in 0..40 {
        world.record("many.dyn.example", RecordType::A, &format!("192.0.2.{number}"));
    }
    let query = Query::new("alias.dyn.example", RecordType::A);
    let cut = world.ask(&query);
    assert_eq!(cut.answer(), ["alias.dyn.example. 3600 CNAME many.dyn.example."]);
    assert_eq!((cut.flags().as_str(), cut.authority().len()), ("QR AA TC RD", 0));
    let whole = world.ask(&query.edns(1_232));
    assert_eq!((whole.flags().as_str(), whole.answer().len()), ("QR AA RD", 41));
}

/// Glue that does not fit sets TC (RFC 9471, section 2.1), for a referral without it may lead nowhere.
#[test]
fn glue_that_does_not_fit_is_asked_for_again() {
    let mut world = World::new();
    for number in 0..10 {
        let server = format!("server-number-{number}.sub.dyn.example");
        world.record("sub.dyn.example", RecordType::NS, &format!("{server}."));
        world.record(&server, RecordType::AAAA, &format!("2001:db8::{number}"));
    }
    let query = Query::new("x.sub.dyn.example", RecordType::A);
    let cut = world.ask(&query);
    assert_eq!((cut.flags().as_str(), cut.authority().len()), ("QR TC RD", 10));
    assert!(cut.len() <= 512 && !cut.additional().is_empty() && cut.additional().len() < 10);
    let whole = world.ask_by(Transport::Tcp, &query);
    assert_eq!((whole.flags().as_str(), whole.authority().len(), whole.additional().len()), ("QR RD", 10, 10));
}

/// What was written after names that were taken back must not point at them.
#[test]
fn no_pointer_leads_into_what_was_cut() {
    for size in (0..250).step_by(5) {
        let mut world = World::new();
        world.record("p.dyn.example", RecordType::CNAME, &format!("{}.dyn.example.", "q".repeat(size % 60 + 1)));
        let target = format!("{}.dyn.example", "q".repeat(size % 60 + 1));
        for number in 0..12 {
            world.record(
                &target,
                RecordType::MX,
                &format!("10 mail-{number}.{}.example.net.", "m".repeat(size / 10 + 1)),
            );
        }
        let answer = world.ask(&Query::new("p.dyn.example", RecordType::MX));
        assert!(answer.len() <= 512);
        assert_eq!(answer.0.header().tc(), answer.answer().len() == 1);
    }
}
