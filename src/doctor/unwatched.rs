//! Services that nobody looks after: neither the observer nor hooks of their own. Of systemd's
//! the drop-in for all services tells (`host-drop-in`).

use super::finding::{Finding, Level, count, quoted, some_of};
use super::host::Host;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    jobs(host).into_iter().chain(service_directories(host)).collect()
}

/// Services of runit and s6, which have no observer.
fn service_directories(host: &Host) -> Option<Finding> {
    let unwatched = host.service_directories.iter().filter(|service| !service.has_hooks());
    let names: Vec<_> = unwatched.map(|service| &*service.name).collect();
    let enable = format!("upstart-crash enable {}", quoted(names.first()?));
    let verb = if names.len() == 1 { "has" } else { "have" };
    let words = format!("{verb} no hooks: {}", some_of(names.iter().copied()));
    Some(Finding::new(Level::Notice, count(names.len(), "service"), words).advised(enable))
}

fn jobs(host: &Host) -> Option<Finding> {
    let (watched, unwatched): (Vec<_>, Vec<_>) = host
        .services()
        .filter(|job| job.files.is_ok())
        .partition(|job| host.is_observed(job) || !job.hooks().is_empty());
    let names: Vec<_> = unwatched.iter().map(|job| &*job.place.name).collect();
    let enable = format!("upstart-crash enable {}", quoted(names.first()?));
    let (level, advice) = match (host.has_observer, watched.is_empty()) {
        // Some were left out on purpose.
        (true, _) => (Level::Notice, format!("{enable}  # or take it into {}", host.observed_path)),
        (false, false) => (Level::Notice, format!("{enable}  # or {}", super::observer::INSTALL)),
        (false, true) => (Level::Warning, format!("{enable}  # or {}", super::observer::INSTALL)),
    };
    let verb = if names.len() == 1 { "has" } else { "have" };
    let words =
        format!("{verb} neither hooks nor the observer: {}", some_of(names.iter().copied()));
    Some(Finding::new(level, count(names.len(), "job"), words).advised(advice))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job, service};
    use super::*;

    #[test]
    fn a_host_on_which_no_job_is_looked_after_is_worth_a_warning() {
        const HOOK: &str = "post-stop exec /opt/upstart-monitor/bin/post-stop\nexec main\n";
        for (second, has_observer, observed, found) in [
            ("exec main\n", true, "", None),
            ("exec main\n", true, "!a\n", Some((Level::Notice, "1 job"))),
            ("exec main\n", false, "", Some((Level::Warning, "2 jobs"))),
            (HOOK, false, "", Some((Level::Notice, "1 job"))),
            (HOOK, true, "!*\n", Some((Level::Notice, "1 job"))),
        ] {
            let jobs = Ok(vec![job("a", "exec main\n"), job("b", second)]);
            let host = Host { jobs, has_observer, observed: Ok(observed.into()), ..host() };
            let findings = check(&host);
            assert_eq!(findings.first().map(|it| (it.level, &*it.what)), found, "{observed}");
        }
    }
    #[test]
    fn services_without_hooks_are_named() {
        let mut bare = service("bare");
        (bare.run.calls, bare.finish.calls) = (false, false);
        let service_directories = vec![service("api"), bare];
        let found = check(&Host { service_directories, ..host() });
        assert_eq!(found.first().map(|it| &*it.what), Some("1 service"));
        assert!(found[0].words.ends_with(": bare"), "{found:?}");
    }
}
