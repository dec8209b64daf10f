//! Whether what waited when the host went down is delivered when it is up again.

use super::finding::{Finding, Level};
use super::host::Host;

const JOB: &str = "upstart-monitor-deliver";

pub(super) fn check(host: &Host) -> Vec<Finding> {
    // In a session nothing is there to do so; the next crash does.
    if host.us.is_in_session {
        return Vec::new();
    }
    let missing = || {
        let words = "is not in /etc/init: what waits when the host goes down is told after the next \
                     crash only";
        Finding::new(Level::Warning, JOB, words)
            .advised("install -m 0644 packaging/upstart/upstart-monitor-deliver.conf /etc/init/")
    };
    match (&host.jobs, host.job(JOB)) {
        (Err(why), _) => vec![Finding::unknown(JOB, host.unless_root(why.as_str()))],
        (Ok(_), None) => vec![missing()],
        (Ok(_), Some(job)) => super::observer::is_off(job)
            .map(|why| {
                Finding::new(Level::Warning, JOB, why).advised(super::observer::turn_on(job))
            })
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job, overridden};
    use super::*;

    #[test]
    fn the_boot_job_is_there_and_not_switched_off() {
        let conf = "start on local-filesystems\nexec deliver\n";
        for (jobs, found) in [
            (vec![], 1),
            (vec![job(JOB, conf)], 0),
            (vec![overridden(JOB, conf, "manual\n")], 1),
            (vec![job(JOB, "script\n")], 1),
        ] {
            let host = Host { jobs: Ok(jobs), ..host() };
            assert_eq!(check(&host).len(), found);
        }
    }
}
