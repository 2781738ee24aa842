//! Any text can be opened as a link's code, and none opens but those that were made.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ddns_core::{Caller, Command, Identity, Language, NewSignUp, NewToken, Scope, Settings, SignUp, Timestamp};
use ddns_service::{ManualClock, Options, Origin, Request, Service, fresh};
use ddns_store::{MemoryStore, Secret};
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;

/// A service with a good link of each kind, and their codes.
static WORLD: LazyLock<(Service, [String; 3])> = LazyLock::new(|| {
    let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
    let service = Service::start(Box::new(MemoryStore::new()), Options { clock, ..Options::default() }).unwrap();
    let settings = Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() };
    ask(&service, Caller::Local, Command::SetSettings(settings), None);
    let confirm = sign_up(&service, "ina@mail.example");
    sign_up(&service, "max@mail.example");
    let max = service.snapshot().registry.account_by_login(&"max@mail.example".parse().unwrap()).unwrap().number;
    let ((_, digest), secret) = (fresh::token(), fresh::secret_id());
    let new = NewToken { id: fresh::uuid(), account: max, label: "first".parse().unwrap(), scope: Scope::FULL, secret };
    ask(&service, Caller::Mailed(max), Command::Confirm(new), Some((secret, digest)));
    let mail = fresh::uuid();
    let reset = Command::AskPassword { login: "max@mail.example".parse().unwrap(), mail };
    let reset = mailed(&service, Caller::Guest, reset, mail, None);
    let mail = fresh::uuid();
    let change = Command::AskLogin { account: max, to: "new@mail.example".parse().unwrap(), mail };
    let max = Caller::Account(Identity { account: max, token: None, source: None });
    let change = mailed(&service, max, change, mail, None);
    (service, [confirm, reset, change])
});

fn sign_up(service: &Service, login: &str) -> String {
    let (id, mail, password) = (fresh::uuid(), fresh::uuid(), fresh::secret_id());
    let (login, language) = (login.parse().unwrap(), Language::English);
    let hash = fresh::password(&"correct horse".into()).unwrap();
    let command = Command::SignUp(NewSignUp { id, login, password, language, mail });
    mailed(service, Caller::Guest, command, mail, Some((password, hash)))
}

/// The code in the mail that a command causes.
fn mailed(
    service: &Service,
    caller: Caller,
    command: Command,
    mail: uuid::Uuid,
    secret: Option<(ddns_core::SecretId, Secret)>,
) -> String {
    ask(service, caller, command, secret);
    let mail = service.snapshot().registry.mail(mail).unwrap().clone();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(service.link_code(&mail)).unwrap().unwrap().expose_secret().to_owned()
}

fn ask(service: &Service, caller: Caller, command: Command, secret: Option<(ddns_core::SecretId, Secret)>) {
    let mut request = Request::new(caller, command, Origin::new("fuzz"));
    request.secrets.extend(secret);
    service.submit_blocking(request).unwrap();
}

fuzz_target!(|input: (u8, &[u8], &str)| {
    let (choice, mask, text) = input;
    let (service, codes) = &*WORLD;
    let opens = |code: &str| {
        assert_eq!(service.open_link(code).is_ok(), codes.iter().any(|good| good == code), "{code}");
    };
    opens(text);
    // A good code with other bits, and with octets behind it.
    let mut octets = BASE64_URL_SAFE_NO_PAD.decode(&codes[usize::from(choice) % codes.len()]).unwrap();
    for (place, bits) in mask.iter().enumerate() {
        match octets.get_mut(place) {
            Some(octet) => *octet ^= bits,
            None => octets.push(*bits),
        }
    }
    opens(&BASE64_URL_SAFE_NO_PAD.encode(octets));
});
