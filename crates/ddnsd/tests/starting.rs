//! Starting: where it serves, what it says, and why it may not.

use std::net::{SocketAddr, TcpListener, UdpSocket};

use crate::work::{ANY, Work, get, resolve};

#[test]
fn it_serves_where_it_says() {
    let work = Work::new();
    let server = work.serve(&["--http", "127.0.0.1:0", "--http", "[::1]:0", "--dns", "127.0.0.1:0"]);
    assert_eq!((get(server.http[0], "/healthz", "").0, get(server.http[0], "/readyz", "").0), (200, 200));
    assert_eq!(resolve(server.dns[0], "example.org").0, 5, "outside of our zones: REFUSED");
    assert!(work.path("ddns-data").is_dir(), "the default is below the present directory");
}

#[test]
fn an_empty_directory_is_told_what_comes_next() {
    let work = Work::new();
    let ended = work.serve(&ANY).stop();
    for word in ["ddns --data './ddns-data' account add", "domain add", "token create", "ns1.<zone> has no address"] {
        assert!(ended.err.contains(word), "{word}: {ended:?}");
    }
}

#[test]
fn a_furnished_directory_is_not_greeted() {
    let work = Work::new();
    let data = work.path("data");
    let ddns = |args: &[&str]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = [&["ddns", "--data", data.to_str().unwrap()], args].concat();
        let code = ddns_cli::run(args, &mut &b"a long password"[..], &mut out, &mut err);
        assert_eq!(code, ddns_cli::ExitCode::Done, "{}", String::from_utf8_lossy(&err));
    };
    ddns(&["domain", "add", "dyn.example", "--shared"]);
    ddns(&["server", "add", "ns1.dyn.example", "--ip", "192.0.2.53"]);
    let server = work.serve(&[&["--data", data.to_str().unwrap()], &ANY[..]].concat());
    assert_eq!(resolve(server.dns[0], "ns1.dyn.example"), (0, Some([192, 0, 2, 53])));
    ddns(&["account", "add", "joe", "--password-stdin"]);
    ddns(&["host", "add", "home.dyn.example", "--owner", "joe", "--ip", "192.0.2.7"]);
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(resolve(server.dns[0], "home.dyn.example"), (0, Some([192, 0, 2, 7])), "seen within 100 ms");
    let ended = server.stop();
    assert!(!ended.err.contains("account add") && !ended.err.contains("has no address"), "{ended:?}");
}

#[test]
fn a_directory_is_served_once() {
    let work = Work::new();
    let first = work.serve(&ANY);
    let second = work.ends(&ANY);
    assert_eq!((second.code, second.out.as_str()), (Some(5), ""));
    assert!(second.err.contains("already being served"), "{second:?}");
    assert_eq!(get(first.http[0], "/readyz", "").0, 200);
    first.stop();
    work.serve(&ANY);
}

#[test]
fn a_taken_port_is_told() {
    let work = Work::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = work.ends(&["--http", &address, "--dns", "127.0.0.1:0"]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.err.contains(&address) && ended.err.contains("another port"), "{ended:?}");
    let ended = work.ends(&["--http", "127.0.0.1:0", "--dns", &address]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.err.contains(&address), "{ended:?}");
    let udp =
        UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().map(|address: SocketAddr| address.to_string()).unwrap();
    work.serve(&["--http", "127.0.0.1:0", "--dns", &udp]);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let work = Work::new();
    std::fs::create_dir(work.path("ddns-data")).unwrap();
    let file = work.path("ddns-data").join(ddns_store::DATABASE);
    std::fs::write(&file, "this is no database, but a letter that somebody wrote to somebody else").unwrap();
    let ended = work.ends(&ANY);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.err.contains("left as it is"), "{ended:?}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is no database"));
}
