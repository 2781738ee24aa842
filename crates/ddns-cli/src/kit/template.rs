//! Templates of configurations: `{{name}}` is a value, `{{name:quoted}}` the same in the quotation marks of the program, and a
//! line behind `{{if https}}` is there where the service is reached so.

use std::fmt::Write;

/// How a configuration quotes a text. Logins hold any printable ASCII character but a colon, and no blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// Not at all: a person copies it into a field.
    None,
    /// As the shell does, where it must.
    Shell,
    /// As the files of OpenWrt do.
    Uci,
    /// In single quotation marks, with backslashes before those and before backslashes.
    Backslash,
    /// As the configuration of curl does.
    Curl,
    /// As the scripts of RouterOS do.
    RouterOs,
}

impl Quotes {
    pub(crate) fn quote(self, text: &str) -> String {
        match self {
            Quotes::None => text.to_owned(),
            Quotes::Shell if text.bytes().all(is_plain) => text.to_owned(),
            Quotes::Shell | Quotes::Uci => format!("'{}'", text.replace('\'', r"'\''")),
            Quotes::Backslash => format!("'{}'", escaped(text, &['\'', '\\'])),
            Quotes::Curl => format!("\"{}\"", escaped(text, &['"', '\\'])),
            // A question mark asks the terminal for help.
            Quotes::RouterOs => format!("\"{}\"", escaped(text, &['"', '\\', '$']).replace('?', r"\3F")),
        }
    }
}

/// Fills a template in.
pub(crate) fn fill(template: &str, quotes: Quotes, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    for line in template.lines() {
        let line = match line.strip_prefix("{{if https}}") {
            Some(_) if value("scheme").as_deref() != Some("https") => continue,
            Some(line) => line,
            None => line,
        };
        fill_line(&mut text, line, quotes, &value);
    }
    text
}

fn fill_line(text: &mut String, line: &str, quotes: Quotes, value: impl Fn(&str) -> Option<String>) {
    let mut parts = line.split("{{");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (place, rest) = part.split_once("}}").unwrap_or((part, ""));
        let filled = match place.strip_suffix(":quoted") {
            Some(name) => value(name).map(|value| quotes.quote(&value)),
            None => value(place),
        };
        // A place that nobody knows stays: tests look for what was not filled in.
        let filled = filled.unwrap_or_else(|| format!("{{{{{place}}}}}"));
        let _infallible = write!(text, "{filled}{rest}");
    }
    text.push('\n');
}

fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._/:@%+,=".contains(&octet)
}

fn escaped(text: &str, special: &[char]) -> String {
    text.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_each_program_reads_them() {
        let login = r#"o'b"r\$?n"#;
        for (quotes, expected) in [
            (Quotes::None, r#"o'b"r\$?n"#),
            (Quotes::Shell, r#"'o'\''b"r\$?n'"#),
            (Quotes::Uci, r#"'o'\''b"r\$?n'"#),
            (Quotes::Backslash, r#"'o\'b"r\\$?n'"#),
            (Quotes::Curl, r#""o'b\"r\\$?n""#),
            (Quotes::RouterOs, r#""o'b\"r\\\$\3Fn""#),
        ] {
            assert_eq!(quotes.quote(login), expected, "{quotes:?}");
        }
        assert_eq!(Quotes::Shell.quote("joe@example.org"), "joe@example.org");
        assert_eq!(Quotes::Uci.quote("joe"), "'joe'");
    }

    #[test]
    fn a_template_is_filled_in() {
        let values = |scheme: &'static str| {
            move |name: &str| match name {
                "scheme" => Some(scheme.to_owned()),
                "a" => Some("{{b}}".to_owned()),
                "b" => Some("it's".to_owned()),
                _ => None,
            }
        };
        let template = "x {{a}} {y} {{b:quoted}}z\n{{if https}}only {{scheme}}\n}} {{?}}\n";
        let filled = |scheme| fill(template, Quotes::Uci, values(scheme));
        assert_eq!(filled("http"), "x {{b}} {y} 'it'\\''s'z\n}} {{?}}\n");
        assert_eq!(filled("https"), "x {{b}} {y} 'it'\\''s'z\nonly https\n}} {{?}}\n");
    }
}
