//! The schema documents (JSON schema, draft 03), made from what the doors check by.

use serde_json::{Map, Value, json};

use super::record::KINDS;
use super::schema::{DOMAIN, Property, RECORD, SERVER, Schema, TSIG_KEY};

/// The document of a name under `/schemas/`.
pub(crate) fn document(name: &str) -> Option<Value> {
    match name {
        "domain" => {
            Some(object("domain", "A zone that is served, and that records are put into", &DOMAIN, DOMAIN_LINKS))
        }
        "domains" => Some(list("domains", "domain", "Domains")),
        "record" => Some(record()),
        "records" => Some(list("records", "record", "Records of a domain")),
        "server" => Some(object("server", "A name server of all domains", &SERVER, &[("self", "/servers/{id}")])),
        "servers" => Some(list("servers", "server", "Name servers of all domains")),
        "tsigkey" => Some(object("tsigkey", "A key that signs DNS messages", &TSIG_KEY, &[("self", "/tsigkeys/{id}")])),
        "tsigkeys" => Some(list("tsigkeys", "tsigkey", "Keys that sign DNS messages")),
        "limits" => Some(limits()),
        _ => None,
    }
}

const DOMAIN_LINKS: &[(&str, &str)] =
    &[("self", "/domains/{id}"), ("records", "/domains/{id}/records"), ("servers", "/domains/{id}/servers")];
const RECORD_LINKS: &[(&str, &str)] =
    &[("self", "/domains/{domain_id}/records/{id}"), ("domain", "/domains/{domain_id}")];

/// The document of one kind of object.
fn object(name: &str, about: &str, schema: &Schema, links: &[(&str, &str)]) -> Value {
    let properties = schema.properties.iter().map(|property| (property.name.to_owned(), shown(property))).collect();
    described(name, about, properties, links)
}

/// That of a list under a key of its own name.
fn list(name: &str, item: &str, about: &str) -> Value {
    let items = json!({"type": "array", "description": about, "items": {"$ref": format!("/schemas/{item}")}});
    described(name, about, Map::from_iter([(name.to_owned(), items)]), &[("self", &format!("/{name}"))])
}

/// That of a record: what every record is, and what each type adds to it.
fn record() -> Value {
    let mut document = object("record", "A resource record of a domain", &RECORD, RECORD_LINKS);
    if let Value::Object(members) = &mut document {
        members.insert("oneOf".to_owned(), KINDS.iter().map(|kind| branch(kind.name, kind.has_priority)).collect());
    }
    document
}

fn branch(record_type: &str, has_priority: bool) -> Value {
    let mut properties = json!({
        "type": {"enum": [record_type]},
        "priority": if has_priority { json!({"type": "integer", "required": true}) } else { json!({"type": "null"}) },
    });
    if let Value::Object(members) = &mut properties {
        members.extend(data(record_type).map(|rule| ("data".to_owned(), rule)));
        members.extend(name(record_type).map(|rule| ("name".to_owned(), rule)));
    }
    json!({"description": format!("A record of type {record_type}"), "properties": properties})
}

/// What the data of a type has to look like.
fn data(record_type: &str) -> Option<Value> {
    match record_type {
        "A" => Some(json!({"format": "ip-address"})),
        "AAAA" => Some(json!({"format": "ipv6"})),
        "CNAME" | "MX" | "NS" | "PTR" => Some(json!({"format": "host-name"})),
        "SRV" => Some(json!({
            "pattern": r"^(?:(?:0|[1-9][0-9]{0,4})\s){2}(?:[A-Za-z0-9_\-]{1,63}\.)+$",
            "description": "Weight, port and target",
        })),
        "SSHFP" => Some(json!({
            "pattern": "^[12346] (?:1 [0-9A-Fa-f]{40}|2 [0-9A-Fa-f]{64})$",
            "description": "Key algorithm, fingerprint type and fingerprint",
        })),
        _ => None,
    }
}

/// What the owner name of a type has to look like.
fn name(record_type: &str) -> Option<Value> {
    match record_type {
        "SRV" => Some(json!({"pattern": r"^\.?_[^.]+\._[^.]+\."})),
        "PTR" => Some(json!({"pattern": r"^\.?(?:(?:[0-9]{1,3}\.){4}in-addr|(?:[0-9a-f]\.){32}ip6)\.arpa\.$"})),
        _ => None,
    }
}

fn limits() -> Value {
    let count = |about: &str| json!({"type": "integer", "minimum": 0, "description": about});
    let absolute = json!({
        "type": "object",
        "description": "Limits that do not depend on time",
        "properties": {
            "maxDomains": count("Domains that the tenant may have"),
            "maxDomainRecords": count("Records that a domain may have"),
        },
    });
    let limits = json!({"type": "object", "description": "Limits by kind", "properties": {"absolute": absolute}});
    let properties = Map::from_iter([("limits".to_owned(), limits)]);
    described("limits", "How much the tenant may have", properties, &[("self", "/limits")])
}

fn described(name: &str, about: &str, properties: Map<String, Value>, links: &[(&str, &str)]) -> Value {
    let links: Vec<Value> = links.iter().map(|(rel, href)| json!({"rel": rel, "href": href})).collect();
    json!({
        "id": format!("/schemas/{name}"),
        "$schema": "http://json-schema.org/draft-03/hyper-schema",
        "title": name,
        "description": about,
        "additionalProperties": false,
        "properties": properties,
        "links": links,
    })
}

/// One field.
fn shown(property: &Property) -> Value {
    let keywords = [
        ("description", Some(json!(property.about))),
        ("type", Some(types(property))),
        ("required", property.required.then_some(Value::Bool(true))),
        ("readonly", property.read_only.then_some(Value::Bool(true))),
        ("minimum", property.range.map(|(minimum, _)| json!(minimum))),
        ("maximum", property.range.map(|(_, maximum)| json!(maximum))),
        ("maxLength", property.max_length.map(|characters| json!(characters))),
        ("format", property.format.map(|format| json!(format.name()))),
        ("enum", (!property.choices.is_empty()).then(|| json!(property.choices))),
    ];
    keywords.into_iter().filter_map(|(keyword, value)| Some((keyword.to_owned(), value?))).collect()
}

fn types(property: &Property) -> Value {
    match property.types {
        [only] => json!(only.name()),
        several => several.iter().map(|known| known.name()).collect(),
    }
}
