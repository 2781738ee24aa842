//! The servers over one service, from taking the ports to the stop.

use std::io::{self, Write};
use std::net::SocketAddr;

use ddns_core::{Caller, Command};
use ddns_http::{Certificate, CertificateError, HttpSettings};
use ddns_mail::Outbox;
use ddns_service::{Origin, Request, Service, ServiceError};
use ddns_store::{FileStore, ServerLock, StoreError};

use crate::config::{Config, ConfigError, Overrides};
use crate::exit_code::ExitCode;
use crate::mail::{Mail, MailError};

/// Starts the server of a configuration: the files that it names first, then the lock, the ports, and the data.
///
/// # Errors
/// [`StartError`]; then nothing is served and nothing was changed.
pub fn start(config: &Config) -> Result<Running, StartError> {
    let certificate =
        config.https.as_ref().map(|https| Certificate::load(&https.certificate, &https.key)).transpose()?;
    let mail = config.mail.as_ref().map(Mail::load).transpose()?;
    let lock = ServerLock::take(&config.data)?;
    let mut ports = Ports::bind(&config.http, &config.dns)?;
    if let (Some(https), Some(certificate)) = (&config.https, &certificate) {
        ports.http = ports.http.and_tls(&https.addresses, certificate)?;
    }
    let store = FileStore::open(&config.data)?;
    let service = Service::start(Box::new(store), config.limits.options())?;
    configure(&service, &config.overrides)?;
    let running = ports.serve(service, config.http_settings.clone())?;
    let outbox = mail.map(|settings| ddns_mail::start(running.service.clone(), settings)).transpose()?;
    Ok(Running { outbox, lock: Some(lock), ..running })
}

/// HTTP, DNS and perhaps mail over one service. Dropping it ends them without waiting.
pub struct Running {
    http: ddns_http::Server,
    dns: ddns_dns::Server,
    outbox: Option<Outbox>,
    service: Service,
    lock: Option<ServerLock>,
}

impl Running {
    /// Serves a service on these addresses, HTTP without TLS, and sends no mail; port 0 takes a free port.
    ///
    /// # Errors
    /// [`StartError`], if an address cannot be listened on.
    pub fn start(
        service: Service,
        http: &[SocketAddr],
        dns: &[SocketAddr],
        settings: HttpSettings,
    ) -> Result<Running, StartError> {
        Ports::bind(http, dns)?.serve(service, settings)
    }

    /// Where plain HTTP is served, with the ports that were taken.
    pub fn http(&self) -> &[SocketAddr] {
        self.http.local_addrs()
    }

    /// Where HTTPS is served, with the ports that were taken.
    pub fn https(&self) -> &[SocketAddr] {
        self.http.tls_addrs()
    }

    /// Where DNS is served, with the ports that were taken.
    pub fn dns(&self) -> &[SocketAddr] {
        self.dns.local_addrs()
    }

    /// The service behind them.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Finishes the answers and the mail that are on their way, then ends the service, and gives the data free.
    pub async fn stop(self) {
        let Running { http, dns, outbox, service, lock } = self;
        http.stop().await;
        let ended = tokio::task::spawn_blocking(move || {
            if let Some(outbox) = outbox {
                outbox.stop();
            }
            dns.stop();
            service.stop();
            drop(lock);
        });
        if ended.await.is_err() {
            tracing::error!("a thread had panicked at the stop");
        }
    }

    /// The same outside of async code.
    pub fn stop_blocking(self) {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(self.stop()),
            Err(error) => tracing::error!(%error, "no runtime to stop in; ending at once"),
        }
    }

    /// Tells where it serves, one line for each listener.
    pub(crate) fn announce(&self, stdout: &mut dyn Write) {
        let mut lines = String::new();
        for (protocol, addresses) in [("http", self.http()), ("https", self.https()), ("dns", self.dns())] {
            for address in addresses {
                tracing::info!(protocol, %address, "serving");
                lines.push_str(&format!("{protocol} {address}\n"));
            }
        }
        // Nobody need listen: the log tells the same.
        let _told = stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush());
    }
}

/// Ports that are taken and not yet answered on.
struct Ports {
    http: ddns_http::Listeners,
    dns: ddns_dns::Sockets,
}

impl Ports {
    fn bind(http: &[SocketAddr], dns: &[SocketAddr]) -> Result<Ports, StartError> {
        Ok(Ports { http: ddns_http::bind(http)?, dns: ddns_dns::bind(dns)? })
    }

    fn serve(self, service: Service, settings: HttpSettings) -> Result<Running, StartError> {
        let dns = ddns_dns::serve(self.dns, service.clone())?;
        let http = ddns_http::serve(self.http, service.clone(), settings)?;
        Ok(Running { http, dns, outbox: None, service, lock: None })
    }
}

/// Puts the configuration's settings into the data, where they differ.
fn configure(service: &Service, overrides: &Overrides) -> Result<(), StartError> {
    let settings = overrides.over(service.snapshot().registry.settings());
    let request = Request::new(Caller::Local, Command::SetSettings(settings), Origin::new("configuration"));
    let reply = service.submit_blocking(request).map_err(StartError::Settings)?;
    if reply.changed {
        tracing::info!("took settings over from the configuration");
    }
    Ok(())
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration must be readable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log level must be one.
    #[error("{0}")]
    Logs(String),
    /// The data must be ours, whole, and served by nobody else.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate and its key must be there and belong together.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What mails need must be readable and right.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// HTTP's addresses must be free.
    #[error(transparent)]
    Http(#[from] ddns_http::BindError),
    /// DNS's addresses must be free.
    #[error(transparent)]
    Dns(#[from] ddns_dns::BindError),
    /// The rules must allow the configuration's settings.
    #[error("the configuration's settings cannot be taken over: {0}")]
    Settings(ServiceError),
    /// The system must give threads and event queues.
    #[error("the operating system does not let the server start: {0}")]
    System(#[from] io::Error),
}

impl StartError {
    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            StartError::Certificate(CertificateError::System(_)) => ExitCode::Internal,
            StartError::Config(_)
            | StartError::Logs(_)
            | StartError::Certificate(_)
            | StartError::Mail(_)
            | StartError::Settings(ServiceError::Refused(_)) => ExitCode::Usage,
            StartError::Http(_) | StartError::Dns(_) => ExitCode::Address,
            StartError::Store(_) | StartError::Settings(_) => ExitCode::Unavailable,
            StartError::System(_) => ExitCode::Internal,
        }
    }
}
