//! How many changes an account may make in an hour: one counter for all dialects, in memory, lost at a restart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ddns_core::{AccountNo, Timestamp};

/// What an account may still do in the present hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Changes in an hour.
    pub limit: u32,
    /// Changes left in this hour. Repeats that change nothing cost nothing.
    pub remaining: u32,
}

/// Counts each account's changes in the present hour; has an entry only for accounts that made some.
pub(crate) struct Budget {
    limit: u32,
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    hour: u64,
    made: HashMap<AccountNo, u32>,
}

impl Budget {
    pub(crate) fn new(limit: u32) -> Budget {
        Budget { limit, window: Mutex::default() }
    }

    pub(crate) fn allowance(&self, account: AccountNo, now: Timestamp) -> Allowance {
        let made = self.at(now, |window| window.made.get(&account).copied().unwrap_or(0));
        Allowance { limit: self.limit, remaining: self.limit.saturating_sub(made) }
    }

    /// Counts a change that was made: what failed by our own fault costs nobody anything.
    pub(crate) fn count(&self, account: AccountNo, now: Timestamp) {
        self.at(now, |window| {
            let made = window.made.entry(account).or_default();
            *made = made.saturating_add(1);
        });
    }

    fn at<T>(&self, now: Timestamp, work: impl FnOnce(&mut Window) -> T) -> T {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.secs() / 3_600;
        if window.hour != hour {
            *window = Window { hour, made: HashMap::new() };
        }
        work(&mut window)
    }
}
