//! What goes into a store and comes out of it.

use std::net::IpAddr;

use ddns_core::{
    AccountNo, Change, ClientKey, Delta, DomainNo, Fqdn, HostNo, Name, Registry, SecretId, Serial, Timestamp, ZoneHead,
    zone::ZoneDifference,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::secret::Secret;

/// Counts log entries, from 1; 0 is the empty store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version `count` entries later.
    #[must_use]
    pub fn after(self, count: usize) -> Version {
        Version(self.0.saturating_add(count as u64))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one batch, so that it can be looked for after an error; random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchId(pub u64);

/// What one commit appends.
#[derive(Debug)]
pub struct Batch {
    /// Its fresh, random name.
    pub id: BatchId,
    /// One entry for each command that changed something, in order.
    pub entries: Vec<NewEntry>,
    /// Secrets that the entries lead to for the first time. Those that they no longer lead to are wiped by the store.
    pub secrets: Vec<(SecretId, Secret)>,
    /// Where the touched zones stand afterwards.
    pub heads: Vec<(DomainNo, ZoneHead)>,
    /// What the batch made of each touched zone.
    pub differences: Vec<ZoneDifference>,
    /// The largest number given so far.
    pub last_number: u32,
}

/// An entry to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// When it was decided.
    pub time: Timestamp,
    /// Who asked; none for the operator, time itself, and somebody who had not signed in.
    pub actor: Option<AccountNo>,
    /// By which way: a dialect's name, and the address the caller came from.
    pub origin: String,
    /// What changed.
    pub changes: Vec<Change>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its version.
    pub version: Version,
    /// When it was decided.
    pub time: Timestamp,
    /// Who asked; none for the operator, time itself, and somebody who had not signed in.
    pub actor: Option<AccountNo>,
    /// By which way: a dialect's name, and the address the caller came from.
    pub origin: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// Whether an erasure has taken something out of it: the actor, the address, changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

impl Entry {
    /// Whether it changed a host of this name.
    pub(crate) fn concerns(&self, host: &Fqdn) -> bool {
        self.changes.iter().any(|change| match change {
            Change::Host(delta) => delta.any().is_some_and(|found| found.name == *host),
            _ => false,
        })
    }
}

/// What others appended since a version.
#[derive(Debug, Default)]
pub struct Foreign {
    /// The newest version there is.
    pub version: Version,
    /// Their entries, in order.
    pub entries: Vec<Entry>,
    /// Where all zones stand; empty if there are no entries.
    pub heads: Vec<(DomainNo, ZoneHead)>,
    /// Where the serials of zones stood that the entries removed.
    pub retired: Vec<(Name, Serial)>,
    /// The secrets that the entries lead to, as far as they are still there.
    pub secrets: Vec<(SecretId, Secret)>,
}

/// Everything at one version.
pub struct Loaded {
    /// Which version.
    pub version: Version,
    /// All entities and serials.
    pub registry: Registry,
    /// All secrets.
    pub secrets: Vec<(SecretId, Secret)>,
}

/// Which part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only entries before this version; none starts at the newest.
    pub before: Option<Version>,
    /// Only entries that this account asked for.
    pub actor: Option<AccountNo>,
    /// Only entries that changed this host.
    pub host: Option<Fqdn>,
    /// At most this many.
    pub limit: usize,
}

/// A kind of entity that a store can list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Accounts, by number.
    Account,
    /// Tokens, by id.
    Token,
    /// Domains, by number.
    Domain,
    /// Name servers, by name.
    Server,
    /// Hosts, by name as text.
    Host,
    /// Clients, by number.
    Client,
    /// Records, by id.
    Record,
}

/// Which page of which entities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Of which kind.
    pub kind: Kind,
    /// Only keys behind this one; a key is what the kind is ordered by, as text.
    pub after: Option<String>,
    /// Only hosts of this account.
    pub owner: Option<AccountNo>,
    /// Only hosts, or records, of this domain.
    pub domain: Option<DomainNo>,
    /// At most this many.
    pub limit: usize,
}

impl Listing {
    /// The page of these entities, which come in any order: of the kind, wanted, behind the last page.
    pub(crate) fn page(&self, entities: impl Iterator<Item = Change>) -> Vec<Change> {
        let after = self.after.as_deref().map(|key| self.order(key));
        let found = entities.filter_map(|change| Some((self.order(&self.key(&change)?), change)));
        let mut behind: Vec<_> = found.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).collect();
        behind.sort_by(|(one, _), (other, _)| one.cmp(other));
        behind.into_iter().map(|(_, change)| change).take(self.limit).collect()
    }

    /// The key under which the listing shows an entity; none if it is not wanted.
    fn key(&self, change: &Change) -> Option<String> {
        match (self.kind, change) {
            (Kind::Account, Change::Account(delta)) => delta.any().map(|account| account.number.get().to_string()),
            (Kind::Token, Change::Token(delta)) => delta.any().map(|token| token.id.to_string()),
            (Kind::Domain, Change::Domain(delta)) => delta.any().map(|domain| domain.number.get().to_string()),
            (Kind::Server, Change::Server(delta)) => delta.any().map(|server| server.name.to_string()),
            (Kind::Client, Change::Client(delta)) => delta.any().map(|client| client.number.get().to_string()),
            (Kind::Record, Change::Record(delta)) => {
                let record = delta.any()?;
                self.domain.is_none_or(|domain| domain == record.domain).then(|| record.id.to_string())
            }
            (Kind::Host, Change::Host(delta)) => {
                let host = delta.any()?;
                let wanted = self.owner.is_none_or(|owner| owner == host.owner)
                    && self.domain.is_none_or(|domain| domain == host.domain);
                wanted.then(|| host.name.to_string())
            }
            _ => None,
        }
    }

    /// Numbers in their own order, all else as text.
    fn order(&self, key: &str) -> (u64, String) {
        let numeric = matches!(self.kind, Kind::Account | Kind::Domain | Kind::Client);
        (if numeric { key.parse().unwrap_or(0) } else { 0 }, key.to_owned())
    }
}

/// Whose soft state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SoftKey {
    /// A token's.
    Token(Uuid),
    /// A client's.
    Client(ClientKey),
    /// A host's.
    Host(HostNo),
}

impl SoftKey {
    /// Whose soft state nobody will ask for again.
    pub(crate) fn of_removed(change: &Change) -> Option<SoftKey> {
        match change {
            Change::Host(Delta { before: Some(host), after: None }) => Some(SoftKey::Host(host.number)),
            Change::Token(Delta { before: Some(token), after: None }) => Some(SoftKey::Token(token.id)),
            Change::Client(Delta { before: Some(client), after: None }) => Some(SoftKey::Client(client.key.clone())),
            _ => None,
        }
    }
}

impl std::fmt::Display for SoftKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SoftKey::Token(id) => write!(f, "token:{id}"),
            SoftKey::Client(key) => write!(f, "client:{key}"),
            SoftKey::Host(number) => write!(f, "host:{}", number.get()),
        }
    }
}

/// What is good to know and may be lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftState {
    /// When a token was last used, a client or host last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Timestamp>,
    /// The last refusal of an authenticated caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refusal: Option<SoftRefusal>,
}

/// A refusal, as its owner is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftRefusal {
    /// When.
    pub time: Timestamp,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// By which dialect.
    pub dialect: String,
    /// By which program, as it called itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// A sentence for a person.
    pub sentence: String,
}
