//! Why a host's last update that was refused was refused: legacy programs are only told a code.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web;
use ddns_store::{SoftKey, SoftRefusal};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::schemas::{HostName, OutOfScope};
use super::words::{Wrong, json};
use super::{Answer, Caller, Service, named, readable};
use crate::moment;
use crate::reply::Message;
use crate::sight::Sight;

/// Shows why the last refused update of a host was refused
///
/// Whatever protocol it came by. Only updates of somebody count who had proved who it is and may see the host; and none is
/// refused by a fault of the service. It is good to know and no more: the last seconds of it may be lost with the server.
#[utoipa::path(
    get,
    path = "/hosts/{fqdn}/last-refusal",
    params(HostName),
    responses((status = 200, description = "The refusal.", body = RefusalBody), NoRefusal, OutOfScope)
)]
pub(super) async fn show_last_refusal(caller: Caller, service: Service, name: web::Path<String>) -> Answer {
    let snapshot = service.service.snapshot();
    let sight = readable(Sight::new(&snapshot.registry, &caller.identity))?;
    let host = sight.host(&named(&name)?).ok_or(Wrong::Missing)?;
    let state = service.service.soft(SoftKey::Host(host.number)).await?;
    let refusal = state.last_refusal.ok_or(Wrong::NoRefusal)?;
    Ok(json(StatusCode::OK, &RefusalBody::new(refusal)))
}

/// Why an update was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = LastRefusal)]
struct RefusalBody {
    /// When.
    #[schema(format = DateTime, example = "2026-11-22T15:04:22Z")]
    time: String,
    /// The address that it came from.
    #[schema(value_type = Option<String>, required, example = "192.0.2.9")]
    ip_address: Option<IpAddr>,
    /// By which protocol it came.
    #[schema(example = "dyndns2")]
    protocol: String,
    /// What the program called itself; null where it did not.
    #[schema(required, example = "ddclient/3.10.0")]
    user_agent: Option<String>,
    /// Why, in a sentence for people.
    #[schema(example = "the router sent <ip6addr> unexpanded")]
    message: String,
}

impl RefusalBody {
    fn new(refusal: SoftRefusal) -> RefusalBody {
        RefusalBody {
            time: moment::written(refusal.time),
            ip_address: refusal.source,
            protocol: refusal.dialect,
            user_agent: Some(refusal.agent).filter(|agent| !agent.is_empty()),
            message: refusal.sentence,
        }
    }
}

/// There is no such host for this caller, or no update of it was refused.
#[derive(IntoResponses)]
#[response(status = 404, examples(
    ("no host" = (value = json!({ "message": "Sorry, resource does not exist" }))),
    ("no refusal" = (value = json!({ "message": "No update of this host was refused" })))
))]
#[expect(dead_code, reason = "it is described and never made")]
pub(super) struct NoRefusal(Message<'static>);
