//! `GET /`: the versions of this dialect, of which there is one; browsers get a page that leads on.

use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::{Designate, answers, method_besides};
use crate::dialect::{Dialect, Fault, Later};
use crate::routes::Routes;
use crate::server::State;
use crate::{accept, docs, links};

pub(super) fn routes(routes: &mut Routes<'_>) {
    routes.resource::<Versions>("/", [(Method::GET, web::to(list_versions))]);
}

/// The same dialect where strangers ask.
struct Versions;

impl Dialect for Versions {
    const NAME: &'static str = Designate::NAME;

    fn say(fault: Fault) -> HttpResponse {
        Designate::say(fault)
    }

    fn example(fault: Fault) -> HttpResponse {
        Designate::example(fault)
    }

    fn fault_schema() -> RefOr<Schema> {
        Designate::fault_schema()
    }

    fn other_method(request: HttpRequest, allow: HeaderValue) -> Later<HttpResponse> {
        Box::pin(async move { method_besides(request.method(), allow) })
    }
}

/// The versions.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateVersions)]
pub(super) struct VersionsBody {
    versions: Values,
}

/// Their list.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateVersionList)]
struct Values {
    values: [Version; 1],
}

/// A version.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateVersion)]
struct Version {
    /// Its name.
    #[schema(value_type = String, example = "v1")]
    id: &'static str,
    /// Where it is.
    links: [Link; 1],
    /// What its authors think of it.
    #[schema(value_type = String, example = "DEPRECATED")]
    status: &'static str,
}

/// Where a version is.
#[derive(Serialize, ToSchema)]
#[schema(as = DesignateLink)]
struct Link {
    /// The URL.
    #[schema(example = "https://ddns.example/v1")]
    href: String,
    /// Whose.
    #[schema(value_type = String, example = "self")]
    rel: &'static str,
}

/// Lists the versions of Designate's API
///
/// Whoever would rather have HTML gets a page that leads to the documentation.
#[utoipa::path(
    get,
    path = "/",
    security(()),
    responses((
        status = 200,
        description = "The versions.",
        content((VersionsBody = "application/json"), (String = "text/html"))
    ))
)]
pub(super) async fn list_versions(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let liking = |media_type| accept::liking(request.headers(), media_type);
    let mut answer = if liking("text/html") > liking("application/json") {
        docs::welcome()
    } else {
        answers::json(&VersionsBody::new(&links::base(&request, &state.settings)))
    };
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    answer
}

impl VersionsBody {
    fn new(base: &str) -> VersionsBody {
        let links = [Link { href: format!("{base}/v1"), rel: "self" }];
        VersionsBody { versions: Values { values: [Version { id: "v1", links, status: "DEPRECATED" }] } }
    }
}
