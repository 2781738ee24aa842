//! Who has to report from time to time, and when each was last heard.
//!
//! It is in memory and begins anew with the process: silence counts only while somebody listens. Time is the clock's
//! [uptime](crate::Clock::uptime), so that setting the time of day means nothing.
//!
//! ```text
//!              contact                       its time has come
//!   listening ────────→ listening, later     listening ───────→ missing ──the writer commits──→ offline, not here any more
//!                                                 ↑───could not be stored────┘
//! ```
//!
//! Who is missing cannot be heard any more: a repeat in that moment waits for the writer, who then finds it offline and takes
//! it back.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ddns_core::{Change, Client, ClientNo, Delta, Heartbeat, Host, HostNo, Offline, Registry, policy};

use crate::signs::Sign;

/// Everybody who has to report.
pub(crate) struct Heartbeats {
    /// Whether this process listens at all.
    listens: bool,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    beats: HashMap<Beating, Beat>,
    /// When to look at each: at its end or before. A contact leaves it as it is, so that it costs no more than finding it.
    looks: BTreeSet<(Duration, Beating)>,
    /// For how long the process was held up and heard nobody.
    away: Duration,
}

/// Who has to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Beating {
    Host(HostNo),
    Client(ClientNo),
}

struct Beat {
    interval: Duration,
    heard: Duration,
    look: Duration,
    missing: bool,
}

impl Heartbeats {
    pub(crate) fn new(listens: bool) -> Heartbeats {
        Heartbeats { listens, table: Mutex::default() }
    }

    /// Takes over who has to report; those that are not known yet have their whole interval from now on.
    pub(crate) fn follow_all(&self, registry: &Registry, now: Duration) {
        if !self.listens {
            return;
        }
        let hosts = registry.hosts_with_heartbeat().map(|host| (Beating::Host(host.number), beat_of_host(host)));
        let clients = registry.clients_with_heartbeat();
        let clients = clients.map(|client| (Beating::Client(client.number), beat_of_client(client)));
        let present: HashMap<Beating, Duration> =
            hosts.chain(clients).filter_map(|(who, interval)| Some((who, interval?))).collect();
        let mut table = self.table();
        let gone = table.beats.keys().filter(|who| !present.contains_key(who)).copied().collect::<Vec<_>>();
        gone.into_iter().for_each(|who| table.forget(who));
        for (who, interval) in present {
            if table.beats.get(&who).is_none_or(|beat| beat.interval != interval) {
                table.listen(who, interval, now);
            }
        }
    }

    /// Takes over what was changed, by whomever.
    pub(crate) fn follow(&self, changes: &[Change], now: Duration) {
        for change in changes.iter().filter(|_| self.listens) {
            match change {
                Change::Host(delta) => {
                    let turn = Turn::of(delta, beat_of_host, |host| (host.ipv4, host.ipv6));
                    self.turn(delta.any().map(|host| Beating::Host(host.number)), turn, now);
                }
                Change::Client(delta) => {
                    let turn = Turn::of(delta, beat_of_client, |client| (client.ipv4, client.ipv6));
                    self.turn(delta.any().map(|client| Beating::Client(client.number)), turn, now);
                }
                _ => (),
            }
        }
    }

    fn turn(&self, who: Option<Beating>, turn: Turn, now: Duration) {
        match (who, turn) {
            (None, _) | (_, Turn::Nothing) => (),
            (Some(who), Turn::Begins(interval)) => self.table().listen(who, interval, now),
            (Some(who), Turn::Heard) => {
                let _in_time = self.table().hear(who, now);
            }
            (Some(who), Turn::Ends) => self.table().forget(who),
        }
    }

    /// Hears a sign of life. False if it came too late, for somebody who, in the state that it rests on, has to report: that
    /// state is over, or will be in a moment.
    pub(crate) fn hear(&self, sign: &Sign, registry: &Registry, now: Duration) -> bool {
        let (who, reports) = match sign {
            Sign::Host(number) => {
                (Beating::Host(*number), registry.host_by_number(*number).and_then(|host| beat_of_host(host)))
            }
            Sign::Client(number, _) => {
                let client = registry.client_by_number(*number);
                (Beating::Client(*number), client.and_then(|client| beat_of_client(client)))
            }
        };
        !self.listens || reports.is_none() || self.table().hear(who, now)
    }

    /// Takes out some of those whose time has come, and with `grace` since so long. From now on they are missing.
    pub(crate) fn miss(&self, now: Duration, grace: Duration) -> Vec<Beating> {
        if !self.listens {
            return Vec::new();
        }
        let mut table = self.table();
        let now = table.listened(now).saturating_sub(grace);
        let mut missing = Vec::new();
        // Most that are looked at have been heard meanwhile.
        for _ in 0..policy::MISSED_AT_ONCE.saturating_mul(4) {
            let Some((look, who)) = table.looks.first().copied().filter(|(look, _)| *look <= now) else { break };
            if missing.len() >= policy::MISSED_AT_ONCE {
                break;
            }
            table.looks.remove(&(look, who));
            let Some(beat) = table.beats.get_mut(&who) else { continue };
            beat.look = beat.heard.saturating_add(beat.interval);
            if beat.look <= now {
                beat.missing = true;
                missing.push(who);
            } else {
                let look = (beat.look, who);
                table.looks.insert(look);
            }
        }
        missing
    }

    /// Listens on to those that are there still, because they could not be taken offline, and looks again after a while.
    pub(crate) fn keep(&self, missing: &[Beating], now: Duration) {
        let mut table = self.table();
        let look = table.listened(now).saturating_add(policy::MISSED_RETRY);
        for who in missing {
            if let Some(beat) = table.beats.get_mut(who).filter(|beat| beat.missing) {
                beat.missing = false;
                beat.look = look;
                table.looks.insert((look, *who));
            }
        }
    }

    /// Whoever was to be heard in this time was not listened to.
    pub(crate) fn was_away(&self, time: Duration) {
        let mut table = self.table();
        table.away = table.away.saturating_add(time);
    }

    /// How long until the next one is to be looked at.
    pub(crate) fn next(&self, now: Duration) -> Option<Duration> {
        let table = self.table();
        let (look, _) = table.looks.first()?;
        Some(look.saturating_sub(table.listened(now)))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// For how long somebody has listened.
    fn listened(&self, now: Duration) -> Duration {
        now.saturating_sub(self.away)
    }

    /// Begins anew with a whole interval.
    fn listen(&mut self, who: Beating, interval: Duration, now: Duration) {
        self.forget(who);
        let heard = self.listened(now);
        let look = heard.saturating_add(interval);
        self.beats.insert(who, Beat { interval, heard, look, missing: false });
        self.looks.insert((look, who));
    }

    fn hear(&mut self, who: Beating, now: Duration) -> bool {
        let listened = self.listened(now);
        let Some(beat) = self.beats.get_mut(&who).filter(|beat| !beat.missing) else { return false };
        beat.heard = beat.heard.max(listened);
        true
    }

    fn forget(&mut self, who: Beating) {
        if let Some(beat) = self.beats.remove(&who) {
            self.looks.remove(&(beat.look, who));
        }
    }
}

/// What a change means for who reports.
enum Turn {
    Nothing,
    /// It has to report from now on, or at another interval, or is back.
    Begins(Duration),
    /// It has another address.
    Heard,
    /// It need not any more, or is offline.
    Ends,
}

impl Turn {
    fn of<T, A: PartialEq>(delta: &Delta<T>, beat: fn(&T) -> Option<Duration>, at: fn(&T) -> A) -> Turn {
        let (before, after) = (delta.before.as_deref(), delta.after.as_deref());
        match (before.and_then(beat), after.and_then(beat)) {
            (None, None) => Turn::Nothing,
            (Some(_), None) => Turn::Ends,
            (Some(former), Some(interval)) if former == interval => {
                if before.map(at) == after.map(at) {
                    Turn::Nothing
                } else {
                    Turn::Heard
                }
            }
            (_, Some(interval)) => Turn::Begins(interval),
        }
    }
}

fn beat_of_host(host: &Host) -> Option<Duration> {
    beat(host.heartbeat, host.offline)
}

fn beat_of_client(client: &Client) -> Option<Duration> {
    beat(client.heartbeat, client.offline)
}

/// The interval of who has to report; what is offline has not.
fn beat(heartbeat: Option<Heartbeat>, offline: Offline) -> Option<Duration> {
    heartbeat.filter(|_| offline.is_online()).map(Heartbeat::interval)
}
