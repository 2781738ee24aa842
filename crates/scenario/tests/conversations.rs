//! Every conversation over every store. Each file in `scenarios/` is named here once; a test holds the list whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ddns_scenario::Backing;

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(
            mod $name {
                #[test]
                fn over_the_memory_store() {
                    super::check(stringify!($name), ddns_scenario::Backing::Memory);
                }

                #[test]
                fn over_the_file_store() {
                    super::check(stringify!($name), ddns_scenario::Backing::File);
                }
            }
        )*

        const NAMED: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    a_caller_behind_a_proxy
    a_certificate_for_a_host
    a_client_and_a_narrow_token
    a_client_by_the_command_line
    a_client_moves_its_hosts
    a_client_offline_and_back
    a_command_under_a_running_server
    a_domain_of_ones_own
    a_forgotten_password
    a_freed_name
    a_host_is_deleted
    a_narrow_token
    a_prefix_moves_a_site
    a_quota_is_reached
    a_record_set
    a_repeat_after_the_command_line
    a_restart
    a_revoked_token
    a_routers_address_and_prefix
    a_sign_up
    a_silent_client
    a_silent_host
    a_suffix_and_a_prefix
    a_suspended_account
    a_suspended_accounts_domain
    a_tokens_life
    a_wildcard
    aliases
    all_hosts_at_once
    an_erased_account
    an_operators_name_servers
    an_unchanged_repeat
    an_update_by_duckdns
    an_update_by_nic_update
    an_update_by_the_command_line
    an_update_by_the_two_dns_url
    an_update_by_two_dns
    another_address
    another_ttl
    bodies_that_are_wrong
    both_families
    challenge_values_end
    domains_above_and_below
    ids_after_a_restart
    lists_in_order
    managed_records
    name_servers
    names_above_and_below
    names_in_odd_spelling
    names_that_do_not_exist
    offline_and_back
    quotas_of_records
    serials_over_time
    tenants
    texts_of_every_kind
    the_clients_documentation
    the_designate_documentation
    the_two_dns_documentation
    too_many_changes
    two_accounts_after_one_key
    two_accounts_after_one_name
    two_hosts_in_one_update
    types_of_other_protocols
    why_an_update_was_refused
    wrong_credentials
}

fn check(name: &str, backing: Backing) {
    if let Err(failure) = ddns_scenario::play(&folder().join(format!("{name}.txt")), backing) {
        panic!("\n\n{failure}\n\n");
    }
}

#[test]
fn no_file_is_forgotten() {
    let text = |path: PathBuf| (path.extension()? == "txt").then(|| path.file_stem()?.to_str().map(str::to_owned))?;
    let files: BTreeSet<String> =
        std::fs::read_dir(folder()).unwrap().filter_map(|entry| text(entry.unwrap().path())).collect();
    let named: BTreeSet<String> = NAMED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files, named, "scenarios/*.txt on the left, the list in this file on the right");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}
