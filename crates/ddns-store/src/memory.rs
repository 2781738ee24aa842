//! A store in memory, for tests and embedding; the strictest one: it takes no batch that contradicts its state.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ddns_core::{
    AccountNo, Change, Delta, DomainNo, Name, Registry, SecretId, Serial, Timestamp, zone::ZoneDifference,
};

use crate::entry::{Batch, BatchId, Entry, Foreign, Listing, Loaded, LogQuery, SoftKey, SoftState, Version};
use crate::erase::{Erased, Traces};
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
    full: bool,
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

    /// From now on takes nothing, as a full disk does; or takes changes again.
    pub fn fill_up(&self, full: bool) {
        self.data().full = full;
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
        if data.full {
            return Err(full());
        }
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

    fn try_write(&mut self) -> Result<(), StoreError> {
        let data = self.settled()?;
        if data.full { Err(full()) } else { Ok(()) }
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
        let sizes = data.sizes();
        let mut bytes: u64 = sizes.iter().sum();
        let mut going = 0usize;
        for ((_, entry), size) in data.entries.iter().zip(sizes) {
            if entry.time >= before && bytes <= max_bytes {
                break;
            }
            bytes = bytes.saturating_sub(size);
            going = going.saturating_add(1);
        }
        let gone = data.entries.drain(..going).next_back().map(|(_, entry)| entry.version);
        data.differences.retain(|(version, _)| gone.is_none_or(|gone| *version > gone));
        Ok(going as u64)
    }

    fn erase(&mut self, account: AccountNo) -> Result<Erased, StoreError> {
        let mut data = self.settled()?;
        if data.registry.account(account).is_some() {
            return Err(StoreError::NotRemoved(account.get()));
        }
        if data.full {
            return Err(full());
        }
        Ok(Erased { entries: data.erase(account), remains: None })
    }

    fn list(&mut self, listing: &Listing) -> Result<Vec<Change>, StoreError> {
        let data = self.settled()?;
        Ok(listing.page(data.registry.snapshot()))
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

    fn save_soft(&mut self, at: Version, states: &[(SoftKey, SoftState)]) -> Result<bool, StoreError> {
        let mut data = self.settled()?;
        let newest = data.version == at;
        if newest {
            data.soft.extend(states.iter().cloned());
        }
        Ok(newest)
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
        if since > self.version {
            return Err(StoreError::Contradiction(format!("it is at version {} and was at {since}", self.version)));
        }
        if since == self.version {
            return Ok(Foreign { version: self.version, ..Foreign::default() });
        }
        let entries: Vec<Entry> =
            self.entries.iter().map(|(_, entry)| entry).filter(|entry| entry.version > since).cloned().collect();
        if entries.len() as u64 != self.version.0.saturating_sub(since.0) {
            let detail = format!("the log from version {since} to {} is not there", self.version);
            return Err(StoreError::Contradiction(detail));
        }
        if entries.iter().any(|entry| entry.erased) {
            return Err(erased_since(since));
        }
        let ids = entries.iter().flat_map(|entry| &entry.changes).filter_map(|change| change.secrets().1);
        let secrets = ids.filter_map(|id| Some((id, self.secrets.get(&id)?.clone()))).collect();
        let heads =
            self.registry.domains().map(|domain| (domain.number, self.registry.zone_head(domain.number))).collect();
        let removed = entries.iter().flat_map(|entry| &entry.changes).filter_map(removed_zone);
        let retired = removed.filter_map(|zone| Some((zone.clone(), self.registry.retired_serial(zone)?))).collect();
        Ok(Foreign { version: self.version, entries, heads, retired, secrets })
    }

    /// Takes an account out of the history; tells how many entries lost something.
    fn erase(&mut self, account: AccountNo) -> u64 {
        let mut traces = Traces::of(account);
        self.entries.iter().rev().for_each(|(_, entry)| traces.learn(entry));
        let registry = &self.registry;
        self.differences.retain(|(_, difference)| !traces.zones.contains(&difference.domain));
        self.soft.retain(|key, _| !traces.soft.contains(key) || is_living_client(registry, key));
        let redacted = self.entries.iter_mut().filter_map(|(_, entry)| traces.redact(entry).then_some(()));
        redacted.count() as u64
    }

    /// The octets of each entry, with those of the differences that came with it.
    fn sizes(&self) -> Vec<u64> {
        fn octets(value: &impl serde::Serialize) -> u64 {
            serde_json::to_string(value).map_or(0, |text| text.len() as u64)
        }
        let mut differences: BTreeMap<Version, u64> = BTreeMap::new();
        for (version, difference) in &self.differences {
            let sum = differences.entry(*version).or_default();
            *sum = sum.saturating_add(octets(difference));
        }
        let with = |version| differences.get(&version).copied().unwrap_or(0);
        self.entries.iter().map(|(_, entry)| octets(&entry.changes).saturating_add(with(entry.version))).collect()
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
        for (domain, head) in &batch.heads {
            registry.set_zone_head(*domain, *head);
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
                if let Some(key) = SoftKey::of_removed(change) {
                    self.soft.remove(&key);
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
                erased: false,
            };
            self.entries.push((batch.id, entry));
        }
        let version = self.version;
        self.differences.extend(batch.differences.into_iter().map(|difference| (version, difference)));
        Ok(())
    }
}

fn full() -> StoreError {
    StoreError::Io { path: "memory".to_owned(), detail: "it was told to be full".to_owned() }
}

/// Whether the key of a client that is gone is another one's by now.
fn is_living_client(registry: &Registry, key: &SoftKey) -> bool {
    matches!(key, SoftKey::Client(key) if registry.client(key).is_some())
}

/// What whoever missed something that is not there any more is told.
pub(crate) fn erased_since(since: Version) -> StoreError {
    StoreError::Contradiction(format!("of what happened after version {since}, something was erased"))
}

/// The zone that a change removes.
pub(crate) fn removed_zone(change: &Change) -> Option<&Name> {
    match change {
        Change::Domain(delta) if delta.after.is_none() => delta.any().map(|domain| domain.name.name()),
        _ => None,
    }
}
