//! When something was last heard of, and what it was last refused, as it is printed.

use ddns_store::{SoftRefusal, SoftState};
use serde_json::{Value, json};

use crate::output::{Object, moment, text};

impl Object {
    /// The same with when it was last heard of.
    #[must_use]
    pub(crate) fn with_contact(self, soft: &SoftState) -> Object {
        self.with("last_contact", soft.last_contact.map_or(Value::Null, moment))
    }

    /// The same with the last refusal.
    #[must_use]
    pub(crate) fn with_refusal(self, soft: &SoftState) -> Object {
        self.with("last_refusal", soft.last_refusal.as_ref().map_or(Value::Null, refusal))
    }
}

fn refusal(refusal: &SoftRefusal) -> Value {
    let SoftRefusal { time, source, dialect, agent, sentence } = refusal;
    let program = Some(agent).filter(|agent| !agent.is_empty());
    json!({
        "time": moment(*time),
        "source": text(*source),
        "dialect": dialect,
        "program": text(program),
        "sentence": sentence,
    })
}
