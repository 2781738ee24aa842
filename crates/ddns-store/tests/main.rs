//! Every backend passes the battery; and what only the file store promises: crashes, power cuts, damage, modes.

#![expect(clippy::arithmetic_side_effects, reason = "tests may stop at what they did not expect")]

#[cfg(test)]
mod backup;
#[cfg(test)]
mod batteries;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod erase;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod place;
#[cfg(test)]
mod power;
#[cfg(test)]
mod tools;
