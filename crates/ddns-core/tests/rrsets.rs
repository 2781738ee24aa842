//! RRsets: one name, one time to live, and what they cost; and hosts that are made of records.

use ddns_core::*;
use uuid::Uuid;

use crate::stage::{Stage, records};
use crate::support::parse;
use crate::universe::{ANN, JOE, OPERATOR, account, new_domain};

fn by(number: u32) -> Caller {
    Caller::Account(Identity { account: account(number), token: None, source: None })
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn new(number: u128, name: &str, record_type: &str, data: &str, ttl: Option<u32>) -> NewRecord {
    let data = RecordData::parse(parse(record_type), data).unwrap();
    let ttl = ttl.map(Ttl::clamped);
    NewRecord { id: id(number), name: parse(name), data, ttl, description: None, domain: None, narrow: false }
}

fn add(number: u128, name: &str, record_type: &str, data: &str, ttl: Option<u32>) -> Command {
    Command::AddRecord(new(number, name, record_type, data, ttl))
}

fn set(number: u128, edit: RecordEdit) -> Command {
    Command::SetRecord { record: id(number), edit }
}

fn rename(to: &str) -> RecordEdit {
    RecordEdit { name: Some(parse(to)), ..RecordEdit::default() }
}

fn to_data(record_type: &str, data: &str) -> RecordEdit {
    RecordEdit { data: Some(RecordData::parse(parse(record_type), data).unwrap()), ..RecordEdit::default() }
}

fn to_ttl(ttl: Option<u32>) -> RecordEdit {
    RecordEdit { ttl: Some(ttl.map(Ttl::clamped)), ..RecordEdit::default() }
}

fn run(stage: &mut Stage, commands: impl IntoIterator<Item = Command>) {
    for command in commands {
        stage.ask(&Caller::Local, &command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
    }
}

fn refused(stage: &Stage, caller: &Caller, command: &Command) -> Refusal {
    match decide(&stage.registry, caller, command, stage.now) {
        Err(refusal) => refusal,
        Ok(decision) => panic!("{caller:?} {command:?}: {:?}", decision.changes),
    }
}

fn taken(name: &str) -> Refusal {
    Refusal::Taken { name: name.to_owned() }
}

fn record(stage: &Stage, number: u128) -> Record {
    Record::clone(stage.registry.record(id(number)).unwrap())
}

#[test]
fn a_record_takes_the_time_to_live_of_its_set_and_sets_it_for_all() {
    let mut stage = Stage::new();
    run(&mut stage, [add(1, "t.joe.example", "TXT", "x", Some(60)), add(2, "t.joe.example", "TXT", "y", Some(300))]);
    run(&mut stage, [add(3, "t.joe.example", "TXT", "z", None), add(4, "t.joe.example", "MX", "0 .", Some(300))]);
    let ttls = |stage: &Stage| [1, 2, 3, 4].map(|number| record(stage, number).ttl.map(Ttl::secs));
    assert_eq!(ttls(&stage), [Some(60), Some(60), Some(60), Some(300)]);
    stage.pass(1);
    let edit = RecordEdit { description: Some(Some(parse("the second"))), ..to_ttl(None) };
    let decision = stage.ask(&by(JOE), &set(2, edit)).unwrap();
    assert_eq!(ttls(&stage), [None, None, None, Some(300)]);
    assert_eq!([1, 2, 3, 4].map(|number| record(&stage, number).version), [2, 2, 2, 1]);
    assert_eq!(record(&stage, 1).updated, Some(stage.now));
    let described = [1, 2, 3].map(|number| record(&stage, number).description.is_some());
    assert_eq!(described, [false, true, false], "a description is one record's own");
    assert!(matches!(decision.receipt, Receipt::Record(record) if record.id == id(2)));
    stage.pass(1);
    run(&mut stage, [set(1, to_data("TXT", "w"))]);
    assert_eq!([1, 2, 3].map(|number| record(&stage, number).version), [3, 2, 2], "data is one record's own, too");
}

#[test]
fn a_set_moves_as_a_whole_and_to_a_free_name() {
    let mut stage = Stage::new();
    run(&mut stage, [add(1, "t.joe.example", "TXT", "x", Some(60)), add(2, "t.joe.example", "TXT", "y", Some(60))]);
    run(&mut stage, [add(3, "t.joe.example", "MX", "0 .", None), add(4, "u.joe.example", "MX", "0 .", None)]);
    stage.ask(&by(JOE), &set(1, rename("u.joe.example"))).unwrap();
    let names = [1, 2, 3, 4].map(|number| record(&stage, number).name.to_string());
    assert_eq!(names, ["u.joe.example", "u.joe.example", "t.joe.example", "u.joe.example"]);
    assert_eq!([1, 2, 3].map(|number| record(&stage, number).version), [2, 2, 1]);
    let exists = Refusal::RrsetExists { name: parse("u.joe.example"), record_type: RecordType::MX };
    assert_eq!(refused(&stage, &by(JOE), &set(3, rename("u.joe.example"))), exists);
    let other = Refusal::OtherType { record_type: RecordType::TXT };
    assert_eq!(refused(&stage, &by(JOE), &set(1, to_data("A", "192.0.2.1"))), other);
    let outside = Refusal::OutsideDomain { name: parse("t.ann.example"), domain: parse("joe.example") };
    assert_eq!(refused(&stage, &by(JOE), &set(1, rename("t.ann.example"))), outside);
    run(&mut stage, [new_domain("sub.joe.example", Some(JOE), false)]);
    let child = Refusal::InChildDomain { name: parse("t.sub.joe.example"), child: parse("sub.joe.example") };
    assert_eq!(refused(&stage, &by(JOE), &set(1, rename("t.sub.joe.example"))), child);
    run(&mut stage, [add(5, "c.joe.example", "CNAME", "a.joe.example", None)]);
    let alias = Refusal::NotAlone { name: parse("c.joe.example") };
    assert_eq!(refused(&stage, &by(JOE), &set(1, rename("c.joe.example"))), alias);
    let beside = Refusal::NotAlone { name: parse("t.joe.example") };
    assert_eq!(refused(&stage, &by(JOE), &set(5, rename("t.joe.example"))), beside);
}

/// A record that moved and became another at once was the same as one that moved with it.
#[test]
fn no_set_has_a_record_twice_after_a_move() {
    let mut stage = Stage::new();
    run(&mut stage, [add(1, "t.joe.example", "TXT", "x", None), add(2, "t.joe.example", "TXT", "y", None)]);
    let both = RecordEdit { name: Some(parse("u.joe.example")), ..to_data("TXT", "y") };
    assert_eq!(refused(&stage, &by(JOE), &set(1, both.clone())), taken("u.joe.example TXT y"));
    let fresh = RecordEdit { name: Some(parse("u.joe.example")), ..to_data("TXT", "z") };
    stage.ask(&by(JOE), &set(1, fresh)).unwrap();
    stage.ask(&by(JOE), &set(2, to_ttl(Some(7)))).unwrap();
}

/// A delegation that moved to an apex said what the zone's own NS say, in the record that nobody had named.
#[test]
fn a_delegation_that_moves_to_the_apex() {
    let mut stage = Stage::new();
    run(&mut stage, [add(1, "d.joe.example", "NS", "ns.elsewhere.invalid", Some(60))]);
    run(&mut stage, [add(2, "d.joe.example", "NS", "ns1.joe.example", Some(60))]);
    let apex = || set(1, rename("joe.example"));
    assert_eq!(refused(&stage, &by(JOE), &apex()), taken("joe.example NS ns1.joe.example."));
    run(&mut stage, [Command::RemoveRecord { record: id(2) }]);
    stage.ask(&by(JOE), &apex()).unwrap();
    assert_eq!(record(&stage, 1).ttl, None, "the zone's own NS have the domain's");
    let managed = Refusal::Managed { what: "a zone's own NS RRset" };
    for command in [apex(), set(1, to_ttl(Some(7))), set(1, rename("d.joe.example")), set(1, RecordEdit::default())] {
        assert_eq!(refused(&stage, &by(JOE), &command), managed);
    }
    assert_eq!(refused(&stage, &by(JOE), &Command::RemoveRecord { record: id(1) }), managed);
    let (ttl, back) = (set(1, to_ttl(Some(7))), set(1, rename("d.joe.example")));
    assert_eq!(stage.ask(&by(OPERATOR), &ttl).unwrap().changes, [], "it stays the domain's");
    stage.ask(&by(OPERATOR), &back).unwrap();
}

/// Who may change one record of a set but not another changes nothing that is the whole set's.
#[test]
fn a_set_that_is_partly_somebody_elses() {
    let mut stage = Stage::new();
    run(&mut stage, [add(2, "t.dyn.example", "TXT", "y", Some(60))]);
    let (name, owner) = (parse("t.dyn.example"), account(JOE));
    let host = NewHost {
        name,
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    stage.ask(&by(JOE), &Command::AddHost(host)).unwrap();
    stage.ask(&by(JOE), &add(1, "t.dyn.example", "TXT", "x", Some(7))).unwrap();
    assert_eq!(record(&stage, 1).ttl, Some(Ttl::clamped(60)), "whoever comes takes what is there");
    let foreign = Refusal::NotYours { kind: Kind::Record, name: id(2).to_string() };
    for edit in [to_ttl(Some(7)), to_ttl(None), rename("u.t.dyn.example")] {
        assert_eq!(refused(&stage, &by(JOE), &set(1, edit)), foreign);
    }
    for edit in [to_data("TXT", "z"), to_ttl(Some(60)), RecordEdit::default()] {
        assert!(stage.ask(&by(JOE), &set(1, edit)).is_ok(), "that is its own");
    }
}

#[test]
fn the_domain_that_is_asked_for() {
    let mut stage = Stage::new();
    run(&mut stage, [new_domain("sub.joe.example", Some(JOE), false)]);
    let number = |name: &str| stage.registry.domain_by_name(&parse(name)).unwrap().number;
    let inside =
        |name: &str, domain| Command::AddRecord(NewRecord { domain: Some(domain), ..new(1, name, "TXT", "x", None) });
    let (joe, sub) = (number("joe.example"), number("sub.joe.example"));
    for (name, domain, refusal) in [
        ("t.ann.example", joe, Refusal::OutsideDomain { name: parse("t.ann.example"), domain: parse("joe.example") }),
        ("example", joe, Refusal::OutsideDomain { name: parse("example"), domain: parse("joe.example") }),
        (
            "t.joe.example",
            sub,
            Refusal::OutsideDomain { name: parse("t.joe.example"), domain: parse("sub.joe.example") },
        ),
        (
            "sub.joe.example",
            joe,
            Refusal::InChildDomain { name: parse("sub.joe.example"), child: parse("sub.joe.example") },
        ),
        ("t.joe.example", DomainNo::MAX, Refusal::NotFound { kind: Kind::Domain, name: u32::MAX.to_string() }),
    ] {
        assert_eq!(refused(&stage, &by(JOE), &inside(name, domain)), refusal);
    }
    for (name, domain) in [("joe.example", joe), ("t.joe.example", joe), ("sub.joe.example", sub)] {
        assert!(decide(&stage.registry, &by(JOE), &inside(name, domain), stage.now).is_ok(), "{name}");
    }
}

// -- quotas

fn quotas(number: u32, max_records: u32, max_rrsets: u32, max_rrset_records: u32) -> Command {
    let (max_records, max_rrsets) = (Some(max_records), Some(max_rrsets));
    let max_rrset_records = Some(max_rrset_records);
    let edit = AccountEdit { max_records, max_rrsets, max_rrset_records, ..AccountEdit::default() };
    Command::SetAccount { account: account(number), edit }
}

fn quota(kind: Kind, max: u64) -> Refusal {
    Refusal::Quota { kind, max }
}

#[test]
fn a_domains_owner_pays_for_all_that_is_in_it() {
    let mut stage = Stage::new();
    run(&mut stage, [quotas(JOE, 3, 2, 1)]);
    // Whoever makes the records: the quota is that of the domain's owner, who is given no more by an operator's hand.
    run(&mut stage, [add(1, "t.joe.example", "TXT", "x", None)]);
    let narrow = Command::AddRecord(NewRecord { narrow: true, ..new(2, "t.joe.example", "TXT", "y", None) });
    assert_eq!(refused(&stage, &by(JOE), &narrow), quota(Kind::Record, 1));
    assert_eq!(refused(&stage, &by(OPERATOR), &narrow), quota(Kind::Record, 1));
    stage.ask(&by(JOE), &add(2, "t.joe.example", "MX", "0 .", None)).unwrap();
    assert_eq!(refused(&stage, &by(JOE), &add(3, "u.joe.example", "TXT", "x", None)), quota(Kind::Rrset, 2));
    assert_eq!(refused(&stage, &Caller::Local, &add(3, "u.joe.example", "TXT", "x", None)), quota(Kind::Rrset, 2));
    stage.ask(&by(OPERATOR), &add(3, "t.joe.example", "TXT", "y", None)).unwrap();
    for caller in [by(JOE), by(OPERATOR), Caller::Local] {
        assert_eq!(refused(&stage, &caller, &add(4, "t.joe.example", "TXT", "z", None)), quota(Kind::Record, 3));
    }
    // What is there may change and move, however small the quota has become.
    run(&mut stage, [quotas(JOE, 0, 0, 0)]);
    stage.ask(&by(JOE), &set(1, rename("u.joe.example"))).unwrap();
    stage.ask(&by(JOE), &set(1, to_data("TXT", "w"))).unwrap();
    run(&mut stage, [Command::RemoveRecord { record: id(2) }]);
    assert_eq!(refused(&stage, &by(JOE), &add(2, "t.joe.example", "MX", "0 .", None)), quota(Kind::Record, 0));
    // A domain of one's own that is another one is counted for itself.
    run(&mut stage, [quotas(JOE, 1, 1, 1), new_domain("sub.joe.example", Some(JOE), false)]);
    stage.ask(&by(JOE), &add(9, "sub.joe.example", "TXT", "x", None)).unwrap();
}

#[test]
fn in_a_shared_domain_everybody_pays_for_oneself() {
    let mut stage = Stage::new();
    run(&mut stage, [quotas(JOE, 1, 1, 1), quotas(ANN, 2, 1, 1)]);
    stage.ask(&by(JOE), &add(1, "t.a.dyn.example", "TXT", "x", None)).unwrap();
    assert_eq!(refused(&stage, &by(JOE), &add(2, "a.dyn.example", "TXT", "x", None)), quota(Kind::Record, 1));
    // Ann's domain is shared: what is made there by others is theirs, and RRsets are not counted.
    let edit = AccountEdit { max_hosts: Some(9), ..AccountEdit::default() };
    run(&mut stage, [Command::SetAccount { account: account(JOE), edit }]);
    let (name, owner) = (parse("j.ann.example"), account(JOE));
    let host = NewHost {
        name,
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    stage.ask(&by(JOE), &Command::AddHost(host)).unwrap();
    stage.ask(&by(JOE), &add(2, "j.ann.example", "TXT", "x", None)).unwrap();
    assert_eq!(refused(&stage, &by(JOE), &add(3, "j.ann.example", "MX", "0 .", None)), quota(Kind::Record, 1));
    stage.ask(&by(ANN), &add(3, "t.ann.example", "TXT", "x", None)).unwrap();
    stage.ask(&by(ANN), &add(4, "t.ann.example", "MX", "0 .", None)).unwrap();
    assert_eq!(refused(&stage, &by(ANN), &add(5, "t.ann.example", "TXT", "y", None)), quota(Kind::Record, 2));
    // What belongs to nobody has no quota but the policy's.
    run(&mut stage, [new_domain("test", None, false)]);
    run(&mut stage, (10..40).map(|number| add(number, "t.test", "TXT", &number.to_string(), None)));
    let narrow = Command::AddRecord(NewRecord { narrow: true, ..new(50, "t.test", "TXT", "y", None) });
    assert_eq!(refused(&stage, &Caller::Local, &narrow), quota(Kind::Record, 20));
}

// -- hosts made of records

fn adopt(name: &str, owner: Option<u32>) -> Command {
    Command::AdoptHost { name: parse(name), owner: owner.map(account) }
}

#[test]
fn a_host_in_the_place_of_its_records() {
    let mut stage = Stage::new();
    run(
        &mut stage,
        [
            add(1, "t.joe.example", "A", "192.0.2.1", Some(86_400)),
            add(2, "t.joe.example", "AAAA", "2001:db8::1", Some(20_000)),
            add(3, "*.t.joe.example", "A", "192.0.2.1", None),
            add(4, "*.t.joe.example", "AAAA", "2001:db8::1", None),
            add(5, "t.joe.example", "TXT", "x", Some(7)),
            add(6, "*.t.joe.example", "MX", "0 .", Some(7)),
        ],
    );
    let decision = stage.ask(&by(JOE), &adopt("t.joe.example", None)).unwrap();
    let Receipt::Hosts(lines) = &decision.receipt else { panic!("{:?}", decision.receipt) };
    assert!(lines[0].outcome.as_ref().unwrap().changed);
    let host = stage.registry.host(&parse("t.joe.example")).unwrap();
    assert_eq!((host.owner, host.wildcard, host.ttl), (account(JOE), true, HostTtl::S300), "the wildcard had an hour");
    let joe = stage.registry.domain(host.domain).unwrap();
    assert_eq!(records(&stage.registry, joe).iter().filter(|record| record.ttl.secs() == 7).count(), 2, "others stay");
    assert_eq!(stage.registry.record_count(host.domain), 2);
}

/// The time to live of a record without one of its own was not looked at, nor the wildcard's.
#[test]
fn nothing_is_cached_longer_than_before() {
    let long = Some(86_400);
    for (ttl, record_ttls, expected) in [
        (60, [None, long, None], HostTtl::S60),
        (60, [long, None, None], HostTtl::S60),
        (300, [long, long, None], HostTtl::S300),
        (60, [long, long, long], HostTtl::S86400),
        (60, [long, long, Some(300)], HostTtl::S300),
        (86_400, [Some(0), long, long], HostTtl::S60),
        (86_400, [None, None, None], HostTtl::S86400),
        (14_399, [None, None, None], HostTtl::S300),
    ] {
        let mut stage = Stage::new();
        let edit = DomainEdit { ttl: Some(Ttl::clamped(ttl)), ..DomainEdit::default() };
        run(&mut stage, [Command::SetDomain { domain: parse("joe.example"), edit }]);
        let [ipv4, ipv6, wildcard] = record_ttls;
        run(&mut stage, [add(1, "t.joe.example", "A", "192.0.2.1", ipv4)]);
        run(&mut stage, [add(2, "t.joe.example", "AAAA", "2001:db8::1", ipv6)]);
        run(&mut stage, [add(3, "*.t.joe.example", "A", "192.0.2.1", wildcard)]);
        run(&mut stage, [add(4, "*.t.joe.example", "AAAA", "2001:db8::1", wildcard)]);
        run(&mut stage, [adopt("t.joe.example", None)]);
        assert_eq!(stage.registry.host(&parse("t.joe.example")).unwrap().ttl, expected, "{ttl} {record_ttls:?}");
    }
}

#[test]
fn other_wildcards_stay_what_they_are() {
    for (record_type, data) in [("A", "192.0.2.2"), ("AAAA", "2001:db8::1"), ("CNAME", "a.joe.example"), ("TXT", "x")] {
        let mut stage = Stage::new();
        run(
            &mut stage,
            [add(1, "t.joe.example", "A", "192.0.2.1", None), add(2, "*.t.joe.example", record_type, data, None)],
        );
        run(&mut stage, [adopt("t.joe.example", None)]);
        assert!(!stage.registry.host(&parse("t.joe.example")).unwrap().wildcard);
        assert_eq!(record(&stage, 2).name, parse("*.t.joe.example"));
    }
}

#[test]
fn what_no_host_can_be_made_of() {
    let mut stage = Stage::new();
    let not_one = |name: &str| Refusal::NotOneAddress { name: parse(name) };
    run(
        &mut stage,
        [
            add(1, "two.joe.example", "A", "192.0.2.1", None),
            add(2, "two.joe.example", "A", "192.0.2.2", None),
            add(3, "group.joe.example", "A", "224.0.0.1", None),
            add(4, "mixed.joe.example", "A", "192.0.2.1", None),
            add(5, "mixed.joe.example", "AAAA", "ff02::1", None),
            add(6, "alias.joe.example", "CNAME", "a.joe.example", None),
            add(7, "text.joe.example", "TXT", "x", None),
            add(8, "t.dyn.example", "A", "192.0.2.1", None),
            add(9, "private.joe.example", "A", "10.0.0.1", None),
            add(10, "www.dyn.example", "A", "192.0.2.1", None),
            add(11, "d.joe.example", "NS", "ns.d.joe.example", None),
            add(12, "ns.d.joe.example", "A", "192.0.2.1", None),
        ],
    );
    for name in ["two", "group", "mixed", "alias", "text", "nothing"] {
        let name = format!("{name}.joe.example");
        assert_eq!(refused(&stage, &by(JOE), &adopt(&name, None)), not_one(&name));
    }
    let (nobody, outside) = (parse("t.dyn.example"), parse("t.invalid"));
    let rows = [
        (Caller::Local, adopt("t.dyn.example", None), Refusal::NoOwner { name: nobody }),
        (Caller::Local, adopt("t.invalid", None), Refusal::NoDomain { name: outside }),
        (by(JOE), adopt("a.joe.example", None), taken("a.joe.example")),
        (by(JOE), adopt("t.dyn.example", None), Refusal::NotYours { kind: Kind::Record, name: id(8).to_string() }),
        (by(ANN), adopt("mail.joe.example", None), not_one("mail.joe.example")),
        (Caller::Local, adopt("www.dyn.example", Some(JOE)), Refusal::ReservedLabel { name: parse("www.dyn.example") }),
        (
            by(JOE),
            adopt("ns.d.joe.example", None),
            Refusal::Conflict { name: parse("ns.d.joe.example"), other: "delegation at d.joe.example".to_owned() },
        ),
        (
            Caller::Local,
            adopt("private.joe.example", Some(ANN)),
            Refusal::PrivateDomain { domain: parse("joe.example") },
        ),
    ];
    for (caller, command, refusal) in rows {
        assert_eq!(refused(&stage, &caller, &command), refusal);
    }
    let public = Settings { public_addresses_only: true, ..Settings::default() };
    run(&mut stage, [Command::SetSettings(public)]);
    assert_eq!(refused(&stage, &by(JOE), &adopt("private.joe.example", None)), Refusal::NotPublic);
}

/// A suspended account's hosts answer nothing: the name was gone from DNS.
#[test]
fn no_host_is_made_for_who_is_not_served() {
    let mut stage = Stage::new();
    run(&mut stage, [add(1, "t.joe.example", "A", "192.0.2.1", None)]);
    let edit = AccountEdit { state: Some(AccountState::Suspended), ..AccountEdit::default() };
    run(&mut stage, [Command::SetAccount { account: account(JOE), edit }]);
    assert_eq!(refused(&stage, &Caller::Local, &adopt("t.joe.example", None)), Refusal::Inactive);
}

/// Who works at the command line is no account: a record beside somebody's host in a shared domain is that host's owner's, goes
/// with the host, and counts against its owner.
#[test]
fn a_record_by_the_command_line_is_the_hosts_owners() {
    let mut stage = Stage::new();
    run(&mut stage, [add(1, "_sip._tcp.a.dyn.example", "SRV", "1 2 5060 a.dyn.example", None)]);
    assert_eq!(stage.registry.record(id(1)).unwrap().owner, Some(account(JOE)));
    let host = Refusal::Overlaps { name: parse("_x.a.dyn.example"), other: parse("a.dyn.example") };
    assert_eq!(refused(&stage, &by(OPERATOR), &add(2, "_x.a.dyn.example", "TXT", "x", None)), host);
    let few = AccountEdit { max_records: Some(1), ..AccountEdit::default() };
    run(&mut stage, [Command::SetAccount { account: account(JOE), edit: few }]);
    let full = Refusal::Quota { kind: Kind::Record, max: 1 };
    assert_eq!(refused(&stage, &Caller::Local, &add(2, "_x.a.dyn.example", "TXT", "x", None)), full);
    run(&mut stage, [Command::RemoveHost { host: parse("a.dyn.example") }]);
    assert_eq!(stage.registry.record(id(1)), None);
}

/// An edit that was made from what is no more is refused, and so loses nobody's change.
#[test]
fn an_edit_of_something_else_is_stale() {
    let mut stage = Stage::new();
    run(&mut stage, [add(1, "m.joe.example", "MX", "10 a.joe.example", None)]);
    let from = |data: &str, to: &str| RecordEdit {
        instead_of: Some(RecordData::parse(RecordType::MX, data).unwrap()),
        ..to_data("MX", to)
    };
    run(&mut stage, [set(1, from("10 a.joe.example", "20 a.joe.example"))]);
    let late = set(1, from("10 a.joe.example", "10 b.joe.example"));
    assert_eq!(refused(&stage, &by(JOE), &late), Refusal::Stale);
}

/// In a private domain a record is its owner's, whoever made it: it stays when that one goes, and goes with the domain.
#[test]
fn a_record_in_a_private_domain_is_its_owners() {
    let mut stage = Stage::new();
    stage.ask(&by(OPERATOR), &add(1, "t.joe.example", "TXT", "by an operator", None)).unwrap();
    stage.ask(&by(JOE), &add(2, "u.joe.example", "TXT", "by its owner", None)).unwrap();
    run(&mut stage, [Command::RemoveAccount { account: account(OPERATOR) }]);
    assert!(stage.registry.record(id(1)).is_some(), "it was joe's from the beginning");
    let to_sam = DomainEdit { owner: Some(Some(account(crate::universe::SAM))), ..DomainEdit::default() };
    run(&mut stage, [Command::RemoveHost { host: parse("a.joe.example") }]);
    run(&mut stage, [Command::SetDomain { domain: parse("joe.example"), edit: to_sam }]);
    let foreign = Refusal::NotYours { kind: Kind::Record, name: id(2).to_string() };
    assert_eq!(refused(&stage, &by(JOE), &Command::RemoveRecord { record: id(2) }), foreign);
    run(&mut stage, [Command::RemoveAccount { account: account(JOE) }]);
    assert!(stage.registry.record(id(2)).is_some(), "and is the new owner's now");
}

/// Who found a domain by its id does not mean the one that was made later under its name.
#[test]
fn a_domain_by_its_id_is_that_one() {
    let mut stage = Stage::new();
    let before = stage.registry.domain_by_name(&parse("joe.example")).unwrap().id;
    run(&mut stage, [Command::RemoveHost { host: parse("a.joe.example") }]);
    run(&mut stage, [Command::RemoveDomain { domain: DomainKey::Id(before) }]);
    let Command::AddDomain(again) = new_domain("joe.example", Some(JOE), false) else { unreachable!() };
    run(&mut stage, [Command::AddDomain(NewDomain { id: id(77), ..again })]);
    let missing = Refusal::NotFound { kind: Kind::Domain, name: before.to_string() };
    for command in [
        Command::RemoveDomain { domain: DomainKey::Id(before) },
        Command::TouchDomain { domain: DomainKey::Id(before) },
        Command::SetDomain { domain: DomainKey::Id(before), edit: DomainEdit::default() },
    ] {
        assert_eq!(refused(&stage, &by(JOE), &command), missing);
    }
}
