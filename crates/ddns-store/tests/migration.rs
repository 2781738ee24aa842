//! Stores of former releases, as those programs wrote them (`data/schema-N.sql`) and what those programs said of them
//! (`data/schema-N.jsonl`): they come to the present schema whole, or stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ddns_core::{Change, DomainNo, Serial, Timestamp};
use ddns_store::battery::{Opener, Process, Reader};
use ddns_store::{BatchId, DATABASE, FileStore, Kind, Listing, LogQuery, SoftKey, Store, StoreError};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tools::{Dice, Mount, ROLE, Syncs, Talker, role, skip, soak};

const SCHEMA_1: &str = include_str!("data/schema-1.sql");
const SAID_1: &str = include_str!("data/schema-1.jsonl");

/// The data directory that the program of schema 1 left.
fn of_schema_1() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    write_schema_1(&directory.path().join(DATABASE));
    directory
}

fn write_schema_1(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").unwrap();
    connection.pragma_update(None, "application_id", 0x6464_6e73).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.execute_batch(SCHEMA_1).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    connection.close().unwrap();
}

fn opener(directory: &Path) -> Opener {
    let directory = directory.to_owned();
    Box::new(move || Box::new(FileStore::open(&directory).unwrap()) as Box<dyn Store>)
}

fn open_plainly(directory: &Path) -> Connection {
    Connection::open(directory.join(DATABASE)).unwrap()
}

fn schema(directory: &Path) -> i64 {
    open_plainly(directory).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// The lines of one kind that the former program said.
fn said(kind: &str) -> Vec<Value> {
    let lines = SAID_1.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line.get(kind).is_some()).map(today).collect()
}

/// What the present program says where the former one had nothing to say.
fn today(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            if fields.contains_key("max_hosts") {
                let quotas = [("max_records", 500), ("max_rrsets", 500), ("max_rrset_records", 20)];
                fields.extend(quotas.map(|(name, quota)| (name.to_owned(), quota.into())));
            }
            fields.values_mut().for_each(|field| *field = today(field.take()));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = today(value.take())),
        _ => (),
    }
    value
}

fn texts(values: impl IntoIterator<Item = Value>) -> BTreeSet<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// All that the former program knew is known, and nothing else.
fn assert_as_said(store: &mut dyn Store) {
    let loaded = store.load().unwrap();
    let registry = &loaded.registry;
    let entities = registry.snapshot().map(|change| json!({ "entity": change }));
    assert_eq!(texts(entities), texts(said("entity")));
    let zones =
        registry.domains().map(|domain| json!({ "zone": domain.name, "serial": registry.serial(domain.number) }));
    assert_eq!(texts(zones), texts(said("zone")));
    for retired in said("retired") {
        let zone = retired["retired"].as_str().unwrap().parse().unwrap();
        assert_eq!(json!(registry.retired_serial(&zone)), retired["serial"]);
    }
    assert_eq!(texts(loaded.secrets.iter().map(|(id, _)| json!({ "secret": id }))), texts(said("secret")));
    let head = &said("version")[0];
    assert_eq!(json!({ "version": loaded.version, "last_number": registry.last_number() }), *head);
    assert_log_as_said(store);
    for chain in said("differences") {
        let domain = DomainNo::new(number(&chain["domain"]) as u32).unwrap();
        let found = store.differences(domain, Serial(number(&chain["from"]) as u32)).unwrap();
        assert!(found.as_ref().is_some_and(|chain| chain.len() > 1));
        assert_eq!(json!(found), chain["differences"]);
    }
    for soft in said("soft") {
        let host = ddns_core::HostNo::new(number(&soft["soft"]) as u32).unwrap();
        assert_eq!(json!(store.soft(&SoftKey::Host(host)).unwrap()), soft["state"]);
    }
}

/// Page by page.
fn assert_log_as_said(store: &mut dyn Store) {
    let mut expected = said("log");
    let mut before = None;
    while !expected.is_empty() {
        let page = store.log(&LogQuery { before, limit: 7, ..LogQuery::default() }).unwrap();
        before = page.last().map(|entry| entry.version);
        for entry in page {
            assert_eq!(Some(json!({ "log": entry })), expected.pop());
        }
    }
    assert!(store.log(&LogQuery { before, limit: 7, ..LogQuery::default() }).unwrap().is_empty());
}

#[test]
fn a_store_of_schema_1_is_brought_up() {
    let directory = of_schema_1();
    assert_eq!(schema(directory.path()), 1);
    for _twice in 0..2 {
        let mut store = FileStore::open(directory.path()).unwrap();
        assert_eq!(schema(directory.path()), 2);
        assert_as_said(&mut store);
        drop(store);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "it is one file");
    }
    FileStore::open_existing(directory.path()).unwrap().tidy(true).unwrap();
    assert_as_said(&mut FileStore::open(directory.path()).unwrap());
}

/// The tables are those of a store that is made today, and what is in them is what was, but for the new columns.
#[test]
fn the_tables_are_those_of_a_new_store() {
    let (migrated, fresh, former) = (of_schema_1(), tempfile::tempdir().unwrap(), of_schema_1());
    drop((FileStore::open(migrated.path()).unwrap(), FileStore::open(fresh.path()).unwrap()));
    let tables = |directory: &Path| -> BTreeMap<String, Option<String>> {
        let connection = open_plainly(directory);
        let mut statement = connection.prepare("SELECT type || ' ' || name, sql FROM sqlite_schema").unwrap();
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(tables(migrated.path()), tables(fresh.path()));
    let rows = |directory: &Path, sql: &str| -> Vec<String> {
        let connection = open_plainly(directory);
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let row = statement.query_map([], |row| {
            (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column)).collect::<Result<Vec<_>, _>>()
        });
        row.unwrap().map(|row| format!("{:?}", row.unwrap())).collect()
    };
    let whole = ["head", "log", "entities", "hosts", "records", "secrets", "retired_zones", "zone_differences", "soft"];
    let mut queries: Vec<String> = whole.map(|table| format!("SELECT * FROM {table}")).into();
    queries.push("SELECT domain, serial FROM zone_heads".to_owned());
    for sql in queries {
        let was = rows(former.path(), &sql);
        assert!(!was.is_empty(), "{sql} has something to lose");
        assert_eq!(rows(migrated.path(), &sql), was, "{sql}");
    }
}

/// A zone's time is that of its newest difference; without one it is what the serial says, within what is known.
#[test]
fn zones_know_when_they_came_to_their_serial() {
    let changed = |prepare: &str| -> BTreeMap<String, u64> {
        let directory = of_schema_1();
        open_plainly(directory.path()).execute_batch(prepare).unwrap();
        let registry = FileStore::open(directory.path()).unwrap().load().unwrap().registry;
        let heads = registry.domains().map(|domain| (domain.name.to_string(), registry.zone_head(domain.number)));
        heads.map(|(name, head)| (name, head.changed.micros())).collect()
    };
    let zones = ["anna.example", "dyn.example", "quiet.example"].map(str::to_owned);
    let at = |times: [u64; 3]| -> BTreeMap<String, u64> { zones.iter().cloned().zip(times).collect() };
    let newest_of_quiet = of_entry(11);
    assert_eq!(changed(""), at([of_entry(35), of_entry(37), newest_of_quiet]));
    // As pruning does: the differences that came with the entries that went are gone.
    let pruned = "DELETE FROM log WHERE version <= 31; DELETE FROM zone_differences WHERE version <= 31;";
    assert_eq!(changed(pruned), at([of_entry(35), of_entry(37), 1_795_361_396_000_000]));
    // As erasing does; a serial may be ahead of the clock.
    let erased = "DELETE FROM zone_differences; UPDATE zone_heads SET serial = 1900000000 WHERE domain = 4";
    assert_eq!(changed(erased), at([1_800_000_077_000_000, of_entry(37), 1_795_361_396_000_000]));
    let nothing = "UPDATE head SET folded = version; DELETE FROM log WHERE version <= 31; DELETE FROM zone_differences;
                   UPDATE zone_heads SET serial = 1700000000";
    assert_eq!(changed(nothing), at([1_700_000_000_000_000; 3]));
}

/// When an entry of the log was decided.
fn of_entry(version: u64) -> u64 {
    let log = said("log");
    let entry = log.iter().find(|line| number(&line["log"]["version"]) == version).unwrap();
    number(&entry["log"]["time"])
}

/// Work goes on in a store that was brought up: serials step, several processes follow, lists and folds work.
#[test]
fn work_goes_on() {
    let directory = of_schema_1();
    let open = opener(directory.path());
    let mut one = Process::start(&open);
    one.now = Timestamp::from_secs(1_800_001_000);
    let mut two = Process::start(&open);
    let entities = |process: &Process| texts(process.registry.snapshot().map(|change| json!(change)));
    let dyn_example = one.domain("dyn.example").number;
    let before = one.registry.zone_head(dyn_example);
    one.set_host("home.dyn.example", "192.0.2.200");
    let after = one.registry.zone_head(dyn_example);
    assert!(after.serial.is_after(before.serial) && after.changed == one.now);
    assert_eq!(two.follow().entries.len(), 1);
    assert_eq!(two.registry.zone_head(dyn_example), after);
    let again = two.add_domain("gone.example");
    assert!(two.registry.serial(again).is_after(Serial(1_795_361_396)));
    assert_eq!(entities(&Process::start(&open)), entities(&two));
    two.store.tidy(true).unwrap();
    assert_eq!(entities(&Process::start(&open)), entities(&two));
    let domain = Some(two.domain("anna.example").number);
    assert_eq!(two.list(&Listing { kind: Kind::Record, after: None, owner: None, domain, limit: 9 }).len(), 4);
}

#[test]
fn a_backup_of_schema_1_is_restored() {
    let directory = tempfile::tempdir().unwrap();
    let backup = directory.path().join("backup");
    write_schema_1(&backup);
    // A backup is one file, and has no journal beside it.
    let connection = Connection::open(&backup).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).unwrap();
    connection.close().unwrap();
    let before = std::fs::read(&backup).unwrap();
    let data = directory.path().join("data");
    FileStore::restore(&backup, &data).unwrap();
    assert!(std::fs::read(&backup).unwrap() == before, "the backup is left as it is");
    assert_eq!(schema(&data), 2);
    assert_as_said(&mut FileStore::open(&data).unwrap());
}

/// What is not whole is not brought up, and left as it is: its former program may still know what to do with it.
#[test]
fn damage_is_left_as_it_is() {
    for wrong in [
        "UPDATE hosts SET ipv4 = '224.0.0.1' WHERE number = 8",
        "UPDATE entities SET body = '{' WHERE kind = 'account'",
        "DROP TABLE soft; DROP TABLE zone_heads",
        "UPDATE secrets SET kind = 'riddle'",
        "UPDATE log SET changes = '[' WHERE version = 37",
        "DELETE FROM head",
    ] {
        let directory = of_schema_1();
        let connection = open_plainly(directory.path());
        connection.execute_batch(wrong).unwrap();
        connection.close().unwrap();
        let database = directory.path().join(DATABASE);
        let before = std::fs::read(&database).unwrap();
        for refused in [FileStore::open(directory.path()), FileStore::open_existing(directory.path())] {
            let error = refused.map(drop).unwrap_err();
            assert!(matches!(error, StoreError::Damaged { .. }), "{wrong}: {error}");
            assert!(std::fs::read(&database).unwrap() == before, "{wrong}: the file is left as it is");
        }
        let elsewhere = directory.path().join("elsewhere");
        let error = FileStore::restore(&database, &elsewhere).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{wrong}: {error}");
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "{wrong}: nothing is left of the attempt");
    }
}

/// A page in the middle that was overwritten is noticed before anything is written.
#[test]
fn garbage_pages_are_left_as_they_are() {
    let directory = of_schema_1();
    let database = directory.path().join(DATABASE);
    let whole = std::fs::read(&database).unwrap();
    let mut noticed = 0;
    for page in 0..whole.len() / 4_096 {
        let mut bad = whole.clone();
        bad[page * 4_096..][..4_096].iter_mut().enumerate().for_each(|(at, octet)| *octet = (at * 7 + 13) as u8);
        std::fs::write(&database, &bad).unwrap();
        match FileStore::open(directory.path()).map(drop) {
            Ok(()) => (),
            Err(StoreError::Damaged { .. } | StoreError::Foreign(_)) => {
                assert!(std::fs::read(&database).unwrap() == bad, "page {page}: the file is left as it is");
                noticed += 1;
            }
            Err(error) => panic!("page {page}: {error}"),
        }
    }
    assert!(noticed >= 15, "{noticed} of {} pages were noticed", whole.len() / 4_096);
}

/// A schema that no release had is no schema of ours.
#[test]
fn a_schema_that_never_existed_is_refused() {
    for never in [0, -1] {
        let directory = of_schema_1();
        open_plainly(directory.path()).pragma_update(None, "user_version", never).unwrap();
        let error = FileStore::open(directory.path()).map(drop).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert_eq!(schema(directory.path()), never);
    }
}

/// Somebody reads the former tables meanwhile: that neither holds it up nor shows half of it.
#[test]
fn a_reader_sees_the_former_tables_until_it_looks_again() {
    let directory = of_schema_1();
    let reader = Reader::of(directory.path());
    let mut store = FileStore::open(directory.path()).unwrap();
    assert_eq!(reader.entries(), 37);
    assert_as_said(&mut store);
    drop(reader);
    store.settle(BatchId(1)).unwrap();
    assert_as_said(&mut store);
}

/// What stands in the place of an open store is not brought up by whoever finds it there.
#[test]
fn a_store_of_schema_1_in_its_place_is_another_one() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let mut store = FileStore::open(&data).unwrap();
    std::fs::rename(&data, parent.path().join("away")).unwrap();
    std::fs::create_dir(&data).unwrap();
    write_schema_1(&data.join(DATABASE));
    for refused in [store.settle(BatchId(1)).map(drop), store.watch().map(drop)] {
        assert!(matches!(refused, Err(StoreError::Replaced(_))), "{refused:?}");
    }
    assert_eq!(schema(&data), 1);
}

/// Several processes come at once: each finds the store brought up.
#[test]
fn threads_and_processes_come_at_once() {
    for _ in 0..soak(5, 100) {
        let directory = of_schema_1();
        let children: Vec<Talker> =
            (0..3).map(|_| Talker::start(role("migration::newcomer", directory.path()))).collect();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| drop(FileStore::open(directory.path()).unwrap()));
            }
        });
        assert!(children.iter().all(|child| child.heard("opened").is_some()));
        drop(children);
        assert_as_said(&mut FileStore::open(directory.path()).unwrap());
    }
}

/// The child: opens a store of schema 1, and says what came of it.
#[test]
fn newcomer() {
    let Some(directory) = std::env::var_os(ROLE) else { return };
    println!("\nready");
    match FileStore::open(directory.as_ref()) {
        Ok(mut store) => println!("opened {}", store.load().unwrap().version),
        Err(error) => println!("refused {error:?}"),
    }
}

/// A process is killed at a random moment of bringing the store up: the former store is there whole, or the present one.
#[test]
fn a_kill_leaves_one_schema_or_the_other() {
    let mut dice = Dice::new();
    let mut left = BTreeMap::<i64, usize>::new();
    for _ in 0..soak(40, 1_000) {
        let directory = of_schema_1();
        let mut child = Talker::start(role("migration::newcomer", directory.path()));
        child.heard("ready").unwrap();
        dice.wait_millis_below(25);
        child.kill();
        *left.entry(schema(directory.path())).or_default() += 1;
        assert_as_said(&mut FileStore::open(directory.path()).unwrap());
    }
    println!("schemas after the kill: {left:?}");
}

/// Likewise at a moment when half of the tables are on the disk, and the commit is not.
#[test]
fn half_a_migration_is_none() {
    let (directory, image) = (of_schema_1(), tempfile::tempdir().unwrap());
    let mut connection = open_plainly(directory.path());
    // Nothing fits into memory: what is written goes to the journal at once.
    connection.pragma_update(None, "cache_size", 1).unwrap();
    connection.pragma_update(None, "cache_spill", 1).unwrap();
    let transaction = connection.transaction().unwrap();
    let half = "ALTER TABLE zone_heads RENAME TO zone_heads_1; PRAGMA user_version = 2; DROP TABLE zone_heads_1;
                UPDATE log SET changes = changes || '                '; UPDATE records SET data = upper(data);";
    transaction.execute_batch(half).unwrap();
    for file in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
        let copied = std::fs::copy(directory.path().join(&file), image.path().join(&file)).unwrap();
        assert!(copied > 20_000, "{file} has {copied} octets");
    }
    drop(transaction);
    assert_eq!(schema(image.path()), 1);
    assert_as_said(&mut FileStore::open(image.path()).unwrap());
}

/// The sync of the commit fails: nobody is told that the store is open; once syncs work it is brought up.
#[test]
fn a_failed_sync_is_no_success() {
    let (directory, tools) = (of_schema_1(), tempfile::tempdir().unwrap());
    let syncs = Syncs::new(tools.path());
    let opened = || {
        let mut command = role("migration::newcomer", directory.path());
        syncs.under(&mut command);
        Talker::start(command).line(|line| line.starts_with("opened") || line.starts_with("refused")).unwrap()
    };
    syncs.fail();
    assert!(opened().starts_with("refused"));
    syncs.work();
    assert_eq!(opened(), "opened 37");
    assert_as_said(&mut FileStore::open(directory.path()).unwrap());
}

/// A file system that takes no writes, and one that has no room: an error, and the former store is as it was.
#[test]
fn a_disk_that_takes_nothing() {
    let options = ["-t", "tmpfs", "-o", "size=1m,mode=0700", "none"].map(std::ffi::OsStr::new);
    let Some(mount) = Mount::new(&options) else { return skip("full disks (needs root and mounts)") };
    let data = mount.path().join("data");
    std::fs::create_dir(&data).unwrap();
    write_schema_1(&data.join(DATABASE));
    let ballast = mount.path().join("ballast");
    let mut room = std::fs::File::create(&ballast).unwrap();
    while std::io::Write::write_all(&mut room, &[0; 4_096]).is_ok() {}
    let refused = FileStore::open(&data).map(drop);
    assert!(matches!(refused, Err(StoreError::Io { .. })), "{refused:?}");
    drop(room);
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(schema(&data), 1);
    assert_as_said(&mut FileStore::open(&data).unwrap());
}

/// Accounts as former programs wrote them have today's quotas, in the log too.
#[test]
fn former_accounts_have_quotas() {
    let directory = of_schema_1();
    let entries = FileStore::open(directory.path()).unwrap().log(&LogQuery { limit: 99, ..LogQuery::default() });
    let first = entries.unwrap().pop().unwrap();
    let [Change::Account(delta)] = first.changes.as_slice() else { panic!("{first:?}") };
    let account = delta.any().unwrap();
    assert_eq!(
        (account.max_hosts, account.max_records, account.max_rrsets, account.max_rrset_records),
        (7, 500, 500, 20)
    );
}
