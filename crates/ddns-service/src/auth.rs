//! Who calls: passwords and tokens become a [`Caller`].
//!
//! Unknown logins, wrong passwords and void tokens are not told apart, neither by the answer nor by its time.

mod hasher;

use std::net::IpAddr;
use std::sync::Arc;

use ddns_core::{Account, AccountState, Caller, Identity, Login, Role};
use ddns_store::{Secret, SoftKey};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::{Service, Snapshot, fresh};
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
}

impl Service {
    /// Proves a caller by login and password, or by login and one of its tokens.
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
        let login: Option<Login> = login.parse().ok();
        let account = login.as_ref().and_then(|login| snapshot.registry.account_by_login(login)).cloned();
        // Anybody may have signed up with this login: that there was no account before is nobody's to know.
        let account = account.filter(|account| account.state != AccountState::Unconfirmed);
        if let Some((token, owner)) = find_token(&snapshot, secret)
            && account.as_ref().is_some_and(|account| account.number == owner.number)
        {
            return self.by_token(&owner, token, source);
        }
        let hash = account.as_ref().and_then(|account| Some((account.password?, account)));
        let hash = hash.and_then(|(id, account)| match snapshot.secrets.get(id)? {
            Secret::PasswordHash(hash) => Some((id, hash.clone(), account)),
            Secret::TokenDigest(_) | Secret::TsigKey(_) | Secret::ServerKey(_) => None,
        });
        let Some((id, hash, account)) = hash else {
            self.0.hasher.refuse(secret.clone()).await?;
            return Err(AuthError::Wrong);
        };
        if self.0.hasher.is_right(id, hash, secret).await? {
            admit(account, None, source)
        } else {
            Err(AuthError::Wrong)
        }
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
        let (token, account) = find_token(&self.snapshot(), secret).ok_or(AuthError::Wrong)?;
        self.by_token(&account, token, source)
    }

    fn by_token(&self, account: &Account, token: Uuid, source: Option<IpAddr>) -> Result<Authenticated, AuthError> {
        let snapshot = self.snapshot();
        let token = snapshot.registry.token(token).ok_or(AuthError::Wrong)?;
        if token.scope.has_ended(self.now()) || !token.scope.admits(source) {
            return Err(AuthError::Wrong);
        }
        self.0.shared.soft.contact(SoftKey::Token(token.id), self.now());
        admit(account, Some(token.id), source)
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
