//! `ddns quota`.

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{Work, keys};

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let shown =
        ["login", "hosts", "max_hosts", "domains", "max_domains", "max_records", "max_rrsets", "max_rrset_records"];
    assert_eq!(keys(&work, &["quota", "show", "joe"]), shown);
    assert_eq!(keys(&work, &["quota", "set", "joe", "--hosts", "7"]), shown);
    assert_eq!(keys(&work, &["quota", "reset", "joe"]), shown);
}

#[test]
fn they_are_shown_set_and_reset() {
    let work = Work::with_joe();
    let defaults = json!({
        "login": "joe", "hosts": 0, "max_hosts": 5, "domains": 0, "max_domains": 10,
        "max_records": 500, "max_rrsets": 500, "max_rrset_records": 20
    });
    assert_eq!(work.json(&["quota", "show", "joe"]), defaults);
    let set = ["quota", "set", "joe", "--hosts", "1", "--domains", "2", "--records", "3", "--rrsets", "4"];
    let set = work.json(&[&set[..], &["--rrset-records", "0"]].concat());
    let wanted = json!({
        "login": "joe", "hosts": 0, "max_hosts": 1, "domains": 0, "max_domains": 2,
        "max_records": 3, "max_rrsets": 4, "max_rrset_records": 0
    });
    assert_eq!(set, wanted);
    assert_eq!(work.json(&["quota", "set", "joe", "--records", "9"])["max_rrsets"], 4, "what is not named stays");
    assert_eq!(work.json(&["quota", "reset", "joe"]), defaults);
    let again = work.run(&["quota", "reset", "joe"]);
    assert!(again.err.contains("nothing to change"), "{again:?}");
}

#[test]
fn hosts_and_domains_are_those_of_the_account() {
    let work = Work::with_joe();
    work.ok(&["quota", "set", "joe", "--hosts", "7"]);
    assert_eq!(work.json(&["account", "show", "joe"])["max_hosts"], 7);
    work.ok(&["account", "set", "joe", "--max-domains", "1"]);
    assert_eq!(work.json(&["quota", "show", "joe"])["max_domains"], 1);
    work.ok(&["domain", "add", "joe.example", "--owner", "joe"]);
    work.fails(ExitCode::Refused, &["domain", "add", "two.example", "--owner", "joe"], &["may hold 1 domain"]);
    let shown = work.json(&["quota", "show", "joe"]);
    assert_eq!([&shown["domains"], &shown["hosts"]], [&json!(1), &json!(0)]);
}

#[test]
fn a_reached_quota_refuses_and_what_is_there_stays() {
    let work = Work::with_joe();
    work.ok(&["domain", "add", "joe.example", "--owner", "joe"]);
    let add = |name: &'static str, data: &'static str| ["record", "add", name, "TXT", data];
    work.ok(&["quota", "set", "joe", "--records", "2", "--rrsets", "1"]);
    work.ok(&add("a.joe.example", "1"));
    work.fails(ExitCode::Refused, &add("b.joe.example", "1"), &["may hold 1 RRset", "ddns quota set LOGIN --rrsets"]);
    work.ok(&add("a.joe.example", "2"));
    work.fails(ExitCode::Refused, &add("a.joe.example", "3"), &["may hold 2 record", "ddns quota set LOGIN --records"]);
    work.ok(&["quota", "set", "joe", "--records", "0", "--rrsets", "0"]);
    assert_eq!(work.json(&["record", "list", "joe.example"]).as_array().unwrap().len(), 2);
    work.ok(&["record", "remove", "a.joe.example", "TXT", "1"]);
    work.fails(ExitCode::Refused, &add("a.joe.example", "1"), &["may hold 0 record"]);
    // What belongs to the operator alone has no quota.
    work.ok(&["domain", "add", "operator.example"]);
    work.ok(&add("a.operator.example", "1"));
}

#[test]
fn wrong_words_are_told() {
    let work = Work::with_joe();
    for verb in ["show", "reset"] {
        work.fails(ExitCode::NotFound, &["quota", verb, "ann"], &["no account ann", "ddns account list"]);
    }
    work.fails(ExitCode::NotFound, &["quota", "set", "ann", "--hosts", "1"], &["no account ann"]);
    work.fails(ExitCode::Usage, &["quota", "set", "joe"], &["--hosts"]);
    for number in ["-1", "4294967296", "many", ""] {
        work.fails(ExitCode::Usage, &["quota", "set", "joe", &format!("--records={number}")], &["--records"]);
    }
}
