//! One JSON object per body, read strictly: what two readers could take for two things is refused.

use std::collections::BTreeMap;
use std::fmt;

use ddns_core::{Heartbeat, policy};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The members of an object, each name once.
pub(crate) type Object = BTreeMap<String, Json>;

/// A value; a number as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// Written as an integer: `60`, and neither `60.0` nor `6e1`.
    Integer(u64),
    /// Likewise, below zero.
    Negative(i64),
    /// Any other number.
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

impl Json {
    /// A boolean, written as such or as a string.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            Json::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Seconds of silence, written as a number or as a string.
    pub(crate) fn heartbeat(&self) -> Option<Heartbeat> {
        match self {
            Json::Integer(secs) => u32::try_from(*secs).ok()?.try_into().ok(),
            Json::Text(secs) => secs.parse().ok(),
            _ => None,
        }
    }
}

/// Reads a body that is one JSON object (RFC 8259) in UTF-8.
///
/// # Errors
/// [`NotJson`] for anything else: a byte order mark, a second document, a lone surrogate, a name twice in one object, or
/// more than [`policy::JSON_DEPTH`] levels.
pub(crate) fn object(bytes: &[u8]) -> Result<Object, NotJson> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let object = reader.deserialize_map(Members { depth: policy::JSON_DEPTH }).map_err(|_| NotJson)?;
    reader.end().map_err(|_| NotJson)?;
    Ok(object)
}

/// Reads a body that is one JSON document; none, where that is no object.
///
/// # Errors
/// As [`object`].
pub(crate) fn document(bytes: &[u8]) -> Result<Option<Object>, NotJson> {
    if let Ok(object) = object(bytes) {
        return Ok(Some(object));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Value { depth: policy::JSON_DEPTH }.deserialize(&mut reader).map_err(|_| NotJson)?;
    reader.end().map_err(|_| NotJson)?;
    Ok(None)
}

/// The body is not one JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotJson;

/// Reads an object's members; `depth` levels may come, this one included.
struct Members {
    depth: usize,
}

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| A::Error::custom("too deep"))?;
        let mut members = Object::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.insert(name, map.next_value_seed(Value { depth })?).is_some() {
                return Err(A::Error::custom("a name twice"));
            }
        }
        Ok(members)
    }
}

/// Reads any value; `depth` levels may come.
#[derive(Clone, Copy)]
struct Value {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Negative(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| A::Error::custom("too deep"))?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Value { depth })? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Json, A::Error> {
        Members { depth: self.depth }.visit_map(map).map(Json::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart_as_they_are_written() {
        let read =
            |text: &str| object(format!("{{\"a\":{text}}}").as_bytes()).map(|mut object| object.remove("a").unwrap());
        assert_eq!(read("60"), Ok(Json::Integer(60)));
        assert_eq!(read("-60"), Ok(Json::Negative(-60)));
        let floats = [("60.0", 60.0), ("6e1", 60.0), ("-0", -0.0), ("18446744073709551616", 18446744073709551616.0)];
        for (text, float) in floats {
            assert_eq!(read(text), Ok(Json::Float(float)), "{text}");
        }
        for text in ["060", "1e400", "-1e400", "+1", ".5", "1.", "NaN"] {
            assert_eq!(read(text), Err(NotJson), "{text}");
        }
        let nested = Json::Object(Object::from([("b".to_owned(), Json::Null)]));
        assert_eq!(read("[{\"b\":null},[]]"), Ok(Json::List(vec![nested, Json::List(Vec::new())])));
        assert_eq!(read("\"\\ud83d\""), Err(NotJson));
        assert_eq!(read("\"\\ud83d\\ude00\""), Ok(Json::Text("\u{1f600}".to_owned())));
    }

    #[test]
    fn a_document_may_be_no_object() {
        for other in ["null", "5", "-1.5", "true", "\"{}\"", "[{\"a\":1}]"] {
            assert_eq!(document(other.as_bytes()), Ok(None), "{other}");
        }
        assert_eq!(document(b" {} "), Ok(Some(Object::new())));
        for none in ["", " ", "{", "nul", "{}{}", "[] 1", "{\"a\":1,\"a\":1}", "[{\"a\":1,\"a\":1}]", "\u{feff}{}"] {
            assert_eq!(document(none.as_bytes()), Err(NotJson), "{none}");
        }
    }

    #[test]
    fn nesting_has_its_bound() {
        let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(object(nested(policy::JSON_DEPTH - 1).as_bytes()).is_ok());
        assert_eq!(object(nested(policy::JSON_DEPTH).as_bytes()), Err(NotJson));
        assert_eq!(object(nested(100_000).as_bytes()), Err(NotJson));
        let objects = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert!(object(objects(policy::JSON_DEPTH).as_bytes()).is_ok());
        assert_eq!(object(objects(policy::JSON_DEPTH + 1).as_bytes()), Err(NotJson));
    }
}
