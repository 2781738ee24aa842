//! Erasing an account from a file store: nothing is left in any file, others go on working, and whatever ends it in the
//! middle, it can be done again.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ddns_core::{
    AccountEdit, AccountNo, Caller, Change, Command, DomainEdit, DomainNo, NewRecord, RecordData, RecordType, Registry,
    Serial, Settings,
};
use ddns_store::battery::{Opener, Process, Reader};
use ddns_store::{
    BatchId, DATABASE, Entry, Erased, FileStore, LogQuery, Remains, ServerLock, SoftKey, SoftState, Store, StoreError,
};

use crate::tools::{Dice, Mount, ROLE, Syncs, Talker, role, skip, soak};

/// What only the erased account has.
const PERSONAL: &[&str] = &["jonathan", "joe@mail.test", "host-of-joe", "203.0.113."];

fn opener(directory: &Path) -> Opener {
    let directory = directory.to_owned();
    Box::new(move || Box::new(FileStore::open(&directory).unwrap()) as Box<dyn Store>)
}

fn joe() -> AccountNo {
    AccountNo::new(1).unwrap()
}

/// A store with a long history of two accounts, the first of which has just been removed.
fn lived_in(directory: &Path, rounds: u32) -> Process {
    let mut process = Process::start(&opener(directory));
    let (joe, ann) = (process.add_account("jonathan"), process.add_account("ann"));
    process.ask(Command::SetSettings(Settings { reservation_days: 0, ..Settings::default() }));
    process.add_domain("dyn.example");
    let edit = AccountEdit { login: "joe@mail.test".parse().ok(), ..AccountEdit::default() };
    process.ask(Command::SetAccount { account: joe, edit });
    // Names in no order, so that rows move from page to page.
    let names: Vec<(String, AccountNo)> = (0..100u32)
        .flat_map(|host| {
            let mixed = host.wrapping_mul(2_654_435_761);
            [(format!("{mixed:x}.host-of-joe.dyn.example"), joe), (format!("{mixed:x}.host-of-ann.dyn.example"), ann)]
        })
        .collect();
    names.iter().for_each(|(name, owner)| process.add_host(name, *owner));
    for round in 0..rounds {
        let update = |(place, (name, owner)): (usize, &(String, AccountNo))| {
            let network = if *owner == joe { "203.0.113" } else { "192.0.2" };
            (Caller::Local, set_host(name, &format!("{network}.{}", (place as u32 + round) % 250)))
        };
        let updates: Vec<_> = names.iter().enumerate().map(update).collect();
        assert!(process.batch(&updates).iter().all(Result::is_ok));
        process.pass(1);
        process.store.tidy(round % 3 == 0).unwrap();
    }
    process.ask(Command::RemoveAccount { account: joe });
    process
}

fn set_host(name: &str, address: &str) -> Command {
    let edit = ddns_core::HostEdit::default().with_address(address.parse().unwrap());
    Command::SetHosts { hosts: vec![name.parse().unwrap()], edit, together: ddns_core::Together::Each }
}

/// Which of the words stand in any file of a directory.
fn found(directory: &Path) -> BTreeSet<&'static str> {
    let files = std::fs::read_dir(directory).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let contents: Vec<Vec<u8>> = files.collect();
    let stands = |word: &&&str| contents.iter().any(|octets| contains(octets, word.as_bytes()));
    PERSONAL.iter().filter(stands).copied().collect()
}

fn contains(octets: &[u8], word: &[u8]) -> bool {
    octets.windows(word.len()).any(|window| window == word)
}

/// The sizes that pruning goes by: what the head says, what the entries say, and what is there.
fn sizes(directory: &Path) -> [i64; 3] {
    let connection = rusqlite::Connection::open(directory.join(DATABASE)).unwrap();
    [
        "SELECT log_bytes FROM head",
        "SELECT sum(octets) FROM log",
        "SELECT (SELECT sum(octet_length(changes)) FROM log)
              + (SELECT coalesce(sum(octet_length(body)), 0) FROM zone_differences)",
    ]
    .map(|sql| connection.query_row(sql, [], |row| row.get(0)).unwrap())
}

#[test]
fn nothing_is_left_in_any_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = lived_in(directory.path(), 12);
    let mut server = Process::start(&opener(directory.path()));
    let watch = server.store.watch().unwrap();
    assert_eq!(found(directory.path()).len(), PERSONAL.len(), "there is something to be found");
    let erased = process.store.erase(joe()).unwrap();
    assert!(erased.entries > 1_300 && erased.remains.is_none(), "{erased:?}");
    assert_eq!(found(directory.path()), BTreeSet::new());
    let [head, entries, there] = sizes(directory.path());
    assert_eq!((head, entries), (there, there), "what pruning counts is what is there");
    assert_eq!(watch.newest().unwrap(), server.version);
    server.set_host("0.host-of-ann.dyn.example", "192.0.2.251");
    process.follow();
    process.assert_loaded_by_others(&opener(directory.path()));
    drop((process, server, watch));
    assert_eq!(found(directory.path()), BTreeSet::new());
}

/// Rows that make room for others on their page leave copies of themselves behind, which deleting them later does not
/// touch: here the records of two accounts that stand between each other.
#[test]
fn nothing_is_left_where_rows_once_were() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = Process::start(&opener(directory.path()));
    let owners = ["jonathan", "ann"].map(|login| process.add_account(login));
    for (zone, owner) in [("joe.example", owners[0]), ("ann.example", owners[1])] {
        process.add_domain(zone);
        let edit = DomainEdit { owner: Some(Some(owner)), shared: Some(false), ..DomainEdit::default() };
        process.ask(Command::SetDomain { domain: zone.parse().unwrap(), edit });
    }
    let mut dice = Dice::new();
    for _ in 0..15 {
        let record = |_| {
            let (id, side) = (uuid::Uuid::from_u64_pair(dice.below(u64::MAX), 1), dice.below(2) as usize);
            let (login, label, many) = (["joe", "ann"][side], dice.below(u64::MAX), dice.below(150) as usize);
            let name = format!("{label:x}.{login}.example").parse().unwrap();
            let text = format!("host-of-{login}{}", "x".repeat(many));
            let data = RecordData::parse(RecordType::TXT, &text).unwrap();
            (
                Caller::Local,
                Command::AddRecord(NewRecord {
                    id,
                    name,
                    data,
                    ttl: None,
                    description: None,
                    domain: None,
                    narrow: false,
                }),
            )
        };
        let records: Vec<_> = (0..60).map(record).collect();
        assert!(process.batch(&records).iter().all(Result::is_ok));
        process.store.tidy(true).unwrap();
    }
    process.ask(Command::RemoveAccount { account: owners[0] });
    assert_eq!(process.store.erase(owners[0]).unwrap().remains, None);
    assert_eq!(found(directory.path()), BTreeSet::new());
}

/// While somebody reads an older state, its pages stay in the journal. That is said, and the next time they go.
#[test]
fn what_a_reader_keeps_in_the_journal_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = lived_in(directory.path(), 1);
    let reader = Reader::of(directory.path());
    let erased = process.store.erase(joe()).unwrap();
    assert!(erased.entries > 200 && erased.remains == Some(Remains::Journal), "{erased:?}");
    assert!(!found(directory.path()).is_empty(), "the reader still needs it");
    assert!(reader.entries() > 200);
    drop(reader);
    assert_eq!(process.store.erase(joe()).unwrap(), Erased::default());
    assert_eq!(found(directory.path()), BTreeSet::new());
    process.assert_loaded_by_others(&opener(directory.path()));
}

/// A large database is not written anew under a server that would wait for it; without one it is.
#[test]
fn a_large_database_is_not_written_anew_beside_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = lived_in(directory.path(), 1);
    let filler = SoftState {
        last_contact: None,
        last_refusal: Some(ddns_store::SoftRefusal {
            time: process.now,
            source: None,
            dialect: String::new(),
            agent: String::new(),
            sentence: "x".repeat(60_000),
        }),
    };
    let many: Vec<_> =
        (1_000..2_200).map(|number| (SoftKey::Host(ddns_core::HostNo::new(number).unwrap()), filler.clone())).collect();
    assert!(process.store.save_soft(process.version, &many).unwrap());
    let served = ServerLock::take(directory.path()).unwrap();
    let erased = process.store.erase(joe()).unwrap();
    assert!(erased.entries > 200 && erased.remains == Some(Remains::Pages), "{erased:?}");
    drop(served);
    assert_eq!(process.store.erase(joe()).unwrap(), Erased::default());
    assert_eq!(found(directory.path()), BTreeSet::new());
    process.assert_loaded_by_others(&opener(directory.path()));
}

/// Somebody who writes all the time while an account is erased misses nothing and has its turn.
#[test]
fn a_writer_goes_on_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = lived_in(directory.path(), 12);
    let mut writer = Process::start(&opener(directory.path()));
    let ended = AtomicBool::new(false);
    let (written, longest) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let (mut round, mut longest) = (0u32, Duration::ZERO);
            while !ended.load(Ordering::SeqCst) {
                let started = Instant::now();
                let address = std::net::Ipv4Addr::from(0x0a00_0000 + round).to_string();
                writer.set_host("0.host-of-ann.dyn.example", &address);
                longest = longest.max(started.elapsed());
                round += 1;
            }
            (round, longest)
        });
        let erased = process.store.erase(joe());
        // Before anything can fail: the writer would go on until the disk is full.
        ended.store(true, Ordering::SeqCst);
        let erased = erased.unwrap();
        assert!(erased.entries > 1_300 && erased.remains.is_none(), "{erased:?}");
        writing.join().unwrap()
    });
    println!("{written} updates meanwhile, the longest took {longest:?}");
    assert!(written > 0);
    process.follow();
    assert_eq!(process.version, writer.version);
    process.assert_loaded_by_others(&opener(directory.path()));
    assert_eq!(found(directory.path()), BTreeSet::new());
}

/// Two accounts are erased at the same time, from the same entries.
#[test]
fn two_erasures_do_not_undo_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = lived_in(directory.path(), 4);
    let ann = process.account("ann").number;
    process.ask(Command::RemoveAccount { account: ann });
    let mut other = FileStore::open_existing(directory.path()).unwrap();
    std::thread::scope(|scope| {
        let one = scope.spawn(|| process.store.erase(joe()).unwrap());
        let two = other.erase(ann).unwrap();
        let one = one.join().unwrap();
        assert!(one.entries > 500 && two.entries > 500, "{one:?} {two:?}");
    });
    let erased = process.log().iter().all(|entry| {
        let others = |change: &Change| matches!(change, Change::Settings(_) | Change::Domain(_));
        entry.actor.is_none() && entry.changes.iter().all(others)
    });
    assert!(erased, "nothing of either is left");
    assert_eq!(found(directory.path()), BTreeSet::new());
    let [head, entries, there] = sizes(directory.path());
    assert_eq!((head, entries), (there, there), "what pruning counts is what is there");
    process.assert_loaded_by_others(&opener(directory.path()));
}

/// The child: erases, or settles, for each line that it is told.
#[test]
fn eraser() {
    let Some(directory) = std::env::var_os(ROLE) else { return };
    let mut store = FileStore::open_existing(Path::new(&directory)).unwrap();
    println!("\nready");
    for line in std::io::stdin().lock().lines() {
        match line.unwrap().as_str() {
            "erase" => match store.erase(joe()) {
                Ok(erased) => println!("done {erased:?}"),
                Err(error) => println!("error {error:?}"),
            },
            "settle" => println!("settled {:?}", store.settle(BatchId(1))),
            _ => break,
        }
    }
}

/// A store to erase from, and what it shall be afterwards.
pub(crate) struct Model {
    place: tempfile::TempDir,
    registry: Registry,
    zone: DomainNo,
    start: Serial,
    before: Vec<Entry>,
    after: Vec<Entry>,
    /// How long an erasure takes.
    pub(crate) lasts: Duration,
}

impl Model {
    pub(crate) fn new() -> Model {
        let place = tempfile::tempdir().unwrap();
        let mut process = lived_in(&place.path().join("data"), 12);
        process.store.backup(&place.path().join("backup")).unwrap();
        let (before, zone) = (process.log(), process.domain("dyn.example").number);
        let started = Instant::now();
        process.store.erase(joe()).unwrap();
        let lasts = started.elapsed();
        let start = first_serial(&place.path().join("backup"));
        Model { registry: process.registry.clone(), zone, start, before, after: process.log(), lasts, place }
    }

    pub(crate) fn put_into(&self, directory: &Path) {
        FileStore::restore(&self.place.path().join("backup"), directory).unwrap();
    }

    /// Whatever happened: the state is whole, and of the log a first part is erased.
    pub(crate) fn check(&self, directory: &Path) {
        let mut store = FileStore::open_existing(directory).unwrap();
        let loaded = store.load().unwrap();
        let entities = |registry: &Registry| -> BTreeSet<String> {
            registry.snapshot().map(|change| format!("{change:?}")).collect()
        };
        assert!(entities(&loaded.registry) == entities(&self.registry), "the state is what it was");
        let log = whole_log(&mut store);
        assert_eq!(log.len(), self.before.len(), "the log is dense");
        let mut erased = true;
        for (entry, (old, new)) in log.iter().zip(self.before.iter().zip(&self.after)) {
            if old != new {
                assert!(entry == old || (erased && entry == new), "the oldest entries are erased first");
                erased = entry == new;
            } else {
                assert_eq!(entry, old);
            }
        }
        if let Some(chain) = store.differences(self.zone, self.start).unwrap() {
            let from: Vec<Serial> = chain.iter().map(|step| step.from).collect();
            let to: Vec<Serial> = chain.iter().map(|step| step.to).collect();
            assert_eq!(from[1..], to[..to.len() - 1], "differences are a chain, or not there");
            assert_eq!(to.last(), Some(&loaded.registry.serial(self.zone)));
        }
        let [head, entries, there] = sizes(directory);
        assert_eq!((head, entries), (there, there), "what pruning counts is what is there");
    }

    /// The erasure has been carried through.
    pub(crate) fn check_done(&self, directory: &Path) {
        self.check(directory);
        let mut store = FileStore::open_existing(directory).unwrap();
        assert!(whole_log(&mut store) == self.after);
        assert_eq!(store.differences(self.zone, self.start).unwrap(), None);
        drop(store);
        assert_eq!(found(directory), BTreeSet::new());
    }
}

fn first_serial(database: &Path) -> Serial {
    let connection = rusqlite::Connection::open(database).unwrap();
    let sql = "SELECT from_serial FROM zone_differences ORDER BY version LIMIT 1";
    connection.query_row(sql, [], |row| row.get(0).map(Serial)).unwrap()
}

fn whole_log(store: &mut FileStore) -> Vec<Entry> {
    let mut log = store.log(&LogQuery { limit: usize::MAX, ..LogQuery::default() }).unwrap();
    log.reverse();
    log
}

/// A child that erases; tells it to begin.
pub(crate) fn begin(command: std::process::Command) -> Talker {
    let mut child = Talker::start(command);
    child.heard("ready").unwrap();
    writeln!(child.ear(), "erase").unwrap();
    child
}

#[test]
fn a_kill_at_any_moment_is_made_good_by_doing_it_again() {
    let (model, mut dice) = (Model::new(), Dice::new());
    let mut interrupted = 0;
    for _ in 0..soak(5, 100) {
        let place = tempfile::tempdir().unwrap();
        let directory: PathBuf = place.path().join("data");
        model.put_into(&directory);
        for _ in 0..4 {
            let mut child = begin(role("erase::eraser", &directory));
            dice.wait_millis_below(model.lasts.as_millis() as u64 + 1);
            child.kill();
            interrupted += usize::from(child.rest().is_empty());
            model.check(&directory);
        }
        let mut child = begin(role("erase::eraser", &directory));
        assert!(child.heard("done").unwrap().contains("remains: None"));
        child.kill();
        model.check_done(&directory);
    }
    println!("{interrupted} erasures were interrupted; one takes {:?}", model.lasts);
    assert!(interrupted > 0);
}

#[test]
fn syncs_that_fail_at_any_moment_are_made_good_by_doing_it_again() {
    let (model, mut dice, tools) = (Model::new(), Dice::new(), tempfile::tempdir().unwrap());
    let syncs = Syncs::new(tools.path());
    let mut failed = 0;
    for _ in 0..soak(6, 100) {
        let place = tempfile::tempdir().unwrap();
        let directory: PathBuf = place.path().join("data");
        model.put_into(&directory);
        let mut command = role("erase::eraser", &directory);
        syncs.under(&mut command);
        let mut child = begin(command);
        dice.wait_millis_below(model.lasts.as_millis() as u64 + 1);
        syncs.fail();
        let said = child.line(|line| line.starts_with("done") || line.starts_with("error")).unwrap();
        assert!(said.starts_with("done") || said.contains("Unknown"), "{said}");
        failed += usize::from(said.starts_with("error"));
        syncs.work();
        writeln!(child.ear(), "settle").unwrap();
        assert_eq!(child.heard("settled").unwrap(), "settled Ok(None)");
        model.check(&directory);
        writeln!(child.ear(), "erase").unwrap();
        assert!(child.heard("done").unwrap().contains("remains: None"));
        child.kill();
        model.check_done(&directory);
    }
    println!("{failed} erasures failed");
    assert!(failed > 0);
}

/// On a full disk an erasure fails; when there is room again, it is done.
#[test]
fn a_full_disk_is_made_good_by_doing_it_again() {
    let options = ["-t", "tmpfs", "-o", "size=24m,mode=0700", "none"].map(OsStr::new);
    let Some(mount) = Mount::new(&options) else { return skip("full disks (needs root and mounts)") };
    let (model, directory) = (Model::new(), mount.path().join("data"));
    model.put_into(&directory);
    let mut store = FileStore::open_existing(&directory).unwrap();
    let ballast = mount.path().join("ballast");
    let mut room = std::fs::File::create(&ballast).unwrap();
    while room.write_all(&[0; 4_096]).is_ok() {}
    let failed = store.erase(joe());
    assert!(matches!(failed, Err(StoreError::Unknown(_))), "{failed:?}");
    assert!(matches!(store.erase(joe()), Err(StoreError::Unsettled)), "nothing works before it is settled");
    std::fs::remove_file(&ballast).unwrap();
    drop(room);
    assert_eq!(settled_once_there_is_room(&mut store), None);
    model.check(&directory);
    assert_eq!(store.erase(joe()).unwrap().remains, None);
    model.check_done(&directory);
}

/// A process that another test is just starting may still hold what was removed, and with it the room: settling may be tried
/// again until it succeeds.
fn settled_once_there_is_room(store: &mut FileStore) -> Option<ddns_store::Version> {
    for _ in 0..200 {
        if let Ok(found) = store.settle(BatchId(1)) {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    store.settle(BatchId(1)).unwrap()
}
