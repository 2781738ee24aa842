//! Records at the door.

mod data;

use ddns_core::{Description, Name, RecordData, RecordEdit, Ttl};

use super::domain::{description, ttl};
use super::names::{absolute, undotted};
use super::schema::RECORD;
use super::{Invalid, Violation, changes, number, number_or_null, python, text, text_or_null};
use crate::json::{Json, Object};

pub(super) use data::KINDS;
pub(crate) use data::{data_and_priority, is_known};

/// A record to make, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordGiven {
    /// The owner name.
    pub(crate) name: Name,
    /// Type, data and priority.
    pub(crate) data: RecordData,
    /// Its own time to live.
    pub(crate) ttl: Option<Ttl>,
    /// A free text.
    pub(crate) description: Option<Description>,
}

/// What is stored of a record that is to be changed, managed or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoredRecord<'a> {
    /// The owner name.
    pub(crate) name: &'a Name,
    /// Type, data and priority.
    pub(crate) data: &'a RecordData,
    /// Its own time to live.
    pub(crate) ttl: Option<Ttl>,
    /// A free text.
    pub(crate) description: Option<&'a Description>,
}

/// The body of `POST /domains/{id}/records`.
pub(crate) fn new_record(given: &Object) -> Result<RecordGiven, Invalid> {
    let mut violations = RECORD.check_fields(given);
    violations.extend(misfit(given, Facts::all(given)));
    violations.extend(RECORD.check_strangers(given));
    Invalid::unless_empty(violations)?;
    if text(given, "type") == Some("SOA") {
        return Err(Invalid::Request("SOA records cannot be manually created."));
    }
    Ok(RecordGiven {
        name: name(given).ok_or(Invalid::missing("name"))?,
        data: data(given)?,
        ttl: ttl(given),
        description: description(given),
    })
}

/// The body of `PUT /domains/{id}/records/{id}`: what it changes of the record that is stored.
///
/// The rules of the type are asked about what changes only: other protocols' records may be what this one's may not.
pub(crate) fn record_edit(given: &Object, stored: StoredRecord<'_>) -> Result<RecordEdit, Invalid> {
    let shown = shown(stored);
    let changes = changes(given, &shown);
    let merged: Object = shown.into_iter().chain(changes.clone()).collect();
    let other_type = changes.contains_key("type");
    let mut violations = RECORD.check_some_fields(&changes);
    violations
        .extend(misfit(&merged, if other_type { Facts::all(&merged) } else { Facts::changed(&changes, &merged) }));
    violations.extend(RECORD.check_strangers(&changes));
    Invalid::unless_empty(violations)?;
    if other_type {
        return Err(Invalid::Request("Changing a recordsets type is not allowed"));
    }
    let other_data = changes.contains_key("data") || changes.contains_key("priority");
    Ok(RecordEdit {
        name: name(&changes).filter(|name| name != stored.name),
        data: if other_data { Some(data(&merged)?).filter(|data| data != stored.data) } else { None },
        instead_of: None,
        ttl: changes.contains_key("ttl").then(|| ttl(&changes)),
        description: changes.contains_key("description").then(|| description(&changes)),
    })
}

/// What of a record can be given back.
fn shown(record: StoredRecord<'_>) -> Object {
    let (data, priority) = data_and_priority(record.data);
    Object::from([
        ("name".to_owned(), Json::Text(absolute(record.name))),
        ("type".to_owned(), Json::Text(record.data.record_type().to_string())),
        ("data".to_owned(), Json::Text(data)),
        ("priority".to_owned(), number_or_null(priority)),
        ("ttl".to_owned(), number_or_null(record.ttl.map(Ttl::secs))),
        ("description".to_owned(), text_or_null(record.description.map(Description::as_str))),
    ])
}

/// What the rules of a type are asked about. What is none passes all of them.
#[derive(Clone, Copy)]
struct Facts<'a> {
    record_type: Option<&'a Json>,
    name: Option<&'a str>,
    data: Option<&'a str>,
    priority: Option<&'a Json>,
}

impl<'a> Facts<'a> {
    /// Those of a whole object, in which a missing priority is null.
    fn all(object: &'a Object) -> Facts<'a> {
        Facts {
            record_type: object.get("type"),
            name: text(object, "name").map(undotted),
            data: text(object, "data"),
            priority: Some(object.get("priority").unwrap_or(&Json::Null)),
        }
    }

    /// Those that change while the type stays, which may be one that has no rules here.
    fn changed(changes: &'a Object, merged: &'a Object) -> Facts<'a> {
        let record_type = merged.get("type");
        let name = text(changes, "name").map(undotted).filter(|_| data::of_type(record_type).next().is_some());
        Facts { record_type, name, data: text(changes, "data"), priority: changes.get("priority") }
    }

    fn are_none(self) -> bool {
        self.name.is_none() && self.data.is_none() && self.priority.is_none()
    }
}

/// What is wrong if not exactly one type's rules are kept.
fn misfit(object: &Object, facts: Facts<'_>) -> Option<Violation> {
    if facts.are_none() {
        return None;
    }
    let fitting: Vec<_> = data::of_type(facts.record_type).filter(|kind| kind.fits(facts)).collect();
    match fitting.as_slice() {
        [] => Some(fits_no_type(object)),
        [_] => None,
        several => {
            let names = python::listed(several.iter().map(|kind| kind.name));
            Some(one_of(object, &format!("valid under each of {names}")))
        }
    }
}

fn fits_no_type(object: &Object) -> Violation {
    one_of(object, "not valid under any of the given schemas")
}

fn one_of(object: &Object, verdict: &str) -> Violation {
    let object = python::repr(&Json::Object(object.clone()));
    Violation::new("", format!("{object} is {verdict}."), "oneOf")
}

fn name(object: &Object) -> Option<Name> {
    undotted(text(object, "name")?).parse().ok()
}

/// The typed data of a whole object.
fn data(object: &Object) -> Result<RecordData, Invalid> {
    let kind = data::of_type(object.get("type")).next();
    let given = text(object, "data").ok_or(Invalid::missing("data"))?;
    let priority = number(object, "priority").unwrap_or_default();
    let data = kind.and_then(|kind| kind.read(given, priority));
    data.ok_or_else(|| Invalid::Schema(vec![fits_no_type(object)]))
}
