//! Values: each door, with the neighbours of what it takes.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ddns_core::{
    AccountNo, ChallengeValue, ClientKey, Description, Fqdn, Heartbeat, HostAddress, HostPattern, HostScope, HostTtl,
    Ipv6Suffix, Login, Mailbox, ReservedLabel, Scope, SecretId, Serial, Settings, Timestamp, TokenLabel, Ttl,
    UnicastV4, UnicastV6, ValueError, policy,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::{assert_json_refused, assert_json_round_trip, cases, parse};

/// A number's door: what it takes and refuses, from code and from JSON.
fn check_number<T>(taken: &[u32], refused: &[u32])
where
    T: TryFrom<u32, Error: Debug> + Into<u32> + Serialize + DeserializeOwned + PartialEq + Debug + Copy,
{
    for number in taken {
        let value = T::try_from(*number).unwrap();
        assert_eq!(value.into(), *number);
        assert_json_round_trip(&value);
    }
    for number in refused {
        assert!(T::try_from(*number).is_err(), "{number}");
        assert_json_refused::<T>(&number.to_string());
    }
    for text in ["-1", "4294967296", "60.5", "\"60\"", "null", "[]"] {
        assert_json_refused::<T>(text);
    }
}

/// A text's door.
fn check_text<T>(taken: &[(&str, &str)], refused: &[&str])
where
    T: std::str::FromStr<Err: Debug> + ToString + Serialize + DeserializeOwned + PartialEq + Debug,
{
    for (text, printed) in taken {
        let value = parse::<T>(text);
        assert_eq!(value.to_string(), *printed);
        assert_json_round_trip(&value);
    }
    for text in refused {
        assert!(text.parse::<T>().is_err(), "{text:?} was taken");
        assert_json_refused::<T>(&serde_json::to_string(text).unwrap());
    }
    assert_json_refused::<T>("7");
}

#[test]
fn numbers() {
    check_number::<HostTtl>(&[60, 300, 14_400, 86_400], &[0, 1, 59, 61, 299, 301, 3_600, 86_399, 86_401, u32::MAX]);
    check_number::<Ttl>(&[0, 1, 60, 0x7fff_ffff], &[0x8000_0000, u32::MAX]);
    check_number::<Heartbeat>(&[60, 61, 2_592_000], &[0, 1, 59, 2_592_001, u32::MAX]);
    assert_eq!(Heartbeat::try_from(90).unwrap().interval(), Duration::from_secs(90));
    assert_eq!(Ttl::clamped(u32::MAX).secs(), 0x7fff_ffff);
    assert_eq!((AccountNo::new(0), SecretId::new(0)), (None, None));
    assert_json_refused::<AccountNo>("0");
    assert_json_refused::<SecretId>("0");
}

#[test]
fn host_ttls_as_text() {
    for ttl in HostTtl::ALL {
        assert_eq!(ttl.secs().to_string().parse(), Ok(ttl));
        assert_eq!(ttl.ttl().secs(), ttl.secs());
    }
    for text in ["", "0", "060", "+60", " 60", "60 ", "60s", "1m", "61", "6e1", "\u{0666}\u{0660}"] {
        assert_eq!(text.parse::<HostTtl>(), Err(ValueError::HostTtl), "{text:?}");
    }
}

#[test]
fn addresses() {
    for (text, printed) in [
        ("192.0.2.7", "192.0.2.7"),
        ("0.0.0.1", "0.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("169.254.1.1", "169.254.1.1"),
        ("223.255.255.255", "223.255.255.255"),
        ("::1", "::1"),
        ("fe80::1", "fe80::1"),
        ("fd00::1", "fd00::1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("feff::1", "feff::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7"),
        // Only ::ffff:0:0/96 is mapped (RFC 4291, section 2.5.5); the older compatible form is another thing.
        ("::192.0.2.7", "::c000:207"),
    ] {
        assert_eq!(parse::<HostAddress>(text).to_string(), printed);
    }
    for text in [
        "0.0.0.0",
        "224.0.0.0",
        "224.0.0.251",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.254",
        "255.255.255.255",
        "::",
        "ff00::",
        "ff02::1",
        "::ffff:0.0.0.0",
        "::ffff:224.0.0.1",
        "::ffff:255.255.255.255",
    ] {
        assert_eq!(text.parse::<HostAddress>(), Err(ValueError::NotUnicast), "{text:?}");
    }
    for text in [
        "",
        " ",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.07",
        "192.0.2.7 ",
        "192.0.2.7/32",
        "192.0.2.7:80",
        "0x7f.0.0.1",
        "1",
        "[::1]",
        "fe80::1%eth0",
        "2001:db8:::1",
        "example.org",
        "\u{0661}.2.3.4",
    ] {
        assert_eq!(text.parse::<HostAddress>(), Err(ValueError::NotAnAddress), "{text:?}");
    }
}

#[test]
fn addresses_as_json() {
    assert_json_round_trip(&UnicastV4::try_from(Ipv4Addr::new(192, 0, 2, 7)).unwrap());
    assert_json_round_trip(&UnicastV6::try_from(Ipv6Addr::LOCALHOST).unwrap());
    for text in ["\"0.0.0.0\"", "\"255.255.255.255\"", "\"224.0.0.1\"", "\"::1\"", "\"x\"", "7", "null"] {
        assert_json_refused::<UnicastV4>(text);
    }
    for text in ["\"::\"", "\"ff02::1\"", "\"::ffff:192.0.2.7\"", "\"192.0.2.7\"", "7"] {
        assert_json_refused::<UnicastV6>(text);
    }
}

#[test]
fn public_addresses() {
    let public = |text: &str| match parse::<HostAddress>(text) {
        HostAddress::V4(address) => address.is_public(),
        HostAddress::V6(address) => address.is_public(),
    };
    for text in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "223.255.255.255",
        "2000::",
        "2a00::1",
        "3fff::1",
    ] {
        assert!(public(text), "{text}");
    }
    for text in [
        "0.0.0.1",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.0.1",
        "172.16.0.0",
        "172.31.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "2001:db8::1",
        "1fff::1",
        "4000::1",
        "::ffff:10.0.0.1",
    ] {
        assert!(!public(text), "{text}");
    }
}

#[test]
fn suffixes() {
    let at = |bits: &str, prefix: u8| Ipv6Suffix::new(parse(bits), prefix);
    let suffix = at("::1:2:3:4", 64).unwrap();
    assert_eq!(suffix.behind(parse("2001:db8:1:2:ffff::9")), parse::<Ipv6Addr>("2001:db8:1:2:1:2:3:4"));
    assert_eq!(at("::7", 48).unwrap().behind(parse("2001:db8:1:2:3::")), parse::<Ipv6Addr>("2001:db8:1::7"));
    assert_eq!(
        at("::ff:0:0:0:1", 56).unwrap().behind(parse("2001:db8:1:aabb::")),
        parse::<Ipv6Addr>("2001:db8:1:aaff::1")
    );
    assert_json_round_trip(&suffix);
    for (bits, prefix) in
        [("::1:0:0:0:1", 64), ("::100:0:0:0:1", 56), ("::1", 47), ("::1", 65), ("::1", 0), ("::1", 128), ("::1", 255)]
    {
        assert_eq!(at(bits, prefix), Err(ValueError::Suffix), "{bits} {prefix}");
        assert_json_refused::<Ipv6Suffix>(&format!("{{\"bits\":{bits:?},\"prefix_len\":{prefix}}}"));
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_suffix_keeps_the_prefix_and_itself(prefix: u128, bits: u128, len in 48u8..=64) {
        let low = bits & (u128::MAX >> len);
        let suffix = Ipv6Suffix::new(Ipv6Addr::from(low), len).unwrap();
        let whole = u128::from(suffix.behind(Ipv6Addr::from(prefix)));
        prop_assert_eq!(whole >> (128 - len), prefix >> (128 - len));
        prop_assert_eq!(whole & (u128::MAX >> len), low);
    }

    #[test]
    fn a_glob_matches_what_its_parts_say(glob in "([.]?[ab*]){0,6}[*]([.]?[ab*]){0,4}[.]?", host in "[ab]{1,3}[.][ab]{1,3}") {
        let (host, pattern): (Fqdn, HostPattern) = (parse(&host), parse(&glob));
        let glob = glob.strip_suffix('.').unwrap_or(&glob);
        prop_assert_eq!(pattern.matches(&host), matches_by_definition(glob, &host.to_string()));
        assert_json_round_trip(&pattern);
    }

    #[test]
    fn the_next_serial_is_always_after(serial: u32, secs in any::<u64>()) {
        let now = Timestamp::from_micros(secs);
        prop_assert!(Serial(serial).next(now).is_after(Serial(serial)));
    }
}

/// `*` is any run, the empty one too.
fn matches_by_definition(glob: &str, text: &str) -> bool {
    match glob.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|skipped| matches_by_definition(&glob[1..], &text[skipped..])),
        Some(first) => text.starts_with(first) && matches_by_definition(&glob[1..], &text[1..]),
    }
}

#[test]
fn serials() {
    // Ours, the clock's, and which one follows.
    for (present, clock, next) in [
        (0, 0, 1),
        (5, 5, 6),
        (5, 7, 7),
        (7, 5, 8),
        (u32::MAX, 0, 0),
        (u32::MAX, u64::from(u32::MAX), 0),
        (u32::MAX - 1, u64::from(u32::MAX), u32::MAX),
        // The clock has passed 2³² and the serial has not: the clock is after it on the circle.
        (u32::MAX - 10, (1 << 32) + 5, 5),
        // Exactly half the circle away is neither before nor after.
        (0, 1 << 31, 1),
        (0, (1 << 31) - 1, (1 << 31) - 1),
    ] {
        assert_eq!(Serial(present).next(Timestamp::from_secs(clock)), Serial(next), "{present} at {clock}");
    }
    assert!(!Serial(3).is_after(Serial(3)));
    assert!(Serial(0).is_after(Serial(u32::MAX)) && !Serial(u32::MAX).is_after(Serial(0)));
}

#[test]
fn the_end_of_time_is_an_end() {
    let end = Timestamp::from_secs(u64::MAX);
    assert_eq!(end.after(Duration::MAX), end.after(Duration::ZERO));
    assert_eq!(Timestamp::from_micros(1_999_999).secs(), 1);
}

#[test]
fn texts() {
    let long = |octets: usize| "a".repeat(octets);
    let (a64, a65, a160, a161) = (long(64), long(65), long(160), long(161));
    let (a254, a255, a256) = (long(254), long(255), long(256));
    let (u160, u161) = ("\u{fc}".repeat(80), format!("{}a", "\u{fc}".repeat(80)));
    check_text::<Login>(
        &[("Joe", "joe"), ("JOE@Example.org", "joe@example.org"), ("~!", "~!"), (&a254, &a254)],
        &["", "jo:e", "jo e", "jo\te", "jo\u{7f}", "j\u{f6}", "\u{212a}", &a255],
    );
    check_text::<ClientKey>(
        &[("Home", "Home"), ("a.b_c:d-9", "a.b_c:d-9"), ("...", "..."), ("-", "-"), (&a64, &a64)],
        &["", ".", "..", "a/b", "a b", "a%2e", "a\0", "\u{fc}", "*", &a65],
    );
    check_text::<TokenLabel>(
        &[("", ""), ("my router", "my router"), ("\u{fc}", "\u{fc}"), (&a64, &a64)],
        &["a\nb", "a\0", "\u{85}", "\u{7f}", &a65],
    );
    check_text::<Description>(
        &[("", ""), ("two\nlines", "two\nlines"), (&a160, &a160), (&u160, &u160)],
        &[&a161, &u161],
    );
    check_text::<ChallengeValue>(
        &[("x", "x"), ("AbC_-9", "AbC_-9"), ("\"x\"", "\"x\""), (&a255, &a255)],
        &["", "a b", "a\n", "\u{fc}", &a256],
    );
    check_text::<ReservedLabel>(
        &[("WWW", "www"), ("_acme-challenge", "_acme-challenge")],
        &["", ".", "a.b", "a b", "\u{fc}", "a..", &a64],
    );
}

#[test]
fn mailboxes() {
    let local63 = format!("{}@example", "a".repeat(63));
    let local64 = format!("{}@example", "a".repeat(64));
    let domain = |last: usize| format!("{0}.{0}.{0}.{1}", "d".repeat(63), "d".repeat(last));
    let (fits, too_long) = (format!("a@{}", domain(59)), format!("a@{}", domain(60)));
    check_text::<Mailbox>(
        &[
            ("hostmaster@example.org", "hostmaster@example.org"),
            ("Joe.Doe+dns@Example.ORG.", "Joe.Doe+dns@example.org"),
            ("a@b", "a@b"),
            (&local63, &local63),
            (&fits, &fits),
        ],
        &[
            "", "@", "a", "a@", "@b", "a@.", "a@*.b", "a@*", ".a@b", "a.@b", "a..b@c", "a@b@c", "a b@c", "\"a\"@b",
            "a\\@b", "a@b..c", "a@b c", "\u{fc}@b", "a@\u{fc}", "a@b..", &local64, &too_long,
        ],
    );
    assert_eq!(Mailbox::hostmaster(&parse("dyn.example")), parse("hostmaster@dyn.example"));
    // Found by thought: a zone's name may be so long that no RNAME fits in front of it.
    for last in 1..=61 {
        let zone = parse(&domain(last));
        assert_json_round_trip(&Mailbox::hostmaster(&zone));
        assert!(zone.is_at_or_below(Mailbox::hostmaster(&zone).domain()));
    }
}

#[test]
fn patterns() {
    let a255 = format!("{}*", "a".repeat(255));
    check_text::<HostPattern>(
        &[
            ("Home.Example.", "home.example"),
            ("*", "*"),
            ("*.Example.", "*.example"),
            ("cam-*.*.example", "cam-*.*.example"),
        ],
        &[
            "",
            "example",
            "a b.example",
            "_a.example",
            "a_*.example",
            "?.example",
            "\u{fc}*.example",
            "[a]*.example",
            "*..",
            "a..*",
            &a255,
        ],
    );
    let matches = |pattern: &str, host: &str| parse::<HostPattern>(pattern).matches(&parse(host));
    for (pattern, host, expected) in [
        ("a.example", "A.example", true),
        ("a.example", "b.a.example", false),
        ("*", "a.example", true),
        ("*.example", "a.example", true),
        ("*.example", "b.a.example", true),
        ("*.example", "a.examples", false),
        ("*.example", "aexample.org", false),
        ("A*.example", "a.example", true),
        ("a*a.example", "a.example", false),
        ("a**.example", "a.example", true),
        ("*a*b*", "xaxbx.example", true),
        ("*a*b*", "xbxax.test", false),
    ] {
        assert_eq!(matches(pattern, host), expected, "{pattern} {host}");
    }
}

/// Star after star must not take exponential time.
#[test]
fn a_hostile_pattern_is_judged_at_once() {
    let pattern: HostPattern = parse(&format!("{}b", "a*".repeat(120)));
    let host: Fqdn = parse(&vec!["a".repeat(50); 4].join("."));
    assert!(!pattern.matches(&host));
}

#[test]
fn scopes() {
    let mut scope = Scope::FULL;
    let host: Fqdn = parse("a.example");
    assert!(scope.covers(&host) && scope.without(&host).is_none());
    scope.hosts = HostScope::Only(vec![parse("a.example"), parse("*.example")]);
    let left = scope.without(&host).unwrap();
    assert_eq!(left.hosts, HostScope::Only(vec![parse("*.example")]), "a pattern is no exact entry");
    scope.hosts = HostScope::Only(vec![parse("a.example")]);
    let none = scope.without(&host).unwrap();
    assert!(!none.covers(&host), "an emptied list is none, never all");
    assert_json_round_trip(&none);

    scope.networks = vec![parse("192.0.2.0/24"), parse("2001:db8::/32")];
    let admits = |source: &str| scope.admits(Some(parse::<IpAddr>(source)));
    assert!(admits("192.0.2.255") && admits("2001:db8::1") && admits("::ffff:192.0.2.1"));
    assert!(!admits("192.0.3.0") && !admits("2001:db9::1") && !admits("::192.0.2.1"));
    assert!(scope.admits(None));

    scope.end = Some(Timestamp::from_secs(100));
    assert!(!scope.has_ended(Timestamp::from_micros(99_999_999)) && scope.has_ended(Timestamp::from_secs(100)));

    let many = |count: usize| Scope { hosts: HostScope::Only(vec![parse("*"); count]), ..Scope::FULL };
    assert_eq!(many(policy::SCOPE_ENTRIES).check(), Ok(()));
    assert_eq!(many(policy::SCOPE_ENTRIES + 1).check(), Err(ValueError::TooMany(policy::SCOPE_ENTRIES)));
}

#[test]
fn settings_as_json() {
    assert_json_round_trip(&Settings::default());
    assert_json_refused::<Settings>("{\"reserved_labels\":[\"a.b\"]}");
    assert_json_refused::<Settings>("{\"reservation_days\":65536}");
    assert_json_refused::<Settings>("{\"unknown\":1}");
    let empty: Settings = serde_json::from_str("{}").unwrap();
    assert_eq!(empty, Settings::default());
    let names: Vec<&str> = empty.reserved_labels.iter().map(ReservedLabel::as_str).collect();
    assert!(
        ["ns1", "www", "mail", "_acme-challenge", "autodiscover", "wpad"].iter().all(|label| names.contains(label))
    );
}
