//! The client semantics of the first seed, told as the stories that its users live through.

use ddns_core::*;

use crate::stage::Stage;
use crate::support::parse;
use crate::universe::{JOE, account};

/// Joe's client `home` carries two hosts in a shared domain that has an offline address for IPv4 only.
struct Home(Stage);

impl Home {
    fn new() -> Home {
        let mut home = Home(Stage::new());
        let sorry = std::net::Ipv4Addr::new(192, 0, 2, 99).try_into().unwrap();
        let edit = DomainEdit { offline_ipv4: Some(Some(sorry)), ..DomainEdit::default() };
        home.ask(None, Command::SetDomain { name: parse("dyn.example"), edit });
        let (name, owner) = (parse("tv.dyn.example"), account(JOE));
        home.ask(
            None,
            Command::AddHost(NewHost { name, owner, ipv4: None, ipv6: None, ttl: HostTtl::S60, wildcard: false }),
        );
        home.ask(None, Command::AttachHost { key: parse("home"), host: parse("tv.dyn.example") });
        home
    }

    /// Joe asks from an address, or the operator without one; says how much that changed.
    fn ask(&mut self, source: Option<&str>, command: Command) -> usize {
        let source = source.map(parse);
        let joe = Caller::Account(Identity { account: account(JOE), token: None, source });
        let caller = if source.is_some() { joe } else { Caller::Local };
        self.0.ask(&caller, &command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}")).changes.len()
    }

    fn put(&mut self, source: &str, offline: Option<bool>) -> usize {
        self.ask(Some(source), Command::PutClient { key: parse("home"), offline, must_exist: false })
    }

    fn go(&mut self, source: &str, address: Option<&str>) -> usize {
        self.ask(Some(source), Command::MoveClient { key: parse("home"), address: address.map(parse) })
    }

    /// What the heartbeat's timer will do.
    fn miss(&mut self) {
        let before = self.0.registry.clone();
        let changes = self.0.missed_client(&parse("home"));
        self.0.take_over(&changes);
        self.0.publish(&before, &changes);
    }

    /// What a host answers for A and AAAA.
    fn served(&self, host: &str) -> (String, String) {
        let registry = &self.0.registry;
        let host = registry.host(&parse(host)).unwrap();
        let (ipv4, ipv6) = zone::served_addresses(registry, registry.domain(host.domain).unwrap(), host);
        let show = |address: Option<String>| address.unwrap_or_else(|| "none".to_owned());
        (show(ipv4.map(|address| address.to_string())), show(ipv6.map(|address| address.to_string())))
    }

    /// Both hosts answer so.
    fn expect(&self, ipv4: &str, ipv6: &str) {
        for host in ["a.dyn.example", "tv.dyn.example"] {
            assert_eq!(self.served(host), (ipv4.to_owned(), ipv6.to_owned()), "{host}");
        }
    }

    fn offline(&self) -> Offline {
        self.0.registry.client(&parse("home")).unwrap().offline
    }
}

#[test]
fn a_new_address_moves_every_host_and_one_family() {
    let mut home = Home::new();
    home.go("192.0.2.1", None);
    home.expect("192.0.2.1", "none");
    home.go("192.0.2.1", Some("2001:db8::1"));
    home.expect("192.0.2.1", "2001:db8::1");
    home.go("::ffff:192.0.2.2", None);
    home.expect("192.0.2.2", "2001:db8::1");
    assert_eq!(home.go("192.0.2.2", None), 0, "an unchanged repeat writes nothing");
    assert_eq!(home.served("a.joe.example").0, "8.8.8.8", "what hangs elsewhere stays");
}

#[test]
fn offline_by_word_ends_by_word() {
    let mut home = Home::new();
    home.go("192.0.2.1", None);
    home.put("192.0.2.1", Some(true));
    home.expect("192.0.2.99", "none");
    assert_eq!(home.put("192.0.2.1", Some(true)), 0);
    // The new address is remembered, the offline answer stays.
    home.go("192.0.2.2", None);
    home.expect("192.0.2.99", "none");
    assert_eq!(home.put("192.0.2.3", None), 0, "an empty body changes nothing");
    assert_eq!(home.offline(), Offline::Manual);
    // The step to online sets the caller's own address.
    home.put("192.0.2.4", Some(false));
    home.expect("192.0.2.4", "none");
    assert_eq!(home.put("192.0.2.5", Some(false)), 0, "who is online takes no step");
    home.expect("192.0.2.4", "none");
}

#[test]
fn back_online_without_an_own_address_shows_the_remembered_one() {
    let mut home = Home::new();
    home.put("192.0.2.1", Some(true));
    home.go("192.0.2.1", Some("192.0.2.2"));
    home.put("224.0.0.1", Some(false));
    home.expect("192.0.2.2", "none");
}

#[test]
fn a_missed_heartbeat_ends_with_the_next_update() {
    let mut home = Home::new();
    home.go("192.0.2.1", None);
    home.miss();
    assert_eq!((home.offline(), home.served("tv.dyn.example").0.as_str()), (Offline::Missed, "192.0.2.99"));
    assert_eq!(home.put("192.0.2.1", None), 0, "an empty body is no update");
    home.go("192.0.2.1", None);
    assert_eq!(home.offline(), Offline::No);
    home.expect("192.0.2.1", "none");
    home.miss();
    home.put("192.0.2.1", Some(true));
    home.go("192.0.2.2", None);
    assert_eq!(home.offline(), Offline::Manual, "a word is stronger than a missed heartbeat");
}

#[test]
fn a_host_that_is_offline_itself_stays_so() {
    let mut home = Home::new();
    let edit = HostEdit { offline: Some(true), ..HostEdit::default() };
    home.ask(None, Command::SetHosts { hosts: vec![parse("tv.dyn.example")], edit, together: Together::Each });
    home.go("192.0.2.1", None);
    assert_eq!(home.served("tv.dyn.example").0, "192.0.2.99");
    assert_eq!(home.served("a.dyn.example").0, "192.0.2.1");
}

#[test]
fn a_host_hangs_on_one_client() {
    let mut home = Home::new();
    let attach = |key: &str| Command::AttachHost { key: parse(key), host: parse("tv.dyn.example") };
    assert_eq!(home.ask(Some("192.0.2.1"), attach("home")), 0, "attaching is idempotent");
    let car = Command::PutClient { key: parse("car"), offline: Some(true), must_exist: false };
    assert_eq!(home.ask(Some("192.0.2.1"), car), 1);
    home.ask(Some("192.0.2.1"), attach("car"));
    assert_eq!(home.served("tv.dyn.example").0, "192.0.2.99", "it is where its new client is");
    home.go("192.0.2.7", None);
    assert_eq!(home.served("a.dyn.example").0, "192.0.2.7");
    home.ask(Some("192.0.2.1"), Command::RemoveClient { key: parse("car") });
    let tv = home.0.registry.host(&parse("tv.dyn.example")).unwrap();
    assert_eq!((tv.client, tv.ipv4), (None, None), "deleting a client keeps its hosts");
}

/// Found by thought: the operator takes public addresses only, and coming back online is one more way to bring one.
#[test]
fn back_online_from_an_address_that_the_operator_refuses() {
    let mut home = Home::new();
    home.put("8.8.8.8", Some(true));
    let public = Settings { public_addresses_only: true, ..Settings::default() };
    home.ask(None, Command::SetSettings(public));
    let joe = Caller::Account(Identity { account: account(JOE), token: None, source: Some(parse("10.0.0.1")) });
    let back = Command::PutClient { key: parse("home"), offline: Some(false), must_exist: false };
    assert_eq!(home.0.ask(&joe, &back), Err(Refusal::NotPublic));
    home.put("8.8.4.4", Some(false));
    home.expect("8.8.4.4", "none");
}
