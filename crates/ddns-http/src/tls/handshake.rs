//! From an accepted connection on a TLS port to one that speaks HTTP: within a bound of time, and not too many at once.

use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
        let opened = self.open_in_time(stream).await;
        opened.inspect_err(|error| tracing::debug!(%error, "a TLS handshake came to nothing"))
    }

    async fn open_in_time(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let crowded = || io::Error::other("too many handshakes are under way");
        let mut place = self.half_open.enter(Instant::now()).ok_or_else(crowded)?;
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
    let _gone_or_slow = timeout(FAREWELL, read).await;
    Err(io::Error::other("plain HTTP at a TLS port"))
}

/// The handshakes that are under way, over all TLS ports. Where there are too many, one more takes the place of the oldest,
/// if that is old: a handshake takes milliseconds, and one that is not done after a second waits for its caller. Where none
/// is old there is more to do than the machine can, and who is at it is not disturbed.
#[derive(Clone, Default)]
pub(crate) struct HalfOpen(Arc<Mutex<Places>>);

#[derive(Default)]
struct Places {
    next: u64,
    taken: BTreeMap<u64, (Instant, oneshot::Sender<()>)>,
}

impl HalfOpen {
    fn enter(&self, now: Instant) -> Option<Place> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.taken.len() >= policy::TLS_HANDSHAKES && !places.give_way(now) {
            return None;
        }
        let (keep, kept) = oneshot::channel();
        let number = places.next;
        places.next = number.wrapping_add(1);
        places.taken.insert(number, (now, keep));
        Some(Place { number, kept, half_open: self.clone() })
    }
}

impl Places {
    /// Takes the oldest handshake's place away, if it is old.
    fn give_way(&mut self, now: Instant) -> bool {
        let oldest = self.taken.first_entry();
        let is_old = |begun| now.saturating_duration_since(begun) >= policy::TLS_HANDSHAKE_OLD;
        oldest.filter(|oldest| is_old(oldest.get().0)).map(OccupiedEntry::remove).is_some()
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

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    #[test]
    fn only_an_old_handshake_gives_way() {
        let (half_open, begin) = (HalfOpen::default(), Instant::now());
        let enter = |after| half_open.enter(begin + after);
        let mut places: Vec<Place> =
            (0..policy::TLS_HANDSHAKES).map(|number| enter(Duration::from_micros(number as u64)).unwrap()).collect();
        let is_lost = |place: &mut Place| place.kept.try_recv() == Err(TryRecvError::Closed);
        assert!(enter(policy::TLS_HANDSHAKE_OLD / 2).is_none(), "all of them may still be at it");
        let one_more = enter(policy::TLS_HANDSHAKE_OLD);
        assert!(one_more.is_some() && is_lost(&mut places[0]) && !is_lost(&mut places[1]));
        assert!(enter(policy::TLS_HANDSHAKE_OLD).is_none(), "the second is a microsecond too young");
        drop(places.pop());
        assert!(enter(policy::TLS_HANDSHAKE_OLD).is_some(), "who is done leaves a place");
        drop((places, one_more));
        assert_eq!(half_open.0.lock().unwrap().taken.len(), 0);
    }
}
