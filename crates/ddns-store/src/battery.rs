//! The battery: what the prose of [`Store`] promises, as tests that every backend passes.
//!
//! A backend's tests call [`battery!`](crate::battery!) with a function that makes fresh, empty data and hands back how
//! to open it; each opening is a process of its own, as far as the backend can tell.
//!
//! ```
//! use ddns_store::{MemoryStore, Store, battery::Opener};
//!
//! fn memory() -> Opener {
//!     let store = MemoryStore::new();
//!     Box::new(move || Box::new(store.clone()) as Box<dyn Store>)
//! }
//!
//! ddns_store::battery::durable(&memory);
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "these are tests"
)]
#![expect(clippy::arithmetic_side_effects, clippy::missing_panics_doc, reason = "these are tests")]

mod erasure;
mod laws;
mod process;
mod story;

use std::path::Path;

use crate::Store;

pub use erasure::*;
pub use laws::*;
pub use process::Process;
pub use story::{seed, stories};

/// Opens the same data again and again, each time as another process would.
pub type Opener = Box<dyn Fn() -> Box<dyn Store> + Send + Sync>;

/// Makes fresh, empty data.
pub type Make<'a> = &'a dyn Fn() -> Opener;

/// Does to a file store what a newer program would: raises its schema.
pub fn migrate(directory: &Path) {
    let connection = rusqlite::Connection::open(directory.join(crate::DATABASE)).unwrap();
    connection.pragma_update(None, "user_version", 1_000_000).unwrap();
}

/// Somebody who began to read the file store of a directory and does not end before this value does.
pub struct Reader(rusqlite::Connection);

impl Reader {
    /// Begins to read.
    pub fn of(directory: &Path) -> Reader {
        let connection = rusqlite::Connection::open(directory.join(crate::DATABASE)).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let reader = Reader(connection);
        reader.entries();
        reader
    }

    /// How many log entries it sees.
    pub fn entries(&self) -> u32 {
        self.0.query_row("SELECT count(*) FROM log", [], |row| row.get(0)).unwrap()
    }
}

/// One `#[test]` for each law, on the backend that `$make: fn() -> Opener` makes.
#[macro_export]
macro_rules! battery {
    ($make:expr) => {
        $crate::battery!(@ $make;
            durable exclusive hands_over_what_others_did hands_over_what_is_left_of_secrets empty_batches_write_nothing
            loads_the_same_at_every_fold log_pages prune_forgets_the_old_and_not_the_effect prune_bounds_the_size
            behind_a_pruned_log_is_an_error a_stale_handle_does_not_fold_the_past_over_the_present lists_in_order
            lists_records_of_a_domain lists_what_others_did_while_they_do_it differences_are_a_chain differences_end_with_their_zone
            serials_outlive_their_zone zone_heads_carry_their_time a_store_that_went_back_is_noticed lists_take_no_lock
            soft_state_is_kept secrets_are_wiped watches_others names_are_freed_and_taken_again records_swap_their_data
            record_sets_change_places tsig_keys_change_their_names quotas_are_kept sites_and_parts_are_kept
            largest_values settles an_unloaded_handle_loses_nothing housekeeping_changes_no_answer stories
            what_is_erased_leaves_no_trace erasing_takes_what_was_the_accounts_and_no_more
            whoever_missed_what_was_erased_loads_afresh only_what_is_gone_is_erased erasing_is_pruning_for_a_zone
        );
    };
    (@ $make:expr; $($law:ident)+) => { $(
        #[test]
        fn $law() {
            $crate::battery::$law(&$make);
        }
    )+ };
}
