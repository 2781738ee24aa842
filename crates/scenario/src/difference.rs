//! Two texts beside each other, for eyes.

use std::collections::VecDeque;

/// The lines of both: common ones as they are, `-` before those that only the first has, `+` before the second's.
pub(crate) fn difference(expected: &[String], got: &[String], indent: &str) -> String {
    let mut common: VecDeque<&String> = longest_common(expected, got).into();
    let (mut expected, mut got) = (expected.iter().peekable(), got.iter().peekable());
    let mut text = String::new();
    let mut line = |sign: char, line: &str| text.push_str(&format!("{indent}{sign} {line}\n"));
    loop {
        let next = common.pop_front();
        while let Some(only) = expected.next_if(|line| Some(*line) != next) {
            line('-', only);
        }
        while let Some(only) = got.next_if(|line| Some(*line) != next) {
            line('+', only);
        }
        let Some(both) = next else { return text };
        expected.next();
        got.next();
        line(' ', both);
    }
}

/// The longest sequence of lines that both have, in that order.
fn longest_common<'l>(a: &'l [String], b: &[String]) -> Vec<&'l String> {
    let mut above: Vec<Vec<&String>> = vec![Vec::new(); b.len().saturating_add(1)];
    for line in a {
        let mut row = vec![Vec::new()];
        for (other, pair) in b.iter().zip(above.windows(2)) {
            let [diagonal, up] = pair else { continue };
            let left = row.last().cloned().unwrap_or_default();
            let longer = if up.len() > left.len() { up.clone() } else { left };
            row.push(if line == other { [diagonal.as_slice(), &[line]].concat() } else { longer });
        }
        above = row;
    }
    above.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, got: &str, shown: &str) {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(difference(&lines(expected), &lines(got), "").replace('\n', "|"), shown);
    }

    #[test]
    fn differences_keep_what_is_common() {
        check("a b c", "a b c", "  a|  b|  c|");
        check("a b c", "a x c", "  a|- b|+ x|  c|");
        check("a b", "", "- a|- b|");
        check("", "a", "+ a|");
        check("a b c d", "b d e", "- a|  b|- c|  d|+ e|");
        check("a a b", "a b b", "  a|- a|  b|+ b|");
    }
}
