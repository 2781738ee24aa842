//! `ddns account`.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use ddns_cli::ExitCode;
use serde_json::json;

use crate::work::{PASSWORD, Work, keys};

#[test]
fn add_makes_the_directory_and_prints_no_data() {
    let work = Work::empty();
    let run = work.run_with(&["account", "add", "Joe@Example.org", "--password-stdin"], PASSWORD);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "added account joe@example.org\n"));
    assert!(work.data().is_dir());
}

#[test]
fn add_with_all_options() {
    let work = Work::empty();
    let args = ["account", "add", "ann", "--operator", "--max-hosts", "7", "--password-stdin", "--output", "json"];
    let made: serde_json::Value = serde_json::from_str(&work.ok_with(&args, PASSWORD)).unwrap();
    assert_eq!(
        [
            &made["login"],
            &made["role"],
            &made["state"],
            &made["max_hosts"],
            &made["max_domains"],
            &made["has_password"]
        ],
        [&json!("ann"), &json!("operator"), &json!("active"), &json!(7), &json!(10), &json!(true)]
    );
}

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let listed =
        ["login", "id", "state", "role", "max_hosts", "max_domains", "language", "has_password", "created", "updated"];
    assert_eq!(keys(&work, &["account", "list"]), listed);
    assert_eq!(keys(&work, &["account", "show", "joe"]), [&listed[..], &["hosts", "domains", "tokens"]].concat());
}

#[test]
fn an_account_is_written_to_in_its_language() {
    let work = Work::with_joe();
    assert_eq!(work.json(&["account", "show", "joe"])["language"], "en");
    assert_eq!(work.json(&["account", "set", "joe", "--language", "de"])["language"], "de");
    let args = ["account", "add", "ann", "--language", "de", "--password-stdin"];
    work.ok_with(&args, PASSWORD);
    assert_eq!(work.json(&["account", "show", "ann"])["language"], "de");
    work.fails(ExitCode::Usage, &["account", "set", "joe", "--language", "fr"], &["fr", "--language"]);
}

#[test]
fn a_login_is_given_once() {
    let work = Work::with_joe();
    let run = work.run_with(&["account", "add", "JOE", "--password-stdin"], PASSWORD);
    assert_eq!((run.code, run.out.as_str()), (ExitCode::Refused.code(), ""));
    assert!(run.err.contains("cannot add account joe: joe has already been taken"), "{run:?}");
}

#[test]
fn the_password_never_comes_from_an_argument() {
    let work = Work::empty();
    work.fails(ExitCode::Usage, &["account", "add", "joe", "--password", "secret-word"], &["--password"]);
    work.fails(ExitCode::Usage, &["account", "add", "joe"], &["no terminal", "--password-stdin"]);
    assert!(!work.data().exists());
    let help = work.ok(&["account", "add", "--help"]);
    assert!(!help.contains("--password <"), "{help}");
}

#[test]
fn a_terminal_asks_twice_and_shows_nothing() {
    let work = Work::empty();
    for (second, said) in [(PASSWORD, "added account joe"), ("another password", "the two passwords differ")] {
        let data = work.path(second);
        let Some(shown) = typed(&work, &format!("--data '{}' account add joe", data.display()), &[PASSWORD, second])
        else {
            return; // Without the program `script` there is no terminal to be had.
        };
        assert!(shown.contains(said) && shown.contains("New password:"), "{shown}");
        assert!(!shown.contains("horse") && !shown.contains("another"), "{shown}");
    }
}

/// What a terminal shows while these lines are typed, each when it was asked for.
fn typed(work: &Work, args: &str, lines: &[&str]) -> Option<String> {
    let command = format!("{} {args}", crate::work::program().display());
    let mut terminal = std::process::Command::new("script");
    terminal
        .args(["-qec", &command, "/dev/null"])
        .current_dir(work.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = terminal.spawn().ok()?;
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut octet) = (String::new(), [0]);
    for line in lines {
        while !shown.ends_with(": ") && stdout.read(&mut octet).unwrap() == 1 {
            shown.push(char::from(octet[0]));
        }
        std::thread::sleep(Duration::from_millis(100)); // The prompt comes a moment before the echo is off.
        shown.push('\n');
        writeln!(stdin, "{line}").unwrap();
    }
    drop(stdin);
    stdout.read_to_string(&mut shown).unwrap();
    child.wait().unwrap();
    Some(shown)
}

#[test]
fn a_password_has_a_least_and_a_most_length() {
    let work = Work::empty();
    for (password, word) in
        [("short\n", "at least 8"), (&*"x".repeat(1_025), "at most 1024"), ("", "no password"), ("\n", "no password")]
    {
        let run = work.run_with(&["account", "add", "joe", "--password-stdin"], password);
        assert_eq!(run.code, ExitCode::Usage.code(), "{run:?}");
        assert!(run.err.contains(word), "{run:?}");
    }
    work.ok_with(&["account", "add", "joe", "--password-stdin"], &"x".repeat(1_024));
}

#[test]
fn passwords_and_their_hashes_are_nowhere_in_the_output() {
    let work = Work::with_joe();
    for args in [&["account", "show", "joe"][..], &["log"], &["account", "list"]] {
        let shown = format!("{}{}", work.ok(args), work.json(args));
        assert!(!shown.contains("horse") && !shown.contains("argon2"), "{shown}");
    }
}

#[test]
fn set_changes_what_it_names() {
    let work = Work::with_joe();
    work.ok(&["account", "set", "joe", "--login", "joseph", "--max-hosts", "1", "--max-domains", "0"]);
    let changed = work.json(&["account", "set", "joseph", "--suspend", "--operator", "yes"]);
    assert_eq!(
        [&changed["login"], &changed["state"], &changed["role"], &changed["max_hosts"], &changed["max_domains"]],
        [&json!("joseph"), &json!("suspended"), &json!("operator"), &json!(1), &json!(0)]
    );
    work.fails(ExitCode::NotFound, &["account", "show", "joe"], &["no account joe", "ddns account list"]);
    assert_eq!(work.json(&["account", "set", "joseph", "--activate"])["state"], "active");
    let run = work.run(&["account", "set", "joseph", "--activate"]);
    assert_eq!(run.err, "nothing to change in account joseph\n");
}

#[test]
fn set_takes_a_new_password() {
    let work = Work::with_joe();
    work.ok_with(&["account", "set", "joe", "--password-stdin"], "another password\n");
    work.fails(ExitCode::Usage, &["account", "set", "joe", "--password"], &["no terminal"]);
    work.fails(ExitCode::Usage, &["account", "set", "joe"], &["required"]);
    work.fails(ExitCode::Usage, &["account", "set", "joe", "--suspend", "--activate"], &["--activate"]);
}

#[test]
fn remove_takes_everything_of_it() {
    let work = Work::with_joe();
    work.ok(&["host", "add", "home.dyn.example", "--owner", "joe"]);
    assert_eq!(work.json(&["account", "remove", "joe"]), json!({"removed": "joe"}));
    assert_eq!(work.json(&["host", "list"]), json!([]));
    work.fails(ExitCode::NotFound, &["account", "remove", "joe"], &["no account joe"]);
}

/// What an account has done and had, on a fresh directory; beside another account.
fn with_a_past() -> Work {
    let work = Work::with_joe();
    work.ok_with(&["account", "add", "ann", "--password-stdin"], PASSWORD);
    work.ok(&["account", "set", "joe", "--login", "joe@mail.test"]);
    for (host, owner, address) in [("a", "joe@mail.test", "203.0.113.77"), ("b", "ann", "192.0.2.1")] {
        let name = format!("{host}.dyn.example");
        work.ok(&["host", "add", &name, "--owner", owner]);
        work.ok(&["host", "set", &name, "--ip", address]);
    }
    work
}

/// The octets of all files of the data, as text.
fn files(work: &Work) -> String {
    let files = std::fs::read_dir(work.data()).unwrap();
    let octets = files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<_>>();
    String::from_utf8_lossy(&octets).into_owned()
}

/// Of the account nothing is left. Its first login is so short that a password's hash may hold it by chance: in the files it
/// stood in quotation marks.
fn assert_gone(left: &str) {
    for word in ["\"joe\"", "joe@mail.test", "203.0.113.77"] {
        let around =
            left.find(word).map(|at| left.chars().skip(left[..at].chars().count().saturating_sub(40)).take(120));
        assert_eq!(around.map(String::from_iter), None, "{word}");
    }
}

#[test]
fn remove_with_erase_leaves_nothing_in_the_log() {
    let work = with_a_past();
    let personal = ["joe", "a.dyn.example", "203.0.113.77"];
    let before = work.json(&["log"]).to_string();
    assert!(personal.iter().all(|word| before.contains(word)), "{before}");
    let removed = work.json(&["account", "remove", "joe@mail.test", "--erase"]);
    assert_eq!(removed, json!({"removed": "joe@mail.test", "erased_entries": 5}));
    let log = work.json(&["log"]);
    let after = log.to_string();
    assert!(personal.iter().all(|word| !after.contains(word)), "{after}");
    assert!(after.contains("b.dyn.example"), "{after}");
    let erased = log.as_array().unwrap().iter().filter(|entry| entry["erased"] == json!(true)).count();
    assert_eq!((log.as_array().unwrap().len(), erased), (9, 5), "erased entries stay, without what was in them");
    assert!(work.ok(&["log"]).contains("(erased)"));
    // A freed name is reserved; all else is in no file any more.
    let left = files(&work);
    assert_gone(&left);
    assert!(left.contains("a.dyn.example"), "the name stays reserved");
    work.ok(&["host", "set", "b.dyn.example", "--ip", "192.0.2.2"]);
}

#[test]
fn erase_catches_up_later() {
    let work = with_a_past();
    work.fails(
        ExitCode::Refused,
        &["account", "erase", "joe"],
        &["has not been removed", "remove joe@mail.test --erase"],
    );
    work.fails(ExitCode::Refused, &["account", "erase", "--number", "1"], &["has not been removed"]);
    work.ok(&["account", "remove", "joe@mail.test"]);
    // Somebody else may have the login by now.
    work.ok_with(&["account", "add", "joe", "--password-stdin"], PASSWORD);
    assert!(work.json(&["log"]).to_string().contains("joe@mail.test"));
    let run = work.run(&["account", "erase", "joe@mail.test"]);
    assert_eq!((run.code, run.err.as_str()), (0, "erased account joe@mail.test from 5 log entries\n"));
    assert!(!work.json(&["log"]).to_string().contains("joe@mail.test"));
    assert_eq!(work.json(&["account", "show", "joe"])["login"], "joe", "who has the login now is left alone");
    let again = work.json(&["account", "erase", "--number", "1"]);
    assert_eq!(again, json!({"erased": "#1", "erased_entries": 0}), "once more changes nothing");
    let gone = &["no removed account joe@mail.test", "--number N"];
    work.fails(ExitCode::NotFound, &["account", "erase", "joe@mail.test"], gone);
}

#[test]
fn erase_takes_a_login_or_a_number() {
    let work = Work::with_joe();
    for args in [&["account", "erase"][..], &["account", "erase", "joe", "--number", "1"]] {
        work.fails(ExitCode::Usage, args, &["--number"]);
    }
    work.fails(ExitCode::Usage, &["account", "erase", "--number", "0"], &["1 or larger"]);
    let help = work.ok(&["account", "erase", "--help"]);
    assert!(help.contains("Backups are not"), "{help}");
}

/// Somebody who goes on reading keeps the journal from being emptied; that is said, and what to do.
#[test]
fn what_could_not_be_cleaned_is_told() {
    let work = with_a_past();
    let reader = ddns_store::battery::Reader::of(&work.data());
    let words = ["removed account joe@mail.test, but not from the log", "5 log entries", "erase --number 1"];
    work.fails(ExitCode::Unavailable, &["account", "remove", "joe@mail.test", "--erase"], &words);
    assert!(!work.json(&["log"]).to_string().contains("joe"), "nobody is shown it any more");
    drop(reader);
    work.ok(&["account", "erase", "--number", "1"]);
    assert_gone(&files(&work));
}

#[test]
fn lists_come_in_pages() {
    let work = Work::empty();
    for login in ["zoe", "ann", "bob"] {
        work.ok_with(&["account", "add", login, "--password-stdin"], PASSWORD);
    }
    let first = work.run(&["account", "list", "--limit", "2", "--output", "json"]);
    assert!(first.out.contains("zoe") && first.out.contains("ann") && !first.out.contains("bob"), "{first:?}");
    assert_eq!(first.err, "there is more; go on with: --after ann\n");
    let second = work.run(&["account", "list", "--limit", "2", "--after", "ann"]);
    assert!(second.out.contains("bob") && !second.out.contains("zoe"), "{second:?}");
    assert_eq!(second.err, "");
    work.fails(ExitCode::Usage, &["account", "list", "--limit", "0"], &["1 to 1000"]);
    work.fails(ExitCode::NotFound, &["account", "list", "--after", "carl"], &["carl"]);
}
