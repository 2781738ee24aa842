//! Disks that fail and disks that are full, under the whole service: names are served on, nothing false is said, and it
//! recovers by itself.

use std::ffi::OsStr;
use std::io::{BufRead, Write};
use std::path::Path;

use ddns_core::Change;
use ddns_service::Service;
use ddns_store::{FileStore, LogQuery, Store};

use crate::tools::{Mount, ROLE, Syncs, Talker, role, skip};
use crate::world::{address, eventually, furnish, set, start};

/// The child: a service that does what it is told, line by line.
#[test]
fn obedient() {
    let Some(directory) = std::env::var_os(ROLE) else { return };
    let service = start(FileStore::open(directory.as_ref()).unwrap());
    furnish(&service);
    println!("\nready");
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        match line.split_once(' ') {
            Some(("update", address)) => match service.submit_blocking(set("a.dyn.example", address)) {
                Ok(reply) => println!("said ok {}", reply.changed),
                Err(error) => println!("said {error}"),
            },
            Some(_) => println!("said nothing"),
            None => println!("said {:?} {}", service.health(), address(&service.snapshot(), "a.dyn.example")),
        }
    }
}

struct Obedient(Talker);

impl Obedient {
    fn told(&mut self, what: &str) -> String {
        writeln!(self.0.ear(), "{what}").unwrap();
        let said = self.0.line(|line| line.starts_with("said ")).unwrap();
        said.trim_start_matches("said ").to_owned()
    }
}

/// The addresses that a host was ever given, as the log tells.
fn history(directory: &Path) -> Vec<String> {
    let mut store = FileStore::open_existing(directory).unwrap();
    store.load().unwrap();
    let log = store.log(&LogQuery { limit: usize::MAX, ..LogQuery::default() }).unwrap();
    let changes = log.iter().rev().flat_map(|entry| &entry.changes);
    let hosts = changes.filter_map(|change| match change {
        Change::Host(delta) => delta.after.clone(),
        _ => None,
    });
    hosts.filter_map(|host| Some(host.ipv4?.addr().to_string())).collect()
}

#[test]
fn a_failing_disk() {
    let (directory, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let syncs = Syncs::new(tools.path());
    let mut command = role("disks::obedient", directory.path());
    syncs.under(&mut command);
    let mut child = Obedient(Talker::start(command));
    child.0.heard("ready").unwrap();
    assert_eq!(child.told("update 192.0.2.1"), "ok true");
    syncs.fail();
    for _ in 0..3 {
        assert!(child.told("update 192.0.2.2").starts_with("the service cannot store changes at present"));
        let health = child.told("health");
        assert!(health.contains("ready: false") && health.contains("reason: Some"), "{health}");
        assert!(health.ends_with(" 192.0.2.1"), "what was committed is served on: {health}");
    }
    assert_eq!(child.told("update 192.0.2.1"), "ok false", "a repeat needs no disk");
    syncs.work();
    eventually("recovery", || child.told("health").contains("ready: true"));
    let served = child.told("health");
    assert!(served.ends_with(" 192.0.2.1"), "what was answered with an error is not there: {served}");
    assert_eq!(child.told("update 192.0.2.3"), "ok true");
    child.0.kill();
    assert_eq!(history(directory.path()), ["192.0.2.1", "192.0.2.3"]);
}

#[test]
fn a_full_disk() {
    let options = ["-t", "tmpfs", "-o", "size=2m,mode=0700", "none"].map(OsStr::new);
    let Some(mount) = Mount::new(&options) else { return skip("full disks (needs root and mounts)") };
    let data = mount.path().join("data");
    let service = start(FileStore::open(&data).unwrap());
    furnish(&service);
    let ballast = mount.path().join("ballast");
    let mut room = std::fs::File::create(&ballast).unwrap();
    while room.write_all(&[0; 4_096]).is_ok() {}
    let mut acknowledged = Vec::new();
    let mut given = (0u32..2_000).map(|round| std::net::Ipv4Addr::from(0x0a00_0000 + round).to_string());
    let refused = given.find(|address| {
        let answer = service.submit_blocking(set("a.dyn.example", address));
        acknowledged.extend(answer.is_ok().then(|| address.clone()));
        answer.is_err()
    });
    assert!(refused.is_some(), "a full disk takes no change");
    served_on(&service, acknowledged.last());
    assert!(!service.health().ready && service.health().reason.is_some());
    std::fs::remove_file(&ballast).unwrap();
    drop(room);
    eventually("recovery", || service.health().ready);
    service.submit_blocking(set("a.dyn.example", "192.0.2.3")).unwrap();
    acknowledged.push("192.0.2.3".to_owned());
    service.stop();
    drop(service);
    let there = history(&data);
    assert!(acknowledged.iter().all(|address| there.contains(address)));
}

fn served_on(service: &Service, last: Option<&String>) {
    assert_eq!(address(&service.snapshot(), "a.dyn.example"), last.cloned().unwrap_or_default());
}

/// A newer program migrates the store under a running service: it stops writing, serves on, and says so.
#[test]
fn a_store_that_is_migrated_under_us() {
    let directory = tempfile::tempdir().unwrap();
    let service = start(FileStore::open(directory.path()).unwrap());
    furnish(&service);
    service.submit_blocking(set("a.dyn.example", "192.0.2.1")).unwrap();
    ddns_store::battery::migrate(directory.path());
    let answer = service.submit_blocking(set("a.dyn.example", "192.0.2.2")).map(|reply| reply.changed);
    assert!(answer.unwrap_err().to_string().contains("Use the newer program"));
    for _ in 0..20 {
        let health = service.health();
        assert!(!health.ready && health.reason.unwrap().contains("Use the newer program"));
        assert_eq!(address(&service.snapshot(), "a.dyn.example"), "192.0.2.1");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
