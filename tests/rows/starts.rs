//! The end comes before the job was up.

use crate::support::{Host, Job, JobBuilder, STAYS_UP, Stanza};
use crate::{CRASHED, POLITE, SILENT, Told, WAITS, down, go, row, told};

/// Starts `job`, and asks for a stop when it is in `state`, where something waits for `go`.
fn stopped_in(host: &Host, job: JobBuilder, state: &str) -> Vec<Job> {
    let mut job = job.begin();
    job.wait_until_in(state);
    job.request_stop();
    go(host);
    job.wait_until_down();
    vec![job]
}

fn waits() -> Option<Stanza> {
    Some(Stanza::script(WAITS))
}

row! {
    /// What init says of the pre-start tells that main never ran.
    pre_start_fails, told(&["start_failed"]), |host| {
        let jobs = down(host.job("nginx").respawn().own_pre_start("exit 7"));
        assert_eq!((jobs[0].failed().as_deref(), jobs[0].pids().len()), (Some("pre-start"), 0));
        jobs
    }
}
row! {
    stop_while_starting_is_blocked, SILENT, |host| {
        stopped_in(host, host.job("nginx").on_starting(WAITS), "starting")
    }
}
row! {
    stop_during_pre_start, SILENT, |host| {
        stopped_in(host, host.job("nginx").own_pre_start(WAITS), "pre-start")
    }
}
row! {
    /// No pre-stop runs.
    stop_during_post_start,
    Told { three_stanzas: &["unclear"], without_pre_stop: &["unclear"], observer: &[] },
    |host| stopped_in(host, host.job("nginx").post_start(waits()), "post-start")
}
row! {
    stop_of_a_polite_one_during_post_start, SILENT, |host| {
        let mut job = host.job("nginx").main(POLITE).post_start(waits()).begin();
        job.wait_for_log("up");
        job.request_stop();
        go(host);
        job.wait_until_down();
        vec![job]
    }
}
row! {
    crash_during_post_start, CRASHED, |host| {
        let job = host.job("nginx").main("kill -SEGV $$").post_start(waits()).begin();
        job.wait_for_deaths(1);
        go(host);
        job.wait_until_down();
        vec![job]
    }
}
row! {
    crash_during_post_start_is_respawned, CRASHED, |host| {
        let job = host.job("nginx").respawn().lives(["exit 3", STAYS_UP]);
        let job = job.post_start(waits()).begin();
        job.wait_for_deaths(1);
        go(host);
        job.wait_until_up_after(1);
        vec![job]
    }
}
