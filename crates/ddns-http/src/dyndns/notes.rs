//! Why a host was refused, left with the host for its owner: the router's display only shows a code.

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;
use ddns_core::{Fqdn, Receipt};
use ddns_service::Service;
use ddns_store::SoftRefusal;

use super::Family;
use crate::auth::SignedIn;
use crate::sight::Sight;

/// Characters of a program's name that are kept.
const AGENT_MAX: usize = 128;

/// Leaves notes in one caller's name. Nobody can leave one with a host that is not in its sight.
pub(super) struct Notes<'c, F> {
    pub(super) caller: &'c SignedIn<F>,
    pub(super) service: &'c Service,
    pub(super) request: &'c HttpRequest,
}

impl<F: Family> Notes<'_, F> {
    /// Each host of a receipt that was refused.
    pub(super) fn of_receipt(&self, receipt: &Receipt) {
        let Receipt::Hosts(lines) = receipt else { return };
        for line in lines {
            if let Err(refusal) = &line.outcome {
                self.leave(&line.name, &refusal.to_string());
            }
        }
    }

    /// One sentence with one host.
    pub(super) fn leave(&self, host: &Fqdn, sentence: &str) {
        let snapshot = self.service.snapshot();
        if Sight::new(&snapshot.registry, &self.caller.identity).host(host).is_some() {
            self.service.note_refusal(host, self.note(sentence));
        }
    }

    fn note(&self, sentence: &str) -> SoftRefusal {
        SoftRefusal {
            time: self.service.now(),
            source: self.caller.identity.source,
            dialect: F::NAME.to_owned(),
            agent: self.agent(),
            sentence: sentence.to_owned(),
        }
    }

    fn agent(&self) -> String {
        let agent = self.request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        agent.unwrap_or_default().chars().take(AGENT_MAX).collect()
    }
}
