//! Looking after the files of a certificate that is in use.

use std::io;
use std::sync::Arc;
use std::thread;

use ddns_core::policy;

use super::{InUse, Pair};

/// Looks after the files until nobody holds the certificate any more.
pub(super) fn begin(in_use: &Arc<InUse>, pair: Pair) -> io::Result<()> {
    let in_use = Arc::downgrade(in_use);
    let mut watch = Watch { judged: Ok(pair), before: None };
    let run = move || {
        loop {
            thread::sleep(policy::TLS_LOOK);
            let Some(in_use) = in_use.upgrade() else { return };
            let look = in_use.files.read().map_err(|error| error.to_string());
            if let Some(look) = watch.sees(look) {
                in_use.judge(look);
            }
        }
    };
    thread::Builder::new().name("ddns-tls".to_owned()).spawn(run).map(drop)
}

/// What one look found; where the files could not be read, why.
type Look = Result<Pair, String>;

/// What was seen of the files so far.
struct Watch {
    /// What was taken over or complained of last.
    judged: Look,
    /// What the last look found, if it was something new.
    before: Option<Look>,
}

impl Watch {
    /// What is to be judged: something new that was already there at the last look. Before that, somebody may still be
    /// writing the two files, one after the other.
    fn sees(&mut self, look: Look) -> Option<&Look> {
        let before = self.before.take();
        if look == self.judged {
            return None;
        }
        if before.as_ref() == Some(&look) {
            self.judged = look;
            return Some(&self.judged);
        }
        self.before = Some(look);
        None
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

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    /// Files in states that have a letter each; `!` is a state in which they cannot be read.
    fn look(state: char) -> Look {
        let octets = || Zeroizing::new(vec![u8::try_from(state).unwrap()]);
        if state == '!' { Err("gone".to_owned()) } else { Ok(Pair { certificate: octets(), key: octets() }) }
    }

    /// The states that are judged in a series of looks that begins with `a` in use; `.` where nothing is.
    #[track_caller]
    fn check(looks: &str, judged: &str) {
        let mut watch = Watch { judged: look('a'), before: None };
        let seen = looks.chars().map(|state| if watch.sees(look(state)).is_some() { state } else { '.' });
        assert_eq!(seen.collect::<String>(), judged, "{looks}");
    }

    #[test]
    fn what_stands_still_is_judged_once() {
        check("aaaa", "....");
        check("abbbb", "..b..");
        check("a!!!!bbb", "..!...b.");
        check("abbaa", "..b.a");
    }

    #[test]
    fn what_is_being_written_is_not() {
        check("abcdee", ".....e");
        check("abaa", "....");
        check("a!a!a", ".....");
        check("ababb", "....b");
    }
}
