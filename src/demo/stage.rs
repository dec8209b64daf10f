//! Upstart, played: a throw-away root, a job's life, and the times at which things happened.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::DemoError;
use super::victim::{CRASHES, VICTIM};
use crate::paths::{CONFIG, Place, ROOT_VARIABLE};
use crate::report::CrashReport;
use crate::sys;

/// The job's name.
const JOB: &str = "shop";

/// Something that happened.
pub(super) struct Moment {
    /// How long after the beginning.
    pub(super) at: Duration,
    /// What.
    pub(super) what: String,
    /// How long it took, for a hook.
    pub(super) took: Option<Duration>,
}

/// The throw-away host, and the job on it.
pub(super) struct Stage {
    root: TempDir,
    programs: PathBuf,
    command: PathBuf,
    began: Instant,
    timeline: Vec<Moment>,
    main: Option<Child>,
    runs: u32,
}

impl Stage {
    /// Makes the root, with a config that names `webhook`, and finds the hooks.
    pub(super) fn set(webhook: &str) -> Result<Self, DemoError> {
        let io = |what| move |error| DemoError::Io(what, error);
        let command = std::env::current_exe().map_err(io("find this program"))?;
        let programs = command.parent().unwrap_or(Path::new("/")).to_owned();
        for hook in ["pre-start", "pre-stop", "post-stop"] {
            let path = programs.join(hook);
            if !path.is_file() {
                return Err(DemoError::NoHook(path));
            }
        }
        let root = tempfile::Builder::new()
            .prefix("upstart-crash-demo.")
            .tempdir()
            .map_err(io("make a throw-away root"))?;
        let stage = Self {
            root,
            programs,
            command,
            began: Instant::now(),
            timeline: Vec::new(),
            main: None,
            runs: 0,
        };
        for directory in [Place::Run, Place::Logs, Place::Spool, Place::Config] {
            fs::create_dir_all(stage.path(directory)).map_err(io("make a throw-away root"))?;
        }
        stage.write_config(webhook).map_err(io("write the config"))?;
        Ok(stage)
    }

    /// Runs pre-start and starts the service: the first run crashes, later ones do not.
    pub(super) fn start(&mut self) -> Result<(), DemoError> {
        self.runs += 1;
        let (started, crashes) = match self.runs {
            1 => ("the service was started", true),
            _ => ("the service was respawned", false),
        };
        self.hook("pre-start", "pre-start armed the marker")?;
        let io = |error| DemoError::Io("start the service", error);
        let log = self.log().map_err(io)?;
        let mut main = Command::new(&self.command);
        main.arg(VICTIM).stdin(Stdio::null()).stderr(log.try_clone().map_err(io)?).stdout(log);
        if crashes {
            main.env(CRASHES, "1");
        }
        self.main = Some(main.spawn().map_err(io)?);
        self.note(started, None);
        Ok(())
    }

    /// Waits until the service is dead.
    pub(super) fn wait_for_the_crash(&mut self) -> Result<(), DemoError> {
        let Some(mut main) = self.main.take() else { return Ok(()) };
        let status = main.wait().map_err(|error| DemoError::Io("wait for the service", error))?;
        let how = match status.signal() {
            Some(signal) => {
                let name = Signal::try_from(signal).map_or("an unknown signal", Signal::as_str);
                format!("the service died of {name}")
            }
            None => format!("the service ended with {status}"),
        };
        self.kernel_log(main.id(), status.signal()).map_err(|error| DemoError::Io("log", error))?;
        self.note(&how, None);
        Ok(())
    }

    /// Stops the service as an operator does: pre-stop, SIGTERM, post-stop.
    pub(super) fn stop(&mut self) -> Result<(), DemoError> {
        self.hook("pre-stop", "somebody asked for a stop: pre-stop disarmed the marker")?;
        if let Some(mut main) = self.main.take() {
            let io = |error| DemoError::Io("stop the service", error);
            main.kill().map_err(io)?;
            main.wait().map_err(io)?;
        }
        self.post_stop("post-stop found nothing to report")
    }

    /// Writes what init says of the death of `pid`, after which it respawns the job.
    fn kernel_log(&self, pid: u32, signal: Option<i32>) -> io::Result<()> {
        let micros = sys::kernel_log_micros().1;
        let name = signal.and_then(|signal| Signal::try_from(signal).ok()).map(Signal::as_str);
        let name = name.unwrap_or("SIGKILL").trim_start_matches("SIG");
        let log = format!(
            "12,1,{micros},-;init: {JOB} main process ({pid}) killed by {name} signal\n\
             12,2,{micros},-;init: {JOB} main process ended, respawning\n"
        );
        let path = self.path(Place::KernelLog);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, log)
    }

    /// Runs post-stop.
    pub(super) fn post_stop(&mut self, what: &str) -> Result<(), DemoError> {
        self.hook("post-stop", what)
    }

    /// Notes that something has happened now.
    pub(super) fn note(&mut self, what: &str, took: Option<Duration>) {
        self.timeline.push(Moment { at: self.began.elapsed(), what: what.to_owned(), took });
    }

    /// What has happened so far.
    pub(super) fn timeline(&self) -> &[Moment] {
        &self.timeline
    }

    /// The report on the crash, wherever in the spool it lies by now.
    pub(super) fn report(&self) -> Result<CrashReport, DemoError> {
        let found = self.report_files().into_iter().next();
        found
            .and_then(|path| serde_json::from_slice(&fs::read(path).ok()?).ok())
            .ok_or_else(|| DemoError::NoReport(self.path(Place::Spool)))
    }

    /// How many reports there are.
    pub(super) fn reports(&self) -> usize {
        self.report_files().len()
    }

    fn report_files(&self) -> Vec<PathBuf> {
        ["new", "archive"]
            .into_iter()
            .filter_map(|place| fs::read_dir(self.path(Place::Spool).join(place)).ok())
            .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
            .collect()
    }

    /// Runs a hook in the environment that Upstart gives it.
    fn hook(&mut self, name: &str, what: &str) -> Result<(), DemoError> {
        let began = Instant::now();
        let io = |error| DemoError::Io("run a hook", error);
        Command::new(self.programs.join(name))
            .env_clear()
            .env("UPSTART_JOB", JOB)
            .env("UPSTART_INSTANCE", "")
            .env("TERM", "linux")
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin")
            .env(ROOT_VARIABLE, self.root.path())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(self.log().map_err(io)?)
            .stderr(self.log().map_err(io)?)
            .status()
            .map_err(io)?;
        self.note(what, Some(began.elapsed()));
        Ok(())
    }

    fn log(&self) -> io::Result<File> {
        let path = self.path(Place::Logs).join(format!("{JOB}.log"));
        OpenOptions::new().create(true).append(true).mode(0o640).open(path)
    }

    /// The webhook's URL is a secret: the file is for its owner alone. The message is shown as fast
    /// as it can be: nobody waits whether the service comes back.
    fn write_config(&self, webhook: &str) -> io::Result<()> {
        let mut path = self.path(Place::Config).into_os_string();
        path.push(CONFIG);
        fs::write(
            &path,
            format!(
                "[sink.slack.demo]\nwebhook_url = \"{webhook}\"\n[snapshot]\nsettle = \"0s\"\n"
            ),
        )?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
    }

    fn path(&self, place: Place) -> PathBuf {
        let mut path = self.root.path().as_os_str().to_owned();
        path.push(place.on_the_host());
        path.into()
    }
}

/// A demo that fails half-way leaves no process behind.
impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(mut main) = self.main.take() {
            let _ = main.kill();
            let _ = main.wait();
        }
    }
}
