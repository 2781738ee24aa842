//! `ddnsd` and `ddns` as cargo builds them.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The two programs.
pub(crate) struct Binaries {
    pub(crate) ddnsd: PathBuf,
    pub(crate) ddns: PathBuf,
}

/// Built once, by the cargo that built this test, with the same profile: a test cannot depend on another package's
/// program otherwise.
pub(crate) static BINARIES: LazyLock<Binaries> = LazyLock::new(|| {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "ddnsd", "--package", "ddns-cli", "--bins", "--message-format", "json"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit()).output().unwrap();
    assert!(built.status.success(), "ddnsd and ddns could not be built");
    let messages = String::from_utf8(built.stdout).unwrap();
    Binaries { ddnsd: executable(&messages, "ddnsd"), ddns: executable(&messages, "ddns") }
});

fn executable(messages: &str, name: &str) -> PathBuf {
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut paths = messages.filter_map(|message| {
        let path = message["executable"].as_str().map(PathBuf::from);
        path.filter(|_| message["target"]["name"] == name)
    });
    paths.next().unwrap_or_else(|| panic!("cargo built no {name}"))
}
