//! A fault at every system call of a hook: a signal, an error, the end. Whatever happens where,
//! one crash leaves its marker or its report, and never two reports.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::sync::Mutex;

use support::Hook::{Observer, PostStop, PreStart, PreStop};
use support::{Call, Hook, HookRun, Host, Ran, calls_of, wait_until};

const MARKER: &str = "/var/run/nginx.shutdown";

/// Runs `story` for every one of `calls`, a few at a time.
fn for_each(calls: &[Call], story: impl Fn(&Call) + Sync) {
    assert!(calls.len() > 5, "these are not all calls of a hook: {calls:?}");
    let next = Mutex::new(calls.iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(call) = { next.lock().unwrap().next() } {
                    story(call);
                }
            });
        }
    });
}

/// The run that the marker of `host` names.
fn armed_run(host: &Host) -> String {
    let text = host.read(MARKER);
    let run = text.lines().find_map(|line| line.strip_prefix("run ")).unwrap();
    format!("{run:?}")
}

/// A host with an armed marker, and the run that it names.
fn host_with_armed_marker() -> (Host, String) {
    let host = Host::new();
    host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
    let run = armed_run(&host);
    (host, run)
}

/// The end of a run, as `hook` sees it: post-stop, or the observer before it.
fn end<'a>(host: &'a Host, hook: Hook) -> HookRun<'a> {
    let run = host.hook(hook, "nginx");
    match hook {
        Observer => run.env("RESULT", "failed").env("PROCESS", "main").env("EXIT_STATUS", "1"),
        _ => run,
    }
}

fn fails(host: &Host, hook: Hook, call: &Call, fault: &str) -> Ran {
    host.note(format!("{hook:?}: {fault} at {call:?}"));
    call.goes_wrong(end(host, hook), fault).run()
}

/// Whether the end of `run` is told of. The observer tells of one even where it could not read the
/// marker; then under another name.
fn is_told(host: &Host, hook: Hook, run: &str) -> bool {
    let told = host.runs_told();
    told.contains(run) || hook == Observer && told.len() == 1
}

/// The run is accounted for: its marker is there, or it is told of.
#[track_caller]
fn marker_or_report(host: &Host, hook: Hook, run: &str) {
    assert!(is_told(host, hook, run) || armed_run(host) == run, "neither marker nor report");
}

/// After the next start: told exactly once, and the new run has a marker of its own.
#[track_caller]
fn told_once_by_the_next_start(host: &Host, hook: Hook, run: &str) {
    host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
    let told = host.runs_told();
    assert!(is_told(host, hook, run) && told.len() == 1, "{told:?}");
    assert_ne!(armed_run(host), run);
}

/// Asks the process to end, or tells it that it has gone wrong.
const SIGNALS: [&str; 3] = ["signal=SIGTERM", "signal=SIGABRT", "signal=SIGSEGV"];

/// What the kernel may refuse `call` with.
fn errors(call: &Call) -> &'static [&'static str] {
    match call.name.as_str() {
        "brk" | "mmap" | "mremap" => &["error=ENOMEM"],
        "clone" | "fork" | "vfork" => &["error=EAGAIN", "error=ENOMEM"],
        "openat" | "open" => &["error=EIO", "error=ENOSPC", "error=EMFILE"],
        _ => &["error=EIO", "error=ENOSPC"],
    }
}

mod at_the_end {
    use super::*;

    /// Who captures a crash.
    const CAPTURE: [Hook; 2] = [PostStop, Observer];

    fn calls(hook: Hook) -> Vec<Call> {
        let (host, _) = host_with_armed_marker();
        calls_of(end(&host, hook))
    }

    #[test]
    fn a_signal_leaves_marker_or_report() {
        for hook in CAPTURE {
            for_each(&calls(hook), |call| {
                for signal in SIGNALS {
                    let (host, run) = host_with_armed_marker();
                    fails(&host, hook, call, signal).harms_nobody();
                    marker_or_report(&host, hook, &run);
                    told_once_by_the_next_start(&host, hook, &run);
                }
            });
        }
    }

    #[test]
    fn a_request_to_end_is_no_reason_to_lose_the_report() {
        for hook in CAPTURE {
            for_each(&calls(hook), |call| {
                let (host, run) = host_with_armed_marker();
                fails(&host, hook, call, "signal=SIGTERM").harms_nobody().says_nothing();
                assert!(host.runs_told().contains(&run));
                assert!(host.markers().is_empty());
            });
        }
    }

    /// The service may not be started again for days.
    #[test]
    fn what_cuts_it_short_is_told_without_the_next_start() {
        for hook in CAPTURE {
            let calls = calls(hook);
            let amid = calls.iter().find(|call| call.name == "uname").unwrap();
            for fault in ["signal=SIGSEGV", "signal=SIGABRT", "delay_enter=600000"] {
                let (host, run) = host_with_armed_marker();
                fails(&host, hook, amid, fault).harms_nobody();
                wait_until("the run to be told of", || host.runs_told().contains(&run));
                assert_eq!(host.markers().len(), 1, "{fault} did not cut it short");
                told_once_by_the_next_start(&host, hook, &run);
            }
        }
    }

    #[test]
    fn an_error_leaves_marker_or_report() {
        for hook in CAPTURE {
            for_each(&calls(hook), |call| {
                for error in errors(call) {
                    let (host, run) = host_with_armed_marker();
                    fails(&host, hook, call, error).harms_nobody();
                    marker_or_report(&host, hook, &run);
                    told_once_by_the_next_start(&host, hook, &run);
                }
            });
        }
    }

    #[test]
    fn errors_that_last_leave_marker_or_report() {
        for hook in CAPTURE {
            for name in ["openat", "write", "renameat", "unlink", "mmap", "brk", "read"] {
                for call in calls(hook).into_iter().filter(|call| call.name == name).take(1) {
                    let (host, run) = host_with_armed_marker();
                    let from_here_on = format!("inject={name}:error=EIO:when={}+", call.nth);
                    host.note(&from_here_on);
                    let strace = ["strace", "-o", "/dev/null", "-e", &from_here_on];
                    end(&host, hook).under(strace).run().harms_nobody();
                    marker_or_report(&host, hook, &run);
                    told_once_by_the_next_start(&host, hook, &run);
                }
            }
        }
    }

    #[test]
    fn the_end_leaves_marker_or_report() {
        for hook in CAPTURE {
            for_each(&calls(hook), |call| {
                let (host, run) = host_with_armed_marker();
                fails(&host, hook, call, "signal=SIGKILL");
                marker_or_report(&host, hook, &run);
                told_once_by_the_next_start(&host, hook, &run);
            });
        }
    }

    #[test]
    fn the_end_and_a_second_post_stop_leave_one_report() {
        for hook in CAPTURE {
            for_each(&calls(hook), |call| {
                let (host, run) = host_with_armed_marker();
                fails(&host, hook, call, "signal=SIGKILL");
                host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
                assert_eq!(host.runs_told().into_iter().collect::<Vec<_>>(), [run]);
                assert!(host.markers().is_empty());
            });
        }
    }

    /// A job without stanzas: nobody looks at this end again, but the observer at the next one.
    #[test]
    fn the_end_of_the_observer_alone_is_made_good_by_the_next() {
        let calls = calls_of(end(&Host::new(), Observer));
        let noted = calls.iter().position(|call| call.name.starts_with("rename")).unwrap();
        for_each(&calls, |call| {
            let host = Host::new();
            fails(&host, Observer, call, "signal=SIGKILL");
            let early = calls.iter().position(|c| c == call).is_some_and(|place| place <= noted);
            let marked = host.markers().contains(&"nginx.shutdown".to_owned());
            let known = marked || !host.runs_told().is_empty();
            assert!(known || early, "neither marker nor report");
            end(&host, Observer).run().harms_nobody().says_nothing();
            assert_eq!(host.runs_told().len(), 1 + usize::from(known));
            assert!(host.markers().is_empty());
        });
    }

    /// Stuck anywhere, the hook ends when its time is up.
    #[test]
    fn the_deadline_leaves_marker_or_report() {
        for hook in CAPTURE {
            let late = format!("delay_enter={}", 2 * upstart_monitor::sys::DEADLINE.as_micros());
            let of_interest = ["openat", "write", "renameat", "unlink", "mkdir", "clone"];
            let calls: Vec<_> =
                calls(hook).into_iter().filter(|call| of_interest.contains(&&*call.name)).collect();
            for_each(&calls, |call| {
                let (host, run) = host_with_armed_marker();
                fails(&host, hook, call, &late).harms_nobody().says_nothing();
                marker_or_report(&host, hook, &run);
                told_once_by_the_next_start(&host, hook, &run);
            });
        }
    }
}

mod in_pre_start {
    use super::*;

    /// Of a first start, where nothing lies yet.
    fn first_calls() -> Vec<Call> {
        let host = Host::new();
        calls_of(host.hook(PreStart, "nginx"))
    }

    /// Of a start that finds an armed marker.
    fn later_calls() -> Vec<Call> {
        let (host, _) = host_with_armed_marker();
        calls_of(host.hook(PreStart, "nginx"))
    }

    #[test]
    fn a_fault_at_the_first_start_harms_nobody() {
        for_each(&first_calls(), |call| {
            for fault in SIGNALS.iter().chain(errors(call)) {
                let host = Host::new();
                let ran = fails(&host, PreStart, call, fault).harms_nobody();
                let armed = host.markers() == ["nginx.shutdown"];
                assert!(armed || *fault != "signal=SIGTERM", "a request to end changes nothing");
                assert!(armed || fault.starts_with("signal") || !ran.stderr.is_empty(), "silent");
                host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
                assert_eq!(host.runs_told().len(), usize::from(armed));
            }
        });
    }

    #[test]
    fn a_fault_keeps_what_an_armed_marker_knew() {
        for_each(&later_calls(), |call| {
            for fault in SIGNALS.iter().chain(errors(call)) {
                let (host, run) = host_with_armed_marker();
                fails(&host, PreStart, call, fault).harms_nobody();
                let told = host.runs_told();
                assert!(told.contains(&run) || armed_run(&host) == run, "neither");
                host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
                assert!(host.runs_told().contains(&run));
            }
        });
    }

    #[test]
    fn the_end_keeps_what_an_armed_marker_knew() {
        for after in [PreStart, PostStop] {
            for_each(&later_calls(), |call| {
                let (host, run) = host_with_armed_marker();
                fails(&host, PreStart, call, "signal=SIGKILL");
                host.hook(after, "nginx").run().harms_nobody().says_nothing();
                assert!(host.runs_told().contains(&run));
                host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
                assert!(host.runs_told().contains(&run));
            });
        }
    }
}

mod in_pre_stop {
    use super::*;

    #[test]
    fn a_fault_harms_nobody() {
        let (host, _) = host_with_armed_marker();
        for_each(&calls_of(host.hook(PreStop, "nginx")), |call| {
            for fault in SIGNALS.iter().chain(errors(call)) {
                let (host, run) = host_with_armed_marker();
                let ran = fails(&host, PreStop, call, fault).harms_nobody();
                let disarmed = host.markers().is_empty();
                assert!(disarmed || fault.starts_with("signal") || !ran.stderr.is_empty());
                host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
                assert_eq!(host.runs_told().contains(&run), !disarmed);
            }
        });
    }
}
