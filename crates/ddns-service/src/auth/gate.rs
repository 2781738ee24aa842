//! The way of a password: what is known already needs no look, who has failed too often gets none, and all others wait for the
//! hash.

use std::net::IpAddr;
use std::time::Duration;

use ddns_core::{network, policy};
use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::attempts::{Attempts, Bucket, Count, Look};
use super::turns::Turns;
use super::{Attempt, AuthError};
use crate::Service;
use crate::auth::hasher::Guess;

impl Service {
    /// Checks a password.
    ///
    /// # Errors
    /// [`AuthError`], if it is not certainly right.
    pub(super) async fn by_password(&self, attempt: Attempt<'_>) -> Result<(), AuthError> {
        let (gate, hasher) = (&self.0.gate, &self.0.hasher);
        let guess = hasher.guess(attempt.login, attempt.kept.as_ref().map(|(id, _)| *id), attempt.secret);
        if hasher.was_right(&guess) {
            return Ok(());
        }
        let proved =
            if gate.open { self.hash(attempt, &guess, Look::free()).await } else { self.slowly(attempt, &guess).await };
        // Told at once that it is too much, a crowd would ask again at once, and that alone would be too much.
        if matches!(proved, Err(AuthError::Limited | AuthError::Busy)) {
            gate.hold().await;
        }
        proved
    }

    /// In the turn of whoever tries the same: one look tells all of them.
    async fn slowly(&self, attempt: Attempt<'_>, guess: &Guess) -> Result<(), AuthError> {
        let gate = &self.0.gate;
        let _turn = loop {
            let turn = gate.turns.take(guess).await;
            if let Some(known) = self.known(&attempt, guess) {
                return known;
            }
            if let Some(turn) = turn {
                break turn;
            }
        };
        let (login, source) = (attempt.login.to_owned(), attempt.source);
        // Counted before it is known, so that many at once are no more than one by one.
        let count = gate.count(&login, source, self.uptime()).ok_or(AuthError::Limited)?;
        let proved = self.hash(attempt, guess, count.look()).await;
        match proved {
            Ok(()) => {
                count.undo();
                gate.attempts.forget(&[Bucket::pair(&login, source)]);
                gate.familiar.insert((login, source.map(network)), ());
            }
            Err(AuthError::Busy) => count.undo(),
            Err(_) => {
                count.keep();
                gate.wrong.insert(*guess, ());
            }
        }
        proved
    }

    /// What was found a short while ago, which need not be looked for again.
    fn known(&self, attempt: &Attempt<'_>, guess: &Guess) -> Option<Result<(), AuthError>> {
        if self.0.hasher.was_right(guess) {
            return Some(Ok(()));
        }
        self.0.gate.wrong.contains_key(guess).then(|| Err(self.missed(attempt.source)))
    }

    async fn hash(&self, attempt: Attempt<'_>, guess: &Guess, look: Look) -> Result<(), AuthError> {
        let hash = attempt.kept.map(|(_, hash)| hash);
        if self.0.hasher.is_right(guess, hash, attempt.secret, look).await? { Ok(()) } else { Err(AuthError::Wrong) }
    }

    pub(super) fn uptime(&self) -> Duration {
        self.0.shared.clock.uptime()
    }
}

/// Slows those whose sign-ins fail.
pub(crate) struct Gate {
    /// Whether nobody is slowed.
    open: bool,
    attempts: Attempts,
    turns: Turns,
    /// What has just been found wrong: a device that repeats it guesses nothing, and costs no hash.
    wrong: Cache<Guess, ()>,
    /// From where a login has signed in: a guesser elsewhere keeps nobody out there.
    familiar: Cache<(String, Option<IpAddr>), ()>,
    held: Semaphore,
}

impl Gate {
    pub(crate) fn new(open: bool) -> Gate {
        let cache = |size| Cache::builder().max_capacity(size);
        Gate {
            open,
            attempts: Attempts::default(),
            turns: Turns::default(),
            wrong: cache(policy::WRONG_MAX).time_to_live(policy::VERIFIED_LIFE).build(),
            familiar: Cache::builder().max_capacity(policy::FAMILIAR_MAX).time_to_live(policy::FAMILIAR_LIFE).build(),
            held: Semaphore::new(policy::HELD_ANSWERS),
        }
    }

    /// Counts one more of what guesses nothing, against its network's share of that; false if it is used up.
    pub(super) fn again(&self, source: Option<IpAddr>, uptime: Duration) -> bool {
        self.open || self.attempts.take(&Bucket::of_void(source), uptime)
    }

    /// Counts a failure against whomever it concerns. Logins that do not exist have the same. Where a login has signed in, nobody
    /// else's failures matter; and where only the login's own are too many, a first look from a region is allowed: otherwise a
    /// guesser could keep its owner out for as long as he likes.
    fn count(&self, login: &str, source: Option<IpAddr>, uptime: Duration) -> Option<Count<'_>> {
        let pair = Bucket::of_pair(login, source);
        if self.familiar.contains_key(&(login.to_owned(), source.map(network))) {
            return self.attempts.count(pair, source, uptime);
        }
        let near = || [pair.clone(), Bucket::of_network(source)].concat();
        let usual = [near(), vec![Bucket::login(login)]].concat();
        let first = || [near(), Bucket::of_first_look(login, source).to_vec()].concat();
        let count = |buckets| self.attempts.count(buckets, source, uptime);
        count(usual).or_else(|| count(first()))
    }

    /// Keeps an answer back for a while; not if too many are kept already: they take memory.
    async fn hold(&self) {
        if let Ok(_place) = self.held.try_acquire() {
            tokio::time::sleep(policy::HELD).await;
        }
    }
}
