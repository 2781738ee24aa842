//! Looking after the files of a certificate that is in use.

use std::io;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::{InUse, Pair};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Looks after the files until nobody holds the certificate any more.
pub(super) fn begin(in_use: &Arc<InUse>, pair: Pair) -> io::Result<()> {
    let in_use = Arc::downgrade(in_use);
    thread::Builder::new().name("ddns-tls".to_owned()).spawn(move || run(&in_use, pair)).map(drop)
}

/// What one look found; where the files could not be read, why.
type Look = Result<Pair, String>;

fn run(in_use: &Weak<InUse>, pair: Pair) {
    let mut judged: Look = Ok(pair);
    let mut before: Option<Look> = None;
    loop {
        thread::sleep(EVERY);
        let Some(in_use) = in_use.upgrade() else { return };
        let look = in_use.files.read().map_err(|error| error.to_string());
        if look == judged {
            before = None;
        } else if before.as_ref() == Some(&look) {
            // Twice the same: whoever writes the two files, one after the other, is done.
            in_use.judge(&look);
            judged = look;
            before = None;
        } else {
            before = Some(look);
        }
    }
}

impl InUse {
    /// Takes over what a look found, or says why not.
    fn judge(&self, look: &Look) {
        let config = match look {
            Ok(pair) => self.files.config(pair).map_err(|error| error.to_string()),
            Err(error) => Err(error.clone()),
        };
        match config {
            Ok(config) => {
                self.config.store(config);
                tracing::info!(certificate = %self.files.certificate.display(), "took a new certificate over");
            }
            Err(error) => tracing::error!(error, "the TLS files cannot be taken over; the certificate in use stays"),
        }
    }
}
