//! A new password, as a form or a script sends it.

use std::collections::BTreeMap;

use ddns_service::fresh::{PasswordError, check_password};
use percent_encoding::percent_decode;
use secrecy::{ExposeSecret, SecretString};

use super::page::Complaint;
use crate::json::{self, Json};

/// Why there is no password to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The body must be a form or a JSON object, each field once.
    Unreadable,
    /// What was typed must keep the rules.
    Password(Complaint),
}

/// The password that a body chooses: a form's, with what was typed again in another field, or JSON's
/// `{"password":"…"}`. Other fields mean nothing.
pub(super) fn password(body: &[u8]) -> Result<SecretString, Wrong> {
    let mut fields = if body.starts_with(b"{") { of_json(body) } else { of_form(body) }.ok_or(Wrong::Unreadable)?;
    let password = fields.remove("password").unwrap_or_default();
    if fields.remove("again").is_some_and(|again| again.expose_secret() != password.expose_secret()) {
        return Err(Wrong::Password(Complaint::NotTheSame));
    }
    match check_password(&password) {
        Ok(()) => Ok(password),
        Err(PasswordError::TooShort) => Err(Wrong::Password(Complaint::TooShort)),
        Err(PasswordError::TooLong) => Err(Wrong::Password(Complaint::TooLong)),
        Err(PasswordError::NotHashed) => Err(Wrong::Unreadable),
    }
}

type Fields = BTreeMap<String, SecretString>;

fn of_json(body: &[u8]) -> Option<Fields> {
    let field = |(name, value)| match value {
        Json::Text(text) => Some((name, SecretString::from(text))),
        _ => None,
    };
    json::object(body).ok()?.into_iter().map(field).collect()
}

/// `name=value&name=value…` (URL Standard, section 5.1), but octets that are no UTF-8 make no password.
fn of_form(body: &[u8]) -> Option<Fields> {
    let mut fields = Fields::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(position) => (pair.get(..position)?, pair.get(position.checked_add(1)?..)?),
            None => (pair, &[][..]),
        };
        if fields.insert(decoded(name)?, SecretString::from(decoded(value)?)).is_some() {
            return None;
        }
    }
    Some(fields)
}

fn decoded(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Result<&str, Wrong>) {
        let read = password(body.as_bytes());
        assert_eq!(read.as_ref().map(|password| password.expose_secret()), expected.as_ref().copied(), "{body}");
    }

    #[test]
    fn passwords_are_taken_exactly() {
        check("password=correct+horse", Ok("correct horse"));
        check("email=a%40b.de&password=%20%26%3d%2B%C3%BCxyz+&again=+%26=%2b%c3%bcxyz%20", Ok(" &=+üxyz "));
        check("password=%25zz%zz%&again=%25zz%zz%", Err(Wrong::Password(Complaint::TooShort)));
        check("password=%zz%zz%zz", Ok("%zz%zz%zz"));
        check(r#"{"password":"correct horse"}"#, Ok("correct horse"));
        check(r#"{"password":"correct horse","again":"correct horse","x":""}"#, Ok("correct horse"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let password = |complaint| Err(Wrong::Password(complaint));
        for body in
            ["", "password", "password=", "password=1234567", "PASSWORD=correct+horse", r#"{"password":""}"#, "{}"]
        {
            check(body, password(Complaint::TooShort));
        }
        check(&format!("password={}", "x".repeat(1_025)), password(Complaint::TooLong));
        check("password=correct+horse&again=correct+horsf", password(Complaint::NotTheSame));
        check(r#"{"password":"correct horse","again":""}"#, password(Complaint::NotTheSame));
        for body in [
            "password=correct+horse&password=another+horse",
            "password=%ff%ff%ff%ff%ff%ff%ff%ff",
            r#"{"password":"correct horse""#,
            r#"{"password":12345678}"#,
            r#"{"password":"correct horse","password":"another horse"}"#,
        ] {
            check(body, Err(Wrong::Unreadable));
        }
    }
}
