//! Who guesses is slowed, by login and by network; nobody else is, and nobody learns which logins there are.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use ddns_core::{AccountEdit, Command, Scope, Timestamp, policy};
use ddns_service::{AuthError, Authenticated, ManualClock, Options, Service};
use ddns_store::MemoryStore;
use secrecy::ExposeSecret;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::auth::{add_token, password, runtime, secret};
use crate::world::{add_account, furnish, local};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const RIGHT: &str = "correct horse";
const HOME: &str = "192.0.2.1";

/// Ann has a password, joe has none.
struct Door {
    service: Service,
    clock: Arc<ManualClock>,
    runtime: Runtime,
}

impl Door {
    fn new() -> Door {
        Door::with(Options::default())
    }

    fn with(options: Options) -> Door {
        let clock = ManualClock::at(NOW);
        let options = Options { clock: clock.clone(), ..options };
        let service = Service::start(Box::new(MemoryStore::new()), options).unwrap();
        furnish(&service);
        add_account(&service, "ann", Some(password(RIGHT)));
        Door { service, clock, runtime: runtime() }
    }

    fn tries(&self, login: &str, text: &str, source: &str) -> Result<Authenticated, AuthError> {
        self.runtime.block_on(self.service.authenticate(login, &secret(text), ip(source)))
    }

    /// Tries wrong passwords, each another one, all at once.
    fn guesses(&self, login: &str, sources: impl IntoIterator<Item = String>) -> Vec<AuthError> {
        self.runtime.block_on(async {
            let mut answers = Vec::new();
            let guesses: Vec<_> = sources.into_iter().map(|source| (unique(), source)).collect();
            // No more than can wait for a hash, so that nobody is too busy.
            for some in guesses.chunks(policy::HASH_QUEUE) {
                let mut flood = JoinSet::new();
                for (number, source) in some {
                    let (service, login) = (self.service.clone(), login.to_owned());
                    let (text, source) = (format!("wrong {number} {source}"), ip(source));
                    flood.spawn(async move { service.authenticate(&login, &secret(&text), source).await.unwrap_err() });
                }
                answers.extend(flood.join_all().await);
            }
            answers
        })
    }

    /// Uses up what a network has, with logins that there are not, and passwords that are none: those cost no hash.
    fn exhaust(&self, source: &str) {
        for _ in 0..=policy::FAILURES_PER_NETWORK {
            let (login, text) = (format!("nobody{}", unique()), "x".repeat(policy::PASSWORD_MAX + 1));
            if self.tries(&login, &text, source) == Err(AuthError::Limited) {
                return;
            }
        }
        panic!("no end to what {source} may try");
    }

    /// Gives ann another password: what was known is void, and the places from which she came are still familiar.
    fn change_password(&self, text: &str) {
        let ann = self.service.snapshot().registry.account_by_login(&"ann".parse().unwrap()).unwrap().number;
        let (id, hash) = password(text);
        let edit = AccountEdit { password: Some(id), ..AccountEdit::default() };
        self.service.submit_blocking(local(Command::SetAccount { account: ann, edit }).with_secret(id, hash)).unwrap();
    }

    fn guesses_from(&self, login: &str, source: &str, times: u32) -> (u32, u32) {
        counts(&self.guesses(login, (0..times).map(|_| source.to_owned())))
    }
}

fn unique() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn ip(source: &str) -> Option<IpAddr> {
    source.parse().ok()
}

/// How many were looked at, and how many were not.
fn counts(answers: &[AuthError]) -> (u32, u32) {
    let count = |wanted| u32::try_from(answers.iter().filter(|answer| **answer == wanted).count()).unwrap();
    assert_eq!(count(AuthError::Wrong) + count(AuthError::Limited), u32::try_from(answers.len()).unwrap());
    (count(AuthError::Wrong), count(AuthError::Limited))
}

#[test]
fn a_login_from_one_network_has_few_tries() {
    let door = Door::new();
    let (few, leak) = (policy::FAILURES_PER_PAIR, policy::FAILURE_LEAK_PAIR);
    for login in ["ann", "nobody", "joe", "no:login"] {
        assert_eq!(door.guesses_from(login, HOME, few + 5), (few, 5), "{login}");
    }
    assert_eq!(door.tries("ann", RIGHT, HOME), Err(AuthError::Limited), "nobody looks at it");
    door.clock.advance(leak - Duration::from_secs(1));
    assert_eq!(door.guesses_from("ann", HOME, 1), (0, 1));
    door.clock.advance(Duration::from_secs(1));
    for login in ["ann", "nobody"] {
        assert_eq!(door.guesses_from(login, HOME, 2), (1, 1), "{login} has one more each time");
    }
    door.clock.advance(leak);
    door.tries("ann", RIGHT, HOME).unwrap();
    assert_eq!(door.guesses_from("ann", HOME, few + 1), (few, 1), "a right one makes good what was wrong before");
}

/// While somebody guesses, whoever has a token or has signed in from the same network comes through, and the right password from
/// any other.
#[test]
fn nobody_else_is_slowed() {
    let door = Door::new();
    let registry = door.service.snapshot();
    let ann = registry.registry.account_by_login(&"ann".parse().unwrap()).unwrap().number;
    let (_, token) = add_token(&door.service, ann, Scope::FULL);
    add_account(&door.service, "sue", Some(password(RIGHT)));
    door.tries("sue", RIGHT, HOME).unwrap();
    for login in ["ann", "sue"] {
        assert!(door.guesses_from(login, HOME, policy::FAILURES_PER_PAIR + 1).1 > 0);
    }
    door.exhaust(HOME);
    assert_eq!(door.guesses_from("other", HOME, 1), (0, 1));
    assert!(door.service.authenticate_token(&token, ip(HOME)).unwrap().by_token);
    assert!(door.tries("ann", token.expose_secret(), HOME).unwrap().by_token);
    door.tries("sue", RIGHT, HOME).unwrap();
    assert_eq!(door.tries("ann", RIGHT, HOME), Err(AuthError::Limited));
    door.tries("ann", RIGHT, "192.0.2.2").unwrap();
    door.tries("ann", RIGHT, HOME).expect("it is known now");
}

#[test]
fn a_network_has_its_share() {
    let door = Door::with(Options::default());
    let fails = |source: &str| door.service.authenticate_token(&secret("no token"), ip(source)).unwrap_err();
    let exhaust = |source: &dyn Fn(u32) -> String| {
        for number in 0..policy::FAILURES_PER_NETWORK {
            assert_eq!(fails(&source(number)), AuthError::Wrong, "{number}");
        }
        assert_eq!(fails(&source(1)), AuthError::Limited);
    };
    exhaust(&|_| HOME.to_owned());
    assert_eq!(fails("::ffff:192.0.2.1"), AuthError::Limited, "one address, however it is written");
    exhaust(&|number| format!("2001:db8:0:1::{number:x}"));
    exhaust(&|_| "unknown".to_owned());
    assert_eq!(fails("192.0.2.2"), AuthError::Wrong);
    door.clock.advance(policy::FAILURE_LEAK_NETWORK);
    assert_eq!([fails(HOME), fails(HOME)], [AuthError::Wrong, AuthError::Limited]);
}

/// Whoever has a /56 has 256 networks, which are no more to him than a few.
#[test]
fn a_site_is_a_few_networks() {
    let door = Door::new();
    let few = policy::FAILURES_PER_PAIR * policy::STRANGERS_PER_SITE;
    let rotating = |number: u32| format!("2001:db8:0:{:x}::1", number % 256);
    assert_eq!(counts(&door.guesses("ann", (0..few + 8).map(rotating))), (few, 8));
    assert_eq!(door.guesses_from("ann", "2001:db8:0:100::1", 1), (1, 0), "another site");
    let fails = |number| door.service.authenticate_token(&secret("no token"), ip(&rotating(number))).unwrap_err();
    let failed = (0..4_000).take_while(|number| fails(*number) == AuthError::Wrong).count();
    let share = policy::FAILURES_PER_NETWORK * policy::STRANGERS_PER_SITE;
    assert_eq!(u32::try_from(failed).unwrap(), share, "what is void has a share of its own");
}

/// Guessers all over the world share one login's failures; where it has signed in, its owner still does.
#[test]
fn a_login_has_its_share_from_everywhere() {
    let door = Door::new();
    door.tries("ann", RIGHT, HOME).unwrap();
    door.change_password("another horse");
    let everywhere = |from: u32| move |number: u32| format!("198.51.{}.{}", from, number);
    for login in ["ann", "nobody"] {
        let answers = door.guesses(login, (0..policy::FAILURES_PER_LOGIN + 4).map(everywhere(100)));
        assert_eq!(counts(&answers), (policy::FAILURES_PER_LOGIN + 1, 3), "{login}: one more as a first look");
        assert_eq!(door.guesses_from(login, "203.0.113.1", 2), (1, 1), "{login}");
    }
    assert_eq!(door.tries("ann", "another horse", "203.0.113.1"), Err(AuthError::Limited));
    door.tries("ann", "another horse", HOME).unwrap();
    door.clock.advance(policy::FAILURE_LEAK_LOGIN);
    assert_eq!(door.guesses_from("nobody", "203.0.113.1", 2), (1, 1));
}

/// A device that goes on with an old password keeps nobody out who has the new one, and costs no hashes.
#[test]
fn a_repeated_mistake_is_one() {
    let door = Door::new();
    for login in ["ann", "nobody"] {
        for _ in 0..50 {
            assert_eq!(door.tries(login, "old password", HOME), Err(AuthError::Wrong));
        }
    }
    door.tries("ann", RIGHT, HOME).unwrap();
}

/// The same credentials at once, as of a program that opens many connections, are checked once.
#[test]
fn many_connections_of_one_program_all_come_in() {
    let door = Door::new();
    let answers = door.runtime.block_on(async {
        let mut many = JoinSet::new();
        for _ in 0..500 {
            let service = door.service.clone();
            many.spawn(async move { service.authenticate("ann", &secret(RIGHT), ip(HOME)).await });
        }
        many.join_all().await
    });
    assert!(answers.iter().all(Result::is_ok));
}

/// Too many at once is our own fault, and counts against nobody.
#[test]
fn being_busy_counts_against_nobody() {
    let door = Door::new();
    let _inside = door.runtime.enter();
    let mut waker = Context::from_waker(Waker::noop());
    let (mut others, mut guesses): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for number in 0..policy::HASH_QUEUE * 2 {
        // These wait for hashes, so that there is no room for any more.
        let mut other = Box::pin(door.service.hash_password(secret(RIGHT)));
        let _waits = other.as_mut().poll(&mut waker).is_pending();
        others.push(other);
        if number >= policy::HASH_QUEUE + policy::HASHES_AT_ONCE {
            let service = door.service.clone();
            let mut guess = Box::pin(async move {
                service.authenticate("ann", &secret(&format!("wrong {}", unique())), ip(HOME)).await.unwrap_err()
            });
            assert!(guess.as_mut().poll(&mut waker).is_pending(), "who is too much is held back, too");
            guesses.push(guess);
        }
    }
    drop(others);
    let answers: Vec<_> = guesses.into_iter().map(|guess| door.runtime.block_on(guess)).collect();
    let count = |wanted| u32::try_from(answers.iter().filter(|answer| **answer == wanted).count()).unwrap();
    let (busy, wrong) = (count(AuthError::Busy), count(AuthError::Wrong));
    assert_eq!(count(AuthError::Limited), 0, "{busy} were too many, {wrong} were wrong");
    assert!(busy > 2 * policy::FAILURES_PER_PAIR, "{busy}");
    let few = policy::FAILURES_PER_PAIR - wrong;
    assert_eq!(door.guesses_from("ann", HOME, few + 1), (few, 1));
}

/// A device that goes on with a void token, or a wrong password, keeps nobody out of its network.
#[test]
fn what_is_void_uses_up_its_own_share() {
    let door = Door::new();
    while door.service.authenticate_token(&secret("no token"), ip(HOME)) != Err(AuthError::Limited) {}
    door.tries("ann", RIGHT, HOME).unwrap();
    let door = Door::new();
    let repeats = policy::FAILURES_PER_NETWORK + 1;
    assert!((0..repeats).all(|_| door.tries("nobody", "old password", HOME) == Err(AuthError::Wrong)));
    assert_eq!(door.tries("nobody", "old password", HOME), Err(AuthError::Limited));
    door.tries("ann", RIGHT, HOME).unwrap();
}

/// Where a login has signed in, its own mistakes alone count: not those of others in the network.
#[test]
fn a_familiar_login_is_not_its_network() {
    let door = Door::new();
    door.tries("ann", RIGHT, HOME).unwrap();
    door.change_password("another horse");
    door.exhaust(HOME);
    let few = policy::FAILURES_PER_PAIR;
    assert_eq!(door.guesses_from("ann", HOME, few - 1), (few - 1, 0));
    door.tries("ann", "another horse", HOME).unwrap();
    assert_eq!(door.guesses_from("ann", HOME, few + 1), (few, 1));
}

/// Nobody is familiar after a restart. A guesser who has a whole region's networks keeps a login full, and yet its owner gets in.
#[test]
fn a_right_password_gets_in_beside_a_guesser_with_many_networks() {
    let door = Door::new();
    let many = |number: u32| format!("2001:db8:1:{:x}::1", number % 0x10000);
    let mut from = 0;
    let mut guess = |times: u32| {
        from += times << 8; // Each from another /56.
        door.guesses("ann", (from..).step_by(0x100).take(times as usize).map(many))
    };
    assert_eq!(counts(&guess(policy::FAILURES_PER_LOGIN + 30)), (policy::FAILURES_PER_LOGIN + 1, 29));
    for address in ["2001:db8:2::1", "192.0.2.1"] {
        assert_eq!(door.guesses_from("ann", address, 1), (1, 0), "the first look from here");
        assert_eq!(door.tries("ann", RIGHT, address), Err(AuthError::Limited), "not the second");
    }
    door.tries("ann", RIGHT, "198.51.100.1").unwrap();
    door.change_password("another horse");
    // It goes on, and has one look in a while, with all its networks.
    door.clock.advance(policy::FIRST_LOOK_EVERY - policy::FAILURE_LEAK_LOGIN);
    guess(policy::FAILURES_PER_LOGIN);
    assert_eq!(door.tries("ann", "another horse", "192.0.2.1"), Err(AuthError::Limited));
    door.clock.advance(policy::FAILURE_LEAK_LOGIN);
    assert_eq!(counts(&guess(5)), (2, 3), "a usual look and a first one");
    door.tries("ann", "another horse", "192.0.2.1").unwrap();
}

/// First looks have an end, too.
#[test]
fn first_looks_at_a_login_are_few() {
    let door = Door::new();
    let regions = |number: u32| format!("198.{}.{}.1", 18 + number / 256, number % 256);
    let firsts = policy::FIRST_LOOKS_PER_LOGIN;
    for login in ["ann", "nobody"] {
        let answers = door.guesses(login, (0..policy::FAILURES_PER_LOGIN + firsts + 5).map(regions));
        assert_eq!(counts(&answers), (policy::FAILURES_PER_LOGIN + firsts, 5), "{login}");
    }
    door.clock.advance(policy::FIRST_LOOK_LEAK);
    let answers = door.guesses("ann", (300..303).map(regions));
    assert_eq!(counts(&answers), (2, 1), "one of the usual ones and one first look");
}

/// Whoever hangs up while it waits has tried nothing.
#[test]
fn hanging_up_in_the_queue_counts_against_nobody() {
    let door = Door::new();
    let _inside = door.runtime.enter();
    let mut waker = Context::from_waker(Waker::noop());
    let mut others: Vec<_> = (0..20).map(|_| Box::pin(door.service.hash_password(secret(RIGHT)))).collect();
    assert!(others.iter_mut().all(|other| other.as_mut().poll(&mut waker).is_pending()));
    for number in 0..policy::FAILURES_PER_PAIR + 5 {
        let (wrong, source) = (secret(&format!("wrong {number}")), ip(HOME));
        let mut guess = Box::pin(door.service.authenticate("ann", &wrong, source));
        assert!(guess.as_mut().poll(&mut waker).is_pending());
        drop(guess);
    }
    drop(others);
    assert_eq!(door.guesses_from("ann", HOME, policy::FAILURES_PER_PAIR + 1), (policy::FAILURES_PER_PAIR, 1));
}

/// A clock that somebody sets back or forth neither frees nor keeps anybody.
#[test]
fn the_time_of_day_does_not_matter() {
    let door = Door::new();
    assert_eq!(door.guesses_from("ann", HOME, policy::FAILURES_PER_PAIR + 1), (policy::FAILURES_PER_PAIR, 1));
    for now in [NOW.secs() - 1_000_000, NOW.secs() + 1_000_000] {
        door.clock.jump(Timestamp::from_secs(now));
        assert_eq!(door.guesses_from("ann", HOME, 1), (0, 1));
    }
    door.clock.set(NOW);
    assert_eq!(door.guesses_from("ann", HOME, 1), (0, 1));
    door.clock.advance(policy::FAILURE_LEAK_PAIR);
    assert_eq!(door.guesses_from("ann", HOME, 2), (1, 1));
}

/// A refusal to look takes a while, and many at once take it together.
#[test]
fn refusals_to_look_are_held_back() {
    let door = Door::new();
    door.guesses_from("ann", HOME, policy::FAILURES_PER_PAIR);
    let started = Instant::now();
    assert_eq!(door.guesses_from("ann", HOME, 60), (0, 60));
    assert!(started.elapsed() >= policy::HELD);
    let started = Instant::now();
    door.runtime.block_on(async {
        let mut flood = JoinSet::new();
        for number in 0..policy::HELD_ANSWERS + 1_000 {
            let service = door.service.clone();
            flood.spawn(async move { service.authenticate("ann", &secret(&number.to_string()), ip(HOME)).await });
        }
        for _ in 0..1_000 {
            assert_eq!(flood.join_next().await.unwrap().unwrap(), Err(AuthError::Limited));
        }
        assert!(started.elapsed() < policy::HELD, "what cannot be held is answered at once");
    });
}

/// Whatever comes, what is remembered stays as large as it is, and whoever has failed most is remembered.
#[test]
fn a_flood_from_everywhere_forgets_no_guesser() {
    let door = Door::new();
    assert_eq!(door.guesses_from("ann", HOME, policy::FAILURES_PER_PAIR + 1), (policy::FAILURES_PER_PAIR, 1));
    for number in 0..300_000u32 {
        let source = IpAddr::from(std::net::Ipv6Addr::from(u128::from(number) << 72));
        let _wrong = door.service.authenticate_token(&secret("no token"), Some(source));
    }
    assert_eq!(door.guesses_from("ann", HOME, 1), (0, 1));
}

#[test]
fn an_operator_may_switch_it_off() {
    let door = Door::with(Options { slow_sign_ins: false, ..Options::default() });
    assert_eq!(door.guesses_from("ann", HOME, 40), (40, 0));
    assert_eq!(door.guesses_from("nobody", HOME, 40), (40, 0));
    for _ in 0..1_000 {
        assert_eq!(door.service.authenticate_token(&secret("no token"), ip(HOME)), Err(AuthError::Wrong));
    }
}
