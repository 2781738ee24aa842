//! Name servers at the door.

use ddns_core::Name;

use super::names::absolute;
use super::schema::SERVER;
use super::{Invalid, changes, text};
use crate::json::{Json, Object};

/// The body of `POST /servers`: the new server's name.
pub(crate) fn new_server(given: &Object) -> Result<Name, Invalid> {
    Invalid::unless_empty(SERVER.check(given))?;
    name(given).ok_or(Invalid::missing("name"))
}

/// The body of `PUT /servers/{id}`: another name, if there is one.
pub(crate) fn server_edit(given: &Object, stored: &Name) -> Result<Option<Name>, Invalid> {
    let shown = Object::from([("name".to_owned(), Json::Text(absolute(stored)))]);
    let changes = changes(given, &shown);
    Invalid::unless_empty(SERVER.check_some(&changes))?;
    Ok(name(&changes).filter(|name| name != stored))
}

fn name(object: &Object) -> Option<Name> {
    text(object, "name")?.parse().ok()
}
