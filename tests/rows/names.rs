//! Whatever a job and its instances are called, they are told apart, and each is told of.

use nix::sys::signal::Signal;

use crate::support::Job;
use crate::{CRASHED, SILENT, Told, down, polite, row, told};

const CRASHES: &str = "kill -SEGV $$";

row! {
    two_instances_crash, told(&["crashed", "crashed"]), |host| {
        let jobs: Vec<Job> =
            ["a", "b"].map(|instance| host.job("web").instance(instance).start()).into();
        jobs.iter().for_each(|job| job.kill(Signal::SIGSEGV));
        let instances: Vec<_> =
            host.reports().iter().map(|report| report["job"]["instance"].clone()).collect();
        assert_eq!(instances, ["a", "b"]);
        jobs
    }
}
row! {
    one_instance_is_stopped_and_one_crashes, CRASHED, |host| {
        let mut one = polite(host.job("web").instance("a"));
        let other = host.job("web").instance("b").start();
        one.stop();
        other.kill(Signal::SIGSEGV);
        vec![one, other]
    }
}
row! {
    twenty_instances_are_killed_at_once,
    Told { without_pre_stop: &["unclear"; 20], ..told(&["crashed"; 20]) },
    |host| {
        let start = |n: u8| host.job("web").instance(&n.to_string()).start();
        let jobs: Vec<Job> = (0..20).map(start).collect();
        std::thread::scope(|scope| {
            for job in &jobs {
                scope.spawn(|| job.kill(Signal::SIGKILL));
            }
        });
        jobs
    }
}
row! {
    hostile_instances, told(&["crashed"; 9]), |host| {
        let names = [
            "a/b", "x y", "é☃", "../../etc/x", "'\"$(id)`", "-rf", "a;b*", "%2F",
            "a\nweb (b) main process ended, respawning",
        ];
        let jobs: Vec<Job> = names
            .iter()
            .flat_map(|name| down(host.job("web").instance(name).main(CRASHES)))
            .collect();
        let told: Vec<_> =
            host.reports().iter().map(|report| report["job"]["instance"].clone()).collect();
        assert_eq!(told, names);
        jobs
    }
}
row!(sub_directory, CRASHED, |host| down(host.job("sub/bar").main(CRASHES)));
row!(space, CRASHED, |host| down(host.job("sp job").main(CRASHES)));
row! {
    hostile_jobs_that_stop, SILENT, |host| {
        ["-rf", "é☃", "a'b\"c", "..", "%41", "sub/sp job"].map(|name| {
            let mut job = polite(host.job(name));
            job.stop();
            job
        }).into()
    }
}
