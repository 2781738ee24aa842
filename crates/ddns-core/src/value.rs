//! Small values that entities are made of: numbers, times, lifetimes, addresses, bounded texts.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{NonZeroU32, NonZeroU64};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::name::{Fqdn, Name, text_serde};
use crate::policy;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The number itself; 0 is none.
            pub fn new(number: u32) -> Option<Self> {
                NonZeroU32::new(number).map(Self)
            }

            /// The smallest.
            pub const MIN: Self = Self(NonZeroU32::MIN);
            /// The largest.
            pub const MAX: Self = Self(NonZeroU32::MAX);

            /// The number itself.
            pub fn get(self) -> u32 {
                self.0.get()
            }
        }
    };
}

number!(
    /// An account's short id inside the registry; its public id is a UUID.
    AccountNo
);
number!(
    /// A domain's short id inside the registry; its public id is a UUID.
    DomainNo
);
number!(
    /// A host's number: short, never used twice, and the way back from a managed record's id.
    HostNo
);
number!(
    /// A client's short id inside the registry; its public id is its [`ClientKey`].
    ClientNo
);

/// A moment: microseconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: u64) -> Timestamp {
        Timestamp(micros)
    }

    /// From seconds since the epoch.
    pub const fn from_secs(secs: u64) -> Timestamp {
        Timestamp(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch.
    pub const fn secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// This moment and `duration` more; the end of time at the latest.
    pub fn after(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// A zone's serial, compared by the circle arithmetic of RFC 1982.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(pub u32);

impl Serial {
    /// Whether `self` comes after `other` (RFC 1982, section 3.2).
    pub fn is_after(self, other: Serial) -> bool {
        let distance = self.0.wrapping_sub(other.0);
        distance != 0 && distance < 1 << 31
    }

    /// The serial of the next published change: the unix time if that is after this one, else one more.
    #[must_use]
    pub fn next(self, now: Timestamp) -> Serial {
        let clock = Serial::at(now);
        if clock.is_after(self) { clock } else { Serial(self.0.wrapping_add(1)) }
    }

    /// The serial that a clock shows: its seconds, modulo 2³².
    pub fn at(now: Timestamp) -> Serial {
        Serial(u32::try_from(now.secs() & u64::from(u32::MAX)).unwrap_or_default())
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a zone stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneHead {
    /// Its serial.
    pub serial: Serial,
    /// When it came to it.
    pub changed: Timestamp,
}

/// A record's time to live in seconds: 0 to 2³¹ − 1 (RFC 2181, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Ttl(u32);

impl Ttl {
    /// The largest time to live.
    pub const MAX: Ttl = Ttl(i32::MAX as u32);

    /// Seconds.
    pub const fn secs(self) -> u32 {
        self.0
    }

    /// From seconds, cut to the largest.
    pub const fn clamped(secs: u32) -> Ttl {
        if secs > Ttl::MAX.0 { Ttl::MAX } else { Ttl(secs) }
    }
}

impl TryFrom<u32> for Ttl {
    type Error = ValueError;

    fn try_from(secs: u32) -> Result<Ttl, ValueError> {
        if secs > Ttl::MAX.0 { Err(ValueError::Ttl) } else { Ok(Ttl(secs)) }
    }
}

impl From<Ttl> for u32 {
    fn from(ttl: Ttl) -> u32 {
        ttl.0
    }
}

/// A host's time to live: one of the four that Two-DNS offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum HostTtl {
    /// One minute, the default.
    #[default]
    S60,
    /// Five minutes.
    S300,
    /// Four hours.
    S14400,
    /// One day.
    S86400,
}

impl HostTtl {
    /// All of them, the shortest first.
    pub const ALL: [HostTtl; 4] = [HostTtl::S60, HostTtl::S300, HostTtl::S14400, HostTtl::S86400];

    /// Seconds.
    pub const fn secs(self) -> u32 {
        match self {
            HostTtl::S60 => 60,
            HostTtl::S300 => 300,
            HostTtl::S14400 => 14_400,
            HostTtl::S86400 => 86_400,
        }
    }

    /// The longest that is no longer than a record's; the shortest, if all are.
    pub fn at_most(ttl: Ttl) -> HostTtl {
        let shorter = HostTtl::ALL.into_iter().filter(|own| own.secs() <= ttl.secs());
        shorter.max().unwrap_or_default()
    }

    /// As a record's time to live.
    pub const fn ttl(self) -> Ttl {
        Ttl(self.secs())
    }
}

impl TryFrom<u32> for HostTtl {
    type Error = ValueError;

    fn try_from(secs: u32) -> Result<HostTtl, ValueError> {
        HostTtl::ALL.into_iter().find(|ttl| ttl.secs() == secs).ok_or(ValueError::HostTtl)
    }
}

impl From<HostTtl> for u32 {
    fn from(ttl: HostTtl) -> u32 {
        ttl.secs()
    }
}

impl FromStr for HostTtl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<HostTtl, ValueError> {
        HostTtl::ALL.into_iter().find(|ttl| ttl.secs().to_string() == text).ok_or(ValueError::HostTtl)
    }
}

/// An IPv4 address that one host can have: not unspecified, multicast, broadcast or reserved (240/4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ipv4Addr", into = "Ipv4Addr")]
pub struct UnicastV4(Ipv4Addr);

/// An IPv6 address that one host can have: not unspecified, multicast or IPv4-mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ipv6Addr", into = "Ipv6Addr")]
pub struct UnicastV6(Ipv6Addr);

/// An address of either family that one host can have. `::ffff:a.b.c.d` becomes the IPv4 address that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostAddress {
    /// IPv4: touches the A record only.
    V4(UnicastV4),
    /// IPv6: touches the AAAA record only.
    V6(UnicastV6),
}

impl UnicastV4 {
    /// The address itself.
    pub const fn addr(self) -> Ipv4Addr {
        self.0
    }

    /// Whether it is reachable from the whole internet (not private, loopback, link-local, shared or documentation).
    pub fn is_public(self) -> bool {
        let [a, b, ..] = self.0.octets();
        let shared = a == 100 && (64..128).contains(&b);
        !(self.0.is_private()
            || self.0.is_loopback()
            || self.0.is_link_local()
            || self.0.is_documentation()
            || shared
            || a == 0)
    }
}

impl UnicastV6 {
    /// The address itself.
    pub const fn addr(self) -> Ipv6Addr {
        self.0
    }

    /// Whether it is in global unicast space (2000::/3) and not for documentation.
    pub fn is_public(self) -> bool {
        let [first, second, ..] = self.0.segments();
        first & 0xe000 == 0x2000 && !(first == 0x2001 && second == 0x0db8)
    }
}

impl HostAddress {
    /// The address itself.
    pub const fn addr(self) -> IpAddr {
        match self {
            HostAddress::V4(address) => IpAddr::V4(address.0),
            HostAddress::V6(address) => IpAddr::V6(address.0),
        }
    }
}

impl TryFrom<Ipv4Addr> for UnicastV4 {
    type Error = ValueError;

    fn try_from(address: Ipv4Addr) -> Result<UnicastV4, ValueError> {
        let [first, ..] = address.octets();
        if address.is_unspecified() || first >= 224 { Err(ValueError::NotUnicast) } else { Ok(UnicastV4(address)) }
    }
}

impl TryFrom<Ipv6Addr> for UnicastV6 {
    type Error = ValueError;

    fn try_from(address: Ipv6Addr) -> Result<UnicastV6, ValueError> {
        if address.is_unspecified() || address.is_multicast() || address.to_ipv4_mapped().is_some() {
            Err(ValueError::NotUnicast)
        } else {
            Ok(UnicastV6(address))
        }
    }
}

impl TryFrom<IpAddr> for HostAddress {
    type Error = ValueError;

    fn try_from(address: IpAddr) -> Result<HostAddress, ValueError> {
        match address.to_canonical() {
            IpAddr::V4(address) => UnicastV4::try_from(address).map(HostAddress::V4),
            IpAddr::V6(address) => UnicastV6::try_from(address).map(HostAddress::V6),
        }
    }
}

impl FromStr for HostAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<HostAddress, ValueError> {
        let address: IpAddr = text.parse().map_err(|_| ValueError::NotAnAddress)?;
        HostAddress::try_from(address)
    }
}

impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.addr().fmt(f)
    }
}

impl From<UnicastV4> for Ipv4Addr {
    fn from(address: UnicastV4) -> Ipv4Addr {
        address.0
    }
}

impl From<UnicastV6> for Ipv6Addr {
    fn from(address: UnicastV6) -> Ipv6Addr {
        address.0
    }
}

/// The part of a host's IPv6 address that stays when its prefix changes: the low `128 - prefix` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawSuffix", into = "RawSuffix")]
pub struct Ipv6Suffix {
    bits: u128,
    prefix_len: u8,
}

#[derive(Serialize, Deserialize)]
struct RawSuffix {
    bits: Ipv6Addr,
    prefix_len: u8,
}

impl Ipv6Suffix {
    /// The low bits of `bits` behind a prefix of `prefix_len` bits, 48 to 64.
    ///
    /// # Errors
    /// [`ValueError::Suffix`] where the prefix has another length or `bits` reaches into it.
    pub fn new(bits: Ipv6Addr, prefix_len: u8) -> Result<Ipv6Suffix, ValueError> {
        let bits = u128::from(bits);
        let free = 128u32.checked_sub(u32::from(prefix_len)).ok_or(ValueError::Suffix)?;
        if !(48..=64).contains(&prefix_len) || bits.checked_shr(free).unwrap_or(1) != 0 {
            return Err(ValueError::Suffix);
        }
        Ok(Ipv6Suffix { bits, prefix_len })
    }

    /// The interface identifier that a device makes of its MAC address (RFC 4291, appendix A).
    ///
    /// # Errors
    /// [`ValueError::Suffix`] for the address of a group.
    pub fn eui64(mac: [u8; 6]) -> Result<Ipv6Suffix, ValueError> {
        let [a, b, c, d, e, f] = mac;
        if a & 1 != 0 {
            return Err(ValueError::Suffix);
        }
        Ok(Ipv6Suffix { bits: u128::from(u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f])), prefix_len: 64 })
    }

    /// The same in this subnet of whatever prefix is delegated, which must have room for the number.
    #[must_use]
    pub fn in_subnet(self, subnet: u16) -> Ipv6Suffix {
        let interface = self.bits & low_bits(64);
        Ipv6Suffix { bits: (u128::from(subnet) << 64) | interface, prefix_len: 48 }
    }

    /// The subnet that it names; none where the present address says it.
    pub fn subnet(self) -> Option<u16> {
        (self.prefix_len < 64).then(|| u16::try_from(self.bits >> 64).unwrap_or(u16::MAX))
    }

    /// The address behind `prefix`.
    pub fn behind(self, prefix: Ipv6Addr) -> Ipv6Addr {
        Ipv6Addr::from((u128::from(prefix) & !low_bits(self.prefix_len)) | self.bits)
    }

    /// The length of the prefix that a text without one means.
    fn usual_len(bits: u128) -> u8 {
        if bits >> 64 == 0 { 64 } else { 48 }
    }
}

/// The bits behind a prefix of this length.
fn low_bits(prefix_len: u8) -> u128 {
    u128::MAX.checked_shr(u32::from(prefix_len)).unwrap_or(0)
}

/// `::a:b:c:d` for an interface, `::5:a:b:c:d` for one in subnet 5, with the length behind it where that is another
/// (`::a:b:c:d/48` is subnet 0); or a MAC address, with colons or hyphens.
impl FromStr for Ipv6Suffix {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Ipv6Suffix, ValueError> {
        if let Some(mac) = mac(text) {
            return Ipv6Suffix::eui64(mac);
        }
        let (bits, len) = text.split_once('/').map_or((text, None), |(bits, len)| (bits, Some(len)));
        let bits: Ipv6Addr = bits.parse().map_err(|_| ValueError::Suffix)?;
        let len = match len {
            Some(len) => decimal(len).ok_or(ValueError::Suffix)?,
            None => Ipv6Suffix::usual_len(u128::from(bits)),
        };
        if u128::from(bits) == 0 { Err(ValueError::Suffix) } else { Ipv6Suffix::new(bits, len) }
    }
}

impl fmt::Display for Ipv6Suffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = Ipv6Addr::from(self.bits);
        if self.prefix_len == Ipv6Suffix::usual_len(self.bits) {
            bits.fmt(f)
        } else {
            f.pad(&format!("{bits}/{}", self.prefix_len))
        }
    }
}

/// A number as it is written: without sign or zeros in front.
fn decimal<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number: &T| number.to_string() == text)
}

/// Six pairs of hexadecimal digits.
fn mac(text: &str) -> Option<[u8; 6]> {
    let separator = if text.contains('-') { '-' } else { ':' };
    let pair = |text: &str| {
        let hexadecimal = text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
        hexadecimal.then(|| u8::from_str_radix(text, 16).ok()).flatten()
    };
    let octets: Option<Vec<u8>> = text.split(separator).map(pair).collect();
    octets?.try_into().ok()
}

/// An IPv6 prefix that a site is given: 48 to 64 bits of unicast addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ipv6Prefix {
    bits: u128,
    len: u8,
}

impl Ipv6Prefix {
    /// The first `len` bits of an address; the others mean nothing.
    ///
    /// # Errors
    /// [`ValueError::Prefix`] where the length is another, or the prefix is that of groups or begins with 48 zeros.
    pub fn new(address: Ipv6Addr, len: u8) -> Result<Ipv6Prefix, ValueError> {
        let zeros = u128::from(address) >> 80 == 0;
        if !(48..=64).contains(&len) || address.is_multicast() || zeros {
            return Err(ValueError::Prefix);
        }
        Ok(Ipv6Prefix { bits: u128::from(address) & !low_bits(len), len })
    }

    /// How many bits it has: 48 to 64.
    #[expect(clippy::len_without_is_empty, reason = "no prefix is empty: it is the field's word for its bits")]
    pub fn len(self) -> u8 {
        self.len
    }

    /// The address that a host has behind it: what the host's suffix does not say is as in its present address, and 0
    /// without one.
    ///
    /// # Errors
    /// [`PrefixMisfit`].
    pub fn address_of(self, suffix: Option<Ipv6Suffix>, present: Option<UnicastV6>) -> Result<UnicastV6, PrefixMisfit> {
        let present = present.map(|present| u128::from(present.addr()));
        let below = match (suffix, present) {
            (None, None) => return Err(PrefixMisfit::NoSuffix),
            (None, Some(present)) => present,
            (Some(suffix), _) if suffix.bits & !low_bits(self.len) != 0 => return Err(PrefixMisfit::Subnet),
            (Some(suffix), present) => (present.unwrap_or(0) & !low_bits(suffix.prefix_len)) | suffix.bits,
        };
        let address = Ipv6Addr::from(self.bits | (below & low_bits(self.len)));
        UnicastV6::try_from(address).map_err(|_| PrefixMisfit::NoSuffix) // Never: its prefix is unicast.
    }
}

/// Why a host has no address behind a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixMisfit {
    /// It has neither a suffix nor an address that one could be taken from.
    NoSuffix,
    /// The prefix is too long for the number of the host's subnet.
    Subnet,
}

/// `2001:db8:1:2::/64`, and the same without a length; in an address with a length the rest means nothing.
impl FromStr for Ipv6Prefix {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Ipv6Prefix, ValueError> {
        let (address, len) = text.split_once('/').unwrap_or((text, "64"));
        let address = address.parse().map_err(|_| ValueError::Prefix)?;
        Ipv6Prefix::new(address, decimal(len).ok_or(ValueError::Prefix)?)
    }
}

impl fmt::Display for Ipv6Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", Ipv6Addr::from(self.bits), self.len))
    }
}

impl TryFrom<RawSuffix> for Ipv6Suffix {
    type Error = ValueError;

    fn try_from(raw: RawSuffix) -> Result<Ipv6Suffix, ValueError> {
        Ipv6Suffix::new(raw.bits, raw.prefix_len)
    }
}

impl From<Ipv6Suffix> for RawSuffix {
    fn from(suffix: Ipv6Suffix) -> RawSuffix {
        RawSuffix { bits: Ipv6Addr::from(suffix.bits), prefix_len: suffix.prefix_len }
    }
}

/// How long a host or client may be silent before it counts as missed: 60 seconds to 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Heartbeat(NonZeroU32);

impl Heartbeat {
    /// The interval.
    pub fn interval(self) -> Duration {
        Duration::from_secs(u64::from(self.0.get()))
    }
}

impl TryFrom<u32> for Heartbeat {
    type Error = ValueError;

    fn try_from(secs: u32) -> Result<Heartbeat, ValueError> {
        match NonZeroU32::new(secs) {
            Some(secs) if policy::HEARTBEAT_SECS.contains(&secs.get()) => Ok(Heartbeat(secs)),
            _ => Err(ValueError::Heartbeat),
        }
    }
}

impl FromStr for Heartbeat {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Heartbeat, ValueError> {
        decimal::<u32>(text).ok_or(ValueError::Heartbeat)?.try_into()
    }
}

impl fmt::Display for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Heartbeat> for u32 {
    fn from(heartbeat: Heartbeat) -> u32 {
        heartbeat.0.get()
    }
}

/// How long a challenge value lives: 60 seconds to 7 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ChallengeLife(u32);

impl ChallengeLife {
    /// The time itself.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }

    pub(crate) fn is_usual(&self) -> bool {
        *self == ChallengeLife::default()
    }
}

impl Default for ChallengeLife {
    fn default() -> ChallengeLife {
        ChallengeLife(policy::CHALLENGE_LIFE_SECS)
    }
}

impl TryFrom<u32> for ChallengeLife {
    type Error = ValueError;

    fn try_from(secs: u32) -> Result<ChallengeLife, ValueError> {
        let good = policy::CHALLENGE_LIFE_RANGE.contains(&secs);
        if good { Ok(ChallengeLife(secs)) } else { Err(ValueError::ChallengeLife) }
    }
}

impl FromStr for ChallengeLife {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<ChallengeLife, ValueError> {
        decimal::<u32>(text).ok_or(ValueError::ChallengeLife)?.try_into()
    }
}

impl From<ChallengeLife> for u32 {
    fn from(life: ChallengeLife) -> u32 {
        life.0
    }
}

/// Whether a host or client is offline, and by whose word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Offline {
    /// Online.
    #[default]
    No,
    /// Somebody said so, and only somebody's word ends it.
    Manual,
    /// Its heartbeat was missed; the next update ends it.
    Missed,
}

impl Offline {
    /// Whether it is online.
    pub fn is_online(&self) -> bool {
        matches!(self, Offline::No)
    }
}

/// Leads to a secret in the secrets table: the log names secrets and never holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretId(NonZeroU64);

impl SecretId {
    /// The id itself, fresh and random; 0 is none.
    pub fn new(id: u64) -> Option<SecretId> {
        NonZeroU64::new(id).map(SecretId)
    }

    /// The id itself.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $error:ident, $check:expr, $fold:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                let check: fn(&str) -> bool = $check;
                let fold: fn(&str) -> SmolStr = $fold;
                if check(text) { Ok(Self(fold(text))) } else { Err(ValueError::$error) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        text_serde!($name);
    };
}

text_value!(
    /// What an account signs in with: an e-mail address or a plain user name, 1 to 254 printable ASCII characters
    /// without a colon (RFC 7617), kept in lower case.
    Login, Login,
    |text| (1..=policy::LOGIN_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b':'),
    |text| SmolStr::new(text.to_ascii_lowercase())
);
text_value!(
    /// An e-mail address that mail can be sent to (RFC 5321), kept in lower case: a dot-atom of at most 64 octets, `@`, and
    /// a domain name of at least two labels. Each is a [`Login`].
    MailAddress, MailAddress,
    is_mail_address,
    |text| SmolStr::new(text.to_ascii_lowercase())
);

impl MailAddress {
    /// A login, if mail can be sent to it.
    pub fn of(login: &Login) -> Option<MailAddress> {
        login.as_str().parse().ok()
    }

    /// What an account with this address signs in with.
    pub fn login(&self) -> Login {
        Login(self.0.clone())
    }
}

fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_atom =
        |atom: &str| !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || ATEXT.contains(&b));
    let is_local = local.len() <= 64 && local.split('.').all(is_atom);
    // No top-level domain is a number (RFC 3696, section 2): that is an address without its brackets.
    let is_number = domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    let is_name = domain.parse::<Fqdn>().is_ok() && !domain.ends_with('.');
    text.len() <= policy::LOGIN_MAX && is_local && is_name && !is_number
}

/// What an atom holds besides letters and digits (RFC 5322, section 3.2.3).
const ATEXT: &[u8] = b"!#$%&'*+-/=?^_`{|}~";

text_value!(
    /// A client's key (clients dialect): 1 to 64 of `A-Z a-z 0-9 . _ : -`, but not `.` or `..`.
    ClientKey, ClientKey,
    |text| (1..=policy::CLIENT_KEY_MAX).contains(&text.len()) && text != "." && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b)),
    |text| SmolStr::new(text)
);
text_value!(
    /// What an owner calls a token: up to 64 octets without control characters.
    TokenLabel, TokenLabel,
    |text| text.len() <= policy::TOKEN_LABEL_MAX && !text.chars().any(char::is_control),
    |text| SmolStr::new(text)
);

impl TokenLabel {
    /// What the token is called that an account gets when it is confirmed, and that takes its place.
    pub const API_TOKEN: TokenLabel = TokenLabel(SmolStr::new_static("API token"));
}

text_value!(
    /// A free text beside a domain or record: up to 160 characters.
    Description, Description,
    |text| text.chars().count() <= policy::DESCRIPTION_MAX,
    |text| SmolStr::new(text)
);
text_value!(
    /// A TXT value that proves control to a certificate authority: 1 to 255 printable ASCII characters.
    ChallengeValue, Challenge,
    |text| (1..=policy::CHALLENGE_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()),
    |text| SmolStr::new(text)
);
text_value!(
    /// One label that no host in a shared domain may have as its first, in lower case.
    ReservedLabel, ReservedLabel,
    |text| text.parse::<Name>().is_ok_and(|name| name.label_count() == 1),
    |text| SmolStr::new(text.to_ascii_lowercase())
);

/// The person responsible for a zone, as an e-mail address; the SOA record's RNAME (RFC 1035, section 8).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    local: SmolStr,
    domain: Name,
}

impl Mailbox {
    /// `hostmaster` at a zone (RFC 2142), or at the nearest name above it where that would be too long.
    pub fn hostmaster(zone: &Name) -> Mailbox {
        const LOCAL: &str = "hostmaster";
        let mut above = std::iter::successors(Some(zone.clone()), Name::parent);
        let domain = above.find(|domain| Mailbox::fits(LOCAL, domain)).unwrap_or(Name::ROOT);
        Mailbox { local: SmolStr::new_static(LOCAL), domain }
    }

    /// Whether the local part as one more label leaves the name within its bounds.
    fn fits(local: &str, domain: &Name) -> bool {
        local.len() <= policy::LABEL_MAX && domain.wire_len().saturating_add(local.len()) < policy::NAME_WIRE_MAX
    }

    /// The part before the `@`: the first label of the RNAME, which may hold dots.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &Name {
        &self.domain
    }
}

impl FromStr for Mailbox {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Mailbox, ValueError> {
        let (local, domain) = text.rsplit_once('@').ok_or(ValueError::Mailbox)?;
        let good = |b: u8| b.is_ascii_graphic() && !b"@\"\\()<>,;:[]".contains(&b);
        let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
        if local.is_empty() || dots || !local.bytes().all(good) {
            return Err(ValueError::Mailbox);
        }
        let domain: Name = domain.parse().map_err(|_| ValueError::Mailbox)?;
        if domain.is_root() || domain.is_wildcard() || !Mailbox::fits(local, &domain) {
            return Err(ValueError::Mailbox);
        }
        Ok(Mailbox { local: SmolStr::new(local), domain })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

text_serde!(Mailbox);

/// Why a value was refused at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A host's ttl is one of 60, 300, 14400 and 86400.
    #[error("a host's ttl is one of 60, 300, 14400 and 86400 seconds")]
    HostTtl,
    /// A record's ttl is 0 to 2147483647.
    #[error("a ttl is 0 to {} seconds", Ttl::MAX.0)]
    Ttl,
    /// An address is an IPv4 or IPv6 literal.
    #[error("this is not an IPv4 or IPv6 address")]
    NotAnAddress,
    /// A host's address is unicast: not unspecified, multicast, broadcast or reserved.
    #[error("a host's address is unicast: not unspecified, multicast, broadcast or reserved")]
    NotUnicast,
    /// A suffix fits behind a prefix of 48 to 64 bits.
    #[error("an IPv6 suffix fits behind a prefix of 48 to 64 bits")]
    Suffix,
    /// A prefix is 48 to 64 bits of unicast addresses.
    #[error("a prefix is an IPv6 address with a length of 48 to 64, such as 2001:db8:1:2::/64")]
    Prefix,
    /// A network is an address with or without a length.
    #[error("a network is an address with a length, such as 192.0.2.0/24, or an address alone")]
    Network,
    /// A heartbeat is 60 seconds to 30 days.
    #[error("a heartbeat is 60 seconds to 30 days")]
    Heartbeat,
    /// A challenge value lives for 60 seconds to 7 days.
    #[error("a challenge value lives for {} to {} seconds", policy::CHALLENGE_LIFE_RANGE.start(), policy::CHALLENGE_LIFE_RANGE.end())]
    ChallengeLife,
    /// A login is 1 to 254 printable ASCII characters without a colon.
    #[error("a login is 1 to {} printable ASCII characters without a colon", policy::LOGIN_MAX)]
    Login,
    /// An e-mail address is a local part, `@` and a domain.
    #[error("this is not an e-mail address that mail can be sent to")]
    MailAddress,
    /// A language is `en` or `de`.
    #[error("a language is en or de")]
    Language,
    /// A client key is 1 to 64 of letters, digits and `._:-`, but not `.` or `..`.
    #[error("a client key is 1 to {} of letters, digits, and . _ : -", policy::CLIENT_KEY_MAX)]
    ClientKey,
    /// A token's label is at most 64 octets without control characters.
    #[error("a token's label is at most {} octets without control characters", policy::TOKEN_LABEL_MAX)]
    TokenLabel,
    /// A description is at most 160 characters.
    #[error("a description is at most {} characters", policy::DESCRIPTION_MAX)]
    Description,
    /// A challenge value is 1 to 255 printable ASCII characters.
    #[error("a challenge value is 1 to {} printable ASCII characters", policy::CHALLENGE_MAX)]
    Challenge,
    /// A reserved label is one label of a domain name.
    #[error("a reserved label is one label of a domain name")]
    ReservedLabel,
    /// A mailbox is an e-mail address whose local part fits one label.
    #[error("this is not an e-mail address that a SOA record can hold")]
    Mailbox,
    /// A pattern of host names has letters, digits, hyphens, dots and `*`.
    #[error("a host pattern is a host name, in which * stands for any run of characters")]
    HostPattern,
    /// A list has a named upper bound.
    #[error("the list has more than {0} entries")]
    TooMany(usize),
}
