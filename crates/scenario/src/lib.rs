#![doc = include_str!("../../../scenarios/README.md")]

mod difference;
pub mod dns;
mod failure;
pub mod http;
mod json;
mod play;
mod script;
mod stage;
mod variables;

use std::path::Path;

pub use failure::Failure;
pub use stage::Backing;

use failure::Wrong;
use script::Script;

/// How often a scenario is played when the only thing wrong with it is that something came late.
const ROUNDS: usize = 5;

/// Plays a scenario from beginning to end over this kind of store.
///
/// A right answer that came later than `within` allows may be the fault of a busy machine, so the scenario is played
/// again, up to five times; a wrong answer is wrong at once.
///
/// # Errors
/// [`Failure`], at the first step that goes otherwise than it is written.
pub fn play(file: &Path, backing: Backing) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::of_file(file, &error.to_string()))?;
    play_text(file, &text, backing)
}

/// Plays a scenario that is not read from the file that it is named after.
///
/// # Errors
/// [`Failure`], likewise.
pub fn play_text(name: &Path, text: &str, backing: Backing) -> Result<(), Failure> {
    let script = Script::parse(text).map_err(|misread| Failure::of_line(name, misread))?;
    let mut result = Ok(());
    for _ in 0..ROUNDS {
        result =
            play::all(&script, backing).map_err(|(step, wrong)| (Failure::new(name, backing, step, &wrong), wrong));
        if !matches!(result, Err((_, Wrong::Late { .. }))) {
            break;
        }
    }
    result.map_err(|(failure, _)| failure)
}
