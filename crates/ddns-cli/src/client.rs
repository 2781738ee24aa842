//! `ddns client`: devices or places whose hosts move together.

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use ddns_core::{
    Change, Client, ClientEdit, ClientKey, Command, Fqdn, Heartbeat, HostAddress, Login, NewClient, Receipt, Registry,
    UnicastV4, UnicastV6,
};
use ddns_service::Reply;
use ddns_store::{Kind, SoftKey};

use crate::door;
use crate::failure::Failure;
use crate::host;
use crate::output::{Object, address, moment, text, texts};
use crate::page::{self, Page, Source};
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Make a client
    Add(Add),
    /// List clients in the order of their making
    List(List),
    /// Show a client and the hosts on it
    Show(Which),
    /// Change a client
    Set(Set),
    /// Give all hosts of a client another address, in one change
    Move(Move),
    /// Hang a host on a client; a host hangs on one client at a time
    Attach(Pair),
    /// Take a host off its client
    Detach(Pair),
    /// Remove a client; its hosts stay
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its key: 1 to 64 letters, digits, dots, colons, hyphens and underscores
    #[arg(value_name = "KEY")]
    key: ClientKey,
    /// Whose it is
    #[arg(long, value_name = "LOGIN")]
    owner: Login,
    /// It begins offline
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this account's
    #[arg(long, value_name = "LOGIN")]
    owner: Option<Login>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its key
    #[arg(value_name = "KEY")]
    key: ClientKey,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Set {
    /// Its key
    #[arg(value_name = "KEY")]
    key: ClientKey,
    /// Whether it is offline: then its hosts' domains' offline addresses answer
    #[arg(long, value_name = "BOOL", group = "change", value_parser = BoolishValueParser::new())]
    offline: Option<bool>,
    /// After how many seconds without a sign of life it, and its hosts with it, go offline by themselves
    #[arg(long, value_name = "SECONDS", group = "change", conflicts_with = "no_heartbeat")]
    heartbeat: Option<Heartbeat>,
    /// It may be silent for ever
    #[arg(long, group = "change")]
    no_heartbeat: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    /// Its key
    #[arg(value_name = "KEY")]
    key: ClientKey,
    /// The address; the other family's stays as it is
    #[arg(long = "ip", value_name = "ADDR", required = true)]
    address: HostAddress,
}

#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// The client's key
    #[arg(value_name = "KEY")]
    key: ClientKey,
    /// The host's name
    #[arg(value_parser = door::fqdn, value_name = "FQDN")]
    host: Fqdn,
}

impl ClientCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            ClientCommand::Add(add) => add.run(session),
            ClientCommand::List(list) => list.run(session),
            ClientCommand::Show(which) => which.show(session),
            ClientCommand::Set(set) => set.run(session),
            ClientCommand::Move(to) => to.run(session),
            ClientCommand::Attach(pair) => pair.attach(session),
            ClientCommand::Detach(pair) => pair.detach(session),
            ClientCommand::Remove(which) => which.remove(session),
        }
    }
}

impl Add {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let owner = session.account(&self.owner)?.number;
        let new = NewClient { key: self.key.clone(), owner, offline: self.offline };
        let added = session.submit(Command::AddClient(new));
        let reply = added.map_err(|failure| failure.during(format_args!("cannot add client {}", self.key)))?;
        tell(session, &format!("added client {}", self.key), &reply)
    }
}

impl List {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let after =
            self.page.after.as_deref().map(|key| key.parse::<ClientKey>().map_err(Failure::usage)).transpose()?;
        let after = after.map(|key| number(session, &key)).transpose()?;
        let owner = self.owner.as_ref().map(|login| session.account_number(login)).transpose()?;
        let source = Source::of(Kind::Client, after);
        let clients = source.first(session, self.page.limit.saturating_add(1), |change| match change {
            Change::Client(delta) => {
                delta.any().filter(|client| owner.is_none_or(|owner| owner == client.owner)).cloned()
            }
            _ => None,
        })?;
        let mut rows = Vec::with_capacity(clients.len());
        for client in clients {
            let owner = session.login(client.owner)?;
            rows.push((client.key.to_string(), view(&client, owner)));
        }
        page::print(
            session,
            &["key", "owner", "offline", "heartbeat", "ipv4", "ipv6", "updated"],
            rows,
            self.page.limit,
        )
    }
}

/// What the store orders a client by, without loading the rest.
fn number(session: &mut Session<'_>, key: &ClientKey) -> Result<String, Failure> {
    let found = Source::of(Kind::Client, None).first(session, 1, |change| match change {
        Change::Client(delta) => delta.any().filter(|client| client.key == *key).map(|client| client.number.get()),
        _ => None,
    })?;
    let number = found.first().ok_or_else(|| Failure::not_found(ddns_core::Kind::Client, key))?;
    Ok(number.to_string())
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let client =
            registry.client(&self.key).ok_or_else(|| Failure::not_found(ddns_core::Kind::Client, &self.key))?;
        let soft = session.soft(&SoftKey::Client(client.key.clone()))?;
        session.out.show(&detailed(client, &registry).with_contact(&soft).with_refusal(&soft))
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        session.submit(Command::RemoveClient { key: self.key.clone() })?;
        session.out.done(&format!("removed client {}", self.key), &Object::new([("removed", text(Some(&self.key)))]))
    }
}

impl Set {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let heartbeat = if self.no_heartbeat { Some(None) } else { self.heartbeat.map(Some) };
        let Set { key, offline, .. } = self;
        let edit = ClientEdit { offline, heartbeat };
        let put = session.submit(Command::PutClient { key: key.clone(), edit, must_exist: true });
        let reply = put.map_err(|failure| failure.during(format_args!("cannot change client {key}")))?;
        tell(session, &format!("{} client {key}", if reply.changed { "changed" } else { NOTHING }), &reply)
    }
}

impl Move {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Move { key, address } = self;
        let moved = session.submit(Command::MoveClient { key: key.clone(), address: Some(address) });
        let reply = moved.map_err(|failure| failure.during(format_args!("cannot move client {key}")))?;
        let done =
            if reply.changed { format!("moved client {key} to {address}") } else { format!("{NOTHING} client {key}") };
        tell(session, &done, &reply)
    }
}

impl Pair {
    fn attach(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Pair { key, host } = self;
        let attached = session.submit(Command::AttachHost { key: key.clone(), host: host.clone() });
        let during = |failure: Failure| failure.during(format_args!("cannot attach host {host} to client {key}"));
        let reply = attached.map_err(during)?;
        let done = if reply.changed {
            format!("attached host {host} to client {key}")
        } else {
            format!("{NOTHING} client {key}")
        };
        tell(session, &done, &reply)
    }

    fn detach(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Pair { key, host } = self;
        let detached = session.submit(Command::DetachHost { key: key.clone(), host: host.clone() });
        let during = |failure: Failure| failure.during(format_args!("cannot detach host {host} from client {key}"));
        let reply = detached.map_err(during)?;
        tell(session, &format!("detached host {host} from client {key}"), &reply)
    }
}

const NOTHING: &str = "nothing to change in";

fn tell(session: &mut Session<'_>, sentence: &str, reply: &Reply) -> Result<(), Failure> {
    let Receipt::Client { client, .. } = &reply.receipt else {
        return Err(Failure::internal("the client has no receipt"));
    };
    session.out.done(sentence, &detailed(client, &reply.snapshot.registry))
}

fn detailed(client: &Client, registry: &Registry) -> Object {
    let owner = registry.account(client.owner).map(|account| account.login.to_string());
    view(client, owner).with("hosts", texts(registry.hosts_on(client.number).map(|host| &host.name)))
}

/// A client as a list has it.
fn view(client: &Client, owner: Option<String>) -> Object {
    Object::new([
        ("key", text(Some(&client.key))),
        ("owner", text(owner)),
        ("offline", host::offline(client.offline)),
        ("heartbeat", host::heartbeat(client.heartbeat)),
        ("ipv4", address(client.ipv4.map(UnicastV4::addr))),
        ("ipv6", address(client.ipv6.map(UnicastV6::addr))),
        ("created", moment(client.created)),
        ("updated", moment(client.updated)),
    ])
}
