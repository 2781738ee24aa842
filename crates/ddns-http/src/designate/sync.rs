//! `POST /v1/domains/sync`: bringing name servers up. They are never behind, so there is nothing to do.

use actix_web::http::Method;
use actix_web::web;

use super::admitted::Admitted;
use super::answers::done;
use super::{Answer, Designate};
use crate::routes::Routes;

pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Designate>("/v1/domains/sync", [(Method::POST, web::to(synchronise))]);
}

/// Brings every domain up on the name servers
///
/// They are never behind, so this does nothing. For operators.
#[utoipa::path(
    post,
    path = "/v1/domains/sync",
    responses((status = 200, description = "They are up.", body = String, content_type = "text/html"))
)]
pub(super) async fn synchronise(caller: Admitted) -> Answer {
    caller.operating()?;
    caller.writing(&caller.snapshot())?;
    Ok(done())
}
