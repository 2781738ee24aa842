//! How much may be done in an hour: changes by an account, requests by strangers. One counter for all dialects, in memory,
//! lost at a restart.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use ddns_core::{AccountNo, Login, Timestamp, network, policy, site};

/// What an account may still do in the present hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Changes in an hour.
    pub limit: u32,
    /// Changes left in this hour. Repeats that change nothing cost nothing.
    pub remaining: u32,
}

/// Counts each account's changes in the present hour.
pub(crate) struct Budget {
    limit: u32,
    made: Mutex<Hour<AccountNo>>,
}

impl Budget {
    pub(crate) fn new(limit: u32) -> Budget {
        Budget { limit, made: Mutex::default() }
    }

    pub(crate) fn allowance(&self, account: AccountNo, now: Timestamp) -> Allowance {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner).at(now).get(&account).copied();
        Allowance { limit: self.limit, remaining: self.limit.saturating_sub(made.unwrap_or(0)) }
    }

    /// Counts a change that was made: what failed by our own fault costs nobody anything.
    pub(crate) fn count(&self, account: AccountNo, now: Timestamp) {
        count(self.made.lock().unwrap_or_else(PoisonError::into_inner).at(now), account);
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
        let admitted = shares.iter().all(|(who, limit)| asked.get(who).copied().unwrap_or(0) < *limit);
        if admitted {
            shares.into_iter().for_each(|(who, _)| count(asked, who));
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

impl<K> Hour<K> {
    /// The present hour's counts; with a new hour they begin anew.
    fn at(&mut self, now: Timestamp) -> &mut HashMap<K, u32> {
        let hour = now.secs() / 3_600;
        if self.hour != hour {
            *self = Hour { hour, ..Hour::default() };
        }
        &mut self.counts
    }
}

fn count<K: Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(1);
}
