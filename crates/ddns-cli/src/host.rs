//! `ddns host`: names that follow an address.

use std::net::Ipv6Addr;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use ddns_core::{
    AddressEdit, Change, Command, Fqdn, Heartbeat, Host, HostAddress, HostEdit, HostTtl, Ipv6Prefix, Ipv6Suffix, Login,
    NewHost, Offline, Receipt, Registry, Together, UnicastV4, UnicastV6, ZoneName,
};
use ddns_service::Reply;
use ddns_store::{Kind, SoftKey};
use serde_json::Value;

use crate::door;
use crate::failure::Failure;
use crate::output::{Object, address, moment, text};
use crate::page::{self, Page, Source};
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum HostCommand {
    /// Make a host
    Add(Add),
    /// Turn the plain address record of a name into a host
    ///
    /// There is one A record, one AAAA record, or one of each; they go, and the host answers the same. Equal ones at the
    /// wildcard below the name make it the host's. Its ttl is theirs, or the next shorter one that a host can have, or 60 s.
    Adopt(Adopt),
    /// List hosts by name
    List(List),
    /// Show a host
    Show(Which),
    /// Change a host
    Set(Set),
    /// Remove a host, and what goes with its name
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name
    #[arg(value_parser = door::fqdn, value_name = "FQDN")]
    name: Fqdn,
    /// Whose it is
    #[arg(long, value_name = "LOGIN")]
    owner: Login,
    /// Its address, one of each family
    #[arg(long = "ip", value_name = "ADDR")]
    addresses: Vec<HostAddress>,
    /// How long its addresses may be cached: 60, 300, 14400 or 86400 seconds
    #[arg(long, value_name = "N", default_value = "60")]
    ttl: HostTtl,
    /// Every name below it answers as it does
    #[arg(long)]
    wildcard: bool,
    /// What it keeps of its IPv6 address when its prefix changes: ::a:b:c:d, or the device's MAC address
    #[arg(long, value_name = "SUFFIX")]
    suffix: Option<Ipv6Suffix>,
    /// In which subnet of the prefix that its site is given
    #[arg(long, value_name = "N", requires = "suffix")]
    subnet: Option<u16>,
    /// After how many seconds without a sign of life it goes offline by itself
    #[arg(long, value_name = "SECONDS")]
    heartbeat: Option<Heartbeat>,
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The record's name
    #[arg(value_parser = door::fqdn, value_name = "FQDN")]
    name: Fqdn,
    /// Whose the host is [default: the domain's owner's]
    #[arg(long, value_name = "LOGIN")]
    owner: Option<Login>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this account's
    #[arg(long, value_name = "LOGIN")]
    owner: Option<Login>,
    /// Only those in this domain
    #[arg(long, value_name = "NAME", value_parser = door::zone)]
    domain: Option<ZoneName>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its name
    #[arg(value_parser = door::fqdn, value_name = "FQDN")]
    name: Fqdn,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Set {
    /// Its name
    #[arg(value_parser = door::fqdn, value_name = "FQDN")]
    name: Fqdn,
    /// Its address, one of each family; a family not named stays as it is
    #[arg(long = "ip", value_name = "ADDR", group = "change")]
    addresses: Vec<HostAddress>,
    /// It has no IPv4 address from now on
    #[arg(long, group = "change")]
    no_ipv4: bool,
    /// It has no IPv6 address from now on
    #[arg(long, group = "change")]
    no_ipv6: bool,
    /// How long its addresses may be cached: 60, 300, 14400 or 86400 seconds
    #[arg(long, value_name = "N", group = "change")]
    ttl: Option<HostTtl>,
    /// Whether every name below it answers as it does
    #[arg(long, value_name = "BOOL", group = "change", value_parser = BoolishValueParser::new())]
    wildcard: Option<bool>,
    /// Whether it is offline: then its domain's offline address answers
    #[arg(long, value_name = "BOOL", group = "change", value_parser = BoolishValueParser::new())]
    offline: Option<bool>,
    /// What it keeps of its IPv6 address when its prefix changes: ::a:b:c:d, or the device's MAC address
    #[arg(long, value_name = "SUFFIX", group = "change")]
    suffix: Option<Ipv6Suffix>,
    /// It keeps what its present address has, whatever that is
    #[arg(long, group = "change", conflicts_with_all = ["suffix", "subnet"])]
    no_suffix: bool,
    /// In which subnet of the prefix that its site is given
    #[arg(long, value_name = "N", group = "change")]
    subnet: Option<u16>,
    /// The IPv6 prefix that its site has from now on; the rest of its address is its suffix, or stays
    #[arg(long, value_name = "PREFIX", group = "change")]
    prefix: Option<Ipv6Prefix>,
    /// After how many seconds without a sign of life it goes offline by itself
    #[arg(long, value_name = "SECONDS", group = "change", conflicts_with = "no_heartbeat")]
    heartbeat: Option<Heartbeat>,
    /// It may be silent for ever
    #[arg(long, group = "change")]
    no_heartbeat: bool,
}

/// At most one address of each family.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Addresses {
    pub(crate) ipv4: Option<UnicastV4>,
    pub(crate) ipv6: Option<UnicastV6>,
}

impl HostCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            HostCommand::Add(add) => add.run(session),
            HostCommand::Adopt(adopt) => adopt.run(session),
            HostCommand::List(list) => list.run(session),
            HostCommand::Show(which) => which.show(session),
            HostCommand::Set(set) => set.run(session),
            HostCommand::Remove(which) => which.remove(session),
        }
    }
}

impl Add {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Addresses { ipv4, ipv6 } = Addresses::of(&self.addresses)?;
        let owner = session.account(&self.owner)?.number;
        let new = NewHost {
            name: self.name.clone(),
            owner,
            ipv4,
            ipv6,
            ttl: self.ttl,
            wildcard: self.wildcard,
            suffix: suffix_in(self.suffix, self.subnet),
            heartbeat: self.heartbeat,
        };
        let added = session.submit(Command::AddHost(new));
        let reply = added.map_err(|failure| failure.during(format_args!("cannot add host {}", self.name)))?;
        tell(session, "added", &reply)
    }
}

impl Adopt {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Adopt { name, owner } = self;
        let owner = owner.map(|login| session.account(&login)).transpose()?.map(|account| account.number);
        let adopted = session.submit(Command::AdoptHost { name: name.clone(), owner });
        let reply = adopted.map_err(|failure| failure.during(format_args!("cannot adopt {name}")))?;
        tell(session, "adopted", &reply)
    }
}

impl List {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let after = self.page.after.as_deref().map(|key| door::fqdn(key).map_err(Failure::usage)).transpose()?;
        let owner = self.owner.as_ref().map(|login| session.account_number(login)).transpose()?;
        let domain = self.domain.as_ref().map(|name| session.domain_number(name)).transpose()?;
        let source = Source { kind: Kind::Host, owner, domain, after: after.map(|name| name.to_string()) };
        let hosts = source.first(session, self.page.limit.saturating_add(1), |change| match change {
            Change::Host(delta) => delta.any().cloned(),
            _ => None,
        })?;
        let mut rows = Vec::with_capacity(hosts.len());
        for host in hosts {
            let (owner, domain) = (session.login(host.owner)?, session.zone(host.domain)?);
            rows.push((host.name.to_string(), view(&host, owner, domain)));
        }
        let columns = ["name", "owner", "ipv4", "ipv6", "ttl", "wildcard", "offline", "suffix", "heartbeat", "updated"];
        page::print(session, &columns, rows, self.page.limit)
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let host = registry.host(&self.name).ok_or_else(|| Failure::not_found(ddns_core::Kind::Host, &self.name))?;
        let soft = session.soft(&SoftKey::Host(host.number))?;
        session.out.show(&detailed(host, &registry).with_contact(&soft).with_refusal(&soft))
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        session.submit(Command::RemoveHost { host: self.name.clone() })?;
        session.out.done(&format!("removed host {}", self.name), &Object::new([("removed", text(Some(&self.name)))]))
    }
}

impl Set {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let edit = self.means(session)?;
        let command = Command::SetHosts { hosts: vec![self.name.clone()], edit, together: Together::AllOrNothing };
        let changed = session.submit(command);
        let reply = changed.map_err(|failure| failure.during(format_args!("cannot change host {}", self.name)))?;
        tell(session, if reply.changed { "changed" } else { "nothing to change in" }, &reply)
    }

    fn means(&self, session: &mut Session<'_>) -> Result<HostEdit, Failure> {
        let addresses = Addresses::of(&self.addresses)?;
        Ok(HostEdit {
            ipv4: address_edit(addresses.ipv4, self.no_ipv4, "--no-ipv4")?,
            ipv6: address_edit(addresses.ipv6, self.no_ipv6, "--no-ipv6")?,
            ttl: self.ttl,
            wildcard: self.wildcard,
            offline: self.offline,
            prefix: self.prefix.map(Some),
            suffix: if self.no_suffix { Some(None) } else { self.suffix(session, addresses.ipv6)?.map(Some) },
            heartbeat: if self.no_heartbeat { Some(None) } else { self.heartbeat.map(Some) },
        })
    }

    /// What was typed; a subnet alone is that of the suffix that the host has, or that its address ends in.
    fn suffix(&self, session: &mut Session<'_>, typed: Option<UnicastV6>) -> Result<Option<Ipv6Suffix>, Failure> {
        if self.suffix.is_some() || self.subnet.is_none() {
            return Ok(suffix_in(self.suffix, self.subnet));
        }
        let registry = session.registry_to_change()?;
        let host = registry.host(&self.name).ok_or_else(|| Failure::not_found(ddns_core::Kind::Host, &self.name))?;
        let of_address = || typed.or(host.ipv6).and_then(|address| interface(address.addr()));
        let suffix = host.suffix.as_deref().copied().or_else(of_address).ok_or_else(|| {
            let refused = Failure::refused(format!("{} has neither a suffix nor an IPv6 address", self.name));
            refused.hint("say what its address ends in with: --suffix ::a:b:c:d")
        })?;
        Ok(suffix_in(Some(suffix), self.subnet))
    }
}

fn suffix_in(suffix: Option<Ipv6Suffix>, subnet: Option<u16>) -> Option<Ipv6Suffix> {
    suffix.map(|suffix| subnet.map_or(suffix, |subnet| suffix.in_subnet(subnet)))
}

/// The interface that an address ends in.
fn interface(address: Ipv6Addr) -> Option<Ipv6Suffix> {
    let [.., a, b, c, d] = address.segments();
    Ipv6Suffix::new(Ipv6Addr::new(0, 0, 0, 0, a, b, c, d), 64).ok()
}

impl Addresses {
    /// What a repeated option means: one address of each family at most.
    pub(crate) fn of(typed: &[HostAddress]) -> Result<Addresses, Failure> {
        let mut addresses = Addresses::default();
        for address in typed {
            let second = match *address {
                HostAddress::V4(address) => addresses.ipv4.replace(address).is_some(),
                HostAddress::V6(address) => addresses.ipv6.replace(address).is_some(),
            };
            if second {
                return Err(Failure::usage(format!("{address} is the second address of its family; give one of each")));
            }
        }
        Ok(addresses)
    }
}

fn address_edit<T>(address: Option<T>, remove: bool, option: &str) -> Result<AddressEdit<T>, Failure> {
    match (address, remove) {
        (Some(_), true) => Err(Failure::usage(format!("{option} contradicts the address of --ip"))),
        (Some(address), false) => Ok(AddressEdit::Set(address)),
        (None, true) => Ok(AddressEdit::Remove),
        (None, false) => Ok(AddressEdit::Keep),
    }
}

fn tell(session: &mut Session<'_>, what: &str, reply: &Reply) -> Result<(), Failure> {
    let lines = match &reply.receipt {
        Receipt::Hosts(lines) => lines,
        _ => return Err(Failure::internal("the host has no receipt")),
    };
    for line in lines {
        let outcome = line.outcome.as_ref().map_err(|refusal| Failure::from(refusal.clone()))?;
        let object = detailed(&outcome.host, &reply.snapshot.registry);
        session.out.done(&format!("{what} host {}", line.name), &object)?;
    }
    Ok(())
}

fn detailed(host: &Host, registry: &Registry) -> Object {
    let owner = registry.account(host.owner).map(|account| account.login.to_string());
    let domain = registry.domain(host.domain).map(|domain| domain.name.to_string());
    let client = host.client.and_then(|client| registry.client_by_number(client)).map(|client| client.key.clone());
    view(host, owner, domain).with("client", text(client))
}

/// A host as a list has it.
fn view(host: &Host, owner: Option<String>, domain: Option<String>) -> Object {
    Object::new([
        ("name", text(Some(&host.name))),
        ("owner", text(owner)),
        ("domain", text(domain)),
        ("ipv4", address(host.ipv4.map(UnicastV4::addr))),
        ("ipv6", address(host.ipv6.map(UnicastV6::addr))),
        ("ttl", host.ttl.secs().into()),
        ("wildcard", host.wildcard.into()),
        ("offline", offline(host.offline)),
        ("suffix", text(host.suffix.as_deref())),
        ("heartbeat", heartbeat(host.heartbeat)),
        ("created", moment(host.created)),
        ("updated", moment(host.updated)),
    ])
}

/// Whether a host or client is offline, as it is printed.
pub(crate) fn offline(offline: Offline) -> Value {
    Value::from(match offline {
        Offline::No => "no",
        Offline::Manual => "manual",
        Offline::Missed => "missed",
    })
}

/// After how many seconds of silence, or null.
pub(crate) fn heartbeat(heartbeat: Option<Heartbeat>) -> Value {
    heartbeat.map_or(Value::Null, |heartbeat| u32::from(heartbeat).into())
}
