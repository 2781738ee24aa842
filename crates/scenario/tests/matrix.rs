//! Every dialect against every other: a host that is made, changed and removed through one is seen through each of them
//! and by DNS before the reply is read, and each has words of its own for a conflict. Likewise plain records, in those that
//! know any; and to all others, what is a plain record is no host, until it is adopted.
//!
//! A new dialect is a new entry in [`DIALECTS`], in [`RECORDERS`] if it has records, in [`PREFIXES`] if it knows prefixes, and
//! in [`SETTERS`] if it sets challenge values.

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
    /// What is told of a name where a plain record stands.
    plain: &'static str,
}

/// How one dialect has plain records. `HOST` stands for the record's name and `ADDR` for its address.
struct Recorder {
    name: &'static str,
    make: Ask,
    change: Ask,
    remove: Ask,
    /// What it shows while the record has its address.
    present: &'static str,
    /// What it shows when there is no such record.
    absent: &'static str,
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
        plain: "\
HTTP POST /hosts
  as joe:$joe
  {\"fqdn\":\"HOST\",\"ip_address\":\"192.0.2.66\"}
  -> 422
  {\"hostname\":[\"has already been taken\"]}
HTTP PUT /hosts/HOST
  as joe:$joe
  {\"ip_address\":\"192.0.2.66\"}
  -> 404
  {\"message\":\"Sorry, resource does not exist\"}
HTTP DELETE /hosts/HOST
  as joe:$joe
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
        plain: "\
HTTP PUT /ddns/clients/box/hosts/HOST
  as joe:$joe
  -> 404
  …
HTTP GET /ddns/clients/box/hosts
  as joe:$joe
  -> 200
  {\"hosts\":[]}
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
        plain: "HTTP GET /nic/update?hostname=HOST&myip=192.0.2.66\n  as joe:$joe\n  -> 200\n  nohost\n",
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
        plain: "HTTP GET /update?hostname=HOST&ip=192.0.2.66\n  as joe:$joe\n  -> 200\n  nohost\n",
    },
    Dialect {
        name: "duckdns",
        make: None,
        change: &[
            Ask { asked: "HTTP GET /update?domains=HOST&token=$joe&ip=ADDR\n", reply: "  -> 200\n  OK\n" },
            Ask { asked: "HTTP GET /update/home/$joe/ADDR\n", reply: "  -> 200\n  OK\n" },
        ],
        remove: None,
        present: "\
HTTP GET /update?domains=HOST&token=$joe&ip=ADDR&verbose=true
  -> 200
  OK
  ADDR
  \"\"
  NOCHANGE
",
        absent: "HTTP GET /update?domains=HOST&token=$joe&ip=ADDR\n  -> 200\n  KO\n",
        conflict: "\
HTTP GET /update?domains=HOST&token=$ann&ip=192.0.2.66
  -> 200
  KO
HTTP GET /update?domains=home&token=$ann&ip=192.0.2.66
  -> 200
  KO
HTTP GET /update/HOST/$ann/192.0.2.66
  -> 200
  KO
",
        plain: "HTTP GET /update?domains=HOST&token=$joe&ip=192.0.2.66\n  -> 200\n  KO\n",
    },
    Dialect {
        name: "command line",
        make: Some(Ask { asked: "CLI host add HOST --owner joe --ip ADDR\n  says added host HOST\n", reply: "" }),
        change: &[Ask { asked: "CLI host set HOST --ip ADDR\n  says changed host HOST\n", reply: "" }],
        remove: Some(Ask { asked: "CLI host remove HOST\n  says removed host HOST\n", reply: "" }),
        present: "CLI host show HOST\n  prints ADDR\n",
        absent: "CLI host show HOST\n  -> exit 3\n  says there is no host HOST\n",
        conflict: "\
CLI host add HOST --owner ann --ip 192.0.2.66
  -> exit 4
  says HOST has already been taken
CLI record add HOST A 192.0.2.66
  -> exit 4
  says HOST already has a host
CLI record add HOST CNAME www.example.
  -> exit 4
  says HOST already has a host
CLI host adopt HOST --owner ann
  -> exit 4
  says cannot adopt HOST
",
        plain: "\
CLI host add HOST --owner joe --ip 192.0.2.66
  -> exit 4
  says HOST already has an A record
CLI host set HOST --ip 192.0.2.66
  -> exit 3
  says there is no host HOST
CLI host show HOST
  -> exit 3
  says there is no host HOST
",
    },
    Dialect {
        name: "designate",
        make: None,
        change: &[Ask {
            asked: "\
HTTP GET /v1/domains/$dyn.id/records => $list
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 200
  …
HTTP PUT /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  with X-Designate-Edit-Managed-Records: true
  with Content-Type: application/json
  {\"data\":\"ADDR\"}
",
            reply: "  -> 200 as JSON
  {\"id\":\"$list.records.2.id\",\"domain_id\":\"$dyn.id\",\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"ADDR\",
   \"priority\":null,\"ttl\":60,\"description\":null,\"created_at\":\"2027-01-15T08:00:00.000000\",\"updated_at\":null}
",
        }],
        remove: None,
        present: "\
HTTP GET /v1/domains/$dyn.id/records => $list
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 200 as JSON
  {\"records\":[$list.records.0,$list.records.1,
   {\"id\":\"$list.records.2.id\",\"domain_id\":\"$dyn.id\",\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"ADDR\",
    \"priority\":null,\"ttl\":60,\"description\":null,\"created_at\":\"2027-01-15T08:00:00.000000\",\"updated_at\":null}]}
HTTP GET /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-Sudo-Tenant-ID: ann
  with X-Auth-All-Projects: true
  -> 200 as JSON
  $list.records.2
HTTP DELETE /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  with X-Designate-Edit-Managed-Records: true
  -> 400
  …
",
        absent: "\
HTTP GET /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 404 as JSON
  {\"code\":404,\"type\":\"record_not_found\",\"message\":\"Could not find Record\",\"request_id\":\"…\"}
HTTP GET /v1/domains/$dyn.id/records => $list
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 200 as JSON
  {\"records\":[$list.records.0,$list.records.1]}
",
        conflict: "\
HTTP POST /v1/domains/$dyn.id/records
  with X-Auth-Token: $ann
  with Content-Type: application/json
  {\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"192.0.2.66\"}
  -> 404 as JSON
  {\"code\":404,\"type\":\"domain_not_found\",\"message\":\"Could not find Domain\",\"request_id\":\"…\"}
HTTP POST /v1/domains/$dyn.id/records
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  with Content-Type: application/json
  {\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"192.0.2.66\"}
  -> 400 as JSON
  {\"code\":400,\"type\":\"invalid_recordset_location\",\"message\":\"…\",\"request_id\":\"…\"}
HTTP POST /v1/domains/$dyn.id/records
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  with Content-Type: application/json
  {\"name\":\"HOST.\",\"type\":\"CNAME\",\"data\":\"www.example.\"}
  -> 400 as JSON
  {\"code\":400,\"type\":\"invalid_recordset_location\",\"message\":\"…\",\"request_id\":\"…\"}
",
        plain: "\
HTTP POST /v1/domains/$dyn.id/records
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  with Content-Type: application/json
  {\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"ADDR\"}
  -> 409 as JSON
  {\"code\":409,\"type\":\"duplicate_record\",\"message\":\"Duplicate Record\",\"request_id\":\"…\"}
",
    },
];

const RECORDERS: &[Recorder] = &[
    Recorder {
        name: "designate",
        make: Ask {
            asked: "\
HTTP POST /v1/domains/$dyn.id/records
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  with Content-Type: application/json
  {\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"ADDR\",\"ttl\":60}
",
            reply: "  -> 200 as JSON
  {\"id\":\"…\",\"domain_id\":\"$dyn.id\",\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"ADDR\",\"priority\":null,\"ttl\":60,
   \"description\":null,\"created_at\":\"2027-01-15T08:00:00.000000\",\"updated_at\":null}
",
        },
        change: Ask {
            asked: "\
HTTP PUT /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  with Content-Type: application/json
  {\"data\":\"ADDR\"}
",
            reply: "  -> 200\n  …\n",
        },
        remove: Ask {
            asked: "\
HTTP DELETE /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
",
            reply: "  -> 200\n",
        },
        present: "\
HTTP GET /v1/domains/$dyn.id/records => $list
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 200 as JSON
  {\"records\":[$list.records.0,$list.records.1,
   {\"id\":\"$list.records.2.id\",\"domain_id\":\"$dyn.id\",\"name\":\"HOST.\",\"type\":\"A\",\"data\":\"ADDR\",
    \"priority\":null,\"ttl\":60,\"description\":null,\"created_at\":\"2027-01-15T08:00:00.000000\",\"updated_at\":\"…\"}]}
HTTP GET /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 200 as JSON
  $list.records.2
",
        absent: "\
HTTP GET /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 404
  …
HTTP DELETE /v1/domains/$dyn.id/records/$list.records.2.id
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 404 as JSON
  {\"code\":404,\"type\":\"record_not_found\",\"message\":\"Could not find Record\",\"request_id\":\"…\"}
",
    },
    Recorder {
        name: "command line",
        make: Ask { asked: "CLI record add HOST A ADDR --ttl 60\n  says added\n", reply: "" },
        change: Ask { asked: "CLI record set HOST A --rdata ADDR\n  says changed\n", reply: "" },
        remove: Ask { asked: "CLI record remove HOST A\n  says removed\n", reply: "" },
        present: "\
CLI record show HOST A
  prints ADDR
CLI record list dyn.example --type A
  prints ADDR
CLI record add HOST A ADDR
  -> exit 4
",
        absent: "CLI record show HOST A\n  -> exit 3\n  says there is no record\n",
    },
];

/// Ways to say that the host's site has another prefix. `PREFIX` stands for it, and `SIX` for the address that comes of it.
const PREFIXES: &[Ask] = &[
    Ask {
        asked: "HTTP GET /nic/update?hostname=HOST&ip6lanprefix=PREFIX/64\n  as joe:$joe\n",
        reply: "  -> 200\n  good SIX\n",
    },
    Ask { asked: "HTTP GET /nic/update?ipv6prefix=PREFIX/64\n  as joe:$joe\n", reply: "  -> 200\n  good SIX\n" },
    Ask {
        asked: "HTTP POST /nic/update\n  as joe:$joe\n  hostname=HOST&myip=ADDR,PREFIX/64\n",
        reply: "  -> 200\n  good ADDR,SIX\n",
    },
    Ask {
        asked: "HTTP GET /update?hostname=HOST&ip6lanprefix=PREFIX\n  as joe:$joe\n",
        reply: "  -> 200\n  good SIX\n",
    },
    Ask {
        asked: "HTTP GET /update?domains=HOST&token=$joe&ipv6=PREFIX/64&verbose=true\n",
        reply: "  -> 200\n  OK\n  ADDR\n  SIX\n  UPDATED\n",
    },
    Ask {
        asked: "HTTP PUT /hosts/HOST\n  as joe:$joe\n  {\"ip6_prefix\":\"PREFIX/64\"}\n",
        reply: "  -> 200\n  [{\"activate_wildcard\":false,\"ttl\":60,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"ip6_address\":\"SIX\",\"url\":\"http://ddns.example/hosts/HOST\",\"ip6_suffix\":\"::7\"}]\n",
    },
    Ask { asked: "HTTP PUT /hosts/all\n  as joe:$joe\n  {\"ip6_prefix\":\"PREFIX/64\"}\n", reply: "  -> 200\n  …\n" },
    Ask { asked: "CLI host set HOST --prefix PREFIX/64\n  says changed\n", reply: "" },
];

/// What each dialect shows of a host with an address of each family.
const BOTH_PRESENT: &str = "\
HTTP GET /hosts/HOST
  as joe:$joe
  -> 200 as JSON
  {\"activate_wildcard\":false,\"ttl\":60,\"fqdn\":\"HOST\",\"ip_address\":\"ADDR\",\"ip6_address\":\"SIX\",\"ip6_suffix\":\"::7\",
   \"url\":\"http://ddns.example/hosts/HOST\"}
HTTP GET /ddns/clients/box/hosts
  as joe:$joe
  -> 200 as JSON
  {\"hosts\":[{\"hostname\":\"HOST\",\"ipAddress\":\"ADDR\",\"ip6Address\":\"SIX\",
   \"links\":[{\"rel\":\"self\",\"href\":\"http://ddns.example/ddns/clients/box/hosts/HOST\"}]}]}
HTTP GET /nic/update?hostname=HOST&myip=ADDR,SIX
  as joe:$joe
  -> 200
  nochg ADDR,SIX
HTTP GET /nic/update?hostname=HOST&ip6lanprefix=PREFIX/64
  as joe:$joe
  -> 200
  nochg SIX
HTTP GET /update?domains=HOST&token=$joe&ip=ADDR&ipv6=SIX&verbose=true
  -> 200
  OK
  ADDR
  SIX
  NOCHANGE
HTTP GET /v1/domains/$dyn.id/records => $list
  with X-Auth-Token: $olga
  with X-Auth-All-Projects: true
  -> 200 as JSON
  {\"records\":[$list.records.0,$list.records.1,$list.records.2,
   {\"id\":\"$list.records.3.id\",\"domain_id\":\"$dyn.id\",\"name\":\"HOST.\",\"type\":\"AAAA\",\"data\":\"SIX\",
    \"priority\":null,\"ttl\":60,\"description\":null,\"created_at\":\"…\",\"updated_at\":\"…\"}]}
CLI host show HOST
  prints SIX
";

/// How one dialect sets values for certificate authorities at the host. `VALUE` stands for the value.
struct Setter {
    name: &'static str,
    set: Ask,
    /// None where values are never taken away but by time.
    clear: Option<Ask>,
    /// What is told to somebody whose host it is not.
    conflict: &'static str,
    /// What is told where an alias stands.
    alias: &'static str,
}

const SETTERS: &[Setter] = &[
    Setter {
        name: "httpreq",
        set: Ask {
            asked: "HTTP POST /present\n  as joe:$joe\n  {\"fqdn\":\"_acme-challenge.HOST.\",\"value\":\"VALUE\"}\n",
            reply: "  -> 200\n",
        },
        clear: Some(Ask {
            asked: "HTTP POST /cleanup\n  as joe:$joe\n  {\"fqdn\":\"_acme-challenge.HOST.\",\"value\":\"VALUE\"}\n",
            reply: "  -> 200\n",
        }),
        conflict: "\
HTTP POST /present
  as ann:$ann
  {\"fqdn\":\"_acme-challenge.HOST.\",\"value\":\"VALUE\"}
  -> 404
  {\"message\":\"There is no host of this name\"}
HTTP POST /cleanup
  as ann:$ann
  {\"fqdn\":\"_acme-challenge.HOST.\",\"value\":\"VALUE\"}
  -> 404
  {\"message\":\"There is no host of this name\"}
",
        alias: "HTTP POST /present\n  as joe:$joe\n  {\"fqdn\":\"_acme-challenge.HOST.\",\"value\":\"VALUE\"}\n  -> 409\n  …\n",
    },
    Setter {
        name: "acme-dns",
        set: Ask {
            asked: "HTTP POST /update\n  with X-Api-User: $acme.username\n  with X-Api-Key: $acme.password\n  {\"subdomain\":\"$acme.subdomain\",\"txt\":\"VALUE\"}\n",
            reply: "  -> 200\n  {\"txt\":\"VALUE\"}\n",
        },
        clear: None,
        conflict: "\
HTTP POST /register
  as ann:$ann
  {\"host\":\"HOST\"}
  -> 404
  {\"error\":\"unknown_host\"}
HTTP POST /update
  with X-Api-User: $acme.username
  with X-Api-Key: $ann
  {\"subdomain\":\"$acme.subdomain\",\"txt\":\"VALUE\"}
  -> 401
  {\"error\":\"forbidden\"}
",
        alias: "HTTP POST /update\n  with X-Api-User: $acme.username\n  with X-Api-Key: $acme.password\n  {\"subdomain\":\"$acme.subdomain\",\"txt\":\"VALUE\"}\n  -> 409\n  {\"error\":\"alias_at_name\"}\n",
    },
    Setter {
        name: "duckdns",
        set: Ask { asked: "HTTP GET /update?domains=HOST&token=$joe&txt=VALUE\n", reply: "  -> 200\n  OK\n" },
        clear: Some(Ask {
            asked: "HTTP GET /update?domains=HOST&token=$joe&txt=VALUE&clear=true\n",
            reply: "  -> 200\n  OK\n",
        }),
        conflict: "\
HTTP GET /update?domains=HOST&token=$ann&txt=VALUE
  -> 200
  KO
HTTP GET /update?domains=HOST&token=$ann&txt=VALUE&clear=true
  -> 200
  KO
",
        alias: "HTTP GET /update?domains=HOST&token=$joe&txt=VALUE\n  -> 200\n  KO\n",
    },
];

const HOST: &str = "home.dyn.example";
/// Values as certificate authorities' clients make them.
const VALUES: [&str; 2] =
    ["LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM", "LnM23I66h-9HLfVow1SCq_JXXcPl6sDFxiuP-urCyTQ"];
const FIRST: &str = "192.0.2.1";
const SECOND: &str = "192.0.2.2";

const BEGINNING: &str = "\
CLI account add joe --password-stdin < correct horse battery
CLI account add ann --password-stdin < staple correct horse
CLI account add olga --operator --password-stdin < horse staple correct
CLI domain add dyn.example --shared --output json => $dyn
CLI token create joe => $joe
CLI token create ann => $ann
CLI token create olga => $olga
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

/// By whichever dialect a prefix comes, each other sees the address that is made of it.
#[test]
fn what_one_dialect_says_of_a_prefix_each_other_sees() {
    let mut story = Story::begin();
    story.tell("CLI host add HOST --owner joe --ip ADDR --suffix ::7\n", FIRST);
    story.tell(ATTACH, FIRST);
    // Twice, so that each comes behind each, and none makes what was there.
    for (turn, ask) in PREFIXES.iter().chain(PREFIXES.iter().rev()).enumerate() {
        let prefix = format!("2001:db8:1:{:x}::", turn + 1);
        let of_turn = |text: &str| text.replace("PREFIX", &prefix).replace("SIX", &format!("{prefix}7"));
        story.tell("LOG\nSERIAL dyn.example\n", FIRST);
        story.tell(&of_turn(ask.asked), FIRST);
        story.tell(&of_turn("DNS HOST AAAA\n  -> NOERROR aa\n  HOST. 60 AAAA SIX\n"), FIRST);
        if !ask.reply.is_empty() {
            story.tell(&of_turn(&format!("REPLY\n{}", ask.reply)), FIRST);
        }
        story.tell("LOG +1\nSERIAL dyn.example +1\n", FIRST);
        story.tell(&of_turn(BOTH_PRESENT), FIRST);
        story.tell("LOG unchanged\n", FIRST);
    }
    story.check("prefixes");
}

/// Values that one dialect has set are there for each other, beside a plain record of the same name, and are taken away by
/// each that can do so; none of them touches the record.
#[test]
fn challenge_values_are_the_same_whoever_sets_them() {
    for (setter, second) in SETTERS.iter().flat_map(|setter| SETTERS.iter().map(move |second| (setter, second))) {
        for remover in SETTERS {
            let Some(clear) = &remover.clear else { continue };
            let mut story = Story::with_values();
            story.values(&setter.set, VALUES[0], &[VALUES[0]]);
            story.values(&second.set, VALUES[1], &VALUES);
            story.tell("CLI record add _acme-challenge.HOST TXT plain --ttl 60\n  says added\n", FIRST);
            story.see_values(&["plain", VALUES[0], VALUES[1]]);
            story.tell("CLI record add _acme-challenge.HOST CNAME www.example.\n  -> exit 4\n", FIRST);
            for other in SETTERS {
                story.tell("LOG\n", FIRST);
                story.tell(&other.conflict.replace("VALUE", VALUES[0]), FIRST);
                story.tell("LOG unchanged\n", FIRST);
            }
            story.values(clear, VALUES[0], &["plain", VALUES[1]]);
            story.values(clear, VALUES[1], &["plain"]);
            // What has gone already need not be cleared; and the record is nobody's value.
            story.tell("LOG\n", FIRST);
            story.values(clear, VALUES[1], &["plain"]);
            story.values(clear, "plain", &["plain"]);
            story.tell("LOG unchanged\nCLI record remove _acme-challenge.HOST TXT\n  says removed\n", FIRST);
            story.see_values(&[]);
            story.check(&format!("set by {} and {}, cleared by {}", setter.name, second.name, remover.name));
        }
    }
}

/// An alias stands alone: each says so in its own words.
#[test]
fn no_challenge_value_stands_beside_an_alias() {
    let mut story = Story::with_values();
    story.tell("CLI record add _acme-challenge.HOST CNAME www.example.\n  says added\nLOG\n", FIRST);
    for setter in SETTERS {
        story.tell(&setter.alias.replace("VALUE", VALUES[0]), FIRST);
        story.tell("LOG unchanged\n", FIRST);
    }
    story.tell("DNS _acme-challenge.HOST CNAME\n  -> NOERROR aa\n  …\n", FIRST);
    story.check("an alias");
}

/// A plain record's whole life, and who sees what of it.
#[test]
fn what_one_dialect_records_each_other_sees() {
    for (maker, remover) in RECORDERS.iter().flat_map(|maker| RECORDERS.iter().map(move |remover| (maker, remover))) {
        let mut story = Story::begin();
        story.ask(&maker.make, FIRST, Some(FIRST));
        story.recorded_for_all(FIRST);
        for (turn, changer) in RECORDERS.iter().enumerate() {
            let address = if turn % 2 == 0 { SECOND } else { FIRST };
            story.ask(&changer.change, address, Some(address));
            story.recorded_for_all(address);
        }
        story.ask(&remover.remove, FIRST, None);
        for recorder in RECORDERS {
            story.tell(recorder.absent, FIRST);
        }
        story.check(&format!("recorded by {}, removed by {}", maker.name, remover.name));
    }
}

/// A plain record is no host, whoever asks; adopted, it is one, and everybody sees it.
#[test]
fn a_plain_record_is_a_host_when_it_is_adopted() {
    for maker in RECORDERS {
        let mut story = Story::begin();
        story.ask(&maker.make, FIRST, Some(FIRST));
        story.tell("LOG\nSERIAL dyn.example\n", FIRST);
        for dialect in DIALECTS {
            story.tell(dialect.plain, FIRST);
            story.tell("LOG unchanged\nSERIAL dyn.example unchanged\n", FIRST);
        }
        story.recorded_for_all(FIRST);
        story.ask(&ADOPT, FIRST, Some(FIRST));
        story.tell("LOG +1\n", FIRST);
        story.tell(ATTACH, FIRST);
        story.seen_by_all(FIRST);
        for dialect in DIALECTS {
            story.tell(dialect.conflict, FIRST);
        }
        for change in DIALECTS.iter().flat_map(|dialect| dialect.change) {
            story.ask(change, SECOND, Some(SECOND));
            story.seen_by_all(SECOND);
            story.tell("CLI host set HOST --ip ADDR\n", FIRST);
        }
        story.check(&format!("recorded by {}, adopted", maker.name));
    }
}

const ADOPT: Ask = Ask { asked: "CLI host adopt HOST --owner joe\n", reply: "" };

/// A scenario that is written as it goes.
struct Story(String);

impl Story {
    fn begin() -> Story {
        Story(BEGINNING.to_owned())
    }

    /// With the host, and a credential of acme-dns for it.
    fn with_values() -> Story {
        let mut story = Story::begin();
        story.tell("CLI host add HOST --owner joe --ip ADDR\n", FIRST);
        story.tell("HTTP POST /register => $acme\n  as joe:$joe\n  {\"host\":\"HOST\"}\n  -> 201\n  …\n", FIRST);
        story
    }

    /// Sets or clears a value; then DNS; and only then reads the reply.
    fn values(&mut self, ask: &Ask, value: &str, then: &[&str]) {
        self.tell(&ask.asked.replace("VALUE", value), FIRST);
        self.see_values(then);
        self.tell(&format!("REPLY\n{}", ask.reply.replace("VALUE", value)), FIRST);
    }

    fn see_values(&mut self, values: &[&str]) {
        let verdict = if values.is_empty() { "NXDOMAIN aa\n  …" } else { "NOERROR aa" };
        let line = |value: &&str| format!("  _acme-challenge.{HOST}. 60 TXT \"{value}\"\n");
        let lines: String = values.iter().map(line).collect();
        self.tell(&format!("DNS _acme-challenge.{HOST} TXT\n  -> {verdict}\n{lines}"), FIRST);
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

    fn recorded_for_all(&mut self, address: &str) {
        self.tell("LOG\n", address);
        for recorder in RECORDERS {
            self.tell(recorder.present, address);
        }
        self.tell("LOG unchanged\n", address);
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
