//! Who calls: HTTP Basic (RFC 7617) and Bearer (RFC 6750), as a value that handlers take.

use std::future::Future;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use actix_web::{Error, FromRequest, HttpRequest, web};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ddns_core::{Caller, Command, Fqdn, Identity, Refusal, SecretId};
use ddns_service::{Authenticated, Origin, Reply, Request, Service, ServiceError};
use ddns_store::Secret;
use secrecy::{ExposeSecret, SecretString};

use crate::dialect::{Dialect, Fault};
use crate::notes::{About, Author};
use crate::server::State;
use crate::source;

/// The challenge of every 401 (RFC 7617): old routers send credentials only after it.
pub(crate) const CHALLENGE: &str = "Basic realm=\"ddns\", charset=\"UTF-8\"";

/// An account that has proved who it is. A handler that takes one needs no further check of credentials.
pub(crate) struct SignedIn<D> {
    /// The proof.
    pub(crate) identity: Identity,
    /// What was presented.
    secret: SecretString,
    /// Whether that is a token.
    by_token: bool,
    /// What the calling program calls itself.
    agent: Option<HeaderValue>,
    dialect: PhantomData<D>,
}

impl<D: Dialect> SignedIn<D> {
    /// Hands a command to the service in this caller's name. If it is refused, its hosts' owner can read why.
    pub(crate) async fn submit(&self, service: &Service, command: Command) -> Result<Reply, ServiceError> {
        self.submit_with(service, command, None).await
    }

    /// The same with a secret that the command leads to.
    pub(crate) async fn submit_with(
        &self,
        service: &Service,
        command: Command,
        secret: Option<(SecretId, Secret)>,
    ) -> Result<Reply, ServiceError> {
        let about = About::command(&command);
        let origin = Origin { dialect: D::NAME, source: self.identity.source };
        let mut request = Request::new(Caller::Account(self.identity.clone()), command, origin);
        request.secrets.extend(secret);
        let outcome = service.submit(request).await;
        self.author().leave_outcome(service, about, &outcome);
        outcome
    }

    /// Leaves with a host why this dialect refused something at its door. Nothing is left with a host that is out of the
    /// caller's sight.
    pub(crate) fn note(&self, service: &Service, host: &Fqdn, sentence: &str) {
        self.note_about(service, About::Hosts(vec![host.clone()]), sentence);
    }

    /// The same with several hosts.
    pub(crate) fn note_about(&self, service: &Service, about: About, sentence: &str) {
        self.author().leave(service, about, sentence);
    }

    fn author(&self) -> Author<'_> {
        Author { identity: &self.identity, dialect: D::NAME, agent: self.agent.as_ref(), secret: &self.secret }
    }

    /// What the rules would say to a command, before something costly is done for it.
    pub(crate) fn preview(&self, service: &Service, command: &Command) -> Result<(), Refusal> {
        service.preview(&Caller::Account(self.identity.clone()), command)
    }

    /// The token that was presented, to be shown to whoever presented it; none under a password.
    pub(crate) fn token(&self) -> Option<&str> {
        self.by_token.then(|| self.secret.expose_secret())
    }

    fn new(authenticated: Authenticated, secret: SecretString, agent: Option<HeaderValue>) -> Option<SignedIn<D>> {
        let Caller::Account(identity) = authenticated.caller else { return None };
        Some(SignedIn { identity, secret, by_token: authenticated.by_token, agent, dialect: PhantomData })
    }
}

impl<D: Dialect> FromRequest for SignedIn<D> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<SignedIn<D>, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { sign_in(&request).await.map_err(Fault::error::<D>) })
    }
}

/// A caller who may, but need not, prove who it is. Credentials that are there must be right.
pub(crate) struct Guest<D>(pub(crate) Option<SignedIn<D>>);

impl<D: Dialect> FromRequest for Guest<D> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Guest<D>, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if !request.headers().contains_key(AUTHORIZATION) {
                return Ok(Guest(None));
            }
            Ok(Guest(Some(sign_in(&request).await.map_err(Fault::error::<D>)?)))
        })
    }
}

/// Proves who sent a request.
///
/// # Errors
/// [`Fault::Unauthorized`] where that fails, whatever the reason.
pub(crate) async fn sign_in<D: Dialect>(request: &HttpRequest) -> Result<SignedIn<D>, Fault> {
    sign_in_with(request, Credentials::presented::<D>(request.headers()).ok_or(Fault::Unauthorized)?).await
}

/// The same with credentials that a dialect has at another place.
///
/// # Errors
/// As [`sign_in`].
pub(crate) async fn sign_in_with<D: Dialect>(
    request: &HttpRequest,
    credentials: Credentials,
) -> Result<SignedIn<D>, Fault> {
    let state = request.app_data::<web::Data<State>>().ok_or(Fault::Unavailable)?;
    let authenticated = credentials.prove(&state.service, source::of(request)).await?;
    let agent = request.headers().get(USER_AGENT).cloned();
    SignedIn::new(authenticated, credentials.secret, agent).ok_or(Fault::Unauthorized)
}

/// What a caller presents.
pub(crate) struct Credentials {
    /// None for a bearer.
    pub(crate) login: Option<String>,
    /// A password or a token; a bearer's is a token.
    pub(crate) secret: SecretString,
}

impl Credentials {
    /// Those of a dialect's own header, if it is there; else those of `Authorization`.
    fn presented<D: Dialect>(headers: &HeaderMap) -> Option<Credentials> {
        match D::TOKEN_HEADER.filter(|name| headers.contains_key(*name)) {
            Some(name) => Credentials::token(headers.get_all(name)),
            None => Credentials::parse(headers.get(AUTHORIZATION)?),
        }
    }

    /// One token: of two nobody knows which is meant.
    fn token<'h>(mut lines: impl Iterator<Item = &'h HeaderValue>) -> Option<Credentials> {
        let token = lines.next()?.to_str().ok()?.trim();
        lines.next().is_none().then(|| Credentials { login: None, secret: SecretString::from(token) })
    }

    fn parse(header: &HeaderValue) -> Option<Credentials> {
        let (scheme, value) = header.to_str().ok()?.trim().split_once(' ')?;
        if scheme.eq_ignore_ascii_case("basic") {
            Credentials::basic(value.trim())
        } else if scheme.eq_ignore_ascii_case("bearer") {
            Some(Credentials { login: None, secret: SecretString::from(value.trim()) })
        } else {
            None
        }
    }

    fn basic(value: &str) -> Option<Credentials> {
        let decoded = SecretString::from(String::from_utf8(FORGIVING.decode(value).ok()?).ok()?);
        let (login, secret) = decoded.expose_secret().split_once(':')?;
        Some(Credentials { login: Some(unescaped(login)), secret: SecretString::from(secret) })
    }

    async fn prove(&self, service: &Service, source: Option<IpAddr>) -> Result<Authenticated, Fault> {
        let proved = match &self.login {
            Some(login) => service.authenticate(login, &self.secret, source).await,
            None => service.authenticate_token(&self.secret, source),
        };
        proved.map_err(Fault::from)
    }
}

/// Some clients leave out the padding.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Routers that build `http://login:token@…` themselves send an e-mail address with its `@` still escaped.
fn unescaped(login: &str) -> String {
    if login.contains('@') { login.to_owned() } else { login.replacen("%40", "@", 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<(Option<&str>, &str)>) {
        let parsed = Credentials::parse(&HeaderValue::from_str(header).unwrap());
        let seen = parsed.as_ref().map(|parsed| (parsed.login.as_deref(), parsed.secret.expose_secret()));
        assert_eq!(seen, expected, "{header}");
    }

    #[test]
    fn headers_as_clients_send_them() {
        check("Basic am9lOnB3", Some((Some("joe"), "pw")));
        check("basic  am9lOnB3 ", Some((Some("joe"), "pw")));
        check("BASIC am9lOnA6dw==", Some((Some("joe"), "p:w")));
        check("Basic am9lOnA6dw", Some((Some("joe"), "p:w")));
        check("Basic am9lJTQwYS5kZTp4", Some((Some("joe@a.de"), "x")));
        check("Basic am9lOsO8", Some((Some("joe"), "ü")));
        check("Bearer abc", Some((None, "abc")));
    }

    #[test]
    fn headers_that_are_no_credentials() {
        for header in ["", "Basic", "Basic !!!", "Basic am9l", "Basic am9lOvw=", "Digest username=\"joe\"", "Bearer"] {
            check(header, None);
        }
    }
}
