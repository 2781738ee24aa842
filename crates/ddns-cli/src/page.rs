//! Pages of lists, read from the store without loading the rest.

use clap::Args;
use ddns_core::{AccountNo, Change, DomainNo, policy};
use ddns_store::{Kind, Listing};

use crate::failure::Failure;
use crate::output::Object;
use crate::session::Session;

/// Which page of a list was asked for.
#[derive(Debug, Args)]
pub(crate) struct Page {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = policy::PAGE, value_parser = limit)]
    pub(crate) limit: usize,
    /// Go on behind this one, the last of the page before
    #[arg(long, value_name = "KEY")]
    pub(crate) after: Option<String>,
}

/// The doors of `--limit`.
pub(crate) fn limit(text: &str) -> Result<usize, String> {
    let limit = text.parse().ok().filter(|limit| (1..=policy::PAGE_MAX).contains(limit));
    limit.ok_or_else(|| format!("a page has 1 to {} rows", policy::PAGE_MAX))
}

/// A list in the store, before it is cut into pages.
pub(crate) struct Source {
    pub(crate) kind: Kind,
    pub(crate) owner: Option<AccountNo>,
    pub(crate) domain: Option<DomainNo>,
    /// The store's key behind which it begins.
    pub(crate) after: Option<String>,
}

impl Source {
    /// All of a kind, behind a key.
    pub(crate) fn of(kind: Kind, after: Option<String>) -> Source {
        Source { kind, owner: None, domain: None, after }
    }

    /// The first `wanted` that `pick` takes, in the store's order.
    pub(crate) fn first<T>(
        &self,
        session: &mut Session<'_>,
        wanted: usize,
        mut pick: impl FnMut(&Change) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        let mut found = Vec::new();
        let mut after = self.after.clone();
        while found.len() < wanted {
            let limit = wanted.saturating_sub(found.len()).clamp(policy::PAGE, policy::PAGE_MAX);
            let listing = Listing { kind: self.kind, after, owner: self.owner, domain: self.domain, limit };
            let changes = session.reader()?.list(&listing)?;
            after = changes.last().and_then(key);
            found.extend(changes.iter().filter_map(&mut pick));
            if changes.len() < limit || after.is_none() {
                break;
            }
        }
        found.truncate(wanted);
        Ok(found)
    }
}

/// The key by which the store orders an entity.
fn key(change: &Change) -> Option<String> {
    match change {
        Change::Account(delta) => delta.any().map(|account| account.number.get().to_string()),
        Change::Token(delta) => delta.any().map(|token| token.id.to_string()),
        Change::Domain(delta) => delta.any().map(|domain| domain.number.get().to_string()),
        Change::Server(delta) => delta.any().map(|server| server.name.to_string()),
        Change::Host(delta) => delta.any().map(|host| host.name.to_string()),
        Change::Client(delta) => delta.any().map(|client| client.number.get().to_string()),
        Change::Record(delta) => delta.any().map(|record| record.id.to_string()),
        _ => None,
    }
}

/// Prints one page of up to `limit` rows of which one more may have been read, and says how to go on.
pub(crate) fn print(
    session: &mut Session<'_>,
    columns: &[&str],
    mut rows: Vec<(String, Object)>,
    limit: usize,
) -> Result<(), Failure> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|(key, _)| key.clone());
    let objects: Vec<Object> = rows.into_iter().map(|(_, object)| object).collect();
    session.out.list(columns, &objects)?;
    match last {
        Some(last) if more => session.out.say(format_args!("there is more; go on with: --after {last}")),
        _ => Ok(()),
    }
}
