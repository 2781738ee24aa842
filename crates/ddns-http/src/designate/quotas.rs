//! `/v1/quotas/{tenant_id}`: how much an account may hold.
//!
//! An account may look at its own; operators look at, set and reset everybody's, whether they ask for all projects or not.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web;
use ddns_core::{Account, AccountEdit, Command, Kind, Receipt, Registry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admitted::{Admitted, object};
use super::answers::{done, json};
use super::documented::{BadRequest, Missing, TenantId};
use super::wrong::Wrong;
use super::{Answer, Designate, doors, tenant};
use crate::body::Body;
use crate::dialect::Fault;
use crate::routes::Routes;

pub(super) fn routes(routes: &mut Routes<'_>) {
    let quotas = [
        (Method::GET, web::to(show_quotas)),
        (Method::PUT, web::to(set_quotas)),
        (Method::POST, web::to(post_quotas)),
        (Method::DELETE, web::to(reset_quotas)),
    ];
    routes.resource::<Designate>("/v1/quotas/{tenant_id}", quotas);
}

/// How much a tenant may hold.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateQuotas)]
pub(super) struct QuotasBody {
    /// Records in a domain.
    #[schema(value_type = u64, example = 500)]
    domain_records: u32,
    /// Record sets in a domain.
    #[schema(value_type = u64, example = 500)]
    domain_recordsets: u32,
    /// Domains.
    #[schema(value_type = u64, example = 10)]
    domains: u32,
    /// Records in a record set.
    #[schema(value_type = u64, example = 20)]
    recordset_records: u32,
}

impl QuotasBody {
    fn new(account: &Account) -> QuotasBody {
        QuotasBody {
            domain_records: account.max_records,
            domain_recordsets: account.max_rrsets,
            domains: account.max_domains,
            recordset_records: account.max_rrset_records,
        }
    }
}

/// How much a tenant may hold from now on. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateQuotasEdit)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct QuotasEdit {
    /// Records in a domain.
    #[schema(value_type = u64, required = false, maximum = 4294967295u32)]
    domain_records: Option<u32>,
    /// Record sets in a domain.
    #[schema(value_type = u64, required = false, maximum = 4294967295u32)]
    domain_recordsets: Option<u32>,
    /// Domains.
    #[schema(value_type = u64, required = false, maximum = 4294967295u32)]
    domains: Option<u32>,
    /// Records in a record set.
    #[schema(value_type = u64, required = false, maximum = 4294967295u32)]
    recordset_records: Option<u32>,
}

/// Shows how much a tenant may hold
///
/// Its own to every account, all to operators.
#[utoipa::path(
    get,
    path = "/v1/quotas/{tenant_id}",
    params(TenantId),
    responses((status = 200, description = "The quotas.", body = QuotasBody), Missing)
)]
pub(super) async fn show_quotas(caller: Admitted) -> Answer {
    let snapshot = caller.snapshot();
    let registry = caller.reading(&snapshot)?.registry;
    Ok(json(&QuotasBody::new(account(&caller, registry)?)))
}

/// Sets how much a tenant may hold
///
/// For operators.
#[utoipa::path(
    put,
    path = "/v1/quotas/{tenant_id}",
    params(TenantId),
    request_body(content = QuotasEdit, example = json!({ "domains": 20 })),
    responses((status = 200, description = "The quotas as they are now.", body = QuotasBody), BadRequest, Missing)
)]
pub(super) async fn set_quotas(caller: Admitted, body: Body<Designate>) -> Answer {
    let object = object(&body)?;
    let given = doors::quotas(&object);
    let edit = |given: doors::QuotasGiven| AccountEdit {
        max_domains: given.domains,
        max_records: given.domain_records,
        max_rrsets: given.domain_recordsets,
        max_rrset_records: given.recordset_records,
        ..AccountEdit::default()
    };
    let account = change(&caller, given.map(edit).map_err(Wrong::from)).await?;
    Ok(json(&QuotasBody::new(&account)))
}

/// Sets how much a tenant may hold, as `PUT` does
///
/// For operators.
#[utoipa::path(
    post,
    path = "/v1/quotas/{tenant_id}",
    params(TenantId),
    request_body(content = QuotasEdit, example = json!({ "domains": 20 })),
    responses((status = 200, description = "The quotas as they are now.", body = QuotasBody), BadRequest, Missing)
)]
pub(super) async fn post_quotas(caller: Admitted, body: Body<Designate>) -> Answer {
    set_quotas(caller, body).await
}

/// Sets back how much a tenant may hold
///
/// To the usual quotas, also where an account signed up by itself, which began with 0 domains. For operators.
#[utoipa::path(
    delete,
    path = "/v1/quotas/{tenant_id}",
    params(TenantId),
    responses(
        (status = 200, description = "The quotas are the usual ones.", body = String, content_type = "text/html"),
        Missing
    )
)]
pub(super) async fn reset_quotas(caller: Admitted) -> Answer {
    // Hosts are none of the quotas that stand here.
    let usual = AccountEdit { max_hosts: None, ..AccountEdit::usual_quotas() };
    change(&caller, Ok(usual)).await?;
    Ok(done())
}

/// Changes the account of the path, if the caller may.
async fn change(caller: &Admitted, edit: Result<AccountEdit, Wrong>) -> Result<Arc<Account>, Wrong> {
    caller.operating()?;
    let snapshot = caller.snapshot();
    let account = account(caller, caller.writing(&snapshot)?.registry)?.number;
    let reply = caller.submit(Kind::Account, Command::SetAccount { account, edit: edit? }).await?;
    let Receipt::Account(account) = reply.receipt else { return Err(Wrong::Fault(Fault::Unavailable)) };
    Ok(account)
}

/// The account of the path. Others than operators are not told which there are beside their own.
fn account<'r>(caller: &Admitted, registry: &'r Registry) -> Result<&'r Arc<Account>, Wrong> {
    let found = tenant::find(registry, &caller.variable("tenant_id"));
    let found = found.filter(|account| caller.is_operator || account.number == caller.tenant);
    found.ok_or_else(|| if caller.is_operator { Wrong::not_found(Kind::Account) } else { Wrong::FORBIDDEN })
}
