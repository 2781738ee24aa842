//! DuckDNS: everything in the URL, the token too, and `OK` or `KO` for all hosts together.
//!
//! A name without a dot is the first label of a host that the token reaches: DuckDNS has one domain, and its clients leave it
//! out.

mod schemas;

use actix_web::dev::RequestHead;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use ddns_core::{AddressEdit, ChallengeValue, Command, Fqdn, Host, HostEdit, Receipt, Together, policy};
use ddns_service::{Service, ServiceError};
use secrecy::SecretString;
use utoipa::OpenApi;

pub(super) use self::schemas::DuckParams;
use super::{Family, body_of, report};
use crate::auth::{self, Credentials, SignedIn};
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::notes::About;
use crate::params::Params;
use crate::routes::{Part, Routes};
use crate::server::State;
use crate::sight::Sight;

/// The routes of this dialect that are its own alone.
pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<DuckDns>("/update/{domains}/{token}", [(Method::GET, web::to(update_by_path))]);
    routes.resource::<DuckDns>("/update/{domains}/{token}/{ip}", [(Method::GET, web::to(update_by_path_with_ip))]);
    routes.describe(Description::openapi);
}

/// Its part of `/update`.
pub(super) fn update_part() -> Part {
    Part::when::<DuckDns>(Method::GET, is_meant, web::to(update_by_query))
}

/// Whether a request of `/update` is its: one that has `domains`, and no `hostname`.
pub(super) fn is_meant(request: &RequestHead) -> bool {
    let params = Params::parse(request.uri.query().unwrap_or_default());
    params.last("domains").is_some() && params.last("hostname").is_none()
}

#[derive(OpenApi)]
#[openapi(
    paths(update_by_path, update_by_path_with_ip),
    tags((
        name = "duckdns",
        description = "DuckDNS's URLs, which have an API token in them. Every answer is 200: `OK` or `KO`."
    ))
)]
struct Description;

/// DuckDNS.
struct DuckDns;

impl Family for DuckDns {
    const CONTENT_TYPE: &'static str = "text/plain; charset=utf-8";
}

impl Dialect for DuckDns {
    const NAME: &'static str = "duckdns";

    /// Its clients are told nothing else, and read nothing else.
    fn say(fault: Fault) -> HttpResponse {
        let status = if fault == Fault::Method { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::OK };
        body_of::<DuckDns>(&mut HttpResponse::build(status), "KO")
    }

    fn writes(_: &Method) -> bool {
        true
    }
}

/// `/update?domains=…&token=…`, which is described beside the Two-DNS update URL.
async fn update_by_query(state: web::Data<State>, request: HttpRequest, _: Body<DuckDns>) -> HttpResponse {
    update(&state, &request, &Params::parse(request.query_string())).await
}

/// Updates hosts by a path, to the caller's address
///
/// For devices that can send no query. `domains` is a list of hosts, separated by commas; what has no dot is the first label
/// of the one host that the token reaches. All of them are updated, or none.
#[utoipa::path(
    get,
    path = "/update/{domains}/{token}",
    params(
        ("domains" = String, Path, description = "The hosts.", example = "home.dyn.example"),
        ("token" = String, Path, description = "An API token.", example = "0123456789abcdef0123456789abcdef01234567")
    ),
    security(()),
    responses((status = 200, description = "`OK`, or `KO`.", body = String, example = json!("OK")))
)]
async fn update_by_path(
    state: web::Data<State>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    _: Body<DuckDns>,
) -> HttpResponse {
    let (domains, token) = path.into_inner();
    update(&state, &request, &Params::of([("domains", &domains), ("token", &token)])).await
}

/// Updates hosts by a path
///
/// The same with an address of either family.
#[utoipa::path(
    get,
    path = "/update/{domains}/{token}/{ip}",
    params(
        ("domains" = String, Path, description = "The hosts.", example = "home.dyn.example"),
        ("token" = String, Path, description = "An API token.", example = "0123456789abcdef0123456789abcdef01234567"),
        ("ip" = String, Path, description = "The address.", example = "192.0.2.7")
    ),
    security(()),
    responses((status = 200, description = "`OK`, or `KO`.", body = String, example = json!("OK")))
)]
async fn update_by_path_with_ip(
    state: web::Data<State>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    _: Body<DuckDns>,
) -> HttpResponse {
    let (domains, token, ip) = path.into_inner();
    update(&state, &request, &Params::of([("domains", &domains), ("token", &token), ("ip", &ip)])).await
}

async fn update(state: &State, request: &HttpRequest, params: &Params) -> HttpResponse {
    match carry_out(&state.service, request, params).await {
        Ok(done) if is_true(params, "verbose") => body_of::<DuckDns>(&mut HttpResponse::Ok(), &done.at_length()),
        Ok(_) => body_of::<DuckDns>(&mut HttpResponse::Ok(), "OK"),
        Err(Failed) => body_of::<DuckDns>(&mut HttpResponse::Ok(), "KO"),
    }
}

async fn carry_out(service: &Service, request: &HttpRequest, params: &Params) -> Result<Done, Failed> {
    let caller = sign_in(request, params).await?;
    let hosts = hosts(&caller, service, params)?;
    let clear = is_true(params, "clear");
    match params.last("txt") {
        Some(text) => set_text(&caller, service, &hosts, text, clear).await,
        None => set_addresses(&caller, service, hosts, params, clear).await,
    }
}

/// The token in the URL counts, and nothing else.
async fn sign_in(request: &HttpRequest, params: &Params) -> Result<SignedIn<DuckDns>, Failed> {
    let token = params.last("token").filter(|token| !token.is_empty()).ok_or(Failed)?;
    Ok(auth::sign_in_with(request, Credentials { login: None, secret: SecretString::from(token) }).await?)
}

/// All hosts that a call names; it has one at least.
fn hosts(caller: &SignedIn<DuckDns>, service: &Service, params: &Params) -> Result<Vec<Fqdn>, Failed> {
    let named: Vec<&str> =
        report::list(params, &["domains"]).take(policy::HOSTS_PER_UPDATE.saturating_add(1)).collect();
    if named.is_empty() || named.len() > policy::HOSTS_PER_UPDATE {
        return Err(Failed);
    }
    let snapshot = service.snapshot();
    let sight = Sight::new(&snapshot.registry, &caller.identity);
    let meant: Vec<Vec<Fqdn>> = named.iter().map(|name| meant(&sight, name)).collect();
    let complete = meant.iter().all(|hosts| hosts.len() == 1);
    let (ambiguous, clear): (Vec<_>, Vec<_>) = meant.into_iter().partition(|hosts| hosts.len() > 1);
    let hosts = clear.concat();
    if complete {
        return Ok(hosts);
    }
    refuse(caller, service, &hosts, ANOTHER);
    let ambiguous: Vec<Fqdn> = ambiguous.into_iter().flatten().take(policy::NOTES_PER_CALL).collect();
    Err(refuse(caller, service, &ambiguous, AMBIGUOUS))
}

/// The hosts in the token's reach that a name may mean. (All of them are one command's, and a refusal would tell of another's.)
fn meant(sight: &Sight<'_>, name: &str) -> Vec<Fqdn> {
    if name.contains('.') {
        return name.parse().ok().filter(|name| sight.host(name).is_some()).into_iter().collect();
    }
    let label = name.to_ascii_lowercase();
    let meant = sight.hosts().filter(|host| host.name.name().first_label() == label);
    meant.map(|host| host.name.clone()).collect()
}

/// What is left with all that a label may mean; which the others are does not concern them.
const AMBIGUOUS: &str = "the program sent only a label, with which several hosts begin; name the host whole";
/// What is left with those that a call names beside something else; what that is does not concern them.
const ANOTHER: &str = "another host of the same call is not one that its token reaches, and the call is all or nothing";

async fn set_addresses(
    caller: &SignedIn<DuckDns>,
    service: &Service,
    hosts: Vec<Fqdn>,
    params: &Params,
    clear: bool,
) -> Result<Done, Failed> {
    let edit = if clear {
        HostEdit { ipv4: AddressEdit::Remove, ipv6: AddressEdit::Remove, ..HostEdit::default() }
    } else {
        let edit = report::given(params, caller.identity.source);
        edit.map_err(|why| refuse(caller, service, &hosts, &why.to_string()))?
    };
    let command = Command::SetHosts { hosts, edit, together: Together::AllOrNothing };
    let reply = caller.submit(service, command).await?;
    let Receipt::Hosts(lines) = &reply.receipt else { return Err(Failed) };
    let first = lines.first().and_then(|line| line.outcome.as_ref().ok()).ok_or(Failed)?;
    Ok(Done { shown: addresses(&first.host), changed: reply.changed })
}

/// A line for each family; an empty one where there is no address.
fn addresses(host: &Host) -> Vec<String> {
    let ipv4 = host.ipv4.map(|address| address.addr().to_string()).unwrap_or_default();
    let ipv6 = host.ipv6.map(|address| address.addr().to_string()).unwrap_or_default();
    vec![ipv4, ipv6]
}

/// Sets or clears a challenge value. It is one host's: several would be several changes, of which some might fail.
async fn set_text(
    caller: &SignedIn<DuckDns>,
    service: &Service,
    hosts: &[Fqdn],
    text: &str,
    clear: bool,
) -> Result<Done, Failed> {
    let [host] = hosts else {
        return Err(refuse(caller, service, hosts, "the program sent a text for several hosts; send one for each"));
    };
    let value = Some(text).filter(|text| !text.is_empty()).map(str::parse::<ChallengeValue>).transpose();
    let value = value.map_err(|why| refuse(caller, service, hosts, &why.to_string()))?;
    let empty = || refuse(caller, service, hosts, "the program sent an empty text, and did not ask to clear it");
    let command = challenge(host.clone(), value, clear).ok_or_else(empty)?;
    let changed = caller.submit(service, command).await?.changed;
    Ok(Done { shown: vec![if clear { String::new() } else { text.to_owned() }], changed })
}

/// Of a program that never clears a text, the oldest makes room.
fn challenge(host: Fqdn, value: Option<ChallengeValue>, clear: bool) -> Option<Command> {
    if clear {
        return Some(Command::RemoveChallenge { host, value });
    }
    Some(Command::AddChallenge { host, value: value?, keep: Some(policy::CHALLENGES_KEPT) })
}

/// Tells the hosts' owner why.
fn refuse(caller: &SignedIn<DuckDns>, service: &Service, hosts: &[Fqdn], why: &str) -> Failed {
    caller.note_about(service, About::Hosts(hosts.to_vec()), why);
    Failed
}

fn is_true(params: &Params, name: &str) -> bool {
    params.last(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// What was done.
struct Done {
    /// What the first host has now.
    shown: Vec<String>,
    changed: bool,
}

impl Done {
    fn at_length(&self) -> String {
        let last = if self.changed { "UPDATED" } else { "NOCHANGE" };
        format!("OK\n{}\n{last}", self.shown.join("\n"))
    }
}

/// It was not. Nobody is told why, but the hosts' owner.
struct Failed;

impl From<Fault> for Failed {
    fn from(_: Fault) -> Failed {
        Failed
    }
}

impl From<ServiceError> for Failed {
    fn from(error: ServiceError) -> Failed {
        match error {
            ServiceError::Refused(_) => Failed,
            error => Fault::of_service(&error).into(),
        }
    }
}
