//! What an authoritative server answers: a pure function of the registry and the question.
//!
//! The algorithm is RFC 1034, section 4.3.2, with the closest encloser and wildcards of RFC 4592 and negative answers of
//! RFC 2308. Nothing is allocated for a host's address.

use std::sync::Arc;

use crate::domain::Domain;
use crate::name::{self, Name, QueryName};
use crate::policy;
use crate::record::{Record, RecordData, RecordType};
use crate::registry::Registry;
use crate::value::Ttl;
use crate::zone;

/// What kind of answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// NOERROR, authoritative: the answer section has what was asked for, or an alias on the way to it.
    Answer,
    /// NOERROR, authoritative, and an empty answer: the name exists, this type does not. SOA in authority.
    NoData,
    /// NXDOMAIN, authoritative: the name does not exist. SOA in authority.
    NxDomain,
    /// NOERROR, not authoritative: somebody else's name servers are in authority.
    Referral,
    /// REFUSED: the name is in none of our zones.
    Refused,
}

/// Whose record it is that is being handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// The name that was asked for, as it was written.
    Question,
    /// Another name.
    Name(&'a Name),
}

/// Takes the records of an answer, section by section.
pub trait Sections {
    /// A record of the answer section.
    fn answer(&mut self, owner: Owner<'_>, ttl: Ttl, data: &RecordData);
    /// A record of the authority section.
    fn authority(&mut self, owner: &Name, ttl: Ttl, data: &RecordData);
    /// A record of the additional section.
    fn additional(&mut self, owner: &Name, ttl: Ttl, data: &RecordData);
}

/// Answers a question of class IN.
pub fn answer(
    registry: &Registry,
    question: &QueryName,
    record_type: RecordType,
    sections: &mut dyn Sections,
) -> Verdict {
    let Some(domain) = registry.enclosing(question.key()) else { return Verdict::Refused };
    let mut asked = Asked { registry, record_type, sections };
    // Part of a name is no name that an alias could lead back to.
    let key = if question.is_whole() { question.key() } else { &[] };
    asked.step(domain, question, Owner::Question, &Trail { key, before: None })
}

/// The names that aliases have led through, the newest first.
struct Trail<'a> {
    key: &'a [u8],
    before: Option<&'a Trail<'a>>,
}

impl Trail<'_> {
    fn keys(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::successors(Some(self), |trail| trail.before).map(|trail| trail.key)
    }
}

struct Asked<'a> {
    registry: &'a Registry,
    record_type: RecordType,
    sections: &'a mut dyn Sections,
}

impl Asked<'_> {
    /// Answers the newest name of the trail.
    fn step(&mut self, domain: &Domain, question: &QueryName, owner: Owner<'_>, trail: &Trail<'_>) -> Verdict {
        let apex = domain.name.name().key();
        if self.refer(domain, question) {
            return Verdict::Referral;
        }
        if question.is_whole() && self.exists(domain, question.key()) {
            return self.records(domain, question.key(), owner, trail);
        }
        let mut encloser = if question.is_whole() { name::parent_key(question.key()) } else { Some(question.key()) };
        while let Some(key) = encloser.filter(|key| key.len() > apex.len()) {
            if self.exists(domain, key) {
                break;
            }
            encloser = name::parent_key(key);
        }
        let mut buffer = [0u8; policy::NAME_WIRE_MAX];
        let wildcard = encloser.and_then(|encloser| wildcard_key(encloser, &mut buffer));
        match wildcard.filter(|key| self.exists(domain, key)) {
            Some(key) => self.records(domain, key, owner, trail),
            None => self.negative(domain, Verdict::NxDomain),
        }
    }

    /// Whether a name exists: it has records, or a name below it has (an empty non-terminal).
    fn exists(&self, domain: &Domain, key: &[u8]) -> bool {
        let apex = domain.name.name().key();
        if key == apex || self.registry.node(key).is_some() || self.registry.has_names_below(key) {
            return true;
        }
        self.has_records(domain, key) || self.is_above_server(domain, key)
    }

    fn has_records(&self, domain: &Domain, key: &[u8]) -> bool {
        let mut any = false;
        zone::each_own_record(self.registry, domain, key, &mut |_, _| any = true);
        any || self.wildcard_exists(key)
    }

    /// A host's `*.name` exists even while the host has no address.
    fn wildcard_exists(&self, key: &[u8]) -> bool {
        let parent = key.strip_suffix(b"*").and_then(|rest| rest.strip_suffix(&[name::SEPARATOR]));
        let host = parent.and_then(|parent| self.registry.host_by_name(parent));
        host.is_some_and(|host| host.wildcard)
    }

    /// Whether a name server's name, which may be no node of its own, makes this name an empty non-terminal.
    fn is_above_server(&self, domain: &Domain, key: &[u8]) -> bool {
        let inside = |name: &Name| name.is_at_or_below(domain.name.name()) && name::is_at_or_below(name.key(), key);
        self.registry.servers().any(|server| !server.addresses.is_empty() && inside(&server.name))
    }

    fn records(&mut self, domain: &Domain, key: &[u8], owner: Owner<'_>, trail: &Trail<'_>) -> Verdict {
        let mut wanted = self.record_type;
        let mut found = false;
        let mut alias: Option<Name> = None;
        let sections = &mut *self.sections;
        zone::each_own_record(self.registry, domain, key, &mut |ttl, data| {
            let present = data.record_type();
            if wanted == RecordType::ANY {
                wanted = present;
            }
            if present == wanted {
                found = true;
                sections.answer(owner, ttl, data);
            } else if let RecordData::Cname(target) = data {
                alias = Some(target.clone());
                sections.answer(owner, ttl, data);
            }
        });
        match alias {
            Some(target) => self.follow(&target, trail),
            None if found => Verdict::Answer,
            None => self.negative(domain, Verdict::NoData),
        }
    }

    /// Follows an alias as long as it stays in our zones and leads to a new name; else the resolver goes on.
    fn follow(&mut self, target: &Name, trail: &Trail<'_>) -> Verdict {
        if trail.keys().any(|key| key == target.key()) || trail.keys().count() > policy::CNAME_CHAIN {
            return Verdict::Answer;
        }
        let Some(domain) = self.registry.enclosing(target.key()) else { return Verdict::Answer };
        let trail = Trail { key: target.key(), before: Some(trail) };
        match self.step(domain, &QueryName::from(target), Owner::Name(target), &trail) {
            Verdict::NxDomain => Verdict::NxDomain,
            Verdict::Answer | Verdict::NoData | Verdict::Referral | Verdict::Refused => Verdict::Answer,
        }
    }

    /// The SOA that tells how long "no" may be cached (RFC 2308, section 3).
    fn negative(&mut self, domain: &Domain, verdict: Verdict) -> Verdict {
        let soa = zone::soa(self.registry, domain);
        let ttl = domain.ttl.min(domain.timers.minimum);
        self.sections.authority(domain.name.name(), ttl, &RecordData::Soa(soa));
        verdict
    }

    /// Hands over a delegation to somebody else's name servers, if the question lies at or below one.
    fn refer(&mut self, domain: &Domain, question: &QueryName) -> bool {
        let apex = domain.name.name().key();
        let mut cut = None;
        let mut key = Some(question.key());
        while let Some(present) = key.filter(|key| key.len() > apex.len()) {
            let extras = self.registry.node(present).and_then(|node| node.extras.as_ref());
            let records = extras.map(|extras| extras.records.as_slice()).unwrap_or_default();
            // Whether a delegation is signed is the zone's own to say (RFC 4035, section 3.1.4.1).
            let own = self.record_type == RecordType::DS && question.is_whole() && present == question.key();
            let served = |record: &&Arc<Record>| zone::is_served(self.registry, domain, record);
            let mut cuts = records.iter().filter(|record| record.data.record_type() == RecordType::NS && !own);
            if let Some(record) = cuts.find(served) {
                cut = Some((record.name.clone(), records));
            }
            key = name::parent_key(present);
        }
        let Some((owner, records)) = cut else { return false };
        for record in records.iter().filter(|record| zone::is_served(self.registry, domain, record)) {
            if let RecordData::Ns(server) = &record.data {
                self.sections.authority(&owner, record.ttl.unwrap_or(domain.ttl), &record.data);
                self.glue(domain, server);
            }
        }
        true
    }

    /// The addresses of a name server that lies in the zone itself.
    fn glue(&mut self, domain: &Domain, server: &Name) {
        if self.registry.enclosing(server.key()).is_none_or(|enclosing| enclosing.number != domain.number) {
            return;
        }
        let sections = &mut *self.sections;
        zone::each_own_record(self.registry, domain, server.key(), &mut |ttl, data| {
            if matches!(data, RecordData::A(_) | RecordData::Aaaa(_)) {
                sections.additional(server, ttl, data);
            }
        });
    }
}

/// `*.` in front of a key.
fn wildcard_key<'b>(encloser: &[u8], buffer: &'b mut [u8; policy::NAME_WIRE_MAX]) -> Option<&'b [u8]> {
    let len = encloser.len();
    buffer.get_mut(..len)?.copy_from_slice(encloser);
    let end = len.checked_add(2)?;
    buffer.get_mut(len..end)?.copy_from_slice(&[name::SEPARATOR, b'*']);
    buffer.get(..end)
}
