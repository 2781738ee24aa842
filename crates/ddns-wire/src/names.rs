//! Domain names in a message, each written once (RFC 1035, section 4.1.4).

use ddns_core::Name;

/// Remembers where names stand in the message that is being written, in a table of fixed size: what does not fit into
/// it is written out, which is longer and just as right.
pub(crate) struct Names {
    known: [Known; KNOWN_MAX],
    count: usize,
}

/// A name that can be pointed at.
#[derive(Clone, Copy)]
struct Known {
    at: u16,
    /// Octets of it, uncompressed: names of another length need not be compared.
    len: u16,
}

const KNOWN_MAX: usize = 64;

/// A pointer has 14 bits, behind two that are set.
const POINTER: u16 = 0xC000;
const LABEL_LEN: u8 = 0x3F;

impl Names {
    pub(crate) fn new() -> Names {
        Names { known: [Known { at: 0, len: 0 }; KNOWN_MAX], count: 0 }
    }

    /// Remembers the uncompressed name that ends at the end of the message, and every name above it.
    pub(crate) fn learn(&mut self, message: &[u8], start: usize) {
        let mut at = start;
        while let Some(&label) = message.get(at).filter(|label| **label > 0) {
            self.remember(at, message.len().saturating_sub(at));
            at = at.saturating_add(usize::from(label)).saturating_add(1);
        }
    }

    /// Writes a name, as far as it does not stand in the message yet.
    pub(crate) fn write(&mut self, message: &mut Vec<u8>, name: &Name) {
        let mut key = name.key();
        while let Some((above, label)) = split(key) {
            if let Some(at) = self.find(message, key) {
                return message.extend((POINTER | at).to_be_bytes());
            }
            self.remember(message.len(), wire_len(key));
            write_label(message, label);
            key = above;
        }
        message.push(0);
    }

    /// Forgets the names that stand at `end` or behind it.
    pub(crate) fn forget_from(&mut self, end: usize) {
        let stays = |known: &&Known| usize::from(known.at) < end;
        self.count = self.known.iter().take(self.count).take_while(stays).count();
    }

    fn remember(&mut self, at: usize, len: usize) {
        let Some(at) = u16::try_from(at).ok().filter(|at| *at < POINTER_END) else { return };
        let Some(slot) = self.known.get_mut(self.count) else { return };
        *slot = Known { at, len: u16::try_from(len).unwrap_or(0) };
        self.count = self.count.saturating_add(1);
    }

    fn find(&self, message: &[u8], key: &[u8]) -> Option<u16> {
        let len = wire_len(key);
        let mut known = self.known.iter().take(self.count);
        known.find(|known| usize::from(known.len) == len && is_at(message, known.at, key)).map(|known| known.at)
    }
}

/// What lies behind it cannot be pointed at.
const POINTER_END: u16 = 1 << 14;

/// Writes a name in full, where it must not be compressed.
pub(crate) fn write_plain(message: &mut Vec<u8>, name: &Name) {
    name.labels().for_each(|label| write_label(message, label.as_bytes()));
    message.push(0);
}

/// Writes one label; it has at most 63 octets.
pub(crate) fn write_label(message: &mut Vec<u8>, label: &[u8]) {
    message.push(u8::try_from(label.len()).unwrap_or(LABEL_LEN) & LABEL_LEN);
    message.extend_from_slice(label);
}

/// The first label of a key's name, and the key of the name above it; none for the root.
fn split(key: &[u8]) -> Option<(&[u8], &[u8])> {
    match key.iter().rposition(|octet| *octet == 0) {
        Some(at) => Some((key.get(..at)?, key.get(at.saturating_add(1)..)?)),
        None => (!key.is_empty()).then_some((&[], key)),
    }
}

/// Octets of a key's name on the wire: each label's length, and the root.
fn wire_len(key: &[u8]) -> usize {
    key.len().saturating_add(2)
}

/// Whether the name in the message is the key's. Pointers lead backwards to a label, because only we wrote them.
fn is_at(message: &[u8], at: u16, key: &[u8]) -> bool {
    let mut at = usize::from(at);
    let mut key = key;
    while let Some((above, label)) = split(key) {
        let Some((found, next)) = label_at(message, at) else { return false };
        if !found.eq_ignore_ascii_case(label) {
            return false;
        }
        (at, key) = (next, above);
    }
    message.get(at) == Some(&0)
}

/// The label here or where a pointer leads, and the place of the next.
fn label_at(message: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let pair = message.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_be_bytes)?;
    let at = if pair >= POINTER { usize::from(pair & !POINTER) } else { at };
    let start = at.checked_add(1)?;
    let end = start.checked_add(usize::from(message.get(at)? & LABEL_LEN))?;
    Some((message.get(start..end)?, end))
}
