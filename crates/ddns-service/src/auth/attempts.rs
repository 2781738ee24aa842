//! How often sign-ins have failed: buckets that fill with failures and leak with time.
//!
//! They lie in a table of a fixed size, each in one of the few places that its key leads to. Where all of those are taken, the
//! one that would be empty soonest gives way: what is forgotten first is what has failed least. Which keys share places depends
//! on a secret of this process.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ddns_core::{network, policy, site};

/// Counts failures against whom they count.
#[derive(Default)]
pub(super) struct Attempts {
    keys: RandomState,
    /// Nothing before the first failure.
    places: Mutex<Vec<[Place; WAYS]>>,
}

/// Places that one key may have.
const WAYS: usize = 8;

/// What one bucket holds: it is empty at this time.
#[derive(Clone, Copy, Default)]
struct Place {
    key: u64,
    empty: Duration,
}

/// Against whom a failure counts, and how many that may have.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    who: Who,
    room: u32,
    leak: Duration,
}

#[derive(Clone, Debug, Hash)]
enum Who {
    Pair(String, Option<IpAddr>),
    PairSite(String, IpAddr),
    Network(Option<IpAddr>),
    Site(IpAddr),
    Login(String),
    Void(Option<IpAddr>),
    VoidSite(IpAddr),
    First(String, Option<IpAddr>),
    Firsts(String),
}

impl Bucket {
    /// One login from one network.
    pub(super) fn pair(login: &str, source: Option<IpAddr>) -> Bucket {
        let who = Who::Pair(login.to_owned(), source.map(network));
        Bucket { who, room: policy::FAILURES_PER_PAIR, leak: policy::FAILURE_LEAK_PAIR }
    }

    /// The same, with its site.
    pub(super) fn of_pair(login: &str, source: Option<IpAddr>) -> Vec<Bucket> {
        let pair = Bucket::pair(login, source);
        let site = source.and_then(site).map(|site| pair.shared(Who::PairSite(login.to_owned(), site)));
        [pair].into_iter().chain(site).collect()
    }

    /// One network, with its site.
    pub(super) fn of_network(source: Option<IpAddr>) -> Vec<Bucket> {
        let who = Who::Network(source.map(network));
        let network = Bucket { who, room: policy::FAILURES_PER_NETWORK, leak: policy::FAILURE_LEAK_NETWORK };
        let site = source.and_then(site).map(|site| network.shared(Who::Site(site)));
        [network].into_iter().chain(site).collect()
    }

    /// What guesses nothing from one network, with its site. It has room of its own, so that a device which goes on with what
    /// is void keeps nobody out who is not.
    pub(super) fn of_void(source: Option<IpAddr>) -> Vec<Bucket> {
        let who = Who::Void(source.map(network));
        let void = Bucket { who, room: policy::FAILURES_PER_NETWORK, leak: policy::FAILURE_LEAK_NETWORK };
        let site = source.and_then(site).map(|site| void.shared(Who::VoidSite(site)));
        [void].into_iter().chain(site).collect()
    }

    /// First looks at one login: once in a while from each region, and not from too many together.
    pub(super) fn of_first_look(login: &str, source: Option<IpAddr>) -> [Bucket; 2] {
        let first = Who::First(login.to_owned(), source.map(region));
        let firsts = Who::Firsts(login.to_owned());
        [
            Bucket { who: first, room: 1, leak: policy::FIRST_LOOK_EVERY },
            Bucket { who: firsts, room: policy::FIRST_LOOKS_PER_LOGIN, leak: policy::FIRST_LOOK_LEAK },
        ]
    }

    /// One login from anywhere.
    pub(super) fn login(login: &str) -> Bucket {
        let who = Who::Login(login.to_owned());
        Bucket { who, room: policy::FAILURES_PER_LOGIN, leak: policy::FAILURE_LEAK_LOGIN }
    }

    /// A bucket for some networks of one customer: as large as those of a few of them.
    fn shared(&self, who: Who) -> Bucket {
        let few = policy::STRANGERS_PER_SITE;
        Bucket { who, room: self.room.saturating_mul(few), leak: self.leak.checked_div(few).unwrap_or(self.leak) }
    }

    /// What a full bucket needs to become empty.
    fn depth(&self) -> Duration {
        self.leak.saturating_mul(self.room)
    }
}

/// Addresses that one operator of networks may have at hand: an IPv4 /24, an IPv6 /48.
fn region(source: IpAddr) -> IpAddr {
    match network(source) {
        IpAddr::V4(address) => (address & Ipv4Addr::new(255, 255, 255, 0)).into(),
        IpAddr::V6(address) => (address & Ipv6Addr::new(0xffff, 0xffff, 0xffff, 0, 0, 0, 0, 0)).into(),
    }
}

impl Attempts {
    /// Counts a failure in advance against these; none if one of them has no room.
    pub(super) fn count(&self, buckets: Vec<Bucket>, source: Option<IpAddr>, now: Duration) -> Option<Count<'_>> {
        self.take(&buckets, now).then(|| Count { attempts: self, buckets, source, now, decided: Arc::default() })
    }

    /// Puts a failure into each of these, or into none: false if one of them has no room.
    pub(super) fn take(&self, buckets: &[Bucket], now: Duration) -> bool {
        let mut places = self.places();
        let fuller = |bucket: &Bucket, empty: Duration| empty.max(now).saturating_add(bucket.leak);
        let has_room = |bucket: &Bucket| {
            let empty = find(&places, self.key(bucket)).map_or(now, |place| place.empty);
            fuller(bucket, empty).saturating_sub(now) <= bucket.depth()
        };
        if !buckets.iter().all(has_room) {
            return false;
        }
        if places.is_empty() {
            places.resize(policy::FAILURES_KEPT.div_ceil(WAYS), [Place::default(); WAYS]);
        }
        for bucket in buckets {
            let place = make(&mut places, self.key(bucket));
            if let Some(place) = place {
                place.empty = fuller(bucket, place.empty);
            }
        }
        true
    }

    /// Takes one failure out of each of these again: it was none.
    fn give_back(&self, buckets: &[Bucket]) {
        let mut places = self.places();
        for bucket in buckets {
            if let Some(place) = find_mut(&mut places, self.key(bucket)) {
                place.empty = place.empty.saturating_sub(bucket.leak);
            }
        }
    }

    /// Empties these.
    pub(super) fn forget(&self, buckets: &[Bucket]) {
        let mut places = self.places();
        for bucket in buckets {
            if let Some(place) = find_mut(&mut places, self.key(bucket)) {
                *place = Place::default();
            }
        }
    }

    fn key(&self, bucket: &Bucket) -> u64 {
        self.keys.hash_one(&bucket.who)
    }

    fn places(&self) -> MutexGuard<'_, Vec<[Place; WAYS]>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A failure that is counted in advance. If it is dropped before anybody has looked, it was none: whoever waited hung up, which
/// a network may do to anybody. Not to everybody: what hangs up has taken room from those who wait, so there is a share of it.
pub(super) struct Count<'a> {
    attempts: &'a Attempts,
    buckets: Vec<Bucket>,
    source: Option<IpAddr>,
    now: Duration,
    decided: Arc<AtomicBool>,
}

impl Count<'_> {
    /// What has to be asked before looking.
    pub(super) fn look(&self) -> Look {
        Look(self.decided.clone())
    }

    /// It was a failure, whether somebody looked or not.
    pub(super) fn keep(mut self) {
        self.buckets.clear();
    }

    /// It was none.
    pub(super) fn undo(mut self) {
        self.attempts.give_back(&std::mem::take(&mut self.buckets));
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        let nobody_looked = !self.decided.swap(true, Ordering::AcqRel);
        if nobody_looked && !self.buckets.is_empty() && self.attempts.take(&Bucket::of_void(self.source), self.now) {
            self.attempts.give_back(&self.buckets);
        }
    }
}

/// Either somebody looks, or the failure is given back, and not both.
pub(super) struct Look(Arc<AtomicBool>);

impl Look {
    /// Whether one may look; whoever hears yes does.
    pub(super) fn begins(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// One that nobody counts.
    pub(super) fn free() -> Look {
        Look(Arc::default())
    }
}

/// The place of a key, if it has one.
fn find(places: &[[Place; WAYS]], key: u64) -> Option<&Place> {
    places.get(row(places, key)?)?.iter().find(|place| place.key == key)
}

fn find_mut(places: &mut [[Place; WAYS]], key: u64) -> Option<&mut Place> {
    let row = row(places, key)?;
    places.get_mut(row)?.iter_mut().find(|place| place.key == key)
}

/// The place of a key, if need be another's.
fn make(places: &mut [[Place; WAYS]], key: u64) -> Option<&mut Place> {
    let row = row(places, key)?;
    let ways = places.get_mut(row)?;
    let found = ways.iter().position(|place| place.key == key);
    let place = match found {
        Some(way) => ways.get_mut(way)?,
        None => {
            let place = ways.iter_mut().min_by_key(|place| place.empty)?;
            *place = Place { key, ..Place::default() };
            place
        }
    };
    Some(place)
}

fn row(places: &[[Place; WAYS]], key: u64) -> Option<usize> {
    let rows = u64::try_from(places.len()).ok()?;
    usize::try_from(key.checked_rem(rows)?).ok()
}
