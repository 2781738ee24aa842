//! Taking an account out of the history: in many short transactions, so that nobody waits long for one of them, and in
//! an order in which the power may fail between any two.
//!
//! 1. The log is read, the newest entry first: what belonged to the account, and when.
//! 2. Soft state and the zones' differences go, while the log still says which.
//! 3. The entries lose what is to go, the oldest first. What ended an ownership stands behind everything that was done
//!    under it, so what is left of the log always tells the rest.
//! 4. The database is written anew, for rows that were ever moved leave copies of themselves in unused parts of its
//!    pages, which `secure_delete` does not see. Then the journal is emptied.

use std::path::Path;
use std::time::{Duration, Instant};

use ddns_core::{AccountNo, DomainNo, policy};
use rusqlite::{Connection, OptionalExtension, params};

use super::place::ServerLock;
use super::{Head, json, rows, schema, signed, unsigned};
use crate::StoreError;
use crate::entry::{LogQuery, SoftKey, Version};
use crate::erase::{Erased, Remains, Traces};

/// Erases from the part of the log that is folded into the entity tables.
pub(super) fn erase(connection: &mut Connection, directory: &Path, account: AccountNo) -> Result<Erased, StoreError> {
    let error = |found: rusqlite::Error| schema::error(directory, &found);
    let end = Head::read(connection).map_err(error)?.folded;
    if rows::has_account(connection, account).map_err(error)? {
        return Err(StoreError::NotRemoved(account.get()));
    }
    let traces = read_back(connection, directory, account, end)?;
    let soft: Vec<&SoftKey> = traces.soft.iter().collect();
    for keys in soft.chunks(policy::ERASE_AT_ONCE) {
        in_turn(|| forget_soft(connection, directory, keys))?;
    }
    for zone in &traces.zones {
        while in_turn(|| forget_differences(connection, directory, *zone, end))? {}
    }
    let (mut entries, mut done) = (0u64, Version::default());
    while let Some(next) = next_page(connection, directory, &traces, done, end)? {
        if !next.concerned.is_empty() {
            let redacted = in_turn(|| redact(connection, directory, &traces, &next.concerned))?;
            entries = entries.saturating_add(redacted);
        }
        done = next.last;
    }
    let remains = clean(connection, directory)?;
    Ok(Erased { entries, remains })
}

/// Does one transaction, and then lets others have theirs for as long: whoever waits for the lock asks for it only now
/// and then. So one who writes without rest may take every turn for seconds, and it is asked for again.
fn in_turn<T>(mut work: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut tries = 1;
    loop {
        let started = Instant::now();
        match work() {
            Err(StoreError::Busy(_)) if tries < policy::ERASE_TRIES => tries = tries.saturating_add(1),
            done => {
                std::thread::sleep(started.elapsed().min(Duration::from_secs(1)));
                return done;
            }
        }
    }
}

/// What belonged to the account, and when.
fn read_back(
    connection: &Connection,
    directory: &Path,
    account: AccountNo,
    end: Version,
) -> Result<Traces, StoreError> {
    let mut traces = Traces::of(account);
    let mut query = LogQuery { before: Some(end.after(1)), limit: policy::ERASE_AT_ONCE, ..LogQuery::default() };
    loop {
        let page = rows::log(connection, directory, &query)?;
        page.iter().for_each(|entry| traces.learn(entry));
        let Some(oldest) = page.last() else { return Ok(traces) };
        query.before = Some(oldest.version);
    }
}

fn forget_soft(connection: &mut Connection, directory: &Path, keys: &[&SoftKey]) -> Result<(), StoreError> {
    let transaction = rows::begin(connection, directory)?;
    let forget = || -> rusqlite::Result<()> {
        for key in keys {
            if let SoftKey::Client(client) = key
                && rows::has_client(&transaction, client)?
            {
                continue; // The key is another one's by now.
            }
            transaction.prepare_cached("DELETE FROM soft WHERE key = ?1")?.execute([key.to_string()])?;
        }
        Ok(())
    };
    forget().and_then(|()| transaction.commit()).map_err(|found| schema::error(directory, &found))
}

/// Forgets the oldest differences of a zone, so that what is left is a chain; tells whether there may be more.
fn forget_differences(
    connection: &mut Connection,
    directory: &Path,
    zone: DomainNo,
    end: Version,
) -> Result<bool, StoreError> {
    let transaction = rows::begin(connection, directory)?;
    let forget = || -> rusqlite::Result<bool> {
        let mut oldest = transaction.prepare_cached(
            "SELECT version, octet_length(body) FROM zone_differences WHERE domain = ?1 AND version <= ?2
             ORDER BY version LIMIT ?3",
        )?;
        let values = params![zone.get(), signed(end.0), signed(policy::ERASE_AT_ONCE as u64)];
        let found: Vec<(i64, i64)> =
            oldest.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let mut freed = 0i64;
        for (version, octets) in &found {
            let mut delete =
                transaction.prepare_cached("DELETE FROM zone_differences WHERE domain = ?1 AND version = ?2")?;
            delete.execute(params![zone.get(), version])?;
            let mut shrink = transaction.prepare_cached("UPDATE log SET octets = octets - ?2 WHERE version = ?1")?;
            if shrink.execute([version, octets])? > 0 {
                freed = freed.saturating_add(*octets);
            }
        }
        shrink_log(&transaction, freed)?;
        Ok(found.len() == policy::ERASE_AT_ONCE)
    };
    let more = forget();
    more.and_then(|more| transaction.commit().map(|()| more)).map_err(|found| schema::error(directory, &found))
}

/// A piece of the log, read without holding anybody up.
struct Page {
    last: Version,
    concerned: Vec<Version>,
}

fn next_page(
    connection: &Connection,
    directory: &Path,
    traces: &Traces,
    done: Version,
    end: Version,
) -> Result<Option<Page>, StoreError> {
    let read = || -> rusqlite::Result<Option<Page>> {
        let mut statement = connection.prepare_cached(
            "SELECT version, time, actor, origin, changes FROM log WHERE version > ?1 AND version <= ?2
             ORDER BY version LIMIT ?3",
        )?;
        let values = params![signed(done.0), signed(end.0), signed(policy::ERASE_AT_ONCE as u64)];
        let mut page: Option<Page> = None;
        for entry in statement.query_map(values, rows::entry)? {
            let entry = entry?;
            let page = page.get_or_insert(Page { last: entry.version, concerned: Vec::new() });
            page.last = entry.version;
            if traces.are_in(&entry) {
                page.concerned.push(entry.version);
            }
        }
        Ok(page)
    };
    read().map_err(|found| schema::error(directory, &found))
}

/// Takes the account out of entries; tells how many lost something.
fn redact(
    connection: &mut Connection,
    directory: &Path,
    traces: &Traces,
    versions: &[Version],
) -> Result<u64, StoreError> {
    let transaction = rows::begin(connection, directory)?;
    let work = || -> rusqlite::Result<u64> {
        let (mut count, mut freed) = (0u64, 0i64);
        for version in versions {
            if let Some(octets) = redact_one(&transaction, traces, *version)? {
                count = count.saturating_add(1);
                freed = freed.saturating_add(octets);
            }
        }
        shrink_log(&transaction, freed)?;
        Ok(count)
    };
    let count = work();
    count.and_then(|count| transaction.commit().map(|()| count)).map_err(|found| schema::error(directory, &found))
}

/// Takes the account out of an entry as it is now, for somebody may have pruned it or erased another account from it
/// meanwhile. Tells how many octets that freed; none if there was nothing to take.
fn redact_one(transaction: &Connection, traces: &Traces, version: Version) -> rusqlite::Result<Option<i64>> {
    let mut select = transaction.prepare_cached(
        "SELECT version, time, actor, origin, changes, octet_length(changes) FROM log WHERE version = ?1",
    )?;
    let found = select.query_row([signed(version.0)], |row| Ok((rows::entry(row)?, row.get::<_, i64>(5)?)));
    let Some((mut entry, before)) = found.optional()? else { return Ok(None) };
    if !traces.redact(&mut entry) {
        return Ok(None);
    }
    let changes = json(&entry.changes)?;
    let freed = before.saturating_sub(signed(changes.len() as u64));
    let mut update = transaction.prepare_cached(
        "UPDATE log SET actor = ?2, origin = ?3, changes = ?4, octets = octets - ?5 WHERE version = ?1",
    )?;
    update.execute(params![signed(version.0), rows::ERASED, entry.origin, changes, freed])?;
    Ok(Some(freed))
}

fn shrink_log(transaction: &Connection, octets: i64) -> rusqlite::Result<()> {
    let mut update = transaction.prepare_cached("UPDATE head SET log_bytes = max(log_bytes - ?1, 0)")?;
    update.execute([octets]).map(|_| ())
}

/// Leaves no copy of what was erased in the files; tells why it may not have.
fn clean(connection: &Connection, directory: &Path) -> Result<Option<Remains>, StoreError> {
    let error = |found: rusqlite::Error| schema::error(directory, &found);
    // Written anew even while somebody reads: then only the journal is left to be emptied.
    let whole = may_write_anew(connection, directory).map_err(error)?;
    if whole {
        write_anew(connection).map_err(error)?;
    }
    for _ in 0..policy::ERASE_TRIES {
        if schema::empty_journal(connection).map_err(error)? {
            return Ok((!whole).then_some(Remains::Pages));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Some(Remains::Journal))
}

/// Writing anew is one transaction: beside a server it must be a short one.
fn may_write_anew(connection: &Connection, directory: &Path) -> rusqlite::Result<bool> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let octets = unsigned(pragma("page_count")?.saturating_mul(pragma("page_size")?));
    Ok(octets <= policy::ERASE_ANEW_MAX || ServerLock::take(directory).is_ok())
}

fn write_anew(connection: &Connection) -> rusqlite::Result<()> {
    // What is small enough goes through memory, and not through a file somewhere else on the disk.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let done = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "DEFAULT")?;
    done
}
