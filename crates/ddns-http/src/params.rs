//! Query strings and form bodies as old routers write them.

use percent_encoding::percent_decode_str;

/// Parameters by name, in the order in which they came.
///
/// Names are compared without case. `+` is a space, percent sequences are decoded, invalid ones stay as they are, and
/// values lose the white space around them. What a name that comes twice means is the dialect's business: see
/// [`Params::all`] and [`Params::last`]. Some of them may be secrets, so that they cannot be printed.
#[derive(Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `name=value&name=value…`.
    pub(crate) fn parse(text: &str) -> Params {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Params(pairs.map(|(name, value)| (decoded(name).to_ascii_lowercase(), decoded(value))).collect())
    }

    /// Values that came another way than by their names, such as in a path.
    pub(crate) fn of<const N: usize>(pairs: [(&str, &str); N]) -> Params {
        Params(pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).into())
    }

    /// These, and then those.
    pub(crate) fn and(mut self, others: Params) -> Params {
        self.0.extend(others.0);
        self
    }

    /// Every value that came under one of these lower-case names.
    pub(crate) fn all(&self, names: &[&str]) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }

    /// The last value that came under this lower-case name.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.all(&[name]).last()
    }
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_as_routers_write_them() {
        let params = Params::parse("hostname=a.example&MyIP=2001%3adb8%3A%3a1&x=%i&&y=100%&z=+a%20b+&flag");
        let last = |name| params.last(name).unwrap_or("absent");
        assert_eq!(
            ["hostname", "myip", "x", "y", "z", "flag"].map(last),
            ["a.example", "2001:db8::1", "%i", "100%", "a b", ""]
        );
    }

    #[test]
    fn a_name_may_come_twice() {
        let params = Params::parse("a=1&A=2").and(Params::parse("a=3"));
        assert_eq!(params.all(&["a"]).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(params.last("a"), Some("3"));
    }
}
