//! Record types by number and mnemonic, and which of them are kept here.

use std::fmt;
use std::str::FromStr;

use super::RecordDataError;

/// A record type by its number (RFC 1035, section 3.2.2, and the IANA registry).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

macro_rules! record_types {
    ($($(#[$doc:meta])* $constant:ident = $number:literal $text:literal;)+) => {
        impl RecordType {
            $($(#[$doc])* pub const $constant: RecordType = RecordType($number);)+

            fn mnemonic(self) -> Option<&'static str> {
                match self.0 { $($number => Some($text),)+ _ => None }
            }

            fn from_mnemonic(text: &str) -> Option<RecordType> {
                $(if text.eq_ignore_ascii_case($text) { return Some(RecordType($number)); })+
                None
            }
        }
    };
}

record_types! {
    /// IPv4 address (RFC 1035).
    A = 1 "A";
    /// Name server (RFC 1035).
    NS = 2 "NS";
    /// Canonical name (RFC 1035).
    CNAME = 5 "CNAME";
    /// Start of authority (RFC 1035).
    SOA = 6 "SOA";
    /// Pointer (RFC 1035).
    PTR = 12 "PTR";
    /// Mail exchange (RFC 1035).
    MX = 15 "MX";
    /// Text (RFC 1035).
    TXT = 16 "TXT";
    /// IPv6 address (RFC 3596).
    AAAA = 28 "AAAA";
    /// Service location (RFC 2782).
    SRV = 33 "SRV";
    /// Naming authority pointer: a rule that rewrites names (RFC 3403).
    NAPTR = 35 "NAPTR";
    /// Another name for all names below the owner (RFC 6672); refused.
    DNAME = 39 "DNAME";
    /// Extensions of a message (RFC 6891); no record of a zone.
    OPT = 41 "OPT";
    /// Delegation signer: the key of a signed child (RFC 4034, section 5).
    DS = 43 "DS";
    /// SSH key fingerprint (RFC 4255).
    SSHFP = 44 "SSHFP";
    /// A set's signature (RFC 4034, section 3); a signer's.
    RRSIG = 46 "RRSIG";
    /// The next name and a name's types (RFC 4034, section 4); a signer's.
    NSEC = 47 "NSEC";
    /// A zone's key (RFC 4034, section 2); a signer's.
    DNSKEY = 48 "DNSKEY";
    /// The next hashed name (RFC 5155, section 3); a signer's.
    NSEC3 = 50 "NSEC3";
    /// How names are hashed (RFC 5155, section 4); a signer's.
    NSEC3PARAM = 51 "NSEC3PARAM";
    /// A TLS server's certificate (RFC 6698).
    TLSA = 52 "TLSA";
    /// What the parent's DS shall be (RFC 7344); a signer's.
    CDS = 59 "CDS";
    /// The key that the parent's DS shall be of (RFC 7344); a signer's.
    CDNSKEY = 60 "CDNSKEY";
    /// A digest over the whole zone (RFC 8976); a signer's.
    ZONEMD = 63 "ZONEMD";
    /// Service binding (RFC 9460).
    SVCB = 64 "SVCB";
    /// Service binding of HTTP (RFC 9460, section 9).
    HTTPS = 65 "HTTPS";
    /// Sender policy, obsolete (RFC 7208, section 3.1), kept for Designate.
    SPF = 99 "SPF";
    /// Any type: a question only (RFC 8482).
    ANY = 255 "ANY";
    /// Who may issue certificates (RFC 8659).
    CAA = 257 "CAA";
}

impl RecordType {
    /// Why no record of this type may be made by a caller; none if one may.
    ///
    /// - 0 and 65535 are reserved, OPT and 128 to 255 are for messages and questions (RFC 6895, section 3.1).
    /// - What a signer makes follows from the zone and its keys; a record by another hand would break the chain of trust.
    ///   CDS and CDNSKEY belong there: a parent copies them into its DS. ZONEMD does: each update would make it wrong.
    /// - DNAME acts on all names below it, hosts too.
    /// - NULL may not stand in a zone's file (RFC 1035, section 3.3.10).
    /// - In the others a receiver looks for names and follows pointers in them (RFC 3597, section 4), so that they cannot
    ///   be served as octets that nobody has looked into; all but RP and AFSDB are obsolete.
    pub(super) fn refused(self) -> Option<&'static str> {
        Some(match self.0 {
            0 | 65_535 => "its number is reserved",
            41 | 128..=255 => "it is for messages and questions only",
            46..=48 | 50 | 51 | 59 | 60 | 63 => "whoever signs the zone makes it",
            39 => "it would rename everything below it",
            10 => "it has no place in a zone",
            3 | 4 | 7..=9 | 14 | 17 | 18 | 21 | 24 | 26 | 30 => "it holds names that cannot be checked",
            _ => return None,
        })
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(text) => f.pad(text),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for RecordType {
    type Err = RecordDataError;

    fn from_str(text: &str) -> Result<RecordType, RecordDataError> {
        if let Some(known) = RecordType::from_mnemonic(text) {
            return Ok(known);
        }
        let number = text.get(..4).filter(|start| start.eq_ignore_ascii_case("TYPE")).and_then(|_| text.get(4..));
        let number = number.filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
        number.and_then(|number| number.parse().ok()).map(RecordType).ok_or(RecordDataError::UnknownType)
    }
}
