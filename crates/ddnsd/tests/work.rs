//! A place to work in, the program run there, and the little of HTTP and DNS that tests speak.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A temporary place with a data directory that does not exist yet.
pub(crate) struct Work {
    place: TempDir,
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) http: Vec<SocketAddr>,
    pub(crate) https: Vec<SocketAddr>,
    pub(crate) dns: Vec<SocketAddr>,
}

/// How a run ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) const ANY: [&str; 4] = ["--http", "127.0.0.1:0", "--dns", "127.0.0.1:0"];

impl Work {
    pub(crate) fn new() -> Work {
        Work { place: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ddnsd"));
        command.env_clear().env("TMPDIR", self.place.path()).current_dir(self.place.path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A server that must start.
    pub(crate) fn serve(&self, args: &[&str]) -> Server {
        Server::of(self.command(args))
    }

    /// A run that must end by itself.
    pub(crate) fn ends(&self, args: &[&str]) -> Ended {
        ended(self.command(args))
    }

    /// A configuration file.
    pub(crate) fn file(&self, text: &str) -> String {
        let path = self.path("ddnsd.toml");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

pub(crate) fn ended(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Server {
    pub(crate) fn of(mut command: Command) -> Server {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server { child, lines, http: Vec::new(), https: Vec::new(), dns: Vec::new() };
        while server.dns.is_empty() {
            let line = server.line();
            let (protocol, address) =
                line.split_once(' ').unwrap_or_else(|| panic!("{line:?}: {}", server.last_words()));
            let list = match protocol {
                "http" => &mut server.http,
                "https" => &mut server.https,
                _ => &mut server.dns, // They come last.
            };
            list.push(address.parse().unwrap());
        }
        server
    }

    /// The next line of standard output; empty at its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it ends, which takes no more than some seconds.
    pub(crate) fn end(mut self) -> Ended {
        let begun = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut out = String::new();
        self.lines.read_to_string(&mut out).unwrap();
        Ended { code, out, err: self.last_words() }
    }

    pub(crate) fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        self.end()
    }

    fn last_words(&mut self) -> String {
        let _dead = self.child.kill();
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        err
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _dead = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The status and body of a GET.
pub(crate) fn get(server: SocketAddr, path: &str, head: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n{head}\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let status = reply.split(' ').nth(1).unwrap().parse().unwrap();
    (status, reply.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// The rcode and the address of the first A record that answers for a name.
pub(crate) fn resolve(server: SocketAddr, name: &str) -> (u8, Option<[u8; 4]>) {
    let mut query = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.send_to(&query, server).unwrap();
    let mut reply = [0; 1_232];
    let length = socket.recv(&mut reply).unwrap();
    let answers = u16::from_be_bytes([reply[6], reply[7]]);
    // The first record's data are the last four octets where nothing else follows.
    let address = reply[..length].last_chunk().copied().filter(|_| answers == 1);
    (reply[3] & 15, address)
}
