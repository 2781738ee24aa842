//! Soft state: good to know, bounded, flushed now and then, never in the log.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ddns_core::{Registry, Timestamp, policy};
use ddns_store::{SoftKey, SoftRefusal, SoftState, Store, StoreError};

use crate::snapshot::Snapshot;

/// What has been noted since the last flush. Beyond its bound new objects are not noted until then.
#[derive(Default)]
pub(crate) struct Soft(Mutex<HashMap<SoftKey, SoftState>>);

impl Soft {
    pub(crate) fn contact(&self, key: SoftKey, now: Timestamp) {
        self.note(key, |state| state.last_contact = Some(now));
    }

    pub(crate) fn refusal(&self, key: SoftKey, refusal: SoftRefusal) {
        self.note(key, |state| state.last_refusal = Some(refusal));
    }

    fn note(&self, key: SoftKey, change: impl FnOnce(&mut SoftState)) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < policy::SOFT_MAX || noted.contains_key(&key) {
            change(noted.entry(key).or_default());
        }
    }

    /// Writes what was noted over what was there, keeping what was not noted anew. What is gone by this state is not
    /// written: it may have been erased. Where the store is ahead of the state, nothing is written, and false is the
    /// answer: then it is tried again with a newer one.
    pub(crate) fn flush(&self, store: &mut dyn Store, state: &Snapshot) -> Result<bool, StoreError> {
        let mut noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        noted.retain(|key, _| is_there(&state.registry, key));
        if noted.is_empty() {
            return Ok(true);
        }
        let mut states = Vec::with_capacity(noted.len());
        for (key, new) in &noted {
            let old = store.soft(key)?.unwrap_or_default();
            states.push((key.clone(), over(new, old)));
        }
        let kept = store.save_soft(state.version, &states)?;
        if !kept {
            self.note_again(noted);
        }
        Ok(kept)
    }

    /// Takes back what could not be written; what has been noted since is newer.
    fn note_again(&self, former: HashMap<SoftKey, SoftState>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, old) in former {
            let state = noted.entry(key).or_default();
            *state = over(state, old);
        }
    }
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
