//! The OpenAPI 3.1 document: what the handlers' annotations say of each route, and what holds for every route of a dialect,
//! taken from the dialect's own words.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use ddns_core::policy;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, Content, Info, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, RefOr, Response, ResponseBuilder,
    Schema, Server, Tag, Type,
};

use crate::dialect::{Dialect, Fault};
use crate::routes::{self, Survey};

/// The OpenAPI document as text, with links relative to wherever it is served: what `docs/reference/openapi.json` holds.
pub fn openapi() -> String {
    let text = document("/").to_pretty_json().unwrap_or_default(); // Cannot fail: no map of it has keys that are not text.
    text + "\n"
}

/// The document for callers that reach the service under this base URL.
pub(crate) fn document(base: &str) -> OpenApi {
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| of_survey(routes::survey()));
    let mut document = DOCUMENT.clone();
    document.servers = Some(vec![Server::new(base)]);
    document
}

fn of_survey(survey: Survey) -> OpenApi {
    let mut document = preface();
    let chapters: Vec<OpenApi> = survey.chapters.iter().map(|chapter| chapter()).collect();
    let tags: Vec<Tag> = chapters.iter().filter_map(|chapter| chapter.tags.clone()).flatten().collect();
    for chapter in chapters {
        document.merge(tagged(chapter, &tags));
    }
    for route in survey.routes {
        let Ok(method) = route.info.method.parse() else { continue };
        let described = document.paths.paths.get_mut(route.info.path);
        if let Some(operation) = described.and_then(|item| operation_of(item, &method)) {
            (route.complete)(&method, operation);
        }
    }
    document
}

fn preface() -> OpenApi {
    let scheme = |scheme: HttpAuthScheme, description: &str| {
        SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(description)).build())
    };
    let mut components = Components::new();
    components.add_security_scheme("basic", scheme(HttpAuthScheme::Basic, BASIC));
    components.add_security_scheme("bearer", scheme(HttpAuthScheme::Bearer, BEARER));
    let header = ApiKeyValue::with_description("X-Auth-Token", BEARER);
    components.add_security_scheme("token", SecurityScheme::ApiKey(ApiKey::Header(header)));
    let either = ways(["basic", "bearer"]);
    OpenApiBuilder::new().info(info()).components(Some(components)).security(Some(either)).build()
}

const BASIC: &str =
    "The account's login (an e-mail address or a user name), and an API token or the account's password.";
const BEARER: &str = "An API token.";

fn info() -> Info {
    let license = env!("CARGO_PKG_LICENSE");
    InfoBuilder::new()
        .title("ddns")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .license(Some(LicenseBuilder::new().name(license).identifier(Some(license)).build()))
        .build()
}

const INTRODUCTION: &str = "\
A dynamic-DNS service: a router, a script or a person changes an address, and the name resolves to it before the answer is \
sent. Several protocols speak to the one registry; a host that was made through one is seen through each other.

- `HEAD` is answered wherever `GET` only reads. Every other method that a resource does not have is answered with 405 and an \
`Allow` header.
- Bodies are read as what the operation expects, whatever their `Content-Type` says; below `/v1` it has to be JSON.
- Whoever lacks credentials, or has wrong ones, is told so alike, with a `Basic` challenge.
- A change that a browser sends because another site makes it do so is refused.
- A change that was answered with success is on the disk, and DNS serves it.";

/// A chapter whose routes all bear its first tag, unless they name another of the document's. (utoipa makes tags of modules'
/// names, too.)
fn tagged(mut chapter: OpenApi, tags: &[Tag]) -> OpenApi {
    let Some(own) = chapter.tags.iter().flatten().next().map(|tag| tag.name.clone()) else { return chapter };
    let known = |name: &String| tags.iter().any(|tag| tag.name == *name);
    for operation in chapter.paths.paths.values_mut().flat_map(operations) {
        if !operation.tags.iter().flatten().any(known) {
            operation.tags = Some(vec![own.clone()]);
        }
    }
    chapter
}

/// A chapter with a further path that does the same as one of its own.
pub(crate) fn with_alias(mut chapter: OpenApi, path: &str, alias: &str) -> OpenApi {
    let Some(mut item) = chapter.paths.paths.get(path).cloned() else { return chapter };
    for operation in operations(&mut item) {
        let id = operation.operation_id.take().unwrap_or_default();
        operation.operation_id = Some(id + &alias.replace('/', "_").replace(['{', '}'], ""));
        operation.description = Some(format!("The same as `{path}`."));
    }
    chapter.paths.paths.insert(alias.to_owned(), item);
    chapter
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn operation_of<'i>(item: &'i mut PathItem, method: &Method) -> Option<&'i mut Operation> {
    match *method {
        Method::GET => item.get.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::POST => item.post.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => None,
    }
}

/// Adds the faults that any route of the dialect may answer, as the dialect says them. What the annotation says of a status
/// stays.
pub(crate) fn complete<D: Dialect>(method: &Method, operation: &mut Operation) {
    operation.request_body.iter_mut().for_each(never_null);
    let faults = faults::<D>(method, operation).into_iter().map(|fault| (meaning(fault), D::example(fault)));
    let also = if is_open(operation) { Vec::new() } else { D::also(method) };
    let also = also.into_iter().map(|(meaning, answer)| (meaning.to_owned(), answer));
    for (meaning, answer) in also.chain(faults).collect::<Vec<_>>() {
        let (status, response) = response::<D>(meaning, answer);
        operation.responses.responses.entry(status).or_insert(response.into());
    }
    if D::TOKEN_HEADER.is_some() && operation.security.is_none() {
        operation.security = Some(ways(["token", "basic", "bearer"]));
    }
}

/// Ways to sign in, one of which is enough.
fn ways<const N: usize>(names: [&str; N]) -> Vec<SecurityRequirement> {
    names.map(|name| SecurityRequirement::new(name, [""; 0])).to_vec()
}

/// Whether strangers may ask.
fn is_open(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(|schemes| *schemes == [SecurityRequirement::default()])
}

/// A body that may be left out is described as one that may be null, too; none of ours may.
fn never_null(body: &mut RefOr<RequestBody>) {
    let RefOr::T(body) = body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(Content { schema, .. }) = content else { continue };
        let Some(RefOr::T(Schema::OneOf(either))) = schema else { continue };
        either.items.retain(|item| !is_null(item));
        if let [only] = either.items.as_slice() {
            *schema = Some(only.clone());
        }
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::from(Type::Null))
}

fn faults<D: Dialect>(method: &Method, operation: &Operation) -> Vec<Fault> {
    let writes = D::writes(method);
    let mut faults = vec![Fault::UrlTooLong];
    if writes {
        faults.extend([Fault::CrossSite, Fault::Limited, Fault::Unavailable]);
    }
    if operation.request_body.is_some() {
        faults.extend([Fault::BodyBroken, Fault::BodyTooLarge]);
    }
    if !is_open(operation) {
        faults.extend([Fault::Unauthorized, Fault::SlowDown, Fault::Busy]);
    }
    faults
}

/// An answer in the dialect's words: status, headers, and the body as an example.
fn response<D: Dialect>(meaning: String, answer: HttpResponse) -> (String, Response) {
    let status = answer.status().as_str().to_owned();
    let mut response = ResponseBuilder::new().description(meaning);
    for (name, value) in answer.headers() {
        if ![CONTENT_TYPE, CACHE_CONTROL].contains(name) {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let example = value.to_str().ok().map(Value::from);
            response = response
                .header(title_case(name.as_str()), HeaderBuilder::new().schema(Some(text)).example(example).build());
        }
    }
    let media_type = media_type(&answer);
    let content = ContentBuilder::new().schema(Some(D::fault_schema())).example(Some(body(answer))).build();
    (status, response.content(media_type, content).build())
}

fn meaning(fault: Fault) -> String {
    let meaning = match fault {
        Fault::Unauthorized => "The credentials are missing, wrong, or not valid here.",
        Fault::CrossSite => "A browser says that another site made it send this.",
        Fault::UrlTooLong => return format!("The URL has more than {} KiB.", policy::URL_MAX / 1024),
        Fault::BodyTooLarge => return format!("The body has more than {} KiB.", policy::BODY_MAX / 1024),
        Fault::BodyBroken => "The body did not arrive whole.",
        Fault::Method => "The resource has other methods.",
        Fault::Limited => {
            "Too many changes in this hour, under this credential or from this network. Nothing was changed."
        }
        Fault::SlowDown => "Too many sign-ins have failed, for this login or from this network.",
        Fault::Busy | Fault::Unavailable => "The service cannot do this now. Nothing was changed.",
    };
    meaning.to_owned()
}

fn media_type(answer: &HttpResponse) -> String {
    let header = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').next().unwrap_or_default().to_owned()
}

fn body(answer: HttpResponse) -> Value {
    let bytes = answer.into_body().try_into_bytes().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes)))
}

/// `Retry-After`, as headers are sent and read.
fn title_case(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    let words: Vec<String> = name.split('-').map(word).collect();
    words.join("-").replace("Www-", "WWW-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_schema_has_one_meaning_in_all_chapters() {
        let mut known = BTreeMap::new();
        for chapter in routes::survey().chapters {
            for (name, schema) in chapter().components.unwrap_or_default().schemas {
                let schema = serde_json::to_value(schema).unwrap();
                assert_eq!(*known.entry(name.clone()).or_insert(schema.clone()), schema, "{name}");
            }
        }
        assert!(known.contains_key("Message"), "{known:?}");
    }

    #[test]
    fn an_operation_has_one_place() {
        let mut places = Vec::new();
        for chapter in routes::survey().chapters {
            for (path, item) in chapter().paths.paths {
                let Value::Object(item) = serde_json::to_value(item).unwrap() else { panic!("{path}") };
                places.extend(item.keys().map(|method| format!("{method} {path}")));
            }
        }
        let count = places.len();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), count, "two chapters describe one method of a path");
    }

    #[test]
    fn headers_are_spelled_as_people_read_them() {
        assert_eq!(["retry-after", "www-authenticate"].map(title_case), ["Retry-After", "WWW-Authenticate"]);
    }
}
