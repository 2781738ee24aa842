//! The Designate dialect, as a program asks for it.

use ddns_scenario::http::{self, Received, Request};
use serde_json::Value;

use crate::site::Site;

/// A request with JSON as its body, if it has one.
pub(crate) fn request(token: &str, method: &str, target: &str, body: Option<&Value>) -> Request {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: vec![header("X-Auth-Token", token), header("Content-Type", "application/json")],
        body: body.map(Value::to_string),
        ..Request::default()
    }
}

/// What joe is answered.
pub(crate) fn ask(site: &Site, method: &str, target: &str, body: Option<&Value>) -> Received {
    http::send(site.server.http, &request(&site.token, method, target, body)).and_then(http::Unread::read).unwrap()
}

/// The object of a 200.
#[track_caller]
pub(crate) fn object(received: &Received) -> Value {
    assert_eq!(received.status, "200", "{received:?}");
    serde_json::from_str(&received.body).unwrap()
}

/// Makes a domain of joe's, and hands over its path.
pub(crate) fn make_domain(site: &Site, name: &str) -> String {
    let body = serde_json::json!({ "name": name, "email": "hostmaster@example.org" });
    let made = object(&ask(site, "POST", "/v1/domains", Some(&body)));
    format!("/v1/domains/{}", made["id"].as_str().unwrap())
}
