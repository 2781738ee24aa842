//! Benchmarks that print a table which anyone can reproduce.
//!
//! ```text
//! cargo run --release -p ddns-bench -- registry     # durable updates through the registry, without HTTP
//! cargo run --release -p ddns-bench -- maps         # the map under the registry against its rivals
//! cargo run --release -p ddns-bench -- records      # records over HTTP in a small and in a large domain
//! cargo run --release -p ddns-bench -- flood        # what others notice of very many wrong passwords
//! cargo run --release -p ddns-bench -- logins       # whether the answer to a wrong password tells if there is such an account
//! ```

mod flood;
mod http;
mod logins;
mod maps;
mod process;
mod records;
mod registry;
mod site;
mod welch;

use clap::{Parser, Subcommand};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Benchmarks of ddns.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Durable updates a second through the registry, without HTTP; memory and load time.
    Registry(registry::Arguments),
    /// Loads a data directory and says what that took; `registry` runs it in a process of its own.
    Load(registry::LoadArguments),
    /// The map under the registry against its rivals.
    Maps(maps::Arguments),
    /// What a record costs over HTTP in a small and in a large domain, and what a long list takes.
    Records(records::Arguments),
    /// What routers, resolvers and the server's memory notice of hundreds who try passwords at the same time.
    Flood(flood::Arguments),
    /// Whether the answer to a wrong password, or its time, tells if there is such an account.
    Logins(logins::Arguments),
    /// Serves accounts without slowing anybody down; `logins` runs it in a process of its own.
    ServeLogins(logins::ServeArguments),
    /// Serves a domain; `records` runs it in a process of its own.
    ServeRecords(records::ServeArguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().bench {
        Bench::Registry(arguments) => registry::run(&arguments),
        Bench::Load(arguments) => registry::load(&arguments),
        Bench::Maps(arguments) => maps::run(&arguments),
        Bench::Flood(arguments) => flood::run(&arguments),
        Bench::Logins(arguments) => logins::run(&arguments),
        Bench::ServeLogins(arguments) => logins::serve(&arguments),
        Bench::Records(arguments) => records::run(&arguments),
        Bench::ServeRecords(arguments) => records::serve(&arguments),
    }
}

/// The one place that prints: a benchmark's output is its data.
#[expect(clippy::print_stdout, reason = "a benchmark's output is its data")]
fn print(text: &str) {
    println!("{text}");
}
