//! What a tenant sees.

use std::sync::Arc;

use ddns_core::{AccountNo, Domain, DomainNo, Kind, Registry};
use uuid::Uuid;

use super::wrong::Wrong;

/// A registry through a tenant's eyes: its own domains, or everybody's.
#[derive(Clone, Copy)]
pub(super) struct View<'r> {
    /// All that there is.
    pub(super) registry: &'r Registry,
    tenant: AccountNo,
    all: bool,
}

impl<'r> View<'r> {
    pub(super) fn new(registry: &'r Registry, tenant: AccountNo, all: bool) -> View<'r> {
        View { registry, tenant, all }
    }

    /// A domain by its id.
    ///
    /// # Errors
    /// [`Wrong::not_found`], also for another tenant's.
    pub(super) fn domain(&self, id: Uuid) -> Result<&'r Arc<Domain>, Wrong> {
        let domain = self.registry.domain_by_id(id).filter(|domain| self.sees(domain));
        domain.ok_or_else(|| Wrong::not_found(Kind::Domain))
    }

    /// Every domain that it sees, behind this one if one is given, in the order of their making.
    pub(super) fn domains_after(&self, after: Option<DomainNo>) -> Box<dyn Iterator<Item = &'r Arc<Domain>> + 'r> {
        if self.all {
            return Box::new(self.registry.domains_after(after));
        }
        let behind = move |domain: &&Arc<Domain>| after.is_none_or(|after| domain.number > after);
        Box::new(self.registry.domains_of(self.tenant).filter(behind))
    }

    /// Whether it sees a domain.
    pub(super) fn sees(&self, domain: &Domain) -> bool {
        self.all || domain.is_owned_by(self.tenant)
    }

    /// Whether it sees what belongs to a tenant.
    pub(super) fn sees_tenant(&self, tenant: AccountNo) -> bool {
        self.all || tenant == self.tenant
    }
}
