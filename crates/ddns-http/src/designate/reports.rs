//! `/v1/reports`: how much there is, for operators. Of the tenant's own, unless it asks for all projects.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::web;
use ddns_core::{AccountNo, listing};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::admitted::Admitted;
use super::answers::json;
use super::documented::{Missing, TenantId};
use super::view::View;
use super::wrong::Wrong;
use super::{Answer, Designate, doors, tenant};
use crate::dialect::Fault;
use crate::routes::Routes;

pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Designate>("/v1/reports/counts", [(Method::GET, web::to(count_all))]);
    routes.resource::<Designate>("/v1/reports/counts/{what}", [(Method::GET, web::to(count_one))]);
    routes.resource::<Designate>("/v1/reports/tenants", [(Method::GET, web::to(list_tenants))]);
    routes.resource::<Designate>("/v1/reports/tenants/{tenant_id}", [(Method::GET, web::to(show_tenant))]);
}

/// How much there is.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateCounts)]
pub(super) struct Counts {
    /// Domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64)]
    domains: Option<usize>,
    /// Records, as lists show them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64)]
    records: Option<usize>,
    /// Tenants that have domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64)]
    tenants: Option<usize>,
}

/// The tenants that have domains.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateTenants)]
pub(super) struct TenantsBody {
    /// In the order of their making.
    tenants: Vec<TenantLine>,
}

/// A tenant, and how much it has.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateTenantLine)]
struct TenantLine {
    /// How many domains it has.
    domain_count: usize,
    /// The account's id.
    #[schema(value_type = String, example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    id: Uuid,
}

/// A tenant, and what it has.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateTenant)]
pub(super) struct TenantBody {
    /// How many domains it has.
    domain_count: usize,
    /// Their names.
    #[schema(example = json!(["example.org."]))]
    domains: Vec<String>,
    /// The account's id; of an unknown tenant what the path says.
    id: String,
}

/// Counts tenants, domains and records
///
/// Of the caller's tenant, or of all projects. For operators.
#[utoipa::path(get, path = "/v1/reports/counts", responses((status = 200, description = "The counts.", body = Counts)))]
pub(super) async fn count_all(caller: Admitted) -> Answer {
    caller.operating()?;
    let snapshot = caller.snapshot();
    let view = caller.reading(&snapshot)?;
    let (domains, tenants) = (Some(view.domains_after(None).count()), Some(holders(view).len()));
    Ok(json(&Counts { domains, records: Some(records(&caller).await?), tenants }))
}

/// Counts tenants, domains or records
///
/// Of the caller's tenant, or of all projects. For operators.
#[utoipa::path(
    get,
    path = "/v1/reports/counts/{what}",
    params(("what" = String, Path, description = "`tenants`, `domains` or `records`.", example = "domains")),
    responses((status = 200, description = "The count.", body = Counts), Missing)
)]
pub(super) async fn count_one(caller: Admitted) -> Answer {
    let what = caller.variable("what");
    if !["domains", "records", "tenants"].contains(&what.as_str()) {
        return Err(Wrong::NOWHERE);
    }
    caller.operating()?;
    let snapshot = caller.snapshot();
    let view = caller.reading(&snapshot)?;
    Ok(json(&Counts {
        domains: (what == "domains").then(|| view.domains_after(None).count()),
        records: if what == "records" { Some(records(&caller).await?) } else { None },
        tenants: (what == "tenants").then(|| holders(view).len()),
    }))
}

/// Lists the tenants that have domains
///
/// The caller's, or those of all projects. For operators.
#[utoipa::path(
    get,
    path = "/v1/reports/tenants",
    responses((status = 200, description = "The tenants.", body = TenantsBody))
)]
pub(super) async fn list_tenants(caller: Admitted) -> Answer {
    caller.operating()?;
    let snapshot = caller.snapshot();
    let view = caller.reading(&snapshot)?;
    let line = |(tenant, domain_count)| Some(TenantLine { domain_count, id: tenant::id(view.registry, tenant)? });
    Ok(json(&TenantsBody { tenants: holders(view).into_iter().filter_map(line).collect() }))
}

/// Shows a tenant's domains
///
/// A tenant that the caller does not see has none. For operators.
#[utoipa::path(
    get,
    path = "/v1/reports/tenants/{tenant_id}",
    params(TenantId),
    responses((status = 200, description = "The tenant.", body = TenantBody))
)]
pub(super) async fn show_tenant(caller: Admitted) -> Answer {
    caller.operating()?;
    let snapshot = caller.snapshot();
    let view = caller.reading(&snapshot)?;
    let named = caller.variable("tenant_id");
    let found = tenant::find(view.registry, &named);
    let seen = found.filter(|account| view.sees_tenant(account.number));
    let domains = seen.into_iter().flat_map(|account| view.registry.domains_of(account.number));
    let domains: Vec<_> = domains.map(|domain| doors::absolute(domain.name.name())).collect();
    let id = found.map_or(named, |account| account.id.to_string());
    Ok(json(&TenantBody { domain_count: domains.len(), domains, id }))
}

/// The accounts that have domains which the caller sees, in the order of their making, and how many.
fn holders(view: View<'_>) -> BTreeMap<AccountNo, usize> {
    let mut holders = BTreeMap::new();
    for owner in view.domains_after(None).filter_map(|domain| domain.owner) {
        let count = holders.entry(owner).or_insert(0_usize);
        *count = count.saturating_add(1);
    }
    holders
}

/// How many records the caller would see in lists, counted beside the workers: they are looked at one by one.
async fn records(caller: &Admitted) -> Result<usize, Wrong> {
    let (snapshot, tenant, all) = (caller.snapshot(), caller.tenant, caller.all_projects);
    let count = move || {
        let view = View::new(&snapshot.registry, tenant, all);
        view.domains_after(None).map(|domain| listing::records(view.registry, domain, None).count()).sum()
    };
    web::block(count).await.map_err(|_| Wrong::Fault(Fault::Unavailable))
}
