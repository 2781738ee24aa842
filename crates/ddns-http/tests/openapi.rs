//! The OpenAPI document: it describes every route and nothing else, is kept in `docs/reference`, and is shown by a page that
//! loads nothing from outside.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::client::ask;
use crate::described::{DOCUMENT, conforms, operations, resolved};
use crate::house::House;

/// `HEAD` is `GET` without a body, and what is below `/docs` are the parts of the page.
#[test]
fn every_route_is_described_and_nothing_else() {
    let routes = ddns_http::routes();
    let served = routes.iter().filter(|route| route.method != "HEAD" && !route.path.starts_with("/docs/"));
    let served: BTreeSet<String> = served.map(|route| format!("{} {}", route.method, route.path)).collect();
    let described: BTreeSet<String> =
        operations().map(|(method, path, _)| format!("{} {path}", method.to_uppercase())).collect();
    assert_eq!(served, described, "the routes on the left, the document on the right");
}

/// The table says which methods there are, and so does `Allow`.
#[test]
fn other_methods_are_told_which_there_are() {
    let house = House::new();
    let routes = ddns_http::routes();
    for path in routes.iter().map(|route| route.path).collect::<BTreeSet<_>>() {
        let served: Vec<&str> =
            routes.iter().filter(|route| route.path == path).map(|route| route.method.as_str()).collect();
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
        for method in methods.into_iter().filter(|method| !served.contains(method)) {
            let target = path.split('/').map(|part| if part.starts_with('{') { SOME_ID } else { part });
            let target = target.collect::<Vec<_>>().join("/");
            let head = format!("X-Auth-Token: {}\r\nContent-Type: application/json\r\n", house.token("joe"));
            let answer = ask(house.address, format!("{method} {target} HTTP/1.1\r\nHost: x\r\n{head}\r\n"));
            let told = method == "OPTIONS" && answer.header("x-openstack-request-id").is_some();
            assert_eq!(answer.status, if told { 200 } else { 405 }, "{method} {path}");
            assert_eq!(answer.header("allow"), Some(served.join(", ").as_str()), "{method} {path}");
        }
    }
}

/// An id of nothing, for paths.
const SOME_ID: &str = "384a9b20-239c-11e2-81c1-0800200c9a66";

#[test]
fn the_reference_says_what_the_program_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
    let wanted = ddns_http::openapi();
    if std::env::var_os("DDNS_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/reference/openapi.json is not what the program says; write it with DDNS_BLESS=1 cargo test -p ddns-http"
    );
}

#[test]
fn it_is_openapi_3_1() {
    assert!(DOCUMENT["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(DOCUMENT["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(DOCUMENT["info"]["license"]["identifier"], env!("CARGO_PKG_LICENSE"));
    assert_eq!(DOCUMENT["servers"], serde_json::json!([{ "url": "/" }]));
    let mut references = Vec::new();
    each(&DOCUMENT, &mut |name, value| {
        if name == "$ref" {
            references.push(value.as_str().unwrap().to_owned());
        }
    });
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        assert!(resolved(&reference).is_some(), "{reference}");
    }
}

#[test]
fn every_schema_is_used() {
    let text = ddns_http::openapi();
    for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name}");
    }
}

#[test]
fn every_operation_is_told_apart_and_explained() {
    let mut ids = BTreeSet::new();
    let tags = DOCUMENT["tags"].as_array().unwrap();
    for (method, path, operation) in operations() {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{what}");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
        let [tag] = operation["tags"].as_array().unwrap().as_slice() else { panic!("{what}: tags") };
        let explained = |known: &&Value| known["name"] == *tag && known["description"].is_string();
        assert!(tags.iter().any(|known| explained(&known)), "{what}: {tag}");
        assert!(operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2')), "{what}");
        check_parameters(path, operation, &what);
    }
}

/// A path's variables are its parameters.
fn check_parameters(path: &str, operation: &Value, what: &str) {
    let variables: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let of_path = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "path");
    let named: BTreeSet<&str> = of_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(variables, named, "{what}");
}

#[test]
fn every_example_is_what_its_schema_says() {
    let mut seen = 0;
    each(&DOCUMENT["paths"], &mut |_, value| {
        let Some(schema) = value.get("schema").filter(|_| value.is_object()) else { return };
        let named = value.get("examples").and_then(Value::as_object).into_iter().flatten();
        for example in value.get("example").into_iter().chain(named.map(|(_, example)| &example["value"])) {
            seen += 1;
            if let Err(why) = conforms(schema, example) {
                panic!("{why}: {example}");
            }
        }
    });
    assert!(seen > 50, "only {seen} examples");
}

/// What may be left out may not be null: the dialects take null for a wrong value, but for Designate, and but for what null
/// takes away.
#[test]
fn no_request_may_say_null() {
    let takes_null = |path: &str| path.starts_with("/v1/") || path.starts_with("/domains/{domain_id}/");
    for (method, path, operation) in operations().filter(|(_, path, _)| !takes_null(path)) {
        let mut schemas = vec![operation.get("requestBody"), operation.get("parameters")];
        while let Some(schema) = schemas.pop() {
            each(schema.unwrap_or(&Value::Null), &mut |name, value| match name {
                "type" => assert!(!value.to_string().contains("null"), "{method} {path}: {schema:?}"),
                "$ref" if !REMOVABLE.contains(&value.as_str().unwrap().rsplit('/').next().unwrap()) => {
                    schemas.push(resolved(value.as_str().unwrap()));
                }
                _ => {}
            });
        }
    }
}

/// What null takes away.
const REMOVABLE: &[&str] = &["Ip6Suffix", "Heartbeat", "ClientHeartbeat", "TokenEnd"];

#[test]
fn each_dialect_tells_what_its_routes_need() {
    for (method, path, operation) in operations() {
        let open = operation.get("security") == Some(&serde_json::json!([{}]));
        let challenged =
            operation["responses"].get("401").is_some_and(|answer| answer["headers"]["WWW-Authenticate"].is_object());
        assert_ne!(open, challenged, "{method} {path}");
        assert_eq!(open, path.starts_with("/docs") || OPEN.contains(&path), "{method} {path}");
    }
}

/// What strangers may ask for, and where a path has the token in it.
const OPEN: &[&str] = &[
    "/",
    "/checkip",
    "/myip",
    "/health",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/update/{domains}/{token}",
    "/update/{domains}/{token}/{ip}",
    "/users",
    "/users/password",
    "/confirm/{code}",
];

#[test]
fn it_is_served_with_links_that_begin_with_the_base() {
    let house = House::new();
    let answer = fetch(&house, "/openapi.json");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let mut document: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(document["servers"], serde_json::json!([{ "url": "http://api.test" }]));
    document["servers"] = DOCUMENT["servers"].clone();
    assert!(document == *DOCUMENT, "it differs from docs/reference/openapi.json");
}

#[test]
fn the_page_loads_only_what_is_below_it() {
    let house = House::new();
    for (page, below) in [("/docs", "docs/"), ("/docs/", "")] {
        let answer = fetch(&house, page);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")), "{page}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
        let text = String::from_utf8(answer.body.clone()).unwrap();
        assert!(!text.contains("//"), "{text}");
        let names: BTreeSet<&str> = links(&text).map(|link| link.strip_prefix(below).unwrap()).collect();
        assert!(names.iter().all(|name| !name.contains('/')), "{names:?}");
        assert!(names.contains("start.js") && names.contains("openapi.json"), "{names:?}");
        for name in names {
            check_file(&house, name);
        }
    }
}

/// What a page's elements refer to.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split([' ', '>'])
        .filter_map(|word| word.strip_prefix("href=\"").or(word.strip_prefix("src=\"")))
        .map(|word| word.strip_suffix('"').unwrap())
}

fn check_file(house: &House, name: &str) {
    let answer = fetch(house, &format!("/docs/{name}"));
    let kind = match name.rsplit_once('.').unwrap().1 {
        "js" => "text/javascript",
        "css" => "text/css",
        "png" => "image/png",
        "json" => "application/json",
        other => panic!("{other}"),
    };
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{name}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
    let packed = answer.body.starts_with(&[0x1f, 0x8b]);
    assert_eq!(answer.header("content-encoding"), packed.then_some("gzip"), "{name}");
}

#[test]
fn the_page_starts_without_asking_anybody_outside() {
    let house = House::new();
    let start = String::from_utf8(fetch(&house, "/docs/start.js").body).unwrap();
    assert!(start.contains("validatorUrl: \"none\"") && !start.contains("http"), "{start}");
    let document: Value = serde_json::from_slice(&fetch(&house, "/docs/openapi.json").body).unwrap();
    assert_eq!(document["servers"], serde_json::json!([{ "url": ".." }]), "requests go where the page came from");
    assert_eq!(document["paths"], DOCUMENT["paths"]);
}

#[test]
fn what_is_not_part_of_the_page_is_not_served() {
    let house = House::new();
    for path in ["/docs/index.html", "/docs/oauth2-redirect.html", "/docs/../Cargo.toml", "/docs/%2e%2e/x", "/docs/a/b"]
    {
        assert_eq!(fetch(&house, path).status, 404, "{path}");
    }
}

struct Fetched {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Fetched {
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A file, whatever octets it has.
fn fetch(house: &House, path: &str) -> Fetched {
    let mut stream = TcpStream::connect(house.address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    let end = octets.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (head, body) = octets.split_at(end);
    let head = String::from_utf8(head.to_vec()).unwrap();
    Fetched { status: head[9..12].parse().unwrap(), head, body: body[4..].to_vec() }
}

/// Every member of every object inside a value.
fn each(value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            visit(name, member);
            each(member, visit);
        }),
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        _ => {}
    }
}
