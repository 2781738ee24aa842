//! What routers, cameras and update programs send, as octets: `tests/data/devices/*.txt`, in the form of `conversations.rs`.
//!
//! What these programs' documentation says of the URL is there as it says it; what could be run was recorded, and says so.

use std::collections::BTreeSet;

use ddns_core::{Caller, Command, HostEdit, Together};
use ddns_http::HttpSettings;
use ddns_service::{Origin, Request};

use crate::conversations::run_in;
use crate::house::{House, behind_a_proxy};

/// Each file with the number of its cases.
const FILES: &[(&str, &str, usize)] = &[
    ("ddclient", include_str!("data/devices/ddclient.txt"), 3),
    ("fritzbox", include_str!("data/devices/fritzbox.txt"), 11),
    ("hikvision", include_str!("data/devices/hikvision.txt"), 2),
    ("inadyn", include_str!("data/devices/inadyn.txt"), 3),
    ("mikrotik", include_str!("data/devices/mikrotik.txt"), 4),
    ("openwrt", include_str!("data/devices/openwrt.txt"), 5),
    ("opnsense", include_str!("data/devices/opnsense.txt"), 1),
    ("pfsense", include_str!("data/devices/pfsense.txt"), 2),
    ("scripts", include_str!("data/devices/scripts.txt"), 3),
    ("synology", include_str!("data/devices/synology.txt"), 7),
    ("unifi", include_str!("data/devices/unifi.txt"), 1),
];

#[test]
fn every_device_gets_what_it_understands() {
    for (_, file, cases) in FILES {
        run_in(with_devices, file, *cases);
    }
}

#[test]
fn no_file_is_forgotten() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/devices");
    let files = std::fs::read_dir(folder).unwrap();
    let found: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let run: BTreeSet<String> = FILES.iter().map(|(name, ..)| format!("{name}.txt")).collect();
    assert_eq!(found, run);
}

/// A house that takes credentials as parameters, in which `cam` has the suffix `::c0de`.
fn with_devices() -> House {
    let house = House::with(HttpSettings { query_credentials: true, ..behind_a_proxy() });
    let edit = HostEdit { suffix: Some(Some("::c0de".parse().unwrap())), ..HostEdit::default() };
    let hosts = vec!["cam.dyn.example".parse().unwrap()];
    let command = Command::SetHosts { hosts, edit, together: Together::AllOrNothing };
    house.service.submit_blocking(Request::new(Caller::Local, command, Origin::new("test"))).unwrap();
    house
}
