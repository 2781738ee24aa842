//! The Two-DNS API, version 2: hosts, domains and the account as JSON resources.

mod account;
mod attributes;
mod form;
mod refusals;
mod schemas;
mod tokens;
mod words;

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use ddns_core::{Among, Command, Domain, Fqdn, Host, HostEdit, Receipt, Refusal, Together};
use ddns_service::ServiceError;
use utoipa::OpenApi;
use utoipa::openapi::{RefOr, Schema};

use self::schemas::{BadBody, HostChange, HostName, Missing, NewHost, OutOfScope, Unprocessable};
use self::words::{DomainBody, HostBody, Wrong, json};
use crate::auth::{Guest, SignedIn};
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::notes::About;
use crate::reply::Message;
use crate::routes::Routes;
use crate::server::State;
use crate::sight::Sight;
use crate::{links, openapi, reply};

/// The routes of this dialect.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    let hosts = [(Method::GET, web::to(list_hosts)), (Method::POST, web::to(make_host))];
    let host =
        [(Method::GET, web::to(show_host)), (Method::PUT, web::to(set_host)), (Method::DELETE, web::to(remove_host))];
    routes.resource::<TwoDns>("/hosts", hosts);
    routes.resource::<TwoDns>("/hosts/all", [(Method::PUT, web::to(set_all_hosts))]);
    routes.resource::<TwoDns>("/hosts/{fqdn}", host);
    routes.resource::<TwoDns>("/hosts/{fqdn}/last-refusal", [(Method::GET, web::to(refusals::show_last_refusal))]);
    let me = [
        (Method::GET, web::to(account::show_me)),
        (Method::PUT, web::to(account::set_me)),
        (Method::DELETE, web::to(account::remove_me)),
    ];
    routes.resource::<TwoDns>("/users", [(Method::POST, web::to(account::sign_up))]);
    routes.resource::<TwoDns>("/users/me", me);
    routes.resource::<TwoDns>("/users/me/api_token", [(Method::POST, web::to(account::renew_token))]);
    let tokens = [(Method::GET, web::to(tokens::list_tokens)), (Method::POST, web::to(tokens::make_token))];
    routes.resource::<TwoDns>("/users/me/tokens", tokens);
    routes.resource::<TwoDns>("/users/me/tokens/{token_id}", [(Method::DELETE, web::to(tokens::remove_token))]);
    routes.resource::<TwoDns>("/users/password", [(Method::POST, web::to(account::ask_password))]);
    for path in ["/domains", "/api/domains"] {
        routes.resource::<TwoDns>(path, [(Method::GET, web::to(list_domains))]);
    }
    routes.describe(|| openapi::with_alias(Description::openapi(), "/domains", "/api/domains"));
}

#[derive(OpenApi)]
#[openapi(
    paths(
        list_domains,
        list_hosts,
        make_host,
        set_all_hosts,
        show_host,
        set_host,
        remove_host,
        refusals::show_last_refusal,
        account::sign_up,
        account::ask_password,
        account::show_me,
        account::set_me,
        account::remove_me,
        account::renew_token,
        tokens::list_tokens,
        tokens::make_token,
        tokens::remove_token
    ),
    components(schemas(Message<'_>, Unprocessable)),
    tags((name = "two-dns", description = "\
The Two-DNS API, version 2: domains, hosts and the account. What belongs to another account, or is out of the reach of the \
caller's token, looks like what does not exist."))
)]
struct Description;

/// Answers what no dialect has a route for.
pub(crate) async fn no_such_route() -> HttpResponse {
    Wrong::Missing.answer()
}

struct TwoDns;

impl Dialect for TwoDns {
    const NAME: &'static str = "two-dns";

    fn say(fault: Fault) -> HttpResponse {
        Wrong::Fault(fault).answer()
    }

    fn fault_schema() -> RefOr<Schema> {
        reply::message_schema()
    }
}

type Caller = SignedIn<TwoDns>;
type Answer = Result<HttpResponse, Wrong>;
type Service = web::Data<State>;

/// Makes a host
#[utoipa::path(
    post,
    path = "/hosts",
    request_body(content = NewHost, examples(
        ("whole name" = (value = json!({
            "fqdn": "home.dyn.example", "ip_address": "192.0.2.7", "ttl": 60, "activate_wildcard": false
        }))),
        ("two parts" = (value = json!({
            "hostname": "home", "domainname": "dyn.example", "ip_address": "auto", "ttl": "60", "activate_wildcard": "true"
        })))
    )),
    responses((status = 201, description = "The host.", body = HostBody<'_>), BadBody, OutOfScope)
)]
async fn make_host(caller: Caller, service: Service, request: HttpRequest, body: Body<TwoDns>) -> Answer {
    let new = attributes::of_new_host(&body, caller.identity.account, caller.identity.source)?;
    let reply = caller.submit(&service.service, Command::AddHost(new)).await?;
    let base = links::base(&request, &service.settings);
    let made = hosts(&reply.receipt).next().ok_or(Wrong::Missing)?;
    Ok(json(StatusCode::CREATED, &HostBody::new(made, &base)))
}

/// Lists every own host
///
/// By name, as far as the token's scope reaches.
#[utoipa::path(
    get,
    path = "/hosts",
    responses((status = 200, description = "The hosts.", body = [HostBody<'_>]), OutOfScope)
)]
async fn list_hosts(caller: Caller, service: Service, request: HttpRequest) -> Answer {
    let snapshot = service.service.snapshot();
    let sight = readable(Sight::new(&snapshot.registry, &caller.identity))?;
    Ok(host_list(sight.hosts(), &links::base(&request, &service.settings)))
}

/// Shows a host
#[utoipa::path(
    get,
    path = "/hosts/{fqdn}",
    params(HostName),
    responses((status = 200, description = "The host.", body = HostBody<'_>), Missing, OutOfScope)
)]
async fn show_host(caller: Caller, service: Service, request: HttpRequest, name: web::Path<String>) -> Answer {
    let snapshot = service.service.snapshot();
    let sight = readable(Sight::new(&snapshot.registry, &caller.identity))?;
    let host = sight.host(&named(&name)?).ok_or(Wrong::Missing)?;
    Ok(json(StatusCode::OK, &HostBody::new(host, &links::base(&request, &service.settings))))
}

/// Changes a host
#[utoipa::path(
    put,
    path = "/hosts/{fqdn}",
    params(HostName),
    request_body(content = HostChange, example = json!({ "ip_address": "auto", "activate_wildcard": "true" })),
    responses(
        (status = 200, description = "A list of one: the host as it is now.", body = [HostBody<'_>]),
        BadBody,
        Missing,
        OutOfScope
    )
)]
async fn set_host(
    caller: Caller,
    service: Service,
    request: HttpRequest,
    name: web::Path<String>,
    body: Body<TwoDns>,
) -> Answer {
    let host = named(&name)?;
    let edit = edit(&caller, &service, &body, || About::Hosts(vec![host.clone()]))?;
    let command = Command::SetHosts { hosts: vec![host.clone()], edit, together: Together::AllOrNothing };
    let reply = caller.submit(&service.service, command).await;
    let reply = reply.map_err(|error| about(&host, error, &caller, &service))?;
    Ok(host_list(hosts(&reply.receipt), &links::base(&request, &service.settings)))
}

/// Changes every own host, or none
///
/// As far as the token's scope reaches. A prefix leaves hosts alone that have neither an IPv6 address nor a suffix, and the
/// list has none of them where there is nothing else to change.
#[utoipa::path(
    put,
    path = "/hosts/all",
    request_body(content = HostChange, examples(
        ("address" = (value = json!({ "ip_address": "auto" }))),
        ("prefix" = (value = json!({ "ip6_prefix": "2001:db8:1:2::/64" })))
    )),
    responses((status = 200, description = "The hosts as they are now.", body = [HostBody<'_>]), BadBody, OutOfScope)
)]
async fn set_all_hosts(caller: Caller, service: Service, request: HttpRequest, body: Body<TwoDns>) -> Answer {
    let edit = edit(&caller, &service, &body, || About::All)?;
    let reply = caller.submit(&service.service, Command::SetAllHosts { edit, among: Among::All }).await?;
    Ok(host_list(hosts(&reply.receipt), &links::base(&request, &service.settings)))
}

/// Removes a host
#[utoipa::path(
    delete,
    path = "/hosts/{fqdn}",
    params(HostName),
    responses((status = 204, description = "The host is gone."), Missing, OutOfScope)
)]
async fn remove_host(caller: Caller, service: Service, name: web::Path<String>) -> Answer {
    let host = named(&name)?;
    let removed = caller.submit(&service.service, Command::RemoveHost { host: host.clone() }).await;
    removed.map_err(|error| about(&host, error, &caller, &service))?;
    Ok(words::nothing())
}

/// Lists the domains that hosts can be made in
///
/// The shared ones, and the caller's own if it signs in; by name. To a token for some hosts, its own are those that one of
/// these hosts is in.
#[utoipa::path(
    get,
    path = "/domains",
    security((), ("basic" = []), ("bearer" = [])),
    responses((status = 200, description = "The domains.", body = [DomainBody]))
)]
async fn list_domains(guest: Guest<TwoDns>, service: Service) -> Answer {
    let snapshot = service.service.snapshot();
    let sight = guest.0.as_ref().map(|caller| Sight::new(&snapshot.registry, &caller.identity));
    let open = |domain: &&Arc<Domain>| domain.shared || sight.as_ref().is_some_and(|sight| sight.sees_domain(domain));
    let mut domains: Vec<_> = snapshot.registry.domains().filter(open).map(|domain| DomainBody::new(domain)).collect();
    domains.sort();
    Ok(json(StatusCode::OK, &domains))
}

/// What a body asks of hosts. If it cannot be read, their owner can read why.
fn edit(caller: &Caller, service: &State, body: &[u8], about: impl FnOnce() -> About) -> Result<HostEdit, Wrong> {
    attributes::of_edit(body, caller.identity.source).inspect_err(|wrong| {
        if let Some(sentence) = form::sentence(body, wrong) {
            caller.note_about(&service.service, about(), &sentence);
        }
    })
}

fn named(path: &str) -> Result<Fqdn, Wrong> {
    path.parse().map_err(|_| Wrong::Missing)
}

fn readable(sight: Sight<'_>) -> Result<Sight<'_>, Wrong> {
    if sight.may_read() { Ok(sight) } else { Err(Wrong::from(Refusal::OutOfScope)) }
}

/// A refusal about one host. One that the caller's token does not reach is not there.
fn about(host: &Fqdn, error: ServiceError, caller: &Caller, service: &State) -> Wrong {
    let snapshot = service.service.snapshot();
    match error {
        ServiceError::Refused(Refusal::OutOfScope)
            if !Sight::new(&snapshot.registry, &caller.identity).covers(host) =>
        {
            Wrong::Missing
        }
        error => Wrong::from(error),
    }
}

fn hosts(receipt: &Receipt) -> impl Iterator<Item = &Arc<Host>> {
    let lines = if let Receipt::Hosts(lines) = receipt { lines.as_slice() } else { &[] };
    lines.iter().filter_map(|line| line.outcome.as_ref().ok()).map(|outcome| &outcome.host)
}

fn host_list<'h>(hosts: impl Iterator<Item = &'h Arc<Host>>, base: &str) -> HttpResponse {
    json(StatusCode::OK, &hosts.map(|host| HostBody::new(host, base)).collect::<Vec<_>>())
}
