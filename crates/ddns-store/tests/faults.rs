//! Syncs that fail, and a full disk: what cannot be made durable is not acknowledged, and settling tells the truth.

use std::ffi::OsStr;
use std::io::{BufRead, Write};

use ddns_store::battery::{Opener, Process};
use ddns_store::{BatchId, Fault, FileStore, MemoryStore, Store, StoreError};

use crate::crash::{Acknowledged, collect, lost};
use crate::tools::{Mount, ROLE, Syncs, Talker, role, skip};

/// The child: does one update, or settles, for each line that it is told, and says what came of it.
#[test]
fn obedient() {
    let Some(directory) = std::env::var_os(ROLE) else { return };
    let open: Opener = Box::new(move || Box::new(FileStore::open(directory.as_ref()).unwrap()) as Box<dyn Store>);
    let mut process = Process::start(&open);
    let owner = process.add_account("joe");
    process.add_domain("dyn.example");
    process.add_host("h0.dyn.example", owner);
    println!("\nready");
    for (round, line) in std::io::stdin().lock().lines().enumerate() {
        let address = format!("10.0.0.{}", round % 200 + 1);
        match line.unwrap().as_str() {
            "update" => match update(&mut process, &address) {
                Ok(()) => println!("ack {} h0.dyn.example {address}", process.version),
                Err(error) => println!("error {error:?}"),
            },
            "settle" => match process.store.settle(BatchId(1)) {
                Ok(found) => println!("settled {found:?}"),
                Err(error) => println!("error {error:?}"),
            },
            "fold" => println!("folded {:?}", process.store.tidy(true)),
            _ => break,
        }
    }
}

fn update(process: &mut Process, address: &str) -> Result<(), StoreError> {
    process.store.newest()?;
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| process.set_host("h0.dyn.example", address)));
    done.map_err(|panic| StoreError::Unknown(panic.downcast_ref::<String>().cloned().unwrap_or_default()))
}

/// A child that does what it is told.
struct Obedient(Talker);

impl Obedient {
    fn told(&mut self, what: &str) -> String {
        writeln!(self.0.ear(), "{what}").unwrap();
        let heard = |line: &String| ["ack ", "error ", "settled ", "folded "].iter().any(|word| line.starts_with(word));
        self.0.line(heard).unwrap()
    }
}

/// After a sync has failed, nothing is acknowledged before the store was opened again and verified; what was
/// acknowledged before and after is there.
#[test]
fn a_failed_sync_is_settled_before_anything_is_acknowledged() {
    let (directory, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let syncs = Syncs::new(tools.path());
    let mut command = role("faults::obedient", directory.path());
    syncs.under(&mut command);
    let mut child = Obedient(Talker::start(command));
    child.0.heard("ready").unwrap();
    let mut said = vec![child.told("update"), child.told("update")];
    syncs.fail();
    assert!(child.told("update").contains("Unknown"));
    assert!(child.told("update").contains("Unsettled"), "nothing works before it is settled");
    assert!(child.told("settle").starts_with("error"), "it cannot be settled while syncs fail");
    assert!(child.told("update").contains("Unsettled"));
    syncs.work();
    assert!(child.told("update").contains("Unsettled"), "that syncs work again is no proof");
    assert_eq!(child.told("settle"), "settled None");
    said.push(child.told("update"));
    // Bringing the tables up writes too.
    syncs.fail();
    assert!(child.told("fold").contains("Unknown"));
    syncs.work();
    assert!(child.told("update").contains("Unsettled"));
    assert_eq!(child.told("settle"), "settled None");
    assert_eq!(child.told("fold"), "folded Ok(())");
    said.push(child.told("update"));
    drop(child);
    let mut acknowledged = Acknowledged::new();
    collect(said, &mut acknowledged);
    assert_eq!(acknowledged.len(), 4);
    assert_eq!(lost(directory.path(), &acknowledged).unwrap(), 0);
}

/// A full disk is an error, not an acknowledgement; when there is room again, work goes on.
#[test]
fn a_full_disk_loses_nothing() {
    let options = ["-t", "tmpfs", "-o", "size=2m,mode=0700", "none"].map(OsStr::new);
    let Some(mount) = Mount::new(&options) else { return skip("full disks (needs root and mounts)") };
    let data = mount.path().join("data");
    let open: Opener = {
        let data = data.clone();
        Box::new(move || Box::new(FileStore::open(&data).unwrap()) as Box<dyn Store>)
    };
    let mut process = Process::start(&open);
    let owner = process.add_account("joe");
    process.add_domain("dyn.example");
    process.add_host("h0.dyn.example", owner);
    let ballast = mount.path().join("ballast");
    let mut room = std::fs::File::create(&ballast).unwrap();
    while room.write_all(&[0; 4_096]).is_ok() {}
    let mut acknowledged = Acknowledged::new();
    let mut refused = false;
    for round in 0..2_000u32 {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + round).to_string();
        if let Err(error) = update(&mut process, &address) {
            assert!(matches!(error, StoreError::Unknown(_)), "{error}");
            refused = true;
            break;
        }
        acknowledged.insert(process.version.0, ("h0.dyn.example".to_owned(), address));
    }
    assert!(refused, "a full disk takes no change");
    std::fs::remove_file(&ballast).unwrap();
    drop(room);
    process.store.settle(BatchId(1)).unwrap();
    process.follow();
    process.set_host("h0.dyn.example", "192.0.2.1");
    process.assert_loaded_by_others(&open);
    drop(process);
    assert_eq!(lost(&data, &acknowledged).unwrap(), 0);
    drop(open);
}

/// What the memory store is asked to meet, it meets once, and tells the truth about it when it is settled.
#[test]
fn the_memory_store_fails_as_it_is_told() {
    let memory = MemoryStore::new();
    let open: Opener = {
        let memory = memory.clone();
        Box::new(move || Box::new(memory.clone()) as Box<dyn Store>)
    };
    let mut process = Process::start(&open);
    let owner = process.add_account("joe");
    process.add_domain("dyn.example");
    process.add_host("h0.dyn.example", owner);
    memory.fail_next(Fault::Refused);
    assert!(update(&mut process, "10.0.0.1").is_err());
    update(&mut process, "10.0.0.2").unwrap();
    for (fault, kept) in [(Fault::UnknownKept, 1), (Fault::UnknownLost, 0)] {
        let before = process.version;
        memory.fail_next(fault);
        assert!(update(&mut process, &format!("10.0.1.{kept}")).is_err());
        memory.fail_settling(2);
        for _ in 0..2 {
            assert!(matches!(process.store.newest(), Err(StoreError::Unsettled)));
            assert!(matches!(process.store.load(), Err(StoreError::Unsettled)));
            assert!(process.store.settle(BatchId(1)).is_err());
        }
        assert_eq!(process.store.settle(BatchId(1)).unwrap(), None, "of that name there is no batch");
        assert_eq!(process.store.newest().unwrap(), before.after(kept));
        assert_eq!(process.follow().entries.len(), kept);
        process.assert_loaded_by_others(&open);
    }
}
