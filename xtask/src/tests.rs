//! The tests themselves: unit, integration, documentation, and examples, which get built.

use crate::report::Outcome;
use crate::run::{cargo, check, counted};

/// All tests at the volume of every day.
///
/// Compiled first: where that fails nothing ran, and there is nothing to count.
pub(crate) fn all() -> Outcome {
    match check(&mut cargo("test --workspace --no-run")) {
        Outcome::Passed => counted(&mut cargo("test --workspace --no-fail-fast")),
        failed => failed,
    }
}

/// The same tests at their long volumes. Output is not captured, so that each test's seed is seen.
pub(crate) fn soak(arguments: &[String]) -> Outcome {
    let mut tests = cargo("test --workspace --no-fail-fast --profile soak -- --nocapture");
    match counted(tests.env("DDNS_SOAK", "1").args(arguments)) {
        Outcome::Counted(tally) if tally.passed == 0 && tally.failed == 0 => Outcome::Failed("no test ran".into()),
        outcome => outcome,
    }
}
