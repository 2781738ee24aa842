//! Quotas at the door.

use super::schema::QUOTAS;
use super::{Invalid, number};
use crate::json::Object;

/// The quotas that are given; none leaves as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QuotasGiven {
    /// Domains of a tenant.
    pub(crate) domains: Option<u32>,
    /// Records of a domain.
    pub(crate) domain_records: Option<u32>,
    /// Record sets of a domain.
    pub(crate) domain_recordsets: Option<u32>,
    /// Records of a record set.
    pub(crate) recordset_records: Option<u32>,
}

/// The body of `PUT /quotas/{tenant}`.
pub(crate) fn quotas(given: &Object) -> Result<QuotasGiven, Invalid> {
    if !given.keys().all(|name| QUOTAS.properties.iter().any(|known| known.name == name)) {
        return Err(Invalid::UnknownQuota);
    }
    Invalid::unless_empty(QUOTAS.check_some(given))?;
    Ok(QuotasGiven {
        domains: number(given, "domains"),
        domain_records: number(given, "domain_records"),
        domain_recordsets: number(given, "domain_recordsets"),
        recordset_records: number(given, "recordset_records"),
    })
}
