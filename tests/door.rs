//! The door of every hook: what goes wrong behind it stays behind it.

mod support;

use std::time::Duration;

use support::{Host, Ran, fixture};

/// Far above the deadline, far below what anybody would call waiting.
const IN_TIME: Duration = Duration::from_secs(10);

#[track_caller]
fn goes_wrong(host: &Host, fault: &str) -> Ran {
    let ran = host.run(&fixture("faulty_hook")).env("FAULT", fault).run().harms_nobody();
    assert!(ran.took < IN_TIME, "{:?}", ran.took);
    ran
}

#[test]
fn a_panic_is_one_line_that_says_where() {
    let host = Host::new();
    goes_wrong(&host, "panic").says("internal error at tests/fixtures/faulty_hook.rs:");
}

#[test]
fn an_allocation_without_end_is_one_line() {
    let host = Host::new();
    goes_wrong(&host, "memory").says("out of memory");
}

#[test]
fn what_the_kernel_ends_ends_well() {
    let host = Host::new();
    for fault in ["stack", "abort"] {
        goes_wrong(&host, fault).says_nothing();
    }
}

#[test]
fn what_never_ends_is_ended() {
    let host = Host::new();
    for fault in ["hang", "spin"] {
        let ran = goes_wrong(&host, fault).says_nothing();
        assert!(ran.took >= upstart_monitor::sys::DEADLINE, "{:?}: not that early", ran.took);
    }
}

#[test]
fn a_last_act_that_never_ends_is_ended_too() {
    let ran = goes_wrong(&Host::new(), "last act").says_nothing();
    assert!(ran.took >= 2 * upstart_monitor::sys::DEADLINE, "{:?}: not that early", ran.took);
}

#[test]
fn what_goes_well_says_nothing() {
    goes_wrong(&Host::new(), "").says_nothing();
}
