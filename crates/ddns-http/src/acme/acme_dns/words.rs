//! What acme-dns answers: its own words, where it has some.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use ddns_core::{Name, Refusal};
use ddns_service::ServiceError;
use ipnet::IpNet;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{Ref, RefOr, Schema};
use uuid::Uuid;

use crate::dialect::Fault;
use crate::reply;

/// What was registered. Programs in shell look for the members in this order.
#[derive(Serialize, ToSchema)]
#[schema(as = AcmeDnsAccount)]
pub(super) struct AccountBody {
    /// What `X-Api-User` has to be.
    #[schema(example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    username: String,
    /// What `X-Api-Key` has to be.
    #[schema(example = "42fcb5dd5f6553f90676a98523e6e22d87944c33")]
    password: String,
    /// Where the values are: no alias is needed.
    #[schema(example = "_acme-challenge.home.dyn.example")]
    fulldomain: String,
    /// What `subdomain` has to be.
    #[schema(example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    subdomain: String,
    /// From where the values may be set; from anywhere, if there is none.
    #[schema(example = json!(["192.0.2.0/24"]))]
    allowfrom: Vec<String>,
}

impl AccountBody {
    pub(super) fn new(id: Uuid, password: &str, values_at: &Name, networks: &[IpNet]) -> AccountBody {
        AccountBody {
            username: id.to_string(),
            password: password.to_owned(),
            fulldomain: values_at.to_string(),
            subdomain: id.to_string(),
            allowfrom: networks.iter().map(IpNet::to_string).collect(),
        }
    }
}

/// The value that was set.
#[derive(Serialize, ToSchema)]
#[schema(as = AcmeDnsValue)]
pub(super) struct ValueBody<'v> {
    #[schema(example = "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM")]
    pub(super) txt: &'v str,
}

/// What was wrong, in one word.
#[derive(Serialize, ToSchema)]
#[schema(as = AcmeDnsError)]
pub(super) struct ErrorBody {
    error: &'static str,
}

/// The schema of [`ErrorBody`].
pub(super) fn error_schema() -> RefOr<Schema> {
    Ref::from_schema_name("AcmeDnsError").into()
}

/// Everything that this dialect answers instead of success.
#[derive(Debug)]
pub(super) enum Wrong {
    /// A body must be one JSON object, with members of the right kinds.
    NotJson,
    /// `allowfrom` lists networks in CIDR notation.
    BadNetwork,
    /// There must be one host that is meant.
    NoHost,
    /// It must have a host's name.
    BadHost,
    /// It must be there for this caller.
    Unknown,
    /// `subdomain` must be there.
    BadSubdomain,
    /// A value is a digest in base64url.
    BadTxt,
    /// A rule of the service forbids it.
    Refused(Refusal),
    /// What every dialect has to say.
    Fault(Fault),
}

impl Wrong {
    /// Status and body.
    pub(super) fn answer(&self) -> HttpResponse {
        let (status, error) = match self {
            Wrong::NotJson => (StatusCode::BAD_REQUEST, NOT_JSON),
            Wrong::BadNetwork => (StatusCode::BAD_REQUEST, "invalid_allowfrom_cidr"),
            Wrong::NoHost => (StatusCode::BAD_REQUEST, "missing_host"),
            Wrong::BadHost => (StatusCode::BAD_REQUEST, "bad_host"),
            Wrong::BadSubdomain => (StatusCode::BAD_REQUEST, "bad_subdomain"),
            Wrong::BadTxt => (StatusCode::BAD_REQUEST, "bad_txt"),
            Wrong::Unknown => (StatusCode::NOT_FOUND, "unknown_host"),
            Wrong::Refused(refusal) => match refused(refusal) {
                Ok(said) => said,
                Err(fault) => return say(fault),
            },
            Wrong::Fault(fault) => return say(*fault),
        };
        reply::json(status, &ErrorBody { error })
    }
}

const NOT_JSON: &str = "malformed_json_payload";
const FORBIDDEN: &str = "forbidden";

/// The one table from the rules' refusals to this dialect's words.
fn refused(refusal: &Refusal) -> Result<(StatusCode, &'static str), Fault> {
    match refusal {
        Refusal::NotFound { .. } | Refusal::NotYours { .. } => Ok((StatusCode::NOT_FOUND, "unknown_host")),
        Refusal::Inactive | Refusal::TokenVoid | Refusal::NotSignedIn => Err(Fault::Unauthorized),
        Refusal::NotAlone { .. } => Ok((StatusCode::CONFLICT, "alias_at_name")),
        Refusal::Quota { .. } | Refusal::TooMany { .. } => Ok((StatusCode::CONFLICT, "too_many")),
        _ => Ok((StatusCode::FORBIDDEN, FORBIDDEN)),
    }
}

fn say(fault: Fault) -> HttpResponse {
    let error = match fault {
        Fault::Unauthorized => FORBIDDEN,
        Fault::CrossSite => "cross_site",
        Fault::UrlTooLong => "url_too_long",
        Fault::BodyTooLarge => "body_too_large",
        Fault::BodyBroken => NOT_JSON,
        Fault::Method => "method_not_allowed",
        Fault::Limited | Fault::SlowDown => "too_many_requests",
        Fault::Busy | Fault::Unavailable => "db_error",
    };
    reply::fault_as(fault, &ErrorBody { error })
}

impl From<ServiceError> for Wrong {
    fn from(error: ServiceError) -> Wrong {
        match error {
            ServiceError::Refused(refusal) => Wrong::Refused(refusal),
            error => Wrong::Fault(Fault::of_service(&error)),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an acme-dns error")
    }
}

impl ResponseError for Wrong {
    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}
