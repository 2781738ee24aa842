//! Moments as JSON has them: RFC 3339, in UTC.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use ddns_core::{Timestamp, policy};

/// A moment, to the second.
pub(crate) fn written(moment: Timestamp) -> String {
    let micros = i64::try_from(moment.micros().min(LAST.micros())).unwrap_or_default();
    DateTime::from_timestamp_micros(micros).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment as it is written.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let micros = DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
    u64::try_from(micros).ok().map(Timestamp::from_micros).filter(|moment| *moment <= LAST)
}

/// So many seconds from now.
pub(crate) fn in_seconds(now: Timestamp, secs: u64) -> Option<Timestamp> {
    Some(now.after(Duration::from_secs(secs))).filter(|moment| *moment <= LAST)
}

/// The last one that can be written.
const LAST: Timestamp = Timestamp::from_secs(policy::MOMENT_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for secs in [0, 1_800_000_000, policy::MOMENT_MAX] {
            let moment = Timestamp::from_secs(secs);
            assert_eq!(read(&written(moment)), Some(moment));
        }
        assert_eq!(written(Timestamp::from_secs(u64::MAX)), "9999-12-31T23:59:59Z");
        assert_eq!(read("2027-01-15T09:00:00+01:00"), Some(Timestamp::from_secs(1_800_000_000)));
        for none in ["", "2027-01-15", "1969-12-31T23:59:59Z", "tomorrow", "9999-12-31T23:59:59-01:00"] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(in_seconds(Timestamp::from_secs(1), u64::MAX), None);
    }
}
