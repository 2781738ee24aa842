//! Starting and stopping.

use std::io::{self, PipeWriter};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use ddns_service::Service;
use tokio::sync::watch;

use crate::bind::Sockets;
use crate::limits::Limits;
use crate::{tcp, udp};

/// Threads that answer. Dropping it tells them to stop and does not wait.
///
/// ```text
/// bind → Sockets ─serve→ Server ─stop→ (threads joined, ports free)
/// ```
pub struct Server {
    addresses: Vec<SocketAddr>,
    threads: Vec<JoinHandle<()>>,
    /// Closing it wakes the UDP threads.
    _udp: PipeWriter,
    /// Dropping it wakes the TCP thread's tasks.
    _tcp: watch::Sender<()>,
}

/// Answers on these sockets from the service's newest snapshot.
///
/// # Errors
/// If the system gives no thread, pipe or event queue.
pub fn serve(sockets: Sockets, service: Service) -> io::Result<Server> {
    serve_with(sockets, service, Limits::default())
}

/// Like [`serve`], with other limits.
///
/// # Errors
/// Likewise.
pub fn serve_with(sockets: Sockets, service: Service, limits: Limits) -> io::Result<Server> {
    let addresses = sockets.local_addrs();
    let (udp_stop, udp) = io::pipe()?;
    let (tcp, tcp_stop) = watch::channel(());
    let udp_stop = Arc::new(udp_stop);
    let mut server = Server { addresses, threads: Vec::new(), _udp: udp, _tcp: tcp };
    let mut listeners = Vec::new();
    for endpoint in sockets.0 {
        for socket in endpoint.udp {
            let worker = udp::Worker::new(socket, service.clone(), udp_stop.clone())?;
            server.start("ddns-udp", move || worker.run())?;
        }
        listeners.push(endpoint.tcp);
    }
    let tcp = tcp::Listeners::new(listeners, service, limits, tcp_stop)?;
    server.start("ddns-tcp", move || tcp.run())?;
    Ok(server)
}

impl Server {
    /// The addresses with the ports that were taken.
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Answers what has arrived, and ends all threads, in less than a second.
    pub fn stop(self) {
        let Server { threads, _udp, _tcp, .. } = self;
        drop((_udp, _tcp));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a DNS thread had panicked");
            }
        }
    }

    fn start(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.threads.push(thread::Builder::new().name(name.to_owned()).spawn(work)?);
        Ok(())
    }
}
