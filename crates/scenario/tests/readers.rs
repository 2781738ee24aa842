//! A prefix moves a whole site at once: whoever reads meanwhile, by whichever way, sees all of it before or all of it after,
//! and never what was before once somebody has seen what is after.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use ddns_core::{
    AccountNo, AccountState, Caller, Command, HostTtl, NewAccount, NewDomain, NewHost, NewToken, Receipt, Role, Scope,
};
use ddns_http::HttpSettings;
use ddns_scenario::dns;
use ddns_scenario::http::{self, Request as HttpRequest};
use ddns_service::{Options, Origin, Request, Service, fresh};
use ddns_store::{FileStore, MemoryStore, Store};
use ddnsd::Running;
use secrecy::ExposeSecret;

const HOSTS: u16 = 200;
/// How often the site moves.
const MOVES: u16 = 40;
/// How long it may take; far more than it needs.
const PATIENCE: Duration = Duration::from_secs(60);
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[test]
fn nobody_sees_half_of_a_move_over_the_memory_store() {
    check(Box::new(MemoryStore::new()));
}

#[test]
fn nobody_sees_half_of_a_move_over_the_file_store() {
    let directory = tempfile::TempDir::new().unwrap();
    check(Box::new(FileStore::open(directory.path()).unwrap()));
}

fn check(store: Box<dyn Store>) {
    let site = Site::build(store);
    let (before, serial) = (site.entries(), site.serial());
    std::thread::scope(|scope| {
        let site = &site;
        let readers =
            [Site::read_snapshots, Site::read_lists, Site::read_names].map(|read| scope.spawn(move || read(site)));
        for number in 1..=MOVES {
            site.move_to(number);
        }
        for reader in readers {
            assert!(reader.join().unwrap() > 1, "it read while the site moved");
        }
    });
    assert_eq!(site.entries().abs_diff(before), u64::from(MOVES), "each move is one entry");
    assert!(site.serial().wrapping_sub(serial) >= u32::from(MOVES), "and one step of the serial");
    site.running.stop_blocking();
}

/// 200 hosts, whose addresses tell by their prefix how often they have moved.
struct Site {
    running: Running,
    service: Service,
    joe: AccountNo,
    token: String,
    /// The last move whose reply somebody has read.
    told: AtomicU16,
}

impl Site {
    fn build(store: Box<dyn Store>) -> Site {
        let service = Service::start(store, Options::default()).unwrap();
        let joe = add_account(&service);
        let token = add_token(&service, joe);
        let domain = NewDomain {
            id: fresh::uuid(),
            name: "dyn.example".parse().unwrap(),
            owner: None,
            shared: true,
            email: None,
            ttl: None,
            description: None,
        };
        run(&service, Command::AddDomain(domain));
        for number in 0..HOSTS {
            run(&service, Command::AddHost(new_host(joe, number)));
        }
        let settings = HttpSettings { workers: std::num::NonZeroUsize::new(2), ..HttpSettings::default() };
        let running = Running::start(service.clone(), &[ANY_PORT], &[ANY_PORT], settings).unwrap();
        let site = Site { running, service, joe, token, told: AtomicU16::new(0) };
        site.move_to(0);
        site
    }

    fn move_to(&self, number: u16) {
        let reply = self.get(&format!("/nic/update?ip6lanprefix=2001:db8:1:{number:x}::/64"));
        assert_eq!(reply.lines().count(), usize::from(HOSTS), "{reply}");
        assert!(reply.lines().all(|line| line.strip_prefix("good ").map(moves) == Some(number)), "{reply}");
        self.told.store(number, Ordering::SeqCst);
    }

    /// Reads until the last move is seen, and counts how often: what is seen is one move, the last that was told or a later one.
    fn follow(&self, mut read: impl FnMut() -> BTreeSet<u16>) -> usize {
        let (begun, mut last, mut rounds) = (Instant::now(), 0, 0);
        while last < MOVES {
            assert!(begun.elapsed() < PATIENCE, "the site stands still");
            let told = self.told.load(Ordering::SeqCst);
            let seen: Vec<u16> = read().into_iter().collect();
            let [number] = seen[..] else { panic!("half of a move: {seen:?}") };
            assert!(number >= told.max(last), "{number} is seen after {last}, and {told} was told");
            (last, rounds) = (number, usize::saturating_add(rounds, 1));
        }
        rounds
    }

    fn read_snapshots(&self) -> usize {
        self.follow(|| {
            let snapshot = self.service.snapshot();
            let hosts: Vec<_> = snapshot.registry.hosts_of(self.joe).collect();
            assert_eq!(hosts.len(), usize::from(HOSTS));
            hosts.iter().map(|host| host.ipv6.unwrap().addr().segments()[3]).collect()
        })
    }

    fn read_lists(&self) -> usize {
        self.follow(|| {
            let hosts: Vec<serde_json::Value> = serde_json::from_str(&self.get("/hosts")).unwrap();
            assert_eq!(hosts.len(), usize::from(HOSTS));
            hosts.iter().map(|host| moves(host["ip_address"].as_str().unwrap())).collect()
        })
    }

    /// Two hosts one after the other: the second has moved as often as the first at least, and DNS is not behind the reply.
    fn read_names(&self) -> usize {
        let mut pairs = (0..HOSTS).zip((0..HOSTS).rev()).cycle();
        self.follow(|| {
            let (one, other) = pairs.next().unwrap();
            let (first, second) = (self.answered(one), self.answered(other));
            assert!(second >= first, "{second} is seen after {first}");
            BTreeSet::from([second])
        })
    }

    fn answered(&self, number: u16) -> u16 {
        let name = format!("h{number}.dyn.example");
        let lines = dns::ask_udp(self.running.dns()[0], &name, "AAAA").unwrap().lines().unwrap();
        let data = lines.iter().find_map(|line| line.strip_prefix(&format!("{name}. 60 AAAA ")));
        moves(data.unwrap_or_else(|| panic!("{lines:?}")))
    }

    fn get(&self, target: &str) -> String {
        let request = HttpRequest {
            method: "GET".to_owned(),
            target: target.to_owned(),
            signed_in: Some(format!("joe:{}", self.token)),
            ..HttpRequest::default()
        };
        let received = http::send(self.running.http()[0], &request).and_then(http::Unread::read).unwrap();
        assert_eq!(received.status, "200", "{}", received.body);
        received.body
    }

    fn entries(&self) -> u64 {
        self.service.snapshot().version.0
    }

    fn serial(&self) -> u32 {
        dns::ask_udp(self.running.dns()[0], "dyn.example", "SOA").unwrap().serial().unwrap().0
    }
}

/// How often the host of this address has moved.
fn moves(address: &str) -> u16 {
    address.parse::<std::net::Ipv6Addr>().unwrap().segments()[3]
}

/// Every other one has a suffix of its own, the others what their address has.
fn new_host(owner: AccountNo, number: u16) -> NewHost {
    let own = number.is_multiple_of(2);
    let address = format!("2001:db8:ffff:0:1::{number:x}").parse::<std::net::Ipv6Addr>().unwrap();
    NewHost {
        name: format!("h{number}.dyn.example").parse().unwrap(),
        owner,
        ipv4: None,
        ipv6: (!own).then(|| address.try_into().unwrap()),
        ttl: HostTtl::S60,
        wildcard: number.is_multiple_of(4),
        suffix: own.then(|| format!("::2:0:0:{number:x}").parse().unwrap()),
        heartbeat: None,
    }
}

fn add_account(service: &Service) -> AccountNo {
    let account = NewAccount {
        id: fresh::uuid(),
        login: "joe".parse().unwrap(),
        state: AccountState::Active,
        role: Role::User,
        max_hosts: u32::from(HOSTS),
        max_domains: 0,
        language: Default::default(),
        password: None,
    };
    match run(service, Command::AddAccount(account)) {
        Receipt::Account(account) => account.number,
        other => panic!("{other:?}"),
    }
}

fn add_token(service: &Service, account: AccountNo) -> String {
    let ((text, digest), secret) = (fresh::token(), fresh::secret_id());
    let label = "site".parse().unwrap();
    let token = NewToken { id: fresh::uuid(), account, label, scope: Scope::FULL, secret };
    let request = Request::new(Caller::Local, Command::AddToken(token), Origin::new("test"));
    service.submit_blocking(request.with_secret(secret, digest)).unwrap();
    text.expose_secret().to_owned()
}

fn run(service: &Service, command: Command) -> Receipt {
    service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap().receipt
}
