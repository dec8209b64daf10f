//! `post-stop`: a run has ended. Still armed? Then nobody asked for it, perhaps.

use std::sync::OnceLock;

use super::kick::{kick, kick_after};
use super::{job_and_marker, this_instant};
use crate::evidence::{Evidence, MarkerEvidence};
use crate::id::RunId;
use crate::job::Job;
use crate::marker::{Content, Instant, Marker, Unreadable, kept};
use crate::paths::Root;
use crate::report::{CrashReport, Facts, JobFacts};
use crate::snapshot::{Host, Snapshot, noted, tail};
use crate::spool::{self, Drop};
use crate::sys::{self, Errno, say};
use crate::verdict;

/// Looks whether the marker is still armed; if it is, judges the end, and captures a crash.
pub fn post_stop() {
    let Some((root, job, marker)) = job_and_marker() else { return };
    let run = match marker.read(&job) {
        Ok(None) => return,
        Ok(Some(content)) => Run {
            evidence: MarkerEvidence::at_post_stop(&content),
            content: stamped(&marker, content),
        },
        Err(Unreadable::Foreign) => {
            Run { evidence: MarkerEvidence::Foreign, content: unknown(&job) }
        }
        Err(Unreadable::Refused(errno)) => {
            let path = marker.path().to_bytes();
            return say(&[b"cannot read ", path, b": ", errno.desc().as_bytes()]);
        }
    };
    sys::exit_on_panic("the marker stays and tells");
    tell_even_if_cut_short(root, &run.content);
    let captured = match capture(root, &job, &run) {
        Ok(captured) => captured,
        Err(errno) => {
            let reason = errno.desc().as_bytes();
            return say(&[
                b"the spool takes no report: ",
                reason,
                b"; the marker stays, the next start tells",
            ]);
        }
    };
    if let Err(errno) = marker.remove() {
        let path = marker.path().to_bytes();
        say(&[b"cannot remove ", path, b": ", errno.desc().as_bytes()]);
    }
    if captured == Captured::Report {
        let _ = kick(root);
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

/// What there is to tell of the run even if this hook is cut short.
static LAST_FACTS: OnceLock<(Root, Content)> = OnceLock::new();

/// From now on an end of this hook before its time (the deadline on a host that thrashes, a fault,
/// no memory) leaves what the marker knows in the spool, as pre-start would at the next start,
/// which may be days away.
fn tell_even_if_cut_short(root: Root, content: &Content) {
    if LAST_FACTS.set((root, content.clone())).is_ok() {
        sys::set_last_act(|| {
            let Some((root, content)) = LAST_FACTS.get() else { return };
            let _ = kick_after(*root, &|| {
                let id = content.report_id();
                if let (false, Some(text)) = (spool::holds(*root, id), content.write()) {
                    let _ = spool::put(*root, Drop::Unseen, id, &text);
                }
            });
        });
    }
}

/// The run that ended, as its marker knows it.
struct Run {
    evidence: MarkerEvidence,
    content: Content,
}

/// Evidence, verdict, snapshot, report, spool. Only after it is the marker consumed: killed
/// anywhere in between, the marker or the report is there.
fn capture(root: Root, job: &Job<'_>, run: &Run) -> Result<Captured, Errno> {
    let id = run.content.report_id();
    if !spool::holds(root, id) {
        let evidence = Evidence::gather(root, job, run.evidence, run.content.started);
        let verdict = verdict::judge(&evidence);
        if !verdict.kind.is_reported() {
            return Ok(Captured::Nothing);
        }
        let mut incomplete = Vec::new();
        let kernel = evidence.kernel_log.map(|log| log.lines);
        let kernel = noted(&mut incomplete, "kernel", kernel);
        let snapshot = Snapshot::take(&mut incomplete);
        let log = match job.log(root) {
            Ok(path) => tail(&path, run.content.log),
            Err(sys::TooLong) => Err("the path of the log is too long".to_owned()),
        };
        let report = CrashReport::from(Facts {
            id,
            time: run.content.report_time(),
            host: Host::here(),
            job: JobFacts::of(&run.content),
            verdict,
            kernel,
            snapshot,
            log: noted(&mut incomplete, "log", log),
            incomplete,
        });
        let mut json = serde_json::to_vec(&report).map_err(|_| Errno::EINVAL)?;
        json.push(b'\n');
        spool::put(root, Drop::Report, id, &json)?;
    }
    Ok(Captured::Report)
}

/// `content` with the end written into it, and into the marker, before anything slow is tried.
///
/// The report's name follows from that stamp, so a post-stop that is killed and the pre-start
/// after it name the same report. A stamp that could not be written does not count.
fn stamped(marker: &Marker, content: Content) -> Content {
    if content.ended.is_some() || content.found.is_some() {
        return content;
    }
    let ended = Content { ended: Some(this_instant()), ..content.clone() };
    if marker.replace(&ended).is_ok() { ended } else { content }
}

/// What is known of a run whose marker cannot be trusted.
fn unknown(job: &Job<'_>) -> Content {
    let now = this_instant();
    Content {
        job: kept(job.name),
        instance: kept(job.instance),
        run: RunId(sys::random_bytes()),
        boot: sys::boot_id(),
        started: Instant { ..now },
        log: None,
        ended: Some(now),
        found: None,
    }
}
