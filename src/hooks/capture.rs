//! The story of capture: from the end of a run to a report in the spool.

use std::sync::OnceLock;

use super::facts;
use super::is_left_to_the_observer;
use super::kick::{Kick, kick, kick_after};
use super::run::Run;
use crate::evidence::Evidence;
use crate::job::Job;
use crate::marker::{Content, Marker};
use crate::paths::Places;
use crate::report::{CrashReport, Facts};
use crate::snapshot::{Host, Scene, Snapshot, noted};
use crate::spool::{self, Drop};
use crate::sys::{self, Errno, say};
use crate::verdict;

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
    let is_in_jobs_cgroup = facts::is_in_cgroup_of(job, &evidence);
    let scene = Scene { places, kernel_log: &evidence.kernel_log, is_in_jobs_cgroup };
    let snapshot = Snapshot::take(&scene, &mut incomplete);
    let log = facts::log(places, job, run, &evidence, &mut incomplete);
    let report = CrashReport::from(Facts {
        id,
        time: run.content.report_time(),
        host: Host::here(),
        job: facts::of_job(run, &evidence),
        init: facts::of_init(job, &evidence),
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
