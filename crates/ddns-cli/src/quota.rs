//! `ddns quota`: how much an account may hold.

use clap::{Args, Subcommand};
use ddns_core::{Account, AccountEdit, Command, Login, Registry};

use crate::failure::Failure;
use crate::output::{Object, text};
use crate::session::{Session, find_account};

#[derive(Debug, Subcommand)]
pub(crate) enum QuotaCommand {
    /// Show how much an account may hold
    Show(Which),
    /// Change how much an account may hold; what it holds already stays
    Set(Set),
    /// Give an account the usual quotas, also one that signed up by itself, which began with no domains
    Reset(Which),
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
    /// How many hosts it may hold
    #[arg(long, value_name = "N", group = "change")]
    hosts: Option<u32>,
    /// How many domains it may hold
    #[arg(long, value_name = "N", group = "change")]
    domains: Option<u32>,
    /// How many records it may hold in a domain: in one of its own all that are there, in a shared one those it made
    #[arg(long, value_name = "N", group = "change")]
    records: Option<u32>,
    /// How many RRsets (records of one name and type) a domain of its own may hold
    #[arg(long, value_name = "N", group = "change")]
    rrsets: Option<u32>,
    /// How many records one RRset may hold that is filled through the Designate API
    #[arg(long, value_name = "N", group = "change")]
    rrset_records: Option<u32>,
}

impl QuotaCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            QuotaCommand::Show(which) => which.show(session),
            QuotaCommand::Set(set) => change(session, &set.login, set.means(), "changed the quotas"),
            QuotaCommand::Reset(which) => {
                change(session, &which.login, AccountEdit::usual_quotas(), "reset the quotas")
            }
        }
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let account = find_account(&registry, &self.login)?;
        session.out.show(&view(&account, &registry))
    }
}

impl Set {
    fn means(&self) -> AccountEdit {
        AccountEdit {
            max_hosts: self.hosts,
            max_domains: self.domains,
            max_records: self.records,
            max_rrsets: self.rrsets,
            max_rrset_records: self.rrset_records,
            ..AccountEdit::default()
        }
    }
}

fn change(session: &mut Session<'_>, login: &Login, edit: AccountEdit, done: &str) -> Result<(), Failure> {
    let account = session.account(login)?.number;
    let changed = session.submit(Command::SetAccount { account, edit });
    let reply = changed.map_err(|failure| failure.during(format_args!("cannot change the quotas of {login}")))?;
    let registry = &reply.snapshot.registry;
    let sentence = if reply.changed { done } else { "nothing to change in the quotas" };
    session.out.done(&format!("{sentence} of {login}"), &view(&*find_account(registry, login)?, registry))
}

/// How much an account may hold, and how much it holds.
fn view(account: &Account, registry: &Registry) -> Object {
    Object::new([
        ("login", text(Some(&account.login))),
        ("hosts", registry.host_count(account.number).into()),
        ("max_hosts", account.max_hosts.into()),
        ("domains", registry.domains_of(account.number).count().into()),
        ("max_domains", account.max_domains.into()),
        ("max_records", account.max_records.into()),
        ("max_rrsets", account.max_rrsets.into()),
        ("max_rrset_records", account.max_rrset_records.into()),
    ])
}
