//! A store in memory, for tests and embedding; the strictest one: it takes no batch that contradicts its state.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ddns_core::{Change, Delta, DomainNo, Registry, SecretId, Serial, Timestamp, zone::ZoneDifference};

use crate::entry::{Batch, BatchId, Entry, Foreign, Kind, Listing, Loaded, LogQuery, SoftKey, SoftState, Version};
use crate::secret::Secret;
use crate::{Store, StoreError, Watch};

/// A store in memory. A clone is another process on the same data. It ends with the last clone.
#[derive(Clone, Default)]
pub struct MemoryStore {
    data: Arc<Mutex<Data>>,
    unsettled: bool,
}

/// An error that a test wants the next transaction to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The batch is refused and not there.
    Refused,
    /// The outcome is unknown, and the batch is there.
    UnknownKept,
    /// The outcome is unknown, and the batch is not there.
    UnknownLost,
}

#[derive(Default)]
struct Data {
    version: Version,
    registry: Registry,
    entries: Vec<(BatchId, Entry)>,
    secrets: BTreeMap<SecretId, Secret>,
    /// Each under the version of its batch's last entry.
    differences: Vec<(Version, ZoneDifference)>,
    soft: BTreeMap<SoftKey, SoftState>,
    fault: Option<Fault>,
    settle_fails: u32,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Lets the next transaction that appends meet an error.
    pub fn fail_next(&self, fault: Fault) {
        self.data().fault = Some(fault);
    }

    /// Lets the next attempts to settle fail.
    pub fn fail_settling(&self, times: u32) {
        self.data().settle_fails = times;
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The data, unless an error has not been settled.
    fn settled(&self) -> Result<MutexGuard<'_, Data>, StoreError> {
        if self.unsettled { Err(StoreError::Unsettled) } else { Ok(self.data()) }
    }
}

impl Store for MemoryStore {
    fn load(&mut self) -> Result<Loaded, StoreError> {
        let data = self.settled()?;
        let secrets = data.secrets.iter().map(|(id, secret)| (*id, secret.clone())).collect();
        Ok(Loaded { version: data.version, registry: data.registry.clone(), secrets })
    }

    fn newest(&mut self) -> Result<Version, StoreError> {
        Ok(self.settled()?.version)
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        Ok(Box::new(MemoryWatch(self.data.clone())))
    }

    fn transact(
        &mut self,
        since: Version,
        work: &mut dyn FnMut(Foreign) -> Option<Batch>,
    ) -> Result<Version, StoreError> {
        if self.unsettled {
            return Err(StoreError::Unsettled);
        }
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        let foreign = data.since(since)?;
        let Some(batch) = work(foreign).filter(|batch| !batch.entries.is_empty()) else { return Ok(data.version) };
        match data.fault.take() {
            Some(Fault::Refused) => {
                return Err(StoreError::Io { path: "memory".to_owned(), detail: "a fault was asked for".to_owned() });
            }
            Some(fault) => {
                if fault == Fault::UnknownKept {
                    data.append(batch)?;
                }
                drop(data);
                self.unsettled = true;
                return Err(StoreError::Unknown("a fault was asked for".to_owned()));
            }
            None => data.append(batch)?,
        }
        Ok(data.version)
    }

    fn settle(&mut self, batch: BatchId) -> Result<Option<Version>, StoreError> {
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = data.settle_fails.checked_sub(1) {
            data.settle_fails = left;
            return Err(StoreError::Io { path: "memory".to_owned(), detail: "a fault was asked for".to_owned() });
        }
        let found = data.entries.iter().rev().find(|(id, _)| *id == batch).map(|(_, entry)| entry.version);
        drop(data);
        self.unsettled = false;
        Ok(found)
    }

    fn tidy(&mut self, _idle: bool) -> Result<(), StoreError> {
        self.settled().map(|_| ())
    }

    fn log(&mut self, query: &LogQuery) -> Result<Vec<Entry>, StoreError> {
        let data = self.settled()?;
        let entries = data.entries.iter().rev().map(|(_, entry)| entry);
        let wanted = entries.filter(|entry| {
            query.before.is_none_or(|before| entry.version < before)
                && query.actor.is_none_or(|actor| entry.actor == Some(actor))
                && query.host.as_ref().is_none_or(|host| entry.concerns(host))
        });
        Ok(wanted.take(query.limit).cloned().collect())
    }

    fn prune(&mut self, before: Timestamp, max_bytes: u64) -> Result<u64, StoreError> {
        let mut data = self.settled()?;
        let size = |entry: &Entry| serde_json::to_string(&entry.changes).map_or(0, |text| text.len() as u64);
        let mut bytes: u64 = data.entries.iter().map(|(_, entry)| size(entry)).sum();
        let mut going = 0usize;
        for (_, entry) in &data.entries {
            if entry.time >= before && bytes <= max_bytes {
                break;
            }
            bytes = bytes.saturating_sub(size(entry));
            going = going.saturating_add(1);
        }
        let gone = data.entries.drain(..going).next_back().map(|(_, entry)| entry.version);
        data.differences.retain(|(version, _)| gone.is_none_or(|gone| *version > gone));
        Ok(going as u64)
    }

    fn list(&mut self, listing: &Listing) -> Result<Vec<Change>, StoreError> {
        let data = self.settled()?;
        let mut found: Vec<(String, Change)> =
            data.registry.snapshot().filter_map(|change| Some((listed_key(listing, &change)?, change))).collect();
        let numeric = matches!(listing.kind, Kind::Account | Kind::Domain | Kind::Client);
        let order = |key: &str| (if numeric { key.parse().unwrap_or(0u64) } else { 0 }, key.to_owned());
        found.sort_by_key(|(key, _)| order(key));
        let after = listing.after.as_deref().map(order);
        let behind = found.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| order(key) > *after));
        Ok(behind.map(|(_, change)| change).take(listing.limit).collect())
    }

    fn differences(&mut self, domain: DomainNo, from: Serial) -> Result<Option<Vec<ZoneDifference>>, StoreError> {
        let data = self.settled()?;
        let chain = data.differences.iter().map(|(_, difference)| difference);
        let chain = chain.filter(|difference| difference.domain == domain);
        let chain: Vec<ZoneDifference> = chain.skip_while(|difference| difference.from != from).cloned().collect();
        let reached =
            !chain.is_empty() || (data.registry.domain(domain).is_some() && data.registry.serial(domain) == from);
        Ok(reached.then_some(chain))
    }

    fn save_soft(&mut self, states: &[(SoftKey, SoftState)]) -> Result<(), StoreError> {
        self.settled()?.soft.extend(states.iter().cloned());
        Ok(())
    }

    fn soft(&mut self, key: &SoftKey) -> Result<Option<SoftState>, StoreError> {
        Ok(self.settled()?.soft.get(key).cloned())
    }

    fn backup(&mut self, to: &Path) -> Result<(), StoreError> {
        let detail = "a store in memory has no file to copy".to_owned();
        Err(StoreError::Io { path: to.display().to_string(), detail })
    }
}

struct MemoryWatch(Arc<Mutex<Data>>);

impl Watch for MemoryWatch {
    fn newest(&self) -> Result<Version, StoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).version)
    }
}

impl Data {
    fn since(&self, since: Version) -> Result<Foreign, StoreError> {
        if since == self.version {
            return Ok(Foreign { version: self.version, ..Foreign::default() });
        }
        let entries: Vec<Entry> =
            self.entries.iter().map(|(_, entry)| entry).filter(|entry| entry.version > since).cloned().collect();
        if entries.len() as u64 != self.version.0.saturating_sub(since.0) {
            let detail = format!("the log from version {since} to {} is not there", self.version);
            return Err(StoreError::Contradiction(detail));
        }
        let ids = entries.iter().flat_map(|entry| &entry.changes).filter_map(|change| change.secrets().1);
        let secrets = ids.filter_map(|id| Some((id, self.secrets.get(&id)?.clone()))).collect();
        let heads =
            self.registry.domains().map(|domain| (domain.number, self.registry.serial(domain.number))).collect();
        Ok(Foreign { version: self.version, entries, heads, secrets })
    }

    /// Takes a batch over, wholly or not at all.
    fn append(&mut self, batch: Batch) -> Result<(), StoreError> {
        let mut registry = self.registry.clone();
        for change in batch.entries.iter().flat_map(|entry| &entry.changes) {
            registry.apply(change).map_err(|error| StoreError::Contradiction(error.to_string()))?;
        }
        for difference in &batch.differences {
            if !difference.to.is_after(difference.from) || self.registry.serial(difference.domain) != difference.from {
                return Err(StoreError::Contradiction("a zone's serial does not increase".to_owned()));
            }
        }
        if batch.secrets.iter().any(|(id, _)| self.secrets.contains_key(id)) {
            return Err(StoreError::Contradiction("a secret's id was given twice".to_owned()));
        }
        for (domain, serial) in &batch.heads {
            registry.set_serial(*domain, *serial);
        }
        registry.set_last_number(batch.last_number);
        self.registry = registry;
        self.secrets.extend(batch.secrets);
        for entry in batch.entries {
            for change in &entry.changes {
                let (before, after) = change.secrets();
                if let Some(gone) = before.filter(|_| before != after) {
                    self.secrets.remove(&gone);
                }
                if let Change::Domain(Delta { before: Some(domain), after: None }) = change {
                    self.differences.retain(|(_, difference)| difference.domain != domain.number);
                }
            }
            self.version = self.version.after(1);
            let entry = Entry {
                version: self.version,
                time: entry.time,
                actor: entry.actor,
                origin: entry.origin,
                changes: entry.changes,
            };
            self.entries.push((batch.id, entry));
        }
        let version = self.version;
        self.differences.extend(batch.differences.into_iter().map(|difference| (version, difference)));
        Ok(())
    }
}

/// The key under which a listing shows an entity; none if it is not wanted.
fn listed_key(listing: &Listing, change: &Change) -> Option<String> {
    match (listing.kind, change) {
        (Kind::Account, Change::Account(delta)) => delta.any().map(|account| account.number.get().to_string()),
        (Kind::Token, Change::Token(delta)) => delta.any().map(|token| token.id.to_string()),
        (Kind::Domain, Change::Domain(delta)) => delta.any().map(|domain| domain.number.get().to_string()),
        (Kind::Server, Change::Server(delta)) => delta.any().map(|server| server.name.to_string()),
        (Kind::Client, Change::Client(delta)) => delta.any().map(|client| client.number.get().to_string()),
        (Kind::Record, Change::Record(delta)) => delta.any().map(|record| record.id.to_string()),
        (Kind::Host, Change::Host(delta)) => {
            let host = delta.any()?;
            let wanted = listing.owner.is_none_or(|owner| owner == host.owner)
                && listing.domain.is_none_or(|domain| domain == host.domain);
            wanted.then(|| host.name.to_string())
        }
        _ => None,
    }
}
