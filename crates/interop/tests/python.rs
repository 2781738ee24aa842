//! The virtual environment with what the tests need of Python, which `cargo xtask prepare` makes.

use std::path::Path;
use std::process::Command;

use crate::programs::miss;

/// The project's folder of Python: the pins, and scripts of ours.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/python");

/// The environment's Python, to be given its arguments. Where the pinned packages are not installed, that is told like a
/// missing program.
pub(crate) fn python(purpose: &str) -> Option<Command> {
    let pinned = std::fs::read(Path::new(FOLDER).join("requirements.txt")).unwrap();
    // Written last, once everything is installed.
    let installed = std::fs::read(Path::new(ENVIRONMENT).join("requirements.txt")).ok();
    if installed.as_ref() != Some(&pinned) {
        miss(purpose, "its pinned packages are not installed, which `cargo xtask prepare` does");
        return None;
    }
    Some(Command::new(Path::new(ENVIRONMENT).join("bin/python")))
}

/// A script of ours.
pub(crate) fn script(purpose: &str, name: &str) -> Option<Command> {
    let mut command = python(purpose)?;
    command.arg(Path::new(FOLDER).join(name));
    Some(command)
}
