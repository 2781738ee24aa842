//! From the schemas of former releases to the present one.
//!
//! Each release's tables are brought to the next one's by one piece of SQL, and all pieces that are needed go into one
//! transaction, which is committed only if what they made can be loaded. So a store is there in its former schema or in
//! the present one, whatever happens, and what turns out to be damaged is left as it is. A program of the former release
//! that has the store open notices in its next transaction, and writes no more.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::rows;
use super::schema::{self, SCHEMA};
use crate::StoreError;

/// What leads from each schema to the next; the first one from 1 to 2.
const STEPS: [&str; SCHEMA as usize - 1] = [TO_2];

/// Zones' heads tell when the zone came to its serial: with its newest difference, if that has not been pruned or erased.
/// Otherwise about when the serial says, for it follows the clock; but not after the newest thing that is known to have
/// happened, for it may be ahead of the clock. Records are found by their domain.
const TO_2: &str = "
ALTER TABLE zone_heads RENAME TO zone_heads_1;
CREATE TABLE zone_heads (
    domain  INTEGER PRIMARY KEY,
    serial  INTEGER NOT NULL,
    changed INTEGER NOT NULL       -- when it came to its serial, in microseconds since 1970
) STRICT;
INSERT INTO zone_heads (domain, serial, changed)
SELECT domain, serial, coalesce(
    (SELECT log.time FROM zone_differences AS newest JOIN log ON log.version = newest.version
     WHERE newest.domain = zone_heads_1.domain ORDER BY newest.version DESC LIMIT 1),
    min(serial * 1000000, coalesce((SELECT max(time) FROM log), serial * 1000000)))
FROM zone_heads_1;
DROP TABLE zone_heads_1;
CREATE INDEX records_by_domain ON records (domain, id);
";

/// Brings the tables to the present schema; several processes may want to at once.
pub(super) fn to_present(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if schema::known_schema(connection, path)? == SCHEMA {
        return Ok(());
    }
    let error = |found: rusqlite::Error| schema::error(path, &found);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
    let found = schema::known_schema(&transaction, path)?;
    schema::check_whole(&transaction, path)?;
    for step in (1..).zip(STEPS).filter_map(|(from, step)| (from >= found).then_some(step)) {
        transaction.execute_batch(step).map_err(error)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA).map_err(error)?;
    rows::load(&transaction, path)?;
    transaction.commit().map_err(error)
}
