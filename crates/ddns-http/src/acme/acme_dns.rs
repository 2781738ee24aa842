//! acme-dns, by which acme.sh, cert-manager and Traefik set the values: `POST /register` once, `POST /update` each time.
//!
//! Its server gives anybody a name of its own to set values at, to which an alias has to lead. Here the name is the host's
//! own, so that no alias is needed, and what is registered is a token that can set that host's values and nothing else.

mod bodies;
mod documented;
mod words;

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, web};
use ddns_core::{
    Actions, Command, Fqdn, Host, HostPattern, HostScope, Identity, NewToken, Registry, Scope, Token, TokenLabel,
    challenge_name, policy,
};
use ddns_service::fresh;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

use self::bodies::{Registration, Update};
use self::documented::{Alias, Forbidden, Malformed, NewAccount, NewValue, TooMany, Unknown};
use self::words::{AccountBody, ValueBody, Wrong};
use crate::auth::{Credentials, SignedIn, sign_in_with};
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::reply;
use crate::routes::{Part, Routes};
use crate::server::State;
use crate::sight::Sight;

/// The routes of this dialect, but for `/update`, which is another dialect's, too.
pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<AcmeDns>("/register", [(Method::POST, web::to(register))]);
    routes.resource::<AcmeDns>("/health", [(Method::GET, web::to(health))]);
    routes.describe(documented::chapter);
}

/// `POST /update`.
pub(crate) fn update_part() -> Part {
    Part::of::<AcmeDns>(Method::POST, web::to(update))
}

pub(crate) struct AcmeDns;

impl Dialect for AcmeDns {
    const NAME: &'static str = "acme-dns";

    fn say(fault: Fault) -> HttpResponse {
        Wrong::Fault(fault).answer()
    }

    fn fault_schema() -> RefOr<Schema> {
        words::error_schema()
    }
}

type Caller = SignedIn<AcmeDns>;
type Answer = Result<HttpResponse, Wrong>;
type Service = web::Data<State>;

/// Makes a credential for one host's challenge values
///
/// It is a token that can do nothing else. Where the caller's token is for one host alone, the body may be left out. The
/// credential goes when the token that made it is revoked, unless that one may manage all of the account.
#[utoipa::path(
    post,
    path = "/register",
    request_body(content = Option<NewAccount>, example = json!({ "host": "home.dyn.example" })),
    responses(
        (status = 201, description = "The credential. Its password is shown this once.", body = AccountBody),
        Malformed,
        Forbidden,
        Unknown,
        TooMany
    )
)]
async fn register(caller: Caller, service: Service, body: Body<AcmeDns>) -> Answer {
    let wanted = Registration::read(&body)?;
    let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
    let snapshot = service.service.snapshot();
    let own = own_token(&snapshot.registry, &caller.identity);
    let name = wanted.host.or_else(|| only_host(own)).ok_or(Wrong::NoHost)?;
    let host = Sight::new(&snapshot.registry, &caller.identity).host(&name).ok_or(Wrong::Unknown)?;
    let scope = part_of(own, host, wanted.networks);
    let values_at = challenge_name(&host.name).ok_or(Wrong::BadHost)?; // It is too long to have any.
    let answer = AccountBody::new(id, text.expose_secret(), &values_at, &scope.networks);
    let new = NewToken { id, account: host.owner, label: label()?, scope, secret };
    caller.submit_with(&service.service, Command::AddToken(new), Some((secret, digest))).await?;
    Ok(reply::json(StatusCode::CREATED, &answer))
}

/// Sets a challenge value
///
/// The two newest values are kept. DNS has them before the answer is sent.
#[utoipa::path(
    post,
    path = "/update",
    operation_id = "update_challenge",
    security(("api_user" = [], "api_key" = [])),
    request_body(content = NewValue),
    responses((status = 200, description = "DNS has it.", body = ValueBody<'_>), Malformed, Forbidden, Unknown, Alias)
)]
async fn update(caller: Registered, service: Service, body: Body<AcmeDns>) -> Answer {
    let Registered { caller, id } = caller;
    let Update { subdomain, value } = Update::read(&body)?;
    let snapshot = service.service.snapshot();
    let host = only_host(own_token(&snapshot.registry, &caller.identity)).filter(|_| subdomain == id.to_string());
    let host = host.ok_or(Wrong::Fault(Fault::Unauthorized))?;
    let value = value.ok_or(Wrong::BadTxt)?;
    let command = Command::AddChallenge { host, value: value.clone(), keep: Some(policy::CHALLENGES_KEPT) };
    caller.submit(&service.service, command).await?;
    Ok(reply::json(StatusCode::OK, &ValueBody { txt: value.as_str() }))
}

/// Tells whether acme-dns is served
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, description = "It is.")))]
async fn health() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// A caller of `POST /update`: its user name is its token's id.
struct Registered {
    caller: Caller,
    id: Uuid,
}

impl FromRequest for Registered {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Registered, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { registered(&request).await.map_err(Fault::error::<AcmeDns>) })
    }
}

async fn registered(request: &HttpRequest) -> Result<Registered, Fault> {
    let (user, key) = (header(request.headers(), "x-api-user")?, header(request.headers(), "x-api-key")?);
    let id = Uuid::try_parse(user).map_err(|_| Fault::Unauthorized)?;
    let credentials = Credentials { login: None, secret: SecretString::from(key) };
    let caller: Caller = sign_in_with(request, credentials).await?;
    if caller.identity.token == Some(id) { Ok(Registered { caller, id }) } else { Err(Fault::Unauthorized) }
}

/// A header that is there once: of two nobody knows which is meant.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Fault> {
    let mut lines = headers.get_all(name);
    match (lines.next().and_then(|line| line.to_str().ok()), lines.next()) {
        (Some(line), None) => Ok(line.trim()),
        _ => Err(Fault::Unauthorized),
    }
}

fn own_token<'r>(registry: &'r Registry, identity: &Identity) -> Option<&'r Token> {
    identity.token.and_then(|id| registry.token(id)).map(|token| &**token)
}

/// The host of a token that is for one host alone.
fn only_host(token: Option<&Token>) -> Option<Fqdn> {
    match &token?.scope.hosts {
        HostScope::Only(patterns) => match patterns.as_slice() {
            [HostPattern::Exact(host)] => Some(host.clone()),
            _ => None,
        },
        HostScope::All => None,
    }
}

/// What is registered: one host's values, from the networks that are asked for and else from those of the caller's own token,
/// until that one ends.
fn part_of(own: Option<&Token>, host: &Host, networks: Vec<IpNet>) -> Scope {
    let inherited = own.map(|token| token.scope.networks.clone()).unwrap_or_default();
    Scope {
        hosts: HostScope::Only(vec![HostPattern::Exact(host.name.clone())]),
        actions: Actions { acme_challenge: true, ..Actions::default() },
        networks: if networks.is_empty() { inherited } else { networks },
        end: own.and_then(|token| token.scope.end),
    }
}

/// What its owner finds it by in a list of tokens.
fn label() -> Result<TokenLabel, Wrong> {
    AcmeDns::NAME.parse().map_err(|_| Wrong::Fault(Fault::Unavailable)) // Never: the name is a label.
}
