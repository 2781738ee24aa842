//! What operators may ask for by headers and query strings: other tenants' objects, another tenant's place, managed records.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue};

use crate::params::Params;

/// What a request asks for beyond its own tenant's.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// Every tenant's objects.
    pub(super) all_projects: bool,
    /// To change what the service makes itself.
    pub(super) edit_managed: bool,
    /// To act as these tenants: more than one where the headers name them.
    pub(super) sudo: Vec<String>,
}

impl Flags {
    pub(super) fn of(request: &HttpRequest) -> Flags {
        let (headers, query) = (request.headers(), Params::parse(request.query_string()));
        let sudo = SUDO.iter().flat_map(|name| texts(headers, name)).filter(|tenant| !tenant.is_empty());
        Flags {
            all_projects: is_on(headers, ALL_PROJECTS) || query.all(&["all_tenants", "all_projects"]).next().is_some(),
            edit_managed: is_on(headers, EDIT_MANAGED) || query.all(&["edit_managed_records"]).next().is_some(),
            sudo: sudo.map(str::to_owned).collect(),
        }
    }

    /// Whether it needs an operator.
    pub(super) fn are_special(&self) -> bool {
        *self != Flags::default()
    }
}

const ALL_PROJECTS: &str = "x-auth-all-projects";
const EDIT_MANAGED: &str = "x-designate-edit-managed-records";
const SUDO: [&str; 2] = ["x-auth-sudo-tenant-id", "x-auth-sudo-project-id"];

fn is_on(headers: &HeaderMap, name: &str) -> bool {
    texts(headers, name)
        .any(|value| ["1", "t", "true", "on", "y", "yes"].iter().any(|on| on.eq_ignore_ascii_case(value)))
}

/// The values of a header; octets that are no text are a value that nothing has.
fn texts<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).map(|value: &HeaderValue| value.to_str().unwrap_or("\u{fffd}").trim())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn flags(target: &str, headers: &[(&'static str, &'static str)]) -> Flags {
        let request = TestRequest::with_uri(target);
        let request = headers.iter().fold(request, |request, header| request.append_header(*header));
        Flags::of(&request.to_http_request())
    }

    #[test]
    fn booleans_in_headers() {
        for on in ["1", "t", "True", "ON", "y", " yes "] {
            assert!(flags("/", &[("X-Auth-All-Projects", on)]).all_projects, "{on}");
            assert!(flags("/", &[("X-Designate-Edit-Managed-Records", on)]).edit_managed, "{on}");
        }
        for off in ["", "0", "false", "off", "no", "2", "tr"] {
            assert!(!flags("/", &[("X-Auth-All-Projects", off)]).are_special(), "{off}");
        }
    }

    #[test]
    fn words_in_the_query_count_by_being_there() {
        for all in ["/?all_tenants", "/?all_projects=", "/?x=1&all_tenants=False"] {
            assert!(flags(all, &[]).all_projects, "{all}");
        }
        assert!(flags("/?edit_managed_records=0", &[]).edit_managed);
        assert!(!flags("/?all=1&limit=2", &[]).are_special());
    }

    #[test]
    fn tenants_to_act_as() {
        let named = flags("/", &[("X-Auth-Sudo-Tenant-ID", " a "), ("X-Auth-Sudo-Project-ID", "b")]);
        assert_eq!(named.sudo, ["a", "b"]);
        assert!(!flags("/", &[("X-Auth-Sudo-Tenant-ID", "")]).are_special());
    }
}
