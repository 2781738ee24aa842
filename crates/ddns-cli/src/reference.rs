//! The manual of all commands as Markdown, written from clap's own structure.

use std::fmt::Write;

use clap::{Arg, Command};

use crate::exit_code::ExitCode;
use crate::typed::Cli;

const HEAD: &str = "\
# ddns

The command line of the service. It works on the data directory, whether a server runs on it or not; a running server
serves its changes within 100 ms. It acts as the owner of the directory: as another user it refuses.

This page is written from the program itself (`DDNS_BLESS=1 cargo test -p ddns-cli` writes it anew; a test holds it true).

";

const JSON: &str = "\
## JSON

With `--output json` a `list` and `log` print one array, everything else one object; a batch prints one after the other.
Keys keep their names and meanings; new ones may come. What is not there is `null`; moments are UTC in RFC 3339.

| object | keys |
|---|---|
| account | `login`, `id`, `state` (`unconfirmed`, `active`, `suspended`), `role` (`user`, `operator`), `max_hosts`, `max_domains`, `language` (`en`, `de`), `has_password`, `created`, `updated`; and, but not in lists, `hosts`, `domains`, `tokens` |
| token | `id`, `account`, `label`, `hosts` (`null`: all), `actions`, `networks` (`[]`: any), `expires`, `parent` (the token that made it; `null`: none did), `created`; from `show` also `last_contact` (when it was last used); from `create` also `secret` |
| kit | `host`, `program`, `url`, `account`, `token` (its id), `hosts`, `actions`, `networks`, `expires` (as a token's), `configuration`, `secret` |
| key | `name`, `id`, `algorithm` (`hmac-sha1`, `hmac-sha256`, `hmac-sha384`, `hmac-sha512`), `account`, `hosts`, `actions`, `networks`, `expires` (as a token's), `created`; from `add`, unless it was given, also `secret` (base64) |
| quota | `login`, `hosts` (how many it holds), `max_hosts`, `domains` (how many it holds), `max_domains`, `max_records` (in one domain), `max_rrsets` (in one domain of its own), `max_rrset_records` (in one RRset, through the Designate API) |
| server | `name`, `id`, `addresses`, `created`, `updated` (`null`: never) |
| domain | `name`, `id`, `owner`, `shared`, `email`, `ttl`, `refresh`, `retry`, `expire`, `minimum`, `description`, `offline_ipv4`, `offline_ipv6`, `created`, `updated`; and, but not in lists, `serial`, `changed` (when it, or anything that its zone holds, was last changed; `null`: never), `hosts`, `records` |
| record | `id`, `name`, `type`, `data` (as a master file has it; a text as it was given), `ttl` (`null`: the domain's), `description`, `managed` (what the service makes it of: `soa`, `name-server`, `server-address`, `host`, `challenge`; `zone-ns`: a record that somebody put beside the zone's own NS records; `null`: somebody made it), `created`, `updated` (`null`: never); and, but not in lists, `domain`; from `set` also `changed_records` (how many, with the others of its name and type) |
| host | `name`, `owner`, `domain`, `ipv4`, `ipv6`, `ttl`, `wildcard`, `offline` (`no`, `manual`, `missed`), `suffix`, `heartbeat` (seconds), `created`, `updated`; and, but not in lists, `client`; from `show` also `last_contact`, `last_refusal` |
| client | `key`, `owner`, `offline`, `heartbeat` (as a host's), `ipv4`, `ipv6` (the addresses that it was last moved to), `created`, `updated`; and, but not in lists, `hosts`; from `show` also `last_contact`, `last_refusal` |
| last refusal | `time`, `source` (the address that it came from), `dialect`, `program` (as it called itself), `sentence`. A running server writes it within seconds, and `last_contact` once a minute |
| mail | `id`, `kind` (`confirm`, `reset-password`, `change-login`, `login-changed`, `already-registered`), `to`, `account`, `attempts` (those that failed), `next` (not before this it is tried), `created` |
| log entry | `version`, `time`, `account` (`null`: the operator, time itself, or somebody who had not signed in; `#` and a number: one that was removed since), `origin`, `erased` (whether an erasure has taken something out of it; `account` is `null` then), `changes`: each with `kind`, `name`, `change` (`made`, `changed`, `removed`), `fields` (name to `[before, after]`) |
| removal | `removed` (the name, key or id); with it `erased_entries` (how many log entries) from `account remove --erase`; `erased` (the account) and `erased_entries` from `account erase`; `released` from `name release`; `backup` from `backup`; `restored` and `data` from `restore` |
";

/// The manual of all commands, as `docs/reference/ddns.md` has it.
pub fn reference() -> String {
    let root = Cli::structure();
    let mut page = HEAD.to_owned();
    exit_codes(&mut page);
    page.push_str(JSON);
    page.push_str("\n## Options of every command\n\n");
    options(&mut page, &root, |_| true);
    page.push_str("\nA `BOOL` is `true` or `false`; `yes` and `no`, `on` and `off`, `1` and `0` do as well.\n");
    for command in root.get_subcommands() {
        describe(&mut page, command, "ddns", 2);
    }
    page
}

fn exit_codes(page: &mut String) {
    page.push_str("## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for code in ExitCode::ALL {
        line(page, format_args!("| {} | {} |", code.code(), code.meaning()));
    }
    page.push_str("\nData goes to standard output, talk to standard error.\n\n");
}

fn describe(page: &mut String, command: &Command, above: &str, depth: usize) {
    let path = format!("{above} {}", command.get_name());
    line(page, format_args!("\n{} {path}\n", "#".repeat(depth)));
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    line(page, format_args!("{about}."));
    let long = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    if let Some(more) = long.strip_prefix(&about) {
        line(page, format_args!("\n{}", more.trim_start()));
    }
    if command.has_subcommands() {
        for below in command.get_subcommands() {
            describe(page, below, &path, depth.saturating_add(1));
        }
        return;
    }
    let usage = command.clone().render_usage().to_string();
    line(page, format_args!("\n```text\n{}\n```\n", usage.trim_start_matches("Usage: ")));
    options(page, command, |arg| !arg.is_global_set());
}

fn options(page: &mut String, command: &Command, wanted: impl Fn(&Arg) -> bool) {
    let named = |arg: &&Arg| !["help", "version"].contains(&arg.get_id().as_str());
    for arg in command.get_arguments().filter(named).filter(|arg| wanted(arg)) {
        line(
            page,
            format_args!(
                "- `{}`: {}{}",
                spelled(arg),
                arg.get_help().map(ToString::to_string).unwrap_or_default(),
                notes(arg)
            ),
        );
    }
}

/// An argument as it is typed.
fn spelled(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let takes_value = arg.get_action().takes_values();
    let repeated = if matches!(arg.get_action(), clap::ArgAction::Append) { "…" } else { "" };
    match arg.get_long() {
        None => value,
        Some(long) if takes_value => format!("--{long} {value}{repeated}"),
        Some(long) => format!("--{long}"),
    }
}

/// Defaults, the environment and the words that a value may be.
fn notes(arg: &Arg) -> String {
    let mut notes = String::new();
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() && !values.iter().any(|value| value.get_name() == "true") {
        let names: Vec<String> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        let _infallible = write!(notes, " ({})", names.join(", "));
    }
    let default = arg.get_default_values().first().filter(|default| !default.is_empty());
    if let Some(default) = default.filter(|_| arg.get_action().takes_values()) {
        let _infallible = write!(notes, " [default: `{}`]", default.to_string_lossy());
    }
    if let Some(variable) = arg.get_env() {
        let _infallible = write!(notes, " [environment: `{}`]", variable.to_string_lossy());
    }
    notes
}

/// Writing into a `String` cannot fail.
fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _infallible = writeln!(page, "{text}");
}
