//! The routes of all dialects: one table of what is served, and the guarded door in front of each resource.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpRequest, Route, guard, web};
use ddns_core::policy;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

use crate::dialect::{Dialect, Fault};
use crate::dyndns::UpdateUrl;
use crate::server::State;
use crate::{acme, address, clients, confirm, designate, docs, dyndns, health, openapi, two_dns};

/// Every dialect adds its own routes.
fn add_all(routes: &mut Routes<'_>) {
    two_dns::routes(routes);
    clients::routes(routes);
    dyndns::routes(routes);
    update(routes);
    address::routes(routes);
    health::routes(routes);
    acme::routes(routes);
    confirm::routes(routes);
    docs::routes(routes);
    designate::routes(routes);
}

/// `/update` is three dialects' at once: the Two-DNS update URL's, DuckDNS's and acme-dns's.
fn update(routes: &mut Routes<'_>) {
    let [url, duckdns] = dyndns::update_parts();
    routes.shared::<UpdateUrl>("/update", [url, duckdns, acme::update_part()]);
}

/// Puts the routes of all dialects into an application.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    add_all(&mut Routes { config, survey: Survey::default() });
}

/// The table of everything that is served: each method of each resource, in the order in which they are added. What is
/// true of every route is tested from it, so that a new route cannot be forgotten.
pub fn routes() -> Vec<RouteInfo> {
    survey().routes.into_iter().map(|entry| entry.info).collect()
}

/// One method of one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteInfo {
    /// The dialect's name, as the log of changes has it.
    pub dialect: &'static str,
    /// The method; `HEAD` has a row of its own.
    pub method: String,
    /// The path's pattern, such as `/hosts/{fqdn}`.
    pub path: &'static str,
}

/// Everything that was added, for whoever describes it.
pub(crate) fn survey() -> Survey {
    let mut survey = Survey::default();
    let _ = App::new().configure(|config| {
        let mut routes = Routes { config, survey: Survey::default() };
        add_all(&mut routes);
        survey = routes.survey;
    });
    survey
}

/// What was added.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) routes: Vec<Entry>,
    /// The dialects' parts of the OpenAPI document.
    pub(crate) chapters: Vec<fn() -> OpenApi>,
}

/// A route.
pub(crate) struct Entry {
    pub(crate) info: RouteInfo,
    /// Adds what every route of its dialect may answer to its description.
    pub(crate) complete: fn(&Method, &mut Operation),
}

/// Where the dialects add their routes.
///
/// To add a route:
/// 1. write its handler, and above it `#[utoipa::path(…)]` with method, path, parameters, body, and the answers that are
///    its own: what its whole dialect answers (401, 413, 414, 429 …) is added from the dialect's words;
/// 2. add it in the `routes` function of its dialect, together with every other method of the same path; where two patterns
///    take the same path, the first one wins;
/// 3. name the handler under `paths(…)` of the `Description` in the same file; a dialect that has none yet derives one and
///    hands it to [`Routes::describe`], and a new dialect is named in [`add_all`];
/// 4. give it its rows in `tests/data/credentials.txt`, and bring `docs/reference/openapi.json` up:
///    `DDNS_BLESS=1 cargo test -p ddns-http`.
pub(crate) struct Routes<'c> {
    config: &'c mut web::ServiceConfig,
    survey: Survey,
}

impl Routes<'_> {
    /// One resource: its path, and what each method does. `GET` serves `HEAD` too where it only reads; every other method
    /// is told, in `Allow`, which there are.
    pub(crate) fn resource<D: Dialect>(
        &mut self,
        path: &'static str,
        routes: impl IntoIterator<Item = (Method, Route)>,
    ) {
        let mut resource = web::resource(path);
        let mut methods = Vec::new();
        for (method, route) in routes {
            let served = served::<D>(method);
            resource = resource.route(route.guard(any_of(&served)));
            methods.extend(served);
        }
        let allow = allow(&methods);
        let other_method = move |request: HttpRequest| D::other_method(request, allow.clone());
        self.config.service(resource.default_service(web::to(other_method)).wrap(from_fn(door::<D>)));
        let info = |method: Method| RouteInfo { dialect: D::NAME, method: method.to_string(), path };
        let entry = |method| Entry { info: info(method), complete: openapi::complete::<D> };
        self.survey.routes.extend(methods.into_iter().map(entry));
    }

    /// One resource at which several dialects meet: the first part that takes a request answers it in its own words. What no
    /// part takes is told by `D` which methods there are.
    pub(crate) fn shared<D: Dialect>(&mut self, path: &'static str, parts: impl IntoIterator<Item = Part>) {
        let mut resource = web::resource(path);
        let mut methods = Vec::new();
        for Part { dialect, method, route, complete } in parts {
            resource = resource.route(route);
            if !methods.contains(&method) {
                methods.push(method.clone());
                let info = RouteInfo { dialect, method: method.to_string(), path };
                self.survey.routes.push(Entry { info, complete });
            }
        }
        let allow = allow(&methods);
        let other_method = web::to(move |request: HttpRequest| D::other_method(request, allow.clone()));
        self.config.service(resource.default_service(other_method.wrap(from_fn(door::<D>))));
    }

    /// What a dialect answers where nothing is, at and below a path that is its own: the route takes every method. It comes
    /// after the dialect's resources.
    pub(crate) fn elsewhere<D: Dialect>(&mut self, path: &'static str, route: Route) {
        self.config.service(web::resource(path).route(route).wrap(from_fn(door::<D>)));
    }

    /// A dialect's part of the OpenAPI document.
    pub(crate) fn describe(&mut self, chapter: fn() -> OpenApi) {
        self.survey.chapters.push(chapter);
    }
}

/// What one dialect does at a resource that it shares with others. Of two parts with the same method the first one's dialect
/// stands in the table.
pub(crate) struct Part {
    dialect: &'static str,
    method: Method,
    route: Route,
    complete: fn(&Method, &mut Operation),
}

impl Part {
    /// Every request with this method.
    pub(crate) fn of<D: Dialect>(method: Method, route: Route) -> Part {
        Part::when::<D>(method, |_| true, route)
    }

    /// Those whose head is so.
    pub(crate) fn when<D: Dialect>(method: Method, is_so: fn(&RequestHead) -> bool, route: Route) -> Part {
        let wanted = method.clone();
        let takes = guard::fn_guard(move |request| request.head().method == wanted && is_so(request.head()));
        let route = route.guard(takes).wrap(from_fn(door::<D>));
        Part { dialect: D::NAME, method, route, complete: openapi::complete::<D> }
    }
}

/// The methods that a route for this one serves.
fn served<D: Dialect>(method: Method) -> Vec<Method> {
    let head = method == Method::GET && !D::writes(&method);
    [Some(method), head.then_some(Method::HEAD)].into_iter().flatten().collect()
}

fn any_of(methods: &[Method]) -> impl guard::Guard + use<> {
    let methods = methods.to_vec();
    guard::fn_guard(move |request| methods.contains(&request.head().method))
}

/// The `Allow` header of a resource (RFC 9110, section 10.2.1).
fn allow(methods: &[Method]) -> HeaderValue {
    let names: Vec<_> = methods.iter().map(Method::as_str).collect();
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("")) // Never: methods are tokens.
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
    let cross_site = D::writes(request.method()) && is_cross_site(request);
    cross_site.then_some(Fault::CrossSite)
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a browser says that another site made it send this (Fetch Metadata; RFC 6454 for older ones). A sibling name
/// counts as another site: with dynamic DNS, anybody may have one. Other programs send neither header.
///
/// Our site is that of the base URL, and that of the `Host` header, which proxies may have rewritten.
fn is_cross_site(request: &HttpRequest) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let origin = origin.to_str().unwrap_or_default();
    let base_url = request.app_data::<web::Data<State>>().and_then(|state| state.settings.base_url.as_ref());
    if base_url.is_some_and(|base_url| base_url.is_of(origin)) {
        return false;
    }
    let host = headers.get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    !origin.split_once("://").is_some_and(|(_, origin_host)| origin_host.as_bytes().eq_ignore_ascii_case(host))
}
