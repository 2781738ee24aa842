//! The doors of what an operator says.

use ddns_mail::{Authorities, BaseUrl, RelayAddress, RelayLogin, Sender, SettingError};

use crate::world::password;

#[test]
fn relays() {
    for good in ["smtp.example.org:587", "localhost:25", "192.0.2.1:25", "[2001:db8::1]:465", "SMTP.Example.org:25"] {
        let relay: RelayAddress = good.parse().unwrap();
        assert_eq!(relay.to_string(), good.to_lowercase());
    }
    for bad in [
        "",
        "smtp.example.org",
        "smtp.example.org:",
        ":25",
        "a:0",
        "a:65536",
        "a b:25",
        "2001:db8::1:25",
        "[::1:25",
        "[1.2.3.4]:25",
        "smtp://a:25",
        "a:+25x",
        "*.example.org:25",
    ] {
        assert_eq!(bad.parse::<RelayAddress>(), Err(SettingError::Relay), "{bad}");
    }
    for (relay, loopback) in [
        ("localhost:25", true),
        ("mail.localhost:25", true),
        ("127.1.2.3:25", true),
        ("[::1]:25", true),
        ("[::ffff:127.0.0.1]:25", true),
        ("localhost.example.org:25", false),
        ("192.0.2.1:25", false),
        ("[2001:db8::1]:25", false),
    ] {
        assert_eq!(relay.parse::<RelayAddress>().unwrap().is_loopback(), loopback, "{relay}");
    }
}

#[test]
fn senders() {
    let same = |one: &str, other: &str| {
        let sender: Sender = one.parse().unwrap();
        assert_eq!(sender, other.parse().unwrap(), "{one}");
        assert_eq!(sender, sender.to_string().parse().unwrap(), "{one}");
    };
    same("ddns@example.org", " <ddns@example.org> ");
    same("ddns <DDNS@Example.org>", "\"ddns\" <ddns@example.org>");
    same("Dienst für Namen <ddns@example.org>", "\"Dienst für Namen\" <ddns@example.org>");
    for bad in [
        "",
        "ddns",
        "ddns@localhost",
        "a <b",
        "a> b@example.org",
        "<a@example.org> b",
        "a\r\nBcc: b@example.org <a@example.org>",
        "a\" <b@example.org>",
        "a@example.org, b@example.org",
        "a <a@example.org\r\n>x>",
    ] {
        assert_eq!(bad.parse::<Sender>(), Err(SettingError::Sender), "{bad:?}");
    }
}

#[test]
fn base_urls() {
    for (good, shown) in [
        ("https://ddns.example.org", "https://ddns.example.org"),
        ("https://ddns.example.org/", "https://ddns.example.org"),
        ("http://192.0.2.1:8053", "http://192.0.2.1:8053"),
        ("http://[2001:db8::1]:8053/names/", "http://[2001:db8::1]:8053/names"),
        ("http://localhost:8053", "http://localhost:8053"),
    ] {
        assert_eq!(good.parse::<BaseUrl>().unwrap().to_string(), shown);
    }
    let long = format!("https://ddns.example.org/{}", "x".repeat(512));
    for bad in [
        "",
        "ddns.example.org",
        "ftp://a",
        "https://",
        "https:///a",
        "https://a b",
        "https://a\r\n",
        "https://a?b",
        "https://a#b",
        "https://u@a",
        "https://a:b",
        "https://a:65536",
        "https://ä",
        "https://<a>",
        &long,
    ] {
        assert_eq!(bad.parse::<BaseUrl>(), Err(SettingError::BaseUrl), "{bad:?}");
    }
}

#[test]
fn logins() {
    assert!(RelayLogin::new("ddns", password("a b:ü")).is_ok());
    for bad in ["", "a\nb", "a\r", "a\0b", &"x".repeat(1_025)] {
        assert_eq!(RelayLogin::new(bad, password("a")).unwrap_err(), SettingError::User, "{bad:?}");
        assert_eq!(RelayLogin::new("a", password(bad)).unwrap_err(), SettingError::Password, "{bad:?}");
    }
    let shown = format!("{:?}", RelayLogin::new("ddns", password("open sesame")).unwrap());
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn authorities() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["relay.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    assert!(Authorities::from_pem(certificate.pem().as_bytes()).is_ok());
    assert!(Authorities::from_pem(format!("{0}\n# and\n{0}", certificate.pem()).as_bytes()).is_ok());
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for bad in ["", "no certificate", broken, &key.serialize_pem(), &(certificate.pem() + broken)] {
        assert_eq!(Authorities::from_pem(bad.as_bytes()).unwrap_err(), SettingError::Authorities, "{bad}");
    }
}
