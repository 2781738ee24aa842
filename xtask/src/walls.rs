//! The walls between rooms that hold for a whole tree of dependencies.
//!
//! `deny.toml` sees who depends on a crate directly; these are crates that must not come in by any road.

use std::collections::BTreeSet;

use crate::report::Outcome;
use crate::run::{cargo, output};

struct Wall {
    room: &'static str,
    /// Crates that stay outside; a `*` at the end stands for any rest.
    outside: &'static str,
    because: &'static str,
}

const WALLS: &[Wall] = &[
    Wall {
        room: "ddns-core",
        outside: "tokio* mio async-* futures* actix-* axum hyper* http h2 domain hickory-* rusqlite libsqlite3-sys \
                  tracing* log slog*",
        because: "the core is pure: no async, no HTTP, no wire format, no database, no logging",
    },
    Wall {
        room: "ddns-store",
        outside: "tokio* mio actix-* hyper* domain hickory-*",
        because: "the store blocks, and knows neither the frontends nor their runtime",
    },
    Wall { room: "ddns-service", outside: "actix-* domain hickory-*", because: "the service is below the frontends" },
    Wall {
        room: "ddns-wire",
        outside: "tokio* mio actix-* hyper* rusqlite libsqlite3-sys",
        because: "wire format is a function of octets",
    },
    Wall { room: "ddns-dns", outside: "actix-* hyper* ddns-http", because: "DNS knows its own protocol and no other" },
    Wall {
        room: "ddns-http",
        outside: "domain hickory-* ddns-wire ddns-dns",
        because: "HTTP knows its own protocol and no other",
    },
    Wall {
        room: "ddns-mail",
        outside: "actix-* hyper* domain hickory-* ddns-wire ddns-http ddns-dns native-tls openssl openssl-sys aws-lc-*",
        because: "mail knows its own protocol and no other, and TLS is rustls with ring",
    },
    Wall {
        room: "ddns-cli",
        outside: "actix-* hyper* lettre ddns-http ddns-dns ddns-mail",
        because: "the command line works on the data and shares no transport with the servers",
    },
];

/// No room's tree holds a crate that must stay outside.
pub(crate) fn hold() -> Outcome {
    let broken: Vec<&str> = WALLS.iter().filter(|wall| !stands(wall)).map(|wall| wall.room).collect();
    if broken.is_empty() { Outcome::Passed } else { Outcome::Failed(format!("broken around {}", broken.join(", "))) }
}

/// Looks at one wall, and says what came through and how to see by which road.
fn stands(wall: &Wall) -> bool {
    let Wall { room, outside, because } = wall;
    let list = format!("tree --edges normal --prefix none --format {{p}} --package {room}");
    let Some(tree) = output(&mut cargo(&list)) else {
        eprintln!("{room}: its dependencies cannot be listed");
        return false;
    };
    let inside = intruders(&tree, outside);
    for intruder in &inside {
        eprintln!("{room} depends on {intruder}: {because}");
        eprintln!("  by which road: cargo tree --edges normal --package {room} --invert {intruder}");
    }
    inside.is_empty()
}

/// The crates of a tree, one to a line, that must stay outside.
fn intruders<'a>(tree: &'a str, outside: &str) -> BTreeSet<&'a str> {
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| outside.split_ascii_whitespace().any(|pattern| matches(pattern, name))).collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::intruders;

    #[test]
    fn whole_names_match_and_a_star_stands_for_the_rest() {
        let tree = "core v0.1.0 (crates/core)\ntokio v1.0.0\ntokio-util v0.7.0\nlog v0.4.0 (*)\nlogos v1.0.0\n";
        let found: Vec<_> = intruders(tree, "tokio* log domain").into_iter().collect();
        assert_eq!(found, ["log", "tokio", "tokio-util"]);
    }
}
