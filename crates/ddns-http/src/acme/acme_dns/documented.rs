//! This dialect's part of the OpenAPI document.

#![expect(dead_code, reason = "schemas are described and never made")]

use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoResponses, OpenApi, ToSchema};

use super::words::ErrorBody;

/// The chapter, with the two headers in which callers of `POST /update` prove who they are.
pub(super) fn chapter() -> Document {
    let mut chapter = Description::openapi();
    let header = |name: &str, description: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, description)))
    };
    let components = chapter.components.get_or_insert_default();
    components.add_security_scheme("api_user", header("X-Api-User", "The `username` that `POST /register` gave."));
    components.add_security_scheme("api_key", header("X-Api-Key", "The `password` that it gave."));
    chapter
}

#[derive(OpenApi)]
#[openapi(
    paths(super::register, super::update, super::health),
    components(schemas(ErrorBody)),
    tags((name = "acme-dns", description = "\
Certificates for hosts, by the protocol of acme-dns. What belongs to another account, or is out of the reach of the caller's \
token, looks like what does not exist."))
)]
struct Description;

/// What is to be registered. Case of members' names does not matter, and others are not looked at.
#[derive(ToSchema)]
#[schema(as = AcmeDnsRegistration)]
pub(super) struct NewAccount {
    /// The host whose values are to be set; it may be left out where the caller's token is for one host alone.
    #[schema(required = false, example = "home.dyn.example")]
    host: String,
    /// Networks from which the values may be set; from anywhere that the caller's token may come from, if there is none.
    #[schema(required = false, example = json!(["192.0.2.0/24", "2001:db8::/32"]))]
    allowfrom: Vec<String>,
}

/// A value that is to be set. Case of members' names does not matter, and others are not looked at.
#[derive(ToSchema)]
#[schema(as = AcmeDnsUpdate)]
pub(super) struct NewValue {
    /// The `subdomain` that `POST /register` gave.
    #[schema(example = "384a9b20-239c-11e2-81c1-0800200c9a66")]
    subdomain: String,
    /// The value: 43 characters of base64url.
    #[schema(
        min_length = 43,
        max_length = 43,
        pattern = "^[A-Za-z0-9_-]+$",
        example = "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM"
    )]
    txt: String,
}

/// Nothing was changed: the body is not as it should be.
#[derive(IntoResponses)]
#[response(status = 400, example = json!({ "error": "malformed_json_payload" }))]
pub(super) struct Malformed(ErrorBody);

/// The token's scope allows something else, or a browser says that another site made it send this.
#[derive(IntoResponses)]
#[response(status = 403, example = json!({ "error": "forbidden" }))]
pub(super) struct Forbidden(ErrorBody);

/// There is no such host for this caller.
#[derive(IntoResponses)]
#[response(status = 404, example = json!({ "error": "unknown_host" }))]
pub(super) struct Unknown(ErrorBody);

/// The account or the caller's token has made as many tokens as it may.
#[derive(IntoResponses)]
#[response(status = 409, example = json!({ "error": "too_many" }))]
pub(super) struct TooMany(ErrorBody);

/// An alias stands where the values would be.
#[derive(IntoResponses)]
#[response(status = 409, example = json!({ "error": "alias_at_name" }))]
pub(super) struct Alias(ErrorBody);
