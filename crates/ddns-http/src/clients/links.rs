//! Where clients and their hosts are, as absolute URLs. Keys and names hold no character that a path must escape.

use ddns_core::{ClientKey, Fqdn};

/// Links that begin with one base.
pub(super) struct Links {
    pub(super) base: String,
}

impl Links {
    /// A client.
    pub(super) fn client(&self, key: &ClientKey) -> String {
        format!("{}/ddns/clients/{key}", self.base)
    }

    /// A client's hosts.
    pub(super) fn hosts(&self, key: &ClientKey) -> String {
        format!("{}/hosts", self.client(key))
    }

    /// One host of a client.
    pub(super) fn host(&self, key: &ClientKey, host: &Fqdn) -> String {
        format!("{}/{host}", self.hosts(key))
    }
}
