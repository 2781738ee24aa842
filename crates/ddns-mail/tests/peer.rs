//! A relay of few words on a thread of its own, that does what its script says and keeps what it takes.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::world::code;

/// Where in a conversation something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Greeting,
    Hello,
    SignIn,
    Mail,
    Rcpt,
    Data,
    /// The dot behind the message.
    Dot,
}

/// What happens there in the place of what should.
pub(crate) enum Deed {
    /// This is said.
    Say(&'static str),
    /// Nothing is said any more.
    Hang,
    /// The connection ends.
    Close,
    /// The connection ends once the mail is kept.
    Unanswered,
    /// This is said, and the link in the mail.
    Repeat(&'static str),
    /// The mail is taken once the other end says so.
    Wait(Receiver<()>),
}

/// The relay. Its port is free again when this is dropped.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<(Stage, Deed)>>,
    seen: Mutex<Seen>,
    offers: Vec<&'static str>,
    tls: Option<Arc<ServerConfig>>,
    /// Said in one breath with the word that begins TLS, as somebody between us might.
    slipped_in: &'static str,
    gone: Mutex<bool>,
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// Every line that a client said outside of messages.
    pub(crate) lines: Vec<String>,
    pub(crate) mails: Vec<Mail>,
    /// Codes of links that it repeated.
    pub(crate) links: Vec<String>,
}

/// A mail that it took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Headers and text, dots unstuffed.
    pub(crate) raw: String,
}

/// What a peer is to be.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) script: Vec<(Stage, Deed)>,
    pub(crate) offers: Vec<&'static str>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) slipped_in: &'static str,
    /// None is any free one.
    pub(crate) address: Option<SocketAddr>,
}

impl Peer {
    pub(crate) fn start(plan: Plan) -> Peer {
        let address = plan.address.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap());
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let Plan { script, offers, tls, slipped_in, .. } = plan;
        let script = Mutex::new(script.into());
        let shared = Arc::new(Shared { script, offers, tls, slipped_in, ..Shared::default() });
        let own = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if *own.gone.lock().unwrap() {
                    return;
                }
                let shared = own.clone();
                thread::spawn(move || shared.serve(stream.unwrap()));
            }
        });
        Peer { address, shared }
    }

    /// One that takes everything, except for what the script says.
    pub(crate) fn with(script: impl IntoIterator<Item = (Stage, Deed)>) -> Peer {
        Peer::start(Plan { script: script.into_iter().collect(), ..Plan::default() })
    }

    /// An address at which nobody listens.
    pub(crate) fn nowhere() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.shared.seen().clone()
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.seen().mails
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        *self.shared.gone.lock().unwrap() = true;
        let _woken = TcpStream::connect(self.address);
    }
}

impl Deed {
    /// A mail that is taken when the returned end is used.
    pub(crate) fn wait() -> (Sender<()>, Deed) {
        let (go, wait) = channel();
        (go, Deed::Wait(wait))
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A conversation; it ends with an error whenever the connection does.
struct Talk {
    stream: BufReader<Box<dyn Stream>>,
    shared: Arc<Shared>,
    mail: Mail,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn serve(self: Arc<Shared>, stream: TcpStream) {
        self.seen().connections += 1;
        let mut talk = Talk { stream: BufReader::new(Box::new(stream)), shared: self.clone(), mail: Mail::default() };
        let _ended = talk.hold();
    }

    /// What the script wants at this stage, if it is its turn.
    fn deed(&self, stage: Stage) -> Option<Deed> {
        let mut script = self.script.lock().unwrap();
        let turn = script.front().is_some_and(|(at, _)| *at == stage);
        if turn { script.pop_front().map(|(_, deed)| deed) } else { None }
    }
}

impl Talk {
    fn hold(&mut self) -> io::Result<()> {
        self.answer(Stage::Greeting, "220 relay.test")?;
        loop {
            let line = self.line()?;
            self.shared.seen().lines.push(line.clone());
            match line.split(' ').next().unwrap_or_default() {
                "EHLO" => self.answer(Stage::Hello, &self.offers()).map(drop)?,
                "STARTTLS" => self.encrypt()?,
                "AUTH" => self.answer(Stage::SignIn, "235 welcome").map(drop)?,
                "MAIL" => {
                    self.mail = Mail { from: between(&line), ..Mail::default() };
                    self.answer(Stage::Mail, "250 ok")?;
                }
                "RCPT" => {
                    self.mail.to = between(&line);
                    self.answer(Stage::Rcpt, "250 ok")?;
                }
                "DATA" => self.data()?,
                "RSET" => self.say("250 ok")?,
                "QUIT" => return self.say("221 bye"),
                _ => self.say("500 what?")?,
            }
        }
    }

    fn offers(&self) -> String {
        let all: Vec<&str> = ["relay.test"].into_iter().chain(self.shared.offers.iter().copied()).collect();
        let last = all.len() - 1;
        let lines =
            all.iter().enumerate().map(|(at, offer)| format!("250{}{offer}", if at == last { ' ' } else { '-' }));
        lines.collect::<Vec<_>>().join("\r\n")
    }

    fn encrypt(&mut self) -> io::Result<()> {
        let Some(config) = self.shared.tls.clone() else { return self.say("454 no") };
        self.say(&format!("220 go{}", self.shared.slipped_in))?;
        let plain = std::mem::replace(&mut self.stream, BufReader::new(Box::new(io::empty()))).into_inner();
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        self.stream = BufReader::new(Box::new(StreamOwned::new(connection, plain)));
        Ok(())
    }

    fn data(&mut self) -> io::Result<()> {
        if !self.answer(Stage::Data, "354 go on")? {
            return Ok(());
        }
        loop {
            let line = self.line()?;
            if line == "." {
                break;
            }
            self.mail.raw += line.strip_prefix('.').unwrap_or(&line);
            self.mail.raw += "\r\n";
        }
        match self.shared.deed(Stage::Dot) {
            None => self.keep(),
            Some(Deed::Unanswered) => {
                self.keep();
                return Err(ended());
            }
            Some(Deed::Wait(go)) => {
                let _gone = go.recv();
                self.keep();
            }
            Some(Deed::Repeat(words)) => {
                let code = code(&self.mail.raw);
                self.say(&format!("{words} https://ddns.example.org/confirm/{code}"))?;
                self.shared.seen().links.push(code);
                return Ok(());
            }
            Some(deed) => return self.do_instead(deed),
        }
        self.say("250 taken")
    }

    fn keep(&mut self) {
        self.shared.seen().mails.push(self.mail.clone());
    }

    /// Says what belongs here, unless the script wants something else; whether the former.
    fn answer(&mut self, stage: Stage, line: &str) -> io::Result<bool> {
        match self.shared.deed(stage) {
            None => self.say(line).map(|()| true),
            Some(deed) => self.do_instead(deed).map(|()| false),
        }
    }

    fn do_instead(&mut self, deed: Deed) -> io::Result<()> {
        match deed {
            Deed::Say(line) => self.say(line),
            Deed::Hang => self.stream.read_to_end(&mut Vec::new()).and(Err(ended())),
            Deed::Close | Deed::Unanswered | Deed::Repeat(_) | Deed::Wait(_) => Err(ended()),
        }
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.stream.get_mut().flush()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(ended());
        }
        Ok(line.trim_end().to_owned())
    }
}

fn between(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap().0.to_owned()
}

fn ended() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}
