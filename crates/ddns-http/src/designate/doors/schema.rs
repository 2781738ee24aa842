//! What objects of this dialect may hold, field by field, and the check of an object against it.

use ddns_core::policy;

use super::names::{is_domain_name, is_email, is_host_name, undotted, uuid};
use super::{Violation, python, tsig_key};
use crate::json::{Json, Object};

/// The fields that one kind of object has, in the order in which complaints come.
pub(super) struct Schema {
    pub(super) properties: &'static [Property],
}

/// What one field may hold.
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) types: &'static [Type],
    pub(super) required: bool,
    /// Given by the service: accepted where it is well-formed, and without effect.
    pub(super) read_only: bool,
    /// Messages do not show it.
    pub(super) secret: bool,
    /// The least and the largest number.
    pub(super) range: Option<(u64, u64)>,
    /// In characters.
    pub(super) max_length: Option<usize>,
    pub(super) format: Option<Format>,
    pub(super) choices: &'static [&'static str],
}

/// A JSON type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Integer,
    Null,
}

/// A form that a text has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Uuid,
    DomainName,
    /// A record's name, which may have a dot in front.
    RecordName,
    HostName,
    KeyName,
    Email,
    Base64,
    /// Only told, because the service gives it.
    DateTime,
}

pub(super) static DOMAIN: Schema = Schema {
    properties: &[
        ID,
        Property::text("name", "The apex of the domain, with its final dot")
            .required()
            .within(policy::NARROW_TEXT_MAX)
            .form(Format::DomainName),
        Property::text("email", "Who is responsible for the domain")
            .required()
            .within(policy::NARROW_TEXT_MAX)
            .form(Format::Email),
        Property::integer("ttl", "Seconds that records without a ttl of their own may be cached", TTL),
        Property::integer("serial", "The serial of the domain's SOA record", (1, u32::MAX as u64)).read_only(),
        DESCRIPTION,
        CREATED,
        UPDATED,
    ],
};

pub(super) static RECORD: Schema = Schema {
    properties: &[
        ID,
        Property::text("domain_id", "The domain that the record is in").form(Format::Uuid).read_only(),
        Property::text("name", "The owner name, with its final dot")
            .required()
            .within(policy::NARROW_TEXT_MAX)
            .form(Format::RecordName),
        Property::text("type", "The record's type").required().one_of(&RECORD_TYPES),
        Property::text("data", "The record's data; what it may be depends on the type")
            .required()
            .within(policy::NARROW_TEXT_MAX),
        Property::integer(
            "priority",
            "The preference of an MX and the priority of an SRV record",
            (0, u16::MAX as u64),
        )
        .or_null(),
        Property::integer("ttl", "Seconds that the record may be cached; null takes the domain's", TTL).or_null(),
        DESCRIPTION,
        CREATED,
        UPDATED,
    ],
};

pub(super) static SERVER: Schema = Schema {
    properties: &[
        ID,
        Property::text("name", "The server's name, with its final dot")
            .required()
            .within(policy::NARROW_TEXT_MAX)
            .form(Format::HostName),
        CREATED,
        UPDATED,
    ],
};

pub(super) static TSIG_KEY: Schema = Schema {
    properties: &[
        ID,
        Property::text("name", "The key's name").required().within(policy::NARROW_TEXT_MAX).form(Format::KeyName),
        Property::text("algorithm", "The algorithm that it signs by").required().one_of(&ALGORITHMS),
        Property::text("secret", "Its secret in base64")
            .required()
            .within(policy::NARROW_TEXT_MAX)
            .form(Format::Base64)
            .secret(),
    ],
};

pub(super) static QUOTAS: Schema = Schema {
    properties: &[
        Property::integer("domains", "Domains of a tenant", QUOTA),
        Property::integer("domain_records", "Records of a domain", QUOTA),
        Property::integer("domain_recordsets", "Record sets of a domain", QUOTA),
        Property::integer("recordset_records", "Records of a record set", QUOTA),
    ],
};

/// The types of records that this dialect knows.
pub(super) const RECORD_TYPES: [&str; 11] =
    ["A", "AAAA", "CNAME", "MX", "SRV", "TXT", "SPF", "NS", "PTR", "SSHFP", "SOA"];
const ALGORITHMS: [&str; 4] = ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"];

const ID: Property = Property::text("id", "The id").form(Format::Uuid).read_only();
const DESCRIPTION: Property = Property::text("description", "A free text").within(policy::DESCRIPTION_MAX).or_null();
const CREATED: Property = Property::text("created_at", "When it was made, in UTC").form(Format::DateTime).read_only();
const UPDATED: Property = Property::text("updated_at", "When it was last changed, in UTC; null if never")
    .form(Format::DateTime)
    .or_null()
    .read_only();

const TTL: (u64, u64) = (1, i32::MAX as u64);
const QUOTA: (u64, u64) = (0, u32::MAX as u64);

impl Schema {
    /// All that is wrong with a whole object.
    pub(super) fn check(&self, object: &Object) -> Vec<Violation> {
        let mut violations = self.check_fields(object);
        violations.extend(self.check_strangers(object));
        violations
    }

    /// All that is wrong with an object from which anything may be missing.
    pub(super) fn check_some(&self, object: &Object) -> Vec<Violation> {
        let mut violations = self.check_some_fields(object);
        violations.extend(self.check_strangers(object));
        violations
    }

    /// What is wrong with the fields of a whole object.
    pub(super) fn check_fields(&self, object: &Object) -> Vec<Violation> {
        let check = |property: &'static Property| match object.get(property.name) {
            Some(value) => property.check(value),
            None if property.required => vec![Violation::required(property.name)],
            None => Vec::new(),
        };
        self.properties.iter().flat_map(check).collect()
    }

    /// What is wrong with those fields that are there.
    pub(super) fn check_some_fields(&self, object: &Object) -> Vec<Violation> {
        let check = |property: &'static Property| object.get(property.name).map(|value| property.check(value));
        self.properties.iter().filter_map(check).flatten().collect()
    }

    /// What is wrong if the object has fields that are unknown.
    pub(super) fn check_strangers(&self, object: &Object) -> Option<Violation> {
        let is_known = |name: &str| self.properties.iter().any(|property| property.name == name);
        let strangers: Vec<&str> = object.keys().map(String::as_str).filter(|name| !is_known(name)).collect();
        let were = match strangers.len() {
            0 => return None,
            1 => "was",
            _ => "were",
        };
        let strangers = python::listed(strangers);
        let message = format!("Additional properties are not allowed ({strangers} {were} unexpected)");
        Some(Violation::new("", message, "additionalProperties"))
    }
}

impl Property {
    const fn text(name: &'static str, about: &'static str) -> Property {
        Property {
            name,
            about,
            types: &[Type::Text],
            required: false,
            read_only: false,
            secret: false,
            range: None,
            max_length: None,
            format: None,
            choices: &[],
        }
    }

    const fn integer(name: &'static str, about: &'static str, range: (u64, u64)) -> Property {
        Property { types: &[Type::Integer], range: Some(range), ..Property::text(name, about) }
    }

    const fn or_null(self) -> Property {
        let types: &[Type] = match self.types {
            [Type::Integer] => &[Type::Integer, Type::Null],
            _ => &[Type::Text, Type::Null],
        };
        Property { types, ..self }
    }

    const fn required(self) -> Property {
        Property { required: true, ..self }
    }

    const fn read_only(self) -> Property {
        Property { read_only: true, ..self }
    }

    const fn secret(self) -> Property {
        Property { secret: true, ..self }
    }

    const fn within(self, characters: usize) -> Property {
        Property { max_length: Some(characters), ..self }
    }

    const fn form(self, format: Format) -> Property {
        Property { format: Some(format), ..self }
    }

    const fn one_of(self, choices: &'static [&'static str]) -> Property {
        Property { choices, ..self }
    }

    /// Each keyword speaks for itself, as far as it has something to say about a value of that type.
    fn check(&self, value: &Json) -> Vec<Violation> {
        let complaints = [
            self.check_type(value),
            self.check_minimum(value),
            self.check_maximum(value),
            self.check_format(value),
            self.check_length(value),
            self.check_choice(value),
        ];
        let violation = |(message, validator)| Violation::new(self.name, message, validator);
        complaints.into_iter().flatten().map(violation).collect()
    }

    fn check_type(&self, value: &Json) -> Complaint {
        let types = || python::listed(self.types.iter().map(|known| known.name()));
        let wrong = !self.types.iter().any(|known| known.has(value));
        wrong.then(|| (format!("{} is not of type {}", self.show(value), types()), "type"))
    }

    fn check_minimum(&self, value: &Json) -> Complaint {
        let (minimum, _) = self.range?;
        let below = match value {
            Json::Integer(number) => *number < minimum,
            Json::Negative(_) => true,
            Json::Float(number) => *number < exact(minimum),
            _ => false,
        };
        below.then(|| (format!("{} is less than the minimum of {minimum}", self.show(value)), "minimum"))
    }

    fn check_maximum(&self, value: &Json) -> Complaint {
        let (_, maximum) = self.range?;
        let above = match value {
            Json::Integer(number) => *number > maximum,
            Json::Float(number) => *number > exact(maximum),
            _ => false,
        };
        above.then(|| (format!("{} is greater than the maximum of {maximum}", self.show(value)), "maximum"))
    }

    fn check_format(&self, value: &Json) -> Complaint {
        let (format, Json::Text(text)) = (self.format?, value) else { return None };
        let message = || match format {
            Format::DomainName | Format::RecordName | Format::HostName | Format::KeyName => {
                format!("u{} is not a u{}", self.show(value), python::quoted(format.name()))
            }
            _ => format!("{} is not a {}", self.show(value), python::quoted(format.name())),
        };
        (!format.has(text)).then(|| (message(), "format"))
    }

    fn check_length(&self, value: &Json) -> Complaint {
        let (maximum, Json::Text(text)) = (self.max_length?, value) else { return None };
        (text.chars().count() > maximum).then(|| (format!("{} is too long", self.show(value)), "maxLength"))
    }

    fn check_choice(&self, value: &Json) -> Complaint {
        let chosen = matches!(value, Json::Text(text) if self.choices.contains(&text.as_str()));
        let choices = || python::listed(self.choices.iter().copied());
        (!chosen && !self.choices.is_empty())
            .then(|| (format!("{} is not one of [{}]", self.show(value), choices()), "enum"))
    }

    fn show(&self, value: &Json) -> String {
        if self.secret { format!("the {}", self.name) } else { python::shown(value) }
    }
}

/// What is wrong, and the keyword that says so.
type Complaint = Option<(String, &'static str)>;

/// A bound as a float; the bounds here are small enough for it.
fn exact(bound: u64) -> f64 {
    f64::from(u32::try_from(bound).unwrap_or(u32::MAX))
}

impl Type {
    /// Its name in a schema.
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Text => "string",
            Type::Integer => "integer",
            Type::Null => "null",
        }
    }

    fn has(self, value: &Json) -> bool {
        match self {
            Type::Text => matches!(value, Json::Text(_)),
            Type::Integer => matches!(value, Json::Integer(_) | Json::Negative(_)),
            Type::Null => matches!(value, Json::Null),
        }
    }
}

impl Format {
    /// Its name in a schema.
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Uuid => "uuid",
            Format::DomainName | Format::KeyName => "domain-name",
            Format::RecordName | Format::HostName => "host-name",
            Format::Email => "email",
            Format::Base64 => "base64",
            Format::DateTime => "date-time",
        }
    }

    fn has(self, text: &str) -> bool {
        match self {
            Format::Uuid => uuid(text).is_some(),
            Format::DomainName => is_domain_name(text),
            Format::RecordName => is_host_name(undotted(text)),
            Format::HostName => is_host_name(text),
            Format::KeyName => tsig_key::name(text).is_some(),
            Format::Email => is_email(text),
            Format::Base64 => tsig_key::secret(text).is_some(),
            Format::DateTime => true,
        }
    }
}
