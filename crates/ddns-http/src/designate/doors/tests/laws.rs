//! What holds for every object: no door panics, and the schema documents say what the doors do.

use ddns_core::{DomainEdit, RecordEdit};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{
    StoredRecord, absolute, data_and_priority, document, domain_edit, new_domain, new_record, record_edit,
};
use super::Door;
use crate::json::{self, Json, Object};

proptest! {
    #[test]
    fn no_object_makes_a_door_panic(object in object()) {
        for door in doors() {
            door.outcome(&object);
        }
    }

    #[test]
    fn no_octets_make_the_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = json::object(&octets);
        let _ = json::object(format!("{{\"ttl\":{}}}", String::from_utf8_lossy(&octets)).as_bytes());
    }

    #[test]
    fn what_was_taken_can_be_sent_back(object in object()) {
        if let Ok(made) = new_domain(&object) {
            let mut stored = super::domain("3600 old");
            stored.email = made.email;
            stored.ttl = made.ttl.unwrap_or(stored.ttl);
            stored.description = made.description;
            let shown = shown(&[
                ("name", json!(absolute(stored.name.name()))),
                ("email", json!(stored.email)),
                ("ttl", json!(stored.ttl)),
                ("description", json!(stored.description)),
            ]);
            prop_assert_eq!(domain_edit(&shown, &stored), Ok(DomainEdit::default()));
        }
        if let Ok(made) = new_record(&object) {
            let (data, priority) = data_and_priority(&made.data);
            let shown = shown(&[
                ("name", json!(absolute(&made.name))),
                ("type", json!(made.data.record_type().to_string())),
                ("data", json!(data)),
                ("priority", json!(priority)),
                ("ttl", json!(made.ttl)),
                ("description", json!(made.description)),
            ]);
            let stored = StoredRecord {
                name: &made.name,
                data: &made.data,
                ttl: made.ttl,
                description: made.description.as_ref(),
            };
            prop_assert_eq!(record_edit(&shown, stored), Ok(RecordEdit::default()));
            prop_assert_eq!(new_record(&shown), Ok(made.clone()));
        }
    }

    #[test]
    fn documents_say_what_the_doors_do(object in object()) {
        for (name, title) in CREATED {
            let outcome = Door::of(title).outcome(&object);
            let complaints: Vec<&str> = outcome.lines().filter(|line| complains_simply(line)).collect();
            let broken = broken(&document(name).unwrap(), &object);
            if outcome == "unknown keys\n" {
                continue; // A domain to be made may have less than a domain has.
            }
            prop_assert_eq!(complaints.is_empty(), broken.is_empty(), "{}: {:?} {:?}", name, outcome, broken);
        }
    }
}

/// What is made by an object, and the door for it.
const CREATED: [(&str, &str); 4] =
    [("domain", "new domain"), ("record", "new record"), ("server", "new server"), ("tsigkey", "new tsig key")];

/// An object as an answer shows it.
fn shown(fields: &[(&str, Value)]) -> Object {
    let fields: serde_json::Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json::object(Value::Object(fields).to_string().as_bytes()).unwrap()
}

fn doors() -> Vec<Door> {
    let titles = [
        "new domain",
        "domain: 3600 old",
        "new record",
        "record: www.example.com 60 A 192.0.2.3",
        "record: example.com - MX 10 mail.example.com.",
        "record: example.com - TXT a text",
        "record: example.com - SOA ns1.example.com. joe.example.com. 1 2 3 4 5",
        "new server",
        "server: ns1.example.com",
        "new tsig key",
        "tsig key",
        "quotas",
    ];
    titles.map(Door::of).into_iter().collect()
}

/// Whether a complaint comes from a keyword that needs no more than the field's own value.
fn complains_simply(line: &str) -> bool {
    let keyword = line.split([' ', ':']).nth(1).unwrap_or_default();
    ["type", "minimum", "maximum", "maxLength", "enum", "required", "additionalProperties"].contains(&keyword)
}

/// The keywords of a document that an object breaks; written apart from what the doors check by.
fn broken(document: &Value, object: &Object) -> Vec<String> {
    let properties = document["properties"].as_object().unwrap();
    let mut broken: Vec<String> = object.keys().filter(|name| !properties.contains_key(*name)).cloned().collect();
    for (name, rules) in properties {
        let breaks = |keyword: &str, rule: &Value| match (keyword, object.get(name)) {
            ("required", None) => rule == true,
            ("type", Some(value)) => !types(rule).any(|rule| is_of_type(value, rule)),
            ("minimum", Some(value)) => number(value).is_some_and(|number| number < rule.as_f64().unwrap()),
            ("maximum", Some(value)) => number(value).is_some_and(|number| number > rule.as_f64().unwrap()),
            ("maxLength", Some(Json::Text(text))) => text.chars().count() as u64 > rule.as_u64().unwrap(),
            ("enum", Some(value)) => {
                !rule.as_array().unwrap().iter().any(|one| matches!(value, Json::Text(text) if one == text))
            }
            _ => false,
        };
        let rules = rules.as_object().unwrap().iter();
        broken.extend(
            rules.filter(|(keyword, rule)| breaks(keyword, rule)).map(|(keyword, _)| format!("{name} {keyword}")),
        );
    }
    broken
}

fn types(rule: &Value) -> impl Iterator<Item = &str> {
    let several = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
    rule.as_str().into_iter().chain(several)
}

fn is_of_type(value: &Json, name: &str) -> bool {
    match value {
        Json::Null => name == "null",
        Json::Bool(_) => name == "boolean",
        Json::Integer(_) | Json::Negative(_) => name == "integer",
        Json::Float(_) => name == "number",
        Json::Text(_) => name == "string",
        Json::List(_) => name == "array",
        Json::Object(_) => name == "object",
    }
}

fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Integer(number) => Some(*number as f64),
        Json::Negative(number) => Some(*number as f64),
        Json::Float(number) => Some(*number),
        _ => None,
    }
}

/// Objects with the fields of all schemas and now and then another, with values near the bounds and anything else.
fn object() -> impl Strategy<Value = Object> {
    let members = proptest::collection::btree_map(field(), value(), 0..8);
    (well_formed(), members).prop_map(|(mut object, members)| {
        object.extend(members);
        object
    })
}

fn well_formed() -> impl Strategy<Value = Object> {
    const OBJECTS: &[&str] = &[
        "{}",
        r#"{"name":"dyn.example.","email":"joe@dyn.example"}"#,
        r#"{"name":"www.example.com.","type":"A","data":"192.0.2.3"}"#,
        r#"{"name":"example.com.","type":"MX","data":"mail.example.com.","priority":10}"#,
        r#"{"name":"_sip._tcp.example.com.","type":"SRV","data":"0 5060 sip.example.com.","priority":30}"#,
        r#"{"name":"ns1.example.com."}"#,
        r#"{"name":"key.","algorithm":"hmac-sha256","secret":"AA=="}"#,
    ];
    proptest::sample::select(OBJECTS).prop_map(|text| json::object(text.as_bytes()).unwrap())
}

fn field() -> impl Strategy<Value = String> {
    const FIELDS: &[&str] = &[
        "id",
        "name",
        "email",
        "ttl",
        "serial",
        "description",
        "created_at",
        "updated_at",
        "domain_id",
        "type",
        "data",
        "priority",
        "algorithm",
        "secret",
        "domains",
        "recordset_records",
    ];
    prop_oneof![30 => proptest::sample::select(FIELDS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        proptest::sample::select(TEXTS).prop_map(str::to_owned),
        any::<String>(),
        "[ -~]{0,20}",
        "([a-z0-9*_-]{0,3}\\.){0,5}",
        (150usize..260, any::<char>()).prop_map(|(length, character)| character.to_string().repeat(length)),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        proptest::sample::select(NUMBERS).prop_map(Json::Integer),
        any::<u64>().prop_map(Json::Integer),
        (i64::MIN..0).prop_map(Json::Negative),
        (-2i64..0).prop_map(Json::Negative),
        any::<f64>().prop_filter("JSON has finite numbers", |number| number.is_finite()).prop_map(Json::Float),
        text.prop_map(Json::Text),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
            proptest::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Json::Object),
        ]
    })
}

const TEXTS: &[&str] = &[
    "A",
    "AAAA",
    "CNAME",
    "MX",
    "SRV",
    "TXT",
    "SPF",
    "NS",
    "PTR",
    "SSHFP",
    "SOA",
    "CAA",
    "192.0.2.3",
    "2001:db8::1",
    "mail.example.com.",
    "0 5060 sip.example.com.",
    "_sip._tcp.example.com.",
    "1.2.0.192.in-addr.arpa.",
    "hmac-sha256",
    "hmac-md5",
    "89acac79-38e7-497d-807c-a011e1310438",
    "joe@dyn.example",
    "\"quoted\"",
    "\"",
    "\\",
    ".",
    "*.",
    "",
];

const NUMBERS: &[u64] =
    &[0, 1, 60, 65_535, 65_536, 2_147_483_647, 2_147_483_648, 4_294_967_295, 4_294_967_296, u64::MAX];

/// A document has what clients look for.
#[test]
fn every_document_has_its_keys() {
    let names = ["domain", "domains", "record", "records", "server", "servers", "limits", "tsigkey", "tsigkeys"];
    for name in names {
        let document = document(name).unwrap();
        let keys = ["id", "$schema", "title", "description", "additionalProperties", "properties", "links"];
        assert!(keys.iter().all(|key| document.get(key).is_some()), "{name}");
        assert_eq!(document.get("oneOf").is_some(), name == "record", "{name}");
        assert_eq!(document["id"], format!("/schemas/{name}"));
        assert!(
            document["properties"].as_object().unwrap().values().all(|rule| rule["description"].is_string()),
            "{name}"
        );
    }
    let record = document("record").unwrap();
    let branches = record["oneOf"].as_array().unwrap().iter().map(|branch| &branch["properties"]["type"]["enum"][0]);
    assert!(branches.eq(record["properties"]["type"]["enum"].as_array().unwrap()));
    for name in ["", "Domain", "quotas", "limit"] {
        assert_eq!(document(name), None, "{name}");
    }
}
