//! The real servers over one store, a clock that stands still, and the command line beside them.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ddns_core::{Caller, Command, Settings, Timestamp};
use ddns_http::HttpSettings;
use ddns_service::{ManualClock, Options, Origin, Request, Service};
use ddns_store::{FileStore, MemoryStore, Store, StoreError};
use ddnsd::Running;
use ipnet::{IpNet, Ipv4Net};
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;

/// What a scenario's data rests in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backing {
    /// [`MemoryStore`]: the command line and a restarted server take a clone of it.
    Memory,
    /// [`FileStore`] in a directory of its own: everybody opens the file anew.
    File,
}

impl fmt::Display for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backing::Memory => "memory store",
            Backing::File => "file store",
        })
    }
}

/// 2027-01-15 08:00:00 UTC.
const BEGINNING: Timestamp = Timestamp::from_secs(1_800_000_000);
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Where a scenario plays.
pub(crate) struct Stage {
    clock: Arc<ManualClock>,
    /// None only between a stop and a start.
    running: Option<Running>,
    place: Place,
    /// How the servers are set up when they start the next time.
    setup: Setup,
}

/// What an operator, or a test, decides about a server that is not kept in the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Setup {
    list_tenant_and_version: bool,
    query_credentials: bool,
    changes_per_hour: Option<u32>,
    changes_per_network: Option<u32>,
}

enum Place {
    Memory(MemoryStore),
    File(TempDir),
}

/// What a command line left behind.
pub(crate) struct Ended {
    pub(crate) exit: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Stage {
    /// Starts the servers on an empty store.
    pub(crate) fn start(backing: Backing) -> Result<Stage, String> {
        let place = match backing {
            Backing::Memory => Place::Memory(MemoryStore::new()),
            Backing::File => Place::File(TempDir::with_prefix("ddns-scenario-").map_err(|error| error.to_string())?),
        };
        let mut stage = Stage { clock: ManualClock::at(BEGINNING), running: None, place, setup: Setup::default() };
        stage.run()?;
        Ok(stage)
    }

    /// Stops the servers gracefully and starts them on the same data.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        self.stop();
        self.run()
    }

    /// Runs a command line beside the running server.
    pub(crate) fn command(&self, words: &[String], mut stdin: &[u8]) -> Ended {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let open = || self.place.open();
        let program = ddns_cli::Program::new(&mut stdin, &mut stdout, &mut stderr).over(&open, self.clock.clone());
        let exit = program.run(std::iter::once("ddns").chain(words.iter().map(String::as_str))).code();
        let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
        Ended { exit, stdout: text(stdout), stderr: text(stderr) }
    }

    /// Lets time pass, and the service do what has become due.
    pub(crate) fn advance(&self, by: Duration) -> Result<(), String> {
        self.clock.advance(by);
        self.catch_up()
    }

    /// Lets the service look for others' changes, which it otherwise does many times a second.
    pub(crate) fn catch_up(&self) -> Result<(), String> {
        self.service().map(Service::catch_up)
    }

    /// Takes the operator's settings over, as a server does from its configuration. What is under `designate`, `dyndns` and
    /// `limits` is not in the data: a server takes it when it starts.
    pub(crate) fn settle(&mut self, settings: &str) -> Result<(), String> {
        let mut settings: Value = serde_json::from_str(settings).map_err(|error| error.to_string())?;
        let setup = Setup::taken_from(&mut settings);
        if setup != self.setup {
            self.setup = setup;
            self.restart()?;
        }
        let settings: Settings = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let request = Request::new(Caller::Local, Command::SetSettings(settings), Origin::new("configuration"));
        self.service()?.submit_blocking(request).map(drop).map_err(|error| error.to_string())
    }

    /// The code of the link in the mail that waits for an address. Nothing sends mails here, so that they stay until they are
    /// about nothing any more.
    pub(crate) fn link_code(&self, to: &str) -> Result<String, String> {
        let service = self.service()?;
        let snapshot = service.snapshot();
        let waiting = snapshot.registry.mails().filter(|mail| mail.to.as_str() == to);
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
        let code = |mail| runtime.block_on(service.link_code(mail)).map_err(|error| error.to_string());
        let codes: Vec<_> = waiting.filter_map(|mail| code(mail).transpose()).collect::<Result<_, _>>()?;
        match codes.as_slice() {
            [code] => Ok(code.expose_secret().to_owned()),
            codes => Err(format!("{} mails with a link wait for {to}", codes.len())),
        }
    }

    /// How many entries the log has ever had.
    pub(crate) fn log_entries(&self) -> Result<u64, String> {
        let newest = self.service()?.with_store(|store| store.newest()).map_err(|error| error.to_string())?;
        newest.map(|version| version.0).map_err(|error| error.to_string())
    }

    pub(crate) fn http(&self) -> Result<SocketAddr, String> {
        self.running()?.http().first().copied().ok_or_else(|| "there is no HTTP port".to_owned())
    }

    pub(crate) fn dns(&self) -> Result<SocketAddr, String> {
        self.running()?.dns().first().copied().ok_or_else(|| "there is no DNS port".to_owned())
    }

    fn service(&self) -> Result<&Service, String> {
        self.running().map(Running::service)
    }

    fn running(&self) -> Result<&Running, String> {
        self.running.as_ref().ok_or_else(|| "the server did not start again".to_owned())
    }

    fn run(&mut self) -> Result<(), String> {
        let store = self.place.open().map_err(|error| error.to_string())?;
        let options = Options { clock: self.clock.clone(), ..self.setup.options() };
        let service = Service::start(store, options).map_err(|error| error.to_string())?;
        let running = Running::start(service, &[ANY_PORT], &[ANY_PORT], self.setup.http());
        self.running = Some(running.map_err(|error| error.to_string())?);
        Ok(())
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop_blocking();
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Place {
    fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        match self {
            Place::Memory(store) => Ok(Box::new(store.clone())),
            Place::File(directory) => Ok(Box::new(FileStore::open(directory.path())?)),
        }
    }
}

impl Setup {
    fn taken_from(settings: &mut Value) -> Setup {
        let mut part =
            |name: &str| settings.as_object_mut().and_then(|settings| settings.remove(name)).unwrap_or_default();
        let (designate, dyndns, limits) = (part("designate"), part("dyndns"), part("limits"));
        let is_set = |part: &Value, key: &str| part.get(key) == Some(&Value::Bool(true));
        let limit = |key: &str| limits.get(key)?.as_u64()?.try_into().ok();
        Setup {
            list_tenant_and_version: is_set(&designate, "list_tenant_and_version"),
            query_credentials: is_set(&dyndns, "query_credentials"),
            changes_per_hour: limit("changes_per_hour"),
            changes_per_network: limit("changes_per_network"),
        }
    }

    fn options(&self) -> Options {
        let usual = Options::default();
        Options {
            changes_per_hour: self.changes_per_hour.unwrap_or(usual.changes_per_hour),
            changes_per_network: self.changes_per_network.unwrap_or(usual.changes_per_network),
            ..usual
        }
    }

    /// The scenario's own connections are a trusted proxy's, so that `from` can be told.
    fn http(&self) -> HttpSettings {
        HttpSettings {
            trusted_proxies: vec![IpNet::V4(Ipv4Net::from(Ipv4Addr::LOCALHOST))],
            base_url: "http://ddns.example".parse().ok(),
            list_tenant_and_version: self.list_tenant_and_version,
            query_credentials: self.query_credentials,
            workers: std::num::NonZeroUsize::new(1),
            ..HttpSettings::default()
        }
    }
}
