//! `docs/conformance.md` names what holds each line of the documents: what it names is there, and what is there is named.

use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../../docs/conformance.md");

/// The scenarios that follow a document from its beginning to its end.
const DOCUMENTATIONS: &[&str] =
    &["the_two_dns_documentation", "the_clients_documentation", "the_designate_documentation"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The last cells of the tables: `name` or `name`: the beginning of a comment.
fn holders() -> Vec<(&'static str, &'static str)> {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| ") && !line.contains("| held by |"));
    let holder = |row: &'static str| {
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let (name, comment) = cell.split_once(": ").unwrap_or((cell, ""));
        (name.trim_matches('`'), comment)
    };
    rows.map(holder).collect()
}

#[test]
fn what_is_named_is_there() {
    let holders = holders();
    assert!(holders.len() > 30, "only {} rows", holders.len());
    let tests = test_functions();
    for (name, comment) in holders {
        let places = [format!("scenarios/{name}.txt"), format!("crates/ddns-http/tests/data/{name}.txt")];
        let text = places.iter().find_map(|place| std::fs::read_to_string(folder().join(place)).ok());
        let Some(text) = text else {
            assert!(tests.contains(&format!("fn {name}(")), "there is neither a scenario nor a test {name}");
            continue;
        };
        assert!(!comment.is_empty(), "{name}: say under which comment it is held");
        let there = comments(&text).iter().any(|line| line.starts_with(comment));
        assert!(there, "{name}: no comment begins with {comment:?}");
    }
    for (_, rest) in DOCUMENT.match_indices("scenarios/").map(|(at, _)| DOCUMENT.split_at(at)) {
        let path = rest.split([')', '`', ' ']).next().unwrap();
        assert!(folder().join(path).exists(), "{path}");
    }
}

#[test]
fn what_is_there_is_named() {
    let holders = holders();
    for name in DOCUMENTATIONS {
        let text = std::fs::read_to_string(folder().join(format!("scenarios/{name}.txt"))).unwrap();
        for comment in comments(&text).iter().skip(1) {
            let named = holders.iter().any(|(holder, words)| holder == name && comment.starts_with(words));
            assert!(named, "{name}: docs/conformance.md names no {comment:?}");
        }
    }
}

/// Comments, and the titles that tables have in their place.
fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("# ").or_else(|| line.strip_prefix("== "))).collect()
}

/// The text of all integration tests, and of what lies directly beside what it tests in a dialect's room.
fn test_functions() -> String {
    let mut text = String::new();
    let crates = std::fs::read_dir(folder().join("crates")).unwrap();
    let tests = crates.map(|entry| entry.unwrap().path().join("tests"));
    for folder in tests.chain([folder().join("crates/ddns-http/src/designate")]) {
        let Ok(files) = std::fs::read_dir(folder) else { continue };
        for file in
            files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|ext| ext == "rs"))
        {
            text.push_str(&std::fs::read_to_string(file).unwrap());
        }
    }
    text
}
