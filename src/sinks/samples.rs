//! Reports and notices for the tests of what puts them into words.

mod hostile;

pub(crate) use hostile::{hostile, hostile_messages, hostile_told};

use crate::message::{Message, View};
use crate::notice::{Cause, Count, JobName, JobTally, Notice, Subject, Tally};
use crate::redaction::{Redacted, Redaction};
use crate::report::CrashReport;
use crate::supervisor::Supervisor;
use crate::time::Timestamp;
use crate::verdict::VerdictKind;
use crate::zone::Zone;

/// A crash with everything in it, markup and terminal sequences included.
pub(crate) fn report() -> CrashReport {
    serde_json::from_str(include_str!("../../tests/data/report-v1.json")).unwrap()
}

/// The last crash of several, after which the job stays down.
pub(crate) fn gave_up() -> CrashReport {
    let mut report = report();
    report.verdict.kind = VerdictKind::GaveUp;
    report.severity = VerdictKind::GaveUp.severity();
    report.summary =
        "web-1: nginx (eu-1) gave up: respawning too fast, last SIGSEGV after 0.2 s".to_owned();
    report.aftermath.as_mut().unwrap().recovery = None;
    report
}

/// The report that is hardest to fit: the longest names and log that capture lets through, made
/// of what grows when it is escaped.
pub(crate) fn worst() -> CrashReport {
    let mut report = report();
    report.summary = "<!channel>".repeat(25);
    report.job.name = "&".repeat(512);
    report.job.instance = "<".repeat(512);
    report.host.name = ">".repeat(64);
    report.verdict.reasons = vec!["<@here> & ".repeat(200); 50];
    report.incomplete = vec![report.incomplete[0].clone(); 50];
    let left = report.aftermath.as_mut().unwrap().left_behind.as_mut().unwrap();
    left[0].command = "&".repeat(256);
    left.resize(20, left[0].clone());
    let kernel = report.kernel.as_mut().unwrap();
    kernel.lines[0].text = format!("{}]: segfault at 0", "&<".repeat(500));
    let changes = report.aftermath.as_mut().unwrap().changes.as_mut().unwrap();
    changes.configuration[0].path = format!("/etc/init/{}.conf", "&".repeat(4000));
    changes.configuration.resize(50, changes.configuration[0].clone());
    let disks = report.snapshot.disks.as_mut().unwrap();
    disks[1].path = format!("/{}", "<".repeat(4000));
    disks.resize(20, disks[1].clone());
    report.labels.extend((0..50).map(|n| (format!("label_{n}"), "&".repeat(100))));
    report.links[0].href = format!("https://wiki.example.com/?{}", "&".repeat(450));
    report.links[0].text = "&".repeat(100);
    report.links.resize(20, report.links[0].clone());
    let log = report.log.as_mut().unwrap();
    log.path = format!("/var/log/upstart/{}.log", "&".repeat(4000));
    log.lines = vec!["&<>`".repeat(320); 50];
    report
}

/// A notice of each kind: a third crash, a job that gave up, repeats, the all-clear, a digest, a
/// sink that failed, a test.
pub(crate) fn notices() -> [Notice; 7] {
    serde_json::from_str(include_str!("../../tests/data/notices.json")).unwrap()
}

/// What the worst digest says of the jobs that it does not name, when it names so many.
pub(crate) fn rest_of_digest(named: u64) -> String {
    format!("and {} more jobs ({} crashes)", 10_001 - named, 90_001 - 9 * named)
}

/// Notices of each kind, as hard to fit as [`worst`].
pub(crate) fn worst_notices() -> [Notice; 7] {
    let long = JobName {
        key: "&".repeat(1100),
        name: "&".repeat(512),
        instance: "<".repeat(512),
        supervisor: Supervisor::Systemd,
    };
    let exits: Vec<_> = (0..50).map(|n| format!("{n}{}", "&".repeat(500))).collect();
    let causes: Vec<_> = exits
        .iter()
        .map(|exit| (VerdictKind::Crashed, Some(exit.as_str()), u64::MAX / 64))
        .collect();
    let worst_of = |notice: Notice| Notice {
        host: ">".repeat(64),
        subject: match notice.subject {
            Subject::Crash { cause, report, since, .. } => {
                let cause = Cause { exit: Some("&".repeat(500)), ..cause };
                let (job, tally) = (long.clone(), tally(&causes));
                Subject::Crash { job, cause, report, nth: u64::MAX, since, tally }
            }
            Subject::Repeats { since, until, began, latest, .. } => Subject::Repeats {
                job: long.clone(),
                tally: tally(&causes),
                since,
                until,
                total: u64::MAX,
                began,
                latest,
            },
            Subject::Recovered { since, until, began, latest, .. } => Subject::Recovered {
                job: long.clone(),
                tally: tally(&causes),
                since,
                until,
                up_seconds: u64::MAX,
                began,
                latest,
            },
            Subject::Digest { since, until, jobs, .. } => {
                let tally = tally(&[(VerdictKind::Crashed, Some("&&&&"), 3); 3]);
                let job = JobTally { job: long.clone(), tally, ..jobs[0].clone() };
                Subject::Digest {
                    since,
                    until,
                    jobs: vec![job; 10_000],
                    more_jobs: 1,
                    more_crashes: 1,
                }
            }
            Subject::SinkFailed { since, .. } => Subject::SinkFailed {
                since,
                sink: "&".repeat(200),
                why: "<!channel> ".repeat(999),
                waiting: u64::MAX,
            },
            Subject::Test { .. } => {
                Subject::Test { sink: "&".repeat(200), by: "<!channel> ".repeat(999) }
            }
        },
        ..notice
    };
    notices().map(worst_of)
}

/// The crash that `report` is on, as number `nth` of its job within `seconds`.
pub(crate) fn nth_crash(report: &CrashReport, nth: u64, seconds: i64) -> Notice {
    let mut notice = Notice::of(report);
    if let Subject::Crash { nth: number, since, .. } = &mut notice.subject {
        *number = nth;
        *since = Timestamp::from_micros(report.time.micros() - seconds * 1_000_000);
    }
    notice
}

/// Repeats of one job with these causes.
pub(crate) fn repeats(of: Tally) -> Subject {
    let [_, _, Notice { mut subject, .. }, ..] = notices();
    if let Subject::Repeats { tally, .. } = &mut subject {
        *tally = of;
    }
    subject
}

/// The all-clear after these causes.
pub(crate) fn recovered(of: Tally) -> Subject {
    let [_, _, _, Notice { mut subject, .. }, ..] = notices();
    if let Subject::Recovered { tally, .. } = &mut subject {
        *tally = of;
    }
    subject
}

/// A digest of one instance each of `job-0`, `job-1`, ... with these causes, and of more.
pub(crate) fn digest(tallies: Vec<Tally>, unnamed_jobs: u64, unnamed_crashes: u64) -> Subject {
    let [.., Notice { mut subject, .. }, _, _] = notices();
    if let Subject::Digest { jobs, more_jobs, more_crashes, .. } = &mut subject {
        let job = |(number, tally)| JobTally {
            job: JobName { name: format!("job-{number}"), ..jobs[0].job.clone() },
            tally,
            ..jobs[0].clone()
        };
        let named = tallies.into_iter().enumerate().map(job).collect();
        (*jobs, *more_jobs, *more_crashes) = (named, unnamed_jobs, unnamed_crashes);
    }
    subject
}

/// A sink that failed.
pub(crate) fn sink_failed(said: &str, wait: u64) -> Subject {
    let [.., Notice { mut subject, .. }, _] = notices();
    if let Subject::SinkFailed { sink, why, waiting, .. } = &mut subject {
        (*sink, *why, *waiting) = ("slack.ops".to_owned(), said.to_owned(), wait);
    }
    subject
}

/// These causes.
pub(crate) fn tally(counts: &[(VerdictKind, Option<&str>, u64)]) -> Tally {
    let count = |&(verdict, exit, count): &(VerdictKind, Option<&str>, u64)| Count {
        cause: Cause { verdict, exit: exit.map(str::to_owned), severity: verdict.severity() },
        count,
    };
    Tally(counts.iter().map(count).collect())
}

/// A notice with this subject.
pub(crate) fn on(subject: Subject) -> Notice {
    let [.., notice, _] = notices();
    Notice { subject, ..notice }
}

/// `notice` as a sink is handed it, without a report.
pub(crate) fn alone(notice: &Notice) -> Redacted {
    redacted(notice, None)
}

/// `notice` as a sink is handed it, with its report.
pub(crate) fn redacted(notice: &Notice, report: Option<&CrashReport>) -> Redacted {
    Redaction::off().redact_notice(notice, report)
}

/// As a host in UTC shows what it tells.
pub(crate) fn view(log_lines: usize) -> View {
    View { log_lines, zone: Zone::utc() }
}

/// What is told of `notice`, and of [`report`] where it names one.
pub(crate) fn message(notice: &Notice, log_lines: usize) -> Message {
    let report = notice.report().map(|_| report());
    Message::of(&redacted(notice, report.as_ref()), notice.time, &view(log_lines))
}

/// Each kind of notice with the report that it names, as it mostly is and at its worst.
pub(crate) fn all_told() -> Vec<Redacted> {
    let of = |notice: Notice, report: &CrashReport| {
        redacted(&notice, notice.report().is_some().then_some(report))
    };
    let (report, worst) = (report(), worst());
    let mostly = notices().map(|notice| of(notice, &report));
    let at_worst = worst_notices().map(|notice| of(notice, &worst));
    mostly.into_iter().chain(at_worst).collect()
}

/// The messages on [`all_told`], an hour after.
pub(crate) fn messages(log_lines: usize) -> Vec<Message> {
    let late = |time: Timestamp| Timestamp::from_micros(time.micros() + 3_600_000_000);
    let told = all_told();
    let view = view(log_lines);
    told.iter().map(|told| Message::of(told, late(told.notice().time), &view)).collect()
}
