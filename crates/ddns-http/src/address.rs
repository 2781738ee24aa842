//! `/checkip` and `/myip`: tells callers their own address, as dyndns2 clients ask for it.

use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use ddns_core::policy;
use utoipa::OpenApi;

use crate::dialect::{Dialect, Fault};
use crate::routes::Routes;
use crate::source;

/// The routes of this dialect.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Plain>("/checkip", [(Method::GET, web::to(check_ip))]);
    routes.resource::<Plain>("/myip", [(Method::GET, web::to(my_ip))]);
    routes.describe(Description::openapi);
}

#[derive(OpenApi)]
#[openapi(
    paths(check_ip, my_ip),
    tags((name = "plain", description = "The caller's own address, for scripts and dyndns2 clients."))
)]
struct Description;

/// Tells the caller its address in a page
///
/// Clients search it for `Current IP Address: `.
#[utoipa::path(
    get,
    path = "/checkip",
    security(()),
    responses((
        status = 200,
        description = "The page.",
        content_type = "text/html",
        body = String,
        example = json!("<html><head><title>Current IP Check</title></head><body>Current IP Address: 192.0.2.7</body></html>")
    ))
)]
async fn check_ip(request: HttpRequest) -> HttpResponse {
    let address = own_address(&request);
    let page =
        format!("<html><head><title>Current IP Check</title></head><body>Current IP Address: {address}</body></html>");
    answer(StatusCode::OK).content_type(ContentType::html()).body(page)
}

/// Tells the caller its address, and nothing else
#[utoipa::path(
    get,
    path = "/myip",
    security(()),
    responses((status = 200, description = "The address.", body = String, example = json!("192.0.2.7")))
)]
async fn my_ip(request: HttpRequest) -> HttpResponse {
    answer(StatusCode::OK).content_type(ContentType::plaintext()).body(own_address(&request))
}

fn own_address(request: &HttpRequest) -> String {
    source::of(request).map(|address| address.to_string()).unwrap_or_default()
}

/// Answers in plain words, for people and scripts.
pub(crate) struct Plain;

impl Dialect for Plain {
    const NAME: &'static str = "plain";

    fn say(fault: Fault) -> HttpResponse {
        let (status, words) = match fault {
            Fault::Unauthorized => (StatusCode::UNAUTHORIZED, "sign in"),
            Fault::CrossSite => (StatusCode::FORBIDDEN, "refused: another site made your browser send this"),
            Fault::UrlTooLong => (StatusCode::URI_TOO_LONG, "the URL is too long"),
            Fault::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            Fault::BodyBroken => (StatusCode::BAD_REQUEST, "the body did not arrive whole"),
            Fault::Method => (StatusCode::METHOD_NOT_ALLOWED, "this resource has other methods"),
            Fault::Limited => (StatusCode::TOO_MANY_REQUESTS, "try again in an hour"),
            Fault::SlowDown => (StatusCode::TOO_MANY_REQUESTS, "try again in a minute"),
            Fault::Busy | Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "try again later"),
        };
        let mut answer = answer(status);
        if matches!(fault, Fault::Busy | Fault::Unavailable) {
            answer.insert_header((RETRY_AFTER, policy::RETRY_BUSY.as_secs()));
        }
        answer.content_type(ContentType::plaintext()).body(words)
    }
}

fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((CACHE_CONTROL, "no-store"));
    answer
}
