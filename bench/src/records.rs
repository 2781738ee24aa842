//! What a record costs in a domain of a few records and in one of very many, over HTTP; and what a long list takes.
//!
//! Each size has a server in a process of its own, on a store of its own on the disk. They are measured in turns, by one
//! connection that waits for each answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use comfy_table::Table;
use ddns_core::{
    AccountEdit, AccountNo, AccountState, Caller, Command, NewAccount, NewDomain, NewRecord, NewToken, Receipt,
    RecordData, Role, Scope,
};
use ddns_http::HttpSettings;
use ddns_service::{Options, Origin, Request, Service, fresh};
use ddns_store::FileStore;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::process::Process;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Records in the domain.
    #[arg(long, value_delimiter = ',', default_values_t = [50, 50_000])]
    records: Vec<u32>,
    /// Turns of each size.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Records that are made and removed in each turn.
    #[arg(long, default_value_t = 1_000)]
    each: u32,
    /// Lists that are fetched at once by callers that hardly read.
    #[arg(long, default_value_t = 32)]
    lists: usize,
    /// Where the data goes; the file system under it is what is measured.
    #[arg(long)]
    directory: Option<PathBuf>,
}

/// What to serve.
#[derive(clap::Args)]
pub(crate) struct ServeArguments {
    /// The data directory.
    directory: PathBuf,
    /// Records in the domain.
    records: u32,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let parent = arguments.directory.clone().unwrap_or_else(std::env::temp_dir);
    let directory = tempfile::tempdir_in(&parent)?;
    let mut sites = Vec::new();
    for records in &arguments.records {
        sites.push(Site::start(&directory.path().join(records.to_string()), *records)?);
    }
    let mut costs = vec![Costs::default(); sites.len()];
    for _ in 0..arguments.rounds {
        for (site, costs) in sites.iter().zip(&mut costs) {
            site.make_and_remove(arguments.each, costs)?;
        }
    }
    crate::print(&costs_table(&sites, &costs));
    crate::print(&lists_table(&sites, arguments.lists)?);
    Ok(())
}

// -- the server

/// Serves a domain of so many records until standard input ends; prints where, and with which token.
pub(crate) fn serve(arguments: &ServeArguments) -> anyhow::Result<()> {
    let store = FileStore::open(&arguments.directory)?;
    let options = Options { changes_per_hour: u32::MAX, changes_per_network: u32::MAX, ..Options::default() };
    let service = Service::start(Box::new(store), options)?;
    let owner = make_owner(&service)?;
    let domain = fill(&service, owner, arguments.records)?;
    let token = make_token(&service, owner)?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = ddns_http::serve(ddns_http::bind(&[any])?, service.clone(), HttpSettings::default())?;
    let address = server.local_addrs().first().context("an address")?;
    crate::print(&format!("{address} {domain} {token}"));
    let mut until_closed = Vec::new();
    std::io::stdin().read_to_end(&mut until_closed)?;
    drop(server);
    service.stop();
    Ok(())
}

fn make_owner(service: &Service) -> anyhow::Result<AccountNo> {
    let account = NewAccount {
        id: fresh::uuid(),
        login: "bench".parse()?,
        state: AccountState::Active,
        role: Role::User,
        max_hosts: 0,
        max_domains: 1,
        language: Default::default(),
        password: None,
    };
    let account = match ask(service, Command::AddAccount(account))? {
        Receipt::Account(account) => account.number,
        other => bail!("unexpected: {other:?}"),
    };
    let edit = AccountEdit { max_records: Some(u32::MAX), max_rrsets: Some(u32::MAX), ..AccountEdit::default() };
    ask(service, Command::SetAccount { account, edit })?;
    Ok(account)
}

fn make_token(service: &Service, account: AccountNo) -> anyhow::Result<String> {
    let (secret, digest) = fresh::token();
    let id = fresh::secret_id();
    let new = NewToken { id: fresh::uuid(), account, label: "bench".parse()?, scope: Scope::FULL, secret: id };
    service.submit_blocking(request(Command::AddToken(new)).with_secret(id, digest))?;
    Ok(secret.expose_secret().to_owned())
}

/// A domain with so many records, of one each at a name.
fn fill(service: &Service, owner: AccountNo, records: u32) -> anyhow::Result<Uuid> {
    let id = fresh::uuid();
    let domain = NewDomain {
        id,
        name: "bench.example".parse()?,
        owner: Some(owner),
        shared: false,
        email: None,
        ttl: None,
        description: None,
    };
    ask(service, Command::AddDomain(domain))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut waiting = tokio::task::JoinSet::new();
        for number in 0..records {
            let new = NewRecord {
                id: fresh::uuid(),
                name: format!("host{number:07}.bench.example").parse()?,
                data: RecordData::A(Ipv4Addr::from(0x0a00_0000_u32.saturating_add(number))),
                ttl: None,
                description: None,
                domain: None,
                narrow: false,
            };
            let service = service.clone();
            waiting.spawn(async move { service.submit(request(Command::AddRecord(new))).await });
            while waiting.len() >= 2_000 {
                waiting.join_next().await.context("a task")???;
            }
        }
        while let Some(done) = waiting.join_next().await {
            done??;
        }
        anyhow::Ok(())
    })?;
    Ok(id)
}

fn ask(service: &Service, command: Command) -> anyhow::Result<Receipt> {
    Ok(service.submit_blocking(request(command))?.receipt)
}

fn request(command: Command) -> Request {
    Request::new(Caller::Local, command, Origin::new("bench"))
}

// -- the caller

/// A server in a process of its own.
struct Site {
    process: Child,
    records: u32,
    address: SocketAddr,
    domain: String,
    token: String,
}

impl Site {
    fn start(directory: &Path, records: u32) -> anyhow::Result<Site> {
        let mut process = std::process::Command::new(std::env::current_exe()?)
            .args(["serve-records", &directory.display().to_string(), &records.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("its output")?).read_line(&mut line)?;
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [address, domain, token] = words.as_slice() else { bail!("the server said {line:?}") };
        let (address, domain, token) = (address.parse()?, (*domain).to_owned(), (*token).to_owned());
        Ok(Site { process, records, address, domain, token })
    }

    /// Makes records and removes them again, and adds what that cost the server.
    fn make_and_remove(&self, count: u32, costs: &mut Costs) -> anyhow::Result<()> {
        let mut connection = Connection::open(self)?;
        let before = self.process().cpu_seconds()?;
        let mut made = Vec::new();
        for number in 0..count {
            let body = format!(
                "{{\"name\":\"new{number}.bench.example.\",\"type\":\"A\",\"data\":\"192.0.2.{}\"}}",
                number % 250
            );
            let started = Instant::now();
            let answer = connection.ask("POST", "", &body)?;
            costs.waits.push(u32::try_from(started.elapsed().as_micros())?);
            made.push(id_in(&answer)?);
        }
        let between = self.process().cpu_seconds()?;
        for id in made {
            connection.ask("DELETE", &format!("/{id}"), "")?;
        }
        let after = self.process().cpu_seconds()?;
        costs.made.push((between - before) / f64::from(count));
        costs.removed.push((after - between) / f64::from(count));
        Ok(())
    }

    fn process(&self) -> Process {
        Process::of(&self.process)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ended = self.process.wait();
    }
}

/// One connection that is kept.
struct Connection<'s> {
    stream: BufReader<TcpStream>,
    site: &'s Site,
}

impl Connection<'_> {
    fn open(site: &Site) -> anyhow::Result<Connection<'_>> {
        let stream = TcpStream::connect(site.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Connection { stream: BufReader::new(stream), site })
    }

    fn send(&mut self, method: &str, below: &str, body: &str) -> anyhow::Result<()> {
        let Site { domain, token, .. } = self.site;
        let request = format!(
            "{method} /v1/domains/{domain}/records{below} HTTP/1.1\r\nHost: bench\r\nX-Auth-Token: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Ok(self.stream.get_mut().write_all(request.as_bytes())?)
    }

    /// Asks, and takes the whole answer, which has a length.
    fn ask(&mut self, method: &str, below: &str, body: &str) -> anyhow::Result<String> {
        self.send(method, below, body)?;
        let length = self.head()?.context("a length")?;
        let mut octets = vec![0; length];
        self.stream.read_exact(&mut octets)?;
        Ok(String::from_utf8(octets)?)
    }

    /// Takes the head of an answer, which says success, and the body's length if it has one.
    fn head(&mut self) -> anyhow::Result<Option<usize>> {
        let mut length = None;
        let mut status = String::new();
        self.stream.read_line(&mut status)?;
        if !status.starts_with("HTTP/1.1 200 ") {
            bail!("the server said {status:?}");
        }
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                return Ok(length);
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse()?);
            }
        }
    }

    /// Takes a body that comes in parts, or with a length; tells its length.
    fn drain(&mut self, length: Option<usize>) -> anyhow::Result<usize> {
        if let Some(length) = length {
            self.stream.read_exact(&mut vec![0; length])?;
            return Ok(length);
        }
        let mut octets = 0usize;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let part = usize::from_str_radix(line.trim(), 16)?;
            self.stream.read_exact(&mut vec![0; part.saturating_add(2)])?;
            if part == 0 {
                return Ok(octets);
            }
            octets = octets.saturating_add(part);
        }
    }
}

fn id_in(answer: &str) -> anyhow::Result<String> {
    let id = answer.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(id.context("an id")?.to_owned())
}

// -- the tables

/// What was measured of one size.
#[derive(Clone, Default)]
struct Costs {
    /// Processor seconds of the server for each record, by turn.
    made: Vec<f64>,
    removed: Vec<f64>,
    /// Microseconds until the answer.
    waits: Vec<u32>,
}

fn costs_table(sites: &[Site], costs: &[Costs]) -> String {
    let mut table = Table::new();
    table.set_header([
        "records in the domain",
        "CPU per record made (of each turn)",
        "p50 wait",
        "p99 wait",
        "CPU per record removed",
    ]);
    for (site, costs) in sites.iter().zip(costs) {
        let mut waits = costs.waits.clone();
        waits.sort_unstable();
        let at = |percent: usize| waits.get(waits.len().saturating_mul(percent) / 100).copied().unwrap_or_default();
        let turns: Vec<String> = costs.made.iter().map(|secs| format!("{:.0}", secs * 1e6)).collect();
        table.add_row([
            site.records.to_string(),
            format!("{:.0} µs ({})", mean(&costs.made) * 1e6, turns.join(" ")),
            format!("{} µs", at(50)),
            format!("{} µs", at(99)),
            format!("{:.0} µs", mean(&costs.removed) * 1e6),
        ]);
    }
    table.to_string()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn lists_table(sites: &[Site], lists: usize) -> anyhow::Result<String> {
    let mut table = Table::new();
    let many = format!("memory for {lists} at once, hardly read");
    table.set_header([
        "records in the domain",
        "octets of the list",
        "first octet",
        "whole list",
        "memory for one",
        &many,
    ]);
    for site in sites {
        site.process().forget_peak()?;
        let start = site.process().peak()?;
        let began = Instant::now();
        let mut connection = Connection::open(site)?;
        connection.send("GET", "", "")?;
        let length = connection.head()?;
        let first = began.elapsed();
        let octets = connection.drain(length)?;
        let whole = began.elapsed();
        let one = site.process().peak()?.saturating_sub(start);
        let held = hold_many(site, lists)?;
        table.add_row([
            site.records.to_string(),
            octets.to_string(),
            format!("{:.1} ms", first.as_secs_f64() * 1e3),
            format!("{:.1} ms", whole.as_secs_f64() * 1e3),
            format!("{} kB", one / 1_000),
            format!("{} kB", held / 1_000),
        ]);
    }
    Ok(table.to_string())
}

/// What many lists take that are asked for at once and read no further than their heads for a while; then they are taken
/// whole.
fn hold_many(site: &Site, lists: usize) -> anyhow::Result<u64> {
    site.process().forget_peak()?;
    let start = site.process().peak()?;
    let mut connections = Vec::new();
    for _ in 0..lists {
        let mut connection = Connection::open(site)?;
        connection.send("GET", "", "")?;
        let length = connection.head()?;
        connections.push((connection, length));
    }
    std::thread::sleep(Duration::from_secs(1));
    let held = site.process().peak()?.saturating_sub(start);
    for (mut connection, length) in connections {
        connection.drain(length)?;
    }
    Ok(held)
}
