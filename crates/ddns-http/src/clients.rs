//! The clients API: devices or places whose hosts move together.

mod bodies;
mod links;
mod words;

use actix_web::http::header::{IF_MATCH, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use ddns_core::{ClientKey, Command, Fqdn, Receipt};

use self::links::Links;
use self::words::{ChangedClientBody, ClientBody, HostBody, HostsBody, Wrong};
use crate::auth::SignedIn;
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::reply::{json, nothing, respond};
use crate::roads::Roads;
use crate::server::State;
use crate::sight::Sight;

/// The roads of this dialect.
pub(crate) fn roads(roads: &mut Roads<'_>) {
    let client = [
        (Method::GET, web::to(show_client)),
        (Method::PUT, web::to(put_client)),
        (Method::DELETE, web::to(remove_client)),
    ];
    let host = [(Method::PUT, web::to(attach_host)), (Method::DELETE, web::to(detach_host))];
    roads.lay::<Clients>("/ddns/clients/{client_key}", client);
    roads.lay::<Clients>("/ddns/clients/{client_key}/hosts", [(Method::GET, web::to(list_hosts))]);
    roads.lay::<Clients>("/ddns/clients/{client_key}/action", [(Method::POST, web::to(act))]);
    roads.lay::<Clients>("/ddns/clients/{client_key}/hosts/{hostname}", host);
}

struct Clients;

impl Dialect for Clients {
    const NAME: &'static str = "clients";

    fn say(fault: Fault) -> HttpResponse {
        Wrong::Fault(fault).answer()
    }
}

type Caller = SignedIn<Clients>;
type Answer = Result<HttpResponse, Wrong>;
type Service = web::Data<State>;

/// `PUT /ddns/clients/{client_key}`: 201 if that registered the client, 200 if it was known.
async fn put_client(
    caller: Caller,
    service: Service,
    request: HttpRequest,
    key: web::Path<String>,
    body: Body<Clients>,
) -> Answer {
    let (key, must_exist) = (parsed(&key)?, must_exist(&request)?);
    let command = Command::PutClient { key, offline: bodies::offline(&body)?, must_exist };
    let reply = caller.submit(&service.service, command).await?;
    let Receipt::Client { client, made } = &reply.receipt else { return Err(Wrong::Fault(Fault::Unavailable)) };
    let links = links(&request, &service);
    if *made {
        let location = links.client(&client.key);
        return Ok(respond(
            HttpResponse::Created().insert_header((LOCATION, location)),
            &ClientBody::new(client, &links),
        ));
    }
    Ok(json(StatusCode::OK, &ChangedClientBody::new(client, &links)))
}

/// `GET /ddns/clients/{client_key}`.
async fn show_client(caller: Caller, service: Service, request: HttpRequest, key: web::Path<String>) -> Answer {
    let snapshot = service.service.snapshot();
    let client = Sight::new(&snapshot.registry, &caller.identity).client(&parsed(&key)?)?;
    Ok(json(StatusCode::OK, &ClientBody::new(client, &links(&request, &service))))
}

/// `GET /ddns/clients/{client_key}/hosts`: those that the caller sees, by name.
async fn list_hosts(caller: Caller, service: Service, request: HttpRequest, key: web::Path<String>) -> Answer {
    let snapshot = service.service.snapshot();
    let sight = Sight::new(&snapshot.registry, &caller.identity);
    let client = sight.client(&parsed(&key)?)?;
    let links = links(&request, &service);
    let hosts = sight.hosts_on(client).map(|host| HostBody::new(&snapshot.registry, client, host, &links)).collect();
    Ok(json(StatusCode::OK, &HostsBody { hosts }))
}

/// `POST /ddns/clients/{client_key}/action`: every host of the client moves, or none. 204.
async fn act(caller: Caller, service: Service, key: web::Path<String>, body: Body<Clients>) -> Answer {
    let command = Command::MoveClient { key: parsed(&key)?, address: bodies::action(&body)? };
    caller.submit(&service.service, command).await?;
    Ok(nothing())
}

/// `PUT /ddns/clients/{client_key}/hosts/{hostname}`: 201, however often.
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
    let location = links.host(&client.key, &host.name);
    let body = HostBody::new(registry, client, host, &links);
    Ok(respond(HttpResponse::Created().insert_header((LOCATION, location)), &body))
}

/// `DELETE /ddns/clients/{client_key}/hosts/{hostname}`: 204.
async fn detach_host(caller: Caller, service: Service, path: web::Path<(String, String)>) -> Answer {
    let (key, host) = pair(&path)?;
    caller.submit(&service.service, Command::DetachHost { key, host }).await?;
    Ok(nothing())
}

/// `DELETE /ddns/clients/{client_key}`: 204; its hosts stay.
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
