//! Programs from elsewhere: whether they are there, and what they say.

use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may run.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a program is. One that is not installed is told on standard error, where the test command does not swallow it;
/// where `CI=true` it is a failure.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        miss(name, "not installed");
    }
    found
}

/// Something that a test needs is not there: it is not tested, unless `CI=true`.
pub(crate) fn miss(what: &str, why: &str) {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{what}: {why}, and CI needs it");
    skip(what, why);
}

/// Tells that something is not tested, and why.
pub(crate) fn skip(what: &str, why: &str) {
    writeln!(std::io::stderr(), "skipped: {what} ({why})").unwrap();
}

/// What a program that ended has said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a program to its end, and ends it if that does not come.
pub(crate) fn run(command: &mut Command) -> Said {
    run_within(command, PATIENCE)
}

/// Likewise, for a program that takes its time.
pub(crate) fn run_within(command: &mut Command, patience: Duration) -> Said {
    let (mut out, mut err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(err.try_clone().unwrap());
    let mut child = Killed(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")));
    let begun = Instant::now();
    let status = loop {
        match child.0.try_wait().unwrap() {
            Some(status) => break status,
            None => assert!(begun.elapsed() < patience, "{command:?} does not end; it said: {}", all(&mut err)),
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Said { success: status.success(), out: all(&mut out), err: all(&mut err) }
}

/// Runs a program that must succeed, and hands over its standard output.
pub(crate) fn output(command: &mut Command) -> String {
    let said = run(command);
    assert!(said.success, "{command:?}: {said:?}");
    said.out
}

fn all(file: &mut std::fs::File) -> String {
    let mut octets = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut octets).unwrap();
    String::from_utf8_lossy(&octets).into_owned()
}

/// A process that does not outlive its test.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}
