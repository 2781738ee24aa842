//! Zone differences: a secondary that takes every difference has the zone, whatever happened and whatever the clock did.

use ddns_core::zone::{self, ZoneDifference};
use ddns_core::*;
use proptest::prelude::*;
use uuid::Uuid;

use crate::stage::{Stage, records};
use crate::support::{assert_json_round_trip, cases, parse};
use crate::universe::{JOE, START, Step, account, new_domain, some_name, story};

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
    let token = Command::RemoveTsigKey { name: parse("key") };
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
    let changed = run(&mut stage, &[Command::SetDomain { name: parse("ann.example"), edit: ttl }]);
    assert_eq!(zones(&stage, &changed), ["ann.example"], "a default ttl");
    let server =
        Command::AddServer { id: Uuid::nil(), name: parse("ns.dyn.example"), addresses: vec![parse("192.0.2.53")] };
    let served = run(&mut stage, &[server]);
    assert_eq!(served.len(), 3, "a new name server shows in every zone");
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
    run(&mut stage, &[Command::SetDomain { name: parse("c.p.example"), edit: ttl }]);
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

/// A touched domain, and one whose description alone is another, has another serial, and no record more or less.
#[test]
fn every_change_of_a_domain_is_a_step() {
    let mut stage = Stage::new();
    let description = Some(Some(parse("mine")));
    let edit = DomainEdit { description, ..DomainEdit::default() };
    let steps =
        [Command::TouchDomain { name: parse("joe.example") }, Command::SetDomain { name: parse("joe.example"), edit }];
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
    let (untouched, twice) = (Command::TouchDomain { name: parse("joe.example") }, 2);
    let differences = run(&mut stage, &vec![untouched; twice]);
    assert_eq!(differences.len(), 1, "one step for a commit, and one even within the same moment");
}

/// The parent's glue for a default server appeared and went without a step of the parent's serial.
#[test]
fn a_host_at_a_childs_default_server_name() {
    let mut stage = Stage::new();
    let host = |name: &str| {
        let (name, owner) = (parse(name), account(JOE));
        Command::AddHost(NewHost { name, owner, ipv4: None, ipv6: None, ttl: HostTtl::S60, wildcard: false })
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
        run(&mut stage, &[Command::SetDomain { name: parse("p.example"), edit }]);
    }
    let before = last(&stage);
    assert_ne!(before, Serial::at(stage.now), "many steps in one second lead beyond the clock");
    let name = || parse("p.example");
    run(&mut stage, &[Command::RemoveDomain { name: name() }]);
    run(&mut stage, &[new_domain("p.example", None, false)]);
    assert!(last(&stage).is_after(before));
    let before = last(&stage);
    run(&mut stage, &[Command::RemoveDomain { name: name() }, new_domain("p.example", None, false)]);
    assert!(last(&stage).is_after(before), "in one batch, too");
}
