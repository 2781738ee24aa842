//! One mail, written: who and what it is about becomes octets that a relay takes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ddns_core::{Account, Language, Mail, MailAddress, MailKind, Timestamp};
use ddns_service::{Service, ServiceError};
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, SinglePart};
use lettre::{Address, Message};
use secrecy::{ExposeSecret, SecretString};

use crate::settings::{BaseUrl, Sender};
use crate::texts::{Matter, Text};

/// One mail with what it takes to write it.
pub(crate) struct Letter<'a> {
    mail: &'a Mail,
    language: Language,
    link: Option<Link>,
    now: Timestamp,
}

/// A link that was made for this mail.
struct Link {
    code: SecretString,
    end: Timestamp,
}

impl Letter<'_> {
    /// Makes a mail's link, from now on good; none if the mail is about nothing any more.
    ///
    /// # Errors
    /// [`ServiceError`] if the service can sign no link at present.
    pub(crate) async fn of<'a>(mail: &'a Mail, service: &Service) -> Result<Option<Letter<'a>>, ServiceError> {
        let snapshot = service.snapshot();
        let Some(account) = snapshot.registry.account(mail.account).filter(|account| concerns(mail, account)) else {
            return Ok(None);
        };
        let (language, now) = (account.language, service.now());
        if !has_link(mail.kind) {
            return Ok(Some(Letter { mail, language, link: None, now }));
        }
        let Some(code) = service.link_code(mail).await? else { return Ok(None) };
        // Whether it opens anything is judged by the one who will open it.
        let opened = service.open_link(code.expose_secret());
        Ok(opened.ok().map(|link| Letter { mail, language, link: Some(Link { code, end: link.end }), now }))
    }

    /// What must not be told to anybody else.
    pub(crate) fn secret(&self) -> Option<&str> {
        self.link.as_ref().map(|link| link.code.expose_secret())
    }

    /// The mail as a relay takes it.
    ///
    /// # Errors
    /// Why it cannot be written, which is then true for ever.
    pub(crate) fn written(&self, from: &Sender, base_url: &BaseUrl) -> Result<Written, String> {
        let text = self.text(base_url)?;
        let (sender, recipient) = (address(&from.address)?, address(&self.mail.to)?);
        let envelope = Envelope::new(Some(sender.clone()), vec![recipient.clone()]).map_err(words)?;
        let id = format!("<{}@{}>", self.mail.id, sender.domain());
        let body = Body::new_with_encoding(text.body, ContentTransferEncoding::QuotedPrintable);
        let body = body.map_err(|_| "the text cannot be encoded".to_owned())?;
        let message = Message::builder()
            .envelope(envelope)
            .date(moment(self.now))
            .from(Mailbox::new(from.name.clone(), sender.clone()))
            .to(Mailbox::new(None, recipient.clone()))
            .subject(text.subject)
            .message_id(Some(id))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", self.language.tag()))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body));
        let octets = message.map_err(words)?.formatted();
        Ok(Written { sender, recipient, octets })
    }

    fn text(&self, base_url: &BaseUrl) -> Result<Text, String> {
        let link = self.link.as_ref().map(|link| format!("{base_url}/confirm/{}", link.code.expose_secret()));
        let matter = Matter {
            kind: self.mail.kind,
            service: base_url.host(),
            address: self.mail.to.as_str(),
            asked: self.mail.created,
            link: link.as_deref().unwrap_or_default(),
            end: self.link.as_ref().map_or(self.now, |link| link.end),
        };
        Text::of(&matter, self.language).map_err(words)
    }
}

/// A mail's envelope and octets.
pub(crate) struct Written {
    pub(crate) sender: Address,
    pub(crate) recipient: Address,
    pub(crate) octets: Vec<u8>,
}

/// Whether the mail still goes to the right person: a link for an account is not sent to an address that the account has
/// given up meanwhile.
fn concerns(mail: &Mail, account: &Account) -> bool {
    match mail.kind {
        MailKind::Confirm | MailKind::ResetPassword | MailKind::AlreadyRegistered => mail.to.login() == account.login,
        MailKind::ChangeLogin | MailKind::LoginChanged | MailKind::PasswordChanged => true,
    }
}

fn has_link(kind: MailKind) -> bool {
    match kind {
        MailKind::Confirm | MailKind::ResetPassword | MailKind::ChangeLogin | MailKind::AlreadyRegistered => true,
        MailKind::LoginChanged | MailKind::PasswordChanged => false,
    }
}

/// Our door for addresses is the narrower one, so this fails for none that we know.
fn address(address: &MailAddress) -> Result<Address, String> {
    address.as_str().parse().map_err(|error| format!("{address} is no address that mail can be sent to: {error}"))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The service's clock as a Date header has it: at most the last second of its four-digit years.
fn moment(now: Timestamp) -> SystemTime {
    const LAST: u64 = 253_402_300_799;
    UNIX_EPOCH.checked_add(Duration::from_secs(now.secs().min(LAST))).unwrap_or(UNIX_EPOCH)
}

fn words(error: impl std::fmt::Display) -> String {
    format!("the mail cannot be written: {error}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_address_that_passes_our_door_can_be_written_to(
            local in "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}){0,2}",
            domain in "[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63}){1,3}",
        ) {
            if let Ok(ours) = format!("{local}@{domain}").parse::<MailAddress>() {
                let theirs = address(&ours).map_err(TestCaseError::fail)?;
                prop_assert_eq!(theirs.to_string(), ours.to_string());
            }
        }
    }

    #[test]
    fn the_end_of_time_has_a_date() {
        let date = |secs| header_of(moment(Timestamp::from_secs(secs)));
        assert_eq!(date(0), "Thu, 01 Jan 1970 00:00:00 +0000");
        assert_eq!(date(u64::MAX), "Fri, 31 Dec 9999 23:59:59 +0000");
    }

    fn header_of(moment: SystemTime) -> String {
        use lettre::message::header::Date;
        let mut headers = lettre::message::header::Headers::new();
        headers.set(Date::new(moment));
        headers.get_raw("Date").unwrap_or_default().to_owned()
    }
}
