//! How the server ended, as service managers see it.

/// How the server ended. The numbers are a promise; those that `ddns` has, too, mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// It was asked to stop, and did.
    Done = 0,
    /// Something failed that should not have.
    Internal = 1,
    /// The command line or the configuration was not understood.
    Usage = 2,
    /// An address cannot be listened on: taken, not this machine's, or not permitted.
    Address = 4,
    /// The data directory cannot be worked on: served by another server, damaged, somebody else's, or newer.
    Unavailable = 5,
}

impl ExitCode {
    /// All of them, in the order of their numbers.
    pub const ALL: [ExitCode; 5] =
        [ExitCode::Done, ExitCode::Internal, ExitCode::Usage, ExitCode::Address, ExitCode::Unavailable];

    /// The number that a shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            ExitCode::Done => "stopped as asked",
            ExitCode::Internal => "internal error",
            ExitCode::Usage => "the command line or the configuration was not understood",
            ExitCode::Address => "an address cannot be listened on",
            ExitCode::Unavailable => "the data directory cannot be worked on, or another server serves it",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> std::process::ExitCode {
        std::process::ExitCode::from(code.code())
    }
}
