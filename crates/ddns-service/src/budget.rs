//! How much may be done in an hour: changes under a credential and from a network, requests by strangers. One counter for all
//! dialects, in memory, lost at a restart.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ddns_core::{AccountNo, Identity, Login, Timestamp, network, policy, site};
use uuid::Uuid;

/// What a caller may still do in the present hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Changes in an hour.
    pub limit: u32,
    /// Changes left in this hour. Repeats that change nothing cost nothing.
    pub remaining: u32,
}

/// Counts the changes of the present hour by credential and by network.
pub(crate) struct Budget {
    limits: Limits,
    made: Mutex<Made>,
}

/// Changes that each may make in an hour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) credential: u32,
    pub(crate) network: u32,
}

#[derive(Default)]
struct Made {
    by_credential: Hour<Credential>,
    by_network: Hour<IpAddr>,
}

/// What a caller proved itself with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Credential {
    Token(Uuid),
    Password(AccountNo),
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Arc<Budget> {
        Arc::new(Budget { limits, made: Mutex::default() })
    }

    /// What is left to this caller: of its credential's share and its network's, the smaller.
    pub(crate) fn allowance(&self, identity: &Identity, now: Timestamp) -> Allowance {
        self.left(&mut self.made(), identity, now)
    }

    /// Takes one change out of a caller's shares before it is made; none where one of them is used up.
    pub(crate) fn reserve(self: &Arc<Budget>, identity: &Identity, now: Timestamp) -> Option<Stake> {
        let mut made = self.made();
        (self.left(&mut made, identity, now).remaining > 0).then(|| self.stake(&mut made, identity, now))
    }

    /// Likewise for what seems to change nothing, and so is never refused; if it does change something, that counts.
    pub(crate) fn watch(self: &Arc<Budget>, identity: &Identity, now: Timestamp) -> Stake {
        self.stake(&mut self.made(), identity, now)
    }

    fn left(&self, made: &mut Made, identity: &Identity, now: Timestamp) -> Allowance {
        let allowance = |limit: u32, made: u32| Allowance { limit, remaining: limit.saturating_sub(made) };
        let own = allowance(self.limits.credential, made.by_credential.at(now).get(&Credential::of(identity)));
        let shared = identity.source.map(|source| made.by_network.at(now).get(&network(source)));
        let shared = shared.map(|made| allowance(self.limits.network, made));
        shared.filter(|shared| shared.remaining < own.remaining).unwrap_or(own)
    }

    fn stake(self: &Arc<Budget>, made: &mut Made, identity: &Identity, now: Timestamp) -> Stake {
        let (credential, network) = (Credential::of(identity), identity.source.map(network));
        let credential = made.by_credential.at(now).count(credential).then_some(credential);
        let network = network.filter(|network| made.by_network.at(now).count(*network));
        Stake { budget: Some(self.clone()), hour: hour(now), credential, network }
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credential {
    fn of(identity: &Identity) -> Credential {
        identity.token.map_or(Credential::Password(identity.account), Credential::Token)
    }
}

/// One change that is counted in advance. It goes with the command, so that it counts when the change was made, whether
/// somebody still waits for the answer or not; if none was made, for whatever reason, it is given back.
pub(crate) struct Stake {
    budget: Option<Arc<Budget>>,
    hour: u64,
    credential: Option<Credential>,
    network: Option<IpAddr>,
}

impl Stake {
    /// The change was made.
    pub(crate) fn keep(mut self) {
        self.budget = None;
    }
}

impl Drop for Stake {
    fn drop(&mut self) {
        let Some(budget) = &self.budget else { return };
        let mut made = budget.made();
        if let Some(credential) = &self.credential {
            made.by_credential.give_back(self.hour, credential);
        }
        if let Some(network) = &self.network {
            made.by_network.give_back(self.hour, network);
        }
    }
}

/// Counts what strangers ask for in the present hour: all together, by their networks, and by the logins that they name.
pub(crate) struct Strangers {
    limit: u32,
    asked: Mutex<Hour<Stranger>>,
}

#[derive(PartialEq, Eq, Hash)]
enum Stranger {
    Anybody,
    Network(Option<IpAddr>),
    Site(IpAddr),
    Login(Login),
}

impl Strangers {
    pub(crate) fn new(limit: u32) -> Strangers {
        Strangers { limit, asked: Mutex::default() }
    }

    /// Whether one more request may be served. One that is not costs nothing, and leaves no entry: the requests that are
    /// served bound the entries.
    pub(crate) fn admit(&self, source: Option<IpAddr>, login: &Login, now: Timestamp) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = asked.at(now);
        let shares = self.shares(source, login);
        let admitted = shares.iter().all(|(who, limit)| asked.get(who) < *limit);
        if admitted {
            for (who, _) in shares {
                asked.count(who);
            }
        }
        admitted
    }

    /// Whatever a request counts against, and how much that may have.
    fn shares(&self, source: Option<IpAddr>, login: &Login) -> Vec<(Stranger, u32)> {
        let site = source
            .and_then(site)
            .map(|site| (Stranger::Site(site), self.limit.saturating_mul(policy::STRANGERS_PER_SITE)));
        let shares = [
            (Stranger::Anybody, policy::STRANGERS_OVERALL),
            (Stranger::Network(source.map(network)), self.limit),
            (Stranger::Login(login.clone()), policy::MAILS_PER_LOGIN.min(self.limit)),
        ];
        shares.into_iter().chain(site).collect()
    }
}

/// Counts of one hour; has an entry only for who did something in it.
struct Hour<K> {
    hour: u64,
    counts: HashMap<K, u32>,
}

impl<K> Default for Hour<K> {
    fn default() -> Hour<K> {
        Hour { hour: 0, counts: HashMap::new() }
    }
}

impl<K: Hash + Eq> Hour<K> {
    /// The present hour's counts; with a new hour they begin anew.
    fn at(&mut self, now: Timestamp) -> &mut Hour<K> {
        let hour = hour(now);
        if self.hour != hour {
            *self = Hour { hour, ..Hour::default() };
        }
        self
    }

    fn get(&self, key: &K) -> u32 {
        self.counts.get(key).copied().unwrap_or(0)
    }

    /// Counts one more, and tells whether it did: beyond the bound who comes anew is not counted in this hour. To be counted
    /// costs a change that is made, so that only many who are let in can come so far; each of those has its own share.
    fn count(&mut self, key: K) -> bool {
        if self.counts.len() >= policy::COUNTED_MAX && !self.counts.contains_key(&key) {
            return false;
        }
        let count = self.counts.entry(key).or_default();
        *count = count.saturating_add(1);
        true
    }

    /// Counts one less in an hour that is not over. Whoever has nothing left to count needs no entry.
    fn give_back(&mut self, hour: u64, key: &K) {
        if self.hour != hour {
            return;
        }
        if let Some(count) = self.counts.get_mut(key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(key);
            }
        }
    }
}

fn hour(now: Timestamp) -> u64 {
    now.secs() / 3_600
}
