//! `ddns client`.

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{PASSWORD, Work, keys};

/// Joe's client `router` with two of his three hosts on it.
fn with_router() -> Work {
    let work = Work::with_joe();
    work.ok(&["client", "add", "router", "--owner", "joe"]);
    for name in ["cam.dyn.example", "home.dyn.example", "tv.dyn.example"] {
        work.ok(&["host", "add", name, "--owner", "joe", "--ip", "192.0.2.1", "--ip", "2001:db8::1"]);
    }
    for name in ["home.dyn.example", "cam.dyn.example"] {
        work.ok(&["client", "attach", "router", name]);
    }
    work
}

fn addresses(work: &Work, host: &str) -> [String; 2] {
    let host = work.json(&["host", "show", host]);
    ["ipv4", "ipv6"].map(|family| host[family].as_str().unwrap_or("-").to_owned())
}

#[test]
fn add_show_and_remove() {
    let work = with_router();
    let shown = work.json(&["client", "show", "router"]);
    assert_eq!(
        [&shown["key"], &shown["owner"], &shown["offline"], &shown["ipv4"], &shown["ipv6"], &shown["hosts"]],
        [
            &json!("router"),
            &json!("joe"),
            &json!("no"),
            &json!(null),
            &json!(null),
            &json!(["cam.dyn.example", "home.dyn.example"])
        ]
    );
    let table = work.ok(&["client", "show", "router"]);
    assert!(table.contains("hosts         cam.dyn.example, home.dyn.example\n"), "{table}");
    assert_eq!(work.json(&["host", "show", "home.dyn.example"])["client"], "router");
    let run = work.run(&["client", "remove", "router"]);
    assert_eq!((run.code, run.err.as_str()), (0, "removed client router\n"));
    let home = work.json(&["host", "show", "home.dyn.example"]);
    assert_eq!([&home["client"], &home["ipv4"]], [&json!(null), &json!("192.0.2.1")], "its hosts stay");
    assert_eq!(work.json(&["client", "add", "A.b_c:d-9", "--owner", "joe", "--offline"])["offline"], "manual");
    assert_eq!(work.json(&["client", "remove", "A.b_c:d-9"]), json!({"removed": "A.b_c:d-9"}));
}

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let listed = ["key", "owner", "offline", "heartbeat", "ipv4", "ipv6", "created", "updated"];
    let shown = [&listed[..], &["hosts"]].concat();
    assert_eq!(keys(&work, &["client", "add", "router", "--owner", "joe"]), shown);
    assert_eq!(keys(&work, &["client", "set", "router", "--offline", "true"]), shown);
    assert_eq!(keys(&work, &["client", "move", "router", "--ip", "192.0.2.1"]), shown);
    let all = [&shown[..], &["last_contact", "last_refusal"]].concat();
    assert_eq!(keys(&work, &["client", "show", "router"]), all);
    assert_eq!(keys(&work, &["client", "list"]), listed);
}

#[test]
fn a_move_is_one_change_over_all_hosts() {
    let work = with_router();
    let newest = || work.json(&["log", "--limit", "1"])[0].clone();
    let serial = || work.json(&["domain", "show", "dyn.example"])["serial"].as_u64().unwrap();
    let (version, before) = (newest()["version"].as_u64().unwrap(), serial());
    let run = work.run(&["client", "move", "router", "--ip", "192.0.2.7"]);
    assert_eq!((run.code, run.err.as_str()), (0, "moved client router to 192.0.2.7\n"));
    for host in ["cam.dyn.example", "home.dyn.example"] {
        assert_eq!(addresses(&work, host), ["192.0.2.7", "2001:db8::1"], "IPv4 touches IPv4 only");
    }
    assert_eq!(addresses(&work, "tv.dyn.example"), ["192.0.2.1", "2001:db8::1"], "it hangs on no client");
    let entry = newest();
    assert_eq!(entry["version"].as_u64(), Some(version + 1));
    let names: Vec<_> = entry["changes"].as_array().unwrap().iter().map(|change| change["name"].clone()).collect();
    assert_eq!(names, ["router", "cam.dyn.example", "home.dyn.example"]);
    assert!(serial() > before);
    let after = serial();
    let run = work.run(&["client", "move", "router", "--ip", "192.0.2.7"]);
    assert_eq!((run.code, run.err.as_str()), (0, "nothing to change in client router\n"));
    assert_eq!((newest()["version"].as_u64(), serial()), (Some(version + 1), after));
    work.ok(&["client", "move", "router", "--ip", "2001:db8::7"]);
    assert_eq!(addresses(&work, "home.dyn.example"), ["192.0.2.7", "2001:db8::7"]);
}

#[test]
fn offline_by_word_ends_by_word() {
    let work = with_router();
    let offline = || work.json(&["client", "show", "router"])["offline"].clone();
    let run = work.run(&["client", "set", "router", "--offline", "yes"]);
    assert_eq!((run.code, run.err.as_str(), offline()), (0, "changed client router\n", json!("manual")));
    let run = work.run(&["client", "set", "router", "--offline", "true"]);
    assert_eq!((run.code, run.err.as_str()), (0, "nothing to change in client router\n"));
    work.ok(&["client", "move", "router", "--ip", "192.0.2.9"]);
    assert_eq!(offline(), "manual");
    // There is no caller's address here: what was remembered comes back.
    work.ok(&["client", "set", "router", "--offline", "no"]);
    assert_eq!((offline(), addresses(&work, "home.dyn.example")[0].as_str()), (json!("no"), "192.0.2.9"));
}

#[test]
fn attach_and_detach() {
    let work = with_router();
    let run = work.run(&["client", "attach", "router", "TV.dyn.example"]);
    assert_eq!((run.code, run.err.as_str()), (0, "attached host tv.dyn.example to client router\n"));
    let run = work.run(&["client", "attach", "router", "tv.dyn.example"]);
    assert_eq!((run.code, run.err.as_str()), (0, "nothing to change in client router\n"));
    work.ok(&["client", "add", "car", "--owner", "joe"]);
    let car = work.json(&["client", "attach", "car", "tv.dyn.example"]);
    assert_eq!(car["hosts"], json!(["tv.dyn.example"]));
    let router = work.json(&["client", "show", "router"]);
    assert_eq!(router["hosts"], json!(["cam.dyn.example", "home.dyn.example"]), "a host hangs on one client");
    let run = work.run(&["client", "detach", "car", "tv.dyn.example"]);
    assert_eq!((run.code, run.err.as_str()), (0, "detached host tv.dyn.example from client car\n"));
    let detach = ["client", "detach", "car", "tv.dyn.example"];
    work.fails(
        ExitCode::NotFound,
        &detach,
        &["cannot detach host tv.dyn.example from client car", "no host tv.dyn.example on client car"],
    );
    work.ok_with(&["account", "add", "ann", "--password-stdin"], PASSWORD);
    work.ok(&["host", "add", "ann.dyn.example", "--owner", "ann"]);
    work.fails(ExitCode::Refused, &["client", "attach", "router", "ann.dyn.example"], &["belongs to another account"]);
    work.fails(ExitCode::NotFound, &["client", "attach", "router", "x.dyn.example"], &["no host x.dyn.example"]);
}

#[test]
fn refusals_name_the_client_and_say_what_to_do() {
    let work = with_router();
    let add = |key: &'static str| ["client", "add", key, "--owner", "joe"];
    work.fails(ExitCode::Refused, &add("router"), &["cannot add client router", "taken"]);
    work.fails(ExitCode::NotFound, &["client", "add", "car", "--owner", "ann"], &["no account ann"]);
    for args in [
        &["client", "show", "car"][..],
        &["client", "set", "car", "--offline", "true"],
        &["client", "move", "car", "--ip", "192.0.2.1"],
        &["client", "attach", "car", "home.dyn.example"],
        &["client", "remove", "car"],
        &["client", "list", "--after", "car"],
    ] {
        work.fails(ExitCode::NotFound, args, &["no client car", "ddns client list"]);
    }
    assert_eq!(work.json(&["client", "list"]).as_array().unwrap().len(), 1, "setting one makes none");
}

#[test]
fn wrong_words_are_usage() {
    let work = with_router();
    let long = "k".repeat(65);
    for key in ["..", ".", "", "a/b", "a b", "ä", "a\nb", &long] {
        work.fails(ExitCode::Usage, &["client", "show", key], &["KEY"]);
    }
    work.fails(ExitCode::Usage, &["client", "add", "car"], &["--owner"]);
    work.fails(ExitCode::Usage, &["client", "set", "router"], &["--offline"]);
    work.fails(ExitCode::Usage, &["client", "set", "router", "--heartbeat", "5"], &["60 seconds"]);
    work.fails(
        ExitCode::Usage,
        &["client", "set", "router", "--heartbeat", "60", "--no-heartbeat"],
        &["--no-heartbeat"],
    );
    work.fails(ExitCode::Usage, &["client", "set", "router", "--offline", "maybe"], &["maybe"]);
    work.fails(ExitCode::Usage, &["client", "move", "router"], &["--ip"]);
    work.fails(ExitCode::Usage, &["client", "move", "router", "--ip", "default"], &["not an IPv4 or IPv6 address"]);
    work.fails(ExitCode::Usage, &["client", "move", "router", "--ip", "224.0.0.1"], &["unicast"]);
    work.fails(ExitCode::Usage, &["client", "attach", "router"], &["FQDN"]);
}

#[test]
fn a_client_may_have_a_heartbeat() {
    let work = with_router();
    let set = |more: &[&str]| work.json(&[&["client", "set", "router"], more].concat());
    assert_eq!(set(&["--heartbeat", "300"])["heartbeat"], json!(300));
    let both = set(&["--heartbeat", "600", "--offline", "true"]);
    assert_eq!((&both["heartbeat"], &both["offline"]), (&json!(600), &json!("manual")));
    let run = work.run(&["client", "set", "router", "--heartbeat", "600"]);
    assert_eq!((run.code, run.err.as_str()), (0, "nothing to change in client router\n"));
    let none = set(&["--no-heartbeat"]);
    assert_eq!((&none["heartbeat"], &none["offline"]), (&json!(null), &json!("manual")));
    work.fails(ExitCode::NotFound, &["client", "set", "car", "--heartbeat", "60"], &["no client car"]);
}

#[test]
fn lists_filter_and_page() {
    let work = Work::with_joe();
    work.ok_with(&["account", "add", "ann", "--password-stdin"], PASSWORD);
    for (key, owner) in [("zoo", "joe"), ("bus", "ann"), ("car", "joe"), ("Bus", "joe")] {
        work.ok(&["client", "add", key, "--owner", owner]);
    }
    let list = |more: &[&str]| {
        let list = work.json(&[&["client", "list"], more].concat());
        list.as_array().unwrap().iter().map(|client| client["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&[]), ["zoo", "bus", "car", "Bus"], "in the order of their making");
    assert_eq!(list(&["--owner", "joe"]), ["zoo", "car", "Bus"]);
    assert_eq!(list(&["--limit", "2"]), ["zoo", "bus"]);
    assert_eq!(list(&["--after", "bus"]), ["car", "Bus"]);
    let run = work.run(&["client", "list", "--limit", "2", "--owner", "joe"]);
    assert!(run.err.contains("--after car"), "{run:?}");
    work.fails(ExitCode::NotFound, &["client", "list", "--owner", "carl"], &["no account carl"]);
}

/// More clients than one page of the store holds: the list goes on behind it.
#[test]
fn long_lists_go_on_behind_the_stores_page() {
    let work = Work::with_joe();
    let mut batch = String::new();
    for owner in ["ann", "bob"] {
        work.ok_with(&["account", "add", owner, "--password-stdin"], PASSWORD);
        for number in 0..70 {
            batch.push_str(&format!("client add {owner}-{number} --owner {owner}\n"));
        }
    }
    work.ok_with(&["batch", "-"], &batch);
    let list = work.json(&["client", "list", "--owner", "bob"]);
    assert_eq!((list.as_array().unwrap().len(), &list[69]["key"]), (70, &json!("bob-69")));
}
