//! A long list, fetched by somebody who reads slowly: it comes whole, in order, and takes the server no more memory than a
//! short one.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ddns_scenario::http;
use rustix::process::Pid;
use serde_json::{Value, json};

use crate::designate::{make_domain, object, request};
use crate::programs::skip;
use crate::site::Site;

/// How far the server's memory may grow while it writes the list: a third of what a list of the test command's length takes
/// as text alone.
const BOUND_KIB: u64 = 2048;
const MAKERS: usize = 32;
/// A slow reader takes so much at a time, and rests after it.
const SIP: usize = 64 * 1024;
const REST: Duration = Duration::from_millis(2);

fn volume() -> usize {
    if std::env::var_os("DDNS_SOAK").is_some() { 50_000 } else { 5_000 }
}

#[test]
fn a_slow_reader_gets_all_of_a_long_list_in_bounded_memory() {
    let site = Site::with_hosts::<&str>(&[]);
    let more = (volume() + 1).to_string();
    site.ddns(&["quota", "set", "joe", "--records", &more, "--rrsets", &more]);
    let records = format!("{}/records", make_domain(&site, "long.example."));
    let made = make(&site, &records);
    // What anybody's first list needs is there before it is measured.
    for _ in 0..8 {
        sip(&site, &format!("{records}?limit=1000"));
    }
    settle(site.server.pid());
    let Some(before) = Memory::of(site.server.pid()) else {
        return skip("the memory of a list", "this system tells no process's peak");
    };
    let text = sip(&site, &records);
    let growth = before.growth();
    let buffered = text.len() as u64 / 1024;
    println!("the server grew by {growth} KiB while it wrote {buffered} KiB");
    assert!(buffered > 2 * BOUND_KIB, "a list of {buffered} KiB tells nothing");
    assert!(growth < BOUND_KIB, "it grew by {growth} KiB, and may by {BOUND_KIB}");
    let list: Value = serde_json::from_str(&text).unwrap();
    let listed = list["records"].as_array().unwrap();
    let types: Vec<&str> = listed.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert!(types.starts_with(&["SOA", "NS", "TXT"]) && types.len() == made.len() + 2, "{}", types.len());
    let texts = &listed[2..];
    assert!(texts.is_sorted_by_key(|record| record["created_at"].as_str().unwrap()));
    assert_eq!(texts.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), made);
    site.server.stop();
}

/// Waits until a process needs no processor time any more: the server brings its tables up behind the log when there is time,
/// and that takes memory of its own.
fn settle(process: Pid) {
    let worked = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
        let fields: Vec<String> = stat.rsplit(')').next()?.split_whitespace().map(str::to_owned).collect();
        Some((fields.get(11)?.clone(), fields.get(12)?.clone()))
    };
    let (mut last, mut quiet) = (worked(), 0);
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(100));
        let now = worked();
        quiet = if now == last { i32::saturating_add(quiet, 1) } else { 0 };
        if quiet >= 20 {
            return;
        }
        last = now;
    }
}

/// Makes many records at once, each as long as it may be, and hands over their ids.
fn make(site: &Site, records: &str) -> BTreeSet<String> {
    let (next, data, description) = (AtomicUsize::new(0), "é".repeat(255), "ü".repeat(160));
    let make = || {
        let mut ids = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= volume() {
                return ids;
            }
            let name = format!("r{number}.long.example.");
            let body = json!({ "name": name, "type": "TXT", "data": data, "description": description, "ttl": 60 });
            let asked = http::send(site.server.http, &request(&site.token, "POST", records, Some(&body)));
            ids.push(object(&asked.and_then(http::Unread::read).unwrap())["id"].as_str().unwrap().to_owned());
        }
    };
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..MAKERS).map(|_| scope.spawn(make)).collect();
        makers.into_iter().flat_map(|maker| maker.join().unwrap()).collect()
    })
}

/// Reads an answer that comes in parts, slowly, and hands over its body.
fn sip(site: &Site, target: &str) -> String {
    let mut stream = TcpStream::connect(site.server.http).unwrap();
    stream.set_read_timeout(Some(crate::site::PATIENCE)).unwrap();
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: ddns.example\r\nConnection: close\r\nX-Auth-Token: {}\r\n\r\n",
        site.token
    );
    stream.write_all(head.as_bytes()).unwrap();
    let (mut octets, mut part) = (Vec::new(), vec![0; SIP]);
    loop {
        match stream.read(&mut part).unwrap() {
            0 => break,
            length => octets.extend_from_slice(&part[..length]),
        }
        std::thread::sleep(REST);
    }
    let text = String::from_utf8(octets).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.to_lowercase().contains("transfer-encoding: chunked"),
        "{head}"
    );
    whole(body)
}

/// A body of parts, each with its length in front (RFC 9112, section 7.1); the last one is empty.
fn whole(mut parts: &str) -> String {
    let mut body = String::new();
    loop {
        let (length, behind) = parts.split_once("\r\n").unwrap();
        let (part, behind) = behind.split_at(usize::from_str_radix(length, 16).unwrap());
        parts = behind.strip_prefix("\r\n").unwrap();
        body.push_str(part);
        if part.is_empty() {
            assert_eq!(parts, "", "something follows the end");
            return body;
        }
    }
}

/// The memory of a process at a moment, from which its peak is counted.
pub(crate) struct Memory {
    process: Pid,
    resident: u64,
}

impl Memory {
    /// None where the system does not tell.
    pub(crate) fn of(process: Pid) -> Option<Memory> {
        let mut memory = Memory { process, resident: 0 };
        // It forgets the peak.
        std::fs::write(memory.file("clear_refs"), "5").ok()?;
        memory.resident = memory.told("VmHWM:")?;
        Some(memory)
    }

    pub(crate) fn growth(&self) -> u64 {
        self.told("VmHWM:").unwrap().saturating_sub(self.resident)
    }

    fn told(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(self.file("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    }

    fn file(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.process.as_raw_nonzero())
    }
}
