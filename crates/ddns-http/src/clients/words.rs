//! What the clients API answers look like: representations in the documentation's order of keys, and the one table of
//! errors.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use ddns_core::{Client, Fqdn, Host, Refusal, Registry, zone};
use ddns_service::ServiceError;
use serde::Serialize;
use utoipa::ToSchema;

use super::links::Links;
use crate::dialect::Fault;
use crate::reply::{self, FaultWords};

/// A client, as its `GET` shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
pub(super) struct ClientBody {
    /// Whether the client and so its hosts are offline.
    #[schema(example = false)]
    offline: bool,
    hosts: Related,
    /// For how many seconds the client may be silent before it goes offline by itself; only where it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, example = 3600)]
    heartbeat: Option<u32>,
}

/// Where a client's hosts are.
#[derive(Serialize, ToSchema)]
struct Related {
    #[schema(example = "related")]
    rel: &'static str,
    #[schema(format = "uri", example = "https://ddns.example/ddns/clients/router/hosts")]
    href: String,
}

/// A client, as its `PUT` shows it: the documentation turns the link's keys round there.
#[derive(Serialize)]
pub(super) struct ChangedClientBody {
    offline: bool,
    hosts: TurnedRelated,
    #[serde(skip_serializing_if = "Option::is_none")]
    heartbeat: Option<u32>,
}

#[derive(Serialize)]
struct TurnedRelated {
    href: String,
    rel: &'static str,
}

impl ClientBody {
    pub(super) fn new(client: &Client, links: &Links) -> ClientBody {
        let hosts = Related { rel: "related", href: links.hosts(&client.key) };
        ClientBody { offline: !client.offline.is_online(), hosts, heartbeat: client.heartbeat.map(u32::from) }
    }
}

impl ChangedClientBody {
    pub(super) fn new(client: &Client, links: &Links) -> ChangedClientBody {
        let hosts = TurnedRelated { href: links.hosts(&client.key), rel: "related" };
        ChangedClientBody { offline: !client.offline.is_online(), hosts, heartbeat: client.heartbeat.map(u32::from) }
    }
}

/// All hosts of a client.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientHosts)]
pub(super) struct HostsBody<'h> {
    pub(super) hosts: Vec<HostBody<'h>>,
}

/// A host of a client, with what it answers at this moment.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientHost)]
#[serde(rename_all = "camelCase")]
pub(super) struct HostBody<'h> {
    /// The host's name.
    #[schema(value_type = String, example = "home.dyn.example")]
    hostname: &'h Fqdn,
    /// The IPv4 address, or the IPv6 one where there is no IPv4; null where it answers none at all.
    #[schema(value_type = Option<String>, required, example = "192.0.2.7")]
    ip_address: Option<IpAddr>,
    /// The IPv6 address of a host that answers both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = Ipv6, example = "2001:db8::7")]
    ip6_address: Option<Ipv6Addr>,
    /// Where the host is on the client.
    links: [Itself; 1],
}

/// Where something is itself.
#[derive(Serialize, ToSchema)]
struct Itself {
    #[schema(example = "self")]
    rel: &'static str,
    #[schema(format = "uri", example = "https://ddns.example/ddns/clients/router/hosts/home.dyn.example")]
    href: String,
}

impl<'h> HostBody<'h> {
    pub(super) fn new(registry: &Registry, client: &Client, host: &'h Host, links: &Links) -> HostBody<'h> {
        let domain = registry.domain(host.domain);
        let (ipv4, ipv6) = domain.map_or((None, None), |domain| zone::served_addresses(registry, domain, host));
        HostBody {
            hostname: &host.name,
            ip_address: ipv4.map(IpAddr::V4).or(ipv6.map(IpAddr::V6)),
            ip6_address: ipv4.and(ipv6),
            links: [Itself { rel: "self", href: links.host(&client.key, &host.name) }],
        }
    }
}

/// Everything that this dialect answers instead of success.
#[derive(Debug)]
pub(super) enum Wrong {
    /// A key is made of few characters.
    Key,
    /// There must be a host of this name, so the name must be one.
    NoSuchName,
    /// The body must be one JSON object.
    NotJson,
    /// A client has two attributes, of which one is true or false.
    Attributes,
    /// The other one has bounds.
    Heartbeat,
    /// A body names one action, with a value that it takes.
    Action,
    /// Attaching takes no attributes.
    NotEmpty,
    /// Nothing here has an entity tag.
    EntityTag,
    /// A rule of the service forbids it.
    Refused(Refusal),
    /// What every dialect has to say.
    Fault(Fault),
}

const FAULTS: FaultWords =
    FaultWords { sign_in: "Sign in with your user name and your password or token", not_json: NOT_JSON };
const NOT_JSON: &str = "The body must be one JSON object";

impl Wrong {
    /// Status and body.
    pub(super) fn answer(&self) -> HttpResponse {
        let (status, words) = match self {
            Wrong::Key => {
                (StatusCode::BAD_REQUEST, "A client key is 1 to 64 of A-Z a-z 0-9 . _ : - and neither one dot nor two")
            }
            Wrong::NoSuchName => (StatusCode::NOT_FOUND, "There is no host of this name"),
            Wrong::NotJson => (StatusCode::BAD_REQUEST, NOT_JSON),
            Wrong::Attributes => (
                StatusCode::BAD_REQUEST,
                "The attributes are offline, which is true or false, and heartbeat, which is seconds or null",
            ),
            Wrong::Heartbeat => {
                return reply::message(StatusCode::BAD_REQUEST, &format!("The heartbeat {}", reply::about_heartbeat()));
            }
            Wrong::Action => (
                StatusCode::BAD_REQUEST,
                "The body names one action: updateIP with the value default or an IP address that a host can have",
            ),
            Wrong::NotEmpty => (StatusCode::BAD_REQUEST, "The body must be empty or an empty JSON object"),
            Wrong::EntityTag => {
                (StatusCode::PRECONDITION_FAILED, "There are no entity tags here; If-Match can only be *")
            }
            Wrong::Refused(refusal) => return refused(refusal),
            Wrong::Fault(fault) => return reply::fault(*fault, &FAULTS),
        };
        reply::message(status, words)
    }
}

/// The one table from the rules' refusals to statuses. The words are the rules' own.
fn refused(refusal: &Refusal) -> HttpResponse {
    let status = match refusal {
        Refusal::NotFound { .. } => StatusCode::NOT_FOUND,
        Refusal::Inactive | Refusal::TokenVoid | Refusal::NotSignedIn => {
            return reply::fault(Fault::Unauthorized, &FAULTS);
        }
        Refusal::NotPublic | Refusal::NoSource | Refusal::NoSuffix { .. } | Refusal::NoSubnet { .. } => {
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::FORBIDDEN,
    };
    reply::message(status, &reply::sentence(&refusal.to_string()))
}

impl Wrong {
    /// Why a body was not understood, for the owner of the hosts that it was about; nothing of what the rules said, which
    /// is left where they are asked.
    pub(super) fn sentence(&self) -> Option<&'static str> {
        match self {
            Wrong::NotJson => Some("the request's body is no JSON object"),
            Wrong::Attributes => {
                Some("the request's body has other attributes than offline and heartbeat, or other values")
            }
            Wrong::Heartbeat => Some("the request's heartbeat is none that a client can have"),
            Wrong::Action => Some("the request's body is no action updateIP with an address that a host can have"),
            _ => None,
        }
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        Wrong::Refused(refusal)
    }
}

impl From<ServiceError> for Wrong {
    fn from(error: ServiceError) -> Wrong {
        match error {
            ServiceError::Refused(refusal) => Wrong::Refused(refusal),
            error => Wrong::Fault(Fault::of_service(&error)),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a clients API error")
    }
}

impl ResponseError for Wrong {
    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}
