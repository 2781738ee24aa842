//! `ddns kit`: a token for one host and one program, and the program's configuration with the token in it.

mod page;
mod program;
mod template;
mod url;

use clap::Args;
use ddns_core::{Command, Fqdn, Host, HostPattern, HostScope, NewToken, Receipt, Registry, Scope, Token};
use ddns_service::fresh;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

pub use page::routers;

use crate::door;
use crate::failure::Failure;
use crate::output::{Object, text};
use crate::session::{Missing, Session};
use program::Program;
use url::ServiceUrl;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct Kit {
    /// The host's name
    #[arg(value_parser = door::fqdn, value_name = "FQDN")]
    host: Fqdn,
    /// What is to be set up
    #[arg(long = "for", value_enum, value_name = "PROGRAM")]
    program: Program,
    /// Where the service is reached [default: the base_url of the server's configuration]
    #[arg(long, value_name = "URL")]
    url: Option<ServiceUrl>,
}

impl Kit {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry_to_change()?;
        let host = registry.host(&self.host).ok_or_else(|| Failure::not_found(ddns_core::Kind::Host, &self.host))?;
        let account = registry.account(host.owner).ok_or_else(|| Failure::internal("the host has no owner"))?;
        let (program, login) = (self.program, account.login.as_str());
        let url = self.url(&registry)?;
        check(program, login, &url)?;
        let earlier: Vec<Uuid> = earlier(&registry, host, program).map(|token| token.id).collect();
        let (token, secret) = make_token(session, host, program)?;
        let values =
            Values { program, host: &host.name, login, id: token.id, token: secret.expose_secret(), url: &url };
        let configuration = SecretString::from(values.configuration());
        let printed = session.out.kit(view(&token, &values), &configuration, &secret);
        printed.map_err(|failure| {
            let lost =
                Failure::internal(failure).during("the token was made, but its configuration could not be printed");
            lost.hint(format!("make it void with: ddns token revoke {}", token.id))
        })?;
        tell(session, &values, &earlier)
    }

    /// What was typed, or what the server's configuration says.
    fn url(&self, registry: &Registry) -> Result<ServiceUrl, Failure> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let hint = "say it with: --url https://ddns.example.org, or for all kits with the key base_url of ddnsd's configuration";
        let unknown = || Failure::usage("nobody has said where the service is reached").hint(hint);
        let configured = registry.settings().base_url.as_ref().ok_or_else(unknown)?;
        configured.parse().map_err(|error| Failure::usage(format!("base_url is {configured}: {error}")).hint(hint))
    }
}

/// Whether the program can do what it would be told.
fn check(program: Program, login: &str, url: &ServiceUrl) -> Result<(), Failure> {
    if !url.is_https() && !program.speaks_plain_http() {
        let refused = Failure::usage(format!("{} speaks HTTPS alone, and the service's URL is {url}", program.word()));
        return Err(refused.hint("serve HTTPS, and give its URL with: --url"));
    }
    if !program.can_hold(login) {
        let refused =
            Failure::refused(format!("the configuration of {} cannot hold the login {login}", program.word()));
        return Err(refused.hint("give the account another one with: ddns account set LOGIN --login NEW"));
    }
    Ok(())
}

/// The tokens that were made before for the same program on the same host.
fn earlier<'r>(registry: &'r Registry, host: &Host, program: Program) -> impl Iterator<Item = &'r Token> + use<'r> {
    let (label, scope) = (program.word(), just(&host.name));
    let same = move |token: &&Token| token.label.as_str() == label && token.scope.hosts == scope;
    registry.tokens_of(host.owner).map(AsRef::as_ref).filter(same)
}

fn make_token(session: &mut Session<'_>, host: &Host, program: Program) -> Result<(Token, SecretString), Failure> {
    let label = program.label().map_err(Failure::internal)?;
    let scope = Scope { hosts: just(&host.name), actions: program.actions(), networks: Vec::new(), end: None };
    let (secret, digest) = fresh::token();
    let id = fresh::secret_id();
    let new = NewToken { id: fresh::uuid(), account: host.owner, label, scope, secret: id };
    let made = session.request(Missing::Refuse, |request| request.with_secret(id, digest), Command::AddToken(new));
    match made.map_err(|failure| failure.during(format_args!("cannot make a token for {}", host.name)))?.receipt {
        Receipt::Token(token) => Ok((Token::clone(&token), secret)),
        _ => Err(Failure::internal("the token has no receipt")),
    }
}

fn just(host: &Fqdn) -> HostScope {
    HostScope::Only(vec![HostPattern::Exact(host.clone())])
}

fn view(token: &Token, values: &Values<'_>) -> Object {
    Object::new([
        ("host", text(Some(values.host))),
        ("program", values.program.word().into()),
        ("url", text(Some(values.url))),
        ("account", values.login.into()),
        ("token", text(Some(token.id))),
    ])
    .with_scope(&token.scope)
}

/// What people should know besides; programs have it in the object.
fn tell(session: &mut Session<'_>, values: &Values<'_>, earlier: &[Uuid]) -> Result<(), Failure> {
    let Values { program, host, login, id, url, .. } = values;
    let purpose = program.purpose();
    session.out.say(format_args!("made token {id} for {login}, which may {purpose} {host} and do nothing else;"))?;
    session.out.say("its secret stands in the configuration, and is shown only now")?;
    for former in earlier {
        let word = program.word();
        session.out.say(format_args!("note: {word} has token {former} for this host, too; if this one takes its place: ddns token revoke {former}"))?;
    }
    if !url.is_https() {
        session.out.say("note: the token goes to a http:// URL for all to read who are on the way")?;
    }
    Ok(())
}

/// What the configurations tell.
struct Values<'a> {
    program: Program,
    host: &'a Fqdn,
    login: &'a str,
    id: Uuid,
    token: &'a str,
    url: &'a ServiceUrl,
}

impl Values<'_> {
    /// The program's configuration.
    fn configuration(&self) -> String {
        template::fill(self.program.template(), self.program.quotes(), |name| self.value(name))
    }

    fn value(&self, name: &str) -> Option<String> {
        let Values { host, login, token, url, .. } = self;
        let either = |yes: &str, no: &str| if url.is_https() { yes.to_owned() } else { no.to_owned() };
        Some(match name {
            "host" => host.to_string(),
            "login" => (*login).to_owned(),
            "token" => (*token).to_owned(),
            "credentials" => format!("{login}:{token}"),
            "id" => self.id.to_string(),
            "url" => url.to_string(),
            "scheme" => url.scheme().to_owned(),
            "authority" => url.authority().to_owned(),
            "path" => url.path().to_owned(),
            "update" => format!("{url}/nic/update?hostname={host}"),
            "section" => host.to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
            "https:1" => either("1", "0"),
            "https:true" => either("true", "false"),
            "https:yes" => either("yes", "no"),
            "https:checked" => either("checked", "not checked"),
            "check" => either(" check-certificate=yes", ""),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_every_template_is_filled_in() {
        let host = "home.dyn.example".parse().unwrap();
        for url in ["https://ddns.example.org", "http://[2001:db8::1]:8053/names"] {
            let url = url.parse().unwrap();
            for program in Program::ALL.iter().copied() {
                let values =
                    Values { program, host: &host, login: "joe", id: Uuid::nil(), token: "0123456789", url: &url };
                let text = values.configuration();
                assert!(!text.contains("{{") && text.ends_with('\n'), "{text}");
                assert!(text.contains("0123456789") && text.contains(url.authority()), "{text}");
                assert!(text.lines().all(|line| line.len() <= 200 && line.trim_end() == line), "{text}");
            }
        }
    }
}
