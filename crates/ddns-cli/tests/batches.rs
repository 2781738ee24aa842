//! `ddns batch`.

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{PASSWORD, Work};

const BATCH: &str = "\
# everything that a first day needs
domain add dyn.example --shared   # for all
host add home.dyn.example --owner joe --ip 192.0.2.1

host add 'work.dyn.example' --owner \"joe\"
token create joe --label 'my router'
host list
";

#[test]
fn many_commands_with_one_load() {
    let work = Work::empty();
    work.ok_with(&["account", "add", "joe", "--password-stdin"], PASSWORD);
    let run = work.run_with(&["batch", "-"], BATCH);
    assert_eq!(run.code, 0, "{run:?}");
    let secret = run.out.lines().next().unwrap();
    assert_eq!(secret.len(), 40);
    assert!(run.out.contains("home.dyn.example") && run.out.contains("work.dyn.example"), "{run:?}");
    assert_eq!(work.json(&["token", "list"])[0]["label"], "my router");
}

#[test]
fn a_file_may_begin_a_directory_and_take_passwords_from_standard_input() {
    let work = Work::empty();
    let file = work.path("batch");
    std::fs::write(&file, "account add joe --password-stdin\naccount add ann --password-stdin\n").unwrap();
    work.ok_with(&["batch", file.to_str().unwrap()], "password one\npassword two\n");
    assert_eq!(work.json(&["account", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn it_stops_at_the_first_error_and_names_the_line() {
    let work = Work::with_joe();
    let batch = "host add a.dyn.example --owner joe\n\nhost add a.dyn.example --owner joe\nhost add b.dyn.example --owner joe\n";
    let run = work.run_with(&["batch", "-"], batch);
    assert_eq!(run.code, ExitCode::Refused.code());
    assert!(run.err.contains("line 3: cannot add host a.dyn.example"), "{run:?}");
    work.fails(ExitCode::NotFound, &["host", "show", "b.dyn.example"], &[]);
}

#[test]
fn it_keeps_going_when_told_to() {
    let work = Work::with_joe();
    let batch = "host add www.dyn.example --owner joe\nfrobnicate\nhost add b.dyn.example --owner joe\n";
    let run = work.run_with(&["batch", "--keep-going", "-"], batch);
    assert_eq!(run.code, ExitCode::Refused.code(), "the first failure's: {run:?}");
    assert!(
        run.err.contains("line 1: ") && run.err.contains("line 2: ") && run.err.contains("added host b"),
        "{run:?}"
    );
    assert_eq!(work.json(&["host", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_stand_in_a_batch_is_told() {
    let work = Work::with_joe();
    for (line, word) in [
        ("batch -", "cannot stand in a batch"),
        ("restore x", "cannot stand in a batch"),
        ("account add ann --password-stdin", "standard input is the batch itself"),
        ("key add k.example --account joe --secret-stdin", "a secret cannot come from there"),
        ("record set x.dyn.example A --data 192.0.2.1", "--data"),
        ("host add 'a", "quote"),
        ("--data x host list", "--data"),
        ("host frobnicate", "frobnicate"),
    ] {
        let run = work.run_with(&["batch", "-"], line);
        assert_eq!((run.code, run.out.as_str()), (ExitCode::Usage.code(), ""), "{line}: {run:?}");
        assert!(run.err.contains("line 1: ") && run.err.contains(word), "{line}: {run:?}");
    }
    work.fails(ExitCode::Usage, &["batch", "nowhere"], &["nowhere"]);
}

#[test]
fn an_empty_batch_does_nothing() {
    let work = Work::empty();
    assert_eq!(work.ok_with(&["batch", "-"], "\n# nothing\n"), "");
    assert!(!work.data().exists());
    let run = work.run_with(&["batch", "-"], "host list\n");
    assert_eq!(run.code, ExitCode::Unavailable.code());
}

#[test]
fn a_change_in_a_batch_is_seen_by_its_next_list() {
    let work = Work::with_joe();
    let batch = "host add a.dyn.example --owner joe\naccount set joe --login joseph\nhost list\n";
    let out = work.ok_with(&["batch", "-", "--output", "json"], batch);
    let list: serde_json::Value = serde_json::Deserializer::from_str(&out).into_iter().last().unwrap().unwrap();
    assert_eq!([&list[0]["name"], &list[0]["owner"]], [&json!("a.dyn.example"), &json!("joseph")]);
}
