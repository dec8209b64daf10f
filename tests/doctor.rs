//! `upstart-crash doctor`: each finding on a host that gives rise to it, and gone when the advice
//! was followed.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test"
)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::{AT_ONCE, Host, INIT_SOCKET, Job, LogPriority, is_diagnosis, require_root};
use upstart_monitor::id::{ReportId, RunId};
use upstart_monitor::spool::{Parked, Spool};
use upstart_monitor::time::Timestamp;

const SPOOL: &str = "/var/spool/upstart-monitor";
const CONFIG: &str = "/etc/upstart-monitor/config.toml";
const SINK: &str = "[sink.file.all]\npath = \"/told\"\n";
const HOUR: i64 = 3_600_000_000;

/// A host on which all is well: the observer, one job that runs with its hooks.
struct Well {
    // Ends before its host does.
    job: Option<Job>,
    host: Host,
}

impl Well {
    fn new() -> Self {
        require_root();
        let host = Host::with_notifier();
        host.mount_small("/var/run", 1 << 20);
        let mode = |path, mode| {
            fs::set_permissions(host.path(path), Permissions::from_mode(mode)).unwrap();
        };
        mode(SPOOL, 0o700);
        host.config(&format!("{SINK}{AT_ONCE}"));
        mode(CONFIG, 0o600);
        host.make_dir("/etc/init");
        for name in ["upstart-monitor", "upstart-monitor-deliver"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/upstart");
            let conf = fs::read(from.join(format!("{name}.conf"))).unwrap();
            host.write(&format!("/etc/init/{name}.conf"), conf);
        }
        let job = host.job("api").start();
        Self { job: Some(job), host }
    }

    /// Without the observer: the hooks of jobs count alone.
    fn unobserved() -> Self {
        let well = Self::new();
        well.remove("/etc/init/upstart-monitor.conf");
        well
    }

    fn write(&self, path: &str, text: &str) {
        self.host.write(path, text);
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.host.path(path)).unwrap();
    }

    fn append(&self, path: &str, text: &str) {
        self.write(path, &format!("{}{text}", self.host.read(path)));
    }

    fn set_mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.host.path(path), Permissions::from_mode(mode)).unwrap();
    }

    fn spool(&self) -> Spool {
        Spool::at(self.host.path(SPOOL))
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.host.program("upstart-crash"));
        command.args(words).env_clear().env("UPSTART_MONITOR_ROOT", self.host.path(""));
        command
    }

    fn run(&self, words: &[&str]) -> (i32, String) {
        let output = self.command(words).output().unwrap();
        self.host.note(format!("{words:?}: {output:?}"));
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    /// What `doctor --json` says.
    fn examined(&self) -> Value {
        self.host.note("examined");
        of_json(self.command(&["doctor", "--json"]).output().unwrap())
    }

    /// The level and the advice of the worst finding of `check`.
    fn found(&self, check: &str) -> Option<(String, String)> {
        let examined = self.examined();
        self.host.note(format!("{examined:#}"));
        let level = examined["checks"].as_array().unwrap().iter().find(|it| it["id"] == check);
        let level = level.unwrap()["level"].as_str().unwrap().to_owned();
        let mut findings = examined["findings"].as_array().unwrap().iter();
        let worst = findings.find(|it| it["check"] == check && it["level"] == *level)?;
        Some((level, worst["advice"].as_str().unwrap_or_default().to_owned()))
    }

    #[track_caller]
    fn expect(&self, check: &str, level: &str) -> String {
        let (found, advice) = self.found(check).unwrap_or_else(|| panic!("{check} is fine"));
        assert_eq!(found, level, "{check}");
        advice
    }

    #[track_caller]
    fn expect_fine(&self, check: &str) {
        assert_eq!(self.found(check), None, "{check}");
    }

    /// Does what the advice says, as root of this host who agrees to all.
    fn follow(&self, advice: &str) {
        let command = self.host.program("upstart-crash").display().to_string();
        let mut line = advice.replace("upstart-crash ", &format!("{command} "));
        for verb in ["enable", "disable"] {
            line = line.replace(&format!("{command} {verb}"), &format!("{command} {verb} --yes"));
        }
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &line]).env("UPSTART_MONITOR_ROOT", self.host.path(""));
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    }

    /// A finding of `check` at `level`, and its end by the advice.
    #[track_caller]
    fn expect_cured(&self, check: &str, level: &str) {
        let advice = self.expect(check, level);
        self.follow(&advice);
        self.expect_fine(check);
    }

    /// The name of a report of `hours` hours from now.
    fn report(&self, hours: i64) -> ReportId {
        let micros = Timestamp::from(std::time::SystemTime::now()).micros() + hours * HOUR;
        ReportId::new(Timestamp::from_micros(micros), RunId([7; 10]))
    }
}

/// What was printed, which is as `docs/doctor-v1.schema.json` has it, and agrees with the status.
fn of_json(output: Output) -> Value {
    let examined: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(is_diagnosis(&examined), "{examined:#}");
    assert_eq!(examined["exit_status"], output.status.code().unwrap());
    assert!(output.stderr.is_empty(), "{output:?}");
    examined
}

#[test]
fn a_host_on_which_all_is_well_is_told_to_be_so_in_every_form() {
    let well = Well::new();
    let examined = well.examined();
    assert_eq!((&examined["level"], &examined["findings"]), (&"ok".into(), &Value::Array(vec![])));
    let (status, text) = well.run(&["doctor"]);
    assert!(status == 0 && text.contains("22 of 22 checks fine."), "{text}");
    assert!(!text.contains("[clock]"), "{text}");
    let (status, text) = well.run(&["doctor", "--all"]);
    assert!(status == 0 && text.contains("the clock is plausible [clock]"), "{text}");
    assert_eq!(well.run(&["doctor", "--brief"]), (0, "OK - 22 checks fine\n".to_owned()));
    assert_eq!(well.run(&["doctor", "api", "--brief"]), (0, "OK - 8 checks fine\n".to_owned()));
}

#[test]
fn programs_that_are_missing_or_not_executable() {
    let well = Well::new();
    let hook = "/opt/upstart-monitor/bin/post-stop";
    // Another name of the built program: its mode is that one's, too.
    let copy = fs::read(well.host.path(hook)).unwrap();
    well.remove(hook);
    let advice = well.expect("programs", "critical");
    assert!(advice.starts_with("upstart-crash disable api "), "{advice}");
    fs::write(well.host.path(hook), copy).unwrap();
    well.set_mode(hook, 0o644);
    well.expect_cured("programs", "critical");
    well.remove("/opt/upstart-monitor/bin/stopping");
    well.expect("observer", "critical");
}

#[test]
fn hooks_that_do_not_count_are_put_in_again() {
    let well = Well::unobserved();
    let conf = "/etc/init/api.conf";
    let good = well.host.read(conf);
    for (path, text) in [
        (conf, format!("{good}\npost-stop exec own\n")),
        (conf, good.replace("post-stop exec", "#")),
        (conf, good.replace("/bin/post-stop", "/bin/poststop")),
        (conf, good.replace("/bin/post-stop", "/bin/pre-stop")),
        ("/etc/init/api.override", "pre-start exec own\n".to_owned()),
    ] {
        well.write(path, &text);
        let is_path = text.contains("poststop") || text.matches("/bin/pre-stop").count() == 2;
        well.expect_cured("stanzas", if is_path { "critical" } else { "warning" });
        let _ = fs::remove_file(well.host.path("/etc/init/api.override"));
        well.write(conf, &good);
        well.expect_fine("stanzas");
    }
}

#[test]
fn a_job_that_was_started_before_it_was_enabled() {
    let mut well = Well::unobserved();
    well.job.as_mut().unwrap().stop();
    drop(well.job.take());
    let bare = |well: &Well| well.host.job("api").pre_start(None).pre_stop(None).post_stop(None);
    well.job = Some(bare(&well).start());
    let advice = well.expect("unwatched", "warning");
    assert!(advice.starts_with("upstart-crash enable api "), "{advice}");
    well.follow(&advice);
    well.expect_fine("unwatched");
    let advice = well.expect("active", "warning");
    assert_eq!(advice, "initctl stop api && initctl start api");
    drop(well.job.take());
    well.expect_fine("active");
    well.job = Some(well.host.job("api").start());
    well.expect_fine("active");
    let instance = well.host.job("web").instance("eu 1").start();
    fs::remove_file(well.host.path("/var/run/%web@eu%201.shutdown")).unwrap();
    let (status, text) = well.run(&["doctor", "web"]);
    assert!(status == 1 && text.contains("web (eu 1): runs without the hooks"), "{text}");
    drop(instance);
}

#[test]
fn a_restart_that_a_pre_stop_swallows() {
    let well = Well::new();
    well.write("/etc/init/old.conf", "pre-stop exec own\nexec main\n");
    well.expect_cured("restart", "warning");
    well.write("/etc/init/old.conf", "setuid www\npre-stop exec own\nexec main\n");
    well.expect("restart", "warning");
}

#[test]
fn hooks_of_other_users() {
    let well = Well::unobserved();
    well.append("/etc/init/api.conf", "\nsetuid www\n");
    let advice = well.expect("users", "warning");
    well.follow(advice.split(" && ").next().unwrap());
    well.expect_fine("users");
}

#[test]
fn files_that_init_does_not_take_and_paths_that_it_does_not_survive() {
    let well = Well::new();
    well.write("/etc/init/broken.conf", "exec main\nscript\n");
    assert_eq!(
        well.expect("job-files", "warning"),
        format!("init-checkconf {}", well.host.path("/etc/init/broken.conf").display())
    );
    well.remove("/etc/init/broken.conf");
    well.expect_fine("job-files");

    // With "/var/log/upstart/" and ".log" these are 255 and 256 bytes.
    for (length, survives) in [(234, true), (235, false)] {
        well.write(&format!("/etc/init/{}.conf", "x".repeat(length)), "exec main\n");
        assert_eq!(well.found("log-path").is_none(), survives, "{length}");
    }
    well.expect_cured("log-path", "critical");
}

#[test]
fn daemons_that_fork() {
    let well = Well::new();
    well.write("/etc/init/ssh.conf", "exec /usr/sbin/sshd\n");
    well.expect_cured("forking", "warning");
}

#[test]
fn the_observer_and_the_jobs_it_leaves_out() {
    let well = Well::new();
    let (conf, observed) = ("/etc/init/upstart-monitor.conf", "/etc/upstart-monitor/observed");
    well.write("/etc/init/upstart-monitor.override", "manual\n");
    well.expect_cured("observer", "critical");
    well.write(observed, "!other\n!own\n");
    assert_eq!(well.expect("observed", "notice"), "initctl list");
    well.write("/etc/init/other.conf", "exec main\n");
    well.write("/etc/init/own.conf", "exec main\n");
    well.expect_fine("observed");
    let advice = well.expect("unwatched", "notice");
    assert!(advice.contains("enable other"), "{advice}");
    let (status, text) = well.run(&["doctor"]);
    assert!(status == 0 && text.contains("2 jobs: have neither hooks"), "{text}");
    well.write(observed, "");
    well.expect_fine("unwatched");
    well.set_mode(observed, 0o666);
    well.expect_cured("observed", "warning");
    well.remove(conf);
    well.expect("observer", "notice");
    well.remove("/etc/init/upstart-monitor-deliver.conf");
    well.expect("boot-delivery", "warning");
}

#[test]
fn a_kernel_log_that_does_not_tell() {
    let well = Well::new();
    well.host.set_log_priority(LogPriority::Error);
    assert_eq!(well.expect("log-priority", "notice"), "initctl log-priority message");
    well.host.set_log_priority(LogPriority::Message);
    well.expect_fine("log-priority");

    let times = "/sys/module/printk/parameters/time";
    well.host.make_dir("/sys/module/printk/parameters");
    well.write(times, "N\n");
    let advice = well.expect("kernel-log", "notice");
    well.follow(&advice.replace(times, well.host.path(times).to_str().unwrap()));
    well.expect_fine("kernel-log");

    let conf = "setuid www\npost-stop exec /opt/upstart-monitor/bin/post-stop\nexec main\n";
    well.write("/etc/init/www.conf", conf);
    well.write("/etc/upstart-monitor/observed", "!www\n");
    well.host.make_dir("/proc/sys/kernel");
    well.write("/proc/sys/kernel/dmesg_restrict", "1\n");
    well.expect("kernel-log", "warning");
    well.write("/proc/sys/kernel/dmesg_restrict", "0\n");
    well.expect_fine("kernel-log");
    well.remove("/dev/kmsg");
    well.expect("kernel-log", "notice");
}

#[test]
fn markers_that_a_reboot_would_leave_or_that_cannot_be_made() {
    let well = Well::new();
    well.host.make_read_only("/var/run");
    well.expect("markers", "critical");
    well.host.unmount();
    well.expect_fine("markers");
    let bare = Host::with_notifier();
    let root = bare.path("/var/run");
    let is_in_memory =
        nix::sys::statfs::statfs(&root).unwrap().filesystem_type() == nix::sys::statfs::TMPFS_MAGIC;
    let bare = Well { job: None, host: bare };
    assert_eq!(bare.found("markers").is_some(), !is_in_memory);
}

#[test]
fn a_spool_that_others_may_read_and_one_that_has_no_room() {
    let well = Well::new();
    well.set_mode(SPOOL, 0o755);
    well.expect_cured("spool", "warning");
    for (place, name) in
        [("/var/spool/upstart-monitor/corrupt", "x"), ("/var/run/upstart-monitor/new", "")]
    {
        well.host.make_dir(place);
        for path in [place, place.rsplit_once('/').unwrap().0] {
            well.set_mode(path, 0o700);
        }
        let name = if name.is_empty() { format!("{}.json", well.report(0)) } else { name.into() };
        let path = format!("{place}/{name}");
        well.write(&path, "{}");
        well.set_mode(&path, 0o600);
        well.expect("spool", "warning");
        well.remove(&path);
        well.expect_fine("spool");
    }
    well.host.mount_small(SPOOL, 64 << 10);
    well.set_mode(SPOOL, 0o700);
    well.host.fill(SPOOL);
    well.set_mode(&format!("{SPOOL}/filler"), 0o600);
    well.expect("spool", "critical");
    well.host.unmount();
    well.expect_fine("spool");
    fs::remove_dir_all(well.host.path(SPOOL)).unwrap();
    well.expect_cured("spool", "notice");
}

#[test]
fn a_config_that_is_broken_or_names_nobody() {
    let well = Well::new();
    well.append(CONFIG, "[sink.file.b]\n");
    assert_eq!(well.expect("config", "critical"), "upstart-crash check");
    well.write(CONFIG, "");
    well.expect("config", "warning");
    well.write(CONFIG, SINK);
    well.expect_fine("config");
}

#[test]
fn what_is_owed_for_long_parked_or_given_up() {
    let well = Well::new();
    let (spool, now) = (well.spool(), well.report(0).time());
    drop(spool.lock().unwrap());
    spool.enqueue("file.all", &[well.report(-2)], now).unwrap();
    well.expect("queue", "warning");
    well.expect("notifier", "warning");
    let held = spool.lock().unwrap().unwrap();
    let advice = well.expect("notifier", "critical");
    assert_eq!(advice, format!("kill {}; upstart-crash deliver", std::process::id()));
    drop(held);
    for name in well.host.names(&format!("{SPOOL}/queue/file.all")) {
        well.remove(&format!("{SPOOL}/queue/file.all/{name}"));
    }
    well.expect_fine("queue");
    well.expect_fine("notifier");

    let parked = Parked { fingerprint: "f".into(), why: "410 Gone".into(), since: now };
    spool.park("file.all", &parked).unwrap();
    let advice = well.expect("queue", "critical");
    well.follow(&advice);
    support::wait_until("the sink to be free", || well.found("queue").is_none());

    well.host.make_dir(&format!("{SPOOL}/dead/file.all"));
    for path in ["dead", "dead/file.all"] {
        well.set_mode(&format!("{SPOOL}/{path}"), 0o700);
    }
    let dead = format!("{SPOOL}/dead/file.all/{}.json", well.report(0));
    well.write(&dead, "{}");
    well.set_mode(&dead, 0o600);
    well.expect("queue", "warning");
    well.remove(&dead);
    well.expect_fine("queue");
}

#[test]
fn a_clock_that_was_set_back() {
    let well = Well::new();
    drop(well.spool().lock().unwrap());
    let report = format!("{SPOOL}/new/{}.json", well.report(1));
    well.write(&report, "{}");
    well.expect("clock", "warning");
    well.remove(&report);
    well.expect_fine("clock");
}

#[test]
fn what_cannot_be_looked_at_is_not_fine() {
    let mut well = Well::new();
    let mut command = well.command(&["doctor", "--json"]);
    let examined = of_json(command.uid(65534).gid(65534).output().unwrap());
    let level = |id: &str| {
        let mut checks = examined["checks"].as_array().unwrap().iter();
        checks.find(|it| it["id"] == id).unwrap()["level"].clone()
    };
    for check in ["upstart", "spool", "config"] {
        assert_eq!(level(check), "unknown", "{examined:#}");
    }

    drop(well.job.take());
    well.remove(INIT_SOCKET);
    let examined = well.examined();
    assert_eq!(examined["findings"][0]["check"], "upstart");
    assert_eq!((&examined["level"], &examined["exit_status"]), (&"unknown".into(), &3.into()));
    for words in [&["doctor", "--nope"][..], &["doctor", "no-such-job"]] {
        let (status, text) = well.run(words);
        assert!(status == 3 && !text.is_empty(), "{text}");
    }
    well.write("/etc/init/a.conf", "exec /usr/sbin/sshd\n");
    let (status, text) = well.run(&["doctor", "--brief"]);
    assert!(status == 1 && text.starts_with("WARNING - 2 findings: a: seems to fork"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn ten_thousand_jobs_and_an_init_that_says_nothing() {
    let mut well = Well::new();
    drop(well.job.take());
    let _ = fs::remove_file(well.host.path(INIT_SOCKET));
    let _mute = UnixListener::bind(well.host.path(INIT_SOCKET)).unwrap();
    for number in 0..10_000 {
        well.write(&format!("/etc/init/job{number}.conf"), "exec main\n");
    }
    well.write("/etc/init/job9.conf", "exec /usr/sbin/sshd\n");
    assert_eq!(well.expect("upstart", "critical"), "top -b -n 1 -p 1");
    well.expect("forking", "warning");
}
