//! The map under the registry against its rivals: building, look-ups, batches of updates on a shared snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use comfy_table::Table;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Entries in the map.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u32,
    /// Updates between two snapshots.
    #[arg(long, default_value_t = 16)]
    batch: u32,
}

type Key = [u8; 24];
type Value = Arc<[u64; 12]>;

/// What the registry asks of a map.
trait Map: Clone {
    fn build(entries: Vec<(Key, Value)>) -> Self;
    fn get(&self, key: &Key) -> Option<&Value>;
    fn set(&mut self, key: Key, value: Value);
}

impl Map for imbl::OrdMap<Key, Value> {
    fn build(entries: Vec<(Key, Value)>) -> Self {
        entries.into_iter().collect()
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        imbl::OrdMap::get(self, key)
    }

    fn set(&mut self, key: Key, value: Value) {
        self.insert(key, value);
    }
}

impl Map for rpds::RedBlackTreeMapSync<Key, Value> {
    fn build(entries: Vec<(Key, Value)>) -> Self {
        entries.into_iter().collect()
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        rpds::RedBlackTreeMapSync::get(self, key)
    }

    fn set(&mut self, key: Key, value: Value) {
        self.insert_mut(key, value);
    }
}

/// A two-level array: leaves of sorted entries under one array of leaves.
#[derive(Clone)]
struct Leaves(Arc<Vec<(Key, Leaf)>>);

type Leaf = Arc<Vec<(Key, Value)>>;

impl Leaves {
    const FULL: usize = 64;

    fn leaf(&self, key: &Key) -> usize {
        self.0.partition_point(|(first, _)| first <= key).saturating_sub(1)
    }
}

impl Map for Leaves {
    fn build(entries: Vec<(Key, Value)>) -> Self {
        let leaf =
            |chunk: &[(Key, Value)]| (chunk.first().map(|(key, _)| *key).unwrap_or_default(), Arc::new(chunk.to_vec()));
        Leaves(Arc::new(entries.chunks(Leaves::FULL).map(leaf).collect()))
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        let (_, leaf) = self.0.get(self.leaf(key))?;
        let at = leaf.binary_search_by(|(present, _)| present.cmp(key)).ok()?;
        leaf.get(at).map(|(_, value)| value)
    }

    fn set(&mut self, key: Key, value: Value) {
        let at = self.leaf(&key);
        let Some((_, leaf)) = Arc::make_mut(&mut self.0).get_mut(at) else { return };
        let leaf = Arc::make_mut(leaf);
        if let Ok(at) = leaf.binary_search_by(|(present, _)| present.cmp(&key))
            && let Some((_, slot)) = leaf.get_mut(at)
        {
            *slot = value;
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = Table::new();
    let updates = format!("update, {} a snapshot", arguments.batch);
    table.set_header(["map", "build", "look-up", updates.as_str()]);
    table.add_row(row::<imbl::OrdMap<Key, Value>>("imbl OrdMap", arguments)?);
    table.add_row(row::<rpds::RedBlackTreeMapSync<Key, Value>>("rpds RedBlackTreeMap", arguments)?);
    table.add_row(row::<Leaves>("two-level leaves of 64", arguments)?);
    crate::print(&table.to_string());
    Ok(())
}

fn key(number: u32) -> Key {
    let mut key = [0; 24];
    let text = format!("example\0dyn\0host{number:08}");
    if let (Some(slot), Some(text)) = (key.get_mut(..24), text.as_bytes().get(..24)) {
        slot.copy_from_slice(text);
    }
    key
}

fn row<M: Map>(name: &str, arguments: &Arguments) -> anyhow::Result<Vec<String>> {
    let entries: BTreeMap<Key, Value> = (0..arguments.entries).map(|number| (key(number), Arc::new([0; 12]))).collect();
    let keys: Vec<Key> = entries.keys().copied().collect();
    let values: Vec<(Key, Value)> = entries.into_iter().collect();
    let started = Instant::now();
    let mut map = M::build(values);
    let build = started.elapsed().as_secs_f64();
    let mut random = crate::registry::Random(7);
    let mut pick = || keys.get(random.below(arguments.entries) as usize).copied().unwrap_or_default();
    let rounds = 1_000_000u32;
    let started = Instant::now();
    let found = (0..rounds).filter(|_| map.get(&pick()).is_some()).count();
    let look_up = started.elapsed().as_nanos() as f64 / f64::from(rounds);
    anyhow::ensure!(found == rounds as usize, "every key is there");
    let rounds = 200_000u32;
    let started = Instant::now();
    for _ in 0..rounds.checked_div(arguments.batch).unwrap_or_default() {
        let published = map.clone();
        for _ in 0..arguments.batch {
            map.set(pick(), Arc::new([1; 12]));
        }
        drop(published);
    }
    let update = started.elapsed().as_nanos() as f64 / f64::from(rounds);
    Ok(vec![name.to_owned(), format!("{build:.2} s"), format!("{look_up:.0} ns"), format!("{update:.0} ns")])
}
