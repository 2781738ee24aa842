//! Records as those who ask see them: every type made over HTTP or on the command line, read by dig and kdig, and compared
//! octet by octet; there before the reply to who made it, and gone before the reply to who removed it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;

use ddns_scenario::http::Received;
use serde_json::{Value, json};

use crate::designate::{ask, make_domain, object};
use crate::programs::{find, output};
use crate::site::{Site, until};

/// A record, and how it is seen.
struct Case {
    name: &'static str,
    record_type: &'static str,
    code: u16,
    /// In the words of whoever makes it.
    data: String,
    priority: Option<u16>,
    /// As a master file has it, and dig prints it.
    shown: String,
    octets: Vec<u8>,
}

impl Case {
    fn new(
        name: &'static str,
        (record_type, code): (&'static str, u16),
        data: impl Into<String>,
        shown: impl Into<String>,
        octets: Vec<u8>,
    ) -> Case {
        Case { name, record_type, code, data: data.into(), priority: None, shown: shown.into(), octets }
    }

    fn with_priority(self, priority: u16) -> Case {
        Case { priority: Some(priority), ..self }
    }

    /// Names in these types' data may be pointers in an answer (RFC 3597, section 4).
    fn may_have_pointers(&self) -> bool {
        ["NS", "CNAME", "PTR", "MX"].contains(&self.record_type)
    }
}

const TTL: u32 = 300;

/// What the Designate dialect can make.
fn of_the_dialect() -> Vec<Case> {
    let mail = name("mail.wire.example");
    let mut cases = vec![
        Case::new("a.wire.example", ("A", 1), "192.0.2.3", "192.0.2.3", vec![192, 0, 2, 3]),
        Case::new(
            "aaaa.wire.example",
            ("AAAA", 28),
            "2001:DB8:0:0:0:0:0:1",
            "2001:db8::1",
            vec![0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ),
        Case::new("*.wild.wire.example", ("A", 1), "192.0.2.4", "192.0.2.4", vec![192, 0, 2, 4]),
        Case::new("cname.wire.example", ("CNAME", 5), "mail.wire.example.", "mail.wire.example.", mail.clone()),
        Case::new(
            "wire.example",
            ("MX", 15),
            "mail.wire.example.",
            "10 mail.wire.example.",
            [&[0, 10], &mail[..]].concat(),
        )
        .with_priority(10),
        Case::new(
            "_sip._tcp.wire.example",
            ("SRV", 33),
            "0 5060 sip.example.org.",
            "30 0 5060 sip.example.org.",
            [&[0, 30, 0, 0, 0x13, 0xc4], &name("sip.example.org")[..]].concat(),
        )
        .with_priority(30),
        Case::new(
            "sub.wire.example",
            ("NS", 2),
            "ns.elsewhere.example.",
            "ns.elsewhere.example.",
            name("ns.elsewhere.example"),
        ),
        Case::new(
            "3.2.0.192.in-addr.arpa",
            ("PTR", 12),
            "host.example.org.",
            "host.example.org.",
            name("host.example.org"),
        ),
        Case::new(
            "old.wire.example",
            ("SSHFP", 44),
            "2 1 123456789abcdef67890123456789abcdef67890",
            "2 1 123456789ABCDEF67890123456789ABCDEF67890",
            [&[2, 1], &hex("123456789abcdef67890123456789abcdef67890")[..]].concat(),
        ),
        Case::new(
            "new.wire.example",
            ("SSHFP", 44),
            format!("4 2 {}", "0123456789abcdef".repeat(4)),
            format!("4 2 {}", "0123456789ABCDEF".repeat(4)),
            [&[4, 2], &hex("0123456789abcdef").repeat(4)[..]].concat(),
        ),
    ];
    cases.extend(
        texts()
            .into_iter()
            .map(|(data, shown, octets)| Case::new("txt.wire.example", ("TXT", 16), data, shown, octets)),
    );
    let spf = "v=spf1 include:example.org -all";
    cases.push(Case::new("spf.wire.example", ("SPF", 99), spf, format!("\"{spf}\""), strings(&[spf.as_bytes()])));
    cases
}

/// Texts as they are given, as a master file has them, and their octets.
fn texts() -> Vec<(String, String, Vec<u8>)> {
    let (long, wide) = ("x".repeat(255), "é".repeat(255));
    let (first, second) = wide.as_bytes().split_at(255);
    let rest = second.split_at(255);
    let decimal = |octets: &[u8]| octets.iter().map(|octet| format!("\\{octet}")).collect::<String>();
    let row = |data: &str, shown: &str, octets: Vec<u8>| (data.to_owned(), shown.to_owned(), octets);
    vec![
        row("v=DKIM1; k=rsa", "\"v=DKIM1; k=rsa\"", strings(&[b"v=DKIM1; k=rsa"])),
        row("", "\"\"", strings(&[b""])),
        row(" two  blanks ", "\" two  blanks \"", strings(&[b" two  blanks "])),
        row("say \"hi\" to \\all", r#""say \"hi\" to \\all""#, strings(&[b"say \"hi\" to \\all"])),
        row("\"only one", r#""\"only one""#, strings(&[b"\"only one"])),
        row(r"\065 is no A", r#""\\065 is no A""#, strings(&[b"\\065 is no A"])),
        row("two\nlines\ttab\u{7f}", r#""two\010lines\009tab\127""#, strings(&[b"two\nlines\ttab\x7f"])),
        row("grüße", r#""gr\195\188\195\159e""#, strings(&["grüße".as_bytes()])),
        row(&long, &format!("\"{long}\""), strings(&[long.as_bytes()])),
        row(&wide, &[first, rest.0].map(|part| format!("\"{}\"", decimal(part))).join(" "), strings(&[first, rest.0])),
        row("\"one\" \"two three\"", "\"one\" \"two three\"", strings(&[b"one", b"two three"])),
        row(r#""a\"b\\c" "\065\000\255""#, r#""a\"b\\c" "A\000\255""#, strings(&[b"a\"b\\c", b"A\x00\xff"])),
        row("\"\" \"x\" \"\"", "\"\" \"x\" \"\"", strings(&[b"", b"x", b""])),
    ]
}

/// What the command line alone can make.
fn of_the_command_line() -> Vec<Case> {
    vec![
        Case::new(
            "caa.wire.example",
            ("CAA", 257),
            "0 issue \"ca.example.net; policy=ev\"",
            "0 issue \"ca.example.net; policy=ev\"",
            [&[0, 5], b"issueca.example.net; policy=ev".as_slice()].concat(),
        ),
        Case::new(
            "_443._tcp.wire.example",
            ("TLSA", 52),
            format!("3 1 1 {}", "0123456789abcdef".repeat(4)),
            format!("3 1 1 {}", "0123456789ABCDEF".repeat(4)),
            [&[3, 1, 1], &hex("0123456789abcdef").repeat(4)[..]].concat(),
        ),
        Case::new(
            "svcb.wire.example",
            ("SVCB", 64),
            "16 mail.wire.example. alpn=h2,h3 port=8443",
            "16 mail.wire.example. alpn=\"h2,h3\" port=8443",
            [&[0, 16], &name("mail.wire.example")[..], &hex("00010006026832026833"), &hex("0003000220fb")].concat(),
        ),
        Case::new(
            "https.wire.example",
            ("HTTPS", 65),
            "1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1",
            "1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1",
            [hex("000100"), hex("00040004c0000201"), hex("0006001020010db8000000000000000000000001")].concat(),
        ),
        Case::new(
            "naptr.wire.example",
            ("NAPTR", 35),
            r#"100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" ."#,
            r#"100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" ."#,
            [&hex("0064000a"), &strings(&[b"u", b"E2U+sip", b"!^.*$!sip:info@example.org!"])[..], &[0]].concat(),
        ),
        Case::new(
            "sub.wire.example",
            ("DS", 43),
            format!("60485 13 2 {}", "0123456789abcdef".repeat(4)),
            format!("60485 13 2 {}", "0123456789ABCDEF".repeat(4)),
            [&hex("ec450d02"), &hex("0123456789abcdef").repeat(4)[..]].concat(),
        ),
        Case::new("unknown.wire.example", ("TYPE65280", 65280), "\\# 4 0a00ff01", "\\# 4 0A00FF01", hex("0a00ff01")),
    ]
}

/// A site with joe's domains, and what asks it.
struct Stage {
    site: Site,
    dig: Option<std::path::PathBuf>,
    kdig: Option<std::path::PathBuf>,
    wire: String,
    reverse: String,
}

impl Stage {
    fn new() -> Stage {
        let site = Site::with_hosts::<&str>(&[]);
        let (wire, reverse) = (make_domain(&site, "wire.example."), make_domain(&site, "2.0.192.in-addr.arpa."));
        Stage { site, dig: find("dig"), kdig: find("kdig"), wire, reverse }
    }

    fn domain(&self, name: &str) -> &str {
        if name.ends_with(".arpa") { &self.reverse } else { &self.wire }
    }

    fn make(&self, case: &Case) -> Received {
        let (name, data) = (format!("{}.", case.name), &case.data);
        let mut body = json!({ "name": name, "type": case.record_type, "data": data, "ttl": TTL });
        if let Some(priority) = case.priority {
            body["priority"] = priority.into();
        }
        ask(&self.site, "POST", &format!("{}/records", self.domain(case.name)), Some(&body))
    }

    /// Everybody who asks sees the record, and nothing else.
    fn is_seen(&self, case: &Case) {
        let asked = case.name.replace('*', "any.thing");
        self.has_octets(case, &asked);
        if let Some(dig) = &self.dig {
            let words = ["+nosplit", "+nocookie"];
            self.is_shown(dig, &words, case, &asked, &case.shown);
            let unknown = generic(&case.octets);
            self.is_shown(dig, &["+unknownformat", "+nosplit", "+tcp"], case, &asked, &unknown);
        }
        if let Some(kdig) = &self.kdig {
            // It puts no quotes around what needs none.
            let shown = if case.record_type == "SVCB" { case.shown.replace('"', "") } else { case.shown.clone() };
            self.is_shown(kdig, &["+noedns"], case, &asked, &shown);
            self.is_shown(kdig, &["+tcp"], case, &asked, &shown);
        }
    }

    fn is_shown(&self, program: &Path, more: &[&str], case: &Case, asked: &str, expected: &str) {
        let mut command = Command::new(program);
        let dns = self.site.server.dns;
        command.args([&format!("@{}", dns.ip()), "-p", &dns.port().to_string(), asked, "-t", case.record_type]);
        // A delegation is told in the authority section.
        let sections = ["+noall", "+answer", if case.record_type == "NS" { "+authority" } else { "+answer" }];
        let told = output(command.args(sections).args(more));
        let seen: Vec<(String, String)> = told.lines().filter_map(shown).collect();
        let owner = format!("{asked}. {TTL} ");
        assert_eq!(seen.len(), 1, "{program:?} {more:?} {} {}: {told}", case.name, case.record_type);
        let (begin, data) = &seen[0];
        assert!(begin.starts_with(&owner), "{begin}");
        assert!(data.eq_ignore_ascii_case(expected), "{program:?} {more:?} {begin}: {data} instead of {expected}");
    }

    /// In both transports; a datagram that says that it is cut off need not.
    fn has_octets(&self, case: &Case, asked: &str) {
        let whole = over_tcp(self.site.server.dns, &question(asked, case.code));
        let data = &case.octets;
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let head = [&case.code.to_be_bytes()[..], &[0, 1], &TTL.to_be_bytes(), &length].concat();
        if !case.may_have_pointers() {
            let end = [&head[..], data].concat();
            assert!(whole.ends_with(&end), "{} {}: {whole:x?} does not end with {end:x?}", case.name, case.record_type);
        }
        let datagram = over_udp(self.site.server.dns, &question(asked, case.code));
        let is_cut = datagram[2] & 2 != 0;
        assert!(is_cut || datagram == whole, "{datagram:x?} instead of {whole:x?}");
        assert_eq!(is_cut, whole.len() > 512, "{whole:x?}");
    }

    fn is_gone(&self, case: &Case) {
        let whole = over_tcp(self.site.server.dns, &question(&case.name.replace('*', "any.thing"), case.code));
        assert_eq!(whole[6..8], [0, 0], "{} {} is still answered", case.name, case.record_type);
        if case.record_type == "NS" {
            assert_eq!(whole[3] & 0xf, 3, "{} is still delegated", case.name);
        }
    }
}

#[test]
fn every_type_of_the_dialect_is_seen_and_then_gone() {
    let stage = Stage::new();
    for case in of_the_dialect() {
        let made = object(&stage.make(&case));
        stage.is_seen(&case);
        let record = format!("{}/records/{}", stage.domain(case.name), made["id"].as_str().unwrap());
        assert_eq!(object(&ask(&stage.site, "GET", &record, None)), made, "{}", case.record_type);
        let text = case.record_type == "AAAA" || made["data"] == case.data.as_str();
        assert!(text, "{made} for {}", case.data);
        let removed = ask(&stage.site, "DELETE", &record, None);
        assert_eq!((removed.status.as_str(), removed.body.as_str()), ("200", ""));
        stage.is_gone(&case);
    }
}

/// Such records are not in a list that does not ask for them, since programs of that time refuse the whole list.
#[test]
fn types_of_the_command_line_are_seen_and_listed_on_request() {
    let stage = Stage::new();
    let records = format!("{}/records", stage.wire);
    let listed = |target: &str| object(&ask(&stage.site, "GET", target, None))["records"].as_array().unwrap().clone();
    let types = |records: &[Value]| records.iter().map(|record| record["type"].clone()).collect::<Vec<_>>();
    for case in of_the_command_line() {
        let ttl = TTL.to_string();
        let words = ["record", "add", case.name, case.record_type, "--ttl", &ttl, "--output", "json", "--", &case.data];
        let added: Value = serde_json::from_str(&stage.site.ddns(&words)).unwrap();
        let id = added["id"].as_str().unwrap();
        let record = format!("{records}/{id}");
        until(|| ask(&stage.site, "GET", &record, None).status == "200");
        stage.is_seen(&case);
        assert_eq!(types(&listed(&records)), ["SOA", "NS"]);
        let all = listed(&format!("{records}?all_types=true"));
        assert_eq!(types(&all), ["SOA", "NS", case.record_type]);
        assert_eq!(all[2]["id"], id);
        assert_eq!(ask(&stage.site, "DELETE", &record, None).status, "200");
        stage.is_gone(&case);
    }
}

/// One line of an answer, in fields: what stands before the data with one blank between, and the data.
fn shown(line: &str) -> Option<(String, String)> {
    let mut rest = line;
    let mut fields = Vec::new();
    for _ in 0..4 {
        let (field, behind) = rest.split_once(|c: char| c.is_ascii_whitespace())?;
        fields.push(field);
        rest = behind.trim_start_matches(|c: char| c.is_ascii_whitespace());
    }
    (!line.starts_with(';')).then(|| (fields.join(" "), rest.trim_end().to_owned()))
}

/// Data of a type that nobody knows (RFC 3597, section 5), as dig prints it.
fn generic(octets: &[u8]) -> String {
    let digits: String = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    if digits.is_empty() { "\\# 0".to_owned() } else { format!("\\# {} {digits}", octets.len()) }
}

fn question(asked: &str, code: u16) -> Vec<u8> {
    let header = [0x47, 0x11, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    [&header, &name(asked)[..], &code.to_be_bytes(), &[0, 1]].concat()
}

fn over_tcp(server: SocketAddr, question: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).unwrap();
    let length = u16::try_from(question.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, question].concat()).unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).unwrap();
    answer
}

fn over_udp(server: SocketAddr, question: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(crate::site::PATIENCE)).unwrap();
    socket.connect(server).unwrap();
    socket.send(question).unwrap();
    let mut answer = vec![0; usize::from(u16::MAX)];
    let length = socket.recv(&mut answer).unwrap();
    answer.truncate(length);
    answer
}

/// A name as a row of labels.
fn name(text: &str) -> Vec<u8> {
    let labels: Vec<&[u8]> = text.split('.').map(str::as_bytes).collect();
    [strings(&labels), vec![0]].concat()
}

/// Each with its length in front.
fn strings(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&[u8::try_from(part.len()).unwrap()], *part].concat()).collect()
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
