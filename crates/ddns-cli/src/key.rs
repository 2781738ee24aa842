//! `ddns key`: TSIG keys, kept for signed updates and transfers, which are not served yet.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand, ValueEnum};
use ddns_core::{Command, Login, Name, Registry, TsigAlgorithm, TsigKey, policy};
use ddns_service::fresh;
use ddns_store::Secret;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::door;
use crate::failure::Failure;
use crate::output::{Object, moment, text};
use crate::page::{self, Page};
use crate::scope::NewScope;
use crate::session::{Missing, Session};

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and print its secret alone, once, in base64; or take a given secret
    Add(Add),
    /// List keys by name
    List(List),
    /// Show a key, but for its secret
    Show(Which),
    /// Remove a key
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name, as both sides know it
    #[arg(value_parser = name, value_name = "NAME")]
    name: Name,
    /// Whom it acts for
    #[arg(long, value_name = "LOGIN")]
    account: Login,
    /// How messages are signed
    #[arg(long, value_enum, value_name = "ALGORITHM", default_value = "hmac-sha256")]
    algorithm: AlgorithmWord,
    #[command(flatten)]
    scope: NewScope,
    /// Take the secret, in base64, from the first line of standard input
    #[arg(long)]
    secret_stdin: bool,
}

/// An algorithm as it is typed (RFC 8945, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AlgorithmWord {
    // For old programs only. (Doc comments would blow up the help.)
    HmacSha1,
    HmacSha256,
    HmacSha384,
    HmacSha512,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its name
    #[arg(value_parser = name, value_name = "NAME")]
    name: Name,
}

impl KeyCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            KeyCommand::Add(add) => add.run(session),
            KeyCommand::List(list) => list.run(session),
            KeyCommand::Show(which) => which.show(session),
            KeyCommand::Remove(which) => which.remove(session),
        }
    }
}

impl Add {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Add { name, account, algorithm, scope, secret_stdin } = self;
        let during = |failure: Failure| failure.during(format_args!("cannot add key {name}"));
        let number = session.account(&account).map_err(during)?.number;
        let algorithm = TsigAlgorithm::from(algorithm);
        let (shown, kept) = if secret_stdin { (None, given(session)?) } else { made(algorithm) };
        let secret = fresh::secret_id();
        let key = TsigKey {
            id: fresh::uuid(),
            name: name.clone(),
            algorithm,
            account: number,
            scope: scope.means(session.now()),
            secret,
            created: session.now(),
        };
        let added =
            session.request(Missing::Refuse, |request| request.with_secret(secret, kept), Command::AddTsigKey(key));
        let reply = added.map_err(during)?;
        let object = view(find(&reply.snapshot.registry, &name)?, &reply.snapshot.registry);
        let Some(shown) = shown else { return session.out.done(&format!("added key {name}"), &object) };
        let sentence = format!("added key {name} for {account}; this is its secret, shown only now:");
        session.out.secret(&sentence, object, &shown).map_err(|failure| {
            let lost = Failure::internal(failure).during("the key was made, but its secret could not be printed");
            lost.hint(format!("remove it with: ddns key remove {name}"))
        })
    }
}

/// A fresh secret, to show and to keep.
fn made(algorithm: TsigAlgorithm) -> (Option<SecretString>, Secret) {
    let octets = fresh::tsig_key(algorithm);
    (Some(SecretString::from(STANDARD.encode(&*octets))), Secret::TsigKey(octets))
}

/// A secret that the other side has already.
fn given(session: &mut Session<'_>) -> Result<Secret, Failure> {
    let typed = session.line("secret")?;
    let octets = STANDARD.decode(typed.expose_secret().trim()).map(Zeroizing::new).ok();
    let octets = octets.filter(|octets| !octets.is_empty()).ok_or_else(|| {
        let failure = Failure::usage(format!("the secret is no base64 of at most {} characters", policy::PASSWORD_MAX));
        failure.hint("give it as the other side's configuration has it, with its = at the end")
    })?;
    Ok(Secret::TsigKey(octets))
}

impl List {
    // Keys are few, so the whole state is loaded for them.
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let after = self.page.after.as_deref().map(|key| name(key).map_err(Failure::usage)).transpose()?;
        let mut keys: Vec<&TsigKey> = registry.tsig_keys().map(AsRef::as_ref).collect();
        keys.sort_by(|one, other| one.name.cmp(&other.name));
        let behind = keys.into_iter().filter(|key| after.as_ref().is_none_or(|after| key.name > *after));
        let rows = behind.take(self.page.limit.saturating_add(1));
        let rows = rows.map(|key| (key.name.to_string(), view(key, &registry))).collect();
        let columns = ["name", "algorithm", "account", "hosts", "actions", "networks", "expires"];
        page::print(session, &columns, rows, self.page.limit)
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        session.out.show(&view(find(&registry, &self.name)?, &registry))
    }

    fn remove(self, session: &mut Session<'_>) -> Result<(), Failure> {
        session.submit(Command::RemoveTsigKey { key: self.name.clone().into() })?;
        session.out.done(&format!("removed key {}", self.name), &Object::new([("removed", text(Some(&self.name)))]))
    }
}

/// The door of a key's name: any domain name but the root and wildcards.
fn name(typed: &str) -> Result<Name, String> {
    let name = door::name(typed).map_err(|error| error.to_string())?;
    if name.is_root() || name.is_wildcard() { Err("a key's name is a domain name".to_owned()) } else { Ok(name) }
}

fn find<'r>(registry: &'r Registry, name: &Name) -> Result<&'r TsigKey, Failure> {
    registry.tsig_key(name).map(AsRef::as_ref).ok_or_else(|| Failure::not_found(ddns_core::Kind::TsigKey, name))
}

impl From<AlgorithmWord> for TsigAlgorithm {
    fn from(word: AlgorithmWord) -> TsigAlgorithm {
        match word {
            AlgorithmWord::HmacSha1 => TsigAlgorithm::HmacSha1,
            AlgorithmWord::HmacSha256 => TsigAlgorithm::HmacSha256,
            AlgorithmWord::HmacSha384 => TsigAlgorithm::HmacSha384,
            AlgorithmWord::HmacSha512 => TsigAlgorithm::HmacSha512,
        }
    }
}

fn view(key: &TsigKey, registry: &Registry) -> Object {
    let algorithm = match key.algorithm {
        TsigAlgorithm::HmacSha1 => "hmac-sha1",
        TsigAlgorithm::HmacSha256 => "hmac-sha256",
        TsigAlgorithm::HmacSha384 => "hmac-sha384",
        TsigAlgorithm::HmacSha512 => "hmac-sha512",
    };
    Object::new([
        ("name", text(Some(&key.name))),
        ("id", text(Some(key.id))),
        ("algorithm", algorithm.into()),
        ("account", text(registry.account(key.account).map(|account| &account.login))),
    ])
    .with_scope(&key.scope)
    .with("created", moment(key.created))
}
