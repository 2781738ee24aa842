//! What DNS is answered: tables of the cruel cases, and a naive resolver over the zones' records.

use std::collections::BTreeSet;
use std::str::FromStr;

use ddns_core::zone::{self, ZoneRecord};
use ddns_core::*;
use proptest::prelude::*;
use uuid::Uuid;

use crate::stage::Stage;
use crate::support::{cases, parse};
use crate::universe::{Step, some_name, story};

/// One record of an answer, as a person would write it.
type Written = (String, u32, RecordData);

#[derive(Debug, Default, PartialEq)]
struct Reply {
    answer: Vec<Written>,
    authority: Vec<Written>,
    additional: Vec<Written>,
}

/// Collects a reply; the owner "as it was written" is the question.
struct Collector<'a> {
    question: &'a str,
    reply: Reply,
}

impl Sections for Collector<'_> {
    fn answer(&mut self, owner: Owner<'_>, ttl: Ttl, data: &RecordData) {
        let owner = match owner {
            Owner::Question => self.question.to_owned(),
            Owner::Name(name) => name.to_string(),
        };
        self.reply.answer.push((owner, ttl.secs(), data.clone()));
    }

    fn authority(&mut self, owner: &Name, ttl: Ttl, data: &RecordData) {
        self.reply.authority.push((owner.to_string(), ttl.secs(), data.clone()));
    }

    fn additional(&mut self, owner: &Name, ttl: Ttl, data: &RecordData) {
        self.reply.additional.push((owner.to_string(), ttl.secs(), data.clone()));
    }
}

/// Asks for a name in presentation format, in which `\DDD` is any octet.
fn ask(registry: &Registry, question: &str, record_type: RecordType) -> (Verdict, Reply) {
    let wire = domain::base::Name::<Vec<u8>>::from_str(question).unwrap();
    let query = QueryName::from_wire(wire.as_slice()).unwrap();
    let mut collector = Collector { question, reply: Reply::default() };
    let verdict = answer(registry, &query, record_type, &mut collector);
    (verdict, collector.reply)
}

/// Records as lines; of a SOA only that it is there.
fn lines(records: &[Written]) -> Vec<String> {
    let line = |(owner, ttl, data): &Written| match data {
        RecordData::Soa(_) => format!("{owner} {ttl} SOA"),
        data => format!("{owner} {ttl} {} {data}", data.record_type()),
    };
    records.iter().map(line).collect()
}

// -- tables

/// Name, type, verdict, and the records of each section, with `;` between them.
type Row<'a> = (&'a str, RecordType, Verdict, &'a str, &'a str, &'a str);

fn check(registry: &Registry, rows: &[Row<'_>]) {
    for (question, record_type, verdict, answer, authority, additional) in rows {
        let expected = |text: &str| {
            text.split(';').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let (found, reply) = ask(registry, question, *record_type);
        let found = (found, lines(&reply.answer), lines(&reply.authority), lines(&reply.additional));
        assert_eq!(
            found,
            (*verdict, expected(answer), expected(authority), expected(additional)),
            "{question} {record_type}"
        );
    }
}

/// A story's beginning, and what a test adds to it.
struct Scene {
    stage: Stage,
    records: u128,
}

impl Scene {
    fn new() -> Scene {
        let mut scene = Scene { stage: Stage::new(), records: 0 };
        let edit = AccountEdit { max_hosts: Some(100), ..AccountEdit::default() };
        scene.run(Command::SetAccount { account: AccountNo::new(crate::universe::JOE).unwrap(), edit });
        scene
    }

    fn run(&mut self, command: Command) -> &mut Scene {
        self.stage.ask(&Caller::Local, &command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        self
    }

    fn record(&mut self, name: &str, record_type: &str, data: &str) -> &mut Scene {
        self.records += 1;
        let data = RecordData::parse(parse(record_type), data).unwrap();
        let id = Uuid::from_u128(self.records);
        self.run(Command::AddRecord(NewRecord {
            id,
            name: parse(name),
            data,
            ttl: None,
            description: None,
            domain: None,
            narrow: false,
        }))
    }

    fn host(&mut self, name: &str, addresses: &[&str], wildcard: bool) -> &mut Scene {
        let owner = AccountNo::new(crate::universe::JOE).unwrap();
        let new = NewHost {
            name: parse(name),
            owner,
            ipv4: None,
            ipv6: None,
            ttl: HostTtl::S300,
            wildcard,
            suffix: None,
            heartbeat: None,
        };
        self.run(Command::AddHost(new));
        for address in addresses {
            self.edit(name, HostEdit::default().with_address(parse(address)));
        }
        self
    }

    fn edit(&mut self, name: &str, edit: HostEdit) -> &mut Scene {
        self.run(Command::SetHosts { hosts: vec![parse(name)], edit, together: Together::AllOrNothing })
    }

    fn domain(&mut self, name: &str, owner: Option<u32>, shared: bool) -> &mut Scene {
        let id = Uuid::from_u128(900 + name.len() as u128);
        let owner = owner.and_then(AccountNo::new);
        let new = NewDomain { id, name: parse(name), owner, shared, email: None, ttl: None, description: None };
        self.run(Command::AddDomain(new))
    }

    fn check(&self, rows: &[Row<'_>]) {
        check(&self.stage.registry, rows);
    }
}

const A: RecordType = RecordType::A;
const AAAA: RecordType = RecordType::AAAA;
const TXT: RecordType = RecordType::TXT;
const ANY: RecordType = RecordType::ANY;
const DYN: &str = "dyn.example 60 SOA";
const JOE: &str = "joe.example 60 SOA";
use Verdict::{Answer, NoData, NxDomain, Referral, Refused};

#[test]
fn hosts() {
    let mut scene = Scene::new();
    scene.host("b.dyn.example", &["2001:db8::1", "192.0.2.1"], false).host("deep.er.dyn.example", &[], false);
    scene.check(&[
        ("b.dyn.example", A, Answer, "b.dyn.example 300 A 192.0.2.1", "", ""),
        ("B.DYN.example", A, Answer, "B.DYN.example 300 A 192.0.2.1", "", ""),
        ("b.dyn.example", AAAA, Answer, "b.dyn.example 300 AAAA 2001:db8::1", "", ""),
        ("b.dyn.example", TXT, NoData, "", DYN, ""),
        ("b.dyn.example", RecordType(65), NoData, "", DYN, ""),
        ("nothing.dyn.example", A, NxDomain, "", DYN, ""),
        ("x.b.dyn.example", A, NxDomain, "", DYN, ""),
        // A host without an address is there all the same; above it is an empty non-terminal.
        ("deep.er.dyn.example", A, NoData, "", DYN, ""),
        ("er.dyn.example", A, NoData, "", DYN, ""),
        ("x.er.dyn.example", A, NxDomain, "", DYN, ""),
    ]);
}

#[test]
fn foreign_names() {
    Scene::new().check(&[
        (".", RecordType::NS, Refused, "", "", ""),
        ("example", A, Refused, "", "", ""),
        ("elsewhere.invalid", A, Refused, "", "", ""),
        ("xdyn.example", A, Refused, "", "", ""),
        ("dyn.example.org", A, Refused, "", "", ""),
        ("dyn\\.example", A, Refused, "", "", ""),
        ("\\000", A, Refused, "", "", ""),
    ]);
}

#[test]
fn octets_that_no_name_here_has() {
    let mut scene = Scene::new();
    scene.host("w.dyn.example", &["192.0.2.1"], true).host("p.dyn.example", &["192.0.2.2"], false);
    scene.check(&[
        ("\\000.dyn.example", A, NxDomain, "", DYN, ""),
        ("a\\.b.dyn.example", A, NxDomain, "", DYN, ""),
        ("\\255.p.dyn.example", A, NxDomain, "", DYN, ""),
        // A wildcard answers for every octet, however deep.
        ("\\255.w.dyn.example", A, Answer, "\\255.w.dyn.example 300 A 192.0.2.1", "", ""),
        ("x.a\\.b.w.dyn.example", A, Answer, "x.a\\.b.w.dyn.example 300 A 192.0.2.1", "", ""),
        ("w\\.dyn.example", A, Refused, "", "", ""),
    ]);
}

#[test]
fn apex() {
    let mut scene = Scene::new();
    scene.record("joe.example", "TXT", "hello").host("joe.example", &["192.0.2.1"], false);
    let ns = "joe.example 3600 NS ns1.joe.example.";
    scene.check(&[
        ("joe.example", RecordType::SOA, Answer, "joe.example 3600 SOA", "", ""),
        ("joe.example", RecordType::NS, Answer, ns, "", ""),
        ("joe.example", TXT, Answer, "joe.example 3600 TXT hello", "", ""),
        ("joe.example", A, Answer, "joe.example 300 A 192.0.2.1", "", ""),
        ("joe.example", RecordType::MX, NoData, "", JOE, ""),
        // RFC 8482: one RRset is enough.
        ("joe.example", ANY, Answer, "joe.example 3600 SOA", "", ""),
        ("a.dyn.example", ANY, Answer, "a.dyn.example 60 A 8.8.8.8", "", ""),
        ("a.dyn.example", RecordType::SOA, NoData, "", DYN, ""),
        ("a.dyn.example", RecordType::NS, NoData, "", DYN, ""),
    ]);
}

#[test]
fn wildcards_of_hosts() {
    let mut scene = Scene::new();
    scene.host("w.dyn.example", &["192.0.2.1"], true).host("in.w.dyn.example", &["192.0.2.2"], false);
    scene.host("far.off.w.dyn.example", &["192.0.2.3"], false).host("bare.dyn.example", &[], true);
    scene.check(&[
        ("w.dyn.example", A, Answer, "w.dyn.example 300 A 192.0.2.1", "", ""),
        ("x.w.dyn.example", A, Answer, "x.w.dyn.example 300 A 192.0.2.1", "", ""),
        ("x.y.w.dyn.example", A, Answer, "x.y.w.dyn.example 300 A 192.0.2.1", "", ""),
        ("*.w.dyn.example", A, Answer, "*.w.dyn.example 300 A 192.0.2.1", "", ""),
        ("x.w.dyn.example", AAAA, NoData, "", DYN, ""),
        ("*.w.dyn.example", AAAA, NoData, "", DYN, ""),
        // A name that exists blocks the wildcard at it and below it (RFC 4592, section 2.2.1).
        ("in.w.dyn.example", AAAA, NoData, "", DYN, ""),
        ("x.in.w.dyn.example", A, NxDomain, "", DYN, ""),
        ("off.w.dyn.example", A, NoData, "", DYN, ""),
        ("x.off.w.dyn.example", A, NxDomain, "", DYN, ""),
        // The asterisk is a name like any other: nothing is synthesised below it.
        ("x.*.w.dyn.example", A, NxDomain, "", DYN, ""),
        ("*.*.w.dyn.example", A, NxDomain, "", DYN, ""),
        ("x.bare.dyn.example", A, NoData, "", DYN, ""),
        ("*.a.dyn.example", A, NxDomain, "", DYN, ""),
    ]);
    scene.edit("w.dyn.example", HostEdit { wildcard: Some(false), ..HostEdit::default() });
    scene.check(&[
        ("x.w.dyn.example", A, NxDomain, "", DYN, ""),
        ("*.w.dyn.example", A, NxDomain, "", DYN, ""),
        ("x.in.w.dyn.example", A, NxDomain, "", DYN, ""),
    ]);
}

#[test]
fn wildcard_records() {
    let mut scene = Scene::new();
    scene.record("*.joe.example", "TXT", "any").record("*.c.joe.example", "CNAME", "a.joe.example");
    scene.record("deep.er.joe.example", "TXT", "there");
    scene.check(&[
        ("x.joe.example", TXT, Answer, "x.joe.example 3600 TXT any", "", ""),
        ("x.joe.example", A, NoData, "", JOE, ""),
        ("x.y.joe.example", TXT, Answer, "x.y.joe.example 3600 TXT any", "", ""),
        ("*.joe.example", TXT, Answer, "*.joe.example 3600 TXT any", "", ""),
        ("er.joe.example", TXT, NoData, "", JOE, ""),
        ("x.er.joe.example", TXT, NxDomain, "", JOE, ""),
        ("c.joe.example", TXT, NoData, "", JOE, ""),
        ("x.c.joe.example", A, Answer, "x.c.joe.example 3600 CNAME a.joe.example.; a.joe.example 60 A 8.8.8.8", "", ""),
    ]);
}

#[test]
fn aliases() {
    let mut scene = Scene::new();
    scene.record("c1.joe.example", "CNAME", "c2.joe.example").record("c2.joe.example", "CNAME", "a.dyn.example");
    scene.record("away.joe.example", "CNAME", "elsewhere.invalid").record(
        "dead.joe.example",
        "CNAME",
        "nothing.dyn.example",
    );
    scene.record("dead1.joe.example", "CNAME", "dead.joe.example");
    let dead = "dead.joe.example 3600 CNAME nothing.dyn.example.";
    let chain = "c1.joe.example 3600 CNAME c2.joe.example.; c2.joe.example 3600 CNAME a.dyn.example.";
    scene.check(&[
        ("c1.joe.example", A, Answer, &format!("{chain}; a.dyn.example 60 A 8.8.8.8"), "", ""),
        ("c1.joe.example", RecordType::CNAME, Answer, "c1.joe.example 3600 CNAME c2.joe.example.", "", ""),
        ("c1.joe.example", ANY, Answer, "c1.joe.example 3600 CNAME c2.joe.example.", "", ""),
        // At the end nothing of that type: an answer, with the SOA of the last zone.
        ("c1.joe.example", AAAA, Answer, chain, DYN, ""),
        ("away.joe.example", A, Answer, "away.joe.example 3600 CNAME elsewhere.invalid.", "", ""),
        // The code is the last name's (RFC 6604), and so is the one SOA.
        ("dead.joe.example", A, NxDomain, dead, DYN, ""),
        ("dead1.joe.example", A, NxDomain, &format!("dead1.joe.example 3600 CNAME dead.joe.example.; {dead}"), DYN, ""),
    ]);
}

#[test]
fn aliases_in_a_circle_are_told_once() {
    let mut scene = Scene::new();
    scene.record("self.joe.example", "CNAME", "self.joe.example");
    scene.record("one.joe.example", "CNAME", "two.joe.example").record("two.joe.example", "CNAME", "one.joe.example");
    scene.record("*.w.joe.example", "CNAME", "round.w.joe.example");
    scene.record("v.joe.example", "TXT", "up").record("*.v.joe.example", "CNAME", "v.joe.example");
    let (one, two) = ("one.joe.example 3600 CNAME two.joe.example.", "two.joe.example 3600 CNAME one.joe.example.");
    scene.check(&[
        ("self.joe.example", A, Answer, "self.joe.example 3600 CNAME self.joe.example.", "", ""),
        ("one.joe.example", A, Answer, &format!("{one}; {two}"), "", ""),
        ("ONE.joe.example", A, Answer, &format!("ONE.joe.example 3600 CNAME two.joe.example.; {two}"), "", ""),
        (
            "x.w.joe.example",
            A,
            Answer,
            "x.w.joe.example 3600 CNAME round.w.joe.example.; round.w.joe.example 3600 CNAME round.w.joe.example.",
            "",
            "",
        ),
        // The question's part that could exist is v.joe.example, and yet the alias leads somewhere new.
        (
            "\\000.v.joe.example",
            TXT,
            Answer,
            "\\000.v.joe.example 3600 CNAME v.joe.example.; v.joe.example 3600 TXT up",
            "",
            "",
        ),
    ]);
}

#[test]
fn a_long_chain_ends() {
    let mut scene = Scene::new();
    for link in 0..20 {
        scene.record(&format!("c{link}.joe.example"), "CNAME", &format!("c{}.joe.example", link + 1));
    }
    let (verdict, reply) = ask(&scene.stage.registry, "c0.joe.example", A);
    assert_eq!((verdict, reply.answer.len()), (Answer, policy::CNAME_CHAIN + 1));
    assert!(reply.authority.is_empty(), "the resolver goes on from the last alias");
}

#[test]
fn delegations() {
    let mut scene = Scene::new();
    scene.record("sub.joe.example", "NS", "ns.sub.joe.example").record("sub.joe.example", "NS", "ns.elsewhere.invalid");
    scene.record("ns.sub.joe.example", "A", "192.0.2.53").record("ns.sub.joe.example", "AAAA", "2001:db8::53");
    scene.record("to.joe.example", "CNAME", "x.sub.joe.example");
    let ns = "sub.joe.example 3600 NS ns.sub.joe.example.; sub.joe.example 3600 NS ns.elsewhere.invalid.";
    let glue = "ns.sub.joe.example 3600 A 192.0.2.53; ns.sub.joe.example 3600 AAAA 2001:db8::53";
    scene.check(&[
        ("sub.joe.example", A, Referral, "", ns, glue),
        ("sub.joe.example", RecordType::NS, Referral, "", ns, glue),
        ("x.y.sub.joe.example", ANY, Referral, "", ns, glue),
        ("ns.sub.joe.example", A, Referral, "", ns, glue),
        ("\\000.sub.joe.example", A, Referral, "", ns, glue),
        ("to.joe.example", A, Answer, "to.joe.example 3600 CNAME x.sub.joe.example.", ns, glue),
        ("other.joe.example", A, NxDomain, "", JOE, ""),
    ]);
}

/// Whether a delegation is signed is said above it (RFC 4035, section 3.1.4.1).
#[test]
fn signed_delegations() {
    let mut scene = Scene::new();
    scene.record("sub.joe.example", "NS", "ns.elsewhere.invalid").record(
        "plain.joe.example",
        "NS",
        "ns.elsewhere.invalid",
    );
    let digest = "2bb183af5f22588179a53b0a98631fad1a292118";
    scene.record("sub.joe.example", "DS", &format!("60485 5 1 {digest}"));
    let ns = "sub.joe.example 3600 NS ns.elsewhere.invalid.";
    let ds = format!("sub.joe.example 3600 DS 60485 5 1 {digest}");
    scene.check(&[
        ("sub.joe.example", RecordType::DS, Answer, &ds, "", ""),
        ("plain.joe.example", RecordType::DS, NoData, "", JOE, ""),
        ("sub.joe.example", A, Referral, "", ns, ""),
        ("x.sub.joe.example", RecordType::DS, Referral, "", ns, ""),
    ]);
}

#[test]
fn child_domains() {
    let mut scene = Scene::new();
    scene.domain("kid.of.joe.example", Some(crate::universe::JOE), false);
    scene.host("kid.of.joe.example", &["192.0.2.1"], true);
    scene.check(&[
        ("kid.of.joe.example", A, Answer, "kid.of.joe.example 300 A 192.0.2.1", "", ""),
        ("x.kid.of.joe.example", A, Answer, "x.kid.of.joe.example 300 A 192.0.2.1", "", ""),
        ("kid.of.joe.example", TXT, NoData, "", "kid.of.joe.example 60 SOA", ""),
        // Between parent and child is an empty non-terminal of the parent.
        ("of.joe.example", A, NoData, "", JOE, ""),
        ("x.of.joe.example", A, NxDomain, "", JOE, ""),
    ]);
    let parent = scene.stage.registry.domain_by_name(&parse("joe.example")).unwrap();
    let cut: Vec<String> = zone::records(&scene.stage.registry, parent)
        .into_iter()
        .filter(|record| record.owner.is_at_or_below(&parse("kid.of.joe.example")))
        .map(|record| format!("{} {}", record.owner, record.data))
        .collect();
    assert_eq!(cut, ["kid.of.joe.example ns1.kid.of.joe.example."], "the parent has the delegation only");
}

#[test]
fn an_empty_child_domain_is_below_something() {
    let mut scene = Scene::new();
    scene.domain("kid.of.joe.example", Some(crate::universe::JOE), false);
    scene.check(&[("of.joe.example", A, NoData, "", JOE, ""), ("x.of.joe.example", A, NxDomain, "", JOE, "")]);
}

#[test]
fn suspended_accounts() {
    let mut scene = Scene::new();
    scene.host("w.dyn.example", &["192.0.2.1"], true);
    let suspend = |state| Command::SetAccount {
        account: AccountNo::new(crate::universe::JOE).unwrap(),
        edit: AccountEdit { state: Some(state), ..AccountEdit::default() },
    };
    scene.run(suspend(AccountState::Suspended));
    scene.check(&[
        ("w.dyn.example", A, NoData, "", DYN, ""),
        ("x.w.dyn.example", A, NoData, "", DYN, ""),
        ("a.ann.example", A, Answer, "a.ann.example 60 A 8.8.8.8", "", ""),
    ]);
    scene.run(suspend(AccountState::Active));
    scene.check(&[("w.dyn.example", A, Answer, "w.dyn.example 300 A 192.0.2.1", "", "")]);
}

/// Whatever an account made: its names stay, and have no data; SOA and NS of its zones stay, and so does what is another's.
#[test]
fn everything_of_a_suspended_account() {
    use crate::universe::{ANN as ANNS, JOE as JOES};
    let state = |number: u32, state| Command::SetAccount {
        account: AccountNo::new(number).unwrap(),
        edit: AccountEdit { state: Some(state), ..AccountEdit::default() },
    };
    let mut scene = Scene::new();
    scene.run(state(JOES, AccountState::Active));
    // Joe's, in a private domain of his own.
    scene.record("t.joe.example", "TXT", "x").record("*.w.joe.example", "A", "192.0.2.3");
    scene.record("c.joe.example", "CNAME", "t.joe.example").record("joe.example", "MX", "10 mail.test.");
    scene.record("sub.joe.example", "NS", "ns.sub.joe.example").record("ns.sub.joe.example", "A", "192.0.2.53");
    scene.record("joe.example", "NS", "ns.elsewhere.invalid");
    scene.record("alias.ann.example", "CNAME", "t.joe.example");
    // Joe's, in a shared domain: beside his host, and a challenge value.
    scene.record("x.a.dyn.example", "TXT", "joes");
    for host in ["a.dyn.example", "a.ann.example"] {
        scene.run(Command::AddChallenge { host: parse(host), value: parse("v"), keep: None });
    }
    // Joe's host in Ann's shared domain, and Ann's record there.
    scene.host("j.ann.example", &["192.0.2.9"], false).record("t.ann.example", "TXT", "anns");
    let zone_ns = "joe.example 3600 NS ns1.joe.example.";
    let all_ns = "joe.example 3600 NS ns1.joe.example.; joe.example 3600 NS ns.elsewhere.invalid.";
    let cut = "sub.joe.example 3600 NS ns.sub.joe.example.";
    let served = [
        ("t.joe.example", TXT, Answer, "t.joe.example 3600 TXT x", "", ""),
        ("1.w.joe.example", A, Answer, "1.w.joe.example 3600 A 192.0.2.3", "", ""),
        ("joe.example", RecordType::NS, Answer, all_ns, "", ""),
        ("x.sub.joe.example", A, Referral, "", cut, "ns.sub.joe.example 3600 A 192.0.2.53"),
        ("x.a.dyn.example", TXT, Answer, "x.a.dyn.example 3600 TXT joes", "", ""),
        ("_acme-challenge.a.dyn.example", TXT, Answer, "_acme-challenge.a.dyn.example 60 TXT v", "", ""),
        ("j.ann.example", A, Answer, "j.ann.example 300 A 192.0.2.9", "", ""),
    ];
    scene.check(&served);
    scene.run(state(JOES, AccountState::Suspended));
    scene.check(&[
        ("t.joe.example", TXT, NoData, "", JOE, ""),
        ("t.joe.example", ANY, NoData, "", JOE, ""),
        ("1.w.joe.example", A, NoData, "", JOE, ""),
        ("c.joe.example", A, NoData, "", JOE, ""),
        ("c.joe.example", RecordType::CNAME, NoData, "", JOE, ""),
        ("a.joe.example", A, NoData, "", JOE, ""),
        ("nothing.joe.example", A, NxDomain, "", JOE, ""),
        ("joe.example", RecordType::MX, NoData, "", JOE, ""),
        ("joe.example", RecordType::NS, Answer, zone_ns, "", ""),
        ("sub.joe.example", RecordType::NS, NoData, "", JOE, ""),
        ("ns.sub.joe.example", A, NoData, "", JOE, ""),
        ("x.sub.joe.example", A, NxDomain, "", JOE, ""),
        ("a.dyn.example", A, NoData, "", DYN, ""),
        ("x.a.dyn.example", TXT, NoData, "", DYN, ""),
        ("_acme-challenge.a.dyn.example", TXT, NoData, "", DYN, ""),
        ("j.ann.example", A, NoData, "", "ann.example 60 SOA", ""),
        ("alias.ann.example", TXT, Answer, "alias.ann.example 3600 CNAME t.joe.example.", JOE, ""),
        ("_acme-challenge.a.ann.example", TXT, Answer, "_acme-challenge.a.ann.example 60 TXT v", "", ""),
    ]);
    let (_, reply) = ask(&scene.stage.registry, "joe.example", RecordType::SOA);
    assert_eq!(lines(&reply.answer), ["joe.example 3600 SOA"]);
    scene.run(state(JOES, AccountState::Active));
    scene.check(&served);
    // The owner of a shared domain is another than those who have hosts there.
    scene.run(state(ANNS, AccountState::Suspended));
    scene.check(&[
        ("j.ann.example", A, Answer, "j.ann.example 300 A 192.0.2.9", "", ""),
        ("a.ann.example", A, NoData, "", "ann.example 60 SOA", ""),
        ("t.ann.example", TXT, NoData, "", "ann.example 60 SOA", ""),
        ("alias.ann.example", TXT, NoData, "", "ann.example 60 SOA", ""),
        ("_acme-challenge.a.ann.example", TXT, NoData, "", "ann.example 60 SOA", ""),
    ]);
}

#[test]
fn offline_hosts() {
    let mut scene = Scene::new();
    scene.host("h.dyn.example", &["192.0.2.1", "2001:db8::1"], true);
    scene.edit("h.dyn.example", HostEdit { offline: Some(true), ..HostEdit::default() });
    scene.check(&[("h.dyn.example", A, NoData, "", DYN, ""), ("x.h.dyn.example", AAAA, NoData, "", DYN, "")]);
    let sorry = std::net::Ipv4Addr::new(192, 0, 2, 99).try_into().unwrap();
    let edit = DomainEdit { offline_ipv4: Some(Some(sorry)), ..DomainEdit::default() };
    scene.run(Command::SetDomain { domain: parse("dyn.example"), edit });
    scene.check(&[
        ("h.dyn.example", A, Answer, "h.dyn.example 300 A 192.0.2.99", "", ""),
        ("x.h.dyn.example", A, Answer, "x.h.dyn.example 300 A 192.0.2.99", "", ""),
        ("h.dyn.example", AAAA, NoData, "", DYN, ""),
    ]);
    // A new address is remembered, the offline answer stays.
    scene.edit("h.dyn.example", HostEdit::default().with_address(parse("192.0.2.2")));
    scene.check(&[("h.dyn.example", A, Answer, "h.dyn.example 300 A 192.0.2.99", "", "")]);
    scene.edit("h.dyn.example", HostEdit { offline: Some(false), ..HostEdit::default() });
    scene.check(&[("h.dyn.example", A, Answer, "h.dyn.example 300 A 192.0.2.2", "", "")]);
}

#[test]
fn name_servers() {
    let mut scene = Scene::new();
    scene.check(&[("ns1.dyn.example", A, NxDomain, "", DYN, "")]);
    let addresses = vec![parse("192.0.2.53"), parse("2001:db8::53")];
    scene.run(Command::SetSettings(Settings { ns_addresses: addresses, ..Settings::default() }));
    scene.check(&[
        ("ns1.dyn.example", A, Answer, "ns1.dyn.example 3600 A 192.0.2.53", "", ""),
        ("ns1.joe.example", AAAA, Answer, "ns1.joe.example 3600 AAAA 2001:db8::53", "", ""),
        ("ns1.dyn.example", TXT, NoData, "", DYN, ""),
        ("ns1.a.dyn.example", A, NxDomain, "", DYN, ""),
    ]);
    let server = |name: &str, addresses: &[&str]| Command::AddServer {
        id: Uuid::from_u128(name.len() as u128),
        name: parse(name),
        addresses: addresses.iter().map(|address| parse(address)).collect(),
    };
    scene.run(server("n.deep.dyn.example", &["192.0.2.54"])).run(server("ns.elsewhere.invalid", &[]));
    scene.check(&[
        // Canonical order: `dyn` comes before `elsewhere.invalid`, for the root's side counts first.
        (
            "joe.example",
            RecordType::NS,
            Answer,
            "joe.example 3600 NS n.deep.dyn.example.; joe.example 3600 NS ns.elsewhere.invalid.",
            "",
            "",
        ),
        ("n.deep.dyn.example", A, Answer, "n.deep.dyn.example 3600 A 192.0.2.54", "", ""),
        ("deep.dyn.example", A, NoData, "", DYN, ""),
        ("ns1.dyn.example", A, NxDomain, "", DYN, ""),
        ("ns.elsewhere.invalid", A, Refused, "", "", ""),
    ]);
}

/// They join the RRset of the zone's own, and are no cut.
#[test]
fn name_servers_that_somebody_put_beside_them() {
    let mut scene = Scene::new();
    scene.record("joe.example", "NS", "ns.elsewhere.invalid").record("t.joe.example", "TXT", "x");
    scene.check(&[
        (
            "joe.example",
            RecordType::NS,
            Answer,
            "joe.example 3600 NS ns1.joe.example.; joe.example 3600 NS ns.elsewhere.invalid.",
            "",
            "",
        ),
        ("t.joe.example", TXT, Answer, "t.joe.example 3600 TXT x", "", ""),
        ("nothing.joe.example", TXT, NxDomain, "", "joe.example 60 SOA", ""),
    ]);
}

/// Found by the laws: `ns1.<zone>` is only the name that a zone's server has while nobody gave that name a meaning.
#[test]
fn what_stands_at_ns1_goes_before_the_default_server() {
    let mut scene = Scene::new();
    scene.host("ns1.joe.example", &["192.0.2.1"], false);
    scene.run(Command::SetSettings(Settings { ns_addresses: vec![parse("192.0.2.53")], ..Settings::default() }));
    scene.check(&[("ns1.joe.example", A, Answer, "ns1.joe.example 300 A 192.0.2.1", "", "")]);
    // Found by the soak: such a host may still be given a wildcard.
    scene.edit("ns1.joe.example", HostEdit { wildcard: Some(true), ..HostEdit::default() });
    scene.check(&[("x.ns1.joe.example", A, Answer, "x.ns1.joe.example 300 A 192.0.2.1", "", "")]);
}

#[test]
fn challenges() {
    let mut scene = Scene::new();
    let add = |value: &str| Command::AddChallenge { host: parse("a.dyn.example"), value: parse(value), keep: None };
    scene.run(add("x")).run(add("\"y\""));
    let both = "_acme-challenge.a.dyn.example 60 TXT x; _acme-challenge.a.dyn.example 60 TXT \"\\\"y\\\"\"";
    scene.check(&[
        ("_acme-challenge.a.dyn.example", TXT, Answer, both, "", ""),
        ("_ACME-challenge.a.dyn.example", A, NoData, "", DYN, ""),
    ]);
}

// -- a naive resolver

/// RFC 1034, section 4.3.2, over lists of records: what is not in the zones' records it does not know, but for the names
/// of hosts that have no address now, and of what is not served while its account is suspended.
struct Naive<'a> {
    zones: Vec<(Name, Vec<ZoneRecord>)>,
    bare: Vec<Name>,
    registry: &'a Registry,
}

impl Naive<'_> {
    fn new(registry: &Registry) -> Naive<'_> {
        let zones = registry.domains().map(|domain| (domain.name.name().clone(), zone::records(registry, domain)));
        let names =
            |host: &Host| [Some(host.name.name().clone()), host.name.name().wildcard().filter(|_| host.wildcard)];
        let hosts = registry.hosts().flat_map(|host| names(host)).flatten();
        let challenged = registry.hosts().filter(|host| !registry.challenges(&host.name).is_empty());
        let challenged = challenged.map(|host| parse(&format!("_acme-challenge.{}", host.name)));
        let root = Name::ROOT;
        let records = registry.records_at_or_below(&root).map(|record| record.name.clone());
        let records: Vec<Name> = records.collect();
        let bare = hosts.chain(challenged).chain(records);
        Naive { zones: zones.collect(), bare: bare.collect(), registry }
    }

    fn resolve(&self, name: &Name, record_type: RecordType) -> (Verdict, Reply) {
        let mut reply = Reply::default();
        let verdict = self.step(&mut vec![name.clone()], record_type, &mut reply);
        (verdict, reply)
    }

    /// `trail` ends with the name that is looked for.
    fn step(&self, trail: &mut Vec<Name>, record_type: RecordType, reply: &mut Reply) -> Verdict {
        let name = trail.last().unwrap().clone();
        let zones = self.zones.iter().filter(|(apex, _)| name.is_at_or_below(apex));
        let Some((apex, records)) = zones.max_by_key(|(apex, _)| apex.label_count()) else { return Refused };
        if self.refer(&name, apex, records, reply) {
            return Referral;
        }
        let Some(source) = self.source(&name, apex, records) else {
            reply.authority.push(negative(apex, records));
            return NxDomain;
        };
        let at: Vec<&ZoneRecord> = records.iter().filter(|record| record.owner == source).collect();
        let write = |record: &ZoneRecord| (name.to_string(), record.ttl.secs(), record.data.clone());
        if let Some(alias) = at.iter().find(|record| matches!(record.data, RecordData::Cname(_)))
            && record_type != RecordType::CNAME
        {
            reply.answer.push(write(alias));
            let RecordData::Cname(target) = &alias.data else { unreachable!() };
            if trail.contains(target) || trail.len() > policy::CNAME_CHAIN {
                return Answer;
            }
            trail.push(target.clone());
            let verdict = self.step(trail, record_type, reply);
            return if verdict == NxDomain { NxDomain } else { Answer };
        }
        reply
            .answer
            .extend(at.iter().filter(|record| record.data.record_type() == record_type).map(|record| write(record)));
        if reply.answer.iter().any(|(owner, _, _)| *owner == name.to_string()) {
            return Answer;
        }
        reply.authority.push(negative(apex, records));
        NoData
    }

    /// The delegation nearest to the apex.
    fn refer(&self, name: &Name, apex: &Name, records: &[ZoneRecord], reply: &mut Reply) -> bool {
        let is_cut = |record: &&ZoneRecord| {
            record.data.record_type() == RecordType::NS && record.owner != *apex && name.is_at_or_below(&record.owner)
        };
        let Some(cut) = records.iter().filter(is_cut).min_by_key(|record| record.owner.label_count()) else {
            return false;
        };
        for record in records.iter().filter(|record| is_cut(record) && record.owner == cut.owner) {
            reply.authority.push((record.owner.to_string(), record.ttl.secs(), record.data.clone()));
            let RecordData::Ns(server) = &record.data else { unreachable!() };
            let is_glue = |record: &&ZoneRecord| {
                record.owner == *server && matches!(record.data, RecordData::A(_) | RecordData::Aaaa(_))
            };
            if self.registry.enclosing_domain(server).is_some_and(|domain| domain.name.name() == apex) {
                let glue = records.iter().filter(is_glue);
                reply.additional.extend(glue.map(|glue| (server.to_string(), glue.ttl.secs(), glue.data.clone())));
            }
        }
        true
    }

    /// The owner whose records answer: the name itself, or the wildcard at its closest encloser.
    fn source(&self, name: &Name, apex: &Name, records: &[ZoneRecord]) -> Option<Name> {
        let owners = || records.iter().map(|record| &record.owner).chain(&self.bare);
        let exists = |name: &Name| owners().any(|owner| owner.is_at_or_below(name));
        if exists(name) {
            return Some(name.clone());
        }
        let mut encloser = name.parent()?;
        while encloser != *apex && !exists(&encloser) {
            encloser = encloser.parent()?;
        }
        encloser.wildcard().filter(exists)
    }
}

fn negative(apex: &Name, records: &[ZoneRecord]) -> Written {
    let soa = records.iter().find(|record| record.data.record_type() == RecordType::SOA).unwrap();
    let RecordData::Soa(data) = &soa.data else { unreachable!() };
    (apex.to_string(), soa.ttl.secs().min(data.minimum), soa.data.clone())
}

fn question() -> impl Strategy<Value = (String, RecordType)> {
    let types = [A, AAAA, TXT, RecordType::NS, RecordType::SOA, RecordType::CNAME, RecordType::MX, RecordType(65)];
    let below = prop_oneof![3 => Just(""), 1 => Just("x."), 1 => Just("x.y."), 1 => Just("ns1.")];
    (below, some_name(), prop::sample::select(types.to_vec()))
        .prop_map(|(below, name, record_type)| (format!("{below}{name}"), record_type))
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_naive_resolver_agrees(story in story(80), questions in prop::collection::vec(question(), 40)) {
        let mut stage = Stage::new();
        for step in &story {
            play(&mut stage, step);
        }
        let naive = Naive::new(&stage.registry);
        for (question, record_type) in &questions {
            let (verdict, reply) = ask(&stage.registry, question, *record_type);
            let Ok(name) = question.parse::<Name>() else {
                // Below an asterisk; the tables have that.
                continue;
            };
            let sorted = |reply: &Reply| [&reply.answer, &reply.authority, &reply.additional].map(|section| {
                let lines = lines(section);
                assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len(), "twice: {lines:?}");
                lines.into_iter().collect::<BTreeSet<_>>()
            });
            let (expected, wanted) = naive.resolve(&name, *record_type);
            prop_assert_eq!((verdict, sorted(&reply)), (expected, sorted(&wanted)), "{} {}", question, record_type);
            check_any(&stage.registry, question);
        }
    }
}

fn play(stage: &mut Stage, step: &Step) {
    let before = stage.registry.clone();
    let changes = stage.play(step);
    stage.publish(&before, &changes);
}

/// ANY is answered with one whole RRset, as a question for its type would be.
fn check_any(registry: &Registry, question: &str) {
    let (verdict, reply) = ask(registry, question, ANY);
    if let Some((_, _, data)) = reply.answer.first() {
        assert_eq!(
            (verdict, &reply.answer),
            (Answer, &ask(registry, question, data.record_type()).1.answer),
            "{question}"
        );
    }
}
