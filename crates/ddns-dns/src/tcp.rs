//! Connections: all of them on one thread.

mod connection;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use ddns_service::Service;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::limits::{Door, Limits};
use connection::Connection;

/// Accepts and answers until the channel closes.
pub(crate) struct Listeners {
    runtime: Runtime,
    listeners: Vec<TcpListener>,
    shared: Shared,
}

/// What each listener and each connection gets.
#[derive(Clone)]
struct Shared {
    service: Service,
    limits: Limits,
    door: Arc<Door>,
    stop: watch::Receiver<()>,
}

/// How long connections have to finish when the server stops.
const GRACE: Duration = Duration::from_millis(700);

/// When the process has no more file descriptors, closing connections give some back.
const PAUSE: Duration = Duration::from_millis(50);

impl Listeners {
    pub(crate) fn new(
        listeners: Vec<StdListener>,
        service: Service,
        limits: Limits,
        stop: watch::Receiver<()>,
    ) -> io::Result<Listeners> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let entered = runtime.enter();
        let listeners = listeners.into_iter().map(TcpListener::from_std).collect::<io::Result<_>>()?;
        drop(entered);
        Ok(Listeners { runtime, listeners, shared: Shared { service, limits, door: Door::new(limits), stop } })
    }

    pub(crate) fn run(self) {
        let Listeners { runtime, listeners, shared } = self;
        runtime.block_on(async {
            let (open, mut all_closed) = mpsc::channel::<()>(1);
            for listener in listeners {
                tokio::spawn(accept_all(listener, shared.clone(), open.clone()));
            }
            drop(open);
            stopped(shared.stop).await;
            // Every connection holds a sender, so this ends with the last one.
            if timeout(GRACE, all_closed.recv()).await.is_err() {
                debug!("connections were cut at the end");
            }
        });
    }
}

/// Waits until the server stops: nothing is ever sent, the channel closes.
async fn stopped(mut stop: watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
}

async fn accept_all(listener: TcpListener, shared: Shared, open: mpsc::Sender<()>) {
    let end = stopped(shared.stop.clone());
    tokio::pin!(end);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => return,
        };
        match accepted {
            Ok((stream, peer)) => admit(stream, peer, &shared, &open),
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => (),
            Err(error) => {
                warn!(%error, "DNS takes no connections at the moment");
                sleep(PAUSE).await;
            }
        }
    }
}

/// A connection over a limit is closed at once; the client asks over another or by UDP.
fn admit(stream: TcpStream, peer: SocketAddr, shared: &Shared, open: &mpsc::Sender<()>) {
    let Some(place) = shared.door.enter(peer.ip()) else {
        debug!(%peer, "too many connections");
        return;
    };
    let (shared, open) = (shared.clone(), open.clone());
    tokio::spawn(async move {
        let mut connection = Connection::new(stream, shared.service, shared.limits);
        if let Err(reason) = connection.run(stopped(shared.stop)).await {
            debug!(%peer, %reason, "connection closed");
        }
        drop((place, open));
    });
}
