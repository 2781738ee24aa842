//! Clients that would take more than their share.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ddns_dns::Limits;

use crate::support::{A, TXT, World, ask_tcp, data, framed, query, read_message, serve, serve_with_limits};

const SHORT: Duration = Duration::from_millis(200);

fn world() -> World {
    let limits = Limits { connections: 6, per_address: 4, first: SHORT, idle: SHORT * 2, write: SHORT };
    serve_with_limits(&["127.0.0.1:0"], limits)
}

/// How long it took until the server closed; what was sent before is read over.
fn closed_after(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut buffer = [0; 65_536];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return start.elapsed(),
            Ok(_) => (),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return start.elapsed(),
            Err(error) => panic!("still open: {error}"),
        }
    }
}

fn check_time(taken: Duration, limit: Duration) {
    assert!(taken >= limit / 2 && taken < limit * 20, "{taken:?} for a limit of {limit:?}");
}

#[test]
fn a_client_that_says_nothing_is_closed() {
    check_time(closed_after(&mut world().connect()), SHORT);
}

#[test]
fn a_client_that_stops_within_a_message_is_closed() {
    let world = world();
    for len in [1, 2, 20] {
        let mut stream = world.connect();
        stream.write_all(&framed(&query(1, "home.dyn.example", A))[..len]).unwrap();
        check_time(closed_after(&mut stream), SHORT);
    }
}

#[test]
fn a_client_that_drips_is_closed() {
    let mut stream = world().connect();
    let start = Instant::now();
    for octet in framed(&query(1, "home.dyn.example", A)) {
        if stream.write_all(&[octet]).is_err() {
            break;
        }
        std::thread::sleep(SHORT / 10);
    }
    closed_after(&mut stream);
    assert!(start.elapsed() < SHORT * 20);
}

#[test]
fn a_client_that_has_no_more_questions_is_closed() {
    let world = world();
    let mut stream = world.connect();
    for number in 0..3 {
        stream.write_all(&framed(&query(number, "home.dyn.example", A))).unwrap();
        assert_eq!(data(&read_message(&mut stream)).len(), 1);
        std::thread::sleep(SHORT);
    }
    check_time(closed_after(&mut stream), SHORT * 2);
}

#[test]
fn lengths_that_no_question_has() {
    let world = serve(&["127.0.0.1:0"]);
    for length in [0u16, 1, 11, 4_097, 65_535] {
        let mut stream = world.connect();
        let mut octets = framed(&query(1, "home.dyn.example", A));
        octets.extend(length.to_be_bytes());
        stream.write_all(&octets).unwrap();
        assert_eq!(data(&read_message(&mut stream)).len(), 1, "what came before is answered");
        assert!(closed_after(&mut stream) < Duration::from_secs(2), "{length}");
    }
}

/// Questions for long answers, and no look at the answers.
#[test]
fn a_client_that_does_not_read_is_closed() {
    let world = world();
    let mut stream = world.connect();
    stream.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
    let questions = framed(&query(1, "text.dyn.example", TXT)).repeat(1_000);
    let start = Instant::now();
    while stream.write_all(&questions).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(20), "it takes everything");
    }
    assert_eq!(data(&ask_tcp(world.address(), &query(1, "home.dyn.example", A))).len(), 1);
}

#[test]
fn one_address_has_its_share_of_connections() {
    let limits = Limits { per_address: 4, ..Limits::default() };
    let world = serve_with_limits(&["127.0.0.1:0"], limits);
    let question = framed(&query(1, "home.dyn.example", A));
    let ask = |stream: &mut TcpStream| {
        stream.write_all(&question).unwrap();
        data(&read_message(stream)).len()
    };
    let mut open: Vec<TcpStream> = (0..4).map(|_| world.connect()).collect();
    assert!(open.iter_mut().all(|stream| ask(stream) == 1));
    assert!(closed_after(&mut world.connect()) < Duration::from_secs(2));
    assert!(open.iter_mut().all(|stream| ask(stream) == 1), "the others stay");

    // A place that was given back is given to the next.
    drop(open.pop());
    let again = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let mut stream = world.connect();
        stream.write_all(&question).is_ok() && matches!(stream.read(&mut [0; 2]), Ok(2))
    });
    assert!(again);
}

#[cfg(target_os = "linux")]
#[test]
fn all_addresses_together_have_theirs() {
    let limits = Limits { connections: 6, per_address: 4, ..Limits::default() };
    let world = serve_with_limits(&["127.0.0.1:0"], limits);
    let mut open = Vec::new();
    for ip in ["127.0.0.11", "127.0.0.12", "127.0.0.13"] {
        for _ in 0..2 {
            let mut stream = connect_from(ip, &world);
            stream.write_all(&framed(&query(1, "home.dyn.example", A))).unwrap();
            read_message(&mut stream);
            open.push(stream);
        }
    }
    assert!(closed_after(&mut connect_from("127.0.0.14", &world)) < Duration::from_secs(2));
}

#[cfg(target_os = "linux")]
fn connect_from(ip: &str, world: &World) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let from: std::net::SocketAddr = format!("{ip}:0").parse().unwrap();
    socket.bind(&from.into()).unwrap();
    socket.connect(&world.address().into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(crate::support::LONG)).unwrap();
    stream
}
