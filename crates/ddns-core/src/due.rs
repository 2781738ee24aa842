//! Time as a source of commands: what it has brought about, and when it will bring the next.

use crate::change::{Change, Delta};
use crate::decide::{Actor, Draft, Receipt, take_account_away};
use crate::refusal::Refusal;
use crate::registry::{Deadline, Registry};
use crate::value::Timestamp;

/// What time has brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whether [`Command::Elapse`](crate::Command::Elapse) would change something now.
    pub overdue: bool,
    /// When it next will; none while nothing has an end.
    pub next: Option<Timestamp>,
}

/// Whether time has brought something about, and when it next will.
///
/// Challenge values, reservations and unconfirmed accounts end by themselves.
pub fn due(registry: &Registry, now: Timestamp) -> Due {
    let next = registry.deadlines().next().map(|(end, _)| *end);
    Due { overdue: next.is_some_and(|end| end <= now), next }
}

/// How many ends one command carries out; the next command does the rest.
const AT_ONCE: usize = 256;

pub(crate) fn elapse(draft: &mut Draft<'_>, actor: &Actor) -> Result<Receipt, Refusal> {
    actor.operate()?;
    let now = draft.now;
    let ended = draft.registry().deadlines().take_while(|(end, _)| *end <= now).take(AT_ONCE);
    for (_, deadline) in ended.cloned().collect::<Vec<_>>() {
        match deadline {
            Deadline::Challenge(host) => {
                for challenge in draft.registry().challenges(&host).to_vec() {
                    if challenge.end <= now {
                        draft.put(Change::Challenge(Delta::removed(&challenge)));
                    }
                }
            }
            Deadline::Reservation(name) => {
                if let Some(reservation) = draft.registry().reservation(&name).cloned() {
                    draft.put(Change::Reservation(Delta::removed(&reservation)));
                }
            }
            Deadline::Account(number) => {
                if let Some(account) = draft.registry().account(number).cloned() {
                    take_account_away(draft, &account)?;
                }
            }
        }
    }
    Ok(Receipt::Done)
}
