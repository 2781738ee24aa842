//! Record data on the wire.

use ddns_core::{Mailbox, RecordData, Soa, Text};

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
            RecordData::Sshfp { algorithm, fingerprint_type, fingerprint } => {
                self.message.extend([*algorithm, *fingerprint_type]);
                self.message.extend_from_slice(fingerprint);
            }
            RecordData::Soa(soa) => self.write_soa(soa),
        }
    }

    fn write_text(&mut self, text: &Text) {
        for string in text.strings() {
            self.message.push(u8::try_from(string.len()).unwrap_or(u8::MAX));
            self.message.extend_from_slice(string);
        }
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
