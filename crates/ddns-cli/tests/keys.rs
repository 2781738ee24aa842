//! `ddns key`.

use ddns_cli::ExitCode;
use ddns_store::{FileStore, Secret, Store};
use serde_json::json;

use crate::work::{Work, keys};

#[test]
fn add_prints_the_secret_alone_and_once() {
    let work = Work::with_joe();
    let run = work.run(&["key", "add", "k1.example.", "--account", "joe"]);
    assert_eq!(run.code, 0, "{run:?}");
    let secret = run.out.strip_suffix('\n').unwrap();
    assert_eq!(secret.len(), 44, "32 octets in base64");
    assert!(!run.err.contains(secret) && run.err.contains("shown only now"), "{run:?}");
    for args in [&["key", "show", "k1.example"][..], &["key", "list"], &["log"]] {
        assert!(!work.ok(args).contains(secret));
        assert!(!work.json(args).to_string().contains(secret));
    }
}

#[test]
fn secrets_are_as_long_as_their_algorithms_output_and_never_alike() {
    let work = Work::with_joe();
    let mut seen = std::collections::BTreeSet::new();
    for (algorithm, length) in [("hmac-sha1", 28), ("hmac-sha256", 44), ("hmac-sha384", 64), ("hmac-sha512", 88)] {
        for name in ["a", "b"] {
            let name = format!("{name}.{algorithm}");
            let made = work.json(&["key", "add", &name, "--account", "joe", "--algorithm", algorithm]);
            assert_eq!(made["algorithm"], algorithm);
            assert_eq!(made["secret"].as_str().unwrap().len(), length);
            assert!(seen.insert(made["secret"].to_string()));
        }
    }
}

#[test]
fn json_has_the_documented_keys() {
    let work = Work::with_joe();
    let listed = ["name", "id", "algorithm", "account", "hosts", "actions", "networks", "expires", "created"];
    assert_eq!(keys(&work, &["key", "add", "k.example", "--account", "joe"]), [&listed[..], &["secret"]].concat());
    assert_eq!(keys(&work, &["key", "list"]), listed);
    assert_eq!(keys(&work, &["key", "show", "k.example"]), listed);
    assert_eq!(keys(&work, &["key", "remove", "k.example"]), ["removed"]);
}

#[test]
fn a_scope_is_typed_as_a_tokens() {
    let work = Work::with_joe();
    let key = work.json(&[
        "key",
        "add",
        "k.example",
        "--account",
        "joe",
        "--host",
        "*.dyn.example",
        "--action",
        "acme-challenge",
        "--network",
        "192.0.2.77/24",
        "--expires",
        "30",
    ]);
    assert_eq!(
        [&key["hosts"], &key["actions"], &key["networks"], &key["account"]],
        [&json!(["*.dyn.example"]), &json!(["acme-challenge"]), &json!(["192.0.2.0/24"]), &json!("joe")]
    );
    assert!(key["expires"].is_string());
    work.fails(ExitCode::Usage, &["key", "add", "l.example", "--account", "joe", "--action", "fly"], &["update"]);
}

#[test]
fn a_given_secret_is_taken_and_not_shown() {
    let work = Work::with_joe();
    let args = ["key", "add", "k.example", "--account", "joe", "--algorithm", "hmac-sha512", "--secret-stdin"];
    let run = work.run_with(&args, "c2VjcmV0IG9mIHR3byBzaWRlcw==\nmore\n");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "added key k.example\n"));
    let secrets = FileStore::open_existing(&work.data()).unwrap().load().unwrap().secrets;
    let kept =
        secrets.iter().any(|(_, secret)| matches!(secret, Secret::TsigKey(key) if **key == b"secret of two sides"));
    assert!(kept);
    let longest = "A".repeat(4_096);
    for wrong in ["", "\n", "=", "not base64!", "c2VjcmV0", "c2VjcmV", longest.as_str()] {
        let run = work.run_with(&["key", "add", "l.example", "--account", "joe", "--secret-stdin"], wrong);
        let good = wrong == "c2VjcmV0";
        assert_eq!(run.code == 0, good, "{wrong:?}: {run:?}");
        assert!(good || (run.code == ExitCode::Usage.code() && run.err.contains("secret")), "{wrong:?}: {run:?}");
        assert!(!run.err.contains(wrong) || wrong.trim().len() < 2, "{run:?}");
        if good {
            work.ok(&["key", "remove", "l.example"]);
        }
    }
}

#[test]
fn a_name_is_given_once() {
    let work = Work::with_joe();
    work.ok(&["key", "add", "k.example", "--account", "joe"]);
    let id = work.json(&["key", "show", "k.example"])["id"].clone();
    work.fails(
        ExitCode::Refused,
        &["key", "add", "K.Example.", "--account", "joe"],
        &["cannot add key k.example", "taken"],
    );
    assert_eq!(work.json(&["key", "show", "k.example"])["id"], id);
    assert_eq!(work.json(&["key", "remove", "k.example"]), json!({"removed": "k.example"}));
    work.fails(ExitCode::NotFound, &["key", "remove", "k.example"], &["no TSIG key k.example", "ddns key list"]);
    work.fails(ExitCode::NotFound, &["key", "show", "k.example"], &["ddns key list"]);
    work.ok(&["key", "add", "k.example", "--account", "joe"]);
}

#[test]
fn lists_have_pages() {
    let work = Work::with_joe();
    for name in ["c.example", "a.example", "b.other"] {
        work.ok(&["key", "add", name, "--account", "joe"]);
    }
    let all = work.json(&["key", "list"]);
    let names: Vec<&str> = all.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    let first = work.run(&["--output", "json", "key", "list", "--limit", "2"]);
    assert!(first.err.contains(&format!("--after {}", names[1])), "{first:?}");
    assert_eq!(work.json(&["key", "list", "--after", names[1]])[0]["name"], names[2]);
    assert_eq!(work.json(&["key", "list", "--after", names[2]]), json!([]));
}

#[test]
fn wrong_words_are_told() {
    let work = Work::with_joe();
    work.fails(ExitCode::NotFound, &["key", "add", "k.example", "--account", "ann"], &["no account ann"]);
    work.fails(ExitCode::Usage, &["key", "add", "k.example"], &["--account"]);
    for name in [".", "*.example", "a..b", ""] {
        work.fails(ExitCode::Usage, &["key", "add", name, "--account", "joe"], &["<NAME>"]);
    }
    let md5 = ["key", "add", "k.example", "--account", "joe", "--algorithm", "hmac-md5"];
    work.fails(ExitCode::Usage, &md5, &["hmac-sha256"]);
}

#[test]
fn a_secret_that_nobody_could_read_is_told() {
    let work = Work::with_joe();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = work.command().args(["key", "add", "k.example", "--account", "joe"]).stdout(full).output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.contains("ddns key remove k.example"), "{talk}");
}
