//! Logs with paths that Upstart does not survive: where the path is longer than 255 bytes, init 1.13
//! tries to start the process for ever, and does nothing else (init/log.c, log_new;
//! init/job_process.c, job_process_start).

use super::finding::{Finding, Level, quoted};
use super::host::{Host, JobFacts};

/// The longest path that init opens a log by, in bytes (`_POSIX_PATH_MAX`, less its end).
const LONGEST: usize = 255;

/// What is left for the name of an instance where there soon may be too little, in bytes.
const LITTLE: usize = 32;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    host.jobs.iter().flatten().filter(|job| init_keeps_its_log(job)).filter_map(look_at).collect()
}

fn look_at(job: &JobFacts) -> Option<Finding> {
    let name = &job.place.name;
    let instances = job.instances.iter().flatten();
    let longest = instances.map(|it| &it.name).max_by_key(|name| name.len());
    // The dash before it counts, too.
    let of_instance = longest.filter(|name| !name.is_empty()).map_or(0, |name| name.len() + 1);
    let length = job.log_path_len + of_instance;
    let left = LONGEST.saturating_sub(job.log_path_len);
    let (level, words) = if length > LONGEST {
        (
            Level::Critical,
            format!(
                "the path of its log has {length} bytes, and init stands still at more than \
                 {LONGEST}: no job is started, stopped or respawned any more"
            ),
        )
    } else if job.word("instance").is_some() && left < LITTLE {
        let words = format!(
            "the path of its log leaves {left} bytes for the name of an instance; at one more init \
             stands still"
        );
        (Level::Warning, words)
    } else {
        return None;
    };
    let conf = quoted(&job.place.conf.display().to_string());
    Some(Finding::new(level, name, words).advised(format!("echo 'console none' >> {conf}")))
}

/// Whether init writes what the job says to a log of its own: unless the job says otherwise.
fn init_keeps_its_log(job: &JobFacts) -> bool {
    matches!(job.word("console"), None | Some("log"))
}

#[cfg(test)]
mod tests {
    use super::super::host::Mark;
    use super::super::testing::{host, job, up};
    use super::*;

    #[test]
    fn a_path_of_255_bytes_is_the_longest() {
        // "/var/log/upstart/" and ".log" have 21.
        let name = |length: usize| "x".repeat(length - 21);
        let instance = |length: usize| "y".repeat(length);
        for (name, instance, conf, level) in [
            (name(255), None, "exec main\n", None),
            (name(256), None, "exec main\n", Some(Level::Critical)),
            (name(256), None, "console log\nexec main\n", Some(Level::Critical)),
            (name(256), None, "console none\nexec main\n", None),
            (name(200), Some(instance(54)), "exec main\n", None),
            (name(200), Some(instance(55)), "exec main\n", Some(Level::Critical)),
            (name(240), None, "instance $A\nexec main\n", Some(Level::Warning)),
            (name(200), None, "instance $A\nexec main\n", None),
        ] {
            let instances = instance.iter().map(|instance| up(instance, Mark::Armed)).collect();
            let job = JobFacts { instances: Ok(instances), ..job(&name, conf) };
            let found = check(&Host { jobs: Ok(vec![job]), ..host() });
            assert_eq!(found.first().map(|it| it.level), level, "{conf} {instance:?}");
        }
    }
}
