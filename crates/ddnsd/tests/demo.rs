//! `ddnsd demo`: the lines that it prints, pasted.

use std::process::Command;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::work::{ANY, Server, Work, get, resolve};

/// The printed lines that begin with `curl` and `dig`.
fn lines(server: &mut Server) -> (String, String) {
    let mut found = (String::new(), String::new());
    while found.0.is_empty() || found.1.is_empty() {
        let line = server.line();
        let line = line.trim_start();
        if line.starts_with("curl ") {
            found.0 = line.to_owned();
        } else if line.starts_with("dig ") {
            found.1 = line.to_owned();
        }
    }
    found
}

#[test]
fn the_printed_lines_do_what_they_say() {
    let work = Work::new();
    let mut server = work.serve(&[&["demo"], &ANY[..]].concat());
    let (curl, dig) = lines(&mut server);
    let credentials = curl.split(' ').nth(2).unwrap();
    let url = curl.rsplit(' ').next().unwrap().trim_matches('\'');
    let path = url.strip_prefix(&format!("http://{}", server.http[0])).expect("the port that was taken");
    let basic = format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode(credentials));
    assert_eq!(get(server.http[0], path, &basic), (200, "good 192.0.2.1".to_owned()));
    assert_eq!(get(server.http[0], path, &basic), (200, "nochg 192.0.2.1".to_owned()));
    assert_eq!(dig, format!("dig +short @127.0.0.1 -p {} home.dyn.example", server.dns[0].port()));
    assert_eq!(resolve(server.dns[0], "home.dyn.example"), (0, Some([192, 0, 2, 1])));
}

#[test]
fn the_printed_lines_can_be_pasted() {
    let found =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    let work = Work::new();
    let mut server = work.serve(&[&["demo"], &ANY[..]].concat());
    let (curl, dig) = lines(&mut server);
    let paste = |line: &str| String::from_utf8(Command::new("sh").args(["-c", line]).output().unwrap().stdout).unwrap();
    if found("curl") {
        assert_eq!(paste(&curl).trim(), "good 192.0.2.1", "{curl}");
        if Command::new("dig").arg("-v").output().is_ok() {
            assert_eq!(paste(&dig).trim(), "192.0.2.1", "{dig}");
        }
    }
}

#[test]
fn nothing_is_left_behind() {
    let work = Work::new();
    let ended = work.serve(&[&["demo"], &ANY[..]].concat()).stop();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(std::fs::read_dir(work.path("")).unwrap().count(), 0);
}

#[test]
fn a_taken_port_is_told_and_nothing_is_left_behind() {
    let work = Work::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = work.ends(&["demo", "--http", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(std::fs::read_dir(work.path("")).unwrap().count(), 0);
}
