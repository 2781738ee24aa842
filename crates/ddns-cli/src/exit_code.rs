//! How a command ended, as scripts see it.

/// How a command ended. The numbers are a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// It is done.
    Done = 0,
    /// Something failed that should not have; nothing was acknowledged.
    Internal = 1,
    /// The command line was not understood, or asked for something that cannot be.
    Usage = 2,
    /// There is nothing of the given name.
    NotFound = 3,
    /// A rule forbids it: the name is taken, a quota is reached, or the like.
    Refused = 4,
    /// The data cannot be worked on: missing, somebody else's, damaged, newer than this program, or the disk is full.
    Unavailable = 5,
}

impl ExitCode {
    /// All of them, in the order of their numbers.
    pub const ALL: [ExitCode; 6] = [
        ExitCode::Done,
        ExitCode::Internal,
        ExitCode::Usage,
        ExitCode::NotFound,
        ExitCode::Refused,
        ExitCode::Unavailable,
    ];

    /// The number that a shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            ExitCode::Done => "done",
            ExitCode::Internal => "internal error; nothing was acknowledged",
            ExitCode::Usage => "the command line was not understood",
            ExitCode::NotFound => "there is nothing of the given name",
            ExitCode::Refused => "refused by a rule: a conflict, a quota, or the like",
            ExitCode::Unavailable => "the data directory cannot be worked on",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> std::process::ExitCode {
        std::process::ExitCode::from(code.code())
    }
}
