//! What was typed: the command line as clap reads it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{DNS, HTTP, Keys};

const EXIT_CODES: &str = "\
Every option stands in the configuration file under its own name, with _ for -.
Exit codes: 0 stopped as asked, 1 internal error, 2 usage or configuration, 4 an address cannot be listened on,
5 the data directory cannot be worked on or is being served.";

/// Serves a dynamic-DNS service over HTTP and DNS.
#[derive(Debug, Parser)]
#[command(name = "ddnsd", version, after_help = EXIT_CODES)]
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

impl Cli {
    /// Reads a command line.
    pub(crate) fn read<A: Into<OsString> + Clone>(args: impl IntoIterator<Item = A>) -> Result<Cli, clap::Error> {
        Cli::from_arg_matches(&Cli::structure().try_get_matches_from(args)?)
    }

    /// The options, with the defaults that only apply where the file, too, is silent.
    fn structure() -> clap::Command {
        let defaults = Keys::defaults().table();
        Cli::command().mut_args(|arg| match (arg.get_help(), defaults.get(arg.get_id().as_str()).and_then(single)) {
            (Some(help), Some(default)) => {
                let help = format!("{help} [default: {default}]");
                arg.help(help)
            }
            _ => arg,
        })
    }
}

/// A default short enough to stand in a line of the help.
fn single(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Array(values) if values.len() == 1 => values.first().and_then(single),
        toml::Value::Array(_) => None,
        value => Some(value.to_string()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogFormat;

    /// Every key, with a value that is not its default.
    const EVERY: &[(&str, &[&str], &str)] = &[
        ("data", &["d"], "'d'"),
        ("http", &["[::1]:1", "127.0.0.1:2"], "['[::1]:1', '127.0.0.1:2']"),
        ("https", &["127.0.0.1:4"], "['127.0.0.1:4']"),
        ("tls_cert", &["cert.pem"], "'cert.pem'"),
        ("tls_key", &["key.pem"], "'key.pem'"),
        ("dns", &["127.0.0.1:3"], "['127.0.0.1:3']"),
        ("ns_addresses", &["192.0.2.1", "2001:db8::1"], "['192.0.2.1', '2001:db8::1']"),
        ("trusted_proxies", &["10.0.0.0/8", "127.0.0.1", "::1"], "['10.0.0.0/8', '127.0.0.1', '::1']"),
        ("base_url", &["https://ddns.example"], "'https://ddns.example'"),
        ("allowed_hosts", &["ddns.example"], "['ddns.example']"),
        ("sign_up", &["open"], "'open'"),
        ("mail_relay", &["smtp.example.org:587"], "'smtp.example.org:587'"),
        ("mail_tls", &["none"], "'none'"),
        ("mail_ca", &["ca.pem"], "'ca.pem'"),
        ("mail_user", &["ddns"], "'ddns'"),
        ("mail_password_file", &["password"], "'password'"),
        ("mail_from", &["ddns <ddns@example.org>"], "'ddns <ddns@example.org>'"),
        ("log_format", &["json"], "'json'"),
        ("log_level", &["debug"], "'debug'"),
        ("reservation_days", &["3"], "3"),
        ("challenge_life_secs", &["600"], "600"),
        ("reserved_labels", &["intern"], "['intern']"),
        ("public_addresses_only", &["true"], "true"),
        ("changes_per_hour", &["3600"], "3600"),
        ("changes_per_network", &["7200"], "7200"),
        ("slow_sign_ins", &["false"], "false"),
        ("designate.list_tenant_and_version", &["true"], "true"),
        ("dyndns.query_credentials", &["true"], "true"),
    ];

    #[test]
    fn every_key_is_an_option_and_a_line_of_the_file() {
        let options = EVERY.iter().flat_map(|(key, values, _)| {
            let option = format!("--{}", key.replace(['_', '.'], "-"));
            values.iter().flat_map(move |value| [option.clone(), (*value).to_owned()])
        });
        let typed = Cli::read(std::iter::once("ddnsd".to_owned()).chain(options)).unwrap().keys;
        let file: String = EVERY.iter().map(|(key, _, value)| format!("{key} = {value}\n")).collect();
        assert_eq!(typed, toml::from_str::<Keys>(&file).unwrap());
        assert_eq!((typed.log_format, typed.reservation_days), (Some(LogFormat::Json), Some(3)));
        let filled = toml::Table::try_from(&typed).unwrap();
        assert_eq!(filled.len(), EVERY.len(), "each key of the file is in the list");
    }

    #[test]
    fn every_key_has_an_environment_variable_of_its_name() {
        for (key, _, _) in EVERY {
            let command = Cli::command();
            let arg = command.get_arguments().find(|arg| arg.get_id() == *key).unwrap();
            assert_eq!(
                arg.get_env().unwrap().to_str().unwrap(),
                format!("DDNSD_{}", key.to_uppercase().replace('.', "_"))
            );
        }
    }
}
