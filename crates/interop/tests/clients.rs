//! The table of programs and devices in `docs/clients.md`: each test that it names is there, and each program that is here
//! says the version of its row.

use std::path::Path;
use std::process::Command;

use crate::programs::{find, run};

const TABLE: &str = include_str!("../../../docs/clients.md");

/// What tells each program's version. lego, as Debian has it, does not know its own.
const VERSIONS: [(&str, &[&str]); 6] = [
    ("ddclient", &["ddclient", "-help"]),
    ("inadyn", &["inadyn", "--version"]),
    ("curl", &["curl", "--version"]),
    ("wget", &["wget", "--version"]),
    ("certbot", &["certbot", "--version"]),
    ("lego", &["dpkg-query", "--show", "lego"]),
];

/// The cells of each row that names a test, but for that of the tests, which come one by one.
fn rows() -> Vec<(Vec<&'static str>, Vec<&'static str>)> {
    let cells =
        |line: &'static str| -> Vec<&'static str> { line.trim_matches('|').split('|').map(str::trim).collect() };
    let lines = TABLE.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let row = |line| {
        let mut cells = cells(line);
        let tests = cells.pop().unwrap().split_whitespace().map(|test| test.trim_matches('`')).collect();
        (cells, tests)
    };
    lines.map(row).collect()
}

#[test]
fn every_test_of_the_table_is_there() {
    let rows = rows();
    assert!(rows.len() >= 20, "only {} rows", rows.len());
    for (cells, tests) in rows {
        assert!(!tests.is_empty(), "{cells:?}");
        for test in tests {
            let (file, function) = test.split_once("::").unwrap_or((test, ""));
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/{file}.rs"));
            let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{cells:?}: {test}: {error}"));
            let declared =
                if function.is_empty() { "#[test]\n".to_owned() } else { format!("#[test]\nfn {function}()") };
            assert!(source.contains(&declared), "{cells:?}: there is no test {test}");
        }
    }
}

#[test]
fn every_program_says_the_version_of_its_row() {
    for (program, question) in VERSIONS {
        let (Some(_), Some(path)) = (find(program), find(question[0])) else { continue };
        let said = run(Command::new(path).args(&question[1..]));
        let told = format!("{}{}", said.out, said.err);
        let mut own = rows().into_iter().filter(|(cells, _)| cells[0] == program).peekable();
        assert!(own.peek().is_some(), "{program} is in no row");
        for (cells, _) in own {
            assert!(told.contains(cells[1]), "{program} is not {}: {told}", cells[1]);
        }
    }
}
