//! A small world to live in, and a store that can be watched and held up.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use ddns_core::{
    AccountNo, AccountState, Caller, Change, Command, DomainNo, Fqdn, HostEdit, HostTtl, NewAccount, NewDomain,
    NewHost, Receipt, Role, SecretId, Serial, Timestamp, Together, zone::ZoneDifference,
};
use ddns_service::{Options, Origin, Reply, Request, Service, ServiceError, Snapshot, fresh};
use ddns_store::{
    Batch, BatchId, Entry, Foreign, Listing, Loaded, LogQuery, MemoryStore, Secret, SoftKey, SoftState, Store,
    StoreError, Version, Watch,
};

pub(crate) fn start(store: impl Store + 'static) -> Service {
    Service::start(Box::new(store), Options::default()).unwrap()
}

/// A service on a memory store with the account joe, a shared domain, and the hosts `a` and `b` in it.
pub(crate) fn memory() -> (Service, MemoryStore, AccountNo) {
    let store = MemoryStore::new();
    let service = start(store.clone());
    let joe = furnish(&service);
    (service, store, joe)
}

pub(crate) fn furnish(service: &Service) -> AccountNo {
    let joe = add_account(service, "joe", None);
    let domain = NewDomain {
        id: fresh::uuid(),
        name: "dyn.example".parse().unwrap(),
        owner: None,
        shared: true,
        email: None,
        ttl: None,
        description: None,
    };
    ask(service, Command::AddDomain(domain));
    for name in ["a.dyn.example", "b.dyn.example"] {
        service.submit_blocking(add_host(name, joe)).unwrap();
    }
    joe
}

pub(crate) fn ask(service: &Service, command: Command) -> Reply {
    service.submit_blocking(local(command)).unwrap()
}

pub(crate) fn local(command: Command) -> Request {
    Request::new(Caller::Local, command, Origin::new("test"))
}

pub(crate) fn add_account(service: &Service, login: &str, password: Option<(SecretId, Secret)>) -> AccountNo {
    let new = NewAccount {
        id: fresh::uuid(),
        login: login.parse().unwrap(),
        state: AccountState::Active,
        role: Role::User,
        max_hosts: 10_000,
        max_domains: 0,
        language: Default::default(),
        password: password.as_ref().map(|(id, _)| *id),
    };
    let mut request = local(Command::AddAccount(new));
    request.secrets.extend(password);
    let Receipt::Account(account) = service.submit_blocking(request).unwrap().receipt else { panic!("an account") };
    account.number
}

pub(crate) fn add_host(name: &str, owner: AccountNo) -> Request {
    let name = name.parse().unwrap();
    local(Command::AddHost(NewHost {
        name,
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    }))
}

pub(crate) fn set(name: &str, address: &str) -> Request {
    let edit = HostEdit::default().with_address(address.parse().unwrap());
    local(Command::SetHosts { hosts: vec![name.parse::<Fqdn>().unwrap()], edit, together: Together::AllOrNothing })
}

pub(crate) fn address(snapshot: &Snapshot, name: &str) -> String {
    let host = snapshot.registry.host(&name.parse::<Fqdn>().unwrap()).unwrap();
    host.ipv4.map(|address| address.addr().to_string()).unwrap_or_default()
}

/// A command that has been asked for, and has reached the writer's queue if it goes there.
pub(crate) struct Asked {
    answering: Pin<Box<dyn Future<Output = Result<Reply, ServiceError>>>>,
    answer: Option<Result<Reply, ServiceError>>,
}

impl Asked {
    pub(crate) fn new(service: &Service, request: Request) -> Asked {
        let service = service.clone();
        let mut asked = Asked { answering: Box::pin(async move { service.submit(request).await }), answer: None };
        asked.answered();
        asked
    }

    pub(crate) fn answered(&mut self) -> bool {
        if self.answer.is_none()
            && let Poll::Ready(answer) = self.answering.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            self.answer = Some(answer);
        }
        self.answer.is_some()
    }

    pub(crate) fn answer(mut self) -> Result<Reply, ServiceError> {
        eventually("an answer", || self.answered());
        self.answer.unwrap()
    }
}

/// Waits until something holds, for as long as a slow machine may take.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} never came");
        std::thread::sleep(Duration::from_millis(2));
    }
    started.elapsed()
}

/// A store that counts its commits and can hold them up just before they happen.
pub(crate) struct Gated<S> {
    store: S,
    gate: Gate,
}

/// What holds the commits up.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    closed: bool,
    passes: usize,
    waiting: usize,
    transactions: usize,
    batches: Vec<usize>,
}

impl<S> Gated<S> {
    pub(crate) fn new(store: S) -> (Gated<S>, Gate) {
        let gate = Gate::default();
        (Gated { store, gate: gate.clone() }, gate)
    }
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }

    pub(crate) fn close(&self) {
        self.state().closed = true;
    }

    pub(crate) fn open(&self) {
        self.state().closed = false;
        self.0.1.notify_all();
    }

    /// Lets one commit through.
    pub(crate) fn pass(&self) {
        self.state().passes += 1;
        self.0.1.notify_all();
    }

    pub(crate) fn until_waiting(&self) {
        eventually("a commit", || self.state().waiting > 0 && self.state().passes == 0);
    }

    /// How many entries each commit had so far.
    pub(crate) fn batches(&self) -> Vec<usize> {
        self.state().batches.clone()
    }

    pub(crate) fn transactions(&self) -> usize {
        self.state().transactions
    }

    fn go_through(&self, entries: usize) {
        let mut state = self.state();
        state.batches.push(entries);
        state.waiting += 1;
        while state.closed && state.passes == 0 {
            state = self.0.1.wait(state).unwrap();
        }
        state.waiting -= 1;
        state.passes = state.passes.saturating_sub(1);
    }
}

impl<S: Store> Store for Gated<S> {
    fn load(&mut self) -> Result<Loaded, StoreError> {
        self.store.load()
    }

    fn newest(&mut self) -> Result<Version, StoreError> {
        self.store.newest()
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        self.store.watch()
    }

    fn transact(
        &mut self,
        since: Version,
        work: &mut dyn FnMut(Foreign) -> Option<Batch>,
    ) -> Result<Version, StoreError> {
        self.gate.state().transactions += 1;
        self.store.transact(since, &mut |foreign| {
            let batch = work(foreign);
            if let Some(batch) = &batch {
                self.gate.go_through(batch.entries.len());
            }
            batch
        })
    }

    fn settle(&mut self, batch: BatchId) -> Result<Option<Version>, StoreError> {
        self.store.settle(batch)
    }

    fn tidy(&mut self, idle: bool) -> Result<(), StoreError> {
        self.store.tidy(idle)
    }

    fn try_write(&mut self) -> Result<(), StoreError> {
        self.store.try_write()
    }

    fn log(&mut self, query: &LogQuery) -> Result<Vec<Entry>, StoreError> {
        self.store.log(query)
    }

    fn prune(&mut self, before: Timestamp, max_bytes: u64) -> Result<u64, StoreError> {
        self.store.prune(before, max_bytes)
    }

    fn erase(&mut self, account: ddns_core::AccountNo) -> Result<ddns_store::Erased, StoreError> {
        self.store.erase(account)
    }

    fn list(&mut self, listing: &Listing) -> Result<Vec<Change>, StoreError> {
        self.store.list(listing)
    }

    fn differences(&mut self, domain: DomainNo, from: Serial) -> Result<Option<Vec<ZoneDifference>>, StoreError> {
        self.store.differences(domain, from)
    }

    fn save_soft(&mut self, at: Version, states: &[(SoftKey, SoftState)]) -> Result<bool, StoreError> {
        self.store.save_soft(at, states)
    }

    fn soft(&mut self, key: &SoftKey) -> Result<Option<SoftState>, StoreError> {
        self.store.soft(key)
    }

    fn backup(&mut self, to: &Path) -> Result<(), StoreError> {
        self.store.backup(to)
    }
}
