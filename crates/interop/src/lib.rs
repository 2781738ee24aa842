//! Interoperability: the real `ddnsd` and `ddns` in temporary directories, with the programs that people use: ddclient,
//! inadyn, curl, wget, dig, kdig, kill and strace.
//!
//! Everything here is tests. A program that is not installed is skipped and named on standard error; where the
//! environment has `CI=true` it is a failure instead.
//!
//! ```text
//! apt-get install ddclient inadyn curl wget bind9-dnsutils knot-dnsutils strace
//! ```
