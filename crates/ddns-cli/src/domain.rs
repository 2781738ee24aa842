//! `ddns domain`: zones in which hosts live.

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use ddns_core::{
    Account, AccountNo, Change, Command, Description, Domain, DomainEdit, HostAddress, Login, Mailbox, NewDomain,
    Receipt, Registry, SoaTimers, Ttl, ZoneName, listing,
};
use ddns_service::{Reply, fresh};
use ddns_store::Kind;
use serde_json::Value;

use crate::door;
use crate::failure::Failure;
use crate::host::Addresses;
use crate::output::{Object, address, moment, text};
use crate::page::{self, Page, Source};
use crate::session::{Missing, Session, find_account};

#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    /// Make a domain
    Add(Add),
    /// List domains in the order of their making
    List(List),
    /// Show a domain
    Show(Which),
    /// Change a domain
    Set(Box<Set>),
    /// Give a domain's zone another serial, so that secondaries fetch it, and leave all else
    Touch(Which),
    /// Remove a domain without hosts and without domains below it, and its records with it
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name
    #[arg(value_parser = door::zone)]
    name: ZoneName,
    /// Whose it is [default: the operator's]
    #[arg(long, value_name = "LOGIN")]
    owner: Option<Login>,
    /// Every account may make hosts in it
    #[arg(long)]
    shared: bool,
    /// The responsible person [default: hostmaster at the domain]
    #[arg(long, value_name = "ADDR")]
    email: Option<Mailbox>,
    /// The time to live of records without one of their own, in seconds
    #[arg(long, value_name = "N", value_parser = door::ttl)]
    ttl: Option<Ttl>,
    /// A free text
    #[arg(long, value_name = "TEXT")]
    description: Option<Description>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its name
    #[arg(value_parser = door::zone)]
    name: ZoneName,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Set {
    /// Its name
    #[arg(value_parser = door::zone)]
    name: ZoneName,
    /// Whose it is from now on
    #[arg(long, value_name = "LOGIN", group = "change", conflicts_with = "no_owner")]
    owner: Option<Login>,
    /// It is the operator's from now on
    #[arg(long, group = "change")]
    no_owner: bool,
    /// Whether every account may make hosts in it
    #[arg(long, value_name = "BOOL", group = "change", value_parser = BoolishValueParser::new())]
    shared: Option<bool>,
    /// The responsible person
    #[arg(long, value_name = "ADDR", group = "change")]
    email: Option<Mailbox>,
    /// The time to live of records without one of their own, in seconds
    #[arg(long, value_name = "N", group = "change", value_parser = door::ttl)]
    ttl: Option<Ttl>,
    /// How often secondaries ask for changes, in seconds
    #[arg(long, value_name = "N", group = "change", value_parser = door::ttl)]
    refresh: Option<Ttl>,
    /// How soon secondaries ask again after a failure, in seconds
    #[arg(long, value_name = "N", group = "change", value_parser = door::ttl)]
    retry: Option<Ttl>,
    /// How long secondaries serve without having asked, in seconds
    #[arg(long, value_name = "N", group = "change", value_parser = door::ttl)]
    expire: Option<Ttl>,
    /// How long "there is no such name" may be cached, in seconds
    #[arg(long, value_name = "N", group = "change", value_parser = door::ttl)]
    minimum: Option<Ttl>,
    /// A free text; an empty one removes it
    #[arg(long, value_name = "TEXT", group = "change")]
    description: Option<Description>,
    /// What hosts answer while they are offline, one address of each family
    #[arg(long = "offline-ip", value_name = "ADDR", group = "change")]
    offline: Vec<HostAddress>,
    /// Hosts answer no IPv4 address while they are offline
    #[arg(long, group = "change")]
    no_offline_ipv4: bool,
    /// Hosts answer no IPv6 address while they are offline
    #[arg(long, group = "change")]
    no_offline_ipv6: bool,
}

impl DomainCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            DomainCommand::Add(add) => add.run(session),
            DomainCommand::List(list) => list.run(session),
            DomainCommand::Show(which) => which.show(session),
            DomainCommand::Set(set) => set.run(session),
            DomainCommand::Touch(which) => which.touch(session),
            DomainCommand::Remove(which) => which.remove(session),
        }
    }
}

impl Add {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let owner = self.owner.as_ref().map(|login| session.account(login)).transpose()?;
        let name = self.name.clone();
        let closed = owner.is_none() && !self.shared;
        let command = Command::AddDomain(self.means(owner.as_deref()));
        let added = session.request(Missing::Begin, |request| request, command);
        let reply = added.map_err(|failure| failure.during(format_args!("cannot add domain {name}")))?;
        tell(session, "added", &reply)?;
        if closed {
            let hint = format!("nobody can make hosts in it yet; open it with: ddns domain set {name} --shared true");
            session.out.say(format_args!("  hint: {hint}"))?;
        }
        Ok(())
    }

    fn means(self, owner: Option<&Account>) -> NewDomain {
        NewDomain {
            id: fresh::uuid(),
            name: self.name,
            owner: owner.map(|account| account.number),
            shared: self.shared,
            email: self.email,
            ttl: self.ttl,
            description: self.description.filter(|text| !text.as_str().is_empty()),
        }
    }
}

impl List {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let after = self.page.after.as_deref().map(|key| door::zone(key).map_err(Failure::usage)).transpose()?;
        let after = after.map(|name| session.domain_number(&name)).transpose()?;
        let source = Source::of(Kind::Domain, after.map(|number| number.get().to_string()));
        let domains = source.first(session, self.page.limit.saturating_add(1), |change| match change {
            Change::Domain(delta) => delta.any().cloned(),
            _ => None,
        })?;
        let mut rows = Vec::with_capacity(domains.len());
        for domain in domains {
            let owner = domain.owner.map(|owner| session.login(owner)).transpose()?.flatten();
            rows.push((domain.name.to_string(), view(&domain, owner.as_deref())));
        }
        page::print(session, &["name", "owner", "shared", "email", "ttl", "created"], rows, self.page.limit)
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let missing = || Failure::not_found(ddns_core::Kind::Domain, &self.name);
        let domain = registry.domain_by_name(&self.name).ok_or_else(missing)?;
        session.out.show(&detailed(domain, &registry))
    }

    fn touch(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let touched = session.submit(Command::TouchDomain { domain: self.name.clone().into() });
        let reply = touched.map_err(|failure| failure.during(format_args!("cannot touch domain {}", self.name)))?;
        let registry = &reply.snapshot.registry;
        let missing = || Failure::internal("the domain has gone");
        let domain = registry.domain_by_name(&self.name).ok_or_else(missing)?;
        let sentence = format!("touched domain {}; its serial is {}", self.name, registry.serial(domain.number));
        session.out.done(&sentence, &detailed(domain, registry))
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let removed = session.submit(Command::RemoveDomain { domain: self.name.clone().into() });
        removed.map_err(|failure| failure.during(format_args!("cannot remove domain {}", self.name)))?;
        session.forget_names();
        session.out.done(&format!("removed domain {}", self.name), &Object::new([("removed", text(Some(&self.name)))]))
    }
}

impl Set {
    fn run(&self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry_to_change()?;
        let edit = self.means(&registry)?;
        let changed = session.submit(Command::SetDomain { domain: self.name.clone().into(), edit });
        let reply = changed.map_err(|failure| failure.during(format_args!("cannot change domain {}", self.name)))?;
        tell(session, if reply.changed { "changed" } else { "nothing to change in" }, &reply)
    }

    fn means(&self, registry: &Registry) -> Result<DomainEdit, Failure> {
        let offline = Addresses::of(&self.offline)?;
        let both = |set: bool, none: bool, which: &str| match (set, none) {
            (true, true) => {
                Err(Failure::usage(format!("--no-offline-{which} contradicts the address of --offline-ip")))
            }
            _ => Ok(()),
        };
        both(offline.ipv4.is_some(), self.no_offline_ipv4, "ipv4")?;
        both(offline.ipv6.is_some(), self.no_offline_ipv6, "ipv6")?;
        Ok(DomainEdit {
            owner: self.owner(registry)?,
            shared: self.shared,
            email: self.email.clone(),
            ttl: self.ttl,
            timers: self.timers(registry),
            description: self.description.clone().map(|text| Some(text).filter(|text| !text.as_str().is_empty())),
            offline_ipv4: offline.ipv4.map(Some).or(self.no_offline_ipv4.then_some(None)),
            offline_ipv6: offline.ipv6.map(Some).or(self.no_offline_ipv6.then_some(None)),
        })
    }

    fn owner(&self, registry: &Registry) -> Result<Option<Option<AccountNo>>, Failure> {
        match &self.owner {
            Some(login) => Ok(Some(Some(find_account(registry, login)?.number))),
            None => Ok(self.no_owner.then_some(None)),
        }
    }

    /// The four times go together: those not named stay as they are.
    fn timers(&self, registry: &Registry) -> Option<SoaTimers> {
        let named = [self.refresh, self.retry, self.expire, self.minimum];
        let before = registry.domain_by_name(&self.name)?.timers;
        named.iter().any(Option::is_some).then(|| SoaTimers {
            refresh: self.refresh.unwrap_or(before.refresh),
            retry: self.retry.unwrap_or(before.retry),
            expire: self.expire.unwrap_or(before.expire),
            minimum: self.minimum.unwrap_or(before.minimum),
        })
    }
}

fn tell(session: &mut Session<'_>, what: &str, reply: &Reply) -> Result<(), Failure> {
    let Receipt::Domain(domain) = &reply.receipt else { return Err(Failure::internal("the domain has no receipt")) };
    session.forget_names();
    session.out.done(&format!("{what} domain {}", domain.name), &detailed(domain, &reply.snapshot.registry))
}

/// A domain, with what is known only from the rest of the data.
fn detailed(domain: &Domain, registry: &Registry) -> Object {
    let owner = domain.owner.and_then(|owner| registry.account(owner)).map(|account| account.login.to_string());
    let hosts = registry.hosts_at_or_below(domain.name.name()).filter(|host| host.domain == domain.number).count();
    view(domain, owner.as_deref())
        .with("serial", registry.serial(domain.number).0.into())
        .with("changed", listing::updated(registry, domain).map_or(Value::Null, moment))
        .with("hosts", hosts.into())
        .with("records", registry.record_count(domain.number).into())
}

/// A domain as a list has it.
fn view(domain: &Domain, owner: Option<&str>) -> Object {
    Object::new([
        ("name", text(Some(&domain.name))),
        ("id", text(Some(domain.id))),
        ("owner", text(owner)),
        ("shared", domain.shared.into()),
        ("email", text(Some(&domain.email))),
        ("ttl", domain.ttl.secs().into()),
        ("refresh", domain.timers.refresh.secs().into()),
        ("retry", domain.timers.retry.secs().into()),
        ("expire", domain.timers.expire.secs().into()),
        ("minimum", domain.timers.minimum.secs().into()),
        ("description", text(domain.description.as_ref())),
        ("offline_ipv4", address(domain.offline_ipv4.map(|address| address.addr()))),
        ("offline_ipv6", address(domain.offline_ipv6.map(|address| address.addr()))),
        ("created", moment(domain.created)),
        ("updated", moment(domain.updated)),
    ])
}
