//! Silence: what should have reported goes offline, and comes back with its next word.

use ddns_core::*;

use crate::stage::{Stage, records};
use crate::support::parse;
use crate::universe::{ANN, JOE, OPERATOR, account, token_id};

const HOST: &str = "a.dyn.example";

/// Joe's host and the client that carries it, in a domain that has an offline address.
struct Watch(Stage);

impl Watch {
    fn new() -> Watch {
        let mut watch = Watch(Stage::new());
        let sorry = std::net::Ipv4Addr::new(192, 0, 2, 99).try_into().unwrap();
        let edit = DomainEdit { offline_ipv4: Some(Some(sorry)), ..DomainEdit::default() };
        watch.run(&Caller::Local, Command::SetDomain { domain: parse("dyn.example"), edit });
        watch
    }

    /// Both have a heartbeat.
    fn beating() -> Watch {
        let mut watch = Watch::new();
        let heartbeat = Some(Some(parse("60")));
        assert_eq!(watch.edit(HostEdit { heartbeat, ..HostEdit::default() }), 1);
        assert_eq!(watch.run(&joe(), set_client(heartbeat)), 1);
        watch
    }

    /// Says how much that changed.
    fn run(&mut self, caller: &Caller, command: Command) -> usize {
        self.0.ask(caller, &command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}")).changes.len()
    }

    fn edit(&mut self, edit: HostEdit) -> usize {
        self.run(&joe(), Command::SetHosts { hosts: vec![parse(HOST)], edit, together: Together::AllOrNothing })
    }

    fn put(&mut self, offline: Option<bool>) -> usize {
        self.run(
            &joe(),
            Command::PutClient {
                key: parse("home"),
                edit: ClientEdit { offline, ..ClientEdit::default() },
                must_exist: true,
            },
        )
    }

    fn go(&mut self) -> usize {
        self.run(&joe(), Command::MoveClient { key: parse("home"), address: Some(parse("8.8.8.8")) })
    }

    fn host(&self) -> &Host {
        self.0.registry.host(&parse(HOST)).unwrap()
    }

    fn client(&self) -> &Client {
        self.0.registry.client(&parse("home")).unwrap()
    }

    fn miss(&mut self, host: bool, client: bool) -> usize {
        let hosts = host.then(|| self.host().number).into_iter().collect();
        let clients = client.then(|| self.client().number).into_iter().collect();
        self.run(&Caller::Local, Command::MissHeartbeats { hosts, clients })
    }

    /// Host and client, and the address that DNS answers.
    fn expect(&self, host: Offline, client: Offline, address: &str) {
        assert_eq!((self.host().offline, self.client().offline), (host, client));
        let domain = self.0.registry.domain(self.host().domain).unwrap();
        let served = records(&self.0.registry, domain).into_iter().filter(|record| record.owner == parse(HOST));
        let served: Vec<String> = served.map(|record| record.data.to_string()).collect();
        assert_eq!(served, [address]);
    }
}

use Offline::{Manual, Missed, No};
const ON: &str = "8.8.8.8";
const OFF: &str = "192.0.2.99";

fn joe() -> Caller {
    Caller::Account(Identity { account: account(JOE), token: None, source: Some(parse("8.8.8.8")) })
}

fn set_client(heartbeat: Option<Option<Heartbeat>>) -> Command {
    Command::PutClient { key: parse("home"), edit: ClientEdit { offline: None, heartbeat }, must_exist: true }
}

fn to(address: &str) -> HostEdit {
    HostEdit::default().with_address(parse(address))
}

#[test]
fn a_silent_host_answers_the_offline_address() {
    let mut watch = Watch::beating();
    watch.expect(No, No, ON);
    watch.0.pass(60);
    assert_eq!(watch.miss(true, false), 1);
    watch.expect(Missed, No, OFF);
    assert_eq!(watch.host().updated, watch.0.now);
    assert_eq!(watch.host().ipv4.unwrap().addr().to_string(), ON, "it remembers");
    assert_eq!(watch.miss(true, false), 0, "twice is nothing");
}

/// Any word of its address brings it back, also an unchanged one: then that is what changes.
#[test]
fn its_next_word_brings_it_back() {
    let prefix = HostEdit { prefix: Some(Some(parse("2001:db8:9:9::/64"))), ..HostEdit::default() };
    for (edit, served) in [
        (to("8.8.8.8"), "8.8.8.8"),
        (to("192.0.2.7"), "192.0.2.7"),
        (HostEdit { ipv6: AddressEdit::Remove, ..HostEdit::default() }, "8.8.8.8"),
        (HostEdit { offline: Some(false), ..HostEdit::default() }, "8.8.8.8"),
    ] {
        let mut watch = Watch::beating();
        watch.miss(true, false);
        assert_eq!(watch.edit(edit), 1, "{edit:?}");
        watch.expect(No, No, served);
        assert_eq!(watch.edit(edit), 0, "{edit:?} again");
    }
    // A prefix is a word of its address, too.
    let mut watch = Watch::beating();
    watch.edit(to("2001:db8:9:9::1"));
    watch.edit(HostEdit { ipv4: AddressEdit::Remove, ..HostEdit::default() });
    watch.miss(true, false);
    assert_eq!((watch.edit(prefix), watch.edit(prefix)), (1, 0));
    watch.expect(No, No, "2001:db8:9:9::1");
    watch.miss(true, false);
    assert_eq!(watch.run(&joe(), Command::SetAllHosts { edit: prefix, among: Among::All }), 1);
    watch.expect(No, No, "2001:db8:9:9::1");
    // What says nothing of an address does not; nor does what is refused.
    for edit in [
        HostEdit { ttl: Some(HostTtl::S300), ..HostEdit::default() },
        HostEdit { wildcard: Some(true), ..HostEdit::default() },
        HostEdit { suffix: Some(Some(parse("::1"))), ..HostEdit::default() },
        HostEdit { heartbeat: Some(Some(parse("90"))), ..HostEdit::default() },
        HostEdit::default(),
    ] {
        let mut watch = Watch::beating();
        watch.miss(true, false);
        watch.edit(edit);
        assert_eq!(watch.host().offline, Missed, "{edit:?}");
    }
    let mut watch = Watch::beating();
    watch.miss(true, false);
    let refused = Command::SetHosts { hosts: vec![parse(HOST)], edit: prefix, together: Together::Each };
    assert_eq!(watch.run(&joe(), refused), 0);
    watch.expect(Missed, No, OFF);
}

/// Somebody's word stays: silence does not turn it into what the next update ends.
#[test]
fn offline_by_word_stays() {
    let mut watch = Watch::beating();
    watch.edit(HostEdit { offline: Some(true), ..HostEdit::default() });
    watch.put(Some(true));
    watch.expect(Manual, Manual, OFF);
    assert_eq!(watch.miss(true, true), 0);
    watch.expect(Manual, Manual, OFF);
    watch.edit(to("8.8.8.8"));
    watch.go();
    watch.expect(Manual, Manual, OFF);
    // The other way: a word makes missed manual, and then it takes a word again.
    let mut watch = Watch::beating();
    watch.miss(true, true);
    assert_eq!(watch.edit(HostEdit { offline: Some(true), ..HostEdit::default() }), 1);
    assert_eq!(watch.put(Some(true)), 1);
    watch.edit(to("8.8.8.8"));
    watch.go();
    watch.expect(Manual, Manual, OFF);
}

#[test]
fn a_silent_client_takes_its_hosts_with_it() {
    let mut watch = Watch::beating();
    watch.go();
    watch.0.pass(60);
    assert_eq!(watch.miss(false, true), 1, "its hosts are not changed");
    watch.expect(No, Missed, OFF);
    assert_eq!(watch.client().updated, watch.0.now);
    assert_eq!(watch.miss(false, true), 0);
    assert_eq!(watch.put(None), 0, "an empty word is no sign of life");
    watch.expect(No, Missed, OFF);
    assert_eq!(watch.edit(to("8.8.8.8")), 0, "nor is its host's");
    watch.expect(No, Missed, OFF);
    assert_eq!(watch.go(), 1, "unchanged but for that it is there");
    watch.expect(No, No, ON);
    watch.miss(false, true);
    assert_eq!(watch.put(Some(false)), 1);
    watch.expect(No, No, ON);
    assert_eq!((watch.put(Some(false)), watch.go()), (0, 0));
    // Where both were silent, the client's move is its host's update.
    assert_eq!(watch.miss(true, true), 2);
    watch.expect(Missed, Missed, OFF);
    assert_eq!(watch.go(), 2);
    watch.expect(No, No, ON);
}

/// What has no heartbeat, or is not there, cannot miss one.
#[test]
fn nothing_to_miss() {
    let mut watch = Watch::new();
    assert_eq!(watch.miss(true, true), 0);
    watch.expect(No, No, ON);
    let nobody = Command::MissHeartbeats { hosts: Vec::new(), clients: Vec::new() };
    assert_eq!(watch.run(&Caller::Local, nobody), 0);
    let gone = Command::MissHeartbeats { hosts: vec![HostNo::MAX], clients: vec![ClientNo::new(u32::MAX).unwrap()] };
    assert_eq!(watch.run(&Caller::Local, gone), 0);
    // A heartbeat that was taken away meanwhile.
    let mut watch = Watch::beating();
    watch.edit(HostEdit { heartbeat: Some(None), ..HostEdit::default() });
    watch.run(&joe(), set_client(Some(None)));
    assert_eq!(watch.miss(true, true), 0);
    // One that is taken away later: what was missed is offline until the next word, as before.
    let mut watch = Watch::beating();
    watch.miss(true, false);
    watch.edit(HostEdit { heartbeat: Some(None), ..HostEdit::default() });
    watch.expect(Missed, No, OFF);
    watch.edit(to("8.8.8.8"));
    watch.expect(No, No, ON);
}

/// The same number twice in one command is one change of it.
#[test]
fn named_twice() {
    let mut watch = Watch::beating();
    let (host, client) = (watch.host().number, watch.client().number);
    let command = Command::MissHeartbeats { hosts: vec![host, host], clients: vec![client, client, client] };
    assert_eq!(watch.run(&Caller::Local, command), 2);
    watch.expect(Missed, Missed, OFF);
}

#[test]
fn who_has_a_heartbeat_is_known() {
    let mut watch = Watch::new();
    let known = |watch: &Watch| {
        let registry = &watch.0.registry;
        let hosts: Vec<String> = registry.hosts_with_heartbeat().map(|host| host.name.to_string()).collect();
        let clients: Vec<String> = registry.clients_with_heartbeat().map(|client| client.key.to_string()).collect();
        (hosts, clients)
    };
    assert_eq!(known(&watch), (vec![], vec![]));
    let beat = |secs: &str| HostEdit { heartbeat: Some(Some(parse(secs))), ..HostEdit::default() };
    assert_eq!((watch.edit(beat("60")), watch.edit(beat("60"))), (1, 0));
    assert_eq!(watch.run(&joe(), set_client(Some(Some(parse("90"))))), 1);
    assert_eq!(watch.run(&joe(), set_client(None)), 0);
    assert_eq!(known(&watch), (vec![HOST.to_owned()], vec!["home".to_owned()]));
    assert_eq!(watch.edit(beat("120")), 1);
    assert_eq!(watch.host().heartbeat.map(u32::from), Some(120));
    assert_eq!(known(&watch).0, [HOST]);
    let (name, owner, heartbeat) = (parse("new.dyn.example"), account(JOE), Some(parse("60")));
    let new =
        NewHost { name, owner, ipv4: None, ipv6: None, ttl: HostTtl::S60, wildcard: false, suffix: None, heartbeat };
    watch.run(&joe(), Command::AddHost(new));
    assert_eq!(known(&watch).0, [HOST, "new.dyn.example"]);
    watch.run(&joe(), Command::RemoveHost { host: parse(HOST) });
    watch.run(&joe(), Command::RemoveClient { key: parse("home") });
    assert_eq!(known(&watch), (vec!["new.dyn.example".to_owned()], vec![]));
}

#[test]
fn who_may() {
    let mut watch = Watch::beating();
    let by = |number, scope: Option<usize>| {
        let token = scope.map(|scope| token_id(number, scope));
        Caller::Account(Identity { account: account(number), token, source: Some(parse("8.8.8.8")) })
    };
    let (hosts, clients) = (vec![watch.host().number], vec![watch.client().number]);
    let miss = Command::MissHeartbeats { hosts, clients };
    for (caller, refusal) in [
        (by(JOE, None), Refusal::OperatorOnly),
        (by(JOE, Some(0)), Refusal::OperatorOnly),
        (by(ANN, None), Refusal::OperatorOnly),
        (by(JOE, Some(4)), Refusal::OutOfScope),
        (by(OPERATOR, Some(4)), Refusal::OutOfScope),
        (Caller::Guest, Refusal::NotSignedIn),
        (Caller::Mailed(account(JOE)), Refusal::NotSignedIn),
    ] {
        assert_eq!(watch.0.ask(&caller, &miss), Err(refusal), "{caller:?}");
    }
    assert_eq!(watch.run(&by(OPERATOR, None), miss), 2);
    // A client's heartbeat is for who manages it, and all that hangs on it.
    let set = set_client(Some(None));
    for (caller, refusal) in [(by(JOE, Some(4)), Refusal::OutOfScope), (Caller::Guest, Refusal::NotSignedIn)] {
        assert_eq!(watch.0.ask(&caller, &set), Err(refusal), "{caller:?}");
    }
    assert!(matches!(watch.0.ask(&by(ANN, None), &set), Err(Refusal::NotYours { .. })));
    let unknown = Command::PutClient { key: parse("nobody"), edit: ClientEdit::default(), must_exist: true };
    assert!(matches!(watch.0.ask(&by(JOE, None), &unknown), Err(Refusal::NotFound { .. })));
    watch.run(&joe(), Command::AttachHost { key: parse("home"), host: parse("a.joe.example") });
    assert_eq!(watch.0.ask(&by(JOE, Some(1)), &set), Err(Refusal::OutOfScope), "a token for one of its hosts");
    assert_eq!(watch.run(&by(JOE, Some(0)), set), 1);
}
