//! The command line in two stages: what was typed, then what it means.

use std::fmt;

/// What was typed: words, none of them understood yet.
pub(crate) type Typed = Vec<String>;

/// What it means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Say what can be asked for.
    Help,
    /// Bring onto the machine what tests run against.
    Prepare,
    /// Check everything.
    Test,
    /// Run the long volumes.
    Soak {
        /// Passed on to the test binaries as they are.
        arguments: Vec<String>,
    },
}

/// The words after the program's name.
///
/// # Errors
/// [`UsageError::NotText`].
pub(crate) fn typed() -> Result<Typed, UsageError> {
    std::env::args_os().skip(1).map(|word| word.into_string().map_err(|_| UsageError::NotText)).collect()
}

impl TryFrom<Typed> for Task {
    type Error = UsageError;

    fn try_from(typed: Typed) -> Result<Task, UsageError> {
        let mut words = typed.into_iter();
        let command = words.next();
        let arguments: Vec<String> = words.collect();
        match (command.as_deref(), arguments.first()) {
            (None, _) | (Some("help" | "--help" | "-h"), None) => Ok(Task::Help),
            (Some("prepare"), None) => Ok(Task::Prepare),
            (Some("test"), None) => Ok(Task::Test),
            (Some("soak"), _) => Ok(Task::Soak { arguments }),
            (Some("help" | "--help" | "-h" | "prepare" | "test"), Some(word)) => {
                Err(UsageError::Argument(word.clone()))
            }
            (Some(word), _) => Err(UsageError::Command(word.to_owned())),
        }
    }
}

/// Why the words mean nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// Words are Unicode.
    NotText,
    /// The first word is a command.
    Command(String),
    /// Only `soak` takes arguments.
    Argument(String),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UsageError::NotText => f.write_str("an argument is not Unicode text"),
            UsageError::Command(word) => write!(f, "no command is called `{word}`"),
            UsageError::Argument(word) => write!(f, "this command takes no argument `{word}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Task, UsageError};

    fn check(line: &str, means: Result<Task, UsageError>) {
        let typed = line.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(Task::try_from(typed), means, "{line}");
    }

    #[test]
    fn words_become_tasks() {
        check("", Ok(Task::Help));
        check("help", Ok(Task::Help));
        check("--help", Ok(Task::Help));
        check("prepare", Ok(Task::Prepare));
        check("test", Ok(Task::Test));
        check("soak", Ok(Task::Soak { arguments: Vec::new() }));
        check(
            "soak laws --test-threads=1",
            Ok(Task::Soak { arguments: vec!["laws".into(), "--test-threads=1".into()] }),
        );
        check("test laws", Err(UsageError::Argument("laws".into())));
        check("tests", Err(UsageError::Command("tests".into())));
    }
}
