//! What the system sees: a sync before each acknowledgement, and one sync for many of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;

use rustix::process::{Pid, Signal, kill_process};

use crate::programs::{Killed, find, run, skip};
use crate::site::{Site, numbered, until};

const SINGLES: u32 = 5;
const CALLERS: u32 = 64;

#[test]
fn a_reply_waits_for_its_sync_and_many_share_one() {
    let Some(strace) = find("strace") else { return };
    let hosts: Vec<String> = (0..CALLERS).map(host).collect();
    let site = Site::with_hosts(&hosts);
    let Some(trace) = Trace::attach(&strace, &site) else { return };

    let update = |number: u32, address: u32| {
        let answer = site.http("GET", &format!("/nic/update?hostname={}&myip={}", host(number), numbered(address)));
        assert_eq!(answer, Some(format!("good {}", numbered(address))));
    };
    for count in 1..=SINGLES {
        update(0, count);
        trace.until_replies(count as usize);
    }
    let singles = trace.lines();
    let mut synced = false;
    for line in &singles {
        assert!(synced || !is_reply(line), "a reply came before its sync: {singles:#?}");
        synced = (synced || is_sync(line)) && !is_reply(line);
    }

    let begin = Barrier::new(CALLERS as usize);
    std::thread::scope(|scope| {
        for number in 0..CALLERS {
            let (update, begin) = (&update, &begin);
            scope.spawn(move || {
                begin.wait();
                update(number, 1_000 + number);
            });
        }
    });
    trace.until_replies((SINGLES + CALLERS) as usize);
    let syncs = trace.lines().iter().skip(singles.len()).filter(|line| is_sync(line)).count();
    assert!((1..=CALLERS as usize / 2).contains(&syncs), "{syncs} syncs for {CALLERS} updates at once");
}

/// A running `strace` on the server, gone when this is dropped.
struct Trace {
    strace: Killed,
    output: PathBuf,
}

impl Trace {
    /// None where tracing is not allowed.
    fn attach(strace: &Path, site: &Site) -> Option<Trace> {
        let output = site.directory.path().join("strace.txt");
        let tried = run(Command::new(strace).args(["-o", "/dev/null", "true"]));
        if !tried.success {
            skip("syncs under strace", tried.err.trim());
            return None;
        }
        let pid = site.server.pid().as_raw_nonzero().to_string();
        let said = site.directory.path().join("strace.log");
        let mut command = Command::new(strace);
        command
            .args(["-f", "-y", "-s", "24", "-e", "trace=fsync,fdatasync,write,sendto", "-p", &pid, "-o"])
            .arg(&output);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&said).unwrap());
        let strace = Killed(command.spawn().unwrap());
        let mut trace = Trace { strace, output };
        let text = || std::fs::read_to_string(&said).unwrap_or_default();
        until(|| text().contains(" attached") || trace.strace.0.try_wait().unwrap().is_some());
        if text().contains(" attached") {
            return Some(trace);
        }
        skip("syncs under strace", text().trim());
        None
    }

    fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(&self.output).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn until_replies(&self, count: usize) {
        until(|| self.lines().iter().filter(|line| is_reply(line)).count() >= count);
    }
}

impl Drop for Trace {
    /// Told to stop, strace lets the server go on; killed, it would not always.
    fn drop(&mut self) {
        if kill_process(Pid::from_child(&self.strace.0), Signal::TERM).is_ok() {
            let _reaped = self.strace.0.wait();
        }
    }
}

/// A sync of the log of the database.
fn is_sync(line: &str) -> bool {
    (line.contains("fsync(") || line.contains("fdatasync(")) && line.contains("-wal>")
}

fn is_reply(line: &str) -> bool {
    line.contains("\"HTTP/1.1 200 OK")
}

fn host(number: u32) -> String {
    format!("host{number}.dyn.example")
}
