//! The signals that end the server: the first one gracefully, the second one at once.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::running::{Running, StartError};

/// Starts the server and serves until SIGTERM or SIGINT.
pub(crate) fn until_signal(start: impl FnOnce() -> Result<Running, StartError>) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let guard = runtime.enter();
    let mut signals = Signals::listen()?;
    drop(guard);
    let running = start()?;
    runtime.block_on(async {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping; the same again ends at once");
        tokio::select! {
            () = running.stop() => tracing::info!("stopped"),
            signal = signals.next() => tracing::warn!(signal, "ending at once"),
        }
    });
    runtime.shutdown_background(); // A stop that a second signal cut short may still wait for the disk.
    Ok(())
}

/// Listens for SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals no longer end the process by themselves.
    fn listen() -> io::Result<Signals> {
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one, and names it.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
