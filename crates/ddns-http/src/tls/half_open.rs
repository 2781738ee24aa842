//! How many handshakes may be under way.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ddns_core::{network, policy};
use tokio::sync::oneshot;

/// The handshakes that are under way, over all TLS ports.
///
/// Where there are too many, from one network or altogether, one more takes the place of the oldest of them, if that is
/// old: a handshake takes milliseconds, and one that is not done after a second waits for its caller. Where none is old
/// there is more to do than the machine can, and who is at it is not disturbed.
#[derive(Clone, Default)]
pub(crate) struct HalfOpen(Arc<Mutex<Places>>);

#[derive(Default)]
struct Places {
    next: u64,
    /// In the order in which they were taken.
    taken: BTreeMap<u64, Taken>,
}

struct Taken {
    network: IpAddr,
    begun: Instant,
    /// Dropping it takes the place away.
    _keep: oneshot::Sender<()>,
}

/// One handshake's place.
pub(super) struct Place {
    number: u64,
    kept: oneshot::Receiver<()>,
    half_open: HalfOpen,
}

impl HalfOpen {
    /// A place for a handshake with this caller, if there is one.
    pub(super) fn enter(&self, peer: IpAddr, now: Instant) -> Option<Place> {
        let network = network(peer);
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !places.make_room(network, now) {
            return None;
        }
        let (keep, kept) = oneshot::channel();
        let number = places.next;
        places.next = number.wrapping_add(1);
        places.taken.insert(number, Taken { network, begun: now, _keep: keep });
        Some(Place { number, kept, half_open: self.clone() })
    }
}

impl Place {
    /// Waits until another has taken this place.
    pub(super) async fn lost(&mut self) {
        let _dropped = (&mut self.kept).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.half_open.0.lock().unwrap_or_else(PoisonError::into_inner).taken.remove(&self.number);
    }
}

impl Places {
    /// Whether there is room for one more from this network, by the end of another handshake if need be.
    fn make_room(&mut self, network: IpAddr, now: Instant) -> bool {
        let from_here = || self.taken.iter().filter(|(_, taken)| taken.network == network);
        let oldest = if from_here().count() >= policy::TLS_HANDSHAKES_PER_NETWORK {
            from_here().next()
        } else if self.taken.len() >= policy::TLS_HANDSHAKES {
            self.taken.first_key_value()
        } else {
            return true;
        };
        let is_old = |taken: &Taken| now.saturating_duration_since(taken.begun) >= policy::TLS_HANDSHAKE_OLD;
        let gives_way = oldest.filter(|(_, taken)| is_old(taken)).map(|(number, _)| *number);
        gives_way.and_then(|number| self.taken.remove(&number)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    const OLD: Duration = policy::TLS_HANDSHAKE_OLD;
    const HERE: usize = policy::TLS_HANDSHAKES_PER_NETWORK;

    /// Handshakes that begin a microsecond after one another.
    struct Crowd {
        half_open: HalfOpen,
        begin: Instant,
        places: Vec<Place>,
    }

    impl Crowd {
        fn of(peers: impl IntoIterator<Item = IpAddr>) -> Crowd {
            let mut crowd = Crowd { half_open: HalfOpen::default(), begin: Instant::now(), places: Vec::new() };
            for (peer, number) in peers.into_iter().zip(0..) {
                let place = crowd.enter(peer, Duration::from_micros(number)).unwrap();
                crowd.places.push(place);
            }
            crowd
        }

        fn enter(&self, peer: IpAddr, after: Duration) -> Option<Place> {
            self.half_open.enter(peer, self.begin.checked_add(after).unwrap())
        }

        fn lost(&mut self) -> Vec<usize> {
            let is_lost = |place: &mut Place| place.kept.try_recv() == Err(TryRecvError::Closed);
            self.places.iter_mut().enumerate().filter_map(|(at, place)| is_lost(place).then_some(at)).collect()
        }
    }

    fn peer(network: u32) -> IpAddr {
        Ipv4Addr::from(network).into()
    }

    #[test]
    fn only_an_old_handshake_gives_way() {
        let all = u32::try_from(policy::TLS_HANDSHAKES).unwrap();
        let mut crowd = Crowd::of((1..=all).map(peer));
        assert!(crowd.enter(peer(0), OLD / 2).is_none(), "all of them may still be at it");
        let one_more = crowd.enter(peer(0), OLD);
        assert!(one_more.is_some());
        assert_eq!(crowd.lost(), [0]);
        assert!(crowd.enter(peer(0), OLD).is_none(), "the second is a microsecond too young");
        crowd.places.pop();
        assert!(crowd.enter(peer(0), OLD).is_some(), "who is done leaves a place");
        crowd.places.clear();
        drop(one_more);
        assert!(crowd.half_open.0.lock().unwrap().taken.is_empty());
    }

    #[test]
    fn a_network_is_in_its_own_way_alone() {
        let mut crowd = Crowd::of([peer(1)].into_iter().chain([peer(2); HERE]));
        assert!(crowd.enter(peer(2), OLD / 2).is_none() && crowd.enter(peer(3), OLD / 2).is_some());
        assert!(crowd.enter(peer(2), OLD.saturating_mul(2)).is_some());
        assert_eq!(crowd.lost(), [1], "the oldest of that network");
    }

    #[test]
    fn an_ipv6_network_is_a_64() {
        let address = |text: &str| -> IpAddr { text.parse().unwrap() };
        let crowd = Crowd::of((0..HERE).map(|number| address(&format!("2001:db8:0:1::{number:x}"))));
        assert!(crowd.enter(address("2001:db8:0:1:ffff::"), OLD / 2).is_none());
        assert!(crowd.enter(address("2001:db8:0:2::"), OLD / 2).is_some());
        let mapped = Crowd::of([address("::ffff:192.0.2.1"); HERE]);
        assert!(mapped.enter(address("192.0.2.1"), OLD / 2).is_none());
        assert!(mapped.enter(address("::ffff:192.0.2.2"), OLD / 2).is_some());
    }
}
