//! Jobs in a jail (`chroot`): their hooks are in it too, and find there what it holds.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use serde_json::Value;
use support::Hook::{PostStop, PreStart, PreStop};
use support::{Hook, HookRun, Host, INIT_SOCKET, Relay, Surroundings, require_root};

const MARKER: &str = "/jail/var/run/caged.shutdown";

/// A host with a jail that holds nothing but the hooks, and what a test build needs to be loaded.
/// Nobody else's init can be called from it.
fn host_with_jail() -> Host {
    require_root();
    unshare(CloneFlags::CLONE_NEWNET).unwrap();
    let host = Host::new();
    let jail = host.path("/jail");
    host.make_dir("/jail");
    let copy = |words: &[&str]| assert!(Command::new("cp").args(words).status().unwrap().success());
    for hook in Hook::ALL {
        let program = host.program(hook.name());
        copy(&[program.to_str().unwrap(), jail.join(hook.name()).to_str().unwrap()]);
        let needs = Command::new("ldd").arg(program).output().unwrap();
        for word in String::from_utf8(needs.stdout).unwrap().split_whitespace() {
            if word.starts_with('/') && std::path::Path::new(word).is_file() {
                copy(&["-L", "--parents", word, jail.to_str().unwrap()]);
            }
        }
    }
    host
}

/// One run of `hook` in the jail.
fn jailed(host: &Host, hook: Hook) -> HookRun<'_> {
    let program = format!("/{}", hook.name());
    let within = Surroundings::default().jail(host.path("/jail"));
    let run = host.run(program.as_ref()).within(within);
    run.env("UPSTART_JOB", "caged").without("UPSTART_MONITOR_ROOT")
}

fn reports(host: &Host, new: &str) -> Vec<Value> {
    let read = |name| serde_json::from_str(&host.read(&format!("{new}/{name}"))).unwrap();
    host.names(new).into_iter().map(read).collect()
}

#[test]
fn a_jail_that_holds_nothing_else_does_no_harm() {
    let host = host_with_jail();
    let before = host.names("/jail");
    jailed(&host, PreStart).run().harms_nobody().says("cannot arm /var/run/caged.shutdown");
    jailed(&host, PreStop).run().harms_nobody().says_nothing();
    jailed(&host, PostStop).run().harms_nobody().says_nothing();
    assert_eq!(host.names("/jail"), before);
}

#[test]
fn in_a_jail_with_a_run_directory_a_crash_is_told_in_the_jails_own_spool() {
    let host = host_with_jail();
    host.make_dir("/jail/var/run");
    // Init's socket has no place in the file system, and its word makes the verdict certain.
    let _init = Relay::new("/com/ubuntu/upstart", 0, host.path(INIT_SOCKET));
    let bare = host.job("caged").pre_start(None).pre_stop(None).post_stop(None);
    let _job = bare.start();

    jailed(&host, PreStart).run().harms_nobody().says_nothing();
    jailed(&host, PostStop).run().harms_nobody().says_nothing();
    let report = reports(&host, "/jail/var/spool/upstart-monitor/new").remove(0);
    assert_eq!(report["evidence"]["init"]["goal"], "start", "{report:#}");
    let can_be_read = upstart_monitor::sys::kernel_log(&mut [0; 64 << 10]).is_ok();
    assert_eq!(report["evidence"]["kernel_log"]["source"] == "kernel_log", can_be_read);
    assert!(!host.path(MARKER).exists());
}

#[test]
fn where_the_spool_cannot_be_made_the_run_directory_takes_the_report() {
    let host = host_with_jail();
    host.make_dir("/jail/var/run");
    host.write("/jail/var/spool", "no directory");
    jailed(&host, PreStart).run().harms_nobody().says_nothing();
    jailed(&host, PreStart).run().harms_nobody().says_nothing();
    assert_eq!(host.names("/jail/var/run/upstart-monitor/unseen").len(), 1);
}

#[test]
fn where_nothing_can_be_written_one_line_says_so() {
    let host = host_with_jail();
    host.make_dir("/jail/var/run");
    jailed(&host, PreStart).run().harms_nobody().says_nothing();
    host.make_read_only("/jail");
    jailed(&host, PreStart).run().harms_nobody().says("takes no report: Read-only file system");
    jailed(&host, PreStop).run().harms_nobody().says("cannot disarm");
    jailed(&host, PostStop).run().harms_nobody();
    assert!(host.path(MARKER).exists());
}
