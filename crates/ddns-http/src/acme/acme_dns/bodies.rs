//! What bodies say. The living server finds members whatever their case, and its most used client counts on that.

use ddns_core::{ChallengeValue, Fqdn, policy};
use ipnet::IpNet;

use super::words::Wrong;
use crate::json::{self, Json, Object};

/// What is to be registered.
pub(super) struct Registration {
    pub(super) host: Option<Fqdn>,
    pub(super) networks: Vec<IpNet>,
}

impl Registration {
    /// Reads a body, which may be none.
    pub(super) fn read(body: &[u8]) -> Result<Registration, Wrong> {
        let object = if body.is_empty() { Object::new() } else { object(body)? };
        let host = match member(&object, "host")? {
            None => None,
            Some(Json::Text(name)) => Some(name.parse().map_err(|_| Wrong::BadHost)?),
            Some(_) => return Err(Wrong::BadHost),
        };
        Ok(Registration { host, networks: networks(member(&object, "allowfrom")?)? })
    }
}

/// A value that is to be set.
pub(super) struct Update {
    pub(super) subdomain: String,
    /// None where it is no value.
    pub(super) value: Option<ChallengeValue>,
}

impl Update {
    pub(super) fn read(body: &[u8]) -> Result<Update, Wrong> {
        let object = object(body)?;
        let Some(Json::Text(subdomain)) = member(&object, "subdomain")? else { return Err(Wrong::BadSubdomain) };
        let value = match member(&object, "txt")? {
            Some(Json::Text(text)) if is_digest(text) => text.parse().ok(),
            _ => None,
        };
        Ok(Update { subdomain: subdomain.clone(), value })
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == policy::CHALLENGE_DIGEST_LEN
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
}

fn object(body: &[u8]) -> Result<Object, Wrong> {
    json::object(body).map_err(|_| Wrong::NotJson)
}

/// A member whatever its case; null is as good as none.
fn member<'o>(object: &'o Object, name: &str) -> Result<Option<&'o Json>, Wrong> {
    let mut found = object.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Wrong::NotJson),
        (one, None) => Ok(one.filter(|value| **value != Json::Null)),
    }
}

/// Networks in CIDR notation; IPv6 addresses may stand in brackets.
fn networks(list: Option<&Json>) -> Result<Vec<IpNet>, Wrong> {
    let items = match list {
        None => return Ok(Vec::new()),
        Some(Json::List(items)) => items,
        Some(_) => return Err(Wrong::NotJson),
    };
    items.iter().map(network).collect()
}

fn network(item: &Json) -> Result<IpNet, Wrong> {
    let Json::Text(text) = item else { return Err(Wrong::NotJson) };
    text.replace(['[', ']'], "").parse().map_err(|_| Wrong::BadNetwork)
}
