//! Backups while others write, and what comes back from them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ddns_store::battery::{Opener, Process};
use ddns_store::{DATABASE, FileStore, MemoryStore, Store, StoreError};

fn opener(directory: PathBuf) -> Opener {
    Box::new(move || Box::new(FileStore::open(&directory).unwrap()) as Box<dyn Store>)
}

/// A backup of a store that another process writes to without a pause ends, and holds one moment.
#[test]
fn a_backup_ends_while_others_write() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let open = opener(data.clone());
    let mut process = Process::start(&open);
    let owner = process.add_account("joe");
    process.add_domain("dyn.example");
    process.add_host("h0.dyn.example", owner);
    // Many steps of a backup in steps, which would begin anew after each commit and never end (measured).
    let filler = "x".repeat(60_000);
    let state = ddns_store::SoftState {
        last_contact: None,
        last_refusal: Some(ddns_store::SoftRefusal {
            time: process.now,
            source: None,
            dialect: String::new(),
            agent: String::new(),
            sentence: filler,
        }),
    };
    let many: Vec<_> = (1..=800)
        .map(|number| (ddns_store::SoftKey::Host(ddns_core::HostNo::new(number).unwrap()), state.clone()))
        .collect();
    process.store.save_soft(process.version, &many).unwrap();
    process.store.tidy(true).unwrap();
    let backup = directory.path().join("backup");
    let mut other = open();
    let ended = AtomicBool::new(false);
    let began = process.version;
    let took = std::thread::scope(|scope| {
        scope.spawn(|| {
            let started = Instant::now();
            for round in 1u32.. {
                process.set_host("h0.dyn.example", &std::net::Ipv4Addr::from(0x0a00_0000 + round).to_string());
                if ended.load(Ordering::SeqCst) || started.elapsed() > Duration::from_secs(20) {
                    break;
                }
            }
        });
        std::thread::sleep(Duration::from_millis(20));
        let started = Instant::now();
        other.backup(&backup).unwrap();
        ended.store(true, Ordering::SeqCst);
        started.elapsed()
    });
    assert!(took < Duration::from_secs(10), "the backup took {took:?}");
    let restored = directory.path().join("restored");
    FileStore::restore(&backup, &restored).unwrap();
    let mut again = Process::start(&opener(restored));
    assert!(again.version > began && again.version <= process.version);
    let held = process.log()[again.version.0 as usize - 1].clone();
    assert_eq!(again.log().last(), Some(&held), "the backup ends with a whole commit");
    again.set_host("h0.dyn.example", "192.0.2.1");
    again.assert_loaded_by_others(&opener(directory.path().join("restored")));
}

#[test]
fn nothing_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut store = FileStore::open(&data).unwrap();
    let backup = directory.path().join("backup");
    store.backup(&backup).unwrap();
    let before = std::fs::read(&backup).unwrap();
    exists(store.backup(&backup));
    assert!(std::fs::read(&backup).unwrap() == before);
    exists(FileStore::restore(&backup, &data));
    let dangling = directory.path().join("dangling");
    std::os::unix::fs::symlink(directory.path().join("elsewhere"), &dangling).unwrap();
    exists(store.backup(&dangling));
    assert!(matches!(store.backup(Path::new("/nonexistent/backup")), Err(StoreError::Io { .. })));
    assert!(MemoryStore::new().backup(&directory.path().join("memory")).is_err());
    store.load().unwrap();
}

fn exists(done: Result<(), StoreError>) {
    let error = done.unwrap_err();
    assert!(matches!(error, StoreError::Exists(_)), "{error}");
}

#[test]
fn a_bad_backup_is_not_restored() {
    let directory = tempfile::tempdir().unwrap();
    let (good, bad, data) =
        (directory.path().join("good"), directory.path().join("bad"), directory.path().join("data"));
    FileStore::open(&directory.path().join("first")).unwrap().backup(&good).unwrap();
    let whole = std::fs::read(&good).unwrap();
    let half = &whole[..whole.len() / 8_192 * 4_096];
    for content in [&b""[..], b"Dear diary", half] {
        std::fs::write(&bad, content).unwrap();
        assert!(FileStore::restore(&bad, &data).is_err());
        assert!(std::fs::read(&bad).unwrap() == content);
        assert!(!data.join(DATABASE).exists());
    }
    assert!(matches!(FileStore::restore(&directory.path().join("none"), &data), Err(StoreError::Missing(_))));
    FileStore::restore(&good, &data).unwrap();
    FileStore::open_existing(&data).unwrap().load().unwrap();
}
