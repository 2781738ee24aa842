//! What a router reports: hosts and addresses, out of parameters that every device fills in differently.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ddns_core::{AddressEdit, Fqdn, Host, HostAddress, HostEdit, Ipv6Prefix, NameError, UnicastV4, UnicastV6, policy};

use super::code::Code;
use crate::notes;
use crate::params::Params;

/// Parameters for addresses of either family. `preserve` in one of them keeps IPv4.
const ADDRESS: &[&str] = &["myip", "ip", "ipv4", "myipv4"];
/// Parameters for IPv6 addresses. `preserve` in one of them keeps IPv6.
const ADDRESS6: &[&str] = &["myipv6", "ipv6", "ip6", "ip6addr"];
/// Parameters for delegated prefixes.
const PREFIX: &[&str] = &["ip6lanprefix", "ipv6prefix"];
/// Templates that a device did not fill in.
const PLACEHOLDERS: &[&str] = &["", "<ipaddr>", "__myip__", "%i", "none"];

/// The hosts that a call names, in its order; some may be no names.
///
/// # Errors
/// The code for the call as a whole: there is no host, or there are too many.
pub(super) fn hosts(params: &Params) -> Result<Vec<Result<Fqdn, NameError>>, Code> {
    let named = list(params, &["hostname"]).take(policy::HOSTS_PER_UPDATE.saturating_add(1));
    let hosts: Vec<_> = named.map(str::parse).collect();
    match hosts.len() {
        0 => Err(Code::NotFqdn),
        count if count > policy::HOSTS_PER_UPDATE => Err(Code::NumHost),
        _ => Ok(hosts),
    }
}

/// The elements of a list that are there.
pub(super) fn list<'p>(params: &'p Params, name: &'p [&'p str]) -> impl Iterator<Item = &'p str> {
    params.all(name).flat_map(|list| list.split(',')).map(str::trim).filter(|element| !element.is_empty())
}

/// What an update changes of its hosts.
///
/// # Errors
/// [`Unusable`]: then nothing is changed.
pub(super) fn edit(params: &Params, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
    let (wildcard, offline) = words(params);
    Ok(HostEdit { wildcard, offline, ..addresses(params, source)? })
}

/// Whether a call's hosts have a wildcard, and whether they are offline.
fn words(params: &Params) -> (Option<bool>, Option<bool>) {
    (switch(params, "wildcard", "on", "off"), switch(params, "offline", "yes", "no"))
}

/// What a call says of addresses; one that says nothing means the caller's own.
///
/// # Errors
/// [`Unusable`].
fn addresses(params: &Params, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
    Report::read(params)?.with_empty(params).or_source(source)
}

/// The same where an empty address says nothing of its family.
///
/// # Errors
/// [`Unusable`].
pub(super) fn given(params: &Params, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
    Report::read(params)?.or_source(source)
}

/// A call that removes addresses names one of each family whose is to go: its caller's own, if it names none.
///
/// # Errors
/// [`Unusable`].
pub(super) fn removal(params: &Params, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
    let named = given(params, source)?;
    if named.prefix.flatten().is_some() {
        return Err(Unusable::PrefixToRemove);
    }
    let (ipv4, ipv6) = (removed(named.ipv4), removed(named.ipv6));
    let edit = HostEdit { ipv4, ipv6, ..HostEdit::default() };
    if edit.is_update() { Ok(edit) } else { Err(Unusable::NothingToRemove) }
}

fn removed<T>(named: AddressEdit<T>) -> AddressEdit<T> {
    match named {
        AddressEdit::Keep => AddressEdit::Keep,
        AddressEdit::Set(_) | AddressEdit::Remove => AddressEdit::Remove,
    }
}

/// What a call that names no host changes of all: it has a prefix, which is the whole site's. None if it has none.
///
/// # Errors
/// [`Unusable`], where there is one, and an address beside it: that is one host's.
pub(super) fn site(params: &Params) -> Result<Option<HostEdit>, Unusable> {
    let has_prefix = params.all(PREFIX).any(|text| !is_placeholder(text));
    match Report::read(params) {
        Ok(Report { ipv4: None, ipv6: None, prefix: prefix @ Some(Some(_)) }) => {
            let (wildcard, offline) = words(params);
            Ok(Some(HostEdit { prefix, wildcard, offline, ..HostEdit::default() }))
        }
        Ok(Report { prefix: Some(Some(_)), .. }) => Err(Unusable::NoHostNamed),
        Err(why) if has_prefix => Err(why),
        _ => Ok(None),
    }
}

/// The addresses that a call is about, as its host has them now; where it is about none, all that the host has.
pub(super) fn shown(edit: &HostEdit, host: &Host) -> String {
    let (ipv4, ipv6) = (host.ipv4.map(UnicastV4::addr), host.ipv6.map(UnicastV6::addr));
    let about_ipv4 = edit.ipv4 != AddressEdit::Keep;
    let about_ipv6 = edit.ipv6 != AddressEdit::Keep || edit.prefix.flatten().is_some();
    let ipv4 = ipv4.or(all_zeros(edit.ipv4, Ipv4Addr::UNSPECIFIED)).filter(|_| about_ipv4 || !about_ipv6);
    let ipv6 = ipv6.or(all_zeros(edit.ipv6, Ipv6Addr::UNSPECIFIED)).filter(|_| about_ipv6 || !about_ipv4);
    let shown = ipv4.map(IpAddr::V4).into_iter().chain(ipv6.map(IpAddr::V6));
    shown.map(|address| address.to_string()).collect::<Vec<_>>().join(",")
}

/// What stands for an address that was removed.
fn all_zeros<T: PartialEq, A>(edit: AddressEdit<T>, zeros: A) -> Option<A> {
    (edit == AddressEdit::Remove).then_some(zeros)
}

/// The record types whose addresses an edit removes.
pub(super) fn types(edit: &HostEdit) -> String {
    let a = (edit.ipv4 == AddressEdit::Remove).then_some("A");
    let aaaa = (edit.ipv6 == AddressEdit::Remove).then_some("AAAA");
    a.into_iter().chain(aaaa).collect::<Vec<_>>().join(",")
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
    /// Every prefix is one of IPv6.
    #[error("the router sent \"{0}\", which is no IPv6 prefix")]
    NotAPrefix(String),
    /// A host's address has 64 bits behind its prefix at least.
    #[error("the router sent the prefix {0}, which is longer than a /64")]
    TooLong(String),
    /// No site is given more than a /48.
    #[error("the router sent the prefix {0}, which is shorter than a /48")]
    TooShort(String),
    /// A family has one address.
    #[error("the router sent two different addresses of one family")]
    Contradiction,
    /// A site has one prefix.
    #[error("the router sent two different prefixes")]
    TwoPrefixes,
    /// A prefix moves the IPv6 address.
    #[error("the router sent an IPv6 prefix, and asked to leave or to remove the IPv6 address")]
    PrefixOfNothing,
    /// A prefix is no address that could be removed.
    #[error("the router sent a prefix where it asked to remove an address")]
    PrefixToRemove,
    /// Something is to be removed.
    #[error("the router asked to remove an address, and to leave it")]
    NothingToRemove,
    /// An address is one host's.
    #[error("the router sent an address beside its prefix, and named no host")]
    NoHostNamed,
    /// Without an address there is the caller's own, and it must be one that a host can have.
    #[error("the router sent no address, and its own cannot be a host's")]
    NoSource,
}

impl Unusable {
    /// Of a text that came where something else should be.
    fn text(text: &str, otherwise: fn(String) -> Unusable) -> Unusable {
        let shown = notes::shown(text);
        if text.starts_with('<') && text.ends_with('>') { Unusable::Unexpanded(shown) } else { otherwise(shown) }
    }
}

/// What the address parameters of a call say.
#[derive(Debug, Default)]
struct Report {
    ipv4: Option<AddressEdit<UnicastV4>>,
    ipv6: Option<AddressEdit<UnicastV6>>,
    /// Some none: the site has none at present.
    prefix: Option<Option<Ipv6Prefix>>,
}

impl Report {
    fn read(params: &Params) -> Result<Report, Unusable> {
        let mut report = Report::default();
        for (names, keep) in [(ADDRESS, Item::Keep4), (ADDRESS6, Item::Keep6)] {
            for text in params.all(names).flat_map(|list| list.split(',')) {
                report.take(Item::parse(text.trim(), keep)?)?;
            }
        }
        for text in params.all(PREFIX).map(str::trim).filter(|text| !is_placeholder(text)) {
            report.take(Item::Prefix(prefix(text)?))?;
        }
        if params.all(PREFIX).any(is_placeholder) {
            report.prefix.get_or_insert_default(); // A router fills its placeholder in with nothing where it has no prefix.
        }
        report.checked()
    }

    fn take(&mut self, item: Item) -> Result<(), Unusable> {
        match item {
            Item::NotGiven => Ok(()),
            Item::Prefix(prefix) => mention(&mut self.prefix, Some(prefix), Unusable::TwoPrefixes),
            Item::Keep4 => mention(&mut self.ipv4, AddressEdit::Keep, Unusable::Contradiction),
            Item::Keep6 => mention(&mut self.ipv6, AddressEdit::Keep, Unusable::Contradiction),
            Item::Remove4 => mention(&mut self.ipv4, AddressEdit::Remove, Unusable::Contradiction),
            Item::Remove6 => mention(&mut self.ipv6, AddressEdit::Remove, Unusable::Contradiction),
            Item::Set(HostAddress::V4(address)) => {
                mention(&mut self.ipv4, AddressEdit::Set(address), Unusable::Contradiction)
            }
            Item::Set(HostAddress::V6(address)) => {
                mention(&mut self.ipv6, AddressEdit::Set(address), Unusable::Contradiction)
            }
        }
    }

    /// An empty IPv6 parameter beside an IPv4 address says that there is no IPv6 any more.
    fn with_empty(mut self, params: &Params) -> Report {
        let empty = params.all(ADDRESS6).any(str::is_empty);
        let ipv4 = matches!(self.ipv4, Some(AddressEdit::Set(_)));
        if empty && ipv4 && self.ipv6.is_none() && self.prefix.flatten().is_none() {
            self.ipv6 = Some(AddressEdit::Remove);
        }
        self
    }

    fn checked(self) -> Result<Report, Unusable> {
        match (self.prefix, self.ipv6) {
            (Some(Some(_)), Some(AddressEdit::Keep | AddressEdit::Remove)) => Err(Unusable::PrefixOfNothing),
            _ => Ok(self),
        }
    }

    /// A call without any address or prefix means the caller's own address, and its family only. That it has no prefix
    /// stands beside that address, too: it is the router's, which a machine behind it must not have.
    fn or_source(self, source: Option<IpAddr>) -> Result<HostEdit, Unusable> {
        let (ipv4, ipv6) = (self.ipv4.unwrap_or_default(), self.ipv6.unwrap_or_default());
        let edit = HostEdit { ipv4, ipv6, prefix: self.prefix, ..HostEdit::default() };
        if self.ipv4.is_some() || self.ipv6.is_some() || self.prefix.flatten().is_some() {
            return Ok(edit);
        }
        let source = source.and_then(|source| source.try_into().ok()).ok_or(Unusable::NoSource)?;
        Ok(edit.with_address(source))
    }
}

/// Something is mentioned once, or twice with the same meaning.
fn mention<T: PartialEq>(slot: &mut Option<T>, value: T, otherwise: Unusable) -> Result<(), Unusable> {
    match slot {
        Some(before) if *before != value => Err(otherwise),
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

/// One element of an address parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    NotGiven,
    Prefix(Ipv6Prefix),
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
        if text.contains(':') && text.contains('/') {
            return prefix(text).map(Item::Prefix);
        }
        let unusable = || Unusable::text(text, Unusable::NotAnAddress);
        let address: IpAddr = text.parse().map_err(|_| unusable())?;
        match address.to_canonical() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ok(Item::Remove4),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ok(Item::Remove6),
            address => HostAddress::try_from(address).map(Item::Set).map_err(|_| unusable()),
        }
    }
}

fn prefix(text: &str) -> Result<Ipv6Prefix, Unusable> {
    text.parse().map_err(|_| {
        let len = text.split_once('/').filter(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
        match len.and_then(|(_, len)| len.parse::<u8>().ok()) {
            Some(65..=128) => Unusable::text(text, Unusable::TooLong),
            Some(0..48) => Unusable::text(text, Unusable::TooShort),
            _ => Unusable::text(text, Unusable::NotAPrefix),
        }
    })
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
