//! Answers that must not tell, by their time either, whether an account exists.

use std::future::Future;
use std::time::Duration;

use actix_web::rt::time::sleep_until;
use ddns_core::policy;
use tokio::time::Instant;

/// The moment from which an answer is timed.
pub(crate) struct Quiet(Instant);

impl Quiet {
    /// The request has come.
    pub(crate) fn begin() -> Quiet {
        Quiet(Instant::now())
    }

    /// Works, and hands the outcome out no earlier than [`policy::QUIET_ANSWER`] after the request came. Where what went
    /// before took long, the work itself has half of that time: it is the part that depends on what there is.
    pub(crate) async fn over<T>(self, work: impl Future<Output = T>) -> T {
        let usual = after(self.0, policy::QUIET_ANSWER);
        let end = usual.max(after(Instant::now(), policy::QUIET_ANSWER.checked_div(2).unwrap_or_default()));
        let outcome = work.await;
        sleep_until(end).await;
        outcome
    }
}

fn after(moment: Instant, time: Duration) -> Instant {
    moment.checked_add(time).unwrap_or(moment)
}
