//! Accounts and the credentials that act for them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use uuid::Uuid;

use crate::name::{Fqdn, Name, text_serde};
use crate::policy;
use crate::value::{AccountNo, Login, MailAddress, SecretId, Timestamp, TokenLabel, ValueError};

/// Somebody who holds hosts, domains and records.
///
/// ```text
/// Unconfirmed ──confirm──▶ Active ◀──▶ Suspended
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The short id inside the registry.
    pub number: AccountNo,
    /// The public id.
    pub id: Uuid,
    /// What it signs in with; unique.
    pub login: Login,
    /// Whether it may act.
    pub state: AccountState,
    /// What it may do.
    pub role: Role,
    /// How many hosts it may hold.
    pub max_hosts: u32,
    /// How many domains it may hold.
    pub max_domains: u32,
    /// How many records it may hold in a domain: in one of its own all that are there, in a shared one those it made.
    #[serde(default = "default_records")]
    pub max_records: u32,
    /// How many RRsets a domain of its own may hold.
    #[serde(default = "default_rrsets")]
    pub max_rrsets: u32,
    /// How many records one RRset of its own may hold, for frontends that ask for a smaller bound than the policy's.
    #[serde(default = "default_rrset_records")]
    pub max_rrset_records: u32,
    /// The language of mails and pages for it.
    #[serde(default)]
    pub language: Language,
    /// Leads to its password's hash; none if only tokens sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretId>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

fn default_records() -> u32 {
    policy::RECORDS_PER_DOMAIN
}

fn default_rrsets() -> u32 {
    policy::RRSETS_PER_DOMAIN
}

fn default_rrset_records() -> u32 {
    policy::RECORDS_PER_NARROW_RRSET
}

/// Whether an account may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// Signed up, and not yet confirmed: may do nothing, and ends by itself.
    Unconfirmed,
    /// May act.
    Active,
    /// May not act, and its names have no data in DNS: neither its hosts nor its records. Of its zones SOA and NS stay.
    Suspended,
}

/// A language that people are written to in (RFC 5646 tags in the log and at every door).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// The language's tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }
}

impl FromStr for Language {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Language, ValueError> {
        match text {
            "en" => Ok(Language::English),
            "de" => Ok(Language::German),
            _ => Err(ValueError::Language),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Its own objects.
    User,
    /// Everybody's objects.
    Operator,
}

/// A credential for programs: acts for its account within a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The public id.
    pub id: Uuid,
    /// Whom it acts for.
    pub account: AccountNo,
    /// What its owner calls it.
    pub label: TokenLabel,
    /// What it may do.
    pub scope: Scope,
    /// Leads to its secret's SHA-256.
    pub secret: SecretId,
    /// The token that made it for a part of what it may do itself, and with which it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    /// When it was made.
    pub created: Timestamp,
}

/// What a token or key may do: on which hosts, which actions, from which networks, until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Which of the account's hosts; none in the list is none at all.
    pub hosts: HostScope,
    /// Which actions.
    pub actions: Actions,
    /// From which networks; an empty list is from anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Until when; none is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

/// The hosts that a scope covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostScope {
    /// Every host of the account, future ones included.
    All,
    /// Those that one of the patterns matches.
    Only(Vec<HostPattern>),
}

/// A host's name, or a pattern in which each `*` stands for any run of characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// Exactly this host; ends with the host.
    Exact(Fqdn),
    /// Every name that the pattern matches.
    Glob(SmolStr),
}

/// The actions that a scope allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actions {
    /// Set addresses, ttl, wildcard and offline state of hosts.
    #[serde(default)]
    pub update: bool,
    /// Set and clear `_acme-challenge` values.
    #[serde(default)]
    pub acme_challenge: bool,
    /// Read.
    #[serde(default)]
    pub read: bool,
    /// Everything else that the account may do.
    #[serde(default)]
    pub manage: bool,
}

/// One action, as a scope judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Set a host's addresses and state.
    Update,
    /// Set and clear `_acme-challenge` values.
    AcmeChallenge,
    /// Read.
    Read,
    /// Make, remove and configure.
    Manage,
}

impl Scope {
    /// All that the account may do, from anywhere, for ever.
    pub const FULL: Scope = Scope {
        hosts: HostScope::All,
        actions: Actions { update: true, acme_challenge: true, read: true, manage: true },
        networks: Vec::new(),
        end: None,
    };

    /// Whether the scope covers a host.
    pub fn covers(&self, host: &Fqdn) -> bool {
        match &self.hosts {
            HostScope::All => true,
            HostScope::Only(patterns) => patterns.iter().any(|pattern| pattern.matches(host)),
        }
    }

    /// Whether the scope allows an action.
    pub fn allows(&self, action: Action) -> bool {
        match action {
            Action::Update => self.actions.update,
            Action::AcmeChallenge => self.actions.acme_challenge,
            Action::Read => self.actions.read,
            Action::Manage => self.actions.manage,
        }
    }

    /// Whether the scope takes callers from this address. Without an address (the command line) it does.
    pub fn admits(&self, source: Option<IpAddr>) -> bool {
        let Some(source) = source else { return true };
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&source.to_canonical()))
    }

    /// Whether the scope has ended.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    /// Whether everything that `other` allows is allowed here: nobody hands on more than it has.
    pub fn includes(&self, other: &Scope) -> bool {
        let every = [Action::Update, Action::AcmeChallenge, Action::Read, Action::Manage];
        let actions = every.into_iter().all(|action| self.allows(action) || !other.allows(action));
        let hosts = self.includes_hosts(&other.hosts);
        let inside = |network: &IpNet| self.networks.iter().any(|own| own.contains(network));
        let networks = self.networks.is_empty() || (!other.networks.is_empty() && other.networks.iter().all(inside));
        let end = self.end.is_none_or(|end| other.end.is_some_and(|other| other <= end));
        actions && hosts && networks && end
    }

    fn includes_hosts(&self, other: &HostScope) -> bool {
        let (own, others) = match (&self.hosts, other) {
            (HostScope::All, _) => return true,
            (HostScope::Only(_), HostScope::All) => return false,
            (HostScope::Only(own), HostScope::Only(others)) => (own, others),
        };
        let covered = |pattern: &HostPattern| matches!(pattern, HostPattern::Exact(host) if self.covers(host));
        others.iter().all(|pattern| own.contains(pattern) || covered(pattern))
    }

    /// Whether it allows challenge values and nothing else.
    pub fn is_challenge_only(&self) -> bool {
        self.actions == Actions { acme_challenge: true, ..Actions::default() }
    }

    /// Checks the lists' lengths.
    ///
    /// # Errors
    /// [`ValueError::TooMany`].
    pub fn check(&self) -> Result<(), ValueError> {
        let hosts = match &self.hosts {
            HostScope::All => 0,
            HostScope::Only(patterns) => patterns.len(),
        };
        if hosts.max(self.networks.len()) > policy::SCOPE_ENTRIES {
            return Err(ValueError::TooMany(policy::SCOPE_ENTRIES));
        }
        Ok(())
    }

    /// The hosts that it names exactly.
    pub(crate) fn exact_hosts(&self) -> impl Iterator<Item = &Fqdn> {
        let patterns = match &self.hosts {
            HostScope::All => &[][..],
            HostScope::Only(patterns) => patterns,
        };
        patterns.iter().filter_map(|pattern| match pattern {
            HostPattern::Exact(host) => Some(host),
            HostPattern::Glob(_) => None,
        })
    }

    /// The scope without its exact entry for a host that is going; none if there was no such entry.
    pub fn without(&self, host: &Fqdn) -> Option<Scope> {
        let HostScope::Only(patterns) = &self.hosts else { return None };
        let kept: Vec<HostPattern> = patterns
            .iter()
            .filter(|pattern| !matches!(pattern, HostPattern::Exact(name) if name == host))
            .cloned()
            .collect();
        if kept.len() == patterns.len() {
            return None;
        }
        Some(Scope { hosts: HostScope::Only(kept), ..self.clone() })
    }
}

impl HostPattern {
    /// Whether the pattern matches a host's name.
    pub fn matches(&self, host: &Fqdn) -> bool {
        match self {
            HostPattern::Exact(name) => name == host,
            HostPattern::Glob(glob) => glob_matches(glob.as_bytes(), host.to_string().as_bytes()),
        }
    }
}

/// Whether a pattern with `*` matches a text, in time proportional to their product.
fn glob_matches(glob: &[u8], text: &[u8]) -> bool {
    let mut reachable = vec![false; text.len().saturating_add(1)];
    if let Some(start) = reachable.first_mut() {
        *start = true;
    }
    for wanted in glob {
        if *wanted == b'*' {
            let mut seen = false;
            for state in &mut reachable {
                seen |= *state;
                *state = seen;
            }
        } else {
            let mut before = false;
            for (state, octet) in reachable.iter_mut().zip(std::iter::once(&0).chain(text)) {
                let now = before && octet == wanted;
                before = *state;
                *state = now;
            }
        }
    }
    reachable.last().copied().unwrap_or(false)
}

impl FromStr for HostPattern {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<HostPattern, ValueError> {
        if !text.contains('*') {
            return text.parse().map(HostPattern::Exact).map_err(|_| ValueError::HostPattern);
        }
        let good = |b: u8| b.is_ascii_alphanumeric() || b"-.*".contains(&b);
        if text.len() > policy::NAME_WIRE_MAX || text.contains("..") || !text.bytes().all(good) {
            return Err(ValueError::HostPattern);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        Ok(HostPattern::Glob(SmolStr::new(text.to_ascii_lowercase())))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Exact(name) => name.fmt(f),
            HostPattern::Glob(glob) => f.pad(glob),
        }
    }
}

text_serde!(HostPattern);

/// A key for TSIG-signed updates and transfers (RFC 8945).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsigKey {
    /// The public id.
    pub id: Uuid,
    /// The key's name; unique.
    pub name: Name,
    /// Its algorithm.
    pub algorithm: TsigAlgorithm,
    /// Whom it acts for.
    pub account: AccountNo,
    /// What it may do.
    pub scope: Scope,
    /// Leads to its secret.
    pub secret: SecretId,
    /// When it was made.
    pub created: Timestamp,
}

/// A TSIG algorithm (RFC 8945, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TsigAlgorithm {
    /// HMAC-SHA-1, for old programs.
    HmacSha1,
    /// HMAC-SHA-256.
    HmacSha256,
    /// HMAC-SHA-384.
    HmacSha384,
    /// HMAC-SHA-512.
    HmacSha512,
}

/// Another name server that we notify, or that may transfer zones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its address; unique.
    pub address: IpAddr,
    /// Whether it may transfer zones.
    pub transfer: bool,
    /// Whether it is told of changes (RFC 1996).
    pub notify: bool,
}

/// A mail that waits to be sent; its links are derived when it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The public id.
    pub id: Uuid,
    /// What it says.
    pub kind: MailKind,
    /// Whom it is about.
    pub account: AccountNo,
    /// Where it goes: the account's own address is another one by the time that a change of it is confirmed.
    pub to: MailAddress,
    /// How often sending has failed.
    pub attempts: u32,
    /// Not before this it is tried.
    pub next: Timestamp,
    /// When it was put into the outbox.
    pub created: Timestamp,
}

/// What a mail says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    /// Confirm this account.
    Confirm,
    /// Choose a new password.
    ResetPassword,
    /// Confirm this new address.
    ChangeLogin,
    /// The account has another address from now on; goes to the former one.
    LoginChanged,
    /// The account has another password from now on.
    PasswordChanged,
    /// Somebody asked for an account with this address, which has one.
    AlreadyRegistered,
}

/// The key under which links in mails are signed. A new one makes every link void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerKey {
    /// Leads to the key.
    pub secret: SecretId,
    /// When it was made.
    pub created: Timestamp,
}
