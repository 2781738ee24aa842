//! What is open to people who have not signed in: making an account, and what a link from a mail does.
//!
//! A stranger learns nothing about which accounts exist: where a mail goes out, asking for it looks the same whether there
//! is an account or not.

use std::sync::Arc;

use uuid::Uuid;

use super::{Actor, Draft, Receipt, accounts, changed, made, mails};
use crate::account::{Account, AccountState, MailKind, Role, Scope};
use crate::change::Change;
use crate::command::{Caller, NewSignUp, NewToken};
use crate::domain::SignUp;
use crate::policy;
use crate::refusal::{Kind, Refusal};
use crate::value::{AccountNo, Login, MailAddress, SecretId};

pub(super) fn sign_up(draft: &mut Draft<'_>, new: &NewSignUp) -> Result<Receipt, Refusal> {
    let state = match draft.registry().settings().sign_up {
        SignUp::Closed => return Err(Refusal::SignUpClosed),
        SignUp::Confirm => AccountState::Unconfirmed,
        SignUp::Open => AccountState::Active,
    };
    if state == AccountState::Unconfirmed {
        mails::check_room(draft, new.mail)?;
        check_waiting(draft)?;
    }
    let login = new.login.login();
    match draft.registry().account_by_login(&login).cloned() {
        Some(_) if state == AccountState::Active => Err(Refusal::taken(&login)),
        Some(present) => knock(draft, &present, MailKind::AlreadyRegistered, new.mail),
        None => {
            let account = add(draft, new, login, state)?;
            if state == AccountState::Unconfirmed {
                mails::put(draft, MailKind::Confirm, account.number, &new.login, new.mail)?;
            }
            Ok(Receipt::Done)
        }
    }
}

/// Whether one more account may wait to be confirmed. Asked before any is looked for, like the room in the outbox.
fn check_waiting(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.registry().unconfirmed_count() < policy::UNCONFIRMED { Ok(()) } else { Err(Refusal::TOO_MANY_UNCONFIRMED) }
}

fn add(draft: &mut Draft<'_>, new: &NewSignUp, login: Login, state: AccountState) -> Result<Arc<Account>, Refusal> {
    if draft.registry().account_by_id(new.id).is_some() {
        return Err(Refusal::taken(new.id));
    }
    let now = draft.now;
    let account = Account {
        number: draft.number(AccountNo::new)?,
        id: new.id,
        login,
        state,
        role: Role::User,
        max_hosts: policy::HOSTS_PER_ACCOUNT,
        max_domains: 0,
        max_records: policy::RECORDS_PER_DOMAIN,
        max_rrsets: policy::RRSETS_PER_DOMAIN,
        max_rrset_records: policy::RECORDS_PER_NARROW_RRSET,
        language: new.language,
        password: Some(new.password),
        created: now,
        updated: now,
    };
    Ok(made(account, Change::Account, draft))
}

pub(super) fn ask_password(draft: &mut Draft<'_>, login: &Login, mail: Uuid) -> Result<Receipt, Refusal> {
    mails::check_room(draft, mail)?;
    match draft.registry().account_by_login(login).cloned() {
        Some(present) => knock(draft, &present, MailKind::ResetPassword, mail),
        None => Ok(Receipt::Done),
    }
}

/// Somebody asks in the name of an account that is there, and is told the same as if there were none; the owner of the
/// address learns more: by this mail, or by one that asks for the confirmation still missing.
fn knock(draft: &mut Draft<'_>, present: &Arc<Account>, kind: MailKind, mail: Uuid) -> Result<Receipt, Refusal> {
    match present.state {
        AccountState::Unconfirmed => {
            dispute(draft, present);
            mails::put_to_account(draft, MailKind::Confirm, present, mail)
        }
        AccountState::Active => mails::put_to_account(draft, kind, present, mail),
        AccountState::Suspended => Ok(Receipt::Done),
    }
}

/// The address is nobody's yet, and a second one claims it. The first password could be anybody's, and so could another:
/// none stays, or its owner would confirm an account into which somebody else can sign in.
fn dispute(draft: &mut Draft<'_>, present: &Arc<Account>) {
    if present.password.is_some() {
        let after = Account { password: None, updated: draft.now, ..Account::clone(present) };
        changed(present, after, Change::Account, draft);
    }
}

pub(super) fn confirm(draft: &mut Draft<'_>, caller: &Caller, token: &NewToken) -> Result<Receipt, Refusal> {
    let account = linked(draft, caller, token.account)?;
    if account.state != AccountState::Unconfirmed {
        return Err(Refusal::LinkVoid);
    }
    let after = Account { state: AccountState::Active, updated: draft.now, ..Account::clone(&account) };
    changed(&account, after, Change::Account, draft);
    mails::forget(draft, account.number);
    accounts::put_token(draft, token, None)
}

pub(super) fn set_password(
    draft: &mut Draft<'_>,
    caller: &Caller,
    account: AccountNo,
    from: Option<SecretId>,
    to: SecretId,
) -> Result<Receipt, Refusal> {
    let account = linked(draft, caller, account)?;
    if account.state != AccountState::Active || account.password != from {
        return Err(Refusal::LinkVoid);
    }
    let after = Account { password: Some(to), updated: draft.now, ..Account::clone(&account) };
    let after = changed(&account, after, Change::Account, draft);
    mails::forget(draft, account.number);
    mails::tell_password(draft, &account, &after);
    Ok(Receipt::Account(after))
}

pub(super) fn set_login(
    draft: &mut Draft<'_>,
    caller: &Caller,
    account: AccountNo,
    from: &Login,
    to: &MailAddress,
    mail: Uuid,
) -> Result<Receipt, Refusal> {
    let account = linked(draft, caller, account)?;
    if account.state != AccountState::Active || account.login != *from {
        return Err(Refusal::LinkVoid);
    }
    let login = to.login();
    if draft.registry().account_by_login(&login).is_some() {
        return Err(Refusal::taken(&login));
    }
    let after = Account { login, updated: draft.now, ..Account::clone(&account) };
    let account = changed(&account, after, Change::Account, draft);
    mails::forget(draft, account.number);
    if let Some(former) = MailAddress::of(from) {
        mails::put(draft, MailKind::LoginChanged, account.number, &former, mail)?;
    }
    Ok(Receipt::Account(account))
}

/// The account that a link is about. The operator at the command line needs no link.
fn linked(draft: &mut Draft<'_>, caller: &Caller, number: AccountNo) -> Result<Arc<Account>, Refusal> {
    match caller {
        Caller::Mailed(linked) if *linked == number => (),
        Caller::Mailed(_) | Caller::Guest => return Err(Refusal::LinkVoid),
        Caller::Local | Caller::Account(_) => {
            let now = draft.now;
            let actor = Actor::new(draft.registry(), caller, now)?;
            actor.operate()?;
            actor.hand_on(&Scope::FULL)?;
        }
    }
    let missing = || match caller {
        Caller::Mailed(_) | Caller::Guest => Refusal::LinkVoid,
        Caller::Local | Caller::Account(_) => Refusal::not_found(Kind::Account, number.get()),
    };
    draft.registry().account(number).cloned().ok_or_else(missing)
}
