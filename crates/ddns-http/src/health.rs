//! `/healthz` and `/readyz`: for whoever watches the process. Strangers may ask, so the reason stays in the log.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::address::Plain;
use crate::roads::Roads;
use crate::server::State;

/// The roads of this dialect.
pub(crate) fn roads(roads: &mut Roads<'_>) {
    roads.lay::<Plain>("/healthz", [(Method::GET, web::to(alive))]);
    roads.lay::<Plain>("/readyz", [(Method::GET, web::to(ready))]);
}

/// The process is alive.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({ "alive": true }))
}

/// Updates are taken and kept.
async fn ready(state: web::Data<State>) -> HttpResponse {
    let ready = state.service.health().ready;
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    if !ready {
        answer.insert_header((RETRY_AFTER, "1"));
    }
    answer.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "ready": ready }))
}
