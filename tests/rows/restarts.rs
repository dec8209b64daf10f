//! `restart`, and a `start` that comes while the job is going down.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Hook, Host, Job, wait_until};
use crate::{CRASHED, SILENT, Told, WAITS, go, polite, row};

/// A second main process, which runs.
fn up_again(job: &Job) {
    wait_until("a second main process", || job.pids().len() == 2);
    job.wait_until_in("running");
    assert_eq!(job.respawns(), 0);
}

row! {
    of_one_that_sigterm_kills, SILENT, |host| {
        let mut job = host.job("nginx").start();
        job.restart();
        up_again(&job);
        vec![job]
    }
}
row! {
    of_one_with_respawn, SILENT, |host| {
        let mut job = polite(host.job("nginx").respawn());
        job.restart();
        up_again(&job);
        vec![job]
    }
}
row! {
    then_a_crash, CRASHED, |host| {
        let mut job = host.job("nginx").start();
        job.restart();
        up_again(&job);
        job.kill(Signal::SIGSEGV);
        vec![job]
    }
}

/// A job that dies in its own pre-stop, which runs because of a restart.
fn dies_meanwhile(host: &Host, respawn: bool) -> Job {
    let job = host.job("nginx").own_pre_stop(WAITS);
    let mut job = if respawn { job.respawn() } else { job }.start();
    job.request_restart();
    job.wait_until_in("pre-stop");
    kill(Pid::from_raw(job.pids()[0]), Signal::SIGSEGV).unwrap();
    job.wait_for_deaths(1);
    go(host);
    job
}

row! {
    of_one_that_crashes_meanwhile, CRASHED, |host| {
        let job = dies_meanwhile(host, true);
        job.wait_until_up_after(1);
        vec![job]
    }
}
row! {
    /// Init's goal is `stop` then, as in a stop; the marker is disarmed.
    of_one_that_crashes_meanwhile_and_stays_down,
    Told { three_stanzas: &[], ..CRASHED },
    |host| {
        let job = dies_meanwhile(host, false);
        job.wait_until_down();
        assert_eq!(job.failed().as_deref(), Some("main"));
        vec![job]
    }
}

/// Asks `job` for a stop, and for a start when it is in `state`.
fn turned_round_in(host: &Host, mut job: Job, state: &str) -> Job {
    job.request_stop();
    job.wait_until_in(state);
    job.request_start();
    go(host);
    job
}

row! {
    /// The start cancels the stop, and main runs on; our pre-stop makes a restart of it.
    start_during_pre_stop, CRASHED, |host| {
        let job = polite(host.job("nginx").own_pre_stop(WAITS));
        let job = turned_round_in(host, job, "pre-stop");
        let ours = host.layout().stanzas().contains(&Hook::PreStop);
        let mains = if ours { 2 } else { 1 };
        wait_until("pre-stop to have its way", || job.pids().len() == mains);
        job.wait_until_in("running");
        job.kill(Signal::SIGSEGV);
        vec![job]
    }
}
row! {
    start_while_main_is_ending, SILENT, |host| {
        let slow = format!("trap '{}; exit 0' TERM; echo up; while :; do sleep 0.01; done", WAITS);
        let job = host.job("nginx").main(&slow).start();
        job.wait_for_log("up");
        let job = turned_round_in(host, job, "killed");
        up_again(&job);
        vec![job]
    }
}
row! {
    start_during_post_stop, SILENT, |host| {
        let job = polite(host.job("nginx").own_post_stop(WAITS));
        let job = turned_round_in(host, job, "post-stop");
        up_again(&job);
        vec![job]
    }
}
