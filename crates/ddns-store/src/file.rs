//! A store in one SQLite file.
//!
//! A commit appends to the log, steps the zones' heads and syncs, and that is all: the entity tables are *folded* behind
//! the log, every few thousand entries and when there is time, so that a host that changed a hundred times in between is
//! written once. Loading is entities + the tail of the log. A person can look at it with `sqlite3 -readonly`.

mod erase;
mod migrate;
mod place;
mod rows;
mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ddns_core::{AccountNo, Change, Delta, DomainNo, SecretId, Serial, Timestamp, policy, zone::ZoneDifference};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::entry::{Batch, BatchId, Entry, Foreign, Listing, Loaded, LogQuery, NewEntry, SoftKey, SoftState, Version};
use crate::erase::Erased;
use crate::memory::{erased_since, removed_zone};
use crate::secret::Secret;
use crate::{Store, StoreError, Watch};

pub use place::{DATABASE, ServerLock};
use rows::EntityKey;

/// A store in the SQLite file of a data directory.
pub struct FileStore {
    directory: PathBuf,
    /// None after an error, until [`Store::settle`].
    connection: Option<Connection>,
    /// What the entity tables do not show yet; none while this process has not seen all of it.
    tail: Option<Tail>,
    fold_every: usize,
    /// The store's random name: what stands in its place after an error must be the same one.
    id: i64,
}

/// The newest value of each entity that changed behind `from`, up to and with `to`.
struct Tail {
    from: Version,
    to: Version,
    changes: BTreeMap<EntityKey, Change>,
}

impl Tail {
    fn new(at: Version) -> Tail {
        Tail { from: at, to: at, changes: BTreeMap::new() }
    }

    /// All that the log has behind the entity tables.
    fn read(connection: &Connection, directory: &Path, head: Head) -> Result<Tail, StoreError> {
        let mut tail = Tail::new(head.folded);
        let entries = entries_since(connection, directory, head.folded)?;
        tail.follow(entries.into_iter().flat_map(|entry| entry.changes), head.version);
        Ok(tail)
    }

    fn follow(&mut self, changes: impl IntoIterator<Item = Change>, to: Version) {
        self.changes.extend(changes.into_iter().map(|change| (EntityKey::of(&change), change)));
        self.to = to;
    }

    fn entries(&self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }
}

impl FileStore {
    /// Opens the store of a directory; makes both if they are not there.
    ///
    /// # Errors
    /// [`StoreError`] if something stands there that is not certainly ours and whole. It is left as it is.
    pub fn open(directory: &Path) -> Result<FileStore, StoreError> {
        let directory = &place::make_directory(directory)?;
        if !place::exists(directory)? {
            place::create(directory)?;
        }
        FileStore::open_existing(directory)
    }

    /// Opens the store of a directory that has one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, and everything that [`FileStore::open`] says.
    pub fn open_existing(directory: &Path) -> Result<FileStore, StoreError> {
        if !place::exists(directory)? {
            return Err(StoreError::Missing(directory.display().to_string()));
        }
        let directory = place::make_directory(directory)?;
        let connection = schema::open(&directory)?;
        let id = schema::id(&connection).map_err(|error| schema::error(&directory, &error))?;
        let (connection, fold_every) = (Some(connection), policy::FOLD_ENTRIES);
        Ok(FileStore { directory, connection, tail: None, fold_every, id })
    }

    /// Whether a directory has no store yet.
    ///
    /// # Errors
    /// [`StoreError`] if that cannot be seen.
    pub fn is_new(directory: &Path) -> Result<bool, StoreError> {
        place::exists(directory).map(|exists| !exists)
    }

    /// Puts a backup into the place of a store that does not exist yet.
    ///
    /// # Errors
    /// [`StoreError`] if the backup is not whole, or the directory has a store. Nothing is overwritten.
    pub fn restore(backup: &Path, directory: &Path) -> Result<(), StoreError> {
        schema::check_backup(backup)?;
        let directory = &place::make_directory(directory)?;
        if place::exists(directory)? {
            return Err(StoreError::Exists(directory.join(DATABASE).display().to_string()));
        }
        if place::install(directory, |target| schema::copy(backup, target))? {
            return Ok(());
        }
        Err(StoreError::Exists(directory.join(DATABASE).display().to_string()))
    }

    /// How many log entries the entity tables may stay behind; 0 folds in every commit. For measuring.
    #[must_use]
    pub fn fold_every(mut self, entries: usize) -> FileStore {
        self.fold_every = entries;
        self
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.connection.as_mut().ok_or(StoreError::Unsettled)
    }

    fn head(&mut self) -> Result<Head, StoreError> {
        let directory = self.directory.clone();
        head(self.connection()?, &directory)
    }

    /// Keeps the tail whole: what follows a version that it does not reach makes it unknown.
    fn follow(&mut self, since: Version, changes: impl IntoIterator<Item = Change>, to: Version) {
        self.tail = self.tail.take().filter(|tail| tail.to == since);
        if let Some(tail) = &mut self.tail {
            tail.follow(changes, to);
        }
    }

    fn error(&self, error: &rusqlite::Error) -> StoreError {
        schema::error(&self.directory, error)
    }

    /// Writes the newest values into the entity tables.
    fn fold(&mut self) -> Result<(), StoreError> {
        let directory = self.directory.clone();
        let FileStore { connection, tail, .. } = self;
        let connection = connection.as_mut().ok_or(StoreError::Unsettled)?;
        match fold_into(connection, &directory, tail) {
            Ok(folded) => {
                *tail = Some(Tail::new(folded));
                Ok(())
            }
            Err(error) => Err(self.write_error(error)),
        }
    }

    /// Whatever was written: a sync that failed is settled before anything is acknowledged again.
    fn write_error(&mut self, error: StoreError) -> StoreError {
        match error {
            StoreError::Busy(_) | StoreError::HeldOpen(_) | StoreError::Unsettled | StoreError::Newer { .. } => error,
            StoreError::NotRemoved(_) => error,
            error => self.give_up(error),
        }
    }

    /// Everything after an error in a transaction is settled first: the connection is given up.
    fn give_up(&mut self, error: StoreError) -> StoreError {
        self.connection = None;
        self.tail = None;
        StoreError::Unknown(error.to_string())
    }
}

impl Store for FileStore {
    fn load(&mut self) -> Result<Loaded, StoreError> {
        let directory = self.directory.clone();
        let connection = self.connection()?;
        let snapshot = connection.transaction().map_err(|error| schema::error(&directory, &error))?;
        let (loaded, behind, folded) = rows::load(&snapshot, &directory)?;
        snapshot.finish().map_err(|error| schema::error(&directory, &error))?;
        let mut tail = Tail::new(folded);
        tail.follow(behind.into_iter().flat_map(|entry| entry.changes), loaded.version);
        self.tail = Some(tail);
        Ok(loaded)
    }

    fn newest(&mut self) -> Result<Version, StoreError> {
        self.head().map(|head| head.version)
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        let connection = schema::reopen(&self.directory)?;
        Ok(Box::new(FileWatch {
            directory: self.directory.clone(),
            state: Mutex::new(Watched { connection, data_version: None, newest: Version::default() }),
        }))
    }

    fn transact(
        &mut self,
        since: Version,
        work: &mut dyn FnMut(Foreign) -> Option<Batch>,
    ) -> Result<Version, StoreError> {
        let directory = self.directory.clone();
        let connection = self.connection()?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| schema::error(&directory, &error))?;
        let head = head(&transaction, &directory)?;
        let foreign = foreign_since(&transaction, &directory, since, head)?;
        let foreign_changes: Vec<Change> =
            foreign.entries.iter().flat_map(|entry| entry.changes.iter().cloned()).collect();
        let Some(batch) = work(foreign).filter(|batch| !batch.entries.is_empty()) else {
            drop(transaction);
            self.follow(since, foreign_changes, head.version);
            return Ok(head.version);
        };
        let version = head.version.after(batch.entries.len());
        let done = append(&transaction, head, &batch).and_then(|()| transaction.commit());
        if let Err(error) = done {
            let error = self.error(&error);
            return Err(self.give_up(error));
        }
        let own = batch.entries.into_iter().flat_map(|entry| entry.changes);
        self.follow(since, foreign_changes.into_iter().chain(own), version);
        if self.fold_every == 0 {
            self.fold()?;
        }
        Ok(version)
    }

    fn settle(&mut self, batch: BatchId) -> Result<Option<Version>, StoreError> {
        self.connection = None;
        let connection = schema::reopen(&self.directory)?;
        if schema::id(&connection).map_err(|error| self.error(&error))? != self.id {
            return Err(StoreError::Replaced(self.directory.join(DATABASE).display().to_string()));
        }
        schema::verify(&connection, &self.directory)?;
        let found = connection
            .query_row("SELECT max(version) FROM log WHERE batch = ?1", [bits(batch.0)], |row| {
                row.get::<_, Option<i64>>(0)
            })
            .map_err(|error| self.error(&error))?;
        self.connection = Some(connection);
        self.tail = None;
        Ok(found.map(|version| Version(unsigned(version))))
    }

    fn tidy(&mut self, idle: bool) -> Result<(), StoreError> {
        let behind = match &self.tail {
            Some(tail) => tail.entries(),
            None => self.head().map(|head| head.version.0.saturating_sub(head.folded.0))?,
        };
        let due = behind >= self.fold_every as u64 || (idle && behind > 0);
        if due { self.fold() } else { Ok(()) }
    }

    fn try_write(&mut self) -> Result<(), StoreError> {
        let directory = self.directory.clone();
        let tried = rows::try_write(self.connection()?, &directory);
        tried.map_err(|error| self.write_error(error))
    }

    fn log(&mut self, query: &LogQuery) -> Result<Vec<Entry>, StoreError> {
        let directory = self.directory.clone();
        rows::log(self.connection()?, &directory, query)
    }

    fn prune(&mut self, before: Timestamp, max_bytes: u64) -> Result<u64, StoreError> {
        let directory = self.directory.clone();
        let pruned = rows::prune(self.connection()?, &directory, before, max_bytes);
        pruned.map_err(|error| self.write_error(error))
    }

    fn erase(&mut self, account: AccountNo) -> Result<Erased, StoreError> {
        // Loading reads the log behind the entity tables, so that nothing there may be missing.
        self.fold()?;
        let directory = self.directory.clone();
        let erased = erase::erase(self.connection()?, &directory, account);
        erased.map_err(|error| self.write_error(error))
    }

    fn list(&mut self, listing: &Listing) -> Result<Vec<Change>, StoreError> {
        let directory = self.directory.clone();
        let error = |found: rusqlite::Error| schema::error(&directory, &found);
        let snapshot = self.connection()?.transaction().map_err(error)?;
        let head = head(&snapshot, &directory)?;
        let tail = Tail::read(&snapshot, &directory, head)?;
        // As many more rows as may turn out to be old.
        let wanted = Listing { limit: listing.limit.saturating_add(tail.changes.len()), ..listing.clone() };
        let rows = rows::list(&snapshot, &directory, &wanted)?.into_iter();
        let current = rows.filter(|row| !tail.changes.contains_key(&EntityKey::of(row)));
        Ok(listing.page(current.chain(tail.changes.values().filter_map(rows::made))))
    }

    fn differences(&mut self, domain: DomainNo, from: Serial) -> Result<Option<Vec<ZoneDifference>>, StoreError> {
        let directory = self.directory.clone();
        rows::differences(self.connection()?, &directory, domain, from)
    }

    fn save_soft(&mut self, at: Version, states: &[(SoftKey, SoftState)]) -> Result<bool, StoreError> {
        let directory = self.directory.clone();
        let saved = rows::save_soft(self.connection()?, &directory, at, states);
        saved.map_err(|error| self.write_error(error))
    }

    fn soft(&mut self, key: &SoftKey) -> Result<Option<SoftState>, StoreError> {
        let directory = self.directory.clone();
        let connection = self.connection()?;
        let text: Option<String> = connection
            .query_row("SELECT body FROM soft WHERE key = ?1", [key.to_string()], |row| row.get(0))
            .optional()
            .map_err(|error| schema::error(&directory, &error))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn backup(&mut self, to: &Path) -> Result<(), StoreError> {
        let directory = self.directory.clone();
        let connection = self.connection()?;
        let to = &place::real(to)?;
        place::create_file(to)?;
        let copied = schema::backup(connection, to).map_err(|error| schema::error(&directory, &error));
        if copied.is_err() {
            place::remove_files(to);
        }
        copied.and_then(|()| place::sync_entry(to))
    }
}

/// The one row that says where the store stands.
#[derive(Clone, Copy)]
struct Head {
    version: Version,
    folded: Version,
    last_number: u32,
    log_bytes: i64,
}

impl Head {
    fn read(connection: &Connection) -> rusqlite::Result<Head> {
        let mut statement = connection.prepare_cached("SELECT version, folded, last_number, log_bytes FROM head")?;
        statement.query_row([], |row| {
            Ok(Head {
                version: Version(unsigned(row.get(0)?)),
                folded: Version(unsigned(row.get(1)?)),
                last_number: row.get(2)?,
                log_bytes: row.get(3)?,
            })
        })
    }
}

/// Where the store stands, if its tables are still those that this program knows.
fn head(connection: &Connection, directory: &Path) -> Result<Head, StoreError> {
    schema::check_schema(connection, directory)?;
    Head::read(connection).map_err(|error| schema::error(directory, &error))
}

fn append(connection: &Connection, head: Head, batch: &Batch) -> rusqlite::Result<()> {
    let last = head.version.after(batch.entries.len());
    append_secrets(connection, &batch.secrets)?;
    let mut version = head.version;
    let mut bytes = head.log_bytes;
    for entry in &batch.entries {
        forget(connection, &entry.changes)?;
        version = version.after(1);
        let differences = if version == last { append_zones(connection, batch, version)? } else { 0 };
        bytes = bytes.saturating_add(append_entry(connection, batch.id, entry, version, differences)?);
    }
    let mut update = connection.prepare_cached("UPDATE head SET version = ?1, last_number = ?2, log_bytes = ?3")?;
    update.execute(params![signed(version.0), batch.last_number.max(head.last_number), bytes])?;
    Ok(())
}

/// Writes one entry; tells how many octets it has, with those of the differences that go with it.
fn append_entry(
    connection: &Connection,
    batch: BatchId,
    entry: &NewEntry,
    version: Version,
    differences: i64,
) -> rusqlite::Result<i64> {
    let changes = json(&entry.changes)?;
    let octets = differences.saturating_add(signed(changes.len() as u64));
    let mut insert = connection.prepare_cached(
        "INSERT INTO log (version, batch, time, actor, origin, changes, octets) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let (time, actor) = (signed(entry.time.micros()), entry.actor.map(ddns_core::AccountNo::get));
    insert.execute(params![signed(version.0), bits(batch.0), time, actor, entry.origin, changes, octets])?;
    Ok(octets)
}

/// Wipes the secrets that entities led to before and lead to no longer, the soft state of what is gone, and the history
/// of zones that are.
fn forget(connection: &Connection, changes: &[Change]) -> rusqlite::Result<()> {
    for change in changes {
        if let Change::Domain(Delta { before: Some(domain), after: None }) = change {
            rows::forget_zone(connection, domain)?;
        }
        if let Some(key) = SoftKey::of_removed(change) {
            connection.prepare_cached("DELETE FROM soft WHERE key = ?1")?.execute([key.to_string()])?;
        }
        let (before, after) = change.secrets();
        if let Some(gone) = before.filter(|_| before != after) {
            connection.prepare_cached("DELETE FROM secrets WHERE id = ?1")?.execute([bits(gone.get())])?;
        }
    }
    Ok(())
}

fn append_secrets(connection: &Connection, secrets: &[(SecretId, Secret)]) -> rusqlite::Result<()> {
    for (id, secret) in secrets {
        let (kind, octets) = secret.to_row();
        let mut insert = connection.prepare_cached("INSERT INTO secrets (id, kind, secret) VALUES (?1, ?2, ?3)")?;
        insert.execute(params![bits(id.get()), kind, octets])?;
    }
    Ok(())
}

/// Steps the zones' heads and keeps their differences; tells how many octets those have.
fn append_zones(connection: &Connection, batch: &Batch, version: Version) -> rusqlite::Result<i64> {
    let mut bytes = 0i64;
    for (domain, head) in &batch.heads {
        let mut upsert = connection.prepare_cached(
            "INSERT INTO zone_heads (domain, serial, changed) VALUES (?1, ?2, ?3)
             ON CONFLICT (domain) DO UPDATE SET serial = excluded.serial, changed = excluded.changed",
        )?;
        upsert.execute(params![domain.get(), head.serial.0, signed(head.changed.micros())])?;
    }
    for difference in &batch.differences {
        let mut insert = connection.prepare_cached(
            "INSERT INTO zone_differences (domain, version, from_serial, to_serial, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let body = json(difference)?;
        bytes = bytes.saturating_add(signed(body.len() as u64));
        let (domain, from, to) = (difference.domain.get(), difference.from.0, difference.to.0);
        insert.execute(params![domain, signed(version.0), from, to, body])?;
    }
    Ok(bytes)
}

fn foreign_since(connection: &Connection, directory: &Path, since: Version, head: Head) -> Result<Foreign, StoreError> {
    if since > head.version {
        let detail = format!("it is at version {} and was at {since}", head.version);
        return Err(StoreError::Contradiction(detail));
    }
    if since == head.version {
        return Ok(Foreign { version: head.version, ..Foreign::default() });
    }
    let entries = entries_since(connection, directory, since)?;
    if entries.len() as u64 != head.version.0.saturating_sub(since.0) {
        let detail = format!("the log from version {since} to {} is not there", head.version);
        return Err(StoreError::Contradiction(detail));
    }
    if entries.iter().any(|entry| entry.erased) {
        return Err(erased_since(since));
    }
    let ids: Vec<SecretId> =
        entries.iter().flat_map(|entry| &entry.changes).filter_map(|change| change.secrets().1).collect();
    let secrets = rows::secrets(connection, Some(&ids)).map_err(|error| schema::error(directory, &error))?;
    let heads = rows::heads(connection).map_err(|error| schema::error(directory, &error))?;
    let removed = entries.iter().flat_map(|entry| &entry.changes).filter_map(removed_zone);
    let retired = rows::retired(connection, removed).map_err(|error| schema::error(directory, &error))?;
    Ok(Foreign { version: head.version, entries, heads, retired, secrets })
}

fn entries_since(connection: &Connection, directory: &Path, since: Version) -> Result<Vec<Entry>, StoreError> {
    let read = || -> rusqlite::Result<Vec<Entry>> {
        let mut statement = connection.prepare_cached(
            "SELECT version, time, actor, origin, changes FROM log WHERE version > ?1 ORDER BY version",
        )?;
        statement.query_map([signed(since.0)], rows::entry)?.collect()
    };
    read().map_err(|error| schema::error(directory, &error))
}

/// Folds all that the log has; tells up to where that is. A tail that another process has overtaken is read again.
fn fold_into(connection: &mut Connection, directory: &Path, tail: &Option<Tail>) -> Result<Version, StoreError> {
    let error = |found: rusqlite::Error| schema::error(directory, &found);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
    let head = head(&transaction, directory)?;
    match tail {
        Some(tail) if tail.to == head.version && tail.from <= head.folded => rows::fold(&transaction, &tail.changes),
        _ => rows::fold(&transaction, &Tail::read(&transaction, directory, head)?.changes),
    }
    .map_err(error)?;
    let mut update = transaction.prepare_cached("UPDATE head SET folded = ?1").map_err(error)?;
    update.execute([signed(head.version.0)]).map_err(error)?;
    drop(update);
    transaction.commit().map_err(error)?;
    Ok(head.version)
}

struct FileWatch {
    directory: PathBuf,
    state: Mutex<Watched>,
}

struct Watched {
    connection: Connection,
    data_version: Option<i64>,
    newest: Version,
}

impl Watch for FileWatch {
    fn newest(&self) -> Result<Version, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.newest().map_err(|error| schema::error(&self.directory, &error))
    }
}

impl Watched {
    /// `data_version` costs no read of the file; it changes with every other connection's commit.
    fn newest(&mut self) -> rusqlite::Result<Version> {
        let now: i64 = self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.data_version != Some(now) {
            self.newest = Head::read(&self.connection)?.version;
            self.data_version = Some(now);
        }
        Ok(self.newest)
    }
}

fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// SQLite's integers have a sign; counters never reach it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A random id, bit for bit.
fn bits(id: u64) -> i64 {
    id.cast_signed()
}
