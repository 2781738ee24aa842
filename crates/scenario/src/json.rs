//! JSON beside JSON: members in any order, and `…` for any value.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::script::ANY;

/// The lines of what is expected and of what came: each value with its place.
///
/// # Errors
/// In words, if what is expected is no JSON.
pub(crate) fn lines(expected: &str, got: &str) -> Result<(Vec<String>, Vec<String>), String> {
    let expected = serde_json::from_str(expected).map_err(|error| format!("what is expected is no JSON: {error}"))?;
    let expected = leaves(&expected);
    let got = serde_json::from_str(got)
        .map_or_else(|_| BTreeMap::from([(String::new(), got.to_owned())]), |got| leaves(&got));
    let any = format!("\"{ANY}\"");
    let shown = |(place, value): (&String, &String)| {
        let value = if expected.get(place) == Some(&any) { &any } else { value };
        format!("{place} = {value}").trim_start_matches(" = ").to_owned()
    };
    Ok((expected.iter().map(shown).collect(), got.iter().map(shown).collect()))
}

/// All values that hold no others, by their places.
fn leaves(value: &Value) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    gather(value, String::new(), &mut leaves);
    leaves
}

fn gather(value: &Value, place: String, leaves: &mut BTreeMap<String, String>) {
    let below = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(key, value)| gather(value, below(key), leaves));
        }
        Value::Array(values) if !values.is_empty() => {
            values.iter().enumerate().for_each(|(at, value)| gather(value, below(&format!("{at:03}")), leaves));
        }
        leaf => drop(leaves.insert(place, leaf.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(expected: &str, got: &str) -> bool {
        let (expected, got) = lines(expected, got).unwrap();
        expected == got
    }

    #[test]
    fn order_and_formatting_mean_nothing() {
        assert!(same(r#"{"a": 1, "b": [null, {"c": "x"}]}"#, r#"{"b":[null,{"c":"x"}],"a":1}"#));
        assert!(same(r#"{"a":"…","b":"…"}"#, r#"{"a":"x","b":7}"#));
        assert!(same("{}", "{}"));
    }

    #[test]
    fn everything_else_does() {
        for (expected, got) in [
            (r#"{"a":1}"#, r#"{"a":"1"}"#),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"b":"…"}"#, r#"{"a":1}"#),
            (r#"{"a":"…"}"#, r#"{"a":{"b":1}}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
            (r#"{"a":[]}"#, r#"{"a":{}}"#),
            (r#"{"a":1}"#, "not found"),
            (r#"{"a":1}"#, ""),
        ] {
            assert!(!same(expected, got), "{expected} {got}");
        }
        assert!(lines("…", "{}").is_err());
    }
}
