//! Services under the real supervisor of s6, with the real hooks in their `run` and `finish`.
#![allow(clippy::indexing_slicing, reason = "a report without the field fails the test")]

mod support;

use support::Host;
use support::supervised::{Supervised, WAITS};
use support::supervised_lives as lives;
use upstart_monitor::supervisor::Supervisor::S6;

#[test]
fn every_life_is_judged_and_left_as_it_is() {
    lives::every_life_is_judged_and_left_as_it_is(S6);
}

#[test]
fn an_only_run_is_judged_by_how_it_ends() {
    lives::an_only_run_is_judged_by_how_it_ends(S6);
}

#[test]
fn what_the_kernel_killed_for_want_of_memory_is_told_so() {
    lives::what_the_kernel_killed_for_want_of_memory_is_told_so(S6);
}

#[test]
fn services_that_die_at_once_are_kept_apart() {
    lives::services_that_die_at_once_are_kept_apart(S6);
}

#[test]
fn a_report_is_as_the_schema_says() {
    lives::a_report_is_as_the_schema_says(S6);
}

#[test]
fn the_services_own_log_is_shown() {
    lives::the_services_own_log_is_shown(S6, "s6-log t");
}

#[cfg(feature = "deliver")]
#[test]
fn the_notifier_knows_that_the_service_is_back() {
    lives::the_notifier_knows_that_the_service_is_back(S6);
}

#[test]
fn a_finish_that_gives_the_service_up_does_so_with_the_hook_in_it() {
    let host = Host::new();
    let service = Supervised::new(&host, S6, "web", WAITS);
    service.append("finish", "exit 125");
    let service = service.start();
    service.exit(3);
    assert!(service.settled(1).contains("up: false, wanted up: false"));
    assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
}

#[test]
fn a_service_with_a_down_signal_of_its_own_is_restarted_silently() {
    let host = Host::new();
    let service = Supervised::new(&host, S6, "web", WAITS);
    service.file("down-signal", "SIGHUP\n");
    let service = service.start();
    service.command("restart");
    service.wait_for_end(1);
    assert_eq!(service.ends(), ["256 1"]);
    assert_eq!(host.reports(), [""; 0]);
}

#[test]
fn a_finish_that_hands_no_arguments_on_is_understood() {
    let host = Host::new();
    let service = Supervised::new(&host, S6, "web", WAITS);
    let finish = service.script("finish").replace(" \"$@\"", "");
    service.file("finish", &finish);
    let service = service.start();
    service.kill(nix::sys::signal::Signal::SIGSEGV);
    let report = host.only_report();
    assert_eq!(report["exit"]["signal_name"], "SIGSEGV", "{report:#}");
}
