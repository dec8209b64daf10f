//! What the kernel log says about the end of a run: init's lines on the job, and the kernel's own.
//!
//! Init writes its line before it starts post-stop, so the line is there. One bounded read, which
//! never waits. See `read.rs` for the log's two forms, `init_line.rs` and `death.rs` for the
//! wordings, `run.rs` and `began.rs` for which lines are those of this run.

mod began;
mod death;
mod init_line;
mod read;
mod run;

use serde::Serialize;

pub use began::Certainty;
pub use init_line::{Ended, Process, Signal};
pub use run::{KernelDeath, Next, RunEnd};

use crate::job::Job;
use crate::marker::Instant;
use crate::paths::{LOGS, Root};
use crate::sys;
use began::Began;
use init_line::INIT;
use read::{Record, Records};

/// The most lines that a report takes.
const LINES: usize = 20;

/// The kernel log's part of the evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct KernelLog {
    /// Which log it was that spoke.
    pub source: Source,
    /// What init said of the run's end.
    pub end: RunEnd,
    /// The kernel's own line on it.
    pub death: Option<KernelDeath>,
    /// Whether it means something that a line is not there; if not, why not.
    #[serde(with = "super::known")]
    pub complete: Result<(), String>,
    /// The lines themselves, which a report has in another place.
    #[serde(skip)]
    pub lines: KernelLines,
}

/// A log in which init's lines can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The kernel's own.
    KernelLog,
    /// `/var/log/syslog`.
    Syslog,
    /// `/var/log/messages`.
    Messages,
}

impl Source {
    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::KernelLog => "the kernel log",
            Self::Syslog => "/var/log/syslog",
            Self::Messages => "/var/log/messages",
        }
    }
}

/// The log's lines on one death.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct KernelLines {
    /// The lines, the oldest first.
    pub lines: Vec<KernelLine>,
    /// Whether there may have been more.
    pub truncated: bool,
}

/// One line of the kernel log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct KernelLine {
    /// Seconds since the boot, by the kernel log's clock; null where it stamps nothing.
    pub seconds: Option<f64>,
    /// What it says; bytes that are not UTF-8 are shown as U+FFFD.
    pub text: String,
}

impl KernelLog {
    /// Reads what the kernel log says of the run of `job` that began at `started`; where that is not
    /// known, of the last run whose end it tells of.
    ///
    /// # Errors
    /// Why it says nothing, in words.
    pub fn read(root: Root, job: &Job<'_>, started: Option<Instant>) -> Result<Self, String> {
        let records = read::read(root)?;
        let newest = records.records.iter().filter_map(|record| record.micros).max();
        let began = started.map_or(Began::Unknown, |started| {
            let lasted = sys::boot_micros().saturating_sub(started.boot_micros);
            Began::new(sys::kernel_log_micros(), newest, lasted)
        });
        let pids_match = sys::in_first_pid_namespace().unwrap_or(false);
        // Upstart that keeps its jobs' output (1.4) logs to the kernel; 0.6.5 did to syslog.
        let logs = root.join(&[LOGS.as_bytes()]).is_ok_and(|logs| sys::exists(logs.as_c_str()));
        Ok(Self::of(&records, &title(job, records.escaped), began, pids_match, logs))
    }

    /// The same log, as one that said nothing of the end unless what it says `fits`.
    pub(super) fn on(self, fits: impl FnOnce(&RunEnd) -> bool) -> Self {
        if fits(&self.end) {
            return self;
        }
        Self {
            end: RunEnd::default(),
            death: None,
            lines: KernelLines { lines: Vec::new(), truncated: self.lines.truncated },
            ..self
        }
    }

    fn of(
        log: &Records,
        title: &[u8],
        began: Began,
        pids_match: bool,
        init_logs_here: bool,
    ) -> Self {
        let records = &log.records;
        let mut found = run::find(records, title, began);
        let death = found.kernel_death(records, began, pids_match);
        let gap = gap(log, began, init_logs_here);
        let shown = found.lines.len().saturating_sub(LINES);
        let lines = found.lines.iter().skip(shown).filter_map(|index| records.get(*index));
        let lines = lines.map(KernelLine::of).collect();
        Self {
            source: Source::KernelLog,
            end: found.end,
            death,
            lines: KernelLines { lines, truncated: shown > 0 || gap.is_some() },
            complete: gap.map_or(Ok(()), |why| Err(why.to_owned())),
        }
    }
}

impl KernelLine {
    fn of(record: &Record) -> Self {
        Self {
            seconds: record.micros.map(|micros| micros as f64 / 1e6),
            text: String::from_utf8_lossy(&record.text).into_owned(),
        }
    }
}

/// Why a line that is not there may have been written all the same; `None` where it was not.
fn gap(log: &Records, began: Began, init_logs_here: bool) -> Option<&'static str> {
    let heard = log.records.iter().any(|record| record.text.starts_with(INIT));
    if !heard && !init_logs_here {
        return Some("the kernel log has no line of init's at all");
    }
    let Began::Between { earliest, .. } = began else { return None };
    let oldest = log.records.iter().find_map(|record| record.micros);
    match oldest {
        _ if log.whole => None,
        Some(oldest) if oldest <= earliest => None,
        Some(_) => Some("the kernel log does not reach back to the start of this run"),
        None => Some("the kernel log's lines have no times"),
    }
}

/// The job as init calls it, written as the log writes it.
fn title(job: &Job<'_>, escaped: bool) -> Vec<u8> {
    let mut title = job.name.to_vec();
    if !job.instance.is_empty() {
        title = [job.name, b" (", job.instance, b")"].concat();
    }
    if !escaped {
        return title;
    }
    let plain = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != b'\\';
    title
        .iter()
        .flat_map(|byte| if plain(byte) { vec![*byte] } else { format!("\\x{byte:02x}").into() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str, job: &str, instance: &str, lasted: i64) -> KernelLog {
        let now = (100_000_000, 100_000_000);
        log_since(text, job, instance, Began::new(now, None, lasted * 1_000_000))
    }

    fn log_since(text: &str, job: &str, instance: &str, began: Began) -> KernelLog {
        let job = Job { name: job.as_bytes(), instance: instance.as_bytes() };
        let (records, escaped) = match text.starts_with('<') {
            true => (read::lines(text.as_bytes()), false),
            false => (read::entries(text.as_bytes()), true),
        };
        let records = Records { records, escaped, whole: false };
        KernelLog::of(&records, &title(&job, escaped), began, true, false)
    }

    #[test]
    fn names_are_those_of_the_log() {
        let dev = "12,1,99000000,-;init: kf (\\xc3\\xa9\\x0a\\x5c) main process (1) killed by SEGV signal";
        let ring = "<12>[   99.000000] init: kf (é\n<12>[   99.000000] \\) main process (1) killed by SEGV signal";
        for text in [dev, ring] {
            assert!(log(text, "kf", "é\n\\", 5).end.main.is_some(), "{text}");
            assert!(log(text, "kf", "é", 5).end.is_silent(), "{text}");
        }
    }

    #[test]
    fn silence_means_something_only_where_the_log_reaches_back_and_init_is_heard() {
        for (text, lasted, complete) in [
            ("<12>[   50.000000] init: x goal changed", 10, Ok(())),
            ("<12>[   95.000000] init: x goal changed", 10, Err("reach back")),
            ("<6>[   50.000000] usb 1-1: new device", 10, Err("no line of init's")),
            ("<12>init: x goal changed", 10, Err("no times")),
        ] {
            let log = log(text, "nginx", "", lasted);
            match (log.complete, complete) {
                (Ok(()), Ok(())) => {}
                (Err(why), Err(part)) if why.contains(part) => {}
                other => panic!("{text}: {other:?}"),
            }
            assert_eq!(log.lines.truncated, complete.is_err());
        }
    }

    #[test]
    fn the_lines_are_kept_with_their_times() {
        let text = "<6>[   98.500000] nginx[53]: segfault at 0 ip 0 sp 0 error 6\n\
                    <12>[   99.000000] init: nginx main process (53) killed by SEGV signal\n";
        let log = log(text, "nginx", "", 10);
        assert_eq!(log.death, Some(KernelDeath { out_of_memory: false, same_pid: true }));
        let lines: Vec<_> =
            log.lines.lines.iter().map(|line| (line.seconds, &*line.text)).collect();
        assert_eq!(
            lines,
            [
                (Some(98.5), "nginx[53]: segfault at 0 ip 0 sp 0 error 6"),
                (Some(99.0), "init: nginx main process (53) killed by SEGV signal"),
            ]
        );
    }

    #[test]
    fn of_a_run_whose_start_nobody_knows_the_last_end_counts_however_old() {
        let text = "<12>[    1.000000] init: nginx main process (53) killed by SEGV signal\n\
                    <12>[    2.000000] init: nginx main process ended, respawning\n\
                    <12>[    3.000000] init: nginx main process (60) killed by BUS signal\n\
                    <12>init: nginx main process ended, respawning\n";
        let log = log_since(text, "nginx", "", Began::Unknown);
        assert_eq!(log.end.main, Some(Ended::Signal(Signal::from_word("BUS"))));
        assert_eq!(log.end.next, Some(Next::Respawns));
        assert_eq!(log.end.certainty, Certainty::Unbounded);
        assert_eq!(log.complete, Ok(()), "init is heard");

        let deaf = log_since("<6>[   50.000000] usb 1-1: new", "nginx", "", Began::Unknown);
        assert!(deaf.complete.is_err_and(|why| why.contains("no line of init's")));
    }

    #[cfg(feature = "deliver")]
    #[test]
    fn a_report_can_carry_it() {
        let text = "<12>[   99.000000] init: nginx main process (53) killed by SEGV signal\n\
                    <12>[   99.000010] init: nginx main process ended, respawning\n";
        let log = log(text, "nginx", "", 10);
        let json = serde_json::to_value(&log).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "source": "kernel_log",
                "end": {
                    "pre_start": null, "not_executed": null, "pre_stop_failed": false,
                    "main": {"signal": {"number": 11, "name": "SIGSEGV"}},
                    "next": "respawns", "certainty": "sure",
                },
                "death": null,
                "complete": {"unavailable": "the kernel log does not reach back to the start of this run"},
            })
        );
        let back: KernelLog = serde_json::from_value(json).unwrap();
        assert_eq!(back, KernelLog { lines: KernelLines::default(), ..log });
    }
}
