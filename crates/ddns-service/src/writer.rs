//! The one writer: decides in order, commits in batches, publishes, and only then answers.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ddns_core::{Caller, Change, Command, Decision, Registry, Timestamp, decide, due, policy, zone};
use ddns_store::{Batch, BatchId, Foreign, NewEntry, Store, StoreError, Version};
use tokio::sync::oneshot;

use crate::budget::Stake;
use crate::heartbeats::Beating;
use crate::signs::Mention;
use crate::snapshot::{Secrets, Snapshot};
use crate::{Committed, Origin, Reply, Request, ServiceError, Shared, fresh};

/// Something to do on the store in the writer's turn.
pub(crate) type StoreWork = Box<dyn FnOnce(&mut dyn Store) + Send>;

/// What the writer is asked to do.
pub(crate) enum Message {
    Job(Box<Job>),
    CatchUp(Sender<()>),
    Store(StoreWork),
    Stop,
}

/// A command and the one who waits for it; nobody waits for what time brings about.
pub(crate) struct Job {
    pub(crate) request: Request,
    pub(crate) answer: oneshot::Sender<Result<Reply, ServiceError>>,
    /// What it costs its caller if it changes something.
    pub(crate) stake: Option<Stake>,
}

pub(crate) struct Writer {
    store: Box<dyn Store>,
    receiver: Receiver<Message>,
    shared: Arc<Shared>,
    housekeeping: bool,
    /// A batch whose outcome is not known yet: nothing is committed before it is.
    unsettled: Option<BatchId>,
    /// Opening a store afresh reads all of it: not before this.
    next_recovery: Instant,
    last_soft: Instant,
    last_refusals: Instant,
    next_prune: Instant,
    idle_since: Instant,
    /// When it last had time for everything.
    last_turn: Instant,
}

/// What one batch makes of the state, before it is committed.
struct Work {
    registry: Registry,
    secrets: Secrets,
    version: Version,
    changes: Vec<Change>,
    differences: Vec<zone::ZoneDifference>,
    outcomes: Vec<Result<Decision, ServiceError>>,
    batch: Option<BatchId>,
}

impl Writer {
    pub(crate) fn new(
        store: Box<dyn Store>,
        receiver: Receiver<Message>,
        shared: Arc<Shared>,
        housekeeping: bool,
    ) -> Writer {
        let now = Instant::now();
        Writer {
            store,
            receiver,
            shared,
            housekeeping,
            unsettled: None,
            next_recovery: now,
            last_soft: now,
            last_refusals: now,
            next_prune: now,
            idle_since: now,
            last_turn: now,
        }
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Serves the queue until it is told to stop; what was queued before that is still done.
    pub(crate) fn run(&mut self) {
        loop {
            match self.receiver.recv_timeout(self.pause()) {
                Ok(Message::Job(job)) => {
                    if self.serve(job) {
                        break;
                    }
                    self.idle_since = Instant::now();
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(other) => self.other(other),
                Err(RecvTimeoutError::Timeout) => self.idle(),
            }
            self.miss();
        }
        // What is asked for from now on is refused at once; what was asked for before is still done.
        self.shared.stopping.store(true, Ordering::Release);
        self.drain();
        self.catch_up();
        match self.flush_soft() {
            Ok(true) => (),
            Ok(false) => tracing::warn!("soft state was not kept at stop: another process was writing all the time"),
            Err(error) => tracing::warn!(%error, "soft state was not kept at stop"),
        }
    }

    /// Listens from now on to whoever has to report.
    pub(crate) fn listen(&mut self) {
        self.last_turn = Instant::now();
        let snapshot = self.shared.snapshot.load();
        self.shared.heartbeats.follow_all(&snapshot.registry, self.shared.clock.uptime());
    }

    /// How long it waits for commands: until it looks for other processes' changes, or somebody has been silent too long.
    fn pause(&self) -> Duration {
        let next = self.shared.heartbeats.next(self.shared.clock.uptime()).filter(|_| !self.is_troubled());
        next.map_or(policy::CATCH_UP_EVERY, |next| next.min(policy::CATCH_UP_EVERY))
    }

    /// Takes some of those offline who have been silent for too long. While nothing can be stored, it tries in vain only now
    /// and then.
    fn miss(&mut self) {
        let away = std::mem::replace(&mut self.last_turn, Instant::now()).elapsed();
        if away > policy::AWAY {
            self.shared.heartbeats.was_away(away);
        }
        let is_due =
            |writer: &Writer| writer.shared.heartbeats.next(writer.shared.clock.uptime()) == Some(Duration::ZERO);
        if !is_due(self) || self.is_troubled() {
            return;
        }
        // Whoever has called may have called another process,
        self.catch_up();
        // or may still wait in the queue.
        let grace = if self.receiver.is_empty() { Duration::ZERO } else { policy::MISSED_GRACE };
        let missing = self.shared.heartbeats.miss(self.shared.clock.uptime(), grace);
        if missing.is_empty() {
            return;
        }
        let (answer, _nobody_waits) = oneshot::channel();
        let request = Request::new(Caller::Local, miss(&missing), Origin::new("heartbeat"));
        self.commit(vec![Job { request, answer, stake: None }]);
        // Who is offline now is not there any more. If that could not be stored, all of them are.
        self.shared.heartbeats.keep(&missing, self.shared.clock.uptime());
    }

    fn is_troubled(&self) -> bool {
        self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes what is waiting along, up to one batch; tells whether a stop was among it.
    fn serve(&mut self, first: Box<Job>) -> bool {
        let mut jobs = vec![*first];
        let mut rest = None;
        while jobs.len() < policy::BATCH {
            match self.receiver.try_recv() {
                Ok(Message::Job(job)) => jobs.push(*job),
                Ok(other) => {
                    rest = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.commit(jobs);
        self.keep_house(false);
        match rest {
            Some(Message::Stop) => true,
            Some(other) => {
                self.other(other);
                false
            }
            None => false,
        }
    }

    fn other(&mut self, message: Message) {
        match message {
            Message::CatchUp(done) => {
                self.catch_up();
                self.elapse();
                let _woken = done.send(());
            }
            Message::Store(work) => work(&mut *self.store),
            Message::Job(_) | Message::Stop => (),
        }
    }

    fn drain(&mut self) {
        while let Ok(message) = self.receiver.try_recv() {
            match message {
                Message::Job(job) => {
                    let _stopped_already = self.serve(job);
                }
                other => self.other(other),
            }
        }
    }

    fn idle(&mut self) {
        self.catch_up();
        self.try_again();
        // One round of ends at a time: whoever waits in the queue comes in between.
        if self.is_overdue() {
            self.commit(Vec::new());
        }
        if self.idle_since.elapsed() >= Duration::from_secs(1) {
            self.keep_house(true);
        }
    }

    /// Does what has become due, a bounded number of ends at a time.
    pub(crate) fn elapse(&mut self) {
        while self.is_overdue() {
            let before = self.shared.snapshot.load().version;
            self.commit(Vec::new());
            if self.shared.snapshot.load().version == before {
                break;
            }
        }
    }

    fn is_overdue(&self) -> bool {
        due(&self.shared.snapshot.load().registry, self.shared.clock.now()).overdue
    }

    /// While changes are refused, tries from time to time whether they can be taken again: readers may have noticed that
    /// the service is not ready, and then nobody sends the change that would show it.
    fn try_again(&mut self) {
        if !self.is_troubled() || self.unsettled.is_some() || Instant::now() < self.next_recovery {
            return;
        }
        match self.store.try_write() {
            Ok(()) => self.clear_trouble(),
            Err(error) => {
                self.house_trouble(&error);
                self.next_recovery = after(Duration::from_millis(500));
            }
        }
    }

    /// Takes over what other processes have appended.
    fn catch_up(&mut self) {
        let newest = match self.store.newest() {
            Ok(newest) if self.unsettled.is_none() => newest,
            Ok(_) | Err(StoreError::Unsettled) => return self.recover(),
            Err(error) => return self.report(&error),
        };
        if newest != self.shared.snapshot.load().version {
            self.commit(Vec::new());
        }
    }

    /// Decides the jobs, commits their changes together, publishes, and answers all of them.
    fn commit(&mut self, jobs: Vec<Job>) {
        let parts = jobs.into_iter().map(|job| {
            let mention = Mention::of(&job.request);
            (job.request, (job.answer, job.stake, mention))
        });
        let (requests, waiting): (Vec<Request>, Vec<_>) = parts.unzip();
        let done = self.transact(requests);
        match done {
            Ok(work) => {
                if work.batch.is_some() {
                    self.clear_trouble();
                }
                let snapshot = self.publish(&work);
                for ((answer, stake, mention), outcome) in waiting.into_iter().zip(work.outcomes) {
                    let reply = outcome.map(|decision| Reply {
                        changed: !decision.changes.is_empty(),
                        receipt: decision.receipt,
                        snapshot: snapshot.clone(),
                    });
                    if let Ok(reply) = &reply {
                        let _in_time = self.shared.hear(mention, &reply.receipt, &snapshot);
                    }
                    // Before the answer, so that whoever has it finds the change counted.
                    settle(stake, reply.as_ref().is_ok_and(|reply| reply.changed));
                    let _taken = answer.send(reply);
                }
            }
            Err(reason) => {
                for (answer, stake, _) in waiting {
                    settle(stake, false);
                    let _taken = answer.send(Err(ServiceError::Unavailable(reason.clone())));
                }
            }
        }
    }

    /// One transaction. An unknown outcome is settled before this returns, or nothing is acknowledged.
    fn transact(&mut self, requests: Vec<Request>) -> Result<Work, String> {
        if self.unsettled.is_some() {
            self.recover();
            if self.unsettled.is_some() {
                return Err("the store has not been opened again after an error".to_owned());
            }
        }
        let snapshot = self.shared.snapshot.load_full();
        let now = self.shared.clock.now();
        let mut requests = Some(requests);
        let mut done: Option<Result<Work, String>> = None;
        let committed = self.store.transact(snapshot.version, &mut |foreign| {
            let prepared = prepare(&snapshot, foreign, requests.take().unwrap_or_default(), now);
            let (work, batch) = match prepared {
                Ok((work, batch)) => (Ok(work), batch),
                Err(error) => (Err(error), None),
            };
            done = Some(work);
            batch
        });
        match (committed, done) {
            (Ok(version), Some(Ok(mut work))) => {
                work.version = version;
                Ok(work)
            }
            (Ok(_), Some(Err(error))) => Err(self.reload(&error)),
            (Ok(_), None) => Err("the store did not run the transaction".to_owned()),
            (Err(error @ StoreError::Unknown(_)), Some(Ok(work))) => self.settle(&error, work),
            (Err(StoreError::Contradiction(error)), _) => Err(self.reload(&error)),
            (Err(error @ StoreError::Unsettled), _) => {
                self.unsettled = Some(BatchId(0));
                self.report(&error);
                Err(error.to_string())
            }
            (Err(error), _) => {
                self.report(&error);
                Err(error.to_string())
            }
        }
    }

    /// Finds out whether a batch is there.
    fn settle(&mut self, error: &StoreError, mut work: Work) -> Result<Work, String> {
        self.report(error);
        let Some(batch) = work.batch else { return Err(error.to_string()) };
        self.unsettled = Some(batch);
        for pause in [0, 50, 250] {
            std::thread::sleep(Duration::from_millis(pause));
            match self.store.settle(batch) {
                Ok(Some(version)) => {
                    self.unsettled = None;
                    work.version = version;
                    return Ok(work);
                }
                Ok(None) => {
                    self.unsettled = None;
                    return Err(error.to_string());
                }
                Err(again @ StoreError::HeldOpen(_)) => {
                    self.report(&again);
                    break;
                }
                Err(again) => self.report(&again),
            }
        }
        self.next_recovery = after(Duration::from_millis(500));
        Err(error.to_string())
    }

    /// Tries again to open the store after an error. What the lost batch did, if it is there, comes in as if another
    /// process had done it.
    fn recover(&mut self) {
        if Instant::now() < self.next_recovery {
            return;
        }
        let batch = self.unsettled.unwrap_or(BatchId(0));
        match self.store.settle(batch) {
            Ok(_) => {
                self.unsettled = None;
                tracing::info!("the store was opened again and is whole");
                self.try_again();
            }
            Err(error) => {
                self.report(&error);
                self.next_recovery = after(Duration::from_millis(500));
            }
        }
    }

    /// What others appended does not fit: this process's view was wrong, so it takes the store's.
    fn reload(&mut self, error: &str) -> String {
        tracing::error!(error, "the log does not continue the state in memory; loading afresh");
        match self.store.load() {
            Ok(loaded) => {
                self.shared.snapshot.store(Arc::new(Snapshot::of(loaded)));
                self.listen();
            }
            Err(error) => self.report(&error),
        }
        "the service had to load its data afresh; try again".to_owned()
    }

    fn publish(&self, work: &Work) -> Arc<Snapshot> {
        let present = self.shared.snapshot.load_full();
        if work.version == present.version {
            return present;
        }
        let snapshot = Arc::new(Snapshot {
            version: work.version,
            registry: work.registry.clone(),
            secrets: work.secrets.clone(),
        });
        // Before they are served, so that whoever rests on them is known.
        self.shared.heartbeats.follow(&work.changes, self.shared.clock.uptime());
        self.shared.snapshot.store(snapshot.clone());
        if self.shared.committed.receiver_count() > 0 {
            let (changes, differences) = (work.changes.clone(), work.differences.clone());
            let _told = self.shared.committed.send(Arc::new(Committed { version: work.version, changes, differences }));
        }
        snapshot
    }

    fn keep_house(&mut self, idle: bool) {
        if !self.housekeeping || self.unsettled.is_some() {
            return;
        }
        if let Err(error) = self.store.tidy(idle) {
            self.house_trouble(&error);
        }
        self.keep_soft();
        if Instant::now() >= self.next_prune {
            // A server that never rests has a history too: each time only a little goes.
            let mut pause = Duration::from_secs(3_600);
            let life = u64::try_from(policy::HISTORY_LIFE.as_micros()).unwrap_or(u64::MAX);
            let before = Timestamp::from_micros(self.shared.clock.now().micros().saturating_sub(life));
            match self.store.prune(before, policy::HISTORY_BYTES) {
                Ok(0) => (),
                Ok(count) => {
                    tracing::info!(count, "old log entries were forgotten");
                    pause = Duration::from_secs(1);
                }
                Err(error) => self.house_trouble(&error),
            }
            self.next_prune = after(pause);
        }
    }

    /// Flushes what is known beside the log: refusals soon, contacts now and then.
    fn keep_soft(&mut self) {
        let now = Instant::now();
        let flushed = if self.last_soft.elapsed() >= policy::SOFT_EVERY {
            self.flush_soft().inspect(|kept| self.last_soft = if *kept { now } else { self.last_soft })
        } else if self.last_refusals.elapsed() >= policy::REFUSALS_EVERY {
            let state = self.shared.snapshot.load_full();
            self.shared.soft.flush_refusals(&mut *self.store, &state)
        } else {
            return;
        };
        match flushed {
            Ok(false) => (), // Another process has written; the next commit takes that over.
            Ok(true) => self.last_refusals = now,
            Err(error) => {
                (self.last_soft, self.last_refusals) = (now, now);
                self.house_trouble(&error);
            }
        }
    }

    fn flush_soft(&mut self) -> Result<bool, StoreError> {
        let state = self.shared.snapshot.load_full();
        self.shared.soft.flush(&mut *self.store, &state)
    }

    /// Housekeeping may wait; but after an error the store is opened afresh before the next commit.
    fn house_trouble(&mut self, error: &StoreError) {
        match error {
            StoreError::Busy(_) => (),
            StoreError::Unknown(_) | StoreError::Unsettled => {
                self.unsettled = Some(BatchId(0));
                self.report(error);
            }
            other => tracing::warn!(error = %other, "housekeeping of the store did not work out; it is tried again"),
        }
    }

    fn report(&self, error: &StoreError) {
        let text = error.to_string();
        let mut trouble = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.as_deref() != Some(text.as_str()) {
            tracing::error!(%error, "the store is in trouble; changes are refused, names are served on");
            *trouble = Some(text);
        }
    }

    fn clear_trouble(&self) {
        *self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What takes these offline.
fn miss(missing: &[Beating]) -> Command {
    let (mut hosts, mut clients) = (Vec::new(), Vec::new());
    for who in missing {
        match who {
            Beating::Host(number) => hosts.push(*number),
            Beating::Client(number) => clients.push(*number),
        }
    }
    Command::MissHeartbeats { hosts, clients }
}

/// Counts a command that changed something, and gives back what any other was going to cost.
fn settle(stake: Option<Stake>, changed: bool) {
    if let (Some(stake), true) = (stake, changed) {
        stake.keep();
    }
}

/// Decides requests one after the other on the newest state, and makes a batch of what they change.
fn prepare(
    snapshot: &Snapshot,
    foreign: Foreign,
    requests: Vec<Request>,
    now: Timestamp,
) -> Result<(Work, Option<Batch>), String> {
    let mut work = Work {
        registry: snapshot.registry.clone(),
        secrets: snapshot.secrets.clone(),
        version: foreign.version,
        changes: Vec::new(),
        differences: Vec::new(),
        outcomes: Vec::with_capacity(requests.len()),
        batch: None,
    };
    work.follow(foreign)?;
    let base = work.registry.clone();
    let mut entries = Vec::with_capacity(requests.len());
    let mut secrets = Vec::new();
    let foreign_changes = work.changes.len();
    if due(&work.registry, now).overdue {
        let elapse = Request::new(Caller::Local, Command::Elapse, Origin::new("time"));
        let _done = work.decide(elapse, now, &mut entries, &mut secrets)?;
    }
    for request in requests {
        let outcome = work.decide(request, now, &mut entries, &mut secrets)?;
        work.outcomes.push(outcome);
    }
    if entries.is_empty() {
        return Ok((work, None));
    }
    let own = work.changes.get(foreign_changes..).unwrap_or_default();
    work.differences = zone::advance(&base, &mut work.registry, own, now);
    let batch = Batch {
        id: BatchId(u64::from_ne_bytes(fresh::octets())),
        entries,
        secrets,
        heads: heads(&base, &work.registry, own, &work.differences),
        differences: work.differences.clone(),
        last_number: work.registry.last_number(),
    };
    work.batch = Some(batch.id);
    Ok((work, Some(batch)))
}

/// A moment from now on; one that cannot be told is now.
fn after(pause: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(pause).unwrap_or(now)
}

/// Where touched and new zones stand.
fn heads(
    base: &Registry,
    registry: &Registry,
    changes: &[Change],
    differences: &[zone::ZoneDifference],
) -> Vec<(ddns_core::DomainNo, ddns_core::ZoneHead)> {
    let head = |domain| (domain, registry.zone_head(domain));
    let mut heads: Vec<_> = differences.iter().map(|difference| head(difference.domain)).collect();
    for change in changes {
        if let Change::Domain(delta) = change
            && let Some(domain) = &delta.after
            && base.domain(domain.number).is_none()
            && registry.domain(domain.number).is_some()
        {
            heads.push(head(domain.number));
        }
    }
    heads
}

impl Work {
    /// Takes over what other processes have appended.
    fn follow(&mut self, foreign: Foreign) -> Result<(), String> {
        self.secrets.add(foreign.secrets);
        for change in foreign.entries.into_iter().flat_map(|entry| entry.changes) {
            self.registry.apply(&change).map_err(|error| error.to_string())?;
            self.secrets.follow(&change);
            self.changes.push(change);
        }
        for (domain, head) in foreign.heads {
            self.registry.set_zone_head(domain, head);
        }
        for (zone, serial) in foreign.retired {
            self.registry.set_retired_serial(zone, serial);
        }
        Ok(())
    }

    fn decide(
        &mut self,
        request: Request,
        now: Timestamp,
        entries: &mut Vec<NewEntry>,
        secrets: &mut Vec<(ddns_core::SecretId, ddns_store::Secret)>,
    ) -> Result<Result<Decision, ServiceError>, String> {
        let decision = match decide(&self.registry, &request.caller, &request.command, now) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        if decision.changes.is_empty() {
            return Ok(Ok(decision));
        }
        // What a command brings along need not be what its changes lead to: then it is not kept.
        let led_to: Vec<_> = decision.changes.iter().filter_map(|change| change.secrets().1).collect();
        let kept: Vec<_> = request.secrets.into_iter().filter(|(id, _)| led_to.contains(id)).collect();
        self.secrets.add(kept.iter().cloned());
        secrets.extend(kept);
        for change in &decision.changes {
            self.registry.apply(change).map_err(|error| error.to_string())?;
            self.secrets.follow(change);
        }
        self.changes.extend(decision.changes.iter().cloned());
        let actor = match &request.caller {
            Caller::Local | Caller::Guest => None,
            Caller::Account(identity) => Some(identity.account),
            Caller::Mailed(account) => Some(*account),
        };
        let (origin, changes) = (request.origin.to_string(), decision.changes.clone());
        entries.push(NewEntry { time: now, actor, origin, changes });
        Ok(Ok(decision))
    }
}
