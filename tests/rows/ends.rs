//! Main ends, and nobody asked for it: a crash, or its normal end.

use nix::sys::signal::Signal;

use crate::support::{End, Host, Job, Stanza};
use crate::{CRASHED, SILENT, Told, UNCLEAR_TO_STANZAS, UNCLEAR_WITHOUT_PRE_STOP, down, row, told};

/// A service without `respawn` that somebody sends a signal.
fn killed(host: &Host, signal: Signal) -> Vec<Job> {
    let job = host.job("nginx").start();
    job.kill(signal);
    assert!(job.is_down());
    vec![job]
}

row! {
    /// `reload` of a service that has no handler for SIGHUP.
    hangup, UNCLEAR_WITHOUT_PRE_STOP, |host| killed(host, Signal::SIGHUP)
}
row!(killed_from_outside, UNCLEAR_WITHOUT_PRE_STOP, |host| killed(host, Signal::SIGKILL));
row!(fault, CRASHED, |host| killed(host, Signal::SIGSEGV));
row!(abort, CRASHED, |host| killed(host, Signal::SIGABRT));
row!(terminated_from_outside, UNCLEAR_TO_STANZAS, |host| killed(host, Signal::SIGTERM));
row! {
    /// What a shell makes of SIGTERM.
    exit_143, UNCLEAR_TO_STANZAS, |host| down(host.job("nginx").main("exit 143"))
}
row!(exit_3, UNCLEAR_WITHOUT_PRE_STOP, |host| down(host.job("nginx").main("exit 3")));
row!(exit_0, SILENT, |host| down(host.job("nginx").main("exit 0")));
row! {
    out_of_memory, CRASHED, |host| {
        let job = host.job("nginx").start();
        let pid = job.pids()[0];
        host.kernel_says(&format!("Out of memory: Killed process {pid} (sleep) total-vm:8kB"));
        job.kill(Signal::SIGKILL);
        for report in host.reports() {
            assert_eq!(report["exit"]["kind"], "oom");
        }
        vec![job]
    }
}

row! {
    normal_exit_status, SILENT, |host| {
        let normal = [End::Exited(0), End::Exited(3)];
        let job = host.job("nginx").respawn().normal_exit(&normal);
        let mut jobs = down(job.main("exit 3"));
        jobs.extend(down(host.job("other").respawn().normal_exit(&normal).main("exit 0")));
        jobs
    }
}
row! {
    /// Init writes the line on a signal that `normal exit` names as on any other.
    normal_exit_signal,
    Told { three_stanzas: &["unclear"], without_pre_stop: &["unclear"], observer: &[] },
    |host| {
        let job = host.job("nginx").respawn().normal_exit(&[End::Killed(Signal::SIGTERM)]).start();
        job.kill(Signal::SIGTERM);
        assert_eq!((job.failed(), job.is_down()), (None, true));
        vec![job]
    }
}

row!(task_is_done, SILENT, |host| down(host.job("backup").task().main("exit 0")));
row!(task_fails, UNCLEAR_WITHOUT_PRE_STOP, |host| down(host.job("backup").task().main("exit 1")));
row! {
    /// Fails, and is done at the second try.
    task_is_respawned, CRASHED, |host| {
        down(host.job("backup").task().respawn().lives(["exit 1", "exit 0"]))
    }
}

row! {
    main_cannot_be_executed, told(&["start_failed"]), |host| {
        down(host.job("nginx").respawn().exec(Some(Stanza::missing())))
    }
}
row! {
    /// It never got as far as to be up.
    daemon_fails_early, UNCLEAR_WITHOUT_PRE_STOP, |host| {
        down(host.job("nginx").expect_stop().main("exit 1"))
    }
}
row! {
    /// What init supervises ends at once, in order; the daemon lives on unsupervised.
    daemon_forks_unexpectedly, SILENT, |host| {
        down(host.job("nginx").main("setsid sleep 0.2 & exit 0"))
    }
}
row! {
    /// Supervised by another process than the one that init started, or by that one: the same.
    daemon_crashes, CRASHED, |host| {
        let job = host.job("nginx").expect_stop().main("kill -STOP $$; exec sleep 3600").start();
        job.wait_until_in("running");
        job.kill(Signal::SIGSEGV);
        vec![job]
    }
}
