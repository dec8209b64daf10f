//! A throw-away host: a root directory with the real hooks in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use nix::mount::{MntFlags, umount2};

use super::upstart::{LogPriority, Observer};
use super::{History, Hook, HookRun, JobBuilder, Layout, Stanza, tree};

/// What a job's thread shares with the test.
pub struct Shared {
    /// By which jobs are called. It ends before its socket's directory does.
    pub bus: super::upstart::Bus,
    root: tempfile::TempDir,
    pub layout: Layout,
    /// Who is run whenever a job of the host stops.
    pub observer: Option<Observer>,
    pub history: History,
}

impl Shared {
    /// `absolute` under the root; the root itself, without a slash at its end, for none.
    pub fn path(&self, absolute: &str) -> PathBuf {
        match absolute.trim_start_matches('/') {
            "" => self.root.path().to_owned(),
            below => self.root.path().join(below),
        }
    }

    /// Where the program `name` lies.
    pub fn program(&self, name: &str) -> PathBuf {
        self.path(BIN).join(name)
    }
}

/// A host under a root of its own.
pub struct Host {
    pub(super) shared: Arc<Shared>,
    pub(super) mounts: std::cell::RefCell<Vec<PathBuf>>,
}

/// At the end of a config: reports go at once, and it is not waited whether the job comes back.
pub const AT_ONCE: &str = "\n[snapshot]\nsettle = \"0s\"\n";

/// Where the hooks lie on the host.
pub(super) const BIN: &str = "/opt/upstart-monitor/bin";
const RUN: &str = "/var/run";
pub(super) const SPOOL: &str = "/var/spool/upstart-monitor";
pub(super) const EMERGENCY_SPOOL: &str = "/var/run/upstart-monitor";

impl Host {
    /// A host with the hooks, and without the notifier: what they leave in the spool stays there.
    pub fn new() -> Self {
        Self::laid_out(Layout::ThreeStanzas)
    }

    /// A host on which the monitor is used as `layout` says.
    pub fn laid_out(layout: Layout) -> Self {
        Self::with_observer(layout, None)
    }

    /// A host whose jobs have no stanza of ours; the observer is the shell script `script`.
    pub fn observed_by(script: &str) -> Self {
        Self::with_observer(Layout::Bare, Some(Stanza::script(script)))
    }

    fn with_observer(layout: Layout, other: Option<Stanza>) -> Self {
        let root = tempfile::Builder::new().prefix("upstart-monitor-").tempdir().unwrap();
        let program = |name| root.path().join(BIN.trim_start_matches('/')).join(name);
        let ours = layout.is_observed().then(|| Stanza::Program(program(Hook::Observer.name())));
        let observer = other.or(ours).map(|stanza| {
            let root = root.path().to_str().unwrap().to_owned();
            Observer { stanza, root }
        });
        let shared =
            Shared { bus: Default::default(), root, layout, observer, history: History::new() };
        let host = Self { shared: Arc::new(shared), mounts: Vec::new().into() };
        // Hooks of a job with `setuid` come here too.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(host.path("/"), open).unwrap();
        for directory in [BIN, RUN, SPOOL, "/var/log/upstart", "/etc/upstart-monitor/conf.d"] {
            host.make_dir(directory);
        }
        for directory in ["/etc/default", "/dev", "/sbin"] {
            host.make_dir(directory);
        }
        for hook in Hook::ALL {
            host.install(hook.name());
        }
        host.install(Hook::Observer.name());
        super::upstart::install_initctl(&host.shared);
        host
    }

    /// A host whose hooks find the notifier beside them, and kick it.
    #[cfg(feature = "deliver")]
    pub fn with_notifier() -> Self {
        let host = Self::new();
        host.install("upstart-crash");
        host
    }

    /// Puts the program `name` beside the hooks. By hard link or by another process: a program
    /// that this one has open for writing, a fork of another test could not start ("text busy").
    fn install(&self, name: &str) {
        let (from, to) = (built(name), self.program(name));
        if std::fs::hard_link(&from, &to).is_err() {
            let copied = Command::new("cp").arg(&from).arg(&to).status().unwrap();
            assert!(copied.success(), "cannot copy {}", from.display());
        }
    }

    /// Where the program `name` lies on the host.
    pub fn program(&self, name: &str) -> PathBuf {
        self.shared.program(name)
    }

    /// `absolute` under this host's root.
    pub fn path(&self, absolute: &str) -> PathBuf {
        self.shared.path(absolute)
    }

    pub fn layout(&self) -> Layout {
        self.shared.layout
    }

    /// A job of this host, to be described and started.
    pub fn job(&self, name: &str) -> JobBuilder {
        JobBuilder::new(&self.shared, name)
    }

    /// One run of `hook` for the job `name`, without an Upstart around it.
    pub fn hook(&self, hook: Hook, name: impl AsRef<OsStr>) -> HookRun<'_> {
        HookRun::new(self, &self.program(hook.name())).of(hook, name)
    }

    /// One run of any program with this host as its root.
    pub fn run(&self, program: &Path) -> HookRun<'_> {
        HookRun::new(self, program)
    }

    /// Writes a line of init's to the kernel log, where no Upstart plays that does.
    pub fn init_says(&self, message: &str) {
        super::upstart::kernel_log(&self.shared, message);
    }

    /// Writes a line of the kernel's own to its log.
    pub fn kernel_says(&self, message: &str) {
        super::upstart::append(&self.shared, 3, message);
    }

    /// Writes a line for the person who reads a failure.
    pub fn note(&self, line: impl Into<String>) {
        self.shared.history.add(line);
    }

    /// `initctl log-priority`
    pub fn set_log_priority(&self, priority: LogPriority) {
        self.shared.bus.set_log_priority(priority);
    }

    /// Changes the runlevel: 0 and 6 end the host.
    pub fn set_runlevel(&self, level: char) {
        // The record RUN_LVL of utmp(5), as it is on x86-64.
        let mut record = vec![0; 384];
        record[..2].copy_from_slice(&1_i16.to_ne_bytes());
        record[4..8].copy_from_slice(&(u32::from('2') << 8 | u32::from(level)).to_ne_bytes());
        record[8] = b'~';
        self.write("/var/run/utmp", record);
    }

    pub fn make_dir(&self, absolute: &str) {
        std::fs::create_dir_all(self.path(absolute)).unwrap();
    }

    pub fn write(&self, absolute: &str, content: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(absolute).parent().unwrap()).unwrap();
        std::fs::write(self.path(absolute), content).unwrap();
    }

    /// Puts the host into the zone with this rule (tzset(3)), in the format of tzfile(5).
    pub fn live_by(&self, rule: &str) {
        let header = [b"TZif2".as_slice(), &[0; 34], &[1, 0, 0, 0, 4]].concat();
        let kind = b"\0\0\0\0\0\0UTC\0";
        let file = [&header, &kind[..], &header, kind, b"\n", rule.as_bytes(), b"\n"].concat();
        self.write("/etc/localtime", file);
    }

    /// Writes a script that can be executed.
    pub fn write_program(&self, absolute: &str, script: &str) {
        self.write(absolute, script);
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(self.path(absolute), executable).unwrap();
    }

    /// Makes the user `uid` the owner of what lies at `absolute`.
    pub fn give_to(&self, uid: u32, absolute: &str) {
        require_root();
        std::os::unix::fs::chown(self.path(absolute), Some(uid), None).unwrap();
    }

    pub fn read(&self, absolute: &str) -> String {
        let path = self.path(absolute);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Writes the operator's config.
    pub fn config(&self, toml: &str) {
        self.write("/etc/upstart-monitor/config.toml", toml);
    }

    /// The names of all markers, sorted: of everything that hooks leave in /var/run.
    pub fn markers(&self) -> Vec<String> {
        let mut names = self.names(RUN);
        names.retain(|name| {
            ![super::upstart::SOCKET, EMERGENCY_SPOOL].iter().any(|other| other.ends_with(&**name))
        });
        names
    }

    /// The names in the directory `absolute`, sorted; none where it is not there.
    pub fn names(&self, absolute: &str) -> Vec<String> {
        let entries = self.path(absolute).read_dir().into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Some tests mount, or become `nobody`: they are not passed over where they cannot run.
pub fn require_root() {
    assert!(nix::unistd::geteuid().is_root(), "this test must run as root");
}

/// The program `name` as it was built for the tests, or the one in the directory that
/// `UPSTART_MONITOR_TEST_PROGRAMS` names: so released programs stand the same tests.
pub(super) fn built(name: &str) -> PathBuf {
    let directory = match std::env::var_os("UPSTART_MONITOR_TEST_PROGRAMS") {
        Some(directory) => PathBuf::from(directory),
        None => Path::new(env!("CARGO_BIN_EXE_pre-start")).parent().unwrap().to_owned(),
    };
    directory.join(name)
}

/// The fixture `name` of `tests/fixtures`, as it was built for the tests.
pub fn fixture(name: &str) -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_pre-start")).parent().unwrap();
    let fixture = built.join("examples").join(name);
    // Cargo builds them with all tests, but not with a chosen one.
    assert!(fixture.exists(), "{} is not built: run `cargo build --examples`", fixture.display());
    fixture
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let root = self.path("/");
            eprintln!("---- what happened ----\n{}", self.shared.history);
            eprintln!("---- the host, {} ----\n{}", root.display(), tree::text(&root));
        }
        while let Some(path) = self.mounts.borrow_mut().pop() {
            let _ = umount2(&path, MntFlags::MNT_DETACH);
        }
    }
}
