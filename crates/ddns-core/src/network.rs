//! Networks that callers come from: as they are typed, and what of an address says who is behind it, where callers are
//! counted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};

use crate::name::text_serde;
use crate::value::ValueError;

/// A network as people write it: `192.0.2.0/24`, or an address, which is the network of itself. Bits behind its length mean
/// nothing, and IPv4 that is written as IPv6 is IPv4, as callers' addresses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Network, ValueError> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| Network(canonical(network).trunc())).map_err(|_| ValueError::Network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Network> for IpNet {
    fn from(network: Network) -> IpNet {
        network.0
    }
}

text_serde!(Network);

/// Behind the first 96 bits of an IPv4-mapped address stands an IPv4 address (RFC 4291, section 2.5.5.2).
fn canonical(network: IpNet) -> IpNet {
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(len)) if network.addr().is_ipv6() => {
            Ipv4Net::new(address, len).map_or(network, IpNet::V4)
        }
        _ => network,
    }
}

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
