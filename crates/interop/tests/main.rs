//! The real binaries with the programs that people use with them.

#[cfg(test)]
mod acme;
#[cfg(test)]
mod binaries;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod designate;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod fetchers;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod kits;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod openstack;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod python;
#[cfg(test)]
mod races;
#[cfg(test)]
mod record_races;
#[cfg(test)]
mod records;
#[cfg(test)]
mod resolvers;
#[cfg(test)]
mod routers;
#[cfg(test)]
mod schemathesis;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod site;
#[cfg(test)]
mod smtp;
#[cfg(test)]
mod syncs;
#[cfg(test)]
mod tls;
