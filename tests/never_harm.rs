//! A hook never harms the job: whatever its surroundings, it exits 0, in time, and says at most
//! one line; and where the facts allow it, marker and report are right all the same.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::ffi::OsString;

use nix::sys::resource::Resource;
use support::Hook::{PostStop, PreStart, PreStop};
use support::{Hook, HookRun, Host, NOBODY, Ran, Stderr, Surroundings, require_root};

const ALL: [Hook; 3] = Hook::ALL;
const RUN: &str = "/var/run";
const DIED: &str = "nginx main process (53) killed by SEGV signal";
const SPOOL: &str = "/var/spool/upstart-monitor";

/// A whole life in which every hook is run as `change` has it: arms, tells of the crash, arms
/// again, disarms.
#[track_caller]
fn a_life_is_right<'a>(host: &'a Host, change: impl Fn(HookRun<'a>) -> HookRun<'a>) {
    let run = |hook| change(host.hook(hook, "nginx")).run().harms_nobody();
    run(PreStart);
    assert_eq!(host.markers(), ["nginx.shutdown"], "armed");
    host.init_says(DIED);
    run(PostStop);
    assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
    assert_eq!(host.markers(), [""; 0], "consumed");
    run(PreStart);
    run(PreStop);
    assert_eq!(host.markers(), [""; 0], "disarmed");
    run(PostStop);
    assert_eq!(host.reports().len(), 1, "silent");
}

/// Every hook, with and without a marker: harms nobody.
#[track_caller]
fn every_hook_harms_nobody<'a>(
    host: &'a Host,
    change: impl Fn(HookRun<'a>) -> HookRun<'a>,
) -> Vec<Ran> {
    let run = |hook| change(host.hook(hook, "nginx")).run().harms_nobody();
    [PreStart, PreStart, PostStop, PostStop, PreStart, PreStop, PreStop].map(run).into()
}

#[test]
fn without_a_job() {
    let host = Host::new();
    for hook in ALL {
        host.hook(hook, "").run().harms_nobody().says("UPSTART_JOB is not set");
        let run = host.hook(hook, "nginx").without("UPSTART_JOB");
        run.run().harms_nobody().says("UPSTART_JOB is not set");
    }
    assert_eq!(host.markers(), [""; 0]);
}

#[test]
fn without_an_instance_variable() {
    let host = Host::new();
    a_life_is_right(&host, |run| run.without("UPSTART_INSTANCE"));
}

#[test]
fn with_a_root_that_is_too_long() {
    let host = Host::new();
    let root = format!("/{}", "x".repeat(8000));
    every_hook_harms_nobody(&host, |run| run.env("UPSTART_MONITOR_ROOT", &root));
}

/// What can be wrong with /var/run.
mod run_directory {
    use super::*;

    #[test]
    fn is_missing() {
        let host = Host::new();
        std::fs::remove_dir(host.path(RUN)).unwrap();
        host.hook(PreStart, "nginx").run().harms_nobody().says("cannot arm");
        host.hook(PreStop, "nginx").run().harms_nobody().says_nothing();
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        assert_eq!(host.reports(), [""; 0]);
    }

    #[test]
    fn is_read_only_from_the_beginning() {
        let host = Host::new();
        host.make_read_only(RUN);
        host.hook(PreStart, "nginx").run().harms_nobody().says("cannot arm");
        every_hook_harms_nobody(&host, |run| run);
        assert_eq!(host.reports(), [""; 0]);
    }

    #[test]
    fn becomes_read_only_under_an_armed_marker() {
        let host = Host::new();
        host.hook(PreStart, "nginx").run().harms_nobody();
        host.make_read_only(RUN);
        host.hook(PreStop, "nginx").run().harms_nobody().says("will look like a crash");
        host.init_says(DIED);
        host.hook(PostStop, "nginx").run().harms_nobody().says("cannot remove");
        host.hook(PostStop, "nginx").run().harms_nobody();
        host.hook(PreStart, "nginx").run().harms_nobody().says("cannot arm");
        assert_eq!(host.only_report()["verdict"]["kind"], "crashed");

        host.unmount();
        host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
        assert_eq!(host.runs_told().len(), 1, "one crash, one report");
        assert_eq!(host.unseen(), [""; 0], "one crash, one report");
    }

    #[test]
    fn is_full() {
        let host = Host::new();
        host.mount_small(RUN, 64 << 10);
        host.fill(RUN);
        host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
        assert_eq!(host.read("/var/run/nginx.shutdown"), "", "an empty marker is an armed one");
        host.init_says(DIED);
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
        assert_eq!(host.markers(), ["filler"]);
    }

    #[test]
    fn is_a_file() {
        let host = Host::new();
        std::fs::remove_dir(host.path(RUN)).unwrap();
        host.write(RUN, "");
        host.hook(PreStart, "nginx").run().harms_nobody().says("cannot arm");
        every_hook_harms_nobody(&host, |run| run);
    }
}

/// What can be wrong with the spool. The emergency spool takes the report; where that is not to be
/// had either, the marker stays, and tells when the spool is well again.
mod spool {
    use super::*;

    #[track_caller]
    fn what_the_spool_does_not_take_is_kept(host: &Host, heal: impl Fn()) {
        let run = |hook| host.hook(hook, "nginx").run().harms_nobody();
        run(PreStart).says_nothing();
        run(PostStop).says_nothing();
        assert_eq!((host.markers(), host.emergency_spool("new").len()), (vec![], 1));
        run(PreStart).says_nothing();
        run(PreStart).says_nothing();
        assert_eq!((host.runs_told().len(), host.emergency_spool("unseen").len()), (2, 1));

        std::fs::remove_dir_all(host.path("/var/run/upstart-monitor")).unwrap();
        host.write("/var/run/upstart-monitor", "no directory");
        run(PostStop).says("the spool takes no report");
        assert_eq!(host.markers(), ["nginx.shutdown"]);
        run(PreStart).says("the spool takes no report");
        assert_eq!(host.markers(), ["nginx.shutdown"]);
        heal();
        run(PreStart).says_nothing();
        assert_eq!(host.runs_told().len(), 1);
        assert_eq!(host.markers(), ["nginx.shutdown"]);
    }

    #[test]
    fn is_a_file() {
        let host = Host::new();
        std::fs::remove_dir(host.path(SPOOL)).unwrap();
        host.write(SPOOL, "");
        what_the_spool_does_not_take_is_kept(&host, || {
            std::fs::remove_file(host.path(SPOOL)).unwrap();
        });
    }

    #[test]
    fn is_missing() {
        let host = Host::new();
        std::fs::remove_dir_all(host.path("/var/spool")).unwrap();
        a_life_is_right(&host, |run| run);
    }

    #[test]
    fn is_read_only() {
        let host = Host::new();
        host.make_read_only(SPOOL);
        what_the_spool_does_not_take_is_kept(&host, || host.unmount());
    }

    #[test]
    fn is_full() {
        let host = Host::new();
        host.mount_small(SPOOL, 64 << 10);
        host.fill(SPOOL);
        what_the_spool_does_not_take_is_kept(&host, || {
            std::fs::remove_file(host.path(SPOOL).join("filler")).unwrap();
        });
    }

    #[test]
    fn has_leftovers_of_a_killed_hook() {
        let host = Host::new();
        host.hook(PreStart, "nginx").run().harms_nobody();
        host.write("/var/run/nginx.shutdown~", "half a marker");
        host.init_says(DIED);
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
        assert_eq!(host.markers(), [""; 0]);
    }
}

#[test]
fn with_a_config_that_is_garbage() {
    let host = Host::new();
    host.config("\0\u{1}[[[ = not toml");
    host.write("/etc/upstart-monitor/conf.d/x.toml", "]]]");
    a_life_is_right(&host, |run| run);
}

#[test]
fn with_a_stderr_that_takes_nothing() {
    for stderr in [Stderr::Full, Stderr::Broken, Stderr::Stuck] {
        let host = Host::new();
        host.note(format!("stderr: {stderr:?}"));
        every_hook_harms_nobody(&host, |run| run.stderr(stderr).env("UPSTART_JOB", ""));
        a_life_is_right(&host, |run| run.stderr(stderr));
    }
}

#[test]
fn with_standard_descriptors_closed() {
    for closed in [&[0][..], &[1], &[2], &[0, 1, 2]] {
        let host = Host::new();
        host.note(format!("closed: {closed:?}"));
        let within = || Surroundings::default().closed(closed);
        every_hook_harms_nobody(&host, |run| run.within(within()).env("UPSTART_JOB", ""));
        a_life_is_right(&host, |run| run.within(within()));
        assert_eq!(host.names("/"), ["dev", "etc", "opt", "sbin", "var"]);
    }
}

/// The system calls of `run` that `filter` names, as strace writes them.
fn traced<'a>(host: &Host, run: HookRun<'a>, filter: &str, then: &[&str]) -> String {
    let trace = host.path("/trace").into_os_string();
    let strace = ["strace", "-e", filter, "-o"].map(OsString::from);
    let words = strace.into_iter().chain([trace]).chain(then.iter().map(OsString::from));
    run.under(words).run().harms_nobody();
    host.read("/trace")
}

#[test]
fn nothing_that_a_hook_opens_becomes_its_stderr() {
    let host = Host::new();
    let without_descriptors = ["sh", "-c", "exec \"$0\" <&- >&- 2>&-"];
    let run = host.hook(PreStart, "nginx");
    let trace = traced(&host, run, "trace=open,openat", &without_descriptors);
    let marker = trace.lines().find(|line| line.contains("nginx.shutdown")).unwrap_or_default();
    assert!(marker.ends_with(" = 3"), "{trace}");
}

#[test]
fn a_stderr_that_would_block_is_not_written_to() {
    let host = Host::new();
    for hook in ALL {
        let run = host.hook(hook, "").stderr(Stderr::Stuck);
        let trace = traced(&host, run, "trace=poll,write", &[]);
        assert!(trace.contains("poll(") && !trace.contains("write(2"), "{trace}");
    }
}

#[test]
fn with_signals_ignored_or_blocked() {
    for within in
        [Surroundings::default().signals_ignored(), Surroundings::default().signals_blocked()]
    {
        let host = Host::new();
        a_life_is_right(&host, |run| run.within(within.clone()));
    }
}

#[test]
fn with_a_umask_that_leaves_no_rights() {
    let host = Host::new();
    a_life_is_right(&host, |run| run.within(Surroundings::default().umask(0o777)));
    let host = Host::new();
    host.hook(PreStart, "nginx").within(Surroundings::default().umask(0o777)).run();
    let mode = |path| std::os::unix::fs::MetadataExt::mode(&host.path(path).metadata().unwrap());
    assert_eq!(mode("/var/run/nginx.shutdown") & 0o777, 0o644);
}

#[test]
fn in_a_directory_that_no_longer_exists() {
    let host = Host::new();
    a_life_is_right(&host, |run| run.within(Surroundings::default().deleted_directory()));
}

/// The `limit` stanzas of a job, which hold for its hooks too.
mod limits {
    use super::*;

    const SMALL: [(Resource, u64); 6] = [
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_CPU, 1),
        // One more than the standard descriptors: the loader of a test build needs it.
        (Resource::RLIMIT_NOFILE, 4),
        (Resource::RLIMIT_NPROC, 0),
        (Resource::RLIMIT_SIGPENDING, 0),
        (Resource::RLIMIT_STACK, 96 << 10),
    ];

    #[test]
    fn that_may_be_lifted_are_lifted() {
        for (resource, limit) in SMALL {
            let host = Host::new();
            host.note(format!("{resource:?} = {limit}"));
            let within = Surroundings::default().soft_limit(resource, limit);
            a_life_is_right(&host, |run| run.within(within.clone()));
        }
    }

    /// A host on which `nobody` may do what hooks do.
    fn host_for_nobody() -> Host {
        let host = Host::new();
        host.give_to(NOBODY, RUN);
        host.give_to(NOBODY, SPOOL);
        host
    }

    /// Armed without a limit, then a crash within `limited`: marker or report. Tells which.
    #[track_caller]
    fn crash_leaves_marker_or_report(host: &Host, limited: Surroundings) -> bool {
        let nobody = || Surroundings::default().nobody();
        host.hook(PreStart, "nginx").within(nobody()).run().harms_nobody().says_nothing();
        host.hook(PostStop, "nginx").within(limited).run().harms_nobody();
        let kept = host.markers() == ["nginx.shutdown"];
        assert_eq!(host.reports().len(), usize::from(!kept), "marker or report");
        host.hook(PreStart, "nginx").within(nobody()).run().harms_nobody().says_nothing();
        assert_eq!(host.runs_told().len(), 1);
        kept
    }

    #[test]
    fn that_may_not_be_lifted_are_lived_with() {
        // Without a process slot of its own, nobody is not even executed.
        for (resource, limit) in SMALL.into_iter().filter(|(r, _)| *r != Resource::RLIMIT_NPROC) {
            let host = host_for_nobody();
            host.note(format!("{resource:?} = {limit}"));
            let within = || Surroundings::default().limit(resource, limit).nobody();
            every_hook_harms_nobody(&host, |run| run.within(within()));
            crash_leaves_marker_or_report(&host_for_nobody(), within());
        }
    }

    #[test]
    fn of_the_file_size_leave_an_armed_marker() {
        let host = host_for_nobody();
        let within = || Surroundings::default().limit(Resource::RLIMIT_FSIZE, 0).nobody();
        host.hook(PreStart, "nginx").within(within()).run().harms_nobody().says_nothing();
        assert_eq!(host.read("/var/run/nginx.shutdown"), "");
        let refused = host.hook(PostStop, "nginx").within(within()).run().harms_nobody();
        refused.says("the spool takes no report");
        assert_eq!(host.markers(), ["nginx.shutdown"], "nothing is lost");
    }

    #[test]
    fn a_job_that_runs_as_nobody_and_may_write_nothing() {
        require_root();
        let host = Host::new();
        let within = || Surroundings::default().nobody();
        let line =
            "the job runs as user 65534, who can keep no marker: only the observer sees its end";
        host.hook(PreStart, "nginx").within(within()).run().harms_nobody().says(line);
        host.hook(PreStop, "nginx").within(within()).run().harms_nobody().says_nothing();
        host.hook(PostStop, "nginx").within(within()).run().harms_nobody().says_nothing();
    }

    /// From the smallest address space in which the program can be loaded at all upwards: where
    /// there is no memory for a report, the marker stays.
    #[test]
    fn of_the_address_space_leave_marker_or_report() {
        let within = |limit| Surroundings::default().limit(Resource::RLIMIT_AS, limit).nobody();
        let loads = |limit: u64| {
            let host = host_for_nobody();
            host.hook(PostStop, "nginx").within(within(limit)).run().status.success()
        };
        let (mut fails, mut works) = (0, 1 << 30);
        while works - fails > 16 << 10 {
            let middle = (fails + works) / 2;
            *(if loads(middle) { &mut works } else { &mut fails }) = middle;
        }
        let felt = (0..40).filter(|step| {
            let limit = works + step * (16 << 10);
            let host = host_for_nobody();
            host.note(format!("RLIMIT_AS = {limit}"));
            crash_leaves_marker_or_report(&host, within(limit))
        });
        assert!(felt.count() > 0, "no limit was small enough to be felt: {works}");
    }
}
