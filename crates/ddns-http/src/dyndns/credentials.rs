//! Credentials of devices that can put them nowhere but into a URL or a form.
//!
//! URLs end up in the logs of proxies and in browsers' histories, so that only an operator who wants to have such devices
//! lets them in.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use secrecy::SecretString;

use super::Family;
use crate::auth::{self, Credentials, SignedIn};
use crate::dialect::Fault;
use crate::params::Params;
use crate::server::State;

/// Parameters for the login; without one, the secret is a token.
const LOGIN: &[&str] = &["username", "user"];
/// Parameters for a password or a token.
const SECRET: &[&str] = &["password", "pass", "token", "key"];

/// Proves who sent a request. A header that is there counts alone, even if it is wrong.
pub(super) async fn sign_in<F: Family>(
    state: &State,
    request: &HttpRequest,
    params: &Params,
) -> Result<SignedIn<F>, Fault> {
    let looks = state.settings.query_credentials && !request.headers().contains_key(AUTHORIZATION);
    match given(params).filter(|_| looks) {
        Some(credentials) => auth::sign_in_with(request, credentials).await,
        None => auth::sign_in(request).await,
    }
}

fn given(params: &Params) -> Option<Credentials> {
    let last = |names| params.all(names).filter(|value| !value.is_empty()).last();
    Some(Credentials { login: last(LOGIN).map(unescaped), secret: SecretString::from(last(SECRET)?) })
}

/// Devices write a plus sign as it is, which then stands for a space; and no login has a space.
fn unescaped(login: &str) -> String {
    login.replace(' ', "+")
}
