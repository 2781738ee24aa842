//! The behaviour of `ddns-core`, seen from outside.
//!
//! Tables name the cruel cases; laws are checked on random commands. `DDNS_SOAK=1` runs twenty times as many cases.

#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")]

#[cfg(test)]
mod answers;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod due;
#[cfg(test)]
mod heartbeats;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod model;
#[cfg(test)]
mod names;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod prefixes;
#[cfg(test)]
mod records;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod rrsets;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod universe;
#[cfg(test)]
mod values;
#[cfg(test)]
mod zones;
