//! What a notice says, and what the sink then knows. Pure.

use super::folding::Folding;
use super::plan::{Incidents, Tell};
use crate::id::ReportId;
use crate::incident::{Account, Incident};
use crate::notice::{JobTally, Notice, Subject};
use crate::time::Timestamp;
use crate::verdict::{Severity, VerdictKind};

/// How many jobs a digest names.
const JOBS_NAMED: usize = 100;

/// A notice, and what its sink has been told of each job with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// The notice.
    pub notice: Notice,
    /// The accounts as they are then, by the keys of their incidents.
    pub accounts: Vec<(String, Account)>,
}

/// Makes the notice that tells `sink`, at `now`, what is to be told; named `id`, unless it is on one
/// crash and has that one's name. `None` where there is nothing to tell.
pub fn compose(
    tell: &Tell,
    sink: &str,
    incidents: &Incidents,
    folding: &Folding,
    now: Timestamp,
    id: ReportId,
) -> Option<Composed> {
    let of = |key| Told::of(key, sink, incidents);
    let (notice, told) = match tell {
        Tell::Crashes(key) => {
            let told = of(key)?;
            (crashes(&told, id), vec![told])
        }
        Tell::Recovered(key) => {
            let told = of(key)?;
            (recovered(told.incident, now, id), vec![told])
        }
        Tell::Digest(keys) => match keys.as_slice() {
            [key] => {
                return compose(&Tell::Crashes(key.clone()), sink, incidents, folding, now, id);
            }
            keys => {
                let told: Vec<_> = keys.iter().filter_map(|key| of(key)).collect();
                (digest(&told, id)?, told)
            }
        },
    };
    let is_recovery = matches!(notice.subject, Subject::Recovered { .. });
    let is_digest = matches!(notice.subject, Subject::Digest { .. });
    let forgotten = folding.longest_interval().saturating_mul(2);
    let accounts = told.into_iter().map(|Told { key, incident, account }| {
        let known = Account {
            told: incident.tally(),
            notice: Some(notice.id),
            notice_to: Some(incident.latest),
            notice_from: account.notice_to,
            told_at: Some(now),
            digest: is_digest,
            notices: match account.told_at {
                _ if is_recovery => account.notices,
                Some(before) if now.since(before) > forgotten => 1,
                // What is told at once takes no turn.
                Some(_) if Folding::is_at_once(incident, account) => account.notices,
                _ => account.notices.saturating_add(1),
            },
            untold_since: None,
            alarmed: !is_recovery,
            owed_recovery: account.owed_recovery && !is_recovery,
        };
        (key.to_owned(), known)
    });
    let accounts = accounts.collect();
    Some(Composed { notice, accounts })
}

/// An incident that a notice tells of, and what its sink knew of it before.
struct Told<'a> {
    key: &'a str,
    incident: &'a Incident,
    account: &'a Account,
}

impl<'a> Told<'a> {
    fn of(key: &'a str, sink: &str, incidents: &'a Incidents) -> Option<Self> {
        let incident = incidents.get(key)?;
        Some(Self { key, incident, account: incident.accounts.get(sink)? })
    }
}

/// The crashes of one job: one of them by itself, if it is the only one or one that stands out,
/// else their sum.
fn crashes(&Told { incident, account, .. }: &Told<'_>, id: ReportId) -> Notice {
    let tally = incident.untold(account);
    let severity = tally.severity().unwrap_or(Severity::Error);
    let untold = incident.causes.iter().filter(|met| tally.of(&met.cause) > 0);
    let stands_out = untold
        .filter(|met| {
            let is_new = account.told.of(&met.cause) == 0;
            let stands_out = is_new || met.cause.verdict == VerdictKind::GaveUp;
            // A name is used once.
            (stands_out || tally.total() == 1) && account.notice != Some(met.latest)
        })
        .max_by_key(|met| (met.cause.severity, met.latest));
    let total = incident.tally().total();
    let host = incident.job.host().to_owned();
    match stands_out {
        Some(met) => {
            let (report, since) = (met.latest, incident.began);
            let (job, cause) = (incident.job.clone(), met.cause.clone());
            let subject = Subject::Crash { job, cause, report, nth: total, since, tally };
            Notice { id: report, time: met.last, severity, host, subject }
        }
        None => {
            let subject = Subject::Repeats {
                job: incident.job.clone(),
                tally,
                since: account.told_at.unwrap_or(incident.began),
                until: incident.last,
                total,
                began: incident.began,
                latest: incident.latest,
            };
            Notice { id, time: incident.last, severity, host, subject }
        }
    }
}

fn recovered(incident: &Incident, now: Timestamp, id: ReportId) -> Notice {
    let subject = Subject::Recovered {
        job: incident.job.clone(),
        tally: incident.recovered_from.clone(),
        since: incident.relapsed,
        until: incident.last,
        up_seconds: incident.up_seconds,
        began: incident.began,
        latest: incident.latest,
    };
    let host = incident.job.host().to_owned();
    Notice { id, time: now, severity: Severity::Info, host, subject }
}

/// `None` where nobody crashed.
fn digest(told: &[Told<'_>], id: ReportId) -> Option<Notice> {
    let mut jobs: Vec<_> = told
        .iter()
        .map(|Told { incident, account, .. }| JobTally {
            job: incident.job.clone(),
            tally: incident.untold(account),
            until: incident.last,
            latest: incident.latest,
        })
        .collect();
    jobs.sort_by(|a, b| {
        let rank = |job: &JobTally| (job.tally.severity(), job.tally.total());
        rank(b).cmp(&rank(a)).then_with(|| a.job.cmp(&b.job))
    });
    let severity = jobs.iter().filter_map(|job| job.tally.severity()).max()?;
    let since = told.iter().filter_map(|told| told.account.untold_since).min();
    let until = jobs.iter().map(|job| job.until).max()?;
    let host = jobs.first()?.job.host().to_owned();
    let more = jobs.split_off(jobs.len().min(JOBS_NAMED));
    let subject = Subject::Digest {
        since: since.unwrap_or(until).min(until),
        until,
        jobs,
        more_jobs: more.len() as u64,
        more_crashes: more.iter().map(|job| job.tally.total()).sum(),
    };
    Some(Notice { id, time: until, severity, host, subject })
}

#[cfg(test)]
mod tests;
