//! The doors of this dialect: from a JSON object to typed values, or to all that is wrong with it.
//!
//! What an object may hold is said once, in [`schema`]: the doors check by it and `GET /schemas/…` shows it. A door for a
//! change takes what is stored beside what is given. What is given as it is stored counts as not given, so that an object
//! can be sent back whole, whoever made it and by whichever protocol.

mod documents;
mod domain;
mod names;
mod python;
mod quotas;
mod record;
mod schema;
mod server;
mod tsig_key;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::json::{Json, Object};

pub(super) use documents::document;
pub(super) use domain::{domain_edit, new_domain};
pub(super) use names::{absolute, uuid};
pub(super) use quotas::{QuotasGiven, quotas};
pub(super) use record::{StoredRecord, data_and_priority, is_known, new_record, record_edit};
pub(super) use server::{new_server, server_edit};
pub(super) use tsig_key::{TsigKeyChange, tsig_key, tsig_key_edit};

/// One rule of a schema that an object breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Violation {
    /// The field; empty for the whole object.
    pub(super) path: String,
    /// What is wrong, in the words of Python's `jsonschema`.
    pub(super) message: String,
    /// The keyword of the schema.
    pub(super) validator: &'static str,
}

/// What is wrong with an object that no door takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Invalid {
    /// 400 `invalid_object`, with these errors and [`Invalid::message`].
    Schema(Vec<Violation>),
    /// 400 `invalid_object` without message and errors: a new domain with a key that a new domain cannot have.
    UnknownKeys,
    /// 400 `bad_request` with this message: an object in good form that asks for what cannot be asked for.
    Request(&'static str),
    /// 404: a change names another id than the one in the path.
    OtherId,
    /// `quota_resource_unknown`: a quota that there is not.
    UnknownQuota,
}

impl Invalid {
    /// What the answer says about it, if anything.
    pub(super) fn message(&self) -> Option<&'static str> {
        match self {
            Invalid::Schema(_) => Some("Provided object does not match schema"),
            Invalid::Request(message) => Some(message),
            Invalid::UnknownKeys | Invalid::OtherId | Invalid::UnknownQuota => None,
        }
    }

    /// The answer's list of errors, if it has one.
    pub(super) fn errors(&self) -> Option<&[Violation]> {
        match self {
            Invalid::Schema(violations) => Some(violations),
            _ => None,
        }
    }

    /// Nothing, or what is wrong.
    fn unless_empty(violations: Vec<Violation>) -> Result<(), Invalid> {
        if violations.is_empty() { Ok(()) } else { Err(Invalid::Schema(violations)) }
    }

    /// A field that has to be there is not.
    fn missing(field: &'static str) -> Invalid {
        Invalid::Schema(vec![Violation::required(field)])
    }
}

impl Violation {
    fn new(path: &str, message: String, validator: &'static str) -> Violation {
        Violation { path: path.to_owned(), message, validator }
    }

    fn required(field: &str) -> Violation {
        Violation::new(field, format!("{} is a required property", python::quoted(field)), "required")
    }
}

/// What is given and not as it is stored.
fn changes(given: &Object, stored: &Object) -> Object {
    let differs = |(name, value): &(&String, &Json)| stored.get(*name) != Some(*value);
    given.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The text of a field, if it is one.
fn text<'a>(object: &'a Object, field: &str) -> Option<&'a str> {
    match object.get(field) {
        Some(Json::Text(text)) => Some(text),
        _ => None,
    }
}

/// The number of a field, if it is one that fits.
fn number<T: TryFrom<u64>>(object: &Object, field: &str) -> Option<T> {
    match object.get(field) {
        Some(Json::Integer(number)) => T::try_from(*number).ok(),
        _ => None,
    }
}

/// A text, or null for none.
fn text_or_null(text: Option<&str>) -> Json {
    text.map_or(Json::Null, |text| Json::Text(text.to_owned()))
}

/// A number, or null for none.
fn number_or_null(number: Option<impl Into<u64>>) -> Json {
    number.map_or(Json::Null, |number| Json::Integer(number.into()))
}
