//! What a caller would rather read (RFC 9110, section 12.5.1).

use actix_web::http::header::{ACCEPT, HeaderMap};

/// How much a caller likes a media type, from 0 for not at all to 1000; everything alike where it says nothing.
pub(crate) fn liking(headers: &HeaderMap, media_type: &str) -> u16 {
    let lines = headers.get_all(ACCEPT).filter_map(|line| line.to_str().ok());
    let mut ranges = lines.flat_map(|line| line.split(',')).filter(|range| !range.trim().is_empty()).peekable();
    if ranges.peek().is_none() {
        return WHOLLY;
    }
    let best = ranges.filter_map(|range| liked(range, media_type)).max_by_key(|(exactness, _)| *exactness);
    best.map_or(0, |(_, liking)| liking)
}

/// As much as can be.
const WHOLLY: u16 = 1_000;

/// How exactly a range names a media type, and how much it is liked; none if it does not name it.
fn liked(range: &str, media_type: &str) -> Option<(u8, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let exactness = exactness(parts.next()?, media_type)?;
    let weight = parts.filter_map(|parameter| parameter.split_once('=')).find(|(name, _)| is_weight(name));
    Some((exactness, weight.map_or(Some(WHOLLY), |(_, value)| weight_of(value.trim()))?))
}

fn exactness(range: &str, media_type: &str) -> Option<u8> {
    let (kind, _) = media_type.split_once('/')?;
    let (wanted, subtype) = range.split_once('/')?;
    match (wanted, subtype) {
        ("*", "*") => Some(0),
        (wanted, "*") => wanted.eq_ignore_ascii_case(kind).then_some(1),
        _ => range.eq_ignore_ascii_case(media_type).then_some(2),
    }
}

fn is_weight(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case("q")
}

/// `0.8` in thousandths.
fn weight_of(text: &str) -> Option<u16> {
    let (whole, thousandths) = text.split_once('.').unwrap_or((text, ""));
    if thousandths.len() > 3 || !thousandths.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{thousandths:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(WHOLLY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn check(lines: &[&'static str], expected: u16) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_static(line));
        }
        assert_eq!(liking(&headers, "application/json"), expected, "{lines:?}");
    }

    #[test]
    fn the_range_that_is_most_exact_counts() {
        for line in
            ["application/json", "*/*", "application/*", "APPLICATION/Json;v=1", "text/html, */* ; q=1.0", "", " ,"]
        {
            check(&[line], 1_000);
        }
        for line in ["application/json;q=0.8", "*/*, application/json; Q=0.8", "application/*;q=0.8,*/*;q=0.1"] {
            check(&[line], 800);
        }
        for line in ["text/html", "application/json;q=0", "application/json;q=0,*/*", "application/xml", "application"]
        {
            check(&[line], 0);
        }
        for line in ["application/json;q=2", "application/json;q=0.1234", "application/json;q=1.5", "*/*;q=-1"] {
            check(&[line], 0);
        }
        check(&[], 1_000);
        check(&["text/html", "application/json;q=0.5"], 500);
    }
}
