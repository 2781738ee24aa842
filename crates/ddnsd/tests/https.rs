//! HTTPS: where it is served, and what has to be right for that.

use std::os::unix::fs::PermissionsExt;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::work::{Server, Work, get};

const NOT_PLAIN: &str = "This port speaks HTTPS: the URL must begin with https://\n";

/// Writes `cert.pem` and `key.pem`.
fn certified() -> Work {
    let work = Work::new();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["ddns.example".to_owned()]).unwrap();
    std::fs::write(work.path("cert.pem"), cert.pem()).unwrap();
    std::fs::write(work.path("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::set_permissions(work.path("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
    work
}

const DNS: [&str; 2] = ["--dns", "127.0.0.1:0"];
const HTTPS: [&str; 6] = ["--https", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"];

#[test]
fn it_is_served_alone_or_beside_plain_http() {
    let work = certified();
    let server = work.serve(&[&HTTPS[..], &DNS].concat());
    assert_eq!((server.http.len(), get(server.https[0], "/healthz", "")), (0, (400, NOT_PLAIN.to_owned())));
    let ended = server.stop();
    assert!(ended.code == Some(0) && !ended.err.contains("everybody on this machine"), "{ended:?}");
    let two = ["--http", "127.0.0.1:0", "--https", "[::1]:0"];
    let server = work.serve(&[&two[..], &HTTPS, &DNS].concat());
    assert_eq!((server.http.len(), server.https.len()), (1, 2));
    assert!(server.https[0].is_ipv6() && server.https[1].is_ipv4(), "in the order in which they were asked for");
    assert_eq!(get(server.http[0], "/healthz", "").0, 200);
    assert_eq!(get(server.https[0], "/healthz", "").0, 400);
}

#[test]
fn the_environment_and_the_file_know_it_too() {
    let work = certified();
    let file = work.file("https = ['127.0.0.2:0']\ntls_cert = 'cert.pem'\ntls_key = 'nowhere.pem'\n");
    let mut command = work.command(&[&["--config", &file], &DNS[..]].concat());
    command.env("DDNSD_HTTPS", "127.0.0.3:0,127.0.0.4:0").env("DDNSD_TLS_KEY", "key.pem");
    let server = Server::of(command);
    let addresses: Vec<String> = server.https.iter().map(|address| address.ip().to_string()).collect();
    assert_eq!((server.http.len(), addresses), (0, vec!["127.0.0.3".to_owned(), "127.0.0.4".to_owned()]));
}

#[test]
fn half_of_it_is_an_error_that_names_the_rest() {
    let work = certified();
    for (args, missing) in [
        (&HTTPS[..2], "tls_cert"),
        (&HTTPS[..4], "tls_key"),
        (&[&HTTPS[..2], &HTTPS[4..]].concat()[..], "tls_cert"),
        (&HTTPS[2..], "https"),
        (&HTTPS[4..], "https"),
    ] {
        let ended = work.ends(args);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{args:?}: {ended:?}");
        assert!(ended.err.contains(&format!("{missing} is not given; HTTPS needs all of https")), "{ended:?}");
    }
    assert!(!work.path("ddns-data").exists());
}

#[test]
fn files_that_are_not_right_stop_the_start() {
    let work = certified();
    let other = certified();
    std::fs::copy(other.path("key.pem"), work.path("foreign.pem")).unwrap();
    std::fs::write(work.path("empty.pem"), "").unwrap();
    for (certificate, key, words) in [
        ("cert.pem", "missing.pem", "cannot read missing.pem: No such file or directory"),
        ("missing.pem", "key.pem", "cannot read missing.pem: No such file or directory"),
        (".", "key.pem", ". is no file; name the PEM file itself"),
        ("cert.pem", "/dev/null", "/dev/null is no file; name the PEM file itself"),
        ("key.pem", "key.pem", "key.pem holds no certificate; it must be a PEM file"),
        ("empty.pem", "key.pem", "empty.pem holds no certificate; it must be a PEM file"),
        ("cert.pem", "cert.pem", "cert.pem holds no private key; it must be a PEM file"),
        ("cert.pem", "foreign.pem", "the key in foreign.pem does not belong to the first certificate in cert.pem"),
    ] {
        let files = ["--https", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key];
        let ended = work.ends(&[&files[..], &DNS].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
    assert!(!work.path("ddns-data").exists(), "nothing was begun");
}

#[test]
fn a_key_that_everybody_may_read_is_told() {
    let work = certified();
    std::fs::set_permissions(work.path("key.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = work.serve(&[&HTTPS[..], &DNS].concat()).stop();
    assert_eq!(ended.err.matches("everybody on this machine may read the TLS key").count(), 1, "{ended:?}");
}

#[test]
fn a_taken_port_is_told() {
    let work = certified();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = work.ends(&[&["--https", &address], &HTTPS[2..], &DNS].concat());
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.err.contains(&address) && ended.err.contains("another port"), "{ended:?}");
}
