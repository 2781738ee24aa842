//! `/v1/schemas/{name}`: what objects may hold, as JSON schemas (draft 3).

use actix_web::http::Method;
use actix_web::web;

use super::admitted::Admitted;
use super::answers::json;
use super::documented::Missing;
use super::wrong::Wrong;
use super::{Answer, Designate, doors};
use crate::routes::Routes;

pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Designate>("/v1/schemas/{name}", [(Method::GET, web::to(show_schema))]);
}

/// Shows what an object may hold
#[utoipa::path(
    get,
    path = "/v1/schemas/{name}",
    params((
        "name" = String,
        Path,
        description = "`domain`, `record`, `server` or `tsigkey`, or a list of them: `domains` …; or `limits`.",
        example = "domain"
    )),
    responses((status = 200, description = "A JSON schema, draft 3.", body = Object), Missing)
)]
pub(super) async fn show_schema(caller: Admitted) -> Answer {
    let document = doors::document(&caller.variable("name")).ok_or(Wrong::NOWHERE)?;
    Ok(json(&document))
}
