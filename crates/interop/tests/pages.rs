//! The documentation's transcripts: what stands in a `console` block is typed into a shell, and answers as it is printed.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::binaries::BINARIES;
use crate::programs::{find, output};
use crate::site::Server;

#[test]
fn the_two_dns_api() {
    check(include_str!("../../../docs/two-dns.md"), 18);
}

#[test]
fn updates() {
    check(include_str!("../../../docs/update-a-name.md"), 15);
}

#[test]
fn prefixes() {
    check(include_str!("../../../docs/prefixes.md"), 14);
}

#[test]
fn tokens() {
    check(include_str!("../../../docs/tokens.md"), 16);
}

#[test]
fn the_clients_api() {
    check(include_str!("../../../docs/clients-api.md"), 20);
}

#[test]
fn the_designate_api() {
    check(include_str!("../../../docs/designate.md"), 40);
}

#[test]
fn managing() {
    check(include_str!("../../../docs/manage.md"), 20);
}

/// One line that is typed, and what is printed below it.
struct Step<'p> {
    typed: &'p str,
    printed: Vec<&'p str>,
}

fn steps(page: &str) -> Vec<Step<'_>> {
    let blocks = page.split("\n```console\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in blocks.flat_map(str::lines) {
        match line.strip_prefix("$ ") {
            Some(typed) => steps.push(Step { typed, printed: Vec::new() }),
            None => steps.last_mut().expect("a block begins with what is typed").printed.push(line),
        }
    }
    steps
}

/// Plays a page's blocks as one session, on a new service.
fn check(page: &str, at_least: usize) {
    if find("curl").is_none() || find("dig").is_none() {
        return;
    }
    let steps = steps(page);
    assert!(steps.len() >= at_least, "only {} steps", steps.len());
    let directory = TempDir::with_prefix("ddns-page-").unwrap();
    let server = Server::start_with(directory.path(), &["--base-url", "https://ddns.example"]);
    let said = output(Command::new("bash").arg("-c").arg(script(&steps)).envs(environment(directory.path(), &server)));
    let mut parts = said.split(MARK);
    for step in &steps {
        let got = parts.next().unwrap();
        let variables = parts.next().unwrap();
        let expected = step.printed.iter().map(|line| filled(line, variables)).collect::<Vec<_>>();
        let mut got: Vec<&str> = got.lines().collect();
        if expected.last().is_some_and(|last| last == "…") {
            got.truncate(expected.len().saturating_sub(1));
            got.push("…");
        }
        let fits = got.len() == expected.len() && got.iter().zip(&expected).all(|(got, expected)| fits(got, expected));
        assert!(fits, "$ {}\n{got:#?} instead of\n{expected:#?}", step.typed);
    }
}

const MARK: &str = "\u{1e}";

/// The lines as they stand, each followed by the variables that are set by then. The command line's changes are seen by the
/// server within 100 ms; whoever types is slower.
fn script(steps: &[Step<'_>]) -> String {
    let mut script = "\
curl() { command curl -sS \"$@\"; }
dig() { command dig -p $DNS_PORT @127.0.0.1 \"$@\"; }
ddns() { command ddns \"$@\" && sleep 0.5; }
"
    .to_owned();
    for step in steps {
        writeln!(
            script,
            "{{ {}\n}} 2>&1; printf '%b' '\\x1e'; for name in TOKEN NEW DOMAIN RECORD; do declare -p $name 2>&-; done; printf '%b' '\\x1e'",
            step.typed
        )
        .unwrap();
    }
    script
}

fn environment(directory: &Path, server: &Server) -> Vec<(&'static str, String)> {
    let path = std::env::var("PATH").unwrap_or_default();
    let programs = BINARIES.ddns.parent().unwrap().display();
    vec![
        ("PATH", format!("{programs}:{path}")),
        ("DDNS", format!("http://{}", server.http)),
        ("DDNS_DATA", directory.join("data").display().to_string()),
        ("DNS_PORT", server.dns.port().to_string()),
    ]
}

/// Each `…` in an expected line stands for any text, and alone in the last one for any further lines.
fn fits(got: &str, expected: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = parts.next().and_then(|begin| got.strip_prefix(begin)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    true
}

/// An expected line with the values of the variables that it names.
fn filled(line: &str, variables: &str) -> String {
    let mut line = line.to_owned();
    for (name, value) in variables.lines().filter_map(|set| set.strip_prefix("declare -- ")?.split_once('=')) {
        line = line.replace(&format!("${name}"), value.trim_matches('"'));
    }
    line
}
