//! Log lines, on standard error.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::running::StartError;

/// What libraries tell of their own starting and stopping is not news; a directive of the operator's comes behind and
/// wins.
const FOREIGN: &str = "actix_server=warn";
/// This one tells header lines that it cannot read as they came, and in them may be a secret: it comes behind what the
/// operator says, and stays silent.
const SILENT: &str = "actix_http::h1::decoder=off";

/// Begins to log. Where this process logs already, that stays.
pub(crate) fn begin(format: LogFormat, level: &str) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(format!("{FOREIGN},{level},{SILENT}"));
    let wrong =
        |error| StartError::Logs(format!("log_level: {level:?} is no level and no list of directives: {error}"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter.map_err(wrong)?).with_writer(stderr);
    let _first = match format {
        LogFormat::Human => lines.with_ansi(stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}
