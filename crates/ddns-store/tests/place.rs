//! The data directory: modes, links, owners, the server's lock, and two processes that make it at once.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;

use ddns_store::battery::{Opener, Process};
use ddns_store::{DATABASE, FileStore, ServerLock, Store, StoreError};

use crate::tools::{ROLE, Talker, role, skip};

/// The child: makes a store, a lock and a backup, and leaves before anything is closed.
#[test]
fn maker() {
    let Some(directory) = std::env::var_os(ROLE) else { return };
    let data = Path::new(&directory);
    let mut store = FileStore::open(data).unwrap();
    let _lock = ServerLock::take(data).unwrap();
    store.backup(&data.join("backup")).unwrap();
    let mut process = Process {
        registry: store.load().unwrap().registry,
        version: Default::default(),
        now: ddns_core::Timestamp::from_secs(1),
        store: Box::new(store),
    };
    process.add_account("joe");
    println!("\nmade {}", modes(data).join(" "));
}

fn modes(directory: &Path) -> Vec<String> {
    let mode = |path: &Path| format!("{:o}", std::fs::metadata(path).unwrap().permissions().mode() & 0o7777);
    let mut found = vec![format!(".={}", mode(directory))];
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        found.push(format!("{}={}", path.file_name().unwrap().to_str().unwrap(), mode(&path)));
    }
    found.sort();
    found
}

#[test]
fn everything_is_its_owners_alone_whatever_the_umask() {
    let expected =
        [".=700", "backup=600", "ddns.sqlite3-shm=600", "ddns.sqlite3-wal=600", "ddns.sqlite3=600", "server.lock=600"];
    for umask in ["000", "022", "077", "277"] {
        let directory = tempfile::tempdir().unwrap();
        // Under the last one nobody but root could make something inside of a directory that was made on the way.
        let data = directory.path().join(if umask == "277" { "data" } else { "deep/data" });
        let child = role("place::maker", &data);
        let mut shell = Command::new("sh");
        shell.args(["-c", "umask \"$0\"; exec \"$@\"", umask]).arg(child.get_program()).args(child.get_args());
        let output = shell.env(ROLE, &data).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let made =
            said.lines().find_map(|line| line.strip_prefix("made ")).unwrap_or_else(|| panic!("umask {umask}: {said}"));
        assert_eq!(made.split(' ').collect::<Vec<_>>(), expected, "under umask {umask}");
    }
}

#[test]
fn modes_that_somebody_widened_are_tightened() {
    let directory = tempfile::tempdir().unwrap();
    drop(FileStore::open(directory.path()).unwrap());
    let database = directory.path().join(DATABASE);
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();
    let _store = FileStore::open(directory.path()).unwrap();
    assert_eq!(modes(directory.path()), [".=700", "ddns.sqlite3-shm=600", "ddns.sqlite3-wal=600", "ddns.sqlite3=600"]);
}

#[test]
fn links_are_not_followed() {
    let parent = tempfile::tempdir().unwrap();
    let real = parent.path().join("real");
    drop(FileStore::open(&real).unwrap());
    let link = parent.path().join("link");
    symlink(&real, &link).unwrap();
    for path in [link.clone(), link.join(""), link.join(".")] {
        refused(FileStore::open(&path).map(drop));
        refused(FileStore::open_existing(&path).map(drop));
        refused(ServerLock::take(&path).map(drop));
    }
    for (name, target) in [
        (DATABASE, real.join(DATABASE)),
        ("ddns.sqlite3-wal", parent.path().join("elsewhere")),
        ("ddns.sqlite3-shm", parent.path().join("elsewhere")),
        ("server.lock", parent.path().join("elsewhere")),
    ] {
        let directory = parent.path().join(format!("with-{name}"));
        std::fs::create_dir(&directory).unwrap();
        symlink(&target, directory.join(name)).unwrap();
        if name == "server.lock" {
            refused(ServerLock::take(&directory).map(drop));
        } else {
            refused(FileStore::open(&directory).map(drop));
        }
        assert!(!parent.path().join("elsewhere").exists(), "nothing was made behind the link {name}");
    }
    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    refused(FileStore::open(&file).map(drop));
    let folder = parent.path().join("folder");
    std::fs::create_dir_all(folder.join(DATABASE)).unwrap();
    refused(FileStore::open(&folder).map(drop));
}

fn refused(opened: Result<(), StoreError>) {
    let error = opened.unwrap_err();
    assert!(matches!(error, StoreError::NotRegular(_)), "{error}");
}

#[test]
fn somebody_elses_data_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return skip("somebody else's data (needs root)");
    }
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    drop(FileStore::open(&data).unwrap());
    std::os::unix::fs::chown(data.join(DATABASE), Some(12_345), None).unwrap();
    not_owner(FileStore::open(&data).map(drop));
    std::os::unix::fs::chown(&data, Some(12_345), None).unwrap();
    not_owner(FileStore::open(&data).map(drop));
    not_owner(FileStore::open_existing(&data).map(drop));
    not_owner(ServerLock::take(&data).map(drop));
    assert_eq!(std::fs::metadata(&data).unwrap().uid(), 12_345);
}

fn not_owner(opened: Result<(), StoreError>) {
    let error = opened.unwrap_err();
    assert!(matches!(error, StoreError::NotOwner { owner: 12_345, .. }), "{error}");
    assert!(error.to_string().contains("run this as that user"));
}

#[test]
fn one_server_serves_a_directory() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let lock = ServerLock::take(&data).unwrap();
    let error = ServerLock::take(&data).unwrap_err();
    assert!(matches!(error, StoreError::Served(_)), "{error}");
    FileStore::open(&data).unwrap().load().unwrap();
    drop(lock);
    // A child that another test is starting has every open file, and so the lock, until it is a program of its own.
    let patience = std::time::Instant::now();
    while let Err(error) = ServerLock::take(&data) {
        assert!(patience.elapsed() < std::time::Duration::from_secs(10), "{error}");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[test]
fn an_empty_place_has_no_store() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    assert!(FileStore::is_new(&data).unwrap());
    let error = FileStore::open_existing(&data).map(drop).unwrap_err();
    assert!(matches!(error, StoreError::Missing(_)), "{error}");
    assert!(!data.exists(), "looking makes nothing");
    drop(FileStore::open(&data).unwrap());
    assert!(!FileStore::is_new(&data).unwrap());
}

/// Many open a place at once that has no store yet: one store comes of it, and everybody works on that one.
#[test]
fn a_store_is_made_once() {
    const AT_ONCE: usize = 8;
    for _ in 0..5 {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let start = Barrier::new(AT_ONCE);
        std::thread::scope(|scope| {
            for number in 0..AT_ONCE {
                let (data, start) = (&data, &start);
                scope.spawn(move || {
                    start.wait();
                    let open: Opener = {
                        let data = data.clone();
                        Box::new(move || Box::new(FileStore::open(&data).unwrap()) as Box<dyn Store>)
                    };
                    Process::start(&open).add_account(&format!("user{number}"));
                });
            }
        });
        let loaded = FileStore::open(&data).unwrap().load().unwrap();
        assert_eq!(loaded.registry.accounts().count(), AT_ONCE);
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "nothing is left of the making");
    }
}

/// What a killed process of the same number left behind (in a container every one is number 1) is in nobody's way.
#[test]
fn remains_of_a_killed_process_are_in_nobodys_way() {
    let directory = tempfile::tempdir().unwrap();
    for count in 0..64 {
        let left = format!("{DATABASE}.new-{}-{count:x}", std::process::id());
        std::fs::write(directory.path().join(left), "half a database").unwrap();
    }
    drop(FileStore::open(directory.path()).unwrap());
}

/// The child: opens the store, which may not be there yet, and writes to it.
#[test]
fn newcomer() {
    let Some(directory) = std::env::var_os(ROLE) else { return };
    let open: Opener = Box::new(move || Box::new(FileStore::open(directory.as_ref()).unwrap()) as Box<dyn Store>);
    Process::start(&open).add_account(&format!("user{}", std::process::id()));
    println!("\nwritten");
}

/// Likewise several processes.
#[test]
fn processes_that_come_at_once_share_one_store() {
    const AT_ONCE: usize = 4;
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let children: Vec<Talker> = (0..AT_ONCE).map(|_| Talker::start(role("place::newcomer", &data))).collect();
        assert!(children.iter().all(|child| child.heard("written").is_some()));
        drop(children);
        assert_eq!(FileStore::open(&data).unwrap().load().unwrap().registry.accounts().count(), AT_ONCE);
    }
}

/// What is pruned is given back to the disk.
#[test]
fn pruned_history_gives_its_space_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let open: Opener = Box::new(move || Box::new(FileStore::open(&path).unwrap()) as Box<dyn Store>);
    let mut process = Process::start(&open);
    let owner = process.add_account("joe");
    process.add_domain("dyn.example");
    (0..1_000).for_each(|host| process.add_host(&format!("host-{host}.dyn.example"), owner));
    process.store.tidy(true).unwrap();
    let size = || {
        drop(open());
        std::fs::metadata(directory.path().join(DATABASE)).unwrap().len()
    };
    drop(process.store);
    let before = size();
    while open().prune(ddns_core::Timestamp::from_micros(1 << 60), 0).unwrap() > 0 {}
    let after = size();
    assert!(after < before / 2, "{after} of {before} octets are left");
}

/// Somebody's folder was once closed to everybody else because it was named by mistake.
#[test]
fn a_folder_with_other_things_is_not_closed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.join("precious"), "").unwrap();
    for answer in [FileStore::open(&folder).map(drop), ServerLock::take(&folder).map(drop)] {
        assert!(matches!(answer, Err(StoreError::OpenToOthers { mode: 0o755, .. })), "{answer:?}");
    }
    assert_eq!(modes(&folder), [".=755", "precious=644"]);
    std::fs::remove_file(folder.join("precious")).unwrap();
    drop(FileStore::open(&folder).unwrap());
    assert!(modes(&folder).contains(&".=700".to_owned()));
}

/// A link above the data directory is how the machine is arranged; only what stands in our own place may be none.
#[test]
fn links_above_are_followed() {
    let parent = tempfile::tempdir().unwrap();
    std::fs::create_dir(parent.path().join("disk")).unwrap();
    symlink(parent.path().join("disk"), parent.path().join("link")).unwrap();
    let data = parent.path().join("link/data");
    let mut store = FileStore::open(&data).unwrap();
    let _lock = ServerLock::take(&data).unwrap();
    store.backup(&parent.path().join("link/backup")).unwrap();
    FileStore::restore(&parent.path().join("link/backup"), &parent.path().join("link/again")).unwrap();
    assert!(parent.path().join("disk/data").join(DATABASE).exists());
}

/// A directory was moved away and a backup restored into its place, under a server's feet.
#[test]
fn another_database_in_its_place_is_noticed() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let mut store = FileStore::open(&data).unwrap();
    store.backup(&parent.path().join("backup")).unwrap();
    std::fs::rename(&data, parent.path().join("old")).unwrap();
    FileStore::restore(&parent.path().join("backup"), &data).unwrap();
    let answer = store.settle(ddns_store::BatchId(1));
    assert!(matches!(answer, Err(StoreError::Replaced(_))), "{answer:?}");
}

/// A reader that never ends once held up every update for many seconds after an error.
#[test]
fn a_reader_in_the_way_of_recovery_is_named_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = FileStore::open(directory.path()).unwrap();
    let reader = rusqlite::Connection::open(directory.path().join(DATABASE)).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM log;").unwrap();
    let open: ddns_store::battery::Opener = {
        let path = directory.path().to_owned();
        Box::new(move || Box::new(FileStore::open(&path).unwrap()))
    };
    Process::start(&open).add_account("joe");
    let started = std::time::Instant::now();
    let answer = store.settle(ddns_store::BatchId(1));
    assert!(matches!(answer, Err(StoreError::HeldOpen(_))), "{answer:?}");
    assert!(started.elapsed() < std::time::Duration::from_secs(3));
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(store.settle(ddns_store::BatchId(1)).unwrap(), None);
}
