//! Binding, serving and stopping, and what callers are told while the store is in trouble.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ddns_http::{BindError, HttpSettings, Server, bind, serve};
use ddns_store::Fault;

use crate::client::{Line, ask};
use crate::house::House;

fn any(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let error = bind(&[any("127.0.0.1:0"), address]).unwrap_err();
    let expected = format!(
        "cannot serve HTTP on {address}: another program already listens there; stop it or choose another port"
    );
    assert!(matches!(error, BindError::Taken { .. }));
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_address_of_another_machine_is_named_too() {
    let error = bind(&[any("192.0.2.1:0")]).unwrap_err();
    assert!(matches!(error, BindError::NotHere { .. }), "{error}");
    assert!(
        error.to_string().starts_with("cannot serve HTTP on 192.0.2.1:0: this machine does not have that address"),
        "{error}"
    );
}

#[test]
fn both_families_serve_side_by_side() {
    let house = House::new();
    let listeners = bind(&[any("127.0.0.1:0"), any("[::1]:0")]).unwrap();
    assert!(listeners.local_addrs().iter().all(|address| address.port() != 0));
    let server = serve(listeners, house.service.clone(), HttpSettings::default()).unwrap();
    let bodies: Vec<String> =
        server.local_addrs().iter().map(|address| ask(*address, "GET /myip HTTP/1.0\r\n\r\n").body).collect();
    assert_eq!(bodies, ["127.0.0.1", "::1"]);
}

#[test]
fn ipv6_leaves_the_port_free_for_ipv4() {
    let first = bind(&[any("[::]:0")]).unwrap();
    let port = first.local_addrs()[0].port();
    assert!(bind(&[SocketAddr::from(([0, 0, 0, 0], port))]).is_ok());
}

#[test]
fn serving_nowhere_is_an_error() {
    let house = House::new();
    let error = serve(bind(&[]).unwrap(), house.service.clone(), HttpSettings::default()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn a_stop_ends_idle_connections_and_frees_the_port() {
    let mut house = House::new();
    let mut idle = Line::to(house.address);
    idle.send("GET /myip HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(idle.receive(false).body, "127.0.0.1");
    let begin = Instant::now();
    stop(house.server.take().unwrap());
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert!(idle.is_closed());
    assert!(bind(&[house.address]).is_ok());
}

#[test]
fn a_dropped_server_frees_the_port() {
    let mut house = House::new();
    drop(house.server.take());
    let begin = Instant::now();
    while bind(&[house.address]).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn stop(server: Server) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(server.stop());
}

/// One request as joe.
fn joe(house: &House, head: &str, body: &str) -> (u16, String, Option<String>) {
    let authorization = house.authorization("joe");
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let answer = ask(house.address, request);
    answer.check_framing();
    (answer.status, answer.body.clone(), answer.header("retry-after").map(str::to_owned))
}

#[test]
fn a_service_that_has_stopped_says_so_in_each_dialect() {
    let house = House::new();
    house.service.stop();
    let busy = r#"{"message":"Nothing was changed; try again later"}"#.to_owned();
    let put = joe(&house, "PUT /hosts/home.dyn.example", r#"{"ttl":300}"#);
    assert_eq!(put, (503, busy, Some("10".to_owned())));
    let update = joe(&house, "GET /nic/update?hostname=home.dyn.example,cam.dyn.example&myip=192.0.2.7", "");
    assert_eq!(update, (200, "911".to_owned(), None));
    let ready = joe(&house, "GET /readyz", "");
    assert_eq!(ready, (503, r#"{"ready":false}"#.to_owned(), Some("1".to_owned())));
    assert_eq!(joe(&house, "GET /healthz", "").0, 200);
    assert_eq!(joe(&house, "GET /hosts/home.dyn.example", "").0, 200, "what was committed is still shown");
}

#[test]
fn a_commit_that_fails_is_told_in_each_dialect_and_changes_nothing() {
    let house = House::new();
    let update = "GET /nic/update?hostname=home.dyn.example&myip=192.0.2.7";
    house.store.fail_next(Fault::Refused);
    assert_eq!(joe(&house, update, "").1, "911");
    house.store.fail_next(Fault::Refused);
    assert_eq!(joe(&house, "DELETE /hosts/home.dyn.example", "").0, 503);
    assert_eq!(house.host("home.dyn.example"), "- - 60 plain no");
    assert_eq!(joe(&house, update, "").1, "good 192.0.2.7");
}

/// A writer that does nothing until it is let go, with room for one command in front of it.
struct Held {
    house: House,
    release: mpsc::Sender<()>,
    writer: thread::JoinHandle<()>,
    answers: mpsc::Receiver<String>,
}

impl Held {
    /// Two updates are under way: one waits for the writer, for the other there was no room.
    fn new() -> Held {
        let house = House::with_queue(1);
        let (held, is_held) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let service = house.service.clone();
        let work = move |_: &mut dyn ddns_store::Store| {
            held.send(()).unwrap();
            released.recv().unwrap();
        };
        let writer = thread::spawn(move || service.with_store(work).unwrap());
        is_held.recv().unwrap();
        let (answered, answers) = mpsc::channel();
        for host in ["home", "cam"] {
            let (address, answered, authorization) = (house.address, answered.clone(), house.authorization("joe"));
            let request = format!(
                "GET /nic/update?hostname={host}.dyn.example&myip=192.0.2.7 HTTP/1.0\r\nAuthorization: {authorization}\r\n\r\n"
            );
            thread::spawn(move || answered.send(ask(address, request).body).unwrap());
        }
        assert_eq!(answers.recv().unwrap(), "911", "who finds no room is told at once");
        Held { house, release, writer, answers }
    }

    fn let_go(&self) {
        self.release.send(()).unwrap();
        assert_eq!(self.answers.recv().unwrap(), "good 192.0.2.7");
    }
}

#[test]
fn a_full_queue_is_told_at_once() {
    let held = Held::new();
    let put = joe(&held.house, "PUT /hosts/home.dyn.example", r#"{"ttl":300}"#);
    assert_eq!((put.0, put.2), (503, Some("1".to_owned())));
    held.let_go();
    held.writer.join().unwrap();
    for host in ["home", "cam"] {
        let refusal = joe(&held.house, &format!("GET /hosts/{host}.dyn.example/last-refusal"), "");
        assert_eq!(refusal.0, 404, "what is our fault is no refusal");
    }
}

#[test]
fn a_stop_waits_for_answers_on_their_way() {
    let mut held = Held::new();
    let server = held.house.server.take().unwrap();
    let stopping = thread::spawn(move || stop(server));
    thread::sleep(Duration::from_millis(100));
    assert!(!stopping.is_finished());
    held.let_go();
    stopping.join().unwrap();
    held.writer.join().unwrap();
}
