//! Entities, log and soft state as rows.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use ddns_core::{
    AccountNo, Change, ClientKey, ClientNo, Delta, Description, Domain, DomainNo, Fqdn, Heartbeat, Host, HostNo,
    HostTtl, Ipv6Suffix, Name, Offline, Record, RecordData, Registry, SecretId, Serial, Timestamp, Ttl, UnicastV4,
    UnicastV6, ZoneHead, zone::ZoneDifference,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Head, bits, entries_since, json, schema, signed, unsigned};
use crate::StoreError;
use crate::entry::{Entry, Kind, Listing, Loaded, LogQuery, SoftKey, SoftState, Version};
use crate::secret::Secret;

/// Which entity a change is about; ordered as the tables are, so that a fold walks each once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EntityKey {
    Host(HostNo),
    Record(Uuid),
    Other(&'static str, String),
}

impl EntityKey {
    pub(super) fn of(change: &Change) -> EntityKey {
        fn other<T>(kind: &'static str, delta: &Delta<T>, key: impl Fn(&T) -> String) -> EntityKey {
            EntityKey::Other(kind, delta.any().map(key).unwrap_or_default())
        }
        match change {
            Change::Host(delta) => match delta.any() {
                Some(host) => EntityKey::Host(host.number),
                None => EntityKey::Other("host", String::new()),
            },
            Change::Record(delta) => EntityKey::Record(delta.any().map(|record| record.id).unwrap_or_default()),
            Change::Account(delta) => other("account", delta, |account| number_key(account.number.get())),
            Change::Token(delta) => other("token", delta, |token| token.id.to_string()),
            Change::Domain(delta) => other("domain", delta, |domain| number_key(domain.number.get())),
            Change::Server(delta) => other("server", delta, |server| server.name.to_string()),
            Change::Client(delta) => other("client", delta, |client| number_key(client.number.get())),
            Change::Challenge(delta) => {
                other("challenge", delta, |challenge| format!("{} {}", challenge.host, challenge.value))
            }
            Change::Reservation(delta) => other("reservation", delta, |reservation| reservation.name.to_string()),
            Change::TsigKey(delta) => other("tsig-key", delta, |key| key.name.to_string()),
            Change::Peer(delta) => other("peer", delta, |peer| peer.address.to_string()),
            Change::Mail(delta) => other("mail", delta, |mail| mail.id.to_string()),
            Change::Settings(_) => EntityKey::Other("settings", String::new()),
            Change::ServerKey(_) => EntityKey::Other("server_key", String::new()),
        }
    }
}

/// Numbers as text in an order that is theirs.
fn number_key(number: u32) -> String {
    format!("{number:010}")
}

/// Writes the newest value of each entity; what is gone goes first, so that a name can be taken again.
pub(super) fn fold(connection: &Connection, tail: &BTreeMap<EntityKey, Change>) -> rusqlite::Result<()> {
    let gone = |change: &Change| match change {
        Change::Host(delta) => delta.after.is_none(),
        Change::Record(_) => true,
        _ => false,
    };
    for (key, _) in tail.iter().filter(|(_, change)| gone(change)) {
        match key {
            EntityKey::Host(number) => {
                connection.prepare_cached("DELETE FROM hosts WHERE number = ?1")?.execute([number.get()])?;
            }
            EntityKey::Record(id) => {
                connection.prepare_cached("DELETE FROM records WHERE id = ?1")?.execute([id.to_string()])?;
            }
            EntityKey::Other(..) => (),
        }
    }
    tail.iter().try_for_each(|(key, change)| write(connection, key, change))
}

fn write(connection: &Connection, key: &EntityKey, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Host(delta) => delta.after.as_ref().map_or(Ok(()), |host| write_host(connection, host)),
        Change::Record(delta) => delta.after.as_ref().map_or(Ok(()), |record| write_record(connection, record)),
        Change::Account(delta) => write_other(connection, key, delta),
        Change::Token(delta) => write_other(connection, key, delta),
        Change::Domain(delta) => write_other(connection, key, delta),
        Change::Server(delta) => write_other(connection, key, delta),
        Change::Client(delta) => write_other(connection, key, delta),
        Change::Challenge(delta) => write_other(connection, key, delta),
        Change::Reservation(delta) => write_other(connection, key, delta),
        Change::TsigKey(delta) => write_other(connection, key, delta),
        Change::Peer(delta) => write_other(connection, key, delta),
        Change::Mail(delta) => write_other(connection, key, delta),
        Change::Settings(delta) => write_other(connection, key, delta),
        Change::ServerKey(delta) => write_other(connection, key, delta),
    }
}

/// Forgets a zone's history and keeps where its serial stood, for the case that it is made again.
pub(super) fn forget_zone(connection: &Connection, domain: &Domain) -> rusqlite::Result<()> {
    let number = domain.number.get();
    connection.execute(
        "INSERT OR REPLACE INTO retired_zones (name, serial) SELECT ?2, serial FROM zone_heads WHERE domain = ?1",
        params![number, domain.name.to_string()],
    )?;
    connection.execute("DELETE FROM zone_heads WHERE domain = ?1", [number])?;
    connection.execute("DELETE FROM zone_differences WHERE domain = ?1", [number])?;
    Ok(())
}

/// Where the serials of removed zones stood.
pub(super) fn retired<'n>(
    connection: &Connection,
    zones: impl Iterator<Item = &'n Name>,
) -> rusqlite::Result<Vec<(Name, Serial)>> {
    let mut statement = connection.prepare_cached("SELECT serial FROM retired_zones WHERE name = ?1")?;
    let mut found = Vec::new();
    for zone in zones {
        for serial in statement.query_map([zone.to_string()], |row| row.get(0))? {
            found.push((zone.clone(), Serial(serial?)));
        }
    }
    Ok(found)
}

fn write_other<T: Serialize>(connection: &Connection, key: &EntityKey, delta: &Delta<T>) -> rusqlite::Result<()> {
    let EntityKey::Other(kind, key) = key else { return Ok(()) };
    match &delta.after {
        Some(value) => connection
            .prepare_cached("INSERT OR REPLACE INTO entities (kind, key, body) VALUES (?1, ?2, ?3)")?
            .execute(params![kind, key, json(value)?])?,
        None => connection
            .prepare_cached("DELETE FROM entities WHERE kind = ?1 AND key = ?2")?
            .execute(params![kind, key])?,
    };
    Ok(())
}

fn write_host(connection: &Connection, host: &Host) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO hosts (number, name, domain, owner, client, ttl, wildcard, offline, ipv4, ipv6, suffix, heartbeat,
                            created, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (number) DO UPDATE SET owner = ?4, client = ?5, ttl = ?6, wildcard = ?7, offline = ?8, ipv4 = ?9,
                            ipv6 = ?10, suffix = ?11, heartbeat = ?12, domain = ?3, updated = ?14",
    )?;
    upsert.execute(params![
        host.number.get(),
        host.name.to_string(),
        host.domain.get(),
        host.owner.get(),
        host.client.map(ClientNo::get),
        host.ttl.secs(),
        host.wildcard,
        offline_row(host.offline),
        host.ipv4.map(|address| address.addr().to_string()),
        host.ipv6.map(|address| address.addr().to_string()),
        host.suffix.as_deref().map(json).transpose()?,
        host.heartbeat.map(u32::from),
        signed(host.created.micros()),
        signed(host.updated.micros()),
    ])?;
    Ok(())
}

fn write_record(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO records (id, domain, owner, name, type, data, ttl, description, version, created, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    insert.execute(params![
        record.id.to_string(),
        record.domain.get(),
        record.owner.map(AccountNo::get),
        record.name.to_string(),
        record.data.record_type().to_string(),
        record.data.to_string(),
        record.ttl.map(Ttl::secs),
        record.description.as_ref().map(Description::as_str),
        record.version,
        signed(record.created.micros()),
        record.updated.map(|updated| signed(updated.micros())),
    ])?;
    Ok(())
}

fn offline_row(offline: Offline) -> u8 {
    match offline {
        Offline::No => 0,
        Offline::Manual => 1,
        Offline::Missed => 2,
    }
}

/// Loads entities and the tail of the log; hands back the tail and where the entities stand.
pub(super) fn load(connection: &Connection, directory: &Path) -> Result<(Loaded, Vec<Entry>, Version), StoreError> {
    let error = |found: rusqlite::Error| schema::error(directory, &found);
    let head = Head::read(connection).map_err(error)?;
    let mut registry = Registry::new();
    let apply = |registry: &mut Registry, change: &Change| {
        registry.apply(change).map_err(|found| StoreError::Contradiction(found.to_string()))
    };
    for change in others(connection).map_err(error)? {
        apply(&mut registry, &change)?;
    }
    each_host(connection, &mut |host| {
        apply(&mut registry, &Change::Host(Delta { before: None, after: Some(Arc::new(host)) }))
    })
    .map_err(error)??;
    for record in records(connection, "SELECT * FROM records ORDER BY created, id", []).map_err(error)? {
        apply(&mut registry, &Change::Record(Delta::made(record)))?;
    }
    let mut retired = connection.prepare("SELECT name, serial FROM retired_zones").map_err(error)?;
    let mut rows = retired.query([]).map_err(error)?;
    while let Some(row) = rows.next().map_err(error)? {
        let (zone, serial) = retired_zone(row).map_err(error)?;
        registry.set_retired_serial(zone, serial);
    }
    let tail = entries_since(connection, directory, head.folded)?;
    for change in tail.iter().flat_map(|entry| &entry.changes) {
        apply(&mut registry, change)?;
    }
    for (domain, head) in heads(connection).map_err(error)? {
        registry.set_zone_head(domain, head);
    }
    registry.set_last_number(head.last_number);
    let secrets = secrets(connection, None).map_err(error)?;
    Ok((Loaded { version: head.version, registry, secrets }, tail, head.folded))
}

fn retired_zone(row: &Row<'_>) -> rusqlite::Result<(Name, Serial)> {
    let zone = row.get_ref(0)?.as_str()?.parse().map_err(|error: ddns_core::NameError| conversion(0, error))?;
    Ok((zone, Serial(row.get(1)?)))
}

/// The rarer kinds of entities. Settings come as a change of the default ones.
fn others(connection: &Connection) -> rusqlite::Result<Vec<Change>> {
    let mut statement = connection.prepare("SELECT kind, body FROM entities")?;
    let rows = statement.query_map([], |row| {
        let (kind, body) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        other(kind, body)
    })?;
    rows.collect()
}

fn other(kind: &str, body: &str) -> rusqlite::Result<Change> {
    fn made<T: DeserializeOwned>(body: &str) -> rusqlite::Result<Delta<T>> {
        parse_json(body).map(Delta::made)
    }
    Ok(match kind {
        "account" => Change::Account(made(body)?),
        "token" => Change::Token(made(body)?),
        "domain" => Change::Domain(made(body)?),
        "server" => Change::Server(made(body)?),
        "client" => Change::Client(made(body)?),
        "challenge" => Change::Challenge(made(body)?),
        "reservation" => Change::Reservation(made(body)?),
        "tsig-key" => Change::TsigKey(made(body)?),
        "peer" => Change::Peer(made(body)?),
        "mail" => Change::Mail(made(body)?),
        "server_key" => Change::ServerKey(made(body)?),
        "settings" => {
            Change::Settings(Delta { before: Some(Arc::default()), after: Some(Arc::new(parse_json(body)?)) })
        }
        unknown => return Err(conversion(0, format!("an entity of the unknown kind {unknown}"))),
    })
}

/// Whether the entity tables have an account.
pub(super) fn has_account(connection: &Connection, account: AccountNo) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM entities WHERE kind = 'account' AND key = ?1")?;
    statement.exists([number_key(account.get())])
}

/// Whether the entity tables have a client with this key.
pub(super) fn has_client(connection: &Connection, key: &ClientKey) -> rusqlite::Result<bool> {
    let mut statement = connection
        .prepare_cached("SELECT 1 FROM entities WHERE kind = 'client' AND json_extract(body, '$.key') = ?1")?;
    statement.exists([key.as_str()])
}

const HOST_COLUMNS: &str =
    "number, name, domain, owner, client, ttl, wildcard, offline, ipv4, ipv6, suffix, heartbeat, created, updated";

fn each_host<E>(
    connection: &Connection,
    take: &mut dyn FnMut(Host) -> Result<(), E>,
) -> rusqlite::Result<Result<(), E>> {
    let mut statement = connection.prepare(&format!("SELECT {HOST_COLUMNS} FROM hosts ORDER BY number"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Err(error) = take(host(row)?) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn host(row: &Row<'_>) -> rusqlite::Result<Host> {
    let optional = |column: usize| row.get_ref(column).map(|value| value.as_str().ok());
    Ok(Host {
        number: number(row, 0, HostNo::new)?,
        name: row.get_ref(1)?.as_str()?.parse::<Fqdn>().map_err(|error| conversion(1, error))?,
        domain: number(row, 2, DomainNo::new)?,
        owner: number(row, 3, AccountNo::new)?,
        client: row.get::<_, Option<u32>>(4)?.and_then(ClientNo::new),
        ttl: HostTtl::try_from(row.get::<_, u32>(5)?).map_err(|error| conversion(5, error))?,
        wildcard: row.get(6)?,
        offline: match row.get::<_, u8>(7)? {
            0 => Offline::No,
            1 => Offline::Manual,
            _ => Offline::Missed,
        },
        ipv4: optional(8)?.map(|text| address::<Ipv4Addr, UnicastV4>(8, text)).transpose()?,
        ipv6: optional(9)?.map(|text| address::<Ipv6Addr, UnicastV6>(9, text)).transpose()?,
        suffix: optional(10)?.map(|text| parse_json::<Ipv6Suffix>(text).map(Box::new)).transpose()?,
        heartbeat: row
            .get::<_, Option<u32>>(11)?
            .map(Heartbeat::try_from)
            .transpose()
            .map_err(|error| conversion(11, error))?,
        created: timestamp(row, 12)?,
        updated: timestamp(row, 13)?,
    })
}

fn records(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<Vec<Record>> {
    connection.prepare(sql)?.query_map(values, record)?.collect()
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let text = |column: usize| -> rusqlite::Result<&str> { Ok(row.get_ref(column)?.as_str()?) };
    let record_type = text(4)?.parse().map_err(|error: ddns_core::RecordDataError| conversion(4, error))?;
    Ok(Record {
        id: text(0)?.parse().map_err(|error: uuid::Error| conversion(0, error))?,
        domain: number(row, 1, DomainNo::new)?,
        owner: row.get::<_, Option<u32>>(2)?.and_then(AccountNo::new),
        name: text(3)?.parse().map_err(|error: ddns_core::NameError| conversion(3, error))?,
        data: RecordData::parse(record_type, text(5)?).map_err(|error| conversion(5, error))?,
        ttl: row.get::<_, Option<u32>>(6)?.map(Ttl::try_from).transpose().map_err(|error| conversion(6, error))?,
        description: row
            .get::<_, Option<String>>(7)?
            .map(|text| text.parse())
            .transpose()
            .map_err(|error: ddns_core::ValueError| conversion(7, error))?,
        version: row.get(8)?,
        created: timestamp(row, 9)?,
        updated: row.get::<_, Option<i64>>(10)?.map(|micros| Timestamp::from_micros(unsigned(micros))),
    })
}

pub(super) fn heads(connection: &Connection) -> rusqlite::Result<Vec<(DomainNo, ZoneHead)>> {
    let mut statement = connection.prepare_cached("SELECT domain, serial, changed FROM zone_heads")?;
    let head = |row: &Row<'_>| -> rusqlite::Result<(DomainNo, ZoneHead)> {
        let head = ZoneHead { serial: Serial(row.get(1)?), changed: timestamp(row, 2)? };
        Ok((number(row, 0, DomainNo::new)?, head))
    };
    statement.query_map([], head)?.collect()
}

/// All secrets, or those of the ids that are still there.
pub(super) fn secrets(connection: &Connection, ids: Option<&[SecretId]>) -> rusqlite::Result<Vec<(SecretId, Secret)>> {
    let read = |row: &Row<'_>| -> rusqlite::Result<(SecretId, Secret)> {
        let id =
            SecretId::new(row.get::<_, i64>(0)?.cast_unsigned()).ok_or_else(|| conversion(0, "a secret without id"))?;
        let secret = Secret::from_row(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_blob()?);
        Ok((id, secret.ok_or_else(|| conversion(1, "an unknown kind of secret"))?))
    };
    let Some(ids) = ids else {
        return connection.prepare("SELECT id, kind, secret FROM secrets")?.query_map([], read)?.collect();
    };
    let mut statement = connection.prepare_cached("SELECT id, kind, secret FROM secrets WHERE id = ?1")?;
    let mut found = Vec::new();
    for id in ids {
        for secret in statement.query_map([bits(id.get())], read)? {
            found.push(secret?);
        }
    }
    Ok(found)
}

/// The actor of an entry from which something was erased: no account has this number.
pub(super) const ERASED: u32 = 0;

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let actor: Option<u32> = row.get(2)?;
    Ok(Entry {
        version: Version(unsigned(row.get(0)?)),
        time: timestamp(row, 1)?,
        actor: actor.and_then(AccountNo::new),
        origin: row.get(3)?,
        changes: parse_json(row.get_ref(4)?.as_str()?)?,
        erased: actor == Some(ERASED),
    })
}

pub(super) fn log(connection: &Connection, directory: &Path, query: &LogQuery) -> Result<Vec<Entry>, StoreError> {
    let read = || -> rusqlite::Result<Vec<Entry>> {
        let mut statement = connection.prepare_cached(
            "SELECT version, time, actor, origin, changes FROM log
             WHERE version < ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR instr(changes, ?3) > 0)
             ORDER BY version DESC",
        )?;
        let before = query.before.map_or(i64::MAX, |before| signed(before.0));
        let actor = query.actor.map(AccountNo::get);
        // The text only narrows it down: a record or a domain may have the host's name too.
        let host = query.host.as_ref().map(|host| format!("\"name\":\"{host}\""));
        let found = statement.query_map(params![before, actor, host], entry)?;
        let wanted = |entry: &Entry| query.host.as_ref().is_none_or(|host| entry.concerns(host));
        found.filter(|entry| entry.as_ref().map_or(true, wanted)).take(query.limit).collect()
    };
    read().map_err(|error| schema::error(directory, &error))
}

/// How many entries one call forgets at most: long enough to keep up, short enough not to hold others up.
const PRUNE_AT_ONCE: i64 = 10_000;

pub(super) fn prune(
    connection: &mut Connection,
    directory: &Path,
    before: Timestamp,
    max_bytes: u64,
) -> Result<u64, StoreError> {
    let error = |found: rusqlite::Error| schema::error(directory, &found);
    let transaction = begin(connection, directory)?;
    let count = forget_oldest(&transaction, before, max_bytes).map_err(error)?;
    transaction.commit().map_err(error)?;
    if count > 0 {
        give_back(connection).map_err(error)?;
    }
    Ok(count)
}

/// Gives free pages back to the disk; each step of the statement gives one.
fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("PRAGMA incremental_vacuum(4000)")?;
    let mut steps = statement.query([])?;
    while steps.next()?.is_some() {}
    Ok(())
}

/// A transaction that writes, if the tables are still those that this program knows.
pub(super) fn begin<'c>(connection: &'c mut Connection, directory: &Path) -> Result<Transaction<'c>, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(|error| schema::error(directory, &error))?;
    schema::check_schema(&transaction, directory)?;
    Ok(transaction)
}

fn forget_oldest(transaction: &Connection, before: Timestamp, max_bytes: u64) -> rusqlite::Result<u64> {
    let head = Head::read(transaction)?;
    let mut bytes = head.log_bytes;
    let mut last = None;
    let mut count = 0u64;
    {
        let mut statement = transaction
            .prepare_cached("SELECT version, time, octets FROM log WHERE version <= ?1 ORDER BY version LIMIT ?2")?;
        let mut rows = statement.query(params![signed(head.folded.0), PRUNE_AT_ONCE])?;
        while let Some(row) = rows.next()? {
            if timestamp(row, 1)? >= before && bytes <= signed(max_bytes) {
                break;
            }
            last = Some(row.get::<_, i64>(0)?);
            bytes = bytes.saturating_sub(row.get(2)?);
            count = count.saturating_add(1);
        }
    }
    let Some(last) = last else { return Ok(0) };
    transaction.execute("DELETE FROM log WHERE version <= ?1", [last])?;
    for (domain, _) in heads(transaction)? {
        let mut forget =
            transaction.prepare_cached("DELETE FROM zone_differences WHERE domain = ?1 AND version <= ?2")?;
        forget.execute(params![domain.get(), last])?;
    }
    transaction.execute("UPDATE head SET log_bytes = ?1", [bytes])?;
    Ok(count)
}

/// Writes what is there already, durably.
pub(super) fn try_write(connection: &mut Connection, directory: &Path) -> Result<(), StoreError> {
    let error = |found: rusqlite::Error| schema::error(directory, &found);
    let transaction = begin(connection, directory)?;
    transaction.execute("UPDATE head SET folded = folded", []).map_err(error)?;
    transaction.commit().map_err(error)
}

/// The newest value of a changed entity, as if it had been made; none if it is gone.
pub(super) fn made(change: &Change) -> Option<Change> {
    fn newest<T>(delta: &Delta<T>) -> Option<Delta<T>> {
        delta.after.clone().map(|after| Delta { before: None, after: Some(after) })
    }
    match change {
        Change::Account(delta) => newest(delta).map(Change::Account),
        Change::Token(delta) => newest(delta).map(Change::Token),
        Change::Domain(delta) => newest(delta).map(Change::Domain),
        Change::Server(delta) => newest(delta).map(Change::Server),
        Change::Host(delta) => newest(delta).map(Change::Host),
        Change::Client(delta) => newest(delta).map(Change::Client),
        Change::Record(delta) => newest(delta).map(Change::Record),
        Change::Challenge(_) | Change::Reservation(_) | Change::TsigKey(_) => None,
        Change::Peer(_) | Change::Mail(_) | Change::Settings(_) | Change::ServerKey(_) => None,
    }
}

pub(super) fn list(connection: &Connection, directory: &Path, listing: &Listing) -> Result<Vec<Change>, StoreError> {
    let read = || match listing.kind {
        Kind::Host => list_hosts(connection, listing),
        Kind::Record => list_records(connection, listing),
        Kind::Account => list_others(connection, "account", listing),
        Kind::Token => list_others(connection, "token", listing),
        Kind::Domain => list_others(connection, "domain", listing),
        Kind::Server => list_others(connection, "server", listing),
        Kind::Client => list_others(connection, "client", listing),
    };
    read().map_err(|error| schema::error(directory, &error))
}

fn list_hosts(connection: &Connection, listing: &Listing) -> rusqlite::Result<Vec<Change>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {HOST_COLUMNS} FROM hosts
         WHERE name > ?1 AND (?2 IS NULL OR owner = ?2) AND (?3 IS NULL OR domain = ?3) ORDER BY name LIMIT ?4"
    ))?;
    let after = listing.after.as_deref().unwrap_or("");
    let (owner, domain) = (listing.owner.map(AccountNo::get), listing.domain.map(DomainNo::get));
    let hosts = statement.query_map(params![after, owner, domain, signed(listing.limit as u64)], host)?;
    hosts.map(|host| host.map(|host| Change::Host(Delta::made(host)))).collect()
}

fn list_records(connection: &Connection, listing: &Listing) -> rusqlite::Result<Vec<Change>> {
    let after = listing.after.as_deref().unwrap_or("");
    let limit = signed(listing.limit as u64);
    // Two statements, so that each finds its page by an index.
    let found = match listing.domain {
        Some(domain) => records(
            connection,
            "SELECT * FROM records WHERE domain = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            params![domain.get(), after, limit],
        ),
        None => records(connection, "SELECT * FROM records WHERE id > ?1 ORDER BY id LIMIT ?2", params![after, limit]),
    };
    Ok(found?.into_iter().map(|record| Change::Record(Delta::made(record))).collect())
}

fn list_others(connection: &Connection, kind: &str, listing: &Listing) -> rusqlite::Result<Vec<Change>> {
    let after = listing.after.as_deref().map(|after| match (listing.kind, after.parse()) {
        (Kind::Account | Kind::Domain | Kind::Client, Ok(number)) => number_key(number),
        _ => after.to_owned(),
    });
    let mut statement = connection
        .prepare_cached("SELECT kind, body FROM entities WHERE kind = ?1 AND key > ?2 ORDER BY key LIMIT ?3")?;
    let values = params![kind, after.unwrap_or_default(), signed(listing.limit as u64)];
    statement.query_map(values, |row| other(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?))?.collect()
}

pub(super) fn differences(
    connection: &Connection,
    directory: &Path,
    domain: DomainNo,
    from: Serial,
) -> Result<Option<Vec<ZoneDifference>>, StoreError> {
    let read = || -> rusqlite::Result<Option<Vec<ZoneDifference>>> {
        let mut statement = connection.prepare_cached(
            "SELECT body FROM zone_differences WHERE domain = ?1 AND version >= (
                 SELECT max(version) FROM zone_differences WHERE domain = ?1 AND from_serial = ?2) ORDER BY version",
        )?;
        let chain: Vec<ZoneDifference> = statement
            .query_map([domain.get(), from.0], |row| parse_json(row.get_ref(0)?.as_str()?))?
            .collect::<rusqlite::Result<_>>()?;
        let newest = heads(connection)?.into_iter().find(|(found, _)| *found == domain).map(|(_, head)| head.serial);
        Ok((!chain.is_empty() || newest == Some(from)).then_some(chain))
    };
    read().map_err(|error| schema::error(directory, &error))
}

pub(super) fn save_soft(
    connection: &mut Connection,
    directory: &Path,
    at: Version,
    states: &[(SoftKey, SoftState)],
) -> Result<bool, StoreError> {
    let transaction = begin(connection, directory)?;
    let save = |transaction: Transaction<'_>| -> rusqlite::Result<bool> {
        if Head::read(&transaction)?.version != at {
            return Ok(false);
        }
        for (key, state) in states {
            let mut upsert = transaction.prepare_cached("INSERT OR REPLACE INTO soft (key, body) VALUES (?1, ?2)")?;
            upsert.execute(params![key.to_string(), json(state)?])?;
        }
        transaction.commit()?;
        Ok(true)
    };
    save(transaction).map_err(|error| schema::error(directory, &error))
}

fn number<T>(row: &Row<'_>, column: usize, number: impl Fn(u32) -> Option<T>) -> rusqlite::Result<T> {
    number(row.get(column)?).ok_or_else(|| conversion(column, "the number 0"))
}

fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_micros(unsigned(row.get(column)?)))
}

fn address<Raw: std::str::FromStr, T: TryFrom<Raw>>(column: usize, text: &str) -> rusqlite::Result<T> {
    let raw = text.parse::<Raw>().ok().and_then(|raw| T::try_from(raw).ok());
    raw.ok_or_else(|| conversion(column, format!("the address {text}")))
}

fn parse_json<T: DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| conversion(0, error))
}

fn conversion(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
