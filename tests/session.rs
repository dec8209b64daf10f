//! The jobs of a user's own Upstart (`init --user`): everything is and stays with the user.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::os::unix::fs::MetadataExt;

use nix::sys::signal::Signal;
use support::Hook::{Observer, PostStop, PreStart, PreStop};
use support::{HOME, Host, NOBODY, RUNTIME, SESSION_SPOOL, STAYS_UP, Session};

const USERS: [u32; 2] = [0, NOBODY];
const CRASHES: &str = "kill -SEGV $$";

#[test]
fn a_crash_is_told_in_the_users_own_spool() {
    for user in USERS {
        let host = Host::new();
        let session = Session::new(&host, user);
        let log = format!("{HOME}/.cache/upstart");
        host.make_dir(&log);
        host.write(&format!("{log}/tray.log"), "of an earlier run\n");
        session.hook(PreStart, "tray").run().harms_nobody().says_nothing();
        assert_eq!(host.names(RUNTIME), ["tray.shutdown"]);
        host.write(&format!("{log}/tray.log"), "of an earlier run\nlast words\n");
        host.init_says("tray main process (53) killed by SEGV signal");

        session.hook(PostStop, "tray").run().harms_nobody().says_nothing();
        let report = session.reports(SESSION_SPOOL).remove(0);
        assert_eq!(report["log"]["lines"], serde_json::json!(["last words"]));
        assert_eq!(report["verdict"]["kind"], "unclear", "no init listens");
        let unheard = report["evidence"]["kernel_log"]["unavailable"].as_str().unwrap();
        assert!(unheard.contains("session"), "{unheard}");
        assert!(host.names(RUNTIME).is_empty() && host.reports().is_empty());

        let name = host.names(&format!("{SESSION_SPOOL}/new")).remove(0);
        for (path, mode) in [
            (SESSION_SPOOL.to_owned(), 0o700),
            (format!("{SESSION_SPOOL}/new"), 0o700),
            (format!("{SESSION_SPOOL}/new/{name}"), 0o600),
        ] {
            let stat = host.path(&path).metadata().unwrap();
            assert_eq!((stat.mode() & 0o777, stat.uid()), (mode, user), "{path}");
        }
    }
}

#[test]
fn by_inits_goal_it_is_a_crash_or_unclear() {
    for (user, owner) in [(0, 0), (NOBODY, NOBODY), (NOBODY, 0)] {
        let host = Host::new();
        let session = Session::new(&host, user);
        let _init = session.init(owner);
        let job = session.job("tray").respawn().lives([CRASHES, STAYS_UP]).start();
        job.wait_until_up_after(1);
        session.job("panel").main(CRASHES).start().wait_until_down();

        let reports = session.reports(SESSION_SPOOL);
        let verdict = |job: &str| {
            let report = reports.iter().find(|report| report["job"]["name"] == job).unwrap();
            (report["verdict"]["kind"].clone(), report["exit"]["kind"].clone())
        };
        let unknown = || "unknown".into();
        assert_eq!(verdict("tray"), ("crashed".into(), unknown()), "user {user}, init {owner}");
        assert_eq!(verdict("panel"), ("unclear".into(), unknown()), "user {user}, init {owner}");
    }
}

#[test]
fn a_stop_is_silent_and_a_restart_restarts() {
    for user in USERS {
        let host = Host::new();
        let session = Session::new(&host, user);
        let _init = session.init(user);
        let mut job = session.job("tray").start();
        job.restart();
        assert_eq!((job.pids().len(), host.names(RUNTIME)), (2, vec!["tray.shutdown".to_owned()]));
        job.stop();
        assert!(host.names(RUNTIME).is_empty() && session.reports(SESSION_SPOOL).is_empty());
    }
}

#[test]
fn an_init_of_somebody_elses_is_not_asked() {
    let host = Host::new();
    let session = Session::new(&host, 0);
    let _init = session.init(NOBODY);
    let job = session.job("tray").respawn().lives([CRASHES, STAYS_UP]).start();
    job.wait_until_up_after(1);
    let report = session.reports(SESSION_SPOOL).remove(0);
    assert_eq!(report["verdict"]["kind"], "unclear");
    assert!(report["evidence"]["init"]["unavailable"].is_string(), "{report:#}");
}

#[test]
fn the_observer_of_a_session_tells_exactly_how_it_ended() {
    for user in USERS {
        let host = Host::new();
        let session = Session::new(&host, user);
        let ends = [("RESULT", "failed"), ("PROCESS", "main"), ("EXIT_SIGNAL", "SEGV")];
        let run = ends
            .iter()
            .fold(session.hook(Observer, "tray"), |run, (name, value)| run.env(name, value));
        run.run().harms_nobody().says_nothing();
        let report = session.reports(SESSION_SPOOL).remove(0);
        assert_eq!(report["verdict"]["kind"], "crashed");
        assert_eq!(report["exit"]["signal_name"], "SIGSEGV");

        host.make_dir(&format!("{HOME}/.config/upstart-monitor"));
        host.write(&format!("{HOME}/.config/upstart-monitor/observed"), "!tray\n");
        run.run().harms_nobody().says_nothing();
        assert_eq!(session.reports(SESSION_SPOOL).len(), 1, "the user's own file leaves it out");
    }
}

#[test]
fn the_users_own_directories_are_where_his_environment_says() {
    let host = Host::new();
    let other = |name| host.path(&format!("/other/{name}")).to_str().unwrap().to_owned();
    let session = Session::new(&host, 0)
        .env("XDG_STATE_HOME", other("state"))
        .env("XDG_CACHE_HOME", other("cache"))
        .env("HOME", "not absolute");
    host.make_dir("/other/cache/upstart");
    session.hook(PreStart, "tray").run().harms_nobody().says_nothing();
    host.write("/other/cache/upstart/tray.log", "last words\n");
    session.hook(PostStop, "tray").run().harms_nobody().says_nothing();
    let report = session.reports("/other/state/upstart-monitor").remove(0);
    assert_eq!(report["log"]["lines"], serde_json::json!(["last words"]));

    let session = Session::new(&host, 0).env("XDG_STATE_HOME", "relative");
    session.hook(PreStart, "tray").run().harms_nobody().says_nothing();
    session.hook(PostStop, "tray").run().harms_nobody().says_nothing();
    assert_eq!(session.reports(SESSION_SPOOL).len(), 1, "a relative one is to be ignored");
}

#[test]
fn without_a_runtime_directory_the_run_is_not_watched() {
    for directory in ["", "relative"] {
        let host = Host::new();
        let session = Session::new(&host, 0).env("XDG_RUNTIME_DIR", directory);
        let _init = session.init(0);
        session.hook(PreStart, "tray").run().harms_nobody().says("XDG_RUNTIME_DIR is not set");
        for hook in [PreStop, PostStop] {
            session.hook(hook, "tray").run().harms_nobody().says_nothing();
        }
        let mut job = session.job("tray").start();
        job.restart();
        assert_eq!(job.pids().len(), 2, "a restart is one all the same");
        job.kill(Signal::SIGSEGV);
        assert!(session.reports(SESSION_SPOOL).is_empty() && host.reports().is_empty());
    }
}

/// As root, whom nothing keeps from writing elsewhere.
#[test]
fn nothing_is_written_that_is_not_the_users() {
    let host = Host::new();
    let session = Session::new(&host, 0);
    let trace = host.path("/trace").to_str().unwrap().to_owned();
    for hook in [PreStart, PreStart, PostStop, PreStart, PreStop, Observer] {
        let calls = "trace=openat,mkdir,rename,renameat,unlink,unlinkat,link,symlink";
        let under = ["strace", "-f", "-A", "-o", &trace, "-e", calls];
        session.hook(hook, "tray").env("RESULT", "failed").under(under).run().harms_nobody();
    }
    let own = [HOME, RUNTIME].map(|path| format!("\"{}", host.path(path).display()));
    let trace = host.read("/trace");
    let written: Vec<_> = trace
        .lines()
        .filter(|line| !line.contains(" openat(") || line.contains("O_CREAT"))
        .filter(|line| line.contains('"') && !line.ends_with("EEXIST (File exists)"))
        .collect();
    assert!(written.len() > 20, "{trace}");
    for line in written {
        assert!(own.iter().any(|own| line.contains(own.as_str())), "{line}");
    }
}

#[cfg(feature = "deliver")]
mod delivery {
    use super::*;
    use support::{AT_ONCE, wait_until};

    /// A host with the notifier, a user on it, and a crash that his own config delivers.
    fn crash(host: &Host, user: u32) -> Session<'_> {
        let session = Session::new(host, user);
        let sink = host.path(&format!("{HOME}/told"));
        host.make_dir(&format!("{HOME}/.config/upstart-monitor"));
        host.write(
            &format!("{HOME}/.config/upstart-monitor/config.toml"),
            format!("[sink.file.all]\npath = \"{}\"\n{AT_ONCE}", sink.display()),
        );
        session.hook(PreStart, "tray").run().harms_nobody().says_nothing();
        session.hook(PostStop, "tray").run().harms_nobody().says_nothing();
        session
    }

    #[test]
    fn the_kicked_notifier_serves_the_users_spool_by_his_config() {
        for user in USERS {
            let host = Host::with_notifier();
            let _session = crash(&host, user);
            wait_until("the user to be told", || host.path(&format!("{HOME}/told")).exists());
            wait_until("the report to be settled", || {
                host.names(&format!("{SESSION_SPOOL}/queue/file.all")).is_empty()
            });
            assert_eq!(host.names(&format!("{SESSION_SPOOL}/archive")).len(), 1);
            assert_eq!(host.path(&format!("{HOME}/told")).metadata().unwrap().uid(), user);
        }
    }

    #[test]
    fn the_command_shows_the_sessions_reports_and_those_of_the_host_elsewhere() {
        let host = Host::with_notifier();
        let session = crash(&host, 0);
        let list = |words: &[&str], root: Option<&str>| {
            let mut command = std::process::Command::new(host.program("upstart-crash"));
            command.args(words).env_clear().envs(session.environment().iter().cloned());
            command.envs(root.map(|root| ("UPSTART_MONITOR_ROOT", root)));
            String::from_utf8(command.output().unwrap().stdout).unwrap()
        };
        assert!(list(&["list"], None).contains("tray"));
        assert!(!list(&["list"], host.path("").to_str()).contains("tray"));
    }
}
