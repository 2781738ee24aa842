//! httpreq, by which lego (and Traefik through it) sets the values: `POST /present`, `POST /cleanup`.

mod schemas;
mod words;

use actix_web::http::Method;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ddns_core::{ChallengeValue, Command, Fqdn};
use sha2::{Digest, Sha256};
use utoipa::OpenApi;
use utoipa::openapi::{RefOr, Schema};

use self::schemas::{BadRequest, Conflicting, Forbidden, Message, Missing};
use self::words::Wrong;
use crate::auth::SignedIn;
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::json::{self, Json};
use crate::reply;
use crate::routes::Routes;
use crate::server::State;
use crate::sight::Sight;

/// The routes of this dialect.
pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<HttpReq>("/present", [(Method::POST, web::to(present))]);
    routes.resource::<HttpReq>("/cleanup", [(Method::POST, web::to(clean_up))]);
    routes.describe(Description::openapi);
}

#[derive(OpenApi)]
#[openapi(
    paths(present, clean_up),
    components(schemas(reply::Message<'_>)),
    tags((name = "httpreq", description = "\
Certificates for hosts, by lego's provider httpreq. A token that may set challenge values is enough; what belongs to another \
account, or is out of the reach of the caller's token, looks like what does not exist."))
)]
struct Description;

struct HttpReq;

impl Dialect for HttpReq {
    const NAME: &'static str = "httpreq";

    fn say(fault: Fault) -> HttpResponse {
        Wrong::Fault(fault).answer()
    }

    fn fault_schema() -> RefOr<Schema> {
        reply::message_schema()
    }
}

type Caller = SignedIn<HttpReq>;
type Answer = Result<HttpResponse, Wrong>;
type Service = web::Data<State>;

/// Sets a challenge value
///
/// It stands beside those that are there already, so that a host and its wildcard can be proved at once, and ends by itself.
/// DNS has it before the answer is sent.
#[utoipa::path(
    post,
    path = "/present",
    request_body(content = Message, example = json!({
        "fqdn": "_acme-challenge.home.dyn.example.", "value": "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM"
    })),
    responses((status = 200, description = "DNS has it."), BadRequest, Forbidden, Missing, Conflicting)
)]
async fn present(caller: Caller, service: Service, body: Body<HttpReq>) -> Answer {
    let Challenge { host, value } = Challenge::read(&body, &caller, &service)?;
    caller.submit(&service.service, Command::AddChallenge { host, value, keep: None }).await?;
    Ok(done())
}

/// Clears a challenge value
///
/// Exactly this one. Where it has gone already, nothing is left to do.
#[utoipa::path(
    post,
    path = "/cleanup",
    request_body(content = Message, example = json!({
        "fqdn": "_acme-challenge.home.dyn.example.", "value": "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM"
    })),
    responses((status = 200, description = "It is gone."), BadRequest, Forbidden, Missing)
)]
async fn clean_up(caller: Caller, service: Service, body: Body<HttpReq>) -> Answer {
    let Challenge { host, value } = Challenge::read(&body, &caller, &service)?;
    caller.submit(&service.service, Command::RemoveChallenge { host, value: Some(value) }).await?;
    Ok(done())
}

fn done() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// A value, and the host that it is about.
struct Challenge {
    host: Fqdn,
    value: ChallengeValue,
}

impl Challenge {
    /// Reads a body about a host that the caller's token reaches; whether the host is there is for the rules to say.
    fn read(body: &[u8], caller: &Caller, service: &State) -> Result<Challenge, Wrong> {
        let challenge = Challenge::parse(body)?;
        let snapshot = service.service.snapshot();
        let reached = Sight::new(&snapshot.registry, &caller.identity).covers(&challenge.host);
        if reached { Ok(challenge) } else { Err(Wrong::Missing) }
    }

    /// Name and value; or, in the mode RAW, what both are made of.
    fn parse(body: &[u8]) -> Result<Challenge, Wrong> {
        let object = json::object(body).map_err(|_| Wrong::NotJson)?;
        let texts = |names: [&str; 2]| match names.map(|name| object.get(name)) {
            [Some(Json::Text(first)), Some(Json::Text(second))] => Some((first.as_str(), second.as_str())),
            _ => None,
        };
        match (texts(["fqdn", "value"]), texts(["domain", "keyAuth"])) {
            (Some((fqdn, value)), _) => Challenge::new(super::host_at(fqdn), value),
            (None, Some((domain, authorization))) => {
                Challenge::new(host_of_identifier(domain), &digest_of(authorization))
            }
            (None, None) => Err(Wrong::Members),
        }
    }

    fn new(host: Option<Fqdn>, value: &str) -> Result<Challenge, Wrong> {
        Ok(Challenge { host: host.ok_or(Wrong::Name)?, value: value.parse().map_err(Wrong::Value)? })
    }
}

/// A certificate for all names below a host is proved at the host (RFC 8555, section 7.1.3).
fn host_of_identifier(domain: &str) -> Option<Fqdn> {
    domain.strip_prefix("*.").unwrap_or(domain).parse().ok()
}

/// The value that proves a key authorization (RFC 8555, section 8.4).
fn digest_of(authorization: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(authorization))
}
