//! What is known beside the log: who called last, and why the last refusal was.

use ddns_core::{Caller, ClientEdit, Command, HostAddress, HostEdit, Identity, Together};
use ddns_service::{Origin, Request, Service, ServiceError};
use ddns_store::{FileStore, MemoryStore, SoftKey, SoftRefusal, SoftState, Store};

use crate::auth::runtime;
use crate::world::{Asked, Gated, ask, eventually, furnish, set, start};

const HOST: &str = "a.dyn.example";

fn soft(service: &Service, key: SoftKey) -> SoftState {
    runtime().block_on(service.soft(key)).unwrap()
}

fn host(service: &Service, name: &str) -> SoftKey {
    SoftKey::Host(service.snapshot().registry.host(&name.parse().unwrap()).unwrap().number)
}

fn refuse(service: &Service, sentence: &str) {
    let refusal = SoftRefusal {
        time: service.now(),
        source: None,
        dialect: "test".to_owned(),
        agent: String::new(),
        sentence: sentence.to_owned(),
    };
    service.note_refusal(&HOST.parse().unwrap(), refusal);
}

fn sentence(state: &SoftState) -> Option<&str> {
    state.last_refusal.as_ref().map(|refusal| refusal.sentence.as_str())
}

#[test]
fn several_are_asked_for_at_once() {
    let service = start(MemoryStore::new());
    furnish(&service);
    refuse(&service, "first");
    let keys = vec![host(&service, "b.dyn.example"), host(&service, HOST), host(&service, "b.dyn.example")];
    let states = runtime().block_on(service.soft_many(keys)).unwrap();
    assert_eq!(states.iter().map(sentence).collect::<Vec<_>>(), [None, Some("first"), None]);
    assert_eq!(runtime().block_on(service.soft_many(Vec::new())), Ok(Vec::new()));
}

#[test]
fn every_accepted_update_is_a_contact() {
    let service = start(MemoryStore::new());
    let joe = furnish(&service);
    let by = |command| {
        let identity = Identity { account: joe, token: None, source: None };
        service.submit_blocking(Request::new(Caller::Account(identity), command, Origin::new("test")))
    };
    let contact = |key| soft(&service, key).last_contact;
    let (a, b) = (host(&service, HOST), host(&service, "b.dyn.example"));
    ask(&service, set(HOST, "192.0.2.1").command);
    assert_eq!(contact(a.clone()), None, "what the operator does at the command line is no call");
    assert!(by(set(HOST, "192.0.2.2").command).unwrap().changed);
    let first = contact(a.clone()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2));
    assert!(!by(set(HOST, "192.0.2.2").command).unwrap().changed);
    assert!(contact(a.clone()).unwrap() > first, "a repeat is one, too");
    let (hosts, edit) =
        (vec!["b.dyn.example".parse().unwrap()], HostEdit { wildcard: Some(true), ..HostEdit::default() });
    by(Command::SetHosts { hosts, edit, together: Together::AllOrNothing }).unwrap();
    assert_eq!(contact(b.clone()), None, "an update says where something is");
    let hosts = vec!["b.dyn.example".parse().unwrap(), "nowhere.dyn.example".parse().unwrap()];
    let edit = HostEdit::default().with_address("192.0.2.3".parse().unwrap());
    assert!(by(Command::SetHosts { hosts: hosts.clone(), edit, together: Together::AllOrNothing }).is_err());
    assert_eq!(contact(b.clone()), None, "a refused one is none");
    by(Command::SetHosts { hosts, edit, together: Together::Each }).unwrap();
    assert!(contact(b).is_some());
    let client = SoftKey::Client("box".parse().unwrap());
    let put = |offline| Command::PutClient {
        key: "box".parse().unwrap(),
        edit: ClientEdit { offline, ..ClientEdit::default() },
        must_exist: false,
    };
    by(put(None)).unwrap();
    assert_eq!(contact(client.clone()), None);
    by(Command::AttachHost { key: "box".parse().unwrap(), host: HOST.parse().unwrap() }).unwrap();
    by(put(Some(false))).unwrap();
    let (client_called, host_called) = (contact(client.clone()).unwrap(), contact(a.clone()).unwrap());
    std::thread::sleep(std::time::Duration::from_millis(2));
    let address = Some("192.0.2.9".parse::<HostAddress>().unwrap());
    by(Command::MoveClient { key: "box".parse().unwrap(), address }).unwrap();
    assert!(contact(client).unwrap() > client_called && contact(a).unwrap() > host_called);
}

/// What has just been noted and what is stored are one answer; neither hides the other.
#[test]
fn what_is_noted_lies_over_what_is_stored() {
    let store = MemoryStore::new();
    let service = start(store.clone());
    let joe = furnish(&service);
    refuse(&service, "first");
    service.stop();
    let service = start(store.clone());
    assert_eq!(sentence(&soft(&service, host(&service, HOST))), Some("first"));
    let identity = Identity { account: joe, token: None, source: None };
    let call = Request::new(Caller::Account(identity), set(HOST, "192.0.2.1").command, Origin::new("test"));
    service.submit_blocking(call).unwrap();
    let state = soft(&service, host(&service, HOST));
    assert!(sentence(&state) == Some("first") && state.last_contact.is_some());
    refuse(&service, "second");
    let state = soft(&service, host(&service, HOST));
    assert!(sentence(&state) == Some("second") && state.last_contact.is_some());
    assert_eq!(soft(&service, host(&service, "b.dyn.example")), SoftState::default());
    service.stop();
    let stored = store.clone().soft(&host(&service, HOST)).unwrap().unwrap();
    assert_eq!(stored, state);
}

/// Somebody who looks with another program, a moment after the refusal, finds it.
#[test]
fn refusals_are_stored_soon() {
    let directory = tempfile::tempdir().unwrap();
    let open = || FileStore::open(directory.path()).unwrap();
    let service = start(open());
    furnish(&service);
    let key = host(&service, HOST);
    let stored = || open().soft(&key).unwrap().unwrap_or_default();
    for round in ["first", "second"] {
        refuse(&service, round);
        let took = eventually("the refusal", || sentence(&stored()) == Some(round));
        println!("{round} after {took:?}");
        assert!(took < std::time::Duration::from_secs(15));
    }
    assert_eq!(stored().last_contact, None);
}

#[test]
fn a_store_that_fails_loses_no_refusal() {
    let store = MemoryStore::new();
    let service = start(store.clone());
    furnish(&service);
    store.fill_up(true);
    refuse(&service, "kept");
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(sentence(&soft(&service, host(&service, HOST))), Some("kept"));
    store.fill_up(false);
    let key = host(&service, HOST);
    eventually("the refusal", || {
        sentence(&store.clone().soft(&key).ok().flatten().unwrap_or_default()) == Some("kept")
    });
}

/// It waits for the writer, and blocks nobody else meanwhile; a stopped service tells so.
#[test]
fn it_never_blocks_its_caller() {
    let (store, gate) = Gated::new(MemoryStore::new());
    let service = start(store);
    furnish(&service);
    let key = host(&service, HOST);
    gate.close();
    let update = Asked::new(&service, set(HOST, "192.0.2.1"));
    gate.until_waiting();
    let runtime = runtime();
    let asked = {
        let (service, key) = (service.clone(), key.clone());
        runtime.spawn(async move { service.soft(key).await })
    };
    runtime.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(50)).await });
    assert!(!asked.is_finished());
    gate.open();
    assert_eq!(runtime.block_on(asked).unwrap(), Ok(SoftState::default()));
    update.answer().unwrap();
    service.stop();
    assert!(matches!(runtime.block_on(service.soft(key)), Err(ServiceError::Unavailable(_))));
}
