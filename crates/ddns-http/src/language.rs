//! The language that a caller would rather read (RFC 9110, section 12.5.4).

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use ddns_core::Language;

/// The one of ours that `Accept-Language` likes best, the first of several that it likes alike; English where it names none.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    let lines = headers.get_all(ACCEPT_LANGUAGE).filter_map(|line| line.to_str().ok());
    let wanted = lines.flat_map(|line| line.split(',')).filter_map(wanted);
    let best = wanted.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(Language::English, |(language, _)| language)
}

/// One of our languages, and its weight.
fn wanted(range: &str) -> Option<(Language, f32)> {
    let (tag, weight) = range.split_once(';').map_or((range, None), |(tag, weight)| (tag, Some(weight)));
    let primary = tag.split('-').next().unwrap_or_default().trim().to_ascii_lowercase();
    let weight = weight.map_or(Some(1.0), quality)?;
    (weight > 0.0).then_some((primary.parse().ok()?, weight))
}

/// `q=0.8`.
fn quality(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let is_quality = name.trim().eq_ignore_ascii_case("q");
    value.trim().parse().ok().filter(|value| is_quality && (0.0..=1.0).contains(value))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn check(lines: &[&'static str], expected: Language) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_LANGUAGE, HeaderValue::from_static(line));
        }
        assert_eq!(preferred(&headers), expected, "{lines:?}");
    }

    #[test]
    fn the_best_liked_of_ours_wins() {
        for line in
            ["de", "DE-at", "de-DE,de;q=0.9,en;q=0.8", "en;q=0.5, de;q=0.7", "fr, de;q=0.1", "en;q=0, de ; Q=0.2"]
        {
            check(&[line], Language::German);
        }
        for line in
            ["en", "en-GB,de;q=0.9", "en,de", "*", "fr", "", "de;q=0", "de;q=x", "de;q=2", "deu", ";;,=", "de;x=1"]
        {
            check(&[line], Language::English);
        }
        check(&[], Language::English);
        check(&["fr", "de"], Language::German);
    }
}
