//! The state at one version, with the secrets that prove callers.

use ddns_core::{Change, Registry, SecretId, TsigKey};
use ddns_store::{Loaded, Secret, Version};
use imbl::OrdMap;
use secrecy::SecretSlice;
use uuid::Uuid;

/// The whole state at one version. It never changes.
#[derive(Clone)]
pub struct Snapshot {
    /// Which version.
    pub version: Version,
    /// All entities.
    pub registry: Registry,
    pub(crate) secrets: Secrets,
}

/// Secrets by id, and tokens by their digest.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    by_id: OrdMap<SecretId, Secret>,
    tokens: OrdMap<[u8; 32], Uuid>,
}

impl Snapshot {
    pub(crate) fn of(loaded: Loaded) -> Snapshot {
        let mut secrets = Secrets { by_id: loaded.secrets.into_iter().collect(), tokens: OrdMap::new() };
        for token in loaded.registry.tokens() {
            secrets.add_token(token.secret, token.id);
        }
        Snapshot { version: loaded.version, registry: loaded.registry, secrets }
    }
}

impl Snapshot {
    /// A TSIG key's secret, for whoever signs with it or shows it to an operator.
    pub fn tsig_secret(&self, key: &TsigKey) -> Option<SecretSlice<u8>> {
        match self.secrets.get(key.secret)? {
            Secret::TsigKey(octets) => Some(SecretSlice::from(octets.to_vec())),
            Secret::PasswordHash(_) | Secret::TokenDigest(_) | Secret::ServerKey(_) => None,
        }
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshot({})", self.version)
    }
}

impl Secrets {
    pub(crate) fn get(&self, id: SecretId) -> Option<&Secret> {
        self.by_id.get(&id)
    }

    pub(crate) fn token(&self, digest: &[u8; 32]) -> Option<Uuid> {
        self.tokens.get(digest).copied()
    }

    pub(crate) fn add(&mut self, secrets: impl IntoIterator<Item = (SecretId, Secret)>) {
        self.by_id.extend(secrets);
    }

    /// Follows a change: links a token to its digest, forgets what nothing leads to any more.
    pub(crate) fn follow(&mut self, change: &Change) {
        let (before, after) = change.secrets();
        if before == after {
            return;
        }
        if let Some(gone) = before.and_then(|id| self.by_id.remove(&id))
            && let Secret::TokenDigest(digest) = gone
        {
            self.tokens.remove(&digest);
        }
        if let (Some(id), Change::Token(delta)) = (after, change)
            && let Some(token) = delta.any()
        {
            self.add_token(id, token.id);
        }
    }

    fn add_token(&mut self, secret: SecretId, token: Uuid) {
        if let Some(Secret::TokenDigest(digest)) = self.by_id.get(&secret) {
            self.tokens.insert(*digest, token);
        }
    }
}
