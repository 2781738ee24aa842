//! `ddns domain` and `ddns server`.

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{Work, keys};

#[test]
fn add_shared_private_and_closed() {
    let work = Work::with_joe();
    let private = work.json(&[
        "domain",
        "add",
        "Joe.Example.",
        "--owner",
        "joe",
        "--email",
        "joe@example.org",
        "--ttl",
        "300",
        "--description",
        "mine",
    ]);
    assert_eq!(
        [
            &private["name"],
            &private["owner"],
            &private["shared"],
            &private["email"],
            &private["ttl"],
            &private["description"]
        ],
        [&json!("joe.example"), &json!("joe"), &json!(false), &json!("joe@example.org"), &json!(300), &json!("mine")]
    );
    let closed = work.run(&["domain", "add", "closed.example"]);
    assert!(closed.err.contains("--shared true"), "{closed:?}");
    let shared = work.json(&["domain", "show", "dyn.example"]);
    assert_eq!([&shared["owner"], &shared["shared"], &shared["ttl"]], [&json!(null), &json!(true), &json!(3600)]);
    assert!(shared["serial"].as_u64().unwrap() > 1_600_000_000);
}

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let listed = [
        "name",
        "id",
        "owner",
        "shared",
        "email",
        "ttl",
        "refresh",
        "retry",
        "expire",
        "minimum",
        "description",
        "offline_ipv4",
        "offline_ipv6",
        "created",
        "updated",
    ];
    assert_eq!(keys(&work, &["domain", "list"]), listed);
    assert_eq!(
        keys(&work, &["domain", "show", "dyn.example"]),
        [&listed[..], &["serial", "changed", "hosts", "records"]].concat()
    );
    assert_eq!(keys(&work, &["server", "add", "ns1.other.example"]), ["name", "id", "addresses", "created", "updated"]);
}

#[test]
fn a_first_domain_begins_a_directory() {
    let work = Work::empty();
    work.ok(&["domain", "add", "dyn.example"]);
    assert_eq!(work.json(&["account", "list"]), json!([]));
    assert_eq!(work.ok(&["account", "list"]), "", "an empty table has no heading to trip over");
}

#[test]
fn set_changes_what_it_names() {
    let work = Work::with_joe();
    let changed = work.json(&[
        "domain",
        "set",
        "dyn.example",
        "--refresh",
        "7200",
        "--offline-ip",
        "192.0.2.1",
        "--offline-ip",
        "2001:db8::1",
        "--description",
        "for all",
        "--email",
        "dns@example.org",
    ]);
    assert_eq!(
        [
            &changed["refresh"],
            &changed["retry"],
            &changed["offline_ipv4"],
            &changed["offline_ipv6"],
            &changed["description"]
        ],
        [&json!(7200), &json!(600), &json!("192.0.2.1"), &json!("2001:db8::1"), &json!("for all")]
    );
    let undone = work.json(&["domain", "set", "dyn.example", "--no-offline-ipv4", "--description", ""]);
    assert_eq!(
        [&undone["offline_ipv4"], &undone["offline_ipv6"], &undone["description"]],
        [&json!(null), &json!("2001:db8::1"), &json!(null)]
    );
    let given = work.json(&["domain", "set", "dyn.example", "--owner", "joe", "--shared", "false"]);
    assert_eq!([&given["owner"], &given["shared"]], [&json!("joe"), &json!(false)]);
    assert_eq!(work.json(&["domain", "set", "dyn.example", "--no-owner"])["owner"], json!(null));
}

#[test]
fn contradictions_are_usage() {
    let work = Work::with_joe();
    let set = ["domain", "set", "dyn.example"];
    let with = |more: &[&'static str]| [&set[..], more].concat();
    work.fails(ExitCode::Usage, &with(&[]), &["required"]);
    work.fails(
        ExitCode::Usage,
        &with(&["--offline-ip", "192.0.2.1", "--offline-ip", "192.0.2.2"]),
        &["second", "192.0.2.2"],
    );
    work.fails(ExitCode::Usage, &with(&["--offline-ip", "192.0.2.1", "--no-offline-ipv4"]), &["--no-offline-ipv4"]);
    work.fails(ExitCode::Usage, &with(&["--owner", "joe", "--no-owner"]), &["--no-owner"]);
    work.fails(ExitCode::Usage, &with(&["--ttl", "2147483648"]), &["2147483647"]);
    work.fails(ExitCode::Usage, &with(&["--email", "joe"]), &["e-mail"]);
}

#[test]
fn refusals_name_the_domain() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "home.dyn.example", "--owner", "joe"]);
    work.fails(ExitCode::Refused, &["domain", "add", "dyn.example"], &["dyn.example", "taken"]);
    work.fails(
        ExitCode::Refused,
        &["domain", "remove", "dyn.example"],
        &["still has hosts", "ddns host list --domain dyn.example"],
    );
    work.fails(ExitCode::NotFound, &["domain", "remove", "other.example"], &["no domain other.example"]);
    work.fails(ExitCode::NotFound, &["domain", "add", "a.example", "--owner", "ann"], &["no account ann"]);
    work.ok(&["host", "remove", "home.dyn.example"]);
    assert_eq!(work.json(&["domain", "remove", "dyn.example"]), json!({"removed": "dyn.example"}));
}

#[test]
fn name_servers_come_change_and_go() {
    let work = Work::with_joe();
    let made = work.json(&["server", "add", "ns1.dyn.example", "--ip", "192.0.2.53", "--ip", "2001:db8::53"]);
    assert_eq!(made["addresses"], json!(["192.0.2.53", "2001:db8::53"]));
    work.fails(ExitCode::Refused, &["server", "add", "ns1.dyn.example"], &["ns1.dyn.example", "taken"]);
    let changed = work.json(&["server", "set", "ns1.dyn.example", "--ip", "192.0.2.54"]);
    assert_eq!(changed["addresses"], json!(["192.0.2.54"]));
    assert_eq!(work.json(&["server", "set", "ns1.dyn.example", "--no-ip"])["addresses"], json!([]));
    work.fails(ExitCode::Usage, &["server", "set", "ns1.dyn.example"], &["required"]);
    assert!(work.ok(&["server", "list"]).contains("ns1.dyn.example"));
    assert_eq!(work.json(&["server", "show", "ns1.dyn.example"])["name"], "ns1.dyn.example");
    work.ok(&["server", "remove", "ns1.dyn.example"]);
    work.fails(ExitCode::NotFound, &["server", "remove", "ns1.dyn.example"], &["no name server"]);
    work.fails(ExitCode::NotFound, &["server", "show", "ns1.dyn.example"], &["ddns server list"]);
}

#[test]
fn a_name_server_gets_another_name() {
    let work = Work::with_joe();
    let made = work.json(&["server", "add", "ns1.dyn.example", "--ip", "192.0.2.53"]);
    work.ok(&["server", "add", "ns2.dyn.example", "--ip", "192.0.2.54"]);
    let set = ["server", "set", "ns1.dyn.example", "--name"];
    let renamed = work.json(&[&set[..], &["NS3.dyn.example."]].concat());
    assert_eq!([&renamed["name"], &renamed["addresses"]], [&json!("ns3.dyn.example"), &json!(["192.0.2.53"])]);
    assert_eq!(renamed["id"], made["id"]);
    assert!(made["updated"].is_null() && renamed["updated"].is_string());
    work.fails(ExitCode::NotFound, &[&set[..], &["ns4.dyn.example"]].concat(), &["no name server ns1.dyn.example"]);
    let taken = ["server", "set", "ns3.dyn.example", "--name", "ns2.dyn.example"];
    work.fails(ExitCode::Refused, &taken, &["ns2.dyn.example", "taken"]);
    let both = work.json(&["server", "set", "ns3.dyn.example", "--name", "ns.other.example", "--no-ip"]);
    assert_eq!([&both["name"], &both["addresses"]], [&json!("ns.other.example"), &json!([])]);
    work.fails(ExitCode::Usage, &["server", "set", "ns2.dyn.example", "--ip", "192.0.2.1", "--no-ip"], &["--no-ip"]);
    let names: Vec<_> = work.json(&["server", "list"]).as_array().unwrap().iter().map(|s| s["name"].clone()).collect();
    assert_eq!(names, ["ns.other.example", "ns2.dyn.example"]);
}

#[test]
fn a_touch_gives_the_zone_another_serial_and_leaves_all_else() {
    let work = Work::with_joe();
    let before = work.json(&["domain", "show", "dyn.example"]);
    assert!(before["changed"].is_null(), "nothing was changed since it was made: {before}");
    let serial = before["serial"].as_u64().unwrap();
    let touched = work.json(&["domain", "touch", "dyn.example"]);
    let once = touched["serial"].as_u64().unwrap();
    assert!(once > serial);
    assert!(touched["changed"].is_string());
    let run = work.run(&["domain", "touch", "dyn.example"]);
    let twice = work.json(&["domain", "show", "dyn.example"])["serial"].as_u64().unwrap();
    assert!(twice > once && run.err.contains(&twice.to_string()), "{run:?}");
    for key in ["ttl", "email", "description", "hosts", "records", "created"] {
        assert_eq!(touched[key], before[key]);
    }
    work.fails(ExitCode::NotFound, &["domain", "touch", "other.example"], &["no domain other.example"]);
}

#[test]
fn a_domain_with_domains_below_it_stays() {
    let work = Work::empty();
    work.ok(&["domain", "add", "example.org"]);
    work.ok(&["domain", "add", "sub.example.org"]);
    let hint = ["sub.example.org below it", "ddns domain remove sub.example.org"];
    work.fails(ExitCode::Refused, &["domain", "remove", "example.org"], &hint);
    work.ok(&["domain", "remove", "sub.example.org"]);
    work.ok(&["domain", "remove", "example.org"]);
}
