//! What Two-DNS's requests look like, for the OpenAPI document; `attributes` reads them.

#![expect(dead_code, reason = "schemas are described and never made")]

use std::borrow::Cow;

use ddns_core::HostTtl;
use serde_json::{Value, json};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::schema::{KnownFormat, OneOfBuilder, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use super::words::Complaints;
use crate::reply::{self, Message};

/// A host to be made. Its name is given whole, or in two parts.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum NewHost {
    /// With its whole name.
    Whole(NewHostByName),
    /// With host name and domain name apart.
    Parts(NewHostByParts),
}

/// A host to be made, by its whole name.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHostByName {
    /// The host's name, inside a domain of `GET /domains`. Case and a dot at its end do not matter.
    #[schema(example = "home.dyn.example")]
    fqdn: String,
    ip_address: Address,
    #[schema(required = false)]
    ttl: Ttl,
    #[schema(required = false)]
    activate_wildcard: Switch,
    #[schema(required = false)]
    ip6_suffix: Suffix,
    #[schema(required = false)]
    heartbeat: Silence,
}

/// A host to be made, by host name and domain name.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHostByParts {
    /// The part in front of the domain.
    #[schema(example = "home")]
    hostname: String,
    /// A domain of `GET /domains`.
    #[schema(example = "dyn.example")]
    domainname: String,
    ip_address: Address,
    #[schema(required = false)]
    ttl: Ttl,
    #[schema(required = false)]
    activate_wildcard: Switch,
    #[schema(required = false)]
    ip6_suffix: Suffix,
    #[schema(required = false)]
    heartbeat: Silence,
}

/// The host of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct HostName {
    /// The host's name. Case and a dot at its end do not matter.
    #[param(example = "home.dyn.example")]
    fqdn: String,
}

/// What is to change. What is left out stays as it is.
#[derive(ToSchema)]
#[schema(as = HostEdit)]
#[serde(deny_unknown_fields)]
pub(super) struct HostChange {
    #[schema(required = false)]
    ip_address: Address,
    #[schema(required = false)]
    ttl: Ttl,
    #[schema(required = false)]
    activate_wildcard: Switch,
    #[schema(required = false)]
    ip6_prefix: Prefix,
    #[schema(required = false)]
    ip6_suffix: Suffix,
    #[schema(required = false)]
    heartbeat: Silence,
}

/// A prefix.
struct Prefix;

impl PartialSchema for Prefix {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The IPv6 prefix that the host's site has from now on: 48 to 64 bits, and 64 where no length is given. The host \
                 keeps its suffix behind it; one that has none keeps what its address has.",
            ))
            .examples([json!("2001:db8:1:2::/64")])
            .into()
    }
}

impl ToSchema for Prefix {
    fn name() -> Cow<'static, str> {
        "Ip6Prefix".into()
    }
}

/// A suffix, or null.
struct Suffix;

impl PartialSchema for Suffix {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::String))
            .item(ObjectBuilder::new().schema_type(Type::Null))
            .description(Some(
                "What the host keeps of its IPv6 address when its prefix changes: an interface identifier, with the number of a \
                 subnet in front where the prefix is shorter than 64 bits; or a MAC address that one is made of. Null: what its \
                 address has.",
            ))
            .examples([json!("::1234:5678:9abc:def0"), json!("::5:1234:5678:9abc:def0"), json!("02:00:5e:10:00:01")])
            .into()
    }
}

impl ToSchema for Suffix {
    fn name() -> Cow<'static, str> {
        "Ip6Suffix".into()
    }
}

/// A heartbeat, or null.
struct Silence;

impl PartialSchema for Silence {
    fn schema() -> RefOr<Schema> {
        reply::heartbeat_schema(
            "For how many seconds the host may be silent before it goes offline by itself, until its next update; an update that \
             changes nothing counts. Null: for ever.",
        )
    }
}

impl ToSchema for Silence {
    fn name() -> Cow<'static, str> {
        "Heartbeat".into()
    }
}

/// An address that a host can have, or `auto`.
struct Address;

impl PartialSchema for Address {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let literal = |format| text().format(Some(SchemaFormat::KnownFormat(format)));
        OneOfBuilder::new()
            .item(literal(KnownFormat::Ipv4))
            .item(literal(KnownFormat::Ipv6))
            .item(text().enum_values(Some(["auto"])))
            .description(Some(
                "The host's address; the other family's stays as it is. `auto` is the address that the request comes from.",
            ))
            .examples([json!("192.0.2.7"), json!("auto")])
            .into()
    }
}

impl ToSchema for Address {
    fn name() -> Cow<'static, str> {
        "Address".into()
    }
}

/// Seconds, as a number or as text.
struct Ttl;

impl PartialSchema for Ttl {
    fn schema() -> RefOr<Schema> {
        let seconds = HostTtl::ALL.map(HostTtl::secs);
        either(
            (Type::Integer, seconds.map(Value::from)),
            (Type::String, seconds.map(|secs| Value::from(secs.to_string()))),
            "For how many seconds resolvers may keep the address.",
        )
    }
}

impl ToSchema for Ttl {
    fn name() -> Cow<'static, str> {
        "Ttl".into()
    }
}

/// True or false, as such or as text.
struct Switch;

impl PartialSchema for Switch {
    fn schema() -> RefOr<Schema> {
        either(
            (Type::Boolean, [json!(true), json!(false)]),
            (Type::String, [json!("true"), json!("false")]),
            "Whether every name below the host has its address, too.",
        )
    }
}

impl ToSchema for Switch {
    fn name() -> Cow<'static, str> {
        "Wildcard".into()
    }
}

fn either<const N: usize>(these: (Type, [Value; N]), those: (Type, [Value; N]), description: &str) -> RefOr<Schema> {
    let item = |(kind, values): (Type, [Value; N])| ObjectBuilder::new().schema_type(kind).enum_values(Some(values));
    OneOfBuilder::new().item(item(these)).item(item(those)).description(Some(description)).into()
}

/// What a body that is not as it should be is answered with.
#[derive(IntoResponses)]
pub(super) enum BadBody {
    /// The body is no JSON object, or is none for certain: it names an attribute twice, or holds two documents.
    #[response(status = 400, example = json!({ "message": "JSON could not be parsed" }))]
    NotJson(Message<'static>),
    /// Nothing was changed: an attribute is unknown, or a value is not as it should be or against a rule.
    #[response(status = 422, examples(
        ("unknown attribute" = (value = json!({ "message": "JSON contains wrong attributes" }))),
        ("wrong values" = (value = json!({
            "hostname": ["has already been taken"], "ttl": ["is not included in the list"]
        })))
    ))]
    Unprocessable(Unprocessable),
}

/// One sentence, or complaints by attribute.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Unprocessable {
    Message(Message<'static>),
    Complaints(Complaints<'static>),
}

impl PartialSchema for Complaints<'_> {
    fn schema() -> RefOr<Schema> {
        let sentences = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
        ObjectBuilder::new()
            .description(Some("What is wrong, by attribute."))
            .additional_properties(Some(sentences))
            .examples([json!({ "ttl": ["is not included in the list"] })])
            .into()
    }
}

impl ToSchema for Complaints<'_> {
    fn name() -> Cow<'static, str> {
        "Complaints".into()
    }
}

/// There is no such host for this caller.
#[derive(IntoResponses)]
#[response(status = 404, example = json!({ "message": "Sorry, resource does not exist" }))]
pub(super) struct Missing(Message<'static>);

/// The token's scope allows something else.
#[derive(IntoResponses)]
#[response(status = 403, example = json!({ "message": "the token's scope does not allow this" }))]
pub(super) struct OutOfScope(Message<'static>);
