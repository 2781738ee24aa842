//! Taking the ports.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::num::NonZero;

use socket2::{Domain, Socket, Type};

/// Bound sockets, one TCP listener and some UDP sockets for each address.
pub struct Sockets(pub(crate) Vec<Endpoint>);

/// What listens on one address.
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    pub(crate) tcp: TcpListener,
    /// One for each worker thread; the kernel spreads clients over them.
    pub(crate) udp: Vec<UdpSocket>,
}

/// Takes the same port for UDP and TCP on each address. Port 0 takes one that is free for both.
///
/// `[::]` is IPv6 alone (IPV6_V6ONLY); name `0.0.0.0` beside it for IPv4.
///
/// # Errors
/// [`BindError`], for the first address that cannot be had.
pub fn bind(addresses: &[SocketAddr]) -> Result<Sockets, BindError> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    addresses.iter().map(|address| endpoint(*address, workers)).collect::<Result<_, _>>().map(Sockets)
}

impl Sockets {
    /// The addresses with the ports that were taken, in the order in which they were asked for.
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.0.iter().map(|endpoint| endpoint.address).collect()
    }
}

/// A port chosen by the kernel is free for TCP; another program may have it for UDP.
fn endpoint(address: SocketAddr, workers: usize) -> Result<Endpoint, BindError> {
    let mut attempts = 0..PORT_ATTEMPTS;
    loop {
        let tcp = bind_tcp(address)?;
        let bound = tcp.local_addr().map_err(|error| BindError::new(address, Protocol::Tcp, error))?;
        match bind_udp_all(bound, workers) {
            Err(BindError::Taken { .. }) if address.port() == 0 && attempts.next().is_some() => (),
            udp => return Ok(Endpoint { address: bound, tcp, udp: udp? }),
        }
    }
}

const PORT_ATTEMPTS: u32 = 32;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;

/// What a socket holds while its thread answers a batch; the kernel may give less.
const RECEIVE_BUFFER: usize = 1 << 20;

/// SO_REUSEADDR lets a restarted server have its port while old connections fade away; two servers cannot share it.
fn bind_tcp(address: SocketAddr) -> Result<TcpListener, BindError> {
    let listen = || {
        let socket = socket(address, Type::STREAM)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    listen().map_err(|error| BindError::new(address, Protocol::Tcp, error))
}

/// SO_REUSEPORT would share a port with a stranger that has set it as well, so one socket without it asks first.
fn bind_udp_all(address: SocketAddr, workers: usize) -> Result<Vec<UdpSocket>, BindError> {
    let bound = || {
        bind_udp(address, false)?;
        (0..workers).map(|_| bind_udp(address, true)).collect::<io::Result<_>>()
    };
    bound().map_err(|error| BindError::new(address, Protocol::Udp, error))
}

fn bind_udp(address: SocketAddr, shared: bool) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM)?;
    socket.set_reuse_port(shared)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// UDP or TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// Connections.
    Tcp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Udp => "UDP",
            Protocol::Tcp => "TCP",
        })
    }
}

/// Why DNS cannot listen, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A port belongs to one program at a time.
    #[error(
        "DNS cannot listen on {address}: another program has port {} ({protocol}); stop that program (`ss -tulpn` \
         names it), choose another port, or name single addresses instead of all",
        address.port()
    )]
    Taken {
        /// What was asked for.
        address: SocketAddr,
        /// Over which protocol it is taken.
        protocol: Protocol,
    },
    /// Ports below 1024 need a privilege.
    #[error(
        "DNS cannot listen on {address}: port {} needs privileges; give the program the capability \
         CAP_NET_BIND_SERVICE, or choose a port from 1024 upwards",
        address.port()
    )]
    Privileges {
        /// What was asked for.
        address: SocketAddr,
    },
    /// An address belongs to this machine.
    #[error(
        "DNS cannot listen on {address}: {} is no address of this machine; choose one that `ip address` shows, or \
         0.0.0.0 and [::] for all",
        address.ip()
    )]
    NotOurs {
        /// What was asked for.
        address: SocketAddr,
    },
    /// Anything else the system says.
    #[error("DNS cannot listen on {address} ({protocol}): {source}")]
    Other {
        /// What was asked for.
        address: SocketAddr,
        /// Over which protocol.
        protocol: Protocol,
        /// What the system says.
        source: io::Error,
    },
}

impl BindError {
    fn new(address: SocketAddr, protocol: Protocol, source: io::Error) -> BindError {
        match source.kind() {
            io::ErrorKind::AddrInUse => BindError::Taken { address, protocol },
            io::ErrorKind::PermissionDenied => BindError::Privileges { address },
            io::ErrorKind::AddrNotAvailable => BindError::NotOurs { address },
            _ => BindError::Other { address, protocol, source },
        }
    }
}
