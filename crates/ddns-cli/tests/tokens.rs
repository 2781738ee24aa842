//! `ddns token`.

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{Work, keys};

#[test]
fn create_prints_the_secret_alone() {
    let work = Work::with_joe();
    let run = work.run(&["token", "create", "joe", "--label", "router"]);
    assert_eq!(run.code, 0);
    let secret = run.out.strip_suffix('\n').unwrap();
    assert_eq!(secret.len(), 40);
    assert!(secret.bytes().all(|b| b"0123456789abcdef".contains(&b)));
    assert!(!run.err.contains(secret) && run.err.contains("shown only now"), "{run:?}");
}

#[test]
fn the_secret_is_not_shown_again() {
    let work = Work::with_joe();
    let made = work.json(&["token", "create", "joe"]);
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    for args in [&["token", "show", id][..], &["token", "list"], &["log"]] {
        assert!(!work.ok(args).contains(secret));
        assert!(!work.json(args).to_string().contains(secret));
    }
}

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let listed = ["id", "account", "label", "hosts", "actions", "networks", "expires", "parent", "created"];
    assert_eq!(keys(&work, &["token", "create", "joe"]), [&listed[..], &["secret"]].concat());
    assert_eq!(keys(&work, &["token", "list"]), listed);
    let id = work.json(&["token", "list"])[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(keys(&work, &["token", "show", &id]), [&listed[..], &["last_contact"]].concat());
}

#[test]
fn a_token_may_do_everything_unless_told_otherwise() {
    let work = Work::with_joe();
    let full = work.json(&["token", "create", "joe"]);
    assert_eq!(
        [&full["hosts"], &full["actions"], &full["networks"], &full["expires"]],
        [&json!(null), &json!(["update", "acme-challenge", "read", "manage"]), &json!([]), &json!(null)]
    );
    let narrow = work.json(&[
        "token",
        "create",
        "joe",
        "--host",
        "home.dyn.example",
        "--host",
        "h*.DYN.example",
        "--action",
        "update",
        "--action",
        "acme-challenge",
        "--network",
        "192.0.2.77/24",
        "--network",
        "2001:db8::1",
        "--expires",
        "30",
    ]);
    assert_eq!(
        [&narrow["hosts"], &narrow["actions"], &narrow["networks"]],
        [
            &json!(["home.dyn.example", "h*.dyn.example"]),
            &json!(["update", "acme-challenge"]),
            &json!(["192.0.2.0/24", "2001:db8::1/128"])
        ]
    );
    assert!(narrow["expires"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn lists_are_of_one_account_or_of_all() {
    let work = Work::with_joe();
    work.ok_with(&["account", "add", "ann", "--password-stdin"], crate::work::PASSWORD);
    work.ok(&["token", "create", "joe"]);
    work.ok(&["token", "create", "ann"]);
    assert_eq!(work.json(&["token", "list"]).as_array().unwrap().len(), 2);
    let anns = work.json(&["token", "list", "ann"]);
    assert_eq!((anns.as_array().unwrap().len(), &anns[0]["account"]), (1, &json!("ann")));
    let first = work.json(&["token", "list", "--limit", "1"]);
    let second = work.json(&["token", "list", "--after", first[0]["id"].as_str().unwrap()]);
    assert_eq!(second.as_array().unwrap().len(), 1);
}

#[test]
fn revoke_makes_it_void_once() {
    let work = Work::with_joe();
    let made = work.json(&["token", "create", "joe"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(work.json(&["token", "revoke", id]), json!({"removed": id}));
    work.fails(ExitCode::NotFound, &["token", "revoke", id], &[id]);
    work.fails(ExitCode::NotFound, &["token", "show", id], &[id, "ddns token list"]);
}

#[test]
fn set_changes_what_it_names_and_nothing_else() {
    let work = Work::with_joe();
    let made = work.json(&["token", "create", "joe", "--label", "router", "--expires", "3"]);
    let id = made["id"].as_str().unwrap();
    let set =
        work.json(&["token", "set", id, "--host", "*.dyn.example", "--action", "update", "--network", "192.0.2.0/24"]);
    assert_eq!(set["hosts"], json!(["*.dyn.example"]));
    assert_eq!(set["actions"], json!(["update"]));
    assert_eq!(set["networks"], json!(["192.0.2.0/24"]));
    assert_eq!((&set["label"], &set["expires"]), (&made["label"], &made["expires"]));
    let back = work.json(&["token", "set", id, "--all-hosts", "--any-network", "--no-expiry", "--label", "old router"]);
    assert_eq!(back["hosts"], json!(null));
    assert_eq!((&back["networks"], &back["expires"], &back["label"]), (&json!([]), &json!(null), &json!("old router")));
    assert_eq!(back["actions"], json!(["update"]));
    let mut shown = work.json(&["token", "show", id]);
    shown.as_object_mut().unwrap().remove("last_contact");
    assert_eq!(shown, back);
    work.fails(ExitCode::Usage, &["token", "set", id], &["--label"]);
    work.fails(ExitCode::Usage, &["token", "set", id, "--all-hosts", "--host", "a.dyn.example"], &["--all-hosts"]);
    let none = "00000000-0000-0000-0000-000000000000";
    work.fails(ExitCode::NotFound, &["token", "set", none, "--no-expiry"], &[none]);
}

#[test]
fn wrong_words_are_told() {
    let work = Work::with_joe();
    work.fails(ExitCode::NotFound, &["token", "create", "nobody"], &["no account nobody"]);
    work.fails(ExitCode::Usage, &["token", "create", "joe", "--action", "fly"], &["update"]);
    work.fails(ExitCode::Usage, &["token", "create", "joe", "--network", "home"], &["192.0.2.0/24"]);
    work.fails(ExitCode::Usage, &["token", "create", "joe", "--expires", "0"], &["--expires"]);
    work.fails(ExitCode::Usage, &["token", "create", "joe", "--label", &"x".repeat(65)], &["64"]);
    work.fails(ExitCode::Usage, &["token", "revoke", "abc"], &["<ID>"]);
}

#[test]
fn a_secret_that_nobody_could_read_is_told() {
    let work = Work::with_joe();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = work.command().args(["token", "create", "joe"]).stdout(full).output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{talk}");
    let id = work.json(&["token", "list"])[0]["id"].as_str().unwrap().to_owned();
    assert!(talk.contains(&format!("ddns token revoke {id}")), "{talk}");
}
