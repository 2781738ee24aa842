//! Interoperability: the real `ddnsd` and `ddns` in temporary directories, with the programs that people use: ddclient,
//! inadyn, curl, wget, dig, kdig, lego and certbot with the certificate authority pebble, openssl, kill and strace; and with
//! what comes in Python: the mail server aiosmtpd, schemathesis, which asks for whatever an OpenAPI document describes, and
//! OpenStack's client of the first version of its DNS.
//!
//! Everything here is tests. A program that is not installed is skipped and named on standard error; where the
//! environment has `CI=true` it is a failure instead.
//!
//! ```text
//! cargo xtask prepare # as root on Debian; what it cannot install, it names
//! ```
