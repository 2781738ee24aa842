//! An HTTP client that can leave a reply unread, and forgives nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How long a reply may take; far more than it needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// `login:secret`.
    pub signed_in: Option<String>,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What follows them.
    pub body: Option<String>,
}

/// A request whose reply has begun to come and is not read.
pub struct Unread(TcpStream);

/// A reply as it came.
#[derive(Debug)]
pub struct Received {
    /// The number alone.
    pub status: String,
    headers: Vec<(String, String)>,
    /// All of it.
    pub body: String,
}

/// Sends a request, and waits until the first octet of its reply could be read.
///
/// # Errors
/// In words, if none comes.
pub fn send(to: SocketAddr, request: &Request) -> Result<Unread, String> {
    let talk = || {
        let mut stream = TcpStream::connect(to)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        stream.write_all(text(request).as_bytes())?;
        stream.peek(&mut [0])?;
        Ok(Unread(stream))
    };
    talk().map_err(|error: std::io::Error| format!("no reply came: {error}"))
}

fn text(request: &Request) -> String {
    let mut text = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", request.method, request.target);
    let mut header = |name: &str, value: &str| text.push_str(&format!("{name}: {value}\r\n"));
    if !request.headers.iter().any(|(name, _)| name == "Host") {
        header("Host", "ddns.example");
    }
    if let Some(who) = &request.signed_in {
        header("Authorization", &format!("Basic {}", STANDARD.encode(who)));
    }
    for (name, value) in &request.headers {
        header(name, value);
    }
    if let Some(body) = &request.body {
        header("Content-Length", &body.len().to_string());
    }
    format!("{text}\r\n{}", request.body.as_deref().unwrap_or_default())
}

impl Unread {
    /// Reads the reply to its end.
    ///
    /// # Errors
    /// In words, if it breaks off, or is none.
    pub fn read(mut self) -> Result<Received, String> {
        let mut octets = Vec::new();
        self.0.read_to_end(&mut octets).map_err(|error| format!("the reply broke off: {error}"))?;
        let text = String::from_utf8(octets).map_err(|_| "the reply is not text".to_owned())?;
        Received::parse(&text).ok_or_else(|| format!("this is no reply: {text}"))
    }
}

impl Received {
    fn parse(text: &str) -> Option<Received> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.to_owned();
        let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
        let received = Received { status, headers, body: body.to_owned() };
        let length = received.header("Content-Length").and_then(|length| length.parse().ok());
        (length.unwrap_or(0) == body.len()).then_some(received)
    }

    /// A header's value; several of one name are a list.
    pub fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        if values.is_empty() { None } else { Some(values.join(", ")) }
    }
}
