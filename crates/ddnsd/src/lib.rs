//! The composition root: a store, the service on it, HTTP, DNS and mail over the service, and what starts and stops them.
//!
//! ```text
//! configuration → files → lock → ports → store → service → DNS, HTTP, mail
//!                                              (a signal) → HTTP, mail, DNS, service, lock
//! ```
//!
//! The library composes, so that tests and scenarios compose the same way over any store and clock:
//!
//! ```
//! # use std::sync::Arc;
//! use ddns_service::{Options, Service};
//! use ddns_store::MemoryStore;
//!
//! let service = Service::start(Box::new(MemoryStore::new()), Options::default())?;
//! let any = ["127.0.0.1:0".parse()?];
//! let running = ddnsd::Running::start(service, &any, &any, ddns_http::HttpSettings::default())?;
//! assert_ne!(running.http()[0].port(), 0);
//! running.stop_blocking();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod demo;
mod exit_code;
mod logs;
mod mail;
mod reference;
mod running;
mod signals;
mod typed;
mod welcome;

use std::ffi::OsString;
use std::io::Write;

pub use config::{Config, ConfigError, Https, LogFormat, Overrides};
pub use exit_code::ExitCode;
pub use mail::{Mail, MailError};
pub use reference::reference;
pub use running::{Running, StartError, start};

use typed::{Cli, Mode};

/// Runs the server of one command line, the program's name included, until a signal ends it.
pub fn run<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitCode {
    let cli = match Cli::read(args) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return fail(stderr, ExitCode::Usage, format!("{error}").trim_end()),
        Err(help) => return told(stdout, &help),
    };
    let result = match cli.mode {
        Some(Mode::Demo(demo)) => demo.run(stdout),
        None => serve(cli, stdout, stderr),
    };
    match result {
        Ok(()) => ExitCode::Done,
        Err(error) => fail(stderr, error.exit_code(), &format!("ddnsd: {error}")),
    }
}

fn serve(cli: Cli, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<(), StartError> {
    let config = cli.keys.with_file(cli.config.as_deref())?;
    logs::begin(config.log_format, &config.log_level)?;
    signals::until_signal(|| {
        let running = start(&config)?;
        welcome::greet(&config, &running.service().snapshot().registry, stderr);
        running.announce(stdout);
        Ok(running)
    })
}

/// Help and version are what was asked for.
fn told(stdout: &mut dyn Write, help: &clap::Error) -> ExitCode {
    match write!(stdout, "{help}").and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Internal,
    }
}

fn fail(stderr: &mut dyn Write, code: ExitCode, words: &str) -> ExitCode {
    // Where even standard error is closed, the exit code is all that is left to tell.
    let _told = writeln!(stderr, "{words}");
    code
}
