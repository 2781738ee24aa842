//! A scenario as it is written: steps, and what each expects.

mod read;

use std::time::Duration;

use crate::http::Request;

/// What any body will do for, and in JSON any value.
pub(crate) const ANY: &str = "…";

/// A whole scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
}

/// One step, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) line: usize,
    /// The line itself.
    pub(crate) head: String,
    pub(crate) action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Cli(Cli),
    /// Without an expected reply, the reply is left unread.
    Http(Request, Option<Reply>),
    /// Keeps the code of the link in the mail that waits for an address.
    Link {
        to: String,
        keep: String,
    },
    Reply(Reply),
    Dns(Query),
    Serial(String, Course),
    Log(Course),
    Time(Duration),
    Restart,
    Settings(String),
}

/// A command line, and what comes out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cli {
    pub(crate) words: Vec<String>,
    pub(crate) stdin: String,
    pub(crate) keep: Option<String>,
    pub(crate) exit: u8,
    pub(crate) prints: Vec<String>,
    pub(crate) says: Vec<String>,
    /// Whether the step ends before the running server has looked at what was changed.
    pub(crate) unnoticed: bool,
}

/// The reply that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: String,
    pub(crate) headers: Vec<(String, String)>,
    /// None where any will do.
    pub(crate) body: Option<String>,
    /// Whether the body is JSON, of which the formatting and the order of members mean nothing.
    pub(crate) is_json: bool,
    /// Under which name the body is kept.
    pub(crate) keep: Option<String>,
}

/// A question, and the answer that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) name: String,
    pub(crate) record_type: String,
    pub(crate) within: Option<Duration>,
    /// Rcode and flags, then the records, sorted.
    pub(crate) answer: Vec<String>,
}

/// How something counts on from the last time that it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// It is looked at for the first time, or nobody cares.
    Noted,
    Unchanged,
    /// A serial: it comes after the last one.
    Stepped,
    /// A count: so many more.
    Grown(u64),
}

/// A line that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misread {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Script, Misread> {
        read::script(text)
    }
}
