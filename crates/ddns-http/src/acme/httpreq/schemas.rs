//! What httpreq's requests look like, for the OpenAPI document.

#![expect(dead_code, reason = "schemas are described and never made")]

use utoipa::{IntoResponses, ToSchema};

use crate::reply;

/// A challenge value and where it stands, or what both are made of.
#[derive(ToSchema)]
#[schema(as = Challenge)]
#[serde(untagged)]
pub(super) enum Message {
    /// As lego sends it of itself.
    Made(Made),
    /// As it sends it in the mode RAW.
    Raw(Raw),
}

/// A challenge value and where it stands.
#[derive(ToSchema)]
#[schema(as = ChallengeMade)]
pub(super) struct Made {
    /// `_acme-challenge.`, and behind it a host's name. Case and a dot at its end do not matter.
    #[schema(example = "_acme-challenge.home.dyn.example.")]
    fqdn: String,
    /// The value.
    #[schema(min_length = 1, max_length = 255, example = "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM")]
    value: String,
}

/// What a challenge value is made of.
#[derive(ToSchema)]
#[schema(as = ChallengeRaw)]
pub(super) struct Raw {
    /// A host's name; of all names below it, with `*.` in front.
    #[schema(example = "home.dyn.example")]
    domain: String,
    /// The challenge's token, which the key authorization begins with; it is not looked at.
    #[schema(required = false)]
    token: String,
    /// The key authorization: its SHA-256 digest becomes the value.
    #[serde(rename = "keyAuth")]
    key_auth: String,
}

/// Nothing was changed: the body is not as it should be.
#[derive(IntoResponses)]
#[response(status = 400, example = json!({ "message": "The body must be one JSON object" }))]
pub(super) struct BadRequest(reply::Message<'static>);

/// The token's scope allows something else, or a browser says that another site made it send this.
#[derive(IntoResponses)]
#[response(status = 403, example = json!({ "message": "The token's scope does not allow this" }))]
pub(super) struct Forbidden(reply::Message<'static>);

/// There is no such host for this caller.
#[derive(IntoResponses)]
#[response(status = 404, example = json!({ "message": "There is no host of this name" }))]
pub(super) struct Missing(reply::Message<'static>);

/// The host has as many values as it may, or an alias stands where they would be.
#[derive(IntoResponses)]
#[response(status = 409, example = json!({
    "message": "The host has 10 challenge values, which is as many as it may; clear one first"
}))]
pub(super) struct Conflicting(reply::Message<'static>);
