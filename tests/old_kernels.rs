//! On kernels as old as Upstart itself the hooks do what they do on this one.
#![cfg(target_arch = "x86_64")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a report without the field fails the test"
)]

mod support;

use nix::sys::signal::Signal;
use serde_json::Value;
use support::Hook::{Observer, PreStart};
use support::{Host, OldKernel, Surroundings, missing};

/// Verdict and signal.
const CRASHED: (&str, &str) = ("crashed", "SIGSEGV");

/// Those of a process on `kernel`, or on this one.
fn on(kernel: Option<OldKernel>) -> Surroundings {
    kernel.map_or_else(Surroundings::default, |kernel| Surroundings::default().kernel(kernel))
}

/// What the lines of a marker begin with, and the report on its run.
type Told = (Vec<String>, Value);

fn told(host: &Host, marker: &str) -> Told {
    assert_eq!(host.markers(), [""; 0], "consumed");
    let words = marker.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned());
    (words.collect(), host.only_report())
}

/// A job crashes, all of whose processes run on `kernel`.
fn told_by_post_stop(kernel: Option<OldKernel>) -> Told {
    let host = Host::new();
    let job = host.job("nginx").console_none().within(on(kernel)).start();
    let marker = host.read("/var/run/nginx.shutdown");
    job.kill(Signal::SIGSEGV);
    told(&host, &marker)
}

fn told_by_the_observer(kernel: Option<OldKernel>) -> Told {
    let host = Host::new();
    host.hook(PreStart, "nginx").within(on(kernel)).run().harms_nobody().says_nothing();
    let marker = host.read("/var/run/nginx.shutdown");
    host.init_says("nginx main process (53) killed by SEGV signal");
    let event = host.hook(Observer, "nginx").env("RESULT", "failed").env("PROCESS", "main");
    event.env("EXIT_SIGNAL", "SEGV").within(on(kernel)).run().harms_nobody().says_nothing();
    told(&host, &marker)
}

/// What of `value` is null, as JSON pointers.
fn nulls(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Null => vec![at.to_owned()],
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| nulls(value, &format!("{at}/{name}"))).collect()
        }
        _ => Vec::new(),
    }
}

fn verdict(report: &Value) -> (&str, &str) {
    let word = |place| report.pointer(place).and_then(Value::as_str).unwrap_or_default();
    (word("/verdict/kind"), word("/exit/signal_name"))
}

#[track_caller]
fn is_told_as_on_this_kernel(crash: fn(Option<OldKernel>) -> Told) {
    let (marker_here, here) = crash(None);
    assert_eq!(verdict(&here), CRASHED);
    for kernel in OldKernel::ALL {
        let (marker, report) = crash(Some(kernel));
        assert_eq!(marker, marker_here, "{kernel:?}");
        assert_eq!(verdict(&report), CRASHED);
        assert_eq!(missing(&report), missing(&here), "{kernel:?}: {report:#}");
        let unnamed = |report: &Value| -> Vec<_> {
            let gaps = report["incomplete"].as_array().unwrap();
            let named = |place: &String| {
                gaps.iter().any(|gap| place.ends_with(gap["part"].as_str().unwrap()))
            };
            nulls(report, "").into_iter().filter(|place| !named(place)).collect()
        };
        assert_eq!(unnamed(&report), unnamed(&here), "{kernel:?}: what is missing is named");
    }
}

#[test]
fn a_crash_is_told_by_post_stop() {
    is_told_as_on_this_kernel(told_by_post_stop);
}

#[test]
fn a_crash_is_told_by_the_observer() {
    is_told_as_on_this_kernel(told_by_the_observer);
}

#[test]
fn a_stop_disarms() {
    for kernel in OldKernel::ALL {
        let host = Host::new();
        host.note(format!("{kernel:?}"));
        let mut job = host.job("nginx").within(on(Some(kernel))).start();
        assert_eq!(host.markers(), ["nginx.shutdown"]);
        job.stop();
        assert_eq!(host.markers(), [""; 0]);
        assert_eq!(host.reports(), [""; 0]);
    }
}
