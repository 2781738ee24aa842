//! dyndns2, the protocol of routers, and the Two-DNS update URL that speaks the same words.
//!
//! Every answer of the protocol is HTTP 200, because clients read no other; only missing and wrong credentials are 401.
//! A body has one line for each host. Some clients look for success words anywhere in it, so that an error's line holds
//! nothing but its code.
//!
//! A list that is repeated (`hostname=a&hostname=b`) is one list; of other parameters that are repeated the last counts.
//! Two different addresses of one family contradict each other, and nothing is changed.

mod report;
mod schemas;

use std::fmt;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpRequest, HttpResponse, web};
use ddns_core::{Command, Fqdn, HostEdit, HostOutcome, NameError, Receipt, Refusal, Together};
use ddns_service::{Service, ServiceError};
use utoipa::OpenApi;

use self::schemas::UpdateParams;
use crate::acme;
use crate::auth::{CHALLENGE, SignedIn};
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
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
    let update = Part::of::<UpdateUrl>(Method::GET, web::to(update_url));
    routes.shared::<UpdateUrl>("/update", [update, acme::update_part()]);
    routes.describe(|| {
        let chapter = openapi::with_alias(Description::openapi(), "/nic/update", "/v2/update");
        openapi::with_alias(chapter, "/nic/update", "/v3/update")
    });
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
struct UpdateUrl;

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
/// Without any address, the host gets the one that the request comes from. The parameters `mx`, `backmx`, `system` and
/// `url` are taken and mean nothing here.
#[utoipa::path(
    get,
    path = "/nic/update",
    params(UpdateParams),
    responses((status = 200, description = "A line for each host.", body = String, example = json!("good 192.0.2.7")))
)]
async fn update_by_query(
    caller: SignedIn<DynDns>,
    state: web::Data<State>,
    request: HttpRequest,
    _: Body<DynDns>,
) -> HttpResponse {
    update(&caller, &state, &Params::parse(request.query_string())).await
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
async fn update_by_form(
    caller: SignedIn<DynDns>,
    state: web::Data<State>,
    request: HttpRequest,
    body: Body<DynDns>,
) -> HttpResponse {
    let form = Params::parse(&String::from_utf8_lossy(&body));
    update(&caller, &state, &Params::parse(request.query_string()).and(form)).await
}

async fn update<F: Family>(caller: &SignedIn<F>, state: &State, params: &Params) -> HttpResponse {
    match carry_out(caller, &state.service, params).await {
        Ok(lines) => answer::<F>(&lines),
        Err(fault) => F::say(fault),
    }
}

/// Updates hosts by the Two-DNS update URL
///
/// It takes the parameters of `/nic/update`, and answers in the same words. DuckDNS's request of the same path is not
/// served.
#[utoipa::path(
    get,
    path = "/update",
    tag = "two-dns",
    params(UpdateParams),
    responses(
        (
            status = 200,
            description = "A line for each host.",
            content_type = "text/html",
            body = String,
            headers(
                ("X-RateLimit-Limit" = u32, description = "How many changes the account may make in an hour."),
                ("X-RateLimit-Remaining" = u32, description = "How many of them are left.")
            ),
            example = json!("good 192.0.2.7")
        ),
        (
            status = 404,
            description = "`domains` was given, and no `hostname`.",
            content_type = "text/html",
            body = String,
            example = json!("KO")
        )
    )
)]
async fn update_url(
    caller: Result<SignedIn<UpdateUrl>, Error>,
    state: web::Data<State>,
    request: HttpRequest,
    _: Body<UpdateUrl>,
) -> Result<HttpResponse, Error> {
    let params = Params::parse(request.query_string());
    if params.last("hostname").is_none() && params.last("domains").is_some() {
        return Ok(body_of::<UpdateUrl>(&mut HttpResponse::NotFound(), "KO"));
    }
    let caller = caller?;
    let mut answer = update(&caller, &state, &params).await;
    let allowance = state.service.allowance(&caller.identity);
    for (name, value) in [(RATE_LIMIT, allowance.limit), (RATE_REMAINING, allowance.remaining)] {
        answer.headers_mut().insert(name, value.into());
    }
    Ok(answer)
}

/// Changes that the account may make in an hour, and those that are left: Two-DNS tells them with each update.
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// One code for each host that was named; a single one where the call as a whole is wrong.
async fn carry_out<F: Family>(caller: &SignedIn<F>, service: &Service, params: &Params) -> Result<Vec<Code>, Fault> {
    let hosts = match report::hosts(params) {
        Ok(hosts) => hosts,
        Err(code) => return Ok(vec![code]),
    };
    let names: Vec<Fqdn> = hosts.iter().flatten().cloned().collect();
    match report::edit(params, caller.identity.source) {
        Err(why) => {
            names.iter().for_each(|host| caller.note(service, host, &why.to_string()));
            Ok(vec![Code::DnsErr; hosts.len()])
        }
        Ok(_) if names.is_empty() => Ok(vec![Code::NotFqdn; hosts.len()]),
        Ok(edit) => {
            let receipt = submit(caller, service, names, edit).await?;
            Ok(lines(&hosts, &receipt, &edit))
        }
    }
}

async fn submit<F: Family>(
    caller: &SignedIn<F>,
    service: &Service,
    hosts: Vec<Fqdn>,
    edit: HostEdit,
) -> Result<Receipt, Fault> {
    let command = Command::SetHosts { hosts, edit, together: Together::Each };
    match caller.submit(service, command).await {
        Ok(reply) => Ok(reply.receipt),
        Err(ServiceError::Refused(Refusal::Inactive | Refusal::TokenVoid)) => Err(Fault::Unauthorized),
        Err(error) => Err(Fault::of_service(&error)),
    }
}

/// The receipt's lines, with a line for each host whose name was none.
fn lines(hosts: &[Result<Fqdn, NameError>], receipt: &Receipt, edit: &HostEdit) -> Vec<Code> {
    let done = if let Receipt::Hosts(done) = receipt { done.as_slice() } else { &[] };
    let mut done = done.iter();
    let mut line = |host: &Result<Fqdn, NameError>| match host {
        Err(_) => Code::NotFqdn,
        Ok(_) => done.next().map_or(Code::ServerError, |line| match &line.outcome {
            Ok(outcome) => Code::done(outcome, edit),
            Err(refusal) => Code::of(refusal),
        }),
    };
    hosts.iter().map(&mut line).collect()
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Code {
    /// The host was changed, to this; nothing where it has no address.
    Good(String),
    /// It was so already.
    NoChg(String),
    /// This is no host name.
    NotFqdn,
    /// The caller has no such host.
    NoHost,
    /// Too many hosts in one call.
    NumHost,
    /// The address is none, or cannot be this host's.
    DnsErr,
    /// It is our fault.
    ServerError,
}

impl Code {
    fn done(outcome: &HostOutcome, edit: &HostEdit) -> Code {
        let addresses = report::shown(edit, &outcome.host);
        if outcome.changed { Code::Good(addresses) } else { Code::NoChg(addresses) }
    }

    /// The one table from the rules' refusals to this dialect's words. A foreign host is answered like a missing one.
    fn of(refusal: &Refusal) -> Code {
        match refusal {
            Refusal::NotFound { .. } | Refusal::NotYours { .. } | Refusal::OutOfScope | Refusal::OperatorOnly => {
                Code::NoHost
            }
            Refusal::TooMany { .. } => Code::NumHost,
            Refusal::NotPublic
            | Refusal::NoSource
            | Refusal::NoSuffix { .. }
            | Refusal::NoSubnet { .. }
            | Refusal::Conflict { .. } => Code::DnsErr,
            Refusal::Inactive
            | Refusal::NotSignedIn
            | Refusal::SignUpClosed
            | Refusal::NoMail
            | Refusal::LinkVoid
            | Refusal::TokenVoid
            | Refusal::Taken { .. }
            | Refusal::Reserved { .. }
            | Refusal::ReservedLabel { .. }
            | Refusal::Overlaps { .. }
            | Refusal::NoDomain { .. }
            | Refusal::PrivateDomain { .. }
            | Refusal::Apex { .. }
            | Refusal::Quota { .. }
            | Refusal::DomainInUse { .. }
            | Refusal::OutsideDomain { .. }
            | Refusal::InChildDomain { .. }
            | Refusal::RrsetExists { .. }
            | Refusal::NotAlone { .. }
            | Refusal::Stale
            | Refusal::WildcardDelegation { .. }
            | Refusal::NotAtApex { .. }
            | Refusal::OtherType { .. }
            | Refusal::NotOneAddress { .. }
            | Refusal::NoOwner { .. }
            | Refusal::LastServer { .. }
            | Refusal::HasSubdomains { .. }
            | Refusal::Managed { .. }
            | Refusal::Exhausted => Code::ServerError, // No update of an existing host is refused so.
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Good(addresses) => f.write_str(format!("good {addresses}").trim_end()),
            Code::NoChg(addresses) => f.write_str(format!("nochg {addresses}").trim_end()),
            Code::NotFqdn => f.write_str("notfqdn"),
            Code::NoHost => f.write_str("nohost"),
            Code::NumHost => f.write_str("numhost"),
            Code::DnsErr => f.write_str("dnserr"),
            Code::ServerError => f.write_str("911"),
        }
    }
}

fn answer<F: Family>(lines: &[Code]) -> HttpResponse {
    let lines: Vec<String> = lines.iter().map(Code::to_string).collect();
    body_of::<F>(&mut HttpResponse::Ok(), &lines.join("\n"))
}

fn say<F: Family>(fault: Fault) -> HttpResponse {
    let (status, words) = match fault {
        Fault::Unauthorized => (StatusCode::UNAUTHORIZED, "badauth"),
        Fault::Method => (StatusCode::METHOD_NOT_ALLOWED, "badagent"),
        Fault::CrossSite => (StatusCode::OK, "badagent"),
        Fault::UrlTooLong | Fault::BodyTooLarge => (StatusCode::OK, "numhost"), // Only a long list of hosts is that long.
        Fault::Limited => (StatusCode::OK, "abuse"),
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
