//! As much of HTTP as a measurement needs: requests as octets that are made once, and answers that have a length.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What every request to one place has in common.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// JSON, or empty.
    pub(crate) body: &'static str,
}

impl Target {
    pub(crate) const fn get(path: &'static str) -> Target {
        Target { method: "GET", path, body: "" }
    }

    pub(crate) fn request(self, login: &str, secret: &str, keep: bool) -> Vec<u8> {
        request(self.method, self.path, &basic(login, secret), self.body, keep)
    }
}

/// HTTP Basic credentials, as the header has them.
pub(crate) fn basic(login: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{login}:{secret}")))
}

/// A whole request.
pub(crate) fn request(method: &str, path: &str, authorization: &str, body: &str, keep: bool) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {authorization}\r\n");
    if !keep {
        text.push_str("Connection: close\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// A whole answer, in the octets that it came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'o> {
    pub(crate) status: u16,
    /// The status line and the headers.
    pub(crate) head: &'o str,
    pub(crate) body: &'o [u8],
    /// Whether the server ends the connection.
    pub(crate) last: bool,
}

impl Answer<'_> {
    /// The answer that these octets are; none while something is missing.
    pub(crate) fn read(octets: &[u8]) -> Option<Answer<'_>> {
        let end = octets.windows(4).position(|window| window == b"\r\n\r\n")?;
        let (head, rest) = octets.split_at_checked(end)?;
        let head = std::str::from_utf8(head).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let body = rest.get(4..)?.get(..length)?;
        let last = header(head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        Some(Answer { status, head, body, last })
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
