//! dyndns2, the protocol of routers, and its family: the Two-DNS update URL, which speaks the same words, the removal of
//! addresses, and DuckDNS.
//!
//! Every answer of the protocol is HTTP 200, because clients read no other; only missing and wrong credentials are 401.
//! A body has one line for each host. Some clients look for success words anywhere in it, so that an error's line holds
//! nothing but its code.
//!
//! A list that is repeated (`hostname=a&hostname=b`) is one list; of other parameters that are repeated the last counts.
//! Two different addresses of one family contradict each other, and nothing is changed.

mod code;
mod credentials;
mod delete;
mod duckdns;
mod report;
mod schemas;

use std::net::IpAddr;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use ddns_core::{Among, Command, Fqdn, HostEdit, HostLine, HostOutcome, NameError, Receipt, Refusal, Together};
use ddns_service::{Service, ServiceError};
use utoipa::OpenApi;

use self::code::Code;
use self::duckdns::DuckParams;
use self::report::Unusable;
use self::schemas::UpdateParams;
use crate::auth::{CHALLENGE, SignedIn};
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::notes::About;
use crate::openapi;
use crate::params::Params;
use crate::routes::{Part, Routes};
use crate::server::State;

/// The routes of this dialect.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    for path in ["/nic/update", "/v2/update", "/v3/update"] {
        let (by_query, by_form) = (web::to(update_by_query), web::to(update_by_form));
        routes.resource::<DynDns>(path, [(Method::GET, by_query), (Method::POST, by_form)]);
    }
    duckdns::routes(routes);
    delete::routes(routes);
    routes.describe(|| {
        let chapter = openapi::with_alias(Description::openapi(), "/nic/update", "/v2/update");
        openapi::with_alias(chapter, "/nic/update", "/v3/update")
    });
}

/// The Two-DNS update URL's and DuckDNS's parts of `/update`.
pub(crate) fn update_parts() -> [Part; 2] {
    let update = Part::when::<UpdateUrl>(Method::GET, |request| !duckdns::is_meant(request), web::to(update_url));
    [update, duckdns::update_part()]
}

#[derive(OpenApi)]
#[openapi(
    paths(update_by_query, update_by_form, update_url),
    tags((
        name = "dyndns2",
        description = "The protocol of routers. Every answer is 200, but for credentials that are missing or wrong."
    ))
)]
struct Description;

/// A dialect that answers in dyndns2's words.
trait Family: Dialect {
    const CONTENT_TYPE: &'static str;
}

/// dyndns2 itself.
struct DynDns;

impl Family for DynDns {
    const CONTENT_TYPE: &'static str = "text/plain; charset=utf-8";
}

/// The Two-DNS update URL.
pub(crate) struct UpdateUrl;

impl Family for UpdateUrl {
    const CONTENT_TYPE: &'static str = "text/html; charset=utf-8";
}

impl Dialect for DynDns {
    const NAME: &'static str = "dyndns2";

    fn say(fault: Fault) -> HttpResponse {
        say::<DynDns>(fault)
    }

    fn writes(_: &Method) -> bool {
        true
    }
}

impl Dialect for UpdateUrl {
    const NAME: &'static str = "two-dns-update";

    fn say(fault: Fault) -> HttpResponse {
        say::<UpdateUrl>(fault)
    }

    fn writes(_: &Method) -> bool {
        true
    }
}

/// Updates hosts
///
/// The answer has one line for each host, in the order of the call:
///
/// | line | meaning |
/// |---|---|
/// | `good ADDRESS` | the host was changed |
/// | `nochg ADDRESS` | it was so already |
/// | `nohost` | the caller has no such host |
/// | `notfqdn` | this is no host name |
/// | `dnserr` | the address is none, or cannot be this host's |
///
/// A single line stands for a call as a whole: `numhost` for too many hosts, `abuse` for too many changes in this hour,
/// `badagent` for a browser that another site sent, and `911` while the service cannot keep changes.
///
/// Without any address, the host gets the one that the request comes from. A prefix moves the host's IPv6 address into it: the
/// host keeps what its suffix says, and without one what its present address has behind the prefix. With an address beside the
/// prefix, a host that has a suffix takes the prefix, and one that has none takes the address. A call that has a prefix and
/// neither `hostname` nor address moves every host that its credentials reach: all of them, or none; `wildcard` and `offline`
/// are for those that it moves.
///
/// The parameters `mx`, `backmx`, `system` and `url` are taken and mean nothing here. Where the operator allows it, devices
/// that know no `Authorization` may send `username` (or `user`) and `password` (or `pass`, `token`, `key`) as parameters.
#[utoipa::path(
    get,
    path = "/nic/update",
    params(UpdateParams),
    responses((status = 200, description = "A line for each host.", body = String, example = json!("good 192.0.2.7")))
)]
async fn update_by_query(state: web::Data<State>, request: HttpRequest, _: Body<DynDns>) -> HttpResponse {
    talk(Call::Update, &state, &request, &Params::parse(request.query_string())).await
}

/// Updates hosts by a form
///
/// The same as by `GET`, with parameters from the query and, behind them, from a form.
#[utoipa::path(
    post,
    path = "/nic/update",
    request_body(content = UpdateParams, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A line for each host.", body = String, example = json!("good 192.0.2.7")))
)]
async fn update_by_form(state: web::Data<State>, request: HttpRequest, body: Body<DynDns>) -> HttpResponse {
    talk(Call::Update, &state, &request, &with_form(&request, &body)).await
}

/// Parameters from the query and, behind them, from a form.
fn with_form(request: &HttpRequest, body: &[u8]) -> Params {
    Params::parse(request.query_string()).and(Params::parse(&String::from_utf8_lossy(body)))
}

/// What dyndns2 itself answers to a call.
async fn talk(call: Call, state: &State, request: &HttpRequest, params: &Params) -> HttpResponse {
    match credentials::sign_in::<DynDns>(state, request, params).await {
        Ok(caller) => answer(&caller, carry_out(call, &caller, &state.service, params).await),
        Err(fault) => DynDns::say(fault),
    }
}

/// Updates hosts by the Two-DNS update URL, or by DuckDNS's
///
/// With a `hostname` it takes the parameters of `/nic/update`, and answers in the same words. With `domains` and no `hostname`
/// it is DuckDNS's: all of the hosts are updated, or none, and the answer is `OK` or `KO`, whatever was wrong. DuckDNS's token
/// is in the URL; only the other needs an `Authorization`.
#[utoipa::path(
    get,
    path = "/update",
    tag = "two-dns",
    params(UpdateParams, DuckParams),
    security((), ("basic" = []), ("bearer" = [])),
    responses((
        status = 200,
        description = "A line for each host; or `OK` or `KO`, and with `verbose` what the first host has now.",
        content((String = "text/html", example = json!("good 192.0.2.7")), (String = "text/plain", example = json!("OK"))),
        headers(
            ("X-RateLimit-Limit" = u32, description = "How many changes may be made in an hour."),
            ("X-RateLimit-Remaining" = u32, description = "How many of them are left.")
        )
    ))
)]
async fn update_url(state: web::Data<State>, request: HttpRequest, _: Body<UpdateUrl>) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let caller = match credentials::sign_in::<UpdateUrl>(&state, &request, &params).await {
        Ok(caller) => caller,
        Err(fault) => return UpdateUrl::say(fault),
    };
    let mut answer = answer(&caller, carry_out(Call::Update, &caller, &state.service, &params).await);
    let allowance = state.service.allowance(&caller.identity);
    for (name, value) in [(RATE_LIMIT, allowance.limit), (RATE_REMAINING, allowance.remaining)] {
        answer.headers_mut().insert(name, value.into());
    }
    answer
}

/// Changes that the account may make in an hour, and those that are left: Two-DNS tells them with each update.
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// What a call does to its hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Update,
    Delete,
}

impl Call {
    fn edit(self, params: &Params, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
        match self {
            Call::Update => report::edit(params, source),
            Call::Delete => report::removal(params, source),
        }
    }

    fn line(self, outcome: &HostOutcome, edit: &HostEdit) -> Code {
        match self {
            Call::Update => Code::updated(outcome, edit),
            Call::Delete => Code::Deleted(report::types(edit)),
        }
    }
}

/// One code for each host that was named; a single one where the call as a whole is wrong.
async fn carry_out<F: Family>(
    call: Call,
    caller: &SignedIn<F>,
    service: &Service,
    params: &Params,
) -> Result<Vec<Code>, Fault> {
    if call == Call::Update && params.last("hostname").is_none() {
        return move_site(caller, service, params).await;
    }
    let hosts = match report::hosts(params) {
        Ok(hosts) => hosts,
        Err(code) => return Ok(vec![code]),
    };
    let names: Vec<Fqdn> = hosts.iter().flatten().cloned().collect();
    match call.edit(params, caller.identity.source) {
        Err(why) => {
            caller.note_about(service, About::Hosts(names), &why.to_string());
            Ok(vec![Code::DnsErr; hosts.len()])
        }
        Ok(_) if names.is_empty() => Ok(vec![Code::NotFqdn; hosts.len()]),
        Ok(edit) => {
            let command = Command::SetHosts { hosts: names, edit, together: Together::Each };
            let done = match submit(caller, service, command).await? {
                Ok(done) => done,
                Err(refusal) => return Ok(vec![Code::of(&refusal)]),
            };
            let mut done = done.iter().map(|line| code(call, line, &edit));
            let mut line = |host: &Result<Fqdn, NameError>| match host {
                Err(_) => Code::NotFqdn,
                Ok(_) => done.next().unwrap_or(Code::ServerError),
            };
            Ok(hosts.iter().map(&mut line).collect())
        }
    }
}

/// A call that names no host and has a prefix moves every host that its credentials reach: a prefix is a whole site's. The
/// words beside it are for the hosts that it moves: the others are not in the answer, and the call is not about them.
async fn move_site<F: Family>(caller: &SignedIn<F>, service: &Service, params: &Params) -> Result<Vec<Code>, Fault> {
    let edit = match report::site(params) {
        Ok(Some(edit)) => edit,
        Ok(None) => return Ok(vec![Code::NotFqdn]),
        Err(why) => {
            caller.note_about(service, About::All, &why.to_string());
            return Ok(vec![if why == Unusable::NoHostNamed { Code::NotFqdn } else { Code::DnsErr }]);
        }
    };
    match submit(caller, service, Command::SetAllHosts { edit, among: Among::Movable }).await? {
        Ok(lines) if lines.is_empty() => Ok(vec![Code::NoHost]),
        Ok(lines) => Ok(lines.iter().map(|line| code(Call::Update, line, &edit)).collect()),
        Err(refusal) => Ok(vec![Code::of(&refusal)]),
    }
}

/// The lines of a command about hosts, or why all of it was refused.
async fn submit<F: Family>(
    caller: &SignedIn<F>,
    service: &Service,
    command: Command,
) -> Result<Result<Vec<HostLine>, Refusal>, Fault> {
    match caller.submit(service, command).await {
        Ok(reply) => Ok(Ok(if let Receipt::Hosts(lines) = reply.receipt { lines } else { Vec::new() })),
        Err(ServiceError::Refused(Refusal::Inactive | Refusal::TokenVoid)) => Err(Fault::Unauthorized),
        Err(ServiceError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(Fault::of_service(&error)),
    }
}

fn code(call: Call, line: &HostLine, edit: &HostEdit) -> Code {
    match &line.outcome {
        Ok(outcome) => call.line(outcome, edit),
        Err(refusal) => Code::of(refusal),
    }
}

/// The lines in the words of the caller's dialect.
fn answer<F: Family>(_: &SignedIn<F>, lines: Result<Vec<Code>, Fault>) -> HttpResponse {
    match lines {
        Ok(lines) => {
            let lines: Vec<String> = lines.iter().map(Code::to_string).collect();
            body_of::<F>(&mut HttpResponse::Ok(), &lines.join("\n"))
        }
        Err(fault) => F::say(fault),
    }
}

fn say<F: Family>(fault: Fault) -> HttpResponse {
    let (status, words) = match fault {
        Fault::Unauthorized => (StatusCode::UNAUTHORIZED, "badauth"),
        Fault::Method => (StatusCode::METHOD_NOT_ALLOWED, "badagent"),
        Fault::CrossSite => (StatusCode::OK, "badagent"),
        Fault::UrlTooLong | Fault::BodyTooLarge => (StatusCode::OK, "numhost"), // Only a long list of hosts is that long.
        Fault::Limited | Fault::SlowDown => (StatusCode::OK, "abuse"),
        Fault::BodyBroken | Fault::Busy | Fault::Unavailable => (StatusCode::OK, "911"),
    };
    let mut answer = HttpResponse::build(status);
    if fault == Fault::Unauthorized {
        answer.insert_header((WWW_AUTHENTICATE, CHALLENGE));
    }
    body_of::<F>(&mut answer, words)
}

/// A body of known length: a chunked one breaks ddclient 3.10.
fn body_of<F: Family>(answer: &mut actix_web::HttpResponseBuilder, text: &str) -> HttpResponse {
    answer
        .insert_header((CONTENT_TYPE, F::CONTENT_TYPE))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text.to_owned())
}
