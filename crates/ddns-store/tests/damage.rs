//! What is not certainly ours and whole is refused in words that help, and left as it is, octet for octet.

use std::path::{Path, PathBuf};

use ddns_store::battery::{Opener, Process};
use ddns_store::{DATABASE, FileStore, Store, StoreError};
use rusqlite::Connection;

/// A closed store with some hundred hosts in it.
fn furnished() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let open: Opener = Box::new(move || Box::new(FileStore::open(&path).unwrap()) as Box<dyn Store>);
    let mut process = Process::start(&open);
    let owner = process.add_account("joe");
    process.add_domain("dyn.example");
    (0..200).for_each(|host| process.add_host(&format!("host-{host}.dyn.example"), owner));
    process.store.tidy(true).unwrap();
    drop(process);
    let database = directory.path().join(DATABASE);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "a closed store is one file");
    (directory, database)
}

/// Opens and reads the store as a program would; expects an error, and nothing changed.
fn refused(directory: &Path, database: &Path) -> StoreError {
    let before = std::fs::read(database).unwrap();
    let opened = FileStore::open(directory).and_then(|mut store| store.load().map(drop));
    let existing = FileStore::open_existing(directory).and_then(|mut store| store.load().map(drop));
    assert!(std::fs::read(database).unwrap() == before, "the file is left as it is");
    let (error, same) = (opened.unwrap_err(), existing.unwrap_err());
    assert_eq!(error.to_string(), same.to_string());
    assert!(error.to_string().contains(DATABASE), "{error}");
    assert!(error.to_string().contains("it was left as it is"), "{error}");
    error
}

fn damaged(directory: &Path, database: &Path) {
    let error = refused(directory, database);
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("ddns restore FILE"), "{error}");
}

fn foreign(directory: &Path, database: &Path) {
    let error = refused(directory, database);
    assert!(matches!(error, StoreError::Foreign(_)), "{error}");
    assert!(error.to_string().contains("--data"), "{error}");
}

#[test]
fn a_truncated_store() {
    let (directory, database) = furnished();
    let whole = std::fs::read(&database).unwrap();
    let page = 4_096;
    assert!(whole.len() > 8 * page);
    for len in
        [0, 512, page, page + 1, whole.len() / 2, whole.len() / 2 / page * page, whole.len() - page, whole.len() - 1]
    {
        std::fs::write(&database, &whole[..len]).unwrap();
        damaged(directory.path(), &database);
    }
    // Less than a header is not recognised as ours.
    for len in [1, 15, 16, 99, 100, 511] {
        std::fs::write(&database, &whole[..len]).unwrap();
        let error = refused(directory.path(), &database);
        assert!(matches!(error, StoreError::Foreign(_) | StoreError::Damaged { .. }), "{len}: {error}");
    }
    std::fs::write(&database, &whole).unwrap();
    FileStore::open(directory.path()).unwrap().load().unwrap();
}

#[test]
fn somebody_elses_file() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join(DATABASE);
    std::fs::write(&database, "Dear diary,\n".repeat(1_000)).unwrap();
    foreign(directory.path(), &database);
    std::fs::write(&database, "x").unwrap();
    foreign(directory.path(), &database);
    for mode in ["DELETE", "WAL"] {
        std::fs::remove_file(&database).unwrap();
        let other = Connection::open(&database).unwrap();
        other.pragma_update_and_check(None, "journal_mode", mode, |_| Ok(())).unwrap();
        other.execute_batch("CREATE TABLE photos (name TEXT); INSERT INTO photos VALUES ('cat');").unwrap();
        foreign(directory.path(), &database);
        other.close().unwrap();
        foreign(directory.path(), &database);
    }
}

/// A foreign database whose program was killed keeps its journal: playing it in would be a change.
#[test]
fn somebody_elses_journal() {
    let directory = tempfile::tempdir().unwrap();
    let other = Connection::open(directory.path().join("other")).unwrap();
    other.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    other.execute_batch("CREATE TABLE photos (name TEXT); INSERT INTO photos VALUES ('cat');").unwrap();
    let database = directory.path().join(DATABASE);
    let journal = directory.path().join(format!("{DATABASE}-wal"));
    std::fs::copy(directory.path().join("other"), &database).unwrap();
    std::fs::copy(directory.path().join("other-wal"), &journal).unwrap();
    let before = std::fs::read(&journal).unwrap();
    foreign(directory.path(), &database);
    assert!(std::fs::read(&journal).unwrap() == before, "the journal is left as it is");
}

#[test]
fn a_newer_store() {
    let (directory, database) = furnished();
    let connection = Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", 3).unwrap();
    connection.close().unwrap();
    let error = refused(directory.path(), &database);
    assert!(matches!(error, StoreError::Newer { found: 3, known: 2, .. }), "{error}");
    assert!(error.to_string().contains("Use the newer program"), "{error}");
}

/// Each page in turn is overwritten. Most of them are read at the start, and then the start is refused; whatever comes
/// up, nothing panics and nothing is written.
#[test]
fn garbage_pages() {
    let (directory, database) = furnished();
    let whole = std::fs::read(&database).unwrap();
    let mut noticed = 0;
    for page in 0..whole.len() / 4_096 {
        let mut bad = whole.clone();
        bad[page * 4_096..][..4_096].iter_mut().enumerate().for_each(|(at, octet)| *octet = (at * 7 + 13) as u8);
        std::fs::write(&database, &bad).unwrap();
        let loaded = FileStore::open(directory.path()).and_then(|mut store| store.load().map(drop));
        assert!(std::fs::read(&database).unwrap() == bad, "page {page}: the file is left as it is");
        match loaded {
            Ok(()) => (),
            Err(StoreError::Damaged { .. } | StoreError::Foreign(_)) => noticed += 1,
            Err(error) => panic!("page {page}: {error}"),
        }
    }
    assert!(noticed >= 8, "{noticed} of {} pages were noticed", whole.len() / 4_096);
}

/// What contradicts itself is refused too, though every page is whole.
#[test]
fn rows_that_contradict_each_other() {
    for wrong in [
        "UPDATE hosts SET name = 'no host name..' WHERE number = 5",
        "UPDATE hosts SET ipv4 = '224.0.0.1' WHERE number = 5",
        "UPDATE hosts SET ttl = 61 WHERE number = 5",
        "UPDATE entities SET body = '{' WHERE kind = 'account'",
        "UPDATE entities SET kind = 'unicorn' WHERE kind = 'account'",
        "UPDATE secrets SET kind = 'riddle'",
        "DROP TABLE hosts",
        "DELETE FROM head",
    ] {
        let (directory, database) = furnished();
        let connection = Connection::open(&database).unwrap();
        connection.execute_batch(wrong).unwrap();
        connection.close().unwrap();
        let error = refused(directory.path(), &database);
        assert!(matches!(error, StoreError::Damaged { .. }), "{wrong}: {error}");
    }
}

/// A journal whose database was moved away would be played into the one that is put into its place.
#[test]
fn a_journal_without_its_database() {
    let (directory, database) = furnished();
    let mut open = FileStore::open(directory.path()).unwrap();
    let backup = directory.path().join("backup");
    open.backup(&backup).unwrap();
    let newest = open.newest().unwrap();
    open.save_soft(newest, &[(ddns_store::SoftKey::Token(Default::default()), Default::default())]).unwrap();
    let journal = directory.path().join(format!("{DATABASE}-wal"));
    let kept = std::fs::read(&journal).unwrap();
    drop(open);
    std::fs::remove_file(&database).unwrap();
    std::fs::write(&journal, &kept).unwrap();
    for refused in [FileStore::open(directory.path()).map(drop), FileStore::restore(&backup, directory.path())] {
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("ddns.sqlite3-wal"), "{error}");
    }
    assert!(!database.exists() && std::fs::read(&journal).unwrap() == kept);
    std::fs::remove_file(&journal).unwrap();
    FileStore::restore(&backup, directory.path()).unwrap();
    FileStore::open(directory.path()).unwrap().load().unwrap();
}

/// A store that a newer program migrates while this one has it open takes nothing more from this one.
#[test]
fn a_store_that_is_migrated_under_us() {
    let (directory, database) = furnished();
    let path = directory.path().to_owned();
    let open: Opener = Box::new(move || Box::new(FileStore::open(&path).unwrap()) as Box<dyn Store>);
    let mut process = Process::start(&open);
    process.set_host("host-1.dyn.example", "192.0.2.1");
    let newer = Connection::open(&database).unwrap();
    newer.pragma_update(None, "user_version", 3).unwrap();
    let dump = |connection: &Connection| -> (i64, i64, i64) {
        connection
            .query_row("SELECT version, folded, (SELECT count(*) FROM soft) FROM head", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap()
    };
    let before = dump(&newer);
    let store = &mut process.store;
    let mut refusals = vec![
        store.transact(process.version, &mut |_| panic!("there is nothing to decide on")).map(drop),
        store.newest().map(drop),
        store.tidy(true),
        store
            .save_soft(process.version, &[(ddns_store::SoftKey::Token(Default::default()), Default::default())])
            .map(drop),
        store.erase(ddns_core::AccountNo::new(1).unwrap()).map(drop),
        store.prune(ddns_core::Timestamp::from_micros(1 << 60), 0).map(drop),
    ];
    refusals.push(store.settle(ddns_store::BatchId(1)).map(drop));
    for refusal in refusals {
        assert!(matches!(refusal, Err(StoreError::Newer { found: 3, known: 2, .. })), "{refusal:?}");
    }
    assert_eq!(dump(&newer), before);
    newer.pragma_update(None, "user_version", 2).unwrap();
    process.store.settle(ddns_store::BatchId(1)).unwrap();
    process.set_host("host-1.dyn.example", "192.0.2.2");
    process.assert_loaded_by_others(&open);
}
