//! The program `ddns`: hands the command line and the standard streams to the library.

use std::io::{IsTerminal, stderr, stdin, stdout};

use ddns_cli::Program;

fn main() -> std::process::ExitCode {
    let (mut stdin, mut stdout, mut stderr) = (stdin().lock(), stdout().lock(), stderr());
    let progress = stderr.is_terminal();
    Program::new(&mut stdin, &mut stdout, &mut stderr).with_progress(progress).run(std::env::args_os()).into()
}
