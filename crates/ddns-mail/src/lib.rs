//! Sends what waits in the outbox, by SMTP.
