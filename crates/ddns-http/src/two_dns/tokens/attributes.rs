//! A token's attributes, from JSON, and the part of their list that is asked for.

use std::sync::LazyLock;

use ddns_core::{Actions, HostPattern, HostScope, Network, Scope, Timestamp, TokenLabel, policy};
use ipnet::IpNet;
use uuid::Uuid;

use crate::json::Json;
use crate::moment;
use crate::params::Params;
use crate::two_dns::form::{BLANK, Form, INVALID, NOT_LISTED, text};
use crate::two_dns::words::Wrong;

/// All hosts, those to come included.
pub(super) const ALL: &str = "*";

/// `label` and `hosts`; `actions`, by default `update`; `networks`, by default all; `expires`, by default never.
pub(super) fn of_new_token(body: &[u8], now: Timestamp) -> Result<(TokenLabel, Scope), Wrong> {
    let mut form = Form::read(body, &["label", "hosts", "actions", "networks", "expires"])?;
    let label = form.required("label", |value| text(value)?.parse().map_err(|_| INVALID));
    let hosts = form.required("hosts", hosts);
    let actions = form.take("actions", actions).unwrap_or(Actions { update: true, ..Actions::default() });
    let networks = form.take("networks", networks).unwrap_or_default();
    let end = form.removable("expires", |value| end(value, now)).flatten();
    form.finish()?;
    let (Some(label), Some(hosts)) = (label, hosts) else { return Err(Wrong::Attributes) };
    Ok((label, Scope { hosts, actions, networks, end }))
}

/// The words for actions.
pub(super) fn words(actions: Actions) -> Vec<&'static str> {
    let said = [
        (actions.update, "update"),
        (actions.acme_challenge, "acme-challenge"),
        (actions.read, "read"),
        (actions.manage, "manage"),
    ];
    said.into_iter().filter(|(may, _)| *may).map(|(_, word)| word).collect()
}

fn hosts(value: &Json) -> Result<HostScope, &'static str> {
    let patterns = texts(value)?;
    if patterns.is_empty() {
        return Err(BLANK);
    }
    if patterns.contains(&ALL) {
        return Ok(HostScope::All);
    }
    let patterns: Result<Vec<HostPattern>, _> = patterns.into_iter().map(str::parse).collect();
    patterns.map(HostScope::Only).map_err(|_| INVALID)
}

fn actions(value: &Json) -> Result<Actions, &'static str> {
    let mut actions = Actions::default();
    let words = texts(value)?;
    if words.is_empty() {
        return Err(BLANK);
    }
    for word in words {
        match word {
            "update" => actions.update = true,
            "acme-challenge" => actions.acme_challenge = true,
            "read" => actions.read = true,
            "manage" => actions.manage = true,
            _ => return Err(NOT_LISTED),
        }
    }
    Ok(actions)
}

fn networks(value: &Json) -> Result<Vec<IpNet>, &'static str> {
    let network = |text: &str| text.parse::<Network>().map(IpNet::from).map_err(|_| INVALID);
    texts(value)?.into_iter().map(network).collect()
}

/// A moment to come, or seconds until then.
fn end(value: &Json, now: Timestamp) -> Result<Timestamp, &'static str> {
    let seconds = |secs| moment::in_seconds(now, secs);
    let end = match value {
        Json::Integer(secs) => seconds(*secs),
        Json::Text(text) if text.bytes().all(|octet| octet.is_ascii_digit()) => text.parse().ok().and_then(seconds),
        Json::Text(text) => moment::read(text),
        _ => None,
    };
    end.filter(|end| *end > now).ok_or(INVALID)
}

/// A list of texts, within its bound.
fn texts(value: &Json) -> Result<Vec<&str>, &'static str> {
    static TOO_MANY: LazyLock<String> =
        LazyLock::new(|| format!("has too many entries (maximum is {})", policy::SCOPE_ENTRIES));
    match value {
        Json::Null => Err(BLANK),
        Json::List(list) if list.len() > policy::SCOPE_ENTRIES => Err(&TOO_MANY),
        Json::List(list) => list
            .iter()
            .map(|entry| if let Json::Text(text) = entry { Ok(text.as_str()) } else { Err(INVALID) })
            .collect(),
        _ => Err(INVALID),
    }
}

/// Which part of the list.
pub(super) struct Part {
    pub(super) limit: usize,
    /// Behind the token with this id.
    pub(super) marker: Option<Uuid>,
}

/// `limit` and `marker`; without them everything.
pub(super) fn part(query: &Params) -> Result<Part, Wrong> {
    let limit = match query.last("limit") {
        None => policy::PAGE_MAX,
        Some(limit) => {
            let limit = limit.parse().ok().filter(|limit| (1..=policy::PAGE_MAX).contains(limit));
            limit.ok_or_else(|| Wrong::Fields(vec![("limit", INVALID)]))?
        }
    };
    let marker = query.last("marker").map(|marker| marker.parse().map_err(|_| no_such_marker()));
    Ok(Part { limit, marker: marker.transpose()? })
}

/// The list goes on behind a token that is in it.
pub(super) fn no_such_marker() -> Wrong {
    Wrong::Fields(vec![("marker", INVALID)])
}
