//! From an accepted connection on a TLS port to one that speaks HTTP: within a bound of time, and not too many at once.

use std::io;
use std::time::Instant;

use actix_server::GracefulShutdownSignal;
use ddns_core::policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Certificate;
use super::half_open::HalfOpen;

/// What a caller reads that speaks plain HTTP here.
const NOT_PLAIN: &str = "This port speaks HTTPS: the URL must begin with https://\n";

/// The door of a TLS port.
#[derive(Clone)]
pub(crate) struct Door {
    certificate: Certificate,
    half_open: HalfOpen,
    stopping: GracefulShutdownSignal,
}

impl Door {
    pub(crate) fn new(certificate: Certificate, half_open: HalfOpen, stopping: GracefulShutdownSignal) -> Door {
        Door { certificate, half_open, stopping }
    }

    /// The connection once its handshake is done, with the certificate of this moment.
    pub(crate) async fn open(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let opened = self.open_in_time(stream).await;
        opened.inspect_err(|error| tracing::debug!(%error, "a TLS handshake came to nothing"))
    }

    async fn open_in_time(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let crowded = || io::Error::other("too many handshakes are under way");
        let mut place = self.half_open.enter(stream.peer_addr()?.ip(), Instant::now()).ok_or_else(crowded)?;
        tokio::select! {
            opened = timeout(policy::TLS_HANDSHAKE, self.shake_hands(stream)) => opened?,
            () = place.lost() => Err(crowded()),
            () = self.stopping.notified() => Err(io::Error::other("the server stops")),
        }
    }

    async fn shake_hands(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut first = [0];
        stream.peek(&mut first).await?;
        if first.iter().all(u8::is_ascii_alphabetic) {
            return refuse(stream).await; // No TLS record begins with a letter (RFC 8446, section 5.1).
        }
        TlsAcceptor::from(self.certificate.config()).accept(stream).await
    }
}

/// Tells a caller in plain HTTP that it is at the wrong port, and reads on for a moment: closing over unread octets would
/// take the answer away from it.
async fn refuse<T>(mut stream: TcpStream) -> io::Result<T> {
    let head =
        format!("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n", NOT_PLAIN.len());
    stream.write_all(format!("{head}Connection: close\r\n\r\n{NOT_PLAIN}").as_bytes()).await?;
    stream.shutdown().await?;
    let mut octets = [0; 1_024];
    let read = async { while stream.read(&mut octets).await.is_ok_and(|read| read > 0) {} };
    let _gone_or_slow = timeout(policy::TLS_FAREWELL, read).await;
    Err(io::Error::other("plain HTTP at a TLS port"))
}
