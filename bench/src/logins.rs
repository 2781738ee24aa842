//! Whether the answer to a wrong password tells if there is such an account: by its status, its headers, its body or its time.
//!
//! One connection asks, the kinds of logins mixed at random, each time with another password and, where there is no account,
//! another login. The server has a process of its own and slows nobody down: what is measured is what there is to learn with
//! all the patience in the world.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::ValueEnum;
use comfy_table::Table;
use ddns_core::{AccountState, Caller, Command, NewAccount, Role};
use ddns_http::HttpSettings;
use ddns_service::{Options, Origin, Request, Service, fresh};
use ddns_store::FileStore;
use secrecy::SecretString;

use crate::http::{Answer, Target};
use crate::welch;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Requests with each kind of login by each timed dialect.
    #[arg(long, default_value_t = 5_000)]
    requests: usize,
    /// Likewise by each dialect whose answers alone are compared.
    #[arg(long, default_value_t = 25)]
    answers: usize,
    /// The dialects that are timed.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Dialect::TwoDns, Dialect::Dyndns2])]
    timed: Vec<Dialect>,
    /// The kinds of logins that are compared with those that do not exist.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Known, Kind::Suspended, Kind::WithoutPassword, Kind::Unconfirmed])]
    kinds: Vec<Kind>,
    /// What the order is drawn from.
    #[arg(long, default_value_t = 0x5eed)]
    seed: u64,
    /// Where the data goes.
    #[arg(long)]
    directory: Option<PathBuf>,
}

/// What to serve.
#[derive(clap::Args)]
pub(crate) struct ServeArguments {
    /// The data directory.
    directory: PathBuf,
}

/// What may be with a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Nobody has it.
    Unknown,
    /// An active account, and the password is wrong.
    Known,
    /// A suspended account, and the password is wrong.
    Suspended,
    /// An active account that signs in by tokens alone.
    WithoutPassword,
    /// An account that somebody has asked for and not confirmed.
    Unconfirmed,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Dialect {
    TwoDns,
    Dyndns2,
    Clients,
    Designate,
    Httpreq,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = match &arguments.directory {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let site = Site::start(&directory.path().join("data"))?;
    let mut kinds = vec![Kind::Unknown];
    kinds.extend(arguments.kinds.iter().copied().filter(|kind| *kind != Kind::Unknown));
    let mut random = Random(arguments.seed);
    let mut results = Vec::new();
    for dialect in Dialect::value_variants() {
        let timed = arguments.timed.contains(dialect);
        let requests = if timed { arguments.requests } else { arguments.answers };
        let measured = measure(&site, *dialect, &kinds, requests, &mut random)?;
        results.push((*dialect, timed, measured));
    }
    crate::print(&format!("seed {:#x}", arguments.seed));
    crate::print(&times_table(&results));
    crate::print(&answers_table(&results));
    for words in verdicts(&results) {
        crate::print(&words);
    }
    Ok(())
}

// -- the server

/// Serves accounts of all kinds until standard input ends; prints where.
pub(crate) fn serve(arguments: &ServeArguments) -> anyhow::Result<()> {
    let store = FileStore::open(&arguments.directory)?;
    let service = Service::start(Box::new(store), Options { slow_sign_ins: false, ..Options::default() })?;
    for kind in Kind::value_variants() {
        add(&service, *kind)?;
    }
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = ddns_http::serve(ddns_http::bind(&[any])?, service.clone(), HttpSettings::default())?;
    crate::print(&server.local_addrs().first().context("an address")?.to_string());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    drop(server);
    service.stop();
    Ok(())
}

fn add(service: &Service, kind: Kind) -> anyhow::Result<()> {
    let state = match kind {
        Kind::Unknown => return Ok(()),
        Kind::Known | Kind::WithoutPassword => AccountState::Active,
        Kind::Suspended => AccountState::Suspended,
        Kind::Unconfirmed => AccountState::Unconfirmed,
    };
    let secret = fresh::secret_id();
    let has_password = kind != Kind::WithoutPassword;
    let account = NewAccount {
        id: fresh::uuid(),
        login: kind.login(0).parse()?,
        state,
        role: Role::User,
        max_hosts: 5,
        max_domains: 0,
        language: Default::default(),
        password: has_password.then_some(secret),
    };
    let mut request = Request::new(Caller::Local, Command::AddAccount(account), Origin::new("bench"));
    if has_password {
        let password = fresh::password(&SecretString::from("correct horse battery"))?;
        request = request.with_secret(secret, password);
    }
    service.submit_blocking(request)?;
    Ok(())
}

impl Kind {
    /// All are of one length, and of the same letters and digits.
    fn login(self, number: u64) -> String {
        match self {
            Kind::Unknown => format!("nobody{:06}@bench.example", number % 1_000_000),
            Kind::Known => "person000001@bench.example".to_owned(),
            Kind::Suspended => "person000002@bench.example".to_owned(),
            Kind::WithoutPassword => "person000003@bench.example".to_owned(),
            Kind::Unconfirmed => "person000004@bench.example".to_owned(),
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Kind::Unknown => "unknown",
            Kind::Known => "known",
            Kind::Suspended => "suspended",
            Kind::WithoutPassword => "without a password",
            Kind::Unconfirmed => "unconfirmed",
        }
    }
}

impl Dialect {
    const fn title(self) -> &'static str {
        match self {
            Dialect::TwoDns => "Two-DNS, GET /users/me",
            Dialect::Dyndns2 => "dyndns2, GET /nic/update",
            Dialect::Clients => "clients, GET /ddns/clients/box",
            Dialect::Designate => "Designate, GET /v1/domains",
            Dialect::Httpreq => "httpreq, POST /present",
        }
    }

    const fn target(self) -> Target {
        match self {
            Dialect::TwoDns => Target::get("/users/me"),
            Dialect::Dyndns2 => Target::get("/nic/update?hostname=home.dyn.example&myip=192.0.2.1"),
            Dialect::Clients => Target::get("/ddns/clients/box"),
            Dialect::Designate => Target::get("/v1/domains"),
            Dialect::Httpreq => Target {
                method: "POST",
                path: "/present",
                body: r#"{"fqdn":"_acme-challenge.home.dyn.example.","value":"x"}"#,
            },
        }
    }
}

// -- the measurement

/// What was seen of one kind of login.
struct Measured {
    kind: Kind,
    /// Microseconds until the whole answer.
    times: Vec<f64>,
    /// The different answers, without what is different in each.
    answers: BTreeSet<String>,
}

fn measure(
    site: &Site,
    dialect: Dialect,
    kinds: &[Kind],
    requests: usize,
    random: &mut Random,
) -> anyhow::Result<Vec<Measured>> {
    let new = |kind: &Kind| Measured { kind: *kind, times: Vec::new(), answers: BTreeSet::new() };
    let mut all: Vec<Measured> = kinds.iter().map(new).collect();
    let mut caller = site.call()?;
    // The first of everything takes longer, whoever it is about.
    for kind in kinds {
        for _ in 0..20.min(requests) {
            caller.ask(&site.request(dialect, *kind, random))?;
        }
    }
    let mut order: Vec<usize> = (0..kinds.len()).flat_map(|kind| std::iter::repeat_n(kind, requests)).collect();
    random.shuffle(&mut order);
    let mut progress = Progress::new(dialect.title(), order.len());
    for kind in order {
        let measured = all.get_mut(kind).context("a kind")?;
        let request = site.request(dialect, measured.kind, random);
        let (time, answer) = caller.ask(&request)?;
        measured.times.push(time.as_secs_f64() * 1e6);
        measured.answers.insert(answer);
        progress.step();
    }
    Ok(all)
}

/// Says on standard error how far it is.
struct Progress {
    title: &'static str,
    began: Instant,
    all: usize,
    done: usize,
}

impl Progress {
    fn new(title: &'static str, all: usize) -> Progress {
        Progress { title, began: Instant::now(), all, done: 0 }
    }

    fn step(&mut self) {
        let before = self.percent();
        self.done = self.done.saturating_add(1);
        let now = self.percent();
        if now / 10 > before / 10 {
            let left = self.began.elapsed().as_secs_f64() * (100.0 / now as f64 - 1.0);
            eprintln!("{}: {now} % of {}, {left:.0} s left", self.title, self.all);
        }
    }

    fn percent(&self) -> usize {
        self.done.saturating_mul(100).checked_div(self.all).unwrap_or(100)
    }
}

/// xorshift64*: the order is the same with the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.max(1);
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn shuffle<T>(&mut self, values: &mut [T]) {
        for end in (1..values.len()).rev() {
            let bound = u64::try_from(end).unwrap_or(u64::MAX).saturating_add(1);
            let other = self.next().checked_rem(bound).and_then(|other| usize::try_from(other).ok());
            values.swap(end, other.unwrap_or_default());
        }
    }
}

// -- the caller

/// A server in a process of its own.
struct Site {
    process: Child,
    address: SocketAddr,
}

impl Site {
    fn start(directory: &Path) -> anyhow::Result<Site> {
        let mut process = std::process::Command::new(std::env::current_exe()?)
            .arg("serve-logins")
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("its output")?).read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| format!("the server said {line:?}"))?;
        Ok(Site { process, address })
    }

    fn call(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Connection { stream, octets: Vec::new() })
    }

    /// A password of one length that nobody has tried yet.
    fn request(&self, dialect: Dialect, kind: Kind, random: &mut Random) -> Vec<u8> {
        let login = kind.login(random.next());
        dialect.target().request(&login, &format!("{:016x}", random.next()), true)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ended = self.process.wait();
    }
}

struct Connection {
    stream: TcpStream,
    octets: Vec<u8>,
}

impl Connection {
    /// The time until the whole answer, and what it says.
    fn ask(&mut self, request: &[u8]) -> anyhow::Result<(Duration, String)> {
        self.octets.clear();
        let mut part = [0; 4_096];
        let began = Instant::now();
        self.stream.write_all(request)?;
        loop {
            let length = self.stream.read(&mut part)?;
            let took = began.elapsed();
            self.octets.extend(part.get(..length).context("a length")?);
            if let Some(answer) = Answer::read(&self.octets) {
                return Ok((took, words(answer)));
            }
            if length == 0 {
                bail!("the server ended the connection");
            }
        }
    }
}

/// An answer without what is different in each: the time of day, and the number of the request.
fn words(answer: Answer<'_>) -> String {
    let head = answer.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    let head: Vec<String> = head.map(without_id).collect();
    format!("{}\n\n{}", head.join("\n"), without_id(&String::from_utf8_lossy(answer.body)))
}

/// A text in which each UUID is the same.
fn without_id(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let id = rest.get(..36).filter(|id| uuid::Uuid::try_parse(id).is_ok());
        words.push_str(if id.is_some() { "ID" } else { rest.get(..first.len_utf8()).unwrap_or_default() });
        rest = rest.get(id.map_or(first.len_utf8(), str::len)..).unwrap_or_default();
    }
    words
}

// -- the tables

type Results = [(Dialect, bool, Vec<Measured>)];

fn times_table(results: &Results) -> String {
    let mut table = Table::new();
    let crops =
        welch::CROPS.map(|percent| if percent == 100 { "|t|".to_owned() } else { format!("fastest {percent} %") });
    let header = ["dialect", "login", "requests", "mean", "p50", "p99"].map(str::to_owned);
    table.set_header(header.into_iter().chain(crops));
    for (dialect, _, measured) in results.iter().filter(|(_, timed, _)| *timed) {
        let Some((unknown, others)) = measured.split_first() else { continue };
        table.add_row(times(*dialect, unknown).into_iter().chain(welch::CROPS.map(|_| String::new())));
        for other in others {
            let t = welch::cropped(&other.times, &unknown.times).map(|t| format!("{:.2}", t.abs()));
            table.add_row(times(*dialect, other).into_iter().chain(t));
        }
    }
    table.to_string()
}

fn times(dialect: Dialect, measured: &Measured) -> [String; 6] {
    let mut sorted = measured.times.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |percent: usize| sorted.get(sorted.len().saturating_mul(percent) / 100).copied().unwrap_or_default();
    let millis = |micros: f64| format!("{:.3} ms", micros / 1e3);
    [
        dialect.title().to_owned(),
        measured.kind.title().to_owned(),
        sorted.len().to_string(),
        millis(welch::mean(&sorted)),
        millis(at(50)),
        millis(at(99)),
    ]
}

fn answers_table(results: &Results) -> String {
    let mut table = Table::new();
    table.set_header(["dialect", "login", "requests", "status", "different answers", "as to unknown logins"]);
    for (dialect, _, measured) in results {
        let Some(unknown) = measured.first() else { continue };
        for one in measured {
            let status = one.answers.iter().filter_map(|words| words.split(' ').nth(1));
            table.add_row([
                dialect.title().to_owned(),
                one.kind.title().to_owned(),
                one.times.len().to_string(),
                status.collect::<Vec<_>>().join(" "),
                one.answers.len().to_string(),
                if one.answers == unknown.answers { "the same" } else { "DIFFERENT" }.to_owned(),
            ]);
        }
    }
    table.to_string()
}

fn verdicts(results: &Results) -> [String; 2] {
    let same = results.iter().all(|(.., measured)| {
        measured.iter().all(|one| measured.first().is_some_and(|unknown| unknown.answers == one.answers))
    });
    let mut most = [0.0_f64; welch::CROPS.len()];
    for (.., measured) in results.iter().filter(|(_, timed, _)| *timed) {
        let Some((unknown, others)) = measured.split_first() else { continue };
        for other in others {
            let ts = welch::cropped(&other.times, &unknown.times);
            for (most, t) in most.iter_mut().zip(ts) {
                *most = most.max(t.abs());
            }
        }
    }
    let [all, cropped @ ..] = most;
    let cropped = cropped.into_iter().fold(0.0, f64::max);
    let held = |is: bool| if is { "held" } else { "NOT HELD" };
    let bound = welch::BOUND;
    [
        format!("status, headers and body do not tell: {}", held(same)),
        format!(
            "the time does not tell: |t| at most {all:.2} of all, {cropped:.2} without the slowest (bound {bound}): {}",
            held(all.max(cropped) < bound)
        ),
    ]
}
