//! A throw-away root, and the command run in it.

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use nix::pty::{Winsize, openpty};
use serde_json::Value;
use tempfile::TempDir;
use upstart_monitor::id::{ReportId, RunId};
use upstart_monitor::marker::Content;
use upstart_monitor::report::CrashReport;
use upstart_monitor::snapshot::{Host, LogTail};
use upstart_monitor::time::Timestamp;

/// A throw-away root.
pub(crate) struct Root(TempDir);

/// What a run of the command gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Root {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// `below` under the root.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.path("var/spool/upstart-monitor")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
        command.args(arguments).env_clear().env("UPSTART_MONITOR_ROOT", self.0.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the command as a user who may read nothing that is root's.
    pub(crate) fn run_as_nobody(&self, arguments: &[&str]) -> Ran {
        if !nix::unistd::geteuid().is_root() {
            return self.run(arguments);
        }
        // Neither the build directory nor a temporary one need be open to others.
        let program = self.path("upstart-crash");
        // Copied by another process: a file that this one has open for writing may be inherited by a
        // child of another test, and could not be executed.
        let built = env!("CARGO_BIN_EXE_upstart-crash");
        assert!(Command::new("cp").arg(built).arg(&program).status().unwrap().success());
        for path in [self.0.path(), &program] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        let mut command = Command::new(program);
        command.args(arguments).env("UPSTART_MONITOR_ROOT", self.0.path());
        command.uid(65534).gid(65534).output().unwrap().into()
    }

    /// What the command prints on a terminal that is so many characters wide. `variables` are all
    /// of its environment but the root.
    pub(crate) fn run_on_a_terminal(
        &self,
        columns: u16,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> String {
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let terminal = openpty(&size, None).unwrap();
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied()).stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = command.stdout(terminal.slave).spawn().unwrap();
        // It holds the other end open.
        drop(command);
        let mut bytes = Vec::new();
        // A terminal without a writer is an error, and the end.
        let _ = File::from(terminal.master).read_to_end(&mut bytes);
        assert!(child.wait().unwrap().success());
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }

    /// Leaves a report on run `run` of a service with a hostile log.
    pub(crate) fn leave_report(&self, run: &str) -> CrashReport {
        let text = format!(
            "upstart-monitor marker 1\njob nginx\ninstance eu-1\nrun {run}\n\
             started 1795232000000000 5000000\nended 1795232537123456 542123456\n"
        );
        let marker = Content::parse(text.as_bytes()).unwrap();
        let mut report = CrashReport::of_unseen(&marker, Host::here());
        report.log = Some(LogTail {
            path: "/var/log/upstart/nginx-eu-1.log".to_owned(),
            lines: vec!["\u{1b}[2Jlast words".to_owned()],
            bytes: 15,
            truncated: false,
            this_run_only: true,
        });
        let json = serde_json::to_vec(&report).unwrap();
        self.leave("new", &format!("{}.json", report.id), &json);
        report
    }

    /// Leaves a report in `place`: of a crash of `job`, so long ago.
    pub(crate) fn leave_crash(&self, place: &str, job: &str, ago: Duration) -> ReportId {
        self.leave_end(place, job, "crashed", ago)
    }

    /// The same, with a verdict of its own.
    pub(crate) fn leave_end(
        &self,
        place: &str,
        job: &str,
        verdict: &str,
        ago: Duration,
    ) -> ReportId {
        let mut run = [0; 10];
        getrandom(&mut run);
        let time = Timestamp::from(std::time::SystemTime::now() - ago);
        let id = ReportId::new(time, RunId(run));
        let mut report: Value =
            serde_json::from_str(include_str!("../data/report-v1.json")).unwrap();
        report["id"] = id.to_string().into();
        report["time"] = time.to_string().into();
        report["key"] = format!("web-1/{job}").into();
        report["job"]["name"] = job.into();
        report["job"]["instance"] = "".into();
        report["verdict"]["kind"] = verdict.into();
        report["withheld"] = Value::Null;
        self.leave(place, &format!("{id}.json"), report.to_string().as_bytes());
        id
    }

    /// Leaves a file in `place` of the spool, in one step.
    pub(crate) fn leave(&self, place: &str, name: &str, content: &[u8]) {
        let directory = self.spool().join(place);
        fs::create_dir_all(&directory).unwrap();
        let beside = self.path("beside");
        fs::write(&beside, content).unwrap();
        fs::rename(beside, directory.join(name)).unwrap();
    }
}

fn getrandom(bytes: &mut [u8]) {
    File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
}
