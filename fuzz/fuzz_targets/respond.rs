//! Any octets are answered with a message or dropped, and over UDP no reply is longer than it may be.
#![no_main]

use std::sync::LazyLock;

use ddns_core::{Caller, Command, NewDomain, NewRecord, RecordData, RecordType, Registry, Timestamp, decide, policy};
use ddns_wire::{Reply, Transport, respond};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

const RECORDS: &[(&str, RecordType, &str)] = &[
    ("a.test", RecordType::A, "192.0.2.1"),
    ("*.w.test", RecordType::AAAA, "2001:db8::1"),
    ("c.test", RecordType::CNAME, "a.test."),
    ("d.test", RecordType::CNAME, "nowhere.test."),
    ("m.test", RecordType::MX, "10 a.test."),
    ("s.test", RecordType::NS, "ns.s.test."),
    ("ns.s.test", RecordType::A, "192.0.2.2"),
    ("t.test", RecordType::TXT, "\"one\" \"two\""),
];

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = Registry::new();
    let domain = NewDomain {
        id: Uuid::from_u128(0),
        name: "test".parse().unwrap(),
        owner: None,
        shared: false,
        email: None,
        ttl: None,
        description: None,
    };
    run(&mut registry, &Command::AddDomain(domain));
    for (number, (name, record_type, data)) in (1..).zip(RECORDS) {
        let data = RecordData::parse(*record_type, data).unwrap();
        let (id, name) = (Uuid::from_u128(number), name.parse().unwrap());
        let record = NewRecord { id, name, data, ttl: None, description: None, domain: None, narrow: false };
        run(&mut registry, &Command::AddRecord(record));
    }
    registry
});

fn run(registry: &mut Registry, command: &Command) {
    let decision = decide(registry, &Caller::Local, command, Timestamp::from_secs(1)).unwrap();
    decision.changes.iter().for_each(|change| registry.apply(change).unwrap());
}

fuzz_target!(|request: &[u8]| {
    let mut out = Vec::new();
    for (transport, limit) in [(Transport::Udp, usize::from(policy::UDP_ANSWER_MAX)), (Transport::Tcp, 65_535)] {
        if respond(&REGISTRY, request, transport, &mut out) == Reply::Send {
            assert!((12..=limit).contains(&out.len()));
            assert_eq!(out[..2], request[..2]);
            assert!(out[2] & 0x80 != 0);
        } else {
            assert!(request.len() < 12 || request[2] & 0x80 != 0);
        }
    }
});
