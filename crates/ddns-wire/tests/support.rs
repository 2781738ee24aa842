//! A registry to ask, requests octet by octet, and replies as text.

use ddns_core::*;
use ddns_wire::{Reply, Transport, respond};
use domain::base::iana::OptRcode;
use domain::base::message::RecordSection;
use domain::base::{Message, ParsedName, ToName};
use domain::rdata::AllRecordData;
use uuid::Uuid;

pub(crate) type ParsedData<'a> = AllRecordData<&'a [u8], ParsedName<&'a [u8]>>;

/// A registry that is filled by commands.
pub(crate) struct World {
    pub(crate) registry: Registry,
    owner: Option<AccountNo>,
    ids: u128,
}

impl World {
    /// One account and the shared domain `dyn.example` with its name server `ns.dyn.example` at 192.0.2.53.
    pub(crate) fn new() -> World {
        let mut world = World { registry: Registry::new(), owner: None, ids: 0 };
        let id = world.id();
        world.run(Command::AddServer {
            id,
            name: "ns.dyn.example".parse().unwrap(),
            addresses: vec!["192.0.2.53".parse().unwrap()],
        });
        let account = NewAccount {
            id: world.id(),
            login: "joe".parse().unwrap(),
            state: AccountState::Active,
            role: Role::User,
            max_hosts: 1_000,
            max_domains: 0,
            language: Default::default(),
            password: None,
        };
        let Receipt::Account(joe) = world.run(Command::AddAccount(account)) else { panic!("an account") };
        world.owner = Some(joe.number);
        world.domain("dyn.example", None);
        world
    }

    pub(crate) fn domain(&mut self, name: &str, email: Option<&str>) {
        let domain = NewDomain {
            id: self.id(),
            name: name.parse().unwrap(),
            owner: None,
            shared: true,
            email: email.map(|email| email.parse().unwrap()),
            ttl: None,
            description: None,
        };
        self.run(Command::AddDomain(domain));
    }

    pub(crate) fn host(&mut self, name: &str, addresses: &[&str], wildcard: bool) {
        let parse = |text: &&str| text.parse::<HostAddress>().unwrap();
        let mut host = NewHost {
            name: name.parse().unwrap(),
            owner: self.owner.unwrap(),
            ipv4: None,
            ipv6: None,
            ttl: HostTtl::S60,
            wildcard,
            suffix: None,
            heartbeat: None,
        };
        for address in addresses.iter().map(parse) {
            match address {
                HostAddress::V4(address) => host.ipv4 = Some(address),
                HostAddress::V6(address) => host.ipv6 = Some(address),
            }
        }
        self.run(Command::AddHost(host));
    }

    pub(crate) fn record(&mut self, name: &str, record_type: RecordType, data: &str) {
        self.add(name, RecordData::parse(record_type, data).unwrap());
    }

    pub(crate) fn add(&mut self, name: &str, data: RecordData) {
        let record = NewRecord {
            id: self.id(),
            name: name.parse().unwrap(),
            data,
            ttl: None,
            description: None,
            domain: None,
            narrow: false,
        };
        self.run(Command::AddRecord(record));
    }

    pub(crate) fn run(&mut self, command: Command) -> Receipt {
        let now = Timestamp::from_secs(1_800_000_000);
        let decision = decide(&self.registry, &Caller::Local, &command, now).unwrap();
        let before = self.registry.clone();
        decision.changes.iter().for_each(|change| self.registry.apply(change).unwrap());
        zone::advance(&before, &mut self.registry, &decision.changes, now);
        decision.receipt
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    pub(crate) fn ask(&self, query: &Query) -> Answer {
        self.ask_by(Transport::Udp, query)
    }

    pub(crate) fn ask_by(&self, transport: Transport, query: &Query) -> Answer {
        Answer(self.reply(transport, &query.octets()).expect("a reply"))
    }

    pub(crate) fn reply(&self, transport: Transport, request: &[u8]) -> Option<Message<Vec<u8>>> {
        let mut out = vec![0xEE; 7];
        match respond(&self.registry, request, transport, &mut out) {
            Reply::Send => Some(Message::from_octets(out).expect("a header")),
            Reply::Nothing => None,
        }
    }
}

/// A request, each part of which can be wrong.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) id: u16,
    pub(crate) flags: u16,
    pub(crate) counts: [u16; 4],
    pub(crate) name: Vec<u8>,
    pub(crate) record_type: u16,
    pub(crate) class: u16,
    pub(crate) behind: Vec<u8>,
}

pub(crate) const RD: u16 = 0x0100;

impl Query {
    pub(crate) fn new(name: &str, record_type: RecordType) -> Query {
        let (name, record_type) = (wire(name), record_type.0);
        Query { id: 0xBEEF, flags: RD, counts: [1, 0, 0, 0], name, record_type, class: 1, behind: Vec::new() }
    }

    pub(crate) fn edns(self, payload: u16) -> Query {
        self.opt(payload, 0)
    }

    /// An OPT record with its "ttl" of extended rcode, version and flags.
    pub(crate) fn opt(mut self, payload: u16, ttl: u32) -> Query {
        self.counts[3] += 1;
        self.behind.extend([0, 0, 41]);
        self.behind.extend(payload.to_be_bytes());
        self.behind.extend(ttl.to_be_bytes());
        self.behind.extend([0, 0]);
        self
    }

    pub(crate) fn question(&self) -> Vec<u8> {
        [&self.name[..], &self.record_type.to_be_bytes(), &self.class.to_be_bytes()].concat()
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        let numbers = [self.id, self.flags].into_iter().chain(self.counts);
        let mut octets: Vec<u8> = numbers.flat_map(u16::to_be_bytes).collect();
        octets.extend(self.question());
        octets.extend(&self.behind);
        octets
    }
}

/// A name as it is written, uncompressed and with its case.
pub(crate) fn wire(name: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        octets.push(u8::try_from(label.len()).unwrap());
        octets.extend(label.as_bytes());
    }
    octets.push(0);
    octets
}

/// A reply, as `domain` reads it.
pub(crate) struct Answer(pub(crate) Message<Vec<u8>>);

impl Answer {
    pub(crate) fn rcode(&self) -> OptRcode {
        self.0.opt_rcode()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.as_slice().len()
    }

    pub(crate) fn flags(&self) -> String {
        self.0.header().flags().to_string()
    }

    pub(crate) fn answer(&self) -> Vec<String> {
        lines(self.0.for_slice_ref().answer().unwrap())
    }

    pub(crate) fn authority(&self) -> Vec<String> {
        lines(self.0.for_slice_ref().authority().unwrap())
    }

    /// Without the OPT record.
    pub(crate) fn additional(&self) -> Vec<String> {
        lines(self.0.for_slice_ref().additional().unwrap())
    }
}

fn lines(section: RecordSection<'_, &[u8]>) -> Vec<String> {
    let records = section.map(|record| record.unwrap().into_record::<ParsedData<'_>>().unwrap().unwrap());
    let records = records.filter(|record| record.rtype() != domain::base::iana::Rtype::OPT);
    let line = |record: domain::base::Record<ParsedName<&[u8]>, ParsedData<'_>>| {
        let (owner, ttl, data) =
            (record.owner().to_name::<Vec<u8>>().fmt_with_dot().to_string(), record.ttl().as_secs(), record.data());
        format!("{owner} {ttl} {} {data}", record.rtype())
    };
    records.map(line).collect()
}
