//! Counts tests by reading what the test binaries print.

use std::collections::BTreeSet;
use std::fmt;

/// Tests by how they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Those that passed.
    pub(crate) passed: u64,
    /// Those that failed.
    pub(crate) failed: u64,
    /// What did not run, by name; each name counts once.
    pub(crate) skips: BTreeSet<String>,
}

impl Tally {
    /// Adds what another tally counted.
    pub(crate) fn add(&mut self, other: &Tally) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skips.extend(other.skips.iter().cloned());
    }

    /// Adds something that did not run.
    pub(crate) fn skip(&mut self, name: String) {
        self.skips.insert(name);
    }

    /// Reads one line of output; most mean nothing here.
    ///
    /// `skipped: NAME` is what a suite says that misses a program. It may stand behind libtest's
    /// `test NAME ... `, which has no line's end yet when tests run one by one.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed = self.passed.saturating_add(count(counts, "passed"));
            self.failed = self.failed.saturating_add(count(counts, "failed"));
            return;
        }
        let (test, said) = match line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) {
            Some((test, said)) => (test, said),
            None => ("", line),
        };
        if let Some(suite) = said.strip_prefix("skipped: ") {
            self.skip(suite.trim_end().to_owned());
        } else if said.starts_with("ignored") && !test.is_empty() {
            self.skip(test.to_owned());
        }
    }
}

/// The number before `word` in `ok. 3 passed; 0 failed; …`; 0 where there is none.
fn count(counts: &str, word: &str) -> u64 {
    let field = counts.split([';', '.']).find_map(|field| field.trim().strip_suffix(word));
    field.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skips.is_empty() { Ok(()) } else { write!(f, ", {} skipped", self.skips.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn check(output: &str, says: &str) {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        assert_eq!(tally.to_string(), says, "{output}");
    }

    #[test]
    fn results_are_summed() {
        check(
            "running 2 tests\n\
             test name::root ... ok\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.04s\n\
             test result: FAILED. 10 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.20s\n",
            "12 passed, 1 failed",
        );
    }

    #[test]
    fn what_did_not_run_is_named_and_counted_once() {
        check("skipped: inadyn (not installed)\nskipped: inadyn (not installed)\n", "0 passed, 0 failed, 1 skipped");
        check("test interop::dig ... skipped: dig (not installed)\n", "0 passed, 0 failed, 1 skipped");
        check("test crash::power_cut ... ignored, needs root\n", "0 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn other_lines_mean_nothing() {
        check("test result\nignored\n9 passed\nerror: 3 failed\n\ntest a ... FAILED\n", "0 passed, 0 failed");
        check("test result: ok. many passed; 99999999999999999999 failed", "0 passed, 0 failed");
    }
}
