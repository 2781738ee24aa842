//! The clients API: devices or places whose hosts move together.

mod bodies;
mod links;
mod schemas;
mod words;

use std::sync::Arc;

use actix_web::http::header::IF_MATCH;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use ddns_core::{Client, ClientKey, Command, Fqdn, Receipt};
use ddns_service::Reply;
use utoipa::OpenApi;
use utoipa::openapi::{RefOr, Schema};

use self::links::Links;
use self::schemas::{
    BadRequest, ClientAction, ClientChange, Forbidden, HostName, IfMatch, Key, Missing, NoEntityTag, Nothing,
};
use self::words::{ChangedClientBody, ClientBody, HostBody, HostsBody, Wrong};
use crate::auth::SignedIn;
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::notes::About;
use crate::reply::{self, Message, created, json, nothing};
use crate::routes::Routes;
use crate::server::State;
use crate::sight::Sight;

/// The routes of this dialect.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    let client = [
        (Method::GET, web::to(show_client)),
        (Method::PUT, web::to(put_client)),
        (Method::DELETE, web::to(remove_client)),
    ];
    let host = [(Method::PUT, web::to(attach_host)), (Method::DELETE, web::to(detach_host))];
    routes.resource::<Clients>("/ddns/clients/{client_key}", client);
    routes.resource::<Clients>("/ddns/clients/{client_key}/hosts", [(Method::GET, web::to(list_hosts))]);
    routes.resource::<Clients>("/ddns/clients/{client_key}/action", [(Method::POST, web::to(act))]);
    routes.resource::<Clients>("/ddns/clients/{client_key}/hosts/{hostname}", host);
    routes.describe(Description::openapi);
}

#[derive(OpenApi)]
#[openapi(
    paths(show_client, put_client, remove_client, list_hosts, act, attach_host, detach_host),
    components(schemas(Message<'_>)),
    tags((name = "clients", description = "\
The clients API: devices or places whose hosts move together. What belongs to another account is answered with 403 here."))
)]
struct Description;

struct Clients;

impl Dialect for Clients {
    const NAME: &'static str = "clients";

    fn say(fault: Fault) -> HttpResponse {
        Wrong::Fault(fault).answer()
    }

    fn fault_schema() -> RefOr<Schema> {
        reply::message_schema()
    }
}

type Caller = SignedIn<Clients>;
type Answer = Result<HttpResponse, Wrong>;
type Service = web::Data<State>;

/// Registers a client, or changes it
///
/// An empty body changes nothing of a known client, and registers an unknown one as online. Going offline makes the hosts of
/// the client answer their domains' offline addresses; the way back online gives them the address that the request comes
/// from.
#[utoipa::path(
    put,
    path = "/ddns/clients/{client_key}",
    params(Key, IfMatch),
    request_body(content = Option<ClientChange>, example = json!({ "offline": false })),
    responses(
        (status = 200, description = "The client as it is now.", body = ClientBody),
        (
            status = 201,
            description = "The client was registered.",
            body = ClientBody,
            headers(("Location" = String, description = "Where the client is."))
        ),
        BadRequest,
        Forbidden,
        Missing,
        NoEntityTag
    )
)]
async fn put_client(
    caller: Caller,
    service: Service,
    request: HttpRequest,
    key: web::Path<String>,
    body: Body<Clients>,
) -> Answer {
    let (key, must_exist) = (parsed(&key)?, must_exist(&request)?);
    let edit = bodies::client(&body).inspect_err(|wrong| note(&caller, &service, &key, wrong))?;
    let put = Command::PutClient { key, edit, must_exist };
    let (client, made) = as_client(caller.submit(&service.service, put).await?)?;
    let (client, links) = (&client, links(&request, &service));
    if made {
        return Ok(created(links.client(&client.key), &ClientBody::new(client, &links)));
    }
    Ok(json(StatusCode::OK, &ChangedClientBody::new(client, &links)))
}

fn as_client(reply: Reply) -> Result<(Arc<Client>, bool), Wrong> {
    match reply.receipt {
        Receipt::Client { client, made } => Ok((client, made)),
        _ => Err(Wrong::Fault(Fault::Unavailable)),
    }
}

/// Leaves with a client's hosts why a body about it was not understood.
fn note(caller: &Caller, service: &State, key: &ClientKey, wrong: &Wrong) {
    if let Some(sentence) = wrong.sentence() {
        caller.note_about(&service.service, About::Client(key.clone()), sentence);
    }
}

/// Shows a client
#[utoipa::path(
    get,
    path = "/ddns/clients/{client_key}",
    params(Key),
    responses((status = 200, description = "The client.", body = ClientBody), BadRequest, Forbidden, Missing)
)]
async fn show_client(caller: Caller, service: Service, request: HttpRequest, key: web::Path<String>) -> Answer {
    let snapshot = service.service.snapshot();
    let client = Sight::new(&snapshot.registry, &caller.identity).client(&parsed(&key)?)?;
    Ok(json(StatusCode::OK, &ClientBody::new(client, &links(&request, &service))))
}

/// Lists the hosts of a client
///
/// By name, as far as the token's scope reaches, with what they answer at this moment.
#[utoipa::path(
    get,
    path = "/ddns/clients/{client_key}/hosts",
    operation_id = "list_hosts_of_client",
    params(Key),
    responses((status = 200, description = "The hosts.", body = HostsBody<'_>), BadRequest, Forbidden, Missing)
)]
async fn list_hosts(caller: Caller, service: Service, request: HttpRequest, key: web::Path<String>) -> Answer {
    let snapshot = service.service.snapshot();
    let sight = Sight::new(&snapshot.registry, &caller.identity);
    let client = sight.client(&parsed(&key)?)?;
    let links = links(&request, &service);
    let hosts = sight.hosts_on(client).map(|host| HostBody::new(&snapshot.registry, client, host, &links)).collect();
    Ok(json(StatusCode::OK, &HostsBody { hosts }))
}

/// Moves every host of a client, or none
///
/// While the client is offline the address is remembered, and the offline addresses stay.
#[utoipa::path(
    post,
    path = "/ddns/clients/{client_key}/action",
    params(Key),
    request_body(content = ClientAction, example = json!({ "updateIP": "default" })),
    responses((status = 204, description = "The hosts have the address."), BadRequest, Forbidden, Missing)
)]
async fn act(caller: Caller, service: Service, key: web::Path<String>, body: Body<Clients>) -> Answer {
    let key = parsed(&key)?;
    let address = bodies::action(&body).inspect_err(|wrong| note(&caller, &service, &key, wrong))?;
    caller.submit(&service.service, Command::MoveClient { key, address }).await?;
    Ok(nothing())
}

/// Hangs a host on a client
///
/// The host has to be there before. It hangs on one client at a time; doing it again changes nothing.
#[utoipa::path(
    put,
    path = "/ddns/clients/{client_key}/hosts/{hostname}",
    params(Key, HostName),
    request_body(content = Option<Nothing>),
    responses(
        (
            status = 201,
            description = "The host hangs on the client.",
            body = HostBody<'_>,
            headers(("Location" = String, description = "Where the host is on the client."))
        ),
        BadRequest,
        Forbidden,
        Missing
    )
)]
async fn attach_host(
    caller: Caller,
    service: Service,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: Body<Clients>,
) -> Answer {
    let (key, host) = pair(&path)?;
    bodies::nothing(&body)?;
    let reply = caller.submit(&service.service, Command::AttachHost { key, host: host.clone() }).await?;
    let Receipt::Client { client, .. } = &reply.receipt else { return Err(Wrong::Fault(Fault::Unavailable)) };
    let registry = &reply.snapshot.registry;
    let host = registry.host(&host).ok_or(Wrong::NoSuchName)?;
    let links = links(&request, &service);
    let body = HostBody::new(registry, client, host, &links);
    Ok(created(links.host(&client.key, &host.name), &body))
}

/// Takes a host off a client
#[utoipa::path(
    delete,
    path = "/ddns/clients/{client_key}/hosts/{hostname}",
    params(Key, HostName),
    responses((status = 204, description = "The host hangs on no client."), BadRequest, Forbidden, Missing)
)]
async fn detach_host(caller: Caller, service: Service, path: web::Path<(String, String)>) -> Answer {
    let (key, host) = pair(&path)?;
    caller.submit(&service.service, Command::DetachHost { key, host }).await?;
    Ok(nothing())
}

/// Removes a client
///
/// Its hosts stay.
#[utoipa::path(
    delete,
    path = "/ddns/clients/{client_key}",
    params(Key),
    responses((status = 204, description = "The client is gone."), BadRequest, Forbidden, Missing)
)]
async fn remove_client(caller: Caller, service: Service, key: web::Path<String>) -> Answer {
    caller.submit(&service.service, Command::RemoveClient { key: parsed(&key)? }).await?;
    Ok(nothing())
}

fn parsed(key: &str) -> Result<ClientKey, Wrong> {
    key.parse().map_err(|_| Wrong::Key)
}

fn pair(path: &(String, String)) -> Result<(ClientKey, Fqdn), Wrong> {
    let (key, host) = path;
    Ok((parsed(key)?, host.parse().map_err(|_| Wrong::NoSuchName)?))
}

/// `If-Match: *` asks for a change of what is there (RFC 9110, section 13.1.1).
fn must_exist(request: &HttpRequest) -> Result<bool, Wrong> {
    match request.headers().get(IF_MATCH) {
        None => Ok(false),
        Some(any) if any.as_bytes() == b"*" => Ok(true),
        Some(_) => Err(Wrong::EntityTag),
    }
}

fn links(request: &HttpRequest, service: &State) -> Links {
    Links { base: crate::links::base(request, &service.settings) }
}
