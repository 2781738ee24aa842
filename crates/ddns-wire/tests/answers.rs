//! Each verdict as a message.

use ddns_core::{RecordType, policy};
use ddns_wire::Transport;
use domain::base::iana::OptRcode;

use crate::support::{Query, World};

fn world() -> World {
    let mut world = World::new();
    world.host("home.dyn.example", &["192.0.2.7", "2001:db8::7"], true);
    world.record("alias.dyn.example", RecordType::CNAME, "home.dyn.example.");
    world.record("dead.dyn.example", RecordType::CNAME, "nowhere.dyn.example.");
    world.record("away.dyn.example", RecordType::CNAME, "elsewhere.example.net.");
    world.record("sub.dyn.example", RecordType::NS, "ns1.sub.dyn.example.");
    world.record("sub.dyn.example", RecordType::NS, "ns2.sub.dyn.example.");
    world.record("sub.dyn.example", RecordType::NS, "ns.example.net.");
    world.record("ns1.sub.dyn.example", RecordType::A, "192.0.2.101");
    world.record("ns2.sub.dyn.example", RecordType::AAAA, "2001:db8::102");
    world
}

struct Expected<'e> {
    rcode: OptRcode,
    flags: &'e str,
    answer: &'e [&'e str],
    authority: &'e [&'e str],
    additional: &'e [&'e str],
}

const NONE: Expected<'_> =
    Expected { rcode: OptRcode::NOERROR, flags: "QR AA RD", answer: &[], authority: &[], additional: &[] };

fn check(name: &str, record_type: RecordType, expected: &Expected<'_>) {
    let world = world();
    let query = Query::new(name, record_type);
    for transport in [Transport::Udp, Transport::Tcp] {
        let answer = world.ask_by(transport, &query);
        assert_eq!((answer.rcode(), answer.flags().as_str()), (expected.rcode, expected.flags), "{name}");
        assert_eq!(answer.answer(), expected.answer, "{name} answer");
        assert_eq!(answer.authority(), expected.authority, "{name} authority");
        assert_eq!(answer.additional(), expected.additional, "{name} additional");
        assert!(answer.0.as_slice()[12..].starts_with(&query.question()), "{name} question");
    }
}

const SOA: &str = "dyn.example. 60 SOA ns.dyn.example. hostmaster.dyn.example. 1800000001 3600 600 1209600 60";

#[test]
fn addresses() {
    check("home.dyn.example", RecordType::A, &Expected { answer: &["home.dyn.example. 60 A 192.0.2.7"], ..NONE });
    check(
        "home.dyn.example",
        RecordType::AAAA,
        &Expected { answer: &["home.dyn.example. 60 AAAA 2001:db8::7"], ..NONE },
    );
}

#[test]
fn the_name_is_answered_in_the_case_it_was_asked_in() {
    check("HoMe.dYn.ExAmPlE", RecordType::A, &Expected { answer: &["HoMe.dYn.ExAmPlE. 60 A 192.0.2.7"], ..NONE });
}

#[test]
fn a_wildcard_answers_as_the_name_that_was_asked_for() {
    check(
        "a.b.home.dyn.example",
        RecordType::A,
        &Expected { answer: &["a.b.home.dyn.example. 60 A 192.0.2.7"], ..NONE },
    );
}

#[test]
fn the_apex() {
    let soa = SOA.replacen(" 60 SOA", " 3600 SOA", 1);
    let serial = world().registry.serial(world().registry.domains().next().unwrap().number).to_string();
    let soa = soa.replace("1800000001", &serial);
    check("dyn.example", RecordType::SOA, &Expected { answer: &[&soa], ..NONE });
    check("dyn.example", RecordType::NS, &Expected { answer: &["dyn.example. 3600 NS ns.dyn.example."], ..NONE });
}

fn negative_soa() -> String {
    let world = world();
    SOA.replace("1800000001", &world.registry.serial(world.registry.domains().next().unwrap().number).to_string())
}

#[test]
fn no_such_type_and_no_such_name() {
    let soa = negative_soa();
    check("home.dyn.example", RecordType::MX, &Expected { authority: &[&soa], ..NONE });
    let no_name = Expected { rcode: OptRcode::NXDOMAIN, authority: &[&soa], ..NONE };
    check("nowhere.dyn.example", RecordType::A, &no_name);
    check("a name with blanks.dyn.example", RecordType::A, &no_name);
}

#[test]
fn aliases() {
    let alias = "alias.dyn.example. 3600 CNAME home.dyn.example.";
    let both = [alias, "home.dyn.example. 60 A 192.0.2.7"];
    check("alias.dyn.example", RecordType::A, &Expected { answer: &both, ..NONE });
    check("alias.dyn.example", RecordType::CNAME, &Expected { answer: &[alias], ..NONE });
    let soa = negative_soa();
    check("alias.dyn.example", RecordType::MX, &Expected { answer: &[alias], authority: &[&soa], ..NONE });
    let away = ["away.dyn.example. 3600 CNAME elsewhere.example.net."];
    check("away.dyn.example", RecordType::A, &Expected { answer: &away, ..NONE });
}

#[test]
fn an_alias_to_a_name_that_does_not_exist_has_one_soa() {
    let soa = negative_soa();
    let dead = ["dead.dyn.example. 3600 CNAME nowhere.dyn.example."];
    let rcode = OptRcode::NXDOMAIN;
    check("dead.dyn.example", RecordType::A, &Expected { rcode, answer: &dead, authority: &[&soa], ..NONE });
}

#[test]
fn a_referral_is_not_authoritative_and_has_its_glue() {
    let servers = ["ns1.sub.dyn.example.", "ns2.sub.dyn.example.", "ns.example.net."];
    let authority = servers.map(|server| format!("sub.dyn.example. 3600 NS {server}"));
    let authority: Vec<&str> = authority.iter().map(String::as_str).collect();
    let additional = ["ns1.sub.dyn.example. 3600 A 192.0.2.101", "ns2.sub.dyn.example. 3600 AAAA 2001:db8::102"];
    let referral = Expected { flags: "QR RD", authority: &authority, additional: &additional, ..NONE };
    check("sub.dyn.example", RecordType::A, &referral);
    check("x.y.sub.dyn.example", RecordType::TXT, &referral);
}

#[test]
fn outside_our_zones() {
    let refused = Expected { rcode: OptRcode::REFUSED, flags: "QR RD", ..NONE };
    check("example.net", RecordType::A, &refused);
    check("example", RecordType::A, &refused);
    check("", RecordType::NS, &refused);
}

/// RFC 8482: one RRset is enough.
#[test]
fn any_is_answered_with_one_rrset() {
    check("home.dyn.example", RecordType::ANY, &Expected { answer: &["home.dyn.example. 60 A 192.0.2.7"], ..NONE });
}

#[test]
fn a_mailbox_with_dots_is_one_label() {
    let mut world = World::new();
    world.domain("mail.test", Some("first.last@mail.test"));
    let answer = world.ask(&Query::new("mail.test", RecordType::SOA));
    let soa = answer.answer().remove(0);
    assert!(soa.starts_with(r"mail.test. 3600 SOA ns.dyn.example. first\.last.mail.test. "), "{soa}");
}

#[test]
fn a_rrset_over_64_kibibytes_is_cut_even_over_tcp() {
    let mut world = World::new();
    for number in 0..policy::RECORDS_PER_RRSET {
        world.record("big.dyn.example", RecordType::TXT, &format!("{number:04096}"));
    }
    let answer = world.ask_by(Transport::Tcp, &Query::new("big.dyn.example", RecordType::TXT));
    assert_eq!((answer.flags().as_str(), answer.answer().len()), ("QR AA TC RD", 0));
}
