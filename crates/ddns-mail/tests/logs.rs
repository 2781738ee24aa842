//! What is logged, by all tests of this program together: each looks for its own words.

use std::io;
use std::sync::{Mutex, Once};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static BEGUN: Once = Once::new();

struct Log;

impl io::Write for Log {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on everything is kept, down to what only developers read.
pub(crate) fn begin() {
    BEGUN.call_once(|| {
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(|| Log).init();
    });
}

/// All lines so far that hold these words.
pub(crate) fn with(words: &str) -> Vec<String> {
    let octets = LINES.lock().unwrap().clone();
    let text = String::from_utf8(octets).unwrap();
    text.lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
}
