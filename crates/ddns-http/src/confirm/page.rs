//! What the pages say, in the languages that accounts choose. The words themselves are in `templates/`, a file for each
//! language; scripts are told the same in JSON.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ddns_core::{Language, Login, policy};
use ddns_service::fresh::PasswordError;
use ddns_service::{Link, LinkVoid, Purpose};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::dialect::Fault;
use crate::reply::{self, FaultWords};

/// One page, or what a script is told in its place.
pub(super) enum Page {
    /// The link lets an account act.
    AskConfirm { email: Login },
    /// It acts. Its first token is shown once.
    Confirmed { email: Login, token: SecretString, has_password: bool, base: String, domain: String },
    /// The link chooses a new password; what was wrong with the one that was typed.
    AskPassword { email: Login, wrong: Option<Complaint> },
    /// It is chosen.
    PasswordSet { email: Login },
    /// The link lets an account sign in with another address.
    AskLogin { from: Login, to: Login },
    /// It does.
    LoginSet { email: Login },
    /// Another account does so meanwhile.
    Taken { email: Login },
    /// The link does nothing; nobody is told why.
    Void,
    /// What every room has to say.
    Fault(Fault),
}

/// What is wrong with a password that somebody has typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Complaint {
    /// A password has a named lower bound.
    TooShort,
    /// And an upper one.
    TooLong,
    /// Both fields must hold the same.
    NotTheSame,
}

impl Page {
    /// What a link does that works.
    pub(super) fn ask(link: &Link) -> Page {
        let email = link.account.login.clone();
        match &link.purpose {
            Purpose::Confirm => Page::AskConfirm { email },
            Purpose::SetPassword { .. } => Page::AskPassword { email, wrong: None },
            Purpose::SetLogin { from, to } => Page::AskLogin { from: from.clone(), to: to.login() },
        }
    }

    /// For a person.
    pub(super) fn html(&self, language: Language) -> HttpResponse {
        let text = Sheet { page: self, language }.render().unwrap_or_default(); // Cannot fail: it is written into memory.
        let mut answer = HttpResponse::build(self.status());
        answer
            .content_type(ContentType::html())
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
            .insert_header((REFERRER_POLICY, REFERRER))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if let Page::Fault(fault) = self
            && let Some(moment) = reply::fault(*fault, &FAULTS).headers().get(RETRY_AFTER)
        {
            answer.insert_header((RETRY_AFTER, moment));
            if *fault == Fault::Limited {
                reply::next_hour(&mut answer);
            }
        }
        answer.body(text)
    }

    /// For a script.
    pub(super) fn json(&self) -> HttpResponse {
        let status = self.status();
        let done = |email, api_token| reply::json(status, &Done { api_token, email });
        match self {
            Page::Confirmed { email, token, .. } => done(email, Some(token.expose_secret())),
            Page::AskConfirm { email }
            | Page::AskPassword { email, wrong: None }
            | Page::PasswordSet { email }
            | Page::AskLogin { to: email, .. }
            | Page::LoginSet { email } => done(email, None),
            Page::AskPassword { wrong: Some(complaint), .. } => {
                reply::json(status, &Complaints { password: Some([complaint.said()]), email: None })
            }
            Page::Taken { .. } => reply::json(status, &Complaints { password: None, email: Some([TAKEN]) }),
            Page::Void => reply::message(status, &LinkVoid.to_string()),
            Page::Fault(fault) => reply::fault(*fault, &FAULTS),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Page::AskPassword { wrong: Some(_), .. } | Page::Taken { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Page::Void => StatusCode::GONE,
            Page::Fault(fault) => reply::fault(*fault, &FAULTS).status(),
            _ => StatusCode::OK,
        }
    }
}

/// What the link was there for is done.
#[derive(Serialize, ToSchema)]
#[schema(as = Followed)]
pub(super) struct Done<'p> {
    /// The account's first token, shown this once, where the link confirmed the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "42fcb5dd5f6553f90676a98523e6e22d87944c33")]
    api_token: Option<&'p str>,
    /// What the account signs in with.
    #[schema(value_type = String, example = "joe@example.org")]
    email: &'p Login,
}

/// What is wrong with what was sent, by its name.
#[derive(Serialize, ToSchema)]
#[schema(as = FollowedInVain)]
pub(super) struct Complaints {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, example = json!(["is too short (minimum is 8 characters)"]))]
    password: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, example = json!(["has already been taken"]))]
    email: Option<[&'static str; 1]>,
}

impl Complaint {
    fn said(self) -> &'static str {
        match self {
            Complaint::TooShort => reply::about_password(PasswordError::TooShort),
            Complaint::TooLong => reply::about_password(PasswordError::TooLong),
            Complaint::NotTheSame => "is not the same twice",
        }
    }
}

const TAKEN: &str = "has already been taken";

/// What the shared table of faults leaves open.
const FAULTS: FaultWords =
    FaultWords { sign_in: "Open the link from the mail", not_json: "The body could not be read" };

/// The origin alone goes to whoever is asked next, and the code in the path to nobody. `no-referrer` would have browsers
/// send the form with `Origin: null`, as if it came from elsewhere.
const REFERRER: &str = "strict-origin";

/// Every page's only style sheet, in the page itself.
const STYLE: &str = include_str!("../../templates/style.css");

/// A page shows itself and sends its form back, and does nothing else. No script runs, no other site frames it.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
});

/// A page in a language.
#[derive(Template)]
#[template(path = "page.html")]
struct Sheet<'p> {
    page: &'p Page,
    language: Language,
}

impl Sheet<'_> {
    fn title(&self) -> &'static str {
        let (english, german) = match self.page {
            Page::AskConfirm { .. } => ("Confirm your account", "Konto bestätigen"),
            Page::Confirmed { .. } => ("Your account is confirmed", "Ihr Konto ist bestätigt"),
            Page::AskPassword { .. } => ("A new password", "Ein neues Passwort"),
            Page::PasswordSet { .. } => ("The password is set", "Das Passwort ist gesetzt"),
            Page::AskLogin { .. } => ("Confirm your new address", "Neue Adresse bestätigen"),
            Page::LoginSet { .. } => ("The address is changed", "Die Adresse ist geändert"),
            Page::Taken { .. } => ("This address is taken", "Diese Adresse ist vergeben"),
            Page::Void => ("This link does not work", "Dieser Link funktioniert nicht"),
            Page::Fault(Fault::CrossSite) => ("Not sent from this page", "Nicht von dieser Seite gesendet"),
            Page::Fault(_) => ("That did not work", "Das hat nicht geklappt"),
        };
        self.say(english, german)
    }

    /// The rule for passwords.
    fn rule(&self) -> String {
        let min = policy::PASSWORD_MIN;
        match self.language {
            Language::English => format!("At least {min} characters."),
            Language::German => format!("Mindestens {min} Zeichen."),
        }
    }

    /// What was wrong with the one that was typed; empty if nothing was.
    fn complaint(&self, wrong: &Option<Complaint>) -> &'static str {
        let (english, german) = match wrong {
            None => ("", ""),
            Some(Complaint::TooShort) => ("This password is too short.", "Dieses Passwort ist zu kurz."),
            Some(Complaint::TooLong) => ("This password is too long.", "Dieses Passwort ist zu lang."),
            Some(Complaint::NotTheSame) => {
                ("You typed two different passwords.", "Sie haben zwei verschiedene Passwörter eingegeben.")
            }
        };
        self.say(english, german)
    }

    /// Inside the single quotes of a shell.
    fn quoted(&self, login: &Login) -> String {
        login.as_str().replace('\'', r"'\''")
    }

    fn say(&self, english: &'static str, german: &'static str) -> &'static str {
        match self.language {
            Language::English => english,
            Language::German => german,
        }
    }
}
