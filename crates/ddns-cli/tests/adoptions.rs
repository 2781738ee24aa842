//! `ddns host adopt`.

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{PASSWORD, Work};

fn with_records(records: &[&[&str]]) -> Work {
    let work = Work::with_joe();
    work.ok(&["domain", "add", "joe.example", "--owner", "joe"]);
    for record in records {
        work.ok(&[&["record", "add"], *record].concat());
    }
    work
}

#[test]
fn an_address_record_becomes_a_host() {
    let work = with_records(&[
        &["home.joe.example", "A", "192.0.2.1", "--ttl", "400"],
        &["home.joe.example", "AAAA", "2001:db8::1", "--ttl", "20000"],
        &["home.joe.example", "TXT", "stays"],
    ]);
    let host = work.json(&["host", "adopt", "Home.joe.example"]);
    assert_eq!(
        [&host["name"], &host["owner"], &host["ipv4"], &host["ipv6"], &host["ttl"], &host["wildcard"]],
        [
            &json!("home.joe.example"),
            &json!("joe"),
            &json!("192.0.2.1"),
            &json!("2001:db8::1"),
            &json!(300),
            &json!(false)
        ]
    );
    let left = work.json(&["record", "list", "joe.example"]);
    assert_eq!((left.as_array().unwrap().len(), &left[0]["data"]), (1, &json!("stays")));
    assert_eq!(work.json(&["record", "list", "joe.example", "--managed", "--type", "A"])[0]["managed"], "host");
    work.fails(ExitCode::Refused, &["host", "adopt", "home.joe.example"], &["cannot adopt home.joe.example"]);
}

#[test]
fn equal_records_at_the_wildcard_come_along() {
    let work = with_records(&[
        &["a.joe.example", "A", "192.0.2.1"],
        &["*.a.joe.example", "A", "192.0.2.1"],
        &["b.joe.example", "A", "192.0.2.1"],
        &["*.b.joe.example", "A", "192.0.2.2"],
    ]);
    assert_eq!(work.json(&["host", "adopt", "a.joe.example"])["wildcard"], true);
    assert_eq!(work.json(&["host", "adopt", "b.joe.example"])["wildcard"], false);
    let left = work.json(&["record", "list", "joe.example"]);
    assert_eq!((left.as_array().unwrap().len(), &left[0]["name"]), (1, &json!("*.b.joe.example")));
}

#[test]
fn what_no_host_can_be_made_of_stays() {
    let work = with_records(&[
        &["two.joe.example", "A", "192.0.2.1"],
        &["two.joe.example", "A", "192.0.2.2"],
        &["alias.joe.example", "CNAME", "two.joe.example."],
        &["many.joe.example", "A", "224.0.0.1"],
        &["six.joe.example", "A", "192.0.2.1"],
        &["six.joe.example", "AAAA", "ff02::1"],
        &["text.joe.example", "TXT", "x"],
    ]);
    let before = work.json(&["record", "list", "joe.example"]);
    for name in ["two", "alias", "many", "six", "text", "none"] {
        let name = format!("{name}.joe.example");
        let words = ["not one address record of each family", "ddns record list DOMAIN --name", &name];
        work.fails(ExitCode::Refused, &["host", "adopt", &name], &words);
    }
    work.fails(ExitCode::Refused, &["host", "adopt", "a.other.example"], &["lies in no domain", "ddns domain add"]);
    work.fails(ExitCode::Usage, &["host", "adopt", "_a.joe.example"], &["letters, digits"]);
    work.fails(ExitCode::NotFound, &["host", "adopt", "six.joe.example", "--owner", "ann"], &["no account ann"]);
    assert_eq!(work.json(&["record", "list", "joe.example"]), before);
    assert_eq!(work.json(&["host", "list"]), json!([]));
}

#[test]
fn a_host_needs_an_owner_who_may_have_it() {
    let work = with_records(&[
        &["www.dyn.example", "A", "192.0.2.1"],
        &["home.dyn.example", "A", "192.0.2.1"],
        &["home.joe.example", "A", "192.0.2.1"],
        &["more.joe.example", "A", "192.0.2.1"],
    ]);
    work.ok_with(&["account", "add", "ann", "--password-stdin"], PASSWORD);
    work.fails(ExitCode::Refused, &["host", "adopt", "home.dyn.example"], &["belongs to nobody", "--owner LOGIN"]);
    work.fails(ExitCode::Refused, &["host", "adopt", "www.dyn.example", "--owner", "ann"], &["www", "reserved_labels"]);
    work.fails(
        ExitCode::Refused,
        &["host", "adopt", "home.joe.example", "--owner", "ann"],
        &["joe.example is private"],
    );
    assert_eq!(work.json(&["host", "adopt", "home.dyn.example", "--owner", "ann"])["owner"], "ann");
    work.ok(&["quota", "set", "joe", "--hosts", "1"]);
    work.ok(&["host", "adopt", "home.joe.example"]);
    work.fails(ExitCode::Refused, &["host", "adopt", "more.joe.example"], &["may hold 1 host", "--max-hosts"]);
    assert_eq!(work.json(&["record", "show", "more.joe.example", "A"])["managed"], json!(null), "it stays a record");
}
