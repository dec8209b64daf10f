//! The observer: what it looks at, what it leaves alone, and that it holds up no stop.
#![allow(clippy::indexing_slicing, reason = "a report without the field fails the test")]

mod support;

use nix::sys::signal::Signal;
use serde_json::json;
use support::Hook::{Observer, PreStart};
use support::{HookRun, Host, Layout, NOBODY, Stderr, Surroundings};

const OBSERVED: &str = "/etc/upstart-monitor/observed";

/// A failure of the job `name`, as init tells the observer of it.
fn failure<'a>(host: &'a Host, name: &str) -> HookRun<'a> {
    let run = host.hook(Observer, name).env("RESULT", "failed");
    run.env("PROCESS", "main").env("EXIT_SIGNAL", "SEGV")
}

/// The jobs that are told of, in order.
fn told_of(host: &Host) -> Vec<String> {
    let names = host.reports().into_iter().map(|report| report["job"]["name"].to_string());
    names.map(|name| name.trim_matches('"').to_owned()).collect()
}

#[test]
fn without_an_event_it_does_nothing_and_says_so() {
    let host = Host::new();
    for (name, value) in [("JOB", ""), ("RESULT", ""), ("RESULT", "perhaps")] {
        let run = failure(&host, "nginx").env(name, value).run();
        run.harms_nobody().says("no `stopping` event");
    }
    assert_eq!(told_of(&host), [""; 0]);
}

#[test]
fn the_operator_chooses_jobs() {
    let host = Host::new();
    host.write(OBSERVED, "# the shop\nweb-*\nsub/*\n!web-test\n");
    for job in ["web-1", "web-test", "sub/bar", "nginx"] {
        failure(&host, job).run().harms_nobody().says_nothing();
    }
    assert_eq!(told_of(&host), ["web-1", "sub/bar"]);
}

#[test]
fn the_operator_leaves_jobs_out() {
    let host = Host::new();
    host.write(OBSERVED, "!network-interface*\n");
    for job in ["network-interface-security", "nginx"] {
        failure(&host, job).run().harms_nobody().says_nothing();
    }
    assert_eq!(told_of(&host), ["nginx"]);
}

#[test]
fn a_job_that_is_left_out_is_still_judged_by_its_own_hooks() {
    let host = Host::laid_out(Layout::ObserverAndStanzas);
    host.write(OBSERVED, "!nginx\n");
    host.job("nginx").main("exit 3").start().wait_until_down();
    let report = host.only_report();
    assert!(report["evidence"]["stopping"].is_null(), "{report:#}");
}

/// Puts something into the place of the operator's choice.
type Plant = fn(&Host);

#[test]
fn a_choice_that_others_than_root_may_change_is_not_obeyed() {
    let plants: [(&str, Plant); 5] = [
        ("a file of somebody else's", |host| {
            host.write(OBSERVED, "!*\n");
            host.give_to(NOBODY, OBSERVED);
        }),
        ("a file that others may write to", |host| {
            host.write(OBSERVED, "!*\n");
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o666);
            assert!(std::fs::set_permissions(host.path(OBSERVED), open).is_ok());
        }),
        ("a symbolic link", |host| {
            host.write("/elsewhere", "!*\n");
            let link = std::os::unix::fs::symlink(host.path("/elsewhere"), host.path(OBSERVED));
            assert!(link.is_ok());
        }),
        ("a FIFO", |host| {
            let mode = nix::sys::stat::Mode::S_IRWXU;
            assert!(nix::unistd::mkfifo(&host.path(OBSERVED), mode).is_ok());
        }),
        ("a file without end", |host| host.write(OBSERVED, "!*\n".repeat(10_000))),
    ];
    for (what, plant) in plants {
        let host = Host::new();
        host.note(what);
        plant(&host);
        failure(&host, "nginx").run().harms_nobody().says("every job is observed");
        assert_eq!(told_of(&host), ["nginx"], "{what}");
    }
}

#[test]
fn what_a_job_exports_is_not_taken_for_inits_word() {
    let host = Host::laid_out(Layout::Observer);
    let job = host.job("nginx").start();
    let run = host.hook(Observer, "nginx").env("PROCESS", "main").env("EXIT_SIGNAL", "SEGV");
    run.run().harms_nobody().says_nothing();
    assert_eq!(told_of(&host), [""; 0], "RESULT=ok, and main lives");
    drop(job);
}

#[test]
fn a_wanted_end_is_looked_at_no_further() {
    let host = Host::new();
    let job = host.job("nginx").start();
    let opened = host.path("/opened").into_os_string();
    let strace = ["strace", "-e", "trace=open,openat,syslog", "-o"].map(Into::into);
    let run = host.hook(Observer, "nginx").under(strace.into_iter().chain([opened]));
    run.run().harms_nobody().says_nothing();
    assert_eq!(host.markers(), [""; 0], "post-stop need not look either");
    let opened = host.read("/opened");
    for needless in ["kmsg", "utmp", "/proc/meminfo", "loadavg", "syslog(", ".log"] {
        assert!(!opened.contains(needless), "{needless} in\n{opened}");
    }
    drop(job);
}

#[test]
fn the_marker_tells_when_the_run_began() {
    let host = Host::new();
    host.hook(PreStart, "nginx").run().harms_nobody();
    failure(&host, "nginx").run().harms_nobody().says_nothing();
    failure(&host, "other").run().harms_nobody().says_nothing();
    let reports = host.reports();
    let of = |name| reports.iter().find(|report| report["job"]["name"] == name);
    let started = |name| of(name).map(|report| &report["job"]["started_at"]);
    assert!(started("nginx").is_some_and(serde_json::Value::is_string), "{reports:#?}");
    assert!(started("other").is_some_and(serde_json::Value::is_null), "{reports:#?}");
    assert_eq!(host.markers(), [""; 0], "consumed");
}

#[test]
fn it_kicks_the_notifier() {
    let host = Host::new();
    let notifier = "#!/bin/sh\necho \"$1\" > \"$UPSTART_MONITOR_ROOT/kicked\"\n";
    host.write_program("/opt/upstart-monitor/bin/upstart-crash", notifier);
    failure(&host, "nginx").run().harms_nobody().says_nothing();
    support::wait_until("the notifier to be kicked", || {
        std::fs::read_to_string(host.path("/kicked")).is_ok_and(|word| word == "deliver\n")
    });
}

/// Init waits with every end of every job for it.
#[test]
fn it_harms_nobody_whatever_its_surroundings() {
    let default = Surroundings::default;
    for within in [
        default(),
        default().nobody(),
        default().closed(&[0, 1, 2]),
        default().signals_ignored(),
        default().signals_blocked(),
        default().deleted_directory(),
        default().umask(0o777),
    ] {
        for stderr in [Stderr::Read, Stderr::Full, Stderr::Broken, Stderr::Stuck] {
            let host = Host::new();
            host.note(format!("{within:?} {stderr:?}"));
            let run = failure(&host, "nginx").within(within.clone()).stderr(stderr);
            run.run().harms_nobody();
            let of_nobody = within.nobody;
            assert_eq!(host.reports().len(), usize::from(!of_nobody));
        }
    }
}

#[test]
fn a_respawned_crash_is_told_though_nobody_names_its_signal_in_the_event() {
    let host = Host::laid_out(Layout::Observer);
    let job = host.job("nginx").respawn().start();
    job.kill(Signal::SIGBUS);
    let report = host.only_report();
    assert_eq!(report["exit"]["signal_name"], "SIGBUS");
    assert_eq!(report["evidence"]["stopping"]["failed"], false);
    assert_eq!(report["init"], json!({"kind": "upstart", "version": null}));
}

/// The file that starts it says what the design rests on.
#[test]
fn its_job_observes_all_but_itself_side_by_side_and_without_a_log() {
    let conf = include_str!("../packaging/upstart/upstart-monitor.conf");
    let stanzas: Vec<_> =
        conf.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    for stanza in [
        "start on stopping JOB!=upstart-monitor*",
        "task",
        "instance $JOB/$INSTANCE",
        "console none",
        "exec /opt/upstart-monitor/bin/stopping",
    ] {
        assert!(stanzas.contains(&stanza), "{stanza:?} is missing in\n{conf}");
    }
}
