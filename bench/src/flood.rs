//! What hundreds who try passwords at the same time take from everybody else: from routers that report their addresses with
//! a right token, from resolvers, and of the server's memory.
//!
//! The real server is measured in turns, without them and with them. Everybody shares this machine's processors with the
//! server: what this program takes itself is measured, too, and a part of what answers lose is its fault.

mod connection;
mod resolvers;
mod routers;
mod wrong;

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use comfy_table::Table;

use crate::process::Process;
use crate::site::Site;
use resolvers::Answers;
use routers::{Router, Updates};
use wrong::{Flood, Tally};

/// The account whose passwords are tried, and whose hosts are updated meanwhile.
const LOGIN: &str = "joe";
const PASSWORD: &str = "correct horse battery";
/// Rest between two turns: what is held back of the last one has been answered.
const REST: Duration = Duration::from_secs(5);
/// How far the memory may grow by the flood.
const MEMORY_BOUND: f64 = 64.0;
/// How many times as long answers of DNS may take with the flood.
const LATENCY_BOUND: f64 = 2.0;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds of each turn.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Turns of each kind.
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// Connections that send wrong passwords.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// Networks that they come from, in one kind of turn each; the first is that of the routers, too.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 500], value_parser = clap::value_parser!(u32).range(1..60_000))]
    networks: Vec<u32>,
    /// Routers with a token; one more has a password.
    #[arg(long, default_value_t = 4)]
    routers: u32,
    /// Updates of each router in a second.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    updates: u32,
    /// Questions in a second.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    questions: u32,
    /// Where the data goes.
    #[arg(long)]
    directory: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let site = Site::start(arguments.directory.as_deref())?;
    let bench = Bench { names: add_hosts(&site)?, routers: add_routers(&site, arguments.routers)?, site, arguments };
    // What the first of everything costs is not measured.
    bench.turn(None, 0, Duration::from_secs(2))?;
    let floods: Vec<Option<u32>> = std::iter::once(None).chain(arguments.networks.iter().copied().map(Some)).collect();
    let mut kinds: Vec<(Option<u32>, Vec<Turn>)> = floods.into_iter().map(|flood| (flood, Vec::new())).collect();
    let mut number = 0;
    for _ in 0..arguments.rounds {
        for (flood, turns) in &mut kinds {
            number = u32::saturating_add(number, 1);
            eprintln!("turn {number}: {}, {} s", title(*flood), arguments.seconds);
            turns.push(bench.turn(*flood, number, Duration::from_secs(arguments.seconds))?);
            thread::sleep(REST);
        }
    }
    crate::print(&turns_table(&kinds, arguments));
    crate::print(&answers_table(&kinds));
    for words in verdicts(&kinds) {
        crate::print(&words);
    }
    Ok(())
}

fn title(flood: Option<u32>) -> String {
    match flood {
        None => "none".to_owned(),
        Some(1) => "from one network".to_owned(),
        Some(networks) => format!("from {networks} networks"),
    }
}

// -- what is there

fn add_hosts(site: &Site) -> anyhow::Result<Vec<String>> {
    let password = format!("{PASSWORD}\n");
    site.ddns(&["account", "add", LOGIN, "--max-hosts", "1000", "--password-stdin"], &password)?;
    site.ddns(&["domain", "add", "dyn.example", "--shared"], "")?;
    let names: Vec<String> = (0..100).map(|number| format!("h{number:03}.dyn.example")).collect();
    let adds: String = names.iter().map(|name| format!("host add {name} --owner {LOGIN} --ip 192.0.2.1\n")).collect();
    site.ddns(&["batch", "-"], &adds)?;
    Ok(names)
}

fn add_routers(site: &Site, count: u32) -> anyhow::Result<Vec<Router>> {
    let host = |number: u32| format!("h{number:03}.dyn.example");
    let by_token = |number| {
        let secret = site.ddns(&["token", "create", LOGIN], "")?;
        Ok(Router { host: host(number), secret, by_password: false })
    };
    let mut routers: Vec<Router> = (0..count).map(by_token).collect::<anyhow::Result<_>>()?;
    routers.push(Router { host: host(count), secret: PASSWORD.to_owned(), by_password: true });
    Ok(routers)
}

// -- a turn

struct Bench<'a> {
    site: Site,
    names: Vec<String>,
    routers: Vec<Router>,
    arguments: &'a Arguments,
}

/// What was measured in one turn.
struct Turn {
    updates: Updates,
    answers: Answers,
    tally: Tally,
    /// Octets.
    peak: u64,
    logged: u64,
    /// Processor seconds of the server, and of this program.
    server: f64,
    own: f64,
}

impl Bench<'_> {
    fn turn(&self, flood: Option<u32>, number: u32, length: Duration) -> anyhow::Result<Turn> {
        let (server, own, logged) = (self.site.process(), Process::this(), self.site.logged()?);
        server.forget_peak()?;
        let (server_before, own_before) = (server.cpu_seconds()?, own.cpu_seconds()?);
        let end = Instant::now().checked_add(length).context("a length")?;
        let (updates, answers, tally) = thread::scope(|scope| {
            let tally = scope.spawn(|| self.flood(flood, end));
            let answers = scope.spawn(|| self.ask(end));
            let updates = scope.spawn(|| self.update(number, end));
            (updates.join(), answers.join(), tally.join())
        });
        let failed = |_| anyhow!("a thread failed");
        Ok(Turn {
            updates: updates.map_err(failed)??,
            answers: answers.map_err(failed)??,
            tally: tally.map_err(failed)??,
            peak: server.peak()?,
            logged: self.site.logged()?.saturating_sub(logged),
            server: server.cpu_seconds()? - server_before,
            own: own.cpu_seconds()? - own_before,
        })
    }

    fn flood(&self, networks: Option<u32>, end: Instant) -> anyhow::Result<Tally> {
        let Some(networks) = networks else { return Ok(Tally::default()) };
        wrong::run(Flood { server: self.site.http, connections: self.arguments.connections, networks }, end)
    }

    fn ask(&self, end: Instant) -> anyhow::Result<Answers> {
        resolvers::run(self.site.dns, &self.names, self.arguments.questions, end)
    }

    fn update(&self, turn: u32, end: Instant) -> anyhow::Result<Updates> {
        let period = Duration::from_secs(1).checked_div(self.arguments.updates).unwrap_or_default();
        routers::run(self.site.http, &self.routers, period, turn, end)
    }
}

// -- the tables

fn turns_table(kinds: &[(Option<u32>, Vec<Turn>)], arguments: &Arguments) -> String {
    let mut table = Table::new();
    table.set_header([
        "wrong passwords",
        "turn",
        "answered per s",
        "p50 until answered",
        "updates done",
        "of them by password",
        "failed",
        "p50",
        "p99",
        "DNS answers",
        "lost or wrong",
        "p50",
        "p99",
        "server's peak",
        "its CPU",
        "this program's CPU",
        "log",
    ]);
    for (flood, turns) in kinds {
        for (number, turn) in turns.iter().enumerate() {
            let Turn { updates, answers, tally, .. } = turn;
            let per_second = tally.answered() as f64 / arguments.seconds.max(1) as f64;
            table.add_row([
                title(*flood),
                number.saturating_add(1).to_string(),
                format!("{per_second:.0}"),
                millis(at(&tally.waits, 50)),
                updates.done.to_string(),
                updates.done_by_password.to_string(),
                updates.failed.len().to_string(),
                millis(at(&updates.waits, 50)),
                millis(at(&updates.waits, 99)),
                answers.waits.len().to_string(),
                format!("{}", answers.lost.saturating_add(answers.wrong)),
                millis(at(&answers.waits, 50)),
                millis(at(&answers.waits, 99)),
                format!("{:.1} MiB", mebibytes(turn.peak)),
                format!("{:.2} s", turn.server),
                format!("{:.2} s", turn.own),
                format!("{} kB", turn.logged / 1_000),
            ]);
        }
    }
    table.to_string()
}

fn answers_table(kinds: &[(Option<u32>, Vec<Turn>)]) -> String {
    let mut table = Table::new();
    table.set_header(["wrong passwords", "sent to", "answered", "times"]);
    for (flood, turns) in kinds.iter().filter(|(flood, _)| flood.is_some()) {
        let mut all = Tally::default();
        turns.iter().for_each(|turn| all.add(&turn.tally));
        for row in all.rows() {
            table.add_row(std::iter::once(title(*flood)).chain(row));
        }
    }
    table.to_string()
}

/// Each kind of flood against the turns without.
fn verdicts(kinds: &[(Option<u32>, Vec<Turn>)]) -> Vec<String> {
    let Some(((_, calm), floods)) = kinds.split_first() else { return Vec::new() };
    floods.iter().flat_map(|(flood, turns)| verdict(&title(*flood), calm, turns)).collect()
}

fn verdict(title: &str, calm: &[Turn], turns: &[Turn]) -> [String; 3] {
    let p99 = |turns: &[Turn]| at(&turns.iter().flat_map(|turn| turn.answers.waits.clone()).collect::<Vec<_>>(), 99);
    let ratio = f64::from(p99(turns)) / f64::from(p99(calm).max(1));
    let peak = turns.iter().map(|turn| turn.peak).max().unwrap_or_default();
    let least = calm.iter().map(|turn| turn.peak).min().unwrap_or_default();
    let more = mebibytes(peak) - mebibytes(least);
    let done: u64 = turns.iter().map(|turn| turn.updates.done).sum();
    let failed: Vec<&String> = turns.iter().flat_map(|turn| &turn.updates.failed).collect();
    let example = failed.first().map(|words| format!(", such as {words:?}")).unwrap_or_default();
    let disconnected: u64 = turns.iter().map(|turn| turn.tally.failed()).sum();
    [
        format!(
            "{title}: {done} updates done, {} failed{example}: {}; {disconnected} wrong passwords without an answer",
            failed.len(),
            held(failed.is_empty() && done > 0)
        ),
        format!(
            "{title}: p99 of DNS {} of {}, {ratio:.2} times (at most {LATENCY_BOUND}): {}",
            millis(p99(turns)),
            millis(p99(calm)),
            held(ratio <= LATENCY_BOUND)
        ),
        format!(
            "{title}: at most {:.1} MiB, {more:.1} MiB above the least peak without (at most {MEMORY_BOUND}): {}",
            mebibytes(peak),
            held(more <= MEMORY_BOUND)
        ),
    ]
}

fn held(is: bool) -> &'static str {
    if is { "held" } else { "NOT HELD" }
}

/// Below which value so many of a hundred are.
fn at(values: &[u32], percent: usize) -> u32 {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.get(values.len().saturating_mul(percent) / 100).copied().unwrap_or_default()
}

fn millis(micros: u32) -> String {
    format!("{:.3} ms", f64::from(micros) / 1e3)
}

fn mebibytes(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}
