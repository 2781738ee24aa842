//! `/healthz` and `/readyz`: for whoever watches the process. Strangers may ask, so the reason stays in the log.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use ddns_core::policy;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::address::Plain;
use crate::routes::Routes;
use crate::server::State;

/// The routes of this dialect.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Plain>("/healthz", [(Method::GET, web::to(alive))]);
    routes.resource::<Plain>("/readyz", [(Method::GET, web::to(ready))]);
    routes.describe(Description::openapi);
}

#[derive(OpenApi)]
#[openapi(
    paths(alive, ready),
    tags((name = "operation", description = "For whoever runs the service, or writes a client of it."))
)]
struct Description;

/// Tells whether the process is alive
#[utoipa::path(
    get,
    path = "/healthz",
    security(()),
    responses((status = 200, description = "It is.", body = Health))
)]
async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Health { alive: true })
}

/// Whether the process is alive.
#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(example = true)]
    alive: bool,
}

/// Tells whether updates are taken and kept
#[utoipa::path(
    get,
    path = "/readyz",
    security(()),
    responses(
        (status = 200, description = "They are.", body = Readiness),
        (
            status = 503,
            description = "They are not at present. The reason is in the service's log.",
            body = Readiness,
            headers(("Retry-After" = String, description = "Seconds.")),
            example = json!({ "ready": false })
        )
    )
)]
async fn ready(state: web::Data<State>) -> HttpResponse {
    let ready = state.service.health().ready;
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    if !ready {
        answer.insert_header((RETRY_AFTER, policy::RETRY_BUSY.as_secs()));
    }
    answer.insert_header((CACHE_CONTROL, "no-store")).json(Readiness { ready })
}

/// Whether updates are taken and kept.
#[derive(Serialize, ToSchema)]
struct Readiness {
    #[schema(example = true)]
    ready: bool,
}
