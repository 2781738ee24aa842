//! The account itself: sign-up, a forgotten password, changes, a new token, and its end.
//!
//! Whoever has not signed in learns nothing about which accounts exist: where a mail goes out, `POST /users` and
//! `POST /users/password` answer alike, and after the same time, whether there is one or not.

mod attributes;
mod schemas;

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use ddns_core::{
    AccountEdit, Caller as Whoever, Command, Identity, MailAddress, NewSignUp, NewToken, Refusal, Scope, SecretId,
    TokenLabel,
};
use ddns_service::{HashError, Origin, Reply, Request, ServiceError, Snapshot, fresh};
use ddns_store::Secret;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use self::schemas::{Empty, Enough, Forgetful, InUse, NewUser, NotOffered, UserEdit};
use super::schemas::{BadBody, OutOfScope};
use super::words::{UserBody, Wrong, json, nothing};
use super::{Answer, Caller, Service, TwoDns, readable};
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::quiet::Quiet;
use crate::server::State;
use crate::sight::Sight;
use crate::{language, reply, source};

/// Signs up
///
/// Where the operator lets people sign up. Where the address is to be confirmed, a mail goes there, the account acts once its
/// link has been followed, and nobody else is told whether the address had an account already. Needs no credentials, and
/// looks at none.
#[utoipa::path(
    post,
    path = "/users",
    security(()),
    request_body(content = NewUser, example = json!({
        "email": "joe@example.org", "password": "correct horse battery", "language": "de"
    })),
    responses((status = 201, description = "It is asked for.", body = EmailBody<'_>), BadBody, NotOffered, Enough)
)]
pub(super) async fn sign_up(service: Service, request: HttpRequest, body: Body<TwoDns>) -> Answer {
    let quiet = Quiet::begin();
    let wanted = attributes::of_new_account(&body)?;
    let language = wanted.language.unwrap_or_else(|| language::preferred(request.headers()));
    let (id, mail, password) = (fresh::uuid(), fresh::uuid(), fresh::secret_id());
    let command = Command::SignUp(NewSignUp { id, login: wanted.email.clone(), password, language, mail });
    let stranger = Stranger::new(&service, &request);
    stranger.may_ask(&command, &wanted.email)?;
    let hash = hashed(&service, wanted.password).await?;
    quiet.over(stranger.submit(command, Some((password, hash)))).await.map_err(about_email)?;
    Ok(json(StatusCode::CREATED, &EmailBody { email: &wanted.email }))
}

/// Asks for a new password
///
/// A mail with a link goes to the address if there is an account, and the answer is the same if there is none.
#[utoipa::path(
    post,
    path = "/users/password",
    security(()),
    request_body(content = Forgetful, example = json!({ "email": "joe@example.org" })),
    responses((status = 202, description = "It is asked for.", body = EmailBody<'_>), BadBody, NotOffered, Enough)
)]
pub(super) async fn ask_password(service: Service, request: HttpRequest, body: Body<TwoDns>) -> Answer {
    let quiet = Quiet::begin();
    let email = attributes::of_forgetful(&body)?;
    let command = Command::AskPassword { login: email.login(), mail: fresh::uuid() };
    let stranger = Stranger::new(&service, &request);
    stranger.may_ask(&command, &email)?;
    quiet.over(stranger.submit(command, None)).await.map_err(about_email)?;
    Ok(json(StatusCode::ACCEPTED, &EmailBody { email: &email }))
}

/// Shows the account
#[utoipa::path(
    get,
    path = "/users/me",
    responses((status = 200, description = "The account.", body = UserBody<'_>), OutOfScope)
)]
pub(super) async fn show_me(caller: Caller, service: Service) -> Answer {
    me(StatusCode::OK, &service.service.snapshot(), &caller.identity, caller.token())
}

/// Changes the account
///
/// A new address is asked for by a mail to it, and is the account's once the link there has been followed: until then the
/// answer shows the present one. Needs the password, or a token of full scope.
// The address comes last, because a change of the account voids the links that were asked for before. What would be refused
// is found out in front of everything.
#[utoipa::path(
    put,
    path = "/users/me",
    request_body(content = UserEdit, example = json!({ "password": "another horse battery" })),
    responses((status = 200, description = "The account as it is now.", body = UserBody<'_>), BadBody, OutOfScope)
)]
pub(super) async fn set_me(caller: Caller, service: Service, body: Body<TwoDns>) -> Answer {
    let quiet = Quiet::begin();
    let wanted = attributes::of_edit(&body)?;
    readable(Sight::new(&service.service.snapshot().registry, &caller.identity))?;
    let account = caller.identity.account;
    let password = wanted.password.map(|password| (fresh::secret_id(), password));
    let new_id = password.as_ref().map(|(id, _)| *id);
    let edit = AccountEdit { language: wanted.language, password: new_id, ..AccountEdit::default() };
    let change = Command::SetAccount { account, edit };
    caller.preview(&service.service, &change)?;
    let ask = |to: &MailAddress| Command::AskLogin { account, to: to.clone(), mail: fresh::uuid() };
    if let Some(email) = &wanted.email {
        caller.preview(&service.service, &ask(email)).map_err(about_new_email)?;
        service.service.admit_stranger(caller.identity.source, &email.login())?;
    }
    let secret = match password {
        Some((id, password)) => Some((id, hashed(&service, password).await?)),
        None => None,
    };
    let reply = caller.submit_with(&service.service, change, secret).await?;
    if let Some(email) = &wanted.email {
        let asked = quiet.over(caller.submit(&service.service, ask(email))).await;
        asked.map_err(|error| if reply.changed { half_done(error) } else { about_email(error) })?;
    }
    me(StatusCode::OK, &reply.snapshot, &caller.identity, caller.token())
}

/// Removes the account
///
/// Everything that is its own goes with it. Needs the password, or a token of full scope.
#[utoipa::path(
    delete,
    path = "/users/me",
    responses((status = 204, description = "It is gone."), OutOfScope, InUse)
)]
pub(super) async fn remove_me(caller: Caller, service: Service) -> Answer {
    caller.submit(&service.service, Command::RemoveAccount { account: caller.identity.account }).await?;
    Ok(nothing())
}

/// Makes a new API token
///
/// The one that it takes the place of is void at once: the token that the caller came with, whose label and scope it has;
/// under a password, the one that is called `API token`. A token needs no more for it than to read, for the account is shown.
#[utoipa::path(
    post,
    path = "/users/me/api_token",
    request_body(content = Option<Empty>, example = json!({})),
    responses(
        (status = 201, description = "The account, with the new token.", body = UserBody<'_>),
        BadBody,
        OutOfScope
    )
)]
pub(super) async fn renew_token(caller: Caller, service: Service, body: Body<TwoDns>) -> Answer {
    attributes::of_nothing(&body)?;
    readable(Sight::new(&service.service.snapshot().registry, &caller.identity))?;
    let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
    let account = caller.identity.account;
    let new = NewToken { id, account, label: TokenLabel::API_TOKEN, scope: Scope::FULL, secret };
    let reply = caller.submit_with(&service.service, Command::RenewToken(new), Some((secret, digest))).await?;
    let identity = Identity { token: caller.identity.token.map(|_| id), ..caller.identity.clone() };
    me(StatusCode::CREATED, &reply.snapshot, &identity, Some(text.expose_secret()))
}

/// The account, as this caller sees it.
fn me(status: StatusCode, snapshot: &Snapshot, identity: &Identity, api_token: Option<&str>) -> Answer {
    let sight = readable(Sight::new(&snapshot.registry, identity))?;
    let account = snapshot.registry.account(identity.account).ok_or(Wrong::Fault(Fault::Unauthorized))?;
    Ok(json(status, &UserBody::new(api_token, account, sight.hosts())))
}

/// Somebody who need not sign in. Credentials, if there are any, are not looked at.
struct Stranger<'s> {
    state: &'s State,
    source: Option<IpAddr>,
}

impl<'s> Stranger<'s> {
    fn new(state: &'s State, request: &HttpRequest) -> Stranger<'s> {
        Stranger { state, source: source::of(request) }
    }

    /// Whether the service takes such requests at all, and one more of them in this hour.
    fn may_ask(&self, command: &Command, email: &MailAddress) -> Result<(), Wrong> {
        match self.state.service.preview(&Whoever::Guest, command) {
            Err(refusal @ (Refusal::SignUpClosed | Refusal::NoMail)) => Err(Wrong::from(refusal)),
            _ => Ok(self.state.service.admit_stranger(self.source, &email.login())?),
        }
    }

    async fn submit(self, command: Command, secret: Option<(SecretId, Secret)>) -> Result<Reply, ServiceError> {
        let origin = Origin { dialect: TwoDns::NAME, source: self.source };
        let mut request = Request::new(Whoever::Guest, command, origin);
        request.secrets.extend(secret);
        self.state.service.submit(request).await
    }
}

async fn hashed(state: &State, password: SecretString) -> Result<Secret, Wrong> {
    state.service.hash_password(password).await.map_err(|error| match error {
        HashError::Busy => Wrong::Fault(Fault::Busy),
        HashError::Password(error) => Wrong::Fields(vec![("password", reply::about_password(error))]),
    })
}

/// A refusal about an address. A full outbox is our trouble, and says nothing about the address.
fn about_email(error: ServiceError) -> Wrong {
    match error {
        ServiceError::Refused(Refusal::Taken { .. }) => Wrong::Fields(vec![("email", "has already been taken")]),
        ServiceError::Refused(refusal @ Refusal::TooMany { .. }) => {
            tracing::warn!(%refusal, "a request was not carried out");
            Wrong::Fault(Fault::Unavailable)
        }
        error => Wrong::from(error),
    }
}

fn about_new_email(refusal: Refusal) -> Wrong {
    match refusal {
        Refusal::NoMail => Wrong::Fields(vec![("email", "cannot be changed: this service sends no mail")]),
        refusal => about_email(ServiceError::Refused(refusal)),
    }
}

/// The mail could not be asked for, and the rest was done before. What asking again does not help is told as it is.
fn half_done(error: ServiceError) -> Wrong {
    tracing::warn!(%error, "an account was changed, and not asked for its new address");
    let again = "Everything but the address was changed; ask for that again later";
    match about_email(error) {
        Wrong::Fault(fault @ (Fault::Limited | Fault::Busy | Fault::Unavailable)) => Wrong::Midway(fault, again),
        wrong => wrong,
    }
}

/// An address that something was asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Email)]
struct EmailBody<'a> {
    /// As it is kept: in lower case.
    #[schema(value_type = String, format = Email, example = "joe@example.org")]
    email: &'a MailAddress,
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};

    use super::*;

    /// What a caller is told whose account was changed while its new address was not asked for.
    #[track_caller]
    fn check(error: ServiceError, status: u16, retry_after: Option<&str>) {
        let answer = half_done(error).answer();
        let moment = answer.headers().get(RETRY_AFTER).map(|moment| moment.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), moment), (status, retry_after));
        assert_eq!(answer.headers().contains_key(WWW_AUTHENTICATE), status == 401);
    }

    #[test]
    fn half_done_is_told_with_when_to_go_on_or_why_not() {
        check(ServiceError::Limited, 429, Some("3600"));
        check(ServiceError::Busy, 503, Some("1"));
        check(ServiceError::Unavailable("the disk is full".to_owned()), 503, Some("10"));
        check(ServiceError::Refused(Refusal::FULL_OUTBOX), 503, Some("10"));
        check(ServiceError::Refused(Refusal::TokenVoid), 401, None);
        check(ServiceError::Refused(Refusal::NoMail), 403, None);
    }
}
