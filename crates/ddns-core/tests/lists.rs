//! Lists of a zone's records: what people made and what the service makes by itself, each with an id that leads back.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ddns_core::listing::{self, Listed, Place, Source};
use ddns_core::*;
use uuid::{Uuid, Variant};

use crate::stage::{Stage, records};
use crate::support::parse;
use crate::universe::{JOE, account, new_domain};

// -- laws

/// The list of a domain says what its zone serves at its own names, and what is kept there of suspended accounts, and
/// nothing else; and each id leads back.
pub(crate) fn check_lists(registry: &Registry) {
    let mut ids = BTreeMap::new();
    for domain in registry.domains() {
        let list = all(registry, domain);
        let own = |name: &Name| registry.enclosing_domain(name).is_some_and(|found| found.number == domain.number);
        let served = records(registry, domain).into_iter().filter(|record| own(&record.owner));
        let served: BTreeMap<_, _> = served.map(|record| ((record.owner, record.data), record.ttl)).collect();
        let listed = list.iter().map(|one| ((one.owner.clone(), one.data.clone()), one.ttl.unwrap_or(domain.ttl)));
        let listed: BTreeMap<_, _> = listed.collect();
        let not_served: Vec<_> = listed.iter().filter(|(one, _)| !served.contains_key(*one)).collect();
        let is_suspended = |owner| registry.account(owner).unwrap().state == AccountState::Suspended;
        for ((owner, data), _) in not_served {
            let record = registry.records_at(owner).iter().find(|record| record.data == *data);
            let record = record.unwrap_or_else(|| panic!("{owner} {data} is listed and not served"));
            let whose = record.owner.filter(|_| domain.shared).or(domain.owner);
            assert!(whose.is_some_and(is_suspended), "{record:?}");
        }
        assert!(served.iter().all(|(one, ttl)| listed.get(one) == Some(ttl)), "{listed:?}\nand served is {served:?}");
        assert_eq!(listed.len(), list.len(), "no record twice: {list:?}");
        for one in &list {
            assert_eq!(ids.insert(one.id, one.clone()), None, "one id for two");
            check_one(registry, domain, one);
        }
    }
    for (id, one) in &ids {
        let found: Vec<_> = registry.domains().filter_map(|domain| listing::find(registry, domain, *id)).collect();
        assert_eq!(found, std::slice::from_ref(one), "in its own domain alone");
    }
}

fn check_one(registry: &Registry, domain: &Domain, one: &Listed) {
    assert_eq!(listing::find(registry, domain, one.id).as_ref(), Some(one));
    match (one.source, registry.record(one.id)) {
        (Source::Record | Source::FurtherNs, Some(record)) => {
            assert_eq!((&one.owner, &one.data, one.ttl), (&record.name, &record.data, record.ttl));
            assert_eq!((&one.description, one.version), (&record.description, record.version));
            assert_eq!((one.created, one.updated), (record.created, record.updated));
        }
        (Source::Record | Source::FurtherNs, None) => panic!("{one:?} is no record"),
        (_, None) => assert_eq!((one.id.get_version_num(), one.id.get_variant()), (8, Variant::RFC4122), "{one:?}"),
        (_, Some(record)) => panic!("{one:?} has the id of {record:?}"),
    }
    assert_eq!(one.is_managed(), !matches!(one.source, Source::Record));
}

/// From any place the list goes on with the rest, in the order of making; and pages of any size are the list.
pub(crate) fn check_pages(registry: &Registry) {
    for domain in registry.domains() {
        let list = all(registry, domain);
        assert!(list.is_sorted_by(|one, next| one.place < next.place), "{list:?}");
        let made: Vec<_> = list.iter().filter(|one| !matches!(one.place, Place::Apex(_))).collect();
        assert!(made.is_sorted_by_key(|one| one.created), "{made:?}");
        for (place, one) in list.iter().enumerate() {
            let rest: Vec<_> = listing::records(registry, domain, Some(one.place)).collect();
            assert_eq!(rest, list[place + 1..], "behind {one:?}");
        }
        for size in 1..4 {
            let mut paged: Vec<Listed> = Vec::new();
            loop {
                let page = listing::records(registry, domain, paged.last().map(|last| last.place)).take(size);
                let before = paged.len();
                paged.extend(page);
                if paged.len() == before {
                    break;
                }
            }
            assert_eq!(paged, list);
        }
    }
}

/// Whatever changes, an id that is there before and after is that of the same kind of thing at the same name; and a host
/// that still has an address of a family has it under the same id.
pub(crate) fn check_kept_ids(before: &Registry, after: &Registry) {
    let lists = |registry: &Registry| -> BTreeMap<Uuid, Listed> {
        registry.domains().flat_map(|domain| all(registry, domain)).map(|one| (one.id, one)).collect()
    };
    let (old, new) = (lists(before), lists(after));
    let host = |one: &Listed| match one.source {
        Source::Host(number) => Some((number, one.owner.clone(), one.data.record_type())),
        _ => None,
    };
    for (id, was) in &old {
        if let Some(is) = new.get(id).filter(|is| is.is_managed() && was.is_managed()) {
            assert_eq!(was.data.record_type(), is.data.record_type(), "{was:?} became {is:?}");
            assert!(was.owner == is.owner || host(is).is_none(), "{was:?} became {is:?}");
        }
        if let Some(known) = host(was) {
            let is = new.values().find(|is| host(is).as_ref() == Some(&known));
            assert!(is.is_none_or(|is| is.id == *id), "{was:?} became {is:?}");
        }
    }
}

fn all(registry: &Registry, domain: &Domain) -> Vec<Listed> {
    listing::records(registry, domain, None).collect()
}

// -- single lists

fn run(stage: &mut Stage, command: Command) {
    stage.ask(&Caller::Local, &command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
}

fn add(stage: &mut Stage, id: u128, name: &str, record_type: &str, data: &str, ttl: Option<u32>) {
    let data = RecordData::parse(parse(record_type), data).unwrap();
    let (id, ttl) = (Uuid::from_u128(id), ttl.map(Ttl::clamped));
    let new = NewRecord { id, name: parse(name), data, ttl, description: None, domain: None, narrow: false };
    run(stage, Command::AddRecord(new));
}

fn domain(stage: &Stage, name: &str) -> Domain {
    Domain::clone(stage.registry.domain_by_name(&parse(name)).unwrap())
}

fn lines(stage: &Stage, name: &str) -> Vec<String> {
    let list = all(&stage.registry, &domain(stage, name));
    let line = |one: &Listed| {
        let ttl = one.ttl.map_or("-".to_owned(), |ttl| ttl.secs().to_string());
        let data = if one.source == Source::Soa { "*".to_owned() } else { one.data.to_string() };
        format!("{} {ttl} {} {data} {:?}", one.owner, one.data.record_type(), one.source)
    };
    list.iter().map(line).collect()
}

fn server(stage: &mut Stage, id: u128, name: &str, addresses: &[&str]) {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| parse(address)).collect();
    run(stage, Command::AddServer { id: Uuid::from_u128(id), name: parse(name), addresses });
}

fn set_host(stage: &mut Stage, name: &str, edit: HostEdit) {
    run(stage, Command::SetHosts { hosts: vec![parse(name)], edit, together: Together::AllOrNothing });
}

#[test]
fn a_whole_list_in_the_order_of_making() {
    let mut stage = Stage::new();
    stage.pass(1);
    add(&mut stage, 1, "t.joe.example", "TXT", "x", Some(60));
    stage.pass(1);
    let new = NewHost {
        name: parse("b.joe.example"),
        owner: account(JOE),
        ipv4: Some("192.0.2.7".parse::<std::net::Ipv4Addr>().unwrap().try_into().unwrap()),
        ipv6: None,
        ttl: HostTtl::S300,
        wildcard: true,
        suffix: None,
        heartbeat: None,
    };
    run(&mut stage, Command::AddHost(new));
    run(&mut stage, Command::AddChallenge { host: parse("b.joe.example"), value: parse("v"), keep: None });
    stage.pass(1);
    add(&mut stage, 2, "a.joe.example", "MX", "10 t.joe.example", None);
    server(&mut stage, 3, "ns.joe.example", &["192.0.2.53", "2001:db8::53"]);
    server(&mut stage, 4, "ns.elsewhere.invalid", &[]);
    add(&mut stage, 5, "joe.example", "NS", "ns.third.invalid", Some(60));
    check_lists(&stage.registry);
    check_pages(&stage.registry);
    let host = stage.registry.host(&parse("a.joe.example")).unwrap().number;
    let second = stage.registry.host(&parse("b.joe.example")).unwrap().number;
    assert_eq!(
        lines(&stage, "joe.example"),
        [
            "joe.example - SOA * Soa".to_owned(),
            "joe.example - NS ns.joe.example. NameServer".to_owned(),
            "joe.example - NS ns.elsewhere.invalid. NameServer".to_owned(),
            "ns.joe.example - A 192.0.2.53 ServerAddress".to_owned(),
            "ns.joe.example - AAAA 2001:db8::53 ServerAddress".to_owned(),
            format!("a.joe.example 60 A 8.8.8.8 Host({host:?})"),
            "t.joe.example 60 TXT x Record".to_owned(),
            format!("b.joe.example 300 A 192.0.2.7 Host({second:?})"),
            format!("*.b.joe.example 300 A 192.0.2.7 Host({second:?})"),
            format!("_acme-challenge.b.joe.example 60 TXT v Challenge({second:?})"),
            "a.joe.example - MX 10 t.joe.example. Record".to_owned(),
            "joe.example - NS ns.third.invalid. FurtherNs".to_owned(),
        ]
    );
}

/// Two name servers on one machine were told by one id.
#[test]
fn name_servers_of_one_address() {
    let mut stage = Stage::new();
    server(&mut stage, 1, "ns.joe.example", &["192.0.2.53"]);
    server(&mut stage, 2, "ns2.joe.example", &["192.0.2.53"]);
    let list = all(&stage.registry, &domain(&stage, "joe.example"));
    let addresses: Vec<_> = list.iter().filter(|one| one.source == Source::ServerAddress).collect();
    assert_eq!(addresses.len(), 2);
    assert_ne!(addresses[0].id, addresses[1].id);
    check_lists(&stage.registry);
}

#[test]
fn an_address_changes_and_its_id_stays() {
    let mut stage = Stage::new();
    let ids = |stage: &Stage| -> BTreeMap<String, Uuid> {
        let list = all(&stage.registry, &domain(stage, "joe.example"));
        list.iter().map(|one| (format!("{} {}", one.owner, one.data.record_type()), one.id)).collect()
    };
    let both = HostEdit::default().with_address(parse("192.0.2.1")).with_address(parse("2001:db8::1"));
    set_host(&mut stage, "a.joe.example", HostEdit { wildcard: Some(true), ..both });
    let before = ids(&stage);
    assert_eq!(before.values().collect::<BTreeSet<_>>().len(), 6);
    set_host(&mut stage, "a.joe.example", HostEdit::default().with_address(parse("192.0.2.2")));
    assert_eq!(ids(&stage), before);
    // It goes with the address, and is there again with it.
    set_host(&mut stage, "a.joe.example", HostEdit { ipv4: AddressEdit::Remove, ..HostEdit::default() });
    let missing: Vec<_> = before.keys().filter(|key| !ids(&stage).contains_key(*key)).cloned().collect();
    assert_eq!(missing, ["*.a.joe.example A", "a.joe.example A"]);
    for key in missing {
        assert_eq!(listing::find(&stage.registry, &domain(&stage, "joe.example"), before[&key]), None);
    }
    set_host(&mut stage, "a.joe.example", HostEdit::default().with_address(parse("192.0.2.3")));
    assert_eq!(ids(&stage), before);
    // Another host of that name is another.
    run(&mut stage, Command::RemoveHost { host: parse("a.joe.example") });
    let (name, owner) = (parse("a.joe.example"), account(JOE));
    let ipv4 = Some("192.0.2.1".parse::<std::net::Ipv4Addr>().unwrap().try_into().unwrap());
    run(
        &mut stage,
        Command::AddHost(NewHost {
            name,
            owner,
            ipv4,
            ipv6: None,
            ttl: HostTtl::S60,
            wildcard: false,
            suffix: None,
            heartbeat: None,
        }),
    );
    assert_ne!(ids(&stage)["a.joe.example A"], before["a.joe.example A"]);
}

/// A reader of pages missed an address when the one before it went between two pages.
#[test]
fn a_list_goes_on_whatever_happened_meanwhile() {
    let mut stage = Stage::new();
    let both = HostEdit::default().with_address(parse("192.0.2.1")).with_address(parse("2001:db8::1"));
    set_host(&mut stage, "a.joe.example", HostEdit { wildcard: Some(true), ..both });
    for value in ["v", "w", "x"] {
        run(&mut stage, Command::AddChallenge { host: parse("a.joe.example"), value: parse(value), keep: None });
    }
    let whole = all(&stage.registry, &domain(&stage, "joe.example"));
    let values = whole.iter().filter(|one| matches!(one.source, Source::Challenge(_)));
    let values: Vec<_> = values.map(|one| parse::<ChallengeValue>(&one.data.to_string())).collect();
    let remove = Command::RemoveChallenge { host: parse("a.joe.example"), value: Some(values[0].clone()) };
    let renew = Command::AddChallenge { host: parse("a.joe.example"), value: values[1].clone(), keep: None };
    let no_ipv4 = HostEdit { ipv4: AddressEdit::Remove, ..HostEdit::default() };
    let (hosts, together) = (vec![parse("a.joe.example")], Together::Each);
    for command in [remove, renew, Command::SetHosts { hosts, edit: no_ipv4, together }] {
        let mut later = Stage::new();
        later.registry = stage.registry.clone();
        let decision = decide(&stage.registry, &Caller::Local, &command, Timestamp::from_secs(stage.now.secs() + 1));
        later.take_over(&decision.unwrap().changes);
        let joe = domain(&later, "joe.example");
        let present = all(&later.registry, &joe);
        for (number, last) in whole.iter().enumerate() {
            let rest = listing::records(&later.registry, &joe, Some(last.place));
            let rest: Vec<_> = rest.map(|one| one.id).collect();
            let expected = whole[number + 1..].iter().map(|one| one.id);
            let expected: Vec<_> = expected.filter(|id| present.iter().any(|one| one.id == *id)).collect();
            assert_eq!(rest, expected, "{command:?} behind {last:?}");
        }
    }
}

/// Ids of nothing, of another domain's things, and of almost this one's.
#[test]
fn ids_that_lead_nowhere() {
    let mut stage = Stage::new();
    add(&mut stage, 1, "t.joe.example", "TXT", "x", None);
    run(&mut stage, Command::AddChallenge { host: parse("a.joe.example"), value: parse("v"), keep: None });
    let registry = &stage.registry;
    let (joe, dyn_) = (domain(&stage, "joe.example"), domain(&stage, "dyn.example"));
    let find = |id| listing::find(registry, &joe, id);
    for junk in [Uuid::nil(), Uuid::max(), Uuid::from_u128(2), Uuid::from_u128(u128::MAX / 3), joe.id] {
        assert_eq!(find(junk), None, "{junk}");
    }
    for one in all(registry, &joe) {
        assert_eq!(listing::find(registry, &dyn_, one.id), None);
        for bit in 0..128 {
            let near = Uuid::from_u128(one.id.as_u128() ^ (1 << bit));
            let known = all(registry, &joe).iter().any(|other| other.id == near);
            assert_eq!(find(near).is_some(), known, "{near} beside {one:?}");
        }
    }
    // A whole number of what is there, with each kind.
    for number in 0..=registry.last_number() + 1 {
        for kind in 0..=255u8 {
            let [a, b, c, d] = number.to_be_bytes();
            let id = uuid::Builder::from_custom_bytes([a, b, c, d, kind, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).into_uuid();
            assert_eq!(find(id).is_some(), all(registry, &joe).iter().any(|one| one.id == id), "{id}");
        }
    }
}

/// A record of the same text stands for both, in the zone and in the list.
#[test]
fn a_text_and_a_challenge_value_that_are_alike() {
    let mut stage = Stage::new();
    add(&mut stage, 1, "_acme-challenge.a.joe.example", "TXT", "v", Some(3_000));
    for value in ["v", "w"] {
        run(&mut stage, Command::AddChallenge { host: parse("a.joe.example"), value: parse(value), keep: None });
    }
    check_lists(&stage.registry);
    let list = lines(&stage, "joe.example");
    let texts: Vec<_> = list.iter().filter(|line| line.contains(" TXT ")).cloned().collect();
    let host = stage.registry.host(&parse("a.joe.example")).unwrap().number;
    assert_eq!(
        texts,
        [
            format!("_acme-challenge.a.joe.example 3000 TXT w Challenge({host:?})"),
            "_acme-challenge.a.joe.example 3000 TXT v Record".to_owned()
        ]
    );
}

/// A name server was made under a name that an NS record at an apex has: the record stands for both.
#[test]
fn an_ns_record_and_a_name_server_that_are_alike() {
    let mut stage = Stage::new();
    add(&mut stage, 1, "joe.example", "NS", "ns.elsewhere.invalid", None);
    server(&mut stage, 2, "ns.elsewhere.invalid", &[]);
    check_lists(&stage.registry);
    let list = lines(&stage, "joe.example");
    let servers: Vec<_> = list.iter().filter(|line| line.contains(" NS ")).cloned().collect();
    assert_eq!(servers, ["joe.example - NS ns.elsewhere.invalid. FurtherNs"]);
    run(&mut stage, Command::RemoveRecord { record: Uuid::from_u128(1) });
    let list = lines(&stage, "joe.example");
    assert!(list.contains(&"joe.example - NS ns.elsewhere.invalid. NameServer".to_owned()), "{list:?}");
}

/// A domain of its own at the challenge's name serves the values, and lists them.
#[test]
fn challenge_values_in_a_domain_of_their_own() {
    let mut stage = Stage::new();
    run(&mut stage, new_domain("_acme-challenge.a.joe.example", Some(JOE), false));
    run(&mut stage, Command::AddChallenge { host: parse("a.joe.example"), value: parse("v"), keep: None });
    check_lists(&stage.registry);
    check_pages(&stage.registry);
    let has_text = |name| lines(&stage, name).iter().any(|line| line.contains(" TXT v "));
    assert!(has_text("_acme-challenge.a.joe.example") && !has_text("joe.example"));
}
