//! The kick: what a hook starts shares nothing with the job, whatever the job's stanzas say.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on, or a fact that is missing, fails"
)]

mod support;

use std::collections::HashMap;

use nix::sys::resource::Resource;
use support::Hook::{PostStop, PreStart};
use support::{Hook, Host, Ran, Stderr, Surroundings, wait_until};

/// Stands in for the notifier: writes down what the kernel knows of it.
const RECORDER: &str = r#"#!/bin/sh
out=$UPSTART_MONITOR_ROOT/facts
(ls -l /proc/$$/fd >"$out.fds")
{
    echo "argument $*"
    echo "cwd $(readlink /proc/self/cwd)"
    echo "umask $(umask)"
    echo "environment $(tr '\0' ' ' </proc/$$/environ)"
    sed -n 's/.* \([0-9]*\) -> /fd\1 /p' "$out.fds"
    read -r pid name state parent group session rest </proc/$$/stat
    echo "session $session"
    echo "pid $$"
    echo "nice $(cut -d ' ' -f 19 /proc/$$/stat)"
    echo "oom $(cat /proc/$$/oom_score_adj)"
    grep -E '^Sig(Ign|Blk)' /proc/$$/status | tr -d ':'
    grep -E '^Max (open files|core file size|stack size|file size|address space|cpu time)' \
        /proc/$$/limits | sed 's/  */ /g; s/^Max \([a-z]*\) \([a-z]*\) *\(size\)* /\1-\2 /'
} >"$out.new" 2>/dev/null
mv "$out.new" "$out"
"#;

/// Stands in for a notifier that takes its time: lives for as long as its file does.
const UNTIL_REMOVED: &str = r#"#!/bin/sh
echo noise
echo noise >&2
while [ -e "$0" ]; do sleep 0.1; done
"#;

/// A host whose hooks find `RECORDER` in the notifier's place.
fn host_with_recorder() -> Host {
    let host = Host::new();
    host.write_program("/opt/upstart-monitor/bin/upstart-crash", RECORDER);
    host
}

/// What the recorder wrote: the first word of each line, and the rest.
fn facts(host: &Host) -> HashMap<String, String> {
    wait_until("the kicked program's facts", || host.path("/facts").exists());
    let pair = |line: &str| {
        let (name, rest) = line.split_once(|c: char| c.is_whitespace()).unwrap_or((line, ""));
        (name.to_owned(), rest.trim().to_owned())
    };
    host.read("/facts").lines().map(pair).collect()
}

/// Everything that a job's stanzas can do to its hooks.
fn hostile() -> Surroundings {
    Surroundings::default()
        .soft_limit(Resource::RLIMIT_CORE, 1 << 30)
        .soft_limit(Resource::RLIMIT_FSIZE, 0)
        .soft_limit(Resource::RLIMIT_CPU, 1)
        .soft_limit(Resource::RLIMIT_NOFILE, 32)
        .soft_limit(Resource::RLIMIT_STACK, 256 << 10)
        .umask(0o777)
        .nice(5)
        .oom_score(c"300")
        .deleted_directory()
        .signals_ignored()
        .extra_descriptors(20)
}

fn kicked_by(host: &Host, hook: Hook) -> (HashMap<String, String>, Ran) {
    host.hook(PreStart, "nginx").run().harms_nobody();
    let ran = host
        .hook(hook, "nginx")
        .within(hostile())
        .env("LD_LIBRARY_PATH", "/job")
        .env("SECRET_OF_THE_JOB", "x")
        .env("TZ", "Antarctica/Troll")
        .run()
        .harms_nobody();
    (facts(host), ran)
}

#[test]
fn the_notifier_is_started_for_a_crash_and_for_an_unseen_end() {
    for hook in [PostStop, PreStart] {
        let host = host_with_recorder();
        let (facts, ran) = kicked_by(&host, hook);
        assert_eq!(facts["argument"], "deliver");
        ran.says_nothing();
    }
}

#[test]
fn it_is_not_started_when_there_is_nothing_to_tell() {
    let host = host_with_recorder();
    let strace = |hook| {
        let trace = host.path("/trace").to_str().unwrap().to_owned();
        let under = ["strace", "-o", &trace, "-e", "trace=process"];
        host.hook(hook, "nginx").under(under).run().harms_nobody();
        host.read("/trace")
    };
    for hook in [PreStart, Hook::PreStop, PostStop] {
        let trace = strace(hook);
        assert!(!trace.contains("fork(") && !trace.contains("clone"), "{hook:?}: {trace}");
    }
}

#[test]
fn its_session_descriptors_and_directory_are_its_own() {
    let host = host_with_recorder();
    let (facts, _) = kicked_by(&host, PostStop);
    assert_eq!(facts["session"], facts["pid"], "it leads a session of its own");
    assert_eq!(facts["cwd"], "/");
    for fd in ["fd0", "fd1", "fd2"] {
        assert_eq!(facts[fd], "/dev/null", "{fd}");
    }
}

#[test]
fn none_of_the_jobs_descriptors_reach_it() {
    let host = host_with_recorder();
    let (facts, _) = kicked_by(&host, PostStop);
    let held: Vec<_> = facts.iter().filter(|(name, _)| name.starts_with("fd")).collect();
    // The shell itself holds its script.
    let others = held.iter().filter(|(_, file)| !file.ends_with("/upstart-crash")).count();
    assert_eq!(others, 3, "{held:?}");
}

#[test]
fn its_environment_is_a_path_and_the_root() {
    let host = host_with_recorder();
    let (facts, _) = kicked_by(&host, PostStop);
    let root = host.path("");
    let expected = format!(
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
         UPSTART_MONITOR_ROOT={}",
        root.display()
    );
    assert_eq!(facts["environment"], expected);
}

#[test]
fn its_umask_signals_and_limits_are_its_own() {
    let host = host_with_recorder();
    let (facts, _) = kicked_by(&host, PostStop);
    assert_eq!(facts["umask"], "0077");
    assert_eq!(facts["SigBlk"], "0000000000000000");
    let ignored = u64::from_str_radix(&facts["SigIgn"], 16).unwrap();
    assert_eq!(ignored & 0x7fff_ffff, 0, "{ignored:x}");
    assert_eq!(facts["oom"], "0");
    let soft = |limit: &str| facts[limit].split(' ').next().unwrap().to_owned();
    assert_eq!(soft("core-file"), "0", "a core would hold secrets");
    assert_eq!(soft("open-files"), "1024");
    assert_eq!(soft("stack-size"), (8 << 20).to_string());
    for limit in ["file-size", "cpu-time", "address-space"] {
        assert_eq!(soft(limit), "unlimited", "{limit}");
    }
}

#[test]
fn its_priority_is_the_usual_one() {
    let host = host_with_recorder();
    let (facts, _) = kicked_by(&host, PostStop);
    assert_eq!(facts["nice"], "0");
}

#[test]
fn the_hook_waits_neither_for_it_nor_for_its_absence() {
    let host = Host::new();
    let slow = host.program("upstart-crash");
    host.write_program("/opt/upstart-monitor/bin/upstart-crash", UNTIL_REMOVED);
    host.hook(PreStart, "nginx").run().harms_nobody();
    // It ends, although what it started does not; a stderr that is read to its end would wait.
    host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
    assert_eq!(host.reports().len(), 1);

    std::fs::remove_file(&slow).unwrap();
    host.hook(PreStart, "nginx").run().harms_nobody();
    host.hook(PostStop, "nginx").stderr(Stderr::Read).run().harms_nobody().says_nothing();
    assert_eq!(host.reports().len(), 2);
}

#[test]
fn under_systemd_the_kick_is_one_file_and_no_process() {
    let host = host_with_recorder();
    let kicks = "/var/run/upstart-monitor/kicks";
    let trace = host.path("/trace").to_str().unwrap().to_owned();
    let of_systemd = |hook: Hook| {
        host.run(&host.program(hook.name()))
            .arguments(["systemd", "nginx.service"])
            .env("SERVICE_RESULT", "signal")
            .env("EXIT_CODE", "killed")
            .env("EXIT_STATUS", "SEGV")
            .under(["strace", "-o", &trace, "-e", "trace=process"])
            .run()
            .harms_nobody();
        let trace = host.read("/trace");
        assert!(!trace.contains("fork(") && !trace.contains("clone"), "{hook:?}: {trace}");
        let left = std::fs::read_dir(host.path(kicks)).into_iter().flatten();
        left.map(|file| file.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of_systemd(PreStart), [""; 0], "there is nothing to tell");
    assert_eq!(of_systemd(PreStart), ["kick"], "of an end that nobody saw");
    std::fs::remove_file(host.path(&format!("{kicks}/kick"))).unwrap();
    for crashes in 1..=2 {
        assert_eq!(of_systemd(PostStop), ["kick"]);
        assert_eq!(host.reports().len(), crashes);
    }
}
