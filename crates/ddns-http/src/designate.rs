//! OpenStack's Designate v1: domains, records, name servers and quotas, as the living server answers.
//!
//! An account is a tenant, and an operator has the admin role. Handlers take an [`Admitted`], which stands for everything
//! that comes before a resource has a say: who calls, as which tenant, and whether both speak JSON.

mod admitted;
mod answers;
mod documented;
mod domains;
mod doors;
mod flags;
mod limits;
mod lists;
mod managed;
mod paths;
mod quotas;
mod records;
mod reports;
mod schemas;
mod servers;
mod sync;
mod tenant;
mod tsig_keys;
mod versions;
mod view;
mod wrong;

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Route, web};
use utoipa::OpenApi;
use utoipa::openapi::{OpenApi as OpenApiDocument, Ref, RefOr, Schema};

use self::admitted::Admitted;
pub(crate) use self::paths::trim;
use self::wrong::{ErrorBody, Wrong};
use crate::dialect::{Dialect, Fault, Later, no_such_method};
use crate::openapi;
use crate::routes::Routes;

/// The routes of this dialect.
pub(crate) fn routes(routes: &mut Routes<'_>) {
    versions::routes(routes);
    sync::routes(routes);
    domains::routes(routes);
    records::routes(routes);
    servers::routes(routes);
    quotas::routes(routes);
    reports::routes(routes);
    tsig_keys::routes(routes);
    limits::routes(routes);
    schemas::routes(routes);
    routes.describe(described);
    for nowhere in ["/v1", "/v1/{rest:.*}"] {
        routes.elsewhere::<Designate>(nowhere, web::to(no_such_path));
    }
}

/// A resource of records: below `/v1`, and without that, as the dialect's documentation writes it.
fn of_records<const N: usize>(routes: &mut Routes<'_>, path: &'static str, methods: impl Fn() -> [(Method, Route); N]) {
    for path in [Some(path), bare(path)].into_iter().flatten() {
        routes.resource::<Designate>(path, methods());
    }
}

/// The other place of a resource of records.
fn bare(path: &str) -> Option<&str> {
    path.strip_prefix("/v1")
}

/// The paths of records, which have two places each.
const RECORDS: &[&str] = &[
    "/v1/domains/{domain_id}/records",
    "/v1/domains/{domain_id}/records/{record_id}",
    "/v1/domains/{domain_id}/records/{record_id}/sync",
];

fn described() -> OpenApiDocument {
    let twice = |chapter, path: &&str| match bare(path) {
        Some(bare) => openapi::with_alias(chapter, path, bare),
        None => chapter,
    };
    RECORDS.iter().fold(Description::openapi(), twice)
}

#[derive(OpenApi)]
#[openapi(
    paths(
        versions::list_versions,
        servers::list_servers,
        servers::make_server,
        servers::show_server,
        servers::set_server,
        servers::remove_server,
        quotas::show_quotas,
        quotas::set_quotas,
        quotas::post_quotas,
        quotas::reset_quotas,
        reports::count_all,
        reports::count_one,
        reports::list_tenants,
        reports::show_tenant,
        sync::synchronise,
        tsig_keys::list_keys,
        tsig_keys::make_key,
        tsig_keys::show_key,
        tsig_keys::set_key,
        tsig_keys::remove_key,
        limits::show_limits,
        schemas::show_schema,
        domains::list_domains,
        domains::make_domain,
        domains::show_domain,
        domains::set_domain,
        domains::remove_domain,
        domains::list_servers_of_domain,
        domains::touch_domain,
        domains::synchronise_domain,
        records::list_records,
        records::make_record,
        records::show_record,
        records::set_record,
        records::remove_record,
        records::synchronise_record
    ),
    components(schemas(ErrorBody)),
    tags((name = "designate", description = "\
OpenStack's Designate, version 1: an account is a tenant, an operator has the admin role, and a token may stand in \
`X-Auth-Token`, which then counts alone. What belongs to another tenant looks like what does not exist. Operators see every \
tenant's with `X-Auth-All-Projects: true`, act as another one with `X-Auth-Sudo-Tenant-ID`, and change what the service makes \
itself with `X-Designate-Edit-Managed-Records: true`."))
)]
struct Description;

struct Designate;

impl Dialect for Designate {
    const NAME: &'static str = "designate";
    const TOKEN_HEADER: Option<&'static str> = Some("x-auth-token");

    fn say(fault: Fault) -> HttpResponse {
        Wrong::Fault(fault).answer()
    }

    fn example(fault: Fault) -> HttpResponse {
        Wrong::Fault(fault).example()
    }

    fn fault_schema() -> RefOr<Schema> {
        Ref::from_schema_name("DesignateError").into()
    }

    fn also(method: &Method) -> Vec<(&'static str, HttpResponse)> {
        let mut also = vec![
            (
                "The caller or its token may not do this, or a browser says that another site made it.",
                Wrong::FORBIDDEN.example(),
            ),
            ("The caller reads no JSON.", Wrong::accept("text/html").example()),
        ];
        if admitted::has_body(method) {
            also.push(("The body is not said to be JSON.", Wrong::content_type("text/plain").example()));
        }
        also
    }

    fn other_method(request: HttpRequest, allow: HeaderValue) -> Later<HttpResponse> {
        Box::pin(async move {
            let admitted = async { Admitted::of(&request).await?.check_ids() };
            match admitted.await {
                Ok(()) => method_besides(request.method(), allow),
                Err(wrong) => wrong.answer(),
            }
        })
    }
}

/// What a method that is not in the table is answered with.
fn method_besides(method: &Method, allow: HeaderValue) -> HttpResponse {
    if method != Method::OPTIONS {
        return no_such_method::<Designate>(allow);
    }
    let mut answer = answers::done();
    answer.headers_mut().insert(ALLOW, allow);
    answer
}

/// Answers what this dialect has no route for.
async fn no_such_path(_: Admitted) -> Wrong {
    Wrong::Bare(StatusCode::NOT_FOUND)
}

type Answer = Result<HttpResponse, Wrong>;
