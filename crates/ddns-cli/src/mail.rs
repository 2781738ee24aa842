//! `ddns mail`: what waits to be sent. A running server does the sending.

use clap::{Args, Subcommand};
use ddns_core::{Command, Mail, Registry};
use uuid::Uuid;

use crate::failure::Failure;
use crate::output::{Object, moment, text};
use crate::page::{self, Page};
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// List the mails that wait, the oldest first
    List(List),
    /// Have a mail sent now, whatever it waits for
    Retry(Which),
    /// Take a mail out, unsent
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its id
    #[arg(value_name = "ID")]
    id: Uuid,
}

impl MailCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            MailCommand::List(list) => list.run(session),
            MailCommand::Retry(which) => which.retry(session),
            MailCommand::Remove(which) => which.remove(session),
        }
    }
}

impl List {
    // The outbox is short, so the whole state is loaded for it.
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let after = self.page.after.as_deref().map(|key| key.parse::<Uuid>().map_err(Failure::usage)).transpose()?;
        let after = after.map(|id| find(&registry, id)).transpose()?.map(order);
        let mut mails: Vec<&Mail> = registry.mails().map(AsRef::as_ref).collect();
        mails.sort_by_key(|mail| order(mail));
        let behind = mails.into_iter().filter(|mail| after.is_none_or(|after| order(mail) > after));
        let rows = behind.take(self.page.limit.saturating_add(1));
        let rows = rows.map(|mail| (mail.id.to_string(), view(mail, &registry))).collect();
        page::print(session, &["id", "kind", "to", "attempts", "next", "created"], rows, self.page.limit)
    }
}

impl Which {
    fn retry(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let next = session.now();
        session.submit(Command::RetryMail { mail: self.id, next })?;
        let registry = session.registry()?;
        // A server that is quick may have sent it by now.
        let now = Object::new([("id", text(Some(self.id))), ("next", moment(next))]);
        let shown = registry.mail(self.id).map_or(now, |mail| view(mail, &registry));
        session.out.done(&format!("a running server sends mail {} now", self.id), &shown)
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        session.submit(Command::RemoveMail { mail: self.id })?;
        session.out.done(&format!("removed mail {}", self.id), &Object::new([("removed", text(Some(self.id)))]))
    }
}

fn find(registry: &Registry, id: Uuid) -> Result<&Mail, Failure> {
    registry.mail(id).map(AsRef::as_ref).ok_or_else(|| Failure::not_found(ddns_core::Kind::Mail, id))
}

fn order(mail: &Mail) -> (ddns_core::Timestamp, Uuid) {
    (mail.created, mail.id)
}

/// A mail as a list has it.
fn view(mail: &Mail, registry: &Registry) -> Object {
    Object::new([
        ("id", text(Some(mail.id))),
        ("kind", serde_json::to_value(mail.kind).unwrap_or_default()),
        ("to", text(Some(&mail.to))),
        ("account", text(registry.account(mail.account).map(|account| &account.login))),
        ("attempts", mail.attempts.into()),
        ("next", moment(mail.next)),
        ("created", moment(mail.created)),
    ])
}
