//! The manual in `docs/reference`, and the page of all kits, are what the program says.

use std::path::PathBuf;

#[test]
fn the_manual_is_true() {
    check("docs/reference/ddns.md", &ddns_cli::reference());
}

#[test]
fn the_page_of_all_kits_is_true() {
    check("docs/routers.md", &ddns_cli::routers());
}

fn check(page: &str, wanted: &str) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", page].iter().collect();
    if std::env::var_os("DDNS_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{page} is not what the program says; write it with DDNS_BLESS=1");
}
