//! Values as Python 2 prints them, because messages quote them so.

use std::fmt::Write;

use crate::json::Json;

/// A value as Python prints it inside another: texts with `u` in front.
pub(super) fn repr(value: &Json) -> String {
    let mut out = String::new();
    write_value(&mut out, value, "u");
    out
}

/// A value as a message shows it.
pub(super) fn shown(value: &Json) -> String {
    let mut out = String::new();
    write_value(&mut out, value, "");
    out
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_text(&mut out, text);
    out
}

/// Texts in quotes with commas between them.
pub(super) fn listed<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

fn write_value(out: &mut String, value: &Json, prefix: &str) {
    match value {
        Json::Null => out.push_str("None"),
        Json::Bool(true) => out.push_str("True"),
        Json::Bool(false) => out.push_str("False"),
        Json::Integer(number) => push(out, format_args!("{number}")),
        Json::Negative(number) => push(out, format_args!("{number}")),
        Json::Float(number) => write_float(out, *number),
        Json::Text(text) => {
            out.push_str(prefix);
            write_text(out, text);
        }
        Json::List(values) => write_items(out, "[", "]", values, |out, value| write_value(out, value, "u")),
        Json::Object(members) => write_items(out, "{", "}", members, |out, (name, value)| {
            out.push('u');
            write_text(out, name);
            out.push_str(": ");
            write_value(out, value, "u");
        }),
    }
}

fn write_items<T>(
    out: &mut String,
    open: &str,
    close: &str,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    out.push_str(open);
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push_str(close);
}

/// In single quotes, unless it has such and no double ones; what is not printable ASCII is escaped.
fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        write_character(out, character, quote);
    }
    out.push(quote);
}

fn write_character(out: &mut String, character: char, quote: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' => out.push_str("\\\\"),
        _ if character == quote => out.extend(['\\', quote]),
        ' '..='~' => out.push(character),
        '\0'..='\u{ff}' => push(out, format_args!("\\x{:02x}", u32::from(character))),
        '\u{100}'..='\u{ffff}' => push(out, format_args!("\\u{:04x}", u32::from(character))),
        _ => push(out, format_args!("\\U{:08x}", u32::from(character))),
    }
}

/// The fewest digits that read back to the same number; an exponent below 1e-4 and from 1e16.
fn write_float(out: &mut String, number: f64) {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        push(out, format_args!("{digits}e{sign}{exponent:0>2}"));
    } else if number.fract() == 0.0 {
        push(out, format_args!("{number:.1}"));
    } else {
        push(out, format_args!("{number}"));
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text); // Writing to a string cannot fail.
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn values_are_printed_as_python_prints_them() {
        let rows = [
            ("null", "None"),
            ("true", "True"),
            ("false", "False"),
            ("0", "0"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("300.0", "300.0"),
            ("-0.0", "-0.0"),
            ("0.1", "0.1"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.5e-7", "1.5e-07"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1.25e100", "1.25e+100"),
            ("1e308", "1e+308"),
            (r#""""#, "u''"),
            (r#""it's""#, r#"u"it's""#),
            (r#""it's \"so\"""#, r#"u'it\'s "so"'"#),
            (r#""a\\b\n\r\t\u0000\u007f""#, r"u'a\\b\n\r\t\x00\x7f'"),
            (r#""ä€😀""#, r"u'\xe4\u20ac\U0001f600'"),
            ("[]", "[]"),
            ("{}", "{}"),
            (r#"[1,"a",{"k":[null]}]"#, "[1, u'a', {u'k': [None]}]"),
        ];
        for (text, printed) in rows {
            let value = json::object(format!("{{\"a\":{text}}}").as_bytes()).unwrap().remove("a").unwrap();
            assert_eq!(repr(&value), printed, "{text}");
        }
    }

    #[test]
    fn messages_show_a_text_without_its_u() {
        assert_eq!(shown(&Json::Text("x".to_owned())), "'x'");
        assert_eq!(shown(&Json::List(vec![Json::Text("x".to_owned())])), "[u'x']");
        assert_eq!(listed(["a", "b"]), "'a', 'b'");
    }
}
