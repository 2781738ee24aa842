//! `/v1/servers`: the name servers of all zones.

use actix_web::http::Method;
use actix_web::web;
use ddns_core::{Command, Kind, Receipt, Registry, Server, ServerEdit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::admitted::{Admitted, object};
use super::answers::{done, json, made, stamp};
use super::documented::{BadRequest, Duplicate, Missing, OverQuota, ServerId};
use super::wrong::Wrong;
use super::{Answer, Designate, doors};
use crate::body::Body;
use crate::dialect::Fault;
use crate::routes::Routes;

pub(super) fn routes(routes: &mut Routes<'_>) {
    let all = [(Method::GET, web::to(list_servers)), (Method::POST, web::to(make_server))];
    let one = [
        (Method::GET, web::to(show_server)),
        (Method::PUT, web::to(set_server)),
        (Method::DELETE, web::to(remove_server)),
    ];
    routes.resource::<Designate>("/v1/servers", all);
    routes.resource::<Designate>("/v1/servers/{server_id}", one);
}

/// A name server of all zones.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateServer)]
pub(super) struct ServerBody {
    /// When it was made, in UTC.
    #[schema(example = "2027-01-15T08:00:00.000000")]
    created_at: String,
    /// The id.
    #[schema(value_type = String, example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    id: Uuid,
    /// The name, with its last dot.
    #[schema(example = "ns1.example.org.")]
    name: String,
    /// When it was last changed; null if never.
    #[schema(required, example = json!(null))]
    updated_at: Option<String>,
}

impl ServerBody {
    pub(super) fn new(server: &Server) -> ServerBody {
        ServerBody {
            created_at: stamp(server.created),
            id: server.id,
            name: doors::absolute(&server.name),
            updated_at: server.updated.map(stamp),
        }
    }
}

/// The name servers of all zones.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateServers)]
pub(super) struct ServersBody {
    /// In the order of their making.
    servers: Vec<ServerBody>,
}

impl ServersBody {
    pub(super) fn new(registry: &Registry) -> ServersBody {
        let mut servers: Vec<_> = registry.servers().collect();
        servers.sort_by_key(|server| (server.created, server.id));
        ServersBody { servers: servers.into_iter().map(|server| ServerBody::new(server)).collect() }
    }
}

/// What a name server is to be called.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateServerName)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct ServerName {
    /// The name, with its last dot.
    #[schema(example = "ns1.example.org.", max_length = 255)]
    name: String,
}

/// Lists the name servers of all zones
///
/// For operators.
#[utoipa::path(get, path = "/v1/servers", responses((status = 200, description = "The name servers.", body = ServersBody)))]
pub(super) async fn list_servers(caller: Admitted) -> Answer {
    caller.operating()?;
    let snapshot = caller.snapshot();
    Ok(json(&ServersBody::new(caller.reading(&snapshot)?.registry)))
}

/// Makes a name server
///
/// Every zone has another NS record from then on. For operators.
#[utoipa::path(
    post,
    path = "/v1/servers",
    request_body(content = ServerName, example = json!({ "name": "ns1.example.org." })),
    responses(
        (
            status = 200,
            description = "The name server.",
            body = ServerBody,
            headers(("Location" = String, description = "Where it is."))
        ),
        BadRequest,
        Duplicate,
        OverQuota
    )
)]
pub(super) async fn make_server(caller: Admitted, body: Body<Designate>) -> Answer {
    let object = object(&body)?;
    caller.operating()?;
    let name = doors::new_server(&object)?;
    let id = ddns_service::fresh::uuid();
    let reply = caller.submit(Kind::Server, Command::AddServer { id, name, addresses: Vec::new() }).await?;
    let server = of_receipt(&reply.receipt)?;
    Ok(made(format!("{}/v1/servers/{}", caller.base(), server.id), &ServerBody::new(server)))
}

/// Shows a name server
///
/// For operators.
#[utoipa::path(
    get,
    path = "/v1/servers/{server_id}",
    params(ServerId),
    responses((status = 200, description = "The name server.", body = ServerBody), Missing)
)]
pub(super) async fn show_server(caller: Admitted) -> Answer {
    let id = caller.id("server_id")?;
    caller.operating()?;
    let snapshot = caller.snapshot();
    Ok(json(&ServerBody::new(find(caller.reading(&snapshot)?.registry, id)?)))
}

/// Gives a name server another name
///
/// For operators.
#[utoipa::path(
    put,
    path = "/v1/servers/{server_id}",
    params(ServerId),
    request_body(content = ServerName, example = json!({ "name": "ns2.example.org." })),
    responses((status = 200, description = "The name server.", body = ServerBody), BadRequest, Missing, Duplicate)
)]
pub(super) async fn set_server(caller: Admitted, body: Body<Designate>) -> Answer {
    let (id, object) = (caller.id("server_id")?, object(&body)?);
    caller.operating()?;
    let snapshot = caller.snapshot();
    let server = find(caller.writing(&snapshot)?.registry, id)?;
    let edit = ServerEdit { name: doors::server_edit(&object, &server.name)?, addresses: None };
    let command = Command::SetServer { name: server.name.clone(), edit };
    let reply = caller.submit(Kind::Server, command).await?;
    Ok(json(&ServerBody::new(of_receipt(&reply.receipt)?)))
}

/// Removes a name server
///
/// The last one stays. For operators.
#[utoipa::path(
    delete,
    path = "/v1/servers/{server_id}",
    params(ServerId),
    responses(
        (status = 200, description = "The name server is gone.", body = String, content_type = "text/html"),
        BadRequest,
        Missing
    )
)]
pub(super) async fn remove_server(caller: Admitted) -> Answer {
    let id = caller.id("server_id")?;
    caller.operating()?;
    let snapshot = caller.snapshot();
    let name = find(caller.writing(&snapshot)?.registry, id)?.name.clone();
    caller.submit(Kind::Server, Command::RemoveServer { name, keep_one: true }).await?;
    Ok(done())
}

fn find(registry: &Registry, id: Uuid) -> Result<&Server, Wrong> {
    registry.server_by_id(id).map(AsRef::as_ref).ok_or_else(|| Wrong::not_found(Kind::Server))
}

fn of_receipt(receipt: &Receipt) -> Result<&Server, Wrong> {
    if let Receipt::Server(server) = receipt { Ok(server) } else { Err(Wrong::Fault(Fault::Unavailable)) }
}
