//! What Two-DNS answers look like: representations in the documentation's order of keys, and the one table of errors.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use ddns_core::{Account, Domain, Fqdn, Host, Login, Refusal, UnicastV6};
use ddns_service::ServiceError;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::dialect::Fault;
use crate::reply::{self, FaultWords, message};
pub(super) use crate::reply::{json, nothing};

/// A host under `/hosts`.
#[derive(Serialize, ToSchema)]
#[schema(as = Host)]
pub(super) struct HostBody<'h> {
    /// Whether every name below the host has its address, too.
    activate_wildcard: bool,
    /// For how many seconds resolvers may keep the address.
    #[schema(example = 60)]
    ttl: u32,
    /// The host's name.
    #[schema(value_type = String, example = "home.dyn.example")]
    fqdn: &'h Fqdn,
    /// The IPv4 address, or the IPv6 one where there is no IPv4; null where there is none at all.
    #[schema(value_type = Option<String>, required, example = "192.0.2.7")]
    ip_address: Option<IpAddr>,
    /// The IPv6 address of a host that has both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = Ipv6, example = "2001:db8::7")]
    ip6_address: Option<Ipv6Addr>,
    /// Where the host is shown.
    #[schema(format = "uri", example = "https://ddns.example/hosts/home.dyn.example")]
    url: String,
    /// What the host keeps of its IPv6 address when its prefix changes; only where it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "::1234:5678:9abc:def0")]
    ip6_suffix: Option<String>,
    /// For how many seconds the host may be silent before it goes offline by itself; only where it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, example = 3600)]
    heartbeat: Option<u32>,
}

impl<'h> HostBody<'h> {
    pub(super) fn new(host: &'h Host, base: &str) -> HostBody<'h> {
        HostBody {
            activate_wildcard: host.wildcard,
            ttl: host.ttl.secs(),
            fqdn: &host.name,
            ip_address: main_address(host),
            ip6_address: second_address(host),
            url: format!("{base}/hosts/{}", host.name.name()),
            ip6_suffix: suffix(host),
            heartbeat: host.heartbeat.map(u32::from),
        }
    }
}

/// The IPv4 address, or the IPv6 one where there is no IPv4.
fn main_address(host: &Host) -> Option<IpAddr> {
    host.address().map(|address| address.addr())
}

/// The IPv6 address of a host that has both.
fn second_address(host: &Host) -> Option<Ipv6Addr> {
    host.ipv4.and(host.ipv6).map(UnicastV6::addr)
}

fn suffix(host: &Host) -> Option<String> {
    host.suffix.as_ref().map(|suffix| suffix.to_string())
}

/// The account under `/users/me`. One client takes `api_token` to be the first key.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserBody<'a> {
    /// The token that the caller came with, or a new one; null where the caller came with its password.
    #[schema(required, example = "42fcb5dd5f6553f90676a98523e6e22d87944c33")]
    api_token: Option<&'a str>,
    /// The account's login: an e-mail address, or a user name that an operator gave it.
    #[schema(value_type = String, example = "joe@example.org")]
    email: &'a Login,
    /// How many hosts the account may have.
    #[schema(example = 5)]
    max_allowed_hosts: u32,
    /// The account's hosts, by name, as far as the token's scope reaches.
    hosts: Vec<OwnHostBody<'a>>,
}

/// A host under `/users/me`: other keys in another order.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnHost)]
struct OwnHostBody<'h> {
    /// Whether every name below the host has its address, too.
    activate_wildcard: bool,
    /// The host's name.
    #[schema(value_type = String, example = "home.dyn.example")]
    fqdn: &'h Fqdn,
    /// The IPv4 address, or the IPv6 one where there is no IPv4; null where there is none at all.
    #[schema(value_type = Option<String>, required, example = "192.0.2.7")]
    ip_address: Option<IpAddr>,
    /// The IPv6 address of a host that has both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = Ipv6, example = "2001:db8::7")]
    ip6_address: Option<Ipv6Addr>,
    /// For how many seconds resolvers may keep the address.
    #[schema(example = 60)]
    ttl: u32,
    /// What the host keeps of its IPv6 address when its prefix changes; only where it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "::1234:5678:9abc:def0")]
    ip6_suffix: Option<String>,
    /// For how many seconds the host may be silent before it goes offline by itself; only where it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, example = 3600)]
    heartbeat: Option<u32>,
}

impl<'a> UserBody<'a> {
    pub(super) fn new(
        api_token: Option<&'a str>,
        account: &'a Account,
        hosts: impl Iterator<Item = &'a Arc<Host>>,
    ) -> UserBody<'a> {
        let hosts = hosts.map(|host| OwnHostBody::new(host)).collect();
        UserBody { api_token, email: &account.login, max_allowed_hosts: account.max_hosts, hosts }
    }
}

impl<'h> OwnHostBody<'h> {
    fn new(host: &'h Host) -> OwnHostBody<'h> {
        OwnHostBody {
            activate_wildcard: host.wildcard,
            fqdn: &host.name,
            ip_address: main_address(host),
            ip6_address: second_address(host),
            ttl: host.ttl.secs(),
            ip6_suffix: suffix(host),
            heartbeat: host.heartbeat.map(u32::from),
        }
    }
}

/// A domain under `/domains`, ordered by its name as it is written.
#[derive(Serialize, ToSchema, PartialEq, Eq, PartialOrd, Ord)]
#[schema(as = Domain)]
pub(super) struct DomainBody {
    /// The domain's name.
    #[schema(example = "dyn.example")]
    name: String,
}

impl DomainBody {
    pub(super) fn new(domain: &Domain) -> DomainBody {
        DomainBody { name: domain.name.name().to_string() }
    }
}

/// An attribute, and what is wrong with it.
pub(super) type Complaint = (&'static str, &'static str);

/// Everything that this dialect answers instead of success.
#[derive(Debug)]
pub(super) enum Wrong {
    /// The resource must exist, and be the caller's.
    Missing,
    /// There must have been a refusal, to be shown.
    NoRefusal,
    /// The body must be one JSON object.
    NotJson,
    /// The body must have this resource's attributes only.
    Attributes,
    /// These attributes must be otherwise.
    Fields(Vec<Complaint>),
    /// A rule of the service forbids it.
    Refused(StatusCode, String),
    /// What every dialect has to say.
    Fault(Fault),
    /// The same, after a part was done; the words tell which.
    Midway(Fault, &'static str),
}

const FAULTS: FaultWords =
    FaultWords { sign_in: "Sign in with your e-mail address and your API token", not_json: "JSON could not be parsed" };

impl Wrong {
    /// Status and body.
    pub(super) fn answer(&self) -> HttpResponse {
        match self {
            Wrong::Missing => message(StatusCode::NOT_FOUND, "Sorry, resource does not exist"),
            Wrong::NoRefusal => message(StatusCode::NOT_FOUND, "No update of this host was refused"),
            Wrong::NotJson => message(StatusCode::BAD_REQUEST, FAULTS.not_json),
            Wrong::Attributes => message(StatusCode::UNPROCESSABLE_ENTITY, "JSON contains wrong attributes"),
            Wrong::Fields(complaints) => json(StatusCode::UNPROCESSABLE_ENTITY, &Complaints(complaints)),
            Wrong::Refused(status, words) => message(*status, words),
            Wrong::Fault(fault) => reply::fault(*fault, &FAULTS),
            Wrong::Midway(fault, words) => reply::fault_midway(*fault, &FAULTS, words),
        }
    }
}

/// `{"ttl":["is not included in the list"]}`.
pub(super) struct Complaints<'c>(&'c [Complaint]);

impl Serialize for Complaints<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, words)| (field, [words])))
    }
}

impl From<ServiceError> for Wrong {
    fn from(error: ServiceError) -> Wrong {
        match error {
            ServiceError::Refused(refusal) => Wrong::from(refusal),
            error => Wrong::Fault(Fault::of_service(&error)),
        }
    }
}

/// The one table from the rules' refusals to this dialect's words.
impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        let field = |field, words| Wrong::Fields(vec![(field, words)]);
        match refusal {
            Refusal::NotFound { .. } | Refusal::NotYours { .. } => Wrong::Missing,
            Refusal::Inactive | Refusal::TokenVoid | Refusal::NotSignedIn => Wrong::Fault(Fault::Unauthorized),
            Refusal::OutOfScope
            | Refusal::OperatorOnly
            | Refusal::SignUpClosed
            | Refusal::NoMail
            | Refusal::LinkVoid => Wrong::Refused(StatusCode::FORBIDDEN, refusal.to_string()),
            Refusal::Taken { .. } | Refusal::Reserved { .. } | Refusal::Overlaps { .. } | Refusal::Conflict { .. } => {
                field("hostname", "has already been taken")
            }
            Refusal::ReservedLabel { .. } | Refusal::Apex { .. } => field("hostname", "is reserved"),
            Refusal::NoDomain { .. } | Refusal::PrivateDomain { .. } => {
                field("domainname", "is not included in the list")
            }
            Refusal::NotPublic | Refusal::NoSource => field("ip_address", "is invalid"),
            Refusal::NoSuffix { .. } => field("ip6_prefix", "needs a host with an IPv6 address or an ip6_suffix"),
            Refusal::NoSubnet { .. } => field("ip6_prefix", "has no room for the subnet of the host's ip6_suffix"),
            Refusal::Quota { .. }
            | Refusal::TooMany { .. }
            | Refusal::DomainInUse { .. }
            | Refusal::OutsideDomain { .. }
            | Refusal::InChildDomain { .. }
            | Refusal::RrsetExists { .. }
            | Refusal::NotAlone { .. }
            | Refusal::Stale
            | Refusal::WildcardDelegation { .. }
            | Refusal::NotAtApex { .. }
            | Refusal::OtherType { .. }
            | Refusal::NotOneAddress { .. }
            | Refusal::NoOwner { .. }
            | Refusal::LastServer { .. }
            | Refusal::HasSubdomains { .. }
            | Refusal::Managed { .. }
            | Refusal::Exhausted => Wrong::Refused(StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Two-DNS error")
    }
}

impl ResponseError for Wrong {
    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}
