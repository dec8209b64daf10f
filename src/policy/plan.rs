//! What a sink is told next, of all jobs together. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::folding::{Due, Folding};
use crate::id::ReportId;
use crate::incident::{Account, Incident};
use crate::time::Timestamp;

/// The time in which no more than so many notices are made for a sink, and no second digest.
const WINDOW: Duration = Duration::from_secs(60);

/// How long a digest waits for more to come.
const GATHERING: Duration = Duration::from_secs(10);

/// The incidents of this host, by their jobs' keys.
pub type Incidents = BTreeMap<String, Incident>;

/// What a sink is told next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What to tell now, in this order.
    pub now: Vec<Tell>,
    /// When to look again, should nothing happen before; `None` where nothing is left to tell.
    pub again_in: Option<Duration>,
}

/// One notice to be made, of the incidents with these keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tell {
    /// The crashes of one job that the sink does not know of.
    Crashes(String),
    /// That the job is stable.
    Recovered(String),
    /// The crashes of many jobs.
    Digest(Vec<String>),
}

/// Plans what `sink` is told of `incidents` at `now`, while the notices in `waiting` lie in its
/// queue.
///
/// - Of the jobs in `quiet` nothing, until it is over.
/// - While a notice on a job waits, there is no other one on it, unless Upstart gave it up: the
///   count goes on, and a sink that was down is told the sum.
/// - As many notices as the limit allows, those that wait and those of the last minute included.
///   A job's first and what is loud go before the rest; all that is left makes one digest.
pub fn plan(
    sink: &str,
    incidents: &Incidents,
    waiting: &BTreeSet<ReportId>,
    quiet: &BTreeSet<String>,
    folding: &Folding,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan::default();
    let mut due = Vec::new();
    let mut recovered = Vec::new();
    let accounts =
        || incidents.iter().filter_map(|(key, it)| Some((key, it, it.accounts.get(sink)?)));
    for (key, incident, account) in accounts() {
        let is_stable = account.owed_recovery && account.alarmed;
        if quiet.contains(key) {
            if account.owed_recovery || account.untold_since.is_some() {
                plan.look_again(WINDOW);
            }
            continue;
        }
        match folding.due(incident, account, now) {
            Due::Never | Due::In(_) | Due::Now if is_stable => recovered.push(key),
            Due::Never => {}
            Due::In(wait) => plan.look_again(wait),
            Due::Now if is_waiting(account, waiting) => {}
            urgency => {
                due.push((urgency, account.told_at.is_none(), account.untold_since, key, account))
            }
        }
    }
    let mut allowance =
        folding.host_limit.saturating_sub(waiting.len().max(recent(accounts(), now)));
    // The loud ones may come on top, up to as many again.
    let mut allowance_for_loud = allowance + folding.host_limit;
    // Loud before others, a job's first before its next, then in the order of their time.
    due.sort_by_key(|(urgency, first, since, ..)| (*urgency != Due::Loud, !first, *since));

    let fits = due.iter().filter(|(urgency, ..)| *urgency == Due::Now).count() <= allowance;
    let mut left = Vec::new();
    for (urgency, first, since, key, account) in due {
        let allowed = match urgency {
            Due::Loud => take_one(&mut allowance_for_loud),
            _ => (fits || first) && take_one(&mut allowance),
        };
        if allowed {
            plan.now.push(Tell::Crashes(key.clone()));
        } else {
            left.push((key, since, account));
        }
    }
    for key in recovered {
        if take_one(&mut allowance) {
            plan.now.push(Tell::Recovered(key.clone()));
        } else {
            plan.look_again(WINDOW);
        }
    }
    if !left.is_empty() {
        let wait = digest_in(&left, accounts(), waiting, now);
        if wait.is_zero() {
            plan.now.push(Tell::Digest(left.into_iter().map(|(key, ..)| key.clone()).collect()));
        } else {
            plan.look_again(wait);
        }
    }
    plan
}

impl Plan {
    fn look_again(&mut self, wait: Duration) {
        self.again_in = Some(self.again_in.map_or(wait, |before| before.min(wait)));
    }
}

/// Takes one of `allowance`; tells whether there was one.
fn take_one(allowance: &mut usize) -> bool {
    let one = allowance.checked_sub(1);
    *allowance = one.unwrap_or_default();
    one.is_some()
}

/// Whether the last notice on the job has not arrived yet.
fn is_waiting(account: &Account, waiting: &BTreeSet<ReportId>) -> bool {
    account.notice.is_some_and(|notice| waiting.contains(&notice))
}

/// Whether the last notice was made within the last minute.
fn is_recent(account: &Account, now: Timestamp) -> bool {
    account.told_at.is_some_and(|at| at <= now && now.since(at) < WINDOW)
}

/// How many notices were made within the last minute.
fn recent<'a>(
    accounts: impl Iterator<Item = (&'a String, &'a Incident, &'a Account)>,
    now: Timestamp,
) -> usize {
    let recent = accounts.filter(|(_, _, account)| is_recent(account, now));
    recent.filter_map(|(_, _, account)| account.notice).collect::<BTreeSet<_>>().len()
}

/// How long a digest of the jobs that are `left` waits: for more to come, for the one before it to
/// arrive, and for a minute to pass since that was made.
fn digest_in<'a>(
    left: &[(&String, Option<Timestamp>, &Account)],
    accounts: impl Iterator<Item = (&'a String, &'a Incident, &'a Account)>,
    waiting: &BTreeSet<ReportId>,
    now: Timestamp,
) -> Duration {
    let oldest = left.iter().filter_map(|(_, since, _)| *since).min();
    let gathered = oldest.map_or(Duration::ZERO, |since| {
        if since > now { Duration::ZERO } else { GATHERING.saturating_sub(now.since(since)) }
    });
    let digests = accounts.map(|(_, _, account)| account).filter(|account| account.digest);
    let before = digests.map(|account| match account.told_at {
        _ if is_waiting(account, waiting) => WINDOW,
        Some(at) if at <= now => WINDOW.saturating_sub(now.since(at)),
        _ => Duration::ZERO,
    });
    before.chain([gathered]).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
