//! The server on real sockets, asked by real sockets.
#![expect(clippy::arithmetic_side_effects, reason = "an overflow stops the test, as it should")]

#[cfg(test)]
mod binding;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod support;
