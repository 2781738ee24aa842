//! Certificates for hosts: programs that prove to a certificate authority who has a host (ACME, RFC 8555, section 8.4) set
//! values at `_acme-challenge.HOST`, by either of the protocols that they speak already. The values end by themselves.

mod acme_dns;
mod httpreq;

use ddns_core::{Fqdn, policy};

pub(crate) use self::acme_dns::update_part;
use crate::routes::Routes;

/// The routes of both dialects.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    httpreq::routes(routes);
    acme_dns::routes(routes);
}

/// The host whose values are at a name.
fn host_at(name: &str) -> Option<Fqdn> {
    let (label, host) = name.split_once('.')?;
    if label.eq_ignore_ascii_case(policy::CHALLENGE_LABEL) { host.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_name_stands_behind_the_label() {
        let host = |name: &str| host_at(name).map(|host| host.to_string());
        for name in ["_acme-challenge.home.dyn.example", "_ACME-Challenge.HOME.dyn.example."] {
            assert_eq!(host(name).as_deref(), Some("home.dyn.example"), "{name}");
        }
        for none in ["", ".", "_acme-challenge", "_acme-challenge.", "home.dyn.example", "_acme-challenge..example"] {
            assert_eq!(host(none), None, "{none}");
        }
        assert_eq!(host("x._acme-challenge.home.dyn.example"), None);
    }
}
