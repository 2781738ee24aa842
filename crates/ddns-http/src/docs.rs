//! `/openapi.json`, and `/docs`: a page that shows it and tries requests out. All that the page loads is served below it.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use ddns_core::policy;
use utoipa::OpenApi;
use utoipa_swagger_ui::Config;

use crate::address::Plain;
use crate::routes::Routes;
use crate::server::State;
use crate::{links, openapi};

/// The routes of the documentation.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Plain>("/openapi.json", [(Method::GET, web::to(show_openapi))]);
    routes.resource::<Plain>("/docs", [(Method::GET, web::to(show_docs))]);
    routes.resource::<Plain>("/docs/{file:.*}", [(Method::GET, web::to(file))]);
    routes.describe(Description::openapi);
}

#[derive(OpenApi)]
#[openapi(paths(show_openapi, show_docs))]
struct Description;

/// This document
///
/// `servers` is what links begin with: the configured base URL, or the address that the caller reached.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    security(()),
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = Object))
)]
async fn show_openapi(state: web::Data<State>, request: HttpRequest) -> HttpResponse {
    let document = openapi::document(&links::base(&request, &state.settings));
    fresh().json(document)
}

/// A page that shows this document
///
/// Requests can be tried out there. The page loads nothing from any other site.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "operation",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
async fn show_docs() -> HttpResponse {
    page(PAGE)
}

/// For whoever comes to `/` with a browser.
pub(crate) fn welcome() -> HttpResponse {
    page(WELCOME)
}

/// What is below the page. `/docs/` is the page itself, whose links are then relative to where it is.
async fn file(name: web::Path<String>) -> HttpResponse {
    match name.as_str() {
        "" => page(&PAGE.replace("\"docs/", "\"")),
        "start.js" => fresh().content_type("text/javascript").body(START),
        "openapi.json" => fresh().json(openapi::document("..")),
        name => library(name),
    }
}

const PAGE: &str = include_str!("docs/page.html");
const WELCOME: &str = include_str!("docs/welcome.html");
const START: &str = include_str!("docs/start.js");

/// A file of Swagger UI. Each is kept packed, as browsers read it.
fn library(name: &str) -> HttpResponse {
    let file = LIBRARY.contains(&name).then(|| utoipa_swagger_ui::serve(name, Arc::new(Config::default())));
    match file {
        Some(Ok(Some(file))) => {
            let mut answer = with_caching(&released());
            if file.gzpipped {
                answer.insert_header((CONTENT_ENCODING, "gzip"));
            }
            answer.content_type(file.content_type).body(file.bytes.into_owned())
        }
        _ => HttpResponse::NotFound().content_type(ContentType::plaintext()).body("there is no such file"),
    }
}

/// The files of Swagger UI that the page loads.
const LIBRARY: &[&str] = &["swagger-ui.css", "swagger-ui-bundle.js", "favicon-16x16.png", "favicon-32x32.png"];

fn page(text: &str) -> HttpResponse {
    let mut answer = fresh();
    answer.insert_header((CONTENT_SECURITY_POLICY, POLICY)).insert_header((REFERRER_POLICY, "no-referrer"));
    answer.content_type(ContentType::html()).body(text.to_owned())
}

/// Scripts, styles and requests of this site only, and none of them inline; Swagger UI's style sheet has images in it.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

fn fresh() -> HttpResponseBuilder {
    with_caching("no-store")
}

/// What only a new release changes.
fn released() -> String {
    format!("public, max-age={}", policy::RELEASED_LIFE.as_secs())
}

fn with_caching(caching: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, caching)).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    answer
}
