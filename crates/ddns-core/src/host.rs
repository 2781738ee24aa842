//! Hosts, the clients that carry them, and what goes with a host's name.

use serde::{Deserialize, Serialize};

use crate::name::Fqdn;
use crate::value::{
    AccountNo, ChallengeValue, ClientKey, ClientNo, DomainNo, Heartbeat, HostAddress, HostNo, HostTtl, Ipv6Suffix,
    Offline, Timestamp, UnicastV4, UnicastV6,
};

/// A name that follows an address.
///
/// There may be a million in memory: the name is inline, ids are short, and nothing that only people read is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The short id.
    pub number: HostNo,
    /// Its name; unique.
    pub name: Fqdn,
    /// The longest enclosing domain of `name`.
    pub domain: DomainNo,
    /// Whose it is.
    pub owner: AccountNo,
    /// What carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientNo>,
    /// How long its address records may be cached.
    pub ttl: HostTtl,
    /// Whether every name below it answers as it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wildcard: bool,
    /// Whether it is offline.
    #[serde(default, skip_serializing_if = "Offline::is_online")]
    pub offline: Offline,
    /// Its A record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<UnicastV4>,
    /// Its AAAA record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<UnicastV6>,
    /// What it keeps of its IPv6 address when its prefix changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<Box<Ipv6Suffix>>,
    /// How long it may be silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

impl Host {
    /// The address that APIs with room for one show: IPv4, or IPv6 where there is no IPv4.
    pub fn address(&self) -> Option<HostAddress> {
        self.ipv4.map(HostAddress::V4).or(self.ipv6.map(HostAddress::V6))
    }
}

/// A device or place whose hosts move together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The short id inside the registry.
    pub number: ClientNo,
    /// Its key; unique over all accounts.
    pub key: ClientKey,
    /// Whose it is.
    pub owner: AccountNo,
    /// Whether it, and so all its hosts, are offline.
    #[serde(default, skip_serializing_if = "Offline::is_online")]
    pub offline: Offline,
    /// The last IPv4 address it reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<UnicastV4>,
    /// The last IPv6 address it reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<UnicastV6>,
    /// How long it may be silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// A TXT value at `_acme-challenge.<host>` that ends by itself (RFC 8555, section 8.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The host.
    pub host: Fqdn,
    /// The value.
    pub value: ChallengeValue,
    /// When it ends.
    pub end: Timestamp,
}

/// A freed name in a shared domain, kept for its last owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The freed name; unique.
    pub name: Fqdn,
    /// Who may take it again.
    pub owner: AccountNo,
    /// When everybody may.
    pub end: Timestamp,
}
