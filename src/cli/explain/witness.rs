//! What each piece of evidence said, in an operator's words.

mod finish;
mod systemd;

use super::super::text::time;
use crate::evidence::{
    Certainty, Evidence, Goal, KernelLog, MarkerEvidence, Next, RESPAWN, RunEnd, Status,
    StoppingEvent, is_shutdown,
};

/// Each piece by its name, the weightiest first.
pub(super) fn statements(evidence: &Evidence) -> Vec<(&'static str, String)> {
    match (&evidence.systemd, &evidence.finish) {
        (Some(told), _) => systemd::statements(evidence, told),
        (None, Some(told)) => finish::statements(evidence, told),
        (None, None) => of_upstart(evidence),
    }
}

fn of_upstart(evidence: &Evidence) -> Vec<(&'static str, String)> {
    vec![
        ("init's event", event(evidence.stopping.as_ref())),
        ("marker", marker(evidence.marker)),
        ("init", known(&evidence.init, status)),
        ("init's log", known(&evidence.kernel_log, log)),
        ("log priority", known(&evidence.failures_logged, |logged| failures_logged(*logged))),
        ("stop events", stop_events(evidence)),
        ("runlevel", known(&evidence.runlevel, |level| runlevel(*level))),
        ("pre-stop", known(&evidence.pre_stop, |ours| pre_stop(*ours))),
    ]
}

/// The kernel log where the supervisor does not write there.
fn death(found: &KernelLog) -> String {
    match found.death {
        Some(_) => log(found),
        None => "no line on a fault, or on want of memory, of this process".to_owned(),
    }
}

fn known<T>(piece: &Result<T, String>, say: impl FnOnce(&T) -> String) -> String {
    match piece {
        Ok(piece) => say(piece),
        Err(why) => format!("not available: {why}"),
    }
}

fn event(event: Option<&StoppingEvent>) -> String {
    let Some(event) = event else {
        return "not seen: the observer did not judge this end, post-stop did".to_owned();
    };
    let ended = event.ended.as_ref().map(|ended| ended.words());
    match (event.failed, event.process.as_deref(), ended) {
        (false, ..) => "RESULT=ok: a wanted or a normal end, or a failure that init answers by \
                        respawning the job"
            .to_owned(),
        (true, Some(RESPAWN), _) => {
            "RESULT=failed PROCESS=respawn: it failed more often than its `respawn limit` allows"
                .to_owned()
        }
        (true, process, Some(ended)) => {
            format!("RESULT=failed: {} ended with {ended}", process.unwrap_or("a process"))
        }
        (true, process, None) => {
            format!("RESULT=failed: {} could not be executed", process.unwrap_or("a process"))
        }
    }
}

fn marker(marker: MarkerEvidence) -> String {
    match marker {
        MarkerEvidence::Absent => "none: no pre-start of ours armed one".to_owned(),
        MarkerEvidence::Armed { started } => {
            format!("armed by pre-start at {}, and disarmed by no pre-stop", time(started))
        }
        MarkerEvidence::Orphaned { started } => format!(
            "armed at {} and still there at the next start: nobody looked at that end",
            time(started)
        ),
        MarkerEvidence::OfAnotherBoot { started } => {
            format!("armed at {}, before the host was booted", time(started))
        }
        MarkerEvidence::Foreign => {
            "something lies in its place that pre-start did not make".to_owned()
        }
    }
}

fn status(status: &Status) -> String {
    let goal = match status.goal {
        Goal::Start | Goal::Respawn => "goal start: the job is to run again",
        Goal::Stop => "goal stop: the job is to be down",
    };
    let main = if status.main_lives { "main still lived" } else { "main was dead" };
    format!("{goal}; {main}")
}

fn log(log: &KernelLog) -> String {
    let source = log.source.words();
    if log.end.is_silent() {
        return match &log.complete {
            Ok(()) => format!("{source} has no line on this end, and would have one"),
            Err(why) => format!("{source} has no line on this end, which proves nothing: {why}"),
        };
    }
    let mut said = format!("{source}: {}", end(&log.end));
    match log.end.certainty {
        Certainty::Sure => {}
        Certainty::Close => said.push_str("; by its time, perhaps of the run before"),
        Certainty::Unstamped => said.push_str("; its lines have no times"),
        Certainty::Unbounded => said.push_str("; the last that it says of the job"),
    }
    match log.death {
        Some(death) if death.out_of_memory => said.push_str(". The kernel: killed, out of memory"),
        Some(_) => said.push_str(". The kernel: a fault in its code"),
        None => {}
    }
    said
}

/// What init wrote of one end.
fn end(end: &RunEnd) -> String {
    let mut said = Vec::new();
    if let Some(ended) = &end.pre_start {
        said.push(format!("pre-start failed with {}", ended.words()));
    }
    if let Some(ended) = &end.security {
        said.push(format!("its security profile could not be loaded: {}", ended.words()));
    }
    if let Some((process, why)) = &end.not_executed {
        said.push(format!("{} could not be executed ({why})", process.name()));
    }
    if end.pre_stop_failed {
        said.push("pre-stop failed".to_owned());
    }
    if let Some(ended) = &end.main {
        said.push(format!("main ended with {}", ended.words()));
    }
    match end.next {
        Some(Next::Respawns) => said.push("init respawns the job".to_owned()),
        Some(Next::GivesUp) => said.push("init gave up: respawning too fast".to_owned()),
        None => {}
    }
    said.join("; ")
}

fn failures_logged(logged: bool) -> String {
    match logged {
        true => "init writes of each failure".to_owned(),
        false => "init hides failures: `initctl log-priority` is above `warn`".to_owned(),
    }
}

fn stop_events(evidence: &Evidence) -> String {
    match &evidence.stop_events {
        Some(events) => match events.runlevel {
            Some(level) => format!("{} (runlevel {level}) asked for the stop", events.names),
            None => format!("{} asked for the stop", events.names),
        },
        None if evidence.stopping.is_some() => "the observer is not told of any".to_owned(),
        None => "none asked for a stop".to_owned(),
    }
}

fn runlevel(level: char) -> String {
    match is_shutdown(level) {
        true => format!("{level}: the host was going down"),
        false => format!("{level}: the host was not going down"),
    }
}

fn pre_stop(ours: bool) -> String {
    match ours {
        true => "the job's configuration names it: a wanted stop disarms the marker".to_owned(),
        false => "the job's configuration does not name ours: a wanted stop leaves the marker \
                  armed"
            .to_owned(),
    }
}
