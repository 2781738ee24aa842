//! Domains.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web;
use ddns_core::{Command, Domain, DomainKey, DomainNo, Kind, NewDomain, Receipt, Registry, ZoneName, listing};
use ddns_service::{Reply, Snapshot, fresh};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::admitted::{Admitted, object};
use super::documented::{BadRequest, DomainId, Duplicate, Missing, OverQuota};
use super::lists::{self, Part, PartParams};
use super::servers::ServersBody;
use super::view::View;
use super::wrong::Wrong;
use super::{Answer, Designate, answers, doors};
use crate::body::Body;
use crate::dialect::Fault;
use crate::routes::Routes;

/// The routes of domains.
pub(super) fn routes(routes: &mut Routes<'_>) {
    let domain = [
        (Method::GET, web::to(show_domain)),
        (Method::PUT, web::to(set_domain)),
        (Method::DELETE, web::to(remove_domain)),
    ];
    let domains = [(Method::GET, web::to(list_domains)), (Method::POST, web::to(make_domain))];
    routes.resource::<Designate>("/v1/domains", domains);
    routes.resource::<Designate>("/v1/domains/{domain_id}", domain);
    routes.resource::<Designate>("/v1/domains/{domain_id}/servers", [(Method::GET, web::to(list_servers_of_domain))]);
    routes.resource::<Designate>("/v1/domains/{domain_id}/touch", [(Method::POST, web::to(touch_domain))]);
    routes.resource::<Designate>("/v1/domains/{domain_id}/sync", [(Method::POST, web::to(synchronise_domain))]);
}

/// A domain.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateDomain)]
pub(super) struct DomainBody {
    #[schema(value_type = String, example = "89acac79-38e7-497d-807c-a011e1310438")]
    id: Uuid,
    /// Its name, with the final dot.
    #[schema(example = "example.com.")]
    name: String,
    /// The responsible person.
    #[schema(example = "hostmaster@example.com")]
    email: String,
    /// The time to live of records without one of their own, in seconds.
    #[schema(example = 3600)]
    ttl: u32,
    /// Goes up with every change of the domain or its records.
    serial: u32,
    #[schema(required)]
    description: Option<String>,
    #[schema(example = "2026-11-22T15:04:22.000000")]
    created_at: String,
    /// When the domain or one of its records was last changed; null if never.
    #[schema(required)]
    updated_at: Option<String>,
}

impl DomainBody {
    fn new(registry: &Registry, domain: &Domain) -> DomainBody {
        DomainBody {
            id: domain.id,
            name: doors::absolute(domain.name.name()),
            email: domain.email.to_string(),
            ttl: domain.ttl.secs(),
            serial: registry.serial(domain.number).0,
            description: domain.description.as_ref().map(|text| text.as_str().to_owned()),
            created_at: answers::stamp(domain.created),
            updated_at: listing::updated(registry, domain).map(answers::stamp),
        }
    }
}

/// What a domain is to be.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateNewDomain)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct NewDomainBody {
    /// Its name, with the final dot and two labels at least.
    #[schema(example = "example.com.", max_length = 255)]
    name: String,
    /// The responsible person.
    #[schema(example = "hostmaster@example.com", max_length = 255)]
    email: String,
    /// The time to live of records without one of their own, in seconds.
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 2147483647)]
    ttl: Option<u32>,
    #[schema(required = false, max_length = 160)]
    description: Option<String>,
}

/// What is to change of a domain. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateDomainEdit)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct DomainEditBody {
    /// The responsible person.
    #[schema(value_type = String, required = false, max_length = 255)]
    email: Option<String>,
    /// The time to live of records without one of their own, in seconds.
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 2147483647)]
    ttl: Option<u32>,
    /// Null removes it.
    #[schema(required = false, max_length = 160)]
    description: Option<String>,
}

/// All domains.
#[derive(ToSchema)]
#[schema(as = DesignateDomains)]
#[expect(dead_code, reason = "it describes a list that is written while it is sent")]
struct DomainsBody {
    domains: Vec<DomainBody>,
}

/// Lists the tenant's domains
///
/// In the order of their making. Without `limit` all of them come.
#[utoipa::path(
    get,
    path = "/v1/domains",
    operation_id = "list_designate_domains",
    params(PartParams),
    responses((status = 200, description = "The domains.", body = DomainsBody), BadRequest)
)]
pub(super) async fn list_domains(admitted: Admitted) -> Answer {
    let snapshot = admitted.snapshot();
    let part = Part::of(&admitted.query())?;
    let view = admitted.reading(&snapshot)?;
    let marked = |marker: &String| doors::uuid(marker).and_then(|id| view.domain(id).ok()).map(|domain| domain.number);
    let after = part.marker.as_ref().map(|marker| marked(marker).ok_or_else(lists::no_such_marker)).transpose()?;
    Ok(lists::answer(admitted.version(), "domains", &part, pages(&admitted, snapshot.clone(), after)))
}

/// The domains that are seen, page by page.
fn pages(
    admitted: &Admitted,
    snapshot: Arc<Snapshot>,
    mut after: Option<DomainNo>,
) -> impl FnMut(usize) -> Vec<DomainBody> + use<> {
    let (tenant, all) = (admitted.tenant, admitted.all_projects);
    move |wanted| {
        let registry = &snapshot.registry;
        let page: Vec<&Arc<Domain>> = View::new(registry, tenant, all).domains_after(after).take(wanted).collect();
        after = page.last().map_or(after, |last| Some(last.number));
        page.into_iter().map(|domain| DomainBody::new(registry, domain)).collect()
    }
}

/// Makes a domain
#[utoipa::path(
    post,
    path = "/v1/domains",
    operation_id = "make_designate_domain",
    request_body(content = NewDomainBody, example = json!({ "name": "example.com.", "email": "hostmaster@example.com" })),
    responses(
        (
            status = 200,
            description = "The domain was made.",
            body = DomainBody,
            headers(("Location" = String, description = "Where the domain is."))
        ),
        BadRequest,
        Duplicate,
        OverQuota
    )
)]
pub(super) async fn make_domain(admitted: Admitted, body: Body<Designate>) -> Answer {
    let given = doors::new_domain(&object(&body)?)?;
    let snapshot = admitted.snapshot();
    admitted.writing(&snapshot)?;
    let few_labels = || Wrong::domain_name("More than one label is required");
    let name = Some(given.name).filter(|name| name.label_count() > 1).and_then(|name| ZoneName::new(name).ok());
    let name = match name {
        Some(name) => name,
        None if is_full(&admitted, &snapshot.registry) => return Err(Wrong::OVER_QUOTA),
        None => return Err(few_labels()),
    };
    let command = Command::AddDomain(NewDomain {
        id: fresh::uuid(),
        name,
        owner: Some(admitted.tenant),
        shared: false,
        email: Some(given.email),
        ttl: given.ttl,
        description: given.description,
    });
    let reply = admitted.submit(Kind::Domain, command).await?;
    let domain = made_of(&reply)?;
    let location = format!("{}/v1/domains/{}", admitted.base(), domain.id);
    Ok(answers::made(location, &DomainBody::new(&reply.snapshot.registry, domain)))
}

/// Whether the tenant has as many domains as it may: that is told before a name is looked at.
fn is_full(admitted: &Admitted, registry: &Registry) -> bool {
    let most = registry.account(admitted.tenant).map_or(0, |account| account.max_domains);
    registry.domains_of(admitted.tenant).count() as u64 >= u64::from(most)
}

/// The domain of a receipt.
fn made_of(reply: &Reply) -> Result<&Arc<Domain>, Wrong> {
    match &reply.receipt {
        Receipt::Domain(domain) => Ok(domain),
        _ => Err(Wrong::Fault(Fault::Unavailable)),
    }
}

/// Shows a domain
#[utoipa::path(
    get,
    path = "/v1/domains/{domain_id}",
    operation_id = "show_designate_domain",
    params(DomainId),
    responses((status = 200, description = "The domain.", body = DomainBody), Missing)
)]
pub(super) async fn show_domain(admitted: Admitted) -> Answer {
    let id = admitted.id("domain_id")?;
    let snapshot = admitted.snapshot();
    let domain = admitted.reading(&snapshot)?.domain(id)?;
    Ok(answers::json(&DomainBody::new(&snapshot.registry, domain)))
}

/// Changes a domain
///
/// What is not given stays. The whole object may be sent back; what cannot be changed is ignored, except for another name.
#[utoipa::path(
    put,
    path = "/v1/domains/{domain_id}",
    operation_id = "set_designate_domain",
    params(DomainId),
    request_body(content = DomainEditBody, example = json!({ "ttl": 300 })),
    responses((status = 200, description = "The domain as it is now.", body = DomainBody), BadRequest, Missing)
)]
pub(super) async fn set_domain(admitted: Admitted, body: Body<Designate>) -> Answer {
    let id = admitted.id("domain_id")?;
    let given = object(&body)?;
    let snapshot = admitted.snapshot();
    let domain = admitted.writing(&snapshot)?.domain(id)?;
    let edit = doors::domain_edit(&given, domain)?;
    let reply = admitted.submit(Kind::Domain, Command::SetDomain { domain: DomainKey::Id(id), edit }).await?;
    Ok(answers::json(&DomainBody::new(&reply.snapshot.registry, made_of(&reply)?)))
}

/// Removes a domain
///
/// With all its records. Not while there are hosts in it, or domains below it.
#[utoipa::path(
    delete,
    path = "/v1/domains/{domain_id}",
    operation_id = "remove_designate_domain",
    params(DomainId),
    responses((status = 200, description = "It is gone.", body = String, content_type = "text/html"), BadRequest, Missing)
)]
pub(super) async fn remove_domain(admitted: Admitted) -> Answer {
    let id = admitted.id("domain_id")?;
    let snapshot = admitted.snapshot();
    admitted.writing(&snapshot)?.domain(id)?;
    admitted.submit(Kind::Domain, Command::RemoveDomain { domain: DomainKey::Id(id) }).await?;
    Ok(answers::done())
}

/// Lists the name servers of a domain
#[utoipa::path(
    get,
    path = "/v1/domains/{domain_id}/servers",
    params(DomainId),
    responses((status = 200, description = "The name servers of all domains.", body = ServersBody), Missing)
)]
pub(super) async fn list_servers_of_domain(admitted: Admitted) -> Answer {
    let id = admitted.id("domain_id")?;
    let snapshot = admitted.snapshot();
    admitted.reading(&snapshot)?.domain(id)?;
    Ok(answers::json(&ServersBody::new(&snapshot.registry)))
}

/// Gives a domain another serial
#[utoipa::path(
    post,
    path = "/v1/domains/{domain_id}/touch",
    params(DomainId),
    responses((status = 200, description = "Its serial went up.", body = String, content_type = "text/html"), Missing)
)]
pub(super) async fn touch_domain(admitted: Admitted) -> Answer {
    let id = admitted.id("domain_id")?;
    let snapshot = admitted.snapshot();
    admitted.writing(&snapshot)?.domain(id)?;
    admitted.submit(Kind::Domain, Command::TouchDomain { domain: DomainKey::Id(id) }).await?;
    Ok(answers::done())
}

/// Does nothing
///
/// For operators. What is committed is served: there is nothing to synchronise.
#[utoipa::path(
    post,
    path = "/v1/domains/{domain_id}/sync",
    params(DomainId),
    responses((status = 200, description = "There is such a domain.", body = String, content_type = "text/html"), Missing)
)]
pub(super) async fn synchronise_domain(admitted: Admitted) -> Answer {
    let id = admitted.id("domain_id")?;
    admitted.operating()?;
    let snapshot = admitted.snapshot();
    admitted.writing(&snapshot)?.domain(id)?;
    Ok(answers::done())
}
