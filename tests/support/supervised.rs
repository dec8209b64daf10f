//! A service under the real `runsv` or `s6-supervise`, on a throw-away host.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

use super::{Hook, Host, wait_until};
use upstart_monitor::service_dir::{ServiceDir, Status};
use upstart_monitor::supervisor::Supervisor;

/// What a service does: it says that it is up, and waits to be told with which status to exit.
pub const WAITS: &str = "exec 3<>told\nUP\nread status <&3\nexit $status";

/// A service directory, whose supervisor may run.
pub struct Supervised<'h> {
    host: &'h Host,
    by: Supervisor,
    name: String,
    directory: PathBuf,
    child: Option<Child>,
    /// The supervisor of its logger, where it is another one.
    logger: Option<Child>,
}

impl<'h> Supervised<'h> {
    /// The service `name`, whose `run` and `finish` call our hooks, and which does `main`, a
    /// script in which `UP` notes that it is up.
    pub fn new(host: &'h Host, by: Supervisor, name: &str, main: &str) -> Self {
        let hook = |hook: Hook, arguments: &str| {
            let program = host.program(hook.name());
            format!("{} {}{arguments} || :\n", program.display(), by.word())
        };
        let hooks = [hook(Hook::PreStart, ""), hook(Hook::PostStop, " \"$@\"")];
        Self::with(host, by, name, main, hooks)
    }

    /// The same without hooks.
    pub fn bare(host: &'h Host, by: Supervisor, name: &str, main: &str) -> Self {
        Self::with(host, by, name, main, Default::default())
    }

    fn with(
        host: &'h Host,
        by: Supervisor,
        name: &str,
        main: &str,
        [pre_start, post_stop]: [String; 2],
    ) -> Self {
        let directory = host.path(&format!("/etc/sv/{name}"));
        std::fs::create_dir_all(&directory).unwrap();
        mkfifo(&directory.join("told"), Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let service =
            Self { host, by, name: name.to_owned(), directory, child: None, logger: None };
        let [runs, ends] = ["runs", "ends"].map(|what| service.record(what));
        let main = main.replace("UP", &format!("echo $$ >>{runs}"));
        service.program("run", &format!("{pre_start}{main}\n"));
        service.program("finish", &format!("{post_stop}echo \"$1 $2\" >>{ends}\n"));
        service
    }

    /// The script `name`.
    pub fn script(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.join(name)).unwrap()
    }

    /// Puts `line` behind all others of the script `name`.
    pub fn append(&self, name: &str, line: &str) {
        self.file(name, &format!("{}{line}\n", self.script(name)));
    }

    /// Where the service itself notes `what`.
    fn record(&self, what: &str) -> String {
        format!("{}.{what}", self.directory.display())
    }

    /// Writes the shell script `name`.
    pub fn program(&self, name: &str, script: &str) {
        let path = self.directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    /// Writes the file `name`.
    pub fn file(&self, name: &str, content: &str) {
        std::fs::write(self.directory.join(name), content).unwrap();
    }

    /// Starts the supervisor.
    pub fn supervise(&mut self) {
        self.child = Some(self.spawn(&self.name, Stdio::null(), Stdio::null()));
        wait_until("the supervisor", || self.takes_commands());
    }

    /// Whether the supervisor reads the FIFO by which its tool knows that it is there.
    fn takes_commands(&self) -> bool {
        let fifo = match self.by {
            Supervisor::S6 => "supervise/control",
            _ => "supervise/ok",
        };
        let mut options = File::options();
        options.write(true).custom_flags(nix::libc::O_NONBLOCK);
        options.open(self.directory.join(fifo)).is_ok()
    }

    fn spawn(&self, name: &str, input: impl Into<Stdio>, output: impl Into<Stdio>) -> Child {
        let program = match self.by {
            Supervisor::S6 => "s6-supervise",
            _ => "runsv",
        };
        let mut command = Command::new(program);
        command.arg(name).current_dir(self.directory.parent().unwrap());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("UPSTART_MONITOR_ROOT", self.host.path(""));
        command.stdin(input).stdout(output).stderr(Stdio::null());
        command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// Starts the supervisor, and of s6 the one of the logger, which `s6-svscan` would start with a
    /// pipe between them.
    pub fn supervise_with_log(&mut self) {
        match self.by {
            Supervisor::S6 => {
                let (reader, writer) = std::io::pipe().unwrap();
                self.logger =
                    Some(self.spawn(&format!("{}/log", self.name), reader, Stdio::null()));
                self.child = Some(self.spawn(&self.name, Stdio::null(), writer));
            }
            _ => self.supervise(),
        }
    }

    /// Starts the supervisor, and waits for the service.
    pub fn start(mut self) -> Self {
        self.supervise();
        self.wait_for_run(1);
        self
    }

    /// Gives the supervisor a command, by its own tool: `down`, `up`, `once`, `restart`, ...
    pub fn command(&self, word: &str) {
        let mut command = match self.by {
            Supervisor::S6 => {
                let option = match word {
                    "down" => "-d",
                    "up" => "-u",
                    "once" => "-o",
                    "restart" => "-r",
                    "term" => "-t",
                    "kill" => "-k",
                    "hup" => "-h",
                    other => panic!("s6-svc has no {other}"),
                };
                let mut command = Command::new("s6-svc");
                command.arg(option);
                command
            }
            _ => {
                let mut command = Command::new("sv");
                command.arg(word);
                command
            }
        };
        let output = command.arg(&self.directory).output().unwrap();
        self.host.note(format!("{word} {}: {output:?}", self.name));
    }

    /// Ends the supervisor as a host does that goes down.
    pub fn shut_down(&self) {
        let pid = self.child.as_ref().unwrap().id();
        kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM).unwrap();
    }

    /// Has main exit with `status`.
    pub fn exit(&self, status: u8) {
        let mut told = File::options().read(true).write(true).open(self.directory.join("told"));
        writeln!(told.as_mut().unwrap(), "{status}").unwrap();
        self.wait_for_end(self.ends().len() + 1);
    }

    /// Sends main a signal.
    pub fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.main()), signal).unwrap();
    }

    /// Sends main a signal that ends it, and waits until that was looked at.
    pub fn kill(&self, signal: Signal) {
        let ends = self.ends().len();
        self.send(signal);
        self.wait_for_end(ends + 1);
    }

    /// The main process of the last run.
    pub fn main(&self) -> i32 {
        self.lines("runs").last().unwrap().parse().unwrap()
    }

    /// What `finish` was called with, end by end.
    pub fn ends(&self) -> Vec<String> {
        self.lines("ends")
    }

    /// How often `run` was started.
    pub fn runs(&self) -> usize {
        self.lines("runs").len()
    }

    fn lines(&self, what: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.record(what)).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        whole.map(str::to_owned).collect()
    }

    /// What the supervisor says of the service.
    pub fn status(&self) -> Option<Status> {
        ServiceDir(self.directory.as_os_str().as_bytes()).status().ok()
    }

    /// Waits until run number `count` waits to be told what to do.
    #[track_caller]
    pub fn wait_for_run(&self, count: usize) {
        wait_until(&format!("run {count} of {}", self.name), || self.runs() >= count);
    }

    /// Waits until the supervisor is not to start the service again.
    pub fn wait_until_wanted_down(&self) {
        wait_until("a command", || self.status().is_some_and(|status| !status.wanted_up));
    }

    /// Waits until end number `count` was looked at.
    #[track_caller]
    pub fn wait_for_end(&self, count: usize) {
        wait_until(&format!("end {count} of {}", self.name), || self.ends().len() >= count);
    }

    /// Waits until the service runs for the `runs`th time, or is down after as many; the answer is
    /// all that the supervisor has done with it.
    #[track_caller]
    pub fn settled(&self, runs: usize) -> String {
        let mut settled = None;
        wait_until(&format!("{runs} runs of {}", self.name), || {
            settled = self.status().filter(|status| {
                let is_up = self.ends().len() < runs;
                self.runs() == runs && !status.is_finishing && status.pid.is_some() == is_up
            });
            settled.is_some()
        });
        let Status { pid, wanted_up, wait_status, .. } = settled.unwrap();
        let state = format!("up: {}, wanted up: {wanted_up}, {wait_status:?}", pid.is_some());
        format!("{} runs, ends {:?}, {state}", self.runs(), self.ends())
    }
}

impl Drop for Supervised<'_> {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _ = kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM);
        if self.ends().len() < self.runs() {
            let _ = kill(Pid::from_raw(self.main()), Signal::SIGKILL);
        }
        let _ = child.wait();
        if let Some(mut logger) = self.logger.take() {
            // Its input has ended.
            let _ = kill(Pid::from_raw(logger.id().cast_signed()), Signal::SIGTERM);
            let _ = logger.wait();
        }
    }
}
