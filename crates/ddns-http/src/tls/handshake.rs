//! From an accepted connection on a TLS port to one that speaks HTTP: within a bound of time, and not too many at once.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_server::GracefulShutdownSignal;
use ddns_core::policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Certificate;

/// How long a caller that took the port for plain HTTP may take to read that it is not.
const FAREWELL: Duration = Duration::from_secs(1);

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
        let mut place = self.half_open.enter();
        tokio::select! {
            opened = timeout(policy::TLS_HANDSHAKE, self.shake_hands(stream)) => opened?,
            () = place.lost() => Err(io::Error::other("too many handshakes are under way")),
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
    let _gone_or_slow = timeout(FAREWELL, read).await;
    Err(io::Error::other("plain HTTP at a TLS port"))
}

/// The handshakes that are under way, over all TLS ports. One too many takes the place of the one that has waited longest:
/// whoever means it is done in a moment, so that callers who never finish push out only each other.
#[derive(Clone, Default)]
pub(crate) struct HalfOpen(Arc<Mutex<Places>>);

#[derive(Default)]
struct Places {
    next: u64,
    taken: BTreeMap<u64, oneshot::Sender<()>>,
}

impl HalfOpen {
    fn enter(&self) -> Place {
        let (keep, kept) = oneshot::channel();
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.taken.len() >= policy::TLS_HANDSHAKES {
            places.taken.pop_first();
        }
        let number = places.next;
        places.next = number.wrapping_add(1);
        places.taken.insert(number, keep);
        Place { number, kept, half_open: self.clone() }
    }
}

/// One handshake's place.
struct Place {
    number: u64,
    kept: oneshot::Receiver<()>,
    half_open: HalfOpen,
}

impl Place {
    /// Waits until another has taken this place.
    async fn lost(&mut self) {
        let _dropped = (&mut self.kept).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.half_open.0.lock().unwrap_or_else(PoisonError::into_inner).taken.remove(&self.number);
    }
}
