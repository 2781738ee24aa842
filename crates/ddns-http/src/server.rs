//! Serving: the listeners, the routes of all dialects over one service, and the stop.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::{GracefulShutdownSignal, ServerBuilder, ServerHandle};
use actix_service::{ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error, web};
use ddns_service::Service;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::lenient::{self, Lenient};
use crate::links::Transport;
use crate::listeners::{Bound, Listeners};
use crate::settings::HttpSettings;
use crate::tls::{Door, HalfOpen};
use crate::{body, designate, events, links, reply, routes, two_dns};

/// How long a stop waits for answers that are on their way.
const STOP_SECS: u64 = 10;
/// How long a caller may take for its request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long a connection may be silent between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a connection may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// Worker threads at most (actix-server's own bound).
const WORKERS_MAX: usize = 512;

/// Answers on the listeners, with threads of its own, until it is stopped or dropped.
///
/// # Errors
/// The operating system's, if it gives no thread; and `InvalidInput` without a listener.
pub fn serve(listeners: Listeners, service: Service, settings: HttpSettings) -> io::Result<Server> {
    let (plain, tls) = (listeners.local_addrs(), listeners.tls_addrs());
    if plain.is_empty() && tls.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no address to serve HTTP on"));
    }
    let (started, handle) = mpsc::channel();
    let run = move || run(listeners, State { service, settings }, &started);
    let thread = thread::Builder::new().name("ddns-http".to_owned()).spawn(run)?;
    match handle.recv() {
        Ok(handle) => Ok(Server { plain, tls, handle, thread: Some(thread) }),
        Err(_) => Err(joined(thread).err().unwrap_or_else(|| io::Error::other("the HTTP server did not start"))),
    }
}

/// A running HTTP server.
#[derive(Debug)]
pub struct Server {
    plain: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<io::Result<()>>>,
}

impl Server {
    /// The addresses that it answers on in plain HTTP, in the order of the listeners.
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.plain
    }

    /// Likewise over TLS.
    pub fn tls_addrs(&self) -> &[SocketAddr] {
        &self.tls
    }

    /// Accepts nothing more, finishes the answers that are on their way, and ends.
    pub async fn stop(mut self) {
        self.handle.stop(true).await;
        if let Some(Err(error)) = self.thread.take().map(joined) {
            tracing::error!(%error, "the HTTP server ended badly");
        }
    }
}

impl Drop for Server {
    /// A server that nobody stopped ends at once.
    fn drop(&mut self) {
        if self.thread.is_some() {
            drop(self.handle.stop(false)); // The request to stop is sent by the call itself; the future only waits.
        }
    }
}

/// What every handler may use.
pub(crate) struct State {
    pub(crate) service: Service,
    pub(crate) settings: HttpSettings,
}

fn run(listeners: Listeners, state: State, started: &mpsc::Sender<ServerHandle>) -> io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let workers = state.settings.workers;
        let mut builder = ServerBuilder::new().disable_signals().shutdown_timeout(STOP_SECS);
        if let Some(workers) = workers {
            builder = builder.workers(workers.get().min(WORKERS_MAX));
        }
        let state = web::Data::new(state);
        for bound in listeners.plain {
            builder = listen(builder, bound, &state)?;
        }
        let half_open = HalfOpen::default();
        for (bound, certificate) in listeners.tls {
            let door = Door::new(certificate, half_open.clone(), builder.graceful_shutdown_signal());
            builder = listen_behind(door, builder, bound, &state)?;
        }
        let server = builder.run();
        let _ = started.send(server.handle());
        server.await
    })
}

fn listen(builder: ServerBuilder, bound: Bound, state: &web::Data<State>) -> io::Result<ServerBuilder> {
    let Bound { address, listener } = bound;
    let (state, stopping) = (state.clone(), builder.graceful_shutdown_signal());
    builder.listen(format!("http {address}"), listener, move || {
        fn_service(|stream| async { Ok(accepted(stream)) }).and_then(http(address, state.clone(), stopping.clone()))
    })
}

/// The same, with a TLS handshake before it.
fn listen_behind(
    door: Door,
    builder: ServerBuilder,
    bound: Bound,
    state: &web::Data<State>,
) -> io::Result<ServerBuilder> {
    let Bound { address, listener } = bound;
    let (state, stopping) = (state.clone(), builder.graceful_shutdown_signal());
    builder.listen(format!("https {address}"), listener, move || {
        let door = door.clone();
        let open = move |stream| {
            let door = door.clone();
            async move {
                let (stream, peer) = accepted(stream);
                Ok((door.open(stream).await?, peer))
            }
        };
        fn_service(open).and_then(http(address, state.clone(), stopping.clone()))
    })
}

fn accepted(stream: TcpStream) -> (TcpStream, Option<SocketAddr>) {
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().ok();
    (stream, peer)
}

/// What becomes of a connection: actix-web's application behind a stream that forgives old routers.
fn http<S: Transport + AsyncRead + AsyncWrite + Unpin + 'static>(
    address: SocketAddr,
    state: web::Data<State>,
    stopping: GracefulShutdownSignal,
) -> impl ServiceFactory<(S, Option<SocketAddr>), Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_LIMIT)
        .client_disconnect_timeout(CLOSE_LIMIT)
        .local_addr(address)
        .on_connect_ext(links::remember_local_address)
        .h1(map_config(application(state), |()| AppConfig::default()));
    fn_service(|(stream, peer)| async move { Ok((Lenient::new(stream), peer)) }).and_then(http)
}

/// The routes of all dialects, and what every request passes on its way to them.
fn application(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state)
        .app_data(body::limit())
        .configure(routes::configure)
        .default_service(web::to(two_dns::no_such_route))
        .wrap(from_fn(reply::tell_next_hour))
        .wrap(from_fn(designate::trim))
        .wrap(from_fn(lenient::spell_headers))
        .wrap(from_fn(events::record))
}

fn joined(thread: thread::JoinHandle<io::Result<()>>) -> io::Result<()> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread of the HTTP server panicked")))
}
