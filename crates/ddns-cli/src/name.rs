//! `ddns name`: freed names.

use clap::Subcommand;
use ddns_core::{Command, Fqdn};

use crate::door;
use crate::failure::Failure;
use crate::output::{Object, text};
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum NameCommand {
    /// Let everybody take a name that was freed and is reserved for its last owner
    Release {
        /// The freed name
        #[arg(value_parser = door::fqdn, value_name = "FQDN")]
        name: Fqdn,
    },
}

impl NameCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let NameCommand::Release { name } = self;
        session.submit(Command::ReleaseName { name: name.clone() })?;
        session.out.done(&format!("released {name}"), &Object::new([("released", text(Some(&name)))]))
    }
}
