//! `ddnsd demo`, and its lines as a newcomer pastes them.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::binaries::BINARIES;
use crate::programs::{Killed, find, output};
use crate::site::until;

#[test]
fn the_lines_can_be_pasted() {
    let (Some(_), Some(_), Some(sh)) = (find("curl"), find("dig"), find("sh")) else { return };
    let mut command = Command::new(&BINARIES.ddnsd);
    command.args(["demo", "--http", "127.0.0.1:0", "--dns", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut demo = Killed(command.stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut line = |program: &str| {
        let found = lines.find(|line| line.trim_start().starts_with(program));
        found.unwrap_or_else(|| panic!("the demo prints no line for {program}"))
    };
    let (curl, dig) = (line("curl "), line("dig "));
    let paste = |line: &str| output(Command::new(&sh).args(["-c", line]));
    assert_eq!(paste(&dig), "", "the host has no address yet");
    assert_eq!(paste(&curl), "good 192.0.2.1");
    assert_eq!(paste(&dig), "192.0.2.1\n");
    assert_eq!(paste(&curl), "nochg 192.0.2.1");
    kill_process(Pid::from_child(&demo.0), Signal::INT).unwrap();
    until(|| demo.0.try_wait().unwrap().is_some_and(|status| status.code() == Some(0)));
}
