//! Stopping: by signals, quickly, and with nothing left behind.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::work::{ANY, Work, get};

#[test]
fn a_signal_stops_it_quickly() {
    let work = Work::new();
    for signal in [Signal::TERM, Signal::INT] {
        let server = work.serve(&ANY);
        get(server.http[0], "/healthz", "");
        let begun = Instant::now();
        server.signal(signal);
        let ended = server.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert!(ended.err.contains("stopped"), "{ended:?}");
    }
}

#[test]
fn a_second_signal_does_not_wait_for_a_slow_caller() {
    let work = Work::new();
    let server = work.serve(&ANY);
    let mut slow = TcpStream::connect(server.http[0]).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: a").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    server.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(100));
    server.signal(Signal::TERM);
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn a_killed_server_leaves_a_directory_that_starts_again() {
    let work = Work::new();
    let server = work.serve(&ANY);
    server.signal(Signal::KILL);
    assert_eq!(server.end().code, None);
    assert_eq!(work.serve(&ANY).stop().code, Some(0));
}
