//! The reference of the configuration as Markdown, written from the keys themselves.

use clap::{Arg, CommandFactory};

use crate::config::Keys;
use crate::exit_code::ExitCode;
use crate::typed::Cli;

const HEAD: &str = "\
# Configuration of ddnsd

Each key may be given as an option, as an environment variable, or in a TOML file that `--config FILE` (or
`DDNSD_CONFIG`) names; the option wins over the environment, that over the file, and that over the default. An unknown key
in the file is an error that names its line. Lists repeat the option, or separate by commas in the environment.

This page is written from the program itself (`DDNS_BLESS=1 cargo test -p ddnsd` writes it anew; a test holds it true).

";

const KEPT: &str = "
Keys that are *kept in the data* are settings of the service itself: the server takes them over when it starts, and the
command line decides by them, too. If no key names one, what is in the data stays.

`ddnsd demo` takes `--http` and `--dns` alone.

";

/// The reference of the configuration, as `docs/reference/configuration.md` has it.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| key in the file | option | environment | default | meaning |\n|---|---|---|---|---|\n");
    let defaults = Keys::defaults().table();
    for arg in keys() {
        page.push_str(&row(&arg, &defaults));
    }
    page.push_str(KEPT);
    page.push_str("## A file of all defaults\n\n```toml\n");
    for (key, value) in &defaults {
        page.push_str(&format!("{key} = {value}\n"));
    }
    page.push_str("```\n\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for code in ExitCode::ALL {
        page.push_str(&format!("| {} | {} |\n", code.code(), code.meaning()));
    }
    page
}

/// The keys, as clap knows them.
fn keys() -> Vec<Arg> {
    let command = Cli::command();
    let no_key = ["config", "help", "version"];
    command.get_arguments().filter(|arg| !no_key.contains(&arg.get_id().as_str())).cloned().collect()
}

fn row(arg: &Arg, defaults: &toml::Table) -> String {
    let key = arg.get_id().as_str();
    let option = arg.get_long().unwrap_or_default();
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let default = default_of(key, defaults).map_or("none".to_owned(), |value| match value {
        toml::Value::Array(values) if values.len() > 1 => "see below".to_owned(),
        value => format!("`{value}`"),
    });
    let meaning = arg.get_help().map(ToString::to_string).unwrap_or_default().replace('<', "\\<");
    format!("| `{key}` | `--{option} {value}` | `{variable}` | {default} | {meaning} |\n")
}

/// The default of a key, which may lie in a table of its own: `table.key`.
fn default_of<'d>(key: &str, defaults: &'d toml::Table) -> Option<&'d toml::Value> {
    match key.split_once('.') {
        Some((table, key)) => defaults.get(table)?.get(key),
        None => defaults.get(key),
    }
}
