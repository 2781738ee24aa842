//! One connection that is kept as long as the server keeps it.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::Answer;

pub(super) struct Connection {
    stream: TcpStream,
    octets: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        Ok(Connection { stream, octets: Vec::new() })
    }

    /// Asks, and waits for the whole answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.octets.clear();
        self.stream.write_all(request).await?;
        while Answer::read(&self.octets).is_none() {
            if self.stream.read_buf(&mut self.octets).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Answer::read(&self.octets).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
