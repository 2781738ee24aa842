//! `ddns host`, `ddns name` and `ddns log`.

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{Work, keys};

#[test]
fn add_with_all_options() {
    let work = Work::with_joe();
    let made = work.json(&[
        "host",
        "add",
        "Home.DYN.example.",
        "--owner",
        "joe",
        "--ip",
        "192.0.2.1",
        "--ip",
        "2001:db8::1",
        "--ttl",
        "300",
        "--wildcard",
    ]);
    assert_eq!(
        [&made["name"], &made["owner"], &made["domain"], &made["ipv4"], &made["ipv6"], &made["ttl"], &made["wildcard"]],
        [
            &json!("home.dyn.example"),
            &json!("joe"),
            &json!("dyn.example"),
            &json!("192.0.2.1"),
            &json!("2001:db8::1"),
            &json!(300),
            &json!(true)
        ]
    );
    let table = work.ok(&["host", "show", "home.dyn.example"]);
    assert!(table.contains("ipv4      192.0.2.1\n") && table.contains("wildcard  yes\n"), "{table}");
}

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let listed = ["name", "owner", "domain", "ipv4", "ipv6", "ttl", "wildcard", "offline", "created", "updated"];
    let shown = [&listed[..], &["client"]].concat();
    assert_eq!(keys(&work, &["host", "add", "a.dyn.example", "--owner", "joe"]), shown);
    assert_eq!(keys(&work, &["host", "set", "a.dyn.example", "--ttl", "300"]), shown);
    assert_eq!(keys(&work, &["host", "show", "a.dyn.example"]), shown);
    assert_eq!(keys(&work, &["host", "list"]), listed);
}

#[test]
fn names_may_be_international() {
    let work = Work::with_joe();
    let run = work.run(&["host", "add", "BÜCHER.dyn.example", "--owner", "joe"]);
    assert_eq!((run.code, run.err.as_str()), (0, "added host xn--bcher-kva.dyn.example\n"));
    assert_eq!(work.json(&["host", "show", "bücher.dyn.example"])["name"], "xn--bcher-kva.dyn.example");
    work.ok(&["domain", "add", "例え.テスト"]);
    work.fails(ExitCode::Usage, &["host", "add", "a\u{202e}b.dyn.example", "--owner", "joe"], &["xn--"]);
}

#[test]
fn refusals_name_the_host_and_say_what_to_do() {
    let work = Work::with_joe();
    let add = |name: &'static str| ["host", "add", name, "--owner", "joe"];
    work.ok(&add("home.dyn.example"));
    work.fails(ExitCode::Refused, &add("home.dyn.example"), &["cannot add host home.dyn.example", "taken"]);
    work.fails(ExitCode::Refused, &add("www.dyn.example"), &["www.dyn.example", "reserved"]);
    work.fails(ExitCode::Refused, &add("home.other.example"), &["home.other.example", "ddns domain add"]);
    work.fails(ExitCode::NotFound, &["host", "add", "a.dyn.example", "--owner", "ann"], &["no account ann"]);
    work.fails(ExitCode::NotFound, &["host", "show", "b.dyn.example"], &["no host b.dyn.example", "ddns host list"]);
    work.fails(ExitCode::NotFound, &["host", "set", "b.dyn.example", "--ttl", "60"], &["b.dyn.example"]);
    work.fails(ExitCode::NotFound, &["host", "remove", "b.dyn.example"], &["b.dyn.example"]);
    work.ok(&["account", "set", "joe", "--max-hosts", "1"]);
    work.fails(ExitCode::Refused, &add("two.dyn.example"), &["may hold 1 host", "--max-hosts"]);
}

#[test]
fn wrong_words_are_usage() {
    let work = Work::with_joe();
    for (more, word) in [
        (&["--ip", "localhost"][..], "not an IPv4 or IPv6 address"),
        (&["--ip", "0.0.0.0"], "unicast"),
        (&["--ip", "192.0.2.1", "--ip", "::ffff:192.0.2.2"], "second address of its family"),
        (&["--ttl", "61"], "60, 300, 14400 and 86400"),
        (&["--bogus"], "--bogus"),
    ] {
        work.fails(ExitCode::Usage, &[&["host", "add", "a.dyn.example", "--owner", "joe"], more].concat(), &[word]);
    }
    work.fails(ExitCode::Usage, &["host", "add", "a.dyn.example"], &["--owner"]);
    work.fails(ExitCode::Usage, &["host", "add", "_a.dyn.example", "--owner", "joe"], &["letters, digits"]);
    work.fails(
        ExitCode::Usage,
        &["host", "add", &format!("{}.dyn.example", "a".repeat(64)), "--owner", "joe"],
        &["63"],
    );
}

#[test]
fn set_changes_what_it_names() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "home.dyn.example", "--owner", "joe", "--ip", "192.0.2.1", "--ip", "2001:db8::1"]);
    let set = |more: &[&str]| work.json(&[&["host", "set", "home.dyn.example"], more].concat());
    let moved = set(&["--ip", "192.0.2.2"]);
    assert_eq!([&moved["ipv4"], &moved["ipv6"]], [&json!("192.0.2.2"), &json!("2001:db8::1")]);
    assert_eq!(set(&["--no-ipv4"])["ipv4"], json!(null));
    assert_eq!(set(&["--no-ipv6"])["ipv6"], json!(null));
    assert_eq!(set(&["--wildcard", "true"])["wildcard"], json!(true));
    assert_eq!(set(&["--wildcard", "no"])["wildcard"], json!(false));
    assert_eq!(set(&["--offline", "on"])["offline"], json!("manual"));
    assert_eq!(set(&["--offline", "false", "--ttl", "86400"])["offline"], json!("no"));
    work.fails(ExitCode::Usage, &["host", "set", "home.dyn.example", "--ip", "192.0.2.1", "--no-ipv4"], &["--no-ipv4"]);
    work.fails(ExitCode::Usage, &["host", "set", "home.dyn.example"], &["required"]);
    work.fails(ExitCode::Usage, &["host", "set", "home.dyn.example", "--wildcard", "maybe"], &["maybe"]);
}

#[test]
fn an_unchanged_repeat_writes_nothing() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "home.dyn.example", "--owner", "joe", "--ip", "192.0.2.1"]);
    let (log, serial) = (work.json(&["log"]), work.json(&["domain", "show", "dyn.example"])["serial"].clone());
    let run = work.run(&["host", "set", "home.dyn.example", "--ip", "192.0.2.1"]);
    assert_eq!((run.code, run.err.as_str()), (0, "nothing to change in host home.dyn.example\n"));
    assert_eq!((work.json(&["log"]), work.json(&["domain", "show", "dyn.example"])["serial"].clone()), (log, serial));
}

#[test]
fn lists_filter_and_page() {
    let work = Work::with_joe();
    work.ok_with(&["account", "add", "ann", "--password-stdin"], crate::work::PASSWORD);
    work.ok(&["domain", "add", "ann.example", "--owner", "ann"]);
    for (name, owner) in
        [("b.dyn.example", "joe"), ("a.dyn.example", "ann"), ("c.dyn.example", "joe"), ("a.ann.example", "ann")]
    {
        work.ok(&["host", "add", name, "--owner", owner]);
    }
    let names = |more: &[&str]| {
        let list = work.json(&[&["host", "list"], more].concat());
        list.as_array().unwrap().iter().map(|host| host["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["--owner", "joe"]), ["b.dyn.example", "c.dyn.example"]);
    assert_eq!(names(&["--domain", "dyn.example"]), ["a.dyn.example", "b.dyn.example", "c.dyn.example"]);
    assert_eq!(names(&["--domain", "dyn.example", "--owner", "ann"]), ["a.dyn.example"]);
    let mut all = names(&["--limit", "2"]);
    let rest = names(&["--after", all.last().unwrap()]);
    all.extend(rest);
    assert_eq!(all.len(), 4);
    work.fails(ExitCode::NotFound, &["host", "list", "--owner", "carl"], &["no account carl"]);
    work.fails(ExitCode::NotFound, &["host", "list", "--domain", "x.example"], &["no domain x.example"]);
}

#[test]
fn a_freed_name_is_reserved_until_released() {
    let work = Work::with_joe();
    work.ok_with(&["account", "add", "ann", "--password-stdin"], crate::work::PASSWORD);
    work.ok(&["host", "add", "home.dyn.example", "--owner", "joe"]);
    assert_eq!(work.json(&["host", "remove", "home.dyn.example"]), json!({"removed": "home.dyn.example"}));
    let again = ["host", "add", "home.dyn.example", "--owner", "ann"];
    work.fails(ExitCode::Refused, &again, &["reserved", "ddns name release home.dyn.example"]);
    assert_eq!(work.json(&["name", "release", "home.dyn.example"]), json!({"released": "home.dyn.example"}));
    work.fails(ExitCode::NotFound, &["name", "release", "home.dyn.example"], &["no reservation home.dyn.example"]);
    work.ok(&again);
}

#[test]
fn the_log_tells_what_changed() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "home.dyn.example", "--owner", "joe", "--ip", "192.0.2.1"]);
    work.ok(&["host", "add", "other.dyn.example", "--owner", "joe"]);
    work.ok(&["host", "set", "home.dyn.example", "--ip", "192.0.2.2"]);
    let table = work.ok(&["log", "--host", "home.dyn.example"]);
    assert!(table.contains("changed host home.dyn.example: ipv4 192.0.2.1 -> 192.0.2.2"), "{table}");
    assert!(!table.contains("other"), "{table}");
    let newest = &work.json(&["log", "--limit", "1"])[0];
    assert_eq!(
        newest["changes"],
        json!([{"kind": "host", "name": "home.dyn.example", "change": "changed", "fields": {"ipv4": ["192.0.2.1", "192.0.2.2"]}}])
    );
    assert_eq!([&newest["origin"], &newest["account"]], [&json!("cli"), &json!(null)]);
    let version = newest["version"].to_string();
    let older = work.json(&["log", "--after", &version]);
    assert_eq!(older.as_array().unwrap().len(), usize::try_from(newest["version"].as_u64().unwrap()).unwrap() - 1);
    assert_eq!(work.json(&["log", "--account", "joe"]), json!([]), "the operator did all of it");
    work.fails(ExitCode::Usage, &["log", "--after", "yesterday"], &["number"]);
}
