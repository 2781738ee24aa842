//! TLS: a certificate and its key from two files, taken over anew when the files change.
//!
//! Nothing here sends `Strict-Transport-Security`: old routers report over plain HTTP to the same name, and whoever is
//! told that header would refuse to do so.

mod half_open;
mod handshake;
mod watch;

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use ddns_core::policy;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use zeroize::Zeroizing;

pub(crate) use half_open::HalfOpen;
pub(crate) use handshake::Door;

/// The protocol that is spoken inside (RFC 7301).
const ALPN: &[u8] = b"http/1.1";

/// A certificate with its key, as connections get it now.
///
/// The two files are looked at every second for as long as somebody holds this. What they hold is taken over as soon as
/// both have stood still for one look, can be read, and belong together; connections that begin later get it, and those
/// that are open go on. Otherwise the certificate in use stays, and the log has the reason, once. Clones are the same
/// certificate.
#[derive(Clone)]
pub struct Certificate(Arc<InUse>);

struct InUse {
    files: Files,
    config: ArcSwap<ServerConfig>,
}

impl Certificate {
    /// Reads the certificate with its chain, and its key, from PEM files; from then on a thread looks after them.
    ///
    /// # Errors
    /// [`CertificateError`], in words that name the file and say what to do.
    pub fn load(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Certificate, CertificateError> {
        let files = Files { certificate: certificate.into(), key: key.into() };
        let pair = files.read()?;
        let config = ArcSwap::from(files.config(&pair)?);
        let in_use = Arc::new(InUse { files, config });
        watch::begin(&in_use, pair).map_err(CertificateError::System)?;
        Ok(Certificate(in_use))
    }

    /// What the next connection is offered.
    fn config(&self) -> Arc<ServerConfig> {
        self.0.config.load_full()
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Certificate").field(&self.0.files.certificate).finish()
    }
}

/// Where a certificate and its key are.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What the two files hold.
#[derive(PartialEq, Eq)]
struct Pair {
    certificate: Zeroizing<Vec<u8>>, // It may hold the key, too.
    key: Zeroizing<Vec<u8>>,
}

impl Files {
    fn read(&self) -> Result<Pair, CertificateError> {
        Ok(Pair { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    /// TLS 1.2 and 1.3 with what the files hold.
    fn config(&self, pair: &Pair) -> Result<Arc<ServerConfig>, CertificateError> {
        let provider = Arc::new(ring::default_provider());
        let certified = self.certified(pair, &provider)?;
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(CertificateError::Tls)?.with_no_client_auth();
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        self.warn_of_readers();
        Ok(Arc::new(config))
    }

    fn certified(&self, pair: &Pair, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
        let (chain, key) = (self.chain(&pair.certificate)?, self.private_key(&pair.key)?);
        let unusable = |_| CertificateError::UnusableKey { path: self.key.clone() };
        let certified = CertifiedKey::new(chain, provider.key_provider.load_private_key(key).map_err(unusable)?);
        match certified.keys_match() {
            Ok(()) => Ok(certified),
            Err(_) => Err(CertificateError::Mismatch { certificate: self.certificate.clone(), key: self.key.clone() }),
        }
    }

    fn chain(&self, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        let path = || self.certificate.clone();
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let chain = chain.map_err(|_| CertificateError::Broken { path: path() })?;
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate { path: path() });
        }
        for (number, certificate) in (1..).zip(&chain) {
            let bad = |_| CertificateError::BadCertificate { path: path(), number };
            ParsedCertificate::try_from(certificate).map_err(bad)?;
        }
        Ok(chain)
    }

    fn private_key(&self, text: &[u8]) -> Result<PrivateKeyDer<'static>, CertificateError> {
        // What the reader says of a wrong line quotes it, and that line may be a key's: it is not passed on.
        PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
            pem::Error::NoItemsFound => CertificateError::NoKey { path: self.key.clone() },
            _ => CertificateError::Broken { path: self.key.clone() },
        })
    }

    /// A group may be meant to read a key (`ssl-cert`, say); everybody never is.
    fn warn_of_readers(&self) {
        let others = |metadata: &Metadata| metadata.permissions().mode() & 0o004 != 0;
        if std::fs::metadata(&self.key).is_ok_and(|metadata| others(&metadata)) {
            let key = self.key.display();
            tracing::warn!(%key, "everybody on this machine may read the TLS key; take that right away (chmod o-r)");
        }
    }
}

/// A regular file's octets, wherever symbolic links lead.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    let unreadable = |source| CertificateError::Unreadable { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(CertificateError::NoFile { path: path.to_owned() });
    }
    if metadata.len() > policy::TLS_FILE_MAX {
        return Err(CertificateError::TooLarge { path: path.to_owned() });
    }
    // Room from the beginning: growing would leave copies behind that nobody wipes.
    let mut octets = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default()));
    let file = File::open(path).map_err(unreadable)?;
    file.take(policy::TLS_FILE_MAX).read_to_end(&mut octets).map_err(unreadable)?;
    Ok(octets)
}

/// A certificate and a key cannot be used together.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Both files are there, and the server's user may read them.
    #[error("cannot read {}: {source}; TLS needs a PEM file there that the server's user may read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Both are regular files or lead to one: a pipe could be read only once.
    #[error("{} is no file; name the PEM file itself", path.display())]
    NoFile {
        /// Which.
        path: PathBuf,
    },
    /// Certificates and keys are small.
    #[error(
        "{} is larger than {} octets; name a PEM file with the certificate, its chain and its key alone",
        path.display(), policy::TLS_FILE_MAX
    )]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// What a PEM file begins, it ends.
    #[error("{} is no whole PEM file; write it anew", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
    },
    /// The certificate's file holds a certificate.
    #[error(
        "{} holds no certificate; it must be a PEM file (BEGIN CERTIFICATE) with the server's own certificate first, \
         then its chain",
        path.display()
    )]
    NoCertificate {
        /// Which file.
        path: PathBuf,
    },
    /// Every certificate of the chain can be read.
    #[error("certificate {number} in {} is no X.509 certificate of version 3; have it issued anew", path.display())]
    BadCertificate {
        /// Which file.
        path: PathBuf,
        /// Which of its certificates, from 1.
        number: usize,
    },
    /// The key's file holds a key that no passphrase protects.
    #[error(
        "{} holds no private key; it must be a PEM file (BEGIN PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY) without \
         a passphrase",
        path.display()
    )]
    NoKey {
        /// Which file.
        path: PathBuf,
    },
    /// The key is of a kind that signs here.
    #[error(
        "the key in {} cannot be used; make one of RSA with 2048 bits or more, of ECDSA on P-256 or P-384, or of Ed25519",
        path.display()
    )]
    UnusableKey {
        /// Which file.
        path: PathBuf,
    },
    /// The key is the first certificate's.
    #[error(
        "the key in {} does not belong to the first certificate in {}; name two files that were made together, with \
         the server's own certificate first",
        key.display(), certificate.display()
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The TLS library must find its settings consistent.
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
    /// The system must give a thread.
    #[error("nobody can look after the certificate's files: {0}")]
    System(io::Error),
}
