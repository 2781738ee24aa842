//! `ddns record`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ddns_cli::ExitCode;
use ddns_core::{AccountNo, Change, DomainNo, Serial, Timestamp, policy, zone::ZoneDifference};
use ddns_service::ManualClock;
use ddns_store::{
    Batch, BatchId, Entry, Erased, Foreign, Listing, Loaded, LogQuery, MemoryStore, SoftKey, SoftState, Store,
    StoreError, Version, Watch,
};
use serde_json::{Value, json};

use crate::work::{Work, keys};

fn with_zone() -> Work {
    let work = Work::with_joe();
    work.ok(&["domain", "add", "joe.example", "--owner", "joe"]);
    work
}

/// Adds a record and hands over its id.
fn add(work: &Work, args: &[&str]) -> String {
    let made = work.json(&[&["record", "add"], args].concat());
    made["id"].as_str().unwrap().to_owned()
}

fn list(work: &Work, args: &[&str]) -> Vec<Value> {
    work.json(&[&["record", "list"], args].concat()).as_array().unwrap().clone()
}

fn datas(records: &[Value]) -> Vec<&str> {
    let mut datas: Vec<&str> = records.iter().map(|record| record["data"].as_str().unwrap()).collect();
    datas.sort_unstable();
    datas
}

#[test]
fn words_are_joined_as_in_a_master_file() {
    let work = with_zone();
    let made = work.json(&[
        "record",
        "add",
        "_sip._tcp.Joe.Example.",
        "srv",
        "10",
        "0",
        "5060",
        "sip.joe.example.",
        "--ttl",
        "300",
        "--description",
        "telephones",
    ]);
    assert_eq!(
        [&made["name"], &made["type"], &made["data"], &made["ttl"], &made["description"], &made["domain"]],
        [
            &json!("_sip._tcp.joe.example"),
            &json!("SRV"),
            &json!("10 0 5060 sip.joe.example."),
            &json!(300),
            &json!("telephones"),
            &json!("joe.example")
        ]
    );
    assert_eq!([&made["managed"], &made["updated"]], [&json!(null), &json!(null)]);
    let table = work.ok(&["record", "show", made["id"].as_str().unwrap()]);
    assert!(table.contains("data         10 0 5060 sip.joe.example.\n"), "{table}");
}

#[test]
fn json_has_the_documented_keys() {
    let work = with_zone();
    let listed = ["id", "name", "type", "data", "ttl", "description", "managed", "created", "updated"];
    let shown = [&listed[..], &["domain"]].concat();
    assert_eq!(keys(&work, &["record", "add", "joe.example", "MX", "10", "mail.joe.example."]), shown);
    assert_eq!(keys(&work, &["record", "show", "joe.example", "MX"]), shown);
    assert_eq!(
        keys(&work, &["record", "set", "joe.example", "MX", "--ttl", "60"]),
        [&shown[..], &["changed_records"]].concat()
    );
    assert_eq!(keys(&work, &["record", "list", "joe.example"]), listed);
    assert_eq!(keys(&work, &["record", "remove", "joe.example", "MX"]), ["removed"]);
}

#[test]
fn texts_are_literal_or_strings_in_quotes() {
    let work = with_zone();
    for (name, typed, kept) in [
        ("a.joe.example", &["v=spf1 mx -all"][..], "v=spf1 mx -all"),
        ("b.joe.example", &["two", "words"], "two words"),
        ("c.joe.example", &["\"one\" \"two\""], "\"one\" \"two\""),
        ("d.joe.example", &["\"one\"", "\"two\""], "\"one\" \"two\""),
        ("e.joe.example", &["\"open"], "\"open"),
        ("f.joe.example", &["in the \"middle\""], "in the \"middle\""),
        ("g.joe.example", &[""], ""),
        ("h.joe.example", &["größe ; # \\"], "größe ; # \\"),
        ("i.joe.example", &["--", "-all"], "-all"),
        ("j.joe.example", &["\"\\065\\\"\""], "\"\\065\\\"\""),
    ] {
        let made = work.json(&[&["record", "add", name, "TXT"], typed].concat());
        assert_eq!(made["data"], kept, "{typed:?}");
        assert_eq!(work.json(&["record", "show", name, "TXT"])["data"], kept, "{typed:?}");
    }
    assert_eq!(work.json(&["record", "add", "k.joe.example", "TXT", &"x".repeat(300)])["data"], "x".repeat(300));
    let long = format!("\"{}\"", "x".repeat(256));
    work.fails(ExitCode::Usage, &["record", "add", "l.joe.example", "TXT", &long], &["255", "it looks like this"]);
    work.fails(
        ExitCode::Usage,
        &["record", "add", "l.joe.example", "TXT", &"x".repeat(policy::TXT_MAX + 1)],
        &["4096"],
    );
    // The same strings, written otherwise.
    work.fails(ExitCode::Refused, &["record", "add", "b.joe.example", "TXT", "\"two words\""], &["taken"]);
    work.fails(ExitCode::Usage, &["record", "add", "l.joe.example", "TXT", "-all"], &["--"]);
}

#[test]
fn what_would_steer_a_terminal_is_shown_as_it_is_written() {
    let work = with_zone();
    add(&work, &["joe.example", "TXT", "a\u{1b}[31mb"]);
    assert_eq!(work.json(&["record", "show", "joe.example", "TXT"])["data"], "a\u{1b}[31mb");
    for args in [&["record", "list", "joe.example"][..], &["record", "show", "joe.example", "TXT"]] {
        assert!(!work.ok(args).contains('\u{1b}'));
    }
}

#[test]
fn every_type_takes_its_own_data_and_no_other() {
    let work = with_zone();
    let good: [(&str, &str); 16] = [
        ("A", "192.0.2.1"),
        ("AAAA", "2001:db8::1"),
        ("NS", "ns.other.example."),
        ("PTR", "name.other.example."),
        ("MX", "10 mail.other.example."),
        ("SRV", "1 2 3 name.other.example."),
        ("TXT", "text"),
        ("SPF", "v=spf1 -all"),
        ("SSHFP", "4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        ("CAA", "0 issue letsencrypt.org"),
        ("TLSA", "3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        ("SVCB", "1 . alpn=h2"),
        ("HTTPS", "1 . alpn=h2,h3"),
        ("NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@other.example!\" ."),
        ("DS", "60485 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        ("TYPE65280", "\\# 2 abcd"),
    ];
    for (record_type, data) in good {
        let name = format!("{}.joe.example", record_type.to_lowercase());
        let made = work.json(&["record", "add", &name, record_type, data]);
        assert_eq!(made["type"], record_type);
    }
    for (record_type, data, word) in [
        ("A", "2001:db8::1", "an IPv4 address"),
        ("A", "192.0.2.1 192.0.2.2", "nothing more"),
        ("AAAA", "192.0.2.1", "2001:db8::1"),
        ("MX", "mail.other.example.", "10 mail.example.org."),
        ("MX", "65536 mail.other.example.", "preference"),
        ("SRV", "1 2 name.other.example.", "priority, weight, port, server"),
        ("CNAME", "a..example", "data of type CNAME"),
        ("SRV", "1 2 3 *.example", "data of type SRV"),
        ("CAA", "0", "0 issue letsencrypt.org"),
        ("ANY", "1", "data of type ANY"),
        ("AXFR", "1", "AXFR"),
        ("frob", "1", "frob"),
    ] {
        work.fails(ExitCode::Usage, &["record", "add", "x.joe.example", record_type, data], &[word]);
    }
    work.fails(ExitCode::Usage, &["record", "add", "x.joe.example", "A"], &["DATA"]);
    work.fails(
        ExitCode::Usage,
        &["record", "add", "x.joe.example", "A", "192.0.2.1", "--ttl", "2147483648"],
        &["2147483647"],
    );
    let long = "ü".repeat(161);
    work.fails(
        ExitCode::Usage,
        &["record", "add", "x.joe.example", "A", "192.0.2.1", "--description", &long],
        &["160"],
    );
}

#[test]
fn refusals_say_what_to_do() {
    let work = with_zone();
    work.ok(&["host", "add", "home.joe.example", "--owner", "joe"]);
    add(&work, &["www.joe.example", "CNAME", "home.joe.example."]);
    for (args, words) in [
        (
            &["home.joe.example", "A", "192.0.2.1"][..],
            &["cannot add home.joe.example A", "host", "remove it first"][..],
        ),
        (&["www.joe.example", "TXT", "x"], &["stands alone", "remove"]),
        (&["joe.example", "CNAME", "other.example."], &["apex"]),
        (&["joe.example", "SOA", "a. b.c. 1 2 3 4 5"], &["made by the service itself", "ddns domain set"]),
        (&["a.other.example", "A", "192.0.2.1"], &["lies in no domain", "ddns domain add"]),
        (&["www.joe.example", "CNAME", "other.example."], &["stands alone", "remove"]),
    ] {
        work.fails(ExitCode::Refused, &[&["record", "add"], args].concat(), words);
    }
    work.fails(
        ExitCode::NotFound,
        &["record", "list", "other.example"],
        &["no domain other.example", "ddns domain list"],
    );
    work.fails(ExitCode::NotFound, &["record", "list", "other.example", "--managed"], &["no domain other.example"]);
}

#[test]
fn a_record_goes_by_its_id_or_by_its_name_and_type() {
    let work = with_zone();
    let one = add(&work, &["joe.example", "MX", "10", "mail.joe.example."]);
    let show = |args: &[&str]| work.json(&[&["record", "show"], args].concat())["id"].as_str().unwrap().to_owned();
    assert_eq!(show(&[&one]), one);
    assert_eq!(show(&[&one.to_uppercase()]), one);
    assert_eq!(show(&["JOE.example.", "mx"]), one);
    let other = add(&work, &["joe.example", "MX", "20", "mail.joe.example."]);
    assert_eq!(show(&["joe.example", "MX", "20", "MAIL.joe.example"]), other);
    let several = ["there are 2 records joe.example MX", "ddns record list joe.example --name joe.example --type MX"];
    work.fails(ExitCode::Usage, &["record", "show", "joe.example", "MX"], &several);
    work.fails(ExitCode::Usage, &["record", "remove", "joe.example", "MX"], &several);
    work.fails(ExitCode::Usage, &["record", "set", "joe.example", "MX", "--ttl", "60"], &several);
    assert_eq!(
        work.json(&["record", "remove", "joe.example", "MX", "20 mail.joe.example."]),
        json!({"removed": other})
    );
    assert_eq!(work.json(&["record", "remove", "joe.example", "MX"]), json!({"removed": one}));
    work.fails(ExitCode::NotFound, &["record", "remove", "joe.example", "MX"], &["joe.example MX", "ddns record list"]);
    work.fails(ExitCode::NotFound, &["record", "show", &one], &["no record", &one]);
    work.fails(ExitCode::Usage, &["record", "show", "joe.example"], &["not the id of a record", "name and type"]);
    work.fails(ExitCode::Usage, &["record", "remove", "joe..example", "MX"], &["label"]);
    work.fails(ExitCode::Refused, &["record", "remove", "a.other.example", "MX"], &["lies in no domain"]);
}

#[test]
fn a_whole_rrset_has_one_ttl() {
    let work = with_zone();
    let one = add(&work, &["joe.example", "MX", "10", "a.joe.example.", "--ttl", "300"]);
    let run = work.run(&["record", "add", "joe.example", "MX", "20", "b.joe.example.", "--ttl", "600"]);
    assert!(run.err.contains("ddns record set") && run.err.contains("--ttl"), "{run:?}");
    assert_eq!(list(&work, &["joe.example"]).iter().filter(|record| record["ttl"] == 300).count(), 2);
    let set = work.json(&["record", "set", &one, "--ttl", "60"]);
    assert_eq!([&set["ttl"], &set["changed_records"]], [&json!(60), &json!(2)]);
    let same = work.json(&["record", "set", &one, "--ttl", "60"]);
    assert_eq!(same["changed_records"], 0);
    let run = work.run(&["record", "set", &one, "--no-ttl"]);
    assert!(run.err.contains("and 1 more of its name and type"), "{run:?}");
    assert!(list(&work, &["joe.example"]).iter().all(|record| record["ttl"] == json!(null)));
}

#[test]
fn a_whole_rrset_moves() {
    let work = with_zone();
    work.ok(&["domain", "add", "other.example", "--owner", "joe"]);
    let one = add(&work, &["a.joe.example", "MX", "10", "x.joe.example."]);
    add(&work, &["a.joe.example", "MX", "20", "y.joe.example."]);
    add(&work, &["a.joe.example", "TXT", "stays"]);
    add(&work, &["c.joe.example", "MX", "10", "z.joe.example."]);
    let moved = work.json(&["record", "set", &one, "--name", "b.joe.example", "--description", "one of two"]);
    assert_eq!([&moved["name"], &moved["changed_records"]], [&json!("b.joe.example"), &json!(2)]);
    let there = list(&work, &["joe.example", "--name", "b.joe.example"]);
    assert_eq!(there.iter().filter(|record| record["description"] == "one of two").count(), 1);
    assert_eq!(datas(&there), ["10 x.joe.example.", "20 y.joe.example."]);
    assert_eq!(datas(&list(&work, &["joe.example", "--name", "a.joe.example"])), ["stays"]);
    work.fails(
        ExitCode::Refused,
        &["record", "set", &one, "--name", "c.joe.example"],
        &["c.joe.example", "MX", "--name c.joe.example --type MX"],
    );
    work.fails(
        ExitCode::Refused,
        &["record", "set", &one, "--name", "b.other.example"],
        &["does not lie in", "record add"],
    );
    assert_eq!(list(&work, &["joe.example", "--name", "b.joe.example"]).len(), 2, "nothing was changed");
}

#[test]
fn data_changes_within_its_type() {
    let work = with_zone();
    let one = add(&work, &["joe.example", "MX", "10", "x.joe.example.", "--description", "old"]);
    let set = work.json(&["record", "set", &one, "--rdata", "20", "y.joe.example.", "--description", ""]);
    assert_eq!(
        [&set["data"], &set["description"], &set["changed_records"]],
        [&json!("20 y.joe.example."), &json!(null), &json!(1)]
    );
    assert!(set["updated"].is_string());
    work.fails(ExitCode::Usage, &["record", "set", &one, "--rdata", "192.0.2.1"], &["type MX", "10 mail.example.org."]);
    work.fails(ExitCode::Usage, &["record", "set", &one], &["required"]);
    work.fails(ExitCode::Usage, &["record", "set", &one, "--ttl", "1", "--no-ttl"], &["--no-ttl"]);
    add(&work, &["joe.example", "MX", "30", "z.joe.example."]);
    work.fails(ExitCode::Refused, &["record", "set", &one, "--rdata", "30", "Z.joe.example."], &["taken"]);
}

#[test]
fn what_the_service_makes_is_listed_when_asked_for() {
    let work = with_zone();
    work.ok(&["server", "add", "ns1.joe.example", "--ip", "192.0.2.53"]);
    work.ok(&["host", "add", "home.joe.example", "--owner", "joe", "--ip", "192.0.2.1", "--wildcard"]);
    add(&work, &["joe.example", "MX", "10", "mail.joe.example."]);
    add(&work, &["joe.example", "NS", "ns.other.example."]);
    assert_eq!(datas(&list(&work, &["joe.example"])), ["10 mail.joe.example.", "ns.other.example."]);
    let all = list(&work, &["joe.example", "--managed"]);
    let kinds: Vec<(&str, &str)> = all
        .iter()
        .map(|record| (record["type"].as_str().unwrap(), record["managed"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(
        kinds,
        [
            ("SOA", "soa"),
            ("NS", "name-server"),
            ("A", "server-address"),
            ("A", "host"),
            ("A", "host"),
            ("MX", "-"),
            ("NS", "zone-ns")
        ]
    );
    for record in &all {
        let shown = work.json(&["record", "show", record["id"].as_str().unwrap()]);
        assert_eq!([&shown["data"], &shown["managed"]], [&record["data"], &record["managed"]]);
    }
    let mut paged = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut args = vec!["joe.example", "--managed", "--limit", "2"];
        args.extend(after.iter().flat_map(|after| ["--after", after]));
        let page = list(&work, &args);
        let Some(last) = page.last() else { break };
        after = last["id"].as_str().map(str::to_owned);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert_eq!(list(&work, &["joe.example", "--managed", "--type", "A", "--name", "*.home.joe.example"]).len(), 1);
}

#[test]
fn what_the_service_makes_is_changed_where_it_comes_from() {
    let work = with_zone();
    work.ok(&["server", "add", "ns1.joe.example", "--ip", "192.0.2.53"]);
    work.ok(&["host", "add", "home.joe.example", "--owner", "joe", "--ip", "192.0.2.1"]);
    for (name, record_type, word) in [
        ("joe.example", "SOA", "ddns domain set"),
        ("joe.example", "NS", "ddns server"),
        ("ns1.joe.example", "A", "ddns server"),
        ("home.joe.example", "A", "ddns host set"),
    ] {
        work.ok(&["record", "show", name, record_type]);
        let words = ["made by the service itself", word];
        work.fails(ExitCode::Refused, &["record", "set", name, record_type, "--ttl", "60"], &words);
        work.fails(ExitCode::Refused, &["record", "remove", name, record_type], &words);
    }
    let further = add(&work, &["joe.example", "NS", "ns.other.example."]);
    let run = work.run(&["record", "set", &further, "--ttl", "60"]);
    assert!(run.code == 0 && run.err.contains("ddns domain set joe.example --ttl"), "{run:?}");
    assert_eq!(work.json(&["record", "remove", "joe.example", "NS"]), json!({"removed": further}));
}

#[test]
fn a_batch_takes_them() {
    let work = with_zone();
    let batch = "\
record add joe.example MX 10 mail.joe.example. --ttl 300
record add joe.example TXT '\"one\" \"two\"'
record add x.joe.example TYPE65280 '\\# 1 ff'   # opaque
record set joe.example MX --rdata 20 mail.joe.example.
domain touch joe.example
record list joe.example --type MX
record remove joe.example TXT
quota set joe --records 2
record add joe.example TXT three
";
    let run = work.run_with(&["batch", "-"], batch);
    assert_eq!(run.code, ExitCode::Refused.code(), "{run:?}");
    assert!(run.out.contains("20 mail.joe.example."), "{run:?}");
    assert!(run.err.contains("line 9: ") && run.err.contains("ddns quota set"), "{run:?}");
    assert_eq!(datas(&list(&work, &["joe.example"])), ["20 mail.joe.example.", "\\# 1 ff"]);
}

#[test]
fn nothing_is_begun_by_a_record() {
    let work = Work::empty();
    for args in [&["record", "add", "a.example", "A", "192.0.2.1"][..], &["record", "list", "a.example"]] {
        work.fails(ExitCode::Unavailable, args, &["there is no data in"]);
    }
    assert!(!work.data().exists());
}

const MANY: usize = 260;

#[test]
fn pages_come_from_the_store_without_the_rest() {
    let store = MemoryStore::new();
    let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
    let mut batch = "domain add x.example\ndomain add y.example\n".to_owned();
    for i in 0..MANY {
        batch.push_str(&format!("record add n{i}.x.example A 192.0.2.1\nrecord add n{i}.y.example TXT {i}\n"));
    }
    let run = |open: &dyn Fn() -> Result<Box<dyn Store>, StoreError>, args: &[&str], mut stdin: &[u8]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let program = ddns_cli::Program::new(&mut stdin, &mut out, &mut err).over(open, clock.clone());
        let code = program.run(["ddns", "--output", "json"].iter().chain(args).copied());
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    let (code, _, err) = run(&|| Ok(Box::new(store.clone())), &["batch", "-"], batch.as_bytes());
    assert_eq!(code, ExitCode::Done, "{err}");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let open = || Ok(Box::new(OnlyLists { store: store.clone(), asked: asked.clone() }) as Box<dyn Store>);
    let (mut seen, mut after, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let mut args = vec!["record", "list", "x.example", "--limit", "40"];
        args.extend(after.iter().flat_map(|after| ["--after", after]));
        let (code, out, err) = run(&open, &args, b"");
        assert_eq!(code, ExitCode::Done, "{err}");
        let page: Vec<Value> = serde_json::from_str(&out).unwrap();
        let names = page.iter().map(|record| record["name"].as_str().unwrap().to_owned());
        seen.extend(names);
        pages += 1;
        assert_eq!(err.contains("--after"), seen.len() < MANY, "{err}");
        if seen.len() >= MANY {
            break;
        }
        after = page.last().and_then(|record| record["id"].as_str()).map(str::to_owned);
    }
    assert_eq!(pages, MANY.div_ceil(40));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), MANY, "each once, and none of the other domain");
    assert!(seen.iter().all(|name| name.ends_with(".x.example")));
    let handed = asked.lock().unwrap();
    assert!(handed.iter().all(|rows| *rows <= policy::PAGE), "{handed:?}");
    assert!(handed.len() <= 3 * pages, "a domain's number, and a page, and no more: {handed:?}");
    drop(handed);
    let (code, out, err) = run(&open, &["record", "list", "x.example", "--name", "n7.x.example"], b"");
    assert_eq!((code, err.as_str()), (ExitCode::Done, ""));
    assert_eq!(serde_json::from_str::<Vec<Value>>(&out).unwrap().len(), 1);
}

/// A store that only lists, and notes how many rows it handed over each time.
struct OnlyLists {
    store: MemoryStore,
    asked: Arc<Mutex<Vec<usize>>>,
}

impl Store for OnlyLists {
    fn list(&mut self, listing: &Listing) -> Result<Vec<Change>, StoreError> {
        let rows = self.store.list(listing)?;
        self.asked.lock().unwrap().push(rows.len());
        Ok(rows)
    }

    fn load(&mut self) -> Result<Loaded, StoreError> {
        panic!("everything was loaded")
    }

    fn newest(&mut self) -> Result<Version, StoreError> {
        unreachable!()
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        unreachable!()
    }

    fn transact(&mut self, _: Version, _: &mut dyn FnMut(Foreign) -> Option<Batch>) -> Result<Version, StoreError> {
        unreachable!()
    }

    fn settle(&mut self, _: BatchId) -> Result<Option<Version>, StoreError> {
        unreachable!()
    }

    fn tidy(&mut self, _: bool) -> Result<(), StoreError> {
        unreachable!()
    }

    fn try_write(&mut self) -> Result<(), StoreError> {
        unreachable!()
    }

    fn log(&mut self, _: &LogQuery) -> Result<Vec<Entry>, StoreError> {
        unreachable!()
    }

    fn prune(&mut self, _: Timestamp, _: u64) -> Result<u64, StoreError> {
        unreachable!()
    }

    fn erase(&mut self, _: AccountNo) -> Result<Erased, StoreError> {
        unreachable!()
    }

    fn differences(&mut self, _: DomainNo, _: Serial) -> Result<Option<Vec<ZoneDifference>>, StoreError> {
        unreachable!()
    }

    fn save_soft(&mut self, _: Version, _: &[(SoftKey, SoftState)]) -> Result<bool, StoreError> {
        unreachable!()
    }

    fn soft(&mut self, _: &SoftKey) -> Result<Option<SoftState>, StoreError> {
        unreachable!()
    }

    fn backup(&mut self, _: &Path) -> Result<(), StoreError> {
        unreachable!()
    }
}
