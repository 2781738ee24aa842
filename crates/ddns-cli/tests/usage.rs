//! The command line as a whole: usage, help, streams, and directories that cannot be worked on.

use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use ddns_cli::ExitCode;

use crate::work::Work;

#[test]
fn help_and_version_are_data() {
    let work = Work::empty();
    let help = work.ok(&["--help"]);
    for word in ["account", "token", "server", "domain", "host", "batch", "Exit codes: 0 done"] {
        assert!(help.contains(word), "{help}");
    }
    assert!(work.ok(&["--version"]).starts_with("ddns "));
    assert!(work.ok(&["host", "set", "--help"]).contains("--no-ipv4"));
}

#[test]
fn wrong_usage_is_talk() {
    let work = Work::empty();
    for args in [&[][..], &["frobnicate"], &["host"], &["host", "frobnicate"], &["log", "x"]] {
        work.fails(ExitCode::Usage, args, &["sage"]);
    }
    assert!(!work.data().exists());
}

#[test]
fn a_missing_directory_is_not_made_by_looking_or_changing() {
    let work = Work::empty();
    for args in [
        &["host", "list"][..],
        &["account", "show", "joe"],
        &["host", "set", "a.example", "--ttl", "60"],
        &["token", "create", "joe"],
        &["log"],
        &["backup", "copy"],
    ] {
        work.fails(ExitCode::Unavailable, args, &["there is no data in", "--data", "ddns account add"]);
    }
    assert!(!work.data().exists());
}

#[test]
fn the_data_option_wins_over_the_environment() {
    let work = Work::with_joe();
    let other = work.path("other");
    let other = other.to_str().unwrap();
    work.fails(ExitCode::Unavailable, &["--data", other, "host", "list"], &["other"]);
    work.ok(&["domain", "add", "else.example", "--data", other]);
    assert!(!work.ok(&["domain", "list"]).contains("else.example"));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let work = Work::empty();
    std::fs::create_dir(work.data()).unwrap();
    let file = work.data().join(ddns_store::DATABASE);
    std::fs::write(&file, "this is no database, but a letter that somebody wrote to somebody else").unwrap();
    work.fails(ExitCode::Unavailable, &["domain", "add", "dyn.example"], &["left as it is"]);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is no database"));
}

#[test]
fn links_are_not_followed() {
    let work = Work::with_joe();
    let link = work.path("link");
    symlink(work.data(), &link).unwrap();
    work.fails(ExitCode::Unavailable, &["--data", link.to_str().unwrap(), "host", "list"], &["symbolic link"]);
}

#[test]
fn somebody_elses_directory_is_refused_with_a_hint() {
    let work = Work::with_joe();
    if std::os::unix::fs::chown(work.data(), Some(12_345), None).is_err() {
        return; // Only root can give a directory away.
    }
    work.fails(ExitCode::Unavailable, &["host", "list"], &["12345", "sudo -u '#12345'"]);
    work.fails(ExitCode::Unavailable, &["domain", "add", "a.example"], &["12345", "runuser"]);
}

#[test]
fn files_are_the_owners_alone() {
    let work = Work::with_joe();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&work.data()), 0o700);
    for entry in std::fs::read_dir(work.data()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let work = Work::with_joe();
    for i in 0..5 {
        work.ok(&["host", "add", &format!("h{i}.dyn.example"), "--owner", "joe"]);
    }
    let mut child =
        work.command().args(["host", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!((status.code(), talk.as_str()), (Some(0), ""));
}

#[test]
fn the_library_runs_the_same_over_a_given_store() {
    use ddns_service::ManualClock;
    use ddns_store::{MemoryStore, Store};
    let store = MemoryStore::new();
    let open = || Ok(Box::new(store.clone()) as Box<dyn Store>);
    let clock = ManualClock::at(ddns_core::Timestamp::from_secs(1_800_000_000));
    let run = |args: &[&str], mut stdin: &[u8]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let program = ddns_cli::Program::new(&mut stdin, &mut out, &mut err).over(&open, clock.clone());
        let code = program.run(args.iter().copied());
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    let (code, _, err) = run(&["ddns", "account", "add", "joe", "--password-stdin"], b"long enough");
    assert_eq!((code, err.as_str()), (ExitCode::Done, "added account joe\n"));
    let (code, out, _) = run(&["ddns", "account", "list"], b"");
    assert_eq!(code, ExitCode::Done);
    assert!(out.contains("2027-01-15T08:00:00Z"), "{out}");
    let (code, _, err) = run(&["ddns", "restore", "x"], b"");
    assert_eq!(code, ExitCode::Usage, "{err}");
}
