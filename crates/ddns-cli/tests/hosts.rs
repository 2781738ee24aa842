//! `ddns host`, `ddns name` and `ddns log`.

use ddns_cli::ExitCode;
use ddns_store::{FileStore, SoftKey, SoftRefusal, SoftState, Store};
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
    assert!(table.contains("ipv4          192.0.2.1\n") && table.contains("wildcard      yes\n"), "{table}");
}

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let listed = [
        "name",
        "owner",
        "domain",
        "ipv4",
        "ipv6",
        "ttl",
        "wildcard",
        "offline",
        "suffix",
        "heartbeat",
        "created",
        "updated",
    ];
    let told = [&listed[..], &["client"]].concat();
    let shown = [&told[..], &["last_contact", "last_refusal"]].concat();
    assert_eq!(keys(&work, &["host", "add", "a.dyn.example", "--owner", "joe"]), told);
    assert_eq!(keys(&work, &["host", "set", "a.dyn.example", "--ttl", "300"]), told);
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
fn a_prefix_moves_an_address_and_leaves_its_suffix() {
    let work = Work::with_joe();
    let name = "nas.dyn.example";
    let made =
        work.json(&["host", "add", name, "--owner", "joe", "--suffix", "02:00:5E:10:00:01", "--heartbeat", "600"]);
    assert_eq!((&made["suffix"], &made["heartbeat"]), (&json!("::5eff:fe10:1"), &json!(600)));
    let set = |more: &[&str]| work.json(&[&["host", "set", name], more].concat());
    assert_eq!(set(&["--prefix", "2001:db8:1:2::/64"])["ipv6"], json!("2001:db8:1:2:0:5eff:fe10:1"));
    let in_subnet = set(&["--subnet", "3"]);
    assert_eq!(
        (&in_subnet["suffix"], &in_subnet["ipv6"]),
        (&json!("::3:0:5eff:fe10:1"), &json!("2001:db8:1:2:0:5eff:fe10:1"))
    );
    assert_eq!(set(&["--prefix", "2001:db8:2:ff00::/56"])["ipv6"], json!("2001:db8:2:ff03:0:5eff:fe10:1"));
    work.fails(ExitCode::Refused, &["host", "set", name, "--prefix", "2001:db8:2:1::/64"], &[name, "--subnet"]);
    let suffix = set(&["--suffix", "::a:b:c:d", "--subnet", "258"]);
    assert_eq!(suffix["suffix"], json!("::102:a:b:c:d"));
    assert_eq!(set(&["--no-suffix"])["suffix"], json!(null));
    assert_eq!(set(&["--prefix", "2001:db8:7::"])["ipv6"], json!("2001:db8:7::5eff:fe10:1"), "what it had stays");
    let newest = &work.json(&["log", "--limit", "2"])[1];
    assert_eq!(newest["changes"][0]["fields"]["suffix"], json!(["::102:a:b:c:d", null]));
    let row = work.ok(&["host", "list"]);
    assert!(row.contains("SUFFIX") && row.contains("600"), "{row}");
    assert_eq!(set(&["--no-heartbeat"])["heartbeat"], json!(null));
}

#[test]
fn what_a_prefix_cannot_mean_is_told() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "a.dyn.example", "--owner", "joe", "--ip", "192.0.2.1"]);
    let set = |more: &[&'static str]| [&["host", "set", "a.dyn.example"], more].concat();
    work.fails(ExitCode::Refused, &set(&["--prefix", "2001:db8::/48"]), &["a.dyn.example", "--suffix"]);
    work.fails(ExitCode::Refused, &set(&["--subnet", "1"]), &["neither a suffix nor an IPv6 address", "--suffix"]);
    work.fails(ExitCode::NotFound, &["host", "set", "b.dyn.example", "--subnet", "1"], &["b.dyn.example"]);
    for (more, word) in [
        (&["--prefix", "2001:db8::/32"][..], "48 to 64"),
        (&["--suffix", "2001:db8::1"], "--suffix"),
        (&["--suffix", "::"], "--suffix"),
        (&["--suffix", "::1", "--no-suffix"], "--no-suffix"),
        (&["--subnet", "65536"], "65536"),
        (&["--heartbeat", "59"], "60 seconds"),
        (&["--heartbeat", "60", "--no-heartbeat"], "--no-heartbeat"),
    ] {
        work.fails(ExitCode::Usage, &set(more), &[word]);
    }
    work.fails(ExitCode::Usage, &["host", "add", "c.dyn.example", "--owner", "joe", "--subnet", "1"], &["--suffix"]);
    work.ok(&set(&["--ip", "2001:db8::5", "--subnet", "9"]));
    assert_eq!(work.json(&["host", "show", "a.dyn.example"])["suffix"], json!("::9:0:0:0:5"));
}

#[test]
fn show_tells_the_last_contact_and_the_last_refusal() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "a.dyn.example", "--owner", "joe"]);
    let never = work.json(&["host", "show", "a.dyn.example"]);
    assert_eq!((&never["last_contact"], &never["last_refusal"]), (&json!(null), &json!(null)));
    let mut store = FileStore::open_existing(&work.data()).unwrap();
    let loaded = store.load().unwrap();
    let number = loaded.registry.host(&"a.dyn.example".parse().unwrap()).unwrap().number;
    let refusal = SoftRefusal {
        time: ddns_core::Timestamp::from_secs(1_800_000_060),
        source: Some("192.0.2.9".parse().unwrap()),
        dialect: "dyndns2".to_owned(),
        agent: "Box\u{1b}[31m/1.0".to_owned(),
        sentence: "the router sent <ip6addr> unexpanded".to_owned(),
    };
    let last_contact = Some(ddns_core::Timestamp::from_secs(1_800_000_000));
    let state = SoftState { last_contact, last_refusal: Some(refusal) };
    assert!(store.save_soft(loaded.version, &[(SoftKey::Host(number), state)]).unwrap());
    drop(store);
    let shown = work.json(&["host", "show", "a.dyn.example"]);
    assert_eq!(shown["last_contact"], json!("2027-01-15T08:00:00Z"));
    assert_eq!(
        shown["last_refusal"],
        json!({
            "time": "2027-01-15T08:01:00Z",
            "source": "192.0.2.9",
            "dialect": "dyndns2",
            "program": "Box\u{1b}[31m/1.0",
            "sentence": "the router sent <ip6addr> unexpanded",
        })
    );
    let table = work.ok(&["host", "show", "a.dyn.example"]);
    assert!(table.contains("last refusal: sentence  the router sent <ip6addr> unexpanded\n"), "{table}");
    assert!(!table.contains('\u{1b}') && table.contains("last refusal: source    192.0.2.9\n"), "{table}");
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
