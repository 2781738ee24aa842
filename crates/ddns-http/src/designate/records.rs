//! Records of a domain, served at two places: below `/v1`, and where the documentation's examples have them.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web;
use ddns_core::listing::{self, Listed, Place, Source};
use ddns_core::{Command, Domain, Kind, NewRecord, Receipt, RecordEdit, Registry};
use ddns_service::{Reply, Snapshot, fresh};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::admitted::{Admitted, object};
use super::documented::{BadRequest, DomainId, Duplicate, Missing, OverQuota, RecordId};
use super::doors::{self, StoredRecord};
use super::lists::{self, Part, PartParams};
use super::wrong::Wrong;
use super::{Answer, Designate, answers, managed, of_records, tenant};
use crate::body::Body;
use crate::dialect::Fault;
use crate::json::Object;
use crate::routes::Routes;

/// The routes of records.
pub(super) fn routes(routes: &mut Routes<'_>) {
    of_records(routes, "/v1/domains/{domain_id}/records", || {
        [(Method::GET, web::to(list_records)), (Method::POST, web::to(make_record))]
    });
    of_records(routes, "/v1/domains/{domain_id}/records/{record_id}", || {
        [
            (Method::GET, web::to(show_record)),
            (Method::PUT, web::to(set_record)),
            (Method::DELETE, web::to(remove_record)),
        ]
    });
    of_records(routes, "/v1/domains/{domain_id}/records/{record_id}/sync", || {
        [(Method::POST, web::to(synchronise_record))]
    });
}

/// A record.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateRecord)]
pub(super) struct RecordBody {
    #[schema(value_type = String, example = "89acac79-38e7-497d-807c-a011e1310438")]
    id: Uuid,
    #[schema(value_type = String, example = "89acac79-38e7-497d-807c-a011e1310438")]
    domain_id: Uuid,
    /// The owner name, with the final dot.
    #[schema(example = "www.example.com.")]
    name: String,
    /// The record's type.
    #[serde(rename = "type")]
    #[schema(example = "A")]
    record_type: String,
    /// The data, without the priority of MX and SRV.
    #[schema(example = "192.0.2.3")]
    data: String,
    /// The priority of MX and SRV.
    #[schema(required)]
    priority: Option<u16>,
    /// The time to live of all records of its name and type, in seconds; null takes the domain's.
    #[schema(required)]
    ttl: Option<u32>,
    #[schema(required)]
    description: Option<String>,
    #[schema(example = "2026-11-22T15:04:22.000000")]
    created_at: String,
    #[schema(required)]
    updated_at: Option<String>,
    /// The domain's tenant: in lists, where the operator wants it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false)]
    tenant_id: Option<Option<Uuid>>,
    /// How often the record was written: in lists, where the operator wants it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    version: Option<u32>,
}

impl RecordBody {
    fn new(domain: &Domain, listed: Listed) -> RecordBody {
        let (data, priority) = doors::data_and_priority(&listed.data);
        RecordBody {
            id: listed.id,
            domain_id: domain.id,
            name: doors::absolute(&listed.owner),
            record_type: listed.data.record_type().to_string(),
            data,
            priority,
            ttl: listed.ttl.map(u32::from),
            description: listed.description.map(|text| text.as_str().to_owned()),
            created_at: answers::stamp(listed.created),
            updated_at: listed.updated.map(answers::stamp),
            tenant_id: None,
            version: None,
        }
    }

    /// As some lists have it, and the documentation's example.
    fn with_tenant_and_version(registry: &Registry, domain: &Domain, listed: Listed) -> RecordBody {
        let version = Some(listed.version);
        let tenant = domain.owner.and_then(|owner| tenant::id(registry, owner));
        RecordBody { tenant_id: Some(tenant), version, ..RecordBody::new(domain, listed) }
    }
}

/// What a record is to be.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateNewRecord)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct NewRecordBody {
    /// The owner name, with the final dot.
    #[schema(example = "www.example.com.", max_length = 255)]
    name: String,
    /// The type.
    #[serde(rename = "type")]
    #[schema(example = "A")]
    record_type: String,
    /// The data, without the priority of MX and SRV.
    #[schema(example = "192.0.2.3", max_length = 255)]
    data: String,
    /// The priority of MX and SRV.
    #[schema(required = false, maximum = 65535)]
    priority: Option<u16>,
    /// The time to live in seconds; null takes the domain's.
    #[schema(required = false, minimum = 1, maximum = 2147483647)]
    ttl: Option<u32>,
    #[schema(required = false, max_length = 160)]
    description: Option<String>,
}

/// What is to change of a record. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateRecordEdit)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct RecordEditBody {
    /// The owner name of all records of this name and type.
    #[schema(value_type = String, required = false, max_length = 255)]
    name: Option<String>,
    /// The data.
    #[schema(value_type = String, required = false, max_length = 255)]
    data: Option<String>,
    /// The priority of MX and SRV.
    #[schema(required = false, maximum = 65535)]
    priority: Option<u16>,
    /// The time to live of all records of this name and type; null takes the domain's.
    #[schema(required = false, minimum = 1, maximum = 2147483647)]
    ttl: Option<u32>,
    /// Null removes it.
    #[schema(required = false, max_length = 160)]
    description: Option<String>,
}

/// Which records.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a handler reads it")]
pub(super) struct TypesParam {
    /// With `true`, records come, too, of types that this protocol does not know, such as CAA.
    #[param(example = "true")]
    all_types: Option<String>,
}

/// All records of a domain.
#[derive(ToSchema)]
#[schema(as = DesignateRecords)]
#[expect(dead_code, reason = "it describes a list that is written while it is sent")]
struct RecordsBody {
    records: Vec<RecordBody>,
}

/// Lists the records of a domain
///
/// In the order of their making, with those that the service makes itself: SOA, NS, hosts' addresses. Without `limit` all of
/// them come.
#[utoipa::path(
    get,
    path = "/v1/domains/{domain_id}/records",
    operation_id = "list_designate_records",
    params(DomainId, PartParams, TypesParam),
    responses((status = 200, description = "The records.", body = RecordsBody), BadRequest, Missing)
)]
pub(super) async fn list_records(admitted: Admitted) -> Answer {
    let id = admitted.id("domain_id")?;
    let snapshot = admitted.snapshot();
    let domain = admitted.reading(&snapshot)?.domain(id)?;
    let query = admitted.query();
    let part = Part::of(&query)?;
    let marked = |marker: &String| doors::uuid(marker).and_then(|id| listing::find(&snapshot.registry, domain, id));
    let after = part.marker.as_ref().map(|marker| marked(marker).ok_or_else(lists::no_such_marker)).transpose()?;
    let all_types = query.last("all_types").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let wide = admitted.settings().list_tenant_and_version;
    let pages = pages(snapshot.clone(), domain.clone(), after.map(|listed| listed.place), all_types, wide);
    Ok(lists::answer(admitted.version(), "records", &part, pages))
}

/// The records behind a place, page by page.
fn pages(
    snapshot: Arc<Snapshot>,
    domain: Arc<Domain>,
    mut after: Option<Place>,
    all_types: bool,
    wide: bool,
) -> impl FnMut(usize) -> Vec<RecordBody> {
    move |wanted| {
        let registry = &snapshot.registry;
        let records = listing::records(registry, &domain, after);
        let shown = records.filter(|listed| all_types || doors::is_known(&listed.data));
        let page: Vec<Listed> = shown.take(wanted).collect();
        after = page.last().map_or(after, |last| Some(last.place));
        let body = |listed| match wide {
            true => RecordBody::with_tenant_and_version(registry, &domain, listed),
            false => RecordBody::new(&domain, listed),
        };
        page.into_iter().map(body).collect()
    }
}

/// Makes a record
///
/// Where there are records of its name and type, it takes their time to live.
#[utoipa::path(
    post,
    path = "/v1/domains/{domain_id}/records",
    operation_id = "make_designate_record",
    params(DomainId),
    request_body(
        content = NewRecordBody,
        example = json!({ "name": "www.example.com.", "type": "A", "data": "192.0.2.3" })
    ),
    responses(
        (
            status = 200,
            description = "The record was made, and is served.",
            body = RecordBody,
            headers(("Location" = String, description = "Where the record is."))
        ),
        BadRequest,
        Missing,
        Duplicate,
        OverQuota
    )
)]
pub(super) async fn make_record(admitted: Admitted, body: Body<Designate>) -> Answer {
    let id = admitted.id("domain_id")?;
    let given = doors::new_record(&object(&body)?)?;
    let snapshot = admitted.snapshot();
    let domain = admitted.writing(&snapshot)?.domain(id)?;
    let command = Command::AddRecord(NewRecord {
        id: fresh::uuid(),
        name: given.name,
        data: given.data,
        ttl: given.ttl,
        description: given.description,
        domain: Some(domain.number),
        narrow: true,
    });
    let reply = admitted.submit(Kind::Record, command).await?;
    let Receipt::Record(record) = &reply.receipt else { return Err(Wrong::Fault(Fault::Unavailable)) };
    let location = format!("{}/v1/domains/{}/records/{}", admitted.base(), domain.id, record.id);
    Ok(answers::made(location, &RecordBody::new(domain, listing::of_record(&domain.name, record))))
}

/// A record as it is after a command: just after it, even if others came with the same commit. What is managed follows from
/// what may have changed, too.
fn shown(reply: &Reply, domain: &Domain, id: Uuid) -> Result<RecordBody, Wrong> {
    if let Receipt::Record(record) = &reply.receipt {
        return Ok(RecordBody::new(domain, listing::of_record(&domain.name, record)));
    }
    let registry = &reply.snapshot.registry;
    let domain = registry.domain_by_id(domain.id).ok_or_else(|| Wrong::not_found(Kind::Domain))?;
    let listed = listing::find(registry, domain, id);
    Ok(RecordBody::new(domain, listed.ok_or_else(|| Wrong::not_found(Kind::Record))?))
}

/// Shows a record
#[utoipa::path(
    get,
    path = "/v1/domains/{domain_id}/records/{record_id}",
    operation_id = "show_designate_record",
    params(DomainId, RecordId),
    responses((status = 200, description = "The record.", body = RecordBody), Missing)
)]
pub(super) async fn show_record(admitted: Admitted) -> Answer {
    let (domain, record) = (admitted.id("domain_id")?, admitted.id("record_id")?);
    let snapshot = admitted.snapshot();
    let domain = admitted.reading(&snapshot)?.domain(domain)?;
    let listed = found(&snapshot, domain, record)?;
    Ok(answers::json(&RecordBody::new(domain, listed)))
}

fn found(snapshot: &Snapshot, domain: &Domain, record: Uuid) -> Result<Listed, Wrong> {
    listing::find(&snapshot.registry, domain, record).ok_or_else(|| Wrong::not_found(Kind::Record))
}

/// Changes a record
///
/// What is not given stays. Name and time to live are those of all records of its name and type. The type cannot be changed,
/// and what the service makes itself by operators alone.
#[utoipa::path(
    put,
    path = "/v1/domains/{domain_id}/records/{record_id}",
    operation_id = "set_designate_record",
    params(DomainId, RecordId),
    request_body(content = RecordEditBody, example = json!({ "data": "192.0.2.5" })),
    responses(
        (status = 200, description = "The record as it is now.", body = RecordBody),
        BadRequest,
        Missing,
        Duplicate
    )
)]
pub(super) async fn set_record(admitted: Admitted, body: Body<Designate>) -> Answer {
    let (domain, record) = (admitted.id("domain_id")?, admitted.id("record_id")?);
    let given = object(&body)?;
    let mut edited = None;
    let edit = |snapshot: &Snapshot| {
        let domain = admitted.writing(snapshot)?.domain(domain)?;
        let listed = found(snapshot, domain, record)?;
        edited = Some(domain.clone());
        let command = change(&admitted, snapshot, domain, &listed, &given);
        Ok((command.inspect_err(|wrong| note(&admitted, snapshot, &listed, wrong))?, None))
    };
    let reply = admitted.submit_edit(Kind::Record, edit).await?;
    let domain = edited.ok_or(Wrong::Fault(Fault::Unavailable))?;
    Ok(answers::json(&shown(&reply, &domain, record)?))
}

/// The command that a body stands for.
fn change(
    admitted: &Admitted,
    snapshot: &Snapshot,
    domain: &Domain,
    listed: &Listed,
    given: &Object,
) -> Result<Command, Wrong> {
    if listed.is_managed() && !admitted.edit_managed {
        return Err(Wrong::bad_request("Managed records may not be updated"));
    }
    let mut edit = doors::record_edit(given, stored(listed))?;
    // Priority and data are one: who changes the one keeps the other as it is at that moment.
    let half = given.contains_key("data") != given.contains_key("priority");
    let has_both = doors::data_and_priority(&listed.data).1.is_some();
    edit.instead_of = edit.data.as_ref().filter(|_| half && has_both).map(|_| listed.data.clone());
    command(snapshot, domain, listed, edit)
}

/// Leaves with a host why the record that is made of it was not changed.
fn note(admitted: &Admitted, snapshot: &Snapshot, listed: &Listed, wrong: &Wrong) {
    let Source::Host(number) = listed.source else { return };
    if let (Some(host), Some(sentence)) = (snapshot.registry.host_by_number(number), wrong.sentence()) {
        admitted.note(&host.name, &sentence);
    }
}

fn stored(listed: &Listed) -> StoredRecord<'_> {
    let description = listed.description.as_ref();
    StoredRecord { name: &listed.owner, data: &listed.data, ttl: listed.ttl, description }
}

/// The command that an edit stands for: about a record that is kept, or about what a managed one is made of.
fn command(snapshot: &Snapshot, domain: &Domain, listed: &Listed, edit: RecordEdit) -> Result<Command, Wrong> {
    match listed.source {
        Source::Record | Source::FurtherNs => Ok(Command::SetRecord { record: listed.id, edit }),
        _ => managed::command(&snapshot.registry, domain, listed, &edit),
    }
}

/// Removes a record
#[utoipa::path(
    delete,
    path = "/v1/domains/{domain_id}/records/{record_id}",
    operation_id = "remove_designate_record",
    params(DomainId, RecordId),
    responses((status = 200, description = "It is gone.", body = String, content_type = "text/html"), BadRequest, Missing)
)]
pub(super) async fn remove_record(admitted: Admitted) -> Answer {
    let (domain, record) = (admitted.id("domain_id")?, admitted.id("record_id")?);
    let snapshot = admitted.snapshot();
    let domain = admitted.writing(&snapshot)?.domain(domain)?;
    let listed = found(&snapshot, domain, record)?;
    let may_go = match listed.source {
        Source::Record => true,
        Source::FurtherNs => admitted.edit_managed,
        _ => false,
    };
    if !may_go {
        return Err(Wrong::bad_request("Managed records may not be deleted"));
    }
    admitted.submit(Kind::Record, Command::RemoveRecord { record }).await?;
    Ok(answers::done())
}

/// Does nothing
///
/// For operators. What is committed is served: there is nothing to synchronise.
#[utoipa::path(
    post,
    path = "/v1/domains/{domain_id}/records/{record_id}/sync",
    params(DomainId, RecordId),
    responses((status = 200, description = "There is such a record.", body = String, content_type = "text/html"), Missing)
)]
pub(super) async fn synchronise_record(admitted: Admitted) -> Answer {
    let (domain, record) = (admitted.id("domain_id")?, admitted.id("record_id")?);
    admitted.operating()?;
    let snapshot = admitted.snapshot();
    let domain = admitted.writing(&snapshot)?.domain(domain)?;
    found(&snapshot, domain, record)?;
    Ok(answers::done())
}
