//! `/confirm/{code}`: where the links in mails lead. `GET` shows what the link does and changes nothing, because mail
//! scanners open links; only the page's button does it, by `POST`.
//!
//! The code is a secret: no log line, no error and no page holds it, and it is sent to nobody else.

mod form;
mod page;
mod schemas;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use ddns_core::{Command, Login, MailAddress, NewToken, Refusal, Scope, SecretId, TokenLabel};
use ddns_service::{HashError, Link, Origin, Purpose, Reply, Request, ServiceError, fresh};
use ddns_store::Secret;
use utoipa::OpenApi;

use self::page::{Complaints, Done, Page};
use self::schemas::{Code, NewPassword};
use crate::body::Body;
use crate::dialect::{Dialect, Fault};
use crate::reply::Message;
use crate::routes::Routes;
use crate::server::State;
use crate::{language, links, source};

/// The routes of this dialect.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Confirm>("/confirm/{code}", [(Method::GET, web::to(show)), (Method::POST, web::to(follow))]);
    routes.describe(Description::openapi);
}

#[derive(OpenApi)]
#[openapi(
    paths(show, follow),
    tags((name = "confirm", description = "Where the links in mails lead: pages for people, and the same for scripts."))
)]
struct Description;

struct Confirm;

impl Dialect for Confirm {
    const NAME: &'static str = "confirm";

    fn say(fault: Fault) -> HttpResponse {
        Page::Fault(fault).html(Default::default())
    }
}

/// Shows what a link does
///
/// A page in the language of the account, with a button that does it. Nothing is changed.
#[utoipa::path(
    get,
    path = "/confirm/{code}",
    security(()),
    params(Code),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 410, description = "The link was used, has ended or is none.", body = String, content_type = "text/html")
    )
)]
async fn show(state: web::Data<State>, request: HttpRequest, code: web::Path<String>) -> HttpResponse {
    match state.service.open_link(&code) {
        Ok(link) => Page::ask(&link).html(link.account.language),
        Err(_) => Page::Void.html(language::preferred(request.headers())),
    }
}

/// Follows a link
///
/// Confirms an account, and shows its first token this once; sets a new password; or changes the address that the account
/// signs in with. It works once. The answer is a page, or JSON for whoever accepts `application/json` and not `text/html`.
#[utoipa::path(
    post,
    path = "/confirm/{code}",
    security(()),
    params(Code),
    request_body(content(
        (NewPassword = "application/x-www-form-urlencoded"),
        (NewPassword = "application/json")
    )),
    responses(
        (
            status = 200,
            description = "It is done.",
            content((String = "text/html"), (Done<'_> = "application/json"))
        ),
        (
            status = 400,
            description = "The body is neither a form nor a JSON object, or has a field twice. Nothing was changed.",
            content((String = "text/html"), (Message<'_> = "application/json"))
        ),
        (
            status = 410,
            description = "The link was used, has ended or is none. Nothing was changed.",
            content((String = "text/html"), (Message<'_> = "application/json"))
        ),
        (
            status = 422,
            description = "The password is none, or the address is another account's by now. Nothing was changed.",
            content((String = "text/html"), (Complaints = "application/json"))
        ),
        (
            status = 503,
            description = "The service cannot do this now. Nothing was changed, and the link still works.",
            content((String = "text/html"), (Message<'_> = "application/json")),
            headers(("Retry-After" = String, description = "In how many seconds to try again."))
        )
    )
)]
async fn follow(
    state: web::Data<State>,
    request: HttpRequest,
    code: web::Path<String>,
    body: Body<Confirm>,
) -> HttpResponse {
    let (language, page) = match state.service.open_link(&code) {
        Ok(link) => {
            (link.account.language, carry_out(Visit { state: &state, request: &request, link: &link }, &body).await)
        }
        Err(_) => (language::preferred(request.headers()), Page::Void),
    };
    if wants_json(request.headers()) { page.json() } else { page.html(language) }
}

/// Stands for one where there is no shared domain.
const SOME_DOMAIN: &str = "dyn.example";

/// Somebody who followed a link.
struct Visit<'v> {
    state: &'v State,
    request: &'v HttpRequest,
    link: &'v Link,
}

async fn carry_out(visit: Visit<'_>, body: &[u8]) -> Page {
    let done = match &visit.link.purpose {
        Purpose::Confirm => visit.confirm().await,
        Purpose::SetPassword { from } => visit.set_password(*from, body).await,
        Purpose::SetLogin { from, to } => visit.set_login(from, to).await,
    };
    done.unwrap_or_else(|page| page)
}

impl Visit<'_> {
    async fn confirm(&self) -> Result<Page, Page> {
        let ((token, digest), secret) = (fresh::token(), fresh::secret_id());
        let (account, label) = (self.link.account.number, TokenLabel::API_TOKEN);
        let new = NewToken { id: fresh::uuid(), account, label, scope: Scope::FULL, secret };
        let reply = self.submit(Command::Confirm(new), Some((secret, digest))).await.map_err(otherwise)?;
        let account = reply.snapshot.registry.account(account); // Somebody may have claimed the address since the link was opened.
        let shared = reply.snapshot.registry.domains().filter(|domain| domain.shared);
        let domain = shared.map(|domain| domain.name.name().to_string()).min();
        Ok(Page::Confirmed {
            email: self.link.account.login.clone(),
            token,
            has_password: account.is_some_and(|account| account.password.is_some()),
            base: links::base(self.request, &self.state.settings),
            domain: domain.unwrap_or_else(|| SOME_DOMAIN.to_owned()),
        })
    }

    async fn set_password(&self, from: Option<SecretId>, body: &[u8]) -> Result<Page, Page> {
        let email = || self.link.account.login.clone();
        let password = form::password(body).map_err(|wrong| match wrong {
            form::Wrong::Password(complaint) => Page::AskPassword { email: email(), wrong: Some(complaint) },
            form::Wrong::Unreadable => Page::Fault(Fault::BodyBroken),
        })?;
        let hash = self.state.service.hash_password(password).await.map_err(|error| match error {
            HashError::Busy => Page::Fault(Fault::Busy),
            HashError::Password(error) => {
                tracing::warn!(%error, "a password was not hashed");
                Page::Fault(Fault::Unavailable)
            }
        })?;
        let (account, to) = (self.link.account.number, fresh::secret_id());
        let command = Command::SetPassword { account, from, to };
        self.submit(command, Some((to, hash))).await.map_err(otherwise)?;
        Ok(Page::PasswordSet { email: email() })
    }

    async fn set_login(&self, from: &Login, to: &MailAddress) -> Result<Page, Page> {
        let (account, email) = (self.link.account.number, to.login());
        let command = Command::SetLogin { account, from: from.clone(), to: to.clone(), mail: fresh::uuid() };
        match self.submit(command, None).await {
            Ok(_) => Ok(Page::LoginSet { email }),
            Err(ServiceError::Refused(Refusal::Taken { .. })) => Err(Page::Taken { email }),
            Err(error) => Err(otherwise(error)),
        }
    }

    /// In the name of whoever holds the link.
    async fn submit(&self, command: Command, secret: Option<(SecretId, Secret)>) -> Result<Reply, ServiceError> {
        let origin = Origin { dialect: Confirm::NAME, source: source::of(self.request) };
        let mut request = Request::new(self.link.caller(), command, origin);
        request.secrets.extend(secret);
        self.state.service.submit(request).await
    }
}

/// The one table from what went otherwise to pages. Whatever the rules have against it, the link does nothing any more.
fn otherwise(error: ServiceError) -> Page {
    match error {
        ServiceError::Refused(Refusal::TooMany { .. }) => Page::Fault(Fault::Unavailable),
        ServiceError::Refused(_) => Page::Void,
        error => Page::Fault(Fault::of_service(&error)),
    }
}

/// Whether the caller takes JSON and no page. Browsers take pages.
fn wants_json(headers: &HeaderMap) -> bool {
    let lines: Vec<&str> = headers.get_all(ACCEPT).filter_map(|line| line.to_str().ok()).collect();
    let takes = |kind: &str| lines.iter().any(|line| line.to_ascii_lowercase().contains(kind));
    takes("application/json") && !takes("text/html")
}
