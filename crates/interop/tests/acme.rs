//! Certificates for hosts: lego and certbot obtain them from pebble, a certificate authority for tests, which asks our DNS
//! server whether the values are there. They are set up by what `ddns kit` prints.
//!
//! lego is told to leave out one check of its own, in which it asks the zone's name servers at port 53: here they have
//! another port. The authority's check is the one that counts, and is made in full.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ddns_scenario::http::{self, Request};

use crate::programs::{Killed, Said, find, output, run};
use crate::site::{Site, until};

const HOST: &str = "home.dyn.example";
const WILDCARD: &str = "*.home.dyn.example";
const VALUES: &str = "_acme-challenge.home.dyn.example";

/// A site, and the authority beside it.
struct Place {
    site: Site,
    openssl: PathBuf,
    authority: Authority,
}

impl Place {
    /// None where a program is missing.
    fn new() -> Option<Place> {
        let (pebble, openssl) = (find("pebble")?, find("openssl")?);
        let site = Site::with_hosts(&[HOST, "cam.dyn.example"]);
        let authority = Authority::start(&pebble, &site);
        Some(Place { site, openssl, authority })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.site.directory.path().join(name)
    }

    /// Puts what `ddns kit` prints for a program into a file. Its token is known to the server then.
    fn kit(&self, program: &str, name: &str) -> PathBuf {
        let url = format!("http://{}", self.site.server.http);
        let text = self.site.ddns(&["kit", HOST, "--for", program, "--url", &url]);
        let nothing = format!(r#"{{"fqdn":"{VALUES}","value":"x"}}"#);
        until(|| self.posts("/cleanup", &secret_in(&text), &nothing));
        self.site.file(name, &text)
    }

    /// Whether a `POST` by joe with this token is answered with success.
    fn posts(&self, target: &str, token: &str, body: &str) -> bool {
        let request = Request {
            method: "POST".to_owned(),
            target: target.to_owned(),
            signed_in: Some(format!("joe:{token}")),
            body: Some(body.to_owned()),
            ..Request::default()
        };
        let received = http::send(self.site.server.http, &request).and_then(http::Unread::read);
        received.is_ok_and(|received| received.status.starts_with('2'))
    }

    fn obtain_by_lego(&self, lego: &Path, settings: &Path, mode: &str, names: &[&str]) -> Said {
        let mut command = with_settings(settings, lego);
        command.env("LEGO_CA_CERTIFICATES", &self.authority.certificate);
        command.envs([("HTTPREQ_MODE", mode), ("HTTPREQ_POLLING_INTERVAL", "1")]);
        command.args(["--server", &self.authority.directory, "--accept-tos", "--email", "joe@example.org", "--path"]);
        command.arg(self.path("lego")).args(["--dns", "httpreq", "--dns.disable-cp"]);
        command.args(["--dns.resolvers", &self.site.server.dns.to_string()]);
        run(command.args(names.iter().flat_map(|name| ["-d", name])).arg("run"))
    }

    /// A certificate for the host and all names below it, by certbot with hooks.
    fn obtain_by_certbot(&self, mut command: Command, hook: &str, after: &str) -> Said {
        command.env("REQUESTS_CA_BUNDLE", &self.authority.certificate);
        for (option, name) in [("--config-dir", "certbot"), ("--work-dir", "work"), ("--logs-dir", "logs")] {
            command.arg(option).arg(self.path(name));
        }
        command.args(["certonly", "--non-interactive", "--agree-tos", "-m", "joe@example.org"]);
        command.args(["--server", &self.authority.directory, "-d", HOST, "-d", WILDCARD]);
        command.args(["--manual", "--preferred-challenges", "dns"]);
        run(command.args(["--manual-auth-hook", hook, "--manual-cleanup-hook", after]))
    }

    /// The names that a certificate of this authority is for, in order.
    fn names_in(&self, certificate: &Path) -> Vec<String> {
        let show = ["x509", "-noout", "-issuer", "-ext", "subjectAltName", "-in"];
        let text = output(Command::new(&self.openssl).args(show).arg(certificate));
        assert!(text.lines().next().unwrap().contains("Pebble Intermediate"), "{text}");
        let names = text.lines().last().unwrap().split(',').map(|name| name.trim().strip_prefix("DNS:").unwrap());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names
    }

    /// After a certificate by acme-dns: its names, and the values that are left.
    fn check_two_values(&self) {
        assert_eq!(self.names_in(&self.path("certbot/live/home.dyn.example/cert.pem")), [WILDCARD, HOST]);
        let values = self.site.served(VALUES, "TXT");
        assert_eq!(values.len(), 2, "{values:?}");
    }
}

/// The token in a configuration.
fn secret_in(text: &str) -> String {
    let is_secret = |word: &&str| word.len() == 40 && word.bytes().all(|octet| octet.is_ascii_hexdigit());
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).find(is_secret).unwrap().to_owned()
}

/// A program with the settings of a file, as a shell reads them.
fn with_settings(settings: &Path, program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"set -a; . "$0"; set +a; exec "$@""#]).arg(settings).arg(program);
    command
}

/// pebble on a free port, gone when this is dropped. It believes our DNS server and no other.
struct Authority {
    _process: Killed,
    directory: String,
    /// By which it proves who it is.
    certificate: PathBuf,
}

impl Authority {
    fn start(pebble: &Path, site: &Site) -> Authority {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let certificate = site.file("authority.crt", &made.cert.pem());
        let key = site.file("authority.key", &made.signing_key.serialize_pem());
        // Somebody else may take the port before pebble does; then it ends, and another is tried.
        let started = (0..5).find_map(|_| {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let configuration = serde_json::json!({ "pebble": {
                "listenAddress": address.to_string(),
                "managementListenAddress": "",
                "certificate": certificate,
                "privateKey": key,
                "httpPort": 1,
                "tlsPort": 1,
                "ocspResponderURL": "",
                "externalAccountBindingRequired": false,
            }});
            let configuration = site.file("authority.json", &configuration.to_string());
            Some((Authority::serving(pebble, site, &configuration, address)?, address))
        });
        let (process, address) = started.expect("pebble starts on one of several free ports");
        Authority { _process: process, directory: format!("https://{address}/dir"), certificate }
    }

    /// None if it ends.
    fn serving(pebble: &Path, site: &Site, configuration: &Path, address: SocketAddr) -> Option<Killed> {
        let mut command = Command::new(pebble);
        command.arg("-config").arg(configuration).args(["-strict", "-dnsserver", &site.server.dns.to_string()]);
        command.envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0")]);
        let mut process =
            Killed(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let mut ended = false;
        until(|| {
            ended = process.0.try_wait().unwrap().is_some();
            ended || TcpStream::connect(address).is_ok()
        });
        (!ended).then_some(process)
    }
}

/// A host and all names below it are proved at once, at one name; afterwards nothing is left there.
#[test]
fn lego_obtains_a_certificate_by_httpreq() {
    let (Some(lego), Some(place)) = (find("lego"), Place::new()) else { return };
    let settings = place.kit("lego", "lego.env");
    for mode in ["", "RAW"] {
        let said = place.obtain_by_lego(&lego, &settings, mode, &[HOST, WILDCARD]);
        assert!(said.success, "{said:?}");
        assert_eq!(place.names_in(&place.path("lego/certificates/home.dyn.example.crt")), [WILDCARD, HOST]);
        assert_eq!(place.site.served(VALUES, "TXT"), [""; 0], "{mode}");
        std::fs::remove_dir_all(place.path("lego")).unwrap();
    }
    let refused = place.obtain_by_lego(&lego, &settings, "", &["cam.dyn.example"]);
    assert!(!refused.success && refused.err.contains("404: request failed"), "{refused:?}");
    assert!(refused.err.contains("There is no host of this name"), "{refused:?}");
    place.site.server.stop();
}

#[test]
fn certbot_obtains_a_certificate_by_httpreq() {
    let (Some(certbot), Some(_), Some(place)) = (find("certbot"), find("curl"), Place::new()) else { return };
    let hook = place.kit("certbot", "ddns-hook.sh");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (present, clean_up) = (format!("{} present", hook.display()), format!("{} cleanup", hook.display()));
    let said = place.obtain_by_certbot(Command::new(certbot), &present, &clean_up);
    assert!(said.success, "{said:?}");
    assert_eq!(place.names_in(&place.path("certbot/live/home.dyn.example/cert.pem")), [WILDCARD, HOST]);
    assert_eq!(place.site.served(VALUES, "TXT"), [""; 0]);
    place.site.server.stop();
}

/// acme-dns as acme.sh speaks it, and with what acme.sh is given, by curl in certbot's hook: acme.sh itself is no package.
/// Nothing clears the values, and both stay until they end.
#[test]
fn certbot_obtains_a_certificate_by_acme_dns() {
    let (Some(certbot), Some(_), Some(place)) = (find("certbot"), find("curl"), Place::new()) else { return };
    let settings = place.kit("acme-sh", "ddns.env");
    let hook = format!("sh {}", place.site.file("hook.sh", ACME_DNS).display());
    let said = place.obtain_by_certbot(with_settings(&settings, &certbot), &hook, "true");
    assert!(said.success, "{said:?}");
    place.check_two_values();
    place.site.server.stop();
}

/// Likewise, with what `POST /register` answers to a token of the host.
#[test]
fn certbot_obtains_a_certificate_by_a_registration() {
    let (Some(certbot), Some(curl), Some(place)) = (find("certbot"), find("curl"), Place::new()) else { return };
    let base = format!("http://{}", place.site.server.http);
    let who = format!("joe:{}", secret_in(&std::fs::read_to_string(place.kit("lego", "lego.env")).unwrap()));
    let mut register = Command::new(curl);
    let account = output(register.args(["-sS", "-f", "-X", "POST", "-u", &who, &format!("{base}/register")]));
    let account: serde_json::Value = serde_json::from_str(&account).unwrap();
    assert_eq!(account["fulldomain"], VALUES);
    let member = |name: &str| account[name].as_str().unwrap();
    let mut command = Command::new(certbot);
    command.env("ACMEDNS_BASE_URL", &base).env("ACMEDNS_USERNAME", member("username"));
    command.env("ACMEDNS_PASSWORD", member("password")).env("ACMEDNS_SUBDOMAIN", member("subdomain"));
    let hook = format!("sh {}", place.site.file("hook.sh", ACME_DNS).display());
    let said = place.obtain_by_certbot(command, &hook, "true");
    assert!(said.success, "{said:?}");
    place.check_two_values();
    place.site.server.stop();
}

/// The request that acme.sh makes, from the variables that it is given.
const ACME_DNS: &str = r#"set -eu
answer=$(curl -sS -f -H "X-Api-User: $ACMEDNS_USERNAME" -H "X-Api-Key: $ACMEDNS_PASSWORD" \
    -d "{\"subdomain\":\"$ACMEDNS_SUBDOMAIN\", \"txt\": \"$CERTBOT_VALIDATION\"}" "$ACMEDNS_BASE_URL/update")
echo "$answer" | grep -q "\"$CERTBOT_VALIDATION\""
"#;
