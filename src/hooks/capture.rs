//! The story of capture: from the end of a run to a report in the spool.

use std::sync::OnceLock;
use std::time::Duration;

use super::kick::{Kick, kick, kick_after};
use super::{is_left_to_the_observer, run_id, this_instant};
use crate::evidence::{Evidence, MarkerEvidence};
use crate::init::Init;
use crate::job::Job;
use crate::marker::{Content, Instant, Marker, Unreadable, kept};
use crate::paths::Places;
use crate::report::{CrashReport, Facts, InitFacts, JobFacts};
use crate::service_dir::{CUSTOMARY_LOG, ServiceDir};
use crate::snapshot::{Bounds, Host, Incomplete, LogTail, RunStart, Scene, Snapshot, noted, tail};
use crate::spool::{self, Drop};
use crate::supervisor::Supervisor;
use crate::sys::{self, Errno, say};
use crate::verdict;

/// The run that ended, as its marker knows it.
pub(super) struct Run {
    pub(super) marker: MarkerEvidence,
    content: Content,
}

impl Run {
    /// The run whose end is seen now; `None` where there is no marker.
    ///
    /// # Errors
    /// What the kernel says of a marker that cannot be read.
    pub(super) fn of(job: &Job<'_>, marker: &Marker) -> Result<Option<Self>, Errno> {
        match marker.read(job) {
            Ok(None) => Ok(None),
            Ok(Some(content)) => Ok(Some(Self {
                marker: MarkerEvidence::at_the_end(&content),
                content: stamped(marker, content),
            })),
            Err(Unreadable::Foreign) => {
                Ok(Some(Self { marker: MarkerEvidence::Foreign, content: unknown(job) }))
            }
            Err(Unreadable::Refused(errno)) => {
                let path = marker.path().to_bytes();
                say(&[b"cannot read ", path, b": ", errno.desc().as_bytes()]);
                Err(errno)
            }
        }
    }

    /// A run of which nothing but its end is known.
    pub(super) fn unmarked(job: &Job<'_>) -> Self {
        Self { marker: MarkerEvidence::Absent, content: unknown(job) }
    }

    /// The same, noted in `marker`: an observer that is killed leaves it to the next one.
    pub(super) fn noted(self, marker: &Marker) -> Self {
        let _ = marker.replace(&self.content);
        self
    }

    /// When it began, where a pre-start of ours noted that.
    pub(super) fn started(&self) -> Option<Instant> {
        self.marker.started().map(|_| self.content.started)
    }
}

/// Judges the end of `run` by the evidence that `gather` brings; captures it unless somebody asked
/// for it or it is a normal one. Only then is the marker consumed: killed anywhere in between, the
/// marker or the report is there.
pub(super) fn capture(
    places: Places,
    job: &Job<'_>,
    marker: &Marker,
    run: &Run,
    gather: impl FnOnce() -> Evidence,
) {
    sys::exit_on_panic("the marker stays and tells");
    tell_even_if_cut_short(places, &run.content);
    let captured = match report(places, job, run, gather) {
        Ok(captured) => captured,
        Err(errno) if is_left_to_the_observer(places, errno) => return,
        Err(errno) => {
            // It may make room.
            let _ = kick(places, Kick::under(job.supervisor));
            let reason = errno.desc().as_bytes();
            return say(&[
                b"the spool takes no report: ",
                reason,
                b"; the marker stays, the next start tells",
            ]);
        }
    };
    consume(marker);
    if captured == Captured::Report {
        let _ = kick(places, Kick::under(job.supervisor));
    }
}

/// Takes the marker of a run away whose end needs no telling any more.
pub(super) fn consume(marker: &Marker) {
    if let Err(errno) = marker.remove() {
        let path = marker.path().to_bytes();
        say(&[b"cannot remove ", path, b": ", errno.desc().as_bytes()]);
    }
}

/// What came of a look at the evidence.
#[derive(PartialEq, Eq)]
enum Captured {
    /// A report lies in the spool.
    Report,
    /// There is nothing to tell anybody.
    Nothing,
}

/// Evidence, verdict, snapshot, report, spool.
fn report(
    places: Places,
    job: &Job<'_>,
    run: &Run,
    gather: impl FnOnce() -> Evidence,
) -> Result<Captured, Errno> {
    let id = run.content.report_id();
    if spool::holds(places, id) {
        return Ok(Captured::Report);
    }
    let evidence = gather();
    let verdict = verdict::judge(&evidence);
    if !verdict.kind.is_reported() {
        return Ok(Captured::Nothing);
    }
    let mut incomplete = Vec::new();
    let kernel = evidence.kernel_log.as_ref().map(|log| log.lines.clone()).map_err(String::clone);
    let kernel = noted(&mut incomplete, "kernel", kernel);
    let scene = Scene {
        places,
        kernel_log: &evidence.kernel_log,
        is_in_jobs_cgroup: match job.supervisor {
            Supervisor::Upstart => evidence.stopping.is_none(),
            Supervisor::Systemd => true,
            Supervisor::Runit | Supervisor::S6 => false,
        },
    };
    let snapshot = Snapshot::take(&scene, &mut incomplete);
    let log = match job.supervisor {
        Supervisor::Upstart => console(places, job, run, &mut incomplete),
        // What systemd keeps is asked for when the service waits no longer.
        Supervisor::Systemd => None,
        Supervisor::Runit | Supervisor::S6 => loggers(&evidence, run, &mut incomplete),
    };
    let facts = match (run.started(), &evidence.systemd) {
        (Some(_), _) => JobFacts::of(&run.content),
        (None, told) => {
            let told = told.as_ref().and_then(|told| told.status.as_ref().ok());
            JobFacts::of(&run.content).told(told)
        }
    };
    let report = CrashReport::from(Facts {
        id,
        time: run.content.report_time(),
        host: Host::here(),
        job: facts,
        init: init_facts(places, job, &evidence),
        verdict,
        evidence,
        kernel,
        snapshot,
        log,
        incomplete,
    });
    let mut json = serde_json::to_vec(&report).map_err(|_| Errno::EINVAL)?;
    json.push(b'\n');
    spool::put(places, Drop::Report, id, &json)?;
    Ok(Captured::Report)
}

/// The end of what Upstart keeps of the output of `job`.
fn console(
    places: Places,
    job: &Job<'_>,
    run: &Run,
    incomplete: &mut Vec<Incomplete>,
) -> Option<LogTail> {
    let log = job.log(places).map_err(|why| why.words().to_owned());
    let path = noted(incomplete, "log", log)?;
    tail(&path, RunStart::of(&run.content), Bounds::JOB).noted(incomplete, "log")
}

/// The end of what the service's own logger wrote, where it has one.
fn loggers(evidence: &Evidence, run: &Run, incomplete: &mut Vec<Incomplete>) -> Option<LogTail> {
    let directory = ServiceDir(evidence.finish.as_ref()?.directory.as_bytes());
    let path = directory.log()?;
    let customary = directory.join(CUSTOMARY_LOG).ok()?;
    let start = RunStart::of(&run.content).filter(|_| path.as_bytes() == customary.as_bytes());
    tail(&path, start, Bounds::JOB).noted(incomplete, "log")
}

/// Who judged: the supervisor, and its version where it answered.
fn init_facts(places: Places, job: &Job<'_>, evidence: &Evidence) -> InitFacts {
    let version = match (&evidence.systemd, &evidence.init) {
        (Some(told), _) => told.status.as_ref().ok().map(|status| status.version.clone()),
        (None, Ok(_)) => Init::of(*job, places).and_then(|init| init.version(PATIENCE)).ok(),
        (None, Err(_)) => None,
    };
    InitFacts { kind: job.supervisor, version: version.filter(|version| !version.is_empty()) }
}

/// How long init may take to say which version it is.
const PATIENCE: Duration = Duration::from_millis(30);

/// What there is to tell of the run even if this hook is cut short.
static LAST_FACTS: OnceLock<(Places, Content)> = OnceLock::new();

/// From now on an end of this hook before its time (the deadline on a host that thrashes, a fault,
/// no memory) leaves what the marker knows in the spool, as pre-start would at the next start,
/// which may be days away.
fn tell_even_if_cut_short(places: Places, content: &Content) {
    if LAST_FACTS.set((places, content.clone())).is_ok() {
        sys::set_last_act(|| {
            let Some((places, content)) = LAST_FACTS.get() else { return };
            let _ = kick_after(*places, Kick::under(content.supervisor), &|| {
                let id = content.report_id();
                if let (false, Some(text)) = (spool::holds(*places, id), content.write()) {
                    let _ = spool::put(*places, Drop::Unseen, id, &text);
                }
            });
        });
    }
}

/// `content` with the end written into it, and into the marker, before anything slow is tried.
///
/// The report's name follows from that stamp, so a hook that is killed and the one after it name
/// the same report. A stamp that could not be written does not count.
fn stamped(marker: &Marker, content: Content) -> Content {
    if content.ended.is_some() || content.found.is_some() {
        return content;
    }
    let ended = Content { ended: Some(this_instant()), ..content.clone() };
    if marker.replace(&ended).is_ok() { ended } else { content }
}

/// What is known of a run that has no marker, or one that cannot be trusted.
fn unknown(job: &Job<'_>) -> Content {
    let now = this_instant();
    Content {
        supervisor: job.supervisor,
        job: kept(job.name),
        instance: kept(job.instance),
        run: run_id(job),
        boot: sys::boot_id(),
        started: Instant { ..now },
        log: None,
        supervise: None,
        ended: Some(now),
        found: None,
    }
}
