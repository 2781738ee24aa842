//! `ddns server`: the name servers of all zones.

use std::net::IpAddr;

use clap::{Args, Subcommand};
use ddns_core::{Change, Command, Name, Receipt, Server, ServerEdit};
use ddns_service::{Reply, fresh};
use ddns_store::Kind;
use serde_json::Value;

use crate::door;
use crate::failure::Failure;
use crate::output::{Object, moment, text, texts};
use crate::page::{self, Page, Source};
use crate::session::{Missing, Session};

#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// Add a name server to all zones
    Add(Add),
    /// List the name servers
    List(List),
    /// Show a name server
    Show(Which),
    /// Give a name server another name or other addresses
    Set(Set),
    /// Remove a name server from all zones
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name
    #[arg(value_parser = door::name)]
    name: Name,
    /// An address, needed where the name lies inside one of the zones
    #[arg(long = "ip", value_name = "ADDR")]
    addresses: Vec<IpAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its name
    #[arg(value_parser = door::name)]
    name: Name,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Set {
    /// Its name
    #[arg(value_parser = door::name)]
    name: Name,
    /// The name that it has from now on, in all zones
    #[arg(long = "name", value_name = "NEW", value_parser = door::name, group = "change")]
    new_name: Option<Name>,
    /// An address that it has from now on; those not named go
    #[arg(long = "ip", value_name = "ADDR", group = "change", conflicts_with = "no_ip")]
    addresses: Vec<IpAddr>,
    /// It has no address from now on
    #[arg(long, group = "change")]
    no_ip: bool,
}

impl ServerCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            ServerCommand::Add(add) => add.run(session),
            ServerCommand::List(list) => list.run(session),
            ServerCommand::Show(which) => which.show(session),
            ServerCommand::Set(set) => set.run(session),
            ServerCommand::Remove(which) => which.remove(session),
        }
    }
}

impl Add {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let command = Command::AddServer { id: fresh::uuid(), name: self.name.clone(), addresses: self.addresses };
        let added = session.request(Missing::Begin, |request| request, command);
        let reply = added.map_err(|failure| failure.during(format_args!("cannot add name server {}", self.name)))?;
        tell(session, "added", &reply)
    }
}

impl List {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let after = self.page.after.as_deref().map(|key| door::name(key).map_err(Failure::usage)).transpose()?;
        let source = Source::of(Kind::Server, after.map(|name| name.to_string()));
        let rows = source.first(session, self.page.limit.saturating_add(1), |change| match change {
            Change::Server(delta) => delta.any().map(|server| (server.name.to_string(), view(server))),
            _ => None,
        })?;
        page::print(session, &["name", "addresses", "created"], rows, self.page.limit)
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let server = registry.server(&self.name);
        let server = server.ok_or_else(|| Failure::not_found(ddns_core::Kind::Server, &self.name))?;
        session.out.show(&view(server))
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        session.submit(Command::RemoveServer { name: self.name.clone(), keep_one: false })?;
        session
            .out
            .done(&format!("removed name server {}", self.name), &Object::new([("removed", text(Some(&self.name)))]))
    }
}

impl Set {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let addresses = (self.no_ip || !self.addresses.is_empty()).then_some(self.addresses);
        let edit = ServerEdit { name: self.new_name, addresses };
        let command = Command::SetServer { name: self.name.clone(), edit };
        let changed = session.submit(command);
        let reply =
            changed.map_err(|failure| failure.during(format_args!("cannot change name server {}", self.name)))?;
        tell(session, if reply.changed { "changed" } else { "nothing to change in" }, &reply)
    }
}

fn tell(session: &mut Session<'_>, what: &str, reply: &Reply) -> Result<(), Failure> {
    match &reply.receipt {
        Receipt::Server(server) => session.out.done(&format!("{what} name server {}", server.name), &view(server)),
        _ => Err(Failure::internal("the name server has no receipt")),
    }
}

fn view(server: &Server) -> Object {
    Object::new([
        ("name", text(Some(&server.name))),
        ("id", text(Some(server.id))),
        ("addresses", texts(&server.addresses)),
        ("created", moment(server.created)),
        ("updated", server.updated.map_or(Value::Null, moment)),
    ])
}
