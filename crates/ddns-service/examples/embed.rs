//! A program of its own that embeds the live registry, in memory: a domain, an account with a token, and a host that
//! follows an address.
//!
//! ```sh
//! cargo run -p ddns-service --example embed
//! ```

use std::error::Error;
use std::io::Write;

use ddns_core::{
    AccountState, Caller, Command, HostEdit, HostTtl, NewAccount, NewDomain, NewHost, NewToken, Receipt, Role, Scope,
    Together, policy,
};
use ddns_service::{Options, Origin, Request, Service, fresh};
use ddns_store::MemoryStore;

fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::start(Box::new(MemoryStore::new()), Options::default())?;
    let origin = Origin::new("embedded");

    // The program itself may do everything: it makes a domain that every account may use, and an account.
    let domain = NewDomain {
        id: fresh::uuid(),
        name: "dyn.example".parse()?,
        owner: None,
        shared: true,
        email: None,
        ttl: None,
        description: None,
    };
    service.submit_blocking(Request::new(Caller::Local, Command::AddDomain(domain), origin.clone()))?;
    let account = NewAccount {
        id: fresh::uuid(),
        login: "joe".parse()?,
        state: AccountState::Active,
        role: Role::User,
        max_hosts: policy::HOSTS_PER_ACCOUNT,
        max_domains: 0,
        language: Default::default(),
        password: None,
    };
    let request = Request::new(Caller::Local, Command::AddAccount(account), origin.clone());
    let Receipt::Account(joe) = service.submit_blocking(request)?.receipt else { return Err("no account".into()) };

    // A token's secret is shown once; the store keeps its digest.
    let (text, digest) = fresh::token();
    let secret = fresh::secret_id();
    let token =
        NewToken { id: fresh::uuid(), account: joe.number, label: "router".parse()?, scope: Scope::FULL, secret };
    let request = Request::new(Caller::Local, Command::AddToken(token), origin.clone()).with_secret(secret, digest);
    service.submit_blocking(request)?;

    // Whoever shows it acts for joe, within its scope.
    let router = service.authenticate_token(&text, None)?.caller;
    let host = NewHost {
        name: "home.dyn.example".parse()?,
        owner: joe.number,
        ipv4: None,
        ipv6: None,
        ttl: HostTtl::S60,
        wildcard: false,
        suffix: None,
        heartbeat: None,
    };
    let name = host.name.clone();
    service.submit_blocking(Request::new(router.clone(), Command::AddHost(host), origin.clone()))?;
    let edit = HostEdit::default().with_address("192.0.2.7".parse()?);
    let report = Command::SetHosts { hosts: vec![name.clone()], edit, together: Together::Each };
    let reply = service.submit_blocking(Request::new(router, report, origin))?;

    // What is answered is served: the newest snapshot has it.
    let snapshot = service.snapshot();
    let address = snapshot.registry.host(&name).and_then(|host| host.address()).ok_or("no address")?;
    writeln!(std::io::stdout(), "{name} is at {address} (changed: {})", reply.changed)?;
    service.stop();
    Ok(())
}
