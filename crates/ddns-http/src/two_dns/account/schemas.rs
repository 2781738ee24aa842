//! What the account's requests look like, for the OpenAPI document; `attributes` reads them.

#![expect(dead_code, reason = "schemas are described and never made")]

use utoipa::{IntoResponses, ToSchema};

use crate::reply::Message;

/// An account to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    /// What the account signs in with.
    #[schema(format = Email, max_length = 254, example = "joe@example.org")]
    email: String,
    /// At least 8 characters.
    #[schema(format = Password, min_length = 8, max_length = 1024, example = "correct horse battery")]
    password: String,
    #[schema(required = false)]
    language: Tongue,
}

/// What is to change. What is left out stays as it is.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserEdit {
    /// The address that the account signs in with once the link in a mail to it has been followed.
    #[schema(required = false, format = Email, max_length = 254, example = "joe@example.org")]
    email: String,
    /// A new password: at least 8 characters. Tokens stay.
    #[schema(required = false, format = Password, min_length = 8, max_length = 1024, example = "another horse battery")]
    password: String,
    #[schema(required = false)]
    language: Tongue,
}

/// The language of mails and pages for the account. Where a new account names none, `Accept-Language` does, or else it is
/// English.
#[derive(ToSchema)]
#[schema(as = Language)]
#[serde(rename_all = "lowercase")]
enum Tongue {
    De,
    En,
}

/// Whose password is forgotten.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Forgetful {
    /// The address that the account signs in with.
    #[schema(format = Email, max_length = 254, example = "joe@example.org")]
    email: String,
}

/// No attributes.
#[derive(ToSchema)]
#[schema(as = Empty)]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

/// The service takes no sign-ups, or sends no mail; or a browser says that another site made it send this.
#[derive(IntoResponses)]
#[response(
    status = 403,
    example = json!({ "message": "this service takes no sign-ups; ask its operator for an account" })
)]
pub(super) struct NotOffered(Message<'static>);

/// The caller's network, or this address, has had its share of this hour. Nothing was changed.
#[derive(IntoResponses)]
#[response(
    status = 429,
    headers(("Retry-After" = String, description = "In how many seconds to try again.")),
    example = json!({ "message": "Too many changes in this hour; nothing was changed" })
)]
pub(super) struct Enough(Message<'static>);

/// A domain of the account holds hosts of others.
#[derive(IntoResponses)]
#[response(
    status = 422,
    example = json!({ "message": "the domain joe.example still has hosts; remove them first" })
)]
pub(super) struct InUse(Message<'static>);
