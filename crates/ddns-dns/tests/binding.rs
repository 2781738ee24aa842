//! Ports, and the words when there is none.

use std::net::{SocketAddr, TcpListener, UdpSocket};

use ddns_dns::{BindError, Protocol, Sockets, bind};

use crate::support::has_ipv6;

fn at(address: &str) -> Result<Sockets, BindError> {
    bind(&[address.parse().unwrap()])
}

fn error(address: &str) -> BindError {
    match at(address) {
        Ok(_) => panic!("{address} was free"),
        Err(error) => error,
    }
}

#[test]
fn port_0_is_the_same_port_for_both() {
    for _ in 0..20 {
        let sockets = at("127.0.0.1:0").unwrap();
        let address = sockets.local_addrs()[0];
        assert_ne!(address.port(), 0);
        assert!(TcpListener::bind(address).is_err() && UdpSocket::bind(address).is_err());
    }
}

#[test]
fn a_port_that_is_taken() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let error_text = error(&address.to_string()).to_string();
    let port = address.port();
    let words = format!("DNS cannot listen on {address}: another program has port {port} (TCP); stop that program");
    assert!(error_text.starts_with(&words), "{error_text}");

    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = udp.local_addr().unwrap().to_string();
    assert!(matches!(error(&address), BindError::Taken { protocol: Protocol::Udp, .. }));
}

/// Another program with SO_REUSEPORT would get a part of our queries.
#[test]
fn a_port_that_somebody_shares() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    socket.set_reuse_port(true).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap().to_string();
    assert!(matches!(error(&address), BindError::Taken { protocol: Protocol::Udp, .. }));
}

#[test]
fn a_server_that_runs_already() {
    let first = at("127.0.0.1:0").unwrap();
    let address = first.local_addrs()[0].to_string();
    assert!(matches!(error(&address), BindError::Taken { protocol: Protocol::Tcp, .. }));
    drop(first);
    assert!(at(&address).is_ok());
}

#[test]
fn an_address_of_another_machine() {
    let error = error("192.0.2.1:0");
    assert!(matches!(error, BindError::NotOurs { .. }));
    assert!(error.to_string().contains("192.0.2.1 is no address of this machine; choose one"), "{error}");
}

#[test]
fn a_port_that_needs_privileges() {
    let error = BindError::Privileges { address: "127.0.0.1:53".parse().unwrap() };
    let words = "DNS cannot listen on 127.0.0.1:53: port 53 needs privileges; give the program the capability \
                 CAP_NET_BIND_SERVICE, or choose a port from 1024 upwards";
    assert_eq!(error.to_string(), words);
}

#[test]
fn ipv6_leaves_ipv4_alone() {
    if !has_ipv6() {
        return eprintln!("there is no IPv6 here");
    }
    let ipv6 = at("[::]:0").unwrap();
    let ipv4 = SocketAddr::from(([127, 0, 0, 1], ipv6.local_addrs()[0].port()));
    assert!(UdpSocket::bind(ipv4).is_ok());
}
