//! `/healthz` and `/readyz`: for whoever watches the process. Strangers may ask, so the reason stays in the log.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::address::Plain;
use crate::dialect::road;
use crate::server::State;

/// The roads of this dialect.
pub(crate) fn roads(config: &mut web::ServiceConfig) {
    config.service(road::<Plain>("/healthz", "GET, HEAD", [(Method::GET, web::to(alive))]));
    config.service(road::<Plain>("/readyz", "GET, HEAD", [(Method::GET, web::to(ready))]));
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
