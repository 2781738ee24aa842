//! How many changes an hour takes: by credential and by network, counted when they are made, and never for what is not.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ddns_core::{AccountNo, Caller, Command, HostEdit, Identity, NewToken, Scope, Timestamp, Together, policy};
use ddns_service::{Allowance, ManualClock, Options, Origin, Request, Service, ServiceError, fresh};
use ddns_store::{Fault, MemoryStore};
use uuid::Uuid;

use crate::world::{Asked, Gated, add_account, furnish, local};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_secs(3_600);

fn start(store: impl ddns_store::Store + 'static, credential: u32, network: u32) -> (Service, Arc<ManualClock>) {
    let clock = ManualClock::at(NOW);
    let options = Options {
        clock: clock.clone(),
        changes_per_hour: credential,
        changes_per_network: network,
        ..Options::default()
    };
    (Service::start(Box::new(store), options).unwrap(), clock)
}

fn token(service: &Service, account: AccountNo) -> Uuid {
    let ((_, digest), id, secret) = (fresh::token(), fresh::uuid(), fresh::secret_id());
    let new = NewToken { id, account, label: "x".parse().unwrap(), scope: Scope::FULL, secret };
    service.submit_blocking(local(Command::AddToken(new)).with_secret(secret, digest)).unwrap();
    id
}

fn who(account: AccountNo, token: Option<Uuid>, source: &str) -> Identity {
    Identity { account, token, source: source.parse::<IpAddr>().ok() }
}

fn update(identity: &Identity, address: &str) -> Request {
    let edit = HostEdit::default().with_address(address.parse().unwrap());
    let hosts = vec!["a.dyn.example".parse().unwrap()];
    let command = Command::SetHosts { hosts, edit, together: Together::AllOrNothing };
    Request::new(Caller::Account(identity.clone()), command, Origin::new("test"))
}

/// Whether an update changed something; none where it was one too many.
fn sent(service: &Service, identity: &Identity, last: u8) -> Option<bool> {
    match service.submit_blocking(update(identity, &format!("192.0.2.{last}"))) {
        Ok(reply) => Some(reply.changed),
        Err(error) => {
            assert_eq!(error, ServiceError::Limited);
            None
        }
    }
}

fn left(service: &Service, identity: &Identity) -> (u32, u32) {
    let Allowance { limit, remaining } = service.allowance(identity);
    (limit, remaining)
}

#[test]
fn each_credential_has_its_own_hour() {
    let (service, clock) = start(MemoryStore::new(), 2, 100);
    let joe = furnish(&service);
    let (one, two) = (token(&service, joe), token(&service, joe));
    let (one, two) = (who(joe, Some(one), "192.0.2.1"), who(joe, Some(two), "192.0.2.1"));
    let password = who(joe, None, "192.0.2.1");
    assert_eq!(
        [sent(&service, &one, 1), sent(&service, &one, 2), sent(&service, &one, 3)],
        [Some(true), Some(true), None]
    );
    assert_eq!(sent(&service, &one, 2), Some(false), "what changes nothing is never refused");
    assert_eq!((left(&service, &one), left(&service, &two), left(&service, &password)), ((2, 0), (2, 2), (2, 2)));
    assert_eq!([sent(&service, &two, 3), sent(&service, &password, 4)], [Some(true), Some(true)]);
    clock.advance(HOUR);
    assert_eq!(left(&service, &one), (2, 2));
    assert_eq!(sent(&service, &one, 5), Some(true));
}

#[test]
fn each_network_has_its_own_hour() {
    let (service, _) = start(MemoryStore::new(), 100, 3);
    let joe = furnish(&service);
    let ann = add_account(&service, "ann", None);
    let from = |source| who(joe, None, source);
    assert_eq!(sent(&service, &from("2001:db8:0:1::1"), 1), Some(true));
    assert_eq!(sent(&service, &from("2001:db8:0:1:ffff::2"), 2), Some(true));
    assert_eq!(left(&service, &from("2001:db8:0:1::3")), (3, 1), "the smaller of both is told");
    let other = who(joe, Some(token(&service, joe)), "2001:db8:0:1::4");
    assert_eq!([sent(&service, &other, 3), sent(&service, &other, 4)], [Some(true), None], "all credentials together");
    assert_eq!(left(&service, &who(ann, None, "2001:db8:0:1::5")), (3, 0));
    assert_eq!(sent(&service, &from("2001:db8:0:2::1"), 5), Some(true));
    assert_eq!(left(&service, &from("192.0.2.1")), left(&service, &from("::ffff:192.0.2.1")));
    assert_eq!(left(&service, &from("none")), (100, 97), "without an address there is no network");
}

#[test]
fn what_is_not_changed_costs_nothing() {
    let store = MemoryStore::new();
    let (service, _) = start(store.clone(), 5, 5);
    let joe = furnish(&service);
    let identity = who(joe, None, "192.0.2.1");
    assert_eq!(sent(&service, &identity, 1), Some(true));
    for _ in 0..20 {
        assert_eq!(sent(&service, &identity, 1), Some(false));
        let foreign = Command::RemoveHost { host: "nowhere.dyn.example".parse().unwrap() };
        let refused =
            service.submit_blocking(Request::new(Caller::Account(identity.clone()), foreign, Origin::new("test")));
        assert!(matches!(refused, Err(ServiceError::Refused(_))));
        store.fail_next(Fault::Refused);
        let failed = service.submit_blocking(update(&identity, "192.0.2.99"));
        assert!(matches!(failed, Err(ServiceError::Unavailable(_))), "{failed:?}");
    }
    assert_eq!(left(&service, &identity), (5, 4), "our own faults cost nobody anything");
    service.submit_blocking(crate::world::set("a.dyn.example", "192.0.2.7")).unwrap();
    assert_eq!(left(&service, &identity), (5, 4), "nor does what somebody else changes");
}

/// Who hangs up before the answer has made the change all the same; and many at once get no more than one by one.
#[test]
fn changes_count_whoever_waits_for_them() {
    let (store, gate) = Gated::new(MemoryStore::new());
    let (service, _) = start(store, 3, 100);
    let joe = furnish(&service);
    let identity = who(joe, None, "192.0.2.1");
    gate.close();
    let mut asked: Vec<_> =
        (1..=3).map(|last| Asked::new(&service, update(&identity, &format!("192.0.2.{last}")))).collect();
    gate.until_waiting();
    assert_eq!(left(&service, &identity), (3, 0), "what is under way is counted");
    let mut fourth = Asked::new(&service, update(&identity, "192.0.2.4"));
    assert!(fourth.answered());
    assert_eq!(fourth.answer().map(|reply| reply.changed), Err(ServiceError::Limited));
    asked.pop();
    drop(asked.pop());
    gate.open();
    assert!(asked.remove(0).answer().unwrap().changed);
    service.catch_up();
    assert_eq!(left(&service, &identity), (3, 0));
}

/// The clock may be set back into the hour before: that is another hour, and nothing is lost by it.
#[test]
fn a_clock_that_is_set_back_begins_another_hour() {
    let (service, clock) = start(MemoryStore::new(), 1, 100);
    let joe = furnish(&service);
    let identity = who(joe, None, "192.0.2.1");
    assert_eq!([sent(&service, &identity, 1), sent(&service, &identity, 2)], [Some(true), None]);
    clock.set(Timestamp::from_secs(NOW.secs() - 3_600));
    assert_eq!([sent(&service, &identity, 2), sent(&service, &identity, 3)], [Some(true), None]);
}

#[test]
fn the_usual_limits_are_the_policy() {
    let options = Options::default();
    assert_eq!(options.changes_per_hour, policy::CHANGES_PER_HOUR);
    assert_eq!(options.changes_per_network, policy::CHANGES_PER_NETWORK);
}
