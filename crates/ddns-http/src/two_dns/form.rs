//! An object's attributes, read one by one, with every complaint told at once.

use super::words::{Complaint, Wrong};
use crate::json::{self, Json, Object};
use crate::notes;

/// An object's known attributes, and the complaints about them so far.
pub(super) struct Form {
    object: Object,
    complaints: Vec<Complaint>,
}

impl Form {
    /// A body that has attributes of these names only.
    pub(super) fn read(body: &[u8], known: &[&str]) -> Result<Form, Wrong> {
        let object = json::object(body).map_err(|_| Wrong::NotJson)?;
        if object.keys().all(|name| known.contains(&name.as_str())) {
            Ok(Form { object, complaints: Vec::new() })
        } else {
            Err(Wrong::Attributes)
        }
    }

    /// Whether an attribute is there and has not been taken.
    pub(super) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Gives an attribute another name, under which it is complained about.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        if let Some(value) = self.object.remove(from) {
            self.object.insert(to.to_owned(), value);
        }
    }

    /// An attribute, if it is there and as it should be.
    pub(super) fn take<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Json) -> Result<T, &'static str>,
    ) -> Option<T> {
        let value = self.object.remove(name)?;
        read(&value).map_err(|words| self.complain(name, words)).ok()
    }

    /// Likewise, and null takes away what was there.
    pub(super) fn removable<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Json) -> Result<T, &'static str>,
    ) -> Option<Option<T>> {
        self.take(name, |value| if *value == Json::Null { Ok(None) } else { read(value).map(Some) })
    }

    /// As [`Form::take`], and a missing one is as bad as null.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Json) -> Result<T, &'static str>,
    ) -> Option<T> {
        self.object.entry(name.to_owned()).or_insert(Json::Null);
        self.take(name, read)
    }

    /// Remembers what is wrong with an attribute.
    pub(super) fn complain(&mut self, name: &'static str, words: &'static str) {
        self.complaints.push((name, words));
    }

    /// Nothing to complain about, or all of it.
    pub(super) fn finish(self) -> Result<(), Wrong> {
        if self.complaints.is_empty() { Ok(()) } else { Err(Wrong::Fields(self.complaints)) }
    }
}

pub(super) const BLANK: &str = "can't be blank";
pub(super) const INVALID: &str = "is invalid";
pub(super) const NOT_LISTED: &str = "is not included in the list";

/// What a refused body said of the attributes that are complained about, in a sentence for the owner of what it was about.
pub(super) fn sentence(body: &[u8], wrong: &Wrong) -> Option<String> {
    match wrong {
        Wrong::NotJson => Some("the request's body is no JSON object".to_owned()),
        Wrong::Attributes => Some("the request names an attribute that there is not".to_owned()),
        Wrong::Fields(complaints) => {
            let said = json::object(body).unwrap_or_default();
            let one = |(name, words): &Complaint| format!("the request's {name} {} {words}", shown(said.get(*name)));
            Some(complaints.iter().map(one).collect::<Vec<_>>().join("; "))
        }
        _ => None,
    }
}

/// A value as it came, as far as it can be shown on any display.
fn shown(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => "null".to_owned(),
        Some(Json::Bool(value)) => value.to_string(),
        Some(Json::Integer(value)) => value.to_string(),
        Some(Json::Negative(value)) => value.to_string(),
        Some(Json::Float(value)) => value.to_string(),
        Some(Json::List(_)) => "[…]".to_owned(),
        Some(Json::Object(_)) => "{…}".to_owned(),
        Some(Json::Text(text)) => format!("\"{}\"", notes::shown(text)),
    }
}

/// A text that is there.
pub(super) fn text(value: &Json) -> Result<String, &'static str> {
    match value {
        Json::Null => Err(BLANK),
        Json::Text(text) if text.is_empty() => Err(BLANK),
        Json::Text(text) => Ok(text.clone()),
        _ => Err(INVALID),
    }
}
