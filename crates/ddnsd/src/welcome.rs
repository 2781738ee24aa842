//! What a person who starts the server should know.

use std::io::Write;

use ddns_core::{Registry, SignUp};

use crate::config::{Config, LogFormat};

/// Says what is missing before anybody can use the service.
pub(crate) fn greet(config: &Config, registry: &Registry, stderr: &mut dyn Write) {
    if registry.accounts().next().is_none() && registry.domains().next().is_none() {
        tell(config.log_format, &first_steps(config), stderr);
    }
    if registry.servers().next().is_none() && registry.settings().ns_addresses.is_empty() {
        tracing::warn!(
            "no name server is registered and ns_addresses is empty, so ns1.<zone> has no address and resolvers cannot \
             find the zones; register one with: ddns server add NAME --ip ADDR, or set ns_addresses"
        );
    }
    if config.mail.is_none() {
        warn_of_silence(registry);
    }
}

/// What was begun when there was a relay comes to nothing without one.
fn warn_of_silence(registry: &Registry) {
    if registry.settings().sign_up == SignUp::Confirm {
        tracing::warn!(
            "sign_up is confirm in the data, but without mail_relay nobody can be sent a link: nobody can sign up; name a \
             relay, or set sign_up to closed or open"
        );
    }
    let waiting = registry.mail_count();
    if waiting > 0 {
        tracing::warn!(waiting, "mails wait in the outbox, and without mail_relay they are not sent");
    }
}

/// The commands that make a service out of an empty directory.
fn first_steps(config: &Config) -> String {
    let data = config.data.display();
    format!(
        "The data directory is new. In another terminal:\n\
         \x20 ddns --data '{data}' account add LOGIN\n\
         \x20 ddns --data '{data}' domain add DOMAIN --shared\n\
         \x20 ddns --data '{data}' host add NAME.DOMAIN --owner LOGIN\n\
         \x20 ddns --data '{data}' token create LOGIN\n\
         The token is the password of the router that reports the address. Nothing needs to be restarted."
    )
}

/// People read sentences; programs that read JSON lines get one of those.
fn tell(format: LogFormat, text: &str, stderr: &mut dyn Write) {
    match format {
        LogFormat::Json => tracing::info!("{text}"),
        LogFormat::Human => {
            // Nobody need listen.
            let _told = writeln!(stderr, "{text}");
        }
    }
}
