//! Everything that the OpenAPI document describes, asked for by schemathesis with whatever its schemas allow and forbid: no
//! server error; no status, header or content type that is not described; no body that breaks its schema; no other method
//! that is not refused; no success without credentials where they are needed.
//!
//! Each run is like the one before. With `DDNS_SOAK=1` it has ten times the examples, from a seed of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::process::Command;
use std::time::Duration;

use ddns_scenario::http::{self, Request};
use serde_json::Value;
use tempfile::TempDir;

use crate::programs::run_within;
use crate::python::{self, FOLDER};
use crate::site::{Server, Site};
use crate::smtp::{self, SmtpServer};

/// Operations that void the credentials that they come with, or may: whatever follows would be refused.
const LAST_ACTS: [&str; 3] = ["DELETE /users/me/tokens/{token_id}", "POST /users/me/api_token", "DELETE /users/me"];

/// What takes credentials that have been registered, in headers of its own.
const BY_REGISTERED: &str = "POST /update";

/// Hosts and clients that there are at first: so many that no run removes them all.
const STOCK: usize = 30;

/// Links that were mailed, of which some are only looked at.
const LINKS: usize = 8;
const LINKS_TO_FOLLOW: usize = 6;

/// For each operation, beside the document's own examples and the schemas' borders.
const EXAMPLES: u32 = 15;

/// A whole run, in a soak on a busy machine.
const PATIENCE: Duration = Duration::from_secs(3600);

#[test]
fn an_account_is_answered_as_described() {
    let Some(world) = World::new() else { return };
    world.joe_is_answered();
}

#[test]
fn an_operator_is_answered_as_described() {
    let Some(world) = World::new() else { return };
    world.site.ddns(&["account", "set", "joe", "--operator", "true"]);
    world.joe_is_answered();
}

/// The Designate dialect's operators, who see and may change everything.
#[test]
fn an_operator_over_everything_is_answered_as_described() {
    let Some(world) = World::new() else { return };
    world.site.ddns(&["account", "set", "joe", "--operator", "true"]);
    let headers = ["X-Auth-All-Projects: true", "X-Designate-Edit-Managed-Records: on", "X-Auth-Sudo-Tenant-ID: joe"];
    let Some(answers) = world.explore_designate(&world.site.token, &headers) else { return };
    assert_eq!(answers.successes(), world.described(|name, _| is_of_designate(name)), "{answers:#?}");
}

/// What only operators may ask for is refused to others, wherever they ask for it; and so is everything with wrong credentials.
#[test]
fn nobody_else_is_answered_as_an_operator() {
    let Some(world) = World::new() else { return };
    let wrong = "0123456789abcdef0123456789abcdef01234567";
    for (token, headers, refused) in
        [(world.site.token.as_str(), &["X-Auth-All-Projects: true"][..], 403), (wrong, &[], 401)]
    {
        let Some(answers) = world.explore_designate(token, headers) else { return };
        assert_eq!(answers.successes(), BTreeSet::from(["GET /".to_owned()]), "{answers:#?}");
        let closed = world.described(|name, access| is_of_designate(name) && access == Access::Closed);
        assert_eq!(answers.names(|status| status == refused), closed, "{answers:#?}");
        // Of what is not so: a URL that is too long, another site's request, and a method that there is not.
        assert_eq!(answers.names(|status| [400, 404, 409, 415, 406, 422].contains(&status)), BTreeSet::new());
    }
}

#[test]
fn strangers_are_answered_as_described() {
    let Some(world) = World::new() else { return };
    let Some(answers) = world.explore(None, &[]) else { return };
    assert_eq!(answers.names(|_| true), world.described(|_, _| true), "{answers:#?}");
    assert_eq!(answers.successes(), world.described(|_, access| access != Access::Closed), "{answers:#?}");
    assert!(world.smtp.messages().len() > LINKS);
}

/// By the password, which outlives a token.
#[test]
fn credentials_end_as_described() {
    let Some(world) = World::new() else { return };
    for name in LAST_ACTS {
        let only = ["--include-name", name].map(str::to_owned);
        let Some(answers) = world.explore(Some("ann:correct horse battery"), &only) else { return };
        assert_eq!(answers.successes(), BTreeSet::from([name.to_owned()]), "{answers:#?}");
    }
}

/// By what a program that speaks acme-dns has registered.
#[test]
fn a_registered_program_is_answered_as_described() {
    let Some(mut world) = World::new() else { return };
    let wanted = ["token", "create", "joe", "--host", "home.dyn.example", "--action", "acme-challenge"];
    let made = world.site.ddns(&[&wanted[..], &["--output", "json"]].concat());
    let made: Value = serde_json::from_str(&made).unwrap();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    world.document["components"]["schemas"]["AcmeDnsUpdate"]["properties"]["subdomain"]["example"] = id.into();
    world.write("openapi.json", &world.document.to_string());
    let (user, key) = (format!("X-Api-User: {id}"), format!("X-Api-Key: {secret}"));
    let more = ["--include-name", BY_REGISTERED, "-H", &user, "-H", &key].map(str::to_owned);
    let Some(answers) = world.explore(None, &more) else { return };
    assert_eq!(answers.successes(), BTreeSet::from([BY_REGISTERED.to_owned()]), "{answers:#?}");
}

/// A well-furnished site, its document, and a folder for schemathesis.
struct World {
    site: Site,
    smtp: SmtpServer,
    document: Value,
    folder: TempDir,
}

impl World {
    /// None where Python's packages are not installed.
    fn new() -> Option<World> {
        let smtp = SmtpServer::start(&smtp::Options::default())?;
        // The first of each is the one in the document's examples.
        let (hosts, clients) = (series("home", ".dyn.example"), series("router", ""));
        let mut site = Site::with_hosts(&hosts);
        let_strangers_sign_up(&mut site, &smtp);
        furnish(&site, &hosts, &clients);
        let tokens = ("tokens", furnish_tokens(&site));
        let ids: Vec<_> = furnish_designate(&site).into_iter().chain([tokens]).collect();
        let mut links = links(&site, &smtp);
        let followed = links.split_off(LINKS - LINKS_TO_FOLLOW);
        let text = site.http("GET", "/openapi.json").unwrap();
        let mut document = serde_json::from_str(&text).unwrap();
        give_ids(&mut document, &ids);
        let world = World { site, smtp, document, folder: TempDir::with_prefix("ddns-schemathesis-").unwrap() };
        world.write("openapi.json", &world.document.to_string());
        world.write("schemathesis.toml", include_str!("../python/schemathesis.toml"));
        let names = [("hosts", hosts), ("clients", clients), ("links", links), ("links-to-follow", followed)];
        for (name, words) in names.into_iter().chain(ids) {
            world.write(name, &words.iter().map(|word| format!("{word:?}\n")).collect::<String>());
        }
        Some(world)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// What is closed to strangers is asked for with credentials, and does succeed.
    fn joe_is_answered(&self) {
        let otherwise = |name: &str| LAST_ACTS.contains(&name) || name == BY_REGISTERED;
        let left_out = self.described(|name, access| access == Access::Open || otherwise(name));
        let all_but: Vec<String> =
            left_out.iter().flat_map(|name| ["--exclude-name", name]).map(str::to_owned).collect();
        let Some(answers) = self.explore(Some(&format!("joe:{}", self.site.token)), &all_but) else { return };
        let told = self.site.ddns(&["account", "show", "joe", "--output", "json"]);
        let is_operator = serde_json::from_str::<Value>(&told).unwrap()["role"] == "operator";
        let may = |name: &str| is_operator || !self.is_for_operators(name);
        assert_eq!(
            answers.successes(),
            self.described(|name, _| !left_out.contains(name) && may(name)),
            "{answers:#?}"
        );
    }

    /// Runs schemathesis on the Designate dialect alone, with a token in its own header.
    fn explore_designate(&self, token: &str, headers: &[&str]) -> Option<Answers> {
        let token = format!("X-Auth-Token: {token}");
        let headers = std::iter::once(token.as_str()).chain(headers.iter().copied());
        let more = headers.flat_map(|header| ["-H", header]).chain(["--include-tag", "designate"]);
        self.explore(None, &more.map(str::to_owned).collect::<Vec<_>>())
    }

    /// Whether the document says so.
    fn is_for_operators(&self, name: &str) -> bool {
        let (method, path) = name.split_once(' ').unwrap();
        let description = |path: &str| {
            self.document["paths"][path][method.to_lowercase()]["description"].as_str().unwrap_or_default().to_owned()
        };
        // What has two places is told at one.
        [description(path), description(&format!("/v1{path}"))].iter().any(|told| told.contains("For operators."))
    }

    /// The names of the described operations that are so, such as `GET /hosts/{fqdn}`.
    fn described(&self, is_so: impl Fn(&str, Access) -> bool) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (path, methods) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let name = format!("{} {path}", method.to_uppercase());
                names.extend(is_so(&name, Access::of(operation)).then_some(name));
            }
        }
        names
    }

    /// Runs schemathesis, which must find nothing wrong. None where it is not installed.
    fn explore(&self, who: Option<&str>, more: &[String]) -> Option<Answers> {
        let mut command = self.schemathesis()?;
        let (seed, examples) = volume();
        // A document that it fetches is one that it does not ask for again.
        let url = format!("http://{}", self.site.server.http);
        command.args(["run", "openapi.json", "--url", &url, "--continue-on-failure"]);
        command.args(["--seed", &seed.to_string(), "--max-examples", &examples.to_string()]);
        command.args(["--report", "ndjson", "--report-ndjson-path", "report", "--output-sanitize", "false"]);
        command.args(who.map(|who| format!("--auth={who}"))).args(more);
        let said = run_within(&mut command, PATIENCE);
        assert!(said.success, "{}\n{}", said.out, said.err);
        let report = std::fs::read_to_string(self.folder.path().join("report")).unwrap();
        Some(Answers::read(&report, &self.described(|_, _| true)))
    }

    /// What it writes stays in the folder, and whatever would leave the machine finds no road.
    fn schemathesis(&self) -> Option<Command> {
        let mut command = python::python("schemathesis")?;
        command.args(["-c", "from schemathesis.cli import schemathesis; schemathesis()", "--no-color"]);
        command.current_dir(&self.folder).env("HOME", self.folder.path());
        command.env("HYPOTHESIS_STORAGE_DIRECTORY", self.folder.path().join("hypothesis"));
        command.env("SCHEMATHESIS_HOOKS", format!("{FOLDER}/networks.py")).env("PYTHONDONTWRITEBYTECODE", "1");
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(proxy, "http://127.0.0.1:9");
        }
        command.env("no_proxy", "127.0.0.1").env("NO_PROXY", "127.0.0.1");
        Some(command)
    }
}

/// Whether an operation can be asked for without credentials, with them, or either way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Open,
    Either,
    Closed,
}

impl Access {
    fn of(operation: &Value) -> Access {
        let ways: Vec<&Value> = operation["security"].as_array().into_iter().flatten().collect();
        let nothing = serde_json::json!({});
        match ways.as_slice() {
            [only] if **only == nothing => Access::Open,
            ways if ways.contains(&&nothing) => Access::Either,
            _ => Access::Closed,
        }
    }
}

/// With what each described operation was answered.
#[derive(Debug)]
struct Answers(BTreeMap<String, BTreeSet<u64>>);

impl Answers {
    /// Reads a report: an event in each line. Methods that are not described were tried, too.
    fn read(report: &str, described: &BTreeSet<String>) -> Answers {
        let mut answers: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for event in report.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let recorder = &event["ScenarioFinished"]["recorder"];
            for (id, interaction) in recorder["interactions"].as_object().into_iter().flatten() {
                let case = &recorder["cases"][id]["value"];
                let name = format!("{} {}", case["method"].as_str().unwrap(), case["path"].as_str().unwrap());
                if let Some(status) = interaction["response"]["status_code"].as_u64()
                    && described.contains(&name)
                {
                    answers.entry(name).or_default().insert(status);
                }
            }
        }
        Answers(answers)
    }

    fn successes(&self) -> BTreeSet<String> {
        self.names(|status| (200..300).contains(&status))
    }

    /// The operations that were answered with a status that is so.
    fn names(&self, is_so: impl Fn(u64) -> bool) -> BTreeSet<String> {
        let answered = self.0.iter().filter(|(_, statuses)| statuses.iter().any(|status| is_so(*status)));
        answered.map(|(name, _)| name.clone()).collect()
    }
}

/// The seed and the examples for each operation.
fn volume() -> (u64, u32) {
    let soak = std::env::var_os("DDNS_SOAK").is_some();
    let fresh = || if soak { RandomState::new().hash_one(0u8) } else { 1 };
    let seed = std::env::var("DDNS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(fresh);
    println!("DDNS_SEED={seed}");
    (seed, if soak { EXAMPLES * 10 } else { EXAMPLES })
}

/// A name, and the same with numbers.
fn series(name: &str, rest: &str) -> Vec<String> {
    let numbers = (2..=STOCK).map(|number| number.to_string());
    std::iter::once(String::new()).chain(numbers).map(|number| format!("{name}{number}{rest}")).collect()
}

/// By a link in a mail; and a proxy is trusted.
fn let_strangers_sign_up(site: &mut Site, smtp: &SmtpServer) {
    site.server.kill();
    let relay = smtp.address.to_string();
    let mail = ["--mail-relay", &relay, "--mail-tls", "none", "--mail-from", "ddns@dyn.example"];
    let more = ["--sign-up", "confirm", "--base-url", "https://ddns.example", "--trusted-proxies", "127.0.0.1/32"];
    site.server = Server::start_with(site.directory.path(), &[mail, more].concat());
}

/// Many clients; and one that is never removed, on which all hosts hang.
fn furnish(site: &Site, hosts: &[String], clients: &[String]) {
    let all = clients.iter().map(String::as_str).chain(["flock"]);
    let clients = all.map(|client| format!("client add {client} --owner joe\n"));
    let hosts = hosts.iter().map(|host| format!("client attach flock {host}\n"));
    let file = site.file("furniture", &clients.chain(hosts).collect::<String>());
    site.ddns(&["batch", file.to_str().unwrap()]);
}

/// Domains of joe's, records in one that lasts, name servers, keys and a tenant, so that some of each are there: the words that
/// paths need for them, of which the first are examples.
fn furnish_designate(site: &Site) -> [(&'static str, Vec<String>); 6] {
    site.add_account("cloud", 5);
    let mut lines = vec!["quota set joe --domains 5000 --records 5000 --rrsets 5000 --rrset-records 5000".to_owned()];
    lines.push("domain add example.com --owner joe".to_owned());
    lines.push("host add lasting.example.com --owner joe".to_owned());
    for number in 0..STOCK {
        lines.push(format!("domain add domain{number}.example --owner joe"));
        lines.push(format!("record add r{number}.example.com A 192.0.2.1"));
        // A zone has few of them.
        lines.extend((number < 9).then(|| format!("server add ns{number}.example.net")));
        lines.push(format!("key add key{number}.example --account joe"));
    }
    let file = site.file("designate", &(lines.join("\n") + "\n"));
    site.ddns(&["batch", file.to_str().unwrap()]);
    let ids = |words: &[&str]| -> Vec<String> {
        let told = site.ddns(&[words, &["--limit", "1000", "--output", "json"]].concat());
        let told: Value = serde_json::from_str(&told).unwrap();
        told.as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
    };
    let id = |domain: &str| {
        let shown = site.ddns(&["domain", "show", domain, "--output", "json"]);
        serde_json::from_str::<Value>(&shown).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let domains = (0..STOCK).map(|number| id(&format!("domain{number}.example"))).collect();
    [
        ("lasting-domain", vec![id("example.com")]),
        ("domains", domains),
        ("records", ids(&["record", "list", "example.com"])),
        ("servers", ids(&["server", "list"])),
        ("keys", ids(&["key", "list"])),
        ("tenants", ["cloud", "joe"].map(str::to_owned).to_vec()),
    ]
}

/// The ids of tokens of ann's, whose own credentials may end.
fn furnish_tokens(site: &Site) -> Vec<String> {
    site.add_account("ann", 5);
    let lines: String = (0..STOCK).map(|number| format!("token create ann --label token{number}\n")).collect();
    let file = site.file("tokens", &lines);
    site.ddns(&["batch", file.to_str().unwrap()]);
    let told: Value = serde_json::from_str(&site.ddns(&["token", "list", "ann", "--output", "json"])).unwrap();
    told.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
}

/// Ids are nobody's to choose, so the document's examples have those that there are.
fn give_ids(document: &mut Value, ids: &[(&'static str, Vec<String>)]) {
    let first = |dictionary: &str| ids.iter().find(|(name, _)| *name == dictionary).map(|(_, ids)| ids[0].clone());
    let dictionary = |parameter: &str| match parameter {
        "domain_id" => "lasting-domain",
        "record_id" | "marker" => "records",
        "server_id" => "servers",
        "tsigkey_id" => "keys",
        "tenant_id" => "tenants",
        "token_id" => "tokens",
        _ => "",
    };
    // The lasting domain has the name of the documented one. And the two places of records are one, so that the same record
    // can be made at one of them alone.
    for (path, field, value) in
        [("/v1/domains", "name", "fresh.example."), ("/domains/{domain_id}/records", "data", "192.0.2.33")]
    {
        let body = &mut document["paths"][path]["post"]["requestBody"]["content"]["application/json"];
        body["example"][field] = value.into();
    }
    let operations = document["paths"].as_object_mut().unwrap().values_mut();
    for operation in operations.flat_map(|methods| methods.as_object_mut().unwrap().values_mut()) {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(id) = first(dictionary(parameter["name"].as_str().unwrap())) {
                parameter["example"] = id.into();
            }
        }
    }
}

fn is_of_designate(name: &str) -> bool {
    let (_, path) = name.split_once(' ').unwrap();
    path == "/" || path.starts_with("/v1/") || path.starts_with("/domains/")
}

/// The last parts of links that were mailed to those who signed up.
fn links(site: &Site, smtp: &SmtpServer) -> Vec<String> {
    std::thread::scope(|scope| {
        for number in 0..LINKS {
            let body = Some(format!(r#"{{"email":"guest{number}@example.org","password":"staple correct horse"}}"#));
            let (method, target) = ("POST".to_owned(), "/users".to_owned());
            let request = Request { method, target, body, ..Request::default() };
            scope.spawn(move || http::send(site.server.http, &request).and_then(http::Unread::read).unwrap());
        }
    });
    let messages = smtp.wait_for(LINKS);
    messages.iter().map(|message| message.links()[0].rsplit('/').next().unwrap().to_owned()).collect()
}
