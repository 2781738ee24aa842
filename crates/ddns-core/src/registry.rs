//! All entities at one version, as a value: cloning it is a snapshot, and applying a change copies one path.
//!
//! The registry keeps data and finds it; it knows no rule. Rules are in [`decide`](crate::decide()).

use std::net::IpAddr;
use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};
use uuid::Uuid;

use crate::account::{Account, AccountState, Mail, Peer, ServerKey, Token, TsigKey};
use crate::change::{Change, Delta};
use crate::domain::{Domain, Server, Settings};
use crate::host::{Challenge, Client, Host, Reservation};
use crate::name::{self, Fqdn, Name, SEPARATOR, ZoneName};
use crate::policy;
use crate::record::{Record, RecordData, RecordType};
use crate::value::{AccountNo, ClientKey, ClientNo, DomainNo, HostNo, Login, Serial, Timestamp, ZoneHead};

/// The data of the whole service at one version.
#[derive(Clone, Default)]
pub struct Registry {
    /// Hosts, records and challenges by name, in canonical order: each zone is one range.
    names: OrdMap<Name, Node>,
    host_names: Vector<Option<Fqdn>>,
    hosts_by_owner: OrdSet<(AccountNo, Fqdn)>,
    host_counts: OrdMap<AccountNo, usize>,
    hosts_by_client: OrdSet<(ClientNo, Fqdn)>,
    records: OrdMap<Uuid, Name>,
    records_by_owner: OrdSet<(AccountNo, Uuid)>,
    /// Hosts and records of a domain in the order of their making.
    hosts_in_domain: OrdSet<(DomainNo, Timestamp, HostNo)>,
    records_in_domain: OrdSet<(DomainNo, Timestamp, Uuid)>,
    record_counts: OrdMap<DomainNo, usize>,
    /// How many of them are whose.
    record_shares: OrdMap<(DomainNo, AccountNo), usize>,
    rrset_counts: OrdMap<DomainNo, usize>,
    accounts: OrdMap<AccountNo, Arc<Account>>,
    logins: OrdMap<Login, AccountNo>,
    account_ids: OrdMap<Uuid, AccountNo>,
    /// How many accounts wait to be confirmed.
    unconfirmed: usize,
    tokens: OrdMap<Uuid, Arc<Token>>,
    tokens_by_account: OrdSet<(AccountNo, Uuid)>,
    /// Which tokens have an exact scope entry for a host.
    tokens_by_host: OrdSet<(Fqdn, Uuid)>,
    domains: OrdMap<DomainNo, Arc<Domain>>,
    zones: OrdMap<Name, DomainNo>,
    domain_ids: OrdMap<Uuid, DomainNo>,
    domains_by_owner: OrdSet<(AccountNo, DomainNo)>,
    heads: OrdMap<DomainNo, ZoneHead>,
    /// Where removed zones' serials stood: one that is made again goes on from there.
    retired: OrdMap<Name, Serial>,
    servers: OrdMap<Name, Arc<Server>>,
    clients: OrdMap<ClientNo, Arc<Client>>,
    client_keys: OrdMap<ClientKey, ClientNo>,
    clients_by_owner: OrdSet<(AccountNo, ClientNo)>,
    /// Which hosts and clients may be silent only for so long.
    hosts_with_heartbeat: OrdSet<HostNo>,
    clients_with_heartbeat: OrdSet<ClientNo>,
    reservations: OrdMap<Fqdn, Arc<Reservation>>,
    tsig_keys: OrdMap<Name, Arc<TsigKey>>,
    peers: OrdMap<IpAddr, Arc<Peer>>,
    mails: OrdMap<Uuid, Arc<Mail>>,
    deadlines: OrdSet<(Timestamp, Deadline)>,
    settings: Arc<Settings>,
    server_key: Option<Arc<ServerKey>>,
    last_number: u32,
}

/// What stands at one name.
#[derive(Clone, Default)]
pub(crate) struct Node {
    pub(crate) host: Option<Arc<Host>>,
    pub(crate) extras: Option<Arc<Extras>>,
}

impl Node {
    /// Whether a host, an address record or an alias stands here.
    pub(crate) fn answers_addresses(&self) -> bool {
        let records = self.extras.as_ref().map(|extras| extras.records.as_slice()).unwrap_or_default();
        self.host.is_some() || records.iter().any(|record| record.data.clashes_with_host())
    }
}

/// What stands at few names: everything but a host.
#[derive(Clone, Default)]
pub(crate) struct Extras {
    pub(crate) records: Vec<Arc<Record>>,
    pub(crate) challenges: Vec<Arc<Challenge>>,
}

/// Something that time brings about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deadline {
    Challenge(Fqdn),
    Reservation(Fqdn),
    Account(AccountNo),
}

/// A change does not fit the registry: it was decided on another state, or the data is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change of a {kind} does not fit the present state: {what}")]
pub struct ApplyError {
    /// Which kind of entity.
    pub kind: &'static str,
    /// Which one.
    pub what: String,
}

impl Registry {
    /// A registry without entities, with the default settings.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// Takes a decided change over.
    ///
    /// # Errors
    /// [`ApplyError`] if the value before is not the present one. Then nothing was changed.
    pub fn apply(&mut self, change: &Change) -> Result<(), ApplyError> {
        match change {
            Change::Account(delta) => self.apply_account(delta),
            Change::Token(delta) => self.apply_token(delta),
            Change::Domain(delta) => self.apply_domain(delta),
            Change::Server(delta) => {
                let key = delta.any().map(|server| server.name.clone());
                apply_simple("name server", &mut self.servers, key, delta)
            }
            Change::Host(delta) => self.apply_host(delta),
            Change::Client(delta) => self.apply_client(delta),
            Change::Record(delta) => self.apply_record(delta),
            Change::Challenge(delta) => self.apply_challenge(delta),
            Change::Reservation(delta) => self.apply_reservation(delta),
            Change::TsigKey(delta) => {
                let key = delta.any().map(|key| key.name.clone());
                apply_simple("TSIG key", &mut self.tsig_keys, key, delta)
            }
            Change::Peer(delta) => {
                let key = delta.any().map(|peer| peer.address);
                apply_simple("peer", &mut self.peers, key, delta)
            }
            Change::Mail(delta) => {
                let key = delta.any().map(|mail| mail.id);
                apply_simple("mail", &mut self.mails, key, delta)
            }
            Change::Settings(delta) => {
                check("setting", "all of them", Some(&self.settings), &delta.before)?;
                self.settings = delta.after.clone().unwrap_or_default();
                Ok(())
            }
            Change::ServerKey(delta) => {
                check("server key", "the only one", self.server_key.as_ref(), &delta.before)?;
                self.server_key = delta.after.clone();
                Ok(())
            }
        }
    }

    /// Takes over where a zone stands; that of a zone which is not there is not kept here.
    pub fn set_zone_head(&mut self, domain: DomainNo, head: ZoneHead) {
        if self.domains.contains_key(&domain) {
            self.heads.insert(domain, head);
        }
    }

    /// Takes over where a removed zone's serial stood.
    pub fn set_retired_serial(&mut self, zone: Name, serial: Serial) {
        self.retired.insert(zone, serial);
    }

    /// Where a removed zone's serial stood.
    pub fn retired_serial(&self, zone: &Name) -> Option<Serial> {
        self.retired.get(zone).copied()
    }

    /// Takes over the largest number ever given, so that no number is given twice.
    pub fn set_last_number(&mut self, number: u32) {
        self.last_number = self.last_number.max(number);
    }

    /// The largest number ever given to an account, domain, host or client.
    pub fn last_number(&self) -> u32 {
        self.last_number
    }

    /// The number that the next account, domain, host or client gets.
    pub(crate) fn next_number(&self) -> u32 {
        self.last_number.saturating_add(1)
    }

    fn apply_account(&mut self, delta: &Delta<Account>) -> Result<(), ApplyError> {
        let Some(account) = delta.any() else { return Ok(()) };
        check("account", account.login.as_str(), self.accounts.get(&account.number), &delta.before)?;
        if let Some(before) = &delta.before {
            self.accounts.remove(&before.number);
            self.logins.remove(&before.login);
            self.account_ids.remove(&before.id);
            if before.state == AccountState::Unconfirmed {
                self.deadlines.remove(&(unconfirmed_until(before), Deadline::Account(before.number)));
                self.unconfirmed = self.unconfirmed.saturating_sub(1);
            }
        }
        if let Some(after) = &delta.after {
            self.logins.insert(after.login.clone(), after.number);
            self.account_ids.insert(after.id, after.number);
            if after.state == AccountState::Unconfirmed {
                self.deadlines.insert((unconfirmed_until(after), Deadline::Account(after.number)));
                self.unconfirmed = self.unconfirmed.saturating_add(1);
            }
            self.set_last_number(after.number.get());
            self.accounts.insert(after.number, after.clone());
        }
        Ok(())
    }

    fn apply_token(&mut self, delta: &Delta<Token>) -> Result<(), ApplyError> {
        let Some(token) = delta.any() else { return Ok(()) };
        check("token", &token.id.to_string(), self.tokens.get(&token.id), &delta.before)?;
        if let Some(before) = &delta.before {
            self.tokens.remove(&before.id);
            self.tokens_by_account.remove(&(before.account, before.id));
            for host in before.scope.exact_hosts() {
                self.tokens_by_host.remove(&(host.clone(), before.id));
            }
        }
        if let Some(after) = &delta.after {
            self.tokens_by_account.insert((after.account, after.id));
            for host in after.scope.exact_hosts() {
                self.tokens_by_host.insert((host.clone(), after.id));
            }
            self.tokens.insert(after.id, after.clone());
        }
        Ok(())
    }

    fn apply_domain(&mut self, delta: &Delta<Domain>) -> Result<(), ApplyError> {
        let Some(domain) = delta.any() else { return Ok(()) };
        check("domain", &domain.name.to_string(), self.domains.get(&domain.number), &delta.before)?;
        if let Some(before) = &delta.before {
            self.domains.remove(&before.number);
            self.zones.remove(before.name.name());
            self.domain_ids.remove(&before.id);
            if let Some(owner) = before.owner {
                self.domains_by_owner.remove(&(owner, before.number));
            }
            if delta.after.is_none()
                && let Some(last) = self.heads.remove(&before.number)
            {
                self.set_retired_serial(before.name.name().clone(), last.serial);
            }
        }
        if let Some(after) = &delta.after {
            self.zones.insert(after.name.name().clone(), after.number);
            self.domain_ids.insert(after.id, after.number);
            if let Some(owner) = after.owner {
                self.domains_by_owner.insert((owner, after.number));
            }
            self.set_last_number(after.number.get());
            self.domains.insert(after.number, after.clone());
        }
        Ok(())
    }

    fn apply_host(&mut self, delta: &Delta<Host>) -> Result<(), ApplyError> {
        let Some(host) = delta.any() else { return Ok(()) };
        if let (Some(before), Some(after)) = (&delta.before, &delta.after)
            && before.name == after.name
            && before.owner == after.owner
            && before.client == after.client
            && before.number == after.number
            && before.domain == after.domain
            && before.created == after.created
            && before.heartbeat.is_some() == after.heartbeat.is_some()
        {
            return self.replace_host(before, after);
        }
        check("host", &host.name.to_string(), self.host_by_name(host.name.name().key()), &delta.before)?;
        if let Some(before) = &delta.before {
            self.unlink_host(before);
        }
        if let Some(after) = &delta.after {
            self.link_host(after);
        }
        Ok(())
    }

    /// The hot path: no index depends on what changed.
    fn replace_host(&mut self, before: &Arc<Host>, after: &Arc<Host>) -> Result<(), ApplyError> {
        let slot = self.names.get_mut(after.name.name().key()).and_then(|node| node.host.as_mut());
        match slot {
            Some(present) if Arc::ptr_eq(present, before) || present == before => {
                *present = after.clone();
                Ok(())
            }
            present => {
                let present = present.map(|present| &*present);
                check("host", &after.name.to_string(), present, &Some(before.clone()))
            }
        }
    }

    fn link_host(&mut self, host: &Arc<Host>) {
        let slot = usize::try_from(host.number.get()).unwrap_or(usize::MAX);
        while self.host_names.len() <= slot {
            self.host_names.push_back(None);
        }
        self.host_names.set(slot, Some(host.name.clone()));
        self.hosts_by_owner.insert((host.owner, host.name.clone()));
        count(&mut self.host_counts, host.owner, |count| count.saturating_add(1));
        self.hosts_in_domain.insert((host.domain, host.created, host.number));
        if let Some(client) = host.client {
            self.hosts_by_client.insert((client, host.name.clone()));
        }
        if host.heartbeat.is_some() {
            self.hosts_with_heartbeat.insert(host.number);
        }
        self.set_last_number(host.number.get());
        self.names.entry(host.name.name().clone()).or_default().host = Some(host.clone());
    }

    fn unlink_host(&mut self, host: &Host) {
        if let Some(slot) = usize::try_from(host.number.get()).ok().and_then(|slot| self.host_names.get_mut(slot)) {
            *slot = None;
        }
        self.hosts_by_owner.remove(&(host.owner, host.name.clone()));
        count(&mut self.host_counts, host.owner, |count| count.saturating_sub(1));
        self.hosts_in_domain.remove(&(host.domain, host.created, host.number));
        if let Some(client) = host.client {
            self.hosts_by_client.remove(&(client, host.name.clone()));
        }
        self.hosts_with_heartbeat.remove(&host.number);
        self.change_node(host.name.name(), |node| node.host = None);
    }

    fn apply_client(&mut self, delta: &Delta<Client>) -> Result<(), ApplyError> {
        let Some(client) = delta.any() else { return Ok(()) };
        check("client", client.key.as_str(), self.clients.get(&client.number), &delta.before)?;
        if let Some(before) = &delta.before {
            self.clients.remove(&before.number);
            self.client_keys.remove(&before.key);
            self.clients_by_owner.remove(&(before.owner, before.number));
            self.clients_with_heartbeat.remove(&before.number);
        }
        if let Some(after) = &delta.after {
            self.client_keys.insert(after.key.clone(), after.number);
            self.clients_by_owner.insert((after.owner, after.number));
            if after.heartbeat.is_some() {
                self.clients_with_heartbeat.insert(after.number);
            }
            self.set_last_number(after.number.get());
            self.clients.insert(after.number, after.clone());
        }
        Ok(())
    }

    fn apply_record(&mut self, delta: &Delta<Record>) -> Result<(), ApplyError> {
        let Some(record) = delta.any() else { return Ok(()) };
        check("record", &record.id.to_string(), self.record(record.id), &delta.before)?;
        if let Some(before) = &delta.before {
            self.records.remove(&before.id);
            if let Some(owner) = before.owner {
                self.records_by_owner.remove(&(owner, before.id));
                count(&mut self.record_shares, (before.domain, owner), |count| count.saturating_sub(1));
            }
            self.records_in_domain.remove(&(before.domain, before.created, before.id));
            count(&mut self.record_counts, before.domain, |count| count.saturating_sub(1));
            self.change_extras(&before.name, |extras| extras.records.retain(|record| record.id != before.id));
            if self.rrset(&before.name, before.data.record_type()).next().is_none() {
                count(&mut self.rrset_counts, before.domain, |count| count.saturating_sub(1));
            }
        }
        if let Some(after) = &delta.after {
            self.records.insert(after.id, after.name.clone());
            if let Some(owner) = after.owner {
                self.records_by_owner.insert((owner, after.id));
                count(&mut self.record_shares, (after.domain, owner), |count| count.saturating_add(1));
            }
            if self.rrset(&after.name, after.data.record_type()).next().is_none() {
                count(&mut self.rrset_counts, after.domain, |count| count.saturating_add(1));
            }
            self.records_in_domain.insert((after.domain, after.created, after.id));
            count(&mut self.record_counts, after.domain, |count| count.saturating_add(1));
            self.change_extras(&after.name, |extras| extras.records.push(after.clone()));
        }
        Ok(())
    }

    fn apply_challenge(&mut self, delta: &Delta<Challenge>) -> Result<(), ApplyError> {
        let Some(challenge) = delta.any() else { return Ok(()) };
        let present = self.challenges(&challenge.host).iter().find(|present| present.value == challenge.value);
        check("challenge", &challenge.host.to_string(), present, &delta.before)?;
        let Some(name) = challenge_name(&challenge.host) else { return Ok(()) };
        if let Some(before) = &delta.before {
            self.change_extras(&name, |extras| extras.challenges.retain(|present| present.value != before.value));
        }
        if let Some(after) = &delta.after {
            self.change_extras(&name, |extras| extras.challenges.push(after.clone()));
        }
        let host = &challenge.host;
        if let Some(before) = &delta.before
            && !self.challenges(host).iter().any(|left| left.end == before.end)
        {
            self.deadlines.remove(&(before.end, Deadline::Challenge(host.clone())));
        }
        if let Some(after) = &delta.after {
            self.deadlines.insert((after.end, Deadline::Challenge(host.clone())));
        }
        Ok(())
    }

    fn apply_reservation(&mut self, delta: &Delta<Reservation>) -> Result<(), ApplyError> {
        let key = delta.any().map(|reservation| reservation.name.clone());
        apply_simple("reservation", &mut self.reservations, key, delta)?;
        if let Some(before) = &delta.before {
            self.deadlines.remove(&(before.end, Deadline::Reservation(before.name.clone())));
        }
        if let Some(after) = &delta.after {
            self.deadlines.insert((after.end, Deadline::Reservation(after.name.clone())));
        }
        Ok(())
    }

    fn change_extras(&mut self, name: &Name, change: impl FnOnce(&mut Extras)) {
        self.change_node(name, |node| {
            let mut extras = node.extras.as_deref().cloned().unwrap_or_default();
            change(&mut extras);
            let empty = extras.records.is_empty() && extras.challenges.is_empty();
            node.extras = if empty { None } else { Some(Arc::new(extras)) };
        });
    }

    fn change_node(&mut self, name: &Name, change: impl FnOnce(&mut Node)) {
        let mut node = self.names.get(name.key()).cloned().unwrap_or_default();
        change(&mut node);
        if node.host.is_none() && node.extras.is_none() {
            self.names.remove(name.key());
        } else {
            self.names.insert(name.clone(), node);
        }
    }
}

/// Finding.
impl Registry {
    /// A host by its name.
    pub fn host(&self, name: &Fqdn) -> Option<&Arc<Host>> {
        self.host_by_name(name.name().key())
    }

    /// A host by its number.
    pub fn host_by_number(&self, number: HostNo) -> Option<&Arc<Host>> {
        let slot = usize::try_from(number.get()).ok()?;
        self.host(self.host_names.get(slot)?.as_ref()?)
    }

    /// An account's hosts, in canonical order of their names.
    pub fn hosts_of(&self, owner: AccountNo) -> impl Iterator<Item = &Arc<Host>> {
        pairs(&self.hosts_by_owner, owner).filter_map(|name| self.host(name))
    }

    /// How many hosts an account has.
    pub fn host_count(&self, owner: AccountNo) -> usize {
        self.host_counts.get(&owner).copied().unwrap_or(0)
    }

    /// The hosts that hang on a client, in canonical order of their names.
    pub fn hosts_on(&self, client: ClientNo) -> impl Iterator<Item = &Arc<Host>> {
        pairs(&self.hosts_by_client, client).filter_map(|name| self.host(name))
    }

    /// All hosts, in canonical order of their names.
    pub fn hosts(&self) -> impl Iterator<Item = &Arc<Host>> {
        self.names.iter().filter_map(|(_, node)| node.host.as_ref())
    }

    /// The hosts at and below a name, in canonical order.
    pub fn hosts_at_or_below(&self, name: &Name) -> impl Iterator<Item = &Arc<Host>> {
        self.nodes_at_or_below(name.key()).filter_map(|(_, node)| node.host.as_ref())
    }

    /// A record by its id.
    pub fn record(&self, id: Uuid) -> Option<&Arc<Record>> {
        self.records_at(self.records.get(&id)?).iter().find(|record| record.id == id)
    }

    /// The records at a name.
    pub fn records_at(&self, name: &Name) -> &[Arc<Record>] {
        let extras = self.node(name.key()).and_then(|node| node.extras.as_ref());
        extras.map(|extras| extras.records.as_slice()).unwrap_or_default()
    }

    /// The records at and below a name, in canonical order of their names.
    pub fn records_at_or_below(&self, name: &Name) -> impl Iterator<Item = &Arc<Record>> {
        let extras = self.nodes_at_or_below(name.key()).filter_map(|(_, node)| node.extras.as_ref());
        extras.flat_map(|extras| extras.records.iter())
    }

    /// The records of one type at a name.
    pub fn rrset(&self, name: &Name, record_type: RecordType) -> impl Iterator<Item = &Arc<Record>> {
        self.records_at(name).iter().filter(move |record| record.data.record_type() == record_type)
    }

    /// How many records a domain has.
    pub fn record_count(&self, domain: DomainNo) -> usize {
        self.record_counts.get(&domain).copied().unwrap_or(0)
    }

    /// How many records of a domain an account made.
    pub fn record_share(&self, domain: DomainNo, owner: AccountNo) -> usize {
        self.record_shares.get(&(domain, owner)).copied().unwrap_or(0)
    }

    /// How many RRsets the records of a domain are.
    pub fn rrset_count(&self, domain: DomainNo) -> usize {
        self.rrset_counts.get(&domain).copied().unwrap_or(0)
    }

    /// The records of a domain in the order of their making, those of one moment by their ids; from a place on.
    pub fn records_in(&self, domain: DomainNo, from: (Timestamp, Uuid)) -> impl Iterator<Item = &Arc<Record>> {
        let range = self.records_in_domain.range((domain, from.0, from.1)..);
        let inside = range.take_while(move |(number, _, _)| *number == domain);
        inside.filter_map(|(_, _, id)| self.record(*id))
    }

    /// The hosts of a domain in the order of their making, those of one moment by their numbers; from a place on.
    pub fn hosts_in(&self, domain: DomainNo, from: (Timestamp, HostNo)) -> impl Iterator<Item = &Arc<Host>> {
        let range = self.hosts_in_domain.range((domain, from.0, from.1)..);
        let inside = range.take_while(move |(number, _, _)| *number == domain);
        inside.filter_map(|(_, _, number)| self.host_by_number(*number))
    }

    /// The records that an account made.
    pub fn records_of(&self, owner: AccountNo) -> impl Iterator<Item = &Arc<Record>> {
        pairs(&self.records_by_owner, owner).filter_map(|id| self.record(*id))
    }

    /// The challenge values of a host.
    pub fn challenges(&self, host: &Fqdn) -> &[Arc<Challenge>] {
        let extras = challenge_name(host).and_then(|name| self.node(name.key()).and_then(|node| node.extras.as_ref()));
        extras.map(|extras| extras.challenges.as_slice()).unwrap_or_default()
    }

    /// An account by its number.
    pub fn account(&self, number: AccountNo) -> Option<&Arc<Account>> {
        self.accounts.get(&number)
    }

    /// An account by its login.
    pub fn account_by_login(&self, login: &Login) -> Option<&Arc<Account>> {
        self.account(*self.logins.get(login)?)
    }

    /// An account by its public id.
    pub fn account_by_id(&self, id: Uuid) -> Option<&Arc<Account>> {
        self.account(*self.account_ids.get(&id)?)
    }

    /// All accounts, in the order of their making.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// A token by its id.
    pub fn token(&self, id: Uuid) -> Option<&Arc<Token>> {
        self.tokens.get(&id)
    }

    /// An account's tokens.
    pub fn tokens_of(&self, account: AccountNo) -> impl Iterator<Item = &Arc<Token>> {
        pairs(&self.tokens_by_account, account).filter_map(|id| self.tokens.get(id))
    }

    /// The tokens that have an exact scope entry for a host, whosever they are.
    pub fn tokens_naming(&self, host: &Fqdn) -> impl Iterator<Item = &Arc<Token>> {
        let from = self.tokens_by_host.range((host.clone(), Uuid::nil())..);
        let own = host.clone();
        from.take_while(move |(named, _)| *named == own).filter_map(|(_, id)| self.tokens.get(id))
    }

    /// All tokens.
    pub fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.values()
    }

    /// A domain by its number.
    pub fn domain(&self, number: DomainNo) -> Option<&Arc<Domain>> {
        self.domains.get(&number)
    }

    /// A domain by its apex.
    pub fn domain_by_name(&self, name: &ZoneName) -> Option<&Arc<Domain>> {
        self.domain(*self.zones.get(name.name().key())?)
    }

    /// A domain by its public id.
    pub fn domain_by_id(&self, id: Uuid) -> Option<&Arc<Domain>> {
        self.domain(*self.domain_ids.get(&id)?)
    }

    /// All domains, in canonical order of their names.
    pub fn domains(&self) -> impl Iterator<Item = &Arc<Domain>> {
        self.zones.values().filter_map(|number| self.domain(*number))
    }

    /// All domains behind this one, in the order of their making.
    pub fn domains_after(&self, after: Option<DomainNo>) -> impl Iterator<Item = &Arc<Domain>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.domains.range((start, Bound::Unbounded)).map(|(_, domain)| domain)
    }

    /// An account's domains, in the order of their making.
    pub fn domains_of(&self, owner: AccountNo) -> impl Iterator<Item = &Arc<Domain>> {
        pairs(&self.domains_by_owner, owner).filter_map(|number| self.domain(*number))
    }

    /// The longest domain at or above a name.
    pub fn enclosing_domain(&self, name: &Name) -> Option<&Arc<Domain>> {
        self.enclosing(name.key())
    }

    /// The domains at and below a name, in canonical order.
    pub fn domains_at_or_below(&self, name: &Name) -> impl Iterator<Item = &Arc<Domain>> {
        let range = self.zones.range::<_, [u8]>((Bound::Included(name.key()), Bound::Unbounded));
        let key: Vec<u8> = name.key().to_vec();
        let inside = range.take_while(move |(zone, _)| name::is_at_or_below(zone.key(), &key));
        inside.filter_map(|(_, number)| self.domain(*number))
    }

    /// Where a zone stands.
    pub fn zone_head(&self, domain: DomainNo) -> ZoneHead {
        self.heads.get(&domain).copied().unwrap_or_default()
    }

    /// Where a zone's serial stands.
    pub fn serial(&self, domain: DomainNo) -> Serial {
        self.zone_head(domain).serial
    }

    /// A name server by its name.
    pub fn server(&self, name: &Name) -> Option<&Arc<Server>> {
        self.servers.get(name)
    }

    /// A name server by its public id.
    pub fn server_by_id(&self, id: Uuid) -> Option<&Arc<Server>> {
        self.servers.values().find(|server| server.id == id)
    }

    /// All name servers, in canonical order of their names.
    pub fn servers(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.servers.values()
    }

    /// A client by its key.
    pub fn client(&self, key: &ClientKey) -> Option<&Arc<Client>> {
        self.client_by_number(*self.client_keys.get(key)?)
    }

    /// A client by its number.
    pub fn client_by_number(&self, number: ClientNo) -> Option<&Arc<Client>> {
        self.clients.get(&number)
    }

    /// An account's clients.
    pub fn clients_of(&self, owner: AccountNo) -> impl Iterator<Item = &Arc<Client>> {
        pairs(&self.clients_by_owner, owner).filter_map(|number| self.clients.get(number))
    }

    /// The hosts that may be silent only for so long, in the order of their making.
    pub fn hosts_with_heartbeat(&self) -> impl Iterator<Item = &Arc<Host>> {
        self.hosts_with_heartbeat.iter().filter_map(|number| self.host_by_number(*number))
    }

    /// The clients that may be silent only for so long, in the order of their making.
    pub fn clients_with_heartbeat(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.clients_with_heartbeat.iter().filter_map(|number| self.client_by_number(*number))
    }

    /// A freed name that is kept for its last owner.
    pub fn reservation(&self, name: &Fqdn) -> Option<&Arc<Reservation>> {
        self.reservations.get(name)
    }

    /// The freed names at and below a name that are kept for their last owners.
    pub fn reservations_at_or_below(&self, name: &Name) -> impl Iterator<Item = &Arc<Reservation>> {
        let key = name.key().to_vec();
        let range = self.reservations.range::<_, [u8]>((Bound::Included(name.key()), Bound::Unbounded));
        range.take_while(move |(name, _)| name::is_at_or_below(name.name().key(), &key)).map(|(_, kept)| kept)
    }

    pub(crate) fn reservation_by_name(&self, key: &[u8]) -> Option<&Arc<Reservation>> {
        self.reservations.get(key)
    }

    /// A TSIG key by its name.
    pub fn tsig_key(&self, name: &Name) -> Option<&Arc<TsigKey>> {
        self.tsig_keys.get(name)
    }

    /// A TSIG key by its public id.
    pub fn tsig_key_by_id(&self, id: Uuid) -> Option<&Arc<TsigKey>> {
        self.tsig_keys.values().find(|key| key.id == id)
    }

    /// All TSIG keys.
    pub fn tsig_keys(&self) -> impl Iterator<Item = &Arc<TsigKey>> {
        self.tsig_keys.values()
    }

    /// A peer by its address.
    pub fn peer(&self, address: IpAddr) -> Option<&Arc<Peer>> {
        self.peers.get(&address)
    }

    /// All peers.
    pub fn peers(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.peers.values()
    }

    /// How many accounts wait to be confirmed.
    pub(crate) fn unconfirmed_count(&self) -> usize {
        self.unconfirmed
    }

    /// A mail in the outbox.
    pub fn mail(&self, id: Uuid) -> Option<&Arc<Mail>> {
        self.mails.get(&id)
    }

    /// How many mails are in the outbox.
    pub fn mail_count(&self) -> usize {
        self.mails.len()
    }

    /// All mails in the outbox.
    pub fn mails(&self) -> impl Iterator<Item = &Arc<Mail>> {
        self.mails.values()
    }

    /// The key under which links in mails are signed; none until the first is.
    pub fn server_key(&self) -> Option<&Arc<ServerKey>> {
        self.server_key.as_ref()
    }

    /// The operator's settings.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Every entity, as if it had just been made: what a store writes when it starts afresh.
    pub fn snapshot(&self) -> impl Iterator<Item = Change> {
        fn made<T>(value: &Arc<T>) -> Delta<T> {
            Delta { before: None, after: Some(value.clone()) }
        }
        let settings = Change::Settings(Delta { before: Some(Arc::default()), after: Some(self.settings.clone()) });
        let extras = || self.names.values().filter_map(|node| node.extras.as_ref());
        std::iter::once(settings)
            .chain(self.accounts.values().map(|value| Change::Account(made(value))))
            .chain(self.tokens.values().map(|value| Change::Token(made(value))))
            .chain(self.domains.values().map(|value| Change::Domain(made(value))))
            .chain(self.servers.values().map(|value| Change::Server(made(value))))
            .chain(self.clients.values().map(|value| Change::Client(made(value))))
            .chain(self.hosts().map(|value| Change::Host(made(value))))
            .chain(extras().flat_map(|extras| extras.records.iter().map(|value| Change::Record(made(value)))))
            .chain(extras().flat_map(|extras| extras.challenges.iter().map(|value| Change::Challenge(made(value)))))
            .chain(self.reservations.values().map(|value| Change::Reservation(made(value))))
            .chain(self.tsig_keys.values().map(|value| Change::TsigKey(made(value))))
            .chain(self.peers.values().map(|value| Change::Peer(made(value))))
            .chain(self.mails.values().map(|value| Change::Mail(made(value))))
            .chain(self.server_key.iter().map(|value| Change::ServerKey(made(value))))
    }

    pub(crate) fn server_by_key(&self, key: &[u8]) -> Option<&Arc<Server>> {
        self.servers.get(key)
    }

    pub(crate) fn deadlines(&self) -> impl Iterator<Item = &(Timestamp, Deadline)> {
        self.deadlines.iter()
    }

    pub(crate) fn host_by_name(&self, key: &[u8]) -> Option<&Arc<Host>> {
        self.node(key)?.host.as_ref()
    }

    pub(crate) fn node(&self, key: &[u8]) -> Option<&Node> {
        self.names.get(key)
    }

    pub(crate) fn nodes_at_or_below(&self, key: &[u8]) -> impl Iterator<Item = (&Name, &Node)> {
        let own: Vec<u8> = key.to_vec();
        let range = self.names.range::<_, [u8]>((Bound::Included(key), Bound::Unbounded));
        range.take_while(move |(name, _)| name::is_at_or_below(name.key(), &own))
    }

    /// Whether any name or domain exists strictly below a key, without allocating.
    pub(crate) fn has_names_below(&self, key: &[u8]) -> bool {
        let mut below = [0u8; policy::NAME_WIRE_MAX];
        let Some(slot) = below.get_mut(..key.len()) else { return false };
        slot.copy_from_slice(key);
        let mut len = key.len();
        if !key.is_empty() {
            if let Some(slot) = below.get_mut(len) {
                *slot = SEPARATOR;
            }
            len = len.saturating_add(1);
        }
        let Some(prefix) = below.get(..len) else { return false };
        let is_below = |name: &Name| name.key().starts_with(prefix);
        self.names.get_next(prefix).is_some_and(|(name, _)| is_below(name))
            || self.zones.get_next(prefix).is_some_and(|(zone, _)| is_below(zone))
    }

    pub(crate) fn enclosing(&self, key: &[u8]) -> Option<&Arc<Domain>> {
        let mut key = Some(key);
        while let Some(present) = key {
            if let Some(number) = self.zones.get(present) {
                return self.domain(*number);
            }
            key = name::parent_key(present);
        }
        None
    }

    pub(crate) fn domain_at(&self, key: &[u8]) -> Option<&Arc<Domain>> {
        self.domain(*self.zones.get(key)?)
    }
}

/// Where a host's challenge values are: behind their label; none where that would be too long.
pub fn challenge_name(host: &Fqdn) -> Option<Name> {
    host.name().child(policy::CHALLENGE_LABEL).ok()
}

/// When an unconfirmed account ends by itself.
fn unconfirmed_until(account: &Account) -> Timestamp {
    account.created.after(policy::UNCONFIRMED_LIFE)
}

/// The second halves of the pairs that begin with `first`.
fn pairs<A: Copy + Ord, B: Clone + Ord>(set: &OrdSet<(A, B)>, first: A) -> impl Iterator<Item = &B> {
    set.range::<_, First<A>>(First(first)..).take_while(move |(owner, _)| *owner == first).map(|(_, second)| second)
}

/// Changes a count; what is counted no more needs no entry.
fn count<K: Ord + Clone>(counts: &mut OrdMap<K, usize>, key: K, change: impl Fn(usize) -> usize) {
    match change(counts.get(&key).copied().unwrap_or(0)) {
        0 => counts.remove(&key),
        count => counts.insert(key, count),
    };
}

/// Compares with a pair as its first half does, and comes before every pair that begins with it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct First<A>(A);

impl<A: Ord, B> equivalent::Equivalent<(A, B)> for First<A> {
    fn equivalent(&self, _: &(A, B)) -> bool {
        false
    }
}

impl<A: Ord, B> equivalent::Comparable<(A, B)> for First<A> {
    fn compare(&self, pair: &(A, B)) -> std::cmp::Ordering {
        self.0.cmp(&pair.0).then(std::cmp::Ordering::Less)
    }
}

fn check<T: PartialEq>(
    kind: &'static str,
    what: &str,
    present: Option<&Arc<T>>,
    before: &Option<Arc<T>>,
) -> Result<(), ApplyError> {
    let same = match (present, before) {
        (None, None) => true,
        (Some(present), Some(before)) => Arc::ptr_eq(present, before) || present == before,
        (None, Some(_)) | (Some(_), None) => false,
    };
    if same { Ok(()) } else { Err(ApplyError { kind, what: what.to_owned() }) }
}

fn apply_simple<K: Ord + Clone + std::fmt::Debug, T: PartialEq>(
    kind: &'static str,
    table: &mut OrdMap<K, Arc<T>>,
    key: Option<K>,
    delta: &Delta<T>,
) -> Result<(), ApplyError> {
    let Some(key) = key else { return Ok(()) };
    check(kind, &format!("{key:?}"), table.get(&key), &delta.before)?;
    match &delta.after {
        Some(after) => table.insert(key, after.clone()),
        None => table.remove(&key),
    };
    Ok(())
}

/// Whether a record's data may only stand alone at its name.
pub(crate) fn stands_alone(data: &RecordData) -> bool {
    matches!(data, RecordData::Cname(_))
}
