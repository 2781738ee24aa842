//! A data directory to work on, and the program run on it.

use std::path::{Path, PathBuf};

use ddns_cli::ExitCode;
use serde_json::Value;
use tempfile::TempDir;

/// A password that would be found if it were printed anywhere.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A temporary place with a data directory that does not exist yet.
pub(crate) struct Work {
    place: TempDir,
}

/// How one run ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Work {
    pub(crate) fn empty() -> Work {
        Work { place: TempDir::new().unwrap() }
    }

    /// With an account `joe` and a shared domain `dyn.example`.
    pub(crate) fn with_joe() -> Work {
        let work = Work::empty();
        work.ok_with(&["account", "add", "joe", "--password-stdin"], PASSWORD);
        work.ok(&["domain", "add", "dyn.example", "--shared"]);
        work
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(program());
        command.env_clear().current_dir(self.place.path()).env("DDNS_DATA", self.data());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, "")
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Run {
        let mut command = assert_cmd::Command::from_std(self.command());
        let output = command.args(args).write_stdin(stdin).output().unwrap();
        Run {
            code: u8::try_from(output.status.code().unwrap()).unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A run that must succeed; hands over what it printed as data.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        self.ok_with(args, "")
    }

    pub(crate) fn ok_with(&self, args: &[&str], stdin: &str) -> String {
        let run = self.run_with(args, stdin);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.out
    }

    /// A run that must succeed and print JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let out = self.ok(&[&["--output", "json"], args].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}"))
    }

    /// A run that must end like this, print no data, and say these words.
    pub(crate) fn fails(&self, code: ExitCode, args: &[&str], words: &[&str]) {
        let run = self.run(args);
        assert_eq!(run.code, code.code(), "{args:?}: {run:?}");
        assert_eq!(run.out, "", "{args:?}: {run:?}");
        for word in words {
            assert!(run.err.contains(word), "{args:?} does not say {word:?}: {run:?}");
        }
    }
}

/// An object's keys, in the order in which they were printed.
pub(crate) fn keys(work: &Work, args: &[&str]) -> Vec<String> {
    let out = work.ok(&[&["--output", "json"], args].concat());
    let own = out.lines().filter(|line| line.starts_with("  \"") || line.starts_with("    \""));
    own.filter_map(|line| line.split_once("\":").map(|(key, _)| key.trim().trim_start_matches('"').to_owned()))
        .collect()
}

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ddns"))
}
