//! Why a command failed: one table from refusals and store errors to exit codes and advice.

use std::fmt;

use ddns_core::{Kind, Refusal};
use ddns_service::ServiceError;
use ddns_store::StoreError;

use crate::exit_code::ExitCode;

/// Why a command failed, in words for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: ExitCode,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The command line cannot mean anything.
    pub(crate) fn usage(message: impl fmt::Display) -> Failure {
        Failure::new(ExitCode::Usage, message)
    }

    /// There is nothing of this name.
    pub(crate) fn not_found(kind: Kind, name: impl fmt::Display) -> Failure {
        Failure::from(Refusal::NotFound { kind, name: name.to_string() })
    }

    /// A rule of the command line itself forbids it.
    pub(crate) fn refused(message: impl fmt::Display) -> Failure {
        Failure::new(ExitCode::Refused, message)
    }

    /// The data cannot be worked on.
    pub(crate) fn unavailable(message: impl fmt::Display) -> Failure {
        Failure::new(ExitCode::Unavailable, message)
    }

    /// Something failed that should not have.
    pub(crate) fn internal(message: impl fmt::Display) -> Failure {
        Failure::new(ExitCode::Internal, message)
    }

    /// The same, with what to do now.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Failure {
        self.hint = Some(hint.to_string());
        self
    }

    /// The same, with what was being done in front of what happened.
    #[must_use]
    pub(crate) fn during(mut self, what: impl fmt::Display) -> Failure {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Whether the reader of standard output has gone: then there is nobody to tell.
    pub(crate) fn is_nobody_listening(&self) -> bool {
        self.code == ExitCode::Done
    }

    /// With this exit code.
    pub(crate) fn of(code: ExitCode, message: impl fmt::Display) -> Failure {
        Failure::new(code, message)
    }

    fn new(code: ExitCode, message: impl fmt::Display) -> Failure {
        Failure { code, message: message.to_string(), hint: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let code = match &refusal {
            Refusal::NotFound { .. } => ExitCode::NotFound,
            _ => ExitCode::Refused,
        };
        let hint = advice(&refusal);
        let failure = Failure::new(code, refusal);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// What the person at the terminal, who may do everything, can do about a refusal.
fn advice(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::NotFound { kind, .. } => match kind {
            Kind::Account => "list the accounts with: ddns account list".to_owned(),
            Kind::Token => "list the tokens with: ddns token list".to_owned(),
            Kind::Domain => "list the domains with: ddns domain list".to_owned(),
            Kind::Server => "list the name servers with: ddns server list".to_owned(),
            Kind::Host => "list the hosts with: ddns host list".to_owned(),
            Kind::Reservation => "the name is not reserved; it can be taken as it is".to_owned(),
            Kind::Client => "list the clients with: ddns client list".to_owned(),
            Kind::Mail => "it may have been sent; list those that wait with: ddns mail list".to_owned(),
            Kind::Record => "list a domain's records with: ddns record list DOMAIN --managed".to_owned(),
            Kind::TsigKey => "list the keys with: ddns key list".to_owned(),
            Kind::Rrset | Kind::Challenge | Kind::Peer => return None,
        },
        Refusal::Reserved { name } => format!("release it with: ddns name release {name}"),
        Refusal::Quota { kind: Kind::Host, .. } => "raise it with: ddns account set LOGIN --max-hosts N".to_owned(),
        Refusal::Quota { kind: Kind::Domain, .. } => "raise it with: ddns account set LOGIN --max-domains N".to_owned(),
        Refusal::Quota { kind: Kind::Record, .. } => "raise it with: ddns quota set LOGIN --records N".to_owned(),
        Refusal::Quota { kind: Kind::Rrset, .. } => "raise it with: ddns quota set LOGIN --rrsets N".to_owned(),
        Refusal::Quota { kind: Kind::Client, .. } => "remove one with: ddns client remove KEY".to_owned(),
        Refusal::Quota { kind: Kind::Token, .. } => "revoke one with: ddns token revoke ID".to_owned(),
        Refusal::PrivateDomain { domain } => {
            format!("open it to all accounts with: ddns domain set {domain} --shared true")
        }
        Refusal::Overlaps { other, .. } => {
            format!("see who has it with: ddns host show {other}, or ddns domain show {other}")
        }
        Refusal::DomainInUse { domain } => format!("list them with: ddns host list --domain {domain}"),
        Refusal::HasSubdomains { child, .. } => format!("remove it with: ddns domain remove {child}"),
        Refusal::OutsideDomain { .. } | Refusal::InChildDomain { .. } => {
            "a record stays in its domain; make another one with: ddns record add".to_owned()
        }
        Refusal::RrsetExists { name, record_type } => {
            format!("see them with: ddns record list DOMAIN --name {name} --type {record_type}")
        }
        Refusal::NotOneAddress { name } => format!("see what is there with: ddns record list DOMAIN --name {name}"),
        Refusal::NoSuffix { name } => format!("give it one with: ddns host set {name} --suffix SUFFIX"),
        Refusal::NoSubnet { name, .. } => format!("give it another subnet with: ddns host set {name} --subnet N"),
        Refusal::NoOwner { .. } => "say it with: --owner LOGIN".to_owned(),
        Refusal::Managed { .. } => "it follows what is set with: ddns domain set, and ddns server".to_owned(),
        Refusal::ReservedLabel { .. } => "the list is the key reserved_labels of ddnsd's configuration".to_owned(),
        Refusal::NotPublic => "the switch is the key public_addresses_only of ddnsd's configuration".to_owned(),
        _ => return None,
    })
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Failure {
        match error {
            ServiceError::Refused(refusal) => refusal.into(),
            ServiceError::Busy => Failure::unavailable("too many commands are waiting").hint("try again in a moment"),
            ServiceError::Limited => Failure::unavailable(error.to_string()),
            ServiceError::Unavailable(reason) => Failure::unavailable(reason),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let failure = Failure::unavailable(&error);
        match error {
            StoreError::Exists(_) => Failure { code: ExitCode::Refused, ..failure },
            StoreError::NotOwner { owner, .. } => {
                failure.hint(format!("as root: sudo -u '#{owner}' ddns …, or: runuser -u NAME -- ddns …"))
            }
            _ => failure,
        }
    }
}

impl From<std::io::Error> for Failure {
    /// Failures of the standard streams; files' failures are given their names where they happen.
    fn from(error: std::io::Error) -> Failure {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::new(ExitCode::Done, error),
            _ => Failure::internal(format!("the output cannot be written: {error}")),
        }
    }
}
