//! Jobs that run as a user (`setuid`): their hooks do too. Those can keep no marker, and the
//! observer looks after the job.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use nix::sys::signal::Signal;
use support::Hook::{Observer, PostStop, PreStart, PreStop};
use support::{Hook, HookRun, Host, JobBuilder, Layout, Surroundings, require_root};

const LINE: &str = "upstart-monitor: the job runs as user 65534, who can keep no marker: \
                    only the observer sees its end (docs/verdicts.md)";

fn of_nobody(host: &Host, name: &str) -> JobBuilder {
    require_root();
    host.job(name).within(Surroundings::default().nobody())
}

fn hook_of_nobody(host: &Host, hook: Hook) -> HookRun<'_> {
    host.hook(hook, "shop").within(Surroundings::default().nobody())
}

#[test]
fn the_observer_tells_of_a_crash_once_and_exactly() {
    for layout in [Layout::Observer, Layout::ObserverAndStanzas] {
        let host = Host::laid_out(layout);
        let job = of_nobody(&host, "shop").start();
        job.wait_for_log("serving");
        job.kill(Signal::SIGSEGV);
        let report = host.only_report();
        assert_eq!(report["verdict"]["kind"], "crashed");
        assert_eq!(report["exit"]["signal_name"], "SIGSEGV");
        assert!(host.markers().is_empty());
        assert_eq!(job.failed().as_deref(), Some("main"), "no hook made it fail");
    }
}

#[test]
fn a_stop_of_an_observed_job_is_silent() {
    let host = Host::laid_out(Layout::ObserverAndStanzas);
    of_nobody(&host, "shop").start().stop();
    assert!(host.reports().is_empty() && host.markers().is_empty());
}

#[test]
fn without_the_observer_one_line_says_who_is_missing() {
    let host = Host::new();
    let job = of_nobody(&host, "shop").respawn().start();
    job.wait_for_log("serving");
    job.kill(Signal::SIGSEGV);
    let log = host.read(job.log_path());
    let ours: Vec<_> = log.lines().filter(|line| line.contains("upstart-monitor")).collect();
    assert_eq!(ours, [LINE, LINE], "one at each start:\n{log}");
    assert!(host.reports().is_empty() && host.markers().is_empty());
    assert_eq!(job.respawns(), 1, "no hook kept it down");
}

/// The job was root's until its `setuid` stanza was written.
#[test]
fn a_marker_of_roots_is_left_to_the_observer() {
    require_root();
    let host = Host::new();
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    hook_of_nobody(&host, PreStart).run().harms_nobody().says(LINE);
    hook_of_nobody(&host, PreStop).run().harms_nobody().says_nothing();
    hook_of_nobody(&host, PostStop).run().harms_nobody().says_nothing();
    assert_eq!((host.markers().len(), host.reports().len()), (1, 0));
    let event = host.hook(Observer, "shop").env("RESULT", "failed").env("PROCESS", "main");
    event.env("EXIT_STATUS", "3").run().harms_nobody().says_nothing();
    assert_eq!(host.only_report()["exit"]["status"], 3);
    assert!(host.markers().is_empty());
}
