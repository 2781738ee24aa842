//! What the configuration says about mails and sign-up: errors before anything is served, settings in the data, warnings.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::work::{ANY, Ended, Work};

/// Everything that mails need, at a relay that nobody asks for anything.
const RELAY: [&str; 6] =
    ["--mail-relay", "localhost:1", "--mail-from", "ddns@example.org", "--base-url", "https://ddns.example.org"];

/// A run that must end by itself because of the configuration, and leaves no data behind.
fn refused(work: &Work, args: &[&str]) -> String {
    let Ended { code, out, err } = work.ends(&[&ANY[..], args].concat());
    assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
    assert!(!work.path("ddns-data").exists(), "{args:?}");
    err
}

#[test]
fn half_a_configuration_is_refused_by_name() {
    let work = Work::new();
    for (args, words) in [
        (&["--sign-up", "confirm"][..], "sign_up = confirm is given, which needs mail_relay"),
        (&RELAY[..4], "mail_relay is given, which needs base_url"),
        (&["--base-url", "ddns.example.org"], "a base URL is http:// or https:// and a host"),
        (&["--base-url", "https://ddns.example.org?a=b"], "a base URL is http:// or https:// and a host"),
        (&["--mail-relay", "smtp.example.org"], "a relay is HOST:PORT"),
        (&["--mail-from", "nobody"], "a sender is an e-mail address"),
        (&["--sign-up", "perhaps"], "`closed`, `confirm`, `open`"),
        (&["--mail-tls", "ssl"], "`starttls`, `tls`, `none`"),
    ] {
        let told = refused(&work, args);
        assert!(told.contains(words), "{args:?}: {told}");
    }
    let file = work.file("sign_up = 'closed'\nmail_relay = 'nowhere'\n");
    let told = refused(&work, &["--config", &file]);
    assert!(told.contains("line 2") && told.contains("a relay is HOST:PORT"), "{told}");
}

#[test]
fn files_that_mails_need_are_read_before_anything_is_served() {
    let work = Work::new();
    let login = ["--mail-user", "ddns", "--mail-password-file"];
    std::fs::write(work.path("empty"), "\n").unwrap();
    std::fs::write(work.path("two"), "one\ntwo\n").unwrap();
    std::fs::write(work.path("no.pem"), "no certificate").unwrap();
    for (args, words) in [
        ([&login[..], &["nowhere"]].concat(), "cannot read nowhere: No such file"),
        ([&login[..], &["empty"]].concat(), "empty: the password at the relay is one line"),
        ([&login[..], &["two"]].concat(), "two: the password at the relay is one line"),
        (vec!["--mail-ca", "no.pem"], "no.pem: it holds no certificate of an authority"),
    ] {
        let told = refused(&work, &[&RELAY[..], &args].concat());
        assert!(told.contains(words), "{args:?}: {told}");
    }
}

#[test]
fn a_password_that_everybody_may_read_is_told() {
    let work = Work::new();
    let path = work.path("password");
    std::fs::write(&path, "open sesame\n").unwrap();
    let args = [&ANY[..], &RELAY, &["--mail-user", "ddns", "--mail-password-file", "password"]].concat();
    for (mode, told) in [(0o604, true), (0o601, false), (0o640, false), (0o600, false)] {
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let err = work.serve(&args).stop().err;
        assert_eq!(err.contains("may read the password of mail_user"), told, "{mode:o}: {err}");
        assert!(!err.contains("sesame"), "{err}");
    }
}

#[test]
fn links_that_leave_the_machine_in_the_clear_are_told() {
    let work = Work::new();
    for (relay, told) in [("192.0.2.1:25", true), ("[::1]:25", false)] {
        let args = [&ANY[..], &RELAY[2..], &["--mail-relay", relay, "--mail-tls", "none"]].concat();
        let err = work.serve(&args).stop().err;
        assert_eq!(err.contains("in the clear"), told, "{relay}: {err}");
    }
}

#[test]
fn sign_up_and_the_relay_are_settings_of_the_data() {
    let work = Work::new();
    let confirm = [&ANY[..], &RELAY, &["--sign-up", "confirm"]].concat();
    assert!(!work.serve(&confirm).stop().err.contains("nobody can sign up"));
    assert!(log(&work).contains("sign_up closed -> confirm"), "{}", log(&work));
    let told = work.serve(&ANY).stop().err;
    assert!(told.contains("nobody can sign up"), "the mode stays, and the relay has gone: {told}");
    assert!(log(&work).contains("mail true -> false"), "{}", log(&work));
}

fn log(work: &Work) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let data = work.path("ddns-data");
    ddns_cli::run(["ddns", "--data", data.to_str().unwrap(), "log"], &mut std::io::empty(), &mut out, &mut err);
    String::from_utf8(out).unwrap()
}
