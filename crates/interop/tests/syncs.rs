//! What the system sees: a sync before each acknowledgement, and one sync for many of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;

use rustix::process::{Pid, Signal, kill_process};

use crate::programs::{Killed, find, run, skip};
use crate::site::{Site, numbered, until};

const SINGLES: u16 = 5;
const CALLERS: u16 = 64;

#[test]
fn a_reply_waits_for_its_sync_and_many_share_one() {
    let Some(strace) = find("strace") else { return };
    let hosts: Vec<String> = (0..CALLERS).map(host).collect();
    let site = Site::with_hosts(&hosts);
    let Some(trace) = Trace::attach(&strace, &site) else { return };

    let update = |series: u8, number: u16, address: u16| {
        let answer =
            site.http("GET", &format!("/nic/update?hostname={}&myip={}", host(number), numbered(series, address)));
        assert_eq!(answer, Some(format!("good {}", numbered(series, address))));
    };
    for count in 1..=SINGLES {
        update(0, 0, count);
        trace.until_replies(count.into());
    }
    let singles = trace.lines();
    let mut synced = false;
    for line in &singles {
        assert!(synced || !is_reply(line), "a reply came before its sync: {singles:#?}");
        synced = (synced || is_sync(line)) && !is_reply(line);
    }

    let begin = Barrier::new(CALLERS.into());
    std::thread::scope(|scope| {
        for number in 0..CALLERS {
            let (update, begin) = (&update, &begin);
            scope.spawn(move || {
                begin.wait();
                update(1, number, 1);
            });
        }
    });
    trace.until_replies((SINGLES + CALLERS).into());
    let syncs = trace.lines().iter().skip(singles.len()).filter(|line| is_sync(line)).count();
    assert!((1..=usize::from(CALLERS / 2)).contains(&syncs), "{syncs} syncs for {CALLERS} updates at once");
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

/// The end of a sync of the database's log. One that another thread's call interrupts has two lines, the second of which
/// does not repeat the file.
fn is_sync(line: &str) -> bool {
    let begun = (line.contains("fsync(") || line.contains("fdatasync(")) && line.contains("-wal>");
    begun && !line.contains("<unfinished") || line.contains("sync resumed>")
}

fn is_reply(line: &str) -> bool {
    line.contains("\"HTTP/1.1 200 OK")
}

fn host(number: u16) -> String {
    format!("host{number}.dyn.example")
}
