//! Hashing passwords, on one or two threads behind a bounded queue: a flood of them can take neither memory nor processor, and
//! nobody who waits for other things waits for hashes.

use std::cell::RefCell;
use std::num::NonZero;
use std::sync::LazyLock;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use crossbeam_channel::Sender;
use ddns_core::{SecretId, policy};
use ddns_store::Secret;
use hmac::{Hmac, KeyInit, Mac};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::AuthError;
use super::attempts::Look;
use crate::Service;
use crate::fresh::{self, PasswordError};

impl Service {
    /// The hash of a password that a person chose, made in the queue in which sign-ins wait.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash_password(&self, password: SecretString) -> Result<Secret, HashError> {
        fresh::check_password(&password)?;
        let hash = self.0.hasher.run(move || fresh::password(&password)).await.map_err(|_| HashError::Busy)?;
        Ok(hash?)
    }
}

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// It is no password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Too many are waiting; try again.
    #[error("too many passwords at once; try again in a moment")]
    Busy,
}

/// Hashes on a few threads of its own, and remembers for a while which passwords were right.
pub(crate) struct Hasher {
    queue: Sender<Work>,
    verified: Cache<Guess, ()>,
    key: Zeroizing<[u8; 32]>,
}

/// A login, what its password is kept under, and a password that was tried.
pub(super) type Guess = [u8; 32];

type Work = Box<dyn FnOnce() + Send>;

/// The queue is full.
struct Full;

impl Hasher {
    pub(crate) fn start() -> Hasher {
        let (queue, waiting) = crossbeam_channel::bounded::<Work>(policy::HASH_QUEUE);
        for number in 1..=at_once() {
            let waiting = waiting.clone();
            let spawned = std::thread::Builder::new().name(format!("ddns-hash-{number}")).spawn(move || {
                give_way();
                waiting.into_iter().for_each(|work| work());
            });
            if let Err(error) = spawned {
                tracing::error!(%error, "a password hashing thread could not be started");
            }
        }
        let verified = Cache::builder().max_capacity(policy::VERIFIED_MAX).time_to_live(policy::VERIFIED_LIFE).build();
        Hasher { queue, verified, key: Zeroizing::new(fresh::octets()) }
    }

    /// What somebody tries, in a form that is useless outside this process, and void once the password is another.
    pub(super) fn guess(&self, login: &str, id: Option<SecretId>, password: &SecretString) -> Guess {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.key) else { return [0; 32] };
        mac.update(&id.map_or(0, SecretId::get).to_be_bytes());
        mac.update(&login.len().to_be_bytes());
        mac.update(login.as_bytes());
        mac.update(password.expose_secret().as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whether this was found right a short while ago.
    pub(super) fn was_right(&self, guess: &Guess) -> bool {
        self.verified.contains_key(guess)
    }

    /// Whether a password is the one that this hash was made of. Without a hash it is not, which takes as long.
    pub(super) async fn is_right(
        &self,
        guess: &Guess,
        hash: Option<Zeroizing<String>>,
        password: &SecretString,
        look: Look,
    ) -> Result<bool, AuthError> {
        let right = self.check(hash, password.clone(), look).await?;
        if right {
            self.verified.insert(*guess, ());
        }
        Ok(right)
    }

    async fn check(
        &self,
        hash: Option<Zeroizing<String>>,
        password: SecretString,
        look: Look,
    ) -> Result<bool, AuthError> {
        if password.expose_secret().len() > policy::PASSWORD_MAX {
            return Ok(false);
        }
        let work = move || {
            if !look.begins() {
                return false;
            }
            let nobodys: &str = &DUMMY; // Made before the first check of all, whoever that is of.
            let right = verify(hash.as_deref().map_or(nobodys, String::as_str), &password);
            right && hash.is_some()
        };
        self.run(work).await.map_err(|_| AuthError::Busy)
    }

    /// Works in the queue's turn. Whoever has hung up takes no time from the others.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Full> {
        let (answer, waiting) = oneshot::channel();
        let work = Box::new(move || {
            if !answer.is_closed() {
                let _taken = answer.send(work());
            }
        });
        self.queue.try_send(work).map_err(|_| Full)?;
        waiting.await.map_err(|_| Full)
    }
}

/// No more than half of the processors: a thread that hashes is not interrupted at once, however much it gives way.
fn at_once() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    processors.div_ceil(2).min(policy::HASHES_AT_ONCE)
}

/// Lets this thread work when nobody else has to: where as many hash as there are processors, DNS and updates waited for them.
#[cfg(target_os = "linux")]
fn give_way() {
    if let Err(error) = rustix::process::nice(policy::HASH_NICENESS) {
        tracing::warn!(%error, "password hashing does not give way to other work");
    }
}

/// Elsewhere that would be the whole process.
#[cfg(not(target_os = "linux"))]
fn give_way() {}

/// A hash that no password has, made with the same cost, for logins that do not exist.
static DUMMY: LazyLock<Zeroizing<String>> = LazyLock::new(|| {
    let random: [u8; 32] = fresh::octets();
    let hash = Argon2::default().hash_password(&random).map(|hash| hash.to_string());
    Zeroizing::new(hash.unwrap_or_default())
});

fn verify(hash: &str, password: &SecretString) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    // Of outputs, `==` takes the same time whatever it finds.
    hashed_like(&hash, password).is_some_and(|output| hash.hash == Some(output))
}

thread_local! {
    /// What a thread hashes in. It is kept: given back to the allocator and taken anew for every hash, it left eight times as
    /// much behind.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// What a password gives with the same salt, in the same way, at the same cost.
fn hashed_like(hash: &PasswordHash, password: &SecretString) -> Option<Output> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map(Version::try_from).transpose().ok()?.unwrap_or_default();
    let params = Params::try_from(hash).ok()?;
    let (blocks, length) = (params.block_count(), params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
    let (salt, mut octets) = (hash.salt?, [0; Output::MAX_LENGTH]);
    let output = octets.get_mut(..length)?;
    let argon2 = Argon2::new(algorithm, version, params);
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(blocks, Block::new());
        argon2.hash_password_into_with_memory(password.expose_secret().as_bytes(), &salt, output, memory).ok()
    })?;
    Output::new(output).ok()
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    /// The 19th field of `stat` (proc(5)).
    fn niceness() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    #[test]
    fn hashing_gives_way_and_nothing_else_does() {
        let before = niceness();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let while_hashing = runtime.block_on(Hasher::start().run(niceness)).ok();
        let nicest = 19; // The system has nothing beyond it.
        assert_eq!(while_hashing, Some((before + policy::HASH_NICENESS).min(nicest)));
        assert_eq!(niceness(), before);
    }
}
