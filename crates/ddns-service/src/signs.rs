//! Signs of life: which accepted commands tell that a host or a client is there, whether they changed something or not.

use ddns_core::{Caller, ClientKey, ClientNo, Command, HostNo, Receipt, Registry};
use ddns_store::SoftKey;

use crate::Request;

/// Whose life a command is a sign of, once it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    what: What,
    /// Whether it came from elsewhere, and not from the operator.
    pub(crate) by_account: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Nothing,
    /// The hosts of the receipt.
    Hosts,
    /// The client of the receipt.
    Client,
    /// Likewise, and its hosts.
    ClientAndHosts,
}

/// Who has given a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Host(HostNo),
    Client(ClientNo, ClientKey),
}

impl Mention {
    pub(crate) fn of(request: &Request) -> Mention {
        let what = match &request.command {
            Command::SetHosts { edit, .. } | Command::SetAllHosts { edit, .. } if edit.is_update() => What::Hosts,
            Command::PutClient { edit, .. } if edit.offline == Some(false) => What::Client,
            Command::MoveClient { .. } => What::ClientAndHosts,
            _ => What::Nothing,
        };
        Mention { what, by_account: matches!(request.caller, Caller::Account(_)) }
    }

    /// Who has given a sign by a command with this receipt, in this state. A host that was refused has not.
    pub(crate) fn signs(self, receipt: &Receipt, registry: &Registry) -> Vec<Sign> {
        match (self.what, receipt) {
            (What::Hosts, Receipt::Hosts(lines)) => {
                let accepted = lines.iter().filter_map(|line| line.outcome.as_ref().ok());
                accepted.map(|outcome| Sign::Host(outcome.host.number)).collect()
            }
            (What::Client | What::ClientAndHosts, Receipt::Client { client, .. }) => {
                let own = Sign::Client(client.number, client.key.clone());
                let hosts = registry.hosts_on(client.number).filter(|_| self.what == What::ClientAndHosts);
                hosts.map(|host| Sign::Host(host.number)).chain([own]).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl From<Sign> for SoftKey {
    fn from(sign: Sign) -> SoftKey {
        match sign {
            Sign::Host(number) => SoftKey::Host(number),
            Sign::Client(_, key) => SoftKey::Client(key),
        }
    }
}
