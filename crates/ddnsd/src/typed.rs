//! What was typed: the command line as clap reads it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{DNS, HTTP, Keys};

const EXIT_CODES: &str = "\
Every option stands in the configuration file under its own name, with _ for -.
Exit codes: 0 stopped as asked, 1 internal error, 2 usage or configuration, 4 an address cannot be listened on,
5 the data directory cannot be worked on or is being served.";

/// Serves a dynamic-DNS service over HTTP and DNS.
#[derive(Debug, Parser)]
#[command(name = "ddnsd", version, about, after_help = EXIT_CODES)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// A configuration file (TOML); options and environment variables win over it
    #[arg(long, env = "DDNSD_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: Keys,
    #[command(subcommand)]
    pub(crate) mode: Option<Mode>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mode {
    /// Serve a throw-away service and print the lines that try it
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where HTTP is served; port 0 takes a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = HTTP)]
    pub(crate) http: Vec<SocketAddr>,
    /// Where DNS is served over UDP and TCP; port 0 takes a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = DNS)]
    pub(crate) dns: Vec<SocketAddr>,
}
