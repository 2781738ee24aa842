//! Why a command was refused, in words for the person who reads them. Each dialect translates them into its own.

use crate::name::{Fqdn, Name};
use crate::policy;
use crate::record::RecordType;
use crate::value::Ipv6Prefix;

/// A kind of object, as people call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account.
    Account,
    /// A token.
    Token,
    /// A domain.
    Domain,
    /// A name server.
    Server,
    /// A host.
    Host,
    /// A client.
    Client,
    /// A record.
    Record,
    /// An RRset.
    Rrset,
    /// A challenge value.
    Challenge,
    /// A reservation.
    Reservation,
    /// A TSIG key.
    TsigKey,
    /// A peer.
    Peer,
    /// A mail in the outbox.
    Mail,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Kind::Account => "account",
            Kind::Token => "token",
            Kind::Domain => "domain",
            Kind::Server => "name server",
            Kind::Host => "host",
            Kind::Client => "client",
            Kind::Record => "record",
            Kind::Rrset => "RRset",
            Kind::Challenge => "challenge value",
            Kind::Reservation => "reservation",
            Kind::TsigKey => "TSIG key",
            Kind::Peer => "peer",
            Kind::Mail => "mail",
        })
    }
}

/// Why a command was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The object must exist.
    #[error("there is no {kind} {name}")]
    NotFound {
        /// What it would be.
        kind: Kind,
        /// How it was called.
        name: String,
    },
    /// The object must be the caller's own. Most dialects answer as if it did not exist.
    #[error("the {kind} {name} belongs to another account")]
    NotYours {
        /// What it is.
        kind: Kind,
        /// How it was called.
        name: String,
    },
    /// The account must be active.
    #[error("the account is not active; its operator can activate it")]
    Inactive,
    /// Whoever has proved nothing may sign up and ask for a new password, and no more.
    #[error("sign in first")]
    NotSignedIn,
    /// Strangers make accounts where the operator lets them.
    #[error("this service takes no sign-ups; ask its operator for an account")]
    SignUpClosed,
    /// What needs a mail needs a service that sends mails.
    #[error("this service sends no mail; ask its operator")]
    NoMail,
    /// A link from a mail works once, until it ends, and while what it is about is as it was.
    #[error("this link has been used, has ended, or is about something that has changed meanwhile; ask for a new one")]
    LinkVoid,
    /// The token must exist, not have ended, and admit the caller's network.
    #[error("the token is revoked, has ended, or may not be used from here")]
    TokenVoid,
    /// The token's scope must cover the action and the object.
    #[error("the token's scope does not allow this")]
    OutOfScope,
    /// Only operators may do this.
    #[error("only an operator may do this")]
    OperatorOnly,
    /// A name or key is given once.
    #[error("{name} has already been taken")]
    Taken {
        /// Which.
        name: String,
    },
    /// A freed name in a shared domain is kept for its last owner.
    #[error("{name} was freed by another account and is reserved for it; an operator can release it")]
    Reserved {
        /// Which.
        name: Fqdn,
    },
    /// Operator-reserved labels are no host labels in shared domains.
    #[error("the first label of {name} is reserved by the operator; choose another")]
    ReservedLabel {
        /// Which.
        name: Fqdn,
    },
    /// In a shared domain nobody takes a name under or above another account's host.
    #[error("{name} lies at, above or below {other}, which belongs to another account")]
    Overlaps {
        /// Which.
        name: Name,
        /// What it would lie above or below.
        other: Name,
    },
    /// A name must lie inside one of our domains.
    #[error("{name} lies in no domain of this service; the operator can add one with: ddns domain add")]
    NoDomain {
        /// Which.
        name: Name,
    },
    /// The domain must be shared or the caller's own.
    #[error("the domain {domain} is private and belongs to another account")]
    PrivateDomain {
        /// Which.
        domain: Name,
    },
    /// At the apex only the owner of a private domain may have a host.
    #[error("{name} is the apex of its domain; only the owner of a private domain may have a host there")]
    Apex {
        /// Which.
        name: Name,
    },
    /// An address record, alias, delegation or name server stands where the new object would answer.
    #[error("{name} already has {} there; remove it first", with_article(other))]
    Conflict {
        /// Which.
        name: Name,
        /// What stands there.
        other: String,
    },
    /// An alias stands alone at its name (RFC 1034, section 3.6.2).
    #[error(
        "{name} has a CNAME record, or would have one beside others; an alias stands alone, so remove what is there first"
    )]
    NotAlone {
        /// Which.
        name: Name,
    },
    /// Some types cannot stand at an apex: an alias, because it stands alone (RFC 1034, section 3.6.2), and DS, which belongs to
    /// the zone above (RFC 4034, section 5).
    #[error("{name} is the apex of its domain, where no record of type {record_type} can stand")]
    NotAtApex {
        /// Which.
        name: Name,
        /// Of which type.
        record_type: RecordType,
    },
    /// A quota is reached: the account's, or of challenge values the host's.
    #[error("{}", full(*kind, *max))]
    Quota {
        /// What is held.
        kind: Kind,
        /// How many may be held.
        max: u64,
    },
    /// Lists and texts have a named upper bound.
    #[error("{what}: at most {max}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// The operator takes addresses only that the whole internet can reach.
    #[error("this service takes public addresses only")]
    NotPublic,
    /// There must be a caller's address, and it must be one that a host can have.
    #[error("the caller's own address cannot be a host's address; name one")]
    NoSource,
    /// A prefix needs something behind it: a suffix, or an address that one is taken from.
    #[error("{name} has no IPv6 address and no suffix to put behind a prefix; give it one of them first")]
    NoSuffix {
        /// Which.
        name: Fqdn,
    },
    /// The number of a host's subnet fits into what the prefix leaves free.
    #[error(
        "{prefix} has no room for the subnet of {name}, which is {subnet:#x}; ask for a shorter prefix or give the host another subnet"
    )]
    NoSubnet {
        /// Which.
        name: Fqdn,
        /// The prefix.
        prefix: Ipv6Prefix,
        /// The number.
        subnet: u16,
    },
    /// A record lies in the domain that it was asked for.
    #[error("{name} does not lie in the domain {domain}")]
    OutsideDomain {
        /// Which.
        name: Name,
        /// Where it would have to lie.
        domain: Name,
    },
    /// A record lies in the longest domain that encloses it.
    #[error("{name} belongs to the domain {child}")]
    InChildDomain {
        /// Which.
        name: Name,
        /// Where it lies.
        child: Name,
    },
    /// A whole RRset moves, and only to a name without one of its type.
    #[error("{name} already has a record of type {record_type}; records of one type move there only one by one")]
    RrsetExists {
        /// Which.
        name: Name,
        /// Of which type.
        record_type: RecordType,
    },
    /// A record keeps its type.
    #[error("the record is of type {record_type} and stays so; make another record")]
    OtherType {
        /// Its type.
        record_type: RecordType,
    },
    /// A host is made of one address of each family at most, and of addresses that a host can have.
    #[error("at {name} is not one address record of each family at most, with an address that a host can have")]
    NotOneAddress {
        /// Which.
        name: Fqdn,
    },
    /// A host belongs to somebody.
    #[error("the domain of {name} belongs to nobody, so say whose the host shall be")]
    NoOwner {
        /// Which.
        name: Fqdn,
    },
    /// What an edit was made from must still be so.
    #[error("it was changed meanwhile; look at it again")]
    Stale,
    /// What is delegated has a name of its own (RFC 4592, section 4.2).
    #[error("{name} begins with a wildcard label, and a wildcard cannot be delegated; name what is")]
    WildcardDelegation {
        /// Which.
        name: Name,
    },
    /// The last name server stays, where that was asked for.
    #[error("{name} is the last name server; make another one first")]
    LastServer {
        /// Which.
        name: Name,
    },
    /// A domain with domains below it cannot go.
    #[error("the domain {domain} still has {child} below it; remove that first")]
    HasSubdomains {
        /// Which.
        domain: Name,
        /// One of those below it.
        child: Name,
    },
    /// A domain with hosts in it cannot go.
    #[error("the domain {domain} still has hosts; remove them first")]
    DomainInUse {
        /// Which.
        domain: Name,
    },
    /// Derived records (SOA, a zone's own NS) are not made by hand.
    #[error("{what} is made by the service itself")]
    Managed {
        /// Which kind of record.
        what: &'static str,
    },
    /// The last number has been given.
    #[error("this service has no numbers left for new objects")]
    Exhausted,
}

impl Refusal {
    pub(crate) fn not_found(kind: Kind, name: impl ToString) -> Refusal {
        Refusal::NotFound { kind, name: name.to_string() }
    }

    pub(crate) fn not_yours(kind: Kind, name: impl ToString) -> Refusal {
        Refusal::NotYours { kind, name: name.to_string() }
    }

    pub(crate) fn taken(name: impl ToString) -> Refusal {
        Refusal::Taken { name: name.to_string() }
    }

    pub(crate) fn quota(kind: Kind, max: impl Into<u64>) -> Refusal {
        Refusal::Quota { kind, max: max.into() }
    }

    /// What needs a mail waits until others are sent.
    pub const FULL_OUTBOX: Refusal = Refusal::TooMany { what: "mails that wait to be sent", max: policy::MAILS };
    /// Who signs up waits until others have confirmed their addresses, or missed to.
    pub(crate) const TOO_MANY_UNCONFIRMED: Refusal =
        Refusal::TooMany { what: "accounts that wait to be confirmed", max: policy::UNCONFIRMED };
    pub(crate) const TOO_MANY_SERVERS: Refusal = Refusal::TooMany { what: "name servers", max: policy::SERVERS };
    pub(crate) const TOO_MANY_ADDRESSES: Refusal =
        Refusal::TooMany { what: "addresses of a name server", max: policy::SERVER_ADDRESSES };
}

/// Of what there are as many as may be.
fn full(kind: Kind, max: u64) -> String {
    match kind {
        Kind::Challenge => format!("the host has {max} {kind}s, which is as many as it may; clear one first"),
        _ => format!("the account may hold {max} {kind}s and does; remove one, or ask the operator for more"),
    }
}

/// What stands somewhere, with its article; types of records are spelled out when they are spoken.
fn with_article(what: &str) -> String {
    let first = what.split(' ').next().unwrap_or_default();
    let is_spelled = first.bytes().all(|octet| octet.is_ascii_uppercase());
    let vowels = if is_spelled { "AEFHILMNORSX" } else { "aeiou" };
    let article = if first.starts_with(|letter| vowels.contains(letter)) { "an" } else { "a" };
    format!("{article} {what}")
}
