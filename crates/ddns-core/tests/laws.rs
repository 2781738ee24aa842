//! The laws of the design's section 5, on random commands: the naive model agrees, and what must hold, holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ddns_core::*;
use proptest::prelude::*;
use uuid::Uuid;

use crate::lists::{check_kept_ids, check_lists, check_pages};
use crate::model::{Credential, Letter, Line, Person, World, gives_address, under};
use crate::stage::{Stage, records};
use crate::support::{assert_json_round_trip, cases};
use crate::universe::{Step, follow, record_story, story};

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_naive_model_agrees_and_every_law_holds(story in story(120)) {
        play(&story);
    }

}

proptest! {
    #![proptest_config(cases(150))]

    /// Likewise where records, hosts and name servers contend for the same few names.
    #[test]
    fn records_meet_each_other(story in record_story(80)) {
        play(&story);
    }
}

fn play(story: &[Step]) {
    let mut stage = Stage::new();
    let mut world = World::of(&stage.registry);
    for step in story {
        match step {
            Step::Ask(caller, command) => ask(&mut stage, &mut world, caller, command),
            Step::Follow(place, holder, link) => {
                if let Some((caller, command)) = follow(&stage.registry, *place, holder, link) {
                    ask(&mut stage, &mut world, &caller, &command);
                }
            }
            Step::Pass(secs) => stage.pass(*secs),
            Step::MissHost(_) | Step::MissClient(_) => {
                let before = stage.registry.clone();
                let changes = stage.play(step);
                stage.publish(&before, &changes);
                world = World::of(&stage.registry);
            }
        }
        check_laws(&world, &stage.registry);
        check_indexes(&stage.registry);
    }
    check_pages(&stage.registry);
    check_snapshot(&stage.registry);
}

/// One command, decided by both.
fn ask(stage: &mut Stage, world: &mut World, caller: &Caller, command: &Command) {
    let before = world.clone();
    let registry = stage.registry.clone();
    let said = || format!("{caller:?}\n{command:?}");
    match (stage.ask(caller, command), world.run(caller, command, stage.now)) {
        (Err(_), None) => (),
        (Ok(decision), Some(lines)) => {
            decision.changes.iter().for_each(assert_json_round_trip);
            assert_eq!(World::of(&stage.registry), *world, "{}", said());
            assert_eq!(decision.changes.is_empty(), before == *world, "{}\n{:?}", said(), decision.changes);
            if let (Receipt::Hosts(answered), Command::SetHosts { .. } | Command::SetAllHosts { .. }) =
                (&decision.receipt, command)
            {
                assert_eq!(answered.iter().map(|line| line.outcome.is_ok()).collect::<Vec<_>>(), lines, "{}", said());
            }
            check_receipt(&decision, stage);
            check_step(&before, world, command);
            check_caller(&before, world, caller, command);
            check_mail_step(&before, world, command);
            check_adopted(&registry, &stage.registry, command);
            check_kept_ids(&registry, &stage.registry);
            check_stale(&stage.registry, &decision);
            if repeats(command) && !gives_away(world, command) {
                let again = stage.ask(caller, command).map(|decision| decision.changes);
                assert_eq!(again, Ok(Vec::new()), "the repeat of {}", said());
            }
        }
        (decided, expected) => panic!("{}\nwas decided as {decided:?}\nand by the model as {expected:?}", said()),
    }
    assert_eq!(World::of(&stage.registry), *world, "a refused command changes nothing: {}", said());
}

/// Whether a command says how something shall be, so that saying it again changes nothing.
fn repeats(command: &Command) -> bool {
    match command {
        Command::SetHosts { .. } | Command::SetAllHosts { .. } | Command::SetDomain { .. } => true,
        Command::SetServer { edit, .. } => edit.name.is_none(),
        Command::SetRecord { .. }
        | Command::PutClient { .. }
        | Command::MissHeartbeats { .. }
        | Command::MoveClient { .. }
        | Command::AttachHost { .. } => true,
        // Who made an edit from what it changed makes it once.
        Command::SetTsigKey { edit, .. } => {
            edit.instead_of.is_none_or(|before| edit.secret.is_none_or(|secret| secret == before))
        }
        Command::AddChallenge { .. }
        | Command::RemoveChallenge { .. }
        | Command::PutPeer(_)
        | Command::SetSettings(_) => true,
        Command::Elapse => true,
        // Whoever suspends or demotes itself may not say it again.
        _ => false,
    }
}

/// Whether a record has come to where only operators may change it.
fn gives_away(world: &World, command: &Command) -> bool {
    matches!(command, Command::SetRecord { record, .. } if world.records[record].is_own_ns())
}

/// What the caller is told is what is there.
fn check_receipt(decision: &Decision, stage: &Stage) {
    let registry = &stage.registry;
    match &decision.receipt {
        Receipt::Done => (),
        Receipt::Account(account) => assert_eq!(registry.account(account.number), Some(account)),
        Receipt::Token(token) => assert_eq!(registry.token(token.id), Some(token)),
        Receipt::Domain(domain) => assert_eq!(registry.domain(domain.number), Some(domain)),
        Receipt::Server(server) => assert_eq!(registry.server(&server.name), Some(server)),
        Receipt::Client { client, .. } => assert_eq!(registry.client(&client.key), Some(client)),
        Receipt::Record(record) => assert_eq!(registry.record(record.id), Some(record)),
        Receipt::Hosts(lines) => {
            for outcome in lines.iter().filter_map(|line| line.outcome.as_ref().ok()) {
                assert_eq!(registry.host(&outcome.host.name), Some(&outcome.host));
            }
        }
    }
}

/// A change that was decided on another state is refused whole.
fn check_stale(registry: &Registry, decision: &Decision) {
    let Some(last) = decision.changes.last() else { return };
    let mut copy = registry.clone();
    assert!(copy.apply(last).is_err(), "applied twice: {last:?}");
    assert_eq!(World::of(&copy), World::of(registry));
    let start = Timestamp::from_secs(0);
    assert_eq!(due(&copy, start), due(registry, start));
}

// -- the laws

fn check_laws(world: &World, registry: &Registry) {
    check_places(world);
    check_neighbours(world);
    check_belongings(world, registry);
    check_answers(world, registry);
    check_contents(world, registry);
    check_rrsets(world);
    check_parts(world);
    check_lists(registry);
    check_unconfirmed(world);
    check_outbox(world);
}

/// A host lies inside the longest enclosing domain, which is shared or its owner's own; at the apex only of a private one.
fn check_places(world: &World) {
    for (name, host) in &world.hosts {
        assert_eq!(world.enclosing(name), Some(host.domain.as_str()), "{name}");
        let zone = &world.domains[&host.domain];
        let own = zone.owner == Some(host.owner);
        assert!(zone.shared || own, "{name} in a foreign private domain");
        assert!(*name != host.domain || !zone.shared && own, "{name} at the apex");
        assert!(!world.reservations.contains_key(name), "{name} is there and reserved");
    }
    for line in world.records.values() {
        assert_eq!(world.enclosing(&line.name), Some(line.domain.as_str()), "{line:?}");
    }
}

/// Nobody is at, above or below somebody else.
fn check_neighbours(world: &World) {
    let related = |one: &str, other: &str| under(one, other) || under(other, one);
    for (name, host) in &world.hosts {
        let shares = |other: &&String| world.hosts[*other].domain == host.domain && related(name, other);
        for other in world.hosts.keys().filter(shares) {
            assert_eq!(world.hosts[other].owner, host.owner, "{name} and {other}");
        }
        for (zone, domain) in world.domains.iter().filter(|(zone, _)| under(zone, name)) {
            assert_eq!(domain.owner, Some(host.owner), "the domain {zone} at or below the host {name}");
        }
    }
    for (name, zone) in &world.domains {
        for (other, domain) in world.domains.iter().filter(|(other, _)| related(name, other)) {
            assert_eq!(domain.owner, zone.owner, "the domains {name} and {other}");
        }
    }
}

/// Everything belongs to something that is there.
fn check_belongings(world: &World, registry: &Registry) {
    for (name, host) in &world.hosts {
        assert!(world.accounts.contains_key(&host.owner), "{name}");
        if let Some(client) = &host.client {
            assert_eq!(world.clients[client].owner, host.owner, "{name} on {client}");
        }
    }
    let exists = |account: &u32| world.accounts.contains_key(account);
    let tokens = world.tokens.values().map(|token| &token.account);
    assert!(tokens.chain(world.keys.values().map(|key| &key.account)).all(exists));
    assert!(world.domains.values().all(|zone| zone.owner.as_ref().is_none_or(exists)));
    assert!(world.records.values().all(|line| line.owner.as_ref().is_none_or(exists)));
    for change in registry.snapshot() {
        match change {
            Change::Challenge(delta) => assert!(registry.host(&delta.after.unwrap().host).is_some()),
            Change::Client(delta) => assert!(exists(&delta.after.unwrap().owner.get())),
            _ => (),
        }
    }
}

/// A host alone answers for addresses at its name, an alias stands alone, and offline hosts answer as their domain says.
fn check_answers(world: &World, registry: &Registry) {
    for line in world.records.values().filter(|line| gives_address(&line.data)) {
        assert!(!world.hosts.contains_key(&line.name), "{line:?} where a host answers");
        let above = line.name.strip_prefix("*.").and_then(|host| world.hosts.get(host));
        assert!(above.is_none_or(|host| !host.wildcard), "{line:?} where a host's wildcard answers");
    }
    for (name, server) in &world.servers {
        let clash = world.hosts.contains_key(name)
            || world.records.values().any(|line| line.name == *name && gives_address(&line.data));
        assert!(server.addresses.is_empty() || !clash, "the name server {name} and something else answer");
    }
    for domain in registry.domains() {
        let records = records(registry, domain);
        for alias in records.iter().filter(|record| record.data.record_type() == RecordType::CNAME) {
            assert_eq!(
                records.iter().filter(|record| record.owner == alias.owner).count(),
                1,
                "{alias:?} stands alone"
            );
        }
    }
    for host in registry.hosts() {
        check_served(host, registry);
    }
}

fn check_served(host: &Host, registry: &Registry) {
    let domain = registry.domain(host.domain).unwrap();
    let client = host.client.map(|client| registry.client_by_number(client).unwrap().offline);
    let online = host.offline == Offline::No && client.unwrap_or_default() == Offline::No;
    let suspended = registry.account(host.owner).unwrap().state == AccountState::Suspended;
    let expected = match (suspended, online) {
        (true, _) => (None, None),
        (false, true) => (host.ipv4, host.ipv6),
        (false, false) => (domain.offline_ipv4, domain.offline_ipv6),
    };
    let expected = (expected.0.map(UnicastV4::addr), expected.1.map(UnicastV6::addr));
    assert_eq!(zone::served_addresses(registry, domain, host), expected, "{host:?}");
}

/// A zone has what its hosts, records and challenge values say, but for those of a suspended account, and its own SOA and
/// NS. What a name server's own name answers, and what shows of child domains, is looked at elsewhere.
fn check_contents(world: &World, registry: &Registry) {
    let suspended = |account: u32| world.accounts[&account].state == AccountState::Suspended;
    for domain in registry.domains() {
        let zone = domain.name.to_string();
        let here = |name: &str| world.enclosing(name) == Some(zone.as_str());
        let server = |name: &str| world.servers.contains_key(name) || name == format!("ns1.{zone}");
        let mut expected = BTreeSet::new();
        for line in world.records.values().filter(|line| line.domain == zone) {
            let own = line.owner.filter(|_| world.domains[&zone].shared).or(world.domains[&zone].owner);
            if !own.is_some_and(suspended) {
                expected.insert((line.name.clone(), line.data.clone()));
            }
        }
        for (host, values) in world.challenges.iter().filter(|(host, _)| !suspended(world.hosts[*host].owner)) {
            let name = format!("_acme-challenge.{host}");
            for (value, _) in values.iter().filter(|_| here(&name)) {
                expected.insert((name.clone(), RecordData::Txt(Text::literal(value).unwrap())));
            }
        }
        for (name, host) in world.hosts.iter().filter(|(_, host)| host.domain == zone && !suspended(host.owner)) {
            let client = host.client.as_ref().map(|client| world.clients[client].offline);
            let online = host.offline == Offline::No && client.is_none_or(|offline| offline == Offline::No);
            let addresses = if online { (host.ipv4, host.ipv6) } else { world.domains[&zone].offline };
            let wildcard = host.wildcard.then(|| format!("*.{name}"));
            for name in [Some(name.clone()), wildcard].into_iter().flatten() {
                let ipv4 = addresses.0.map(|address| RecordData::A(address.addr()));
                let ipv6 = addresses.1.map(|address| RecordData::Aaaa(address.addr()));
                expected.extend([ipv4, ipv6].into_iter().flatten().map(|data| (name.clone(), data)));
            }
        }
        let mine = |(name, data): &(String, RecordData)| match data.record_type() {
            RecordType::SOA => false,
            RecordType::A | RecordType::AAAA => here(name) && !server(name),
            RecordType::NS => here(name) && !(*name == zone && world.is_name_server(&zone, data)),
            _ => here(name),
        };
        let served = records(registry, domain).into_iter().map(|record| (record.owner.to_string(), record.data));
        let served: BTreeSet<_> = served.collect();
        assert!(served.iter().any(|(_, data)| data.record_type() == RecordType::SOA), "{zone} without SOA");
        assert!(served.iter().any(|(_, data)| data.record_type() == RecordType::NS), "{zone} without NS");
        let present: Vec<_> = served.into_iter().filter(mine).collect();
        assert_eq!(present, expected.into_iter().filter(mine).collect::<Vec<_>>(), "{zone}");
    }
}

/// A part belongs to a token of its account that is there, and is no whole for others.
fn check_parts(world: &World) {
    for (id, token) in &world.tokens {
        let Some(parent) = token.parent else { continue };
        let parent = world.tokens.get(&parent).unwrap_or_else(|| panic!("{id} without its token"));
        assert_eq!((parent.account, parent.parent), (token.account, None), "{id}");
    }
}

/// All records of an RRset are of one domain, and have one time to live, whoever made them.
fn check_rrsets(world: &World) {
    let mut sets: BTreeMap<(&str, RecordType), &Line> = BTreeMap::new();
    for line in world.records.values() {
        let first = *sets.entry((&line.name, line.kind())).or_insert(line);
        assert_eq!((&first.domain, first.ttl), (&line.domain, line.ttl), "{first:?} and {line:?}");
        assert!(line.ttl.is_none() || !line.is_own_ns(), "a zone's NS have its own time to live: {line:?}");
    }
}

/// Nothing holds an unconfirmed account back when it ends, and a credential would work at once when it does not.
fn check_unconfirmed(world: &World) {
    let unconfirmed = |number: &u32| world.accounts[number].state == AccountState::Unconfirmed;
    assert!(!world.hosts.values().any(|host| unconfirmed(&host.owner)));
    assert!(!world.clients.values().any(|client| unconfirmed(&client.owner)));
    assert!(!world.domains.values().any(|zone| zone.owner.as_ref().is_some_and(unconfirmed)));
    assert!(!world.records.values().any(|line| line.owner.as_ref().is_some_and(unconfirmed)));
    assert!(!world.tokens.values().any(|token| unconfirmed(&token.account)));
    assert!(!world.keys.values().any(|key| unconfirmed(&key.account)));
}

/// Each mail is about an account that is there, as it is, and there once; with a link it goes to nobody but the account's
/// own address, or the one that is to become it.
fn check_outbox(world: &World) {
    for (id, letter) in &world.mails {
        let same = |(other, twin): &(&Uuid, &Letter)| {
            *other != id && twin.kind == letter.kind && twin.account == letter.account && twin.to == letter.to
        };
        assert_eq!(world.mails.iter().find(same), None, "{letter:?} twice");
        let person = &world.accounts[&letter.account];
        let fits = match letter.kind {
            MailKind::Confirm => person.state == AccountState::Unconfirmed && letter.to == person.login,
            MailKind::ResetPassword => person.state == AccountState::Active && letter.to == person.login,
            MailKind::ChangeLogin => person.state == AccountState::Active && letter.to != person.login,
            MailKind::AlreadyRegistered => person.state != AccountState::Suspended && letter.to == person.login,
            MailKind::LoginChanged | MailKind::PasswordChanged => true,
        };
        assert!(fits, "{letter:?} about {person:?}");
    }
    for account in world.accounts.keys() {
        assert!(world.tokens.values().filter(|token| token.account == *account).count() <= policy::TOKENS_PER_ACCOUNT);
    }
}

// -- what one step may do

/// A link is good for its own account alone; and who is not active does only what everybody may.
fn check_caller(before: &World, after: &World, caller: &Caller, command: &Command) {
    match caller {
        _ if matches!(command, Command::SignUp(_) | Command::AskPassword { .. }) => check_stranger(before, after),
        Caller::Local => (),
        Caller::Account(identity) => {
            assert_eq!(before.accounts[&identity.account.get()].state, AccountState::Active, "{caller:?} {command:?}");
        }
        Caller::Guest => panic!("{command:?} by a guest"),
        Caller::Mailed(number) => {
            let number = number.get();
            let others = |world: &World| World {
                accounts: without(&world.accounts, |other, _| *other == number),
                tokens: without(&world.tokens, |_, token| token.account == number),
                mails: without(&world.mails, |_, letter| letter.account == number),
                ..world.clone()
            };
            assert_eq!(others(before), others(after), "{command:?}");
        }
    }
}

/// What is open to everybody makes accounts and mails; of what was there it changes nothing but that of an account which
/// nobody has confirmed, and which a second one claims, nobody knows the password.
fn check_stranger(before: &World, after: &World) {
    let others =
        |world: &World| World { accounts: BTreeMap::new(), mails: BTreeMap::new(), last_number: 0, ..world.clone() };
    assert_eq!(others(before), others(after));
    for (number, person) in &before.accounts {
        let present = &after.accounts[number];
        let disputed = person.state == AccountState::Unconfirmed && present.password.is_none();
        let password = if disputed { None } else { person.password };
        assert_eq!(*present, Person { password, ..person.clone() });
    }
    assert!(before.mails.iter().all(|(id, letter)| after.mails.get(id) == Some(letter)));
}

fn without<K: Ord + Clone, T: Clone>(map: &BTreeMap<K, T>, gone: impl Fn(&K, &T) -> bool) -> BTreeMap<K, T> {
    map.iter().filter(|(key, value)| !gone(key, value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Without mail nothing comes into the outbox, the key that links are signed with is made once, and a renewed token comes
/// in the place of those that go.
fn check_mail_step(before: &World, after: &World, command: &Command) {
    if !before.settings.mail {
        assert!(after.mails.keys().all(|id| before.mails.contains_key(id)), "{command:?}");
    }
    assert!(before.server_key.is_none() || before.server_key == after.server_key);
    if let Command::RenewToken(new) = command {
        let account = new.account.get();
        let others = |world: &World| without(&world.tokens, |_, token| token.account == account);
        assert_eq!(others(before), others(after));
        let of = |world: &World| without(&world.tokens, |_, token| token.account != account);
        let made = &after.tokens[&new.id];
        let kept = without(&of(after), |id, _| *id == new.id);
        assert!(kept.iter().all(|(id, token)| before.tokens.get(id) == Some(token)));
        let gone: Vec<_> = of(before).into_iter().filter(|(id, _)| !kept.contains_key(id)).collect();
        let named = |old: &Credential| old.label == made.label && old.secret != made.secret;
        let part = |old: &Credential| gone.iter().any(|(parent, _)| old.parent == Some(*parent));
        assert!(gone.iter().all(|(_, old)| named(old) || part(old)), "{gone:?} {made:?}");
    }
}

/// DNS answers the same addresses before and after, each for no longer; and elsewhere all is as it was.
fn check_adopted(before: &Registry, after: &Registry, command: &Command) {
    let Command::AdoptHost { name, .. } = command else { return };
    let (name, wildcard) = (name.name().clone(), name.name().wildcard());
    let own = |owner: &Name| *owner == name || Some(owner) == wildcard.as_ref();
    let served = |registry: &Registry| {
        let domain = registry.enclosing_domain(&name).unwrap();
        let records =
            records(registry, domain).into_iter().filter(|record| record.data.record_type() != RecordType::SOA);
        records.map(|record| ((record.owner, record.data), record.ttl)).collect::<BTreeMap<_, _>>()
    };
    let (before, after) = (served(before), served(after));
    assert!(before.keys().eq(after.keys()), "{before:?}\nbecame {after:?}");
    for ((owner, data), ttl) in &after {
        let was = before[&(owner.clone(), data.clone())];
        let longest = if own(owner) && gives_address(data) { was.max(HostTtl::S60.ttl()) } else { was };
        assert!(*ttl <= longest && (own(owner) || *ttl == was), "{owner} {data} for {ttl:?} after {was:?}");
    }
}

fn check_step(before: &World, after: &World, command: &Command) {
    check_words(before, after, command);
    check_families(before, after, command);
    for name in before.hosts.keys().filter(|name| !after.hosts.contains_key(*name)) {
        check_freed(before, after, name);
    }
    for (id, token) in &after.tokens {
        let Some(old) = before.tokens.get(id) else { continue };
        if matches!(command, Command::SetToken { token, .. } if token == id) || old.secret != token.secret {
            continue; // That is what was asked for, or another token of that id.
        }
        match (&old.scope.hosts, &token.scope.hosts) {
            (HostScope::Only(old), HostScope::Only(new)) => {
                assert!(new.iter().all(|pattern| old.contains(pattern)), "{id}")
            }
            (old, new) => assert_eq!(old, new, "no list becomes all, nor all a list"),
        }
    }
}

/// `Manual` comes and goes by word alone; `Missed` goes with an update as well.
fn check_words(before: &World, after: &World, command: &Command) {
    let word = match command {
        Command::SetHosts { edit, .. } | Command::SetAllHosts { edit, .. } => edit.offline,
        Command::PutClient { edit, .. } => edit.offline,
        _ => None,
    };
    let hosts = before.hosts.iter().map(|(name, host)| (host.offline, after.hosts.get(name).map(|host| host.offline)));
    let clients = before
        .clients
        .iter()
        .map(|(key, client)| (client.offline, after.clients.get(key).map(|client| client.offline)));
    for change in hosts.chain(clients) {
        match change {
            (Offline::Manual, Some(Offline::No)) => assert_eq!(word, Some(false), "{command:?}"),
            (Offline::No | Offline::Missed, Some(Offline::Manual)) => assert_eq!(word, Some(true), "{command:?}"),
            (old, Some(Offline::Missed)) => assert!(
                old == Offline::Missed || old == Offline::No && matches!(command, Command::MissHeartbeats { .. }),
                "it takes silence, and no word: {command:?}"
            ),
            (Offline::Missed, Some(Offline::No)) => assert!(
                word == Some(false)
                    || matches!(
                        command,
                        Command::SetHosts { .. } | Command::SetAllHosts { .. } | Command::MoveClient { .. }
                    )
                    || matches!(command, Command::PutClient { .. }),
                "{command:?}"
            ),
            _ => (),
        }
    }
}

/// IPv4 touches A only, IPv6 AAAA only; and a client moves its own hosts alone.
fn check_families(before: &World, after: &World, command: &Command) {
    let Command::MoveClient { key, address } = command else { return };
    for (name, old) in &before.hosts {
        let new = &after.hosts[name];
        if old.client.as_deref() != Some(key.as_str()) {
            assert_eq!(old, new, "{name} hangs on another client");
        } else if let Some(address) = address {
            let (ipv4, ipv6) = match address {
                HostAddress::V4(address) => (Some(*address), old.ipv6),
                HostAddress::V6(address) => (old.ipv4, Some(*address)),
            };
            assert_eq!((new.ipv4, new.ipv6), (ipv4, ipv6), "{name}");
        }
    }
}

/// With a freed name go its challenge values and exact scope entries; in a shared domain it stays reserved.
fn check_freed(before: &World, after: &World, name: &str) {
    assert!(!after.challenges.contains_key(name));
    let exact = HostPattern::Exact(name.parse().unwrap());
    let names_it = |scope: &Scope| matches!(&scope.hosts, HostScope::Only(patterns) if patterns.contains(&exact));
    let scopes = after.tokens.values().map(|token| &token.scope).chain(after.keys.values().map(|key| &key.scope));
    assert!(!scopes.into_iter().any(names_it), "{name}");
    let host = &before.hosts[name];
    let reserved = before.domains[&host.domain].shared && before.settings.reservation_days > 0;
    assert_eq!(after.reservations.get(name).map(|(owner, _)| *owner), reserved.then_some(host.owner), "{name}");
}

// -- indexes and snapshots

/// Every index says what a full scan says.
fn check_indexes(registry: &Registry) {
    let hosts: Vec<_> = registry.hosts().collect();
    assert!(hosts.is_sorted_by_key(|host| &host.name));
    assert_eq!(registry.mail_count(), registry.mails().count());
    let domains: Vec<_> = registry.domains().collect();
    let records: Vec<_> = registry.records_at_or_below(&Name::ROOT).collect();
    for number in 1..=registry.last_number() + 1 {
        let by_number = hosts.iter().find(|host| host.number.get() == number).copied();
        assert_eq!(registry.host_by_number(HostNo::new(number).unwrap()), by_number, "{number}");
        let account = AccountNo::new(number).unwrap();
        let own: Vec<_> = hosts.iter().filter(|host| host.owner == account).copied().collect();
        assert_eq!(registry.host_count(account), own.len());
        assert_eq!(registry.hosts_of(account).collect::<Vec<_>>(), own);
        let carried: Vec<_> = hosts.iter().filter(|host| host.client == ClientNo::new(number)).copied().collect();
        assert_eq!(registry.hosts_on(ClientNo::new(number).unwrap()).collect::<Vec<_>>(), carried);
        assert_eq!(
            registry.domains_of(account).map(|domain| domain.number).collect::<BTreeSet<_>>(),
            domains.iter().filter(|domain| domain.is_owned_by(account)).map(|domain| domain.number).collect()
        );
        assert_eq!(
            registry.tokens_of(account).map(|token| token.id).collect::<BTreeSet<_>>(),
            registry.tokens().filter(|token| token.account == account).map(|token| token.id).collect()
        );
        assert_eq!(
            registry.records_of(account).map(|record| record.id).collect::<BTreeSet<_>>(),
            records.iter().filter(|record| record.owner == Some(account)).map(|record| record.id).collect()
        );
        check_domain_indexes(registry, DomainNo::new(number).unwrap(), &hosts, &records);
    }
    let mut beating: Vec<_> = hosts.iter().filter(|host| host.heartbeat.is_some()).copied().collect();
    beating.sort_by_key(|host| host.number);
    assert_eq!(registry.hosts_with_heartbeat().collect::<Vec<_>>(), beating);
    let clients = registry.accounts().flat_map(|account| registry.clients_of(account.number));
    let mut beating: Vec<_> = clients.filter(|client| client.heartbeat.is_some()).collect();
    beating.sort_by_key(|client| client.number);
    assert_eq!(registry.clients_with_heartbeat().collect::<Vec<_>>(), beating);
    let mut made: Vec<_> = domains.iter().map(|domain| domain.number).collect();
    made.sort();
    assert_eq!(registry.domains_after(None).map(|domain| domain.number).collect::<Vec<_>>(), made);
    for (place, number) in made.iter().enumerate() {
        assert!(registry.domains_after(Some(*number)).map(|domain| &domain.number).eq(&made[place + 1..]));
    }
    for record in &records {
        assert_eq!(registry.record(record.id), Some(*record));
        assert!(registry.records_at(&record.name).contains(record));
    }
    for account in registry.accounts() {
        assert_eq!(registry.account_by_login(&account.login), Some(account));
        assert_eq!(registry.account_by_id(account.id), Some(account));
    }
    for domain in domains {
        assert_eq!(registry.domain_by_name(&domain.name), Some(domain));
        assert_eq!(registry.domain_by_id(domain.id), Some(domain));
        assert_eq!(registry.enclosing_domain(domain.name.name()), Some(domain));
    }
}

/// What is counted and kept in order for each domain.
fn check_domain_indexes(registry: &Registry, domain: DomainNo, hosts: &[&Arc<Host>], records: &[&Arc<Record>]) {
    let mut records: Vec<_> = records.iter().filter(|record| record.domain == domain).copied().collect();
    assert_eq!(registry.record_count(domain), records.len());
    for owner in registry.accounts().map(|account| account.number) {
        let own = records.iter().filter(|record| record.owner == Some(owner));
        assert_eq!(registry.record_share(domain, owner), own.count());
    }
    let sets: BTreeSet<_> = records.iter().map(|record| (&record.name, record.data.record_type())).collect();
    assert_eq!(registry.rrset_count(domain), sets.len());
    records.sort_by_key(|record| (record.created, record.id));
    for (place, record) in records.iter().enumerate() {
        let rest: Vec<_> = registry.records_in(domain, (record.created, record.id)).collect();
        assert_eq!(rest, records[place..]);
    }
    assert_eq!(registry.records_in(domain, Default::default()).count(), records.len());
    let mut hosts: Vec<_> = hosts.iter().filter(|host| host.domain == domain).copied().collect();
    hosts.sort_by_key(|host| (host.created, host.number));
    for (place, host) in hosts.iter().enumerate() {
        let rest: Vec<_> = registry.hosts_in(domain, (host.created, host.number)).collect();
        assert_eq!(rest, hosts[place..]);
    }
    assert_eq!(registry.hosts_in(domain, (Timestamp::default(), HostNo::MIN)).count(), hosts.len());
}

/// Replayed on an empty registry, a snapshot gives an equal one.
fn check_snapshot(registry: &Registry) {
    let mut replayed = Registry::new();
    for change in registry.snapshot() {
        assert_json_round_trip(&change);
        replayed.apply(&change).unwrap();
    }
    replayed.set_last_number(registry.last_number());
    assert_eq!(World::of(&replayed), World::of(registry));
    check_indexes(&replayed);
    let text = |registry: &Registry| {
        let mut lines: Vec<_> = registry.snapshot().map(|change| serde_json::to_string(&change).unwrap()).collect();
        lines.sort();
        lines
    };
    assert_eq!(text(&replayed), text(registry));
    let now = Timestamp::from_secs(0);
    assert_eq!(due(&replayed, now), due(registry, now));
}
