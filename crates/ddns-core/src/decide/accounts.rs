//! Accounts, tokens and keys.

use std::sync::Arc;

use uuid::Uuid;

use super::{Actor, Draft, Receipt, changed, domains, hosts, made, mails};
use crate::account::{Account, AccountState, Action, HostScope, Scope, Token, TsigKey};
use crate::change::{Change, Delta};
use crate::command::{AccountEdit, NewAccount, NewToken, TokenEdit, TsigKeyEdit, TsigKeyKey};
use crate::domain::Domain;
use crate::policy;
use crate::refusal::{Kind, Refusal};
use crate::registry::Registry;
use crate::value::AccountNo;

pub(super) fn add(draft: &mut Draft<'_>, actor: &Actor, new: &NewAccount) -> Result<Receipt, Refusal> {
    actor.operate()?;
    actor.hand_on(&Scope::FULL)?;
    let now = draft.now;
    let registry = draft.registry();
    if registry.account_by_login(&new.login).is_some() || registry.account_by_id(new.id).is_some() {
        return Err(Refusal::taken(&new.login));
    }
    let account = Account {
        number: draft.number(AccountNo::new)?,
        id: new.id,
        login: new.login.clone(),
        state: new.state,
        role: new.role,
        max_hosts: new.max_hosts,
        max_domains: new.max_domains,
        max_records: policy::RECORDS_PER_DOMAIN,
        max_rrsets: policy::RRSETS_PER_DOMAIN,
        max_rrset_records: policy::RECORDS_PER_NARROW_RRSET,
        language: new.language,
        password: new.password,
        created: now,
        updated: now,
    };
    Ok(Receipt::Account(made(account, Change::Account, draft)))
}

pub(super) fn set(
    draft: &mut Draft<'_>,
    actor: &Actor,
    account: AccountNo,
    edit: &AccountEdit,
) -> Result<Receipt, Refusal> {
    let before = own(draft, actor, account)?;
    actor.hand_on(&Scope::FULL)?;
    let quotas = [edit.max_hosts, edit.max_domains, edit.max_records, edit.max_rrsets, edit.max_rrset_records];
    let more_than_own = edit.login.is_some() || edit.state.is_some() || edit.role.is_some();
    if more_than_own || quotas.iter().any(Option::is_some) {
        actor.operate()?;
    }
    if edit.state == Some(AccountState::Unconfirmed) && before.state != AccountState::Unconfirmed {
        return Err(Refusal::Managed { what: "an account's unconfirmed state" });
    }
    if let Some(login) = &edit.login
        && *login != before.login
        && draft.registry().account_by_login(login).is_some()
    {
        return Err(Refusal::taken(login));
    }
    let mut after = Account {
        login: edit.login.clone().unwrap_or_else(|| before.login.clone()),
        state: edit.state.unwrap_or(before.state),
        role: edit.role.unwrap_or(before.role),
        max_hosts: edit.max_hosts.unwrap_or(before.max_hosts),
        max_domains: edit.max_domains.unwrap_or(before.max_domains),
        max_records: edit.max_records.unwrap_or(before.max_records),
        max_rrsets: edit.max_rrsets.unwrap_or(before.max_rrsets),
        max_rrset_records: edit.max_rrset_records.unwrap_or(before.max_rrset_records),
        language: edit.language.unwrap_or(before.language),
        password: edit.password.or(before.password),
        ..Account::clone(&before)
    };
    if after != *before {
        after.updated = draft.now;
    }
    let after = changed(&before, after, Change::Account, draft);
    if (&after.login, after.password, after.state) != (&before.login, before.password, before.state) {
        mails::forget(draft, account);
        mails::tell_password(draft, &before, &after);
    }
    Ok(Receipt::Account(after))
}

pub(super) fn remove(draft: &mut Draft<'_>, actor: &Actor, account: AccountNo) -> Result<Receipt, Refusal> {
    let account = own(draft, actor, account)?;
    actor.hand_on(&Scope::FULL)?;
    take_away(draft, &account)?;
    Ok(Receipt::Done)
}

/// Removes an account with everything that is its own. A domain in which others have hosts holds it back.
pub(crate) fn take_away(draft: &mut Draft<'_>, account: &Arc<Account>) -> Result<(), Refusal> {
    let number = account.number;
    let registry = draft.registry();
    let holds_foreign_hosts = |domain: &&Arc<Domain>| {
        let mut inside = registry.hosts_at_or_below(domain.name.name()).filter(|host| host.domain == domain.number);
        inside.any(|host| host.owner != number)
    };
    if let Some(domain) = registry.domains_of(number).find(holds_foreign_hosts) {
        return Err(Refusal::DomainInUse { domain: domain.name.name().clone() });
    }
    for host in draft.registry().hosts_of(number).cloned().collect::<Vec<_>>() {
        hosts::take_away(draft, &host);
    }
    for domain in draft.registry().domains_of(number).cloned().collect::<Vec<_>>() {
        domains::take_away(draft, &domain)?;
    }
    for client in draft.registry().clients_of(number).cloned().collect::<Vec<_>>() {
        draft.put(Change::Client(Delta::removed(&client)));
    }
    for record in draft.registry().records_of(number).cloned().collect::<Vec<_>>() {
        draft.put(Change::Record(Delta::removed(&record)));
    }
    for token in draft.registry().tokens_of(number).cloned().collect::<Vec<_>>() {
        draft.put(Change::Token(Delta::removed(&token)));
    }
    for key in draft.registry().tsig_keys().filter(|key| key.account == number).cloned().collect::<Vec<_>>() {
        draft.put(Change::TsigKey(Delta::removed(&key)));
    }
    for mail in draft.registry().mails().filter(|mail| mail.account == number).cloned().collect::<Vec<_>>() {
        draft.put(Change::Mail(Delta::removed(&mail)));
    }
    draft.put(Change::Account(Delta::removed(account)));
    Ok(())
}

pub(super) fn add_token(draft: &mut Draft<'_>, actor: &Actor, new: &NewToken) -> Result<Receipt, Refusal> {
    if let Some(parent) = actor.token.clone().filter(|token| makes_parts(token, new)) {
        return add_part(draft, &parent, new);
    }
    let holder = own(draft, actor, new.account)?;
    check_confirmed(&holder)?;
    actor.hand_on(&new.scope)?;
    put_token(draft, new, None)
}

/// Whether a token hands on its right to set challenge values, without being one that may make tokens.
fn makes_parts(token: &Token, new: &NewToken) -> bool {
    let manages = token.scope.allows(Action::Manage) && token.scope.hosts == HostScope::All;
    let own = token.account == new.account && token.parent.is_none();
    own && !manages && token.scope.allows(Action::AcmeChallenge) && new.scope.is_challenge_only()
}

/// A program that only proves who has a host gets a credential that can do nothing else. It goes with its token.
fn add_part(draft: &mut Draft<'_>, parent: &Token, new: &NewToken) -> Result<Receipt, Refusal> {
    if !parent.scope.includes(&new.scope) {
        return Err(Refusal::OutOfScope);
    }
    check_new(draft.registry(), new)?;
    make_room_for_part(draft, parent);
    put_token(draft, new, Some(parent.id))
}

/// The oldest part gives way to one too many: a program that starts without knowing what it had before asks anew each time.
fn make_room_for_part(draft: &mut Draft<'_>, parent: &Token) {
    let mut oldest: Vec<_> = parts(draft.registry(), parent).cloned().collect();
    oldest.sort_by_key(|part| (part.created, part.id));
    let too_many = oldest.len().saturating_add(1).saturating_sub(policy::TOKENS_PER_TOKEN);
    for part in oldest.into_iter().take(too_many) {
        draft.put(Change::Token(Delta::removed(&part)));
    }
}

/// The tokens that a token has made for parts of what it may do.
fn parts<'r>(registry: &'r Registry, token: &Token) -> impl Iterator<Item = &'r Arc<Token>> {
    let id = token.id;
    registry.tokens_of(token.account).filter(move |part| part.parent == Some(id))
}

/// Makes a token void, and with it those of its parts for which nothing stands any more.
fn take_token_away(draft: &mut Draft<'_>, token: &Arc<Token>) {
    take_parts_away(draft, token, |_| true);
    draft.put(Change::Token(Delta::removed(token)));
}

fn take_parts_away(draft: &mut Draft<'_>, token: &Token, goes: impl Fn(&Token) -> bool) {
    for part in parts(draft.registry(), token).filter(|part| goes(part)).cloned().collect::<Vec<_>>() {
        draft.put(Change::Token(Delta::removed(&part)));
    }
}

/// A new token for an account that is there, within the bounds that hold for whoever asks.
pub(super) fn put_token(draft: &mut Draft<'_>, new: &NewToken, parent: Option<Uuid>) -> Result<Receipt, Refusal> {
    check_scope(&new.scope)?;
    let registry = draft.registry();
    check_new(registry, new)?;
    if registry.tokens_of(new.account).count() >= policy::TOKENS_PER_ACCOUNT {
        return Err(Refusal::quota(Kind::Token, policy::TOKENS_PER_ACCOUNT as u64));
    }
    let token = Token {
        id: new.id,
        account: new.account,
        label: new.label.clone(),
        scope: new.scope.clone(),
        secret: new.secret,
        parent,
        created: draft.now,
    };
    Ok(Receipt::Token(made(token, Change::Token, draft)))
}

fn check_new(registry: &Registry, new: &NewToken) -> Result<(), Refusal> {
    if registry.token(new.id).is_some() { Err(Refusal::taken(new.id)) } else { Ok(()) }
}

/// The old tokens are void with the very change that makes the new one. A token may always renew itself: the new one can do
/// nothing that it could not.
pub(super) fn renew_token(draft: &mut Draft<'_>, actor: &Actor, new: &NewToken) -> Result<Receipt, Refusal> {
    let (old, new, parent) = match actor.token.as_ref().filter(|token| token.account == new.account) {
        Some(itself) => {
            let new = NewToken { label: itself.label.clone(), scope: itself.scope.clone(), ..new.clone() };
            (vec![itself.clone()], new, itself.parent)
        }
        None => {
            let holder = own(draft, actor, new.account)?;
            check_confirmed(&holder)?;
            actor.hand_on(&new.scope)?;
            let same = draft.registry().tokens_of(new.account).filter(|token| token.label == new.label);
            (same.cloned().collect(), new.clone(), None)
        }
    };
    for token in &old {
        // A part of the same label went with the token that made it.
        if draft.registry().token(token.id).is_some() {
            take_token_away(draft, token);
        }
    }
    put_token(draft, &new, parent)
}

pub(super) fn set_token(
    draft: &mut Draft<'_>,
    actor: &Actor,
    token: Uuid,
    edit: &TokenEdit,
) -> Result<Receipt, Refusal> {
    let before = own_token(draft, actor, token)?;
    let scope = Scope {
        hosts: edit.hosts.clone().unwrap_or_else(|| before.scope.hosts.clone()),
        actions: edit.actions.unwrap_or(before.scope.actions),
        networks: edit.networks.clone().unwrap_or_else(|| before.scope.networks.clone()),
        end: edit.end.unwrap_or(before.scope.end),
    };
    actor.hand_on(&scope)?;
    check_scope(&scope)?;
    let label = edit.label.clone().unwrap_or_else(|| before.label.clone());
    take_parts_away(draft, &before, |part| !scope.includes(&part.scope));
    let after = Token { label, scope, ..Token::clone(&before) };
    Ok(Receipt::Token(changed(&before, after, Change::Token, draft)))
}

/// A token that the actor may manage.
fn own_token(draft: &mut Draft<'_>, actor: &Actor, token: Uuid) -> Result<Arc<Token>, Refusal> {
    let token = draft.registry().token(token).cloned().ok_or_else(|| Refusal::not_found(Kind::Token, token))?;
    if !actor.may_act_for(token.account) {
        return Err(Refusal::not_yours(Kind::Token, token.id));
    }
    actor.manage_all()?;
    Ok(token)
}

pub(super) fn revoke_token(draft: &mut Draft<'_>, actor: &Actor, token: Uuid) -> Result<Receipt, Refusal> {
    let part = draft.registry().token(token).filter(|part| made_by(part, actor)).cloned();
    let token = part.map_or_else(|| own_token(draft, actor, token), Ok)?;
    take_token_away(draft, &token);
    Ok(Receipt::Done)
}

/// Whether a token is a part of the one that asks, which may take back what it gave.
fn made_by(part: &Token, actor: &Actor) -> bool {
    part.parent.is_some() && part.parent == actor.token.as_ref().map(|token| token.id)
}

pub(super) fn add_key(draft: &mut Draft<'_>, actor: &Actor, key: &TsigKey) -> Result<Receipt, Refusal> {
    actor.operate()?;
    actor.hand_on(&key.scope)?;
    check_scope(&key.scope)?;
    let registry = draft.registry();
    let holder = registry.account(key.account).ok_or_else(|| Refusal::not_found(Kind::Account, key.account.get()))?;
    check_confirmed(holder)?;
    if registry.tsig_key(&key.name).is_some() || registry.tsig_key_by_id(key.id).is_some() {
        return Err(Refusal::taken(&key.name));
    }
    made(key.clone(), Change::TsigKey, draft);
    Ok(Receipt::Done)
}

pub(super) fn set_key(draft: &mut Draft<'_>, actor: &Actor, id: Uuid, edit: &TsigKeyEdit) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let registry = draft.registry();
    let before = registry.tsig_key_by_id(id).cloned().ok_or_else(|| Refusal::not_found(Kind::TsigKey, id))?;
    actor.hand_on(&before.scope)?;
    let name = edit.name.as_ref().unwrap_or(&before.name);
    if registry.tsig_key(name).is_some_and(|other| other.id != id) {
        return Err(Refusal::taken(name));
    }
    if edit.instead_of.is_some_and(|secret| secret != before.secret) {
        return Err(Refusal::Stale);
    }
    let after = TsigKey {
        name: name.clone(),
        algorithm: edit.algorithm.unwrap_or(before.algorithm),
        secret: edit.secret.unwrap_or(before.secret),
        ..TsigKey::clone(&before)
    };
    if after.name == before.name {
        changed(&before, after, Change::TsigKey, draft);
    } else {
        rename_key(draft, &before, after)?;
    }
    Ok(Receipt::Done)
}

/// A key is kept under its name, and its secret with it. Who brings no new secret took the new name for the present one.
fn rename_key(draft: &mut Draft<'_>, before: &Arc<TsigKey>, after: TsigKey) -> Result<(), Refusal> {
    if after.secret == before.secret {
        return Err(Refusal::Stale);
    }
    draft.put(Change::TsigKey(Delta::removed(before)));
    made(after, Change::TsigKey, draft);
    Ok(())
}

pub(super) fn remove_key(draft: &mut Draft<'_>, actor: &Actor, key: &TsigKeyKey) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let registry = draft.registry();
    let found = match key {
        TsigKeyKey::Name(name) => registry.tsig_key(name),
        TsigKeyKey::Id(id) => registry.tsig_key_by_id(*id),
    };
    let key = found.cloned().ok_or_else(|| Refusal::not_found(Kind::TsigKey, key))?;
    draft.put(Change::TsigKey(Delta::removed(&key)));
    Ok(Receipt::Done)
}

/// An account that the actor may manage as a whole.
pub(super) fn own(draft: &mut Draft<'_>, actor: &Actor, account: AccountNo) -> Result<Arc<Account>, Refusal> {
    let found = draft.registry().account(account).cloned();
    let found = found.ok_or_else(|| Refusal::not_found(Kind::Account, account.get()))?;
    if !actor.may_act_for(found.number) {
        return Err(Refusal::not_yours(Kind::Account, &found.login));
    }
    actor.manage_all()?;
    Ok(found)
}

/// Only a confirmed account is given something to hold, so that nothing holds an unconfirmed one back when it ends.
pub(super) fn check_confirmed(account: &Account) -> Result<(), Refusal> {
    if account.state == AccountState::Unconfirmed { Err(Refusal::Inactive) } else { Ok(()) }
}

fn check_scope(scope: &Scope) -> Result<(), Refusal> {
    let max = policy::SCOPE_ENTRIES;
    scope.check().map_err(|_| Refusal::TooMany { what: "entries in a token's list of hosts or networks", max })
}
