//! The account's API tokens: credentials for programs, each with a scope, whose secrets are shown once.
//!
//! A token sees and hands on what its own scope includes. Whoever signed in with the password sees all of them.

mod attributes;
mod schemas;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use ddns_core::{Command, HostScope, NewToken, Receipt, Scope, Token};
use ddns_service::fresh;
use ddns_store::SoftKey;
use ipnet::IpNet;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use self::schemas::{NewApiToken, NoToken, PartParams, TokenId, WrongPart};
use super::schemas::{BadBody, OutOfScope};
use super::words::{Wrong, json, nothing};
use super::{Answer, Caller, Service, TwoDns, readable};
use crate::body::Body;
use crate::dialect::Fault;
use crate::moment;
use crate::params::Params;
use crate::server::State;
use crate::sight::Sight;

/// Lists the account's API tokens
///
/// The oldest first, without their secrets. A token for some hosts sees those that are for no others.
#[utoipa::path(
    get,
    path = "/users/me/tokens",
    params(PartParams),
    responses((status = 200, description = "The tokens.", body = [TokenBody<'_>]), WrongPart, OutOfScope)
)]
pub(super) async fn list_tokens(caller: Caller, service: Service, request: HttpRequest) -> Answer {
    let part = attributes::part(&Params::parse(request.query_string()))?;
    let snapshot = service.service.snapshot();
    let sight = readable(Sight::new(&snapshot.registry, &caller.identity))?;
    let mut tokens: Vec<_> = sight.tokens().collect();
    tokens.sort_by_key(|token| (token.created, token.id));
    let behind = match part.marker {
        None => 0,
        Some(marker) => {
            let at = tokens.iter().position(|token| token.id == marker);
            at.ok_or_else(attributes::no_such_marker)?.saturating_add(1)
        }
    };
    let tokens: Vec<_> = tokens.into_iter().skip(behind).take(part.limit).collect();
    let keys = tokens.iter().map(|token| SoftKey::Token(token.id)).collect();
    // Last use is good to know and no more: the list is there without it.
    let known = service.service.soft_many(keys).await.unwrap_or_default();
    let used = known.iter().map(|state| state.last_contact.map(moment::written)).chain(std::iter::repeat(None));
    let listed = tokens.iter().zip(used).map(|(token, last_used)| TokenBody { last_used, ..TokenBody::new(token) });
    Ok(json(StatusCode::OK, &listed.collect::<Vec<_>>()))
}

/// Makes an API token
///
/// Its secret is in the answer, and nowhere else and never again. A token that nothing else is said of updates addresses, from
/// anywhere and for ever, of the hosts that it is made for; `["*"]` is all of them, those to come included. Nobody makes one
/// that may do more than itself: it takes the password, or a token for all hosts that may do what the new one may and `manage`.
/// A token that may set challenge values makes tokens for nothing but that, for its own hosts.
#[utoipa::path(
    post,
    path = "/users/me/tokens",
    request_body(content = NewApiToken, examples(
        ("router" = (value = json!({ "label": "router", "hosts": ["home.dyn.example"] }))),
        ("certificates" = (value = json!({
            "label": "proxy", "hosts": ["*.dyn.example"], "actions": ["acme-challenge"],
            "networks": ["192.0.2.0/24"], "expires": "2027-11-22T15:04:22Z"
        })))
    )),
    responses((status = 201, description = "The token, with its secret.", body = TokenBody<'_>), BadBody, OutOfScope)
)]
pub(super) async fn make_token(caller: Caller, service: Service, body: Body<TwoDns>) -> Answer {
    let (label, scope) = attributes::of_new_token(&body, service.service.now())?;
    let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
    let new = NewToken { id, account: caller.identity.account, label, scope, secret };
    let reply = caller.submit_with(&service.service, Command::AddToken(new), Some((secret, digest))).await?;
    let Receipt::Token(token) = &reply.receipt else { return Err(Wrong::Fault(Fault::Unavailable)) };
    let made = TokenBody { api_token: Some(text.expose_secret()), ..TokenBody::new(token) };
    Ok(json(StatusCode::CREATED, &made))
}

/// Makes an API token void
///
/// At once, and with it what it made for parts of its scope. It takes the password, a token for all hosts that may
/// manage, or the token that made it.
#[utoipa::path(
    delete,
    path = "/users/me/tokens/{token_id}",
    params(TokenId),
    responses((status = 204, description = "It is void."), NoToken, OutOfScope)
)]
pub(super) async fn remove_token(caller: Caller, service: Service, id: web::Path<String>) -> Answer {
    let token: Uuid = id.parse().map_err(|_| Wrong::Missing)?;
    if !is_own(&caller, &service, token) {
        return Err(Wrong::Missing);
    }
    caller.submit(&service.service, Command::RevokeToken { token }).await?;
    Ok(nothing())
}

/// Whether a token is there for this caller: one of its own account that it sees. An operator's own are here, too.
fn is_own(caller: &Caller, service: &State, id: Uuid) -> bool {
    let snapshot = service.service.snapshot();
    Sight::new(&snapshot.registry, &caller.identity).tokens().any(|token| token.id == id)
}

/// A token.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiToken)]
struct TokenBody<'s> {
    /// The secret: only in the answer to the request that made it. One client takes it to be the first key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "42fcb5dd5f6553f90676a98523e6e22d87944c33")]
    api_token: Option<&'s str>,
    #[schema(value_type = String, example = "2e32e609-3a4f-45ba-bdef-e50eacd345ad")]
    id: Uuid,
    /// What its owner calls it.
    #[schema(example = "router")]
    label: String,
    /// The hosts that it may act on: names, and patterns in which `*` stands for any run of characters; a single `*` is all.
    #[schema(example = json!(["home.dyn.example"]))]
    hosts: Vec<String>,
    /// What it may do.
    #[schema(example = json!(["update"]))]
    actions: Vec<&'static str>,
    /// The networks that it may be used from; none is anywhere.
    #[schema(value_type = Vec<String>, example = json!(["192.0.2.0/24"]))]
    networks: Vec<IpNet>,
    /// Until when; null is for ever.
    #[schema(required, format = DateTime, example = "2027-11-22T15:04:22Z")]
    expires: Option<String>,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-11-22T15:04:22Z")]
    created: String,
    /// When it was last used; null where it never was, or where nobody can say. The last minute of this may be lost with the server.
    #[schema(required, format = DateTime, example = "2026-11-22T15:04:22Z")]
    last_used: Option<String>,
    /// The token that made it, and with which it goes; only where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "2e32e609-3a4f-45ba-bdef-e50eacd345ad")]
    made_by: Option<Uuid>,
}

impl TokenBody<'_> {
    fn new(token: &Token) -> Self {
        let Scope { hosts, actions, networks, end } = &token.scope;
        let hosts = match hosts {
            HostScope::All => vec![attributes::ALL.to_owned()],
            HostScope::Only(patterns) => patterns.iter().map(ToString::to_string).collect(),
        };
        TokenBody {
            api_token: None,
            id: token.id,
            label: token.label.to_string(),
            hosts,
            actions: attributes::words(*actions),
            networks: networks.clone(),
            expires: end.map(moment::written),
            created: moment::written(token.created),
            last_used: None,
            made_by: token.parent,
        }
    }
}
