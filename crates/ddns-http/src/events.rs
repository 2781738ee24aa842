//! One log event for each request. Query strings, paths and headers may hold credentials and are never in it.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use uuid::Uuid;

use crate::source;

/// Records what was asked (the route's pattern and not the path, a method that there is and no other word), what was answered, and how long it took.
pub(crate) async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begin = Instant::now();
    let response = next.call(request).await?;
    let request = response.request();
    let route = request.match_pattern();
    let id = response.response().extensions().get::<RequestId>().map(|RequestId(id)| *id);
    tracing::info!(
        method = told(request.method()),
        route = route.as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        micros = begin.elapsed().as_micros(),
        id = id.map(tracing::field::display),
        peer = source::of(request).map(tracing::field::display),
        "request"
    );
    Ok(response)
}

/// What stands in a method's place may be anything, a secret too, where a program has gone wrong.
fn told(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE => method.as_str(),
        Method::OPTIONS | Method::PATCH | Method::TRACE | Method::CONNECT => method.as_str(),
        _ => "-",
    }
}

/// By which id an answer tells its caller to ask about it; an answer that has one bears it as an extension.
pub(crate) struct RequestId(pub(crate) Uuid);
