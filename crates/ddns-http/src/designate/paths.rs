//! Paths as the living server reads them: slashes at their end mean nothing.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse, Url};
use actix_web::http::Uri;
use actix_web::middleware::Next;
use ddns_core::policy;

/// Takes the slashes off the end of this dialect's paths, before a route is looked for.
pub(crate) async fn trim<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(uri) = trimmed(request.uri()) {
        request.match_info_mut().set(Url::new(uri.clone()));
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

fn trimmed(uri: &Uri) -> Option<Uri> {
    let (path, target) = (uri.path(), uri.path_and_query()?.as_str());
    let without = path.trim_end_matches('/');
    if without.len() == path.len() || !is_ours(path) || target.len() > policy::URL_MAX {
        return None;
    }
    let query = target.strip_prefix(path)?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{without}{query}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Whether a path with slashes at its end is this dialect's.
fn is_ours(path: &str) -> bool {
    let records = |rest: &str| rest.split_once('/').is_some_and(|(_, rest)| is_at_or_below(rest, "records"));
    is_at_or_below(path, "/v1") || path.strip_prefix("/domains/").is_some_and(records)
}

fn is_at_or_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_end_of_our_paths_go() {
        for (sent, read) in [
            ("/v1/", "/v1"),
            ("/v1/domains//", "/v1/domains"),
            ("/v1/domains/?a=/", "/v1/domains?a=/"),
            ("/v1//domains///", "/v1//domains"),
            ("/domains/x/records/", "/domains/x/records"),
            ("/domains/x/records/y//?z", "/domains/x/records/y?z"),
        ] {
            assert_eq!(trimmed(&sent.parse().unwrap()), Some(read.parse().unwrap()), "{sent}");
        }
    }

    #[test]
    fn other_paths_stay() {
        for path in ["/", "//", "/v1", "/v1/domains", "/v1/domains?a=/", "/v10/", "/v2/update/", "/domains/", "/hosts/"]
        {
            assert_eq!(trimmed(&path.parse().unwrap()), None, "{path}");
        }
        assert_eq!(trimmed(&"/domains/x/recordsets/".parse().unwrap()), None);
        assert_eq!(trimmed(&format!("/v1/{}", "/".repeat(policy::URL_MAX)).parse().unwrap()), None);
    }
}
