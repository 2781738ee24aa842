//! Where the service is reached over HTTP, in the parts that programs want.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ddns_core::{Name, policy};

/// Where the service is reached: a scheme, a host, perhaps a port and a path; no slash at its end. It is made of letters,
/// digits and `-._~/:[]`, which need no quotation marks anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceUrl {
    is_https: bool,
    /// The host, and the port where it is not the scheme's usual one.
    authority: String,
    path: String,
}

impl ServiceUrl {
    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Empty, or a slash and more.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority, self.path)
    }
}

impl FromStr for ServiceUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<ServiceUrl, UrlError> {
        let good = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~/:[]".contains(&octet);
        if text.len() > policy::BASE_URL_MAX || !text.bytes().all(good) {
            return Err(UrlError);
        }
        let (is_https, usual_port, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, "443", rest),
            None => (false, "80", text.strip_prefix("http://").ok_or(UrlError)?),
        };
        let rest = rest.trim_end_matches('/');
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, parse_port(port)?),
            _ => (authority, usual_port.to_owned()),
        };
        if path.contains(['[', ']', ':']) || !is_host(host) {
            return Err(UrlError);
        }
        let host = host.to_ascii_lowercase();
        let authority = if port == usual_port { host } else { format!("{host}:{port}") };
        Ok(ServiceUrl { is_https, authority, path: path.to_owned() })
    }
}

fn parse_port(text: &str) -> Result<String, UrlError> {
    let is_number = text.bytes().all(|octet| octet.is_ascii_digit());
    let port = text.parse::<u16>().ok().filter(|port| is_number && *port != 0);
    port.map(|port| port.to_string()).ok_or(UrlError)
}

fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(inside) => inside.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => text.parse::<Ipv4Addr>().is_ok() || text.parse::<Name>().is_ok_and(|name| !name.is_root()),
    }
}

/// A URL of the service has a scheme and a host, and neither query nor fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UrlError;

impl std::error::Error for UrlError {}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the service's URL is https:// or http:// and a host, such as https://ddns.example.org, perhaps with a port and \
             with a path of letters, digits, hyphens, dots and underscores",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_apart_into_what_programs_want() {
        for (url, authority, path) in [
            ("https://ddns.example.org", "ddns.example.org", ""),
            ("https://DDNS.example.org:443/", "ddns.example.org", ""),
            ("https://ddns.example.org:80/names//", "ddns.example.org:80", "/names"),
            ("http://127.0.0.1:8053", "127.0.0.1:8053", ""),
            ("http://[2001:db8::1]/a/b", "[2001:db8::1]", "/a/b"),
            ("http://[2001:db8::1]:8053", "[2001:db8::1]:8053", ""),
            ("http://localhost:080", "localhost", ""),
        ] {
            let parsed: ServiceUrl = url.parse().unwrap();
            assert_eq!((parsed.authority(), parsed.path()), (authority, path), "{url}");
            assert_eq!(parsed.is_https(), url.starts_with("https"), "{url}");
            assert_eq!(parsed.to_string().parse(), Ok(parsed), "{url}");
        }
    }

    #[test]
    fn nothing_else_is_one() {
        let long = format!("https://a/{}", "x".repeat(policy::BASE_URL_MAX));
        let bad = "|a|ftp://a|https://|https:///a|https:a|https://a b|https://a?b|https://a#b|https://u@a|https://a:|\
                   https://a:0|https://a:+1|https://a:65536|https://[a]|https://[::1|https://a/$b|https://a/'|https://a/[b|\
                   https://a/b:c|https://*.a|https://.";
        for bad in bad.split('|').chain([long.as_str()]) {
            assert_eq!(bad.parse::<ServiceUrl>(), Err(UrlError), "{bad:?}");
        }
    }
}
