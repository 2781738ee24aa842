//! Plays the scenarios, and checks the player.

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod player;
#[cfg(test)]
mod readers;
