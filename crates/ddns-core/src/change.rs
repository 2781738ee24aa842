//! What a decision changes: whole values before and after, so that replay depends on no rule.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Mail, Peer, ServerKey, Token, TsigKey};
use crate::domain::{Domain, Server, Settings};
use crate::host::{Challenge, Client, Host, Reservation};
use crate::record::Record;
use crate::value::SecretId;

/// One entity, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// An account.
    Account(Delta<Account>),
    /// A token.
    Token(Delta<Token>),
    /// A domain.
    Domain(Delta<Domain>),
    /// A name server.
    Server(Delta<Server>),
    /// A host.
    Host(Delta<Host>),
    /// A client.
    Client(Delta<Client>),
    /// A record.
    Record(Delta<Record>),
    /// A challenge value.
    Challenge(Delta<Challenge>),
    /// A reserved name.
    Reservation(Delta<Reservation>),
    /// A TSIG key.
    TsigKey(Delta<TsigKey>),
    /// A peer.
    Peer(Delta<Peer>),
    /// A mail in the outbox.
    Mail(Delta<Mail>),
    /// The operator's settings.
    Settings(Delta<Settings>),
    /// The key under which links in mails are signed.
    ServerKey(Delta<ServerKey>),
}

/// A value before and after: made, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Delta<T> {
    /// The value before; none if it was made.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub before: Option<Arc<T>>,
    /// The value after; none if it was removed.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub after: Option<Arc<T>>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> Delta<T> {
    /// A value that was made.
    pub fn made(after: T) -> Delta<T> {
        Delta { before: None, after: Some(Arc::new(after)) }
    }

    /// A value that was changed.
    pub fn changed(before: &Arc<T>, after: T) -> Delta<T> {
        Delta { before: Some(before.clone()), after: Some(Arc::new(after)) }
    }

    /// A value that was removed.
    pub fn removed(before: &Arc<T>) -> Delta<T> {
        Delta { before: Some(before.clone()), after: None }
    }

    /// The value after, or before if it was removed: enough to know which entity this is.
    pub fn any(&self) -> Option<&T> {
        self.after.as_deref().or(self.before.as_deref())
    }
}

impl Change {
    /// The secret that the entity led to before and leads to after.
    pub fn secrets(&self) -> (Option<SecretId>, Option<SecretId>) {
        fn both<T>(delta: &Delta<T>, secret: impl Fn(&T) -> Option<SecretId>) -> (Option<SecretId>, Option<SecretId>) {
            (delta.before.as_deref().and_then(&secret), delta.after.as_deref().and_then(&secret))
        }
        match self {
            Change::Account(delta) => both(delta, |account| account.password),
            Change::Token(delta) => both(delta, |token| Some(token.secret)),
            Change::TsigKey(delta) => both(delta, |key| Some(key.secret)),
            Change::ServerKey(delta) => both(delta, |key| Some(key.secret)),
            Change::Domain(_) | Change::Server(_) | Change::Host(_) | Change::Client(_) | Change::Record(_) => {
                (None, None)
            }
            Change::Challenge(_) | Change::Reservation(_) | Change::Peer(_) | Change::Mail(_) | Change::Settings(_) => {
                (None, None)
            }
        }
    }
}
