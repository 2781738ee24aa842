//! `ddns token`: credentials for routers and programs.

use clap::{Args, Subcommand};
use ddns_core::{
    Change, Command, HostPattern, HostScope, Login, Network, NewToken, Receipt, Timestamp, Token, TokenEdit, TokenLabel,
};
use ddns_service::fresh;
use ddns_store::{Kind, SoftKey};
use uuid::Uuid;

use crate::failure::Failure;
use crate::output::{Object, moment, text};
use crate::page::{self, Page, Source};
use crate::scope::{ActionWord, NewScope, actions, end, networks};
use crate::session::{Missing, Session};

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print its secret alone, once
    Create(Create),
    /// List tokens
    List(List),
    /// Show a token, but for its secret
    Show(Which),
    /// Change what a token is called or may do; its secret stays
    Set(Set),
    /// Make a token void
    Revoke(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Whom it acts for
    login: Login,
    /// What to call it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    label: TokenLabel,
    #[command(flatten)]
    scope: NewScope,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this account's
    login: Option<Login>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Set {
    /// The token's id
    id: Uuid,
    /// What to call it
    #[arg(long, value_name = "TEXT", group = "change")]
    label: Option<TokenLabel>,
    /// Which of the account's hosts it may act on from now on; those not named go
    #[arg(long = "host", value_name = "PATTERN", group = "change", conflicts_with = "all_hosts")]
    hosts: Vec<HostPattern>,
    /// It may act on all of the account's hosts
    #[arg(long, group = "change")]
    all_hosts: bool,
    /// What it may do from now on; what is not named goes
    #[arg(long = "action", value_enum, value_name = "ACTION", group = "change")]
    actions: Vec<ActionWord>,
    /// From which networks it may be used from now on; those not named go
    #[arg(long = "network", value_name = "NET", group = "change", conflicts_with = "any_network")]
    networks: Vec<Network>,
    /// It may be used from anywhere
    #[arg(long, group = "change")]
    any_network: bool,
    /// For how many days from now it may be used
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500), group = "change", conflicts_with = "no_expiry")]
    expires: Option<u32>,
    /// It may be used for ever
    #[arg(long, group = "change")]
    no_expiry: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The token's id
    id: Uuid,
}

impl TokenCommand {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            TokenCommand::Create(create) => create.run(session),
            TokenCommand::List(list) => list.run(session),
            TokenCommand::Show(which) => which.show(session),
            TokenCommand::Set(set) => set.run(session),
            TokenCommand::Revoke(which) => which.revoke(session),
        }
    }
}

impl Create {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let account = session.account(&self.login)?;
        let scope = self.scope.means(session.now());
        let (secret, digest) = fresh::token();
        let id = fresh::secret_id();
        let new = NewToken { id: fresh::uuid(), account: account.number, label: self.label, scope, secret: id };
        let made = session.request(Missing::Refuse, |request| request.with_secret(id, digest), Command::AddToken(new));
        let reply = made.map_err(|failure| failure.during(format_args!("cannot make a token for {}", self.login)))?;
        let Receipt::Token(token) = reply.receipt else { return Err(Failure::internal("the token has no receipt")) };
        let sentence = format!("made token {} for {}; this is its secret, shown only now:", token.id, self.login);
        session.out.secret(&sentence, view(&token, self.login.as_str()), &secret).map_err(|failure| {
            let lost = Failure::internal(failure).during("the token was made, but its secret could not be printed");
            lost.hint(format!("make it void with: ddns token revoke {}", token.id))
        })
    }
}

impl Set {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let (token, edit) = (self.id, self.means(session.now()));
        let set = session.submit(Command::SetToken { token, edit });
        let reply = set.map_err(|failure| failure.during(format_args!("cannot change token {token}")))?;
        let Receipt::Token(token) = reply.receipt else { return Err(Failure::internal("the token has no receipt")) };
        let login = session.login(token.account)?.unwrap_or_default();
        session.out.done(&format!("changed token {}", token.id), &view(&token, &login))
    }

    fn means(self, now: Timestamp) -> TokenEdit {
        let hosts = (!self.hosts.is_empty()).then_some(HostScope::Only(self.hosts));
        TokenEdit {
            label: self.label,
            hosts: if self.all_hosts { Some(HostScope::All) } else { hosts },
            actions: (!self.actions.is_empty()).then(|| actions(&self.actions)),
            networks: (self.any_network || !self.networks.is_empty()).then(|| networks(self.networks)),
            end: if self.no_expiry { Some(None) } else { self.expires.map(|days| Some(end(now, days))) },
        }
    }
}

impl List {
    fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let owner = self.login.as_ref().map(|login| session.account_number(login)).transpose()?;
        let after = self.page.after.as_deref().map(|key| key.parse::<Uuid>().map_err(Failure::usage)).transpose()?;
        let source = Source::of(Kind::Token, after.map(|id| id.to_string()));
        let tokens = source.first(session, self.page.limit.saturating_add(1), |change| match change {
            Change::Token(delta) => {
                delta.any().filter(|token| owner.is_none_or(|owner| owner == token.account)).cloned()
            }
            _ => None,
        })?;
        let mut rows = Vec::with_capacity(tokens.len());
        for token in tokens {
            let login = session.login(token.account)?.unwrap_or_default();
            rows.push((token.id.to_string(), view(&token, &login)));
        }
        page::print(
            session,
            &["id", "account", "label", "hosts", "actions", "networks", "expires"],
            rows,
            self.page.limit,
        )
    }
}

impl Which {
    fn show(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let registry = session.registry()?;
        let missing = || Failure::not_found(ddns_core::Kind::Token, self.id);
        let token = registry.token(self.id).ok_or_else(missing)?;
        let login = registry.account(token.account).map(|account| account.login.to_string()).unwrap_or_default();
        let soft = session.soft(&SoftKey::Token(token.id))?;
        session.out.show(&view(token, &login).with_contact(&soft))
    }

    fn revoke(self, session: &mut Session<'_>) -> Result<(), Failure> {
        session.submit(Command::RevokeToken { token: self.id })?;
        session.out.done(&format!("revoked token {}", self.id), &Object::new([("removed", text(Some(self.id)))]))
    }
}

fn view(token: &Token, login: &str) -> Object {
    Object::new([("id", text(Some(token.id))), ("account", login.into()), ("label", text(Some(&token.label)))])
        .with_scope(&token.scope)
        .with("parent", text(token.parent))
        .with("created", moment(token.created))
}
