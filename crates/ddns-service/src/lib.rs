//! The live registry: commands in, one writer, durable before served, served before acknowledged.
//!
//! [`Service::submit`] is the only way in. A single writer thread drains a bounded queue, decides the commands one after
//! the other on the newest state, commits all their changes with one sync, publishes the new snapshot, and only then
//! answers. [`Service::snapshot`] is the only way to look: a value that never changes, taken without a lock.
//!
//! ```
//! use std::sync::Arc;
//! use ddns_core::*;
//! use ddns_service::{Options, Origin, Request, Service};
//! use ddns_store::MemoryStore;
//!
//! let service = Service::start(Box::new(MemoryStore::new()), Options::default())?;
//! let domain = NewDomain {
//!     id: ddns_service::fresh::uuid(), name: "dyn.example".parse()?, owner: None, shared: true,
//!     email: None, ttl: None, description: None,
//! };
//! let request = Request::new(Caller::Local, Command::AddDomain(domain), Origin::new("example"));
//! let reply = service.submit_blocking(request)?;
//! assert!(reply.changed);
//! assert_eq!(service.snapshot().registry.domains().count(), 1);
//! service.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auth;
mod budget;
mod clock;
pub mod fresh;
mod heartbeats;
mod links;
mod signs;
mod snapshot;
mod soft;
mod writer;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use crossbeam_channel::{Sender, TrySendError};
use ddns_core::{
    Caller, Change, Command, Fqdn, Identity, Login, Receipt, Refusal, SecretId, Timestamp, decide, policy,
    zone::ZoneDifference,
};
use ddns_store::{Secret, SoftKey, SoftRefusal, SoftState, Store, StoreError, Version, Watch};
use tokio::sync::{broadcast, oneshot};

pub use auth::{AuthError, Authenticated, HashError};
pub use budget::Allowance;
use budget::Stake;
pub use clock::{Clock, ManualClock, SystemClock};
pub use links::{Link, LinkVoid, Purpose};
use signs::Mention;
pub use snapshot::Snapshot;
use writer::{Job, Message, Writer};

/// A handle on the live registry; clone it freely.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    queue: Sender<Message>,
    watch: Box<dyn Watch>,
    hasher: auth::Hasher,
    gate: auth::Gate,
    budget: Arc<budget::Budget>,
    strangers: budget::Strangers,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer and the handles share.
pub(crate) struct Shared {
    pub(crate) snapshot: ArcSwap<Snapshot>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) soft: soft::Soft,
    pub(crate) heartbeats: heartbeats::Heartbeats,
    pub(crate) committed: broadcast::Sender<Arc<Committed>>,
    pub(crate) trouble: Mutex<Option<String>>,
    pub(crate) stopping: AtomicBool,
}

/// How a service runs.
#[derive(Clone)]
pub struct Options {
    /// Where it reads the time.
    pub clock: Arc<dyn Clock>,
    /// Commands that may wait for the writer; one more is answered [`ServiceError::Busy`].
    pub queue: usize,
    /// Changes that may be made in an hour under one token, or under one account's password; one more is answered
    /// [`ServiceError::Limited`].
    pub changes_per_hour: u32,
    /// Changes that may be made in an hour from one network, an IPv4 address or an IPv6 /64; one more is answered
    /// [`ServiceError::Limited`].
    pub changes_per_network: u32,
    /// Requests that strangers of one network may make in an hour; one more is answered [`ServiceError::Limited`].
    pub strangers_per_hour: u32,
    /// Whether those whose sign-ins fail again and again are slowed, and answered [`AuthError::Limited`].
    pub slow_sign_ins: bool,
    /// Whether it folds, prunes and flushes when there is time, and takes offline what has to report and does not. A command
    /// line that lives for a moment leaves that to the server.
    pub housekeeping: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            clock: Arc::new(SystemClock),
            queue: policy::QUEUE,
            changes_per_hour: policy::CHANGES_PER_HOUR,
            changes_per_network: policy::CHANGES_PER_NETWORK,
            strangers_per_hour: policy::STRANGERS_PER_HOUR,
            slow_sign_ins: true,
            housekeeping: true,
        }
    }
}

/// A command with everything that goes with it.
#[derive(Debug)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// What for.
    pub command: Command,
    /// By which way.
    pub origin: Origin,
    /// Secrets that the command leads to for the first time.
    pub secrets: Vec<(SecretId, Secret)>,
}

/// By which way a command came; goes into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The dialect's name.
    pub dialect: &'static str,
    /// The address the caller came from, seen through trusted proxies.
    pub source: Option<IpAddr>,
}

impl Origin {
    /// A way without a source address.
    pub const fn new(dialect: &'static str) -> Origin {
        Origin { dialect, source: None }
    }

    /// A way over the network.
    pub const fn from(dialect: &'static str, source: IpAddr) -> Origin {
        Origin { dialect, source: Some(source) }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.dialect)?;
        self.source.map_or(Ok(()), |source| write!(f, " {source}"))
    }
}

impl Request {
    /// A command without secrets.
    pub fn new(caller: Caller, command: Command, origin: Origin) -> Request {
        Request { caller, command, origin, secrets: Vec::new() }
    }

    /// The same with a secret that it leads to.
    #[must_use]
    pub fn with_secret(mut self, id: SecretId, secret: Secret) -> Request {
        self.secrets.push((id, secret));
        self
    }
}

/// What a caller is told: its changes are durable and served.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What became of the command.
    pub receipt: Receipt,
    /// Whether it changed anything.
    pub changed: bool,
    /// The state in which it is so.
    pub snapshot: Arc<Snapshot>,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// The rules are against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// More commands are waiting than the writer can take; try again.
    #[error("the service is busy; try again in a moment")]
    Busy,
    /// As many changes as may be made in an hour have been made under this credential, or from this network.
    #[error("too many changes in this hour; try again in the next")]
    Limited,
    /// The store cannot be written; nothing was acknowledged.
    #[error("the service cannot store changes at present: {0}")]
    Unavailable(String),
}

/// One commit, as the change feed tells it.
#[derive(Debug)]
pub struct Committed {
    /// The version after it.
    pub version: Version,
    /// What changed, in order.
    pub changes: Vec<Change>,
    /// What it made of each touched zone.
    pub differences: Vec<ZoneDifference>,
}

/// Whether the service takes changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it does.
    pub ready: bool,
    /// The newest version that it serves.
    pub version: Version,
    /// Why it does not.
    pub reason: Option<String>,
}

impl Service {
    /// Loads the store, does what has become due meanwhile, and starts the writer.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read, or the writer cannot be started.
    pub fn start(mut store: Box<dyn Store>, options: Options) -> Result<Service, StoreError> {
        let watch = store.watch()?;
        let snapshot = Snapshot::of(store.load()?);
        let (queue, receiver) = crossbeam_channel::bounded(options.queue.max(1));
        let shared = Arc::new(Shared {
            snapshot: ArcSwap::from_pointee(snapshot),
            clock: options.clock,
            soft: soft::Soft::default(),
            heartbeats: heartbeats::Heartbeats::new(options.housekeeping),
            committed: broadcast::channel(1_024).0,
            trouble: Mutex::new(None),
            stopping: AtomicBool::new(false),
        });
        let mut writer = Writer::new(store, receiver, shared.clone(), options.housekeeping);
        writer.elapse();
        writer.listen();
        let thread = std::thread::Builder::new().name("ddns-writer".to_owned()).spawn(move || {
            let _told = Ended(writer.shared());
            writer.run();
        });
        let thread = thread.map_err(|error| StoreError::Io { path: "writer".to_owned(), detail: error.to_string() })?;
        let (hasher, gate) = (auth::Hasher::start(), auth::Gate::new(!options.slow_sign_ins));
        let limits = budget::Limits { credential: options.changes_per_hour, network: options.changes_per_network };
        let budget = budget::Budget::new(limits);
        let strangers = budget::Strangers::new(options.strangers_per_hour);
        let writer = Mutex::new(Some(thread));
        Ok(Service(Arc::new(Inner { shared, queue, watch, hasher, gate, budget, strangers, writer })))
    }

    /// The newest published state. Costs nothing and never waits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.shared.snapshot.load_full()
    }

    /// The time, as the service reads it.
    pub fn now(&self) -> Timestamp {
        self.0.shared.clock.now()
    }

    /// Carries a command out. When this returns, its changes are durable and served.
    ///
    /// # Errors
    /// [`ServiceError`]; then nothing was changed, or nobody can say so and it may be asked for again.
    pub async fn submit(&self, request: Request) -> Result<Reply, ServiceError> {
        match self.begin(request)? {
            Begun::Answered(reply) => Ok(reply),
            Begun::Waiting(answer) => answer.await.unwrap_or_else(|_| Err(stopped())),
        }
    }

    /// The same outside of async code.
    ///
    /// # Errors
    /// As [`Service::submit`].
    pub fn submit_blocking(&self, request: Request) -> Result<Reply, ServiceError> {
        match self.begin(request)? {
            Begun::Answered(reply) => Ok(reply),
            Begun::Waiting(answer) => answer.blocking_recv().unwrap_or_else(|_| Err(stopped())),
        }
    }

    /// Answers from the snapshot what changes nothing; queues everything else, and all that must not be told apart.
    fn begin(&self, request: Request) -> Result<Begun, ServiceError> {
        if self.0.shared.stopping.load(Ordering::Acquire) {
            return Err(stopped());
        }
        // Such a command waits for the writer and is refused with all others, whether it changes something or not: what it
        // would change is what the caller must not learn.
        let secretive = is_secretive(&request);
        if secretive && let Some(reason) = self.health().reason {
            return Err(ServiceError::Unavailable(reason));
        }
        let snapshot = self.snapshot();
        let decision = decide(&snapshot.registry, &request.caller, &request.command, self.now());
        let unchanged = decision.as_ref().map_or(true, |decision| decision.changes.is_empty());
        // Another process may have changed the very same host a moment ago: then the writer decides on the newest state.
        let is_newest = || self.0.watch.newest().is_ok_and(|newest| newest == snapshot.version);
        if unchanged && !secretive && is_newest() {
            let receipt = decision?.receipt;
            // Nor is a host answered from a state in which it had not been silent for too long yet.
            if self.0.shared.hear(Mention::of(&request), &receipt, &snapshot) {
                return Ok(Begun::Answered(Reply { receipt, changed: false, snapshot }));
            }
        }
        let stake = self.stake(&request, unchanged)?;
        let (answer, waiting) = oneshot::channel();
        match self.0.queue.try_send(Message::Job(Box::new(Job { request, answer, stake }))) {
            Ok(()) => Ok(Begun::Waiting(waiting)),
            Err(TrySendError::Full(_)) => Err(ServiceError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(stopped()),
        }
    }

    /// Counts a command in advance, where it counts.
    fn stake(&self, request: &Request, unchanged: bool) -> Result<Option<Stake>, ServiceError> {
        let Some(identity) = counted(request) else { return Ok(None) };
        if unchanged {
            return Ok(Some(self.0.budget.watch(identity, self.now())));
        }
        self.0.budget.reserve(identity, self.now()).map(Some).ok_or(ServiceError::Limited)
    }

    /// What the rules say to a command at this moment, before something costly is done for it. What counts is the answer of
    /// [`Service::submit`].
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn preview(&self, caller: &Caller, command: &Command) -> Result<(), Refusal> {
        decide(&self.snapshot().registry, caller, command, self.now()).map(drop)
    }

    /// What a caller may still change in the present hour, under its credential and from its network.
    pub fn allowance(&self, identity: &Identity) -> Allowance {
        self.0.budget.allowance(identity, self.now())
    }

    /// Counts a request of somebody who has not signed in and whom a mail may answer, against its network and against the
    /// login that it names, whether that exists or not, and against what all of them may ask for together.
    ///
    /// # Errors
    /// [`ServiceError::Limited`] if one of them has had its share of this hour.
    pub fn admit_stranger(&self, source: Option<IpAddr>, login: &Login) -> Result<(), ServiceError> {
        if self.0.strangers.admit(source, login, self.now()) { Ok(()) } else { Err(ServiceError::Limited) }
    }

    /// Looks at once for other processes' changes and for what has become due, and waits until both are served.
    pub fn catch_up(&self) {
        let (done, waiting) = crossbeam_channel::bounded(1);
        if self.0.queue.send(Message::CatchUp(done)).is_ok() {
            let _woken = waiting.recv();
        }
    }

    /// Runs something on the store in the writer's turn: reading the log, differences, a backup.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] once the service has stopped.
    pub fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Store) -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (done, waiting) = crossbeam_channel::bounded(1);
        let work = Box::new(move |store: &mut dyn Store| {
            let _taken = done.send(work(store));
        });
        self.0.queue.send(Message::Store(work)).map_err(|_| stopped())?;
        waiting.recv().map_err(|_| stopped())
    }

    /// Whether the service takes changes.
    pub fn health(&self) -> Health {
        let reason = self.0.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stopping = self.0.shared.stopping.load(Ordering::Acquire);
        let reason = reason.or_else(|| stopping.then(|| "the service is stopping".to_owned()));
        Health { ready: reason.is_none(), version: self.snapshot().version, reason }
    }

    /// Whether it has been stopped, and takes nothing any more.
    pub fn has_stopped(&self) -> bool {
        self.0.shared.stopping.load(Ordering::Acquire)
    }

    /// Tells every later commit, this process's and others'. Who falls behind by 1024 commits misses the oldest.
    pub fn changes(&self) -> broadcast::Receiver<Arc<Committed>> {
        self.0.shared.committed.subscribe()
    }

    /// What is known of an object beside what the log has: when it last called, and why it was last refused. It is what this
    /// process knows, and for the rest what has been stored.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] if too many commands are waiting, [`ServiceError::Unavailable`] if the store cannot be read.
    pub async fn soft(&self, key: SoftKey) -> Result<SoftState, ServiceError> {
        Ok(self.soft_many(vec![key]).await?.pop().unwrap_or_default())
    }

    /// The same of several objects at one moment, in their order.
    ///
    /// # Errors
    /// As [`Service::soft`].
    pub async fn soft_many(&self, keys: Vec<SoftKey>) -> Result<Vec<SoftState>, ServiceError> {
        let (done, waiting) = oneshot::channel();
        let shared = self.0.shared.clone();
        // In the writer's turn nothing is on its way from one to the other.
        let work = Box::new(move |store: &mut dyn Store| {
            let states = keys.iter().map(|key| Ok(shared.soft.over(key, store.soft(key)?.unwrap_or_default())));
            let _taken = done.send(states.collect::<Result<Vec<_>, StoreError>>());
        });
        self.0.queue.try_send(Message::Store(work)).map_err(|error| match error {
            TrySendError::Full(_) => ServiceError::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        let read = waiting.await.map_err(|_| stopped())?;
        read.map_err(|error| ServiceError::Unavailable(error.to_string()))
    }

    /// Remembers why an authenticated caller was refused an update of a host. May be lost.
    pub fn note_refusal(&self, host: &Fqdn, refusal: SoftRefusal) {
        if let Some(host) = self.snapshot().registry.host(host) {
            self.0.shared.soft.refusal(SoftKey::Host(host.number), refusal);
        }
    }

    /// Drains the queue, flushes soft state and ends the writer. Later commands are answered that the service stopped.
    pub fn stop(&self) {
        self.0.shared.stopping.store(true, Ordering::Release);
        let _ended = self.0.queue.send(Message::Stop);
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let _joined = writer.join();
        }
    }
}

impl Shared {
    /// Takes the signs of life that an accepted command gave. False if one came too late.
    pub(crate) fn hear(&self, mention: Mention, receipt: &Receipt, snapshot: &Snapshot) -> bool {
        let (now, uptime) = (self.clock.now(), self.clock.uptime());
        let mut in_time = true;
        for sign in mention.signs(receipt, &snapshot.registry) {
            in_time &= self.heartbeats.hear(&sign, &snapshot.registry, uptime);
            if mention.by_account {
                self.soft.contact(sign.into(), now);
            }
        }
        in_time
    }
}

/// Tells everybody that there is no writer any more, however it ended.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.stopping.store(true, Ordering::Release);
        if std::thread::panicking() {
            let words = "the writer has failed; the program must be started anew".to_owned();
            *self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
        }
    }
}

enum Begun {
    Answered(Reply),
    Waiting(oneshot::Receiver<Result<Reply, ServiceError>>),
}

/// Whether the caller must not learn if the command changes something: that would tell which addresses have accounts.
fn is_secretive(request: &Request) -> bool {
    request.caller == Caller::Guest || matches!(request.command, Command::AskLogin { .. })
}

/// Against whose hour a change counts; the operator's at the command line does not, nor does what must not be told apart.
fn counted(request: &Request) -> Option<&Identity> {
    match &request.caller {
        Caller::Account(identity) if !is_secretive(request) => Some(identity),
        Caller::Local | Caller::Guest | Caller::Mailed(_) | Caller::Account(_) => None,
    }
}

fn stopped() -> ServiceError {
    ServiceError::Unavailable("the service has stopped".to_owned())
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ended = self.queue.send(Message::Stop);
    }
}
