//! What every step came to: announced on standard error while it runs, counted on standard output at the end.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::tally::Tally;

/// The steps in the order in which they ran.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

/// How a step ended.
pub(crate) enum Outcome {
    /// It holds.
    Passed,
    /// It does not, and why if the step's own output has not said so already.
    Failed(String),
    /// It could not run here, and why.
    Skipped(String),
    /// It ran tests, which count one by one.
    Counted(Tally),
}

impl Report {
    /// Runs one step and keeps what it came to.
    pub(crate) fn step(&mut self, name: &'static str, run: impl FnOnce() -> Outcome) {
        eprintln!("==> {name}");
        let start = Instant::now();
        let step = Step { name, outcome: run(), took: start.elapsed() };
        eprintln!("<== {step}");
        self.steps.push(step);
    }

    /// Prints the table and, last and alone on its line, the sum.
    pub(crate) fn finish(&self) -> ExitCode {
        let sum = self.sum();
        let mut text = String::from("\nstep            seconds  result\n");
        for step in &self.steps {
            text.push_str(&format!("{:<15} {:>7.1}  {}\n", step.name, step.took.as_secs_f64(), step.outcome));
        }
        for suite in &sum.skips {
            text.push_str(&format!("skipped: {suite}\n"));
        }
        print(&format!("{text}{sum}\n"));
        if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn sum(&self) -> Tally {
        let mut sum = Tally::default();
        for step in &self.steps {
            match &step.outcome {
                Outcome::Passed => sum.add(&Tally { passed: 1, ..Tally::default() }),
                Outcome::Failed(_) => sum.add(&Tally { failed: 1, ..Tally::default() }),
                Outcome::Skipped(why) => sum.skip(format!("{} ({why})", step.name)),
                Outcome::Counted(tally) => sum.add(tally),
            }
        }
        sum
    }
}

/// Writes to standard output. A reader that went away is no reason to stop: the exit code still tells.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({:.1} s)", self.name, self.outcome, self.took.as_secs_f64())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed => f.write_str("ok"),
            Outcome::Failed(why) => write!(f, "FAILED: {why}"),
            Outcome::Skipped(why) => write!(f, "skipped: {why}"),
            Outcome::Counted(tally) if tally.failed == 0 => write!(f, "ok: {tally}"),
            Outcome::Counted(tally) => write!(f, "FAILED: {tally}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Report};
    use crate::tally::Tally;

    #[test]
    fn tests_count_one_by_one_and_other_steps_as_one() {
        let mut report = Report::default();
        report.step("format", || Outcome::Passed);
        report.step("lints", || Outcome::Failed("see above".into()));
        report.step("dependencies", || Outcome::Skipped("no network".into()));
        report.step("tests", || Outcome::Counted(Tally { passed: 40, failed: 2, ..Tally::default() }));
        assert_eq!(report.sum().to_string(), "41 passed, 3 failed, 1 skipped");
        assert!(report.sum().skips.contains("dependencies (no network)"));
    }
}
