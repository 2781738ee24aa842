//! What of an address says who is behind it, where callers are counted.

use std::net::{IpAddr, Ipv6Addr};

/// What one customer has at least: an IPv4 address, an IPv6 /64. An IPv4 address is one in whichever form it comes.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(first(address, 64)),
    }
}

/// What one customer often has of IPv6, a /56: 256 networks. Of IPv4 there is nothing between an address and everybody's.
pub fn site(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(IpAddr::V6(first(address, 56))),
    }
}

fn first(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    let mask = u128::MAX.checked_shr(bits).map_or(u128::MAX, |rest| !rest);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}
