//! A reply, written record by record as `ddns-core` hands them over.

mod data;

use ddns_core::{Name, Owner, RecordData, RecordType, Sections, Ttl, policy};
use domain::base::header::{Header, HeaderSection};
use domain::base::iana::{Class, Rtype};

use crate::names::Names;
use crate::request::Edns;
use crate::respond::Outcome;

/// A message that grows in the caller's buffer, cut at whole RRsets where it would pass its limit (RFC 2181, section 9).
pub(crate) struct Response<'b> {
    message: &'b mut Vec<u8>,
    names: Names,
    /// Where the records must end.
    limit: usize,
    counts: Counts,
    set: RrSet,
    truncated: bool,
    pass: Pass,
    glue_waits: bool,
    has_question: bool,
    has_soa: bool,
}

/// How long a message may become.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(crate) message: usize,
    /// Whether an OPT record comes last, whatever is cut.
    pub(crate) edns: bool,
}

/// Records of each section.
#[derive(Default)]
struct Counts {
    answer: u16,
    authority: u16,
    additional: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Answer,
    Authority,
    Additional,
}

/// The RRset that is being written: it stays as a whole or goes as a whole.
struct RrSet {
    section: Section,
    owner: Option<Name>,
    record_type: RecordType,
    /// Where it begins.
    start: usize,
    count: u16,
}

/// Which sections are taken. `ddns-core` hands over glue between the authority records that it belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    AnswerAndAuthority,
    Additional,
}

/// Where the question's name stands.
const QUESTION: usize = size_of::<HeaderSection>();
const POINTER_TO_QUESTION: [u8; 2] = [0xC0, QUESTION as u8];
/// An OPT record without options.
const OPT_LEN: usize = 11;

impl<'b> Response<'b> {
    pub(crate) fn new(message: &'b mut Vec<u8>, question: Option<&[u8]>, room: Room) -> Response<'b> {
        let mut names = Names::new();
        message.clear();
        message.resize(QUESTION, 0);
        if let Some((name, type_and_class)) = question.and_then(|question| question.split_last_chunk::<4>()) {
            message.extend_from_slice(name);
            names.learn(message, QUESTION);
            message.extend_from_slice(type_and_class);
        }
        Response {
            message,
            names,
            limit: if room.edns { room.message.saturating_sub(OPT_LEN) } else { room.message },
            counts: Counts::default(),
            set: RrSet::none(),
            truncated: false,
            pass: Pass::AnswerAndAuthority,
            glue_waits: false,
            has_question: question.is_some(),
            has_soa: false,
        }
    }

    /// Takes additional records from now on, and only those. Whether there are any to come.
    pub(crate) fn turn_to_additional(&mut self) -> bool {
        self.pass = Pass::Additional;
        self.glue_waits && !self.truncated
    }

    /// Writes what comes last: the OPT record, and the header over everything.
    pub(crate) fn finish(mut self, asked: Header, edns: Option<Edns>, outcome: Outcome) {
        if let Some(edns) = edns {
            self.write_opt(edns, outcome);
        }
        let mut head = HeaderSection::new();
        *head.header_mut() = self.header(asked, outcome);
        let counts = head.counts_mut();
        counts.set_qdcount(u16::from(self.has_question));
        counts.set_ancount(self.counts.answer);
        counts.set_nscount(self.counts.authority);
        counts.set_arcount(self.counts.additional);
        if let Some(octets) = self.message.first_chunk_mut::<QUESTION>() {
            octets.copy_from_slice(head.as_slice());
        }
    }

    /// RD is copied (RFC 1035, section 4.1.1); RA, AD and CD stay clear, for nothing is resolved or validated here.
    fn header(&self, asked: Header, outcome: Outcome) -> Header {
        let mut header = Header::new();
        header.set_id(asked.id());
        header.set_qr(true);
        header.set_opcode(asked.opcode());
        header.set_aa(outcome.authoritative);
        header.set_tc(self.truncated);
        header.set_rd(asked.rd());
        header.set_rcode(outcome.rcode.rcode());
        header
    }

    /// RFC 6891, section 6.1.2; DO is copied (RFC 3225, section 3).
    fn write_opt(&mut self, edns: Edns, outcome: Outcome) {
        self.message.push(0);
        self.write_u16(Rtype::OPT.to_int());
        self.write_u16(policy::UDP_ANSWER_MAX);
        self.message.extend([outcome.rcode.ext(), 0]);
        self.write_u16(if edns.dnssec_ok { 1 << 15 } else { 0 });
        self.write_u16(0);
        self.counts.additional = self.counts.additional.saturating_add(1);
    }

    fn record(&mut self, section: Section, owner: Owner<'_>, ttl: Ttl, data: &RecordData) {
        if self.truncated {
            return;
        }
        self.enter_set(section, owner, data.record_type());
        self.write_record(owner, ttl, data);
        self.set.count = self.set.count.saturating_add(1);
        *self.counts.of(section) = self.counts.of(section).saturating_add(1);
        if self.message.len() > self.limit {
            self.drop_set();
        }
    }

    fn enter_set(&mut self, section: Section, owner: Owner<'_>, record_type: RecordType) {
        if !self.set.is(section, owner, record_type) {
            let owner = match owner {
                Owner::Question => None,
                Owner::Name(name) => Some(name.clone()),
            };
            self.set = RrSet { section, owner, record_type, start: self.message.len(), count: 0 };
        }
    }

    /// Takes back the RRset that did not fit, and takes no other.
    fn drop_set(&mut self) {
        self.truncated = true;
        self.message.truncate(self.set.start);
        self.names.forget_from(self.set.start);
        let count = self.counts.of(self.set.section);
        *count = count.saturating_sub(self.set.count);
    }

    fn write_record(&mut self, owner: Owner<'_>, ttl: Ttl, data: &RecordData) {
        match owner {
            Owner::Question => self.message.extend(POINTER_TO_QUESTION),
            Owner::Name(name) => self.names.write(self.message, name),
        }
        self.write_u16(data.record_type().0);
        self.write_u16(Class::IN.to_int());
        self.write_u32(ttl.secs());
        self.write_data(data);
    }

    fn write_u16(&mut self, number: u16) {
        self.message.extend(number.to_be_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.message.extend(number.to_be_bytes());
    }
}

impl Sections for Response<'_> {
    fn answer(&mut self, owner: Owner<'_>, ttl: Ttl, data: &RecordData) {
        if self.pass == Pass::AnswerAndAuthority {
            self.record(Section::Answer, owner, ttl, data);
        }
    }

    /// An alias into another of our zones that ends in "no" hands over two SOAs; the first is the one of the name that
    /// does not exist, and the other would make resolvers doubt both (RFC 2308, section 2.1).
    fn authority(&mut self, owner: &Name, ttl: Ttl, data: &RecordData) {
        let is_soa = matches!(data, RecordData::Soa(_));
        if self.pass == Pass::AnswerAndAuthority && !(is_soa && self.has_soa) {
            self.has_soa |= is_soa;
            self.record(Section::Authority, Owner::Name(owner), ttl, data);
        }
    }

    fn additional(&mut self, owner: &Name, ttl: Ttl, data: &RecordData) {
        match self.pass {
            Pass::AnswerAndAuthority => self.glue_waits = true,
            Pass::Additional => self.record(Section::Additional, Owner::Name(owner), ttl, data),
        }
    }
}

impl Counts {
    fn of(&mut self, section: Section) -> &mut u16 {
        match section {
            Section::Answer => &mut self.answer,
            Section::Authority => &mut self.authority,
            Section::Additional => &mut self.additional,
        }
    }
}

impl RrSet {
    fn none() -> RrSet {
        RrSet { section: Section::Answer, owner: None, record_type: RecordType(0), start: QUESTION, count: 0 }
    }

    fn is(&self, section: Section, owner: Owner<'_>, record_type: RecordType) -> bool {
        let same_owner = match owner {
            Owner::Question => self.owner.is_none(),
            Owner::Name(name) => self.owner.as_ref() == Some(name),
        };
        same_owner && self.section == section && self.record_type == record_type
    }
}
