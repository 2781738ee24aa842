//! HTTP: the dialects that clients speak, over the one live registry.
//!
//! A frontend is a function over bound sockets and a shared service: [`bind`] takes the ports for plain HTTP,
//! [`Listeners::and_tls`] those for HTTPS with a [`Certificate`], and [`serve`] answers on all of them until
//! [`Server::stop`]. Programs compose it, and tests compose it the same way on port 0.
//!
//! Each dialect's words live in its own file. All of them do the same three things: parse what came in into the types of
//! `ddns-core` at the door, hand one `Command` to the service (or read its snapshot), and say the outcome in their words.
//!
//! What is deliberately absent: business rules (they are in `ddns_core::decide`), clocks, waiting for the disk inside a
//! worker, redirects, compression, cookies.

mod accept;
mod acme;
mod address;
mod auth;
mod base_url;
mod body;
mod clients;
mod confirm;
mod designate;
mod dialect;
mod docs;
mod dyndns;
mod events;
mod health;
mod json;
mod language;
mod lenient;
mod links;
mod listeners;
mod moment;
mod notes;
mod openapi;
mod params;
mod quiet;
mod reply;
mod routes;
mod server;
mod settings;
mod sight;
mod source;
mod tls;
mod two_dns;

pub use base_url::{BaseUrl, BaseUrlError};
pub use listeners::{BindError, Listeners, bind};
pub use openapi::openapi;
pub use routes::{RouteInfo, routes};
pub use server::{Server, serve};
pub use settings::HttpSettings;
pub use tls::{Certificate, CertificateError};
