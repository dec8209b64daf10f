//! What `upstart-crash status` knows: the JSON of `status --json`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::cli::CliError;
use crate::config::{Config, Problem};
use crate::examine;
use crate::host_supervisors::{HostSupervisor, HostSupervisors};
use crate::id::ReportId;
use crate::paths::Places;
use crate::quiet::Silence;
use crate::report::CrashReport;
use crate::spool::{Spool, Undelivered};
use crate::time::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86400);
const WEEK: Duration = Duration::from_secs(7 * 86400);

/// How many jobs are named: those that crashed most.
const JOBS: usize = 5;

#[derive(Debug, Serialize)]
pub(super) struct Facts {
    /// What waits for a person, a sentence each.
    pub(super) attention: Vec<String>,
    /// Who supervises services here.
    pub(super) supervisors: Vec<HostSupervisor>,
    pub(super) last_crash: Option<LastCrash>,
    pub(super) crashes_in_24_hours: usize,
    pub(super) crashes_in_7_days: usize,
    /// The jobs that crashed most in 7 days.
    pub(super) jobs: Vec<JobFacts>,
    /// Reports that the notifier has not taken.
    pub(super) new: usize,
    pub(super) sinks: Vec<SinkFacts>,
    pub(super) silences: Vec<Silence>,
    pub(super) notifier_pid: Option<u32>,
    /// When that process began.
    pub(super) notifier_since: Option<Timestamp>,
    pub(super) spool_files: usize,
    pub(super) spool_bytes: u64,
    pub(super) max_files: Option<u64>,
    pub(super) max_bytes: Option<u64>,
    pub(super) emergency_reports: usize,
    pub(super) config_problems: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct LastCrash {
    pub(super) id: ReportId,
    pub(super) time: Timestamp,
    pub(super) summary: String,
}

#[derive(Debug, Serialize)]
pub(super) struct JobFacts {
    pub(super) job: String,
    pub(super) crashes_in_24_hours: usize,
    pub(super) crashes_in_7_days: usize,
    pub(super) in_trouble_since: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(super) struct SinkFacts {
    pub(super) name: String,
    pub(super) in_config: bool,
    pub(super) waiting: usize,
    pub(super) dead: usize,
    pub(super) oldest_queued_at: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
    pub(super) parked_since: Option<Timestamp>,
    pub(super) parked_why: Option<String>,
}

impl Facts {
    /// What there is to know at `now`; nothing is changed by it.
    ///
    /// # Errors
    /// Where the spool cannot be read.
    pub(super) fn gather(places: Places, spool: &Spool, now: Timestamp) -> Result<Self, CliError> {
        let ids = spool.ids()?;
        let (limits, in_config, config_problems) = match Config::load(places) {
            Ok(config) => {
                let names = config.sinks.iter().map(|sink| sink.name.clone()).collect();
                (Some(config.spool), names, Vec::new())
            }
            Err(error) => (None, BTreeSet::new(), error.0.iter().map(Problem::to_string).collect()),
        };
        let mut sinks = Vec::new();
        for name in spool.sinks()?.union(&in_config) {
            let known = in_config.contains(name) || limits.is_none();
            sinks.push(SinkFacts::of(spool, name, known, now)?);
        }
        let recent: Vec<_> = ids.iter().filter(|id| now.since(id.time()) <= WEEK).collect();
        let reports: Vec<_> =
            recent.iter().filter_map(|id| spool.report(**id).ok().flatten()).collect();
        let is_of_today = |id: &&&ReportId| now.since(id.time()) <= DAY;
        let last = ids.last().and_then(|id| spool.report(*id).ok().flatten());
        let (spool_files, spool_bytes) = spool.usage()?;
        let mut silences = spool.silences(&|_| ())?;
        silences.retain(|silence| silence.holds_at(now));
        let notifier_pid = spool.holder_of_the_lock();
        let mut facts = Self {
            attention: Vec::new(),
            supervisors: HostSupervisors::find(places).all().to_vec(),
            last_crash: last.map(|report| LastCrash {
                id: report.id,
                time: report.time,
                summary: report.summary,
            }),
            crashes_in_24_hours: recent.iter().filter(is_of_today).count(),
            crashes_in_7_days: recent.len(),
            jobs: jobs(spool, &reports, now),
            new: spool.new_count()?,
            sinks,
            silences,
            notifier_pid,
            notifier_since: notifier_pid.and_then(|pid| began(pid, now)),
            spool_files,
            spool_bytes,
            max_files: limits.as_ref().map(|limits| limits.max_reports),
            max_bytes: limits.as_ref().map(|limits| limits.max_bytes.0),
            emergency_reports: spool.emergency_ids()?.len(),
            config_problems,
        };
        facts.attention = facts.attention(now);
        Ok(facts)
    }

    /// What waits for a person at `now`.
    fn attention(&self, now: Timestamp) -> Vec<String> {
        let mut what: Vec<_> =
            self.config_problems.iter().map(|problem| format!("the config: {problem}")).collect();
        for sink in &self.sinks {
            let name = &sink.name;
            if let Some(why) = &sink.parked_why {
                what.push(format!(
                    "{name} is parked: {why}; mend its config or secret, then: upstart-crash \
                     retry {name}"
                ));
            } else if let Some(oldest) = sink.oldest_queued_at.filter(|at| now.since(*at) > HOUR) {
                what.push(format!("{name} has taken nothing since {oldest}: upstart-crash queue"));
            }
            if sink.dead > 0 {
                let dead = sink.dead;
                what.push(format!("{dead} given up for {name}: upstart-crash queue {name}"));
            }
        }
        what
    }
}

/// The jobs of `reports` that crashed most.
fn jobs(spool: &Spool, reports: &[CrashReport], now: Timestamp) -> Vec<JobFacts> {
    let mut jobs: BTreeMap<&str, JobFacts> = BTreeMap::new();
    for report in reports {
        let job = jobs.entry(&report.key).or_insert_with(|| JobFacts {
            job: report.job.title(),
            crashes_in_24_hours: 0,
            crashes_in_7_days: 0,
            in_trouble_since: spool.open_incident_since(&report.key),
        });
        job.crashes_in_24_hours += usize::from(now.since(report.time) <= DAY);
        job.crashes_in_7_days += 1;
    }
    let mut jobs: Vec<_> = jobs.into_values().collect();
    jobs.sort_by_key(|job| std::cmp::Reverse((job.crashes_in_24_hours, job.crashes_in_7_days)));
    jobs.truncate(JOBS);
    jobs
}

impl SinkFacts {
    fn of(spool: &Spool, name: &str, in_config: bool, now: Timestamp) -> Result<Self, CliError> {
        let undelivered = spool.undelivered_to(name, now)?;
        let owed =
            || undelivered.iter().filter(|it| !it.is_dead).map(|Undelivered { record, .. }| record);
        let parked = spool.parked(name);
        Ok(Self {
            name: name.to_owned(),
            in_config,
            waiting: owed().count(),
            dead: undelivered.len() - owed().count(),
            oldest_queued_at: owed().map(|record| record.queued_at).min(),
            next_attempt_at: owed().filter_map(|record| record.next_attempt_at).min(),
            parked_since: parked.as_ref().map(|parked| parked.since),
            parked_why: parked.map(|parked| parked.why),
        })
    }
}

/// When process `pid` began, by the clock that says `now`; to the second.
fn began(pid: u32, now: Timestamp) -> Option<Timestamp> {
    let age = examine::age(i32::try_from(pid).ok()?)?.as_micros();
    let micros = now.micros() - i64::try_from(age).ok()?;
    Some(Timestamp::from_micros(micros - micros.rem_euclid(1_000_000)))
}
