//! What mails say, in the languages that accounts choose. The words themselves are in `templates/`, a file for each
//! language.
//!
//! A template's first paragraph is the subject. Its lines are its own affair: paragraphs are filled afresh.

use std::fmt;

use askama::Template;
use chrono::{DateTime, Datelike, Timelike, Utc};
use ddns_core::{Language, MailKind, Timestamp};

/// What a text is about.
pub(crate) struct Matter<'a> {
    pub(crate) kind: MailKind,
    /// What the service is called.
    pub(crate) service: &'a str,
    /// The address that the mail goes to.
    pub(crate) address: &'a str,
    /// When it was asked for.
    pub(crate) asked: Timestamp,
    /// The whole link; empty where the mail has none.
    pub(crate) link: &'a str,
    /// Until when the link works.
    pub(crate) end: Timestamp,
}

/// A subject, and lines that fit any screen.
pub(crate) struct Text {
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// Columns of a line that holds more than one word (RFC 3676, section 4.2, keeps room for quoting).
const COLUMNS: usize = 72;

impl Text {
    /// Writes a mail's text.
    ///
    /// # Errors
    /// [`fmt::Error`], which writing into memory does not meet.
    pub(crate) fn of(matter: &Matter<'_>, language: Language) -> Result<Text, fmt::Error> {
        let Matter { kind, service, address, asked, link, end } = *matter;
        let (asked, end) = (Moment(asked), Moment(end));
        let text = match language {
            Language::English => English { kind, service, address, asked, link, end }.render(),
            Language::German => German { kind, service, address, asked, link, end }.render(),
        };
        let text = text.map_err(|_| fmt::Error)?;
        let mut paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
        let subject = paragraphs.next().unwrap_or_default().to_owned();
        let paragraphs: Vec<String> = paragraphs.map(filled).collect();
        Ok(Text { subject, body: paragraphs.join("\n\n") })
    }
}

#[derive(Template)]
#[template(path = "en.txt")]
struct English<'a> {
    kind: MailKind,
    service: &'a str,
    address: &'a str,
    asked: Moment,
    link: &'a str,
    end: Moment,
}

#[derive(Template)]
#[template(path = "de.txt")]
struct German<'a> {
    kind: MailKind,
    service: &'a str,
    address: &'a str,
    asked: Moment,
    link: &'a str,
    end: Moment,
}

/// A paragraph in lines that are as full as words allow.
fn filled(paragraph: &str) -> String {
    let mut filled = String::with_capacity(paragraph.len());
    let mut column = 0_usize;
    for word in paragraph.split_ascii_whitespace() {
        let width = word.chars().count();
        let next = column.saturating_add(width).saturating_add(1);
        let separator = match column {
            0 => "",
            _ if next <= COLUMNS => " ",
            _ => "\n",
        };
        column = if separator == " " { next } else { width };
        filled.push_str(separator);
        filled.push_str(word);
    }
    filled
}

/// A moment as the languages write it, in UTC: nobody knows where the reader is.
struct Moment(Timestamp);

impl Moment {
    fn utc(&self) -> DateTime<Utc> {
        let secs = i64::try_from(self.0.secs()).unwrap_or(i64::MAX);
        DateTime::from_timestamp(secs, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Such as `29 November 2026, 12:05 UTC`.
    fn english(&self) -> String {
        self.written(ENGLISH, " ")
    }

    /// Such as `29. November 2026, 12:05 Uhr UTC`.
    fn german(&self) -> String {
        self.written(GERMAN, ". ").replace(" UTC", " Uhr UTC")
    }

    fn written(&self, months: [&str; 12], behind_day: &str) -> String {
        let utc = self.utc();
        let month = usize::try_from(utc.month0()).ok().and_then(|month| months.get(month)).copied().unwrap_or_default();
        let (day, year, hour, minute) = (utc.day(), utc.year(), utc.hour(), utc.minute());
        format!("{day}{behind_day}{month} {year}, {hour:02}:{minute:02} UTC")
    }
}

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled_and_words_stay_whole() {
        let long = "x".repeat(100);
        assert_eq!(filled(&long), long);
        assert_eq!(filled(&format!("a\n b {long} c")), format!("a b\n{long}\nc"));
        let words = ["ü".repeat(35), "ü".repeat(36)].join("\n");
        assert_eq!(filled(&words), words.replace('\n', " "), "72 columns, whatever the octets");
        assert_eq!(filled(&format!("{words}ü")), format!("{words}ü"), "73 are two lines");
    }

    #[test]
    fn moments_are_written_out() {
        let moment = Moment(Timestamp::from_secs(1_772_323_439));
        assert_eq!(moment.english(), "1 March 2026, 00:03 UTC");
        assert_eq!(moment.german(), "1. März 2026, 00:03 Uhr UTC");
        assert!(Moment(Timestamp::from_micros(u64::MAX)).english().ends_with(" UTC"));
    }
}
