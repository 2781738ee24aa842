//! The outbox has its bound, and says nothing about who has an account.

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
