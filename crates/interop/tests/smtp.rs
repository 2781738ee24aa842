//! A real mail server on loopback, for tests to read what the service sends: aiosmtpd, driven by `python/smtp.py`.
//!
//! ```ignore
//! let Some(smtp) = SmtpServer::start(&Options::default()) else { return }; // skipped
//! // … a service that relays through `smtp.address` …
//! let messages = smtp.wait_for(1);
//! assert_eq!((messages[0].to.as_slice(), messages[0].header("Subject")), (["joe@example.com".into()].as_slice(), "…"));
//! let link = messages[0].links()[0];
//! ```
//!
//! What a server may do wrong is in [`Fate`], how it may be protected in [`Options`]. A relay that is away and comes back
//! is one that is dropped and started again with the same `port`.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{ChildStdout, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::programs::Killed;
use crate::python;
use crate::site::PATIENCE;

/// A running server, gone with what it kept when this is dropped.
pub(crate) struct SmtpServer {
    _process: Killed,
    directory: TempDir,
    pub(crate) address: SocketAddr,
}

/// What kind of server it is: by default one that speaks without encryption and takes everything from everybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) encryption: Encryption,
    /// User and password; PLAIN or LOGIN with them is required, and with [`Encryption::StartTls`] encryption before that.
    pub(crate) login: Option<(&'static str, &'static str)>,
    /// What happens to the first messages, one each; all later ones are taken.
    pub(crate) fates: Vec<Fate>,
    /// Recipients that are refused for good (550).
    pub(crate) strangers: Vec<&'static str>,
    /// 0 is any free one.
    pub(crate) port: u16,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Encryption {
    #[default]
    None,
    /// Required before anything else.
    StartTls(Certificate),
    /// From the first octet on.
    Implicit(Certificate),
}

/// Files in PEM.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// What becomes of an attempt to hand over a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// 250, and it is kept.
    Taken,
    /// 451: to be tried again.
    Later,
    /// 550: not to be tried again.
    Never,
    /// The connection is cut in the middle of the message.
    Broken,
    /// It is kept, and the connection is cut before the reply: the sender cannot know.
    Unanswered,
    /// 250 after this long. A sender that has gone by then was not heard, and it is not kept.
    Slow(Duration),
}

/// A message as it was kept.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The envelope.
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// The name by which the sender greeted.
    pub(crate) helo: String,
    pub(crate) encrypted: bool,
    /// The user whose password was given.
    pub(crate) login: Option<String>,
    /// Names and decoded values, in order.
    pub(crate) headers: Vec<(String, String)>,
    /// The types of all parts that are no multipart, and the decoded text where it is text.
    pub(crate) parts: Vec<(String, Option<String>)>,
    /// Every octet after DATA, dots unstuffed.
    pub(crate) raw: String,
}

impl SmtpServer {
    /// None where its Python packages are not installed: then the test is skipped.
    pub(crate) fn start(options: &Options) -> Option<SmtpServer> {
        let directory = TempDir::with_prefix("ddns-smtp-").unwrap();
        let mut command = python::script("mail", "smtp.py")?;
        command.arg(directory.path()).args(options.arguments());
        let log = std::fs::File::create(directory.path().join("log")).unwrap();
        let mut child = Killed(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap());
        let port = port(child.0.stdout.take().unwrap());
        let log = || std::fs::read_to_string(directory.path().join("log")).unwrap();
        let port = port.unwrap_or_else(|line| panic!("the mail server says {line:?}: {}", log()));
        // It goes by itself when its standard input, which the child keeps, is closed.
        Some(SmtpServer { _process: child, directory, address: (Ipv4Addr::LOCALHOST, port).into() })
    }

    /// All messages so far, oldest first. One that breaks the rules of MIME fails the test.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let files = std::fs::read_dir(self.directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut kept: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
        kept.sort();
        kept.iter().map(|path| Message::read(&std::fs::read(path).unwrap())).collect()
    }

    /// What came of each attempt so far, oldest first: `taken`, `later`, `never`, `broken`, `unanswered`, and also
    /// `stranger` and `unauthenticated`, which come before any message.
    pub(crate) fn attempts(&self) -> Vec<String> {
        let attempts = std::fs::read_to_string(self.directory.path().join("attempts")).unwrap_or_default();
        attempts.lines().map(str::to_owned).collect()
    }

    /// Waits for so many messages, and fails if there are more.
    pub(crate) fn wait_for(&self, messages: usize) -> Vec<Message> {
        self.wait(|| self.messages(), messages)
    }

    /// Waits for so many attempts, and fails if there are more.
    pub(crate) fn wait_for_attempts(&self, attempts: usize) -> Vec<String> {
        self.wait(|| self.attempts(), attempts)
    }

    fn wait<T>(&self, list: impl Fn() -> Vec<T>, count: usize) -> Vec<T> {
        let begun = Instant::now();
        while list().len() < count && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
        let list = list();
        assert_eq!(list.len(), count, "attempts: {:?}; kept: {:#?}", self.attempts(), self.messages());
        list
    }
}

impl Options {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--port".to_owned(), self.port.to_string()];
        if let Encryption::StartTls(certificate) | Encryption::Implicit(certificate) = &self.encryption {
            let mode = if matches!(self.encryption, Encryption::StartTls(_)) { "starttls" } else { "implicit" };
            let [chain, key] = [&certificate.chain, &certificate.key].map(|path| path.to_str().unwrap().to_owned());
            arguments.extend(["--tls".to_owned(), mode.to_owned(), "--certificate".to_owned(), chain]);
            arguments.extend(["--key".to_owned(), key]);
        }
        if let Some((user, password)) = self.login {
            arguments.extend(["--login", user, password].map(str::to_owned));
        }
        arguments.extend(self.strangers.iter().flat_map(|address| ["--stranger", address]).map(str::to_owned));
        arguments.push("--fates".to_owned());
        arguments.extend(self.fates.iter().map(|fate| fate.word()));
        arguments
    }
}

impl Fate {
    fn word(self) -> String {
        match self {
            Fate::Slow(time) => format!("slow:{}", time.as_secs_f64()),
            plain => format!("{plain:?}").to_lowercase(),
        }
    }
}

impl Message {
    fn read(file: &[u8]) -> Message {
        let all: Value = serde_json::from_slice(file).unwrap();
        assert_eq!(all["defects"], Value::Array(Vec::new()), "{all:#}");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |name: &str| all[name].as_array().unwrap().iter();
        Message {
            from: text(&all["from"]).unwrap(),
            to: list("to").filter_map(text).collect(),
            helo: text(&all["helo"]).unwrap(),
            encrypted: all["encrypted"].as_bool().unwrap(),
            login: text(&all["login"]),
            headers: list("headers").map(|pair| (text(&pair[0]).unwrap(), text(&pair[1]).unwrap())).collect(),
            parts: list("parts").map(|part| (text(&part["type"]).unwrap(), text(&part["text"]))).collect(),
            raw: text(&all["raw"]).unwrap(),
        }
    }

    /// The value of the header that is there exactly once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let values: Vec<&str> =
            self.headers.iter().filter(|header| header.0.eq_ignore_ascii_case(name)).map(|header| &*header.1).collect();
        assert_eq!(values.len(), 1, "{name} in {self:#?}");
        values[0]
    }

    /// The plain text that is there exactly once.
    pub(crate) fn text(&self) -> &str {
        let texts: Vec<&str> =
            self.parts.iter().filter(|part| part.0 == "text/plain").filter_map(|part| part.1.as_deref()).collect();
        assert_eq!(texts.len(), 1, "{self:#?}");
        texts[0]
    }

    /// The addresses of pages in the plain text, as a person would open them.
    pub(crate) fn links(&self) -> Vec<&str> {
        let words = self.text().split_ascii_whitespace().map(|word| word.trim_matches(['<', '>', '(', ')', '.', ',']));
        words.filter(|word| word.starts_with("http://") || word.starts_with("https://")).collect()
    }
}

/// The port that the server says first, or what it says instead.
fn port(stdout: ChildStdout) -> Result<u16, String> {
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    line.strip_prefix("port ").and_then(|port| port.trim().parse().ok()).ok_or(line)
}

/// The server itself, before tests rest on it.
mod checks {
    use std::net::TcpStream;
    use std::process::Command;

    use super::*;
    use crate::programs::{find, output, run, skip};

    const MAIL: &str = "From: ddns <ddns@dyn.example>\r\nTo: joe@example.com\r\n\
        Subject: =?utf-8?Q?Best=C3=A4tigen?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n\
        Gr=C3=BC=C3=9Fe!\r\n..\r\n<https://dyn.example/confirm?token=3Dabc>\r\n";

    #[test]
    fn a_message_is_kept_and_can_be_read() {
        let Some(smtp) = SmtpServer::start(&Options::default()) else { return };
        let mut talk = Talk::begin(&smtp);
        let greeting = talk.say("EHLO client.test");
        assert!(!greeting.contains("AUTH") && !greeting.contains("STARTTLS"), "{greeting}");
        talk.expect("MAIL FROM:<ddns@dyn.example>", "250");
        talk.expect("RCPT TO:<joe@example.com>", "250");
        talk.expect("RCPT TO:<jörg@example.com>", "250");
        talk.expect("DATA", "354");
        assert_eq!(smtp.messages().len(), 0);
        talk.expect(&format!("{MAIL}."), "250");
        let messages = smtp.wait_for(1);
        let message = &messages[0];
        assert_eq!((message.from.as_str(), message.helo.as_str()), ("ddns@dyn.example", "client.test"));
        assert_eq!(message.to, ["joe@example.com", "jörg@example.com"]);
        assert_eq!((message.header("subject"), message.encrypted, &message.login), ("Bestätigen", false, &None));
        assert_eq!(message.text(), "Grüße!\n.\n<https://dyn.example/confirm?token=abc>\n");
        assert_eq!(message.links(), ["https://dyn.example/confirm?token=abc"]);
        assert!(message.raw.contains("=C3=9Fe!\r\n.\r\n"), "{:?}", message.raw);
        assert_eq!(smtp.attempts(), ["taken"]);
    }

    #[test]
    fn each_message_meets_its_fate() {
        let slow = Fate::Slow(Duration::from_millis(10));
        let fates = vec![Fate::Later, Fate::Never, Fate::Broken, Fate::Unanswered, slow, Fate::Taken];
        let Some(smtp) = SmtpServer::start(&Options { fates, ..Options::default() }) else { return };
        let replies = ["451", "550", "", "", "250", "250", "250"];
        for reply in replies {
            let mut talk = Talk::begin(&smtp);
            talk.deliver(reply);
        }
        let attempts = ["later", "never", "broken", "unanswered", "taken", "taken", "taken"];
        assert_eq!(smtp.wait_for_attempts(replies.len()), attempts);
        assert_eq!(smtp.wait_for(4).len(), 4);
    }

    #[test]
    fn strangers_get_nothing_and_a_server_comes_back_on_its_port() {
        let options = Options { strangers: vec!["nobody@example.com"], ..Options::default() };
        let Some(smtp) = SmtpServer::start(&options) else { return };
        let port = smtp.address.port();
        drop(smtp);
        let smtp = SmtpServer::start(&Options { port, ..options }).unwrap();
        assert_eq!(smtp.address.port(), port);
        let mut talk = Talk::begin(&smtp);
        talk.expect("HELO client.test", "250");
        talk.expect("MAIL FROM:<ddns@dyn.example>", "250");
        talk.expect("RCPT TO:<nobody@example.com>", "550");
        assert_eq!(smtp.wait_for_attempts(1), ["stranger"]);
    }

    #[test]
    fn a_login_is_required_where_one_is_given() {
        let options = Options { login: Some(("joe", "secret")), ..Options::default() };
        let Some(smtp) = SmtpServer::start(&options) else { return };
        let mut talk = Talk::begin(&smtp);
        let greeting = talk.say("EHLO client.test");
        assert!(greeting.contains("AUTH LOGIN PLAIN"), "{greeting}");
        talk.expect("MAIL FROM:<ddns@dyn.example>", "530");
        talk.expect("AUTH PLAIN AGpvZQB3cm9uZw==", "535"); // joe, wrong
        talk.expect("AUTH PLAIN AGpvZQBzZWNyZXQ=", "235"); // joe, secret
        talk.deliver("250");
        assert_eq!(smtp.attempts(), ["unauthenticated", "taken"]);
        assert_eq!(smtp.messages()[0].login.as_deref(), Some("joe"));
    }

    #[test]
    fn curl_delivers_in_the_open_and_encrypted() {
        let Some(curl) = find("curl") else { return };
        if !output(Command::new(&curl).arg("--version")).contains(" smtps ") {
            return skip("mail by curl", "this curl speaks no SMTP");
        }
        let directory = TempDir::new().unwrap();
        let Some(certificate) = certificate(&directory) else { return };
        let mail = directory.path().join("mail");
        std::fs::write(&mail, MAIL).unwrap();
        let modes = [
            (Encryption::None, "smtp", false),
            (Encryption::StartTls(certificate.clone()), "smtp", true),
            (Encryption::Implicit(certificate.clone()), "smtps", true),
        ];
        for (encryption, scheme, encrypted) in modes {
            let options = Options { encryption, login: Some(("joe", "secret")), ..Options::default() };
            let Some(smtp) = SmtpServer::start(&options) else { return };
            let deliver = |more: &[&str]| {
                let mut command = Command::new(&curl);
                command.args(["-sS", "--url", &format!("{scheme}://{}/client.test", smtp.address)]).args(more);
                command.args(["--mail-from", "ddns@dyn.example", "--mail-rcpt", "joe@example.com"]);
                command.arg("--upload-file").arg(&mail).arg("--cacert").arg(&certificate.chain);
                run(&mut command)
            };
            assert!(!deliver(&["--user", "joe:wrong", "--ssl"]).success);
            assert_eq!(deliver(&["--user", "joe:secret"]).success, scheme == "smtps" || !encrypted);
            let done = deliver(&["--user", "joe:secret", if encrypted { "--ssl-reqd" } else { "--ssl" }]);
            assert!(done.success, "{done:?}");
            let message = smtp.messages().pop().unwrap();
            assert_eq!((message.encrypted, message.login.as_deref()), (encrypted, Some("joe")));
            assert_eq!(message.header("Subject"), "Bestätigen");
        }
    }

    /// One that signs itself, for 127.0.0.1.
    fn certificate(directory: &TempDir) -> Option<Certificate> {
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| directory.path().join(name));
        let configuration = directory.path().join("openssl.conf");
        let text = "[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nsubjectAltName=IP:127.0.0.1\n";
        std::fs::write(&configuration, text).unwrap();
        let mut command = Command::new(find("openssl")?);
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        command.args(["-days", "2", "-subj", "/CN=127.0.0.1", "-config"]).arg(&configuration);
        output(command.arg("-out").arg(&chain).arg("-keyout").arg(&key));
        Some(Certificate { chain, key })
    }

    /// A conversation, line by line.
    struct Talk(BufReader<TcpStream>);

    impl Talk {
        fn begin(smtp: &SmtpServer) -> Talk {
            let stream = TcpStream::connect(smtp.address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut talk = Talk(BufReader::new(stream));
            assert!(talk.hear().starts_with("220 "));
            talk
        }

        /// A whole message, and the reply after it; "" where the connection ends instead.
        fn deliver(&mut self, reply: &str) {
            self.expect("EHLO client.test", "250");
            self.expect("MAIL FROM:<ddns@dyn.example>", "250");
            self.expect("RCPT TO:<joe@example.com>", "250");
            self.expect("DATA", "354");
            self.expect(&format!("{MAIL}."), reply);
        }

        fn expect(&mut self, line: &str, reply: &str) {
            let heard = self.say(line);
            assert!(heard.starts_with(reply) && heard.is_empty() == reply.is_empty(), "{line}: {heard}");
        }

        fn say(&mut self, line: &str) -> String {
            self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
            self.hear()
        }

        /// A reply's lines; nothing once the connection has ended.
        fn hear(&mut self) -> String {
            let mut heard = String::new();
            loop {
                let from = heard.len();
                let ended = self.0.read_line(&mut heard).map_or(true, |octets| octets == 0);
                if ended || heard.as_bytes().get(from.saturating_add(3)) != Some(&b'-') {
                    return heard;
                }
            }
        }
    }
}
