//! HTTP as old routers speak it: their request lines, and header names that they recognise.
//!
//! Routers fill templates such as `/nic/update?myip=<ipaddr>` without escaping anything, and the URI parser below us
//! refuses `<`, `>`, `"` and octets above ASCII with an empty 400 that no router understands. This stream percent-encodes
//! such octets inside request targets before anybody parses them. The query's own decoding gives them back.
//!
//! Only request lines are touched: the first of a connection, and each further one while no request had a body.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose request targets hold no octet that a URI may not.
pub(crate) struct Lenient<S> {
    stream: S,
    scan: Scan,
    /// Octets that were read and did not fit when encoded.
    pending: Vec<u8>,
}

impl<S> Lenient<S> {
    pub(crate) fn new(stream: S) -> Lenient<S> {
        Lenient { stream, scan: Scan::default(), pending: Vec::new() }
    }

    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }

    fn give_pending(&mut self, buffer: &mut ReadBuf<'_>) {
        let fits = self.pending.len().min(buffer.remaining());
        let rest = self.pending.split_off(fits);
        buffer.put_slice(&self.pending);
        self.pending = rest;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.pending.is_empty() {
            let before = buffer.filled().len();
            std::task::ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
            let new = buffer.filled().get(before..).unwrap_or_default();
            let Some(encoded) = this.scan.encode(new) else { return Poll::Ready(Ok(())) };
            this.pending = encoded;
            buffer.set_filled(before);
        }
        this.give_pending(buffer);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Spells header names as `Content-Length`: names have no case (RFC 9110, section 5.1), but old routers search for bytes.
pub(crate) async fn spell_headers<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    response.response_mut().head_mut().set_camel_case_headers(true);
    Ok(response)
}

/// Where in a connection's octets we are.
///
/// ```text
/// Method ──SP──▶ Target ──SP──▶ Version ──LF──▶ Header ──empty line──▶ Method, or Blind after a request with a body
/// ```
#[derive(Default)]
enum Scan {
    #[default]
    Method,
    Target,
    Version {
        body: bool,
    },
    Header {
        line: Beginning,
        body: bool,
    },
    Blind,
}

impl Scan {
    /// The octets with those encoded that a target may not hold; none if there are none.
    fn encode(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut encoded: Option<Vec<u8>> = None;
        for (position, &byte) in bytes.iter().enumerate() {
            if matches!(self, Scan::Blind) && encoded.is_none() {
                return None;
            }
            if matches!(self, Scan::Target) && is_foreign(byte) {
                let encoded = encoded.get_or_insert_with(|| bytes.iter().take(position).copied().collect());
                encoded.extend_from_slice(percent_encoding::percent_encode_byte(byte).as_bytes());
                continue;
            }
            if let Some(encoded) = &mut encoded {
                encoded.push(byte);
            }
            self.step(byte);
        }
        encoded
    }

    fn step(&mut self, byte: u8) {
        match (&mut *self, byte) {
            (Scan::Method, b' ') => *self = Scan::Target,
            (Scan::Target, b' ') => *self = Scan::Version { body: false },
            (Scan::Target, b'\n') => *self = Scan::Header { line: Beginning::default(), body: false },
            (Scan::Version { body }, b'\n') => *self = Scan::Header { line: Beginning::default(), body: *body },
            (Scan::Header { line, body: false }, b'\n') if line.is_empty() => *self = Scan::Method,
            (Scan::Header { line, .. }, b'\n') if line.is_empty() => *self = Scan::Blind,
            (Scan::Header { line, body }, b'\n') => {
                *body |= line.announces_body();
                *line = Beginning::default();
            }
            (Scan::Header { line, .. }, byte) => line.push(byte),
            _ => {}
        }
    }
}

/// Octets that no URI holds (RFC 3986, section 2), `#` among them because a fragment is never sent.
fn is_foreign(byte: u8) -> bool {
    b"\"#<>\\^`{|}".contains(&byte) || byte >= 0x7f
}

/// The beginning of a header line: enough to tell whether it announces a body.
#[derive(Default)]
struct Beginning {
    octets: [u8; 18],
    len: usize,
}

impl Beginning {
    fn push(&mut self, byte: u8) {
        if byte != b'\r'
            && let Some(slot) = self.octets.get_mut(self.len)
        {
            *slot = byte.to_ascii_lowercase();
            self.len = self.len.saturating_add(1);
        }
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn announces_body(&self) -> bool {
        self.octets.starts_with(b"content-length:") || self.octets.starts_with(b"transfer-encoding:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the stream gives for what came in, cut into pieces of every size.
    fn check(sent: &str, seen: &str) {
        for size in 1..=sent.len() {
            let mut scan = Scan::default();
            let mut all = Vec::new();
            for piece in sent.as_bytes().chunks(size) {
                all.extend(scan.encode(piece).unwrap_or_else(|| piece.to_vec()));
            }
            assert_eq!(String::from_utf8_lossy(&all), seen, "in pieces of {size}");
        }
    }

    #[test]
    fn only_targets_are_encoded() {
        let head = " HTTP/1.0\r\nX: <a>\r\n\r\n";
        check(&format!("GET /u?a=<b>\"#ü{head}"), &format!("GET /u?a=%3Cb%3E%22%23%C3%BC{head}"));
        check(&format!("GET /u{head}GET /<{head}"), &format!("GET /u{head}GET /%3C{head}"));
        check("\r\nGET /< HTTP/1.1\r\n\r\n", "\r\nGET /%3C HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn bodies_are_left_alone() {
        let body = "POST /< HTTP/1.1\r\nContent-Length: 8\r\n\r\nGET /< \n";
        check(body, &body.replacen('<', "%3C", 1));
        let chunked = "POST / HTTP/1.1\r\nTRANSFER-encoding: chunked\r\n\r\n8\r\nGET /< \n\r\n0\r\n\r\n";
        check(chunked, chunked);
    }
}
