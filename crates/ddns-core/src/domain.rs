//! Domains, the name servers that serve them all, and the operator's settings.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::name::{Name, ZoneName};
use crate::policy;
use crate::value::{
    AccountNo, ChallengeLife, Description, DomainNo, Mailbox, ReservedLabel, Timestamp, Ttl, UnicastV4, UnicastV6,
};

/// A zone that we are the authority of, and in which hosts live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The short id inside the registry.
    pub number: DomainNo,
    /// The public id.
    pub id: Uuid,
    /// Its apex; unique.
    pub name: ZoneName,
    /// Whose it is; none for the operator's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AccountNo>,
    /// Whether every account may create hosts in it.
    pub shared: bool,
    /// The responsible person.
    pub email: Mailbox,
    /// The time to live of its SOA, its NS and of records without one of their own.
    pub ttl: Ttl,
    /// The SOA record's times.
    pub timers: SoaTimers,
    /// A free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// What hosts answer for A while they are offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_ipv4: Option<UnicastV4>,
    /// What hosts answer for AAAA while they are offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_ipv6: Option<UnicastV6>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// The times of a zone's SOA record, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoaTimers {
    /// How often secondaries ask.
    pub refresh: Ttl,
    /// How soon they ask again after a failure.
    pub retry: Ttl,
    /// How long they serve without having asked.
    pub expire: Ttl,
    /// How long "there is no such name" may be cached (RFC 2308): short, because a host may be made at any moment.
    pub minimum: Ttl,
}

impl Default for SoaTimers {
    fn default() -> SoaTimers {
        SoaTimers {
            refresh: Ttl::clamped(3_600),
            retry: Ttl::clamped(600),
            expire: Ttl::clamped(1_209_600),
            minimum: Ttl::clamped(60),
        }
    }
}

impl Domain {
    /// The time to live of a domain for which nobody chose one.
    pub const DEFAULT_TTL: Ttl = Ttl::clamped(3_600);

    /// Whether an account owns it.
    pub fn is_owned_by(&self, account: AccountNo) -> bool {
        self.owner == Some(account)
    }
}

/// A name server of all zones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The public id.
    pub id: Uuid,
    /// Its name; unique.
    pub name: Name,
    /// Its addresses, where the name lies in one of our own zones and glue is needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed; none if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
}

/// What the operator decides for the whole service. Part of the data, so that the server and the command line decide
/// alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where `ns1.<zone>` is, while no [`Server`] is registered.
    pub ns_addresses: Vec<IpAddr>,
    /// Labels that no host in a shared domain may have first.
    pub reserved_labels: BTreeSet<ReservedLabel>,
    /// Whether hosts may only have addresses that the whole internet can reach.
    pub public_addresses_only: bool,
    /// Days for which a freed name in a shared domain stays reserved; 0 for none.
    pub reservation_days: u16,
    /// Whether strangers may make accounts.
    pub sign_up: SignUp,
    /// Whether mails can be sent: without it nothing is put into the outbox.
    pub mail: bool,
    /// How long a challenge value lives.
    #[serde(skip_serializing_if = "ChallengeLife::is_usual")]
    pub challenge_life: ChallengeLife,
    /// Where the service is reached over HTTP, as its configuration says: what is written for people to copy begins with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
}

/// Whether strangers may make accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignUp {
    /// They may not.
    #[default]
    Closed,
    /// They may, and the account acts once its address is confirmed. Needs mail.
    Confirm,
    /// They may, and the account acts at once.
    Open,
}

impl Default for Settings {
    fn default() -> Settings {
        const LABELS: &[&str] = &[
            policy::CHALLENGE_LABEL,
            "autoconfig",
            "autodiscover",
            "dns",
            "ftp",
            "imap",
            "isatap",
            "localhost",
            "mail",
            "mta-sts",
            "ns",
            "ns1",
            "ns2",
            "ns3",
            "ns4",
            "pop",
            "pop3",
            "postmaster",
            "smtp",
            "wpad",
            "www",
        ];
        Settings {
            ns_addresses: Vec::new(),
            reserved_labels: LABELS.iter().filter_map(|label| label.parse().ok()).collect(),
            public_addresses_only: false,
            reservation_days: policy::RESERVATION_DAYS,
            sign_up: SignUp::default(),
            mail: false,
            challenge_life: ChallengeLife::default(),
            base_url: None,
        }
    }
}

/// The IPv4 addresses of a list.
pub(crate) fn v4(addresses: &[IpAddr]) -> impl Iterator<Item = Ipv4Addr> {
    addresses.iter().filter_map(|address| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    })
}

/// The IPv6 addresses of a list.
pub(crate) fn v6(addresses: &[IpAddr]) -> impl Iterator<Item = Ipv6Addr> {
    addresses.iter().filter_map(|address| match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(*address),
    })
}
