//! The reference in `docs/reference` is what the program says of itself.

use std::path::PathBuf;

#[test]
fn the_reference_is_true() {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", "reference", "configuration.md"].iter().collect();
    let wanted = ddnsd::reference();
    if std::env::var_os("DDNS_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/reference/configuration.md is not what the program says; write it with DDNS_BLESS=1"
    );
}
