//! Whether the drop-in for every service of systemd's is there and counts.

use super::finding::{Finding, Level, quoted};
use super::host::{Host, HostDropIn};
use super::{observer, programs};
use crate::enable::systemd::SINCE;

const WHAT: &str = "the host's drop-in";
const ENABLE: &str = "upstart-crash enable --host";

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let Some(systemd) = &host.systemd else { return Vec::new() };
    if let Some(version) = systemd.version.filter(|version| *version < SINCE) {
        let words = format!(
            "systemd {version} has no file for all services ({SINCE} has): only units with hooks of \
             their own are looked after"
        );
        return vec![Finding::new(Level::Notice, WHAT, words).advised("upstart-crash enable UNIT")];
    }
    let finding = match &systemd.host_drop_in {
        HostDropIn::On => {
            let words = "the drop-in for all services sees nothing";
            let remedy = "install upstart-monitor again";
            programs::judge(&host.programs.observer, Level::Critical, words, remedy)
        }
        HostDropIn::Missing => {
            let words = "is not installed: only units with hooks of their own are looked after";
            Some(Finding::new(Level::Notice, WHAT, words).advised(ENABLE))
        }
        HostDropIn::Off(path) => {
            let words = format!(
                "is switched off by {}: only units with hooks of their own are looked after",
                path.display()
            );
            Some(Finding::new(Level::Notice, WHAT, words).advised(ENABLE))
        }
        HostDropIn::Other(path) => {
            let shown = quoted(&path.display().to_string());
            let words = "stands in for the drop-in for all services, and does not call it: only \
                         units with hooks of their own are looked after";
            let advice = format!("mv {shown} {shown}.old && {ENABLE}");
            Some(Finding::new(Level::Warning, path.display().to_string(), words).advised(advice))
        }
    };
    let is_on = systemd.host_drop_in == HostDropIn::On;
    let unsound = observer::unsound(host).filter(|_| is_on);
    finding.into_iter().chain(unsound).collect()
}

#[cfg(test)]
mod tests {
    use super::super::host::{ProgramState, SystemdFacts};
    use super::super::testing::{host, systemd};
    use super::*;

    #[test]
    fn each_way_of_not_being_there_has_its_level() {
        let path = || "/etc/x".into();
        for (version, state, level) in [
            (252, HostDropIn::On, None),
            (252, HostDropIn::Missing, Some(Level::Notice)),
            (252, HostDropIn::Off(path()), Some(Level::Notice)),
            (252, HostDropIn::Other(path()), Some(Level::Warning)),
            (241, HostDropIn::On, Some(Level::Notice)),
        ] {
            let facts = SystemdFacts { version: Some(version), host_drop_in: state, ..systemd() };
            let found = check(&Host { systemd: Some(facts), ..host() });
            assert_eq!(found.first().map(|it| it.level), level, "{found:?}");
        }
        let mut host = Host { systemd: Some(systemd()), ..host() };
        host.programs.observer.state = ProgramState::Missing;
        assert_eq!(check(&host)[0].level, Level::Critical);
        let host =
            Host { observed: Err("it is too long".to_owned()), ..super::super::testing::host() };
        let host = Host { systemd: Some(systemd()), ..host };
        assert_eq!(check(&host)[0].level, Level::Warning);
    }
}
