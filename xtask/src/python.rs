//! What tests need of Python, with pinned hashes, in a virtual environment below `target`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::programs;
use crate::report::Outcome;
use crate::run::{cannot, output, program, root, succeeds};

const PINS: &str = "crates/interop/python/requirements.txt";
const ENVIRONMENT: &str = "target/tools/python";

/// Debian keeps what makes environments out of its `python3`.
const PACKAGE: &str = "python3-venv";

/// Says whether an interpreter can make an environment that the pins are for.
const CAN: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/// Makes the environment, unless it is there with just the pinned packages.
pub(crate) fn install() -> Outcome {
    let environment = root().join(ENVIRONMENT);
    match fs::read(root().join(PINS)) {
        Ok(pins) if is_ready(&environment, &pins) => Outcome::Passed,
        Ok(pins) => match make(&environment, &pins) {
            Ok(()) => Outcome::Passed,
            Err(why) => cannot(why),
        },
        Err(error) => Outcome::Failed(format!("{PINS}: {error}")),
    }
}

/// The environment's copy of the pins is written last, and says that all of them are there. The interpreter is the
/// machine's own, and may have gone.
fn is_ready(environment: &Path, pins: &[u8]) -> bool {
    fs::read(stamp(environment)).is_ok_and(|installed| installed == pins)
        && output(program(python(environment)).arg("--version")).is_some()
}

fn make(environment: &Path, pins: &[u8]) -> Result<(), String> {
    let interpreter = interpreter().ok_or(format!("no Python from 3.11 on with venv (Debian package {PACKAGE})"))?;
    if !succeeds(program(interpreter).args(["-m", "venv", "--clear"]).arg(environment)) {
        return Err("the virtual environment cannot be made".into());
    }
    let mut pip = program(python(environment));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    // Nothing is built, nothing is chosen: what is not pinned does not come in.
    pip.args(["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", PINS]);
    if !succeeds(&mut pip) {
        return Err("the pinned packages of Python cannot be installed".into());
    }
    fs::write(stamp(environment), pins).map_err(|error| format!("{ENVIRONMENT}: {error}"))
}

/// The first interpreter that will do. The system's own is asked, too: a path may lead to one that has no use here.
fn interpreter() -> Option<&'static str> {
    let found = || ["python3", "/usr/bin/python3"].into_iter().find(|name| can(name));
    found().or_else(|| {
        programs::install_package(PACKAGE);
        found()
    })
}

fn can(interpreter: &str) -> bool {
    program(interpreter).args(["-c", CAN]).output().is_ok_and(|said| said.status.success())
}

fn python(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}

fn stamp(environment: &Path) -> PathBuf {
    environment.join("requirements.txt")
}
