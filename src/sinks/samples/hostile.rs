//! What strangers can make a service write, in every place where it is told.

use super::{notices, redacted, report, view};
use crate::message::Message;
use crate::notice::{Cause, JobName, Subject, Tally};
use crate::redaction::Redacted;
use crate::report::{CrashReport, Link};
use crate::supervisor::Supervisor;

/// The crash of a job with `planted` in all that others wrote: names, log, kernel log, reasons, what
/// was changed, labels, links.
pub(crate) fn hostile(planted: &str) -> CrashReport {
    let mut report = report();
    report.summary = format!("{planted}: crashed");
    report.key = format!("{planted}/{planted}/{planted}");
    for text in [&mut report.job.name, &mut report.job.instance, &mut report.host.name] {
        *text = planted.to_owned();
    }
    report.verdict.reasons = vec![planted.to_owned()];
    report.incomplete[0].reason = planted.to_owned();
    report.kernel.as_mut().unwrap().lines[0].text = format!("{planted}]: segfault at 0");
    let changes = report.aftermath.as_mut().unwrap().changes.as_mut().unwrap();
    changes.configuration[0].path = format!("/etc/init/{planted}.conf");
    report.snapshot.disks.as_mut().unwrap()[1].path = format!("/{planted}");
    report.snapshot.cgroup_memory.as_mut().unwrap().path = format!("/{planted}");
    report.aftermath.as_mut().unwrap().left_behind.as_mut().unwrap()[0].command =
        planted.to_owned();
    report.labels.insert("team".to_owned(), planted.to_owned());
    report.labels.insert(planted.to_owned(), planted.to_owned());
    let href = format!("https://wiki.example.com/{planted}");
    report.links.push(Link { text: planted.to_owned(), href });
    let log = report.log.as_mut().unwrap();
    (log.path, log.lines) = (format!("/{planted}"), vec![planted.to_owned(), "end".to_owned()]);
    report
}

/// A notice of each kind with `planted` in all that others wrote, and the report that it names.
pub(crate) fn hostile_told(planted: &str) -> Vec<Redacted> {
    let report = hostile(planted);
    let told = notices().map(|mut notice| {
        planted.clone_into(&mut notice.host);
        plant(&mut notice.subject, planted);
        redacted(&notice, notice.report().is_some().then_some(&report))
    });
    told.into_iter().collect()
}

/// The messages on [`hostile_told`].
pub(crate) fn hostile_messages(planted: &str) -> Vec<Message> {
    let told = hostile_told(planted);
    told.iter().map(|told| Message::of(told, told.notice().time, &view(20))).collect()
}

fn plant(subject: &mut Subject, planted: &str) {
    let text = || planted.to_owned();
    let supervisor = Supervisor::Systemd;
    let name = || JobName { key: text(), name: text(), instance: text(), supervisor };
    let plant_cause = |cause: &mut Cause| cause.exit = Some(text());
    let plant_tally =
        |tally: &mut Tally| tally.0.iter_mut().for_each(|count| plant_cause(&mut count.cause));
    match subject {
        Subject::Crash { job, cause, tally, .. } => {
            *job = name();
            plant_cause(cause);
            plant_tally(tally);
        }
        Subject::Repeats { job, tally, .. } | Subject::Recovered { job, tally, .. } => {
            *job = name();
            plant_tally(tally);
        }
        Subject::Digest { jobs, .. } => {
            for of in jobs {
                of.job = name();
                plant_tally(&mut of.tally);
            }
        }
        Subject::SinkFailed { sink, why, .. } => (*sink, *why) = (text(), text()),
        Subject::Test { sink, by } => (*sink, *by) = (text(), text()),
    }
}
