//! Strangers: how much they may ask for, and what they learn by it (nothing).

use std::net::IpAddr;
use std::time::Duration;

use ddns_core::{Caller, Command, Identity, Login, MailKind, NewSignUp, Timestamp, policy};
use ddns_service::{AuthError, ManualClock, Options, Origin, Request, Service, ServiceError, fresh};
use ddns_store::{MemoryStore, Store};
use secrecy::SecretString;

use crate::links::{Mailing, NOW};
use crate::world::{add_account, eventually, local};

const HOUR: Duration = Duration::from_secs(3_600);

/// A service for strangers, in the middle of an hour.
struct Door {
    service: Service,
    clock: std::sync::Arc<ManualClock>,
}

impl Door {
    fn new(strangers_per_hour: u32) -> Door {
        let clock = ManualClock::at(NOW.after(HOUR / 2));
        let options = Options { clock: clock.clone(), strangers_per_hour, ..Options::default() };
        Door { service: Service::start(Box::new(MemoryStore::new()), options).unwrap(), clock }
    }

    /// Whether one more request of this source, about this login, is served.
    fn admits(&self, source: &str, login: &str) -> bool {
        let source: Option<IpAddr> = source.parse().ok();
        match self.service.admit_stranger(source, &login.parse::<Login>().unwrap()) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error, ServiceError::Limited);
                false
            }
        }
    }

    /// Uses a network's share up, a login at a time.
    fn exhaust(&self, source: &str, share: u32) {
        for number in 0..share {
            assert!(self.admits(source, &format!("{source}-{number}").replace(':', ".")), "{number} of {share}");
        }
        assert!(!self.admits(source, "one-more"), "{share} and one from {source}");
    }
}

#[test]
fn each_network_has_its_share_of_an_hour() {
    let door = Door::new(policy::STRANGERS_PER_HOUR);
    assert_eq!(policy::STRANGERS_PER_HOUR, 20);
    door.exhaust("192.0.2.1", 20);
    // One IPv4 address is one network, however it is written.
    assert!(!door.admits("::ffff:192.0.2.1", "mapped"));
    door.exhaust("192.0.2.2", 20);
    // An IPv6 /64 is one.
    for number in 0..20 {
        assert!(door.admits(&format!("2001:db8:0:1:{number}::1"), &format!("six-{number}")));
    }
    assert!(!door.admits("2001:db8:0:1:ffff:ffff:ffff:ffff", "six"));
    assert!(door.admits("2001:db8:0:2::1", "six"));
    // Those of whom no address is known share one, and are no other's.
    door.exhaust("unknown", 20);
    assert!(door.admits("0.0.0.0", "none") && door.admits("::", "none"));
    // A new hour begins with the clock's, not when the share is used up.
    door.clock.advance(HOUR / 2 - Duration::from_micros(1));
    assert!(!door.admits("192.0.2.1", "late"));
    door.clock.advance(Duration::from_micros(1));
    door.exhaust("192.0.2.1", 20);
}

/// Nobody's mailbox is flooded from many networks; a refused request costs neither its network nor its login anything.
#[test]
fn each_login_has_its_share_of_an_hour() {
    let door = Door::new(policy::STRANGERS_PER_HOUR);
    for number in 0..policy::MAILS_PER_LOGIN {
        assert!(door.admits(&format!("192.0.2.{number}"), "Joe@Mail.example"));
    }
    for _ in 0..100 {
        assert!(!door.admits("198.51.100.1", "joe@mail.example"), "in another case, too");
    }
    door.exhaust("198.51.100.1", 20);
    for _ in 0..100 {
        assert!(!door.admits("198.51.100.1", "ann@mail.example"));
    }
    for number in 0..policy::MAILS_PER_LOGIN {
        assert!(door.admits(&format!("203.0.113.{number}"), "ann@mail.example"));
    }
    assert!(!door.admits("203.0.113.99", "ann@mail.example"));
    door.clock.advance(HOUR);
    assert!(door.admits("198.51.100.1", "joe@mail.example"));
}

#[test]
fn a_share_of_nothing() {
    let door = Door::new(0);
    assert!(!door.admits("192.0.2.1", "joe"));
    let door = Door::new(1);
    door.exhaust("192.0.2.1", 1);
    assert!(door.admits("192.0.2.2", "joe") && !door.admits("192.0.2.3", "joe"), "nor a login more than a network");
}

/// Of IPv6 everybody has many networks: those of one /56 have a share together.
#[test]
fn many_networks_of_one_site_are_not_many_strangers() {
    let door = Door::new(policy::STRANGERS_PER_HOUR);
    let share = policy::STRANGERS_PER_HOUR * policy::STRANGERS_PER_SITE;
    for number in 0..share {
        assert!(door.admits(&format!("2001:db8:0:1{number:02x}::1"), &format!("a-{number}")), "{number}");
    }
    assert!(!door.admits("2001:db8:0:1ff::1", "a"), "whose own share is untouched");
    assert!(door.admits("2001:db8:0:200::1", "a"), "the next site");
    for number in 0..share {
        assert!(door.admits(&format!("192.0.2.{number}"), &format!("b-{number}")), "IPv4 has no sites");
    }
}

/// However many networks somebody has: so much is mailed and made in an hour, and no more is remembered.
#[test]
fn strangers_have_a_share_of_an_hour_all_together() {
    let door = Door::new(u32::MAX);
    for number in 0..policy::STRANGERS_OVERALL {
        let source = if number % 2 == 0 { format!("2001:db8:{number:x}::1") } else { "unknown".to_owned() };
        assert!(door.admits(&source, &format!("l{number}")), "{number}");
    }
    for (source, login) in [("192.0.2.1", "new"), ("192.0.2.1", "l0"), ("2001:db8:2::1", "l2"), ("unknown", "new")] {
        assert!(!door.admits(source, login), "{source} {login}");
    }
    door.clock.advance(HOUR);
    assert!(door.admits("192.0.2.1", "new"));
    // Who is refused takes nothing from the others.
    let door = Door::new(policy::STRANGERS_PER_HOUR);
    door.exhaust("192.0.2.1", policy::STRANGERS_PER_HOUR);
    for number in 0..policy::STRANGERS_OVERALL {
        assert!(!door.admits("192.0.2.1", &format!("r{number}")));
    }
    assert!(door.admits("192.0.2.2", "r0"));
}

/// A clock that is set back gives a new share, and takes none.
#[test]
fn shares_under_a_clock_that_goes_back() {
    let door = Door::new(2);
    door.exhaust("192.0.2.1", 2);
    door.clock.set(Timestamp::from_secs(NOW.secs() - 86_400));
    door.exhaust("192.0.2.1", 2);
    door.clock.set(Timestamp::from_secs(0));
    door.exhaust("192.0.2.1", 2);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn sign_up(mailing: &Mailing, login: &str, password: &str) {
    let (id, mail, secret) = (fresh::uuid(), fresh::uuid(), fresh::secret_id());
    let (login, language) = (login.parse().unwrap(), Default::default());
    let new = NewSignUp { id, login, password: secret, language, mail };
    let hash = fresh::password(&SecretString::from(password)).unwrap();
    mailing.submit(Request::new(Caller::Guest, Command::SignUp(new), Origin::new("test")).with_secret(secret, hash));
}

/// Who signed up with somebody's address could tell by signing in whether there had been an account: the password was
/// right, if of an account that is not active, only where there was none. Remembered, it was even right at once.
#[test]
fn the_password_of_an_unconfirmed_account_proves_nothing() {
    let mailing = Mailing::start(MemoryStore::new());
    sign_up(&mailing, "new@mail.example", "correct horse");
    let sign_in = |login: &str, password: &str| {
        runtime().block_on(mailing.service.authenticate(login, &SecretString::from(password), None))
    };
    for _ in 0..2 {
        assert_eq!(sign_in("new@mail.example", "correct horse"), Err(AuthError::Wrong));
        assert_eq!(sign_in("nobody@mail.example", "correct horse"), Err(AuthError::Wrong));
    }
}

/// A stranger's password came into the store with the mail that told the account's owner, and nothing led to it, for ever.
#[test]
fn a_password_that_no_account_leads_to_is_not_kept() {
    let store = MemoryStore::new();
    let mailing = Mailing::start(store.clone());
    let kept = || store.clone().load().unwrap().secrets.len();
    add_account(&mailing.service, "joe@mail.example", None);
    mailing.sign_up("joe@mail.example");
    assert_eq!((kept(), mailing.mail(MailKind::AlreadyRegistered, "joe@mail.example").attempts), (0, 0));
    mailing.sign_up("new@mail.example");
    assert_eq!(kept(), 1);
    mailing.sign_up("new@mail.example");
    assert_eq!(kept(), 0, "two claim the address, and neither password stays");
    mailing.sign_up("new@mail.example");
    assert_eq!(kept(), 0);
}

/// A full disk refuses a change; it must not thereby tell that there was one to make.
#[test]
fn a_store_in_trouble_tells_nothing_either() {
    let store = MemoryStore::new();
    let mailing = Mailing::start(store.clone());
    mailing.sign_up("joe@mail.example");
    mailing.ask_password("joe@mail.example");
    let ann = add_account(&mailing.service, "ann@mail.example", None);
    let ask = |login: &str| {
        let command = Command::AskPassword { login: login.parse().unwrap(), mail: fresh::uuid() };
        mailing.service.submit_blocking(Request::new(Caller::Guest, command, Origin::new("test"))).map(drop)
    };
    store.fill_up(true);
    let change = local(Command::SetServerKey { secret: fresh::secret_id() });
    assert!(matches!(mailing.service.submit_blocking(change), Err(ServiceError::Unavailable(_))));
    // One whose mail waits already, one who would be sent one, and two who would be sent none.
    for login in ["joe@mail.example", "ann@mail.example", "nobody@mail.example", "nobody"] {
        assert!(matches!(ask(login), Err(ServiceError::Unavailable(_))), "{login}");
    }
    // Nor is who has signed in told by it which addresses have accounts.
    let ask_login = |to: &str| {
        let identity = Identity { account: ann, token: None, source: None };
        let command = Command::AskLogin { account: ann, to: to.parse().unwrap(), mail: fresh::uuid() };
        mailing.service.submit_blocking(Request::new(Caller::Account(identity), command, Origin::new("test"))).map(drop)
    };
    for to in ["ann@mail.example", "joe@mail.example", "nobody@mail.example", "sue@mail.example"] {
        assert!(matches!(ask_login(to), Err(ServiceError::Unavailable(_))), "{to}");
    }
    store.fill_up(false);
    eventually("room", || ask("nobody@mail.example").is_ok());
    assert!(ask("ann@mail.example").is_ok());
}

/// What is left of an hour's changes told whether a mail was sent, and so whether an account was there.
#[test]
fn asking_for_an_address_costs_nothing_of_the_hours_changes() {
    let mailing = Mailing::start(MemoryStore::new());
    let joe = add_account(&mailing.service, "joe@mail.example", None);
    add_account(&mailing.service, "ann@mail.example", None);
    let identity = Identity { account: joe, token: None, source: None };
    let before = mailing.service.allowance(&identity);
    for to in ["nobody@mail.example", "ann@mail.example", "joe@mail.example", "nobody@mail.example"] {
        let command = Command::AskLogin { account: joe, to: to.parse().unwrap(), mail: fresh::uuid() };
        mailing.submit(Request::new(Caller::Account(identity.clone()), command, Origin::new("test")));
        assert_eq!(mailing.service.allowance(&identity), before, "{to}");
    }
    assert_eq!(mailing.service.snapshot().registry.mails().count(), 2);
}
