//! What went otherwise than it is written, and where.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::difference::difference;
use crate::script::{Misread, Step};
use crate::stage::Backing;

/// A scenario did not go as it is written: the place, the step, and the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

/// What is wrong with one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It could not be carried out.
    Broken(String),
    /// Something else came out; line by line.
    Different {
        /// What it came out of, where that is not the step's own line.
        of: &'static str,
        expected: Vec<String>,
        got: Vec<String>,
    },
    /// The right thing came too late.
    Late { after: Duration, bound: Duration },
}

impl Wrong {
    /// Two texts must be the same, line by line.
    pub(crate) fn unless_same(of: &'static str, expected: Vec<String>, got: Vec<String>) -> Result<(), Wrong> {
        if expected == got { Ok(()) } else { Err(Wrong::Different { of, expected, got }) }
    }
}

impl Failure {
    pub(crate) fn new(name: &Path, backing: Backing, step: &Step, wrong: &Wrong) -> Failure {
        let place = format!("{}:{} (over the {backing})", shown(name), step.line);
        let what = match wrong {
            Wrong::Broken(reason) => format!("\n    {reason}"),
            Wrong::Late { after, bound } => {
                format!("\n    right, but after {} ms instead of {} ms", after.as_millis(), bound.as_millis())
            }
            Wrong::Different { of, expected, got } => {
                format!("{of}\n{}  (- expected, + got)", difference(expected, got, "    "))
            }
        };
        Failure(format!("{place}\n  {}{what}", step.head))
    }

    pub(crate) fn of_line(name: &Path, misread: Misread) -> Failure {
        Failure(format!("{}:{}\n  {}", shown(name), misread.line, misread.reason))
    }

    pub(crate) fn of_file(name: &Path, reason: &str) -> Failure {
        Failure(format!("{}\n  {reason}", shown(name)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// A file's place as people name it: from `scenarios/` on.
fn shown(name: &Path) -> String {
    let folder = name.parent().and_then(Path::file_name).map(|folder| folder.display().to_string());
    let file = name.file_name().unwrap_or(name.as_os_str()).display().to_string();
    folder.map_or(file.clone(), |folder| format!("{folder}/{file}"))
}
