//! Whether systemd answers, and has read the files with the hooks.

use super::finding::{Finding, Level, some_of};
use super::host::Host;
use crate::host_supervisors::systemctl::Failed;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let Some(systemd) = &host.systemd else { return Vec::new() };
    let mut findings = Vec::new();
    match &systemd.answers {
        Ok(()) => {}
        Err(Failed::NotAtWork) => {
            let words = "is not at work here: what it knows of units is not looked at";
            findings.push(Finding::new(Level::Notice, "systemd", words));
        }
        Err(Failed::NoCommand) => {
            let words = "there is no systemctl: what systemd knows of units is not looked at";
            findings.push(Finding::unknown("systemd", words));
        }
        Err(Failed::Said(why)) => {
            let why = host.unless_root(format!("does not answer: {why}"));
            findings.push(Finding::unknown("systemd", why).advised("systemctl is-system-running"));
        }
    }
    let stale = systemd.units.iter().filter(|unit| !unit.is_loaded);
    let stale: Vec<_> = stale.map(|unit| &*unit.name).collect();
    if !stale.is_empty() {
        let words = format!(
            "has not read the files of {} since they changed: the hooks in them may not run",
            some_of(stale.iter().copied())
        );
        findings.push(
            Finding::new(Level::Warning, "systemd", words).advised("systemctl daemon-reload"),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::host::{SystemdFacts, UnitFacts};
    use super::super::testing::{host, systemd, unit};
    use super::*;

    #[test]
    fn a_silent_systemd_and_files_that_it_has_not_read_are_told() {
        let failed = || Failed::Said("no".to_owned());
        let stale = UnitFacts { is_loaded: false, ..unit("api.service") };
        for (facts, level) in [
            (systemd(), None),
            (SystemdFacts { answers: Err(failed()), ..systemd() }, Some(Level::Unknown)),
            (SystemdFacts { answers: Err(Failed::NoCommand), ..systemd() }, Some(Level::Unknown)),
            (SystemdFacts { answers: Err(Failed::NotAtWork), ..systemd() }, Some(Level::Notice)),
            (SystemdFacts { units: vec![stale], ..systemd() }, Some(Level::Warning)),
        ] {
            let found = check(&Host { systemd: Some(facts), ..host() });
            assert_eq!(found.first().map(|it| it.level), level, "{found:?}");
        }
    }
}
