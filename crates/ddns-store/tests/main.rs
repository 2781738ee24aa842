//! Every backend passes the battery; and what only the file store promises: crashes, power cuts, damage, modes.

#[cfg(test)]
mod batteries;
