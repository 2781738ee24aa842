//! The end.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use ddns_dns::bind;

use crate::support::{A, ask_tcp, ask_udp, data, framed, query, read_message, receive, serve, udp_client};

#[test]
fn threads_end_and_ports_are_free() {
    let world = serve(&["127.0.0.1:0"]);
    let address = world.address();
    assert_eq!(data(&ask_udp(address, &query(1, "home.dyn.example", A))).len(), 1);
    let start = Instant::now();
    world.server.stop();
    assert!(start.elapsed() < Duration::from_millis(500));
    assert!(TcpStream::connect(address).is_err());
    assert!(UdpSocket::bind(address).is_ok());
    assert!(bind(&[address]).is_ok());
}

#[test]
fn clients_that_are_connected_are_closed() {
    let world = serve(&["127.0.0.1:0"]);
    let mut waiting = world.connect();
    waiting.write_all(&framed(&query(1, "home.dyn.example", A))).unwrap();
    assert_eq!(data(&read_message(&mut waiting)).len(), 1);
    let mut halfway = world.connect();
    halfway.write_all(&[0, 40, 1, 2, 3]).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let start = Instant::now();
    world.server.stop();
    assert!(start.elapsed() < Duration::from_millis(500));
    for stream in [&mut waiting, &mut halfway] {
        assert!(matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_)));
    }
}

#[test]
fn a_client_that_never_pauses_is_cut() {
    let world = serve(&["127.0.0.1:0"]);
    let mut stream = world.connect();
    let mut reader = stream.try_clone().unwrap();
    let reading = std::thread::spawn(move || while matches!(reader.read(&mut [0; 65_536]), Ok(1..)) {});
    let questions = framed(&query(1, "home.dyn.example", A)).repeat(100);
    let writing = std::thread::spawn(move || while stream.write_all(&questions).is_ok() {});
    std::thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    world.server.stop();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    writing.join().unwrap();
    reading.join().unwrap();
}

#[test]
fn what_has_arrived_is_answered() {
    let world = serve(&["127.0.0.1:0"]);
    let socket = udp_client(world.address());
    for number in 0..20 {
        socket.send(&query(number, "home.dyn.example", A)).unwrap();
    }
    world.server.stop();
    (0..20).for_each(|_| drop(receive(&socket)));
}

/// The service's end does not end DNS: it answers from the last state.
#[test]
fn a_stopped_service_is_served_on() {
    let world = serve(&["127.0.0.1:0"]);
    world.service.stop();
    assert_eq!(data(&ask_udp(world.address(), &query(1, "home.dyn.example", A))), ["192.0.2.1"]);
    assert_eq!(data(&ask_tcp(world.address(), &query(1, "home.dyn.example", A))), ["192.0.2.1"]);
}
