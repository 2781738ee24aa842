//! Any text that is a name prints as text that is the same name, and its key leads back to it.
#![no_main]

use ddns_core::{Fqdn, Name, QueryName, ZoneName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(name) = text.parse::<Name>() else { return };
    assert_eq!(name.to_string().parse(), Ok(name.clone()));
    assert_eq!(Name::from_key(name.key()), Ok(name.clone()));
    assert!(name.wire_len() <= 255);

    let query = QueryName::from(&name);
    assert!(query.is_whole());
    assert_eq!(query.key(), name.key());

    if let Ok(host) = Fqdn::new(name.clone()) {
        assert_eq!(host.to_string().parse(), Ok(host));
    }
    if let Ok(zone) = ZoneName::new(name) {
        assert_eq!(zone.to_string().parse(), Ok(zone));
    }
});
