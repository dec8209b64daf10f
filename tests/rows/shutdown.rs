//! The host goes down.

use nix::sys::signal::Signal;

use crate::support::{Host, Job, JobBuilder};
use crate::{CRASHED, SILENT, row};

/// A job that `killall5` sends a signal when the runlevel is 6 already.
fn killed(host: &Host, job: JobBuilder, signal: Signal) -> Vec<Job> {
    let job = job.start();
    host.set_runlevel('6');
    job.kill(signal);
    vec![job]
}

row! {
    stop_on_runlevel, SILENT, |host| {
        let mut job = host.job("nginx").respawn().start();
        host.set_runlevel('0');
        job.stop_by_event(&[
            ("UPSTART_STOP_EVENTS", "runlevel"),
            ("RUNLEVEL", "0"),
            ("PREVLEVEL", "2"),
        ]);
        vec![job]
    }
}
row!(without_stop_on, SILENT, |host| killed(host, host.job("nginx"), Signal::SIGTERM));
row! {
    /// Init even starts it again.
    without_stop_on_and_respawned, SILENT, |host| {
        killed(host, host.job("nginx").respawn(), Signal::SIGTERM)
    }
}
row!(killed_at_last, SILENT, |host| killed(host, host.job("nginx"), Signal::SIGKILL));
row!(fault, CRASHED, |host| killed(host, host.job("nginx"), Signal::SIGSEGV));
