//! A host's attributes, from JSON that may write numbers and booleans as strings.

use std::net::IpAddr;

use ddns_core::{AccountNo, Fqdn, HostAddress, HostEdit, HostTtl, NewHost};

use super::words::{Complaint, Wrong};
use crate::json::{self, Json, Object};

const OF_NEW_HOST: &[&str] = &["fqdn", "hostname", "domainname", "ip_address", "ttl", "activate_wildcard"];
const OF_EDIT: &[&str] = &["ip_address", "ttl", "activate_wildcard"];

/// What `POST /hosts` asks for: `fqdn`, or `hostname` and `domainname`; `ip_address`; `ttl`, by default 60;
/// `activate_wildcard`, by default false.
pub(super) fn of_new_host(body: &[u8], owner: AccountNo, source: Option<IpAddr>) -> Result<NewHost, Wrong> {
    let mut form = Form::read(body, OF_NEW_HOST)?;
    let name = form.name()?;
    let address = form.required("ip_address", |value| address(value, source));
    let ttl = form.take("ttl", ttl).unwrap_or(HostTtl::S60);
    let wildcard = form.take("activate_wildcard", boolean).unwrap_or(false);
    form.finish()?;
    let (Some(name), Some(address)) = (name, address) else { return Err(Wrong::Attributes) };
    let (ipv4, ipv6) = match address {
        HostAddress::V4(address) => (Some(address), None),
        HostAddress::V6(address) => (None, Some(address)),
    };
    Ok(NewHost { name, owner, ipv4, ipv6, ttl, wildcard })
}

/// What `PUT /hosts/{fqdn}` asks for: any of `ip_address`, `ttl`, `activate_wildcard`.
pub(super) fn of_edit(body: &[u8], source: Option<IpAddr>) -> Result<HostEdit, Wrong> {
    let mut form = Form::read(body, OF_EDIT)?;
    let address = form.take("ip_address", |value| address(value, source));
    let ttl = form.take("ttl", ttl);
    let wildcard = form.take("activate_wildcard", boolean);
    form.finish()?;
    let edit = HostEdit { ttl, wildcard, ..HostEdit::default() };
    Ok(address.into_iter().fold(edit, HostEdit::with_address))
}

/// An object's known attributes, and the complaints about them so far: all are told at once.
struct Form {
    object: Object,
    complaints: Vec<Complaint>,
}

impl Form {
    fn read(body: &[u8], known: &[&str]) -> Result<Form, Wrong> {
        let object = json::object(body).map_err(|_| Wrong::NotJson)?;
        if object.keys().all(|name| known.contains(&name.as_str())) {
            Ok(Form { object, complaints: Vec::new() })
        } else {
            Err(Wrong::Attributes)
        }
    }

    /// An attribute, if it is there and as it should be.
    fn take<T>(&mut self, name: &'static str, read: impl FnOnce(&Json) -> Result<T, &'static str>) -> Option<T> {
        let value = self.object.remove(name)?;
        read(&value).map_err(|words| self.complain(name, words)).ok()
    }

    /// Likewise, and a missing one is as bad as null.
    fn required<T>(&mut self, name: &'static str, read: impl FnOnce(&Json) -> Result<T, &'static str>) -> Option<T> {
        self.object.entry(name.to_owned()).or_insert(Json::Null);
        self.take(name, read)
    }

    /// The host's name, in one piece or in two.
    fn name(&mut self) -> Result<Option<Fqdn>, Wrong> {
        let whole = self.object.contains_key("fqdn");
        if whole && (self.object.contains_key("hostname") || self.object.contains_key("domainname")) {
            return Err(Wrong::Attributes);
        }
        if whole {
            let name = self.object.remove("fqdn").unwrap_or(Json::Null);
            self.object.insert("hostname".to_owned(), name);
            return Ok(self.take("hostname", text).and_then(|name| self.parse_name(&name)));
        }
        let host = self.required("hostname", text);
        let domain = self.required("domainname", text);
        let name = host.zip(domain).map(|(host, domain)| format!("{host}.{domain}"));
        Ok(name.and_then(|name| self.parse_name(&name)))
    }

    fn parse_name(&mut self, name: &str) -> Option<Fqdn> {
        name.parse().map_err(|_| self.complain("hostname", INVALID)).ok()
    }

    fn complain(&mut self, name: &'static str, words: &'static str) {
        self.complaints.push((name, words));
    }

    fn finish(self) -> Result<(), Wrong> {
        if self.complaints.is_empty() { Ok(()) } else { Err(Wrong::Fields(self.complaints)) }
    }
}

const BLANK: &str = "can't be blank";
const INVALID: &str = "is invalid";
const NOT_LISTED: &str = "is not included in the list";

fn text(value: &Json) -> Result<String, &'static str> {
    match value {
        Json::Null => Err(BLANK),
        Json::Text(text) if text.is_empty() => Err(BLANK),
        Json::Text(text) => Ok(text.clone()),
        _ => Err(INVALID),
    }
}

/// A literal, or `auto` for the caller's own address.
fn address(value: &Json, source: Option<IpAddr>) -> Result<HostAddress, &'static str> {
    let text = text(value)?;
    let own = || source.and_then(|source| source.try_into().ok());
    let address = if text == "auto" { own() } else { text.parse().ok() };
    address.ok_or(INVALID)
}

fn ttl(value: &Json) -> Result<HostTtl, &'static str> {
    let ttl = match value {
        Json::Integer(secs) => u32::try_from(*secs).ok().and_then(|secs| secs.try_into().ok()),
        Json::Text(secs) => secs.parse().ok(),
        _ => None,
    };
    ttl.ok_or(NOT_LISTED)
}

fn boolean(value: &Json) -> Result<bool, &'static str> {
    value.boolean().ok_or(NOT_LISTED)
}
