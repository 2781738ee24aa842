//! The configuration: the file, the environment and the options, and who wins.

use crate::work::{ANY, Server, Work, ended, get};

#[test]
fn an_unknown_key_is_an_error_that_names_its_line() {
    let work = Work::new();
    let file = work.file("# the ports\nhttp = [\"127.0.0.1:0\"]\nhtpp = [\"127.0.0.1:0\"]\n");
    let ended = work.ends(&["--config", &file]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("line 3") && ended.err.contains("htpp") && ended.err.contains(&file), "{ended:?}");
}

#[test]
fn a_wrong_value_is_an_error_that_names_its_line() {
    let work = Work::new();
    for (text, word) in [
        ("data = 'd'\nhttp = ['localhost']\n", "line 2"),
        ("\n\nreservation_days = -1\n", "line 3"),
        ("public_addresses_only = 'yes'\n", "line 1"),
        ("log_format = 'xml'\n", "line 1"),
        ("dns = [\n", "line 1"),
        ("trusted_proxies = [\n'127.0.0.1', 'localhost'\n]\n", "a network is an address with a length, such as"),
        ("log_level = 'a=b=c'\n", "log_level"),
    ] {
        let ended = work.ends(&["--config", &work.file(text)]);
        assert_eq!(ended.code, Some(2), "{text}: {ended:?}");
        assert!(ended.err.contains(word), "{text}: {ended:?}");
    }
    let ended = work.ends(&["--config", "nowhere.toml"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("nowhere.toml"), "{ended:?}");
    assert!(!work.path("ddns-data").exists());
}

#[test]
fn wrong_usage_and_help() {
    let work = Work::new();
    for args in [&["--http", "localhost"][..], &["--frobnicate"], &["frobnicate"], &["demo", "--data", "x"]] {
        let ended = work.ends(args);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{args:?}: {ended:?}");
    }
    let help = work.ends(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    assert!(help.out.contains("DDNSD_TRUSTED_PROXIES") && help.out.contains("Exit codes"), "{help:?}");
}

#[test]
fn an_option_wins_over_the_environment_and_that_over_the_file() {
    let work = Work::new();
    let file = work.file("http = ['127.0.0.2:0', '127.0.0.5:0']\ndns = ['127.0.0.2:0']\ndata = 'from-file'\n");
    let ip = |server: &Server| (server.http[0].ip().to_string(), server.dns[0].ip().to_string());
    let with = |env: &[(&str, &str)], args: &[&str]| {
        let mut command = work.command(args);
        command.envs(env.iter().copied()).env("DDNSD_CONFIG", &file);
        Server::of(command)
    };
    assert_eq!(ip(&with(&[], &[])), ("127.0.0.2".to_owned(), "127.0.0.2".to_owned()));
    assert!(work.path("from-file").is_dir());
    let env = [("DDNSD_HTTP", "127.0.0.3:0,127.0.0.4:0"), ("DDNSD_DATA", "from-env")];
    let server = with(&env, &[]);
    assert_eq!((server.http.len(), ip(&server)), (2, ("127.0.0.3".to_owned(), "127.0.0.2".to_owned())));
    drop(server);
    assert!(work.path("from-env").is_dir());
    let server = with(&env, &["--http", "127.0.0.6:0"]);
    assert_eq!((server.http.len(), ip(&server)), (1, ("127.0.0.6".to_owned(), "127.0.0.2".to_owned())));
}

/// Whichever way it is named: by its address, or by a network that it is in.
#[test]
fn a_proxy_is_trusted_by_its_address() {
    let work = Work::new();
    let seen = |env: &[(&str, &str)], args: &[&str]| {
        let mut command = work.command(&[&ANY, args].concat());
        command.envs(env.iter().copied());
        get(Server::of(command).http[0], "/myip", "X-Forwarded-For: 198.51.100.4\r\n")
    };
    let trusted = (200, "198.51.100.4".to_owned());
    assert_eq!(seen(&[], &["--trusted-proxies", "127.0.0.1"]), trusted);
    assert_eq!(seen(&[], &["--trusted-proxies", "::1,127.0.0.1"]), trusted);
    assert_eq!(seen(&[], &["--trusted-proxies", "127.0.0.0/8"]), trusted);
    assert_eq!(seen(&[("DDNSD_TRUSTED_PROXIES", "127.0.0.1,::1")], &[]), trusted);
    assert_eq!(seen(&[], &["--config", &work.file("trusted_proxies = ['127.0.0.1']\n")]), trusted);
    assert_eq!(seen(&[], &["--trusted-proxies", "127.0.0.2"]), (200, "127.0.0.1".to_owned()));
    let ended = work.ends(&["--trusted-proxies", "localhost"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("a network is an address with a length, such as 192.0.2.0/24"), "{ended:?}");
}

#[test]
fn settings_go_into_the_data_once_and_stay() {
    let work = Work::new();
    let log = || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let data = work.path("ddns-data");
        let args = ["ddns", "--data", data.to_str().unwrap(), "log"];
        ddns_cli::run(args, &mut std::io::empty(), &mut out, &mut err);
        String::from_utf8(out).unwrap()
    };
    let set = ["--ns-addresses", "192.0.2.53", "--reservation-days", "0", "--public-addresses-only", "true"];
    let ended = work.serve(&[&set[..], &ANY].concat()).stop();
    assert!(!ended.err.contains("has no address"), "{ended:?}");
    let first = log();
    assert!(first.contains("reservation_days 30 -> 0") && first.contains("192.0.2.53"), "{first}");
    work.serve(&[&set[..], &ANY].concat()).stop();
    work.serve(&ANY).stop();
    assert_eq!(log(), first, "the same again, or nothing, changes nothing");
}

#[test]
fn logs_are_json_where_that_is_asked_for() {
    let work = Work::new();
    let ended = work.serve(&[&["--log-format", "json"], &ANY[..]].concat()).stop();
    assert!(ended.err.lines().count() > 2, "{ended:?}");
    for line in ended.err.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
    let mut command = work.command(&["--log-level", "nonsense=wrong"]);
    command.env("DDNSD_LOG_FORMAT", "json");
    assert_eq!(ended_code(command), Some(2));
}

fn ended_code(command: std::process::Command) -> Option<i32> {
    ended(command).code
}
