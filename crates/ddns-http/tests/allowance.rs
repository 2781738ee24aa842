//! How many changes an hour an account may make, told in each dialect's own words.

use std::time::Duration;

use ddns_core::policy;

use crate::client::{Answer, ask};
use crate::house::House;

#[test]
fn changes_are_counted_over_all_dialects_and_repeats_are_not() {
    let house = House::with_changes(2);
    assert_eq!(update(&house, "/nic/update", "192.0.2.1").body, "good 192.0.2.1");
    assert_eq!(update(&house, "/nic/update", "192.0.2.1").body, "nochg 192.0.2.1");
    let second = update(&house, "/update", "192.0.2.2");
    assert_eq!(second.body, "good 192.0.2.2");
    assert_eq!(second.header("x-ratelimit-limit"), Some("2"));
    assert_eq!(second.header("x-ratelimit-remaining"), Some("0"));

    for path in ["/nic/update", "/update"] {
        let third = update(&house, path, "192.0.2.3");
        assert_eq!((third.status, third.body.as_str()), (200, "abuse"));
        assert_eq!(update(&house, path, "192.0.2.2").body, "nochg 192.0.2.2", "what changes nothing is never blocked");
    }
    let put = json(&house);
    assert_eq!(put.status, 429);
    assert_eq!(put.header("retry-after"), Some("3600"));
    assert_eq!(put.body, r#"{"message":"Too many changes in this hour; nothing was changed"}"#);

    house.clock.advance(Duration::from_secs(3_599));
    assert_eq!((json(&house).status, json(&house).header("retry-after")), (429, Some("1")), "hours are the clock's");
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(json(&house).status, 200, "the next hour is another one");
}

#[test]
fn duckdns_and_removals_count_too() {
    let house = House::with_changes(1);
    let duck = |address: &str| {
        let target = format!("/update?domains=home&token={}&ip={address}", house.token("joe"));
        ask(house.address, format!("GET {target} HTTP/1.0\r\n\r\n"))
    };
    assert_eq!(duck("192.0.2.1").body, "OK");
    let refused = duck("192.0.2.2");
    assert_eq!((refused.status, refused.body.as_str()), (200, "KO"));
    assert_eq!(duck("192.0.2.1").body, "OK", "what changes nothing is never blocked");
    let removal = ask(house.address, get(&house, "joe", "/nic/delete?hostname=home.dyn.example&myip=0.0.0.0"));
    assert_eq!((removal.status, removal.body.as_str()), (200, "abuse"));
    assert_eq!(house.host("home.dyn.example"), "192.0.2.1 - 60 plain no");
}

#[test]
fn each_account_has_its_own() {
    let house = House::with_changes(1);
    assert_eq!(update(&house, "/nic/update", "192.0.2.1").body, "good 192.0.2.1");
    assert_eq!(update(&house, "/nic/update", "192.0.2.2").body, "abuse");
    let request = get(&house, "eve", "/nic/update?hostname=eve.dyn.example&myip=192.0.2.3");
    assert_eq!(ask(house.address, request).body, "good 192.0.2.3");
}

#[test]
fn the_usual_allowance_is_the_policy() {
    let house = House::new();
    let answer = update(&house, "/update", "192.0.2.1");
    let told = |name| answer.header(name).unwrap().parse::<u32>().unwrap();
    assert_eq!(told("x-ratelimit-limit"), policy::CHANGES_PER_HOUR);
    assert_eq!(told("x-ratelimit-limit") - told("x-ratelimit-remaining"), 1);
}

fn update(house: &House, path: &str, address: &str) -> Answer {
    let target = match path {
        "/update" => format!("/update?hostname=home.dyn.example&ip={address}"),
        path => format!("{path}?hostname=home.dyn.example&myip={address}"),
    };
    ask(house.address, get(house, "joe", &target))
}

fn get(house: &House, who: &str, target: &str) -> String {
    format!("GET {target} HTTP/1.0\r\nAuthorization: {}\r\n\r\n", house.authorization(who))
}

fn json(house: &House) -> Answer {
    let body = r#"{"ip_address":"192.0.2.9"}"#;
    let head = format!("Authorization: {}\r\nContent-Length: {}", house.authorization("joe"), body.len());
    ask(house.address, format!("PUT /hosts/home.dyn.example HTTP/1.0\r\n{head}\r\n\r\n{body}"))
}
