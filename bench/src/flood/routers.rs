//! Those who are in the right: routers that report a new address every so often, with a token or with a password that was
//! right before.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::connection::Connection;
use crate::http::{basic, request};

/// How long an update may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// One router, and what it signs in with.
#[derive(Clone)]
pub(super) struct Router {
    pub(super) host: String,
    pub(super) secret: String,
    pub(super) by_password: bool,
}

/// What became of the updates.
#[derive(Default)]
pub(super) struct Updates {
    pub(super) done: u64,
    /// By password; the others are by token.
    pub(super) done_by_password: u64,
    /// What came in the place of `good`.
    pub(super) failed: Vec<String>,
    /// Microseconds until the answer.
    pub(super) waits: Vec<u32>,
}

impl Updates {
    pub(super) fn add(&mut self, other: Updates) {
        self.done = self.done.saturating_add(other.done);
        self.done_by_password = self.done_by_password.saturating_add(other.done_by_password);
        self.failed.extend(other.failed);
        self.waits.extend(other.waits);
    }
}

/// Each router sends an update in each period until the time is over. No two addresses of a host are the same.
pub(super) fn run(
    server: SocketAddr,
    routers: &[Router],
    period: Duration,
    turn: u32,
    end: Instant,
) -> anyhow::Result<Updates> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut running = JoinSet::new();
        for router in routers {
            let router = router.clone();
            running.spawn(async move { report(server, &router, period, turn, end).await });
        }
        let mut all = Updates::default();
        while let Some(updates) = running.join_next().await {
            all.add(updates.context("a router failed")?);
        }
        Ok(all)
    })
}

async fn report(server: SocketAddr, router: &Router, period: Duration, turn: u32, end: Instant) -> Updates {
    let authorization = basic(super::LOGIN, &router.secret);
    let (mut updates, mut kept, mut ticks) = (Updates::default(), None, interval(period));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut address = u32::from(Ipv4Addr::new(10, 0, 0, 0)).saturating_add(turn.saturating_mul(1 << 16));
    while Instant::now() < end {
        ticks.tick().await;
        address = address.saturating_add(1);
        let address = Ipv4Addr::from(address);
        let path = format!("/nic/update?hostname={}&myip={address}", router.host);
        let request = request("GET", &path, &authorization, "", true);
        let began = Instant::now();
        match timeout(PATIENCE, ask(server, &mut kept, &request)).await {
            Ok(Ok(body)) if body.trim() == format!("good {address}") => {
                updates.done = updates.done.saturating_add(1);
                updates.done_by_password = updates.done_by_password.saturating_add(router.by_password.into());
                updates.waits.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            Ok(Ok(body)) => updates.failed.push(body),
            Ok(Err(error)) => updates.failed.push(error.to_string()),
            Err(_) => updates.failed.push("no answer in time".to_owned()),
        }
    }
    updates
}

async fn ask(server: SocketAddr, kept: &mut Option<Connection>, request: &[u8]) -> io::Result<String> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => Connection::new(TcpStream::connect(server).await?)?,
    };
    let answer = connection.ask(request).await?;
    let body = String::from_utf8_lossy(answer.body).into_owned();
    if !answer.last {
        *kept = Some(connection);
    }
    Ok(body)
}
