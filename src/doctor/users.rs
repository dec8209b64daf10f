//! Jobs whose hooks run as another user, or in a jail: they can keep no marker that the host's
//! programs find.

use super::finding::{Finding, Level, quoted};
use super::host::Host;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    // A user's own init changes neither.
    if host.us.is_in_session {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for job in host.services() {
        if job.hooks().is_empty() || host.is_observed(job) {
            continue;
        }
        let name = &job.place.name;
        let words = match (job.other_user(), job.word("chroot")) {
            (Some(user), _) => format!(
                "runs as {user} (setuid), and so do its hooks, which can keep no marker: no crash \
                 of it is told"
            ),
            (None, Some(jail)) => format!(
                "runs in {jail} (chroot), and so do its hooks: what they leave there, no notifier \
                 of the host finds"
            ),
            (None, None) => continue,
        };
        let advice =
            format!("upstart-crash disable {} && {}", quoted(name), super::observer::INSTALL);
        findings.push(Finding::new(Level::Warning, name, words).advised(advice));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{host, job};
    use super::*;

    #[test]
    fn only_hooks_without_the_observer_are_told() {
        const HOOK: &str = "post-stop exec /opt/upstart-monitor/bin/post-stop\nexec main\n";
        for (conf, has_observer, found) in [
            (format!("setuid www\n{HOOK}"), false, 1),
            (format!("setuid www\n{HOOK}"), true, 0),
            (format!("setuid root\n{HOOK}"), false, 0),
            (format!("chroot /srv/jail\n{HOOK}"), false, 1),
            ("setuid www\nexec main\n".to_owned(), false, 0),
        ] {
            let host = Host { jobs: Ok(vec![job("api", &conf)]), has_observer, ..host() };
            assert_eq!(check(&host).len(), found, "{conf}");
        }
    }
}
