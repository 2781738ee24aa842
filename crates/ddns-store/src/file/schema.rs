//! The database: its tables, how it is opened, and how it is recognised.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::StoreError;
use crate::file::migrate;
use crate::file::place::{self, DATABASE};

/// "ddns" in ASCII: tells our databases from others.
const APPLICATION_ID: i64 = 0x6464_6e73;

/// How long somebody else's write is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The schema that this program writes.
pub(super) const SCHEMA: i64 = 2;

const TABLES: &str = "
CREATE TABLE head (
    version     INTEGER NOT NULL,  -- the newest log entry
    folded      INTEGER NOT NULL,  -- the entity tables show the state at this version
    last_number INTEGER NOT NULL,  -- the largest number given to an account, domain, host or client
    log_bytes   INTEGER NOT NULL,  -- octets of all entries
    id          INTEGER NOT NULL   -- the store's random name
) STRICT;
INSERT INTO head VALUES (0, 0, 0, 0, random());
CREATE TABLE log (
    version INTEGER PRIMARY KEY,
    batch   INTEGER NOT NULL,      -- the commit's random name
    time    INTEGER NOT NULL,      -- microseconds since 1970
    actor   INTEGER,               -- an account's number; null is the operator, time itself, or somebody who had not
                                   -- signed in; 0 was erased
    origin  TEXT NOT NULL,
    changes TEXT NOT NULL,         -- JSON
    octets  INTEGER NOT NULL       -- of the changes, and with a commit's last entry of its zone differences
) STRICT;
CREATE TABLE entities (
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    body TEXT NOT NULL,            -- JSON
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE hosts (
    number    INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    domain    INTEGER NOT NULL,
    owner     INTEGER NOT NULL,
    client    INTEGER,
    ttl       INTEGER NOT NULL,
    wildcard  INTEGER NOT NULL,
    offline   INTEGER NOT NULL,    -- 0 no, 1 manual, 2 missed
    ipv4      TEXT,
    ipv6      TEXT,
    suffix    TEXT,                -- JSON
    heartbeat INTEGER,
    created   INTEGER NOT NULL,
    updated   INTEGER NOT NULL
) STRICT;
CREATE TABLE records (
    id          TEXT PRIMARY KEY,
    domain      INTEGER NOT NULL,
    owner       INTEGER,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,
    data        TEXT NOT NULL,
    ttl         INTEGER,
    description TEXT,
    version     INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER,
    UNIQUE (name, type, data)
) STRICT;
CREATE INDEX records_by_domain ON records (domain, id);
CREATE TABLE secrets (
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    secret BLOB NOT NULL
) STRICT;
CREATE TABLE zone_heads (
    domain  INTEGER PRIMARY KEY,
    serial  INTEGER NOT NULL,
    changed INTEGER NOT NULL       -- when it came to its serial, in microseconds since 1970
) STRICT;
CREATE TABLE retired_zones (
    name   TEXT PRIMARY KEY,
    serial INTEGER NOT NULL        -- where it stood when the zone was removed
) STRICT, WITHOUT ROWID;
CREATE TABLE zone_differences (
    domain      INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    from_serial INTEGER NOT NULL,
    to_serial   INTEGER NOT NULL,
    body        TEXT NOT NULL,     -- JSON
    PRIMARY KEY (domain, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE soft (
    key  TEXT PRIMARY KEY,
    body TEXT NOT NULL             -- JSON
) STRICT, WITHOUT ROWID;
";

/// Makes the tables in a fresh, empty file, and leaves no journal behind.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let make = || -> rusqlite::Result<()> {
        let connection = Connection::open_with_flags(path, flags())?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", SCHEMA)?;
        connection.execute_batch(&format!("BEGIN; {TABLES} COMMIT;"))?;
        leave_in_wal(connection)
    };
    make().map_err(|found| error(path, &found))
}

/// Closes a database that is in WAL mode from the start: whoever opens it need not wait for everybody else to switch.
fn leave_in_wal(connection: Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.close().map_err(|(_, error)| error)
}

/// Opens the database of a directory, if it is ours, whole and not newer than this program; brings an older one to the
/// present schema.
pub(super) fn open(directory: &Path) -> Result<Connection, StoreError> {
    let mut connection = connect(directory)?;
    migrate::to_present(&mut connection, directory)?;
    Ok(connection)
}

/// Opens the database once more that this process has open already.
pub(super) fn reopen(directory: &Path) -> Result<Connection, StoreError> {
    let connection = connect(directory)?;
    check_schema(&connection, directory)?;
    Ok(connection)
}

fn connect(directory: &Path) -> Result<Connection, StoreError> {
    let path = directory.join(DATABASE);
    let connect = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&path, flags())?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // What turns out not to be ours keeps its journal as it is.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        recognise(&connection)?;
        Ok(connection)
    };
    let connection = connect().map_err(|found| error(directory, &found))?;
    check_ours(&connection, &path)?;
    check_length(&connection, &path)?;
    configure(&connection).map_err(|found| error(directory, &found))?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW
}

/// The first read: fails where the file is no database or is shorter than it says.
fn recognise(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map(|_| ())
}

/// A file that is cut off inside its last page is not noticed by reading: the rest of the page counts as zeros.
fn check_length(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let page: i64 =
        connection.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(|found| error(path, &found))?;
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    let journal = length(&path.with_extension("sqlite3-wal"));
    let found = length(path);
    // While there is a journal, a page may be under way from there to here.
    if journal > 0 || u64::try_from(page).is_ok_and(|page| found.is_multiple_of(page.max(1))) {
        return Ok(());
    }
    Err(StoreError::Damaged { path: path.display().to_string(), detail: "it is cut off".to_owned() })
}

/// Whether it is a database of ours, of a schema that this program knows.
fn check_ours(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(|found| error(path, &found))?;
    if found != APPLICATION_ID {
        return Err(StoreError::Foreign(path.display().to_string()));
    }
    known_schema(connection, path).map(|_| ())
}

/// The schema of the tables, if this program knows it.
pub(super) fn known_schema(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let read = || connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0));
    match read().map_err(|found| error(path, &found))? {
        found if found > SCHEMA => {
            Err(StoreError::Newer { path: file(path).display().to_string(), found, known: SCHEMA })
        }
        found if found < 1 => Err(damaged(path, format!("schema {found} never existed"))),
        found => Ok(found),
    }
}

/// Whether the tables are those that this program writes. Asked in every transaction: a newer program may have migrated
/// them meanwhile, and then this one writes no more; and whatever is older by now is not what was opened.
pub(super) fn check_schema(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match known_schema(connection, path)? {
        SCHEMA => Ok(()),
        _ => Err(StoreError::Replaced(file(path).display().to_string())),
    }
}

/// After an error: brings everything that is in the journal onto the disk by fresh writes, and reads the whole file.
///
/// A sync that has failed may have dropped the very pages that it could not write, so what the journal shows is no proof;
/// copying it into the database and syncing that is.
pub(super) fn verify(connection: &Connection, directory: &Path) -> Result<(), StoreError> {
    // Callers are waiting: whoever holds the journal open is not waited for, it is tried again later.
    if !empty_journal(connection).map_err(|found| error(directory, &found))? {
        return Err(StoreError::HeldOpen(directory.join(DATABASE).display().to_string()));
    }
    check_whole(connection, directory)
}

/// Reads the whole file, and tells whether its parts fit together.
pub(super) fn check_whole(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: rusqlite::Result<String> = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match verdict.map_err(|found| error(path, &found))? {
        verdict if verdict == "ok" => Ok(()),
        verdict => Err(damaged(path, verdict)),
    }
}

/// Copies the journal into the database and leaves it empty; not while somebody else reads what it holds.
pub(super) fn empty_journal(connection: &Connection) -> rusqlite::Result<bool> {
    // Whoever wants to write waits as long as this does.
    connection.busy_timeout(Duration::from_millis(100))?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(busy == 0)
}

/// Copies the database as it is at one moment, while others go on working. All in one step: between two, every commit
/// of another process would make it begin anew, and a busy server would keep it from ever ending.
pub(super) fn backup(connection: &Connection, to: &Path) -> rusqlite::Result<()> {
    let mut target = Connection::open_with_flags(to, flags())?;
    match Backup::new(connection, &mut target)?.step(-1)? {
        StepResult::Done => (),
        _ => return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)),
    }
    target.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))?;
    target.close().map_err(|(_, error)| error)
}

/// Whether a backup is ours, whole and not newer than this program.
pub(super) fn check_backup(backup: &Path) -> Result<(), StoreError> {
    if !backup.is_file() {
        return Err(StoreError::Missing(backup.display().to_string()));
    }
    let connection = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = connection.map_err(|found| error(backup, &found))?;
    recognise(&connection).map_err(|found| error(backup, &found))?;
    check_ours(&connection, backup)?;
    check_whole(&connection, backup)
}

/// The store's random name.
pub(super) fn id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT id FROM head", [], |row| row.get(0))
}

/// Copies a backup into a fresh file, in the present schema; the copy goes its own way from here, and so has a name of its
/// own.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let copied = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|source| backup(&source, to))
        .and_then(|()| {
            let copy = Connection::open_with_flags(to, flags())?;
            copy.execute("UPDATE head SET id = random()", [])?;
            Ok(copy)
        });
    let mut copy = copied.map_err(|found| error(from, &found))?;
    migrate::to_present(&mut copy, from)?;
    leave_in_wal(copy).map_err(|found| error(from, &found))
}

/// What the database reports, in words for the person who reads them.
pub(super) fn error(path: &Path, error: &rusqlite::Error) -> StoreError {
    let shown = || file(path).display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::Foreign(shown()),
        Some(ErrorCode::DatabaseCorrupt) => damaged(path, error.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(shown()),
        Some(ErrorCode::CannotOpen) if !file(path).exists() => StoreError::Missing(path.display().to_string()),
        _ => match error {
            // Our statements fit our tables: where they do not, the tables are not what they were.
            rusqlite::Error::SqliteFailure(_, Some(words)) if words.starts_with("no such ") => {
                damaged(path, error.to_string())
            }
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::QueryReturnedNoRows => damaged(path, error.to_string()),
            _ => place::io(&file(path), &std::io::Error::other(error.to_string())),
        },
    }
}

fn damaged(path: &Path, detail: String) -> StoreError {
    StoreError::Damaged { path: file(path).display().to_string(), detail }
}

/// The database itself, where its directory is named.
fn file(path: &Path) -> std::path::PathBuf {
    if path.is_dir() { path.join(DATABASE) } else { path.to_owned() }
}
