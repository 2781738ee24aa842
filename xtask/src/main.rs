//! The developers' commands, started as `cargo xtask …`.
//!
//! Standard library only, so that the one command that tests everything is itself built in a second.

use std::process::ExitCode;

mod args;
mod checks;
mod programs;
mod python;
mod report;
mod run;
mod tally;
mod tests;
mod walls;

use args::Task;
use report::Report;

const HELP: &str = "\
The developers' commands of this workspace.

Usage: cargo xtask COMMAND

Commands:
  prepare          Missing programs that tests run against, and pinned packages of Python below
                   `target`, installed where that is possible
  test             Everything that must hold: the same preparation, format, lints, dependencies,
                   documentation, tests, walls between the rooms
  soak [ARGUMENT]… The long volumes of the same tests, each printing its seed; arguments go
                   to the test binaries, so a word is a filter
  help             This text

The last line is `N passed, N failed`, with `, N skipped` where something did not run. Each test
counts as one, and so does each other step.

Environment:
  CI=true      What would be skipped for want of a program or the network fails instead
  DDNS_SOAK=1  What `soak` sets, and the tests read to multiply their volumes

Exit codes: 0 all passed, 1 something failed, 2 usage.
";

fn main() -> ExitCode {
    match args::typed().and_then(Task::try_from) {
        Ok(Task::Help) => {
            report::print(HELP);
            ExitCode::SUCCESS
        }
        Ok(Task::Prepare) => prepare().finish(),
        Ok(Task::Test) => test().finish(),
        Ok(Task::Soak { arguments }) => soak(&arguments).finish(),
        Err(error) => {
            eprintln!("xtask: {error}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// Every step runs, whatever the ones before it found: a person wants to see it all at once.
fn test() -> Report {
    let mut report = prepare();
    report.step("format", checks::format);
    report.step("lints", checks::lints);
    report.step("dependencies", checks::dependencies);
    report.step("documentation", checks::documentation);
    report.step("tests", tests::all);
    report.step("walls", walls::hold);
    report
}

fn prepare() -> Report {
    let mut report = Report::default();
    report.step("programs", programs::install);
    report.step("python", python::install);
    report
}

fn soak(arguments: &[String]) -> Report {
    let mut report = Report::default();
    report.step("soak", || tests::soak(arguments));
    report
}
