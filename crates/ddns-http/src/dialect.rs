//! What all dialects have in common: roads with a guarded door, and faults that each says in its own words.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpRequest, HttpResponse, Route, guard, web};
use ddns_core::policy;
use ddns_service::{AuthError, ServiceError};

/// A way to speak to the one model.
pub(crate) trait Dialect: 'static {
    /// Its name in the log of changes.
    const NAME: &'static str;

    /// Says a fault in this dialect's words.
    fn say(fault: Fault) -> HttpResponse;

    /// Whether a request with this method may change something.
    fn writes(method: &Method) -> bool {
        !method.is_safe()
    }
}

/// What can go wrong before a dialect's own rules have a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The caller must prove who it is, and did not. Nobody is told what was wrong.
    Unauthorized,
    /// The caller is a browser that another site sent.
    CrossSite,
    /// A URL has a named upper bound.
    UrlTooLong,
    /// A body has a named upper bound.
    BodyTooLarge,
    /// The body did not arrive whole.
    BodyBroken,
    /// The resource has other methods: those of its `Allow` header.
    Method(&'static str),
    /// The account has made as many changes in this hour as it may.
    Limited,
    /// Too many are waiting; trying again soon helps.
    Busy,
    /// The service cannot answer at present.
    Unavailable,
}

impl Fault {
    /// As actix-web carries it out of an extractor.
    pub(crate) fn error<D: Dialect>(self) -> Error {
        InternalError::from_response("fault", D::say(self)).into()
    }
}

impl Fault {
    /// Of an error that is no refusal. The reason is for the log, not for callers.
    pub(crate) fn of_service(error: &ServiceError) -> Fault {
        match error {
            ServiceError::Busy => Fault::Busy,
            ServiceError::Limited => Fault::Limited,
            error => {
                tracing::warn!(%error, "a request was not carried out");
                Fault::Unavailable
            }
        }
    }
}

impl From<AuthError> for Fault {
    fn from(error: AuthError) -> Fault {
        match error {
            AuthError::Wrong | AuthError::Inactive => Fault::Unauthorized,
            AuthError::Busy => Fault::Busy,
        }
    }
}

/// One resource: its path, and what each method does. `GET` serves `HEAD` too where it only reads; every other method is
/// told which there are.
pub(crate) fn road<D: Dialect>(
    path: &str,
    allow: &'static str,
    routes: impl IntoIterator<Item = (Method, Route)>,
) -> impl HttpServiceFactory + 'static {
    let resource = web::resource(path).wrap(from_fn(door::<D>));
    let lay = |resource: actix_web::Resource<_>, (method, route): (Method, Route)| {
        let head = method == Method::GET && !D::writes(&method);
        let any = guard::Any(guard::Method(method));
        resource.route(route.guard(if head { any.or(guard::Head()) } else { any }))
    };
    let resource = routes.into_iter().fold(resource, lay);
    resource.default_service(web::to(move || async move { D::say(Fault::Method(allow)) }))
}

/// What every request passes before anything of it is believed.
async fn door<D: Dialect>(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check::<D>(request.request()) {
        Some(fault) => Ok(request.into_response(D::say(fault))),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn check<D: Dialect>(request: &HttpRequest) -> Option<Fault> {
    let url = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if url > policy::URL_MAX {
        return Some(Fault::UrlTooLong);
    }
    let cross_site = D::writes(request.method()) && is_cross_site(request.headers());
    cross_site.then_some(Fault::CrossSite)
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a browser says that another site made it send this (Fetch Metadata; RFC 6454 for older ones). A sibling name
/// counts as another site: with dynamic DNS, anybody may have one. Other programs send neither header.
fn is_cross_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let host = headers.get(HOST).map(|host| host.as_bytes()).unwrap_or_default();
    let origin_host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host.as_bytes());
    !origin_host.is_some_and(|origin_host| origin_host.eq_ignore_ascii_case(host))
}
