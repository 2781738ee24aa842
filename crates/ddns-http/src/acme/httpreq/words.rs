//! What httpreq answers instead of success: lego prints the body, so it is a sentence for a person.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use ddns_core::{Refusal, ValueError};
use ddns_service::ServiceError;

use crate::dialect::Fault;
use crate::reply::{self, FaultWords, message};

/// Everything that this dialect answers instead of success.
#[derive(Debug)]
pub(super) enum Wrong {
    /// The body must be one JSON object.
    NotJson,
    /// It must have the members of one of the two modes, and they must be text.
    Members,
    /// The name must be that of a host's values, or in the mode RAW a host's.
    Name,
    /// A value has few and printable characters.
    Value(ValueError),
    /// There must be such a host for this caller.
    Missing,
    /// A rule of the service forbids it.
    Refused(StatusCode, String),
    /// What every dialect has to say.
    Fault(Fault),
}

const FAULTS: FaultWords =
    FaultWords { sign_in: "Sign in with your user name and a token that may set challenge values", not_json: NOT_JSON };
const NOT_JSON: &str = "The body must be one JSON object";

impl Wrong {
    /// Status and body.
    pub(super) fn answer(&self) -> HttpResponse {
        let bad = |words: &str| message(StatusCode::BAD_REQUEST, words);
        match self {
            Wrong::NotJson => bad(NOT_JSON),
            Wrong::Members => bad("The body needs fqdn and value, or in the mode RAW domain and keyAuth, as text"),
            Wrong::Name => bad("fqdn is _acme-challenge. and behind it a host's name, and domain is a host's name"),
            Wrong::Value(error) => bad(&reply::sentence(&error.to_string())),
            Wrong::Missing => message(StatusCode::NOT_FOUND, "There is no host of this name"),
            Wrong::Refused(status, words) => message(*status, &reply::sentence(words)),
            Wrong::Fault(fault) => reply::fault(*fault, &FAULTS),
        }
    }
}

/// The one table from the rules' refusals to statuses. The words are the rules' own, but for hosts that are another's.
impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        let status = match refusal {
            Refusal::NotFound { .. } | Refusal::NotYours { .. } => return Wrong::Missing,
            Refusal::Inactive | Refusal::TokenVoid | Refusal::NotSignedIn => return Wrong::Fault(Fault::Unauthorized),
            Refusal::NotAlone { .. } | Refusal::Quota { .. } | Refusal::TooMany { .. } => StatusCode::CONFLICT,
            _ => StatusCode::FORBIDDEN,
        };
        Wrong::Refused(status, refusal.to_string())
    }
}

impl From<ServiceError> for Wrong {
    fn from(error: ServiceError) -> Wrong {
        match error {
            ServiceError::Refused(refusal) => Wrong::from(refusal),
            error => Wrong::Fault(Fault::of_service(&error)),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an httpreq error")
    }
}

impl ResponseError for Wrong {
    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}
