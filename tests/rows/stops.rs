//! Somebody asked for the stop.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Hook, Stanza};
use crate::{CRASHED, POLITE, SILENT, Told, WAITS, go, polite, row};

/// Without a pre-stop of ours, main's death by the stop looks like one from outside.
const UNCLEAR_WITHOUT_PRE_STOP: Told = Told { without_pre_stop: &["unclear"], ..SILENT };

/// Without a pre-stop of ours, a fault is one, whenever it happens.
const CRASHED_WITHOUT_PRE_STOP: Told = Told { without_pre_stop: &["crashed"], ..SILENT };

row! {
    of_one_that_sigterm_kills, UNCLEAR_WITHOUT_PRE_STOP, |host| {
        let mut job = host.job("nginx").respawn().start();
        job.stop();
        vec![job]
    }
}
row! {
    of_one_that_ends_in_order, SILENT, |host| {
        let mut job = polite(host.job("nginx").respawn());
        job.stop();
        vec![job]
    }
}
row! {
    /// As `initctl stop` in main itself is one.
    by_main_itself, SILENT, |host| {
        let main = format!("echo stop me; {POLITE}");
        let mut job = host.job("nginx").main(&main).start();
        job.wait_for_log("up");
        job.stop();
        vec![job]
    }
}
row! {
    by_an_event, SILENT, |host| {
        let mut job = host.job("nginx").respawn().start();
        job.stop_by_event(&[("UPSTART_STOP_EVENTS", "stopping"), ("JOB", "db")]);
        vec![job]
    }
}
row! {
    of_a_daemon, UNCLEAR_WITHOUT_PRE_STOP, |host| {
        let main = "kill -STOP $$; exec sleep 3600";
        let mut job = host.job("nginx").expect_stop().main(main).start();
        job.wait_until_in("running");
        job.stop();
        vec![job]
    }
}
row! {
    /// There is no main that a pre-stop could be run for.
    of_a_state, SILENT, |host| {
        let mut job = host.job("state").exec(None).start();
        job.stop();
        vec![job]
    }
}
row! {
    /// Init says that it could not run it: so somebody wanted a stop.
    with_a_pre_stop_that_is_missing, SILENT, |host| {
        let program = host.program(Hook::PreStop.name()).with_extension("missing");
        let mut job = host.job("nginx").pre_stop(Some(Stanza::Program(program))).start();
        job.stop();
        vec![job]
    }
}
row! {
    of_one_that_has_to_be_killed, UNCLEAR_WITHOUT_PRE_STOP, |host| {
        let stubborn = "trap '' TERM; echo up; while :; do sleep 0.01; done";
        let job = host.job("nginx").main(stubborn).kill_timeout(Duration::from_millis(50));
        let mut job = job.start();
        job.wait_for_log("up");
        job.stop();
        vec![job]
    }
}
row! {
    of_one_that_crashes_on_sigterm, CRASHED_WITHOUT_PRE_STOP, |host| {
        let main = "trap 'kill -SEGV $$' TERM; echo up; while :; do sleep 0.01; done";
        let mut job = host.job("nginx").main(main).start();
        job.wait_for_log("up");
        job.stop();
        vec![job]
    }
}
row! {
    of_one_that_fails_on_sigterm, UNCLEAR_WITHOUT_PRE_STOP, |host| {
        let main = "trap 'exit 1' TERM; echo up; while :; do sleep 0.01; done";
        let mut job = host.job("nginx").main(main).start();
        job.wait_for_log("up");
        job.stop();
        vec![job]
    }
}
row! {
    of_one_that_crashes_meanwhile, CRASHED_WITHOUT_PRE_STOP, |host| {
        let mut job = host.job("nginx").respawn().own_pre_stop(WAITS).start();
        job.request_stop();
        job.wait_until_in("pre-stop");
        kill(Pid::from_raw(job.pids()[0]), Signal::SIGSEGV).unwrap();
        job.wait_for_deaths(1);
        go(host);
        job.wait_until_down();
        assert_eq!((job.failed(), job.respawns()), (None, 0));
        vec![job]
    }
}
row! {
    /// A stop leaves nothing behind by which a later crash would be missed.
    then_a_crash, CRASHED, |host| {
        let mut job = polite(host.job("nginx"));
        job.stop();
        job.start();
        job.kill(Signal::SIGSEGV);
        vec![job]
    }
}
