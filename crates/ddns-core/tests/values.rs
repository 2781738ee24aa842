//! Values: each door, with the neighbours of what it takes.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ddns_core::{
    Account, AccountNo, AccountState, Actions, ChallengeLife, ChallengeValue, Change, ClientKey, Delta, Description,
    Fqdn, Heartbeat, HostAddress, HostPattern, HostScope, HostTtl, Ipv6Prefix, Ipv6Suffix, Language, Login, Mail,
    MailAddress, MailKind, Mailbox, Network, Registry, ReservedLabel, Role, Scope, SecretId, Serial, ServerKey,
    Settings, SignUp, Timestamp, TokenLabel, Ttl, UnicastV4, UnicastV6, ValueError, policy,
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
    check_number::<ChallengeLife>(&[60, 61, 3_600, 604_800], &[0, 1, 59, 604_801, u32::MAX]);
    assert_eq!(ChallengeLife::default().duration(), Duration::from_secs(3_600));
    assert_eq!(ChallengeLife::try_from(60).unwrap().duration(), Duration::from_secs(60));
}

#[test]
fn numbers_as_text() {
    for secs in [60, 90, 604_800] {
        let text = secs.to_string();
        assert_eq!(text.parse::<Heartbeat>().map(u32::from), Ok(secs));
        assert_eq!(parse::<Heartbeat>(&text).to_string(), text);
        assert_eq!(text.parse::<ChallengeLife>().map(u32::from), Ok(secs));
    }
    let cruel = ["", "0", "59", "060", "+60", "-60", " 60", "60 ", "60s", "1m", "6e1", "60.0", "4294967356", "٦٠"];
    for text in cruel {
        assert_eq!(text.parse::<Heartbeat>(), Err(ValueError::Heartbeat), "{text:?}");
        assert_eq!(text.parse::<ChallengeLife>(), Err(ValueError::ChallengeLife), "{text:?}");
    }
    assert_eq!("2592001".parse::<Heartbeat>(), Err(ValueError::Heartbeat));
    assert_eq!("604801".parse::<ChallengeLife>(), Err(ValueError::ChallengeLife));
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

/// Text, how it is printed, and the subnet that it names.
#[test]
fn suffixes_as_text() {
    for (text, printed, subnet) in [
        ("::1:2:3:4", "::1:2:3:4", None),
        ("0:0:0:0:1:2:3:4", "::1:2:3:4", None),
        ("::1", "::1", None),
        ("::ABCD", "::abcd", None),
        ("::1/64", "::1", None),
        ("::192.0.2.1", "::c000:201", None),
        ("::5:1:2:3:4", "::5:1:2:3:4", Some(5)),
        ("0:0:0:ffff:1:2:3:4", "::ffff:1:2:3:4", Some(0xffff)),
        ("0:0:0:5::", "0:0:0:5::", Some(5)),
        ("::1/48", "::1/48", Some(0)),
        ("::5:1:2:3:4/56", "::5:1:2:3:4/56", Some(5)),
        ("::5:1:2:3:4/48", "::5:1:2:3:4", Some(5)),
        ("::1:0:0:0:1/63", "::1:0:0:0:1/63", Some(1)),
        // RFC 4291, appendix A: 34-56-78-9A-BC-DE becomes 36-56-78-FF-FE-9A-BC-DE.
        ("34-56-78-9A-BC-DE", "::3656:78ff:fe9a:bcde", None),
        ("34:56:78:9a:bc:de", "::3656:78ff:fe9a:bcde", None),
        ("02:00:5e:10:00:01", "::5eff:fe10:1", None),
        ("00-00-00-00-00-00", "::200:ff:fe00:0", None),
        ("fe:ff:ff:ff:ff:ff", "::fcff:ffff:feff:ffff", None),
        // Eight pairs are an IPv6 address.
        ("00:00:00:03:0a:0b:0c:0d", "::3:a:b:c:d", Some(3)),
    ] {
        let suffix = parse::<Ipv6Suffix>(text);
        assert_eq!((suffix.to_string().as_str(), suffix.subnet()), (printed, subnet), "{text}");
        assert_eq!(parse::<Ipv6Suffix>(printed), suffix, "{text}");
        assert_json_round_trip(&suffix);
    }
    for text in [
        "",
        " ",
        "::",
        "::/48",
        "/64",
        "::1/",
        "::1/47",
        "::1/65",
        "::1/064",
        "::1/+64",
        "::1/6 4",
        "::1/64/64",
        " ::1",
        "::1 ",
        "::1%eth0",
        "1",
        "1:2:3:4",
        "::1:0:0:0:0:1",
        "2001:db8::1",
        "::5:1:2:3:4/64",
        "::100:0:0:0:1/56",
        "192.0.2.1",
        "::ffff:192.0.2.1.1",
        "34-56-78-9A-BC",
        "34-56-78-9A-BC-DE-F0",
        "34-56-78-9A-BC-D",
        "34-56-78-9A-BC-DEF",
        "34-56-78:9A:BC:DE",
        "34.56.78.9A.BC.DE",
        "3456789ABCDE",
        "34-56-78-9A-BC-+E",
        "34-56-78-9A-BC-é",
        "٣٤-56-78-9A-BC-DE",
        "34-56-78-9A-BC-DE/64",
        "01:00:5e:00:00:01",
        "33-33-00-00-00-01",
        "ff:ff:ff:ff:ff:ff",
        "[::1]",
        "::g",
    ] {
        assert_eq!(text.parse::<Ipv6Suffix>(), Err(ValueError::Suffix), "{text:?}");
    }
    assert_eq!(Ipv6Suffix::eui64([0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde]), Ok(parse("::3656:78ff:fe9a:bcde")));
    assert_eq!(Ipv6Suffix::eui64([1, 0, 0x5e, 0, 0, 1]), Err(ValueError::Suffix), "the address of a group");
    let inside = parse::<Ipv6Suffix>("34-56-78-9A-BC-DE").in_subnet(3);
    assert_eq!(inside.to_string(), "::3:3656:78ff:fe9a:bcde");
    assert_eq!(
        inside.in_subnet(0).to_string(),
        "::3656:78ff:fe9a:bcde/48",
        "not the number before, and not the present one"
    );
    assert_eq!(inside.in_subnet(u16::MAX).subnet(), Some(u16::MAX));
}

#[test]
fn prefixes_as_text() {
    for (text, printed, len) in [
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64", 64),
        ("2001:db8:1:2::", "2001:db8:1:2::/64", 64),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::/64", 64),
        ("2001:db8:1:2:3:4:5:6/48", "2001:db8:1::/48", 48),
        ("2001:db8:1:ffff::/56", "2001:db8:1:ff00::/56", 56),
        ("2001:db8:1:ffff::/60", "2001:db8:1:fff0::/60", 60),
        ("2001:db8:1:ffff::/63", "2001:db8:1:fffe::/63", 63),
        ("0:0:1::/48", "0:0:1::/48", 48),
        ("fe80::/64", "fe80::/64", 64),
        ("fd00::1/48", "fd00::/48", 48),
        ("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "feff:ffff:ffff:ffff::/64", 64),
    ] {
        let prefix = parse::<Ipv6Prefix>(text);
        assert_eq!((prefix.to_string().as_str(), prefix.len()), (printed, len), "{text}");
        assert_eq!(parse::<Ipv6Prefix>(printed), prefix, "{text}");
    }
    for text in [
        "",
        " ",
        "/64",
        "2001:db8::/",
        "2001:db8::/47",
        "2001:db8::/65",
        "2001:db8::/128",
        "2001:db8::/0",
        "2001:db8::/064",
        "2001:db8::/+64",
        "2001:db8::/-64",
        "2001:db8::/64 ",
        " 2001:db8::/64",
        "2001:db8:: /64",
        "2001:db8::/64/64",
        "2001:db8::/320",
        "2001:db8::/ffff::",
        "2001:db8:1:2",
        "2001:db8:1:2/64",
        "::",
        "::/64",
        "::1/64",
        "0:0:0:1::/64",
        "::ffff:192.0.2.1",
        "::ffff:192.0.2.1/64",
        "ff02::/64",
        "ff00::1",
        "192.0.2.0/24",
        "192.0.2.1",
        "<ip6lanprefix>",
        "[2001:db8::]/64",
        "2001:db8::%1/64",
        "auto",
        "none",
    ] {
        assert_eq!(text.parse::<Ipv6Prefix>(), Err(ValueError::Prefix), "{text:?}");
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_suffix_comes_back_from_its_text(bits in 1u128.., len in 48u8..=64, subnet: u16) {
        let low = (bits & (u128::MAX >> len)).max(1);
        let suffix = Ipv6Suffix::new(Ipv6Addr::from(low), len).unwrap();
        prop_assert_eq!(suffix.to_string().parse(), Ok(suffix));
        prop_assert_eq!(format!("{}/{len}", Ipv6Addr::from(low)).parse(), Ok(suffix));
        let inside = suffix.in_subnet(subnet);
        prop_assert_eq!(inside.subnet(), Some(subnet));
        let whole = inside.behind(parse("2001:db8:1:aaaa:9:9:9:9")).segments();
        prop_assert_eq!(&whole[..4], &[0x2001, 0xdb8, 1, subnet]);
        prop_assert_eq!(&whole[4..], &Ipv6Addr::from(low).segments()[4..]);
    }

    #[test]
    fn a_mac_address_makes_a_suffix(mac: [u8; 6]) {
        let text = |separator: &str| mac.map(|octet| format!("{octet:02x}")).join(separator);
        let made = text(":").parse::<Ipv6Suffix>();
        prop_assert_eq!(&made, &text("-").to_uppercase().parse());
        prop_assert_eq!(&made, &Ipv6Suffix::eui64(mac));
        match made {
            Err(error) => prop_assert!(mac[0] % 2 == 1, "{error}"),
            Ok(suffix) => {
                let octets = suffix.behind(parse("2001:db8::")).octets();
                let expected = [mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]];
                prop_assert_eq!((mac[0] % 2, &octets[8..]), (0, &expected[..]));
            }
        }
    }

    #[test]
    fn a_prefix_comes_back_from_its_text(bits: u128, len in 0u8..=200) {
        let address = Ipv6Addr::from(bits);
        let made = Ipv6Prefix::new(address, len);
        prop_assert_eq!(&made, &format!("{address}/{len}").parse());
        prop_assert_eq!(made.is_ok(), (48..=64).contains(&len) && bits >> 80 != 0 && bits >> 120 != 0xff);
        if let Ok(prefix) = made {
            prop_assert_eq!(prefix.to_string().parse(), Ok(prefix));
            prop_assert_eq!(prefix.len(), len);
            prop_assert_eq!(Ipv6Prefix::new(Ipv6Addr::from(bits ^ 1), len), Ok(prefix), "what lies below means nothing");
        }
    }

    /// Whatever a text is, it is taken by one door and comes back, or is refused; nothing is repaired.
    #[test]
    fn whatever_text(text in "[0-9a-f:./%+ -]{0,24}") {
        if let Ok(suffix) = text.parse::<Ipv6Suffix>() {
            prop_assert_eq!(suffix.to_string().parse(), Ok(suffix), "{}", text);
        }
        if let Ok(prefix) = text.parse::<Ipv6Prefix>() {
            prop_assert_eq!(prefix.to_string().parse(), Ok(prefix), "{}", text);
        }
    }

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
fn networks() {
    check_text::<Network>(
        &[
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("192.0.2.77/24", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("127.0.0.1", "127.0.0.1/32"),
            ("127.0.0.1/32", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("::ffff:192.0.2.1", "192.0.2.1/32"),
            ("::ffff:192.0.2.1/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:0:0/95", "::fffe:0:0/95"),
        ],
        &[
            "",
            " ",
            "/",
            "localhost",
            "192.0.2",
            "192.0.2.0/",
            "/24",
            "192.0.2.0/33",
            "::/129",
            "192.0.2.0/-1",
            "192.0.2.0/255.255.255.0",
            "192.0.2.0-192.0.2.9",
            " 127.0.0.1",
            "127.0.0.1 ",
            "[::1]",
            "[::1]/128",
            "fe80::1%eth0",
            "127.0.0.1:80",
            "192.0.2.0/24/24",
        ],
    );
    let error = "localhost".parse::<Network>().unwrap_err();
    assert_eq!(error.to_string(), "a network is an address with a length, such as 192.0.2.0/24, or an address alone");
}

#[test]
fn texts() {
    let long = |octets: usize| "a".repeat(octets);
    let (a64, a65, a160, a161) = (long(64), long(65), long(160), long(161));
    let (a254, a255, a256) = (long(254), long(255), long(256));
    let (u160, u161) = ("\u{fc}".repeat(160), format!("{}a", "\u{fc}".repeat(160)));
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

/// What a relay would take for something else than one mailbox does not pass.
#[test]
fn mail_addresses() {
    let local = |octets: usize| format!("{}@mail.example", "l".repeat(octets));
    let domain = |last: usize| format!("a@{0}.{0}.{0}.{1}", "d".repeat(63), "d".repeat(last));
    let (local64, local65) = (local(64), local(65));
    // `a@` and three labels of 63 with their dots are 194 octets.
    let (whole254, whole255) = (domain(60), domain(61));
    assert_eq!((whole254.len(), whole255.len()), (254, 255));
    let label64 = format!("a@{}.example", "d".repeat(64));
    check_text::<MailAddress>(
        &[
            ("joe@mail.example", "joe@mail.example"),
            ("Joe.Doe+Dns@Mail.EXAMPLE", "joe.doe+dns@mail.example"),
            ("!#$%&'*+-/=?^_`{|}~@mail.example", "!#$%&'*+-/=?^_`{|}~@mail.example"),
            ("a@b.c", "a@b.c"),
            ("1@1.example", "1@1.example"),
            ("-@mail.example", "-@mail.example"),
            ("joe@xn--mnchen-3ya.example", "joe@xn--mnchen-3ya.example"),
            ("joe@XN--MNCHEN-3YA.example", "joe@xn--mnchen-3ya.example"),
            (&local64, &local64),
            (&whole254, &whole254),
        ],
        &[
            "",
            "@",
            "joe",
            "@mail.example",
            "joe@",
            "joe@.",
            // One label is no domain that mail goes to, and an address is none at all.
            "joe@localhost",
            "joe@com",
            "joe@192.0.2.1",
            "joe@mail.1",
            "joe@[192.0.2.1]",
            "joe@[IPv6:2001:db8::1]",
            "joe@2001:db8::1",
            // Dots stand between atoms.
            ".joe@mail.example",
            "joe.@mail.example",
            "joe..doe@mail.example",
            ".@mail.example",
            "joe@.mail.example",
            "joe@mail.example.",
            "joe@mail..example",
            // Quoted local parts, comments, display names, lists and routes.
            "\"joe\"@mail.example",
            "\"joe doe\"@mail.example",
            "joe\\@mail.example",
            "joe(x)@mail.example",
            "joe@mail.example(x)",
            "<joe@mail.example>",
            "Joe <joe@mail.example>",
            "joe@mail.example,ann@mail.example",
            "joe@mail.example;ann@mail.example",
            "joe@ann@mail.example",
            "@mail.example:joe@mail.example",
            "mailto:joe@mail.example",
            "joe:x@mail.example",
            // Spaces and line ends.
            " joe@mail.example",
            "joe@mail.example ",
            "joe @mail.example",
            "joe@ mail.example",
            "joe\t@mail.example",
            "joe@mail.example\r\nBcc: ann@mail.example",
            "joe\r\nBcc:ann@mail.example",
            "joe@mail.example\n",
            "joe\n@mail.example",
            "joe@mail.example\0",
            "joe\u{7f}@mail.example",
            // What looks like it: a Kelvin sign, a full-width letter and at sign and dot, a soft hyphen, a joiner, U-labels.
            "\u{212a}ate@mail.example",
            "joe@\u{212a}ate.example",
            "\u{ff4a}oe@mail.example",
            "joe\u{ff20}mail.example",
            "joe@mail\u{ff0e}example",
            "joe@mail\u{3002}example",
            "joe@ma\u{ad}il.example",
            "jo\u{200d}e@mail.example",
            "j\u{f6}@mail.example",
            "joe@m\u{fc}nchen.example",
            // What is no host's name is no domain of a mailbox either.
            "joe@_dmarc.example",
            "joe@*.example",
            "joe@-a.example",
            "joe@a-.example",
            "joe@mail_1.example",
            &local65,
            &whole255,
            &label64,
        ],
    );
}

#[test]
fn a_mail_address_is_a_login_and_some_logins_are_mail_addresses() {
    let to: MailAddress = parse("Joe@Mail.example");
    assert_eq!(to.login(), parse::<Login>("JOE@mail.EXAMPLE"));
    assert_eq!(MailAddress::of(&to.login()), Some(to));
    for login in ["joe", "joe@localhost", "joe@mail.example.", "\"joe\"@mail.example", "@", "joe@[::1]"] {
        if let Ok(login) = login.parse::<Login>() {
            assert_eq!(MailAddress::of(&login), None);
        }
    }
}

#[test]
fn languages_and_ways_to_sign_up() {
    check_text::<Language>(
        &[("en", "en"), ("de", "de")],
        &["", "EN", "De", "en-US", "de ", " de", "fr", "english", "\u{ff44}e"],
    );
    assert_eq!(Language::default().tag(), "en");
    for (sign_up, text) in [(SignUp::Closed, "closed"), (SignUp::Confirm, "confirm"), (SignUp::Open, "open")] {
        assert_eq!(serde_json::to_string(&sign_up).unwrap(), format!("{text:?}"));
        assert_json_round_trip(&sign_up);
        assert_json_round_trip(&Settings { sign_up, mail: true, ..Settings::default() });
    }
    for text in ["\"Closed\"", "\"\"", "\"yes\"", "true", "null", "0", "{\"open\":null,\"confirm\":null}"] {
        assert_json_refused::<SignUp>(text);
    }
    assert_eq!(Settings::default().sign_up, SignUp::Closed, "nobody opens a service by forgetting to close it");
    assert!(!Settings::default().mail);
    assert_json_refused::<Settings>("{\"mail\":\"yes\"}");
    assert_json_refused::<Settings>("{\"sign_up\":\"Open\"}");
}

/// What goes into the log comes back, and says what it did the first time.
#[test]
fn mails_and_keys_as_json() {
    let kinds = [
        (MailKind::Confirm, "confirm"),
        (MailKind::ResetPassword, "reset-password"),
        (MailKind::ChangeLogin, "change-login"),
        (MailKind::LoginChanged, "login-changed"),
        (MailKind::PasswordChanged, "password-changed"),
        (MailKind::AlreadyRegistered, "already-registered"),
    ];
    for (kind, text) in kinds {
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{text:?}"));
        let mail = Mail {
            id: uuid::Uuid::max(),
            kind,
            account: AccountNo::new(u32::MAX).unwrap(),
            to: parse("joe@mail.example"),
            attempts: u32::MAX,
            next: Timestamp::from_micros(u64::MAX),
            created: Timestamp::from_micros(0),
        };
        assert_json_round_trip(&mail);
        assert_json_round_trip(&Change::Mail(Delta::made(mail)));
    }
    let mail = r#"{"mail":{"after":{"id":"00000000-0000-0000-0000-000000000001","kind":"confirm","account":3,
        "to":"joe@mail.example","attempts":0,"next":7,"created":7}}}"#;
    assert!(serde_json::from_str::<Change>(mail).is_ok());
    assert_json_refused::<Change>(&mail.replace("joe@mail.example", "joe@localhost"));
    assert_json_refused::<Change>(&mail.replace("\"confirm\"", "\"Confirm\""));
    let key = ServerKey { secret: SecretId::new(u64::MAX).unwrap(), created: Timestamp::from_secs(7) };
    assert_json_round_trip(&key);
    let written = serde_json::to_string(&Change::ServerKey(Delta::made(key))).unwrap();
    assert_eq!(written, r#"{"server_key":{"after":{"secret":18446744073709551615,"created":7000000}}}"#);
}

/// Accounts and settings as they were written before they had a language and a way to sign up.
#[test]
fn what_older_programs_wrote_is_read() {
    let written = r#"{"account":{"after":{"number":3,"id":"00000000-0000-0000-0000-000000000001","login":"joe","state":"active",
        "role":"user","max_hosts":5,"max_domains":0,"password":7,"created":1,"updated":2}}}"#;
    let change: Change = serde_json::from_str(written).unwrap();
    let account = Account {
        number: AccountNo::new(3).unwrap(),
        id: uuid::Uuid::from_u128(1),
        login: parse("joe"),
        state: AccountState::Active,
        role: Role::User,
        max_hosts: 5,
        max_domains: 0,
        max_records: 500,
        max_rrsets: 500,
        max_rrset_records: 20,
        language: Language::English,
        password: SecretId::new(7),
        created: Timestamp::from_micros(1),
        updated: Timestamp::from_micros(2),
    };
    assert_eq!(change, Change::Account(Delta::made(account.clone())));
    // A later change of what was written then is a change of the same value.
    let mut registry = Registry::new();
    registry.apply(&change).unwrap();
    let german = Account { language: Language::German, ..account };
    let written = serde_json::to_string(&german).unwrap();
    assert!(written.contains("\"language\":\"de\""), "{written}");
    assert_json_round_trip(&german);
    let present = registry.account(german.number).unwrap();
    let later = Change::Account(Delta::changed(present, german.clone()));
    assert_json_round_trip(&later);
    registry.apply(&later).unwrap();
    assert_json_refused::<Account>(&written.replace("\"de\"", "\"fr\""));
    assert_json_refused::<Account>(&written.replace("\"de\"", "null"));
    let settings: Settings = serde_json::from_str(
        r#"{"ns_addresses":["192.0.2.53"],"reserved_labels":["www"],"public_addresses_only":true,"reservation_days":7}"#,
    )
    .unwrap();
    assert_eq!((settings.sign_up, settings.mail, settings.reservation_days), (SignUp::Closed, false, 7));
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

    assert!(!scope.is_challenge_only() && !Scope::FULL.is_challenge_only());
    let many = |count: usize| Scope { hosts: HostScope::Only(vec![parse("*"); count]), ..Scope::FULL };
    assert_eq!(many(policy::SCOPE_ENTRIES).check(), Ok(()));
    assert_eq!(many(policy::SCOPE_ENTRIES + 1).check(), Err(ValueError::TooMany(policy::SCOPE_ENTRIES)));
}

/// What lies inside of what: a scope and another, and whether the first includes the second.
#[test]
fn scopes_in_scopes() {
    let only = |text: &str| match text {
        "all" => HostScope::All,
        text => HostScope::Only(text.split(' ').filter(|text| !text.is_empty()).map(parse).collect()),
    };
    for (own, other, included) in [
        ("all", "all", true),
        ("all", "a.example *.b.example", true),
        ("all", "", true),
        ("a.example", "all", false),
        ("", "all", false),
        ("", "", true),
        ("a.example", "", true),
        ("", "a.example", false),
        ("a.example b.example", "b.example", true),
        ("a.example b.example", "b.example a.example", true),
        ("a.example", "a.example b.example", false),
        ("*.example", "a.example", true),
        ("*.example", "x.y.example", true),
        ("*.example", "example.test", false),
        ("*.example", "*.example", true),
        // What a pattern covers of another is not worked out: that is no, and never a wrong yes.
        ("*.example", "*.a.example", false),
        ("*.a.example", "*.example", false),
        ("*", "*.example", false),
        ("*", "a.example", true),
        ("a.example", "*.a.example", false),
        ("a.example", "a*.example", false),
    ] {
        let of = |text| Scope { hosts: only(text), ..Scope::FULL };
        assert_eq!(of(own).includes(&of(other)), included, "{own:?} and {other:?}");
    }
    let from = |networks: &[&str]| Scope { networks: networks.iter().map(|text| parse(text)).collect(), ..Scope::FULL };
    for (own, other, included) in [
        (&[][..], &["192.0.2.0/24"][..], true),
        (&["192.0.2.0/24"], &[], false),
        (&["192.0.2.0/24"], &["192.0.2.128/25"], true),
        (&["192.0.2.128/25"], &["192.0.2.0/24"], false),
        (&["192.0.2.0/24"], &["192.0.2.1/32", "192.0.3.1/32"], false),
        (&["192.0.2.0/24", "2001:db8::/32"], &["2001:db8:1::/48", "192.0.2.0/24"], true),
        // Together they would; each alone does not.
        (&["192.0.2.0/25", "192.0.2.128/25"], &["192.0.2.0/24"], false),
    ] {
        assert_eq!(from(own).includes(&from(other)), included, "{own:?} and {other:?}");
    }
    let until = |secs: Option<u64>| Scope { end: secs.map(Timestamp::from_secs), ..Scope::FULL };
    for (own, other, included) in [
        (None, Some(5), true),
        (None, None, true),
        (Some(5), None, false),
        (Some(5), Some(5), true),
        (Some(5), Some(4), true),
        (Some(5), Some(6), false),
    ] {
        assert_eq!(until(own).includes(&until(other)), included, "{own:?} and {other:?}");
    }
    for own in 0..16u8 {
        for other in 0..16u8 {
            let may = |bits: u8| {
                let [update, acme_challenge, read, manage] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
                Scope { actions: Actions { update, acme_challenge, read, manage }, ..Scope::FULL }
            };
            assert_eq!(may(own).includes(&may(other)), other & !own == 0, "{own:04b} and {other:04b}");
            assert_eq!(may(own).is_challenge_only(), own == 2);
        }
    }
}

#[test]
fn settings_as_json() {
    assert_json_round_trip(&Settings::default());
    assert_json_refused::<Settings>("{\"reserved_labels\":[\"a.b\"]}");
    assert_json_refused::<Settings>("{\"reservation_days\":65536}");
    assert_json_refused::<Settings>("{\"unknown\":1}");
    assert_json_refused::<Settings>("{\"challenge_life\":59}");
    let life = Settings {
        challenge_life: ChallengeLife::try_from(600).unwrap(),
        base_url: Some("https://dyn.example".to_owned()),
        ..Settings::default()
    };
    assert_json_round_trip(&life);
    // What says nothing new is written as before, so that an older program reads it.
    let plain = serde_json::to_string(&Settings::default()).unwrap();
    assert!(!plain.contains("challenge_life") && !plain.contains("base_url"), "{plain}");
    let empty: Settings = serde_json::from_str("{}").unwrap();
    assert_eq!(empty, Settings::default());
    let names: Vec<&str> = empty.reserved_labels.iter().map(ReservedLabel::as_str).collect();
    assert!(
        ["ns1", "www", "mail", "_acme-challenge", "autodiscover", "wpad"].iter().all(|label| names.contains(label))
    );
}

#[test]
fn who_is_behind_an_address() {
    for (address, own, wider) in [
        ("192.0.2.1", "192.0.2.1", None),
        ("::ffff:192.0.2.1", "192.0.2.1", None),
        ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:2ff::", Some("2001:db8:1:200::")),
        ("2001:db8:1:300::", "2001:db8:1:300::", Some("2001:db8:1:300::")),
        ("::1", "::", Some("::")),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::", Some("ffff:ffff:ffff:ff00::")),
    ] {
        let parse = |text: &str| text.parse::<std::net::IpAddr>().unwrap();
        assert_eq!(
            (ddns_core::network(parse(address)), ddns_core::site(parse(address))),
            (parse(own), wider.map(parse)),
            "{address}"
        );
    }
}
