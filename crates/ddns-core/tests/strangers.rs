//! Sign-up, mailed links and the outbox: whom a mail reaches, what it can still do, and what strangers are told (nothing).

use ddns_core::*;
use uuid::Uuid;

use crate::stage::Stage;
use crate::support::parse;
use crate::universe::{ANN, EVE, JOE, OPERATOR, START, account, scopes, token_id, token_label};

const MAX: &str = "max@mail.example";
const INA: &str = "ina@mail.example";
const NEW: &str = "new@mail.example";

/// A service that takes sign-ups by confirmation, with max, who is active, and ina, who has not confirmed.
fn stage() -> Stage {
    let mut stage = Stage::new();
    settings(&mut stage, SignUp::Confirm, true);
    for (login, id) in [(MAX, 1), (INA, 2)] {
        stage.ask(&Caller::Guest, &sign_up(login, id)).unwrap();
    }
    let max = number(&stage, MAX);
    stage.ask(&Caller::Mailed(max), &confirm(&stage, MAX, 1)).unwrap();
    empty_outbox(&mut stage);
    stage
}

fn settings(stage: &mut Stage, sign_up: SignUp, mail: bool) {
    let settings = Settings { sign_up, mail, ..Settings::default() };
    stage.ask(&Caller::Local, &Command::SetSettings(settings)).unwrap();
}

fn number(stage: &Stage, login: &str) -> AccountNo {
    present(stage, login).number
}

fn present(stage: &Stage, login: &str) -> Account {
    Account::clone(stage.registry.account_by_login(&parse(login)).unwrap())
}

fn secret(id: u64) -> SecretId {
    SecretId::new(id).unwrap()
}

fn mail_id(id: u128) -> Uuid {
    Uuid::from_u128(id << 64)
}

fn sign_up(login: &str, id: u128) -> Command {
    Command::SignUp(NewSignUp {
        id: Uuid::from_u128(90_000 + id),
        login: parse(login),
        password: secret(90_000 + id as u64),
        language: Language::German,
        mail: mail_id(id),
    })
}

fn ask_password(login: &str, id: u128) -> Command {
    Command::AskPassword { login: parse(login), mail: mail_id(id) }
}

fn ask_login(account: AccountNo, to: &str, id: u128) -> Command {
    Command::AskLogin { account, to: parse(to), mail: mail_id(id) }
}

fn new_token(account: AccountNo, id: u128, label: &str, scope: Scope) -> NewToken {
    NewToken {
        id: Uuid::from_u128(80_000 + id),
        account,
        label: parse(label),
        scope,
        secret: secret(80_000 + id as u64),
    }
}

fn confirm(stage: &Stage, login: &str, id: u128) -> Command {
    Command::Confirm(new_token(number(stage, login), id, "first", Scope::FULL))
}

fn set_password(account: &Account, to: u64) -> Command {
    Command::SetPassword { account: account.number, from: account.password, to: secret(to) }
}

fn set_login(account: &Account, to: &str, id: u128) -> Command {
    Command::SetLogin { account: account.number, from: account.login.clone(), to: parse(to), mail: mail_id(id) }
}

fn edit(account: AccountNo, edit: AccountEdit) -> Command {
    Command::SetAccount { account, edit }
}

fn by(number: AccountNo) -> Caller {
    Caller::Account(Identity { account: number, token: None, source: Some(parse("8.8.8.8")) })
}

fn by_token(number: u32, scope: usize) -> Caller {
    let token = Some(token_id(number, scope));
    Caller::Account(Identity { account: account(number), token, source: Some(parse("8.8.8.8")) })
}

/// The outbox: what, and to whom.
fn outbox(stage: &Stage) -> Vec<(MailKind, String)> {
    let mut mails: Vec<_> = stage.registry.mails().map(|mail| (mail.kind, mail.to.to_string())).collect();
    mails.sort_by_key(|(kind, to)| (to.clone(), format!("{kind:?}")));
    mails
}

fn empty_outbox(stage: &mut Stage) {
    for mail in stage.registry.mails().map(|mail| mail.id).collect::<Vec<_>>() {
        stage.ask(&Caller::Local, &Command::RemoveMail { mail }).unwrap();
    }
}

/// So many mails wait already, to somebody else.
fn fill_outbox(registry: &mut Registry, count: usize) {
    let (account, next, created) = (account(JOE), START, START);
    for number in 0..count {
        let (id, to) = (Uuid::from_u128(number as u128 + 1), parse(&format!("m{number}@mail.example")));
        let mail = Mail { id, kind: MailKind::ChangeLogin, account, to, attempts: 0, next, created };
        registry.apply(&Change::Mail(Delta::made(mail))).unwrap();
    }
}

fn check(stage: &Stage, rows: &[(Caller, Command, Refusal)]) {
    for (caller, command, refusal) in rows {
        let decided = decide(&stage.registry, caller, command, stage.now);
        assert_eq!(decided.as_ref(), Err(refusal), "{caller:?} {command:?}");
    }
}

// -- the way in

#[test]
fn an_account_acts_once_its_address_is_confirmed() {
    let mut stage = Stage::new();
    settings(&mut stage, SignUp::Confirm, true);
    let decision = stage.ask(&Caller::Guest, &sign_up("New@Mail.Example", 3)).unwrap();
    assert_eq!(decision.receipt, Receipt::Done);
    let new = present(&stage, NEW);
    assert_eq!((new.state, new.role, new.language), (AccountState::Unconfirmed, Role::User, Language::German));
    assert_eq!((new.max_hosts, new.max_domains), (policy::HOSTS_PER_ACCOUNT, 0));
    assert_eq!((new.password, new.created), (Some(secret(90_003)), stage.now));
    assert_eq!(outbox(&stage), [(MailKind::Confirm, NEW.to_owned())]);
    let mail = stage.registry.mail(mail_id(3)).unwrap();
    assert_eq!((mail.account, mail.attempts, mail.next, mail.created), (new.number, 0, stage.now, stage.now));

    let link = Caller::Mailed(new.number);
    check(&stage, &[(by(new.number), edit(new.number, AccountEdit::default()), Refusal::Inactive)]);
    let decision = stage.ask(&link, &confirm(&stage, NEW, 3)).unwrap();
    let Receipt::Token(token) = decision.receipt else { panic!("the first token") };
    assert_eq!((token.account, token.secret), (new.number, secret(80_003)));
    assert_eq!(present(&stage, NEW).state, AccountState::Active);
    assert_eq!(present(&stage, NEW).password, Some(secret(90_003)), "nobody has disputed it");
    assert_eq!(outbox(&stage), []);
    check(&stage, &[(link, confirm(&stage, NEW, 4), Refusal::LinkVoid)]);
    assert_eq!(stage.registry.tokens_of(new.number).count(), 1);
}

#[test]
fn where_sign_up_is_open_the_account_acts_at_once() {
    let mut stage = Stage::new();
    for mail in [false, true] {
        settings(&mut stage, SignUp::Open, mail);
        let login = format!("open-{mail}@mail.example");
        stage.ask(&Caller::Guest, &sign_up(&login, 3 + u128::from(mail))).unwrap();
        assert_eq!(present(&stage, &login).state, AccountState::Active);
        assert_eq!(outbox(&stage), []);
        check(&stage, &[(Caller::Guest, sign_up(&login, 9), Refusal::Taken { name: login })]);
    }
}

#[test]
fn who_has_proved_nothing_may_sign_up_and_no_more() {
    let stage = stage();
    let (max, ina) = (present(&stage, MAX), present(&stage, INA));
    let guest = || Caller::Guest;
    let suspend = AccountEdit { state: Some(AccountState::Suspended), ..AccountEdit::default() };
    check(
        &stage,
        &[
            (guest(), Command::Elapse, Refusal::NotSignedIn),
            (guest(), edit(max.number, suspend.clone()), Refusal::NotSignedIn),
            (guest(), Command::RemoveAccount { account: max.number }, Refusal::NotSignedIn),
            (guest(), Command::AddToken(new_token(max.number, 7, "x", Scope::FULL)), Refusal::NotSignedIn),
            (guest(), Command::RenewToken(new_token(max.number, 7, "x", Scope::FULL)), Refusal::NotSignedIn),
            (guest(), ask_login(max.number, NEW, 7), Refusal::NotSignedIn),
            (guest(), Command::RemoveMail { mail: mail_id(1) }, Refusal::NotSignedIn),
            (guest(), Command::SetServerKey { secret: secret(7) }, Refusal::NotSignedIn),
            (guest(), Command::SetAllHosts { edit: HostEdit::default(), among: Among::All }, Refusal::NotSignedIn),
            (guest(), confirm(&stage, INA, 7), Refusal::LinkVoid),
            (guest(), set_password(&max, 7), Refusal::LinkVoid),
            (guest(), set_login(&max, NEW, 7), Refusal::LinkVoid),
            // A link does what it says, and nothing else.
            (Caller::Mailed(max.number), Command::RemoveAccount { account: max.number }, Refusal::NotSignedIn),
            (Caller::Mailed(max.number), edit(max.number, suspend), Refusal::NotSignedIn),
            (
                Caller::Mailed(max.number),
                Command::RenewToken(new_token(max.number, 7, "first", Scope::FULL)),
                Refusal::NotSignedIn,
            ),
            (Caller::Mailed(max.number), ask_login(max.number, NEW, 7), Refusal::NotSignedIn),
            // And for nobody else.
            (Caller::Mailed(max.number), confirm(&stage, INA, 7), Refusal::LinkVoid),
            (Caller::Mailed(ina.number), set_password(&max, 7), Refusal::LinkVoid),
            (Caller::Mailed(ina.number), set_login(&max, NEW, 7), Refusal::LinkVoid),
            (
                Caller::Mailed(account(99)),
                Command::Confirm(new_token(account(99), 7, "x", Scope::FULL)),
                Refusal::LinkVoid,
            ),
            // Who has signed in holds no link by that, its own account's neither.
            (by(max.number), set_password(&max, 7), Refusal::OperatorOnly),
            (by(max.number), confirm(&stage, INA, 7), Refusal::OperatorOnly),
            (by(ina.number), confirm(&stage, INA, 7), Refusal::Inactive),
            // Nor is it an operator for the outbox and the key.
            (by(max.number), Command::RemoveMail { mail: mail_id(1) }, Refusal::OperatorOnly),
            (by(max.number), Command::RetryMail { mail: mail_id(1), next: stage.now }, Refusal::OperatorOnly),
            (by(max.number), Command::SetServerKey { secret: secret(7) }, Refusal::OperatorOnly),
            (
                by(max.number),
                ask_login(account(JOE), NEW, 7),
                Refusal::NotYours { kind: Kind::Account, name: "joe".to_owned() },
            ),
            // One's own login is changed by a mail to the new address.
            (
                by(max.number),
                edit(max.number, AccountEdit { login: Some(parse(NEW)), ..AccountEdit::default() }),
                Refusal::OperatorOnly,
            ),
        ],
    );
    let missing = |kind, name: String| Refusal::NotFound { kind, name };
    check(
        &stage,
        &[
            (Caller::Local, Command::RemoveMail { mail: mail_id(7) }, missing(Kind::Mail, mail_id(7).to_string())),
            (
                Caller::Local,
                Command::RetryMail { mail: mail_id(7), next: stage.now },
                missing(Kind::Mail, mail_id(7).to_string()),
            ),
            (
                Caller::Local,
                Command::Confirm(new_token(account(99), 7, "x", Scope::FULL)),
                missing(Kind::Account, "99".to_owned()),
            ),
            (
                Caller::Local,
                Command::RenewToken(new_token(account(99), 7, "x", Scope::FULL)),
                missing(Kind::Account, "99".to_owned()),
            ),
        ],
    );
}

/// The operator confirms without a link; with a token that may do less than everything nobody gives a password away.
#[test]
fn operators_need_no_link() {
    const BY_NETWORK: usize = 5;
    let mut stage = stage();
    let max = present(&stage, MAX);
    check(
        &stage,
        &[
            (by_token(OPERATOR, BY_NETWORK), confirm(&stage, INA, 7), Refusal::OutOfScope),
            (by_token(OPERATOR, BY_NETWORK), set_password(&max, 7), Refusal::OutOfScope),
            (by_token(OPERATOR, BY_NETWORK), set_login(&max, NEW, 7), Refusal::OutOfScope),
            (by_token(OPERATOR, 4), confirm(&stage, INA, 7), Refusal::OutOfScope),
        ],
    );
    for (caller, command) in [
        (Caller::Local, confirm(&stage, INA, 7)),
        (by(account(OPERATOR)), set_password(&max, 7)),
        (by_token(OPERATOR, 0), set_login(&max, NEW, 8)),
    ] {
        stage.ask(&caller, &command).unwrap();
    }
}

// -- without mail

#[test]
fn without_mail_nothing_is_mailed() {
    let mut stage = stage();
    settings(&mut stage, SignUp::Confirm, false);
    let max = present(&stage, MAX);
    let mut rows: Vec<_> = [sign_up(NEW, 7), sign_up(MAX, 7), sign_up(INA, 7)].map(|c| (c, Refusal::NoMail)).into();
    rows.extend([NEW, MAX, INA, "joe"].map(|login| (ask_password(login, 7), Refusal::NoMail)));
    for (command, refusal) in rows {
        check(&stage, &[(Caller::Guest, command, refusal)]);
    }
    for to in [NEW, MAX, INA, "MAX@mail.example"] {
        check(&stage, &[(by(max.number), ask_login(max.number, to, 7), Refusal::NoMail)]);
    }
    // A link that was mailed before still works; there is only nobody to tell it to.
    stage.ask(&Caller::Mailed(max.number), &set_login(&max, NEW, 7)).unwrap();
    stage.ask(&Caller::Mailed(number(&stage, INA)), &confirm(&stage, INA, 7)).unwrap();
    assert_eq!(outbox(&stage), []);

    settings(&mut stage, SignUp::Closed, true);
    for login in [MAX, NEW, INA, "other@mail.example"] {
        check(&stage, &[(Caller::Guest, sign_up(login, 9), Refusal::SignUpClosed)]);
    }
    settings(&mut stage, SignUp::Closed, false);
    check(&stage, &[(Caller::Guest, sign_up("other@mail.example", 9), Refusal::SignUpClosed)]);
}

// -- what a stranger learns

/// Whether there is an account, and in which state, is told by no answer; not even by that of a full outbox.
#[test]
fn a_stranger_learns_nothing() {
    let mut stage = stage();
    stage.ask(&Caller::Guest, &sign_up("sue@mail.example", 3)).unwrap();
    let sue = number(&stage, "sue@mail.example");
    let state = Some(AccountState::Suspended);
    stage.ask(&Caller::Local, &edit(sue, AccountEdit { state, ..AccountEdit::default() })).unwrap();
    stage.ask(&Caller::Guest, &ask_password(MAX, 4)).unwrap();
    let max = number(&stage, MAX);
    let full = Refusal::TooMany { what: "mails that wait to be sent", max: policy::MAILS };
    for (mails, expected) in
        [(0, Ok(Receipt::Done)), (policy::MAILS - 2, Ok(Receipt::Done)), (policy::MAILS, Err(full))]
    {
        let mut registry = stage.registry.clone();
        fill_outbox(&mut registry, mails);
        let told = |caller: &Caller, command: &Command| {
            let told = decide(&registry, caller, command, stage.now).map(|told| told.receipt);
            assert_eq!(told, expected, "{mails} mails, {command:?}");
        };
        // Nobody, unconfirmed, active (with a mail that waits and without), suspended; in another case.
        for login in ["nobody@mail.example", INA, MAX, "sue@mail.example", "MAX@Mail.Example", "SUE@mail.example"] {
            told(&Caller::Guest, &sign_up(login, 20));
            told(&Caller::Guest, &ask_password(login, 20));
            // Nor does one with an account learn whether another address has one.
            told(&by(max), &ask_login(max, login, 20));
        }
        for login in ["joe", "nobody", "eve", "root"] {
            told(&Caller::Guest, &ask_password(login, 20));
        }
    }
}

#[test]
fn the_owner_of_an_address_is_told_more() {
    let mut stage = stage();
    stage.ask(&Caller::Guest, &sign_up(MAX, 3)).unwrap();
    stage.ask(&Caller::Guest, &sign_up(INA, 4)).unwrap();
    assert_eq!(outbox(&stage), [(MailKind::Confirm, INA.to_owned()), (MailKind::AlreadyRegistered, MAX.to_owned())]);
    stage.ask(&Caller::Guest, &ask_password(MAX, 5)).unwrap();
    stage.ask(&Caller::Guest, &ask_password(INA, 6)).unwrap();
    stage.ask(&Caller::Guest, &ask_password("joe", 7)).unwrap();
    stage.ask(&Caller::Guest, &ask_password("nobody@mail.example", 8)).unwrap();
    let max = number(&stage, MAX);
    stage.ask(&by(max), &ask_login(max, NEW, 9)).unwrap();
    stage.ask(&by(max), &ask_login(max, INA, 10)).unwrap();
    assert_eq!(
        outbox(&stage),
        [
            (MailKind::AlreadyRegistered, INA.to_owned()),
            (MailKind::Confirm, INA.to_owned()),
            (MailKind::AlreadyRegistered, MAX.to_owned()),
            (MailKind::ResetPassword, MAX.to_owned()),
            (MailKind::ChangeLogin, NEW.to_owned()),
        ]
    );
    // The same again: one mail of a kind is enough, whatever its public id.
    let before = outbox(&stage);
    for (caller, command) in [
        (Caller::Guest, sign_up(MAX, 23)),
        (Caller::Guest, sign_up(INA, 24)),
        (Caller::Guest, ask_password(MAX, 25)),
        (by(max), ask_login(max, NEW, 26)),
        (by(max), ask_login(max, INA, 27)),
        (by(max), ask_login(max, MAX, 28)),
        (by(max), ask_login(max, "MAX@MAIL.example", 29)),
    ] {
        assert_eq!(stage.ask(&caller, &command).unwrap().changes, [], "{command:?}");
    }
    assert_eq!(outbox(&stage), before);
}

// -- takeovers that were thought of

/// Somebody signed up with another's address and a password of his own; the owner signed up too, confirmed, and got an
/// account into which the first one could sign in.
#[test]
fn of_two_who_sign_up_with_one_address_neither_password_stays() {
    for second in [sign_up(NEW, 4), ask_password(NEW, 4)] {
        let mut stage = stage();
        stage.ask(&Caller::Guest, &sign_up(NEW, 3)).unwrap();
        stage.ask(&Caller::Guest, &second).unwrap();
        assert_eq!(present(&stage, NEW).password, None);
        assert_eq!(outbox(&stage), [(MailKind::Confirm, NEW.to_owned())]);
        let link = Caller::Mailed(number(&stage, NEW));
        stage.ask(&link, &confirm(&stage, NEW, 3)).unwrap();
        // Whoever has the mailbox chooses the password.
        stage.ask(&Caller::Guest, &ask_password(NEW, 5)).unwrap();
        stage.ask(&link, &set_password(&present(&stage, NEW), 77)).unwrap();
        assert_eq!(present(&stage, NEW).password, Some(secret(77)));
    }
}

/// A mail waited while its account got another address: then its link let whoever reads the former one choose the
/// password. What an owner does to keep an intruder out takes the intruder's mails, too.
#[test]
fn mails_end_with_what_they_are_about() {
    let state = |state| AccountEdit { state: Some(state), ..AccountEdit::default() };
    let login = AccountEdit { login: Some(parse("moved@mail.example")), ..AccountEdit::default() };
    let password = AccountEdit { password: Some(secret(66)), ..AccountEdit::default() };
    let all = [
        (MailKind::AlreadyRegistered, MAX.to_owned()),
        (MailKind::ResetPassword, MAX.to_owned()),
        (MailKind::ChangeLogin, NEW.to_owned()),
        (MailKind::LoginChanged, "old@mail.example".to_owned()),
    ];
    let furnished = || {
        let mut stage = stage();
        let max = present(&stage, MAX);
        stage.ask(&Caller::Mailed(max.number), &set_login(&max, "old@mail.example", 3)).unwrap();
        empty_outbox(&mut stage);
        let old = present(&stage, "old@mail.example");
        stage.ask(&Caller::Mailed(max.number), &set_login(&old, MAX, 3)).unwrap();
        for (caller, command) in [
            (Caller::Guest, sign_up(MAX, 4)),
            (Caller::Guest, ask_password(MAX, 5)),
            (by(max.number), ask_login(max.number, NEW, 6)),
        ] {
            stage.ask(&caller, &command).unwrap();
        }
        assert_eq!(outbox(&stage), all);
        stage
    };
    let max = present(&furnished(), MAX);
    let left = &all[3..];
    for (caller, command) in
        [(Caller::Local, edit(max.number, login)), (Caller::Local, edit(max.number, state(AccountState::Suspended)))]
    {
        let mut stage = furnished();
        stage.ask(&caller, &command).unwrap();
        assert_eq!(outbox(&stage), left, "{command:?}");
    }
    for (caller, command) in [
        (Caller::Local, edit(max.number, password.clone())),
        (by(max.number), edit(max.number, password)),
        (Caller::Mailed(max.number), set_password(&max, 66)),
    ] {
        let mut stage = furnished();
        stage.ask(&caller, &command).unwrap();
        let told = (MailKind::PasswordChanged, MAX.to_owned());
        assert_eq!(outbox(&stage), [told, all[3].clone()], "{command:?}");
    }
    let mut stage = furnished();
    stage.ask(&Caller::Mailed(max.number), &set_login(&max, "moved@mail.example", 9)).unwrap();
    assert_eq!(outbox(&stage), [(MailKind::LoginChanged, MAX.to_owned()), all[3].clone()]);
    let mut stage = furnished();
    stage.ask(&Caller::Local, &Command::RemoveAccount { account: max.number }).unwrap();
    assert_eq!(outbox(&stage), []);
    // What concerns none of that takes none.
    let mut stage = furnished();
    let other = AccountEdit { language: Some(Language::English), max_hosts: Some(7), ..AccountEdit::default() };
    stage.ask(&Caller::Local, &edit(max.number, other)).unwrap();
    stage.ask(&Caller::Local, &edit(max.number, state(AccountState::Active))).unwrap();
    assert_eq!(outbox(&stage), all);
    // The operator activates instead of the link.
    let mut stage = self::stage();
    stage.ask(&Caller::Guest, &ask_password(INA, 4)).unwrap();
    assert_eq!(outbox(&stage), [(MailKind::Confirm, INA.to_owned())]);
    let ina = number(&stage, INA);
    stage.ask(&Caller::Local, &edit(ina, state(AccountState::Active))).unwrap();
    assert_eq!(outbox(&stage), []);
}

/// Between a link's check and its command other commands may come.
#[test]
fn a_link_is_judged_on_the_newest_state() {
    let mut stage = stage();
    let max = present(&stage, MAX);
    let link = || Caller::Mailed(max.number);
    stage.ask(&link(), &set_password(&max, 66)).unwrap();
    check(&stage, &[(link(), set_password(&max, 67), Refusal::LinkVoid)]);
    stage.ask(&link(), &set_login(&max, NEW, 7)).unwrap();
    check(&stage, &[(link(), set_login(&max, "newer@mail.example", 7), Refusal::LinkVoid)]);
    stage.ask(&Caller::Guest, &sign_up("sue@mail.example", 8)).unwrap();
    let now = present(&stage, NEW);
    let taken = Refusal::Taken { name: "sue@mail.example".to_owned() };
    check(&stage, &[(link(), set_login(&now, "sue@mail.example", 9), taken)]);
    let state = Some(AccountState::Suspended);
    stage.ask(&Caller::Local, &edit(max.number, AccountEdit { state, ..AccountEdit::default() })).unwrap();
    check(
        &stage,
        &[
            (link(), set_password(&now, 68), Refusal::LinkVoid),
            (link(), set_login(&now, "newer@mail.example", 7), Refusal::LinkVoid),
            (link(), confirm(&stage, NEW, 7), Refusal::LinkVoid),
        ],
    );
    stage.ask(&Caller::Local, &Command::RemoveAccount { account: max.number }).unwrap();
    check(&stage, &[(link(), set_password(&now, 68), Refusal::LinkVoid)]);
    let sue = present(&stage, "sue@mail.example");
    check(
        &stage,
        &[
            (Caller::Mailed(sue.number), set_password(&sue, 68), Refusal::LinkVoid),
            (Caller::Mailed(sue.number), set_login(&sue, NEW, 7), Refusal::LinkVoid),
        ],
    );
}

/// After a week nothing is left to confirm, and the address is free.
#[test]
fn an_unconfirmed_account_ends_with_its_mails() {
    let mut stage = stage();
    stage.ask(&Caller::Guest, &ask_password(INA, 4)).unwrap();
    let ina = number(&stage, INA);
    let late = confirm(&stage, INA, 7);
    stage.pass(7 * 86_400);
    stage.ask(&Caller::Local, &Command::Elapse).unwrap();
    assert_eq!(outbox(&stage), []);
    check(&stage, &[(Caller::Mailed(ina), late, Refusal::LinkVoid)]);
    stage.ask(&Caller::Guest, &sign_up(INA, 8)).unwrap();
    assert_ne!(number(&stage, INA), ina, "no number is given twice");
}

/// What holds it back when it ends, or works at once when it is confirmed, an unconfirmed account is not given.
#[test]
fn an_unconfirmed_account_is_given_no_credential() {
    let stage = Stage::new();
    let eve = account(EVE);
    let key = TsigKey {
        id: Uuid::nil(),
        name: parse("key"),
        algorithm: TsigAlgorithm::HmacSha256,
        account: eve,
        scope: Scope::FULL,
        secret: secret(9),
        created: stage.now,
    };
    check(
        &stage,
        &[
            (Caller::Local, Command::AddToken(new_token(eve, 7, "x", Scope::FULL)), Refusal::Inactive),
            (Caller::Local, Command::RenewToken(new_token(eve, 7, "x", Scope::FULL)), Refusal::Inactive),
            (Caller::Local, Command::AddTsigKey(key), Refusal::Inactive),
        ],
    );
}

/// An operator asks for nobody who could not follow the link.
#[test]
fn a_new_address_is_for_an_active_account() {
    let mut stage = stage();
    let (ina, max) = (number(&stage, INA), number(&stage, MAX));
    let state = Some(AccountState::Suspended);
    stage.ask(&Caller::Local, &edit(max, AccountEdit { state, ..AccountEdit::default() })).unwrap();
    check(
        &stage,
        &[
            (Caller::Local, ask_login(ina, NEW, 7), Refusal::Inactive),
            (by(account(OPERATOR)), ask_login(max, NEW, 7), Refusal::Inactive),
        ],
    );
}

// -- the outbox

#[test]
fn a_mail_is_tried_again_until_it_goes() {
    let mut stage = stage();
    stage.ask(&Caller::Guest, &ask_password(MAX, 4)).unwrap();
    let mail = mail_id(4);
    for attempt in 1..=3u32 {
        let next = stage.now.after(policy::MAIL_RETRY * attempt);
        stage.ask(&Caller::Local, &Command::RetryMail { mail, next }).unwrap();
        let present = stage.registry.mail(mail).unwrap();
        assert_eq!((present.attempts, present.next, present.created), (attempt, next, stage.now));
    }
    stage.ask(&Caller::Local, &Command::RemoveMail { mail }).unwrap();
    assert_eq!(stage.registry.mail_count(), 0);
}

/// The former address is told, or the address stays. A new password may be what keeps an intruder out, and waits for nothing.
#[test]
fn a_full_outbox_holds_a_new_address_back() {
    let mut stage = stage();
    let max = present(&stage, MAX);
    fill_outbox(&mut stage.registry, policy::MAILS);
    check(&stage, &[(Caller::Mailed(max.number), set_login(&max, NEW, 7), Refusal::FULL_OUTBOX)]);
    stage.ask(&Caller::Mailed(max.number), &set_password(&max, 66)).unwrap();
    assert_eq!(stage.registry.mail_count(), policy::MAILS);
    stage.ask(&Caller::Local, &Command::RemoveMail { mail: Uuid::from_u128(1) }).unwrap();
    stage.ask(&Caller::Mailed(max.number), &set_login(&max, NEW, 7)).unwrap();
    assert_eq!(stage.registry.mail(mail_id(7)).unwrap().to.as_str(), MAX);
}

#[test]
fn the_servers_key_is_made_once() {
    let mut stage = Stage::new();
    let made = stage.ask(&Caller::Local, &Command::SetServerKey { secret: secret(7) }).unwrap();
    assert_eq!(made.changes.len(), 1);
    let again = stage.ask(&Caller::Local, &Command::SetServerKey { secret: secret(8) }).unwrap();
    assert_eq!(again.changes, []);
    assert_eq!(stage.registry.server_key().unwrap().secret, secret(7));
}

// -- tokens

/// What the account's tokens are called, in the order of their ids.
fn tokens(stage: &Stage, account: AccountNo) -> Vec<(Uuid, String)> {
    stage.registry.tokens_of(account).map(|token| (token.id, token.label.to_string())).collect()
}

#[test]
fn a_token_renews_itself() {
    const BY_NETWORK: usize = 5;
    // Those for some hosts, and those that may only update, too: it takes nothing but the token itself.
    for scope in 0..scopes().len() {
        let mut stage = Stage::new();
        let joe = account(JOE);
        let before = tokens(&stage, joe);
        // Whatever it asks for, it gets what the old one had.
        let command = Command::RenewToken(new_token(joe, 7, "another label", scopes()[1].clone()));
        let Receipt::Token(new) = stage.ask(&by_token(JOE, scope), &command).unwrap().receipt else {
            panic!("a token")
        };
        assert_eq!((&new.scope, &new.label, new.created), (&scopes()[scope], &token_label(scope), stage.now));
        assert_eq!(new.secret, secret(80_007));
        let mut expected: Vec<_> = before.into_iter().filter(|(id, _)| *id != token_id(JOE, scope)).collect();
        expected.push((new.id, token_label(scope).to_string()));
        assert_eq!(tokens(&stage, joe), expected, "one in the place of one");
        check(
            &stage,
            &[(
                by_token(JOE, scope),
                Command::SetAllHosts { edit: HostEdit::default(), among: Among::All },
                Refusal::TokenVoid,
            )],
        );
        check(&stage, &[(by_token(JOE, scope), command, Refusal::TokenVoid)]);
    }
    let stage = Stage::new();
    let renew = |account: AccountNo| Command::RenewToken(new_token(account, 7, "", Scope::FULL));
    check(
        &stage,
        &[
            // What may not manage, or not everything, renews no other's.
            (by_token(OPERATOR, 1), renew(account(JOE)), Refusal::OutOfScope),
            (by_token(OPERATOR, 4), renew(account(JOE)), Refusal::OutOfScope),
            (by_token(JOE, 0), renew(account(ANN)), Refusal::NotYours { kind: Kind::Account, name: "ann".to_owned() }),
            (by(account(JOE)), renew(account(ANN)), Refusal::NotYours { kind: Kind::Account, name: "ann".to_owned() }),
            // An operator's narrow token makes nobody a wide one.
            (by_token(OPERATOR, BY_NETWORK), renew(account(JOE)), Refusal::OutOfScope),
        ],
    );
}

#[test]
fn under_a_password_the_label_says_which_tokens_are_renewed() {
    let mut stage = stage();
    let max = number(&stage, MAX);
    for (id, label) in [(11, "router"), (12, "router"), (13, "nas")] {
        stage.ask(&by(max), &Command::AddToken(new_token(max, id, label, Scope::FULL))).unwrap();
    }
    let renew = |id, label| Command::RenewToken(new_token(max, id, label, scopes()[4].clone()));
    let decision = stage.ask(&by(max), &renew(14, "router")).unwrap();
    assert_eq!(decision.changes.len(), 3, "two go, one comes, at once");
    let labels = |stage: &Stage| tokens(stage, max).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
    assert_eq!(labels(&stage), ["first", "nas", "router"]);
    stage.ask(&by(max), &renew(15, "new")).unwrap();
    assert_eq!(labels(&stage), ["first", "nas", "router", "new"], "without one of that label it is the first");
    let taken = Refusal::Taken { name: Uuid::from_u128(80_013).to_string() };
    check(&stage, &[(by(max), renew(13, "new"), taken)]);
    // At the quota, one more is refused, and one in the place of another is not.
    for id in 4..policy::TOKENS_PER_ACCOUNT as u128 {
        stage.ask(&by(max), &Command::AddToken(new_token(max, 100 + id, "many", Scope::FULL))).unwrap();
    }
    let quota = Refusal::Quota { kind: Kind::Token, max: policy::TOKENS_PER_ACCOUNT as u64 };
    check(
        &stage,
        &[
            (by(max), renew(16, "one more"), quota.clone()),
            (by(max), Command::AddToken(new_token(max, 16, "router", Scope::FULL)), quota),
        ],
    );
    stage.ask(&by(max), &renew(16, "router")).unwrap();
    assert_eq!(tokens(&stage, max).len(), policy::TOKENS_PER_ACCOUNT);
    stage.ask(&by(max), &renew(17, "many")).unwrap();
    assert_eq!(labels(&stage), ["first", "nas", "new", "router", "many"]);
    let wide = Scope { hosts: HostScope::Only(vec![parse("*"); policy::SCOPE_ENTRIES + 1]), ..Scope::FULL };
    let too_many =
        Refusal::TooMany { what: "entries in a token's list of hosts or networks", max: policy::SCOPE_ENTRIES };
    check(&stage, &[(by(max), Command::RenewToken(new_token(max, 18, "many", wide)), too_many)]);
}

/// Whoever has got hold of an account cannot keep that from its owner: neither by another change, nor by moving away.
#[test]
fn whose_password_is_another_one_is_told() {
    let password = |id| AccountEdit { password: Some(secret(id)), ..AccountEdit::default() };
    let mut stage = stage();
    let max = present(&stage, MAX);
    let told = (MailKind::PasswordChanged, MAX.to_owned());
    let token = Some(tokens(&stage, max.number)[0].0);
    let device = Caller::Account(Identity { account: max.number, token, source: Some(parse("8.8.8.8")) });
    stage.ask(&device, &edit(max.number, password(66))).unwrap();
    assert_eq!(outbox(&stage), std::slice::from_ref(&told));
    stage.ask(&by(max.number), &edit(max.number, password(67))).unwrap();
    assert_eq!(outbox(&stage), std::slice::from_ref(&told), "one that waits is enough");
    stage.ask(&Caller::Mailed(max.number), &set_login(&present(&stage, MAX), NEW, 9)).unwrap();
    assert_eq!(outbox(&stage), [(MailKind::LoginChanged, MAX.to_owned()), told.clone()]);
    empty_outbox(&mut stage);

    let moved = AccountEdit { login: Some(parse(MAX)), ..password(68) };
    stage.ask(&Caller::Local, &edit(max.number, moved)).unwrap();
    assert_eq!(outbox(&stage), [(MailKind::PasswordChanged, NEW.to_owned())], "where it was");
    empty_outbox(&mut stage);

    let same = AccountEdit { language: Some(Language::English), ..password(68) };
    stage.ask(&Caller::Local, &edit(max.number, same)).unwrap();
    assert_eq!(outbox(&stage), [], "it is the same");
    stage.ask(&Caller::Guest, &sign_up(NEW, 4)).unwrap();
    empty_outbox(&mut stage);
    stage.ask(&Caller::Local, &edit(number(&stage, NEW), password(69))).unwrap();
    assert_eq!(outbox(&stage), [], "nobody has confirmed the address");
    let nameless = AccountEdit { login: Some(parse("max")), ..AccountEdit::default() };
    stage.ask(&Caller::Local, &edit(max.number, nameless)).unwrap();
    stage.ask(&Caller::Local, &edit(max.number, password(70))).unwrap();
    assert_eq!(outbox(&stage), [], "there is nowhere to tell it");
    stage.ask(&Caller::Local, &Command::SetSettings(Settings::default())).unwrap();
    stage.ask(&Caller::Local, &edit(max.number, AccountEdit { login: Some(parse(MAX)), ..password(71) })).unwrap();
    stage.ask(&Caller::Local, &edit(max.number, password(72))).unwrap();
    assert_eq!(outbox(&stage), [], "no mails are sent");
}

/// A password is one credential, and each token another: routers go on when a person has forgotten something.
#[test]
fn another_password_leaves_the_tokens() {
    let mut stage = stage();
    let max = present(&stage, MAX);
    let before = tokens(&stage, max.number);
    assert_eq!(before.len(), 1);
    stage.ask(&Caller::Mailed(max.number), &set_password(&max, 66)).unwrap();
    let password = AccountEdit { password: Some(secret(67)), ..AccountEdit::default() };
    stage.ask(&by(max.number), &edit(max.number, password)).unwrap();
    assert_eq!(tokens(&stage, max.number), before);
}
