//! Sockets, bound before anything is served, with words for the person whose port is taken.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::tls::Certificate;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1_024;

/// Takes every address, or none, for plain HTTP; [`Listeners::and_tls`] takes others for HTTPS.
///
/// Port 0 takes a free port; [`Listeners::local_addrs`] tells which. An IPv6 address takes IPv6 only, so that `0.0.0.0`
/// and `[::]` can stand side by side.
///
/// # Errors
/// [`BindError`] for the first address that cannot be taken, in words that say what to do.
pub fn bind(addresses: &[SocketAddr]) -> Result<Listeners, BindError> {
    Ok(Listeners { plain: bind_all(addresses)?, tls: Vec::new() })
}

/// Bound sockets that nobody answers on yet.
#[derive(Debug)]
pub struct Listeners {
    pub(crate) plain: Vec<Bound>,
    pub(crate) tls: Vec<(Bound, Certificate)>,
}

/// A bound socket.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) address: SocketAddr,
    pub(crate) listener: TcpListener,
}

impl Listeners {
    /// Takes these addresses, too, for HTTP over TLS with this certificate: every address, or none.
    ///
    /// # Errors
    /// As [`bind`].
    pub fn and_tls(mut self, addresses: &[SocketAddr], certificate: &Certificate) -> Result<Listeners, BindError> {
        self.tls.extend(bind_all(addresses)?.into_iter().map(|bound| (bound, certificate.clone())));
        Ok(self)
    }

    /// The addresses of plain HTTP, in the order in which they were asked for, with the ports that were taken.
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.plain.iter().map(|bound| bound.address).collect()
    }

    /// Likewise those of HTTP over TLS.
    pub fn tls_addrs(&self) -> Vec<SocketAddr> {
        self.tls.iter().map(|(bound, _)| bound.address).collect()
    }
}

fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<Bound>, BindError> {
    let bind_one = |address: &SocketAddr| listen(*address).map_err(|error| BindError::new(*address, error));
    addresses.iter().map(bind_one).collect()
}

fn listen(address: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?; // A restart need not wait until the last run's connections are forgotten.
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = TcpListener::from(socket);
    Ok(Bound { address: listener.local_addr()?, listener })
}

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// One address and port belong to one program.
    #[error("cannot serve HTTP on {address}: another program already listens there; stop it or choose another port")]
    Taken {
        /// Which.
        address: SocketAddr,
    },
    /// The address must be one of this machine.
    #[error(
        "cannot serve HTTP on {address}: this machine does not have that address; choose one that it has, or 0.0.0.0 or [::] for all"
    )]
    NotHere {
        /// Which.
        address: SocketAddr,
    },
    /// Ports below 1024 need a privilege.
    #[error("cannot serve HTTP on {address}: no permission; choose a port above 1023, or grant CAP_NET_BIND_SERVICE")]
    Forbidden {
        /// Which.
        address: SocketAddr,
    },
    /// The operating system refuses for another reason.
    #[error("cannot serve HTTP on {address}: {source}")]
    Other {
        /// Which.
        address: SocketAddr,
        /// Its reason.
        source: io::Error,
    },
}

impl BindError {
    fn new(address: SocketAddr, source: io::Error) -> BindError {
        match source.kind() {
            io::ErrorKind::AddrInUse => BindError::Taken { address },
            io::ErrorKind::AddrNotAvailable => BindError::NotHere { address },
            io::ErrorKind::PermissionDenied => BindError::Forbidden { address },
            _ => BindError::Other { address, source },
        }
    }
}
