//! Datagrams: one thread and one socket, batch by batch.

use std::io::{self, ErrorKind, IoSliceMut, PipeReader};
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use ddns_service::Service;
use ddns_wire::{Reply, Transport, respond};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use rustix::event::{PollFd, PollFlags, poll};
use tracing::debug;

/// Answers on one socket until the pipe is closed.
pub(crate) struct Worker {
    socket: UdpSocket,
    state: UdpSocketState,
    service: Service,
    stop: Arc<PipeReader>,
}

/// Where datagrams and replies stand; made once.
struct Buffers<'b> {
    received: Vec<IoSliceMut<'b>>,
    metas: [RecvMeta; BATCH_SIZE],
    reply: Vec<u8>,
}

/// What a thread has waited for.
struct Woken {
    stop: bool,
}

/// The kernel may put a client's datagrams of equal size together (UDP_GRO), up to 64 KiB. Memory that no datagram ever
/// reached costs nothing.
const RECEIVED_MAX: usize = 1 << 16;

/// Room for every reply without growing: a record that does not fit is written before it is taken back.
const REPLY_ROOM: usize = 8 * 1_024;

/// A socket that fails time and again must not use up a core.
const PAUSE: Duration = Duration::from_millis(20);

impl Worker {
    pub(crate) fn new(socket: UdpSocket, service: Service, stop: Arc<PipeReader>) -> io::Result<Worker> {
        let state = UdpSocketState::new((&socket).into())?;
        Ok(Worker { socket, state, service, stop })
    }

    pub(crate) fn run(self) {
        let mut storage = vec![0; BATCH_SIZE.saturating_mul(RECEIVED_MAX)];
        let mut buffers = Buffers {
            received: storage.chunks_mut(RECEIVED_MAX).map(IoSliceMut::new).collect(),
            metas: [RecvMeta::default(); BATCH_SIZE],
            reply: Vec::with_capacity(REPLY_ROOM),
        };
        loop {
            let woken = self.wait();
            self.batch(&mut buffers);
            if woken.stop {
                return;
            }
        }
    }

    /// Waits for datagrams or the end; a signal may end it early, which does no harm.
    fn wait(&self) -> Woken {
        let mut sources = [PollFd::new(&*self.stop, PollFlags::IN), PollFd::new(&self.socket, PollFlags::IN)];
        if let Err(error) = poll(&mut sources, None) {
            debug!(%error, "waiting for datagrams failed");
        }
        let [stop, _] = sources;
        Woken { stop: !stop.revents().is_empty() }
    }

    /// Answers the datagrams that are there, all from one snapshot.
    fn batch(&self, buffers: &mut Buffers<'_>) {
        match self.state.recv((&self.socket).into(), &mut buffers.received, &mut buffers.metas) {
            Ok(count) => self.answer_all(buffers, count),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => (),
            Err(error) => {
                debug!(%error, "receiving datagrams failed");
                std::thread::sleep(PAUSE);
            }
        }
    }

    fn answer_all(&self, buffers: &mut Buffers<'_>, count: usize) {
        let snapshot = self.service.snapshot();
        for (received, meta) in buffers.received.iter().zip(&buffers.metas).take(count) {
            let received = received.get(..meta.len).unwrap_or_default();
            for request in received.chunks(meta.stride.max(1)) {
                if respond(&snapshot.registry, request, Transport::Udp, &mut buffers.reply) == Reply::Send {
                    self.send(&buffers.reply, meta);
                }
            }
        }
    }

    /// From the address that was asked: a resolver drops a reply from another one. A reply that the network does not
    /// take now is dropped, and the client asks again.
    fn send(&self, contents: &[u8], meta: &RecvMeta) {
        let destination = meta.addr;
        let reply = Transmit { destination, ecn: None, contents, segment_size: None, src_ip: meta.dst_ip };
        if let Err(error) = self.state.try_send((&self.socket).into(), &reply) {
            debug!(%error, client = %destination, "a reply could not be sent");
        }
    }
}
