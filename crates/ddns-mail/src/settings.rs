//! What an operator says about the relay, each value behind its own door.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ddns_core::{MailAddress, Name, policy};
use lettre::transport::smtp::client::Certificate;
use lettre::transport::smtp::extension::ClientId;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Where mails are handed over, in whose name, and what their links begin with.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The server that takes our mails and brings them to everybody.
    pub relay: RelayAddress,
    /// How the conversation with it is protected.
    pub encryption: Encryption,
    /// Who vouches for its certificate; none is whom the system trusts.
    pub authorities: Option<Authorities>,
    /// How we sign in there.
    pub login: Option<RelayLogin>,
    /// Who the mails are from.
    pub from: Sender,
    /// What links begin with; its host is what mails call the service.
    pub base_url: BaseUrl,
    /// How long things may take.
    pub limits: Limits,
}

/// How the conversation with the relay is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// By TLS before anything else is said (RFC 3207); a relay that does not offer it gets no mail.
    #[default]
    StartTls,
    /// By TLS from the first octet (RFC 8314).
    Tls,
    /// Not at all: for a relay on this machine.
    None,
}

/// How long things may take. The default is what [`policy`] says.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A conversation is begun within this.
    pub connect: Duration,
    /// A command is answered within this.
    pub command: Duration,
    /// A whole mail is taken within this.
    pub taken: Duration,
    /// How often the outbox looks at the clock, which may have been set.
    pub look: Duration,
    /// How long the mail under way may still take at the stop.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: policy::MAIL_CONNECT,
            command: policy::MAIL_COMMAND,
            taken: policy::MAIL_TAKEN,
            look: policy::MAIL_LOOK,
            stop: policy::MAIL_STOP,
        }
    }
}

/// A relay's `HOST:PORT`; the host is a name, an IPv4 address, or an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelayAddress {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Name(Name),
    Address(IpAddr),
}

impl RelayAddress {
    /// The host as certificates and the system's look-up have it.
    pub(crate) fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.to_string(),
            Host::Address(address) => address.to_string(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether what is said to it stays on this machine.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Name(name) => name.labels_from_root().next() == Some("localhost"),
            Host::Address(address) => address.to_canonical().is_loopback(),
        }
    }
}

impl FromStr for RelayAddress {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<RelayAddress, SettingError> {
        let (host, port) = text.rsplit_once(':').ok_or(SettingError::Relay)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(SettingError::Relay)?;
        Ok(RelayAddress { host: Host::parse(host).ok_or(SettingError::Relay)?, port })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host(), self.port),
        }
    }
}

impl Host {
    fn parse(text: &str) -> Option<Host> {
        if let Some(inside) = text.strip_prefix('[') {
            return inside.strip_suffix(']')?.parse().ok().map(|address| Host::Address(IpAddr::V6(address)));
        }
        if let Ok(address) = text.parse() {
            return Some(Host::Address(IpAddr::V4(address)));
        }
        text.parse().ok().filter(|name: &Name| !name.is_root() && !name.is_wildcard()).map(Host::Name)
    }
}

/// Who mails are from: an address, or `NAME <ADDRESS>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sender {
    pub(crate) name: Option<String>,
    pub(crate) address: MailAddress,
}

impl FromStr for Sender {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Sender, SettingError> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>') {
            Some(text) => text.rsplit_once('<').ok_or(SettingError::Sender)?,
            None => ("", text),
        };
        let name = unquoted(name.trim());
        let bad = |c: char| c.is_control() || c == '"' || c == '\\';
        if name.contains(bad) || name.len() > policy::DESCRIPTION_MAX {
            return Err(SettingError::Sender);
        }
        let address = address.trim().parse().map_err(|_| SettingError::Sender)?;
        Ok(Sender { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => self.address.fmt(f),
        }
    }
}

fn unquoted(name: &str) -> &str {
    name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name)
}

/// Files go through the doors that the command line goes through.
macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = SettingError;

            fn try_from(text: String) -> Result<$name, SettingError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    )*};
}

as_text!(RelayAddress, Sender);

/// How we sign in at the relay.
#[derive(Clone, Debug)]
pub struct RelayLogin {
    pub(crate) user: String,
    pub(crate) password: SecretString,
}

impl RelayLogin {
    /// A user and its password.
    ///
    /// # Errors
    /// [`SettingError`], with the rule that one of them breaks.
    pub fn new(user: &str, password: SecretString) -> Result<RelayLogin, SettingError> {
        let is_good = |text: &str| {
            (1..=policy::PASSWORD_MAX).contains(&text.len()) && !text.chars().any(|c| matches!(c, '\0' | '\r' | '\n'))
        };
        if !is_good(user) {
            return Err(SettingError::User);
        }
        if !is_good(password.expose_secret()) {
            return Err(SettingError::Password);
        }
        Ok(RelayLogin { user: user.to_owned(), password })
    }
}

/// What links begin with: `https://` or `http://`, a host, perhaps a port and a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: String,
}

impl BaseUrl {
    /// The host alone: what mails call the service.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What the service calls itself at the relay (RFC 5321, section 4.1.3).
    pub(crate) fn hello(&self) -> ClientId {
        match Host::parse(&self.host) {
            Some(Host::Address(IpAddr::V4(address))) => ClientId::Ipv4(address),
            Some(Host::Address(IpAddr::V6(address))) => ClientId::Ipv6(address),
            Some(Host::Name(_)) | None => ClientId::Domain(self.host.clone()),
        }
    }
}

impl FromStr for BaseUrl {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<BaseUrl, SettingError> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(SettingError::BaseUrl)?;
        let good = |byte: u8| byte.is_ascii_graphic() && !b"<>\"'\\^`{|}?#@".contains(&byte);
        if text.len() > policy::BASE_URL_MAX || !text.bytes().all(good) {
            return Err(SettingError::BaseUrl);
        }
        let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
        let host = without_port(authority).ok_or(SettingError::BaseUrl)?;
        Host::parse(host).ok_or(SettingError::BaseUrl)?;
        Ok(BaseUrl { text: text.trim_end_matches('/').to_owned(), host: host.to_ascii_lowercase() })
    }
}

fn without_port(authority: &str) -> Option<&str> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => port.parse::<u16>().ok().map(|_| host),
        _ => Some(authority),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Certificates of those who may vouch for the relay, in the place of those that the system trusts.
#[derive(Clone, Debug)]
pub struct Authorities(pub(crate) Vec<Certificate>);

impl Authorities {
    /// One or more certificates (PEM).
    ///
    /// # Errors
    /// [`SettingError::Authorities`].
    pub fn from_pem(pem: &[u8]) -> Result<Authorities, SettingError> {
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|_| SettingError::Authorities)?;
        let mut store = RootCertStore::empty();
        let mut good = Vec::with_capacity(certificates.len());
        for certificate in certificates {
            store.add(certificate.clone()).map_err(|_| SettingError::Authorities)?;
            good.push(Certificate::from_der(certificate.to_vec()).map_err(|_| SettingError::Authorities)?);
        }
        if good.is_empty() { Err(SettingError::Authorities) } else { Ok(Authorities(good)) }
    }
}

/// The rules of these values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A relay is `HOST:PORT`.
    #[error("a relay is HOST:PORT, such as smtp.example.org:587, 192.0.2.1:25 or [2001:db8::1]:25")]
    Relay,
    /// A sender is an e-mail address, with a name or without.
    #[error("a sender is an e-mail address, such as ddns@example.org or: My service <ddns@example.org>")]
    Sender,
    /// A user's name is not empty, and one line.
    #[error("the user at the relay is one line of at most {} octets", policy::PASSWORD_MAX)]
    User,
    /// A password is not empty, and one line.
    #[error("the password at the relay is one line of at most {} octets", policy::PASSWORD_MAX)]
    Password,
    /// A base URL has a scheme and a host, and neither query nor fragment.
    #[error(
        "links in mails begin with http:// or https:// and a host, such as https://ddns.example.org, in at most {} \
         characters",
        policy::BASE_URL_MAX
    )]
    BaseUrl,
    /// Authorities are certificates.
    #[error("it holds no certificate of an authority, or one that cannot be read (PEM)")]
    Authorities,
}
