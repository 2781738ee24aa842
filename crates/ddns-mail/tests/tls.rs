//! Protected conversations, and those that somebody between us would rather have otherwise.

use std::sync::Arc;
use std::time::Duration;

use ddns_mail::{Authorities, Encryption, MailSettings, RelayLogin};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::peer::{Peer, Plan};
use crate::world::{World, password, settings, until};

/// A relay's side of TLS, and who vouches for it.
fn vouched_for(name: &str) -> (Arc<ServerConfig>, Authorities) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    let authorities = Authorities::from_pem(certificate.pem().as_bytes()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    (Arc::new(config), authorities)
}

fn protected(peer: &Peer, authorities: Authorities) -> MailSettings {
    let login = Some(RelayLogin::new("ddns", password("open sesame")).unwrap());
    MailSettings { encryption: Encryption::StartTls, authorities: Some(authorities), login, ..settings(peer.address) }
}

#[test]
fn a_relay_that_a_private_authority_vouches_for_is_trusted() {
    let (tls, authorities) = vouched_for("127.0.0.1");
    let plan = Plan { tls: Some(tls), offers: vec!["STARTTLS", "AUTH PLAIN"], ..Plan::default() };
    let (mut world, peer) = (World::new(), Peer::start(plan));
    world.mail("joe");
    let outbox = world.send(protected(&peer, authorities));
    world.until_sent();
    outbox.stop();
    assert_eq!(peer.mails().len(), 1);
}

#[test]
fn nobody_else_is_told_anything() {
    let (own, authorities) = vouched_for("127.0.0.1");
    let (other, _) = vouched_for("127.0.0.1");
    let (elsewhere, elsewheres) = vouched_for("relay.test");
    let tls = vec!["STARTTLS", "AUTH PLAIN"];
    for (why, offers, certificate, authorities) in [
        ("TLS is not offered", vec!["AUTH PLAIN"], own, authorities.clone()),
        ("somebody else vouches for it", tls.clone(), other, authorities),
        ("it is a certificate for another name", tls, elsewhere, elsewheres),
    ] {
        let plan = Plan { tls: Some(certificate), offers, ..Plan::default() };
        let (mut world, peer) = (World::new(), Peer::start(plan));
        world.mail("joe");
        let outbox = world.send(protected(&peer, authorities));
        until("an attempt", || world.attempts() == [1]);
        outbox.stop();
        let said = peer.seen().lines;
        assert!(
            said.iter().all(|line| line.starts_with("EHLO ") || line == "STARTTLS" || line == "QUIT"),
            "{why}: {said:?}"
        );
    }
}

/// What is said before TLS begins is not taken for an answer behind it: else a mail would seem taken whose refusal is
/// still to come.
#[test]
fn a_reply_that_was_slipped_in_makes_no_mail_seem_taken() {
    let (tls, authorities) = vouched_for("127.0.0.1");
    let offers = vec!["STARTTLS", "AUTH PLAIN"];
    let slipped_in = "\r\n250-relay.test\r\n250 AUTH PLAIN";
    let plan = Plan { tls: Some(tls), offers, slipped_in, ..Plan::default() };
    let (mut world, peer) = (World::new(), Peer::start(plan));
    world.mail("joe");
    let outbox = world.send(protected(&peer, authorities));
    until("an attempt", || world.attempts() == [1]);
    world.clock.advance(Duration::from_secs(60));
    until("another one", || world.attempts() == [2]);
    outbox.stop();
    assert_eq!(peer.mails().len(), 0);
}
