//! What an account has left in the log, and how an entry looks without it.

use std::collections::{BTreeMap, BTreeSet};

use ddns_core::{AccountNo, Change, Delta, DomainNo, Fqdn};

use crate::entry::{Entry, SoftKey, Version};

/// What an erasure came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Entries of the log that lost something by it.
    pub entries: u64,
    /// Why traces may be left in the store's files, which nobody is shown any more; none if they are gone.
    pub remains: Option<Remains>,
}

/// Why an erasure could not clean the store's files. Made again when the reason has gone, it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// Somebody else was reading all the time, and the journal could not be emptied.
    Journal,
    /// The database is too large to be written anew beside a running server; unused parts of it may hold old copies.
    Pages,
}

impl std::fmt::Display for Remains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Remains::Journal => {
                "another program was reading the data all the time, so that its journal was not emptied"
            }
            Remains::Pages => "the database is too large to be written anew while a server works on it",
        })
    }
}

/// What belonged to an account, and when. An account that is gone has nothing any more, so that whoever reads the log
/// from the newest entry to the oldest always knows whose a name was.
pub(crate) struct Traces {
    account: AccountNo,
    hosts: Spans<Fqdn>,
    domains: Spans<DomainNo>,
    /// Zones in which something of it was served. Those around its own are its own, too: that is a rule.
    pub(crate) zones: BTreeSet<DomainNo>,
    /// Its objects that may have soft state.
    pub(crate) soft: BTreeSet<SoftKey>,
}

impl Traces {
    pub(crate) fn of(account: AccountNo) -> Traces {
        let (hosts, domains) = (Spans::new(), Spans::new());
        Traces { account, hosts, domains, zones: BTreeSet::new(), soft: BTreeSet::new() }
    }

    /// Takes in what an entry tells. Entries come from the newest to the oldest.
    pub(crate) fn learn(&mut self, entry: &Entry) {
        for change in entry.changes.iter().rev() {
            self.learn_from(change, entry.version);
        }
    }

    fn learn_from(&mut self, change: &Change, at: Version) {
        let account = self.account;
        match change {
            Change::Host(delta) => {
                let own = both(delta, |host| host.owner == account);
                for host in owned(delta, own) {
                    self.hosts.learn(&host.name, at, own);
                    self.zones.insert(host.domain);
                    self.soft.insert(SoftKey::Host(host.number));
                }
            }
            Change::Domain(delta) => {
                let own = both(delta, |domain| domain.owner == Some(account));
                for domain in owned(delta, own) {
                    self.domains.learn(&domain.number, at, own);
                    self.zones.insert(domain.number);
                }
            }
            Change::Record(delta) => {
                let own = both(delta, |record| record.owner == Some(account));
                self.zones.extend(owned(delta, own).map(|record| record.domain));
            }
            Change::Token(delta) => {
                let own = both(delta, |token| token.account == account);
                self.soft.extend(owned(delta, own).map(|token| SoftKey::Token(token.id)));
            }
            Change::Client(delta) => {
                let own = both(delta, |client| client.owner == account);
                self.soft.extend(owned(delta, own).map(|client| SoftKey::Client(client.key.clone())));
            }
            Change::Account(_) | Change::Challenge(_) | Change::Reservation(_) | Change::TsigKey(_) => (),
            Change::Mail(_) | Change::Server(_) | Change::Peer(_) | Change::Settings(_) | Change::ServerKey(_) => (),
        }
    }

    /// Takes out of an entry what the account has left in it; tells whether that was anything. What else the entry
    /// changed stays.
    pub(crate) fn redact(&self, entry: &mut Entry) -> bool {
        let held = entry.changes.len();
        let version = entry.version;
        entry.changes.retain(|change| !self.has(change, version));
        if entry.changes.len() == held && entry.actor != Some(self.account) {
            return false;
        }
        entry.actor = None;
        entry.origin.truncate(entry.origin.find(' ').unwrap_or(entry.origin.len()));
        entry.erased = true;
        true
    }

    /// Whether [`Traces::redact`] would find something.
    pub(crate) fn are_in(&self, entry: &Entry) -> bool {
        entry.actor == Some(self.account) || entry.changes.iter().any(|change| self.has(change, entry.version))
    }

    /// Whether a change is of the account or of something that belonged to it.
    fn has(&self, change: &Change, at: Version) -> bool {
        fn either<T>(delta: &Delta<T>, own: impl Fn(&T) -> bool) -> bool {
            let (before, after) = both(delta, own);
            before || after
        }
        let account = self.account;
        match change {
            Change::Account(delta) => either(delta, |found| found.number == account),
            Change::Token(delta) => either(delta, |token| token.account == account),
            Change::Domain(delta) => either(delta, |domain| domain.owner == Some(account)),
            Change::Host(delta) => either(delta, |host| host.owner == account),
            Change::Client(delta) => either(delta, |client| client.owner == account),
            // What nobody made is the zone's owner's; what somebody else made in it stays somebody else's.
            Change::Record(delta) => either(delta, |record| match record.owner {
                Some(owner) => owner == account,
                None => self.domains.hold(&record.domain, at),
            }),
            Change::Challenge(delta) => either(delta, |challenge| self.hosts.hold(&challenge.host, at)),
            Change::Reservation(delta) => either(delta, |reservation| reservation.owner == account),
            Change::TsigKey(delta) => either(delta, |key| key.account == account),
            Change::Mail(delta) => either(delta, |mail| mail.account == account),
            Change::Server(_) | Change::Peer(_) | Change::Settings(_) | Change::ServerKey(_) => false,
        }
    }
}

/// When something belonged to the account: spans of versions, both ends included, the newest first.
/// What began before the log does, or in what another erasure has taken, counts from the first entry on.
struct Spans<K>(BTreeMap<K, Vec<(Version, Version)>>);

impl<K: Ord + Clone> Spans<K> {
    fn new() -> Spans<K> {
        Spans(BTreeMap::new())
    }

    /// Takes in that it was the account's before a version, and after it. Versions come from the newest to the oldest.
    fn learn(&mut self, key: &K, at: Version, (before, after): (bool, bool)) {
        let spans = self.0.entry(key.clone()).or_default();
        let open = matches!(spans.last(), Some((Version(0), _)));
        if !open {
            spans.push((Version(0), at));
        }
        if after
            && !before
            && let Some((start, _)) = spans.last_mut()
        {
            *start = at;
        }
    }

    fn hold(&self, key: &K, at: Version) -> bool {
        self.0.get(key).is_some_and(|spans| spans.iter().any(|(start, end)| *start <= at && at <= *end))
    }
}

/// Whether something holds of the value before, and of the value after.
fn both<T>(delta: &Delta<T>, holds: impl Fn(&T) -> bool) -> (bool, bool) {
    (delta.before.as_deref().is_some_and(&holds), delta.after.as_deref().is_some_and(&holds))
}

/// The values that are the account's.
fn owned<T>(delta: &Delta<T>, (before, after): (bool, bool)) -> impl Iterator<Item = &T> {
    let values = [delta.before.as_deref().filter(|_| before), delta.after.as_deref().filter(|_| after)];
    values.into_iter().flatten()
}
