//! What goes into a store and comes out of it.

use std::net::IpAddr;

use ddns_core::{
    AccountNo, Change, ClientKey, DomainNo, Fqdn, HostNo, Registry, SecretId, Serial, Timestamp, zone::ZoneDifference,
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
    /// Where the touched zones' serials stand afterwards.
    pub heads: Vec<(DomainNo, Serial)>,
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
    /// Who asked; none for the operator and for time itself.
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
    /// Who asked; none for the operator and for time itself.
    pub actor: Option<AccountNo>,
    /// By which way: a dialect's name, and the address the caller came from.
    pub origin: String,
    /// What changed.
    pub changes: Vec<Change>,
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
    /// Where all zones' serials stand; empty if there are no entries.
    pub heads: Vec<(DomainNo, Serial)>,
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
    /// Only hosts of this domain.
    pub domain: Option<DomainNo>,
    /// At most this many.
    pub limit: usize,
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
