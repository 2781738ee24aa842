//! `ddnsd demo`: a throw-away service, and the lines that try it.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use ddns_core::{
    AccountState, Caller, Command, HostTtl, NewAccount, NewDomain, NewHost, NewToken, Receipt, Role, Scope, Settings,
    policy,
};
use ddns_http::HttpSettings;
use ddns_service::{Options, Origin, Reply, Request, Service, ServiceError, fresh};
use ddns_store::{FileStore, Secret, StoreError};
use secrecy::{ExposeSecret, SecretString};

use crate::config::LogFormat;
use crate::running::{Running, StartError};
use crate::typed::Demo;
use crate::{logs, signals};

const DOMAIN: &str = "dyn.example";
const HOST: &str = "home.dyn.example";
const LOGIN: &str = "demo";
/// An address for documentation (RFC 5737).
const ADDRESS: &str = "192.0.2.1";

impl Demo {
    /// Serves until a signal, from a directory that goes with it.
    pub(crate) fn run(&self, stdout: &mut dyn Write) -> Result<(), StartError> {
        logs::begin(LogFormat::Human, "warn")?;
        let directory = tempfile::Builder::new().prefix("ddnsd-demo-").tempdir()?;
        signals::until_signal(|| self.start(directory.path(), stdout))?;
        Ok(directory.close()?)
    }

    fn start(&self, directory: &Path, stdout: &mut dyn Write) -> Result<Running, StartError> {
        let service = Service::start(Box::new(FileStore::open(directory)?), Options::default())?;
        let token = furnish(&service).map_err(StartError::Settings)?;
        let running = Running::start(service, &self.http, &self.dns, HttpSettings::default())?;
        let lines = lines(running.http(), running.dns(), token.expose_secret());
        running.announce(stdout);
        // Nobody need listen.
        let _told = stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush());
        Ok(running)
    }
}

/// A shared domain, an account, its token and its host.
fn furnish(service: &Service) -> Result<SecretString, ServiceError> {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    ask(service, Command::SetSettings(Settings { ns_addresses: vec![here], ..Settings::default() }), None)?;
    let (id, name) = (fresh::uuid(), parsed(DOMAIN)?);
    let domain = NewDomain { id, name, owner: None, shared: true, email: None, ttl: None, description: None };
    ask(service, Command::AddDomain(domain), None)?;
    let account = NewAccount {
        id: fresh::uuid(),
        login: parsed(LOGIN)?,
        state: AccountState::Active,
        role: Role::User,
        max_hosts: policy::HOSTS_PER_ACCOUNT,
        max_domains: policy::DOMAINS_PER_ACCOUNT,
        language: Default::default(),
        password: None,
    };
    let Receipt::Account(account) = ask(service, Command::AddAccount(account), None)?.receipt else {
        return Err(other());
    };
    let owner = account.number;
    let host = NewHost {
        name: parsed(HOST)?,
        owner,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::default(),
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    ask(service, Command::AddHost(host), None)?;
    let ((shown, digest), secret) = (fresh::token(), fresh::secret_id());
    let token = NewToken { id: fresh::uuid(), account: owner, label: parsed("demo")?, scope: Scope::FULL, secret };
    ask(service, Command::AddToken(token), Some((secret, digest)))?;
    Ok(shown)
}

fn ask(
    service: &Service,
    command: Command,
    secret: Option<(ddns_core::SecretId, Secret)>,
) -> Result<Reply, ServiceError> {
    let mut request = Request::new(Caller::Local, command, Origin::new("demo"));
    request.secrets.extend(secret);
    service.submit_blocking(request)
}

/// The demo's own words pass the same doors as everybody's.
fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, ServiceError> {
    text.parse().map_err(|_| other())
}

fn other() -> ServiceError {
    ServiceError::Unavailable(StoreError::Contradiction("the demo's own words were refused".to_owned()).to_string())
}

/// The lines to paste, with the ports that were taken.
fn lines(http: &[SocketAddr], dns: &[SocketAddr], token: &str) -> String {
    let mut lines =
        format!("\nA throw-away service with the domain {DOMAIN} and the host {HOST}; Ctrl-C ends and removes it.\n");
    if let Some(http) = http.first().copied().map(reachable) {
        let url = format!("http://{http}/nic/update?hostname={HOST}&myip={ADDRESS}");
        lines.push_str(&format!("\nReport an address, as a router does:\n  curl -u {LOGIN}:{token} '{url}'\n"));
    }
    if let Some(dns) = dns.first().copied().map(reachable) {
        lines.push_str(&format!("\nAsk for it:\n  dig +short @{} -p {} {HOST}\n", dns.ip(), dns.port()));
    }
    lines
}

/// An address that a program on this machine can reach: a wildcard is none.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_have_addresses_that_can_be_reached() {
        let lines = lines(&["[::]:80".parse().unwrap()], &["0.0.0.0:53".parse().unwrap()], "secret");
        assert!(lines.contains("'http://[::1]:80/nic/update?") && lines.contains("@127.0.0.1 -p 53 "), "{lines}");
    }
}
