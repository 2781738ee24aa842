//! The real programs that tests run against, and how they come onto the machine.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Stdio;

use crate::report::Outcome;
use crate::run::{cannot, output, program, succeeds};

struct Program {
    /// A program, or the whole path of a file where the package has none.
    name: &'static str,
    /// The Debian package that has it.
    package: &'static str,
    /// What cannot be tested without it.
    serves: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program { name: "ddclient", package: "ddclient", serves: "interoperability with ddclient" },
    Program {
        name: "/usr/share/perl5/IO/Socket/SSL.pm",
        package: "libio-socket-ssl-perl",
        serves: "interoperability with ddclient over HTTPS",
    },
    Program { name: "inadyn", package: "inadyn", serves: "interoperability with inadyn" },
    Program { name: "dig", package: "bind9-dnsutils", serves: "interoperability with dig" },
    Program { name: "kdig", package: "knot-dnsutils", serves: "interoperability with kdig" },
    Program { name: "curl", package: "curl", serves: "interoperability with curl" },
    Program { name: "wget", package: "wget", serves: "interoperability with wget" },
    Program { name: "openssl", package: "openssl", serves: "HTTPS, and mail over encrypted connections" },
    Program { name: "pebble", package: "pebble", serves: "certificates for hosts" },
    Program { name: "lego", package: "lego", serves: "certificates for hosts by lego" },
    Program { name: "certbot", package: "certbot", serves: "certificates for hosts by certbot" },
    Program { name: "strace", package: "strace", serves: "the order of syncs and replies" },
    Program { name: "sqlite3", package: "sqlite3", serves: "inspection of the store by a person" },
    Program { name: "mkfs.ext4", package: "e2fsprogs", serves: "power cuts" },
];

/// Answers for ddclient's package, whose defaults would start a daemon now and at every boot.
const ANSWERS: &[u8] = b"ddclient ddclient/method select Network interface\n\
                         ddclient ddclient/run_mode select On PPP connect\n";

/// Installs what is missing where that is possible, and says what its absence means where it is not.
pub(crate) fn install() -> Outcome {
    let missing = missing();
    if missing.is_empty() {
        return Outcome::Passed;
    }
    if may_install() {
        fetch(&missing);
    }
    still_missing()
}

/// Installs one more Debian package where that is possible.
pub(crate) fn install_package(package: &str) {
    if may_install() {
        apt_get(&[package]);
    }
}

fn still_missing() -> Outcome {
    let missing = missing();
    for Program { name, package, serves } in &missing {
        eprintln!("{name} (Debian package {package}) is missing; not tested without it: {serves}");
    }
    let names: Vec<&str> = missing.iter().map(|program| program.name).collect();
    if names.is_empty() { Outcome::Passed } else { cannot(format!("missing {}", names.join(", "))) }
}

fn missing() -> Vec<&'static Program> {
    PROGRAMS.iter().filter(|program| !is_here(program.name)).collect()
}

/// Looks where a plain user's path does not lead, too.
fn is_here(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(system).any(|folder| folder.join(name).is_file())
}

fn may_install() -> bool {
    is_here("apt-get") && output(program("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// What comes of it shows in what is missing afterwards. An old list of packages may do when it cannot be renewed.
fn fetch(missing: &[&Program]) {
    if missing.iter().any(|program| program.name == "ddclient") && answer().is_err() {
        eprintln!("The package ddclient cannot be told to start no daemon.");
    }
    apt_get(&missing.iter().map(|program| program.package).collect::<Vec<_>>());
}

fn apt_get(packages: &[&str]) {
    succeeds(program("apt-get").arg("update"));
    let mut install = program("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    // Nobody is there to be asked, and in runlevel 1 packages start no daemons.
    succeeds(install.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1"));
}

fn answer() -> io::Result<()> {
    let mut child = program("debconf-set-selections").stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(ANSWERS)?;
    }
    child.wait().map(drop)
}
