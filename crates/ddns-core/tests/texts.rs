//! Texts of record data in the form of a master file, right by construction, and the same with damage. The tests of
//! ddns-wire take this file, too: there the octets are compared, here whether a text is taken.

use std::net::{Ipv4Addr, Ipv6Addr};

use ddns_core::RecordType;
use domain::base::Name;
use domain::zonefile::inplace::{Entry, ScannedRecordData, Zonefile};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What `domain` reads, or why it reads nothing. It is the judge of our texts, where it keeps to the RFCs.
pub(crate) fn read_by_domain(record_type: RecordType, text: &str) -> Result<ScannedRecordData, String> {
    let mut file = Zonefile::from(format!("r.dyn.example. 60 IN {record_type} {text}\n").as_str());
    file.set_origin(Name::root_bytes());
    match file.next_entry() {
        Ok(Some(Entry::Record(record))) => match file.next_entry() {
            Ok(None) => Ok(record.into_data()),
            _ => Err("more than one record".to_owned()),
        },
        Ok(_) => Err("no record".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Why we take, on purpose, a text that `domain` refuses or reads otherwise; none where we should not.
pub(crate) fn deliberate(record_type: RecordType, text: &str) -> Option<&'static str> {
    let svcb = matches!(record_type, RecordType::SVCB | RecordType::HTTPS);
    let keys = || text.split_ascii_whitespace().skip(2).map(|param| param.split('=').next().unwrap_or_default());
    let known = |key: &str| key.strip_prefix("key").and_then(|n| n.parse().ok()).is_some_and(|n: u16| n <= 12);
    if matches!(record_type, RecordType::TXT | RecordType::SPF) {
        // Whoever writes a TXT record by an API writes its text, not a master file's line. SPF is unknown to `domain`.
        Some("text is literal, and UTF-8 in quotes")
    } else if text.contains(['\n', '\r', '\u{c}']) {
        Some("a record's text has no lines, and so every blank of ASCII is one")
    } else if record_type == RecordType::DS
        && text.split_ascii_whitespace().nth(1).is_some_and(|field| field.parse::<u8>().is_err())
    {
        Some("RFC 4034, section 5.3: an algorithm is a number or a mnemonic; `domain` 0.12.3 reads numbers only")
    } else if svcb && keys().any(|key| key.contains(['z', '9'])) {
        Some("RFC 9460, section 2.1: keys have all letters and digits; `domain` 0.12.3 leaves out z and 9")
    } else if svcb && text.contains('\\') {
        Some("RFC 9460, appendix A.1: names in alpn have escapes; `domain` 0.12.3 has none yet")
    } else if svcb && keys().any(known) {
        Some("RFC 9460, section 7.1.1: behind key1 stands what is on the wire; `domain` 0.12.3 reads it as behind alpn")
    } else {
        None
    }
}

/// A type and a text that both take and read alike. Names are in lower case, for ours are folded.
pub(crate) fn master_file() -> impl Strategy<Value = (RecordType, String)> {
    prop_oneof![3 => of_rfc_1035(), 1 => fingerprints(), 1 => caa(), 1 => naptr(), 3 => svcb(), 1 => unknown()]
}

/// The same, with a few characters taken out, put in or put in another's place.
pub(crate) fn damaged() -> impl Strategy<Value = (RecordType, String)> {
    let damage = (any::<Index>(), any::<bool>(), select(CRUEL));
    (master_file(), vec(damage, 1..4)).prop_map(|((record_type, mut text), damages)| {
        for (at, replace, cruel) in damages {
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = at.index(starts.len());
            let end = starts.get(at + usize::from(replace)).copied().unwrap_or(text.len());
            text.replace_range(starts[at]..end, cruel);
        }
        (record_type, text)
    })
}

const CRUEL: &[&str] = &[
    "",
    "",
    " ",
    "\"",
    "\"\"",
    "\\",
    "\\\\",
    "\\,",
    ",",
    ",,",
    ";",
    "(",
    ")",
    "=",
    "==",
    ".",
    "..",
    "@",
    "*",
    "-",
    "+",
    "0",
    "00",
    "9",
    "z",
    "\\#",
    "\\# 0",
    "\\000",
    "\\256",
    "\\1",
    "\0",
    "\n",
    "\r",
    "\t",
    "\u{c}",
    "\u{b}",
    "\u{fc}",
    "\u{2003}",
    "A",
    "key",
    " key1=a",
    " alpn=h2",
    " mandatory=port",
    " port=1",
    " no-default-alpn",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![Just(".".to_owned()), "[a-z0-9_-]{1,12}([.][a-z0-9]{1,6}){0,3}[.]?"]
}

/// Octets in quotes or without.
fn string() -> impl Strategy<Value = String> {
    let escaped = || prop_oneof![any::<u8>().prop_map(|octet| format!("\\{octet:03}")), "\\\\[ -/:-~]"];
    let quoted = vec(prop_oneof![4 => "[ !#-\\[\\]-~]", 1 => escaped()], 0..40);
    let bare = vec(prop_oneof![4 => "[!#-'*-:<-\\[\\]-~]", 1 => escaped()], 1..40);
    prop_oneof![quoted.prop_map(|parts| format!("\"{}\"", parts.concat())), bare.prop_map(|parts| parts.concat())]
}

fn hex(octets: usize) -> impl Strategy<Value = String> {
    let digits =
        vec(any::<u8>(), octets).prop_map(|octets| octets.iter().map(|o| format!("{o:02x}")).collect::<String>());
    (digits, any::<bool>(), any::<Index>()).prop_map(|(digits, cut, at)| {
        let (start, end) = digits.split_at(at.index(digits.len().max(1)) / 2 * 2);
        if cut && !start.is_empty() { format!("{} {end}", start.to_uppercase()) } else { digits }
    })
}

fn of_rfc_1035() -> impl Strategy<Value = (RecordType, String)> {
    let number = any::<u16>;
    let mailbox = "[a-z+]{1,9}([\\\\][.][a-z]{1,3})?[.][a-z]{1,4}[.]?";
    prop_oneof![
        any::<Ipv4Addr>().prop_map(|address| (RecordType::A, address.to_string())),
        any::<Ipv6Addr>().prop_map(|address| (RecordType::AAAA, address.to_string())),
        name().prop_map(|name| (RecordType::CNAME, name)),
        name().prop_map(|name| (RecordType::NS, name)),
        name().prop_map(|name| (RecordType::PTR, name)),
        (number(), name()).prop_map(|(preference, name)| (RecordType::MX, format!("{preference} {name}"))),
        (any::<[u16; 3]>(), name()).prop_map(|([a, b, c], name)| (RecordType::SRV, format!(" {a}  {b}\t{c} {name} "))),
        vec("\"([ !#-\\[\\]-~]|\\\\[\\\\\"]|\\\\(0[0-9]{2}|1[0-9]{2}|25[0-5])){0,60}\"", 1..4)
            .prop_map(|strings| (RecordType::TXT, strings.join(" "))),
        (name(), mailbox, any::<[u32; 5]>()).prop_map(|(name, mailbox, [a, b, c, d, e])| {
            (RecordType::SOA, format!("{name} {mailbox} {a} {b} {c} {d} {e}"))
        }),
    ]
}

/// What ends with octets in hexadecimal.
fn fingerprints() -> impl Strategy<Value = (RecordType, String)> {
    let sized = |sizes: &'static [(u8, usize)]| {
        let known = select(sizes).prop_flat_map(|(kind, octets)| (Just(kind), hex(octets)));
        let other = (7u8.., 1usize..80).prop_flat_map(|(kind, octets)| (Just(kind), hex(octets)));
        prop_oneof![3 => known, 1 => other]
    };
    let algorithm = prop_oneof![any::<u8>().prop_map(|n| n.to_string()), "ED25519|ECDSAP256SHA256|RSASHA512|rsasha256"];
    prop_oneof![
        (any::<u8>(), sized(&[(1, 20), (2, 32), (0, 3), (6, 9)]))
            .prop_map(|(algorithm, (kind, hex))| (RecordType::SSHFP, format!("{algorithm} {kind} {hex}"))),
        (any::<[u8; 2]>(), sized(&[(0, 400), (1, 32), (2, 64), (3, 5)])).prop_map(
            |([usage, selector], (kind, hex))| (RecordType::TLSA, format!("{usage} {selector} {kind} {hex}"))
        ),
        (any::<u16>(), algorithm, sized(&[(0, 1), (1, 20), (2, 32), (3, 32), (4, 48), (5, 32), (6, 32)]))
            .prop_map(|(tag, algorithm, (kind, hex))| (RecordType::DS, format!("{tag} {algorithm} {kind} {hex}"))),
    ]
}

fn caa() -> impl Strategy<Value = (RecordType, String)> {
    let tag = prop_oneof!["issue|issuewild|iodef|contactemail", "[a-z0-9]{1,20}", "[a-z]{255}"];
    (any::<u8>(), tag, string()).prop_map(|(flags, tag, value)| (RecordType::CAA, format!("{flags} {tag} {value}")))
}

fn naptr() -> impl Strategy<Value = (RecordType, String)> {
    let flags = prop_oneof!["[a-zA-Z0-9]{1,4}", "\"[a-zA-Z0-9]{0,4}\""];
    let end =
        prop_oneof![string().prop_map(|regexp| format!("{regexp} .")), name().prop_map(|name| format!("\"\" {name}"))];
    (any::<[u16; 2]>(), flags, string(), end).prop_map(|([order, preference], flags, services, end)| {
        (RecordType::NAPTR, format!("{order} {preference} {flags} {services} {end}"))
    })
}

fn svcb() -> impl Strategy<Value = (RecordType, String)> {
    let list = |items: Vec<String>| items.join(",");
    let param = vec![
        vec("[a-zA-Z0-9/.-]{1,9}", 1..4).prop_map(move |names| format!("alpn={}", list(names))).boxed(),
        Just("alpn=\"h2,h3\" no-default-alpn".to_owned()).boxed(),
        any::<u16>().prop_map(|port| format!("port={port}")).boxed(),
        vec(any::<Ipv4Addr>().prop_map(|a| a.to_string()), 1..4)
            .prop_map(move |a| format!("ipv4hint={}", list(a)))
            .boxed(),
        vec(any::<Ipv6Addr>().prop_map(|a| a.to_string()), 1..4)
            .prop_map(move |a| format!("ipv6hint=\"{}\"", list(a)))
            .boxed(),
        "ech=\"?([a-zA-Z0-9+/]{4}){1,9}".prop_map(|ech| if ech.contains('"') { ech + "\"" } else { ech }).boxed(),
        Just("dohpath=/dns-query{?dns}".to_owned()).boxed(),
        Just("ohttp".to_owned()).boxed(),
        ("key65[234][0-8]{2}", "=[a-z]{1,9}|=\"[ a-z(;]{1,9}\"|").prop_map(|(key, value)| key + &value).boxed(),
    ];
    let params = vec(any::<Index>(), 0..7).prop_flat_map(move |picked| {
        let mut picked: Vec<usize> = picked.iter().map(|at| at.index(param.len())).collect();
        picked.dedup();
        // Either of the first two, for both have alpn.
        let mut seen = std::collections::HashSet::new();
        picked.retain(|at| seen.insert((*at).max(1)));
        picked.iter().map(|at| param[*at].clone()).collect::<Vec<_>>()
    });
    let mandatory = prop_oneof![4 => Just(false), 1 => Just(true)];
    let service = (1u16.., name(), params, mandatory).prop_map(|(priority, name, mut params, mandatory)| {
        if mandatory && !params.is_empty() {
            let keys: Vec<&str> = params.iter().map(|param| param.split(['=', ' ']).next().unwrap()).collect();
            params.push(format!("mandatory={}", keys.join(",")));
        }
        format!("{priority} {name} {}", params.join(" "))
    });
    let alias = name().prop_map(|name| format!("0 {name}"));
    (select(vec![RecordType::SVCB, RecordType::HTTPS]), prop_oneof![1 => alias, 6 => service])
}

fn unknown() -> impl Strategy<Value = (RecordType, String)> {
    let number = prop_oneof![65_280u16..=65_534, select(vec![13u16, 29, 61, 127, 256, 258, 32_769, 61_440])];
    let octets = (0usize..60).prop_flat_map(|octets| (Just(octets), hex(octets)));
    (number, octets).prop_map(|(number, (octets, hex))| (RecordType(number), format!("\\# {octets} {hex}")))
}
