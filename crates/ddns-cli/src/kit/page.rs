//! The page of all kits, written from the templates themselves.

use std::fmt::Write;

use super::Values;
use super::program::Program;

const HEAD: &str = "\
# Set up a router or a program

`ddns kit HOST --for PROGRAM` makes a token that may do one thing for one host, and prints the configuration of the program
with the token in it:

```sh
ddns kit home.dyn.example --for ddclient > ddclient.conf
```

Only the configuration goes to standard output. What else there is to know (the token's id, whether there are older tokens for
the same host and program) goes to standard error. With `--output json` there is one object with all of it.

- The token may do on that host what the program needs, and nothing else: `update` for what reports addresses, `acme-challenge`
  for what makes certificates. Who finds it in a stolen router moves that one name. `ddns token revoke ID` makes it void, and
  `ddns token set ID` ties it to networks or gives it an end.
- Each call makes another token. A secret is shown once; who has lost a configuration makes a new one and revokes the old token.
- The service's address comes from `--url`, or from the key `base_url` of the server's configuration.
- The user name is the login of the account that the host belongs to.

This page shows, for `home.dyn.example` of the account `joe` at a service that is reached as `https://ddns.example.org`, what
the command prints. It is written from the program itself (`DDNS_BLESS=1 cargo test -p ddns-cli` writes it anew; a test holds
it true).
";

/// The page of all kits, as `docs/routers.md` has it.
pub fn routers() -> String {
    let mut page = HEAD.to_owned();
    for program in Program::ALL.iter().copied() {
        let _infallible =
            write!(page, "\n## {}\n\n```{}\n{}```\n", program.title(), program.language(), example(program));
    }
    page
}

/// What is printed for the page's host.
fn example(program: Program) -> String {
    const HOST: &str = "home.dyn.example";
    const URL: &str = "https://ddns.example.org";
    const ID: uuid::Uuid = uuid::Uuid::from_u128(0x1b4e_28ba_2fa1_4d2e_883f_0016_d3cc_a427);
    const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";
    match (HOST.parse(), URL.parse()) {
        (Ok(host), Ok(url)) => {
            Values { program, host: &host, login: "joe", id: ID, token: TOKEN, url: &url }.configuration()
        }
        _ => String::new(), // Never: both are fixed, and the page's test would show it.
    }
}
