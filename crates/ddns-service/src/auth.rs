//! Who calls: passwords and tokens become a [`Caller`].
//!
//! Unknown logins, wrong passwords and void tokens are not told apart, neither by the answer nor by its time. Hashing
//! runs on two threads behind a bounded queue, so that a flood of wrong passwords can take neither memory nor processor.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use crossbeam_channel::{Sender, TrySendError};
use ddns_core::{Account, AccountState, Caller, Identity, Login, Role, policy};
use ddns_store::{Secret, SoftKey};
use hmac::{Hmac, KeyInit, Mac};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Service, Snapshot, fresh};

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
            self.0.hasher.check(None, secret.clone()).await?;
            return Err(AuthError::Wrong);
        };
        let key = self.0.hasher.cache_key(id.get(), secret);
        if !self.0.hasher.verified.contains_key(&key) {
            if !self.0.hasher.check(Some(hash), secret.clone()).await? {
                return Err(AuthError::Wrong);
            }
            self.0.hasher.verified.insert(key, ());
        }
        admit(account, None, source)
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

/// A hash that no password has, made with the same cost, for logins that do not exist.
static DUMMY: LazyLock<Zeroizing<String>> = LazyLock::new(|| {
    let random: [u8; 32] = fresh::octets();
    let hash = Argon2::default().hash_password(&random).map(|hash| hash.to_string());
    Zeroizing::new(hash.unwrap_or_default())
});

/// Checks passwords on a few threads of its own, and remembers for a while which were right.
pub(crate) struct Hasher {
    queue: Sender<Check>,
    verified: Cache<[u8; 32], ()>,
    key: Zeroizing<[u8; 32]>,
}

struct Check {
    /// None for a login that does not exist.
    hash: Option<Zeroizing<String>>,
    password: SecretString,
    answer: oneshot::Sender<bool>,
}

impl Hasher {
    pub(crate) fn start() -> Hasher {
        let (queue, checks) = crossbeam_channel::bounded::<Check>(policy::HASH_QUEUE);
        for number in 1..=policy::HASHES_AT_ONCE {
            let checks = checks.clone();
            let name = format!("ddns-hash-{number}");
            let spawned = std::thread::Builder::new().name(name).spawn(move || {
                for check in checks {
                    // Whoever has hung up takes no time from the others.
                    if !check.answer.is_closed() {
                        let hash = check.hash.as_ref().unwrap_or(&DUMMY);
                        let _taken = check.answer.send(verify(hash, &check.password));
                    }
                }
            });
            if let Err(error) = spawned {
                tracing::error!(%error, "a password checking thread could not be started");
            }
        }
        let verified = Cache::builder().max_capacity(policy::VERIFIED_MAX).time_to_live(policy::VERIFIED_LIFE).build();
        Hasher { queue, verified, key: Zeroizing::new(fresh::octets()) }
    }

    async fn check(&self, hash: Option<Zeroizing<String>>, password: SecretString) -> Result<bool, AuthError> {
        if password.expose_secret().len() > policy::PASSWORD_MAX {
            return Ok(false);
        }
        let (answer, waiting) = oneshot::channel();
        match self.queue.try_send(Check { hash, password, answer }) {
            Ok(()) => waiting.await.map_err(|_| AuthError::Busy),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(AuthError::Busy),
        }
    }

    /// Under which a right password is remembered: useless outside this process, void once the password is another.
    fn cache_key(&self, id: u64, password: &SecretString) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.key) else { return [0; 32] };
        mac.update(&id.to_be_bytes());
        mac.update(password.expose_secret().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

fn verify(hash: &str, password: &SecretString) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok()
}
