//! Zone differences: a secondary that takes every difference has the zone, whatever happened and whatever the clock did.

use std::collections::BTreeSet;

use ddns_core::zone::{self, ZoneDifference, ZoneRecord};
use ddns_core::*;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::stage::{Stage, records};
use crate::support::{assert_json_round_trip, cases, parse};
use crate::universe::{ANN, JOE, OPERATOR, START, Step, account, new_domain, some_name, story};

/// Clocks that a machine may have, the turn of the serial's 32 bits among them.
fn clock() -> impl Strategy<Value = u64> {
    const TURN: u64 = 1 << 32;
    prop_oneof![
        0..3u64,
        START.secs()..START.secs() + 3,
        TURN - 3..TURN + 3,
        (TURN / 2 - 2)..(TURN / 2 + 2),
        any::<u32>().prop_map(u64::from)
    ]
}

proptest! {
    #![proptest_config(cases(150))]

    /// The stage holds a secondary to every difference; here the clock jumps wildly between batches of several commands.
    #[test]
    fn the_secondary_has_the_zone(batches in prop::collection::vec((clock(), story(6)), 1..25)) {
        let mut stage = Stage::new();
        for (clock, batch) in &batches {
            stage.now = Timestamp::from_secs(*clock);
            let before = stage.registry.clone();
            // A pass of time within a batch would be a second batch.
            let asked = batch.iter().filter(|step| !matches!(step, Step::Pass(_)));
            let changes: Vec<Change> = asked.flat_map(|step| stage.play(step)).collect();
            stage.publish(&before, &changes);
        }
    }

    #[test]
    fn the_secondary_has_the_glue(batches in prop::collection::vec(prop::collection::vec(glue_command(), 1..3), 1..20)) {
        let mut stage = Stage::new();
        for (name, shared) in [("p.example", true), ("c.p.example", true)] {
            stage.ask(&Caller::Local, &new_domain(name, None, shared)).unwrap();
        }
        for batch in batches {
            let before = stage.registry.clone();
            let changes: Vec<_> = batch.into_iter().flat_map(|command| stage.play(&Step::Ask(Caller::Local, command))).collect();
            stage.publish(&before, &changes);
            for domain in stage.registry.domains() {
                check_glue(&stage.registry, domain);
            }
        }
    }

    #[test]
    fn each_record_is_what_records_are(story in story(60), names in prop::collection::vec(some_name(), 8)) {
        let mut stage = Stage::new();
        story.iter().for_each(|step| { stage.play(step); });
        for domain in stage.registry.domains() {
            let all = records(&stage.registry, domain);
            for name in names.iter().map(|name| parse::<Name>(name)).filter(|name| name.is_at_or_below(domain.name.name())) {
                let mut at = Vec::new();
                zone::each_record(&stage.registry, domain, name.key(), &mut |ttl, data| at.push((ttl, data.clone())));
                let listed: Vec<_> = all.iter().filter(|record| record.owner == name).map(|record| (record.ttl, record.data.clone())).collect();
                at.sort();
                prop_assert_eq!(at, listed, "{}", name);
            }
        }
    }
}

/// A zone has the addresses at the names of a delegation's name servers that lie inside it as the zones below have them,
/// and no others.
fn check_glue(registry: &Registry, domain: &Domain) {
    let is_address = |record: &&ZoneRecord| matches!(record.data, RecordData::A(_) | RecordData::Aaaa(_));
    let own = |name: &Name| registry.enclosing_domain(name).unwrap();
    let present = records(registry, domain);
    let inside = |record: &&ZoneRecord| own(&record.owner).number != domain.number;
    let glue: BTreeSet<_> = present.iter().filter(is_address).filter(inside).cloned().collect();
    let mut expected = BTreeSet::new();
    for cut in present.iter().filter(inside) {
        let RecordData::Ns(server) = &cut.data else { continue };
        if server.is_at_or_below(&cut.owner) {
            let there = records(registry, own(server)).into_iter().filter(|record| record.owner == *server);
            let there = there.filter(|record| is_address(&record));
            expected.extend(there.map(|record| ZoneRecord { ttl: domain.ttl, ..record }));
        }
    }
    let servers = |record: &ZoneRecord| registry.server(&record.owner).is_none();
    let (glue, expected) = (glue.into_iter().filter(servers), expected.into_iter().filter(servers));
    assert_eq!(glue.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{}", domain.name);
}

// -- single steps

fn run(stage: &mut Stage, commands: &[Command]) -> Vec<ZoneDifference> {
    let before = stage.registry.clone();
    let mut changes = Vec::new();
    for command in commands {
        let decision = decide(&stage.registry, &Caller::Local, command, stage.now).unwrap();
        stage.take_over(&decision.changes);
        changes.extend(decision.changes);
    }
    let mut after = stage.registry.clone();
    stage.publish(&before, &changes);
    zone::advance(&before, &mut after, &changes, stage.now)
}

fn address(host: &str, address: &str) -> Command {
    let edit = HostEdit::default().with_address(parse(address));
    Command::SetHosts { hosts: vec![parse(host)], edit, together: Together::Each }
}

/// The difference without its two SOA records, as lines.
fn lines(difference: &ZoneDifference) -> (Vec<String>, Vec<String>) {
    let lines = |records: &[zone::ZoneRecord]| {
        let others = records.iter().filter(|record| record.data.record_type() != RecordType::SOA);
        others.map(|record| format!("{} {} {}", record.owner, record.ttl.secs(), record.data)).collect()
    };
    (lines(&difference.removed), lines(&difference.added))
}

#[test]
fn one_address() {
    let mut stage = Stage::new();
    stage.pass(10);
    let differences = run(&mut stage, &[address("a.dyn.example", "192.0.2.7")]);
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    let expected = (vec!["a.dyn.example 60 8.8.8.8".to_owned()], vec!["a.dyn.example 60 192.0.2.7".to_owned()]);
    assert_eq!(lines(difference), expected);
    assert_eq!(u64::from(difference.to.0), START.secs() + 10, "the clock's serial");
    let serials = |records: &[zone::ZoneRecord]| {
        records.iter().find_map(|record| match &record.data {
            RecordData::Soa(soa) => Some(soa.serial),
            _ => None,
        })
    };
    assert_eq!(serials(&difference.removed), Some(difference.from));
    assert_eq!(serials(&difference.added), Some(difference.to));
    assert_json_round_trip(difference);
}

#[test]
fn a_batch_is_one_step() {
    let mut stage = Stage::new();
    let batch = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|text| address("a.dyn.example", text));
    let differences = run(&mut stage, &batch);
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(lines(difference).1, ["a.dyn.example 60 192.0.2.3"], "what came and went in between is not told");
}

#[test]
fn there_and_back_is_no_step() {
    let mut stage = Stage::new();
    let serials: Vec<Serial> = stage.registry.domains().map(|domain| stage.registry.serial(domain.number)).collect();
    let batch = [address("a.dyn.example", "192.0.2.1"), address("a.dyn.example", "8.8.8.8")];
    assert_eq!(run(&mut stage, &batch), []);
    let token = Command::RemoveTsigKey { key: TsigKeyKey::Name(parse("key")) };
    assert!(decide(&stage.registry, &Caller::Local, &token, stage.now).is_err());
    let edit = AccountEdit { max_hosts: Some(9), ..AccountEdit::default() };
    assert_eq!(run(&mut stage, &[Command::SetAccount { account: account(JOE), edit }]), [], "nothing that DNS shows");
    assert_eq!(
        stage.registry.domains().map(|domain| stage.registry.serial(domain.number)).collect::<Vec<_>>(),
        serials
    );
}

#[test]
fn whatever_the_cause() {
    let mut stage = Stage::new();
    let joe = |state| Command::SetAccount {
        account: account(JOE),
        edit: AccountEdit { state: Some(state), ..AccountEdit::default() },
    };
    let zones = |stage: &Stage, differences: &[ZoneDifference]| {
        let name = |difference: &ZoneDifference| stage.registry.domain(difference.domain).unwrap().name.to_string();
        differences.iter().map(name).collect::<Vec<_>>()
    };
    let suspended = run(&mut stage, &[joe(AccountState::Suspended)]);
    assert_eq!(zones(&stage, &suspended), ["dyn.example", "joe.example"], "a suspended account");
    let restored = run(&mut stage, &[joe(AccountState::Active)]);
    assert_eq!(restored.len(), 2);
    let before = stage.registry.clone();
    let missed = stage.missed_client(&parse("home"));
    stage.take_over(&missed);
    stage.publish(&before, &missed);
    let gone = stage.registry.domain_by_name(&parse("dyn.example")).unwrap();
    assert!(
        !records(&stage.registry, gone).iter().any(|record| record.owner == parse("a.dyn.example")),
        "an offline client"
    );
    let ttl = DomainEdit { ttl: Some(Ttl::clamped(60)), ..DomainEdit::default() };
    let changed = run(&mut stage, &[Command::SetDomain { domain: parse("ann.example"), edit: ttl }]);
    assert_eq!(zones(&stage, &changed), ["ann.example"], "a default ttl");
    let server =
        Command::AddServer { id: Uuid::nil(), name: parse("ns.dyn.example"), addresses: vec![parse("192.0.2.53")] };
    let served = run(&mut stage, &[server]);
    assert_eq!(served.len(), 3, "a new name server shows in every zone");
}

fn account_state(number: u32, state: AccountState) -> Command {
    let edit = AccountEdit { state: Some(state), ..AccountEdit::default() };
    Command::SetAccount { account: account(number), edit }
}

/// What a suspended account had is taken out of each zone by one difference, and comes back by one; the stage's mirrors hold
/// both to the zones.
#[test]
fn what_goes_with_a_suspended_account() {
    let mut stage = Stage::new();
    let record = |id, name: &str, kind: &str, data: &str| {
        let (id, name, data) = (Uuid::from_u128(id), parse(name), RecordData::parse(parse(kind), data).unwrap());
        Command::AddRecord(NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false })
    };
    run(
        &mut stage,
        &[
            new_domain("kid.joe.example", Some(JOE), false),
            record(1, "t.joe.example", "TXT", "x"),
            record(2, "joe.example", "NS", "ns.elsewhere.invalid"),
            record(3, "sub.joe.example", "NS", "ns.sub.joe.example"),
            record(4, "ns.sub.joe.example", "A", "192.0.2.53"),
            record(5, "kid.joe.example", "NS", "ns.kid.joe.example"),
            record(6, "ns.kid.joe.example", "A", "192.0.2.54"),
            record(7, "x.a.dyn.example", "TXT", "joes"),
            record(8, "t.ann.example", "TXT", "anns"),
            Command::AddChallenge { host: parse("a.dyn.example"), value: parse("v"), keep: None },
        ],
    );
    let by_zone = |stage: &Stage, differences: &[ZoneDifference]| -> Vec<(String, Vec<String>, Vec<String>)> {
        let name = |difference: &ZoneDifference| stage.registry.domain(difference.domain).unwrap().name.to_string();
        let mut told: Vec<_> = differences.iter().map(|one| (name(one), lines(one).0, lines(one).1)).collect();
        told.iter_mut().for_each(|(_, gone, come)| [gone, come].into_iter().for_each(|lines| lines.sort()));
        told.sort();
        told
    };
    let of = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let dyn_example =
        of(&["_acme-challenge.a.dyn.example 60 v", "a.dyn.example 60 8.8.8.8", "x.a.dyn.example 3600 joes"]);
    let joe_example = of(&[
        "a.joe.example 60 8.8.8.8",
        "joe.example 3600 ns.elsewhere.invalid.",
        "kid.joe.example 3600 ns.kid.joe.example.",
        "ns.kid.joe.example 3600 192.0.2.54",
        "ns.sub.joe.example 3600 192.0.2.53",
        "sub.joe.example 3600 ns.sub.joe.example.",
        "t.joe.example 3600 x",
    ]);
    let kid = of(&["kid.joe.example 3600 ns.kid.joe.example.", "ns.kid.joe.example 3600 192.0.2.54"]);
    let went = run(&mut stage, &[account_state(JOE, AccountState::Suspended)]);
    let zones = [("dyn.example", dyn_example), ("joe.example", joe_example), ("kid.joe.example", kid)];
    let expected = |goes: bool| {
        let both = zones.iter().map(|(zone, lines)| {
            let none = Vec::new();
            let (gone, come) = if goes { (lines.clone(), none) } else { (none, lines.clone()) };
            ((*zone).to_owned(), gone, come)
        });
        both.collect::<Vec<_>>()
    };
    assert_eq!(by_zone(&stage, &went), expected(true));
    let came = run(&mut stage, &[account_state(JOE, AccountState::Active)]);
    assert_eq!(by_zone(&stage, &came), expected(false));
    let both = [AccountState::Suspended, AccountState::Active].map(|state| account_state(JOE, state));
    assert_eq!(run(&mut stage, &both), [], "there and back is no step");
}

/// A domain that is given to a suspended account, or taken from it, loses or gets its records, by a difference that says so.
#[test]
fn a_domain_comes_to_a_suspended_account() {
    let mut stage = Stage::new();
    let (id, name) = (Uuid::from_u128(1), parse("t.joe.example"));
    let data = RecordData::parse(RecordType::TXT, "x").unwrap();
    let record = NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false };
    let remove = Command::RemoveHost { host: parse("a.joe.example") };
    run(&mut stage, &[Command::AddRecord(record), remove, account_state(ANN, AccountState::Suspended)]);
    let owner = |number| Command::SetDomain {
        domain: parse("joe.example"),
        edit: DomainEdit { owner: Some(Some(account(number))), ..DomainEdit::default() },
    };
    let given = run(&mut stage, &[owner(ANN)]);
    assert_eq!(lines(&given[0]), (vec!["t.joe.example 3600 x".to_owned()], vec![]));
    let taken = run(&mut stage, &[owner(JOE)]);
    assert_eq!(lines(&taken[0]), (vec![], vec!["t.joe.example 3600 x".to_owned()]));
}

/// A record that an operator made in a shared domain is the domain's owner's where the domain becomes private.
#[test]
fn a_domain_of_a_suspended_account_becomes_private() {
    let mut stage = Stage::new();
    let root = Caller::Account(Identity { account: account(OPERATOR), token: None, source: None });
    let (id, name) = (Uuid::from_u128(1), parse("t.ann.example"));
    let data = RecordData::parse(RecordType::TXT, "x").unwrap();
    let record = NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false };
    stage.ask(&root, &Command::AddRecord(record)).unwrap();
    let texts = |stage: &Stage| {
        let domain = stage.registry.domain_by_name(&parse("ann.example")).unwrap();
        records(&stage.registry, domain).iter().filter(|record| record.data.record_type() == RecordType::TXT).count()
    };
    run(&mut stage, &[account_state(ANN, AccountState::Suspended)]);
    assert_eq!(texts(&stage), 1, "the operator's, in a shared domain");
    for (shared, count) in [(false, 0), (true, 1)] {
        let edit = DomainEdit { shared: Some(shared), ..DomainEdit::default() };
        run(&mut stage, &[Command::SetDomain { domain: parse("ann.example"), edit }]);
        assert_eq!(texts(&stage), count, "shared: {shared}");
    }
}

/// A secondary of the outer zone kept a delegation for good that a domain in between had hidden. The stage's mirrors hold
/// each step to the zone. A domain goes from between two others only together with them, and with its owner.
#[test]
fn a_domain_comes_and_goes_between_two_others() {
    let mut stage = Stage::new();
    for name in ["p.example", "g.c.p.example"] {
        run(&mut stage, &[new_domain(name, None, false)]);
    }
    let come = run(&mut stage, &[new_domain("c.p.example", None, false)]);
    let hidden = vec!["g.c.p.example 3600 ns1.g.c.p.example.".to_owned()];
    assert!(come.iter().any(|difference| lines(difference).0 == hidden), "{come:?}");
    let domain = stage.registry.domain_by_name(&parse("c.p.example")).unwrap().clone();
    let before = stage.registry.clone();
    let gone = [Change::Domain(Delta::removed(&domain))];
    stage.take_over(&gone);
    let go = zone::advance(&before, &mut stage.registry.clone(), &gone, stage.now);
    assert!(go.iter().any(|difference| lines(difference).1 == hidden), "{go:?}");
    stage.publish(&before, &gone);
}

/// The NS that somebody put beside a zone's own show in the zones above it, too, for as long as the others there.
#[test]
fn further_name_servers_show_in_the_parents() {
    let mut stage = Stage::new();
    for name in ["p.example", "c.p.example", "g.c.p.example"] {
        run(&mut stage, &[new_domain(name, None, false)]);
    }
    let ttl = DomainEdit { ttl: Some(Ttl::clamped(60)), ..DomainEdit::default() };
    run(&mut stage, &[Command::SetDomain { domain: parse("c.p.example"), edit: ttl }]);
    let ns = |id, name: &str, target: &str| {
        let (id, ttl) = (Uuid::from_u128(id), Some(Ttl::clamped(7)));
        let data = RecordData::Ns(parse(target));
        Command::AddRecord(NewRecord {
            id,
            name: parse(name),
            data,
            ttl,
            description: None,
            domain: None,
            narrow: false,
        })
    };
    let added = |differences: &[ZoneDifference]| -> Vec<String> {
        differences.iter().flat_map(|difference| lines(difference).1).collect()
    };
    let came = run(&mut stage, &[ns(1, "c.p.example", "ns.elsewhere.invalid")]);
    let (here, above) = ("c.p.example 60 ns.elsewhere.invalid.", "c.p.example 3600 ns.elsewhere.invalid.");
    assert_eq!(added(&came), [above, here], "in the zone itself and in its parent");
    let came = run(&mut stage, &[ns(2, "g.c.p.example", "ns.elsewhere.invalid")]);
    assert_eq!(came.len(), 2, "in a zone, and in the one above: what that delegates does not show further up");
    let gone = run(&mut stage, &[Command::RemoveRecord { record: Uuid::from_u128(1) }]);
    assert_eq!(gone.len(), 2);
    // A name server of all zones under that name says the same.
    let (id, name) = (Uuid::from_u128(9), parse("ns.elsewhere.invalid"));
    let server = run(&mut stage, &[Command::AddServer { id, name, addresses: Vec::new() }]);
    assert!(
        !added(&server).contains(&"g.c.p.example 3600 ns.elsewhere.invalid.".to_owned()),
        "it was there: {server:?}"
    );
}

/// Somebody's own name server inside a child domain can be reached from its parent: whatever answers for the addresses at
/// its name (here records, then a host of a client, then a grandchild) is glue.
#[test]
fn further_name_servers_have_glue() {
    let mut stage = Stage::new();
    for name in ["p.example", "c.p.example"] {
        run(&mut stage, &[new_domain(name, None, true)]);
    }
    let record = |id, name: &str, data| {
        let (id, name, ttl) = (Uuid::from_u128(id), parse(name), Some(Ttl::clamped(7)));
        Command::AddRecord(NewRecord { id, name, data, ttl, description: None, domain: None, narrow: false })
    };
    let ns = |id, target: &str| record(id, "c.p.example", RecordData::Ns(parse(target)));
    let a = |id, name: &str, text: &str| record(id, name, RecordData::A(parse(text)));
    let removed = |id| Command::RemoveRecord { record: Uuid::from_u128(id) };
    let glue = |stage: &Stage| {
        let domain = stage.registry.domain_by_name(&parse("p.example")).unwrap();
        let all = records(&stage.registry, domain).into_iter();
        let inside = all.filter(|record| ["A", "AAAA"].contains(&record.data.record_type().to_string().as_str()));
        inside.map(|record| format!("{} {} {}", record.owner, record.ttl.secs(), record.data)).collect::<Vec<_>>()
    };
    run(&mut stage, &[a(1, "ns5.c.p.example", "192.0.2.5"), a(2, "other.c.p.example", "192.0.2.6")]);
    assert_eq!(glue(&stage), [""; 0]);
    run(&mut stage, &[ns(3, "ns5.c.p.example"), ns(4, "ns.elsewhere.invalid")]);
    assert_eq!(glue(&stage), ["ns5.c.p.example 3600 192.0.2.5"], "when the NS comes, with the parent's ttl");
    run(&mut stage, &[a(5, "ns5.c.p.example", "192.0.2.7")]);
    assert_eq!(glue(&stage).len(), 2, "when an address comes");
    run(&mut stage, &[removed(1), removed(5)]);
    assert_eq!(glue(&stage), [""; 0]);
    let owner = account(JOE);
    let new = NewHost {
        name: parse("ns5.c.p.example"),
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    run(&mut stage, &[Command::AddHost(new), address("ns5.c.p.example", "192.0.2.8")]);
    assert_eq!(glue(&stage), ["ns5.c.p.example 3600 192.0.2.8"], "a host's");
    for (state, count) in [(AccountState::Suspended, 0), (AccountState::Active, 1)] {
        let edit = AccountEdit { state: Some(state), ..AccountEdit::default() };
        run(&mut stage, &[Command::SetAccount { account: owner, edit }]);
        assert_eq!(glue(&stage).len(), count);
    }
    run(&mut stage, &[removed(3)]);
    assert_eq!(glue(&stage), [""; 0], "when the NS goes");
    run(&mut stage, &[ns(6, "ns1.g.c.p.example"), new_domain("g.c.p.example", None, true)]);
    let ns_addresses = vec![parse("203.0.113.53")];
    run(&mut stage, &[Command::SetSettings(Settings { ns_addresses, ..Settings::default() })]);
    let expected =
        ["ns1.c.p.example 3600 203.0.113.53", "ns1.g.c.p.example 3600 203.0.113.53", "ns1.p.example 3600 203.0.113.53"];
    assert_eq!(glue(&stage).into_iter().collect::<BTreeSet<_>>(), expected.map(str::to_owned).into());
}

/// What a grandchild answers for its offline hosts is glue two zones above, where the name server of the child is one.
#[test]
fn a_grandchilds_offline_host_is_glue() {
    let mut stage = Stage::new();
    for name in ["p.example", "c.p.example", "g.c.p.example"] {
        run(&mut stage, &[new_domain(name, None, true)]);
    }
    let (id, name, data) = (Uuid::nil(), parse("c.p.example"), RecordData::Ns(parse("ns5.g.c.p.example")));
    let ns = NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false };
    let (name, owner) = (parse("ns5.g.c.p.example"), account(JOE));
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
    let offline = HostEdit { offline: Some(true), ..HostEdit::default() };
    let offline =
        Command::SetHosts { hosts: vec![parse("ns5.g.c.p.example")], edit: offline, together: Together::Each };
    run(&mut stage, &[Command::AddRecord(ns), Command::AddHost(host), offline]);
    let address: std::net::Ipv4Addr = parse("192.0.2.9");
    let edit = DomainEdit { offline_ipv4: Some(Some(address.try_into().unwrap())), ..DomainEdit::default() };
    let changed = run(&mut stage, &[Command::SetDomain { domain: parse("g.c.p.example"), edit }]);
    let glue = "ns5.g.c.p.example 3600 192.0.2.9".to_owned();
    assert!(changed.iter().any(|difference| lines(difference).1.contains(&glue)), "{changed:?}");
}

/// Random steps about what may be glue: the stage holds the secondary of each zone to it.
fn glue_command() -> impl Strategy<Value = Command> {
    const ZONES: &[&str] = &["p.example", "c.p.example", "c.p.example", "g.c.p.example"];
    const NAMES: &[&str] = &[
        "c.p.example",
        "ns5.c.p.example",
        "ns5.c.p.example",
        "ns1.c.p.example",
        "ns5.g.c.p.example",
        "ns1.g.c.p.example",
    ];
    let (zone, name) = (|| select(ZONES), || select(NAMES));
    let id = || (0..8u128).prop_map(Uuid::from_u128);
    let ip = || select(&["192.0.2.1", "8.8.8.8"][..]).prop_map(parse::<std::net::Ipv4Addr>);
    let unicast = move || prop::option::of(ip()).prop_map(|ip| ip.map(|ip| ip.try_into().unwrap()));
    let record = |id, name: &str, data| {
        let (name, ttl) = (parse(name), None);
        Command::AddRecord(NewRecord { id, name, data, ttl, description: None, domain: None, narrow: false })
    };
    let ttl = prop::option::of(select(&[60, 3_600][..]).prop_map(Ttl::clamped));
    let domain = (zone(), ttl, prop::option::of(unicast()));
    let addresses = || prop::collection::vec(ip().prop_map(Into::into), 0..2);
    let state = select(&[AccountState::Active, AccountState::Active, AccountState::Suspended][..]);
    prop_oneof![
        4 => (id(), zone(), name()).prop_map(move |(id, zone, name)| record(id, zone, RecordData::Ns(parse(name)))),
        4 => (id(), name(), ip()).prop_map(move |(id, name, ip)| record(id, name, RecordData::A(ip))),
        2 => (id(), name(), ip()).prop_map(|(record, name, ip)| {
            let data = if ip.is_documentation() { RecordData::A(ip) } else { RecordData::Ns(parse(name)) };
            Command::SetRecord { record, edit: RecordEdit { data: Some(data), ..RecordEdit::default() } }
        }),
        3 => id().prop_map(|record| Command::RemoveRecord { record }),
        4 => (name(), unicast()).prop_map(|(name, ipv4)| {
            let (name, owner) = (parse(name), account(JOE));
            Command::AddHost(NewHost { name, owner, ipv4, ipv6: None, ttl: HostTtl::S60, wildcard: false, suffix: None, heartbeat: None })
        }),
        2 => (name(), ip()).prop_map(|(name, ip)| address(name, &ip.to_string())),
        1 => (name(), any::<bool>()).prop_map(|(name, offline)| {
            let edit = HostEdit { offline: Some(offline), ..HostEdit::default() };
            Command::SetHosts { hosts: vec![parse(name)], edit, together: Together::Each }
        }),
        2 => name().prop_map(|name| Command::RemoveHost { host: parse(name) }),
        2 => (zone(), any::<bool>()).prop_map(|(name, joes)| new_domain(name, joes.then_some(JOE), !joes)),
        1 => zone().prop_map(|name| Command::RemoveDomain { domain: parse(name) }),
        2 => domain.prop_map(|(name, ttl, offline_ipv4)| {
            let edit = DomainEdit { ttl, offline_ipv4, ..DomainEdit::default() };
            Command::SetDomain { domain: parse(name), edit }
        }),
        1 => state.prop_map(|state| {
            let edit = AccountEdit { state: Some(state), ..AccountEdit::default() };
            Command::SetAccount { account: account(JOE), edit }
        }),
        1 => (name(), addresses())
            .prop_map(|(name, addresses)| Command::AddServer { id: Uuid::nil(), name: parse(name), addresses }),
        2 => name().prop_map(|name| Command::RemoveServer { name: parse(name), keep_one: false }),
        1 => addresses()
            .prop_map(|ns_addresses| Command::SetSettings(Settings { ns_addresses, ..Settings::default() })),
    ]
}

/// A touched domain, and one whose description alone is another, has another serial, and no record more or less.
#[test]
fn every_change_of_a_domain_is_a_step() {
    let mut stage = Stage::new();
    let description = Some(Some(parse("mine")));
    let edit = DomainEdit { description, ..DomainEdit::default() };
    let steps = [
        Command::TouchDomain { domain: parse("joe.example") },
        Command::SetDomain { domain: parse("joe.example"), edit },
    ];
    for (secs, step) in (1..).zip(steps) {
        stage.pass(1);
        let differences = run(&mut stage, std::slice::from_ref(&step));
        let [difference] = differences.as_slice() else { panic!("{differences:?}") };
        assert_eq!((lines(difference), difference.removed.len()), ((vec![], vec![]), 1));
        let domain = stage.registry.domain_by_name(&parse("joe.example")).unwrap();
        let head = stage.registry.zone_head(domain.number);
        assert_eq!((head.serial, head.changed), (difference.to, Timestamp::from_secs(START.secs() + secs)));
        assert_eq!(domain.updated, stage.now);
    }
    let (untouched, twice) = (Command::TouchDomain { domain: parse("joe.example") }, 2);
    let differences = run(&mut stage, &vec![untouched; twice]);
    assert_eq!(differences.len(), 1, "one step for a commit, and one even within the same moment");
}

/// The parent's glue for a default server appeared and went without a step of the parent's serial.
#[test]
fn a_host_at_a_childs_default_server_name() {
    let mut stage = Stage::new();
    let host = |name: &str| {
        let (name, owner) = (parse(name), account(JOE));
        Command::AddHost(NewHost {
            name,
            owner,
            ipv4: None,
            ipv6: None,
            ttl: HostTtl::S60,
            wildcard: false,
            suffix: None,
            heartbeat: None,
        })
    };
    for name in ["p.example", "c.p.example"] {
        run(&mut stage, &[new_domain(name, Some(JOE), false)]);
    }
    run(&mut stage, &[host("ns1.c.p.example")]);
    let ns_addresses = vec![parse("203.0.113.53")];
    run(&mut stage, &[Command::SetSettings(Settings { ns_addresses, ..Settings::default() })]);
    let differences = run(&mut stage, &[Command::RemoveHost { host: parse("ns1.c.p.example") }]);
    let glue = "ns1.c.p.example 3600 203.0.113.53".to_owned();
    assert_eq!(
        differences.iter().filter(|difference| lines(difference).1.contains(&glue)).count(),
        2,
        "{differences:?}"
    );
}

#[test]
fn a_zone_that_is_there_again_goes_on_from_its_last_serial() {
    let mut stage = Stage::new();
    let last = |stage: &Stage| {
        let domain = stage.registry.domain_by_name(&parse("p.example")).unwrap();
        stage.registry.serial(domain.number)
    };
    run(&mut stage, &[new_domain("p.example", None, false)]);
    for secs in [1_000, 2_000, 3_000] {
        let edit = DomainEdit { ttl: Some(Ttl::clamped(secs)), ..DomainEdit::default() };
        run(&mut stage, &[Command::SetDomain { domain: parse("p.example"), edit }]);
    }
    let before = last(&stage);
    assert_ne!(before, Serial::at(stage.now), "many steps in one second lead beyond the clock");
    let name = || parse("p.example");
    run(&mut stage, &[Command::RemoveDomain { domain: name() }]);
    run(&mut stage, &[new_domain("p.example", None, false)]);
    assert!(last(&stage).is_after(before));
    let before = last(&stage);
    run(&mut stage, &[Command::RemoveDomain { domain: name() }, new_domain("p.example", None, false)]);
    assert!(last(&stage).is_after(before), "in one batch, too");
}
