//! What requests about tokens look like, for the OpenAPI document; `attributes` reads them.

#![expect(dead_code, reason = "schemas are described and never made")]

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, OneOfBuilder, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use crate::reply::Message;
use crate::two_dns::words::Complaints;

/// A token to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApiToken {
    /// What you call it.
    #[schema(min_length = 1, max_length = 64, example = "router")]
    label: String,
    /// The hosts that it may act on: names, and patterns in which `*` stands for any run of characters; a single `*` is all.
    #[schema(min_items = 1, max_items = 100, example = json!(["home.dyn.example"]))]
    hosts: Vec<String>,
    /// What it may do; without it, `update`.
    #[schema(required = false, min_items = 1)]
    actions: Vec<ActionWord>,
    /// The networks that it may be used from; without any, anywhere.
    #[schema(required = false, max_items = 100, example = json!(["192.0.2.0/24"]))]
    networks: Vec<String>,
    #[schema(required = false)]
    expires: End,
}

/// What a token may do.
#[derive(ToSchema)]
#[schema(as = TokenAction)]
#[serde(rename_all = "kebab-case")]
enum ActionWord {
    /// Set addresses, ttl, wildcard and offline state of hosts.
    Update,
    /// Set and clear `_acme-challenge` values.
    AcmeChallenge,
    /// Read.
    Read,
    /// Everything else that the account may do.
    Manage,
}

/// A moment, or seconds until then.
struct End;

impl PartialSchema for End {
    fn schema() -> RefOr<Schema> {
        let moment = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::String).format(Some(moment)))
            .item(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)))
            .item(ObjectBuilder::new().schema_type(Type::Null))
            .description(Some(
                "Until when it may be used, or for how many seconds from now; without it or with null, for ever.",
            ))
            .examples([json!("2027-11-22T15:04:22Z"), json!(2_592_000)])
            .into()
    }
}

impl ToSchema for End {
    fn name() -> Cow<'static, str> {
        "TokenEnd".into()
    }
}

/// The token of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct TokenId {
    /// The token's id.
    #[param(example = "2e32e609-3a4f-45ba-bdef-e50eacd345ad")]
    token_id: String,
}

/// Which part of the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PartParams {
    /// At most so many; all without it.
    #[param(minimum = 1, maximum = 1000, example = 100)]
    limit: Option<u32>,
    /// Go on behind the token with this id.
    #[param(example = "2e32e609-3a4f-45ba-bdef-e50eacd345ad")]
    marker: Option<String>,
}

/// There is no such part of the list.
#[derive(IntoResponses)]
#[response(status = 422, example = json!({ "marker": ["is invalid"] }))]
pub(super) struct WrongPart(Complaints<'static>);

/// There is no such token for this caller.
#[derive(IntoResponses)]
#[response(status = 404, example = json!({ "message": "Sorry, resource does not exist" }))]
pub(super) struct NoToken(Message<'static>);
