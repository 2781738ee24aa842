//! What commands print: one shape for each object, as a table for people or as JSON for programs.
//!
//! Data goes to standard output, talk to standard error.

use std::io::Write;
use std::net::IpAddr;

use chrono::SecondsFormat;
use comfy_table::{Cell, ContentArrangement, Table, presets};
use ddns_core::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::failure::Failure;

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    // Columns for people. (A doc comment would blow up every command's help.)
    Table,
    // One JSON object or array.
    Json,
}

/// Where output goes, and how it looks.
pub(crate) struct Output<'a> {
    pub(crate) stdout: &'a mut dyn Write,
    pub(crate) stderr: &'a mut dyn Write,
    pub(crate) format: Format,
}

/// An object as it is printed: its keys in their fixed order.
pub(crate) struct Object(Vec<(&'static str, Value)>);

impl Object {
    /// Keys and values, in the order in which they are printed.
    pub(crate) fn new(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Object {
        Object(fields.into_iter().collect())
    }

    /// The same with one more key.
    #[must_use]
    pub(crate) fn with(mut self, key: &'static str, value: Value) -> Object {
        self.0.push((key, value));
        self
    }

    fn cell(&self, key: &str) -> Cell {
        Cell::new(self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| plain(value)).unwrap_or_default())
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Output<'_> {
    /// Prints what was asked for.
    pub(crate) fn show(&mut self, object: &Object) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.json(object),
            Format::Table => {
                let mut table = bare();
                for (key, value) in &object.0 {
                    add_rows(&mut table, &key.replace('_', " "), value);
                }
                self.table(table)
            }
        }
    }

    /// Prints a list: an array, or the columns of these keys.
    pub(crate) fn list(&mut self, columns: &[&str], objects: &[Object]) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.json(&objects),
            Format::Table if objects.is_empty() => Ok(()),
            Format::Table => {
                let mut table = bare();
                table.set_header(columns.iter().map(|key| key.replace('_', " ").to_uppercase()));
                for object in objects {
                    table.add_row(columns.iter().map(|key| object.cell(key)));
                }
                self.table(table)
            }
        }
    }

    /// Tells what was done: programs get the object, people a sentence.
    pub(crate) fn done(&mut self, sentence: &str, object: &Object) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.json(object),
            Format::Table => self.say(sentence),
        }
    }

    /// Prints a secret, wholly: alone for people and pipes, with what it belongs to as JSON.
    pub(crate) fn secret(&mut self, sentence: &str, object: Object, secret: &SecretString) -> Result<(), Failure> {
        let secret = secret.expose_secret();
        if self.format == Format::Json {
            self.json(&object.with("secret", secret.into()))?;
        } else {
            self.say(sentence)?;
            writeln!(self.stdout, "{secret}")?;
        }
        self.stdout.flush()?;
        Ok(())
    }

    /// Prints a configuration with a secret in it, wholly: alone for people and files, with what it belongs to as JSON.
    pub(crate) fn kit(&mut self, object: Object, text: &SecretString, secret: &SecretString) -> Result<(), Failure> {
        if self.format == Format::Json {
            let object = object.with("configuration", text.expose_secret().into());
            self.json(&object.with("secret", secret.expose_secret().into()))?;
        } else {
            self.stdout.write_all(text.expose_secret().as_bytes())?;
        }
        self.stdout.flush()?;
        Ok(())
    }

    /// Talks: to standard error, so that data stays data.
    pub(crate) fn say(&mut self, sentence: impl std::fmt::Display) -> Result<(), Failure> {
        writeln!(self.stderr, "{sentence}")?;
        Ok(())
    }

    fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(Failure::internal)?;
        writeln!(self.stdout, "{text}")?;
        Ok(())
    }

    fn table(&mut self, mut table: Table) -> Result<(), Failure> {
        table.column_iter_mut().for_each(|column| {
            column.set_padding((0, 2));
        });
        for line in table.lines() {
            writeln!(self.stdout, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A table without lines, for eyes and for `grep` alike.
fn bare() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// A row for a value, or one for each part of it.
fn add_rows(table: &mut Table, key: &str, value: &Value) {
    match value {
        Value::Object(parts) => {
            parts.iter().for_each(|(part, value)| add_rows(table, &format!("{key}: {part}"), value));
        }
        _ => {
            table.add_row([key.to_owned(), plain(value)]);
        }
    }
}

/// A value as people read it, without what would steer a terminal.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => printable(text),
        Value::Array(values) if values.is_empty() => "-".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// A text without control characters: a description may hold what would steer a terminal.
fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A text, or null.
pub(crate) fn text(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |value| Value::String(value.to_string()))
}

/// A list of texts.
pub(crate) fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Value {
    Value::Array(values.into_iter().map(|value| Value::String(value.to_string())).collect())
}

/// An address, or null.
pub(crate) fn address(value: Option<impl Into<IpAddr>>) -> Value {
    text(value.map(Into::into))
}

/// A moment in UTC (RFC 3339).
pub(crate) fn moment(at: Timestamp) -> Value {
    let micros = i64::try_from(at.micros()).unwrap_or(i64::MAX);
    let time = chrono::DateTime::from_timestamp_micros(micros);
    text(time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain(&Value::from("a\u{1b}[31mred\nb")), "a\\u{1b}[31mred\\nb");
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(moment(Timestamp::from_secs(1_800_000_000)), "2027-01-15T08:00:00Z");
        assert_eq!(moment(Timestamp::from_micros(u64::MAX)), Value::Null);
    }
}
