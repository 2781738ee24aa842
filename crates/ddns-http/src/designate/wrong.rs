//! Everything that this dialect answers instead of success, and the one table from the rules' refusals to it.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use ddns_core::{Kind, RecordType, Refusal, policy};
use ddns_service::ServiceError;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers::{self, request_id};
use super::doors::{self, Invalid, Violation};
use crate::auth::CHALLENGE;
use crate::dialect::Fault;
use crate::reply;

/// Everything that this dialect answers instead of success.
#[derive(Clone, Debug)]
pub(super) enum Wrong {
    /// What the router of the living server says of paths, ids and bodies that are no JSON: the status, and no more.
    Bare(StatusCode),
    /// An error with a type.
    Typed(Typed),
    /// What every dialect has to say.
    Fault(Fault),
}

/// An error with a type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    status: StatusCode,
    kind: &'static str,
    message: Option<Cow<'static, str>>,
    errors: Vec<Violation>,
}

/// What is wrong with one attribute, as a validator of JSON schemas tells it.
#[derive(ToSchema)]
#[schema(as = DesignateFieldError)]
#[expect(dead_code, reason = "it describes a Violation, which a door makes")]
struct FieldError {
    /// Which attribute; empty for the whole object.
    #[schema(example = "ttl")]
    path: String,
    /// What is wrong.
    #[schema(example = "0 is less than the minimum of 1")]
    message: String,
    /// Which keyword of the schema refuses it.
    #[schema(example = "minimum")]
    validator: String,
}

/// The body of an error. Those of the router have a code alone.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateError)]
pub(super) struct ErrorBody {
    /// The status.
    #[schema(example = 404)]
    code: u16,
    /// What is wrong with each attribute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<FieldError>, required = false)]
    errors: Vec<Violation>,
    /// A text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "Could not find Domain")]
    message: Option<Cow<'static, str>>,
    /// By which id to ask about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "req-6d2f3c5a-0b6c-4f4e-9d3c-8f1f5a7a9f10")]
    request_id: Option<String>,
    /// What is wrong, for programs.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "domain_not_found")]
    kind: Option<&'static str>,
}

impl Wrong {
    /// The path leads nowhere.
    pub(super) const NOWHERE: Wrong = Wrong::Bare(StatusCode::NOT_FOUND);
    /// The body is no JSON.
    pub(super) const NOT_JSON: Wrong = Wrong::Bare(StatusCode::BAD_REQUEST);
    /// The caller lacks the role, or its token the scope.
    pub(super) const FORBIDDEN: Wrong =
        Wrong::Typed(Typed { status: StatusCode::FORBIDDEN, kind: "forbidden", message: None, errors: Vec::new() });

    /// An error with a type and a text for people.
    pub(super) fn new(status: StatusCode, kind: &'static str, message: impl Into<Cow<'static, str>>) -> Wrong {
        Wrong::Typed(Typed { status, kind, message: Some(message.into()), errors: Vec::new() })
    }

    /// An error with a type alone.
    pub(super) const fn silent(status: StatusCode, kind: &'static str) -> Wrong {
        Wrong::Typed(Typed { status, kind, message: None, errors: Vec::new() })
    }

    /// What it says to people of what they sent; none where it is a fault of ours, or of nothing that they sent.
    pub(super) fn sentence(&self) -> Option<String> {
        let Wrong::Typed(Typed { message, errors, .. }) = self else { return None };
        let errors: Vec<String> =
            errors.iter().map(|Violation { path, message, .. }| format!("{path}: {message}")).collect();
        if errors.is_empty() { message.as_ref().map(ToString::to_string) } else { Some(errors.join("; ")) }
    }

    /// A request that no schema speaks against, and that asks for what there is not.
    pub(super) fn bad_request(message: impl Into<Cow<'static, str>>) -> Wrong {
        Wrong::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// The body is no object that any schema could take.
    pub(super) const INVALID_OBJECT: Wrong = Wrong::silent(StatusCode::BAD_REQUEST, "invalid_object");

    /// The tenant has as much as it may.
    pub(super) const OVER_QUOTA: Wrong = Wrong::silent(StatusCode::PAYLOAD_TOO_LARGE, "over_quota");

    /// A record that may not be where it would be.
    pub(super) fn location(message: impl Into<Cow<'static, str>>) -> Wrong {
        Wrong::new(StatusCode::BAD_REQUEST, "invalid_recordset_location", message)
    }

    /// A domain's name that is none.
    pub(super) fn domain_name(message: impl Into<Cow<'static, str>>) -> Wrong {
        Wrong::new(StatusCode::BAD_REQUEST, "invalid_domain_name", message)
    }

    /// There is no such object, or it is not the caller's.
    pub(super) fn not_found(kind: Kind) -> Wrong {
        let word = Word::of(kind);
        Wrong::new(StatusCode::NOT_FOUND, word.not_found, format!("Could not find {}", word.title))
    }

    /// There is such an object already.
    pub(super) fn duplicate(kind: Kind) -> Wrong {
        let word = Word::of(kind);
        Wrong::new(StatusCode::CONFLICT, word.duplicate, format!("Duplicate {}", word.title))
    }

    /// The body is said to be something else than JSON.
    pub(super) fn content_type(said: &str) -> Wrong {
        let message = format!("Unsupported Content-Type: {said}");
        Wrong::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_type", message)
    }

    /// The caller reads something else than JSON.
    pub(super) fn accept(said: &str) -> Wrong {
        Wrong::new(StatusCode::NOT_ACCEPTABLE, "unsupported_accept", format!("Unsupported Accept: {said}"))
    }

    /// Status, headers and body.
    pub(super) fn answer(&self) -> HttpResponse {
        self.answer_as(ddns_service::fresh::uuid())
    }

    /// The same with an id that is always the same.
    pub(super) fn example(&self) -> HttpResponse {
        self.answer_as(Uuid::from_u128(0x6d2f_3c5a_0b6c_4f4e_9d3c_8f1f_5a7a_9f10))
    }

    fn answer_as(&self, id: Uuid) -> HttpResponse {
        let (status, body) = match self {
            Wrong::Bare(status) => (*status, ErrorBody::bare(*status)),
            Wrong::Typed(typed) => (typed.status, ErrorBody::typed(typed, id)),
            Wrong::Fault(fault) => said(*fault, id),
        };
        let mut answer = answers::build(status, id);
        if let Wrong::Fault(fault) = self {
            match fault {
                Fault::Unauthorized => answer.insert_header((WWW_AUTHENTICATE, CHALLENGE)),
                Fault::Limited => reply::next_hour(&mut answer),
                Fault::SlowDown => answer.insert_header((RETRY_AFTER, policy::RETRY_SIGN_IN.as_secs())),
                Fault::Busy => answer.insert_header((RETRY_AFTER, policy::RETRY_BUSY.as_secs())),
                Fault::Unavailable => answer.insert_header((RETRY_AFTER, policy::RETRY_UNAVAILABLE.as_secs())),
                _ => &mut answer,
            };
        }
        answers::with_json(&mut answer, &body)
    }
}

/// The one table from faults to this dialect's words.
fn said(fault: Fault, id: Uuid) -> (StatusCode, ErrorBody) {
    let (status, kind, words) = match fault {
        Fault::BodyBroken => return (StatusCode::BAD_REQUEST, ErrorBody::bare(StatusCode::BAD_REQUEST)),
        Fault::Method => {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            return (status, ErrorBody { kind: Some("invalid_method"), ..ErrorBody::bare(status) });
        }
        Fault::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Access Denied"),
        Fault::CrossSite => (StatusCode::FORBIDDEN, "forbidden", "Another site made your browser send this"),
        Fault::UrlTooLong => (StatusCode::URI_TOO_LONG, "url_too_long", "The URL is too long"),
        Fault::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", "The body is too large"),
        Fault::Limited => {
            (StatusCode::TOO_MANY_REQUESTS, "over_limit", "Too many changes in this hour; nothing was changed")
        }
        Fault::SlowDown => {
            let words = "Too many sign-ins have failed; try again in a minute";
            (StatusCode::TOO_MANY_REQUESTS, "over_limit", words)
        }
        Fault::Busy | Fault::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Nothing was changed; try again later")
        }
    };
    let Wrong::Typed(typed) = Wrong::new(status, kind, words) else { return (status, ErrorBody::bare(status)) };
    (status, ErrorBody::typed(&typed, id))
}

impl ErrorBody {
    fn bare(status: StatusCode) -> ErrorBody {
        ErrorBody { code: status.as_u16(), errors: Vec::new(), message: None, request_id: None, kind: None }
    }

    fn typed(typed: &Typed, id: Uuid) -> ErrorBody {
        ErrorBody {
            errors: typed.errors.clone(),
            message: typed.message.clone(),
            request_id: Some(request_id(id)),
            kind: Some(typed.kind),
            ..ErrorBody::bare(typed.status)
        }
    }
}

/// How a kind of object is called here.
struct Word {
    title: &'static str,
    not_found: &'static str,
    duplicate: &'static str,
}

impl Word {
    fn of(kind: Kind) -> Word {
        let (title, not_found, duplicate) = match kind {
            Kind::Domain => ("Domain", "domain_not_found", "duplicate_domain"),
            Kind::Server => ("Server", "server_not_found", "duplicate_server"),
            Kind::TsigKey => ("TsigKey", "tsigkey_not_found", "duplicate_tsigkey"),
            Kind::Account => ("Tenant", "tenant_not_found", "duplicate_tenant"),
            _ => ("Record", "record_not_found", "duplicate_record"),
        };
        Word { title, not_found, duplicate }
    }
}

impl Wrong {
    /// Why a command about an object of this kind was not carried out.
    pub(super) fn about(kind: Kind, error: ServiceError) -> Wrong {
        match error {
            ServiceError::Refused(refusal) => Wrong::refused(kind, &refusal),
            error => Wrong::Fault(Fault::of_service(&error)),
        }
    }

    /// The one table from the rules' refusals to this dialect's words.
    pub(super) fn refused(kind: Kind, refusal: &Refusal) -> Wrong {
        match refusal {
            Refusal::NotFound { kind: missing, .. } => Wrong::not_found(*missing),
            Refusal::NotYours { kind: foreign, .. } => Wrong::not_found(*foreign),
            Refusal::PrivateDomain { .. } => Wrong::not_found(Kind::Domain),
            Refusal::Stale => Wrong::Fault(Fault::Busy),
            Refusal::Inactive | Refusal::TokenVoid | Refusal::NotSignedIn => Wrong::Fault(Fault::Unauthorized),
            Refusal::OutOfScope
            | Refusal::OperatorOnly
            | Refusal::SignUpClosed
            | Refusal::NoMail
            | Refusal::LinkVoid => Wrong::FORBIDDEN,
            Refusal::Taken { .. } => Wrong::duplicate(kind),
            Refusal::RrsetExists { .. } => {
                Wrong::new(StatusCode::CONFLICT, "duplicate_recordset", "Duplicate RecordSet")
            }
            Refusal::Quota { .. } => Wrong::OVER_QUOTA,
            Refusal::TooMany { .. } | Refusal::Exhausted => {
                Wrong::new(StatusCode::PAYLOAD_TOO_LARGE, "over_quota", refusal.to_string())
            }
            Refusal::Overlaps { name, other } if kind == Kind::Domain => tenants_apart(name.is_below(other)),
            Refusal::OutsideDomain { .. } | Refusal::NoDomain { .. } => {
                Wrong::location("RecordSet is not contained within it's parent zone")
            }
            Refusal::InChildDomain { child, .. } => {
                Wrong::location(format!("RecordSet belongs in a child zone: {}", doors::absolute(child)))
            }
            Refusal::NotAtApex { record_type: RecordType::CNAME, .. } => {
                Wrong::location("CNAME recordsets may not be created at the zone apex")
            }
            Refusal::NotAlone { .. } => Wrong::location("CNAME recordsets may not share a name with any other records"),
            Refusal::NotAtApex { .. } | Refusal::WildcardDelegation { .. } => Wrong::location(refusal.to_string()),
            Refusal::Conflict { .. } | Refusal::Overlaps { .. } if kind == Kind::Record => {
                Wrong::location(refusal.to_string())
            }
            Refusal::OtherType { .. } => Wrong::bad_request("Changing a recordsets type is not allowed"),
            Refusal::LastServer { .. } => Wrong::new(
                StatusCode::BAD_REQUEST,
                "last_server_delete_not_allowed",
                "Not allowed to delete last of servers",
            ),
            Refusal::HasSubdomains { .. } => {
                Wrong::new(StatusCode::BAD_REQUEST, "domain_has_subdomain", refusal.to_string())
            }
            Refusal::Managed { .. } if kind == Kind::Record => Wrong::bad_request("Managed records may not be updated"),
            Refusal::Managed { .. } if kind == Kind::Server => {
                Wrong::bad_request("A name server's name is neither the root nor a wildcard")
            }
            Refusal::Managed { .. }
            | Refusal::DomainInUse { .. }
            | Refusal::Conflict { .. }
            | Refusal::Overlaps { .. }
            | Refusal::Reserved { .. }
            | Refusal::ReservedLabel { .. }
            | Refusal::Apex { .. }
            | Refusal::NotOneAddress { .. }
            | Refusal::NoOwner { .. }
            | Refusal::NotPublic
            | Refusal::NoSource
            | Refusal::NoSuffix { .. }
            | Refusal::NoSubnet { .. } => Wrong::bad_request(refusal.to_string()),
        }
    }
}

/// A domain would lie above or below another tenant's.
fn tenants_apart(below: bool) -> Wrong {
    let (kind, words) = if below {
        ("illegal_child", "Unable to createsubdomain in another tenants domain")
    } else {
        ("illegal_parent", "Unable to create domain because another tenant owns a subdomain of the domain")
    };
    Wrong::new(StatusCode::FORBIDDEN, kind, words)
}

/// What a door does not take.
impl From<Invalid> for Wrong {
    fn from(invalid: Invalid) -> Wrong {
        let (status, kind) = match invalid {
            Invalid::Schema(_) | Invalid::UnknownKeys => (StatusCode::BAD_REQUEST, "invalid_object"),
            Invalid::Request(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Invalid::UnknownQuota => (StatusCode::BAD_REQUEST, "quota_resource_unknown"),
            Invalid::OtherId => return Wrong::not_found(Kind::Domain),
        };
        let errors = invalid.errors().unwrap_or_default().to_vec();
        Wrong::Typed(Typed { status, kind, message: invalid.message().map(Cow::Borrowed), errors })
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Designate error")
    }
}

impl ResponseError for Wrong {
    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}

impl Responder for Wrong {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status, type and message.
    #[track_caller]
    fn check(kind: Kind, refusal: Refusal, expected: (u16, &str, Option<&str>)) {
        let Wrong::Typed(typed) = Wrong::refused(kind, &refusal) else { panic!("{refusal}") };
        assert_eq!((typed.status.as_u16(), typed.kind, typed.message.as_deref()), expected, "{refusal}");
    }

    fn name(text: &str) -> ddns_core::Name {
        text.parse().unwrap()
    }

    fn overlaps(one: &str, other: &str) -> Refusal {
        Refusal::Overlaps { name: name(one), other: name(other) }
    }

    fn conflict_with(other: &str) -> Refusal {
        Refusal::Conflict { name: name("a.example"), other: other.to_owned() }
    }

    #[test]
    fn what_is_there_and_what_is_not() {
        let taken = || Refusal::Taken { name: "a.example".to_owned() };
        check(Kind::Domain, taken(), (409, "duplicate_domain", Some("Duplicate Domain")));
        check(Kind::Record, taken(), (409, "duplicate_record", Some("Duplicate Record")));
        check(Kind::Server, taken(), (409, "duplicate_server", Some("Duplicate Server")));
        check(Kind::TsigKey, taken(), (409, "duplicate_tsigkey", Some("Duplicate TsigKey")));
        let missing = |kind| Refusal::NotFound { kind, name: "a".to_owned() };
        check(Kind::Record, missing(Kind::Domain), (404, "domain_not_found", Some("Could not find Domain")));
        check(Kind::Record, missing(Kind::Record), (404, "record_not_found", Some("Could not find Record")));
        let foreign = Refusal::NotYours { kind: Kind::Record, name: "a".to_owned() };
        check(Kind::Record, foreign, (404, "record_not_found", Some("Could not find Record")));
        let private = Refusal::PrivateDomain { domain: name("a.example") };
        check(Kind::Record, private, (404, "domain_not_found", Some("Could not find Domain")));
    }

    #[test]
    fn domains_beside_other_tenants() {
        let child = "Unable to createsubdomain in another tenants domain";
        check(Kind::Domain, overlaps("a.b.example", "b.example"), (403, "illegal_child", Some(child)));
        let parent = "Unable to create domain because another tenant owns a subdomain of the domain";
        check(Kind::Domain, overlaps("b.example", "a.b.example"), (403, "illegal_parent", Some(parent)));
    }

    #[test]
    fn places_of_records() {
        let location = |words| (400, "invalid_recordset_location", Some(words));
        let outside = Refusal::OutsideDomain { name: name("a.example"), domain: name("b.example") };
        check(Kind::Record, outside, location("RecordSet is not contained within it's parent zone"));
        let child = Refusal::InChildDomain { name: name("x.a.example"), child: name("a.example") };
        check(Kind::Record, child, location("RecordSet belongs in a child zone: a.example."));
        let apex = "CNAME recordsets may not be created at the zone apex";
        let at_apex = Refusal::NotAtApex { name: name("a.example"), record_type: RecordType::CNAME };
        check(Kind::Record, at_apex, location(apex));
        let shared = "CNAME recordsets may not share a name with any other records";
        check(Kind::Record, Refusal::NotAlone { name: name("a.example") }, location(shared));
        check(Kind::Record, conflict_with("host"), location("a.example already has a host there; remove it first"));
    }

    #[test]
    fn quotas_and_rights() {
        check(Kind::Domain, Refusal::Quota { kind: Kind::Domain, max: 1 }, (413, "over_quota", None));
        check(Kind::Record, Refusal::OutOfScope, (403, "forbidden", None));
        check(Kind::Server, Refusal::OperatorOnly, (403, "forbidden", None));
        let managed = Refusal::Managed { what: "a zone's own NS RRset" };
        check(Kind::Record, managed, (400, "bad_request", Some("Managed records may not be updated")));
        assert!(matches!(Wrong::refused(Kind::Record, &Refusal::TokenVoid), Wrong::Fault(Fault::Unauthorized)));
    }
}
