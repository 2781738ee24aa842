//! The checks that other programs make: format, lints, dependencies, documentation.

use std::path::{Path, PathBuf};

use crate::report::Outcome;
use crate::run::{cannot, cargo, check, output, program, root, succeeds};

/// Pinned, since each release of cargo-deny knows its own form of `deny.toml`.
const CARGO_DENY: &str = "0.20.2";

/// The format is rustfmt's.
pub(crate) fn format() -> Outcome {
    check(&mut cargo("fmt --all --check"))
}

/// No lint fires.
pub(crate) fn lints() -> Outcome {
    check(&mut cargo("clippy --workspace --all-targets -- -D warnings"))
}

/// Documentation builds without a warning; a broken link is one.
pub(crate) fn documentation() -> Outcome {
    check(cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"))
}

/// Dependencies are what `deny.toml` lets in. Advisories are left out: their database would have to be fetched.
pub(crate) fn dependencies() -> Outcome {
    match cargo_deny() {
        Some(deny) => check(program(deny).args(["check", "bans", "licenses", "sources"])),
        None => cannot(format!("cargo-deny {CARGO_DENY} is not here and cannot be installed")),
    }
}

/// The pinned release: the user's own if it is that one, else one kept below `target`, where it replaces nobody's.
fn cargo_deny() -> Option<PathBuf> {
    let tools = root().join("target/tools");
    let kept = tools.join("bin/cargo-deny");
    if let Some(found) = [PathBuf::from("cargo-deny"), kept.clone()].into_iter().find(|deny| is_pinned(deny)) {
        return Some(found);
    }
    let install = format!("install cargo-deny --locked --version {CARGO_DENY} --root");
    succeeds(cargo(&install).arg(&tools)).then_some(kept)
}

fn is_pinned(deny: &Path) -> bool {
    output(program(deny).arg("--version")).is_some_and(|said| said.trim() == format!("cargo-deny {CARGO_DENY}"))
}
