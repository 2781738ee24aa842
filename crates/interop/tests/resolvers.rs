//! The programs that ask: dig and kdig, over UDP and TCP, over IPv4 and IPv6.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::programs::{find, output, skip};
use crate::site::Site;

/// dig and kdig, as far as they are installed, see exactly these addresses by every way.
pub(crate) fn all_agree(site: &Site, expected: &[(&str, &str, &str)]) {
    for program in ["dig", "kdig"].into_iter().filter_map(find) {
        for server in std::iter::once(site.server.dns).chain(site.server.dns6) {
            for transport in [None, Some("+tcp")] {
                for (name, record_type, address) in expected {
                    let answer = ask(&program, server, &[*name, *record_type, "+short"], transport);
                    assert_eq!(answer.trim(), *address, "{} {name} {transport:?} at {server}", program.display());
                }
            }
        }
    }
}

fn ask(program: &Path, server: SocketAddr, words: &[&str], transport: Option<&str>) -> String {
    let (ip, port) = (format!("@{}", server.ip()), server.port().to_string());
    output(Command::new(program).args([ip.as_str(), "-p", &port]).args(words).args(transport))
}

#[test]
fn dig_sees_what_an_answer_is() {
    let Some(dig) = find("dig") else { return };
    let site = Site::with_hosts(&["home.dyn.example"]);
    let update = "/nic/update?hostname=home.dyn.example&myip=192.0.2.7,2001:db8::7&wildcard=ON";
    assert_eq!(site.http("GET", update).as_deref(), Some("good 192.0.2.7,2001:db8::7"));
    let expected = [
        ("home.dyn.example", "A", "192.0.2.7"),
        ("any.home.dyn.example", "AAAA", "2001:db8::7"),
        ("dyn.example", "NS", "ns1.dyn.example."),
    ];
    all_agree(&site, &expected);
    if site.server.dns6.is_none() {
        skip("dig and kdig over IPv6", "this machine has no IPv6");
    }
    let shown = |words: &[&str]| ask(&dig, site.server.dns, words, None);
    let check = |words: &[&str], parts: &[&str]| {
        let answer = shown(words);
        assert!(parts.iter().all(|part| answer.contains(part)), "{parts:?} in {answer}");
    };
    check(
        &["HOME.dyn.example", "A"],
        &["status: NOERROR", "flags: qr aa rd;", "ANSWER: 1", "HOME.dyn.example.\t60\tIN\tA\t192.0.2.7"],
    );
    check(
        &["home.dyn.example", "TXT"],
        &["status: NOERROR", "ANSWER: 0, AUTHORITY: 1", "\tSOA\tns1.dyn.example. hostmaster.dyn.example. "],
    );
    check(&["x.dyn.example", "+norecurse"], &["status: NXDOMAIN", "flags: qr aa;", "\tSOA\t"]);
    check(&["home.example", "A"], &["status: REFUSED", "ANSWER: 0, AUTHORITY: 0"]);
    check(
        &["home.dyn.example", "+dnssec", "+bufsize=4096"],
        &["status: NOERROR", "; EDNS: version: 0, flags:", "udp: 1232"],
    );
    check(&["home.dyn.example", "+noedns", "+nocookie"], &["status: NOERROR", "192.0.2.7"]);
    check(&["home.dyn.example", "+edns=1", "+noednsnegotiation"], &["status: BADVERS"]);
}
