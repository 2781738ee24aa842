//! The command lines of the existing systems' documents, run by curl against the real binary: their own URLs over HTTPS, with
//! ASCII quotation marks, and a token of ours in the place of the printed one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::programs::{Said, find, output, run};
use crate::site::{Server, Site, until};

/// A site that is `api.twodns.de` and `www.twodns.de` to its clients.
struct Twin {
    site: Site,
    curl: PathBuf,
    token: String,
}

impl Twin {
    /// None where a program is missing.
    fn start() -> Option<Twin> {
        let (openssl, curl) = (find("openssl")?, find("curl")?);
        let mut site = Site::with_hosts::<&str>(&[]);
        make_certificate(&openssl, site.directory.path());
        site.server.kill();
        let file = |name: &str| site.directory.path().join(name).display().to_string();
        let (certificate, key) = (file("tls.crt"), file("tls.key"));
        let more = ["--https", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
        let base = ["--base-url", "https://api.twodns.de", "--sign-up", "open"];
        site.server = Server::start_with(site.directory.path(), &[&more[..], &base[..]].concat());
        for domain in ["twodns.de", "twodns-domain.de"] {
            site.ddns(&["domain", "add", domain, "--shared"]);
        }
        let who = site.add_account("joe@apiuser.de", 5);
        let token = who.split_once(':').unwrap().1.to_owned();
        Some(Twin { site, curl, token })
    }

    /// A command line as it is printed, from `curl` to the URL.
    fn run(&self, line: &str) -> Said {
        let ascii = line
            .replace(['“', '”'], "\"")
            .replace('’', "'")
            .replace(" –user", " --user")
            .replace(" –data", " --data")
            .replace('\\', " ")
            .replace("42fcb5dd5f6553f90676a98523e6e22d87944c33", &self.token);
        let words = words(&ascii);
        let (program, arguments) = words.split_first().unwrap();
        assert_eq!(program, "curl", "{line}");
        let arguments = arguments.iter().filter(|word| *word != "-v"); // It prints the conversation, which nobody reads here.
        let https = self.site.server.https.unwrap();
        let mut command = Command::new(&self.curl);
        command.args(["-sS", "-w", "\n%{http_code} %{content_type}", "--cacert"]);
        command.arg(self.site.directory.path().join("tls.crt"));
        for host in ["api.twodns.de", "www.twodns.de"] {
            command.arg("--connect-to").arg(format!("{host}:443:{https}"));
        }
        run(command.args(arguments))
    }

    fn check(&self, line: &str, status: &str, body: &str) {
        let said = self.run(line);
        let body = body.replace("TOKEN", &self.token);
        assert_eq!(said.out, format!("{body}\n{status} application/json; charset=utf-8"), "{line}: {said:?}");
    }

    /// The hosts that the next answer shows.
    fn with_hosts(&self, hosts: &[&str]) {
        let old = self.site.ddns(&["host", "list", "--owner", "joe@apiuser.de", "--output", "json"]);
        let old: serde_json::Value = serde_json::from_str(&old).unwrap();
        let old = old.as_array().into_iter().flatten().map(|host| host["name"].as_str().unwrap().to_owned());
        for name in old {
            self.site.ddns(&["host", "remove", &name]);
        }
        for host in hosts {
            let words: Vec<&str> = host.split(' ').collect();
            self.site.ddns(&[&["host", "add"], &words[..], &["--owner", "joe@apiuser.de", "--wildcard"]].concat());
        }
        let seen = || {
            self.run("curl -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33” https://api.twodns.de/hosts")
                .out
        };
        until(|| seen().matches("\"fqdn\"").count() == hosts.len());
    }
}

/// As a shell splits them: quoted words are one.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn make_certificate(openssl: &Path, place: &Path) {
    let arguments = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=api.twodns.de";
    let mut command = Command::new(openssl);
    command.args(arguments.split(' ')).args(["-addext", "subjectAltName=DNS:api.twodns.de,DNS:www.twodns.de"]);
    command.arg("-keyout").arg(place.join("tls.key")).arg("-out").arg(place.join("tls.crt"));
    output(command.stderr(Stdio::null()));
}

const SUB: &str = r#"{"activate_wildcard":true,"ttl":60,"fqdn":"sub.twodns-domain.de","ip_address":"ADDR","url":"https://api.twodns.de/hosts/sub.twodns-domain.de"}"#;
const MYWAN: &str = r#"{"activate_wildcard":true,"ttl":60,"fqdn":"mywan.twodns-domain.de","ip_address":"ADDR","url":"https://api.twodns.de/hosts/mywan.twodns-domain.de"}"#;

#[test]
fn the_command_lines_of_the_two_dns_documentation() {
    let Some(twin) = Twin::start() else { return };
    let at = |host: &str, address: &str| host.replace("ADDR", address);

    // Line 31 posts a host's attributes to the accounts.
    twin.check(
        r"curl -X POST –user “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33”\ –data ’{“hostname”:“subdomain”, “ip_address”:“91.181.24.121”, “ttl”:“14400”,\ “activate_wildcard”:“true”, “domainname”:“twodns.de” }’ https://api.twodns.de/users",
        "422",
        r#"{"message":"JSON contains wrong attributes"}"#,
    );
    // Line 49. The site has one domain more than the documentation's.
    twin.check(
        "curl -X GET https://api.twodns.de/domains",
        "200",
        r#"[{"name":"dyn.example"},{"name":"twodns-domain.de"},{"name":"twodns.de"}]"#,
    );
    // Line 82.
    twin.check(
        "curl -X GET https://www.twodns.de/api/domains",
        "200",
        r#"[{"name":"dyn.example"},{"name":"twodns-domain.de"},{"name":"twodns.de"}]"#,
    );
    // Line 64.
    twin.with_hosts(&[
        "my.twodns-domain.de --ip 81.12.12.12 --ttl 14400",
        "doodeeloo.twodns-domain.de --ip 81.12.12.12 --ttl 14400",
    ]);
    twin.check(
        r"curl -v -X GET -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33”\ https://api.twodns.de/users/me",
        "200",
        r#"{"api_token":"TOKEN","email":"joe@apiuser.de","max_allowed_hosts":5,"hosts":[{"activate_wildcard":true,"fqdn":"doodeeloo.twodns-domain.de","ip_address":"81.12.12.12","ttl":14400},{"activate_wildcard":true,"fqdn":"my.twodns-domain.de","ip_address":"81.12.12.12","ttl":14400}]}"#,
    );
    // Line 110.
    twin.check(
        r"curl -v -X POST -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33”\ -d ’{“fqdn”: “sub.twodns-domain.de”, “ip_address”: “192.168.0.1”, “ttl”: “60”,\ “activate_wildcard”: “true”}’ https://api.twodns.de/hosts",
        "201",
        &at(SUB, "192.168.0.1"),
    );
    // Line 124.
    twin.check(
        r"curl -v -X POST -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33”\ -d ’{“fqdn”:“sub.twodns-domain.de”, “ip_address”: “192.168.0.1”, “ttl”: “60”,\ “activate_wildcard”: “true”}’ https://api.twodns.de/hosts",
        "422",
        r#"{"hostname":["has already been taken"]}"#,
    );
    // Line 136.
    twin.with_hosts(&["sub.twodns-domain.de --ip 192.168.0.1", "mywan.twodns-domain.de --ip 192.168.0.1"]);
    twin.check(
        r"curl -v -X GET -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33”\ https://api.twodns.de/hosts",
        "200",
        &format!("[{},{}]", at(MYWAN, "192.168.0.1"), at(SUB, "192.168.0.1")),
    );
    // Line 149.
    twin.check(
        r"curl -v -X GET -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33”\ https://api.twodns.de/hosts/sub.twodns-domain.de",
        "200",
        &at(SUB, "192.168.0.1"),
    );
    // Lines 184 and 185.
    for line in [
        "curl -v -X PUT -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33” -d ’{“ip_address”: “auto”}’ https://api.twodns.de/hosts/sub.twodns-domain.de",
        "curl -v -X PUT -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33” -d ’{“ip_address”: “auto”, “activate_wildcard”: “true”}’ https://api.twodns.de/hosts/sub.twodns-domain.de",
    ] {
        twin.check(line, "200", &format!("[{}]", at(SUB, "127.0.0.1")));
    }
    // Line 199.
    twin.check(
        "curl -v -X PUT -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33” -d ’{“ip_address”: “auto”, “activate_wildcard”: “true”}’ https://api.twodns.de/hosts/all",
        "200",
        &format!("[{},{}]", at(MYWAN, "127.0.0.1"), at(SUB, "127.0.0.1")),
    );
    assert_eq!(twin.site.served("sub.twodns-domain.de", "A"), ["127.0.0.1"]);
    // Line 211.
    twin.with_hosts(&["my.twodns-domain.de --ip 81.12.12.12"]);
    let said = twin.run(
        r"curl -v -X DELETE -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33”\ https://api.twodns.de/hosts/my.twodns-domain.de",
    );
    assert_eq!(said.out, "\n204 ", "{said:?}");
    // Lines 223, 229 and 235 show answers without a command line.
    twin.check(
        "curl -X POST -d ’{“email”:’ https://api.twodns.de/users",
        "400",
        r#"{"message":"JSON could not be parsed"}"#,
    );
    twin.check(
        "curl -u “joe@apiuser.de:42fcb5dd5f6553f90676a98523e6e22d87944c33” https://api.twodns.de/hosts/non.existant.de",
        "404",
        r#"{"message":"Sorry, resource does not exist"}"#,
    );
    twin.check(
        "curl -X POST -d ’{“name”:“joe”}’ https://api.twodns.de/users",
        "422",
        r#"{"message":"JSON contains wrong attributes"}"#,
    );
}

/// The clients API's document has no command lines; these are its requests as curl sends them, with its bodies as printed.
#[test]
fn the_requests_of_the_clients_documentation() {
    let Some(curl) = find("curl") else { return };
    let site = Site::with_hosts(&["home.dyn.example"]);
    let base = format!("http://{}/ddns/clients", site.server.http);
    let ask = |method: &str, path: &str, body: &str| {
        let who = format!("joe:{}", site.token);
        let mut command = Command::new(&curl);
        command.args(["-sS", "-w", "\n%{http_code} %header{location}", "-X", method, "--user", &who]);
        if !body.is_empty() {
            command.args(["-d", body]);
        }
        output(command.arg(format!("{base}{path}")))
    };
    let shown =
        |offline: bool| format!(r#"{{"offline":{offline},"hosts":{{"rel":"related","href":"{base}/box/hosts"}}}}"#);
    let changed =
        |offline: bool| format!(r#"{{"offline":{offline},"hosts":{{"href":"{base}/box/hosts","rel":"related"}}}}"#);
    let ends = |said: &str, end: &str| assert!(said.ends_with(end), "{said} should end with {end}");
    ends(&ask("PUT", "/box", "{\n  \"offline\": false\n}"), &format!("\n201 {base}/box"));
    assert_eq!(ask("GET", "/box", ""), format!("{}\n200 ", shown(false)));
    assert_eq!(ask("PUT", "/box", "{\n  \"offline\": true\n}"), format!("{}\n200 ", changed(true)));
    assert_eq!(ask("GET", "/box", ""), format!("{}\n200 ", shown(true)));
    assert_eq!(ask("PUT", "/box", "{\n  \"offline\": false\n}"), format!("{}\n200 ", changed(false)));
    ends(&ask("PUT", "/box/hosts/home.dyn.example", ""), &format!("\n201 {base}/box/hosts/home.dyn.example"));
    assert_eq!(ask("POST", "/box/action", "{\n  \"updateIP\": \"default\"\n}"), "\n204 ");
    assert_eq!(site.served("home.dyn.example", "A"), ["127.0.0.1"]);
    let host = format!(
        r#"{{"hosts":[{{"hostname":"home.dyn.example","ipAddress":"127.0.0.1","links":[{{"rel":"self","href":"{base}/box/hosts/home.dyn.example"}}]}}]}}"#
    );
    assert_eq!(ask("GET", "/box/hosts", ""), format!("{host}\n200 "));
    assert_eq!(ask("DELETE", "/box/hosts/home.dyn.example", ""), "\n204 ");
    assert_eq!(ask("DELETE", "/box", ""), "\n204 ");
    ends(&ask("GET", "/box", ""), "\n404 ");
}
