//! A job with `respawn`: each end is a failure that init tells of, so every layout tells of it.

use nix::sys::signal::Signal;

use crate::support::{Host, Job, STAYS_UP};
use crate::{CRASHED, down, row, told};

fn respawned_after(host: &Host, signal: Signal) -> Vec<Job> {
    let job = host.job("nginx").respawn().start();
    job.kill(signal);
    assert_eq!((job.respawns(), job.failed()), (1, None));
    vec![job]
}

row!(killed_from_outside, CRASHED, |host| respawned_after(host, Signal::SIGKILL));
row!(terminated_from_outside, CRASHED, |host| respawned_after(host, Signal::SIGTERM));
row!(fault, CRASHED, |host| respawned_after(host, Signal::SIGSEGV));
row! {
    /// Whatever its status, a service must not end.
    exit_0_and_3, told(&["crashed", "crashed"]), |host| {
        let job = host.job("nginx").respawn().lives(["exit 0", "exit 3", STAYS_UP]).start();
        job.wait_until_up_after(2);
        vec![job]
    }
}
row! {
    /// One for each death, and the last one says that it stays down.
    gives_up, told(&["crashed", "crashed", "gave_up"]), |host| {
        let jobs = down(host.job("nginx").respawn().respawn_limit(2, 600).main("exit 3"));
        assert_eq!((jobs[0].failed().as_deref(), jobs[0].failures()), (Some("respawn"), 3));
        jobs
    }
}
