//! A service in memory, a server on port 0, and clients.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use ddns_core::*;
use ddns_dns::{Limits, Server, bind, serve_with};
use ddns_service::{Options, Origin, Request, Service};
use ddns_store::MemoryStore;
use domain::base::{Message, ParsedName};
use domain::rdata::AllRecordData;

pub(crate) const A: u16 = 1;
pub(crate) const TXT: u16 = 16;
pub(crate) const AAAA: u16 = 28;

/// A client that waits longer than this has waited in vain.
pub(crate) const LONG: Duration = Duration::from_secs(5);

/// A server of `dyn.example` and the service under it.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) server: Server,
}

pub(crate) fn serve(addresses: &[&str]) -> World {
    serve_with_limits(addresses, Limits::default())
}

pub(crate) fn serve_with_limits(addresses: &[&str], limits: Limits) -> World {
    let addresses: Vec<SocketAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let service = service();
    let server = serve_with(bind(&addresses).unwrap(), service.clone(), limits).unwrap();
    World { service, server }
}

/// One host, `home.dyn.example`, at 192.0.2.1 and 2001:db8::1, and a text of 3,000 octets at `text.dyn.example`.
pub(crate) fn service() -> Service {
    let service = Service::start(Box::new(MemoryStore::new()), Options::default()).unwrap();
    let domain = NewDomain {
        id: ddns_service::fresh::uuid(),
        name: "dyn.example".parse().unwrap(),
        owner: None,
        shared: true,
        email: None,
        ttl: None,
        description: None,
    };
    run(&service, Command::AddDomain(domain));
    let account = NewAccount {
        id: ddns_service::fresh::uuid(),
        login: "joe".parse().unwrap(),
        state: AccountState::Active,
        role: Role::User,
        max_hosts: 5,
        max_domains: 0,
        language: Default::default(),
        password: None,
    };
    let Receipt::Account(joe) = run(&service, Command::AddAccount(account)) else { panic!("an account") };
    let host = NewHost {
        name: "home.dyn.example".parse().unwrap(),
        owner: joe.number,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    run(&service, Command::AddHost(host));
    ["192.0.2.1", "2001:db8::1"].into_iter().for_each(|address| move_host(&service, address));
    let record = NewRecord {
        id: ddns_service::fresh::uuid(),
        name: "text.dyn.example".parse().unwrap(),
        data: RecordData::parse(RecordType::TXT, &"x".repeat(3_000)).unwrap(),
        ttl: None,
        description: None,
        domain: None,
        narrow: false,
    };
    run(&service, Command::AddRecord(record));
    service
}

fn move_host(service: &Service, address: &str) {
    let edit = HostEdit::default().with_address(address.parse().unwrap());
    let hosts = vec!["home.dyn.example".parse().unwrap()];
    run(service, Command::SetHosts { hosts, edit, together: Together::Each });
}

fn run(service: &Service, command: Command) -> Receipt {
    service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap().receipt
}

impl World {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addrs()[0]
    }

    pub(crate) fn move_host(&self, address: &str) {
        move_host(&self.service, address);
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address())
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

pub(crate) fn query(id: u16, name: &str, record_type: u16) -> Vec<u8> {
    let mut octets: Vec<u8> = [id, 0x0100, 1, 0, 0, 0].into_iter().flat_map(u16::to_be_bytes).collect();
    for label in name.split('.') {
        octets.push(u8::try_from(label.len()).unwrap());
        octets.extend(label.as_bytes());
    }
    octets.push(0);
    octets.extend([record_type, 1].into_iter().flat_map(u16::to_be_bytes));
    octets
}

pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

pub(crate) fn udp_client(server: SocketAddr) -> UdpSocket {
    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    socket.connect(server).unwrap();
    socket
}

pub(crate) fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2_048];
    let len = socket.recv(&mut buffer).unwrap();
    buffer[..len].to_vec()
}

pub(crate) fn ask_udp(server: SocketAddr, query: &[u8]) -> Vec<u8> {
    let socket = udp_client(server);
    socket.send(query).unwrap();
    receive(&socket)
}

pub(crate) fn ask_tcp(server: SocketAddr, query: &[u8]) -> Vec<u8> {
    let mut stream = connect(server);
    stream.write_all(&framed(query)).unwrap();
    read_message(&mut stream)
}

pub(crate) fn read_message(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message).unwrap();
    message
}

/// The answer section's data, as text.
pub(crate) fn data(reply: &[u8]) -> Vec<String> {
    let message = Message::from_octets(reply).unwrap();
    let records = message.answer().unwrap().limit_to::<AllRecordData<&[u8], ParsedName<&[u8]>>>();
    records.map(|record| record.unwrap().data().to_string()).collect()
}

pub(crate) fn id(reply: &[u8]) -> u16 {
    u16::from_be_bytes([reply[0], reply[1]])
}

pub(crate) fn is_truncated(reply: &[u8]) -> bool {
    Message::from_octets(reply).unwrap().header().tc()
}

/// `::1` is missing where IPv6 is switched off.
pub(crate) fn has_ipv6() -> bool {
    UdpSocket::bind("[::1]:0").is_ok()
}
