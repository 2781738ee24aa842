//! `ddns backup` and `ddns restore`.

use std::os::unix::fs::PermissionsExt;

use ddns_cli::ExitCode;

use crate::work::Work;

#[test]
fn a_backup_comes_back_whole() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "home.dyn.example", "--owner", "joe", "--ip", "192.0.2.1"]);
    let token = work.json(&["token", "create", "joe"]);
    let copy = work.path("copy");
    let (copy, other) = (copy.to_str().unwrap(), work.path("other"));
    let other = other.to_str().unwrap();
    assert_eq!(work.json(&["backup", copy])["backup"], copy);
    assert_eq!(std::fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);
    work.ok(&["host", "remove", "home.dyn.example"]);
    work.ok(&["restore", copy, "--data", other]);
    assert_eq!(work.json(&["--data", other, "host", "show", "home.dyn.example"])["ipv4"], "192.0.2.1");
    assert_eq!(work.json(&["--data", other, "token", "list"])[0]["id"], token["id"]);
    work.ok(&["--data", other, "host", "set", "home.dyn.example", "--ip", "192.0.2.2"]);
}

#[test]
fn nothing_is_overwritten() {
    let work = Work::with_joe();
    let copy = work.path("copy");
    let copy = copy.to_str().unwrap();
    work.ok(&["backup", copy]);
    work.fails(ExitCode::Refused, &["backup", copy], &["exists", copy]);
    work.fails(ExitCode::Refused, &["restore", copy], &["not empty", "stop ddnsd"]);
    assert_eq!(work.json(&["account", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn an_empty_directory_takes_a_backup() {
    let work = Work::with_joe();
    let (copy, other) = (work.path("copy"), work.path("other"));
    work.ok(&["backup", copy.to_str().unwrap()]);
    std::fs::create_dir(&other).unwrap();
    work.ok(&["restore", copy.to_str().unwrap(), "--data", other.to_str().unwrap()]);
    assert_eq!(std::fs::metadata(&other).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn what_is_no_backup_is_refused_and_leaves_nothing() {
    let work = Work::empty();
    let letter = work.path("letter");
    std::fs::write(&letter, "dear reader, this is a letter and no database at all").unwrap();
    work.fails(ExitCode::Unavailable, &["restore", letter.to_str().unwrap()], &["cannot restore", "letter"]);
    work.fails(ExitCode::Usage, &["restore", "nowhere"], &["there is no file nowhere"]);
    assert!(!work.data().exists());
}
