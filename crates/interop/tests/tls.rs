//! HTTPS: certificates as openssl makes them, swapped under the running server, and the programs that update over it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Pid;

use crate::binaries::BINARIES;
use crate::programs::{Killed, Said, find, miss, output, run};
use crate::resolvers;
use crate::site::{Server, Site, until};

/// How openssl makes a key of each kind.
const KINDS: [(&str, &[&str]); 5] = [
    ("rsa-pkcs1", &["genrsa", "-traditional", "2048"]),
    ("ecdsa-sec1", &["ecparam", "-genkey", "-name", "prime256v1"]),
    ("rsa-pkcs8", &["genpkey", "-algorithm", "RSA"]),
    ("ecdsa-pkcs8", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("ed25519", &["genpkey", "-algorithm", "ED25519"]),
];

/// A furnished site that is served over HTTPS, too, at first with a certificate of the first kind.
struct Secured {
    site: Site,
    openssl: PathBuf,
    curl: PathBuf,
}

impl Secured {
    /// None where a program is missing.
    fn start() -> Option<Secured> {
        let (openssl, curl) = (find("openssl")?, find("curl")?);
        let mut site = secured_site(&openssl, &["home.dyn.example"]);
        site.server.kill();
        let options = options(&site);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        site.server = Server::start_with(site.directory.path(), &options);
        Some(Secured { site, openssl, curl })
    }

    fn https(&self) -> SocketAddr {
        self.site.server.https.unwrap()
    }

    /// A request by curl, which trusts the certificates that the server has had so far; its words hold the subject.
    fn curl(&self, url: &str) -> Said {
        let who = format!("joe:{}", self.site.token);
        run(Command::new(&self.curl).args(["-sSv", "-u", &who, "--cacert"]).arg(bundle(&self.site)).arg(url))
    }

    fn update(&self, address: &str) -> Said {
        self.curl(&format!("https://{}/nic/update?hostname=home.dyn.example&myip={address}", self.https()))
    }

    fn shows(&self, name: &str) -> bool {
        let said = self.curl(&format!("https://{}/myip", self.https()));
        assert!(said.success, "{said:?}");
        said.err.contains(&format!("subject: CN={name}"))
    }

    /// What the log says so far.
    fn log(&self) -> String {
        std::fs::read_to_string(self.site.directory.path().join("ddnsd.log")).unwrap()
    }
}

/// A site with a certificate beside it, which it does not use yet.
pub(crate) fn secured_site(openssl: &Path, hosts: &[&str]) -> Site {
    let site = Site::with_hosts(hosts);
    make(openssl, &site, KINDS[0]);
    swap(&site, "rsa-pkcs1.crt", &certificate(&site));
    swap(&site, "rsa-pkcs1.key", &key(&site));
    site
}

/// How the server is told of it.
pub(crate) fn options(site: &Site) -> [String; 6] {
    let (certificate, key) = (certificate(site).display().to_string(), key(site).display().to_string());
    ["--https".into(), "127.0.0.1:0".into(), "--tls-cert".into(), certificate, "--tls-key".into(), key]
}

fn certificate(site: &Site) -> PathBuf {
    site.directory.path().join("fullchain.pem")
}

fn key(site: &Site) -> PathBuf {
    site.directory.path().join("privkey.pem")
}

/// What clients trust.
pub(crate) fn bundle(site: &Site) -> PathBuf {
    site.directory.path().join("trusted.pem")
}

/// Makes NAME.key and NAME.crt, and has clients trust the latter.
fn make(openssl: &Path, site: &Site, (name, key): (&str, &[&str])) {
    let place = site.directory.path();
    let made = output(Command::new(openssl).args(key).stderr(Stdio::null()));
    site.file(&format!("{name}.key"), &made);
    let (subject, key, certificate) = (format!("/CN={name}"), format!("{name}.key"), format!("{name}.crt"));
    let mut request = Command::new(openssl);
    request.args(["req", "-x509", "-days", "2", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]);
    output(request.args(["-subj", &subject, "-key", &key, "-out", &certificate]).current_dir(place));
    let trusted = std::fs::read_to_string(bundle(site)).unwrap_or_default();
    let certificate = std::fs::read_to_string(place.join(&certificate)).unwrap();
    std::fs::write(bundle(site), trusted + &certificate).unwrap();
}

/// Puts a file in another's place.
fn swap(site: &Site, from: &str, to: &Path) {
    std::fs::copy(site.directory.path().join(from), site.directory.path().join("fresh")).unwrap();
    std::fs::rename(site.directory.path().join("fresh"), to).unwrap();
}

#[test]
fn curl_updates_while_certificates_of_every_kind_come_and_go() {
    let Some(secured) = Secured::start() else { return };
    let said = secured.update("192.0.2.1");
    assert!(said.out == "good 192.0.2.1" && secured.shows("rsa-pkcs1"), "{said:?}");
    for ((name, how), number) in KINDS.into_iter().zip(1..).skip(1) {
        make(&secured.openssl, &secured.site, (name, how));
        swap(&secured.site, &format!("{name}.crt"), &certificate(&secured.site));
        swap(&secured.site, &format!("{name}.key"), &key(&secured.site));
        until(|| secured.shows(name));
        let address = format!("192.0.2.{number}");
        assert_eq!(secured.update(&address).out, format!("good {address}"), "{name}");
        resolvers::all_agree(&secured.site, &[("home.dyn.example", "A", &address)]);
    }
    let distrusted = run(Command::new(&secured.curl).args(["-sS", &format!("https://{}/myip", secured.https())]));
    assert!(!distrusted.success, "{distrusted:?}");
}

#[test]
fn files_that_are_not_right_are_told_and_change_nothing() {
    let Some(secured) = Secured::start() else { return };
    let (site, openssl) = (&secured.site, &secured.openssl);
    make(openssl, site, KINDS[1]);
    let told = |words: &str| {
        until(|| secured.log().contains(words));
        assert!(secured.shows("rsa-pkcs1"));
    };
    swap(site, "ecdsa-sec1.crt", &certificate(site));
    told("does not belong to the first certificate");
    std::fs::remove_file(key(site)).unwrap();
    told("No such file");
    std::fs::create_dir(key(site)).unwrap();
    told("is no file");
    std::fs::remove_dir(key(site)).unwrap();
    let path = site.directory.path();
    let lock = ["pkey", "-aes256", "-passout", "pass:secret", "-in", "ecdsa-sec1.key", "-out", "privkey.pem"];
    output(Command::new(openssl).args(lock).current_dir(path));
    told("without a passphrase");
    swap(site, "ecdsa-sec1.key", &key(site));
    until(|| secured.shows("ecdsa-sec1"));
    let log = secured.log();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains(" ERROR ")).collect();
    assert!(errors.iter().all(|line| line.contains(path.to_str().unwrap())), "each names the file: {errors:?}");
    for words in ["does not belong to the first certificate", "is no file", "without a passphrase"] {
        assert_eq!(errors.iter().filter(|line| line.contains(words)).count(), 1, "{words}: {errors:?}");
    }
    assert_eq!(secured.update("192.0.2.7").out, "good 192.0.2.7");
}

#[test]
fn plain_http_is_served_beside_https_where_it_is_asked_for() {
    let Some(secured) = Secured::start() else { return };
    let update = format!("http://{}/nic/update?hostname=home.dyn.example&myip=192.0.2.9", secured.site.server.http);
    assert_eq!(secured.curl(&update).out, "good 192.0.2.9");
    assert_eq!(secured.update("192.0.2.9").out, "nochg 192.0.2.9");
}

/// Where only HTTPS is asked for, nothing else listens.
#[test]
fn plain_http_is_not_served_where_only_https_is_asked_for() {
    let Some(mut secured) = Secured::start() else { return };
    secured.site.server.kill();
    let mut command = Command::new(&BINARIES.ddnsd);
    command.arg("--data").arg(secured.site.data()).args(["--dns", "127.0.0.1:0"]).args(options(&secured.site));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Killed(command.spawn().unwrap());
    let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (https, dns) = (lines.next().unwrap(), lines.next().unwrap());
    let address = |line: &str, protocol: &str| line.strip_prefix(protocol).unwrap().parse().unwrap();
    let (https, dns): (SocketAddr, SocketAddr) = (address(&https, "https "), address(&dns, "dns "));
    let mut ports = [https.port(), dns.port()];
    ports.sort_unstable();
    assert_eq!(listening(&process), ports);
    let told = secured.curl(&format!("http://{https}/nic/update?hostname=home.dyn.example"));
    assert_eq!(told.out, "This port speaks HTTPS: the URL must begin with https://\n", "{told:?}");
}

/// The TCP ports that a process listens on, in order.
fn listening(process: &Killed) -> Vec<u16> {
    let pid = Pid::from_child(&process.0).as_raw_nonzero();
    let links = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let open: Vec<_> = links.filter_map(|link| std::fs::read_link(link.path()).ok()).collect();
    let table = ["tcp", "tcp6"].map(|table| std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap());
    let sockets = table.iter().flat_map(|table| table.lines().skip(1));
    let mut ports: Vec<u16> = sockets
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let ours = PathBuf::from(format!("socket:[{}]", fields[9]));
            let (_, port) = fields[1].rsplit_once(':')?;
            (fields[3] == "0A" && open.contains(&ours)).then(|| u16::from_str_radix(port, 16).unwrap())
        })
        .collect();
    ports.sort_unstable();
    ports.dedup(); // One port may have a socket for each worker.
    ports
}

#[test]
fn wget_updates_over_https() {
    let Some(wget) = find("wget") else { return };
    let Some(secured) = Secured::start() else { return };
    let update = format!("https://{}/nic/update?hostname=home.dyn.example&myip=192.0.2.7", secured.https());
    let mut command = Command::new(wget);
    command.args(["-q", "-O", "-", "--user=joe", &format!("--password={}", secured.site.token), &update]);
    command.arg(format!("--ca-certificate={}", bundle(&secured.site).display()));
    assert_eq!(output(&mut command), "good 192.0.2.7");
    resolvers::all_agree(&secured.site, &[("home.dyn.example", "A", "192.0.2.7")]);
}

/// ddclient needs a Perl module for it that its Debian package only recommends.
#[test]
fn ddclient_updates_over_https() {
    let (Some(ddclient), Some(perl)) = (find("ddclient"), find("perl")) else { return };
    if !run(Command::new(perl).args(["-MIO::Socket::SSL", "-e", "1"])).success {
        return miss("ddclient over HTTPS", "the Perl module IO::Socket::SSL is not installed");
    }
    let Some(secured) = Secured::start() else { return };
    let site = &secured.site;
    let configuration = format!(
        "daemon=0\nssl=yes\nssl_ca_file={}\nsyslog=no\nuse=cmd, cmd='echo 192.0.2.7'\nprotocol=dyndns2\n\
         server={}\nlogin=joe\npassword='{}'\nhome.dyn.example\n",
        bundle(site).display(),
        secured.https(),
        site.token
    );
    let configuration = site.file("ddclient.conf", &configuration);
    let mut command = Command::new(ddclient);
    command.args(["-foreground", "-daemon=0", "-noquiet", "-verbose", "-file"]).arg(configuration);
    let said = run(command.arg("-cache").arg(site.directory.path().join("ddclient.cache")));
    assert!(said.success && format!("{said:?}").contains("good 192.0.2.7"), "{said:?}");
    resolvers::all_agree(site, &[("home.dyn.example", "A", "192.0.2.7")]);
}

#[test]
fn inadyn_updates_over_https() {
    let Some(inadyn) = find("inadyn") else { return };
    let Some(secured) = Secured::start() else { return };
    let site = &secured.site;
    let configuration = format!(
        "period = 300\nca-trust-file = \"{}\"\ncustom number1 {{\n  username = joe\n  password = {}\n  \
         ddns-server = \"localhost:{}\"\n  ddns-path = \"/nic/update?hostname=%h&myip=%i\"\n  \
         hostname = home.dyn.example\n  ssl = true\n  checkip-command = \"/bin/echo 192.0.2.8\"\n}}\n",
        bundle(site).display(),
        site.token,
        secured.https().port()
    );
    let configuration = site.file("inadyn.conf", &configuration);
    let cache = site.directory.path().join("inadyn-cache");
    std::fs::create_dir(&cache).unwrap();
    let mut command = Command::new(inadyn);
    command.args(["-1", "-n", "-l", "debug", "--no-pidfile", "-f"]).arg(configuration);
    let said = run(command.arg(format!("--cache-dir={}", cache.display())));
    assert!(said.success && format!("{said:?}").contains("good 192.0.2.8"), "{said:?}");
    resolvers::all_agree(site, &[("home.dyn.example", "A", "192.0.2.8")]);
}
