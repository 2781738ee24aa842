//! A service as its operator sets it up: a directory, `ddnsd` serving it, and `ddns` beside it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use ddns_scenario::dns;
use ddns_scenario::http::{self, Request};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::binaries::BINARIES;
use crate::programs::Killed;

/// How long something may take that takes milliseconds on a machine with nothing else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// More changes than a test makes in an hour: what is limited is tested elsewhere.
const PLENTY: &str = "1000000000";

/// A data directory with the account `joe`, its token and the shared domain `dyn.example`, served by `ddnsd`.
pub(crate) struct Site {
    pub(crate) directory: TempDir,
    pub(crate) server: Server,
    pub(crate) token: String,
}

impl Site {
    /// Starts on an empty directory, and makes joe's hosts while it runs.
    pub(crate) fn with_hosts<N: AsRef<str>>(hosts: &[N]) -> Site {
        let directory = TempDir::with_prefix("ddns-interop-").unwrap();
        let server = Server::start(directory.path());
        let mut site = Site { directory, server, token: String::new() };
        site.ddns_with("correct horse battery\n", &["account", "add", "joe", "--max-hosts", "100", "--password-stdin"]);
        site.ddns(&["domain", "add", "dyn.example", "--shared"]);
        site.token = site.ddns(&["token", "create", "joe"]).trim().to_owned();
        let adds = hosts.iter().map(|host| format!("host add {} --owner joe\n", host.as_ref()));
        site.ddns_with(&adds.collect::<String>(), &["batch", "-"]);
        until(|| {
            site.http("GET", "/users/me").is_some_and(|reply| hosts.iter().all(|host| reply.contains(host.as_ref())))
        });
        site
    }

    /// Runs `ddns`, which must succeed, and hands over its standard output.
    pub(crate) fn ddns(&self, arguments: &[&str]) -> String {
        self.ddns_with("", arguments)
    }

    fn ddns_with(&self, stdin: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(&BINARIES.ddns);
        command.arg("--data").arg(self.data()).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "ddns {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Makes an account with this quota of hosts while the server runs, and hands over what it signs in with.
    pub(crate) fn add_account(&self, login: &str, max_hosts: u32) -> String {
        let quota = max_hosts.to_string();
        let arguments = ["account", "add", login, "--max-hosts", quota.as_str(), "--password-stdin"];
        self.ddns_with("correct horse battery\n", &arguments);
        let who = format!("{login}:{}", self.ddns(&["token", "create", login]).trim());
        until(|| {
            let request = Request {
                method: "GET".to_owned(),
                target: "/users/me".to_owned(),
                signed_in: Some(who.clone()),
                ..Request::default()
            };
            let received = http::send(self.server.http, &request).and_then(http::Unread::read);
            received.is_ok_and(|received| received.status == "200")
        });
        who
    }

    /// The body of a 200 that joe is answered; none for anything else.
    pub(crate) fn http(&self, method: &str, target: &str) -> Option<String> {
        let who = Some(format!("joe:{}", self.token));
        let request =
            Request { method: method.to_owned(), target: target.to_owned(), signed_in: who, ..Request::default() };
        let received = http::send(self.server.http, &request).and_then(http::Unread::read).ok()?;
        (received.status == "200").then_some(received.body)
    }

    /// The data of a name's records of one type.
    pub(crate) fn served(&self, name: &str, record_type: &str) -> Vec<String> {
        let answer = dns::ask_udp(self.server.dns, name, record_type).unwrap().lines().unwrap();
        let data = |line: &String| Some(line.strip_prefix(&format!("{name}. 60 {record_type} "))?.to_owned());
        answer.iter().filter_map(data).collect()
    }

    pub(crate) fn serial(&self) -> u32 {
        dns::ask_udp(self.server.dns, "dyn.example", "SOA").unwrap().serial().unwrap().0
    }

    pub(crate) fn data(&self) -> PathBuf {
        data(self.directory.path())
    }

    /// A file beside the data, that only its owner may read.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Kills the server without a word (SIGKILL), and starts it again.
    pub(crate) fn crash(&mut self) {
        self.server.kill();
        self.server = Server::start(self.directory.path());
    }
}

/// `ddnsd` on free ports, gone when this is dropped.
pub(crate) struct Server {
    process: Killed,
    /// Kept, so that the server always has somebody to tell.
    stdout: BufReader<ChildStdout>,
    pub(crate) http: SocketAddr,
    pub(crate) dns: SocketAddr,
    /// The same over IPv6, where this machine has it.
    pub(crate) http6: Option<SocketAddr>,
    pub(crate) dns6: Option<SocketAddr>,
    /// Where HTTPS is served, if it is.
    pub(crate) https: Option<SocketAddr>,
}

impl Server {
    /// Serves the data below a directory, and waits until it does.
    pub(crate) fn start(directory: &Path) -> Server {
        Server::start_with(directory, &[])
    }

    /// Likewise, with more arguments.
    pub(crate) fn start_with(directory: &Path, more: &[&str]) -> Server {
        let log = directory.join("ddnsd.log");
        let mut command = Command::new(&BINARIES.ddnsd);
        command.arg("--data").arg(data(directory));
        for host in ["127.0.0.1", "[::1]"].iter().take(if has_ipv6() { 2 } else { 1 }) {
            command.args(["--http", &format!("{host}:0"), "--dns", &format!("{host}:0")]);
        }
        command.args(["--changes-per-hour", PLENTY, "--changes-per-network", PLENTY]).args(more);
        let log_end = File::options().create(true).append(true).open(&log).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_end);
        let mut process = Killed(command.spawn().unwrap());
        let mut stdout = BufReader::new(process.0.stdout.take().unwrap());
        let count = if has_ipv6() { 2 } else { 1 };
        let mut lines: Vec<(String, SocketAddr)> = Vec::new();
        while lines.iter().filter(|(protocol, _)| protocol == "dns").count() < count {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let address = line.trim().split_once(' ').and_then(|(_, address)| address.parse().ok());
            let address = address.unwrap_or_else(|| panic!("{line:?}; {}", std::fs::read_to_string(&log).unwrap()));
            lines.push((line.split(' ').next().unwrap().to_owned(), address));
        }
        let served = |wanted: &str, number: usize| {
            lines.iter().filter(|(protocol, _)| protocol == wanted).map(|(_, address)| *address).nth(number)
        };
        let (http, dns) = (served("http", 0).unwrap(), served("dns", 0).unwrap());
        let (http6, dns6, https) = (served("http", 1), served("dns", 1), served("https", 0));
        Server { process, stdout, http, dns, http6, dns6, https }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
    }

    /// SIGTERM, the end that it asked for, and what was still said on standard output.
    pub(crate) fn stop(mut self) -> String {
        kill_process(self.pid(), Signal::TERM).unwrap();
        let begun = Instant::now();
        while self.process.0.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "ddnsd does not stop");
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(self.process.0.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        rest
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process.0)
    }
}

/// Waits until it is so.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "this took too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether this machine speaks IPv6 with itself.
pub(crate) fn has_ipv6() -> bool {
    UdpSocket::bind("[::1]:0").is_ok()
}

/// Addresses that hosts may have, each its own.
pub(crate) fn numbered(series: u8, number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, series, high, low)
}

fn data(directory: &Path) -> PathBuf {
    directory.join("data")
}
