//! Other programs: started in the workspace's root, awaited, and where needed overheard.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

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

/// Whether the command succeeded, and what was heard on both its streams.
fn listen(command: &mut Command) -> io::Result<(bool, Tally)> {
    let mut child = command.spawn()?;
    let errors = child.stderr.take().map(|stream| thread::spawn(|| overhear(stream, io::stderr())));
    let mut tally = child.stdout.take().map(|stream| overhear(stream, io::stdout())).unwrap_or_default();
    if let Some(heard) = errors.and_then(|thread| thread.join().ok()) {
        tally.add(&heard);
    }
    Ok((child.wait()?.success(), tally))
}

/// Copies a stream line by line. Neither octets that are no text nor a reader that went away end the count.
fn overhear(from: impl Read, mut to: impl Write) -> Tally {
    let mut from = BufReader::new(from);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|octets| octets > 0) {
        let _gone = to.write_all(&line).and_then(|()| to.flush());
        tally.read(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    tally
}

/// The command as a person would type it.
fn said(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
