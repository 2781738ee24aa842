//! Mailed links: they do what they say, once, until they end, and for nobody but whom they were mailed to.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ddns_core::{
    AccountEdit, AccountNo, AccountState, Caller, Change, Command, Identity, Language, Mail, MailKind, NewSignUp,
    NewToken, Scope, Settings, SignUp, Timestamp, TokenLabel, policy,
};
use ddns_service::{Link, LinkVoid, ManualClock, Options, Origin, Purpose, Reply, Request, Service, fresh};
use ddns_store::{FileStore, LogQuery, MemoryStore, Secret, Store};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::tools::Dice;
use crate::world::ask;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
/// When links are asked for.
const ASKED: Timestamp = Timestamp::from_secs(1_800_000_001);
const MAX: &str = "max@mail.example";
const INA: &str = "ina@mail.example";
const NEW: &str = "new@mail.example";

/// A service that takes sign-ups by confirmation, on a clock that tests move.
pub(crate) struct Mailing {
    pub(crate) service: Service,
    pub(crate) clock: Arc<ManualClock>,
}

impl Mailing {
    pub(crate) fn start(store: impl Store + 'static) -> Mailing {
        let clock = ManualClock::at(NOW);
        let options = Options { clock: clock.clone(), ..Options::default() };
        let service = Service::start(Box::new(store), options).unwrap();
        let settings = Settings { sign_up: SignUp::Confirm, mail: true, ..Settings::default() };
        ask(&service, Command::SetSettings(settings));
        Mailing { service, clock }
    }

    /// With max, who is active, and ina, who has not confirmed; nothing waits to be mailed.
    fn furnished() -> Mailing {
        let mailing = Mailing::start(MemoryStore::new());
        mailing.sign_up(INA);
        mailing.sign_up(MAX);
        mailing.follow(&mailing.open(&mailing.code(MailKind::Confirm, MAX)).unwrap());
        mailing.empty_outbox();
        mailing.pass(1);
        mailing
    }

    pub(crate) fn sign_up(&self, login: &str) {
        let (id, mail, password) = (fresh::uuid(), fresh::uuid(), fresh::secret_id());
        let new = NewSignUp { id, login: login.parse().unwrap(), password, language: Language::English, mail };
        let request = Request::new(Caller::Guest, Command::SignUp(new), Origin::new("test"));
        self.submit(request.with_secret(password, some_hash()));
    }

    pub(crate) fn ask_password(&self, login: &str) {
        let command = Command::AskPassword { login: login.parse().unwrap(), mail: fresh::uuid() };
        self.submit(Request::new(Caller::Guest, command, Origin::new("test")));
    }

    fn ask_login(&self, account: AccountNo, to: &str) {
        let command = Command::AskLogin { account, to: to.parse().unwrap(), mail: fresh::uuid() };
        self.submit(Request::new(by(account), command, Origin::new("test")));
    }

    pub(crate) fn submit(&self, request: Request) -> Reply {
        self.service.submit_blocking(request).unwrap()
    }

    fn number(&self, login: &str) -> AccountNo {
        self.service.snapshot().registry.account_by_login(&login.parse().unwrap()).unwrap().number
    }

    fn pass(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
        self.service.catch_up();
    }

    pub(crate) fn mail(&self, kind: MailKind, to: &str) -> Mail {
        let snapshot = self.service.snapshot();
        let found = snapshot.registry.mails().find(|mail| mail.kind == kind && mail.to.as_str() == to);
        Mail::clone(found.unwrap_or_else(|| panic!("no {kind:?} to {to} in the outbox")))
    }

    fn code_of(&self, mail: &Mail) -> Option<String> {
        code_of(&self.service, mail)
    }

    /// The code of the mail of this kind to this address.
    fn code(&self, kind: MailKind, to: &str) -> String {
        self.code_of(&self.mail(kind, to)).unwrap()
    }

    /// A link of each kind: ina's confirmation, max's password, max's new address.
    fn codes(&self) -> [String; 3] {
        self.ask_password(INA);
        self.ask_password(MAX);
        self.ask_login(self.number(MAX), NEW);
        let wanted = [(MailKind::Confirm, INA), (MailKind::ResetPassword, MAX), (MailKind::ChangeLogin, NEW)];
        wanted.map(|(kind, to)| self.code(kind, to))
    }

    fn open(&self, code: &str) -> Result<Link, LinkVoid> {
        self.service.open_link(code)
    }

    /// Does what the link says.
    fn follow(&self, link: &Link) {
        let account = link.account.number;
        let secret = fresh::secret_id();
        let (command, made) = match &link.purpose {
            Purpose::Confirm => {
                let label = TokenLabel::API_TOKEN;
                let new = NewToken { id: fresh::uuid(), account, label, scope: Scope::FULL, secret };
                (Command::Confirm(new), Some(fresh::token().1))
            }
            Purpose::SetPassword { from } => {
                (Command::SetPassword { account, from: *from, to: secret }, Some(some_hash()))
            }
            Purpose::SetLogin { from, to } => {
                let (from, to) = (from.clone(), to.clone());
                (Command::SetLogin { account, from, to, mail: fresh::uuid() }, None)
            }
        };
        let mut request = Request::new(link.caller(), command, Origin::new("test"));
        request.secrets.extend(made.map(|made| (secret, made)));
        assert!(self.submit(request).changed);
    }

    fn follow_code(&self, code: &str) {
        self.follow(&self.open(code).unwrap());
    }

    fn set_state(&self, login: &str, state: AccountState) {
        self.set(login, AccountEdit { state: Some(state), ..AccountEdit::default() });
    }

    fn set_login(&self, login: &str, to: &str) {
        self.set(login, AccountEdit { login: Some(to.parse().unwrap()), ..AccountEdit::default() });
    }

    fn set(&self, login: &str, edit: AccountEdit) {
        ask(&self.service, Command::SetAccount { account: self.number(login), edit });
    }

    fn set_own_password(&self, login: &str) {
        let (account, to) = (self.number(login), fresh::secret_id());
        let edit = AccountEdit { password: Some(to), ..AccountEdit::default() };
        let request = Request::new(by(account), Command::SetAccount { account, edit }, Origin::new("test"));
        self.submit(request.with_secret(to, some_hash()));
    }

    fn remove(&self, login: &str) {
        ask(&self.service, Command::RemoveAccount { account: self.number(login) });
    }

    fn empty_outbox(&self) {
        for mail in self.service.snapshot().registry.mails() {
            ask(&self.service, Command::RemoveMail { mail: mail.id });
        }
    }
}

/// Stands for a hash where nobody signs in: a real one takes its time.
fn some_hash() -> Secret {
    Secret::PasswordHash(Zeroizing::new("$argon2id$".to_owned()))
}

fn by(account: AccountNo) -> Caller {
    Caller::Account(Identity { account, token: None, source: None })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn code_of(service: &Service, mail: &Mail) -> Option<String> {
    runtime().block_on(service.link_code(mail)).unwrap().map(|code| code.expose_secret().to_owned())
}

/// Ina and max.
fn both(what: impl Fn(&str)) {
    [INA, MAX].into_iter().for_each(what);
}

fn earlier(moment: Timestamp, micros: u64) -> Timestamp {
    Timestamp::from_micros(moment.micros() - micros)
}

// -- what links do

#[test]
fn each_link_says_what_it_does_and_does_it_once() {
    let mailing = Mailing::furnished();
    let (ina, max) = (mailing.number(INA), mailing.number(MAX));
    let [confirm, reset, change] = mailing.codes();
    let opened = mailing.open(&confirm).unwrap();
    assert_eq!((opened.account.number, &opened.purpose), (ina, &Purpose::Confirm));
    assert_eq!(opened.end, NOW.after(policy::UNCONFIRMED_LIFE), "as long as the account waits");
    assert_eq!(opened.caller(), Caller::Mailed(ina));
    mailing.follow(&opened);
    assert_eq!(mailing.open(&confirm), Err(LinkVoid));

    let opened = mailing.open(&change).unwrap();
    let purpose = Purpose::SetLogin { from: MAX.parse().unwrap(), to: NEW.parse().unwrap() };
    assert_eq!((opened.account.number, &opened.purpose), (max, &purpose));
    assert_eq!(opened.end, mailing.service.now().after(policy::LINK_LIFE));

    let opened = mailing.open(&reset).unwrap();
    let from = opened.account.password;
    assert_eq!((opened.account.number, &opened.purpose), (max, &Purpose::SetPassword { from }));
    assert_eq!(opened.end, mailing.service.now().after(policy::LINK_LIFE));
    mailing.follow(&opened);
    assert_eq!(mailing.open(&reset), Err(LinkVoid));

    mailing.ask_login(max, NEW);
    let change = mailing.code(MailKind::ChangeLogin, NEW);
    mailing.follow(&mailing.open(&change).unwrap());
    assert_eq!(mailing.open(&change), Err(LinkVoid));
    assert_eq!(mailing.number(NEW), max);
    assert_eq!(mailing.mail(MailKind::LoginChanged, MAX).account, max, "the former address is told");
}

/// Opening is not using: mail scanners open links.
#[test]
fn a_link_is_opened_as_often_as_one_likes() {
    let mailing = Mailing::furnished();
    let codes = mailing.codes();
    for code in &codes {
        assert_eq!(mailing.open(code), mailing.open(code));
        assert!(mailing.open(code).is_ok());
    }
    // Another mail of the kind does not spoil the one before: mails overtake each other.
    mailing.empty_outbox();
    mailing.pass(1);
    let later = mailing.codes();
    assert!(codes.iter().chain(&later).all(|code| mailing.open(code).is_ok()));
    assert!(codes[1] != later[1] && codes[2] != later[2], "it ends later");
}

#[test]
fn a_mail_without_a_link_has_none() {
    let mailing = Mailing::furnished();
    mailing.sign_up(MAX);
    mailing.ask_login(mailing.number(MAX), NEW);
    mailing.follow(&mailing.open(&mailing.code(MailKind::ChangeLogin, NEW)).unwrap());
    assert_eq!(mailing.code_of(&mailing.mail(MailKind::LoginChanged, MAX)), None);
}

/// Who has an account and signs up again has most likely forgotten the password.
#[test]
fn whoever_has_an_account_already_may_choose_a_new_password() {
    let mailing = Mailing::furnished();
    mailing.sign_up(MAX);
    let link = mailing.open(&mailing.code(MailKind::AlreadyRegistered, MAX)).unwrap();
    assert!(matches!(link.purpose, Purpose::SetPassword { .. }), "{link:?}");
}

// -- when they are void

/// What happens between the mail and the click, and which of the three links (confirmation, password, address) is good then.
/// Whatever changes the account makes void what was asked for before.
#[test]
fn links_end_with_what_they_are_about() {
    type Event = fn(&Mailing, &[String; 3]);
    const ALL: [bool; 3] = [true, true, true];
    const CONFIRMATION: [bool; 3] = [true, false, false];
    const OTHERS: [bool; 3] = [false, true, true];
    const NONE: [bool; 3] = [false, false, false];
    let rows: [(&str, Event, [bool; 3]); 20] = [
        ("nothing", |_, _| (), ALL),
        ("confirmed by its link", |m, codes| m.follow_code(&codes[0]), OTHERS),
        ("the password set by its link", |m, codes| m.follow_code(&codes[1]), CONFIRMATION),
        ("the address set by its link", |m, codes| m.follow_code(&codes[2]), CONFIRMATION),
        ("confirmed by the operator", |m, _| m.set_state(INA, AccountState::Active), OTHERS),
        // Who keeps an intruder out by another password voids the address that the intruder asked for, too.
        ("a password of the owner's", |m, _| m.set_own_password(MAX), CONFIRMATION),
        ("suspended", |m, _| both(|login| m.set_state(login, AccountState::Suspended)), NONE),
        (
            "suspended, and active again",
            |m, _| {
                both(|login| m.set_state(login, AccountState::Suspended));
                both(|login| m.set_state(login, AccountState::Active));
            },
            NONE,
        ),
        ("other addresses", |m, _| both(|login| m.set_login(login, &format!("new-{login}"))), NONE),
        (
            "another address, and back",
            |m, _| {
                m.set_login(MAX, "max2@mail.example");
                m.set_login("max2@mail.example", MAX);
            },
            CONFIRMATION,
        ),
        ("removed", |m, _| both(|login| m.remove(login)), NONE),
        (
            "removed, and there again",
            |m, _| {
                both(|login| m.remove(login));
                both(|login| m.sign_up(login));
                m.follow_code(&m.code(MailKind::Confirm, MAX));
            },
            NONE,
        ),
        // Whoever claims the address too: its owner alone confirms, and nobody's password stays.
        ("claimed by a second one", |m, _| m.sign_up(INA), ALL),
        ("asked for once more", |m, _| drop(m.codes()), ALL),
        ("an hour but a microsecond", |m, _| m.clock.set(earlier(ASKED.after(policy::LINK_LIFE), 1)), ALL),
        ("an hour", |m, _| m.clock.set(ASKED.after(policy::LINK_LIFE)), CONFIRMATION),
        ("a week but a microsecond", |m, _| m.clock.set(earlier(NOW.after(policy::UNCONFIRMED_LIFE), 1)), CONFIRMATION),
        ("a week", |m, _| m.clock.set(NOW.after(policy::UNCONFIRMED_LIFE)), NONE),
        ("the clock set back a minute", |m, _| m.clock.set(earlier(ASKED, 60_000_000)), ALL),
        // They were made while the clock was wrong, and would be good for days.
        ("the clock set back a day", |m, _| m.clock.set(earlier(ASKED, 86_400_000_000)), CONFIRMATION),
    ];
    for (what, event, good) in rows {
        let mailing = Mailing::furnished();
        let codes = mailing.codes();
        mailing.empty_outbox();
        event(&mailing, &codes);
        assert_eq!(codes.each_ref().map(|code| mailing.open(code).is_ok()), good, "{what}");
    }
}

/// The sender holds a mail in its hand while the account changes: then it makes no link any more. Once it made one for
/// whoever reads the former address.
#[test]
fn a_mail_is_sent_with_a_link_while_it_waits() {
    type Event = fn(&Mailing);
    let rows: [(&str, Event); 7] = [
        ("other addresses", |m| both(|login| m.set_login(login, &format!("new-{login}")))),
        ("confirmed and with another password", |m| {
            m.set_state(INA, AccountState::Active);
            m.set_own_password(MAX);
        }),
        ("suspended", |m| both(|login| m.set_state(login, AccountState::Suspended))),
        ("removed", |m| both(|login| m.remove(login))),
        ("removed, and there again", |m| {
            both(|login| m.remove(login));
            both(|login| m.sign_up(login));
        }),
        ("another address, and back, and another password", |m| {
            both(|login| m.set_login(login, &format!("new-{login}")));
            both(|login| m.set_login(&format!("new-{login}"), login));
        }),
        ("taken out", |m| m.empty_outbox()),
    ];
    for (what, event) in rows {
        let mailing = Mailing::furnished();
        mailing.codes();
        let held = mailing.service.snapshot().registry.mails().map(|mail| Mail::clone(mail)).collect::<Vec<_>>();
        assert_eq!(held.len(), 3);
        event(&mailing);
        for mail in held {
            assert_eq!(mailing.code_of(&mail), None, "{what}: {mail:?}");
        }
    }
}

#[test]
fn a_link_outlives_a_restart_and_no_other_key() {
    let store = MemoryStore::new();
    let mailing = Mailing::start(store.clone());
    mailing.sign_up(INA);
    let code = mailing.code(MailKind::Confirm, INA);
    mailing.service.stop();
    let again = Mailing::start(store);
    assert!(again.open(&code).is_ok());
    assert_eq!(again.code(MailKind::Confirm, INA), code);
    // The same account, as far as anybody can see, under another key.
    let other = Mailing::start(MemoryStore::new());
    for change in again.service.snapshot().registry.snapshot() {
        if let Change::Account(delta) = change {
            let account = delta.after.unwrap();
            let login = account.login.as_str().parse().unwrap();
            let (id, password, mail) = (account.id, account.password.unwrap(), fresh::uuid());
            let new = NewSignUp { id, login, password, language: account.language, mail };
            let request = Request::new(Caller::Guest, Command::SignUp(new), Origin::new("test"));
            other.submit(request.with_secret(password, some_hash()));
        }
    }
    assert_eq!(other.open(&code), Err(LinkVoid), "there is no key yet");
    assert_ne!(other.code(MailKind::Confirm, INA), code);
    assert_eq!(other.open(&code), Err(LinkVoid));
    assert!(other.open(&other.code(MailKind::Confirm, INA)).is_ok());
}

// -- forgeries

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. %\n";

/// Every code in one step from a good one: other bits, another character, one less, one more.
#[test]
fn nothing_near_a_good_code_opens() {
    let mailing = Mailing::furnished();
    for code in mailing.codes() {
        let octets = BASE64_URL_SAFE_NO_PAD.decode(&code).unwrap();
        let void = |forged: &str| assert_eq!(mailing.open(forged), Err(LinkVoid), "{forged} near {code}");
        for bit in 0..octets.len() * 8 {
            let mut forged = octets.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            void(&BASE64_URL_SAFE_NO_PAD.encode(forged));
        }
        for at in 0..code.len() {
            for other in ALPHABET.iter().filter(|other| **other != code.as_bytes()[at]) {
                let mut forged = code.clone().into_bytes();
                forged[at] = *other;
                void(str::from_utf8(&forged).unwrap());
            }
            void(&format!("{}{}", &code[..at], &code[at + 1..]));
            void(&code[..at]);
            void(&code[at + 1..]);
        }
        for more in ALPHABET {
            void(&format!("{code}{}", char::from(*more)));
            void(&format!("{}{code}", char::from(*more)));
        }
        for more in [1, 16, 1_000] {
            void(&BASE64_URL_SAFE_NO_PAD.encode([octets.as_slice(), &vec![0; more]].concat()));
        }
        void(&code.repeat(2));
        void(&code.to_lowercase());
        assert!(mailing.open(&code).is_ok());
    }
}

/// Any number of bits, of any of the links, from a seed that is printed.
#[test]
fn no_code_with_other_bits_opens() {
    let (mailing, mut dice) = (Mailing::furnished(), Dice::new());
    let codes = mailing.codes().map(|code| BASE64_URL_SAFE_NO_PAD.decode(code).unwrap());
    for _ in 0..crate::tools::soak(20_000, 2_000_000) {
        let good = &codes[dice.below(3) as usize];
        let mut forged = good.clone();
        for _ in 0..=dice.below(8) {
            let bit = dice.below(forged.len() as u64 * 8) as usize;
            forged[bit / 8] ^= 1 << (bit % 8);
        }
        let code = BASE64_URL_SAFE_NO_PAD.encode(&forged);
        assert_eq!(mailing.open(&code).is_ok(), codes.contains(&forged), "{code}");
    }
}

/// The tag of one code does not sign what another says.
#[test]
fn a_tag_is_no_other_codes_tag() {
    const TAG: usize = 16;
    let mailing = Mailing::furnished();
    let codes = mailing.codes().map(|code| BASE64_URL_SAFE_NO_PAD.decode(code).unwrap());
    for said in &codes {
        for tag in codes.iter().filter(|other| *other != said) {
            let forged = [&said[..said.len() - TAG], &tag[tag.len() - TAG..]].concat();
            assert_eq!(mailing.open(&BASE64_URL_SAFE_NO_PAD.encode(forged)), Err(LinkVoid));
            // Another kind, account or address with the same tag.
            let forged = [&tag[..1], &said[1..]].concat();
            assert_eq!(mailing.open(&BASE64_URL_SAFE_NO_PAD.encode(forged)), Err(LinkVoid));
        }
    }
    let [confirm, reset, change] = codes;
    let account = |code: &[u8]| code[1..17].to_vec();
    let (ina, max) = (account(&confirm), account(&reset));
    assert_eq!(max, account(&change));
    let forged = [&confirm[..1], &max, &confirm[17..]].concat();
    assert_eq!(mailing.open(&BASE64_URL_SAFE_NO_PAD.encode(forged)), Err(LinkVoid));
    let forged = [&reset[..1], &ina, &reset[17..]].concat();
    assert_eq!(mailing.open(&BASE64_URL_SAFE_NO_PAD.encode(forged)), Err(LinkVoid));
    let forged = [&change[..25], b"eve@mail.example", &change[change.len() - TAG..]].concat();
    assert_eq!(mailing.open(&BASE64_URL_SAFE_NO_PAD.encode(forged)), Err(LinkVoid));
}

#[test]
fn what_is_no_code_at_all() {
    let mailing = Mailing::furnished();
    let codes = mailing.codes();
    let long = "A".repeat(policy::URL_MAX);
    let longer = "A".repeat(policy::URL_MAX + 1);
    let huge = "A".repeat(1 << 20);
    let zeros = BASE64_URL_SAFE_NO_PAD.encode([0; 41]);
    let not_utf8 = BASE64_URL_SAFE_NO_PAD.encode([255; 60]);
    for odd in
        ["", "A", "AA", "=", "====", "\0", "\u{212a}", "💥", "../..", " ", &long, &longer, &huge, &zeros, &not_utf8]
    {
        assert_eq!(mailing.open(odd), Err(LinkVoid), "{odd:.40}");
    }
    for code in codes {
        for odd in [
            format!("{code}="),
            format!("{code}=="),
            format!(" {code}"),
            format!("{code}\n"),
            code.replace(['-', '_'], "+"),
        ] {
            assert!(odd == code || mailing.open(&odd).is_err(), "{odd}");
        }
    }
}

// -- the key

/// The log entry that made the key, as the log keeps it.
fn keys_in_log(service: &Service) -> usize {
    let log = log(service);
    log.iter().flat_map(|entry| &entry.changes).filter(|change| matches!(change, Change::ServerKey(_))).count()
}

fn log(service: &Service) -> Vec<ddns_store::Entry> {
    let query = LogQuery { limit: usize::MAX, ..LogQuery::default() };
    service.with_store(move |store| store.log(&query)).unwrap().unwrap()
}

fn keys(service: &Service) -> Vec<[u8; 32]> {
    let secrets = service.with_store(|store| store.load()).unwrap().unwrap().secrets;
    let key = |secret| if let Secret::ServerKey(key) = secret { Some(*key) } else { None };
    secrets.into_iter().filter_map(|(_, secret)| key(secret)).collect()
}

/// Two first mails at the same moment, again and again: one key, and both links are good.
#[test]
fn two_first_mails_make_one_key() {
    for _ in 0..20 {
        let mailing = Mailing::start(MemoryStore::new());
        [INA, MAX].into_iter().for_each(|login| mailing.sign_up(login));
        let mails = [INA, MAX].map(|to| mailing.mail(MailKind::Confirm, to));
        let codes: Vec<String> = std::thread::scope(|scope| {
            let code = |mail| code_of(&mailing.service, mail).unwrap();
            let threads: Vec<_> = mails.iter().cycle().take(8).map(|mail| scope.spawn(move || code(mail))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(codes.iter().all(|code| mailing.open(code).is_ok()));
        assert_eq!((keys_in_log(&mailing.service), keys(&mailing.service).len()), (1, 1));
    }
}

/// The key of another process counts, even if this one has not looked since.
#[test]
fn two_processes_make_one_key() {
    let memory = MemoryStore::new();
    let directory = tempfile::tempdir().unwrap();
    let open = || FileStore::open(directory.path()).unwrap();
    for (one, two) in
        [(Mailing::start(memory.clone()), Mailing::start(memory)), (Mailing::start(open()), Mailing::start(open()))]
    {
        one.sign_up(INA);
        two.sign_up(MAX);
        let mail = |mailing: &Mailing, to| mailing.mail(MailKind::Confirm, to);
        let (ina, max) = (mail(&two, INA), mail(&two, MAX));
        let codes: Vec<String> = std::thread::scope(|scope| {
            let asked = [(&one, &ina), (&two, &max), (&two, &ina), (&one, &ina)];
            let threads = asked.map(|(at, mail)| scope.spawn(|| code_of(&at.service, mail).unwrap()));
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for mailing in [&one, &two] {
            mailing.service.catch_up();
            assert!(codes.iter().all(|code| mailing.open(code).is_ok()));
            assert_eq!((keys_in_log(&mailing.service), keys(&mailing.service).len()), (1, 1));
        }
    }
}

/// Nothing but the table of secrets holds the key: no form of it is in the log, which is kept, exported and read.
#[test]
fn the_key_is_not_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let mailing = Mailing::start(FileStore::open(directory.path()).unwrap());
    mailing.sign_up(INA);
    let code = mailing.code(MailKind::Confirm, INA);
    let key = keys(&mailing.service).remove(0);
    assert_ne!(key, [0; 32]);
    let hex: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
    let array = format!("{key:?}").replace(' ', "");
    let standard = base64::prelude::BASE64_STANDARD_NO_PAD.encode(key);
    let forms = [hex.to_uppercase(), hex, array, BASE64_URL_SAFE_NO_PAD.encode(key), standard, code];
    let shown = format!("{:?}{:?}", mailing.service.snapshot(), mailing.open(&forms[5]));
    for entry in log(&mailing.service) {
        let written = serde_json::to_string(&entry.changes).unwrap();
        let debugged = format!("{entry:?}").replace(' ', "");
        for form in &forms {
            assert!(!written.contains(form) && !debugged.contains(form) && !shown.contains(form), "{written}");
        }
    }
    assert_eq!(keys_in_log(&mailing.service), 1, "that there is one is");
    assert_eq!(mailing.service.snapshot().registry.server_key().iter().count(), 1);
    // In the files the key is there once, and the code never.
    mailing.service.stop();
    drop(mailing);
    let mut store = FileStore::open(directory.path()).unwrap();
    store.tidy(true).unwrap();
    drop(store);
    let files = std::fs::read_dir(directory.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let all: Vec<u8> = files.flatten().collect();
    let times = |wanted: &[u8]| all.windows(wanted.len()).filter(|window| *window == wanted).count();
    assert_eq!(times(&key), 1);
    assert!(forms.iter().all(|form| times(form.as_bytes()) == 0));
}

// -- a mail and its cause

/// Power that fails between the two finds no "between": they are one entry, under one version.
#[test]
fn a_mail_is_committed_with_its_cause() {
    let mailing = Mailing::furnished();
    let newest = |mailing: &Mailing| log(&mailing.service).into_iter().max_by_key(|entry| entry.version).unwrap();
    let kinds = |entry: &ddns_store::Entry| {
        let kind = |change: &Change| match change {
            Change::Account(_) => "account",
            Change::Mail(delta) if delta.after.is_some() => "mail",
            Change::Mail(_) => "no mail",
            Change::Token(_) => "token",
            _ => "?",
        };
        entry.changes.iter().map(kind).collect::<Vec<_>>()
    };
    mailing.sign_up(NEW);
    assert_eq!((kinds(&newest(&mailing)), newest(&mailing).actor), (vec!["account", "mail"], None));
    mailing.sign_up(NEW);
    assert_eq!(kinds(&newest(&mailing)), ["account"], "the password goes, and one mail is enough");
    let new = mailing.number(NEW);
    mailing.follow_code(&mailing.code(MailKind::Confirm, NEW));
    assert_eq!((kinds(&newest(&mailing)), newest(&mailing).actor), (vec!["account", "no mail", "token"], Some(new)));
    mailing.ask_login(new, "newer@mail.example");
    mailing.follow_code(&mailing.code(MailKind::ChangeLogin, "newer@mail.example"));
    assert_eq!((kinds(&newest(&mailing)), newest(&mailing).actor), (vec!["account", "no mail", "mail"], Some(new)));
    mailing.ask_password("newer@mail.example");
    mailing.follow_code(&mailing.code(MailKind::ResetPassword, "newer@mail.example"));
    assert_eq!(kinds(&newest(&mailing)), ["account", "no mail", "mail"]);
    mailing.ask_password("newer@mail.example");
    mailing.remove("newer@mail.example");
    let kinds = kinds(&newest(&mailing));
    assert_eq!((kinds.len(), kinds.iter().filter(|kind| **kind == "no mail").count()), (5, 3), "{kinds:?}");
}

/// A new token and the end of the old one are one change: there is no moment with both, nor with none.
#[test]
fn a_renewed_token_takes_the_place_of_the_old_one_at_once() {
    let mailing = Mailing::furnished();
    let max = mailing.number(MAX);
    let renew = |caller: Caller| {
        let ((text, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
        let new = NewToken { id, account: max, label: TokenLabel::API_TOKEN, scope: Scope::FULL, secret };
        let request = Request::new(caller, Command::RenewToken(new), Origin::new("test")).with_secret(secret, digest);
        (mailing.submit(request), text)
    };
    let (reply, mut text) = renew(by(max));
    assert_eq!(reply.snapshot.registry.tokens_of(max).count(), 1, "the first one had that label");
    for _ in 0..5 {
        let caller = mailing.service.authenticate_token(&text, None).unwrap().caller;
        let versions = mailing.service.snapshot().version.0;
        let (reply, next) = renew(caller);
        assert_eq!(reply.snapshot.version.0, versions + 1);
        assert_eq!(reply.snapshot.registry.tokens_of(max).count(), 1);
        assert!(mailing.service.authenticate_token(&text, None).is_err());
        text = next;
    }
    let secrets = mailing.service.with_store(|store| store.load()).unwrap().unwrap().secrets;
    let digests = secrets.iter().filter(|(_, secret)| matches!(secret, Secret::TokenDigest(_))).count();
    assert_eq!(digests, 1, "what nothing leads to is wiped");
}
