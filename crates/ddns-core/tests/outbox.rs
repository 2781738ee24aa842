//! The outbox has its bound, and so has what waits to be confirmed. Neither says anything about who has an account.

use ddns_core::*;
use uuid::Uuid;

use crate::stage::Stage;
use crate::support::parse;
use crate::universe::{JOE, account};

fn sign_up(login: &str) -> Command {
    let (id, mail) = (Uuid::from_u128(0x51), Uuid::from_u128(0x52));
    let password = SecretId::new(0x53).unwrap();
    Command::SignUp(NewSignUp { id, login: parse(login), password, language: Language::German, mail })
}

fn ask_password(login: &str) -> Command {
    Command::AskPassword { login: parse(login), mail: Uuid::from_u128(0x54) }
}

#[test]
fn a_full_one_refuses_whoever_has_an_account_like_everybody_else() {
    let mut stage = Stage::new();
    let settings = Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() };
    stage.ask(&Caller::Local, &Command::SetSettings(settings)).unwrap();
    stage.ask(&Caller::Guest, &sign_up("waiting@example.org")).unwrap();
    for number in 1..policy::MAILS {
        let id = Uuid::from_u128(0x1000 + number as u128);
        let (to, created) = (parse("full@example.org"), stage.now);
        let kind = MailKind::AlreadyRegistered;
        let mail = Mail { id, kind, account: account(JOE), to, attempts: 0, next: stage.now, created };
        stage.registry.apply(&Change::Mail(Delta::made(mail))).unwrap();
    }
    let refused = |caller: &Caller, command: &Command| decide(&stage.registry, caller, command, stage.now).unwrap_err();
    let full = Refusal::TooMany { what: "mails that wait to be sent", max: policy::MAILS };
    for login in ["waiting@example.org", "nobody@example.org"] {
        assert_eq!(refused(&Caller::Guest, &sign_up(login)), full, "{login}");
        assert_eq!(refused(&Caller::Guest, &ask_password(login)), full, "{login}");
        let ask = Command::AskLogin { account: account(JOE), to: parse(login), mail: Uuid::from_u128(0x55) };
        assert_eq!(refused(&Caller::Local, &ask), full, "{login}");
    }
}

#[test]
fn so_many_accounts_wait_to_be_confirmed() {
    let mut stage = Stage::new();
    let settings = Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() };
    stage.ask(&Caller::Local, &Command::SetSettings(settings.clone())).unwrap();
    let like = Account::clone(stage.registry.account_by_login(&parse("joe")).unwrap());
    let present = stage.registry.accounts().filter(|account| account.state == AccountState::Unconfirmed).count();
    let waiting = |number: usize| Account {
        number: AccountNo::new(10_000 + number as u32).unwrap(),
        id: Uuid::from_u128(0x1000_0000 + number as u128),
        login: parse(&format!("w{number}@example.org")),
        state: AccountState::Unconfirmed,
        ..like.clone()
    };
    for number in present..policy::UNCONFIRMED {
        stage.registry.apply(&Change::Account(Delta::made(waiting(number)))).unwrap();
    }
    let refused = |stage: &Stage, login: &str| decide(&stage.registry, &Caller::Guest, &sign_up(login), stage.now);
    let full = Refusal::TooMany { what: "accounts that wait to be confirmed", max: policy::UNCONFIRMED };
    for login in ["nobody@example.org", "w9999@example.org", "sue@mail.example"] {
        assert_eq!(refused(&stage, login), Err(full.clone()), "{login}");
    }
    stage.ask(&Caller::Guest, &ask_password("nobody@example.org")).unwrap();
    // Where an account acts at once, none waits.
    stage.ask(&Caller::Local, &Command::SetSettings(Settings { sign_up: SignUp::Open, ..settings.clone() })).unwrap();
    assert!(refused(&stage, "nobody@example.org").is_ok());
    stage.ask(&Caller::Local, &Command::SetSettings(settings)).unwrap();
    let gone = waiting(9_999);
    stage.registry.apply(&Change::Account(Delta::removed(&std::sync::Arc::new(gone)))).unwrap();
    stage.ask(&Caller::Guest, &sign_up("nobody@example.org")).unwrap();
    stage.ask(&Caller::Local, &Command::RemoveMail { mail: Uuid::from_u128(0x52) }).unwrap();
    assert_eq!(refused(&stage, "another@example.org"), Err(full));
}
