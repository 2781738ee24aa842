//! A tiny HTTP client on a raw socket or another stream: it shows exactly what came over the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::described;

/// One connection.
pub(crate) struct Line<S = TcpStream> {
    stream: BufReader<S>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Line {
    pub(crate) fn to(address: SocketAddr) -> Line {
        Line::over(connect(address))
    }

    /// Whether the connection stays open for a moment.
    pub(crate) fn stays_open(&mut self) -> bool {
        self.stream.get_ref().set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        self.stream.read(&mut [0]).is_err()
    }
}

impl<S: Read + Write> Line<S> {
    pub(crate) fn over(stream: S) -> Line<S> {
        Line { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// The next answer; to a `HEAD` without looking for a body.
    pub(crate) fn receive(&mut self, head: bool) -> Answer {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.stream.read_line(&mut line).unwrap(), 0, "the connection ended inside {lines:?}");
            if line == "\r\n" {
                break;
            }
            lines.push(line.strip_suffix("\r\n").expect("lines end with CR LF").to_owned());
        }
        let (version, status) = lines[0].split_once(' ').unwrap();
        let header = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut answer = Answer {
            version: version.to_owned(),
            status: status[..3].parse().unwrap(),
            headers: lines[1..].iter().map(|line| header(line).unwrap()).collect(),
            body: String::new(),
        };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        if !head {
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).unwrap();
            answer.body = String::from_utf8(body).unwrap();
        }
        answer
    }

    /// Whether the other side closes without another octet.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).is_ok() && rest.is_empty()
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// What holds for every answer: old clients know bodies by their announced length, and read nothing else.
    pub(crate) fn check_framing(&self) {
        assert_eq!(self.header("transfer-encoding"), None, "{self:?}");
        assert_eq!(self.header("content-encoding"), None, "{self:?}");
        let made = self.status == 201 || (self.status == 200 && self.header("x-openstack-request-id").is_some());
        assert!(made || self.header("location").is_none(), "nobody is sent elsewhere: {self:?}");
        if self.status != 204 {
            assert!(self.header("content-length").is_some(), "{self:?}");
        }
    }
}

/// A socket that does not wait for ever.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// One request on a connection of its own. The answer must be one that the OpenAPI document describes.
pub(crate) fn ask(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    let mut line = Line::to(address);
    line.send(&request);
    let answer = line.receive(request.as_ref().starts_with(b"HEAD "));
    described::check(request.as_ref(), &answer);
    answer
}
