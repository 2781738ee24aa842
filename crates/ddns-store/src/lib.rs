//! Where committed changes rest.
//!
//! A [`Store`] keeps an append-only log of [`Entry`]s and can hand over all entities at one version. What it must
//! promise stands at the trait; the `battery` module (feature `battery`) checks it on every backend.

#[cfg(feature = "battery")]
pub mod battery;
mod entry;
mod erase;
mod file;
mod memory;
mod secret;

use std::path::Path;

use ddns_core::{AccountNo, DomainNo, Serial, Timestamp, zone::ZoneDifference};

pub use entry::{
    Batch, BatchId, Entry, Foreign, Kind, Listing, Loaded, LogQuery, NewEntry, SoftKey, SoftRefusal, SoftState, Version,
};
pub use erase::{Erased, Remains};
pub use file::{DATABASE, FileStore, ServerLock};
pub use memory::{Fault, MemoryStore};
pub use secret::Secret;

/// Keeps committed changes.
///
/// Several processes, or several values of one process, may work on the same data at the same time. Each obligation
/// below holds across all of them.
///
/// * **Durable.** When [`transact`](Store::transact) returns a version, its batch survives a killed process and a power
///   cut, whole. Entries, zone heads, differences and secrets of one batch are there together or not at all.
/// * **Exclusive.** While `transact` runs its closure nobody else appends. The closure has first been handed everything
///   that others appended after `since`, in order, so it always decides on the newest state.
/// * **Dense.** Entries have consecutive versions; a version once read never changes its content, with one exception:
///   [`erase`](Store::erase) takes out of it what a removed account has left, and the entry says so. A pruned entry is
///   gone from [`log`](Store::log), and its effect is not gone from [`load`](Store::load); nor is that of what was
///   erased. Whoever was away for longer than the log reaches back, or before something was erased from what it missed,
///   gets [`StoreError::Contradiction`] and loads afresh.
/// * **Honest.** An error says whether the batch may be there: after [`StoreError::Unknown`] only
///   [`settle`](Store::settle) can tell, and nothing else is done before it has.
/// * **Never destructive.** What is not certainly ours and whole is refused and left as it is.
pub trait Store: Send {
    /// Hands over all entities, zone heads and secrets at one version.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    fn load(&mut self) -> Result<Loaded, StoreError>;

    /// The newest version in the store, cheaply: an idle server asks this many times a second.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    fn newest(&mut self) -> Result<Version, StoreError>;

    /// A separate way to ask for the newest version, for other threads.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be opened.
    fn watch(&self) -> Result<Box<dyn Watch>, StoreError>;

    /// Runs one exclusive transaction: hands over what others appended after `since`, and appends the batch that `work`
    /// makes of it. Without a batch, or with an empty one, nothing is written. Returns the newest version.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if the batch may or may not be there; any other error: it is not there.
    fn transact(
        &mut self,
        since: Version,
        work: &mut dyn FnMut(Foreign) -> Option<Batch>,
    ) -> Result<Version, StoreError>;

    /// After an error: opens the store afresh, verifies it, and tells under which version a batch's last entry is there.
    /// Nothing else works until this has succeeded.
    ///
    /// # Errors
    /// [`StoreError`] if the store is still out of order. Then it may be tried again.
    fn settle(&mut self, batch: BatchId) -> Result<Option<Version>, StoreError>;

    /// Housekeeping when there is time: brings tables up that may stay behind the log. Changes no answer of any method.
    ///
    /// # Errors
    /// [`StoreError`] if it did not work out; nothing is lost by that.
    fn tidy(&mut self, idle: bool) -> Result<(), StoreError>;

    /// Writes durably what changes nothing: tells whether the store can be written again.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot.
    fn try_write(&mut self) -> Result<(), StoreError>;

    /// A page of the log, the newest entry first.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    fn log(&mut self, query: &LogQuery) -> Result<Vec<Entry>, StoreError>;

    /// Forgets entries older than `before`, and the oldest ones beyond `max_bytes`, both with the zones' differences that
    /// came with them, which count; a bounded number at a time, and none that [`tidy`](Store::tidy) has still to bring up. Returns how many
    /// it forgot.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be removed.
    fn prune(&mut self, before: Timestamp, max_bytes: u64) -> Result<u64, StoreError>;

    /// Takes an account that has been removed out of the history, so that nobody can read there any more who it was and
    /// what it had:
    ///
    /// * Changes of the account, and of what belonged to it at that time, go from every entry: tokens, TSIG keys, mails,
    ///   clients, hosts with their challenge values, reservations, domains with the operator's records in them, records.
    ///   The entry stays, if need be with no change left. Changes of what belonged to others stay.
    /// * An entry that loses a change by this, or that the account had asked for, loses its actor and the caller's
    ///   address, and is marked as erased.
    /// * Differences of the zones that ever served its names go, up to the newest version, as if they had been pruned;
    ///   so does the soft state of what it had.
    ///
    /// What [`load`](Store::load) hands over stays as it was: with it the names that are still reserved, which protect
    /// others from taking them over by chance, and where the serials of removed zones stood. What others have written
    /// about it in objects of their own stays, and so do backups.
    ///
    /// This happens in short steps, between which others have their turn; each is durable, whole or not there. After an
    /// error or a crash it is done again until it succeeds, and finds what is left. Done once more it changes nothing.
    /// With a long log it takes minutes: whoever serves does it on a handle of its own.
    ///
    /// # Errors
    /// [`StoreError::NotRemoved`] while the account is there; any other error if it did not work out, or only in part.
    fn erase(&mut self, account: AccountNo) -> Result<Erased, StoreError>;

    /// A page of entities of one kind in the order of their keys, as changes that made them; without loading the rest.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    fn list(&mut self, listing: &Listing) -> Result<Vec<ddns_core::Change>, StoreError>;

    /// A zone's differences from a serial on, the oldest first; none if the chain does not reach back so far.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    fn differences(&mut self, domain: DomainNo, from: Serial) -> Result<Option<Vec<ZoneDifference>>, StoreError>;

    /// Keeps soft state, each value in the place of the one before; all of it or, with false, none: whoever is not at the
    /// newest version may speak of what has been removed and erased since. It may be lost in a power cut.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be kept.
    fn save_soft(&mut self, at: Version, states: &[(SoftKey, SoftState)]) -> Result<bool, StoreError>;

    /// The soft state of one object.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    fn soft(&mut self, key: &SoftKey) -> Result<Option<SoftState>, StoreError>;

    /// Writes a whole copy to a file that does not exist yet, while others go on working.
    ///
    /// # Errors
    /// [`StoreError`] if the file exists or cannot be written.
    fn backup(&mut self, to: &Path) -> Result<(), StoreError>;
}

/// Asks a store for its newest version from any thread.
pub trait Watch: Send + Sync {
    /// The newest version in the store. Costs microseconds while nobody has appended.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    fn newest(&self) -> Result<Version, StoreError>;
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The batch may or may not be there; [`Store::settle`] tells.
    #[error("the store could not say whether the change is on the disk: {0}")]
    Unknown(String),
    /// A former error has not been settled.
    #[error("the store is closed after an error until it has been opened afresh and verified")]
    Unsettled,
    /// Somebody else is writing, and has been for seconds.
    #[error("another process is writing to the store and does not finish; try again, or look for it with: fuser {0}")]
    Busy(String),
    /// Somebody else keeps it open for reading while it must be verified.
    #[error(
        "another program has {0} open for reading, so that it cannot be verified after an error; end it (fuser {0} names it)"
    )]
    HeldOpen(String),
    /// There is no store in the directory.
    #[error(
        "there is no data in {0}; name another directory with --data, or make the first account with: ddns account add LOGIN"
    )]
    Missing(String),
    /// The file is not ours.
    #[error("{0} is not a ddns database; it was left as it is. Move it away, or name another directory with --data")]
    Foreign(String),
    /// The file is ours and not whole.
    #[error(
        "{path} is damaged ({detail}); it was left as it is. Move it away and bring a backup back with: ddns restore FILE"
    )]
    Damaged {
        /// Which file.
        path: String,
        /// What was found.
        detail: String,
    },
    /// The file was written by a newer program.
    #[error("{path} has schema {found} and this program knows {known}; it was left as it is. Use the newer program")]
    Newer {
        /// Which file.
        path: String,
        /// The schema that was found.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// A symbolic link, or something that is no file, stands where a file of ours belongs.
    #[error(
        "{0} is a symbolic link or no regular file; this program does not follow it. Name the real directory with --data"
    )]
    NotRegular(String),
    /// The directory belongs to somebody else.
    #[error("{path} belongs to user {owner}; run this as that user")]
    NotOwner {
        /// Which directory.
        path: String,
        /// Whose it is.
        owner: u32,
    },
    /// The directory is open to others and has other things in it.
    #[error(
        "{path} has other files and mode {mode:o}, and this program would close it to everybody else; name a directory of its own with --data, or say so yourself with: chmod 700 {path}"
    )]
    OpenToOthers {
        /// Which directory.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// Another store stands where ours stood.
    #[error("{0} is another database than the one that was opened; start the program anew to work on that one")]
    Replaced(String),
    /// Another server serves the directory.
    #[error("{0} is already being served by another ddnsd; stop that one first, or name another directory with --data")]
    Served(String),
    /// Only what is gone is erased.
    #[error("the account with the number {0} has not been removed; only the history of a removed account is erased")]
    NotRemoved(u32),
    /// The target of a backup exists.
    #[error("{0} exists; name a file that does not")]
    Exists(String),
    /// The store's own contract was broken by its caller, or its content contradicts itself.
    #[error("the store's content contradicts itself: {0}")]
    Contradiction(String),
    /// Anything else that the operating system or the database reports.
    #[error("{path}: {detail}")]
    Io {
        /// Which file or directory.
        path: String,
        /// What was reported.
        detail: String,
    },
}
