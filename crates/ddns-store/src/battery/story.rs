//! Random stories of several processes over so few names that they collide all the time.

use ddns_core::{
    AccountEdit, AccountNo, AccountState, Actions, AddressEdit, Among, Caller, ChallengeLife, ClientEdit, ClientNo,
    Command, DomainEdit, Heartbeat, HostEdit, HostNo, HostPattern, HostScope, HostTtl, Identity, Ipv6Suffix, Language,
    MailAddress, NewHost, NewRecord, NewSignUp, NewToken, Peer, RecordData, RecordEdit, RecordType, Role, Scope,
    SecretId, ServerEdit, Settings, SignUp, Together, TsigAlgorithm, TsigKey, TsigKeyEdit, TsigKeyKey, Ttl,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use uuid::Uuid;

use super::process::{START, caller, fresh, new_account, new_domain, new_host, set_host};
use super::{Make, Opener, Process};

const JOE: u32 = 1;
const ANN: u32 = 2;
const PROCESSES: usize = 3;
const HOSTS: &[&str] = &["a.dyn.example", "b.dyn.example", "x.a.dyn.example", "a.joe.example", "joe.example"];
const PREFIXES: &[&str] = &["2001:db8:1::/48", "2001:db8:1:ff00::/56", "2001:db8:1:2::/64"];
const SUFFIXES: &[&str] = &["::1:2:3:4", "0:0:0:5:1::9", "::9/48", "::1/57", "02:00:5e:10:00:01"];
const MAILBOXES: &[&str] = &["new@mail.example", "o'new+1@mail.example"];
const NAMES: &[&str] = &["a.dyn.example", "*.b.dyn.example", "c.joe.example", "d.joe.example", "*.joe.example"];
/// Where plain address records may stand.
const ADDRESS_NAMES: &[&str] = &["a.dyn.example", "c.joe.example", "d.joe.example"];
const DATA: &[(&str, &str)] = &[
    ("A", "192.0.2.1"),
    ("A", "192.0.2.2"),
    ("AAAA", "2001:db8::1"),
    ("CNAME", "elsewhere.test."),
    ("MX", "10 mail.test."),
    ("TXT", "plain"),
    ("TXT", "\"plain\""),
    ("TXT", "\"two\" \"strings\""),
    ("TXT", "grüße 漢字 \"🦀\""),
    ("NS", "ns.test."),
    ("SRV", "1 2 3 srv.test."),
];

/// A step of a story: who does what to the store.
#[derive(Clone, Debug)]
enum Step {
    Ask(usize, Vec<(Caller, Command)>),
    Follow(usize),
    Reopen(usize),
    Tidy(usize, bool),
    Prune(usize, u64),
    Erase(usize),
    Settle(usize),
    Pass(u64),
}

/// The seed of the random tests: `DDNS_SEED`, or a fresh one. Printed, so that a failure can be seen again.
pub fn seed() -> u64 {
    let seed = std::env::var("DDNS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(fresh);
    println!("DDNS_SEED={seed}");
    seed
}

/// Several processes write, follow, fold, prune, settle and open again in any order: whoever loads finds what the last
/// writer knew.
pub fn stories(make: Make<'_>) {
    let soak = std::env::var_os("DDNS_SOAK").is_some();
    let cases = if soak { 2_000 } else { 40 };
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed()), failure_persistence: None, ..Config::default() };
    let told = TestRunner::new(config).run(&prop::collection::vec(step(), 1..40), |steps| {
        tell(&make(), &steps);
        Ok(())
    });
    if let Err(error) = told {
        panic!("{error}");
    }
}

fn tell(open: &Opener, steps: &[Step]) {
    let mut processes: Vec<Process> = (0..PROCESSES).map(|_| Process::start(open)).collect();
    let local = |command| (Caller::Local, command);
    let settings = Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() };
    let beginning =
        [new_account("joe"), new_account("ann"), new_domain("dyn.example", None), Command::SetSettings(settings)];
    let beginning = beginning.map(local);
    processes[0].batch(&beginning);
    let joe = AccountNo::new(JOE).unwrap();
    let rest = [new_domain("joe.example", Some(joe)), new_host("a.dyn.example", joe)].map(local);
    processes[0].batch(&rest);
    for step in steps {
        take(&mut processes, open, step);
    }
    for process in &mut processes {
        process.follow();
        process.assert_loaded_by_others(open);
    }
}

fn take(processes: &mut [Process], open: &Opener, step: &Step) {
    match step {
        Step::Ask(who, asked) => {
            processes[*who].batch(asked);
            processes[*who].assert_loaded_by_others(open);
        }
        Step::Follow(who) => drop(processes[*who].follow()),
        Step::Reopen(who) => {
            let now = processes[*who].now;
            processes[*who] = Process::start(open);
            processes[*who].now = now;
        }
        Step::Tidy(who, idle) => processes[*who].store.tidy(*idle).unwrap(),
        Step::Prune(who, max_bytes) => {
            // Who has been silent for longer than the history is kept has to start afresh.
            processes.iter_mut().for_each(|process| drop(process.follow()));
            processes[*who].store.prune(START, *max_bytes).unwrap();
        }
        Step::Erase(who) => {
            processes.iter_mut().for_each(|process| drop(process.follow()));
            for number in (1..9).filter_map(AccountNo::new) {
                if processes[*who].registry.account(number).is_none() {
                    processes[*who].store.erase(number).unwrap();
                    super::erasure::assert_untraceable(&processes[*who].log(), number);
                }
            }
            processes[*who].assert_loaded_by_others(open);
        }
        Step::Settle(who) => assert_eq!(processes[*who].store.settle(crate::BatchId(fresh())).unwrap(), None),
        Step::Pass(secs) => processes.iter_mut().for_each(|process| process.pass(*secs)),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..PROCESSES;
    prop_oneof![
        12 => (who(), prop::collection::vec((some_caller(), command()), 1..5)).prop_map(|(who, asked)| Step::Ask(who, asked)),
        2 => (who(), part()).prop_map(|(who, asked)| Step::Ask(who, asked)),
        2 => who().prop_map(Step::Follow),
        2 => who().prop_map(Step::Reopen),
        3 => (who(), any::<bool>()).prop_map(|(who, idle)| Step::Tidy(who, idle)),
        1 => (who(), select(&[0, 3_000][..])).prop_map(|(who, max_bytes)| Step::Prune(who, max_bytes)),
        1 => who().prop_map(Step::Erase),
        1 => who().prop_map(Step::Settle),
        2 => select(&[1, 4_000, 3_000_000][..]).prop_map(Step::Pass),
    ]
}

pub(super) fn some_caller() -> impl Strategy<Value = Caller> {
    let account = select(&[JOE, ANN][..]).prop_map(|number| caller(AccountNo::new(number).unwrap()));
    let far = Identity { account: AccountNo::new(JOE).unwrap(), token: None, source: Some([192, 0, 2, 77].into()) };
    let mailed = self::account().prop_map(Caller::Mailed);
    prop_oneof![10 => Just(Caller::Local), 4 => account, 2 => Just(Caller::Account(far)), 2 => Just(Caller::Guest), 1 => mailed]
}

/// A token, and what it makes for a part of what it may do; of ids that other tokens have as well.
fn part() -> impl Strategy<Value = Vec<(Caller, Command)>> {
    (small_id(), small_id(), secret(), select(&[JOE, ANN][..])).prop_map(|(id, part, secret, number)| {
        let account = AccountNo::new(number).unwrap();
        let challenge = Actions { acme_challenge: true, ..Actions::default() };
        let new = |id, update| {
            let scope = Scope { actions: Actions { update, ..challenge }, ..Scope::FULL };
            let secret = SecretId::new(secret.get() ^ u64::from(update) << 1).unwrap();
            Command::AddToken(NewToken { id, account, label: "Küche".parse().unwrap(), scope, secret })
        };
        let by = Caller::Account(Identity { account, token: Some(id), source: None });
        vec![(Caller::Local, new(id, true)), (by, new(part, false))]
    })
}

fn account() -> impl Strategy<Value = AccountNo> {
    prop_oneof![4 => Just(JOE), 3 => Just(ANN), 1 => 3..9u32].prop_map(|number| AccountNo::new(number).unwrap())
}

fn host() -> impl Strategy<Value = &'static str> {
    select(HOSTS)
}

fn small_id() -> impl Strategy<Value = Uuid> {
    (0..5u128).prop_map(|slot| Uuid::from_u128(slot | 0xfedc << 112))
}

fn secret() -> impl Strategy<Value = SecretId> {
    any::<u64>().prop_map(|id| SecretId::new(id | 1).unwrap())
}

fn data() -> impl Strategy<Value = RecordData> {
    select(DATA).prop_map(|(kind, text)| RecordData::parse(kind.parse::<RecordType>().unwrap(), text).unwrap())
}

fn host_edit() -> impl Strategy<Value = HostEdit> {
    let v6: std::net::Ipv6Addr = "2001:db8::9".parse().unwrap();
    let ipv6 = select(vec![AddressEdit::Keep, AddressEdit::Remove, AddressEdit::Set(v6.try_into().unwrap())]);
    let prefix = prop::option::of(prop::option::of(select(PREFIXES).prop_map(|text| text.parse().unwrap())));
    let site = (prefix, prop::option::of(prop::option::of(suffix())), prop::option::of(heartbeat()));
    let flags = (prop::option::of(any::<bool>()), prop::option::of(any::<bool>()));
    (ipv6, prop::option::of(select(&HostTtl::ALL[..])), flags, site).prop_map(
        |(ipv6, ttl, (wildcard, offline), (prefix, suffix, heartbeat))| HostEdit {
            ipv4: AddressEdit::Keep,
            ipv6,
            ttl,
            wildcard,
            offline,
            prefix,
            suffix,
            heartbeat,
        },
    )
}

fn suffix() -> impl Strategy<Value = Ipv6Suffix> {
    select(SUFFIXES).prop_map(|text| text.parse().unwrap())
}

fn heartbeat() -> impl Strategy<Value = Option<Heartbeat>> {
    prop::option::of((60..2_592_001u32).prop_map(|secs| Heartbeat::try_from(secs).unwrap()))
}

/// Numbers that hosts and clients have in a story, and others.
fn missed() -> impl Strategy<Value = Command> {
    let numbers = || prop::collection::vec(1..20u32, 0..6);
    (numbers(), numbers()).prop_map(|(hosts, clients)| Command::MissHeartbeats {
        hosts: hosts.into_iter().filter_map(HostNo::new).collect(),
        clients: clients.into_iter().filter_map(ClientNo::new).collect(),
    })
}

pub(super) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => host_command(),
        4 => record_command(),
        3 => account_command(),
        3 => domain_command(),
        2 => client_command(),
        5 => mail_command(),
    ]
}

fn host_command() -> BoxedStrategy<Command> {
    let one = |host: &str| vec![host.parse().unwrap()];
    let challenge = || (host(), select(&["one", "\"two\"", "{\"name\":\"a.dyn.example\"}"][..]));
    prop_oneof![
        4 => (host(), account(), any::<bool>(), prop::option::of(suffix()), heartbeat()).prop_map(
            |(name, owner, wildcard, suffix, heartbeat)| {
                let Command::AddHost(new) = new_host(name, owner) else { panic!("a new host") };
                Command::AddHost(NewHost { wildcard, suffix, heartbeat, ..new })
            }
        ),
        4 => (host(), 0..4u8).prop_map(|(name, last)| set_host(name, &format!("192.0.2.{last}"))),
        1 => (host_edit(), select(vec![Among::All, Among::Movable]))
            .prop_map(|(edit, among)| Command::SetAllHosts { edit, among }),
        2 => missed(),
        3 => (host(), host_edit())
            .prop_map(move |(host, edit)| Command::SetHosts { hosts: one(host), edit, together: Together::Each }),
        3 => host().prop_map(|host| Command::RemoveHost { host: host.parse().unwrap() }),
        1 => host().prop_map(|host| Command::ReleaseName { name: host.parse().unwrap() }),
        2 => (select(ADDRESS_NAMES), prop::option::of(account()))
            .prop_map(|(name, owner)| Command::AdoptHost { name: name.parse().unwrap(), owner }),
        3 => (challenge(), prop::option::of(1..3usize)).prop_map(|((host, value), keep)| Command::AddChallenge {
            host: host.parse().unwrap(), value: value.parse().unwrap(), keep,
        }),
        1 => (challenge(), any::<bool>()).prop_map(|((host, value), one)| Command::RemoveChallenge {
            host: host.parse().unwrap(), value: one.then(|| value.parse().unwrap()),
        }),
        1 => Just(Command::Elapse),
    ]
    .boxed()
}

fn record_command() -> BoxedStrategy<Command> {
    let name = || select(NAMES).prop_map(|text| text.parse().unwrap());
    let ttl = || prop::option::of(select(&[0, 60, 3_600][..]).prop_map(|secs| Ttl::try_from(secs).unwrap()));
    let edit = (prop::option::of(name()), prop::option::of(data()), prop::option::of(ttl()));
    let words = || prop::option::of(Just("Größe".parse().unwrap()));
    prop_oneof![
        6 => (small_id(), name(), data(), ttl(), any::<bool>()).prop_map(|(id, name, data, ttl, narrow)| {
            Command::AddRecord(NewRecord { id, name, data, ttl, description: "Größe".parse().ok(), domain: None, narrow })
        }),
        3 => (small_id(), edit).prop_map(|(record, (name, data, ttl))| {
            Command::SetRecord { record, edit: RecordEdit { name, data, ttl, description: None, instead_of: None } }
        }),
        // What belongs to a whole RRset, and cannot be refused for the data.
        3 => (small_id(), prop::option::of(name()), prop::option::of(ttl()), prop::option::of(words())).prop_map(
            |(record, name, ttl, description)| {
                Command::SetRecord { record, edit: RecordEdit { name, data: None, ttl, description, instead_of: None } }
            }
        ),
        2 => small_id().prop_map(|record| Command::RemoveRecord { record }),
    ]
    .boxed()
}

fn account_command() -> BoxedStrategy<Command> {
    let scope = || {
        select(HOSTS).prop_map(|host| Scope {
            hosts: HostScope::Only(vec![host.parse::<HostPattern>().unwrap()]),
            ..Scope::FULL
        })
    };
    let state = select(&[AccountState::Active, AccountState::Suspended][..]);
    let key = || select(&["key.example", "other.example"][..]);
    let quota = || prop::option::of(select(&[0, 2, 500, u32::MAX][..]));
    prop_oneof![
        1 => (select(&["ann", "eve"][..]), secret(), any::<bool>()).prop_map(|(login, secret, late)| {
            let Command::AddAccount(mut new) = new_account(login) else { panic!("a new account") };
            (new.id, new.password) = (Uuid::from_u64_pair(secret.get(), 0), Some(secret));
            new.state = if late { AccountState::Unconfirmed } else { AccountState::Active };
            Command::AddAccount(new)
        }),
        1 => account().prop_map(|account| Command::RemoveAccount { account }),
        2 => (account(), prop::option::of(state), prop::option::of(secret())).prop_map(|(account, state, password)| {
            Command::SetAccount { account, edit: AccountEdit { state, password, role: Some(Role::User), ..AccountEdit::default() } }
        }),
        3 => (small_id(), account(), scope(), secret()).prop_map(|(id, account, scope, secret)| Command::AddToken(NewToken {
            id, account, label: "Küche".parse().unwrap(), scope, secret,
        })),
        3 => small_id().prop_map(|token| Command::RevokeToken { token }),
        2 => (small_id(), key(), account(), scope(), secret()).prop_map(|(id, name, account, scope, secret)| {
            Command::AddTsigKey(TsigKey {
                id, name: name.parse().unwrap(), algorithm: TsigAlgorithm::HmacSha512, account, scope, secret, created: START,
            })
        }),
        2 => (small_id(), prop::option::of(key()), secret()).prop_map(|(id, name, secret)| {
            let name = name.map(|name| name.parse().unwrap());
            Command::SetTsigKey { id, edit: TsigKeyEdit { name, secret: Some(secret), ..TsigKeyEdit::default() } }
        }),
        1 => key().prop_map(|name| Command::RemoveTsigKey { key: TsigKeyKey::Name(name.parse().unwrap()) }),
        1 => (account(), quota(), quota(), quota()).prop_map(|(account, max_records, max_rrsets, max_rrset_records)| {
            let edit = AccountEdit { max_records, max_rrsets, max_rrset_records, ..AccountEdit::default() };
            Command::SetAccount { account, edit }
        }),
    ]
    .boxed()
}

fn domain_command() -> BoxedStrategy<Command> {
    let zone = || select(&["joe.example", "new.example", "sub.joe.example"][..]);
    let server = || select(&["ns1.joe.example", "ns.test"][..]);
    prop_oneof![
        3 => (zone(), prop::option::of(account())).prop_map(|(name, owner)| new_domain(name, owner)),
        2 => zone().prop_map(|name| Command::RemoveDomain { domain: name.parse().unwrap() }),
        2 => (zone(), any::<bool>()).prop_map(|(name, shared)| Command::SetDomain {
            domain: name.parse().unwrap(), edit: DomainEdit { shared: Some(shared), ..DomainEdit::default() },
        }),
        1 => (server(), any::<u128>()).prop_map(|(name, id)| Command::AddServer {
            id: Uuid::from_u128(id), name: name.parse().unwrap(), addresses: vec![[192, 0, 2, 53].into()],
        }),
        1 => (server(), any::<bool>())
            .prop_map(|(name, keep_one)| Command::RemoveServer { name: name.parse().unwrap(), keep_one }),
        2 => (server(), prop::option::of(server()), prop::option::of(0..3u8)).prop_map(|(name, to, count)| {
            let addresses = count.map(|count| (0..count).map(|last| [192, 0, 2, last].into()).collect());
            let edit = ServerEdit { name: to.map(|to| to.parse().unwrap()), addresses };
            Command::SetServer { name: name.parse().unwrap(), edit }
        }),
        2 => zone().prop_map(|name| Command::TouchDomain { domain: name.parse().unwrap() }),
        1 => any::<bool>().prop_map(|notify| Command::PutPeer(Peer { address: [192, 0, 2, 54].into(), transfer: true, notify })),
        1 => Just(Command::RemovePeer { address: [192, 0, 2, 54].into() }),
        1 => (select(&[0, 1, 30][..]), select(&[SignUp::Closed, SignUp::Confirm, SignUp::Open][..]), any::<bool>(), life())
            .prop_map(|(reservation_days, sign_up, mail, (challenge_life, base_url))| {
                Command::SetSettings(Settings {
                    reservation_days, sign_up, mail, challenge_life, base_url, ..Settings::default()
                })
            }),
    ]
    .boxed()
}

/// How long challenge values live, and where the service is.
fn life() -> impl Strategy<Value = (ChallengeLife, Option<String>)> {
    let life = (60..604_801u32).prop_map(|secs| ChallengeLife::try_from(secs).unwrap());
    (life, prop::option::of(Just("https://dyn.example/\"ü".to_owned())))
}

/// What strangers ask for, what their links do, and what becomes of the mails. A renewed token may have the id of the one
/// whose place it takes.
fn mail_command() -> BoxedStrategy<Command> {
    // Whoever signs up comes behind what every story begins with.
    let account = || prop_oneof![1 => account(), 3 => (6..9u32).prop_map(|number| AccountNo::new(number).unwrap())];
    let to = || select(MAILBOXES).prop_map(|to| to.parse::<MailAddress>().unwrap());
    let token = move || {
        (small_id(), account(), secret()).prop_map(|(id, account, secret)| NewToken {
            id,
            account,
            label: "Küche".parse().unwrap(),
            scope: Scope::FULL,
            secret,
        })
    };
    prop_oneof![
        4 => (to(), secret(), small_id()).prop_map(|(login, password, mail)| Command::SignUp(NewSignUp {
            id: Uuid::from_u64_pair(password.get(), 1), login, password, language: Language::German, mail,
        })),
        2 => (to(), small_id()).prop_map(|(to, mail)| Command::AskPassword { login: to.login(), mail }),
        2 => (account(), to(), small_id()).prop_map(|(account, to, mail)| Command::AskLogin { account, to, mail }),
        3 => token().prop_map(Command::Confirm),
        2 => (account(), secret()).prop_map(|(account, to)| Command::SetPassword { account, from: None, to }),
        1 => (account(), to(), to(), small_id()).prop_map(|(account, from, to, mail)| Command::SetLogin {
            account, from: from.login(), to, mail,
        }),
        3 => token().prop_map(Command::RenewToken),
        1 => (small_id(), 0..200u64).prop_map(|(mail, secs)| Command::RetryMail {
            mail, next: START.after(std::time::Duration::from_secs(secs)),
        }),
        1 => small_id().prop_map(|mail| Command::RemoveMail { mail }),
        1 => secret().prop_map(|secret| Command::SetServerKey { secret }),
    ]
    .boxed()
}

fn client_command() -> BoxedStrategy<Command> {
    let key = || select(&["home", "a:b"][..]).prop_map(|key| key.parse().unwrap());
    let host = || host().prop_map(|host| host.parse().unwrap());
    prop_oneof![
        2 => (key(), prop::option::of(any::<bool>()))
            .prop_map(|(key, offline)| Command::PutClient { key, edit: ClientEdit { offline, ..ClientEdit::default() }, must_exist: false }),
        1 => (key(), 0..4u8).prop_map(|(key, last)| Command::MoveClient {
            key, address: format!("192.0.2.{last}").parse().ok(),
        }),
        2 => (key(), prop::option::of(heartbeat()))
            .prop_map(|(key, heartbeat)| Command::PutClient { key, edit: ClientEdit { offline: None, heartbeat }, must_exist: true }),
        1 => missed(),
        1 => key().prop_map(|key| Command::RemoveClient { key }),
        3 => (key(), host()).prop_map(|(key, host)| Command::AttachHost { key, host }),
        1 => (key(), host()).prop_map(|(key, host)| Command::DetachHost { key, host }),
    ]
    .boxed()
}
