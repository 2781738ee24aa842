//! For any octets and any data.

use std::hash::{BuildHasher, RandomState};

use ddns_core::{Command, DomainEdit, Mailbox, Name, RecordData, RecordType, Serial, Soa, SoaTimers, Text, Ttl};
use ddns_wire::Transport;
use domain::base::iana::Rtype;
use domain::base::name::{Name as WireName, NameBuilder};
use domain::base::rdata::UnknownRecordData;
use domain::base::{Serial as WireSerial, Ttl as WireTtl};
use domain::rdata::rfc1035::Txt;
use domain::rdata::{A, Aaaa, AllRecordData, Cname, Mx, Ns, Ptr, Soa as WireSoa, Srv};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::support::{Answer, ParsedData, Query, RD, World, wire};

type Data = AllRecordData<Vec<u8>, WireName<Vec<u8>>>;

fn world() -> World {
    let mut world = World::new();
    world.host("home.dyn.example", &["192.0.2.7", "2001:db8::7"], true);
    world.record("alias.dyn.example", RecordType::CNAME, "home.dyn.example.");
    world.record("dead.dyn.example", RecordType::CNAME, "nowhere.dyn.example.");
    world.record("text.dyn.example", RecordType::TXT, &"long text ".repeat(400));
    world.record("sub.dyn.example", RecordType::NS, "ns1.sub.dyn.example.");
    world.record("ns1.sub.dyn.example", RecordType::A, "192.0.2.101");
    world
}

/// Names in and around the world, in any case.
fn question_name() -> impl Strategy<Value = Vec<u8>> {
    let label = prop_oneof!["home", "HOME", "alias", "dead", "text", "sub", "ns1", "ns", "[a-z]{1,5}", "\\*"];
    let below = vec(label, 0..4).prop_map(|labels| labels.join("."));
    let known = (below, prop_oneof!["dyn.example", "Dyn.EXAMPLE", "example", "net", ""]);
    let any = vec(vec(any::<u8>(), 1..64), 0..4).prop_map(|labels| {
        let octets = labels.into_iter().flat_map(|label| [vec![u8::try_from(label.len()).unwrap()], label].concat());
        octets.chain([0]).collect::<Vec<u8>>()
    });
    let any_known = any.clone().prop_map(|mut name| {
        name.pop();
        [name, wire("home.dyn.example")].concat()
    });
    let fits = |name: &Vec<u8>| name.len() <= 255;
    prop_oneof![
        4 => known.prop_map(|(below, above)| wire(&format!("{below}.{above}"))),
        1 => any.prop_filter("255 octets", fits),
        1 => any_known.prop_filter("255 octets", fits),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let types = prop_oneof![
        4 => prop::sample::select(vec![1u16, 2, 5, 6, 15, 16, 28, 41, 251, 252, 255]),
        1 => any::<u16>(),
    ];
    let edns = prop::option::of((any::<u16>(), prop_oneof![3 => Just(0u32), 1 => any::<u32>()]));
    (any::<u16>(), question_name(), types, prop_oneof![9 => Just(1u16), 1 => any::<u16>()], edns).prop_map(
        |(id, name, record_type, class, edns)| {
            let behind = Vec::new();
            let query = Query { id, flags: RD, counts: [1, 0, 0, 0], name, record_type, class, behind };
            edns.map_or(query.clone(), |(payload, ttl)| query.opt(payload, ttl))
        },
    )
}

/// Reads everything, so that what `domain` cannot read fails.
fn check_well_formed(answer: &Answer) {
    let message = answer.0.for_slice_ref();
    let end = message.sections().unwrap().3.count();
    assert_eq!(usize::from(message.header_counts().arcount()), end);
    let _ = (answer.answer(), answer.authority(), answer.additional());
    let mut rest = message.additional().unwrap();
    rest.by_ref().for_each(drop);
    assert_eq!(rest.pos(), answer.len(), "octets behind the message");
}

/// As many cases as usual, or twenty times as many in a soak. The seed is `DDNS_SEED` or a fresh one, and printed.
pub(crate) fn cases() -> Config {
    let factor = if std::env::var_os("DDNS_SOAK").is_some() { 20 } else { 1 };
    let fresh = || RandomState::new().hash_one(0u8);
    let seed = std::env::var("DDNS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(fresh);
    println!("DDNS_SEED={seed}");
    Config { rng_seed: RngSeed::Fixed(seed), ..Config::with_cases(256 * factor) }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_octets_are_answered_or_dropped(octets in vec(any::<u8>(), 0..600)) {
        let world = world();
        for transport in [Transport::Udp, Transport::Tcp] {
            if let Some(reply) = world.reply(transport, &octets) {
                check_well_formed(&Answer(reply));
            }
        }
    }

    #[test]
    fn any_damage_to_a_query_is_answered_or_dropped(query in query(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let mut octets = query.octets();
        let at = at.index(octets.len());
        octets[at] = octet;
        if let Some(reply) = world().reply(Transport::Udp, &octets) {
            check_well_formed(&Answer(reply));
        }
    }

    #[test]
    fn any_query_has_an_answer_to_that_query(query in query()) {
        let world = world();
        let udp = world.ask(&query);
        let tcp = world.ask_by(Transport::Tcp, &query);
        for answer in [&udp, &tcp] {
            check_well_formed(answer);
            prop_assert_eq!(answer.0.header().id(), query.id);
            prop_assert!(answer.0.header().qr());
            prop_assert_eq!(&answer.0.as_slice()[12..][..query.question().len()], &query.question()[..]);
            prop_assert_eq!(answer.0.opt().is_some(), query.counts[3] == 1);
        }
        prop_assert!(udp.len() <= 1_232);
        prop_assert_eq!(udp.rcode(), tcp.rcode());
        if !udp.0.header().tc() {
            prop_assert_eq!(udp.0.as_slice(), tcp.0.as_slice());
        }
    }

    #[test]
    fn all_data_of_rfc_1035_is_read_back_equal(data in data()) {
        let mut world = World::new();
        world.add("r.dyn.example", data.clone());
        let query = Query::new("r.dyn.example", data.record_type());
        let answer = world.ask_by(Transport::Tcp, &query);
        let message = answer.0.for_slice_ref();
        let mut records = message.answer().unwrap().chain(message.authority().unwrap());
        let record = records.next().unwrap().unwrap().into_record::<ParsedData<'_>>().unwrap().unwrap();
        prop_assert_eq!(record.owner().to_string().to_ascii_lowercase(), "r.dyn.example");
        prop_assert_eq!(record.rtype().to_int(), data.record_type().0);
        match (record.data(), expected(&data)) {
            // `domain` finds unknown data never equal.
            (ParsedData::Unknown(found), Data::Unknown(expected)) => prop_assert_eq!(found.data(), &expected.data()),
            (found, expected) => prop_assert_eq!(found, &expected),
        }
        prop_assert!(records.next().is_none());
    }

    #[test]
    fn every_start_of_authority_is_read_back_equal(rname in mailbox(), times in [any::<u32>(); 4]) {
        let mut world = World::new();
        let [refresh, retry, expire, minimum] = times.map(Ttl::clamped);
        let timers = SoaTimers { refresh, retry, expire, minimum };
        let edit = DomainEdit { email: Some(rname.clone()), timers: Some(timers), ..DomainEdit::default() };
        world.run(Command::SetDomain { domain: "dyn.example".parse().unwrap(), edit });
        let answer = world.ask(&Query::new("dyn.example", RecordType::SOA));
        let message = answer.0.for_slice_ref();
        let record = message.answer().unwrap().next().unwrap().unwrap();
        let record = record.into_record::<ParsedData<'_>>().unwrap().unwrap();
        let ParsedData::Soa(found) = record.data() else { panic!("a SOA") };
        let serial = Serial(found.serial().into_int());
        let mname = "ns.dyn.example".parse().unwrap();
        let [refresh, retry, expire, minimum] = [refresh, retry, expire, minimum].map(Ttl::secs);
        let soa = RecordData::Soa(Soa { mname, rname, serial, refresh, retry, expire, minimum });
        prop_assert_eq!(record.data(), &expected(&soa));
    }
}

fn name() -> impl Strategy<Value = Name> {
    let label = prop_oneof!["[a-z0-9_-]{1,12}", "[a-z]{63}", "dyn", "example"];
    let name = vec(label, 0..5).prop_filter_map("fits", |labels| format!("{}.", labels.join(".")).parse().ok());
    prop_oneof![3 => name, 1 => Just("r.dyn.example".parse().unwrap()), 1 => Just(Name::ROOT)]
}

/// Not `r.dyn.example` itself nor below: an alias to itself is answered more than once.
fn outside() -> impl Strategy<Value = Name> {
    name().prop_filter("outside", |name| !name.is_at_or_below(&"dyn.example".parse().unwrap()))
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    let text = ("[a-z0-9+.-]{1,63}", name()).prop_map(|(local, domain)| format!("{local}@{domain}"));
    text.prop_filter_map("a mailbox", |text| text.parse().ok())
}

fn text() -> impl Strategy<Value = Text> {
    let literal = "\\PC{0,600}".prop_filter_map("fits", |text| Text::literal(&text).ok());
    let quoted = vec("[ -!#-\\[\\]-~]{0,255}", 1..8).prop_map(|strings| format!("\"{}\"", strings.join("\" \"")));
    prop_oneof![literal, quoted.prop_filter_map("fits", |text| text.parse().ok())]
}

fn data() -> impl Strategy<Value = RecordData> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| RecordData::A(octets.into())),
        any::<[u8; 16]>().prop_map(|octets| RecordData::Aaaa(octets.into())),
        outside().prop_map(RecordData::Cname),
        outside().prop_map(RecordData::Ns),
        name().prop_map(RecordData::Ptr),
        (any::<u16>(), name()).prop_map(|(preference, exchange)| RecordData::Mx { preference, exchange }),
        (any::<[u16; 3]>(), name()).prop_map(|([priority, weight, port], target)| RecordData::Srv {
            priority,
            weight,
            port,
            target
        }),
        text().prop_map(RecordData::Txt),
        text().prop_map(RecordData::Spf),
    ]
}

fn expected(data: &RecordData) -> Data {
    match data {
        RecordData::A(address) => A::new(*address).into(),
        RecordData::Aaaa(address) => Aaaa::new(*address).into(),
        RecordData::Cname(name) => Cname::new(wire_name(name)).into(),
        RecordData::Ns(name) => Ns::new(wire_name(name)).into(),
        RecordData::Ptr(name) => Ptr::new(wire_name(name)).into(),
        RecordData::Mx { preference, exchange } => Mx::new(*preference, wire_name(exchange)).into(),
        RecordData::Srv { priority, weight, port, target } => {
            Srv::new(*priority, *weight, *port, wire_name(target)).into()
        }
        RecordData::Txt(text) => Txt::from_octets(strings(text)).unwrap().into(),
        RecordData::Spf(text) => UnknownRecordData::from_octets(Rtype::from_int(99), strings(text)).unwrap().into(),
        RecordData::Soa(soa) => expected_soa(soa),
        other => unreachable!("{other:?} is compared by its octets"),
    }
}

fn expected_soa(soa: &Soa) -> Data {
    let mut rname = NameBuilder::new_vec();
    rname.append_label(soa.rname.local().as_bytes()).unwrap();
    let rname = rname.append_origin(&wire_name(soa.rname.domain())).unwrap();
    let times = [soa.refresh, soa.retry, soa.expire, soa.minimum].map(WireTtl::from_secs);
    let [refresh, retry, expire, minimum] = times;
    WireSoa::new(wire_name(&soa.mname), rname, WireSerial(soa.serial.0), refresh, retry, expire, minimum).into()
}

fn wire_name(name: &Name) -> WireName<Vec<u8>> {
    let mut builder = NameBuilder::new_vec();
    name.labels().for_each(|label| builder.append_label(label.as_bytes()).unwrap());
    builder.into_name().unwrap()
}

fn strings(text: &Text) -> Vec<u8> {
    text.strings().flat_map(|string| [&[u8::try_from(string.len()).unwrap()], string].concat()).collect()
}
