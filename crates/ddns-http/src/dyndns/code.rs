//! The words of an answer's lines.

use std::fmt;

use ddns_core::{HostEdit, HostOutcome, Refusal};

use super::report;

/// What a line says.
///
/// Of dyndns2's other codes, `badauth`, `abuse` and `badagent` are about a call as a whole (see [`super::say`]), and
/// `!yours` is never said: who does not own a host is not told that it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The host was changed, to this; nothing where it has no address.
    Good(String),
    /// It was so already.
    NoChg(String),
    /// It has no records of these types any more.
    Deleted(String),
    /// This is no host name.
    NotFqdn,
    /// The caller has no such host.
    NoHost,
    /// Too many hosts in one call.
    NumHost,
    /// The address is none, or cannot be this host's.
    DnsErr,
    /// It is our fault.
    ServerError,
}

impl Code {
    /// Of a host that was updated.
    pub(super) fn updated(outcome: &HostOutcome, edit: &HostEdit) -> Code {
        let addresses = report::shown(edit, &outcome.host);
        if outcome.changed { Code::Good(addresses) } else { Code::NoChg(addresses) }
    }

    /// The one table from the rules' refusals to this dialect's words. A foreign host is answered like a missing one.
    pub(super) fn of(refusal: &Refusal) -> Code {
        match refusal {
            Refusal::NotFound { .. } | Refusal::NotYours { .. } | Refusal::OutOfScope | Refusal::OperatorOnly => {
                Code::NoHost
            }
            Refusal::TooMany { .. } => Code::NumHost,
            Refusal::NotPublic
            | Refusal::NoSource
            | Refusal::NoSuffix { .. }
            | Refusal::NoSubnet { .. }
            | Refusal::Conflict { .. } => Code::DnsErr,
            Refusal::Inactive
            | Refusal::NotSignedIn
            | Refusal::SignUpClosed
            | Refusal::NoMail
            | Refusal::LinkVoid
            | Refusal::TokenVoid
            | Refusal::Taken { .. }
            | Refusal::Reserved { .. }
            | Refusal::ReservedLabel { .. }
            | Refusal::Overlaps { .. }
            | Refusal::NoDomain { .. }
            | Refusal::PrivateDomain { .. }
            | Refusal::Apex { .. }
            | Refusal::Quota { .. }
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
            | Refusal::Exhausted => Code::ServerError, // No update of an existing host is refused so.
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Good(addresses) => f.write_str(format!("good {addresses}").trim_end()),
            Code::NoChg(addresses) => f.write_str(format!("nochg {addresses}").trim_end()),
            Code::Deleted(types) => write!(f, "deleted {types}"),
            Code::NotFqdn => f.write_str("notfqdn"),
            Code::NoHost => f.write_str("nohost"),
            Code::NumHost => f.write_str("numhost"),
            Code::DnsErr => f.write_str("dnserr"),
            Code::ServerError => f.write_str("911"),
        }
    }
}
