//! The semantics of clients, told as the stories that their users live through.

use ddns_core::*;

use crate::stage::Stage;
use crate::support::parse;
use crate::universe::{ANN, EVE, JOE, account, token_id};

/// Joe's client `home` carries two hosts in a shared domain that has an offline address for IPv4 only.
struct Home(Stage);

impl Home {
    fn new() -> Home {
        let mut home = Home(Stage::new());
        let sorry = std::net::Ipv4Addr::new(192, 0, 2, 99).try_into().unwrap();
        let edit = DomainEdit { offline_ipv4: Some(Some(sorry)), ..DomainEdit::default() };
        home.ask(None, Command::SetDomain { domain: parse("dyn.example"), edit });
        let (name, owner) = (parse("tv.dyn.example"), account(JOE));
        home.ask(
            None,
            Command::AddHost(NewHost {
                name,
                owner,
                ipv4: None,
                ipv6: None,
                ttl: HostTtl::S60,
                wildcard: false,
                suffix: None,
                heartbeat: None,
            }),
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
        self.ask(
            Some(source),
            Command::PutClient {
                key: parse("home"),
                edit: ClientEdit { offline, ..ClientEdit::default() },
                must_exist: false,
            },
        )
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
    let car = Command::PutClient {
        key: parse("car"),
        edit: ClientEdit { offline: Some(true), ..ClientEdit::default() },
        must_exist: false,
    };
    assert_eq!(home.ask(Some("192.0.2.1"), car), 1);
    home.ask(Some("192.0.2.1"), attach("car"));
    assert_eq!(home.served("tv.dyn.example").0, "192.0.2.99", "it is where its new client is");
    home.go("192.0.2.7", None);
    assert_eq!(home.served("a.dyn.example").0, "192.0.2.7");
    home.ask(Some("192.0.2.1"), Command::RemoveClient { key: parse("car") });
    let tv = home.0.registry.host(&parse("tv.dyn.example")).unwrap();
    assert_eq!((tv.client, tv.ipv4), (None, None), "deleting a client keeps its hosts");
}

/// What a caller asks of joe's client with a token that covers one of its two hosts.
#[test]
fn a_token_of_partial_scope() {
    let mut home = Home::new();
    home.put("8.8.8.8", Some(true));
    let token = Some(token_id(JOE, 1));
    let partial = Caller::Account(Identity { account: account(JOE), token, source: Some(parse("8.8.8.8")) });
    let put = |offline| Command::PutClient {
        key: parse("home"),
        edit: ClientEdit { offline, ..ClientEdit::default() },
        must_exist: false,
    };
    // Found by thought: an empty body changes nothing, so it needs no scope over all hosts.
    let decision = home.0.ask(&partial, &put(None)).unwrap();
    assert_eq!(decision.changes, []);
    assert_eq!(home.0.ask(&partial, &put(Some(true))), Err(Refusal::OutOfScope), "the flag is all hosts'");
    let detach = |host: &str| Command::DetachHost { key: parse("home"), host: parse(host) };
    assert_eq!(home.0.ask(&partial, &detach("tv.dyn.example")), Err(Refusal::OutOfScope));
    home.0.ask(&partial, &detach("a.dyn.example")).unwrap();
    assert_eq!(home.served("a.dyn.example").0, "8.8.8.8", "what is taken off an offline client shows its own address");
}

/// A client is the account's, and what is about no host of the token's takes a token for all hosts.
#[test]
fn a_token_for_some_hosts_makes_and_removes_no_client() {
    let mut home = Home::new();
    home.ask(Some("8.8.8.8"), Command::PutClient { key: parse("car"), edit: ClientEdit::default(), must_exist: false });
    let by = |scope| {
        let token = Some(token_id(JOE, scope));
        Caller::Account(Identity { account: account(JOE), token, source: Some(parse("8.8.8.8")) })
    };
    let put = |key: &str, offline| Command::PutClient {
        key: parse(key),
        edit: ClientEdit { offline, ..ClientEdit::default() },
        must_exist: false,
    };
    let new = NewClient { key: parse("bus"), owner: account(JOE), offline: false };
    // One host, and whatever is under a name.
    for scope in [1, 3] {
        for command in [
            put("bus", None),
            put("bus", Some(true)),
            Command::AddClient(new.clone()),
            put("car", None),
            put("car", Some(true)),
            Command::MoveClient { key: parse("car"), address: None },
            Command::RemoveClient { key: parse("car") },
        ] {
            assert_eq!(home.0.ask(&by(scope), &command), Err(Refusal::OutOfScope), "{command:?}");
        }
    }
    // What updates all hosts may set the flag and move, and no more.
    home.0.ask(&by(4), &put("car", Some(true))).unwrap();
    home.0.ask(&by(4), &Command::MoveClient { key: parse("car"), address: None }).unwrap();
    assert_eq!(home.0.ask(&by(4), &Command::RemoveClient { key: parse("car") }), Err(Refusal::OutOfScope));
    assert_eq!(home.0.ask(&by(4), &put("bus", None)), Err(Refusal::OutOfScope));
    // Its own host may come and go; with nothing else on the client it is the client's.
    home.0.ask(&by(1), &Command::AttachHost { key: parse("car"), host: parse("a.dyn.example") }).unwrap();
    home.0.ask(&by(1), &put("car", Some(false))).unwrap();
    home.0.ask(&by(1), &Command::RemoveClient { key: parse("car") }).unwrap();
}

/// The operator at the command line has no account of its own, and says whose the client is.
#[test]
fn a_client_is_made_for_an_account() {
    let mut home = Home::new();
    let add = |key: &str, owner, offline| Command::AddClient(NewClient { key: parse(key), owner, offline });
    let joe = account(JOE);
    assert_eq!(home.ask(None, add("car", joe, true)), 1);
    let car = home.0.registry.client(&parse("car")).unwrap();
    assert_eq!((car.owner, car.offline, car.ipv4, car.ipv6), (joe, Offline::Manual, None, None));
    let taken = Refusal::Taken { name: "car".to_owned() };
    assert_eq!(home.0.ask(&Caller::Local, &add("car", joe, true)), Err(taken.clone()));
    assert_eq!(home.0.ask(&Caller::Local, &add("car", account(ANN), true)), Err(taken));
    assert_eq!(home.0.ask(&Caller::Local, &add("bus", account(EVE), false)), Err(Refusal::Inactive));
    let nobody = Refusal::NotFound { kind: Kind::Account, name: "99".to_owned() };
    assert_eq!(home.0.ask(&Caller::Local, &add("bus", account(99), false)), Err(nobody));
    let ann = Caller::Account(Identity { account: account(ANN), token: None, source: None });
    let foreign = Refusal::NotYours { kind: Kind::Account, name: "joe".to_owned() };
    assert_eq!(home.0.ask(&ann, &add("bus", joe, false)), Err(foreign));
    let missing = Refusal::NotFound { kind: Kind::Client, name: "bus".to_owned() };
    let put = Command::PutClient { key: parse("bus"), edit: ClientEdit::default(), must_exist: false };
    assert_eq!(home.0.ask(&Caller::Local, &put), Err(missing), "nobody's client cannot be");
}

#[test]
fn an_account_holds_so_many_clients() {
    let mut home = Home::new();
    let put = |key: String| Command::PutClient { key: parse(&key), edit: ClientEdit::default(), must_exist: false };
    // One more is there from the beginning.
    for number in 1..policy::CLIENTS_PER_ACCOUNT {
        home.ask(Some("192.0.2.1"), put(format!("car-{number}")));
    }
    let joe = Caller::Account(Identity { account: account(JOE), token: None, source: None });
    let full = Refusal::Quota { kind: Kind::Client, max: policy::CLIENTS_PER_ACCOUNT as u64 };
    assert_eq!(home.0.ask(&joe, &put("one-more".to_owned())), Err(full));
    assert_eq!(home.ask(Some("192.0.2.1"), put("car-1".to_owned())), 0, "a known one is no new one");
    home.ask(Some("192.0.2.1"), Command::RemoveClient { key: parse("car-1") });
    assert_eq!(home.ask(Some("192.0.2.1"), put("one-more".to_owned())), 1);
}

/// One change says what became of the client, and one what became of each host.
#[test]
fn the_way_back_is_told_once() {
    let mut home = Home::new();
    home.put("192.0.2.1", Some(true));
    assert_eq!(home.put("192.0.2.2", Some(false)), 3);
    home.miss();
    assert_eq!(home.go("192.0.2.3", None), 3);
}

/// Found by thought: the operator takes public addresses only, and coming back online is one more way to bring one.
#[test]
fn back_online_from_an_address_that_the_operator_refuses() {
    let mut home = Home::new();
    home.put("8.8.8.8", Some(true));
    let public = Settings { public_addresses_only: true, ..Settings::default() };
    home.ask(None, Command::SetSettings(public));
    let joe = Caller::Account(Identity { account: account(JOE), token: None, source: Some(parse("10.0.0.1")) });
    let back = Command::PutClient {
        key: parse("home"),
        edit: ClientEdit { offline: Some(false), ..ClientEdit::default() },
        must_exist: false,
    };
    assert_eq!(home.0.ask(&joe, &back), Err(Refusal::NotPublic));
    home.put("8.8.4.4", Some(false));
    home.expect("8.8.4.4", "none");
}
