//! A host's attributes, from JSON that may write numbers and booleans as strings.

use std::net::IpAddr;
use std::str::FromStr;

use ddns_core::{AccountNo, Fqdn, Heartbeat, HostAddress, HostEdit, HostTtl, NewHost};

use super::form::{Form, INVALID, NOT_LISTED, text};
use super::words::Wrong;
use crate::json::Json;
use crate::reply;

const OF_NEW_HOST: &[&str] =
    &["fqdn", "hostname", "domainname", "ip_address", "ttl", "activate_wildcard", "ip6_suffix", "heartbeat"];
const OF_EDIT: &[&str] = &["ip_address", "ttl", "activate_wildcard", "ip6_prefix", "ip6_suffix", "heartbeat"];

/// What `POST /hosts` asks for: `fqdn`, or `hostname` and `domainname`; `ip_address`; `ttl`, by default 60;
/// `activate_wildcard`, by default false; `ip6_suffix` and `heartbeat`, by default none.
pub(super) fn of_new_host(body: &[u8], owner: AccountNo, source: Option<IpAddr>) -> Result<NewHost, Wrong> {
    let mut form = Form::read(body, OF_NEW_HOST)?;
    let name = name(&mut form)?;
    let address = form.required("ip_address", |value| address(value, source));
    let ttl = form.take("ttl", ttl).unwrap_or(HostTtl::S60);
    let wildcard = form.take("activate_wildcard", boolean).unwrap_or(false);
    let suffix = form.removable("ip6_suffix", parsed).flatten();
    let heartbeat = form.removable("heartbeat", heartbeat).flatten();
    form.finish()?;
    let (Some(name), Some(address)) = (name, address) else { return Err(Wrong::Attributes) };
    let (ipv4, ipv6) = match address {
        HostAddress::V4(address) => (Some(address), None),
        HostAddress::V6(address) => (None, Some(address)),
    };
    Ok(NewHost { name, owner, ipv4, ipv6, ttl, wildcard, suffix, heartbeat })
}

/// What `PUT /hosts/{fqdn}` asks for: any of `ip_address`, `ttl`, `activate_wildcard`, `ip6_prefix`, and of `ip6_suffix` and
/// `heartbeat`, which null takes away.
pub(super) fn of_edit(body: &[u8], source: Option<IpAddr>) -> Result<HostEdit, Wrong> {
    let mut form = Form::read(body, OF_EDIT)?;
    let address = form.take("ip_address", |value| address(value, source));
    let ttl = form.take("ttl", ttl);
    let wildcard = form.take("activate_wildcard", boolean);
    let prefix = form.take("ip6_prefix", parsed).map(Some);
    let suffix = form.removable("ip6_suffix", parsed);
    let heartbeat = form.removable("heartbeat", heartbeat);
    form.finish()?;
    let edit = HostEdit { ttl, wildcard, prefix, suffix, heartbeat, ..HostEdit::default() };
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

/// What is written as a text of its own.
fn parsed<T: FromStr>(value: &Json) -> Result<T, &'static str> {
    text(value)?.parse().map_err(|_| INVALID)
}

fn heartbeat(value: &Json) -> Result<Heartbeat, &'static str> {
    value.heartbeat().ok_or(reply::about_heartbeat())
}
