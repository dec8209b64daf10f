//! Services under the real supervisor of runit, with the real hooks in their `run` and `finish`.
#![allow(clippy::indexing_slicing, reason = "a report without the field fails the test")]

mod support;

use support::Host;
use support::supervised::{Supervised, WAITS};
use support::supervised_lives as lives;
use upstart_monitor::supervisor::Supervisor::Runit;

#[test]
fn every_life_is_judged_and_left_as_it_is() {
    lives::every_life_is_judged_and_left_as_it_is(Runit);
}

#[test]
fn an_only_run_is_judged_by_how_it_ends() {
    lives::an_only_run_is_judged_by_how_it_ends(Runit);
}

#[test]
fn what_the_kernel_killed_for_want_of_memory_is_told_so() {
    lives::what_the_kernel_killed_for_want_of_memory_is_told_so(Runit);
}

#[test]
fn services_that_die_at_once_are_kept_apart() {
    lives::services_that_die_at_once_are_kept_apart(Runit);
}

#[test]
fn a_report_is_as_the_schema_says() {
    lives::a_report_is_as_the_schema_says(Runit);
}

#[test]
fn the_services_own_log_is_shown() {
    lives::the_services_own_log_is_shown(Runit, "svlogd");
}

#[cfg(feature = "deliver")]
#[test]
fn the_notifier_knows_that_the_service_is_back() {
    lives::the_notifier_knows_that_the_service_is_back(Runit);
}

#[test]
fn a_run_that_cannot_be_executed_is_told_as_such() {
    let host = Host::new();
    let mut service = Supervised::new(&host, Runit, "web", WAITS);
    service.file("run", "#!/no/such/interpreter\n");
    service.supervise();
    service.wait_for_end(1);
    let report = &host.reports()[0];
    assert_eq!(report["verdict"]["kind"], "start_failed", "{report:#}");
    assert_eq!(service.ends()[0], "111 0");
}

#[test]
fn a_stop_that_has_to_kill_is_silent() {
    let host = Host::new();
    let service = Supervised::new(&host, Runit, "web", &format!("trap '' TERM\n{WAITS}")).start();
    service.command("down");
    service.command("kill");
    service.wait_for_end(1);
    assert_eq!(service.ends(), ["-1 9"]);
    assert_eq!(host.reports(), [""; 0]);
}
