//! What `ddns kit` prints, put where it says and used as it says, over HTTPS: by the programs that run here as they are, and
//! by curl in the place of devices, which fills in the URL of a configuration as the device does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::{find, miss, output, run, skip};
use crate::resolvers;
use crate::site::{Server, Site, has_ipv6, until};
use crate::tls::{bundle, options, secured_site};

const HOST: &str = "home.dyn.example";

/// A site under one port over IPv4 and IPv6, whose certificate is trusted by a bundle, and whose data says where it is.
struct Shop {
    site: Site,
    curl: PathBuf,
    url: String,
}

impl Shop {
    /// None where a program is missing.
    fn open(hosts: &[&str]) -> Option<Shop> {
        let (openssl, curl) = (find("openssl")?, find("curl")?);
        let mut site = secured_site(&openssl, hosts);
        site.server.kill();
        let port = free_port();
        let url = format!("https://localhost:{port}");
        let mut options = options(&site).to_vec();
        options[1] = format!("127.0.0.1:{port}");
        if has_ipv6() {
            options.extend(["--https".to_owned(), format!("[::1]:{port}")]);
        }
        let more =
            ["--base-url", &url, "--dyndns-query-credentials", "true", "--trusted-proxies", "127.0.0.1/32,::1/128"];
        options.extend(more.map(str::to_owned));
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        site.server = Server::start_with(site.directory.path(), &options);
        Some(Shop { site, curl, url })
    }

    /// The configuration for a program, once the server knows its token.
    fn kit(&self, program: &str) -> String {
        self.kit_at(&self.url, program)
    }

    fn kit_at(&self, url: &str, program: &str) -> String {
        let kit = self.site.ddns(&["kit", HOST, "--for", program, "--url", url]);
        let secret = secret(&kit);
        until(|| {
            let mut probe = self.curl();
            let url = format!("{}/nic/update?hostname=nobodys.dyn.example&myip=192.0.2.99", self.url);
            run(probe.args(["-u", &format!("joe:{secret}"), &url])).out == "nohost"
        });
        kit
    }

    /// The kit as a file that only its owner may read.
    fn kit_file(&self, program: &str) -> PathBuf {
        self.site.file(program, &self.kit(program))
    }

    fn curl(&self) -> Command {
        let mut curl = Command::new(&self.curl);
        curl.env("CURL_CA_BUNDLE", bundle(&self.site)).args(["-sS"]);
        curl
    }

    /// What a device gets for a URL, which first comes without credentials, and with them after the challenge.
    fn device(&self, url: &str, user: &str, password: &str) -> String {
        let unsigned = run(self.curl().args(["-o", "/dev/null", "-w", "%{http_code}", url]));
        assert_eq!(unsigned.out, "401", "{url}");
        output(self.curl().args(["--anyauth", "-u", &format!("{user}:{password}"), url]))
    }
}

/// A port that is free on both addresses of this machine.
fn free_port() -> u16 {
    let free = (0..100).find_map(|_| {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        (!has_ipv6() || TcpListener::bind(("::1", port)).is_ok()).then_some(port)
    });
    free.expect("one of a hundred ports is free on both")
}

/// The one secret in a text: forty hexadecimal digits.
fn secret(kit: &str) -> &str {
    let mut words = kit.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.rfind(|word| word.len() == 40 && word.bytes().all(|octet| octet.is_ascii_hexdigit())).unwrap()
}

/// What stands behind `name: ` at the beginnings of lines.
fn fields(kit: &str) -> BTreeMap<&str, &str> {
    kit.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": ")).collect()
}

#[test]
fn curl_with_its_kit() {
    let Some(shop) = Shop::open(&[HOST]) else { return };
    let kit = shop.kit_file("curl");
    let report = |family: &str| output(shop.curl().args([family, "--config"]).arg(&kit));
    assert_eq!(report("-4"), "good 127.0.0.1\n");
    assert_eq!(report("-4"), "nochg 127.0.0.1\n");
    resolvers::all_agree(&shop.site, &[(HOST, "A", "127.0.0.1")]);
    if has_ipv6() {
        assert_eq!(report("-6"), "good ::1\n");
        resolvers::all_agree(&shop.site, &[(HOST, "A", "127.0.0.1"), (HOST, "AAAA", "::1")]);
    }
}

#[test]
fn ddclient_with_its_kit() {
    let Some(ddclient) = ddclient_over_https() else { return };
    let Some(shop) = Shop::open(&[HOST]) else { return };
    let kit = shop.site.file("ddclient.conf", &shop.kit_at(&shop.url_by_address(), "ddclient"));
    let said = run(&mut shop.ddclient(&ddclient, &kit));
    assert!(said.success && format!("{said:?}").contains("good 127.0.0.1"), "{said:?}");
    resolvers::all_agree(&shop.site, &[(HOST, "A", "127.0.0.1")]);
}

/// The protocol of DuckDNS, with a token that may do nothing but update the host.
#[test]
fn ddclient_speaks_duckdns() {
    let Some(ddclient) = ddclient_over_https() else { return };
    let Some(shop) = Shop::open(&[HOST]) else { return };
    let kit = shop.kit("curl");
    let configuration = format!(
        "daemon=0\nssl=yes\nsyslog=no\nuse=cmd, cmd='echo 192.0.2.17'\nprotocol=duckdns\nserver={}\npassword='{}'\n{HOST}\n",
        shop.url_by_address().strip_prefix("https://").unwrap(),
        secret(&kit),
    );
    let configuration = shop.site.file("duckdns.conf", &configuration);
    let said = run(&mut shop.ddclient(&ddclient, &configuration));
    assert!(said.success && format!("{said:?}").contains("good: IP address set to 192.0.2.17"), "{said:?}");
    resolvers::all_agree(&shop.site, &[(HOST, "A", "192.0.2.17")]);
    let serial = shop.site.serial();
    let wrong = std::fs::read_to_string(&configuration).unwrap().replace(secret(&kit), &"0".repeat(40));
    let wrong = shop.site.file("wrong.conf", &wrong.replace("192.0.2.17", "192.0.2.18"));
    let said = run(&mut shop.ddclient(&ddclient, &wrong));
    assert!(format!("{said:?}").contains("FAILED") && shop.site.serial() == serial, "{said:?}");
}

impl Shop {
    /// ddclient takes no host name without a dot.
    fn url_by_address(&self) -> String {
        self.url.replace("localhost", "127.0.0.1")
    }

    /// Once, and with what this machine trusts.
    fn ddclient(&self, program: &Path, configuration: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(["-foreground", "-daemon=0", "-noquiet", "-verbose", "-nosyslog", "-file"]).arg(configuration);
        command.arg("-cache").arg(configuration.with_extension("cache")).env("SSL_CERT_FILE", bundle(&self.site));
        command
    }
}

/// It needs a Perl module for it that its Debian package only recommends.
fn ddclient_over_https() -> Option<PathBuf> {
    let (ddclient, perl) = (find("ddclient")?, find("perl")?);
    if !run(Command::new(perl).args(["-MIO::Socket::SSL", "-e", "1"])).success {
        miss("ddclient over HTTPS", "the Perl module IO::Socket::SSL is not installed");
        return None;
    }
    Some(ddclient)
}

/// What a machine trusts that has the certificate's maker among its authorities is said in a line before the kit. The way to
/// the service is as that of a router, which is seen with addresses of the internet: inadyn reports no others.
#[test]
fn inadyn_with_its_kit() {
    let Some(inadyn) = find("inadyn") else { return };
    let Some(shop) = Shop::open(&[HOST]) else { return };
    if !has_ipv6() {
        return skip("inadyn with its kit", "this machine has no IPv6");
    }
    let kit = format!("ca-trust-file = \"{}\"\n{}", bundle(&shop.site).display(), shop.kit("inadyn"));
    let kit = shop.site.file("inadyn.conf", &kit);
    let cache = shop.site.directory.path().join("inadyn-cache");
    std::fs::create_dir(&cache).unwrap();
    let mut command = Command::new(inadyn);
    command.args(["-1", "-n", "-l", "debug", "--no-pidfile", "-f"]).arg(kit);
    command.arg(format!("--cache-dir={}", cache.display())).env("CURL_CA_BUNDLE", bundle(&shop.site));
    let said = run(command.env("PATH", shop.way_of_a_router()));
    for word in ["good 198.51.100.8", "good 2001:db8::8"] {
        assert!(said.success && format!("{said:?}").contains(word), "{word}: {said:?}");
    }
    resolvers::all_agree(&shop.site, &[(HOST, "A", "198.51.100.8"), (HOST, "AAAA", "2001:db8::8")]);
}

impl Shop {
    /// A search path with a curl that comes by way of a proxy, which tells an address of each family.
    fn way_of_a_router(&self) -> OsString {
        let folder = self.site.directory.path().join("programs");
        std::fs::create_dir(&folder).unwrap();
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in -4) address=198.51.100.8 ;; *) address=2001:db8::8 ;; esac\n\
             exec {} --header \"X-Forwarded-For: $address\" \"$@\"\n",
            self.curl.display()
        );
        let program = self.site.file("programs/curl", &script);
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).unwrap()
    }
}

/// The box fills in what stands in angle brackets. The name of a machine behind it follows the prefix.
#[test]
fn a_fritzbox_with_its_kit() {
    let Some(shop) = Shop::open(&[HOST]) else { return };
    let kit = shop.kit("fritzbox");
    let fields = fields(&kit);
    let update = |address: &str, address6: &str, prefix: &str| {
        let url = fields["Update URL"].replace("<domain>", fields["Domain name"]).replace("<ipaddr>", address);
        let url = url.replace("<ip6addr>", address6).replace("<ip6lanprefix>", prefix);
        shop.device(&url, fields["User name"], fields["Password"])
    };
    let (own, prefix) = ("2001:db8:0:1::f", "2001:db8:1:4200::/56");
    assert_eq!(update("192.0.2.7", own, prefix), format!("good 192.0.2.7,{own}"));
    resolvers::all_agree(&shop.site, &[(HOST, "A", "192.0.2.7"), (HOST, "AAAA", own)]);
    shop.site.ddns(&["host", "set", HOST, "--suffix", "::1234:5678:9abc:def0", "--subnet", "2"]);
    until(|| update("192.0.2.7", own, prefix).ends_with(",2001:db8:1:4202:1234:5678:9abc:def0"));
    let behind = update("192.0.2.8", own, "2001:db8:2:4300::/56");
    assert_eq!(behind, "good 192.0.2.8,2001:db8:2:4302:1234:5678:9abc:def0");
    resolvers::all_agree(
        &shop.site,
        &[(HOST, "A", "192.0.2.8"), (HOST, "AAAA", "2001:db8:2:4302:1234:5678:9abc:def0")],
    );
    assert_eq!(update("192.0.2.8", "", ""), "good 192.0.2.8,::", "without IPv6 it sends nothing in its places");
}

#[test]
fn devices_with_their_kits() {
    let Some(shop) = Shop::open(&[HOST]) else { return };
    let check = |url: &str, user: &str, password: &str, address: &str| {
        assert_eq!(shop.device(url, user, password), format!("good {address}"), "{url}");
        resolvers::all_agree(&shop.site, &[(HOST, "A", address)]);
    };
    let pfsense = shop.kit("pfsense");
    let fields_of = fields(&pfsense);
    let url = fields_of["Update URL"].replace("%IP%", "192.0.2.21");
    check(&url, fields_of["Username"], fields_of["Password"], "192.0.2.21");
    let results = fields_of["Result Match"].replace("%IP%", "192.0.2.21");
    assert_eq!(results, "good 192.0.2.21|nochg 192.0.2.21");

    let opnsense = shop.kit("opnsense");
    let fields_of = fields(&opnsense);
    let (server, host) = (fields_of["Server"], fields_of["Hostname(s)"]);
    let url = format!("https://{server}/nic/update?hostname={host}&myip=192.0.2.22&system=dyndns&wildcard=NOCHG");
    check(&url, fields_of["Username"], fields_of["Password"], "192.0.2.22");

    let unifi = shop.kit("unifi");
    let fields_of = fields(&unifi);
    let path = fields_of["Server"].replace("%h", fields_of["Hostname"]).replace("%i", "192.0.2.23");
    check(&format!("https://{path}"), fields_of["Username"], fields_of["Password"], "192.0.2.23");

    let openwrt = shop.kit("openwrt");
    let option = |name: &str| {
        let line = openwrt.lines().find_map(|line| line.trim().strip_prefix(&format!("option {name} '"))).unwrap();
        line.strip_suffix('\'').unwrap()
    };
    let url = option("update_url").replace("http://[USERNAME]:[PASSWORD]@", "https://");
    let url = url.replace("[DOMAIN]", option("domain")).replace("[IP]", "192.0.2.24");
    check(&url, option("username"), option("password"), "192.0.2.24");
}

/// It comes with its credentials in the URL, at once.
#[test]
fn a_synology_with_its_kit() {
    let Some(shop) = Shop::open(&[HOST]) else { return };
    let kit = shop.kit("synology");
    let fields = fields(&kit);
    let url = fields["Query URL"].replace("__HOSTNAME__", fields["Hostname"]).replace("__MYIP__", "192.0.2.31");
    let url = url.replace("__USERNAME__", fields["Username/Email"]).replace("__PASSWORD__", fields["Password/Key"]);
    assert_eq!(output(shop.curl().arg(&url)), "good 192.0.2.31");
    assert_eq!(output(shop.curl().arg(&url)), "nochg 192.0.2.31");
    resolvers::all_agree(&shop.site, &[(HOST, "A", "192.0.2.31")]);
}

/// acme.sh itself is not packaged here: its hook `dns_acmedns` sends this.
#[test]
fn the_variables_of_acme_sh_set_a_value() {
    let Some(shop) = Shop::open(&[HOST]) else { return };
    let kit = shop.site.file("ddns.env", &shop.site.ddns(&["kit", HOST, "--for", "acme-sh"]));
    let value = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
    let script = format!(
        ". {}; {} -sS -X POST -H \"X-Api-User: $ACMEDNS_USERNAME\" -H \"X-Api-Key: $ACMEDNS_PASSWORD\" -d \
         \"{{\\\"subdomain\\\":\\\"$ACMEDNS_SUBDOMAIN\\\", \\\"txt\\\": \\\"{value}\\\"}}\" \"$ACMEDNS_BASE_URL/update\"",
        kit.display(),
        shop.curl.display(),
    );
    let send = || {
        let mut shell = Command::new("sh");
        output(shell.env("CURL_CA_BUNDLE", bundle(&shop.site)).args(["-c", &script]))
    };
    until(|| send().contains(value));
    assert_eq!(shop.site.served(&format!("_acme-challenge.{HOST}"), "TXT"), [format!("\"{value}\"")]);
}
