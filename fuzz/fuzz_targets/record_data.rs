//! Any text that is record data of some type prints as text that is the same data.
#![no_main]

use ddns_core::{RecordData, RecordType};
use libfuzzer_sys::fuzz_target;

const TYPES: [RecordType; 18] = [
    RecordType::A,
    RecordType::AAAA,
    RecordType::CNAME,
    RecordType::NS,
    RecordType::PTR,
    RecordType::MX,
    RecordType::SRV,
    RecordType::TXT,
    RecordType::SPF,
    RecordType::SSHFP,
    RecordType::SOA,
    RecordType::CAA,
    RecordType::TLSA,
    RecordType::SVCB,
    RecordType::HTTPS,
    RecordType::NAPTR,
    RecordType::DS,
    RecordType(65_280),
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let record_type = TYPES[usize::from(choice) % TYPES.len()];
    let Ok(data) = RecordData::parse(record_type, text) else { return };
    assert_eq!(data.record_type(), record_type);
    assert_eq!(RecordData::parse(record_type, &data.to_string()), Ok(data));
});
