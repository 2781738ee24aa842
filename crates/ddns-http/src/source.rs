//! Where a request comes from: the socket's peer, or what trusted proxies say.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};
use actix_web::{HttpRequest, web};
use ipnet::IpNet;

use crate::server::State;

/// The caller's address. Headers count only where the socket's peer is a trusted proxy; then it is the right-most
/// address that is no trusted proxy. IPv4-mapped addresses are folded to IPv4.
pub(crate) fn of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let state = request.app_data::<web::Data<State>>()?;
    Some(seen_through(peer, request.headers(), &state.settings.trusted_proxies))
}

fn seen_through(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    for hop in hops(headers).iter().rev() {
        if !is_trusted(&nearest) {
            break;
        }
        let Some(address) = hop else { break };
        nearest = *address;
    }
    nearest
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The addresses that proxies have added, the nearest last; none where one added something else. `X-Forwarded-For` counts
/// before `Forwarded`, because hardly any proxy removes the one when it sets the other.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(X_FORWARDED_FOR) {
        elements(headers, X_FORWARDED_FOR).map(|element| address(element.trim())).collect()
    } else {
        elements(headers, FORWARDED).map(forwarded_for).collect()
    }
}

/// The elements of a list header, over all of its lines.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).flat_map(|line| line.to_str().unwrap_or("?").split(','))
}

/// The `for` parameter of one `Forwarded` element (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    address(value.trim_matches('"'))
}

/// An address with or without brackets and port (RFC 7239, section 6).
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    text.parse().ok().or_else(bare).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn check(peer: &str, header: &'static str, lines: &[&str], seen: &str) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_static(header), HeaderValue::from_str(line).unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let seen: IpAddr = seen.parse().unwrap();
        assert_eq!(seen_through(peer.parse().unwrap(), &headers, &trusted), seen, "{peer} {lines:?}");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("192.0.2.1", "x-forwarded-for", &["198.51.100.9"], "192.0.2.1");
        check("192.0.2.1", "forwarded", &["for=198.51.100.9"], "192.0.2.1");
        check("10.0.0.1", "x-real-ip", &["198.51.100.9"], "10.0.0.1");
        check("10.0.0.1", "x-forwarded-for", &["198.51.100.9"], "198.51.100.9");
        check("::ffff:10.0.0.1", "x-forwarded-for", &["::ffff:198.51.100.9"], "198.51.100.9");
    }

    #[test]
    fn the_right_most_untrusted_address_counts() {
        check("10.0.0.1", "x-forwarded-for", &["203.0.113.66, 198.51.100.9, 10.9.9.9"], "198.51.100.9");
        check("10.0.0.1", "x-forwarded-for", &["203.0.113.66", "198.51.100.9"], "198.51.100.9");
        check("10.0.0.1", "x-forwarded-for", &["10.2.0.1, 10.2.0.2"], "10.2.0.1");
        check("10.0.0.1", "x-forwarded-for", &["203.0.113.66, unknown, 10.9.9.9"], "10.9.9.9");
        check("10.0.0.1", "x-forwarded-for", &["203.0.113.66, "], "10.0.0.1");
        check("10.0.0.1", "x-forwarded-for", &["198.51.100.9:4711"], "198.51.100.9");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_writes_it() {
        check("10.0.0.1", "forwarded", &["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60");
        check("10.0.0.1", "forwarded", &["For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17");
        check("10.0.0.1", "forwarded", &["for=192.0.2.43, for=\"[fd00::1]\""], "192.0.2.43");
        check("10.0.0.1", "forwarded", &["for=192.0.2.43, for=_hidden"], "10.0.0.1");
        check("10.0.0.1", "forwarded", &["for=192.0.2.43, proto=http"], "10.0.0.1");
    }
}
