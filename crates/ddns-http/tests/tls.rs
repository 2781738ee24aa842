//! HTTP over TLS: what is spoken, certificates that change under open connections, and callers who speak something else.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ddns_http::{Certificate, CertificateError, HttpSettings, Server, bind, serve};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use crate::client::{Answer, Line, ask, connect};
use crate::house::House;
use crate::secrets;

/// How long something may take that takes a second or two on a machine with nothing else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A root that the client trusts, and an intermediate authority below it that the server has to show.
struct Authority {
    root: CertificateDer<'static>,
    intermediate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A server's certificate: its chain, its key, and the certificate itself as a client sees it.
struct Issued {
    chain: String,
    key: String,
    leaf: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = params.self_signed(&root_key).unwrap();
        let above = Issuer::from_params(&params, &root_key);
        let mut params = params.clone();
        params.distinguished_name.push(rcgen::DnType::CommonName, "intermediate");
        let intermediate = params.signed_by(&key, &above).unwrap().pem();
        Authority { root: root.der().clone(), intermediate, issuer: Issuer::new(params, key) }
    }

    fn issue(&self) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let chain = format!("{}{}", leaf.pem(), self.intermediate);
        Issued { chain, key: key.serialize_pem(), leaf: leaf.der().clone() }
    }

    fn client(&self, versions: &[&'static SupportedProtocolVersion], alpn: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots);
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

/// A house that answers on a TLS port beside its plain one.
struct Secured {
    house: House,
    server: Option<Server>,
    address: SocketAddr,
    authority: Authority,
    files: Files,
    /// The certificate that was there at the start.
    first: Issued,
}

/// Where the server looks.
struct Files {
    place: TempDir,
}

impl Files {
    fn new() -> Files {
        Files { place: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn certificate(&self) -> PathBuf {
        self.path("fullchain.pem")
    }

    fn key(&self) -> PathBuf {
        self.path("privkey.pem")
    }

    /// Writes both anew, in place.
    fn write(&self, issued: &Issued) {
        std::fs::write(self.certificate(), &issued.chain).unwrap();
        std::fs::write(self.key(), &issued.key).unwrap();
    }
}

impl Secured {
    fn new() -> Secured {
        Secured::with(HttpSettings::default())
    }

    fn with(settings: HttpSettings) -> Secured {
        let (authority, files) = (Authority::new(), Files::new());
        let first = authority.issue();
        files.write(&first);
        Secured::over(settings, authority, files, first)
    }

    fn over(settings: HttpSettings, authority: Authority, files: Files, first: Issued) -> Secured {
        let house = House::with(settings.clone());
        let certificate = Certificate::load(files.certificate(), files.key()).unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let listeners = bind(&[]).unwrap().and_tls(&[any], &certificate).unwrap();
        let server = serve(listeners, house.service.clone(), settings).unwrap();
        assert_eq!(server.local_addrs(), []);
        let address = server.tls_addrs()[0];
        Secured { house, server: Some(server), address, authority, files, first }
    }

    /// A connection whose handshake is done.
    fn line(&self) -> Line<Tls> {
        Line::over(self.greet(&self.modern()).unwrap())
    }

    fn modern(&self) -> Arc<ClientConfig> {
        self.authority.client(&[&version::TLS13], &[])
    }

    fn greet(&self, config: &Arc<ClientConfig>) -> io::Result<Tls> {
        let name = ServerName::from(self.address.ip());
        let mut stream = StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), connect(self.address));
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// One request as joe on a connection of its own.
    fn ask(&self, head: &str) -> Answer {
        let mut line = self.line();
        line.send(self.request(head));
        line.receive(false)
    }

    fn request(&self, head: &str) -> String {
        format!("{head} HTTP/1.1\r\nHost: ddns.example\r\nAuthorization: {}\r\n\r\n", self.house.authorization("joe"))
    }

    /// The certificate that a new connection sees.
    fn shown(&self) -> CertificateDer<'static> {
        let stream = self.greet(&self.modern()).unwrap();
        stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
    }

    fn wait_until_shown(&self, issued: &Issued) {
        let begun = Instant::now();
        while self.shown() != issued.leaf {
            assert!(begun.elapsed() < PATIENCE, "the new certificate is not taken over");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

type Tls = StreamOwned<ClientConnection, TcpStream>;

#[test]
fn an_update_over_each_version() {
    let secured = Secured::new();
    for (number, version) in [(1, &version::TLS12), (2, &version::TLS13)] {
        let mut line = Line::over(secured.greet(&secured.authority.client(&[version], &[])).unwrap());
        let update = |more: &str| secured.request(&format!("GET /nic/update?hostname=home.dyn.example{more}"));
        line.send(update(&format!("&myip=192.0.2.{number}")));
        assert_eq!(line.receive(false).body, format!("good 192.0.2.{number}"), "{version:?}");
        line.send(update("&myip=<ipaddr>"));
        let answer = line.receive(false);
        answer.check_framing();
        assert_eq!(answer.body, "good 127.0.0.1", "the address is the caller's own");
        assert_eq!(answer.header("strict-transport-security"), None);
    }
}

#[test]
fn http_1_1_is_all_that_is_spoken_inside() {
    let secured = Secured::new();
    let greet = |alpn: &[&str]| secured.greet(&secured.authority.client(&[&version::TLS13], alpn));
    let chosen = |alpn: &[&str]| greet(alpn).unwrap().conn.alpn_protocol().map(<[u8]>::to_vec);
    assert_eq!(chosen(&["h2", "http/1.1"]).as_deref(), Some(&b"http/1.1"[..]));
    assert_eq!(chosen(&[]), None);
    assert!(greet(&["h2"]).unwrap_err().to_string().contains("NoApplicationProtocol"));
}

#[test]
fn a_close_is_announced() {
    let secured = Secured::new();
    let mut line = secured.line();
    line.send("GET /myip HTTP/1.0\r\n\r\n");
    assert_eq!(line.receive(false).body, "127.0.0.1");
    assert!(line.is_closed(), "an end without close_notify could be an attacker's");
}

#[test]
fn plain_and_tls_are_one_service() {
    let (authority, files) = (Authority::new(), Files::new());
    let first = authority.issue();
    files.write(&first);
    let certificate = Certificate::load(files.certificate(), files.key()).unwrap();
    let (house, any) = (House::new(), ["127.0.0.1:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()]);
    let listeners = bind(&any[..1]).unwrap().and_tls(&any, &certificate).unwrap();
    assert_eq!((listeners.local_addrs().len(), listeners.tls_addrs().len()), (1, 2));
    let server = serve(listeners, house.service.clone(), HttpSettings::default()).unwrap();
    let (plain, address) = (server.local_addrs()[0], server.tls_addrs()[1]);
    let secured = Secured { house, server: Some(server), address, authority, files, first };
    assert_eq!(secured.ask("GET /nic/update?hostname=home.dyn.example&myip=192.0.2.7").body, "good 192.0.2.7");
    let repeated = ask(plain, secured.request("GET /nic/update?hostname=home.dyn.example&myip=192.0.2.7"));
    assert_eq!(repeated.body, "nochg 192.0.2.7");
    let link = |answer: Answer| answer.body.split_once(r#""url":""#).unwrap().1.to_owned();
    let expected = |base: String| format!("{base}/hosts/home.dyn.example\"}}");
    let shown = ask(plain, secured.request("GET /hosts/home.dyn.example"));
    assert_eq!(link(shown), expected(format!("http://{plain}")));
    assert_eq!(link(secured.ask("GET /hosts/home.dyn.example")), expected(format!("https://{address}")));
}

#[test]
fn links_begin_with_the_scheme_that_the_caller_used() {
    let link = |settings| {
        let secured = Secured::with(settings);
        let body = secured.ask("GET /hosts/home.dyn.example").body;
        let (_, link) = body.split_once(r#""url":""#).unwrap();
        (link.strip_suffix("/hosts/home.dyn.example\"}").unwrap().to_owned(), secured.address)
    };
    let (reached, address) = link(HttpSettings::default());
    assert_eq!(reached, format!("https://{address}"));
    let allowed = || HttpSettings { allowed_hosts: vec!["DDNS.example".to_owned()], ..HttpSettings::default() };
    assert_eq!(link(allowed()).0, "https://ddns.example");
    let based = HttpSettings { base_url: Some("http://ddns.example:8053".parse().unwrap()), ..allowed() };
    assert_eq!(link(based).0, "http://ddns.example:8053");
}

#[test]
fn sources_are_those_of_plain_http() {
    const FORGED: [&str; 3] = ["X-Forwarded-For: 192.0.2.66", "Forwarded: for=192.0.2.66", "X-Real-IP: 192.0.2.66"];
    let seen = |secured: &Secured, header: &str| {
        let mut line = secured.line();
        line.send(format!("GET /myip HTTP/1.0\r\n{header}\r\n\r\n"));
        line.receive(false).body
    };
    let secured = Secured::new();
    for header in FORGED {
        assert_eq!(seen(&secured, header), "127.0.0.1", "{header}");
    }
    let trusting = vec!["127.0.0.0/8".parse().unwrap()];
    let secured = Secured::with(HttpSettings { trusted_proxies: trusting, ..HttpSettings::default() });
    assert_eq!(FORGED.map(|header| seen(&secured, header)), ["192.0.2.66", "192.0.2.66", "127.0.0.1"]);
}

/// An open connection outlives the change, and those that come later see the new certificate.
fn renews(secured: &Secured, change: impl Fn(&Issued)) {
    let mut open = secured.line();
    let mut still_works = || {
        open.send("GET /myip HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(open.receive(false).body, "127.0.0.1");
    };
    still_works();
    for _ in 0..2 {
        let next = secured.authority.issue();
        change(&next);
        let begun = Instant::now();
        while secured.shown() != next.leaf {
            assert!(begun.elapsed() < PATIENCE, "the new certificate is not taken over");
            still_works(); // It would be closed as idle otherwise.
            std::thread::sleep(Duration::from_millis(20));
        }
        still_works();
    }
}

#[test]
fn files_written_anew_are_taken_over_under_open_connections() {
    let secured = Secured::new();
    assert_eq!(secured.shown(), secured.first.leaf);
    renews(&secured, |issued| secured.files.write(issued));
}

/// As certbot does it: each link is led to another file, one after the other.
#[test]
fn links_led_elsewhere_are_taken_over_under_open_connections() {
    let (authority, files) = (Authority::new(), Files::new());
    let first = authority.issue();
    let lead = |link: &Path, text: &str| {
        let number = std::fs::read_dir(files.place.path()).unwrap().count();
        let (target, fresh) = (files.path(&format!("archive{number}.pem")), files.path("fresh"));
        std::fs::write(&target, text).unwrap();
        std::os::unix::fs::symlink(&target, &fresh).unwrap();
        std::fs::rename(&fresh, link).unwrap();
    };
    let (certificate, key) = (files.certificate(), files.key());
    let change = |issued: &Issued| {
        lead(&certificate, &issued.chain);
        lead(&key, &issued.key);
    };
    change(&first);
    let place = Files { place: TempDir::new().unwrap() };
    std::os::unix::fs::symlink(&certificate, place.certificate()).unwrap();
    std::os::unix::fs::symlink(&key, place.key()).unwrap();
    let secured = Secured::over(HttpSettings::default(), authority, place, first);
    renews(&secured, change);
}

/// A new certificate beside the old key, until that is noticed and complained of: nobody sees either of them apart.
#[test]
fn halves_that_do_not_match_are_left_alone() {
    secrets::listen();
    let secured = Secured::new();
    let next = secured.authority.issue();
    std::fs::write(secured.files.certificate(), &next.chain).unwrap();
    let (begun, path) = (Instant::now(), secured.files.certificate().display().to_string());
    let is_complaint = |line: &str| line.contains("cannot be taken over") && line.contains(&path);
    while !secrets::logged().lines().any(is_complaint) {
        assert!(begun.elapsed() < PATIENCE, "nobody complains");
        assert_eq!(secured.shown(), secured.first.leaf);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(secured.shown(), secured.first.leaf);
    std::fs::write(secured.files.key(), &next.key).unwrap();
    secured.wait_until_shown(&next);
}

/// What `load` says of two files.
fn refusal(certificate: &Path, key: &Path) -> String {
    Certificate::load(certificate, key).unwrap_err().to_string()
}

#[test]
fn wrong_files_are_named_with_what_to_do() {
    let (files, authority) = (Files::new(), Authority::new());
    let (issued, other) = (authority.issue(), authority.issue());
    files.write(&issued);
    let (certificate, key) = (files.certificate(), files.key());
    let written = |name: &str, text: &str| {
        let path = files.path(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let check = |certificate: &Path, key: &Path, named: &Path, words: &str| {
        let error = refusal(certificate, key);
        assert!(error.contains(&named.display().to_string()) && error.contains(words), "{words}: {error}");
        assert!(!error.contains("PRIVATE KEY-") && !error.contains(issued.key.lines().nth(1).unwrap()), "{error}");
    };
    let missing = files.path("missing.pem");
    check(&missing, &key, &missing, "No such file");
    check(&certificate, &missing, &missing, "the server's user may read");
    let empty = written("empty.pem", "");
    check(&empty, &key, &empty, "holds no certificate");
    check(&certificate, &empty, &empty, "holds no private key");
    check(&key, &key, &key, "holds no certificate");
    check(&certificate, &certificate, &certificate, "holds no private key");
    check(files.place.path(), &key, files.place.path(), "is no file");
    check(&certificate, Path::new("/dev/null"), Path::new("/dev/null"), "is no file");
    let large = written("large.pem", &"#".repeat((1 << 20) + 1));
    check(&large, &key, &large, "is larger than 1048576 octets");
    let foreign = written("foreign.pem", &other.key);
    check(&certificate, &foreign, &foreign, "does not belong to the first certificate");
    let (leaf, chain) =
        issued.chain.split_at(issued.chain.find("-----END").unwrap() + "-----END CERTIFICATE-----\n".len());
    let reversed = written("reversed.pem", &format!("{chain}{leaf}"));
    check(&reversed, &key, &reversed, "the server's own certificate first");
    let half = written("half.pem", &issued.chain[..issued.chain.len() / 4]);
    check(&half, &key, &half, "is no whole PEM file");
    let half = written("half-key.pem", &issued.key[..issued.key.len() / 2]);
    check(&certificate, &half, &half, "is no whole PEM file");
    let wrong = written("wrong.pem", &issued.key.replacen("KEY-----", "KEY", 1));
    check(&certificate, &wrong, &wrong, "is no whole PEM file");
    let junk = "-----BEGIN CERTIFICATE-----\nanVuaw==\n-----END CERTIFICATE-----\n";
    let second = written("second.pem", &format!("{leaf}{junk}"));
    check(&second, &key, &second, "certificate 2 in ");
    let junk = written("junk-key.pem", &junk.replace("CERTIFICATE", "PRIVATE KEY"));
    check(&certificate, &junk, &junk, "cannot be used; make one of RSA");
    let locked = issued.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let locked = written("locked.pem", &locked);
    check(&certificate, &locked, &locked, "without a passphrase");
}

#[test]
fn one_file_may_hold_both() {
    let (files, issued) = (Files::new(), Authority::new().issue());
    std::fs::write(files.certificate(), format!("# renewed\n{}\n{}", issued.key, issued.chain)).unwrap();
    assert!(Certificate::load(files.certificate(), files.certificate()).is_ok());
    assert!(matches!(
        Certificate::load(files.certificate(), files.place.path()),
        Err(CertificateError::NoFile { path }) if path == files.place.path()
    ));
}

#[test]
fn plain_http_is_told_that_it_is_at_the_wrong_port() {
    let secured = Secured::new();
    let long = format!("POST /hosts HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{}", "x".repeat(60_000));
    for request in ["GET / HTTP/1.0\r\n\r\n", "G", &long] {
        let mut line = Line::to(secured.address);
        line.send(request);
        let answer = line.receive(false);
        answer.check_framing();
        assert_eq!((answer.version.as_str(), answer.status), ("HTTP/1.1", 400));
        assert_eq!(answer.body, "This port speaks HTTPS: the URL must begin with https://\n");
        assert!(line.is_closed());
    }
}

/// A ClientHello of TLS 1.1 (RFC 4346): no session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
fn hello_1_1() -> Vec<u8> {
    [&[22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0]].concat()
}

#[test]
fn what_is_no_tls_of_today_is_closed() {
    let secured = Secured::new();
    let answer = |octets: &[u8]| {
        let mut stream = connect(secured.address);
        stream.write_all(octets).unwrap();
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        answer
    };
    assert_eq!(answer(&hello_1_1())[..6], [21, 3, 3, 0, 2, 2], "a fatal alert (RFC 8446, section 6)");
    for garbage in [&[0; 64][..], &[0x80, 0x2e, 1, 3, 1], &[22; 64], &[22, 3, 1, 0xff, 0xff], &[0xff; 20_000]] {
        let answer = answer(garbage);
        assert!(answer.is_empty() || answer[0] == 21, "{garbage:?}: {answer:?}");
    }
    assert_eq!(secured.ask("GET /myip").body, "127.0.0.1");
}

/// Callers who begin and do not go on are dropped, and meanwhile everybody else is served.
#[test]
fn slow_handshakes_end_and_disturb_nobody() {
    let secured = Secured::new();
    let slow: Vec<TcpStream> = (0..200)
        .map(|number| {
            let mut stream = connect_from([127, 0, 0, 2], secured.address);
            let _refused = stream.write_all(&hello_1_1()[..number % 40]);
            stream
        })
        .collect();
    assert_eq!(secured.ask("GET /myip").body, "127.0.0.1");
    assert_eq!(ask(secured.house.address, "GET /myip HTTP/1.0\r\n\r\n").body, "127.0.0.1");
    for mut stream in slow {
        let end = stream.read(&mut [0]).map_err(|error| error.kind());
        assert!(matches!(end, Ok(0) | Err(ErrorKind::ConnectionReset)), "closed without a word: {end:?}");
    }
}

fn connect_from(source: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn a_stop_does_not_wait_for_handshakes() {
    let mut secured = Secured::new();
    let mut slow = connect(secured.address);
    slow.write_all(&hello_1_1()[..20]).unwrap();
    let mut idle = secured.line();
    idle.send("GET /myip HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(idle.receive(false).body, "127.0.0.1");
    let stopping = secured.server.take().unwrap();
    let begun = Instant::now();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(stopping.stop());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(idle.is_closed());
    assert!(matches!(slow.read(&mut [0]), Ok(0) | Err(_)));
}
