//! The battery: to come.
