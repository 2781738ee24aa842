//! The outbox against a relay that does what a test wants.
