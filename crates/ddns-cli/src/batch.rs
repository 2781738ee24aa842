//! `ddns batch`: many commands with one load of the data.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Parser};

use crate::failure::Failure;
use crate::session::{Missing, Session};
use crate::typed::{Command, Line};

#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// The file to read, one command in each line without the word ddns; - is standard input, # begins a comment
    file: PathBuf,
    /// Go on behind a command that failed; the first failure's exit code is the answer
    #[arg(long)]
    keep_going: bool,
}

/// How often a watcher is told how far the batch is.
const TELL_EVERY: Duration = Duration::from_secs(1);

impl Batch {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let shown = self.file.display();
        if self.file.as_os_str() == "-" {
            let stdin = session.take_stdin()?;
            return self.lines(session, stdin);
        }
        let file = File::open(&self.file);
        let file = file.map_err(|error| Failure::usage(format!("cannot read the batch {shown}: {error}")))?;
        self.lines(session, &mut BufReader::new(file))
    }

    fn lines(&self, session: &mut Session<'_>, lines: &mut dyn BufRead) -> Result<(), Failure> {
        let mut first_failure = None;
        let mut count = Count { done: 0, told: Instant::now() };
        for (line, number) in lines.lines().zip(1u64..) {
            let line =
                line.map_err(|error| Failure::usage(format!("cannot read line {number} of the batch: {error}")))?;
            match one(session, &line) {
                Ok(ran) => count.one_more(session, ran)?,
                Err(failure) if failure.is_nobody_listening() => return Err(failure),
                Err(failure) if !self.keep_going => return Err(failure.during(format_args!("line {number}"))),
                Err(failure) => {
                    let failure = failure.during(format_args!("line {number}"));
                    session.out.say(format_args!("ddns: {failure}"))?;
                    first_failure.get_or_insert(failure.code);
                }
            }
        }
        match first_failure {
            None => Ok(()),
            Some(code) => Err(Failure::of(code, "not every command of the batch could be done")),
        }
    }
}

/// Runs one line; tells whether there was a command in it.
fn one(session: &mut Session<'_>, line: &str) -> Result<bool, Failure> {
    let words = words(line)?;
    if words.is_empty() {
        return Ok(false);
    }
    let command = Line::try_parse_from(words).map_err(|error| Failure::usage(brief(&error)))?.command;
    match command {
        Command::Batch(_) | Command::Restore(_) => Err(Failure::usage("this command cannot stand in a batch")),
        command => {
            session.service(begins(&command))?;
            command.run(session).map(|()| true)
        }
    }
}

/// Whether the command may begin a new data directory.
fn begins(command: &Command) -> Missing {
    use crate::account::AccountCommand;
    use crate::domain::DomainCommand;
    use crate::server::ServerCommand;
    match command {
        Command::Account(AccountCommand::Add(_))
        | Command::Domain(DomainCommand::Add(_))
        | Command::Server(ServerCommand::Add(_)) => Missing::Begin,
        _ => Missing::Refuse,
    }
}

/// What clap says, without the usage that it says below.
fn brief(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").trim_end().to_owned()
}

struct Count {
    done: u64,
    told: Instant,
}

impl Count {
    fn one_more(&mut self, session: &mut Session<'_>, ran: bool) -> Result<(), Failure> {
        self.done = self.done.saturating_add(u64::from(ran));
        if session.progress && self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            session.out.say(format_args!("{} commands done", self.done))?;
        }
        Ok(())
    }
}

/// Splits a line as a shell would: blanks separate words, quotes and backslashes keep them together.
fn words(line: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => {
                let next = characters.next().ok_or_else(|| Failure::usage("nothing follows the last backslash"))?;
                word.get_or_insert_default().push(next);
            }
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(Failure::usage("a quote is not closed"));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_shells() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            ("  # only a comment", &[]),
            ("host add a.example # why", &["host", "add", "a.example"]),
            ("a#b c", &["a#b", "c"]),
            ("--label 'my  router'", &["--label", "my  router"]),
            (r#"--label "say \"hi\"" ''"#, &["--label", "say \"hi\"", ""]),
            (r"a\ b c\\d", &["a b", r"c\d"]),
            ("pre'fix 'post\t", &["prefix post"]),
        ];
        for (line, wanted) in cases {
            assert_eq!(words(line).unwrap(), wanted, "{line}");
        }
        assert!(words("'open").is_err());
        assert!(words("open\\").is_err());
    }
}
