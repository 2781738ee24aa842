//! A DNS client that tells everything that an answer says, as text.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use ddns_core::Serial;
use domain::base::iana::{Class, Rtype};
use domain::base::message::RecordSection;
use domain::base::zonefile_fmt::{DisplayKind, ZonefileFmt};
use domain::base::{Message, MessageBuilder, Name, ParsedName, Record, ToName};
use domain::rdata::AllRecordData;

/// How long one answer may take; far more than it needs.
const PATIENCE: Duration = Duration::from_secs(5);
const ID: u16 = 0x4711;

/// An answer, as it came.
pub struct Answer(Message<Vec<u8>>);

type Octets<'a> = &'a [u8];
type Data<'a> = AllRecordData<Octets<'a>, ParsedName<Octets<'a>>>;

/// Asks in a datagram.
///
/// # Errors
/// In words, if no answer comes, or one to another question.
pub fn ask_udp(server: SocketAddr, name: &str, record_type: &str) -> Result<Answer, String> {
    let query = query(name, record_type)?;
    let talk = || {
        let socket = UdpSocket::bind((if server.is_ipv6() { "::1" } else { "127.0.0.1" }, 0))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.connect(server)?;
        socket.send(&query)?;
        let mut reply = vec![0; usize::from(u16::MAX)];
        let length = socket.recv(&mut reply)?;
        reply.truncate(length);
        Ok(reply)
    };
    Answer::to(&query, talk())
}

/// Asks over a connection.
///
/// # Errors
/// Likewise.
pub fn ask_tcp(server: SocketAddr, name: &str, record_type: &str) -> Result<Answer, String> {
    let query = query(name, record_type)?;
    let talk = || {
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = u16::try_from(query.len()).unwrap_or(u16::MAX).to_be_bytes();
        stream.write_all(&[&length, query.as_slice()].concat())?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut reply)?;
        Ok(reply)
    };
    Answer::to(&query, talk())
}

fn query(name: &str, record_type: &str) -> Result<Vec<u8>, String> {
    let name: Name<Vec<u8>> = name.parse().map_err(|error| format!("{name} cannot be asked for: {error}"))?;
    let record_type: Rtype = record_type.parse().map_err(|_| format!("{record_type} is no record type"))?;
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(ID);
    let mut question = builder.question();
    question.push((&name, record_type, Class::IN)).map_err(|error| error.to_string())?;
    Ok(question.finish())
}

impl Answer {
    fn to(query: &[u8], reply: std::io::Result<Vec<u8>>) -> Result<Answer, String> {
        let reply = reply.map_err(|error| format!("no answer came: {error}"))?;
        let answer = Message::from_octets(reply).map_err(|_| "the answer has no header".to_owned())?;
        let asked = Message::from_octets(query).map_err(|_| "the question has no header".to_owned())?;
        match answer.is_answer(&asked) {
            true => Ok(Answer(answer)),
            false => Err("the answer is to another question".to_owned()),
        }
    }

    /// Rcode and flags, then all records, sorted.
    ///
    /// # Errors
    /// In words, if the answer cannot be read.
    pub fn lines(&self) -> Result<Vec<String>, String> {
        let message = self.0.for_slice_ref();
        let sections =
            [("", message.answer()), ("authority ", message.authority()), ("additional ", message.additional())];
        let mut records = Vec::new();
        for (label, section) in sections {
            let section = section.map_err(|error| format!("the answer cannot be read: {error}"))?;
            records.extend(lines(label, section)?);
        }
        records.sort();
        Ok(std::iter::once(self.verdict()).chain(records).collect())
    }

    fn verdict(&self) -> String {
        let header = self.0.header();
        let flags = [
            (header.aa(), " aa"),
            (header.tc(), " tc"),
            (header.rd(), " rd"),
            (header.ra(), " ra"),
            (header.ad(), " ad"),
            (header.cd(), " cd"),
        ];
        let set: String = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
        format!("{}{set}", self.0.opt_rcode())
    }

    /// The serial of the first SOA record in the answer section.
    pub fn serial(&self) -> Option<Serial> {
        let message = self.0.for_slice_ref();
        let mut soas = message.answer().ok()?.limit_to::<domain::rdata::Soa<ParsedName<Octets<'_>>>>();
        let soa = soas.next()?.ok()?;
        Some(Serial(soa.data().serial().into_int()))
    }
}

/// The records of a section, but for the OPT record.
fn lines(label: &str, section: RecordSection<'_, Octets<'_>>) -> Result<Vec<String>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("a record cannot be read: {error}");
    let mut lines = Vec::new();
    for record in section {
        let record = record.map_err(|error| unreadable(&error))?.into_record::<Data<'_>>();
        let record = record.map_err(|error| unreadable(&error))?;
        lines.extend(record.filter(|record| record.rtype() != Rtype::OPT).map(|record| line(label, &record)));
    }
    Ok(lines)
}

fn line(label: &str, record: &Record<ParsedName<Octets<'_>>, Data<'_>>) -> String {
    let owner: Name<Vec<u8>> = record.owner().to_name();
    let data = record.data().display_zonefile(DisplayKind::Simple);
    format!("{label}{} {} {} {data}", owner.fmt_with_dot(), record.ttl().as_secs(), record.rtype())
}
