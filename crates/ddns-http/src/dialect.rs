//! What all dialects have in common: faults that each says in its own words.

use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::{Error, HttpResponse};
use ddns_service::{AuthError, ServiceError};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

/// A way to speak to the one model.
pub(crate) trait Dialect: 'static {
    /// Its name in the log of changes.
    const NAME: &'static str;

    /// Says a fault in this dialect's words.
    fn say(fault: Fault) -> HttpResponse;

    /// The schema of its faults' bodies, for the OpenAPI document: text, where the dialect says nothing else.
    fn fault_schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }

    /// Whether a request with this method may change something.
    fn writes(method: &Method) -> bool {
        !method.is_safe()
    }
}

/// What can go wrong before a dialect's own rules have a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The caller must prove who it is, and did not. Nobody is told what was wrong.
    Unauthorized,
    /// The caller is a browser that another site sent.
    CrossSite,
    /// A URL has a named upper bound.
    UrlTooLong,
    /// A body has a named upper bound.
    BodyTooLarge,
    /// The body did not arrive whole.
    BodyBroken,
    /// The resource has other methods: those of its `Allow` header, which the route adds.
    Method,
    /// The account has made as many changes in this hour as it may.
    Limited,
    /// Too many are waiting; trying again soon helps.
    Busy,
    /// The service cannot answer at present.
    Unavailable,
}

impl Fault {
    /// As actix-web carries it out of an extractor.
    pub(crate) fn error<D: Dialect>(self) -> Error {
        InternalError::from_response("fault", D::say(self)).into()
    }
}

impl Fault {
    /// Of an error that is no refusal. The reason is for the log, not for callers.
    pub(crate) fn of_service(error: &ServiceError) -> Fault {
        match error {
            ServiceError::Busy => Fault::Busy,
            ServiceError::Limited => Fault::Limited,
            error => {
                tracing::warn!(%error, "a request was not carried out");
                Fault::Unavailable
            }
        }
    }
}

impl From<AuthError> for Fault {
    fn from(error: AuthError) -> Fault {
        match error {
            AuthError::Wrong | AuthError::Inactive => Fault::Unauthorized,
            AuthError::Busy => Fault::Busy,
        }
    }
}
