//! `upstart-crash report --html`, in a real browser.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod file;
mod injection;
mod reading;
mod shown;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use support::{Browser, Crashes, Host};
use upstart_monitor::aftermath::{Aftermath, Recovery, RecoveryKind};
use upstart_monitor::report::CrashReport;
use upstart_monitor::time::Timestamp;
use upstart_monitor::verdict::{Exit, ExitKind, VerdictKind};

/// A host, and its history as a page.
struct Page {
    host: Host,
    crashes: Crashes,
}

impl Page {
    fn new() -> Self {
        let host = Host::with_notifier();
        let crashes = Crashes::on(&host);
        Self { host, crashes }
    }

    fn file(&self) -> PathBuf {
        self.host.path("/crashes.html")
    }

    fn command(&self, file: &str, more: &[&str]) -> Output {
        let mut command = Command::new(self.host.program("upstart-crash"));
        command.env_clear().env("UPSTART_MONITOR_ROOT", self.host.path(""));
        let output = command.args(["report", "--html", file]).args(more).output().unwrap();
        self.host.note(format!("report: {:?}", String::from_utf8_lossy(&output.stderr)));
        output
    }

    /// Writes the page, and gives what the command said.
    fn write(&self, more: &[&str]) -> String {
        let output = self.command(self.file().to_str().unwrap(), more);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Some crashes of three jobs, of every kind, the last one a minute ago.
    fn live(&self) {
        for (nth, (job, kind)) in [
            ("shop", VerdictKind::Crashed),
            ("shop", VerdictKind::Crashed),
            ("shop", VerdictKind::GaveUp),
            ("nginx", VerdictKind::StartFailed),
            ("nginx", VerdictKind::Unseen),
            ("mail", VerdictKind::Unclear),
        ]
        .into_iter()
        .enumerate()
        {
            self.crashes.leave(|report| {
                let minutes = 6 * 60 - 59 * i64::try_from(nth).unwrap();
                report.time = earlier(report.time, minutes);
                report.job.name = job.to_owned();
                report.verdict.kind = kind;
                report.host.cpus = Some(4);
                report.exit = killed("SIGSEGV");
                if kind == VerdictKind::Crashed {
                    came_back(report);
                }
            });
        }
    }
}

fn earlier(time: Timestamp, minutes: i64) -> Timestamp {
    Timestamp::from_micros(time.micros() - minutes * 60_000_000)
}

fn killed(signal: &str) -> Exit {
    Exit { kind: ExitKind::Signal, signal_name: Some(signal.to_owned()), ..Exit::unknown() }
}

fn came_back(report: &mut CrashReport) {
    let known_by = "init's status".to_owned();
    let recovery = Recovery { kind: RecoveryKind::Respawned, after_seconds: 0.4, known_by };
    report.aftermath =
        Some(Aftermath { recovery: Some(recovery), ..Aftermath::begun(report.time) });
}

/// A browser that can ask nobody.
fn offline() -> Browser {
    Browser::behind("127.0.0.1:9")
}
