//! Other programs: started in the workspace's root, awaited, and where needed overheard.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::report::Outcome;
use crate::tally::Tally;

/// The workspace's root.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Whether nobody watches, so that a check that cannot run must fail instead of being skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// What cannot run here: a failure where nobody would read that it was skipped.
pub(crate) fn cannot(why: impl Into<String>) -> Outcome {
    if in_ci() { Outcome::Failed(why.into()) } else { Outcome::Skipped(why.into()) }
}

/// A program, to be started in the workspace's root.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that started this program, with its arguments split at spaces.
pub(crate) fn cargo(arguments: &str) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments.split(' '));
    command
}

/// Runs a check that speaks for itself and tells by its exit code.
pub(crate) fn check(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(status) => Outcome::Failed(format!("{}: {status}", said(command))),
        Err(error) => Outcome::Failed(format!("{}: {error}", said(command))),
    }
}

/// Whether the command ran and succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    matches!(check(command), Outcome::Passed)
}

/// What the command prints on standard output; none if it fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::inherit()).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs tests: passes their output through as it comes, and counts them.
///
/// Both streams are read, since a suite says that it was skipped past libtest's capture, on either.
pub(crate) fn counted(command: &mut Command) -> Outcome {
    match listen(command.stdout(Stdio::piped()).stderr(Stdio::piped())) {
        Ok((true, tally)) => Outcome::Counted(tally),
        // A test binary that dies prints no result, and still something failed.
        Ok((false, tally)) => Outcome::Counted(Tally { failed: tally.failed.max(1), ..tally }),
        Err(error) => Outcome::Failed(format!("{}: {error}", said(command))),
    }
}

/// Whether the command succeeded, and what its output counts.
fn listen(command: &mut Command) -> io::Result<(bool, Tally)> {
    let mut child = command.spawn()?;
    let (heard, lines) = mpsc::channel();
    if let (Some(out), Some(errors)) = (child.stdout.take(), child.stderr.take()) {
        let also_heard = heard.clone();
        thread::spawn(move || overhear(out, io::stdout(), &heard));
        thread::spawn(move || overhear(errors, io::stderr(), &also_heard));
    }
    let mut tally = Tally::default();
    loop {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => tally.read(&line),
            // A server that a test left behind may hold the streams open for ever.
            Err(RecvTimeoutError::Timeout) if child.try_wait()?.is_none() => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok((child.wait()?.success(), tally))
}

/// Copies a stream line by line. Octets that are no text do not end it, and a reader that went away neither.
fn overhear(from: impl Read, mut to: impl Write, heard: &Sender<String>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|octets| octets > 0) {
        let _gone = to.write_all(&line).and_then(|()| to.flush());
        let _done = heard.send(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
}

/// The command as a person would type it.
fn said(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
