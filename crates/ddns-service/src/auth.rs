//! Who calls: passwords and tokens become a [`Caller`].
//!
//! Unknown logins, wrong passwords and void tokens are not told apart, neither by the answer nor by its time. Whoever guesses
//! is slowed; a valid token never is, nor a password that was right a short while ago.

mod attempts;
mod gate;
mod hasher;
mod turns;

use std::net::IpAddr;
use std::sync::Arc;

use ddns_core::{Account, AccountState, Caller, Identity, Login, Role, SecretId};
use ddns_store::{Secret, SoftKey};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Service, Snapshot, fresh};
pub(crate) use gate::Gate;
pub use hasher::HashError;
pub(crate) use hasher::Hasher;

/// A caller who has proved who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// What commands take.
    pub caller: Caller,
    /// What it signed in with.
    pub login: Login,
    /// What it may do.
    pub role: Role,
    /// Whether it showed a token and not its password.
    pub by_token: bool,
}

/// Why a caller is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Unknown login, wrong password, void token: never told apart.
    #[error("the login or its password or token is wrong")]
    Wrong,
    /// The right secret of an account that may not act.
    #[error("the account is not active")]
    Inactive,
    /// Too many passwords are being checked; try again.
    #[error("too many sign-ins at once; try again in a moment")]
    Busy,
    /// Too many sign-ins have failed, for this login or from this network; whether this one would have, nobody looked.
    #[error("too many sign-ins have failed; try again in a minute")]
    Limited,
}

impl Service {
    /// Proves a caller by login and password, or by login and one of its tokens. Holds some answers back, and so needs a
    /// runtime with a timer.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn authenticate(
        &self,
        login: &str,
        secret: &SecretString,
        source: Option<IpAddr>,
    ) -> Result<Authenticated, AuthError> {
        let snapshot = self.snapshot();
        let parsed: Option<Login> = login.parse().ok();
        let account = parsed.as_ref().and_then(|login| snapshot.registry.account_by_login(login)).cloned();
        // Anybody may have signed up with this login: that there was no account before is nobody's to know.
        let account = account.filter(|account| account.state != AccountState::Unconfirmed);
        if let Some((token, owner)) = find_token(&snapshot, secret)
            && account.as_ref().is_some_and(|account| account.number == owner.number)
        {
            return self.by_token(&owner, token, source);
        }
        let login = parsed.as_ref().map_or(login, Login::as_str);
        let kept = account.as_ref().and_then(|account| kept_hash(&snapshot, account));
        self.by_password(Attempt { login, kept, secret, source }).await?;
        admit(account.as_deref().ok_or(AuthError::Wrong)?, None, source)
    }

    /// Proves a caller by one of its tokens alone.
    ///
    /// # Errors
    /// [`AuthError`].
    pub fn authenticate_token(
        &self,
        secret: &SecretString,
        source: Option<IpAddr>,
    ) -> Result<Authenticated, AuthError> {
        let Some((token, account)) = find_token(&self.snapshot(), secret) else { return Err(self.missed(source)) };
        self.by_token(&account, token, source)
    }

    fn by_token(&self, account: &Account, token: Uuid, source: Option<IpAddr>) -> Result<Authenticated, AuthError> {
        let snapshot = self.snapshot();
        let token = snapshot.registry.token(token).ok_or(AuthError::Wrong)?;
        if token.scope.has_ended(self.now()) || !token.scope.admits(source) {
            return Err(self.missed(source));
        }
        self.0.shared.soft.contact(SoftKey::Token(token.id), self.now());
        admit(account, Some(token.id), source)
    }

    /// What is said to a secret that is none: nobody need be slowed who guesses 160 bits, but asking costs, too.
    fn missed(&self, source: Option<IpAddr>) -> AuthError {
        if self.0.gate.again(source, self.uptime()) { AuthError::Wrong } else { AuthError::Limited }
    }
}

/// One try to sign in by a password.
struct Attempt<'a> {
    login: &'a str,
    /// The hash of the right password, and under which id it is kept; none where there is no such login, or no password.
    kept: Option<(SecretId, Zeroizing<String>)>,
    secret: &'a SecretString,
    source: Option<IpAddr>,
}

fn kept_hash(snapshot: &Snapshot, account: &Account) -> Option<(SecretId, Zeroizing<String>)> {
    let id = account.password?;
    match snapshot.secrets.get(id)? {
        Secret::PasswordHash(hash) => Some((id, hash.clone())),
        Secret::TokenDigest(_) | Secret::TsigKey(_) | Secret::ServerKey(_) => None,
    }
}

fn admit(account: &Account, token: Option<Uuid>, source: Option<IpAddr>) -> Result<Authenticated, AuthError> {
    if account.state != AccountState::Active {
        return Err(AuthError::Inactive);
    }
    let identity = Identity { account: account.number, token, source };
    Ok(Authenticated {
        caller: Caller::Account(identity),
        login: account.login.clone(),
        role: account.role,
        by_token: token.is_some(),
    })
}

/// The token that a text is, and its account.
fn find_token(snapshot: &Snapshot, secret: &SecretString) -> Option<(Uuid, Arc<Account>)> {
    let text = secret.expose_secret();
    if text.len() != 40 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    let digest = fresh::token_digest(text);
    let token = snapshot.registry.token(snapshot.secrets.token(&digest)?)?;
    let same = match snapshot.secrets.get(token.secret)? {
        Secret::TokenDigest(kept) => bool::from(kept.ct_eq(&digest)),
        Secret::PasswordHash(_) | Secret::TsigKey(_) | Secret::ServerKey(_) => false,
    };
    same.then(|| Some((token.id, snapshot.registry.account(token.account)?.clone()))).flatten()
}
