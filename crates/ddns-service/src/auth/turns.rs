//! Turns: of those who ask the same at the same time one does the work, and the others wait to see what came of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::hasher::Guess;

/// Whose turn it is.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<Guess, watch::Receiver<()>>>);

/// A turn; the next begins when this is dropped, whatever became of it.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    guess: Guess,
    /// Whoever waits notices that it is gone.
    _over: watch::Sender<()>,
}

impl Turns {
    /// A turn at once, or, when somebody else's at the same is over, none: it may have brought what is asked for.
    pub(super) async fn take(&self, guess: &Guess) -> Option<Turn<'_>> {
        let mut theirs = match self.turns().entry(*guess) {
            Entry::Occupied(theirs) => theirs.get().clone(),
            Entry::Vacant(place) => {
                let (over, ended) = watch::channel(());
                place.insert(ended);
                return Some(Turn { turns: self, guess: *guess, _over: over });
            }
        };
        let _over = theirs.changed().await;
        None
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<Guess, watch::Receiver<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.turns().remove(&self.guess);
    }
}
