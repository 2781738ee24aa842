//! How much of this server one client may have.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ddns_core::{network, policy};

/// Limits of connections over TCP (RFC 7766, section 6). The default is what [`policy`] says.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Connections at a time from one IPv4 address or one IPv6 /64, which is what one customer has.
    pub per_address: usize,
    /// The whole first message arrives within this.
    pub first: Duration,
    /// Each further message arrives within this, counted from the reply before it.
    pub idle: Duration,
    /// What waits to be written is taken within this.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: policy::TCP_CONNECTIONS,
            per_address: policy::TCP_PER_ADDRESS,
            first: policy::TCP_FIRST,
            idle: policy::TCP_IDLE,
            write: policy::TCP_WRITE,
        }
    }
}

/// Counts the connections that are open.
pub(crate) struct Door {
    limits: Limits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A connection's place; free again when this is dropped.
pub(crate) struct Place {
    door: Arc<Door>,
    network: IpAddr,
}

impl Door {
    pub(crate) fn new(limits: Limits) -> Arc<Door> {
        Arc::new(Door { limits, open: Mutex::default() })
    }

    /// A place for a connection from this address, if there is one.
    pub(crate) fn enter(self: &Arc<Door>, peer: IpAddr) -> Option<Place> {
        let network = network(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open.by_network.get(&network).copied().unwrap_or(0);
        if open.all >= self.limits.connections || here >= self.limits.per_address {
            return None;
        }
        open.all = open.all.saturating_add(1);
        open.by_network.insert(network, here.saturating_add(1));
        Some(Place { door: self.clone(), network })
    }

    fn leave(&self, network: IpAddr) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let here = open.by_network.get(&network).copied().unwrap_or(0).saturating_sub(1);
        match here {
            0 => open.by_network.remove(&network),
            here => open.by_network.insert(network, here),
        };
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.leave(self.network);
    }
}
