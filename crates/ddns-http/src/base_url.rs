//! What links begin with where an operator says so, and the origin by which browsers know it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ddns_core::{Name, policy};
use serde::{Deserialize, Serialize};

/// What links begin with: `https://` or `http://`, a host, perhaps a port and a path; no slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl {
    text: String,
    origin: Origin,
}

impl BaseUrl {
    /// Whether an `Origin` header names the site of these links.
    pub(crate) fn is_of(&self, origin: &str) -> bool {
        Origin::parse(origin).is_some_and(|(origin, path)| path.is_empty() && origin == self.origin)
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<BaseUrl, BaseUrlError> {
        let good = |byte: u8| byte.is_ascii_graphic() && !b"<>\"'\\^`{|}?#@".contains(&byte);
        if text.len() > policy::BASE_URL_MAX || !text.bytes().all(good) {
            return Err(BaseUrlError);
        }
        let text = text.trim_end_matches('/');
        let (origin, _) = Origin::parse(text).ok_or(BaseUrlError)?;
        Ok(BaseUrl { text: text.to_owned(), origin })
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = BaseUrlError;

    fn try_from(text: String) -> Result<BaseUrl, BaseUrlError> {
        text.parse()
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> String {
        url.text
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Scheme, host and port (RFC 6454, section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    is_https: bool,
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Name(Name),
    Ipv4(Ipv4Addr),
    Ipv6(Ipv6Addr),
}

impl Origin {
    /// That of a URL, and what comes after it there.
    fn parse(url: &str) -> Option<(Origin, &str)> {
        let (is_https, usual_port, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, 443, rest),
            None => (false, 80, url.strip_prefix("http://")?),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, parse_port(port)?),
            _ => (authority, usual_port),
        };
        Some((Origin { is_https, host: Host::parse(host)?, port }, path))
    }
}

/// Digits alone: the standard library would take a sign, too.
fn parse_port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port != 0)
}

impl Host {
    fn parse(text: &str) -> Option<Host> {
        if let Some(inside) = text.strip_prefix('[') {
            return inside.strip_suffix(']')?.parse().ok().map(Host::Ipv6);
        }
        if let Ok(address) = text.parse() {
            return Some(Host::Ipv4(address));
        }
        text.parse().ok().filter(|name: &Name| !name.is_root() && !name.is_wildcard()).map(Host::Name)
    }
}

/// A base URL has a scheme and a host, and neither query nor fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a base URL is http:// or https:// and a host, such as https://ddns.example.org, perhaps with a port and a path, in \
     at most {} characters",
    policy::BASE_URL_MAX
)]
pub struct BaseUrlError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_a_scheme_and_a_host_and_no_slash_at_its_end() {
        for (good, shown) in [
            ("https://ddns.example.org", "https://ddns.example.org"),
            ("https://ddns.example.org/", "https://ddns.example.org"),
            ("http://192.0.2.1:8053", "http://192.0.2.1:8053"),
            ("http://[2001:db8::1]:8053/names/", "http://[2001:db8::1]:8053/names"),
            ("http://localhost:8053//", "http://localhost:8053"),
        ] {
            assert_eq!(good.parse::<BaseUrl>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn nothing_else_is_one() {
        let long = format!("https://ddns.example.org/{}", "x".repeat(policy::BASE_URL_MAX));
        let bad = "|ddns.example.org|ftp://a|https://|https:///a|https:|https://a b|https://a\r\n|https://a?b|https://a#b|\
                   https://u@a|https://a:b|https://a:|https://a:0|https://a:+1|https://a:65536|https://ä|https://<a>|\
                   https://*.a|https://.|https://[a]|https://[::1|https://:80|javascript:alert(1)|//a";
        for bad in bad.split('|').chain([long.as_str()]) {
            assert_eq!(bad.parse::<BaseUrl>(), Err(BaseUrlError), "{bad:?}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let check = |url: &str, origin: &str| url.parse::<BaseUrl>().unwrap().is_of(origin);
        for (url, origin) in [
            ("https://DDNS.example.org/names", "https://ddns.example.org"),
            ("https://ddns.example.org:443", "https://ddns.example.org"),
            ("http://ddns.example.org", "http://ddns.example.org:80"),
            ("http://[2001:DB8:0::1]:8053", "http://[2001:db8::1]:8053"),
            ("http://192.0.2.1:8053", "http://192.0.2.1:8053"),
        ] {
            assert!(check(url, origin), "{url} {origin}");
        }
        for other in [
            "http://ddns.example.org",
            "https://ddns.example.org:8443",
            "https://www.ddns.example.org",
            "https://ddns.example.org.evil.example",
            "https://ddns.example.org/names",
            "null",
            "",
        ] {
            assert!(!check("https://ddns.example.org/names", other), "{other}");
        }
    }
}
