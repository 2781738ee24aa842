//! What a request says: its header, its question, its EDNS(0).

use ddns_core::QueryName;
use domain::base::header::{Header, HeaderSection};
use domain::base::iana::{Class, Rtype};
use domain::base::message::RecordSection;
use domain::base::opt::{Opt, OptRecord};
use domain::base::{Message, ParsedRecord};

/// A message with a header, read as far as it can be.
pub(crate) struct Request<'m> {
    pub(crate) header: Header,
    pub(crate) question: Option<Question<'m>>,
    pub(crate) edns: Option<Edns>,
    /// Whether all octets are what the header says, and the question is the only one.
    pub(crate) well_formed: bool,
}

/// The one question of a request.
pub(crate) struct Question<'m> {
    /// As it stands in the request, for the reply to repeat: name, type and class.
    pub(crate) octets: &'m [u8],
    pub(crate) name: QueryName,
    pub(crate) record_type: Rtype,
    pub(crate) class: Class,
}

/// What the requestor's OPT record offers (RFC 6891, section 6.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edns {
    pub(crate) payload: u16,
    pub(crate) version: u8,
    pub(crate) dnssec_ok: bool,
}

impl<'m> Request<'m> {
    pub(crate) fn read(message: &'m Message<&[u8]>) -> Request<'m> {
        let mut request = Request { header: message.header(), question: None, edns: None, well_formed: false };
        request.well_formed = request.fill(message).is_some();
        request
    }

    /// Keeps what it has read so far when it finds something wrong: a reply repeats the question if there was one.
    fn fill(&mut self, message: &'m Message<&[u8]>) -> Option<()> {
        if message.header_counts().qdcount() != 1 {
            return None;
        }
        let mut questions = message.question();
        let parsed = questions.next()?.ok()?;
        let octets = message.as_slice().get(size_of::<HeaderSection>()..questions.pos())?;
        self.question = Some(Question::read(octets, parsed.qtype(), parsed.qclass())?);
        let authority = questions.answer().ok()?.next_section().ok()??;
        self.read_additional(authority.next_section().ok()??, message.as_slice().len())
    }

    /// A second OPT record is an error (RFC 6891, section 6.1.1), and so is anything behind the last record.
    fn read_additional(&mut self, mut records: RecordSection<'_, &[u8]>, end: usize) -> Option<()> {
        for record in records.by_ref() {
            let record = record.ok()?;
            if record.rtype() == Rtype::OPT {
                let edns = Edns::read(record)?;
                if self.edns.replace(edns).is_some() {
                    return None;
                }
            }
        }
        (records.pos() == end).then_some(())
    }
}

impl<'m> Question<'m> {
    fn read(octets: &'m [u8], record_type: Rtype, class: Class) -> Option<Question<'m>> {
        let name = octets.get(..octets.len().checked_sub(size_of::<[u16; 2]>())?)?;
        Some(Question { octets, name: QueryName::from_wire(name).ok()?, record_type, class })
    }
}

impl Edns {
    fn read(record: ParsedRecord<'_, &[u8]>) -> Option<Edns> {
        let record = record.into_record::<Opt<_>>().ok()??;
        if !record.owner().is_root() {
            return None;
        }
        let opt = OptRecord::from_record(record);
        Some(Edns { payload: opt.udp_payload_size(), version: opt.version(), dnssec_ok: opt.dnssec_ok() })
    }
}
