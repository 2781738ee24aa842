//! A whole service on port 0: a store in memory or in files, a clock that stands still, and what the tests assume to be
//! there.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ddns_core::{
    AccountNo, AccountState, Actions, Caller, Command, DomainEdit, Fqdn, HostScope, HostTtl, NewAccount, NewDomain,
    NewHost, NewToken, Receipt, Role, Scope, Settings, Timestamp,
};
use ddns_http::{HttpSettings, Server, bind, serve};
use ddns_service::{ManualClock, Options, Origin, Request, Service, fresh};
use ddns_store::{FileStore, MemoryStore, Secret, Store};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Hashed once: hashing is slow on purpose.
static HASH: LazyLock<Secret> = LazyLock::new(|| fresh::password(&SecretString::from(PASSWORD)).unwrap());

pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) server: Option<Server>,
    pub(crate) address: SocketAddr,
    /// What it keeps everything in; empty where that is in files.
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<ManualClock>,
    joe: AccountNo,
    credentials: Vec<(&'static str, String, String)>,
    /// Where its files are, if it has any; they go with it.
    _place: Option<TempDir>,
}

/// What a house keeps everything in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keeps {
    InMemory,
    InFiles,
}

impl Keeps {
    pub(crate) const ALL: [Keeps; 2] = [Keeps::InMemory, Keeps::InFiles];
}

impl House {
    /// With links that begin with `http://api.test`, behind a proxy at 127.0.0.1.
    pub(crate) fn new() -> House {
        House::with(behind_a_proxy())
    }

    /// Likewise, with room for so many commands in front of the writer.
    pub(crate) fn with_queue(queue: usize) -> House {
        House::build(behind_a_proxy(), Options { queue, ..Options::default() })
    }

    /// Likewise, with so many changes an hour for each account.
    pub(crate) fn with_changes(changes_per_hour: u32) -> House {
        House::build(behind_a_proxy(), Options { changes_per_hour, ..Options::default() })
    }

    /// Likewise, with so many requests an hour for the strangers of one network.
    pub(crate) fn with_strangers(strangers_per_hour: u32) -> House {
        House::build(behind_a_proxy(), Options { strangers_per_hour, ..Options::default() })
    }

    /// Likewise, on either store.
    pub(crate) fn that(keeps: Keeps) -> House {
        House::on(keeps, behind_a_proxy(), Options::default())
    }

    /// With other settings.
    pub(crate) fn with(settings: HttpSettings) -> House {
        House::build(settings, Options::default())
    }

    /// Shared `dyn.example` and `a-dyn.example`, joe's own `joe.example`, which has offline addresses, eve's own
    /// `eve.example`; hosts `home` and `cam` of joe, `eve` of eve.
    fn build(settings: HttpSettings, options: Options) -> House {
        House::on(Keeps::InMemory, settings, options)
    }

    fn on(keeps: Keeps, settings: HttpSettings, options: Options) -> House {
        let (store, place) = (MemoryStore::new(), matches!(keeps, Keeps::InFiles).then(|| TempDir::new().unwrap()));
        let kept: Box<dyn Store> = match &place {
            Some(place) => Box::new(FileStore::open(&place.path().join("data")).unwrap()),
            None => Box::new(store.clone()),
        };
        let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
        let service = Service::start(kept, Options { clock: clock.clone(), ..options }).unwrap();
        let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let workers = std::num::NonZeroUsize::new(1);
        let server = serve(listeners, service.clone(), HttpSettings { workers, ..settings }).unwrap();
        let address = server.local_addrs()[0];
        let joe = add_account(&service, "joe@example.org", AccountState::Active, Role::User);
        let credentials = Vec::new();
        let mut house = House { service, server: Some(server), address, store, clock, joe, credentials, _place: place };
        house.furnish();
        house
    }

    fn furnish(&mut self) {
        let joe = self.joe;
        let eve = add_account(&self.service, "eve@example.org", AccountState::Active, Role::User);
        let ann = add_account(&self.service, "ann", AccountState::Active, Role::Operator);
        let sue = add_account(&self.service, "sue@example.org", AccountState::Suspended, Role::User);
        for (name, owner) in
            [("dyn.example", None), ("a-dyn.example", None), ("joe.example", Some(joe)), ("eve.example", Some(eve))]
        {
            self.add_domain(name, owner);
        }
        self.set_offline_addresses("joe.example");
        for (name, owner) in [("home.dyn.example", joe), ("cam.dyn.example", joe), ("eve.dyn.example", eve)] {
            self.add_host(name, owner);
        }
        self.credentials("joe", "joe@example.org", joe, Scope::FULL);
        self.credentials("eve", "eve@example.org", eve, Scope::FULL);
        self.credentials("ann", "ann", ann, Scope::FULL);
        self.credentials("suspended", "sue@example.org", sue, Scope::FULL);
        let home = || HostScope::Only(vec!["home.dyn.example".parse().unwrap()]);
        self.credentials("home-only", "joe@example.org", joe, Scope { hosts: home(), ..Scope::FULL });
        let update = Actions { update: true, acme_challenge: false, read: false, manage: false };
        self.credentials("update-only", "joe@example.org", joe, Scope { actions: update, ..Scope::FULL });
        let read = Actions { read: true, update: false, acme_challenge: false, manage: false };
        self.credentials("read-only", "joe@example.org", joe, Scope { actions: read, ..Scope::FULL });
        let certs = Actions { acme_challenge: true, ..Actions::default() };
        self.credentials("certs", "joe@example.org", joe, Scope { hosts: home(), actions: certs, ..Scope::FULL });
        let networks = vec!["198.51.100.0/24".parse().unwrap()];
        self.credentials("revoked", "joe@example.org", joe, Scope::FULL);
        self.revoke("revoked");
        self.credentials("office-only", "joe@example.org", joe, Scope { networks, ..Scope::FULL });
    }

    fn add_domain(&self, name: &str, owner: Option<AccountNo>) {
        let domain = NewDomain {
            id: fresh::uuid(),
            name: name.parse().unwrap(),
            owner,
            shared: owner.is_none(),
            email: None,
            ttl: None,
            description: None,
        };
        run(&self.service, Command::AddDomain(domain));
    }

    /// `192.0.2.99` and `2001:db8::99`.
    fn set_offline_addresses(&self, name: &str) {
        let (ipv4, ipv6) = (Ipv4Addr::new(192, 0, 2, 99), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x99));
        let edit = DomainEdit {
            offline_ipv4: Some(Some(ipv4.try_into().unwrap())),
            offline_ipv6: Some(Some(ipv6.try_into().unwrap())),
            ..DomainEdit::default()
        };
        run(&self.service, Command::SetDomain { domain: name.parse().unwrap(), edit });
    }

    pub(crate) fn add_host(&self, name: &str, owner: AccountNo) {
        let name = name.parse().unwrap();
        let host = NewHost {
            name,
            owner,
            ipv4: None,
            ipv6: None,
            ttl: HostTtl::S60,
            wildcard: false,
            suffix: None,
            heartbeat: None,
        };
        run(&self.service, Command::AddHost(host));
    }

    fn credentials(&mut self, name: &'static str, login: &str, account: AccountNo, scope: Scope) {
        let (text, digest) = fresh::token();
        let secret = fresh::secret_id();
        let token = NewToken { id: fresh::uuid(), account, label: name.parse().unwrap(), scope, secret };
        let request = Request::new(Caller::Local, Command::AddToken(token), Origin::new("test"));
        self.service.submit_blocking(request.with_secret(secret, digest)).unwrap();
        self.credentials.push((name, login.to_owned(), text.expose_secret().to_owned()));
    }

    fn revoke(&self, label: &str) {
        let snapshot = self.service.snapshot();
        let token = snapshot.registry.tokens().find(|token| token.label.as_str() == label).unwrap().id;
        run(&self.service, Command::RevokeToken { token });
    }

    /// The account joe.
    pub(crate) fn joe(&self) -> AccountNo {
        self.joe
    }

    pub(crate) fn token(&self, name: &str) -> &str {
        &self.find(name).2
    }

    fn find(&self, name: &str) -> &(&'static str, String, String) {
        self.credentials.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("no credentials {name}"))
    }

    /// The value of an `Authorization` header: `joe` (login and token), `joe/escaped` (with `%40`), `joe/password`,
    /// `joe/bearer`, `joe/wrong`, `nobody`; what has a space in it is sent as it is.
    pub(crate) fn authorization(&self, who: &str) -> String {
        let basic =
            |login: &str, secret: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{login}:{secret}")));
        if who.contains(' ') {
            return who.to_owned();
        }
        if who == "nobody" {
            return basic("nobody@example.org", PASSWORD);
        }
        let (name, how) = who.split_once('/').unwrap_or((who, "token"));
        let (_, login, token) = self.find(name);
        match how {
            "token" => basic(login, token),
            "escaped" => basic(&login.replace('@', "%40"), token),
            "password" => basic(login, PASSWORD),
            "wrong" => basic(login, "wrong horse battery"),
            "bearer" => format!("Bearer {token}"),
            other => panic!("no such way to sign in: {other}"),
        }
    }

    /// A host as a line of text, or `absent`.
    pub(crate) fn host(&self, name: &str) -> String {
        let snapshot = self.service.snapshot();
        let name: Fqdn = name.parse().unwrap();
        let Some(host) = snapshot.registry.host(&name) else { return "absent".to_owned() };
        let ipv4 = host.ipv4.map_or("-".to_owned(), |address| address.addr().to_string());
        let ipv6 = host.ipv6.map_or("-".to_owned(), |address| address.addr().to_string());
        let wildcard = if host.wildcard { "wildcard" } else { "plain" };
        format!("{ipv4} {ipv6} {} {wildcard} {:?}", host.ttl.secs(), host.offline).to_lowercase()
    }

    /// A host's challenge values, in the order in which they came.
    pub(crate) fn values(&self, name: &str) -> String {
        let snapshot = self.service.snapshot();
        let values = snapshot.registry.challenges(&name.parse().unwrap()).iter();
        values.map(|challenge| challenge.value.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// A client as a line of text, or `absent`.
    pub(crate) fn client(&self, key: &str) -> String {
        let snapshot = self.service.snapshot();
        let registry = &snapshot.registry;
        let Some(client) = registry.client(&key.parse().unwrap()) else { return "absent".to_owned() };
        let owner = &registry.account(client.owner).unwrap().login;
        let ipv4 = client.ipv4.map_or("-".to_owned(), |address| address.addr().to_string());
        let ipv6 = client.ipv6.map_or("-".to_owned(), |address| address.addr().to_string());
        let hosts: String = registry.hosts_on(client.number).map(|host| format!(" {}", host.name)).collect();
        format!("{owner} {:?} {ipv4} {ipv6}{hosts}", client.offline).to_lowercase()
    }

    /// Decides what the operator decides.
    pub(crate) fn settle(&self, settings: Settings) {
        run(&self.service, Command::SetSettings(settings));
    }

    /// How many entries the log has.
    pub(crate) fn entries(&self) -> u64 {
        self.service.snapshot().version.to_string().parse().unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.server.take());
        self.service.stop();
    }
}

/// Links that begin with `http://api.test`, and a proxy at 127.0.0.1.
pub(crate) fn behind_a_proxy() -> HttpSettings {
    HttpSettings {
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        base_url: Some("http://api.test/".parse().unwrap()),
        ..HttpSettings::default()
    }
}

fn add_account(service: &Service, login: &str, state: AccountState, role: Role) -> AccountNo {
    let id = fresh::secret_id();
    let account = NewAccount {
        id: fresh::uuid(),
        login: login.parse().unwrap(),
        state,
        role,
        max_hosts: 5,
        max_domains: 5,
        language: Default::default(),
        password: Some(id),
    };
    let hash = HASH.clone();
    let request = Request::new(Caller::Local, Command::AddAccount(account), Origin::new("test"));
    match service.submit_blocking(request.with_secret(id, hash)).unwrap().receipt {
        Receipt::Account(account) => account.number,
        other => panic!("{other:?}"),
    }
}

fn run(service: &Service, command: Command) {
    service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap();
}
