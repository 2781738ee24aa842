//! Every answer that a test of this crate reads is one that the OpenAPI document describes: status, media type, headers and
//! body.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::client::Answer;

/// The document.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&ddns_http::openapi()).unwrap());

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "head"];

/// Compares an answer with what the document says of its route. What no route takes is answered with 404, a method that a
/// route does not have with 405.
pub(crate) fn check(request: &[u8], answer: &Answer) {
    let line = String::from_utf8_lossy(request.split(|octet| *octet == b'\r').next().unwrap_or_default()).into_owned();
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let Some((pattern, item)) = item(path) else { return };
    if is_no_http(answer) {
        return;
    }
    let what = format!("{method} {path}: {answer:?}");
    match item.get(described_as(method, pattern)) {
        Some(operation) => check_answer(operation, method == "HEAD", answer, &what),
        None => {
            let admits_first = answer.header("x-openstack-request-id").is_some();
            let refused = admits_first && matches!(answer.status, 401 | 404 | 406 | 415);
            let told = method == "OPTIONS" && answer.status == 200;
            assert!(refused || told || matches!(answer.status, 403 | 405 | 414), "{what}");
            assert!(!matches!(answer.status, 200 | 405) || answer.header("allow").is_some(), "{what}");
        }
    }
}

/// What never came as far as a route is answered with a bare status.
fn is_no_http(answer: &Answer) -> bool {
    matches!(answer.status, 400 | 408 | 431) && answer.body.is_empty()
}

/// `HEAD` is described as `GET`, where it is served.
fn described_as(method: &str, pattern: &str) -> String {
    let head = |route: &ddns_http::RouteInfo| route.method == "HEAD" && route.path == pattern;
    let heads = method == "HEAD" && ddns_http::routes().iter().any(head);
    if heads { "get".to_owned() } else { method.to_lowercase() }
}

fn check_answer(operation: &Value, head: bool, answer: &Answer, what: &str) {
    let Some(response) = operation["responses"].get(answer.status.to_string()) else {
        panic!("a status that is not described: {what}")
    };
    let headers = response.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
    for name in ["allow", "location", "www-authenticate", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"] {
        let described = headers.keys().any(|known| known.eq_ignore_ascii_case(name));
        assert!(described || answer.header(name).is_none(), "a header that is not described: {name} {what}");
    }
    match (response.get("content").and_then(Value::as_object), answer.header("content-type")) {
        (None, kind) => assert!(kind.is_none() && answer.body.is_empty(), "a body that is not described: {what}"),
        (Some(content), Some(kind)) => {
            let kind = kind.split(';').next().unwrap();
            let Some(content) = content.get(kind) else { panic!("a media type that is not described: {what}") };
            if !head {
                check_body(&content["schema"], kind, &answer.body, what);
            }
        }
        (Some(_), None) => panic!("no media type: {what}"),
    }
}

fn check_body(schema: &Value, kind: &str, body: &str, what: &str) {
    let value = match kind {
        "application/json" => serde_json::from_str(body).unwrap(),
        _ => Value::from(body),
    };
    if let Err(why) = conforms(schema, &value) {
        panic!("a body that is not as described: {why}: {what}");
    }
}

/// The description of a path: of its own, or of the pattern that takes it.
fn item(path: &str) -> Option<(&'static String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.get_key_value(path).or_else(|| paths.iter().find(|(pattern, _)| takes(pattern, path)))
}

fn takes(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let fits = |(pattern, path): (&&str, &&str)| pattern == path || (pattern.starts_with('{') && !path.is_empty());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(fits)
}

/// Each described operation, with its method and path.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| item.get(method).map(|operation| (*method, path.as_str(), operation)))
    })
}

/// What a reference in the document leads to.
pub(crate) fn resolved(reference: &str) -> Option<&'static Value> {
    DOCUMENT.pointer(reference.strip_prefix('#')?)
}

/// Whether a value is what a schema says, as far as schemas of ours say anything.
pub(crate) fn conforms(schema: &Value, value: &Value) -> Result<(), String> {
    let schema = match schema.get("$ref") {
        Some(reference) => resolved(reference.as_str().unwrap()).ok_or(format!("nowhere: {reference}"))?,
        None => schema,
    };
    let schema = schema.as_object().ok_or(format!("no schema: {schema}"))?;
    for (word, rule) in schema {
        keeps(schema, word, rule, value).map_err(|why| format!("{word}: {why}"))?;
    }
    Ok(())
}

fn keeps(schema: &Map<String, Value>, word: &str, rule: &Value, value: &Value) -> Result<(), String> {
    let as_said = |so: bool| if so { Ok(()) } else { Err(format!("{value} against {rule}")) };
    match word {
        "type" => as_said(list(rule).iter().any(|kind| is_a(value, kind.as_str().unwrap()))),
        "enum" => as_said(list(rule).contains(value)),
        "oneOf" => as_said(list(rule).iter().filter(|schema| conforms(schema, value).is_ok()).count() == 1),
        "required" => as_said(list(rule).iter().all(|name| value.get(name.as_str().unwrap()).is_some())),
        "items" => value.as_array().into_iter().flatten().try_for_each(|item| conforms(rule, item)),
        "minItems" => as_said(value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap())),
        "maxItems" => as_said(value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap())),
        "minLength" => as_said(value.as_str().is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap())),
        "maxLength" => as_said(value.as_str().is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap())),
        "minimum" => as_said(value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap())),
        "maximum" => as_said(value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap())),
        "format" => as_said(value.as_str().is_none_or(|text| is_written_as(text, rule.as_str().unwrap()))),
        "properties" | "additionalProperties" => members(schema, word, rule, value),
        "title" | "description" | "example" | "examples" | "pattern" => Ok(()),
        word => Err(format!("what does {word} say?")),
    }
}

fn members(schema: &Map<String, Value>, word: &str, rule: &Value, value: &Value) -> Result<(), String> {
    let known = |name: &str| schema.get("properties").and_then(|properties| properties.get(name));
    for (name, member) in value.as_object().into_iter().flatten() {
        match (word, known(name)) {
            ("properties", Some(schema)) => conforms(schema, member).map_err(|why| format!("{name}: {why}"))?,
            ("additionalProperties", None) if rule == false => return Err(format!("{name} is unknown")),
            ("additionalProperties", None) => conforms(rule, member).map_err(|why| format!("{name}: {why}"))?,
            _ => {}
        }
    }
    Ok(())
}

/// A keyword's words: one, or a list of them.
fn list(rule: &Value) -> Vec<Value> {
    rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()])
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn is_written_as(text: &str, format: &str) -> bool {
    match format {
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "uri" => text.contains("://"),
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        "int32" | "int64" | "email" | "password" => true,
        other => panic!("what is {other}?"),
    }
}
