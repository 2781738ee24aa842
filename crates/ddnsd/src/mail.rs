//! What the configuration says about mails, and the files that it names.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ddns_core::{SignUp, policy};
use ddns_mail::{
    Authorities, BaseUrl, Encryption, Limits, MailSettings, RelayAddress, RelayLogin, Sender, SettingError,
};
use secrecy::SecretString;

use crate::config::{ConfigError, Keys};

/// Where mails are handed over, in whose name, and the files that this takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The server that takes them.
    pub relay: RelayAddress,
    /// How the connection to it is protected.
    pub encryption: Encryption,
    /// The file of whoever vouches for it.
    pub authorities: Option<PathBuf>,
    /// Who signs in there, and the file of the password.
    pub login: Option<(String, PathBuf)>,
    /// Who mails are from.
    pub from: Sender,
    /// What links begin with.
    pub base_url: BaseUrl,
}

impl Mail {
    /// What the keys say: enough to send mails, or nothing at all.
    pub(crate) fn of(keys: &Keys) -> Result<Option<Mail>, ConfigError> {
        let half = |key, missing| ConfigError::HalfMail { key, missing };
        let Some(relay) = keys.mail_relay.clone() else { return without_relay(keys) };
        let from = keys.mail_from.clone().ok_or(half("mail_relay", "mail_from"))?;
        let base_url = keys.base_url.as_ref().ok_or(half("mail_relay", "base_url"))?;
        let base_url = base_url.to_string().parse().map_err(ConfigError::MailBaseUrl)?;
        let login = match (keys.mail_user.clone(), keys.mail_password_file.clone()) {
            (None, None) => None,
            (Some(user), Some(file)) => Some((user, file)),
            (Some(_), None) => return Err(half("mail_user", "mail_password_file")),
            (None, Some(_)) => return Err(half("mail_password_file", "mail_user")),
        };
        let encryption = keys.mail_tls.unwrap_or_default();
        if encryption == Encryption::None && login.is_some() && !relay.is_loopback() {
            return Err(ConfigError::MailInClear { relay });
        }
        Ok(Some(Mail { relay, encryption, authorities: keys.mail_ca.clone(), login, from, base_url }))
    }

    /// Reads the files.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn load(&self) -> Result<MailSettings, MailError> {
        if self.encryption == Encryption::None && !self.relay.is_loopback() {
            tracing::warn!(relay = %self.relay, "mail_tls is none: links that set passwords go to another machine in the clear");
        }
        let authorities = self.authorities.as_deref().map(read_authorities).transpose()?;
        let login = self.login.as_ref().map(|(user, file)| read_login(user, file)).transpose()?;
        Ok(MailSettings {
            relay: self.relay.clone(),
            encryption: self.encryption,
            authorities,
            login,
            from: self.from.clone(),
            base_url: self.base_url.clone(),
            limits: Limits::default(),
        })
    }
}

/// Nothing may be said that only a relay gives a meaning.
fn without_relay(keys: &Keys) -> Result<Option<Mail>, ConfigError> {
    let given = [
        ("sign_up = confirm", keys.sign_up == Some(SignUp::Confirm)),
        ("mail_from", keys.mail_from.is_some()),
        ("mail_user", keys.mail_user.is_some()),
        ("mail_password_file", keys.mail_password_file.is_some()),
        ("mail_ca", keys.mail_ca.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(ConfigError::HalfMail { key, missing: "mail_relay" }),
        None => Ok(None),
    }
}

fn read_authorities(path: &Path) -> Result<Authorities, MailError> {
    let (pem, _) = read(path, policy::MAIL_CA_MAX)?;
    Authorities::from_pem(pem.as_bytes()).map_err(|rule| MailError::Content { path: path.to_owned(), rule })
}

fn read_login(user: &str, path: &Path) -> Result<RelayLogin, MailError> {
    let most = u64::try_from(policy::PASSWORD_MAX).unwrap_or(u64::MAX).saturating_add(2);
    let (mut password, mode) = read(path, most)?;
    if mode & 0o004 != 0 {
        tracing::warn!(path = %path.display(), "everybody on this machine may read the password of mail_user");
    }
    password.truncate(password.trim_end_matches(['\r', '\n']).len());
    let login = RelayLogin::new(user, SecretString::from(password));
    login.map_err(|rule| MailError::Content { path: path.to_owned(), rule })
}

/// A file's text and its permissions. What is longer than it may be is cut, and then refused by its own rules.
fn read(path: &Path, most: u64) -> Result<(String, u32), MailError> {
    let read = || -> io::Result<(String, u32)> {
        let file = File::open(path)?;
        let mode = file.metadata()?.mode();
        let mut text = String::new();
        file.take(most).read_to_string(&mut text)?;
        Ok((text, mode))
    };
    read().map_err(|source| MailError::File { path: path.to_owned(), source })
}

/// Mails cannot be sent with these files.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The file is there and readable.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file holds what it should.
    #[error("{}: {rule}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        rule: SettingError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of a file.
    fn mail(keys: &str) -> Result<Option<Mail>, String> {
        Mail::of(&toml::from_str(keys).unwrap()).map_err(|error| error.to_string())
    }

    const WHOLE: &str = "mail_relay = 'smtp.example.org:587'\nmail_from = 'ddns@example.org'\n\
                         base_url = 'https://ddns.example.org'\n";

    #[test]
    fn half_of_mail_is_an_error_that_names_what_is_missing() {
        assert_eq!(mail("base_url = 'https://ddns.example.org'\nmail_tls = 'tls'\nsign_up = 'open'"), Ok(None));
        assert_eq!(mail(WHOLE).unwrap().unwrap().encryption, Encryption::StartTls);
        for (keys, key, missing) in [
            ("mail_relay = 'a:25'", "mail_relay", "mail_from"),
            ("mail_relay = 'a:25'\nmail_from = 'a@example.org'", "mail_relay", "base_url"),
            ("mail_from = 'a@example.org'", "mail_from", "mail_relay"),
            ("mail_user = 'a'", "mail_user", "mail_relay"),
            ("mail_password_file = 'a'", "mail_password_file", "mail_relay"),
            ("mail_ca = 'a'", "mail_ca", "mail_relay"),
            ("sign_up = 'confirm'", "sign_up = confirm", "mail_relay"),
            (&format!("{WHOLE}mail_user = 'a'"), "mail_user", "mail_password_file"),
            (&format!("{WHOLE}mail_password_file = 'a'"), "mail_password_file", "mail_user"),
        ] {
            assert_eq!(mail(keys), Err(format!("{key} is given, which needs {missing}, too")), "{keys}");
        }
    }

    #[test]
    fn a_password_leaves_the_machine_encrypted_only() {
        let login = "mail_tls = 'none'\nmail_user = 'a'\nmail_password_file = 'a'";
        let error = mail(&format!("{WHOLE}{login}")).unwrap_err();
        assert!(error.contains("smtp.example.org:587 is another machine"), "{error}");
        assert!(mail(&format!("{}{login}", WHOLE.replace("smtp.example.org", "localhost"))).is_ok());
        assert!(mail(&format!("{WHOLE}mail_tls = 'none'")).is_ok(), "without a password there is nothing to read");
    }
}
