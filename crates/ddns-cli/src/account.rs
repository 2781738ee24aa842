//! `ddns account`: who holds hosts and domains.

use clap::{Args, Subcommand};
use ddns_core::{
    Account, AccountEdit, AccountState, Change, Command, Login, NewAccount, Registry, Role, SecretId, policy,
};
use ddns_service::{Request, fresh};
use ddns_store::{Kind, Secret};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::{Object, moment, text};
use crate::page::{self, Page, Source};
use crate::session::{Missing, Session, find_account};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account; its password comes from a prompt or from standard input
    Add(Add),
    /// List accounts in the order of their making
    List(List),
    /// Show an account
    Show(Which),
    /// Change an account
    Set(Set),
    /// Remove an account with its hosts, records, tokens and empty domains
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What it signs in with: an e-mail address or a plain user name
    login: Login,
    /// It may act on everybody's objects
    #[arg(long)]
    operator: bool,
    /// How many hosts it may hold
    #[arg(long, value_name = "N", default_value_t = policy::HOSTS_PER_ACCOUNT)]
    max_hosts: u32,
    /// How many domains it may hold
    #[arg(long, value_name = "N", default_value_t = policy::DOMAINS_PER_ACCOUNT)]
    max_domains: u32,
    /// Take the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// What it signs in with
    login: Login,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Set {
    /// What it signs in with
    login: Login,
    /// What it signs in with from now on
    #[arg(long = "login", value_name = "NEW", group = "change")]
    new_login: Option<Login>,
    /// How many hosts it may hold
    #[arg(long, value_name = "N", group = "change")]
    max_hosts: Option<u32>,
    /// How many domains it may hold
    #[arg(long, value_name = "N", group = "change")]
    max_domains: Option<u32>,
    /// It may not act from now on, and its names are not served
    #[arg(long, group = "change", conflicts_with = "activate")]
    suspend: bool,
    /// It may act again
    #[arg(long, group = "change")]
    activate: bool,
    /// Whether it may act on everybody's objects
    #[arg(long, value_name = "BOOL", group = "change", value_parser = clap::builder::BoolishValueParser::new())]
    operator: Option<bool>,
    /// Ask for a new password
    #[arg(long, group = "change", conflicts_with = "password_stdin")]
    password: bool,
    /// Take a new password from the first line of standard input
    #[arg(long, group = "change")]
    password_stdin: bool,
}

impl AccountCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            AccountCommand::Add(add) => add.run(session),
            AccountCommand::List(list) => list.run(session),
            AccountCommand::Show(which) => which.show(session),
            AccountCommand::Set(set) => set.run(session),
            AccountCommand::Remove(which) => which.remove(session),
        }
    }
}

impl Add {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let (password, hash) = new_password(session, self.password_stdin)?;
        let login = self.login.clone();
        let command = Command::AddAccount(self.means(password));
        let added = session.request(Missing::Begin, |request| request.with_secret(password, hash), command);
        let reply = added.map_err(|failure| failure.during(format_args!("cannot add account {login}")))?;
        let registry = &reply.snapshot.registry;
        let account = find_account(registry, &login)?;
        session.out.done(&format!("added account {login}"), &view(&account, registry))
    }

    fn means(self, password: SecretId) -> NewAccount {
        NewAccount {
            id: fresh::uuid(),
            login: self.login,
            state: AccountState::Active,
            role: role(self.operator),
            max_hosts: self.max_hosts,
            max_domains: self.max_domains,
            language: Default::default(),
            password: Some(password),
        }
    }
}

impl List {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let after = self.page.after.as_deref().map(|key| key.parse::<Login>().map_err(Failure::usage)).transpose()?;
        let after = after.map(|login| session.account_number(&login)).transpose()?;
        let source = Source::of(Kind::Account, after.map(|number| number.get().to_string()));
        let rows = source.first(session, self.page.limit.saturating_add(1), |change| match change {
            Change::Account(delta) => delta.any().map(|account| (account.login.to_string(), listed(account))),
            _ => None,
        })?;
        page::print(session, &["login", "state", "role", "max_hosts", "max_domains", "created"], rows, self.page.limit)
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let account = find_account(&registry, &self.login)?;
        session.out.show(&view(&account, &registry))
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let account = session.account(&self.login)?;
        let command = Command::RemoveAccount { account: account.number };
        let removed = session.submit(command);
        removed.map_err(|failure| failure.during(format_args!("cannot remove account {}", self.login)))?;
        session.forget_names();
        session
            .out
            .done(&format!("removed account {}", self.login), &Object::new([("removed", text(Some(&self.login)))]))
    }
}

impl Set {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let account = session.account(&self.login)?;
        let password =
            if self.password || self.password_stdin { Some(new_password(session, self.password_stdin)?) } else { None };
        let edit = self.means(password.as_ref().map(|(id, _)| *id));
        let command = Command::SetAccount { account: account.number, edit };
        let complete = |request: Request| match password {
            Some((id, hash)) => request.with_secret(id, hash),
            None => request,
        };
        let changed = session.request(Missing::Refuse, complete, command);
        let reply = changed.map_err(|failure| failure.during(format_args!("cannot change account {}", self.login)))?;
        session.forget_names();
        let registry = &reply.snapshot.registry;
        let account = find_account(registry, self.new_login.as_ref().unwrap_or(&self.login))?;
        let sentence = if reply.changed { "changed account" } else { "nothing to change in account" };
        session.out.done(&format!("{sentence} {}", account.login), &view(&account, registry))
    }

    fn means(&self, password: Option<SecretId>) -> AccountEdit {
        let state = match (self.suspend, self.activate) {
            (true, _) => Some(AccountState::Suspended),
            (false, true) => Some(AccountState::Active),
            (false, false) => None,
        };
        AccountEdit {
            login: self.new_login.clone(),
            state,
            role: self.operator.map(role),
            max_hosts: self.max_hosts,
            max_domains: self.max_domains,
            language: None,
            password,
        }
    }
}

fn role(operator: bool) -> Role {
    if operator { Role::Operator } else { Role::User }
}

/// A new password's hash, and the id that leads to it.
fn new_password(session: &mut Session<'_>, from_stdin: bool) -> Result<(SecretId, Secret), Failure> {
    let password = session.password(from_stdin)?;
    Ok((fresh::secret_id(), fresh::password(&password).map_err(Failure::usage)?))
}

/// An account, with how much it holds.
fn view(account: &Account, registry: &Registry) -> Object {
    let hosts = registry.host_count(account.number);
    let domains = registry.domains_of(account.number).count();
    let tokens = registry.tokens_of(account.number).count();
    listed(account).with("hosts", hosts.into()).with("domains", domains.into()).with("tokens", tokens.into())
}

/// An account as a list has it.
fn listed(account: &Account) -> Object {
    let state = match account.state {
        AccountState::Unconfirmed => "unconfirmed",
        AccountState::Active => "active",
        AccountState::Suspended => "suspended",
    };
    let role = match account.role {
        Role::User => "user",
        Role::Operator => "operator",
    };
    Object::new([
        ("login", text(Some(&account.login))),
        ("id", text(Some(account.id))),
        ("state", state.into()),
        ("role", role.into()),
        ("max_hosts", account.max_hosts.into()),
        ("max_domains", account.max_domains.into()),
        ("has_password", Value::Bool(account.password.is_some())),
        ("created", moment(account.created)),
        ("updated", moment(account.updated)),
    ])
}
