//! Random commands over so few names, accounts and values that they collide all the time.

use std::net::IpAddr;

use ddns_core::*;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::support::parse;

/// When every random story begins.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_800_000_000);

const HOSTS: &[&str] = &[
    "a.dyn.example",
    "a.dyn.example",
    "a.dyn.example",
    "a.dyn.example",
    "b.dyn.example",
    "a.joe.example",
    "a.joe.example",
    "a.ann.example",
    "b.dyn.example",
    "a.b.dyn.example",
    "x.a.b.dyn.example",
    "ns1.dyn.example",
    "www.dyn.example",
    "dyn.example",
    "joe.example",
    "a.joe.example",
    "ns1.joe.example",
    "a.sub.joe.example",
    "a.ann.example",
    "b.a.ann.example",
    "a.test",
    "elsewhere.invalid",
];
const ZONES: &[&str] = &[
    "dyn.example",
    "dyn.example",
    "joe.example",
    "joe.example",
    "ann.example",
    "ann.example",
    "example",
    "b.dyn.example",
    "sub.joe.example",
    "test",
    "x.b.a.ann.example",
    "z.a.dyn.example",
    "_acme-challenge.a.joe.example",
];
const OTHER_NAMES: &[&str] = &[
    "*.dyn.example",
    "*.a.dyn.example",
    "*.joe.example",
    "*.a.joe.example",
    "_acme-challenge.a.dyn.example",
    "c.b.a.joe.example",
    "ns.a.joe.example",
    "_tcp.b.dyn.example",
    "ns1.sub.joe.example",
    "*.a.b.dyn.example",
];
/// Where records meet each other.
const RECORD_NAMES: &[&str] = &[
    "t.joe.example",
    "t.joe.example",
    "*.t.joe.example",
    "u.joe.example",
    "joe.example",
    "sub.joe.example",
    "_acme-challenge.a.joe.example",
    "t.dyn.example",
    "_acme-challenge.a.dyn.example",
    "x.a.dyn.example",
];
const CONTENDED: &[&str] = &[
    "t.joe.example",
    "t.joe.example",
    "t.joe.example",
    "*.t.joe.example",
    "*.t.joe.example",
    "joe.example",
    "joe.example",
    "sub.joe.example",
    "_acme-challenge.a.joe.example",
    "_acme-challenge.t.joe.example",
    "t.dyn.example",
    "_acme-challenge.a.dyn.example",
    "x.a.dyn.example",
    "x.a.dyn.example",
    "ns.t.joe.example",
];
/// Where a host may take the place of records.
const ADOPTED: &[&str] = &["t.joe.example", "t.joe.example", "u.joe.example", "joe.example", "t.dyn.example"];
const SERVERS: &[&str] = &["ns1.dyn.example", "ns.a.joe.example", "ns1.sub.joe.example"];
const ADDRESSES: &[&str] = &["192.0.2.1", "8.8.8.8", "8.8.4.4", "10.0.0.1", "2001:db8::1", "2a00::1", "::ffff:9.9.9.9"];
const PREFIXES: &[&str] = &[
    "2001:db8:1::/48",
    "2001:db8:1:ff00::/56",
    "2001:db8:1:fff0::/60",
    "2001:db8:1:2::/63",
    "2a00:0:0:7::/64",
    "2a00:0:0:7::/64",
];
const SUFFIXES: &[&str] = &["::1:2:3:4", "::1:2:3:4", "0:0:0:5:1::9", "0:0:0:1::9/56", "::9/48", "02:00:5e:10:00:01"];
const SOURCES: &[&str] = &["8.8.8.8", "192.0.2.9", "2a00::9", "224.0.0.1", "10.0.0.9"];

/// Whose number the first accounts have; the numbers behind them are domains and whatever comes later.
pub(crate) const OPERATOR: u32 = 1;
pub(crate) const JOE: u32 = 2;
pub(crate) const ANN: u32 = 3;
/// Signed up and never confirmed.
pub(crate) const EVE: u32 = 4;
/// Has an address that mails go to.
pub(crate) const SAM: u32 = 12;

/// One step of a story.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a story has some hundred steps, and most of them ask")]
pub(crate) enum Step {
    /// Somebody asks for something.
    Ask(Caller, Command),
    /// Somebody follows a link to the account in this place, rightly or not.
    Follow(usize, Holder, Link),
    /// The clock goes so many seconds on, or back.
    Pass(i64),
    /// The service notices a missed heartbeat.
    MissHost(Fqdn),
    /// Likewise.
    MissClient(ClientKey),
}

/// Who follows a link.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    /// To whom it was mailed.
    Owner,
    /// Somebody who need not be.
    Other(Caller),
}

/// What the link does, and whether it is about what the account no longer is.
#[derive(Clone, Debug)]
pub(crate) enum Link {
    Confirm { token: Uuid, scope: usize },
    SetPassword { to: SecretId, stale: bool },
    SetLogin { to: MailAddress, mail: Uuid, stale: bool },
}

/// Who asks for what when a link is followed; none while no account has an address.
pub(crate) fn follow(registry: &Registry, place: usize, holder: &Holder, link: &Link) -> Option<(Caller, Command)> {
    let mailed: Vec<_> = registry.accounts().filter(|account| MailAddress::of(&account.login).is_some()).collect();
    let present = mailed.get(place % mailed.len().max(1))?;
    let account = present.number;
    let command = match link.clone() {
        Link::Confirm { token, scope } => Command::Confirm(NewToken { id: token, ..token_of(account, scope) }),
        Link::SetPassword { to, stale } => {
            let from = if stale { SecretId::new(1) } else { present.password };
            Command::SetPassword { account, from, to }
        }
        Link::SetLogin { to, mail, stale } => {
            let from = if stale { parse("stale@mail.example") } else { present.login.clone() };
            Command::SetLogin { account, from, to, mail }
        }
    };
    let caller = match holder {
        Holder::Owner => Caller::Mailed(account),
        Holder::Other(caller) => caller.clone(),
    };
    Some((caller, command))
}

pub(crate) fn account(number: u32) -> AccountNo {
    AccountNo::new(number).unwrap()
}

/// The scopes of the tokens that tests use.
pub(crate) fn scopes() -> Vec<Scope> {
    let only = |patterns: &[&str]| HostScope::Only(patterns.iter().map(|pattern| parse(pattern)).collect());
    let update = Actions { update: true, acme_challenge: false, read: false, manage: false };
    let challenge = Actions { acme_challenge: true, ..Actions::default() };
    vec![
        Scope::FULL,
        Scope { hosts: only(&["a.dyn.example"]), ..Scope::FULL },
        Scope { hosts: only(&["a.dyn.example", "a.joe.example"]), actions: update, ..Scope::FULL },
        Scope { hosts: only(&["*.dyn.example"]), ..Scope::FULL },
        Scope { actions: update, ..Scope::FULL },
        Scope { networks: vec![parse("8.8.8.0/24")], ..Scope::FULL },
        Scope { end: Some(Timestamp::from_secs(START.secs() + 5_000)), ..Scope::FULL },
        Scope {
            hosts: only(&["a.dyn.example", "*.joe.example"]),
            actions: Actions { update: true, acme_challenge: true, ..Actions::default() },
            ..Scope::FULL
        },
        Scope { hosts: only(&["a.dyn.example"]), actions: challenge, ..Scope::FULL },
        Scope { hosts: only(&["a.joe.example"]), actions: challenge, ..Scope::FULL },
        Scope { actions: challenge, networks: vec![parse("8.8.8.0/25")], ..Scope::FULL },
        Scope { actions: challenge, end: Some(Timestamp::from_secs(START.secs() + 4_000)), ..Scope::FULL },
        Scope { actions: Actions { acme_challenge: true, read: true, ..Actions::default() }, ..Scope::FULL },
    ]
}

/// How many tokens each of the first accounts has, one of each scope.
const SCOPES: usize = 13;
/// Those of them that allow challenge values and nothing else.
const CHALLENGE_SCOPES: std::ops::Range<usize> = 8..12;
/// Ids that no token has to begin with.
const FRESH: std::ops::Range<usize> = SCOPES..SCOPES + 5;

pub(crate) fn token_id(account: u32, scope: usize) -> Uuid {
    Uuid::from_u128(1_000 + u128::from(account) * 20 + scope as u128)
}

/// What a token of this scope is called: several have one label.
pub(crate) fn token_label(scope: usize) -> TokenLabel {
    parse(["router", "nas", "phone"][scope % 3])
}

fn token_of(account: AccountNo, scope: usize) -> NewToken {
    NewToken {
        id: token_id(account.get(), scope),
        account,
        label: token_label(scope),
        scope: scopes()[scope].clone(),
        secret: SecretId::new(7).unwrap(),
    }
}

fn new_token(account: u32, scope: usize) -> Command {
    Command::AddToken(token_of(self::account(account), scope))
}

fn new_account(login: &str, state: AccountState, role: Role, (max_hosts, max_domains): (u32, u32)) -> Command {
    let id = Uuid::from_u128(login.bytes().fold(0, |id, octet| id * 256 + u128::from(octet)));
    Command::AddAccount(NewAccount {
        id,
        login: parse(login),
        state,
        role,
        max_hosts,
        max_domains,
        language: Default::default(),
        password: None,
    })
}

pub(crate) fn new_domain(name: &str, owner: Option<u32>, shared: bool) -> Command {
    let id = Uuid::from_u128(name.bytes().fold(1, |id: u128, octet| id.wrapping_mul(31) + u128::from(octet)));
    let owner = owner.map(account);
    Command::AddDomain(NewDomain { id, name: parse(name), owner, shared, email: None, ttl: None, description: None })
}

fn new_host(name: &str, owner: u32) -> Command {
    let ipv4 = Some(std::net::Ipv4Addr::new(8, 8, 8, 8).try_into().unwrap());
    let (name, owner) = (parse(name), account(owner));
    Command::AddHost(NewHost {
        name,
        owner,
        ipv4,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    })
}

/// What every story begins with: accounts, their tokens, a shared domain of the operator, a private and a shared one.
pub(crate) fn beginning() -> Vec<(Caller, Command)> {
    let mut commands = vec![
        new_account("root", AccountState::Active, Role::Operator, (3, 3)),
        new_account("joe", AccountState::Active, Role::User, (5, 3)),
        new_account("ann", AccountState::Active, Role::User, (3, 3)),
        new_account("eve", AccountState::Unconfirmed, Role::User, (2, 1)),
        new_domain("dyn.example", None, true),
        new_domain("joe.example", Some(JOE), false),
        new_domain("ann.example", Some(ANN), true),
    ];
    commands.extend(
        (0..scopes().len())
            .flat_map(|scope| [new_token(JOE, scope), new_token(ANN, scope), new_token(OPERATOR, scope)]),
    );
    commands.extend([new_host("a.dyn.example", JOE), new_host("a.joe.example", JOE), new_host("a.ann.example", ANN)]);
    let joe = Caller::Account(Identity { account: account(JOE), token: None, source: None });
    let client = Command::PutClient { key: parse("home"), edit: ClientEdit::default(), must_exist: false };
    let attach = Command::AttachHost { key: parse("home"), host: parse("a.dyn.example") };
    let sam = new_account("sam@mail.example", AccountState::Active, Role::User, (3, 1));
    let local = commands.into_iter().map(|command| (Caller::Local, command));
    local.chain([(joe.clone(), client), (joe, attach), (Caller::Local, sam)]).collect()
}

// -- values

fn some_account() -> impl Strategy<Value = u32> {
    prop_oneof![12 => Just(JOE), 8 => Just(ANN), 3 => Just(OPERATOR), 1 => Just(EVE), 2 => Just(SAM), 2 => 5..20u32]
}

fn host() -> impl Strategy<Value = Fqdn> {
    select(HOSTS).prop_map(parse)
}

fn zone() -> impl Strategy<Value = ZoneName> {
    select(ZONES).prop_map(parse)
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![select(HOSTS), select(OTHER_NAMES), select(ZONES), select(RECORD_NAMES)].prop_map(parse)
}

/// The name of something that may be there.
pub(crate) fn some_name() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => select(HOSTS),
        4 => select(OTHER_NAMES),
        4 => select(RECORD_NAMES),
        1 => select(ZONES),
        1 => select(SERVERS),
    ]
}

fn host_address() -> impl Strategy<Value = HostAddress> {
    select(ADDRESSES).prop_map(parse)
}

fn v4() -> impl Strategy<Value = UnicastV4> {
    select(&["192.0.2.1", "8.8.8.8", "10.0.0.1"][..])
        .prop_map(|text| parse::<std::net::Ipv4Addr>(text).try_into().unwrap())
}

fn v6() -> impl Strategy<Value = UnicastV6> {
    select(&["2001:db8::1", "2a00::1"][..]).prop_map(|text| parse::<std::net::Ipv6Addr>(text).try_into().unwrap())
}

fn addresses() -> impl Strategy<Value = Vec<IpAddr>> {
    prop::collection::vec(select(ADDRESSES).prop_map(parse), 0..3)
}

fn record_id() -> impl Strategy<Value = Uuid> {
    (0..8u128).prop_map(|slot| Uuid::from_u128(2_000 + slot))
}

fn data() -> impl Strategy<Value = RecordData> {
    prop_oneof![
        4 => select(ADDRESSES).prop_map(|text| match parse::<IpAddr>(text) {
            IpAddr::V4(address) => RecordData::A(address),
            IpAddr::V6(address) => RecordData::Aaaa(address),
        }),
        2 => name().prop_map(RecordData::Cname),
        2 => select(&["ns.a.joe.example", "ns.elsewhere.invalid", "ns1.joe.example"][..]).prop_map(|text| RecordData::Ns(parse(text))),
        4 => select(&["x", "\"x\"", "y", "z"][..]).prop_map(|text| RecordData::Txt(parse(text))),
        1 => Just(RecordData::Mx { preference: 0, exchange: Name::ROOT }),
    ]
}

fn description() -> impl Strategy<Value = Description> {
    select(&["one", "other"][..]).prop_map(parse)
}

fn ttl() -> impl Strategy<Value = Ttl> {
    select(&[0, 60, 3_600][..]).prop_map(|secs| Ttl::try_from(secs).unwrap())
}

fn edit<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<AddressEdit<T>> {
    prop_oneof![3 => Just(AddressEdit::Keep), 3 => value.prop_map(AddressEdit::Set), 1 => Just(AddressEdit::Remove)]
        .boxed()
}

fn rarely<T: Clone + std::fmt::Debug + 'static>(value: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Option<T>> {
    prop::option::weighted(0.3, value).boxed()
}

fn host_edit() -> impl Strategy<Value = HostEdit> {
    let ttl = select(&HostTtl::ALL[..2]);
    (edit(v4()), edit(v6()), rarely(ttl), rarely(any::<bool>()), rarely(any::<bool>())).prop_map(
        |(ipv4, ipv6, ttl, wildcard, offline)| HostEdit { ipv4, ipv6, ttl, wildcard, offline, ..HostEdit::default() },
    )
}

fn suffix() -> impl Strategy<Value = Ipv6Suffix> {
    select(SUFFIXES).prop_map(parse)
}

fn heartbeat() -> impl Strategy<Value = Option<Heartbeat>> {
    let some = select(&[60u32, 3_600][..]).prop_map(|secs| Heartbeat::try_from(secs).unwrap());
    prop::option::weighted(0.8, some)
}

/// What a host keeps while its address changes, and how it moves with its site: alone, or beside whatever else.
fn site_edit() -> impl Strategy<Value = HostEdit> {
    let rest = prop_oneof![2 => Just(HostEdit::default()), 1 => host_edit()];
    let prefix = prop::option::weighted(0.6, prop::option::weighted(0.8, select(PREFIXES).prop_map(parse)));
    let suffix = rarely(prop::option::weighted(0.8, suffix()));
    (rest, prefix, suffix, rarely(heartbeat())).prop_map(|(rest, prefix, suffix, heartbeat)| HostEdit {
        prefix,
        suffix,
        heartbeat,
        ..rest
    })
}

fn among() -> impl Strategy<Value = Among> {
    select(&[Among::All, Among::Movable][..])
}

/// Numbers of the first hosts and clients, and of what came later, some of them twice.
fn numbers() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![2 => 8..12u32, 1 => 12..40u32], 0..6)
}

fn missed() -> impl Strategy<Value = Command> {
    (numbers(), numbers()).prop_map(|(hosts, clients)| Command::MissHeartbeats {
        hosts: hosts.into_iter().filter_map(HostNo::new).collect(),
        clients: clients.into_iter().filter_map(ClientNo::new).collect(),
    })
}

fn key() -> impl Strategy<Value = ClientKey> {
    select(&["home", "home", "home", "home", "office"][..]).prop_map(parse)
}

fn challenge() -> impl Strategy<Value = ChallengeValue> {
    select(&["x", "y", "\"x\"", "z"][..]).prop_map(parse)
}

fn settings() -> impl Strategy<Value = Settings> {
    let addresses = prop_oneof![Just(vec![]), addresses()];
    let life = select(&[60, 3_600, 604_800][..]).prop_map(|secs: u32| ChallengeLife::try_from(secs).unwrap());
    let url = prop::option::of(Just("https://dyn.example/".to_owned()));
    (addresses, prop::bool::weighted(0.3), select(&[0, 1, 30][..]), life, url).prop_map(
        |(ns_addresses, public, days, challenge_life, base_url)| Settings {
            ns_addresses,
            public_addresses_only: public,
            reservation_days: days,
            reserved_labels: ["ns1", "www"].into_iter().map(parse).collect(),
            challenge_life,
            base_url,
            ..Settings::default()
        },
    )
}

fn mail_settings() -> impl Strategy<Value = Settings> {
    let sign_up = select(&[SignUp::Confirm, SignUp::Confirm, SignUp::Confirm, SignUp::Open, SignUp::Closed][..]);
    (sign_up, prop::bool::weighted(0.8)).prop_map(|(sign_up, mail)| Settings { sign_up, mail, ..Settings::default() })
}

fn mailbox() -> impl Strategy<Value = MailAddress> {
    select(&["sam@mail.example", "ina@mail.example", "new@mail.example", "Sam@Mail.example"][..]).prop_map(parse)
}

fn mail_id() -> impl Strategy<Value = Uuid> {
    (0..12u128).prop_map(|slot| Uuid::from_u128(3_000 + slot))
}

/// Fresh, as each of them is.
fn secret() -> impl Strategy<Value = SecretId> {
    any::<u64>().prop_map(|id| SecretId::new(id | 64).unwrap())
}

// -- commands

fn key_name() -> impl Strategy<Value = Name> {
    select(&["key", "key", "other"][..]).prop_map(parse)
}

/// Few secrets, so that some are those that keys lead to.
fn tsig_key_edit() -> impl Strategy<Value = TsigKeyEdit> {
    let secret = || prop::option::of((9..12u64).prop_map(|id| SecretId::new(id).unwrap()));
    let algorithm = select(&[TsigAlgorithm::HmacSha256, TsigAlgorithm::HmacSha512][..]);
    (rarely(key_name()), rarely(algorithm), secret(), rarely((9..12u64).prop_map(|id| SecretId::new(id).unwrap())))
        .prop_map(|(name, algorithm, secret, instead_of)| TsigKeyEdit { name, algorithm, secret, instead_of })
}

fn account_command() -> BoxedStrategy<Command> {
    let state = || {
        select(&[AccountState::Active, AccountState::Active, AccountState::Suspended, AccountState::Unconfirmed][..])
    };
    let role = || select(&[Role::User, Role::User, Role::Operator][..]);
    let quota = || (0..4u32, 0..3u32);
    let edit = (
        (rarely(state()), rarely(role()), rarely(0..4u32), rarely(0..3u32)),
        (rarely(1..5u32), rarely(1..4u32), rarely(1..3u32)),
        rarely(select(&["joe", "zoe", "new@mail.example"][..])),
        rarely(select(&[Language::English, Language::German][..])),
        rarely(secret()),
    );
    prop_oneof![
        2 => (select(&["joe", "new", "newer"][..]), state(), role(), quota())
            .prop_map(|(login, state, role, quota)| new_account(login, state, role, quota)),
        4 => (some_account(), edit).prop_map(|(number, ((state, role, max_hosts, max_domains), quotas, login, language, password))| {
            let login = login.map(parse);
            let (max_records, max_rrsets, max_rrset_records) = quotas;
            let edit = AccountEdit {
                login, state, role, max_hosts, max_domains, max_records, max_rrsets, max_rrset_records, language, password,
            };
            Command::SetAccount { account: account(number), edit }
        }),
        1 => (5..14u32).prop_map(|number| Command::RemoveAccount { account: account(number) }),
        1 => some_account().prop_map(|number| Command::RemoveAccount { account: account(number) }),
        2 => (some_account(), 0..SCOPES).prop_map(|(number, scope)| new_token(number, scope)),
        2 => (some_account(), 0..FRESH.end, 0..SCOPES, any::<[bool; 4]>()).prop_map(|(number, token, like, parts)| {
            let like = scopes()[like].clone();
            let edit = TokenEdit {
                label: (parts == [true; 4]).then(|| parse("phone")),
                hosts: parts[0].then_some(like.hosts),
                actions: parts[1].then_some(like.actions),
                networks: parts[2].then_some(like.networks),
                end: parts[3].then_some(like.end),
            };
            Command::SetToken { token: token_id(number, token), edit }
        }),
        2 => (some_account(), 0..SCOPES, 0..FRESH.end, secret()).prop_map(|(number, like, id, secret)| {
            Command::RenewToken(NewToken { id: token_id(number, id), secret, ..token_of(account(number), like) })
        }),
        2 => (some_account(), 0..FRESH.end).prop_map(|(number, scope)| Command::RevokeToken { token: token_id(number, scope) }),
        1 => (some_account(), 0..SCOPES, key_name(), 0..3u128).prop_map(|(number, scope, name, id)| Command::AddTsigKey(TsigKey {
            id: Uuid::from_u128(id),
            name,
            algorithm: TsigAlgorithm::HmacSha256,
            account: account(number),
            scope: scopes()[scope].clone(),
            secret: SecretId::new(9).unwrap(),
            created: START,
        })),
        1 => (0..3u128, tsig_key_edit()).prop_map(|(id, edit)| Command::SetTsigKey { id: Uuid::from_u128(id), edit }),
        1 => key_name().prop_map(|name| Command::RemoveTsigKey { key: name.into() }),
        1 => (0..3u128).prop_map(|id| Command::RemoveTsigKey { key: TsigKeyKey::Id(Uuid::from_u128(id)) }),
    ]
    .boxed()
}

fn domain_command() -> BoxedStrategy<Command> {
    let owner = || prop::option::of(some_account());
    let edit = (
        rarely(owner()),
        rarely(any::<bool>()),
        rarely(ttl()),
        rarely(prop::option::of(v4())),
        rarely(prop::option::of(v6())),
        rarely(select(&["joe@joe.example", "hostmaster@dyn.example"][..]).prop_map(parse)),
        rarely(ttl().prop_map(|minimum| SoaTimers { minimum, ..SoaTimers::default() })),
        rarely(prop::option::of(description())),
    );
    let server = || select(SERVERS).prop_map(parse::<Name>);
    let server_id = (0..4u128).prop_map(Uuid::from_u128);
    let server_edit = (rarely(server()), prop::option::of(addresses()));
    let peer = (any::<bool>(), any::<bool>()).prop_map(|(transfer, notify)| Peer {
        address: parse("192.0.2.53"),
        transfer,
        notify,
    });
    prop_oneof![
        5 => (select(ZONES), owner(), prop::bool::weighted(0.4)).prop_map(|(name, owner, shared)| new_domain(name, owner, shared)),
        6 => (zone(), edit).prop_map(|(name, edit)| {
            let (owner, shared, ttl, offline_ipv4, offline_ipv6, email, timers, description) = edit;
            let owner = owner.map(|owner| owner.map(account));
            let edit = DomainEdit { owner, shared, email, ttl, timers, description, offline_ipv4, offline_ipv6 };
            Command::SetDomain { domain: name.into(), edit }
        }),
        1 => zone().prop_map(|name| Command::TouchDomain { domain: name.into() }),
        2 => zone().prop_map(|name| Command::RemoveDomain { domain: name.into() }),
        2 => (server_id, server(), addresses()).prop_map(|(id, name, addresses)| Command::AddServer { id, name, addresses }),
        2 => (server(), server_edit).prop_map(|(name, (to, addresses))| Command::SetServer {
            name,
            edit: ServerEdit { name: to, addresses },
        }),
        4 => (server(), prop::bool::weighted(0.3)).prop_map(|(name, keep_one)| Command::RemoveServer { name, keep_one }),
        4 => settings().prop_map(Command::SetSettings),
        1 => peer.prop_map(Command::PutPeer),
        1 => Just(Command::RemovePeer { address: parse("192.0.2.53") }),
    ]
    .boxed()
}

fn host_command() -> BoxedStrategy<Command> {
    let together = || select(&[Together::Each, Together::AllOrNothing][..]);
    let new = (host(), some_account(), prop::option::of(v4()), prop::option::of(v6()), any::<bool>());
    let site = || (prop::option::of(suffix()), rarely(heartbeat()));
    prop_oneof![
        6 => (new, site()).prop_map(|((name, owner, ipv4, ipv6, wildcard), (suffix, heartbeat))| Command::AddHost(NewHost {
            name, owner: account(owner), ipv4, ipv6, ttl: HostTtl::S60, wildcard, suffix, heartbeat: heartbeat.flatten(),
        })),
        1 => (host(), prop::option::of(some_account()))
            .prop_map(|(name, owner)| Command::AdoptHost { name, owner: owner.map(account) }),
        4 => (prop::collection::vec(host(), 1..4), host_edit(), together())
            .prop_map(|(hosts, edit, together)| Command::SetHosts { hosts, edit, together }),
        4 => (prop::collection::vec(host(), 1..4), site_edit(), together())
            .prop_map(|(hosts, edit, together)| Command::SetHosts { hosts, edit, together }),
        1 => (host_edit(), among()).prop_map(|(edit, among)| Command::SetAllHosts { edit, among }),
        2 => (site_edit(), among()).prop_map(|(edit, among)| Command::SetAllHosts { edit, among }),
        1 => missed(),
        3 => host().prop_map(|host| Command::RemoveHost { host }),
        1 => host().prop_map(|name| Command::ReleaseName { name }),
        3 => (host(), challenge(), prop::option::of(0..4usize))
            .prop_map(|(host, value, keep)| Command::AddChallenge { host, value, keep }),
        1 => (host(), prop::option::weighted(0.7, challenge()))
            .prop_map(|(host, value)| Command::RemoveChallenge { host, value }),
    ]
    .boxed()
}

fn client_command() -> BoxedStrategy<Command> {
    prop_oneof![
        1 => (key(), some_account(), any::<bool>())
            .prop_map(|(key, owner, offline)| Command::AddClient(NewClient { key, owner: account(owner), offline })),
        4 => (key(), prop::option::of(any::<bool>()), prop::bool::weighted(0.2))
            .prop_map(|(key, offline, must_exist)| Command::PutClient { key, edit: ClientEdit { offline, ..ClientEdit::default() }, must_exist }),
        3 => (key(), prop::option::of(host_address())).prop_map(|(key, address)| Command::MoveClient { key, address }),
        1 => key().prop_map(|key| Command::RemoveClient { key }),
        2 => (key(), rarely(heartbeat()))
            .prop_map(|(key, heartbeat)| Command::PutClient { key, edit: ClientEdit { offline: None, heartbeat }, must_exist: true }),
        1 => missed(),
        5 => (key(), host()).prop_map(|(key, host)| Command::AttachHost { key, host }),
        1 => (key(), host()).prop_map(|(key, host)| Command::DetachHost { key, host }),
    ]
    .boxed()
}

fn record_command() -> BoxedStrategy<Command> {
    let place = || prop_oneof![1 => name(), 2 => select(RECORD_NAMES).prop_map(parse)];
    let domain = rarely((5..8u32).prop_map(|number| DomainNo::new(number).unwrap()));
    let new = (record_id(), place(), data(), rarely(ttl()), rarely(description()), domain, any::<bool>());
    let edit =
        (rarely(place()), rarely(data()), rarely(prop::option::of(ttl())), rarely(prop::option::of(description())));
    let owner = prop::option::of(some_account());
    prop_oneof![
        9 => new.prop_map(|(id, name, data, ttl, description, domain, narrow)| {
            Command::AddRecord(NewRecord { id, name, data, ttl, description, domain, narrow })
        }),
        4 => (record_id(), edit).prop_map(|(record, (name, data, ttl, description))| Command::SetRecord {
            record,
            edit: RecordEdit { name, data, instead_of: None, ttl, description },
        }),
        1 => (select(ADOPTED).prop_map(parse), owner)
            .prop_map(|(name, owner)| Command::AdoptHost { name, owner: owner.map(account) }),
        1 => record_id().prop_map(|record| Command::RemoveRecord { record }),
    ]
    .boxed()
}

fn mail_command() -> BoxedStrategy<Command> {
    let language = select(&[Language::English, Language::German][..]);
    let name = select(&["joe", "eve", "nobody"][..]).prop_map(parse);
    let login = prop_oneof![4 => mailbox().prop_map(|to| to.login()), 1 => name];
    prop_oneof![
        6 => (any::<u8>(), mailbox(), secret(), language, mail_id()).prop_map(|(id, login, password, language, mail)| {
            Command::SignUp(NewSignUp { id: Uuid::from_u128(id.into()), login, password, language, mail })
        }),
        4 => (login, mail_id()).prop_map(|(login, mail)| Command::AskPassword { login, mail }),
        4 => (some_account(), mailbox(), mail_id())
            .prop_map(|(number, to, mail)| Command::AskLogin { account: account(number), to, mail }),
        1 => outbox_command(),
    ]
    .boxed()
}

/// What the program itself asks for when it sends mails.
fn outbox_command() -> BoxedStrategy<Command> {
    let next =
        select(&[-60, 0, 60][..]).prop_map(|secs| Timestamp::from_secs(START.secs().saturating_add_signed(secs)));
    prop_oneof![
        3 => mail_id().prop_map(|mail| Command::RemoveMail { mail }),
        3 => (mail_id(), next).prop_map(|(mail, next)| Command::RetryMail { mail, next }),
        1 => secret().prop_map(|secret| Command::SetServerKey { secret }),
    ]
    .boxed()
}

fn link() -> impl Strategy<Value = Link> {
    let stale = || prop::bool::weighted(0.1);
    prop_oneof![
        2 => (0..FRESH.end, 0..SCOPES).prop_map(|(slot, scope)| Link::Confirm { token: token_id(SAM, slot), scope }),
        1 => (secret(), stale()).prop_map(|(to, stale)| Link::SetPassword { to, stale }),
        1 => (mailbox(), mail_id(), stale()).prop_map(|(to, mail, stale)| Link::SetLogin { to, mail, stale }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => account_command(),
        4 => domain_command(),
        10 => host_command(),
        7 => client_command(),
        8 => record_command(),
        1 => Just(Command::Elapse),
    ]
}

fn caller() -> impl Strategy<Value = Caller> {
    let source = prop::option::weighted(0.8, select(SOURCES).prop_map(parse::<IpAddr>));
    let token = prop::option::weighted(0.3, 0..FRESH.end);
    let account = (some_account(), token, source).prop_map(|(number, token, source)| {
        Caller::Account(Identity {
            account: account(number),
            token: token.map(|scope| token_id(number, scope)),
            source,
        })
    });
    let mailed = some_account().prop_map(|number| Caller::Mailed(self::account(number)));
    prop_oneof![12 => Just(Caller::Local), 16 => account, 1 => Just(Caller::Guest), 1 => mailed]
}

/// A token makes another of its account, which is mostly for challenge values alone.
fn part() -> impl Strategy<Value = (Caller, Command)> {
    let like = prop_oneof![4 => CHALLENGE_SCOPES, 1 => 0..SCOPES];
    let number = select(&[JOE, JOE, ANN][..]);
    (number, 0..FRESH.end, FRESH, like).prop_map(|(number, token, fresh, like)| {
        let identity = Identity { account: account(number), token: Some(token_id(number, token)), source: None };
        let new = NewToken { id: token_id(number, fresh), ..token_of(account(number), like) };
        (Caller::Account(identity), Command::AddToken(new))
    })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let pass = prop_oneof![3 => 0..10i64, 2 => 0..4_000i64, 1 => 80_000..800_000i64, 1 => -4_000..0i64];
    let stranger = prop_oneof![4 => Just(Caller::Guest), 3 => caller()];
    let holder = prop_oneof![4 => Just(Holder::Owner), 1 => caller().prop_map(Holder::Other)];
    prop_oneof![
        24 => (caller(), command()).prop_map(|(caller, command)| Step::Ask(caller, command)),
        2 => part().prop_map(|(caller, command)| Step::Ask(caller, command)),
        5 => (stranger, mail_command()).prop_map(|(caller, command)| Step::Ask(caller, command)),
        1 => outbox_command().prop_map(|command| Step::Ask(Caller::Local, command)),
        1 => mail_settings().prop_map(|settings| Step::Ask(Caller::Local, Command::SetSettings(settings))),
        3 => (any::<usize>(), holder, link()).prop_map(|(place, holder, link)| Step::Follow(place, holder, link)),
        3 => pass.prop_map(Step::Pass),
        1 => host().prop_map(Step::MissHost),
        1 => key().prop_map(Step::MissClient),
    ]
}

/// Records and what may stand in their way, at so few names that most of it collides.
fn contended_command() -> BoxedStrategy<Command> {
    let place = || select(CONTENDED).prop_map(parse::<Name>);
    let data = || {
        select(
            &[
                ("A", "192.0.2.1"),
                ("A", "192.0.2.1"),
                ("A", "8.8.8.8"),
                ("AAAA", "2001:db8::1"),
                ("TXT", "x"),
                ("TXT", "y"),
                ("TXT", "z"),
                ("CNAME", "t.joe.example"),
                ("DS", "1 8 2 abababababababababababababababababababababababababababababababab"),
                ("NS", "ns.t.joe.example"),
                ("NS", "ns.elsewhere.invalid"),
                ("NS", "ns1.joe.example"),
            ][..],
        )
        .prop_map(|(record_type, data)| RecordData::parse(parse(record_type), data).unwrap())
    };
    let server = || select(&["ns.elsewhere.invalid", "ns.t.joe.example"][..]).prop_map(parse::<Name>);
    let edit = (rarely(place()), rarely(data()), rarely(prop::option::of(ttl())));
    let quotas = (1..7u32, 1..6u32, 1..4u32);
    let challenged = || select(&["a.joe.example", "t.joe.example"][..]).prop_map(parse::<Fqdn>);
    let narrow = prop::bool::weighted(0.2);
    prop_oneof![
        12 => (record_id(), place(), data(), prop::option::of(ttl()), narrow).prop_map(|(id, name, data, ttl, narrow)| {
            Command::AddRecord(NewRecord { id, name, data, ttl, description: None, domain: None, narrow })
        }),
        10 => (record_id(), edit).prop_map(|(record, (name, data, ttl))| Command::SetRecord {
            record,
            edit: RecordEdit { name, data, instead_of: None, ttl, description: None },
        }),
        2 => record_id().prop_map(|record| Command::RemoveRecord { record }),
        3 => (challenged(), challenge()).prop_map(|(host, value)| Command::AddChallenge { host, value, keep: None }),
        3 => (select(ADOPTED).prop_map(parse), prop::option::weighted(0.2, some_account()))
            .prop_map(|(name, owner)| Command::AdoptHost { name, owner: owner.map(account) }),
        1 => (select(ADOPTED), any::<bool>()).prop_map(|(name, wildcard)| match new_host(name, JOE) {
            Command::AddHost(new) => Command::AddHost(NewHost { wildcard, ..new }),
            other => other,
        }),
        2 => select(ADOPTED).prop_map(|name| Command::RemoveHost { host: parse(name) }),
        1 => (server(), addresses()).prop_map(|(name, addresses)| {
            let id = Uuid::from_u128(name.to_string().len() as u128);
            Command::AddServer { id, name, addresses }
        }),
        1 => (server(), rarely(server()), rarely(addresses()))
            .prop_map(|(name, to, addresses)| Command::SetServer { name, edit: ServerEdit { name: to, addresses } }),
        1 => server().prop_map(|name| Command::RemoveServer { name, keep_one: false }),
        1 => settings().prop_map(|settings| Command::SetSettings(Settings { public_addresses_only: false, ..settings })),
        1 => (some_account(), quotas).prop_map(|(number, (max_records, max_rrsets, max_rrset_records))| {
            let (max_records, max_rrsets) = (Some(max_records), Some(max_rrsets));
            let max_rrset_records = Some(max_rrset_records);
            let edit = AccountEdit { max_records, max_rrsets, max_rrset_records, ..AccountEdit::default() };
            Command::SetAccount { account: account(number), edit }
        }),
        1 => select(&["_acme-challenge.a.joe.example", "sub.joe.example", "sub.joe.example"][..])
            .prop_map(|name| new_domain(name, Some(JOE), false)),
        1 => select(&["_acme-challenge.a.joe.example", "sub.joe.example"][..])
            .prop_map(|name| Command::RemoveDomain { domain: parse(name) }),
        1 => (zone(), ttl()).prop_map(|(name, ttl)| Command::SetDomain {
            domain: name.into(),
            edit: DomainEdit { ttl: Some(ttl), ..DomainEdit::default() },
        }),
    ]
    .boxed()
}

/// A story about records.
pub(crate) fn record_story(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let by = |number| Caller::Account(Identity { account: account(number), token: None, source: None });
    let caller = select(vec![Caller::Local, Caller::Local, by(JOE), by(JOE), by(JOE), by(ANN), by(OPERATOR)]);
    let step = prop_oneof![
        12 => (caller, contended_command()).prop_map(|(caller, command)| Step::Ask(caller, command)),
        1 => (0..2_000i64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..longest)
}

pub(crate) fn story(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..longest)
}
