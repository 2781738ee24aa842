//! What was typed: the whole command line as clap reads it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use crate::account::AccountCommand;
use crate::backup::{Backup, Restore};
use crate::batch::Batch;
use crate::client::ClientCommand;
use crate::domain::DomainCommand;
use crate::failure::Failure;
use crate::host::HostCommand;
use crate::key::KeyCommand;
use crate::kit::Kit;
use crate::log::Log;
use crate::mail::MailCommand;
use crate::name::NameCommand;
use crate::output::Format;
use crate::quota::QuotaCommand;
use crate::record::RecordCommand;
use crate::server::ServerCommand;
use crate::session::Session;
use crate::token::TokenCommand;

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 internal error, 2 usage, 3 not found, 4 refused (conflict, quota), 5 store unavailable.
Data goes to standard output, talk to standard error.";

/// Accounts, tokens, domains, records, name servers, hosts and clients of a dynamic-DNS service, while its server runs or not.
#[derive(Debug, Parser)]
#[command(name = "ddns", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// The data directory
    #[arg(
        long,
        global = true,
        display_order = 100,
        env = "DDNS_DATA",
        value_name = "DIR",
        default_value = "./ddns-data"
    )]
    pub(crate) data: PathBuf,
    /// How data is printed
    #[arg(long, global = true, display_order = 101, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A command as it stands in a line of a batch: without the program's name and its options.
#[derive(Debug, Parser)]
#[command(name = "ddns", no_binary_name = true, disable_help_subcommand = true, disable_help_flag = true)]
pub(crate) struct Line {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Who holds hosts and domains
    #[command(subcommand)]
    Account(AccountCommand),
    /// How much an account may hold
    #[command(subcommand)]
    Quota(QuotaCommand),
    /// Credentials for routers and programs
    #[command(subcommand)]
    Token(TokenCommand),
    /// Make a token for one host and one program, and print the program's configuration with it
    ///
    /// The token may do what the program needs on that host, and nothing else. The configuration alone goes to standard
    /// output. All of them are shown in docs/routers.md.
    Kit(Kit),
    /// TSIG keys, kept for signed updates and transfers, which this version does not serve yet
    #[command(subcommand)]
    Key(KeyCommand),
    /// Name servers of all zones
    #[command(subcommand)]
    Server(ServerCommand),
    /// Zones in which hosts live
    #[command(subcommand)]
    Domain(DomainCommand),
    /// What domains hold beside the hosts
    #[command(subcommand)]
    Record(RecordCommand),
    /// Names that follow an address
    #[command(subcommand)]
    Host(HostCommand),
    /// Devices or places whose hosts move together
    #[command(subcommand)]
    Client(ClientCommand),
    /// Freed names
    #[command(subcommand)]
    Name(NameCommand),
    /// Mails that wait to be sent
    #[command(subcommand)]
    Mail(MailCommand),
    /// Show what was changed, by whom and when, the newest first
    Log(Log),
    /// Write a copy of all data to a new file, while the server goes on
    Backup(Backup),
    /// Bring a backup back into a new or empty data directory
    Restore(Restore),
    /// Run many commands with one load of the data
    Batch(Batch),
}

impl Cli {
    /// Reads a command line.
    pub(crate) fn read<A: Into<OsString> + Clone>(args: impl IntoIterator<Item = A>) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(args)
    }

    /// The structure that the reference is written from.
    pub(crate) fn structure() -> clap::Command {
        let mut command = Cli::command();
        command.build();
        command
    }
}

impl Command {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            Command::Account(command) => command.run(session),
            Command::Quota(command) => command.run(session),
            Command::Token(command) => command.run(session),
            Command::Kit(kit) => kit.run(session),
            Command::Key(command) => command.run(session),
            Command::Server(command) => command.run(session),
            Command::Domain(command) => command.run(session),
            Command::Record(command) => command.run(session),
            Command::Host(command) => command.run(session),
            Command::Client(command) => command.run(session),
            Command::Name(command) => command.run(session),
            Command::Mail(command) => command.run(session),
            Command::Log(log) => log.run(session),
            Command::Backup(backup) => backup.run(session),
            Command::Restore(restore) => restore.run(session),
            Command::Batch(batch) => batch.run(session),
        }
    }
}
