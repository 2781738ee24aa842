//! What stands between a store and the rules, as small as it can be: the service without threads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ddns_core::{
    Account, AccountNo, AccountState, Caller, Change, Command, Decision, Domain, DomainNo, Fqdn, HostEdit, HostTtl,
    Identity, NewAccount, NewDomain, NewHost, Receipt, Refusal, Registry, Role, SecretId, Timestamp, Together,
    ZoneHead, decide, zone,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Opener;
use crate::{Batch, BatchId, Entry, Foreign, Listing, LogQuery, NewEntry, Secret, Store, Version};

/// When every test begins.
pub(super) const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// One process: a store, and what it knows of it.
pub struct Process {
    /// The store itself.
    pub store: Box<dyn Store>,
    /// The state as this process knows it.
    pub registry: Registry,
    /// The version of that state.
    pub version: Version,
    /// Its clock.
    pub now: Timestamp,
}

impl Process {
    /// Opens the data and loads it.
    pub fn start(open: &Opener) -> Process {
        let mut store = open();
        let loaded = store.load().unwrap();
        Process { store, registry: loaded.registry, version: loaded.version, now: START }
    }

    /// Lets time pass.
    pub fn pass(&mut self, secs: u64) {
        self.now = self.now.after(Duration::from_secs(secs));
    }

    /// Asks for one thing as the operator, and expects it to be done.
    pub fn ask(&mut self, command: Command) -> Receipt {
        self.ask_as(Caller::Local, command).unwrap().receipt
    }

    /// Asks for one thing.
    ///
    /// # Errors
    /// The refusal.
    pub fn ask_as(&mut self, caller: Caller, command: Command) -> Result<Decision, Refusal> {
        self.batch(&[(caller, command)]).remove(0)
    }

    /// Asks for several things in one batch.
    pub fn batch(&mut self, asked: &[(Caller, Command)]) -> Vec<Result<Decision, Refusal>> {
        self.batch_made_of(|_| asked.to_vec()).1
    }

    /// Asks for what the newest state suggests. Returns the version after it.
    pub fn batch_made_of(
        &mut self,
        ask: impl Fn(&Registry) -> Vec<(Caller, Command)>,
    ) -> (Version, Vec<Result<Decision, Refusal>>) {
        let (mut outcomes, mut registry) = (Vec::new(), self.registry.clone());
        let now = self.now;
        let committed = self.store.transact(self.version, &mut |foreign| {
            take_over(&mut registry, &foreign);
            let asked = ask(&registry);
            let batch;
            (batch, outcomes) = decide_all(&mut registry, &asked, now);
            Some(batch)
        });
        self.version = committed.unwrap();
        self.registry = registry;
        (self.version, outcomes)
    }

    /// Takes over what others did; returns it.
    pub fn follow(&mut self) -> Foreign {
        let mut seen = None;
        let version = self.store.transact(self.version, &mut |foreign| {
            seen = Some(foreign);
            None
        });
        let foreign = seen.unwrap();
        assert_eq!(version.unwrap(), foreign.version);
        take_over(&mut self.registry, &foreign);
        self.version = foreign.version;
        foreign
    }

    /// Checks that whoever opens the data now finds what this process knows.
    pub fn assert_loaded_by_others(&self, open: &Opener) {
        let mut other = open();
        let loaded = other.load().unwrap();
        assert_eq!(loaded.version, self.version);
        assert_eq!(other.newest().unwrap(), self.version);
        assert_same(&loaded.registry, &self.registry);
        let kept: BTreeSet<SecretId> = loaded.secrets.iter().map(|(id, _)| *id).collect();
        assert_eq!(kept.len(), loaded.secrets.len(), "a secret is there once");
        assert_eq!(kept, led_to(&self.registry), "secrets are kept as long as something leads to them, and no longer");
        assert!(loaded.secrets.iter().all(|(id, secret)| *secret == secret_of(*id)), "secrets come back as they were");
    }

    /// The whole log, the oldest entry first, read in pages.
    pub fn log(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut query = LogQuery { limit: 7, ..LogQuery::default() };
        loop {
            let page = self.store.log(&query).unwrap();
            assert!(page.len() <= query.limit);
            let Some(last) = page.last() else { break };
            query.before = Some(last.version);
            entries.extend(page);
        }
        entries.reverse();
        entries
    }

    /// One page of a list.
    pub fn list(&mut self, listing: &Listing) -> Vec<Change> {
        self.store.list(listing).unwrap()
    }

    /// An account with a password.
    pub fn add_account(&mut self, login: &str) -> AccountNo {
        self.ask(new_account(login));
        self.account(login).number
    }

    /// An account.
    pub fn account(&self, login: &str) -> &Account {
        self.registry.account_by_login(&login.parse().unwrap()).unwrap()
    }

    /// A shared domain.
    pub fn add_domain(&mut self, name: &str) -> DomainNo {
        self.ask(new_domain(name, None));
        self.domain(name).number
    }

    /// A domain.
    pub fn domain(&self, name: &str) -> &Domain {
        self.registry.domain_by_name(&name.parse().unwrap()).unwrap()
    }

    /// A host without an address.
    pub fn add_host(&mut self, name: &str, owner: AccountNo) {
        self.ask(new_host(name, owner));
    }

    /// An update of a host's address.
    pub fn set_host(&mut self, name: &str, address: &str) {
        self.ask(set_host(name, address));
    }
}

/// What an account's own router would be.
pub(super) fn caller(account: AccountNo) -> Caller {
    Caller::Account(Identity { account, token: None, source: None })
}

pub(super) fn name_uuid(text: &str) -> Uuid {
    Uuid::from_u128(text.bytes().fold(1, |id: u128, octet| id.wrapping_mul(257).wrapping_add(octet.into())))
}

pub(super) fn new_account(login: &str) -> Command {
    Command::AddAccount(NewAccount {
        id: name_uuid(login),
        login: login.parse().unwrap(),
        state: AccountState::Active,
        role: Role::User,
        max_hosts: 1_000,
        max_domains: 10,
        language: Default::default(),
        password: SecretId::new(name_uuid(login).as_u64_pair().1),
    })
}

pub(super) fn new_domain(name: &str, owner: Option<AccountNo>) -> Command {
    let (id, name) = (name_uuid(name), name.parse().unwrap());
    Command::AddDomain(NewDomain {
        id,
        name,
        owner,
        shared: owner.is_none(),
        email: None,
        ttl: None,
        description: None,
    })
}

pub(super) fn new_host(name: &str, owner: AccountNo) -> Command {
    let name = name.parse().unwrap();
    Command::AddHost(NewHost {
        name,
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    })
}

pub(super) fn set_host(name: &str, address: &str) -> Command {
    let edit = HostEdit::default().with_address(address.parse().unwrap());
    Command::SetHosts { hosts: vec![name.parse::<Fqdn>().unwrap()], edit, together: Together::AllOrNothing }
}

/// The secret that tests keep under an id: each kind comes up.
pub(super) fn secret_of(id: SecretId) -> Secret {
    let octets = id.get().to_be_bytes();
    match id.get() % 4 {
        0 => Secret::PasswordHash(Zeroizing::new(format!("$argon2id$v=19$m=1,t=1,p=1$ü{}", id.get()))),
        1 => Secret::TokenDigest(std::array::from_fn(|place| octets[place % 8])),
        2 => Secret::ServerKey(Zeroizing::new(std::array::from_fn(|place| octets[place % 8]))),
        _ => Secret::TsigKey(Zeroizing::new([octets.as_slice(), &[0, 255]].concat())),
    }
}

/// The secrets that a state leads to.
pub(super) fn led_to(registry: &Registry) -> BTreeSet<SecretId> {
    registry.snapshot().filter_map(|change| change.secrets().1).collect()
}

/// Two states are the same: entities, where the zones stand, and the last number.
pub(super) fn assert_same(found: &Registry, expected: &Registry) {
    let entities =
        |registry: &Registry| -> BTreeSet<String> { registry.snapshot().map(|change| format!("{change:?}")).collect() };
    let (found_entities, expected_entities) = (entities(found), entities(expected));
    let missing: Vec<_> = expected_entities.difference(&found_entities).collect();
    let surplus: Vec<_> = found_entities.difference(&expected_entities).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing: {missing:#?}\nsurplus: {surplus:#?}");
    let heads = |registry: &Registry| -> BTreeMap<DomainNo, ZoneHead> {
        registry.domains().map(|domain| (domain.number, registry.zone_head(domain.number))).collect()
    };
    assert_eq!(heads(found), heads(expected), "where the zones stand");
    assert_eq!(found.last_number(), expected.last_number(), "the last number");
}

/// Takes over what others did, and checks that it comes as promised.
pub(super) fn take_over(registry: &mut Registry, foreign: &Foreign) {
    for (place, entry) in foreign.entries.iter().rev().enumerate() {
        assert_eq!(entry.version.0 + place as u64, foreign.version.0, "entries are dense and in order");
    }
    for change in foreign.entries.iter().flat_map(|entry| &entry.changes) {
        registry.apply(change).unwrap();
    }
    for (domain, head) in &foreign.heads {
        registry.set_zone_head(*domain, *head);
    }
    for (zone, serial) in &foreign.retired {
        registry.set_retired_serial(zone.clone(), *serial);
    }
}

/// Decides one thing after the other, as the service does.
fn decide_all(
    registry: &mut Registry,
    asked: &[(Caller, Command)],
    now: Timestamp,
) -> (Batch, Vec<Result<Decision, Refusal>>) {
    let before = registry.clone();
    let (mut entries, mut outcomes, mut secrets, mut all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (caller, command) in asked {
        let outcome = decide(registry, caller, command, now);
        if let Ok(Decision { changes, .. }) = &outcome
            && !changes.is_empty()
        {
            for change in changes {
                registry.apply(change).unwrap();
                if let (old, Some(id)) = change.secrets()
                    && old != Some(id)
                {
                    secrets.push((id, secret_of(id)));
                }
            }
            all.extend(changes.iter().cloned());
            let actor = match caller {
                Caller::Local | Caller::Guest => None,
                Caller::Mailed(account) => Some(*account),
                Caller::Account(identity) => Some(identity.account),
            };
            let source = match caller {
                Caller::Account(Identity { source: Some(source), .. }) => format!("battery {source}"),
                _ => "battery".to_owned(),
            };
            entries.push(NewEntry { time: now, actor, origin: source, changes: changes.clone() });
        }
        outcomes.push(outcome);
    }
    let differences = zone::advance(&before, registry, &all, now);
    let new = registry.domains().filter(|domain| before.domain(domain.number).is_none());
    let mut heads: Vec<_> = new.map(|domain| (domain.number, registry.zone_head(domain.number))).collect();
    heads.extend(differences.iter().map(|difference| (difference.domain, registry.zone_head(difference.domain))));
    let id = BatchId(Uuid::from_u128(u128::from(fresh())).as_u64_pair().1);
    (Batch { id, entries, secrets, heads, differences, last_number: registry.last_number() }, outcomes)
}

/// A number that comes once in a process, in no order, and with every bit in use.
pub(super) fn fresh() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}
