//! What a scenario has kept under a name.

use std::collections::BTreeMap;

use serde_json::Value;

/// Texts by name; one that is a JSON object also answers for the values in it.
#[derive(Debug, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(crate) fn keep(&mut self, name: &str, text: &str) {
        self.0.insert(name.to_owned(), text.trim().to_owned());
    }

    /// The text with each `$name` and `$name.key` replaced; `$name.key.0.key` is a value further inside, and `.bare` behind
    /// one leaves out its hyphens.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        let mut parts = text.split('$');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_at(part.find(|c: char| !is_of_a_name(c)).unwrap_or(part.len()));
            let kept = self.0.get(name).ok_or_else(|| format!("nothing has been kept as ${name}"))?;
            let (value, rest) = member(kept, rest).unwrap_or_else(|| (kept.clone(), rest));
            filled.push_str(&value);
            filled.push_str(rest);
        }
        Ok(filled)
    }
}

/// The value inside a JSON object that `.key` at the beginning of a text names, and the rest of the text.
fn member<'t>(kept: &str, text: &'t str) -> Option<(String, &'t str)> {
    let object: Value = serde_json::from_str(kept).ok().filter(Value::is_object)?;
    let (mut value, mut rest) = step(&object, text)?;
    while let Some((inner, further)) = step(value, rest) {
        (value, rest) = (inner, further);
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match rest.strip_prefix(".bare") {
        Some(rest) => Some((text.replace('-', ""), rest)),
        None => Some((text, rest)),
    }
}

/// One step inwards: by a key of an object, or by a place in a list.
fn step<'v, 't>(value: &'v Value, text: &'t str) -> Option<(&'v Value, &'t str)> {
    let named = text.strip_prefix('.')?;
    let (key, rest) = named.split_at(named.find(|c: char| !is_of_a_name(c)).unwrap_or(named.len()));
    let inner = value.get(key).or_else(|| value.get(key.parse::<usize>().ok()?))?;
    Some((inner, rest))
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_wherever_they_stand() {
        let mut variables = Variables::default();
        variables.keep("token", "abc\n");
        variables.keep("made", r#"{"id":"7","ttl":60}"#);
        assert_eq!(variables.fill("joe:$token").unwrap(), "joe:abc");
        assert_eq!(variables.fill("$token.example").unwrap(), "abc.example");
        assert_eq!(variables.fill("/t/$made.id/x?$made.ttl").unwrap(), "/t/7/x?60");
        variables.keep("list", r#"{"records":[{"id":"a"},{"id":"b"}]}"#);
        assert_eq!(variables.fill("/r/$list.records.1.id.").unwrap(), "/r/b.");
        variables.keep("made", r#"{"id":"a-b-c"}"#);
        assert_eq!(variables.fill("/$made.id/$made.id.bare/").unwrap(), "/a-b-c/abc/");
        assert_eq!(variables.fill("plain").unwrap(), "plain");
        assert!(variables.fill("$other").unwrap_err().contains("$other"));
    }
}
