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

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn check(query: &str, expected: Option<(Option<&str>, &str)>) {
        let given = given(&Params::parse(query));
        let seen = given.as_ref().map(|given| (given.login.as_deref(), given.secret.expose_secret()));
        assert_eq!(seen, expected, "{query}");
    }

    #[test]
    fn credentials_as_devices_write_them() {
        check("username=joe@example.org&password=pw", Some((Some("joe@example.org"), "pw")));
        check("USER=joe%40example.org&Pass=p%20w", Some((Some("joe@example.org"), "p w")));
        check("username=joe+home@example.org&password=a+b", Some((Some("joe+home@example.org"), "a b")));
        check("username=joe%2Bhome@example.org&password=a%2Bb", Some((Some("joe+home@example.org"), "a+b")));
        check("token=abc", Some((None, "abc")));
        check("username=&key=abc&token=", Some((None, "abc")));
        check("username=joe&password=old&password=new", Some((Some("joe"), "new")));
    }

    #[test]
    fn without_a_secret_there_are_none() {
        for query in ["", "username=joe", "username=joe&password=", "hostname=password&passwords=x"] {
            check(query, None);
        }
    }
}
