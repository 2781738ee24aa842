//! The real program `ddnsd` on free ports over temporary directories.

#[cfg(test)]
mod configuration;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod https;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod work;
