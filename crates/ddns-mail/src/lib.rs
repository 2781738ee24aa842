//! Sends what waits in the outbox, by SMTP.
//!
//! A mail is put into the outbox by the command that causes it, in the same commit. [`start`] begins to hand over what is
//! due to the relay, the oldest first, and takes out what the relay has taken:
//!
//! ```text
//! waits ──due──▶ handed over ──taken──▶ removed
//!   ▲                │ │
//!   └──later, twice ─┘ └─refused for good, or tried for policy::MAIL_LIFE──▶ removed, and logged
//!      as long
//! ```
//!
//! Each mail is sent **at least once**: where the relay took it and the process ended before the outbox knew, it is sent
//! again, under the same Message-ID, so that mail programs can drop the second. Nothing of a link rests in the outbox: it
//! is made when the mail is written, which is when it is sent.
//!
//! A relay that fails is no mail's fault: then nothing at all is sent for a while, and only the mail that was tried counts
//! an attempt. A relay that refuses one mail holds up no other.
//!
//! ```
//! use ddns_mail::{Encryption, Limits, MailSettings};
//! use ddns_service::{Options, Service};
//! use ddns_store::MemoryStore;
//!
//! let service = Service::start(Box::new(MemoryStore::new()), Options::default())?;
//! let settings = MailSettings {
//!     relay: "localhost:25".parse()?,
//!     encryption: Encryption::None,
//!     authorities: None,
//!     login: None,
//!     from: "ddns <ddns@example.org>".parse()?,
//!     base_url: "https://ddns.example.org".parse()?,
//!     limits: Limits::default(),
//! };
//! let outbox = ddns_mail::start(service.clone(), settings)?;
//! outbox.stop();
//! service.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is deliberately absent: a queue beside the outbox, mails from anybody but the service, and everything that a relay
//! is there for: looking up where a domain takes its mail, signing, reading bounces.

mod letter;
mod outbox;
mod relay;
mod settings;
mod texts;

use std::io;
use std::thread::{self, JoinHandle};

use ddns_service::Service;
use tokio::runtime::Builder;
use tokio::sync::watch;

pub use settings::{
    Authorities, BaseUrl, Encryption, Limits, MailSettings, RelayAddress, RelayLogin, Sender, SettingError,
};

use outbox::Sending;
use relay::Relay;

/// The thread that sends. Dropping it tells it to stop and does not wait.
pub struct Outbox {
    thread: JoinHandle<()>,
    /// Dropping it wakes the thread.
    stop: watch::Sender<()>,
}

/// Sends what waits in the service's outbox, and what comes into it, until it is stopped or the service is.
///
/// # Errors
/// If the system gives no thread or event queue, or its certificates cannot be used.
pub fn start(service: Service, settings: MailSettings) -> io::Result<Outbox> {
    let limits = settings.limits;
    let (stop, stopped) = watch::channel(());
    let sending = Sending::new(service, Relay::new(&settings)?, settings, stopped.clone());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let thread = thread::Builder::new().name("ddns-mail".to_owned()).spawn(move || {
        runtime.block_on(outbox::run(sending, stopped, limits.stop));
        runtime.shutdown_background(); // The system may still be looking for the relay's address.
    })?;
    Ok(Outbox { thread, stop })
}

impl Outbox {
    /// Lets the mail under way arrive, for [`Limits::stop`] at most, and ends the thread. What is not sent waits in the
    /// outbox. Stop the service only afterwards, or what arrived last is sent once more at the next start.
    pub fn stop(self) {
        let Outbox { thread, stop } = self;
        drop(stop);
        if thread.join().is_err() {
            tracing::error!("the thread that sends mails had panicked");
        }
    }
}
