//! What the clients API's requests look like, for the OpenAPI document; `bodies` reads them.

#![expect(dead_code, reason = "schemas are described and never made")]

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, OneOfBuilder, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use crate::reply::{self, Message};

/// The client of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Key {
    /// The client's key: unique over all accounts, and neither one dot nor two.
    #[param(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$", example = "router")]
    client_key: String,
}

/// The host of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct HostName {
    /// The host's name. Case and a dot at its end do not matter.
    #[param(example = "home.dyn.example")]
    hostname: String,
}

/// What a client is asked to be there for.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct IfMatch {
    /// `*`: the client is changed if it is there, and not registered if it is not.
    #[param(rename = "If-Match", value_type = String, required = false, pattern = r"^\*$", example = "*")]
    if_match: Option<String>,
}

/// What is to change of a client. What is left out stays as it is; a new client is online.
#[derive(ToSchema)]
#[schema(as = ClientEdit)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientChange {
    #[schema(value_type = Switch, required = false)]
    offline: Option<Switch>,
    #[schema(value_type = Silence, required = false)]
    heartbeat: Option<Silence>,
}

/// A heartbeat, or null.
struct Silence;

impl PartialSchema for Silence {
    fn schema() -> RefOr<Schema> {
        reply::heartbeat_schema(
            "For how many seconds the client may be silent before it and so its hosts go offline by themselves, until its next \
             update; one that changes nothing counts. Null: for ever.",
        )
    }
}

impl ToSchema for Silence {
    fn name() -> Cow<'static, str> {
        "ClientHeartbeat".into()
    }
}

/// True or false, as such or as text.
struct Switch;

impl PartialSchema for Switch {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::Boolean))
            .item(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true", "false"])))
            .description(Some("Whether the client and so its hosts are offline."))
            .into()
    }
}

impl ToSchema for Switch {
    fn name() -> Cow<'static, str> {
        "Offline".into()
    }
}

/// One action.
#[derive(ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClientAction {
    #[serde(rename = "updateIP")]
    update_ip: Destination,
}

/// Where hosts move.
struct Destination;

impl PartialSchema for Destination {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let literal = |format| text().format(Some(SchemaFormat::KnownFormat(format)));
        OneOfBuilder::new()
            .item(text().enum_values(Some(["default"])))
            .item(literal(KnownFormat::Ipv4))
            .item(literal(KnownFormat::Ipv6))
            .description(Some(
                "The address of all hosts of the client from now on; the other family's stays as it is. `default` is the \
                 address that the request comes from.",
            ))
            .examples([json!("default"), json!("192.0.2.7")])
            .into()
    }
}

impl ToSchema for Destination {
    fn name() -> Cow<'static, str> {
        "Destination".into()
    }
}

/// No attributes.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Nothing was changed: the key is none, or the body is not as it should be or against a rule.
#[derive(IntoResponses)]
#[response(status = 400, example = json!({ "message": "The body must be one JSON object" }))]
pub(super) struct BadRequest(Message<'static>);

/// The client or host belongs to another account, the token's scope does not reach it, the account's quota is reached, or a
/// browser says that another site made it send this.
#[derive(IntoResponses)]
#[response(status = 403, example = json!({ "message": "The client router belongs to another account" }))]
pub(super) struct Forbidden(Message<'static>);

/// There is no such client, or no such host on it.
#[derive(IntoResponses)]
#[response(status = 404, example = json!({ "message": "There is no client router" }))]
pub(super) struct Missing(Message<'static>);

/// `If-Match` names an entity tag, and nothing here has one.
#[derive(IntoResponses)]
#[response(status = 412, example = json!({ "message": "There are no entity tags here; If-Match can only be *" }))]
pub(super) struct NoEntityTag(Message<'static>);
