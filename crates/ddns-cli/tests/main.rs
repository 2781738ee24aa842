//! The real program `ddns` in temporary directories: what it prints where, how it ends, what it leaves.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod adoptions;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod domains;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod records;
#[cfg(test)]
mod together;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod work;
