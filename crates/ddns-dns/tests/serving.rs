//! What clients get.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{Shutdown, SocketAddr};

use quinn_udp::{Transmit, UdpSocketState};

use crate::support::{
    A, AAAA, TXT, ask_tcp, ask_udp, data, framed, has_ipv6, id, is_truncated, query, read_message, receive, serve,
    udp_client,
};

fn both(server: SocketAddr, query: &[u8]) -> Vec<u8> {
    let reply = ask_udp(server, query);
    assert_eq!(reply, ask_tcp(server, query), "the same over UDP and TCP");
    reply
}

#[test]
fn the_same_over_udp_and_tcp_and_both_families() {
    let addresses = if has_ipv6() { vec!["127.0.0.1:0", "[::1]:0"] } else { vec!["127.0.0.1:0"] };
    let world = serve(&addresses);
    for server in world.server.local_addrs() {
        assert_eq!(data(&both(*server, &query(7, "home.dyn.example", A))), ["192.0.2.1"]);
        assert_eq!(data(&both(*server, &query(8, "home.dyn.example", AAAA))), ["2001:db8::1"]);
        assert_eq!(both(*server, &query(9, "nowhere.dyn.example", A))[3] & 15, 3);
        assert_eq!(both(*server, &query(9, "example.net", A))[3] & 15, 5);
    }
    world.server.stop();
}

#[test]
fn what_udp_cuts_tcp_has_whole() {
    let world = serve(&["127.0.0.1:0"]);
    let query = query(1, "text.dyn.example", TXT);
    let cut = ask_udp(world.address(), &query);
    assert!(is_truncated(&cut) && cut.len() <= 512 && data(&cut).is_empty());
    let whole = ask_tcp(world.address(), &query);
    assert!(!is_truncated(&whole) && whole.len() > 3_000);
    assert_eq!(data(&whole).len(), 1);
}

#[test]
fn a_change_is_seen_by_the_next_query() {
    let world = serve(&["127.0.0.1:0"]);
    let query = query(1, "home.dyn.example", A);
    let mut connection = world.connect();
    for number in 2..200 {
        let address = format!("192.0.2.{number}");
        world.move_host(&address);
        assert_eq!(data(&ask_udp(world.address(), &query)), [address.as_str()]);
        connection.write_all(&framed(&query)).unwrap();
        assert_eq!(data(&read_message(&mut connection)), [address.as_str()]);
    }
}

#[test]
fn a_burst_of_datagrams_is_answered_whole() {
    let world = serve(&["127.0.0.1:0"]);
    let socket = udp_client(world.address());
    let sent: BTreeSet<u16> = (0..100).collect();
    for number in &sent {
        socket.send(&query(*number, "home.dyn.example", A)).unwrap();
    }
    let received: BTreeSet<u16> = sent.iter().map(|_| id(&receive(&socket))).collect();
    assert_eq!(received, sent);
}

/// The kernel hands over datagrams of one client in one piece if they are of one size.
#[test]
fn datagrams_that_the_kernel_has_put_together_are_taken_apart() {
    let world = serve(&["127.0.0.1:0"]);
    let socket = udp_client(world.address());
    let state = UdpSocketState::new((&socket).into()).unwrap();
    let queries: Vec<Vec<u8>> = (0..10).map(|number| query(number, "home.dyn.example", A)).collect();
    let (contents, segment_size) = (queries.concat(), Some(queries[0].len()));
    let burst = Transmit { destination: world.address(), ecn: None, contents: &contents, segment_size, src_ip: None };
    socket.set_nonblocking(false).unwrap();
    if state.max_gso_segments() < queries.len() {
        return eprintln!("this kernel does not put datagrams together");
    }
    state.try_send((&socket).into(), &burst).unwrap();
    let received: BTreeSet<u16> = queries.iter().map(|_| id(&receive(&socket))).collect();
    assert_eq!(received.len(), queries.len());
}

#[test]
fn what_is_no_request_gets_no_answer_and_does_no_harm() {
    let world = serve(&["127.0.0.1:0"]);
    let socket = udp_client(world.address());
    let mut response = query(1, "home.dyn.example", A);
    response[2] |= 0x80;
    for datagram in [&[][..], &[0], &[0; 11], &response, &query(2, "home.dyn.example", A)] {
        socket.send(datagram).unwrap();
    }
    assert_eq!(id(&receive(&socket)), 2);
}

/// 127.0.0.2 is this machine as well, and a reply from 127.0.0.1 would not reach the connected socket.
#[cfg(target_os = "linux")]
#[test]
fn on_all_addresses_the_one_that_was_asked_replies() {
    let world = serve(&["0.0.0.0:0"]);
    let port = world.address().port();
    for ip in [[127, 0, 0, 1], [127, 0, 0, 2], [127, 1, 2, 3]] {
        let server = SocketAddr::from((ip, port));
        assert_eq!(data(&both(server, &query(1, "home.dyn.example", A))), ["192.0.2.1"]);
    }
}

#[test]
fn both_families_on_all_addresses_share_a_port() {
    if !has_ipv6() {
        return eprintln!("there is no IPv6 here");
    }
    let first = serve(&["0.0.0.0:0"]);
    let second = serve(&[&format!("[::]:{}", first.address().port())]);
    let server = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], second.address().port()));
    assert_eq!(data(&both(server, &query(1, "home.dyn.example", A))), ["192.0.2.1"]);
}

#[test]
fn pipelined_questions_are_answered_in_their_order() {
    let world = serve(&["127.0.0.1:0"]);
    let mut stream = world.connect();
    let questions: Vec<u8> = (0..1_000).flat_map(|number| framed(&query(number, "home.dyn.example", A))).collect();
    let mut writer = stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || {
        writer.write_all(&questions).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    for number in 0..1_000 {
        let reply = read_message(&mut stream);
        assert_eq!((id(&reply), data(&reply)), (number, vec!["192.0.2.1".to_owned()]));
    }
    writing.join().unwrap();
}

#[test]
fn a_message_may_come_octet_by_octet() {
    let world = serve(&["127.0.0.1:0"]);
    let mut stream = world.connect();
    stream.set_nodelay(true).unwrap();
    for octet in framed(&query(1, "home.dyn.example", A)) {
        stream.write_all(&[octet]).unwrap();
    }
    assert_eq!(data(&read_message(&mut stream)), ["192.0.2.1"]);
}
