//! Why a host was refused, left with the host for its owner: a router's display only shows a code.
//!
//! A note is left with hosts that are in its author's sight and with no others, so that nobody writes to another's host. What
//! it says is what its author may know: a foreign host is none there, either.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use ddns_core::{ClientKey, Command, Fqdn, Host, HostLine, Identity, Kind, Receipt, Refusal, policy};
use ddns_service::{Reply, Service, ServiceError};
use ddns_store::SoftRefusal;
use secrecy::{ExposeSecret, SecretString};

use crate::sight::Sight;

/// Who leaves notes.
pub(crate) struct Author<'a> {
    pub(crate) identity: &'a Identity,
    /// The dialect's name in the log of changes.
    pub(crate) dialect: &'static str,
    /// The `User-Agent` header.
    pub(crate) agent: Option<&'a HeaderValue>,
    /// What it signed in with. Devices whose owner has mixed up its fields send it in others' places, too.
    pub(crate) secret: &'a SecretString,
}

impl Author<'_> {
    /// Leaves a sentence with hosts.
    pub(crate) fn leave(&self, service: &Service, about: About, sentence: &str) {
        self.leave_all(service, |sight| {
            about.hosts(sight).into_iter().map(|host| (host, sentence.to_owned())).collect()
        });
    }

    /// Leaves what a command's outcome means for the hosts that it is about. Our own faults are nothing that an owner could
    /// see to, and leave nothing.
    pub(crate) fn leave_outcome(&self, service: &Service, about: About, outcome: &Result<Reply, ServiceError>) {
        let words = match outcome {
            Ok(reply) => return self.leave_lines(service, &reply.receipt),
            Err(ServiceError::Refused(refusal)) => return self.leave_refusal(service, about, refusal),
            Err(ServiceError::Busy | ServiceError::Unavailable(_)) => None,
            Err(limited) => Some(limited.to_string()),
        };
        if let Some(words) = words {
            self.leave(service, about, &words);
        }
    }

    /// Leaves why a whole command was refused. Whoever reads what is left with one host may know of no other, so that a
    /// refusal about a host of several is told with this one alone.
    fn leave_refusal(&self, service: &Service, about: About, refusal: &Refusal) {
        let Some(words) = sentence(refusal) else { return };
        let subject = subject(refusal);
        self.leave_all(service, |sight| {
            let hosts = about.hosts(sight);
            let is_told =
                |host: &Fqdn| hosts.len() == 1 || subject.as_ref().is_none_or(|name| *name == host.to_string());
            let words = |host: &Fqdn| if is_told(host) { words.clone() } else { ANOTHER.to_owned() };
            hosts.iter().map(|host| (host.clone(), words(host))).collect()
        });
    }

    /// The hosts of a receipt that were refused.
    fn leave_lines(&self, service: &Service, receipt: &Receipt) {
        let Receipt::Hosts(lines) = receipt else { return };
        let note = |line: &HostLine| Some((line.name.clone(), sentence(line.outcome.as_ref().err()?)?));
        if lines.iter().any(|line| line.outcome.is_err()) {
            self.leave_all(service, |_| lines.iter().filter_map(note).collect());
        }
    }

    fn leave_all(&self, service: &Service, notes: impl FnOnce(&Sight<'_>) -> Vec<(Fqdn, String)>) {
        let snapshot = service.snapshot();
        let sight = Sight::new(&snapshot.registry, self.identity);
        for (host, sentence) in notes(&sight) {
            if sight.host(&host).is_some() {
                service.note_refusal(&host, self.note(service, sentence));
            }
        }
    }

    fn note(&self, service: &Service, sentence: String) -> SoftRefusal {
        let agent = self.agent.map(|agent| self.without_secret(&readable(agent))).unwrap_or_default();
        let agent = agent.chars().take(policy::AGENT_MAX).collect();
        let sentence =
            self.without_secret(&sentence).chars().filter(|c| !c.is_control()).take(policy::SENTENCE_MAX).collect();
        let (source, dialect) = (self.identity.source, self.dialect.to_owned());
        SoftRefusal { time: service.now(), source, dialect, agent, sentence }
    }

    /// Neither the secret nor what is left of a long one where a text that was sent is cut.
    fn without_secret(&self, text: &str) -> String {
        let secret = self.secret.expose_secret();
        text.replace(secret, "…").replace(&shown(secret), "…")
    }
}

/// What is told with those hosts that a refusal of them all is not about.
const ANOTHER: &str = "another host of the same call was refused, and the call is all or nothing";

/// The host that a refusal of a command about several is about, by its name; none where it is about the call.
fn subject(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::NoSuffix { name } | Refusal::NoSubnet { name, .. } => Some(name.to_string()),
        Refusal::NotFound { kind: Kind::Host, name } | Refusal::NotYours { kind: Kind::Host, name } => {
            Some(name.clone())
        }
        Refusal::Conflict { name, .. } => Some(name.to_string().trim_start_matches("*.").to_owned()),
        _ => None,
    }
}

/// A text as it came, cut, with everything escaped that is no printable ASCII: what else there is may hide in a display, or
/// steer it.
pub(crate) fn shown(text: &str) -> String {
    let mut room = policy::SHOWN_MAX;
    let shown = |c: char| if matches!(c, ' '..='~') { c.to_string() } else { c.escape_unicode().to_string() };
    let mut fits = |piece: String| {
        room = room.checked_sub(piece.len())?;
        Some(piece)
    };
    text.chars().map_while(|c| fits(shown(c))).collect()
}

/// What a program calls itself, as it can be shown on any display.
fn readable(agent: &HeaderValue) -> String {
    let printed = agent.as_bytes().iter().copied().filter(|octet| matches!(octet, b' '..=b'~'));
    printed.map(char::from).collect()
}

/// The hosts whose owner is told if something is refused as a whole.
pub(crate) enum About {
    /// None: it updates no host that was there before.
    Nothing,
    /// Those that it names.
    Hosts(Vec<Fqdn>),
    /// Those on a client.
    Client(ClientKey),
    /// All that its caller sees.
    All,
}

impl About {
    /// Those of a command.
    pub(crate) fn command(command: &Command) -> About {
        match command {
            Command::SetHosts { hosts, .. } => About::Hosts(hosts.clone()),
            Command::AddChallenge { host, .. } | Command::RemoveChallenge { host, .. } => {
                About::Hosts(vec![host.clone()])
            }
            Command::MoveClient { key, .. } | Command::PutClient { key, .. } => About::Client(key.clone()),
            Command::SetAllHosts { .. } => About::All,
            _ => About::Nothing,
        }
    }

    fn hosts(self, sight: &Sight<'_>) -> Vec<Fqdn> {
        match self {
            About::Nothing => Vec::new(),
            About::Hosts(hosts) => hosts,
            About::Client(key) => names(sight.hosts_carried_by(&key)),
            About::All => names(sight.hosts()),
        }
    }
}

fn names<'h>(hosts: impl Iterator<Item = &'h Arc<Host>>) -> Vec<Fqdn> {
    hosts.take(policy::NOTES_PER_CALL).map(|host| host.name.clone()).collect()
}

/// A refusal in words that its caller may read; none where there is no caller any more, or the edit is made anew.
fn sentence(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Inactive | Refusal::TokenVoid | Refusal::NotSignedIn | Refusal::Stale => None,
        Refusal::NotYours { kind, name } => Some(Refusal::NotFound { kind: *kind, name: name.clone() }.to_string()),
        refusal => Some(refusal.to_string()),
    }
}
