//! The checks that other programs make: format, lints, dependencies, documentation.

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
    let tools = root().join("target/tools");
    let own = tools.join("bin/cargo-deny");
    let is_pinned = |deny: &std::path::Path| {
        output(program(deny).arg("--version")).is_some_and(|said| said.trim().ends_with(&format!(" {CARGO_DENY}")))
    };
    let install = || {
        let version = format!("install cargo-deny --locked --version {CARGO_DENY} --root");
        succeeds(cargo(&version).arg(&tools))
    };
    let deny = match std::path::Path::new("cargo-deny") {
        installed if is_pinned(installed) => installed,
        _ if is_pinned(&own) || install() => &own,
        _ => return cannot(format!("cargo-deny {CARGO_DENY} is not here and cannot be installed")),
    };
    check(program(deny).args(["check", "bans", "licenses", "sources"]))
}
