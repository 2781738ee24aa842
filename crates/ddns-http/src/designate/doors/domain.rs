//! Domains at the door.

use ddns_core::{Description, Domain, DomainEdit, Mailbox, Name, Ttl};

use super::names::{absolute, uuid};
use super::schema::DOMAIN;
use super::{Invalid, changes, number, text, text_or_null};
use crate::json::{Json, Object};

/// A domain to make, as it was asked for. A single label passes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DomainGiven {
    /// Its apex.
    pub(crate) name: Name,
    /// The responsible person.
    pub(crate) email: Mailbox,
    /// The time to live of records without one of their own.
    pub(crate) ttl: Option<Ttl>,
    /// A free text.
    pub(crate) description: Option<Description>,
}

/// The body of `POST /domains`.
pub(crate) fn new_domain(given: &Object) -> Result<DomainGiven, Invalid> {
    let may_be_given = |field: &String| DOMAIN.properties.iter().any(|known| known.name == field && !known.read_only);
    if !given.keys().all(may_be_given) {
        return Err(Invalid::UnknownKeys);
    }
    Invalid::unless_empty(DOMAIN.check(given))?;
    Ok(DomainGiven {
        name: name(given).ok_or(Invalid::missing("name"))?,
        email: email(given).ok_or(Invalid::missing("email"))?,
        ttl: ttl(given),
        description: description(given),
    })
}

/// The body of `PUT /domains/{id}`: what it changes of the domain that is stored.
pub(crate) fn domain_edit(given: &Object, stored: &Domain) -> Result<DomainEdit, Invalid> {
    let changes = changes(given, &shown(stored));
    Invalid::unless_empty(DOMAIN.check_some(&changes))?;
    if name(&changes).is_some_and(|name| name != *stored.name.name()) {
        return Err(Invalid::Request("Renaming a domain is not allowed"));
    }
    if text(&changes, "id").and_then(uuid).is_some_and(|id| id != stored.id) {
        return Err(Invalid::OtherId);
    }
    let description = changes.contains_key("description").then(|| description(&changes));
    Ok(DomainEdit { email: email(&changes), ttl: ttl(&changes), description, ..DomainEdit::default() })
}

/// What of a domain can be given back.
fn shown(domain: &Domain) -> Object {
    Object::from([
        ("name".to_owned(), Json::Text(absolute(domain.name.name()))),
        ("email".to_owned(), Json::Text(domain.email.to_string())),
        ("ttl".to_owned(), Json::Integer(domain.ttl.secs().into())),
        ("description".to_owned(), text_or_null(domain.description.as_ref().map(Description::as_str))),
    ])
}

fn name(object: &Object) -> Option<Name> {
    text(object, "name")?.parse().ok()
}

fn email(object: &Object) -> Option<Mailbox> {
    text(object, "email")?.parse().ok()
}

/// The field `ttl`, if it is a number.
pub(super) fn ttl(object: &Object) -> Option<Ttl> {
    number::<u32>(object, "ttl")?.try_into().ok()
}

/// The field `description`, if it is a text.
pub(super) fn description(object: &Object) -> Option<Description> {
    text(object, "description")?.parse().ok()
}
