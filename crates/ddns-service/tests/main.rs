//! The live registry: what is answered is durable and served, whatever the store, the clock and other processes do.

#![expect(clippy::arithmetic_side_effects, reason = "tests may stop at what they did not expect")]

#[cfg(test)]
mod auth;
#[cfg(test)]
mod commits;
#[cfg(test)]
mod disks;
#[cfg(test)]
mod guesses;
#[cfg(test)]
mod heartbeats;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod links;
#[cfg(test)]
mod others;
#[cfg(test)]
mod soft;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod time;
#[cfg(test)]
#[path = "../../ddns-store/tests/tools.rs"]
#[expect(dead_code, reason = "the store's tests use all of it")]
mod tools;
#[cfg(test)]
mod trouble;
#[cfg(test)]
mod world;
