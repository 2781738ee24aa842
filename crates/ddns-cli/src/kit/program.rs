//! The programs that there is a kit for: what each needs of a token, and the template of its configuration.

use clap::ValueEnum;
use ddns_core::{Actions, TokenLabel, ValueError};

use super::template::Quotes;

/// A program or device that is set up by what somebody copies into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Program {
    /// AVM's routers
    Fritzbox,
    /// ddns-scripts
    Openwrt,
    /// os-ddclient
    Opnsense,
    /// Its own client
    Pfsense,
    /// UniFi gateways
    Unifi,
    /// RouterOS
    Mikrotik,
    /// DSM
    Synology,
    /// Version 3.10 or later
    Ddclient,
    /// Version 2.10 or later
    Inadyn,
    /// With its provider httpreq
    Lego,
    /// With its manual hooks
    Certbot,
    /// With its hook `dns_acmedns`
    AcmeSh,
    /// From a crontab
    Curl,
}

impl Program {
    /// All of them, in the order in which they are told.
    pub(crate) const ALL: &[Program] = &[
        Program::Fritzbox,
        Program::Openwrt,
        Program::Opnsense,
        Program::Pfsense,
        Program::Unifi,
        Program::Mikrotik,
        Program::Synology,
        Program::Ddclient,
        Program::Inadyn,
        Program::Lego,
        Program::Certbot,
        Program::AcmeSh,
        Program::Curl,
    ];

    /// Its configuration, with places to fill in.
    pub(crate) const fn template(self) -> &'static str {
        match self {
            Program::Fritzbox => include_str!("fritzbox.txt"),
            Program::Openwrt => include_str!("openwrt.txt"),
            Program::Opnsense => include_str!("opnsense.txt"),
            Program::Pfsense => include_str!("pfsense.txt"),
            Program::Unifi => include_str!("unifi.txt"),
            Program::Mikrotik => include_str!("mikrotik.txt"),
            Program::Synology => include_str!("synology.txt"),
            Program::Ddclient => include_str!("ddclient.txt"),
            Program::Inadyn => include_str!("inadyn.txt"),
            Program::Lego => include_str!("lego.txt"),
            Program::Certbot => include_str!("certbot.txt"),
            Program::AcmeSh => include_str!("acme-sh.txt"),
            Program::Curl => include_str!("curl.txt"),
        }
    }

    /// How its configuration quotes a text.
    pub(crate) const fn quotes(self) -> Quotes {
        match self {
            Program::Openwrt => Quotes::Uci,
            Program::Mikrotik => Quotes::RouterOs,
            Program::Ddclient | Program::Inadyn => Quotes::Backslash,
            Program::Lego | Program::AcmeSh => Quotes::Shell,
            Program::Certbot | Program::Curl => Quotes::Curl,
            Program::Fritzbox | Program::Opnsense | Program::Pfsense | Program::Unifi | Program::Synology => {
                Quotes::None
            }
        }
    }

    /// What its token may do, and no more.
    pub(crate) const fn actions(self) -> Actions {
        let acme_challenge = self.makes_certificates();
        Actions { update: !acme_challenge, acme_challenge, read: false, manage: false }
    }

    /// The same in words.
    pub(crate) const fn purpose(self) -> &'static str {
        if self.makes_certificates() { "prove control of" } else { "update" }
    }

    const fn makes_certificates(self) -> bool {
        matches!(self, Program::Lego | Program::Certbot | Program::AcmeSh)
    }

    /// Whether it speaks HTTP without TLS at all.
    pub(crate) const fn speaks_plain_http(self) -> bool {
        !matches!(self, Program::Unifi)
    }

    /// Whether its configuration can hold a login.
    pub(crate) fn can_hold(self, login: &str) -> bool {
        // What follows a number sign is a comment there, quoted or not.
        self != Program::Ddclient || !login.contains('#')
    }

    /// Its name for people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Program::Fritzbox => "FRITZ!Box",
            Program::Openwrt => "OpenWrt",
            Program::Opnsense => "OPNsense",
            Program::Pfsense => "pfSense",
            Program::Unifi => "UniFi",
            Program::Mikrotik => "MikroTik",
            Program::Synology => "Synology",
            Program::Ddclient => "ddclient",
            Program::Inadyn => "inadyn",
            Program::Lego => "lego",
            Program::Certbot => "certbot",
            Program::AcmeSh => "acme.sh",
            Program::Curl => "curl",
        }
    }

    /// What its configuration is written in, as Markdown calls it.
    pub(crate) const fn language(self) -> &'static str {
        match self {
            Program::Lego | Program::Certbot | Program::AcmeSh => "sh",
            _ => "text",
        }
    }

    /// Its name on the command line, which is also what its tokens are called.
    pub(crate) fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The label of its tokens.
    pub(crate) fn label(self) -> Result<TokenLabel, ValueError> {
        self.word().parse()
    }
}
