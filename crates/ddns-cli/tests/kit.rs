//! `ddns kit`: each program's configuration is one that the program reads, with a token that can do no more than it must.

use std::io::Write;
use std::process::{Command, Stdio};

use ddns_cli::ExitCode;
use ddns_service::ManualClock;
use ddns_store::{MemoryStore, Store};
use serde_json::{Value, json};

use crate::work::{Run, Work};

const HOST: &str = "home.dyn.example";
const URL: &str = "https://ddns.example.org";

/// Every program, and what its token may do.
const PROGRAMS: &[(&str, &str)] = &[
    ("fritzbox", "update"),
    ("openwrt", "update"),
    ("opnsense", "update"),
    ("pfsense", "update"),
    ("unifi", "update"),
    ("mikrotik", "update"),
    ("synology", "update"),
    ("ddclient", "update"),
    ("inadyn", "update"),
    ("lego", "acme-challenge"),
    ("certbot", "acme-challenge"),
    ("acme-sh", "acme-challenge"),
    ("curl", "update"),
];

fn with_host() -> Work {
    let work = Work::with_joe();
    work.ok(&["host", "add", HOST, "--owner", "joe"]);
    work
}

fn kit(work: &Work, program: &str, url: &str) -> Run {
    let run = work.run(&["kit", HOST, "--for", program, "--url", url]);
    assert_eq!(run.code, 0, "{run:?}");
    run
}

/// The lines that are no comment and not empty.
fn told(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
}

/// The secret that a text holds: 40 hexadecimal digits.
fn secret(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let words = text.split(|c| !is_digit(c)).filter(|word| word.len() == 40).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(words.len(), 1, "{text}");
    words.first().unwrap().to_string()
}

#[test]
fn a_token_can_do_what_its_program_needs_on_its_host_and_nothing_else() {
    let work = with_host();
    for (program, action) in PROGRAMS {
        let run = kit(&work, program, URL);
        let tokens = work.json(&["token", "list", "joe"]);
        let token = tokens.as_array().unwrap().iter().find(|token| token["label"] == *program).unwrap();
        assert_eq!(
            [&token["hosts"], &token["actions"], &token["networks"], &token["expires"]],
            [&json!([HOST]), &json!([action]), &json!([]), &json!(null)],
            "{program}"
        );
        let id = token["id"].as_str().unwrap();
        assert!(run.err.contains(&format!("made token {id} for joe")), "{run:?}");
        let secret = secret(&run.out);
        assert!(!run.err.contains(&secret), "{run:?}");
        assert!(!work.ok(&["log"]).contains(&secret) && !tokens.to_string().contains(&secret), "{program}");
        assert!(run.out.contains(HOST) && run.out.contains("ddns.example.org"), "{run:?}");
    }
    assert_eq!(work.json(&["token", "list"]).as_array().unwrap().len(), PROGRAMS.len());
}

#[test]
fn as_json_there_is_one_object_with_all_of_it() {
    let work = with_host();
    let made = work.json(&["kit", HOST, "--for", "curl", "--url", URL]);
    let token = work.json(&["token", "show", made["token"].as_str().unwrap()]);
    assert_eq!((&made["hosts"], &made["actions"]), (&token["hosts"], &token["actions"]));
    assert_eq!(
        [&made["host"], &made["program"], &made["url"], &made["account"]],
        [&json!(HOST), &json!("curl"), &json!(URL), &json!("joe")]
    );
    let (secret, configuration) = (made["secret"].as_str().unwrap(), made["configuration"].as_str().unwrap());
    assert_eq!(secret.len(), 40);
    assert!(configuration.contains(&format!("user = \"joe:{secret}\"")), "{configuration}");
}

#[test]
fn a_second_kit_is_a_second_token_and_says_so() {
    let work = with_host();
    work.ok(&["host", "add", "other.dyn.example", "--owner", "joe"]);
    let first = kit(&work, "ddclient", URL);
    assert!(!first.err.contains("revoke"), "{first:?}");
    let id = work.json(&["token", "list"])[0]["id"].as_str().unwrap().to_owned();
    let second = kit(&work, "ddclient", URL);
    assert!(second.err.contains(&format!("ddns token revoke {id}")), "{second:?}");
    assert_ne!(secret(&first.out), secret(&second.out));
    assert!(!kit(&work, "inadyn", URL).err.contains("revoke"));
    let other = work.run(&["kit", "other.dyn.example", "--for", "ddclient", "--url", URL]);
    assert!(other.code == 0 && !other.err.contains("revoke"), "{other:?}");
}

#[test]
fn what_cannot_be_is_refused_before_a_token_is_made() {
    let work = with_host();
    let kit = |more: &[&'static str]| [&["kit", HOST], more].concat();
    work.fails(
        ExitCode::NotFound,
        &["kit", "none.dyn.example", "--for", "curl", "--url", URL],
        &["no host", "host list"],
    );
    work.fails(ExitCode::Usage, &kit(&["--for", "curl"]), &["--url", "base_url"]);
    work.fails(ExitCode::Usage, &kit(&["--url", URL]), &["--for"]);
    work.fails(ExitCode::Usage, &kit(&["--for", "toaster", "--url", URL]), &["fritzbox", "acme-sh"]);
    work.fails(ExitCode::Usage, &kit(&["--for", "curl", "--url", "ddns.example.org"]), &["https://ddns.example.org"]);
    work.fails(ExitCode::Usage, &kit(&["--for", "curl", "--url", "https://a/$(b)"]), &["path"]);
    work.fails(ExitCode::Usage, &kit(&["--for", "unifi", "--url", "http://ddns.example.org"]), &["HTTPS alone"]);
    work.ok(&["account", "set", "joe", "--login", "joe#1"]);
    work.fails(ExitCode::Refused, &kit(&["--for", "ddclient", "--url", URL]), &["joe#1", "--login"]);
    assert_eq!(work.json(&["token", "list"]), json!([]));
}

#[test]
fn a_configuration_that_nobody_could_read_is_told() {
    let work = with_host();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = work.command().args(["kit", HOST, "--for", "curl", "--url", URL]).stdout(full).output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{talk}");
    let id = work.json(&["token", "list"])[0]["id"].as_str().unwrap().to_owned();
    assert!(talk.contains(&format!("ddns token revoke {id}")), "{talk}");
}

#[test]
fn the_data_tells_where_the_service_is() {
    let store = MemoryStore::new();
    let open = || Ok(Box::new(store.clone()) as Box<dyn Store>);
    let clock = ManualClock::at(ddns_core::Timestamp::from_secs(1_800_000_000));
    let run = |args: &[&str], mut stdin: &[u8]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let program = ddns_cli::Program::new(&mut stdin, &mut out, &mut err).over(&open, clock.clone());
        let code = program.run([&["ddns"], args].concat());
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    run(&["account", "add", "joe", "--password-stdin"], b"long enough");
    run(&["domain", "add", "dyn.example", "--shared"], b"");
    run(&["host", "add", HOST, "--owner", "joe"], b"");
    let set = |url: &str| {
        let options = ddns_service::Options { clock: clock.clone(), ..ddns_service::Options::default() };
        let service = ddns_service::Service::start(open().unwrap(), options).unwrap();
        let settings = ddns_core::Settings { base_url: Some(url.to_owned()), ..ddns_core::Settings::default() };
        let command = ddns_core::Command::SetSettings(settings);
        let origin = ddns_service::Origin::new("test");
        let request = ddns_service::Request::new(ddns_core::Caller::Local, command, origin);
        service.submit_blocking(request).unwrap();
        service.stop();
    };
    set("https://names.example.org:8443/ddns");
    let (code, out, err) = run(&["kit", HOST, "--for", "ddclient"], b"");
    assert_eq!(code, ExitCode::Done, "{err}");
    assert!(out.contains("\nserver=names.example.org:8443\nscript=/ddns/nic/update\n"), "{out}");
    let (_, out, _) = run(&["kit", HOST, "--for", "ddclient", "--url", URL], b"");
    assert!(out.contains("\nserver=ddns.example.org\nscript=/nic/update\n"), "what is typed wins: {out}");
    set("https://names.example.org/a+b");
    let (code, _, err) = run(&["kit", HOST, "--for", "ddclient"], b"");
    assert_eq!(code, ExitCode::Usage, "{err}");
    assert!(err.contains("a+b") && err.contains("--url"), "{err}");
}

#[test]
fn plain_http_is_told_to_the_program_and_to_the_person() {
    let work = with_host();
    for (program, word) in [
        ("openwrt", "\toption use_https '0'\n"),
        ("opnsense", "\nForce SSL: not checked\n"),
        ("ddclient", "\nssl=no\n"),
        ("inadyn", "    ssl             = false\n"),
        ("lego", "\nHTTPREQ_ENDPOINT=http://127.0.0.1:8053\n"),
        ("curl", "\nurl = \"http://127.0.0.1:8053/nic/update?hostname=home.dyn.example\"\n"),
    ] {
        let run = kit(&work, program, "http://127.0.0.1:8053/");
        assert!(run.out.contains(word) && !run.out.contains("https://127"), "{run:?}");
        assert!(!run.out.contains("cacert"), "{run:?}");
        assert!(run.err.contains("for all to read"), "{run:?}");
    }
    let mikrotik = kit(&work, "mikrotik", "http://127.0.0.1:8053").out;
    assert!(!mikrotik.contains("certificate"), "{mikrotik}");
    // Whatever the router has: without a prefix it says so, or a machine behind it would get its address.
    assert!(mikrotik.contains("\n:set url ($url . \"&ip6lanprefix=\" . $delegated)\n:do {"), "{mikrotik}");
    assert!(kit(&work, "mikrotik", URL).out.contains("check-certificate=yes"));
    assert!(!kit(&work, "curl", URL).err.contains("for all to read"));
}

/// Forms have one field in a line.
#[test]
fn a_form_has_its_fields() {
    let work = with_host();
    for (program, url) in [
        (
            "fritzbox",
            "Update URL: https://ddns.example.org/nic/update?hostname=<domain>&myip=<ipaddr>&myipv6=<ip6addr>&ip6lanprefix=<ip6lanprefix>",
        ),
        ("opnsense", "Server: ddns.example.org"),
        ("pfsense", "Update URL: https://ddns.example.org/nic/update?hostname=home.dyn.example&myip=%IP%"),
        ("unifi", "Server: ddns.example.org/nic/update?hostname=%h&myip=%i"),
        (
            "synology",
            "Query URL: https://ddns.example.org/nic/update?hostname=__HOSTNAME__&myip=__MYIP__&username=__USERNAME__&password=__PASSWORD__",
        ),
    ] {
        let run = kit(&work, program, URL);
        let lines = told(&run.out);
        assert!(lines.iter().all(|line| line.split_once(": ").is_some_and(|(_, value)| !value.is_empty())), "{run:?}");
        assert!(lines.contains(&url), "{run:?}");
        let secret = secret(&run.out);
        let value = |value: &str| lines.iter().any(|line| line.ends_with(&format!(": {value}")));
        assert!(value("joe") && value(&secret), "{run:?}");
    }
    assert!(kit(&work, "synology", URL).out.contains("#   query_credentials = true\n"));
}

/// What a shell reads is read by a shell, whatever the login holds.
#[test]
fn shells_read_what_was_meant() {
    let work = with_host();
    let login = "j'o\"e$(x)`\\&;*?~!@example.org";
    work.ok(&["account", "set", "joe", "--login", login]);
    let shell = |script: &str| {
        let mut child = Command::new("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{script}");
        String::from_utf8(output.stdout).unwrap()
    };
    let lego = kit(&work, "lego", URL).out;
    let said =
        shell(&format!("{lego}\nprintf '%s %s %s' \"$HTTPREQ_ENDPOINT\" \"$HTTPREQ_USERNAME\" \"$HTTPREQ_PASSWORD\""));
    assert_eq!(said, format!("{URL} {login} {}", secret(&lego)));
    let made: Value = work.json(&["kit", HOST, "--for", "acme-sh", "--url", URL]);
    let acme = made["configuration"].as_str().unwrap();
    let said = shell(&format!("{acme}\nenv | grep ^ACMEDNS_ | LC_ALL=C sort"));
    let (id, secret) = (made["token"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!(
        said,
        format!("ACMEDNS_BASE_URL={URL}\nACMEDNS_PASSWORD={secret}\nACMEDNS_SUBDOMAIN={id}\nACMEDNS_USERNAME={id}\n")
    );
}

/// The hook runs, with a program in the place of curl that shows what it was given.
#[test]
fn the_hook_of_certbot_keeps_the_token_out_of_the_arguments() {
    use std::os::unix::fs::PermissionsExt;
    let work = with_host();
    work.ok(&["account", "set", "joe", "--login", "j\"o$(x)\\e"]);
    let hook = kit(&work, "certbot", URL).out;
    let script = |name: &str, text: &str| {
        let path = work.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    };
    script("curl", "#!/bin/sh\nprintf '<%s>' \"$@\"\necho\ncat\n");
    let path = script("hook.sh", &hook);
    let run = |arguments: &[&str]| {
        let tools = format!("{}:/usr/bin:/bin", work.path("").display());
        let environment = [("PATH", tools.as_str()), ("CERTBOT_DOMAIN", HOST), ("CERTBOT_VALIDATION", "abc-_1")];
        Command::new("sh").arg(&path).args(arguments).env_clear().envs(environment).output().unwrap()
    };
    for word in ["present", "cleanup"] {
        let output = run(&[word]);
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let (arguments, input) = said.split_once('\n').unwrap();
        assert!(arguments.ends_with(&format!("<{URL}/{word}>")), "{said}");
        assert!(arguments.contains(r#"<{"fqdn":"_acme-challenge.home.dyn.example.","value":"abc-_1"}>"#), "{said}");
        assert_eq!(input, format!("user = \"j\\\"o$(x)\\\\e:{}\"\n", secret(&hook)));
    }
    for wrong in [&[][..], &["destroy"]] {
        assert_eq!(run(wrong).status.code(), Some(2));
    }
}

/// Files with sections and quoted values, whatever the login holds.
#[test]
fn files_quote_what_they_must() {
    let work = with_host();
    work.ok(&["account", "set", "joe", "--login", "j'o\\e$?"]);
    let openwrt = kit(&work, "openwrt", URL).out;
    for line in told(&openwrt) {
        let words: Vec<&str> = line.trim_start().splitn(3, ' ').collect();
        let is_section = line.starts_with("config service 'home_dyn_example_ipv");
        assert!(is_section || (line.starts_with("\toption ") && words.len() == 3), "{line}");
        assert!(words.last().unwrap().starts_with('\'') && line.ends_with('\''), "{line}");
    }
    assert_eq!(openwrt.matches("\toption username 'j'\\''o\\e$?'\n").count(), 2, "{openwrt}");
    assert_eq!(openwrt.matches("\toption use_https '1'\n\toption cacert '").count(), 2, "{openwrt}");
    assert!(kit(&work, "ddclient", URL).out.contains("\nlogin='j\\'o\\\\e$?'\n"));
    let inadyn = kit(&work, "inadyn", URL).out;
    assert_eq!(inadyn.matches(" = 'j\\'o\\\\e$?'\n").count(), 2, "{inadyn}");
    assert_eq!(inadyn.matches('{').count(), inadyn.matches('}').count());
    let mikrotik = kit(&work, "mikrotik", URL).out;
    assert!(mikrotik.contains(r#" user="j'o\\e\$\3F" "#), "{mikrotik}");
    assert_eq!(mikrotik.matches(['{', '[', '(']).count(), mikrotik.matches(['}', ']', ')']).count(), "{mikrotik}");
}
