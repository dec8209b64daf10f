//! Whether the kernel log says what the kernel, and under Upstart init, wrote of an end.

use super::finding::{Finding, Level, some_of};
use super::host::Host;
use crate::supervisor::Supervisor;

const WHAT: &str = "the kernel log";

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let log = &host.machine.kernel_log;
    // A session's init writes to its stderr.
    if host.us.is_in_session {
        return Vec::new();
    }
    if !host.supervisors.has(Supervisor::Upstart) {
        return of_the_kernel_alone(host);
    }
    // The observer's verdicts need no line.
    let level = if host.has_observer { Level::Notice } else { Level::Warning };
    let mut findings = Vec::new();
    match &log.readable {
        Err(why) if !host.us.is_root => {
            findings.push(Finding::unknown(WHAT, host.unless_root(why.as_str())));
        }
        Err(why) => findings.push(
            Finding::new(
                level,
                WHAT,
                format!("cannot be read: {why}. Without the observer many an end is `unclear`"),
            )
            .advised(super::observer::INSTALL),
        ),
        Ok(()) if !log.has_times => findings.push(
            Finding::new(
                level,
                WHAT,
                "its lines have no times (printk.time=0): an old line is not told from a new one",
            )
            .advised("echo Y > /sys/module/printk/parameters/time"),
        ),
        Ok(()) => {
            if let Err(why) = &log.complete {
                let words = format!("of a run that began an hour ago it may lack lines: {why}");
                findings.push(
                    Finding::new(Level::Notice, WHAT, words).advised("boot with log_buf_len=1M"),
                );
            }
        }
    }
    let cannot_read = |job: &&_| {
        let job: &super::host::JobFacts = job;
        job.other_user().is_some() && !job.hooks().is_empty() && !host.is_observed(job)
    };
    let jobs: Vec<_> = host.services().filter(cannot_read).map(|job| &*job.place.name).collect();
    if log.is_for_root && !jobs.is_empty() {
        let words = format!(
            "is for root alone (dmesg_restrict), and hooks of jobs with `setuid` do not read it: {}",
            some_of(jobs)
        );
        findings.push(Finding::new(Level::Warning, WHAT, words).advised(super::observer::INSTALL));
    }
    findings
}

/// The same where no supervisor writes there: the kernel's own lines add to what they tell.
fn of_the_kernel_alone(host: &Host) -> Vec<Finding> {
    let Err(why) = &host.machine.kernel_log.readable else { return Vec::new() };
    if !host.us.is_root {
        return vec![Finding::unknown(WHAT, host.unless_root(why.as_str()))];
    }
    let words = format!(
        "cannot be read: {why}. That the kernel killed a service for want of memory is then known \
         only where its supervisor knows it"
    );
    vec![Finding::new(Level::Notice, WHAT, words).advised("dmesg  # says what keeps root from it")]
}

#[cfg(test)]
mod tests {
    use super::super::host::{KernelLogFacts, Us};
    use super::super::testing::{host, job};
    use super::*;
    use crate::host_supervisors::HostSupervisors;

    fn fine() -> KernelLogFacts {
        host().machine.kernel_log
    }

    #[test]
    fn what_the_log_lacks_matters_less_to_the_observer() {
        let refused = || Err("it is for root alone".to_owned());
        for (log, is_root, has_observer, level) in [
            (fine(), true, false, None),
            (KernelLogFacts { readable: refused(), ..fine() }, true, false, Some(Level::Warning)),
            (KernelLogFacts { readable: refused(), ..fine() }, true, true, Some(Level::Notice)),
            (KernelLogFacts { readable: refused(), ..fine() }, false, true, Some(Level::Unknown)),
            (KernelLogFacts { has_times: false, ..fine() }, true, false, Some(Level::Warning)),
            (KernelLogFacts { complete: refused(), ..fine() }, true, false, Some(Level::Notice)),
            (KernelLogFacts { is_for_root: true, ..fine() }, true, false, None),
        ] {
            let mut host =
                Host { us: Us { is_root, is_in_session: false }, has_observer, ..host() };
            host.machine.kernel_log = log;
            assert_eq!(check(&host).first().map(|it| it.level), level);
        }
    }

    #[test]
    fn where_no_supervisor_writes_to_it_it_only_adds() {
        let elsewhere = |log| {
            let mut host = Host { supervisors: HostSupervisors::default(), ..host() };
            host.machine.kernel_log = log;
            check(&host).first().map(|found| found.level)
        };
        let refused = KernelLogFacts { readable: Err("no".to_owned()), ..fine() };
        assert_eq!(elsewhere(refused), Some(Level::Notice));
        let gaps = KernelLogFacts { complete: Err("no".to_owned()), has_times: false, ..fine() };
        assert_eq!(elsewhere(gaps), None);
    }

    #[test]
    fn dmesg_restrict_matters_to_hooks_of_other_users() {
        let conf = "setuid www\npost-stop exec /opt/upstart-monitor/bin/post-stop\nexec main\n";
        for (has_observer, found) in [(false, 1), (true, 0)] {
            let mut host = Host { jobs: Ok(vec![job("api", conf)]), has_observer, ..host() };
            host.machine.kernel_log.is_for_root = true;
            assert_eq!(check(&host).len(), found);
        }
    }
}
