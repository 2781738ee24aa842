//! Dynamic DNS inside another program, by `ddns-core` alone: no server, no files, no clock of its own.
//!
//! A lab gives names to its machines and prints who is where: `cargo run -p ddns-core --example embed`.

use std::error::Error;

use ddns_core::*;
use uuid::Uuid;

/// All that a program needs around the core: where the registry is, and which fresh id comes next.
struct Lab {
    registry: Registry,
    ids: u128,
}

impl Lab {
    /// Decides a command and takes its changes over. A service would make them durable in between.
    fn run(&mut self, caller: &Caller, command: &Command, now: Timestamp) -> Result<Receipt, Box<dyn Error>> {
        let decision = decide(&self.registry, caller, command, now)?;
        let before = self.registry.clone();
        for change in &decision.changes {
            self.registry.apply(change)?;
        }
        zone::advance(&before, &mut self.registry, &decision.changes, now);
        Ok(decision.receipt)
    }

    fn id(&mut self) -> Uuid {
        self.ids = self.ids.wrapping_add(1);
        Uuid::from_u128(self.ids)
    }

    fn add_domain(&mut self, name: &str, now: Timestamp) -> Result<(), Box<dyn Error>> {
        let domain = NewDomain {
            id: self.id(),
            name: name.parse()?,
            owner: None,
            shared: true,
            email: None,
            ttl: None,
            description: None,
        };
        self.run(&Caller::Local, &Command::AddDomain(domain), now)?;
        Ok(())
    }

    fn add_account(&mut self, login: &str, now: Timestamp) -> Result<AccountNo, Box<dyn Error>> {
        let account = NewAccount {
            id: self.id(),
            login: login.parse()?,
            state: AccountState::Active,
            role: Role::User,
            max_hosts: policy::HOSTS_PER_ACCOUNT,
            max_domains: 0,
            language: Default::default(),
            password: None,
        };
        match self.run(&Caller::Local, &Command::AddAccount(account), now)? {
            Receipt::Account(account) => Ok(account.number),
            receipt => Err(format!("an account was asked for, not {receipt:?}").into()),
        }
    }

    /// What the name's A records are now, as a resolver would be told.
    fn look_up(&self, host: &Fqdn) -> String {
        let mut found = Addresses::default();
        answer(&self.registry, &QueryName::from(host.name()), RecordType::A, &mut found);
        if found.0.is_empty() { "nowhere".to_owned() } else { found.0.join(" ") }
    }
}

/// Keeps the answer section as text.
#[derive(Default)]
struct Addresses(Vec<String>);

impl Sections for Addresses {
    fn answer(&mut self, _: Owner<'_>, _: Ttl, data: &RecordData) {
        self.0.push(data.to_string());
    }
    fn authority(&mut self, _: &Name, _: Ttl, _: &RecordData) {}
    fn additional(&mut self, _: &Name, _: Ttl, _: &RecordData) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut lab = Lab { registry: Registry::new(), ids: 0 };
    let now = Timestamp::from_secs(1_800_000_000);
    lab.add_domain("lab.example", now)?;
    let owner = lab.add_account("physics", now)?;
    let physics = Caller::Account(Identity { account: owner, token: None, source: None });

    for (name, address) in [("laser.lab.example", Some("192.0.2.7")), ("oven.lab.example", None)] {
        let name: Fqdn = name.parse()?;
        let host = NewHost {
            name: name.clone(),
            owner,
            ipv4: None,
            ipv6: None,
            ttl: HostTtl::S60,
            wildcard: false,
            suffix: None,
            heartbeat: None,
        };
        lab.run(&physics, &Command::AddHost(host), now)?;
        if let Some(address) = address {
            let edit = HostEdit::default().with_address(address.parse()?);
            let report = Command::SetHosts { hosts: vec![name], edit, together: Together::AllOrNothing };
            lab.run(&physics, &report, now)?;
        }
    }

    print_table(&lab);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what the example is for")]
fn print_table(lab: &Lab) {
    println!("{:<20} ADDRESS", "HOST");
    for host in lab.registry.hosts() {
        println!("{:<20} {}", host.name, lab.look_up(&host.name));
    }
}
