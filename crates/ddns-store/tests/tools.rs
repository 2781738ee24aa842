//! Child processes, a C compiler and mounts: what the cruel tests stand on.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use tempfile::TempDir;

/// The only test that does nothing unless this names what it shall do.
pub(crate) const ROLE: &str = "DDNS_TEST_DIRECTORY";

/// Volumes are larger where somebody has the time.
pub(crate) fn soak(usual: usize, soaking: usize) -> usize {
    if std::env::var_os("DDNS_SOAK").is_some() { soaking } else { usual }
}

/// Says that something was not tested; on a machine that must test everything this is a failure.
pub(crate) fn skip(what: &str) {
    writeln!(std::io::stderr(), "skipped: {what}").unwrap();
    assert!(std::env::var("CI").as_deref() != Ok("true"), "nothing is skipped where CI=true");
}

/// Random numbers that a seed repeats.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Dice {
        Dice(ddns_store::battery::seed() | 1)
    }

    /// A number below a bound (xorshift64*).
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }

    pub(crate) fn wait_millis_below(&mut self, bound: u64) {
        std::thread::sleep(Duration::from_micros(self.below(bound * 1_000)));
    }
}

/// A test of this binary in a process of its own.
pub(crate) fn role(test: &str, directory: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(ROLE, directory).env_remove("DDNS_SEED");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// A running child and the lines it says. It ends with this value.
pub(crate) struct Talker {
    child: Child,
    lines: Receiver<String>,
}

impl Talker {
    pub(crate) fn start(mut command: Command) -> Talker {
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || said.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        Talker { child, lines }
    }

    /// The next line that begins with a word; none once the child has ended.
    pub(crate) fn heard(&self, word: &str) -> Option<String> {
        self.line(|line| line.starts_with(word))
    }

    /// The next line that is wanted; none once the child has ended.
    pub(crate) fn line(&self, wanted: impl Fn(&String) -> bool) -> Option<String> {
        let minute = Duration::from_secs(60);
        std::iter::from_fn(|| match self.lines.recv_timeout(minute) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the child has said nothing for a minute"),
        })
        .find(wanted)
    }

    /// Where it listens.
    pub(crate) fn ear(&mut self) -> &mut impl Write {
        self.child.stdin.as_mut().unwrap()
    }

    pub(crate) fn kill(&mut self) {
        let _gone_already = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Everything it says until it has ended.
    pub(crate) fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// Everything it has said so far.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// Halts it, and reads what it had said.
    pub(crate) fn halt(&self) -> Vec<String> {
        let number = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(number, rustix::process::Signal::STOP).unwrap();
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(50)) {
            said.push(line);
        }
        said
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Compiles a piece of C into a directory; a library where told so.
pub(crate) fn compile(source: &str, directory: &Path, name: &str, library: bool) -> PathBuf {
    let (text, made) = (directory.join(format!("{name}.c")), directory.join(name));
    std::fs::write(&text, source).unwrap();
    let shared: &[&str] = if library { &["-shared", "-fPIC"] } else { &[] };
    let status = Command::new("cc").args(shared).arg("-o").arg(&made).arg(&text).status().unwrap();
    assert!(status.success(), "cc compiles {name}");
    made
}

/// The library that makes syncs fail, and the file that says so.
pub(crate) struct Syncs {
    library: PathBuf,
    control: PathBuf,
}

impl Syncs {
    pub(crate) fn new(directory: &Path) -> Syncs {
        let library = compile(include_str!("sync.c"), directory, "sync.so", true);
        Syncs { library, control: directory.join("sync") }
    }

    pub(crate) fn under(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("DDNS_SYNC", &self.control);
    }

    pub(crate) fn fail(&self) {
        std::fs::write(&self.control, "f").unwrap();
    }

    pub(crate) fn skip(&self) {
        std::fs::write(&self.control, "s").unwrap();
    }

    pub(crate) fn work(&self) {
        let _was_not_there = std::fs::remove_file(&self.control);
    }
}

/// A mounted file system. It is unmounted with this value, whatever happens.
pub(crate) struct Mount {
    point: TempDir,
}

impl Mount {
    /// Mounts, if this machine allows it.
    pub(crate) fn new(arguments: &[&OsStr]) -> Option<Mount> {
        let point = tempfile::tempdir().unwrap();
        let status = Command::new("mount").args(arguments).arg(point.path()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success()).then_some(Mount { point })
    }

    pub(crate) fn path(&self) -> &Path {
        self.point.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        for options in [&[][..], &[][..], &["-l"][..]] {
            let done = Command::new("umount").args(options).arg(self.point.path()).stderr(Stdio::null()).status();
            if done.is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}
