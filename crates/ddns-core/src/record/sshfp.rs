//! Fingerprints of SSH host keys.

use std::fmt;

use super::RecordDataError;
use super::fields::{Fields, Hex, check_len};

/// The fingerprint of an SSH host key (RFC 4255), of any key algorithm and fingerprint type that is registered or will be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sshfp {
    algorithm: u8,
    fingerprint_type: u8,
    fingerprint: Box<[u8]>,
}

impl Sshfp {
    /// The key's algorithm (IANA).
    pub fn algorithm(&self) -> u8 {
        self.algorithm
    }

    /// How the fingerprint is made (IANA): 1 is SHA-1, 2 is SHA-256.
    pub fn fingerprint_type(&self) -> u8 {
        self.fingerprint_type
    }

    /// The fingerprint; as long as its type says, where that is known.
    pub fn fingerprint(&self) -> &[u8] {
        &self.fingerprint
    }

    /// Reads the master-file form (RFC 4255, section 3.2).
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Sshfp, RecordDataError> {
        const WHAT: &str = "a fingerprint in hexadecimal";
        let (algorithm, fingerprint_type) = (fields.next("a key algorithm")?, fields.next("a fingerprint type")?);
        let fingerprint = fields.hex(WHAT)?;
        check_len(fingerprint.len().saturating_add(2))?;
        match (fingerprint_type, fingerprint.len()) {
            (_, 0) => Err(RecordDataError::Field(WHAT)),
            (1, 20) | (2, 32) | (0 | 3.., _) => Ok(Sshfp { algorithm, fingerprint_type, fingerprint }),
            (1, _) => Err(RecordDataError::Length { what: "a fingerprint of type 1 (SHA-1)", octets: 20 }),
            (2, _) => Err(RecordDataError::Length { what: "a fingerprint of type 2 (SHA-256)", octets: 32 }),
        }
    }
}

impl fmt::Display for Sshfp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.algorithm, self.fingerprint_type, Hex(&self.fingerprint))
    }
}
