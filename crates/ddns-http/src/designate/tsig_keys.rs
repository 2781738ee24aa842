//! `/v1/tsigkeys`: keys that are kept for signed transfers (RFC 8945), which are not served yet. They are made to read, and
//! may do nothing else.

use actix_web::http::Method;
use actix_web::web;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ddns_core::{
    Actions, Command, HostScope, Kind, Registry, Scope, SecretId, TsigAlgorithm, TsigKey, TsigKeyEdit, TsigKeyKey,
};
use ddns_service::{Snapshot, fresh};
use ddns_store::Secret;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::admitted::{Admitted, object};
use super::answers::{done, json, made};
use super::documented::{BadRequest, Duplicate, KeyId, Missing};
use super::doors::TsigKeyChange;
use super::wrong::Wrong;
use super::{Answer, Designate, doors};
use crate::body::Body;
use crate::dialect::Fault;
use crate::routes::Routes;

pub(super) fn routes(routes: &mut Routes<'_>) {
    let all = [(Method::GET, web::to(list_keys)), (Method::POST, web::to(make_key))];
    let one =
        [(Method::GET, web::to(show_key)), (Method::PUT, web::to(set_key)), (Method::DELETE, web::to(remove_key))];
    routes.resource::<Designate>("/v1/tsigkeys", all);
    routes.resource::<Designate>("/v1/tsigkeys/{tsigkey_id}", one);
}

/// A TSIG key. It is shown with its secret, as it must be entered elsewhere.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateTsigKey)]
pub(super) struct KeyBody {
    /// The algorithm that it signs by.
    #[schema(value_type = String, example = "hmac-sha256")]
    algorithm: &'static str,
    /// The id.
    #[schema(value_type = String, example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    id: Uuid,
    /// The name.
    #[schema(example = "transfers.example.org")]
    name: String,
    /// The secret, in base64.
    #[serde(serialize_with = "exposed")]
    #[schema(value_type = String, example = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==")]
    secret: SecretString,
}

impl KeyBody {
    fn new(snapshot: &Snapshot, key: &TsigKey) -> Option<KeyBody> {
        let octets = snapshot.tsig_secret(key)?;
        Some(KeyBody {
            algorithm: algorithm(key.algorithm),
            id: key.id,
            name: key.name.to_string(),
            secret: SecretString::from(BASE64_STANDARD.encode(octets.expose_secret())),
        })
    }

    /// A key that is in a snapshot, and so is its secret.
    fn of(snapshot: &Snapshot, id: Uuid) -> Result<KeyBody, Wrong> {
        KeyBody::new(snapshot, find(&snapshot.registry, id)?).ok_or(Wrong::Fault(Fault::Unavailable))
    }
}

/// Into an answer to an operator, and nowhere else.
fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn algorithm(algorithm: TsigAlgorithm) -> &'static str {
    match algorithm {
        TsigAlgorithm::HmacSha1 => "hmac-sha1",
        TsigAlgorithm::HmacSha256 => "hmac-sha256",
        TsigAlgorithm::HmacSha384 => "hmac-sha384",
        TsigAlgorithm::HmacSha512 => "hmac-sha512",
    }
}

/// The TSIG keys.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateTsigKeys)]
pub(super) struct KeysBody {
    /// In the order of their making.
    tsigkeys: Vec<KeyBody>,
}

/// A TSIG key to make.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateNewTsigKey)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct NewKey {
    /// The algorithm: `hmac-sha1`, `hmac-sha256`, `hmac-sha384` or `hmac-sha512`.
    #[schema(example = "hmac-sha256")]
    algorithm: String,
    /// The name.
    #[schema(example = "transfers.example.org", max_length = 255)]
    name: String,
    /// The secret, in base64.
    #[schema(example = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==", max_length = 255)]
    secret: String,
}

/// What to change of a TSIG key. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = DesignateTsigKeyEdit)]
#[expect(dead_code, reason = "a door reads it")]
pub(super) struct KeyEdit {
    /// The algorithm.
    #[schema(value_type = String, required = false)]
    algorithm: Option<String>,
    /// The name.
    #[schema(value_type = String, required = false, max_length = 255)]
    name: Option<String>,
    /// The secret, in base64.
    #[schema(value_type = String, required = false, max_length = 255)]
    secret: Option<String>,
}

/// Lists the TSIG keys
///
/// With their secrets, so it takes what changing them takes. For operators.
#[utoipa::path(get, path = "/v1/tsigkeys", responses((status = 200, description = "The keys.", body = KeysBody)))]
pub(super) async fn list_keys(caller: Admitted) -> Answer {
    caller.operating()?;
    let snapshot = caller.snapshot();
    let mut keys: Vec<_> = caller.writing(&snapshot)?.registry.tsig_keys().collect();
    keys.sort_by_key(|key| (key.created, key.id));
    Ok(json(&KeysBody { tsigkeys: keys.into_iter().filter_map(|key| KeyBody::new(&snapshot, key)).collect() }))
}

/// Makes a TSIG key
///
/// It is kept for signed transfers, which this version does not serve yet; it may read, and do nothing else. For operators.
#[utoipa::path(
    post,
    path = "/v1/tsigkeys",
    request_body(content = NewKey, example = json!({
        "name": "transfers.example.org", "algorithm": "hmac-sha256", "secret": "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
    })),
    responses(
        (
            status = 200,
            description = "The key.",
            body = KeyBody,
            headers(("Location" = String, description = "Where it is."))
        ),
        BadRequest,
        Duplicate
    )
)]
pub(super) async fn make_key(caller: Admitted, body: Body<Designate>) -> Answer {
    let object = object(&body)?;
    caller.operating()?;
    let given = doors::tsig_key(&object)?;
    let secret = fresh::secret_id();
    let key = TsigKey {
        id: fresh::uuid(),
        name: given.name,
        algorithm: given.algorithm,
        account: caller.tenant,
        scope: Scope { hosts: HostScope::All, actions: READ, networks: Vec::new(), end: None },
        secret,
        created: caller.service().now(),
    };
    let (id, kept) = (key.id, Secret::TsigKey(given.secret));
    let reply = caller.submit_with(Kind::TsigKey, Command::AddTsigKey(key), Some((secret, kept))).await?;
    let body = KeyBody::of(&reply.snapshot, id)?;
    Ok(made(format!("{}/v1/tsigkeys/{}", caller.base(), body.id), &body))
}

const READ: Actions = Actions { update: false, acme_challenge: false, read: true, manage: false };

/// Shows a TSIG key
///
/// With its secret, so it takes what changing it takes. For operators.
#[utoipa::path(
    get,
    path = "/v1/tsigkeys/{tsigkey_id}",
    params(KeyId),
    responses((status = 200, description = "The key.", body = KeyBody), Missing)
)]
pub(super) async fn show_key(caller: Admitted) -> Answer {
    let id = caller.id("tsigkey_id")?;
    caller.operating()?;
    let snapshot = caller.snapshot();
    caller.writing(&snapshot)?;
    Ok(json(&KeyBody::of(&snapshot, id)?))
}

/// Changes a TSIG key
///
/// For operators.
#[utoipa::path(
    put,
    path = "/v1/tsigkeys/{tsigkey_id}",
    params(KeyId),
    request_body(content = KeyEdit, example = json!({ "algorithm": "hmac-sha512" })),
    responses((status = 200, description = "The key as it is now.", body = KeyBody), BadRequest, Missing, Duplicate)
)]
pub(super) async fn set_key(caller: Admitted, body: Body<Designate>) -> Answer {
    let (id, object) = (caller.id("tsigkey_id")?, object(&body)?);
    caller.operating()?;
    find(caller.writing(&caller.snapshot())?.registry, id)?;
    let change = doors::tsig_key_edit(&object)?;
    let reply = caller.submit_edit(Kind::TsigKey, |snapshot| edit(snapshot, id, &change)).await?;
    Ok(json(&KeyBody::of(&reply.snapshot, id)?))
}

/// A change as the rules know it. Under another name the key takes its secret along under a new id, while it is still that.
fn edit(snapshot: &Snapshot, id: Uuid, change: &TsigKeyChange) -> Result<(Command, Option<(SecretId, Secret)>), Wrong> {
    let key = find(&snapshot.registry, id)?;
    let takes_along = change.secret.is_none() && change.name.as_ref().is_some_and(|name| *name != key.name);
    let present = || snapshot.tsig_secret(key).map(|octets| Zeroizing::new(octets.expose_secret().to_vec()));
    let octets = match &change.secret {
        None if takes_along => Some(present().ok_or(Wrong::Fault(Fault::Unavailable))?),
        given => given.clone(),
    };
    let secret = octets.map(|octets| (fresh::secret_id(), Secret::TsigKey(octets)));
    let edit = TsigKeyEdit {
        name: change.name.clone(),
        algorithm: change.algorithm,
        secret: secret.as_ref().map(|(id, _)| *id),
        instead_of: takes_along.then_some(key.secret),
    };
    Ok((Command::SetTsigKey { id, edit }, secret))
}

/// Removes a TSIG key
///
/// For operators.
#[utoipa::path(
    delete,
    path = "/v1/tsigkeys/{tsigkey_id}",
    params(KeyId),
    responses((status = 200, description = "The key is gone.", body = String, content_type = "text/html"), Missing)
)]
pub(super) async fn remove_key(caller: Admitted) -> Answer {
    let id = caller.id("tsigkey_id")?;
    caller.operating()?;
    let snapshot = caller.snapshot();
    find(caller.writing(&snapshot)?.registry, id)?;
    caller.submit(Kind::TsigKey, Command::RemoveTsigKey { key: TsigKeyKey::Id(id) }).await?;
    Ok(done())
}

fn find(registry: &Registry, id: Uuid) -> Result<&TsigKey, Wrong> {
    registry.tsig_key_by_id(id).map(AsRef::as_ref).ok_or_else(|| Wrong::not_found(Kind::TsigKey))
}
