//! One connection: messages with two octets of length in front, pipelined (RFC 1035, section 4.2.2; RFC 7766).

use std::future::Future;
use std::io::{self, ErrorKind};
use std::time::Duration;

use ddns_core::policy;
use ddns_service::Service;
use ddns_wire::{Reply, Transport, respond};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::limits::Limits;

/// A client that asks one question after the other, without waiting for answers if it likes. Replies keep the order.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    service: Service,
    limits: Limits,
    request: Vec<u8>,
    reply: Vec<u8>,
    /// Replies that go out with one write, each with its length in front.
    outgoing: Vec<u8>,
}

/// Octets of a header: what is shorter is no message.
const REQUEST_MIN: u16 = 12;
/// Requests that are read ahead.
const READ_AHEAD: usize = 2_048;
/// Replies that are gathered before they are written.
const GATHER: usize = 16 * 1_024;
/// What a connection keeps of its buffers while it waits.
const KEEP: usize = 1_024;

impl Connection {
    pub(super) fn new(stream: TcpStream, service: Service, limits: Limits) -> Connection {
        let stream = BufReader::with_capacity(READ_AHEAD, stream);
        let (request, reply, outgoing) = Default::default();
        Connection { stream, service, limits, request, reply, outgoing }
    }

    /// Answers until the client has no more questions, something is wrong, or `end` comes while nothing is in hand.
    pub(super) async fn run(&mut self, end: impl Future<Output = ()>) -> Result<(), Reason> {
        self.stream.get_ref().set_nodelay(true)?;
        tokio::pin!(end);
        let mut patience = self.limits.first;
        loop {
            let read = tokio::select! {
                biased;
                read = self.read(patience) => read,
                () = &mut end => return Ok(()),
            };
            if let Err(reason) = read {
                self.write().await?;
                return Err(reason);
            }
            self.answer();
            if self.outgoing.len() >= GATHER || !self.next_is_here() {
                self.write().await?;
            }
            patience = self.limits.idle;
        }
    }

    async fn read(&mut self, patience: Duration) -> Result<(), Reason> {
        timeout(patience, self.read_message()).await.map_err(|_| Reason::Silent)?
    }

    async fn read_message(&mut self) -> Result<(), Reason> {
        let length = self.stream.read_u16().await?;
        if !(REQUEST_MIN..=policy::TCP_REQUEST_MAX).contains(&length) {
            return Err(Reason::Length(length));
        }
        self.request.resize(usize::from(length), 0);
        self.stream.read_exact(&mut self.request).await?;
        Ok(())
    }

    fn answer(&mut self) {
        let snapshot = self.service.snapshot();
        if respond(&snapshot.registry, &self.request, Transport::Tcp, &mut self.reply) == Reply::Send {
            let length = u16::try_from(self.reply.len()).unwrap_or(u16::MAX);
            self.outgoing.extend(length.to_be_bytes());
            self.outgoing.extend_from_slice(&self.reply);
        }
    }

    /// Whether a whole further message has been read ahead, so that its reply can go out with the present one.
    fn next_is_here(&self) -> bool {
        let ahead = self.stream.buffer();
        let message = ahead.split_first_chunk().map(|(length, rest)| (u16::from_be_bytes(*length), rest.len()));
        message.is_some_and(|(length, there)| there >= usize::from(length))
    }

    async fn write(&mut self) -> Result<(), Reason> {
        let written = timeout(self.limits.write, self.stream.get_mut().write_all(&self.outgoing)).await;
        written.map_err(|_| Reason::NotTaken)??;
        self.outgoing.clear();
        [&mut self.request, &mut self.reply, &mut self.outgoing].into_iter().for_each(shrink);
        Ok(())
    }
}

fn shrink(buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.shrink_to(KEEP);
}

/// Why a connection was closed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    /// The client closes the connection when it has no more questions.
    #[error("the client has closed it")]
    Closed,
    /// A message has the length of a header at least, and of a question with extensions at most.
    #[error("a message of {0} octets was announced")]
    Length(u16),
    /// Each message arrives within its time.
    #[error("no whole message came in time")]
    Silent,
    /// Each reply is taken within its time.
    #[error("the replies were not taken in time")]
    NotTaken,
    /// Anything else the system says.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Reason {
        if error.kind() == ErrorKind::UnexpectedEof { Reason::Closed } else { Reason::Io(error) }
    }
}
