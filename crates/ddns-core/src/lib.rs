//! The dynamic-DNS model: types that cannot hold a wrong value, the rules, and what DNS answers.
//!
//! This crate is pure. It does no I/O and reads no clock, no randomness and no environment; time and fresh ids are
//! arguments. It is not async and does not log. It knows no protocol: no `good`, no `rcode`, no JSON shape of an API.
//!
//! # The life of one update
//!
//! Outside text becomes typed values at the door; [`decide()`] turns a [`Command`] into [`Change`]s or a [`Refusal`];
//! [`Registry::apply`] takes the changes over; [`zone::advance`] gives each touched zone its next serial; and
//! [`answer()`] reads the result.
//!
//! ```
//! use ddns_core::*;
//! use uuid::Uuid;
//!
//! let now = Timestamp::from_secs(1_800_000_000);
//! let mut registry = Registry::new();
//! let mut run = |caller: &Caller, command: Command| -> Result<Receipt, Refusal> {
//!     let decision = decide(&registry, caller, &command, now)?;
//!     let before = registry.clone(); // a snapshot costs nothing
//!     for change in &decision.changes {
//!         registry.apply(change).expect("what was decided applies");
//!     }
//!     zone::advance(&before, &mut registry, &decision.changes, now);
//!     Ok(decision.receipt)
//! };
//!
//! // The operator makes a shared domain and an account.
//! let domain = NewDomain {
//!     id: Uuid::from_u128(1), name: "dyn.example".parse()?, owner: None, shared: true,
//!     email: None, ttl: None, description: None,
//! };
//! run(&Caller::Local, Command::AddDomain(domain))?;
//! let account = NewAccount {
//!     id: Uuid::from_u128(2), login: "joe".parse()?, state: AccountState::Active, role: Role::User,
//!     max_hosts: policy::HOSTS_PER_ACCOUNT, max_domains: 0, language: Language::English, password: None,
//! };
//! let Receipt::Account(joe) = run(&Caller::Local, Command::AddAccount(account))? else { unreachable!() };
//! let host: Fqdn = "Home.DYN.example.".parse()?;
//! let new = NewHost {
//!     name: host.clone(), owner: joe.number, ipv4: None, ipv6: None, ttl: HostTtl::S60, wildcard: false,
//!     suffix: None, heartbeat: None,
//! };
//! run(&Caller::Local, Command::AddHost(new))?;
//!
//! // A router reports its address.
//! let router = Caller::Account(Identity { account: joe.number, token: None, source: None });
//! let edit = HostEdit::default().with_address("192.0.2.7".parse()?);
//! let report = Command::SetHosts { hosts: vec![host.clone()], edit, together: Together::Each };
//! let Receipt::Hosts(lines) = run(&router, report.clone())? else { unreachable!() };
//! assert!(lines[0].outcome.as_ref().unwrap().changed);
//!
//! // The same report again changes nothing.
//! assert!(decide(&registry, &router, &report, now)?.changes.is_empty());
//!
//! // The name resolves.
//! #[derive(Default)]
//! struct Answers(Vec<RecordData>);
//! impl Sections for Answers {
//!     fn answer(&mut self, _: Owner<'_>, _: Ttl, data: &RecordData) { self.0.push(data.clone()) }
//!     fn authority(&mut self, _: &Name, _: Ttl, _: &RecordData) {}
//!     fn additional(&mut self, _: &Name, _: Ttl, _: &RecordData) {}
//! }
//! let mut answers = Answers::default();
//! let verdict = answer(&registry, &QueryName::from(host.name()), RecordType::A, &mut answers);
//! assert_eq!((verdict, answers.0), (Verdict::Answer, vec![RecordData::A([192, 0, 2, 7].into())]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod answer;
mod change;
mod command;
mod decide;
mod domain;
mod due;
mod host;
pub mod listing;
pub mod name;
mod network;
pub mod policy;
mod record;
mod refusal;
mod registry;
mod value;
pub mod zone;

pub use account::{
    Account, AccountState, Action, Actions, HostPattern, HostScope, Language, Mail, MailKind, Peer, Role, Scope,
    ServerKey, Token, TsigAlgorithm, TsigKey,
};
pub use answer::{Owner, Sections, Verdict, answer};
pub use change::{Change, Delta};
pub use command::{
    AccountEdit, AddressEdit, Among, Caller, ClientEdit, Command, DomainEdit, DomainKey, HostEdit, Identity,
    NewAccount, NewClient, NewDomain, NewHost, NewRecord, NewSignUp, NewToken, RecordEdit, ServerEdit, Together,
    TokenEdit, TsigKeyEdit, TsigKeyKey,
};
pub use decide::{Decision, HostLine, HostOutcome, Receipt, decide};
pub use domain::{Domain, Server, Settings, SignUp, SoaTimers};
pub use due::{Due, due};
pub use host::{Challenge, Client, Host, Reservation};
pub use name::{Fqdn, Name, NameError, QueryName, ZoneName};
pub use network::{Network, network, site};
pub use record::{
    Caa, Ds, Naptr, Record, RecordData, RecordDataError, RecordType, Soa, Sshfp, SvcKey, Svcb, SvcbError, Text, Tlsa,
    Unknown,
};
pub use refusal::{Kind, Refusal};
pub use registry::{ApplyError, Registry, challenge_name};
pub use value::{
    AccountNo, ChallengeLife, ChallengeValue, ClientKey, ClientNo, Description, DomainNo, Heartbeat, HostAddress,
    HostNo, HostTtl, Ipv6Prefix, Ipv6Suffix, Login, MailAddress, Mailbox, Offline, PrefixMisfit, ReservedLabel,
    SecretId, Serial, Timestamp, TokenLabel, Ttl, UnicastV4, UnicastV6, ValueError, ZoneHead,
};
