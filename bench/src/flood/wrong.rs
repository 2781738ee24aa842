//! Many who try passwords: each sends the next one as soon as the last was answered.
//!
//! One thread does it for all of them: what it takes of the processor, the server does not have.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::task::LocalSet;

use super::connection::Connection;
use crate::http::Target;

/// How the flood comes.
#[derive(Clone, Copy)]
pub(super) struct Flood {
    pub(super) server: SocketAddr,
    pub(super) connections: u32,
    /// Source addresses that they are spread over; the first is the one from which everybody else comes, too.
    pub(super) networks: u32,
}

/// Where they try: every second time with a login that there is.
const PLACES: [(&str, Target); 6] = [
    ("/nic/update", Target::get("/nic/update?hostname=h000.dyn.example&myip=192.0.2.9")),
    ("Two-DNS", Target::get("/users/me")),
    ("/update", Target::get("/update?hostname=h000.dyn.example&ip=192.0.2.9")),
    ("clients", Target { method: "PUT", path: "/ddns/clients/box", body: "{}" }),
    ("Designate", Target::get("/v1/domains")),
    ("httpreq", Target { method: "POST", path: "/present", body: CHALLENGE }),
];
const CHALLENGE: &str = r#"{"fqdn":"_acme-challenge.h000.dyn.example.","value":"x"}"#;

/// What they were answered.
#[derive(Default)]
pub(super) struct Tally {
    /// By place, status and the first word of a text.
    answers: BTreeMap<(&'static str, u16, String), u64>,
    /// Connections that were refused or broke off, by what the system says.
    errors: BTreeMap<String, u64>,
    /// Microseconds until the answer.
    pub(super) waits: Vec<u32>,
}

impl Tally {
    pub(super) fn answered(&self) -> u64 {
        self.answers.values().sum()
    }

    pub(super) fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    pub(super) fn add(&mut self, other: &Tally) {
        for (answer, count) in &other.answers {
            add(self.answers.entry(answer.clone()).or_default(), *count);
        }
        for (error, count) in &other.errors {
            add(self.errors.entry(error.clone()).or_default(), *count);
        }
        self.waits.extend(&other.waits);
    }

    /// What was answered where, and how often.
    pub(super) fn rows(&self) -> impl Iterator<Item = [String; 3]> {
        let answers = self.answers.iter().map(|((place, status, word), count)| {
            [(*place).to_owned(), format!("{status} {word}").trim_end().to_owned(), count.to_string()]
        });
        answers.chain(self.errors.iter().map(|(error, count)| ["-".to_owned(), error.clone(), count.to_string()]))
    }

    fn answer(&mut self, place: &'static str, status: u16, body: &[u8], waited: Duration) {
        add(self.answers.entry((place, status, word(body))).or_default(), 1);
        self.waits.push(u32::try_from(waited.as_micros()).unwrap_or(u32::MAX));
    }
}

fn add(to: &mut u64, count: u64) {
    *to = to.saturating_add(count);
}

/// The word that a text begins with; JSON has none.
fn word(body: &[u8]) -> String {
    let letters = body.iter().take(16).take_while(|octet| octet.is_ascii_alphanumeric() || **octet == b'!');
    letters.map(|octet| char::from(*octet)).collect()
}

/// Tries until the time is over; what is under way then is dropped.
pub(super) fn run(flood: Flood, end: Instant) -> anyhow::Result<Tally> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tally = Rc::new(RefCell::new(Tally::default()));
    let local = LocalSet::new();
    for number in 0..flood.connections {
        let (guesser, tally) = (Guesser::new(flood, number), tally.clone());
        local.spawn_local(async move { guesser.guess(&tally).await });
    }
    runtime.block_on(local.run_until(async { tokio::time::sleep_until(end.into()).await }));
    drop(local);
    drop(runtime);
    Ok(tally.take())
}

/// One of them.
struct Guesser {
    server: SocketAddr,
    from: Ipv4Addr,
    number: u32,
}

impl Guesser {
    fn new(flood: Flood, number: u32) -> Guesser {
        let network = number.checked_rem(flood.networks).unwrap_or_default();
        let from = u32::from(Ipv4Addr::LOCALHOST).saturating_add(network.saturating_mul(256));
        Guesser { server: flood.server, from: from.into(), number }
    }

    async fn guess(&self, tally: &RefCell<Tally>) {
        let mut connection = None;
        for turn in 0.. {
            let (place, request) = self.request(turn);
            let began = Instant::now();
            match self.ask(&mut connection, &request).await {
                Ok((status, body)) => tally.borrow_mut().answer(place, status, &body, began.elapsed()),
                Err(error) => {
                    connection = None;
                    add(tally.borrow_mut().errors.entry(error.kind().to_string()).or_default(), 1);
                    // Whoever is not even connected does not try a thousand times a second.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// The next try: at one place after the other, with the login that there is and with others. Every second guesser keeps
    /// its connection; every fourth tries one password again and again, as a router does whose password was changed.
    fn request(&self, turn: u32) -> (&'static str, Vec<u8>) {
        let place = usize::try_from(self.number.wrapping_add(turn)).unwrap_or_default().checked_rem(PLACES.len());
        let (place, target) = place.and_then(|place| PLACES.get(place)).unwrap_or(&PLACES[0]);
        let login = if turn.is_multiple_of(2) { super::LOGIN.to_owned() } else { format!("nobody{}", self.number) };
        let stale = self.number % 4 == 3;
        let password = format!("wrong {} {}", self.number, if stale { 0 } else { turn });
        (*place, target.request(&login, &password, self.number.is_multiple_of(2)))
    }

    async fn ask(&self, kept: &mut Option<Connection>, request: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::new(self.connect().await?)?,
        };
        let answer = connection.ask(request).await?;
        let told = (answer.status, answer.body.to_vec());
        if !answer.last {
            *kept = Some(connection);
        }
        Ok(told)
    }

    async fn connect(&self) -> io::Result<tokio::net::TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if self.from != Ipv4Addr::LOCALHOST {
            socket.bind((self.from, 0).into())?;
        }
        socket.connect(self.server).await
    }
}
