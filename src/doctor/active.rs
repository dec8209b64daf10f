//! Jobs that name the hooks, and run without them: a job keeps the stanzas that it was started with
//! until it is stopped and started.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, JobFacts, Mark};
use crate::init::Unavailable;
use crate::job_file::Process;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let mut findings = Vec::new();
    for job in host.services().filter(|job| keeps_a_marker(job)) {
        let name = &job.place.name;
        match &job.instances {
            Ok(instances) => {
                for instance in instances.iter().filter(|it| it.mark == Mark::Missing) {
                    let (what, words) = match &*instance.name {
                        "" => (name.clone(), String::new()),
                        other => (
                            format!("{name} ({other})"),
                            format!("  # each with the variables of {other}"),
                        ),
                    };
                    let told = "runs without the hooks that its file names: it has no marker, and \
                                was started before they were put in";
                    let job = quoted(name);
                    let advice = format!("initctl stop {job} && initctl start {job}{words}");
                    findings.push(Finding::new(Level::Warning, what, told).advised(advice));
                }
            }
            Err(Unavailable::UnknownJob) => {
                let words = "init does not know this job: it has not taken the file";
                let advice = "initctl reload-configuration";
                findings.push(Finding::new(Level::Warning, name, words).advised(advice));
            }
            // That init does not answer is told already.
            Err(_) => {}
        }
    }
    findings
}

/// Whether a run of `job` that has its hooks has a marker, too.
fn keeps_a_marker(job: &JobFacts) -> bool {
    let is_free = job.other_user().is_none() && job.word("chroot").is_none();
    is_free && job.hooks().contains(&Process::PreStart)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job, up};
    use super::*;

    const HOOK: &str = "pre-start exec /opt/upstart-monitor/bin/pre-start\nexec main\n";

    #[test]
    fn a_run_without_its_marker_is_one_without_hooks() {
        let setuid = format!("setuid www\n{HOOK}");
        for (conf, mark, found) in [
            (HOOK, Mark::Missing, 1),
            (HOOK, Mark::Armed, 0),
            (HOOK, Mark::NotKnown, 0),
            ("exec main\n", Mark::Missing, 0),
            (&*setuid, Mark::Missing, 0),
        ] {
            let job = JobFacts { instances: Ok(vec![up("", mark)]), ..job("api", conf) };
            let found_now = check(&Host { jobs: Ok(vec![job]), ..host() });
            assert_eq!(found_now.len(), found, "{conf} {mark:?}");
        }
    }

    #[test]
    fn each_instance_counts_and_so_does_a_job_that_init_has_not_taken() {
        let instances = vec![up("a", Mark::Missing), up("b", Mark::Armed), up("c", Mark::Missing)];
        let web = JobFacts { instances: Ok(instances), ..job("web", HOOK) };
        let new = JobFacts { instances: Err(Unavailable::UnknownJob), ..job("new", HOOK) };
        let found = check(&Host { jobs: Ok(vec![web, new]), ..host() });
        let what: Vec<_> = found.iter().map(|it| &*it.what).collect();
        assert_eq!(what, ["web (a)", "web (c)", "new"]);
    }
}
