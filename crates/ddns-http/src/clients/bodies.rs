//! What bodies say: JSON that may write booleans as strings.

use ddns_core::{ClientEdit, HostAddress};

use super::words::Wrong;
use crate::json::{self, Json, Object};

/// What the `PUT` of a client asks for: `offline` and `heartbeat`, or one of them, or nothing.
pub(super) fn client(body: &[u8]) -> Result<ClientEdit, Wrong> {
    let mut object = object_or_nothing(body)?;
    let (offline, heartbeat) = (object.remove("offline"), object.remove("heartbeat"));
    if !object.is_empty() {
        return Err(Wrong::Attributes);
    }
    let offline = offline.map(|value| value.boolean().ok_or(Wrong::Attributes)).transpose()?;
    let heartbeat = heartbeat.map(|value| match value {
        Json::Null => Ok(None),
        value => value.heartbeat().map(Some).ok_or(Wrong::Heartbeat),
    });
    Ok(ClientEdit { offline, heartbeat: heartbeat.transpose()? })
}

/// The action `updateIP`: to an address, or to the caller's own by the word `default`.
pub(super) fn action(body: &[u8]) -> Result<Option<HostAddress>, Wrong> {
    let mut object = json::object(body).map_err(|_| Wrong::NotJson)?;
    match object.remove("updateIP") {
        Some(Json::Text(value)) if object.is_empty() => to(&value),
        _ => Err(Wrong::Action),
    }
}

fn to(value: &str) -> Result<Option<HostAddress>, Wrong> {
    if value == "default" { Ok(None) } else { value.parse().map(Some).map_err(|_| Wrong::Action) }
}

/// Nothing, or an object without members.
pub(super) fn nothing(body: &[u8]) -> Result<(), Wrong> {
    if object_or_nothing(body)?.is_empty() { Ok(()) } else { Err(Wrong::NotEmpty) }
}

fn object_or_nothing(body: &[u8]) -> Result<Object, Wrong> {
    if body.is_empty() { Ok(Object::new()) } else { json::object(body).map_err(|_| Wrong::NotJson) }
}
