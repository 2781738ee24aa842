//! A request that has passed everything that comes before its resource has a say.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::http::{Method, Version};
use actix_web::{FromRequest, HttpRequest, web};
use ddns_core::{AccountNo, Action, Command, Fqdn, HostScope, Kind, Refusal, Role, SecretId, policy};
use ddns_service::{Reply, Service, ServiceError, Snapshot};
use ddns_store::Secret;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::flags::Flags;
use super::view::View;
use super::wrong::Wrong;
use super::{Designate, doors, tenant};
use crate::auth::{self, SignedIn};
use crate::dialect::Fault;
use crate::json::{self, Object};
use crate::params::Params;
use crate::server::State;
use crate::settings::HttpSettings;
use crate::{accept, links};

/// A request that has passed everything that comes before its resource has a say: its caller has proved who it is, has the
/// role for what its headers ask, says JSON, and reads it.
pub(super) struct Admitted {
    /// Whose objects it is about: the caller's account, or the one that an operator acts as.
    pub(super) tenant: AccountNo,
    /// Whether it is about every tenant's objects.
    pub(super) all_projects: bool,
    /// Whether it may change what the service makes itself.
    pub(super) edit_managed: bool,
    /// Whether the caller has the admin role.
    pub(super) is_operator: bool,
    caller: SignedIn<Designate>,
    request: HttpRequest,
    state: web::Data<State>,
}

impl FromRequest for Admitted {
    type Error = Wrong;
    type Future = Pin<Box<dyn Future<Output = Result<Admitted, Wrong>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Admitted::of(&request).await })
    }
}

impl Admitted {
    /// Checks a request: 401, then 403, then 415, then 406.
    pub(super) async fn of(request: &HttpRequest) -> Result<Admitted, Wrong> {
        let state = request.app_data::<web::Data<State>>().ok_or(Wrong::Fault(Fault::Unavailable))?;
        let caller = auth::sign_in::<Designate>(request).await.map_err(Wrong::Fault)?;
        let snapshot = state.service.snapshot();
        let account = snapshot.registry.account(caller.identity.account).ok_or(Wrong::Fault(Fault::Unauthorized))?;
        let is_operator = account.role == Role::Operator;
        let flags = Flags::of(request);
        if flags.are_special() && !(is_operator && reaches(&caller, &snapshot, Action::Read)) {
            return Err(Wrong::FORBIDDEN);
        }
        let tenant = match flags.sudo.as_slice() {
            [] => account.number,
            named => tenant::only(&snapshot.registry, named).ok_or(Wrong::FORBIDDEN)?,
        };
        check_content_type(request)?;
        check_accept(request)?;
        let Flags { all_projects, edit_managed, .. } = flags;
        let (request, state) = (request.clone(), state.clone());
        Ok(Admitted { tenant, all_projects, edit_managed, is_operator, caller, request, state })
    }

    /// An id in the path.
    ///
    /// # Errors
    /// [`Wrong::NOWHERE`]: what is no id has no route.
    pub(super) fn id(&self, name: &str) -> Result<Uuid, Wrong> {
        self.request.match_info().get(name).and_then(doors::uuid).ok_or(Wrong::NOWHERE)
    }

    /// A variable in the path that is no id.
    pub(super) fn variable(&self, name: &str) -> String {
        let raw = self.request.match_info().get(name).unwrap_or_default();
        percent_decode_str(raw).decode_utf8_lossy().into_owned()
    }

    /// Checks every id in the path.
    ///
    /// # Errors
    /// As [`Admitted::id`].
    pub(super) fn check_ids(&self) -> Result<(), Wrong> {
        let mut names = self.request.match_info().iter().map(|(name, _)| name).filter(|name| ID_NAMES.contains(name));
        names.try_for_each(|name| self.id(name).map(drop))
    }

    /// The service.
    pub(super) fn service(&self) -> &Service {
        &self.state.service
    }

    /// The newest state.
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.service().snapshot()
    }

    /// What the operator has set.
    pub(super) fn settings(&self) -> &HttpSettings {
        &self.state.settings
    }

    /// What links begin with.
    pub(super) fn base(&self) -> String {
        links::base(&self.request, &self.state.settings)
    }

    /// The version of HTTP that the caller speaks.
    pub(super) fn version(&self) -> Version {
        self.request.version()
    }

    /// The query string.
    pub(super) fn query(&self) -> Params {
        Params::parse(self.request.query_string())
    }

    /// What the caller sees, if it may read: a token needs all hosts and `read`.
    ///
    /// # Errors
    /// [`Wrong::FORBIDDEN`].
    pub(super) fn reading<'r>(&self, snapshot: &'r Snapshot) -> Result<View<'r>, Wrong> {
        self.viewing(snapshot, Action::Read)
    }

    /// What the caller sees, if it may change it: a token needs all hosts and `manage`.
    ///
    /// # Errors
    /// [`Wrong::FORBIDDEN`].
    pub(super) fn writing<'r>(&self, snapshot: &'r Snapshot) -> Result<View<'r>, Wrong> {
        self.viewing(snapshot, Action::Manage)
    }

    fn viewing<'r>(&self, snapshot: &'r Snapshot, action: Action) -> Result<View<'r>, Wrong> {
        if !reaches(&self.caller, snapshot, action) {
            return Err(Wrong::FORBIDDEN);
        }
        Ok(View::new(&snapshot.registry, self.tenant, self.all_projects))
    }

    /// Checks that the caller has the admin role.
    ///
    /// # Errors
    /// [`Wrong::FORBIDDEN`].
    pub(super) fn operating(&self) -> Result<(), Wrong> {
        if self.is_operator { Ok(()) } else { Err(Wrong::FORBIDDEN) }
    }

    /// Hands a command about an object of this kind to the service in the caller's name.
    pub(super) async fn submit(&self, kind: Kind, command: Command) -> Result<Reply, Wrong> {
        self.submit_with(kind, command, None).await
    }

    /// Leaves with a host why something was refused before it was handed over.
    pub(super) fn note(&self, host: &Fqdn, sentence: &str) {
        self.caller.note(self.service(), host, sentence);
    }

    /// Hands over an edit that is made from what is there, and makes it anew where that has changed meanwhile.
    pub(super) async fn submit_edit(
        &self,
        kind: Kind,
        mut edit: impl FnMut(&Snapshot) -> Result<(Command, Option<(SecretId, Secret)>), Wrong>,
    ) -> Result<Reply, Wrong> {
        for _ in 0..policy::EDIT_TRIES {
            let (command, secret) = edit(&self.snapshot())?;
            match self.caller.submit_with(self.service(), command, secret).await {
                Err(ServiceError::Refused(Refusal::Stale)) => (),
                reply => return reply.map_err(|error| Wrong::about(kind, error)),
            }
        }
        Err(Wrong::Fault(Fault::Busy))
    }

    /// The same with a secret that the command leads to.
    pub(super) async fn submit_with(
        &self,
        kind: Kind,
        command: Command,
        secret: Option<(SecretId, Secret)>,
    ) -> Result<Reply, Wrong> {
        let reply = self.caller.submit_with(self.service(), command, secret).await;
        reply.map_err(|error| Wrong::about(kind, error))
    }
}

/// Whether the caller's token, if it came with one, allows an action and covers all hosts, those to come included.
fn reaches(caller: &SignedIn<Designate>, snapshot: &Snapshot, action: Action) -> bool {
    caller.identity.token.is_none_or(|id| {
        let scope = snapshot.registry.token(id).map(|token| &token.scope);
        scope.is_some_and(|scope| scope.hosts == HostScope::All && scope.allows(action))
    })
}

/// The variables of paths that stand for ids.
const ID_NAMES: &[&str] = &["domain_id", "record_id", "server_id", "tsigkey_id"];

/// The object that a body is.
///
/// # Errors
/// [`Wrong::NOT_JSON`], and [`Wrong::INVALID_OBJECT`] for JSON that is no object.
pub(super) fn object(body: &[u8]) -> Result<Object, Wrong> {
    json::document(body).map_err(|_| Wrong::NOT_JSON)?.ok_or(Wrong::INVALID_OBJECT)
}

/// Whether a request with this method must say that it is JSON, even if it has no body.
pub(super) fn has_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

fn check_content_type(request: &HttpRequest) -> Result<(), Wrong> {
    let said = request.headers().get(CONTENT_TYPE);
    let text = said.map_or("None", |said| said.to_str().unwrap_or_default());
    let is_json = text.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON));
    if is_json || !has_body(request.method()) { Ok(()) } else { Err(Wrong::content_type(text)) }
}

fn check_accept(request: &HttpRequest) -> Result<(), Wrong> {
    if accept::liking(request.headers(), JSON) > 0 {
        return Ok(());
    }
    let said = request.headers().get(ACCEPT).and_then(|said| said.to_str().ok());
    Err(Wrong::accept(said.unwrap_or_default()))
}

const JSON: &str = "application/json";
