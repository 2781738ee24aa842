//! The command line `ddns`: works on a data directory, whether a server runs on it or not.
//!
//! A command line is read in two stages: what was typed (each noun's clap types), then what it means (that noun's
//! functions, which make [`ddns_core::Command`]s). Lists that may be long come from the store page by page,
//! without loading the rest; everything else works on one loaded state. It acts as the owner of the directory, who may do everything.
//!
//! What is deliberately absent: HTTP and DNS. A running server notices changes in the store by itself.

mod account;
mod backup;
mod batch;
mod client;
mod contact;
mod domain;
mod door;
mod exit_code;
mod failure;
mod host;
mod key;
mod kit;
mod log;
mod mail;
mod name;
mod output;
mod page;
mod quota;
mod record;
mod reference;
mod scope;
mod server;
mod session;
mod token;
mod typed;

use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::sync::Arc;

use ddns_service::Clock;
use ddns_store::{Store, StoreError};

pub use exit_code::ExitCode;
pub use kit::routers;
pub use reference::reference;

use failure::Failure;
use output::Output;
use session::{Place, Session};
use typed::Cli;

/// Runs one command line, the program's name included, over these streams.
///
/// ```
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let code = ddns_cli::run(["ddns", "host", "add"], &mut std::io::empty(), &mut out, &mut err);
/// assert_eq!(code, ddns_cli::ExitCode::Usage);
/// assert!(out.is_empty() && !err.is_empty());
/// ```
pub fn run<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    stdin: &mut dyn BufRead,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitCode {
    Program::new(stdin, stdout, stderr).run(args)
}

/// A command line about to run: its streams, and what it works on.
pub struct Program<'a> {
    stdin: &'a mut dyn BufRead,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    given: Option<Given<'a>>,
    progress: bool,
}

/// A store and a clock in the place of a directory and the system's clock.
struct Given<'a> {
    open: &'a dyn Fn() -> Result<Box<dyn Store>, StoreError>,
    clock: Arc<dyn Clock>,
}

impl<'a> Program<'a> {
    /// Over these streams, on the directory that the command line names.
    pub fn new(stdin: &'a mut dyn BufRead, stdout: &'a mut dyn Write, stderr: &'a mut dyn Write) -> Program<'a> {
        Program { stdin, stdout, stderr, given: None, progress: false }
    }

    /// Works on the store that `open` opens, by this clock, whatever directory the command line names.
    #[must_use]
    pub fn over(
        mut self,
        open: &'a dyn Fn() -> Result<Box<dyn Store>, StoreError>,
        clock: Arc<dyn Clock>,
    ) -> Program<'a> {
        self.given = Some(Given { open, clock });
        self
    }

    /// Whether somebody watches standard error and wants to see how far a long batch is.
    #[must_use]
    pub fn with_progress(mut self, progress: bool) -> Program<'a> {
        self.progress = progress;
        self
    }

    /// Runs one command line, the program's name included.
    pub fn run<A: Into<OsString> + Clone>(self, args: impl IntoIterator<Item = A>) -> ExitCode {
        let cli = match Cli::read(args) {
            Ok(cli) => cli,
            Err(error) => return told(&error, self.stdout, self.stderr),
        };
        let place = match self.given {
            Some(given) => Place::given(given.open, given.clock),
            None => Place::directory(cli.data),
        };
        let out = Output { stdout: self.stdout, stderr: self.stderr, format: cli.output };
        let mut session = Session::new(place, out, self.stdin, self.progress);
        let result = cli.command.run(&mut session).and_then(|()| session.flush());
        session.stop();
        match result {
            Ok(()) => ExitCode::Done,
            Err(failure) => report(&failure, session.out.stderr),
        }
    }
}

/// Prints what clap has to say: help and version are data, everything else is talk.
fn told<'a>(error: &clap::Error, stdout: &'a mut dyn Write, stderr: &'a mut dyn Write) -> ExitCode {
    let (stream, code): (&mut dyn Write, _) =
        if error.use_stderr() { (stderr, ExitCode::Usage) } else { (stdout, ExitCode::Done) };
    match write!(stream, "{error}").and_then(|()| stream.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::Internal,
        _ => code,
    }
}

fn report(failure: &Failure, stderr: &mut dyn Write) -> ExitCode {
    if !failure.is_nobody_listening() {
        // Where even standard error is closed, the exit code is all that is left to tell.
        let _told = writeln!(stderr, "ddns: {failure}");
    }
    failure.code
}
