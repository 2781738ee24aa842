//! What links begin with.

use std::net::SocketAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use actix_web::rt::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::lenient::Lenient;
use crate::settings::HttpSettings;

/// What links begin with: the configured base URL, else the `Host` header if it is on the allow-list, else the address
/// that the caller reached, by the scheme that it came by. A header that nobody vouched for never gets into a link.
pub(crate) fn base(request: &HttpRequest, settings: &HttpSettings) -> String {
    if let Some(base) = &settings.base_url {
        return base.to_string();
    }
    let Some(Reached { scheme, address }) = request.conn_data() else { return String::new() };
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    match host.filter(|host| is_allowed(host, &settings.allowed_hosts)) {
        Some(host) => format!("{scheme}://{}", host.to_ascii_lowercase()),
        None => format!("{scheme}://{address}"),
    }
}

fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let name = without_port(host);
    allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(host) || allowed.eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// How a connection came in: the scheme, and the address of ours.
#[derive(Clone, Copy)]
struct Reached {
    scheme: &'static str,
    address: SocketAddr,
}

/// Keeps, with each connection, how it came in.
pub(crate) fn remember_local_address<S: Transport>(stream: &Lenient<S>, connection: &mut actix_web::dev::Extensions) {
    if let Ok(address) = stream.get_ref().socket().local_addr() {
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        connection.insert(Reached { scheme: S::SCHEME, address });
    }
}

/// What HTTP comes in on.
pub(crate) trait Transport {
    /// What its URLs begin with.
    const SCHEME: &'static str;

    /// The socket below.
    fn socket(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    const SCHEME: &'static str = "http";

    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    const SCHEME: &'static str = "https";

    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}
