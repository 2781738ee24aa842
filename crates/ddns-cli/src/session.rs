//! One run of the command line: where the data is, the store and the service on it, and the streams.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ddns_core::{
    Account, AccountNo, Caller, Change, Command, DomainNo, Kind, Login, Registry, Timestamp, ZoneName, policy,
};
use ddns_service::{Clock, Options, Origin, Reply, Request, Service, SystemClock};
use ddns_store::{FileStore, SoftKey, SoftState, Store, StoreError};
use secrecy::SecretString;

use crate::failure::Failure;
use crate::output::Output;
use crate::page::Source;

/// One run of the command line.
pub(crate) struct Session<'a> {
    pub(crate) out: Output<'a>,
    pub(crate) progress: bool,
    place: Place<'a>,
    stdin: Option<&'a mut dyn BufRead>,
    reader: Option<Box<dyn Store>>,
    service: Option<Service>,
    names: Names,
}

/// Where the data is, and by which clock changes are dated.
pub(crate) struct Place<'a> {
    data: Data<'a>,
    clock: Arc<dyn Clock>,
}

enum Data<'a> {
    Directory(PathBuf),
    Given(&'a dyn Fn() -> Result<Box<dyn Store>, StoreError>),
}

/// Whether a command may begin a new data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It may: it adds what everything else needs.
    Begin,
    /// There must be one.
    Refuse,
}

/// Names of accounts and domains that lists have looked up.
#[derive(Default)]
struct Names {
    logins: BTreeMap<AccountNo, Option<String>>,
    zones: BTreeMap<DomainNo, Option<String>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(place: Place<'a>, out: Output<'a>, stdin: &'a mut dyn BufRead, progress: bool) -> Session<'a> {
        let names = Names::default();
        Session { out, progress, place, stdin: Some(stdin), reader: None, service: None, names }
    }

    /// Asks for a change, as the owner of the data.
    pub(crate) fn submit(&mut self, command: Command) -> Result<Reply, Failure> {
        self.request(Missing::Refuse, |request| request, command)
    }

    /// Asks for a change that may begin a new data directory, or that brings a secret.
    pub(crate) fn request(
        &mut self,
        missing: Missing,
        complete: impl FnOnce(Request) -> Request,
        command: Command,
    ) -> Result<Reply, Failure> {
        let origin = Origin::new("cli");
        let request = complete(Request::new(Caller::Local, command, origin));
        Ok(self.service(missing)?.submit_blocking(request)?)
    }

    /// The live service on the data, started at the first change.
    pub(crate) fn service(&mut self, missing: Missing) -> Result<&Service, Failure> {
        if self.service.is_none() {
            let store = self.place.open(missing)?;
            let options = Options { clock: self.place.clock.clone(), housekeeping: false, ..Options::default() };
            self.service = Some(Service::start(store, options)?);
        }
        self.service.as_ref().ok_or_else(|| Failure::internal("the service did not start"))
    }

    /// The store, to read from.
    pub(crate) fn reader(&mut self) -> Result<&mut (dyn Store + 'static), Failure> {
        if self.reader.is_none() {
            self.reader = Some(self.place.open(Missing::Refuse)?);
        }
        self.reader.as_deref_mut().ok_or_else(|| Failure::internal("the store did not open"))
    }

    /// What is good to know of one object, as a running server last wrote it.
    pub(crate) fn soft(&mut self, key: &SoftKey) -> Result<SoftState, Failure> {
        Ok(self.reader()?.soft(key)?.unwrap_or_default())
    }

    /// Everything at one version.
    pub(crate) fn registry(&mut self) -> Result<Registry, Failure> {
        match &self.service {
            Some(service) => Ok(service.snapshot().registry.clone()),
            None => Ok(self.reader()?.load()?.registry),
        }
    }

    /// Everything at one version, for a command that is about to change it: loaded once for both.
    pub(crate) fn registry_to_change(&mut self) -> Result<Registry, Failure> {
        Ok(self.service(Missing::Refuse)?.snapshot().registry.clone())
    }

    /// The account that a change is about.
    pub(crate) fn account(&mut self, login: &Login) -> Result<Arc<Account>, Failure> {
        find_account(&self.registry_to_change()?, login)
    }

    /// An account's number, without loading the rest.
    pub(crate) fn account_number(&mut self, login: &Login) -> Result<AccountNo, Failure> {
        let found = Source::of(ddns_store::Kind::Account, None).first(self, 1, |change| match change {
            Change::Account(delta) => {
                delta.any().filter(|account| account.login == *login).map(|account| account.number)
            }
            _ => None,
        })?;
        found.first().copied().ok_or_else(|| Failure::not_found(Kind::Account, login))
    }

    /// A domain's number, without loading the rest.
    pub(crate) fn domain_number(&mut self, name: &ZoneName) -> Result<DomainNo, Failure> {
        let found = Source::of(ddns_store::Kind::Domain, None).first(self, 1, |change| match change {
            Change::Domain(delta) => delta.any().filter(|domain| domain.name == *name).map(|domain| domain.number),
            _ => None,
        })?;
        found.first().copied().ok_or_else(|| Failure::not_found(Kind::Domain, name))
    }

    /// An account's login, without loading the rest.
    pub(crate) fn login(&mut self, number: AccountNo) -> Result<Option<String>, Failure> {
        if let Some(login) = self.names.logins.get(&number) {
            return Ok(login.clone());
        }
        let found = just(ddns_store::Kind::Account, number.get()).first(self, 1, |change| match change {
            Change::Account(delta) => delta.any().map(|account| (account.number, account.login.to_string())),
            _ => None,
        })?;
        let login = found.into_iter().find(|(found, _)| *found == number).map(|(_, login)| login);
        self.names.logins.insert(number, login.clone());
        Ok(login)
    }

    /// A domain's name, without loading the rest.
    pub(crate) fn zone(&mut self, number: DomainNo) -> Result<Option<String>, Failure> {
        if let Some(zone) = self.names.zones.get(&number) {
            return Ok(zone.clone());
        }
        let found = just(ddns_store::Kind::Domain, number.get()).first(self, 1, |change| match change {
            Change::Domain(delta) => delta.any().map(|domain| (domain.number, domain.name.to_string())),
            _ => None,
        })?;
        let zone = found.into_iter().find(|(found, _)| *found == number).map(|(_, zone)| zone);
        self.names.zones.insert(number, zone.clone());
        Ok(zone)
    }

    /// Forgets what lists have looked up: a change may have made it untrue.
    pub(crate) fn forget_names(&mut self) {
        self.names = Names::default();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.place.clock.now()
    }

    /// The directory of the data, where it is one.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match &self.place.data {
            Data::Directory(directory) => Some(directory),
            Data::Given(_) => None,
        }
    }

    /// A new password: a line of standard input, or typed twice at the terminal without being shown.
    pub(crate) fn password(&mut self, from_stdin: bool) -> Result<SecretString, Failure> {
        if from_stdin { self.line("password") } else { prompt() }
    }

    /// What must not stand on a command line: the first line of standard input.
    pub(crate) fn line(&mut self, what: &str) -> Result<SecretString, Failure> {
        let taken =
            || Failure::usage(format!("standard input is the batch itself, so a {what} cannot come from there"));
        let stdin = self.stdin.as_mut().ok_or_else(taken)?;
        let mut line = String::new();
        let most = u64::try_from(policy::PASSWORD_MAX).unwrap_or(u64::MAX).saturating_add(2);
        let read = stdin.take(most).read_line(&mut line);
        read.map_err(|error| Failure::usage(format!("the {what} cannot be read from standard input: {error}")))?;
        let length = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(length);
        if line.is_empty() {
            return Err(
                Failure::usage(format!("standard input holds no {what}")).hint(format!("its first line is the {what}"))
            );
        }
        Ok(SecretString::from(line))
    }

    /// Standard input as a whole; from then on nobody else can read it.
    pub(crate) fn take_stdin(&mut self) -> Result<&'a mut dyn BufRead, Failure> {
        self.stdin.take().ok_or_else(|| Failure::usage("standard input has already been read"))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.stdout.flush()?;
        Ok(())
    }

    /// Lets the service finish.
    pub(crate) fn stop(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop();
        }
    }
}

impl<'a> Place<'a> {
    pub(crate) fn directory(directory: PathBuf) -> Place<'a> {
        Place { data: Data::Directory(directory), clock: Arc::new(SystemClock) }
    }

    pub(crate) fn given(open: &'a dyn Fn() -> Result<Box<dyn Store>, StoreError>, clock: Arc<dyn Clock>) -> Place<'a> {
        Place { data: Data::Given(open), clock }
    }

    fn open(&self, missing: Missing) -> Result<Box<dyn Store>, Failure> {
        match &self.data {
            Data::Given(open) => Ok(open()?),
            Data::Directory(directory) => {
                let store = match missing {
                    Missing::Begin => FileStore::open(directory)?,
                    Missing::Refuse => FileStore::open_existing(directory)?,
                };
                Ok(Box::new(store))
            }
        }
    }
}

/// An account of a loaded state.
pub(crate) fn find_account(registry: &Registry, login: &Login) -> Result<Arc<Account>, Failure> {
    registry.account_by_login(login).cloned().ok_or_else(|| Failure::not_found(Kind::Account, login))
}

/// The list that begins with this number.
fn just(kind: ddns_store::Kind, number: u32) -> Source {
    Source::of(kind, Some(number.saturating_sub(1).to_string()))
}

fn prompt() -> Result<SecretString, Failure> {
    let ask = |what: &str| {
        let typed = rpassword::prompt_password(what).map(SecretString::from);
        typed.map_err(|_| {
            Failure::usage("there is no terminal to ask for a password").hint("give it with --password-stdin")
        })
    };
    let (first, second) = (ask("New password: ")?, ask("The same again: ")?);
    if secrecy::ExposeSecret::expose_secret(&first) == secrecy::ExposeSecret::expose_secret(&second) {
        Ok(first)
    } else {
        Err(Failure::usage("the two passwords differ; nothing was changed"))
    }
}
