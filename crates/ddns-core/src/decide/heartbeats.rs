//! Silence: what should have reported and did not goes offline.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Actor, Draft, Receipt, changed};
use crate::change::Change;
use crate::host::{Client, Host};
use crate::refusal::Refusal;
use crate::value::{ClientNo, Heartbeat, HostNo, Offline};

/// Who was silent is found out by the service, which hears what changes nothing. What has come back, was taken offline by
/// somebody's word, or needs to report no more meanwhile, stays as it is.
pub(super) fn miss(
    draft: &mut Draft<'_>,
    actor: &Actor,
    hosts: &[HostNo],
    clients: &[ClientNo],
) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let (hosts, clients) = (BTreeSet::from_iter(hosts), BTreeSet::from_iter(clients));
    let registry = draft.registry();
    let found = hosts.into_iter().filter_map(|number| registry.host_by_number(*number));
    let found: Vec<Arc<Host>> = found.cloned().collect();
    let known = clients.into_iter().filter_map(|number| registry.client_by_number(*number));
    let known: Vec<Arc<Client>> = known.cloned().collect();
    let updated = draft.now;
    for host in found.into_iter().filter(|host| has_missed(host.heartbeat, host.offline)) {
        let after = Host { offline: Offline::Missed, updated, ..Host::clone(&host) };
        draft.host(&host, after);
    }
    for client in known.into_iter().filter(|client| has_missed(client.heartbeat, client.offline)) {
        let after = Client { offline: Offline::Missed, updated, ..Client::clone(&client) };
        changed(&client, after, Change::Client, draft);
    }
    Ok(Receipt::Done)
}

fn has_missed(heartbeat: Option<Heartbeat>, offline: Offline) -> bool {
    heartbeat.is_some() && offline.is_online()
}
