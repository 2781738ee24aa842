//! DNS messages: a request's octets and a registry make a reply's octets (RFC 1035, section 4).
//!
//! [`respond`] is the whole of it, a pure function, so that it can be tested and fuzzed without sockets. What is answered
//! is `ddns-core`'s business; here is how it stands on the wire. Requests are read by the `domain` crate; replies are
//! written by our own code into a buffer that the caller keeps, because a builder would allocate for each one.
//!
//! What is not here: TSIG, cookies, zone transfers, UPDATE and NOTIFY (REFUSED or NOTIMP for now); and recursion, ever.

mod names;
mod request;
mod respond;
mod response;

pub use respond::{Reply, Transport, respond};
