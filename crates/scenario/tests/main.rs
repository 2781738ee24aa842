//! Plays every scenario over every store. Each file in `scenarios/` is named here once; a test holds the list whole.

#[cfg(test)]
mod player;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ddns_scenario::Backing;

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(
            mod $name {
                #[test]
                fn over_the_memory_store() {
                    super::check(stringify!($name), ddns_scenario::Backing::Memory);
                }

                #[test]
                fn over_the_file_store() {
                    super::check(stringify!($name), ddns_scenario::Backing::File);
                }
            }
        )*

        const NAMED: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    an_update_by_nic_update
}

fn check(name: &str, backing: Backing) {
    if let Err(failure) = ddns_scenario::play(&folder().join(format!("{name}.txt")), backing) {
        panic!("\n\n{failure}\n\n");
    }
}

#[test]
fn no_file_is_forgotten() {
    let text = |path: PathBuf| (path.extension()? == "txt").then(|| path.file_stem()?.to_str().map(str::to_owned))?;
    let files: BTreeSet<String> =
        std::fs::read_dir(folder()).unwrap().filter_map(|entry| text(entry.unwrap().path())).collect();
    let named: BTreeSet<String> = NAMED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files, named, "scenarios/*.txt on the left, the list in this file on the right");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}
