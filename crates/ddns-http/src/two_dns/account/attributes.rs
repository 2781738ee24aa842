//! An account's attributes, from JSON.

use ddns_core::{Language, MailAddress};
use ddns_service::fresh::check_password;
use secrecy::SecretString;

use crate::json::Json;
use crate::reply;
use crate::two_dns::form::{Form, INVALID, NOT_LISTED, text};
use crate::two_dns::words::Wrong;

/// What `POST /users` asks for.
pub(super) struct Wanted {
    pub(super) email: MailAddress,
    pub(super) password: SecretString,
    /// None where the caller does not say.
    pub(super) language: Option<Language>,
}

/// `email` and `password`; `language` may be left out.
pub(super) fn of_new_account(body: &[u8]) -> Result<Wanted, Wrong> {
    let mut form = Form::read(body, &["email", "password", "language"])?;
    let email = form.required("email", email);
    let password = form.required("password", password);
    let language = form.take("language", language);
    form.finish()?;
    let (Some(email), Some(password)) = (email, password) else { return Err(Wrong::Attributes) };
    Ok(Wanted { email, password, language })
}

/// What `PUT /users/me` asks for; none leaves as it is.
pub(super) struct Edit {
    pub(super) email: Option<MailAddress>,
    pub(super) password: Option<SecretString>,
    pub(super) language: Option<Language>,
}

/// Any of `email`, `password`, `language`.
pub(super) fn of_edit(body: &[u8]) -> Result<Edit, Wrong> {
    let mut form = Form::read(body, &["email", "password", "language"])?;
    let (email, password) = (form.take("email", email), form.take("password", password));
    let language = form.take("language", language);
    form.finish()?;
    Ok(Edit { email, password, language })
}

/// What `POST /users/password` asks for: `email`.
pub(super) fn of_forgetful(body: &[u8]) -> Result<MailAddress, Wrong> {
    let mut form = Form::read(body, &["email"])?;
    let email = form.required("email", email);
    form.finish()?;
    email.ok_or(Wrong::Attributes)
}

/// A body that says nothing: none at all, or an object without attributes.
pub(super) fn of_nothing(body: &[u8]) -> Result<(), Wrong> {
    if body.is_empty() { Ok(()) } else { Form::read(body, &[]).map(drop) }
}

fn email(value: &Json) -> Result<MailAddress, &'static str> {
    text(value)?.parse().map_err(|_| INVALID)
}

fn password(value: &Json) -> Result<SecretString, &'static str> {
    let password = SecretString::from(text(value)?);
    check_password(&password).map_err(reply::about_password)?;
    Ok(password)
}

fn language(value: &Json) -> Result<Language, &'static str> {
    text(value).ok().and_then(|tag| tag.parse().ok()).ok_or(NOT_LISTED)
}
