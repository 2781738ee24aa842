//! Requests and replies as octets, with the `domain` crate as the judge of what we write.
#![expect(clippy::arithmetic_side_effects, reason = "an overflow stops the test, as it should")]

#[cfg(test)]
mod answers;
#[cfg(test)]
mod compression;
#[cfg(test)]
mod data;
#[cfg(test)]
mod edns;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "../../ddns-core/tests/texts.rs"]
mod texts;
#[cfg(test)]
mod truncation;
