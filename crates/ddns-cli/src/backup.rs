//! `ddns backup` and `ddns restore`: whole copies of the data.

use std::path::{Path, PathBuf};

use clap::Args;
use ddns_store::FileStore;

use crate::failure::Failure;
use crate::output::{Object, text};
use crate::session::Session;

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; it must not exist yet
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The file that `ddns backup` wrote
    file: PathBuf,
}

impl Backup {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let file = self.file.display();
        let written = session.reader()?.backup(&self.file);
        written.map_err(|error| Failure::from(error).during(format_args!("cannot write the backup {file}")))?;
        session.out.done(&format!("wrote {file}"), &Object::new([("backup", text(Some(file)))]))
    }
}

impl Restore {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let only = || Failure::usage("a backup is restored into a data directory, and there is none here");
        let directory = session.directory().ok_or_else(only)?.to_owned();
        must_be_empty(&directory)?;
        let file = self.file.display();
        if !self.file.is_file() {
            let failure = Failure::usage(format!("there is no file {file}"));
            return Err(failure.hint("name a file that ddns backup wrote"));
        }
        let restored = FileStore::restore(&self.file, &directory);
        restored.map_err(|error| Failure::from(error).during(format_args!("cannot restore {file}")))?;
        let directory = directory.display();
        let object = Object::new([("restored", text(Some(&file))), ("data", text(Some(&directory)))]);
        session.out.done(&format!("restored {file} into {directory}"), &object)
    }
}

/// Nothing is ever overwritten, and nothing is put under a server's feet.
fn must_be_empty(directory: &Path) -> Result<(), Failure> {
    let mut entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::unavailable(format!("{}: {error}", directory.display()))),
    };
    if entries.next().is_none() {
        return Ok(());
    }
    let shown = directory.display();
    let failure = Failure::refused(format!("{shown} is not empty, and restoring overwrites nothing"));
    Err(failure.hint(format!(
        "stop ddnsd if it serves {shown}, move the directory away, and try again; or name another with --data"
    )))
}
