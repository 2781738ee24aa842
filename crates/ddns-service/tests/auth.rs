//! Who calls: passwords, tokens, and what a stranger learns (nothing).

use std::net::IpAddr;
use std::time::Duration;

use ddns_core::{
    AccountEdit, AccountNo, AccountState, Caller, Command, Identity, NewToken, Refusal, Scope, SecretId, Timestamp,
    policy,
};
use ddns_service::{AuthError, Authenticated, HashError, ManualClock, Options, Request, Service, fresh};
use ddns_store::{MemoryStore, Secret, SoftKey, Store};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::world::{add_account, ask, furnish, local, memory};

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

pub(crate) fn password(text: &str) -> (SecretId, Secret) {
    (fresh::secret_id(), fresh::password(&secret(text)).unwrap())
}

fn sign_in(service: &Service, login: &str, text: &str) -> Result<Authenticated, AuthError> {
    sign_in_from(service, login, text, None)
}

pub(crate) fn sign_in_from(
    service: &Service,
    login: &str,
    text: &str,
    source: Option<IpAddr>,
) -> Result<Authenticated, AuthError> {
    runtime().block_on(service.authenticate(login, &secret(text), source))
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

pub(crate) fn add_token(service: &Service, account: AccountNo, scope: Scope) -> (Uuid, SecretString) {
    let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
    let new = NewToken { id, account, label: "x".parse().unwrap(), scope, secret };
    service.submit_blocking(local(Command::AddToken(new)).with_secret(secret, digest)).unwrap();
    (id, text)
}

fn edit(service: &Service, account: AccountNo, edit: AccountEdit) {
    ask(service, Command::SetAccount { account, edit });
}

#[test]
fn a_password_proves_its_account() {
    let (service, ..) = memory();
    let ann = add_account(&service, "ann@example.com", Some(password("correct horse")));
    let proved = sign_in(&service, "ann@example.com", "correct horse").unwrap();
    assert_eq!(proved.caller, Caller::Account(Identity { account: ann, token: None, source: None }));
    assert!(!proved.by_token);
    let source = Some("192.0.2.1".parse().unwrap());
    let again = sign_in_from(&service, "Ann@EXAMPLE.com", "correct horse", source).unwrap();
    assert_eq!(again.login.as_str(), "ann@example.com");
    assert_eq!(again.caller, Caller::Account(Identity { account: ann, token: None, source }));
    for (login, text) in [
        ("ann@example.com", "correct horse "),
        ("ann@example.com", "Correct horse"),
        ("ann@example.com", ""),
        ("nobody", "correct horse"),
        ("", "correct horse"),
        ("ann:x", "correct horse"),
        ("änn", "correct horse"),
        ("joe", "correct horse"),
        ("joe", ""),
        ("ann@example.com", &"x".repeat(policy::PASSWORD_MAX + 1)),
    ] {
        assert_eq!(sign_in(&service, login, text), Err(AuthError::Wrong), "{login}");
    }
}

#[test]
fn another_password_voids_the_one_before() {
    let (service, ..) = memory();
    let ann = add_account(&service, "ann", Some(password("first password")));
    sign_in(&service, "ann", "first password").unwrap();
    let (id, hash) = password("second password");
    let edit = AccountEdit { password: Some(id), ..AccountEdit::default() };
    service.submit_blocking(local(Command::SetAccount { account: ann, edit }).with_secret(id, hash)).unwrap();
    assert_eq!(sign_in(&service, "ann", "first password"), Err(AuthError::Wrong), "the remembered one is void too");
    sign_in(&service, "ann", "second password").unwrap();
}

#[test]
fn a_token_proves_its_account_with_and_without_the_login() {
    let (service, _, joe) = memory();
    let ann = add_account(&service, "ann", Some(password("correct horse")));
    let (id, text) = add_token(&service, joe, Scope::FULL);
    let caller = Caller::Account(Identity { account: joe, token: Some(id), source: None });
    let proved = service.authenticate_token(&text, None).unwrap();
    assert_eq!((proved.caller, proved.by_token, proved.login.as_str()), (caller.clone(), true, "joe"));
    assert_eq!(sign_in(&service, "JOE", text.expose_secret()).unwrap().caller, caller);
    assert_eq!(
        sign_in(&service, "ann", text.expose_secret()),
        Err(AuthError::Wrong),
        "a token is not another's password"
    );
    assert_eq!(sign_in(&service, "nobody", text.expose_secret()), Err(AuthError::Wrong));
    let upper = text.expose_secret().to_uppercase();
    for wrong in ["", "0", &"0".repeat(40), &upper, "correct horse", &format!("{} ", text.expose_secret())] {
        assert_eq!(service.authenticate_token(&secret(wrong), None), Err(AuthError::Wrong));
    }
    ask(&service, Command::RevokeToken { token: id });
    assert_eq!(service.authenticate_token(&text, None), Err(AuthError::Wrong));
    assert_eq!(sign_in(&service, "joe", text.expose_secret()), Err(AuthError::Wrong));
    let (_, text) = add_token(&service, ann, Scope::FULL);
    ask(&service, Command::RemoveAccount { account: ann });
    assert_eq!(service.authenticate_token(&text, None), Err(AuthError::Wrong));
}

#[test]
fn a_token_ends_and_stays_in_its_networks() {
    let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
    let options = Options { clock: clock.clone(), ..Options::default() };
    let service = Service::start(Box::new(MemoryStore::new()), options).unwrap();
    let joe = furnish(&service);
    let end = Some(clock_now(&service).after(Duration::from_secs(60)));
    let (_, short) = add_token(&service, joe, Scope { end, ..Scope::FULL });
    let (_, near) = add_token(&service, joe, Scope { networks: vec!["192.0.2.0/24".parse().unwrap()], ..Scope::FULL });
    let from = |text: &SecretString, source: &str| service.authenticate_token(text, Some(source.parse().unwrap()));
    from(&short, "198.51.100.1").unwrap();
    from(&near, "192.0.2.200").unwrap();
    from(&near, "::ffff:192.0.2.200").unwrap();
    assert_eq!(from(&near, "198.51.100.1"), Err(AuthError::Wrong));
    assert_eq!(
        sign_in_from(&service, "joe", near.expose_secret(), Some([198, 51, 100, 1].into())),
        Err(AuthError::Wrong)
    );
    clock.advance(Duration::from_secs(60));
    assert_eq!(from(&short, "198.51.100.1"), Err(AuthError::Wrong));
}

fn clock_now(service: &Service) -> Timestamp {
    service.now()
}

/// Only who shows the right secret learns that the account is suspended.
#[test]
fn an_inactive_account_is_told_to_its_owner_alone() {
    let (service, ..) = memory();
    let ann = add_account(&service, "ann", Some(password("correct horse")));
    let (_, text) = add_token(&service, ann, Scope::FULL);
    sign_in(&service, "ann", "correct horse").unwrap();
    edit(&service, ann, AccountEdit { state: Some(AccountState::Suspended), ..AccountEdit::default() });
    assert_eq!(sign_in(&service, "ann", "correct horse"), Err(AuthError::Inactive));
    assert_eq!(sign_in(&service, "ann", "wrong horse"), Err(AuthError::Wrong));
    assert_eq!(service.authenticate_token(&text, None), Err(AuthError::Inactive));
    edit(&service, ann, AccountEdit { state: Some(AccountState::Active), ..AccountEdit::default() });
    sign_in(&service, "ann", "correct horse").unwrap();
}

/// A flood of wrong passwords is answered "busy", even where nobody is slowed; whoever has signed in before, and every token,
/// comes through.
#[test]
fn a_flood_of_passwords_is_bounded() {
    const FLOOD: usize = 200;
    let options = Options { slow_sign_ins: false, ..Options::default() };
    let service = Service::start(Box::new(MemoryStore::new()), options).unwrap();
    let joe = furnish(&service);
    add_account(&service, "ann", Some(password("correct horse")));
    let (_, token) = add_token(&service, joe, Scope::FULL);
    sign_in(&service, "ann", "correct horse").unwrap();
    let answers = runtime().block_on(async {
        let mut flood = tokio::task::JoinSet::new();
        for number in 0..FLOOD {
            let service = service.clone();
            let login = if number % 2 == 0 { "ann" } else { "nobody" };
            flood.spawn(async move { service.authenticate(login, &secret("wrong horse"), None).await });
        }
        tokio::task::yield_now().await;
        assert!(service.authenticate("ann", &secret("correct horse"), None).await.is_ok());
        assert!(service.authenticate_token(&token, None).is_ok());
        flood.join_all().await
    });
    let count = |wanted: AuthError| answers.iter().filter(|answer| **answer == Err(wanted)).count();
    assert_eq!(count(AuthError::Wrong) + count(AuthError::Busy), FLOOD);
    assert!(count(AuthError::Busy) > 0 && count(AuthError::Wrong) >= policy::HASHES_AT_ONCE, "{answers:?}");
    sign_in(&service, "ann", "correct horse").unwrap();
}

/// New passwords are hashed in the same queue, so that they cannot take more than sign-ins may.
#[test]
fn hashing_is_bounded_too() {
    const FLOOD: usize = 200;
    let (service, ..) = memory();
    let made = runtime().block_on(async {
        let mut flood = tokio::task::JoinSet::new();
        for _ in 0..FLOOD {
            let service = service.clone();
            flood.spawn(async move { service.hash_password(secret("correct horse")).await.map(drop) });
        }
        flood.join_all().await
    });
    let busy = made.iter().filter(|made| **made == Err(HashError::Busy)).count();
    assert!(busy > 0 && busy < FLOOD, "{made:?}");
    assert!(made.iter().all(|made| matches!(made, Ok(()) | Err(HashError::Busy))), "{made:?}");
}

#[test]
fn a_hash_that_was_made_in_the_queue_signs_in() {
    let (service, ..) = memory();
    let hash = |text: &str| runtime().block_on(service.hash_password(secret(text)));
    let made = hash("correct horse").unwrap();
    add_account(&service, "ann", Some((fresh::secret_id(), made)));
    sign_in(&service, "ann", "correct horse").unwrap();
    assert_eq!(sign_in(&service, "ann", "correct horsf"), Err(AuthError::Wrong));
    assert_eq!(hash("1234567").unwrap_err(), HashError::Password(fresh::PasswordError::TooShort));
    assert_eq!(hash(&"x".repeat(1_025)).unwrap_err(), HashError::Password(fresh::PasswordError::TooLong));
}

#[test]
fn a_preview_is_what_the_rules_say_and_changes_nothing() {
    let (service, _, joe) = memory();
    let before = service.snapshot().version;
    let edit = || AccountEdit { max_hosts: Some(7), ..AccountEdit::default() };
    let set = Command::SetAccount { account: joe, edit: edit() };
    let by = Caller::Account(Identity { account: joe, token: None, source: None });
    assert_eq!(service.preview(&by, &set), Err(Refusal::OperatorOnly));
    assert_eq!(service.preview(&Caller::Local, &set), Ok(()));
    assert_eq!(service.snapshot().version, before);
}

#[test]
fn secrets_do_not_show() {
    let (service, store, joe) = memory();
    let (id, text) = add_token(&service, joe, Scope::FULL);
    let digest = fresh::token();
    let request = local(Command::RevokeToken { token: id }).with_secret(fresh::secret_id(), digest.1);
    let (secret_id, hash) = password("correct horse");
    let request: Request = request.with_secret(secret_id, hash);
    let shown = format!("{request:?} {text:?} {:?} {:?}", service.authenticate_token(&text, None), service.snapshot());
    assert!(
        !shown.contains(text.expose_secret()) && !shown.contains("argon2") && !shown.contains("correct horse"),
        "{shown}"
    );
    assert!(!format!("{:?}", store.clone().load().unwrap().secrets).contains('['.to_string().repeat(2).as_str()));
    let entries = store.clone().log(&ddns_store::LogQuery { limit: usize::MAX, ..Default::default() }).unwrap();
    assert!(!format!("{entries:?}").contains(text.expose_secret()), "the log refers to secrets by their ids");
}

#[test]
fn fresh_secrets() {
    let ((one, digest), (two, _)) = (fresh::token(), fresh::token());
    assert_ne!(one.expose_secret(), two.expose_secret());
    assert_eq!(one.expose_secret().len(), 40);
    assert!(one.expose_secret().bytes().all(|octet| octet.is_ascii_digit() || (b'a'..=b'f').contains(&octet)));
    assert!(matches!(digest, Secret::TokenDigest(digest) if digest != [0; 32]));
    assert_eq!(fresh::password(&secret("1234567")).unwrap_err(), fresh::PasswordError::TooShort);
    assert_eq!(fresh::password(&secret("äöüßäöü")).unwrap_err(), fresh::PasswordError::TooShort, "characters count");
    assert!(fresh::password(&secret("äöüßäöüß")).is_ok());
    assert_eq!(fresh::password(&secret(&"x".repeat(1_025))).unwrap_err(), fresh::PasswordError::TooLong);
    assert!(fresh::password(&secret(&"x".repeat(1_024))).is_ok());
}

/// A token's last use is kept, if not at once: at the latest when the service stops.
#[test]
fn a_tokens_last_use_is_noted() {
    let (service, mut store, joe) = memory();
    let (id, text) = add_token(&service, joe, Scope::FULL);
    let (unused, _) = add_token(&service, joe, Scope::FULL);
    service.authenticate_token(&text, None).unwrap();
    let now = service.now();
    service.stop();
    let noted = store.soft(&SoftKey::Token(id)).unwrap().unwrap().last_contact.unwrap();
    assert!(noted <= now && noted.after(Duration::from_secs(60)) > now);
    assert_eq!(store.soft(&SoftKey::Token(unused)).unwrap(), None);
}
