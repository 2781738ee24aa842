//! Accounts as tenants.

use std::sync::Arc;

use ddns_core::{Account, AccountNo, Registry};
use uuid::Uuid;

use super::doors;

/// The account that a tenant's id means: its public id, with or without hyphens, or its login.
pub(super) fn find<'r>(registry: &'r Registry, tenant: &str) -> Option<&'r Arc<Account>> {
    let by_id = doors::uuid(tenant).and_then(|id| registry.account_by_id(id));
    by_id.or_else(|| registry.account_by_login(&tenant.parse().ok()?))
}

/// The one tenant that all of these ids mean.
pub(super) fn only(registry: &Registry, tenants: &[String]) -> Option<AccountNo> {
    let mut numbers = tenants.iter().map(|tenant| find(registry, tenant).map(|account| account.number));
    let first = numbers.next()??;
    numbers.all(|number| number == Some(first)).then_some(first)
}

/// The id of an account as a tenant.
pub(super) fn id(registry: &Registry, account: AccountNo) -> Option<Uuid> {
    registry.account(account).map(|account| account.id)
}
