//! What the requests of these pages look like, for the OpenAPI document; `form` reads them.

#![expect(dead_code, reason = "schemas are described and never made")]

use utoipa::{IntoParams, ToSchema};

/// The link of a mail.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Code {
    /// The last part of the link, as the mail has it.
    #[param(example = "AQ")]
    code: String,
}

/// The password that a link chooses. Other links need nothing, and look at nothing.
#[derive(ToSchema)]
pub(super) struct NewPassword {
    /// At least 8 characters.
    #[schema(required = false, format = Password, example = "another horse battery")]
    password: String,
    /// The same again, where it was typed twice.
    #[schema(required = false, format = Password, example = "another horse battery")]
    again: String,
}
