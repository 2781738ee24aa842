//! Plays the scenarios, and checks the player.

#[cfg(test)]
mod conversations;
#[cfg(test)]
mod player;
