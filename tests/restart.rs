//! `restart`, which Upstart makes nothing of where a job has a pre-stop, restarts; `stop` stops.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};

use nix::sys::signal::Signal;
use support::Hook::{PostStop, PreStart, PreStop};
use support::{Host, INIT_SOCKET, JobBuilder, NOBODY, Stanza, Surroundings, wait_until};

const ROUND: [&str; 4] = ["pre-start", "pre-stop", "post-stop", "pre-start"];

#[test]
fn restart_restarts_and_tells_nobody() {
    let host = Host::new();
    let mut job = host.job("nginx").start();
    job.restart();
    assert_eq!((job.pids().len(), job.hooks_run()), (2, ROUND.map(str::to_owned).into()));
    assert_eq!((host.reports().len(), host.markers()), (0, vec!["nginx.shutdown".to_owned()]));
    job.kill(Signal::SIGSEGV);
    assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
}

#[test]
fn restart_again_and_again() {
    let host = Host::new();
    let mut job = host.job("nginx").respawn().start();
    for round in 1..=10 {
        job.restart();
        assert_eq!((job.pids().len(), job.respawns()), (round + 1, 0));
    }
    job.stop();
    assert!(host.reports().is_empty() && host.markers().is_empty());
}

#[test]
fn restart_of_whatever_name() {
    for name in ["sub/bar", "sp job", "é☃", "-rf", "a_b.c"] {
        let host = Host::new();
        let mut job = host.job(name).start();
        job.restart();
        assert_eq!(job.pids().len(), 2, "{name}");
        job.kill(Signal::SIGKILL);
        assert_eq!(host.only_report()["job"]["name"], name);
    }
}

#[test]
fn restart_of_one_instance_leaves_the_others_alone() {
    let host = Host::new();
    let start = |instance: &str| host.job("web").instance(instance).env("N", instance).start();
    let (mut one, other) = (start("a/b"), start("x y"));
    one.restart();
    assert_eq!((one.pids().len(), other.pids().len()), (2, 1));
    other.kill(Signal::SIGSEGV);
    assert_eq!(host.only_report()["job"]["instance"], "x y");
}

/// A main process that takes its time to end.
#[test]
fn restart_of_a_service_that_is_slow_to_end() {
    let host = Host::new();
    let slow = "trap 'sleep 0.5; exit 0' TERM; echo up; while :; do sleep 0.01; done";
    let mut job = host.job("nginx").main(slow).start();
    job.wait_for_log("up");
    job.restart();
    assert_eq!((job.pids().len(), host.reports().len()), (2, 0));
}

/// A pre-stop of the job's own, that calls ours and goes on.
#[test]
fn restart_with_more_to_do_in_pre_stop() {
    let host = Host::new();
    let ours = host.program("pre-stop");
    let script = format!("'{}'; sleep 0.3", ours.display());
    let mut job = host.job("nginx").pre_stop(Some(Stanza::script(&script))).start();
    job.restart();
    assert_eq!((job.pids().len(), host.reports().len()), (2, 0));
    assert_eq!(job.hooks_run(), ROUND);
}

/// So late that there is no instance any more when the start is asked for.
#[test]
fn restart_of_an_instance_from_nothing() {
    let host = Host::new();
    let script = format!("'{}'; sleep 0.3", host.program("pre-stop").display());
    let start = |instance: &str| {
        let pre_stop = Some(Stanza::script(&script));
        host.job("web").instance(instance).env("N", instance).pre_stop(pre_stop).start()
    };
    let (mut one, other) = (start("a/b"), start("x y"));
    one.restart();
    assert_eq!((one.pids().len(), other.pids().len(), host.reports().len()), (2, 1, 0));
}

#[test]
fn a_start_that_cancels_a_stop_restarts_too() {
    let host = Host::new();
    let (go, ours) = (host.path("/go"), host.program("pre-stop"));
    let script = format!(
        "echo stopping; until [ -e '{}' ]; do sleep 0.01; done; '{}'",
        go.display(),
        ours.display()
    );
    let mut job = host.job("nginx").pre_stop(Some(Stanza::script(&script))).start();
    job.request_stop();
    job.wait_for_log("stopping");
    host.write("/go", "");
    job.start();
    job.wait_until_up_after(0);
    assert_eq!((job.pids().len(), host.reports().len()), (2, 0));
    job.kill(Signal::SIGSEGV);
    assert_eq!(host.reports().len(), 1);
}

#[test]
fn stop_is_a_stop() {
    let host = Host::new();
    let mut job = host.job("nginx").respawn().start();
    job.stop();
    assert_eq!(job.hooks_run(), ["pre-start", "pre-stop", "post-stop"]);
    assert!(host.reports().is_empty() && host.markers().is_empty());
}

#[test]
fn a_death_in_pre_stop_is_told_of() {
    let host = Host::new();
    let script = format!(
        "kill -KILL \"$(cat '{}')\"; sleep 0.2; '{}'",
        host.path("/pid").display(),
        host.program("pre-stop").display()
    );
    let main = format!("echo $$ >'{}'; exec sleep 3600", host.path("/pid").display());
    let mut job =
        host.job("nginx").respawn().lives([&*main]).pre_stop(Some(Stanza::script(&script))).start();
    wait_until("main to say who it is", || host.path("/pid").exists());
    job.restart();
    assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
    assert_eq!(job.pids().len(), 2);
}

/// What is left undone leaves the job running, and its marker armed.
mod left_undone {
    use super::*;

    #[track_caller]
    fn goes_on_running(host: &Host, describe: impl Fn(JobBuilder) -> JobBuilder) -> String {
        let mut job = describe(host.job("nginx")).start();
        job.restart();
        assert_eq!((job.pids().len(), job.hooks_run().len()), (1, 2));
        job.kill(Signal::SIGSEGV);
        assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
        host.read(job.log_path())
    }

    #[test]
    fn where_the_job_says_so() {
        let host = Host::new();
        let log = goes_on_running(&host, |job| job.env("UPSTART_MONITOR_RESTART", "leave"));
        assert!(!log.contains("upstart-monitor"), "{log}");
    }

    #[test]
    fn where_the_environment_is_too_long_to_start_it_again() {
        let host = Host::new();
        let log = goes_on_running(&host, |job| job.env("LONG", &"x".repeat(20_000)));
        assert!(log.contains("the job goes on as it is"), "{log}");
    }
}

/// An init that does not do as Upstart does: taken as a stop, as ever, and in time.
mod without_an_answer {
    use super::*;

    fn armed() -> Host {
        let host = Host::new();
        host.hook(PreStart, "nginx").run().harms_nobody();
        host
    }

    #[track_caller]
    fn disarms(host: &Host) -> String {
        let ran = host.hook(PreStop, "nginx").run().harms_nobody();
        assert_eq!(host.markers(), [""; 0]);
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        assert!(host.reports().is_empty());
        ran.stderr
    }

    /// An init that does `answer` to everybody, for as long as the host lives.
    fn listens(host: &Host, answer: impl Fn(&mut UnixStream) + Send + 'static) {
        let listener = UnixListener::bind(host.path(INIT_SOCKET)).unwrap();
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for mut stream in listener.incoming().flatten() {
                answer(&mut stream);
                kept.push(stream);
            }
        });
    }

    #[test]
    fn as_nobody_listens() {
        assert_eq!(disarms(&armed()), "");
        let host = armed();
        drop(UnixListener::bind(host.path(INIT_SOCKET)).unwrap());
        assert_eq!(disarms(&host), "");
    }

    #[test]
    fn as_it_hangs() {
        let host = armed();
        listens(&host, |_| {});
        assert!(disarms(&host).contains("it does not answer"));
    }

    #[test]
    fn as_it_closes() {
        let host = armed();
        listens(&host, |stream| stream.shutdown(std::net::Shutdown::Both).unwrap());
        assert_eq!(disarms(&host), "");
    }

    #[test]
    fn as_it_refuses() {
        let host = armed();
        listens(&host, |stream| stream.write_all(b"REJECTED EXTERNAL\r\n").unwrap());
        assert_eq!(disarms(&host), "");
    }

    #[test]
    fn as_it_talks_nonsense() {
        for nonsense in [&b"OK 0\r\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"[..], &[b'x'; 5000]] {
            let host = armed();
            listens(&host, move |stream| drop(stream.write_all(nonsense)));
            assert!(disarms(&host).contains("not understood"));
        }
    }

    #[test]
    fn as_it_never_comes_to_an_end() {
        let host = armed();
        listens(&host, |stream| {
            let signal = b"l\x04\x01\x01\0\0\0\0\x01\0\0\0\0\0\0\0";
            let _ = stream.write_all(b"OK 0\r\n");
            while stream.write_all(signal).is_ok() {}
        });
        assert!(!disarms(&host).is_empty());
    }

    #[test]
    fn as_the_job_is_not_roots() {
        let host = Host::new();
        host.give_to(NOBODY, "/var/run");
        let mut job = host.job("nginx").within(Surroundings::default().nobody()).start();
        job.restart();
        assert_eq!((job.pids().len(), host.markers().len()), (1, 0));
        assert!(
            !host.path(job.log_path()).exists()
                || !host.read(job.log_path()).contains("upstart-monitor")
        );
        job.stop();
        assert!(host.reports().is_empty());
    }
}

/// Whatever goes wrong in pre-stop, the job is up afterwards: as it was, or restarted.
#[test]
fn a_fault_in_pre_stop_takes_no_service_down() {
    let calls = ["socket", "connect", "getsockopt", "sendto", "recvfrom", "socketpair", "fork"];
    for fault in calls.iter().flat_map(|call| ["error=EIO", "signal=SIGKILL"].map(|f| (call, f))) {
        let host = Host::new();
        let (call, how) = fault;
        let inject = format!("inject={call}:{how}:when=1");
        let ours = host.program("pre-stop");
        let script = format!("strace -o /dev/null -e {inject} '{}' || :", ours.display());
        let mut job = host.job("nginx").respawn().pre_stop(Some(Stanza::script(&script))).start();
        job.restart();
        let pids = job.pids().len();
        assert!((1..=2).contains(&pids), "{fault:?}: {pids}");
    }
}
