//! A second, naive statement of the laws: plain maps by text, everything looked for in everything.
//!
//! It is written from the design's section 5 and knows nothing of how `decide` does it. [`World::of`] shows a registry
//! as such a world; [`World::run`] carries a command out, or refuses it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ddns_core::*;
use uuid::Uuid;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct World {
    pub(crate) accounts: BTreeMap<u32, Person>,
    pub(crate) tokens: BTreeMap<Uuid, Credential>,
    pub(crate) domains: BTreeMap<String, Zone>,
    pub(crate) servers: BTreeMap<String, Beacon>,
    pub(crate) hosts: BTreeMap<String, Machine>,
    pub(crate) clients: BTreeMap<String, Device>,
    pub(crate) records: BTreeMap<Uuid, Line>,
    /// The values of each host that has any, as they were set, with their ends.
    pub(crate) challenges: BTreeMap<String, Vec<(String, Timestamp)>>,
    pub(crate) reservations: BTreeMap<String, (u32, Timestamp)>,
    pub(crate) keys: BTreeMap<String, Signer>,
    pub(crate) peers: BTreeMap<IpAddr, (bool, bool)>,
    pub(crate) mails: BTreeMap<Uuid, Letter>,
    pub(crate) server_key: Option<SecretId>,
    pub(crate) settings: Settings,
    pub(crate) last_number: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) login: String,
    pub(crate) state: AccountState,
    pub(crate) role: Role,
    pub(crate) max_hosts: u32,
    pub(crate) max_domains: u32,
    pub(crate) max_records: u32,
    pub(crate) max_rrsets: u32,
    pub(crate) max_rrset_records: u32,
    pub(crate) language: Language,
    pub(crate) password: Option<SecretId>,
    pub(crate) created: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Credential {
    pub(crate) account: u32,
    pub(crate) label: String,
    pub(crate) scope: Scope,
    pub(crate) secret: SecretId,
    /// The one that made it for a part of what it may do.
    pub(crate) parent: Option<Uuid>,
    pub(crate) created: Timestamp,
}

/// A mail that waits to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Letter {
    pub(crate) kind: MailKind,
    pub(crate) account: u32,
    pub(crate) to: String,
    pub(crate) attempts: u32,
    pub(crate) next: Timestamp,
}

/// A TSIG key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signer {
    pub(crate) id: Uuid,
    pub(crate) algorithm: TsigAlgorithm,
    pub(crate) secret: SecretId,
    pub(crate) account: u32,
    pub(crate) scope: Scope,
}

impl Signer {
    fn of(key: &TsigKey) -> Signer {
        let TsigKey { id, algorithm, account, ref scope, secret, .. } = *key;
        Signer { id, algorithm, secret, account: account.get(), scope: scope.clone() }
    }
}

/// A name server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Beacon {
    pub(crate) id: Uuid,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) updated: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Zone {
    pub(crate) number: u32,
    pub(crate) id: Uuid,
    pub(crate) owner: Option<u32>,
    pub(crate) shared: bool,
    pub(crate) ttl: u32,
    pub(crate) email: String,
    pub(crate) timers: SoaTimers,
    pub(crate) description: Option<String>,
    pub(crate) offline: (Option<UnicastV4>, Option<UnicastV6>),
    pub(crate) updated: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    pub(crate) number: u32,
    pub(crate) owner: u32,
    pub(crate) domain: String,
    pub(crate) client: Option<String>,
    pub(crate) ttl: HostTtl,
    pub(crate) wildcard: bool,
    pub(crate) offline: Offline,
    pub(crate) ipv4: Option<UnicastV4>,
    pub(crate) ipv6: Option<UnicastV6>,
    pub(crate) suffix: Option<Ipv6Suffix>,
    pub(crate) heartbeat: Option<Heartbeat>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Device {
    pub(crate) number: u32,
    pub(crate) owner: u32,
    pub(crate) offline: Offline,
    pub(crate) ipv4: Option<UnicastV4>,
    pub(crate) ipv6: Option<UnicastV6>,
    pub(crate) heartbeat: Option<Heartbeat>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) owner: Option<u32>,
    pub(crate) domain: String,
    pub(crate) name: String,
    pub(crate) data: RecordData,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) description: Option<String>,
}

impl Line {
    pub(crate) fn kind(&self) -> RecordType {
        self.data.record_type()
    }

    /// Whether it is one of those that tell which name servers its zone has.
    pub(crate) fn is_own_ns(&self) -> bool {
        self.name == self.domain && self.kind() == RecordType::NS
    }
}

/// What an accepted command answers for each of its hosts: whether it was allowed.
type Lines = Vec<bool>;

/// Whether a name is another one or lies below it.
pub(crate) fn under(name: &str, above: &str) -> bool {
    name == above || name.ends_with(&format!(".{above}"))
}

fn public(address: HostAddress) -> bool {
    match address {
        HostAddress::V4(address) => address.is_public(),
        HostAddress::V6(address) => address.is_public(),
    }
}

/// Whether a record of this data gives the addresses of its name.
pub(crate) fn gives_address(data: &RecordData) -> bool {
    matches!(data.record_type(), RecordType::A | RecordType::AAAA | RecordType::CNAME)
}

fn demand(condition: bool) -> Option<()> {
    condition.then_some(())
}

// -- a registry as a world

impl World {
    pub(crate) fn of(registry: &Registry) -> World {
        let domain = |number| registry.domain(number).map(|domain| domain.name.to_string()).unwrap();
        let client = |number| registry.client_by_number(number).map(|client| client.key.to_string()).unwrap();
        let mut world = World {
            settings: (**registry.settings()).clone(),
            last_number: registry.last_number(),
            server_key: registry.server_key().map(|key| key.secret),
            ..World::default()
        };
        for account in registry.accounts() {
            let person = Person {
                id: account.id,
                login: account.login.to_string(),
                state: account.state,
                role: account.role,
                max_hosts: account.max_hosts,
                max_domains: account.max_domains,
                max_records: account.max_records,
                max_rrsets: account.max_rrsets,
                max_rrset_records: account.max_rrset_records,
                language: account.language,
                password: account.password,
                created: account.created,
            };
            world.accounts.insert(account.number.get(), person);
            for client in registry.clients_of(account.number) {
                let (number, owner) = (client.number.get(), client.owner.get());
                let Client { offline, ipv4, ipv6, heartbeat, .. } = **client;
                let device = Device { number, owner, offline, ipv4, ipv6, heartbeat };
                world.clients.insert(client.key.to_string(), device);
            }
        }
        for domain in registry.domains() {
            let zone = Zone {
                number: domain.number.get(),
                id: domain.id,
                owner: domain.owner.map(AccountNo::get),
                shared: domain.shared,
                ttl: domain.ttl.secs(),
                email: domain.email.to_string(),
                timers: domain.timers,
                description: domain.description.as_ref().map(ToString::to_string),
                offline: (domain.offline_ipv4, domain.offline_ipv6),
                updated: domain.updated,
            };
            world.domains.insert(domain.name.to_string(), zone);
        }
        for host in registry.hosts() {
            let machine = Machine {
                number: host.number.get(),
                owner: host.owner.get(),
                domain: domain(host.domain),
                client: host.client.map(client),
                ttl: host.ttl,
                wildcard: host.wildcard,
                offline: host.offline,
                ipv4: host.ipv4,
                ipv6: host.ipv6,
                suffix: host.suffix.as_deref().copied(),
                heartbeat: host.heartbeat,
            };
            world.hosts.insert(host.name.to_string(), machine);
            for challenge in registry.challenges(&host.name) {
                let values = world.challenges.entry(host.name.to_string()).or_default();
                values.push((challenge.value.to_string(), challenge.end));
            }
        }
        for record in registry.records_at_or_below(&Name::ROOT) {
            let line = Line {
                owner: record.owner.map(AccountNo::get),
                domain: domain(record.domain),
                name: record.name.to_string(),
                data: record.data.clone(),
                ttl: record.ttl,
                description: record.description.as_ref().map(ToString::to_string),
            };
            world.records.insert(record.id, line);
        }
        for token in registry.tokens() {
            let (account, label) = (token.account.get(), token.label.to_string());
            let (scope, secret, parent) = (token.scope.clone(), token.secret, token.parent);
            let credential = Credential { account, label, scope, secret, parent, created: token.created };
            world.tokens.insert(token.id, credential);
        }
        for mail in registry.mails() {
            let (account, to) = (mail.account.get(), mail.to.to_string());
            let letter = Letter { kind: mail.kind, account, to, attempts: mail.attempts, next: mail.next };
            world.mails.insert(mail.id, letter);
        }
        for server in registry.servers() {
            let beacon = Beacon { id: server.id, addresses: server.addresses.clone(), updated: server.updated };
            world.servers.insert(server.name.to_string(), beacon);
        }
        for key in registry.tsig_keys() {
            world.keys.insert(key.name.to_string(), Signer::of(key));
        }
        world.peers = registry.peers().map(|peer| (peer.address, (peer.transfer, peer.notify))).collect();
        let reservations = registry.snapshot().filter_map(|change| match change {
            Change::Reservation(delta) => delta.after,
            _ => None,
        });
        world.reservations = reservations.map(|kept| (kept.name.to_string(), (kept.owner.get(), kept.end))).collect();
        world
    }
}

// -- who asks

struct Who {
    account: Option<u32>,
    operator: bool,
    token: Option<Uuid>,
    scope: Option<Scope>,
    source: Option<HostAddress>,
}

impl Who {
    fn new(world: &World, caller: &Caller, now: Timestamp) -> Option<Who> {
        let identity = match caller {
            Caller::Local => {
                return Some(Who { account: None, operator: true, token: None, scope: None, source: None });
            }
            Caller::Account(identity) => identity,
            Caller::Guest | Caller::Mailed(_) => return None,
        };
        let number = identity.account.get();
        let person = world.accounts.get(&number)?;
        demand(person.state == AccountState::Active)?;
        let mut scope = None;
        if let Some(id) = identity.token {
            let found = world.tokens.get(&id)?;
            demand(found.account == number && !found.scope.has_ended(now) && found.scope.admits(identity.source))?;
            scope = Some(found.scope.clone());
        }
        let source = identity.source.and_then(|source| HostAddress::try_from(source).ok());
        let operator = person.role == Role::Operator;
        Some(Who { account: Some(number), operator, token: identity.token, scope, source })
    }

    fn is(&self, account: u32) -> bool {
        self.operator || self.account == Some(account)
    }

    fn may(&self, action: Action) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.allows(action))
    }

    fn covers(&self, host: &str) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.covers(&host.parse().unwrap()))
    }

    /// The whole account: what touches no single host.
    fn whole(&self) -> bool {
        self.may(Action::Manage) && self.everywhere()
    }

    fn everywhere(&self) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.hosts == HostScope::All)
    }

    fn operates(&self) -> bool {
        self.operator && self.whole()
    }

    /// A credential gives nobody more than it has itself.
    fn hands_on(&self, scope: &Scope) -> bool {
        self.scope.as_ref().is_none_or(|own| lies_inside(scope, own))
    }
}

/// Whether nothing is allowed by a scope that another does not allow. What one pattern of hosts matches of another is not
/// worked out: it is the same, or it is one host.
pub(crate) fn lies_inside(scope: &Scope, own: &Scope) -> bool {
    let actions = [Action::Update, Action::AcmeChallenge, Action::Read, Action::Manage];
    let more = actions.iter().any(|action| scope.allows(*action) && !own.allows(*action));
    let somewhere = |network: &ipnet::IpNet| own.networks.iter().any(|mine| mine.contains(network));
    let from_anywhere = scope.networks.is_empty() || !scope.networks.iter().all(somewhere);
    let longer = scope.end.is_none_or(|end| own.end.is_some_and(|mine| mine < end));
    let texts = |scope: &Scope| match &scope.hosts {
        HostScope::All => None,
        HostScope::Only(patterns) => Some(patterns.iter().map(ToString::to_string).collect::<Vec<_>>()),
    };
    let farther = match (texts(own), texts(scope)) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(own), Some(wanted)) => {
            let same = |text: &String| own.contains(text);
            let matched = |text: &String| !text.contains('*') && own.iter().any(|pattern| glob(pattern, text));
            !wanted.iter().all(|text| same(text) || matched(text))
        }
    };
    !more && !farther && (own.networks.is_empty() || !from_anywhere) && (own.end.is_none() || !longer)
}

/// Each `*` is any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(rest, &text[at..]))
        }),
    }
}

// -- what stands where

impl World {
    /// The longest enclosing domain.
    pub(crate) fn enclosing(&self, name: &str) -> Option<&str> {
        self.domains.keys().filter(|zone| under(name, zone)).max_by_key(|zone| zone.len()).map(String::as_str)
    }

    fn records_at<'w>(&'w self, name: &str) -> impl Iterator<Item = (&'w Uuid, &'w Line)> {
        let name = name.to_owned();
        self.records.iter().filter(move |(_, line)| line.name == name)
    }

    /// Whether an address record or alias stands there.
    fn clash(&self, name: &str) -> bool {
        self.records_at(name).any(|(_, line)| gives_address(&line.data))
    }

    /// Whether one of our name servers has its addresses there.
    fn name_server(&self, name: &str) -> bool {
        match self.servers.get(name) {
            Some(server) => !server.addresses.is_empty(),
            None => {
                let default = self.enclosing(name).is_some_and(|zone| name == format!("ns1.{zone}"));
                self.servers.is_empty() && default && !self.settings.ns_addresses.is_empty()
            }
        }
    }

    fn delegated(&self, name: &str) -> bool {
        let Some(zone) = self.enclosing(name) else { return false };
        let cut =
            |line: &&Line| line.data.record_type() == RecordType::NS && under(name, &line.name) && line.name != zone;
        self.records.values().filter(|line| under(&line.name, zone)).any(|line| cut(&line))
    }

    fn takes(&self, address: Option<HostAddress>) -> bool {
        !self.settings.public_addresses_only || address.is_none_or(public)
    }

    fn host_for(&self, who: &Who, name: &str, action: Action) -> Option<Machine> {
        let host = self.hosts.get(name)?;
        demand(who.is(host.owner) && who.may(action) && who.covers(name))?;
        Some(host.clone())
    }

    fn number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }
}

// -- commands

impl World {
    /// Carries a command out; or refuses it, and then the world is as before.
    pub(crate) fn run(&mut self, caller: &Caller, command: &Command, now: Timestamp) -> Option<Lines> {
        let mut next = self.clone();
        let lines = match next.without_signing_in(caller, command, now) {
            Some(done) => done.map(|()| Lines::new())?,
            None => next.carry_out(&Who::new(self, caller, now)?, command, now)?,
        };
        *self = next;
        Some(lines)
    }

    fn carry_out(&mut self, who: &Who, command: &Command, now: Timestamp) -> Option<Lines> {
        match command {
            Command::AddAccount(new) => self.add_account(who, new, now)?,
            Command::SetAccount { account, edit } => self.set_account(who, account.get(), edit, now)?,
            Command::RemoveAccount { account } => {
                demand(who.is(account.get()) && who.whole() && who.hands_on(&Scope::FULL))?;
                self.remove_account(account.get(), now)?;
            }
            Command::AddToken(new) => {
                if let Some(parent) = self.makes_part(who, new) {
                    demand(who.hands_on(&new.scope))?;
                    demand(!self.tokens.contains_key(&new.id))?;
                    let parts = || self.tokens.iter().filter(|(_, token)| token.parent == Some(parent));
                    if parts().count() == 10 {
                        let (_, oldest) = parts().map(|(id, part)| (part.created, *id)).min()?;
                        self.tokens.remove(&oldest);
                    }
                    self.add_token(new, Some(parent), now)?;
                } else {
                    demand(who.is(new.account.get()) && who.whole() && who.hands_on(&new.scope))?;
                    self.add_token(new, None, now)?;
                }
            }
            Command::RenewToken(new) => self.renew_token(who, new, now)?,
            Command::SetToken { token, edit } => {
                let before = self.tokens.get(token)?.clone();
                demand(who.is(before.account) && who.whole())?;
                let scope = Scope {
                    hosts: edit.hosts.clone().unwrap_or(before.scope.hosts),
                    actions: edit.actions.unwrap_or(before.scope.actions),
                    networks: edit.networks.clone().unwrap_or(before.scope.networks),
                    end: edit.end.unwrap_or(before.scope.end),
                };
                demand(who.hands_on(&scope))?;
                let label = edit.label.as_ref().map_or(before.label, ToString::to_string);
                self.tokens.retain(|_, part| part.parent != Some(*token) || lies_inside(&part.scope, &scope));
                self.tokens.insert(*token, Credential { label, scope, ..before });
            }
            Command::RevokeToken { token } => {
                let found = self.tokens.get(token)?;
                let own_part = found.parent.is_some() && found.parent == who.token;
                demand(own_part || who.is(found.account) && who.whole())?;
                self.take_token(*token);
            }
            Command::AddTsigKey(key) => {
                self.holder(key.account.get())?;
                demand(who.operates() && who.hands_on(&key.scope))?;
                let name = key.name.to_string();
                demand(!self.keys.contains_key(&name) && self.keys.values().all(|present| present.id != key.id))?;
                self.keys.insert(name, Signer::of(key));
            }
            Command::SetTsigKey { id, edit } => {
                demand(who.operates())?;
                let (name, before) = self.keys.iter().find(|(_, key)| key.id == *id)?;
                let (name, mut key) = (name.clone(), before.clone());
                demand(who.hands_on(&key.scope))?;
                demand(edit.instead_of.is_none_or(|secret| secret == key.secret))?;
                let named = edit.name.as_ref().map_or_else(|| name.clone(), ToString::to_string);
                if named != name {
                    demand(!self.keys.contains_key(&named))?;
                    demand(edit.secret.is_some_and(|secret| secret != key.secret))?;
                }
                key.algorithm = edit.algorithm.unwrap_or(key.algorithm);
                key.secret = edit.secret.unwrap_or(key.secret);
                self.keys.remove(&name);
                self.keys.insert(named, key);
            }
            Command::RemoveTsigKey { key } => {
                demand(who.operates())?;
                let name = match key {
                    TsigKeyKey::Name(name) => name.to_string(),
                    TsigKeyKey::Id(id) => self.keys.iter().find(|(_, key)| key.id == *id)?.0.clone(),
                };
                self.keys.remove(&name)?;
            }
            Command::AddDomain(new) => self.add_domain(who, new, now)?,
            Command::SetDomain { domain: name, edit } => self.set_domain(who, &name.to_string(), edit, now)?,
            Command::TouchDomain { domain: name } => {
                let zone = self.domains.get_mut(&name.to_string())?;
                demand((who.operator || zone.owner == who.account) && who.whole())?;
                zone.updated = now.max(zone.updated.after(std::time::Duration::from_micros(1)));
            }
            Command::RemoveDomain { domain: name } => self.remove_domain(who, &name.to_string())?,
            Command::AddServer { id, name, addresses } => {
                let name = name.to_string();
                demand(who.operates() && !self.servers.contains_key(&name))?;
                demand(!self.servers.values().any(|server| server.id == *id))?;
                demand(!self.hosts.contains_key(&name) && !self.clash(&name))?;
                self.servers.insert(name, Beacon { id: *id, addresses: distinct(addresses), updated: None });
            }
            Command::SetServer { name, edit } => self.set_server(who, &name.to_string(), edit, now)?,
            Command::RemoveServer { name, keep_one } => {
                demand(who.operates())?;
                self.servers.remove(&name.to_string())?;
                demand(!keep_one || !self.servers.is_empty())?;
            }
            Command::AddHost(new) => self.add_host(who, new)?,
            Command::AdoptHost { name, owner } => self.adopt_host(who, name, owner.map(AccountNo::get))?,
            Command::SetHosts { hosts, edit, together } => return self.set_hosts(who, hosts, *edit, *together),
            Command::SetAllHosts { edit, among } => {
                let me = who.account?;
                demand(who.may(Action::Update))?;
                let mine = self.hosts.iter().filter(|(name, host)| host.owner == me && who.covers(name));
                let mine = mine.filter(|(_, host)| *among == Among::All || stands_behind(host, *edit));
                let mut edits: Vec<(Fqdn, HostEdit)> =
                    mine.map(|(name, host)| (name.parse().unwrap(), edit_among_all(host, *edit))).collect();
                edits.retain(|(_, edit_here)| edit_here == edit || *edit_here != HostEdit::default());
                edits.sort_by(|(one, _), (other, _)| one.cmp(other));
                for (name, edit) in &edits {
                    self.set_host(who, &name.to_string(), *edit)?;
                }
                return Some(vec![true; edits.len()]);
            }
            Command::RemoveHost { host } => {
                self.host_for(who, &host.to_string(), Action::Manage)?;
                self.free(&host.to_string(), now);
            }
            Command::ReleaseName { name } => {
                demand(who.operates())?;
                self.reservations.remove(&name.to_string())?;
            }
            Command::AddChallenge { host, value, keep } => {
                self.add_challenge(who, &host.to_string(), value, *keep, now)?;
            }
            Command::RemoveChallenge { host, value } => {
                self.host_for(who, &host.to_string(), Action::AcmeChallenge)?;
                let mut values = self.challenges.remove(&host.to_string()).unwrap_or_default();
                values.retain(|(present, _)| value.as_ref().is_some_and(|value| value.as_str() != present));
                if !values.is_empty() {
                    self.challenges.insert(host.to_string(), values);
                }
            }
            Command::MissHeartbeats { hosts, clients } => {
                demand(who.operates())?;
                for host in self.hosts.values_mut() {
                    let named = hosts.iter().any(|number| number.get() == host.number);
                    if named && host.heartbeat.is_some() && host.offline == Offline::No {
                        host.offline = Offline::Missed;
                    }
                }
                for client in self.clients.values_mut() {
                    let named = clients.iter().any(|number| number.get() == client.number);
                    if named && client.heartbeat.is_some() && client.offline == Offline::No {
                        client.offline = Offline::Missed;
                    }
                }
            }
            Command::AddClient(new) => {
                let owner = new.owner.get();
                self.holder(owner)?;
                demand(who.whole() && who.is(owner))?;
                self.add_client(new.key.as_str(), owner, new.offline)?;
            }
            Command::PutClient { key, edit, must_exist } => self.put_client(who, key, *edit, *must_exist)?,
            Command::MoveClient { key, address } => self.move_client(who, key.as_str(), *address)?,
            Command::RemoveClient { key } => {
                self.client_for(who, key.as_str(), Action::Manage)?;
                demand(self.covers_all(who, key.as_str()))?;
                self.clients.remove(key.as_str());
                for host in self.hosts.values_mut().filter(|host| host.client.as_deref() == Some(key.as_str())) {
                    host.client = None;
                }
            }
            Command::AttachHost { key, host } => {
                let client = self.device_for(who, key.as_str(), Action::Manage)?;
                let found = self.host_for(who, &host.to_string(), Action::Manage)?;
                demand(found.owner == client.owner)?;
                self.hosts.get_mut(&host.to_string())?.client = Some(key.to_string());
            }
            Command::DetachHost { key, host } => {
                self.client_for(who, key.as_str(), Action::Manage)?;
                let found = self.host_for(who, &host.to_string(), Action::Manage)?;
                demand(found.client.as_deref() == Some(key.as_str()))?;
                self.hosts.get_mut(&host.to_string())?.client = None;
            }
            Command::AddRecord(new) => self.add_record(who, new)?,
            Command::SetRecord { record, edit } => self.set_record(who, *record, edit)?,
            Command::RemoveRecord { record } => {
                self.record_for(who, *record)?;
                self.records.remove(record);
            }
            Command::PutPeer(peer) => {
                demand(who.operates())?;
                self.peers.insert(peer.address, (peer.transfer, peer.notify));
            }
            Command::RemovePeer { address } => {
                demand(who.operates())?;
                self.peers.remove(address)?;
            }
            Command::SetSettings(settings) => {
                demand(who.operates())?;
                let ns_addresses = distinct(&settings.ns_addresses);
                self.settings = Settings { ns_addresses, ..settings.clone() };
            }
            Command::AskLogin { account, to, mail } => self.ask_login(who, account.get(), to.as_str(), *mail, now)?,
            Command::RemoveMail { mail } => {
                demand(who.operates())?;
                self.mails.remove(mail)?;
            }
            Command::RetryMail { mail, next } => {
                demand(who.operates())?;
                let letter = self.mails.get_mut(mail)?;
                letter.attempts += u32::from(*next > now);
                letter.next = *next;
            }
            Command::SetServerKey { secret } => {
                demand(who.operates())?;
                self.server_key = self.server_key.or(Some(*secret));
            }
            Command::SignUp(_)
            | Command::AskPassword { .. }
            | Command::Confirm(_)
            | Command::SetPassword { .. }
            | Command::SetLogin { .. } => unreachable!("they need nobody who has signed in"),
            Command::Elapse => {
                demand(who.operates())?;
                self.elapse(now);
            }
        }
        Some(Vec::new())
    }

    fn add_account(&mut self, who: &Who, new: &NewAccount, now: Timestamp) -> Option<()> {
        demand(who.operates() && who.hands_on(&Scope::FULL))?;
        let login = new.login.to_string();
        demand(!self.accounts.values().any(|person| person.login == login || person.id == new.id))?;
        let person = Person {
            id: new.id,
            login,
            state: new.state,
            role: new.role,
            max_hosts: new.max_hosts,
            max_domains: new.max_domains,
            max_records: 500,
            max_rrsets: 500,
            max_rrset_records: 20,
            language: new.language,
            password: new.password,
            created: now,
        };
        let number = self.number();
        self.accounts.insert(number, person);
        Some(())
    }

    fn set_account(&mut self, who: &Who, number: u32, edit: &AccountEdit, now: Timestamp) -> Option<()> {
        let before = self.accounts.get(&number)?.clone();
        demand(who.is(number) && who.whole() && who.hands_on(&Scope::FULL))?;
        let for_operators = edit.login.is_some()
            || edit.state.is_some()
            || edit.role.is_some()
            || edit.max_hosts.is_some()
            || edit.max_domains.is_some()
            || edit.max_records.is_some()
            || edit.max_rrsets.is_some()
            || edit.max_rrset_records.is_some();
        demand(who.operates() || !for_operators)?;
        // Unconfirmed ──▶ Active ◀──▶ Suspended: nobody becomes unconfirmed again, and an unconfirmed one is confirmed.
        demand(edit.state != Some(AccountState::Unconfirmed) || before.state == AccountState::Unconfirmed)?;
        let login = edit.login.as_ref().map_or(before.login.clone(), ToString::to_string);
        demand(!self.accounts.iter().any(|(other, person)| *other != number && person.login == login))?;
        let after = Person {
            login,
            state: edit.state.unwrap_or(before.state),
            role: edit.role.unwrap_or(before.role),
            max_hosts: edit.max_hosts.unwrap_or(before.max_hosts),
            max_domains: edit.max_domains.unwrap_or(before.max_domains),
            max_records: edit.max_records.unwrap_or(before.max_records),
            max_rrsets: edit.max_rrsets.unwrap_or(before.max_rrsets),
            max_rrset_records: edit.max_rrset_records.unwrap_or(before.max_rrset_records),
            language: edit.language.unwrap_or(before.language),
            password: edit.password.or(before.password),
            ..before.clone()
        };
        if after.login != before.login || after.state != before.state || after.password != before.password {
            self.take_letters(number);
        }
        if let Some(password) = edit.password {
            self.tell_password(&before, number, password, now);
        }
        self.accounts.insert(number, after);
        Some(())
    }

    /// Everything goes with it; a domain in which others have hosts holds it back.
    fn remove_account(&mut self, number: u32, now: Timestamp) -> Option<()> {
        self.accounts.remove(&number)?;
        let foreign = |host: &Machine| host.owner != number && self.domains[&host.domain].owner == Some(number);
        demand(!self.hosts.values().any(foreign))?;
        let mine: Vec<String> =
            self.hosts.iter().filter(|(_, host)| host.owner == number).map(|(name, _)| name.clone()).collect();
        for name in mine {
            self.free(&name, now);
        }
        let own: Vec<String> =
            self.domains.iter().filter(|(_, zone)| zone.owner == Some(number)).map(|(name, _)| name.clone()).collect();
        self.records.retain(|_, line| line.owner != Some(number) && !own.contains(&line.domain));
        self.domains.retain(|_, zone| zone.owner != Some(number));
        self.clients.retain(|_, client| client.owner != number);
        self.tokens.retain(|_, token| token.account != number);
        self.mails.retain(|_, letter| letter.account != number);
        self.keys.retain(|_, key| key.account != number);
        Some(())
    }

    /// Whom something may be given: an account that exists and has been confirmed.
    fn holder(&self, number: u32) -> Option<Person> {
        let person = self.accounts.get(&number)?;
        demand(person.state != AccountState::Unconfirmed)?;
        Some(person.clone())
    }

    fn domains_of(&self, owner: u32) -> usize {
        self.domains.values().filter(|zone| zone.owner == Some(owner)).count()
    }

    fn add_domain(&mut self, who: &Who, new: &NewDomain, now: Timestamp) -> Option<()> {
        let owner = new.owner.map(AccountNo::get);
        demand(who.whole())?;
        match owner {
            None => demand(who.operates())?,
            Some(owner) => {
                let person = self.holder(owner)?;
                demand(who.is(owner) && (self.domains_of(owner) as u64) < u64::from(person.max_domains))?;
            }
        }
        demand(!new.shared || who.operates())?;
        let name = new.name.to_string();
        demand(!self.domains.contains_key(&name) && !self.domains.values().any(|zone| zone.id == new.id))?;
        // Not at, above or below what another account has.
        let related = |other: &str| under(other, &name) || under(&name, other);
        demand(!self.domains.iter().any(|(other, zone)| related(other) && zone.owner != owner))?;
        demand(!self.hosts.iter().any(|(host, machine)| under(&name, host) && Some(machine.owner) != owner))?;
        // Not over hosts or records, unless a domain in between already holds them.
        let around = self.enclosing(&name).map(ToOwned::to_owned);
        let over = |thing: &str, domain: &str| under(thing, &name) && Some(domain) == around.as_deref();
        demand(!self.hosts.iter().any(|(host, machine)| over(host, &machine.domain)))?;
        demand(!self.records.values().any(|line| over(&line.name, &line.domain)))?;
        demand(!self.delegated(&name))?;
        let zone = Zone {
            number: self.number(),
            id: new.id,
            owner,
            shared: new.shared,
            ttl: new.ttl.map_or(3_600, Ttl::secs),
            email: format!("hostmaster@{name}"),
            timers: SoaTimers::default(),
            description: new.description.as_ref().map(ToString::to_string),
            offline: (None, None),
            updated: now,
        };
        self.domains.insert(name, zone);
        Some(())
    }

    fn set_domain(&mut self, who: &Who, name: &str, edit: &DomainEdit, now: Timestamp) -> Option<()> {
        let before = self.domains.get(name)?.clone();
        demand(who.operator || before.owner == who.account)?;
        demand(who.whole())?;
        demand(edit.owner.is_none() && edit.shared.is_none() || who.operates())?;
        let owner = edit.owner.map_or(before.owner, |owner| owner.map(AccountNo::get));
        let shared = edit.shared.unwrap_or(before.shared);
        if let Some(Some(owner)) = edit.owner {
            self.holder(owner.get())?;
        }
        if owner != before.owner {
            let family = |other: &String| other != name && (under(other, name) || under(name, other));
            demand(!self.domains.iter().any(|(other, zone)| family(other) && zone.owner != owner))?;
            if let Some(owner) = owner {
                demand((self.domains_of(owner) as u64) < u64::from(self.accounts[&owner].max_domains))?;
            }
        }
        if owner != before.owner || shared != before.shared {
            for (host, machine) in self.hosts.iter().filter(|(_, machine)| machine.domain == name) {
                demand(if shared { host != name && !self.reserved_label(host) } else { owner == Some(machine.owner) })?;
            }
        }
        let (ipv4, ipv6) = before.offline;
        let offline = (edit.offline_ipv4.unwrap_or(ipv4), edit.offline_ipv6.unwrap_or(ipv6));
        let taken = self.takes(offline.0.map(HostAddress::V4)) && self.takes(offline.1.map(HostAddress::V6));
        demand(offline == before.offline || taken)?;
        let mut after = Zone {
            owner,
            shared,
            ttl: edit.ttl.map_or(before.ttl, Ttl::secs),
            email: edit.email.as_ref().map_or(before.email.clone(), ToString::to_string),
            timers: edit.timers.unwrap_or(before.timers),
            offline,
            ..before.clone()
        };
        if let Some(description) = &edit.description {
            after.description = description.as_ref().map(ToString::to_string);
        }
        if after != before {
            after.updated = now;
        }
        self.domains.insert(name.to_owned(), after);
        Some(())
    }

    fn remove_domain(&mut self, who: &Who, name: &str) -> Option<()> {
        let zone = self.domains.get(name)?;
        demand((who.operator || zone.owner == who.account) && who.whole())?;
        demand(!self.domains.keys().any(|other| other != name && under(other, name)))?;
        demand(!self.hosts.values().any(|host| host.domain == name))?;
        self.records.retain(|_, line| line.domain != name);
        self.domains.remove(name);
        Some(())
    }

    fn set_server(&mut self, who: &Who, name: &str, edit: &ServerEdit, now: Timestamp) -> Option<()> {
        demand(who.operates())?;
        let before = self.servers.remove(name)?;
        let to = edit.name.as_ref().map_or(name.to_owned(), ToString::to_string);
        let addresses = edit.addresses.as_deref().map_or(before.addresses.clone(), distinct);
        let mut after = Beacon { addresses, ..before.clone() };
        if to != name || after != before {
            demand(!self.servers.contains_key(&to))?;
            let answers = !after.addresses.is_empty() || to != name;
            demand(!answers || !self.hosts.contains_key(&to) && !self.clash(&to))?;
            after.updated = Some(now);
        }
        self.servers.insert(to, after);
        Some(())
    }

    fn reserved_label(&self, host: &str) -> bool {
        let first = host.split('.').next().unwrap();
        self.settings.reserved_labels.iter().any(|label| label.as_str() == first)
    }

    fn add_host(&mut self, who: &Who, new: &NewHost) -> Option<()> {
        let (name, owner) = (new.name.to_string(), new.owner.get());
        demand(who.may(Action::Manage) && who.covers(&name))?;
        let person = self.holder(owner)?;
        demand(who.is(owner) && !self.hosts.contains_key(&name))?;
        let domain = self.enclosing(&name)?.to_owned();
        let zone = &self.domains[&domain];
        demand(zone.shared || zone.owner == Some(owner))?;
        demand(name != domain || !zone.shared)?;
        if zone.shared {
            demand(!self.reserved_label(&name))?;
            let related = |other: &str| under(other, &name) || under(&name, other);
            demand(!self.reservations.iter().any(|(kept, (last, _))| *last != owner && related(kept)))?;
            let foreign = |(host, machine): (&String, &Machine)| {
                machine.domain == domain && machine.owner != owner && related(host)
            };
            demand(!self.hosts.iter().any(foreign))?;
            demand(!self.domains.iter().any(|(other, zone)| under(other, &name) && zone.owner != Some(owner)))?;
        }
        demand(!self.delegated(&name))?;
        demand((self.hosts.values().filter(|host| host.owner == owner).count() as u64) < u64::from(person.max_hosts))?;
        demand(self.takes(new.ipv4.map(HostAddress::V4)) && self.takes(new.ipv6.map(HostAddress::V6)))?;
        demand(!self.clash(&name) && !self.name_server(&name))?;
        demand(!new.wildcard || !self.clash(&format!("*.{name}")))?;
        self.reservations.remove(&name);
        let machine = Machine {
            number: self.number(),
            owner,
            domain,
            client: None,
            ttl: new.ttl,
            wildcard: new.wildcard,
            offline: Offline::No,
            ipv4: new.ipv4,
            ipv6: new.ipv6,
            suffix: new.suffix,
            heartbeat: new.heartbeat,
        };
        self.hosts.insert(name, machine);
        Some(())
    }

    /// A host in the place of the address records at its name, and of those like them at its wildcard.
    fn adopt_host(&mut self, who: &Who, name: &Fqdn, owner: Option<u32>) -> Option<()> {
        let text = name.to_string();
        let zone = self.domains[self.enclosing(&text)?].clone();
        let owner = owner.or(zone.owner).or(who.account)?;
        let (mut going, ipv4, ipv6, mut ttl) = self.addresses_at(&text, zone.ttl)?;
        let mut wildcard = false;
        if let Some((more, four, six, their_ttl)) = self.addresses_at(&format!("*.{text}"), zone.ttl)
            && (four, six) == (ipv4, ipv6)
        {
            wildcard = true;
            ttl = ttl.min(their_ttl);
            going.extend(more);
        }
        for id in going {
            self.record_for(who, id)?;
            self.records.remove(&id);
        }
        demand(self.accounts.get(&owner)?.state == AccountState::Active)?;
        let ttl = match ttl {
            0..300 => HostTtl::S60,
            300..14_400 => HostTtl::S300,
            14_400..86_400 => HostTtl::S14400,
            86_400.. => HostTtl::S86400,
        };
        let owner = AccountNo::new(owner).unwrap();
        self.add_host(
            who,
            &NewHost { name: name.clone(), owner, ipv4, ipv6, ttl, wildcard, suffix: None, heartbeat: None },
        )
    }

    /// The address records at a name, if there are any and a host could be made of them: at most one of each family, and no
    /// alias. With the shortest time for which one is cached.
    #[expect(clippy::type_complexity, reason = "it is looked at twice, and once")]
    fn addresses_at(&self, name: &str, ttl: u32) -> Option<(Vec<Uuid>, Option<UnicastV4>, Option<UnicastV6>, u32)> {
        let lines: Vec<_> = self.records_at(name).filter(|(_, line)| gives_address(&line.data)).collect();
        let (mut four, mut six) = (Vec::new(), Vec::new());
        for (_, line) in &lines {
            match &line.data {
                RecordData::A(address) => four.push(UnicastV4::try_from(*address).ok()?),
                RecordData::Aaaa(address) => six.push(UnicastV6::try_from(*address).ok()?),
                _ => return None,
            }
        }
        demand(!lines.is_empty() && four.len() < 2 && six.len() < 2)?;
        let ttl = lines.iter().map(|(_, line)| line.ttl.map_or(ttl, Ttl::secs)).min()?;
        Some((lines.iter().map(|(id, _)| **id).collect(), four.first().copied(), six.first().copied(), ttl))
    }

    /// Takes a host away with what goes with its name.
    fn free(&mut self, name: &str, now: Timestamp) {
        let host = self.hosts.remove(name).unwrap();
        self.challenges.remove(name);
        let freed: Fqdn = name.parse().unwrap();
        let scopes = self.tokens.values_mut().map(|token| &mut token.scope);
        for scope in scopes.chain(self.keys.values_mut().map(|key| &mut key.scope)) {
            if let HostScope::Only(patterns) = &mut scope.hosts {
                patterns.retain(|pattern| *pattern != HostPattern::Exact(freed.clone()));
            }
        }
        let zone = self.domains[&host.domain].clone();
        if !zone.shared {
            return;
        }
        if zone.owner != Some(host.owner) {
            let others: Vec<&String> =
                self.hosts.iter().filter(|(_, other)| other.owner == host.owner).map(|(name, _)| name).collect();
            let held = |line: &Line| others.iter().any(|other| under(&line.name, other));
            let going = |line: &Line| {
                under(&line.name, name) && line.domain == host.domain && line.owner == Some(host.owner) && !held(line)
            };
            self.records.retain(|_, line| !going(line));
        }
        let days = u64::from(self.settings.reservation_days);
        if days > 0 {
            let end = now.after(std::time::Duration::from_secs(days * 86_400));
            self.reservations.insert(name.to_owned(), (host.owner, end));
        }
    }

    fn set_hosts(&mut self, who: &Who, hosts: &[Fqdn], edit: HostEdit, together: Together) -> Option<Lines> {
        let mut lines = Lines::new();
        for name in hosts {
            let allowed = self.set_host(who, &name.to_string(), edit).is_some();
            demand(allowed || together == Together::Each)?;
            lines.push(allowed);
        }
        Some(lines)
    }

    fn set_host(&mut self, who: &Who, name: &str, edit: HostEdit) -> Option<()> {
        let host = self.host_for(who, name, Action::Update)?;
        demand(edit.suffix.is_none() && edit.heartbeat.is_none() || who.may(Action::Manage))?;
        let edit = follow_prefix(&host, edit)?;
        let v4 = if let AddressEdit::Set(address) = edit.ipv4 { Some(HostAddress::V4(address)) } else { None };
        let v6 = if let AddressEdit::Set(address) = edit.ipv6 { Some(HostAddress::V6(address)) } else { None };
        demand(self.takes(v4) && self.takes(v6))?;
        demand(host.wildcard || edit.wildcard != Some(true) || !self.clash(&format!("*.{name}")))?;
        self.edit_host(name, edit);
        Some(())
    }

    fn edit_host(&mut self, name: &str, edit: HostEdit) {
        let host = self.hosts.get_mut(name).unwrap();
        match edit.ipv4 {
            AddressEdit::Keep => (),
            AddressEdit::Set(address) => host.ipv4 = Some(address),
            AddressEdit::Remove => host.ipv4 = None,
        }
        match edit.ipv6 {
            AddressEdit::Keep => (),
            AddressEdit::Set(address) => host.ipv6 = Some(address),
            AddressEdit::Remove => host.ipv6 = None,
        }
        host.ttl = edit.ttl.unwrap_or(host.ttl);
        host.wildcard = edit.wildcard.unwrap_or(host.wildcard);
        host.suffix = edit.suffix.unwrap_or(host.suffix);
        host.heartbeat = edit.heartbeat.unwrap_or(host.heartbeat);
        let addresses = edit.ipv4 != AddressEdit::Keep || edit.ipv6 != AddressEdit::Keep;
        let update = addresses || edit.prefix.is_some();
        match edit.offline {
            Some(true) => host.offline = Offline::Manual,
            Some(false) => host.offline = Offline::No,
            None if update && host.offline == Offline::Missed => host.offline = Offline::No,
            None => (),
        }
    }

    fn add_challenge(
        &mut self,
        who: &Who,
        host: &str,
        value: &ChallengeValue,
        keep: Option<usize>,
        now: Timestamp,
    ) -> Option<()> {
        self.host_for(who, host, Action::AcmeChallenge)?;
        let alias = |line: &Line| line.data.record_type() == RecordType::CNAME;
        demand(!self.records_at(&format!("_acme-challenge.{host}")).any(|(_, line)| alias(line)))?;
        let life = u32::from(self.settings.challenge_life);
        let end = now.after(std::time::Duration::from_secs(life.into()));
        let values = self.challenges.entry(host.to_owned()).or_default();
        let new = (value.to_string(), end);
        if !values.contains(&new) {
            values.retain(|(present, _)| *present != new.0);
            values.push(new.clone());
        }
        // The one that would end first goes first, and of several the one that was set first.
        while values.len() > keep.unwrap_or(usize::MAX).max(1) {
            let others = || values.iter().filter(|other| **other != new);
            let first = others().map(|(_, end)| *end).min().unwrap();
            let going = others().find(|(_, end)| *end == first).unwrap().clone();
            values.retain(|value| *value != going);
        }
        demand(values.len() <= 10)
    }
}

/// What an edit of all hosts is for one of them: a prefix is for those that have, or are given, something behind it.
fn edit_among_all(host: &Machine, edit: HostEdit) -> HostEdit {
    let moves = edit.prefix.is_some_and(|prefix| prefix.is_some());
    if stands_behind(host, edit) || !moves { edit } else { HostEdit { prefix: None, ..edit } }
}

fn stands_behind(host: &Machine, edit: HostEdit) -> bool {
    edit.suffix.unwrap_or(host.suffix).is_some() || host.ipv6.is_some()
}

/// The address that a prefix means for a host, put together of binary digits.
fn follow_prefix(host: &Machine, edit: HostEdit) -> Option<HostEdit> {
    let Some(prefix) = edit.prefix else { return Some(edit) };
    let suffix = edit.suffix.unwrap_or(host.suffix);
    let Some(prefix) = prefix else {
        let others = suffix.is_some() && matches!(edit.ipv6, AddressEdit::Set(_));
        return Some(if others { HostEdit { ipv6: AddressEdit::Keep, ..edit } } else { edit });
    };
    if suffix.is_none() && edit.ipv6 != AddressEdit::Keep {
        return Some(edit);
    }
    let (front, len) = digits(&prefix.to_string());
    let present = host.ipv6.map(|present| digits(&format!("{}/64", present.addr())).0);
    let below = match suffix {
        None => present?,
        Some(suffix) => {
            let raw = serde_json::to_value(suffix).unwrap();
            let (own, from) = digits(&format!("{}/{}", raw["bits"].as_str().unwrap(), raw["prefix_len"]));
            demand(!own[..len].contains('1'))?;
            let above = present.unwrap_or_else(|| "0".repeat(128));
            format!("{}{}", &above[..from], &own[from..])
        }
    };
    let address = u128::from_str_radix(&format!("{}{}", &front[..len], &below[len..]), 2).unwrap();
    let address = UnicastV6::try_from(std::net::Ipv6Addr::from(address)).unwrap();
    Some(HostEdit { ipv6: AddressEdit::Set(address), ..edit })
}

/// The 128 binary digits of an address, and the length behind it.
fn digits(text: &str) -> (String, usize) {
    let (address, len) = text.split_once('/').unwrap();
    let address: std::net::Ipv6Addr = address.parse().unwrap();
    (format!("{:0128b}", u128::from(address)), len.parse().unwrap())
}

// -- tokens, and who has not signed in

impl World {
    /// The token that asks for a credential which may set challenge values and nothing else, and makes it in its own name:
    /// one that may set them itself, and may not make tokens anyway.
    fn makes_part(&self, who: &Who, new: &NewToken) -> Option<Uuid> {
        let id = who.token?;
        let own = &self.tokens[&id];
        demand(own.account == new.account.get() && own.parent.is_none())?;
        let may = |scope: &Scope| {
            [Action::Update, Action::Read, Action::Manage, Action::AcmeChallenge].map(|action| scope.allows(action))
        };
        demand(may(&new.scope) == [false, false, false, true] && may(&own.scope)[3])?;
        demand(!who.whole())?;
        Some(id)
    }

    /// What it made for parts of itself goes with it.
    fn take_token(&mut self, id: Uuid) -> Option<Credential> {
        self.tokens.retain(|_, token| token.parent != Some(id));
        self.tokens.remove(&id)
    }

    fn add_token(&mut self, new: &NewToken, parent: Option<Uuid>, now: Timestamp) -> Option<()> {
        let account = new.account.get();
        self.holder(account)?;
        demand(!self.tokens.contains_key(&new.id))?;
        demand(self.tokens.values().filter(|token| token.account == account).count() < 100)?;
        let (label, scope, secret) = (new.label.to_string(), new.scope.clone(), new.secret);
        self.tokens.insert(new.id, Credential { account, label, scope, secret, parent, created: now });
        Some(())
    }

    /// A token renews itself and stays what it is; under a password it is those with the label.
    fn renew_token(&mut self, who: &Who, new: &NewToken, now: Timestamp) -> Option<()> {
        let account = new.account.get();
        let itself = who.token.filter(|_| who.account == Some(account));
        demand(who.is(account) && (itself.is_some() || who.whole()))?;
        let mut new = new.clone();
        let mut parent = None;
        match itself {
            Some(own) => {
                let own = self.take_token(own)?;
                (new.label, new.scope, parent) = (own.label.parse().unwrap(), own.scope, own.parent);
            }
            None => {
                demand(who.hands_on(&new.scope))?;
                let same = |token: &Credential| token.account == account && token.label == new.label.as_str();
                let old: Vec<Uuid> = self.tokens.iter().filter(|(_, token)| same(token)).map(|(id, _)| *id).collect();
                for id in old {
                    self.take_token(id);
                }
            }
        }
        self.add_token(&new, parent, now)
    }

    /// What is open to whoever has not signed in; none if the command is not of that kind.
    fn without_signing_in(&mut self, caller: &Caller, command: &Command, now: Timestamp) -> Option<Option<()>> {
        Some(match command {
            Command::SignUp(new) => self.sign_up(new, now),
            Command::AskPassword { login, mail } => self.ask_password(login.as_str(), *mail, now),
            Command::Confirm(token) => self.confirm(caller, token, now),
            Command::SetPassword { account, from, to } => self.set_password(caller, account.get(), *from, *to, now),
            Command::SetLogin { account, from, to, mail } => {
                self.set_login(caller, account.get(), from.as_str(), to.as_str(), *mail, now)
            }
            _ => return None,
        })
    }

    fn sign_up(&mut self, new: &NewSignUp, now: Timestamp) -> Option<()> {
        let login = new.login.to_string();
        let present = self.account_of(&login);
        match self.settings.sign_up {
            SignUp::Closed => return None,
            SignUp::Open => demand(present.is_none())?,
            SignUp::Confirm => {
                self.can_mail(new.mail)?;
                let waiting = self.accounts.values().filter(|person| person.state == AccountState::Unconfirmed);
                demand(waiting.count() < policy::UNCONFIRMED)?;
            }
        }
        if let Some(present) = present {
            self.knock(present, MailKind::AlreadyRegistered, new.mail, now);
            return Some(());
        }
        demand(!self.accounts.values().any(|person| person.id == new.id))?;
        let open = self.settings.sign_up == SignUp::Open;
        let person = Person {
            id: new.id,
            login: login.clone(),
            state: if open { AccountState::Active } else { AccountState::Unconfirmed },
            role: Role::User,
            max_hosts: 5,
            max_domains: 0,
            max_records: 500,
            max_rrsets: 500,
            max_rrset_records: 20,
            language: new.language,
            password: Some(new.password),
            created: now,
        };
        let number = self.number();
        self.accounts.insert(number, person);
        if !open {
            self.write(MailKind::Confirm, number, &login, new.mail, now);
        }
        Some(())
    }

    fn ask_password(&mut self, login: &str, mail: Uuid, now: Timestamp) -> Option<()> {
        self.can_mail(mail)?;
        if let Some(present) = self.account_of(login) {
            self.knock(present, MailKind::ResetPassword, mail, now);
        }
        Some(())
    }

    /// An account that nobody has confirmed loses its password to whoever else claims the address: to nobody.
    fn knock(&mut self, number: u32, kind: MailKind, mail: Uuid, now: Timestamp) {
        let person = self.accounts.get_mut(&number).unwrap();
        let login = person.login.clone();
        let kind = match person.state {
            AccountState::Suspended => return,
            AccountState::Active => kind,
            AccountState::Unconfirmed => {
                person.password = None;
                MailKind::Confirm
            }
        };
        if login.parse::<MailAddress>().is_ok() {
            self.write(kind, number, &login, mail, now);
        }
    }

    fn ask_login(&mut self, who: &Who, number: u32, to: &str, mail: Uuid, now: Timestamp) -> Option<()> {
        demand(who.is(number) && who.whole() && who.hands_on(&Scope::FULL))?;
        demand(self.accounts.get(&number)?.state == AccountState::Active)?;
        self.can_mail(mail)?;
        match self.account_of(to) {
            Some(other) if other == number || self.accounts[&other].state == AccountState::Suspended => (),
            Some(other) => self.write(MailKind::AlreadyRegistered, other, to, mail, now),
            None => self.write(MailKind::ChangeLogin, number, to, mail, now),
        }
        Some(())
    }

    fn confirm(&mut self, caller: &Caller, token: &NewToken, now: Timestamp) -> Option<()> {
        let number = token.account.get();
        let person = self.linked(caller, number, AccountState::Unconfirmed, now)?;
        person.state = AccountState::Active;
        self.take_letters(number);
        self.add_token(token, None, now)
    }

    fn set_password(
        &mut self,
        caller: &Caller,
        number: u32,
        from: Option<SecretId>,
        to: SecretId,
        now: Timestamp,
    ) -> Option<()> {
        let person = self.linked(caller, number, AccountState::Active, now)?;
        demand(person.password == from)?;
        let before = person.clone();
        person.password = Some(to);
        self.take_letters(number);
        self.tell_password(&before, number, to, now);
        Some(())
    }

    fn set_login(
        &mut self,
        caller: &Caller,
        number: u32,
        from: &str,
        to: &str,
        mail: Uuid,
        now: Timestamp,
    ) -> Option<()> {
        demand(self.account_of(to).is_none())?;
        let person = self.linked(caller, number, AccountState::Active, now)?;
        demand(person.login == from)?;
        person.login = to.to_owned();
        self.take_letters(number);
        if from.parse::<MailAddress>().is_ok() && self.settings.mail {
            let waits = |letter: &Letter| letter.kind == MailKind::LoginChanged && letter.to == from;
            if !self.mails.values().any(|letter| letter.account == number && waits(letter)) {
                self.can_mail(mail)?;
            }
            self.write(MailKind::LoginChanged, number, from, mail, now);
        }
        Some(())
    }

    /// The account of a link, for whoever holds it, or operates.
    fn linked(&mut self, caller: &Caller, number: u32, state: AccountState, now: Timestamp) -> Option<&mut Person> {
        match caller {
            Caller::Mailed(holder) => demand(holder.get() == number)?,
            caller => {
                let who = Who::new(self, caller, now)?;
                demand(who.operates() && who.hands_on(&Scope::FULL))?;
            }
        }
        self.accounts.get_mut(&number).filter(|person| person.state == state)
    }

    fn account_of(&self, login: &str) -> Option<u32> {
        self.accounts.iter().find(|(_, person)| person.login == login).map(|(number, _)| *number)
    }

    fn can_mail(&self, mail: Uuid) -> Option<()> {
        demand(self.settings.mail && self.mails.len() < 10_000 && !self.mails.contains_key(&mail))
    }

    /// One mail of a kind to one address is enough.
    fn write(&mut self, kind: MailKind, account: u32, to: &str, mail: Uuid, now: Timestamp) {
        let waits = |letter: &Letter| letter.kind == kind && letter.account == account && letter.to == to;
        if !self.mails.values().any(waits) {
            self.mails.insert(mail, Letter { kind, account, to: to.to_owned(), attempts: 0, next: now });
        }
    }

    /// The mail's id is made of the password's. Where there is no room for it, nobody is told.
    fn tell_password(&mut self, before: &Person, number: u32, to: SecretId, now: Timestamp) {
        let mail = Uuid::from_u64_pair(to.get(), 0);
        let owned = before.state != AccountState::Unconfirmed && before.login.parse::<MailAddress>().is_ok();
        if owned && before.password != Some(to) && self.can_mail(mail).is_some() {
            self.write(MailKind::PasswordChanged, number, &before.login, mail, now);
        }
    }

    /// What waits was about another login, password or state.
    fn take_letters(&mut self, number: u32) {
        let tells = |letter: &Letter| matches!(letter.kind, MailKind::LoginChanged | MailKind::PasswordChanged);
        self.mails.retain(|_, letter| letter.account != number || tells(letter));
    }
}

// -- clients

impl World {
    fn client_for(&self, who: &Who, key: &str, action: Action) -> Option<Device> {
        self.device_for(who, key, action).filter(|_| self.reaches(who, key))
    }

    fn device_for(&self, who: &Who, key: &str, action: Action) -> Option<Device> {
        let client = self.clients.get(key)?;
        demand(who.is(client.owner) && who.may(action))?;
        Some(client.clone())
    }

    /// To whoever is not for all hosts, a client is there with one of its own on it.
    fn reaches(&self, who: &Who, key: &str) -> bool {
        let mut on = self.hosts.iter().filter(|(_, host)| host.client.as_deref() == Some(key));
        who.everywhere() || on.any(|(name, _)| who.covers(name))
    }

    /// A client without hosts is as good as one that has all that may come to hang on it.
    fn covers_all(&self, who: &Who, key: &str) -> bool {
        let on: Vec<_> = self.hosts.iter().filter(|(_, host)| host.client.as_deref() == Some(key)).collect();
        if on.is_empty() { who.everywhere() } else { on.iter().all(|(name, _)| who.covers(name)) }
    }

    fn add_client(&mut self, key: &str, owner: u32, offline: bool) -> Option<()> {
        demand(!self.clients.contains_key(key))?;
        let number = self.number();
        let offline = if offline { Offline::Manual } else { Offline::No };
        let device = Device { number, owner, offline, ipv4: None, ipv6: None, heartbeat: None };
        self.clients.insert(key.to_owned(), device);
        Some(())
    }

    fn put_client(&mut self, who: &Who, key: &ClientKey, edit: ClientEdit, must_exist: bool) -> Option<()> {
        let ClientEdit { offline, heartbeat } = edit;
        let said = |present| match offline {
            Some(true) => Offline::Manual,
            Some(false) => Offline::No,
            None => present,
        };
        let Some(before) = self.clients.get(key.as_str()).cloned() else {
            let owner = who.account?;
            demand(!must_exist && who.whole())?;
            self.add_client(key.as_str(), owner, offline == Some(true))?;
            self.clients.get_mut(key.as_str())?.heartbeat = heartbeat.flatten();
            return Some(());
        };
        if offline.is_some() || heartbeat.is_none() {
            self.client_for(who, key.as_str(), Action::Update)?;
        }
        if heartbeat.is_some() {
            self.client_for(who, key.as_str(), Action::Manage)?;
        }
        demand(offline.is_none() && heartbeat.is_none() || self.covers_all(who, key.as_str()))?;
        let client = self.clients.get_mut(key.as_str())?;
        client.heartbeat = heartbeat.unwrap_or(client.heartbeat);
        let after = said(before.offline);
        self.clients.get_mut(key.as_str())?.offline = after;
        if before.offline != Offline::No && after == Offline::No && who.source.is_some() {
            demand(self.takes(who.source))?;
            self.carry(key.as_str(), who.source?);
        }
        Some(())
    }

    fn move_client(&mut self, who: &Who, key: &str, address: Option<HostAddress>) -> Option<()> {
        let before = self.client_for(who, key, Action::Update)?;
        demand(self.covers_all(who, key))?;
        let address = address.or(who.source)?;
        demand(self.takes(Some(address)))?;
        if before.offline == Offline::Missed {
            self.clients.get_mut(key)?.offline = Offline::No;
        }
        self.carry(key, address);
        Some(())
    }

    fn carry(&mut self, key: &str, address: HostAddress) {
        let client = self.clients.get_mut(key).unwrap();
        match address {
            HostAddress::V4(address) => client.ipv4 = Some(address),
            HostAddress::V6(address) => client.ipv6 = Some(address),
        }
        let attached: Vec<String> = self
            .hosts
            .iter()
            .filter(|(_, host)| host.client.as_deref() == Some(key))
            .map(|(name, _)| name.clone())
            .collect();
        for name in attached {
            self.edit_host(&name, HostEdit::default().with_address(address));
        }
    }
}

// -- records

impl World {
    fn record_for(&self, who: &Who, id: Uuid) -> Option<Line> {
        let line = self.records.get(&id)?;
        let zone = &self.domains[&line.domain];
        let own = zone.shared && line.owner == who.account;
        let mine = who.account.is_some() && (own || zone.owner == who.account);
        demand((who.operator || mine) && who.whole())?;
        demand(who.operator || !line.is_own_ns())?;
        Some(line.clone())
    }

    fn rrset(&self, name: &str, kind: RecordType) -> Vec<(Uuid, Line)> {
        self.records_at(name).filter(|(_, line)| line.kind() == kind).map(|(id, line)| (*id, line.clone())).collect()
    }

    fn add_record(&mut self, who: &Who, new: &NewRecord) -> Option<()> {
        let name = new.name.to_string();
        demand(who.whole() && !self.records.contains_key(&new.id))?;
        let domain = self.place(who, &name)?;
        demand(new.domain.is_none_or(|wanted| wanted.get() == self.domains[&domain].number))?;
        let present = self.rrset(&name, new.data.record_type());
        let owner = self.whose(who, &domain, &name);
        self.pays(owner, &domain, present.len(), new.narrow)?;
        let description = new.description.as_ref().map(ToString::to_string);
        let mut line = Line { owner, domain, name, data: new.data.clone(), ttl: new.ttl, description };
        self.fits(&line)?;
        if let Some((_, first)) = present.first() {
            line.ttl = first.ttl;
        }
        if line.is_own_ns() {
            line.ttl = None;
        }
        self.records.insert(new.id, line);
        Some(())
    }

    /// Whose a record is in a shared domain: at the command line that of the host at or below which it stands. In a private one
    /// it is the domain's owner's, and nobody is written down.
    fn whose(&self, who: &Who, domain: &str, name: &str) -> Option<u32> {
        let above = self.hosts.iter().filter(|(host, machine)| machine.domain == domain && under(name, host));
        let nearest = above.max_by_key(|(host, _)| host.len()).filter(|_| self.domains[domain].shared);
        who.account.or(nearest.map(|(_, machine)| machine.owner)).filter(|_| self.domains[domain].shared)
    }

    /// The domain's owner pays; in a shared domain everybody for oneself, and there RRsets cost nothing. What is nobody's
    /// costs nothing.
    fn pays(&self, holder: Option<u32>, domain: &str, present: usize, narrow: bool) -> Option<()> {
        let zone = &self.domains[domain];
        let payer = if zone.shared && holder.is_some() { holder } else { zone.owner };
        let payer = payer.map(|payer| &self.accounts[&payer]);
        demand(present < 100 && (!narrow || present < payer.map_or(20, |payer| payer.max_rrset_records as usize)))?;
        let Some(payer) = payer else { return Some(()) };
        let inside: Vec<&Line> = self.records.values().filter(|line| line.domain == domain).collect();
        let sets: BTreeSet<(&str, RecordType)> = inside.iter().map(|line| (line.name.as_str(), line.kind())).collect();
        let own = inside.iter().filter(|line| !zone.shared || holder.is_none() || line.owner == holder);
        demand(own.count() < payer.max_records as usize)?;
        demand(zone.shared || present > 0 || sets.len() < payer.max_rrsets as usize)
    }

    /// Its name and time to live are those of all its RRset: they go together, and come one by one.
    fn set_record(&mut self, who: &Who, id: Uuid, edit: &RecordEdit) -> Option<()> {
        let before = self.record_for(who, id)?;
        let name = edit.name.as_ref().map_or(before.name.clone(), ToString::to_string);
        let data = edit.data.clone().unwrap_or(before.data.clone());
        demand(data.record_type() == before.kind())?;
        demand(edit.instead_of.as_ref().is_none_or(|data| *data == before.data))?;
        demand(self.place(who, &name)? == before.domain)?;
        let moves = name != before.name;
        demand(!moves || self.rrset(&name, before.kind()).is_empty())?;
        let mut going = self.rrset(&before.name, before.kind());
        if !moves && edit.ttl.is_none_or(|ttl| ttl == before.ttl) {
            going.retain(|(member, _)| *member == id);
        }
        for (member, _) in &going {
            self.record_for(who, *member)?;
            self.records.remove(member);
        }
        for (member, line) in going {
            let mut after = Line { name: name.clone(), ttl: edit.ttl.unwrap_or(line.ttl), ..line.clone() };
            if member == id {
                after.data = data.clone();
                let description = edit.description.as_ref().map(|text| text.as_ref().map(ToString::to_string));
                after.description = description.unwrap_or(after.description);
            }
            if after.is_own_ns() {
                after.ttl = None;
            }
            if (&after.name, &after.data) != (&line.name, &line.data) {
                self.fits(&after)?;
            }
            demand(!self.records_at(&name).any(|(_, other)| other.data == after.data))?;
            self.records.insert(member, after);
        }
        Some(())
    }

    /// A record stands in one's own domain, or in a shared one at or below one's own host.
    fn place(&self, who: &Who, name: &str) -> Option<String> {
        let domain = self.enclosing(name)?;
        let zone = &self.domains[domain];
        let inside = || self.hosts.iter().filter(|(_, host)| host.domain == domain);
        let mine = |host: &Machine| who.account == Some(host.owner);
        let acts_for = |host: &Machine| mine(host) || who.account.is_none();
        if !(zone.shared && inside().any(|(host, machine)| acts_for(machine) && under(name, host))) {
            demand(who.operator || zone.owner == who.account)?;
            let related = |host: &str| under(host, name) || under(name, host);
            let foreign = inside().any(|(host, machine)| !mine(machine) && related(host));
            demand(!(zone.shared && name != domain && foreign))?;
        }
        Some(domain.to_owned())
    }

    /// What may stand beside what.
    fn fits(&self, line: &Line) -> Option<()> {
        let Line { domain, name, data, .. } = line;
        let alias = |data: &RecordData| data.record_type() == RecordType::CNAME;
        demand(line.kind() != RecordType::SOA)?;
        demand(name != domain || !alias(data) && line.kind() != RecordType::DS)?;
        demand(!alias(data) || !self.names_server(name))?;
        if gives_address(data) {
            demand(!self.hosts.contains_key(name) && !self.name_server(name))?;
            let wildcard = |(host, machine): (&String, &Machine)| machine.wildcard && *name == format!("*.{host}");
            demand(!self.hosts.iter().any(wildcard))?;
        }
        if line.is_own_ns() {
            demand(!self.name_servers(domain).iter().any(|server| RecordData::Ns(server.parse().unwrap()) == *data))?;
        } else if line.kind() == RecordType::NS {
            demand(!name.starts_with("*."))?;
            demand(!self.hosts.keys().chain(self.domains.keys()).any(|other| under(other, name)))?;
        }
        let others: Vec<&Line> = self.records_at(name).map(|(_, line)| line).collect();
        let challenged = self.challenges.keys().any(|host| *name == format!("_acme-challenge.{host}"));
        demand(!others.iter().any(|line| line.data == *data || alias(&line.data)))?;
        demand(!alias(data) || others.is_empty() && !challenged)
    }

    /// Whether a name is that of a name server of any zone.
    fn names_server(&self, name: &str) -> bool {
        self.enclosing(name).is_some_and(|zone| self.name_servers(zone).iter().any(|server| server == name))
    }

    /// Whether an NS says what every zone of this name says anyway.
    pub(crate) fn is_name_server(&self, zone: &str, data: &RecordData) -> bool {
        self.name_servers(zone).iter().any(|server| RecordData::Ns(server.parse().unwrap()) == *data)
    }

    /// The name servers of a zone.
    fn name_servers(&self, zone: &str) -> Vec<String> {
        if self.servers.is_empty() { vec![format!("ns1.{zone}")] } else { self.servers.keys().cloned().collect() }
    }
}

// -- time

impl World {
    fn elapse(&mut self, now: Timestamp) {
        for values in self.challenges.values_mut() {
            values.retain(|(_, end)| *end > now);
        }
        self.challenges.retain(|_, values| !values.is_empty());
        self.reservations.retain(|_, (_, end)| *end > now);
        let week = std::time::Duration::from_secs(7 * 86_400);
        let ended = |person: &Person| person.state == AccountState::Unconfirmed && person.created.after(week) <= now;
        let gone: Vec<u32> =
            self.accounts.iter().filter(|(_, person)| ended(person)).map(|(number, _)| *number).collect();
        for number in gone {
            self.remove_account(number, now).unwrap();
        }
    }
}

fn distinct(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut kept = Vec::new();
    for address in addresses.iter().map(IpAddr::to_canonical) {
        if !kept.contains(&address) {
            kept.push(address);
        }
    }
    kept
}
