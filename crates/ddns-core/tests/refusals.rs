//! Who is refused what, and why: frontends translate the kind of refusal, so the kind is part of the promise.

use ddns_core::*;
use uuid::Uuid;

use crate::stage::Stage;
use crate::support::parse;
use crate::universe::{ANN, EVE, JOE, OPERATOR, account, new_domain, scopes, token_id};

fn by(number: u32) -> Caller {
    Caller::Account(Identity { account: account(number), token: None, source: Some(parse("8.8.8.8")) })
}

fn by_token(number: u32, scope: usize, source: &str) -> Caller {
    let token = Some(token_id(number, scope));
    Caller::Account(Identity { account: account(number), token, source: Some(parse(source)) })
}

fn add_host(name: &str, owner: u32) -> Command {
    let owner = account(owner);
    Command::AddHost(NewHost {
        name: parse(name),
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: true,
        suffix: None,
        heartbeat: None,
    })
}

fn set_host(name: &str, address: &str) -> Command {
    let edit = HostEdit::default().with_address(parse(address));
    Command::SetHosts { hosts: vec![parse(name)], edit, together: Together::AllOrNothing }
}

fn add_record(id: u128, name: &str, record_type: &str, data: &str) -> Command {
    let data = RecordData::parse(parse(record_type), data).unwrap();
    let id = Uuid::from_u128(id);
    Command::AddRecord(NewRecord {
        id,
        name: parse(name),
        data,
        ttl: None,
        description: None,
        domain: None,
        narrow: false,
    })
}

fn put_client(key: &str, offline: Option<bool>) -> Command {
    Command::PutClient { key: parse(key), edit: ClientEdit { offline, ..ClientEdit::default() }, must_exist: false }
}

fn not_found(kind: Kind, name: &str) -> Refusal {
    Refusal::NotFound { kind, name: name.to_owned() }
}

fn not_yours(kind: Kind, name: &str) -> Refusal {
    Refusal::NotYours { kind, name: name.to_owned() }
}

fn conflict(name: &str, other: &str) -> Refusal {
    Refusal::Conflict { name: parse(name), other: other.to_owned() }
}

fn not_alone(name: &str) -> Refusal {
    Refusal::NotAlone { name: parse(name) }
}

fn overlaps(name: &str, other: &str) -> Refusal {
    Refusal::Overlaps { name: parse(name), other: parse(other) }
}

/// Each row on the same stage: a refused command leaves nothing behind.
fn check(stage: &Stage, rows: &[(Caller, Command, Refusal)]) {
    for (caller, command, refusal) in rows {
        let decided = decide(&stage.registry, caller, command, stage.now);
        assert_eq!(decided.as_ref(), Err(refusal), "{caller:?} {command:?}");
        let words = refusal.to_string();
        assert!(!words.is_empty() && !words.contains("Fqdn("), "words for people: {words}");
    }
}

#[test]
fn hosts() {
    let mut stage = Stage::new();
    for (caller, command) in [
        (Caller::Local, add_record(1, "t.joe.example", "A", "192.0.2.1")),
        (Caller::Local, add_record(2, "*.w.joe.example", "CNAME", "a.joe.example")),
        (Caller::Local, add_record(3, "cut.joe.example", "NS", "ns.elsewhere.invalid")),
        (Caller::Local, add_host("b.a.ann.example", ANN)),
        (Caller::Local, add_host("c.a.ann.example", ANN)),
        (Caller::Local, new_domain("k.q.dyn.example", None, false)),
    ] {
        stage.ask(&caller, &command).unwrap();
    }
    let name = |name: &str| parse::<Name>(name);
    check(
        &stage,
        &[
            (by(JOE), add_host("a.dyn.example", JOE), Refusal::Taken { name: "a.dyn.example".to_owned() }),
            (by(ANN), add_host("a.dyn.example", ANN), Refusal::Taken { name: "a.dyn.example".to_owned() }),
            (by(JOE), add_host("z.elsewhere.invalid", JOE), Refusal::NoDomain { name: name("z.elsewhere.invalid") }),
            (by(ANN), add_host("z.joe.example", ANN), Refusal::PrivateDomain { domain: name("joe.example") }),
            (Caller::Local, add_host("z.joe.example", ANN), Refusal::PrivateDomain { domain: name("joe.example") }),
            (by(ANN), add_host("ann.example", ANN), Refusal::Apex { name: name("ann.example") }),
            (by(JOE), add_host("www.dyn.example", JOE), Refusal::ReservedLabel { name: parse("www.dyn.example") }),
            (by(ANN), add_host("x.a.dyn.example", ANN), overlaps("x.a.dyn.example", "a.dyn.example")),
            (by(JOE), add_host("x.y.a.ann.example", JOE), overlaps("x.y.a.ann.example", "a.ann.example")),
            (by(JOE), add_host("q.dyn.example", JOE), overlaps("q.dyn.example", "k.q.dyn.example")),
            (by(JOE), add_host("t.joe.example", JOE), conflict("t.joe.example", "A record")),
            (by(JOE), add_host("w.joe.example", JOE), conflict("*.w.joe.example", "CNAME record")),
            (
                by(JOE),
                add_host("x.cut.joe.example", JOE),
                conflict("x.cut.joe.example", "delegation at cut.joe.example"),
            ),
            (by(ANN), add_host("z.dyn.example", ANN), Refusal::Quota { kind: Kind::Host, max: 3 }),
            (by(JOE), add_host("z.dyn.example", ANN), not_yours(Kind::Account, "ann")),
            (Caller::Local, add_host("z.dyn.example", 99), not_found(Kind::Account, "99")),
            (Caller::Local, add_host("z.dyn.example", EVE), Refusal::Inactive),
            (by(ANN), set_host("a.dyn.example", "192.0.2.1"), not_yours(Kind::Host, "a.dyn.example")),
            (by(ANN), set_host("z.dyn.example", "192.0.2.1"), not_found(Kind::Host, "z.dyn.example")),
            (by(ANN), Command::RemoveHost { host: parse("a.dyn.example") }, not_yours(Kind::Host, "a.dyn.example")),
        ],
    );
    let public = Settings { public_addresses_only: true, ..Settings::default() };
    stage.ask(&Caller::Local, &Command::SetSettings(public)).unwrap();
    check(
        &stage,
        &[
            (by(JOE), set_host("a.dyn.example", "10.0.0.1"), Refusal::NotPublic),
            (Caller::Local, set_host("a.dyn.example", "fd00::1"), Refusal::NotPublic),
        ],
    );
    assert!(stage.ask(&by(JOE), &set_host("a.dyn.example", "8.8.4.4")).is_ok());
}

#[test]
fn callers() {
    let mut stage = Stage::new();
    let update = || set_host("a.dyn.example", "8.8.4.4");
    let elsewhere = || set_host("a.joe.example", "8.8.4.4");
    check(
        &stage,
        &[
            (by(EVE), update(), Refusal::Inactive),
            (by(99), update(), Refusal::Inactive),
            // Somebody else's token does not act for joe.
            (
                Caller::Account(Identity { account: account(JOE), token: Some(token_id(ANN, 0)), source: None }),
                update(),
                Refusal::TokenVoid,
            ),
            (by_token(JOE, scopes().len(), "8.8.8.8"), update(), Refusal::TokenVoid),
            (by_token(JOE, 5, "8.8.9.8"), update(), Refusal::TokenVoid),
            (by_token(JOE, 1, "8.8.8.8"), elsewhere(), Refusal::OutOfScope),
            (by_token(JOE, 2, "8.8.8.8"), Command::RemoveHost { host: parse("a.dyn.example") }, Refusal::OutOfScope),
            (by_token(JOE, 1, "8.8.8.8"), add_host("z.dyn.example", JOE), Refusal::OutOfScope),
            (by_token(JOE, 1, "8.8.8.8"), add_record(1, "z.joe.example", "TXT", "x"), Refusal::OutOfScope),
            (by_token(OPERATOR, 1, "8.8.8.8"), Command::Elapse, Refusal::OutOfScope),
            (by(JOE), Command::Elapse, Refusal::OperatorOnly),
            (by(JOE), Command::SetSettings(Settings::default()), Refusal::OperatorOnly),
            (by(JOE), new_domain("test", None, false), Refusal::OperatorOnly),
            (by(JOE), new_domain("test", Some(JOE), true), Refusal::OperatorOnly),
        ],
    );
    for caller in
        [by_token(JOE, 1, "8.8.8.8"), by_token(JOE, 5, "::ffff:8.8.8.9"), by_token(JOE, 6, "9.9.9.9"), by(OPERATOR)]
    {
        assert!(decide(&stage.registry, &caller, &update(), stage.now).is_ok(), "{caller:?}");
    }
    stage.pass(5_000);
    check(&stage, &[(by_token(JOE, 6, "9.9.9.9"), update(), Refusal::TokenVoid)]);
    stage.ask(&by(JOE), &Command::RevokeToken { token: token_id(JOE, 1) }).unwrap();
    check(&stage, &[(by_token(JOE, 1, "8.8.8.8"), update(), Refusal::TokenVoid)]);
}

/// A token's exact entry ends with the host, and what is left covers nothing: neither the name's next host nor another.
#[test]
fn a_token_for_one_host_ends_with_it() {
    let mut stage = Stage::new();
    stage.ask(&by(JOE), &Command::RemoveHost { host: parse("a.dyn.example") }).unwrap();
    stage.ask(&by(JOE), &add_host("a.dyn.example", JOE)).unwrap();
    check(
        &stage,
        &[
            (by_token(JOE, 1, "8.8.8.8"), set_host("a.dyn.example", "8.8.4.4"), Refusal::OutOfScope),
            (by_token(JOE, 1, "8.8.8.8"), set_host("a.joe.example", "8.8.4.4"), Refusal::OutOfScope),
            (by_token(OPERATOR, 1, "8.8.8.8"), set_host("a.dyn.example", "8.8.4.4"), Refusal::OutOfScope),
        ],
    );
    assert!(stage.ask(&by_token(JOE, 3, "8.8.8.8"), &set_host("a.dyn.example", "8.8.4.4")).is_ok(), "a pattern stays");
}

#[test]
fn several_hosts() {
    let mut stage = Stage::new();
    let edit = HostEdit::default().with_address(parse("8.8.4.4"));
    let hosts: Vec<Fqdn> = ["a.dyn.example", "a.ann.example", "z.dyn.example", "a.joe.example"].map(parse).to_vec();
    let together = |together| Command::SetHosts { hosts: hosts.clone(), edit, together };
    check(&stage, &[(by(JOE), together(Together::AllOrNothing), not_yours(Kind::Host, "a.ann.example"))]);
    let decision = stage.ask(&by(JOE), &together(Together::Each)).unwrap();
    let Receipt::Hosts(lines) = decision.receipt else { panic!("hosts were set") };
    let outcomes: Vec<_> = lines.iter().map(|line| line.outcome.as_ref().map(|outcome| outcome.changed)).collect();
    let (foreign, missing) = (not_yours(Kind::Host, "a.ann.example"), not_found(Kind::Host, "z.dyn.example"));
    assert_eq!(outcomes, [Ok(true), Err(&foreign), Err(&missing), Ok(true)]);
    assert_eq!(decision.changes.len(), 2);
    let many = |count| Command::SetHosts { hosts: vec![parse("a.dyn.example"); count], edit, together: Together::Each };
    let too_many = Refusal::TooMany { what: "hosts in one call", max: 20 };
    check(&stage, &[(by(JOE), many(21), too_many)]);
    assert_eq!(decide(&stage.registry, &by(JOE), &many(20), stage.now).unwrap().changes, [], "all as they were");
}

#[test]
fn clients() {
    let stage = Stage::new();
    let attach = |key: &str, host: &str| Command::AttachHost { key: parse(key), host: parse(host) };
    let go = |key: &str| Command::MoveClient { key: parse(key), address: None };
    let no_source = Caller::Account(Identity { account: account(JOE), token: None, source: Some(parse("224.0.0.1")) });
    let must = Command::PutClient { key: parse("new"), edit: ClientEdit::default(), must_exist: true };
    check(
        &stage,
        &[
            (by(ANN), put_client("home", None), not_yours(Kind::Client, "home")),
            (by(ANN), put_client("home", Some(true)), not_yours(Kind::Client, "home")),
            (by(ANN), Command::RemoveClient { key: parse("home") }, not_yours(Kind::Client, "home")),
            (by(JOE), must, not_found(Kind::Client, "new")),
            (by(JOE), go("new"), not_found(Kind::Client, "new")),
            (Caller::Local, go("home"), Refusal::NoSource),
            (no_source, go("home"), Refusal::NoSource),
            (by(JOE), attach("home", "a.ann.example"), not_yours(Kind::Host, "a.ann.example")),
            (by(OPERATOR), attach("home", "a.ann.example"), not_yours(Kind::Host, "a.ann.example")),
            (by(JOE), attach("home", "z.dyn.example"), not_found(Kind::Host, "z.dyn.example")),
            (
                by(JOE),
                Command::DetachHost { key: parse("home"), host: parse("a.joe.example") },
                not_found(Kind::Host, "a.joe.example on client home"),
            ),
        ],
    );
    // updateIP and the flag need scope over all attached hosts.
    let mut stage = stage;
    stage.ask(&by(JOE), &attach("home", "a.joe.example")).unwrap();
    let partial = || by_token(JOE, 1, "8.8.8.8");
    check(
        &stage,
        &[
            (partial(), go("home"), Refusal::OutOfScope),
            (partial(), put_client("home", Some(true)), Refusal::OutOfScope),
            (partial(), Command::RemoveClient { key: parse("home") }, Refusal::OutOfScope),
        ],
    );
    assert!(stage.ask(&by_token(JOE, 2, "8.8.8.8"), &go("home")).is_ok(), "its list covers both");
}

#[test]
fn records() {
    let mut stage = Stage::new();
    for command in [
        add_record(1, "t.joe.example", "TXT", "x"),
        add_record(2, "alias.joe.example", "CNAME", "a.joe.example"),
        add_host("w.joe.example", JOE),
        Command::AddChallenge { host: parse("a.joe.example"), value: parse("v"), keep: None },
        Command::SetSettings(Settings { ns_addresses: vec![parse("192.0.2.53")], ..Settings::default() }),
    ] {
        stage.ask(&by(OPERATOR), &command).unwrap();
    }
    let not_at_apex =
        |record_type: &str| Refusal::NotAtApex { name: parse("joe.example"), record_type: parse(record_type) };
    let digest = format!("1 8 2 {}", "ab".repeat(32));
    let private = |domain: &str| Refusal::PrivateDomain { domain: parse(domain) };
    check(
        &stage,
        &[
            (
                by(JOE),
                add_record(9, "z.elsewhere.invalid", "TXT", "x"),
                Refusal::NoDomain { name: parse("z.elsewhere.invalid") },
            ),
            (by(JOE), add_record(9, "z.dyn.example", "TXT", "x"), private("dyn.example")),
            (by(ANN), add_record(9, "x.a.dyn.example", "TXT", "x"), private("dyn.example")),
            (by(OPERATOR), add_record(9, "x.a.dyn.example", "TXT", "x"), overlaps("x.a.dyn.example", "a.dyn.example")),
            (
                by(JOE),
                add_record(9, "joe.example", "SOA", "a. b.c. 1 2 3 4 5"),
                Refusal::Managed { what: "a zone's SOA record" },
            ),
            (
                by(JOE),
                add_record(9, "joe.example", "NS", "ns1.joe.example."),
                Refusal::Taken { name: "joe.example NS ns1.joe.example.".to_owned() },
            ),
            (by(JOE), add_record(9, "joe.example", "DS", &digest), not_at_apex("DS")),
            (by(JOE), add_record(9, "joe.example", "CNAME", "a."), not_at_apex("CNAME")),
            (by(JOE), add_record(9, "a.joe.example", "A", "192.0.2.1"), conflict("a.joe.example", "host")),
            (by(JOE), add_record(9, "a.joe.example", "CNAME", "b."), conflict("a.joe.example", "host")),
            (by(JOE), add_record(9, "*.w.joe.example", "AAAA", "::1"), conflict("*.w.joe.example", "host's wildcard")),
            (by(JOE), add_record(9, "ns1.joe.example", "A", "192.0.2.1"), conflict("ns1.joe.example", "name server")),
            (by(JOE), add_record(9, "t.joe.example", "CNAME", "b."), not_alone("t.joe.example")),
            (by(JOE), add_record(9, "alias.joe.example", "TXT", "x"), not_alone("alias.joe.example")),
            (
                by(JOE),
                add_record(9, "_acme-challenge.a.joe.example", "CNAME", "b."),
                not_alone("_acme-challenge.a.joe.example"),
            ),
            (by(JOE), add_record(9, "a.joe.example", "NS", "b."), conflict("a.joe.example", "host a.joe.example")),
            (
                by(JOE),
                add_record(9, "*.x.joe.example", "NS", "b."),
                Refusal::WildcardDelegation { name: parse("*.x.joe.example") },
            ),
            (
                by(JOE),
                add_record(9, "t.joe.example", "TXT", "\"x\""),
                Refusal::Taken { name: "t.joe.example TXT \"x\"".to_owned() },
            ),
            (
                by(ANN),
                Command::RemoveRecord { record: Uuid::from_u128(1) },
                not_yours(Kind::Record, &Uuid::from_u128(1).to_string()),
            ),
        ],
    );
    // Beside a host other records may stand, and its owner may hold some at and below it.
    for (id, name) in [(10, "a.joe.example"), (11, "a.dyn.example"), (12, "x.y.a.dyn.example"), (13, "*.a.dyn.example")]
    {
        stage.ask(&by(JOE), &add_record(id, name, "TXT", "x")).unwrap();
    }
    stage.ask(&by(JOE), &Command::RemoveHost { host: parse("a.dyn.example") }).unwrap();
    let left = |stage: &Stage| stage.registry.records_at_or_below(&parse("a.dyn.example")).count();
    assert_eq!(left(&stage), 0, "in a shared domain they go with the host");
    // What another host of the same owner holds stays.
    for command in [add_host("a.dyn.example", JOE), add_host("in.a.dyn.example", JOE)] {
        stage.ask(&by(JOE), &command).unwrap();
    }
    stage.ask(&by(JOE), &add_record(20, "x.in.a.dyn.example", "TXT", "x")).unwrap();
    stage.ask(&by(JOE), &Command::RemoveHost { host: parse("in.a.dyn.example") }).unwrap();
    assert_eq!(left(&stage), 1);
    stage.ask(&by(JOE), &Command::RemoveHost { host: parse("a.dyn.example") }).unwrap();
    assert_eq!(left(&stage), 0);
}

#[test]
fn domains() {
    let mut stage = Stage::new();
    stage.ask(&Caller::Local, &add_record(1, "t.joe.example", "TXT", "x")).unwrap();
    stage.ask(&by(JOE), &new_domain("sub.joe.example", Some(JOE), false)).unwrap();
    let edit = |edit: DomainEdit, name: &str| Command::SetDomain { domain: parse(name), edit };
    let owner = |owner: u32| DomainEdit { owner: Some(Some(account(owner))), ..DomainEdit::default() };
    let shared = |shared| DomainEdit { shared: Some(shared), ..DomainEdit::default() };
    let taken = Refusal::Taken { name: "ann.example".to_owned() };
    check(
        &stage,
        &[
            (by(JOE), new_domain("ann.example", Some(JOE), false), taken),
            // Whose surroundings are somebody else's does not learn what is there.
            (by(ANN), new_domain("joe.example", Some(ANN), false), overlaps("joe.example", "sub.joe.example")),
            (by(ANN), new_domain("sub.joe.example", Some(ANN), false), overlaps("sub.joe.example", "joe.example")),
            (by(ANN), new_domain("x.joe.example", Some(ANN), false), overlaps("x.joe.example", "joe.example")),
            (by(ANN), new_domain("example", Some(ANN), false), overlaps("example", "dyn.example")),
            (by(JOE), new_domain("a.joe.example", Some(JOE), false), conflict("a.joe.example", "host a.joe.example")),
            (
                by(JOE),
                new_domain("t.joe.example", Some(JOE), false),
                conflict("t.joe.example", "TXT record at t.joe.example"),
            ),
            // Below somebody's host nobody else makes a domain.
            (Caller::Local, new_domain("z.a.dyn.example", None, false), overlaps("z.a.dyn.example", "a.dyn.example")),
            (by(JOE), new_domain("test", Some(ANN), false), not_yours(Kind::Account, "ann")),
            (
                by(JOE),
                Command::RemoveDomain { domain: parse("joe.example") },
                Refusal::HasSubdomains { domain: parse("joe.example"), child: parse("sub.joe.example") },
            ),
            (
                by(ANN),
                Command::RemoveDomain { domain: parse("ann.example") },
                Refusal::DomainInUse { domain: parse("ann.example") },
            ),
            (by(ANN), Command::TouchDomain { domain: parse("joe.example") }, not_yours(Kind::Domain, "joe.example")),
            (by(ANN), Command::TouchDomain { domain: parse("test") }, not_found(Kind::Domain, "test")),
            (by_token(JOE, 1, "8.8.8.8"), Command::TouchDomain { domain: parse("joe.example") }, Refusal::OutOfScope),
            (by(ANN), Command::RemoveDomain { domain: parse("joe.example") }, not_yours(Kind::Domain, "joe.example")),
            (by(JOE), edit(shared(true), "joe.example"), Refusal::OperatorOnly),
            (
                Caller::Local,
                edit(shared(false), "dyn.example"),
                Refusal::PrivateDomain { domain: parse("dyn.example") },
            ),
            (Caller::Local, edit(owner(ANN), "sub.joe.example"), overlaps("sub.joe.example", "joe.example")),
            (Caller::Local, edit(owner(99), "ann.example"), not_found(Kind::Account, "99")),
        ],
    );
    stage.ask(&by(JOE), &add_host("j.ann.example", JOE)).unwrap();
    let held = Refusal::DomainInUse { domain: parse("ann.example") };
    check(&stage, &[(Caller::Local, Command::RemoveAccount { account: account(ANN) }, held)]);
}

#[test]
fn servers_and_keys() {
    let mut stage = Stage::new();
    let server = |id, name: &str, addresses: &[&str]| {
        let addresses = addresses.iter().map(|address| parse(address)).collect();
        Command::AddServer { id: Uuid::from_u128(id), name: parse(name), addresses }
    };
    let set = |name: &str, to: Option<&str>, addresses: Option<&[&str]>| {
        let addresses = addresses.map(|addresses| addresses.iter().map(|address| parse(address)).collect());
        Command::SetServer { name: parse(name), edit: ServerEdit { name: to.map(parse), addresses } }
    };
    let remove = |name: &str, keep_one| Command::RemoveServer { name: parse(name), keep_one };
    let created = stage.now;
    let key = |id, name: &str| {
        Command::AddTsigKey(TsigKey {
            id: Uuid::from_u128(id),
            name: parse(name),
            algorithm: TsigAlgorithm::HmacSha256,
            account: account(JOE),
            scope: Scope::FULL,
            secret: SecretId::new(id as u64 + 1).unwrap(),
            created,
        })
    };
    let edit = |id, name: Option<&str>, secret: Option<u64>, instead_of: Option<u64>| {
        let [secret, instead_of] = [secret, instead_of].map(|id| id.and_then(SecretId::new));
        let edit = TsigKeyEdit { name: name.map(parse), algorithm: None, secret, instead_of };
        Command::SetTsigKey { id: Uuid::from_u128(id), edit }
    };
    let commands = [server(1, "one.invalid", &[]), add_record(1, "t.joe.example", "A", "192.0.2.1"), key(1, "one")];
    for command in commands.into_iter().chain([key(2, "two")]) {
        stage.ask(&Caller::Local, &command).unwrap();
    }
    let taken = |name: &str| Refusal::Taken { name: name.to_owned() };
    let root = Refusal::Managed { what: "a name server at the root or a wildcard" };
    let last = Refusal::LastServer { name: parse("one.invalid") };
    check(
        &stage,
        &[
            (Caller::Local, remove("one.invalid", true), last),
            (Caller::Local, remove("two.invalid", true), not_found(Kind::Server, "two.invalid")),
            (by(JOE), remove("one.invalid", true), Refusal::OperatorOnly),
            (by(JOE), set("one.invalid", None, None), Refusal::OperatorOnly),
            (Caller::Local, set("two.invalid", None, None), not_found(Kind::Server, "two.invalid")),
            (Caller::Local, server(1, "two.invalid", &[]), taken("two.invalid")),
            (Caller::Local, server(2, "one.invalid", &[]), taken("one.invalid")),
            (Caller::Local, set("one.invalid", Some("*.invalid"), None), root.clone()),
            (Caller::Local, set("one.invalid", Some("."), None), root),
            (Caller::Local, set("one.invalid", Some("t.joe.example"), None), conflict("t.joe.example", "A record")),
            (Caller::Local, set("one.invalid", Some("a.joe.example"), Some(&[])), conflict("a.joe.example", "host")),
            (Caller::Local, key(2, "one"), taken("one")),
            (Caller::Local, key(3, "one"), taken("one")),
            (Caller::Local, key(1, "three"), taken("three")),
            (Caller::Local, key(1, "one"), taken("one")),
            (Caller::Local, edit(3, None, None, None), not_found(Kind::TsigKey, &Uuid::from_u128(3).to_string())),
            (by(JOE), edit(1, None, None, None), Refusal::OperatorOnly),
            (by_token(OPERATOR, 1, "8.8.8.8"), edit(1, None, None, None), Refusal::OutOfScope),
            (Caller::Local, edit(1, Some("two"), Some(9), Some(2)), taken("two")),
            (Caller::Local, edit(1, Some("two"), Some(9), Some(3)), taken("two")),
            (Caller::Local, edit(1, Some("three"), Some(9), Some(3)), Refusal::Stale),
            (Caller::Local, edit(1, None, Some(9), Some(9)), Refusal::Stale),
            (Caller::Local, edit(1, Some("three"), None, None), Refusal::Stale),
            (Caller::Local, edit(1, Some("three"), Some(2), None), Refusal::Stale),
        ],
    );
    stage.pass(1);
    for command in [
        remove("one.invalid", false),
        server(1, "one.invalid", &[]),
        server(2, "two.invalid", &["192.0.2.1"]),
        remove("one.invalid", true),
        edit(1, Some("three"), Some(9), Some(2)),
        edit(2, Some("one"), Some(10), None),
        edit(2, Some("one"), None, Some(10)),
    ] {
        stage.ask(&Caller::Local, &command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
    }
    check(
        &stage,
        &[(Caller::Local, set("two.invalid", Some("a.joe.example"), None), conflict("a.joe.example", "host"))],
    );
    let renamed = stage.ask(&Caller::Local, &set("two.invalid", Some("ns.joe.example"), None)).unwrap();
    let Receipt::Server(renamed) = renamed.receipt else { panic!("{:?}", renamed.receipt) };
    assert_eq!((renamed.id, &renamed.addresses[..]), (Uuid::from_u128(2), &[parse("192.0.2.1")][..]));
    assert_eq!((renamed.created, renamed.updated), (stage.now, Some(stage.now)));
    assert_eq!(stage.registry.server_by_id(renamed.id), Some(&renamed));
    assert_eq!(stage.registry.server(&parse("two.invalid")), None);
    let again = stage.ask(&Caller::Local, &set("ns.joe.example", Some("ns.joe.example"), None)).unwrap();
    assert_eq!(again.changes, []);
    let names: Vec<_> = stage.registry.tsig_keys().map(|key| (key.name.to_string(), key.id.as_u128())).collect();
    assert_eq!(names, [("one".to_owned(), 2), ("three".to_owned(), 1)]);
    assert_eq!(stage.registry.tsig_key_by_id(Uuid::from_u128(1)).unwrap().name, parse("three"));
    let quota = AccountEdit { max_rrset_records: Some(9), ..AccountEdit::default() };
    check(&stage, &[(by(JOE), Command::SetAccount { account: account(JOE), edit: quota }, Refusal::OperatorOnly)]);
}

/// So many are taken, and one more is not.
fn check_limit(max: usize, refusal: &Refusal, command: impl Fn(usize) -> Command) {
    let mut stage = Stage::new();
    for number in 0..max {
        stage.ask(&by(OPERATOR), &command(number)).unwrap();
    }
    assert_eq!(stage.ask(&by(OPERATOR), &command(max)), Err(refusal.clone()));
}

/// Of challenge values a host has a number, of everything else an account.
#[test]
fn a_full_quota_says_whose_it_is() {
    let words = |kind, max| Refusal::Quota { kind, max }.to_string();
    assert_eq!(
        words(Kind::Challenge, 10),
        "the host has 10 challenge values, which is as many as it may; clear one first"
    );
    assert_eq!(words(Kind::Host, 5), "the account may hold 5 hosts and does; remove one, or ask the operator for more");
}

#[test]
fn limits() {
    let quota = |kind, max| Refusal::Quota { kind, max };
    let challenge = |number: usize| Command::AddChallenge {
        host: parse("a.dyn.example"),
        value: parse(&number.to_string()),
        keep: None,
    };
    check_limit(10, &quota(Kind::Challenge, 10), challenge);
    check_limit(100, &quota(Kind::Client, 100), |number| put_client(&number.to_string(), None));
    check_limit(100, &Refusal::TooMany { what: "records of one type at one name", max: 100 }, |number| {
        add_record(number as u128, "t.dyn.example", "TXT", &number.to_string())
    });
    check_limit(500, &quota(Kind::Record, 500), |number| {
        add_record(number as u128, &format!("t{number}.dyn.example"), "TXT", "x")
    });
    check_limit(13, &Refusal::TooMany { what: "name servers", max: 13 }, |number| Command::AddServer {
        id: Uuid::from_u128(number as u128),
        name: parse(&format!("n{number}.elsewhere.invalid")),
        addresses: Vec::new(),
    });
    check_limit(100 - scopes().len(), &quota(Kind::Token, 100), |number| {
        Command::AddToken(NewToken {
            id: Uuid::from_u128(number as u128),
            account: account(JOE),
            label: parse("x"),
            scope: Scope::FULL,
            secret: SecretId::new(1).unwrap(),
        })
    });
}

#[test]
fn the_last_number_is_given_once() {
    let mut stage = Stage::new();
    stage.registry.set_last_number(u32::MAX - 2);
    stage.ask(&Caller::Local, &new_domain("test", None, false)).unwrap();
    check(&stage, &[(Caller::Local, new_domain("other", None, false), Refusal::Exhausted)]);
}

/// A token could once mint a wider one, and set its account's password.
#[test]
fn no_credential_hands_on_more_than_it_has() {
    const BY_NETWORK: usize = 5;
    const BY_TIME: usize = 6;
    let stage = Stage::new();
    let mint = |scope: Scope| {
        let (id, account, secret) = (Uuid::from_u128(77), account(JOE), SecretId::new(8).unwrap());
        Command::AddToken(NewToken { id, account, label: parse("more"), scope, secret })
    };
    let password = |of| {
        let edit = AccountEdit { password: SecretId::new(9), ..AccountEdit::default() };
        Command::SetAccount { account: account(of), edit }
    };
    let inside = |scope: usize| by_token(JOE, scope, "8.8.8.8");
    let operator = by_token(OPERATOR, BY_NETWORK, "8.8.8.8");
    check(
        &stage,
        &[
            (inside(BY_NETWORK), mint(Scope::FULL), Refusal::OutOfScope),
            (
                inside(BY_NETWORK),
                mint(Scope { networks: vec![parse("8.8.0.0/16")], ..Scope::FULL }),
                Refusal::OutOfScope,
            ),
            (inside(BY_TIME), mint(Scope::FULL), Refusal::OutOfScope),
            (
                inside(BY_TIME),
                mint(Scope { end: Some(Timestamp::from_secs(u64::MAX / 2_000_000)), ..Scope::FULL }),
                Refusal::OutOfScope,
            ),
            (inside(BY_NETWORK), password(JOE), Refusal::OutOfScope),
            (inside(BY_TIME), Command::RemoveAccount { account: account(JOE) }, Refusal::OutOfScope),
            (operator, password(JOE), Refusal::OutOfScope),
        ],
    );
    let within = Scope { networks: vec![parse("8.8.8.8/32")], ..Scope::FULL };
    assert!(decide(&stage.registry, &inside(BY_NETWORK), &mint(within), stage.now).is_ok());
}

/// Somebody else took a name below a freed one, and answered for it under its old owner's name.
#[test]
fn a_freed_name_is_kept_from_below_and_above() {
    let mut stage = Stage::new();
    for command in [add_host("b.c.dyn.example", JOE), Command::RemoveHost { host: parse("b.c.dyn.example") }] {
        let decision = decide(&stage.registry, &Caller::Local, &command, stage.now).unwrap();
        stage.take_over(&decision.changes);
    }
    let kept = Refusal::Reserved { name: parse("b.c.dyn.example") };
    check(
        &stage,
        &[
            (by(ANN), add_host("x.b.c.dyn.example", ANN), kept.clone()),
            (by(ANN), add_host("b.c.dyn.example", ANN), kept.clone()),
            (by(ANN), add_host("c.dyn.example", ANN), kept),
        ],
    );
    for free in [add_host("x.c.dyn.example", ANN), add_host("bb.c.dyn.example", ANN)] {
        assert!(decide(&stage.registry, &by(ANN), &free, stage.now).is_ok(), "a sibling is free");
    }
}
