//! The player itself: what is otherwise than it is written fails, and says where and how.

use std::path::Path;

use ddns_scenario::{Backing, play_text};

fn fails(text: &str, shown: &str) {
    let failure = play_text(Path::new("scenarios/sample.txt"), text, Backing::Memory).unwrap_err();
    assert_eq!(failure.to_string().trim_end(), shown.trim_end());
}

#[test]
fn a_wrong_answer_is_shown_beside_the_right_one() {
    fails(
        "CLI domain add dyn.example --shared\n\nDNS x.dyn.example A\n  -> NOERROR aa\n  x.dyn.example. 60 A 192.0.2.1\n",
        "\
scenarios/sample.txt:3 (over the memory store)
  DNS x.dyn.example A over UDP
    - NOERROR aa
    - x.dyn.example. 60 A 192.0.2.1
    + NXDOMAIN aa
    + authority dyn.example. 60 SOA ns1.dyn.example. hostmaster.dyn.example. 1800000000 3600 600 1209600 60
  (- expected, + got)",
    );
}

#[test]
fn a_wrong_reply_is_shown_with_the_headers_that_matter() {
    fails(
        "HTTP GET /checkip -> 200\n  with Location: /\n  1.2.3.4",
        "\
scenarios/sample.txt:1 (over the memory store)
  HTTP GET /checkip -> 200
      200
    - with Location: /
    - 1.2.3.4
    + with Location: (not there)
    + <html><head><title>Current IP Check</title></head><body>Current IP Address: 127.0.0.1</body></html>
  (- expected, + got)",
    );
}

#[test]
fn a_command_that_ends_otherwise_says_why() {
    fails(
        "CLI host show home.dyn.example\n  says something else\n  prints a name",
        "\
scenarios/sample.txt:1 (over the memory store)
  CLI host show home.dyn.example
    - exit 0
    - prints a name
    - says something else
    + exit 3
    + says ddns: there is no host home.dyn.example
    + says   hint: list the hosts with: ddns host list
    + ddns: there is no host home.dyn.example
    +   hint: list the hosts with: ddns host list
  (- expected, + got)",
    );
}

#[test]
fn what_cannot_be_played_says_so() {
    let over = "(over the memory store)";
    fails("TIME soon", "scenarios/sample.txt:1\n  TIME soon\n    a time is 100ms, 61s, 5min, 2h or 30d");
    fails(
        "HTTP GET /myip\n",
        &format!("scenarios/sample.txt:1 {over}\n  HTTP GET /myip\n    a reply is still to be read; write REPLY first"),
    );
    fails("REPLY\n  -> 200", &format!("scenarios/sample.txt:1 {over}\n  REPLY\n    no reply is waiting to be read"));
    fails(
        "LOG unchanged",
        &format!("scenarios/sample.txt:1 {over}\n  LOG unchanged\n    it has not been looked at before"),
    );
    fails(
        "LOG\n\nLOG +1",
        &format!("scenarios/sample.txt:3 {over}\n  LOG +1\n    - 1 entries\n    + 0 entries\n  (- expected, + got)"),
    );
    fails(
        "CLI host show $it",
        &format!("scenarios/sample.txt:1 {over}\n  CLI host show $it\n    nothing has been kept as $it"),
    );
    fails(
        "DNS dyn.example BOGUS -> NOERROR",
        &format!("scenarios/sample.txt:1 {over}\n  DNS dyn.example BOGUS -> NOERROR\n    BOGUS is no record type"),
    );
    fails(
        "SERIAL dyn.example",
        &format!("scenarios/sample.txt:1 {over}\n  SERIAL dyn.example\n    dyn.example has no SOA record"),
    );
}
