//! Durable updates through the registry, without HTTP: what one update costs, and how many there are a second.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use comfy_table::Table;
use ddns_core::{
    AccountNo, AccountState, Caller, Command, Fqdn, HostEdit, HostTtl, Identity, NewAccount, NewDomain, NewHost,
    Receipt, Role, Together,
};
use ddns_service::{Options, Origin, Request, Service, fresh};
use ddns_store::FileStore;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Hosts in the registry.
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000])]
    hosts: Vec<u32>,
    /// Writers that each wait for their update before they send the next.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
    writers: Vec<usize>,
    /// Seconds for each number of writers.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Log entries behind which the entity tables may stay; 0 folds in every commit.
    #[arg(long, default_value_t = ddns_core::policy::FOLD_ENTRIES)]
    fold_every: usize,
    /// Where the data goes; the file system under it is what is measured.
    #[arg(long)]
    directory: Option<PathBuf>,
}

/// What to load.
#[derive(clap::Args)]
pub(crate) struct LoadArguments {
    /// The data directory.
    directory: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let parent = arguments.directory.clone().unwrap_or_else(std::env::temp_dir);
    for (round, hosts) in arguments.hosts.iter().enumerate() {
        let directory = tempfile::tempdir_in(&parent)?;
        let data = directory.path().join("data");
        let filled = Instant::now();
        fill(&data, *hosts)?;
        crate::print(&format!("\n{hosts} hosts (filled in {:.1} s)", filled.elapsed().as_secs_f64()));
        crate::print(&child(&["load", &data.display().to_string()])?);
        if round == 0 {
            crate::print(&measure(&data, *hosts, arguments)?);
        }
    }
    Ok(())
}

/// Runs this program again, so that memory is that of a fresh process.
fn child(arguments: &[&str]) -> anyhow::Result<String> {
    let output = std::process::Command::new(std::env::current_exe()?).args(arguments).output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

pub(crate) fn load(arguments: &LoadArguments) -> anyhow::Result<()> {
    let before = resident()?;
    let started = Instant::now();
    let service = open(&arguments.directory, ddns_core::policy::FOLD_ENTRIES)?;
    let took = started.elapsed().as_secs_f64();
    let after = resident()?;
    let hosts = service.snapshot().registry.hosts().count();
    let mut table = Table::new();
    table.set_header(["loaded hosts", "load time", "resident", "of it before loading"]);
    table.add_row([hosts.to_string(), format!("{took:.2} s"), megabytes(after), megabytes(before)]);
    crate::print(&table.to_string());
    service.stop();
    Ok(())
}

fn megabytes(octets: u64) -> String {
    format!("{} MB", octets / 1_000_000)
}

fn open(directory: &Path, fold_every: usize) -> anyhow::Result<Service> {
    let store = FileStore::open(directory)?.fold_every(fold_every);
    let options = Options { changes_per_hour: u32::MAX, changes_per_network: u32::MAX, ..Options::default() };
    Ok(Service::start(Box::new(store), options)?)
}

fn host_name(number: u32) -> anyhow::Result<Fqdn> {
    Ok(format!("host{number:07}.dyn.example").parse()?)
}

/// One shared domain, one account, and its hosts.
fn fill(directory: &Path, hosts: u32) -> anyhow::Result<()> {
    let service = open(directory, ddns_core::policy::FOLD_ENTRIES)?;
    let owner = make_owner(&service, hosts)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut waiting = tokio::task::JoinSet::new();
        for number in 0..hosts {
            let address = std::net::Ipv4Addr::from(0x0a00_0000_u32.saturating_add(number)).try_into().ok();
            let new = NewHost {
                name: host_name(number)?,
                owner,
                ipv4: address,
                ipv6: None,
                ttl: HostTtl::S60,
                wildcard: false,
                suffix: None,
                heartbeat: None,
            };
            let service = service.clone();
            waiting.spawn(async move { service.submit(request(Caller::Local, Command::AddHost(new))).await });
            while waiting.len() >= 2_000 {
                waiting.join_next().await.context("a task")???;
            }
        }
        while let Some(done) = waiting.join_next().await {
            done??;
        }
        anyhow::Ok(())
    })?;
    service.stop();
    Ok(())
}

fn make_owner(service: &Service, hosts: u32) -> anyhow::Result<AccountNo> {
    let domain = NewDomain {
        id: fresh::uuid(),
        name: "dyn.example".parse()?,
        owner: None,
        shared: true,
        email: None,
        ttl: None,
        description: None,
    };
    service.submit_blocking(request(Caller::Local, Command::AddDomain(domain)))?;
    let account = NewAccount {
        id: fresh::uuid(),
        login: "bench".parse()?,
        state: AccountState::Active,
        role: Role::User,
        max_hosts: hosts,
        max_domains: 0,
        language: Default::default(),
        password: None,
    };
    let reply = service.submit_blocking(request(Caller::Local, Command::AddAccount(account)))?;
    match reply.receipt {
        Receipt::Account(account) => Ok(account.number),
        other => bail!("unexpected: {other:?}"),
    }
}

fn request(caller: Caller, command: Command) -> Request {
    Request::new(caller, command, Origin::new("bench"))
}

fn measure(directory: &Path, hosts: u32, arguments: &Arguments) -> anyhow::Result<String> {
    let mut table = Table::new();
    table.set_header([
        "writers",
        "durable updates/s",
        "CPU s per 1000",
        "bytes written per update",
        "commits per update",
        "mean wait",
        "p99 wait",
    ]);
    for writers in &arguments.writers {
        let service = open(directory, arguments.fold_every)?;
        table.add_row(one_row(&service, hosts, *writers, Duration::from_secs(arguments.seconds))?);
        service.stop();
    }
    Ok(table.to_string())
}

fn one_row(service: &Service, hosts: u32, writers: usize, duration: Duration) -> anyhow::Result<Vec<String>> {
    let snapshot = service.snapshot();
    let owner = snapshot.registry.accounts().next().context("an account")?.number;
    let commits = count_commits(service);
    let (cpu, written, started) = (cpu_seconds()?, bytes_written()?, Instant::now());
    let mut waits = drive(service, owner, hosts, writers, duration)?;
    let took = started.elapsed().as_secs_f64();
    let (cpu, written) = (cpu_seconds()? - cpu, bytes_written()?.saturating_sub(written));
    let done = waits.len() as f64;
    waits.sort_unstable();
    let mean = waits.iter().map(|wait| f64::from(*wait)).sum::<f64>() / done;
    let p99 = waits.get(waits.len().saturating_mul(99) / 100).copied().unwrap_or_default();
    Ok(vec![
        writers.to_string(),
        format!("{:.0}", done / took),
        format!("{:.4}", cpu * 1_000.0 / done),
        format!("{:.0}", written as f64 / done),
        format!("{:.3}", commits.load(Ordering::Relaxed) as f64 / done),
        format!("{mean:.0} µs"),
        format!("{p99} µs"),
    ])
}

/// Each commit is one sync of the journal.
fn count_commits(service: &Service) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let (mut feed, counted) = (service.changes(), count.clone());
    std::thread::spawn(move || {
        loop {
            match feed.blocking_recv() {
                Ok(_) => drop(counted.fetch_add(1, Ordering::Relaxed)),
                Err(tokio::sync::broadcast::error::RecvError::Lagged(missed)) => {
                    counted.fetch_add(missed, Ordering::Relaxed);
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => break,
            }
        }
    });
    count
}

/// Lets writers update random hosts to fresh addresses, each waiting for its answer; gives back the waits in µs.
fn drive(
    service: &Service,
    owner: AccountNo,
    hosts: u32,
    writers: usize,
    duration: Duration,
) -> anyhow::Result<Vec<u32>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let (service, stop) = (service.clone(), stop.clone());
            let random = Random((writer as u64).wrapping_mul(0x9e37_79b9));
            runtime.spawn(write(service, owner, hosts, random, stop))
        })
        .collect();
    std::thread::sleep(duration);
    stop.store(true, Ordering::Relaxed);
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(runtime.block_on(task)??);
    }
    Ok(waits)
}

async fn write(
    service: Service,
    owner: AccountNo,
    hosts: u32,
    mut random: Random,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<Vec<u32>> {
    let caller = Caller::Account(Identity { account: owner, token: None, source: None });
    let mut waits = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let host = host_name(random.below(hosts))?;
        let address = std::net::IpAddr::from(std::net::Ipv4Addr::from(0x0b00_0000 | random.below(0x00ff_ffff)));
        let edit = HostEdit::default().with_address(address.try_into()?);
        let command = Command::SetHosts { hosts: vec![host], edit, together: Together::Each };
        let started = Instant::now();
        service.submit(request(caller.clone(), command)).await?;
        waits.push(u32::try_from(started.elapsed().as_micros())?);
    }
    Ok(waits)
}

/// A small generator (splitmix64): the same work in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = (mixed ^ (mixed >> 31)) >> 32;
        u32::try_from(high.wrapping_mul(u64::from(bound)) >> 32).unwrap_or_default()
    }
}

/// Resident memory of this process in octets.
fn resident() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes.saturating_mul(1_024))
}

/// Processor seconds of this process so far.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("stat")?.split_ascii_whitespace().collect();
    let ticks = |index: usize| -> anyhow::Result<f64> { Ok(fields.get(index).context("stat")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

/// Octets that this process has had written to disks so far.
fn bytes_written() -> anyhow::Result<u64> {
    let io = std::fs::read_to_string("/proc/self/io")?;
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).context("write_bytes")?;
    Ok(line.parse()?)
}
