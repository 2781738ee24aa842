//! Programs that fetch a URL, with which people write their own update scripts.

use std::path::Path;
use std::process::Command;

use crate::programs::{find, output, skip};
use crate::resolvers;
use crate::site::Site;

#[test]
fn curl_updates_a_name() {
    let Some(curl) = find("curl") else { return };
    let site = Site::with_hosts(&["home.dyn.example"]);
    let get = |url: &str| output(Command::new(&curl).args(["-sS", "-u", &format!("joe:{}", site.token), url]));
    updates(&site, get);
}

#[test]
fn curl_speaks_two_dns() {
    let Some(curl) = find("curl") else { return };
    let site = Site::with_hosts::<&str>(&[]);
    let ask = |method: &str, body: &str, path: &str| {
        let who = format!("joe:{}", site.token);
        let url = format!("http://{}{path}", site.server.http);
        output(Command::new(&curl).args(["-sS", "-w", " %{http_code}", "-X", method, "--user", &who, "-d", body, &url]))
    };
    let url = format!("http://{}/hosts/sub.dyn.example", site.server.http);
    let shown = |address: &str| {
        format!(
            r#"{{"activate_wildcard":true,"ttl":60,"fqdn":"sub.dyn.example","ip_address":"{address}","url":"{url}"}}"#
        )
    };
    let body = r#"{"fqdn": "sub.dyn.example", "ip_address": "192.0.2.1", "ttl": "60", "activate_wildcard": "true"}"#;
    assert_eq!(ask("POST", body, "/hosts"), format!("{} 201", shown("192.0.2.1")));
    assert_eq!(ask("POST", body, "/hosts"), r#"{"hostname":["has already been taken"]} 422"#);
    let body = r#"{"ip_address": "auto"}"#;
    assert_eq!(ask("PUT", body, "/hosts/sub.dyn.example"), format!("[{}] 200", shown("127.0.0.1")));
    resolvers::all_agree(&site, &[("any.sub.dyn.example", "A", "127.0.0.1")]);
    assert_eq!(ask("DELETE", "", "/hosts/sub.dyn.example"), " 204");
    assert_eq!(site.served("sub.dyn.example", "A"), Vec::<String>::new());
}

/// wget first comes without credentials and needs the challenge.
#[test]
fn wget_updates_a_name() {
    let Some(wget) = find("wget") else { return };
    let site = Site::with_hosts(&["home.dyn.example"]);
    let password = format!("--password={}", site.token);
    updates(&site, |url| output(&mut fetch(&wget, &["-q", "-O", "-", "--user=joe", &password, url])));
}

fn fetch(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// One URL, twice, with an address of each family; and the caller's own over IPv6.
fn updates(site: &Site, get: impl Fn(&str) -> String) {
    let update = |more: &str| format!("http://{}/nic/update?hostname=home.dyn.example{more}", site.server.http);
    assert_eq!(get(&update("&myip=192.0.2.7,2001:db8::7")), "good 192.0.2.7,2001:db8::7");
    let serial = site.serial();
    assert_eq!(get(&update("&myip=192.0.2.7,2001:db8::7")), "nochg 192.0.2.7,2001:db8::7");
    assert_eq!(site.serial(), serial);
    resolvers::all_agree(site, &[("home.dyn.example", "A", "192.0.2.7"), ("home.dyn.example", "AAAA", "2001:db8::7")]);
    assert_eq!(get(&update("")), "good 127.0.0.1");
    let Some(http) = site.server.http6 else { return skip("an update over IPv6", "this machine has no IPv6") };
    assert_eq!(get(&format!("http://{http}/nic/update?hostname=home.dyn.example")), "good ::1");
    resolvers::all_agree(site, &[("home.dyn.example", "A", "127.0.0.1"), ("home.dyn.example", "AAAA", "::1")]);
}
