//! Answers in compact JSON, and what the JSON dialects answer to faults.

use std::sync::LazyLock;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, HttpResponseBuilder, web};
use ddns_core::{Timestamp, policy};
use ddns_service::fresh::PasswordError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema, Type};

use crate::auth::CHALLENGE;
use crate::dialect::Fault;
use crate::server::State;

/// An answer with a body, in compact JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    respond(&mut HttpResponse::build(status), body)
}

/// 201, and where that is which was made.
pub(crate) fn created(location: String, body: &impl Serialize) -> HttpResponse {
    respond(HttpResponse::Created().insert_header((LOCATION, location)), body)
}

fn respond(answer: &mut HttpResponseBuilder, body: &impl Serialize) -> HttpResponse {
    let text = serde_json::to_string(body).unwrap_or_default(); // Cannot fail: no map of ours has keys that are not text.
    answer.insert_header((CONTENT_TYPE, "application/json; charset=utf-8")).insert_header((CACHE_CONTROL, "no-store"));
    answer.body(text)
}

/// 204.
pub(crate) fn nothing() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// One sentence.
pub(crate) fn message(status: StatusCode, words: &str) -> HttpResponse {
    json(status, &Message { message: words })
}

/// One sentence for people.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct Message<'w> {
    message: &'w str,
}

/// The schema of [`Message`].
pub(crate) fn message_schema() -> RefOr<Schema> {
    Ref::from_schema_name("Message").into()
}

/// Where the JSON dialects differ in what they say of faults.
pub(crate) struct FaultWords {
    /// How to sign in.
    pub(crate) sign_in: &'static str,
    /// What a body must be.
    pub(crate) not_json: &'static str,
}

/// A fault in these dialects' words.
pub(crate) fn fault(fault: Fault, own: &FaultWords) -> HttpResponse {
    let (status, words) = said(fault, own);
    with_hints(fault, status, &Message { message: words })
}

/// A fault in a body of the dialect's own.
pub(crate) fn fault_as(fault: Fault, body: &impl Serialize) -> HttpResponse {
    with_hints(fault, said(fault, &FaultWords { sign_in: "", not_json: "" }).0, body)
}

/// A fault in the midst of something, where other words than the usual ones are true.
pub(crate) fn fault_midway(fault: Fault, own: &FaultWords, words: &str) -> HttpResponse {
    with_hints(fault, said(fault, own).0, &Message { message: words })
}

/// The one table from faults to these dialects' words.
fn said(fault: Fault, own: &FaultWords) -> (StatusCode, &'static str) {
    match fault {
        Fault::Unauthorized => (StatusCode::UNAUTHORIZED, own.sign_in),
        Fault::CrossSite => (StatusCode::FORBIDDEN, "Another site made your browser send this"),
        Fault::UrlTooLong => (StatusCode::URI_TOO_LONG, "The URL is too long"),
        Fault::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
        Fault::BodyBroken => (StatusCode::BAD_REQUEST, own.not_json),
        Fault::Method => (StatusCode::METHOD_NOT_ALLOWED, "This resource has other methods"),
        Fault::Limited => (StatusCode::TOO_MANY_REQUESTS, "Too many changes in this hour; nothing was changed"),
        Fault::SlowDown => (StatusCode::TOO_MANY_REQUESTS, "Too many sign-ins have failed; try again in a minute"),
        Fault::Busy | Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Nothing was changed; try again later"),
    }
}

/// With the headers that tell what would help.
fn with_hints(fault: Fault, status: StatusCode, body: &impl Serialize) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    match fault {
        Fault::Unauthorized => answer.insert_header((WWW_AUTHENTICATE, CHALLENGE)),
        Fault::Limited => next_hour(&mut answer),
        Fault::SlowDown => answer.insert_header((RETRY_AFTER, policy::RETRY_SIGN_IN.as_secs())),
        Fault::Busy => answer.insert_header((RETRY_AFTER, policy::RETRY_BUSY.as_secs())),
        Fault::Unavailable => answer.insert_header((RETRY_AFTER, policy::RETRY_UNAVAILABLE.as_secs())),
        _ => &mut answer,
    };
    respond(&mut answer, body)
}

/// An answer after which the next hour helps: how far that is, is filled in where the clock is at hand.
pub(crate) fn next_hour(answer: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    answer.extensions_mut().insert(NextHour);
    answer.insert_header((RETRY_AFTER, policy::RETRY_LIMITED.as_secs()))
}

/// What such an answer bears as an extension.
struct NextHour;

/// Fills it in.
pub(crate) async fn tell_next_hour<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut answer = next.call(request).await?;
    let waits = answer.response().extensions().contains::<NextHour>();
    if let Some(state) = answer.request().app_data::<web::Data<State>>().filter(|_| waits) {
        let wait = until_next_hour(state.service.now());
        answer.headers_mut().insert(RETRY_AFTER, wait.into());
    }
    Ok(answer)
}

fn until_next_hour(now: Timestamp) -> u64 {
    let hour = policy::RETRY_LIMITED.as_secs();
    hour.saturating_sub(now.secs().checked_rem(hour).unwrap_or(0))
}

/// The rules' words with a capital at their beginning, as all sentences of these dialects.
pub(crate) fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// What a heartbeat must be, in the JSON of every dialect that takes one.
pub(crate) fn about_heartbeat() -> &'static str {
    static BOUNDS: LazyLock<String> = LazyLock::new(|| {
        let (least, most) = (policy::HEARTBEAT_SECS.start(), policy::HEARTBEAT_SECS.end());
        format!("must be {least} to {most} seconds")
    });
    &BOUNDS
}

/// Its schema: seconds as a number or as text, or null.
pub(crate) fn heartbeat_schema(description: &str) -> RefOr<Schema> {
    let (least, most) = (*policy::HEARTBEAT_SECS.start(), *policy::HEARTBEAT_SECS.end());
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most));
    OneOfBuilder::new()
        .item(number)
        .item(ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]+$")))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(description))
        .examples([Value::from(3_600)])
        .into()
}

/// What is wrong with a password, in the JSON of every dialect that takes one.
pub(crate) fn about_password(error: PasswordError) -> &'static str {
    static TOO_SHORT: LazyLock<String> =
        LazyLock::new(|| format!("is too short (minimum is {} characters)", policy::PASSWORD_MIN));
    static TOO_LONG: LazyLock<String> =
        LazyLock::new(|| format!("is too long (maximum is {} octets)", policy::PASSWORD_MAX));
    match error {
        PasswordError::TooShort => &TOO_SHORT,
        PasswordError::TooLong => &TOO_LONG,
        PasswordError::NotHashed => "is invalid",
    }
}
