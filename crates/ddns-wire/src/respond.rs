//! One request in, one reply out.

use ddns_core::{RecordType, Registry, Verdict, answer, policy};
use domain::base::Message;
use domain::base::iana::{Class, Opcode, OptRcode, Rtype};

use crate::request::{Edns, Question, Request};
use crate::response::{Response, Room};

/// How a request came, which limits how long its reply may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In a datagram: the reply has 512 octets, or what EDNS(0) offers up to [`policy::UDP_ANSWER_MAX`].
    Udp,
    /// In a stream: the reply has up to 65,535 octets (RFC 1035, section 4.2.2; without the length in front).
    Tcp,
}

/// What to do after [`respond`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reply {
    /// Send what is in the buffer.
    Send,
    /// Send nothing: the octets were no request. An answer to an answer could go back and forth for ever.
    Nothing,
}

/// Answers one request from one snapshot. `out` is overwritten; a kept buffer makes this free of allocation.
///
/// - No header, or a response (QR set): nothing.
/// - An opcode other than QUERY: NOTIMP (RFC 1035, section 4.1.1).
/// - Octets that are no message with exactly one question (RFC 9619): FORMERR.
/// - An EDNS version that is not 0: BADVERS (RFC 6891, section 6.1.3).
/// - A class other than IN, and zone transfers: REFUSED.
/// - Types that are no question (OPT, TSIG, … RFC 6895, section 3.1): FORMERR; MAILA and MAILB: NOTIMP.
/// - All else: what [`answer()`] says, cut at whole RRsets with TC where it is too long.
pub fn respond(registry: &Registry, request: &[u8], transport: Transport, out: &mut Vec<u8>) -> Reply {
    out.clear();
    let Ok(message) = Message::from_octets(request) else { return Reply::Nothing };
    if message.header().qr() {
        return Reply::Nothing;
    }
    let request = Request::read(&message);
    let room = Room { message: message_limit(transport, request.edns), edns: request.edns.is_some() };
    let mut response = Response::new(out, request.question.as_ref().map(|question| question.octets), room);
    let outcome = match admit(&request) {
        Ok(question) => answered(registry, question, &mut response),
        Err(rcode) => Outcome { rcode, authoritative: false },
    };
    response.finish(request.header, request.edns, outcome);
    Reply::Send
}

/// How a reply's header ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) rcode: OptRcode,
    pub(crate) authoritative: bool,
}

/// A client that offers less than 512 octets is given 512 (RFC 6891, section 6.2.3).
fn message_limit(transport: Transport, edns: Option<Edns>) -> usize {
    let limit = match (transport, edns) {
        (Transport::Tcp, _) => u16::MAX,
        (Transport::Udp, None) => policy::UDP_PLAIN_MAX,
        (Transport::Udp, Some(edns)) => edns.payload.clamp(policy::UDP_PLAIN_MAX, policy::UDP_ANSWER_MAX),
    };
    usize::from(limit)
}

/// The question, if it is one that the registry can be asked.
fn admit<'r, 'm>(request: &'r Request<'m>) -> Result<&'r Question<'m>, OptRcode> {
    if request.header.opcode() != Opcode::QUERY {
        return Err(OptRcode::NOTIMP);
    }
    let question = request.question.as_ref().filter(|_| request.well_formed).ok_or(OptRcode::FORMERR)?;
    if request.edns.is_some_and(|edns| edns.version > 0) {
        return Err(OptRcode::BADVERS);
    }
    if question.class != Class::IN {
        return Err(OptRcode::REFUSED);
    }
    admit_type(question.record_type).map(|()| question)
}

/// The range from 128 to 255 holds types that no record has; ANY alone of them is a question that we answer.
fn admit_type(record_type: Rtype) -> Result<(), OptRcode> {
    match record_type {
        Rtype::ANY => Ok(()),
        Rtype::AXFR | Rtype::IXFR => Err(OptRcode::REFUSED),
        Rtype::MAILA | Rtype::MAILB => Err(OptRcode::NOTIMP),
        Rtype::OPT => Err(OptRcode::FORMERR),
        other if (128..=255).contains(&other.to_int()) => Err(OptRcode::FORMERR),
        _ => Ok(()),
    }
}

/// Glue is handed over between the name servers that it belongs to, and so is written in a second pass.
fn answered(registry: &Registry, question: &Question<'_>, response: &mut Response<'_>) -> Outcome {
    let record_type = RecordType(question.record_type.to_int());
    let verdict = answer(registry, &question.name, record_type, response);
    if response.turn_to_additional() {
        answer(registry, &question.name, record_type, response);
    }
    outcome(verdict)
}

fn outcome(verdict: Verdict) -> Outcome {
    let (rcode, authoritative) = match verdict {
        Verdict::Answer | Verdict::NoData => (OptRcode::NOERROR, true),
        Verdict::NxDomain => (OptRcode::NXDOMAIN, true),
        Verdict::Referral => (OptRcode::NOERROR, false),
        Verdict::Refused => (OptRcode::REFUSED, false),
    };
    Outcome { rcode, authoritative }
}
