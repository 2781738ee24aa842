//! What answers look like here: always with an id by which a caller can ask about them, and times without a zone.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::DateTime;
use ddns_core::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::events::RequestId;

/// 200, and an object.
pub(super) fn json(body: &impl Serialize) -> HttpResponse {
    with_json(&mut fresh(), body)
}

/// 200, the object that was made, and where it is.
pub(super) fn made(location: String, body: &impl Serialize) -> HttpResponse {
    with_json(fresh().insert_header((LOCATION, location)), body)
}

/// 200 with an empty body, which is said to be HTML.
pub(super) fn done() -> HttpResponse {
    fresh().insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body("")
}

/// 200, as the beginning of an answer.
pub(super) fn fresh() -> HttpResponseBuilder {
    build(StatusCode::OK, ddns_service::fresh::uuid())
}

/// The beginning of every answer.
pub(super) fn build(status: StatusCode, id: Uuid) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((REQUEST_ID, request_id(id))).insert_header((CACHE_CONTROL, "no-store"));
    answer.extensions_mut().insert(RequestId(id));
    answer
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// An answer's id in its header and in an error's body.
pub(super) fn request_id(id: Uuid) -> String {
    format!("req-{id}")
}

/// Ends an answer with a body in compact JSON.
pub(super) fn with_json(answer: &mut HttpResponseBuilder, body: &impl Serialize) -> HttpResponse {
    let text = serde_json::to_string(body).unwrap_or_default(); // Cannot fail: no map of ours has keys that are not text.
    answer.insert_header((CONTENT_TYPE, "application/json")).body(text)
}

/// A moment in UTC, with six digits of its second and without a zone.
pub(super) fn stamp(at: Timestamp) -> String {
    let time = i64::try_from(at.micros()).ok().and_then(DateTime::from_timestamp_micros).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_six_digits_and_no_zone() {
        for (micros, said) in [
            (0, "1970-01-01T00:00:00.000000"),
            (1_800_000_000_000_001, "2027-01-15T08:00:00.000001"),
            (1_800_000_000_120_000, "2027-01-15T08:00:00.120000"),
        ] {
            assert_eq!(stamp(Timestamp::from_micros(micros)), said);
        }
    }
}
