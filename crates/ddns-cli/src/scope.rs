//! What a token or key may do, as it is typed and printed.

use std::time::Duration;

use clap::{Args, ValueEnum};
use ddns_core::{Actions, HostPattern, HostScope, Network, Scope, Timestamp};
use ipnet::IpNet;
use serde_json::Value;

use crate::output::{Object, moment, texts};

/// A scope as it is typed for something new.
#[derive(Debug, Args)]
pub(crate) struct NewScope {
    /// Which of the account's hosts it may act on; * stands for any run of characters [default: all]
    #[arg(long = "host", value_name = "PATTERN")]
    hosts: Vec<HostPattern>,
    /// What it may do [default: all]
    #[arg(long = "action", value_enum, value_name = "ACTION")]
    actions: Vec<ActionWord>,
    /// From which networks it may be used [default: any]
    #[arg(long = "network", value_name = "NET")]
    networks: Vec<Network>,
    /// For how many days it may be used [default: for ever]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    expires: Option<u32>,
}

/// What a token or key may do, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ActionWord {
    /// Set addresses, ttl, wildcard and offline state of hosts
    Update,
    /// Set and clear `_acme-challenge` values
    AcmeChallenge,
    /// Read
    Read,
    /// Everything else that the account may do
    Manage,
}

impl NewScope {
    pub(crate) fn means(self, now: Timestamp) -> Scope {
        Scope {
            hosts: if self.hosts.is_empty() { HostScope::All } else { HostScope::Only(self.hosts) },
            actions: if self.actions.is_empty() { Scope::FULL.actions } else { actions(&self.actions) },
            networks: networks(self.networks),
            end: self.expires.map(|days| end(now, days)),
        }
    }
}

pub(crate) fn actions(words: &[ActionWord]) -> Actions {
    let may = |word| words.contains(&word);
    Actions {
        update: may(ActionWord::Update),
        acme_challenge: may(ActionWord::AcmeChallenge),
        read: may(ActionWord::Read),
        manage: may(ActionWord::Manage),
    }
}

pub(crate) fn end(now: Timestamp, days: u32) -> Timestamp {
    now.after(Duration::from_secs(u64::from(days).saturating_mul(86_400)))
}

pub(crate) fn networks(typed: Vec<Network>) -> Vec<IpNet> {
    typed.into_iter().map(IpNet::from).collect()
}

impl Object {
    /// The same with a scope's keys.
    #[must_use]
    pub(crate) fn with_scope(self, scope: &Scope) -> Object {
        let hosts = match &scope.hosts {
            HostScope::All => Value::Null,
            HostScope::Only(patterns) => texts(patterns),
        };
        let actions = [
            ("update", scope.actions.update),
            ("acme-challenge", scope.actions.acme_challenge),
            ("read", scope.actions.read),
            ("manage", scope.actions.manage),
        ];
        self.with("hosts", hosts)
            .with("actions", texts(actions.into_iter().filter(|(_, allowed)| *allowed).map(|(word, _)| word)))
            .with("networks", texts(&scope.networks))
            .with("expires", scope.end.map_or(Value::Null, moment))
    }
}
