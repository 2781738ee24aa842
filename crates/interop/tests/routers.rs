//! The update clients that routers run, each with a plain configuration file.

use std::path::Path;
use std::process::Command;

use crate::programs::{Said, find, run};
use crate::resolvers;
use crate::site::Site;

const HOSTS: [&str; 4] = ["a.dyn.example", "b.dyn.example", "c.dyn.example", "d.dyn.example"];

/// Three runs of one client: the first updates, the second has nothing to say or is answered `nochg`, and one that is
/// forced is answered `nochg`; after the first the serial stands.
fn updates_once(site: &Site, client: impl Fn(bool) -> Said, expected: &[(&str, &str, &str)]) {
    let first = client(false);
    assert!(first.success, "{first:?}");
    for (name, record_type, address) in expected {
        assert!(format!("{first:?}").contains(&format!("good {address}")), "{first:?}");
        assert_eq!(site.served(name, record_type), [*address], "{name}");
    }
    let serial = site.serial();
    let second = client(false);
    assert!(second.success, "{second:?}");
    let forced = client(true);
    for (_, _, address) in expected {
        assert!(!format!("{second:?}{forced:?}").contains(&format!("good {address}")), "{second:?} {forced:?}");
        assert!(format!("{forced:?}").contains(&format!("nochg {address}")), "{forced:?}");
    }
    assert_eq!(site.serial(), serial);
    resolvers::all_agree(site, expected);
}

#[test]
fn ddclient_updates_once() {
    let Some(ddclient) = find("ddclient") else { return };
    let site = Site::with_hosts(&HOSTS);
    for (family, address, record_type) in [(4, "192.0.2.7", "A"), (6, "2001:db8::7", "AAAA")] {
        let configuration = format!(
            "daemon=0\nssl=no\nsyslog=no\nuse=cmd, cmd='echo {address}'\nprotocol=dyndns2\nserver={}\nlogin=joe\n\
             password='{}'\na.dyn.example,b.dyn.example\n",
            site.server.http, site.token
        );
        let configuration = site.file(&format!("ddclient{family}.conf"), &configuration);
        let cache = site.directory.path().join(format!("ddclient{family}.cache"));
        let client = |force| run(&mut ddclient_command(&ddclient, &configuration, &cache, force));
        updates_once(
            &site,
            client,
            &[("a.dyn.example", record_type, address), ("b.dyn.example", record_type, address)],
        );
    }
    site.server.stop();
}

fn ddclient_command(program: &Path, configuration: &Path, cache: &Path, force: bool) -> Command {
    let mut command = Command::new(program);
    command.args(["-foreground", "-daemon=0", "-noquiet", "-verbose", "-file"]).arg(configuration);
    command.arg("-cache").arg(cache).arg("-pid").arg(cache.with_extension("pid"));
    command.args(force.then_some("-force"));
    command
}

/// By dyndns2, and by the update URL of Two-DNS.
#[test]
fn inadyn_updates_once() {
    let Some(inadyn) = find("inadyn") else { return };
    let site = Site::with_hosts(&HOSTS);
    let provider = |number: u8, path: &str, parameter: &str, host: &str, address: &str| {
        format!(
            "custom number{number} {{\n  username = joe\n  password = {}\n  ddns-server = \"{}\"\n  \
             ddns-path = \"{path}?hostname=%h&{parameter}=%i\"\n  hostname = {host}\n  ssl = false\n  \
             checkip-command = \"/bin/echo {address}\"\n}}\n",
            site.token, site.server.http
        )
    };
    let configuration = [
        "period = 300\nallow-ipv6 = true\n".to_owned(),
        provider(1, "/nic/update", "myip", "a.dyn.example", "192.0.2.8"),
        provider(2, "/nic/update", "myip", "b.dyn.example", "2001:db8::8"),
        provider(3, "/update", "ip", "c.dyn.example", "192.0.2.9"),
        provider(4, "/update", "ip", "d.dyn.example", "2001:db8::9"),
    ];
    let configuration = site.file("inadyn.conf", &configuration.concat());
    let cache = site.directory.path().join("inadyn-cache");
    std::fs::create_dir(&cache).unwrap();
    let client = |force: bool| {
        let mut command = Command::new(&inadyn);
        command.args(["-1", "-n", "-l", "debug", "--no-pidfile", "-f"]).arg(&configuration);
        command.arg(format!("--cache-dir={}", cache.display())).args(force.then_some("--force"));
        run(&mut command)
    };
    let expected = [
        ("a.dyn.example", "A", "192.0.2.8"),
        ("b.dyn.example", "AAAA", "2001:db8::8"),
        ("c.dyn.example", "A", "192.0.2.9"),
        ("d.dyn.example", "AAAA", "2001:db8::9"),
    ];
    updates_once(&site, client, &expected);
    site.server.stop();
}

/// A wrong password is told in words that the client understands, and changes nothing.
#[test]
fn ddclient_understands_a_refusal() {
    let Some(ddclient) = find("ddclient") else { return };
    let site = Site::with_hosts(&["a.dyn.example"]);
    let check = |login: &str, password: &str, hosts: &str, word: &str| {
        let configuration = format!(
            "daemon=0\nssl=no\nsyslog=no\nuse=cmd, cmd='echo 192.0.2.66'\nprotocol=dyndns2\nserver={}\nlogin={login}\n\
             password='{password}'\n{hosts}\n",
            site.server.http
        );
        let configuration = site.file("wrong.conf", &configuration);
        let cache = site.directory.path().join(format!("{word}.cache"));
        let said = run(&mut ddclient_command(&ddclient, &configuration, &cache, true));
        assert!(format!("{said:?}").contains(word), "{said:?}");
    };
    let serial = site.serial();
    check("joe", "wrong", "a.dyn.example", "authorization failed (HTTP/1.1 401");
    check("joe", &site.token, "missing.dyn.example", "nohost");
    assert_eq!((site.serial(), site.served("a.dyn.example", "A")), (serial, Vec::new()));
}
