//! What all dialects have in common: faults that each says in its own words.

use std::future::{Future, ready};
use std::pin::Pin;

use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{Error, HttpRequest, HttpResponse};
use ddns_service::{AuthError, ServiceError};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

/// A way to speak to the one model.
pub(crate) trait Dialect: Sized + 'static {
    /// Its name in the log of changes.
    const NAME: &'static str;

    /// The header in which its callers may put a token in the place of HTTP's own; where it is there, it alone counts.
    const TOKEN_HEADER: Option<&'static str> = None;

    /// Says a fault in this dialect's words.
    fn say(fault: Fault) -> HttpResponse;

    /// The same as an example, which is always the same.
    fn example(fault: Fault) -> HttpResponse {
        Self::say(fault)
    }

    /// What every route of it may answer to a method beside the faults, with what it means: for the OpenAPI document.
    fn also(_: &Method) -> Vec<(&'static str, HttpResponse)> {
        Vec::new()
    }

    /// Answers a method that a resource does not have; these are those that it has.
    fn other_method(_: HttpRequest, allow: HeaderValue) -> Later<HttpResponse> {
        Box::pin(ready(no_such_method::<Self>(allow)))
    }

    /// The schema of its faults' bodies, for the OpenAPI document: text, where the dialect says nothing else.
    fn fault_schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }

    /// Whether a request with this method may change something.
    fn writes(method: &Method) -> bool {
        !method.is_safe()
    }
}

/// An answer that is on its way.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// That there are other methods, and which.
pub(crate) fn no_such_method<D: Dialect>(allow: HeaderValue) -> HttpResponse {
    let mut answer = D::say(Fault::Method);
    answer.headers_mut().insert(ALLOW, allow);
    answer
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
    /// As many changes as may be made in an hour have been made under this credential, or from this network.
    Limited,
    /// Too many sign-ins have failed, for this login or from this network.
    SlowDown,
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
            AuthError::Limited => Fault::SlowDown,
        }
    }
}
