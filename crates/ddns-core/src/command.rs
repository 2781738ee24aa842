//! What callers ask for: typed, parsed at the door, and free of every protocol's words.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use uuid::Uuid;

use crate::account::{AccountState, Actions, HostScope, Language, Peer, Role, Scope, TsigAlgorithm, TsigKey};
use crate::domain::{Settings, SoaTimers};
use crate::name::{Fqdn, Name, NameError, ZoneName};
use crate::policy;
use crate::record::RecordData;
use crate::value::{
    AccountNo, ChallengeValue, ClientKey, ClientNo, Description, DomainNo, Heartbeat, HostAddress, HostNo, HostTtl,
    Ipv6Prefix, Ipv6Suffix, Login, MailAddress, Mailbox, SecretId, Timestamp, TokenLabel, Ttl, UnicastV4, UnicastV6,
};

/// Who asks. Everything that needs permission takes one; [`decide`](crate::decide()) judges it on the newest state, so
/// that a token revoked a moment ago no longer acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The owner of the data directory at the command line, and the program itself.
    Local,
    /// An account that has proved who it is.
    Account(Identity),
    /// Somebody who has proved nothing.
    Guest,
    /// Who holds a link that was mailed to this account. The service has checked the link.
    Mailed(AccountNo),
}

/// An account that has proved who it is, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: AccountNo,
    /// The token that it signed in with; none under its password.
    pub token: Option<Uuid>,
    /// Where it calls from, seen through trusted proxies; none on the command line.
    pub source: Option<IpAddr>,
}

/// One thing to do, wholly or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make an account.
    AddAccount(NewAccount),
    /// Change an account.
    SetAccount {
        /// Which.
        account: AccountNo,
        /// What.
        edit: AccountEdit,
    },
    /// Make an account for whoever asks, as far as the settings allow it. Whether the login has an account already is told
    /// only where sign-up is open: otherwise by a mail to its owner.
    SignUp(NewSignUp),
    /// Mail a link that chooses a new password. Nobody is told whether the login has an account.
    AskPassword {
        /// Whose.
        login: Login,
        /// A fresh public id for the mail.
        mail: Uuid,
    },
    /// Mail a link that confirms a new address to that address.
    AskLogin {
        /// Whose.
        account: AccountNo,
        /// The new address.
        to: MailAddress,
        /// A fresh public id for the mail.
        mail: Uuid,
    },
    /// By a mailed link: let the account act, and give it its first token.
    Confirm(NewToken),
    /// By a mailed link: set a new password.
    SetPassword {
        /// Whose.
        account: AccountNo,
        /// What led to the hash when the link was made: a link works once.
        from: Option<SecretId>,
        /// Leads to the new password's hash.
        to: SecretId,
    },
    /// By a mailed link: sign in with another address from now on.
    SetLogin {
        /// Whose.
        account: AccountNo,
        /// The login when the link was made: a link works once.
        from: Login,
        /// The new one.
        to: MailAddress,
        /// A fresh public id for the mail that tells the former address.
        mail: Uuid,
    },
    /// Remove an account with its hosts, its domains and all records in them, its records in shared domains, its clients,
    /// tokens, TSIG keys and mails. It stays while others have hosts in its domains.
    RemoveAccount {
        /// Which.
        account: AccountNo,
    },
    /// Make a token.
    AddToken(NewToken),
    /// Change what a token is called or may do; its secret stays.
    SetToken {
        /// Which.
        token: Uuid,
        /// What.
        edit: TokenEdit,
    },
    /// Make a token in the place of another: the one that the caller signed in with, whose label and scope it takes,
    /// and whose scope need not allow anything for that; without one, every token of the account with the same label.
    RenewToken(NewToken),
    /// Make a token void.
    RevokeToken {
        /// Which.
        token: Uuid,
    },
    /// Make a domain.
    AddDomain(NewDomain),
    /// Change a domain.
    SetDomain {
        /// Which.
        domain: DomainKey,
        /// What.
        edit: DomainEdit,
    },
    /// Give a domain's zone another serial, and leave all else.
    TouchDomain {
        /// Which.
        domain: DomainKey,
    },
    /// Remove a domain without hosts and without domains below it, and its records with it.
    RemoveDomain {
        /// Which.
        domain: DomainKey,
    },
    /// Make a name server of all zones.
    AddServer {
        /// The public id.
        id: Uuid,
        /// Its name.
        name: Name,
        /// Its addresses, where glue is needed.
        addresses: Vec<IpAddr>,
    },
    /// Change a name server.
    SetServer {
        /// Which.
        name: Name,
        /// What.
        edit: ServerEdit,
    },
    /// Remove a name server.
    RemoveServer {
        /// Which.
        name: Name,
        /// Whether the last one stays.
        keep_one: bool,
    },
    /// Make a host.
    AddHost(NewHost),
    /// Make a host of the plain address records at a name: at most one of each family, with those at `*.name` as its
    /// wildcard.
    AdoptHost {
        /// Which name.
        name: Fqdn,
        /// Whose the host is; none takes the domain's owner.
        owner: Option<AccountNo>,
    },
    /// Change hosts.
    SetHosts {
        /// Which.
        hosts: Vec<Fqdn>,
        /// What.
        edit: HostEdit,
        /// Whether one refusal refuses all.
        together: Together,
    },
    /// Change all hosts of the caller that its scope covers. A prefix moves those that have an IPv6 address or suffix.
    SetAllHosts {
        /// What.
        edit: HostEdit,
        /// Which of them.
        among: Among,
    },
    /// Remove a host, and what goes with its name.
    RemoveHost {
        /// Which.
        host: Fqdn,
    },
    /// End a freed name's reservation.
    ReleaseName {
        /// Which.
        name: Fqdn,
    },
    /// Make a client for an account.
    AddClient(NewClient),
    /// Register the caller's own client, or change a client.
    PutClient {
        /// Which.
        key: ClientKey,
        /// What to change of it; a new one is online unless this says otherwise.
        edit: ClientEdit,
        /// Whether the client must be known already.
        must_exist: bool,
    },
    /// Take what has been silent for longer than its heartbeat allows offline, until its next update. What has no heartbeat
    /// or is offline already stays as it is.
    MissHeartbeats {
        /// The hosts that were silent.
        hosts: Vec<HostNo>,
        /// The clients that were silent.
        clients: Vec<ClientNo>,
    },
    /// Move every host of a client.
    MoveClient {
        /// Which.
        key: ClientKey,
        /// To where; none is the caller's source address.
        address: Option<HostAddress>,
    },
    /// Remove a client; its hosts stay.
    RemoveClient {
        /// Which.
        key: ClientKey,
    },
    /// Hang a host on a client.
    AttachHost {
        /// The client.
        key: ClientKey,
        /// The host.
        host: Fqdn,
    },
    /// Take a host off its client.
    DetachHost {
        /// The client.
        key: ClientKey,
        /// The host.
        host: Fqdn,
    },
    /// Make a record.
    AddRecord(NewRecord),
    /// Change a record. Its name and time to live are those of its whole RRset.
    SetRecord {
        /// Which.
        record: Uuid,
        /// What.
        edit: RecordEdit,
    },
    /// Remove a record.
    RemoveRecord {
        /// Which.
        record: Uuid,
    },
    /// Set a challenge value beside those that are there.
    AddChallenge {
        /// The host.
        host: Fqdn,
        /// The value.
        value: ChallengeValue,
        /// How many stay, the newest ones; none keeps all, as many as there may be.
        keep: Option<usize>,
    },
    /// Clear challenge values. What is not there need not be cleared.
    RemoveChallenge {
        /// The host.
        host: Fqdn,
        /// The value; none is all that the host has.
        value: Option<ChallengeValue>,
    },
    /// Make a TSIG key.
    AddTsigKey(TsigKey),
    /// Change a TSIG key.
    SetTsigKey {
        /// Which.
        id: Uuid,
        /// What.
        edit: TsigKeyEdit,
    },
    /// Remove a TSIG key.
    RemoveTsigKey {
        /// Which.
        key: TsigKeyKey,
    },
    /// Make a peer, or change the one at its address.
    PutPeer(Peer),
    /// Remove a peer.
    RemovePeer {
        /// Which.
        address: IpAddr,
    },
    /// Take a mail out of the outbox: it was sent, or is given up.
    RemoveMail {
        /// Which.
        mail: Uuid,
    },
    /// Sending a mail failed: try again later. With a moment that has come it is tried again at once, and nothing failed.
    RetryMail {
        /// Which.
        mail: Uuid,
        /// Not before this.
        next: Timestamp,
    },
    /// Make the key under which links in mails are signed, if there is none yet.
    SetServerKey {
        /// Leads to it.
        secret: SecretId,
    },
    /// Put the operator's settings in the place of the present ones.
    SetSettings(Settings),
    /// Do what time has brought about: see [`due`](crate::due()).
    Elapse,
}

/// A domain, as it was found. Who found it by its id means none that was made later under the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainKey {
    /// By its name.
    Name(ZoneName),
    /// By its public id.
    Id(Uuid),
}

impl From<ZoneName> for DomainKey {
    fn from(name: ZoneName) -> DomainKey {
        DomainKey::Name(name)
    }
}

impl FromStr for DomainKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<DomainKey, NameError> {
        text.parse().map(DomainKey::Name)
    }
}

impl fmt::Display for DomainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DomainKey::Name(name) => name.fmt(f),
            DomainKey::Id(id) => id.fmt(f),
        }
    }
}

/// Whether the hosts of one command stand or fall together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// One refusal refuses all.
    AllOrNothing,
    /// Accepted hosts change together; a refused one gets its own refusal and holds nothing back.
    Each,
}

/// Which of a caller's hosts a command about all of them means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Every one.
    All,
    /// Those that have an IPv6 address or a suffix, so that a prefix moves them.
    Movable,
}

/// An account to make. The password's hash goes to the store beside the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// A fresh public id.
    pub id: Uuid,
    /// What it signs in with.
    pub login: Login,
    /// Whether it may act at once.
    pub state: AccountState,
    /// What it may do.
    pub role: Role,
    /// How many hosts it may hold.
    pub max_hosts: u32,
    /// How many domains it may hold.
    pub max_domains: u32,
    /// The language of mails and pages for it.
    pub language: Language,
    /// Leads to its password's hash.
    pub password: Option<SecretId>,
}

/// An account that somebody makes for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSignUp {
    /// A fresh public id.
    pub id: Uuid,
    /// What it signs in with.
    pub login: MailAddress,
    /// Leads to its password's hash.
    pub password: SecretId,
    /// The language of mails and pages for it.
    pub language: Language,
    /// A fresh public id for the mail that asks for confirmation.
    pub mail: Uuid,
}

/// What to change of an account; none leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountEdit {
    /// What it signs in with.
    pub login: Option<Login>,
    /// Whether it may act.
    pub state: Option<AccountState>,
    /// What it may do.
    pub role: Option<Role>,
    /// How many hosts it may hold.
    pub max_hosts: Option<u32>,
    /// How many domains it may hold.
    pub max_domains: Option<u32>,
    /// How many records it may hold in a domain.
    pub max_records: Option<u32>,
    /// How many RRsets a domain of its own may hold.
    pub max_rrsets: Option<u32>,
    /// How many records one RRset of its own may hold, where the frontend asks for that bound.
    pub max_rrset_records: Option<u32>,
    /// The language of mails and pages for it.
    pub language: Option<Language>,
    /// Leads to its new password's hash.
    pub password: Option<SecretId>,
}

impl AccountEdit {
    /// Brings all quotas to what an account may usually hold.
    pub fn usual_quotas() -> AccountEdit {
        AccountEdit {
            max_hosts: Some(policy::HOSTS_PER_ACCOUNT),
            max_domains: Some(policy::DOMAINS_PER_ACCOUNT),
            max_records: Some(policy::RECORDS_PER_DOMAIN),
            max_rrsets: Some(policy::RRSETS_PER_DOMAIN),
            max_rrset_records: Some(policy::RECORDS_PER_NARROW_RRSET),
            ..AccountEdit::default()
        }
    }
}

/// A token to make. The secret's digest goes to the store beside the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// A fresh public id.
    pub id: Uuid,
    /// Whom it acts for.
    pub account: AccountNo,
    /// What its owner calls it.
    pub label: TokenLabel,
    /// What it may do.
    pub scope: Scope,
    /// Leads to its secret's digest.
    pub secret: SecretId,
}

/// What to change of a token; none leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenEdit {
    /// What its owner calls it.
    pub label: Option<TokenLabel>,
    /// Which hosts it may act on.
    pub hosts: Option<HostScope>,
    /// What it may do.
    pub actions: Option<Actions>,
    /// From which networks; an empty list is from anywhere.
    pub networks: Option<Vec<IpNet>>,
    /// Until when; some none is for ever.
    pub end: Option<Option<Timestamp>>,
}

/// A domain to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    /// A fresh public id.
    pub id: Uuid,
    /// Its apex.
    pub name: ZoneName,
    /// Whose it is; none for the operator's.
    pub owner: Option<AccountNo>,
    /// Whether every account may create hosts in it.
    pub shared: bool,
    /// The responsible person; none is `hostmaster` at the apex.
    pub email: Option<Mailbox>,
    /// The time to live of records without one of their own.
    pub ttl: Option<Ttl>,
    /// A free text.
    pub description: Option<Description>,
}

/// What to change of a domain; none leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainEdit {
    /// Whose it is; some none gives it to the operator.
    pub owner: Option<Option<AccountNo>>,
    /// Whether every account may create hosts in it.
    pub shared: Option<bool>,
    /// The responsible person.
    pub email: Option<Mailbox>,
    /// The time to live of records without one of their own.
    pub ttl: Option<Ttl>,
    /// The SOA record's times.
    pub timers: Option<SoaTimers>,
    /// A free text; some none removes it.
    pub description: Option<Option<Description>>,
    /// What hosts answer for A while offline; some none removes it.
    pub offline_ipv4: Option<Option<UnicastV4>>,
    /// What hosts answer for AAAA while offline; some none removes it.
    pub offline_ipv6: Option<Option<UnicastV6>>,
}

/// A TSIG key, as it was found. Who found it by its id means that one, whatever it is called meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TsigKeyKey {
    /// By its name.
    Name(Name),
    /// By its public id.
    Id(Uuid),
}

impl From<Name> for TsigKeyKey {
    fn from(name: Name) -> TsigKeyKey {
        TsigKeyKey::Name(name)
    }
}

impl fmt::Display for TsigKeyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TsigKeyKey::Name(name) => name.fmt(f),
            TsigKeyKey::Id(id) => id.fmt(f),
        }
    }
}

/// What to change of a TSIG key; none leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TsigKeyEdit {
    /// Its name. A secret is kept under it, so another name takes another secret.
    pub name: Option<Name>,
    /// How messages are signed.
    pub algorithm: Option<TsigAlgorithm>,
    /// Leads to its new secret.
    pub secret: Option<SecretId>,
    /// What it must lead to before, for whoever made the new secret from that.
    pub instead_of: Option<SecretId>,
}

/// What to change of a name server; none leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEdit {
    /// Its name.
    pub name: Option<Name>,
    /// The addresses that it has from now on.
    pub addresses: Option<Vec<IpAddr>>,
}

/// A host to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHost {
    /// Its name.
    pub name: Fqdn,
    /// Whose it is.
    pub owner: AccountNo,
    /// Its A record.
    pub ipv4: Option<UnicastV4>,
    /// Its AAAA record.
    pub ipv6: Option<UnicastV6>,
    /// How long its address records may be cached.
    pub ttl: HostTtl,
    /// Whether every name below it answers as it does.
    pub wildcard: bool,
    /// What it keeps of its IPv6 address when its prefix changes; none is what its address has.
    pub suffix: Option<Ipv6Suffix>,
    /// How long it may be silent; none is for ever.
    pub heartbeat: Option<Heartbeat>,
}

/// What to change of a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostEdit {
    /// Its A record.
    pub ipv4: AddressEdit<UnicastV4>,
    /// Its AAAA record.
    pub ipv6: AddressEdit<UnicastV6>,
    /// How long its address records may be cached.
    pub ttl: Option<HostTtl>,
    /// Whether every name below it answers as it does.
    pub wildcard: Option<bool>,
    /// Whether it is offline.
    pub offline: Option<bool>,
    /// The prefix that its site has from now on. A host that has a suffix follows it; one that has none takes the address of
    /// `ipv6` where there is one, and else keeps of its present address what is not the prefix. Some none is a site that has
    /// no prefix at present: a host that has a suffix does not take the address of `ipv6` then, which is its router's.
    pub prefix: Option<Option<Ipv6Prefix>>,
    /// What it keeps of its IPv6 address when its prefix changes; some none is what its present address has.
    pub suffix: Option<Option<Ipv6Suffix>>,
    /// How long it may be silent; some none is for ever.
    pub heartbeat: Option<Option<Heartbeat>>,
}

/// What to do with one family's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressEdit<T> {
    /// Leave it.
    #[default]
    Keep,
    /// Set it.
    Set(T),
    /// Remove it.
    Remove,
}

impl HostEdit {
    /// Sets the address of its own family and leaves the other.
    #[must_use]
    pub fn with_address(mut self, address: HostAddress) -> HostEdit {
        match address {
            HostAddress::V4(address) => self.ipv4 = AddressEdit::Set(address),
            HostAddress::V6(address) => self.ipv6 = AddressEdit::Set(address),
        }
        self
    }

    /// Whether it mentions an address or a prefix: then it counts as a sign of life.
    pub fn is_update(&self) -> bool {
        self.ipv4 != AddressEdit::Keep || self.ipv6 != AddressEdit::Keep || self.prefix.is_some()
    }

    /// Whether it changes what the host is like, and not only where it is.
    pub(crate) fn configures(&self) -> bool {
        self.suffix.is_some() || self.heartbeat.is_some()
    }
}

/// What to change of a client; none leaves as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientEdit {
    /// Whether it is offline.
    pub offline: Option<bool>,
    /// How long it may be silent; some none is for ever.
    pub heartbeat: Option<Option<Heartbeat>>,
}

/// A client to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// Its key.
    pub key: ClientKey,
    /// Whose it is.
    pub owner: AccountNo,
    /// Whether it begins offline.
    pub offline: bool,
}

/// A record to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// A fresh public id.
    pub id: Uuid,
    /// The owner name.
    pub name: Name,
    /// Type and data.
    pub data: RecordData,
    /// The time to live of its RRset, if it is the first there.
    pub ttl: Option<Ttl>,
    /// A free text.
    pub description: Option<Description>,
    /// The domain that it has to be in; none takes the longest that encloses it.
    pub domain: Option<DomainNo>,
    /// Whether the smaller bound holds for its RRset: the account's, in the place of the policy's.
    pub narrow: bool,
}

/// What to change of a record; none leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordEdit {
    /// The owner name, of the whole RRset.
    pub name: Option<Name>,
    /// The data, of the same type.
    pub data: Option<RecordData>,
    /// The data that it must have before, for whoever made the edit from that.
    pub instead_of: Option<RecordData>,
    /// The time to live of the whole RRset; some none takes the domain's.
    pub ttl: Option<Option<Ttl>>,
    /// A free text; some none removes it.
    pub description: Option<Option<Description>>,
}
