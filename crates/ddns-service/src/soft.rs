//! Soft state: good to know, bounded, flushed now and then, never in the log.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ddns_core::{Registry, Timestamp, policy};
use ddns_store::{SoftKey, SoftRefusal, SoftState, Store, StoreError};

use crate::snapshot::Snapshot;

/// What has been noted since the last flush. Refusals are few and looked for at once, so they are flushed on their own.
pub(crate) struct Soft {
    contacts: Pending,
    refusals: Pending,
}

impl Default for Soft {
    fn default() -> Soft {
        Soft { contacts: Pending::new(policy::SOFT_MAX), refusals: Pending::new(policy::REFUSALS_MAX) }
    }
}

impl Soft {
    pub(crate) fn contact(&self, key: SoftKey, now: Timestamp) {
        self.contacts.note(key, |state| state.last_contact = Some(now));
    }

    pub(crate) fn refusal(&self, key: SoftKey, refusal: SoftRefusal) {
        self.refusals.note(key, |state| state.last_refusal = Some(refusal));
    }

    /// What is known of an object, with what the store has of it.
    pub(crate) fn over(&self, key: &SoftKey, stored: SoftState) -> SoftState {
        self.refusals.over(key, self.contacts.over(key, stored))
    }

    /// Writes everything; false if it is to be tried again with a newer state.
    pub(crate) fn flush(&self, store: &mut dyn Store, state: &Snapshot) -> Result<bool, StoreError> {
        Ok(self.flush_refusals(store, state)? && self.contacts.flush(store, state)?)
    }

    /// Likewise refusals alone.
    pub(crate) fn flush_refusals(&self, store: &mut dyn Store, state: &Snapshot) -> Result<bool, StoreError> {
        self.refusals.flush(store, state)
    }
}

/// What waits to be written. Beyond its bound new objects are not noted until then.
struct Pending {
    bound: usize,
    noted: Mutex<Noted>,
}

type Noted = HashMap<SoftKey, SoftState>;

impl Pending {
    fn new(bound: usize) -> Pending {
        Pending { bound, noted: Mutex::default() }
    }

    fn note(&self, key: SoftKey, change: impl FnOnce(&mut SoftState)) {
        let mut noted = self.noted();
        if noted.len() < self.bound || noted.contains_key(&key) {
            change(noted.entry(key).or_default());
        }
    }

    fn over(&self, key: &SoftKey, former: SoftState) -> SoftState {
        match self.noted().get(key) {
            Some(new) => over(new, former),
            None => former,
        }
    }

    /// Writes what was noted over what was there, keeping what was not noted anew. What is gone by this state is not
    /// written: it may have been erased. Where the store is ahead of the state, nothing is written, and false is the
    /// answer: then it is tried again with a newer one.
    fn flush(&self, store: &mut dyn Store, state: &Snapshot) -> Result<bool, StoreError> {
        let mut noted = std::mem::take(&mut *self.noted());
        noted.retain(|key, _| is_there(&state.registry, key));
        let kept = write(store, state, &noted);
        if !matches!(kept, Ok(true)) {
            self.note_again(noted);
        }
        kept
    }

    /// Takes back what could not be written; what has been noted since is newer.
    fn note_again(&self, former: Noted) {
        let mut noted = self.noted();
        for (key, old) in former {
            let state = noted.entry(key).or_default();
            *state = over(state, old);
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(store: &mut dyn Store, state: &Snapshot, noted: &Noted) -> Result<bool, StoreError> {
    if noted.is_empty() {
        return Ok(true);
    }
    let mut states = Vec::with_capacity(noted.len());
    for (key, new) in noted {
        let old = store.soft(key)?.unwrap_or_default();
        states.push((key.clone(), over(new, old)));
    }
    store.save_soft(state.version, &states)
}

/// What is known newly, and for the rest what was known before.
fn over(new: &SoftState, old: SoftState) -> SoftState {
    SoftState {
        last_contact: new.last_contact.or(old.last_contact),
        last_refusal: new.last_refusal.clone().or(old.last_refusal),
    }
}

fn is_there(registry: &Registry, key: &SoftKey) -> bool {
    match key {
        SoftKey::Token(id) => registry.token(*id).is_some(),
        SoftKey::Client(key) => registry.client(key).is_some(),
        SoftKey::Host(number) => registry.host_by_number(*number).is_some(),
    }
}
