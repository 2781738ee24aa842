//! OpenStack's own client of the first version of its DNS, unchanged: its bindings, and the command `designate` over them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::programs::{Said, output, run};
use crate::python;
use crate::resolvers;
use crate::site::Site;

/// A site without domains, with two name servers, and the operator `op`.
struct Cloud {
    site: Site,
    ann: String,
    operator: String,
}

impl Cloud {
    fn new() -> Cloud {
        let site = Site::with_hosts::<&str>(&[]);
        site.ddns(&["domain", "remove", "dyn.example"]);
        for server in ["ns1.example.net", "ns2.example.net"] {
            site.ddns(&["server", "add", server]);
        }
        let token = |who: String| who.split_once(':').unwrap().1.to_owned();
        let (ann, operator) = (token(site.add_account("ann", 5)), token(site.add_account("op", 5)));
        site.ddns(&["account", "set", "op", "--operator", "true"]);
        Cloud { site, ann, operator }
    }

    fn endpoint(&self) -> String {
        format!("http://{}/v1", self.site.server.http)
    }
}

#[test]
fn its_bindings() {
    let Some(mut script) = python::script("OpenStack's client", "openstack.py") else { return };
    let cloud = Cloud::new();
    script.arg(cloud.endpoint()).args([&cloud.site.token, &cloud.ann, &cloud.operator]);
    assert_eq!(output(script.env("PYTHONDONTWRITEBYTECODE", "1")), "");
}

#[test]
fn its_command() {
    let Some(python) = python::python("OpenStack's command") else { return };
    let cloud = Cloud::new();
    let program = Path::new(python.get_program()).with_file_name("designate");
    let designate = |words: &[&str]| -> Said {
        let mut command = Command::new(&program);
        command.args(["--os-endpoint", &cloud.endpoint(), "--os-token", &cloud.site.token]).args(words);
        run(command.env_remove("OS_AUTH_URL").env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONWARNINGS", "ignore"))
    };
    let told = |words: &[&str]| -> Value {
        let said = designate(&[words, &["-f", "json"]].concat());
        assert!(said.success, "{words:?}: {said:?}");
        serde_json::from_str(&said.out).unwrap()
    };
    let domain = told(&["domain-create", "--name", "shell.example.", "--email", "joe@example.org"]);
    assert_eq!(domain["ttl"], 3600);
    let record = "record-create shell.example. --name www.shell.example. --type A --data 192.0.2.7 --ttl 60";
    let record = told(&record.split(' ').collect::<Vec<_>>());
    resolvers::all_agree(&cloud.site, &[("www.shell.example", "A", "192.0.2.7")]);
    let id = record["id"].as_str().unwrap();
    // This one asks for the record before it has looked up the domain's id.
    let domain = domain["id"].as_str().unwrap();
    let change = ["record-update", domain, id, "--data", "192.0.2.8", "--description", "from a shell"];
    assert_eq!(told(&change)["data"], "192.0.2.8");
    resolvers::all_agree(&cloud.site, &[("www.shell.example", "A", "192.0.2.8")]);
    let listed = told(&["record-list", "shell.example."]);
    let types: Vec<&str> = listed.as_array().unwrap().iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["SOA", "NS", "NS", "A"]);
    assert!(designate(&["record-delete", "shell.example.", id]).success);
    assert_eq!(cloud.site.served("www.shell.example", "A"), Vec::<String>::new());
    let failed = designate(&["record-get", domain, id]);
    assert!(failed.out.contains("record_not_found"), "{failed:?}");
    assert!(designate(&["domain-delete", "shell.example."]).success);
    assert_eq!(told(&["domain-list"]), serde_json::json!([]));
}
