//! What is due is sent, what was sent is taken out, and what failed comes again later.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ddns_core::{Caller, Change, Command, Mail, Refusal, Registry, Timestamp, policy};
use ddns_service::{Committed, Origin, Request, Service, ServiceError};
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::letter::Letter;
use crate::relay::{Conversation, Failure, Relay};
use crate::settings::MailSettings;

/// Sends until it is told to stop, or the service has stopped. The turn under way then has `grace` to end.
pub(crate) async fn run(mut sending: Sending, mut stopped: watch::Receiver<()>, grace: Duration) {
    let mut changes = sending.service.changes();
    while !sending.is_over() {
        let Some(rest) = turn_until(&mut sending, &mut stopped, grace).await else { return };
        tokio::select! {
            () = sleep(rest) => (),
            () = sending.pause.news(&mut changes, &sending.service) => (),
            _ = stopped.changed() => return,
        }
    }
}

/// One turn; none if it was the last.
async fn turn_until(sending: &mut Sending, stopped: &mut watch::Receiver<()>, grace: Duration) -> Option<Duration> {
    let mut turn = pin!(sending.turn());
    tokio::select! {
        rest = &mut turn => return Some(rest),
        _ = stopped.changed() => (),
    }
    if timeout(grace, turn).await.is_err() {
        tracing::warn!("a mail was on its way at the stop; it is sent at the next start, perhaps again");
    }
    None
}

/// What sends.
pub(crate) struct Sending {
    service: Service,
    relay: Relay,
    settings: MailSettings,
    stopped: watch::Receiver<()>,
    pause: Pause,
    conversation: Option<Conversation>,
    /// What became of mails and could not be stored: it must not be forgotten, or they would be sent over and over.
    untold: BTreeMap<Uuid, Command>,
}

impl Sending {
    pub(crate) fn new(service: Service, relay: Relay, settings: MailSettings, stopped: watch::Receiver<()>) -> Sending {
        let (pause, untold) = (Pause::default(), BTreeMap::new());
        Sending { service, relay, settings, stopped, pause, conversation: None, untold }
    }

    /// Whether it has been told to stop, or there is nothing to send for any more.
    fn is_over(&self) -> bool {
        self.stopped.has_changed().is_err() || self.service.has_stopped()
    }

    /// Sends what is due, the oldest first; then for how long nothing will be.
    async fn turn(&mut self) -> Duration {
        let sent = self.send_due().await;
        if let Some(conversation) = self.conversation.take() {
            conversation.end().await;
        }
        match sent {
            Ok(()) => self.rest(),
            Err(error) => {
                tracing::warn!(%error, "no mail is sent while nothing can be stored");
                self.settings.limits.look
            }
        }
    }

    async fn send_due(&mut self) -> Result<(), ServiceError> {
        self.tell_untold().await?;
        if let Some(reason) = self.service.health().reason {
            return Err(ServiceError::Unavailable(reason));
        }
        for id in self.due() {
            if self.is_over() || self.pause.holds(self.service.now()) {
                break;
            }
            let mail = self.service.snapshot().registry.mail(id).cloned();
            if let Some(mail) = mail.filter(|mail| is_due(mail, self.service.now())) {
                self.deal_with(&mail).await?;
            }
        }
        Ok(())
    }

    /// The mails that are due, the oldest first.
    fn due(&self) -> Vec<Uuid> {
        let (snapshot, now) = (self.service.snapshot(), self.service.now());
        let mut due: Vec<&Arc<Mail>> = snapshot.registry.mails().filter(|mail| is_due(mail, now)).collect();
        due.sort_by_key(|mail| (mail.created, mail.id));
        due.into_iter().map(|mail| mail.id).collect()
    }

    async fn deal_with(&mut self, mail: &Mail) -> Result<(), ServiceError> {
        let account = mail.account.get();
        let Some(letter) = Letter::of(mail, &self.service).await? else {
            tracing::info!(mail = %mail.id, account, "a mail is about nothing any more and is not sent");
            return self.tell(mail.id, Command::RemoveMail { mail: mail.id }).await;
        };
        let next = match self.deliver(&letter).await {
            Ok(()) => {
                tracing::info!(mail = %mail.id, account, "sent a mail");
                Command::RemoveMail { mail: mail.id }
            }
            Err(failure) => self.after(&failure, mail, letter.secret()),
        };
        self.tell(mail.id, next).await
    }

    async fn deliver(&mut self, letter: &Letter<'_>) -> Result<(), Failure> {
        let written = letter.written(&self.settings.from, &self.settings.base_url).map_err(Failure::Never)?;
        if let Some(full) = self.conversation.take_if(|conversation| conversation.is_full()) {
            full.end().await;
        }
        let conversation = match &mut self.conversation {
            Some(conversation) => conversation,
            none => none.insert(self.relay.begin().await?),
        };
        let taken = conversation.hand_over(&written).await;
        let goes_on = match &taken {
            Ok(()) => true,
            Err(Failure::Relay(_) | Failure::Silent(_)) => false,
            Err(Failure::Later(_) | Failure::Never(_)) => conversation.forget().await,
        };
        if !goes_on {
            self.conversation = None;
        }
        if !matches!(taken, Err(Failure::Relay(_))) {
            self.pause = Pause::default();
        }
        taken
    }

    /// What becomes of a mail that was not taken.
    fn after(&mut self, failure: &Failure, mail: &Mail, secret: Option<&str>) -> Command {
        let now = self.service.now();
        let (words, refused) = match failure {
            Failure::Relay(words) => {
                self.pause.relay_failed(now);
                (words, false)
            }
            Failure::Later(words) | Failure::Silent(words) => (words, false),
            Failure::Never(words) => (words, true),
        };
        let words = self.relay.loggable(words, secret);
        let (relay, id, account) = (&self.relay, mail.id, mail.account.get());
        if refused || now >= mail.created.after(policy::MAIL_LIFE) {
            tracing::error!(%relay, mail = %id, account, words, "a mail cannot be delivered and is given up");
            return Command::RemoveMail { mail: id };
        }
        let wait = doubled(policy::MAIL_RETRY, mail.attempts, policy::MAIL_RETRY_MAX);
        tracing::warn!(%relay, mail = %id, account, words, again_in = ?wait, "a mail was not taken");
        Command::RetryMail { mail: id, next: now.after(wait) }
    }

    /// Has the outbox say what became of a mail.
    async fn tell(&mut self, mail: Uuid, command: Command) -> Result<(), ServiceError> {
        self.untold.insert(mail, command);
        self.tell_untold().await
    }

    async fn tell_untold(&mut self) -> Result<(), ServiceError> {
        while let Some((id, command)) = self.untold.first_key_value() {
            let (id, request) = (*id, Request::new(Caller::Local, command.clone(), Origin::new("mail")));
            match self.service.submit(request).await {
                // Somebody else may have taken it out.
                Ok(_) | Err(ServiceError::Refused(Refusal::NotFound { .. })) => self.untold.remove(&id),
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    /// How long nothing is due; not longer than the clock is believed.
    fn rest(&self) -> Duration {
        let now = self.service.now();
        let next = next_due(&self.service.snapshot().registry, now).max(self.pause.end(now));
        let rest = Duration::from_micros(next.micros().saturating_sub(now.micros()));
        rest.min(self.settings.limits.look)
    }
}

/// A mail that comes again later than any pause may be is one whose clock was set back.
fn is_due(mail: &Mail, now: Timestamp) -> bool {
    mail.next <= now || mail.next > now.after(policy::MAIL_RETRY_MAX)
}

fn next_due(registry: &Registry, now: Timestamp) -> Timestamp {
    let moments = registry.mails().map(|mail| if is_due(mail, now) { now } else { mail.next });
    moments.min().unwrap_or(Timestamp::from_micros(u64::MAX))
}

/// While the relay fails, nothing is sent: first for a short while, then for longer ones.
#[derive(Debug, Default)]
struct Pause {
    failures: u32,
    from: Timestamp,
    until: Timestamp,
}

impl Pause {
    /// Whether nothing is to be sent at this moment. A clock that was set back does not make it longer.
    fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    fn end(&self, now: Timestamp) -> Timestamp {
        if self.holds(now) { self.until } else { now }
    }

    fn relay_failed(&mut self, now: Timestamp) {
        let length = doubled(policy::MAIL_RETRY, self.failures, policy::MAIL_PAUSE_MAX);
        *self = Pause { failures: self.failures.saturating_add(1), from: now, until: now.after(length) };
    }

    /// Waits until something has come into the outbox. Whoever asks for a mail to be tried at once knows that the relay
    /// is well again.
    async fn news(&mut self, changes: &mut broadcast::Receiver<Arc<Committed>>, service: &Service) {
        loop {
            let committed = match changes.recv().await {
                Ok(committed) => committed,
                Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
            };
            let mails = committed.changes.iter().filter_map(|change| match change {
                Change::Mail(delta) => delta.after.as_ref().map(|mail| (delta.before.is_some(), mail)),
                _ => None,
            });
            let mut any = false;
            for (tried_before, mail) in mails {
                any = true;
                if tried_before && mail.next <= service.now() {
                    *self = Pause::default();
                }
            }
            if any {
                return;
            }
        }
    }
}

/// A time that doubles with each failure.
fn doubled(first: Duration, failures: u32, most: Duration) -> Duration {
    let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_double_up_to_a_bound() {
        let most = Duration::from_secs(300);
        let times = [0, 1, 2, 3, 31, 32, u32::MAX].map(|failures| doubled(Duration::from_secs(60), failures, most));
        assert_eq!(times.map(|time| time.as_secs()), [60, 120, 240, 300, 300, 300, 300]);
    }

    #[test]
    fn a_pause_ends_by_itself_and_each_further_one_is_longer() {
        let at = Timestamp::from_secs;
        let mut pause = Pause::default();
        assert!(!pause.holds(at(1_000)));
        pause.relay_failed(at(1_000));
        assert!(pause.holds(at(1_000)) && pause.holds(at(1_059)) && !pause.holds(at(1_060)));
        assert!(!pause.holds(at(999)), "the clock was set back");
        pause.relay_failed(at(1_060));
        assert_eq!(pause.end(at(1_060)), at(1_180));
        (0..9).for_each(|_| pause.relay_failed(at(1_180)));
        assert_eq!(pause.end(at(1_180)), at(1_180).after(policy::MAIL_PAUSE_MAX));
    }
}
