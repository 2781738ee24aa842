//! `ddns mail`: the outbox, in which a test puts what the service would.

use ddns_cli::ExitCode;
use ddns_core::{Caller, Command, Language, NewSignUp, Settings, SignUp};
use ddns_service::{Options, Origin, Request, Service, fresh};
use ddns_store::FileStore;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::work::{PASSWORD, Work, keys};

/// With so many people who have signed up, and a mail for each.
fn signed_up(people: usize) -> Work {
    let work = Work::with_joe();
    let service = open(&work);
    let settings = Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() };
    let ask = |request| service.submit_blocking(request).unwrap();
    ask(Request::new(Caller::Local, Command::SetSettings(settings), Origin::new("test")));
    for number in 0..people {
        let (password, hash) = (fresh::secret_id(), fresh::password(&SecretString::from(PASSWORD)).unwrap());
        let login = format!("n{number}@example.com").parse().unwrap();
        let (id, mail) = (fresh::uuid(), fresh::uuid());
        let new = Command::SignUp(NewSignUp { id, login, password, language: Language::English, mail });
        ask(Request::new(Caller::Guest, new, Origin::new("test")).with_secret(password, hash));
    }
    service.stop();
    work
}

fn open(work: &Work) -> Service {
    Service::start(Box::new(FileStore::open(&work.data()).unwrap()), Options::default()).unwrap()
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|mail| mail["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_waits_at_first() {
    let work = Work::with_joe();
    assert_eq!(work.ok(&["mail", "list"]), "");
    assert_eq!(work.json(&["mail", "list"]), json!([]));
}

#[test]
fn what_waits_is_listed_the_oldest_first_in_pages() {
    let work = signed_up(3);
    let all = work.json(&["mail", "list"]);
    let to: Vec<&Value> = all.as_array().unwrap().iter().map(|mail| &mail["to"]).collect();
    assert_eq!(to, ["n0@example.com", "n1@example.com", "n2@example.com"]);
    let first = &all[0];
    assert_eq!((&first["kind"], &first["attempts"]), (&json!("confirm"), &json!(0)));
    assert_eq!((&first["account"], &first["next"]), (&first["to"], &first["created"]));
    let run = work.run(&["mail", "list", "--limit", "2"]);
    let last = ids(&all).remove(1);
    assert!(run.err.contains(&format!("--after {last}")), "{run:?}");
    assert_eq!(ids(&work.json(&["mail", "list", "--after", &last])), ids(&all)[2..]);
    let table = work.ok(&["mail", "list"]);
    assert!(table.lines().next().unwrap().starts_with("ID ") && table.contains("confirm"), "{table}");
    let documented = ["id", "kind", "to", "account", "attempts", "next", "created"];
    assert_eq!(keys(&work, &["mail", "list", "--limit", "1"]), documented);
}

#[test]
fn a_mail_is_removed() {
    let work = signed_up(2);
    let [first, second] = <[String; 2]>::try_from(ids(&work.json(&["mail", "list"]))).unwrap();
    let run = work.run(&["mail", "remove", &first]);
    assert_eq!((run.code, run.err), (0, format!("removed mail {first}\n")));
    assert_eq!(ids(&work.json(&["mail", "list"])), [second]);
    for command in ["remove", "retry"] {
        work.fails(ExitCode::NotFound, &["mail", command, &first], &["there is no mail", "ddns mail list"]);
        work.fails(ExitCode::Usage, &["mail", command, "joe"], &["joe"]);
    }
    work.fails(ExitCode::NotFound, &["mail", "list", "--after", &first], &["there is no mail"]);
}

#[test]
fn a_mail_that_failed_is_to_be_sent_now() {
    let work = signed_up(1);
    let id = ids(&work.json(&["mail", "list"])).remove(0);
    let service = open(&work);
    let next = service.now().after(std::time::Duration::from_secs(3_600));
    let failed = Command::RetryMail { mail: id.parse().unwrap(), next };
    service.submit_blocking(Request::new(Caller::Local, failed, Origin::new("test"))).unwrap();
    service.stop();
    let before = work.json(&["mail", "list"])[0].clone();
    assert!(before["next"].as_str() > before["created"].as_str(), "{before}");
    let after = work.json(&["mail", "retry", &id]);
    assert!(after["next"].as_str() < before["next"].as_str(), "{before} {after}");
    assert_eq!((&before["attempts"], &after["attempts"]), (&json!(1), &json!(1)));
}

#[test]
fn a_password_set_here_is_told_to_its_owner() {
    let work = signed_up(1);
    work.ok(&["account", "set", "n0@example.com", "--activate"]);
    work.ok_with(&["account", "set", "n0@example.com", "--password-stdin"], "another password\n");
    let waiting = work.json(&["mail", "list"]);
    assert_eq!((&waiting[0]["kind"], &waiting[0]["to"]), (&json!("password-changed"), &json!("n0@example.com")));
}
