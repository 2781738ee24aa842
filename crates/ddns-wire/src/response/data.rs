//! Record data on the wire.

use ddns_core::{Mailbox, Naptr, RecordData, Soa, Svcb, Text};

use crate::names;
use crate::response::Response;

impl Response<'_> {
    /// The data with its length in front. Names are compressed in the types of RFC 1035 alone (RFC 3597, section 4).
    pub(super) fn write_data(&mut self, data: &RecordData) {
        let length = self.message.len();
        self.write_u16(0);
        let start = self.message.len();
        self.write_fields(data);
        let octets = u16::try_from(self.message.len().saturating_sub(start)).unwrap_or(u16::MAX);
        if let Some(place) = self.message.get_mut(length..start) {
            place.copy_from_slice(&octets.to_be_bytes());
        }
    }

    fn write_fields(&mut self, data: &RecordData) {
        match data {
            RecordData::A(address) => self.message.extend(address.octets()),
            RecordData::Aaaa(address) => self.message.extend(address.octets()),
            RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => {
                self.names.write(self.message, name)
            }
            RecordData::Mx { preference, exchange } => {
                self.write_u16(*preference);
                self.names.write(self.message, exchange);
            }
            RecordData::Srv { priority, weight, port, target } => {
                [*priority, *weight, *port].into_iter().for_each(|number| self.write_u16(number));
                names::write_plain(self.message, target);
            }
            RecordData::Txt(text) | RecordData::Spf(text) => self.write_text(text),
            RecordData::Sshfp(sshfp) => {
                self.message.extend([sshfp.algorithm(), sshfp.fingerprint_type()]);
                self.message.extend_from_slice(sshfp.fingerprint());
            }
            RecordData::Soa(soa) => self.write_soa(soa),
            RecordData::Caa(caa) => {
                self.message.push(caa.flags());
                self.write_string(caa.tag().as_bytes());
                self.message.extend_from_slice(caa.value());
            }
            RecordData::Tlsa(tlsa) => {
                self.message.extend([tlsa.usage(), tlsa.selector(), tlsa.matching_type()]);
                self.message.extend_from_slice(tlsa.association());
            }
            RecordData::Svcb(svcb) | RecordData::Https(svcb) => self.write_svcb(svcb),
            RecordData::Naptr(naptr) => self.write_naptr(naptr),
            RecordData::Ds(ds) => {
                self.write_u16(ds.key_tag());
                self.message.extend([ds.algorithm(), ds.digest_type()]);
                self.message.extend_from_slice(ds.digest());
            }
            RecordData::Unknown(unknown) => self.message.extend_from_slice(unknown.octets()),
        }
    }

    /// RFC 9460, section 2.2.
    fn write_svcb(&mut self, svcb: &Svcb) {
        self.write_u16(svcb.priority());
        names::write_plain(self.message, svcb.target());
        for (key, value) in svcb.params() {
            self.write_u16(key.number());
            self.write_u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
            self.message.extend_from_slice(value);
        }
    }

    /// RFC 3403, section 4.1.
    fn write_naptr(&mut self, naptr: &Naptr) {
        [naptr.order(), naptr.preference()].into_iter().for_each(|number| self.write_u16(number));
        [naptr.flags(), naptr.services(), naptr.regexp()].into_iter().for_each(|string| self.write_string(string));
        names::write_plain(self.message, naptr.replacement());
    }

    fn write_text(&mut self, text: &Text) {
        text.strings().for_each(|string| self.write_string(string));
    }

    /// One character-string; it has at most 255 octets.
    fn write_string(&mut self, string: &[u8]) {
        self.message.push(u8::try_from(string.len()).unwrap_or(u8::MAX));
        self.message.extend_from_slice(string);
    }

    fn write_soa(&mut self, soa: &Soa) {
        self.names.write(self.message, &soa.mname);
        self.write_mailbox(&soa.rname);
        let numbers = [soa.serial.0, soa.refresh, soa.retry, soa.expire, soa.minimum];
        numbers.into_iter().for_each(|number| self.write_u32(number));
    }

    /// The local part is one label, dots and all (RFC 1035, section 8).
    fn write_mailbox(&mut self, mailbox: &Mailbox) {
        names::write_label(self.message, mailbox.local().as_bytes());
        self.names.write(self.message, mailbox.domain());
    }
}
