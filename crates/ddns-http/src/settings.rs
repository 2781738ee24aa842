//! What an operator may set about HTTP.

use std::num::NonZeroUsize;

use ipnet::IpNet;

use crate::base_url::BaseUrl;

/// What an operator may set about HTTP. The default trusts nobody and links to the address that the caller reached.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Proxies whose `X-Forwarded-For` or `Forwarded` (RFC 7239) header tells the caller's address. A proxy on this list
    /// must itself set or remove both headers.
    pub trusted_proxies: Vec<IpNet>,
    /// What links begin with, such as `https://ddns.example`.
    pub base_url: Option<BaseUrl>,
    /// `Host` headers that links may be built from where there is no base URL, with or without the port.
    pub allowed_hosts: Vec<String>,
    /// Whether lists of records in the Designate dialect tell tenant and version too. Its documentation shows them; the
    /// living server never sent them, and its official client refuses them.
    pub list_tenant_and_version: bool,
    /// Whether dyndns2 and the Two-DNS update URL take credentials from queries and forms, for devices that can put them
    /// nowhere else. URLs are kept in the logs of proxies. DuckDNS's protocol has its token there always.
    pub query_credentials: bool,
    /// Worker threads; none is one for each processor.
    pub workers: Option<NonZeroUsize>,
}
