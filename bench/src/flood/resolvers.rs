//! Resolvers that ask for hosts' addresses by UDP at a fixed pace, whether the last answer has come or not.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;

/// Sockets, each with a port of its own: the kernel spreads them over the server's threads.
const SOCKETS: usize = 4;
/// After this an answer is lost.
const PATIENCE: Duration = Duration::from_secs(1);
/// Questions that are under way at a time at most, for each socket.
const SLOTS: usize = 4_096;

/// How long answers took.
#[derive(Default)]
pub(super) struct Answers {
    /// Microseconds from the question to the answer.
    pub(super) waits: Vec<u32>,
    pub(super) lost: u64,
    /// Answers that say something else than an address.
    pub(super) wrong: u64,
}

impl Answers {
    pub(super) fn add(&mut self, other: Answers) {
        self.waits.extend(other.waits);
        self.lost = self.lost.saturating_add(other.lost);
        self.wrong = self.wrong.saturating_add(other.wrong);
    }
}

/// Asks for these names in turn, so often in a second, until the time is over.
pub(super) fn run(server: SocketAddr, names: &[String], per_second: u32, end: Instant) -> anyhow::Result<Answers> {
    let lines: Vec<Line> = (0..SOCKETS).map(|_| Line::open(server)).collect::<io::Result<_>>()?;
    let stopped = AtomicBool::new(false);
    let mut all = Answers::default();
    thread::scope(|scope| {
        let receivers: Vec<_> = lines.iter().map(|line| scope.spawn(|| line.receive(&stopped))).collect();
        let sent = ask(&lines, names, per_second, end);
        thread::sleep(PATIENCE);
        stopped.store(true, Ordering::Release);
        for receiver in receivers {
            match receiver.join() {
                Ok(answers) => all.add(answers?),
                Err(_) => bail!("a resolver failed"),
            }
        }
        let came = u64::try_from(all.waits.len())?.saturating_add(all.wrong);
        all.lost = sent?.saturating_sub(came);
        Ok(())
    })?;
    Ok(all)
}

/// Hands over how many questions were asked.
fn ask(lines: &[Line], names: &[String], per_second: u32, end: Instant) -> anyhow::Result<u64> {
    let questions: Vec<Vec<u8>> = names.iter().map(|name| question(name)).collect::<anyhow::Result<_>>()?;
    let period = Duration::from_secs(1).checked_div(per_second).unwrap_or_default();
    let (mut sent, mut next) = (0_u64, Instant::now());
    for (number, (question, line)) in questions.iter().cycle().zip(lines.iter().cycle()).enumerate() {
        if next >= end {
            break;
        }
        thread::sleep(next.saturating_duration_since(Instant::now()));
        line.send(u16::try_from(number & 0xffff)?, question)?;
        sent = sent.saturating_add(1);
        next = next.checked_add(period).unwrap_or(end);
    }
    Ok(sent)
}

/// A question for an address (RFC 1035, section 4), its id left open.
fn question(name: &str) -> anyhow::Result<Vec<u8>> {
    let mut octets = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        octets.push(u8::try_from(label.len())?);
        octets.extend(label.as_bytes());
    }
    octets.extend([0, 0, 1, 0, 1]);
    Ok(octets)
}

/// A socket, and when each question that is under way was asked.
struct Line {
    socket: UdpSocket,
    began: Instant,
    asked: Vec<AtomicU64>,
}

impl Line {
    fn open(server: SocketAddr) -> io::Result<Line> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let asked = std::iter::repeat_with(AtomicU64::default).take(SLOTS).collect();
        Ok(Line { socket, began: Instant::now(), asked })
    }

    fn send(&self, id: u16, question: &[u8]) -> io::Result<()> {
        let mut octets = question.to_vec();
        octets.splice(..2, id.to_be_bytes());
        if let Some(slot) = self.slot(id) {
            slot.store(self.now(), Ordering::Release);
        }
        self.socket.send(&octets).map(drop)
    }

    fn receive(&self, stopped: &AtomicBool) -> anyhow::Result<Answers> {
        let (mut answers, mut octets) = (Answers::default(), [0; 1_500]);
        loop {
            let length = match self.socket.recv(&mut octets) {
                Ok(length) => length,
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if stopped.load(Ordering::Acquire) {
                        return Ok(answers);
                    }
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let now = self.now();
            match octets.get(..length) {
                Some([high, low, flags, rcode, _, 1, 0, 1..=255, ..]) if flags & 0x80 != 0 && rcode & 0x0f == 0 => {
                    let slot = self.slot(u16::from_be_bytes([*high, *low]));
                    let asked = slot.map_or(now, |slot| slot.load(Ordering::Acquire));
                    answers.waits.push(u32::try_from(now.saturating_sub(asked) / 1_000)?);
                }
                _ => answers.wrong = answers.wrong.saturating_add(1),
            }
        }
    }

    fn slot(&self, id: u16) -> Option<&AtomicU64> {
        self.asked.get(usize::from(id).checked_rem(SLOTS)?)
    }

    /// Nanoseconds since the beginning.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
