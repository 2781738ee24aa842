//! Any octets can be read as a question's name or are refused, and a name that could exist here is found again.
#![no_main]

use ddns_core::{Name, QueryName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|wire: &[u8]| {
    let Ok(query) = QueryName::from_wire(wire) else { return };
    assert!(query.key().len() < wire.len());
    // A `*` may stand anywhere in a question, but only in front in a name.
    if let Ok(name) = Name::from_key(query.key()) {
        assert_eq!(QueryName::from(&name).key(), query.key());
        assert_eq!(query.is_whole(), name.wire_len() == wire.len());
    }
});
