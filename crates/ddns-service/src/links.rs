//! Links that are mailed to people: signed, so that nothing about them is kept anywhere.
//!
//! A link's code holds whom it is about, what it does and until when, and a tag over that and over what must still be so
//! (RFC 2104, under the server's key): the tag no longer fits once the account has been changed in any way. So a link works
//! once, and whoever changes the password voids what somebody else has asked for. A confirmation alone outlives changes:
//! strangers can make some, and an account is confirmed only once.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ddns_core::{
    Account, AccountState, Caller, Command, Login, Mail, MailAddress, MailKind, SecretId, Timestamp, policy,
};
use ddns_store::Secret;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Origin, Request, Service, ServiceError, Snapshot, fresh};

/// A link that was mailed, and is good at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whom it is about, as it is now.
    pub account: Arc<Account>,
    /// What it does.
    pub purpose: Purpose,
    /// Until when it works.
    pub end: Timestamp,
}

/// What a mailed link does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Lets the account act: [`Command::Confirm`].
    Confirm,
    /// Sets a new password: [`Command::SetPassword`].
    SetPassword {
        /// What leads to the present one.
        from: Option<SecretId>,
    },
    /// Makes this the address that the account signs in with: [`Command::SetLogin`].
    SetLogin {
        /// The present login.
        from: Login,
        /// The new address.
        to: MailAddress,
    },
}

impl Link {
    /// In whose name the link's command is asked for.
    pub fn caller(&self) -> Caller {
        Caller::Mailed(self.account.number)
    }
}

/// The code is none of ours, has been used, or has ended; nobody is told which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this link has been used, has ended, or was not copied whole; ask for a new one")]
pub struct LinkVoid;

impl Service {
    /// The code of a mail's link, good from now on; none for a mail without a link, and for one that has left the outbox or
    /// is about nothing any more. Nothing keeps the code: it is made when the mail is sent.
    ///
    /// # Errors
    /// [`ServiceError`] if the server's key had to be made and could not be kept.
    pub async fn link_code(&self, mail: &Mail) -> Result<Option<SecretString>, ServiceError> {
        let snapshot = self.snapshot();
        let Some(mail) = snapshot.registry.mail(mail.id) else { return Ok(None) };
        let Some(account) = snapshot.registry.account(mail.account) else { return Ok(None) };
        let Some(claim) = Claim::of_mail(mail, account, self.now()) else { return Ok(None) };
        let key = self.server_key().await?;
        Ok(claim.code(account, &key).map(SecretString::from))
    }

    /// What a code means at this moment.
    ///
    /// # Errors
    /// [`LinkVoid`].
    pub fn open_link(&self, code: &str) -> Result<Link, LinkVoid> {
        let snapshot = self.snapshot();
        let (claim, tag) = Claim::parse(code).ok_or(LinkVoid)?;
        let account = snapshot.registry.account_by_id(claim.account).ok_or(LinkVoid)?;
        let key = key_of(&snapshot).ok_or(LinkVoid)?;
        let same = claim.tag(account, &key).is_some_and(|own| bool::from(own.ct_eq(&tag)));
        if !same || !claim.is_good_at(self.now()) {
            return Err(LinkVoid);
        }
        let purpose = claim.purpose(account).ok_or(LinkVoid)?;
        Ok(Link { account: account.clone(), purpose, end: claim.end })
    }

    /// The key under which links are signed; the first time it is made.
    async fn server_key(&self) -> Result<Key, ServiceError> {
        if let Some(key) = key_of(&self.snapshot()) {
            return Ok(key);
        }
        let secret = fresh::secret_id();
        let request = Request::new(Caller::Local, Command::SetServerKey { secret }, Origin::new("mail"));
        let made = Secret::ServerKey(Zeroizing::new(fresh::octets()));
        let reply = self.submit(request.with_secret(secret, made)).await?;
        key_of(&reply.snapshot).ok_or_else(|| ServiceError::Unavailable("the server's key is not there".to_owned()))
    }
}

type Key = Zeroizing<[u8; 32]>;

fn key_of(snapshot: &Snapshot) -> Option<Key> {
    match snapshot.secrets.get(snapshot.registry.server_key()?.secret)? {
        Secret::ServerKey(key) => Some(key.clone()),
        Secret::PasswordHash(_) | Secret::TokenDigest(_) | Secret::TsigKey(_) => None,
    }
}

/// What a code says, before anybody believes it: a kind, an account, an end, and for a change of address the new one.
struct Claim {
    kind: u8,
    account: Uuid,
    end: Timestamp,
    to: String,
}

const CONFIRM: u8 = 1;
const SET_PASSWORD: u8 = 2;
const SET_LOGIN: u8 = 3;
/// Octets of a tag: 128 bits cannot be guessed (RFC 2104, section 5).
const TAG: usize = 16;
/// Octets in front of the new address: the kind, the account, the end in seconds.
const HEAD: usize = 1 + 16 + 8;

impl Claim {
    /// What a mail's link is to say; none if there is nothing to do any more. What goes to the account's own address goes
    /// nowhere once that is another one.
    fn of_mail(mail: &Mail, account: &Account, now: Timestamp) -> Option<Claim> {
        let is_own = mail.to.login() == account.login;
        let soon = now.after(policy::LINK_LIFE);
        let (kind, end, to) = match (mail.kind, account.state) {
            (MailKind::Confirm, AccountState::Unconfirmed) if is_own => {
                (CONFIRM, account.created.after(policy::UNCONFIRMED_LIFE), String::new())
            }
            (MailKind::ResetPassword | MailKind::AlreadyRegistered, AccountState::Active) if is_own => {
                (SET_PASSWORD, soon, String::new())
            }
            (MailKind::ChangeLogin, AccountState::Active) => (SET_LOGIN, soon, mail.to.to_string()),
            _ => return None,
        };
        Some(Claim { kind, account: account.id, end: Timestamp::from_secs(end.secs()), to })
    }

    fn parse(code: &str) -> Option<(Claim, [u8; TAG])> {
        if code.len() > policy::URL_MAX {
            return None;
        }
        let octets = BASE64_URL_SAFE_NO_PAD.decode(code).ok()?;
        let (said, tag) = octets.split_last_chunk::<TAG>()?;
        let (head, to) = said.split_first_chunk::<HEAD>()?;
        let (kind, rest) = head.split_first()?;
        let (account, end) = rest.split_first_chunk::<16>()?;
        let end = Timestamp::from_secs(u64::from_be_bytes(end.try_into().ok()?));
        let to = str::from_utf8(to).ok()?.to_owned();
        Some((Claim { kind: *kind, account: Uuid::from_bytes(*account), end, to }, *tag))
    }

    fn octets(&self) -> Vec<u8> {
        let mut octets = vec![self.kind];
        octets.extend_from_slice(self.account.as_bytes());
        octets.extend_from_slice(&self.end.secs().to_be_bytes());
        octets.extend_from_slice(self.to.as_bytes());
        octets
    }

    fn code(&self, account: &Account, key: &Key) -> Option<String> {
        let tag = self.tag(account, key)?;
        let mut octets = self.octets();
        octets.extend_from_slice(&tag);
        Some(BASE64_URL_SAFE_NO_PAD.encode(octets))
    }

    /// Over what the code says, and what must still be so when it is used. A login and an address hold no 0.
    fn tag(&self, account: &Account, key: &Key) -> Option<[u8; TAG]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&**key).ok()?;
        mac.update(&self.octets());
        mac.update(&[0]);
        mac.update(account.login.as_str().as_bytes());
        mac.update(&[0]);
        if self.kind != CONFIRM {
            mac.update(&account.password.map_or(0, SecretId::get).to_be_bytes());
            mac.update(&account.updated.micros().to_be_bytes());
        }
        mac.finalize().into_bytes().first_chunk().copied()
    }

    /// Whether it has not ended. An end much further away than any link's was set by a clock that went wrong.
    fn is_good_at(&self, now: Timestamp) -> bool {
        let farthest = now.after(policy::LINK_LIFE.saturating_mul(2));
        now < self.end && (self.kind == CONFIRM || self.end <= farthest)
    }

    /// What the code does to the account as it is now.
    fn purpose(&self, account: &Account) -> Option<Purpose> {
        match (self.kind, account.state) {
            (CONFIRM, AccountState::Unconfirmed) => Some(Purpose::Confirm),
            (SET_PASSWORD, AccountState::Active) => Some(Purpose::SetPassword { from: account.password }),
            (SET_LOGIN, AccountState::Active) => {
                Some(Purpose::SetLogin { from: account.login.clone(), to: self.to.parse().ok()? })
            }
            _ => None,
        }
    }
}
