//! A process that writes under load is killed at a random moment: no update that it acknowledged is missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ddns_core::{Change, Fqdn};
use ddns_store::battery::{Opener, Process};
use ddns_store::{FileStore, LogQuery, Store, StoreError};

use crate::tools::{Dice, ROLE, Talker, role, soak};

const WRITERS: usize = 3;

/// An update that was acknowledged: its version, host and address.
pub(crate) type Acknowledged = BTreeMap<u64, (String, String)>;

fn opener(directory: PathBuf) -> Opener {
    Box::new(move || Box::new(FileStore::open(&directory).unwrap().fold_every(20)) as Box<dyn Store>)
}

/// The child: several threads write as fast as they can and say what is durable.
#[test]
fn writer() {
    let Some(directory) = std::env::var_os(ROLE) else { return };
    let open = opener(directory.into());
    let mut first = Process::start(&open);
    if first.version.0 == 0 {
        let owner = first.add_account("joe");
        first.add_domain("dyn.example");
        (0..WRITERS).for_each(|writer| first.add_host(&format!("h{writer}.dyn.example"), owner));
    }
    println!("\nready");
    let open = &open;
    std::thread::scope(|scope| {
        (0..WRITERS).for_each(|writer| drop(scope.spawn(move || write(open, writer))));
    });
}

fn write(open: &Opener, writer: usize) {
    let mut process = Process::start(open);
    let host = format!("h{writer}.dyn.example");
    for round in process.version.0 as u32.. {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + round % 0xff_ffff).to_string();
        process.set_host(&host, &address);
        println!("ack {} {host} {address}", process.version);
        process.store.tidy(round % 50 == 0).unwrap();
    }
}

/// Takes down what a child acknowledged.
pub(crate) fn collect(said: impl IntoIterator<Item = String>, acknowledged: &mut Acknowledged) {
    for line in said {
        let Some(line) = line.strip_prefix("ack ") else { continue };
        let mut words = line.split(' ').map(str::to_owned);
        // The last line may have been cut off.
        if let (Some(version), Some(host), Some(address), true) =
            (words.next(), words.next(), words.next(), line.matches('.').count() == 5)
        {
            acknowledged.insert(version.parse().unwrap(), (host, address));
        }
    }
}

/// How many acknowledged updates a store has lost. It must be loadable and its log dense.
pub(crate) fn lost(directory: &Path, acknowledged: &Acknowledged) -> Result<usize, StoreError> {
    let mut store = FileStore::open_existing(directory)?;
    let loaded = store.load()?;
    let mut log = store.log(&LogQuery { limit: usize::MAX, ..LogQuery::default() })?;
    log.reverse();
    assert!(log.iter().zip(1..).all(|(entry, version)| entry.version.0 == version), "the log is dense");
    assert_eq!(log.len() as u64, loaded.version.0, "the log reaches the newest version");
    let mut last = BTreeMap::new();
    let mut there = Acknowledged::new();
    for entry in &log {
        for change in &entry.changes {
            if let Change::Host(delta) = change
                && let Some(host) = &delta.after
            {
                last.insert(host.name.clone(), host.clone());
                let address = host.ipv4.map(|address| address.addr().to_string()).unwrap_or_default();
                there.insert(entry.version.0, (host.name.to_string(), address));
            }
        }
    }
    for (name, host) in last {
        let name: Fqdn = name;
        assert_eq!(loaded.registry.host(&name), Some(&host), "what is loaded is what the log says");
    }
    let mut lost = acknowledged.iter().filter(|(version, update)| there.get(version) != Some(update));
    let Some(first) = lost.next() else { return Ok(0) };
    println!("the store has {} updates; the first lost one is {first:?}", log.len());
    Ok(lost.count() + 1)
}

#[test]
fn no_acknowledged_update_is_lost_by_a_kill() {
    let mut dice = Dice::new();
    let started = Instant::now();
    let (kills, mut total) = (soak(100, 1_000), 0);
    for _ in 0..kills / 10 {
        let directory = tempfile::tempdir().unwrap();
        let mut acknowledged = Acknowledged::new();
        for _ in 0..10 {
            let mut child = Talker::start(role("crash::writer", directory.path()));
            child.heard("ready").unwrap();
            dice.wait_millis_below(60);
            child.kill();
            collect(child.rest(), &mut acknowledged);
            assert_eq!(lost(directory.path(), &acknowledged).unwrap(), 0);
        }
        total += acknowledged.len();
    }
    assert!(total > kills, "the children had something to lose: {total}");
    println!("{kills} kills, {total} acknowledged updates, {:?}", started.elapsed());
}

/// A store that is being made when the process is killed is not there, or there whole.
#[test]
fn a_kill_while_the_store_is_made_leaves_none_or_a_whole_one() {
    let mut dice = Dice::new();
    for _ in 0..soak(20, 200) {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Talker::start(role("crash::writer", directory.path()));
        dice.wait_millis_below(25);
        child.kill();
        let mut acknowledged = Acknowledged::new();
        collect(child.rest(), &mut acknowledged);
        let mut store = FileStore::open(directory.path()).unwrap();
        store.load().unwrap();
        drop(store);
        assert_eq!(lost(directory.path(), &acknowledged).unwrap(), 0);
    }
}
