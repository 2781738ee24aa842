//! Soft state: good to know, bounded, flushed now and then, never in the log.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ddns_core::{Timestamp, policy};
use ddns_store::{SoftKey, SoftRefusal, SoftState, Store, StoreError};

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

    /// Writes what was noted over what was there, keeping what was not noted anew.
    pub(crate) fn flush(&self, store: &mut dyn Store) -> Result<(), StoreError> {
        let noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.is_empty() {
            return Ok(());
        }
        let mut states = Vec::with_capacity(noted.len());
        for (key, new) in noted {
            let old = store.soft(&key)?.unwrap_or_default();
            let state = SoftState {
                last_contact: new.last_contact.or(old.last_contact),
                last_refusal: new.last_refusal.or(old.last_refusal),
            };
            states.push((key, state));
        }
        store.save_soft(&states)
    }
}
