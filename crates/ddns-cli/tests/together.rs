//! Several processes on one directory at the same time.

use std::process::Stdio;

use crate::work::Work;

#[test]
fn of_many_who_add_one_host_exactly_one_wins() {
    let work = Work::with_joe();
    for round in 0..3 {
        let name = format!("race{round}.dyn.example");
        let start = |_| {
            let mut command = work.command();
            command.args(["host", "add", &name, "--owner", "joe"]).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        };
        let racers: Vec<_> = (0..6).map(start).collect();
        let mut codes: Vec<_> = racers.into_iter().map(|mut racer| racer.wait().unwrap().code().unwrap()).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 4, 4, 4, 4, 4]);
    }
}

#[test]
fn of_many_who_begin_a_directory_all_are_there() {
    let work = Work::empty();
    let start =
        |i| work.command().args(["domain", "add", &format!("d{i}.example")]).stderr(Stdio::null()).spawn().unwrap();
    let racers: Vec<_> = (0..6).map(start).collect();
    for mut racer in racers {
        assert_eq!(racer.wait().unwrap().code(), Some(0));
    }
    assert_eq!(work.json(&["domain", "list"]).as_array().unwrap().len(), 6);
}

#[test]
fn a_quota_holds_against_many() {
    let work = Work::with_joe();
    work.ok(&["account", "set", "joe", "--max-hosts", "2"]);
    let start = |i| {
        let mut command = work.command();
        command.args(["host", "add", &format!("h{i}.dyn.example"), "--owner", "joe"]).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let racers: Vec<_> = (0..6).map(start).collect();
    let won = racers.into_iter().filter_map(|mut racer| racer.wait().unwrap().code()).filter(|code| *code == 0).count();
    assert_eq!(won, 2);
}
