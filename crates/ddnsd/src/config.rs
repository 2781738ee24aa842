//! The configuration: one list of keys, each with a flag, an environment variable and a line in the file.
//!
//! What a flag says wins over the environment, which wins over the file, which wins over the default.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use ddns_core::{ChallengeLife, Network, ReservedLabel, Settings, SignUp};
use ddns_http::{BaseUrl, HttpSettings};
use ddns_mail::{Encryption, RelayAddress, Sender, SettingError};
use ddns_service::Options;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::mail::Mail;

/// Where HTTP is served unless something else is said.
pub(crate) const HTTP: &str = "127.0.0.1:8053";
/// Where DNS is served unless something else is said.
pub(crate) const DNS: &str = "127.0.0.1:5300";
const DATA: &str = "./ddns-data";

/// The keys of the configuration as they were given: on the command line, in the environment, or in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keys {
    /// The data directory; it is made if it is not there
    #[arg(long, env = "DDNSD_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where plain HTTP is served; port 0 takes a free port; with https, not at all unless it is given
    #[arg(long, env = "DDNSD_HTTP", value_name = "ADDR:PORT", value_delimiter = ',')]
    pub(crate) http: Option<Vec<SocketAddr>>,
    /// Where HTTPS is served, with the certificate in tls_cert; port 0 takes a free port
    #[arg(long, env = "DDNSD_HTTPS", value_name = "ADDR:PORT", value_delimiter = ',')]
    pub(crate) https: Option<Vec<SocketAddr>>,
    /// The server's certificate with its chain (PEM); taken over anew when it changes
    #[arg(long, env = "DDNSD_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key without a passphrase (PEM); taken over anew when it changes
    #[arg(long, env = "DDNSD_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Where DNS is served over UDP and TCP; port 0 takes a free port
    #[arg(long, env = "DDNSD_DNS", value_name = "ADDR:PORT", value_delimiter = ',')]
    pub(crate) dns: Option<Vec<SocketAddr>>,
    /// Where ns1.<zone> is while no name server is registered; kept in the data
    #[arg(long, env = "DDNSD_NS_ADDRESSES", value_name = "ADDR", value_delimiter = ',')]
    pub(crate) ns_addresses: Option<Vec<IpAddr>>,
    /// Proxies whose X-Forwarded-For or Forwarded header is believed: networks, or single addresses
    #[arg(long, env = "DDNSD_TRUSTED_PROXIES", value_name = "NET", value_delimiter = ',')]
    pub(crate) trusted_proxies: Option<Vec<Network>>,
    /// What links begin with, such as https://ddns.example, and where `ddns kit` sends devices; the data tells it
    #[arg(long, env = "DDNSD_BASE_URL", value_name = "URL")]
    pub(crate) base_url: Option<BaseUrl>,
    /// Host headers that links may be built from where there is no base URL
    #[arg(long, env = "DDNSD_ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')]
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Whether strangers may make accounts: closed, confirm (by a link in a mail) or open; kept in the data
    #[arg(long, env = "DDNSD_SIGN_UP", value_name = "MODE", value_parser = word::<SignUp>)]
    pub(crate) sign_up: Option<SignUp>,
    /// The SMTP server that takes the service's mails; without one, none is sent
    #[arg(long, env = "DDNSD_MAIL_RELAY", value_name = "HOST:PORT")]
    pub(crate) mail_relay: Option<RelayAddress>,
    /// How the connection to the relay is protected: starttls, tls (from the first octet) or none
    #[arg(long, env = "DDNSD_MAIL_TLS", value_name = "MODE", value_parser = word::<Encryption>)]
    pub(crate) mail_tls: Option<Encryption>,
    /// The certificates of whoever vouches for the relay (PEM), in the place of those that the system trusts
    #[arg(long, env = "DDNSD_MAIL_CA", value_name = "FILE")]
    pub(crate) mail_ca: Option<PathBuf>,
    /// Who signs in at the relay
    #[arg(long, env = "DDNSD_MAIL_USER", value_name = "USER")]
    pub(crate) mail_user: Option<String>,
    /// The file that holds the password of mail_user, and nothing else
    #[arg(long, env = "DDNSD_MAIL_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) mail_password_file: Option<PathBuf>,
    /// Who mails are from, such as ddns@example.org or: My service <ddns@example.org>
    #[arg(long, env = "DDNSD_MAIL_FROM", value_name = "SENDER")]
    pub(crate) mail_from: Option<Sender>,
    /// How log lines look, on standard error
    #[arg(long, env = "DDNSD_LOG_FORMAT", value_name = "FORMAT", value_enum)]
    pub(crate) log_format: Option<LogFormat>,
    /// What is logged: error, warn, info, debug or trace, or directives such as info,ddns_http=debug
    #[arg(long, env = "DDNSD_LOG_LEVEL", value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// Days for which a freed name in a shared domain stays reserved for its last owner, 0 for none; kept in the data
    #[arg(long, env = "DDNSD_RESERVATION_DAYS", value_name = "DAYS")]
    pub(crate) reservation_days: Option<u16>,
    /// Seconds for which a certificate authority's challenge value is served, unless it is taken away before; kept in the data
    #[arg(long, env = "DDNSD_CHALLENGE_LIFE_SECS", value_name = "SECONDS")]
    pub(crate) challenge_life_secs: Option<ChallengeLife>,
    /// Labels that no host in a shared domain may have first; kept in the data
    #[arg(long, env = "DDNSD_RESERVED_LABELS", value_name = "LABEL", value_delimiter = ',')]
    pub(crate) reserved_labels: Option<Vec<ReservedLabel>>,
    /// Whether hosts may only have addresses that the whole internet can reach; kept in the data
    #[arg(long, env = "DDNSD_PUBLIC_ADDRESSES_ONLY", value_name = "BOOL", value_parser = BoolishValueParser::new())]
    pub(crate) public_addresses_only: Option<bool>,
    /// Changes that may be made in an hour under one token, or under one account's password; repeats are not counted
    #[arg(long, env = "DDNSD_CHANGES_PER_HOUR", value_name = "NUMBER")]
    pub(crate) changes_per_hour: Option<u32>,
    /// Changes that may be made in an hour from one network: an IPv4 address, an IPv6 /64
    #[arg(long, env = "DDNSD_CHANGES_PER_NETWORK", value_name = "NUMBER")]
    pub(crate) changes_per_network: Option<u32>,
    /// Whether those whose sign-ins fail again and again are slowed; tokens never are
    #[arg(long, env = "DDNSD_SLOW_SIGN_INS", value_name = "BOOL", value_parser = BoolishValueParser::new())]
    pub(crate) slow_sign_ins: Option<bool>,
    #[command(flatten)]
    pub(crate) designate: DesignateKeys,
    #[command(flatten)]
    pub(crate) dyndns: DyndnsKeys,
}

/// The keys of one dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DesignateKeys {
    /// Whether Designate's lists of records tell tenant_id and version too, which its official client refuses
    #[arg(
        id = "designate.list_tenant_and_version",
        long = "designate-list-tenant-and-version",
        env = "DDNSD_DESIGNATE_LIST_TENANT_AND_VERSION",
        value_name = "BOOL",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) list_tenant_and_version: Option<bool>,
}

/// The keys of another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DyndnsKeys {
    /// Whether routers may send username and password, or a token, as parameters of a URL or a form; proxies keep URLs in logs
    #[arg(
        id = "dyndns.query_credentials",
        long = "dyndns-query-credentials",
        env = "DDNSD_DYNDNS_QUERY_CREDENTIALS",
        value_name = "BOOL",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) query_credentials: Option<bool>,
}

/// A word of a few, through the door that it has in a file.
fn word<T: DeserializeOwned>(word: &str) -> Result<T, String> {
    T::deserialize(toml::Value::from(word)).map_err(|error| error.to_string().trim_end().to_owned())
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object in each line.
    Json,
}

/// What the keys mean: everything that the server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// Where plain HTTP is served.
    pub http: Vec<SocketAddr>,
    /// Where HTTPS is served, and with what.
    pub https: Option<Https>,
    /// Where DNS is served.
    pub dns: Vec<SocketAddr>,
    /// What an operator may set about HTTP.
    pub http_settings: HttpSettings,
    /// Where mails are handed over, if anywhere.
    pub mail: Option<Mail>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: String,
    /// What takes the place of settings in the data.
    pub overrides: Overrides,
    /// How much callers may do.
    pub limits: Limits,
}

/// How much callers may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Changes in an hour under one credential.
    pub changes_per_hour: u32,
    /// Changes in an hour from one network.
    pub changes_per_network: u32,
    /// Whether those are slowed whose sign-ins fail.
    pub slow_sign_ins: bool,
}

impl Limits {
    /// How a service runs within them.
    pub(crate) fn options(self) -> Options {
        let Limits { changes_per_hour, changes_per_network, slow_sign_ins } = self;
        Options { changes_per_hour, changes_per_network, slow_sign_ins, ..Options::default() }
    }
}

/// Where HTTPS is served, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Https {
    /// The addresses.
    pub addresses: Vec<SocketAddr>,
    /// The file of the certificate with its chain.
    pub certificate: PathBuf,
    /// The file of the certificate's key.
    pub key: PathBuf,
}

/// Settings that are kept in the data, as far as the configuration names them.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Where `ns1.<zone>` is, while no name server is registered.
    pub ns_addresses: Option<Vec<IpAddr>>,
    /// Days for which a freed name stays reserved.
    pub reservation_days: Option<u16>,
    /// How long a challenge value is served.
    pub challenge_life: Option<ChallengeLife>,
    /// Labels that no host in a shared domain may have first.
    pub reserved_labels: Option<BTreeSet<ReservedLabel>>,
    /// Whether hosts may only have public addresses.
    pub public_addresses_only: Option<bool>,
    /// Whether strangers may make accounts.
    pub sign_up: Option<SignUp>,
    /// Whether mails can be sent.
    pub mail: bool,
    /// Where the service is reached over HTTP.
    pub base_url: Option<BaseUrl>,
}

impl Keys {
    /// Reads a configuration file.
    pub(crate) fn read(path: &Path) -> Result<Keys, ConfigError> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: shown(), source })?;
        toml::from_str(&text).map_err(|source| ConfigError::Toml { path: shown(), source })
    }

    /// These keys, and for those that are not given, `other`'s.
    pub(crate) fn or(self, other: Keys) -> Keys {
        Keys {
            data: self.data.or(other.data),
            http: self.http.or(other.http),
            https: self.https.or(other.https),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            dns: self.dns.or(other.dns),
            ns_addresses: self.ns_addresses.or(other.ns_addresses),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            base_url: self.base_url.or(other.base_url),
            allowed_hosts: self.allowed_hosts.or(other.allowed_hosts),
            sign_up: self.sign_up.or(other.sign_up),
            mail_relay: self.mail_relay.or(other.mail_relay),
            mail_tls: self.mail_tls.or(other.mail_tls),
            mail_ca: self.mail_ca.or(other.mail_ca),
            mail_user: self.mail_user.or(other.mail_user),
            mail_password_file: self.mail_password_file.or(other.mail_password_file),
            mail_from: self.mail_from.or(other.mail_from),
            log_format: self.log_format.or(other.log_format),
            log_level: self.log_level.or(other.log_level),
            reservation_days: self.reservation_days.or(other.reservation_days),
            challenge_life_secs: self.challenge_life_secs.or(other.challenge_life_secs),
            reserved_labels: self.reserved_labels.or(other.reserved_labels),
            public_addresses_only: self.public_addresses_only.or(other.public_addresses_only),
            changes_per_hour: self.changes_per_hour.or(other.changes_per_hour),
            changes_per_network: self.changes_per_network.or(other.changes_per_network),
            slow_sign_ins: self.slow_sign_ins.or(other.slow_sign_ins),
            designate: DesignateKeys {
                list_tenant_and_version: self
                    .designate
                    .list_tenant_and_version
                    .or(other.designate.list_tenant_and_version),
            },
            dyndns: DyndnsKeys { query_credentials: self.dyndns.query_credentials.or(other.dyndns.query_credentials) },
        }
    }

    /// What the keys of the command line and of the file that it names mean together.
    pub(crate) fn with_file(self, file: Option<&Path>) -> Result<Config, ConfigError> {
        let file = file.map(Keys::read).transpose()?.unwrap_or_default();
        self.or(file).means()
    }

    /// The defaults, as they would be written into a file.
    pub(crate) fn defaults() -> Keys {
        let (settings, options) = (Settings::default(), Options::default());
        Keys {
            data: Some(DATA.into()),
            http: Some(HTTP.parse().into_iter().collect()),
            https: Some(Vec::new()),
            tls_cert: None,
            tls_key: None,
            dns: Some(DNS.parse().into_iter().collect()),
            ns_addresses: Some(settings.ns_addresses),
            trusted_proxies: Some(Vec::new()),
            base_url: None,
            allowed_hosts: Some(Vec::new()),
            sign_up: Some(settings.sign_up),
            mail_relay: None,
            mail_tls: Some(Encryption::default()),
            mail_ca: None,
            mail_user: None,
            mail_password_file: None,
            mail_from: None,
            log_format: Some(LogFormat::default()),
            log_level: Some("info".to_owned()),
            reservation_days: Some(settings.reservation_days),
            challenge_life_secs: Some(settings.challenge_life),
            reserved_labels: Some(settings.reserved_labels.into_iter().collect()),
            public_addresses_only: Some(settings.public_addresses_only),
            changes_per_hour: Some(options.changes_per_hour),
            changes_per_network: Some(options.changes_per_network),
            slow_sign_ins: Some(options.slow_sign_ins),
            designate: DesignateKeys { list_tenant_and_version: Some(false) },
            dyndns: DyndnsKeys { query_credentials: Some(false) },
        }
    }

    /// The given keys as a file has them.
    pub(crate) fn table(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }

    /// What the keys mean. Settings in the data stay as they are unless a key names them.
    pub(crate) fn means(self) -> Result<Config, ConfigError> {
        let https = self.https()?;
        let mail = Mail::of(&self)?;
        let overrides = Overrides {
            ns_addresses: self.ns_addresses.clone(),
            reservation_days: self.reservation_days,
            challenge_life: self.challenge_life_secs,
            reserved_labels: self.reserved_labels.clone().map(|labels| labels.into_iter().collect()),
            public_addresses_only: self.public_addresses_only,
            sign_up: self.sign_up,
            mail: mail.is_some(),
            base_url: self.base_url.clone(),
        };
        let unless_given = Keys { http: https.as_ref().map(|_| Vec::new()), ..Keys::default() };
        let keys = self.or(unless_given).or(Keys::defaults());
        let http_settings = HttpSettings {
            trusted_proxies: keys.trusted_proxies.unwrap_or_default().into_iter().map(Into::into).collect(),
            base_url: keys.base_url,
            allowed_hosts: keys.allowed_hosts.unwrap_or_default(),
            list_tenant_and_version: keys.designate.list_tenant_and_version.unwrap_or_default(),
            query_credentials: keys.dyndns.query_credentials.unwrap_or_default(),
            ..HttpSettings::default()
        };
        let limits = Limits {
            changes_per_hour: keys.changes_per_hour.unwrap_or_default(),
            changes_per_network: keys.changes_per_network.unwrap_or_default(),
            slow_sign_ins: keys.slow_sign_ins.unwrap_or_default(),
        };
        Ok(Config {
            data: keys.data.unwrap_or_default(),
            http: keys.http.unwrap_or_default(),
            https,
            dns: keys.dns.unwrap_or_default(),
            http_settings,
            mail,
            log_format: keys.log_format.unwrap_or_default(),
            log_level: keys.log_level.unwrap_or_default(),
            overrides,
            limits,
        })
    }

    /// Where HTTPS is served: all of its keys, or none.
    fn https(&self) -> Result<Option<Https>, ConfigError> {
        let addresses = self.https.clone().filter(|addresses| !addresses.is_empty());
        match (addresses, self.tls_cert.clone(), self.tls_key.clone()) {
            (None, None, None) => Ok(None),
            (Some(addresses), Some(certificate), Some(key)) => Ok(Some(Https { addresses, certificate, key })),
            (None, ..) => Err(ConfigError::HalfHttps { missing: "https" }),
            (_, None, _) => Err(ConfigError::HalfHttps { missing: "tls_cert" }),
            (_, _, None) => Err(ConfigError::HalfHttps { missing: "tls_key" }),
        }
    }
}

impl Overrides {
    /// The settings with what the configuration names in place.
    pub fn over(&self, present: &Settings) -> Settings {
        Settings {
            ns_addresses: self.ns_addresses.clone().unwrap_or_else(|| present.ns_addresses.clone()),
            reserved_labels: self.reserved_labels.clone().unwrap_or_else(|| present.reserved_labels.clone()),
            public_addresses_only: self.public_addresses_only.unwrap_or(present.public_addresses_only),
            reservation_days: self.reservation_days.unwrap_or(present.reservation_days),
            sign_up: self.sign_up.unwrap_or(present.sign_up),
            mail: self.mail,
            challenge_life: self.challenge_life.unwrap_or(present.challenge_life),
            base_url: self.base_url.as_ref().map(ToString::to_string),
        }
    }
}

/// The configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and readable.
    #[error("cannot read the configuration {path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is TOML with known keys and values of their kinds; the error names the line.
    #[error("the configuration {path} is not right: {source}")]
    Toml {
        /// Which file.
        path: String,
        /// Where, and what.
        source: toml::de::Error,
    },
    /// HTTPS has a place, a certificate and a key, or none of them.
    #[error(
        "{missing} is not given; HTTPS needs all of https (where it is served), tls_cert (the certificate's file) and \
         tls_key (its key's file)"
    )]
    HalfHttps {
        /// Which key is missing.
        missing: &'static str,
    },
    /// What is said about mails makes a whole.
    #[error("{key} is given, which needs {missing}, too")]
    HalfMail {
        /// The key that is given.
        key: &'static str,
        /// Which key is missing.
        missing: &'static str,
    },
    /// Links in mails begin with the base URL.
    #[error("base_url does not fit mails: {0}")]
    MailBaseUrl(SettingError),
    /// A password goes over the network encrypted.
    #[error(
        "mail_tls is none, and {relay} is another machine: the password of mail_user would go there for all to read; \
         take starttls or tls, or a relay on this machine"
    )]
    MailInClear {
        /// Where it would go.
        relay: RelayAddress,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_defaults_is_the_defaults() {
        let text = toml::to_string(&Keys::defaults()).unwrap();
        assert_eq!(toml::from_str::<Keys>(&text).unwrap(), Keys::defaults());
    }

    #[test]
    fn the_first_who_speaks_wins() {
        let flag = Keys { reservation_days: Some(1), ..Keys::default() };
        let file = Keys { reservation_days: Some(2), public_addresses_only: Some(true), ..Keys::default() };
        let both = flag.or(file);
        assert_eq!((both.reservation_days, both.public_addresses_only, both.base_url), (Some(1), Some(true), None));
    }

    #[test]
    fn settings_in_the_data_stay_unless_a_key_names_them() {
        let present = Settings { reservation_days: 7, public_addresses_only: true, ..Settings::default() };
        assert_eq!(Keys::default().means().unwrap().overrides.over(&present), present);
        let keys = Keys { reservation_days: Some(0), reserved_labels: Some(Vec::new()), ..Keys::default() };
        let after = keys.means().unwrap().overrides.over(&present);
        assert_eq!((after.reservation_days, after.reserved_labels.len(), after.public_addresses_only), (0, 0, true));
    }

    #[test]
    fn the_data_tells_the_base_url_as_long_as_the_configuration_does() {
        let keys = Keys { base_url: Some("https://ddns.example/".parse().unwrap()), ..Keys::default() };
        let with = keys.means().unwrap().overrides.over(&Settings::default());
        assert_eq!(with.base_url.as_deref(), Some("https://ddns.example"));
        assert_eq!(Keys::default().means().unwrap().overrides.over(&with).base_url, None);
    }

    /// Which keys are given: `h` for http, `s` for https, `c` and `k` for the certificate and its key.
    fn served(given: &str) -> Result<(Vec<SocketAddr>, Option<Https>), String> {
        let at = |letter, port| given.contains(letter).then(|| vec![SocketAddr::from(([127, 0, 0, 1], port))]);
        let file = |letter, name: &str| given.contains(letter).then(|| PathBuf::from(name));
        let (tls_cert, tls_key) = (file('c', "cert.pem"), file('k', "key.pem"));
        let keys = Keys { http: at('h', 80), https: at('s', 443), tls_cert, tls_key, ..Keys::default() };
        keys.means().map(|config| (config.http, config.https)).map_err(|error| error.to_string())
    }

    #[test]
    fn plain_http_is_served_beside_https_only_where_it_is_given() {
        let ports = |given| {
            let (http, https) = served(given).unwrap();
            let port = |addresses: &[SocketAddr]| addresses.iter().map(SocketAddr::port).collect::<Vec<_>>();
            (port(&http), https.map(|https| port(&https.addresses)))
        };
        assert_eq!(ports(""), (vec![8053], None));
        assert_eq!(ports("h"), (vec![80], None));
        assert_eq!(ports("sck"), (vec![], Some(vec![443])));
        assert_eq!(ports("hsck"), (vec![80], Some(vec![443])));
    }

    #[test]
    fn half_of_https_is_an_error_that_names_what_is_missing() {
        for (given, missing) in
            [("s", "tls_cert"), ("sc", "tls_key"), ("sk", "tls_cert"), ("c", "https"), ("hk", "https"), ("ck", "https")]
        {
            let error = served(given).unwrap_err();
            assert!(error.starts_with(&format!("{missing} is not given; HTTPS needs all of")), "{given}: {error}");
        }
        let nowhere = Keys { https: Some(Vec::new()), ..Keys::default() };
        assert_eq!(nowhere.means().unwrap().https, None);
    }
}
