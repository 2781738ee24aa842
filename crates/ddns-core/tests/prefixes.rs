//! A site's prefix moves: where its hosts are then, which of them move, and what stops all of them.

use ddns_core::*;

use crate::stage::{Stage, records};
use crate::support::parse;
use crate::universe::{ANN, JOE, OPERATOR, account, token_id};

const HERE: &str = "h.dyn.example";

/// Joe's hosts, of which there may be many.
struct Site(Stage);

impl Site {
    fn new() -> Site {
        let mut site = Site(Stage::new());
        let edit = AccountEdit { max_hosts: Some(300), ..AccountEdit::default() };
        site.run(Command::SetAccount { account: account(JOE), edit });
        site
    }

    /// With one host of this address and suffix, where they are given.
    fn with(ipv6: &str, suffix: &str) -> Site {
        let mut site = Site::new();
        site.host(HERE, ipv6, suffix);
        site
    }

    fn run(&mut self, command: Command) -> Vec<Change> {
        self.ask(&Caller::Local, command).unwrap_or_else(|refusal| panic!("{refusal}")).changes
    }

    fn ask(&mut self, caller: &Caller, command: Command) -> Result<Decision, Refusal> {
        self.0.ask(caller, &command)
    }

    fn host(&mut self, name: &str, ipv6: &str, suffix: &str) {
        let (name, owner, suffix) = (parse(name), account(JOE), given(suffix));
        let ipv6 = given::<std::net::Ipv6Addr>(ipv6).map(|address| address.try_into().unwrap());
        let (ipv4, ttl) = (Some(std::net::Ipv4Addr::new(192, 0, 2, 1).try_into().unwrap()), HostTtl::S60);
        self.run(Command::AddHost(NewHost { name, owner, ipv4, ipv6, ttl, wildcard: false, suffix, heartbeat: None }));
    }

    /// One host takes an edit, or is refused it.
    fn edit(&mut self, edit: HostEdit) -> Result<bool, Refusal> {
        let command = Command::SetHosts { hosts: vec![parse(HERE)], edit, together: Together::AllOrNothing };
        let decision = self.ask(&by(JOE, None), command)?;
        let Receipt::Hosts(lines) = decision.receipt else { panic!("{:?}", decision.receipt) };
        assert_eq!(lines.len(), 1);
        let outcome = lines[0].outcome.clone().unwrap();
        assert_eq!(outcome.changed, !decision.changes.is_empty());
        Ok(outcome.changed)
    }

    fn ipv6(&self, name: &str) -> String {
        let ipv6 = self.0.registry.host(&parse(name)).unwrap().ipv6;
        ipv6.map_or_else(|| "none".to_owned(), |address| address.addr().to_string())
    }

    /// What DNS answers for a host: IPv6 only.
    fn served(&self, name: &str) -> String {
        let host = self.0.registry.host(&parse(name)).unwrap();
        let (_, ipv6) = zone::served_addresses(&self.0.registry, self.0.registry.domain(host.domain).unwrap(), host);
        ipv6.map_or_else(|| "none".to_owned(), |address| address.to_string())
    }
}

fn given<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> Option<T> {
    (!text.is_empty()).then(|| parse(text))
}

fn by(number: u32, scope: Option<usize>) -> Caller {
    let token = scope.map(|scope| token_id(number, scope));
    Caller::Account(Identity { account: account(number), token, source: Some(parse("8.8.8.8")) })
}

fn prefix(text: &str) -> HostEdit {
    HostEdit { prefix: Some(Some(parse(text))), ..HostEdit::default() }
}

fn all(edit: HostEdit) -> Command {
    Command::SetAllHosts { edit, among: Among::All }
}

fn lines(decision: &Decision) -> Vec<(String, bool)> {
    let Receipt::Hosts(lines) = &decision.receipt else { panic!("{:?}", decision.receipt) };
    lines.iter().map(|line| (line.name.to_string(), line.outcome.as_ref().unwrap().changed)).collect()
}

/// The suffix, the present address, the prefix, and the address behind it.
#[test]
fn where_a_host_is_behind_a_prefix() {
    for (suffix, present, moved, expected) in [
        // What the present address has behind the prefix stays.
        ("", "2001:db8:1:2:3:4:5:6", "2001:db8:9:9::/64", "2001:db8:9:9:3:4:5:6"),
        ("", "2001:db8:1:2:3:4:5:6", "2001:db8:9:9::", "2001:db8:9:9:3:4:5:6"),
        ("", "2001:db8:1:2:3:4:5:6", "2001:db8:9::/48", "2001:db8:9:2:3:4:5:6"),
        ("", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:1100::/56", "2001:db8:9:11cd:3:4:5:6"),
        ("", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:1110::/60", "2001:db8:9:111d:3:4:5:6"),
        ("", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:1110::/63", "2001:db8:9:1111:3:4:5:6"),
        ("", "2001:db8:1:abcc:3:4:5:6", "2001:db8:9:1110::/63", "2001:db8:9:1110:3:4:5:6"),
        ("", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:1111::/64", "2001:db8:9:1111:3:4:5:6"),
        // An interface's suffix says nothing of the subnet: that is the present one's, and 0 without one.
        ("::a:b:c:d", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9::/64", "2001:db8:9:0:a:b:c:d"),
        ("::a:b:c:d", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9::/48", "2001:db8:9:abcd:a:b:c:d"),
        ("::a:b:c:d", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:1100::/56", "2001:db8:9:11cd:a:b:c:d"),
        ("::a:b:c:d", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:1110::/60", "2001:db8:9:111d:a:b:c:d"),
        ("::a:b:c:d", "", "2001:db8:9:1110::/60", "2001:db8:9:1110:a:b:c:d"),
        ("::a:b:c:d", "", "2001:db8:9::/48", "2001:db8:9:0:a:b:c:d"),
        ("34-56-78-9A-BC-DE", "", "2001:db8:9:7::/64", "2001:db8:9:7:3656:78ff:fe9a:bcde"),
        // A subnet's number is told by the suffix, whatever the present address has there.
        ("0:0:0:3:a:b:c:d", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9::/48", "2001:db8:9:3:a:b:c:d"),
        ("0:0:0:3:a:b:c:d", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:1100::/56", "2001:db8:9:1103:a:b:c:d"),
        ("0:0:0:f:a:b:c:d", "", "2001:db8:9:1110::/60", "2001:db8:9:111f:a:b:c:d"),
        ("0:0:0:1:a:b:c:d", "", "2001:db8:9:1110::/63", "2001:db8:9:1111:a:b:c:d"),
        ("0:0:0:ffff::", "", "2001:db8:9::/48", "2001:db8:9:ffff::"),
        ("::a:b:c:d/48", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9::/48", "2001:db8:9:0:a:b:c:d"),
        ("::a:b:c:d/48", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9:7::/64", "2001:db8:9:7:a:b:c:d"),
        // Of a suffix behind /56, the site's own 8 bits are the present address's.
        ("0:0:0:3:a:b:c:d/56", "2001:db8:1:abcd:3:4:5:6", "2001:db8:9::/48", "2001:db8:9:ab03:a:b:c:d"),
        // All zeros, and all ones.
        ("", "2001:db8:1:2::", "2001:db8:9:9::/64", "2001:db8:9:9::"),
        ("::ffff:ffff:ffff:ffff", "", "2001:db8:9:9::/64", "2001:db8:9:9:ffff:ffff:ffff:ffff"),
        // What stands below the prefix in the call means nothing.
        ("::1", "", "2001:db8:9:9:8:7:6:5/64", "2001:db8:9:9::1"),
        ("::1", "", "2001:db8:9:ffff::/48", "2001:db8:9::1"),
    ] {
        let mut site = Site::with(present, suffix);
        let said = format!("{suffix} {present} behind {moved}");
        assert_eq!(site.edit(prefix(moved)), Ok(true), "{said}");
        assert_eq!((site.ipv6(HERE), site.served(HERE)), (expected.to_owned(), expected.to_owned()), "{said}");
        assert_eq!(site.edit(prefix(moved)), Ok(false), "{said}, again");
        let host = site.0.registry.host(&parse(HERE)).unwrap();
        assert_eq!(host.ipv4.unwrap().addr().to_string(), "192.0.2.1", "the other family stays");
        assert_eq!(host.suffix.as_deref().copied(), given(suffix), "the suffix stays");
    }
}

#[test]
fn a_subnet_without_room() {
    for (suffix, moved, subnet) in [
        ("0:0:0:3:a:b:c:d", "2001:db8:9:9::/64", 3),
        ("0:0:0:2::1", "2001:db8:9:8::/63", 2),
        ("0:0:0:10::1", "2001:db8:9:10::/60", 0x10),
        ("0:0:0:100::1", "2001:db8:9:100::/56", 0x100),
        ("0:0:0:ffff::1", "2001:db8:9::/56", 0xffff),
        // The number of the prefix itself is no room either: it is the site's that is meant, not the whole.
        ("0:0:0:9::1", "2001:db8:9:9::/64", 9),
        ("0:0:0:1::1/63", "2001:db8:9:9::/64", 1),
    ] {
        let mut site = Site::with("2001:db8:1:1::1", suffix);
        let refused = Refusal::NoSubnet { name: parse(HERE), prefix: parse(moved), subnet };
        assert_eq!(site.edit(prefix(moved)), Err(refused), "{suffix} {moved}");
        assert_eq!(site.ipv6(HERE), "2001:db8:1:1::1");
    }
    let refusal = Refusal::NoSubnet { name: parse(HERE), prefix: parse("2001:db8:9:9::/64"), subnet: 0x1f };
    let told = refusal.to_string();
    assert!(["2001:db8:9:9::/64", HERE, "0x1f"].iter().all(|part| told.contains(part)), "{told}");
}

#[test]
fn nothing_stands_behind_it() {
    let mut site = Site::with("", "");
    assert_eq!(site.edit(prefix("2001:db8:9:9::/64")), Err(Refusal::NoSuffix { name: parse(HERE) }));
    assert_eq!(site.ipv6(HERE), "none");
    // Nor where the suffix goes by the same call.
    let mut site = Site::with("", "::1");
    let edit = HostEdit { suffix: Some(None), ..prefix("2001:db8:9:9::/64") };
    assert_eq!(site.edit(edit), Err(Refusal::NoSuffix { name: parse(HERE) }));
    // Where it comes by the same call, it is there.
    let mut site = Site::with("", "");
    let edit = HostEdit { suffix: Some(given("::7")), ..prefix("2001:db8:9:9::/64") };
    assert_eq!(site.edit(edit), Ok(true));
    assert_eq!(site.ipv6(HERE), "2001:db8:9:9::7");
    assert_eq!(site.edit(HostEdit { suffix: Some(None), ..HostEdit::default() }), Ok(true));
    assert_eq!(site.ipv6(HERE), "2001:db8:9:9::7", "a suffix that goes or comes moves nothing");
    assert_eq!(site.edit(HostEdit { suffix: Some(given("::8")), ..HostEdit::default() }), Ok(true));
    assert_eq!(site.ipv6(HERE), "2001:db8:9:9::7");
    assert_eq!(site.edit(prefix("2001:db8:9:a::/64")), Ok(true));
    assert_eq!(site.ipv6(HERE), "2001:db8:9:a::8");
}

/// A router tells its own address and its site's prefix in one call.
#[test]
fn an_address_and_a_prefix() {
    let router = |address: &str| prefix("2001:db8:9:9::/64").with_address(parse(address));
    let both = router("2001:db8:9:9::aaaa");
    for (ipv6, suffix, expected) in [
        ("2001:db8:1:1::1", "", "2001:db8:9:9::aaaa"),
        ("", "", "2001:db8:9:9::aaaa"),
        ("2001:db8:1:1::1", "::7", "2001:db8:9:9::7"),
        ("", "::7", "2001:db8:9:9::7"),
    ] {
        let mut site = Site::with(ipv6, suffix);
        assert_eq!(site.edit(both), Ok(true), "{ipv6} {suffix}");
        assert_eq!(site.ipv6(HERE), expected, "{ipv6} {suffix}");
        assert_eq!(site.edit(both), Ok(false), "{ipv6} {suffix}");
    }
    // The address of the other family goes beside the prefix, and so does a removal where nothing follows the prefix.
    let mut site = Site::with("2001:db8:1:1::1", "");
    assert_eq!(site.edit(router("192.0.2.77")), Ok(true));
    assert_eq!(site.ipv6(HERE), "2001:db8:9:9::1");
    assert_eq!(site.0.registry.host(&parse(HERE)).unwrap().ipv4.unwrap().addr().to_string(), "192.0.2.77");
    let removed = HostEdit { ipv6: AddressEdit::Remove, ..prefix("2001:db8:9:a::/64") };
    assert_eq!(site.edit(removed), Ok(true));
    assert_eq!(site.ipv6(HERE), "none");
    let mut site = Site::with("2001:db8:1:1::1", "::7");
    assert_eq!(site.edit(removed), Ok(true));
    assert_eq!(site.ipv6(HERE), "2001:db8:9:a::7");
}

/// A router that has no prefix at present has an address all the same: it is not that of a machine behind it.
#[test]
fn an_address_and_no_prefix() {
    let nothing = HostEdit { prefix: Some(None), ..HostEdit::default() };
    let both = nothing.with_address(parse("2001:db8:9:9::aaaa")).with_address(parse("192.0.2.77"));
    for (ipv6, suffix, expected) in [
        ("2001:db8:1:1::1", "", "2001:db8:9:9::aaaa"),
        ("", "", "2001:db8:9:9::aaaa"),
        ("2001:db8:1:1::1", "::7", "2001:db8:1:1::1"),
        ("", "::7", "none"),
    ] {
        let mut site = Site::with(ipv6, suffix);
        assert_eq!(site.edit(nothing), Ok(false), "{ipv6} {suffix}");
        assert_eq!(site.edit(both), Ok(true), "{ipv6} {suffix}");
        assert_eq!(site.ipv6(HERE), expected, "{ipv6} {suffix}");
        assert_eq!(site.0.registry.host(&parse(HERE)).unwrap().ipv4.unwrap().addr().to_string(), "192.0.2.77");
        assert_eq!(site.edit(both), Ok(false), "{ipv6} {suffix}");
        // Without IPv6 at all, there is none behind it either.
        let removed = HostEdit { ipv6: AddressEdit::Remove, ..nothing };
        assert_eq!(site.edit(removed), Ok(expected != "none"), "{ipv6} {suffix}");
        assert_eq!(site.ipv6(HERE), "none", "{ipv6} {suffix}");
    }
    // The same of a whole site.
    let mut site = Site::with("2001:db8:1:1::1", "::7");
    site.host("i.dyn.example", "2001:db8:1:1::2", "");
    assert_eq!(site.ask(&by(JOE, None), all(nothing)).unwrap().changes, []);
    assert_eq!(lines(&site.ask(&by(JOE, None), all(both)).unwrap()).len(), 4);
    let found = [HERE, "i.dyn.example", "a.dyn.example"].map(|name| site.ipv6(name));
    assert_eq!(found, ["2001:db8:1:1::1", "2001:db8:9:9::aaaa", "2001:db8:9:9::aaaa"]);
}

/// Both families or none: a prefix that does not fit leaves the IPv4 address beside it as it was.
#[test]
fn a_call_is_taken_whole() {
    let mut site = Site::with("2001:db8:1:1::1", "0:0:0:3::1");
    let edit = prefix("2001:db8:9:9::/64").with_address(parse("192.0.2.77"));
    assert!(matches!(site.edit(edit), Err(Refusal::NoSubnet { .. })));
    assert_eq!(site.0.registry.host(&parse(HERE)).unwrap().ipv4.unwrap().addr().to_string(), "192.0.2.1");
}

#[test]
fn an_operator_takes_public_addresses_only() {
    let mut site = Site::with("2001:db8:1:1::1", "");
    let only = Settings { public_addresses_only: true, ..(**site.0.registry.settings()).clone() };
    site.run(Command::SetSettings(only));
    for private in ["2001:db8:9:9::/64", "fd00::/64", "fe80::/64", "fec0::/64"] {
        assert_eq!(site.edit(prefix(private)), Err(Refusal::NotPublic), "{private}");
    }
    assert_eq!(site.edit(prefix("2a00:1:2:3::/64")), Ok(true));
    assert_eq!(site.ipv6(HERE), "2a00:1:2:3::1");
    // What the host has is judged, not what the call brought beside it and the host did not take.
    site.edit(HostEdit { suffix: Some(given("::7")), ..HostEdit::default() }).unwrap();
    let beside = prefix("2a00:1:2:4::/64").with_address(parse("fd00::1"));
    assert_eq!(site.edit(beside), Ok(true));
    assert_eq!(site.ipv6(HERE), "2a00:1:2:4::7");
}

#[test]
fn an_offline_host_remembers() {
    let mut site = Site::with("2001:db8:1:1::1", "");
    site.edit(HostEdit { offline: Some(true), ..HostEdit::default() }).unwrap();
    assert_eq!(site.edit(prefix("2001:db8:9:9::/64")), Ok(true));
    assert_eq!((site.ipv6(HERE).as_str(), site.served(HERE).as_str()), ("2001:db8:9:9::1", "none"));
    site.edit(HostEdit { offline: Some(false), ..HostEdit::default() }).unwrap();
    assert_eq!(site.served(HERE), "2001:db8:9:9::1");
}

/// What a host is like is not its address: that takes the right to manage.
#[test]
fn who_may_say_what_a_host_keeps() {
    const UPDATE: usize = 4;
    let mut site = Site::with("2001:db8:1:1::1", "");
    let mut ask = |edit| {
        let command = Command::SetHosts { hosts: vec![parse(HERE)], edit, together: Together::AllOrNothing };
        site.ask(&by(JOE, Some(UPDATE)), command).map(|decision| decision.changes.len())
    };
    assert_eq!(ask(prefix("2001:db8:9:9::/64")), Ok(1));
    for suffix in [None, given("::7")] {
        let edit = HostEdit { suffix: Some(suffix), ..HostEdit::default() };
        assert_eq!(ask(edit), Err(Refusal::OutOfScope));
        assert_eq!(ask(HostEdit { suffix: Some(suffix), ..prefix("2001:db8:9:9::/64") }), Err(Refusal::OutOfScope));
    }
    let heartbeat = HostEdit { heartbeat: Some(Some(parse("60"))), ..HostEdit::default() };
    assert_eq!(ask(heartbeat), Err(Refusal::OutOfScope));
}

// -- a whole site

/// 200 hosts move by one call: as many changes, one difference of the zone, one step of its serial; and nobody sees half of it.
#[test]
fn two_hundred_hosts_of_one_site() {
    let mut site = Site::new();
    for number in 0..200 {
        let (ipv6, suffix) = match number % 3 {
            0 => (format!("2001:db8:1:1::{number:x}"), String::new()),
            1 => (String::new(), format!("::{number:x}")),
            _ => (format!("2001:db8:1:1::{number:x}"), format!("::{:x}:{number:x}", 9)),
        };
        site.host(&format!("h{number}.dyn.example"), &ipv6, &suffix);
    }
    // Neither may it be a host without IPv6, nor somebody else's.
    let untouched = |site: &Site| {
        ["a.dyn.example", "a.joe.example", "a.ann.example"]
            .map(|name| site.0.registry.host(&parse(name)).unwrap().clone())
    };
    let others = untouched(&site);
    site.0.pass(10);
    let before = site.0.registry.clone();
    let domain = before.domain_by_name(&parse("dyn.example")).unwrap().clone();
    let decision = decide(&before, &by(JOE, None), &all(prefix("2001:db8:9:9::/64")), site.0.now).unwrap();
    assert_eq!(decision.changes.len(), 200);
    assert!(decision.changes.iter().all(|change| matches!(change, Change::Host(_))));
    assert_eq!(lines(&decision).len(), 200);
    assert!(lines(&decision).iter().all(|(_, changed)| *changed));

    site.0.take_over(&decision.changes);
    let mut published = site.0.registry.clone();
    let differences = zone::advance(&before, &mut published, &decision.changes, site.0.now);
    let [difference] = differences.as_slice() else { panic!("{} differences", differences.len()) };
    let count = |records: &[zone::ZoneRecord], site: &str| {
        let inside =
            |data: &RecordData| matches!(data, RecordData::Aaaa(address) if address.to_string().starts_with(site));
        records.iter().filter(|record| inside(&record.data)).count()
    };
    assert_eq!((difference.domain, difference.from), (domain.number, before.serial(domain.number)));
    assert_eq!(difference.to, difference.from.next(site.0.now));
    assert_eq!((difference.removed.len(), count(&difference.removed, "2001:db8:1:1:")), (134, 133), "and the SOA");
    assert_eq!((difference.added.len(), count(&difference.added, "2001:db8:9:9:")), (201, 200), "and the SOA");
    site.0.publish(&before, &decision.changes);
    assert_eq!(untouched(&site), others);
    let served: Vec<_> = records(&site.0.registry, &domain).into_iter().collect();
    assert_eq!((count(&served, "2001:db8:1:1:"), count(&served, "2001:db8:9:9:")), (0, 200));
    for (name, address) in [("h0", "2001:db8:9:9::"), ("h3", "2001:db8:9:9::3"), ("h4", "2001:db8:9:9::4")] {
        assert_eq!(site.served(&format!("{name}.dyn.example")), address);
    }
    assert_eq!(site.served("h5.dyn.example"), "2001:db8:9:9::9:5");
    let again = site.ask(&by(JOE, None), all(prefix("2001:db8:9:9::/64"))).unwrap();
    assert_eq!(again.changes, [], "the repeat");
    assert_eq!((lines(&again).len(), lines(&again).iter().any(|(_, changed)| *changed)), (200, false));
}

#[test]
fn one_host_without_room_holds_all_back() {
    let mut site = Site::new();
    for number in 0..5 {
        let suffix = if number == 3 { "0:0:0:8::1" } else { "0:0:0:7::1" };
        site.host(&format!("h{number}.dyn.example"), "2001:db8:1:1::1", suffix);
    }
    let before = site.0.registry.clone();
    let (name, moved) = (parse("h3.dyn.example"), "2001:db8:9:10::/61");
    let refused = Refusal::NoSubnet { name, prefix: parse(moved), subnet: 8 };
    assert_eq!(site.ask(&by(JOE, None), all(prefix(moved))), Err(refused));
    assert!(before.hosts().eq(site.0.registry.hosts()));
    assert_eq!(site.ask(&by(JOE, None), all(prefix("2001:db8:9:10::/60"))).unwrap().changes.len(), 5);
    assert_eq!(site.ipv6("h3.dyn.example"), "2001:db8:9:18::1");
}

/// Hosts that have no IPv6 take of a call what is for them, and none of them is a reason to refuse.
#[test]
fn hosts_without_ipv6_in_a_site() {
    let mut site = Site::with("2001:db8:1:1::1", "");
    let moved = site.ask(&by(JOE, None), all(prefix("2001:db8:9:9::/64"))).unwrap();
    assert_eq!(lines(&moved), [(HERE.to_owned(), true)], "the others are not in it");
    let with_v4 = prefix("2001:db8:9:a::/64").with_address(parse("192.0.2.5"));
    let moved = site.ask(&by(JOE, None), all(with_v4)).unwrap();
    assert_eq!(lines(&moved).len(), 3);
    for name in [HERE, "a.dyn.example", "a.joe.example"] {
        assert_eq!(site.0.registry.host(&parse(name)).unwrap().ipv4.unwrap().addr().to_string(), "192.0.2.5", "{name}");
    }
    assert_eq!(["a.dyn.example", HERE].map(|name| site.ipv6(name)), ["none", "2001:db8:9:a::1"]);
    // A suffix for all comes before the prefix for all.
    let edit = HostEdit { suffix: Some(given("::7")), ..prefix("2001:db8:9:b::/64") };
    let moved = site.ask(&by(JOE, None), all(edit)).unwrap();
    assert_eq!(moved.changes.len(), 3);
    assert_eq!(["a.dyn.example", HERE].map(|name| site.ipv6(name)), ["2001:db8:9:b::7", "2001:db8:9:b::7"]);
    assert_eq!(site.ask(&by(JOE, None), all(edit)).unwrap().changes, []);
}

/// What comes beside a prefix may be for those alone that it moves.
#[test]
fn words_for_those_that_move() {
    let mut site = Site::with("2001:db8:1:1::1", "");
    let edit = HostEdit { offline: Some(true), ttl: Some(HostTtl::ALL[1]), ..prefix("2001:db8:9:9::/64") };
    let movable = site.ask(&by(JOE, None), Command::SetAllHosts { edit, among: Among::Movable }).unwrap();
    assert_eq!(lines(&movable), [(HERE.to_owned(), true)]);
    let offline = |site: &Site, name: &str| site.0.registry.host(&parse(name)).unwrap().offline;
    assert_eq!(offline(&site, HERE), Offline::Manual);
    assert_eq!([offline(&site, "a.dyn.example"), offline(&site, "a.joe.example")], [Offline::No; 2]);
    assert_eq!(lines(&site.ask(&by(JOE, None), all(edit)).unwrap()).len(), 3);
    assert_eq!(offline(&site, "a.dyn.example"), Offline::Manual);
}

#[test]
fn a_scope_says_which_hosts_move() {
    let (here, elsewhere) = ("h.dyn.example", "h.joe.example");
    // Which of the two a token moves; nobody else moves any, and who has none moves none.
    for (scope, moved) in [
        (0, vec![here, elsewhere]),
        (1, vec![]),
        (2, vec![]),
        (3, vec![here]),
        (4, vec![here, elsewhere]),
        (7, vec![elsewhere]),
    ] {
        let mut site = Site::new();
        site.host(here, "2001:db8:1:1::1", "");
        site.host(elsewhere, "2001:db8:1:1::2", "::2");
        let decision = site.ask(&by(JOE, Some(scope)), all(prefix("2001:db8:9:9::/64"))).unwrap();
        let expected: Vec<_> = moved.iter().map(|name| ((*name).to_owned(), true)).collect();
        assert_eq!(lines(&decision), expected, "{scope}");
        for name in [here, elsewhere] {
            assert_eq!(site.ipv6(name).starts_with("2001:db8:9:9:"), moved.contains(&name), "{scope} {name}");
        }
    }
    let mut site = Site::new();
    site.host(here, "2001:db8:1:1::1", "");
    for (caller, refusal) in [
        (by(JOE, Some(8)), Refusal::OutOfScope),
        (by(JOE, Some(12)), Refusal::OutOfScope),
        (Caller::Guest, Refusal::NotSignedIn),
    ] {
        assert_eq!(site.ask(&caller, all(prefix("2001:db8:9:9::/64"))), Err(refusal));
    }
    for number in [ANN, OPERATOR] {
        let decision = site.ask(&by(number, None), all(prefix("2001:db8:9:9::/64"))).unwrap();
        assert_eq!((lines(&decision), decision.changes.len()), (vec![], 0), "all are one's own");
    }
    let named = Command::SetHosts {
        hosts: vec![parse(here)],
        edit: prefix("2001:db8:9:9::/64"),
        together: Together::AllOrNothing,
    };
    assert!(matches!(site.ask(&by(ANN, None), named.clone()), Err(Refusal::NotYours { .. })));
    assert_eq!(site.ask(&by(JOE, Some(1)), named), Err(Refusal::OutOfScope));
}

/// Of several hosts by name, those that cannot follow say so, and hold nobody back unless they shall.
#[test]
fn named_hosts_one_by_one() {
    let mut site = Site::new();
    for (name, ipv6, suffix) in
        [("h1.dyn.example", "2001:db8:1:1::1", ""), ("h2.dyn.example", "", ""), ("h3.dyn.example", "", "0:0:0:3::1")]
    {
        site.host(name, ipv6, suffix);
    }
    let hosts: Vec<Fqdn> = ["h1", "h2", "h3"].iter().map(|label| parse(&format!("{label}.dyn.example"))).collect();
    let edit = prefix("2001:db8:9:9::/64");
    let together = |together| Command::SetHosts { hosts: hosts.clone(), edit, together };
    let refused = Refusal::NoSuffix { name: hosts[1].clone() };
    assert_eq!(site.ask(&by(JOE, None), together(Together::AllOrNothing)), Err(refused.clone()));
    let decision = site.ask(&by(JOE, None), together(Together::Each)).unwrap();
    let Receipt::Hosts(lines) = decision.receipt else { panic!("{:?}", decision.receipt) };
    assert!(lines[0].outcome.as_ref().is_ok_and(|outcome| outcome.changed));
    assert_eq!(lines[1].outcome, Err(refused));
    let no_room = Refusal::NoSubnet { name: hosts[2].clone(), prefix: edit.prefix.flatten().unwrap(), subnet: 3 };
    assert_eq!(lines[2].outcome, Err(no_room));
    assert_eq!(decision.changes.len(), 1);
}
