//! The routers' protocols on raw sockets: what comes over the wire, to its last octet.
//!
//! Every route of these dialects is here, whoever adds one: they are taken from the route table.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::thread;
use std::time::Duration;

use ddns_core::policy;
use ddns_http::{HttpSettings, routes};

use crate::client::{Answer, Line, connect};
use crate::house::{House, behind_a_proxy};

/// The dialects whose clients are routers.
const DIALECTS: &[&str] = &["dyndns2", "two-dns-update", "duckdns"];

/// What some client takes for success wherever it stands in a body, whatever its case.
const SUCCESS: &[&str] = &["good", "nochg", "ok", "success", "true", "update", "done", "deleted"];

/// A method and a target for each route of theirs, which is about this host and this address.
fn targets(house: &House, host: &str, address: &str) -> Vec<(String, String)> {
    let token = house.token("joe");
    let query = format!("hostname={host}&myip={address}");
    let mut targets = vec![("GET".to_owned(), format!("/update?domains={host}&token={token}&ip={address}"))];
    for route in routes().into_iter().filter(|route| DIALECTS.contains(&route.dialect)) {
        let path = route.path.replace("{domains}", host).replace("{token}", token).replace("{ip}", address);
        let target = if route.path.contains('{') { path } else { format!("{path}?{query}") };
        targets.push((route.method, target));
    }
    assert!(targets.len() >= 12, "{targets:?}");
    targets
}

/// The same where nothing is wrong.
fn right(house: &House) -> Vec<(String, String)> {
    targets(house, "home.dyn.example", "192.0.2.7")
}

/// Everything that comes until the server closes, in pieces: it must close by itself.
fn whole(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    octets
}

/// One answer of a connection that was closed after it, whose body is as long as was announced and no longer.
#[track_caller]
fn only_answer(octets: &[u8]) -> Answer {
    let text = std::str::from_utf8(octets).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no end of a head: {text}"));
    let mut lines = head.split("\r\n");
    let (version, status) = lines.next().unwrap().split_once(' ').unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let answer = Answer {
        version: version.to_owned(),
        status: status[..3].parse().unwrap(),
        headers: lines.map(header).collect(),
        body: body.to_owned(),
    };
    assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()), "{answer:?}");
    answer.check_framing();
    answer
}

fn request(house: &House, (method, target): &(String, String), version: &str, headers: &str) -> String {
    let authorization = house.authorization("joe");
    let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
    format!("{method} {target} HTTP/{version}\r\nAuthorization: {authorization}\r\n{headers}{length}\r\n")
}

#[track_caller]
fn is_success(answer: &Answer) {
    let word = answer.body.split([' ', '\n']).next().unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(["good", "nochg", "deleted", "OK"].contains(&word), "{answer:?}");
}

#[test]
fn http_1_0_without_a_host_is_answered_and_closed() {
    let house = House::new();
    for target in right(&house) {
        let answer = only_answer(&whole(house.address, request(&house, &target, "1.0", "").as_bytes()));
        assert_eq!(answer.version, "HTTP/1.0", "{target:?}");
        is_success(&answer);
    }
}

#[test]
fn http_1_0_stays_open_where_it_is_asked_to() {
    let house = House::new();
    let mut line = Line::to(house.address);
    for target in right(&house) {
        line.send(request(&house, &target, "1.0", "Connection: keep-alive\r\n"));
        let answer = line.receive(false);
        assert_eq!((answer.version.as_str(), answer.header("connection")), ("HTTP/1.0", Some("keep-alive")));
        answer.check_framing();
        is_success(&answer);
    }
    line.send(request(&house, &right(&house)[0], "1.0", ""));
    is_success(&line.receive(false));
    assert!(line.is_closed());
}

#[test]
fn http_1_1_stays_open_until_it_is_told_to_close() {
    let house = House::new();
    for target in right(&house) {
        let mut line = Line::to(house.address);
        for _ in 0..2 {
            line.send(request(&house, &target, "1.1", "Host: x\r\n"));
            let answer = line.receive(false);
            answer.check_framing();
            is_success(&answer);
        }
        let last = request(&house, &target, "1.1", "Host: x\r\nConnection: close\r\n");
        line.send(last);
        let answer = line.receive(false);
        assert_eq!(answer.header("connection"), Some("close"), "{target:?}");
        is_success(&answer);
        assert!(line.is_closed(), "{target:?}");
    }
}

#[test]
fn errors_close_where_they_are_told_to_as_well() {
    let house = House::new();
    for headers in ["", "Authorization: Basic !!!\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        for (method, target) in targets(&house, "nowhere.example", "x") {
            let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
            let request =
                format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}{length}\r\n");
            let answer = only_answer(&whole(house.address, request.as_bytes()));
            assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
        }
    }
}

#[test]
fn a_client_that_shuts_its_side_is_still_answered() {
    let house = House::new();
    for target in right(&house) {
        let mut stream = connect(house.address);
        let request = request(&house, &target, "1.1", "Host: x\r\nConnection: close\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut octets = Vec::new();
        stream.read_to_end(&mut octets).unwrap();
        is_success(&only_answer(&octets));
    }
}

#[test]
fn requests_in_one_packet_are_answered_in_order() {
    let house = House::new();
    let targets = right(&house);
    let all: String = targets.iter().map(|target| request(&house, target, "1.1", "Host: x\r\n")).collect();
    let mut line = Line::to(house.address);
    line.send(all);
    for target in &targets {
        let answer = line.receive(false);
        answer.check_framing();
        is_success(&answer);
        let duck = target.1.contains(house.token("joe"));
        assert_eq!(answer.body == "OK", duck, "{target:?}");
    }
}

#[test]
fn a_request_in_single_octets_is_one_request() {
    let house = House::new();
    for target in right(&house) {
        let mut stream = connect(house.address);
        for octet in request(&house, &target, "1.0", "").bytes() {
            stream.write_all(&[octet]).unwrap();
        }
        let mut octets = Vec::new();
        stream.read_to_end(&mut octets).unwrap();
        is_success(&only_answer(&octets));
    }
}

#[test]
fn a_form_in_pieces_is_one_form() {
    let house = House::new();
    let authorization = house.authorization("joe");
    let mut stream = connect(house.address);
    let head = format!("POST /nic/update HTTP/1.0\r\nAuthorization: {authorization}\r\nContent-Length: 40\r\n\r\n");
    for piece in [head.as_str(), "hostname=home.dyn.ex", "ample&myip=192.0.2.7"] {
        stream.write_all(piece.as_bytes()).unwrap();
        stream.flush().unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    assert_eq!(only_answer(&octets).body, "good 192.0.2.7");
}

/// Whoever accepts compressed or chunked answers gets plain ones all the same, and nobody is sent elsewhere.
#[test]
fn answers_are_plain_whatever_is_accepted() {
    let house = House::new();
    let accepts = "Host: x\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nTE: trailers, chunked\r\nAccept: text/html\r\n\
                   Upgrade-Insecure-Requests: 1\r\nConnection: close\r\n";
    for target in right(&house) {
        let answer = only_answer(&whole(house.address, request(&house, &target, "1.1", accepts).as_bytes()));
        is_success(&answer);
        assert_eq!(answer.header("content-encoding"), None);
    }
}

#[test]
fn as_many_hosts_as_there_may_be_are_one_answer_of_known_length() {
    let house = House::new();
    let names: Vec<String> = (1..=policy::HOSTS_PER_UPDATE).map(|number| format!("h{number}.dyn.example")).collect();
    let target = ("GET".to_owned(), format!("/nic/update?hostname={}&myip=192.0.2.7", names.join(",")));
    let answer = only_answer(&whole(house.address, request(&house, &target, "1.0", "").as_bytes()));
    assert_eq!(answer.body.lines().count(), policy::HOSTS_PER_UPDATE);
}

#[test]
fn head_changes_nothing_and_is_told_so() {
    let house = House::new();
    let before = house.entries();
    for (_, target) in right(&house) {
        let request = request(&house, &("HEAD".to_owned(), target), "1.0", "");
        let octets = whole(house.address, request.as_bytes());
        let text = String::from_utf8(octets).unwrap();
        assert!(text.starts_with("HTTP/1.0 405 ") && text.ends_with("\r\n\r\n"), "a head and no body: {text}");
    }
    assert_eq!(house.entries(), before);
}

#[test]
fn who_has_no_credentials_is_challenged_and_then_let_in() {
    for settings in [behind_a_proxy(), HttpSettings { query_credentials: true, ..behind_a_proxy() }] {
        let house = House::with(settings);
        for (method, target) in right(&house).into_iter().filter(|(_, target)| !target.contains(house.token("joe"))) {
            let mut line = Line::to(house.address);
            let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
            line.send(format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive\r\n{length}\r\n"));
            let challenge = line.receive(false);
            assert_eq!((challenge.status, challenge.body.as_str()), (401, "badauth"));
            assert_eq!(challenge.header("www-authenticate"), Some("Basic realm=\"ddns\", charset=\"UTF-8\""));
            challenge.check_framing();
            line.send(request(&house, &(method, target), "1.1", "Host: x\r\n"));
            is_success(&line.receive(false));
        }
    }
}

/// Every error that these routes can answer, by every way to it.
#[test]
fn no_error_holds_a_word_that_a_client_could_take_for_success() {
    let house = House::new();
    let joe = format!("Authorization: {}\r\n", house.authorization("joe"));
    let wrong = format!("Authorization: {}\r\n", house.authorization("joe/wrong"));
    let mut requests = Vec::new();
    for (method, target) in targets(&house, "good.nochg.example", "192.0.2.7") {
        let (path, _) = target.split_once('?').unwrap_or((&target, ""));
        let is_duck = target.contains(house.token("joe"));
        requests.push(format!("{method} {target} HTTP/1.0\r\n{joe}\r\n"));
        requests.push(format!("{method} {target}&myipv6=good HTTP/1.0\r\n{joe}\r\n"));
        requests.push(format!("{method} {target}&x={} HTTP/1.0\r\n{joe}\r\n", "good".repeat(policy::URL_MAX / 4)));
        requests.push(format!("{method} {target} HTTP/1.0\r\n{joe}Sec-Fetch-Site: cross-site\r\n\r\n"));
        requests.push(format!("{method} {target} HTTP/1.0\r\n{joe}Origin: https://good.example\r\n\r\n"));
        requests.push(format!("{method} {path}/good/ok/success/true HTTP/1.0\r\n{joe}\r\n"));
        requests.push(format!("PATCH {target} HTTP/1.0\r\n{joe}\r\n"));
        requests.push(format!("{method} {target} HTTP/1.0\r\n{joe}Content-Length: x\r\n\r\n"));
        requests.push(format!("{method} {target} HTTP/9.9\r\n{joe}\r\n"));
        let (body, announced) = ("good".repeat(policy::BODY_MAX / 4 + 1), policy::BODY_MAX / 4 * 4 + 4);
        requests.push(format!("{method} {target} HTTP/1.0\r\n{joe}Content-Length: {announced}\r\n\r\n{body}"));
        if !is_duck {
            requests.push(format!("{method} {target} HTTP/1.0\r\n\r\n"));
            requests.push(format!("{method} {target} HTTP/1.0\r\n{wrong}\r\n"));
            requests.push(format!("{method} {path} HTTP/1.0\r\n{joe}\r\n"));
            requests.push(format!("{method} {path}?hostname=a.good&myip=<good> HTTP/1.0\r\n{joe}\r\n"));
            requests.push(format!("{method} {path}?ip6lanprefix=2001:db8:600d::/64 HTTP/1.0\r\n{joe}\r\n"));
            requests.push(format!("{method} {path}?ip6lanprefix=<good> HTTP/1.0\r\n{joe}\r\n"));
            let hosts = "ok.good.example,".repeat(policy::HOSTS_PER_UPDATE + 1);
            requests.push(format!("{method} {path}?hostname={hosts} HTTP/1.0\r\n{joe}\r\n"));
        }
    }
    let before = house.entries();
    let mut statuses = std::collections::BTreeSet::new();
    for request in &requests {
        let answer = answer_to(house.address, request.as_bytes());
        let body = answer.body.to_lowercase();
        for word in SUCCESS {
            assert!(!body.contains(word), "{word}: {} {answer:?}", request.lines().next().unwrap());
        }
        statuses.insert(answer.status);
    }
    assert_eq!(house.entries(), before, "nothing was changed");
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [200, 400, 401, 404, 405]);
}

/// What a service that has stopped answers.
#[test]
fn our_own_faults_hold_no_such_word_either() {
    let house = House::new();
    house.service.stop();
    for target in right(&house) {
        let answer = only_answer(&whole(house.address, request(&house, &target, "1.0", "").as_bytes()));
        assert!(["911", "KO"].contains(&answer.body.as_str()), "{target:?}: {answer:?}");
        assert_eq!(answer.status, 200);
    }
}

/// An answer, where the server may close while it still is sent something.
fn answer_to(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = connect(address);
    let (mut sending, request) = (stream.try_clone().unwrap(), request.to_vec());
    let sender = thread::spawn(move || sending.write_all(&request).is_ok());
    let mut octets = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(read) = stream.read(&mut buffer) {
        if read == 0 {
            break;
        }
        octets.extend_from_slice(&buffer[..read]);
    }
    sender.join().unwrap();
    only_answer(&octets)
}
