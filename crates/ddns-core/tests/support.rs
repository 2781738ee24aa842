//! What several of the tests need.

use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

use proptest::test_runner::{Config, RngSeed};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// So many random cases, or twenty times as many in a soak. The seed is `DDNS_SEED` or a fresh one, and printed.
#[expect(
    clippy::disallowed_methods,
    reason = "the test, not the core, reads how long it shall run, and from which seed"
)]
pub(crate) fn cases(number: u32) -> Config {
    let factor = if std::env::var_os("DDNS_SOAK").is_some() { 20 } else { 1 };
    let fresh = || RandomState::new().hash_one(0u8);
    let seed = std::env::var("DDNS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(fresh);
    println!("DDNS_SEED={seed}");
    let (failure_persistence, rng_seed) = (Some(Box::new(persistence()) as _), RngSeed::Fixed(seed));
    Config { failure_persistence, rng_seed, ..Config::with_cases(number * factor) }
}

/// Seeds of failures are kept beside the test that found them.
fn persistence() -> proptest::test_runner::FileFailurePersistence {
    proptest::test_runner::FileFailurePersistence::SourceParallel("proptest-regressions")
}

/// Parses, with the text in the message where that fails.
pub(crate) fn parse<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text:?} does not parse: {error:?}"))
}

/// Through JSON and back, it is the same.
pub(crate) fn assert_json_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text} does not come back: {error}"));
    assert_eq!(&back, value, "through {text}");
}

/// JSON that the type's own door would refuse is refused.
pub(crate) fn assert_json_refused<T: DeserializeOwned + Debug>(text: &str) {
    if let Ok(value) = serde_json::from_str::<T>(text) {
        panic!("{text} was taken as {value:?}");
    }
}
