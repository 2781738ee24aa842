//! Every dialect against every other: a host that is made, changed and removed through one is seen through each of them
//! and by DNS before the reply is read, and each has words of its own for a conflict.
//!
//! A new dialect is a new entry in [`DIALECTS`].

use std::fmt::Write;
use std::path::Path;

use ddns_scenario::{Backing, play_text};

/// How one dialect does it. `HOST` stands for the host's name and `ADDR` for its address.
struct Dialect {
    name: &'static str,
    /// Steps that make the host with its address, in joe's name; none if it makes no hosts.
    make: Option<Ask>,
    /// Steps that set the address of the host, in joe's name.
    change: &'static [Ask],
    /// Steps that remove the host, in joe's name.
    remove: Option<Ask>,
    /// What it shows while the host has its address.
    present: &'static str,
    /// What it shows when there is no such host.
    absent: &'static str,
    /// What ann is told who wants the host for herself, or wants to change it.
    conflict: &'static str,
}

/// What is asked, and the reply. Between the two, DNS is asked.
struct Ask {
    asked: &'static str,
    reply: &'static str,
}

const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "two-dns",
        make: Some(Ask {
            asked: "HTTP POST /hosts\n  as joe:$joe\n  {\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\"}\n",
            reply: "  -> 201\n  {\"activate_wildcard\":false,\"ttl\":60,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"url\":\"http://ddns.example/hosts/HOST\"}\n",
        }),
        change: &[
            Ask {
                asked: "HTTP PUT /hosts/HOST\n  as joe:$joe\n  {\"ip_address\":\"ADDR\"}\n",
                reply: "  -> 200\n  [{\"activate_wildcard\":false,\"ttl\":60,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"url\":\"http://ddns.example/hosts/HOST\"}]\n",
            },
            Ask {
                asked: "HTTP PUT /hosts/all\n  as joe:$joe\n  {\"ip_address\":\"ADDR\"}\n",
                reply: "  -> 200\n  [{\"activate_wildcard\":false,\"ttl\":60,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"url\":\"http://ddns.example/hosts/HOST\"}]\n",
            },
        ],
        remove: Some(Ask { asked: "HTTP DELETE /hosts/HOST\n  as joe:$joe\n", reply: "  -> 204\n" }),
        present: "\
HTTP GET /hosts/HOST
  as joe:$joe
  -> 200
  {\"activate_wildcard\":false,\"ttl\":60,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"url\":\"http://ddns.example/hosts/HOST\"}
HTTP GET /hosts
  as joe:$joe
  -> 200
  [{\"activate_wildcard\":false,\"ttl\":60,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"url\":\"http://ddns.example/hosts/HOST\"}]
HTTP GET /users/me
  as joe:$joe
  -> 200
  {\"api_token\":\"$joe\",\"email\":\"joe\",\"max_allowed_hosts\":5,\"hosts\":[{\"activate_wildcard\":false,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"ttl\":60}]}
",
        absent: "\
HTTP GET /hosts/HOST
  as joe:$joe
  -> 404
  {\"message\":\"Sorry, resource does not exist\"}
HTTP PUT /hosts/HOST
  as joe:$joe
  {\"ip_address\":\"ADDR\"}
  -> 404
  {\"message\":\"Sorry, resource does not exist\"}
HTTP GET /hosts
  as joe:$joe
  -> 200
  []
HTTP GET /users/me
  as joe:$joe
  -> 200
  {\"api_token\":\"$joe\",\"email\":\"joe\",\"max_allowed_hosts\":5,\"hosts\":[]}
",
        conflict: "\
HTTP POST /hosts
  as ann:$ann
  {\"fqdn\":\"HOST\",\"ip_address\":\"192.0.2.66\"}
  -> 422
  {\"hostname\":[\"has already been taken\"]}
HTTP POST /hosts
  as joe:$joe
  {\"fqdn\":\"HOST\",\"ip_address\":\"192.0.2.66\"}
  -> 422
  {\"hostname\":[\"has already been taken\"]}
HTTP PUT /hosts/HOST
  as ann:$ann
  {\"ip_address\":\"192.0.2.66\"}
  -> 404
  {\"message\":\"Sorry, resource does not exist\"}
HTTP PUT /hosts/all
  as ann:$ann
  {\"ip_address\":\"192.0.2.66\"}
  -> 200
  []
HTTP DELETE /hosts/HOST
  as ann:$ann
  -> 404
  {\"message\":\"Sorry, resource does not exist\"}
",
    },
    Dialect {
        name: "clients",
        make: None,
        change: &[Ask {
            asked: "HTTP POST /ddns/clients/box/action\n  as joe:$joe\n  {\"updateIP\":\"ADDR\"}\n",
            reply: "  -> 204\n",
        }],
        remove: None,
        present: "\
HTTP GET /ddns/clients/box/hosts
  as joe:$joe
  -> 200
  {\"hosts\":[{\"hostname\":\"HOST\",\"ipAddress\":\"ADDR\",\"links\":[{\"rel\":\"self\",\"href\":\"http://ddns.example/ddns/clients/box/hosts/HOST\"}]}]}
",
        absent: "\
HTTP GET /ddns/clients/box/hosts
  as joe:$joe
  -> 200
  {\"hosts\":[]}
HTTP PUT /ddns/clients/box/hosts/HOST
  as joe:$joe
  -> 404
  …
",
        conflict: "\
HTTP PUT /ddns/clients/annbox/hosts/HOST
  as ann:$ann
  -> 403
  …
HTTP PUT /ddns/clients/box
  as ann:$ann
  -> 403
  …
HTTP POST /ddns/clients/box/action
  as ann:$ann
  {\"updateIP\":\"192.0.2.66\"}
  -> 403
  …
HTTP DELETE /ddns/clients/box/hosts/HOST
  as ann:$ann
  -> 403
  …
",
    },
    Dialect {
        name: "dyndns2",
        make: None,
        change: &[Ask {
            asked: "HTTP GET /nic/update?hostname=HOST&myip=ADDR\n  as joe:$joe\n",
            reply: "  -> 200\n  good ADDR\n",
        }],
        remove: None,
        present: "HTTP GET /nic/update?hostname=HOST&myip=ADDR\n  as joe:$joe\n  -> 200\n  nochg ADDR\n",
        absent: "HTTP GET /nic/update?hostname=HOST&myip=ADDR\n  as joe:$joe\n  -> 200\n  nohost\n",
        conflict: "HTTP GET /nic/update?hostname=HOST&myip=192.0.2.66\n  as ann:$ann\n  -> 200\n  nohost\n",
    },
    Dialect {
        name: "two-dns-update",
        make: None,
        change: &[Ask {
            asked: "HTTP GET /update?hostname=HOST&ip=ADDR\n  as joe:$joe\n",
            reply: "  -> 200\n  good ADDR\n",
        }],
        remove: None,
        present: "HTTP GET /update?hostname=HOST&ip=ADDR\n  as joe:$joe\n  -> 200\n  nochg ADDR\n",
        absent: "HTTP GET /update?hostname=HOST&ip=ADDR\n  as joe:$joe\n  -> 200\n  nohost\n",
        conflict: "HTTP GET /update?hostname=HOST&ip=192.0.2.66\n  as ann:$ann\n  -> 200\n  nohost\n",
    },
    Dialect {
        name: "command line",
        make: Some(Ask { asked: "CLI host add HOST --owner joe --ip ADDR\n  says added host HOST\n", reply: "" }),
        change: &[Ask { asked: "CLI host set HOST --ip ADDR\n  says changed host HOST\n", reply: "" }],
        remove: Some(Ask { asked: "CLI host remove HOST\n  says removed host HOST\n", reply: "" }),
        present: "CLI host show HOST\n  prints ADDR\n",
        absent: "CLI host show HOST\n  -> exit 3\n  says there is no host HOST\n",
        conflict: "CLI host add HOST --owner ann --ip 192.0.2.66\n  -> exit 4\n  says HOST has already been taken\n",
    },
];

const HOST: &str = "home.dyn.example";
const FIRST: &str = "192.0.2.1";
const SECOND: &str = "192.0.2.2";

const BEGINNING: &str = "\
CLI account add joe --password-stdin < correct horse battery
CLI account add ann --password-stdin < staple correct horse
CLI domain add dyn.example --shared
CLI token create joe => $joe
CLI token create ann => $ann
HTTP PUT /ddns/clients/box
  as joe:$joe
  -> 201
  …
HTTP PUT /ddns/clients/annbox
  as ann:$ann
  -> 201
  …
";

const ATTACH: &str = "HTTP PUT /ddns/clients/box/hosts/HOST\n  as joe:$joe\n  -> 201\n  …\n";

/// A host's whole life, and who sees what of it.
#[test]
fn what_one_dialect_does_each_other_sees() {
    let makers = || DIALECTS.iter().filter_map(|dialect| Some((dialect.name, dialect.make.as_ref()?)));
    let removers = || DIALECTS.iter().filter_map(|dialect| Some((dialect.name, dialect.remove.as_ref()?)));
    for ((maker, make), (remover, remove)) in makers().flat_map(|made| removers().map(move |removed| (made, removed))) {
        let mut story = Story::begin();
        story.ask(make, FIRST, Some(FIRST));
        story.tell(ATTACH, FIRST);
        story.seen_by_all(FIRST);
        for (turn, dialect) in DIALECTS.iter().flat_map(|dialect| dialect.change.iter()).enumerate() {
            let address = if turn % 2 == 0 { SECOND } else { FIRST };
            story.ask(dialect, address, Some(address));
            story.seen_by_all(address);
        }
        story.ask(remove, FIRST, None);
        story.gone_for_all();
        story.check(&format!("made by {maker}, removed by {remover}"));
    }
}

/// Whoever comes second is told so in its dialect's own words, and nothing changes.
#[test]
fn each_dialect_has_its_words_for_a_conflict() {
    for dialect in DIALECTS {
        let Some(make) = &dialect.make else { continue };
        let mut story = Story::begin();
        story.ask(make, FIRST, Some(FIRST));
        story.tell(ATTACH, FIRST);
        story.tell("LOG\nSERIAL dyn.example\n", FIRST);
        for other in DIALECTS {
            story.tell(other.conflict, FIRST);
            story.tell("LOG unchanged\nSERIAL dyn.example unchanged\n", FIRST);
        }
        story.seen_by_all(FIRST);
        story.check(&format!("conflicts with what was made by {}", dialect.name));
    }
}

/// A scenario that is written as it goes.
struct Story(String);

impl Story {
    fn begin() -> Story {
        Story(BEGINNING.to_owned())
    }

    fn tell(&mut self, steps: &str, address: &str) {
        self.0.push_str(&steps.replace("HOST", HOST).replace("ADDR", address));
    }

    /// Asks; then DNS; and only then reads the reply.
    fn ask(&mut self, ask: &Ask, address: &str, then: Option<&str>) {
        self.tell(ask.asked, address);
        match then {
            Some(address) => writeln!(self.0, "DNS {HOST} A\n  -> NOERROR aa\n  {HOST}. 60 A {address}").unwrap(),
            None => writeln!(self.0, "DNS {HOST} A\n  -> NXDOMAIN aa\n  …").unwrap(),
        }
        if !ask.reply.is_empty() {
            self.tell(&format!("REPLY\n{}", ask.reply), address);
        }
    }

    fn seen_by_all(&mut self, address: &str) {
        self.tell("LOG\n", address);
        for dialect in DIALECTS {
            self.tell(dialect.present, address);
        }
        self.tell("LOG unchanged\n", address); // Looking changes nothing.
    }

    fn gone_for_all(&mut self) {
        for dialect in DIALECTS {
            self.tell(dialect.absent, FIRST);
        }
    }

    fn check(&self, name: &str) {
        for backing in [Backing::Memory, Backing::File] {
            if let Err(failure) = play_text(Path::new(name), &self.0, backing) {
                panic!("\n\n{failure}\n\n");
            }
        }
    }
}
