//! What links begin with.

use std::net::SocketAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use actix_web::rt::net::TcpStream;

use crate::lenient::Lenient;
use crate::settings::HttpSettings;

/// What links begin with: the configured base URL, else the `Host` header if it is on the allow-list, else the address
/// that the caller reached. A header that nobody vouched for never gets into a link.
pub(crate) fn base(request: &HttpRequest, settings: &HttpSettings) -> String {
    if let Some(base) = &settings.base_url {
        return base.trim_end_matches('/').to_owned();
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    match host.filter(|host| is_allowed(host, &settings.allowed_hosts)) {
        Some(host) => format!("http://{}", host.to_ascii_lowercase()),
        None => reached(request).map(|address| format!("http://{address}")).unwrap_or_default(),
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

/// The address of ours that a connection came in on.
#[derive(Clone, Copy)]
struct Reached(SocketAddr);

/// Keeps, with each connection, the address of ours that it came in on.
pub(crate) fn remember_local_address(stream: &Lenient<TcpStream>, connection: &mut actix_web::dev::Extensions) {
    if let Ok(address) = stream.get_ref().local_addr() {
        connection.insert(Reached(SocketAddr::new(address.ip().to_canonical(), address.port())));
    }
}

fn reached(request: &HttpRequest) -> Option<SocketAddr> {
    request.conn_data::<Reached>().map(|reached| reached.0)
}
