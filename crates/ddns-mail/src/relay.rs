//! One conversation with the relay (RFC 5321), each step within its time and with no reply but the one that it may have.
//!
//! The replies are held to the letter because of what could be slipped in before TLS begins: an octet too many makes
//! every later reply the answer to the question before it, and a mail seem taken that was not.

use std::fmt;
use std::io;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ddns_core::policy;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::letter::Written;
use crate::settings::{Authorities, Encryption, Limits, MailSettings, RelayAddress, RelayLogin};

/// The relay, and how it is talked to.
pub(crate) struct Relay {
    address: RelayAddress,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    login: Option<RelayLogin>,
    /// What we call ourselves: the name under which the world reaches the service.
    hello: ClientId,
    limits: Limits,
}

/// A mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// By no fault of the mail's: the relay cannot be reached, does not let us in, or ends the conversation.
    Relay(String),
    /// Not now.
    Later(String),
    /// Not now: nothing was said about it in time, and what is said later would be taken for the answer to something else.
    Silent(String),
    /// Not ever.
    Never(String),
}

impl Relay {
    /// # Errors
    /// If TLS cannot be had with these authorities.
    pub(crate) fn new(settings: &MailSettings) -> io::Result<Relay> {
        let tls = match settings.encryption {
            Encryption::None => None,
            Encryption::StartTls | Encryption::Tls => {
                Some(tls(settings.relay.host(), settings.authorities.as_ref()).map_err(io::Error::other)?)
            }
        };
        Ok(Relay {
            address: settings.relay.clone(),
            encryption: settings.encryption,
            tls,
            login: settings.login.clone(),
            hello: settings.base_url.hello(),
            limits: settings.limits,
        })
    }

    /// Begins a conversation, up to where mails can be handed over.
    pub(crate) async fn begin(&self) -> Result<Conversation, Failure> {
        let begun = within(self.limits.connect, "to begin", self.connect()).await;
        begun.map_err(|trouble| Failure::Relay(trouble.to_string()))
    }

    async fn connect(&self) -> Result<Conversation, Trouble> {
        let place = (self.address.host(), self.address.port());
        let from_the_start = self.tls.clone().filter(|_| self.encryption == Encryption::Tls);
        let each = self.limits.connect.checked_div(4); // One of its addresses may be a dead end.
        let opened = AsyncSmtpConnection::connect_tokio1(place, each, &self.hello, from_the_start, None);
        let mut connection = opened.await?;
        if let (Encryption::StartTls, Some(tls)) = (self.encryption, self.tls.clone()) {
            connection.starttls(tls, &self.hello).await?;
        }
        if let Some(login) = &self.login {
            let credentials = Credentials::new(login.user.clone(), login.password.expose_secret().to_owned());
            only(&[235], &connection.auth(DEFAULT_MECHANISMS, &credentials).await?)?;
        }
        Ok(Conversation { connection, limits: self.limits, mails: 0 })
    }

    /// Words from elsewhere as the log may have them: one line of bounded length, without what only the relay may know and
    /// without `secret`.
    pub(crate) fn loggable(&self, words: &str, secret: Option<&str>) -> String {
        let mut words = words.to_owned();
        let login = self.login.iter().flat_map(wire_forms);
        for secret in login.chain(secret.map(str::to_owned)) {
            words = words.replace(&secret, "[…]");
        }
        let printable = words.chars().map(|c| if c.is_control() { ' ' } else { c });
        printable.take(policy::RELAY_WORDS).collect()
    }
}

impl fmt::Display for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

fn tls(host: String, authorities: Option<&Authorities>) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let mut parameters = TlsParameters::builder(host);
    if let Some(Authorities(certificates)) = authorities {
        parameters = parameters.certificate_store(CertificateStore::None);
        for certificate in certificates {
            parameters = parameters.add_root_certificate(certificate.clone());
        }
    }
    parameters.build()
}

/// The password, as it is and as it is said (RFC 4616, RFC 4954): a relay may repeat what it did not understand.
fn wire_forms(login: &RelayLogin) -> [String; 3] {
    let password = login.password.expose_secret();
    let plain = BASE64_STANDARD.encode(format!("\0{}\0{password}", login.user));
    [plain, BASE64_STANDARD.encode(password), password.to_owned()]
}

/// A conversation in which mails can be handed over.
pub(crate) struct Conversation {
    connection: AsyncSmtpConnection,
    limits: Limits,
    mails: usize,
}

impl Conversation {
    /// Hands one mail over. When this returns, the relay answers for it.
    pub(crate) async fn hand_over(&mut self, letter: &Written) -> Result<(), Failure> {
        self.mails = self.mails.saturating_add(1);
        let sender = Some(letter.sender.clone());
        let begun = self.say("MAIL", &[250], Mail::new(sender, Vec::new())).await;
        // Whose name it comes in is the same for every mail.
        begun.map_err(|trouble| Failure::Relay(trouble.to_string()))?;
        let recipient = Rcpt::new(letter.recipient.clone(), Vec::new());
        // Taken, or taken to be passed on (RFC 5321, section 4.2.2).
        self.say("RCPT", &[250, 251], recipient).await.map_err(Trouble::judged)?;
        self.say("DATA", &[354], Data).await.map_err(Trouble::judged)?;
        let taken = async { only(&[250], &self.connection.message(&letter.octets).await?) };
        within(self.limits.taken, "the mail", taken).await.map_err(Trouble::judged)
    }

    /// Forgets a mail that was refused; whether the next one can be handed over in the same conversation.
    pub(crate) async fn forget(&mut self) -> bool {
        self.say("RSET", &[250], Rset).await.is_ok()
    }

    /// Whether it has lasted long enough.
    pub(crate) fn is_full(&self) -> bool {
        self.mails >= policy::MAILS_PER_CONVERSATION
    }

    /// Says good-bye. Nothing depends on the answer, so it is not waited for as long as others are.
    pub(crate) async fn end(mut self) {
        self.limits.command = self.limits.command.min(self.limits.stop);
        let _said = self.say("QUIT", &[221], Quit).await;
    }

    async fn say(&mut self, name: &'static str, replies: &[u16], command: impl fmt::Display) -> Result<(), Trouble> {
        let said = async { only(replies, &self.connection.command(command).await?) };
        within(self.limits.command, name, said).await
    }
}

/// What went wrong in one step.
#[derive(Debug)]
enum Trouble {
    /// The relay says so: a reply of 400 and above.
    Refused { code: u16, words: String },
    /// Nothing is said in time.
    Late(String),
    /// There is nobody to talk to, or what is said makes no sense.
    Broken(String),
}

impl Trouble {
    /// What it means for the mail that was being handed over.
    fn judged(self) -> Failure {
        let words = self.to_string();
        match self {
            // Closing down (RFC 5321), or wanting us to sign in first or otherwise (RFC 4954).
            Trouble::Refused { code: 421 | 530 | 534 | 535 | 538, .. } | Trouble::Broken(_) => Failure::Relay(words),
            Trouble::Late(_) => Failure::Silent(words),
            Trouble::Refused { code: 400..=499, .. } => Failure::Later(words),
            Trouble::Refused { .. } => Failure::Never(words),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Refused { code, words } => write!(f, "{code} {words}"),
            Trouble::Late(words) | Trouble::Broken(words) => f.write_str(words),
        }
    }
}

impl From<lettre::transport::smtp::Error> for Trouble {
    fn from(error: lettre::transport::smtp::Error) -> Trouble {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        match (error.status(), source) {
            (Some(code), words) => Trouble::Refused { code: code.into(), words: words.unwrap_or_default() },
            (None, Some(words)) => Trouble::Broken(words),
            (None, None) => Trouble::Broken(error.to_string()),
        }
    }
}

/// The replies that go on; nearly always it is one.
fn only(codes: &[u16], response: &Response) -> Result<(), Trouble> {
    let said = u16::from(response.code());
    if codes.contains(&said) {
        return Ok(());
    }
    let belong = codes.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
    Err(Trouble::Broken(format!(
        "the relay said {said} where {belong} belongs: {}",
        response.message().collect::<String>()
    )))
}

async fn within<T>(
    time: Duration,
    step: &'static str,
    work: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    let late = || Trouble::Late(format!("the relay took longer than {time:?} ({step})"));
    timeout(time, work).await.unwrap_or_else(|_| Err(late()))
}
