//! What a router reports: hosts and addresses, out of parameters that every device fills in differently.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ddns_core::{AddressEdit, Fqdn, Host, HostAddress, HostEdit, NameError, UnicastV4, UnicastV6, policy};
use ipnet::Ipv6Net;

use super::Code;
use crate::params::Params;

/// Parameters for addresses of either family. `preserve` in one of them keeps IPv4.
const ADDRESS: &[&str] = &["myip", "ip", "ipv4", "myipv4"];
/// Parameters for IPv6 addresses. `preserve` in one of them keeps IPv6.
const ADDRESS6: &[&str] = &["myipv6", "ipv6", "ip6", "ip6addr"];
/// Parameters for delegated prefixes.
const PREFIX: &[&str] = &["ip6lanprefix", "ipv6prefix"];
/// Templates that a device did not fill in.
const PLACEHOLDERS: &[&str] = &["", "<ipaddr>", "__myip__", "%i", "none"];
/// Prefixes of this length and shorter are delegated to a site.
const PREFIX_LEN_MAX: u8 = 64;

/// The hosts that a call names, in its order; some may be no names.
///
/// # Errors
/// The code for the call as a whole: there is no host, or there are too many.
pub(super) fn hosts(params: &Params) -> Result<Vec<Result<Fqdn, NameError>>, Code> {
    let named =
        params.all(&["hostname"]).flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty());
    let hosts: Vec<_> = named.take(policy::HOSTS_PER_UPDATE.saturating_add(1)).map(str::parse).collect();
    match hosts.len() {
        0 => Err(Code::NotFqdn),
        count if count > policy::HOSTS_PER_UPDATE => Err(Code::NumHost),
        _ => Ok(hosts),
    }
}

/// What a call changes of its hosts.
///
/// # Errors
/// [`Unusable`]: then nothing is changed.
pub(super) fn edit(params: &Params, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
    let report = Report::read(params)?;
    let edit = report.or_source(source)?;
    Ok(HostEdit {
        wildcard: switch(params, "wildcard", "on", "off"),
        offline: switch(params, "offline", "yes", "no"),
        ..edit
    })
}

/// The addresses of the call, as it gave them; where it gave none, those that the host has.
pub(super) fn shown(edit: &HostEdit, host: &Host) -> String {
    let (ipv4, ipv6) = if edit.is_update() {
        (given(edit.ipv4, Ipv4Addr::UNSPECIFIED), given(edit.ipv6, Ipv6Addr::UNSPECIFIED))
    } else {
        (host.ipv4.map(UnicastV4::addr), host.ipv6.map(UnicastV6::addr))
    };
    let shown = ipv4.map(IpAddr::V4).into_iter().chain(ipv6.map(IpAddr::V6));
    shown.map(|address| address.to_string()).collect::<Vec<_>>().join(",")
}

fn given<T: Into<A>, A>(edit: AddressEdit<T>, removed: A) -> Option<A> {
    match edit {
        AddressEdit::Keep => None,
        AddressEdit::Set(address) => Some(address.into()),
        AddressEdit::Remove => Some(removed),
    }
}

/// A call's addresses cannot be used. The host's owner is told why; the router only gets a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// A device fills in its templates.
    #[error("the router sent {0} unexpanded")]
    Unexpanded(String),
    /// Every address is a literal of an address that a host can have.
    #[error("the router sent \"{0}\", which is no address that a host can have")]
    NotAnAddress(String),
    /// A family has one address.
    #[error("the router sent two different addresses of one family")]
    Contradiction,
    /// A prefix alone moves no host yet.
    #[error("the router sent a prefix and no address")]
    PrefixOnly,
    /// Without an address there is the caller's own, and it must be one that a host can have.
    #[error("the router sent no address, and its own cannot be a host's")]
    NoSource,
}

impl Unusable {
    /// Of a text that came where an address should be.
    fn text(text: &str) -> Unusable {
        let shown = text.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect();
        if text.starts_with('<') && text.ends_with('>') {
            Unusable::Unexpanded(shown)
        } else {
            Unusable::NotAnAddress(shown)
        }
    }
}

/// Characters of a router's text that its owner is shown.
const SHOWN_MAX: usize = 64;

/// What the address parameters of a call say.
#[derive(Debug, Default)]
struct Report {
    ipv4: Option<AddressEdit<UnicastV4>>,
    ipv6: Option<AddressEdit<UnicastV6>>,
    prefix: bool,
}

impl Report {
    fn read(params: &Params) -> Result<Report, Unusable> {
        let mut report = Report::default();
        for (names, keep) in [(ADDRESS, Item::Keep4), (ADDRESS6, Item::Keep6)] {
            for text in params.all(names).flat_map(|list| list.split(',')) {
                report.take(Item::parse(text.trim(), keep)?)?;
            }
        }
        report.prefix |= params.all(PREFIX).any(|text| !is_placeholder(text));
        report.read_empty(params);
        Ok(report)
    }

    fn take(&mut self, item: Item) -> Result<(), Unusable> {
        match item {
            Item::NotGiven => Ok(()),
            Item::Prefix => {
                self.prefix = true;
                Ok(())
            }
            Item::Keep4 => mention(&mut self.ipv4, AddressEdit::Keep),
            Item::Keep6 => mention(&mut self.ipv6, AddressEdit::Keep),
            Item::Remove4 => mention(&mut self.ipv4, AddressEdit::Remove),
            Item::Remove6 => mention(&mut self.ipv6, AddressEdit::Remove),
            Item::Set(HostAddress::V4(address)) => mention(&mut self.ipv4, AddressEdit::Set(address)),
            Item::Set(HostAddress::V6(address)) => mention(&mut self.ipv6, AddressEdit::Set(address)),
        }
    }

    /// An empty IPv6 parameter beside an IPv4 address says that there is no IPv6 any more.
    fn read_empty(&mut self, params: &Params) {
        let empty = params.all(ADDRESS6).any(str::is_empty);
        if empty && matches!(self.ipv4, Some(AddressEdit::Set(_))) && self.ipv6.is_none() && !self.prefix {
            self.ipv6 = Some(AddressEdit::Remove);
        }
    }

    /// A call without any address means the caller's own, and its family only.
    fn or_source(self, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
        if self.ipv4.is_some() || self.ipv6.is_some() {
            let (ipv4, ipv6) = (self.ipv4.unwrap_or_default(), self.ipv6.unwrap_or_default());
            return Ok(HostEdit { ipv4, ipv6, ..HostEdit::default() });
        }
        if self.prefix {
            return Err(Unusable::PrefixOnly);
        }
        let source = source.and_then(|source| source.try_into().ok()).ok_or(Unusable::NoSource)?;
        Ok(HostEdit::default().with_address(source))
    }
}

/// A family is mentioned once, or twice with the same meaning.
fn mention<T: PartialEq>(slot: &mut Option<AddressEdit<T>>, edit: AddressEdit<T>) -> Result<(), Unusable> {
    match slot {
        Some(before) if *before != edit => Err(Unusable::Contradiction),
        _ => {
            *slot = Some(edit);
            Ok(())
        }
    }
}

/// One element of an address parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    NotGiven,
    Prefix,
    Keep4,
    Keep6,
    Remove4,
    Remove6,
    Set(HostAddress),
}

impl Item {
    /// `keep` is what `preserve` means in this parameter.
    fn parse(text: &str, keep: Item) -> Result<Item, Unusable> {
        if is_placeholder(text) {
            return Ok(Item::NotGiven);
        }
        if text.eq_ignore_ascii_case("preserve") {
            return Ok(keep);
        }
        if text.contains('/') {
            return prefix(text);
        }
        let address: IpAddr = text.parse().map_err(|_| Unusable::text(text))?;
        match address.to_canonical() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ok(Item::Remove4),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ok(Item::Remove6),
            address => HostAddress::try_from(address).map(Item::Set).map_err(|_| Unusable::text(text)),
        }
    }
}

fn prefix(text: &str) -> Result<Item, Unusable> {
    let prefix: Ipv6Net = text.parse().map_err(|_| Unusable::text(text))?;
    if prefix.prefix_len() <= PREFIX_LEN_MAX { Ok(Item::Prefix) } else { Err(Unusable::text(text)) }
}

fn is_placeholder(text: &str) -> bool {
    PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(text))
}

/// `name=on` and `name=off`, whatever the words; anything else leaves it as it is.
fn switch(params: &Params, name: &str, on: &str, off: &str) -> Option<bool> {
    let value = params.last(name)?;
    if value.eq_ignore_ascii_case(on) {
        Some(true)
    } else if value.eq_ignore_ascii_case(off) {
        Some(false)
    } else {
        None
    }
}
