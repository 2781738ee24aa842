//! `ddns account`: who holds hosts and domains.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use ddns_core::{
    Account, AccountEdit, AccountNo, AccountState, Change, Command, Language, Login, NewAccount, Registry, Role,
    SecretId, policy,
};
use ddns_service::{Request, fresh};
use ddns_store::{Kind, LogQuery, Secret, StoreError};
use serde_json::Value;

use crate::exit_code::ExitCode;
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
    /// Remove an account with its hosts, domains, records, clients, tokens and TSIG keys
    ///
    /// Its domains go with all records in them, and so do its records in shared domains and the mails that wait for it. It
    /// is refused while others have hosts in its domains.
    Remove(Remove),
    /// Erase a removed account from the log, too; backups are not touched
    ///
    /// Nobody can read in the log any more who it was, what it had and from where it came; what others changed stays.
    /// A server may go on working meanwhile. Names that are reserved for it stay so until that ends. Backups are not
    /// touched: delete those that are older, or they bring it back.
    Erase(Erase),
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
    /// The language of its mails and pages: en or de
    #[arg(long, value_name = "LANGUAGE", default_value_t = Language::default())]
    language: Language,
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
pub(crate) struct Remove {
    /// What it signs in with
    login: Login,
    /// Erase it from the log, too, as `ddns account erase` does; backups are not touched
    #[arg(long)]
    erase: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct Erase {
    /// What it signed in with
    #[arg(group = "which")]
    login: Option<Login>,
    /// Its number, where the log tells no login any more
    #[arg(long, value_name = "N", group = "which", value_parser = number)]
    number: Option<AccountNo>,
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
    /// It may not act from now on, and its hosts have no addresses in DNS; its domains and records are served as before
    #[arg(long, group = "change", conflicts_with = "activate")]
    suspend: bool,
    /// It may act again
    #[arg(long, group = "change")]
    activate: bool,
    /// Whether it may act on everybody's objects
    #[arg(long, value_name = "BOOL", group = "change", value_parser = clap::builder::BoolishValueParser::new())]
    operator: Option<bool>,
    /// The language of its mails and pages: en or de
    #[arg(long, value_name = "LANGUAGE", group = "change")]
    language: Option<Language>,
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
            AccountCommand::Remove(remove) => remove.run(session),
            AccountCommand::Erase(erase) => erase.run(session),
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
            language: self.language,
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
}

impl Remove {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Remove { login, erase } = self;
        let account = session.account(&login)?;
        let removed = session.submit(Command::RemoveAccount { account: account.number });
        removed.map_err(|failure| failure.during(format_args!("cannot remove account {login}")))?;
        session.forget_names();
        let (sentence, object) = (format!("removed account {login}"), Object::new([("removed", text(Some(&login)))]));
        if !erase {
            return session.out.done(&sentence, &object);
        }
        // A running server takes the removal over meanwhile, so that it need not load everything afresh.
        std::thread::sleep(policy::CATCH_UP_EVERY.saturating_mul(5));
        let entries = erase_one(session, account.number)
            .map_err(|failure| failure.during(format_args!("removed account {login}, but not from the log")))?;
        let sentence = format!("{sentence} and erased it from {}", counted(entries));
        session.out.done(&sentence, &object.with("erased_entries", entries.into()))
    }
}

impl Erase {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let (name, numbers) = match (self.login, self.number) {
            (_, Some(number)) => (format!("#{}", number.get()), vec![number]),
            (Some(login), None) => (login.to_string(), removed_accounts(session, &login)?),
            (None, None) => return Err(Failure::usage("name an account, or its number")),
        };
        let mut entries = 0u64;
        for number in numbers {
            let erased = erase_one(session, number);
            let erased = erased.map_err(|failure| failure.during(format_args!("cannot erase account {name}")))?;
            entries = entries.saturating_add(erased);
        }
        let object = Object::new([("erased", name.as_str().into()), ("erased_entries", entries.into())]);
        session.out.done(&format!("erased account {name} from {}", counted(entries)), &object)
    }
}

/// Erases an account; tells from how many log entries. Whatever keeps it from being done wholly, it can be done again.
fn erase_one(session: &mut Session<'_>, number: AccountNo) -> Result<u64, Failure> {
    let again = format!("do it again with: ddns account erase --number {}", number.get());
    let erased = session.reader()?.erase(number).map_err(|error| match error {
        StoreError::NotRemoved(_) => Failure::refused(error).hint("remove it with: ddns account remove LOGIN --erase"),
        error => Failure::from(error).hint(&again),
    })?;
    match erased.remains {
        None => Ok(erased.entries),
        Some(remains) => {
            let entries = counted(erased.entries);
            let words =
                format!("it is erased from {entries}, but copies may be left in the files of the data: {remains}");
            Err(Failure::unavailable(words).hint(format!("when that has ended, {again}")))
        }
    }
}

/// The accounts that once signed in with a login and are gone, as the log tells.
fn removed_accounts(session: &mut Session<'_>, login: &Login) -> Result<Vec<AccountNo>, Failure> {
    let mut found = BTreeSet::new();
    let mut query = LogQuery { limit: policy::PAGE_MAX, ..LogQuery::default() };
    loop {
        let page = session.reader()?.log(&query)?;
        let Some(oldest) = page.last() else { break };
        query.before = Some(oldest.version);
        found.extend(page.iter().flat_map(|entry| &entry.changes).filter_map(|change| number_of(change, login)));
    }
    let (mut removed, mut living) = (Vec::new(), None);
    for number in found {
        match session.login(number)? {
            Some(login) => living = Some(login),
            None => removed.push(number),
        }
    }
    match living {
        _ if !removed.is_empty() => Ok(removed),
        Some(living) => {
            let failure = Failure::refused(format!("account {login} has not been removed"));
            Err(failure.hint(format!("remove it and erase it with: ddns account remove {living} --erase")))
        }
        None => {
            let failure = Failure::of(ExitCode::NotFound, format!("the log tells of no removed account {login}"));
            Err(failure.hint("if it was erased in part, go on by its number: ddns account erase --number N"))
        }
    }
}

/// The number of the account that a change is about, if it signed in with this login before or after.
fn number_of(change: &Change, login: &Login) -> Option<AccountNo> {
    let Change::Account(delta) = change else { return None };
    let mut values = [&delta.before, &delta.after].into_iter().flatten();
    values.find(|account| account.login == *login).map(|account| account.number)
}

fn counted(entries: u64) -> String {
    match entries {
        1 => "1 log entry".to_owned(),
        many => format!("{many} log entries"),
    }
}

fn number(typed: &str) -> Result<AccountNo, &'static str> {
    typed.parse().ok().and_then(AccountNo::new).ok_or("an account's number is 1 or larger")
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
            language: self.language,
            password,
            ..AccountEdit::default()
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
        ("language", text(Some(account.language))),
        ("has_password", Value::Bool(account.password.is_some())),
        ("created", moment(account.created)),
        ("updated", moment(account.updated)),
    ])
}
