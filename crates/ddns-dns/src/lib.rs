//! The authoritative DNS server: a function over bound sockets and a shared service (RFC 1035, RFC 7766).
//!
//! [`bind`] takes the ports, [`serve`] answers on them until [`Server::stop`]. What is answered is `ddns-core`'s business
//! and how it stands on the wire `ddns-wire`'s; here are sockets, threads and limits.
//!
//! Over UDP each address has a socket and a thread for each core. A thread waits, takes all datagrams that are there (up
//! to 32) with one system call, and answers them from one snapshot, so that a change is seen by every query that comes
//! after it was published. Replies leave from the address that was asked, on wildcard addresses too. Over TCP one thread
//! holds all connections.
//!
//! What is not here: a forked or privileged half (the program binds before it drops privileges, or has the capability),
//! and any wait for the disk: answers come from memory, whatever the store does.

mod bind;
mod limits;
mod server;
mod tcp;
mod udp;

pub use bind::{BindError, Protocol, Sockets, bind};
pub use limits::Limits;
pub use server::{Server, serve, serve_with};
