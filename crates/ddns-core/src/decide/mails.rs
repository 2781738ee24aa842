//! The outbox: what is mailed to whom, and what became of it.

use std::sync::Arc;

use uuid::Uuid;

use super::{Actor, Draft, Receipt, accounts, changed};
use crate::account::{Account, AccountState, Mail, MailKind, Scope, ServerKey};
use crate::change::{Change, Delta};
use crate::policy;
use crate::refusal::{Kind, Refusal};
use crate::registry::Registry;
use crate::value::{AccountNo, MailAddress, SecretId, Timestamp};

/// Whether the address is somebody else's login is told to its owner alone.
pub(super) fn ask_login(
    draft: &mut Draft<'_>,
    actor: &Actor,
    account: AccountNo,
    to: &MailAddress,
    mail: Uuid,
) -> Result<Receipt, Refusal> {
    let account = accounts::own(draft, actor, account)?;
    actor.hand_on(&Scope::FULL)?;
    if account.state != AccountState::Active {
        return Err(Refusal::Inactive);
    }
    check_room(draft, mail)?;
    let login = to.login();
    match draft.registry().account_by_login(&login).cloned() {
        Some(present) if present.number == account.number => (),
        Some(present) if present.state == AccountState::Suspended => (),
        Some(present) => put_to_account(draft, MailKind::AlreadyRegistered, &present, mail).map(drop)?,
        None => put(draft, MailKind::ChangeLogin, account.number, to, mail)?,
    }
    Ok(Receipt::Done)
}

/// Whether a mail could be put into the outbox. Asked before anything is looked for, so that the answer tells nothing about
/// what would have been found.
pub(super) fn check_room(draft: &mut Draft<'_>, id: Uuid) -> Result<(), Refusal> {
    let registry = draft.registry();
    if !registry.settings().mail {
        return Err(Refusal::NoMail);
    }
    if registry.mail_count() >= policy::MAILS {
        return Err(Refusal::FULL_OUTBOX);
    }
    if registry.mail(id).is_some() { Err(Refusal::taken(id)) } else { Ok(()) }
}

/// Puts a mail to an account's own address into the outbox, if it has one.
pub(super) fn put_to_account(
    draft: &mut Draft<'_>,
    kind: MailKind,
    account: &Account,
    mail: Uuid,
) -> Result<Receipt, Refusal> {
    if let Some(to) = MailAddress::of(&account.login) {
        put(draft, kind, account.number, &to, mail)?;
    }
    Ok(Receipt::Done)
}

/// Puts a mail into the outbox, if mails are sent. One that already waits there is enough.
pub(super) fn put(
    draft: &mut Draft<'_>,
    kind: MailKind,
    account: AccountNo,
    to: &MailAddress,
    id: Uuid,
) -> Result<(), Refusal> {
    let now = draft.now;
    let registry = draft.registry();
    if !registry.settings().mail || waiting(registry, account).any(|mail| mail.kind == kind && mail.to == *to) {
        return Ok(());
    }
    check_room(draft, id)?;
    let mail = Mail { id, kind, account, to: to.clone(), attempts: 0, next: now, created: now };
    draft.put(Change::Mail(Delta::made(mail)));
    Ok(())
}

/// Puts a mail into the outbox that tells whoever owned an account until now that its password is another one: a new
/// password is what somebody sets who wants to keep an account that is not theirs. While an address is not confirmed it is
/// nobody's, and nobody is told.
pub(super) fn tell_password(draft: &mut Draft<'_>, before: &Account, after: &Account) {
    let (Some(password), Some(to)) = (after.password, MailAddress::of(&before.login)) else { return };
    if before.state == AccountState::Unconfirmed || before.password == Some(password) {
        return;
    }
    // Fresh and random, as the password's own is.
    let id = Uuid::from_u64_pair(password.get(), 0);
    // A full outbox holds no password back: it may be the one that keeps an intruder out.
    let _put = put(draft, MailKind::PasswordChanged, before.number, &to, id);
}

/// Takes the mails of an account out of the outbox whose login, password or state is another one from now on: their links
/// would be made for what it is now, and go to whom it concerned before. What has changed is told all the same.
pub(super) fn forget(draft: &mut Draft<'_>, account: AccountNo) {
    let tells = |mail: &Mail| matches!(mail.kind, MailKind::LoginChanged | MailKind::PasswordChanged);
    let stale = waiting(draft.registry(), account).filter(|mail| !tells(mail));
    for mail in stale.cloned().collect::<Vec<_>>() {
        draft.put(Change::Mail(Delta::removed(&mail)));
    }
}

fn waiting(registry: &Registry, account: AccountNo) -> impl Iterator<Item = &Arc<Mail>> {
    registry.mails().filter(move |mail| mail.account == account)
}

pub(super) fn remove(draft: &mut Draft<'_>, actor: &Actor, mail: Uuid) -> Result<Receipt, Refusal> {
    let mail = waiting_mail(draft, actor, mail)?;
    draft.put(Change::Mail(Delta::removed(&mail)));
    Ok(Receipt::Done)
}

pub(super) fn retry(draft: &mut Draft<'_>, actor: &Actor, mail: Uuid, next: Timestamp) -> Result<Receipt, Refusal> {
    let before = waiting_mail(draft, actor, mail)?;
    let failed = u32::from(next > draft.now);
    let after = Mail { attempts: before.attempts.saturating_add(failed), next, ..Mail::clone(&before) };
    changed(&before, after, Change::Mail, draft);
    Ok(Receipt::Done)
}

fn waiting_mail(draft: &mut Draft<'_>, actor: &Actor, mail: Uuid) -> Result<Arc<Mail>, Refusal> {
    actor.operate()?;
    draft.registry().mail(mail).cloned().ok_or_else(|| Refusal::not_found(Kind::Mail, mail))
}

pub(super) fn set_server_key(draft: &mut Draft<'_>, actor: &Actor, secret: SecretId) -> Result<Receipt, Refusal> {
    actor.operate()?;
    if draft.registry().server_key().is_none() {
        let created = draft.now;
        draft.put(Change::ServerKey(Delta::made(ServerKey { secret, created })));
    }
    Ok(Receipt::Done)
}
