//! The outbox against a relay that does what a test wants.
#![expect(clippy::arithmetic_side_effects, reason = "an overflow stops the test, as it should")]

#[cfg(test)]
mod failures;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod world;
