//! A machine whose process 1 is a real systemd: a container that starts in a second, on an overlay
//! of this machine's root, with the hooks in it. Many lives are lived in one of them.

mod coredump;
mod life;
mod memory;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::mount::{MntFlags, umount2};
use nix::sched::CloneFlags;
use serde_json::Value;

use super::host::{BIN, SPOOL, built};
use super::mounts::layers_over;
use super::{Hook, project, require_root, tree, violations};

pub use life::{Life, Lived};

/// How the hooks come to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hooks {
    /// By a drop-in of each unit.
    OfUnits,
    /// By one drop-in for all services of the host.
    OfHost,
}

/// A service that has the same life, and no hooks, is called so.
const BARE: &str = "bare-";
/// The same name in a unit's own directory hides the host's drop-in.
const DROP_IN: &str = "50-upstart-monitor.conf";
const UNITS: &str = "/etc/systemd/system";
/// The longest that a machine may live, in seconds; one that passes never does.
const LIFETIME: &str = "240";

/// The machine. Only this test's thread, and what it starts, can see it; it ends with the test.
pub struct Machine {
    layers: tempfile::TempDir,
    hooks: Hooks,
    lends_memory: bool,
}

impl Machine {
    /// A machine that is down.
    pub fn new(hooks: Hooks) -> Self {
        require_root();
        let layers = layers_over("/", CloneFlags::empty());
        let machine = Self { layers, hooks, lends_memory: false };
        machine.install();
        machine
    }

    /// `absolute` in there.
    pub fn path(&self, absolute: &str) -> PathBuf {
        self.layers.path().join("root").join(absolute.trim_start_matches('/'))
    }

    /// Writes `text` to `absolute`, before the machine is up.
    pub fn write(&self, absolute: &str, text: &str) {
        let path = self.path(absolute);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn write_program(&self, absolute: &str, script: &str) {
        self.write(absolute, script);
        fs::set_permissions(self.path(absolute), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn install(&self) {
        for directory in [BIN, SPOOL, "/lives"] {
            fs::create_dir_all(self.path(directory)).unwrap();
        }
        for hook in Hook::ALL.into_iter().chain([Hook::Observer]) {
            fs::copy(built(hook.name()), self.path(BIN).join(hook.name())).unwrap();
        }
        if self.hooks == Hooks::OfHost {
            self.install_unit(&format!("service.d/{DROP_IN}"));
        }
        self.write("/lives/steps.sh", include_str!("steps.sh"));
        self.write_program("/lives/play", include_str!("play.sh"));
        self.write_program("/lives/first", include_str!("first.sh"));
        self.write_program("/lives/director", include_str!("director.sh"));
    }

    /// Puts a file of the package among systemd's units.
    fn install_unit(&self, name: &str) {
        let text = fs::read_to_string(project("packaging/systemd").join(name)).unwrap();
        self.write(&format!("/usr/lib/systemd/system/{name}"), &text);
    }

    /// Puts the notifier and its units there, with `config`.
    #[cfg(feature = "deliver")]
    pub fn install_notifier(&self, config: &str) {
        fs::copy(built("upstart-crash"), self.path(BIN).join("upstart-crash")).unwrap();
        for name in ["upstart-monitor-deliver.service", "upstart-monitor-deliver.path"] {
            self.install_unit(name);
        }
        self.write("/etc/upstart-monitor/config.toml", config);
        let file = self.path("/etc/upstart-monitor/config.toml");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        let wants = "[Unit]\nWants=upstart-monitor-deliver.path\n";
        self.write(&format!("{UNITS}/lives.target.d/notifier.conf"), wants);
    }

    /// Takes the hooks' programs away; what calls them stays.
    pub fn remove_programs(&self) {
        fs::remove_dir_all(self.path(BIN)).unwrap();
    }

    /// Boots the machine, has each of `lives` lived twice, with hooks and without, and ends it.
    pub fn live(&self, lives: &[Life]) {
        let mut units = Vec::new();
        for life in lives {
            for unit in [life.unit.to_owned(), format!("{BARE}{}", life.unit)] {
                self.add(life, &unit);
                units.push(unit);
            }
        }
        self.write("/lives/units", &units.join("\n"));
        // Of a unit that another one names, systemd does not forget what became of it.
        let named = units.join(" ").replace('\\', "\\\\");
        let target = format!(
            "[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\nWants=director.service\n\
             Before={named}\n"
        );
        self.write(&format!("{UNITS}/lives.target"), &target);
        let director = "[Unit]\nAfter=lives.target\n[Service]\nType=exec\n\
                        ExecStart=/lives/director\nStandardError=append:/lives/errors\n";
        self.write(&format!("{UNITS}/director.service"), director);
        self.write(&format!("{UNITS}/director.service.d/{DROP_IN}"), "");
        self.boot();
    }

    /// Describes the service `unit`, which lives `life`.
    fn add(&self, life: &Life, unit: &str) {
        let (name, kind) = unit.rsplit_once('.').unwrap();
        let file = match name.split_once('@') {
            Some((template, _)) => format!("{template}@.{kind}"),
            None => unit.to_owned(),
        };
        self.write(&format!("{UNITS}/{file}"), &life.file());
        let text = match self.hooks {
            _ if unit.starts_with(BARE) => Some(String::new()),
            Hooks::OfHost => None,
            Hooks::OfUnits => Some(format!(
                "[Service]\nExecStartPre=-+{BIN}/pre-start systemd %n\n\
                 ExecStop=-+{BIN}/pre-stop systemd %n\n\
                 ExecStopPost=-+{BIN}/post-stop systemd %n\n"
            )),
        };
        if let Some(text) = text {
            self.write(&format!("{UNITS}/{file}.d/{DROP_IN}"), &text);
        }
        self.write(&format!("/lives/{unit}.life"), life.steps);
    }

    /// Runs the machine until it ends itself. In a control group of its own: machines that run at
    /// the same time would share one. Where this thread ends before it, it is killed. The hooks wait
    /// for systemd within their deadline, so this machine's other work comes second.
    fn boot(&self) {
        let console = fs::File::create(self.path("/lives/console")).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", include_str!("boot.sh"), "sh", &self.control_group(), LIFETIME])
            .arg(self.path("/"));
        match self.lends_memory {
            true => memory::lend(&mut command),
            // What systemd-oomd says it says in control groups of the second version.
            false => command.arg("--boot").env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1"),
        };
        command.stdin(Stdio::null());
        command.stdout(console.try_clone().unwrap()).stderr(console);
        let status = command.status().unwrap();
        assert!(status.success(), "the machine did not end itself in order: {status}");
    }

    fn control_group(&self) -> String {
        self.layers.path().file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// What became of `life`, with hooks and without.
    pub fn lived(&self, life: &Life) -> [Lived; 2] {
        [life.unit.to_owned(), format!("{BARE}{}", life.unit)].map(|unit| {
            let steps = self.path(&format!("/lives/{unit}.steps"));
            let behaviour = fs::read_to_string(steps).unwrap_or_else(|_| "nothing".to_owned());
            let reports = self.reports();
            let is_of_it = |report: &Value| report["evidence"]["systemd"]["unit"] == *unit;
            Lived { behaviour, reports: reports.into_iter().filter(is_of_it).collect() }
        })
    }

    /// What the journal says on `unit`.
    pub fn journal(&self, unit: &str) -> String {
        let journal = fs::read_to_string(self.path("/lives/journal")).unwrap_or_default();
        let lines = journal.lines().filter(|line| line.contains(&format!(" {unit}")));
        lines.map(|line| format!("    {line}\n")).collect()
    }

    /// All reports, by their ids; each is held against the schema.
    pub fn reports(&self) -> Vec<Value> {
        let places = [format!("{SPOOL}/new"), "/lives/emergency-spool/new".to_owned()];
        let files =
            places.iter().flat_map(|place| self.path(place).read_dir().into_iter().flatten());
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        files.iter().map(|file| read_report(file)).collect()
    }
}

fn read_report(file: &Path) -> Value {
    let report = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(violations(&report), [""; 0], "{}", file.display());
    report
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in ["console", "errors"] {
                let text = fs::read(self.path(&format!("/lives/{name}"))).unwrap_or_default();
                eprintln!("---- {name} ----\n{}", String::from_utf8_lossy(&text));
            }
            eprintln!("---- the spool ----\n{}", tree::text(&self.path(SPOOL)));
        }
        for tree in [
            "/sys/fs/cgroup",
            "/sys/fs/cgroup/unified",
            "/sys/fs/cgroup/systemd",
            "/sys/fs/cgroup/memory",
        ] {
            remove_groups(&Path::new(tree).join(self.control_group()));
        }
        let _ = umount2(&self.path("/"), MntFlags::MNT_DETACH);
        let _ = umount2(self.layers.path(), MntFlags::MNT_DETACH);
    }
}

/// Removes a control group and those below it. The kernel keeps those that still have a process.
fn remove_groups(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_groups(&entry.path());
        }
    }
    let _ = fs::remove_dir(group);
}
