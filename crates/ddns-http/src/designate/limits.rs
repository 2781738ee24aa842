//! `/v1/limits`: how much the caller's own tenant may hold.

use actix_web::http::Method;
use actix_web::web;
use ddns_core::Kind;
use serde::Serialize;
use utoipa::ToSchema;

use super::admitted::Admitted;
use super::answers::json;
use super::wrong::Wrong;
use super::{Answer, Designate};
use crate::routes::Routes;

pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Designate>("/v1/limits", [(Method::GET, web::to(show_limits))]);
}

/// How much the tenant may hold.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateLimits)]
pub(super) struct LimitsBody {
    limits: Limits,
}

/// The kinds of limits: there is one.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateLimitKinds)]
struct Limits {
    absolute: Absolute,
}

/// What does not grow back.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateAbsoluteLimits)]
#[serde(rename_all = "camelCase")]
struct Absolute {
    /// Records in a domain.
    #[schema(example = 500)]
    max_domain_records: u32,
    /// Domains.
    #[schema(example = 10)]
    max_domains: u32,
}

/// Shows how much the tenant may hold
#[utoipa::path(get, path = "/v1/limits", responses((status = 200, description = "The limits.", body = LimitsBody)))]
pub(super) async fn show_limits(caller: Admitted) -> Answer {
    let snapshot = caller.snapshot();
    let account = caller.reading(&snapshot)?.registry.account(caller.tenant);
    let account = account.ok_or_else(|| Wrong::not_found(Kind::Account))?;
    let absolute = Absolute { max_domain_records: account.max_records, max_domains: account.max_domains };
    Ok(json(&LimitsBody { limits: Limits { absolute } }))
}
