//! `upstart-crash enable` and `disable`: what they write, and what init then makes of it.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails the test")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use support::typed::{Ran, command, done, run};
use support::{Host, JobBuilder, Layout, STAYS_UP, on_a_terminal, require_root};

const HOOKS: &str = "/opt/upstart-monitor/bin/";

/// A host with the hooks, whose jobs have none of them.
fn host() -> Host {
    let host = Host::laid_out(Layout::Bare);
    host.make_dir("/etc/init");
    host
}

/// A job as its files describe it. What main does is the test's.
fn job(host: &Host, name: &str) -> JobBuilder {
    host.described_job(name, &[]).main(STAYS_UP)
}

#[test]
fn every_job_is_given_back_byte_for_byte() {
    require_root();
    let host = host();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/jobs");
    let mut count = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let (from, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let (name, before) = (name.to_str().unwrap(), fs::read(from).unwrap());
        let path = format!("/etc/init/{name}");
        host.write(&path, &before);
        fs::set_permissions(host.path(&path), fs::Permissions::from_mode(0o640)).unwrap();
        chown(host.path(&path), Some(65534), Some(4)).unwrap();

        done(&host, &["enable", "--yes", name]);
        let enabled = fs::read(host.path(&path)).unwrap();
        assert_ne!(enabled, before, "{name}");
        let copy = host.path(&format!("/var/lib/upstart-monitor/jobs/{name}"));
        assert_eq!(fs::read(&copy).unwrap(), before, "{name}");
        assert_eq!(copy.parent().unwrap().metadata().unwrap().mode() & 0o7777, 0o700);
        let again = done(&host, &["enable", "--yes", name]);
        assert!(again.out.contains("is enabled already."), "{again:?}");
        assert_eq!(fs::read(host.path(&path)).unwrap(), enabled, "{name}");

        done(&host, &["disable", "--yes", name]);
        assert_eq!(fs::read(host.path(&path)).unwrap(), before, "{name}");
        let stat = host.path(&path).metadata().unwrap();
        assert_eq!((stat.mode() & 0o7777, stat.uid(), stat.gid()), (0o640, 65534, 4), "{name}");
        assert!(!copy.exists(), "{name}");
        let again = done(&host, &["disable", "--yes", name]);
        assert!(again.out.contains("has no hooks."), "{again:?}");
        count += 1;
    }
    assert_eq!((count, host.names("/etc/init").len()), (10, 10), "no other file is left behind");
}

#[test]
fn a_crash_of_the_worked_example_is_told() {
    let host = host();
    let node = include_str!("corpus/jobs/node-app.conf");
    host.write("/etc/init/shop.conf", node);
    let ran = done(&host, &["enable", "--yes", "shop"]);
    assert!(ran.out.contains("[job.\"shop\"]\n    log = [\"/var/log/shop.log\"]"), "{ran:?}");
    // What its own pre-start looks for, it does not find on this host.
    let text = host.read("/etc/init/shop.conf").replace("stop; exit 0; }", "echo own; }");
    host.write("/etc/init/shop.conf", text);
    let job = job(&host, "shop").env("PIDFILE", "/no/such/file").start();
    job.kill(Signal::SIGKILL);
    assert_eq!(host.reports().len(), 1);
    assert_eq!(host.reports()[0]["verdict"]["kind"], "crashed");
    job.wait_for_log("own");
    assert_eq!(job.failed_hooks(), [""; 0]);
}

/// Own hooks, and what becomes of the job: which process fails, whether main ran.
const OWN: [(&str, Option<&str>, usize); 9] = [
    ("pre-start exec /bin/false\n", Some("pre-start"), 0),
    ("pre-start script\n  false\n  true\nend script\n", Some("pre-start"), 0),
    ("pre-start script\n  exit 0\n  false\nend script\n", None, 1),
    ("pre-start exec /no/such/program\n", Some("pre-start"), 0),
    ("pre-start exec true; false\n", None, 1),
    ("post-stop script\n  exit 3\nend script\n", Some("post-stop"), 1),
    ("post-stop exec sh -c 'exit 3'\n", Some("post-stop"), 1),
    ("post-stop exec /bin/true\n", None, 1),
    ("pre-stop exec /bin/false\n", None, 1),
];

#[test]
fn the_jobs_own_hooks_end_as_they_did_without_ours() {
    let host = host();
    for (number, (own, failed, mains)) in OWN.into_iter().enumerate() {
        let name = format!("job{number}");
        host.write(&format!("/etc/init/{name}.conf"), format!("{own}exec main\n"));
        for enabled in [false, true] {
            if enabled {
                done(&host, &["enable", "--yes", &name]);
            }
            let mut job = job(&host, &name).start();
            if mains > 0 {
                job.stop();
            }
            assert_eq!(job.failed().as_deref(), failed, "{own:?} {enabled}");
            assert_eq!(job.pids().len(), mains, "{own:?} {enabled}");
        }
    }
    // Each stop was a planned one: only what did not start is told.
    let told = host.reports();
    let verdicts: Vec<_> = told.iter().map(|report| report["verdict"]["kind"].clone()).collect();
    assert_eq!(verdicts, ["start_failed"; 3], "{told:#?}");
    assert_eq!(host.markers(), [""; 0]);
}

#[test]
fn a_pre_stop_of_the_jobs_own_is_over_before_ours_begins() {
    let host = host();
    for (own, ours_is_last) in [
        ("pre-stop script\n  wait_here\n  exit 1\nend script\n", true),
        ("pre-stop exec wait_here\n", true),
        ("pre-stop script\n  wait_here\n  exec true\nend script\n", false),
    ] {
        let own = own
            .replace("wait_here", "sh -c 'ls $RUN; while [ -e $RUN/hold ]; do sleep 0.01; done'");
        host.write("/etc/init/api.conf", format!("{own}exec main\n"));
        done(&host, &["enable", "--yes", "api"]);
        let run = host.path("/var/run");
        let mut job = job(&host, "api").env("RUN", run.to_str().unwrap()).start();
        host.write("/var/run/hold", "");
        job.request_stop();
        job.wait_for_log("hold");
        let is_armed = host.markers().contains(&"api.shutdown".to_owned());
        fs::remove_file(host.path("/var/run/hold")).unwrap();
        job.wait_until_down();
        assert_eq!(is_armed, ours_is_last, "{own}");
        assert_eq!(host.reports().len(), 0, "{own}");
        drop(job);
        fs::remove_file(host.path("/var/log/upstart/api.log")).unwrap();
    }
}

#[test]
fn jobs_are_named_by_path_glob_and_directory() {
    let host = host();
    host.make_dir("/etc/init/sub");
    for name in ["web-1", "web-2", "sub/bar", "cron"] {
        host.write(&format!("/etc/init/{name}.conf"), "exec main\n");
    }
    host.write("/etc/init/cron.override", "manual\npre-start exec own\n");
    let has_hooks = |name: &str| host.read(&format!("/etc/init/{name}")).contains(HOOKS);
    let own_path = host.path("/etc/init/sub/bar.conf");
    done(&host, &["enable", "--yes", "web-*", own_path.to_str().unwrap()]);
    assert!(has_hooks("web-1.conf") && has_hooks("web-2.conf") && has_hooks("sub/bar.conf"));
    assert!(!has_hooks("cron.conf"));
    done(&host, &["enable", "--yes", "/etc/init/cron.conf"]);
    assert!(has_hooks("cron.conf") && has_hooks("cron.override"));
    assert!(host.read("/etc/init/cron.override").starts_with("manual\n"));
    done(&host, &["disable", "--yes", "*"]);
    for name in ["web-1", "web-2", "sub/bar", "cron"] {
        assert_eq!(host.read(&format!("/etc/init/{name}.conf")), "exec main\n");
    }
    assert_eq!(host.read("/etc/init/cron.override"), "manual\npre-start exec own\n");
}

#[test]
fn nothing_changes_unless_somebody_says_so() {
    let host = host();
    host.write("/etc/init/api.conf", "exec main\n");
    let shown = "+pre-start exec /opt/upstart-monitor/bin/pre-start\n";
    let dry = done(&host, &["enable", "--dry-run", "api"]);
    assert!(dry.out.contains(shown) && dry.out.contains("\n exec main\n"), "{dry:?}");
    let unasked = run(&host, &["enable", "api"]);
    assert_eq!(unasked.code, Some(2), "{unasked:?}");
    assert!(unasked.out.contains(shown) && unasked.err.contains("--yes"), "{unasked:?}");
    let (code, screen) = on_a_terminal(command(&host, &["enable", "api"]), "n\n");
    assert!(code == Some(1) && screen.contains("[y/N]"), "{screen}");
    assert_eq!(host.read("/etc/init/api.conf"), "exec main\n");
    assert!(!host.path("/var/lib").exists());
    let (code, screen) = on_a_terminal(command(&host, &["enable", "api"]), "y\n");
    assert!(code == Some(0) && screen.contains("\x1b[32m+pre-start"), "{screen}");
    assert!(host.read("/etc/init/api.conf").contains(HOOKS));
}

#[test]
fn what_would_harm_is_refused_and_left_as_it_is() {
    let host = host();
    host.make_dir("/srv/jail");
    for (name, conf, why) in [
        ("user", "setuid nobody\nexec main\n", "runs as nobody (setuid)"),
        ("jailed", "chroot /srv/jail\nexec main\n", "/srv/jail/opt/upstart-monitor/bin/pre-start"),
        ("broken", "exec main\nscript\n", "line 2: a script without `end script`"),
        ("shared", "debug pre-start exec a\nexec main\n", "line 1: a hook of the job's own shares"),
        ("odd", "#upstart-monitor# x\npre-start exec a\nexec main\n", "could not be undone"),
        ("upstart-monitor", "exec main\n", "a job of the monitor's own"),
        ("missing", "", "no such job"),
    ] {
        let path = format!("/etc/init/{name}.conf");
        if !conf.is_empty() {
            host.write(&path, conf);
        }
        let ran = run(&host, &["enable", "--yes", name]);
        assert_eq!(ran.code, Some(1), "{name}: {ran:?}");
        assert!(ran.err.contains(why), "{name}: {ran:?}");
        if !conf.is_empty() {
            assert_eq!(host.read(&path), conf);
        }
    }
    host.write("/etc/real.conf", "exec main\n");
    symlink(host.path("/etc/real.conf"), host.path("/etc/init/link.conf")).unwrap();
    let ran = run(&host, &["enable", "--yes", "link"]);
    assert!(ran.code == Some(1) && ran.err.contains("is no plain file"), "{ran:?}");
    let ran = run(&host, &["enable", "--yes", "../real"]);
    assert!(ran.code == Some(1) && ran.err.contains("no such job"), "{ran:?}");

    // The others are changed all the same.
    host.write("/etc/init/api.conf", "setuid root\nexec main\n");
    let ran = run(&host, &["enable", "--yes", "user", "api"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(host.read("/etc/init/api.conf").contains(HOOKS));
    done(&host, &["disable", "--yes", "api"]);
    fs::remove_file(host.program("post-stop")).unwrap();
    let ran = run(&host, &["enable", "--yes", "api"]);
    assert!(ran.code == Some(1) && ran.err.contains("post-stop is not there"), "{ran:?}");
    assert!(!host.read("/etc/init/api.conf").contains(HOOKS));
}

#[test]
fn hooks_in_the_jail_will_do_and_calls_of_ones_own_are_pointed_out() {
    let host = host();
    let jail = format!("/srv/jail{HOOKS}");
    host.make_dir(&jail);
    for hook in ["pre-start", "pre-stop", "post-stop"] {
        host.write_program(&format!("{jail}{hook}"), "");
    }
    host.write("/etc/init/jailed.conf", "chroot /srv/jail\nexec main\n");
    done(&host, &["enable", "--yes", "jailed"]);

    let own = "post-stop exec nice /opt/upstart-monitor/bin/post-stop\nexec main\n";
    host.write("/etc/init/own.conf", own);
    for attempt in ["enable", "disable", "disable"] {
        let ran = run(&host, &[attempt, "--yes", "own"]);
        let is_left = attempt == "disable" && ran.err.contains("line 1, names a hook");
        assert!(is_left || ran.code == Some(0), "{attempt}: {ran:?}");
    }
    assert_eq!(host.read("/etc/init/own.conf"), own);
}

#[test]
fn what_runs_without_the_hooks_is_named() {
    let host = host();
    let start = |name: &str, instance: &str| {
        let job = host.job(name).instance(instance).start();
        host.write(&format!("/etc/init/{name}.conf"), "exec main\n");
        job
    };
    let jobs = (start("api", ""), start("sub", "eu-1/a"), start("sub", "us_é"));
    let ran = done(&host, &["enable", "--yes", "api"]);
    assert!(ran.out.contains("initctl stop api && initctl start api"), "{ran:?}");
    let ran = done(&host, &["enable", "--yes", "sub"]);
    assert!(ran.out.contains("Running: sub (eu-1/a), sub (us_é)."), "{ran:?}");
    drop(jobs);
    host.write("/etc/init/down.conf", "exec main\n");
    let ran = done(&host, &["enable", "--yes", "down"]);
    assert!(!ran.out.contains("unning"), "{ran:?}");
}

#[test]
fn a_job_of_a_session_is_the_users() {
    let host = host();
    let config = host.path("/home/.config/upstart");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("agent.conf"), "setuid me\nexec main\n").unwrap();
    let session = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
        command.args(words).env_clear().env("HOME", host.path("/home"));
        command.env("UPSTART_SESSION", "unix:abstract=/no/such/session");
        Ran::from(command.output().unwrap())
    };
    // The hooks of a session are those of this very host.
    let is_installed = Path::new(HOOKS).join("pre-start").exists();
    let ran = session(&["enable", "--yes", "agent"]);
    assert_eq!(ran.err.contains("install the hooks first"), !is_installed, "{ran:?}");
    let ran = session(&["disable", "--yes", "agent"]);
    assert!(ran.out.contains("agent has no hooks.") || is_installed, "{ran:?}");
}
