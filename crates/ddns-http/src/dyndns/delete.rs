//! `/nic/delete`: dyndns2 has no word for a host that has lost an address, and nsupdate.info's servers and clients have this.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::OpenApi;

use super::schemas::DeleteParams;
use super::{Call, DynDns, talk, with_form};
use crate::body::Body;
use crate::params::Params;
use crate::routes::Routes;
use crate::server::State;

/// Its route.
pub(super) fn routes(routes: &mut Routes<'_>) {
    let (by_query, by_form) = (web::to(delete_by_query), web::to(delete_by_form));
    routes.resource::<DynDns>("/nic/delete", [(Method::GET, by_query), (Method::POST, by_form)]);
    routes.describe(Description::openapi);
}

#[derive(OpenApi)]
#[openapi(paths(delete_by_query, delete_by_form))]
struct Description;

/// Removes hosts' addresses
///
/// The address tells whose family's is removed, `A` or `AAAA`, and nothing else: `0.0.0.0` and `::` will do. Without any, it is
/// the family that the request comes from. The answer has a line for each host: `deleted A`, `deleted AAAA` or, with an address
/// of each family, `deleted A,AAAA`, also where there was none; everything else as of `/nic/update`.
#[utoipa::path(
    get,
    path = "/nic/delete",
    tag = "dyndns2",
    params(DeleteParams),
    responses((status = 200, description = "A line for each host.", body = String, example = json!("deleted A")))
)]
async fn delete_by_query(state: web::Data<State>, request: HttpRequest, _: Body<DynDns>) -> HttpResponse {
    talk(Call::Delete, &state, &request, &Params::parse(request.query_string())).await
}

/// Removes hosts' addresses by a form
///
/// The same as by `GET`, with parameters from the query and, behind them, from a form.
#[utoipa::path(
    post,
    path = "/nic/delete",
    tag = "dyndns2",
    request_body(content = DeleteParams, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A line for each host.", body = String, example = json!("deleted A")))
)]
async fn delete_by_form(state: web::Data<State>, request: HttpRequest, body: Body<DynDns>) -> HttpResponse {
    talk(Call::Delete, &state, &request, &with_form(&request, &body)).await
}
