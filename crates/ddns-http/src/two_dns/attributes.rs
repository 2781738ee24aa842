//! A host's attributes, from JSON that may write numbers and booleans as strings.

use std::net::IpAddr;

use ddns_core::{AccountNo, Fqdn, HostAddress, HostEdit, HostTtl, NewHost};

use super::form::{Form, INVALID, NOT_LISTED, text};
use super::words::Wrong;
use crate::json::Json;

const OF_NEW_HOST: &[&str] = &["fqdn", "hostname", "domainname", "ip_address", "ttl", "activate_wildcard"];
const OF_EDIT: &[&str] = &["ip_address", "ttl", "activate_wildcard"];

/// What `POST /hosts` asks for: `fqdn`, or `hostname` and `domainname`; `ip_address`; `ttl`, by default 60;
/// `activate_wildcard`, by default false.
pub(super) fn of_new_host(body: &[u8], owner: AccountNo, source: Option<IpAddr>) -> Result<NewHost, Wrong> {
    let mut form = Form::read(body, OF_NEW_HOST)?;
    let name = name(&mut form)?;
    let address = form.required("ip_address", |value| address(value, source));
    let ttl = form.take("ttl", ttl).unwrap_or(HostTtl::S60);
    let wildcard = form.take("activate_wildcard", boolean).unwrap_or(false);
    form.finish()?;
    let (Some(name), Some(address)) = (name, address) else { return Err(Wrong::Attributes) };
    let (ipv4, ipv6) = match address {
        HostAddress::V4(address) => (Some(address), None),
        HostAddress::V6(address) => (None, Some(address)),
    };
    Ok(NewHost { name, owner, ipv4, ipv6, ttl, wildcard, suffix: None, heartbeat: None })
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

/// The host's name, in one piece or in two.
fn name(form: &mut Form) -> Result<Option<Fqdn>, Wrong> {
    if form.has("fqdn") {
        if form.has("hostname") || form.has("domainname") {
            return Err(Wrong::Attributes);
        }
        form.rename("fqdn", "hostname");
        return Ok(form.take("hostname", text).and_then(|name| parse_name(form, &name)));
    }
    let host = form.required("hostname", text);
    let domain = form.required("domainname", text);
    let name = host.zip(domain).map(|(host, domain)| format!("{host}.{domain}"));
    Ok(name.and_then(|name| parse_name(form, &name)))
}

fn parse_name(form: &mut Form, name: &str) -> Option<Fqdn> {
    name.parse().map_err(|_| form.complain("hostname", INVALID)).ok()
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
